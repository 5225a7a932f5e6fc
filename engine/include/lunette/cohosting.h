/// @file cohosting.h
/// Which groups (malware families, say) share hosts more often than chance would have it: a permutation test.
#ifndef LUNETTE_COHOSTING_H
#define LUNETTE_COHOSTING_H

#include "lunette/engine.h"

/// What is dealt out. A link says that a host carries something of a group; every link is one card.
typedef struct lnt_cohosting {
    const int32_t *links_of; ///< [n_groups] how many hosts each group has, those with one group included
    int64_t n_groups;
    const int32_t *sizes; ///< [n_hosts] how many groups each host has that carries at least two
    int64_t n_hosts;
    const int32_t *pair_a, *pair_b; ///< [n_pairs] the pairs to watch: groups from 0, a ~= b, each pair once
    const int32_t *pair_hosts;      ///< [n_pairs] how many hosts carry both in the data
    int64_t n_pairs;
} lnt_cohosting;

/// Deals the cards anew `n_shuffles` times, by `seed`, so that every host keeps its number of groups and every group its
/// number of hosts. `met_mean[i]` becomes the mean number of hosts that carry pair i, `reached[i]` in how many shuffles
/// it was at least `pair_hosts[i]`. Both are the caller's, [n_pairs]. The same on every machine.
/// Fails with LNT_ARGUMENT for cards that don't suffice or groups out of range, LNT_NOMEM, LNT_LIMIT, LNT_CANCELLED.
LNT_API LNT_MUST_USE lnt_status lnt_cohosting_test(lnt_engine *engine, const lnt_cohosting *data, int64_t n_shuffles,
                                                   uint64_t seed, double *met_mean, int64_t *reached, lnt_error *err);

#endif
