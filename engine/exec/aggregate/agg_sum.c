/// @file agg_sum.c
/// count, sum and mean: numbers that add up.
///
/// Integers are added in 128 bits, which no table can fill; whether the sum fits 64 is asked at the end, so that order
/// doesn't matter. Floats are added row by row within a morsel, and morsel by morsel in order.
#include "exec/aggregate/agg_state.h"

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
        cells[lnt__moved_to(moves, group)] += others[group];
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

typedef struct lnt_int_mean {
    lnt_int128 sum;
    int64_t n;
} lnt_int_mean;

typedef struct lnt_float_mean {
    double sum;
    int64_t n;
} lnt_float_mean;

// A sum's cell is the sum alone: with many groups the cells are what the caches have to hold.

static lnt_status sum_ints(lnt_agg_state *state, const lnt_agg_input *input, lnt_error *err) {
    (void)err;
    lnt_int128 *cells = lnt__agg_cells(state);
    LNT_AGG_EACH(int64_t, *cell += value);
    return LNT_OK;
}

static lnt_status mean_ints(lnt_agg_state *state, const lnt_agg_input *input, lnt_error *err) {
    (void)err;
    lnt_int_mean *cells = lnt__agg_cells(state);
    LNT_AGG_EACH(int64_t, (cell->sum += value, cell->n++));
    return LNT_OK;
}

static lnt_status sum_bools(lnt_agg_state *state, const lnt_agg_input *input, lnt_error *err) {
    (void)err;
    lnt_int128 *cells = lnt__agg_cells(state);
    LNT_AGG_EACH(uint8_t, *cell += value != 0);
    return LNT_OK;
}

static lnt_status mean_bools(lnt_agg_state *state, const lnt_agg_input *input, lnt_error *err) {
    (void)err;
    lnt_int_mean *cells = lnt__agg_cells(state);
    LNT_AGG_EACH(uint8_t, (cell->sum += value != 0, cell->n++));
    return LNT_OK;
}

static lnt_status sum_floats(lnt_agg_state *state, const lnt_agg_input *input, lnt_error *err) {
    (void)err;
    double *cells = lnt__agg_cells(state);
    LNT_AGG_EACH(double, *cell += value);
    return LNT_OK;
}

static lnt_status mean_floats(lnt_agg_state *state, const lnt_agg_input *input, lnt_error *err) {
    (void)err;
    lnt_float_mean *cells = lnt__agg_cells(state);
    LNT_AGG_EACH(double, (cell->sum += value, cell->n++));
    return LNT_OK;
}

// ---- merging and results ----

static lnt_status merge_int_sums(lnt_agg_state *state, lnt_agg_state *from, const lnt_agg_moves *moves,
                                 lnt_error *err) {
    (void)err;
    lnt_int128 *cells = lnt__agg_cells(state);
    const lnt_int128 *others = lnt__agg_cells(from);
    for (int64_t i = 0; i < moves->n; i++) {
        int64_t group = lnt__moved_group(moves, i);
        cells[lnt__moved_to(moves, group)] += others[group];
    }
    return LNT_OK;
}

static lnt_status merge_float_sums(lnt_agg_state *state, lnt_agg_state *from, const lnt_agg_moves *moves,
                                   lnt_error *err) {
    (void)err;
    double *cells = lnt__agg_cells(state);
    const double *others = lnt__agg_cells(from);
    for (int64_t i = 0; i < moves->n; i++) {
        int64_t group = lnt__moved_group(moves, i);
        cells[lnt__moved_to(moves, group)] += others[group];
    }
    return LNT_OK;
}

static lnt_status merge_int_means(lnt_agg_state *state, lnt_agg_state *from, const lnt_agg_moves *moves,
                                  lnt_error *err) {
    (void)err;
    lnt_int_mean *cells = lnt__agg_cells(state);
    const lnt_int_mean *others = lnt__agg_cells(from);
    for (int64_t i = 0; i < moves->n; i++) {
        int64_t group = lnt__moved_group(moves, i);
        cells[lnt__moved_to(moves, group)].sum += others[group].sum;
        cells[lnt__moved_to(moves, group)].n += others[group].n;
    }
    return LNT_OK;
}

static lnt_status merge_float_means(lnt_agg_state *state, lnt_agg_state *from, const lnt_agg_moves *moves,
                                    lnt_error *err) {
    (void)err;
    lnt_float_mean *cells = lnt__agg_cells(state);
    const lnt_float_mean *others = lnt__agg_cells(from);
    for (int64_t i = 0; i < moves->n; i++) {
        int64_t group = lnt__moved_group(moves, i);
        cells[lnt__moved_to(moves, group)].sum += others[group].sum;
        cells[lnt__moved_to(moves, group)].n += others[group].n;
    }
    return LNT_OK;
}

static lnt_status result_int_sum(const lnt_agg_state *state, const uint32_t *list, int64_t start, int64_t n,
                                 lnt_arena *scratch, lnt_vec *out, int64_t *bad, lnt_error *err) {
    const lnt_int128 *cells = lnt__agg_cells(state);
    void *data;
    LNT_TRY(lnt__agg_result(LNT_INT, n, sizeof(int64_t), scratch, &data, NULL, out, err));
    for (int64_t k = 0; k < n; k++) {
        int64_t group = lnt__agg_listed(list, start, k);
        lnt_int128 sum = cells[group];
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
    const double *cells = lnt__agg_cells(state);
    void *data;
    LNT_TRY(lnt__agg_result(LNT_FLOAT, n, sizeof(double), scratch, &data, NULL, out, err));
    for (int64_t k = 0; k < n; k++) ((double *)data)[k] = cells[lnt__agg_listed(list, start, k)];
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
            const lnt_float_mean *cell = (const lnt_float_mean *)lnt__agg_cells(state) + group;
            sum = cell->sum;
            count = cell->n;
        } else {
            const lnt_int_mean *cell = (const lnt_int_mean *)lnt__agg_cells(state) + group;
            sum = (double)cell->sum;
            count = cell->n;
        }
        ((double *)data)[k] = count ? sum / (double)count : 0;
        if (!count) lnt_bitmap_unset(valid, k);
    }
    return LNT_OK;
}

const lnt_agg_class *lnt__agg_class_sum(lnt_type type) {
    static const lnt_agg_class ints = {sizeof(lnt_int128), sum_ints, merge_int_sums, NULL, result_int_sum};
    static const lnt_agg_class bools = {sizeof(lnt_int128), sum_bools, merge_int_sums, NULL, result_int_sum};
    static const lnt_agg_class floats = {sizeof(double), sum_floats, merge_float_sums, NULL, result_float_sum};
    return type == LNT_INT ? &ints : type == LNT_BOOL ? &bools : type == LNT_FLOAT ? &floats : NULL;
}

const lnt_agg_class *lnt__agg_class_mean(lnt_type type) {
    static const lnt_agg_class ints = {sizeof(lnt_int_mean), mean_ints, merge_int_means, NULL, result_mean};
    static const lnt_agg_class bools = {sizeof(lnt_int_mean), mean_bools, merge_int_means, NULL, result_mean};
    static const lnt_agg_class floats = {sizeof(lnt_float_mean), mean_floats, merge_float_means, NULL, result_mean};
    return type == LNT_INT ? &ints : type == LNT_BOOL ? &bools : type == LNT_FLOAT ? &floats : NULL;
}
