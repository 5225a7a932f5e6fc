/// @file aggregate.h
/// Which aggregates there are: names, argument types, result types. How they are computed is exec's affair.
#ifndef LNT_EXPR_AGGREGATE_H
#define LNT_EXPR_AGGREGATE_H

#include "lunette/expression.h"

typedef enum lnt_aggregate_kind {
    LNT_AGG_COUNT_ROWS,     ///< count(): rows
    LNT_AGG_COUNT,          ///< count(x): rows where x isn't null
    LNT_AGG_COUNT_DISTINCT, ///< different values of x, null not among them
    LNT_AGG_SUM,            ///< int → int (overflow is an error), float → float, bool → int (how many are true)
    LNT_AGG_MEAN,           ///< int, float, bool → float
    LNT_AGG_MIN,            ///< any type
    LNT_AGG_MAX,
    LNT_AGG_MEDIAN, ///< int, float → float; of an even number the mean of the middle two
    LNT_AGG_FIRST,  ///< any type: the first value that isn't null, in row order
    LNT_AGG_LAST,
    LNT_AGG_QUANTILE, ///< int, float → float; the second argument, a constant, is the share, 0 to 1
    LNT_AGG_VAR,      ///< int, float → float, the sample's
    LNT_AGG_STDDEV,
    LNT_AGG_CORR, ///< two of int, float → float
    LNT_AGG_MODE, ///< any type: the most frequent value, of several the one that comes first
    LNT_AGG_ANY,  ///< bool
    LNT_AGG_ALL,
    LNT_AGG_LIST,    ///< string (others as text): all values, between them the second argument, a constant
    LNT_AGG_ENTROPY, ///< any type → float: Shannon's, of the values' shares, in bits
    LNT_AGG_COUNT_DISTINCT_APPROX
} lnt_aggregate_kind;

typedef struct lnt_aggregate {
    lnt_aggregate_kind kind;
    const char *name;
    int min_args, max_args;
} lnt_aggregate;

/// The aggregate called `name` (count(x) and count() share one; the binder picks the kind), or NULL.
const lnt_aggregate *lnt_aggregate_find(lnt_str name, int64_t n_args);
/// Result type for an argument of `type`, or LNT_NULL if it doesn't take it.
lnt_type lnt_aggregate_type(lnt_aggregate_kind kind, lnt_type type);
/// Their names, signatures and summaries, for lnt_functions; `*n` gets the number.
const lnt_function_info *lnt_aggregate_infos(int64_t *n);
/// All of them; `*n` gets the number.
const lnt_aggregate *lnt_aggregates(int64_t *n);

#endif
