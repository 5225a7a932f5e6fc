/// @file rules.c
/// Trees as rules to read: a line a condition, indented by depth, leaves with their classes.
#include <stdlib.h>

#include "column/value_text.h"
#include "learn/dataset.h"
#include "learn/model.h"

enum { MAX_LEVELS_SHOWN = 12, MAX_CLASSES_SHOWN = 3 };

static void add_value(lnt_text *out, lnt_value value) {
    char text[LNT_FORMAT_BYTES];
    if (value.type == LNT_STRING) {
        lnt_text_add_char(out, '\'');
        lnt_text_add(out, value.as.s.data, value.as.s.size);
        lnt_text_add_char(out, '\'');
    } else {
        lnt_text_add(out, text, lnt_format_value(value, text));
    }
}

static void add_level(lnt_text *out, const lnt_feature *feature, int64_t code) {
    if (code >= feature->n_bins) lnt_text_add(out, "null", -1);
    else add_value(out, lnt__key_value(feature->type, lnt_intern_get(&feature->levels, code)));
}

static bool in_set(const lnt_tree *tree, const lnt_tree_node *node, int64_t code) {
    const uint16_t *set = lnt_tree_sets(tree) + node->at;
    if (node->kind == LNT_NODE_LIST) return lnt_set_list_has(set, node->n, (uint16_t)code);
    return code / 16 < node->n && (set[code / 16] >> code % 16 & 1);
}

static void add_set(lnt_text *out, const lnt_tree *tree, const lnt_tree_node *node, const lnt_feature *feature,
                    bool left) {
    lnt_text_addf(out, "%s %s (", feature->name, left == node->members_left ? "in" : "not in");
    int64_t shown = 0, members = 0;
    for (int64_t code = 0; code <= feature->n_bins; code++) {
        if (!in_set(tree, node, code) || ++members > MAX_LEVELS_SHOWN) continue;
        if (shown++) lnt_text_add(out, ", ", 2);
        add_level(out, feature, code);
    }
    if (members > shown) lnt_text_addf(out, ", and %lld more", (long long)(members - shown));
    lnt_text_add_char(out, ')');
}

/// The condition for going to the left or right child.
static void add_condition(lnt_text *out, const lnt_model *model, const lnt_tree *tree, const lnt_tree_node *node,
                          bool left) {
    const lnt_feature *feature = &model->features[node->feature];
    if (node->kind != LNT_NODE_NUMBER) {
        add_set(out, tree, node, feature, left);
        return;
    }
    bool null_here = (node->n == feature->n_bins) == left;
    if (node->bin + 1 >= feature->n_bins) { // everything but null, or nothing
        lnt_text_addf(out, "%s is %snull", feature->name, left ? "not " : "");
        return;
    }
    char text[LNT_FORMAT_BYTES];
    int size = lnt_format_float(feature->edges[node->bin], text);
    lnt_text_addf(out, "%s %s %.*s%s", feature->name, left ? "<=" : ">", size, text, null_here ? " or null" : "");
}

static int by_share(const void *a, const void *b) {
    const lnt_leaf_entry *x = a, *y = b;
    if (x->share != y->share) return x->share < y->share ? 1 : -1;
    return (x->label > y->label) - (x->label < y->label);
}

static lnt_status add_leaf(lnt_text *out, const lnt_model *model, const lnt_leaf_entry *entries, int64_t n,
                           lnt_error *err) {
    if (model->learner == LNT_BOOSTING) {
        lnt_text_add(out, ": ", 2);
        if (!model->regression) add_value(out, lnt_column_get(model->classes, entries[1].label));
        lnt_text_addf(out, "%s%+.4g by %u %s", model->regression ? "" : " ", (double)entries[1].share, entries[0].label,
                      entries[0].label == 1 ? "row" : "rows");
        return LNT_OK;
    }
    lnt_leaf_entry *sorted = lnt_alloc_array(n, sizeof *sorted, err);
    if (!sorted) return LNT_NOMEM;
    for (int64_t i = 0; i < n; i++) sorted[i] = entries[i + 1];
    qsort(sorted, (size_t)n, sizeof *sorted, by_share);
    lnt_text_add(out, ": ", 2);
    for (int64_t i = 0; i < n && i < MAX_CLASSES_SHOWN; i++) {
        if (i > 0) lnt_text_add(out, ", ", 2);
        add_value(out, lnt_column_get(model->classes, sorted[i].label));
        lnt_text_addf(out, " %.1f %%", 100 * (double)sorted[i].share);
    }
    if (n > MAX_CLASSES_SHOWN) lnt_text_addf(out, ", %lld more", (long long)(n - MAX_CLASSES_SHOWN));
    lnt_text_addf(out, " of %u %s", entries[0].label, entries[0].label == 1 ? "row" : "rows");
    lnt_free(sorted);
    return LNT_OK;
}

