/// @file predictor.c
/// Predicting a block of rows: a tree at a time over all of them.
///
/// Invariant: a row's shares are summed over the trees in order, whatever block or thread it is in. A forest's shares
/// lie row by row, as a leaf has some classes of one row; boosting's lie class by class, as a tree has one class of all
/// rows.
#include "learn/predictor.h"

#include <string.h>

#include "learn/exp.h"
#include "learn/fit_boost.h"
#include "learn/masks.h"
#include "learn/planes.h"
#include "learn/wide.h"

/// Blocks have so many shares, but boosting's, which it goes through class by class, and as many rows as stay near the
/// processor; or more while trees are asked together. They come in fours or as many as threads, which have as many
/// each.
enum { SHARES = 1 << 17, LEAST = 64, MOST = 4096, BLOCKS = 4 };

/// So many trees of a forest are asked before what they say is added up: a tree is fetched once for many rows, whose
/// shares are fetched once for many trees.
enum { TREES = 8, SHARES_OF_MANY = 1 << 19, MOST_OF_MANY = 1 << 14, TILE = 256, PIECE = 1024 };

/// Of blocks whose codes lie column by column: so many that making a tree's planes pays off.
enum { COLUMN_BYTES = 1 << 18, MOST_IN_COLUMNS = 1 << 14, TREES_TOGETHER = 64, MOST_PLANES = 1 << 16 };

enum {
    CROWN_NODES = 64,
    CROWN_ROWS = 1024,
    CROWNS_BYTES = 1 << 27
}; ///< crowns cost some microseconds and up to 256 KiB each

static bool is_boosting(const lnt_predictor *p) {
    return p->model->learner == LNT_BOOSTING;
}

// ---- the trees ----

typedef struct laying {
    lnt_engine *engine;
    lnt_predictor *predictor;
    bool crowns; ///< whether there are rows and room enough for trees to have crowns
} laying;

static lnt_status lay_tree(const laying *l, int64_t t) {
    lnt_predictor *p = l->predictor;
    const lnt_model *model = p->model;
    const lnt_tree *tree = &model->trees[t];
    bool crown = l->crowns && lnt_tree_n_nodes(tree) >= CROWN_NODES;
    return lnt_ways_init(lnt_engine_budget(l->engine), tree, model->features, model->n_features, crown, &p->trees[t],
                         &p->errors[t]);
}

static void lay_trees(void *context, int64_t start, int64_t end) {
    laying *l = context;
    lnt_predictor *p = l->predictor;
    for (int64_t t = start; t < end; t++) {
        p->by_masks[t] =
            is_boosting(p) && lnt_masks_can_be(&p->model->trees[t], p->model->features, p->model->n_features);
        if (p->by_masks[t]) continue;
        p->statuses[t] = lay_tree(l, t);
    }
}

/// A layout costs some steps a node.
static bool is_worthwhile(const lnt_model *model, int64_t n_rows) {
    int64_t n_nodes = 0;
    for (int64_t t = 0; t < model->n_trees; t++) n_nodes += lnt_tree_n_nodes(&model->trees[t]);
    return n_rows >= LEAST && n_nodes / 4 / (model->n_trees ? model->n_trees : 1) <= n_rows;
}

/// How much of a leaf's say is its own: the rest is what its model's prior says.
static inline float own_part(const lnt_model *model, const lnt_leaf_entry *entries) {
    return (float)((double)entries[0].share / ((double)entries[0].share + model->smoothing));
}

/// Adds the shares of leaves that rows came to, drawn to the prior; `rest` gets how much is left for it.
static void add_smooth_leaves(const lnt_model *model, const lnt_tree *tree, const uint32_t *at, int64_t n, float *rest,
                              float *out) {
    const lnt_tree_node *nodes = lnt_tree_nodes(tree);
    for (int64_t i = 0; i < n; i++, out += model->n_classes) {
        const lnt_tree_node *leaf = &nodes[at[i]];
        const lnt_leaf_entry *entries = lnt_tree_leaves(tree) + leaf->at;
        float own = own_part(model, entries);
        rest[i] += 1 - own;
        for (int64_t e = 1; e <= leaf->n; e++) out[entries[e].label] += entries[e].share * own;
    }
}

