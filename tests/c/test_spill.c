/// @file test_spill.c
/// Operators that spill: under every memory limit the same rows as without one, or an error that names the limit.
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/spill.h"
#include "plans.h"

static lnt_engine *ample;
static const char *const names[] = {"b", "i", "f", "s", "t", "ip", "k", "u"};
enum { MEBI = 1 << 20 };

static lnt_engine *limited(int n_threads, int64_t bytes) {
    lnt_engine *engine = NULL;
    lnt_error err = {0};
    lnt_engine_options options = {.n_threads = n_threads, .memory_limit_bytes = bytes};
    CHECK_OK(lnt_engine_new(&options, &engine, &err), &err);
    return engine;
}

static sample all_types(int64_t n_rows, int64_t distinct, int null_percent, uint64_t seed) {
    model_kind kinds[] = {{LNT_BOOL, null_percent, 2},         {LNT_INT, null_percent, distinct},
                          {LNT_FLOAT, null_percent, distinct}, {LNT_STRING, null_percent, distinct},
                          {LNT_TIME, null_percent, distinct},  {LNT_IP, null_percent, distinct},
                          {LNT_INT, null_percent, 5},          {LNT_STRING, null_percent, 1000000}};
    return sample_new(ample, names, kinds, 8, n_rows, seed);
}

/// Rows that a stream gives, held against a table piece by piece, so that they needn't fit.
typedef struct held {
    const lnt_table *expected;
    int64_t at;
    bool same;
    const char *what;
} held;

static lnt_status compare_piece(void *context, const lnt_table *rows, lnt_error *err) {
    (void)err;
    held *all = context;
    int64_t n = lnt_table_n_rows(rows);
    for (int64_t c = 0; all->same && c < lnt_table_n_columns(rows); c++)
        for (int64_t i = 0; all->same && i < n && all->at + i < lnt_table_n_rows(all->expected); i++) {
            lnt_value a = lnt_column_get(lnt_table_column(rows, c), i);
            lnt_value b = lnt_column_get(lnt_table_column(all->expected, c), all->at + i);
            all->same = plans_same_bits(a, b);
            CHECK_MSG(all->same, "%s: column %" PRId64 ", row %" PRId64, all->what, c, all->at + i);
        }
    all->at += n;
    return LNT_OK;
}

/// Runs the plan on `engine` and compares with the expected rows. Returns its status.
static lnt_status run_against(lnt_engine *engine, const lnt_plan *plan, const lnt_table *expected, const char *what,
                              bool enough) {
    held all = {expected, 0, true, what};
    lnt_error err = {0};
    lnt_status status = lnt_plan_stream(engine, plan, compare_piece, &all, &err);
    CHECK_MSG(status == LNT_OK || (status == LNT_LIMIT && !enough), "%s, %" PRId64 " KiB: status %d, %s", what,
              lnt_engine_memory_limit(engine) >> 10, (int)status, err.message);
    if (status == LNT_OK)
        CHECK_MSG(all.at == lnt_table_n_rows(expected), "%s: %" PRId64 " rows, not %" PRId64, what, all.at,
                  lnt_table_n_rows(expected));
    return status;
}

/// Under limits from tiny to ample, in turn on one thread and on three: equal rows or LNT_LIMIT, never more memory than
/// the limit; from `enough_bytes` on it must work, and somewhere it must have spilled.
static void check_limits(const lnt_plan *plan, int64_t least_bytes, int64_t enough_bytes, const char *what) {
    lnt_table *expected = NULL;
    lnt_error err = {0};
    CHECK_OK(lnt_plan_run(ample, plan, &expected, &err), &err);
    if (!expected) return;
    int64_t spilled = 0;
    int n_threads = 3;
    for (int64_t limit = least_bytes; limit <= 2 * enough_bytes; limit *= 2) {
        lnt_engine *engine = limited(n_threads = 4 - n_threads, limit);
        lnt_status status = run_against(engine, plan, expected, what, limit >= enough_bytes);
        CHECK_MSG(lnt_engine_memory_peak(engine) <= limit, "%s: more memory than the limit", what);
        CHECK_INT(lnt_engine_memory_used(engine), 0);
        if (status == LNT_OK) spilled += lnt_engine_spilled_bytes(engine);
        lnt_engine_free(engine);
    }
    CHECK_MSG(spilled > 0, "%s: nothing was ever spilled", what);
    lnt_table_unref(expected);
}

