/// @file tree.c
/// Making a tree's parts: nodes, sets, leaves, grafting.
#include "learn/tree.h"

#include <string.h>

static const char who[] = "learn";
enum { FEW_MEMBERS = 2 };

lnt_status lnt_tree_init(lnt_budget *budget, lnt_tree *out, lnt_error *err) {
    *out = (lnt_tree){0};
    lnt_status status = lnt_buffer_new(budget, 1024, who, &out->nodes, err);
    if (status == LNT_OK) status = lnt_buffer_new(budget, 256, who, &out->sets, err);
    if (status == LNT_OK) status = lnt_buffer_new(budget, 1024, who, &out->leaves, err);
    if (status != LNT_OK) lnt_tree_clear(out);
    return status;
}

void lnt_tree_clear(lnt_tree *tree) {
    lnt_buffer_unref(tree->nodes);
    lnt_buffer_unref(tree->sets);
    lnt_buffer_unref(tree->leaves);
    *tree = (lnt_tree){0};
}

lnt_status lnt_tree_add_nodes(lnt_tree *tree, int64_t n, uint32_t *at, lnt_error *err) {
    static const lnt_tree_node none[2];
    int64_t first = lnt_tree_n_nodes(tree);
    if (first > (int64_t)UINT32_MAX - n) return lnt_error_set(err, LNT_LIMIT, "a tree of more than 4,294,967,295 nodes");
    for (int64_t i = 0; i < n; i++) LNT_TRY(lnt_buffer_append(tree->nodes, none, sizeof none[0], who, err));
    *at = (uint32_t)first;
    return LNT_OK;
}

/// The place where the next item of `item` bytes goes.
static lnt_status place_of(const lnt_buffer *buffer, int64_t item, uint32_t *at, lnt_error *err) {
    if (buffer->size / item > (int64_t)UINT32_MAX) return lnt_error_set(err, LNT_LIMIT, "a tree grew too large");
    *at = (uint32_t)(buffer->size / item);
    return LNT_OK;
}

lnt_status lnt_tree_set_leaf(lnt_tree *tree, uint32_t at, int64_t n_rows, double weight, const uint32_t *labels,
                             const double *weights, int64_t n, lnt_error *err) {
    lnt_tree_node leaf = {.kind = LNT_NODE_LEAF};
    LNT_TRY(place_of(tree->leaves, sizeof(lnt_leaf_entry), &leaf.at, err));
    LNT_TRY(lnt_buffer_reserve(tree->leaves, tree->leaves->size + (n + 1) * (int64_t)sizeof(lnt_leaf_entry), who, err));
    lnt_leaf_entry *entries = (lnt_leaf_entry *)(void *)(tree->leaves->data + tree->leaves->size);
    entries[0] = (lnt_leaf_entry){(uint32_t)n_rows, (float)weight};
    for (int64_t i = 0; i < n; i++) {
        if (weights[i] <= 0) continue;
        entries[++leaf.n] = (lnt_leaf_entry){labels[i], (float)(weights[i] / weight)};
    }
    tree->leaves->size += (leaf.n + 1) * (int64_t)sizeof(lnt_leaf_entry);
    lnt_tree_nodes(tree)[at] = leaf;
    return LNT_OK;
}

lnt_status lnt_tree_set_value(lnt_tree *tree, uint32_t at, int64_t n_rows, double weight, uint32_t output, double value,
                              lnt_error *err) {
    lnt_tree_node leaf = {.kind = LNT_NODE_LEAF, .n = 1};
    LNT_TRY(place_of(tree->leaves, sizeof(lnt_leaf_entry), &leaf.at, err));
    const lnt_leaf_entry entries[2] = {{(uint32_t)n_rows, (float)weight}, {output, (float)value}};
    LNT_TRY(lnt_buffer_append(tree->leaves, entries, sizeof entries, who, err));
    lnt_tree_nodes(tree)[at] = leaf;
    return LNT_OK;
}

lnt_status lnt_tree_set_members(lnt_tree *tree, uint32_t at, const uint16_t *codes, int64_t n, lnt_error *err) {
    lnt_tree_node *node = &lnt_tree_nodes(tree)[at];
    int64_t n_words = n ? codes[n - 1] / 16 + 1 : 0;
    LNT_TRY(place_of(tree->sets, 2, &node->at, err));
    if (n <= FEW_MEMBERS || n * 4 <= n_words) { // a look into a bitmap is faster than a search
        node->kind = LNT_NODE_LIST;
        node->n = (uint16_t)n;
        return lnt_buffer_append(tree->sets, codes, n * 2, who, err);
    }
    LNT_TRY(lnt_buffer_reserve(tree->sets, tree->sets->size + n_words * 2, who, err));
    uint16_t *words = (uint16_t *)(void *)(tree->sets->data + tree->sets->size);
    memset(words, 0, (size_t)n_words * 2);
    for (int64_t i = 0; i < n; i++) words[codes[i] / 16] |= (uint16_t)(1u << codes[i] % 16);
    tree->sets->size += n_words * 2;
    node->kind = LNT_NODE_BITS;
    node->n = (uint16_t)n_words;
    return LNT_OK;
}

lnt_status lnt_tree_graft(lnt_tree *tree, uint32_t at, const lnt_tree *part, lnt_error *err) {
    uint32_t set_base = 0, leaf_base = 0, node_base;
    LNT_TRY(place_of(tree->sets, 2, &set_base, err));
    LNT_TRY(place_of(tree->leaves, sizeof(lnt_leaf_entry), &leaf_base, err));
    int64_t n = lnt_tree_n_nodes(part), first = lnt_tree_n_nodes(tree);
    if (first + n > UINT32_MAX) return lnt_error_set(err, LNT_LIMIT, "a tree of more than 4,294,967,295 nodes");
    node_base = (uint32_t)first;
    LNT_TRY(lnt_buffer_append(tree->sets, part->sets->data, part->sets->size, who, err));
    LNT_TRY(lnt_buffer_append(tree->leaves, part->leaves->data, part->leaves->size, who, err));
    LNT_TRY(lnt_buffer_append(tree->nodes, lnt_tree_nodes(part) + 1, (n - 1) * (int64_t)sizeof(lnt_tree_node), who, err));
    lnt_tree_node *nodes = lnt_tree_nodes(tree);
    nodes[at] = lnt_tree_nodes(part)[0];
    for (int64_t i = 0; i < n; i++) { // the part's root goes to `at`, its node i to node_base + i - 1
        lnt_tree_node *node = i == 0 ? &nodes[at] : &nodes[node_base + i - 1];
        if (node->kind == LNT_NODE_LEAF) node->at += leaf_base;
        else node->child += node_base - 1;
        if (node->kind == LNT_NODE_LIST || node->kind == LNT_NODE_BITS) node->at += set_base;
    }
    return LNT_OK;
}
