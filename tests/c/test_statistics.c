/// @file test_statistics.c
/// quantile, var, stddev, corr, mode, entropy, any, all, list and count_distinct_approx against a row loop.
#include <math.h>

#include "plans.h"

static lnt_engine *engines[3];
static const char *const names[] = {"k", "b", "i", "f", "s", "t", "ip", "g"};
enum { KEY, FIRST_VALUE, N_VALUES = 6, OTHER = 7, N_GROUPS = 5 };

static sample all_types(int64_t n_rows, int64_t distinct, int null_percent, uint64_t seed) {
    model_kind kinds[] = {{LNT_INT, 0, N_GROUPS},
                          {LNT_BOOL, null_percent, 2},
                          {LNT_INT, null_percent, distinct},
                          {LNT_FLOAT, null_percent, distinct},
                          {LNT_STRING, null_percent, distinct},
                          {LNT_TIME, null_percent, distinct},
                          {LNT_IP, null_percent, distinct},
                          {LNT_INT, null_percent, distinct}};
    return sample_new(engines[0], names, kinds, 8, n_rows, seed);
}

/// The values of one column in the rows of one group, nulls left out, in row order.
typedef struct picked {
    lnt_value *values, *others; ///< others: of the column OTHER in the same row, null or not
    int64_t n;
} picked;

static picked pick(const sample *s, int64_t column, lnt_value key) {
    picked p = {calloc((size_t)s->n_rows + 1, sizeof(lnt_value)), calloc((size_t)s->n_rows + 1, sizeof(lnt_value)), 0};
    for (int64_t i = 0; i < s->n_rows; i++) {
        if (!model_same(s->columns[KEY].values[i], key) || s->columns[column].values[i].is_null) continue;
        p.others[p.n] = s->columns[OTHER].values[i];
        p.values[p.n++] = s->columns[column].values[i];
    }
    return p;
}

static void picked_free(picked *p) {
    free(p->values);
    free(p->others);
}

static double number(lnt_value value) {
    return value.type == LNT_INT ? (double)value.as.i : value.as.f;
}

static bool near(double a, double b) {
    if (isnan(a) || isnan(b)) return isnan(a) && isnan(b);
    return a == b || fabs(a - b) <= 1e-9 * (fabs(a) + fabs(b)) + 1e-12;
}

/// Two passes over the pairs that are there: the variance of x, or the correlation.
static double naive_moment(const picked *p, bool corr, int64_t *n) {
    double x = 0, y = 0, xx = 0, yy = 0, xy = 0;
    *n = 0;
    for (int64_t i = 0; i < p->n; i++) {
        if (corr && p->others[i].is_null) continue;
        x += number(p->values[i]);
        y += corr ? number(p->others[i]) : 0;
        ++*n;
    }
    for (int64_t i = 0; i < p->n; i++) {
        if (corr && p->others[i].is_null) continue;
        double dx = number(p->values[i]) - x / (double)*n, dy = corr ? number(p->others[i]) - y / (double)*n : 0;
        xx += dx * dx;
        yy += dy * dy;
        xy += dx * dy;
    }
    return corr ? xy / sqrt(xx * yy) : xx / (double)(*n - 1);
}

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    if (isnan(x) || isnan(y)) return isnan(x) - isnan(y);
    return (x > y) - (x < y);
}

static double naive_quantile(const picked *p, double share) {
    double *sorted = calloc((size_t)p->n, sizeof *sorted), place = share * (double)(p->n - 1);
    for (int64_t i = 0; i < p->n; i++) sorted[i] = number(p->values[i]);
    qsort(sorted, (size_t)p->n, sizeof *sorted, compare_doubles);
    int64_t low = (int64_t)place, high = low + 1 < p->n ? low + 1 : low;
    double part = place - (double)low;
    double result =
        part == 0 || sorted[low] == sorted[high] ? sorted[low] : sorted[low] * (1 - part) + sorted[high] * part;
    free(sorted);
    return result;
}

static bool same_value(lnt_value a, lnt_value b) {
    if (a.type == LNT_FLOAT) return a.as.f == b.as.f || (isnan(a.as.f) && isnan(b.as.f));
    return model_same(a, b);
}

