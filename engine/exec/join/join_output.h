/// @file join_output.h
/// What a join gives for a batch of the left once the matches are known: shared by all kinds of matching.
#ifndef LNT_EXEC_JOIN_OUTPUT_H
#define LNT_EXEC_JOIN_OUTPUT_H

#include "exec/stream.h"

/// One worker's memory for joined batches.
typedef struct lnt_join_output {
    lnt_engine *engine;
    const lnt_plan *plan;   ///< borrowed
    const lnt_table *right; ///< borrowed
    lnt_arena gathered;
    lnt_vec *vectors; ///< by output column
    uint32_t *sel;    ///< narrowed selection; or left rows of pairs
    int64_t *rows;    ///< by physical row of the batch, or by pair: the row of the right, -1: none
    int64_t n;        ///< pairs collected so far
    lnt_emit_fn emit; ///< of the read that is going on
    void *context;
} lnt_join_output;

LNT_MUST_USE lnt_status lnt__join_output_init(lnt_join_output *output, lnt_engine *engine, const lnt_plan *plan,
                                              const lnt_table *right, const char *who, lnt_error *err);
void lnt__join_output_clear(lnt_join_output *output);

/// With output->rows filled for the batch's selected rows: semi and anti joins keep the rows that have (or lack) a
/// match; other joins put the right's values beside the left's, at most one match a row.
LNT_MUST_USE lnt_status lnt__join_emit(lnt_join_output *output, const lnt_batch *batch, lnt_error *err);
/// For any number of matches a row: adds a pair; a full batch of pairs is emitted. `right` -1: none.
LNT_MUST_USE lnt_status lnt__join_pair(lnt_join_output *output, const lnt_batch *batch, int64_t left, int64_t right,
                                       lnt_error *err);
/// Emits the pairs that are left of a batch.
LNT_MUST_USE lnt_status lnt__join_flush(lnt_join_output *output, const lnt_batch *batch, lnt_error *err);

#endif
