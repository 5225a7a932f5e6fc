/// @file groups_stream.c
/// Reads an aggregation's groups out as a stream, so that what follows runs on all workers and nothing is copied first.
#include <string.h>

#include "column/value_text.h"
#include "exec/aggregate/aggregate.h"

typedef struct lnt_groups_own {
    lnt_vec *vectors;
    lnt_arena scratch;
} lnt_groups_own;

typedef struct lnt_groups_stream {
    lnt_stream head;
    const lnt_plan *plan; ///< borrowed
    lnt_agg_result result;
    _Atomic int64_t next;
    lnt_groups_own *own; ///< by worker
} lnt_groups_stream;

void lnt__agg_result_clear(lnt_agg_result *result) {
    for (int64_t i = 0; i < result->n_tables; i++) lnt__agg_table_free(result->tables[i]);
    lnt_free(result->tables);
    lnt__room_clear(&result->order);
    if (result->layout) lnt__key_layout_clear(result->layout);
    lnt_free(result->layout);
    *result = (lnt_agg_result){0};
}

static lnt_status groups_claim(lnt_stream *stream, int worker, int64_t *morsel, lnt_error *err) {
    (void)worker, (void)err;
    lnt_groups_stream *self = (lnt_groups_stream *)stream;
    int64_t claimed = atomic_fetch_add(&self->next, 1);
    *morsel = claimed < stream->n_morsels ? claimed : -1;
    return LNT_OK;
}

/// Adds "name = value" for each key of a group.
static lnt_status describe_group(const lnt_plan *plan, const lnt_agg_table *table, int64_t group,
                                 lnt_arena *scratch, lnt_text *text, lnt_error *err) {
    for (int64_t k = 0; k < plan->n_keys; k++) {
        lnt_vec vec;
        uint32_t only = (uint32_t)group;
        LNT_TRY(lnt__groups_key(&table->groups, k, &only, 0, 1, scratch, &vec, err));
        lnt_value value = lnt_vec_get(&vec, 0);
        char formatted[LNT_FORMAT_BYTES];
        lnt_text_addf(text, "%s%s = ", k ? ", " : " in the group ", lnt_schema_name(plan->schema, k));
        if (value.is_null) {
            lnt_text_add(text, "null", -1);
        } else if (value.type == LNT_STRING) {
            lnt_text_addf(text, "'%.*s'", (int)(value.as.s.size < 80 ? value.as.s.size : 80), value.as.s.data);
        } else {
            lnt_text_add(text, formatted, lnt_format_value(value, formatted));
        }
    }
    return LNT_OK;
}

/// The error of an aggregate that failed for a group.
static lnt_status result_error(const lnt_plan *plan, const lnt_agg_table *table, int64_t call, int64_t group,
                               lnt_arena *scratch, lnt_status status, lnt_error *err) {
    lnt_text text = {0};
    lnt_status described = describe_group(plan, table, group, scratch, &text, err);
    const lnt_agg_call *failed = &plan->calls[call];
    lnt_str argument = failed->args[0] ? lnt_bound_text(failed->args[0]) : (lnt_str){"", 0};
    if (described == LNT_OK)
        lnt_error_set(err, status, "%s(%.*s) doesn't fit in 64 bits%s", failed->function->name, (int)argument.size,
                      argument.data, text.data ? text.data : "");
    lnt_text_clear(&text);
    return described == LNT_OK ? status : described;
}

lnt_status lnt__groups_read(const lnt_plan *plan, const lnt_agg_table *table, const uint32_t *list, int64_t start,
                            int64_t n, lnt_arena *scratch, lnt_vec *vectors, lnt_error *err) {
    int64_t n_keys = plan->n_keys;
    for (int64_t k = 0; k < n_keys; k++)
        LNT_TRY(lnt__groups_key(&table->groups, k, list, start, n, scratch, &vectors[k], err));
    for (int64_t i = 0; i < table->n_states; i++) {
        int64_t bad = -1;
        lnt_status status =
            table->states[i].class_->result(&table->states[i], list, start, n, scratch, &vectors[n_keys + i], &bad, err);
        if (status != LNT_OK && bad >= 0) return result_error(plan, table, i, bad, scratch, status, err);
        LNT_TRY(status);
    }
    return LNT_OK;
}

