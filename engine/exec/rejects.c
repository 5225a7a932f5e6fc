/// @file rejects.c
/// The rows that a plan's inputs could not read, over all its scans, as one table; and their number.
#include "exec/stream.h"

/// The different scans of a plan, in the order in which the plan reads them.
typedef struct lnt_scan_list {
    lnt_scan **items; ///< borrowed
    int64_t n, capacity;
} lnt_scan_list;

typedef bool (*scan_test)(const lnt_scan *scan);

static bool can_reject(const lnt_scan *scan) {
    return scan->class_->rejects != NULL;
}

static bool has_counts(const lnt_scan *scan) {
    return scan->class_->counts != NULL;
}

static lnt_status find_scans(const lnt_plan *plan, scan_test test, lnt_scan_list *list, lnt_error *err) {
    for (int64_t i = 0; i < plan->n_inputs; i++) LNT_TRY(find_scans(plan->inputs[i], test, list, err));
    if (!plan->scan || !test(plan->scan)) return LNT_OK;
    for (int64_t i = 0; i < list->n; i++)
        if (list->items[i] == plan->scan) return LNT_OK;
    LNT_TRY(lnt_grow((void **)&list->items, &list->capacity, list->n + 1, sizeof *list->items, err));
    list->items[list->n++] = plan->scan;
    return LNT_OK;
}

/// The columns of rejects, without rows.
static lnt_status no_rejects(lnt_engine *engine, lnt_table **out, lnt_error *err) {
    static const char *const names[] = {"source", "line", "column", "reason", "text"};
    static const lnt_type types[] = {LNT_STRING, LNT_INT, LNT_STRING, LNT_STRING, LNT_STRING};
    lnt_schema *schema = NULL;
    LNT_TRY(lnt_schema_new(names, types, 5, &schema, err));
    lnt_status status = lnt_table_empty(engine, schema, out, err);
    lnt_schema_unref(schema);
    return status;
}

static lnt_status plan_rejects(lnt_engine *engine, lnt_scan *scan, lnt_plan **out, lnt_error *err) {
    lnt_table *table = NULL;
    LNT_TRY(scan->class_->rejects(scan, engine, &table, err));
    lnt_status status = lnt_plan_table(table, out, err);
    lnt_table_unref(table);
    return status;
}

/// The rejects of several scans under one another.
static lnt_status concat_rejects(lnt_engine *engine, const lnt_scan_list *list, lnt_table **out, lnt_error *err) {
    lnt_plan **plans = lnt_alloc_array(list->n, sizeof *plans, err);
    if (!plans) return LNT_NOMEM;
    lnt_plan *concat = NULL;
    lnt_status status = LNT_OK;
    for (int64_t i = 0; status == LNT_OK && i < list->n; i++)
        status = plan_rejects(engine, list->items[i], &plans[i], err);
    if (status == LNT_OK) status = lnt_plan_concat((const lnt_plan *const *)plans, list->n, &concat, err);
    if (status == LNT_OK) status = lnt_plan_run(engine, concat, out, err);
    lnt_plan_unref(concat);
    for (int64_t i = 0; i < list->n; i++) lnt_plan_unref(plans[i]);
    lnt_free(plans);
    return status;
}

lnt_status lnt_plan_rejects(lnt_engine *engine, const lnt_plan *plan, lnt_table **out, lnt_error *err) {
    lnt_scan_list list = {0};
    lnt_status status = find_scans(plan, can_reject, &list, err);
    if (status == LNT_OK) status = list.n == 0 ? no_rejects(engine, out, err) : concat_rejects(engine, &list, out, err);
    lnt_free(list.items);
    return status;
}

lnt_status lnt_plan_counts(const lnt_plan *plan, int64_t *n_rows, int64_t *n_rejects, lnt_error *err) {
    lnt_scan_list list = {0};
    *n_rows = *n_rejects = 0;
    lnt_status status = find_scans(plan, has_counts, &list, err);
    for (int64_t i = 0; status == LNT_OK && i < list.n && *n_rows >= 0; i++) {
        const lnt_scan *scan = list.items[i];
        int64_t rows = -1, rejects = -1;
        scan->class_->counts(scan, &rows, &rejects);
        *n_rows = rows < 0 ? -1 : *n_rows + rows;
        *n_rejects = rejects < 0 || rows < 0 ? -1 : *n_rejects + rejects;
    }
    lnt_free(list.items);
    return status;
}
