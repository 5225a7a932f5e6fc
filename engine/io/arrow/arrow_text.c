// Arrow arrays as vectors: text in its four layouts, addresses written as text, lists as joined text.
//
// Expected: pieces of a few thousand rows, text that is valid UTF-8 as it should be: the bytes of a piece are checked
// together, and row by row only where that finds something. Text isn't copied: vectors point into the array.
#include <string.h>

#include "column/value_text.h"
#include "io/arrow/arrow.h"

typedef struct piece {
    const lnt__arrow_reading *reading;
    const lnt__arrow_array *array;
    int64_t start, n;
    const uint32_t *sel; ///< NULL: all rows
    int64_t n_sel;       ///< of rows that are looked at
    const uint64_t *valid;
} piece;

static const char no_text[] = "";

/// The k-th row that is looked at.
static int64_t row_at(const piece *p, int64_t k) {
    return p->sel ? p->sel[k] : k;
}

static lnt_status out_of_text(const piece *p, int64_t row, lnt_error *err) {
    return lnt__arrow_bad_value(p->reading, p->start + row, err, "points outside of the column's text");
}

// ---- where the text is ----

static int64_t offset_at(const uint8_t *offsets, int width, int64_t i) {
    if (width == 4) {
        int32_t value;
        memcpy(&value, offsets + 4 * i, 4);
        return value;
    }
    int64_t value;
    memcpy(&value, offsets + 8 * i, 8);
    return value;
}

static lnt_status views_of_offsets(const piece *p, lnt_str *to, lnt_error *err) {
    int width = p->array->field->type.width;
    const uint8_t *offsets = lnt__arrow_span(p->array, 1, p->start, p->n + 1, width);
    if (!offsets) return lnt__arrow_too_short(p->reading, err);
    lnt__arrow_bytes text = p->array->buffers[2];
    int64_t first = p->sel ? 0 : offset_at(offsets, width, 0);
    for (int64_t k = 0; k < p->n_sel; k++) {
        int64_t i = row_at(p, k);
        if (p->sel) first = offset_at(offsets, width, i);
        int64_t end = offset_at(offsets, width, i + 1);
        if (first < 0 || end < first || end > text.size) return out_of_text(p, i, err);
        to[i] = end > first ? (lnt_str){(const char *)text.data + first, end - first} : (lnt_str){no_text, 0};
        first = end;
    }
    return LNT_OK;
}

static bool view_at(const lnt__arrow_array *array, const uint8_t *at, lnt_str *out) {
    int32_t parts[4]; // size, beginning, buffer, offset
    memcpy(parts, at, sizeof parts);
    if (parts[0] < 0) return false;
    if (parts[0] <= 12) {
        *out = (lnt_str){(const char *)at + 4, parts[0]};
        return true;
    }
    if (parts[2] < 0 || parts[2] >= array->n_variadic) return false;
    const lnt__arrow_bytes *text = &array->variadic[parts[2]];
    if (parts[3] < 0 || parts[3] > text->size || parts[0] > text->size - parts[3]) return false;
    *out = (lnt_str){(const char *)text->data + parts[3], parts[0]};
    return true;
}

static lnt_status views_of_views(const piece *p, lnt_str *to, lnt_error *err) {
    const uint8_t *from = lnt__arrow_span(p->array, 1, p->start, p->n, 16);
    if (!from) return lnt__arrow_too_short(p->reading, err);
    for (int64_t k = 0; k < p->n_sel; k++) {
        int64_t i = row_at(p, k);
        to[i] = (lnt_str){no_text, 0};
        if (lnt_bitmap_valid(p->valid, i) && !view_at(p->array, from + 16 * i, &to[i])) return out_of_text(p, i, err);
    }
    return LNT_OK;
}

