/// @file hash.c
/// The hash of a run of bytes, as far as it has more than 16.
///
/// Workload: hosts, URLs, hashes; most of 20 to 60 bytes. 16 bytes a step, and from 48 bytes three independent lanes.
#include "base/hash.h"

static const uint64_t secret[4] = {0xa0761d6478bd642fu, 0xe7037ed1a0b428dbu, 0x8ebc6af09c88c6e3u, 0x589965cc75374cc3u};

static inline uint64_t read8(const uint8_t *p) {
    uint64_t value;
    memcpy(&value, p, 8);
    return value;
}

uint64_t lnt__hash_long(const uint8_t **p, int64_t size) {
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
