/// @file join_asof.h
/// asof_join: which of two neighbours a value is matched with, and the way through temporary files.
#ifndef LNT_EXEC_JOIN_ASOF_H
#define LNT_EXEC_JOIN_ASOF_H

#include "exec/sort/sort.h"

/// What makes a neighbour a match. Values are order keys (order_key.h).
typedef struct lnt_asof_rule {
    const lnt_asof_options *options; ///< borrowed
    bool floats;
    uint64_t reach; ///< the tolerance, unless `floats`, as a difference of order keys
} lnt_asof_rule;

lnt_asof_rule lnt__asof_rule_of(const lnt_plan *plan);
/// Whether two values, less ≤ more, are near enough.
bool lnt__asof_within(const lnt_asof_rule *rule, uint64_t less, uint64_t more);
/// Whether the place before `value` is at least as near as the one after it.
bool lnt__asof_before_is_nearer(const lnt_asof_rule *rule, uint64_t before, uint64_t value, uint64_t after);

/// The right side, which stays open: `*table` if it and its index fit, else `runs` in the spiller's file, sorted by the
/// keys that are equal and then by the column that is compared.
LNT_MUST_USE lnt_status lnt__asof_collect(const lnt_plan *plan, lnt_stream *right, lnt_spiller *spiller, bool *finished,
                                          lnt_table **table, lnt_runs *runs, lnt_error *err);
/// The joined rows of `left`, which it takes over (also when it fails), with such runs, which are empty afterwards.
LNT_MUST_USE lnt_status lnt__asof_merge(const lnt_plan *plan, lnt_stream *left, const lnt_schema *right_schema,
                                        lnt_runs *right, lnt_spiller *spiller, lnt_stream **out, lnt_error *err);

#endif
