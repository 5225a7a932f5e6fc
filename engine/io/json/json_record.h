/// @file json_record.h
/// One JSON object as a flat list of cells: which key (a path of names), what kind of value, which text.
///
/// Nested objects give keys below keys; arrays of scalars become one text, their elements joined; arrays that hold
/// objects or arrays become JSON text (their first elements can be had besides). Nothing is kept of a record that isn't sound.
#ifndef LNT_IO_JSON_RECORD_H
#define LNT_IO_JSON_RECORD_H

#include "base/buffer.h"
#include "io/json/json_token.h"

enum {
    LNT__JSON_DEPTH = 64,     ///< most levels of nesting in a record
    LNT__JSON_KEYS = 1 << 17, ///< most different keys in a file
    LNT__JSON_NAME = 1024     ///< most bytes of a dotted name
};

typedef enum lnt__json_kind {
    LNT__JSON_NULL,
    LNT__JSON_TRUE,
    LNT__JSON_FALSE,
    LNT__JSON_WHOLE,  ///< a number without fraction and exponent
    LNT__JSON_NUMBER, ///< any other number
    LNT__JSON_STRING,
    LNT__JSON_LIST ///< made of an array
} lnt__json_kind;

typedef struct lnt__json_cell {
    int32_t key; ///< index into the keys
    lnt__json_kind kind;
    lnt_str text; ///< numbers as written, strings without escapes; borrowed from the record's text or the scratch
} lnt__json_cell;

/// A key that was seen: a tree of names, as records nest. Children are found by following the order in which the
/// last record had them, else by hash.
typedef struct lnt__json_key {
    lnt_str name;     ///< this level's
    lnt_str literal;  ///< `"name":` as it most likely stands in the text; size 0: never like that
    int32_t parent;   ///< -1: top level
    int32_t follower; ///< the key that came after it in its object the last time, -1: unknown
    int32_t first;    ///< the key that came first in its object the last time, -1: unknown
    int64_t column;   ///< for the user of the keys; -1 at first
    char *path;       ///< dotted, terminated
} lnt__json_key;

typedef struct lnt__json_keys {
    lnt__json_key *items;
    int64_t n, capacity;
    int32_t *slots; ///< open addressing, -1 empty; n_slots is a power of two, at least twice n
    int64_t n_slots;
    int32_t first; ///< as in lnt__json_key, of the top level
    lnt_arena names;
} lnt__json_keys;

void lnt__json_keys_init(lnt__json_keys *keys, lnt_budget *budget);
void lnt__json_keys_clear(lnt__json_keys *keys);
/// The key called `name` (unescaped) below `parent`, made if it is new, to `*out`.
/// Fails with LNT_LIMIT when there are LNT__JSON_KEYS.
LNT_MUST_USE lnt_status lnt__json_keys_get(lnt__json_keys *keys, int32_t parent, lnt_str name, int32_t *out,
                                           lnt_error *err);

/// One record's cells, and what is needed to get them.
typedef struct lnt__json_record {
    lnt__json_keys *keys;
    lnt_str separator;  ///< joins arrays
    int64_t list_items; ///< so many elements of an array are values of their own besides, below its key: "0", "1", …
    lnt_arena *scratch; ///< takes unescaped and joined text; reset by the user when no cell is needed any more
    lnt__json_cell *cells;
    int64_t n, capacity;
} lnt__json_record;

/// Reads the object at `text->at` (its opening brace) and moves behind its end. With anything but JSON_OK the position
/// and the cells mean nothing.
lnt__json_result lnt__json_read_record(lnt__json_record *record, lnt__json_text *text, lnt_error *err);
/// Adds a cell; used for what isn't in the record's text.
LNT_MUST_USE lnt_status lnt__json_add_cell(lnt__json_record *record, int32_t key, lnt__json_kind kind, lnt_str text,
                                           lnt_error *err);
void lnt__json_record_clear(lnt__json_record *record); ///< frees the cells

/// Moves over one value of any kind, checking it as a record's values are checked.
lnt__json_result lnt__json_skip_value(lnt__json_text *text, int depth);

#endif
