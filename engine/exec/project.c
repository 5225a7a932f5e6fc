/// @file project.c
/// select and derive: plain columns pass as they are, the others are computed batch by batch.
#include "exec/gather.h"
#include "exec/stream.h"

/// One worker's output vectors, and memory for converted ones.
typedef struct lnt_project_own {
    lnt_vec *vectors;
    lnt_arena scratch;
} lnt_project_own;

typedef struct lnt_project_stream {
    lnt_stream head;
    const lnt_plan *plan; ///< borrowed
    int64_t *plain;       ///< by column: the input's column, or -1
    lnt_bound **computed; ///< by column: the expression, or NULL (borrowed from the plan)
    lnt_evaluators evaluators;
    lnt_project_own *own; ///< by worker
} lnt_project_stream;

typedef struct lnt_project_pass {
    lnt_project_stream *stream;
    int worker;
    lnt_emit_fn emit;
    void *context;
} lnt_project_pass;

/// A value of any type, and its validity: null.
static const uint64_t null_value[2];

static lnt_status convert(const lnt_batch *batch, lnt_type type, lnt_arena *scratch, lnt_vec *vec, lnt_error *err) {
    if (vec->type == type) return LNT_OK;
    if (vec->type == LNT_INT && type == LNT_FLOAT) return lnt__vec_to_float(vec, batch->n_rows, scratch, err);
    if (vec->type != LNT_NULL) return lnt_error_set(err, LNT_INTERNAL, "a projection changed its type");
    *vec = (lnt_vec){.type = type, .form = LNT_FORM_CONSTANT, .data = null_value, .valid = null_value};
    return LNT_OK;
}

static lnt_status project_batch(void *context, const lnt_batch *batch, lnt_error *err) {
    lnt_project_pass *pass = context;
    lnt_project_stream *self = pass->stream;
    if (batch->n_sel == 0) return LNT_OK;
    lnt_project_own *own = &self->own[pass->worker];
    lnt_arena_reset(&own->scratch);
    lnt_evaluator **evaluators = NULL;
    LNT_TRY(lnt__evaluators_of(&self->evaluators, pass->worker, &evaluators, err));
    for (int64_t i = 0; i < self->plan->n_exprs; i++) {
        if (self->plain[i] >= 0) {
            own->vectors[i] = batch->columns[self->plain[i]];
        } else {
            LNT_TRY(lnt_evaluate(evaluators[i], batch, &own->vectors[i], err));
        }
        LNT_TRY(convert(batch, lnt_schema_type(self->head.schema, i), &own->scratch, &own->vectors[i], err));
    }
    lnt_batch projected = *batch;
    projected.columns = own->vectors;
    projected.n_columns = self->plan->n_exprs;
    return pass->emit(pass->context, &projected, err);
}

static lnt_status project_read(lnt_stream *stream, int worker, int64_t morsel, lnt_emit_fn emit, void *context,
                               lnt_error *err) {
    lnt_project_pass pass = {(lnt_project_stream *)stream, worker, emit, context};
    return stream->input->class_->read(stream->input, worker, morsel, project_batch, &pass, err);
}

static void project_close(lnt_stream *stream, bool finished) {
    lnt_project_stream *self = (lnt_project_stream *)stream;
    lnt__evaluators_clear(&self->evaluators);
    for (int w = 0; self->own && w < stream->n_workers; w++) {
        lnt_free(self->own[w].vectors);
        lnt_arena_clear(&self->own[w].scratch);
    }
    lnt_free(self->own);
    lnt_free(self->plain);
    lnt_free(self->computed);
    lnt__stream_free(stream, finished);
}

static const lnt_stream_class project_stream_class = {lnt__stream_claim_input, project_read, lnt__stream_progress_input,
                                                      project_close};

static lnt_status fill_workers(lnt_project_stream *self, lnt_error *err) {
    int64_t n = self->plan->n_exprs;
    self->own = lnt_alloc_array(self->head.n_workers, sizeof *self->own, err);
    if (!self->own) return LNT_NOMEM;
    for (int w = 0; w < self->head.n_workers; w++) {
        lnt_arena_init(&self->own[w].scratch, lnt_engine_budget(self->head.engine), "select");
        self->own[w].vectors = lnt_alloc_array(n, sizeof(lnt_vec), err);
        if (!self->own[w].vectors) return LNT_NOMEM;
    }
    return LNT_OK;
}

/// If the input is a table in memory and nothing is computed, the output is one as well.
static lnt_status share_table(lnt_project_stream *self, lnt_error *err) {
    const lnt_table *table = self->head.input->table;
    int64_t n = self->plan->n_exprs;
    for (int64_t i = 0; i < n; i++)
        if (self->plain[i] < 0 || lnt_bound_type(self->plan->exprs[i]) != lnt_schema_type(self->head.schema, i))
            return LNT_OK;
    lnt_column **columns = lnt_alloc_array(n, sizeof *columns, err);
    if (!columns) return LNT_NOMEM;
    for (int64_t i = 0; i < n; i++) columns[i] = lnt_column_ref(lnt_table_column(table, self->plain[i]));
    lnt_status status = lnt__table_of(self->head.schema, columns, lnt_table_n_rows(table), &self->head.table, err);
    lnt_free(columns);
    return status;
}

static lnt_status fill_project(lnt_project_stream *self, const lnt_plan *plan, lnt_error *err) {
    int64_t n = plan->n_exprs;
    self->plan = plan;
    self->plain = lnt_alloc_array(n, sizeof *self->plain, err);
    self->computed = lnt_alloc_array(n, sizeof *self->computed, err);
    if (!self->plain || !self->computed) return LNT_NOMEM;
    for (int64_t i = 0; i < n; i++) {
        self->plain[i] = lnt__bound_as_column(plan->exprs[i]);
        self->computed[i] = self->plain[i] < 0 ? plan->exprs[i] : NULL;
    }
    LNT_TRY(lnt__evaluators_init(&self->evaluators, self->head.engine, self->computed, n, err));
    LNT_TRY(fill_workers(self, err));
    return self->head.input->table ? share_table(self, err) : LNT_OK;
}

lnt_status lnt__open_project(const lnt_plan *plan, lnt_stream *input, lnt_stream **out, lnt_error *err) {
    lnt_stream *stream = NULL;
    LNT_TRY(lnt__stream_new(&project_stream_class, sizeof(lnt_project_stream), input->engine, plan->schema, input,
                            &stream, err));
    lnt_status status = fill_project((lnt_project_stream *)stream, plan, err);
    if (status != LNT_OK) {
        lnt__stream_close(stream, false);
        return status;
    }
    *out = stream;
    return LNT_OK;
}
