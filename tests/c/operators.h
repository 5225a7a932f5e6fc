/// @file operators.h
/// Every operator of a plan, over two tables that give each of them work: for tests of what holds for all of them.
#ifndef LUNETTE_TESTS_OPERATORS_H
#define LUNETTE_TESTS_OPERATORS_H

#include "plans.h"

#define NAMES(...) ((const char *const[]){__VA_ARGS__})

enum {
    FILTER, MATCH, DERIVE, FEW_GROUPS, MANY_GROUPS, TEXT_GROUPS, MEDIANS, LISTS, ONE_GROUP, COUNTED, DISTINCT, SORT, SORT_TEXT, TOP, INNER,
    LEFT, OUTER, SEMI, ANTI, ASOF, RANGE, NETWORK, WINDOW, FIRST_ROWS, EXPLODE, SAMPLE, CONCAT, FILL_NULL, SLICE, COUNT,
    MAP, N_OPERATORS
};
static const char *const operator_names[N_OPERATORS] = {
    "filter", "match", "derive", "group by few", "group by many", "group by text", "median and quantile", "list and entropy",
    "one group", "values counted",
    "distinct", "sort", "sort by text", "top", "inner join", "left join", "outer join", "semi join", "anti join", "asof join",
    "range join", "cidr join", "window", "first rows", "explode", "sample", "concat", "fill_null", "slice", "count", "map",
};

/// How many rows there are, in every row.
static lnt_status operators_map(void *context, const lnt_table *table, lnt_column **out, lnt_error *err) {
    lnt_value n = {.type = LNT_INT, .as.i = lnt_table_n_rows(table)};
    return lnt_column_constant(context, LNT_INT, n, lnt_table_n_rows(table), out, err);
}

