/// @file feature.c
/// Features: fitting is here for categories, in feature_number.c for numbers; encoder.c encodes both.
#include "learn/feature.h"

#include <math.h>
#include <string.h>

#include "learn/feature_number.h"

lnt_str lnt__value_key(const lnt_vec *vec, int64_t i, char scratch[LNT_KEY_BYTES]) {
    int64_t at = vec->form == LNT_FORM_CONSTANT ? 0 : i;
    switch (vec->type) {
    case LNT_STRING: return lnt_vec_str(vec, i);
    case LNT_IP: memcpy(scratch, (const lnt_ip *)vec->data + at, 16); return (lnt_str){scratch, 16};
    case LNT_BOOL: scratch[0] = ((const char *)vec->data)[at]; return (lnt_str){scratch, 1};
    case LNT_NULL:
    case LNT_INT:
    case LNT_FLOAT:
    case LNT_TIME: break;
    }
    memcpy(scratch, (const int64_t *)vec->data + at, 8);
    return (lnt_str){scratch, 8};
}

lnt_value lnt__key_value(lnt_type type, lnt_str key) {
    lnt_value value = {.type = type};
    switch (type) {
    case LNT_STRING: value.as.s = key; break;
    case LNT_IP: memcpy(&value.as.ip, key.data, 16); break;
    case LNT_BOOL: value.as.b = key.data[0] != 0; break;
    case LNT_NULL: value.is_null = true; break;
    case LNT_INT:
    case LNT_TIME: memcpy(&value.as.i, key.data, 8); break;
    case LNT_FLOAT: memcpy(&value.as.f, key.data, 8); break;
    }
    return value;
}

void lnt__vector_numbers(const lnt_vec *vec, int64_t n, double *out) {
    bool constant = vec->form == LNT_FORM_CONSTANT;
    const double *floats = vec->data;
    const int64_t *ints = vec->data;
    const uint8_t *bools = vec->data;
    if (constant) {
        double value = NAN;
        if (lnt_vec_is_valid(vec, 0)) value = vec->type == LNT_FLOAT ? floats[0] : vec->type == LNT_BOOL ? bools[0] : (double)ints[0];
        for (int64_t i = 0; i < n; i++) out[i] = value;
    } else if (vec->type == LNT_FLOAT) {
        memcpy(out, floats, (size_t)n * sizeof *out);
    } else if (vec->type == LNT_BOOL) {
        for (int64_t i = 0; i < n; i++) out[i] = bools[i];
    } else {
        for (int64_t i = 0; i < n; i++) out[i] = (double)ints[i];
    }
    for (int64_t i = 0; i < n && vec->valid && !constant; i++) {
        if (!lnt_vec_is_valid(vec, i)) out[i] = NAN;
    }
}

// ---- fitting a category ----

/// Levels in order of appearance, and how many rows each has.
typedef struct level_counts {
    lnt_intern seen;
    int64_t *rows;
    int64_t capacity;
} level_counts;

static lnt_status count_key(level_counts *counts, lnt_str key, lnt_error *err) {
    uint32_t code;
    int64_t before = counts->seen.n;
    LNT_TRY(lnt_intern_add(&counts->seen, key, &code, err));
    if (code == before) {
        LNT_TRY(lnt_grow((void **)&counts->rows, &counts->capacity, before + 1, sizeof *counts->rows, err));
        counts->rows[code] = 0;
    }
    counts->rows[code]++;
    return LNT_OK;
}

static lnt_status count_levels(lnt_engine *engine, const lnt_column *column, level_counts *counts, lnt_error *err) {
    lnt_arena arena;
    lnt_arena_init(&arena, lnt_engine_budget(engine), "learn");
    lnt_status status = LNT_OK;
    char scratch[LNT_KEY_BYTES];
    for (int64_t start = 0; start < column->length && status == LNT_OK; start += LNT_BATCH_ROWS) {
        int64_t n = column->length - start < LNT_BATCH_ROWS ? column->length - start : LNT_BATCH_ROWS;
        lnt_vec vec;
        status = lnt_engine_check(engine, err);
        if (status == LNT_OK) status = lnt_vec_from_column(column, start, n, &arena, &vec, err);
        for (int64_t i = 0; i < n && status == LNT_OK; i++) {
            if (lnt_vec_is_valid(&vec, i)) status = count_key(counts, lnt__value_key(&vec, i, scratch), err);
        }
        lnt_arena_reset(&arena);
    }
    lnt_arena_clear(&arena);
    return status;
}

/// The least count of rows with which at most LNT_MAX_LEVELS levels stay, and at least `min_level`.
static int64_t level_bound(const level_counts *counts, int64_t min_level) {
    for (int64_t bound = min_level;; bound++) {
        int64_t n = 0;
        for (int64_t code = 0; code < counts->seen.n; code++) n += counts->rows[code] >= bound;
        if (n <= LNT_MAX_LEVELS) return bound;
    }
}

static lnt_status fit_category(lnt_engine *engine, const lnt_column *column, int64_t min_level, lnt_feature *out,
                               lnt_error *err) {
    level_counts counts = {.seen = {.budget = lnt_engine_budget(engine), .who = "learn"}};
    lnt_status status = count_levels(engine, column, &counts, err);
    int64_t bound = status == LNT_OK ? level_bound(&counts, min_level) : 0;
    uint32_t code;
    for (int64_t i = 0; i < counts.seen.n && status == LNT_OK; i++) {
        if (counts.rows[i] >= bound) status = lnt_intern_add(&out->levels, lnt_intern_get(&counts.seen, i), &code, err);
    }
    out->n_bins = out->levels.n;
    lnt_free(counts.rows);
    lnt_intern_clear(&counts.seen);
    return status;
}

lnt_status lnt_feature_fit(lnt_engine *engine, const char *name, const lnt_column *column, bool categorical,
                           int64_t min_level, int64_t max_bins, lnt_feature *out, lnt_error *err) {
    *out = (lnt_feature){.type = column->type,
                         .categorical = categorical || column->type == LNT_STRING || column->type == LNT_IP,
                         .levels = {.budget = lnt_engine_budget(engine), .who = "learn"}};
    if (!(out->name = lnt_strdup(name, -1, err))) return LNT_NOMEM;
    if (out->categorical && column->type == LNT_FLOAT) {
        return lnt_error_set(err, LNT_TYPE, "the feature '%s' is a float and can't be a category: make it an int or a string",
                             name);
    }
    if (out->categorical) return fit_category(engine, column, min_level, out, err);
    return lnt__feature_fit_number(engine, column, max_bins, out, err);
}

void lnt_feature_clear(lnt_feature *feature) {
    lnt_free(feature->name);
    lnt_free(feature->edges);
    lnt_intern_clear(&feature->levels);
    feature->name = NULL;
    feature->edges = NULL;
}
