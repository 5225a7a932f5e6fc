/// @file agg_pick.c
/// min, max, first and last: one of the values is the result, whatever its type.
///
/// min and max skip NaN unless there is nothing else; among equal values the first stays. Strings are copied when they
/// become the pick; `last` of a batch is found from its end, so that it copies once per group and batch.
#include <string.h>

#include "exec/aggregate/agg_state.h"

/// A picked value; zero has seen nothing.
typedef struct lnt_pick {
    union {
        int64_t i; ///< bool, int, time
        double f;
        lnt_ip ip;
        lnt_str s;
    } as;
    uint32_t seen;  ///< 0 or 1
    uint32_t batch; ///< last of strings: the batch that it is from
} lnt_pick;

static inline bool is_min(const lnt_agg_state *state) {
    return state->call->function->kind == LNT_AGG_MIN;
}

/// Whether the float `a` goes before `b` as a minimum (or maximum).
static inline bool float_beats(double a, double b, bool min) {
    if (a != a) return false;
    if (b != b) return true;
    return min ? a < b : a > b;
}

/// A loop over the input's values: where BEATS, the value takes the place of the cell's.
#define PICK_LOOP(TYPE, FIELD, BEATS)                                                                                  \
    LNT_AGG_EACH(TYPE, if (cell->seen && !(BEATS)) continue; cell->as.FIELD = value; cell->seen = 1)

static lnt_status extreme_fixed(lnt_agg_state *state, const lnt_agg_input *input, lnt_error *err) {
    (void)err;
    lnt_pick *cells = lnt__agg_cells(state);
    bool min = is_min(state);
    switch (state->type) {
    case LNT_BOOL:
        PICK_LOOP(uint8_t, i, min ? value < cell->as.i : value > cell->as.i);
        break;
    case LNT_FLOAT:
        PICK_LOOP(double, f, float_beats(value, cell->as.f, min));
        break;
    case LNT_IP:
        PICK_LOOP(lnt_ip, ip, lnt_ip_compare(value, cell->as.ip) == (min ? -1 : 1));
        break;
    default:
        PICK_LOOP(int64_t, i, min ? value < cell->as.i : value > cell->as.i);
        break;
    }
    return LNT_OK;
}

static lnt_status end_fixed(lnt_agg_state *state, const lnt_agg_input *input, lnt_error *err) {
    (void)err;
    lnt_pick *cells = lnt__agg_cells(state);
    bool last = state->call->function->kind == LNT_AGG_LAST;
    switch (state->type) {
    case LNT_BOOL:
        PICK_LOOP(uint8_t, i, last);
        break;
    case LNT_FLOAT:
        PICK_LOOP(double, f, last);
        break;
    case LNT_IP:
        PICK_LOOP(lnt_ip, ip, last);
        break;
    default:
        PICK_LOOP(int64_t, i, last);
        break;
    }
    return LNT_OK;
}

static lnt_status keep_string(lnt_agg_state *state, lnt_pick *cell, lnt_str value, lnt_error *err) {
    LNT_TRY(lnt__texts_copy(&state->texts, value, &cell->as.s, err));
    cell->seen = 1;
    return LNT_OK;
}

static lnt_status extreme_string(lnt_agg_state *state, const lnt_agg_input *input, lnt_error *err) {
    lnt_pick *cells = lnt__agg_cells(state);
    int beats = is_min(state) ? -1 : 1;
    for (int64_t k = 0; k < input->n; k++) {
        int64_t row = lnt__agg_row(input, k);
        if (!lnt_vec_is_valid(input->arg, row)) continue;
        lnt_pick *cell = &cells[lnt__agg_group(input, row)];
        lnt_str value = lnt_vec_str(input->arg, row);
        if (cell->seen && lnt_str_compare(value, cell->as.s) != beats) continue;
        LNT_TRY(keep_string(state, cell, value, err));
    }
    return LNT_OK;
}

static lnt_status first_string(lnt_agg_state *state, const lnt_agg_input *input, lnt_error *err) {
    lnt_pick *cells = lnt__agg_cells(state);
    for (int64_t k = 0; k < input->n; k++) {
        int64_t row = lnt__agg_row(input, k);
        lnt_pick *cell = &cells[lnt__agg_group(input, row)];
        if (cell->seen || !lnt_vec_is_valid(input->arg, row)) continue;
        LNT_TRY(keep_string(state, cell, lnt_vec_str(input->arg, row), err));
    }
    return LNT_OK;
}

