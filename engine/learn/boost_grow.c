/// @file boost_grow.c
/// Growing one tree on gradients. Where leaves are limited, the waiting node that wins most is split next. Else nodes are
/// split one after the other, the last that was made first, or, when all threads work on one tree, many at once: as many as
/// histograms for them take little memory, whatever the number of threads is, so that the tree is the same with any.
#include <string.h>

#include "learn/boost.h"

lnt_status lnt_boost_grower_init(lnt_engine *engine, const lnt_boost_data *data, const lnt_boost_options *options,
                                 bool alone, lnt_boost_grower *out, lnt_error *err) {
    *out = (lnt_boost_grower){.engine = engine, .data = data, .options = options, .alone = alone};
    lnt_arena *arena = &out->arena;
    lnt_arena_init(arena, lnt_engine_budget(engine), "learn");
    out->n_bins = data->offsets[data->n_features];
    int64_t n_scratch = alone ? lnt_engine_n_threads(engine) : 1;
    bool ok = (out->rows = lnt_arena_alloc(arena, (data->n_rows + 1) * (int64_t)sizeof(lnt_grad), err)) &&
              (out->aside = lnt_arena_alloc(arena, data->n_rows * (int64_t)sizeof(lnt_grad), err)) &&
              (out->columns = lnt_arena_alloc(arena, data->n_features * 8, err)) &&
              (out->gain = lnt_arena_alloc(arena, data->n_features * 8, err)) &&
              (out->scratch = lnt_alloc_array(n_scratch, sizeof *out->scratch, err));
    if (ok) {
        out->n_scratch = n_scratch;
        return LNT_OK;
    }
    lnt_boost_grower_clear(out);
    return lnt_no_memory(err);
}

void lnt_boost_grower_clear(lnt_boost_grower *g) {
    for (int64_t i = 0; i < g->n_scratch; i++) lnt__boost_scratch_clear(&g->scratch[i]);
    for (int64_t i = 0; i < g->found_capacity; i++) lnt_free(g->found[i].members);
    lnt_arena_clear(&g->arena);
    lnt_free(g->scratch);
    lnt_free(g->pieces);
    lnt_free(g->found);
    lnt_free(g->nodes);
    lnt_free(g->spare);
    lnt_free(g->kept);
    *g = (lnt_boost_grower){0};
}

// ---- nodes ----

/// What the node adds as a leaf.
static double value_of(const lnt_boost_grower *g, const lnt_boost_node *node) {
    double value = lnt_boost_value((double)node->sum_g * g->g_unit, (double)node->sum_h * g->h_unit, g->options->l2);
    return value * g->options->shrinkage;
}

static lnt_status put_leaf(const lnt_boost_grower *g, const lnt_boost_node *node, uint32_t output, lnt_tree *tree,
                           lnt_error *err) {
    double weight = (double)node->sum_h * g->h_unit;
    return lnt_tree_set_value(tree, node->node, node->n, weight, output, value_of(g, node), err);
}

/// Makes a node wait to be split, or a leaf if no split wins anything.
static lnt_status add_node(lnt_boost_grower *g, const lnt_boost_node *node, uint32_t output, lnt_tree *tree, lnt_error *err) {
    if (node->best.feature < 0) return put_leaf(g, node, output, tree, err);
    LNT_TRY(lnt_grow((void **)&g->nodes, &g->nodes_capacity, g->n_nodes + 1, sizeof *g->nodes, err));
    g->nodes[g->n_nodes++] = *node;
    return LNT_OK;
}

/// Takes the node that is split next: the last, or with limited leaves the one that wins most (the first of equals).
static lnt_boost_node take_node(lnt_boost_grower *g) {
    int64_t at = g->n_nodes - 1;
    for (int64_t i = 0; g->options->max_leaves > 0 && i < g->n_nodes; i++) {
        double gain = g->nodes[i].best.gain, most = g->nodes[at].best.gain;
        if (gain > most || (gain == most && g->nodes[i].node < g->nodes[at].node)) at = i;
    }
    lnt_boost_node node = g->nodes[at];
    g->nodes[at] = g->nodes[--g->n_nodes];
    return node;
}

enum { BINS_TOGETHER = 1 << 18 }; // of the histograms of nodes that are split at once

/// How many nodes are split at once.
static int64_t count_together(const lnt_boost_grower *g) {
    if (!g->alone || g->options->max_leaves > 0) return 1;
    int64_t n = BINS_TOGETHER / g->n_bins;
    n = n < 1 ? 1 : n > LNT_BOOST_FAMILIES ? LNT_BOOST_FAMILIES : n;
    return n < g->n_nodes ? n : g->n_nodes;
}