/// Adds what is left for the prior, and makes means of sums over trees.
static void finish_shares(const lnt_model *model, const float *rest, int64_t n, float *out) {
    float scale = 1 / (float)model->n_trees;
    int64_t k = model->n_classes;
    for (int64_t i = 0; i < n && model->smoothing > 0; i++) {
        for (int64_t c = 0; c < k; c++) out[i * k + c] += rest[i] * (float)model->prior[c];
    }
    for (int64_t i = 0; i < n * k; i++) out[i] *= scale;
}

/// The class that each leaf of a tree alone is for. `shares` has room for all classes.
static void find_answers(lnt_predictor *p, float *shares) {
    const lnt_model *model = p->model;
    const lnt_tree_node *nodes = lnt_tree_nodes(&model->trees[0]);
    for (int64_t i = 0; i < lnt_tree_n_nodes(&model->trees[0]); i++) {
        const lnt_leaf_entry *entries = lnt_tree_leaves(&model->trees[0]) + nodes[i].at;
        lnt_answer *answer = &p->answers[i];
        if (nodes[i].kind != LNT_NODE_LEAF) continue;
        if (model->smoothing > 0) {
            uint32_t at = (uint32_t)i;
            float rest = 0;
            memset(shares, 0, (size_t)model->n_classes * sizeof *shares);
            add_smooth_leaves(model, &model->trees[0], &at, 1, &rest, shares);
            finish_shares(model, &rest, 1, shares);
            answer->label = lnt__best_class(shares, model->n_classes);
            answer->share = shares[answer->label];
        }
        for (int64_t e = 1; e <= nodes[i].n && model->smoothing <= 0; e++) {
            if (entries[e].share > answer->share) *answer = (lnt_answer){entries[e].label, entries[e].share};
        }
    }
}

static lnt_status lay_answers(lnt_predictor *p, lnt_error *err) {
    float *shares = lnt_alloc_array(p->model->n_classes, sizeof *shares, err);
    if (!shares) return LNT_NOMEM;
    p->answers = lnt_alloc_array(lnt_tree_n_nodes(&p->model->trees[0]), sizeof *p->answers, err);
    if (p->answers) find_answers(p, shares);
    lnt_free(shares);
    return p->answers ? LNT_OK : LNT_NOMEM;
}

/// Rows of a block, `most` if that can be; blocks come in so many `together`.
static int64_t block_of(int64_t most, int64_t bound, int64_t together, int64_t n_rows) {
    most = most < LEAST ? LEAST : most > bound ? bound : most;
    int64_t n_blocks = (n_rows / most / together + 1) * together, block = n_rows / n_blocks + 1;
    return block < LEAST ? LEAST : block;
}

/// Makes a tree's planes, and keeps them if that doesn't take too much memory.
static void lay_planes(void *context, int64_t start, int64_t end) {
    laying *l = context;
    lnt_predictor *p = l->predictor;
    lnt_planes planes;
    for (int64_t t = start; t < end; t++) {
        p->by_masks[t] = lnt_planes_make(&p->model->trees[t], p->model->features, &planes);
        if (!p->by_masks[t] || p->model->n_trees > MOST_PLANES) continue;
        int64_t size = lnt_planes_size(&planes);
        p->statuses[t] = lnt_buffer_new(lnt_engine_budget(l->engine), size, "predict", &p->planes[t], &p->errors[t]);
        if (p->statuses[t] == LNT_OK) memcpy(p->planes[t]->data, &planes, (size_t)size);
    }
}

/// Lays the trees out by a function, on all threads.
static lnt_status lay(laying *l, int64_t piece, lnt_piece_fn fn, lnt_error *err) {
    lnt_predictor *p = l->predictor;
    LNT_TRY(lnt_engine_pieces(l->engine, p->model->n_trees, piece, fn, l, err));
    for (int64_t t = 0; t < p->model->n_trees; t++) {
        if (p->statuses[t] == LNT_OK) continue;
        if (err && err->code == LNT_OK) *err = p->errors[t];
        return p->statuses[t];
    }
    return LNT_OK;
}

