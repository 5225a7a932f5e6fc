/// @file tree.h
/// The form of a grown tree: nodes, sets of levels, leaves with the shares of their classes.
///
/// Invariants: node 0 is the root; the children of a node are side by side and come after it. A set holds the levels
/// that went to the lighter side: whatever else comes, unseen and missing included, takes the heavier one.
#ifndef LNT_LEARN_TREE_H
#define LNT_LEARN_TREE_H

#include "base/buffer.h"

typedef enum lnt_node_kind {
    LNT_NODE_LEAF,
    LNT_NODE_NUMBER, ///< left: codes up to `bin`, and `missing`
    LNT_NODE_LIST,   ///< a set as a sorted list of codes
    LNT_NODE_BITS    ///< a set as a bitmap of 16-bit words; codes past it aren't members
} lnt_node_kind;

/// 16 bytes, so that four fit a cache line.
typedef struct lnt_tree_node {
    uint32_t child;   ///< index of the left child, the right one follows it; 0 for a leaf
    uint32_t at;      ///< LIST, BITS: where the set starts in `sets`; LEAF: where it starts in `leaves`
    uint16_t feature;
    uint16_t bin;     ///< NUMBER
    uint16_t n;       ///< NUMBER: the code of missing if it goes left, else 65535; sets: their words; LEAF: its classes
    uint8_t kind;
    uint8_t members_left; ///< sets: whether members go left
} lnt_tree_node;

/// A leaf starts with an entry that counts it, then come its classes, ascending; of boosting its output, once.
typedef struct lnt_leaf_entry {
    uint32_t label; ///< first: its training rows (bootstrapped ones once)
    float share;    ///< first: their weight; of boosting: the value
} lnt_leaf_entry;

typedef struct lnt_tree {
    lnt_buffer *nodes;  ///< lnt_tree_node
    lnt_buffer *sets;   ///< uint16_t
    lnt_buffer *leaves; ///< lnt_leaf_entry
} lnt_tree;

LNT_MUST_USE lnt_status lnt_tree_init(lnt_budget *budget, lnt_tree *out, lnt_error *err);
void lnt_tree_clear(lnt_tree *tree);

static inline lnt_tree_node *lnt_tree_nodes(const lnt_tree *tree) {
    return (lnt_tree_node *)(void *)tree->nodes->data;
}
static inline const uint16_t *lnt_tree_sets(const lnt_tree *tree) {
    return (const uint16_t *)(const void *)tree->sets->data;
}
static inline const lnt_leaf_entry *lnt_tree_leaves(const lnt_tree *tree) {
    return (const lnt_leaf_entry *)(const void *)tree->leaves->data;
}
static inline int64_t lnt_tree_n_nodes(const lnt_tree *tree) {
    return tree->nodes->size / (int64_t)sizeof(lnt_tree_node);
}

/// Whether `code` is in the sorted list.
static inline bool lnt_set_list_has(const uint16_t *list, int64_t n, uint16_t code) {
    while (n > 8) {
        int64_t half = n / 2;
        if (list[half] <= code) list += half, n -= half;
        else n = half;
    }
    for (int64_t i = 0; i < n; i++) {
        if (list[i] == code) return true;
    }
    return false;
}

/// The child that a row goes to whose feature has this code; the node isn't a leaf.
static inline uint32_t lnt_tree_child(const lnt_tree_node *node, const uint16_t *sets, uint16_t code) {
    if (node->kind == LNT_NODE_NUMBER) return node->child + !((code <= node->bin) | (code == node->n));
    bool member;
    if (node->kind == LNT_NODE_LIST) member = lnt_set_list_has(sets + node->at, node->n, code);
    else member = code >> 4 < node->n && (sets[node->at + (code >> 4)] >> (code & 15) & 1);
    return node->child + (member != node->members_left);
}

/// The same for a row of these codes.
static inline uint32_t lnt_tree_step(const lnt_tree_node *node, const uint16_t *sets, const uint16_t *codes) {
    return lnt_tree_child(node, sets, codes[node->feature]);
}

/// The leaf that a row of these codes comes to.
static inline uint32_t lnt_tree_walk(const lnt_tree_node *nodes, const uint16_t *sets, const uint16_t *codes) {
    uint32_t at = 0;
    while (nodes[at].kind != LNT_NODE_LEAF) at = lnt_tree_step(&nodes[at], sets, codes);
    return at;
}

/// Adds a node without content; `*at` gets its index.
LNT_MUST_USE lnt_status lnt_tree_add_nodes(lnt_tree *tree, int64_t n, uint32_t *at, lnt_error *err);
/// Makes node `at` a leaf of `n_rows` rows that weigh `weight`, with weights[i] of class labels[i] for i < n.
LNT_MUST_USE lnt_status lnt_tree_set_leaf(lnt_tree *tree, uint32_t at, int64_t n_rows, double weight,
                                          const uint32_t *labels, const double *weights, int64_t n, lnt_error *err);
/// Makes node `at` a leaf that stands for a value of one output: boosting's. `weight` is the sum of its rows' second
/// derivatives.
LNT_MUST_USE lnt_status lnt_tree_set_value(lnt_tree *tree, uint32_t at, int64_t n_rows, double weight, uint32_t output,
                                           double value, lnt_error *err);
/// Makes node `at` a set of sorted `codes`: a list while it is much smaller than the bitmap.
LNT_MUST_USE lnt_status lnt_tree_set_members(lnt_tree *tree, uint32_t at, const uint16_t *codes, int64_t n,
                                             lnt_error *err);
/// Puts `part` in the place of node `at` of `tree`.
LNT_MUST_USE lnt_status lnt_tree_graft(lnt_tree *tree, uint32_t at, const lnt_tree *part, lnt_error *err);

/// The leaves that `n` rows of codes, a row's side by side, come to: indexes of nodes; in ways.c.
void lnt_tree_find_leaves(const lnt_tree *tree, const uint16_t *codes, int64_t n_features, int64_t n, uint32_t *out);

#endif
