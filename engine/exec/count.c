/// @file count.c
/// count: how many rows, without looking at any column; from a table or a scan that knows, without reading.
#include "exec/stream.h"

typedef struct lnt_count_sink {
    lnt_sink head;
    int64_t n_rows;
} lnt_count_sink;

static lnt_status count_begin(lnt_sink *sink, int worker, void **partial, lnt_error *err) {
    (void)sink, (void)worker;
    *partial = lnt_alloc_array(1, sizeof(int64_t), err);
    return *partial ? LNT_OK : LNT_NOMEM;
}

static lnt_status count_consume(lnt_sink *sink, int worker, void *partial, const lnt_batch *batch, bool *full,
                                lnt_error *err) {
    (void)sink, (void)worker, (void)full, (void)err;
    *(int64_t *)partial += batch->n_sel;
    return LNT_OK;
}

static void count_discard(lnt_sink *sink, void *partial) {
    (void)sink;
    lnt_free(partial);
}

static lnt_status count_merge(lnt_sink *sink, void *partial, bool *enough, lnt_error *err) {
    (void)enough, (void)err;
    ((lnt_count_sink *)sink)->n_rows += *(int64_t *)partial;
    count_discard(sink, partial);
    return LNT_OK;
}

static const lnt_sink_class count_sink_class = {"counting", count_begin, count_consume,
                                                NULL,       count_merge, count_discard};

/// Rows of the plan's input where that is known beforehand, else -1.
static int64_t known_rows(const lnt_plan *plan, const lnt_stream *input) {
    const lnt_plan *below = plan->inputs[0];
    if (input->table) return lnt_table_n_rows(input->table);
    if (below->kind != LNT_PLAN_SCAN || below->n_exprs > 0 || !below->scan->class_->n_rows) return -1;
    return below->scan->class_->n_rows(below->scan);
}

static lnt_status one_number(lnt_engine *engine, const lnt_schema *schema, int64_t number, lnt_table **out,
                             lnt_error *err) {
    lnt_column *column = NULL;
    lnt_value value = {.type = LNT_INT, .as.i = number};
    LNT_TRY(lnt_column_constant(engine, LNT_INT, value, 1, &column, err));
    return lnt__table_of(schema, &column, 1, out, err);
}

lnt_status lnt__open_count(const lnt_plan *plan, lnt_stream *input, lnt_stream **out, lnt_error *err) {
    lnt_engine *engine = input->engine;
    lnt_count_sink sink = {{&count_sink_class}, known_rows(plan, input)};
    bool finished = false;
    lnt_status status = LNT_OK;
    if (sink.n_rows < 0) {
        sink.n_rows = 0;
        status = lnt__drain(input, &sink.head, &finished, err);
    }
    lnt__stream_close(input, finished);
    lnt_table *table = NULL;
    if (status == LNT_OK) status = one_number(engine, plan->schema, sink.n_rows, &table, err);
    if (status == LNT_OK) status = lnt__open_table(engine, plan->schema, table, out, err);
    lnt_table_unref(table);
    return status;
}
