/// @file spilled.h
/// What tests of spilling share: tables of every type, plans whose rows don't fit, and runs of them under small limits.
#ifndef LUNETTE_TESTS_SPILLED_H
#define LUNETTE_TESTS_SPILLED_H

#include "plans.h"

static lnt_engine *ample;
static const char *const names[] = {"b", "i", "f", "s", "t", "ip", "k", "u"};
enum { MEBI = 1 << 20 };

static inline lnt_engine *limited(int n_threads, int64_t bytes) {
    lnt_engine *engine = NULL;
    lnt_error err = {0};
    lnt_engine_options options = {.n_threads = n_threads, .memory_limit_bytes = bytes};
    CHECK_OK(lnt_engine_new(&options, &engine, &err), &err);
    return engine;
}

static inline sample all_types(int64_t n_rows, int64_t distinct, int null_percent, uint64_t seed) {
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

static inline lnt_status compare_piece(void *context, const lnt_table *rows, lnt_error *err) {
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
static inline lnt_status run_against(lnt_engine *engine, const lnt_plan *plan, const lnt_table *expected, const char *what,
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
static inline void check_limits(const lnt_plan *plan, int64_t least_bytes, int64_t enough_bytes, const char *what) {
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

static inline lnt_plan *sorted_by(const sample *s, const char *const *keys, int64_t n) {
    lnt_plan *plan = sample_plan(s);
    PLANS_STEP(plan, lnt_plan_filter(plan, "k ~= 77 or is_null(k)", NULL, out, err)); // no table: rows are collected
    PLANS_STEP(plan, lnt_plan_sort(plan, keys, n, NULL, out, err));
    return plan;
}

static inline lnt_plan *grouped(const sample *s, const char *const *by, int64_t n_by, const char *const *calls, int64_t n) {
    lnt_plan *plan = sample_plan(s);
    PLANS_STEP(plan, lnt_plan_aggregate(plan, by, n_by, calls, n, NULL, out, err));
    return plan;
}

/// A window of all kinds of functions, of which the `way`th.
static inline lnt_plan *windowed(const sample *s, const char *const *by, int64_t n_by, int way) {
    static const char *const calls[][3] = {{"n = row_number()", "r = rank()", "d = dense_rank()"},
                                           {"lag = lag(u, 2)", "lead = lead(f)", "first = first(s)"},
                                           {"sum = cumsum(f)", "rows = cumcount(i)", "last = last(ip)"},
                                           {"mean = rolling_mean(f, 3)", "sum = rolling_sum(k, 7)", "m = rolling_max(t, 4)"}};
    static const char *const order[] = {"-i", "f"};
    int64_t n_order = (1 + way / 4) % 3;
    lnt_plan *plan = sample_plan(s);
    PLANS_STEP(plan, lnt_plan_filter(plan, "k ~= 77 or is_null(k)", NULL, out, err)); // no table
    PLANS_STEP(plan, lnt_plan_window(plan, by, n_by, order, n_order, calls[way % 4 || n_order ? way % 4 : 2], 3,
                                     NULL, out, err));
    return plan;
}

/// The first rows of all values of a column.
static inline lnt_plan *first_rows(const sample *s, const char *const *by, int64_t n_by) {
    lnt_plan *plan = sample_plan(s);
    PLANS_STEP(plan, lnt_plan_filter(plan, "k ~= 77 or is_null(k)", NULL, out, err)); // no table
    PLANS_STEP(plan, lnt_plan_distinct(plan, by, n_by, out, err));
    return plan;
}

/// A join of which some columns of both sides are kept, so that the right side is what takes memory.
static inline lnt_plan *joined(const sample *left, const sample *right, lnt_join_kind kind, const char *const *left_keys,
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

/// An asof_join whose right side, of which much is kept, takes the memory. `n_by` of the keys i (the other side's f) and k
/// are equal; `way` chooses the direction, whether it is strict, a tolerance, and the column that is compared.
static inline lnt_plan *joined_asof(const sample *left, const sample *right, lnt_join_kind kind, int64_t n_by, int way) {
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

/// A range_join (or, by addresses, a cidr_join) whose right side takes the memory: ranges from each row's value to a little
/// above it, of type int, time, ip or float, with columns that are kept.
static inline lnt_plan *joined_range(const sample *left, const sample *right, lnt_join_kind kind, int way) {
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

#endif
