/// @file masks.c
/// Trees as masks of leaves.
#include "learn/masks.h"

#include <string.h>

enum { TILE = 256 };

/// The values of the leaves, which are all of one output.
static bool take_values(const lnt_strike *s, lnt_masks *out) {
    const lnt_tree_node *nodes = lnt_tree_nodes(s->tree);
    const lnt_leaf_entry *leaves = lnt_tree_leaves(s->tree);
    for (int64_t i = 0; i < s->n_ends; i++) {
        const lnt_tree_node *leaf = &nodes[s->ends[i]];
        const lnt_leaf_entry *entry = &leaves[leaf->at + 1];
        if (leaf->n != 1 || (i > 0 && entry->label != out->output)) return false;
        out->output = entry->label;
        out->values[i] = entry->share;
    }
    out->n_leaves = s->n_ends;
    return true;
}

/// All but the masks.
static bool prepare(const lnt_tree *tree, const lnt_feature *features, int64_t n_features, bool all, lnt_strike *s,
                    lnt_masks *out) {
    int64_t n_nodes = lnt_tree_n_nodes(tree);
    if (n_nodes > 2 * LNT_MASK_LEAVES - 1) return false;
    s->tree = tree;
    s->features = features;
    s->chosen = NULL;
    s->words = 1;
    s->lookup.n_features = s->lookup.n_codes = 0;
    if (!lnt_strike_number(s) || !take_values(s, out)) return false;
    all &= n_features <= LNT_STRIKE_ALL;
    for (int64_t f = 0; f < n_features && all; f++) all = lnt_strike_add_feature(s, f);
    if (!all) s->lookup.n_features = s->lookup.n_codes = 0;
    for (int64_t i = 0; i < s->n_inside; i++) {
        if (!lnt_strike_add_feature(s, lnt_tree_nodes(tree)[s->inside[i]].feature)) return false;
    }
    out->lookup = s->lookup;
    out->all = all;
    return true;
}

bool lnt_masks_make(const lnt_tree *tree, const lnt_feature *features, int64_t n_features, bool all, lnt_masks *out) {
    lnt_strike s;
    return prepare(tree, features, n_features, all, &s, out) && lnt_strike_fill(&s, out->codes);
}

bool lnt_masks_can_be(const lnt_tree *tree, const lnt_feature *features, int64_t n_features) {
    lnt_strike s;
    lnt_masks scratch;
    return prepare(tree, features, n_features, false, &s, &scratch) && lnt_strike_can_fill(&s);
}

/// Rows of exactly F features of which all have masks: each looked up at a place that is known when this is compiled.
static inline __attribute__((always_inline)) void add_all(const lnt_masks *m, int F, const uint16_t *codes, int64_t n,
                                                          float *out) {
    const uint64_t *masks[LNT_STRIKE_ALL];
    for (int f = 0; f < F; f++) masks[f] = m->codes + m->lookup.starts[f];
    for (int64_t i = 0; i < n; i++, codes += F) {
        uint64_t all = masks[0][codes[0]];
        for (int f = 1; f < F; f++) all &= masks[f][codes[f]];
        out[i] += m->values[__builtin_ctzll(all)];
    }
}

/// Rows of many features: a tile's masks, some features after the others.
static void add_some(const lnt_masks *m, const uint16_t *codes, int64_t n_features, int64_t n, float *out) {
    uint64_t left[TILE];
    memset(left, 0xff, sizeof left);
    for (int64_t f = 0; f < m->lookup.n_features; f += 2) {
        int64_t g = f + 1 < m->lookup.n_features ? f + 1 : f;
        const uint64_t *one = m->codes + m->lookup.starts[f], *two = m->codes + m->lookup.starts[g];
        const uint16_t *first = codes + m->lookup.features[f], *second = codes + m->lookup.features[g];
        for (int64_t i = 0; i < n; i++) left[i] &= one[first[i * n_features]] & two[second[i * n_features]];
    }
    for (int64_t i = 0; i < n; i++) out[i] += m->values[__builtin_ctzll(left[i])];
}

void lnt_masks_add(const lnt_masks *m, const uint16_t *codes, int64_t n_features, int64_t n, float *out) {
    switch (m->all ? n_features : 0) {
    case 1: add_all(m, 1, codes, n, out); return;
    case 2: add_all(m, 2, codes, n, out); return;
    case 3: add_all(m, 3, codes, n, out); return;
    case 4: add_all(m, 4, codes, n, out); return;
    case 5: add_all(m, 5, codes, n, out); return;
    case 6: add_all(m, 6, codes, n, out); return;
    case 7: add_all(m, 7, codes, n, out); return;
    case 8: add_all(m, 8, codes, n, out); return;
    default: break;
    }
    for (int64_t start = 0; start < n; start += TILE) {
        add_some(m, codes + start * n_features, n_features, n - start < TILE ? n - start : TILE, out + start);
    }
}
