/// @file arrow.h
/// The Arrow reader's parts and what they share. The public doors are lunette/io.h (lnt_arrow_open, lnt_write) and
/// lunette/arrow.h (columns in memory).
///
///   flatbuffer      metadata, offset by offset      arrow_batch       a record batch's arrays, bounds checked
///   arrow_schema    fields and their types          arrow_dictionary  dictionaries, their deltas and replacements
///   arrow_messages  where in the file which         arrow_values      arrays as vectors: numbers, times
///                   message is                      arrow_text        the same for text, addresses, lists
///   arrow_scan      the scan                        arrow_dictionaries  which dictionary a batch uses
///
/// Workload: files of some MiB to many GiB, mapped; a query looks at a few of many columns. Record batches are read in
/// pieces of LNT__ARROW_PIECE rows, so that large ones are shared among threads and small ones cost little.
///
/// Rules. Nothing in a file is trusted: all offsets, lengths, codes and text are checked before they are used, and each
/// is read from the mapping once. A value that can't be held (not UTF-8, beyond 64 bits, a code without a dictionary
/// entry) is an error that names column and row: Arrow files are written by programs, so there are no rejects.
#ifndef LNT_IO_ARROW_H
#define LNT_IO_ARROW_H

#include "column/scan.h"
#include "io/arrow/flatbuffer.h"
#include "io/mapping.h"
#include "lunette/io.h"

enum {
    LNT__ARROW_PIECE = 131072,        ///< rows of a record batch that are read in one go
    LNT__ARROW_DEPTH = 16,            ///< of nested fields
    LNT__ARROW_FIXED_BYTES = 1 << 16, ///< the widest fixed-size binary
    LNT__ARROW_UNIT_S = 0,
    LNT__ARROW_UNIT_MS = 1,
    LNT__ARROW_UNIT_US = 2,
    LNT__ARROW_UNIT_NS = 3,
    LNT__ARROW_UNIT_DAY = 4
};

typedef enum lnt__arrow_kind {
    LNT__ARROW_NULL,
    LNT__ARROW_BOOL,
    LNT__ARROW_INT,
    LNT__ARROW_FLOAT,
    LNT__ARROW_DECIMAL,
    LNT__ARROW_TIME,       ///< timestamps and dates
    LNT__ARROW_SPAN,       ///< durations and times of day: microseconds as an int
    LNT__ARROW_TEXT,       ///< offsets of `width` bytes into text
    LNT__ARROW_VIEW,       ///< views of 16 bytes
    LNT__ARROW_FIXED,      ///< `width` bytes each
    LNT__ARROW_LIST,       ///< offsets of `width` bytes into the only child
    LNT__ARROW_FIXED_LIST, ///< `width` elements of the only child each
    LNT__ARROW_STRUCT,
    LNT__ARROW_UNKNOWN ///< a type that isn't read; `what` names it
} lnt__arrow_kind;

/// How values lie in memory.
typedef struct lnt__arrow_type {
    lnt__arrow_kind kind;
    int width; ///< bytes of a value or an offset
    bool is_unsigned;
    int unit;         ///< TIME, SPAN
    int scale;        ///< DECIMAL
    int n_buffers;    ///< that a record batch has for it, texts of views apart; -1: not known
    const char *what; ///< its name, for messages
} lnt__arrow_type;

typedef struct lnt__arrow_field {
    char *name;
    lnt__arrow_type type;  ///< with a dictionary: of the dictionary's values
    lnt__arrow_type index; ///< with a dictionary: of the codes
    bool has_dictionary;
    int64_t dictionary_id;
    bool is_ip; ///< text that is addresses
    struct lnt__arrow_field *children;
    int64_t n_children;
} lnt__arrow_field;

/// The fields, and the columns they give: leaves of structs have names with dots.
typedef struct lnt__arrow_schema {
    lnt__arrow_field *fields;
    int64_t n_fields;
    struct lnt__arrow_leaf {
        const lnt__arrow_field *field;
        int64_t path[LNT__ARROW_DEPTH]; ///< from a field of the schema down: which child
        int depth;                      ///< how many of them
        char *name;
        lnt_type type;
    } * leaves;
    int64_t n_leaves;
} lnt__arrow_schema;

// ---- arrow_schema.c ----

