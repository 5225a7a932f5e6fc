/// @file load.c
/// Scans as tables: see load.h.
///
/// Workload: files of some hundred MiB that are read whole, or asked one question, with types that their beginning shows already. Looking at
/// all values for their types before converting them would be a pass of its own; so they are converted on the guess,
/// which every value is held against. Where one isn't in keeping with it, or anything else goes wrong, the types are
/// found in the long way and everything is read again: what comes out, errors too, is what that way alone gives.
#include "exec/load.h"

lnt_status lnt__run_on_guess(lnt_engine *engine, const lnt_plan *plan, const lnt_scan *scan, lnt_table **out,
                             lnt_error *err) {
    lnt_error own = {0};
    lnt_table *table = NULL;
    lnt_status status = lnt_plan_run(engine, plan, &table, &own);
    if (status == LNT_OK && !scan->guessed) {
        *out = table;
        return LNT_OK;
    }
    lnt_table_unref(table);
    if (status != LNT_CANCELLED) return LNT_OK;
    if (err) *err = own;
    return status;
}

lnt_status lnt__scan_load(lnt_engine *engine, lnt_scan *scan, lnt_table **out, lnt_error *err) {
    lnt_plan *plan = NULL;
    lnt_table *table = NULL;
    if (scan->guessed) {
        LNT_TRY(lnt_plan_scan(scan, &plan, err));
        lnt_status status = lnt__run_on_guess(engine, plan, scan, &table, err);
        lnt_plan_unref(plan);
        LNT_TRY(status);
    }
    if (!table) {
        LNT_TRY(lnt__scan_settle(scan, err));
        LNT_TRY(lnt_plan_scan(scan, &plan, err));
        lnt_status status = lnt_plan_run(engine, plan, &table, err);
        lnt_plan_unref(plan);
        LNT_TRY(status);
    }
    *out = table;
    return LNT_OK;
}
