/// @file walk.c
/// Rows down trees: eight rows at a time, so that the waits for memory overlap.
#include "learn/tree.h"

enum { LANES = 8, PIECE = 512 };

/// The leaves that up to LANES rows come to.
static void walk_lanes(const lnt_tree_node *nodes, const uint16_t *sets, const uint16_t *codes, int64_t n_features,
                       int64_t lanes, uint32_t *at) {
    bool going = true;
    for (int64_t i = 0; i < lanes; i++) at[i] = 0;
    while (going) {
        going = false;
        for (int64_t i = 0; i < lanes; i++) {
            const lnt_tree_node *node = &nodes[at[i]];
            if (node->kind == LNT_NODE_LEAF) continue;
            at[i] = lnt_tree_step(node, sets, codes + i * n_features);
            going = true;
        }
    }
}

void lnt_tree_find_leaves(const lnt_tree *tree, const uint16_t *codes, int64_t n_features, int64_t n, uint32_t *out) {
    const lnt_tree_node *nodes = lnt_tree_nodes(tree);
    const uint16_t *sets = lnt_tree_sets(tree);
    for (int64_t row = 0; row < n; row += LANES) {
        walk_lanes(nodes, sets, codes + row * n_features, n_features, n - row < LANES ? n - row : LANES, out + row);
    }
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