/// Codes in columns, if all trees have planes.
static lnt_status lay_columns(laying *l, int64_t n_rows, lnt_error *err) {
    lnt_predictor *p = l->predictor;
    const lnt_model *model = p->model;
    if (!(p->planes = lnt_alloc_array(model->n_trees + 1, sizeof *p->planes, err))) return LNT_NOMEM;
    LNT_TRY(lay(l, TREES_TOGETHER, lay_planes, err));
    for (int64_t t = 0; t < model->n_trees; t++) {
        if (!p->by_masks[t]) return LNT_OK;
    }
    if (!(p->columns = lnt_alloc_array(model->n_features, sizeof *p->columns, err))) return LNT_NOMEM;
    p->row_bytes = 0;
    for (int64_t f = 0; f < model->n_features; f++) p->row_bytes += lnt_feature_width(&model->features[f]);
    int64_t most = COLUMN_BYTES / p->row_bytes;
    p->block = block_of(most, MOST_IN_COLUMNS, lnt_engine_n_threads(l->engine), n_rows);
    p->class_step = p->block;
    int64_t at = 0;
    for (int pass = 2; pass >= 1; pass--) { // two bytes first, so that they lie evenly
        for (int64_t f = 0; f < model->n_features; f++) {
            int width = lnt_feature_width(&model->features[f]);
            if (width != pass) continue;
            p->columns[f] = at;
            at += p->block * width;
        }
    }
    return LNT_OK;
}

/// Larger blocks, for some trees together, if they are all laid out.
static void lay_together(lnt_engine *engine, lnt_predictor *p, int64_t n_rows) {
    const lnt_model *model = p->model;
    bool can_be = !is_boosting(p) && model->n_trees > 1 && model->smoothing <= 0;
    for (int64_t t = 0; t < model->n_trees && can_be; t++) can_be = p->trees[t].ways != NULL;
    if (!can_be) return;
    p->block = block_of(SHARES_OF_MANY / (model->n_classes + model->n_features), MOST_OF_MANY,
                        lnt_engine_n_threads(engine), n_rows);
    p->block += p->block % 2; // what trees say lies evenly behind the shares
    p->said = p->block * model->n_classes;
}

lnt_status lnt_predictor_init(lnt_engine *engine, const lnt_model *model, int64_t n_rows, bool by_rows,
                              lnt_predictor *out, lnt_error *err) {
    bool by_class = model->learner == LNT_BOOSTING;
    int64_t block = block_of(by_class ? MOST : SHARES / (model->n_classes + model->n_features), MOST, BLOCKS, n_rows);
    *out = (lnt_predictor){.engine = engine, .model = model, .block = block, .row_bytes = model->n_features * 2};
    out->row_step = by_class ? 1 : model->n_classes;
    out->class_step = by_class ? block : 1;
    if (!(out->by_masks = lnt_alloc_array(model->n_trees + 1, sizeof *out->by_masks, err))) return LNT_NOMEM;
    if (!(out->trees = lnt_alloc_array(model->n_trees + 1, sizeof *out->trees, err))) return LNT_NOMEM;
    for (int64_t t = 0; t < model->n_trees; t++) out->trees[t].tree = &model->trees[t];
    if (!is_worthwhile(model, n_rows)) return LNT_OK;
    if (model->learner == LNT_TREE) LNT_TRY(lay_answers(out, err));
    if (!(out->statuses = lnt_alloc_array(model->n_trees + 1, sizeof *out->statuses, err))) return LNT_NOMEM;
    if (!(out->errors = lnt_alloc_array(model->n_trees + 1, sizeof *out->errors, err))) return LNT_NOMEM;
    laying l = {engine, out, n_rows >= CROWN_ROWS && model->n_trees <= CROWNS_BYTES / LNT_CROWN_BYTES};
    if (by_class && !by_rows && lnt_planes_are_fast()) LNT_TRY(lay_columns(&l, n_rows, err));
    if (out->columns) return LNT_OK;
    LNT_TRY(lay(&l, 1, lay_trees, err));
    lay_together(engine, out, n_rows);
    return LNT_OK;
}

int64_t lnt_predictor_n_shares(const lnt_predictor *p) {
    return p->block * p->model->n_classes +
           (p->said > 0 ? TREES * p->block * (int64_t)(sizeof(lnt_said) / sizeof(float)) : 0);
}

