/// @file aggregate.h
/// Aggregation: tables of groups with their aggregates' states, and the stream that reads them out.
#ifndef LNT_EXEC_AGGREGATE_H
#define LNT_EXEC_AGGREGATE_H

#include "exec/aggregate/agg_state.h"
#include "exec/aggregate/groups.h"
#include "exec/stream.h"

/// The verb that users called: a distinct may group its rows.
static inline const char *lnt__grouping_verb(const lnt_plan *plan) {
    return plan->kind == LNT_PLAN_DISTINCT ? "distinct" : "group_by";
}

/// Groups and, by call of the plan, their states. Without keys there is always one group.
typedef struct lnt_agg_table {
    lnt_groups groups;
    lnt_agg_state *states;
    int64_t n_states, n_groups;
    bool keyed;
    struct lnt_agg_table *next; ///< in a list of spare ones
    const struct lnt_dense *dense; ///< borrowed; NULL: groups are numbered. Else they are places (agg_dense.h)
    lnt_budget *budget;
    lnt_room seen;  ///< uint8_t by place: whether a row had it
    lnt_room order; ///< uint32_t: places in order of first appearance
    int64_t n_seen;
} lnt_agg_table;

LNT_MUST_USE lnt_status lnt__agg_table_new(const lnt_plan *plan, const lnt_key_layout *layout, lnt_budget *budget,
                                           lnt_agg_table **out, lnt_error *err);
void lnt__agg_table_free(lnt_agg_table *table); ///< NULL is fine
void lnt__agg_table_reset(lnt_agg_table *table);
/// Makes all states as long as the groups.
LNT_MUST_USE lnt_status lnt__agg_table_grow(lnt_agg_table *table, lnt_error *err);
/// Makes room for `n` groups in all, so that they come without growing.
LNT_MUST_USE lnt_status lnt__agg_table_reserve(lnt_agg_table *table, int64_t n, lnt_error *err);
/// Adds the groups of `from` that move, which come later in order. `to` is what `moves` points to: it is filled here.
LNT_MUST_USE lnt_status lnt__agg_table_merge(lnt_agg_table *table, lnt_key_scratch *scratch, lnt_agg_table *from,
                                             const lnt_agg_moves *moves, uint32_t *to, lnt_error *err);
/// Strings are not copied when groups are merged, because their tables stay.
void lnt__agg_table_borrow(lnt_agg_table *table);
/// All rows are in.
LNT_MUST_USE lnt_status lnt__agg_table_prepare(lnt_agg_table *table, lnt_error *err);

/// Whether hardly any two rows of the table have the same keys, by a sample; false for keys that can't be kept apart.
LNT_MUST_USE lnt_status lnt__agg_rows_differ(lnt_budget *budget, const lnt_plan *plan, const lnt_key_layout *layout,
                                             const lnt_table *table, lnt_key_scratch *scratch, bool *out,
                                             lnt_error *err);
/// About how many different groups the tables have together, by a sample of their hashes.
LNT_MUST_USE lnt_status lnt__agg_distinct_groups(lnt_agg_table *const *tables, int64_t n_tables, lnt_budget *budget,
                                                 int64_t *out, lnt_error *err);

/// What an aggregation came to: tables, and in which order their groups stand.
typedef struct lnt_agg_result {
    lnt_key_layout *layout; ///< owned, on the heap: the tables point to it
    lnt_agg_table **tables; ///< owned; also those that only lend their strings
    int64_t n_tables;
    lnt_room order; ///< uint64_t (table << 32 | group) by row; empty: the groups of the only table as they are
    int64_t n_rows;
} lnt_agg_result;

/// The most partitions: the tables that an order names are the first ones.
enum { LNT_AGG_PARTS = 128 };

void lnt__agg_result_clear(lnt_agg_result *result);
/// Merges `tables[n]`, in order, partition by partition. Takes over those tables that it sets to NULL in the list.
LNT_MUST_USE lnt_status lnt__agg_partition(lnt_engine *engine, const lnt_plan *plan, const lnt_key_layout *layout,
                                           lnt_agg_table **tables, int64_t n, lnt_agg_result *result, lnt_error *err);
/// Reads n groups of one table (numbers `list`, NULL: from `start` on) into a vector per column.
typedef lnt_status (*lnt_groups_read_fn)(void *context, const lnt_agg_table *table, const uint32_t *list, int64_t start,
                                         int64_t n, lnt_arena *scratch, lnt_vec *vectors, lnt_error *err);
/// Rows start … start + n - 1 of a result that has an order, at most LNT_BATCH_ROWS, from whichever tables they are in:
/// `out[n_columns]` has vectors in `scratch`.
LNT_MUST_USE lnt_status lnt__groups_mix(const lnt_agg_result *result, int64_t start, int64_t n, lnt_groups_read_fn read,
                                        void *context, int64_t n_columns, lnt_arena *scratch, lnt_vec *out,
                                        lnt_error *err);
/// Rows of a morsel of results.
enum { LNT_GROUPS_MORSEL_ROWS = 131072 };
/// n groups of one table (numbers `list`, NULL: from `start` on) as vectors: keys, then calls.
LNT_MUST_USE lnt_status lnt__groups_read(const lnt_plan *plan, const lnt_agg_table *table, const uint32_t *list,
                                         int64_t start, int64_t n, lnt_arena *scratch, lnt_vec *vectors, lnt_error *err);
/// A stream over the result, which it takes over (also when it fails).
LNT_MUST_USE lnt_status lnt__open_groups(lnt_engine *engine, const lnt_plan *plan, lnt_agg_result *result,
                                         lnt_stream **out, lnt_error *err);

#endif
