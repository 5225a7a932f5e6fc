// Arrow arrays as vectors: numbers, times, truth values, and validity.
//
// Expected: pieces of a few thousand rows. What lies as a vector wants it (64-bit integers, doubles, microseconds,
// without nulls among the rows) is pointed at where it is; all else is widened into scratch.
//
// Invariant: rows that are null hold zeros, so that no kernel meets what a file left there.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "column/width.h"
#include "io/arrow/arrow.h"

static const int64_t MOST_ROWS = (int64_t)1 << 48; ///< of a vector: more than any memory holds

lnt_status lnt__arrow_bad_value(const lnt__arrow_reading *reading, int64_t row, lnt_error *err, const char *why) {
    return lnt_error_set(err, LNT_FORMAT, "%s: row %lld of column '%s' %s", reading->file,
                         (long long)(reading->first_row + row + 1), reading->column, why);
}

lnt_status lnt__arrow_too_short(const lnt__arrow_reading *reading, lnt_error *err) {
    return lnt_error_set(err, LNT_FORMAT, "%s is a damaged Arrow file: column '%s' has fewer values than rows",
                         reading->file, reading->column);
}

const uint8_t *lnt__arrow_span(const lnt__arrow_array *array, int buffer, int64_t start, int64_t n, int64_t width) {
    const lnt__arrow_bytes *bytes = &array->buffers[buffer];
    int64_t first = array->offset + start;
    if (width == 0) return bytes->data ? bytes->data : (const uint8_t *)"";
    if (n == 0) return (const uint8_t *)"";
    return first + n <= bytes->size / width ? bytes->data + first * width : NULL;
}

// ---- validity ----

/// Bits [start, start + n) of `bytes`, read byte by byte into `out` from bit 0 on.
static void copy_bits(const uint8_t *bytes, int64_t start, int64_t n, uint64_t *out) {
    int shift = (int)(start & 7);
    const uint8_t *from = bytes + (start >> 3);
    for (int64_t i = 0; i < n; i += 8) {
        int64_t left = n - i;
        unsigned byte = from[i >> 3];
        if (shift) byte = byte >> shift | (left > 8 - shift ? (unsigned)from[(i >> 3) + 1] << (8 - shift) : 0);
        ((uint8_t *)out)[i >> 3] = (uint8_t)byte;
    }
}

/// Whether bits [first, first + n) are there. Both may be anything up to INT64_MAX, as long as their sum is.
static bool has_bits(const lnt__arrow_bytes *bits, int64_t first, int64_t n) {
    return (first + n) / 8 + ((first + n) % 8 != 0) <= bits->size;
}

/// The piece's own validity into `*valid` (NULL: all valid), in scratch.
static lnt_status own_validity(const lnt__arrow_reading *reading, const lnt__arrow_array *array, int64_t start,
                               int64_t n, uint64_t **valid, lnt_error *err) {
    const lnt__arrow_bytes *bits = &array->buffers[0];
    *valid = NULL;
    if (bits->size == 0 || n == 0 || array->field->type.kind == LNT__ARROW_NULL) return LNT_OK;
    int64_t first = array->offset + start;
    if (!has_bits(bits, first, n)) return lnt__arrow_too_short(reading, err);
    uint64_t *copy = lnt_arena_alloc(reading->arena, lnt_bitmap_words(n) * 8, err);
    if (!copy) return lnt_no_memory(err);
    copy[lnt_bitmap_words(n) - 1] = 0;
    copy_bits(bits->data, first, n, copy);
    if (lnt_bitmap_count(copy, n) < n) *valid = copy;
    return LNT_OK;
}

/// With the validity of the structs around it.
static lnt_status validity(const lnt__arrow_reading *reading, const lnt__arrow_array *array, int64_t start, int64_t n,
                           uint64_t **valid, lnt_error *err) {
    LNT_TRY(own_validity(reading, array, start, n, valid, err));
    for (const lnt__arrow_array *around = array->parent; around; around = around->parent) {
        uint64_t *outer;
        LNT_TRY(own_validity(reading, around, start, n, &outer, err));
        if (!outer) continue;
        for (int64_t i = 0; *valid && i < lnt_bitmap_words(n); i++) outer[i] &= (*valid)[i];
        *valid = outer;
    }
    return LNT_OK;
}

// ---- numbers ----

#define WIDEN(name, from_type, to_type)                                                                                \
    static void name(const uint8_t *from, int64_t n, to_type *to) {                                                    \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            from_type value;                                                                                           \
            memcpy(&value, from + i * (int64_t)sizeof value, sizeof value);                                            \
            to[i] = (to_type)value;                                                                                    \
        }                                                                                                              \
    }
