/// @file boost_bins.c
/// Histograms of gradients.
#include "learn/boost.h"

enum { AHEAD = 6 };

void lnt__bins_add(const lnt_boost_data *data, const int64_t *columns, int64_t n_columns, const lnt_grad *rows,
                   int64_t n, lnt_bin *bins) {
    const int64_t *offsets = data->offsets;
    const char *all = (const char *)data->codes;
    int64_t row_bytes = data->n_features * 2;
    for (int64_t i = 0; i < n; i++) {
        if (i + AHEAD < n) { // rows lie apart: what is next must be asked for early
            const char *next = all + (int64_t)rows[i + AHEAD].row * row_bytes;
            for (int64_t at = 0; at < row_bytes; at += 64) __builtin_prefetch(next + at);
        }
        const uint16_t *codes = data->codes + (int64_t)rows[i].row * data->n_features;
        lnt_bin_pair row = lnt_bin_pair_of(rows[i].g, rows[i].h);
        for (int64_t c = 0; c < n_columns; c++) lnt_bin_add(&bins[offsets[columns[c]] + codes[columns[c]]], row);
    }
}

void lnt__bins_clear(const lnt_boost_data *data, const int64_t *columns, int64_t n_columns, lnt_bin *bins) {
    for (int64_t c = 0; c < n_columns; c++) {
        int64_t from = data->offsets[columns[c]], to = data->offsets[columns[c] + 1];
        memset(bins + from, 0, (size_t)(to - from) * sizeof *bins);
    }
}

void lnt__bins_subtract(const lnt_boost_data *data, const int64_t *columns, int64_t n_columns, lnt_bin *bins,
                        const lnt_bin *part) {
    for (int64_t c = 0; c < n_columns; c++) {
        for (int64_t b = data->offsets[columns[c]]; b < data->offsets[columns[c] + 1]; b++) {
            bins[b].g -= part[b].g;
            bins[b].h_and_n -= part[b].h_and_n;
        }
    }
}
