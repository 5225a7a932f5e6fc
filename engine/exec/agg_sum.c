/// @file agg_sum.c
/// count, sum and mean: numbers that add up.
///
/// Integers are added in 128 bits, which no table can fill; whether the sum fits 64 is asked at the end, so that order
/// doesn't matter. Floats are added row by row within a morsel, and morsel by morsel in order.
#include "exec/agg_state.h"

__extension__ typedef __int128 lnt_int128;

// ---- count ----

static lnt_status count_rows(lnt_agg_state *state, const lnt_agg_input *input, lnt_error *err) {
    (void)err;
    int64_t *cells = lnt__agg_cells(state);
    if (!input->groups) {
        cells[0] += input->n;
    } else if (!input->sel) {
        for (int64_t k = 0; k < input->n; k++) cells[input->groups[k]]++;
    } else {
        for (int64_t k = 0; k < input->n; k++) cells[input->groups[input->sel[k]]]++;
    }
    return LNT_OK;
}

static lnt_status count_values(lnt_agg_state *state, const lnt_agg_input *input, lnt_error *err) {
    if (!input->arg->valid) return count_rows(state, input, err);
    int64_t *cells = lnt__agg_cells(state), mask = lnt__agg_mask(input);
    for (int64_t k = 0; k < input->n; k++) {
        int64_t row = lnt__agg_row(input, k);
        cells[lnt__agg_group(input, row)] += lnt_bitmap_get(input->arg->valid, row & mask);
    }
    return LNT_OK;
}

static lnt_status merge_counts(lnt_agg_state *state, lnt_agg_state *from, const lnt_agg_moves *moves, lnt_error *err) {
    (void)err;
    int64_t *cells = lnt__agg_cells(state);
    const int64_t *others = lnt__agg_cells(from);
    for (int64_t i = 0; i < moves->n; i++) {
        int64_t group = lnt__moved_group(moves, i);
        cells[moves->to[group]] += others[group];
    }
    return LNT_OK;
}

static lnt_status result_counts(const lnt_agg_state *state, const uint32_t *list, int64_t start, int64_t n,
                                lnt_arena *scratch, lnt_vec *out, int64_t *bad, lnt_error *err) {
    (void)bad;
    const int64_t *cells = lnt__agg_cells(state);
    if (!list) {
        *out = (lnt_vec){.type = LNT_INT, .form = LNT_FORM_FLAT, .data = cells + start};
        return LNT_OK;
    }
    void *data;
    LNT_TRY(lnt__agg_result(LNT_INT, n, sizeof(int64_t), scratch, &data, NULL, out, err));
    for (int64_t k = 0; k < n; k++) ((int64_t *)data)[k] = cells[list[k]];
    return LNT_OK;
}

const lnt_agg_class *lnt__agg_class_count(lnt_aggregate_kind kind) {
    static const lnt_agg_class rows = {sizeof(int64_t), count_rows, merge_counts, NULL, result_counts};
    static const lnt_agg_class values = {sizeof(int64_t), count_values, merge_counts, NULL, result_counts};
    return kind == LNT_AGG_COUNT_ROWS ? &rows : &values;
}

// ---- sums ----

typedef struct lnt_int_sum {
    lnt_int128 sum;
    int64_t n;
} lnt_int_sum;

typedef struct lnt_float_sum {
    double sum;
    int64_t n;
} lnt_float_sum;

static lnt_status sum_ints(lnt_agg_state *state, const lnt_agg_input *input, lnt_error *err) {
    (void)err;
    lnt_int_sum *cells = lnt__agg_cells(state);
    const int64_t *data = input->arg->data;
    const uint64_t *valid = input->arg->valid;
    int64_t mask = lnt__agg_mask(input);
    for (int64_t k = 0; k < input->n; k++) {
        int64_t row = lnt__agg_row(input, k);
        if (!lnt_bitmap_valid(valid, row & mask)) continue;
        lnt_int_sum *cell = &cells[lnt__agg_group(input, row)];
        cell->sum += data[row & mask];
        cell->n++;
    }
    return LNT_OK;
}

static lnt_status sum_bools(lnt_agg_state *state, const lnt_agg_input *input, lnt_error *err) {
    (void)err;
    lnt_int_sum *cells = lnt__agg_cells(state);
    const uint8_t *data = input->arg->data;
    int64_t mask = lnt__agg_mask(input);
    for (int64_t k = 0; k < input->n; k++) {
        int64_t row = lnt__agg_row(input, k);
        if (!lnt_bitmap_valid(input->arg->valid, row & mask)) continue;
        lnt_int_sum *cell = &cells[lnt__agg_group(input, row)];
        cell->sum += data[row & mask] != 0;
        cell->n++;
    }
    return LNT_OK;
}

static lnt_status sum_floats(lnt_agg_state *state, const lnt_agg_input *input, lnt_error *err) {
    (void)err;
    lnt_float_sum *cells = lnt__agg_cells(state);
    const double *data = input->arg->data;
    const uint64_t *valid = input->arg->valid;
    int64_t mask = lnt__agg_mask(input);
    for (int64_t k = 0; k < input->n; k++) {
        int64_t row = lnt__agg_row(input, k);
        if (!lnt_bitmap_valid(valid, row & mask)) continue;
        lnt_float_sum *cell = &cells[lnt__agg_group(input, row)];
        cell->sum += data[row & mask];
        cell->n++;
    }
    return LNT_OK;
}

