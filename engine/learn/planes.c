/// @file planes.c
/// Cutting a tree into planes.
#include "learn/planes.h"

#include <string.h>

/// A node that isn't a leaf.
typedef struct inside {
    const lnt_tree_node *node;
    uint64_t left; ///< of the leaves, of a row that it sends to its second side
    uint8_t column;
    bool is_set;   ///< as are ranges of codes of two bytes
} inside;

typedef struct making {
    const lnt_tree *tree;
    const lnt_feature *features;
    lnt_planes *out;
    int64_t n_inside;
    inside inside[LNT_PLANE_NODES];
} making;

// ---- numbering ----

/// Notes a leaf; all are of one output.
static bool number_leaf(making *m, const lnt_tree_node *node) {
    lnt_planes *p = m->out;
    const lnt_leaf_entry *entry = lnt_tree_leaves(m->tree) + node->at + 1;
    if (node->n != 1 || p->n_leaves == LNT_PLANE_LEAVES || (p->n_leaves > 0 && entry->label != p->output)) return false;
    p->output = entry->label;
    p->values[p->n_leaves++] = entry->share;
    return true;
}

/// Numbers the leaves below a node, those of its first side first.
static bool number_below(making *m, uint32_t at) {
    const lnt_tree_node *node = &lnt_tree_nodes(m->tree)[at];
    if (node->kind == LNT_NODE_LEAF) return number_leaf(m, node);
    if (m->n_inside == LNT_PLANE_NODES) return false;
    bool flipped = node->kind != LNT_NODE_NUMBER && node->members_left; // members go to the second side
    inside *to = &m->inside[m->n_inside++];
    int64_t first = m->out->n_leaves;
    to->node = node;
    if (!number_below(m, node->child + flipped)) return false;
    to->left = ~(~0ull >> (64 - (m->out->n_leaves - first)) << first);
    return number_below(m, node->child + !flipped);
}

// ---- sets ----

static void set_bit(uint8_t *bits, int64_t code) {
    bits[code / 8] |= (uint8_t)(1 << code % 8);
}

/// Bits of the codes that a node sends to its second side, up to `last`.
static void put_bits(const making *m, const lnt_tree_node *node, int64_t last, uint8_t *bits) {
    const uint16_t *set = lnt_tree_sets(m->tree) + node->at;
    if (node->kind == LNT_NODE_NUMBER) {
        for (int64_t code = (int64_t)node->bin + 1; code <= last; code++) {
            if (code != node->n) set_bit(bits, code);
        }
    } else if (node->kind == LNT_NODE_LIST) {
        for (int64_t i = 0; i < node->n; i++) {
            if (set[i] <= last) set_bit(bits, set[i]);
        }
    } else {
        for (int64_t w = 0; w < node->n && w * 16 <= last; w++) {
            bits[w * 2] = (uint8_t)set[w];
            bits[w * 2 + 1] = (uint8_t)(set[w] >> 8);
        }
    }
}

static bool add_set(making *m, const inside *from) {
    lnt_planes *p = m->out;
    int64_t last = m->features[from->node->feature].n_bins;
    int64_t n_pages = last < 256 ? 0 : last / (LNT_PLANE_PAGE * 8) + 1;
    int64_t bytes = n_pages > 0 ? n_pages * LNT_PLANE_PAGE : LNT_PLANE_NARROW;
    if (p->n_bits + bytes > LNT_PLANE_BITS) return false;
    memset(p->content + p->n_bits, 0, (size_t)bytes);
    put_bits(m, from->node, last, p->content + p->n_bits);
    p->sets[p->n_sets++] = (lnt_plane_set){from->column, (uint8_t)n_pages, (uint16_t)p->n_bits};
    p->n_bits += bytes;
    return true;
}

// ---- planes ----

/// The column of a node's feature.
static uint8_t column_of(making *m, const lnt_tree_node *node) {
    lnt_planes *p = m->out;
    int64_t column = 0;
    while (column < p->n_columns && p->features[column] != node->feature) column++;
    if (column == p->n_columns) {
        p->features[column] = node->feature;
        p->is_wide[column] = lnt_feature_width(&m->features[node->feature]) == 2;
        p->n_columns++;
    }
    return (uint8_t)column;
}

