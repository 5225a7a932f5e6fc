/// @file explain.c
/// What a prediction rests on: along a row's path through each tree, how much every split moved the probability of a
/// class; the moves, by feature, sum to the difference between the prediction and the class's share at the roots. Of
/// boosting it is the class's score that is moved.
#include <string.h>

#include "column/value_text.h"
#include "learn/dataset.h"
#include "learn/model.h"

/// By node of a tree: the weight of its rows and that of a class's among them. Children come after their parents.
static void weigh_nodes(const lnt_tree *tree, uint32_t label, double *weights, double *of_class) {
    const lnt_tree_node *nodes = lnt_tree_nodes(tree);
    for (int64_t at = lnt_tree_n_nodes(tree) - 1; at >= 0; at--) {
        const lnt_tree_node *node = &nodes[at];
        if (node->kind != LNT_NODE_LEAF) {
            weights[at] = weights[node->child] + weights[node->child + 1];
            of_class[at] = of_class[node->child] + of_class[node->child + 1];
            continue;
        }
        const lnt_leaf_entry *entries = lnt_tree_leaves(tree) + node->at;
        weights[at] = entries[0].share > 0 ? (double)entries[0].share : 1e-9; // so that a mean can be had
        of_class[at] = 0;
        for (int64_t e = 1; e <= node->n; e++) {
            if (entries[e].label == label) of_class[at] = (double)entries[e].share * weights[at];
        }
    }
}

/// The class's share of a node, mixed with that of all rows as a leaf's is.
static double share_of(const lnt_model *model, double weight, double of_class, uint32_t label) {
    double more = model->smoothing;
    if (model->learner != LNT_BOOSTING && more > 0) weight += more, of_class += more * model->prior[label];
    return weight > 0 ? of_class / weight : 0;
}

/// Adds one tree's moves to `moves` (by feature) and its root's share to `*base`.
static lnt_status follow(const lnt_model *model, const lnt_tree *tree, const uint16_t *codes, uint32_t label,
                         double *moves, double *base, lnt_error *err) {
    int64_t n = lnt_tree_n_nodes(tree);
    double *weights = lnt_alloc_array(n, 16, err), *of_class = weights ? weights + n : NULL;
    if (!weights) return LNT_NOMEM;
    weigh_nodes(tree, label, weights, of_class);
    const lnt_tree_node *nodes = lnt_tree_nodes(tree);
    double share = share_of(model, weights[0], of_class[0], label);
    double parts = model->learner == LNT_BOOSTING ? 1 : (double)model->n_trees;
    *base += share / parts;
    for (uint32_t at = 0; nodes[at].kind != LNT_NODE_LEAF;) {
        uint32_t next = lnt_tree_step(&nodes[at], lnt_tree_sets(tree), codes);
        double then = share_of(model, weights[next], of_class[next], label);
        moves[nodes[at].feature] += (then - share) / parts;
        share = then;
        at = next;
    }
    lnt_free(weights);
    return LNT_OK;
}

static lnt_value text_value(lnt_str text) {
    return (lnt_value){.type = LNT_STRING, .as.s = text};
}

static lnt_status add_line(lnt_column_builder *const *builders, lnt_str name, lnt_value value, double move,
                           lnt_error *err) {
    char text[LNT_FORMAT_BYTES];
    if (!value.is_null && value.type != LNT_STRING) {
        int size = lnt_format_value(value, text);
        value = text_value((lnt_str){text, size});
    }
    value.type = LNT_STRING;
    LNT_TRY(lnt_column_builder_append(builders[0], text_value(name), err));
    LNT_TRY(lnt_column_builder_append(builders[1], value, err));
    return lnt_column_builder_append(builders[2], (lnt_value){.type = LNT_FLOAT, .as.f = move}, err);
}

static lnt_status make_table(lnt_engine *engine, const lnt_model *model, const lnt_table *table, int64_t row,
                             const double *moves, double base, lnt_table **out, lnt_error *err) {
    static const char *const names[] = {"feature", "value", "contribution"};
    static const lnt_type types[] = {LNT_STRING, LNT_STRING, LNT_FLOAT};
    const lnt_schema *schema = lnt_table_schema(table);
    lnt_column_builder *builders[3] = {0};
    lnt_column *columns[3] = {0};
    lnt_status status = LNT_OK;
    for (int i = 0; i < 3 && status == LNT_OK; i++) status = lnt_column_builder_new(engine, types[i], &builders[i], err);
    lnt_value none = {.type = LNT_STRING, .is_null = true};
    if (status == LNT_OK) status = add_line(builders, lnt_str_from("(all rows)"), none, base, err);
    for (int64_t f = 0; f < model->n_features && status == LNT_OK; f++) {
        lnt_str name = lnt_str_from(model->features[f].name);
        const lnt_column *column = lnt_table_column(table, lnt_schema_find(schema, name.data, name.size));
        status = add_line(builders, name, lnt_column_get(column, row), moves[f], err);
    }
    for (int i = 0; i < 3 && status == LNT_OK; i++) status = lnt_column_builder_finish(builders[i], &columns[i], err);
    if (status == LNT_OK) status = lnt_table_new(names, columns, 3, model->n_features + 1, out, err);
    for (int i = 0; i < 3; i++) {
        lnt_column_unref(columns[i]);
        lnt_column_builder_free(builders[i]);
    }
    return status;
}

static lnt_status explain(lnt_engine *engine, const lnt_model *model, const lnt_table *table, int64_t row,
                          int64_t class_, uint16_t *codes, float *shares, double *moves, lnt_table **out,
                          lnt_error *err) {
    double base = 0;
    LNT_TRY(lnt_encode_rows(engine, table, model->features, model->n_features, row, 1, codes, err));
    lnt__model_shares(model, codes, shares);
    uint32_t label = class_ >= 0 ? (uint32_t)class_ : lnt__best_class(shares, model->n_classes);
    if (model->learner == LNT_BOOSTING) base = model->prior[label];
    for (int64_t t = 0; t < model->n_trees; t++) {
        LNT_TRY(follow(model, &model->trees[t], codes, label, moves, &base, err));
    }
    return make_table(engine, model, table, row, moves, base, out, err);
}

lnt_status lnt_model_explain(lnt_engine *engine, const lnt_model *model, const lnt_table *table, int64_t row,
                             int64_t class_, lnt_table **out, lnt_error *err) {
    if (row < 0 || row >= lnt_table_n_rows(table)) {
        return lnt_error_set(err, LNT_ARGUMENT, "there is no row %lld to explain: there are %lld", (long long)row + 1,
                             (long long)lnt_table_n_rows(table));
    }
    if (class_ < -1 || class_ >= model->n_classes) return lnt_error_set(err, LNT_ARGUMENT, "there is no such class");
    LNT_TRY(lnt_check_features(table, model->features, model->n_features, err));
    uint16_t *codes = lnt_alloc_array(model->n_features, 2, err);
    float *shares = codes ? lnt_alloc_array(model->n_classes, sizeof *shares, err) : NULL;
    double *moves = shares ? lnt_alloc_array(model->n_features, sizeof *moves, err) : NULL;
    lnt_status status = LNT_NOMEM;
    if (moves) status = explain(engine, model, table, row, class_, codes, shares, moves, out, err);
    lnt_free(codes);
    lnt_free(shares);
    lnt_free(moves);
    return status;
}
