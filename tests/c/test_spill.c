/// @file test_spill.c
/// Operators that spill: under every memory limit the same rows as without one, or an error that names the limit.
#include <sys/stat.h>

#include "base/spill.h"
#include "spilled.h"

TEST(sorts_of_any_type_give_the_same_rows_under_every_limit) {
    sample s = all_types(60000, 20000, 10, 1);
    for (int64_t c = 0; c < 8; c++) {
        char down[8];
        snprintf(down, sizeof down, "-%s", names[c]);
        const char *keys[] = {c % 2 ? down : names[c], "k"};
        lnt_plan *plan = sorted_by(&s, keys, 2);
        check_limits(plan, MEBI, 8 * MEBI, keys[0]);
        lnt_plan_unref(plan);
    }
    sample_free(&s);
}

TEST(sorting_a_table_in_memory_spills_too) {
    sample s = all_types(60000, 300, 30, 2);
    const char *keys[] = {"-f", "s", "-b"};
    lnt_plan *plan = sample_plan(&s);
    PLANS_STEP(plan, lnt_plan_sort(plan, keys, 3, NULL, out, err));
    check_limits(plan, MEBI, 8 * MEBI, "table");
    lnt_plan_unref(plan);
    sample_free(&s);
}

TEST(equal_rows_stay_in_their_order_when_many_runs_are_merged) {
    sample s = all_types(200000, 1000000, 0, 3);
    const char *keys[] = {"b"};
    lnt_plan *plan = sorted_by(&s, keys, 1);
    check_limits(plan, MEBI, 32 * MEBI, "two values");
    lnt_plan_unref(plan);
    sample_free(&s);
}

TEST(what_comes_after_a_spilled_sort_adds_floats_in_the_same_order) {
    sample s = all_types(200000, 100000, 5, 4);
    const char *keys[] = {"u"}, *by[] = {"k"}, *sums[] = {"n = count()", "z = sum(f)", "v = var(i)", "l = last(s)"};
    lnt_plan *plan = sorted_by(&s, keys, 1);
    PLANS_STEP(plan, lnt_plan_aggregate(plan, by, 1, sums, 4, NULL, out, err));
    check_limits(plan, MEBI, 32 * MEBI, "sums");
    lnt_plan_unref(plan);
    sample_free(&s);
}

TEST(a_result_that_does_not_fit_is_an_error_of_the_limit) {
    sample s = all_types(200000, 100000, 5, 5);
    const char *keys[] = {"i"};
    lnt_plan *plan = sorted_by(&s, keys, 1);
    lnt_engine *engine = limited(2, 24 * MEBI);
    lnt_table *table = NULL;
    lnt_error err = {0};
    CHECK_INT(lnt_plan_run(engine, plan, &table, &err), LNT_LIMIT);
    CHECK_MSG(strstr(err.message, "collect asks for") != NULL, "%s", err.message);
    CHECK(lnt_engine_spilled_files(engine) > 0);
    CHECK_INT(lnt_engine_memory_used(engine), 0);
    lnt_engine_free(engine);
    lnt_plan_unref(plan);
    sample_free(&s);
}

// ---- distinct ----

TEST(distinct_rows_are_the_same_under_every_limit) {
    sample s = all_types(300000, 200000, 5, 16);
    const char *columns[] = {"u", "b", "ip", "t"};
    lnt_plan *plan = sample_plan(&s);
    PLANS_STEP(plan, lnt_plan_select(plan, columns, 4, NULL, out, err));
    PLANS_STEP(plan, lnt_plan_distinct(plan, NULL, 0, out, err));
    check_limits(plan, 32 * MEBI, 128 * MEBI, "distinct");
    lnt_plan_unref(plan);
    sample_free(&s);
}

static bool one_key(lnt_value a, lnt_value b) {
    bool floats = a.type == LNT_FLOAT && !a.is_null && !b.is_null;
    return model_same(a, b) || (floats && a.as.f != a.as.f && b.as.f != b.as.f);
}

