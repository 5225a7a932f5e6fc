/// @file prng.h
/// Pseudo-random numbers that are the same on every machine. Each tree, and each node of a tree, has a stream of its
/// own, made from the seed and its place: so nothing depends on the order in which threads do their work.
#ifndef LNT_LEARN_PRNG_H
#define LNT_LEARN_PRNG_H

#include "base/hash.h"

typedef struct lnt_prng {
    uint64_t state;
} lnt_prng;

static inline uint64_t lnt_prng_next(lnt_prng *prng) {
    prng->state += 0x9e3779b97f4a7c15u;
    return lnt_hash_mix(prng->state, prng->state ^ 0xe7037ed1a0b428dbu);
}

/// 0 … n - 1, n > 0.
static inline uint64_t lnt_prng_below(lnt_prng *prng, uint64_t n) {
    __extension__ typedef unsigned __int128 u128;
    return (uint64_t)((u128)lnt_prng_next(prng) * n >> 64);
}

#endif
