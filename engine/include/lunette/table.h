/// @file table.h
/// Columns, schemas and tables: immutable, shared by reference count, safe to read from any thread.
#ifndef LUNETTE_TABLE_H
#define LUNETTE_TABLE_H

#include "lunette/engine.h"
#include "lunette/type.h"

typedef struct lnt_column lnt_column;
typedef struct lnt_schema lnt_schema;
typedef struct lnt_table lnt_table;
typedef struct lnt_column_builder lnt_column_builder;

// ---- column ----

/// One more owner of `column`; returns it. Safe from any thread.
LNT_API lnt_column *lnt_column_ref(const lnt_column *column);
/// One owner less; the last one frees. NULL is fine.
LNT_API void lnt_column_unref(lnt_column *column);
LNT_API lnt_type lnt_column_type(const lnt_column *column);
LNT_API int64_t lnt_column_length(const lnt_column *column);
LNT_API int64_t lnt_column_null_count(const lnt_column *column);
/// The value of row `row`, 0-based; a string's bytes are borrowed from the column. `row` must be in range.
LNT_API lnt_value lnt_column_get(const lnt_column *column, int64_t row);
/// How the column is held, for explain and tests: "plain", "dictionary", "constant".
LNT_API const char *lnt_column_layout_name(const lnt_column *column);

// ---- builder: makes a column value by value ----

/// A builder for a column of `type`. Its memory counts against `engine`'s limit.
LNT_API LNT_MUST_USE lnt_status lnt_column_builder_new(lnt_engine *engine, lnt_type type, lnt_column_builder **out,
                                                       lnt_error *err);
/// Gives the builder back, finished or not. NULL is fine.
LNT_API void lnt_column_builder_free(lnt_column_builder *builder);
/// Adds one value, copying a string's bytes. Fails with LNT_TYPE if it is neither null nor of the builder's type.
LNT_API LNT_MUST_USE lnt_status lnt_column_builder_append(lnt_column_builder *builder, lnt_value value, lnt_error *err);
/// Ends building: `*out` is the column (strings of few distinct values as a dictionary, integers as narrow as they
/// fit), which the caller owns. The builder is empty afterwards and can be used again.
LNT_API LNT_MUST_USE lnt_status lnt_column_builder_finish(lnt_column_builder *builder, lnt_column **out, lnt_error *err);

// ---- schema: names and types, in order; names are unique ----

/// A schema of `n` fields; copies the names. Fails with LNT_NAME for an empty or a repeated name.
LNT_API LNT_MUST_USE lnt_status lnt_schema_new(const char *const *names, const lnt_type *types, int64_t n,
                                               lnt_schema **out, lnt_error *err);
LNT_API lnt_schema *lnt_schema_ref(const lnt_schema *schema);
LNT_API void lnt_schema_unref(lnt_schema *schema);
LNT_API int64_t lnt_schema_n_columns(const lnt_schema *schema);
/// Borrowed, terminated; valid while the schema is.
LNT_API const char *lnt_schema_name(const lnt_schema *schema, int64_t column);
LNT_API lnt_type lnt_schema_type(const lnt_schema *schema, int64_t column);
/// The index of the column called `name` (`size` bytes; -1: terminated), or -1.
LNT_API int64_t lnt_schema_find(const lnt_schema *schema, const char *name, int64_t size);
/// The column name most like `name`, or NULL when none is like it. Borrowed.
LNT_API const char *lnt_schema_nearest(const lnt_schema *schema, const char *name, int64_t size);

// ---- table ----

/// A table of `n` columns of the same length; takes references of its own. Fails with LNT_SHAPE when lengths differ.
/// A table without columns has `n_rows` rows as given; with columns `n_rows` must be their length.
LNT_API LNT_MUST_USE lnt_status lnt_table_new(const char *const *names, lnt_column *const *columns, int64_t n,
                                              int64_t n_rows, lnt_table **out, lnt_error *err);
LNT_API lnt_table *lnt_table_ref(const lnt_table *table);
LNT_API void lnt_table_unref(lnt_table *table);
LNT_API int64_t lnt_table_n_rows(const lnt_table *table);
LNT_API int64_t lnt_table_n_columns(const lnt_table *table);
/// Borrowed from the table.
LNT_API const lnt_schema *lnt_table_schema(const lnt_table *table);
/// Borrowed from the table; `column` must be in range.
LNT_API const lnt_column *lnt_table_column(const lnt_table *table, int64_t column);

#endif
