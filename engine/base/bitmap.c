/// @file bitmap.c
/// Counting, filling and copying runs of bits, a word at a time.
///
/// Workload: validity of columns; runs of thousands of bits whose starts are mostly multiples of 64.
#include "base/bitmap.h"

#include <string.h>

/// The lowest `n` bits, 0 ≤ n ≤ 64.
static uint64_t low_bits(int64_t n) {
    return n >= 64 ? ~(uint64_t)0 : ((uint64_t)1 << n) - 1;
}

int64_t lnt_bitmap_count(const uint64_t *bits, int64_t n) {
    int64_t count = 0, words = n / 64;
    for (int64_t i = 0; i < words; i++) count += __builtin_popcountll(bits[i]);
    if (n % 64) count += __builtin_popcountll(bits[words] & low_bits(n % 64));
    return count;
}

/// Replaces the bits of `*word` that `mask` names by those of `value`.
static void blend(uint64_t *word, uint64_t mask, uint64_t value) {
    *word = (*word & ~mask) | (value & mask);
}

void lnt_bitmap_fill(uint64_t *bits, int64_t start, int64_t n, bool value) {
    if (n <= 0) return;
    uint64_t all = value ? ~(uint64_t)0 : 0;
    int64_t offset = start % 64, head = offset ? 64 - offset : 0;
    uint64_t *word = bits + start / 64;
    if (head > n) head = n;
    if (head) blend(word++, low_bits(head) << offset, all);
    int64_t words = (n - head) / 64, tail = (n - head) % 64;
    memset(word, value ? 0xff : 0, (size_t)words * 8);
    if (tail) blend(word + words, low_bits(tail), all);
}

/// 64 bits (or the `n` that are left) from bit `start` on; reads no word that holds none of them.
static uint64_t read_bits(const uint64_t *bits, int64_t start, int64_t n) {
    int64_t word = start / 64, offset = start % 64;
    uint64_t value = bits[word] >> offset;
    if (offset && offset + n > 64) value |= bits[word + 1] << (64 - offset);
    return value;
}

void lnt_bitmap_copy(uint64_t *to, int64_t to_start, const uint64_t *from, int64_t from_start, int64_t n) {
    if (n <= 0) return;
    int64_t offset = to_start % 64, head = offset ? 64 - offset : 0;
    uint64_t *word = to + to_start / 64;
    if (head > n) head = n;
    if (head) {
        blend(word++, low_bits(head) << offset, read_bits(from, from_start, head) << offset);
        from_start += head;
        n -= head;
    }
    if (from_start % 64 == 0) {
        memcpy(word, from + from_start / 64, (size_t)(n / 64) * 8);
    } else {
        for (int64_t i = 0; i < n / 64; i++) word[i] = read_bits(from, from_start + i * 64, 64);
    }
    int64_t whole = n / 64, tail = n % 64;
    if (tail) blend(word + whole, low_bits(tail), read_bits(from, from_start + whole * 64, tail));
}
