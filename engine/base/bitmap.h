/// @file bitmap.h
/// Bitmaps of validity: bit i % 64 of word i / 64, least significant first (the layout of Arrow on little-endian
/// machines). Bits past the length are unspecified; counting masks them.
#ifndef LNT_BASE_BITMAP_H
#define LNT_BASE_BITMAP_H

#include <stdbool.h>
#include <stdint.h>

static inline int64_t lnt_bitmap_words(int64_t n_bits) {
    return (n_bits + 63) / 64;
}
static inline bool lnt_bitmap_get(const uint64_t *bits, int64_t i) {
    return bits[i >> 6] >> (i & 63) & 1;
}
/// NULL stands for "all set".
static inline bool lnt_bitmap_valid(const uint64_t *bits, int64_t i) {
    return !bits || lnt_bitmap_get(bits, i);
}
static inline void lnt_bitmap_set(uint64_t *bits, int64_t i) {
    bits[i >> 6] |= (uint64_t)1 << (i & 63);
}
static inline void lnt_bitmap_unset(uint64_t *bits, int64_t i) {
    bits[i >> 6] &= ~((uint64_t)1 << (i & 63));
}
/// How many of the first `n` bits are set.
int64_t lnt_bitmap_count(const uint64_t *bits, int64_t n);
/// Sets (or unsets) bits [start, start + n).
void lnt_bitmap_fill(uint64_t *bits, int64_t start, int64_t n, bool value);
/// Copies `n` bits from `from` at bit `from_start` to `to` at bit `to_start`; the ranges don't overlap.
void lnt_bitmap_copy(uint64_t *to, int64_t to_start, const uint64_t *from, int64_t from_start, int64_t n);

#endif
