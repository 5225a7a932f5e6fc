/// @file model.c
/// Models: making, freeing, asking what they are; and classes as numbers.
#include "learn/model.h"

#include <stdlib.h>
#include <string.h>

#include "learn/encoder.h"

lnt_status lnt_model_new(int64_t n_classes, int64_t n_features, int64_t n_trees, lnt_model **out, lnt_error *err) {
    lnt_model *model = lnt_alloc_array(1, sizeof *model, err);
    if (!model) return LNT_NOMEM;
    bool ok = (model->prior = lnt_alloc_array(n_classes, sizeof *model->prior, err)) &&
              (model->features = lnt_alloc_array(n_features, sizeof *model->features, err)) &&
              (model->gain = lnt_alloc_array(n_features, sizeof *model->gain, err)) &&
              (model->trees = lnt_alloc_array(n_trees, sizeof *model->trees, err));
    if (!ok) {
        lnt_model_free(model);
        return LNT_NOMEM;
    }
    model->n_classes = n_classes;
    model->n_features = n_features;
    model->n_trees = n_trees;
    *out = model;
    return LNT_OK;
}

void lnt_model_free(lnt_model *model) {
    if (!model) return;
    for (int64_t f = 0; f < model->n_features; f++) lnt_feature_clear(&model->features[f]);
    for (int64_t t = 0; t < model->n_trees; t++) lnt_tree_clear(&model->trees[t]);
    lnt_column_unref(model->classes);
    lnt_free(model->target);
    lnt_free(model->prior);
    lnt_free(model->features);
    lnt_free(model->gain);
    lnt_free(model->trees);
    lnt_free(model);
}

lnt_model_info lnt_model_get_info(const lnt_model *model) {
    lnt_model_info info = {.learner = model->learner,
                           .criterion = model->criterion,
                           .target = model->target,
                           .target_type = lnt_column_type(model->classes),
                           .n_classes = model->n_classes,
                           .n_features = model->n_features,
                           .n_trees = model->n_trees,
                           .n_rows = model->n_rows,
                           .regression = model->regression,
                           .seed = model->seed};
    int64_t outputs = model->regression || model->n_classes <= 2 ? 1 : model->n_classes;
    info.n_rounds = model->learner == LNT_BOOSTING ? model->n_trees / outputs : 0;
    for (int64_t t = 0; t < model->n_trees; t++) info.n_nodes += lnt_tree_n_nodes(&model->trees[t]);
    return info;
}

const lnt_column *lnt_model_classes(const lnt_model *model) {
    return model->classes;
}

const char *lnt_model_feature(const lnt_model *model, int64_t i) {
    return model->features[i].name;
}

double lnt_model_gain(const lnt_model *model, int64_t i) {
    return model->gain[i];
}

lnt_status lnt__learn_column(const lnt_table *table, const char *name, const char *what, const lnt_column **out,
                             lnt_error *err) {
    const lnt_schema *schema = lnt_table_schema(table);
    int64_t at = lnt_schema_find(schema, name, -1);
    if (at < 0) {
        const char *nearest = lnt_schema_nearest(schema, name, -1);
        return lnt_error_set(err, LNT_NAME, "no column '%s' for the %s%s%s%s", name, what,
                             nearest ? " (did you mean '" : "", nearest ? nearest : "", nearest ? "'?)" : "");
    }
    *out = lnt_table_column(table, at);
    return LNT_OK;
}

// ---- classes ----

static int compare_values(lnt_value a, lnt_value b) {
    switch (a.type) {
    case LNT_STRING: return lnt_str_compare(a.as.s, b.as.s);
    case LNT_IP: return lnt_ip_compare(a.as.ip, b.as.ip);
    case LNT_BOOL: return a.as.b - b.as.b;
    case LNT_FLOAT: return (a.as.f > b.as.f) - (a.as.f < b.as.f);
    case LNT_NULL:
    case LNT_INT:
    case LNT_TIME: break;
    }
    return (a.as.i > b.as.i) - (a.as.i < b.as.i);
}

typedef struct class_entry {
    lnt_value value;
    uint32_t code;
} class_entry;

static int compare_classes(const void *a, const void *b) {
    return compare_values(((const class_entry *)a)->value, ((const class_entry *)b)->value);
}

