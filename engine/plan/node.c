/// @file node.c
/// Making, copying and giving back plan nodes.
///
/// Plans are small (tens of nodes), built once per query and shared by reference. Every builder starts with
/// lnt__plan_new and fills the node before it hands it out; the optimiser works on a private clone.
#include "plan/plan.h"

lnt_status lnt__plan_new(lnt_plan_kind kind, lnt_plan *const *inputs, int64_t n_inputs, lnt_plan **out,
                         lnt_error *err) {
    *out = NULL;
    lnt_plan *plan = lnt_alloc_array(1, sizeof *plan, err);
    if (!plan) return LNT_NOMEM;
    plan->refs = 1;
    plan->kind = kind;
    plan->count = -1;
    plan->inputs = lnt_alloc_array(n_inputs, sizeof *plan->inputs, err);
    if (!plan->inputs) {
        lnt_plan_unref(plan);
        return LNT_NOMEM;
    }
    for (int64_t i = 0; i < n_inputs; i++) plan->inputs[i] = lnt_plan_ref(inputs[i]);
    plan->n_inputs = n_inputs;
    *out = plan;
    return LNT_OK;
}

lnt_plan *lnt_plan_ref(const lnt_plan *plan) {
    lnt_plan *shared = (lnt_plan *)(uintptr_t)plan;
    if (shared) atomic_fetch_add_explicit(&shared->refs, 1, memory_order_relaxed);
    return shared;
}

void lnt__agg_call_clear(lnt_agg_call *call) {
    lnt_bound_unref(call->args[0]);
    lnt_bound_unref(call->args[1]);
    lnt_bound_unref(call->where);
}

void lnt__plan_drop_exprs(lnt_plan *plan) {
    for (int64_t i = 0; i < plan->n_exprs; i++) lnt_bound_unref(plan->exprs[i]);
    lnt_free(plan->exprs);
    plan->exprs = NULL;
    plan->n_exprs = 0;
}

void lnt_plan_unref(lnt_plan *plan) {
    if (!plan || atomic_fetch_sub_explicit(&plan->refs, 1, memory_order_acq_rel) != 1) return;
    for (int64_t i = 0; i < plan->n_inputs; i++) lnt_plan_unref(plan->inputs[i]);
    for (int64_t i = 0; i < plan->n_calls; i++) lnt__agg_call_clear(&plan->calls[i]);
    lnt__plan_drop_exprs(plan);
    lnt_schema_unref(plan->schema);
    lnt_scan_unref(plan->scan);
    lnt_table_unref(plan->table);
    lnt__map_unref(plan->map);
    lnt_free(plan->inputs);
    lnt_free(plan->text);
    lnt_free(plan->windows);
    lnt_free(plan->columns);
    lnt_free(plan->descending);
    lnt_free(plan->keys);
    lnt_free(plan->right_keys);
    lnt_free(plan->calls);
    lnt_free(plan);
}

const lnt_schema *lnt_plan_schema(const lnt_plan *plan) {
    return plan->schema;
}

lnt_status lnt__copy_indices(const int64_t *from, int64_t n, int64_t **out, lnt_error *err) {
    *out = NULL;
    if (!from) return LNT_OK;
    int64_t *copy = lnt_alloc_array(n, sizeof *copy, err);
    if (!copy) return LNT_NOMEM;
    for (int64_t i = 0; i < n; i++) copy[i] = from[i];
    *out = copy;
    return LNT_OK;
}

lnt_status lnt__plan_reserve_exprs(lnt_plan *plan, int64_t n, lnt_error *err) {
    plan->exprs = lnt_alloc_array(n, sizeof(lnt_bound *), err);
    if (!plan->exprs) return LNT_NOMEM;
    plan->n_exprs = n;
    return LNT_OK;
}

lnt_status lnt__plan_add_expr(lnt_plan *plan, lnt_bound *expr, lnt_error *err) {
    void *grown = lnt_realloc(plan->exprs, (plan->n_exprs + 1) * (int64_t)sizeof(lnt_bound *), err);
    if (!grown) return LNT_NOMEM;
    plan->exprs = grown;
    plan->exprs[plan->n_exprs++] = lnt_bound_ref(expr);
    return LNT_OK;
}

static lnt_status copy_calls(const lnt_plan *from, lnt_plan *to, lnt_error *err) {
    if (!from->calls) return LNT_OK;
    to->calls = lnt_alloc_array(from->n_calls, sizeof *to->calls, err);
    if (!to->calls) return LNT_NOMEM;
    to->n_calls = from->n_calls;
    for (int64_t i = 0; i < from->n_calls; i++) {
        to->calls[i] = from->calls[i];
        for (int a = 0; a < 2; a++)
            if (from->calls[i].args[a]) lnt_bound_ref(from->calls[i].args[a]);
        if (from->calls[i].where) lnt_bound_ref(from->calls[i].where);
    }
    return LNT_OK;
}