static lnt_plan *sorted_by(const sample *s, const char *const *keys, int64_t n) {
    lnt_plan *plan = sample_plan(s);
    PLANS_STEP(plan, lnt_plan_filter(plan, "k ~= 77 or is_null(k)", NULL, out, err)); // no table: rows are collected
    PLANS_STEP(plan, lnt_plan_sort(plan, keys, n, NULL, out, err));
    return plan;
}

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

// ---- groups ----

static lnt_plan *grouped(const sample *s, const char *const *by, int64_t n_by, const char *const *calls, int64_t n) {
    lnt_plan *plan = sample_plan(s);
    PLANS_STEP(plan, lnt_plan_aggregate(plan, by, n_by, calls, n, NULL, out, err));
    return plan;
}

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

// ---- faults ----

/// Runs the plan under a limit that makes it spill, with every `step`th allocation failing in turn.
static void check_nomem(const lnt_plan *plan, int64_t limit, int64_t step, const char *what) {
    lnt_engine *engine = limited(2, limit);
    lnt_status status = LNT_NOMEM;
    for (int64_t n = 0; status == LNT_NOMEM; n += step) {
        held nothing = {NULL, 0, false, what};
        lnt_error err = {0};
        lnt_alloc_fail_after(n);
        status = lnt_plan_stream(engine, plan, compare_piece, &nothing, &err);
        lnt_alloc_fail_after(-1);
        CHECK_MSG(status == LNT_NOMEM || status == LNT_OK, "%s: allocation %" PRId64 ": %s", what, n, err.message);
        CHECK_INT(lnt_engine_memory_used(engine), 0);
    }
    CHECK(lnt_engine_spilled_files(engine) > 0);
    lnt_engine_free(engine);
}

// ---- joins ----

/// A join of which some columns of both sides are kept, so that the right side is what takes memory.
static lnt_plan *joined(const sample *left, const sample *right, lnt_join_kind kind, const char *const *left_keys,
                        const char *const *right_keys, int64_t n) {
    static const char *const kept[] = {"b", "i", "k", "u", "s_r", "u_r"};
    bool both = kind != LNT_JOIN_SEMI && kind != LNT_JOIN_ANTI;
    lnt_plan *from = sample_plan(right), *plan = sample_plan(left);
    PLANS_STEP(from, lnt_plan_filter(from, "k ~= 77 or is_null(k)", NULL, out, err));
    PLANS_STEP(plan, lnt_plan_join(plan, from, kind, left_keys, right_keys, n, "_r", out, err));
    PLANS_STEP(plan, lnt_plan_select(plan, kept, both ? 6 : 4, NULL, out, err));
    lnt_plan_unref(from);
    return plan;
}

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

