/// @file hash.h
/// Hashes for hash tables. Not secret-keyed against the network, but seeded; the same on every machine and run, because
/// nothing that users see may depend on a hash.
#ifndef LNT_BASE_HASH_H
#define LNT_BASE_HASH_H

#include <stdint.h>
#include <string.h>

/// Mixes 128 bits to 64 by a widening multiplication (the step of wyhash and rapidhash, public domain).
static inline uint64_t lnt_hash_mix(uint64_t a, uint64_t b) {
    __extension__ typedef unsigned __int128 u128;
    u128 product = (u128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t lnt_hash_u64(uint64_t x) {
    return lnt_hash_mix(x ^ 0x9e3779b97f4a7c15u, 0xe7037ed1a0b428dbu);
}

/// The hash of a further value in a row of values.
static inline uint64_t lnt_hash_combine(uint64_t hash, uint64_t next) {
    return lnt_hash_mix(hash ^ 0xa0761d6478bd642fu, next ^ 0x8ebc6af09c88c6e3u);
}

/// The first bytes of more than 16, mixed; `*p` then points at the last 16.
uint64_t lnt__hash_long(const uint8_t **p, int64_t size);

/// Up to 16 bytes as two words, by reads that overlap and no loop. Of two texts of the same size that differ, the words
/// differ.
static inline void lnt_hash_words(const uint8_t *p, int64_t size, uint64_t *first, uint64_t *last) {
    *first = *last = 0;
    if (size >= 8) {
        memcpy(first, p, 8);
        memcpy(last, p + size - 8, 8);
    } else if (size >= 4) {
        uint32_t low, high;
        memcpy(&low, p, 4);
        memcpy(&high, p + size - 4, 4);
        *first = low;
        *last = high;
    } else if (size > 0) {
        *first = (uint64_t)p[0] << 16 | (uint64_t)p[size >> 1] << 8 | p[size - 1];
    }
}

/// The hash of up to 16 bytes by their words.
static inline uint64_t lnt_hash_of_words(uint64_t first, uint64_t last, int64_t size) {
    return lnt_hash_mix(0xe7037ed1a0b428dbu ^ (uint64_t)size,
                        lnt_hash_mix(first ^ 0xe7037ed1a0b428dbu, last ^ 0xa0761d6478bd642fu));
}

/// Hash of `size` bytes. Up to 16 bytes take two overlapping reads and two multiplications, without a loop.
static inline uint64_t lnt_hash_bytes(const void *data, int64_t size) {
    const uint8_t *p = (const uint8_t *)data;
    uint64_t first, last;
    if (size <= 16) {
        lnt_hash_words(p, size, &first, &last);
        return lnt_hash_of_words(first, last, size);
    }
    uint64_t seed = lnt__hash_long(&p, size);
    lnt_hash_words(p, 16, &first, &last); // the last 16 bytes; the hash takes all of the size
    return lnt_hash_mix(0xe7037ed1a0b428dbu ^ (uint64_t)(size << 8 | 16),
                        lnt_hash_mix(first ^ 0xe7037ed1a0b428dbu, last ^ seed));
}

#endif
