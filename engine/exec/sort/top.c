/// @file top.c
/// top-k: the first `count` rows of a sort, without sorting or keeping the rest.
///
/// Each morsel collects rows and, whenever it holds twice as many as are wanted, sorts them and keeps the first; from
/// then on rows whose first key stands behind the last one kept are passed over at a look. The morsels' rows are merged
/// in order the same way. Stable: rows are collected in order, and the sort is stable.
#include "exec/sort/sort.h"

/// Rows above the wanted ones that are worth collecting before a sort.
enum { LNT_TOP_SLACK = 4096 };

/// The rows kept so far.
typedef struct lnt_top_rows {
    lnt_rows rows;
    lnt_table *kept; ///< after a sort: holds the bound's bytes
    lnt_value bound; ///< first key of the last row wanted; rows behind it can go
    bool bounded;
} lnt_top_rows;

typedef struct lnt_top_sink {
    lnt_sink head;
    lnt_engine *engine;
    const lnt_plan *plan;     ///< the sort
    const lnt_schema *schema; ///< of the input with its keys
    const int64_t *key_columns;
    uint32_t *selections; ///< LNT_BATCH_ROWS for every worker
    lnt_top_rows total;
} lnt_top_sink;

static void top_clear(lnt_top_rows *top) {
    lnt__rows_clear(&top->rows);
    lnt_table_unref(top->kept);
}

static void top_discard(lnt_sink *sink, void *partial) {
    (void)sink;
    top_clear(partial);
    lnt_free(partial);
}

static lnt_status top_begin(lnt_sink *sink, int worker, void **partial, lnt_error *err) {
    (void)worker;
    lnt_top_sink *self = (lnt_top_sink *)sink;
    lnt_top_rows *top = lnt_alloc_array(1, sizeof *top, err);
    if (!top) return LNT_NOMEM;
    lnt_status status = lnt__rows_init(&top->rows, self->engine, self->schema, "top", err);
    if (status != LNT_OK) {
        lnt_free(top);
        return status;
    }
    *partial = top;
    return LNT_OK;
}

/// The first `count` rows of `table`, sorted.
static lnt_status sort_first(const lnt_top_sink *self, const lnt_table *table, lnt_table **out, lnt_error *err) {
    int64_t n_rows = lnt_table_n_rows(table), n_keys = self->plan->n_exprs;
    int64_t n = self->plan->count < n_rows ? self->plan->count : n_rows;
    const lnt_column **keys = lnt_alloc_array(n_keys, sizeof *keys, err);
    if (!keys) return LNT_NOMEM;
    for (int64_t k = 0; k < n_keys; k++) keys[k] = lnt_table_column(table, self->key_columns[k]);
    lnt_room rows = {0};
    lnt_status status = lnt__sort_rows(self->engine, keys, self->plan->descending, n_keys, n_rows, &rows, err);
    if (status == LNT_OK) status = lnt_table_take(self->engine, table, lnt__room_data(&rows), n, out, err);
    lnt__room_clear(&rows);
    lnt_free(keys);
    return status;
}

/// Sorts what was collected and keeps the first rows in `kept`; the collectors are empty afterwards.
static lnt_status settle(const lnt_top_sink *self, lnt_top_rows *top, lnt_error *err) {
    lnt_table *all = NULL, *first = NULL;
    LNT_TRY(lnt__rows_finish(&top->rows, self->schema, &all, err));
    lnt_status status = sort_first(self, all, &first, err);
    lnt_table_unref(all);
    if (status != LNT_OK) return status;
    lnt_table_unref(top->kept);
    top->kept = first;
    int64_t n = lnt_table_n_rows(first);
    top->bounded = n == self->plan->count && n > 0 && self->plan->n_exprs > 0;
    if (top->bounded) top->bound = lnt_column_get(lnt_table_column(first, self->key_columns[0]), n - 1);
    return LNT_OK;
}

/// Settles if enough was collected, and goes on with the rows that were kept.
static lnt_status settle_if_full(const lnt_top_sink *self, lnt_top_rows *top, lnt_error *err) {
    if (top->rows.n_rows < 2 * self->plan->count + LNT_TOP_SLACK) return LNT_OK;
    LNT_TRY(settle(self, top, err));
    return lnt__rows_append_range(&top->rows, self->engine, top->kept, 0, lnt_table_n_rows(top->kept), err);
}

