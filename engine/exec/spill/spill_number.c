/// @file spill_number.c
/// Numbers for rows on their way into runs that are sorted by something else.
///
/// Workload: batches of up to 4,096 rows; nothing moves, two columns are put beside the others. Invariant: numbers ascend in
/// the order of the stream, whichever worker reads which morsel.
#include "exec/spill/spill_number.h"

#include <stdio.h>

#include "exec/key_hash.h"

/// One worker's columns.
typedef struct number_own {
    int64_t numbers[LNT_BATCH_ROWS];
    uint64_t hashes[LNT_BATCH_ROWS];
    lnt_vec *vectors; ///< of all columns
    lnt_vec *keys;
} number_own;

typedef struct number_stream {
    lnt_stream head;
    const int64_t *keys;
    int64_t n_keys;
    number_own **own; ///< by worker, from its first morsel on
} number_stream;

/// A morsel on its way.
typedef struct number_pass {
    const number_stream *stream;
    number_own *own;
    int64_t next; ///< number of the next row
    lnt_emit_fn emit;
    void *context;
} number_pass;

lnt_status lnt__schema_numbered(const lnt_type *types, int64_t n, lnt_schema **out, lnt_error *err) {
    typedef char short_name[24];
    short_name *made = lnt_alloc_array(n, sizeof *made, err);
    const char **names = made ? lnt_alloc_array(n, sizeof *names, err) : NULL;
    for (int64_t i = 0; names && i < n; i++) {
        snprintf(made[i], sizeof made[i], "%lld", (long long)i);
        names[i] = made[i];
    }
    lnt_status status = names ? lnt_schema_new(names, types, n, out, err) : LNT_NOMEM;
    lnt_free(names);
    lnt_free(made);
    return status;
}

static lnt_status number_batch(void *context, const lnt_batch *batch, lnt_error *err) {
    number_pass *pass = context;
    const number_stream *self = pass->stream;
    number_own *own = pass->own;
    lnt_batch numbered = *batch;
    for (int64_t i = 0; i < batch->n_rows; i++) own->numbers[i] = pass->next++;
    for (int64_t c = 0; c < batch->n_columns; c++) own->vectors[c] = batch->columns[c];
    own->vectors[numbered.n_columns++] = (lnt_vec){.type = LNT_INT, .form = LNT_FORM_FLAT, .data = own->numbers};
    if (self->n_keys > 0) {
        for (int64_t k = 0; k < self->n_keys; k++) own->keys[k] = batch->columns[self->keys[k]];
        lnt__hash_keys(own->keys, self->n_keys, batch->n_rows, own->hashes);
        own->vectors[numbered.n_columns++] = (lnt_vec){.type = LNT_INT, .form = LNT_FORM_FLAT, .data = own->hashes};
    }
    numbered.columns = own->vectors;
    return pass->emit(pass->context, &numbered, err);
}

static lnt_status make_own(number_stream *self, int worker, lnt_error *err) {
    if (self->own[worker]) return LNT_OK;
    int64_t n_columns = lnt_schema_n_columns(self->head.schema);
    number_own *own = lnt_alloc_array(1, sizeof *own, err);
    if (!own) return LNT_NOMEM;
    self->own[worker] = own;
    own->vectors = lnt_alloc_array(n_columns + self->n_keys, sizeof *own->vectors, err);
    if (!own->vectors) return LNT_NOMEM;
    own->keys = own->vectors + n_columns;
    return LNT_OK;
}

static lnt_status number_read(lnt_stream *stream, int worker, int64_t morsel, lnt_emit_fn emit, void *context,
                              lnt_error *err) {
    number_stream *self = (number_stream *)stream;
    LNT_TRY(make_own(self, worker, err));
    number_pass pass = {self, self->own[worker], morsel << 32, emit, context};
    return stream->input->class_->read(stream->input, worker, morsel, number_batch, &pass, err);
}

static void number_close(lnt_stream *stream, bool finished) {
    number_stream *self = (number_stream *)stream;
    for (int w = 0; self->own && w < stream->n_workers; w++) {
        if (self->own[w]) lnt_free(self->own[w]->vectors);
        lnt_free(self->own[w]);
    }
    lnt_free(self->own);
    lnt__stream_free(stream, finished);
}

static const lnt_stream_class number_stream_class = {lnt__stream_claim_input, number_read, lnt__stream_progress_input,
                                                     number_close};

/// The input's columns and those that are added.
static lnt_status make_schema(const lnt_schema *input, int64_t n_added, lnt_schema **out, lnt_error *err) {
    int64_t n = lnt_schema_n_columns(input);
    lnt_type *types = lnt_alloc_array(n + n_added, sizeof *types, err);
    if (!types) return LNT_NOMEM;
    for (int64_t c = 0; c < n + n_added; c++) types[c] = c < n ? lnt_schema_type(input, c) : LNT_INT;
    lnt_status status = lnt__schema_numbered(types, n + n_added, out, err);
    lnt_free(types);
    return status;
}

lnt_status lnt__open_numbered(lnt_stream *input, const int64_t *keys, int64_t n_keys, lnt_stream **out,
                              lnt_error *err) {
    lnt_stream *stream = NULL;
    lnt_schema *schema = NULL;
    lnt_status status = make_schema(input->schema, 1 + (n_keys > 0), &schema, err);
    if (status != LNT_OK) {
        lnt__stream_close(input, false);
        return status;
    }
    status = lnt__stream_new(&number_stream_class, sizeof(number_stream), input->engine, schema, input, &stream, err);
    lnt_schema_unref(schema);
    LNT_TRY(status);
    number_stream *self = (number_stream *)stream;
    self->keys = keys;
    self->n_keys = n_keys;
    self->own = lnt_alloc_array(stream->n_workers, sizeof *self->own, err);
    if (!self->own) {
        lnt__stream_close(stream, false);
        return LNT_NOMEM;
    }
    *out = stream;
    return LNT_OK;
}

int64_t lnt__number_find(const int64_t *numbers, int64_t n, int64_t number) {
    int64_t low = 0, high = n - 1;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (numbers[middle] < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
