/// @file predictor.c
/// Predicting a block of rows: a tree at a time over all of them.
///
/// Invariant: a row's shares are summed over the trees in order, whatever block or thread it is in. A forest's shares lie
/// row by row, as a leaf has some classes of one row; boosting's lie class by class, as a tree has one class of all rows.
#include "learn/predictor.h"

#include "learn/exp.h"
#include "learn/masks.h"
#include "learn/wide.h"

/// Blocks have so many shares, but boosting's, which it goes through class by class; and come in fours, so that threads
/// have as many each.
enum { SHARES = 1 << 16, LEAST = 64, MOST = 4096, TOGETHER = 4 };

static bool is_boosting(const lnt_predictor *p) {
    return p->model->learner == LNT_BOOSTING;
}

// ---- the trees ----

typedef struct laying {
    lnt_engine *engine;
    lnt_predictor *predictor;
} laying;

static void lay_trees(void *context, int64_t start, int64_t end) {
    laying *l = context;
    lnt_predictor *p = l->predictor;
    lnt_masks masks;
    for (int64_t t = start; t < end; t++) {
        p->by_masks[t] = is_boosting(p) && lnt_masks_make(&p->model->trees[t], p->model->features, p->model->n_features, &masks);
        if (p->by_masks[t]) continue;
        p->statuses[t] = lnt_ways_init(lnt_engine_budget(l->engine), &p->model->trees[t], &p->trees[t],
                                       &p->errors[t]);
    }
}

/// A layout costs some steps a node.
static bool is_worthwhile(const lnt_model *model, int64_t n_rows) {
    int64_t n_nodes = 0;
    for (int64_t t = 0; t < model->n_trees; t++) n_nodes += lnt_tree_n_nodes(&model->trees[t]);
    return n_rows >= LEAST && n_nodes / 4 / (model->n_trees ? model->n_trees : 1) <= n_rows;
}

/// Rows of a block, `most` if that can be.
static int64_t block_of(int64_t most, int64_t n_rows) {
    most = most < LEAST ? LEAST : most > MOST ? MOST : most;
    int64_t n_blocks = (n_rows / most / TOGETHER + 1) * TOGETHER, block = n_rows / n_blocks + 1;
    return block < LEAST ? LEAST : block;
}

lnt_status lnt_predictor_init(lnt_engine *engine, const lnt_model *model, int64_t n_rows, lnt_predictor *out,
                              lnt_error *err) {
    bool by_class = model->learner == LNT_BOOSTING;
    int64_t block = block_of(by_class ? MOST : SHARES / (model->n_classes + model->n_features), n_rows);
    *out = (lnt_predictor){.model = model, .block = block};
    out->row_step = by_class ? 1 : model->n_classes;
    out->class_step = by_class ? block : 1;
    if (!(out->by_masks = lnt_alloc_array(model->n_trees + 1, sizeof *out->by_masks, err))) return LNT_NOMEM;
    if (!(out->trees = lnt_alloc_array(model->n_trees + 1, sizeof *out->trees, err))) return LNT_NOMEM;
    for (int64_t t = 0; t < model->n_trees; t++) out->trees[t].tree = &model->trees[t];
    if (!is_worthwhile(model, n_rows)) return LNT_OK;
    if (!(out->statuses = lnt_alloc_array(model->n_trees + 1, sizeof *out->statuses, err))) return LNT_NOMEM;
    if (!(out->errors = lnt_alloc_array(model->n_trees + 1, sizeof *out->errors, err))) return LNT_NOMEM;
    lnt_engine_pieces(engine, model->n_trees, 1, lay_trees, &(laying){engine, out});
    for (int64_t t = 0; t < model->n_trees; t++) {
        if (out->statuses[t] == LNT_OK) continue;
        if (err && err->code == LNT_OK) *err = out->errors[t];
        return out->statuses[t];
    }
    return LNT_OK;
}

void lnt_predictor_clear(lnt_predictor *p) {
    for (int64_t t = 0; p->trees && t < p->model->n_trees; t++) lnt_ways_clear(&p->trees[t]);
    lnt_free(p->trees);
    lnt_free(p->by_masks);
    lnt_free(p->statuses);
    lnt_free(p->errors);
    *p = (lnt_predictor){0};
}

// ---- shares ----

/// Adds a forest's shares of classes; `at` is scratch.
static void add_shares(const lnt_predictor *p, const uint16_t *codes, int64_t n, uint32_t *at, float *out) {
    int64_t k = p->model->n_classes;
    for (int64_t t = 0; t < p->model->n_trees; t++) {
        const lnt_tree_node *nodes = lnt_tree_nodes(&p->model->trees[t]);
        const lnt_leaf_entry *leaves = lnt_tree_leaves(&p->model->trees[t]);
        lnt_ways_find_leaves(&p->trees[t], codes, p->model->n_features, n, at);
        for (int64_t i = 0; i < n; i++) {
            const lnt_tree_node *leaf = &nodes[at[i]];
            const lnt_leaf_entry *entries = leaves + leaf->at;
            float *shares = out + i * k;
            for (int64_t e = 1; e <= leaf->n; e++) shares[entries[e].label] += entries[e].share;
        }
    }
    float scale = 1 / (float)p->model->n_trees;
    for (int64_t i = 0; i < n * k; i++) out[i] *= scale;
}

/// Adds boosting's values, each tree's to the output that all of its leaves have.
static void add_values(const lnt_predictor *p, const uint16_t *codes, int64_t n, uint32_t *at, float *out) {
    lnt_masks masks;
    for (int64_t t = 0; t < p->model->n_trees; t++) {
        if (p->by_masks[t] && lnt_masks_make(&p->model->trees[t], p->model->features, p->model->n_features, &masks)) {
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

void lnt_predictor_ask(const lnt_predictor *p, const uint16_t *codes, int64_t n, float *shares) {
    uint32_t at[MOST];
    float sums[MOST];
    int64_t k = p->model->n_classes;
    if (!is_boosting(p)) {
        for (int64_t i = 0; i < n * k; i++) shares[i] = 0;
        add_shares(p, codes, n, at, shares);
        return;
    }
    for (int64_t c = 0; c < k; c++) {
        for (int64_t i = 0; i < n; i++) shares[c * p->class_step + i] = (float)p->model->prior[c];
    }
    add_values(p, codes, n, at, shares);
    if (p->model->regression) return;
    (lnt_has_wide() ? softmax_wide : softmax_plain)(shares, n, k, p->class_step, sums);
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

void lnt__model_shares(const lnt_model *model, const uint16_t *codes, float *out) {
    lnt_ways tree = {0};
    uint32_t at;
    bool boosting = model->learner == LNT_BOOSTING;
    for (int64_t c = 0; c < model->n_classes; c++) out[c] = boosting ? (float)model->prior[c] : 0;
    for (int64_t t = 0; t < model->n_trees; t++) {
        tree.tree = &model->trees[t];
        lnt_ways_find_leaves(&tree, codes, model->n_features, 1, &at);
        const lnt_tree_node *leaf = &lnt_tree_nodes(tree.tree)[at];
        const lnt_leaf_entry *entries = lnt_tree_leaves(tree.tree) + leaf->at;
        for (int64_t e = 1; e <= leaf->n; e++) out[entries[e].label] += entries[e].share;
    }
    float sum, scale = 1 / (float)model->n_trees;
    for (int64_t c = 0; c < model->n_classes && !boosting; c++) out[c] *= scale;
    if (boosting && !model->regression) softmax_plain(out, 1, model->n_classes, 1, &sum);
}
