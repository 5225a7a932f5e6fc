/// @file boost_grow.c
/// Growing one tree on gradients: the waiting node that was made last is split next, or the one that wins most when
/// leaves are limited. A node with many rows keeps a histogram, so that only the smaller child's is added up and the
/// other's is what is left of the parent's; a node with few rows adds up into a scratch one and clears what it touched.
#include <string.h>

#include "learn/boost.h"

/// A node that waits to be split: rows [start, start + n), its best split and where its set is in `kept`.
typedef struct lnt_boost_node {
    int64_t start, n, depth, kept;
    uint32_t node;
    int64_t sum_g, sum_h; ///< of its rows, in units
    lnt_bin *bins; ///< NULL: few rows
    lnt_boost_split best;
} lnt_boost_node;

lnt_status lnt_boost_grower_init(lnt_engine *engine, const lnt_boost_data *data, const lnt_boost_options *options,
                                 lnt_boost_grower *out, lnt_error *err) {
    *out = (lnt_boost_grower){.engine = engine, .data = data, .options = options};
    lnt_arena *arena = &out->arena;
    lnt_arena_init(arena, lnt_engine_budget(engine), "learn");
    int64_t max_codes = 1, n_words = data->offsets[data->n_features] / 64 + 1;
    for (int64_t f = 0; f < data->n_features; f++) {
        if (data->features[f].n_bins + 1 > max_codes) max_codes = data->features[f].n_bins + 1;
    }
    out->n_bins = data->offsets[data->n_features];
    bool ok = (out->rows = lnt_arena_alloc(arena, (data->n_rows + 1) * (int64_t)sizeof(lnt_grad), err)) &&
              (out->aside = lnt_arena_alloc(arena, data->n_rows * (int64_t)sizeof(lnt_grad), err)) &&
              (out->columns = lnt_arena_alloc(arena, data->n_features * 8, err)) &&
              (out->few = lnt_arena_alloc(arena, out->n_bins * (int64_t)sizeof(lnt_bin), err)) &&
              (out->touched = lnt_arena_alloc(arena, n_words * 8, err)) &&
              (out->groups = lnt_arena_alloc(arena, max_codes * (int64_t)sizeof(lnt_boost_group), err)) &&
              (out->sorting.keys = lnt_arena_alloc(arena, max_codes * 8, err)) &&
              (out->sorting.spare = lnt_arena_alloc(arena, max_codes * 8, err)) &&
              (out->sorting.groups = lnt_arena_alloc(arena, max_codes * (int64_t)sizeof(lnt_boost_group), err)) &&
              (out->members = lnt_arena_alloc(arena, max_codes * 2, err)) &&
              (out->is_member = lnt_arena_alloc(arena, max_codes, err)) &&
              (out->gain = lnt_arena_alloc(arena, data->n_features * 8, err));
    if (!ok) {
        lnt_boost_grower_clear(out);
        return lnt_no_memory(err);
    }
    memset(out->few, 0, (size_t)out->n_bins * sizeof(lnt_bin));
    memset(out->touched, 0, (size_t)n_words * 8);
    memset(out->is_member, 0, (size_t)max_codes);
    return LNT_OK;
}

void lnt_boost_grower_clear(lnt_boost_grower *g) {
    lnt_arena_clear(&g->arena);
    lnt_free(g->nodes);
    lnt_free(g->spare);
    lnt_free(g->kept);
    *g = (lnt_boost_grower){0};
}

// ---- histograms ----

/// A histogram of zeros, used before or new.
static lnt_bin *take_bins(lnt_boost_grower *g, lnt_error *err) {
    int64_t size = g->n_bins * (int64_t)sizeof(lnt_bin);
    lnt_bin *bins = g->n_spare > 0 ? g->spare[--g->n_spare] : lnt_arena_alloc(&g->arena, size, err);
    if (bins) memset(bins, 0, (size_t)size);
    return bins;
}