/// The most frequent value (of several the first), and the entropy of all.
static lnt_value naive_frequency(const picked *p, double *entropy, int64_t *n_distinct) {
    lnt_value *seen = calloc((size_t)p->n + 1, sizeof *seen);
    int64_t *counts = calloc((size_t)p->n + 1, sizeof *counts), n = 0, best = 0;
    for (int64_t i = 0; i < p->n; i++) {
        int64_t at = 0;
        while (at < n && !same_value(seen[at], p->values[i])) at++;
        seen[at] = p->values[i];
        n += at == n;
        counts[at]++;
    }
    *entropy = 0;
    for (int64_t i = 0; i < n; i++) {
        if (counts[i] > counts[best]) best = i;
        double share = (double)counts[i] / (double)p->n;
        *entropy -= share * log2(share);
    }
    lnt_value value = seen[best];
    *n_distinct = n;
    free(seen);
    free(counts);
    return value;
}

static lnt_value result_at(const lnt_table *result, const char *name, int64_t row) {
    return lnt_column_get(lnt_table_column(result, lnt_schema_find(lnt_table_schema(result), name, -1)), row);
}

static void check_float(lnt_value got, bool is_null, double want, const char *what) {
    CHECK_MSG(got.is_null == is_null, "%s", what);
    if (!is_null && !got.is_null) CHECK_MSG(near(got.as.f, want), "%s: %.17g, not %.17g", what, got.as.f, want);
}

static void check_numbers(const picked *p, const lnt_table *result, int64_t g) {
    int64_t n;
    double variance = naive_moment(p, false, &n);
    check_float(result_at(result, "var", g), n < 2, variance, "var");
    check_float(result_at(result, "stddev", g), n < 2, sqrt(variance), "stddev");
    double corr = naive_moment(p, true, &n);
    lnt_value got = result_at(result, "corr", g);
    if (n < 2 || !got.is_null) check_float(got, n < 2, corr, "corr");
    static const double shares[] = {0, 0.25, 0.9, 1};
    static const char *const quantiles[] = {"q0", "q25", "q90", "q100"};
    for (int q = 0; q < 4; q++)
        check_float(result_at(result, quantiles[q], g), p->n == 0, p->n ? naive_quantile(p, shares[q]) : 0,
                    quantiles[q]);
}

static void check_group(const sample *s, int64_t column, const lnt_table *result, int64_t g) {
    picked p = pick(s, column, lnt_column_get(lnt_table_column(result, 0), g));
    lnt_type type = s->columns[column].kind.type;
    double entropy;
    int64_t n_distinct;
    lnt_value mode = naive_frequency(&p, &entropy, &n_distinct), got = result_at(result, "mode", g);
    CHECK(got.is_null == (p.n == 0));
    if (p.n && !got.is_null) CHECK_MSG(same_value(got, mode), "mode of %s", names[column]);
    check_float(result_at(result, "entropy", g), p.n == 0, entropy, "entropy");
    int64_t about = result_at(result, "about", g).as.i;
    CHECK_MSG(llabs(about - n_distinct) <= 2 + n_distinct / 50, "about %" PRId64 " of %" PRId64, about, n_distinct);
    if (type == LNT_INT || type == LNT_FLOAT) check_numbers(&p, result, g);
    bool any = false, all = true;
    for (int64_t i = 0; type == LNT_BOOL && i < p.n; i++) {
        any = any || p.values[i].as.b;
        all = all && p.values[i].as.b;
    }
    if (type == LNT_BOOL) CHECK(result_at(result, "any", g).as.b == any && result_at(result, "all", g).as.b == all);
    picked_free(&p);
}

