/// @file test_boost.c
/// Boosting: first rounds known by hand, odd inputs, the same model at any number of threads, damaged files.
#include "learn_tables.h"

enum { CANT = -999 };

static lnt_learn_options boosting(int64_t rounds) {
    return (lnt_learn_options){.learner = LNT_BOOSTING, .n_trees = rounds};
}

/// The predictions of a regression, or the probabilities of class `c`.
static void read_values(lnt_engine *engine, const lnt_model *model, const lnt_table *table, int64_t c, double *out) {
    if (lnt_model_get_info(model).regression) {
        lnt_column *values = NULL, *none = NULL;
        CHECK_OK(lnt_model_predict(engine, model, table, &values, &none, &err), &err);
        for (int64_t i = 0; i < lnt_column_length(values); i++) out[i] = lnt_column_get(values, i).as.f;
        lnt_column_unref(values);
        lnt_column_unref(none);
        return;
    }
    lnt_table *proba = NULL;
    CHECK_OK(lnt_model_predict_proba(engine, model, table, &proba, &err), &err);
    for (int64_t i = 0; i < lnt_table_n_rows(proba); i++) out[i] = lnt_column_get(lnt_table_column(proba, c), i).as.f;
    lnt_table_unref(proba);
}

TEST(a_regression_known_by_hand_is_found) {
    lnt_engine *engine = engine_of(1);
    const double x[] = {1, 2, 3, 4}, y[] = {1, 1, 5, 9};
    lnt_column *columns[] = {floats(engine, x, 4), letters(engine, "uuuu", 4), floats(engine, y, 4)};
    lnt_table *table = table_of(x_c_y, columns, 3);
    lnt_learn_options options = boosting(1);
    options.regression = true;
    options.max_depth = 1;
    options.shrinkage = 1;
    options.l2 = -1; // none
    lnt_model *model = fit(engine, table, options);
    double out[4];
    read_values(engine, model, table, 0, out); // the mean is 4; the best split wins (3 + 3)² / 2 + (1 + 5)² / 2
    for (int i = 0; i < 4; i++) CHECK(fabs(out[i] - (i < 2 ? 1 : 7)) < 2e-3);
    check_rules(model, "x <= 2.5: -3 by 2 rows\nx > 2.5 or null: +3 by 2 rows\n");
    lnt_model_free(model);
    options.l2 = 2; // halves the leaves of two rows
    options.shrinkage = 0.5;
    model = fit(engine, table, options);
    check_rules(model, "x <= 2.5: -0.75 by 2 rows\nx > 2.5 or null: +0.75 by 2 rows\n");
    lnt_model_free(model);
    lnt_table_unref(table);
    lnt_engine_free(engine);
}

TEST(two_classes_known_by_hand_are_told_apart) {
    lnt_engine *engine = engine_of(1);
    const double x[] = {1, 2, 3, 4};
    lnt_column *columns[] = {floats(engine, x, 4), letters(engine, "uuuu", 4), letters(engine, "aabb", 4)};
    lnt_table *table = table_of(x_c_y, columns, 3);
    lnt_learn_options options = boosting(1);
    lnt_model *model = fit(engine, table, options);
    double out[4]; // first derivatives are ±1/2, second ones 1/4: leaves are ∓1 / (1/2 + 1), a tenth of it is added
    read_values(engine, model, table, 1, out);
    for (int i = 0; i < 4; i++) CHECK(fabs(out[i] - 1 / (1 + exp(i < 2 ? 0.1 / 1.5 : -0.1 / 1.5))) < 1e-5);
    lnt_model_free(model);
    lnt_table_unref(table);
    lnt_engine_free(engine);
}

