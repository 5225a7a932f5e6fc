/// @file fit.c
/// Fitting a model: checks what is asked for, learns classes and features, weighs the rows, grows the trees.
#include <math.h>
#include <string.h>

#include "base/parallel.h"
#include "base/text.h"
#include "learn/fit_boost.h"
#include "learn/grow.h"
#include "learn/model.h"

/// What a fit is at, and what it must give back at the end.
typedef struct fit {
    lnt_engine *engine;
    const lnt_learn_options *options;
    lnt_table *table; ///< the rows with a target
    lnt_column *classes;
    uint32_t *labels;
    float *targets;      ///< of a regression, by row
    double *class_weight;
    lnt_model *model;
    lnt_dataset data;
    lnt_grow_options grow;
    double *tree_gain; ///< by tree and feature
    lnt_status *statuses;
    lnt_error *errors;
    _Atomic int64_t next;
} fit;

static lnt_status check_options(const lnt_learn_options *o, lnt_error *err) {
    if (!o->target || o->n_features < 1) return lnt_error_set(err, LNT_ARGUMENT, "a model needs a target and features");
    if (o->n_features > LNT_MAX_FEATURES) return lnt_error_set(err, LNT_LIMIT, "more than 65,535 features");
    LNT_TRY(lnt__check_boost_options(o, err));
    if (o->regression && (o->learner != LNT_BOOSTING || o->balanced)) {
        return lnt_error_set(err, LNT_ARGUMENT, "numbers are predicted by boosting only, and have no classes to balance");
    }
    if (o->n_trees < 0 || o->n_trees > LNT_MAX_TREES) return lnt_error_set(err, LNT_ARGUMENT, "n_trees must be 1 to 1,000,000");
    if (o->max_bins < 0 || o->max_bins == 1 || o->max_bins > LNT_MAX_BINS)
        return lnt_error_set(err, LNT_ARGUMENT, "max_bins must be 2 to %d", LNT_MAX_BINS);
    if (o->max_depth < 0 || o->min_leaf < 0 || o->min_level < 0 || !(o->min_gain >= 0) || o->max_features < -1) {
        return lnt_error_set(err, LNT_ARGUMENT,
                             "max_depth, min_leaf, min_level and min_gain can't be negative, max_features not below -1");
    }
    if (!(o->smoothing >= 0 && o->smoothing <= LNT_MAX_SMOOTHING))
        return lnt_error_set(err, LNT_ARGUMENT, "smoothing must be 0 to %d", LNT_MAX_SMOOTHING);
    for (int64_t f = 0; f < o->n_features; f++) {
        if (strcmp(o->features[f], o->target) == 0) {
            return lnt_error_set(err, LNT_ARGUMENT, "the target '%s' can't be a feature of itself", o->target);
        }
        if (o->weight && strcmp(o->features[f], o->weight) == 0) {
            return lnt_error_set(err, LNT_ARGUMENT, "the weight '%s' can't be a feature", o->weight);
        }
    }
    return LNT_OK;
}

/// The rows of a regression: those whose target is a finite number.
static lnt_status keep_numbers(fit *f, const lnt_table *table, lnt_error *err) {
    const lnt_column *target;
    LNT_TRY(lnt__learn_column(table, f->options->target, "target", &target, err));
    if (target->type != LNT_FLOAT && target->type != LNT_INT)
        return lnt_error_set(err, LNT_TYPE, "the target '%s' is %s, not a number", f->options->target, lnt_type_name(target->type));
    int64_t n = lnt_table_n_rows(table), kept = 0;
    int64_t *rows = lnt_alloc_array(n, sizeof *rows, err);
    lnt_column_builder *builder = NULL;
    lnt_status status = rows && (f->targets = lnt_alloc_array(n, sizeof *f->targets, err)) ? LNT_OK : LNT_NOMEM;
    for (int64_t i = 0; i < n && status == LNT_OK; i++) {
        lnt_value value = lnt_column_get(target, i);
        double number = value.is_null ? NAN : value.type == LNT_FLOAT ? value.as.f : (double)value.as.i;
        if (!(fabs(number) < 1e30)) continue;
        f->targets[kept] = (float)number;
        rows[kept++] = i;
    }
    if (status == LNT_OK) status = lnt_table_take(f->engine, table, rows, kept, &f->table, err);
    if (status == LNT_OK && !(f->labels = lnt_alloc_array(kept, sizeof *f->labels, err))) status = LNT_NOMEM;
    if (status == LNT_OK) status = lnt_column_builder_new(f->engine, target->type, &builder, err);
    if (status == LNT_OK) status = lnt_column_builder_finish(builder, &f->classes, err); // there are none
    lnt_column_builder_free(builder);
    lnt_free(rows);
    LNT_TRY(status);
    if (kept > 0) return LNT_OK;
    return lnt_error_set(err, LNT_ARGUMENT, "there is no row with a finite %s to learn from", f->options->target);
}

