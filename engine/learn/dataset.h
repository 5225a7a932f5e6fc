/// @file dataset.h
/// What trees are grown on: features as codes, rows with a label and a weight.
#ifndef LNT_LEARN_DATASET_H
#define LNT_LEARN_DATASET_H

#include "learn/encoder.h"

/// A row of the training data as a tree's grower moves it about: 12 bytes side by side, so that only codes are looked
/// up elsewhere.
typedef struct lnt_sample {
    uint32_t row;
    uint32_t label;
    float weight;
} lnt_sample;

typedef struct lnt_dataset {
    int64_t n_rows, n_features, n_classes;
    const lnt_feature *features; ///< borrowed
    lnt_buffer **codes;          ///< by feature: uint8_t or uint16_t a row, as lnt_feature_width says
    lnt_sample *samples;         ///< one a row, in order
    lnt_buffer *sample_bytes;    ///< what holds them
} lnt_dataset;

/// Encodes the features' columns of `table` (found by name) and gives every row its label, weight 1.
LNT_MUST_USE lnt_status lnt_dataset_new(lnt_engine *engine, const lnt_table *table, const lnt_feature *features,
                                        int64_t n_features, const uint32_t *labels, int64_t n_classes, lnt_dataset *out,
                                        lnt_error *err);
void lnt_dataset_clear(lnt_dataset *data);

/// Encoders of the features' columns of `table`, for about `n_rows` rows; lnt_encoders_free them.
LNT_MUST_USE lnt_status lnt_encoders_new(const lnt_table *table, const lnt_feature *features, int64_t n_features,
                                         int64_t n_rows, lnt_encoder **out, lnt_error *err);
void lnt_encoders_free(lnt_encoder *encoders, int64_t n_features);
/// Codes of the features of rows [start, start + n), a row's side by side.
LNT_MUST_USE lnt_status lnt_encoders_run(lnt_engine *engine, const lnt_encoder *encoders, int64_t n_features, int64_t start,
                                         int64_t n, uint16_t *out, lnt_error *err);
/// The same, with encoders of its own.
LNT_MUST_USE lnt_status lnt_encode_rows(lnt_engine *engine, const lnt_table *table, const lnt_feature *features,
                                        int64_t n_features, int64_t start, int64_t n, uint16_t *out, lnt_error *err);
/// Fails with LNT_NAME or LNT_TYPE unless `table` has all the features' columns, of their types.
LNT_MUST_USE lnt_status lnt_check_features(const lnt_table *table, const lnt_feature *features, int64_t n_features,
                                           lnt_error *err);

/// The code of a row.
static inline uint16_t lnt_code_at(const lnt_dataset *data, int64_t feature, uint32_t row) {
    const uint8_t *codes = data->codes[feature]->data;
    if (lnt_feature_width(&data->features[feature]) == 1) return codes[row];
    return ((const uint16_t *)(const void *)codes)[row];
}

#endif