TEST(a_category_is_split_by_the_gradients_of_its_levels) {
    lnt_engine *engine = engine_of(1);
    double x[60], y[60];
    char c[61] = {0};
    for (int i = 0; i < 60; i++) { // the letters b, d, f stand for 10, the others for 0
        x[i] = 0;
        c[i] = (char)('a' + i % 6);
        y[i] = i % 2 ? 10 : 0;
    }
    lnt_column *columns[] = {floats(engine, x, 60), letters(engine, c, 60), floats(engine, y, 60)};
    lnt_table *table = table_of(x_c_y, columns, 3);
    lnt_learn_options options = boosting(1);
    options.regression = true;
    options.shrinkage = 1;
    options.l2 = options.category_l2 = -1;
    options.max_leaves = 2;
    lnt_model *model = fit(engine, table, options);
    check_rules(model, "c in ('b', 'd', 'f'): +5 by 30 rows\nc not in ('b', 'd', 'f'): -5 by 30 rows\n");
    lnt_model_free(model);
    options.category_l2 = 1e6; // draws all levels to the same
    options.min_gain = 1;
    model = fit(engine, table, options);
    CHECK_INT(lnt_model_get_info(model).n_nodes, 1);
    lnt_model_free(model);
    lnt_table_unref(table);
    lnt_engine_free(engine);
}

TEST(missing_values_and_infinities_find_their_side) {
    lnt_engine *engine = engine_of(1);
    const double x[] = {1, 2, NAN, CANT, 10, INFINITY, -INFINITY, 1.5}, y[] = {0, 0, 8, 8, 8, 8, 0, 0};
    lnt_column *columns[] = {floats(engine, x, 8), letters(engine, "--------", 8), floats(engine, y, 8)};
    lnt_table *table = table_of(x_c_y, columns, 3);
    lnt_learn_options options = boosting(1);
    options.regression = true;
    options.shrinkage = 1;
    options.l2 = -1;
    lnt_model *model = fit(engine, table, options);
    double out[8];
    read_values(engine, model, table, 0, out);
    for (int i = 0; i < 8; i++) CHECK(fabs(out[i] - y[i]) < 1e-2);
    lnt_model_free(model);
    lnt_table_unref(table);
    lnt_engine_free(engine);
}

TEST(one_class_one_row_constants_and_all_missing_give_what_there_is) {
    lnt_engine *engine = engine_of(2);
    const double x[] = {CANT, NAN, CANT, NAN, CANT}, y[] = {3, CANT, 5, NAN, INFINITY};
    for (int64_t n = 1; n <= 5; n += 4) {
        lnt_column *one[] = {floats(engine, x, n), letters(engine, "-----", n), letters(engine, "aaaaa", n)};
        lnt_column *some[] = {floats(engine, x, n), letters(engine, "-----", n), letters(engine, "abcab", n)};
        lnt_column *numbers[] = {floats(engine, x, n), letters(engine, "-----", n), floats(engine, y, n)};
        lnt_table *tables[] = {table_of(x_c_y, one, 3), table_of(x_c_y, some, 3), table_of(x_c_y, numbers, 3)};
        for (int t = 0; t < 3; t++) {
            lnt_learn_options options = boosting(20);
            options.regression = t == 2;
            options.patience = 3;
            lnt_model *model = fit(engine, tables[t], options);
            double out[5];
            read_values(engine, model, tables[t], 0, out);
            if (t == 0) CHECK(fabs(out[0] - 1) < 1e-6);
            if (t == 2) CHECK(fabs(out[0] - (n == 1 ? 3 : 4)) < 1.01); // what is held out isn't learned from
            lnt_model_free(model);
            lnt_table_unref(tables[t]);
        }
    }
    lnt_engine_free(engine);
}

TEST(a_thousand_classes_are_told_apart) {
    lnt_engine *engine = engine_of(2);
    enum { K = 1000, N = 4000 };
    double *x = malloc(N * 8);
    int64_t *c = malloc(N * 8), *y = malloc(N * 8);
    for (int64_t i = 0; i < N; i++) {
        y[i] = i % K;
        x[i] = (double)(y[i] / 40); // 25 values, and 40 levels in each
        c[i] = y[i] % 40;
    }
    lnt_column *columns[] = {floats(engine, x, N), ints(engine, c, N), ints(engine, y, N)};
    lnt_table *table = table_of(x_c_y, columns, 3);
    lnt_learn_options options = boosting(8);
    options.categories = category_c;
    options.n_categories = 1;
    options.shrinkage = 0.5;
    options.category_l2 = -1;
    lnt_model *model = fit(engine, table, options);
    CHECK_INT(lnt_model_get_info(model).n_rounds, 8);
    lnt_column *classes = NULL, *probabilities = NULL;
    CHECK_OK(lnt_model_predict(engine, model, table, &classes, &probabilities, &err), &err);
    int64_t hits = 0;
    for (int64_t i = 0; i < N; i++) hits += lnt_column_get(classes, i).as.i == y[i];
    CHECK(hits > N * 9 / 10);
    lnt_column_unref(classes);
    lnt_column_unref(probabilities);
    lnt_model_free(model);
    lnt_table_unref(table);
    lnt_engine_free(engine);
    free(x);
    free(c);
    free(y);
}

