/// @file concat.c
/// concat: the morsels of several streams, one stream after the other, numbered through.
///
/// The number of the first morsel of an input is known once its predecessor has said that it has no more; claims take
/// turns, so every lower number has been given out by then.
#include <pthread.h>

#include "exec/stream.h"

typedef struct lnt_concat_stream {
    lnt_stream head;
    lnt_stream **inputs; ///< owned
    int64_t *first;      ///< by input: the number of its first morsel, valid up to `current`
    int64_t n;
    pthread_mutex_t lock;
    int64_t current, next; ///< the input being claimed from; the next number
} lnt_concat_stream;

static lnt_status concat_claim(lnt_stream *stream, int worker, int64_t *morsel, lnt_error *err) {
    lnt_concat_stream *self = (lnt_concat_stream *)stream;
    lnt_status status = LNT_OK;
    *morsel = -1;
    pthread_mutex_lock(&self->lock);
    while (self->current < self->n) {
        lnt_stream *input = self->inputs[self->current];
        int64_t local = -1;
        status = input->class_->claim(input, worker, &local, err);
        if (status != LNT_OK) break;
        if (local != -1) {
            *morsel = local >= 0 ? self->next++ : local;
            break;
        }
        if (++self->current < self->n) self->first[self->current] = self->next;
    }
    pthread_mutex_unlock(&self->lock);
    return status;
}

/// The input that a claimed morsel belongs to.
static int64_t input_of(lnt_concat_stream *self, int64_t morsel) {
    pthread_mutex_lock(&self->lock);
    int64_t i = self->current < self->n ? self->current : self->n - 1;
    while (self->first[i] > morsel) i--;
    pthread_mutex_unlock(&self->lock);
    return i;
}

static lnt_status concat_read(lnt_stream *stream, int worker, int64_t morsel, lnt_emit_fn emit, void *context,
                              lnt_error *err) {
    lnt_concat_stream *self = (lnt_concat_stream *)stream;
    int64_t i = input_of(self, morsel);
    lnt_stream *input = self->inputs[i];
    return input->class_->read(input, worker, morsel - self->first[i], emit, context, err);
}

static void concat_progress(const lnt_stream *stream, int64_t *done, int64_t *total) {
    const lnt_concat_stream *self = (const lnt_concat_stream *)stream;
    bool known = true;
    *done = *total = 0;
    for (int64_t i = 0; i < self->n; i++) {
        int64_t one_done = 0, one_total = 0;
        self->inputs[i]->class_->progress(self->inputs[i], &one_done, &one_total);
        known = known && (one_total > 0 || self->inputs[i]->table);
        *done += one_done;
        *total += one_total;
    }
    if (!known) *total = 0;
}

static void concat_close(lnt_stream *stream, bool finished) {
    lnt_concat_stream *self = (lnt_concat_stream *)stream;
    for (int64_t i = 0; i < self->n; i++) lnt__stream_close(self->inputs[i], finished);
    pthread_mutex_destroy(&self->lock);
    lnt_free(self->inputs);
    lnt_free(self->first);
    lnt__stream_free(stream, finished);
}

static const lnt_stream_class concat_stream_class = {concat_claim, concat_read, concat_progress, concat_close};

/// How many morsels all inputs have together, -1 if unknown.
static int64_t sum_morsels(lnt_stream *const *inputs, int64_t n) {
    int64_t sum = 0;
    for (int64_t i = 0; i < n; i++) {
        if (inputs[i]->n_morsels < 0) return -1;
        sum += inputs[i]->n_morsels;
    }
    return sum;
}

lnt_status lnt__open_concat(const lnt_plan *plan, lnt_stream **inputs, lnt_stream **out, lnt_error *err) {
    int64_t n = plan->n_inputs;
    lnt_stream *stream = NULL;
    lnt_status status = lnt__stream_new(&concat_stream_class, sizeof(lnt_concat_stream), inputs[0]->engine,
                                        plan->schema, NULL, &stream, err);
    if (status != LNT_OK) {
        for (int64_t i = 0; i < n; i++) lnt__stream_close(inputs[i], false);
        return status;
    }
    lnt_concat_stream *self = (lnt_concat_stream *)stream;
    pthread_mutex_init(&self->lock, NULL);
    self->inputs = lnt_alloc_array(n, sizeof *self->inputs, err);
    self->first = lnt_alloc_array(n, sizeof *self->first, err);
    if (!self->inputs || !self->first) {
        for (int64_t i = 0; i < n; i++) lnt__stream_close(inputs[i], false);
        lnt__stream_close(stream, false);
        return LNT_NOMEM;
    }
    for (int64_t i = 0; i < n; i++) self->inputs[i] = inputs[i];
    self->n = n;
    stream->n_morsels = sum_morsels(inputs, n);
    *out = stream;
    return LNT_OK;
}
