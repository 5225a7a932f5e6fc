/// @file arrow_writer.h
/// Writing Arrow IPC files: messages one after the other, then a footer that says where they are.
///
/// bool is Bool; int is Int of 8, 16, 32 or 64 bits; float is 64 bits; string is Utf8, of few distinct values with a
/// dictionary; time is Timestamp in microseconds, UTC; ip is Utf8 too, marked `lunette.type = ip` in the field's
/// metadata, so that any reader can use it and it comes back as what it was. Buffers start at multiples of 64 bytes.
#ifndef LNT_IO_ARROW_WRITER_H
#define LNT_IO_ARROW_WRITER_H

#include "column/intern.h"
#include "column/vector.h"
#include "io/arrow/flatbuffer.h"
#include "lunette/io.h"

enum { LNT__ARROW_BATCH_ROWS = 131072 };

/// How a column is written.
typedef struct lnt__arrow_out {
    lnt_type type;
    int width;                    ///< int: bytes of a value; with a dictionary: of a code
    bool has_dictionary;          ///< strings
    const lnt_column *dictionary; ///< borrowed: PLAIN; what the codes of the columns that come stand for
} lnt__arrow_out;

/// Numbers as Arrow's metadata has them.
typedef struct lnt__arrow_node {
    int64_t length, null_count;
} lnt__arrow_node;
typedef struct lnt__arrow_place {
    int64_t offset, length;
} lnt__arrow_place;
typedef struct lnt__arrow_entry {
    int64_t offset;
    int32_t metadata_bytes, padding;
    int64_t body_bytes;
} lnt__arrow_entry;

typedef struct lnt__arrow_writer {
    lnt_engine *engine;
    const lnt_schema *schema;
    lnt_write_fn fn;
    void *context;
    int64_t at;              ///< bytes written
    int64_t n_rows;          ///< rows written
    lnt__arrow_out *columns; ///< by column of the schema; the caller's to fill
    lnt_buffer *body;        ///< of the record batch that is made
    lnt__arrow_node *nodes;
    lnt__arrow_place *places; ///< three for each column at most
    int64_t n_nodes, n_places;
    lnt__arrow_entry *dictionaries, *batches;
    int64_t n_dictionaries, n_batches, dictionaries_capacity, batches_capacity;
    lnt_arena scratch;
} lnt__arrow_writer;

/// Starts with nothing written and `columns` zero; borrows all.
LNT_MUST_USE lnt_status lnt__arrow_writer_init(lnt__arrow_writer *w, lnt_engine *engine, const lnt_schema *schema,
                                               lnt_write_fn fn, void *context, lnt_error *err);
void lnt__arrow_writer_clear(lnt__arrow_writer *w);

// ---- arrow_writer.c: in this order ----

/// The magic and the schema, with `columns` as they are.
LNT_MUST_USE lnt_status lnt__arrow_put_schema(lnt__arrow_writer *w, lnt_error *err);
/// The dictionary of column `i`, which has one.
LNT_MUST_USE lnt_status lnt__arrow_put_dictionary(lnt__arrow_writer *w, int64_t i, const lnt_column *dictionary,
                                                  lnt_error *err);
/// Rows [start, start + n) of `columns` as record batches.
LNT_MUST_USE lnt_status lnt__arrow_put_rows(lnt__arrow_writer *w, const lnt_column *const *columns, int64_t start,
                                            int64_t n, lnt_error *err);
/// The end and the footer.
LNT_MUST_USE lnt_status lnt__arrow_put_footer(lnt__arrow_writer *w, lnt_error *err);

// ---- arrow_metadata.c ----

/// A Schema's table, and a message's that holds one.
void lnt__arrow_schema_message(const lnt__arrow_writer *w, lnt_text *out);
/// The message of the record batch whose nodes and places are made; `dictionary` is its column, or -1; `ranges` may be
/// empty.
void lnt__arrow_batch_message(const lnt__arrow_writer *w, int64_t n_rows, int64_t dictionary, const lnt_text *ranges,
                              lnt_text *out);
void lnt__arrow_footer(const lnt__arrow_writer *w, lnt_text *out);

// ---- arrow_ranges.c ----

/// Adds what rows [start, start + n) of the columns lie between.
LNT_MUST_USE lnt_status lnt__arrow_note_ranges(lnt__arrow_writer *w, const lnt_column *const *columns, int64_t start,
                                               int64_t n, lnt_text *out, lnt_error *err);
/// The same as a message's metadata; returns where that is.
int64_t lnt__arrow_put_ranges(lnt_text *out, const lnt_text *ranges);

// ---- arrow_encode.c ----

/// Adds rows [start, start + n) of `column` to the body, with their node and places. `*too_long`: its text doesn't fit
/// a record batch (and the body is to be thrown away).
LNT_MUST_USE lnt_status lnt__arrow_encode(lnt__arrow_writer *w, const lnt__arrow_out *out, const lnt_column *column,
                                          int64_t start, int64_t n, bool *too_long, lnt_error *err);

// ---- write_arrow.c ----

/// lnt_write for LNT_FORMAT_ARROW.
LNT_MUST_USE lnt_status lnt__write_arrow(lnt_engine *engine, const lnt_plan *plan, const lnt_write_options *options,
                                         lnt_write_fn fn, void *context, lnt_error *err);

#endif
