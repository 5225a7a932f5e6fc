/// @file test_learn.c
/// The learner: trees known by hand, odd inputs, the same model at any number of threads, files that are damaged.
#include "learn_tables.h"

TEST(a_tree_known_by_hand_is_found) {
    lnt_engine *engine = engine_of(1);
    const double x[] = {1, 2, 3, 10, 11, 12};
    lnt_column *columns[] = {floats(engine, x, 6), letters(engine, "uvuvvv", 6), letters(engine, "aabbcb", 6)};
    lnt_table *table = table_of(x_c_y, columns, 3);
    lnt_model *model = fit(engine, table, (lnt_learn_options){.learner = LNT_TREE});
    check_rules(model, "x <= 2.5: 'a' 100.0 % of 2 rows\n"
                       "x > 2.5 or null\n"
                       "  x <= 10.5: 'b' 100.0 % of 2 rows\n"
                       "  x > 10.5 or null\n"
                       "    x <= 11.5: 'c' 100.0 % of 1 row\n"
                       "    x > 11.5 or null: 'b' 100.0 % of 1 row\n");
    check_predicts(engine, model, table, "aabbcb");
    lnt_model_free(model);
    model = fit(engine, table, (lnt_learn_options){.learner = LNT_TREE, .max_depth = 1, .criterion = LNT_ENTROPY});
    check_rules(model, "x <= 2.5: 'a' 100.0 % of 2 rows\n"
                       "x > 2.5 or null: 'b' 75.0 %, 'c' 25.0 % of 4 rows\n");
    lnt_model_free(model);
    model = fit(engine, table, (lnt_learn_options){.learner = LNT_TREE, .min_leaf = 3});
    check_rules(model, "x <= 6.5: 'a' 66.7 %, 'b' 33.3 % of 3 rows\n"
                       "x > 6.5 or null: 'b' 66.7 %, 'c' 33.3 % of 3 rows\n");
    lnt_model_free(model);
    model = fit(engine, table, (lnt_learn_options){.learner = LNT_TREE, .min_gain = 0.9});
    check_rules(model, "always: 'b' 50.0 %, 'a' 33.3 %, 'c' 16.7 % of 6 rows\n");
    lnt_model_free(model);
    lnt_table_unref(table);
    lnt_engine_free(engine);
}

TEST(missing_values_go_where_they_went_in_training) {
    lnt_engine *engine = engine_of(1);
    const double x[] = {1, 2, NAN, -999, 10, 11}, other[] = {-999, 1, 100, NAN, INFINITY, -INFINITY};
    lnt_column *columns[] = {floats(engine, x, 6), letters(engine, "qqqqqq", 6), letters(engine, "aabbcc", 6)};
    lnt_column *columns2[] = {floats(engine, other, 6), letters(engine, "q-zqqq", 6)};
    lnt_table *table = table_of(x_c_y, columns, 3), *more = table_of(x_c, columns2, 2);
    lnt_model *model = fit(engine, table, (lnt_learn_options){.learner = LNT_TREE});
    check_predicts(engine, model, table, "aabbcc");
    check_predicts(engine, model, more, "bacbca");
    lnt_model_free(model);
    lnt_table_unref(table);
    lnt_table_unref(more);
    lnt_engine_free(engine);
}

TEST(levels_never_seen_take_the_heavier_side) {
    lnt_engine *engine = engine_of(1);
    const double x[] = {1, 1, 1, 1, 1, 1};
    lnt_column *columns[] = {floats(engine, x, 6), letters(engine, "uuvwww", 6), letters(engine, "aabbbb", 6)};
    lnt_column *columns2[] = {floats(engine, x, 4), letters(engine, "uvz-", 4)};
    lnt_table *table = table_of(x_c_y, columns, 3), *more = table_of(x_c, columns2, 2);
    lnt_model *model = fit(engine, table, (lnt_learn_options){.learner = LNT_TREE});
    check_rules(model, "c in ('u'): 'a' 100.0 % of 2 rows\nc not in ('u'): 'b' 100.0 % of 4 rows\n");
    check_predicts(engine, model, more, "abbb");
    lnt_model_free(model);
    lnt_table_unref(table);
    lnt_table_unref(more);
    lnt_engine_free(engine);
}

