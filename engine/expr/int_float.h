/// @file int_float.h
/// An int held against a float by what the two are worth, not by what is left of the int as a double.
#ifndef LNT_EXPR_INT_FLOAT_H
#define LNT_EXPR_INT_FLOAT_H

#include <stdbool.h>
#include <stdint.h>

/// Less than, equal to or greater than 0 as `i` is to `f`, of which (double)i == f is known.
static inline int lnt__order_of_close(int64_t i, double f) {
    if (f >= 0x1p63) return -1; // rounded up to more than an int can be
    int64_t whole = (int64_t)f;
    return (i > whole) - (i < whole);
}

static inline bool lnt__int_is_float(int64_t i, double f) {
    return (double)i == f && lnt__order_of_close(i, f) == 0;
}

#endif
