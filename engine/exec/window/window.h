/// @file window.h
/// Windows: rows by partition and in order, and the functions over them.
#ifndef LNT_EXEC_WINDOW_H
#define LNT_EXEC_WINDOW_H

#include "exec/room.h"
#include "exec/spill/spill.h"
#include "exec/stream.h"

/// Which rows of all a table's are, where it is but a piece of them: a number for each (spill/regroup.h).
typedef struct lnt_window_numbers {
    const lnt_column *column; ///< borrowed; NULL: the table has all rows
    int64_t morsel_rows;
} lnt_window_numbers;

/// The place of the table's row among all, for messages.
int64_t lnt__window_row(lnt_window_numbers numbers, int64_t row);

/// The rows of partition p, in order, are rows[starts[p] … starts[p + 1] - 1].
typedef struct lnt_partitions {
    lnt_engine *engine;
    const lnt_plan *plan;   ///< borrowed
    const lnt_table *table; ///< borrowed
    lnt_room rows;          ///< int64_t
    lnt_room starts;        ///< int64_t, n + 1
    int64_t n;
    lnt_window_numbers numbers;
} lnt_partitions;

/// The results of one call by row of the table. `*out` belongs to the caller.
LNT_MUST_USE lnt_status lnt__window_column(const lnt_partitions *partitions, const lnt_window_call *call,
                                           lnt_column **out, lnt_error *err);

enum { LNT_WINDOW_FIRST_ROWS = 64 }; ///< the most rows of a partition that are found without sorting

/// A window of row numbers of which the first plan->count rows of each partition are wanted, in the table's order.
/// `*out` stays NULL where that isn't worth it: there are too many partitions, or the order is of another kind.
LNT_MUST_USE lnt_status lnt__window_first(lnt_engine *engine, const lnt_plan *plan, const lnt_table *table,
                                          lnt_table **out, lnt_error *err);

/// A window of running sums, counts and row numbers in the rows' own order. `*out` stays NULL for others.
LNT_MUST_USE lnt_status lnt__window_running(lnt_engine *engine, const lnt_plan *plan, const lnt_table *table,
                                            lnt_window_numbers numbers, lnt_table **out, lnt_error *err);

/// The window over rows that don't fit, as they stand in the spiller's file: partitions are brought together in pieces. Takes
/// over the runs, also when it fails.
LNT_MUST_USE lnt_status lnt__window_pieces(const lnt_plan *plan, lnt_spiller *spiller, lnt_runs *runs, lnt_stream **out,
                                           lnt_error *err);
/// Bytes of memory that a window takes for each row, beside the rows.
int64_t lnt__window_row_bytes(const lnt_plan *plan);
/// The window over a table's rows: its columns, then those of the calls.
LNT_MUST_USE lnt_status lnt__window_over(lnt_engine *engine, const lnt_plan *plan, const lnt_table *table,
                                         lnt_window_numbers numbers, lnt_table **out, lnt_error *err);

static inline bool lnt__row_is_null(const lnt_column *column, int64_t row) {
    int64_t at = column->layout == LNT_LAYOUT_CONSTANT ? 0 : row;
    return column->validity && !lnt_bitmap_get((const uint64_t *)(const void *)column->validity->data, at);
}

#endif
