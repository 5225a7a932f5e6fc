/// @file join_outer.c
/// Outer joins as streams: the left's rows with their matches as they come, then the right's rows that nothing matched.
///
/// Workload: a right side in memory, a left side of any size that isn't a table. What is left over of the right is known
/// once every morsel of the left has been read, so the claim after the last one says LNT_MORSEL_LATER until then.
/// Invariant: `rest` is NULL as long as a morsel of the left may still be read.
#include <pthread.h>

#include "exec/join/join.h"

typedef struct lnt_outer_stream {
    lnt_stream head;
    lnt_join_build build;
    lnt_stream *probe;   ///< the left's rows; borrows the build
    pthread_mutex_t lock; ///< guards what follows
    int64_t n_claimed, n_read; ///< morsels of the left
    bool probed;         ///< the left has no more of them
    lnt_stream *rest;    ///< the right's rows without a match
} lnt_outer_stream;

static lnt_status open_rest(lnt_outer_stream *self, lnt_error *err) {
    lnt_table *rest = NULL;
    LNT_TRY(lnt__join_unmatched(&self->build, &rest, err));
    lnt_status status = lnt__open_table(self->head.engine, self->head.schema, rest, &self->rest, err);
    lnt_table_unref(rest);
    return status;
}

/// The next morsel, with the lock held.
static lnt_status claim_next(lnt_outer_stream *self, int worker, int64_t *morsel, lnt_error *err) {
    if (!self->probed) {
        LNT_TRY(self->probe->class_->claim(self->probe, worker, morsel, err));
        if (*morsel >= 0) self->n_claimed = *morsel + 1;
        if (*morsel != -1) return LNT_OK;
        self->probed = true;
    }
    *morsel = LNT_MORSEL_LATER;
    if (self->n_read < self->n_claimed) return LNT_OK;
    if (!self->rest) LNT_TRY(open_rest(self, err));
    LNT_TRY(self->rest->class_->claim(self->rest, worker, morsel, err));
    if (*morsel >= 0) *morsel += self->n_claimed;
    return LNT_OK;
}

static lnt_status outer_claim(lnt_stream *stream, int worker, int64_t *morsel, lnt_error *err) {
    lnt_outer_stream *self = (lnt_outer_stream *)stream;
    *morsel = -1;
    pthread_mutex_lock(&self->lock);
    lnt_status status = claim_next(self, worker, morsel, err);
    pthread_mutex_unlock(&self->lock);
    return status;
}

static lnt_status outer_read(lnt_stream *stream, int worker, int64_t morsel, lnt_emit_fn emit, void *context,
                             lnt_error *err) {
    lnt_outer_stream *self = (lnt_outer_stream *)stream;
    pthread_mutex_lock(&self->lock);
    lnt_stream *rest = self->rest;
    int64_t n_left = self->n_claimed;
    pthread_mutex_unlock(&self->lock);
    if (rest) return rest->class_->read(rest, worker, morsel - n_left, emit, context, err);
    lnt_status status = self->probe->class_->read(self->probe, worker, morsel, emit, context, err);
    pthread_mutex_lock(&self->lock);
    self->n_read++;
    pthread_mutex_unlock(&self->lock);
    return status;
}

static void outer_progress(const lnt_stream *stream, int64_t *done, int64_t *total) {
    const lnt_outer_stream *self = (const lnt_outer_stream *)stream;
    self->probe->class_->progress(self->probe, done, total);
}

static void outer_close(lnt_stream *stream, bool finished) {
    lnt_outer_stream *self = (lnt_outer_stream *)stream;
    lnt__stream_close(self->probe, finished || self->probed);
    lnt__stream_close(self->rest, finished);
    lnt__join_build_clear(&self->build);
    pthread_mutex_destroy(&self->lock);
    lnt__stream_free(stream, finished);
}

static const lnt_stream_class outer_stream_class = {outer_claim, outer_read, outer_progress, outer_close};

lnt_status lnt__join_outer(lnt_join_build *build, lnt_stream *left, lnt_stream **out, lnt_error *err) {
    lnt_stream *stream = NULL;
    lnt_status status = lnt__stream_new(&outer_stream_class, sizeof(lnt_outer_stream), build->engine,
                                        build->plan->schema, NULL, &stream, err);
    if (status != LNT_OK) {
        lnt__stream_close(left, false);
        return status;
    }
    lnt_outer_stream *self = (lnt_outer_stream *)stream;
    pthread_mutex_init(&self->lock, NULL);
    self->build = *build;
    if (self->build.keys.layout) self->build.keys.layout = &self->build.layout;
    *build = (lnt_join_build){0};
    status = lnt__join_probe(&self->build, false, left, &self->probe, err);
    if (status == LNT_OK)
        *out = stream;
    else
        lnt__stream_close(stream, false);
    return status;
}
