/// @file strike.c
/// Filling in masks of ends.
#include "learn/strike.h"

#include <string.h>

bool lnt_strike_add_feature(lnt_strike *s, int64_t feature) {
    lnt_lookup *lookup = &s->lookup;
    for (int64_t i = 0; i < lookup->n_features; i++) {
        if (lookup->features[i] == feature) return true;
    }
    int64_t n = s->features[feature].n_bins + 1;
    if (lookup->n_features == LNT_STRIKE_FEATURES || lookup->n_codes + n > LNT_STRIKE_CODES) return false;
    lookup->features[lookup->n_features] = (uint16_t)feature;
    lookup->starts[lookup->n_features++] = (uint32_t)lookup->n_codes;
    lookup->n_codes += n;
    return true;
}

/// Keeps all ends but those from `first` to before `end`.
static void keep_others(const lnt_strike *s, int64_t first, int64_t end, uint64_t *kept) {
    for (int64_t w = 0; w < s->words; w++) {
        int64_t from = first - w * 64, to = end - w * 64;
        from = from < 0 ? 0 : from > 64 ? 64 : from;
        to = to < 0 ? 0 : to > 64 ? 64 : to;
        kept[w] = from < to ? ~(~0ull >> (64 - (to - from)) << from) : ~0ull;
    }
}

/// Numbers the ends below a node, those of its first side first.
static bool number_below(lnt_strike *s, uint32_t at) {
    const lnt_tree_node *node = &lnt_tree_nodes(s->tree)[at];
    if (node->kind == LNT_NODE_LEAF || (s->chosen && !s->chosen[at])) {
        if (s->n_ends == s->words * 64) return false;
        s->ends[s->n_ends++] = at;
        return true;
    }
    bool flipped = node->kind != LNT_NODE_NUMBER && node->members_left; // members go to the second side
    if (s->n_inside == s->words * 64) return false;
    int64_t place = s->n_inside++, first = s->n_ends;
    s->inside[place] = at;
    if (!number_below(s, node->child + flipped)) return false;
    keep_others(s, first, s->n_ends, s->kept + place * s->words);
    return number_below(s, node->child + !flipped);
}

bool lnt_strike_number(lnt_strike *s) {
    s->n_ends = s->n_inside = 0;
    return number_below(s, 0);
}

static uint32_t start_of(const lnt_strike *s, uint16_t feature) {
    int64_t at = 0;
    while (s->lookup.features[at] != feature) at++;
    return s->lookup.starts[at];
}

/// Marks where a number's second side begins; what is missing is told by itself.
static void strike_number(const lnt_strike *s, const lnt_tree_node *node, uint64_t kept, uint64_t *codes) {
    int64_t last = s->features[node->feature].n_bins;
    if (node->bin + 1 < last) codes[node->bin + 1] &= kept;
    if (last > node->bin && node->n != last) codes[last] &= kept;
}

static void strike_set(const lnt_strike *s, const lnt_tree_node *node, uint64_t kept, uint64_t *codes) {
    const uint16_t *set = lnt_tree_sets(s->tree) + node->at;
    int64_t last = s->features[node->feature].n_bins;
    for (int64_t w = 0; w < node->n; w++) {
        uint32_t members = node->kind == LNT_NODE_LIST ? 1 : set[w];
        for (; members; members &= members - 1) {
            int64_t code = node->kind == LNT_NODE_LIST ? set[w] : w * 16 + __builtin_ctz(members);
            if (code <= last) codes[code] &= kept;
        }
    }
}

bool lnt_strike_can_fill(const lnt_strike *s) {
    for (int64_t i = 0; i < s->n_inside; i++) {
        const lnt_tree_node *node = &lnt_tree_nodes(s->tree)[s->inside[i]];
        int64_t last = s->features[node->feature].n_bins;
        if (node->kind == LNT_NODE_NUMBER && node->n != UINT16_MAX && node->n != last) return false;
    }
    return true;
}

bool lnt_strike_fill(const lnt_strike *s, uint64_t *codes) {
    if (s->words != 1 || !lnt_strike_can_fill(s)) return false;
    memset(codes, 0xff, (size_t)s->lookup.n_codes * sizeof *codes);
    for (int64_t i = 0; i < s->n_inside; i++) {
        const lnt_tree_node *node = &lnt_tree_nodes(s->tree)[s->inside[i]];
        uint64_t *to = codes + start_of(s, node->feature);
        if (node->kind == LNT_NODE_NUMBER) strike_number(s, node, s->kept[i], to);
        else strike_set(s, node, s->kept[i], to);
    }
    for (int64_t f = 0; f < s->lookup.n_features; f++) { // a number's codes have what all before them have
        const lnt_feature *feature = &s->features[s->lookup.features[f]];
        uint64_t *to = codes + s->lookup.starts[f];
        for (int64_t c = 1; c < feature->n_bins && !feature->categorical; c++) to[c] &= to[c - 1];
    }
    return true;
}
