/// @file matcher.c
/// Streams of joins that match by order: batches of the left in, joined batches out, on all workers.
#include "exec/matcher.h"

#include "exec/join/join_output.h"

/// One worker's memory.
typedef struct lnt_match_own {
    void *own; ///< the matcher's
    lnt_room rows;
    lnt_join_output output;
} lnt_match_own;

typedef struct lnt_match_stream {
    lnt_stream head;
    lnt_matcher *matcher; ///< owned
    lnt_match_own *own;   ///< by worker
} lnt_match_stream;

typedef struct lnt_match_pass {
    const lnt_matcher *matcher;
    lnt_match_own *own;
} lnt_match_pass;

static lnt_status match_many(const lnt_match_pass *pass, const lnt_batch *batch, lnt_error *err) {
    const lnt_matcher *matcher = pass->matcher;
    lnt_match_own *own = pass->own;
    for (int64_t k = 0; k < batch->n_sel; k++) {
        int64_t row = lnt__row(batch->sel, k), n = 0;
        LNT_TRY(matcher->class_->find_all(matcher, batch, row, &own->rows, &n, err));
        if (n == 0 && matcher->plan->join == LNT_JOIN_LEFT) LNT_TRY(lnt__join_pair(&own->output, batch, row, -1, err));
        const int64_t *rows = lnt__room_data(&own->rows);
        for (int64_t i = 0; i < n; i++) LNT_TRY(lnt__join_pair(&own->output, batch, row, rows[i], err));
    }
    return lnt__join_flush(&own->output, batch, err);
}

static lnt_status match_batch(void *context, const lnt_batch *batch, lnt_error *err) {
    lnt_match_pass *pass = context;
    if (batch->n_sel == 0) return LNT_OK;
    LNT_TRY(lnt_engine_check(pass->matcher->engine, err));
    if (pass->matcher->many) return match_many(pass, batch, err);
    lnt_match_own *own = pass->own;
    LNT_TRY(pass->matcher->class_->find(pass->matcher, own->own, batch, own->output.rows, err));
    return lnt__join_emit(&own->output, batch, err);
}

static lnt_status match_read(lnt_stream *stream, int worker, int64_t morsel, lnt_emit_fn emit, void *context,
                             lnt_error *err) {
    lnt_match_stream *self = (lnt_match_stream *)stream;
    lnt_match_pass pass = {self->matcher, &self->own[worker]};
    pass.own->output.emit = emit;
    pass.own->output.context = context;
    pass.own->output.n = 0;
    return stream->input->class_->read(stream->input, worker, morsel, match_batch, &pass, err);
}

void lnt__matcher_free(lnt_matcher *matcher) {
    lnt_table *right = matcher->right;
    matcher->class_->free(matcher);
    lnt_table_unref(right);
}

static void match_close(lnt_stream *stream, bool finished) {
    lnt_match_stream *self = (lnt_match_stream *)stream;
    for (int w = 0; self->own && w < stream->n_workers; w++) {
        if (self->own[w].own) self->matcher->class_->end(self->own[w].own);
        lnt__room_clear(&self->own[w].rows);
        lnt__join_output_clear(&self->own[w].output);
    }
    lnt_free(self->own);
    lnt__matcher_free(self->matcher);
    lnt__stream_free(stream, finished);
}

static const lnt_stream_class match_stream_class = {lnt__stream_claim_input, match_read, lnt__stream_progress_input,
                                                    match_close};

static lnt_status fill_own(lnt_match_stream *self, lnt_error *err) {
    const lnt_matcher *matcher = self->matcher;
    self->own = lnt_alloc_array(self->head.n_workers, sizeof *self->own, err);
    if (!self->own) return LNT_NOMEM;
    for (int w = 0; w < self->head.n_workers; w++) {
        if (matcher->class_->begin) LNT_TRY(matcher->class_->begin(matcher, &self->own[w].own, err));
        LNT_TRY(lnt__join_output_init(&self->own[w].output, matcher->engine, matcher->plan, matcher->right,
                                      matcher->class_->who, err));
    }
    return LNT_OK;
}

lnt_status lnt__open_matcher(lnt_matcher *matcher, lnt_stream *left, lnt_stream **out, lnt_error *err) {
    lnt_stream *stream = NULL;
    lnt_status status = lnt__stream_new(&match_stream_class, sizeof(lnt_match_stream), matcher->engine,
                                        matcher->plan->schema, left, &stream, err);
    if (status != LNT_OK) {
        lnt__matcher_free(matcher);
        return status;
    }
    lnt_match_stream *self = (lnt_match_stream *)stream;
    self->matcher = matcher;
    status = fill_own(self, err);
    if (status != LNT_OK) {
        lnt__stream_close(stream, false);
        return status;
    }
    *out = stream;
    return LNT_OK;
}
