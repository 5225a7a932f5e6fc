/// @file agg_spill.h
/// Groups beyond the memory limit: tables of groups are divided by the hash of their keys and written; in the end each
/// partition is merged by itself.
#ifndef LNT_EXEC_AGG_SPILL_H
#define LNT_EXEC_AGG_SPILL_H

#include "exec/aggregate/aggregate.h"
#include "exec/key_hash.h"
#include "exec/spill/spill.h"

/// The groups of one table that belong to one partition.
typedef struct lnt_agg_piece {
    lnt_run keys;         ///< blocks of the keys, then int: the group's number in order of first appearance
    int64_t offset, size; ///< of the aggregates' states, in the file
} lnt_agg_piece;

typedef struct lnt_agg_pieces {
    lnt_agg_piece *items; ///< owned; in the order of the tables
    int64_t n, capacity;
} lnt_agg_pieces;

/// All that a group_by wrote.
typedef struct lnt_agg_spill {
    lnt_engine *engine;
    const lnt_plan *plan;         ///< borrowed
    const lnt_key_layout *layout; ///< borrowed
    lnt_spill *file;              ///< borrowed
    lnt_type *types;              ///< of keys and number, then of the results and number
    int64_t n_seen;               ///< groups of all tables so far, which numbers them
    lnt_agg_pieces parts[LNT_SPILL_PARTS];
} lnt_agg_spill;

LNT_MUST_USE lnt_status lnt__agg_spill_new(lnt_engine *engine, const lnt_plan *plan, const lnt_key_layout *layout,
                                           lnt_spill *file, lnt_agg_spill **out, lnt_error *err);
void lnt__agg_spill_free(lnt_agg_spill *spill); ///< NULL is fine
/// Writes a table, which comes after all that were written before. It isn't changed.
LNT_MUST_USE lnt_status lnt__agg_spill_table(lnt_agg_spill *spill, lnt_agg_table *table, lnt_error *err);
/// Merges what was written: the stream of all groups in order of first appearance.
LNT_MUST_USE lnt_status lnt__agg_spill_finish(lnt_agg_spill *spill, lnt_stream **out, lnt_error *err);

// ---- states as bytes (agg_state_spill.c) ----

/// Appends the states' bytes to `buffer` from `*size` on.
LNT_MUST_USE lnt_status lnt__agg_state_dump(const lnt_agg_state *state, lnt_room *buffer, int64_t *size,
                                            lnt_error *err);
/// Fills a fresh state from bytes at `*at`, which moves on; texts stay in them.
LNT_MUST_USE lnt_status lnt__agg_state_load(lnt_agg_state *state, const uint8_t **at, lnt_error *err);

#endif
