/// @file join_probe.c
/// The left side of a join on equal keys: each batch's keys are looked up, and its rows go on with their matches.
#include "exec/join/join.h"
#include "exec/join/join_output.h"

/// One worker's memory.
typedef struct lnt_probe_own {
    lnt_join_lookup lookup;
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
    lnt_join_lookup *lookup = &pass->own->lookup;
    const lnt_plan *plan = pass->build->plan;
    lnt_arena_reset(&lookup->scratch);
    for (int64_t k = 0; k < plan->n_keys; k++) lookup->vectors[k] = batch->columns[plan->keys[k]];
    return lnt__join_look_up(lookup, pass->build, batch->sel, batch->n_sel, batch->n_rows, err);
}

/// The first match of each row, which is the only one where the build is unique.
static lnt_status join_first(lnt_probe_pass *pass, const lnt_batch *batch, lnt_error *err) {
    lnt_probe_own *own = pass->own;
    const lnt_join_build *build = pass->build;
    for (int64_t k = 0; k < batch->n_sel; k++) {
        int64_t match = -1, end;
        if (own->lookup.found[k] != LNT_NONE) {
            lnt__join_rows_of(build, own->lookup.found[k], &match, &end);
            match = lnt__join_row(build, match);
            lnt__join_mark(build, match);
        }
        own->output.rows[lnt__row(batch->sel, k)] = match;
    }
    return lnt__join_emit(&own->output, batch, err);
}

/// Any number of matches per row.
static lnt_status join_many(lnt_probe_pass *pass, const lnt_batch *batch, lnt_error *err) {
    const lnt_join_build *build = pass->build;
    lnt_join_output *output = &pass->own->output;
    bool inner = build->plan->join == LNT_JOIN_INNER;
    for (int64_t k = 0; k < batch->n_sel; k++) {
        int64_t row = lnt__row(batch->sel, k);
        uint32_t key = pass->own->lookup.found[k];
        int64_t start, end;
        if (key == LNT_NONE && !inner) LNT_TRY(lnt__join_pair(output, batch, row, -1, err));
        if (key == LNT_NONE) continue;
        lnt__join_rows_of(build, key, &start, &end);
        for (int64_t i = start; i < end; i++) {
            int64_t match = lnt__join_row(build, i);
            lnt__join_mark(build, match);
            LNT_TRY(lnt__join_pair(output, batch, row, match, err));
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
        lnt__join_lookup_clear(&own->lookup);
        lnt__join_output_clear(&own->output);
    }
    lnt_free(self->own);
    lnt__join_build_clear(&self->owned);
    lnt__stream_free(stream, finished);
}

static lnt_status probe_gather(lnt_stream *stream, lnt_table **out, lnt_error *err) {
    return lnt__join_table(((lnt_probe_stream *)stream)->build, stream->input->table, out, err);
}

static const lnt_stream_class probe_stream_class = {lnt__stream_claim_input, probe_read, lnt__stream_progress_input,
                                                    probe_close};

static lnt_status fill_own(lnt_probe_stream *self, lnt_error *err) {
    const lnt_plan *plan = self->build->plan;
    self->own = lnt_alloc_array(self->head.n_workers, sizeof *self->own, err);
    if (!self->own) return LNT_NOMEM;
    for (int w = 0; w < self->head.n_workers; w++) {
        lnt_probe_own *own = &self->own[w];
        LNT_TRY(lnt__join_lookup_init(&own->lookup, self->build, err));
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
    if (left->table) stream->gather = probe_gather;
    lnt_status status = fill_own(self, err);
    if (status != LNT_OK) {
        lnt__stream_close(stream, false);
        return status;
    }
    if (own) {
        self->owned = *build;
        if (self->owned.keys.layout) self->owned.keys.layout = &self->owned.layout;
        self->build = &self->owned;
        *build = (lnt_join_build){0};
    }
    *out = stream;
    return LNT_OK;
}