static lnt_status copy_descending(const lnt_plan *from, lnt_plan *to, lnt_error *err) {
    if (!from->descending) return LNT_OK;
    to->descending = lnt_alloc_array(from->n_exprs, sizeof *to->descending, err);
    if (!to->descending) return LNT_NOMEM;
    for (int64_t i = 0; i < from->n_exprs; i++) to->descending[i] = from->descending[i];
    return LNT_OK;
}

static lnt_status copy_windows(const lnt_plan *from, lnt_plan *to, lnt_error *err) {
    if (!from->windows) return LNT_OK;
    to->windows = lnt_alloc_array(from->n_windows, sizeof *to->windows, err);
    if (!to->windows) return LNT_NOMEM;
    to->n_windows = from->n_windows;
    for (int64_t i = 0; i < from->n_windows; i++) to->windows[i] = from->windows[i];
    return LNT_OK;
}

/// Everything of `from` but its inputs.
static lnt_status copy_fields(const lnt_plan *from, lnt_plan *to, lnt_error *err) {
    to->schema = lnt_schema_ref(from->schema);
    to->scan = from->scan ? lnt_scan_ref(from->scan) : NULL;
    to->table = from->table ? lnt_table_ref(from->table) : NULL;
    to->map = lnt__map_ref(from->map);
    to->join = from->join;
    to->match = from->match;
    to->offset = from->offset;
    to->count = from->count;
    to->n_columns = from->n_columns;
    to->n_keys = from->n_keys;
    LNT_TRY(lnt__copy_indices(from->columns, from->n_columns, &to->columns, err));
    LNT_TRY(lnt__copy_indices(from->keys, from->n_keys, &to->keys, err));
    LNT_TRY(lnt__copy_indices(from->right_keys, from->n_keys, &to->right_keys, err));
    LNT_TRY(copy_descending(from, to, err));
    if (from->text && !(to->text = lnt_strdup(from->text, -1, err))) return LNT_NOMEM;
    LNT_TRY(copy_calls(from, to, err));
    LNT_TRY(copy_windows(from, to, err));
    if (!from->exprs) return LNT_OK;
    LNT_TRY(lnt__plan_reserve_exprs(to, from->n_exprs, err));
    for (int64_t i = 0; i < from->n_exprs; i++) to->exprs[i] = lnt_bound_ref(from->exprs[i]);
    return LNT_OK;
}

lnt_status lnt__plan_clone(const lnt_plan *plan, lnt_plan **out, lnt_error *err) {
    lnt_plan *copy = NULL;
    LNT_TRY(lnt__plan_new(plan->kind, NULL, 0, &copy, err));
    lnt_status status = copy_fields(plan, copy, err);
    if (status == LNT_OK && plan->n_inputs > 0) {
        lnt_free(copy->inputs);
        copy->inputs = lnt_alloc_array(plan->n_inputs, sizeof *copy->inputs, err);
        if (!copy->inputs) status = LNT_NOMEM;
    }
    for (int64_t i = 0; status == LNT_OK && i < plan->n_inputs; i++) {
        status = lnt__plan_clone(plan->inputs[i], &copy->inputs[i], err);
        if (status == LNT_OK) copy->n_inputs = i + 1;
    }
    if (status != LNT_OK) {
        lnt_plan_unref(copy);
        return status;
    }
    *out = copy;
    return LNT_OK;
}

int64_t lnt__bound_as_column(const lnt_bound *expr) {
    const lnt_typed *root = lnt_bound_root(expr);
    return root->kind == LNT_TYPED_COLUMN ? root->column : -1;
}

/// What stands for each column that `used` names: replace[i], or the plain column map[i].
static lnt_status fill_stands(const bool *used, const int64_t *map, const lnt_bound *const *replace, int64_t n,
                              const lnt_schema *schema, lnt_bound **stands, lnt_error *err) {
    for (int64_t i = 0; i < n; i++) {
        if (!used[i]) continue;
        if (replace && replace[i]) {
            stands[i] = lnt_bound_ref((lnt_bound *)(uintptr_t)replace[i]);
        } else {
            LNT_TRY(lnt_bound_column(schema, map[i], &stands[i], err));
        }
    }
    return LNT_OK;
}

lnt_status lnt__bound_move(const lnt_bound *expr, const int64_t *map, const lnt_bound *const *replace, int64_t n,
                           const lnt_schema *schema, lnt_bound **out, lnt_error *err) {
    bool *used = lnt_alloc_array(n, sizeof *used, err);
    lnt_bound **stands = used ? lnt_alloc_array(n, sizeof *stands, err) : NULL;
    lnt_status status = stands ? LNT_OK : LNT_NOMEM;
    if (status == LNT_OK) {
        lnt_bound_columns(expr, used);
        status = fill_stands(used, map, replace, n, schema, stands, err);
    }
    if (status == LNT_OK) status = lnt_bound_remap(expr, map, (const lnt_bound *const *)stands, out, err);
    for (int64_t i = 0; stands && i < n; i++) lnt_bound_unref(stands[i]);
    lnt_free(stands);
    lnt_free(used);
    return status;
}