/// Many rows go down a tree that is laid out for them, a few go from node to node: with numbers, lists and bitmaps of
/// levels, missing values, and levels that training didn't have.
TEST(rows_together_come_to_the_leaves_that_they_come_to_alone) {
    lnt_engine *engine = engine_of(2);
    enum { N = 700, LEVELS = 300 };
    double x[N];
    int64_t c[N], y[N];
    uint64_t state = 9;
    for (int i = 0; i < N; i++) {
        x[i] = next_random(&state) % 10 == 0 ? CANT : (double)(next_random(&state) % 500);
        c[i] = (int64_t)(next_random(&state) % LEVELS);
        y[i] = (int64_t)(c[i] * 7 % 11 < 5) + 2 * (x[i] > 250);
    }
    static const char *const names[] = {"x", "c", "y"};
    lnt_column *columns[] = {floats(engine, x, N), ints(engine, c, N), ints(engine, y, N)};
    lnt_table *table = table_of(names, columns, 3);
    for (int64_t depth = 1; depth <= 9; depth += 2) {
        lnt_learn_options options = boosting(12);
        options.max_depth = depth;
        options.min_level = 2; // so that some levels are as if never seen
        options.categories = category_c;
        options.n_categories = 1;
        lnt_model *model = fit(engine, table, options);
        double together[N], alone;
        read_values(engine, model, table, 1, together);
        for (int64_t i = 0; i < N; i++) {
            lnt_table *row = NULL;
            CHECK_OK(lnt_table_take(engine, table, &i, 1, &row, &err), &err);
            read_values(engine, model, row, 1, &alone);
            CHECK(together[i] == alone);
            lnt_table_unref(row);
        }
        lnt_model_free(model);
    }
    lnt_table_unref(table);
    lnt_engine_free(engine);
}

TEST(a_boosted_model_is_the_same_bytes_with_any_number_of_threads) {
    static const int threads[] = {1, 2, 5};
    for (int kind = 0; kind < 5; kind++) { // the last: rows of few outputs, which the threads share
        char *first = NULL;
        int64_t first_size = 0;
        for (int t = 0; t < 3; t++) {
            lnt_engine *engine = engine_of(threads[t]);
            lnt_table *table = random_table(engine, kind < 2 ? 3000 : kind < 4 ? 30000 : 60000, kind == 1 || kind == 4 ? 2 : 9, 4);
            lnt_learn_options options = boosting(4);
            options.categories = category_c;
            options.n_categories = 1;
            options.row_share = kind == 3 ? 0.7 : 1;
            options.column_share = kind == 3 ? 0.5 : 1;
            options.max_leaves = kind == 2 ? 12 : 0;
            options.patience = kind == 3 ? 2 : 0;
            options.seed = 5;
            lnt_model *model = fit(engine, table, options);
            int64_t size;
            char *bytes = saved(model, &size);
            if (!first) first = bytes, first_size = size;
            else {
                CHECK(size == first_size && memcmp(bytes, first, (size_t)size) == 0);
                free(bytes);
            }
            lnt_model_free(model);
            lnt_table_unref(table);
            lnt_engine_free(engine);
        }
        free(first);
    }
}

TEST(leaves_are_limited_and_what_wins_most_is_split_first) {
    lnt_engine *engine = engine_of(1);
    const double x[] = {1, 2, 3, 4, 5, 6, 7, 8}, y[] = {0, 0, 0, 1, 50, 50, 90, 90};
    lnt_column *columns[] = {floats(engine, x, 8), letters(engine, "uuuuuuuu", 8), floats(engine, y, 8)};
    lnt_table *table = table_of(x_c_y, columns, 3);
    lnt_learn_options options = boosting(1);
    options.regression = true;
    options.shrinkage = 1;
    options.l2 = -1;
    options.max_leaves = 3;
    lnt_model *model = fit(engine, table, options);
    double out[8];
    read_values(engine, model, table, 0, out);
    const double wanted[] = {0.25, 0.25, 0.25, 0.25, 50, 50, 90, 90};
    for (int i = 0; i < 8; i++) CHECK(fabs(out[i] - wanted[i]) < 2e-2);
    lnt_model_free(model);
    lnt_table_unref(table);
    lnt_engine_free(engine);
}

