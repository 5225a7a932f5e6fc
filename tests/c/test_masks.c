/// @file test_masks.c
/// Small trees as masks of leaves and as planes of these: rows come to the values that walking takes them to.
#include <stdlib.h>

#include "learn/masks.h"
#include "learn/planes.h"
#include "learn_tables.h"

enum { ROWS = 700, FEATURES = 10, MOST_CODES = 5001 };

/// Numbers and categories of as many codes as planes tell apart: up to 256, 2,048 and more.
static const int64_t bins[FEATURES] = {1, 48, 63, 64, 127, 128, 254, MOST_CODES - 1, 255, 1500};

typedef struct rows {
    lnt_feature features[FEATURES];
    uint16_t *codes;              ///< a row's side by side
    lnt_buffer *columns[FEATURES];
} rows;

static void make_rows(lnt_engine *engine, uint64_t seed, rows *out) {
    memset(out, 0, sizeof *out);
    out->codes = calloc(ROWS * FEATURES, 2);
    for (int f = 0; f < FEATURES; f++) {
        out->features[f] = (lnt_feature){.n_bins = bins[f], .categorical = f > 6 || f % 2 == 1};
        CHECK_OK(lnt_buffer_new(lnt_engine_budget(engine), ROWS * 2, "test", &out->columns[f], &err), &err);
        for (int i = 0; i < ROWS; i++) {
            uint64_t code = next_random(&seed) % (uint64_t)(bins[f] + 1);
            out->codes[i * FEATURES + f] = (uint16_t)code;
            if (bins[f] < 256) out->columns[f]->data[i] = (uint8_t)code;
            else ((uint16_t *)(void *)out->columns[f]->data)[i] = (uint16_t)code;
        }
    }
}

static void clear_rows(rows *r) {
    free(r->codes);
    for (int f = 0; f < FEATURES; f++) lnt_buffer_unref(r->columns[f]);
}

static void split_node(lnt_tree *tree, const rows *r, uint32_t at, int n_features, uint64_t *seed) {
    uint32_t child;
    CHECK_OK(lnt_tree_add_nodes(tree, 2, &child, &err), &err);
    int f = (int)(next_random(seed) % (uint64_t)n_features) + (FEATURES - n_features);
    lnt_tree_node *node = &lnt_tree_nodes(tree)[at];
    *node = (lnt_tree_node){.child = child, .feature = (uint16_t)f, .members_left = next_random(seed) % 2};
    if (r->features[f].categorical) {
        uint16_t members[MOST_CODES], n = 0, step = (uint16_t)(1 + next_random(seed) % 5);
        for (uint16_t code = (uint16_t)(next_random(seed) % 3); code <= bins[f]; code = (uint16_t)(code + step)) members[n++] = code;
        CHECK_OK(lnt_tree_set_members(tree, at, members, n, &err), &err);
        return;
    }
    node->kind = LNT_NODE_NUMBER;
    node->bin = (uint16_t)(next_random(seed) % (uint64_t)bins[f]);
    node->n = next_random(seed) % 2 ? (uint16_t)bins[f] : UINT16_MAX;
}

/// A tree of so many leaves over the last `n_features`.
static void make_tree(lnt_engine *engine, const rows *r, int n_leaves, int n_features, uint64_t seed, lnt_tree *out) {
    uint32_t ends[LNT_MASK_LEAVES] = {0};
    CHECK_OK(lnt_tree_init(lnt_engine_budget(engine), out, &err), &err);
    CHECK_OK(lnt_tree_add_nodes(out, 1, &ends[0], &err), &err);
    for (int n = 1; n < n_leaves; n++) {
        int which = (int)(next_random(&seed) % (uint64_t)n);
        split_node(out, r, ends[which], n_features, &seed);
        uint32_t child = lnt_tree_nodes(out)[ends[which]].child;
        ends[which] = child;
        ends[n] = child + 1;
    }
    for (int i = 0; i < n_leaves; i++) {
        CHECK_OK(lnt_tree_set_value(out, ends[i], 1, 1, 3, (double)(i + 1) * 1.37, &err), &err);
    }
}

static float value_of(const lnt_tree *tree, const uint16_t *codes) {
    uint32_t at = lnt_tree_walk(lnt_tree_nodes(tree), lnt_tree_sets(tree), codes);
    return lnt_tree_leaves(tree)[lnt_tree_nodes(tree)[at].at + 1].share;
}

