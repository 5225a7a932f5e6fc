/// @file feature_number.c
/// Bins of numbers, by the quantiles of the column or of an even sample of a long one.
///
/// An edge lies halfway between the values on its two sides; infinities are values like others, NaN is missing.
#include "learn/feature_number.h"

#include <math.h>
#include <string.h>

enum { ROWS_PER_BIN = 800 }; ///< of a sample

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS };

/// Sorts numbers, none of them NaN, by their bits, digit after digit; digits that all share take no pass. `spare` is
/// as large. Returns which of the two has them.
static double *sort_numbers(double *values, double *spare, int64_t n) {
    uint64_t *from = (uint64_t *)(void *)values, *to = (uint64_t *)(void *)spare;
    for (int64_t i = 0; i < n; i++) { // so that their order is that of whole numbers
        double value = values[i] + 0.0; // -0 is 0
        uint64_t bits;
        memcpy(&bits, &value, 8);
        from[i] = bits >> 63 ? ~bits : bits | 1ull << 63;
    }
    for (int shift = 0; shift < 64; shift += DIGIT_BITS) {
        uint32_t starts[DIGITS + 1] = {0};
        for (int64_t i = 0; i < n; i++) starts[(from[i] >> shift & (DIGITS - 1)) + 1]++;
        if (n == 0 || starts[(from[0] >> shift & (DIGITS - 1)) + 1] == n) continue;
        for (int i = 0; i < DIGITS; i++) starts[i + 1] += starts[i];
        for (int64_t i = 0; i < n; i++) to[starts[from[i] >> shift & (DIGITS - 1)]++] = from[i];
        uint64_t *other = from;
        from = to;
        to = other;
    }
    for (int64_t i = 0; i < n; i++) from[i] = from[i] >> 63 ? from[i] ^ 1ull << 63 : ~from[i];
    return (double *)(void *)from;
}

/// Every step-th row's value, without NaN; `*n` gets how many.
static lnt_status sample_values(lnt_engine *engine, const lnt_column *column, int64_t most, double *out, int64_t *n, lnt_error *err) {
    int64_t step = (column->length + most - 1) / most, next = 0;
    double numbers[LNT_BATCH_ROWS];
    lnt_arena arena;
    lnt_arena_init(&arena, lnt_engine_budget(engine), "learn");
    lnt_status status = LNT_OK;
    *n = 0;
    for (int64_t start = 0; start < column->length; start += LNT_BATCH_ROWS) {
        int64_t some = column->length - start < LNT_BATCH_ROWS ? column->length - start : LNT_BATCH_ROWS;
        lnt_vec vec;
        status = lnt_engine_check(engine, err);
        if (status == LNT_OK) status = lnt_vec_from_column(column, start, some, &arena, &vec, err);
        if (status != LNT_OK) break;
        lnt__vector_numbers(&vec, some, numbers);
        for (; next < start + some; next += step) {
            if (!isnan(numbers[next - start])) out[(*n)++] = numbers[next - start];
        }
        lnt_arena_reset(&arena);
    }
    lnt_arena_clear(&arena);
    return status;
}

/// A number between a < b that separates them: a <= edge < b.
static double edge_between(double a, double b) {
    double edge = a + (b - a) / 2;
    return edge >= a && edge < b ? edge : a;
}

/// Puts edges between the `n` sorted values; returns how many.
static int64_t put_edges(const double *values, int64_t n, int64_t n_distinct, int64_t max_bins,
                         double *edges) {
    int64_t n_edges = 0;
    if (n_distinct <= max_bins) {
        for (int64_t i = 1; i < n; i++) {
            if (values[i] != values[i - 1]) edges[n_edges++] = edge_between(values[i - 1], values[i]);
        }
        return n_edges;
    }
    for (int64_t b = 1, at = 0; b < max_bins; b++) {
        int64_t cut = b * n / max_bins;
        if (cut <= at) continue;
        while (cut < n && values[cut] == values[cut - 1]) cut++;
        if (cut == n) break;
        edges[n_edges++] = edge_between(values[cut - 1], values[cut]);
        at = cut;
    }
    return n_edges;
}

lnt_status lnt__feature_fit_number(lnt_engine *engine, const lnt_column *column, int64_t max_bins, lnt_feature *out,
                                   lnt_error *err) {
    int64_t most = max_bins * ROWS_PER_BIN;
    int64_t room = column->length < most ? column->length + 1 : most + 1;
    double *values = lnt_alloc_array(room, 2 * sizeof *values, err), *sorted = values;
    if (!values) return LNT_NOMEM;
    int64_t n = 0, n_distinct = 0;
    lnt_status status = sample_values(engine, column, most, values, &n, err);
    if (status == LNT_OK && !(out->edges = lnt_alloc_array(LNT_MAX_BINS, sizeof *out->edges, err))) status = LNT_NOMEM;
    if (status == LNT_OK && n > 0) {
        sorted = sort_numbers(values, values + room, n);
        for (int64_t i = 0; i < n; i++) n_distinct += i == 0 || sorted[i] != sorted[i - 1];
        out->n_bins = put_edges(sorted, n, n_distinct, max_bins, out->edges) + 1;
    }
    lnt_free(values);
    return status;
}