void lnt_predictor_clear(lnt_predictor *p) {
    for (int64_t t = 0; p->trees && t < p->model->n_trees; t++) lnt_ways_clear(&p->trees[t]);
    lnt_free(p->trees);
    lnt_free(p->answers);
    lnt_free(p->by_masks);
    for (int64_t t = 0; p->planes && t < p->model->n_trees; t++) lnt_buffer_unref(p->planes[t]);
    lnt_free(p->planes);
    lnt_free(p->columns);
    lnt_free(p->statuses);
    lnt_free(p->errors);
    *p = (lnt_predictor){0};
}

lnt_status lnt_predictor_encode(lnt_engine *engine, const lnt_predictor *p, const lnt_encoder *encoders, int64_t start,
                                int64_t n, void *codes, lnt_error *err) {
    int64_t n_features = p->model->n_features;
    if (!p->columns) return lnt_encoders_run(engine, encoders, n_features, start, n, codes, err);
    for (int64_t f = 0; f < n_features; f++) {
        LNT_TRY(lnt_encoder_run_packed(engine, &encoders[f], start, n, (uint8_t *)codes + p->columns[f], err));
    }
    return LNT_OK;
}

// ---- shares ----

/// Adds the shares of a leaf's classes.
static inline void add_classes(const lnt_leaf_entry *entries, int64_t n_classes, float *out) {
    for (int64_t e = 1; e <= n_classes; e++) out[entries[e].label] += entries[e].share;
}

/// Adds the shares of a tree's leaves that rows came to.
static void add_leaves(const lnt_tree *tree, const uint32_t *at, int64_t n, int64_t k, float *out) {
    const lnt_tree_node *nodes = lnt_tree_nodes(tree);
    for (int64_t i = 0; i < n; i++, out += k) {
        add_classes(lnt_tree_leaves(tree) + nodes[at[i]].at, nodes[at[i]].n, out);
    }
}

/// What a tree says of rows.
static void ask_tree(const lnt_ways *tree, const uint16_t *codes, int64_t n_features, int64_t n, lnt_said *said) {
    uint32_t at[PIECE];
    for (int64_t start = 0; start < n; start += PIECE, codes += PIECE * n_features, said += PIECE) {
        int64_t some = n - start < PIECE ? n - start : PIECE;
        lnt_ways_find_leaves(tree, codes, n_features, some, at);
        for (int64_t i = 0; i < some; i++) said[i] = tree->ways[at[i]].leaf;
    }
}

/// Adds what a tree said of `n` <= TILE rows. Leaves of more than one class come after the others, which nobody has to
/// guess then, and are asked for before they are needed.
static void add_tree(const lnt_ways *tree, const lnt_said *said, int64_t n, int64_t k, float *out) {
    const lnt_leaf_entry *leaves = lnt_tree_leaves(tree->tree);
    uint16_t many[TILE];
    int64_t n_many = 0;
    for (int64_t i = 0; i < n; i++) {
        bool is_many = said[i].label >= LNT_WAY_MANY;
        many[n_many] = (uint16_t)i;
        n_many += is_many;
        out[i * k + (is_many ? 0 : said[i].label)] += is_many ? 0 : said[i].share;
    }
    for (int64_t j = 0; j < n_many; j++) __builtin_prefetch(leaves + said[many[j]].at + 1);
    for (int64_t j = 0; j < n_many; j++) {
        lnt_said it = said[many[j]];
        add_classes(leaves + it.at, it.label - LNT_WAY_MANY, out + many[j] * k);
    }
}

/// Adds a forest's shares of classes, some trees together; `said` has room for what they say.
static lnt_status add_together(const lnt_predictor *p, const uint16_t *codes, int64_t n, lnt_said *said, float *out,
                               lnt_error *err) {
    const lnt_model *model = p->model;
    int64_t k = model->n_classes;
    for (int64_t first = 0; first < model->n_trees; first += TREES) {
        int64_t n_trees = model->n_trees - first < TREES ? model->n_trees - first : TREES;
        LNT_TRY(lnt_engine_check(p->engine, err));
        for (int64_t t = 0; t < n_trees; t++) {
            ask_tree(&p->trees[first + t], codes, model->n_features, n, said + t * p->block);
        }
        for (int64_t start = 0; start < n; start += TILE) {
            int64_t some = n - start < TILE ? n - start : TILE;
            for (int64_t t = 0; t < n_trees; t++)
                add_tree(&p->trees[first + t], said + t * p->block + start, some, k, out + start * k);
        }
    }
    finish_shares(model, NULL, n, out);
    return LNT_OK;
}

