/// @file importance.c
/// Permutation importance: how much accuracy is lost when a feature's values are dealt out anew among the rows.
#include <math.h>
#include <string.h>

#include "learn/dataset.h"
#include "learn/predictor.h"
#include "learn/prng.h"

typedef struct trial {
    lnt_engine *engine;
    const lnt_model *model;
    const lnt_predictor *predictor;
    int64_t n;              ///< rows
    const uint16_t *codes;  ///< a row's side by side
    const uint32_t *labels; ///< by row; NULL: numbers
    const double *targets;  ///< by row, of a regression; NaN where there is none
    double *errors;         ///< by row: squared
    const uint32_t *order;  ///< the row whose value row i gets
    int64_t feature;        ///< that is shuffled; -1: none
    _Atomic int64_t hits;
    _Atomic bool failed;
} trial;

/// Tries rows [start, end), whose codes and shares have room. `best` is scratch.
static lnt_status try_block(trial *t, int64_t start, int64_t n, uint16_t *codes, float *shares, float *best,
                            uint32_t *found) {
    const lnt_predictor *by = t->predictor;
    int64_t n_features = t->model->n_features, shuffled = t->feature;
    memcpy(codes, t->codes + start * n_features, (size_t)(n * n_features) * 2);
    for (int64_t i = 0; i < n && shuffled >= 0; i++) {
        codes[i * n_features + shuffled] = t->codes[t->order[start + i] * n_features + shuffled];
    }
    LNT_TRY(lnt_predictor_ask(by, codes, n, shares, NULL));
    for (int64_t i = 0; i < n && t->targets; i++) {
        double error = (double)shares[i * by->row_step] - t->targets[start + i];
        t->errors[start + i] = error * error;
    }
    if (!t->labels) return LNT_OK;
    int64_t hits = 0;
    lnt_predictor_best(by, shares, n, found, best);
    for (int64_t i = 0; i < n; i++) hits += found[i] == t->labels[start + i];
    atomic_fetch_add(&t->hits, hits);
    return LNT_OK;
}

static void try_rows(void *context, int64_t start, int64_t end) {
    trial *t = context;
    const lnt_predictor *by = t->predictor;
    int64_t n_shares = lnt_predictor_n_shares(by);
    uint16_t *codes = lnt_alloc_array(lnt_predictor_code_bytes(by), 1, NULL);
    float *shares = lnt_alloc_array(n_shares + by->block, sizeof *shares, NULL);
    uint32_t *found = lnt_alloc_array(by->block, sizeof *found, NULL);
    if (!codes || !shares || !found ||
        try_block(t, start, end - start, codes, shares, shares + n_shares, found) != LNT_OK)
        atomic_store(&t->failed, true);
    lnt_free(codes);
    lnt_free(shares);
    lnt_free(found);
}

/// The share of the targets' variance that the predictions explain.
static double explained(const trial *t, int64_t n) {
    double mean = 0, rows = 0, variance = 0, errors = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!isnan(t->targets[i])) mean += t->targets[i], rows++;
    }
    mean /= rows > 0 ? rows : 1;
    for (int64_t i = 0; i < n; i++) {
        if (isnan(t->targets[i])) continue;
        variance += (t->targets[i] - mean) * (t->targets[i] - mean);
        errors += t->errors[i];
    }
    return variance > 0 ? 1 - errors / variance : 0;
}

static lnt_status accuracy(trial *t, int64_t n, double *out, lnt_error *err) {
    atomic_store(&t->hits, 0);
    LNT_TRY(lnt_engine_pieces(t->engine, n, t->predictor->block, try_rows, t, err));
    if (atomic_load(&t->failed)) {
        LNT_TRY(lnt_engine_check(t->engine, err));
        return lnt_error_set(err, LNT_NOMEM, "no memory is left to measure the importance");
    }
    if (t->labels)
        *out = (double)atomic_load(&t->hits) / (double)n;
    else
        *out = explained(t, n);
    return LNT_OK;
}

static void shuffle(uint32_t *order, int64_t n, uint64_t seed) {
    lnt_prng prng = {seed};
    for (int64_t i = 0; i < n; i++) order[i] = (uint32_t)i;
    for (int64_t i = n - 1; i > 0; i--) {
        int64_t j = (int64_t)lnt_prng_below(&prng, (uint64_t)i + 1);
        uint32_t other = order[j];
        order[j] = order[i];
        order[i] = other;
    }
}

/// Mean and standard deviation of the loss by each feature.
static lnt_status measure(trial *t, int64_t n, int64_t repeats, uint64_t seed, uint32_t *order, double *mean,
                          double *spread, lnt_error *err) {
    double base = 0, with = 0;
    t->order = order;
    t->feature = -1;
    LNT_TRY(accuracy(t, n, &base, err));
    for (int64_t f = 0; f < t->model->n_features; f++) {
        double sum = 0, squares = 0;
        t->feature = f;
        for (int64_t r = 0; r < repeats; r++) {
            shuffle(order, n, lnt_hash_combine(lnt_hash_combine(seed, (uint64_t)f), (uint64_t)r));
            LNT_TRY(accuracy(t, n, &with, err));
            sum += base - with;
            squares += (base - with) * (base - with);
        }
        mean[f] = sum / (double)repeats;
        double variance = squares / (double)repeats - mean[f] * mean[f];
        spread[f] = variance > 0 ? sqrt(variance) : 0;
    }
    return LNT_OK;
}