/// Rows with floats, and rows with more columns than keys, are kept as they came.
TEST(distinct_keeps_the_first_rows_whole) {
    sample s = all_types(5000, 60, 20, 17);
    const char *key[] = {"s"}, *floats[] = {"f"};
    for (int with_floats = 0; with_floats < 2; with_floats++) {
        lnt_plan *plan = sample_plan(&s);
        if (with_floats) PLANS_STEP(plan, lnt_plan_select(plan, floats, 1, NULL, out, err));
        PLANS_STEP(plan, lnt_plan_distinct(plan, key, !with_floats, out, err));
        lnt_table *table = NULL;
        lnt_error err = {0};
        CHECK_OK(lnt_plan_run(ample, plan, &table, &err), &err);
        int64_t n = 0, by = with_floats ? 2 : 3, n_columns = with_floats ? 1 : 8;
        for (int64_t i = 0; table && i < s.n_rows; i++) {
            bool seen = false;
            for (int64_t j = 0; j < i && !seen; j++) seen = one_key(s.columns[by].values[i], s.columns[by].values[j]);
            for (int64_t c = 0; !seen && c < n_columns; c++)
                CHECK(plans_same_bits(lnt_column_get(lnt_table_column(table, c), n),
                                      s.columns[with_floats ? 2 : c].values[i]));
            n += !seen;
        }
        if (table) CHECK_INT(lnt_table_n_rows(table), n);
        lnt_table_unref(table);
        lnt_plan_unref(plan);
    }
    sample_free(&s);
}

TEST(distinct_by_some_columns_keeps_the_same_rows_under_every_limit) {
    sample s = all_types(60000, 30000, 5, 18);
    static const char *const by[][2] = {{"u"}, {"f"}, {"i", "k"}, {"ip", "f"}, {"s", "b"}};
    for (int i = 0; i < 5; i++) {
        lnt_plan *plan = first_rows(&s, by[i], i < 2 ? 1 : 2);
        check_limits(plan, 2 * MEBI, 16 * MEBI, by[i][0]);
        lnt_plan_unref(plan);
    }
    sample_free(&s);
}

// ---- windows ----

TEST(windows_of_every_kind_are_the_same_under_every_limit) {
    sample s = all_types(60000, 5000, 5, 19);
    static const char *const by[][2] = {{"s"}, {"i", "k"}, {"ip", "f"}};
    for (int way = 0; way < 12; way++) {
        lnt_plan *plan = windowed(&s, by[way % 3], way % 3 ? 2 : 1, way);
        char what[32];
        snprintf(what, sizeof what, "window %d", way);
        check_limits(plan, 2 * MEBI, 32 * MEBI, what);
        lnt_plan_unref(plan);
    }
    sample_free(&s);
}

TEST(the_first_rows_of_many_partitions_are_the_same_under_every_limit) {
    sample s = all_types(60000, 5000, 5, 20);
    static const char *const by[] = {"s"}, *const order[] = {"-t"}, *const calls[] = {"n = row_number()"};
    lnt_plan *plan = sample_plan(&s);
    PLANS_STEP(plan, lnt_plan_window(plan, by, 1, order, 1, calls, 1, NULL, out, err));
    PLANS_STEP(plan, lnt_plan_filter(plan, "n <= 2", NULL, out, err));
    check_limits(plan, MEBI, 32 * MEBI, "first rows");
    lnt_plan_unref(plan);
    sample_free(&s);
}

TEST(an_overflow_in_a_spilled_window_names_the_row) {
    static const char *const columns[] = {"a", "b"}, *const by[] = {"a"};
    static const char *const calls[][1] = {{"s = cumsum(x)"}, {"s = rolling_sum(x, 2)"}};
    model_kind kinds[] = {{LNT_INT, 0, 20000}, {LNT_STRING, 0, 1000000}};
    sample s = sample_new(ample, columns, kinds, 2, 150000, 21);
    for (int call = 0; call < 2; call++) {
        char text[96]; // the partition of the row in the middle is one whose second row is too much
        const char *const large[] = {text};
        snprintf(text, sizeof text, "x = if_else(a == %" PRId64 ", 6000000000000000000, 1)", s.columns[0].values[75000].as.i);
        lnt_plan *plan = sample_plan(&s);
        PLANS_STEP(plan, lnt_plan_derive(plan, large, 1, NULL, out, err));
        PLANS_STEP(plan, lnt_plan_window(plan, by, 1, NULL, 0, calls[call], 1, NULL, out, err));
        lnt_engine *engine = limited(2, 8 * MEBI);
        lnt_error expected = {0}, err = {0};
        held nothing = {NULL, 0, false, ""};
        CHECK_INT(lnt_plan_stream(ample, plan, compare_piece, &nothing, &expected), LNT_OVERFLOW);
        CHECK_INT(lnt_plan_stream(engine, plan, compare_piece, &nothing, &err), LNT_OVERFLOW);
        CHECK_STR(err.message, expected.message);
        CHECK(lnt_engine_spilled_bytes(engine) > 0);
        CHECK_INT(lnt_engine_memory_used(engine), 0);
        lnt_engine_free(engine);
        lnt_plan_unref(plan);
    }
    sample_free(&s);
}

