/// @file boost_search.c
/// The best splits of nodes that have just been made. Where a node has many rows, only the smaller child's histogram is
/// added up, and the larger one's is what is left of the parent's; a node of few rows adds up into a scratch one and
/// clears what it touched. Threads share the nodes and, where these are few, the columns; which of them finds what
/// doesn't matter, as sums are whole numbers and the first of the best columns wins.
#include <string.h>

#include "learn/boost.h"

enum {
    COLUMNS_TOGETHER = 8,   // at least so many, as rows are gone through for each part of the columns
    MUCH_WORK = 1 << 16,    // rows times columns: less isn't worth waking the threads
    TASKS_PER_THREAD = 2,
    CHECK_ROWS = 1 << 18    // gone through between looks at whether to stop
};

// ---- scratch memory ----

static bool make_scratch(const lnt_boost_grower *g, lnt_boost_scratch *out, lnt_error *err) {
    const lnt_boost_data *data = g->data;
    lnt_arena *arena = &out->arena;
    lnt_arena_init(arena, lnt_engine_budget(g->engine), "learn");
    int64_t max_codes = 1, n_words = g->n_bins / 64 + 1;
    for (int64_t f = 0; f < data->n_features; f++) {
        if (data->features[f].n_bins + 1 > max_codes) max_codes = data->features[f].n_bins + 1;
    }
    bool ok = (out->few = lnt_arena_alloc(arena, g->n_bins * (int64_t)sizeof(lnt_bin), err)) &&
              (out->touched = lnt_arena_alloc(arena, n_words * 8, err)) &&
              (out->groups = lnt_arena_alloc(arena, max_codes * (int64_t)sizeof(lnt_boost_group), err)) &&
              (out->sorting.keys = lnt_arena_alloc(arena, max_codes * 8, err)) &&
              (out->sorting.spare = lnt_arena_alloc(arena, max_codes * 8, err)) &&
              (out->sorting.groups = lnt_arena_alloc(arena, max_codes * (int64_t)sizeof(lnt_boost_group), err)) &&
              (out->members = lnt_arena_alloc(arena, max_codes * 2, err)) &&
              (out->is_member = lnt_arena_alloc(arena, max_codes, err));
    if (!ok) return false;
    memset(out->few, 0, (size_t)g->n_bins * sizeof(lnt_bin));
    memset(out->touched, 0, (size_t)n_words * 8);
    memset(out->is_member, 0, (size_t)max_codes);
    return true;
}

void lnt__boost_scratch_clear(lnt_boost_scratch *scratch) {
    if (scratch->few) lnt_arena_clear(&scratch->arena);
    *scratch = (lnt_boost_scratch){0};
}

lnt_boost_scratch *lnt__boost_scratch_of(lnt_boost_grower *g, int worker, lnt_error *err) {
    lnt_boost_scratch *scratch = &g->scratch[worker];
    if (scratch->is_member || make_scratch(g, scratch, err)) return scratch;
    lnt_arena_clear(&scratch->arena);
    *scratch = (lnt_boost_scratch){0};
    return NULL;
}

lnt_status lnt__boost_share(lnt_boost_grower *g, int64_t n, int64_t work, lnt_task_fn fn, lnt_error *err) {
    if (g->alone && work > MUCH_WORK) return lnt__parallel(g->engine, n, fn, g, err);
    for (int64_t i = 0; i < n; i++) LNT_TRY(fn(g, i, 0, err));
    return lnt_engine_check(g->engine, err);
}

// ---- histograms ----

/// A histogram, used before or new.
static lnt_bin *take_bins(lnt_boost_grower *g, lnt_error *err) {
    if (g->n_spare > 0) return g->spare[--g->n_spare];
    return lnt_arena_alloc(&g->arena, g->n_bins * (int64_t)sizeof(lnt_bin), err);
}

lnt_status lnt__boost_give_bins(lnt_boost_grower *g, lnt_bin **bins, lnt_error *err) {
    if (!*bins) return LNT_OK;
    LNT_TRY(lnt_grow((void **)&g->spare, &g->spare_capacity, g->n_spare + 1, sizeof *g->spare, err));
    g->spare[g->n_spare++] = *bins;
    *bins = NULL;
    return LNT_OK;
}

/// Whether adding up the node's rows costs less than going through a histogram.
static bool has_few_rows(const lnt_boost_grower *g, const lnt_boost_node *node) {
    return node->n * g->n_columns < g->n_bins;
}

