/// @file spill_stream.c
/// Merged runs as a stream. Merging is one after the other by nature: whoever claims a morsel merges it into a file of
/// its own, which is written over morsel by morsel; what follows works on all workers and takes no memory for rows that
/// wait.
#include <pthread.h>

#include "exec/spill/spill_merge.h"

/// One worker's morsel.
typedef struct morsel_own {
    lnt_spill *file; ///< NULL until the first morsel
    lnt_run run;
    int64_t first_row; ///< of the morsel in all, -1: not to be told
    lnt_block block;
    lnt_room buffer;
} morsel_own;

typedef struct merge_stream {
    lnt_stream head;
    lnt_spill *spill; ///< owned reference
    lnt_runs runs;    ///< owned
    lnt_type *types;  ///< of all columns of the runs
    int64_t n_columns, key;
    lnt_cut cut;
    bool tells_rows; ///< which row of all a morsel begins with
    int64_t block_rows;
    pthread_mutex_t lock; ///< of what follows
    lnt_merge *merge;
    lnt_batch pending; ///< merged rows, of which those from `at` on haven't been put into a morsel
    int64_t at;
    bool over;
    int64_t n_claimed, n_done, n_total; ///< morsels; rows
    morsel_own *own;                    ///< by worker
} merge_stream;

static int64_t section_of(const merge_stream *self, int64_t row) {
    return ((const int64_t *)self->pending.columns[self->key].data)[row] >> 32;
}

/// Rows of the pending batch that still belong to the morsel, of which `n` rows are there and which is of `section`.
static int64_t rows_that_fit(const merge_stream *self, int64_t n, int64_t section) {
    int64_t left = self->pending.n_rows - self->at, count = 0;
    if (left > self->block_rows) left = self->block_rows;
    if (self->cut.rows > 0) return left < self->cut.rows - n ? left : self->cut.rows - n;
    while (count < left && section_of(self, self->at + count) == section) count++;
    return count;
}

static lnt_status put_rows(merge_stream *self, morsel_own *own, int64_t n, lnt_error *err) {
    uint32_t rows[LNT_BATCH_ROWS];
    for (int64_t k = 0; k < n; k++) rows[k] = (uint32_t)(self->at + k);
    self->at += n;
    int64_t n_columns = lnt_schema_n_columns(self->head.schema);
    return lnt__block_write(own->file, self->types, n_columns, self->pending.columns, rows, n, &own->buffer, &own->run,
                            err);
}

/// The next morsel into the worker's file; without rows at the end.
static lnt_status merge_morsel(merge_stream *self, morsel_own *own, lnt_error *err) {
    int64_t n = 0, section = 0;
    if (!own->file) LNT_TRY(lnt_spill_new(self->head.engine, lnt_spill_who(self->spill), &own->file, err));
    lnt_spill_rewind(own->file);
    for (;;) {
        if (self->at == self->pending.n_rows) {
            LNT_TRY(lnt__merge_next(self->merge, &self->pending, err));
            self->at = 0;
            if (self->pending.n_rows == 0) return LNT_OK;
        }
        if (n == 0 && self->cut.rows == 0) section = section_of(self, self->at);
        int64_t count = rows_that_fit(self, n, section);
        if (count == 0) return LNT_OK;
        LNT_TRY(put_rows(self, own, count, err));
        n += count;
    }
}

static lnt_status merge_claim(lnt_stream *stream, int worker, int64_t *morsel, lnt_error *err) {
    merge_stream *self = (merge_stream *)stream;
    morsel_own *own = &self->own[worker];
    lnt_status status = LNT_OK;
    *morsel = -1;
    lnt__run_clear(&own->run);
    pthread_mutex_lock(&self->lock);
    own->first_row = self->tells_rows ? self->n_done : -1;
    if (!self->over) status = merge_morsel(self, own, err);
    if (status != LNT_OK || own->run.n_rows == 0) self->over = true;
    if (!self->over) *morsel = self->n_claimed++;
    self->n_done += own->run.n_rows;
    pthread_mutex_unlock(&self->lock);
    return status;
}