TEST(a_partition_that_does_not_fit_is_an_error_that_says_so) {
    sample s = all_types(300000, 100000, 0, 22);
    static const char *const by[] = {"b"};
    lnt_plan *plan = windowed(&s, by, 1, 2);
    lnt_engine *engine = limited(2, 12 * MEBI);
    held nothing = {NULL, 0, false, ""};
    lnt_error err = {0};
    CHECK_INT(lnt_plan_stream(engine, plan, compare_piece, &nothing, &err), LNT_LIMIT);
    CHECK_MSG(strncmp(err.message, "window", 6) == 0 && strstr(err.message, "a partition of a window has to fit"), "%s",
              err.message);
    CHECK(lnt_engine_spilled_bytes(engine) > 0);
    CHECK_INT(lnt_engine_memory_used(engine), 0);
    lnt_engine_free(engine);
    lnt_plan_unref(plan);
    sample_free(&s);
}

// ---- groups ----

static void check_groups(const sample *s, const char *const *by, int64_t n_by, const char *const *calls, int64_t n,
                         int64_t enough_bytes, const char *what) {
    lnt_plan *plan = grouped(s, by, n_by, calls, n);
    check_limits(plan, enough_bytes / 4, enough_bytes, what);
    lnt_plan_unref(plan);
}

static const char *const plain_calls[] = {"n = count()",  "c = count(i)", "si = sum(k)",  "a = any(b)",
                                          "l = all(b)",   "mn = min(s)",  "mx = max(ip)", "f1 = first(u)",
                                          "l1 = last(s)", "mf = min(f)",  "lt = last(t)", "fb = first(b)"};
static const char *const float_calls[] = {"z = sum(f)", "m = mean(f)", "v = var(i)", "c = corr(f, i)"};
static const char *const large_calls[] = {
    "m = median(f)", "q = quantile(i, 0.9)", "d = count_distinct(s)", "di = count_distinct(ip)",
    "o = mode(s)",   "ot = mode(t)",         "e = entropy(u)",        "p = count_distinct_approx(u)",
    "ls = list(s)"};

TEST(groups_by_any_type_are_the_same_under_every_limit) {
    sample s = all_types(300000, 200000, 5, 11);
    static const char *const keys[][2] = {{"i", "ip"}, {"u", "t"}};
    check_groups(&s, keys[0], 2, plain_calls, 12, 256 * MEBI, keys[0][0]);
    check_groups(&s, keys[1], 1, plain_calls, 2, 64 * MEBI, "a single text");
    sample_free(&s);
}

TEST(aggregates_that_keep_their_values_are_the_same_under_every_limit) {
    sample s = all_types(300000, 100000, 5, 12);
    static const char *const many[] = {"i"};
    check_groups(&s, many, 1, large_calls, 9, 512 * MEBI, "many groups");
    sample_free(&s);
}

/// Where values fit, but hardly beside what is made of them.
TEST(groups_go_through_whether_they_fit_or_not) {
    sample s = all_types(40000, 20000, 5, 32);
    static const char *const by[] = {"i", "k"}, *const values[] = {"m = median(f)", "d = count_distinct(s)", "l = list(s)"};
    lnt_plan *plan = grouped(&s, by, 2, values, 3);
    lnt_table *expected = NULL;
    lnt_error err = {0};
    CHECK_OK(lnt_plan_run(ample, plan, &expected, &err), &err);
    for (int64_t limit = 9 * MEBI; limit <= 21 * MEBI; limit += MEBI / 2) {
        lnt_engine *engine = limited(1 + (int)(limit / MEBI % 2), limit);
        run_against(engine, plan, expected, "values that hardly fit", true);
        lnt_engine_free(engine);
    }
    lnt_table_unref(expected);
    lnt_plan_unref(plan);
    sample_free(&s);
}

TEST(groups_that_have_places_are_numbered_when_memory_fills) {
    sample s = all_types(400000, 200, 5, 15);
    static const char *const few[] = {"k", "s"};
    check_groups(&s, few, 2, large_calls, 9, 128 * MEBI, "groups with places");
    sample_free(&s);
}

TEST(rows_that_are_kept_apart_are_the_same_under_every_limit) {
    static const char *const columns[] = {"i", "k", "f"}, *const by[] = {"i", "k"};
    static const char *const calls[] = {"n = count()", "s = sum(f)", "a = first(f)"};
    model_kind kinds[] = {{LNT_INT, 0, 30000000}, {LNT_INT, 5, 5}, {LNT_FLOAT, 5, 1000}};
    sample s = sample_new(ample, columns, kinds, 3, 1000000, 16);
    check_groups(&s, by, 2, calls, 3, 256 * MEBI, "rows apart");
    sample_free(&s);
}

