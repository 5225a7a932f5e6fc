/// @file score.c
/// How good predictions are: confusion, precision, recall, F1, accuracy, log loss, Brier score, risk against coverage.
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "column/collector.h"
#include "column/value_text.h"
#include "learn/model.h"

typedef struct scoring {
    lnt_engine *engine;
    lnt_column *classes; ///< of truth and predictions together
    int64_t k;
    uint32_t *truth, *predicted; ///< class numbers; UINT32_MAX: null
    int64_t *support, *claims, *hits; ///< by class: rows of it, predictions of it, both
    int64_t n;                ///< rows
    lnt_scores *out;
} scoring;

/// The classes of two columns: their values one after the other, then sorted and numbered.
static lnt_status find_classes(scoring *s, const lnt_column *truth, const lnt_column *predicted, lnt_error *err) {
    lnt_collector *both = NULL;
    lnt_column *column = NULL;
    uint32_t *labels = NULL;
    lnt_arena arena;
    lnt_arena_init(&arena, lnt_engine_budget(s->engine), "score");
    lnt_status status = lnt_collector_new(s->engine, truth->type, "score", &both, err);
    for (int side = 0; side < 2; side++) {
        const lnt_column *from = side ? predicted : truth;
        for (int64_t start = 0; start < s->n && status == LNT_OK; start += LNT_BATCH_ROWS) {
            int64_t n = s->n - start < LNT_BATCH_ROWS ? s->n - start : LNT_BATCH_ROWS;
            lnt_vec vec;
            status = lnt_vec_from_column(from, start, n, &arena, &vec, err);
            if (status == LNT_OK) status = lnt_collector_append(both, &vec, NULL, n, err);
            lnt_arena_reset(&arena);
        }
    }
    if (status == LNT_OK) status = lnt_collector_finish(both, &column, err);
    if (status == LNT_OK) status = lnt__classes_of(s->engine, column, &s->classes, &labels, err);
    if (status == LNT_OK) {
        s->truth = labels;
        s->predicted = labels + s->n;
        s->k = s->classes->length;
    }
    lnt_column_unref(column);
    lnt_collector_free(both);
    lnt_arena_clear(&arena);
    return status;
}

static void count(scoring *s) {
    for (int64_t i = 0; i < s->n; i++) {
        if (s->truth[i] == UINT32_MAX) continue;
        s->out->n_rows++;
        s->support[s->truth[i]]++;
        if (s->predicted[i] == UINT32_MAX) continue;
        s->claims[s->predicted[i]]++;
        s->hits[s->truth[i]] += s->truth[i] == s->predicted[i];
    }
}

static double share(int64_t part, int64_t whole) {
    return whole ? (double)part / (double)whole : 0;
}

static double f1_of(const scoring *s, int64_t c) {
    return share(2 * s->hits[c], s->support[c] + s->claims[c]);
}

static void sum_up(scoring *s) {
    lnt_scores *out = s->out;
    int64_t hits = 0, seen = 0;
    double recalls = 0, f1s = 0, weighted = 0;
    for (int64_t c = 0; c < s->k; c++) {
        hits += s->hits[c];
        out->n_classes += s->support[c] > 0;
        seen += s->support[c] > 0 || s->claims[c] > 0;
        recalls += share(s->hits[c], s->support[c]);
        f1s += f1_of(s, c);
        weighted += f1_of(s, c) * (double)s->support[c];
    }
    if (out->n_rows == 0) return;
    out->accuracy = share(hits, out->n_rows);
    out->balanced_accuracy = recalls / (double)out->n_classes;
    out->macro_f1 = f1s / (double)seen;
    out->weighted_f1 = weighted / (double)out->n_rows;
}

// ---- probabilities ----

static double at(const lnt_column *column, int64_t row) {
    lnt_value value = lnt_column_get(column, row);
    return value.is_null ? NAN : value.type == LNT_FLOAT ? value.as.f : (double)value.as.i;
}

