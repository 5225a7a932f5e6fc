/// @file join_spill.h
/// Joins beyond the memory limit: both sides are divided by the hash of their keys into partitions in a file, which are
/// joined one by one.
#ifndef LNT_EXEC_JOIN_SPILL_H
#define LNT_EXEC_JOIN_SPILL_H

#include "exec/join/join.h"
#include "exec/key_hash.h"
#include "exec/spill/spill.h"

/// One side of a join in partitions: its columns, then int: the row's number in the order of the side.
typedef struct lnt_join_side {
    lnt_type *types; ///< owned; of all columns
    int64_t n_columns; ///< without the number
    const int64_t *keys; ///< borrowed
    bool is_table; ///< its rows were a table in memory
    lnt_run parts[LNT_SPILL_PARTS];
} lnt_join_side;

void lnt__join_side_clear(lnt_join_side *side);
/// Collects the right side, which stays open: `*table` if it and its index fit, else `side`. `left` is only looked at.
LNT_MUST_USE lnt_status lnt__join_collect_right(const lnt_plan *plan, lnt_stream *right, const lnt_stream *left,
                                                lnt_spiller *spiller, bool *finished, lnt_table **table,
                                                lnt_join_side *side, lnt_error *err);
/// Divides the left side, which stays open. The upper half of a row's number is that of its morsel.
LNT_MUST_USE lnt_status lnt__join_divide_left(const lnt_plan *plan, lnt_stream *left, lnt_spiller *spiller,
                                              bool *finished, lnt_join_side *side, lnt_error *err);
/// Divides a run of a side further, by the hash bits of `level`.
LNT_MUST_USE lnt_status lnt__join_divide_run(const lnt_plan *plan, lnt_spill *file, const lnt_join_side *side,
                                             const lnt_run *run, int level, lnt_run *parts, lnt_error *err);
/// A block of a side, with its rows' numbers.
LNT_MUST_USE lnt_status lnt__join_read_block(const lnt_spill *file, const lnt_join_side *side, const lnt_block_ref *ref,
                                             lnt_block *block, lnt_error *err);
/// Joins the partitions: the stream of all joined rows in order.
LNT_MUST_USE lnt_status lnt__join_parts(lnt_engine *engine, const lnt_plan *plan, lnt_spill *file,
                                        const lnt_join_side *left, const lnt_join_side *right, lnt_stream **out,
                                        lnt_error *err);

#endif
