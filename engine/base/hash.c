/// @file hash.c
/// The hash of a run of bytes.
///
/// Workload: names, hosts, tags; most of 4 to 40 bytes. Up to 16 bytes take two overlapping reads and two
/// multiplications, without a loop; longer ones 16 bytes a step, and from 48 bytes three independent lanes.
#include "base/hash.h"

static const uint64_t secret[4] = {0xa0761d6478bd642fu, 0xe7037ed1a0b428dbu, 0x8ebc6af09c88c6e3u, 0x589965cc75374cc3u};

static inline uint64_t read8(const uint8_t *p) {
    uint64_t value;
    memcpy(&value, p, 8);
    return value;
}

static inline uint64_t read4(const uint8_t *p) {
    uint32_t value;
    memcpy(&value, p, 4);
    return value;
}

/// The bytes past the first 16, down to a rest of at most 16 that `*p` then points at.
static uint64_t mix_long(const uint8_t **p, int64_t size) {
    const uint8_t *at = *p;
    uint64_t seed = secret[0], lane1 = secret[1], lane2 = secret[2];
    for (; size > 48; size -= 48, at += 48) {
        seed = lnt_hash_mix(read8(at) ^ secret[1], read8(at + 8) ^ seed);
        lane1 = lnt_hash_mix(read8(at + 16) ^ secret[2], read8(at + 24) ^ lane1);
        lane2 = lnt_hash_mix(read8(at + 32) ^ secret[3], read8(at + 40) ^ lane2);
    }
    seed ^= lane1 ^ lane2;
    for (; size > 16; size -= 16, at += 16) seed = lnt_hash_mix(read8(at) ^ secret[1], read8(at + 8) ^ seed);
    *p = at + size - 16; // overlaps what has been read; at least 16 bytes stand before its end
    return seed;
}

uint64_t lnt_hash_bytes(const void *data, int64_t size) {
    const uint8_t *p = data;
    uint64_t a = 0, b = 0, seed = secret[0];
    if (size > 16) {
        seed = mix_long(&p, size);
        a = read8(p);
        b = read8(p + 8);
    } else if (size >= 8) {
        a = read8(p);
        b = read8(p + size - 8);
    } else if (size >= 4) {
        a = read4(p);
        b = read4(p + size - 4);
    } else if (size > 0) {
        a = (uint64_t)p[0] << 16 | (uint64_t)p[size >> 1] << 8 | p[size - 1];
    }
    return lnt_hash_mix(secret[1] ^ (uint64_t)size, lnt_hash_mix(a ^ secret[1], b ^ seed));
}