/// Adds a forest's shares of classes; `at` is scratch.
static lnt_status add_shares(const lnt_predictor *p, const uint16_t *codes, int64_t n, uint32_t *at, float *out,
                             lnt_error *err) {
    const lnt_model *model = p->model;
    float rest[MOST] = {0};
    for (int64_t t = 0; t < model->n_trees; t++) {
        LNT_TRY(lnt_engine_check(p->engine, err));
        lnt_ways_find_leaves(&p->trees[t], codes, model->n_features, n, at);
        if (model->smoothing > 0)
            add_smooth_leaves(model, p->trees[t].tree, at, n, rest, out);
        else
            add_leaves(p->trees[t].tree, at, n, model->n_classes, out);
    }
    finish_shares(model, rest, n, out);
    return LNT_OK;
}

/// Adds boosting's values, each tree's to the output that all of its leaves have.
static lnt_status add_values(const lnt_predictor *p, const uint16_t *codes, int64_t n, uint32_t *at, float *out,
                             lnt_error *err) {
    lnt_masks masks;
    for (int64_t t = 0; t < p->model->n_trees; t++) {
        LNT_TRY(lnt_engine_check(p->engine, err));
        if (p->by_masks[t] &&
            lnt_masks_make(&p->model->trees[t], p->model->features, p->model->n_features, true, &masks)) {
            lnt_masks_add(&masks, codes, p->model->n_features, n, out + masks.output * p->class_step);
            continue;
        }
        const lnt_tree_node *nodes = lnt_tree_nodes(&p->model->trees[t]);
        const lnt_leaf_entry *leaves = lnt_tree_leaves(&p->model->trees[t]);
        lnt_ways_find_leaves(&p->trees[t], codes, p->model->n_features, n, at);
        for (int64_t i = 0; i < n; i++) {
            const lnt_leaf_entry *entry = leaves + nodes[at[i]].at + 1;
            out[entry->label * p->class_step + i] += entry->share;
        }
    }
    return LNT_OK;
}

/// The same of codes in columns, an output after the other.
static lnt_status add_columns(const lnt_predictor *p, const uint8_t *codes, int64_t n, float *out, lnt_error *err) {
    const lnt_model *model = p->model;
    int64_t n_outputs = lnt__boost_outputs(model->n_classes, model->regression);
    lnt_planes scratch;
    lnt_code_columns columns = {.codes = codes, .starts = p->columns};
    for (int64_t first = 0; first < n_outputs; first++) {
        LNT_TRY(lnt_engine_check(p->engine, err));
        for (int64_t t = first; t < model->n_trees; t += n_outputs) {
            const lnt_planes *kept = p->planes[t] ? (const lnt_planes *)(const void *)p->planes[t]->data : &scratch;
            if (kept == &scratch && !lnt_planes_make(&model->trees[t], model->features, &scratch))
                continue; // it could be made
            lnt_planes_add(kept, &columns, 0, n, out + kept->output * p->class_step);
        }
    }
    return LNT_OK;
}

/// Scores, class by class, to probabilities. `sums` is scratch.
LNT_BODY void softmax_body(float *scores, int64_t n, int64_t k, int64_t step, float *sums) {
    for (int64_t i = 0; i < n; i++) sums[i] = scores[i];
    for (int64_t c = 1; c < k; c++) {
        const float *row = scores + c * step;
        for (int64_t i = 0; i < n; i++) sums[i] = row[i] > sums[i] ? row[i] : sums[i];
    }
    for (int64_t c = 0; c < k; c++) {
        lnt_exp_from(scores + c * step, sums, n, scores + c * step);
    }
    for (int64_t i = 0; i < n; i++) sums[i] = 0;
    for (int64_t c = 0; c < k; c++) {
        for (int64_t i = 0; i < n; i++) sums[i] += scores[c * step + i];
    }
    for (int64_t c = 0; c < k; c++) {
        for (int64_t i = 0; i < n; i++) scores[c * step + i] /= sums[i];
    }
}

