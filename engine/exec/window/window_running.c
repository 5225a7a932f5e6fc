/// @file window_running.c
/// Running values in the rows' own order: sums, counts and numbers of a window without an order need neither a sort nor
/// partitions put side by side, but one pass that knows where every partition stands.
///
/// Workload: 10^7 rows in few or in many partitions. The pass is one thread's, as each value hangs on the one before.
#include "exec/aggregate/groups.h"
#include "exec/window/window.h"

static const char who[] = "window";

/// One call: where its partitions stand, and its column.
typedef struct lnt_runner {
    const lnt_window_call *call;
    lnt_room stands; ///< by partition: int64_t, or double for floats
    lnt_collector *column;
} lnt_runner;

typedef struct lnt_running {
    lnt_engine *engine;
    const lnt_plan *plan;
    const lnt_table *table;
    lnt_window_numbers row_numbers;
    lnt_key_layout layout;
    lnt_groups groups;
    lnt_key_scratch keys;
    lnt_arena scratch;
    lnt_vec *vectors;
    uint32_t *numbers; ///< of a batch's rows; all 0 without keys
    uint64_t *values;  ///< results of a batch: int64_t or double
    lnt_runner *runners;
} lnt_running;

static bool is_applicable(const lnt_plan *plan) {
    for (int64_t i = 0; i < plan->n_windows; i++) {
        lnt_window_kind kind = plan->windows[i].kind;
        if (kind != LNT_WINDOW_CUMSUM && kind != LNT_WINDOW_CUMCOUNT && kind != LNT_WINDOW_ROW_NUMBER) return false;
    }
    return plan->n_exprs == 0 && plan->n_windows > 0;
}

// ---- one batch ----

/// Adds a batch's ints to where their partitions stand. Fails on the first row whose sum leaves 64 bits.
static lnt_status run_ints(const lnt_running *all, const lnt_vec *arg, int64_t *stands, int64_t start, int64_t n,
                           lnt_error *err) {
    const int64_t *from = arg->data;
    int64_t mask = arg->form == LNT_FORM_CONSTANT ? 0 : -1, *to = (int64_t *)all->values;
    for (int64_t k = 0; k < n; k++) {
        int64_t *stand = &stands[all->numbers[k]];
        int64_t value = lnt_vec_is_valid(arg, k) ? from[k & mask] : 0;
        if (__builtin_add_overflow(*stand, value, stand))
            return lnt_error_set(err, LNT_OVERFLOW, "row %lld: cumsum doesn't fit in 64 bits",
                                 (long long)lnt__window_row(all->row_numbers, start + k) + 1);
        to[k] = *stand;
    }
    return LNT_OK;
}

static void run_floats(const lnt_running *all, const lnt_vec *arg, double *stands, int64_t n) {
    const double *from = arg->data;
    double *to = (double *)(void *)all->values;
    int64_t mask = arg->form == LNT_FORM_CONSTANT ? 0 : -1;
    for (int64_t k = 0; k < n; k++) {
        double *stand = &stands[all->numbers[k]];
        if (lnt_vec_is_valid(arg, k)) *stand += from[k & mask];
        to[k] = *stand;
    }
}

static void run_counts(const lnt_running *all, const lnt_vec *arg, int64_t *stands, int64_t n) {
    int64_t *to = (int64_t *)all->values;
    for (int64_t k = 0; k < n; k++) to[k] = stands[all->numbers[k]] += !arg || lnt_vec_is_valid(arg, k);
}

/// Validity of a batch's results as a vector has it: sums are null where their argument is. A constant's is spread out.
static lnt_status validity_of(lnt_running *all, const lnt_vec *arg, int64_t n, const uint64_t **out, lnt_error *err) {
    *out = arg->valid;
    if (!arg->valid || arg->form != LNT_FORM_CONSTANT) return LNT_OK;
    uint64_t *bits = lnt_arena_alloc(&all->scratch, lnt_bitmap_words(n) * (int64_t)sizeof *bits, err);
    if (!bits) return LNT_NOMEM;
    lnt_bitmap_fill(bits, 0, n, lnt_bitmap_get(arg->valid, 0));
    *out = bits;
    return LNT_OK;
}

static lnt_status run_call(lnt_running *all, lnt_runner *runner, int64_t start, int64_t n, lnt_error *err) {
    const lnt_window_call *call = runner->call;
    lnt_vec arg, result = {.type = call->type, .form = LNT_FORM_FLAT, .data = all->values};
    int64_t n_groups = all->plan->n_keys ? lnt__groups_n(&all->groups) : 1;
    LNT_TRY(lnt__room_grow(&runner->stands, lnt_engine_budget(all->engine), n_groups, sizeof(int64_t), who, err));
    if (call->arg >= 0)
        LNT_TRY(lnt_vec_from_column(lnt_table_column(all->table, call->arg), start, n, &all->scratch, &arg, err));
    if (call->kind != LNT_WINDOW_CUMSUM) {
        run_counts(all, call->arg >= 0 ? &arg : NULL, lnt__room_data(&runner->stands), n);
    } else {
        LNT_TRY(validity_of(all, &arg, n, &result.valid, err));
        if (call->type == LNT_FLOAT)
            run_floats(all, &arg, lnt__room_data(&runner->stands), n);
        else
            LNT_TRY(run_ints(all, &arg, lnt__room_data(&runner->stands), start, n, err));
    }
    return lnt_collector_append(runner->column, &result, NULL, n, err);
}