WIDEN(widen_i8, int8_t, int64_t)
WIDEN(widen_i16, int16_t, int64_t)
WIDEN(widen_i32, int32_t, int64_t)
WIDEN(widen_i64, int64_t, int64_t)
WIDEN(widen_u8, uint8_t, int64_t)
WIDEN(widen_u16, uint16_t, int64_t)
WIDEN(widen_u32, uint32_t, int64_t)
WIDEN(widen_f32, float, double)
#undef WIDEN

static void widen_ints(const uint8_t *from, int width, bool is_unsigned, int64_t n, int64_t *to) {
    switch (width) {
    case 1:
        (is_unsigned ? widen_u8 : widen_i8)(from, n, to);
        break;
    case 2:
        (is_unsigned ? widen_u16 : widen_i16)(from, n, to);
        break;
    case 4:
        (is_unsigned ? widen_u32 : widen_i32)(from, n, to);
        break;
    default:
        widen_i64(from, n, to);
    }
}

/// IEEE 754 half precision as a double.
static double half_value(uint16_t bits) {
    int exponent = bits >> 10 & 31, fraction = bits & 1023;
    double value = exponent == 31  ? (fraction ? NAN : INFINITY)
                   : exponent == 0 ? ldexp(fraction, -24)
                                   : ldexp(fraction + 1024, exponent - 25);
    return bits >> 15 ? -value : value;
}

static void floats_of(const uint8_t *from, int width, int64_t n, double *to) {
    if (width == 8) {
        memcpy(to, from, (size_t)n * 8);
    } else if (width == 4) {
        widen_f32(from, n, to);
    } else {
        for (int64_t i = 0; i < n; i++) {
            uint16_t bits;
            memcpy(&bits, from + 2 * i, 2);
            to[i] = half_value(bits);
        }
    }
}

static void decimals_of(const uint8_t *from, const lnt__arrow_type *type, int64_t n, double *to) {
    __extension__ typedef __int128 wide;
    double power = pow(10, abs(type->scale));
    for (int64_t i = 0; i < n; i++) {
        wide value = 0;
        const uint8_t *at = from + i * type->width;
        if (type->width == 16) {
            memcpy(&value, at, 16);
        } else {
            int64_t small;
            widen_ints(at, type->width, false, 1, &small);
            value = small;
        }
        to[i] = type->scale >= 0 ? (double)value / power : (double)value * power;
    }
}

static bool is_valid(const uint64_t *valid, int64_t i) {
    return lnt_bitmap_valid(valid, i);
}

/// Brings `n` counts of `unit` to microseconds, in place; -1, or the first valid row that leaves 64 bits.
static int64_t to_microseconds(int64_t *values, int unit, const uint64_t *valid, int64_t n) {
    static const int64_t factors[] = {1000000, 1000, 1, 1, 86400000000};
    if (unit == LNT__ARROW_UNIT_NS) {
        for (int64_t i = 0; i < n; i++) values[i] = values[i] / 1000 - (values[i] % 1000 < 0);
        return -1;
    }
    for (int64_t i = 0; i < n; i++)
        if (__builtin_mul_overflow(values[i], factors[unit], &values[i]) && is_valid(valid, i)) return i;
    return -1;
}

static bool is_aligned(const void *at) {
    return ((uintptr_t)at & 7) == 0;
}

// ---- kinds ----

/// One piece of an array on its way into a vector.
typedef struct piece {
    const lnt__arrow_reading *reading;
    const lnt__arrow_array *array;
    int64_t start, n;
    const uint64_t *valid;
    lnt_vec *out;
} piece;

/// Scratch for the piece's values; NULL sets `err`.
static void *scratch(const piece *p, int64_t item_bytes, lnt_error *err) {
    return lnt_arena_alloc(p->reading->arena, p->n * item_bytes, err);
}

/// Zeros in rows that are null.
static void clear_nulls(const piece *p, void *values, int64_t item_bytes) {
    for (int64_t i = 0; p->valid && i < p->n; i++)
        if (!lnt_bitmap_get(p->valid, i)) memset((uint8_t *)values + i * item_bytes, 0, (size_t)item_bytes);
}

