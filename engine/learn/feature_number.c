/// @file feature_number.c
/// Bins of numbers, by the quantiles of the column or of an even sample of a long one.
///
/// An edge lies halfway between the values on its two sides; infinities are values like others, NaN is missing.
#include "learn/feature_number.h"

#include <math.h>
#include <stdlib.h>

enum { ROWS_PER_BIN = 800 }; ///< of a sample

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
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
        status = lnt_vec_from_column(column, start, some, &arena, &vec, err);
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
    double *values = lnt_alloc_array(column->length < most ? column->length + 1 : most + 1, 8, err);
    if (!values) return LNT_NOMEM;
    int64_t n = 0, n_distinct = 0;
    lnt_status status = sample_values(engine, column, most, values, &n, err);
    if (status == LNT_OK && !(out->edges = lnt_alloc_array(LNT_MAX_BINS, sizeof *out->edges, err))) status = LNT_NOMEM;
    if (status == LNT_OK && n > 0) {
        qsort(values, (size_t)n, sizeof *values, compare_doubles);
        for (int64_t i = 0; i < n; i++) n_distinct += i == 0 || values[i] != values[i - 1];
        out->n_bins = put_edges(values, n, n_distinct, max_bins, out->edges) + 1;
    }
    lnt_free(values);
    return status;
}
