/// @file join_probe.c
/// The left side of a join: each batch's keys are looked up, and its rows go on with their matches.
///
/// Semi and anti joins only narrow the selection. Where no right key has two rows, left columns pass as they are and
/// right ones are gathered beside them; else rows are repeated, a batch of output at a time.
#include "exec/gather.h"
#include "exec/join.h"

/// One worker's memory.
typedef struct lnt_probe_own {
    lnt_key_scratch keys;
    lnt_arena scratch;  ///< key vectors, while a batch is looked up
    lnt_arena gathered; ///< output vectors
    lnt_vec *key_vectors;
    lnt_vec *vectors; ///< output columns
    uint32_t *found;  ///< by selected row: key number
    uint32_t *sel;    ///< narrowed selection; or left rows of the output
    int64_t *right;   ///< right rows of the output, -1: none
} lnt_probe_own;

typedef struct lnt_probe_stream {
    lnt_stream head;
    lnt_join_build *build;
    lnt_join_build owned; ///< what `build` points to if the stream owns it
    lnt_probe_own *own;   ///< by worker
} lnt_probe_stream;

typedef struct lnt_probe_pass {
    lnt_probe_stream *stream;
    lnt_probe_own *own;
    lnt_emit_fn emit;
    void *context;
    int64_t n; ///< rows of the output collected so far
} lnt_probe_pass;

/// Key numbers of the batch's selected rows.
static lnt_status look_up(lnt_probe_pass *pass, const lnt_batch *batch, lnt_error *err) {
    lnt_probe_own *own = pass->own;
    const lnt_join_build *build = pass->stream->build;
    lnt_arena_reset(&own->scratch);
    for (int64_t k = 0; k < build->plan->n_keys; k++) {
        own->key_vectors[k] = batch->columns[build->plan->keys[k]];
        LNT_TRY(lnt__join_key(build->plan, k, &own->key_vectors[k], batch->n_rows, &own->scratch, err));
    }
    return lnt__groups_find(&build->keys, &own->keys, own->key_vectors, batch->sel, batch->n_sel, own->found, err);
}

/// Semi and anti: rows that have (or have no) match.
static lnt_status narrow(lnt_probe_pass *pass, const lnt_batch *batch, bool matching, lnt_error *err) {
    lnt_probe_own *own = pass->own;
    lnt_batch narrowed = *batch;
    int64_t n = 0;
    for (int64_t k = 0; k < batch->n_sel; k++) {
        own->sel[n] = (uint32_t)lnt__row(batch->sel, k);
        n += (own->found[k] != LNT_NONE) == matching;
    }
    narrowed.sel = own->sel;
    narrowed.n_sel = n;
    return pass->emit(pass->context, &narrowed, err);
}

static void mark_matched(const lnt_join_build *build, int64_t right_row) {
    if (build->matched) atomic_store_explicit(&build->matched[right_row], 1, memory_order_relaxed);
}

/// Puts the left's vectors and the right's columns at `rows` into a batch's columns; makes promoted keys floats.
static lnt_status put_columns(lnt_probe_pass *pass, const lnt_vec *left, int64_t n_left, int64_t n_rows,
                              lnt_error *err) {
    lnt_probe_own *own = pass->own;
    const lnt_join_build *build = pass->stream->build;
    for (int64_t c = 0; c < n_left; c++) {
        own->vectors[c] = left[c];
        if (left[c].type == LNT_INT && lnt_schema_type(build->plan->schema, c) == LNT_FLOAT)
            LNT_TRY(lnt__vec_to_float(&own->vectors[c], n_rows, &own->gathered, err));
    }
    for (int64_t c = 0; c < build->plan->n_columns; c++)
        LNT_TRY(lnt__gather_column(lnt_table_column(build->table, build->plan->columns[c]), own->right, n_rows,
                                   &own->gathered, &own->vectors[n_left + c], err));
    return LNT_OK;
}

