/// @file plan.h
/// Queries as data: immutable, reference-counted trees of logical operators. Building one checks names and types at
/// once; nothing is read until it is run.
#ifndef LUNETTE_PLAN_H
#define LUNETTE_PLAN_H

#include "lunette/expression.h"

typedef struct lnt_plan lnt_plan;
typedef struct lnt_scan lnt_scan;

typedef enum lnt_join_kind {
    LNT_JOIN_INNER,
    LNT_JOIN_LEFT, ///< rows of the left without a match stay, with nulls
    LNT_JOIN_SEMI, ///< rows of the left that have a match, once
    LNT_JOIN_ANTI, ///< rows of the left that have none
    LNT_JOIN_OUTER ///< left join, then the right's rows without a match, in their order
} lnt_join_kind;

/// One more owner of `plan`, one owner less; safe from any thread.
LNT_API lnt_plan *lnt_plan_ref(const lnt_plan *plan);
LNT_API void lnt_plan_unref(lnt_plan *plan); ///< NULL is fine
/// The columns that running the plan gives; borrowed.
LNT_API const lnt_schema *lnt_plan_schema(const lnt_plan *plan);

// Each builder below keeps references of the plans it is given; `*out` belongs to the caller (lnt_plan_unref).
// Text arguments are copied. Names that aren't known fail with LNT_NAME and the nearest name, mistakes inside an
// expression with its span. A key list is `names[n]`; a definition is "name = expression".

/// All rows of a scan (a table, a file); takes its own reference.
LNT_API LNT_MUST_USE lnt_status lnt_plan_scan(lnt_scan *scan, lnt_plan **out, lnt_error *err);
/// All rows of a table in memory.
LNT_API LNT_MUST_USE lnt_status lnt_plan_table(const lnt_table *table, lnt_plan **out, lnt_error *err);
/// Rows for which the bool expression is true.
LNT_API LNT_MUST_USE lnt_status lnt_plan_filter(const lnt_plan *in, const char *expr, const lnt_params *params,
                                                lnt_plan **out, lnt_error *err);
/// All columns and new ones at the end; a definition of an existing name replaces that column in place. Later
/// definitions see earlier ones.
LNT_API LNT_MUST_USE lnt_status lnt_plan_derive(const lnt_plan *in, const char *const *definitions, int64_t n,
                                                const lnt_params *params, lnt_plan **out, lnt_error *err);
/// Only these columns, in this order: names, or definitions (which see the input's columns).
LNT_API LNT_MUST_USE lnt_status lnt_plan_select(const lnt_plan *in, const char *const *items, int64_t n,
                                                const lnt_params *params, lnt_plan **out, lnt_error *err);
/// All columns but these.
LNT_API LNT_MUST_USE lnt_status lnt_plan_drop(const lnt_plan *in, const char *const *names, int64_t n, lnt_plan **out,
                                              lnt_error *err);
/// New names: `to[i]` for the column `from[i]`.
LNT_API LNT_MUST_USE lnt_status lnt_plan_rename(const lnt_plan *in, const char *const *from, const char *const *to,
                                                int64_t n, lnt_plan **out, lnt_error *err);
/// One row per combination of keys, in order of first appearance, with the keys and then the definitions of
/// aggregates ("n = count()", "rate = sum(a) / sum(b)"). A key is a column's name or a definition. Without keys: one
/// row over everything, also over nothing.
LNT_API LNT_MUST_USE lnt_status lnt_plan_aggregate(const lnt_plan *in, const char *const *keys, int64_t n_keys,
                                                   const char *const *definitions, int64_t n,
                                                   const lnt_params *params, lnt_plan **out, lnt_error *err);
/// The first row of each combination of the named columns (n = 0: of all columns).
LNT_API LNT_MUST_USE lnt_status lnt_plan_distinct(const lnt_plan *in, const char *const *names, int64_t n,
                                                  lnt_plan **out, lnt_error *err);
/// Stable sort by keys: "name" ascending, "-name" descending, or an expression with an optional leading "-" applied to
/// the whole; nulls last either way.
LNT_API LNT_MUST_USE lnt_status lnt_plan_sort(const lnt_plan *in, const char *const *keys, int64_t n,
                                              const lnt_params *params, lnt_plan **out, lnt_error *err);
/// Rows [offset, offset + n); a negative offset counts from the end; n < 0: all that follow.
LNT_API LNT_MUST_USE lnt_status lnt_plan_slice(const lnt_plan *in, int64_t offset, int64_t n, lnt_plan **out,
                                               lnt_error *err);
