/// @file scan.c
/// The leaves of pipelines: a scan's batches, or a table's, with the plan's conditions tested by the scan itself.
#include "exec/stream.h"

typedef struct lnt_scan_stream {
    lnt_stream head;
    lnt_scan *scan; ///< owned
    lnt_scan_run *run;
    bool *needs; ///< owned: which of the request's columns the conditions read
    lnt_row_filter filter;
    lnt_evaluators conditions;
} lnt_scan_stream;

static lnt_status keep_rows(void *context, int worker, const lnt_batch *batch, uint32_t *sel, int64_t *n,
                            lnt_error *err) {
    lnt_scan_stream *stream = context;
    LNT_TRY(lnt_engine_check(stream->head.engine, err));
    return lnt__evaluators_filter(&stream->conditions, worker, batch, sel, n, err);
}

static lnt_status scan_claim(lnt_stream *stream, int worker, int64_t *morsel, lnt_error *err) {
    lnt_scan_stream *self = (lnt_scan_stream *)stream;
    return self->scan->class_->claim(self->run, worker, morsel, err);
}

static lnt_status scan_read(lnt_stream *stream, int worker, int64_t morsel, lnt_emit_fn emit, void *context,
                            lnt_error *err) {
    lnt_scan_stream *self = (lnt_scan_stream *)stream;
    return self->scan->class_->read(self->run, worker, morsel, emit, context, err);
}

static void scan_progress(const lnt_stream *stream, int64_t *done, int64_t *total) {
    const lnt_scan_stream *self = (const lnt_scan_stream *)stream;
    if (self->scan->class_->progress) self->scan->class_->progress(self->run, done, total);
}

static void scan_close(lnt_stream *stream, bool finished) {
    lnt_scan_stream *self = (lnt_scan_stream *)stream;
    if (self->run) self->scan->class_->close(self->run, finished);
    lnt__evaluators_clear(&self->conditions);
    lnt_free(self->needs);
    lnt_scan_unref(self->scan);
    lnt__stream_free(stream, finished);
}

static const lnt_stream_class scan_stream_class = {scan_claim, scan_read, scan_progress, scan_close};

/// The plan's conditions as a filter that the scan applies.
static lnt_status prepare_filter(lnt_scan_stream *self, const lnt_plan *plan, lnt_error *err) {
    self->needs = lnt_alloc_array(plan->n_columns, sizeof *self->needs, err);
    if (!self->needs) return LNT_NOMEM;
    for (int64_t i = 0; i < plan->n_exprs; i++) lnt_bound_columns(plan->exprs[i], self->needs);
    self->filter = (lnt_row_filter){.context = self, .needs = self->needs, .keep = keep_rows, .text = ""};
    return lnt__evaluators_init(&self->conditions, self->head.engine, plan->exprs, plan->n_exprs, err);
}

/// Begins a run over `scan`.
static lnt_status begin_run(lnt_scan_stream *self, lnt_scan *scan, const int64_t *columns, int64_t n_columns,
                            lnt_error *err) {
    lnt_scan_request request = {
        .columns = columns, .n_columns = n_columns, .filter = self->needs ? &self->filter : NULL};
    lnt_range ranges[LNT_MAX_RANGES];
    request.ranges = ranges;
    if (self->needs) request.n_ranges = lnt_bound_ranges(self->conditions.exprs, self->conditions.n, ranges);
    self->scan = lnt_scan_ref(scan);
    return scan->class_->open(scan, self->head.engine, &request, &self->run, err);
}

/// Columns of a table as a table of their own.
static lnt_status pick_columns(const lnt_table *table, const int64_t *columns, const lnt_schema *schema,
                               lnt_table **out, lnt_error *err) {
    int64_t n = lnt_schema_n_columns(schema);
    lnt_column **picked = lnt_alloc_array(n, sizeof *picked, err);
    if (!picked) return LNT_NOMEM;
    for (int64_t i = 0; i < n; i++) picked[i] = lnt_column_ref(lnt_table_column(table, columns ? columns[i] : i));
    lnt_status status = lnt__table_of(schema, picked, lnt_table_n_rows(table), out, err);
    lnt_free(picked);
    return status;
}

static void expect_morsels(lnt_stream *stream, const lnt_table *table) {
    int64_t n_rows = lnt_table_n_rows(table), size = lnt_table_morsel_rows(n_rows);
    stream->n_morsels = (n_rows + size - 1) / size;
}

static lnt_status fill_scan(lnt_scan_stream *self, const lnt_plan *plan, lnt_error *err) {
    if (plan->n_exprs > 0) LNT_TRY(prepare_filter(self, plan, err));
    if (plan->table) expect_morsels(&self->head, plan->table);
    if (plan->table && plan->n_exprs == 0)
        LNT_TRY(pick_columns(plan->table, plan->columns, plan->schema, &self->head.table, err));
    return begin_run(self, plan->scan, plan->columns, plan->n_columns, err);
}

lnt_status lnt__open_scan(lnt_engine *engine, const lnt_plan *plan, lnt_stream **out, lnt_error *err) {
    lnt_stream *stream = NULL;
    LNT_TRY(lnt__stream_new(&scan_stream_class, sizeof(lnt_scan_stream), engine, plan->schema, NULL, &stream, err));
    lnt_status status = fill_scan((lnt_scan_stream *)stream, plan, err);
    if (status != LNT_OK) {
        lnt__stream_close(stream, false);
        return status;
    }
    *out = stream;
    return LNT_OK;
}

/// Reads all columns of `table`.
static lnt_status fill_table(lnt_scan_stream *self, const lnt_table *table, lnt_error *err) {
    lnt_scan *scan = NULL;
    LNT_TRY(pick_columns(table, NULL, self->head.schema, &self->head.table, err));
    LNT_TRY(lnt_scan_table(table, &scan, err));
    int64_t n = lnt_table_n_columns(table);
    int64_t *all = lnt_alloc_array(n, sizeof *all, err);
    lnt_status status = all ? LNT_OK : LNT_NOMEM;
    for (int64_t i = 0; all && i < n; i++) all[i] = i;
    if (status == LNT_OK) status = begin_run(self, scan, all, n, err);
    expect_morsels(&self->head, table);
    lnt_free(all);
    lnt_scan_unref(scan);
    return status;
}

lnt_status lnt__open_table(lnt_engine *engine, const lnt_schema *schema, const lnt_table *table, lnt_stream **out,
                           lnt_error *err) {
    lnt_stream *stream = NULL;
    LNT_TRY(lnt__stream_new(&scan_stream_class, sizeof(lnt_scan_stream), engine, schema, NULL, &stream, err));
    lnt_status status = fill_table((lnt_scan_stream *)stream, table, err);
    if (status != LNT_OK) {
        lnt__stream_close(stream, false);
        return status;
    }
    *out = stream;
    return LNT_OK;
}
