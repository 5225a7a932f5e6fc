/// @file big_number.h
/// Whole numbers of up to some thousand bits, only as much as the exact reading of floats needs.
#ifndef LNT_COLUMN_BIG_NUMBER_H
#define LNT_COLUMN_BIG_NUMBER_H

#include <stdint.h>
#include <string.h>

/// 800 digits against a double's smallest halfway point × 10^1142: below 6,000 bits.
enum { LNT__BIG_WORDS = 128 };

/// Zero is 0. `words` least significant first, words[n - 1] isn't 0.
typedef struct lnt__big {
    int n;
    uint64_t words[LNT__BIG_WORDS];
} lnt__big;

/// big × factor + addend.
static inline void lnt__big_multiply_add(lnt__big *big, uint64_t factor, uint64_t addend) {
    __extension__ unsigned __int128 carry = addend;
    for (int i = 0; i < big->n; i++) {
        __extension__ unsigned __int128 word = (unsigned __int128)big->words[i] * factor + carry;
        big->words[i] = (uint64_t)word;
        carry = word >> 64;
    }
    if (carry && big->n < LNT__BIG_WORDS) big->words[big->n++] = (uint64_t)carry;
}

/// big × 2^bits.
static inline void lnt__big_shift(lnt__big *big, int bits) {
    lnt__big_multiply_add(big, (uint64_t)1 << bits % 64, 0);
    int words = bits / 64;
    if (big->n == 0 || big->n + words > LNT__BIG_WORDS) return;
    memmove(big->words + words, big->words, (size_t)big->n * sizeof *big->words);
    memset(big->words, 0, (size_t)words * sizeof *big->words);
    big->n += words;
}

/// -1, 0, 1.
static inline int lnt__big_compare(const lnt__big *a, const lnt__big *b) {
    if (a->n != b->n) return a->n < b->n ? -1 : 1;
    for (int i = a->n; i-- > 0;) {
        if (a->words[i] != b->words[i]) return a->words[i] < b->words[i] ? -1 : 1;
    }
    return 0;
}

#endif
