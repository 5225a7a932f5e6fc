/// @file encoder.h
/// Turning a column's values into a feature's codes.
///
/// Workload: millions of rows of some ten columns. What can be found once is: a dictionary's strings are looked up once
/// each, whole numbers that lie close together have a table, and where bins' edges lie well apart a number's bin is found
/// by where between the first and the last it is.
#ifndef LNT_LEARN_ENCODER_H
#define LNT_LEARN_ENCODER_H

#include "learn/feature.h"

typedef struct lnt_encoder {
    const lnt_feature *feature; ///< borrowed
    const lnt_column *column;   ///< borrowed
    uint16_t *map;     ///< codes by code of the column's dictionary or by number from `low` on; edges below a cell; or NULL
    int64_t n_map;
    int64_t low;
    double first, scale; ///< a number's cell is (number - first) × scale
    int64_t steps;       ///< the most edges in a cell
    double *edges;       ///< the feature's, with so many infinities behind them
} lnt_encoder;

/// For about `n_rows` rows of a column of the feature's type. `*out` borrows both; lnt_encoder_clear it, after a failure,
/// too.
LNT_MUST_USE lnt_status lnt_encoder_init(const lnt_feature *feature, const lnt_column *column, int64_t n_rows,
                                         lnt_encoder *out, lnt_error *err);
void lnt_encoder_clear(lnt_encoder *encoder);

/// Codes of rows [start, start + n): row i's goes to out[i * stride]. Any thread.
LNT_MUST_USE lnt_status lnt_encoder_run(lnt_engine *engine, const lnt_encoder *encoder, int64_t start, int64_t n,
                                        uint16_t *out, int64_t stride, lnt_error *err);
/// The same, side by side, in as many bytes each as lnt_feature_width says.
LNT_MUST_USE lnt_status lnt_encoder_run_packed(lnt_engine *engine, const lnt_encoder *encoder, int64_t start, int64_t n,
                                               uint8_t *out, lnt_error *err);
/// Codes of rows with an encoder of its own: row i's goes to out[i * stride].
LNT_MUST_USE lnt_status lnt_feature_encode(lnt_engine *engine, const lnt_feature *feature, const lnt_column *column,
                                           int64_t start, int64_t n, uint16_t *out, int64_t stride, lnt_error *err);

#endif
