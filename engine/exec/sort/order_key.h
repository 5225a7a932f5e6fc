/// @file order_key.h
/// Values of ordered types as numbers whose order is theirs: what range and asof joins compare.
#ifndef LNT_EXEC_ORDER_KEY_H
#define LNT_EXEC_ORDER_KEY_H

#include "column/vector.h"
#include "exec/key_words.h"

/// An int or time.
static inline uint64_t lnt__order_of_int(int64_t value) {
    return (uint64_t)value ^ 1ull << 63;
}
static inline int64_t lnt__int_of_order(uint64_t key) {
    return (int64_t)(key ^ 1ull << 63);
}
/// A float that isn't NaN; 0 and -0 are one.
static inline uint64_t lnt__order_of_float(double value) {
    uint64_t bits = lnt__float_bits(value);
    return bits >> 63 ? ~bits : bits | 1ull << 63;
}
static inline double lnt__float_of_order(uint64_t key) {
    uint64_t bits = key >> 63 ? key & ~(1ull << 63) : ~key;
    double value;
    __builtin_memcpy(&value, &bits, sizeof value);
    return value;
}

/// Row `i` of an int, time or float vector; false for null and NaN.
static inline bool lnt__order_key(const lnt_vec *vec, int64_t i, uint64_t *out) {
    int64_t at = vec->form == LNT_FORM_CONSTANT ? 0 : i;
    if (vec->valid && !lnt_bitmap_get(vec->valid, at)) return false;
    if (vec->type != LNT_FLOAT) {
        *out = lnt__order_of_int(((const int64_t *)vec->data)[at]);
        return true;
    }
    double value = ((const double *)vec->data)[at];
    *out = value == value ? lnt__order_of_float(value) : 0;
    return value == value;
}

#endif
