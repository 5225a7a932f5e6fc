/// @file column.c
/// Columns: made of buffers, shared by reference count, read value by value.
///
/// Workload: a few columns per table, made once, handed on by reference; reading one value at a time is for results
/// and tests, kernels go by vectors. Invariants: see column.h; a column owns references of its parts.
#include "column/column.h"

#include <string.h>

#include "column/width.h"

static void release_parts(lnt_column *parts) {
    lnt_buffer_unref(parts->data);
    lnt_buffer_unref(parts->bytes);
    lnt_buffer_unref(parts->validity);
    lnt_column_unref(parts->dictionary);
}

lnt_column *lnt_column_ref(const lnt_column *column) {
    lnt_column *shared = (lnt_column *)column; // only the count changes
    atomic_fetch_add_explicit(&shared->refs, 1, memory_order_relaxed);
    return shared;
}

void lnt_column_unref(lnt_column *column) {
    if (!column || atomic_fetch_sub_explicit(&column->refs, 1, memory_order_acq_rel) != 1) return;
    release_parts(column);
    lnt_free(column);
}

lnt_type lnt_column_type(const lnt_column *column) {
    return column->type;
}

int64_t lnt_column_length(const lnt_column *column) {
    return column->length;
}

int64_t lnt_column_null_count(const lnt_column *column) {
    return column->null_count;
}

const char *lnt_column_layout_name(const lnt_column *column) {
    static const char *const names[] = {"plain", "dictionary", "constant"};
    return names[column->layout];
}

lnt_str lnt_column_str(const lnt_column *column, int64_t i) {
    if (column->layout == LNT_LAYOUT_DICTIONARY) {
        if (column->dictionary->length == 0) return (lnt_str){"", 0}; // every row is null
        i = lnt_code_at(column->data->data, column->width, i);
        column = column->dictionary;
    }
    int64_t start = lnt_offset_at(column->data->data, column->width, i);
    int64_t end = lnt_offset_at(column->data->data, column->width, i + 1);
    return (lnt_str){(const char *)column->bytes->data + start, end - start};
}

lnt_value lnt_column_get(const lnt_column *column, int64_t row) {
    lnt_value value = {.type = column->type};
    int64_t i = column->layout == LNT_LAYOUT_CONSTANT ? 0 : row;
    if (column->validity && !lnt_bitmap_get((const uint64_t *)column->validity->data, i)) {
        value.is_null = true;
        return value;
    }
    const void *data = column->data->data;
    switch (column->type) {
    case LNT_BOOL:
        value.as.b = ((const uint8_t *)data)[i] != 0;
        break;
    case LNT_INT:
    case LNT_TIME:
        value.as.i = lnt_int_at(data, column->width, i);
        break;
    case LNT_FLOAT:
        value.as.f = ((const double *)data)[i];
        break;
    case LNT_STRING:
        value.as.s = lnt_column_str(column, i);
        break;
    case LNT_IP:
        value.as.ip = lnt_ip_at(data, column->width, i);
        break;
    default:
        value.is_null = true;
    }
    return value;
}

lnt_status lnt_column_make(struct lnt_column parts, lnt_column **out, lnt_error *err) {
    lnt_column *column = lnt_alloc(sizeof *column, err);
    if (!column) {
        release_parts(&parts);
        return LNT_NOMEM;
    }
    if (parts.validity && parts.null_count < 0) {
        const uint64_t *bits = (const uint64_t *)parts.validity->data;
        bool constant = parts.layout == LNT_LAYOUT_CONSTANT;
        parts.null_count = constant ? (lnt_bitmap_get(bits, 0) ? 0 : parts.length)
                                    : parts.length - lnt_bitmap_count(bits, parts.length);
    }
    bool keep_validity = parts.validity && (parts.null_count > 0 || parts.layout == LNT_LAYOUT_CONSTANT);
    if (!keep_validity) {
        lnt_buffer_unref(parts.validity);
        parts.validity = NULL;
        parts.null_count = 0;
    }
    atomic_init(&parts.refs, 1);
    *column = parts;
    *out = column;
    return LNT_OK;
}

// ---- constants ----

/// The bytes of one value in the plain layout of its type; a string gives its two offsets.
static int plain_value(lnt_type type, const lnt_value *value, int64_t out[2]) {
    out[0] = out[1] = 0;
    if (type == LNT_STRING) {
        if (!value->is_null) out[1] = value->as.s.size;
        return 8;
    }
    int width = type == LNT_BOOL ? 1 : type == LNT_IP ? 16 : 8;
    if (value->is_null) return width;
    if (type == LNT_BOOL)
        *(uint8_t *)out = value->as.b;
    else if (type == LNT_IP)
        memcpy(out, &value->as.ip, sizeof(lnt_ip));
    else if (type == LNT_FLOAT)
        memcpy(out, &value->as.f, sizeof(double));
    else
        out[0] = value->as.i;
    return width;
}

