/// @file grow.c
/// Growing a tree: look at a node, find its split, part its rows in place, go on with both halves, left first.
///
/// A node's random numbers come from its path from the root, so a branch is the same whoever grows it, and when.
#include "learn/grow.h"

#include <string.h>

lnt_status lnt_grower_init(lnt_engine *engine, const lnt_dataset *data, const lnt_grow_options *options,
                           int64_t max_rows, lnt_grower *out, lnt_error *err) {
    *out = (lnt_grower){.engine = engine, .data = data, .options = *options};
    lnt_budget *budget = lnt_engine_budget(engine);
    lnt_arena *arena = &out->arena;
    lnt_arena_init(arena, budget, "learn");
    int64_t max_codes = 1, k = data->n_classes, n_features = data->n_features;
    for (int64_t f = 0; f < n_features; f++) {
        if (data->features[f].n_bins + 1 > max_codes) max_codes = data->features[f].n_bins + 1;
    }
    LNT_TRY(lnt_splitter_init(budget, data, options->criterion, options->min_leaf, max_rows, &out->splitter, err));
    bool ok = (out->aside = lnt_arena_alloc(arena, max_rows * (int64_t)sizeof(lnt_sample), err)) &&
              (out->local = lnt_arena_alloc(arena, max_rows * 2, err)) &&
              (out->local_of = lnt_arena_alloc(arena, k * 2, err)) && (out->labels = lnt_arena_alloc(arena, k * 4, err)) &&
              (out->totals = lnt_arena_alloc(arena, k * 8, err)) && (out->is_member = lnt_arena_alloc(arena, max_codes, err)) &&
              (out->order = lnt_arena_alloc(arena, n_features * 8, err)) &&
              (out->gain = lnt_arena_alloc(arena, n_features * 8, err));
    if (!ok) {
        lnt_grower_clear(out);
        return lnt_no_memory(err);
    }
    memset(out->local_of, 0, (size_t)k * 2);
    memset(out->is_member, 0, (size_t)max_codes);
    memset(out->gain, 0, (size_t)n_features * 8);
    return LNT_OK;
}

void lnt_grower_clear(lnt_grower *g) {
    lnt_splitter_clear(&g->splitter);
    lnt_arena_clear(&g->arena);
}

bool lnt__grow_view(lnt_grower *g, const lnt_sample *samples, const lnt_grow_task *task, lnt_node_view *view) {
    samples += task->start;
    *view = (lnt_node_view){.samples = samples, .local = g->local, .n = task->n, .totals = g->totals};
    for (int64_t i = 0, end; i < (end = lnt__splitter_piece(&g->splitter, i, task->n));) {
        for (; i < end; i++) {
            uint32_t label = samples[i].label;
            uint16_t local = g->local_of[label];
            if (local == 0) {
                g->labels[view->k] = label;
                g->totals[view->k++] = 0;
                local = g->local_of[label] = (uint16_t)view->k;
            }
            g->local[i] = (uint16_t)(local - 1);
            g->totals[local - 1] += (double)samples[i].weight;
            view->weight += (double)samples[i].weight;
        }
    }
    for (int64_t c = 0; c < view->k; c++) g->local_of[g->labels[c]] = 0;
    const lnt_grow_options *options = &g->options;
    if (view->k < 2 || task->n < 2 * options->min_leaf) return false;
    if (options->max_depth > 0 && task->depth >= options->max_depth) return false;
    view->purity = lnt__purity(options->criterion, g->totals, view->k, view->weight);
    return true;
}

void lnt__grow_search(lnt_grower *g, const lnt_node_view *view, uint64_t path) {
    int64_t n_features = g->data->n_features, wanted = g->options.max_features;
    lnt_prng prng = {path};
    g->splitter.best = (lnt_split){.feature = -1};
    for (int64_t f = 0; f < n_features; f++) g->order[f] = f;
    for (int64_t i = 0, found = 0; i < n_features && found < wanted && !g->splitter.stopped; i++) {
        if (wanted < n_features) {
            int64_t j = i + (int64_t)lnt_prng_below(&prng, (uint64_t)(n_features - i)), feature = g->order[j];
            g->order[j] = g->order[i];
            g->order[i] = feature;
        }
        int64_t feature = g->order[i];
        bool splits = g->options.random ? lnt_split_random(&g->splitter, view, feature, &prng)
                                        : lnt_split_best(&g->splitter, view, feature);
        found += splits;
    }
}

/// Whether each code of the split's feature goes left.
static void mark_members(lnt_grower *g, uint8_t value) {
    const lnt_split *best = &g->splitter.best;
    for (int64_t i = 0; i < best->n_members; i++) g->is_member[g->splitter.members[i]] = value;
}

/// Parts the samples by the best split, both halves keeping their order. Returns how many went left.
static int64_t part(lnt_grower *g, lnt_sample *samples, int64_t n) {
    const lnt_split *best = &g->splitter.best;
    const lnt_feature *feature = &g->data->features[best->feature];
    int64_t left = 0, right = 0;
    mark_members(g, 1);
    for (int64_t i = 0, end; i < (end = lnt__splitter_piece(&g->splitter, i, n));) {
        for (; i < end; i++) {
            lnt_sample sample = samples[i];
            uint16_t code = lnt_code_at(g->data, best->feature, sample.row);
            bool go_left;
            if (feature->categorical) go_left = g->is_member[code] == best->members_left;
            else go_left = code <= best->bin || (best->missing_left && code == feature->n_bins);
            samples[left] = sample;
            g->aside[right] = sample;
            left += go_left;
            right += !go_left;
        }
    }
    mark_members(g, 0);
    memcpy(samples + left, g->aside, (size_t)right * sizeof *samples);
    return left;
}

