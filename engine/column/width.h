/// @file width.h
/// Integers and codes held as narrow as they fit: which width that is, and arrays from one width to another.
#ifndef LNT_COLUMN_WIDTH_H
#define LNT_COLUMN_WIDTH_H

#include "lunette/type.h"

/// The narrowest of 1, 2, 4, 8 bytes that holds every one of the `n` values, signed.
int lnt_width_of_ints(const int64_t *values, int64_t n);
/// The narrowest of 1, 2, 4 bytes that holds the codes 0 … n_codes - 1, unsigned.
int lnt_width_of_codes(int64_t n_codes);

/// `n` signed values of `width` bytes (1, 2, 4, 8) as 64 bits, and back (they must fit).
void lnt_ints_load(const void *from, int width, int64_t n, int64_t *to);
void lnt_ints_store(const int64_t *from, int64_t n, int width, void *to);
/// `n` unsigned values of `width` bytes (1, 2, 4) as 32 bits, and back (they must fit).
void lnt_codes_load(const void *from, int width, int64_t n, uint32_t *to);
void lnt_codes_store(const uint32_t *from, int64_t n, int width, void *to);

static inline int64_t lnt_int_at(const void *data, int width, int64_t i) {
    switch (width) {
    case 1:
        return ((const int8_t *)data)[i];
    case 2:
        return ((const int16_t *)data)[i];
    case 4:
        return ((const int32_t *)data)[i];
    default:
        return ((const int64_t *)data)[i];
    }
}
static inline uint32_t lnt_code_at(const void *data, int width, int64_t i) {
    switch (width) {
    case 1:
        return ((const uint8_t *)data)[i];
    case 2:
        return ((const uint16_t *)data)[i];
    default:
        return ((const uint32_t *)data)[i];
    }
}
/// Offsets of plain strings: 4 bytes unsigned, or 8.
static inline int64_t lnt_offset_at(const void *data, int width, int64_t i) {
    return width == 4 ? (int64_t)((const uint32_t *)data)[i] : ((const int64_t *)data)[i];
}
/// Bytes that an address is held in (4 or 16) to the address.
static inline lnt_ip lnt_ip_at(const void *data, int width, int64_t i) {
    return width == 4 ? lnt_ip_from_v4(((const uint32_t *)data)[i]) : ((const lnt_ip *)data)[i];
}

#endif
