/// @file scan.c
/// The leaves of plans: everything that a scan (a file, a table) has.
#include "plan/plan.h"

static lnt_status fill_scan(lnt_plan *plan, lnt_scan *scan, lnt_error *err) {
    int64_t n = lnt_schema_n_columns(scan->schema);
    plan->scan = lnt_scan_ref(scan);
    plan->schema = lnt_schema_ref(scan->schema);
    plan->columns = lnt_alloc_array(n, sizeof *plan->columns, err);
    if (!plan->columns) return LNT_NOMEM;
    plan->n_columns = n;
    for (int64_t i = 0; i < n; i++) plan->columns[i] = i;
    return LNT_OK;
}

lnt_status lnt_plan_scan(lnt_scan *scan, lnt_plan **out, lnt_error *err) {
    lnt_plan *plan = NULL;
    LNT_TRY(lnt__plan_new(LNT_PLAN_SCAN, NULL, 0, &plan, err));
    lnt_status status = fill_scan(plan, scan, err);
    if (status != LNT_OK) {
        lnt_plan_unref(plan);
        return status;
    }
    *out = plan;
    return LNT_OK;
}

lnt_status lnt_plan_table(const lnt_table *table, lnt_plan **out, lnt_error *err) {
    lnt_scan *scan = NULL;
    LNT_TRY(lnt_scan_table(table, &scan, err));
    lnt_status status = lnt_plan_scan(scan, out, err);
    lnt_scan_unref(scan);
    if (status == LNT_OK) (*out)->table = lnt_table_ref(table);
    return status;
}
