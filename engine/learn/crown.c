/// @file crown.c
/// Choosing a tree's crown, and looking rows up in it.
#include "learn/crown.h"

#include <string.h>

#include "learn/crown_classes.h"
#include "learn/wide.h"

// ---- choosing ----

/// What waits to be chosen: inner nodes, the one with the most rows first.
typedef struct choosing {
    const lnt_tree_node *nodes;
    const uint32_t *rows; ///< by node
    uint32_t heap[LNT_STRIKE_ENDS + 1];
    int64_t n;
} choosing;

/// Whether a comes before b; of equals the upper one does.
static bool is_first(const choosing *c, uint32_t a, uint32_t b) {
    return c->rows[a] != c->rows[b] ? c->rows[a] > c->rows[b] : a < b;
}

static void put(choosing *c, uint32_t node) {
    if (c->nodes[node].kind == LNT_NODE_LEAF || c->n == LNT_STRIKE_ENDS) return;
    int64_t at = c->n++;
    for (; at > 0 && is_first(c, node, c->heap[(at - 1) / 2]); at = (at - 1) / 2) c->heap[at] = c->heap[(at - 1) / 2];
    c->heap[at] = node;
}

static uint32_t take(choosing *c) {
    uint32_t first = c->heap[0], last = c->heap[--c->n];
    int64_t at = 0;
    for (int64_t child = 1; child < c->n; child = 2 * at + 1) {
        if (child + 1 < c->n && is_first(c, c->heap[child + 1], c->heap[child])) child++;
        if (!is_first(c, c->heap[child], last)) break;
        c->heap[at] = c->heap[child];
        at = child;
    }
    c->heap[at] = last;
    return first;
}

/// The training rows below each node.
static void count_rows(const lnt_tree *tree, uint32_t *rows) {
    const lnt_tree_node *nodes = lnt_tree_nodes(tree);
    const lnt_leaf_entry *leaves = lnt_tree_leaves(tree);
    for (int64_t i = lnt_tree_n_nodes(tree) - 1; i >= 0; i--) { // children come after their parents
        uint32_t child = nodes[i].child;
        rows[i] = nodes[i].kind == LNT_NODE_LEAF ? leaves[nodes[i].at].label : rows[child] + rows[child + 1];
    }
}

/// Marks the crown's nodes.
static void choose(lnt_strike *s, const uint32_t *rows, uint8_t *chosen) {
    choosing c = {.nodes = lnt_tree_nodes(s->tree), .rows = rows};
    put(&c, 0);
    for (int64_t n_ends = 1; n_ends < LNT_STRIKE_ENDS && c.n > 0;) {
        uint32_t node = take(&c);
        if (!lnt_strike_add_feature(s, c.nodes[node].feature)) continue;
        chosen[node] = 1;
        n_ends++;
        put(&c, c.nodes[node].child);
        put(&c, c.nodes[node].child + 1);
    }
}

/// Keeps what is in use of the classes.
static lnt_status keep(const lnt_crown_classes *c, int64_t n_codes, lnt_budget *budget, lnt_crown *out, lnt_error *err) {
    int64_t masks_bytes = c->n * LNT_STRIKE_WORDS * 8;
    LNT_TRY(lnt_buffer_new(budget, masks_bytes + n_codes * 2, "predict", &out->codes, err));
    memcpy(out->codes->data, c->masks, (size_t)masks_bytes);
    memcpy(out->codes->data + masks_bytes, c->places, (size_t)n_codes * 2);
    out->places = (const uint16_t *)(const void *)(out->codes->data + masks_bytes);
    return LNT_OK;
}

/// What making a crown needs for the time being.
typedef struct workshop {
    lnt_strike strike;
    lnt_crown_classes classes;
} workshop;

static lnt_status make(workshop *w, lnt_budget *budget, uint32_t *rows, uint8_t *chosen, lnt_crown *out, lnt_error *err) {
    lnt_strike *s = &w->strike;
    count_rows(s->tree, rows);
    choose(s, rows, chosen);
    if (!lnt_strike_number(s) || s->n_inside == 0 || !lnt_strike_can_fill(s)) return LNT_OK;
    lnt_crown_classes_find(s, &w->classes);
    out->lookup = s->lookup;
    memcpy(out->ends, s->ends, (size_t)s->n_ends * sizeof *s->ends);
    return keep(&w->classes, s->lookup.n_codes, budget, out, err);
}