static lnt_status hex_of_fixed(const piece *p, lnt_str *to, lnt_error *err) {
    static const char digits[] = "0123456789abcdef";
    int64_t width = p->array->field->type.width;
    const uint8_t *from = lnt__arrow_span(p->array, 1, p->start, p->n, width);
    if (!from) return lnt__arrow_too_short(p->reading, err);
    char *text = lnt_arena_alloc(p->reading->arena, p->n_sel * width * 2, err);
    if (!text) return lnt_no_memory(err);
    for (int64_t k = 0; k < p->n_sel; k++) {
        int64_t i = row_at(p, k);
        to[i] = (lnt_str){text, 2 * width};
        for (int64_t b = 0; b < width; b++) {
            *text++ = digits[from[i * width + b] >> 4];
            *text++ = digits[from[i * width + b] & 15];
        }
    }
    return LNT_OK;
}

// ---- lists ----

/// Where the elements of row `i` are in the child; false for impossible places.
static bool list_at(const piece *p, const uint8_t *offsets, int64_t i, int64_t *first, int64_t *end) {
    const lnt__arrow_type *type = &p->array->field->type;
    if (type->kind == LNT__ARROW_FIXED_LIST) {
        if (__builtin_mul_overflow(p->array->offset + p->start + i, (int64_t)type->width, first) ||
            __builtin_add_overflow(*first, (int64_t)type->width, end))
            return false;
    } else {
        *first = offset_at(offsets, type->width, i);
        *end = offset_at(offsets, type->width, i + 1);
    }
    return *first >= 0 && *end >= *first && *end <= p->array->children[0].length;
}

/// Bytes that one element may take, with a separator.
static int64_t element_bytes(const lnt_vec *vec, int64_t i, int64_t separator) {
    if (vec->type != LNT_STRING) return LNT_FORMAT_BYTES + separator;
    return (lnt_vec_is_valid(vec, i) ? lnt_vec_str(vec, i).size : 0) + separator;
}

/// Elements [first, end) of `vec`, joined at `to`; nulls are left out. Returns the bytes.
static int64_t join(const lnt_vec *vec, int64_t first, int64_t end, const char *separator, int64_t size, char *to) {
    char *at = to;
    for (int64_t i = first; i < end; i++) {
        lnt_value value = lnt_vec_get(vec, i);
        if (value.is_null) continue;
        if (at != to) memcpy(at, separator, (size_t)size), at += size;
        if (value.type == LNT_STRING) {
            memcpy(at, value.as.s.data, (size_t)value.as.s.size);
            at += value.as.s.size;
        } else {
            at += lnt_format_value(value, at);
        }
    }
    return at - to;
}

static lnt_status text_of_list(const piece *p, const uint8_t *offsets, int64_t i, lnt_str *to, lnt_error *err) {
    int64_t first, end, size = (int64_t)strlen(p->reading->list_separator), bytes = 0;
    *to = (lnt_str){no_text, 0};
    if (!lnt_bitmap_valid(p->valid, i)) return LNT_OK;
    if (!list_at(p, offsets, i, &first, &end)) return out_of_text(p, i, err);
    if (first == end) return LNT_OK;
    lnt_vec vec;
    LNT_TRY(lnt__arrow_fill(p->reading, &p->array->children[0], first, end - first, NULL, end - first, &vec, err));
    for (int64_t e = 0; e < end - first; e++) bytes += element_bytes(&vec, e, size);
    char *text = lnt_arena_alloc(p->reading->arena, bytes, err);
    if (!text) return lnt_no_memory(err);
    *to = (lnt_str){text, join(&vec, 0, end - first, p->reading->list_separator, size, text)};
    return LNT_OK;
}

static lnt_status text_of_lists(const piece *p, lnt_str *to, lnt_error *err) {
    const lnt__arrow_type *type = &p->array->field->type;
    const uint8_t *offsets = NULL;
    if (type->kind == LNT__ARROW_LIST) {
        offsets = lnt__arrow_span(p->array, 1, p->start, p->n + 1, type->width);
        if (!offsets) return lnt__arrow_too_short(p->reading, err);
    }
    for (int64_t k = 0; k < p->n_sel; k++) {
        int64_t i = row_at(p, k);
        LNT_TRY(text_of_list(p, offsets, i, &to[i], err));
    }
    return LNT_OK;
}

