/// @file optimise.c
/// The optimiser: rules, each in a file of its own, over a private copy of the plan.
///
/// A rule may leave out the evaluation of an expression that can fail, but never evaluates one on rows that it would
/// not have seen (lnt_bound_can_fail). Every rule keeps the rows, their order and the schema.
#include "plan/plan.h"

void lnt__plan_replace_by_input(lnt_plan **slot) {
    lnt_plan *input = (*slot)->inputs[0];
    (*slot)->n_inputs = 0;
    lnt_plan_unref(*slot);
    *slot = input;
}

/// Applies a rule to a node before its inputs: what moves down is seen again further down.
static lnt_status apply_down(lnt_plan **slot, lnt_rule_fn rule, lnt_error *err) {
    LNT_TRY(rule(slot, err));
    for (int64_t i = 0; i < (*slot)->n_inputs; i++) LNT_TRY(apply_down(&(*slot)->inputs[i], rule, err));
    return LNT_OK;
}

/// Applies a rule to a node's inputs before it.
static lnt_status apply_up(lnt_plan **slot, lnt_rule_fn rule, lnt_error *err) {
    for (int64_t i = 0; i < (*slot)->n_inputs; i++) LNT_TRY(apply_up(&(*slot)->inputs[i], rule, err));
    return rule(slot, err);
}

static lnt_status apply_rules(lnt_plan **root, lnt_error *err) {
    LNT_TRY(apply_up(root, lnt__rule_split_filter, err));
    LNT_TRY(apply_down(root, lnt__rule_count, err));
    LNT_TRY(apply_down(root, lnt__rule_push_filter, err));
    LNT_TRY(apply_up(root, lnt__rule_split_filter, err));
    LNT_TRY(apply_down(root, lnt__rule_top, err));
    LNT_TRY(apply_down(root, lnt__rule_window_first, err));
    LNT_TRY(apply_up(root, lnt__rule_merge_project, err));
    LNT_TRY(lnt__prune_columns(root, err));
    return apply_up(root, lnt__rule_merge_project, err);
}

lnt_status lnt__plan_optimise(const lnt_plan *plan, lnt_plan **out, lnt_error *err) {
    lnt_plan *copy = NULL;
    LNT_TRY(lnt__plan_clone(plan, &copy, err));
    lnt_status status = apply_rules(&copy, err);
    if (status != LNT_OK) {
        lnt_plan_unref(copy);
        return status;
    }
    *out = copy;
    return LNT_OK;
}
