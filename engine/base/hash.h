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

/// Hash of `size` bytes. Up to 16 bytes take two overlapping reads and two multiplications, without a loop.
static inline uint64_t lnt_hash_bytes(const void *data, int64_t size) {
    const uint8_t *p = (const uint8_t *)data;
    uint64_t a = 0, b = 0, seed = 0xa0761d6478bd642fu;
    if (size >= 8) {
        if (size > 16) {
            seed = lnt__hash_long(&p, size);
            size = size << 8 | 16; // the reads below take the last 16 bytes, the hash all of the size
        }
        memcpy(&a, p, 8);
        memcpy(&b, p + (size & 0xff) - 8, 8);
    } else if (size >= 4) {
        uint32_t first, last;
        memcpy(&first, p, 4);
        memcpy(&last, p + size - 4, 4);
        a = first;
        b = last;
    } else if (size > 0) {
        a = (uint64_t)p[0] << 16 | (uint64_t)p[size >> 1] << 8 | p[size - 1];
    }
    return lnt_hash_mix(0xe7037ed1a0b428dbu ^ (uint64_t)size, lnt_hash_mix(a ^ 0xe7037ed1a0b428dbu, b ^ seed));
}

#endif