/// Which column of `proba` each class has, -1 for none.
static void find_columns(const scoring *s, const lnt_table *proba, int64_t *where) {
    char text[LNT_FORMAT_BYTES];
    const lnt_schema *schema = lnt_table_schema(proba);
    for (int64_t c = 0; c < s->k; c++) {
        lnt_value value = lnt_column_get(s->classes, c);
        if (value.type == LNT_STRING) where[c] = lnt_schema_find(schema, value.as.s.data, value.as.s.size);
        else where[c] = lnt_schema_find(schema, text, lnt_format_value(value, text));
    }
}

static lnt_status check_proba(const scoring *s, const lnt_table *proba, lnt_error *err) {
    if (lnt_table_n_rows(proba) != s->n) {
        return lnt_error_set(err, LNT_SHAPE, "%lld rows of probabilities for %lld of truth",
                             (long long)lnt_table_n_rows(proba), (long long)s->n);
    }
    for (int64_t c = 0; c < lnt_table_n_columns(proba); c++) {
        if (lnt_column_type(lnt_table_column(proba, c)) == LNT_FLOAT) continue;
        return lnt_error_set(err, LNT_TYPE, "the probabilities in '%s' are not float",
                             lnt_schema_name(lnt_table_schema(proba), c));
    }
    return LNT_OK;
}

/// Log loss and Brier score; also each row's greatest probability, for the curve.
static lnt_status score_proba(scoring *s, const lnt_table *proba, double *greatest, lnt_error *err) {
    LNT_TRY(check_proba(s, proba, err));
    int64_t *where = lnt_alloc_array(s->k, sizeof *where, err), n_columns = lnt_table_n_columns(proba);
    if (!where) return LNT_NOMEM;
    find_columns(s, proba, where);
    double losses = 0, errors = 0;
    for (int64_t i = 0; i < s->n; i++) {
        double squares = 0, sum = 0, truth = 0;
        int64_t right = s->truth[i] == UINT32_MAX ? -1 : where[s->truth[i]];
        greatest[i] = 0;
        for (int64_t c = 0; c < n_columns; c++) {
            double p = at(lnt_table_column(proba, c), i);
            squares += p * p;
            sum += p;
            if (c == right) truth = p;
            if (p > greatest[i]) greatest[i] = p;
        }
        if (s->truth[i] == UINT32_MAX) continue;
        double clipped = sum > 0 ? truth / sum : 0; // rounding of float sums aside, sum is 1
        losses -= log(clipped < DBL_EPSILON ? DBL_EPSILON : clipped); // scikit-learn's bound
        errors += squares - 2 * truth + 1;
    }
    s->out->log_loss = losses / (double)s->out->n_rows;
    double both = n_columns == 2 ? 2 : 1; // the errors of two classes are one error, counted twice
    s->out->brier = errors / both / (double)s->out->n_rows;
    lnt_free(where);
    return LNT_OK;
}

typedef struct ranked {
    double confidence;
    int wrong;
} ranked;

static int by_confidence(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    return (x->confidence < y->confidence) - (x->confidence > y->confidence);
}

/// Mean, over the rows from the most confident on, of the share of wrong ones so far. Rows of the same confidence count
/// together: in which order they come changes nothing.
static lnt_status score_risk(scoring *s, const double *confidence, lnt_error *err) {
    ranked *rows = lnt_alloc_array(s->n, sizeof *rows, err);
    if (!rows) return LNT_NOMEM;
    int64_t n = 0;
    for (int64_t i = 0; i < s->n; i++) {
        if (s->truth[i] == UINT32_MAX) continue;
        double c = isnan(confidence[i]) ? -INFINITY : confidence[i];
        rows[n++] = (ranked){c, s->truth[i] != s->predicted[i]};
    }
    qsort(rows, (size_t)n, sizeof *rows, by_confidence);
    double area = 0, wrong = 0;
    for (int64_t i = 0, end; i < n; i = end) {
        double some = 0;
        for (end = i; end < n && rows[end].confidence == rows[i].confidence; end++) some += rows[end].wrong;
        for (int64_t j = i; j < end; j++) {
            area += (wrong + some * (double)(j - i + 1) / (double)(end - i)) / (double)(j + 1);
        }
        wrong += some;
    }
    s->out->aurc = area / (double)n;
    lnt_free(rows);
    return LNT_OK;
}