lnt_status lnt_crown_make(lnt_budget *budget, const lnt_tree *tree, const lnt_feature *features, int64_t n_features,
                          uint8_t *chosen, lnt_crown *out, lnt_error *err) {
    *out = (lnt_crown){0};
    uint32_t *rows = lnt_alloc(lnt_tree_n_nodes(tree) * (int64_t)sizeof *rows, err);
    workshop *w = rows ? lnt_alloc(sizeof *w, err) : NULL;
    lnt_status status = w ? LNT_OK : LNT_NOMEM;
    if (status == LNT_OK) {
        lnt_strike *s = &w->strike;
        s->tree = tree;
        s->features = features;
        s->chosen = chosen;
        s->words = LNT_STRIKE_WORDS;
        s->lookup.n_features = s->lookup.n_codes = 0;
        bool all = n_features <= LNT_STRIKE_ALL;
        for (int64_t f = 0; f < n_features && all; f++) all = lnt_strike_add_feature(s, f);
        if (!all) s->lookup.n_features = s->lookup.n_codes = 0;
        status = make(w, budget, rows, chosen, out, err);
    }
    lnt_free(rows);
    lnt_free(w);
    return status;
}

void lnt_crown_clear(lnt_crown *crown) {
    lnt_buffer_unref(crown->codes);
    *crown = (lnt_crown){0};
}

// ---- looking up ----

typedef uint64_t mask __attribute__((vector_size(8 * LNT_STRIKE_WORDS)));

/// The lowest bit of a mask, which has one: where it is in is as good as random, so that no branch may ask for it.
LNT_BODY int64_t lowest(const mask *m) {
    _Static_assert(LNT_STRIKE_WORDS == 4, "three words may be empty");
    uint64_t words[LNT_STRIKE_WORDS];
    memcpy(words, m, sizeof words);
    uint64_t two = words[0] | words[1], three = two | words[2];
    int64_t at = (words[0] == 0) + (two == 0) + (three == 0);
    return 64 * at + __builtin_ctzll(words[at]);
}

/// Rows of F features, which all have masks, or of `some` that have.
LNT_BODY void find(const lnt_crown *c, int F, const uint16_t *codes, int64_t n_features, int64_t n, uint32_t *out) {
    const char *masks = (const char *)c->codes->data;
    const uint16_t *of[LNT_STRIKE_FEATURES];
    int64_t some = F ? F : c->lookup.n_features, step = F ? F : n_features;
    for (int64_t f = 0; f < some; f++) of[f] = c->places + c->lookup.starts[f];
    for (int64_t i = 0; i < n; i++, codes += step) {
        mask all, next;
        memcpy(&all, masks + of[0][codes[F ? 0 : c->lookup.features[0]]] * (int64_t)sizeof all, sizeof all);
        for (int64_t f = 1; f < some; f++) {
            memcpy(&next, masks + of[f][codes[F ? f : c->lookup.features[f]]] * (int64_t)sizeof next, sizeof next);
            all &= next;
        }
        out[i] = c->ends[lowest(&all)];
    }
}

LNT_BODY void find_body(const lnt_crown *c, const uint16_t *codes, int64_t n_features, int64_t n, uint32_t *out) {
    switch (c->lookup.n_features == n_features ? n_features : 0) {
    case 4: find(c, 4, codes, 4, n, out); return;
    case 5: find(c, 5, codes, 5, n, out); return;
    case 6: find(c, 6, codes, 6, n, out); return;
    case 7: find(c, 7, codes, 7, n, out); return;
    case 8: find(c, 8, codes, 8, n, out); return;
    default: find(c, 0, codes, n_features, n, out); return;
    }
}

LNT_WIDE static void find_wide(const lnt_crown *c, const uint16_t *codes, int64_t n_features, int64_t n, uint32_t *out) {
    find_body(c, codes, n_features, n, out);
}

static void find_plain(const lnt_crown *c, const uint16_t *codes, int64_t n_features, int64_t n, uint32_t *out) {
    find_body(c, codes, n_features, n, out);
}

void lnt_crown_find(const lnt_crown *c, const uint16_t *codes, int64_t n_features, int64_t n, uint32_t *out) {
    (lnt_has_wide() ? find_wide : find_plain)(c, codes, n_features, n, out);
}
