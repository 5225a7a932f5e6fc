/// @file test_predict.c
/// Predicting: many rows, which are looked up together, come to what each comes to alone, node by node.
#include "learn_tables.h"

enum { ROWS = 2500, ALONE = 120, MOST = 12 };

static const char *const names[] = {"n0", "c1", "n2", "c3", "n4", "n5", "c6", "n7", "n8", "c9", "n10", "n11", "y"};

/// A feature's value: evenly spread numbers, numbers that lie in a few heaps, levels side by side or far apart, nulls.
static double number_of(int f, uint64_t r) {
    if (r % 11 == 0) return -999;
    double even = (double)(r >> 40) / 1e4;
    return f % 4 == 0 ? even : pow(1.0001, even) * (r % 3 ? 1 : 1e6);
}

static int64_t level_of(int f, uint64_t r) {
    return (int64_t)(r % 400) * (f % 2 == 1 && f > 3 ? 1000003 : 1) - 50;
}

static lnt_table *wide_table(lnt_engine *engine, int n_features, int64_t n, int64_t k, uint64_t seed) {
    lnt_column *columns[MOST + 1];
    double x[ROWS];
    int64_t c[ROWS], y[ROWS];
    uint64_t noise = seed + 99;
    for (int64_t i = 0; i < n; i++) y[i] = (int64_t)(next_random(&noise) % 4 == 0 ? next_random(&noise) % (uint64_t)k : 0);
    for (int f = 0; f < n_features; f++) {
        uint64_t state = seed + (uint64_t)f * 1000;
        for (int64_t i = 0; i < n; i++) {
            uint64_t r = next_random(&state);
            x[i] = number_of(f, r);
            c[i] = level_of(f, r);
            if (f < 4) y[i] = (y[i] + (names[f][0] == 'c' ? c[i] * 7 % 11 : x[i] > 800)) % k;
        }
        columns[f] = names[f][0] == 'c' ? ints(engine, c, n) : floats(engine, x, n);
    }
    columns[n_features] = ints(engine, y, n);
    const char *of[MOST + 1];
    memcpy(of, names, (size_t)n_features * sizeof *of);
    of[n_features] = "y";
    return table_of(of, columns, n_features + 1);
}

static void check_alone(lnt_engine *engine, const lnt_model *model, const lnt_table *table) {
    lnt_column *classes = NULL, *shares = NULL;
    lnt_table *proba = NULL;
    CHECK_OK(lnt_model_predict(engine, model, table, &classes, &shares, &err), &err);
    CHECK_OK(lnt_model_predict_proba(engine, model, table, &proba, &err), &err);
    int64_t step = lnt_table_n_rows(table) / ALONE, n_classes = lnt_model_get_info(model).n_classes, wrong = 0;
    for (int64_t i = 0; i < lnt_table_n_rows(table); i += step) {
        lnt_table *row = NULL, *row_proba = NULL;
        lnt_column *row_class = NULL, *row_share = NULL;
        CHECK_OK(lnt_table_take(engine, table, &i, 1, &row, &err), &err);
        CHECK_OK(lnt_model_predict(engine, model, row, &row_class, &row_share, &err), &err);
        CHECK_OK(lnt_model_predict_proba(engine, model, row, &row_proba, &err), &err);
        wrong += lnt_column_get(row_class, 0).as.i != lnt_column_get(classes, i).as.i;
        wrong += lnt_column_get(row_share, 0).as.f != lnt_column_get(shares, i).as.f;
        for (int64_t k = 0; k < n_classes; k++) {
            wrong += lnt_column_get(lnt_table_column(row_proba, k), 0).as.f !=
                     lnt_column_get(lnt_table_column(proba, k), i).as.f;
        }
        lnt_table_unref(row);
        lnt_table_unref(row_proba);
        lnt_column_unref(row_class);
        lnt_column_unref(row_share);
    }
    CHECK_INT(wrong, 0);
    lnt_table_unref(proba);
    lnt_column_unref(classes);
    lnt_column_unref(shares);
}

