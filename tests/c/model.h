/// @file model.h
/// Naive columns for tests: arrays of values made by a seeded generator, compared with the engine's columns value by
/// value, and cut into vectors of every form.
#ifndef LUNETTE_TESTS_MODEL_H
#define LUNETTE_TESTS_MODEL_H

#include "check.h"
#include "column/vector.h"

/// A sequence of numbers that is the same everywhere (splitmix64).
static inline uint64_t model_random(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/// What values a model column has.
typedef struct model_kind {
    lnt_type type;
    int null_percent;
    int64_t distinct; ///< how many different values at most
} model_kind;

/// `n` values; strings point into `text`.
typedef struct model {
    model_kind kind;
    int64_t n;
    lnt_value *values;
    char *text;
} model;

enum { MODEL_TEXT = 24 };

static inline lnt_value model_value(model_kind kind, uint64_t number, char *text) {
    lnt_value value = {.type = kind.type};
    switch (kind.type) {
    case LNT_BOOL:
        value.as.b = number & 1;
        break;
    case LNT_INT:
        value.as.i = (int64_t)number * (number & 1 ? -7 : 1) * (number % 5 == 0 ? 1000003 : 1);
        break;
    case LNT_TIME:
        value.as.i = (int64_t)number * 1000003;
        break;
    case LNT_FLOAT:
        value.as.f = (double)number / 7;
        break;
    case LNT_STRING:
        value.as.s.size =
            number % 11 == 3 ? 0 : snprintf(text, MODEL_TEXT, "%s%" PRIu64, number & 2 ? "a-longer-" : "v", number);
        value.as.s.data = text;
        break;
    default:
        value.as.ip = number % 97 == 96 ? (lnt_ip){number, 1} : lnt_ip_from_v4((uint32_t)(number * 2654435761u));
    }
    return value;
}

static inline model model_new(model_kind kind, int64_t n, uint64_t seed) {
    model m = {.kind = kind,
               .n = n,
               .values = calloc((size_t)n + 1, sizeof(lnt_value)),
               .text = calloc((size_t)n + 1, MODEL_TEXT)};
    for (int64_t i = 0; i < n; i++) {
        uint64_t number = model_random(&seed) % (uint64_t)kind.distinct;
        m.values[i] = model_value(kind, number, m.text + i * MODEL_TEXT);
        m.values[i].is_null = (int)(model_random(&seed) % 100) < kind.null_percent;
    }
    return m;
}

static inline void model_free(model *m) {
    free(m->values);
    free(m->text);
}

static inline bool model_same(lnt_value a, lnt_value b) {
    if (a.type != b.type || a.is_null != b.is_null) return false;
    if (a.is_null) return true;
    switch (a.type) {
    case LNT_BOOL:
        return a.as.b == b.as.b;
    case LNT_INT:
    case LNT_TIME:
        return a.as.i == b.as.i;
    case LNT_FLOAT:
        return a.as.f == b.as.f;
    case LNT_STRING:
        return lnt_str_equal(a.as.s, b.as.s);
    default:
        return lnt_ip_compare(a.as.ip, b.as.ip) == 0;
    }
}

/// The model's rows [start, start + n) as a vector; free it with model_vec_free.
static inline lnt_vec model_vec(const model *m, int64_t start, int64_t n) {
    lnt_vec vec = {.type = m->kind.type, .form = LNT_FORM_FLAT};
    int size = m->kind.type == LNT_BOOL ? 1 : m->kind.type == LNT_STRING || m->kind.type == LNT_IP ? 16 : 8;
    char *data = malloc((size_t)(n * size + 1));
    uint64_t *valid = calloc((size_t)lnt_bitmap_words(n) + 1, 8);
    memset(data, 0xa5, (size_t)(n * size)); // whatever: null rows are undefined in a vector
    for (int64_t i = 0; i < n; i++) {
        lnt_value value = m->values[start + i];
        if (value.is_null) continue;
        lnt_bitmap_set(valid, i);
        if (size == 1)
            data[i] = value.as.b;
        else
            memcpy(data + i * size, &value.as, (size_t)size);
    }
    vec.data = data;
    vec.valid = valid;
    return vec;
}

static inline void model_vec_free(lnt_vec *vec) {
    free((void *)(uintptr_t)vec->data);
    free((void *)(uintptr_t)vec->valid);
}

/// The model as a column, built value by value.
static inline lnt_column *model_column(lnt_engine *engine, const model *m) {
    lnt_error err = {0};
    lnt_column_builder *builder = NULL;
    lnt_column *column = NULL;
    CHECK_OK(lnt_column_builder_new(engine, m->kind.type, &builder, &err), &err);
    for (int64_t i = 0; i < m->n; i++) CHECK_OK(lnt_column_builder_append(builder, m->values[i], &err), &err);
    CHECK_OK(lnt_column_builder_finish(builder, &column, &err), &err);
    lnt_column_builder_free(builder);
    return column;
}

/// Row i of the column must be the model's row rows[i] (rows NULL: row i; -1: null).
static inline void model_check(const model *m, const lnt_column *column, const int64_t *rows, int64_t n) {
    CHECK_INT(lnt_column_length(column), n);
    int64_t nulls = 0;
    for (int64_t i = 0; i < n && i < lnt_column_length(column); i++) {
        int64_t row = rows ? rows[i] : i;
        lnt_value want = {.type = m->kind.type, .is_null = true};
        if (row >= 0) want = m->values[row];
        nulls += want.is_null;
        bool same = model_same(lnt_column_get(column, i), want);
        CHECK_MSG(same, "row %" PRId64 " of a %s column", i, lnt_type_name(m->kind.type));
        if (!same) return;
    }
    CHECK_INT(lnt_column_null_count(column), nulls);
}

#endif