/// Whether there is any use in looking for a split.
static bool may_split(const lnt_boost_grower *g, const lnt_boost_node *node) {
    const lnt_boost_options *o = g->options;
    if (node->n < 2 * o->min_leaf || node->n < 2 || (o->max_depth > 0 && node->depth >= o->max_depth)) return false;
    return (double)node->sum_h * g->h_unit * (1 + 1e-9) >= 2 * o->min_weight;
}

/// Gives the children histograms, as far as they have many rows and may be split. The small one has one also where it is
/// only needed to know what is left for the large one.
static lnt_status share_bins(lnt_boost_grower *g, lnt_boost_family *family, lnt_error *err) {
    lnt_boost_node *small = &family->small, *large = &family->large;
    bool for_large = !has_few_rows(g, large) && may_split(g, large);
    bool for_small = !has_few_rows(g, small) && may_split(g, small);
    bool is_root = family->parent.n == 0;
    if (!is_root && !family->parent.bins) return LNT_OK;
    if (for_large) {
        large->bins = family->parent.bins;
        family->parent.bins = NULL;
    }
    if (!for_large && !for_small) return lnt__boost_give_bins(g, &family->parent.bins, err);
    small->bins = family->parent.bins ? family->parent.bins : take_bins(g, err);
    return small->bins ? LNT_OK : LNT_NOMEM;
}

static lnt_status add_rows(const lnt_boost_grower *g, const lnt_boost_node *node, const int64_t *columns, int64_t n_columns,
                           lnt_error *err) {
    lnt__bins_clear(g->data, columns, n_columns, node->bins);
    for (int64_t start = 0; start < node->n; start += CHECK_ROWS) {
        int64_t n = node->n - start < CHECK_ROWS ? node->n - start : CHECK_ROWS;
        LNT_TRY(lnt_engine_check(g->engine, err));
        lnt__bins_add(g->data, columns, n_columns, g->rows + node->start + start, n, node->bins);
    }
    return LNT_OK;
}

// ---- groups ----

static void add_group(const lnt_boost_grower *g, lnt_boost_scratch *s, int64_t *n, int64_t code, lnt_bin bin) {
    s->groups[(*n)++] = (lnt_boost_group){.code = (uint32_t)code,
                                          .n_rows = (uint32_t)lnt_bin_rows(bin),
                                          .g = (double)bin.g * g->g_unit,
                                          .h = (double)(bin.h_and_n >> 32) * g->h_unit};
}

static int64_t groups_of_bins(const lnt_boost_grower *g, lnt_boost_scratch *s, const lnt_bin *bins, int64_t feature) {
    int64_t n = 0, from = g->data->offsets[feature], to = g->data->offsets[feature + 1];
    for (int64_t b = from; b < to; b++) {
        if (bins[b].h_and_n != 0) add_group(g, s, &n, b - from, bins[b]);
    }
    return n;
}

/// Groups of a node of few rows; leaves `few` and `touched` clear.
static int64_t groups_of_few(const lnt_boost_grower *g, lnt_boost_scratch *s, const lnt_grad *rows, int64_t n_rows,
                             int64_t feature) {
    int64_t n = 0, from = g->data->offsets[feature], to = g->data->offsets[feature + 1];
    int64_t n_features = g->data->n_features;
    for (int64_t i = 0; i < n_rows; i++) {
        int64_t b = from + g->data->codes[(int64_t)rows[i].row * n_features + feature];
        lnt_bin_add(&s->few[b], lnt_bin_pair_of(rows[i].g, rows[i].h));
        s->touched[b / 64] |= 1ull << b % 64;
    }
    for (int64_t word = from / 64; word <= (to - 1) / 64; word++) {
        for (uint64_t bits = s->touched[word]; bits; bits &= bits - 1) {
            int64_t b = word * 64 + __builtin_ctzll(bits);
            add_group(g, s, &n, b - from, s->few[b]);
            s->few[b] = (lnt_bin){0, 0};
        }
        s->touched[word] = 0;
    }
    return n;
}

// ---- splits ----

/// How many parts the columns are in, so that all threads have something to do.
static int64_t count_parts(const lnt_boost_grower *g) {
    int64_t wanted = (TASKS_PER_THREAD * g->n_scratch + g->n_families - 1) / g->n_families;
    int64_t most = (g->n_columns + COLUMNS_TOGETHER - 1) / COLUMNS_TOGETHER;
    if (!g->alone) return 1;
    return wanted < most ? wanted : most;
}