TEST(it_stops_when_later_rows_gain_nothing_more) {
    lnt_engine *engine = engine_of(2);
    enum { N = 600 };
    double x[N], t[N];
    char y[N + 1] = {0}, c[N + 1] = {0};
    uint64_t state = 3;
    for (int i = 0; i < N; i++) { // what the noise says is learned by heart, and then is wrong
        x[i] = (double)(next_random(&state) % 1000);
        c[i] = 'u';
        y[i] = next_random(&state) % 10 < 3 ? 'a' : x[i] < 500 ? 'a' : 'b';
        t[i] = (double)(N - i);
    }
    static const char *const names[] = {"x", "c", "y", "t"};
    lnt_column *columns[] = {floats(engine, x, N), letters(engine, c, N), letters(engine, y, N), floats(engine, t, N)};
    lnt_table *table = table_of(names, columns, 4);
    lnt_learn_options options = boosting(500);
    options.patience = 10;
    options.held_share = 0.3;
    options.time = "t";
    lnt_model *model = fit(engine, table, options);
    CHECK(lnt_model_get_info(model).n_rounds < 400);
    options.time = NULL;
    lnt_model *other = fit(engine, table, options); // other rows are held out: the first in time
    int64_t size, other_size;
    char *bytes = saved(model, &size), *other_bytes = saved(other, &other_size);
    CHECK(size != other_size || memcmp(bytes, other_bytes, (size_t)size) != 0);
    free(bytes);
    free(other_bytes);
    lnt_model_free(model);
    lnt_model_free(other);
    lnt_table_unref(table);
    lnt_engine_free(engine);
}

TEST(weights_of_a_boosted_model_count_as_rows_do) {
    lnt_engine *engine = engine_of(1);
    const double x[] = {1, 2, 3, 4, 4, 4}, y[] = {5, 1, 2, 8, 8, 8}, w[] = {1, 1, 1, 3, 0, 0};
    static const char *const names[] = {"x", "c", "y", "w"};
    lnt_column *heavy[] = {floats(engine, x, 6), letters(engine, "uuvvvv", 6), floats(engine, y, 6), floats(engine, w, 6)};
    lnt_column *many[] = {floats(engine, x, 6), letters(engine, "uuvvvv", 6), floats(engine, y, 6)};
    lnt_table *one = table_of(names, heavy, 4), *other = table_of(x_c_y, many, 3);
    lnt_learn_options options = boosting(10);
    options.regression = true;
    options.weight = "w";
    lnt_model *a = fit(engine, one, options);
    options.weight = NULL;
    lnt_model *b = fit(engine, other, options);
    double from_a[6], from_b[6];
    read_values(engine, a, other, 0, from_a);
    read_values(engine, b, other, 0, from_b);
    for (int i = 0; i < 6; i++) CHECK(fabs(from_a[i] - from_b[i]) < 2e-3);
    lnt_model_free(a);
    lnt_model_free(b);
    lnt_table_unref(one);
    lnt_table_unref(other);
    lnt_engine_free(engine);
}

TEST(a_saved_boosted_model_comes_back_and_a_damaged_one_does_not) {
    lnt_engine *engine = engine_of(1);
    lnt_table *table = random_table(engine, 300, 4, 8);
    lnt_learn_options options = boosting(3);
    options.categories = category_c;
    options.n_categories = 1;
    options.max_depth = 3;
    lnt_model *model = fit(engine, table, options), *back = NULL;
    int64_t size, again_size;
    char *bytes = saved(model, &size);
    CHECK_INT(load_bytes(engine, bytes, size, &back), LNT_OK);
    char *again = saved(back, &again_size);
    CHECK(again_size == size && memcmp(bytes, again, (size_t)size) == 0);
    lnt_model_free(back);
    for (int64_t cut = 0; cut < size; cut += 1 + size / 100) CHECK_INT(load_bytes(engine, bytes, cut, &back), LNT_FORMAT);
    int64_t loaded = 0;
    for (int64_t at = 32; at < size; at += 1 + size / 2000) { // the checksum is made right again
        bytes[at] ^= (char)(1 << at % 8);
        uint64_t sum = lnt_hash_bytes(bytes + 32, size - 32);
        memcpy(bytes + 24, &sum, 8);
        back = NULL;
        if (load_bytes(engine, bytes, size, &back) == LNT_OK) {
            lnt_column *classes = NULL, *probabilities = NULL;
            if (lnt_model_predict(engine, back, table, &classes, &probabilities, NULL) == LNT_OK) loaded++;
            lnt_column_unref(classes);
            lnt_column_unref(probabilities);
        }
        lnt_model_free(back);
        bytes[at] ^= (char)(1 << at % 8);
    }
    CHECK(loaded > 0);
    free(bytes);
    free(again);
    lnt_model_free(model);
    lnt_table_unref(table);
    lnt_engine_free(engine);
}

