/// @file ways.c
/// Laying trees out, and rows down them: sixteen at a time, so that the waits for memory overlap, without a branch that
/// must be guessed.
#include "learn/ways.h"

#include <string.h>

_Static_assert(LNT_NODE_LEAF == 0 && LNT_NODE_NUMBER == 1, "a step tells numbers from leaves by their kind");

enum {
    LANES = 16,
    SMALL = 256,       ///< nodes of a tree whose depth is found, and that is laid out on the stack
    SMALL_WORDS = 2048,
    SMALL_ROWS = 64,   ///< fewer aren't worth laying a tree out
    WORDS_PER_NODE = 16, ///< more bits than that aren't worth having
    BYTE_CODES = 256, BYTE_WORDS = BYTE_CODES / 64 + 1
};

// ---- laying out ----

/// Where nodes' bits go. `shared` are those of numbers without missing values, by bin; 0: not there yet.
typedef struct layout {
    const lnt_tree_node *nodes;
    const uint16_t *sets;
    int64_t n_words, room;
    lnt_way *ways;
    uint64_t *bits;
    uint32_t shared[BYTE_CODES];
} layout;

/// The span of codes that a node treats other than those outside of it, in words.
static void find_span(const layout *l, const lnt_tree_node *node, int64_t *first, int64_t *last) {
    const uint16_t *set = l->sets + node->at;
    *first = 0;
    if (node->kind == LNT_NODE_NUMBER) {
        *last = (node->n != UINT16_MAX && node->n > node->bin ? node->n : node->bin) / 64;
        if (*last < BYTE_WORDS - 2) *last = BYTE_WORDS - 2;
    } else if (node->kind == LNT_NODE_LIST) {
        *last = 0;
        *first = node->n ? set[0] / 64 : 0;
        for (int64_t i = 0; i < node->n; i++) { // a file may have them in any order
            *first = set[i] / 64 < *first ? set[i] / 64 : *first;
            *last = set[i] / 64 > *last ? set[i] / 64 : *last;
        }
    } else {
        *last = node->n ? (node->n - 1) / 4 : 0;
        while (*first < *last) { // empty words in front say nothing
            int64_t some = 0;
            for (int64_t i = *first * 4; i < *first * 4 + 4; i++) some |= set[i];
            if (some) break;
            ++*first;
        }
    }
}

static void set_bit(uint64_t *bits, int64_t code) {
    bits[code / 64] |= 1ull << (code % 64);
}

/// Who goes left, into cleared words.
static void put_lefts(const layout *l, const lnt_tree_node *node, int64_t first, int64_t last, uint64_t *bits) {
    const uint16_t *set = l->sets + node->at;
    if (node->kind == LNT_NODE_NUMBER) {
        for (int64_t i = 0; i < node->bin / 64; i++) bits[i] = ~0ull;
        bits[node->bin / 64] |= ~0ull >> (63 - node->bin % 64);
        if (node->n != UINT16_MAX) set_bit(bits, node->n);
        return;
    }
    for (int64_t i = 0; i < node->n && node->kind == LNT_NODE_LIST; i++) set_bit(bits, set[i] - first * 64);
    for (int64_t i = first * 4; i < node->n && node->kind == LNT_NODE_BITS; i++) {
        bits[i / 4 - first] |= (uint64_t)set[i] << (i % 4 * 16);
    }
    for (int64_t i = 0; i <= last - first + 1 && !node->members_left; i++) bits[i] = ~bits[i];
}

/// False: there are too many words.
static bool lay_node(layout *l, uint32_t at) {
    const lnt_tree_node *node = &l->nodes[at];
    if (node->kind == LNT_NODE_LEAF) {
        l->ways[at] = (lnt_way){.next = at};
        return true;
    }
    int64_t first, last;
    find_span(l, node, &first, &last);
    int64_t n = last - first + 2; // with one for all codes outside
    bool is_shared = node->kind == LNT_NODE_NUMBER && node->n == UINT16_MAX && node->bin < BYTE_CODES;
    lnt_way way = {.next = node->child, .column = node->feature, .first = (uint16_t)first,
                   .last = (uint16_t)(n - 1)};
    if (is_shared && l->shared[node->bin]) {
        way.bits = l->shared[node->bin];
        l->ways[at] = way;
        return true;
    }
    if (l->n_words + n > l->room) return false;
    way.bits = (uint32_t)l->n_words;
    l->n_words += n;
    if (is_shared) l->shared[node->bin] = way.bits;
    uint64_t *bits = l->bits + way.bits;
    memset(bits, 0, (size_t)n * 8);
    put_lefts(l, node, first, last, bits);
    for (int64_t i = 0; i < n; i++) bits[i] = ~bits[i];
    l->ways[at] = way;
    return true;
}

static bool lay_nodes(layout *l, int64_t n_nodes) {
    l->bits[0] = 0;
    l->n_words = 1;
    for (int64_t i = 0; i < n_nodes; i++) {
        if (!lay_node(l, (uint32_t)i)) return false;
    }
    return true;
}

/// How many steps the longest path of a small tree has.
static int64_t depth_of(const lnt_tree_node *nodes, int64_t n_nodes) {
    uint8_t depths[SMALL] = {0}, most = 0;
    if (n_nodes > SMALL) return -1;
    for (int64_t i = 0; i < n_nodes; i++) {
        most = depths[i] > most ? depths[i] : most;
        if (nodes[i].kind != LNT_NODE_LEAF) depths[nodes[i].child] = depths[nodes[i].child + 1] = (uint8_t)(depths[i] + 1);
    }
    return most;
}

