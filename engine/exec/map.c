/// @file map.c
/// map: all rows are collected, and the caller's function makes a column of them, on the thread that runs the plan.
#include "exec/stream.h"

static lnt_status check_column(const lnt_plan *plan, const lnt_column *column, int64_t n_rows, lnt_error *err) {
    lnt_type type = lnt_schema_type(plan->schema, plan->offset);
    if (lnt_column_type(column) == type && lnt_column_length(column) == n_rows) return LNT_OK;
    return lnt_error_set(err, LNT_SHAPE, "map '%s': the function gave %lld values of type %s, not %lld of type %s",
                         lnt_schema_name(plan->schema, plan->offset), (long long)lnt_column_length(column),
                         lnt_type_name(lnt_column_type(column)), (long long)n_rows, lnt_type_name(type));
}

/// The rows with the column `made` in its place.
static lnt_status put_column(const lnt_plan *plan, const lnt_table *rows, const lnt_column *made, lnt_table **out,
                             lnt_error *err) {
    int64_t n = lnt_schema_n_columns(plan->schema);
    lnt_column **columns = lnt_alloc_array(n, sizeof *columns, err);
    if (!columns) return LNT_NOMEM;
    for (int64_t c = 0; c < n; c++) columns[c] = lnt_column_ref(c == plan->offset ? made : lnt_table_column(rows, c));
    lnt_status status = lnt__table_of(plan->schema, columns, lnt_table_n_rows(rows), out, err);
    lnt_free(columns);
    return status;
}

lnt_status lnt__open_map(const lnt_plan *plan, lnt_stream *input, lnt_stream **out, lnt_error *err) {
    lnt_engine *engine = input->engine;
    lnt_table *rows = NULL, *mapped = NULL;
    lnt_column *made = NULL;
    const lnt_map *map = &plan->map->map;
    lnt_status status = lnt__collect(input, "map", &rows, err);
    if (status == LNT_OK) status = map->fn(map->context, rows, &made, err);
    if (status == LNT_OK) status = check_column(plan, made, lnt_table_n_rows(rows), err);
    if (status == LNT_OK) status = put_column(plan, rows, made, &mapped, err);
    lnt_column_unref(made);
    lnt_table_unref(rows);
    if (status == LNT_OK) status = lnt__open_table(engine, plan->schema, mapped, out, err);
    lnt_table_unref(mapped);
    return status;
}
