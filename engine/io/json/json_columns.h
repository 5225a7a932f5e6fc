/// @file json_columns.h
/// Columns that grow from records' cells, with types found on the way.
///
/// A column is collected as the type that its values so far have. When a later value doesn't go with it (a string after
/// numbers), what was collected has lost its text: `restart` is set, the rest of the pass only looks for kinds, and the
/// file is read once more with types known.
#ifndef LNT_IO_JSON_COLUMNS_H
#define LNT_IO_JSON_COLUMNS_H

#include "column/vector.h"
#include "io/json/json_record.h"
#include "lunette/io.h"

enum {
    LNT__JSON_STAGED = 512,     ///< rows that are gathered before they go to the collectors, and
    LNT__JSON_STAGED_WIDE = 64, ///< where there are very many columns,
    LNT__JSON_WIDE = 1024,      ///< more than these
    LNT__JSON_LONELY = 4096     ///< so many columns, nearly all of them null, are keys that are values
};

/// What values of a column were seen, as bits.
enum {
    LNT__KIND_BOOL,
    LNT__KIND_INT,
    LNT__KIND_BIG, ///< whole numbers beyond 64 bits
    LNT__KIND_FLOAT,
    LNT__KIND_TIME, ///< strings that are times, while all strings of the column are
    LNT__KIND_IP,
    LNT__KIND_STRING,
    LNT__KIND_COUNT
};

typedef struct lnt__json_column {
    const char *name;  ///< borrowed from the keys
    lnt_type declared; ///< LNT_NULL: none
    lnt_type type;     ///< as it is collected; LNT_NULL: no value yet
    unsigned kinds;
    int64_t first_record[LNT__KIND_COUNT]; ///< 1-based, of the first value of each kind
    lnt_collector *collector;
    int64_t n_collected; ///< rows in the collector
    void *values;        ///< `n_room` of the type's elements
    uint64_t valid[LNT__JSON_STAGED / 64];
    bool staged; ///< any value among the staged rows
} lnt__json_column;

typedef struct lnt__json_columns {
    lnt_engine *engine;
    const lnt_json_options *options;
    lnt__json_keys *keys;
    lnt__json_column *items;
    int64_t n, capacity;
    int64_t *slots; ///< by name, open addressing, -1 empty
    int64_t n_slots;
    lnt_arena memory;            ///< staged values
    int64_t n_room;              ///< rows that may be staged
    int64_t n_flushed, n_staged; ///< rows; their sum is the number of records so far
    int64_t n_records;           ///< records offered, sound or not, for messages
    int64_t n_values;            ///< values that aren't null
    bool restart;
    struct lnt__json_read_value *values; ///< of one record's cells
    int64_t values_capacity;
} lnt__json_columns;

/// Starts without columns; borrows everything.
void lnt__json_columns_init(lnt__json_columns *columns, lnt_engine *engine, const lnt_json_options *options,
                            lnt__json_keys *keys);
/// Adds a sound record's cells as a row; of several cells for one column the last counts. JSON_BAD with `text->problem`
/// set when a value isn't of its column's declared type (`*column` gets its name) or a number is out of range.
lnt__json_result lnt__json_columns_add(lnt__json_columns *columns, const lnt__json_record *record, lnt__json_text *text,
                                       const char **column, lnt_error *err);
/// Hands the staged rows on; after it no text of records is needed any more.
LNT_MUST_USE lnt_status lnt__json_columns_flush(lnt__json_columns *columns, lnt_error *err);
/// Forgets the rows, keeps what is known of types.
void lnt__json_columns_rewind(lnt__json_columns *columns);
/// All rows as a table.
LNT_MUST_USE lnt_status lnt__json_columns_finish(lnt__json_columns *columns, lnt_table **out, lnt_error *err);
/// One line per column whose type needs a word: what was mixed, which strings became times or addresses.
void lnt__json_columns_describe(const lnt__json_columns *columns, lnt_text *text);
void lnt__json_columns_clear(lnt__json_columns *columns);

/// The column called `name`, made if it is new (which keeps the pointer), to `*index`.
LNT_MUST_USE lnt_status lnt__json_columns_named(lnt__json_columns *columns, const char *name, int64_t *index,
                                                lnt_error *err);
/// The column called `name`, or -1.
int64_t lnt__json_columns_find(const lnt__json_columns *columns, const char *name);
/// The column of one of the keys, made if it is new. Keys with the same dotted name share one.
LNT_MUST_USE lnt_status lnt__json_columns_of_key(lnt__json_columns *columns, int32_t key, int64_t *index,
                                                 lnt_error *err);
/// The type that the options declare for a column; LNT_NULL: none.
lnt_type lnt__json_declared_type(const lnt_json_options *options, const char *name);
/// LNT_FORMAT: so many columns that hold next to nothing.
lnt_status lnt__json_lonely_keys(int64_t n_columns, int64_t n_rows, lnt_error *err);

/// The type of a column that has values of these kinds.
lnt_type lnt__json_type_of_kinds(unsigned kinds);

#endif
