/// @file walk.c
/// Rows down trees: eight rows at a time, so that the waits for memory overlap.
///
/// A shallow tree (boosting's are) is laid out first as a *fan*: all its paths made equally long, the children of fork i
/// at 2i + 1 and 2i + 2, each fork a row of bits that says by code who goes left, whatever its node's kind. A step down
/// is then the same few instructions for each row and takes no branch. That is worth it from some tens of rows on.
#include <string.h>

#include "learn/tree.h"

_Static_assert(LNT_NODE_LEAF == 0 && LNT_NODE_NUMBER == 1, "a step tells numbers from leaves by their kind");

enum { LANES = 8, PIECE = 4096, FAN_ROWS = 64, FAN_DEPTH = 7, FAN_FORKS = (1 << FAN_DEPTH) - 1, FAN_WORDS = 2048 };

// ---- fans ----

/// A fork: which feature's code is looked up in bits[at] …, codes past `last` words in that last one.
typedef struct lnt_fork {
    uint16_t feature, last;
    uint32_t at;
} lnt_fork;

/// bits[0] sends all to the left.
typedef struct fan {
    const lnt_tree_node *nodes;
    const uint16_t *sets;
    int64_t depth, n_words;
    lnt_fork forks[FAN_FORKS];
    uint32_t leaves[FAN_FORKS + 1];
    uint64_t bits[FAN_WORDS];
} fan;

/// How many steps the longest path below a node has; above FAN_DEPTH for any more than `most`.
static int64_t depth_below(const lnt_tree_node *nodes, uint32_t at, int64_t most) {
    if (nodes[at].kind == LNT_NODE_LEAF) return 0;
    if (most == 0) return FAN_DEPTH + 1;
    int64_t left = depth_below(nodes, nodes[at].child, most - 1), right = depth_below(nodes, nodes[at].child + 1, most - 1);
    return 1 + (left > right ? left : right);
}

/// The greatest code that a node treats other than those past it.
static int64_t last_code(const fan *f, const lnt_tree_node *node) {
    if (node->kind == LNT_NODE_NUMBER) return node->n != UINT16_MAX && node->n > node->bin ? node->n : node->bin;
    if (node->kind == LNT_NODE_LIST) return f->sets[node->at + node->n - 1];
    return (int64_t)node->n * 16 - 1;
}

static void set_bit(uint64_t *bits, int64_t code) {
    bits[code / 64] |= 1ull << (code % 64);
}

/// Writes who goes left. False: there are too many codes.
static bool lay_fork(fan *f, int64_t slot, const lnt_tree_node *node) {
    if (node->kind != LNT_NODE_NUMBER && node->n == 0) return false;
    int64_t n = last_code(f, node) / 64 + 2; // with one for all codes past the last
    if (f->n_words + n > FAN_WORDS) return false;
    uint64_t *bits = f->bits + f->n_words;
    memset(bits, 0, (size_t)n * 8);
    f->forks[slot] = (lnt_fork){node->feature, (uint16_t)(n - 1), (uint32_t)f->n_words};
    f->n_words += n;
    if (node->kind == LNT_NODE_NUMBER) {
        memset(bits, 0xff, (size_t)(node->bin / 64) * 8);
        bits[node->bin / 64] |= ~0ull >> (63 - node->bin % 64);
        if (node->n != UINT16_MAX) set_bit(bits, node->n);
        return true;
    }
    const uint16_t *set = f->sets + node->at;
    for (int64_t i = 0; i < node->n && node->kind == LNT_NODE_LIST; i++) set_bit(bits, set[i]);
    for (int64_t i = 0; i < node->n && node->kind == LNT_NODE_BITS; i++) bits[i / 4] |= (uint64_t)set[i] << (i % 4 * 16);
    for (int64_t i = 0; i < n && !node->members_left; i++) bits[i] = ~bits[i];
    return true;
}

/// Lays out what is below a node at `slot` of `level`.
static bool lay(fan *f, uint32_t at, int64_t slot, int64_t level) {
    const lnt_tree_node *node = &f->nodes[at];
    if (level == f->depth) {
        f->leaves[slot - ((1 << level) - 1)] = at;
        return true;
    }
    if (node->kind == LNT_NODE_LEAF) { // all go left, to the same leaf
        f->forks[slot] = (lnt_fork){0, 0, 0};
        return lay(f, at, 2 * slot + 1, level + 1);
    }
    return lay_fork(f, slot, node) && lay(f, node->child, 2 * slot + 1, level + 1) &&
           lay(f, node->child + 1, 2 * slot + 2, level + 1);
}

static bool make_fan(const lnt_tree *tree, fan *f) {
    f->nodes = lnt_tree_nodes(tree);
    f->sets = lnt_tree_sets(tree);
    f->depth = depth_below(f->nodes, 0, FAN_DEPTH);
    f->n_words = 1;
    f->bits[0] = ~0ull;
    return f->depth <= FAN_DEPTH && lay(f, 0, 0, 0);
}

/// The leaves that LANES rows come to.
static inline void fan_lanes(const fan *f, const uint16_t *codes, int64_t n_features, uint32_t *out) {
    uint32_t at[LANES] = {0};
    for (int64_t level = 0; level < f->depth; level++) {
        for (int i = 0; i < LANES; i++) {
            const lnt_fork *way = &f->forks[at[i]];
            uint32_t code = codes[i * n_features + way->feature], word = code >> 6;
            word = word < way->last ? word : way->last;
            at[i] = 2 * at[i] + 2 - (uint32_t)(f->bits[way->at + word] >> (code & 63) & 1);
        }
    }
    uint32_t first = (1u << f->depth) - 1;
    for (int i = 0; i < LANES; i++) out[i] = f->leaves[at[i] - first];
}

// ---- nodes as they are ----

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
    fan f;
    if (n >= FAN_ROWS && make_fan(tree, &f)) {
        for (; row + LANES <= n; row += LANES) fan_lanes(&f, codes + row * n_features, n_features, out + row);
    }
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