TEST(one_class_one_row_constants_and_nothing_but_missing_give_a_leaf) {
    lnt_engine *engine = engine_of(2);
    const double x[] = {-999, NAN, -999};
    const lnt_learner learners[] = {LNT_TREE, LNT_FOREST, LNT_EXTRA_TREES};
    for (int i = 0; i < 3; i++) {
        lnt_column *columns[] = {floats(engine, x, 3), letters(engine, "---", 3), letters(engine, "aab", 3)};
        lnt_table *table = table_of(x_c_y, columns, 3);
        lnt_model *model = fit(engine, table, (lnt_learn_options){.learner = learners[i], .n_trees = 200});
        check_predicts(engine, model, table, "aaa");
        lnt_model_free(model);
        lnt_table_unref(table);
        lnt_column *single[] = {floats(engine, x, 1), letters(engine, "u", 1), letters(engine, "z", 1)};
        table = table_of(x_c_y, single, 3);
        model = fit(engine, table, (lnt_learn_options){.learner = learners[i], .n_trees = 3});
        check_predicts(engine, model, table, "z");
        CHECK_INT(lnt_model_get_info(model).n_nodes, i == 0 ? 1 : 3);
        lnt_model_free(model);
        lnt_table_unref(table);
    }
    lnt_engine_free(engine);
}