static lnt_status last_string(lnt_agg_state *state, const lnt_agg_input *input, lnt_error *err) {
    lnt_pick *cells = lnt__agg_cells(state);
    uint32_t batch = ++state->batch;
    for (int64_t k = input->n - 1; k >= 0; k--) {
        int64_t row = lnt__agg_row(input, k);
        lnt_pick *cell = &cells[lnt__agg_group(input, row)];
        if (cell->batch == batch || !lnt_vec_is_valid(input->arg, row)) continue;
        LNT_TRY(keep_string(state, cell, lnt_vec_str(input->arg, row), err));
        cell->batch = batch;
    }
    return LNT_OK;
}

/// Whether `other`, from a later morsel, takes the place of `cell`.
static bool other_beats(const lnt_agg_state *state, const lnt_pick *other, const lnt_pick *cell) {
    lnt_aggregate_kind kind = state->call->function->kind;
    bool min = kind == LNT_AGG_MIN;
    if (!other->seen) return false;
    if (!cell->seen || kind == LNT_AGG_LAST) return true;
    if (kind == LNT_AGG_FIRST) return false;
    switch (state->type) {
    case LNT_FLOAT:
        return float_beats(other->as.f, cell->as.f, min);
    case LNT_IP:
        return lnt_ip_compare(other->as.ip, cell->as.ip) == (min ? -1 : 1);
    case LNT_STRING:
        return lnt_str_compare(other->as.s, cell->as.s) == (min ? -1 : 1);
    default:
        return min ? other->as.i < cell->as.i : other->as.i > cell->as.i;
    }
}

static lnt_status merge_picks(lnt_agg_state *state, lnt_agg_state *from, const lnt_agg_moves *moves, lnt_error *err) {
    lnt_pick *cells = lnt__agg_cells(state);
    const lnt_pick *others = lnt__agg_cells(from);
    for (int64_t i = 0; i < moves->n; i++) {
        int64_t group = lnt__moved_group(moves, i);
        lnt_pick *cell = &cells[lnt__moved_to(moves, group)];
        if (!other_beats(state, &others[group], cell)) continue;
        if (state->type == LNT_STRING && !state->borrows) {
            LNT_TRY(keep_string(state, cell, others[group].as.s, err));
        } else {
            *cell = others[group];
        }
    }
    return LNT_OK;
}

static void put_result(lnt_type type, const lnt_pick *cell, void *data, int64_t k) {
    switch (type) {
    case LNT_BOOL:
        ((uint8_t *)data)[k] = (uint8_t)cell->as.i;
        break;
    case LNT_FLOAT:
        ((double *)data)[k] = cell->as.f;
        break;
    case LNT_IP:
        ((lnt_ip *)data)[k] = cell->as.ip;
        break;
    case LNT_STRING:
        ((lnt_str *)data)[k] = cell->seen ? cell->as.s : (lnt_str){"", 0};
        break;
    default:
        ((int64_t *)data)[k] = cell->as.i;
        break;
    }
}

static lnt_status result_picks(const lnt_agg_state *state, const uint32_t *list, int64_t start, int64_t n,
                               lnt_arena *scratch, lnt_vec *out, int64_t *bad, lnt_error *err) {
    (void)bad;
    const lnt_pick *cells = lnt__agg_cells(state);
    void *data;
    uint64_t *valid;
    LNT_TRY(lnt__agg_result(state->type, n, sizeof(lnt_ip), scratch, &data, &valid, out, err));
    for (int64_t k = 0; k < n; k++) {
        const lnt_pick *cell = &cells[lnt__agg_listed(list, start, k)];
        put_result(state->type, cell, data, k);
        if (!cell->seen) lnt_bitmap_unset(valid, k);
    }
    return LNT_OK;
}

const lnt_agg_class *lnt__agg_class_pick(lnt_aggregate_kind kind, lnt_type type) {
    static const lnt_agg_class extremes = {sizeof(lnt_pick), extreme_fixed, merge_picks, NULL, result_picks};
    static const lnt_agg_class ends = {sizeof(lnt_pick), end_fixed, merge_picks, NULL, result_picks};
    static const lnt_agg_class extreme_strings = {sizeof(lnt_pick), extreme_string, merge_picks, NULL, result_picks};
    static const lnt_agg_class first_strings = {sizeof(lnt_pick), first_string, merge_picks, NULL, result_picks};
    static const lnt_agg_class last_strings = {sizeof(lnt_pick), last_string, merge_picks, NULL, result_picks};
    if (type == LNT_NULL) return NULL;
    bool extreme = kind == LNT_AGG_MIN || kind == LNT_AGG_MAX;
    if (type != LNT_STRING) return extreme ? &extremes : &ends;
    if (extreme) return &extreme_strings;
    return kind == LNT_AGG_FIRST ? &first_strings : &last_strings;
}
