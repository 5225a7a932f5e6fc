/// @file json_plain.h
/// What nearly every member of a record is, told without calls: a key that is expected, a string of ASCII without
/// escapes, a whole number of a few digits. Whatever else there may be is json_token.c's.
///
/// Positions go by value, so that they stay in registers. They lie in a text as json_token.h has it: zeros follow.
#ifndef LNT_IO_JSON_PLAIN_H
#define LNT_IO_JSON_PLAIN_H

#include "column/number_text.h"
#include "io/json/json_record.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/// Whether two words of 8 bytes are the same.
static inline bool lnt__json_same_word(const char *a, const char *b) {
    uint64_t x, y;
    memcpy(&x, a, 8);
    memcpy(&y, b, 8);
    return x == y;
}

/// Behind the key and its colon, if it stands at `at` as expected, else NULL.
static inline const char *lnt__json_behind_key(const lnt__json_key *key, const char *at, const char *end) {
    const char *literal = key->literal.data;
    int64_t size = key->literal.size;
    if (size == 0 || size >= end - at) return NULL;
    if (size < 8) return memcmp(at, literal, (size_t)size) == 0 ? at + size : NULL;
    for (int64_t i = 0; i + 8 < size; i += 8)
        if (!lnt__json_same_word(at + i, literal + i)) return NULL;
    return lnt__json_same_word(at + size - 8, literal + size - 8) ? at + size : NULL;
}

/// The first byte from `at` on that isn't plain inside of a string: a quote, a backslash, a control character (the zeros
/// behind the text at the latest), or one beyond ASCII.
static inline const char *lnt__json_plain_end(const char *at) {
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'), space = _mm_set1_epi8(' ');
    for (;; at += 16) { // signed, so that what is below a space is control characters and all beyond ASCII
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
        __m128i stops = _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, slash));
        unsigned stop = (unsigned)_mm_movemask_epi8(_mm_or_si128(stops, _mm_cmplt_epi8(bytes, space)));
        if (stop) return at + __builtin_ctz(stop);
    }
#else
    while (*at != '"' && *at != '\\' && (signed char)*at >= ' ') at++;
    return at;
#endif
}

/// How many of the 8 bytes of a word are digits before the first that isn't; `*value` is their number.
static inline int lnt__json_digits_of(uint64_t word, uint64_t *value) {
    const uint64_t zeroes = UINT64_C(0x3030303030303030);
    word ^= zeroes;
    uint64_t others = (word | (word + UINT64_C(0x0606060606060606))) & UINT64_C(0xf0f0f0f0f0f0f0f0);
    int n = others ? __builtin_ctzll(others) >> 3 : 8;
    *value = n ? lnt__eight_digits_value((word << (64 - 8 * n)) + zeroes) : 0; // zeros come in in front
    return n;
}

/// Behind 1 to 15 digits at `at`, of which none is a zero in front of another: their number to `*value`; else NULL.
static inline const char *lnt__json_behind_digits(const char *at, int64_t *value) {
    static const uint64_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};
    uint64_t first, second;
    int n = lnt__json_digits_of(lnt__load_word(at), &first);
    if (n == 0 || (*at == '0' && n > 1)) return NULL;
    *value = (int64_t)first;
    if (n < 8) return at + n;
    n = lnt__json_digits_of(lnt__load_word(at + 8), &second);
    if (n == 8) return NULL;
    *value = (int64_t)(first * powers[n] + second);
    return at + 8 + n;
}

#endif
