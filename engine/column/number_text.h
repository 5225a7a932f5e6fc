/// @file number_text.h
/// Runs of digits, shared by the parsers and formatters of numbers, times and addresses.
#ifndef LNT_COLUMN_NUMBER_TEXT_H
#define LNT_COLUMN_NUMBER_TEXT_H

#include <string.h>

#include "column/value_text.h"

/// Eight bytes as a little-endian word: the first byte is the lowest.
static inline uint64_t lnt__load_word(const void *data) {
    uint64_t word;
    memcpy(&word, data, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}
/// Whether all eight bytes of a little-endian word are '0'…'9'.
static inline bool lnt__eight_digits(uint64_t word) {
    return ((word & 0xf0f0f0f0f0f0f0f0u) | (((word + 0x0606060606060606u) & 0xf0f0f0f0f0f0f0f0u) >> 4)) ==
           0x3333333333333333u;
}
/// Their value; the first byte is the most significant digit. Pairs, then fours, then all eight are joined.
static inline uint32_t lnt__eight_digits_value(uint64_t word) {
    word -= 0x3030303030303030u;
    word = word * 10 + (word >> 8);
    uint64_t even = (word & 0x000000ff000000ffu) * (100 + (1000000ull << 32));
    uint64_t odd = ((word >> 16) & 0x000000ff000000ffu) * (1 + (10000ull << 32));
    return (uint32_t)((even + odd) >> 32);
}

/// `size` digits (0 … 19) and nothing else as a number.
bool lnt__parse_digits(const char *data, int64_t size, uint64_t *out);
/// Whether the text equals `lower` (terminated, lower case) in any case of ASCII letters; size ≤ strlen(lower) + 1.
bool lnt__equals_fold(const char *data, int64_t size, const char *lower);
/// Writes a number's digits (at most 20), returns how many.
int lnt__format_digits(uint64_t value, char *out);
/// Writes 0 … 99 as two digits.
void lnt__format_two(unsigned value, char *out);

#endif