/// Keeps the rows whose target isn't null.
static lnt_status keep_rows(fit *f, const lnt_table *table, lnt_error *err) {
    const lnt_column *target;
    LNT_TRY(lnt__learn_column(table, f->options->target, "target", &target, err));
    LNT_TRY(lnt__classes_of(f->engine, target, &f->classes, &f->labels, err));
    int64_t n = lnt_table_n_rows(table), kept = 0;
    if (lnt_column_null_count(target) == 0) {
        f->table = lnt_table_ref(table);
    } else {
        int64_t *rows = lnt_alloc_array(n, sizeof *rows, err);
        if (!rows) return LNT_NOMEM;
        for (int64_t i = 0; i < n; i++) {
            if (f->labels[i] == UINT32_MAX) continue;
            f->labels[kept] = f->labels[i];
            rows[kept++] = i;
        }
        lnt_status status = lnt_table_take(f->engine, table, rows, kept, &f->table, err);
        lnt_free(rows);
        LNT_TRY(status);
    }
    if (lnt_table_n_rows(f->table) > 0) return LNT_OK;
    return lnt_error_set(err, LNT_ARGUMENT, "there is no row with a %s to learn from", f->options->target);
}

static bool is_category(const lnt_learn_options *o, const char *name) {
    for (int64_t i = 0; i < o->n_categories; i++) {
        if (strcmp(o->categories[i], name) == 0) return true;
    }
    return false;
}

/// A forest's or tree's default, and the bounds.
static int64_t features_per_split(const lnt_learn_options *o) {
    int64_t n = o->max_features;
    if (n == 0 && o->learner != LNT_TREE) n = (int64_t)sqrt((double)o->n_features);
    if (n <= 0 || n > o->n_features) n = n == 0 && o->learner != LNT_TREE ? 1 : o->n_features;
    return n;
}

/// A feature's bins and levels.
static lnt_status fit_feature(void *context, int64_t i, int worker, lnt_error *err) {
    const fit *f = context;
    const lnt_learn_options *o = f->options;
    const lnt_column *column = NULL;
    const char *name = o->features[i];
    (void)worker;
    LNT_TRY(lnt__learn_column(f->table, name, "features", &column, err));
    return lnt_feature_fit(f->engine, name, column, is_category(o, name), o->min_level ? o->min_level : 1,
                           o->max_bins ? o->max_bins : LNT_MAX_BINS, &f->model->features[i], err);
}

static lnt_status no_category(const lnt_learn_options *o, const char *name, lnt_error *err) {
    int64_t at = lnt_nearest(name, (int64_t)strlen(name), o->features, o->n_features);
    return lnt_error_set(err, LNT_NAME, "the category '%s' is not among the features%s%s%s", name,
                         at >= 0 ? " (did you mean '" : "", at >= 0 ? o->features[at] : "", at >= 0 ? "'?)" : "");
}

static lnt_status learn_features(fit *f, lnt_error *err) {
    const lnt_learn_options *o = f->options;
    lnt_model *model = f->model;
    for (int64_t i = 0; i < o->n_categories; i++) {
        bool known = false;
        for (int64_t j = 0; j < o->n_features; j++) known |= strcmp(o->features[j], o->categories[i]) == 0;
        if (!known) return no_category(o, o->categories[i], err);
    }
    for (int64_t i = 0; i < o->n_features; i++) {
        const lnt_column *column;
        for (int64_t j = 0; j < i; j++) {
            if (strcmp(o->features[i], o->features[j]) == 0)
                return lnt_error_set(err, LNT_NAME, "the feature '%s' is named twice", o->features[i]);
        }
        LNT_TRY(lnt__learn_column(f->table, o->features[i], "features", &column, err));
    }
    LNT_TRY(lnt_engine_check(f->engine, err));
    LNT_TRY(lnt__parallel(f->engine, o->n_features, fit_feature, f, err));
    return lnt_dataset_new(f->engine, f->table, model->features, model->n_features, f->labels, model->n_classes,
                           &f->data, err);
}

static lnt_status set_weights(fit *f, const lnt_column *column, lnt_error *err) {
    for (int64_t i = 0; i < f->data.n_rows; i++) {
        lnt_value value = lnt_column_get(column, i);
        double weight = value.is_null ? NAN : value.type == LNT_FLOAT ? value.as.f : (double)value.as.i;
        if (!(weight >= 0) || weight > 1e30) {
            return lnt_error_set(err, LNT_VALUE, "the weight in row %lld is null, negative or not finite",
                                 (long long)i + 1);
        }
        f->data.samples[i].weight = (float)weight;
    }
    return LNT_OK;
}