TEST(sums_of_floats_of_groups_have_the_same_bits_after_spilling) {
    sample s = all_types(400000, 300000, 5, 13);
    static const char *const by[] = {"u"};
    lnt_plan *plan = grouped(&s, by, 1, float_calls, 4);
    lnt_table *expected = NULL;
    lnt_error err = {0};
    CHECK_OK(lnt_plan_run(ample, plan, &expected, &err), &err);
    for (int n_threads = 1; n_threads <= 2; n_threads++) {
        lnt_engine *engine = limited(n_threads, 64 * MEBI);
        CHECK_INT(run_against(engine, plan, expected, "floats", true), LNT_OK);
        CHECK(lnt_engine_spilled_bytes(engine) > 0);
        lnt_engine_free(engine);
    }
    lnt_table_unref(expected);
    lnt_plan_unref(plan);
    sample_free(&s);
}

TEST(an_overflow_in_a_spilled_group_names_the_group) {
    sample s = all_types(400000, 50000, 0, 14);
    static const char *const by[] = {"s", "ip"}, *const calls[] = {"x = sum(9000000000000000000 + 0 * k)"};
    lnt_plan *plan = grouped(&s, by, 1, calls, 1);
    lnt_engine *engine = limited(1, 20 * MEBI);
    held nothing = {NULL, 0, false, ""};
    lnt_error err = {0};
    CHECK_INT(lnt_plan_stream(engine, plan, compare_piece, &nothing, &err), LNT_OVERFLOW);
    CHECK_MSG(strstr(err.message, "in the group s = '") != NULL, "%s", err.message);
    CHECK(lnt_engine_spilled_bytes(engine) > 0);
    CHECK_INT(lnt_engine_memory_used(engine), 0);
    lnt_engine_free(engine);
    lnt_plan_unref(plan);
    sample_free(&s);
}

// ---- joins ----

TEST(joins_of_every_kind_are_the_same_under_every_limit) {
    sample left = all_types(30000, 40000, 5, 21), right = all_types(90000, 40000, 5, 22);
    static const lnt_join_kind kinds[] = {LNT_JOIN_INNER, LNT_JOIN_LEFT, LNT_JOIN_SEMI, LNT_JOIN_ANTI, LNT_JOIN_OUTER};
    static const char *const keys[][2] = {{"i", "b"}, {"ip", "k"}, {"t", "k"}, {"f", "b"}, {"i", "k"}};
    for (int i = 0; i < 5; i++) {
        lnt_plan *plan = joined(&left, &right, kinds[i], keys[i], keys[i], 2);
        check_limits(plan, 4 * MEBI, 16 * MEBI, keys[i][0]);
        lnt_plan_unref(plan);
    }
    sample_free(&left);
    sample_free(&right);
}

TEST(a_key_of_too_many_rows_joins_piece_by_piece) {
    sample left = all_types(12, 40000, 5, 27), right = all_types(90000, 40000, 5, 28);
    static const char *const keys[] = {"b"};
    for (int kind = 0; kind < LNT_JOIN_OUTER; kind++) { // an outer join's rows would have to fit
        static const char *const counts[] = {"n = count()", "u = count_distinct(u)"};
        lnt_plan *plan = joined(&left, &right, (lnt_join_kind)kind, keys, keys, 1);
        PLANS_STEP(plan, lnt_plan_aggregate(plan, keys, 1, counts, 2, NULL, out, err));
        check_limits(plan, 4 * MEBI, 16 * MEBI, "a key of too many rows");
        lnt_plan_unref(plan);
    }
    sample_free(&left);
    sample_free(&right);
}

TEST(keys_of_two_number_types_meet_in_spilled_joins) {
    sample left = all_types(30000, 40000, 5, 23), right = all_types(90000, 40000, 5, 24);
    static const char *const ints[] = {"i"}, *const floats[] = {"f"};
    lnt_plan *plan = joined(&left, &right, LNT_JOIN_OUTER, ints, floats, 1);
    check_limits(plan, 4 * MEBI, 16 * MEBI, "int and float");
    lnt_plan_unref(plan);
    sample_free(&left);
    sample_free(&right);
}

