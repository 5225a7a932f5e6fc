/// @file json_reader.h
/// The JSON reader's parts and what they share. The public door is lunette/io.h (lnt_json_open); tests also use
/// lnt_json_open_input, which takes any input.
///
///   json_open      the scan                        json_window   the piece of text in memory
///   json_reader    one pass: where in the          json_token    strings, numbers, literals
///                  document, record after record   json_record   an object as cells
///   json_start     where the records are           json_keys     names of cells
///   json_resync    going on after damage           json_value    cells as values
///                                                  json_columns  values as columns
///
/// Workload: feeds' exports of some MiB, logs of some GiB with a record a line. A pass holds one window of text (1 MiB,
/// more only for a longer record) and the columns.
///
/// Rules. Of a key that comes twice in a record the last value counts. A record is rejected, with its line and the
/// reason, when it isn't sound JSON, isn't an object, nests deeper than 64 levels, is longer than the limit, has
/// half a surrogate pair, invalid UTF-8, a control character, a number beyond the range of a double, or a value
/// that isn't of its column's declared type. Reading goes on at the next record. What is left of a document that ends
/// too early is one reject. A comma too many before a closing bracket loses nothing and is overlooked.
#ifndef LNT_IO_JSON_READER_H
#define LNT_IO_JSON_READER_H

#include "io/json/json_columns.h"
#include "io/json/json_window.h"
#include "io/rejects.h"
#include "lunette/io.h"

enum {
    LNT__JSON_RECORD_BYTES = 16 << 20, ///< the longest record, unless options say otherwise
    LNT__JSON_GAP = 64                 ///< bytes of space between records that are remembered
};

/// How the records lie in the file.
typedef enum lnt__json_shape {
    LNT__JSON_LINES,    ///< an object a line
    LNT__JSON_SEQUENCE, ///< objects one after the other, over several lines each
    LNT__JSON_ARRAY,    ///< an array of objects, at `path`
    LNT__JSON_KEYED,    ///< an object of arrays of objects, at `path`
    LNT__JSON_SINGLE    ///< one object, at `path`
} lnt__json_shape;

/// What may come next in the text.
typedef enum lnt__json_state {
    LNT__JSON_AT_LINE,      ///< LINES, SEQUENCE: a record
    LNT__JSON_AT_RECORD,    ///< in an array: a record, or the end
    LNT__JSON_AFTER_RECORD, ///< in an array: a comma, or the end
    LNT__JSON_AT_KEY,       ///< KEYED: a key, or the end
    LNT__JSON_AFTER_ARRAY,  ///< KEYED: a comma, or the end
    LNT__JSON_AT_SINGLE,    ///< SINGLE: the record
    LNT__JSON_AT_TAIL,      ///< behind the records: what is left of the objects around them
    LNT__JSON_AT_END
} lnt__json_state;

typedef struct lnt__json_reader {
    lnt_engine *engine;
    const lnt_json_options *options;
    const char *name; ///< of the input, for messages
    int64_t disk_bytes;
    lnt__json_window window;
    lnt__json_keys keys;
    lnt__json_record record;
    lnt__json_columns columns;
    lnt_arena scratch; ///< text of staged rows
    lnt__rejects rejects;
    lnt__json_shape shape;
    char path[LNT__JSON_NAME]; ///< of the records, "" for the top
    bool keyed;                ///< `path` ended with "*"
    lnt__json_state state;
    int n_open;                ///< objects around the records
    lnt_text key;              ///< KEYED: where we are
    int32_t key_cell;          ///< the key column among the keys, -1: none
    char space[LNT__JSON_GAP]; ///< what lnt__json_peek moved over last
    int64_t space_size;        ///< -1: unknown
    char gap[LNT__JSON_GAP];   ///< the same before the last sound record
    int64_t gap_size;          ///< -1: not known yet
    int64_t n_elements;        ///< records of this array so far
    int64_t longest;           ///< bytes of the longest sound record so far
    int64_t lookahead_spent;   ///< bytes looked at in vain for records' ends
    char status[80];           ///< the document's query_status, "" if it has none
} lnt__json_reader;

// ---- json_reader.c ----

/// Reads more text behind the window, keeping from `*keep` on; hands staged rows on first. See lnt__json_window_fill.
LNT_MUST_USE lnt_status lnt__json_more(lnt__json_reader *reader, const char **keep, bool *grown, lnt_error *err);
/// Moves over space and gives the byte that follows, or -1 at the end of the text.
LNT_MUST_USE lnt_status lnt__json_peek(lnt__json_reader *reader, int *byte, lnt_error *err);
/// One key with its colon, unescaped into `out`; then the value's first byte is next. `*bad`: a problem is set instead.
LNT_MUST_USE lnt_status lnt__json_take_key(lnt__json_reader *reader, lnt_text *out, bool *bad, lnt_error *err);
/// Moves over one value, which must fit the window. `*bad`: a problem is set instead.
LNT_MUST_USE lnt_status lnt__json_take_value(lnt__json_reader *reader, bool *bad, lnt_error *err);
/// Rejects what starts at `start` for the problem that is set. `column` may be NULL.
LNT_MUST_USE lnt_status lnt__json_reject(lnt__json_reader *reader, const char *start, const char *column,
                                         lnt_error *err);
/// LNT_FORMAT for the problem that is set, with line, column and byte.
lnt_status lnt__json_format_error(lnt__json_reader *reader, lnt_error *err);
/// One pass: all records into the columns and rejects.
LNT_MUST_USE lnt_status lnt__json_read_all(lnt__json_reader *reader, lnt_error *err);

// ---- json_start.c ----

/// Finds out where the records are, goes there, and sets shape and state. Fails with LNT_FORMAT if it isn't JSON, or
/// has no records where they should be.
LNT_MUST_USE lnt_status lnt__json_start(lnt__json_reader *reader, lnt_error *err);

// ---- json_resync.c ----

/// Goes on behind the damaged record that starts at `start` (after it was rejected): sets position and state.
LNT_MUST_USE lnt_status lnt__json_resync(lnt__json_reader *reader, const char *start, lnt_error *err);

/// The place behind the closing bracket of the object at `at`, or NULL if there is none before `end` or the brackets
/// don't match. A line's end closes a string, so that a missing quote costs a line.
const char *lnt__json_closing_bracket(const char *at, const char *end);

// ---- json_open.c ----

/// lnt_json_open over an input that the scan takes over, also when it fails.
LNT_MUST_USE lnt_status lnt_json_open_input(lnt_engine *engine, lnt_input *input, const lnt_json_options *options,
                                            lnt_scan **out, lnt_error *err);

/// The same, read as a whole whatever it is: what reading in blocks (io/json/json_lines.h) is held against.
LNT_MUST_USE lnt_status lnt__json_open_whole(lnt_engine *engine, lnt_input *input, const lnt_json_options *options,
                                             lnt_scan **out, lnt_error *err);

#endif