static lnt_status score_confidence(scoring *s, const lnt_column *confidence, const lnt_table *proba, lnt_error *err) {
    if ((!confidence && !proba) || s->out->n_rows == 0) return LNT_OK;
    double *values = lnt_alloc_array(s->n, sizeof *values, err);
    if (!values) return LNT_NOMEM;
    lnt_status status = proba ? score_proba(s, proba, values, err) : LNT_OK;
    for (int64_t i = 0; confidence && i < s->n; i++) values[i] = at(confidence, i);
    if (status == LNT_OK) status = score_risk(s, values, err);
    lnt_free(values);
    return status;
}

// ---- tables ----

/// Collects a table's columns value by value; the first failure stays.
typedef struct sheet {
    lnt_column_builder *builders[5];
    int n;
} sheet;

static lnt_status sheet_open(sheet *into, lnt_engine *engine, const lnt_type *types, int n, lnt_error *err) {
    into->n = n;
    for (int i = 0; i < n; i++) LNT_TRY(lnt_column_builder_new(engine, types[i], &into->builders[i], err));
    return LNT_OK;
}

static lnt_status sheet_finish(sheet *into, const char *const *names, lnt_table **out, lnt_error *err) {
    lnt_column *columns[5] = {0};
    lnt_status status = LNT_OK;
    for (int i = 0; i < into->n && status == LNT_OK; i++) {
        status = lnt_column_builder_finish(into->builders[i], &columns[i], err);
    }
    if (status == LNT_OK) status = lnt_table_new(names, columns, into->n, columns[0]->length, out, err);
    for (int i = 0; i < into->n; i++) lnt_column_unref(columns[i]);
    return status;
}

static void sheet_close(sheet *into) {
    for (int i = 0; i < into->n; i++) lnt_column_builder_free(into->builders[i]);
}

static lnt_value float_value(double f) {
    return (lnt_value){.type = LNT_FLOAT, .as.f = f};
}
static lnt_value int_value(int64_t i) {
    return (lnt_value){.type = LNT_INT, .as.i = i};
}

static lnt_status add_report_row(const scoring *s, int64_t c, sheet *into, lnt_error *err) {
    lnt_value values[] = {lnt_column_get(s->classes, c), float_value(share(s->hits[c], s->claims[c])),
                          float_value(share(s->hits[c], s->support[c])), float_value(f1_of(s, c)),
                          int_value(s->support[c])};
    for (int i = 0; i < 5; i++) LNT_TRY(lnt_column_builder_append(into->builders[i], values[i], err));
    return LNT_OK;
}

static lnt_status make_report(const scoring *s, lnt_table **out, lnt_error *err) {
    static const char *const names[] = {"class", "precision", "recall", "f1", "support"};
    const lnt_type types[] = {s->classes->type, LNT_FLOAT, LNT_FLOAT, LNT_FLOAT, LNT_INT};
    sheet rows = {0};
    lnt_status status = sheet_open(&rows, s->engine, types, 5, err);
    for (int64_t c = 0; c < s->k && status == LNT_OK; c++) {
        if (s->support[c] || s->claims[c]) status = add_report_row(s, c, &rows, err);
    }
    if (status == LNT_OK) status = sheet_finish(&rows, names, out, err);
    sheet_close(&rows);
    return status;
}

