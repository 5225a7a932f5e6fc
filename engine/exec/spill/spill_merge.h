/// @file spill_merge.h
/// Sorted runs made one stream: what external sorts end with, and what puts the parts of spilled groups and joins back
/// into order.
#ifndef LNT_EXEC_SPILL_MERGE_H
#define LNT_EXEC_SPILL_MERGE_H

#include "exec/spill/spill_block.h"

/// The columns of runs, and what they are sorted by. Borrowed by whoever is given one.
typedef struct lnt_run_shape {
    const lnt_type *types;
    int64_t n_columns;
    const int64_t *keys; ///< columns
    const bool *descending;
    int64_t n_keys;
} lnt_run_shape;

typedef struct lnt_merge lnt_merge;

/// The most runs that are merged at once, so that their blocks fit.
int64_t lnt__merge_fan_in(const lnt_engine *engine);

/// Merges `runs[n]`, each sorted as the shape says; of equal rows those of earlier runs come first. Keeps its own copy
/// of the shape, borrows the file and the runs.
LNT_MUST_USE lnt_status lnt__merge_new(const lnt_spill *spill, const lnt_run_shape *shape, const lnt_run *runs,
                                       int64_t n, lnt_merge **out, lnt_error *err);
void lnt__merge_free(lnt_merge *merge); ///< NULL is fine
/// The next rows, at most LNT_BATCH_ROWS, without a selection; valid until the next call. No rows: the end.
LNT_MUST_USE lnt_status lnt__merge_next(lnt_merge *merge, lnt_batch *batch, lnt_error *err);

/// The rows of the longest block.
int64_t lnt__runs_block_rows(const lnt_run *runs, int64_t n);
/// Merges neighbours until at most `most` (≥ 2) runs are left, lnt__merge_fan_in at a time.
LNT_MUST_USE lnt_status lnt__runs_reduce(lnt_spill *spill, const lnt_run_shape *shape, lnt_runs *runs, int64_t most,
                                         lnt_error *err);

/// How a merged stream is cut into morsels: as the operator would have done it in memory, so that what follows adds
/// floats in the same order.
typedef struct lnt_cut {
    int64_t rows; ///< a morsel's rows; 0: a morsel goes on while the upper half of the first key (int) is the same
    bool fixed;   ///< what follows relies on that: morsels aren't made finer
} lnt_cut;

/// The merged rows as a stream with the columns of `schema`, which are the first ones of the shape. Takes over the runs
/// and keeps a reference of the file.
LNT_MUST_USE lnt_status lnt__open_merge(lnt_spill *spill, const lnt_schema *schema, const lnt_run_shape *shape,
                                        lnt_runs *runs, lnt_cut cut, lnt_stream **out, lnt_error *err);

/// Where the rows of `stream` come from such a merge and no morsel was claimed yet: makes the morsels small. For sinks that
/// hold the rows of those on their way, and to which it makes no difference where rows are cut.
void lnt__merge_finely(lnt_stream *stream);

#endif