static void check_column(const sample *s, int64_t column, bool keyed) {
    static const char *const forms[] = {
        "mode = mode(%s)",       "entropy = entropy(%s)",    "about = count_distinct_approx(%s)",
        "var = var(%s)",         "stddev = stddev(%s)",      "corr = corr(%s, g)",
        "q0 = quantile(%s, 0)",  "q25 = quantile(%s, 0.25)", "q90 = quantile(%s, 0.9)",
        "q100 = quantile(%s, 1)"};
    lnt_type type = s->columns[column].kind.type;
    char texts[10][64];
    const char *definitions[10], *key = "k";
    int n = type == LNT_INT || type == LNT_FLOAT ? 10 : type == LNT_BOOL ? 5 : 3;
    for (int d = 0; d < n; d++) {
        const char *form = type == LNT_BOOL && d >= 3 ? (d == 3 ? "any = any(%s)" : "all = all(%s)") : forms[d];
        snprintf(texts[d], sizeof texts[d], form, names[column]);
        definitions[d] = texts[d];
    }
    lnt_plan *plan = sample_plan(s);
    PLANS_STEP(plan, lnt_plan_aggregate(plan, &key, keyed, definitions, n, NULL, out, err));
    lnt_table *result = plans_run(engines, plan, definitions[0]);
    lnt_plan_unref(plan);
    for (int64_t g = 0; keyed && result && g < lnt_table_n_rows(result); g++) check_group(s, column, result, g);
    lnt_table_unref(result);
}

TEST(statistics_of_every_type_agree_with_a_row_loop) {
    static const int64_t lengths[] = {0, 1, 2, 63, 64, 65, 5000};
    for (int l = 0; l < 7; l++)
        for (int nulls = 0; nulls <= 100; nulls += 50) {
            sample s = all_types(lengths[l], 40, nulls == 50 ? 20 : nulls, (uint64_t)l + 100);
            for (int64_t c = FIRST_VALUE; c < FIRST_VALUE + N_VALUES; c++) check_column(&s, c, true);
            check_column(&s, FIRST_VALUE, false);
            sample_free(&s);
        }
}

TEST(tables_of_several_morsels_have_the_same_statistics) {
    sample s = all_types(300000, 60, 5, 31);
    for (int64_t c = FIRST_VALUE; c < FIRST_VALUE + N_VALUES; c++) check_column(&s, c, true);
    sample_free(&s);
}

TEST(statistics_of_almost_as_many_groups_as_rows_are_the_same_at_any_number_of_threads) {
    model_kind kinds[] = {{LNT_INT, 0, 1000000}, {LNT_STRING, 5, 50}, {LNT_FLOAT, 5, 1000}};
    static const char *const own[] = {"k", "s", "f"};
    static const char *const definitions[] = {"a = list(s, ';')",     "b = mode(s)",
                                              "c = entropy(s)",       "d = stddev(f)",
                                              "e = quantile(f, 0.3)", "g = count_distinct_approx(s)",
                                              "h = corr(f, k)"};
    sample s = sample_new(engines[0], own, kinds, 3, 280000, 33);
    const char *key = "k";
    lnt_plan *plan = sample_plan(&s);
    PLANS_STEP(plan, lnt_plan_aggregate(plan, &key, 1, definitions, 7, NULL, out, err));
    lnt_table_unref(plans_run(engines, plan, "many groups"));
    lnt_plan_unref(plan);
    sample_free(&s);
}

TEST(a_list_has_the_texts_in_row_order) {
    static const int64_t lengths[] = {0, 1, 63, 64, 65, 5000};
    static const char *const definitions[] = {"plain = list(s)", "dense = list(s, '')", "ints = list(i, '|')"};
    for (int l = 0; l < 6; l++) {
        sample s = all_types(lengths[l], 30, 20, (uint64_t)l + 7);
        lnt_plan *plan = sample_plan(&s);
        const char *key = "k";
        PLANS_STEP(plan, lnt_plan_aggregate(plan, &key, 1, definitions, 3, NULL, out, err));
        lnt_table *result = plans_run(engines, plan, "list");
        for (int64_t g = 0; g < lnt_table_n_rows(result); g++) {
            for (int d = 0; d < 3; d++) {
                picked p = pick(&s, d == 2 ? 2 : 4, lnt_column_get(lnt_table_column(result, 0), g));
                lnt_text want = {0};
                for (int64_t i = 0; i < p.n; i++) {
                    lnt_text_add(&want, i == 0 ? "" : d == 0 ? ", " : d == 1 ? "" : "|", -1);
                    if (d == 2) lnt_text_addf(&want, "%" PRId64, p.values[i].as.i);
                    if (d != 2) lnt_text_add(&want, p.values[i].as.s.data, p.values[i].as.s.size);
                }
                lnt_value got = lnt_column_get(lnt_table_column(result, 1 + d), g);
                CHECK(got.is_null == (p.n == 0));
                if (p.n) CHECK(lnt_str_equal(got.as.s, (lnt_str){want.data, want.size}));
                lnt_text_clear(&want);
                picked_free(&p);
            }
        }
        lnt_table_unref(result);
        lnt_plan_unref(plan);
        sample_free(&s);
    }
}