static lnt_status give_bins(lnt_boost_grower *g, lnt_bin *bins, lnt_error *err) {
    if (!bins) return LNT_OK;
    LNT_TRY(lnt_grow((void **)&g->spare, &g->spare_capacity, g->n_spare + 1, sizeof *g->spare, err));
    g->spare[g->n_spare++] = bins;
    return LNT_OK;
}

/// Whether adding up the node's rows costs less than going through a histogram.
static bool has_few_rows(const lnt_boost_grower *g, int64_t n) {
    return n * g->n_columns < g->n_bins;
}

static void add_group(lnt_boost_grower *g, int64_t *n, int64_t code, lnt_bin bin) {
    g->groups[(*n)++] = (lnt_boost_group){.code = (uint32_t)code,
                                          .n_rows = (uint32_t)lnt_bin_rows(bin),
                                          .g = (double)bin.g * g->g_unit,
                                          .h = (double)(bin.h_and_n >> 32) * g->h_unit};
}

static int64_t groups_of_bins(lnt_boost_grower *g, const lnt_bin *bins, int64_t feature) {
    int64_t n = 0, from = g->data->offsets[feature], to = g->data->offsets[feature + 1];
    for (int64_t b = from; b < to; b++) {
        if (bins[b].h_and_n != 0) add_group(g, &n, b - from, bins[b]);
    }
    return n;
}

/// Groups of a node of few rows; leaves `few` and `touched` clear.
static int64_t groups_of_few(lnt_boost_grower *g, const lnt_grad *rows, int64_t n_rows, int64_t feature) {
    int64_t n = 0, from = g->data->offsets[feature], to = g->data->offsets[feature + 1];
    int64_t n_features = g->data->n_features;
    for (int64_t i = 0; i < n_rows; i++) {
        int64_t b = from + g->data->codes[(int64_t)rows[i].row * n_features + feature];
        lnt_bin_add(&g->few[b], lnt_bin_pair_of(rows[i].g, rows[i].h));
        g->touched[b / 64] |= 1ull << b % 64;
    }
    for (int64_t word = from / 64; word <= (to - 1) / 64; word++) {
        for (uint64_t bits = g->touched[word]; bits; bits &= bits - 1) {
            int64_t b = word * 64 + __builtin_ctzll(bits);
            add_group(g, &n, b - from, g->few[b]);
            g->few[b] = (lnt_bin){0, 0};
        }
        g->touched[word] = 0;
    }
    return n;
}

/// Adding up shared among the threads, each with some of the columns.
typedef struct adding {
    lnt_boost_grower *g;
    const lnt_grad *rows;
    int64_t n;
    lnt_bin *bins;
} adding;

enum { COLUMNS_TOGETHER = 4, MUCH_WORK = 1 << 16 }; // at least so many columns, as rows are gone through for each such part
enum { CHECK_ROWS = 1 << 18 }; // gone through between looks at whether to stop

static void add_columns(void *context, int64_t start, int64_t end) {
    adding *a = context;
    lnt__bins_add(a->g->data, a->g->columns + start, end - start, a->rows, a->n, a->bins);
}

static lnt_status add_rows(lnt_boost_grower *g, const lnt_grad *rows, int64_t n, lnt_bin *bins, lnt_error *err) {
    int64_t n_threads = lnt_engine_n_threads(g->engine), part = (g->n_columns + n_threads - 1) / n_threads;
    bool shared = g->alone && n * g->n_columns > MUCH_WORK;
    if (part < COLUMNS_TOGETHER) part = COLUMNS_TOGETHER;
    for (int64_t start = 0; start < n; start += CHECK_ROWS) {
        adding a = {g, rows + start, n - start < CHECK_ROWS ? n - start : CHECK_ROWS, bins};
        if (shared) {
            LNT_TRY(lnt_engine_pieces(g->engine, g->n_columns, part, add_columns, &a, err));
        } else {
            LNT_TRY(lnt_engine_check(g->engine, err));
            add_columns(&a, 0, g->n_columns);
        }
    }
    return LNT_OK;
}

