/// @file rule_split_filter.c
/// Conditions one by one: `a and b` becomes two conditions that can move apart; constant ones go.
#include "plan/plan.h"

typedef enum lnt_condition { ALWAYS, NEVER, DEPENDS } lnt_condition;

static lnt_condition condition_of(const lnt_bound *bound) {
    const lnt_typed *root = lnt_bound_root(bound);
    if (root->kind != LNT_TYPED_CONSTANT) return DEPENDS;
    return !root->value.is_null && root->value.type == LNT_BOOL && root->value.as.b ? ALWAYS : NEVER;
}

/// Adds the conjuncts of one condition to `to`, but not those that are always true.
static lnt_status add_conjuncts(lnt_plan *to, const lnt_bound *condition, bool *never, lnt_error *err) {
    lnt_bound **parts = NULL;
    int64_t n = 0;
    LNT_TRY(lnt_bound_conjuncts(condition, &parts, &n, err));
    lnt_status status = LNT_OK;
    for (int64_t i = 0; i < n; i++) {
        lnt_condition is = condition_of(parts[i]);
        *never = *never || is == NEVER;
        if (is == DEPENDS && status == LNT_OK) status = lnt__plan_add_expr(to, parts[i], err);
        lnt_bound_unref(parts[i]);
    }
    lnt_free(parts);
    return status;
}

/// The node gives no rows: it becomes a slice of none.
static void make_empty(lnt_plan *plan) {
    lnt__plan_drop_exprs(plan);
    plan->kind = LNT_PLAN_SLICE;
    plan->offset = 0;
    plan->count = 0;
}

lnt_status lnt__rule_split_filter(lnt_plan **slot, lnt_error *err) {
    lnt_plan *plan = *slot;
    if (plan->kind != LNT_PLAN_FILTER) return LNT_OK;
    lnt_bound **old = plan->exprs;
    int64_t n = plan->n_exprs;
    plan->exprs = NULL;
    plan->n_exprs = 0;
    bool never = false;
    lnt_status status = LNT_OK;
    for (int64_t i = 0; i < n; i++) {
        if (status == LNT_OK) status = add_conjuncts(plan, old[i], &never, err);
        lnt_bound_unref(old[i]);
    }
    lnt_free(old);
    LNT_TRY(status);
    if (never) {
        make_empty(plan);
    } else if (plan->n_exprs == 0) {
        lnt__plan_replace_by_input(slot);
    }
    return LNT_OK;
}