static lnt_status put_split(lnt_boost_grower *g, const lnt_boost_node *node, lnt_tree *tree, uint32_t *child,
                            lnt_error *err) {
    const lnt_boost_split *best = &node->best;
    const lnt_feature *feature = &g->data->features[best->feature];
    LNT_TRY(lnt_tree_add_nodes(tree, 2, child, err));
    lnt_tree_node *to = &lnt_tree_nodes(tree)[node->node];
    *to = (lnt_tree_node){.child = *child, .feature = (uint16_t)best->feature, .members_left = best->members_left};
    if (feature->categorical) return lnt_tree_set_members(tree, node->node, g->kept + node->kept, best->n_members, err);
    to->kind = LNT_NODE_NUMBER;
    to->bin = best->bin;
    to->n = best->missing_left ? (uint16_t)feature->n_bins : UINT16_MAX;
    return LNT_OK;
}

/// Splits waiting nodes; their children wait, or are leaves.
static lnt_status split(lnt_boost_grower *g, uint32_t output, lnt_tree *tree, lnt_error *err) {
    int64_t n = count_together(g);
    for (g->n_families = 0; g->n_families < n; g->n_families++) {
        g->families[g->n_families] = (lnt_boost_family){.parent = take_node(g)};
    }
    LNT_TRY(lnt__boost_part(g, err));
    for (int64_t i = 0; i < n; i++) {
        lnt_boost_family *family = &g->families[i];
        const lnt_boost_node *parent = &family->parent;
        uint32_t child;
        LNT_TRY(put_split(g, parent, tree, &child, err));
        g->gain[parent->best.feature] += parent->best.gain;
        family->small.node = family->left_is_small ? child : child + 1;
        family->large.node = family->left_is_small ? child + 1 : child;
    }
    g->split = true;
    LNT_TRY(lnt__boost_search(g, err));
    for (int64_t i = 0; i < n; i++) {
        const lnt_boost_family *family = &g->families[i];
        LNT_TRY(add_node(g, family->left_is_small ? &family->large : &family->small, output, tree, err));
        LNT_TRY(add_node(g, family->left_is_small ? &family->small : &family->large, output, tree, err));
    }
    return LNT_OK;
}

/// What is left waiting when no more leaves may be made.
static lnt_status finish(lnt_boost_grower *g, uint32_t output, lnt_tree *tree, lnt_error *err) {
    for (; g->n_nodes > 0; g->n_nodes--) {
        lnt_boost_node *node = &g->nodes[g->n_nodes - 1];
        LNT_TRY(lnt__boost_give_bins(g, &node->bins, err));
        LNT_TRY(put_leaf(g, node, output, tree, err));
    }
    return LNT_OK;
}

static void draw_columns(lnt_boost_grower *g, uint64_t seed) {
    int64_t n = g->data->n_features, wanted = (int64_t)((double)n * g->options->column_share + 0.5);
    lnt_prng prng = {seed};
    for (int64_t f = 0; f < n; f++) g->columns[f] = f;
    g->n_columns = wanted < 1 ? 1 : wanted;
    for (int64_t i = 0; i < g->n_columns && g->n_columns < n; i++) {
        int64_t j = i + (int64_t)lnt_prng_below(&prng, (uint64_t)(n - i)), column = g->columns[j];
        g->columns[j] = g->columns[i];
        g->columns[i] = column;
    }
}

lnt_status lnt_boost_grow(lnt_boost_grower *g, uint32_t output, uint64_t seed, lnt_tree *out, lnt_error *err) {
    LNT_TRY(lnt_tree_init(lnt_engine_budget(g->engine), out, err));
    lnt_boost_node root = {.n = g->n_rows};
    g->n_nodes = g->n_kept = 0;
    g->split = false;
    memset(g->gain, 0, (size_t)g->data->n_features * 8);
    draw_columns(g, seed);
    LNT_TRY(lnt_tree_add_nodes(out, 1, &root.node, err));
    for (int64_t i = 0; i < root.n; i++) {
        root.sum_g += g->rows[i].g;
        root.sum_h += g->rows[i].h;
    }
    g->families[0] = (lnt_boost_family){.small = root};
    g->n_families = 1;
    LNT_TRY(lnt__boost_search(g, err));
    LNT_TRY(add_node(g, &g->families[0].small, output, out, err));
    for (int64_t leaves = 1; g->n_nodes > 0 && (g->options->max_leaves == 0 || leaves < g->options->max_leaves); leaves++) {
        LNT_TRY(lnt_engine_check(g->engine, err));
        LNT_TRY(split(g, output, out, err));
    }
    return finish(g, output, out, err);
}