/// Reads a schema's table. Fails with LNT_FORMAT, or LNT_UNSUPPORTED for big-endian data.
LNT_MUST_USE lnt_status lnt__arrow_schema_read(const lnt__fb_table *table, lnt__arrow_schema *out, lnt_error *err);
/// Finds the columns that the fields give.
LNT_MUST_USE lnt_status lnt__arrow_schema_leaves(lnt__arrow_schema *schema, lnt_error *err);
void lnt__arrow_schema_clear(lnt__arrow_schema *schema);
/// The type of the column that values of this kind become; LNT_NULL for one that isn't read.
lnt_type lnt__arrow_column_type(const lnt__arrow_field *field);

// ---- arrays: what is read, out of a file or out of a program's memory ----

/// Borrowed bytes.
typedef struct lnt__arrow_bytes {
    const uint8_t *data;
    int64_t size;
} lnt__arrow_bytes;

typedef struct lnt__arrow_dictionary lnt__arrow_dictionary;

/// The values of one field in one record batch. `buffers` are validity (no bytes: all valid), values or offsets or
/// views, and text. Sizes are as checked against the file; they need not suffice for `length`, so each use asks.
typedef struct lnt__arrow_array {
    const lnt__arrow_field *field;
    int64_t length;
    int64_t offset; ///< of row 0 in the buffers
    lnt__arrow_bytes buffers[3];
    lnt__arrow_bytes *variadic; ///< VIEW: text buffers
    int64_t n_variadic;
    struct lnt__arrow_array *children;
    struct lnt__arrow_array *parent;         ///< the struct that it is part of, NULL: none
    const lnt__arrow_dictionary *dictionary; ///< of fields that have one
    uint8_t packed;                          ///< which of the buffers are compressed, as bits
} lnt__arrow_array;

/// What a piece of an array is made into a vector with.
typedef struct lnt__arrow_reading {
    lnt_arena *arena;           ///< of the vectors
    const char *list_separator; ///< between the elements of lists
    const char *file;           ///< for messages
    const char *column;
    int64_t first_row; ///< of the file, for messages: that of the array's row 0
} lnt__arrow_reading;

// ---- arrow_values.c ----

/// Rows [start, start + n) as a vector of the field's column type. `sel` (NULL: all) names the rows that will be looked
/// at, relative to `start`: others may be left undefined. Points into the array where its layout is a vector's own.
LNT_MUST_USE lnt_status lnt__arrow_fill(const lnt__arrow_reading *reading, const lnt__arrow_array *array, int64_t start,
                                        int64_t n, const uint32_t *sel, int64_t n_sel, lnt_vec *out, lnt_error *err);
/// LNT_FORMAT: row `row` of the array holds what can't be read, because of `why`.
lnt_status lnt__arrow_bad_value(const lnt__arrow_reading *reading, int64_t row, lnt_error *err, const char *why);
/// LNT_FORMAT: the array's buffers are too small for its rows.
lnt_status lnt__arrow_too_short(const lnt__arrow_reading *reading, lnt_error *err);
/// `n` values of `width` bytes from row `start` on, or NULL if they aren't all there.
const uint8_t *lnt__arrow_span(const lnt__arrow_array *array, int buffer, int64_t start, int64_t n, int64_t width);

// ---- arrow_text.c ----

/// The same as lnt__arrow_fill for kinds that hold text (and addresses in text, and lists); validity is set already.
LNT_MUST_USE lnt_status lnt__arrow_fill_text(const lnt__arrow_reading *reading, const lnt__arrow_array *array,
                                             int64_t start, int64_t n, const uint32_t *sel, int64_t n_sel, lnt_vec *out,
                                             lnt_error *err);

// ---- arrow_dictionary.c ----

/// The distinct values of a dictionary, and what each code stands for.
struct lnt__arrow_dictionary {
    lnt_vec values;     ///< strings: `column`; other types FLAT, one element per code
    lnt_column *column; ///< strings: PLAIN, distinct; else NULL
    uint32_t *remap;    ///< strings: the place in `column` of each code, UINT32_MAX for null; NULL: code by code
    int64_t n_codes;
    lnt_arena arena;
};

/// Makes a dictionary of arrays of values, one after the other. `engine` may be NULL.
LNT_MUST_USE lnt_status lnt__arrow_dictionary_new(lnt_engine *engine, const lnt__arrow_reading *reading,
                                                  const lnt__arrow_array *const *parts, int64_t n_parts,
                                                  lnt__arrow_dictionary **out, lnt_error *err);
void lnt__arrow_dictionary_free(lnt__arrow_dictionary *dictionary); ///< NULL is fine
/// Codes as a vector: DICTIONARY for strings, else FLAT. Validity is set already, and may be replaced.
LNT_MUST_USE lnt_status lnt__arrow_fill_codes(const lnt__arrow_reading *reading, const lnt__arrow_array *array,
                                              int64_t start, int64_t n, lnt_vec *out, lnt_error *err);

