/// @file predict.c
/// Predicting the rows of a table, in blocks on all threads.
#include <string.h>

#include "column/value_text.h"
#include "learn/dataset.h"
#include "learn/predictor.h"

/// A prediction of all rows on all threads: classes and their probability, or all probabilities.
typedef struct prediction {
    lnt_engine *engine;
    const lnt_model *model;
    const lnt_table *table;
    lnt_predictor predictor;
    lnt_encoder *encoders; ///< by feature
    uint32_t *labels;      ///< by row, or NULL
    double *probabilities; ///< by row, or NULL
    double *values;        ///< by row, or NULL: a regression's
    double **proba;        ///< by class, then by row, or NULL
    lnt_status *statuses;  ///< by block
    lnt_error *errors;     ///< by block
} prediction;

/// `best` is scratch.
static lnt_status keep_block(const prediction *p, const void *codes, float *shares, int64_t start, int64_t n,
                             float *best, lnt_error *err) {
    const lnt_predictor *by = &p->predictor;
    if (p->labels) {
        LNT_TRY(lnt_predictor_name(by, codes, n, shares, p->labels + start, best, err));
        for (int64_t i = 0; i < n; i++) p->probabilities[start + i] = (double)best[i];
        return LNT_OK;
    }
    LNT_TRY(lnt_predictor_ask(by, codes, n, shares, err));
    for (int64_t c = 0; p->proba && c < p->model->n_classes; c++) {
        for (int64_t i = 0; i < n; i++) {
            p->proba[c][start + i] = (double)shares[i * by->row_step + c * by->class_step];
        }
    }
    for (int64_t i = 0; i < n && p->values; i++) p->values[start + i] = (double)shares[i * by->row_step];
    return LNT_OK;
}

static lnt_status predict_rows(const prediction *p, int64_t start, int64_t n, lnt_error *err) {
    const lnt_predictor *by = &p->predictor;
    LNT_TRY(lnt_engine_check(p->engine, err));
    void *codes = lnt_alloc_array(lnt_predictor_code_bytes(by), 1, err);
    float *shares = codes ? lnt_alloc_array(lnt_predictor_n_shares(by) + by->block, sizeof *shares, err) : NULL;
    lnt_status status = shares ? LNT_OK : LNT_NOMEM;
    if (status == LNT_OK) status = lnt_predictor_encode(p->engine, by, p->encoders, start, n, codes, err);
    if (status == LNT_OK) status = keep_block(p, codes, shares, start, n, shares + lnt_predictor_n_shares(by), err);
    lnt_free(codes);
    lnt_free(shares);
    return status;
}

static void predict_piece(void *context, int64_t start, int64_t end) {
    prediction *p = context;
    int64_t block = start / p->predictor.block;
    p->statuses[block] = predict_rows(p, start, end - start, &p->errors[block]);
}

static lnt_status predict(prediction *p, lnt_error *err) {
    LNT_TRY(lnt_check_features(p->table, p->model->features, p->model->n_features, err));
    int64_t n = lnt_table_n_rows(p->table);
    LNT_TRY(lnt_encoders_new(p->table, p->model->features, p->model->n_features, n, &p->encoders, err));
    LNT_TRY(lnt_predictor_init(p->engine, p->model, n, false, &p->predictor, err));
    int64_t n_blocks = n / p->predictor.block + 1;
    if (!(p->statuses = lnt_alloc_array(n_blocks, sizeof *p->statuses, err))) return LNT_NOMEM;
    if (!(p->errors = lnt_alloc_array(n_blocks, sizeof *p->errors, err))) return LNT_NOMEM;
    if (n > 0) LNT_TRY(lnt_engine_pieces(p->engine, n, p->predictor.block, predict_piece, p, err));
    for (int64_t i = 0; i < n_blocks; i++) {
        if (p->statuses[i] == LNT_OK) continue;
        if (err && err->code == LNT_OK) *err = p->errors[i];
        return p->statuses[i];
    }
    return LNT_OK;
}

static void clear(prediction *p) {
    lnt_predictor_clear(&p->predictor);
    lnt_encoders_free(p->encoders, p->model->n_features);
    lnt_free(p->labels);
    lnt_free(p->proba);
    lnt_free(p->statuses);
    lnt_free(p->errors);
}

/// A float column over `n` doubles in a buffer.
static lnt_status float_column(lnt_buffer *data, int64_t n, lnt_column **out, lnt_error *err) {
    data->size = n * 8;
    lnt_column parts = {.type = LNT_FLOAT, .layout = LNT_LAYOUT_PLAIN, .width = 8, .length = n, .data = data};
    return lnt_column_make(parts, out, err);
}