/// Gives the samples their weights, and drops those without any.
static lnt_status weigh_rows(fit *f, lnt_error *err) {
    lnt_dataset *data = &f->data;
    int64_t k = data->n_classes, kept = 0;
    if (f->options->weight) {
        const lnt_column *column;
        LNT_TRY(lnt__learn_column(f->table, f->options->weight, "weights", &column, err));
        lnt_type type = lnt_column_type(column);
        if (type != LNT_INT && type != LNT_FLOAT)
            return lnt_error_set(err, LNT_TYPE, "the weight '%s' is %s, not a number", f->options->weight, lnt_type_name(type));
        LNT_TRY(set_weights(f, column, err));
    }
    if (!(f->class_weight = lnt_alloc_array(k, sizeof *f->class_weight, err))) return LNT_NOMEM;
    double total = 0;
    for (int64_t i = 0; i < data->n_rows; i++) {
        if (data->samples[i].weight == 0) continue;
        data->samples[kept] = data->samples[i];
        f->class_weight[data->samples[kept].label] += (double)data->samples[kept].weight;
        total += (double)data->samples[kept++].weight;
    }
    data->n_rows = kept;
    if (kept == 0) return lnt_error_set(err, LNT_ARGUMENT, "all rows weigh nothing: there is none to learn from");
    int64_t present = 0;
    for (int64_t c = 0; c < k; c++) present += f->class_weight[c] > 0;
    for (int64_t i = 0; i < kept && f->options->balanced; i++) {
        lnt_sample *sample = &data->samples[i];
        sample->weight = (float)((double)sample->weight * total / ((double)present * f->class_weight[sample->label]));
    }
    for (int64_t c = 0; c < k; c++) {
        double balanced = f->class_weight[c] > 0 ? 1 / (double)present : 0;
        f->model->prior[c] = f->options->balanced ? balanced : f->class_weight[c] / total;
    }
    return LNT_OK;
}

// ---- trees ----

/// A bootstrap sample: as many draws as rows, each row once, weighing as often as it was drawn.
static int64_t draw_bootstrap(const lnt_dataset *data, uint64_t seed, uint16_t *counts, lnt_sample *out) {
    lnt_prng prng = {seed};
    int64_t n = 0;
    memset(counts, 0, (size_t)data->n_rows * 2);
    for (int64_t i = 0; i < data->n_rows; i++) {
        uint64_t row = lnt_prng_below(&prng, (uint64_t)data->n_rows);
        counts[row] = (uint16_t)(counts[row] + (counts[row] < UINT16_MAX));
    }
    for (int64_t i = 0; i < data->n_rows; i++) {
        if (counts[i] == 0) continue;
        out[n] = data->samples[i];
        out[n++].weight *= (float)counts[i];
    }
    return n;
}

/// One worker's trees. Each comes from its own seed, so it doesn't matter whose they are.
static lnt_status grow_some(fit *f, int64_t *at, lnt_error *err) {
    int64_t n = f->data.n_rows, n_features = f->data.n_features;
    lnt_grower grower;
    LNT_TRY(lnt_grower_init(f->engine, &f->data, &f->grow, n, &grower, err));
    lnt_sample *samples = lnt_arena_alloc(&grower.arena, n * (int64_t)sizeof *samples, err);
    uint16_t *counts = samples ? lnt_arena_alloc(&grower.arena, n * 2, err) : NULL;
    lnt_status status = counts ? LNT_OK : lnt_no_memory(err);
    while (status == LNT_OK && *at < f->model->n_trees) {
        uint64_t seed = lnt_hash_combine(lnt_hash_u64(f->options->seed), (uint64_t)*at);
        int64_t rows = n;
        if (f->options->learner == LNT_FOREST) rows = draw_bootstrap(&f->data, lnt_hash_u64(seed), counts, samples);
        else memcpy(samples, f->data.samples, (size_t)n * sizeof *samples);
        memset(grower.gain, 0, (size_t)n_features * 8);
        status = lnt_tree_grow(&grower, samples, rows, seed, &f->model->trees[*at], err);
        memcpy(f->tree_gain + *at * n_features, grower.gain, (size_t)n_features * 8);
        if (status == LNT_OK) *at = atomic_fetch_add(&f->next, 1);
    }
    lnt_grower_clear(&grower);
    return status;
}

static void grow_trees(void *context, int worker) {
    fit *f = context;
    int64_t at = atomic_fetch_add(&f->next, 1);
    if (at >= f->model->n_trees) return;
    lnt_error err = {0};
    lnt_status status = grow_some(f, &at, &err);
    if (status == LNT_OK) return;
    atomic_store(&f->next, f->model->n_trees); // the others needn't go on
    f->statuses[worker] = status;
    f->errors[worker] = err;
}