/// Joins on left_keys[i] == right_keys[i] (same types). Left order is kept, matches of a row in the right's order.
/// INNER/LEFT/OUTER: the left's columns, then the right's without its keys; a name on both sides gets `suffix`
/// ("_right" when NULL) on the right. A null key matches nothing.
LNT_API LNT_MUST_USE lnt_status lnt_plan_join(const lnt_plan *left, const lnt_plan *right, lnt_join_kind kind,
                                              const char *const *left_keys, const char *const *right_keys, int64_t n,
                                              const char *suffix, lnt_plan **out, lnt_error *err);

/// Which row of the right is the nearest.
typedef enum lnt_asof_direction {
    LNT_ASOF_BACKWARD, ///< the greatest that isn't above the left's value; of equal ones the last
    LNT_ASOF_FORWARD,  ///< the least that isn't below it; of equal ones the first
    LNT_ASOF_NEAREST   ///< whichever of the two is nearer; backward of two equally near
} lnt_asof_direction;

/// How asof joins match; all zero: backward, equal values too, however far.
typedef struct lnt_asof_options {
    lnt_asof_direction direction;
    bool strict;        ///< equal values don't match
    bool has_tolerance; ///< only matches that are no further than `tolerance`
    double tolerance;   ///< in the column's own unit; seconds for times
} lnt_asof_options;

/// Joins each row of the left with the one row of the right whose column `right_on` is nearest to `left_on` (both int,
/// both float or both time), among the right's rows with equal `left_by[i] == right_by[i]`. Null and NaN match nothing.
/// The columns are those of lnt_plan_join, with `right_on` kept. There is no outer join of this kind.
LNT_API LNT_MUST_USE lnt_status lnt_plan_asof_join(const lnt_plan *left, const lnt_plan *right, lnt_join_kind kind,
                                                   const char *left_on, const char *right_on,
                                                   const char *const *left_by, const char *const *right_by, int64_t n,
                                                   const lnt_asof_options *options, const char *suffix, lnt_plan **out,
                                                   lnt_error *err);

/// How range and network joins match; all zero: every range that holds the value, both ends included.
typedef struct lnt_range_options {
    bool narrowest; ///< only the narrowest range that holds the value; of equally narrow ones the right's first
    bool half_open; ///< the upper end doesn't belong to the range
} lnt_range_options;

/// Joins each row of the left with the rows of the right for which first <= value <= last (all int, all float, all time
/// or all ip). Matches come in the right's order. Null and NaN match nothing, nor does a range whose end is before its
/// beginning. All columns of both sides; no outer join.
LNT_API LNT_MUST_USE lnt_status lnt_plan_range_join(const lnt_plan *left, const lnt_plan *right, lnt_join_kind kind,
                                                    const char *value, const char *first, const char *last,
                                                    const lnt_range_options *options, const char *suffix,
                                                    lnt_plan **out, lnt_error *err);
/// The same for an address and a network ("10.0.0.0/8", "2001:db8::/32", a bare address; or an ip column, where each
/// address is a network of its own). A text that is no network is an error that names the row.
LNT_API LNT_MUST_USE lnt_status lnt_plan_cidr_join(const lnt_plan *left, const lnt_plan *right, lnt_join_kind kind,
                                                   const char *ip, const char *network,
                                                   const lnt_range_options *options, const char *suffix,
                                                   lnt_plan **out, lnt_error *err);
/// The rows of all plans, one after the other; columns by name (a missing one is null), types must agree (int and
/// float become float).
LNT_API LNT_MUST_USE lnt_status lnt_plan_concat(const lnt_plan *const *plans, int64_t n, lnt_plan **out, lnt_error *err);
/// The same columns with other values for null: "column = expression" over the input's columns.
LNT_API LNT_MUST_USE lnt_status lnt_plan_fill_null(const lnt_plan *in, const char *const *definitions, int64_t n,
                                                   const lnt_params *params, lnt_plan **out, lnt_error *err);
/// `n` rows (all, if there are fewer) in their order; which ones is decided by their numbers and `seed` alone.
LNT_API LNT_MUST_USE lnt_status lnt_plan_sample(const lnt_plan *in, int64_t n, int64_t seed, lnt_plan **out,
                                                lnt_error *err);
