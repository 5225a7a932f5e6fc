/// @file width.c
/// Arrays of integers from one width to another.
///
/// Workload: blocks of a thousand values in the first-level cache; loops without branches, for the compiler to
/// vectorise.
#include "column/width.h"

#include <string.h>

int lnt_width_of_ints(const int64_t *values, int64_t n) {
    uint64_t bits = 0; // of the values' magnitudes: -1 - v for a negative v
    for (int64_t i = 0; i < n; i++) bits |= (uint64_t)(values[i] ^ (values[i] >> 63));
    return bits >> 7 == 0 ? 1 : bits >> 15 == 0 ? 2 : bits >> 31 == 0 ? 4 : 8;
}

int lnt_width_of_codes(int64_t n_codes) {
    return n_codes <= 1 << 8 ? 1 : n_codes <= 1 << 16 ? 2 : 4;
}

#define CONVERT(name, from_type, to_type)                                                                              \
    static void name(const void *from, int64_t n, void *to) {                                                          \
        const from_type *restrict in = from;                                                                           \
        to_type *restrict out = to;                                                                                    \
        for (int64_t i = 0; i < n; i++) out[i] = (to_type)in[i];                                                       \
    }
CONVERT(load_i8, int8_t, int64_t)
CONVERT(load_i16, int16_t, int64_t)
CONVERT(load_i32, int32_t, int64_t)
CONVERT(store_i8, int64_t, int8_t)
CONVERT(store_i16, int64_t, int16_t)
CONVERT(store_i32, int64_t, int32_t)
CONVERT(load_u8, uint8_t, uint32_t)
CONVERT(load_u16, uint16_t, uint32_t)
CONVERT(store_u8, uint32_t, uint8_t)
CONVERT(store_u16, uint32_t, uint16_t)
#undef CONVERT

void lnt_ints_load(const void *from, int width, int64_t n, int64_t *to) {
    switch (width) {
    case 1:
        load_i8(from, n, to);
        break;
    case 2:
        load_i16(from, n, to);
        break;
    case 4:
        load_i32(from, n, to);
        break;
    default:
        memcpy(to, from, (size_t)n * 8);
    }
}

void lnt_ints_store(const int64_t *from, int64_t n, int width, void *to) {
    switch (width) {
    case 1:
        store_i8(from, n, to);
        break;
    case 2:
        store_i16(from, n, to);
        break;
    case 4:
        store_i32(from, n, to);
        break;
    default:
        memcpy(to, from, (size_t)n * 8);
    }
}

void lnt_codes_load(const void *from, int width, int64_t n, uint32_t *to) {
    switch (width) {
    case 1:
        load_u8(from, n, to);
        break;
    case 2:
        load_u16(from, n, to);
        break;
    default:
        memcpy(to, from, (size_t)n * 4);
    }
}

void lnt_codes_store(const uint32_t *from, int64_t n, int width, void *to) {
    switch (width) {
    case 1:
        store_u8(from, n, to);
        break;
    case 2:
        store_u16(from, n, to);
        break;
    default:
        memcpy(to, from, (size_t)n * 4);
    }
}
