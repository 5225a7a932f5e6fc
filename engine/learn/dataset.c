/// @file dataset.c
/// Columns to codes: a feature's codes side by side for growing, a row's side by side for predicting.
#include "learn/dataset.h"

#include <string.h>

enum { PIECE = 16384 };

static lnt_status no_feature(const lnt_schema *schema, const lnt_feature *feature, lnt_error *err) {
    const char *nearest = lnt_schema_nearest(schema, feature->name, -1);
    return lnt_error_set(err, LNT_NAME, "no column '%s', which is a feature of the model%s%s%s", feature->name,
                         nearest ? " (did you mean '" : "", nearest ? nearest : "", nearest ? "'?)" : "");
}

lnt_status lnt_check_features(const lnt_table *table, const lnt_feature *features, int64_t n_features, lnt_error *err) {
    const lnt_schema *schema = lnt_table_schema(table);
    for (int64_t f = 0; f < n_features; f++) {
        int64_t at = lnt_schema_find(schema, features[f].name, -1);
        if (at < 0) return no_feature(schema, &features[f], err);
        lnt_type type = lnt_schema_type(schema, at);
        bool numbers = !features[f].categorical && (type == LNT_INT || type == LNT_FLOAT) &&
                       (features[f].type == LNT_INT || features[f].type == LNT_FLOAT);
        if (type != features[f].type && !numbers) {
            return lnt_error_set(err, LNT_TYPE, "the feature '%s' is %s here, but the model learned it as %s",
                                 features[f].name, lnt_type_name(type), lnt_type_name(features[f].type));
        }
    }
    return LNT_OK;
}

static const lnt_column *column_of(const lnt_table *table, const lnt_feature *feature) {
    return lnt_table_column(table, lnt_schema_find(lnt_table_schema(table), feature->name, -1));
}

lnt_status lnt_encoders_new(const lnt_table *table, const lnt_feature *features, int64_t n_features, int64_t n_rows,
                            lnt_encoder **out, lnt_error *err) {
    lnt_encoder *encoders = lnt_alloc_array(n_features, sizeof *encoders, err);
    lnt_status status = encoders ? LNT_OK : LNT_NOMEM;
    for (int64_t f = 0; f < n_features && status == LNT_OK; f++) {
        status = lnt_encoder_init(&features[f], column_of(table, &features[f]), n_rows, &encoders[f], err);
    }
    if (status == LNT_OK) *out = encoders;
    else lnt_encoders_free(encoders, n_features);
    return status;
}

void lnt_encoders_free(lnt_encoder *encoders, int64_t n_features) {
    for (int64_t f = 0; encoders && f < n_features; f++) lnt_encoder_clear(&encoders[f]);
    lnt_free(encoders);
}

lnt_status lnt_encoders_run(lnt_engine *engine, const lnt_encoder *encoders, int64_t n_features, int64_t start, int64_t n,
                            uint16_t *out, lnt_error *err) {
    for (int64_t f = 0; f < n_features; f++) {
        LNT_TRY(lnt_encoder_run(engine, &encoders[f], start, n, out + f, n_features, err));
    }
    return LNT_OK;
}

lnt_status lnt_encode_rows(lnt_engine *engine, const lnt_table *table, const lnt_feature *features, int64_t n_features,
                           int64_t start, int64_t n, uint16_t *out, lnt_error *err) {
    lnt_encoder *encoders = NULL;
    LNT_TRY(lnt_encoders_new(table, features, n_features, n, &encoders, err));
    lnt_status status = lnt_encoders_run(engine, encoders, n_features, start, n, out, err);
    lnt_encoders_free(encoders, n_features);
    return status;
}

/// Encoding one feature's column on all threads: pieces are numbered, the lowest one's error is kept.
typedef struct encoding {
    lnt_engine *engine;
    const lnt_encoder *encoder;
    uint8_t *out;
    _Atomic int64_t failed_at; ///< lowest start of a piece that failed, INT64_MAX while none has
} encoding;

static void encode_piece(void *context, int64_t start, int64_t end) {
    encoding *work = context;
    int width = lnt_feature_width(work->encoder->feature);
    for (int64_t at = start; at < end; at += LNT_BATCH_ROWS) {
        int64_t n = end - at < LNT_BATCH_ROWS ? end - at : LNT_BATCH_ROWS;
        if (lnt_encoder_run_packed(work->engine, work->encoder, at, n, work->out + at * width, NULL) != LNT_OK) {
            int64_t lowest = atomic_load(&work->failed_at);
            while (at < lowest && !atomic_compare_exchange_weak(&work->failed_at, &lowest, at)) {}
            return;
        }
    }
}

static lnt_status encode_all(lnt_engine *engine, const lnt_feature *feature, const lnt_column *column,
                                lnt_buffer **out, lnt_error *err) {
    LNT_TRY(lnt_buffer_new(lnt_engine_budget(engine), column->length * lnt_feature_width(feature), "learn", out, err));
    lnt_encoder encoder;
    lnt_status status = lnt_encoder_init(feature, column, column->length, &encoder, err);
    encoding work = {engine, &encoder, (*out)->data, INT64_MAX};
    if (status == LNT_OK) status = lnt_engine_pieces(engine, column->length, PIECE, encode_piece, &work, err);
    int64_t failed = atomic_load(&work.failed_at);
    uint16_t code; // once more, for the message
    if (failed < INT64_MAX && status == LNT_OK) status = lnt_encoder_run(engine, &encoder, failed, 1, &code, 1, err);
    if (failed < INT64_MAX && status == LNT_OK) {
        status = lnt_error_set(err, LNT_NOMEM, "no memory is left to encode the feature '%s'", feature->name);
    }
    lnt_encoder_clear(&encoder);
    return status;
}

lnt_status lnt_dataset_new(lnt_engine *engine, const lnt_table *table, const lnt_feature *features, int64_t n_features,
                           const uint32_t *labels, int64_t n_classes, lnt_dataset *out, lnt_error *err) {
    int64_t n = lnt_table_n_rows(table);
    *out = (lnt_dataset){.n_rows = n, .n_features = n_features, .n_classes = n_classes, .features = features};
    if (n > UINT32_MAX) return lnt_error_set(err, LNT_LIMIT, "more than 4,294,967,295 rows to learn from");
    if (!(out->codes = lnt_alloc_array(n_features, sizeof *out->codes, err))) return LNT_NOMEM;
    for (int64_t f = 0; f < n_features; f++) {
        LNT_TRY(encode_all(engine, &features[f], column_of(table, &features[f]), &out->codes[f], err));
    }
    LNT_TRY(lnt_buffer_new(lnt_engine_budget(engine), n * (int64_t)sizeof(lnt_sample), "learn", &out->sample_bytes, err));
    out->samples = (lnt_sample *)(void *)out->sample_bytes->data;
    for (int64_t i = 0; i < n; i++) {
        if (i % PIECE == 0) LNT_TRY(lnt_engine_check(engine, err));
        out->samples[i] = (lnt_sample){(uint32_t)i, labels[i], 1};
    }
    return LNT_OK;
}

void lnt_dataset_clear(lnt_dataset *data) {
    for (int64_t f = 0; data->codes && f < data->n_features; f++) lnt_buffer_unref(data->codes[f]);
    lnt_free(data->codes);
    lnt_buffer_unref(data->sample_bytes);
    *data = (lnt_dataset){0};
}
