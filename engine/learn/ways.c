/// @file ways.c
/// Laying trees out, and rows down them: all rows of a piece a step, then those that haven't arrived another one, so that
/// the waits for memory overlap and there is no branch that must be guessed. Rows at sets of many codes go in a list of
/// their own, for the same reason.
#include "learn/ways.h"

#include <string.h>

_Static_assert(sizeof(lnt_way) == 16 && (int)LNT_MAX_LEVELS < UINT16_MAX, "there is a number above all codes");

enum {
    PIECE = 1024,      ///< rows that go down together: their codes stay near the processor
    SMALL = 256,       ///< nodes of a tree that is laid out on the stack
    SMALL_WORDS = 2048,
    SMALL_ROWS = 64,   ///< fewer aren't worth laying a tree out
    WORDS_PER_NODE = 16, ///< more bits than that aren't worth having
    NO_CODE = UINT16_MAX
};

// ---- laying out ----

/// Where nodes' bits go.
typedef struct layout {
    const lnt_tree_node *nodes;
    const uint16_t *sets;
    const lnt_leaf_entry *leaves;
    const uint8_t *crown; ///< by node: whether nobody walks by it; or NULL
    uint8_t *kinds;       ///< by node
    int64_t n_words, room;
    lnt_way *ways;
    uint64_t *bits;
} layout;

/// The members of a set while they are few; else how many there are at least.
static int64_t few_members(const layout *l, const lnt_tree_node *node, uint16_t codes[LNT_WAY_CODES]) {
    const uint16_t *set = l->sets + node->at;
    int64_t n = 0;
    for (int64_t w = 0; w < node->n && n <= LNT_WAY_CODES; w++) {
        uint32_t members = node->kind == LNT_NODE_LIST ? 1 : set[w];
        for (; members && n <= LNT_WAY_CODES; members &= members - 1, n++) {
            int64_t code = node->kind == LNT_NODE_LIST ? set[w] : w * 16 + __builtin_ctz(members);
            if (n < LNT_WAY_CODES) codes[n] = (uint16_t)code;
        }
    }
    return n;
}

