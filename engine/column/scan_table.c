/// @file scan_table.c
/// A scan over a table in memory.
///
/// Workload: morsels of rows, of the same size whatever the number of threads, read in batches. With a filter, the columns
/// that it needs are looked at first, and the others only in batches of which rows remain.
/// Invariant: a batch's vectors live in its worker's arena until the next batch.
#include "base/engine.h"
#include "column/scan.h"

#include <string.h>

enum { MORSEL_ROWS_MIN = 131072, MORSEL_ROWS_MAX = 1048576, MORSELS = 24 };

int64_t lnt_table_morsel_rows(int64_t n_rows) {
    int64_t rows = n_rows / MORSELS / LNT_BATCH_ROWS * LNT_BATCH_ROWS;
    return rows < MORSEL_ROWS_MIN ? MORSEL_ROWS_MIN : rows > MORSEL_ROWS_MAX ? MORSEL_ROWS_MAX : rows;
}

typedef struct table_scan {
    lnt_scan head;
    lnt_table *table;
    lnt_table *rejects; ///< NULL: nothing was read to make the table
    int64_t n_read, n_rejected;
} table_scan;

/// What one worker holds.
typedef struct worker_state {
    lnt_arena arena;
    lnt_vec *columns;
    uint32_t *sel;
} worker_state;

struct lnt_scan_run {
    int64_t morsel_rows;
    const lnt_table *table; ///< the scan's, which outlives the run
    lnt_engine *engine;
    lnt_scan_request request; ///< what was asked for; its columns are `columns`
    int64_t *columns;
    worker_state *workers;
    int n_workers;
    _Atomic int64_t next_morsel, rows_done;
};

static void run_close(lnt_scan_run *run, bool finished) {
    (void)finished;
    for (int i = 0; run->workers && i < run->n_workers; i++) {
        lnt_arena_clear(&run->workers[i].arena);
        lnt_free(run->workers[i].columns);
        lnt_free(run->workers[i].sel);
    }
    lnt_free(run->workers);
    lnt_free(run->columns);
    lnt_free(run);
}

static lnt_status add_workers(lnt_scan_run *run, lnt_error *err) {
    run->n_workers = lnt_engine_n_threads(run->engine);
    run->workers = lnt_alloc_array(run->n_workers, sizeof *run->workers, err);
    if (!run->workers) return LNT_NOMEM;
    for (int i = 0; i < run->n_workers; i++) {
        worker_state *worker = &run->workers[i];
        lnt_arena_init(&worker->arena, lnt_engine_budget(run->engine), "reading a table");
        worker->columns = lnt_alloc_array(run->request.n_columns, sizeof *worker->columns, err);
        worker->sel = lnt_alloc_array(LNT_BATCH_ROWS, sizeof *worker->sel, err);
        if (!worker->columns || !worker->sel) return LNT_NOMEM;
    }
    return LNT_OK;
}

static lnt_status run_open(lnt_scan *scan, lnt_engine *engine, const lnt_scan_request *request, lnt_scan_run **out,
                           lnt_error *err) {
    lnt_scan_run *run = lnt_alloc_array(1, sizeof *run, err);
    if (!run) return LNT_NOMEM;
    run->table = ((table_scan *)scan)->table;
    run->morsel_rows = lnt_table_morsel_rows(run->table->n_rows);
    run->engine = engine;
    run->request = *request;
    run->columns = lnt_alloc_array(request->n_columns, sizeof *run->columns, err);
    lnt_status status = run->columns ? LNT_OK : LNT_NOMEM;
    if (status == LNT_OK && request->n_columns > 0) {
        memcpy(run->columns, request->columns, (size_t)request->n_columns * sizeof *run->columns);
    }
    run->request.columns = run->columns;
    if (status == LNT_OK) status = add_workers(run, err);
    if (status == LNT_OK)
        *out = run;
    else
        run_close(run, false);
    return status;
}

static lnt_status run_claim(lnt_scan_run *run, int worker, int64_t *morsel, lnt_error *err) {
    (void)worker;
    (void)err;
    int64_t next = atomic_fetch_add_explicit(&run->next_morsel, 1, memory_order_relaxed);
    *morsel = next * run->morsel_rows < run->table->n_rows ? next : -1;
    return LNT_OK;
}

/// Fills in the vectors of those columns that the filter needs, or of the others; all of them without a filter.
static lnt_status fill(lnt_scan_run *run, worker_state *state, const lnt_batch *batch, bool needed, lnt_error *err) {
    const lnt_row_filter *filter = run->request.filter;
    for (int64_t i = 0; i < batch->n_columns; i++) {
        if (filter && filter->needs[i] != needed) {
            if (needed) state->columns[i] = (lnt_vec){.type = LNT_NULL, .form = LNT_FORM_CONSTANT};
            continue;
        }
        const lnt_column *column = run->table->columns[run->columns[i]];
        LNT_TRY(lnt_vec_from_column_selected(column, batch->first_row, batch->n_rows, batch->sel, batch->n_sel,
                                             &state->arena, &state->columns[i], err));
    }
    return LNT_OK;
}