static lnt_status merge_read(lnt_stream *stream, int worker, int64_t morsel, lnt_emit_fn emit, void *context,
                             lnt_error *err) {
    (void)morsel;
    merge_stream *self = (merge_stream *)stream;
    morsel_own *own = &self->own[worker];
    int64_t n_columns = lnt_schema_n_columns(stream->schema), first_row = own->first_row;
    for (int64_t b = 0; b < own->run.n_blocks; b++) {
        LNT_TRY(lnt__block_read(own->file, &own->run.blocks[b], self->types, n_columns, &own->block, err));
        lnt_batch batch = {.n_rows = own->block.n_rows,
                           .first_row = first_row,
                           .n_sel = own->block.n_rows,
                           .n_columns = n_columns,
                           .columns = own->block.vectors};
        if (first_row >= 0) first_row += batch.n_rows;
        LNT_TRY(emit(context, &batch, err));
    }
    return LNT_OK;
}

static void merge_progress(const lnt_stream *stream, int64_t *done, int64_t *total) {
    merge_stream *self = (merge_stream *)(uintptr_t)stream;
    pthread_mutex_lock(&self->lock);
    *done = self->n_done;
    *total = self->n_total;
    pthread_mutex_unlock(&self->lock);
}

static void merge_close(lnt_stream *stream, bool finished) {
    merge_stream *self = (merge_stream *)stream;
    for (int w = 0; self->own && w < stream->n_workers; w++) {
        lnt_spill_unref(self->own[w].file);
        lnt__run_clear(&self->own[w].run);
        lnt__block_clear(&self->own[w].block);
        lnt__room_clear(&self->own[w].buffer);
    }
    lnt_free(self->own);
    lnt__merge_free(self->merge);
    lnt__runs_clear(&self->runs);
    lnt_free(self->types);
    lnt_spill_unref(self->spill);
    pthread_mutex_destroy(&self->lock);
    lnt__stream_free(stream, finished);
}

static const lnt_stream_class merge_stream_class = {merge_claim, merge_read, merge_progress, merge_close};

static lnt_status start(merge_stream *self, const lnt_run_shape *shape, lnt_error *err) {
    self->own = lnt_alloc_array(self->head.n_workers, sizeof *self->own, err);
    self->types = self->own ? lnt_alloc_array(shape->n_columns, sizeof *self->types, err) : NULL;
    if (!self->types) return LNT_NOMEM;
    for (int64_t c = 0; c < shape->n_columns; c++) self->types[c] = shape->types[c];
    self->key = shape->n_keys > 0 ? shape->keys[0] : -1;
    LNT_TRY(lnt__runs_reduce(self->spill, shape, &self->runs, lnt__merge_fan_in(self->head.engine), err));
    for (int64_t i = 0; i < self->runs.n; i++) self->n_total += self->runs.items[i].n_rows;
    self->block_rows = lnt__runs_block_rows(self->runs.items, self->runs.n);
    return lnt__merge_new(self->spill, shape, self->runs.items, self->runs.n, &self->merge, err);
}

lnt_status lnt__open_merge(lnt_spill *spill, const lnt_schema *schema, const lnt_run_shape *shape, lnt_runs *runs,
                           lnt_cut cut, lnt_stream **out, lnt_error *err) {
    lnt_stream *stream = NULL;
    lnt_status status =
        lnt__stream_new(&merge_stream_class, sizeof(merge_stream), lnt_spill_engine(spill), schema, NULL, &stream, err);
    if (status != LNT_OK) {
        lnt__runs_clear(runs);
        return status;
    }
    merge_stream *self = (merge_stream *)stream;
    pthread_mutex_init(&self->lock, NULL);
    self->spill = lnt_spill_ref(spill);
    self->runs = *runs;
    *runs = (lnt_runs){0};
    self->cut = cut;
    self->tells_rows = cut.rows > 0;
    status = start(self, shape, err);
    if (status != LNT_OK) {
        lnt__stream_close(stream, false);
        return status;
    }
    *out = stream;
    return LNT_OK;
}

void lnt__merge_finely(lnt_stream *stream) {
    enum { BLOCKS = 8 };
    while (stream && stream->class_ != &merge_stream_class) stream = stream->input;
    merge_stream *self = (merge_stream *)stream;
    if (!self || self->cut.fixed) return;
    int64_t rows = BLOCKS * self->block_rows;
    if (self->cut.rows == 0 || self->cut.rows > rows) self->cut.rows = rows;
}