TEST(asof_joins_of_every_kind_and_direction_are_the_same_under_every_limit) {
    sample left = all_types(10000, 40000, 5, 41), right = all_types(60000, 40000, 5, 42);
    for (int way = 0; way < 12; way++) {
        char what[64];
        lnt_join_kind kind = (lnt_join_kind)(way / 2 % 4);
        lnt_plan *plan = joined_asof(&left, &right, kind, way % 5 % 3, way);
        snprintf(what, sizeof what, "asof kind %d by %d way %d", (int)kind, way % 5 % 3, way);
        check_limits(plan, 4 * MEBI, 16 * MEBI, what);
        lnt_plan_unref(plan);
    }
    sample_free(&left);
    sample_free(&right);
}

TEST(range_joins_of_every_kind_are_the_same_under_every_limit) {
    sample left = all_types(1500, 40000, 5, 45), right = all_types(30000, 40000, 5, 46);
    for (int way = 0; way < 16; way++) {
        char what[64];
        lnt_join_kind kind = (lnt_join_kind)((way + way / 4) % 4);
        lnt_plan *plan = joined_range(&left, &right, kind, way);
        snprintf(what, sizeof what, "range kind %d way %d", (int)kind, way);
        check_limits(plan, 4 * MEBI, 8 * MEBI, what);
        lnt_plan_unref(plan);
    }
    sample_free(&left);
    sample_free(&right);
}

TEST(an_outer_join_of_a_large_left_side_streams) {
    sample left = all_types(900000, 300, 5, 37), right = all_types(200, 400, 5, 38);
    static const char *const keys[] = {"i", "k"}, *const kept[] = {"i", "u", "s_r", "u_r"};
    lnt_plan *from = sample_plan(&right), *plan = sample_plan(&left);
    PLANS_STEP(plan, lnt_plan_filter(plan, "k ~= 77 or is_null(k)", NULL, out, err));
    PLANS_STEP(plan, lnt_plan_join(plan, from, LNT_JOIN_OUTER, keys, keys, 2, "_r", out, err));
    PLANS_STEP(plan, lnt_plan_select(plan, kept, 4, NULL, out, err));
    lnt_table *expected = NULL;
    lnt_error err = {0};
    CHECK_OK(lnt_plan_run(ample, plan, &expected, &err), &err);
    CHECK(lnt_table_n_rows(expected) > 900000);
    for (int n_threads = 1; n_threads <= 3; n_threads++) {
        lnt_engine *engine = limited(n_threads, 32 * MEBI);
        CHECK(lnt_engine_memory_limit(engine) < lnt_table_n_rows(expected) * 40); // of the 45 and more that a row takes
        CHECK_INT(run_against(engine, plan, expected, "outer", true), LNT_OK);
        CHECK_INT(lnt_engine_spilled_files(engine), 0);
        CHECK_INT(lnt_engine_memory_used(engine), 0);
        lnt_engine_free(engine);
    }
    lnt_table_unref(expected);
    lnt_plan_unref(from);
    lnt_plan_unref(plan);
    sample_free(&left);
    sample_free(&right);
}

// ---- the file ----

TEST(a_spill_file_is_private_and_has_no_name) {
    lnt_engine *engine = limited(1, MEBI);
    lnt_spill *spill = NULL;
    lnt_error err = {0};
    char written[100], read[100];
    memset(written, 7, sizeof written);
    CHECK_OK(lnt_spill_new(engine, "sort", &spill, &err), &err);
    int64_t first = -1, second = -1;
    CHECK_OK(lnt_spill_write(spill, written, 100, &first, &err), &err);
    CHECK_OK(lnt_spill_write(spill, written, 60, &second, &err), &err);
    CHECK_INT(first, 0);
    CHECK_INT(second, 100);
    CHECK_OK(lnt_spill_read(spill, second, read, 60, &err), &err);
    CHECK(memcmp(written, read, 60) == 0);
    CHECK_INT(lnt_spill_read(spill, second, read, 61, &err), LNT_IO);
    CHECK_INT(lnt_engine_spilled_bytes(engine), 160);
    CHECK_INT(lnt_engine_spilled_files(engine), 1);
    bool found = false;
    for (int fd = 3; fd < 100; fd++) {
        struct stat about;
        if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size != 160) continue;
        found = true;
        CHECK_INT(about.st_nlink, 0);
        CHECK_INT(about.st_mode & 0777, 0600);
    }
    CHECK(found);
    lnt_spill_unref(spill);
    lnt_engine_free(engine);
}

int main(int argc, char **argv) {
    ample = plans_engine(2);
    int status = check_main(argc, argv);
    lnt_engine_free(ample);
    return status;
}
