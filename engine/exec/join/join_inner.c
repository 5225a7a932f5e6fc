/// @file join_inner.c
/// The plans and schemas of joins whose rows carry numbers.
#include "exec/join/join_inner.h"

#include "exec/spill/spill_number.h"

/// The right's columns that come, and then those of its keys that come once more.
static lnt_status list_columns(lnt_inner_join *inner, const lnt_plan *join, int64_t n_keys, lnt_error *err) {
    inner->plan.columns = lnt_alloc_array(join->n_columns + n_keys, sizeof *inner->plan.columns, err);
    if (!inner->plan.columns) return LNT_NOMEM;
    for (int64_t c = 0; c < join->n_columns; c++) inner->plan.columns[c] = join->columns[c];
    for (int64_t k = 0; k < n_keys; k++) inner->plan.columns[join->n_columns + k] = join->right_keys[k];
    inner->plan.n_columns = join->n_columns + n_keys;
    return LNT_OK;
}

static lnt_status make_schema(lnt_inner_join *inner, const lnt_plan *join, int64_t n_keys, lnt_error *err) {
    int64_t n = inner->n_columns + 1 + n_keys, from = 0;
    lnt_type *types = lnt_alloc_array(n, sizeof *types, err);
    if (!types) return LNT_NOMEM;
    for (int64_t c = 0; c <= inner->n_columns; c++)
        types[c] = c == inner->n_left ? LNT_INT : lnt_schema_type(join->schema, from++);
    for (int64_t k = 0; k < n_keys; k++)
        types[inner->n_columns + 1 + k] = lnt_schema_type(join->inputs[1]->schema, join->right_keys[k]);
    lnt_status status = lnt__schema_numbered(types, n, &inner->schema, err);
    lnt_free(types);
    return status;
}

lnt_status lnt__inner_join_init(lnt_inner_join *inner, const lnt_plan *join, const lnt_schema *left, int64_t n_keys,
                                lnt_error *err) {
    inner->n_left = lnt_schema_n_columns(left) - 1;
    inner->n_columns = lnt_schema_n_columns(join->schema);
    inner->plan = *join;
    inner->plan.columns = NULL;
    inner->left.schema = (lnt_schema *)(uintptr_t)left; // only looked at
    inner->inputs[0] = &inner->left;
    inner->inputs[1] = join->inputs[1];
    inner->plan.inputs = inner->inputs;
    LNT_TRY(list_columns(inner, join, n_keys, err));
    LNT_TRY(make_schema(inner, join, n_keys, err));
    inner->plan.schema = inner->schema;
    return LNT_OK;
}

void lnt__inner_join_clear(lnt_inner_join *inner) {
    lnt_schema_unref(inner->schema);
    lnt_free(inner->plan.columns);
    *inner = (lnt_inner_join){0};
}

void lnt__inner_join_arrange(const lnt_inner_join *inner, const lnt_vec *columns, lnt_vec *out) {
    for (int64_t c = 0; c < inner->n_columns; c++) out[c] = columns[c < inner->n_left ? c : c + 1];
    out[inner->n_columns] = columns[inner->n_left];
}

lnt_status lnt__inner_join_types(const lnt_plan *join, const lnt_type *more, int64_t n_more, lnt_type **types,
                                 lnt_schema **schema, lnt_error *err) {
    int64_t n = lnt_schema_n_columns(join->schema);
    *types = lnt_alloc_array(n + 1 + n_more, sizeof **types, err);
    if (!*types) return LNT_NOMEM;
    for (int64_t c = 0; c <= n; c++) (*types)[c] = c < n ? lnt_schema_type(join->schema, c) : LNT_INT;
    for (int64_t i = 0; i < n_more; i++) (*types)[n + 1 + i] = more[i];
    return lnt__schema_numbered(*types, n + 1 + n_more, schema, err);
}