static void check_learner(lnt_learner learner, int n_features) {
    static const char *const categories[] = {"c1", "c3", "c6", "c9"};
    lnt_engine *engine = engine_of(2);
    lnt_table *table = wide_table(engine, n_features, ROWS, 7, 3), *later = wide_table(engine, n_features, ROWS, 7, 77);
    lnt_learn_options options = {.learner = learner, .n_trees = 5, .features = names, .n_features = n_features,
                                 .categories = categories, .n_categories = n_features > 4 ? 4 : 2, .min_level = 2};
    for (int64_t leaf = 1; leaf <= 9; leaf += 4) {
        options.min_leaf = leaf;
        options.smoothing = leaf == 5 ? 1.5 : 0;
        lnt_model *model = fit(engine, table, options);
        check_alone(engine, model, later);
        lnt_model_free(model);
    }
    lnt_table_unref(table);
    lnt_table_unref(later);
    lnt_engine_free(engine);
}

TEST(rows_together_come_to_what_they_come_to_alone) {
    static const lnt_learner learners[] = {LNT_TREE, LNT_FOREST, LNT_EXTRA_TREES, LNT_BOOSTING};
    for (int i = 0; i < 4; i++) {
        check_learner(learners[i], 4);
        check_learner(learners[i], MOST); // more than are looked up without asking which
    }
}

/// The share of class `c` in the first row, and what explaining it sums up to.
static double share_and_moves(lnt_engine *engine, const lnt_model *model, const lnt_table *table, int64_t c, double *sum) {
    lnt_table *proba = NULL, *told = NULL;
    CHECK_OK(lnt_model_predict_proba(engine, model, table, &proba, &err), &err);
    CHECK_OK(lnt_model_explain(engine, model, table, 0, c, &told, &err), &err);
    double share = lnt_column_get(lnt_table_column(proba, c), 0).as.f;
    *sum = 0;
    for (int64_t i = 0; i < lnt_table_n_rows(told); i++) *sum += lnt_column_get(lnt_table_column(told, 2), i).as.f;
    lnt_table_unref(proba);
    lnt_table_unref(told);
    return share;
}

TEST(smoothing_draws_leaves_to_the_shares_of_all_rows) {
    lnt_engine *engine = engine_of(1);
    const double x[] = {1, 2, 3, 4, 5, 6, 7, 8};
    lnt_column *columns[] = {floats(engine, x, 8), letters(engine, "uuuuuuuu", 8), letters(engine, "aabbbbbb", 8)};
    lnt_table *table = table_of(x_c_y, columns, 3);
    lnt_learn_options options = {.learner = LNT_TREE, .smoothing = 2};
    lnt_model *model = fit(engine, table, options), *loaded = NULL;
    double sum; // two rows of a, and two that are a to a quarter
    CHECK(fabs(share_and_moves(engine, model, table, 0, &sum) - 2.5 / 4) < 1e-6 && fabs(sum - 2.5 / 4) < 1e-6);
    CHECK(fabs(share_and_moves(engine, model, table, 1, &sum) - 1.5 / 4) < 1e-6 && fabs(sum - 1.5 / 4) < 1e-6);
    char path[] = "/tmp/lunette-model-XXXXXX";
    close(mkstemp(path));
    CHECK_OK(lnt_model_save(model, path, &err), &err);
    CHECK_OK(lnt_model_load(engine, path, &loaded, &err), &err);
    CHECK(fabs(share_and_moves(engine, loaded, table, 0, &sum) - 2.5 / 4) < 1e-6);
    remove(path);
    lnt_model_free(loaded);
    lnt_model_free(model);
    options.smoothing = -1;
    model = NULL;
    options.target = "y", options.features = x_c, options.n_features = 2;
    CHECK_INT(lnt_model_fit(engine, table, &options, &model, &err), LNT_ARGUMENT);
    lnt_error_init(&err);
    options.smoothing = 0; // as before: the file of a model without it is of the version before
    model = fit(engine, table, options);
    int64_t size;
    char *bytes = saved(model, &size);
    CHECK(bytes[8] == 2);
    CHECK(share_and_moves(engine, model, table, 0, &sum) == 1);
    free(bytes);
    lnt_model_free(model);
    lnt_table_unref(table);
    lnt_engine_free(engine);
}

int main(int argc, char **argv) {
    return check_main(argc, argv);
}