/// Looks for a node's best split by some columns.
static lnt_status search(const lnt_boost_grower *g, lnt_boost_scratch *s, const lnt_boost_node *node, const int64_t *columns,
                         int64_t n_columns, lnt_boost_found *out, lnt_error *err) {
    out->best = (lnt_boost_split){.feature = -1};
    if (!may_split(g, node)) return LNT_OK;
    bool by_rows = has_few_rows(g, node);
    for (int64_t c = 0; c < n_columns; c++) {
        int64_t f = columns[c];
        int64_t n = by_rows ? groups_of_few(g, s, g->rows + node->start, node->n, f) : groups_of_bins(g, s, node->bins, f);
        lnt__boost_split(g->options, &g->data->features[f], f, s->groups, n, &s->sorting, &out->best, s->members);
    }
    LNT_TRY(lnt_grow((void **)&out->members, &out->capacity, out->best.n_members + 1, 2, err));
    memcpy(out->members, s->members, (size_t)out->best.n_members * 2);
    return LNT_OK;
}

/// A family's children and a part of the columns.
static lnt_status search_part(void *context, int64_t item, int worker, lnt_error *err) {
    lnt_boost_grower *g = context;
    lnt_boost_scratch *scratch = lnt__boost_scratch_of(g, worker, err);
    if (!scratch) return LNT_NOMEM;
    int64_t n_parts = g->n_found / (2 * g->n_families), part = item % n_parts;
    int64_t from = g->n_columns * part / n_parts, n = g->n_columns * (part + 1) / n_parts - from;
    const lnt_boost_family *family = &g->families[item / n_parts];
    const int64_t *columns = g->columns + from;
    if (family->small.bins) LNT_TRY(add_rows(g, &family->small, columns, n, err));
    if (family->large.bins) lnt__bins_subtract(g->data, columns, n, family->large.bins, family->small.bins);
    LNT_TRY(search(g, scratch, &family->small, columns, n, &g->found[2 * item], err));
    return search(g, scratch, &family->large, columns, n, &g->found[2 * item + 1], err);
}

/// Keeps the best of what was found for a node: `found` is that of the first part of the columns.
static lnt_status settle(lnt_boost_grower *g, lnt_boost_node *node, const lnt_boost_found *found, int64_t n_parts, lnt_error *err) {
    const lnt_boost_found *best = found;
    for (int64_t p = 1; p < n_parts; p++) {
        const lnt_boost_split *other = &found[2 * p].best;
        if (other->feature >= 0 && (best->best.feature < 0 || other->gain > best->best.gain)) best = &found[2 * p];
    }
    node->best = best->best;
    node->kept = g->n_kept;
    if (node->best.feature < 0 || has_few_rows(g, node)) LNT_TRY(lnt__boost_give_bins(g, &node->bins, err));
    if (node->best.feature < 0) return LNT_OK;
    LNT_TRY(lnt_grow((void **)&g->kept, &g->kept_capacity, g->n_kept + node->best.n_members + 1, 2, err));
    memcpy(g->kept + g->n_kept, best->members, (size_t)node->best.n_members * 2);
    g->n_kept += node->best.n_members;
    return LNT_OK;
}

lnt_status lnt__boost_search(lnt_boost_grower *g, lnt_error *err) {
    int64_t n_parts = count_parts(g), n_rows = 0, before = g->found_capacity;
    for (int64_t f = 0; f < g->n_families; f++) {
        LNT_TRY(share_bins(g, &g->families[f], err));
        n_rows += g->families[f].small.n + (g->families[f].large.bins ? 0 : g->families[f].large.n);
    }
    g->n_found = 2 * g->n_families * n_parts;
    LNT_TRY(lnt_grow((void **)&g->found, &g->found_capacity, g->n_found, sizeof *g->found, err));
    memset(g->found + before, 0, (size_t)(g->found_capacity - before) * sizeof *g->found);
    LNT_TRY(lnt__boost_share(g, g->n_families * n_parts, n_rows * g->n_columns, search_part, err));
    for (int64_t f = 0; f < g->n_families; f++) {
        const lnt_boost_found *found = &g->found[2 * f * n_parts];
        LNT_TRY(settle(g, &g->families[f].small, found, n_parts, err));
        LNT_TRY(settle(g, &g->families[f].large, found + 1, n_parts, err));
    }
    return LNT_OK;
}
