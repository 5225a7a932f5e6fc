/// @file rule_top.c
/// Slices go below projections; the first rows of a sort are a top-k.
#include "plan/plan.h"

/// More rows than this are faster sorted whole than kept in a top-k.
enum { LNT_TOP_ROWS_MAX = 65536 };

/// SLICE(PROJECT(x)) becomes PROJECT(SLICE(x)).
static lnt_status swap_with_project(lnt_plan **slot, lnt_error *err) {
    lnt_plan *slice = *slot, *project = slice->inputs[0], *below = project->inputs[0];
    (void)err;
    lnt_schema_unref(slice->schema);
    slice->schema = lnt_schema_ref(below->schema);
    slice->inputs[0] = below;
    project->inputs[0] = slice;
    *slot = project;
    return LNT_OK;
}

/// The sort below keeps only what the slice can give.
static void limit_sort(lnt_plan **slot) {
    lnt_plan *slice = *slot, *sort = slice->inputs[0];
    if (slice->offset < 0 || slice->count < 0 || slice->offset + slice->count > LNT_TOP_ROWS_MAX) return;
    int64_t rows = slice->offset + slice->count;
    if (sort->count >= 0 && sort->count < rows) return;
    sort->count = rows;
    if (slice->offset == 0) lnt__plan_replace_by_input(slot);
}

lnt_status lnt__rule_top(lnt_plan **slot, lnt_error *err) {
    if ((*slot)->kind != LNT_PLAN_SLICE) return LNT_OK;
    lnt_plan_kind below = (*slot)->inputs[0]->kind;
    if (below == LNT_PLAN_PROJECT) return swap_with_project(slot, err);
    if (below == LNT_PLAN_SORT && (*slot)->count != 0 && (*slot)->offset < LNT_TOP_ROWS_MAX &&
        (*slot)->count <= LNT_TOP_ROWS_MAX)
        limit_sort(slot);
    return LNT_OK;
}