/// A row for every piece of the string `column` between separators (terminated, not empty), the other columns repeated;
/// null and the empty text give one row with null.
LNT_API LNT_MUST_USE lnt_status lnt_plan_explode(const lnt_plan *in, const char *column, const char *separator,
                                                 lnt_plan **out, lnt_error *err);
/// All columns and new ones that see the rows around: definitions over the input's columns and the functions
/// row_number() rank() dense_rank() lag(x[, n]) lead(x[, n]) cumsum(x) cumcount([x]) rolling_mean(x, n) rolling_sum(x, n)
/// rolling_min(x, n) rolling_max(x, n) first(x) last(x) fill_forward(x) fill_backward(x), as in "gap = time - lag(time)".
/// A rolling one takes a length of time ('90s', '15m', '2h', '7d', '1w') in place of `n` where the first key of the order is
/// a time: the rows up to this one that are nearer to it than that. Functions see the rows with the same values of the
/// columns `by` (none: all rows), in the order of the keys `order` (as in sort; none: as they stand). The rows stay where
/// they are. A definition of an existing name replaces that column in place.
LNT_API LNT_MUST_USE lnt_status lnt_plan_window(const lnt_plan *in, const char *const *by, int64_t n_by,
                                                const char *const *order, int64_t n_order,
                                                const char *const *definitions, int64_t n, const lnt_params *params,
                                                lnt_plan **out, lnt_error *err);
/// A function of the caller's own that makes a column: called once per run, on the thread that runs the plan and outside
/// of any worker, with all rows so far. `*out` has as many rows and the type that was announced.
typedef struct lnt_map {
    lnt_status (*fn)(void *context, const lnt_table *rows, lnt_column **out, lnt_error *err);
    void (*release)(void *context); ///< when the last plan with the function goes; NULL: nothing to do
    void *context;
    const char *what; ///< for explain, such as "by a Lua function"; copied
} lnt_map;

/// All columns and the one that the function makes, at the end or in the place of one with its name. The slow path:
/// all rows are collected first. Takes the context over, also when it fails.
LNT_API LNT_MUST_USE lnt_status lnt_plan_map(const lnt_plan *in, const char *name, lnt_type type, const lnt_map *map,
                                             lnt_plan **out, lnt_error *err);
/// One row, one column `count`: how many rows.
LNT_API LNT_MUST_USE lnt_status lnt_plan_count(const lnt_plan *in, lnt_plan **out, lnt_error *err);

/// Runs the plan (optimised). `*out` belongs to the caller (lnt_table_unref).
LNT_API LNT_MUST_USE lnt_status lnt_plan_run(lnt_engine *engine, const lnt_plan *plan, lnt_table **out, lnt_error *err);
/// Runs the plan as it was written, without the optimiser: for tests, same result.
LNT_API LNT_MUST_USE lnt_status lnt_plan_run_unoptimised(lnt_engine *engine, const lnt_plan *plan, lnt_table **out,
                                                         lnt_error *err);
/// Told of each batch of rows as a small table, in order, on the calling thread or another, one at a time.
typedef lnt_status (*lnt_table_fn)(void *context, const lnt_table *rows, lnt_error *err);
/// Runs the plan and gives the rows away in pieces as they come, in order, in bounded memory where the plan allows it.
LNT_API LNT_MUST_USE lnt_status lnt_plan_stream(lnt_engine *engine, const lnt_plan *plan, lnt_table_fn fn,
                                                void *context, lnt_error *err);
/// Describes the optimised plan, an operator a line, indented, with the columns and filters pushed into each scan.
/// `*out` is terminated and freed with lnt_text_free.
LNT_API LNT_MUST_USE lnt_status lnt_plan_explain(lnt_engine *engine, const lnt_plan *plan, char **out, lnt_error *err);
/// The rows that the plan's inputs could not read, over all its scans: source, line, column, reason, text.
LNT_API LNT_MUST_USE lnt_status lnt_plan_rejects(lnt_engine *engine, const lnt_plan *plan, lnt_table **out,
                                                 lnt_error *err);
/// How many rows the plan's inputs gave and rejected in the last pass that finished over each, together; both -1 while
/// one of them had none. Reads nothing. Tables in memory don't count.
LNT_API LNT_MUST_USE lnt_status lnt_plan_counts(const lnt_plan *plan, int64_t *n_rows, int64_t *n_rejects,
                                                lnt_error *err);
/// Frees text that the library made.
LNT_API void lnt_text_free(char *text);

#endif
