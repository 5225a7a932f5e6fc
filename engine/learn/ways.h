/// @file ways.h
/// A tree laid out for walking many rows down it: what most steps ask for is in the node itself.
///
/// Workload: thousands of rows, trees of tens to a hundred thousand nodes, of which most have sets of few levels.
/// Invariants: way i is that of node i; a leaf leads to itself; every code has a bit, codes outside of a row of bits its
/// last word.
#ifndef LNT_LEARN_WAYS_H
#define LNT_LEARN_WAYS_H

#include "learn/crown.h"

enum {
    LNT_WAY_CODES = 4,        ///< of a set that is in the node
    LNT_WAY_BITS = 0xfffd,    ///< values of `bin` above all codes: a row of bits,
    LNT_WAY_FEW = 0xfffe      ///< few codes; + 1: those go left
};

/// 16 bytes, so that four fit a cache line.
typedef struct lnt_way {
    uint32_t next;   ///< the left child, the right one follows it; a leaf: itself
    uint16_t column; ///< its feature; a leaf: its classes
    uint16_t bin;    ///< a number: codes up to this go left
    union {
        uint16_t codes[LNT_WAY_CODES]; ///< a number: the first goes left, too; few codes; 65535: none
        struct {
            uint32_t at;    ///< where the row of bits starts
            uint16_t first; ///< with codes from 64 × this on
            uint16_t last;  ///< its last word, which stands for all codes outside of it
        } bits;
        struct {
            uint32_t label; ///< of one class; of more: where its entries start in the tree's leaves
            float share;    ///< of one class
        } leaf;
    };
} lnt_way;

typedef struct lnt_ways {
    const lnt_tree *tree; ///< borrowed
    lnt_way *ways;
    uint64_t *bits;       ///< the first word sends all to the left
    lnt_crown crown;      ///< where rows start, if there is one
    lnt_buffer *memory;   ///< of both; NULL: they are somebody else's, or the tree is walked by its nodes
} lnt_ways;

/// Lays a tree out, with a crown if that is wanted. A tree with sets of so many levels that their bits would take far
/// more than its nodes is left as it is. `*out` borrows the tree; lnt_ways_clear it.
LNT_MUST_USE lnt_status lnt_ways_init(lnt_budget *budget, const lnt_tree *tree, const lnt_feature *features,
                                      int64_t n_features, bool crown, lnt_ways *out, lnt_error *err);
void lnt_ways_clear(lnt_ways *ways);

/// The leaves (indexes of nodes) that `n` rows come to; a row's `n_features` codes are side by side.
void lnt_ways_find_leaves(const lnt_ways *ways, const uint16_t *codes, int64_t n_features, int64_t n, uint32_t *out);

#endif