/// At most one match per row: the selection narrows (inner) or stays, the right's values stand beside the left's.
static lnt_status join_unique(lnt_probe_pass *pass, const lnt_batch *batch, lnt_error *err) {
    lnt_probe_own *own = pass->own;
    const lnt_join_build *build = pass->stream->build;
    const int64_t *starts = lnt__room_data(&build->starts), *rows = lnt__room_data(&build->rows);
    bool inner = build->plan->join == LNT_JOIN_INNER;
    int64_t n = 0;
    for (int64_t i = 0; i < batch->n_rows; i++) own->right[i] = -1;
    for (int64_t k = 0; k < batch->n_sel; k++) {
        int64_t row = lnt__row(batch->sel, k);
        bool match = own->found[k] != LNT_NONE;
        if (match) {
            own->right[row] = rows[starts[own->found[k]]];
            mark_matched(build, own->right[row]);
        }
        own->sel[n] = (uint32_t)row;
        n += match || !inner;
    }
    if (n == 0) return LNT_OK;
    lnt_arena_reset(&own->gathered);
    LNT_TRY(put_columns(pass, batch->columns, batch->n_columns, batch->n_rows, err));
    lnt_batch joined = *batch;
    joined.sel = own->sel;
    joined.n_sel = n;
    joined.n_columns = batch->n_columns + build->plan->n_columns;
    joined.columns = own->vectors;
    return pass->emit(pass->context, &joined, err);
}

/// Emits the pairs collected in `sel` and `right`.
static lnt_status flush(lnt_probe_pass *pass, const lnt_batch *batch, lnt_error *err) {
    lnt_probe_own *own = pass->own;
    int64_t n = pass->n;
    pass->n = 0;
    if (n == 0) return LNT_OK;
    lnt_arena_reset(&own->gathered);
    lnt_vec *left = lnt_arena_alloc(&own->gathered, batch->n_columns * (int64_t)sizeof *left, err);
    if (!left) return LNT_NOMEM;
    for (int64_t c = 0; c < batch->n_columns; c++)
        LNT_TRY(lnt__gather_vec(&batch->columns[c], own->sel, n, &own->gathered, &left[c], err));
    LNT_TRY(put_columns(pass, left, batch->n_columns, n, err));
    lnt_batch joined = {.n_rows = n,
                        .first_row = -1,
                        .n_sel = n,
                        .columns = own->vectors,
                        .n_columns = batch->n_columns + pass->stream->build->plan->n_columns};
    return pass->emit(pass->context, &joined, err);
}

static lnt_status add_pair(lnt_probe_pass *pass, const lnt_batch *batch, int64_t left, int64_t right, lnt_error *err) {
    pass->own->sel[pass->n] = (uint32_t)left;
    pass->own->right[pass->n++] = right;
    return pass->n == LNT_BATCH_ROWS ? flush(pass, batch, err) : LNT_OK;
}

/// Any number of matches per row.
static lnt_status join_many(lnt_probe_pass *pass, const lnt_batch *batch, lnt_error *err) {
    const lnt_join_build *build = pass->stream->build;
    const int64_t *starts = lnt__room_data(&build->starts), *rows = lnt__room_data(&build->rows);
    bool inner = build->plan->join == LNT_JOIN_INNER;
    for (int64_t k = 0; k < batch->n_sel; k++) {
        int64_t row = lnt__row(batch->sel, k);
        uint32_t key = pass->own->found[k];
        if (key == LNT_NONE && !inner) LNT_TRY(add_pair(pass, batch, row, -1, err));
        if (key == LNT_NONE) continue;
        for (int64_t i = starts[key]; i < starts[key + 1]; i++) {
            mark_matched(build, rows[i]);
            LNT_TRY(add_pair(pass, batch, row, rows[i], err));
        }
    }
    return flush(pass, batch, err);
}

