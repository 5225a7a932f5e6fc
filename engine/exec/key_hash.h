/// @file key_hash.h
/// Hashes of key values: which partition rows and groups go to when an operator spills.
#ifndef LNT_EXEC_KEY_HASH_H
#define LNT_EXEC_KEY_HASH_H

#include "column/vector.h"

/// Partitions of a step, and how many steps a partition that is too large may be divided further.
enum { LNT_SPILL_PARTS = 32, LNT_SPILL_LEVELS = 6 };

/// A hash of the keys' values of rows 0 … n-1 into hashes[n]. It depends on the values alone: equal ones (-0 and 0, NaN
/// and NaN, null and null) have the same whatever form they come in.
void lnt__hash_keys(const lnt_vec *keys, int64_t n_keys, int64_t n, uint64_t *hashes);

/// The partition of a hash at a level of division.
static inline int lnt__spill_part(uint64_t hash, int level) {
    return (int)(hash >> (32 + 5 * level) & (LNT_SPILL_PARTS - 1));
}

#endif