/// A regression: the values, and a column of nulls for their probabilities.
static lnt_status predict_values(lnt_engine *engine, const lnt_model *model, const lnt_table *table,
                                 lnt_column **values, lnt_column **probabilities, lnt_error *err) {
    prediction p = {.engine = engine, .model = model, .table = table};
    int64_t n = lnt_table_n_rows(table);
    lnt_buffer *data = NULL;
    lnt_column *found = NULL;
    lnt_column_builder *builder = NULL;
    lnt_status status = lnt_buffer_new(lnt_engine_budget(engine), n * 8, "predict", &data, err);
    if (status == LNT_OK) {
        p.values = (double *)(void *)data->data;
        status = predict(&p, err);
    }
    if (status == LNT_OK) {
        status = float_column(data, n, &found, err);
        data = NULL;
    }
    if (status == LNT_OK) status = lnt_column_builder_new(engine, LNT_FLOAT, &builder, err);
    for (int64_t i = 0; i < n && status == LNT_OK; i++) {
        status = lnt_column_builder_append(builder, (lnt_value){.type = LNT_FLOAT, .is_null = true}, err);
    }
    if (status == LNT_OK) status = lnt_column_builder_finish(builder, probabilities, err);
    if (status == LNT_OK)
        *values = found;
    else
        lnt_column_unref(found);
    lnt_column_builder_free(builder);
    lnt_buffer_unref(data);
    clear(&p);
    return status;
}

lnt_status lnt_model_predict(lnt_engine *engine, const lnt_model *model, const lnt_table *table, lnt_column **classes,
                             lnt_column **probabilities, lnt_error *err) {
    if (model->regression) return predict_values(engine, model, table, classes, probabilities, err);
    prediction p = {.engine = engine, .model = model, .table = table};
    int64_t n = lnt_table_n_rows(table);
    lnt_buffer *data = NULL;
    lnt_column *found = NULL;
    lnt_status status = lnt_buffer_new(lnt_engine_budget(engine), n * 8, "predict", &data, err);
    if (status == LNT_OK && !(p.labels = lnt_alloc_array(n, sizeof *p.labels, err))) status = LNT_NOMEM;
    if (status == LNT_OK) {
        p.probabilities = (double *)(void *)data->data;
        status = predict(&p, err);
    }
    if (status == LNT_OK) status = lnt__labels_to_column(engine, model->classes, p.labels, n, &found, err);
    if (status == LNT_OK) {
        status = float_column(data, n, probabilities, err);
        data = NULL;
    }
    if (status == LNT_OK)
        *classes = found;
    else
        lnt_column_unref(found);
    lnt_buffer_unref(data);
    clear(&p);
    return status;
}

/// Column names of the classes, as they are written; `*names` and its strings are the caller's.
static lnt_status class_names(const lnt_model *model, char **names, lnt_error *err) {
    char text[LNT_FORMAT_BYTES];
    for (int64_t c = 0; c < model->n_classes; c++) {
        lnt_value value = lnt_column_get(model->classes, c);
        if (value.type == LNT_STRING)
            names[c] =
                lnt_strdup(value.as.s.size ? value.as.s.data : "(empty)", value.as.s.size ? value.as.s.size : -1, err);
        else
            names[c] = lnt_strdup(text, lnt_format_value(value, text), err);
        if (!names[c]) return LNT_NOMEM;
    }
    return LNT_OK;
}

lnt_status lnt_model_predict_proba(lnt_engine *engine, const lnt_model *model, const lnt_table *table, lnt_table **out,
                                   lnt_error *err) {
    if (model->regression)
        return lnt_error_set(err, LNT_ARGUMENT, "a regression has no probabilities: its values are in predict");
    prediction p = {.engine = engine, .model = model, .table = table};
    int64_t n = lnt_table_n_rows(table), k = model->n_classes;
    lnt_status status = LNT_OK;
    lnt_buffer **data = lnt_alloc_array(k, sizeof *data, err);
    lnt_column **columns = data ? lnt_alloc_array(k, sizeof *columns, err) : NULL;
    char **names = columns ? lnt_alloc_array(k, sizeof *names, err) : NULL;
    if (!names || !(p.proba = lnt_alloc_array(k, sizeof *p.proba, err))) status = LNT_NOMEM;
    for (int64_t c = 0; c < k && status == LNT_OK; c++) {
        status = lnt_buffer_new(lnt_engine_budget(engine), n * 8, "predict", &data[c], err);
        if (status == LNT_OK) p.proba[c] = (double *)(void *)data[c]->data;
    }
    if (status == LNT_OK) status = predict(&p, err);
    for (int64_t c = 0; c < k && status == LNT_OK; c++) {
        status = float_column(data[c], n, &columns[c], err);
        data[c] = NULL;
    }
    if (status == LNT_OK) status = class_names(model, names, err);
    if (status == LNT_OK) status = lnt_table_new((const char *const *)names, columns, k, n, out, err);
    for (int64_t c = 0; c < k; c++) {
        if (data) lnt_buffer_unref(data[c]);
        if (columns) lnt_column_unref(columns[c]);
        if (names) lnt_free(names[c]);
    }
    lnt_free(data);
    lnt_free(columns);
    lnt_free(names);
    clear(&p);
    return status;
}