static lnt_status probe_batch(void *context, const lnt_batch *batch, lnt_error *err) {
    lnt_probe_pass *pass = context;
    if (batch->n_sel == 0) return LNT_OK;
    LNT_TRY(look_up(pass, batch, err));
    lnt_join_kind kind = pass->stream->build->plan->join;
    if (kind == LNT_JOIN_SEMI || kind == LNT_JOIN_ANTI) return narrow(pass, batch, kind == LNT_JOIN_SEMI, err);
    return pass->stream->build->unique ? join_unique(pass, batch, err) : join_many(pass, batch, err);
}

static lnt_status probe_read(lnt_stream *stream, int worker, int64_t morsel, lnt_emit_fn emit, void *context,
                             lnt_error *err) {
    lnt_probe_stream *self = (lnt_probe_stream *)stream;
    lnt_probe_pass pass = {self, &self->own[worker], emit, context, 0};
    return stream->input->class_->read(stream->input, worker, morsel, probe_batch, &pass, err);
}

static void probe_close(lnt_stream *stream, bool finished) {
    lnt_probe_stream *self = (lnt_probe_stream *)stream;
    for (int w = 0; self->own && w < stream->n_workers; w++) {
        lnt_probe_own *own = &self->own[w];
        lnt__key_scratch_clear(&own->keys);
        lnt_arena_clear(&own->scratch);
        lnt_arena_clear(&own->gathered);
        lnt_free(own->key_vectors);
        lnt_free(own->vectors);
        lnt_free(own->found);
        lnt_free(own->sel);
        lnt_free(own->right);
    }
    lnt_free(self->own);
    lnt__join_build_clear(&self->owned);
    lnt__stream_free(stream, finished);
}

static const lnt_stream_class probe_stream_class = {lnt__stream_claim_input, probe_read, lnt__stream_progress_input,
                                                    probe_close};

static lnt_status fill_own(lnt_probe_stream *self, const lnt_key_layout *layout, lnt_error *err) {
    const lnt_plan *plan = self->build->plan;
    int64_t n_columns = lnt_schema_n_columns(plan->inputs[0]->schema) + plan->n_columns;
    self->own = lnt_alloc_array(self->head.n_workers, sizeof *self->own, err);
    if (!self->own) return LNT_NOMEM;
    for (int w = 0; w < self->head.n_workers; w++) {
        lnt_probe_own *own = &self->own[w];
        lnt_arena_init(&own->scratch, lnt_engine_budget(self->head.engine), "join");
        lnt_arena_init(&own->gathered, lnt_engine_budget(self->head.engine), "join");
        LNT_TRY(lnt__key_scratch_init(&own->keys, layout, err));
        own->key_vectors = lnt_alloc_array(plan->n_keys, sizeof *own->key_vectors, err);
        own->vectors = lnt_alloc_array(n_columns, sizeof *own->vectors, err);
        own->found = lnt_alloc_array(LNT_BATCH_ROWS, sizeof *own->found, err);
        own->sel = lnt_alloc_array(LNT_BATCH_ROWS, sizeof *own->sel, err);
        own->right = lnt_alloc_array(LNT_BATCH_ROWS, sizeof *own->right, err);
        if (!own->key_vectors || !own->vectors || !own->found || !own->sel || !own->right) return LNT_NOMEM;
    }
    return LNT_OK;
}

lnt_status lnt__join_probe(lnt_join_build *build, bool own, lnt_stream *left, lnt_stream **out, lnt_error *err) {
    lnt_stream *stream = NULL;
    LNT_TRY(lnt__stream_new(&probe_stream_class, sizeof(lnt_probe_stream), build->engine, build->plan->schema, left,
                            &stream, err));
    lnt_probe_stream *self = (lnt_probe_stream *)stream;
    self->build = build;
    lnt_status status = fill_own(self, &build->layout, err);
    if (status != LNT_OK) {
        lnt__stream_close(stream, false);
        return status;
    }
    if (own) {
        self->owned = *build;
        self->owned.keys.layout = &self->owned.layout;
        self->build = &self->owned;
        *build = (lnt_join_build){0};
    }
    *out = stream;
    return LNT_OK;
}