LNT_WIDE static void softmax_wide(float *scores, int64_t n, int64_t k, int64_t step, float *sums) {
    softmax_body(scores, n, k, step, sums);
}

static void softmax_plain(float *scores, int64_t n, int64_t k, int64_t step, float *sums) {
    softmax_body(scores, n, k, step, sums);
}

lnt_status lnt_predictor_ask(const lnt_predictor *p, const void *codes, int64_t n, float *shares, lnt_error *err) {
    uint32_t at[MOST];
    float sums[MOST];
    int64_t k = p->model->n_classes;
    if (!is_boosting(p)) {
        for (int64_t i = 0; i < n * k; i++) shares[i] = 0;
        if (p->said > 0) return add_together(p, codes, n, (lnt_said *)(void *)(shares + p->said), shares, err);
        return add_shares(p, codes, n, at, shares, err);
    }
    for (int64_t c = 0; c < k; c++) {
        for (int64_t i = 0; i < n; i++) shares[c * p->class_step + i] = (float)p->model->prior[c];
    }
    if (p->columns)
        LNT_TRY(add_columns(p, codes, n, shares, err));
    else
        LNT_TRY(add_values(p, codes, n, at, shares, err));
    for (int64_t start = 0; start < n && !p->model->regression; start += MOST) {
        int64_t some = n - start < MOST ? n - start : MOST;
        (lnt_has_wide() ? softmax_wide : softmax_plain)(shares + start, some, k, p->class_step, sums);
    }
    return LNT_OK;
}

void lnt_predictor_best(const lnt_predictor *p, const float *shares, int64_t n, uint32_t *labels, float *best) {
    int64_t k = p->model->n_classes;
    if (!is_boosting(p)) {
        for (int64_t i = 0; i < n; i++) {
            labels[i] = lnt__best_class(shares + i * k, k);
            best[i] = shares[i * k + labels[i]];
        }
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        labels[i] = 0;
        best[i] = shares[i];
    }
    for (int64_t c = 1; c < k; c++) {
        const float *row = shares + c * p->class_step;
        for (int64_t i = 0; i < n; i++) {
            labels[i] = row[i] > best[i] ? (uint32_t)c : labels[i];
            best[i] = row[i] > best[i] ? row[i] : best[i];
        }
    }
}

lnt_status lnt_predictor_name(const lnt_predictor *p, const void *codes, int64_t n, float *shares, uint32_t *labels,
                              float *best, lnt_error *err) {
    if (!p->answers) {
        LNT_TRY(lnt_predictor_ask(p, codes, n, shares, err));
        lnt_predictor_best(p, shares, n, labels, best);
        return LNT_OK;
    }
    lnt_ways_find_leaves(&p->trees[0], codes, p->model->n_features, n, labels);
    for (int64_t i = 0; i < n; i++) {
        lnt_answer answer = p->answers[labels[i]];
        labels[i] = answer.label;
        best[i] = answer.share;
    }
    return LNT_OK;
}

void lnt__model_shares(const lnt_model *model, const uint16_t *codes, float *out) {
    lnt_ways tree = {0};
    uint32_t at;
    bool boosting = model->learner == LNT_BOOSTING;
    for (int64_t c = 0; c < model->n_classes; c++) out[c] = boosting ? (float)model->prior[c] : 0;
    float rest = 0;
    for (int64_t t = 0; t < model->n_trees; t++) {
        tree.tree = &model->trees[t];
        lnt_ways_find_leaves(&tree, codes, model->n_features, 1, &at);
        if (model->smoothing > 0) {
            add_smooth_leaves(model, tree.tree, &at, 1, &rest, out);
            continue;
        }
        const lnt_tree_node *leaf = &lnt_tree_nodes(tree.tree)[at];
        const lnt_leaf_entry *entries = lnt_tree_leaves(tree.tree) + leaf->at;
        for (int64_t e = 1; e <= leaf->n; e++) out[entries[e].label] += entries[e].share;
    }
    float sum;
    if (!boosting) finish_shares(model, &rest, 1, out);
    if (boosting && !model->regression) softmax_plain(out, 1, model->n_classes, 1, &sum);
}