static lnt_status fill_int(const piece *p, lnt_error *err) {
    const lnt__arrow_type *type = &p->array->field->type;
    const uint8_t *from = lnt__arrow_span(p->array, 1, p->start, p->n, type->width);
    if (!from) return lnt__arrow_too_short(p->reading, err);
    bool plain = type->kind == LNT__ARROW_INT ? !type->is_unsigned : type->unit == LNT__ARROW_UNIT_US;
    if (type->width == 8 && plain && !p->valid && is_aligned(from)) {
        p->out->data = from;
        return LNT_OK;
    }
    int64_t *to = scratch(p, 8, err);
    if (!to) return lnt_no_memory(err);
    widen_ints(from, type->width, type->kind == LNT__ARROW_INT && type->is_unsigned, p->n, to);
    clear_nulls(p, to, 8);
    p->out->data = to;
    if (type->kind != LNT__ARROW_INT) {
        int64_t bad = to_microseconds(to, type->unit, p->valid, p->n);
        if (bad >= 0) return lnt__arrow_bad_value(p->reading, p->start + bad, err, "is a time out of range");
    }
    for (int64_t i = 0; type->kind == LNT__ARROW_INT && type->is_unsigned && type->width == 8 && i < p->n; i++)
        if (to[i] < 0)
            return lnt__arrow_bad_value(p->reading, p->start + i, err, "is above 9223372036854775807, the largest int");
    return LNT_OK;
}

static lnt_status fill_float(const piece *p, lnt_error *err) {
    const lnt__arrow_type *type = &p->array->field->type;
    const uint8_t *from = lnt__arrow_span(p->array, 1, p->start, p->n, type->width);
    if (!from) return lnt__arrow_too_short(p->reading, err);
    if (type->kind == LNT__ARROW_FLOAT && type->width == 8 && !p->valid && is_aligned(from)) {
        p->out->data = from;
        return LNT_OK;
    }
    double *to = scratch(p, 8, err);
    if (!to) return lnt_no_memory(err);
    if (type->kind == LNT__ARROW_FLOAT)
        floats_of(from, type->width, p->n, to);
    else
        decimals_of(from, type, p->n, to);
    clear_nulls(p, to, 8);
    p->out->data = to;
    return LNT_OK;
}

static lnt_status fill_bool(const piece *p, lnt_error *err) {
    const lnt__arrow_bytes *bits = &p->array->buffers[1];
    int64_t first = p->array->offset + p->start;
    if (p->n && !has_bits(bits, first, p->n)) return lnt__arrow_too_short(p->reading, err);
    uint8_t *to = scratch(p, 1, err);
    if (!to) return lnt_no_memory(err);
    for (int64_t i = 0; i < p->n; i++) to[i] = bits->data[(first + i) >> 3] >> ((first + i) & 7) & 1;
    clear_nulls(p, to, 1);
    p->out->data = to;
    return LNT_OK;
}

static lnt_status fill_nulls(const piece *p, lnt_error *err) {
    lnt_str *to = scratch(p, sizeof *to, err);
    uint64_t *none = to ? lnt_arena_alloc(p->reading->arena, lnt_bitmap_words(p->n) * 8, err) : NULL;
    if (!none) return lnt_no_memory(err);
    for (int64_t i = 0; i < p->n; i++) to[i] = (lnt_str){"", 0};
    memset(none, 0, (size_t)lnt_bitmap_words(p->n) * 8);
    p->out->data = to;
    p->out->valid = none;
    return LNT_OK;
}

lnt_status lnt__arrow_fill(const lnt__arrow_reading *reading, const lnt__arrow_array *array, int64_t start, int64_t n,
                           const uint32_t *sel, int64_t n_sel, lnt_vec *out, lnt_error *err) {
    uint64_t *valid;
    // Rows that take no bytes can be as many as a list says: sizes are multiplied from here on.
    if (n > MOST_ROWS) return lnt__arrow_too_short(reading, err);
    LNT_TRY(validity(reading, array, start, n, &valid, err));
    *out = (lnt_vec){.type = lnt__arrow_column_type(array->field), .form = LNT_FORM_FLAT, .valid = valid};
    if (array->field->has_dictionary && array->dictionary)
        return lnt__arrow_fill_codes(reading, array, start, n, out, err);
    piece p = {reading, array, start, n, valid, out};
    switch (array->field->type.kind) {
    case LNT__ARROW_INT:
    case LNT__ARROW_TIME:
    case LNT__ARROW_SPAN:
        return fill_int(&p, err);
    case LNT__ARROW_FLOAT:
    case LNT__ARROW_DECIMAL:
        return fill_float(&p, err);
    case LNT__ARROW_BOOL:
        return fill_bool(&p, err);
    case LNT__ARROW_NULL:
        return fill_nulls(&p, err);
    case LNT__ARROW_STRUCT:
    case LNT__ARROW_UNKNOWN:
        return lnt_error_set(err, LNT_UNSUPPORTED, "%s: values of the type %s (column '%s') aren't read", reading->file,
                             array->field->type.what, reading->column);
    default:
        return lnt__arrow_fill_text(reading, array, start, n, sel, n_sel, out, err);
    }
}
