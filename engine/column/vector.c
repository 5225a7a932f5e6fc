/// @file vector.c
/// Columns seen as vectors, and single values of vectors.
///
/// Workload: every batch of every query over a table passes lnt_vec_from_column. Layouts that are a vector's own are
/// pointed into; narrow integers, codes, addresses and string views are widened into the caller's scratch.
#include "column/vector.h"

#include <string.h>

#include "column/width.h"

/// Values of a narrow column widened into scratch; NULL when there is no memory.
static void *widened(const lnt_column *column, int64_t start, int64_t n, lnt_arena *scratch, lnt_error *err) {
    const uint8_t *from = column->data->data + start * column->width;
    int64_t size = column->type == LNT_IP ? (int64_t)sizeof(lnt_ip) : 8;
    void *to = lnt_arena_alloc(scratch, n * size, err);
    if (!to) return NULL;
    if (column->type == LNT_IP) {
        for (int64_t i = 0; i < n; i++) ((lnt_ip *)to)[i] = lnt_ip_from_v4(((const uint32_t *)from)[i]);
    } else {
        lnt_ints_load(from, column->width, n, to);
    }
    return to;
}

#define STRING_VIEWS(name, offset_type)                                                                                \
    static void name(const uint8_t *bytes, const offset_type *offsets, int64_t n, lnt_str *to) {                       \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            to[i] = (lnt_str){(const char *)bytes + offsets[i], (int64_t)(offsets[i + 1] - offsets[i])};               \
        }                                                                                                              \
    }
STRING_VIEWS(views_4, uint32_t)
STRING_VIEWS(views_8, int64_t)
#undef STRING_VIEWS

/// Views of the selected rows alone, at their rows' places.
static void views_selected(const uint8_t *bytes, const void *offsets, int width, const uint32_t *sel, int64_t n_sel,
                           lnt_str *to) {
    for (int64_t k = 0; k < n_sel; k++) {
        int64_t first = lnt_offset_at(offsets, width, sel[k]), end = lnt_offset_at(offsets, width, (int64_t)sel[k] + 1);
        to[sel[k]] = (lnt_str){(const char *)bytes + first, end - first};
    }
}

static void *string_views(const lnt_column *column, int64_t start, int64_t n, const uint32_t *sel, int64_t n_sel,
                          lnt_arena *scratch, lnt_error *err) {
    lnt_str *to = lnt_arena_alloc(scratch, n * (int64_t)sizeof *to, err);
    if (!to) return NULL;
    const uint8_t *offsets = column->data->data + start * column->width;
    if (sel && n_sel < n / 4)
        views_selected(column->bytes->data, offsets, column->width, sel, n_sel, to);
    else if (column->width == 4)
        views_4(column->bytes->data, (const uint32_t *)offsets, n, to);
    else
        views_8(column->bytes->data, (const int64_t *)offsets, n, to);
    return to;
}

static const void *codes(const lnt_column *column, int64_t start, int64_t n, lnt_arena *scratch, lnt_error *err) {
    const uint8_t *from = column->data->data + start * column->width;
    if (column->width == 4) return from;
    uint32_t *to = lnt_arena_alloc(scratch, n * 4, err);
    if (to) lnt_codes_load(from, column->width, n, to);
    return to;
}

/// Whether plain data of the column is a vector's data as it is.
static bool is_own_layout(const lnt_column *column) {
    if (column->type == LNT_INT) return column->width == 8;
    if (column->type == LNT_IP) return column->width == sizeof(lnt_ip);
    return column->type != LNT_STRING;
}

lnt_status lnt_vec_from_column(const lnt_column *column, int64_t start, int64_t n, lnt_arena *scratch, lnt_vec *out,
                               lnt_error *err) {
    return lnt_vec_from_column_selected(column, start, n, NULL, n, scratch, out, err);
}

lnt_status lnt_vec_from_column_selected(const lnt_column *column, int64_t start, int64_t n, const uint32_t *sel,
                                        int64_t n_sel, lnt_arena *scratch, lnt_vec *out, lnt_error *err) {
    *out = (lnt_vec){.type = column->type, .form = LNT_FORM_FLAT};
    if (column->layout == LNT_LAYOUT_CONSTANT) {
        out->form = LNT_FORM_CONSTANT;
        start = 0;
        n = 1;
        sel = NULL;
    }
    if (column->layout == LNT_LAYOUT_DICTIONARY) {
        out->form = LNT_FORM_DICTIONARY;
        out->dictionary = column->dictionary;
        out->data = codes(column, start, n, scratch, err);
    } else if (is_own_layout(column)) {
        out->data = column->data->data + start * column->width;
    } else if (column->type == LNT_STRING) {
        out->data = string_views(column, start, n, sel, n_sel, scratch, err);
    } else {
        out->data = widened(column, start, n, scratch, err);
    }
    if (!out->data) return lnt_no_memory(err);
    if (!column->validity) return LNT_OK;
    const uint64_t *bits = (const uint64_t *)column->validity->data;
    if (start % 64 == 0) {
        out->valid = bits + start / 64;
        return LNT_OK;
    }
    uint64_t *copy = lnt_arena_alloc(scratch, lnt_bitmap_words(n) * 8, err);
    if (!copy) return lnt_no_memory(err);
    lnt_bitmap_copy(copy, 0, bits, start, n);
    out->valid = copy;
    return LNT_OK;
}

lnt_value lnt_vec_get(const lnt_vec *vec, int64_t i) {
    lnt_value value = {.type = vec->type};
    if (vec->type == LNT_NULL || !lnt_vec_is_valid(vec, i)) {
        value.is_null = true;
        return value;
    }
    if (vec->form == LNT_FORM_CONSTANT) i = 0;
    switch (vec->type) {
    case LNT_BOOL:
        value.as.b = ((const uint8_t *)vec->data)[i] != 0;
        break;
    case LNT_INT:
    case LNT_TIME:
        value.as.i = ((const int64_t *)vec->data)[i];
        break;
    case LNT_FLOAT:
        value.as.f = ((const double *)vec->data)[i];
        break;
    case LNT_STRING:
        value.as.s = lnt_vec_str(vec, i);
        break;
    default:
        value.as.ip = ((const lnt_ip *)vec->data)[i];
    }
    return value;
}