static int compare_pairs(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static lnt_status add_confusion_row(const scoring *s, uint64_t pair, int64_t n, sheet *into, lnt_error *err) {
    uint32_t truth = (uint32_t)(pair >> 32), predicted = (uint32_t)pair;
    lnt_value none = {.type = s->classes->type, .is_null = true};
    LNT_TRY(lnt_column_builder_append(into->builders[0], lnt_column_get(s->classes, truth), err));
    LNT_TRY(lnt_column_builder_append(
        into->builders[1], predicted == UINT32_MAX ? none : lnt_column_get(s->classes, predicted), err));
    return lnt_column_builder_append(into->builders[2], int_value(n), err);
}

static lnt_status make_confusion(const scoring *s, lnt_table **out, lnt_error *err) {
    static const char *const names[] = {"truth", "predicted", "count"};
    const lnt_type types[] = {s->classes->type, s->classes->type, LNT_INT};
    uint64_t *pairs = lnt_alloc_array(s->n, sizeof *pairs, err);
    if (!pairs) return LNT_NOMEM;
    int64_t n = 0;
    for (int64_t i = 0; i < s->n; i++) {
        if (s->truth[i] != UINT32_MAX) pairs[n++] = (uint64_t)s->truth[i] << 32 | s->predicted[i];
    }
    qsort(pairs, (size_t)n, sizeof *pairs, compare_pairs);
    sheet rows = {0};
    lnt_status status = sheet_open(&rows, s->engine, types, 3, err);
    for (int64_t i = 0, end; i < n && status == LNT_OK; i = end) {
        for (end = i; end < n && pairs[end] == pairs[i];) end++;
        status = add_confusion_row(s, pairs[i], end - i, &rows, err);
    }
    if (status == LNT_OK) status = sheet_finish(&rows, names, out, err);
    sheet_close(&rows);
    lnt_free(pairs);
    return status;
}

static lnt_status check(const lnt_column *truth, const lnt_column *predicted, const lnt_column *confidence,
                        lnt_error *err) {
    if (truth->type != predicted->type) {
        return lnt_error_set(err, LNT_TYPE, "the truth is %s, but the predictions are %s", lnt_type_name(truth->type),
                             lnt_type_name(predicted->type));
    }
    if (truth->length != predicted->length || (confidence && confidence->length != truth->length)) {
        return lnt_error_set(err, LNT_SHAPE, "truth, predictions and confidences must be as many");
    }
    if (confidence && confidence->type != LNT_FLOAT && confidence->type != LNT_INT)
        return lnt_error_set(err, LNT_TYPE, "confidences are %s, not numbers", lnt_type_name(confidence->type));
    return LNT_OK;
}

static lnt_status score(scoring *s, const lnt_column *truth, const lnt_column *predicted, const lnt_column *confidence,
                        const lnt_table *proba, lnt_error *err) {
    LNT_TRY(check(truth, predicted, confidence, err));
    LNT_TRY(find_classes(s, truth, predicted, err));
    if (!(s->support = lnt_alloc_array(s->k, 3 * sizeof *s->support, err))) return LNT_NOMEM;
    s->claims = s->support + s->k;
    s->hits = s->claims + s->k;
    count(s);
    sum_up(s);
    return score_confidence(s, confidence, proba, err);
}

lnt_status lnt_learn_score(lnt_engine *engine, const lnt_column *truth, const lnt_column *predicted,
                           const lnt_column *confidence, const lnt_table *proba, lnt_scores *out, lnt_table **report,
                           lnt_table **confusion, lnt_error *err) {
    *out = (lnt_scores){.accuracy = NAN, .balanced_accuracy = NAN, .macro_f1 = NAN, .weighted_f1 = NAN,
                        .log_loss = NAN, .brier = NAN, .aurc = NAN};
    scoring s = {.engine = engine, .n = truth->length, .out = out};
    lnt_table *made = NULL;
    lnt_status status = score(&s, truth, predicted, confidence, proba, err);
    if (status == LNT_OK && report) status = make_report(&s, &made, err);
    if (status == LNT_OK && confusion) status = make_confusion(&s, confusion, err);
    if (status == LNT_OK && report) *report = made;
    else lnt_table_unref(made);
    lnt_column_unref(s.classes);
    lnt_free(s.truth);
    lnt_free(s.support);
    return status;
}
