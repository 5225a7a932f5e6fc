/// @file learn_tables.h
/// What tests of the learner share: small tables, fitting, a model's bytes.
#ifndef LNT_TEST_LEARN_TABLES_H
#define LNT_TEST_LEARN_TABLES_H

#include <math.h>
#include <unistd.h>

#include "base/hash.h"
#include "check.h"
#include "learn/model.h"
#include "lunette/plan.h"

static lnt_error err;

static inline uint64_t next_random(uint64_t *state) {
    *state += 0x9e3779b97f4a7c15u;
    return lnt_hash_u64(*state);
}

static inline lnt_engine *engine_of(int threads) {
    lnt_engine *engine = NULL;
    lnt_engine_options options = {.n_threads = threads};
    CHECK_OK(lnt_engine_new(&options, &engine, &err), &err);
    return engine;
}

static inline lnt_column *floats(lnt_engine *engine, const double *values, int64_t n) {
    lnt_column_builder *builder = NULL;
    lnt_column *column = NULL;
    CHECK_OK(lnt_column_builder_new(engine, LNT_FLOAT, &builder, &err), &err);
    for (int64_t i = 0; i < n; i++) {
        lnt_value value = {.type = LNT_FLOAT, .is_null = values[i] == -999, .as.f = values[i]};
        CHECK_OK(lnt_column_builder_append(builder, value, &err), &err);
    }
    CHECK_OK(lnt_column_builder_finish(builder, &column, &err), &err);
    lnt_column_builder_free(builder);
    return column;
}

/// Letters as strings; '-' is null.
static inline lnt_column *letters(lnt_engine *engine, const char *values, int64_t n) {
    lnt_column_builder *builder = NULL;
    lnt_column *column = NULL;
    CHECK_OK(lnt_column_builder_new(engine, LNT_STRING, &builder, &err), &err);
    for (int64_t i = 0; i < n; i++) {
        lnt_value value = {.type = LNT_STRING, .is_null = values[i] == '-', .as.s = {values + i, 1}};
        CHECK_OK(lnt_column_builder_append(builder, value, &err), &err);
    }
    CHECK_OK(lnt_column_builder_finish(builder, &column, &err), &err);
    lnt_column_builder_free(builder);
    return column;
}

static inline lnt_column *ints(lnt_engine *engine, const int64_t *values, int64_t n) {
    lnt_column_builder *builder = NULL;
    lnt_column *column = NULL;
    CHECK_OK(lnt_column_builder_new(engine, LNT_INT, &builder, &err), &err);
    for (int64_t i = 0; i < n; i++) {
        CHECK_OK(lnt_column_builder_append(builder, (lnt_value){.type = LNT_INT, .as.i = values[i]}, &err), &err);
    }
    CHECK_OK(lnt_column_builder_finish(builder, &column, &err), &err);
    lnt_column_builder_free(builder);
    return column;
}

/// A table of columns, which it takes over.
static inline lnt_table *table_of(const char *const *names, lnt_column **columns, int64_t n) {
    lnt_table *table = NULL;
    CHECK_OK(lnt_table_new(names, columns, n, lnt_column_length(columns[0]), &table, &err), &err);
    for (int64_t i = 0; i < n; i++) lnt_column_unref(columns[i]);
    return table;
}

__attribute__((unused)) static const char *const x_c[] = {"x", "c"};
__attribute__((unused)) static const char *const x_c_y[] = {"x", "c", "y"};

static inline lnt_model *fit(lnt_engine *engine, const lnt_table *table, lnt_learn_options options) {
    lnt_model *model = NULL;
    if (!options.target) options.target = "y";
    if (!options.features) options.features = x_c, options.n_features = 2;
    CHECK_OK(lnt_model_fit(engine, table, &options, &model, &err), &err);
    return model;
}

static inline void check_rules(const lnt_model *model, const char *expected) {
    char *rules = NULL;
    CHECK_OK(lnt_model_rules(model, 0, &rules, &err), &err);
    CHECK_STR(rules, expected);
    lnt_text_free(rules);
}

/// The predicted classes as one text, if they are letters.
static inline void check_predicts(lnt_engine *engine, const lnt_model *model, const lnt_table *table, const char *expected) {
    lnt_column *classes = NULL, *probabilities = NULL;
    char text[64] = {0};
    CHECK_OK(lnt_model_predict(engine, model, table, &classes, &probabilities, &err), &err);
    for (int64_t i = 0; classes && i < lnt_column_length(classes) && i < 63; i++) {
        text[i] = lnt_column_get(classes, i).as.s.data[0];
        double p = lnt_column_get(probabilities, i).as.f;
        CHECK(p > 0 && p <= 1);
    }
    CHECK_STR(text, expected);
    lnt_column_unref(classes);
    lnt_column_unref(probabilities);
}


/// Rows with two numbers, a category of many levels, nulls, and `k` classes that depend on them.
static inline lnt_table *random_table(lnt_engine *engine, int64_t n, int64_t k, uint64_t seed) {
    double *x = malloc((size_t)n * 8);
    int64_t *c = malloc((size_t)n * 8), *y = malloc((size_t)n * 8);
    for (int64_t i = 0; i < n; i++) {
        uint64_t r = next_random(&seed);
        x[i] = r % 17 == 0 ? -999 : (double)(r >> 40) / 1000;
        c[i] = (int64_t)(next_random(&seed) % 700);
        y[i] = (int64_t)(((uint64_t)(x[i] / 900) + (uint64_t)c[i] % 13 + next_random(&seed) % 3) % (uint64_t)k);
    }
    lnt_column *columns[] = {floats(engine, x, n), ints(engine, c, n), ints(engine, y, n)};
    free(x);
    free(c);
    free(y);
    return table_of(x_c_y, columns, 3);
}

__attribute__((unused)) static const char *const category_c[] = {"c"};

static inline char *saved(const lnt_model *model, int64_t *size) {
    char path[] = "/tmp/lunette-model-XXXXXX";
    close(mkstemp(path));
    CHECK_OK(lnt_model_save(model, path, &err), &err);
    FILE *file = fopen(path, "rb");
    fseek(file, 0, SEEK_END);
    *size = ftell(file);
    rewind(file);
    char *bytes = malloc((size_t)*size);
    CHECK_INT(fread(bytes, 1, (size_t)*size, file), *size);
    fclose(file);
    remove(path);
    return bytes;
}

static inline lnt_status load_bytes(lnt_engine *engine, const char *bytes, int64_t size, lnt_model **out) {
    char path[] = "/tmp/lunette-model-XXXXXX";
    FILE *file = fdopen(mkstemp(path), "wb");
    fwrite(bytes, 1, (size_t)size, file);
    fclose(file);
    lnt_error e = {0};
    lnt_status status = lnt_model_load(engine, path, out, &e);
    remove(path);
    return status;
}

#endif
