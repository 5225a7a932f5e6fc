/// @file filter.c
/// filter: narrows each batch's selection; no values move.
#include "exec/stream.h"

typedef struct lnt_filter_stream {
    lnt_stream head;
    lnt_evaluators conditions;
    uint32_t *selections; ///< LNT_BATCH_ROWS for every worker
} lnt_filter_stream;

/// A morsel on its way through the filter.
typedef struct lnt_filter_pass {
    lnt_filter_stream *stream;
    int worker;
    lnt_emit_fn emit;
    void *context;
} lnt_filter_pass;

static lnt_status filter_batch(void *context, const lnt_batch *batch, lnt_error *err) {
    lnt_filter_pass *pass = context;
    uint32_t *sel = pass->stream->selections + (int64_t)pass->worker * LNT_BATCH_ROWS;
    lnt_batch narrowed = *batch;
    LNT_TRY(lnt__evaluators_filter(&pass->stream->conditions, pass->worker, batch, sel, &narrowed.n_sel, err));
    narrowed.sel = sel;
    return pass->emit(pass->context, &narrowed, err);
}

static lnt_status filter_read(lnt_stream *stream, int worker, int64_t morsel, lnt_emit_fn emit, void *context,
                              lnt_error *err) {
    lnt_filter_pass pass = {(lnt_filter_stream *)stream, worker, emit, context};
    return stream->input->class_->read(stream->input, worker, morsel, filter_batch, &pass, err);
}

static void filter_close(lnt_stream *stream, bool finished) {
    lnt_filter_stream *self = (lnt_filter_stream *)stream;
    lnt__evaluators_clear(&self->conditions);
    lnt_free(self->selections);
    lnt__stream_free(stream, finished);
}

static const lnt_stream_class filter_stream_class = {lnt__stream_claim_input, filter_read, lnt__stream_progress_input,
                                                     filter_close};

lnt_status lnt__open_filter(const lnt_plan *plan, lnt_stream *input, lnt_stream **out, lnt_error *err) {
    lnt_stream *stream = NULL;
    LNT_TRY(lnt__stream_new(&filter_stream_class, sizeof(lnt_filter_stream), input->engine, plan->schema, input,
                            &stream, err));
    lnt_filter_stream *self = (lnt_filter_stream *)stream;
    lnt_status status = lnt__evaluators_init(&self->conditions, stream->engine, plan->exprs, plan->n_exprs, err);
    if (status == LNT_OK) {
        self->selections = lnt_alloc_array(stream->n_workers, LNT_BATCH_ROWS * sizeof(uint32_t), err);
        if (!self->selections) status = LNT_NOMEM;
    }
    if (status != LNT_OK) {
        lnt__stream_close(stream, false);
        return status;
    }
    *out = stream;
    return LNT_OK;
}
