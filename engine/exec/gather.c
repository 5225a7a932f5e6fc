/// @file gather.c
/// Gathering rows, a tight loop per layout; and numbers changed between int and float for keys.
#include "exec/gather.h"

#include <string.h>

static int64_t item_bytes(lnt_type type, lnt_form form) {
    return form == LNT_FORM_DICTIONARY ? (int64_t)sizeof(uint32_t) : lnt_vec_value_bytes(type);
}

/// Room for n values and their validity (all set).
static lnt_status make_room(int64_t n, int64_t bytes, lnt_arena *scratch, void **data, uint64_t **valid,
                            lnt_error *err) {
    *data = lnt_arena_alloc(scratch, n * bytes, err);
    *valid = *data ? lnt_arena_alloc(scratch, lnt_bitmap_words(n) * (int64_t)sizeof **valid, err) : NULL;
    if (!*valid) return LNT_NOMEM;
    memset(*valid, 0xff, (size_t)lnt_bitmap_words(n) * sizeof **valid);
    return LNT_OK;
}

/// A loop that reads TYPE from the column and writes TO; row -1 reads row 0, which is masked by its null.
#define GATHER(TO, TYPE, CONVERTED)                                                                                    \
    do {                                                                                                               \
        const TYPE *from = (const TYPE *)(const void *)column->data->data;                                             \
        for (int64_t k = 0; k < n; k++) {                                                                              \
            if (rows[k] < 0) {                                                                                         \
                memset(&((TO *)data)[k], 0, sizeof(TO));                                                               \
                continue;                                                                                              \
            }                                                                                                          \
            TYPE value = from[rows[k] & mask];                                                                         \
            ((TO *)data)[k] = (CONVERTED);                                                                             \
        }                                                                                                              \
    } while (0)

static void gather_ints(const lnt_column *column, const int64_t *rows, int64_t n, int64_t mask, void *data) {
    switch (column->width) {
    case 1:
        GATHER(int64_t, int8_t, value);
        break;
    case 2:
        GATHER(int64_t, int16_t, value);
        break;
    case 4:
        GATHER(int64_t, int32_t, value);
        break;
    default:
        GATHER(int64_t, int64_t, value);
        break;
    }
}

static void gather_codes(const lnt_column *column, const int64_t *rows, int64_t n, void *data) {
    int64_t mask = -1;
    switch (column->width) {
    case 1:
        GATHER(uint32_t, uint8_t, value);
        break;
    case 2:
        GATHER(uint32_t, uint16_t, value);
        break;
    default:
        GATHER(uint32_t, uint32_t, value);
        break;
    }
}

static void gather_strings(const lnt_column *column, const int64_t *rows, int64_t n, int64_t mask, lnt_str *data) {
    for (int64_t k = 0; k < n; k++) data[k] = rows[k] < 0 ? (lnt_str){"", 0} : lnt_column_str(column, rows[k] & mask);
}

static void gather_values(const lnt_column *column, const int64_t *rows, int64_t n, void *data) {
    int64_t mask = column->layout == LNT_LAYOUT_CONSTANT ? 0 : -1;
    switch (column->type) {
    case LNT_BOOL:
        GATHER(uint8_t, uint8_t, value);
        break;
    case LNT_STRING:
        gather_strings(column, rows, n, mask, data);
        break;
    case LNT_IP:
        if (column->width == 4) {
            GATHER(lnt_ip, uint32_t, lnt_ip_from_v4(value));
        } else {
            GATHER(lnt_ip, lnt_ip, value);
        }
        break;
    case LNT_FLOAT:
        GATHER(double, double, value);
        break;
    default:
        gather_ints(column, rows, n, mask, data);
        break;
    }
}

