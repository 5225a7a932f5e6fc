/// @file join_probe.c
/// The left side of a join on equal keys: each batch's keys are looked up, and its rows go on with their matches.
#include "exec/join/join.h"
#include "exec/join/join_output.h"

/// One worker's memory.
typedef struct lnt_probe_own {
    lnt_key_scratch keys;
    lnt_arena scratch; ///< key vectors, while a batch is looked up
    lnt_vec *key_vectors;
    uint32_t *found; ///< by selected row: key number
    lnt_join_output output;
} lnt_probe_own;

typedef struct lnt_probe_stream {
    lnt_stream head;
    lnt_join_build *build;
    lnt_join_build owned; ///< what `build` points to if the stream owns it
    lnt_probe_own *own;   ///< by worker
} lnt_probe_stream;

/// A batch on its way through one worker.
typedef struct lnt_probe_pass {
    const lnt_join_build *build;
    lnt_probe_own *own;
} lnt_probe_pass;

/// Key numbers of the batch's selected rows.
static lnt_status look_up(lnt_probe_pass *pass, const lnt_batch *batch, lnt_error *err) {
    lnt_probe_own *own = pass->own;
    const lnt_join_build *build = pass->build;
    lnt_arena_reset(&own->scratch);
    for (int64_t k = 0; k < build->plan->n_keys; k++) {
        own->key_vectors[k] = batch->columns[build->plan->keys[k]];
        LNT_TRY(lnt__join_key(build->plan, k, &own->key_vectors[k], batch->n_rows, &own->scratch, err));
    }
    return lnt__groups_find(&build->keys, &own->keys, own->key_vectors, batch->sel, batch->n_sel, own->found, err);
}

static void mark_matched(const lnt_join_build *build, int64_t right_row) {
    if (build->matched) atomic_store_explicit(&build->matched[right_row], 1, memory_order_relaxed);
}

/// The first match of each row, which is the only one where the build is unique.
static lnt_status join_first(lnt_probe_pass *pass, const lnt_batch *batch, lnt_error *err) {
    lnt_probe_own *own = pass->own;
    const lnt_join_build *build = pass->build;
    const int64_t *starts = lnt__room_data(&build->starts), *rows = lnt__room_data(&build->rows);
    for (int64_t k = 0; k < batch->n_sel; k++) {
        int64_t match = own->found[k] == LNT_NONE ? -1 : rows[starts[own->found[k]]];
        if (match >= 0) mark_matched(build, match);
        own->output.rows[lnt__row(batch->sel, k)] = match;
    }
    return lnt__join_emit(&own->output, batch, err);
}

/// Any number of matches per row.
static lnt_status join_many(lnt_probe_pass *pass, const lnt_batch *batch, lnt_error *err) {
    const lnt_join_build *build = pass->build;
    lnt_join_output *output = &pass->own->output;
    const int64_t *starts = lnt__room_data(&build->starts), *rows = lnt__room_data(&build->rows);
    bool inner = build->plan->join == LNT_JOIN_INNER;
    for (int64_t k = 0; k < batch->n_sel; k++) {
        int64_t row = lnt__row(batch->sel, k);
        uint32_t key = pass->own->found[k];
        if (key == LNT_NONE && !inner) LNT_TRY(lnt__join_pair(output, batch, row, -1, err));
        if (key == LNT_NONE) continue;
        for (int64_t i = starts[key]; i < starts[key + 1]; i++) {
            mark_matched(build, rows[i]);
            LNT_TRY(lnt__join_pair(output, batch, row, rows[i], err));
        }
    }
    return lnt__join_flush(output, batch, err);
}

static lnt_status probe_batch(void *context, const lnt_batch *batch, lnt_error *err) {
    lnt_probe_pass *pass = context;
    if (batch->n_sel == 0) return LNT_OK;
    LNT_TRY(look_up(pass, batch, err));
    lnt_join_kind kind = pass->build->plan->join;
    bool first = pass->build->unique || kind == LNT_JOIN_SEMI || kind == LNT_JOIN_ANTI;
    return first ? join_first(pass, batch, err) : join_many(pass, batch, err);
}

static lnt_status probe_read(lnt_stream *stream, int worker, int64_t morsel, lnt_emit_fn emit, void *context,
                             lnt_error *err) {
    lnt_probe_stream *self = (lnt_probe_stream *)stream;
    lnt_probe_pass pass = {self->build, &self->own[worker]};
    pass.own->output.emit = emit;
    pass.own->output.context = context;
    pass.own->output.n = 0;
    return stream->input->class_->read(stream->input, worker, morsel, probe_batch, &pass, err);
}

static void probe_close(lnt_stream *stream, bool finished) {
    lnt_probe_stream *self = (lnt_probe_stream *)stream;
    for (int w = 0; self->own && w < stream->n_workers; w++) {
        lnt_probe_own *own = &self->own[w];
        lnt__key_scratch_clear(&own->keys);
        lnt_arena_clear(&own->scratch);
        lnt_free(own->key_vectors);
        lnt_free(own->found);
        lnt__join_output_clear(&own->output);
    }
    lnt_free(self->own);
    lnt__join_build_clear(&self->owned);
    lnt__stream_free(stream, finished);
}

static const lnt_stream_class probe_stream_class = {lnt__stream_claim_input, probe_read, lnt__stream_progress_input,
                                                    probe_close};

static lnt_status fill_own(lnt_probe_stream *self, const lnt_key_layout *layout, lnt_error *err) {
    const lnt_plan *plan = self->build->plan;
    self->own = lnt_alloc_array(self->head.n_workers, sizeof *self->own, err);
    if (!self->own) return LNT_NOMEM;
    for (int w = 0; w < self->head.n_workers; w++) {
        lnt_probe_own *own = &self->own[w];
        lnt_arena_init(&own->scratch, lnt_engine_budget(self->head.engine), "join");
        LNT_TRY(lnt__key_scratch_init(&own->keys, layout, err));
        own->key_vectors = lnt_alloc_array(plan->n_keys, sizeof *own->key_vectors, err);
        own->found = lnt_alloc_array(LNT_BATCH_ROWS, sizeof *own->found, err);
        if (!own->key_vectors || !own->found) return LNT_NOMEM;
        LNT_TRY(lnt__join_output_init(&own->output, self->head.engine, plan, self->build->table, "join", err));
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