static lnt_status add_values(lnt_engine *engine, lnt_type type, const lnt_model *model, const double *values,
                             lnt_column **out, lnt_error *err) {
    lnt_column_builder *builder = NULL;
    lnt_status status = lnt_column_builder_new(engine, type, &builder, err);
    for (int64_t f = 0; f < model->n_features && status == LNT_OK; f++) {
        lnt_value value = {.type = type};
        if (values)
            value.as.f = values[f];
        else
            value.as.s = lnt_str_from(model->features[f].name);
        status = lnt_column_builder_append(builder, value, err);
    }
    if (status == LNT_OK) status = lnt_column_builder_finish(builder, out, err);
    lnt_column_builder_free(builder);
    return status;
}

static lnt_status make_table(lnt_engine *engine, const lnt_model *model, const double *mean, const double *spread,
                             lnt_table **out, lnt_error *err) {
    static const char *const names[] = {"feature", "permutation", "spread", "gain"};
    lnt_column *columns[4] = {0};
    lnt_status status = add_values(engine, LNT_STRING, model, NULL, &columns[0], err);
    if (status == LNT_OK) status = add_values(engine, LNT_FLOAT, model, mean, &columns[1], err);
    if (status == LNT_OK) status = add_values(engine, LNT_FLOAT, model, spread, &columns[2], err);
    if (status == LNT_OK) status = add_values(engine, LNT_FLOAT, model, model->gain, &columns[3], err);
    if (status == LNT_OK) status = lnt_table_new(names, columns, 4, model->n_features, out, err);
    for (int i = 0; i < 4; i++) lnt_column_unref(columns[i]);
    return status;
}

/// A regression's targets as doubles, with room for as many errors behind them; the caller's.
static lnt_status read_targets(const lnt_column *column, double **out, lnt_error *err) {
    if (column->type != LNT_FLOAT && column->type != LNT_INT)
        return lnt_error_set(err, LNT_TYPE, "the target is %s, not a number", lnt_type_name(column->type));
    if (!(*out = lnt_alloc_array(column->length, 16, err))) return LNT_NOMEM;
    for (int64_t i = 0; i < column->length; i++) {
        lnt_value value = lnt_column_get(column, i);
        (*out)[i] = value.is_null ? NAN : value.type == LNT_FLOAT ? value.as.f : (double)value.as.i;
    }
    return LNT_OK;
}

lnt_status lnt_model_importance(lnt_engine *engine, const lnt_model *model, const lnt_table *table, int64_t repeats,
                                uint64_t seed, lnt_table **out, lnt_error *err) {
    const lnt_column *target;
    int64_t n = lnt_table_n_rows(table);
    if (repeats < 1) return lnt_error_set(err, LNT_ARGUMENT, "importance needs at least one repeat");
    if (n < 1 || n > UINT32_MAX) return lnt_error_set(err, LNT_ARGUMENT, "importance needs rows to measure on");
    LNT_TRY(lnt_check_features(table, model->features, model->n_features, err));
    LNT_TRY(lnt__learn_column(table, model->target, "target", &target, err));
    uint32_t *labels = NULL, *order = NULL;
    uint16_t *codes = NULL;
    lnt_predictor predictor = {0};
    double *mean = NULL, *targets = NULL;
    lnt_status status = model->regression ? read_targets(target, &targets, err)
                                          : lnt__labels_among(engine, target, model->classes, &labels, err);
    if (status == LNT_OK && !(order = lnt_alloc_array(n, sizeof *order, err))) status = LNT_NOMEM;
    if (status == LNT_OK && !(codes = lnt_alloc_array(n, model->n_features * 2, err))) status = LNT_NOMEM;
    if (status == LNT_OK && !(mean = lnt_alloc_array(model->n_features, 16, err))) status = LNT_NOMEM;
    if (status == LNT_OK) status = lnt_predictor_init(engine, model, n, true, &predictor, err);
    if (status == LNT_OK) status = lnt_encode_rows(engine, table, model->features, model->n_features, 0, n, codes, err);
    if (status == LNT_OK) {
        trial t = {.engine = engine,
                   .model = model,
                   .predictor = &predictor,
                   .n = n,
                   .codes = codes,
                   .labels = labels,
                   .targets = targets,
                   .errors = targets ? targets + n : NULL};
        status = measure(&t, n, repeats, seed, order, mean, mean + model->n_features, err);
    }
    if (status == LNT_OK) status = make_table(engine, model, mean, mean + model->n_features, out, err);
    lnt_predictor_clear(&predictor);
    lnt_free(labels);
    lnt_free(targets);
    lnt_free(order);
    lnt_free(codes);
    lnt_free(mean);
    return status;
}
