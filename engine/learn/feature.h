/// @file feature.h
/// Features: what a model knows of an input column, and how it turns the column's values into small codes.
///
/// A number's values fall into at most 254 bins of about equally many rows; a category's levels have codes in order of
/// their first appearance. One more code, `n_bins`, stands for what is missing: null, NaN, a level never seen.
#ifndef LNT_LEARN_FEATURE_H
#define LNT_LEARN_FEATURE_H

#include "column/intern.h"
#include "column/vector.h"

enum {
    LNT_MAX_BINS = 254,     ///< of a number, so that codes fit a byte together with the one for missing
    LNT_MAX_LEVELS = 65000, ///< of a category; the rarest of more are as if never seen
    LNT_KEY_BYTES = 16
};

typedef struct lnt_feature {
    char *name;
    lnt_type type; ///< of the column
    bool categorical;
    int64_t n_bins;    ///< codes 0 … n_bins - 1 are values
    double *edges;     ///< number: x is in the first bin whose edge it doesn't exceed; n_bins - 1 edges, ascending
    lnt_intern levels; ///< category: the levels' keys by code
} lnt_feature;

/// Learns bins (at most `max_bins`) or levels from a column. Levels with fewer than `min_level` rows are as if never seen. Fails with
/// LNT_TYPE for a category of floats. On failure nothing is left behind in `out` but what lnt_feature_clear frees.
LNT_MUST_USE lnt_status lnt_feature_fit(lnt_engine *engine, const char *name, const lnt_column *column,
                                        bool categorical, int64_t min_level, int64_t max_bins, lnt_feature *out,
                                        lnt_error *err);
void lnt_feature_clear(lnt_feature *feature);

/// Bytes of a code.
static inline int lnt_feature_width(const lnt_feature *feature) {
    return feature->n_bins < 256 ? 1 : 2;
}

/// What identifies the value of row `i` of a vector: its text, or its bytes in `scratch`. The row isn't null.
lnt_str lnt__value_key(const lnt_vec *vec, int64_t i, char scratch[LNT_KEY_BYTES]);
/// The value of `type` that a key stands for.
lnt_value lnt__key_value(lnt_type type, lnt_str key);
/// The values of a vector that isn't text or addresses as numbers; null becomes NaN.
void lnt__vector_numbers(const lnt_vec *vec, int64_t n, double *out);

#endif
