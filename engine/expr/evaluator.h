/// @file evaluator.h
/// Inside of evaluators, for the functions that steer evaluation themselves.
#ifndef LNT_EXPR_EVALUATOR_H
#define LNT_EXPR_EVALUATOR_H

#include "expr/dictionary_cache.h"
#include "expr/function.h"

struct lnt_evaluator {
    lnt_engine *engine; ///< NULL while folding
    lnt_bound *bound;
    lnt_arena arena; ///< vectors of the batch being evaluated
    const lnt_vec *columns;
    lnt_dictionary_cache **caches; ///< by node id, NULL where there is none; NULL while folding
};

/// Computes a node for `rows`.
LNT_MUST_USE lnt_status lnt_eval_node(lnt_evaluator *evaluator, const lnt_typed *node, const lnt_rows *rows,
                                      lnt_vec *out, lnt_error *err);
/// Runs an overload's kernel over arguments in any form, with nulls and all, into a FLAT or CONSTANT vector.
LNT_MUST_USE lnt_status lnt_eval_strict(lnt_arena *arena, const lnt_typed *call, const lnt_vec *args,
                                        const lnt_rows *rows, lnt_vec *out, lnt_error *err);

/// A vector of one value for all rows; borrows `value`.
lnt_vec lnt_vec_constant(const lnt_value *value, lnt_type type);
/// Null in all rows.
lnt_vec lnt_vec_null(lnt_type type);
/// Room for n_rows elements of `type`; NULL with `err` set.
void *lnt_eval_room(lnt_arena *arena, lnt_type type, int64_t n_rows, lnt_error *err);
/// A bitmap of n_rows set (or unset) bits; NULL with `err` set.
uint64_t *lnt_eval_bits(lnt_arena *arena, int64_t n_rows, bool value, lnt_error *err);
/// Room for a selection of n rows.
uint32_t *lnt_eval_sel(lnt_arena *arena, int64_t n, lnt_error *err);

#endif