/// Orders the nodes by columns; a column's sets come after its numbers, and these by their bins.
static void order(making *m) {
    uint32_t keys[LNT_PLANE_NODES];
    inside before[LNT_PLANE_NODES];
    for (int64_t i = 0; i < m->n_inside; i++) {
        inside *it = &m->inside[i];
        it->column = column_of(m, it->node);
        it->is_set = it->node->kind != LNT_NODE_NUMBER || m->out->is_wide[it->column];
        before[i] = *it;
        uint32_t bin = it->is_set ? UINT16_MAX : it->node->bin; // of numbers less
        uint32_t key = (uint32_t)it->column << 24 | bin << 8 | (uint32_t)i;
        int64_t at = i;
        for (; at > 0 && keys[at - 1] > key; at--) keys[at] = keys[at - 1];
        keys[at] = key;
    }
    for (int64_t i = 0; i < m->n_inside; i++) m->inside[i] = before[keys[i] & 0xff];
}

static void put_two(lnt_planes *p, uint8_t first, uint8_t second) {
    p->content[p->n_bytes++] = first;
    p->content[p->n_bytes++] = second;
}

/// Puts a column's numbers from place `i` on into plane `plane`: steps to what is left from each code on. Returns whether
/// there are any.
static bool put_run(making *m, int64_t i, int64_t plane) {
    lnt_planes *p = m->out;
    int64_t column = m->inside[i].column, last = m->features[p->features[column]].n_bins, start = p->n_bytes;
    uint8_t left = 0xff, missing = 0xff, *n_steps = &p->content[start + 1];
    put_two(p, (uint8_t)column, 0);
    for (; i < m->n_inside && m->inside[i].column == column && !m->inside[i].is_set; i++) {
        const lnt_tree_node *node = m->inside[i].node;
        uint8_t byte = (uint8_t)(m->inside[i].left >> plane * 8);
        if (byte == 0xff || node->bin >= last) continue; // nobody goes to the second side
        if (node->n != last) missing &= byte;
        if (node->bin + 1 == last) continue;
        left &= byte;
        if (*n_steps > 0 && p->content[p->n_bytes - 2] == node->bin + 1) {
            p->content[p->n_bytes - 1] = left;
            continue;
        }
        put_two(p, (uint8_t)(node->bin + 1), left);
        ++*n_steps;
    }
    if (missing != left) {
        put_two(p, (uint8_t)last, missing);
        ++*n_steps;
    }
    if (*n_steps == 0) p->n_bytes = start;
    return p->n_bytes > start;
}

static void put_plane(making *m, int64_t plane) {
    lnt_planes *p = m->out;
    int64_t column = -1, set = 0, n_runs = p->n_bytes++, n_strikes;
    p->content[n_runs] = 0;
    for (int64_t i = 0; i < m->n_inside; i++) {
        if (m->inside[i].is_set || m->inside[i].column == column) continue;
        column = m->inside[i].column;
        p->content[n_runs] = (uint8_t)(p->content[n_runs] + put_run(m, i, plane));
    }
    n_strikes = p->n_bytes++;
    p->content[n_strikes] = 0;
    for (int64_t i = 0; i < m->n_inside; i++) {
        uint8_t byte = (uint8_t)(m->inside[i].left >> plane * 8);
        if (!m->inside[i].is_set) continue;
        if (byte != 0xff) {
            put_two(p, (uint8_t)set, byte);
            p->content[n_strikes]++;
        }
        set++;
    }
}

bool lnt_planes_make(const lnt_tree *tree, const lnt_feature *features, lnt_planes *out) {
    making m;
    m.tree = tree;
    m.features = features;
    m.out = out;
    m.n_inside = 0;
    memset(out, 0, offsetof(lnt_planes, content));
    if (lnt_tree_n_nodes(tree) > 2 * LNT_PLANE_LEAVES - 1 || !number_below(&m, 0)) return false;
    for (int64_t i = 0; i < m.n_inside; i++) { // of an odd file
        const lnt_tree_node *node = m.inside[i].node;
        if (node->kind == LNT_NODE_NUMBER && node->n != UINT16_MAX && node->n != features[node->feature].n_bins) return false;
    }
    order(&m);
    for (int64_t i = 0; i < m.n_inside; i++) {
        if (m.inside[i].is_set && !add_set(&m, &m.inside[i])) return false;
    }
    out->n_planes = (out->n_leaves + 7) / 8;
    out->n_bytes = out->n_bits;
    for (int64_t plane = out->n_planes - 1; plane >= 0; plane--) put_plane(&m, plane);
    return true;
}