/// The span of codes that a set treats other than those outside of it, in words.
static void find_span(const layout *l, const lnt_tree_node *node, int64_t *first, int64_t *last) {
    const uint16_t *set = l->sets + node->at;
    *first = 0;
    if (node->kind == LNT_NODE_LIST) {
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
    for (int64_t i = 0; i < node->n && node->kind == LNT_NODE_LIST; i++) set_bit(bits, set[i] - first * 64);
    for (int64_t i = first * 4; i < node->n && node->kind == LNT_NODE_BITS; i++) {
        bits[i / 4 - first] |= (uint64_t)set[i] << (i % 4 * 16);
    }
    for (int64_t i = 0; i <= last - first + 1 && !node->members_left; i++) bits[i] = ~bits[i];
}

/// A set of many codes as a row of bits. False: there are too many words.
static bool lay_bits(layout *l, const lnt_tree_node *node, lnt_way *way) {
    int64_t first, last;
    find_span(l, node, &first, &last);
    int64_t n = last - first + 2; // with one for all codes outside
    if (l->n_words + n > l->room) return false;
    uint64_t *bits = l->bits + l->n_words;
    memset(bits, 0, (size_t)n * 8);
    put_lefts(l, node, first, last, bits);
    for (int64_t i = 0; i < n; i++) bits[i] = ~bits[i];
    way->bits.at = (uint32_t)l->n_words;
    way->bits.first = (uint16_t)first;
    way->bits.last = (uint16_t)(n - 1);
    l->n_words += n;
    return true;
}

static void lay_leaf(const layout *l, const lnt_tree_node *node, lnt_way *way) {
    const lnt_leaf_entry *entry = &l->leaves[node->at + 1];
    way->leaf.label = node->n == 1 ? entry->label : LNT_WAY_MANY + (uint32_t)node->n;
    if (node->n == 1) way->leaf.share = entry->share;
    else way->leaf.at = node->at;
}

/// Its children are laid already. False: there is no room for a set's bits.
static bool lay_node(layout *l, uint32_t at) {
    const lnt_tree_node *node = &l->nodes[at];
    lnt_way way = {.column = node->feature, .low = NO_CODE, .codes = {NO_CODE, NO_CODE, NO_CODE, NO_CODE}};
    lnt_way_kind kind = LNT_WAY_FEW;
    bool laid = true;
    if (node->kind == LNT_NODE_LEAF) {
        kind = LNT_WAY_LEAF;
        lay_leaf(l, node, &way);
    } else {
        way.next = node->child << 4 | (uint32_t)l->kinds[node->child + 1] << 2 | l->kinds[node->child];
    }
    if (node->kind == LNT_NODE_NUMBER) {
        if (node->bin < LNT_MAX_LEVELS) way.low = (uint16_t)(node->bin + 1);
        if (node->n > node->bin) way.codes[0] = node->n;
    } else if (kind == LNT_WAY_FEW && !(l->crown && l->crown[at])) { // else it is looked up in the crown
        if (node->members_left) way.low = 0;
        if (few_members(l, node, way.codes) > LNT_WAY_CODES) {
            kind = LNT_WAY_BITS;
            laid = lay_bits(l, node, &way);
        }
    }
    l->kinds[at] = (uint8_t)kind;
    l->ways[at] = way;
    return laid;
}

static bool lay_nodes(layout *l, int64_t n_nodes) {
    l->n_words = 0;
    for (int64_t i = n_nodes - 1; i >= 0; i--) { // children come after their parents
        if (!lay_node(l, (uint32_t)i)) return false;
    }
    return true;
}

/// Room that nodes' bits take, at most `most` words; one more than that where it isn't enough.
static int64_t count_words(const layout *l, int64_t n_nodes, int64_t most) {
    int64_t n = 0, first, last;
    uint16_t codes[LNT_WAY_CODES];
    for (int64_t i = 0; i < n_nodes && n <= most; i++) {
        const lnt_tree_node *node = &l->nodes[i];
        if (node->kind != LNT_NODE_LIST && node->kind != LNT_NODE_BITS) continue;
        if ((l->crown && l->crown[i]) || few_members(l, node, codes) <= LNT_WAY_CODES) continue;
        find_span(l, node, &first, &last);
        n += last - first + 2;
    }
    return n;
}

static layout layout_of(const lnt_tree *tree) {
    return (layout){.nodes = lnt_tree_nodes(tree), .sets = lnt_tree_sets(tree), .leaves = lnt_tree_leaves(tree)};
}

/// `kinds` is scratch for as many nodes.
static lnt_status lay_out(lnt_budget *budget, const uint8_t *crown, uint8_t *kinds, lnt_ways *out, lnt_error *err) {
    int64_t n_nodes = lnt_tree_n_nodes(out->tree), most = n_nodes * WORDS_PER_NODE + SMALL_WORDS;
    layout l = layout_of(out->tree);
    l.crown = crown;
    l.kinds = kinds;
    int64_t n_words = count_words(&l, n_nodes, most);
    if (n_words > most || n_words > UINT32_MAX || n_nodes > LNT_WAY_MOST_NODES) return LNT_OK;
    int64_t ways_bytes = n_nodes * (int64_t)sizeof(lnt_way);
    LNT_TRY(lnt_buffer_new(budget, ways_bytes + n_words * 8, "predict", &out->memory, err));
    l.ways = (lnt_way *)(void *)out->memory->data;
    l.bits = (uint64_t *)(void *)(out->memory->data + ways_bytes);
    l.room = n_words;
    lay_nodes(&l, n_nodes);
    out->ways = l.ways;
    out->bits = l.bits;
    out->root = kinds[0];
    for (int64_t i = 0; i < LNT_STRIKE_ENDS && out->crown.codes; i++) {
        uint32_t end = out->crown.ends[i];
        out->crown.ends[i] = end << 2 | kinds[end];
    }
    return LNT_OK;
}

lnt_status lnt_ways_init(lnt_budget *budget, const lnt_tree *tree, const lnt_feature *features, int64_t n_features,
                         bool crown, lnt_ways *out, lnt_error *err) {
    *out = (lnt_ways){.tree = tree};
    int64_t n_nodes = lnt_tree_n_nodes(tree);
    uint8_t *scratch = lnt_alloc_array(n_nodes, 2, err), *kinds = scratch + n_nodes; // and which nodes the crown has
    if (!scratch) return LNT_NOMEM;
    lnt_status status = crown ? lnt_crown_make(budget, tree, features, n_features, scratch, &out->crown, err) : LNT_OK;
    if (status == LNT_OK) status = lay_out(budget, out->crown.codes ? scratch : NULL, kinds, out, err);
    lnt_free(scratch);
    return status;
}

void lnt_ways_clear(lnt_ways *ways) {
    lnt_buffer_unref(ways->memory);
    lnt_crown_clear(&ways->crown);
    *ways = (lnt_ways){0};
}

// ---- walking ----

/// The child that a row goes to, times four, and its kind. All are asked for all, so that no branch has to be guessed.
static inline uint32_t step_few(const lnt_way *way, const uint16_t *codes) {
    const uint64_t ones = 0x0001000100010001;
    uint32_t code = codes[way->column], next = way->next;
    uint64_t same;
    memcpy(&same, way->codes, sizeof same);
    same ^= code * ones;
    uint32_t is_member = ((same - ones) & ~same & ones << 15) != 0, right = (code >= way->low) ^ is_member;
    return ((next >> 4) + right) << 2 | (next >> 2 * right & 3);
}

/// The same by a row of bits.
static inline uint32_t step_bits(const lnt_way *way, const uint64_t *bits, const uint16_t *codes) {
    uint32_t code = codes[way->column], next = way->next;
    uint32_t word = (code >> 6) - way->bits.first, last = way->bits.last;
    uint32_t right = bits[way->bits.at + (word < last ? word : last)] >> (code & 63) & 1;
    return ((next >> 4) + right) << 2 | (next >> 2 * right & 3);
}

/// Rows on their way, by the kind of node that they are at.
typedef struct going {
    int64_t n_few, n_bits;
    uint16_t few[PIECE], bits[PIECE];
} going;

/// Notes where a row came to, which is asked for when all others are, too.
static inline void go_on(going *g, const lnt_way *ways, uint16_t row, uint32_t came_to, uint32_t *out) {
    __builtin_prefetch(&ways[came_to >> 2]);
    out[row] = came_to >> 2;
    g->few[g->n_few] = row;
    g->n_few += came_to & 1;
    g->bits[g->n_bits] = row;
    g->n_bits += came_to >> 1 & 1;
}

/// Takes `n` <= PIECE rows from where `out` says, nodes × 4 + kinds, to their leaves.
static void walk(const lnt_way *ways, const uint64_t *bits, const uint16_t *codes, int64_t n_features, int64_t n,
                 uint32_t *out) {
    going g;
    g.n_few = g.n_bits = 0;
    for (int64_t i = 0; i < n; i++) go_on(&g, ways, (uint16_t)i, out[i], out);
    while (g.n_few + g.n_bits > 0) {
        int64_t some = g.n_few;
        g.n_few = 0;
        for (int64_t j = 0; j < some; j++) {
            uint16_t row = g.few[j];
            go_on(&g, ways, row, step_few(&ways[out[row]], codes + row * n_features), out);
        }
        if (g.n_few > 0) continue; // those at bits wait until there is none else
        some = g.n_bits;
        g.n_bits = 0;
        for (int64_t j = 0; j < some; j++) {
            uint16_t row = g.bits[j];
            go_on(&g, ways, row, step_bits(&ways[out[row]], bits, codes + row * n_features), out);
        }
    }
}

void lnt_ways_find_leaves(const lnt_ways *ways, const uint16_t *codes, int64_t n_features, int64_t n, uint32_t *out) {
    const lnt_tree_node *nodes = lnt_tree_nodes(ways->tree);
    const uint16_t *sets = lnt_tree_sets(ways->tree);
    if (!ways->ways) {
        for (int64_t i = 0; i < n; i++) out[i] = lnt_tree_walk(nodes, sets, codes + i * n_features);
        return;
    }
    for (int64_t start = 0; start < n; start += PIECE) {
        int64_t some = n - start < PIECE ? n - start : PIECE;
        const uint16_t *piece = codes + start * n_features;
        if (ways->crown.codes) lnt_crown_find(&ways->crown, piece, n_features, some, out + start);
        for (int64_t i = 0; i < some && !ways->crown.codes; i++) out[start + i] = ways->root;
        walk(ways->ways, ways->bits, piece, n_features, some, out + start);
    }
}

void lnt_tree_find_leaves(const lnt_tree *tree, const uint16_t *codes, int64_t n_features, int64_t n, uint32_t *out) {
    lnt_way ways[SMALL];
    uint64_t bits[SMALL_WORDS];
    uint8_t kinds[SMALL];
    lnt_ways w = {.tree = tree};
    int64_t n_nodes = lnt_tree_n_nodes(tree);
    if (n >= SMALL_ROWS && n_nodes <= SMALL) {
        layout l = layout_of(tree);
        l.room = SMALL_WORDS;
        l.ways = ways;
        l.bits = bits;
        l.kinds = kinds;
        if (lay_nodes(&l, n_nodes)) w.ways = ways, w.bits = bits, w.root = kinds[0];
    }
    lnt_ways_find_leaves(&w, codes, n_features, n, out);
}
