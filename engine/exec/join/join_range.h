/// @file join_range.h
/// range_join and cidr_join: how wide ranges are, and the way through temporary files.
#ifndef LNT_EXEC_JOIN_RANGE_H
#define LNT_EXEC_JOIN_RANGE_H

#include "exec/sort/sort.h"

/// The type of widths: float, or ip for 128 bits.
lnt_type lnt__range_width_type(const lnt_plan *plan);
/// How wide the range is that a row of the right's key columns `keys` names; less is narrower, as spans have it. Null: it
/// names none.
lnt_value lnt__range_width(const lnt_plan *plan, const lnt_vec *keys, int64_t row);

/// The right side, which stays open: `*table` if it and its index fit, else `runs` of its rows in order, in the spiller's
/// file.
LNT_MUST_USE lnt_status lnt__range_collect(const lnt_plan *plan, lnt_stream *right, lnt_spiller *spiller,
                                           bool *finished, lnt_table **table, lnt_runs *runs, lnt_error *err);
/// The joined rows of `left`, which it takes over (also when it fails), with such runs, which are empty afterwards.
LNT_MUST_USE lnt_status lnt__range_pieces(const lnt_plan *plan, lnt_stream *left, const lnt_schema *right_schema,
                                          lnt_runs *right, lnt_spiller *spiller, lnt_stream **out, lnt_error *err);

#endif