/// Room that nodes' bits may take, at most `most` words; one more than that where it isn't enough.
static int64_t count_words(const layout *l, int64_t n_nodes, int64_t most) {
    int64_t n = 1, first, last;
    bool shared[BYTE_CODES] = {0};
    for (int64_t i = 0; i < n_nodes && n <= most; i++) {
        const lnt_tree_node *node = &l->nodes[i];
        if (node->kind == LNT_NODE_LEAF) continue;
        if (node->kind == LNT_NODE_NUMBER && node->n == UINT16_MAX && node->bin < BYTE_CODES) {
            n += shared[node->bin] ? 0 : BYTE_WORDS;
            shared[node->bin] = true;
            continue;
        }
        find_span(l, node, &first, &last);
        n += last - first + 2;
    }
    return n;
}

lnt_status lnt_ways_init(lnt_budget *budget, const lnt_tree *tree, lnt_ways *out, lnt_error *err) {
    int64_t n_nodes = lnt_tree_n_nodes(tree), most = n_nodes * WORDS_PER_NODE + SMALL_WORDS;
    *out = (lnt_ways){.tree = tree};
    layout l = {.nodes = lnt_tree_nodes(tree), .sets = lnt_tree_sets(tree)};
    int64_t n_words = count_words(&l, n_nodes, most);
    if (n_words > most || n_words > UINT32_MAX) return LNT_OK;
    int64_t ways_bytes = n_nodes * (int64_t)sizeof(lnt_way);
    LNT_TRY(lnt_buffer_new(budget, ways_bytes + n_words * 8, "predict", &out->memory, err));
    l.ways = (lnt_way *)(void *)out->memory->data;
    l.bits = (uint64_t *)(void *)(out->memory->data + ways_bytes);
    l.room = n_words;
    lay_nodes(&l, n_nodes);
    out->ways = l.ways;
    out->bits = l.bits;
    out->depth = depth_of(l.nodes, n_nodes);
    return LNT_OK;
}

void lnt_ways_clear(lnt_ways *ways) {
    lnt_buffer_unref(ways->memory);
    *ways = (lnt_ways){0};
}

// ---- walking ----

/// One step of a row whose codes start at `codes`.
static inline uint32_t step(const lnt_way *ways, const uint64_t *bits, uint32_t at, const uint16_t *codes) {
    const lnt_way *way = &ways[at];
    uint32_t code = codes[way->column], word = (code >> 6) - way->first, last = way->last;
    word = word < last ? word : last;
    return way->next + (uint32_t)(bits[way->bits + word] >> (code & 63) & 1);
}

/// The leaves that LANES rows come to.
static inline __attribute__((always_inline)) void walk_lanes(const lnt_ways *w, const uint16_t *codes, int64_t row_step,
                                                             uint32_t *out) {
    const lnt_way *ways = w->ways;
    const uint64_t *bits = w->bits;
    uint32_t at[LANES] = {0};
    for (int64_t level = 0; level < w->depth; level++) {
        for (int i = 0; i < LANES; i++) at[i] = step(ways, bits, at[i], codes + i * row_step);
    }
    for (uint32_t moved = w->depth < 0; moved;) {
        moved = 0;
        for (int i = 0; i < LANES; i++) {
            uint32_t next = step(ways, bits, at[i], codes + i * row_step);
            moved |= next ^ at[i];
            at[i] = next;
        }
    }
    memcpy(out, at, sizeof at);
}

void lnt_ways_find_leaves(const lnt_ways *ways, const uint16_t *codes, int64_t n_features, int64_t n, uint32_t *out) {
    const lnt_tree_node *nodes = lnt_tree_nodes(ways->tree);
    int64_t row = 0;
    for (; ways->ways && row + LANES <= n; row += LANES) walk_lanes(ways, codes + row * n_features, n_features, out + row);
    for (; row < n; row++) out[row] = lnt_tree_walk(nodes, lnt_tree_sets(ways->tree), codes + row * n_features);
}

void lnt_tree_find_leaves(const lnt_tree *tree, const uint16_t *codes, int64_t n_features, int64_t n, uint32_t *out) {
    int64_t row = 0, n_nodes = lnt_tree_n_nodes(tree);
    if (n >= SMALL_ROWS && n_nodes <= SMALL) {
        lnt_way ways[SMALL];
        uint64_t bits[SMALL_WORDS];
        layout l = {.nodes = lnt_tree_nodes(tree), .sets = lnt_tree_sets(tree), .room = SMALL_WORDS,
                    .ways = ways, .bits = bits};
        lnt_ways w = {.tree = tree, .ways = ways, .bits = bits, .depth = depth_of(l.nodes, n_nodes)};
        bool laid = lay_nodes(&l, n_nodes);
        for (; laid && row + LANES <= n; row += LANES) {
            walk_lanes(&w, codes + row * n_features, n_features, out + row);
        }
    }
    for (; row < n; row++) out[row] = lnt_tree_walk(lnt_tree_nodes(tree), lnt_tree_sets(tree), codes + row * n_features);
}