// ---- nodes ----

static void search(lnt_boost_grower *g, lnt_boost_node *node) {
    node->best = (lnt_boost_split){.feature = -1};
    const lnt_boost_options *o = g->options;
    if (node->n < 2 * o->min_leaf || node->n < 2 || (o->max_depth > 0 && node->depth >= o->max_depth)) return;
    for (int64_t c = 0; c < g->n_columns; c++) {
        int64_t f = g->columns[c];
        int64_t n = node->bins ? groups_of_bins(g, node->bins, f) : groups_of_few(g, g->rows + node->start, node->n, f);
        lnt__boost_split(o, &g->data->features[f], f, g->groups, n, &g->sorting, &node->best, g->members);
    }
}

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
static lnt_status add_node(lnt_boost_grower *g, lnt_boost_node node, uint32_t output, lnt_tree *tree, lnt_error *err) {
    search(g, &node);
    if (node.best.feature < 0) {
        LNT_TRY(give_bins(g, node.bins, err));
        return put_leaf(g, &node, output, tree, err);
    }
    node.kept = g->n_kept;
    LNT_TRY(lnt_grow((void **)&g->kept, &g->kept_capacity, g->n_kept + node.best.n_members + 1, 2, err));
    memcpy(g->kept + g->n_kept, g->members, (size_t)node.best.n_members * 2);
    g->n_kept += node.best.n_members;
    LNT_TRY(lnt_grow((void **)&g->nodes, &g->nodes_capacity, g->n_nodes + 1, sizeof *g->nodes, err));
    g->nodes[g->n_nodes++] = node;
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

static void mark_members(lnt_boost_grower *g, const lnt_boost_node *node, uint8_t value) {
    for (int64_t i = 0; i < node->best.n_members; i++) g->is_member[g->kept[node->kept + i]] = value;
}

/// Rows on their way to both sides, and what those of the left one sum up to.
typedef struct parting {
    const lnt_boost_node *node;
    const lnt_feature *feature;
    const uint8_t *is_member;
    const void *codes; ///< the first row's
    int64_t step;      ///< from a row's code to the next one's
    int64_t n_left, sum_g, sum_h;
} parting;

/// Parts rows, both halves keeping their order: the left ones in place, the right ones to `aside`. Inlined for each way
/// that codes are kept.
static inline __attribute__((always_inline)) void part_rows(parting *p, bool wide, bool category, lnt_grad *rows,
                                                            lnt_grad *aside) {
    const lnt_boost_split *best = &p->node->best;
    const uint8_t *bytes = p->codes;
    const uint16_t *words = p->codes;
    const uint8_t *is_member = p->is_member;
    int64_t n = p->node->n, left = 0, right = 0, step = wide ? p->step : 1, sum = 0;
    int bin = best->bin, missing = best->missing_left ? (int)p->feature->n_bins : -1, members_left = best->members_left;
    for (int64_t i = 0; i < n; i++) {
        lnt_grad row = rows[i];
        int code = wide ? words[row.row * step] : bytes[row.row];
        bool go_left = category ? is_member[code] == members_left : (code <= bin) | (code == missing);
        rows[left] = row;
        aside[right] = row;
        left += go_left;
        right += !go_left;
        sum += ((int64_t)row.g * (1ll << 32) + row.h) & -(int64_t)go_left;
    }
    p->n_left = left;
    p->sum_h = sum & 0xffffffff;
    p->sum_g = (sum - p->sum_h) >> 32;
}

/// Parts a node's rows.
static void part(lnt_boost_grower *g, parting *p) {
    const lnt_boost_data *data = g->data;
    int64_t f = p->node->best.feature;
    lnt_grad *rows = g->rows + p->node->start;
    p->feature = &data->features[f];
    p->is_member = g->is_member;
    p->codes = data->in_order ? data->columns->codes[f]->data : (const void *)(data->codes + f);
    p->step = data->in_order ? 1 : data->n_features;
    bool wide = !data->in_order || lnt_feature_width(p->feature) > 1, category = p->feature->categorical;
    mark_members(g, p->node, 1);
    if (wide && category) part_rows(p, true, true, rows, g->aside);
    else if (wide) part_rows(p, true, false, rows, g->aside);
    else if (category) part_rows(p, false, true, rows, g->aside);
    else part_rows(p, false, false, rows, g->aside);
    mark_members(g, p->node, 0);
    memcpy(rows + p->n_left, g->aside, (size_t)(p->node->n - p->n_left) * sizeof *rows);
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

/// Gives the children of a node with a histogram theirs, as far as they have many rows.
static lnt_status part_bins(lnt_boost_grower *g, const lnt_boost_node *parent, lnt_boost_node *small,
                            lnt_boost_node *large, lnt_error *err) {
    if (!parent->bins) return LNT_OK;
    if (has_few_rows(g, large->n)) return give_bins(g, parent->bins, err);
    lnt_bin *bins = take_bins(g, err);
    if (!bins) return LNT_NOMEM;
    LNT_TRY(add_rows(g, g->rows + small->start, small->n, bins, err));
    large->bins = parent->bins;
    lnt__bins_subtract(large->bins, bins, g->n_bins);
    if (has_few_rows(g, small->n)) return give_bins(g, bins, err);
    small->bins = bins;
    return LNT_OK;
}

static lnt_status split(lnt_boost_grower *g, uint32_t output, lnt_tree *tree, lnt_error *err) {
    lnt_boost_node node = take_node(g);
    uint32_t child;
    LNT_TRY(put_split(g, &node, tree, &child, err));
    g->gain[node.best.feature] += node.best.gain;
    g->split = true;
    parting p = {.node = &node};
    part(g, &p);
    lnt_boost_node left = {.start = node.start, .n = p.n_left, .depth = node.depth + 1, .node = child,
                           .sum_g = p.sum_g, .sum_h = p.sum_h};
    lnt_boost_node right = {.start = node.start + p.n_left, .n = node.n - p.n_left, .depth = node.depth + 1,
                            .node = child + 1, .sum_g = node.sum_g - p.sum_g, .sum_h = node.sum_h - p.sum_h};
    bool left_is_small = left.n <= right.n;
    LNT_TRY(part_bins(g, &node, left_is_small ? &left : &right, left_is_small ? &right : &left, err));
    LNT_TRY(add_node(g, right, output, tree, err));
    return add_node(g, left, output, tree, err);
}

/// What is left waiting when no more leaves may be made.
static lnt_status finish(lnt_boost_grower *g, uint32_t output, lnt_tree *tree, lnt_error *err) {
    for (; g->n_nodes > 0; g->n_nodes--) {
        const lnt_boost_node *node = &g->nodes[g->n_nodes - 1];
        LNT_TRY(give_bins(g, node->bins, err));
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
    if (!has_few_rows(g, root.n)) {
        if (!(root.bins = take_bins(g, err))) return LNT_NOMEM;
        LNT_TRY(add_rows(g, g->rows, root.n, root.bins, err));
    }
    for (int64_t i = 0; i < root.n; i++) {
        root.sum_g += g->rows[i].g;
        root.sum_h += g->rows[i].h;
    }
    LNT_TRY(add_node(g, root, output, out, err));
    for (int64_t leaves = 1; g->n_nodes > 0 && (g->options->max_leaves == 0 || leaves < g->options->max_leaves); leaves++) {
        LNT_TRY(lnt_engine_check(g->engine, err));
        LNT_TRY(split(g, output, out, err));
    }
    return finish(g, output, out, err);
}
