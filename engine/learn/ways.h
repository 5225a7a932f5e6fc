/// @file ways.h
/// A tree laid out for walking many rows down it: what most steps ask for is in the node itself.
///
/// Workload: thousands of rows, trees of tens to a hundred thousand nodes, of which most have sets of few levels.
/// Invariants: way i is that of node i; a node knows of what kind its children are, so that nobody waits for the memory of
/// one to find out; every code has a bit, codes outside of a row of bits its last word.
#ifndef LNT_LEARN_WAYS_H
#define LNT_LEARN_WAYS_H

#include "learn/crown.h"

enum {
    LNT_WAY_CODES = 4,             ///< of a set that is in the node
    LNT_WAY_MANY = 1 << 16,        ///< above all labels: a leaf of this many and so many classes
    LNT_WAY_MOST_NODES = 1 << 28
};

/// What a row finds at a node.
typedef enum lnt_way_kind {
    LNT_WAY_LEAF,
    LNT_WAY_FEW, ///< a number, or a set of few codes
    LNT_WAY_BITS ///< a set as a row of bits
} lnt_way_kind;

/// What a leaf says: a class and its share, or of more classes where they are in the tree's leaves.
typedef struct lnt_said {
    uint32_t label; ///< or LNT_WAY_MANY + classes
    union {
        float share;
        uint32_t at;
    };
} lnt_said;

/// 16 bytes, so that four fit a cache line.
typedef struct lnt_way {
    uint32_t next;   ///< (the left child, the right one follows it) × 16 + the right one's kind × 4 + the left one's kind
    uint16_t column; ///< its feature
    uint16_t low;    ///< LNT_WAY_FEW: codes from this on go right, but the few; those go to the other side
    union {
        uint16_t codes[LNT_WAY_CODES]; ///< the few; 65535: none
        struct {
            uint32_t at;    ///< where the row of bits starts
            uint16_t first; ///< with codes from 64 × this on
            uint16_t last;  ///< its last word, which stands for all codes outside of it
        } bits;
        lnt_said leaf;
    };
} lnt_way;

typedef struct lnt_ways {
    const lnt_tree *tree; ///< borrowed
    lnt_way *ways;
    uint64_t *bits;
    lnt_way_kind root;    ///< the kind of node 0
    lnt_crown crown;      ///< where rows start, if there is one: its ends are nodes × 4 + their kinds
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
