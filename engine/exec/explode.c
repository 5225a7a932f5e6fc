/// @file explode.c
/// explode: a row for every piece of a string column, the other columns repeated. Batch by batch, nothing is kept.
#include <string.h>

#include "exec/gather.h"
#include "exec/stream.h"

/// One worker's output batch: pieces, and the input rows that they are from.
typedef struct lnt_explode_own {
    lnt_vec *vectors;
    lnt_arena scratch; ///< of repeated values
    uint32_t rows[LNT_BATCH_ROWS];
    lnt_str pieces[LNT_BATCH_ROWS];
    uint64_t valid[LNT_BATCH_ROWS / 64];
    int64_t n;
} lnt_explode_own;

typedef struct lnt_explode_stream {
    lnt_stream head;
    int64_t column;
    lnt_str separator;    ///< borrowed from the plan
    lnt_explode_own *own; ///< by worker
} lnt_explode_stream;

typedef struct lnt_explode_pass {
    lnt_explode_stream *stream;
    lnt_explode_own *own;
    const lnt_batch *batch;
    lnt_emit_fn emit;
    void *context;
} lnt_explode_pass;

/// Gives the rows made so far away.
static lnt_status flush(lnt_explode_pass *pass, lnt_error *err) {
    lnt_explode_own *own = pass->own;
    int64_t n = own->n, n_columns = pass->batch->n_columns;
    if (n == 0) return LNT_OK;
    own->n = 0;
    lnt_arena_reset(&own->scratch);
    for (int64_t c = 0; c < n_columns; c++)
        if (c != pass->stream->column)
            LNT_TRY(lnt__gather_vec(&pass->batch->columns[c], own->rows, n, &own->scratch, &own->vectors[c], err));
    own->vectors[pass->stream->column] =
        (lnt_vec){.type = LNT_STRING, .form = LNT_FORM_FLAT, .data = own->pieces, .valid = own->valid};
    lnt_batch made = {.n_rows = n, .first_row = -1, .n_sel = n, .n_columns = n_columns, .columns = own->vectors};
    return pass->emit(pass->context, &made, err);
}

static lnt_status put(lnt_explode_pass *pass, uint32_t row, lnt_str piece, bool valid, lnt_error *err) {
    lnt_explode_own *own = pass->own;
    if (own->n == LNT_BATCH_ROWS) LNT_TRY(flush(pass, err));
    own->rows[own->n] = row;
    own->pieces[own->n] = piece;
    lnt_bitmap_fill(own->valid, own->n++, 1, valid);
    return LNT_OK;
}

/// Where `separator` next begins in [at, end), or `end`.
static const char *next_separator(const char *at, const char *end, lnt_str separator) {
    while (end - at >= separator.size) {
        const char *found = memchr(at, separator.data[0], (size_t)(end - at - separator.size + 1));
        if (!found || memcmp(found, separator.data, (size_t)separator.size) == 0) return found ? found : end;
        at = found + 1;
    }
    return end;
}

static lnt_status explode_batch(void *context, const lnt_batch *batch, lnt_error *err) {
    lnt_explode_pass *pass = context;
    const lnt_vec *vec = &batch->columns[pass->stream->column];
    lnt_str separator = pass->stream->separator;
    pass->batch = batch;
    for (int64_t k = 0; k < batch->n_sel; k++) {
        uint32_t row = (uint32_t)lnt__row(batch->sel, k);
        lnt_str text = lnt_vec_is_valid(vec, row) ? lnt_vec_str(vec, row) : (lnt_str){"", 0};
        if (text.size == 0) {
            LNT_TRY(put(pass, row, (lnt_str){"", 0}, false, err));
            continue;
        }
        const char *at = text.data, *end = text.data + text.size;
        for (;;) {
            const char *stop = next_separator(at, end, separator);
            LNT_TRY(put(pass, row, (lnt_str){at, stop - at}, true, err));
            if (stop == end) break;
            at = stop + separator.size;
        }
    }
    return flush(pass, err);
}

static lnt_status explode_read(lnt_stream *stream, int worker, int64_t morsel, lnt_emit_fn emit, void *context,
                               lnt_error *err) {
    lnt_explode_stream *self = (lnt_explode_stream *)stream;
    lnt_explode_pass pass = {.stream = self, .own = &self->own[worker], .emit = emit, .context = context};
    pass.own->n = 0;
    return stream->input->class_->read(stream->input, worker, morsel, explode_batch, &pass, err);
}

static void explode_close(lnt_stream *stream, bool finished) {
    lnt_explode_stream *self = (lnt_explode_stream *)stream;
    for (int w = 0; self->own && w < stream->n_workers; w++) {
        lnt_free(self->own[w].vectors);
        lnt_arena_clear(&self->own[w].scratch);
    }
    lnt_free(self->own);
    lnt__stream_free(stream, finished);
}

static const lnt_stream_class explode_stream_class = {lnt__stream_claim_input, explode_read, lnt__stream_progress_input,
                                                      explode_close};

static lnt_status fill_workers(lnt_explode_stream *self, lnt_error *err) {
    self->own = lnt_alloc_array(self->head.n_workers, sizeof *self->own, err);
    if (!self->own) return LNT_NOMEM;
    for (int w = 0; w < self->head.n_workers; w++) {
        lnt_arena_init(&self->own[w].scratch, lnt_engine_budget(self->head.engine), "explode");
        self->own[w].vectors = lnt_alloc_array(lnt_schema_n_columns(self->head.schema), sizeof(lnt_vec), err);
        if (!self->own[w].vectors) return LNT_NOMEM;
    }
    return LNT_OK;
}

lnt_status lnt__open_explode(const lnt_plan *plan, lnt_stream *input, lnt_stream **out, lnt_error *err) {
    lnt_stream *stream = NULL;
    LNT_TRY(lnt__stream_new(&explode_stream_class, sizeof(lnt_explode_stream), input->engine, plan->schema, input,
                            &stream, err));
    lnt_explode_stream *self = (lnt_explode_stream *)stream;
    self->column = plan->keys[0];
    self->separator = lnt_str_from(plan->text);
    lnt_status status = fill_workers(self, err);
    if (status != LNT_OK) {
        lnt__stream_close(stream, false);
        return status;
    }
    *out = stream;
    return LNT_OK;
}
