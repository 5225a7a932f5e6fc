/// @file rolling.c
/// Thresholds that are chosen anew for each day, on the last predictions whose truth was known the day before.
///
/// Workload: some thousand predictions, hundreds of days; each looks at the last few thousand predictions before it.
#include <math.h>
#include <stdlib.h>

#include "learn/model.h"
#include "lunette/evidence.h"

enum { STEP_BITS = 32 };         ///< of a score, which is compared as a whole number
static const int64_t DAY_US = 86400000000;

typedef struct prediction {
    double probability, weight;
    int64_t day;
    uint32_t label; ///< predicted; the last of all: none
    bool right;
} prediction;

/// The least score of what is accepted, and what those known rows and hits weigh; rows is 0 when there is none.
typedef struct threshold {
    int64_t least;
    double rows, hits;
} threshold;

/// A known row's score.
typedef struct scored {
    int64_t score, row;
} scored;

typedef struct rolling {
    const lnt_rolling_options *options;
    prediction *rows;
    int64_t n, n_labels;
    double *factor; ///< by label: by how much its predictions were right more often than they said
    double *hits, *sums; ///< by label
    scored *known;
    threshold *chosen; ///< by what is wanted
    bool *seen;     ///< by what is wanted and label: whether a prediction was accepted
} rolling;

/// What a share of hits is at least: Wilson's lower bound at `z` standard errors.
static double surely(double hits, double rows, double z) {
    double share = hits / rows;
    double spread = sqrt(share * (1 - share) / rows + z * z / (4 * rows * rows));
    return (share + z * z / (2 * rows) - z * spread) / (1 + z * z / rows);
}

/// Each family's factor by rows [from, end), drawn to that of all as if by `strength` more rows.
static void find_factors(rolling *r, int64_t from, int64_t end) {
    double all_hits = 0, all_sums = 0, strength = r->options->strength;
    for (int64_t l = 0; l < r->n_labels; l++) r->hits[l] = r->sums[l] = 0;
    for (int64_t i = from; i < end; i++) {
        const prediction *row = &r->rows[i];
        double right = row->right ? row->weight : 0, said = row->weight * row->probability;
        r->hits[row->label] += right;
        r->sums[row->label] += said;
        all_hits += right;
        all_sums += said;
    }
    double all = all_sums > 0 ? all_hits / all_sums : 1;
    for (int64_t l = 0; l < r->n_labels; l++) {
        bool known = r->hits[l] > 0 || r->sums[l] > 0;
        r->factor[l] = known ? (r->hits[l] + strength * all) / (r->sums[l] + strength) : all;
    }
}

static int64_t score_of(const rolling *r, const prediction *row) {
    double steps = floor(row->probability * r->factor[row->label] * (double)(1ll << STEP_BITS));
    return steps > 0 ? steps < 0x1p60 ? (int64_t)steps : 1ll << 60 : 0;
}

static int falling(const void *a, const void *b) {
    const scored *x = a, *y = b;
    if (x->score != y->score) return x->score < y->score ? 1 : -1;
    return (x->row < y->row) - (x->row > y->row);
}

/// For each wanted accuracy the least score from which on rows [from, end) were right as often. Returns what all weigh.
static double choose(rolling *r, int64_t from, int64_t end) {
    const lnt_rolling_options *o = r->options;
    int64_t n = end - from;
    double weight = 0, hits = 0;
    for (int64_t i = 0; i < n; i++) r->known[i] = (scored){score_of(r, &r->rows[from + i]), from + i};
    qsort(r->known, (size_t)n, sizeof *r->known, falling);
    for (int64_t w = 0; w < o->n_wanted; w++) r->chosen[w] = (threshold){0};
    for (int64_t i = 0; i < n; i++) {
        const prediction *row = &r->rows[r->known[i].row];
        weight += row->weight;
        hits += row->right ? row->weight : 0;
        if (weight < (double)o->fewest || (i + 1 < n && r->known[i + 1].score == r->known[i].score)) continue;
        double share = surely(hits, weight, o->caution);
        for (int64_t w = 0; w < o->n_wanted; w++) {
            if (share >= o->wanted[w]) r->chosen[w] = (threshold){r->known[i].score, weight, hits};
        }
    }
    return weight;
}

/// Adds what a day's thresholds, chosen on rows that weigh `known`, promise for rows [first, end) and what came of them.
static void count_day(rolling *r, int64_t first, int64_t end, double known, lnt_rolling_sums *out) {
    double n = (double)(end - first);
    for (int64_t w = 0; w < r->options->n_wanted; w++) {
        const threshold *t = &r->chosen[w];
        if (t->rows <= 0) continue;
        out[w].promised += t->rows / known * n;
        out[w].sure += t->hits / known * n;
        for (int64_t i = first; i < end; i++) {
            const prediction *row = &r->rows[i];
            bool *seen = &r->seen[w * r->n_labels + row->label];
            if (score_of(r, row) < t->least) continue;
            out[w].accepted++;
            out[w].hits += row->right;
            out[w].families += !*seen;
            *seen = true;
        }
    }
}

