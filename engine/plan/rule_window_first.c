/// @file rule_window_first.c
/// A filter that keeps small row numbers only tells the window below how many rows of each partition are wanted.
///
/// Workload: "the newest two of each family". The filter stays: what the window gives is a matter of time, not of
/// meaning. Only windows of nothing but row numbers qualify, as those don't depend on the rows behind.
#include "plan/plan.h"

static bool numbers_rows_only(const lnt_plan *window) {
    for (int64_t i = 0; i < window->n_windows; i++)
        if (window->windows[i].kind != LNT_WINDOW_ROW_NUMBER) return false;
    return window->n_windows > 0;
}

lnt_status lnt__rule_window_first(lnt_plan **slot, lnt_error *err) {
    (void)err;
    lnt_plan *filter = *slot;
    if (filter->kind != LNT_PLAN_FILTER) return LNT_OK;
    lnt_plan *window = filter->inputs[0];
    if (window->kind != LNT_PLAN_WINDOW || !numbers_rows_only(window)) return LNT_OK;
    lnt_range ranges[LNT_MAX_RANGES];
    int64_t n = lnt_bound_ranges(filter->exprs, filter->n_exprs, ranges);
    int64_t first_number = lnt_schema_n_columns(window->schema) - window->n_windows;
    for (int64_t i = 0; i < n; i++) {
        if (ranges[i].column < first_number || !ranges[i].has_high) continue;
        int64_t rows = ranges[i].high.as.i;
        if (rows >= 1 && (window->count < 0 || rows < window->count)) window->count = rows;
    }
    return LNT_OK;
}