typedef struct visit {
    uint32_t node, parent;
    int64_t depth;
} visit;

static lnt_status add_node(lnt_text *out, const lnt_model *model, const lnt_tree *tree, visit v, lnt_error *err) {
    const lnt_tree_node *nodes = lnt_tree_nodes(tree), *node = &nodes[v.node];
    if (v.depth > 0) {
        for (int64_t i = 1; i < v.depth; i++) lnt_text_add(out, "  ", 2);
        add_condition(out, model, tree, &nodes[v.parent], nodes[v.parent].child == v.node);
    } else if (node->kind != LNT_NODE_LEAF) {
        return LNT_OK;
    } else {
        lnt_text_add(out, "always", -1);
    }
    if (node->kind == LNT_NODE_LEAF) LNT_TRY(add_leaf(out, model, lnt_tree_leaves(tree) + node->at, node->n, err));
    lnt_text_add_char(out, '\n');
    return LNT_OK;
}

static lnt_status add_tree(lnt_text *out, const lnt_model *model, const lnt_tree *tree, lnt_error *err) {
    visit *stack = NULL;
    int64_t n = 1, capacity = 0;
    lnt_status status = lnt_grow((void **)&stack, &capacity, 64, sizeof *stack, err);
    if (status == LNT_OK) stack[0] = (visit){0};
    while (status == LNT_OK && n > 0) {
        visit v = stack[--n];
        const lnt_tree_node *node = &lnt_tree_nodes(tree)[v.node];
        status = add_node(out, model, tree, v, err);
        if (status != LNT_OK || node->kind == LNT_NODE_LEAF) continue;
        status = lnt_grow((void **)&stack, &capacity, n + 2, sizeof *stack, err);
        if (status != LNT_OK) break;
        stack[n++] = (visit){node->child + 1, v.node, v.depth + 1};
        stack[n++] = (visit){node->child, v.node, v.depth + 1};
    }
    lnt_free(stack);
    return status;
}

/// The conditions that a row of these codes meets on its way down.
static lnt_status add_path(lnt_text *out, const lnt_model *model, const lnt_tree *tree, const uint16_t *codes,
                           lnt_error *err) {
    const lnt_tree_node *nodes = lnt_tree_nodes(tree);
    uint32_t at = 0;
    while (nodes[at].kind != LNT_NODE_LEAF) {
        uint32_t next = lnt_tree_step(&nodes[at], lnt_tree_sets(tree), codes);
        add_condition(out, model, tree, &nodes[at], next == nodes[at].child);
        lnt_text_add_char(out, '\n');
        at = next;
    }
    lnt_text_add(out, "leaf", -1);
    LNT_TRY(add_leaf(out, model, lnt_tree_leaves(tree) + nodes[at].at, nodes[at].n, err));
    lnt_text_add_char(out, '\n');
    return LNT_OK;
}

lnt_status lnt_model_path(lnt_engine *engine, const lnt_model *model, const lnt_table *table, int64_t row, int64_t tree,
                          char **out, lnt_error *err) {
    if (row < 0 || row >= lnt_table_n_rows(table) || tree < 0 || tree >= model->n_trees) {
        return lnt_error_set(err, LNT_ARGUMENT, "there is no row %lld or no tree %lld: there are %lld and %lld",
                             (long long)row + 1, (long long)tree + 1, (long long)lnt_table_n_rows(table),
                             (long long)model->n_trees);
    }
    LNT_TRY(lnt_check_features(table, model->features, model->n_features, err));
    uint16_t *codes = lnt_alloc_array(model->n_features, 2, err);
    if (!codes) return LNT_NOMEM;
    lnt_text text = {0};
    lnt_status status = lnt_encode_rows(engine, table, model->features, model->n_features, row, 1, codes, err);
    if (status == LNT_OK) status = add_path(&text, model, &model->trees[tree], codes, err);
    if (status == LNT_OK) status = lnt_text_check(&text, err);
    if (status == LNT_OK) *out = text.data;
    else lnt_text_clear(&text);
    lnt_free(codes);
    return status;
}

lnt_status lnt_model_rules(const lnt_model *model, int64_t tree, char **out, lnt_error *err) {
    if (tree < 0 || tree >= model->n_trees) {
        return lnt_error_set(err, LNT_ARGUMENT, "there is no tree %lld: the model has %lld", (long long)tree + 1,
                             (long long)model->n_trees);
    }
    lnt_text text = {0};
    lnt_status status = add_tree(&text, model, &model->trees[tree], err);
    if (status == LNT_OK) status = lnt_text_check(&text, err);
    if (status == LNT_OK) *out = text.data;
    else lnt_text_clear(&text);
    return status;
}