/// An asof_join whose right side, of which much is kept, takes the memory. `n_by` of the keys i (the other side's f) and k
/// are equal; `way` chooses the direction, whether it is strict, a tolerance, and the column that is compared.
static lnt_plan *joined_asof(const sample *left, const sample *right, lnt_join_kind kind, int64_t n_by, int way) {
    static const char *const kept[] = {"b", "i", "k", "u", "s_r", "u_r"}, *const on[] = {"t", "f"};
    static const char *const left_by[] = {"k", "i"}, *const right_by[] = {"k", "f"};
    bool both = kind != LNT_JOIN_SEMI && kind != LNT_JOIN_ANTI;
    lnt_asof_options options = {(lnt_asof_direction)(way % 3), way / 3 % 2, way / 6 % 2, 40};
    lnt_plan *from = sample_plan(right), *plan = sample_plan(left);
    PLANS_STEP(from, lnt_plan_filter(from, "k ~= 77 or is_null(k)", NULL, out, err));
    PLANS_STEP(plan, lnt_plan_asof_join(plan, from, kind, on[way % 2], on[way % 2], left_by, right_by, n_by, &options,
                                        "_r", out, err));
    PLANS_STEP(plan, lnt_plan_select(plan, kept, both ? 6 : 4, NULL, out, err));
    lnt_plan_unref(from);
    return plan;
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

/// A range_join (or, by addresses, a cidr_join) whose right side takes the memory: ranges from each row's value to a little
/// above it, of type int, time, ip or float, with columns that are kept.
static lnt_plan *joined_range(const sample *left, const sample *right, lnt_join_kind kind, int way) {
    static const char *const ranges[][4] = {{"i", "lo = i", "hi = i + k % 4", "u = upper(u)"},
                                            {"t", "lo = t", "hi = t + 0.001 * k", "u = upper(u)"},
                                            {"f", "lo = f", "hi = f + k", "u = upper(u)"},
                                            {"ip", "lo = ip", "net = string(ip)", "u = upper(u)"}};
    static const char *const kept[] = {"b", "i", "k", "u", "s_r", "u_r"}, *const taken[] = {"lo", "hi", "s", "u", "k"},
                            *const networks[] = {"net", "s", "u", "k"};
    bool both = kind != LNT_JOIN_SEMI && kind != LNT_JOIN_ANTI, network = way % 4 == 3;
    lnt_range_options options = {way / 4 % 2, way % 3 == 1 && !network};
    lnt_plan *from = sample_plan(right), *plan = sample_plan(left);
    PLANS_STEP(from, lnt_plan_filter(from, "k ~= 77 or is_null(k)", NULL, out, err));
    PLANS_STEP(from, lnt_plan_derive(from, ranges[way % 4] + 1, 3, NULL, out, err));
    PLANS_STEP(from, lnt_plan_select(from, network ? networks : taken, network ? 4 : 5, NULL, out, err));
    if (network)
        PLANS_STEP(plan, lnt_plan_cidr_join(plan, from, kind, "ip", "net", &options, "_r", out, err));
    else
        PLANS_STEP(plan, lnt_plan_range_join(plan, from, kind, ranges[way % 4][0], "lo", "hi", &options, "_r", out, err));
    PLANS_STEP(plan, lnt_plan_select(plan, kept, both ? 6 : 4, NULL, out, err));
    lnt_plan_unref(from);
    return plan;
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

TEST(every_allocation_of_a_spilled_range_join_may_fail) {
    sample left = all_types(500, 40000, 5, 47), right = all_types(30000, 40000, 5, 48);
    lnt_plan *plan = joined_range(&left, &right, LNT_JOIN_LEFT, 4);
    check_nomem(plan, 4 * MEBI, 1201, "range join");
    lnt_plan_unref(plan);
    sample_free(&left);
    sample_free(&right);
}

TEST(every_allocation_of_a_spilled_asof_join_may_fail) {
    sample left = all_types(8000, 40000, 5, 43), right = all_types(50000, 40000, 5, 44);
    lnt_plan *plan = joined_asof(&left, &right, LNT_JOIN_LEFT, 1, 2);
    check_nomem(plan, 4 * MEBI, 1201, "asof join");
    lnt_plan_unref(plan);
    sample_free(&left);
    sample_free(&right);
}

TEST(every_allocation_of_a_spilled_join_may_fail) {
    sample left = all_types(8000, 40000, 5, 25), right = all_types(90000, 40000, 5, 26);
    static const char *const keys[] = {"i"};
    lnt_plan *plan = joined(&left, &right, LNT_JOIN_OUTER, keys, keys, 1);
    check_nomem(plan, 16 * MEBI, 1501, "join");
    lnt_plan_unref(plan);
    sample_free(&left);
    sample_free(&right);
}

TEST(every_allocation_of_a_spilled_sort_may_fail) {
    sample s = all_types(12000, 3000, 10, 6);
    const char *keys[] = {"-s", "i"};
    lnt_plan *plan = sorted_by(&s, keys, 2);
    check_nomem(plan, 2 * MEBI, 5, "sort");
    lnt_plan_unref(plan);
    sample_free(&s);
}

TEST(every_allocation_of_spilled_groups_may_fail) {
    sample s = all_types(100000, 70000, 10, 15);
    static const char *const by[] = {"u"}, *const calls[] = {"m = median(f)", "d = count_distinct(s)", "l = list(s)"};
    lnt_plan *plan = grouped(&s, by, 1, calls, 3);
    check_nomem(plan, 40 * MEBI, 997, "groups");
    lnt_plan_unref(plan);
    sample_free(&s);
}

/// Number of entries of a folder, without . and ..
static int count_entries(const char *path) {
    int n = -2;
    DIR *folder = opendir(path);
    CHECK(folder != NULL);
    while (folder && readdir(folder)) n++;
    if (folder) closedir(folder);
    return n;
}

/// Runs a spilling sort in a process of its own, prepared by `prepare`; its exit status is the query's.
static int in_child(void (*prepare)(lnt_engine *engine), const lnt_plan *plan, char *message) {
    int ends[2], outcome = 0;
    CHECK(pipe(ends) == 0);
    pid_t child = fork();
    if (child == 0) {
        lnt_error err = {0};
        lnt_engine *engine = limited(1, 2 * MEBI);
        held nothing = {NULL, 0, false, "child"};
        prepare(engine);
        lnt_status status = lnt_plan_stream(engine, plan, compare_piece, &nothing, &err);
        ssize_t written = write(ends[1], err.message, strlen(err.message) + 1);
        _exit(written > 0 ? (int)status : 99);
    }
    close(ends[1]);
    ssize_t n = read(ends[0], message, 768);
    if (n <= 0) message[0] = 0;
    close(ends[0]);
    CHECK(waitpid(child, &outcome, 0) == child);
    return outcome;
}

static void limit_files(lnt_engine *engine) {
    (void)engine;
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){300000, 300000});
}