static lnt_status grow_forest(fit *f, lnt_error *err) {
    int n_threads = lnt_engine_n_threads(f->engine);
    if (!(f->statuses = lnt_alloc_array(n_threads, sizeof *f->statuses, err))) return LNT_NOMEM;
    if (!(f->errors = lnt_alloc_array(n_threads, sizeof *f->errors, err))) return LNT_NOMEM;
    lnt_engine_run(f->engine, grow_trees, f);
    for (int t = 0; t < n_threads; t++) {
        if (f->statuses[t] == LNT_OK) continue;
        if (err && err->code == LNT_OK) *err = f->errors[t];
        return f->statuses[t];
    }
    return LNT_OK;
}

/// Each tree's gains as shares, then their mean.
static void sum_gains(fit *f) {
    int64_t n_features = f->data.n_features;
    double all = 0;
    for (int64_t t = 0; t < f->model->n_trees; t++) {
        const double *gain = f->tree_gain + t * n_features;
        double total = 0;
        for (int64_t i = 0; i < n_features; i++) total += gain[i];
        for (int64_t i = 0; i < n_features && total > 0; i++) f->model->gain[i] += gain[i] / total;
        all += total > 0;
    }
    for (int64_t i = 0; i < n_features && all > 0; i++) f->model->gain[i] /= all;
}

static lnt_status run(fit *f, const lnt_table *table, lnt_error *err) {
    const lnt_learn_options *o = f->options;
    const lnt_column *time;
    LNT_TRY(check_options(o, err));
    LNT_TRY(lnt__boost_time_column(o, table, &time, err)); // also where nobody will ask for it
    LNT_TRY(o->regression ? keep_numbers(f, table, err) : keep_rows(f, table, err));
    int64_t n_trees = o->learner == LNT_TREE ? 1 : o->n_trees ? o->n_trees : 100;
    int64_t n_classes = o->regression ? 1 : lnt_column_length(f->classes);
    if (o->learner == LNT_BOOSTING) n_trees = lnt__boost_rounds(o) * lnt__boost_outputs(n_classes, o->regression);
    if (n_trees > LNT_MAX_TREES) return lnt_error_set(err, LNT_LIMIT, "more than 1,000,000 trees: ask for fewer rounds");
    LNT_TRY(lnt_model_new(n_classes, o->n_features, n_trees, &f->model, err));
    lnt_model *model = f->model;
    model->learner = o->learner;
    model->criterion = o->criterion;
    model->seed = o->seed;
    model->smoothing = o->learner == LNT_BOOSTING ? 0 : o->smoothing;
    model->regression = o->regression;
    model->classes = lnt_column_ref(f->classes);
    if (!(model->target = lnt_strdup(o->target, -1, err))) return LNT_NOMEM;
    LNT_TRY(learn_features(f, err));
    LNT_TRY(weigh_rows(f, err));
    model->n_rows = f->data.n_rows;
    if (o->learner == LNT_BOOSTING) return lnt__fit_boosted(f->engine, o, f->table, &f->data, f->targets, model, err);
    f->grow = (lnt_grow_options){.criterion = o->criterion,
                                 .random = o->learner == LNT_EXTRA_TREES,
                                 .max_depth = o->max_depth,
                                 .min_leaf = o->min_leaf ? o->min_leaf : 1,
                                 .max_features = features_per_split(o),
                                 .min_gain = o->min_gain};
    if (!(f->tree_gain = lnt_alloc_array(n_trees, o->n_features * 8, err))) return LNT_NOMEM;
    if (n_trees > 1 || o->learner != LNT_TREE) LNT_TRY(grow_forest(f, err));
    else {
        LNT_TRY(lnt_tree_grow_parallel(f->engine, &f->data, &f->grow, f->data.samples, f->data.n_rows,
                                       lnt_hash_u64(o->seed), &model->trees[0], f->tree_gain, err));
    }
    sum_gains(f);
    return LNT_OK;
}

lnt_status lnt_model_fit(lnt_engine *engine, const lnt_table *table, const lnt_learn_options *options, lnt_model **out,
                         lnt_error *err) {
    fit f = {.engine = engine, .options = options};
    lnt_status status = run(&f, table, err);
    if (status == LNT_OK) *out = f.model;
    else lnt_model_free(f.model);
    lnt_dataset_clear(&f.data);
    lnt_table_unref(f.table);
    lnt_column_unref(f.classes);
    lnt_free(f.labels);
    lnt_free(f.targets);
    lnt_free(f.class_weight);
    lnt_free(f.tree_gain);
    lnt_free(f.statuses);
    lnt_free(f.errors);
    return status;
}