/// Puts a leaf's classes in order, for the tree; they are few nearly always.
static void sort_classes(lnt_grower *g, int64_t k) {
    for (int64_t i = 1; i < k; i++) {
        uint32_t label = g->labels[i];
        double total = g->totals[i];
        int64_t at = i;
        for (; at > 0 && g->labels[at - 1] > label; at--) {
            g->labels[at] = g->labels[at - 1];
            g->totals[at] = g->totals[at - 1];
        }
        g->labels[at] = label;
        g->totals[at] = total;
    }
}

static lnt_status put_split(lnt_grower *g, const lnt_grow_task *task, lnt_tree *tree, uint32_t *child, lnt_error *err) {
    const lnt_split *best = &g->splitter.best;
    const lnt_feature *feature = &g->data->features[best->feature];
    LNT_TRY(lnt_tree_add_nodes(tree, 2, child, err));
    lnt_tree_node *node = &lnt_tree_nodes(tree)[task->node];
    *node = (lnt_tree_node){.child = *child, .feature = (uint16_t)best->feature, .members_left = best->members_left};
    if (feature->categorical) {
        return lnt_tree_set_members(tree, task->node, g->splitter.members, best->n_members, err);
    }
    node->kind = LNT_NODE_NUMBER;
    node->bin = best->bin;
    node->n = best->missing_left ? (uint16_t)feature->n_bins : UINT16_MAX;
    return LNT_OK;
}

/// LNT_CANCELLED if a loop over a node's rows ended early.
static lnt_status still_going(lnt_grower *g, lnt_error *err) {
    if (!g->splitter.stopped) return LNT_OK;
    lnt_status status = lnt_engine_check(g->engine, err);
    return status != LNT_OK ? status : lnt_error_set(err, LNT_CANCELLED, "stopped on request"); // resumed since
}

lnt_status lnt__grow_commit(lnt_grower *g, lnt_sample *samples, const lnt_grow_task *task, const lnt_node_view *view,
                            bool searched, lnt_tree *tree, lnt_grow_task children[2], int *n_children, lnt_error *err) {
    const lnt_split *best = &g->splitter.best;
    *n_children = 0;
    LNT_TRY(still_going(g, err));
    if (!searched || best->feature < 0 ||
        (g->options.min_gain > 0 && best->gain / g->root_weight < g->options.min_gain)) {
        sort_classes(g, view->k);
        return lnt_tree_set_leaf(tree, task->node, task->n, view->weight, g->labels, g->totals, view->k, err);
    }
    uint32_t child;
    LNT_TRY(put_split(g, task, tree, &child, err));
    g->gain[best->feature] += best->gain > 0 ? best->gain : 0;
    int64_t left = part(g, samples + task->start, task->n);
    children[0] = (lnt_grow_task){task->start, left, task->depth + 1, lnt_hash_combine(task->path, 1), child};
    children[1] = (lnt_grow_task){task->start + left, task->n - left, task->depth + 1,
                                  lnt_hash_combine(task->path, 2), child + 1};
    *n_children = 2;
    return still_going(g, err);
}

lnt_status lnt__grow_branch(lnt_grower *g, lnt_sample *samples, lnt_grow_task root, lnt_tree *tree, lnt_error *err) {
    lnt_grow_task *stack = NULL;
    int64_t n_stack = 1, capacity = 0, rows = 0;
    lnt_status status = lnt_grow((void **)&stack, &capacity, 64, sizeof *stack, err);
    if (status == LNT_OK) stack[0] = root;
    while (status == LNT_OK && n_stack > 0) {
        lnt_grow_task task = stack[--n_stack], children[2];
        lnt_node_view view;
        int n_children;
        rows += task.n;
        if (rows >= 16384) {
            rows = 0;
            status = lnt_engine_check(g->engine, err);
            if (status != LNT_OK) break;
        }
        bool searched = lnt__grow_view(g, samples, &task, &view);
        if (searched) lnt__grow_search(g, &view, task.path);
        status = lnt__grow_commit(g, samples, &task, &view, searched, tree, children, &n_children, err);
        if (status != LNT_OK || n_children == 0) continue;
        status = lnt_grow((void **)&stack, &capacity, n_stack + 2, sizeof *stack, err);
        if (status != LNT_OK) break;
        stack[n_stack++] = children[1];
        stack[n_stack++] = children[0];
    }
    lnt_free(stack);
    return status;
}

static double weight_of(const lnt_sample *samples, int64_t n) {
    double weight = 0;
    for (int64_t i = 0; i < n; i++) weight += (double)samples[i].weight;
    return weight;
}

lnt_status lnt_tree_grow(lnt_grower *g, lnt_sample *samples, int64_t n, uint64_t seed, lnt_tree *out, lnt_error *err) {
    LNT_TRY(lnt_tree_init(lnt_engine_budget(g->engine), out, err));
    g->root_weight = weight_of(samples, n);
    lnt_grow_task root = {.n = n, .path = seed};
    lnt_status status = lnt_tree_add_nodes(out, 1, &root.node, err);
    if (status == LNT_OK) status = lnt__grow_branch(g, samples, root, out, err);
    if (status != LNT_OK) lnt_tree_clear(out);
    return status;
}
