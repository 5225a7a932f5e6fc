/// @file typed.h
/// Expressions that have met a schema: every node has a type, every name is resolved, constants are folded.
///
/// The tree is immutable and shared between threads; each worker evaluates it with an evaluator of its own.
#ifndef LNT_EXPR_TYPED_H
#define LNT_EXPR_TYPED_H

#include "column/scan.h"
#include "lunette/expression.h"

typedef struct lnt_typed lnt_typed;
typedef struct lnt_function lnt_function; ///< expr/function.h

typedef enum lnt_typed_kind { LNT_TYPED_CONSTANT, LNT_TYPED_COLUMN, LNT_TYPED_CALL } lnt_typed_kind;

/// A node. Everything lives in the root's arena; the root is reference-counted, inner nodes are not.
struct lnt_typed {
    lnt_typed_kind kind;
    lnt_type type;
    lnt_str source;                      ///< the text that the node comes from
    int64_t at, length;                  ///< span in `source`
    int64_t id;                          ///< number within the tree, below lnt_bound_n_nodes
    bool implicit;                       ///< CALL: a conversion that nobody wrote
    lnt_value value;                     ///< CONSTANT
    int64_t column;                      ///< COLUMN: index into the schema it was bound to
    lnt_str name;                        ///< COLUMN: its name there
    const lnt_function *function;        ///< CALL
    const struct lnt_overload *overload; ///< CALL: which of the function's
    lnt_typed **args;
    int64_t n_args;
    int64_t n_used;   ///< CALL: how many arguments its kernel gets; the others are in `data`
    const void *data; ///< CALL: what the function prepared at bind time (a parsed CIDR, a set, a pattern)
};

typedef struct lnt_bound lnt_bound; ///< a typed tree with its text, reference-counted
lnt_bound *lnt_bound_ref(const lnt_bound *bound);
void lnt_bound_unref(lnt_bound *bound); ///< NULL is fine
const lnt_typed *lnt_bound_root(const lnt_bound *bound);
lnt_type lnt_bound_type(const lnt_bound *bound);
lnt_str lnt_bound_text(const lnt_bound *bound); ///< canonical text after folding, for explain; borrowed

/// Resolves `expr` (parsed from `text`) against `schema`: types, nearest names for what is unknown, literals adapted to
/// the other side (`ip == '1.2.3.4'`, `first_seen > '2021-09-01'`), parameters replaced by their values, constants
/// folded. Fails with LNT_NAME, LNT_TYPE, LNT_VALUE, … and the span. Aggregates are LNT_NAME here.
LNT_MUST_USE lnt_status lnt_expr_bind(const lnt_expr *expr, lnt_str text, const lnt_schema *schema,
                                      const lnt_params *params, lnt_bound **out, lnt_error *err);

/// A bound expression that is just column `column` of `schema`.
LNT_MUST_USE lnt_status lnt_bound_column(const lnt_schema *schema, int64_t column, lnt_bound **out, lnt_error *err);

/// The same expression over another schema: every reference to column i becomes map[i] (≥ 0); or, where
/// `replace[i]` isn't NULL, the whole expression replace[i]. How the optimiser moves filters through projections.
/// Constants are folded anew; columns keep the names they had, for text. Fails with LNT_LIMIT when the result would be
/// deeper than 2,000 steps.
LNT_MUST_USE lnt_status lnt_bound_remap(const lnt_bound *bound, const int64_t *map, const lnt_bound *const *replace,
                                        lnt_bound **out, lnt_error *err);

/// Splits at top-level `and`s into `*n` expressions (the caller frees the array with lnt_free, unrefs each).
LNT_MUST_USE lnt_status lnt_bound_conjuncts(const lnt_bound *bound, lnt_bound ***out, int64_t *n, lnt_error *err);
/// Joins by `and`; n ≥ 1.
LNT_MUST_USE lnt_status lnt_bound_and(lnt_bound *const *parts, int64_t n, lnt_bound **out, lnt_error *err);

/// Sets used[i] for every column that the expression reads.
void lnt_bound_columns(const lnt_bound *bound, bool *used);
/// How many nodes the tree has.
int64_t lnt_bound_n_nodes(const lnt_bound *bound);
/// Whether evaluation can fail on some row (overflow, a strict cast): such an expression may not be moved to rows that
/// it would not have seen.
bool lnt_bound_can_fail(const lnt_bound *bound);

enum { LNT_MAX_RANGES = 16 };

/// What conditions that must all be true, tested in order, imply for single columns: how many of `ranges` were set.
int64_t lnt_bound_ranges(lnt_bound *const *conditions, int64_t n, lnt_range ranges[LNT_MAX_RANGES]);

// ---- evaluation ----

typedef struct lnt_evaluator lnt_evaluator; ///< one thread's memory for one bound expression

/// Makes an evaluator; it holds a reference of `bound`. `params`-free: everything is in the tree.
LNT_MUST_USE lnt_status lnt_evaluator_new(lnt_engine *engine, const lnt_bound *bound, lnt_evaluator **out,
                                          lnt_error *err);
void lnt_evaluator_free(lnt_evaluator *evaluator); ///< NULL is fine
/// Computes the expression for the selected rows of `batch`; other rows of `*out` are undefined. `*out` borrows from
/// the evaluator and the batch, until the next call or the batch's end. A failure names the row if batch->first_row ≥
/// 0.
LNT_MUST_USE lnt_status lnt_evaluate(lnt_evaluator *evaluator, const lnt_batch *batch, lnt_vec *out, lnt_error *err);
/// For a bool expression: the selected rows for which it is true (not false, not null) into `sel` (LNT_BATCH_ROWS of
/// room; may be batch->sel itself), their number to `*n`.
LNT_MUST_USE lnt_status lnt_evaluate_filter(lnt_evaluator *evaluator, const lnt_batch *batch, uint32_t *sel, int64_t *n,
                                            lnt_error *err);

// ---- aggregates in expressions ----

/// One aggregate call found in a definition like "rate = sum(a) / count()".
typedef struct lnt_agg_call {
    const struct lnt_aggregate *function; ///< expr/aggregate.h
    lnt_bound *args[2];                   ///< inputs over the child's schema; NULL where there are fewer
    lnt_bound *where;                     ///< bool over the child's schema, or NULL
    lnt_type type;                        ///< of the result
} lnt_agg_call;

/// Gives back what `n` calls hold (not the array itself).
void lnt_agg_calls_clear(lnt_agg_call *calls, int64_t n);

/// Resolves a definition of `agg`: its aggregate calls are appended to `*calls` (grown with lnt_grow; equal calls are
/// shared), and `*out` becomes the expression over a schema of n_keys key columns followed by all calls so far.
/// Columns outside of aggregates must be among `keys`.
LNT_MUST_USE lnt_status lnt_expr_bind_aggregate(const lnt_expr *expr, lnt_str text, const lnt_schema *schema,
                                                const int64_t *keys, int64_t n_keys, const lnt_params *params,
                                                lnt_agg_call **calls, int64_t *n_calls, int64_t *calls_capacity,
                                                lnt_bound **out, lnt_error *err);

#endif
