/// @file agg_moment.c
/// var, stddev and corr: mean and sums of squared distances, updated value by value (Welford) and merged part by part
/// (Chan), which stays exact where sums of squares would cancel.
///
/// var and stddev are the sample's (n - 1). A corr takes the rows in which both values are there.
#include <math.h>

#include "exec/aggregate/agg_state.h"

/// Zero has seen nothing. var and stddev leave the second value's fields alone.
typedef struct lnt_moments {
    int64_t n;
    double mean_x, mean_y;
    double xx, yy, xy; ///< sums of products of distances from the means
} lnt_moments;

static inline double number_at(const lnt_vec *vec, int64_t row) {
    int64_t at = vec->form == LNT_FORM_CONSTANT ? 0 : row;
    return vec->type == LNT_FLOAT ? ((const double *)vec->data)[at] : (double)((const int64_t *)vec->data)[at];
}

static lnt_status moment_update(lnt_agg_state *state, const lnt_agg_input *input, lnt_error *err) {
    (void)err;
    lnt_moments *cells = lnt__agg_cells(state);
    for (int64_t k = 0; k < input->n; k++) {
        int64_t row = lnt__agg_row(input, k);
        if (!lnt_vec_is_valid(input->arg, row)) continue;
        lnt_moments *cell = &cells[lnt__agg_group(input, row)];
        double x = number_at(input->arg, row), distance = x - cell->mean_x;
        cell->n++;
        cell->mean_x += distance / (double)cell->n;
        cell->xx += distance * (x - cell->mean_x);
    }
    return LNT_OK;
}

static lnt_status corr_update(lnt_agg_state *state, const lnt_agg_input *input, lnt_error *err) {
    (void)err;
    lnt_moments *cells = lnt__agg_cells(state);
    for (int64_t k = 0; k < input->n; k++) {
        int64_t row = lnt__agg_row(input, k);
        if (!lnt_vec_is_valid(input->arg, row) || !lnt_vec_is_valid(input->second, row)) continue;
        lnt_moments *cell = &cells[lnt__agg_group(input, row)];
        double x = number_at(input->arg, row), y = number_at(input->second, row);
        double from_x = x - cell->mean_x, from_y = y - cell->mean_y;
        cell->n++;
        cell->mean_x += from_x / (double)cell->n;
        cell->mean_y += from_y / (double)cell->n;
        cell->xx += from_x * (x - cell->mean_x);
        cell->yy += from_y * (y - cell->mean_y);
        cell->xy += from_x * (y - cell->mean_y);
    }
    return LNT_OK;
}

/// Adds the moments of further values.
static void add_moments(lnt_moments *cell, const lnt_moments *other) {
    if (other->n == 0) return;
    if (cell->n == 0) {
        *cell = *other;
        return;
    }
    double n = (double)(cell->n + other->n), weight = (double)other->n / n, both = (double)cell->n * weight;
    double from_x = other->mean_x - cell->mean_x, from_y = other->mean_y - cell->mean_y;
    cell->xx += other->xx + from_x * from_x * both;
    cell->yy += other->yy + from_y * from_y * both;
    cell->xy += other->xy + from_x * from_y * both;
    cell->mean_x += from_x * weight;
    cell->mean_y += from_y * weight;
    cell->n += other->n;
}

static lnt_status merge_moments(lnt_agg_state *state, lnt_agg_state *from, const lnt_agg_moves *moves, lnt_error *err) {
    (void)err;
    lnt_moments *cells = lnt__agg_cells(state);
    const lnt_moments *others = lnt__agg_cells(from);
    for (int64_t i = 0; i < moves->n; i++) {
        int64_t group = lnt__moved_group(moves, i);
        add_moments(&cells[lnt__moved_to(moves, group)], &others[group]);
    }
    return LNT_OK;
}

/// The result of one group; false for null: fewer than two values, or for corr one that never changes.
static bool result_of(lnt_aggregate_kind kind, const lnt_moments *cell, double *out) {
    *out = 0;
    if (cell->n < 2) return false;
    if (kind != LNT_AGG_CORR) {
        double variance = cell->xx / (double)(cell->n - 1);
        *out = kind == LNT_AGG_VAR ? variance : sqrt(variance);
        return true;
    }
    if (cell->xx == 0 || cell->yy == 0) return false;
    *out = cell->xy / (sqrt(cell->xx) * sqrt(cell->yy));
    if (*out > 1) *out = 1; // by rounding
    if (*out < -1) *out = -1;
    return true;
}

static lnt_status result_moments(const lnt_agg_state *state, const uint32_t *list, int64_t start, int64_t n,
                                 lnt_arena *scratch, lnt_vec *out, int64_t *bad, lnt_error *err) {
    (void)bad;
    const lnt_moments *cells = lnt__agg_cells(state);
    void *data;
    uint64_t *valid;
    LNT_TRY(lnt__agg_result(LNT_FLOAT, n, sizeof(double), scratch, &data, &valid, out, err));
    for (int64_t k = 0; k < n; k++) {
        const lnt_moments *cell = &cells[lnt__agg_listed(list, start, k)];
        if (!result_of(state->call->function->kind, cell, &((double *)data)[k])) lnt_bitmap_unset(valid, k);
    }
    return LNT_OK;
}

const lnt_agg_class *lnt__agg_class_moment(lnt_aggregate_kind kind, lnt_type type) {
    static const lnt_agg_class spread = {sizeof(lnt_moments), moment_update, merge_moments, NULL, result_moments};
    static const lnt_agg_class corr = {sizeof(lnt_moments), corr_update, merge_moments, NULL, result_moments};
    if (type != LNT_INT && type != LNT_FLOAT) return NULL;
    return kind == LNT_AGG_CORR ? &corr : &spread;
}