// ---- what the text is ----

static lnt_status check_rows(const piece *p, const lnt_str *views, lnt_error *err) {
    for (int64_t k = 0; k < p->n_sel; k++) {
        int64_t i = row_at(p, k);
        if (lnt_bitmap_valid(p->valid, i) && lnt_utf8_check(views[i].data, views[i].size) >= 0)
            return lnt__arrow_bad_value(p->reading, p->start + i, err, "isn't UTF-8 text");
    }
    return LNT_OK;
}

/// Text that lies side by side is checked as one; it is sound if no row starts amid a character.
static lnt_status check_text(const piece *p, const lnt_str *views, lnt_error *err) {
    if (p->sel || p->array->field->type.kind != LNT__ARROW_TEXT || p->n == 0) return check_rows(p, views, err);
    const char *first = NULL, *end = NULL;
    bool amid = false;
    for (int64_t i = 0; i < p->n; i++) {
        if (views[i].size == 0) continue;
        if (!first) first = views[i].data;
        end = views[i].data + views[i].size;
        amid |= (views[i].data[0] & 0xc0) == 0x80;
    }
    if (!first || (!amid && lnt_utf8_check(first, end - first) < 0)) return LNT_OK;
    return check_rows(p, views, err);
}

static void clear_nulls(const piece *p, lnt_str *views) {
    for (int64_t i = 0; p->valid && i < p->n; i++)
        if (!lnt_bitmap_get(p->valid, i)) views[i] = (lnt_str){no_text, 0};
}

static lnt_status addresses_of(const piece *p, const lnt_str *views, lnt_vec *out, lnt_error *err) {
    lnt_ip *to = lnt_arena_alloc(p->reading->arena, p->n * (int64_t)sizeof *to, err);
    if (!to) return lnt_no_memory(err);
    for (int64_t k = 0; k < p->n_sel; k++) {
        int64_t i = row_at(p, k);
        to[i] = (lnt_ip){0, 0};
        if (lnt_bitmap_valid(p->valid, i) && !lnt_parse_ip(views[i].data, views[i].size, &to[i]))
            return lnt__arrow_bad_value(p->reading, p->start + i, err, "is no address");
    }
    out->data = to;
    return LNT_OK;
}

static lnt_status find_views(const piece *p, lnt_str *to, lnt_error *err) {
    switch (p->array->field->type.kind) {
    case LNT__ARROW_TEXT:
        return views_of_offsets(p, to, err);
    case LNT__ARROW_VIEW:
        return views_of_views(p, to, err);
    case LNT__ARROW_FIXED:
        return hex_of_fixed(p, to, err);
    default:
        return text_of_lists(p, to, err);
    }
}

lnt_status lnt__arrow_fill_text(const lnt__arrow_reading *reading, const lnt__arrow_array *array, int64_t start,
                                int64_t n, const uint32_t *sel, int64_t n_sel, lnt_vec *out, lnt_error *err) {
    bool few = sel && n_sel < n / 4;
    piece p = {reading, array, start, n, few ? sel : NULL, few ? n_sel : n, out->valid};
    lnt_str *views = lnt_arena_alloc(reading->arena, n * (int64_t)sizeof *views, err);
    if (!views) return lnt_no_memory(err);
    out->data = views;
    if (n == 0) return LNT_OK;
    LNT_TRY(find_views(&p, views, err));
    if (out->type == LNT_IP) return addresses_of(&p, views, out, err);
    LNT_TRY(check_text(&p, views, err));
    if (!few) clear_nulls(&p, views);
    return LNT_OK;
}
