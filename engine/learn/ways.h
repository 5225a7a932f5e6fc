/// @file ways.h
/// A tree laid out for walking many rows down it: whatever a node's kind, one look into a row of bits says who goes right.
///
/// Workload: thousands of rows, trees of tens to a hundred thousand nodes. Invariants: way i is that of node i; a leaf
/// leads to itself, so a step more does no harm; every code has a bit, codes outside of a row of bits its last word.
#ifndef LNT_LEARN_WAYS_H
#define LNT_LEARN_WAYS_H

#include "learn/tree.h"

/// 16 bytes, so that four fit a cache line.
typedef struct lnt_way {
    uint32_t next;   ///< the left child, the right one follows it; a leaf: itself
    uint32_t bits;   ///< where its row of bits starts
    uint32_t column; ///< its feature
    uint16_t first;  ///< the row of bits starts with codes from 64 × this on
    uint16_t last;   ///< its last word, which stands for all codes outside of it
} lnt_way;

typedef struct lnt_ways {
    const lnt_tree *tree; ///< borrowed
    lnt_way *ways;
    uint64_t *bits;       ///< the first word sends all to the left
    int64_t depth;        ///< steps to the lowest leaf; -1: many
    lnt_buffer *memory;   ///< of both; NULL: they are somebody else's, or the tree is walked by its nodes
} lnt_ways;

/// Lays a tree out. A tree with sets of so many levels that
/// their bits would take far more than its nodes is left as it is. `*out` borrows the tree; lnt_ways_clear it.
LNT_MUST_USE lnt_status lnt_ways_init(lnt_budget *budget, const lnt_tree *tree, lnt_ways *out, lnt_error *err);
void lnt_ways_clear(lnt_ways *ways);

/// The leaves (indexes of nodes) that `n` rows come to; a row's `n_features` codes are side by side.
void lnt_ways_find_leaves(const lnt_ways *ways, const uint16_t *codes, int64_t n_features, int64_t n, uint32_t *out);

#endif
