/// @file order.c
/// sort, slice and distinct: which rows stand where.
#include <string.h>

#include "plan/plan.h"

/// A node of one input that gives the input's columns.
static lnt_status new_over(lnt_plan_kind kind, const lnt_plan *in, lnt_plan **out, lnt_error *err) {
    lnt_plan *input = (lnt_plan *)(uintptr_t)in;
    LNT_TRY(lnt__plan_new(kind, &input, 1, out, err));
    (*out)->schema = lnt_schema_ref(in->schema);
    return LNT_OK;
}

/// "name", "-name", or an expression with an optional "-" before the whole. A column's exact name goes first, so that
/// odd names need no backticks.
lnt_status lnt__bind_sort_key(const lnt_plan *in, const char *text, const lnt_params *params, bool *descending,
                              lnt_bound **out, lnt_error *err) {
    *descending = lnt_schema_find(in->schema, text, -1) < 0 && text[0] == '-';
    const char *rest = text + *descending;
    int64_t column = lnt_schema_find(in->schema, rest, -1);
    if (column >= 0) return lnt_bound_column(in->schema, column, out, err);
    lnt_expr *parsed = NULL;
    LNT_TRY(lnt_expr_parse(rest, -1, &parsed, err));
    lnt_status status = lnt_expr_bind(parsed, lnt_str_from(rest), in->schema, params, out, err);
    lnt_expr_free(parsed);
    return status;
}

lnt_status lnt_plan_sort(const lnt_plan *in, const char *const *keys, int64_t n, const lnt_params *params,
                         lnt_plan **out, lnt_error *err) {
    lnt_plan *plan = NULL;
    LNT_TRY(new_over(LNT_PLAN_SORT, in, &plan, err));
    lnt_status status = lnt__plan_reserve_exprs(plan, n, err);
    plan->descending = lnt_alloc_array(n, sizeof *plan->descending, err);
    if (!plan->descending) status = LNT_NOMEM;
    for (int64_t i = 0; status == LNT_OK && i < n; i++)
        status = lnt__bind_sort_key(in, keys[i], params, &plan->descending[i], &plan->exprs[i], err);
    if (status != LNT_OK) {
        lnt_plan_unref(plan);
        return status;
    }
    *out = plan;
    return LNT_OK;
}

lnt_status lnt_plan_slice(const lnt_plan *in, int64_t offset, int64_t n, lnt_plan **out, lnt_error *err) {
    LNT_TRY(new_over(LNT_PLAN_SLICE, in, out, err));
    (*out)->offset = offset < -INT64_MAX ? -INT64_MAX : offset; // so that it has a positive
    (*out)->count = n < 0 ? -1 : n;
    return LNT_OK;
}

/// Every column of the schema as a list.
static lnt_status all_columns(const lnt_schema *schema, int64_t **out, int64_t *n, lnt_error *err) {
    *n = lnt_schema_n_columns(schema);
    *out = lnt_alloc_array(*n, sizeof **out, err);
    if (!*out) return LNT_NOMEM;
    for (int64_t i = 0; i < *n; i++) (*out)[i] = i;
    return LNT_OK;
}

lnt_status lnt_plan_distinct(const lnt_plan *in, const char *const *names, int64_t n, lnt_plan **out, lnt_error *err) {
    lnt_plan *plan = NULL;
    LNT_TRY(new_over(LNT_PLAN_DISTINCT, in, &plan, err));
    plan->n_keys = n;
    lnt_status status = n == 0 ? all_columns(in->schema, &plan->keys, &plan->n_keys, err)
                               : lnt__schema_columns(in->schema, names, n, &plan->keys, err);
    if (status != LNT_OK) {
        lnt_plan_unref(plan);
        return status;
    }
    *out = plan;
    return LNT_OK;
}

bool lnt__distinct_is_grouping(const lnt_plan *distinct) {
    bool all = distinct->n_keys > 0 && distinct->n_keys == lnt_schema_n_columns(distinct->schema);
    for (int64_t k = 0; all && k < distinct->n_keys; k++)
        all = distinct->keys[k] == k && lnt_schema_type(distinct->schema, k) != LNT_FLOAT;
    return all;
}

lnt_status lnt_plan_count(const lnt_plan *in, lnt_plan **out, lnt_error *err) {
    lnt_plan *input = (lnt_plan *)(uintptr_t)in, *plan = NULL;
    LNT_TRY(lnt__plan_new(LNT_PLAN_COUNT, &input, 1, &plan, err));
    const char *name = "count";
    lnt_type type = LNT_INT;
    lnt_status status = lnt_schema_new(&name, &type, 1, &plan->schema, err);
    if (status != LNT_OK) {
        lnt_plan_unref(plan);
        return status;
    }
    *out = plan;
    return LNT_OK;
}