TEST(what_can_not_be_learned_says_why) {
    lnt_engine *engine = engine_of(1);
    const double x[] = {1, 2};
    lnt_column *columns[] = {floats(engine, x, 2), letters(engine, "uv", 2), letters(engine, "--", 2)};
    lnt_table *table = table_of(x_c_y, columns, 3);
    const char *const wrong[] = {"xx"}, *const self[] = {"y"}, *const category[] = {"x"};
    const struct {
        lnt_learn_options options;
        lnt_status status;
        const char *message;
    } cases[] = {
        {{.target = "y", .features = x_c, .n_features = 2}, LNT_ARGUMENT, "there is no row with a y to learn from"},
        {{.target = "yy", .features = x_c, .n_features = 2}, LNT_NAME, "no column 'yy' for the target"},
        {{.target = "c", .features = wrong, .n_features = 1}, LNT_NAME, "no column 'xx' for the features"},
        {{.target = "y", .features = self, .n_features = 1}, LNT_ARGUMENT,
         "the target 'y' can't be a feature of itself"},
        {{.target = "x", .features = x_c + 1, .n_features = 1}, LNT_TYPE,
         "classes can't be floats: make them int or string, or use ranges"},
        {{.target = "c", .features = x_c, .n_features = 1, .categories = category, .n_categories = 1}, LNT_TYPE,
         "the feature 'x' is a float and can't be a category: make it an int or a string"},
        {{.target = "c", .features = x_c, .n_features = 1, .weight = "y"}, LNT_TYPE,
         "the weight 'y' is string, not a number"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lnt_model *model = NULL;
        lnt_error e = {0};
        CHECK_INT(lnt_model_fit(engine, table, &cases[i].options, &model, &e), cases[i].status);
        CHECK_STR(e.message, cases[i].message);
        CHECK(!model);
    }
    lnt_table_unref(table);
    lnt_engine_free(engine);
}

/// The gini purity won by putting the levels of `left` apart, by definition.
static double gain_by_hand(const int64_t *levels, const int64_t *classes, int64_t n, uint32_t left) {
    double counts[2][4] = {{0}}, weights[2] = {0}, sum = 0;
    for (int64_t i = 0; i < n; i++) {
        int side = left >> levels[i] & 1;
        counts[side][classes[i]]++;
        weights[side]++;
    }
    if (weights[0] == 0 || weights[1] == 0) return -1;
    for (int side = 0; side < 2; side++) {
        for (int c = 0; c < 4; c++) sum += counts[side][c] * counts[side][c] / weights[side];
    }
    return sum;
}

TEST(with_two_classes_the_best_set_of_levels_is_found_with_more_a_good_one) {
    lnt_engine *engine = engine_of(1);
    static const char *const features[] = {"c"};
    uint64_t seed = 5;
    double found = 0, possible = 0;
    for (int round = 0; round < 60; round++) {
        int64_t levels[60], classes[60], n = 60, k = round % 2 ? 4 : 2;
        for (int64_t i = 0; i < n; i++) {
            levels[i] = (int64_t)(next_random(&seed) % 8);
            classes[i] = (levels[i] * 7 + (int64_t)(next_random(&seed) % 5)) % k;
        }
        lnt_column *columns[] = {ints(engine, levels, n), ints(engine, classes, n)};
        lnt_table *table = table_of(x_c_y + 1, columns, 2);
        lnt_learn_options options = {.learner = LNT_TREE, .max_depth = 1, .features = features, .n_features = 1,
                                     .categories = features, .n_categories = 1};
        lnt_model *model = fit(engine, table, options);
        const lnt_tree *tree = &model->trees[0];
        uint32_t left = 0;
        for (int64_t i = 0; i < n; i++) {
            char *bytes = (char *)&levels[i];
            uint16_t code = (uint16_t)lnt_intern_find(&model->features[0].levels, (lnt_str){bytes, 8});
            if (lnt_tree_walk(lnt_tree_nodes(tree), lnt_tree_sets(tree), &code) == 1) left |= 1u << levels[i];
        }
        double best = 0, ours = gain_by_hand(levels, classes, n, left);
        for (uint32_t set = 0; set < 256; set++) {
            double gain = gain_by_hand(levels, classes, n, set);
            if (gain > best) best = gain;
        }
        if (k == 2) CHECK_MSG(fabs(ours - best) < 1e-9, "%g, not %g", ours, best);
        found += ours;
        possible += best;
        lnt_model_free(model);
        lnt_table_unref(table);
    }
    CHECK_MSG(found > 0.985 * possible, "%g of %g", found, possible);
    lnt_engine_free(engine);
}
TEST(a_model_is_the_same_bytes_with_any_number_of_threads) {
    const lnt_learner learners[] = {LNT_TREE, LNT_FOREST, LNT_EXTRA_TREES};
    for (int i = 0; i < 3; i++) {
        char *first = NULL;
        int64_t size = 0;
        for (int threads = 1; threads <= 3; threads++) {
            lnt_engine *engine = engine_of(threads);
            lnt_table *table = random_table(engine, i == 0 ? 90000 : 3000, 9, 3);
            lnt_model *model = fit(engine, table, (lnt_learn_options){.learner = learners[i], .n_trees = 7, .seed = 5,
                                                                      .categories = category_c, .n_categories = 1,
                                                                      .balanced = i == 1});
            int64_t n;
            char *bytes = saved(model, &n);
            if (!first) {
                first = bytes;
                size = n;
            } else {
                CHECK(n == size && memcmp(first, bytes, (size_t)n) == 0);
                free(bytes);
            }
            lnt_model_free(model);
            lnt_table_unref(table);
            lnt_engine_free(engine);
        }
        free(first);
    }
}

TEST(a_full_tree_remembers_rows_that_can_be_told_apart) {
    lnt_engine *engine = engine_of(2);
    const int64_t k[] = {2, 30, 1000};
    for (int i = 0; i < 3; i++) {
        int64_t n = 4000;
        double *x = malloc((size_t)n * 8);
        int64_t *c = malloc((size_t)n * 8), *y = malloc((size_t)n * 8);
        uint64_t seed = 9;
        for (int64_t r = 0; r < n; r++) { // every (x, c) once
            x[r] = (double)(r / 20);
            c[r] = r % 20;
            y[r] = (int64_t)(next_random(&seed) % (uint64_t)k[i]);
        }
        lnt_column *columns[] = {floats(engine, x, n), ints(engine, c, n), ints(engine, y, n)};
        lnt_table *table = table_of(x_c_y, columns, 3);
        for (int criterion = 0; criterion < 2; criterion++) {
            lnt_model *model = fit(engine, table, (lnt_learn_options){.criterion = (lnt_criterion)criterion,
                                                                      .categories = category_c, .n_categories = 1});
            lnt_column *classes = NULL, *probabilities = NULL;
            CHECK_OK(lnt_model_predict(engine, model, table, &classes, &probabilities, &err), &err);
            int64_t wrong = 0;
            for (int64_t r = 0; r < n; r++) wrong += lnt_column_get(classes, r).as.i != y[r];
            CHECK_INT(wrong, 0);
            lnt_column_unref(classes);
            lnt_column_unref(probabilities);
            lnt_model_free(model);
        }
        free(x);
        free(c);
        free(y);
        lnt_table_unref(table);
    }
    lnt_engine_free(engine);
}

TEST(a_saved_model_comes_back_and_a_damaged_one_does_not) {
    lnt_engine *engine = engine_of(1);
    lnt_table *table = random_table(engine, 300, 4, 8);
    lnt_model *model = fit(engine, table, (lnt_learn_options){.learner = LNT_FOREST, .n_trees = 2, .min_leaf = 4,
                                                              .categories = category_c, .n_categories = 1});
    int64_t size, again_size;
    char *bytes = saved(model, &size);
    lnt_model *back = NULL;
    CHECK_INT(load_bytes(engine, bytes, size, &back), LNT_OK);
    char *again = saved(back, &again_size);
    CHECK(again_size == size && memcmp(bytes, again, (size_t)size) == 0);
    lnt_model_free(back);
    for (int64_t cut = 0; cut < size; cut += 1 + size / 200) {
        back = NULL;
        CHECK_INT(load_bytes(engine, bytes, cut, &back), LNT_FORMAT);
        CHECK(!back);
    }
    for (int64_t at = 0; at < size; at += 1 + size / 400) { // an accident is seen by the checksum
        bytes[at] ^= 0x10;
        CHECK_INT(load_bytes(engine, bytes, size, &back), LNT_FORMAT);
        bytes[at] ^= 0x10;
    }
    int64_t loaded = 0;
    for (int64_t at = 32; at < size; at += 1 + size / 3000) { // malice isn't: but nothing is reached outside
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

/// Whether all text that the model hands out is valid, as everything else takes it to be.
static bool gives_valid_text(const lnt_model *model) {
    const lnt_column *classes = lnt_model_classes(model);
    lnt_model_info info = lnt_model_get_info(model);
    bool valid = lnt_utf8_check(info.target, (int64_t)strlen(info.target)) < 0;
    for (int64_t c = 0; c < lnt_column_length(classes) && lnt_column_type(classes) == LNT_STRING; c++) {
        lnt_str name = lnt_column_get(classes, c).as.s;
        valid &= lnt_utf8_check(name.data, name.size) < 0;
    }
    for (int64_t f = 0; f < info.n_features; f++) {
        const char *name = lnt_model_feature(model, f);
        valid &= lnt_utf8_check(name, (int64_t)strlen(name)) < 0;
    }
    return valid;
}

TEST(a_forged_model_gives_no_text_that_is_none_and_promises_no_memory) {
    lnt_engine *engine = engine_of(1);
    lnt_table *table = random_table(engine, 60, 3, 4);
    lnt_model *model = fit(engine, table, (lnt_learn_options){.learner = LNT_TREE, .categories = category_c, .n_categories = 1});
    int64_t size, refused = 0;
    char *bytes = saved(model, &size);
    for (int64_t at = 32; at < size && at < 600; at++) {
        char kept = bytes[at];
        bytes[at] = (char)0xff;
        uint64_t sum = lnt_hash_bytes(bytes + 32, size - 32);
        memcpy(bytes + 24, &sum, 8);
        lnt_model *back = NULL;
        if (load_bytes(engine, bytes, size, &back) == LNT_OK) CHECK(gives_valid_text(back));
        else refused++;
        lnt_model_free(back);
        bytes[at] = kept;
    }
    CHECK(refused > 0);
    int64_t promised = INT64_MAX;
    lnt_model *back = NULL;
    memcpy(bytes + 16, &promised, 8);
    CHECK_INT(load_bytes(engine, bytes, size, &back), LNT_FORMAT);
    lnt_error_init(&err);
    CHECK_INT(lnt_model_load(engine, "/dev/zero", &back, &err), LNT_FORMAT); // ends
    lnt_error_init(&err);
    free(bytes);
    lnt_model_free(model);
    lnt_table_unref(table);
    lnt_engine_free(engine);
}

TEST(weights_count_as_rows_do) {
    lnt_engine *engine = engine_of(1);
    const double x[] = {1, 2, 3, 4, 4, 4}, w[] = {1, 1, 1, 3, 0, 0};
    static const char *const names[] = {"x", "c", "y", "w"};
    lnt_column *heavy[] = {floats(engine, x, 6), letters(engine, "uuvvvv", 6), letters(engine, "abababab", 6),
                           floats(engine, w, 6)};
    lnt_column *many[] = {floats(engine, x, 6), letters(engine, "uuvvvv", 6), letters(engine, "ababbb", 6)};
    lnt_table *one = table_of(names, heavy, 4), *other = table_of(x_c_y, many, 3);
    lnt_model *a = fit(engine, one, (lnt_learn_options){.learner = LNT_TREE, .weight = "w", .max_depth = 1});
    lnt_model *b = fit(engine, other, (lnt_learn_options){.learner = LNT_TREE, .max_depth = 1});
    lnt_table *pa = NULL, *pb = NULL;
    CHECK_OK(lnt_model_predict_proba(engine, a, other, &pa, &err), &err);
    CHECK_OK(lnt_model_predict_proba(engine, b, other, &pb, &err), &err);
    for (int64_t i = 0; i < 6; i++) {
        CHECK(lnt_column_get(lnt_table_column(pa, 0), i).as.f == lnt_column_get(lnt_table_column(pb, 0), i).as.f);
    }
    lnt_table_unref(pa);
    lnt_table_unref(pb);
    lnt_model_free(a);
    lnt_model_free(b);
    lnt_table_unref(one);
    lnt_table_unref(other);
    lnt_engine_free(engine);
}

TEST(contributions_sum_to_the_probability) {
    lnt_engine *engine = engine_of(2);
    lnt_table *table = random_table(engine, 500, 5, 2), *lines = NULL, *proba = NULL;
    lnt_model *model = fit(engine, table, (lnt_learn_options){.learner = LNT_FOREST, .n_trees = 11, .min_leaf = 3,
                                                              .categories = category_c, .n_categories = 1});
    CHECK_OK(lnt_model_predict_proba(engine, model, table, &proba, &err), &err);
    for (int64_t row = 0; row < 500; row += 99) {
        double sum = 0;
        CHECK_OK(lnt_model_explain(engine, model, table, row, 2, &lines, &err), &err);
        for (int64_t i = 0; i < 3; i++) sum += lnt_column_get(lnt_table_column(lines, 2), i).as.f;
        CHECK(fabs(sum - lnt_column_get(lnt_table_column(proba, 2), row).as.f) < 1e-5);
        lnt_table_unref(lines);
    }
    lnt_table_unref(proba);
    lnt_model_free(model);
    lnt_table_unref(table);
    lnt_engine_free(engine);
}

TEST(scores_are_those_of_the_definitions) {
    lnt_engine *engine = engine_of(1);
    const double sure[] = {0.9, 0.8, 0.7, 0.6, 0.5, 0.4};
    lnt_column *truth = letters(engine, "aabbc-", 6), *predicted = letters(engine, "aab-da", 6);
    lnt_column *confidence = floats(engine, sure, 6);
    lnt_scores scores;
    lnt_table *report = NULL, *confusion = NULL;
    CHECK_OK(lnt_learn_score(engine, truth, predicted, confidence, NULL, &scores, &report, &confusion, &err), &err);
    CHECK_INT(scores.n_rows, 5);
    CHECK_INT(scores.n_classes, 3);
    CHECK(fabs(scores.accuracy - 0.6) < 1e-12);
    CHECK(fabs(scores.balanced_accuracy - (1 + 0.5 + 0) / 3) < 1e-12);
    CHECK(fabs(scores.macro_f1 - (1 + 2.0 / 3 + 0 + 0) / 4) < 1e-12);
    CHECK(fabs(scores.aurc - (0 + 0 + 0 + 1.0 / 4 + 2.0 / 5) / 5) < 1e-12);
    CHECK(isnan(scores.log_loss));
    CHECK_INT(lnt_table_n_rows(report), 4);
    CHECK_INT(lnt_table_n_rows(confusion), 4);
    lnt_table_unref(report);
    lnt_table_unref(confusion);
    lnt_column_unref(truth);
    lnt_column_unref(predicted);
    lnt_column_unref(confidence);
    lnt_engine_free(engine);
}

TEST(importance_is_on_the_feature_that_decides) {
    lnt_engine *engine = engine_of(2);
    const double x[] = {1, 2, 3, 4, 5, 6, 7, 8};
    lnt_column *columns[] = {floats(engine, x, 8), letters(engine, "uvuvuvuv", 8), letters(engine, "aaaabbbb", 8)};
    lnt_table *table = table_of(x_c_y, columns, 3), *importance = NULL;
    lnt_model *model = fit(engine, table, (lnt_learn_options){.learner = LNT_TREE});
    CHECK_OK(lnt_model_importance(engine, model, table, 20, 1, &importance, &err), &err);
    CHECK(lnt_column_get(lnt_table_column(importance, 1), 0).as.f > 0.2);
    CHECK(lnt_column_get(lnt_table_column(importance, 1), 1).as.f == 0);
    CHECK(lnt_column_get(lnt_table_column(importance, 3), 0).as.f == 1);
    lnt_table_unref(importance);
    lnt_model_free(model);
    lnt_table_unref(table);
    lnt_engine_free(engine);
}

TEST(without_memory_fitting_and_predicting_fail_cleanly) {
    lnt_engine *engine = engine_of(1);
    lnt_table *table = random_table(engine, 200, 3, 4);
    lnt_learn_options options = {.learner = LNT_FOREST, .target = "y", .features = x_c, .n_features = 2, .n_trees = 2,
                                 .categories = category_c, .n_categories = 1};
    for (int64_t n = 0;; n++) {
        lnt_model *model = NULL;
        lnt_column *classes = NULL, *probabilities = NULL;
        lnt_error e = {0};
        lnt_alloc_fail_after(n);
        lnt_status status = lnt_model_fit(engine, table, &options, &model, &e);
        if (status == LNT_OK) status = lnt_model_predict(engine, model, table, &classes, &probabilities, &e);
        lnt_alloc_fail_after(-1);
        lnt_column_unref(classes);
        lnt_column_unref(probabilities);
        lnt_model_free(model);
        if (status == LNT_OK) break;
        CHECK_INT(status, LNT_NOMEM);
        CHECK(e.message[0]);
        if (n > 10000) break;
    }
    options.learner = LNT_TREE;
    for (int64_t n = 0;; n++) {
        lnt_model *model = NULL;
        lnt_alloc_fail_after(n);
        lnt_status status = lnt_model_fit(engine, table, &options, &model, NULL);
        lnt_alloc_fail_after(-1);
        lnt_model_free(model);
        if (status == LNT_OK || n > 10000) break;
    }
    lnt_table_unref(table);
    lnt_engine_free(engine);
}

int main(int argc, char **argv) {
    return check_main(argc, argv);
}
