/// @file walk.c
/// Rows down trees: eight rows at a time, so that the waits for memory overlap.
#include "learn/tree.h"

_Static_assert(LNT_NODE_LEAF == 0 && LNT_NODE_NUMBER == 1, "a step tells numbers from leaves by their kind");

enum { LANES = 8, PIECE = 512 };

/// One step of a row. Numbers and leaves, which stay where they are, take no branch that must be guessed.
static inline uint32_t step(const lnt_tree_node *nodes, uint32_t at, const uint16_t *sets, const uint16_t *codes,
                            uint32_t *moved) {
    const lnt_tree_node *node = &nodes[at];
    if (node->kind > LNT_NODE_NUMBER) {
        *moved = 1;
        return lnt_tree_step(node, sets, codes);
    }
    uint16_t code = codes[node->feature]; // a leaf's feature is 0
    uint32_t next = node->child + !((code <= node->bin) | (code == node->n)), is_number = node->kind;
    *moved |= is_number;
    return is_number ? next : at;
}

/// The leaves that LANES rows come to.
static void walk_lanes(const lnt_tree_node *nodes, const uint16_t *sets, const uint16_t *codes, int64_t n_features,
                       uint32_t *at) {
    uint32_t moved = 1;
    for (int i = 0; i < LANES; i++) at[i] = 0;
    while (moved) {
        moved = 0;
        for (int i = 0; i < LANES; i++) at[i] = step(nodes, at[i], sets, codes + i * n_features, &moved);
    }
}

void lnt_tree_find_leaves(const lnt_tree *tree, const uint16_t *codes, int64_t n_features, int64_t n, uint32_t *out) {
    const lnt_tree_node *nodes = lnt_tree_nodes(tree);
    const uint16_t *sets = lnt_tree_sets(tree);
    int64_t row = 0;
    for (; row + LANES <= n; row += LANES) walk_lanes(nodes, sets, codes + row * n_features, n_features, out + row);
    for (; row < n; row++) out[row] = lnt_tree_walk(nodes, sets, codes + row * n_features);
}

void lnt_tree_add_values(const lnt_tree *tree, const uint16_t *codes, int64_t n_features, int64_t n, float *out) {
    const lnt_tree_node *nodes = lnt_tree_nodes(tree);
    const lnt_leaf_entry *leaves = lnt_tree_leaves(tree);
    uint32_t at[PIECE];
    for (int64_t start = 0; start < n; start += PIECE) {
        int64_t some = n - start < PIECE ? n - start : PIECE;
        lnt_tree_find_leaves(tree, codes + start * n_features, n_features, some, at);
        for (int64_t i = 0; i < some; i++) out[start + i] += leaves[nodes[at[i]].at + 1].share;
    }
}
