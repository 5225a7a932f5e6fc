/// @file masks.c
/// Trees as masks of leaves.
#include "learn/masks.h"

#include <string.h>

enum { NODES = 2 * LNT_MASK_LEAVES - 1, TILE = 256 };

typedef struct making {
    const lnt_tree *tree;
    const lnt_tree_node *nodes;
    const lnt_feature *features;
    lnt_masks *out;
    int64_t n_leaves;
    uint64_t kept[NODES]; ///< by node: the leaves that are left when it sends a row to its second side
} making;

/// Numbers the leaves below a node, those of its first side first.
static bool number_leaves(making *m, uint32_t at) {
    const lnt_tree_node *node = &m->nodes[at];
    if (node->kind == LNT_NODE_LEAF) {
        const lnt_leaf_entry *entry = lnt_tree_leaves(m->tree) + node->at + 1;
        if (node->n != 1 || m->n_leaves == LNT_MASK_LEAVES) return false;
        if (m->n_leaves > 0 && entry->label != m->out->output) return false;
        m->out->output = entry->label;
        m->out->values[m->n_leaves++] = entry->share;
        return true;
    }
    bool flipped = node->kind != LNT_NODE_NUMBER && node->members_left; // members go to the second side
    int64_t first = m->n_leaves;
    if (!number_leaves(m, node->child + flipped)) return false;
    uint64_t below = m->n_leaves == 64 ? ~0ull : (1ull << m->n_leaves) - 1;
    m->kept[at] = ~(below & ~0ull << first);
    return number_leaves(m, node->child + !flipped);
}

static uint64_t *codes_of(making *m, uint16_t feature) {
    for (int64_t i = 0; i < m->out->n_features; i++) {
        if (m->out->features[i] == feature) return m->out->codes + m->out->starts[i];
    }
    return NULL;
}

static bool lay_feature(making *m, int64_t feature, int64_t *n) {
    lnt_masks *out = m->out;
    int64_t n_codes = m->features[feature].n_bins + 1;
    if (out->n_features == LNT_MASK_FEATURES || *n + n_codes > LNT_MASK_CODES) return false;
    out->features[out->n_features] = (uint16_t)feature;
    out->starts[out->n_features++] = (uint32_t)*n;
    *n += n_codes;
    return true;
}

/// Room for the codes of all features if they are few, else of those that are asked for; nothing struck out yet.
static bool lay_codes(making *m, int64_t n_features, int64_t n_nodes) {
    int64_t n = 0;
    bool all = n_features <= LNT_MASK_ALL;
    for (int64_t f = 0; f < n_features && all; f++) all = lay_feature(m, f, &n);
    if (!all) m->out->n_features = n = 0;
    for (int64_t i = 0; i < n_nodes; i++) {
        const lnt_tree_node *node = &m->nodes[i];
        if (node->kind == LNT_NODE_LEAF || codes_of(m, node->feature)) continue;
        if (!lay_feature(m, node->feature, &n)) return false;
    }
    memset(m->out->codes, 0xff, (size_t)n * 8);
    return true;
}

/// Marks where each number's second side begins; what is missing is told by itself. Then codes have what all before
/// them have.
static bool strike_numbers(making *m, int64_t n_nodes) {
    for (int64_t i = 0; i < n_nodes; i++) {
        const lnt_tree_node *node = &m->nodes[i];
        int64_t last = m->features[node->feature].n_bins;
        if (node->kind != LNT_NODE_NUMBER) continue;
        if (node->n != UINT16_MAX && node->n != last) return false;
        uint64_t *codes = codes_of(m, node->feature);
        if (node->bin + 1 < last) codes[node->bin + 1] &= m->kept[i];
        if (last > node->bin && node->n != last) codes[last] &= m->kept[i];
    }
    for (int64_t f = 0; f < m->out->n_features; f++) {
        uint64_t *codes = m->out->codes + m->out->starts[f];
        if (m->features[m->out->features[f]].categorical) continue;
        for (int64_t c = 1; c < m->features[m->out->features[f]].n_bins; c++) codes[c] &= codes[c - 1];
    }
    return true;
}

static void strike_sets(making *m, int64_t n_nodes) {
    for (int64_t i = 0; i < n_nodes; i++) {
        const lnt_tree_node *node = &m->nodes[i];
        if (node->kind != LNT_NODE_LIST && node->kind != LNT_NODE_BITS) continue;
        uint64_t *codes = codes_of(m, node->feature);
        const uint16_t *set = lnt_tree_sets(m->tree) + node->at;
        int64_t last = m->features[node->feature].n_bins;
        for (int64_t w = 0; w < node->n; w++) {
            uint32_t members = node->kind == LNT_NODE_LIST ? 1 : set[w];
            for (; members; members &= members - 1) {
                int64_t code = node->kind == LNT_NODE_LIST ? set[w] : w * 16 + __builtin_ctz(members);
                if (code <= last) codes[code] &= m->kept[i];
            }
        }
    }
}

bool lnt_masks_make(const lnt_tree *tree, const lnt_feature *features, int64_t n_features, lnt_masks *out) {
    int64_t n_nodes = lnt_tree_n_nodes(tree);
    making m = {.tree = tree, .nodes = lnt_tree_nodes(tree), .features = features, .out = out};
    out->n_features = 0;
    if (n_nodes > NODES || !number_leaves(&m, 0) || !lay_codes(&m, n_features, n_nodes)) return false;
    if (!strike_numbers(&m, n_nodes)) return false;
    strike_sets(&m, n_nodes);
    return true;
}

/// Rows of exactly F features of which all have masks: each looked up at a place that is known when this is compiled.
static inline __attribute__((always_inline)) void add_all(const lnt_masks *m, int F, const uint16_t *codes, int64_t n,
                                                          float *out) {
    const uint64_t *masks[LNT_MASK_ALL];
    for (int f = 0; f < F; f++) masks[f] = m->codes + m->starts[f];
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
    for (int64_t f = 0; f < m->n_features; f += 2) {
        int64_t g = f + 1 < m->n_features ? f + 1 : f;
        const uint64_t *one = m->codes + m->starts[f], *two = m->codes + m->starts[g];
        const uint16_t *first = codes + m->features[f], *second = codes + m->features[g];
        for (int64_t i = 0; i < n; i++) left[i] &= one[first[i * n_features]] & two[second[i * n_features]];
    }
    for (int64_t i = 0; i < n; i++) out[i] += m->values[__builtin_ctzll(left[i])];
}

void lnt_masks_add(const lnt_masks *m, const uint16_t *codes, int64_t n_features, int64_t n, float *out) {
    switch (m->n_features == n_features ? n_features : 0) { // these have all features, in order
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