/// Sorts a feature's levels and says where each code went; builds the column of them.
static lnt_status sort_classes(lnt_engine *engine, const lnt_feature *levels, uint32_t *place, lnt_column **out,
                               lnt_error *err) {
    int64_t n = levels->n_bins;
    class_entry *entries = lnt_alloc_array(n, sizeof *entries, err);
    if (!entries) return LNT_NOMEM;
    for (int64_t i = 0; i < n; i++) {
        entries[i] = (class_entry){lnt__key_value(levels->type, lnt_intern_get(&levels->levels, i)), (uint32_t)i};
    }
    qsort(entries, (size_t)n, sizeof *entries, compare_classes);
    lnt_column_builder *builder = NULL;
    lnt_status status = lnt_column_builder_new(engine, levels->type, &builder, err);
    for (int64_t i = 0; i < n && status == LNT_OK; i++) {
        place[entries[i].code] = (uint32_t)i;
        status = lnt_column_builder_append(builder, entries[i].value, err);
    }
    if (status == LNT_OK) status = lnt_column_builder_finish(builder, out, err);
    lnt_column_builder_free(builder);
    lnt_free(entries);
    return status;
}

/// Codes of a column's rows by a category's levels, mapped through `place`; what isn't a level becomes UINT32_MAX.
static lnt_status map_labels(lnt_engine *engine, const lnt_feature *levels, const lnt_column *column,
                             const uint32_t *place, uint32_t **out, lnt_error *err) {
    int64_t n = column->length;
    uint32_t *labels = lnt_alloc_array(n, sizeof *labels, err);
    uint16_t codes[LNT_BATCH_ROWS];
    lnt_encoder encoder = {0};
    lnt_status status = labels ? lnt_encoder_init(levels, column, n, &encoder, err) : LNT_NOMEM;
    for (int64_t start = 0; start < n && status == LNT_OK; start += LNT_BATCH_ROWS) {
        int64_t some = n - start < LNT_BATCH_ROWS ? n - start : LNT_BATCH_ROWS;
        status = lnt_encoder_run(engine, &encoder, start, some, codes, 1, err);
        for (int64_t i = 0; i < some && status == LNT_OK; i++) {
            labels[start + i] = codes[i] == levels->n_bins ? UINT32_MAX : place ? place[codes[i]] : codes[i];
        }
    }
    lnt_encoder_clear(&encoder);
    if (status == LNT_OK) *out = labels;
    else lnt_free(labels);
    return status;
}

/// A category that has all the column's values as levels.
static lnt_status fit_classes(lnt_engine *engine, const lnt_column *column, lnt_feature *out, lnt_error *err) {
    if (column->type == LNT_FLOAT) {
        return lnt_error_set(err, LNT_TYPE, "classes can't be floats: make them int or string, or use ranges");
    }
    LNT_TRY(lnt_feature_fit(engine, "classes", column, true, 1, LNT_MAX_BINS, out, err));
    if (out->n_bins >= LNT_MAX_LEVELS) {
        return lnt_error_set(err, LNT_LIMIT, "the target has %d classes or more: is it an identifier?", LNT_MAX_LEVELS);
    }
    return LNT_OK;
}

lnt_status lnt__classes_of(lnt_engine *engine, const lnt_column *column, lnt_column **classes, uint32_t **labels,
                           lnt_error *err) {
    lnt_feature levels = {0};
    uint32_t *place = NULL;
    lnt_column *found = NULL;
    lnt_status status = fit_classes(engine, column, &levels, err);
    if (status == LNT_OK && !(place = lnt_alloc_array(levels.n_bins, sizeof *place, err))) status = LNT_NOMEM;
    if (status == LNT_OK) status = sort_classes(engine, &levels, place, &found, err);
    if (status == LNT_OK) status = map_labels(engine, &levels, column, place, labels, err);
    if (status == LNT_OK) *classes = found;
    else lnt_column_unref(found);
    lnt_free(place);
    lnt_feature_clear(&levels);
    return status;
}

lnt_status lnt__labels_among(lnt_engine *engine, const lnt_column *column, const lnt_column *classes, uint32_t **labels,
                             lnt_error *err) {
    if (column->type != classes->type) {
        return lnt_error_set(err, LNT_TYPE, "classes are %s, and can't be compared with %s",
                             lnt_type_name(classes->type), lnt_type_name(column->type));
    }
    lnt_feature levels = {0};
    lnt_status status = fit_classes(engine, classes, &levels, err);
    if (status == LNT_OK) status = map_labels(engine, &levels, column, NULL, labels, err);
    lnt_feature_clear(&levels);
    return status;
}

lnt_status lnt__labels_to_column(lnt_engine *engine, const lnt_column *classes, const uint32_t *labels, int64_t n,
                                 lnt_column **out, lnt_error *err) {
    int64_t *rows = lnt_alloc_array(n, sizeof *rows, err);
    if (!rows) return LNT_NOMEM;
    for (int64_t i = 0; i < n; i++) rows[i] = labels[i] == UINT32_MAX ? -1 : (int64_t)labels[i];
    lnt_status status = lnt_column_take(engine, classes, rows, n, out, err);
    lnt_free(rows);
    return status;
}
