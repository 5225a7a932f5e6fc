/// @file spill_block.h
/// Blocks and runs: rows in a spill file.
///
/// A block is a batch of columns, written whole and read whole. A run is a list of blocks whose rows belong one after
/// the other. The file holds bytes only; where blocks are and what types they have is known in memory.
#ifndef LNT_EXEC_SPILL_BLOCK_H
#define LNT_EXEC_SPILL_BLOCK_H

#include "base/spill.h"
#include "exec/room.h"
#include "exec/stream.h"

/// Where a block is.
typedef struct lnt_block_ref {
    int64_t offset, size;
    int64_t n_rows;
    int64_t base; ///< for its owner: what the block's row numbers count from
} lnt_block_ref;

/// Blocks whose rows belong one after the other. Zero is empty.
typedef struct lnt_run {
    lnt_block_ref *blocks; ///< owned
    int64_t n_blocks, capacity;
    int64_t n_rows;
} lnt_run;

void lnt__run_clear(lnt_run *run);
/// Appends the blocks of `from`, which is empty afterwards.
LNT_MUST_USE lnt_status lnt__run_join(lnt_run *run, lnt_run *from, lnt_error *err);

/// A growing list of runs. Zero is empty.
typedef struct lnt_runs {
    lnt_run *items; ///< owned
    int64_t n, capacity;
} lnt_runs;

void lnt__runs_clear(lnt_runs *runs);
/// A new empty run at the end, borrowed until the next one.
LNT_MUST_USE lnt_status lnt__runs_add(lnt_runs *runs, lnt_run **out, lnt_error *err);
/// Appends all runs of `from`, which is empty afterwards.
LNT_MUST_USE lnt_status lnt__runs_join(lnt_runs *runs, lnt_runs *from, lnt_error *err);

/// Writes rows sel[0 … n-1] (NULL: 0 … n-1; n ≤ LNT_BATCH_ROWS) of `vectors` as a block of columns of `types`, and puts
/// it at the end of the run. `buffer` is the caller's, to be used again.
LNT_MUST_USE lnt_status lnt__block_write(lnt_spill *spill, const lnt_type *types, int64_t n_columns,
                                         const lnt_vec *vectors, const uint32_t *sel, int64_t n, lnt_room *buffer,
                                         lnt_run *run, lnt_error *err);

/// A block that was read. Zero is empty; the memory is used again by the next read.
typedef struct lnt_block {
    lnt_room raw;  ///< the bytes as they are in the file
    lnt_room wide; ///< values that were narrower there
    lnt_room vecs; ///< lnt_vec
    lnt_vec *vectors;
    int64_t n_rows;
} lnt_block;

LNT_MUST_USE lnt_status lnt__block_read(const lnt_spill *spill, const lnt_block_ref *ref, const lnt_type *types,
                                        int64_t n_columns, lnt_block *block, lnt_error *err);
void lnt__block_clear(lnt_block *block);

/// Bytes that a block should have: small enough that dozens of them fit under the memory limit together.
int64_t lnt__block_bytes(const lnt_engine *engine);
/// Rows of such a block where `n_rows` rows of `n_columns` columns take `bytes` in memory.
int64_t lnt__block_rows(const lnt_engine *engine, int64_t bytes, int64_t n_rows, int64_t n_columns);

#endif
