/// @file fit_boost.c
/// From a dataset to what boosting works on: rows side by side, where scores start, which rows are held out to stop by.
#include "learn/fit_boost.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "learn/boost.h"

enum { USUAL_ROUNDS = 100, USUAL_DEPTH = 6 };

int64_t lnt__boost_outputs(int64_t n_classes, bool regression) {
    return regression || n_classes <= 2 ? 1 : n_classes;
}

int64_t lnt__boost_rounds(const lnt_learn_options *o) {
    return o->n_trees ? o->n_trees : USUAL_ROUNDS;
}

lnt_status lnt__check_boost_options(const lnt_learn_options *o, lnt_error *err) {
    if (!(o->shrinkage >= 0 && o->shrinkage <= 1)) return lnt_error_set(err, LNT_ARGUMENT, "shrinkage must be above 0, at most 1");
    if (!(o->row_share >= 0 && o->row_share <= 1) || !(o->column_share >= 0 && o->column_share <= 1))
        return lnt_error_set(err, LNT_ARGUMENT, "row_share and column_share must be above 0, at most 1");
    if (!isfinite(o->l2) || !isfinite(o->category_l2))
        return lnt_error_set(err, LNT_ARGUMENT, "l2 and category_l2 must be finite numbers");
    if (o->max_leaves < 0 || o->max_leaves == 1) return lnt_error_set(err, LNT_ARGUMENT, "max_leaves must be 2 or more");
    if (!(o->min_weight >= 0)) return lnt_error_set(err, LNT_ARGUMENT, "min_weight can't be negative");
    if (o->patience < 0) return lnt_error_set(err, LNT_ARGUMENT, "patience can't be negative");
    if (!(o->held_share >= 0 && o->held_share < 1))
        return lnt_error_set(err, LNT_ARGUMENT, "held_share must be above 0, below 1");
    return LNT_OK;
}

static double or_usual(double given, double usual) {
    return given == 0 ? usual : given < 0 ? 0 : given;
}

static lnt_boost_options settings(const lnt_learn_options *o) {
    return (lnt_boost_options){.rounds = lnt__boost_rounds(o),
                               .max_depth = o->max_depth || o->max_leaves ? o->max_depth : USUAL_DEPTH,
                               .max_leaves = o->max_leaves,
                               .min_leaf = o->min_leaf ? o->min_leaf : 1,
                               .min_gain = o->min_gain,
                               .min_weight = o->min_weight,
                               .shrinkage = or_usual(o->shrinkage, 0.1),
                               .l2 = or_usual(o->l2, 1),
                               .category_l2 = or_usual(o->category_l2, 10),
                               .row_share = or_usual(o->row_share, 1),
                               .column_share = or_usual(o->column_share, 1),
                               .patience = o->patience,
                               .seed = o->seed};
}

// ---- rows ----

/// All that is made for a fit.
typedef struct boost_fit {
    lnt_engine *engine;
    const lnt_learn_options *options;
    const lnt_dataset *from;
    lnt_boost_data data;
    lnt_buffer *codes, *rows; ///< what holds them
    double *base;             ///< by output
} boost_fit;

typedef struct turning {
    const lnt_dataset *from;
    uint16_t *out;
} turning;

static void turn_piece(void *context, int64_t start, int64_t end) {
    turning *t = context;
    int64_t n_features = t->from->n_features;
    for (int64_t f = 0; f < n_features; f++) {
        for (int64_t i = start; i < end; i++) {
            t->out[i * n_features + f] = lnt_code_at(t->from, f, t->from->samples[i].row);
        }
    }
}

enum { CHECK_ROWS = 1 << 16 }; // turned between looks at whether to stop

static lnt_status turn_rows(boost_fit *b, const float *targets, lnt_error *err) {
    const lnt_dataset *from = b->from;
    lnt_boost_data *data = &b->data;
    int64_t n = from->n_rows, n_features = from->n_features;
    if (n > LNT_BOOST_ROWS) return lnt_error_set(err, LNT_LIMIT, "more than 268,435,456 rows to boost on");
    lnt_budget *budget = lnt_engine_budget(b->engine);
    LNT_TRY(lnt_buffer_new(budget, n * n_features * 2, "learn", &b->codes, err));
    LNT_TRY(lnt_buffer_new(budget, n * 9, "learn", &b->rows, err));
    if (!(data->offsets = lnt_alloc_array(n_features + 1, sizeof *data->offsets, err))) return LNT_NOMEM;
    for (int64_t f = 0; f < n_features; f++) data->offsets[f + 1] = data->offsets[f] + from->features[f].n_bins + 1;
    data->codes = (uint16_t *)(void *)b->codes->data;
    turning t = {from, data->codes};
    LNT_TRY(lnt_engine_pieces(b->engine, n, 4096, turn_piece, &t, err));
    data->weights = (float *)(void *)b->rows->data;
    data->columns = from;
    data->in_order = true;
    for (int64_t i = 0; i < n; i++) {
        if (i % CHECK_ROWS == 0) LNT_TRY(lnt_engine_check(b->engine, err));
        data->weights[i] = from->samples[i].weight;
        data->in_order &= from->samples[i].row == i;
    }
    if (targets) {
        data->targets = data->weights + n;
        for (int64_t i = 0; i < n; i++) data->targets[i] = targets[from->samples[i].row];
    } else {
        data->labels = (uint32_t *)(void *)(data->weights + n);
        for (int64_t i = 0; i < n; i++) data->labels[i] = from->samples[i].label;
    }
    return LNT_OK;
}

// ---- rows that are held out ----

typedef struct timed {
    double time;
    int64_t row;
} timed;

