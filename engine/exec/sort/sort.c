/// @file sort.c
/// sort: all rows are collected, the keys are sorted, the rows are taken in that order. Where memory doesn't suffice, rows
/// go through temporary files (sort_spill.c).
#include <stdio.h>

#include "exec/sort/sort.h"

/// Names that no user's column has, for keys that are computed.
typedef char lnt_key_name[24];

/// The fields of the input followed by computed keys.
static lnt_status project_keys(const lnt_plan *sort, lnt_plan **out, int64_t *key_columns, lnt_error *err) {
    lnt_plan *input = sort->inputs[0];
    int64_t n_input = lnt_schema_n_columns(input->schema), n = n_input, room = n_input + sort->n_exprs;
    lnt_key_name *made = lnt_alloc_array(sort->n_exprs, sizeof *made, err);
    const char **names = made ? lnt_alloc_array(room, sizeof *names, err) : NULL;
    lnt_type *types = names ? lnt_alloc_array(room, sizeof *types, err) : NULL;
    lnt_bound **exprs = types ? lnt_alloc_array(room, sizeof *exprs, err) : NULL;
    lnt_status status = exprs ? LNT_OK : LNT_NOMEM;
    for (int64_t i = 0; status == LNT_OK && i < n_input; i++) {
        names[i] = lnt_schema_name(input->schema, i);
        types[i] = lnt_schema_type(input->schema, i);
        status = lnt_bound_column(input->schema, i, &exprs[i], err);
    }
    for (int64_t k = 0; status == LNT_OK && k < sort->n_exprs; k++) {
        key_columns[k] = lnt__bound_as_column(sort->exprs[k]);
        if (key_columns[k] >= 0) continue;
        snprintf(made[k], sizeof made[k], "\x02%lld", (long long)k);
        names[n] = made[k];
        types[n] = lnt_bound_type(sort->exprs[k]);
        if (types[n] == LNT_NULL) types[n] = LNT_BOOL; // sorting by null changes nothing
        exprs[n] = lnt_bound_ref(sort->exprs[k]);
        key_columns[k] = n++;
    }
    if (status == LNT_OK)
        status = n == n_input ? (*out = lnt_plan_ref(input), LNT_OK)
                              : lnt__plan_project(input, names, types, exprs, n, out, err);
    for (int64_t i = 0; exprs && i < room; i++) lnt_bound_unref(exprs[i]);
    lnt_free(exprs);
    lnt_free(types);
    lnt_free(names);
    lnt_free(made);
    return status;
}

lnt_status lnt__sort_input(const lnt_plan *sort, lnt_plan **out, int64_t *key_columns, lnt_error *err) {
    return project_keys(sort, out, key_columns, err);
}

/// The sorted rows of `table`, in the columns of `schema` (the first ones of the table).
static lnt_status sort_table(lnt_engine *engine, const lnt_plan *sort, const lnt_table *table,
                             const int64_t *key_columns, lnt_table **out, lnt_error *err) {
    int64_t n_columns = lnt_schema_n_columns(sort->schema), n_rows = lnt_table_n_rows(table);
    const lnt_column **keys = lnt_alloc_array(sort->n_exprs, sizeof *keys, err);
    lnt_column **columns = keys ? lnt_alloc_array(n_columns, sizeof *columns, err) : NULL;
    lnt_room rows = {0};
    lnt_status status = columns ? LNT_OK : LNT_NOMEM;
    for (int64_t k = 0; status == LNT_OK && k < sort->n_exprs; k++) keys[k] = lnt_table_column(table, key_columns[k]);
    if (status == LNT_OK) status = lnt__sort_rows(engine, keys, sort->descending, sort->n_exprs, n_rows, &rows, err);
    for (int64_t c = 0; status == LNT_OK && c < n_columns; c++)
        status = lnt_column_take(engine, lnt_table_column(table, c), lnt__room_data(&rows), n_rows, &columns[c], err);
    if (status == LNT_OK) {
        status = lnt__table_of(sort->schema, columns, n_rows, out, err);
    } else {
        for (int64_t c = 0; columns && c < n_columns; c++) lnt_column_unref(columns[c]);
    }
    lnt__room_clear(&rows);
    lnt_free(columns);
    lnt_free(keys);
    return status;
}

/// Whether the rows of a table in memory can be sorted there.
static bool fits(const lnt_sort_spec *spec, lnt_engine *engine, const lnt_table *table) {
    int64_t need = lnt_table_n_rows(table) * lnt__sort_row_bytes(spec) + lnt__table_bytes(table);
    return lnt_engine_memory_left(engine) > need;
}

/// The rows of `input` sorted, which stays open.
static lnt_status sort_stream(const lnt_sort_spec *spec, lnt_stream *input, bool *finished, lnt_stream **out,
                              lnt_error *err) {
    lnt_engine *engine = input->engine;
    lnt_table *table = NULL, *sorted = NULL;
    lnt_status status = LNT_OK;
    if (input->table && fits(spec, engine, input->table)) {
        table = lnt_table_ref(input->table);
    } else {
        status = lnt__sort_collect(spec, input, finished, &table, out, err);
    }
    if (status == LNT_OK && table) status = sort_table(engine, spec->sort, table, spec->key_columns, &sorted, err);
    lnt_table_unref(table);
    if (status == LNT_OK && sorted) status = lnt__open_table(engine, spec->sort->schema, sorted, out, err);
    lnt_table_unref(sorted);
    return status;
}

lnt_status lnt__open_sort(const lnt_plan *plan, lnt_stream *input, lnt_stream **out, lnt_error *err) {
    lnt_plan *keyed = NULL;
    lnt_stream *projected = input;
    bool finished = false;
    int64_t *key_columns = lnt_alloc_array(plan->n_exprs, sizeof *key_columns, err);
    lnt_status status = key_columns ? lnt__sort_input(plan, &keyed, key_columns, err) : LNT_NOMEM;
    if (status == LNT_OK && keyed != plan->inputs[0]) {
        projected = NULL;
        status = lnt__open_project(keyed, input, &projected, err);
    }
    if (status == LNT_OK) {
        lnt_sort_spec spec = {plan, projected->schema, key_columns, 0};
        status = sort_stream(&spec, projected, &finished, out, err);
    }
    lnt__stream_close(projected, finished);
    lnt_plan_unref(keyed);
    lnt_free(key_columns);
    return status;
}