TEST(contributions_sum_to_the_score) {
    lnt_engine *engine = engine_of(2);
    lnt_table *table = random_table(engine, 500, 5, 2), *proba = NULL;
    lnt_learn_options options = boosting(12);
    options.categories = category_c;
    options.n_categories = 1;
    lnt_model *model = fit(engine, table, options);
    CHECK_OK(lnt_model_predict_proba(engine, model, table, &proba, &err), &err);
    for (int64_t row = 0; row < 500; row += 99) {
        double scores[5], sum = 0;
        for (int64_t c = 0; c < 5; c++) {
            lnt_table *lines = NULL;
            scores[c] = 0;
            CHECK_OK(lnt_model_explain(engine, model, table, row, c, &lines, &err), &err);
            for (int64_t i = 0; i < 3; i++) scores[c] += lnt_column_get(lnt_table_column(lines, 2), i).as.f;
            sum += exp(scores[c]);
            lnt_table_unref(lines);
        }
        for (int64_t c = 0; c < 5; c++) {
            CHECK(fabs(exp(scores[c]) / sum - lnt_column_get(lnt_table_column(proba, c), row).as.f) < 1e-4);
        }
    }
    lnt_table_unref(proba);
    lnt_model_free(model);
    lnt_table_unref(table);
    lnt_engine_free(engine);
}

TEST(settings_out_of_range_say_so) {
    lnt_engine *engine = engine_of(1);
    lnt_table *table = random_table(engine, 50, 3, 2);
    lnt_learn_options wrong[] = {{.shrinkage = 1.5}, {.row_share = 2}, {.column_share = -0.5}, {.max_leaves = 1},
                                 {.patience = -1},   {.held_share = 1}, {.l2 = NAN},           {.regression = true, .balanced = true},
                                 {.n_trees = 900000}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        lnt_model *model = NULL;
        wrong[i].learner = LNT_BOOSTING;
        wrong[i].target = "y";
        wrong[i].features = x_c;
        wrong[i].n_features = 2;
        lnt_error e = {0};
        lnt_status status = lnt_model_fit(engine, table, &wrong[i], &model, &e);
        CHECK(status == LNT_ARGUMENT || status == LNT_LIMIT);
        CHECK(e.message[0] && !model);
    }
    lnt_table_unref(table);
    lnt_engine_free(engine);
}

TEST(without_memory_boosting_fails_cleanly) {
    lnt_engine *engine = engine_of(2);
    for (int64_t k = 2; k <= 3; k++) {
        lnt_table *table = random_table(engine, 200, k, 1);
        lnt_learn_options options = boosting(2);
        options.target = "y";
        options.features = x_c;
        options.n_features = 2;
        options.categories = category_c;
        options.n_categories = 1;
        options.patience = 1;
        for (int64_t n = 0;; n++) {
            lnt_model *model = NULL;
            lnt_error e = {0};
            lnt_alloc_fail_after(n);
            lnt_status status = lnt_model_fit(engine, table, &options, &model, &e);
            lnt_alloc_fail_after(-1);
            lnt_model_free(model);
            if (status == LNT_OK) break;
            CHECK_INT(status, LNT_NOMEM);
            CHECK(e.message[0]);
            if (n > 10000) break;
        }
        lnt_table_unref(table);
    }
    lnt_engine_free(engine);
}

int main(int argc, char **argv) {
    return check_main(argc, argv);
}
