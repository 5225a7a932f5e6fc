/// @file join_inner.h
/// A join seen from inside, while its rows are out of order: the left row's number goes with them.
#ifndef LNT_EXEC_JOIN_INNER_H
#define LNT_EXEC_JOIN_INNER_H

#include "exec/stream.h"

/// The left's columns, its row's number, the right's columns, and maybe some of the right's keys once more. `plan` is what
/// joining and its output look at; nothing else of it is set.
typedef struct lnt_inner_join {
    lnt_plan plan, left;
    lnt_plan *inputs[2];
    lnt_schema *schema; ///< owned
    int64_t n_left;     ///< columns of the left, without the number
    int64_t n_columns;  ///< of the join, without the number and the keys
} lnt_inner_join;

/// `left` is the schema of the left's columns and the number; borrowed, as is the join. The first `n_keys` right keys come
/// once more. Stays where it is: it points into itself.
LNT_MUST_USE lnt_status lnt__inner_join_init(lnt_inner_join *inner, const lnt_plan *join, const lnt_schema *left,
                                             int64_t n_keys, lnt_error *err);
void lnt__inner_join_clear(lnt_inner_join *inner);
/// Puts the vectors of an inner join's batch as the join has them, then the number: n_columns + 1.
void lnt__inner_join_arrange(const lnt_inner_join *inner, const lnt_vec *columns, lnt_vec *out);
/// The types of these columns with `n_more` of `more` behind them, and a schema of them. Both belong to the caller.
LNT_MUST_USE lnt_status lnt__inner_join_types(const lnt_plan *join, const lnt_type *more, int64_t n_more,
                                              lnt_type **types, lnt_schema **schema, lnt_error *err);

#endif