static lnt_status buffer_of(lnt_engine *engine, const void *bytes, int64_t size, lnt_buffer **out, lnt_error *err) {
    lnt_budget *budget = engine ? lnt_engine_budget(engine) : NULL;
    LNT_TRY(lnt_buffer_new(budget, size, "a constant", out, err));
    return lnt_buffer_append(*out, bytes, size, "a constant", err);
}

lnt_status lnt_column_constant(lnt_engine *engine, lnt_type type, lnt_value value, int64_t length, lnt_column **out,
                               lnt_error *err) {
    lnt_column parts = {.type = type, .layout = LNT_LAYOUT_CONSTANT, .length = length};
    int64_t plain[2];
    parts.width = plain_value(type, &value, plain);
    parts.null_count = value.is_null ? length : 0;
    int64_t size = type == LNT_STRING ? 2 * parts.width : parts.width;
    lnt_status status = buffer_of(engine, plain, size, &parts.data, err);
    if (status == LNT_OK && type == LNT_STRING) {
        lnt_str text = value.is_null ? (lnt_str){"", 0} : value.as.s;
        status = buffer_of(engine, text.data, text.size, &parts.bytes, err);
    }
    if (status == LNT_OK && value.is_null) {
        uint64_t none = 0;
        status = buffer_of(engine, &none, sizeof none, &parts.validity, err);
    }
    if (status == LNT_OK) return lnt_column_make(parts, out, err);
    release_parts(&parts);
    return status;
}

// ---- slices ----

static void release_window(lnt_buffer *window) {
    lnt_buffer_unref(window->owner);
}

/// A buffer that is a window of `size` bytes from `offset` on in `buffer`.
static lnt_status window_of(lnt_buffer *buffer, int64_t offset, int64_t size, lnt_buffer **out, lnt_error *err) {
    LNT_TRY(lnt_buffer_wrap(buffer->data + offset, size, release_window, buffer, out, err));
    lnt_buffer_ref(buffer);
    return LNT_OK;
}

/// The validity of rows [start, start + n): a window where bits fall on words, else a copy.
static lnt_status slice_validity(lnt_engine *engine, lnt_buffer *bits, int64_t start, int64_t n, lnt_buffer **out,
                                 lnt_error *err) {
    int64_t size = lnt_bitmap_words(n) * 8;
    if (start % 64 == 0) return window_of(bits, start / 8, size, out, err);
    LNT_TRY(lnt_buffer_new(engine ? lnt_engine_budget(engine) : NULL, size, "slice", out, err));
    lnt_bitmap_copy((uint64_t *)(*out)->data, 0, (const uint64_t *)bits->data, start, n);
    (*out)->size = size;
    return LNT_OK;
}

lnt_status lnt_column_slice(lnt_engine *engine, const lnt_column *in, int64_t start, int64_t n, lnt_column **out,
                            lnt_error *err) {
    if (start < 0 || n < 0 || start > in->length - n) {
        return lnt_error_set(err, LNT_SHAPE, "rows %lld to %lld of a column of %lld rows", (long long)start,
                             (long long)(start + n), (long long)in->length);
    }
    lnt_column parts = {.type = in->type, .layout = in->layout, .width = in->width, .length = n, .null_count = -1};
    bool constant = in->layout == LNT_LAYOUT_CONSTANT;
    bool offsets = in->type == LNT_STRING && in->layout == LNT_LAYOUT_PLAIN;
    lnt_status status = LNT_OK;
    if (constant)
        parts.data = lnt_buffer_ref(in->data);
    else
        status = window_of(in->data, start * in->width, (n + offsets) * in->width, &parts.data, err);
    if (status == LNT_OK && in->validity) {
        if (constant)
            parts.validity = lnt_buffer_ref(in->validity);
        else
            status = slice_validity(engine, in->validity, start, n, &parts.validity, err);
    }
    if (in->bytes) parts.bytes = lnt_buffer_ref(in->bytes);
    if (in->dictionary) parts.dictionary = lnt_column_ref(in->dictionary);
    if (status == LNT_OK) return lnt_column_make(parts, out, err);
    release_parts(&parts);
    return status;
}