// ---- arrow_messages.c ----

/// A record batch or dictionary in the file.
typedef struct lnt__arrow_block {
    int64_t metadata, metadata_bytes; ///< the message's table
    int64_t body, body_bytes;
    int64_t n_rows;
    int64_t first_row;      ///< record batches: rows before it
    int64_t id;             ///< dictionaries
    bool is_delta;          ///< dictionaries: adds to `previous`
    int64_t previous;       ///< dictionaries: the one of the same id before it, -1: none
    int codec;              ///< record batches: what buffers are compressed with, -1: nothing
    int64_t n_dictionaries; ///< record batches: how many dictionaries came before it (all, in a file with a footer)
} lnt__arrow_block;

typedef struct lnt__arrow_file {
    lnt__mapping *mapping;
    char *name;
    bool has_footer;
    lnt__arrow_schema schema;
    lnt__arrow_block *dictionaries, *batches;
    int64_t n_dictionaries, n_batches, dictionaries_capacity, batches_capacity;
    int64_t n_rows;
} lnt__arrow_file;

/// Finds the schema and all messages of a mapped file (which is taken over, also on failure), and checks that they lie
/// in it. Fails with LNT_FORMAT.
LNT_MUST_USE lnt_status lnt__arrow_file_open(lnt__mapping *mapping, const char *name, lnt__arrow_file *out,
                                             lnt_error *err);
void lnt__arrow_file_clear(lnt__arrow_file *file);

// ---- arrow_dictionaries.c: a file's dictionaries, made when they are first needed; any thread ----

typedef struct lnt__arrow_dictionaries lnt__arrow_dictionaries;

/// Borrows the file and the reading's texts.
LNT_MUST_USE lnt_status lnt__arrow_dictionaries_new(lnt_engine *engine, const lnt__arrow_file *file,
                                                    const char *list_separator, lnt__arrow_dictionaries **out,
                                                    lnt_error *err);
void lnt__arrow_dictionaries_free(lnt__arrow_dictionaries *dictionaries); ///< NULL is fine
/// Gives an array of the batch `block`, and its children, their dictionaries.
LNT_MUST_USE lnt_status lnt__arrow_dictionaries_resolve(lnt__arrow_dictionaries *dictionaries,
                                                        const lnt__arrow_block *block, lnt__arrow_array *array,
                                                        lnt_error *err);

// ---- arrow_batch.c ----

/// The message's metadata, copied into the arena, as a table.
LNT_MUST_USE lnt_status lnt__arrow_message(const lnt__arrow_file *file, int64_t at, int64_t bytes, lnt_arena *arena,
                                           lnt__fb_table *out, lnt_error *err);
/// The arrays of a record batch's fields (`*out`: one per field), in the arena. Lengths of all fields are checked, and
/// that buffers lie in the body. Compressed buffers are left as they are.
LNT_MUST_USE lnt_status lnt__arrow_batch_read(const lnt__arrow_file *file, const lnt__arrow_block *block,
                                              lnt_arena *arena, lnt__arrow_array **out, int *codec, lnt_error *err);
/// The values of a dictionary message, as an array of `field`'s values.
LNT_MUST_USE lnt_status lnt__arrow_values_read(const lnt__arrow_file *file, const lnt__arrow_block *block,
                                               const lnt__arrow_field *field, lnt_arena *arena, lnt__arrow_array **out,
                                               int *codec, lnt_error *err);
/// Unpacks the compressed buffers of an array and its children. `codec` is as lnt__arrow_batch_read gave it.
LNT_MUST_USE lnt_status lnt__arrow_unpack(const lnt__arrow_file *file, lnt__arrow_array *array, int codec,
                                          lnt_arena *arena, lnt_error *err);

// ---- arrow_ranges.c ----

/// Whether a record batch may have a row whose `column` (of the schema's fields) lies in `range`, as far as the writer has
/// noted what it holds.
bool lnt__arrow_may_hold(const lnt__fb_table *message, int64_t column, const lnt_range *range);

// ---- arrow_scan.c ----

/// lnt_arrow_open over an input, which may be closed afterwards.
LNT_MUST_USE lnt_status lnt__arrow_open_input(lnt_engine *engine, const lnt_input *input,
                                              const lnt_arrow_options *options, lnt_scan **out, lnt_error *err);

#endif
