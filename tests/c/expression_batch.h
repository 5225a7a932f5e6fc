/// @file expression_batch.h
/// Random batches with a column of every type, in every form that a vector can have.
#ifndef LUNETTE_TESTS_EXPRESSION_BATCH_H
#define LUNETTE_TESTS_EXPRESSION_BATCH_H

#include "expression_model.h"

enum { MODEL_COLUMNS = 10, MODEL_ROWS = 300, MODEL_DISTINCT = 40 };
static const char *const model_names[MODEL_COLUMNS] = {"b", "c", "i", "j", "f", "g", "s", "u", "t", "p"};
static const lnt_type model_types[MODEL_COLUMNS] = {LNT_BOOL,  LNT_BOOL,   LNT_INT,    LNT_INT,  LNT_FLOAT,
                                                    LNT_FLOAT, LNT_STRING, LNT_STRING, LNT_TIME, LNT_IP};

static uint64_t model_state = 7;
static inline unsigned model_below(unsigned n) {
    model_state = model_state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(model_state >> 33) % n;
}

/// Values by column and row, and the vectors that hold them.
typedef struct model_batch {
    lnt_value values[MODEL_COLUMNS][MODEL_ROWS];
    lnt_vec vecs[MODEL_COLUMNS];
    uint64_t valid[MODEL_COLUMNS][MODEL_ROWS / 64 + 1];
    _Alignas(16) uint8_t data[MODEL_COLUMNS][MODEL_ROWS * 16];
    lnt_column *dictionaries[MODEL_COLUMNS];
    uint32_t sel[MODEL_ROWS];
    lnt_batch batch;
} model_batch;

static inline lnt_value model_random_value(int column) {
    static const char *const texts[] = {"",
                                        "a",
                                        "ab",
                                        "evil.example.com",
                                        "1.2.3.4:80",
                                        "http://x.org/p?q",
                                        "\xc3\x84pfel",
                                        "42",
                                        "-7",
                                        "2.5",
                                        "true",
                                        "2021-09-01",
                                        "::1",
                                        "B",
                                        "[2001:db8::1]:443",
                                        "d41d8cd98f00b204e9800998ecf8427e"};
    static const int64_t ints[] = {0, 1, -1, 2, 3, 7, -5, 443, 1000000, INT64_MAX, INT64_MIN, INT64_MAX - 1, (1LL << 53) + 1,
                                   -(1LL << 53) - 1};
    static const double floats[] = {0, -0.0, 1, -1.5, 2.25, 1e300, -1e-300, __builtin_inf(), -__builtin_inf(), 3, 443,
                                    0x1p53, -0x1p53, 0x1p63, -0x1p63};
    lnt_value value = {.type = model_types[column]};
    switch (value.type) {
    case LNT_BOOL:
        value.as.b = model_below(2) != 0;
        break;
    case LNT_INT:
        value.as.i = column == 3 || model_below(4) ? (int64_t)model_below(20) - 5 : ints[model_below(14)];
        break;
    case LNT_FLOAT:
        value.as.f = model_below(12) == 0 ? __builtin_nan("") : floats[model_below(15)];
        break;
    case LNT_STRING:
        value.as.s = lnt_str_from(texts[model_below(16)]);
        break;
    case LNT_TIME:
        value.as.i = ((int64_t)model_below(2000000) - 500000) * 1000003777;
        break;
    default:
        value.as.ip =
            model_below(2) ? lnt_ip_from_v4(model_below(5) + 0x0a000000) : (lnt_ip){0x20010db800000000, model_below(3)};
    }
    value.is_null = model_below(6) == 0;
    return value;
}

/// A PLAIN column of the texts, by hand: the builder might choose another layout.
static inline lnt_column *model_dictionary(const lnt_str *texts, int64_t n) {
    struct lnt_column parts = {.type = LNT_STRING, .layout = LNT_LAYOUT_PLAIN, .width = 4, .length = n};
    lnt_error err = {0};
    lnt_column *made = NULL;
    CHECK_OK(lnt_buffer_new(NULL, (n + 1) * 4, "test", &parts.data, &err), &err);
    CHECK_OK(lnt_buffer_new(NULL, 4096, "test", &parts.bytes, &err), &err);
    uint32_t at = 0;
    for (int64_t i = 0; i <= n; i++) {
        memcpy(parts.data->data + i * 4, &at, 4);
        if (i == n) break;
        memcpy(parts.bytes->data + at, texts[i].data, (size_t)texts[i].size);
        at += (uint32_t)texts[i].size;
    }
    parts.data->size = (n + 1) * 4;
    parts.bytes->size = at;
    CHECK_OK(lnt_column_make(parts, &made, &err), &err);
    return made;
}

