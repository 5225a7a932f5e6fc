/// @file run.c
/// Running plans: into a table, or given away in pieces; and what their inputs could not read.
#include "exec/spill/spill_merge.h"

static lnt_status run(lnt_engine *engine, const lnt_plan *plan, lnt_table **out, lnt_error *err) {
    lnt_stream *stream = NULL;
    LNT_TRY(lnt__stream_open(engine, plan, &stream, err));
    LNT_TRY(lnt__collect_to_keep(stream, out, err));
    bool is_all = plan->kind == LNT_PLAN_SCAN && plan->n_exprs == 0;
    if (is_all && plan->scan->class_->rest) plan->scan->class_->rest(plan->scan);
    return LNT_OK;
}

lnt_status lnt_plan_run_unoptimised(lnt_engine *engine, const lnt_plan *plan, lnt_table **out, lnt_error *err) {
    return run(engine, plan, out, err);
}

lnt_status lnt_plan_run(lnt_engine *engine, const lnt_plan *plan, lnt_table **out, lnt_error *err) {
    lnt_plan *optimised = NULL;
    LNT_TRY(lnt__plan_optimise(plan, &optimised, err));
    lnt_status status = run(engine, optimised, out, err);
    lnt_plan_unref(optimised);
    return status;
}

// ---- in pieces ----

/// Gives every morsel's rows away as a table.
typedef struct lnt_give_sink {
    lnt_sink head;
    lnt_engine *engine;
    const lnt_schema *schema;
    lnt_table_fn fn;
    void *context;
} lnt_give_sink;

static lnt_status give_begin(lnt_sink *sink, int worker, void **partial, lnt_error *err) {
    (void)worker;
    lnt_give_sink *self = (lnt_give_sink *)sink;
    lnt_rows *rows = lnt_alloc_array(1, sizeof *rows, err);
    if (!rows) return LNT_NOMEM;
    lnt_status status = lnt__rows_init(rows, self->engine, self->schema, "write", err);
    if (status != LNT_OK) {
        lnt_free(rows);
        return status;
    }
    *partial = rows;
    return LNT_OK;
}

static lnt_status give_consume(lnt_sink *sink, int worker, void *partial, const lnt_batch *batch, bool *full,
                               lnt_error *err) {
    (void)sink, (void)worker, (void)full;
    return lnt__rows_append(partial, batch, batch->sel, batch->n_sel, err);
}

static void give_discard(lnt_sink *sink, void *partial) {
    (void)sink;
    lnt__rows_clear(partial);
    lnt_free(partial);
}

static lnt_status give_merge(lnt_sink *sink, void *partial, bool *enough, lnt_error *err) {
    (void)enough;
    lnt_give_sink *self = (lnt_give_sink *)sink;
    lnt_rows *rows = partial;
    lnt_table *table = NULL;
    lnt_status status = LNT_OK;
    if (rows->n_rows > 0) {
        status = lnt__rows_finish(rows, self->schema, &table, err);
        if (status == LNT_OK) status = self->fn(self->context, table, err);
    }
    lnt_table_unref(table);
    give_discard(sink, partial);
    return status;
}

static const lnt_sink_class give_sink_class = {"reading", give_begin, give_consume, NULL, give_merge, give_discard};

/// Tables of up to this many rows are given away whole.
enum { LNT_GIVE_WHOLE_ROWS = 131072 };

static lnt_status give_all(lnt_stream *stream, lnt_table_fn fn, void *context, bool *finished, lnt_error *err) {
    if (stream->table && lnt_table_n_rows(stream->table) <= LNT_GIVE_WHOLE_ROWS)
        return lnt_table_n_rows(stream->table) > 0 ? fn(context, stream->table, err) : LNT_OK;
    lnt_give_sink sink = {{&give_sink_class}, stream->engine, stream->schema, fn, context};
    lnt__merge_finely(stream);
    return lnt__drain(stream, &sink.head, finished, err);
}

lnt_status lnt_plan_stream(lnt_engine *engine, const lnt_plan *plan, lnt_table_fn fn, void *context, lnt_error *err) {
    lnt_plan *optimised = NULL;
    LNT_TRY(lnt__plan_optimise(plan, &optimised, err));
    lnt_stream *stream = NULL;
    bool finished = false;
    lnt_status status = lnt__stream_open(engine, optimised, &stream, err);
    if (status == LNT_OK) status = give_all(stream, fn, context, &finished, err);
    lnt__stream_close(stream, finished);
    lnt_plan_unref(optimised);
    return status;
}