static lnt_status go_through(lnt_engine *engine, rolling *r, int64_t n_before, lnt_rolling_sums *out, lnt_error *err) {
    for (int64_t first = n_before, end; first < r->n; first = end) {
        for (end = first + 1; end < r->n && r->rows[end].day == r->rows[first].day;) end++;
        int64_t from = first > r->options->recent ? first - r->options->recent : 0;
        find_factors(r, from, first);
        count_day(r, first, end, choose(r, from, first), out);
        LNT_TRY(lnt_engine_check(engine, err));
    }
    return LNT_OK;
}

// ---- reading ----

/// A day's n rows weigh n ^ bulk together.
static void weigh_days(rolling *r) {
    for (int64_t first = 0, end; first < r->n; first = end) {
        for (end = first + 1; end < r->n && r->rows[end].day == r->rows[first].day;) end++;
        double weight = pow((double)(end - first), r->options->bulk - 1);
        for (int64_t i = first; i < end; i++) r->rows[i].weight = weight;
    }
}

static lnt_status read_rows(lnt_engine *engine, const lnt_table *table, rolling *r, lnt_error *err) {
    const lnt_column *times, *family, *predicted, *probability;
    lnt_column *classes = NULL;
    uint32_t *labels = NULL, *truth = NULL;
    LNT_TRY(lnt__learn_column(table, "first_seen", "predictions", &times, err));
    LNT_TRY(lnt__learn_column(table, "family", "predictions", &family, err));
    LNT_TRY(lnt__learn_column(table, "predicted", "predictions", &predicted, err));
    LNT_TRY(lnt__learn_column(table, "probability", "predictions", &probability, err));
    if (lnt_column_type(times) != LNT_TIME || lnt_column_type(probability) != LNT_FLOAT)
        return lnt_error_set(err, LNT_TYPE, "predictions need first_seen as time and probability as float");
    lnt_status status = lnt__classes_of(engine, predicted, &classes, &labels, err);
    if (status == LNT_OK) status = lnt__labels_among(engine, family, classes, &truth, err);
    if (status == LNT_OK) r->n_labels = lnt_column_length(classes) + 1;
    for (int64_t i = 0; i < r->n && status == LNT_OK; i++) {
        lnt_value time = lnt_column_get(times, i), p = lnt_column_get(probability, i);
        int64_t us = time.is_null ? 0 : time.as.i, into = us % DAY_US;
        bool none = labels[i] == UINT32_MAX;
        r->rows[i] = (prediction){.probability = p.is_null ? 0 : p.as.f,
                                  .day = (us - (into < 0 ? into + DAY_US : into)) / DAY_US,
                                  .label = none ? (uint32_t)(r->n_labels - 1) : labels[i],
                                  .right = !none && truth[i] == labels[i]};
    }
    weigh_days(r);
    lnt_column_unref(classes);
    lnt_free(labels);
    lnt_free(truth);
    return status;
}

static lnt_status run(lnt_engine *engine, const lnt_table *table, int64_t n_before, rolling *r, lnt_rolling_sums *out,
                      lnt_error *err) {
    if (!(r->rows = lnt_alloc_array(r->n, sizeof *r->rows, err))) return LNT_NOMEM;
    LNT_TRY(read_rows(engine, table, r, err));
    if (!(r->factor = lnt_alloc_array(r->n_labels, sizeof *r->factor, err))) return LNT_NOMEM;
    if (!(r->hits = lnt_alloc_array(r->n_labels, sizeof *r->hits, err))) return LNT_NOMEM;
    if (!(r->sums = lnt_alloc_array(r->n_labels, sizeof *r->sums, err))) return LNT_NOMEM;
    if (!(r->known = lnt_alloc_array(r->n, sizeof *r->known, err))) return LNT_NOMEM;
    if (!(r->chosen = lnt_alloc_array(r->options->n_wanted, sizeof *r->chosen, err))) return LNT_NOMEM;
    if (!(r->seen = lnt_alloc_array(r->n_labels, r->options->n_wanted, err))) return LNT_NOMEM;
    return go_through(engine, r, n_before, out, err);
}

lnt_status lnt_rolling_thresholds(lnt_engine *engine, const lnt_table *predictions, int64_t n_before,
                                  const lnt_rolling_options *options, lnt_rolling_sums *out, lnt_error *err) {
    rolling r = {.options = options, .n = lnt_table_n_rows(predictions)};
    if (n_before < 0 || n_before > r.n || options->recent < 1 || options->n_wanted < 1 || !(options->strength > 0) ||
        !(options->bulk >= 0) || !(options->bulk <= 1))
        return lnt_error_set(err, LNT_ARGUMENT, "rolling thresholds need strength, recent and wanted above 0, bulk from 0 to 1, "
                                                "and at most all rows before");
    for (int64_t w = 0; w < options->n_wanted; w++) out[w] = (lnt_rolling_sums){0};
    lnt_status status = run(engine, predictions, n_before, &r, out, err);
    lnt_free(r.rows);
    lnt_free(r.factor);
    lnt_free(r.hits);
    lnt_free(r.sums);
    lnt_free(r.known);
    lnt_free(r.chosen);
    lnt_free(r.seen);
    return status;
}