static void no_folder(lnt_engine *engine) {
    (void)engine;
    setenv("LUNETTE_TMPDIR", "/no/such/folder", 1);
}

/// Ends the process by SIGALRM in the middle of it.
static void kill_after(lnt_engine *engine, int64_t us) {
    (void)engine;
    struct itimerval when = {.it_value = {.tv_sec = us / 1000000, .tv_usec = us % 1000000}};
    setitimer(ITIMER_REAL, &when, NULL);
}

static void kill_soon(lnt_engine *engine) {
    kill_after(engine, 1000000);
}

static void cancel_at_once(lnt_engine *engine) {
    lnt_engine_set_deadline(engine, 1);
}

TEST(a_full_disk_a_missing_folder_and_a_sudden_end_are_clean) {
    char folder[] = "/tmp/lunette-test-XXXXXX", message[768];
    CHECK(mkdtemp(folder) != NULL);
    setenv("LUNETTE_TMPDIR", folder, 1);
    sample s = all_types(60000, 20000, 10, 7);
    const char *keys[] = {"s"};
    lnt_plan *plan = sorted_by(&s, keys, 1);

    int outcome = in_child(limit_files, plan, message);
    CHECK_MSG(WIFEXITED(outcome) && WEXITSTATUS(outcome) == LNT_IO, "status %d: %s", outcome, message);
    CHECK_MSG(strstr(message, folder) && strstr(message, "LUNETTE_TMPDIR"), "%s", message);
    CHECK_INT(count_entries(folder), 0);

    outcome = in_child(no_folder, plan, message);
    CHECK_MSG(WIFEXITED(outcome) && WEXITSTATUS(outcome) == LNT_LIMIT, "status %d: %s", outcome, message);
    CHECK_MSG(strstr(message, "memory limit") && strstr(message, "/no/such/folder"), "%s", message);

    outcome = in_child(cancel_at_once, plan, message);
    CHECK_MSG(WIFEXITED(outcome) && WEXITSTATUS(outcome) == LNT_CANCELLED, "status %d: %s", outcome, message);
    CHECK_INT(count_entries(folder), 0);

    lnt_plan_unref(plan);
    sample_free(&s);
    unsetenv("LUNETTE_TMPDIR");
    CHECK(rmdir(folder) == 0);
}

