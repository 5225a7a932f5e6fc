/// @file agg_dense.h
/// Groups by place: where the keys are columns of a table and have few possible combinations, each combination has its
/// place in every morsel's states from the start, so that no row looks for its group and tables are merged place by
/// place.
///
/// A combination's place is the sum over the keys of the value's number times the key's step. Numbers: a dictionary's
/// code, an integer less the column's least, a bool as 0 or 1; null comes last. Which places rows had, and in which
/// order, is kept beside the states. A table of places becomes one of numbered groups in the end, or when memory gets
/// scarce; floats were added in the same order as if they had been numbered all the time.
#ifndef LNT_EXEC_AGG_DENSE_H
#define LNT_EXEC_AGG_DENSE_H

#include "exec/aggregate/aggregate.h"

enum { LNT_DENSE_KEYS = 4 };

typedef struct lnt_dense_key {
    lnt_column *dictionary; ///< owned reference: of a string column, whose codes are the numbers; else NULL
    bool has_null;          ///< the last number is null's
    int64_t first;            ///< the least integer
    uint32_t n;               ///< how many numbers there are, with null's
    uint32_t step;
} lnt_dense_key;

struct lnt_dense {
    lnt_dense_key keys[LNT_DENSE_KEYS];
    int64_t n_keys, n_places;
};

/// Sets `*usable` and fills `dense` where places are the quicker way for these keys, and tables of them take a small
/// part of the memory that is left.
LNT_MUST_USE lnt_status lnt__dense_init(struct lnt_dense *dense, lnt_engine *engine, const lnt_table *table,
                                        const lnt_plan *plan, bool *usable, lnt_error *err);
void lnt__dense_clear(struct lnt_dense *dense);
/// The places of a batch's selected rows by physical row: in `own[LNT_BATCH_ROWS]`, or where they are already. `keys`
/// are the batch's vectors of the key columns.
const uint32_t *lnt__dense_find(const struct lnt_dense *dense, const lnt_vec *keys, const uint32_t *sel, int64_t n_sel,
                                uint32_t *own);
/// Remembers which places rows had.
LNT_MUST_USE lnt_status lnt__dense_see(lnt_agg_table *table, const uint32_t *places, const uint32_t *sel, int64_t n,
                                       lnt_error *err);
/// Merges a table of places into another, which comes before it.
LNT_MUST_USE lnt_status lnt__dense_merge(lnt_agg_table *into, lnt_agg_table *from, lnt_error *err);
/// Makes a table of places one whose groups can be read: `result` has it, its groups in order of first appearance.
LNT_MUST_USE lnt_status lnt__dense_result(lnt_agg_table *table, lnt_agg_result *result, lnt_error *err);
/// Merges a table of places into one of numbered groups. `to` is memory for it.
LNT_MUST_USE lnt_status lnt__dense_number(lnt_agg_table *into, lnt_key_scratch *scratch, lnt_agg_table *from,
                                          lnt_room *to, lnt_error *err);

#endif
