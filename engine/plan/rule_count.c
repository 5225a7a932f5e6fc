/// @file rule_count.c
/// How many rows there are depends neither on their order nor on columns.
#include "plan/plan.h"

lnt_status lnt__rule_count(lnt_plan **slot, lnt_error *err) {
    (void)err;
    lnt_plan *plan = *slot;
    if (plan->kind != LNT_PLAN_COUNT) return LNT_OK;
    while (plan->inputs[0]->kind == LNT_PLAN_PROJECT ||
           (plan->inputs[0]->kind == LNT_PLAN_SORT && plan->inputs[0]->count < 0))
        lnt__plan_replace_by_input(&plan->inputs[0]);
    return LNT_OK;
}
