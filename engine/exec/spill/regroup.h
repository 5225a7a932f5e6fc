/// @file regroup.h
/// Rows brought together by their keys where they don't fit in memory: work that needs all rows of a key at once, done piece
/// by piece.
#ifndef LNT_EXEC_REGROUP_H
#define LNT_EXEC_REGROUP_H

#include "exec/sort/sort.h"
#include "exec/spill/spill.h"

/// The work, and what it is done with. A *number* is an int that tells a row's place among all: it ascends in their order.
typedef struct lnt_regroup {
    const lnt_schema *input;  ///< borrowed
    const lnt_schema *output; ///< borrowed
    const int64_t *keys;      ///< columns of the input, at least one
    int64_t n_keys;
    int64_t row_bytes; ///< memory that the work takes for a row, beside the rows
    const char *whole; ///< what has to fit at once, for messages: "a partition of a window"
    /// Makes rows of the output of a piece: all rows of some keys. `rows` has the input's columns and then the number, which
    /// ascends among rows of equal keys; `*out` (to be given a table of its own) has the output's columns and then the number
    /// of the row that each comes from.
    lnt_status (*work)(void *context, const lnt_table *rows, lnt_table **out, lnt_error *err);
    void *context;
    lnt_schema *numbered_output; ///< set while the work is done: of `*out`; borrowed
    int64_t morsel_rows;         ///< set while the work is done: what a number's upper half counts
} lnt_regroup;

/// The place of a number's row among all, from 0 on.
static inline int64_t lnt__regroup_row(int64_t number, int64_t morsel_rows) {
    return (number >> 32) * morsel_rows + (number & 0xffffffff);
}

/// Does the work with the rows of `runs`, which stand in their order in the spiller's file and which it takes over (also when
/// it fails), and opens the stream of what comes of it, in the order of the numbers.
LNT_MUST_USE lnt_status lnt__regroup_open(lnt_regroup *regroup, lnt_spiller *spiller, lnt_runs *runs, lnt_stream **out,
                                          lnt_error *err);
/// Puts the rows of a table, as they stand, at the end of `runs` in the spiller's file.
LNT_MUST_USE lnt_status lnt__regroup_put(lnt_spiller *spiller, const lnt_table *table, lnt_runs *runs, lnt_error *err);

#endif