static inline void model_as_dictionary(model_batch *model, int column, int64_t n) {
    lnt_str texts[MODEL_DISTINCT];
    int64_t distinct = 0;
    uint32_t *codes = (uint32_t *)(void *)model->data[column];
    for (int64_t row = 0; row < n; row++) {
        const lnt_value *value = &model->values[column][row];
        int64_t code = 0;
        if (!value->is_null) {
            while (code < distinct && !lnt_str_equal(texts[code], value->as.s)) code++;
            if (code == distinct) texts[distinct++] = value->as.s;
        }
        codes[row] = (uint32_t)code;
    }
    model->dictionaries[column] = model_dictionary(texts, distinct);
    model->vecs[column].form = LNT_FORM_DICTIONARY;
    model->vecs[column].dictionary = model->dictionaries[column];
}

static inline void model_as_flat(model_batch *model, int column, int64_t n) {
    int64_t bytes = lnt_vec_value_bytes(model_types[column]);
    for (int64_t row = 0; row < n; row++) {
        lnt_value value = model->values[column][row];
        if (value.is_null) memset(&value.as, 0, sizeof value.as);
        memcpy(model->data[column] + row * bytes, &value.as, (size_t)bytes);
    }
}

/// Fills `model` with `n` random rows; every column takes one of its forms, and about a third of the batches have a
/// selection.
static inline void model_fill(model_batch *model, int64_t n) {
    memset(model, 0, sizeof *model);
    for (int c = 0; c < MODEL_COLUMNS; c++) {
        bool constant = model_below(5) == 0, no_nulls = model_below(3) == 0;
        for (int64_t row = 0; row < n; row++) {
            model->values[c][row] = constant && row > 0 ? model->values[c][0] : model_random_value(c);
            if (no_nulls) model->values[c][row].is_null = false;
            if (!model->values[c][row].is_null) lnt_bitmap_set(model->valid[c], row);
        }
        bool all = true;
        for (int64_t row = 0; row < n; row++) all &= !model->values[c][row].is_null;
        model->vecs[c] =
            (lnt_vec){.type = model_types[c], .data = model->data[c], .valid = all ? NULL : model->valid[c]};
        if (constant && n > 0) {
            model->vecs[c].form = LNT_FORM_CONSTANT;
            model_as_flat(model, c, 1);
        } else if (model_types[c] == LNT_STRING && model_below(2)) {
            model_as_dictionary(model, c, n);
        } else {
            model_as_flat(model, c, n);
        }
    }
    model->batch =
        (lnt_batch){.n_rows = n, .n_sel = n, .first_row = 0, .n_columns = MODEL_COLUMNS, .columns = model->vecs};
    if (model_below(3)) return;
    unsigned share = 1 + model_below(10);
    model->batch.sel = model->sel;
    model->batch.n_sel = 0;
    for (int64_t row = 0; row < n; row++)
        if (model_below(10) < share) model->sel[model->batch.n_sel++] = (uint32_t)row;
}

static inline void model_clear(model_batch *model) {
    for (int c = 0; c < MODEL_COLUMNS; c++) lnt_column_unref(model->dictionaries[c]);
}

/// The physical row of selected row `k`.
static inline int64_t model_row(const model_batch *model, int64_t k) {
    return model->batch.sel ? model->batch.sel[k] : k;
}

static inline lnt_schema *model_schema(void) {
    lnt_schema *schema = NULL;
    lnt_error err = {0};
    CHECK_OK(lnt_schema_new(model_names, model_types, MODEL_COLUMNS, &schema, &err), &err);
    return schema;
}

/// Whether two values are the same; NaN is, int and float compare as numbers.
static inline bool model_same(lnt_value a, lnt_value b) {
    if (a.is_null || b.is_null) return a.is_null == b.is_null;
    if (a.type == LNT_INT && b.type == LNT_FLOAT) a = value_float((double)a.as.i);
    if (a.type == LNT_FLOAT && b.type == LNT_INT) b = value_float((double)b.as.i);
    if (a.type != b.type) return false;
    switch (a.type) {
    case LNT_BOOL:
        return a.as.b == b.as.b;
    case LNT_FLOAT:
        return a.as.f == b.as.f || (a.as.f != a.as.f && b.as.f != b.as.f);
    case LNT_STRING:
        return lnt_str_equal(a.as.s, b.as.s);
    case LNT_IP:
        return lnt_ip_compare(a.as.ip, b.as.ip) == 0;
    default:
        return a.as.i == b.as.i;
    }
}

static inline lnt_value model_get(const lnt_vec *vec, int64_t row) {
    return lnt_vec_is_valid(vec, row) ? lnt_vec_get(vec, row) : value_null(vec->type);
}

#endif