static lnt_status read_share(void *context, const lnt_agg_table *table, const uint32_t *list, int64_t start, int64_t n,
                             lnt_arena *scratch, lnt_vec *vectors, lnt_error *err) {
    return lnt__groups_read(context, table, list, start, n, scratch, vectors, err);
}

static lnt_status groups_read(lnt_stream *stream, int worker, int64_t morsel, lnt_emit_fn emit, void *context,
                              lnt_error *err) {
    lnt_groups_stream *self = (lnt_groups_stream *)stream;
    lnt_groups_own *own = &self->own[worker];
    int64_t start = morsel * LNT_GROUPS_MORSEL_ROWS, end = start + LNT_GROUPS_MORSEL_ROWS;
    if (end > self->result.n_rows) end = self->result.n_rows;
    int64_t n_columns = lnt_schema_n_columns(stream->schema);
    for (int64_t n; start < end; start += n) {
        n = end - start < LNT_BATCH_ROWS ? end - start : LNT_BATCH_ROWS;
        lnt_arena_reset(&own->scratch);
        if (self->result.order.buffer)
            LNT_TRY(lnt__groups_mix(&self->result, start, n, read_share, (void *)(uintptr_t)self->plan, n_columns,
                                    &own->scratch, own->vectors, err));
        else
            LNT_TRY(lnt__groups_read(self->plan, self->result.tables[0], NULL, start, n, &own->scratch, own->vectors, err));
        lnt_batch batch = {
            .n_rows = n, .first_row = start, .n_sel = n, .n_columns = n_columns, .columns = own->vectors};
        LNT_TRY(emit(context, &batch, err));
    }
    return LNT_OK;
}

static void groups_progress(const lnt_stream *stream, int64_t *done, int64_t *total) {
    const lnt_groups_stream *self = (const lnt_groups_stream *)stream;
    int64_t claimed = atomic_load(&((lnt_groups_stream *)(uintptr_t)self)->next);
    *total = self->result.n_rows;
    *done = claimed * LNT_GROUPS_MORSEL_ROWS < *total ? claimed * LNT_GROUPS_MORSEL_ROWS : *total;
}

static void groups_close(lnt_stream *stream, bool finished) {
    lnt_groups_stream *self = (lnt_groups_stream *)stream;
    for (int w = 0; self->own && w < stream->n_workers; w++) {
        lnt_free(self->own[w].vectors);
        lnt_arena_clear(&self->own[w].scratch);
    }
    lnt_free(self->own);
    lnt__agg_result_clear(&self->result);
    lnt__stream_free(stream, finished);
}

static const lnt_stream_class groups_stream_class = {groups_claim, groups_read, groups_progress, groups_close};

static lnt_status fill_own(lnt_groups_stream *self, lnt_error *err) {
    self->own = lnt_alloc_array(self->head.n_workers, sizeof *self->own, err);
    if (!self->own) return LNT_NOMEM;
    for (int w = 0; w < self->head.n_workers; w++) {
        lnt_groups_own *own = &self->own[w];
        lnt_arena_init(&own->scratch, lnt_engine_budget(self->head.engine), lnt__grouping_verb(self->plan));
        own->vectors = lnt_alloc_array(lnt_schema_n_columns(self->head.schema), sizeof *own->vectors, err);
        if (!own->vectors) return LNT_NOMEM;
    }
    return LNT_OK;
}

lnt_status lnt__open_groups(lnt_engine *engine, const lnt_plan *plan, lnt_agg_result *result, lnt_stream **out,
                            lnt_error *err) {
    lnt_stream *stream = NULL;
    lnt_status status =
        lnt__stream_new(&groups_stream_class, sizeof(lnt_groups_stream), engine, plan->schema, NULL, &stream, err);
    if (status != LNT_OK) {
        lnt__agg_result_clear(result);
        return status;
    }
    lnt_groups_stream *self = (lnt_groups_stream *)stream;
    self->plan = plan;
    self->result = *result;
    *result = (lnt_agg_result){0};
    stream->n_morsels = (self->result.n_rows + LNT_GROUPS_MORSEL_ROWS - 1) / LNT_GROUPS_MORSEL_ROWS;
    status = fill_own(self, err);
    if (status != LNT_OK) {
        lnt__stream_close(stream, false);
        return status;
    }
    *out = stream;
    return LNT_OK;
}
