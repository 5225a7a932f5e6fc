/// @file dump.c
/// Models as JSON, for other programs: nothing is left out that a prediction needs.
#include <math.h>
#include <string.h>

#include "column/value_text.h"
#include "learn/model.h"

static void add_string(lnt_text *out, const char *data, int64_t size) {
    lnt_text_add_char(out, '"');
    for (int64_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)data[i];
        if (c == '"' || c == '\\') lnt_text_addf(out, "\\%c", c);
        else if (c < 0x20) lnt_text_addf(out, "\\u%04x", c);
        else lnt_text_add_char(out, (char)c);
    }
    lnt_text_add_char(out, '"');
}

static void add_number(lnt_text *out, double value) {
    if (isfinite(value)) lnt_text_addf(out, "%.17g", value);
    else lnt_text_add(out, isnan(value) ? "null" : value > 0 ? "\"inf\"" : "\"-inf\"", -1);
}

static void add_value(lnt_text *out, lnt_value value) {
    char text[LNT_FORMAT_BYTES];
    if (value.is_null) lnt_text_add(out, "null", 4);
    else if (value.type == LNT_STRING) add_string(out, value.as.s.data, value.as.s.size);
    else if (value.type == LNT_INT || value.type == LNT_BOOL) lnt_text_add(out, text, lnt_format_value(value, text));
    else add_string(out, text, lnt_format_value(value, text));
}

static void add_level(lnt_text *out, const lnt_feature *feature, int64_t code) {
    add_value(out, lnt__key_value(feature->type, lnt_intern_get(&feature->levels, code)));
}

/// Levels are listed, for any other value takes the way of what is missing.
static void add_feature(lnt_text *out, const lnt_feature *feature) {
    lnt_text_add(out, "{\"name\":", -1);
    add_string(out, feature->name, (int64_t)strlen(feature->name));
    lnt_text_addf(out, ",\"type\":\"%s\",\"categorical\":%s", lnt_type_name(feature->type),
                  feature->categorical ? "true" : "false");
    for (int64_t code = 0; feature->categorical && code < feature->n_bins; code++) {
        lnt_text_add(out, code > 0 ? "," : ",\"levels\":[", -1);
        add_level(out, feature, code);
    }
    lnt_text_add(out, !feature->categorical ? "}" : feature->n_bins > 0 ? "]}" : ",\"levels\":[]}", -1);
}

static bool in_set(const lnt_tree *tree, const lnt_tree_node *node, int64_t code) {
    const uint16_t *set = lnt_tree_sets(tree) + node->at;
    if (node->kind == LNT_NODE_LIST) return lnt_set_list_has(set, node->n, (uint16_t)code);
    return code / 16 < node->n && (set[code / 16] >> code % 16 & 1);
}

/// Members of a set as values; null stands for what is missing or was never seen.
static void add_set(lnt_text *out, const lnt_tree *tree, const lnt_tree_node *node, const lnt_feature *feature) {
    bool first = true;
    lnt_text_addf(out, ",\"%s\":[", node->members_left ? "left_has" : "right_has");
    for (int64_t code = 0; code <= feature->n_bins; code++) {
        if (!in_set(tree, node, code)) continue;
        if (!first) lnt_text_add_char(out, ',');
        first = false;
        if (code == feature->n_bins) lnt_text_add(out, "null", 4);
        else add_level(out, feature, code);
    }
    lnt_text_add_char(out, ']');
}

static void add_leaf(lnt_text *out, const lnt_tree *tree, const lnt_tree_node *node) {
    const lnt_leaf_entry *entries = lnt_tree_leaves(tree) + node->at;
    lnt_text_addf(out, "{\"rows\":%u,\"weight\":", entries[0].label);
    add_number(out, (double)entries[0].share);
    lnt_text_add(out, ",\"values\":{", -1);
    for (int64_t e = 1; e <= node->n; e++) {
        lnt_text_addf(out, "%s\"%u\":", e > 1 ? "," : "", entries[e].label);
        add_number(out, (double)entries[e].share);
    }
    lnt_text_add(out, "}}", 2);
}

static void add_node(lnt_text *out, const lnt_model *model, const lnt_tree *tree, const lnt_tree_node *node) {
    if (node->kind == LNT_NODE_LEAF) {
        add_leaf(out, tree, node);
        return;
    }
    const lnt_feature *feature = &model->features[node->feature];
    lnt_text_addf(out, "{\"feature\":%u,\"left\":%u,\"right\":%u", node->feature, node->child, node->child + 1);
    if (node->kind != LNT_NODE_NUMBER) {
        add_set(out, tree, node, feature);
    } else {
        lnt_text_add(out, ",\"at_most\":", -1);
        if (node->bin + 1 < feature->n_bins) add_number(out, feature->edges[node->bin]);
        else lnt_text_add(out, "\"inf\"", -1);
        lnt_text_addf(out, ",\"missing\":\"%s\"", node->n == feature->n_bins ? "left" : "right");
    }
    lnt_text_add_char(out, '}');
}

static void add_head(lnt_text *out, const lnt_model *model) {
    static const char *const learners[] = {"tree", "forest", "extra_trees", "boosting"};
    lnt_text_addf(out, "{\"learner\":\"%s\",\"regression\":%s,\"rows\":%lld,\"target\":", learners[model->learner],
                  model->regression ? "true" : "false", (long long)model->n_rows);
    add_string(out, model->target, (int64_t)strlen(model->target));
    lnt_text_add(out, ",\"classes\":[", -1);
    for (int64_t c = 0; c < lnt_column_length(model->classes); c++) {
        if (c > 0) lnt_text_add_char(out, ',');
        add_value(out, lnt_column_get(model->classes, c));
    }
    lnt_text_addf(out, "],\"%s\":[", model->learner == LNT_BOOSTING ? "start" : "shares");
    for (int64_t c = 0; c < model->n_classes; c++) {
        if (c > 0) lnt_text_add_char(out, ',');
        add_number(out, model->prior[c]);
    }
    lnt_text_add_char(out, ']');
    if (model->smoothing > 0) {
        lnt_text_add(out, ",\"smoothing\":", -1);
        add_number(out, model->smoothing);
    }
    lnt_text_add(out, ",\"features\":[", -1);
    for (int64_t f = 0; f < model->n_features; f++) {
        if (f > 0) lnt_text_add_char(out, ',');
        add_feature(out, &model->features[f]);
    }
}

lnt_status lnt_model_json(const lnt_model *model, char **out, lnt_error *err) {
    lnt_text text = {0};
    add_head(&text, model);
    lnt_text_add(&text, "],\"trees\":[", -1);
    for (int64_t t = 0; t < model->n_trees; t++) {
        const lnt_tree *tree = &model->trees[t];
        lnt_text_add(&text, t > 0 ? ",\n[" : "\n[", -1);
        for (int64_t at = 0; at < lnt_tree_n_nodes(tree); at++) {
            if (at > 0) lnt_text_add_char(&text, ',');
            add_node(&text, model, tree, &lnt_tree_nodes(tree)[at]);
        }
        lnt_text_add_char(&text, ']');
    }
    lnt_text_add(&text, "]}\n", 3);
    lnt_status status = lnt_text_check(&text, err);
    if (status == LNT_OK) *out = text.data;
    else lnt_text_clear(&text);
    return status;
}