/// The plan of operator `index` over `all` (operators_rows), and `other` (operators_few) where it takes two.
static lnt_status operators_plan(lnt_engine *engine, int index, const lnt_plan *all, const lnt_plan *other, lnt_plan **out,
                                 lnt_error *err) {
    static const char *const i[] = {"i"}, *const k[] = {"k"}, *const low[] = {"low"};
    static const lnt_join_kind kinds[] = {LNT_JOIN_INNER, LNT_JOIN_LEFT, LNT_JOIN_OUTER, LNT_JOIN_SEMI, LNT_JOIN_ANTI};
    const lnt_map map = {operators_map, NULL, engine, "by the test"};
    lnt_plan *first = NULL;
    lnt_status status;
    switch (index) {
    case FILTER:
        return lnt_plan_filter(all, "i % 3 == 0 and f > 10 and s ~= 'v7'", NULL, out, err);
    case MATCH:
        return lnt_plan_filter(all, "matches(s .. '-' .. i, '(a|v|l)+.*[0-9]+7$')", NULL, out, err);
    case DERIVE:
        return lnt_plan_derive(all, NAMES("x = upper(s) .. i", "y = f * 2 + i"), 2, NULL, out, err);
    case FEW_GROUPS:
        return lnt_plan_aggregate(all, k, 1, NAMES("n = count()", "m = mean(f)"), 2, NULL, out, err);
    case MANY_GROUPS:
        return lnt_plan_aggregate(all, i, 1, NAMES("n = count()", "m = max(s)"), 2, NULL, out, err);
    case TEXT_GROUPS:
        return lnt_plan_aggregate(all, NAMES("s", "t"), 2, NAMES("n = count_distinct(p)"), 1, NULL, out, err);
    case MEDIANS:
        return lnt_plan_aggregate(all, k, 1, NAMES("m = median(f)", "q = quantile(i, 0.9)"), 2, NULL, out, err);
    case LISTS:
        return lnt_plan_aggregate(all, k, 1, NAMES("l = list(s)", "e = entropy(p)"), 2, NULL, out, err);
    case ONE_GROUP:
        return lnt_plan_aggregate(all, NULL, 0, NAMES("m = median(f)", "q = quantile(i, 0.9)", "l = list(s)", "e = entropy(f)",
                                                      "o = mode(s)", "d = count_distinct(i)"), 6, NULL, out, err);
    case COUNTED:
        return lnt_plan_aggregate(all, k, 1, NAMES("o = mode(i)", "d = count_distinct(s .. i)", "a = count_distinct_approx(p)",
                                                   "v = stddev(f)", "r = corr(i, f)", "x = last(s)"), 6, NULL, out, err);
    case DISTINCT:
        return lnt_plan_distinct(all, NAMES("s", "p"), 2, out, err);
    case SORT:
        return lnt_plan_sort(all, NAMES("-t", "i"), 2, NULL, out, err);
    case SORT_TEXT:
        return lnt_plan_sort(all, NAMES("s", "-f"), 2, NULL, out, err);
    case TOP:
        LNT_TRY(lnt_plan_sort(all, NAMES("-f"), 1, NULL, &first, err));
        status = lnt_plan_slice(first, 0, 100, out, err);
        lnt_plan_unref(first);
        return status;
    case ASOF:
        return lnt_plan_asof_join(all, other, LNT_JOIN_LEFT, "t", "t", k, k, 1, NULL, NULL, out, err);
    case RANGE:
        return lnt_plan_range_join(all, other, LNT_JOIN_LEFT, "i", "low", "high", &(lnt_range_options){.narrowest = true},
                                   NULL, out, err);
    case WINDOW:
        return lnt_plan_window(all, k, 1, NAMES("t"), 1, NAMES("gap = i - lag(i)", "r = rolling_mean(f, 50)"), 2, NULL, out,
                               err);
    case NETWORK:
        LNT_TRY(lnt_plan_select(other, NAMES("network = string(ip) .. '/9'", "k"), 2, NULL, &first, err));
        status = lnt_plan_cidr_join(all, first, LNT_JOIN_LEFT, "p", "network", NULL, NULL, out, err);
        lnt_plan_unref(first);
        return status;
    case FIRST_ROWS:
        LNT_TRY(lnt_plan_window(all, k, 1, NAMES("-t"), 1, NAMES("r = row_number()"), 1, NULL, &first, err));
        status = lnt_plan_filter(first, "r <= 2", NULL, out, err);
        lnt_plan_unref(first);
        return status;
    case EXPLODE:
        return lnt_plan_explode(all, "s", "-", out, err);
    case SAMPLE:
        return lnt_plan_sample(all, 500, 7, out, err);
    case CONCAT:
        return lnt_plan_concat((const lnt_plan *const[]){all, all}, 2, out, err);
    case FILL_NULL:
        return lnt_plan_fill_null(all, NAMES("s = 'none'", "f = i / 2"), 2, NULL, out, err);
    case SLICE:
        return lnt_plan_slice(all, -700, 600, out, err);
    case COUNT:
        return lnt_plan_count(all, out, err);
    case MAP:
        return lnt_plan_map(all, "n", LNT_INT, &map, out, err);
    default:
        return lnt_plan_join(all, other, kinds[index - INNER], i, low, 1, NULL, out, err);
    }
}

/// A table of `n` rows: the left side of every operator.
static inline sample operators_rows(lnt_engine *engine, int64_t n) {
    static const char *const names[] = {"k", "i", "f", "s", "t", "p"};
    const model_kind kinds[] = {{LNT_INT, 5, 20},   {LNT_INT, 5, n},  {LNT_FLOAT, 5, n},
                                {LNT_STRING, 5, n}, {LNT_TIME, 5, n}, {LNT_IP, 5, n / 4 + 1}};
    return sample_new(engine, names, kinds, 6, n, 1);
}

/// What it is joined with: values among which a third of its own are.
static inline sample operators_few(lnt_engine *engine, int64_t n) {
    static const char *const names[] = {"k", "low", "high", "s", "t", "ip"};
    const model_kind kinds[] = {{LNT_INT, 5, 20},   {LNT_INT, 5, n},  {LNT_INT, 5, n},
                                {LNT_STRING, 5, n}, {LNT_TIME, 5, n}, {LNT_IP, 5, n / 4 + 1}};
    return sample_new(engine, names, kinds, 6, n / 3, 2);
}

#endif
