/// @file agg_state.c
/// Making and keeping aggregate states, whatever their class.
#include "exec/aggregate/agg_state.h"

#include <string.h>

static const char who[] = "group_by";

const lnt_agg_class *lnt__agg_class(lnt_aggregate_kind kind, lnt_type type) {
    switch (kind) {
    case LNT_AGG_COUNT_ROWS:
    case LNT_AGG_COUNT:
        return lnt__agg_class_count(kind);
    case LNT_AGG_COUNT_DISTINCT:
        return lnt__agg_class_distinct();
    case LNT_AGG_SUM:
        return lnt__agg_class_sum(type);
    case LNT_AGG_MEAN:
        return lnt__agg_class_mean(type);
    case LNT_AGG_MEDIAN:
    case LNT_AGG_QUANTILE:
        return lnt__agg_class_median(type);
    case LNT_AGG_COUNT_DISTINCT_APPROX:
        return lnt__agg_class_approx();
    case LNT_AGG_VAR:
    case LNT_AGG_STDDEV:
    case LNT_AGG_CORR:
        return lnt__agg_class_moment(kind, type);
    case LNT_AGG_MODE:
    case LNT_AGG_ENTROPY:
        return lnt__agg_class_frequency(kind);
    case LNT_AGG_ANY:
    case LNT_AGG_ALL:
        return lnt__agg_class_logic(type);
    case LNT_AGG_LIST:
        return lnt__agg_class_list(type);
    case LNT_AGG_MIN:
    case LNT_AGG_MAX:
    case LNT_AGG_FIRST:
    case LNT_AGG_LAST:
        return lnt__agg_class_pick(kind, type);
    }
    return NULL;
}

static int distinct_width(lnt_aggregate_kind kind, lnt_type type) {
    if (kind == LNT_AGG_COUNT_DISTINCT_APPROX) return 1;
    return type == LNT_STRING || type == LNT_BOOL ? 1 : type == LNT_IP ? 3 : 2;
}

lnt_status lnt__agg_state_init(lnt_agg_state *state, const lnt_agg_call *call, lnt_budget *budget, lnt_error *err) {
    lnt_type type = call->args[0] ? lnt_bound_type(call->args[0]) : LNT_NULL;
    *state = (lnt_agg_state){.call = call, .type = type, .budget = budget};
    state->class_ = lnt__agg_class(call->function->kind, type);
    lnt__texts_init(&state->texts, budget, who);
    lnt__tuples_init(&state->distinct, distinct_width(call->function->kind, type), budget, who);
    lnt__interner_init(&state->strings, budget, who);
    state->strings.may_adopt = true;
    if (state->class_) return LNT_OK;
    return lnt_error_set(err, LNT_INTERNAL, "no way to compute %s of %s", call->function->name, lnt_type_name(type));
}

void lnt__agg_state_clear(lnt_agg_state *state) {
    lnt__room_clear(&state->cells);
    lnt__texts_clear(&state->texts);
    lnt__tuples_clear(&state->distinct);
    lnt__interner_clear(&state->strings);
    lnt__codes_clear(&state->codes);
    lnt__room_clear(&state->values);
    lnt__room_clear(&state->owners);
    *state = (lnt_agg_state){0};
}

void lnt__agg_state_reset(lnt_agg_state *state) {
    if (state->n > 0) memset(lnt__agg_cells(state), 0, (size_t)(state->n * state->class_->cell_bytes));
    state->n = 0;
    state->batch = 0;
    state->n_values = 0;
    lnt__texts_reset(&state->texts);
    lnt__tuples_reset(&state->distinct);
    lnt__interner_reset(&state->strings);
    lnt__codes_reset(&state->codes);
}

lnt_status lnt__agg_state_reserve(lnt_agg_state *state, int64_t n, lnt_error *err) {
    LNT_TRY(lnt__room_grow(&state->cells, state->budget, n, state->class_->cell_bytes, who, err));
    if (n > state->n) state->n = n;
    return LNT_OK;
}

lnt_status lnt__agg_starts(const lnt_agg_state *state, const uint32_t *owners, int64_t n, lnt_room *starts,
                           const char *name, lnt_error *err) {
    LNT_TRY(lnt__room_grow(starts, state->budget, state->n + 2, sizeof(int64_t), name, err));
    int64_t *at = (int64_t *)lnt__room_data(starts) + 1;
    for (int64_t i = 0; i < n; i++) {
        LNT_TRY(lnt__agg_check(state, i, err));
        if (owners[i] + 1 < state->n) at[owners[i] + 1]++;
    }
    for (int64_t g = 1; g < state->n; g++) at[g] += at[g - 1];
    return LNT_OK;
}

lnt_status lnt__agg_result(lnt_type type, int64_t n, int64_t item_bytes, lnt_arena *scratch, void **data,
                           uint64_t **valid, lnt_vec *out, lnt_error *err) {
    *data = lnt_arena_alloc(scratch, n * item_bytes, err);
    if (!*data) return LNT_NOMEM;
    *out = (lnt_vec){.type = type, .form = LNT_FORM_FLAT, .data = *data};
    if (!valid) return LNT_OK;
    int64_t bytes = lnt_bitmap_words(n) * (int64_t)sizeof **valid;
    *valid = lnt_arena_alloc(scratch, bytes, err);
    if (!*valid) return LNT_NOMEM;
    memset(*valid, 0xff, (size_t)bytes);
    out->valid = *valid;
    return LNT_OK;
}