enum { ASOF = LNT_JOIN_OUTER + 1, N_JOINS }; ///< beside the kinds of join

/// A join that spills under the child's limit.
static lnt_plan *spilled_join(const sample *left, const sample *right, int kind) {
    static const char *const keys[] = {"i", "k"};
    if (kind == ASOF) return joined_asof(left, right, LNT_JOIN_LEFT, 1, 2);
    return joined(left, right, (lnt_join_kind)kind, keys, keys, 2);
}

/// A limit under which it spills with 60,000 rows on both sides: semi and anti joins keep keys alone.
static int64_t spilling_limit(int kind) {
    return kind == LNT_JOIN_SEMI || kind == LNT_JOIN_ANTI ? 4 * MEBI : kind == ASOF ? 6 * MEBI : 12 * MEBI;
}

/// Descriptors that are open.
static int count_open(void) {
    int n = 0;
    for (int fd = 0; fd < 256; fd++) n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

TEST(a_full_disk_or_a_missing_folder_ends_a_join_with_an_error) {
    char folder[] = "/tmp/lunette-test-XXXXXX", message[768];
    CHECK(mkdtemp(folder) != NULL);
    setenv("LUNETTE_TMPDIR", folder, 1);
    sample left = all_types(20000, 20000, 5, 31), right = all_types(40000, 20000, 5, 32);
    for (int kind = 0; kind < N_JOINS; kind++) {
        lnt_plan *plan = spilled_join(&left, &right, kind);
        int outcome = in_child(limit_files, plan, message);
        CHECK_MSG(WIFEXITED(outcome) && WEXITSTATUS(outcome) == LNT_IO, "kind %d: %d: %s", kind, outcome, message);
        CHECK_MSG(strstr(message, "join") && strstr(message, folder), "%s", message);
        outcome = in_child(no_folder, plan, message);
        CHECK_MSG(WIFEXITED(outcome) && WEXITSTATUS(outcome) == LNT_LIMIT, "kind %d: %d: %s", kind, outcome, message);
        CHECK_MSG(strstr(message, "/no/such/folder") != NULL, "%s", message);
        outcome = in_child(cancel_at_once, plan, message);
        CHECK_MSG(WIFEXITED(outcome) && WEXITSTATUS(outcome) == LNT_CANCELLED, "%d: %s", outcome, message);
        CHECK_INT(count_entries(folder), 0);
        lnt_plan_unref(plan);
    }
    sample_free(&left);
    sample_free(&right);
    unsetenv("LUNETTE_TMPDIR");
    CHECK(rmdir(folder) == 0);
}

/// How long the plan takes under a limit that makes it spill, in microseconds.
static int64_t time_of(const lnt_plan *plan, int64_t limit) {
    held nothing = {NULL, 0, false, "timing"};
    struct timespec before, after;
    lnt_error err = {0};
    lnt_engine *engine = limited(2, limit);
    clock_gettime(CLOCK_MONOTONIC, &before);
    CHECK_OK(lnt_plan_stream(engine, plan, compare_piece, &nothing, &err), &err);
    clock_gettime(CLOCK_MONOTONIC, &after);
    CHECK(lnt_engine_spilled_bytes(engine) > 0);
    lnt_engine_free(engine);
    return (after.tv_sec - before.tv_sec) * 1000000 + (after.tv_nsec - before.tv_nsec) / 1000;
}

static void *cancel_later(void *context) {
    usleep(*(useconds_t *)((void **)context)[1]);
    lnt_engine_cancel(((void **)context)[0]);
    return NULL;
}

TEST(a_join_that_is_stopped_while_it_spills_keeps_nothing) {
    enum { MOMENTS = 8 };
    sample left = all_types(60000, 20000, 5, 33), right = all_types(60000, 20000, 5, 34);
    int stopped = 0;
    for (int kind = 0; kind < N_JOINS; kind++) {
        lnt_plan *plan = spilled_join(&left, &right, kind);
        int64_t limit = spilling_limit(kind), all_us = time_of(plan, limit);
        int open_before = count_open();
        for (int m = 0; m < MOMENTS; m++) {
            lnt_engine *engine = limited(2, limit);
            held nothing = {NULL, 0, false, "stopped"};
            useconds_t after = (useconds_t)(all_us * m / MOMENTS);
            void *context[] = {engine, &after};
            pthread_t thread;
            lnt_error err = {0};
            CHECK(pthread_create(&thread, NULL, cancel_later, context) == 0);
            lnt_status status = lnt_plan_stream(engine, plan, compare_piece, &nothing, &err);
            pthread_join(thread, NULL);
            CHECK_MSG(status == LNT_CANCELLED || status == LNT_OK, "kind %d: %s", kind, err.message);
            stopped += status == LNT_CANCELLED;
            CHECK_INT(lnt_engine_memory_used(engine), 0);
            CHECK_INT(count_open(), open_before);
            lnt_engine_free(engine);
        }
        lnt_plan_unref(plan);
    }
    CHECK(stopped > MOMENTS);
    sample_free(&left);
    sample_free(&right);
}

static void check_killed(const lnt_plan *plan, int64_t limit, const char *folder) {
    enum { MOMENTS = 6 };
    int64_t all_us = time_of(plan, limit);
    int killed = 0;
    for (int m = 1; m <= MOMENTS; m++) {
        int outcome = 0;
        pid_t child = fork();
        if (child == 0) {
            held nothing = {NULL, 0, false, "killed"};
            lnt_error err = {0};
            kill_after(NULL, all_us * m / MOMENTS + 1);
            _exit((int)lnt_plan_stream(limited(2, limit), plan, compare_piece, &nothing, &err));
        }
        CHECK(waitpid(child, &outcome, 0) == child);
        bool ended = WIFEXITED(outcome) && WEXITSTATUS(outcome) == LNT_OK;
        CHECK_MSG(ended || (WIFSIGNALED(outcome) && WTERMSIG(outcome) == SIGALRM), "outcome %d", outcome);
        killed += WIFSIGNALED(outcome);
        CHECK_INT(count_entries(folder), 0);
    }
    CHECK(killed > 0);
}

TEST(a_join_that_is_killed_while_it_spills_leaves_nothing) {
    char folder[] = "/tmp/lunette-test-XXXXXX";
    CHECK(mkdtemp(folder) != NULL);
    setenv("LUNETTE_TMPDIR", folder, 1);
    sample left = all_types(60000, 20000, 5, 35), right = all_types(60000, 20000, 5, 36);
    for (int kind = LNT_JOIN_OUTER; kind < N_JOINS; kind++) {
        lnt_plan *plan = spilled_join(&left, &right, kind);
        check_killed(plan, spilling_limit(kind), folder);
        lnt_plan_unref(plan);
    }
    sample_free(&left);
    sample_free(&right);
    unsetenv("LUNETTE_TMPDIR");
    CHECK(rmdir(folder) == 0);
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

TEST(a_process_that_is_killed_while_it_spills_leaves_nothing) {
    char folder[] = "/tmp/lunette-test-XXXXXX", message[768];
    CHECK(mkdtemp(folder) != NULL);
    setenv("LUNETTE_TMPDIR", folder, 1);
    pid_t child = fork();
    if (child == 0) {
        lnt_error err = {0};
        lnt_spill *spill = NULL;
        int64_t at;
        kill_soon(NULL);
        if (lnt_spill_new(limited(1, MEBI), "sort", &spill, &err) != LNT_OK) _exit(1);
        while (lnt_spill_write(spill, message, sizeof message, &at, &err) == LNT_OK) lnt_spill_rewind(spill);
        _exit(2);
    }
    int outcome = 0;
    CHECK(waitpid(child, &outcome, 0) == child);
    CHECK_MSG(WIFSIGNALED(outcome) && WTERMSIG(outcome) == SIGALRM, "outcome %d", outcome);
    CHECK_INT(count_entries(folder), 0);
    unsetenv("LUNETTE_TMPDIR");
    CHECK(rmdir(folder) == 0);
}

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
