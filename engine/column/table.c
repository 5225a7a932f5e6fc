/// @file table.c
/// Tables: a schema and columns of the same length. Invariant: columns[i] has the type that schema says.
#include "column/column.h"

lnt_table *lnt_table_ref(const lnt_table *table) {
    lnt_table *shared = (lnt_table *)table; // only the count changes
    atomic_fetch_add_explicit(&shared->refs, 1, memory_order_relaxed);
    return shared;
}

void lnt_table_unref(lnt_table *table) {
    if (!table || atomic_fetch_sub_explicit(&table->refs, 1, memory_order_acq_rel) != 1) return;
    for (int64_t i = 0; i < table->schema->n; i++) lnt_column_unref(table->columns[i]);
    lnt_schema_unref(table->schema);
    lnt_free(table->columns);
    lnt_free(table);
}

static lnt_status check_column(const lnt_schema *schema, int64_t i, const lnt_column *column, int64_t n_rows,
                               lnt_error *err) {
    if (column->length != n_rows) {
        return lnt_error_set(err, LNT_SHAPE, "column '%s' has %lld rows, the table %lld", schema->names[i],
                             (long long)column->length, (long long)n_rows);
    }
    if (column->type == schema->types[i]) return LNT_OK;
    return lnt_error_set(err, LNT_TYPE, "column '%s' is of type %s, its schema says %s", schema->names[i],
                         lnt_type_name(column->type), lnt_type_name(schema->types[i]));
}

lnt_status lnt_table_make(const lnt_schema *schema, lnt_column *const *columns, int64_t n_rows, lnt_table **out,
                          lnt_error *err) {
    if (n_rows < 0) return lnt_error_set(err, LNT_SHAPE, "a table can't have %lld rows", (long long)n_rows);
    for (int64_t i = 0; i < schema->n; i++) LNT_TRY(check_column(schema, i, columns[i], n_rows, err));
    lnt_table *table = lnt_alloc(sizeof *table, err);
    lnt_column **copies = table ? lnt_alloc_array(schema->n, sizeof *copies, err) : NULL;
    if (!copies) {
        lnt_free(table);
        return LNT_NOMEM;
    }
    for (int64_t i = 0; i < schema->n; i++) copies[i] = lnt_column_ref(columns[i]);
    *table = (lnt_table){.refs = 1, .schema = lnt_schema_ref(schema), .n_rows = n_rows, .columns = copies};
    *out = table;
    return LNT_OK;
}

lnt_status lnt_table_new(const char *const *names, lnt_column *const *columns, int64_t n, int64_t n_rows,
                         lnt_table **out, lnt_error *err) {
    lnt_type *types = lnt_alloc_array(n, sizeof *types, err);
    if (!types) return LNT_NOMEM;
    for (int64_t i = 0; i < n; i++) types[i] = columns[i]->type;
    lnt_schema *schema = NULL;
    lnt_status status = lnt_schema_new(names, types, n, &schema, err);
    if (status == LNT_OK) status = lnt_table_make(schema, columns, n_rows, out, err);
    lnt_schema_unref(schema);
    lnt_free(types);
    return status;
}

int64_t lnt_table_n_rows(const lnt_table *table) {
    return table->n_rows;
}

int64_t lnt_table_n_columns(const lnt_table *table) {
    return table->schema->n;
}

const lnt_schema *lnt_table_schema(const lnt_table *table) {
    return table->schema;
}

const lnt_column *lnt_table_column(const lnt_table *table, int64_t column) {
    return table->columns[column];
}

/// Makes a table of columns that `make` gives, one by one.
typedef lnt_status (*make_fn)(void *context, int64_t i, lnt_column **out, lnt_error *err);

static lnt_status table_of(const lnt_schema *schema, make_fn make, void *context, int64_t n_rows, lnt_table **out,
                           lnt_error *err) {
    lnt_column **columns = lnt_alloc_array(schema->n, sizeof *columns, err);
    lnt_status status = columns ? LNT_OK : LNT_NOMEM;
    for (int64_t i = 0; i < schema->n && status == LNT_OK; i++) status = make(context, i, &columns[i], err);
    if (status == LNT_OK) status = lnt_table_make(schema, columns, n_rows, out, err);
    for (int64_t i = 0; columns && i < schema->n; i++) lnt_column_unref(columns[i]);
    lnt_free(columns);
    return status;
}

typedef struct take_context {
    lnt_engine *engine;
    const lnt_table *in;
    const int64_t *rows;
    int64_t n;
} take_context;

static lnt_status take_column(void *context, int64_t i, lnt_column **out, lnt_error *err) {
    take_context *take = context;
    return lnt_column_take(take->engine, take->in->columns[i], take->rows, take->n, out, err);
}

lnt_status lnt_table_take(lnt_engine *engine, const lnt_table *in, const int64_t *rows, int64_t n, lnt_table **out,
                          lnt_error *err) {
    take_context take = {engine, in, rows, n};
    return table_of(in->schema, take_column, &take, n, out, err);
}

typedef struct empty_context {
    lnt_engine *engine;
    const lnt_schema *schema;
} empty_context;

static lnt_status empty_column(void *context, int64_t i, lnt_column **out, lnt_error *err) {
    empty_context *empty = context;
    lnt_column_builder *builder;
    LNT_TRY(lnt_column_builder_new(empty->engine, empty->schema->types[i], &builder, err));
    lnt_status status = lnt_column_builder_finish(builder, out, err);
    lnt_column_builder_free(builder);
    return status;
}

lnt_status lnt_table_empty(lnt_engine *engine, const lnt_schema *schema, lnt_table **out, lnt_error *err) {
    empty_context empty = {engine, schema};
    return table_of(schema, empty_column, &empty, 0, out, err);
}