TEST(an_approximate_count_is_within_a_few_percent) {
    static const int64_t distinct[] = {10, 1000, 20000, 10000000};
    for (int d = 0; d < 4; d++) {
        model_kind kinds[] = {{LNT_INT, 0, distinct[d]}, {LNT_STRING, 0, distinct[d]}, {LNT_IP, 0, distinct[d]}};
        static const char *const own[] = {"i", "s", "ip"};
        static const char *const definitions[] = {"a = count_distinct_approx(i)",  "b = count_distinct_approx(s)",
                                                  "c = count_distinct_approx(ip)", "d = count_distinct(i)",
                                                  "e = count_distinct(s)",         "f = count_distinct(ip)"};
        sample s = sample_new(engines[0], own, kinds, 3, 200000, 41);
        lnt_plan *plan = sample_plan(&s);
        PLANS_STEP(plan, lnt_plan_aggregate(plan, NULL, 0, definitions, 6, NULL, out, err));
        lnt_table *result = plans_run(engines, plan, "approximate");
        for (int64_t c = 0; c < 3; c++) {
            int64_t about = lnt_column_get(lnt_table_column(result, c), 0).as.i;
            int64_t exact = lnt_column_get(lnt_table_column(result, c + 3), 0).as.i;
            CHECK_MSG(llabs(about - exact) * 20 <= exact, "%s: about %" PRId64 ", exactly %" PRId64, own[c], about,
                      exact);
        }
        lnt_table_unref(result);
        lnt_plan_unref(plan);
        sample_free(&s);
    }
}

TEST(mistakes_in_second_arguments_are_refused) {
    static const struct {
        const char *definition, *message;
    } cases[] = {
        {"x = quantile(i, 2)", "the second argument of quantile must be a constant number from 0 to 1"},
        {"x = quantile(i, g)", "the second argument of quantile must be a constant number from 0 to 1"},
        {"x = quantile(i)", "quantile takes 2 arguments, not 1"},
        {"x = list(s, i)", "the second argument of list must be a constant string"},
        {"x = list()", "list takes 1 or 2 arguments, not 0"},
        {"x = corr(i, s)", "the second argument of corr must be int or float"},
        {"x = any(i)", "any doesn't take int"},
    };
    sample s = all_types(10, 5, 0, 19);
    lnt_plan *plan = sample_plan(&s), *made = NULL;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lnt_error err = {0};
        CHECK_INT(lnt_plan_aggregate(plan, NULL, 0, &cases[i].definition, 1, NULL, &made, &err), LNT_TYPE);
        CHECK_STR(err.message, cases[i].message);
    }
    lnt_plan_unref(plan);
    sample_free(&s);
}

TEST(no_allocation_that_fails_is_forgotten) {
    sample s = all_types(300, 20, 10, 23);
    const char *key = "k";
    static const char *const definitions[] = {
        "a = mode(s)",        "b = entropy(ip)", "c = quantile(f, 0.5)",         "d = list(s)", "e = list(i) where b",
        "f = corr(i + 1, g)", "h = stddev(f)",   "j = count_distinct_approx(s)", "l = any(b)"};
    for (int keyed = 0; keyed < 2; keyed++) {
        lnt_plan *plan = sample_plan(&s);
        PLANS_STEP(plan, lnt_plan_aggregate(plan, &key, keyed, definitions, 9, NULL, out, err));
        plans_check_nomem(engines[0], plan, "statistics");
        lnt_plan_unref(plan);
    }
    sample_free(&s);
}

int main(int argc, char **argv) {
    for (int i = 0; i < 3; i++) engines[i] = plans_engine(i == 0 ? 1 : i == 1 ? 2 : 7);
    int status = check_main(argc, argv);
    for (int i = 0; i < 3; i++) lnt_engine_free(engines[i]);
    return status;
}
