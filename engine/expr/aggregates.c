/// @file aggregates.c
/// The table of aggregates and of what they take and give.
#include "base/text.h"
#include "expr/aggregate.h"

static const lnt_aggregate aggregates[] = {
    {LNT_AGG_COUNT_ROWS, "count", 0, 0},
    {LNT_AGG_COUNT, "count", 1, 1},
    {LNT_AGG_COUNT_DISTINCT, "count_distinct", 1, 1},
    {LNT_AGG_SUM, "sum", 1, 1},
    {LNT_AGG_MEAN, "mean", 1, 1},
    {LNT_AGG_MIN, "min", 1, 1},
    {LNT_AGG_MAX, "max", 1, 1},
    {LNT_AGG_MEDIAN, "median", 1, 1},
    {LNT_AGG_FIRST, "first", 1, 1},
    {LNT_AGG_LAST, "last", 1, 1},
    {LNT_AGG_QUANTILE, "quantile", 2, 2},
    {LNT_AGG_VAR, "var", 1, 1},
    {LNT_AGG_STDDEV, "stddev", 1, 1},
    {LNT_AGG_CORR, "corr", 2, 2},
    {LNT_AGG_MODE, "mode", 1, 1},
    {LNT_AGG_ANY, "any", 1, 1},
    {LNT_AGG_ALL, "all", 1, 1},
    {LNT_AGG_LIST, "list", 1, 2},
    {LNT_AGG_ENTROPY, "entropy", 1, 1},
    {LNT_AGG_COUNT_DISTINCT_APPROX, "count_distinct_approx", 1, 1},
};
enum { N_AGGREGATES = sizeof aggregates / sizeof *aggregates };

#define WHERE "; a condition may follow, as in "
static const lnt_function_info infos[] = {
    {"count", "count() -> int, count(x: any) -> int",
     "How many rows there are; with an argument, in how many it isn't null" WHERE "count() where port == 443.",
     "aggregate"},
    {"count_distinct", "count_distinct(x: any) -> int", "How many different values there are, null not among them.",
     "aggregate"},
    {"sum", "sum(x: int|bool) -> int, sum(x: float) -> float",
     "The sum, 0 without values; of bools how many are true; an int sum beyond 64 bits is an error.", "aggregate"},
    {"mean", "mean(x: int|float|bool) -> float", "The arithmetic mean, null without values.", "aggregate"},
    {"min", "min(x: any) -> same", "The least value; NaN only if there is nothing else.", "aggregate"},
    {"max", "max(x: any) -> same", "The greatest value; NaN only if there is nothing else.", "aggregate"},
    {"median", "median(x: int|float) -> float", "The middle value; of an even number the mean of the middle two.",
     "aggregate"},
    {"first", "first(x: any) -> same", "The first value in row order that isn't null.", "aggregate"},
    {"last", "last(x: any) -> same", "The last value in row order that isn't null.", "aggregate"},
    {"quantile", "quantile(x: int|float, q: float) -> float",
     "The value below which the share q (a constant, 0 to 1) of the values lies; between two values in proportion.",
     "aggregate"},
    {"stddev", "stddev(x: int|float) -> float", "The sample's standard deviation, null with fewer than two values.",
     "aggregate"},
    {"var", "var(x: int|float) -> float", "The sample's variance, null with fewer than two values.", "aggregate"},
    {"corr", "corr(x: int|float, y: int|float) -> float",
     "Pearson's correlation over the rows that have both; null with fewer than two, or where one never changes.",
     "aggregate"},
    {"mode", "mode(x: any) -> same", "The most frequent value; of several the one that comes first.", "aggregate"},
    {"any", "any(x: bool) -> bool", "Whether a value is true; false without values.", "aggregate"},
    {"all", "all(x: bool) -> bool", "Whether no value is false; true without values.", "aggregate"},
    {"list", "list(x: any[, separator: string]) -> string",
     "The values as text in row order, with a separator (a constant, ', ') between them.", "aggregate"},
    {"entropy", "entropy(x: any) -> float",
     "Shannon's entropy of how the values are distributed, in bits: 0 where all are one, 3 for eight equal shares.",
     "aggregate"},
    {"count_distinct_approx", "count_distinct_approx(x: any) -> int",
     "About how many different values there are (HyperLogLog, standard error 1.6 %), in bounded memory per group.",
     "aggregate"},
};

const lnt_function_info *lnt_aggregate_infos(int64_t *n) {
    *n = sizeof infos / sizeof *infos;
    return infos;
}

const lnt_aggregate *lnt_aggregate_find(lnt_str name, int64_t n_args) {
    const lnt_aggregate *found = NULL;
    for (int64_t i = 0; i < N_AGGREGATES; i++) {
        if (!lnt_str_equal(name, lnt_str_from(aggregates[i].name))) continue;
        found = &aggregates[i];
        if (n_args >= found->min_args && n_args <= found->max_args) break;
    }
    return found;
}

lnt_type lnt_aggregate_type(lnt_aggregate_kind kind, lnt_type type) {
    bool number = type == LNT_INT || type == LNT_FLOAT;
    switch (kind) {
    case LNT_AGG_COUNT_ROWS:
    case LNT_AGG_COUNT:
    case LNT_AGG_COUNT_DISTINCT:
    case LNT_AGG_COUNT_DISTINCT_APPROX:
        return LNT_INT;
    case LNT_AGG_SUM:
        return type == LNT_BOOL ? LNT_INT : number ? type : LNT_NULL;
    case LNT_AGG_MEAN:
        return number || type == LNT_BOOL ? LNT_FLOAT : LNT_NULL;
    case LNT_AGG_MEDIAN:
    case LNT_AGG_QUANTILE:
    case LNT_AGG_VAR:
    case LNT_AGG_STDDEV:
    case LNT_AGG_CORR:
        return number ? LNT_FLOAT : LNT_NULL;
    case LNT_AGG_ANY:
    case LNT_AGG_ALL:
        return type == LNT_BOOL ? type : LNT_NULL;
    case LNT_AGG_LIST:
        return type == LNT_STRING ? type : LNT_NULL;
    case LNT_AGG_ENTROPY:
        return type == LNT_NULL ? LNT_NULL : LNT_FLOAT;
    case LNT_AGG_MIN:
    case LNT_AGG_MAX:
    case LNT_AGG_FIRST:
    case LNT_AGG_LAST:
    case LNT_AGG_MODE:
        return type;
    }
    return LNT_NULL;
}

const lnt_aggregate *lnt_aggregates(int64_t *n) {
    *n = N_AGGREGATES;
    return aggregates;
}