static int by_time(const void *a, const void *b) {
    const timed *x = a, *y = b;
    if (x->time != y->time) return x->time < y->time ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

lnt_status lnt__boost_time_column(const lnt_learn_options *o, const lnt_table *table, const lnt_column **out,
                                  lnt_error *err) {
    *out = NULL;
    if (!o->time) return LNT_OK;
    LNT_TRY(lnt__learn_column(table, o->time, "time", out, err));
    lnt_type type = lnt_column_type(*out);
    if (type == LNT_TIME || type == LNT_INT || type == LNT_FLOAT) return LNT_OK;
    return lnt_error_set(err, LNT_TYPE, "the column '%s' is %s, not time", o->time, lnt_type_name(type));
}

/// What rows are put in order by: the time column, or where they are. Rows without a time come first.
static lnt_status times_of(const boost_fit *b, const lnt_table *table, timed *out, lnt_error *err) {
    const lnt_column *column;
    LNT_TRY(lnt__boost_time_column(b->options, table, &column, err));
    for (int64_t i = 0; i < b->from->n_rows; i++) {
        out[i] = (timed){(double)i, i};
        if (!column) continue;
        lnt_value value = lnt_column_get(column, b->from->samples[i].row);
        out[i].time = value.is_null ? -INFINITY : value.type == LNT_FLOAT ? value.as.f : (double)value.as.i;
        if (isnan(out[i].time)) out[i].time = -INFINITY;
    }
    return LNT_OK;
}

/// Holds out the last rows in time; no time is on both sides. None when nothing would be left to learn from.
static lnt_status hold_out(boost_fit *b, const lnt_table *table, lnt_error *err) {
    int64_t n = b->from->n_rows;
    if (b->options->patience == 0) return LNT_OK;
    timed *rows = lnt_alloc_array(n, sizeof *rows, err);
    if (!rows) return LNT_NOMEM;
    lnt_status status = times_of(b, table, rows, err);
    if (status == LNT_OK) {
        qsort(rows, (size_t)n, sizeof *rows, by_time);
        int64_t cut = n - (int64_t)((double)n * or_usual(b->options->held_share, 0.1));
        while (cut > 0 && cut < n && rows[cut].time == rows[cut - 1].time) cut++;
        if (cut > 0 && cut < n) {
            b->data.held = b->rows->data + n * 8;
            memset(b->data.held, 0, (size_t)n);
            for (int64_t i = cut; i < n; i++) b->data.held[rows[i].row] = 1;
        }
    }
    lnt_free(rows);
    return status;
}

// ---- where scores start ----

/// The mean of numbers; of classes the log of their shares of the rows that are learned from, half a row added to each.
static lnt_status find_base(boost_fit *b, lnt_model *model, lnt_error *err) {
    const lnt_boost_data *data = &b->data;
    int64_t k = data->n_classes;
    if (!(b->base = lnt_alloc_array(data->n_outputs, sizeof *b->base, err))) return LNT_NOMEM;
    double total = 0, sum = 0;
    for (int64_t c = 0; c < k; c++) model->prior[c] = 0;
    for (int64_t i = 0; i < data->n_rows; i++) {
        if (data->held && data->held[i]) continue;
        double weight = (double)data->weights[i];
        total += weight;
        if (data->targets) sum += weight * (double)data->targets[i];
        else model->prior[data->labels[i]] += weight;
    }
    if (data->targets) {
        model->prior[0] = b->base[0] = total > 0 ? sum / total : 0;
        return LNT_OK;
    }
    double some = total > 0 ? 0.5 * total / (double)data->n_rows : 1;
    for (int64_t c = 0; c < k; c++) model->prior[c] = log((model->prior[c] + some) / (total + some * (double)k));
    if (data->n_outputs == 1) { // the first class's score is 0
        double first = model->prior[0];
        for (int64_t c = 0; c < k; c++) model->prior[c] -= first;
        b->base[0] = model->prior[k - 1];
    } else {
        memcpy(b->base, model->prior, (size_t)k * sizeof *b->base);
    }
    return LNT_OK;
}

static void share_gains(lnt_model *model) {
    double total = 0;
    for (int64_t f = 0; f < model->n_features; f++) total += model->gain[f];
    for (int64_t f = 0; f < model->n_features && total > 0; f++) model->gain[f] /= total;
}

lnt_status lnt__fit_boosted(lnt_engine *engine, const lnt_learn_options *options, const lnt_table *table,
                            const lnt_dataset *data, const float *targets, lnt_model *model, lnt_error *err) {
    boost_fit b = {.engine = engine, .options = options, .from = data};
    b.data = (lnt_boost_data){.n_rows = data->n_rows,
                              .n_features = data->n_features,
                              .n_classes = targets ? 0 : data->n_classes,
                              .n_outputs = lnt__boost_outputs(data->n_classes, targets != NULL),
                              .features = data->features};
    lnt_boost_options boost = settings(options);
    int64_t n_rounds = 0;
    lnt_status status = turn_rows(&b, targets, err);
    if (status == LNT_OK) status = hold_out(&b, table, err);
    if (status == LNT_OK) status = find_base(&b, model, err);
    if (status == LNT_OK && !targets && data->n_classes == 1) boost.rounds = 1; // there is nothing to tell apart
    if (status == LNT_OK) status = lnt_boost(engine, &b.data, &boost, b.base, model->trees, &n_rounds, model->gain, err);
    if (status == LNT_OK) {
        model->n_trees = n_rounds * b.data.n_outputs;
        share_gains(model);
    }
    lnt_buffer_unref(b.codes);
    lnt_buffer_unref(b.rows);
    lnt_free(b.data.offsets);
    lnt_free(b.base);
    return status;
}