static lnt_status merge_ints(lnt_agg_state *state, lnt_agg_state *from, const lnt_agg_moves *moves, lnt_error *err) {
    (void)err;
    lnt_int_sum *cells = lnt__agg_cells(state);
    const lnt_int_sum *others = lnt__agg_cells(from);
    for (int64_t i = 0; i < moves->n; i++) {
        int64_t group = lnt__moved_group(moves, i);
        cells[moves->to[group]].sum += others[group].sum;
        cells[moves->to[group]].n += others[group].n;
    }
    return LNT_OK;
}

static lnt_status merge_floats(lnt_agg_state *state, lnt_agg_state *from, const lnt_agg_moves *moves, lnt_error *err) {
    (void)err;
    lnt_float_sum *cells = lnt__agg_cells(state);
    const lnt_float_sum *others = lnt__agg_cells(from);
    for (int64_t i = 0; i < moves->n; i++) {
        int64_t group = lnt__moved_group(moves, i);
        cells[moves->to[group]].sum += others[group].sum;
        cells[moves->to[group]].n += others[group].n;
    }
    return LNT_OK;
}

static lnt_status result_int_sum(const lnt_agg_state *state, const uint32_t *list, int64_t start, int64_t n,
                                 lnt_arena *scratch, lnt_vec *out, int64_t *bad, lnt_error *err) {
    const lnt_int_sum *cells = lnt__agg_cells(state);
    void *data;
    LNT_TRY(lnt__agg_result(LNT_INT, n, sizeof(int64_t), scratch, &data, NULL, out, err));
    for (int64_t k = 0; k < n; k++) {
        int64_t group = lnt__agg_listed(list, start, k);
        lnt_int128 sum = cells[group].sum;
        ((int64_t *)data)[k] = (int64_t)sum;
        if (sum == (int64_t)sum) continue;
        *bad = group;
        return LNT_OVERFLOW;
    }
    return LNT_OK;
}

static lnt_status result_float_sum(const lnt_agg_state *state, const uint32_t *list, int64_t start, int64_t n,
                                   lnt_arena *scratch, lnt_vec *out, int64_t *bad, lnt_error *err) {
    (void)bad;
    const lnt_float_sum *cells = lnt__agg_cells(state);
    void *data;
    LNT_TRY(lnt__agg_result(LNT_FLOAT, n, sizeof(double), scratch, &data, NULL, out, err));
    for (int64_t k = 0; k < n; k++) ((double *)data)[k] = cells[lnt__agg_listed(list, start, k)].sum;
    return LNT_OK;
}

static lnt_status result_mean(const lnt_agg_state *state, const uint32_t *list, int64_t start, int64_t n,
                              lnt_arena *scratch, lnt_vec *out, int64_t *bad, lnt_error *err) {
    (void)bad;
    void *data;
    uint64_t *valid;
    LNT_TRY(lnt__agg_result(LNT_FLOAT, n, sizeof(double), scratch, &data, &valid, out, err));
    for (int64_t k = 0; k < n; k++) {
        int64_t group = lnt__agg_listed(list, start, k), count;
        double sum;
        if (state->type == LNT_FLOAT) {
            const lnt_float_sum *cell = (const lnt_float_sum *)lnt__agg_cells(state) + group;
            sum = cell->sum;
            count = cell->n;
        } else {
            const lnt_int_sum *cell = (const lnt_int_sum *)lnt__agg_cells(state) + group;
            sum = (double)cell->sum;
            count = cell->n;
        }
        ((double *)data)[k] = count ? sum / (double)count : 0;
        if (!count) lnt_bitmap_unset(valid, k);
    }
    return LNT_OK;
}

const lnt_agg_class *lnt__agg_class_sum(lnt_type type) {
    static const lnt_agg_class ints = {sizeof(lnt_int_sum), sum_ints, merge_ints, NULL, result_int_sum};
    static const lnt_agg_class bools = {sizeof(lnt_int_sum), sum_bools, merge_ints, NULL, result_int_sum};
    static const lnt_agg_class floats = {sizeof(lnt_float_sum), sum_floats, merge_floats, NULL, result_float_sum};
    return type == LNT_INT ? &ints : type == LNT_BOOL ? &bools : type == LNT_FLOAT ? &floats : NULL;
}

const lnt_agg_class *lnt__agg_class_mean(lnt_type type) {
    static const lnt_agg_class ints = {sizeof(lnt_int_sum), sum_ints, merge_ints, NULL, result_mean};
    static const lnt_agg_class bools = {sizeof(lnt_int_sum), sum_bools, merge_ints, NULL, result_mean};
    static const lnt_agg_class floats = {sizeof(lnt_float_sum), sum_floats, merge_floats, NULL, result_mean};
    return type == LNT_INT ? &ints : type == LNT_BOOL ? &bools : type == LNT_FLOAT ? &floats : NULL;
}