lnt_status lnt__gather_column(const lnt_column *column, const int64_t *rows, int64_t n, lnt_arena *scratch,
                              lnt_vec *out, lnt_error *err) {
    bool codes = column->layout == LNT_LAYOUT_DICTIONARY;
    void *data;
    uint64_t *valid;
    lnt_form form = codes ? LNT_FORM_DICTIONARY : LNT_FORM_FLAT;
    LNT_TRY(make_room(n, item_bytes(column->type, form), scratch, &data, &valid, err));
    if (codes) {
        gather_codes(column, rows, n, data);
    } else {
        gather_values(column, rows, n, data);
    }
    const uint64_t *own = column->validity ? (const uint64_t *)(const void *)column->validity->data : NULL;
    bool constant = column->layout == LNT_LAYOUT_CONSTANT;
    for (int64_t k = 0; k < n; k++)
        if (rows[k] < 0 || (own && !lnt_bitmap_get(own, constant ? 0 : rows[k]))) lnt_bitmap_unset(valid, k);
    *out = (lnt_vec){.type = column->type,
                     .form = form,
                     .data = data,
                     .valid = valid,
                     .dictionary = codes ? column->dictionary : NULL};
    return LNT_OK;
}

/// A loop over equally wide values.
#define PICK(TYPE)                                                                                                     \
    do {                                                                                                               \
        for (int64_t k = 0; k < n; k++) ((TYPE *)data)[k] = ((const TYPE *)vec->data)[rows[k]];                        \
    } while (0)

lnt_status lnt__gather_vec(const lnt_vec *vec, const uint32_t *rows, int64_t n, lnt_arena *scratch, lnt_vec *out,
                           lnt_error *err) {
    *out = *vec;
    if (vec->form == LNT_FORM_CONSTANT) return LNT_OK;
    int64_t bytes = item_bytes(vec->type, vec->form);
    void *data;
    uint64_t *valid;
    LNT_TRY(make_room(n, bytes, scratch, &data, &valid, err));
    switch (bytes) {
    case 1:
        PICK(uint8_t);
        break;
    case 4:
        PICK(uint32_t);
        break;
    case 8:
        PICK(uint64_t);
        break;
    default:
        PICK(lnt_ip);
        break;
    }
    for (int64_t k = 0; vec->valid && k < n; k++)
        if (!lnt_bitmap_get(vec->valid, rows[k])) lnt_bitmap_unset(valid, k);
    out->data = data;
    out->valid = vec->valid ? valid : NULL;
    return LNT_OK;
}

lnt_status lnt__vec_to_float(lnt_vec *vec, int64_t n, lnt_arena *scratch, lnt_error *err) {
    if (vec->form == LNT_FORM_CONSTANT) n = 1;
    double *to = lnt_arena_alloc(scratch, n * (int64_t)sizeof *to, err);
    if (!to) return LNT_NOMEM;
    const int64_t *from = vec->data;
    for (int64_t k = 0; k < n; k++) to[k] = (double)from[k];
    vec->data = to;
    vec->type = LNT_FLOAT;
    return LNT_OK;
}

lnt_status lnt__vec_to_exact_int(lnt_vec *vec, int64_t n, lnt_arena *scratch, lnt_error *err) {
    if (vec->form == LNT_FORM_CONSTANT) n = 1;
    void *data;
    uint64_t *valid;
    LNT_TRY(make_room(n, sizeof(int64_t), scratch, &data, &valid, err));
    const double *from = vec->data;
    for (int64_t k = 0; k < n; k++) {
        bool in_range = from[k] >= -0x1p63 && from[k] < 0x1p63;
        int64_t whole = in_range ? (int64_t)from[k] : 0;
        ((int64_t *)data)[k] = whole;
        bool exact = in_range && (double)whole == from[k];
        if (!exact || !lnt_bitmap_valid(vec->valid, k)) lnt_bitmap_unset(valid, k);
    }
    *vec = (lnt_vec){.type = LNT_INT, .form = vec->form, .data = data, .valid = valid};
    return LNT_OK;
}