static lnt_status run_all(lnt_running *all, lnt_error *err) {
    const lnt_plan *plan = all->plan;
    int64_t n_rows = lnt_table_n_rows(all->table);
    for (int64_t start = 0; start < n_rows; start += LNT_BATCH_ROWS) {
        int64_t n = n_rows - start < LNT_BATCH_ROWS ? n_rows - start : LNT_BATCH_ROWS;
        LNT_TRY(lnt_engine_check(all->engine, err));
        lnt_arena_reset(&all->scratch);
        for (int64_t k = 0; k < plan->n_keys; k++)
            LNT_TRY(lnt_vec_from_column(lnt_table_column(all->table, plan->keys[k]), start, n, &all->scratch,
                                        &all->vectors[k], err));
        if (plan->n_keys)
            LNT_TRY(lnt__groups_add(&all->groups, &all->keys, all->vectors, NULL, n, all->numbers, err));
        for (int64_t i = 0; i < plan->n_windows; i++) LNT_TRY(run_call(all, &all->runners[i], start, n, err));
    }
    return LNT_OK;
}

// ---- all together ----

static lnt_status init_groups(lnt_running *all, lnt_error *err) {
    const lnt_plan *plan = all->plan;
    LNT_TRY(lnt__key_layout_of_schema(&all->layout, plan->schema, plan->keys, plan->n_keys, err));
    LNT_TRY(lnt__key_scratch_init(&all->keys, &all->layout, err));
    LNT_TRY(lnt__groups_init(&all->groups, &all->layout, lnt_engine_budget(all->engine), who, err));
    lnt__groups_may_adopt(&all->groups);
    return LNT_OK;
}

static lnt_status init(lnt_running *all, lnt_error *err) {
    const lnt_plan *plan = all->plan;
    lnt_arena_init(&all->scratch, lnt_engine_budget(all->engine), who);
    LNT_TRY(init_groups(all, err));
    all->vectors = lnt_alloc_array(plan->n_keys, sizeof *all->vectors, err);
    all->numbers = lnt_alloc_array(LNT_BATCH_ROWS, sizeof *all->numbers, err);
    all->values = lnt_alloc_array(LNT_BATCH_ROWS, sizeof *all->values, err);
    all->runners = lnt_alloc_array(plan->n_windows, sizeof *all->runners, err);
    if (!all->vectors || !all->numbers || !all->values || !all->runners) return LNT_NOMEM;
    for (int64_t i = 0; i < plan->n_windows; i++) {
        all->runners[i].call = &plan->windows[i];
        LNT_TRY(lnt_collector_new(all->engine, plan->windows[i].type, who, &all->runners[i].column, err));
    }
    return LNT_OK;
}

static void clear(lnt_running *all) {
    for (int64_t i = 0; all->runners && i < all->plan->n_windows; i++) {
        lnt__room_clear(&all->runners[i].stands);
        lnt_collector_free(all->runners[i].column);
    }
    lnt_free(all->runners);
    lnt_free(all->vectors);
    lnt_free(all->numbers);
    lnt_free(all->values);
    lnt__groups_clear(&all->groups);
    lnt__key_scratch_clear(&all->keys);
    lnt__key_layout_clear(&all->layout);
    lnt_arena_clear(&all->scratch);
}

/// The table's columns and those of the calls.
static lnt_status make_result(lnt_running *all, lnt_table **out, lnt_error *err) {
    int64_t n = lnt_schema_n_columns(all->plan->schema), n_input = n - all->plan->n_windows;
    lnt_column **columns = lnt_alloc_array(n, sizeof *columns, err);
    if (!columns) return LNT_NOMEM;
    lnt_status status = LNT_OK;
    for (int64_t c = 0; c < n && status == LNT_OK; c++) {
        if (c < n_input)
            columns[c] = lnt_column_ref(lnt_table_column(all->table, c));
        else
            status = lnt_collector_finish(all->runners[c - n_input].column, &columns[c], err);
    }
    if (status == LNT_OK)
        status = lnt__table_of(all->plan->schema, columns, lnt_table_n_rows(all->table), out, err);
    else
        for (int64_t c = 0; c < n; c++) lnt_column_unref(columns[c]);
    lnt_free(columns);
    return status;
}

lnt_status lnt__window_running(lnt_engine *engine, const lnt_plan *plan, const lnt_table *table,
                               lnt_window_numbers numbers, lnt_table **out, lnt_error *err) {
    *out = NULL;
    if (!is_applicable(plan)) return LNT_OK;
    lnt_running all = {.engine = engine, .plan = plan, .table = table, .row_numbers = numbers};
    lnt_status status = init(&all, err);
    if (status == LNT_OK) status = run_all(&all, err);
    if (status == LNT_OK) status = make_result(&all, out, err);
    clear(&all);
    return status;
}