static lnt_status read_batch(lnt_scan_run *run, int worker, int64_t start, int64_t n, lnt_emit_fn emit, void *context,
                             lnt_error *err) {
    worker_state *state = &run->workers[worker];
    const lnt_row_filter *filter = run->request.filter;
    lnt_arena_reset(&state->arena);
    lnt_batch batch = {
        .n_rows = n, .first_row = start, .n_sel = n, .n_columns = run->request.n_columns, .columns = state->columns};
    LNT_TRY(fill(run, state, &batch, true, err));
    if (!filter) return emit(context, &batch, err);
    LNT_TRY(filter->keep(filter->context, worker, &batch, state->sel, &batch.n_sel, err));
    if (batch.n_sel == 0) return LNT_OK;
    if (batch.n_sel < n) batch.sel = state->sel;
    LNT_TRY(fill(run, state, &batch, false, err));
    return emit(context, &batch, err);
}

static lnt_status run_read(lnt_scan_run *run, int worker, int64_t morsel, lnt_emit_fn emit, void *context,
                           lnt_error *err) {
    int64_t end = (morsel + 1) * run->morsel_rows;
    if (end > run->table->n_rows) end = run->table->n_rows;
    for (int64_t start = morsel * run->morsel_rows; start < end; start += LNT_BATCH_ROWS) {
        int64_t n = end - start < LNT_BATCH_ROWS ? end - start : LNT_BATCH_ROWS;
        LNT_TRY(lnt_engine_check(run->engine, err));
        LNT_TRY(read_batch(run, worker, start, n, emit, context, err));
        atomic_fetch_add_explicit(&run->rows_done, n, memory_order_relaxed);
    }
    return LNT_OK;
}

static void run_progress(const lnt_scan_run *run, int64_t *done, int64_t *total) {
    *done = atomic_load_explicit(&run->rows_done, memory_order_relaxed);
    *total = run->table->n_rows;
}

static void scan_describe(const lnt_scan *scan, lnt_text *text) {
    const lnt_table *table = ((const table_scan *)scan)->table;
    lnt_text_addf(text, "table of %lld rows, %lld columns", (long long)table->n_rows, (long long)table->schema->n);
}

static int64_t scan_n_rows(const lnt_scan *scan) {
    return ((const table_scan *)scan)->table->n_rows;
}

static void scan_free(lnt_scan *scan) {
    lnt_table_unref(((table_scan *)scan)->table);
    lnt_table_unref(((table_scan *)scan)->rejects);
    lnt_schema_unref(scan->schema);
    lnt_free(scan);
}

static const lnt_scan_class table_class = {
    .name = "table",
    .open = run_open,
    .claim = run_claim,
    .read = run_read,
    .progress = run_progress,
    .close = run_close,
    .describe = scan_describe,
    .n_rows = scan_n_rows,
    .free = scan_free,
};

lnt_status lnt_scan_table(const lnt_table *table, lnt_scan **out, lnt_error *err) {
    table_scan *scan = lnt_alloc(sizeof *scan, err);
    if (!scan) return LNT_NOMEM;
    *scan = (table_scan){.head = {.class_ = &table_class, .refs = 1, .schema = lnt_schema_ref(table->schema)},
                         .table = lnt_table_ref(table)};
    *out = &scan->head;
    return LNT_OK;
}

// ---- a table that was read elsewhere: with what could not be read ----

static lnt_status scan_rejects(lnt_scan *scan, lnt_engine *engine, lnt_table **out, lnt_error *err) {
    (void)engine;
    (void)err;
    *out = lnt_table_ref(((table_scan *)scan)->rejects);
    return LNT_OK;
}

static void scan_counts(const lnt_scan *scan, int64_t *n_rows, int64_t *n_rejects) {
    *n_rows = ((const table_scan *)scan)->n_read;
    *n_rejects = ((const table_scan *)scan)->n_rejected;
}

static const lnt_scan_class read_table_class = {
    .name = "table",
    .open = run_open,
    .claim = run_claim,
    .read = run_read,
    .progress = run_progress,
    .close = run_close,
    .rejects = scan_rejects,
    .describe = scan_describe,
    .n_rows = scan_n_rows,
    .free = scan_free,
    .counts = scan_counts,
};

lnt_status lnt_scan_read_table(const lnt_table *table, const lnt_table *rejects, int64_t n_read, int64_t n_rejected,
                               lnt_scan **out, lnt_error *err) {
    LNT_TRY(lnt_scan_table(table, out, err));
    table_scan *scan = (table_scan *)*out;
    scan->head.class_ = &read_table_class;
    scan->rejects = lnt_table_ref(rejects);
    scan->n_read = n_read;
    scan->n_rejected = n_rejected;
    return LNT_OK;
}

lnt_scan *lnt_scan_ref(lnt_scan *scan) {
    atomic_fetch_add_explicit(&scan->refs, 1, memory_order_relaxed);
    return scan;
}

void lnt_scan_unref(lnt_scan *scan) {
    if (scan && atomic_fetch_sub_explicit(&scan->refs, 1, memory_order_acq_rel) == 1) scan->class_->free(scan);
}

lnt_status lnt__scan_settle(lnt_scan *scan, lnt_error *err) {
    if (!scan->guessed) return LNT_OK;
    LNT_TRY(scan->class_->settle(scan, err));
    scan->settled = true;
    return LNT_OK;
}