/// Rows that can still be among the first: those whose first key doesn't stand behind the bound.
static int64_t pass_bound(const lnt_top_sink *self, const lnt_top_rows *top, const lnt_batch *batch, uint32_t *sel) {
    const lnt_vec *key = &batch->columns[self->key_columns[0]];
    bool descending = self->plan->descending[0];
    int64_t n = 0, mask = key->form == LNT_FORM_CONSTANT ? 0 : -1;
    bool plain = !key->valid && !top->bound.is_null;
    bool whole = plain && (key->type == LNT_INT || key->type == LNT_TIME);
    bool real = plain && key->type == LNT_FLOAT && top->bound.as.f == top->bound.as.f;
    const int64_t *values = key->data;
    const double *floats = key->data;
    int64_t bound = top->bound.as.i;
    double float_bound = top->bound.as.f;
    for (int64_t k = 0; k < batch->n_sel; k++) {
        int64_t row = lnt__row(batch->sel, k);
        bool behind = whole  ? (descending ? values[row & mask] < bound : values[row & mask] > bound)
                      : real ? !(descending ? floats[row & mask] >= float_bound : floats[row & mask] <= float_bound)
                             : lnt__sort_compare(lnt_vec_get(key, row), top->bound, descending) > 0;
        sel[n] = (uint32_t)row;
        n += !behind;
    }
    return n;
}

static lnt_status top_consume(lnt_sink *sink, int worker, void *partial, const lnt_batch *batch, bool *full,
                              lnt_error *err) {
    (void)full;
    lnt_top_sink *self = (lnt_top_sink *)sink;
    lnt_top_rows *top = partial;
    const uint32_t *sel = batch->sel;
    int64_t n = batch->n_sel;
    if (top->bounded) {
        uint32_t *narrowed = self->selections + (int64_t)worker * LNT_BATCH_ROWS;
        n = pass_bound(self, top, batch, narrowed);
        sel = narrowed;
    }
    if (n > 0) LNT_TRY(lnt__rows_append(&top->rows, batch, sel, n, err));
    return settle_if_full(self, top, err);
}

static lnt_status top_end(lnt_sink *sink, int worker, void *partial, lnt_error *err) {
    (void)worker;
    return settle((lnt_top_sink *)sink, partial, err);
}

static lnt_status top_merge(lnt_sink *sink, void *partial, bool *enough, lnt_error *err) {
    (void)enough;
    lnt_top_sink *self = (lnt_top_sink *)sink;
    lnt_top_rows *top = partial;
    lnt_status status =
        lnt__rows_append_range(&self->total.rows, self->engine, top->kept, 0, lnt_table_n_rows(top->kept), err);
    top_discard(sink, partial);
    return status == LNT_OK ? settle_if_full(self, &self->total, err) : status;
}

static const lnt_sink_class top_sink_class = {"sorting", top_begin, top_consume, top_end, top_merge, top_discard};

/// Columns of `schema`, the first ones of `kept`, as a table.
static lnt_status without_keys(const lnt_table *kept, const lnt_schema *schema, lnt_table **out, lnt_error *err) {
    int64_t n = lnt_schema_n_columns(schema);
    lnt_column **columns = lnt_alloc_array(n, sizeof *columns, err);
    if (!columns) return LNT_NOMEM;
    for (int64_t c = 0; c < n; c++) columns[c] = lnt_column_ref(lnt_table_column(kept, c));
    lnt_status status = lnt__table_of(schema, columns, lnt_table_n_rows(kept), out, err);
    lnt_free(columns);
    return status;
}

static lnt_status drain_top(lnt_top_sink *self, lnt_stream *input, bool *finished, lnt_table **out, lnt_error *err) {
    self->selections = lnt_alloc_array(input->n_workers, LNT_BATCH_ROWS * sizeof(uint32_t), err);
    if (!self->selections) return LNT_NOMEM;
    lnt_status status = lnt__rows_init(&self->total.rows, self->engine, self->schema, "top", err);
    if (status == LNT_OK) status = lnt__drain(input, &self->head, finished, err);
    if (status == LNT_OK) status = settle(self, &self->total, err);
    if (status == LNT_OK) status = without_keys(self->total.kept, self->plan->schema, out, err);
    top_clear(&self->total);
    lnt_free(self->selections);
    return status;
}

lnt_status lnt__open_top(const lnt_plan *plan, lnt_stream *input, lnt_stream **out, lnt_error *err) {
    lnt_engine *engine = input->engine;
    lnt_plan *keyed = NULL;
    lnt_table *table = NULL;
    lnt_stream *projected = input;
    bool finished = false;
    int64_t *key_columns = lnt_alloc_array(plan->n_exprs, sizeof *key_columns, err);
    lnt_status status = key_columns ? lnt__sort_input(plan, &keyed, key_columns, err) : LNT_NOMEM;
    if (status == LNT_OK && keyed != plan->inputs[0]) {
        projected = NULL;
        status = lnt__open_project(keyed, input, &projected, err);
    }
    if (status == LNT_OK) {
        lnt_top_sink sink = {.head = {&top_sink_class},
                             .engine = engine,
                             .plan = plan,
                             .schema = projected->schema,
                             .key_columns = key_columns};
        status = drain_top(&sink, projected, &finished, &table, err);
    }
    lnt__stream_close(projected, finished);
    if (status == LNT_OK) status = lnt__open_table(engine, plan->schema, table, out, err);
    lnt_table_unref(table);
    lnt_plan_unref(keyed);
    lnt_free(key_columns);
    return status;
}