/// A tree's planes in as many bytes as they say that they need; free them.
static lnt_planes *planes_of(const rows *r, const lnt_tree *tree) {
    static lnt_planes planes;
    CHECK(lnt_planes_make(tree, r->features, &planes));
    CHECK_INT(planes.output, 3);
    size_t size = (size_t)lnt_planes_size(&planes);
    return memcpy(malloc(size), &planes, size);
}

/// How many of rows [start, start + n) don't come to their value, and whether what lies around them is left alone.
static int wrong_values(const rows *r, const lnt_tree *tree, const lnt_masks *masks, int by_planes, int start, int n) {
    lnt_planes *kept = by_planes ? planes_of(r, tree) : NULL;
    float out[ROWS + 2];
    for (int i = 0; i < ROWS + 2; i++) out[i] = 0.5f;
    if (by_planes) {
        lnt_planes_add(kept, &(lnt_code_columns){.buffers = r->columns}, start, n, out + 1);
    } else {
        lnt_masks_add(masks, r->codes + start * FEATURES, FEATURES, n, out + 1);
    }
    free(kept);
    int wrong = (out[0] != 0.5f) + (out[n + 1] != 0.5f);
    for (int i = 0; i < n; i++) wrong += out[i + 1] != 0.5f + value_of(tree, r->codes + (start + i) * FEATURES);
    return wrong;
}

TEST(masks_and_planes_take_rows_to_the_values_that_walking_takes_them_to) {
    lnt_engine *engine = engine_of(1);
    static lnt_masks masks;
    rows r;
    make_rows(engine, 5, &r);
    for (int n_leaves = 1; n_leaves <= LNT_MASK_LEAVES; n_leaves++) {
        int n_features = n_leaves % 3 == 0 ? 1 : n_leaves % 3 == 1 ? FEATURES : 4, n = ROWS - n_leaves * 7, wrong = 0;
        lnt_tree tree;
        make_tree(engine, &r, n_leaves, n_features, (uint64_t)n_leaves, &tree);
        CHECK(lnt_masks_can_be(&tree, r.features, FEATURES));
        CHECK(lnt_masks_make(&tree, r.features, FEATURES, false, &masks));
        CHECK_INT(masks.output, 3);
        CHECK_INT(masks.n_leaves, n_leaves);
        for (int way = 0; way <= lnt_planes_are_fast(); way++) {
            wrong += wrong_values(&r, &tree, &masks, way, n_leaves, n); // from no multiple of a vector on, for any rest
            wrong += wrong_values(&r, &tree, &masks, way, 0, 512);
            wrong += wrong_values(&r, &tree, &masks, way, n_leaves, n_leaves);
        }
        CHECK_INT(wrong, 0);
        lnt_tree_clear(&tree);
    }
    clear_rows(&r);
    lnt_engine_free(engine);
}

TEST(trees_that_masks_are_too_small_for_are_refused) {
    lnt_engine *engine = engine_of(1);
    static lnt_masks masks;
    static lnt_planes planes;
    rows r;
    make_rows(engine, 6, &r);
    lnt_tree tree;
    make_tree(engine, &r, 3, FEATURES, 2, &tree);
    lnt_tree_node *root = lnt_tree_nodes(&tree);
    *root = (lnt_tree_node){.child = root->child, .kind = LNT_NODE_NUMBER, .feature = 2, .bin = 3, .n = 7}; // of an odd file
    CHECK(!lnt_masks_can_be(&tree, r.features, FEATURES));
    CHECK(!lnt_masks_make(&tree, r.features, FEATURES, false, &masks));
    CHECK(!lnt_planes_make(&tree, r.features, &planes));
    root->n = UINT16_MAX;
    CHECK(lnt_masks_can_be(&tree, r.features, FEATURES));
    r.features[8].n_bins = LNT_STRIKE_CODES; // more codes than there is room for
    root->feature = 8;
    CHECK(!lnt_masks_can_be(&tree, r.features, FEATURES));
    CHECK(!lnt_masks_make(&tree, r.features, FEATURES, false, &masks));
    lnt_tree_clear(&tree);
    r.features[FEATURES - 1].n_bins = 20000;
    make_tree(engine, &r, LNT_MASK_LEAVES, 1, 2, &tree); // sets of so many codes that their bits have no room
    CHECK(!lnt_planes_make(&tree, r.features, &planes));
    lnt_tree_clear(&tree);
    clear_rows(&r);
    lnt_engine_free(engine);
}

int main(int argc, char **argv) {
    return check_main(argc, argv);
}
