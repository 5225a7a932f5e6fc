/// @file crown_classes.c
/// Which codes a crown treats alike, and their masks: some hundred of thousands, so that they stay near the processor.
#include "learn/crown_classes.h"

#include <string.h>

enum { WORDS = LNT_STRIKE_WORDS };

static void strike(uint64_t *mask, const uint64_t *kept) {
    for (int w = 0; w < WORDS; w++) mask[w] &= kept[w];
}

static uint16_t add_class(lnt_crown_classes *c, const uint64_t *mask) {
    memcpy(c->masks + c->n * WORDS, mask, WORDS * sizeof *mask);
    c->sizes[c->n] = 0;
    return (uint16_t)c->n++;
}

// ---- numbers ----

static const uint64_t all[WORDS] = {~0ull, ~0ull, ~0ull, ~0ull};

/// A code from which on a node strikes has a class of its own, for the time being with what that strikes out alone.
static void mark(lnt_crown_classes *c, uint16_t *place, const uint64_t *kept) {
    if (*place == LNT_NO_CLASS) *place = add_class(c, all);
    strike(c->masks + *place * WORDS, kept);
}

/// Parts a feature's codes by the numbers that the crown asks for.
static void part_by_numbers(const lnt_strike *s, uint16_t feature, uint16_t *places, lnt_crown_classes *c) {
    int64_t last = s->features[feature].n_bins;
    for (int64_t code = 0; code <= last; code++) places[code] = LNT_NO_CLASS;
    places[0] = add_class(c, all);
    for (int64_t i = 0; i < s->n_inside; i++) {
        const lnt_tree_node *node = &lnt_tree_nodes(s->tree)[s->inside[i]];
        if (node->feature != feature || node->kind != LNT_NODE_NUMBER) continue;
        if (node->bin + 1 < last) mark(c, &places[node->bin + 1], s->kept + i * WORDS);
        if (last > node->bin && node->n != last) mark(c, &places[last], s->kept + i * WORDS);
    }
    if (last > 0 && places[last] == LNT_NO_CLASS) places[last] = add_class(c, all); // what is missing is told by itself
    for (int64_t code = 1; code < last; code++) { // a code has what all before it have
        if (places[code] == LNT_NO_CLASS) places[code] = places[code - 1];
        else strike(c->masks + places[code] * WORDS, c->masks + places[code - 1] * WORDS);
    }
    for (int64_t code = 0; code <= last; code++) c->sizes[places[code]]++;
}

// ---- sets ----

/// A set's members up to `last`; returns how many.
static int64_t list_members(const lnt_strike *s, const lnt_tree_node *node, int64_t last, uint16_t *members) {
    const uint16_t *set = lnt_tree_sets(s->tree) + node->at;
    int64_t n = 0;
    for (int64_t w = 0; w < node->n; w++) {
        uint32_t bits = node->kind == LNT_NODE_LIST ? 1 : set[w];
        for (; bits; bits &= bits - 1) {
            int64_t code = node->kind == LNT_NODE_LIST ? set[w] : w * 16 + __builtin_ctz(bits);
            if (code <= last && n < LNT_STRIKE_CODES) members[n++] = (uint16_t)code;
        }
    }
    return n;
}

/// Parts a feature's classes by a set's members.
static void part_by_set(uint16_t *places, const uint16_t *members, int64_t n, const uint64_t *kept, lnt_crown_classes *c) {
    int64_t n_touched = 0;
    for (int64_t i = 0; i < n; i++) {
        uint16_t place = places[members[i]];
        if (c->counts[place]++ == 0) c->touched[n_touched++] = place;
    }
    for (int64_t i = 0; i < n_touched; i++) {
        uint16_t place = c->touched[i], count = c->counts[place];
        c->counts[place] = 0;
        c->moves[place] = place;
        if (count < c->sizes[place]) { // the others stay as they are
            c->sizes[place] = (uint16_t)(c->sizes[place] - count);
            c->moves[place] = add_class(c, c->masks + place * WORDS);
            c->sizes[c->moves[place]] = count;
        }
        strike(c->masks + c->moves[place] * WORDS, kept);
    }
    for (int64_t i = 0; i < n; i++) places[members[i]] = c->moves[places[members[i]]];
}

void lnt_crown_classes_find(const lnt_strike *s, lnt_crown_classes *c) {
    uint16_t members[LNT_STRIKE_CODES];
    c->n = 0;
    memset(c->counts, 0, sizeof c->counts);
    for (int64_t f = 0; f < s->lookup.n_features; f++) {
        uint16_t feature = s->lookup.features[f], *places = c->places + s->lookup.starts[f];
        part_by_numbers(s, feature, places, c);
        for (int64_t i = 0; i < s->n_inside; i++) {
            const lnt_tree_node *node = &lnt_tree_nodes(s->tree)[s->inside[i]];
            if (node->feature != feature || node->kind == LNT_NODE_NUMBER) continue;
            int64_t n = list_members(s, node, s->features[feature].n_bins, members);
            part_by_set(places, members, n, s->kept + i * WORDS, c);
        }
    }
}
