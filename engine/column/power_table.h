/// @file power_table.h
/// Powers of ten to 128 bits, rounded down: what both reading and writing of floats multiply with.
#ifndef LNT_COLUMN_POWER_TABLE_H
#define LNT_COLUMN_POWER_TABLE_H

#include <stdbool.h>
#include <stdint.h>

enum { LNT_POWER_MIN = -342, LNT_POWER_MAX = 324 };

/// The 128 highest bits of a power of ten; the highest bit of `hi` is set.
typedef struct lnt_power {
    uint64_t hi, lo;
} lnt_power;

extern const lnt_power lnt_power_table[LNT_POWER_MAX - LNT_POWER_MIN + 1];

static inline lnt_power lnt_power_of_ten(int exponent) {
    return lnt_power_table[exponent - LNT_POWER_MIN];
}
/// Whether 128 bits hold the whole power (5^55 is the last that fits).
static inline bool lnt_power_is_exact(int exponent) {
    return exponent >= 0 && exponent <= 55;
}
/// floor(log2(10^exponent)), exact for exponents of the table.
static inline int lnt_power_log2(int exponent) {
    return (exponent * 217706) >> 16;
}

#endif
