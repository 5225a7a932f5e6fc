/// @file memory.h
/// The one door through which all memory comes, and budgets that count the large pieces.
///
/// Small bookkeeping (plan nodes, names) uses `lnt_alloc`. Whatever grows with the data (buffers, arenas, hash tables)
/// is charged to a budget first, so that a limit is an error and not the OOM killer.
#ifndef LNT_BASE_MEMORY_H
#define LNT_BASE_MEMORY_H

#include <stdatomic.h>

#include "lunette/status.h"

/// What a run may take, shared by its threads: bytes, and time. Whatever grows with the data has a budget at hand, so it
/// can ask in the midst of long work whether it shall go on.
typedef struct lnt_budget {
    struct lnt_pool *pool; ///< whose threads help to give memory back; NULL: nobody's
    _Atomic int64_t used, peak;
    int64_t limit; ///< 0: none
    atomic_bool stopped;
    _Atomic int64_t deadline_ms; ///< CLOCK_MONOTONIC; 0: none
} lnt_budget;

/// `size_bytes` bytes, not cleared, aligned for any type; 64-byte aligned from 64 bytes up is not promised (see
/// lnt_buffer for that). Returns NULL and sets LNT_NOMEM when there is none; never NULL for a size of 0.
void *lnt_alloc(int64_t size_bytes, lnt_error *err);
/// `n` × `size_bytes` cleared bytes; the product is checked.
void *lnt_alloc_array(int64_t n, int64_t size_bytes, lnt_error *err);
/// Like realloc: `old` stays valid and owned when NULL comes back.
void *lnt_realloc(void *old, int64_t size_bytes, lnt_error *err);
/// Makes room for at least `need` elements in the array `*items` of `*capacity` (grows by half again, checked).
lnt_status lnt_grow(void **items, int64_t *capacity, int64_t need, int64_t item_bytes, lnt_error *err);
void lnt_free(void *memory);
/// A terminated copy of `size` bytes (-1: terminated), from the door.
char *lnt_strdup(const char *text, int64_t size, lnt_error *err);
/// Memory aligned to 64 bytes through the same door, for buffers; from 4 MiB up the system's own pages, which grow
/// without being copied.
void *lnt_alloc_aligned(int64_t size_bytes, lnt_error *err);
/// Frees it; some of it may be kept for the next one that asks (base/spare.h), at most a small share of what `budget`
/// (NULL: nothing) has as its limit, and nothing once it is stopped.
void lnt_free_aligned(void *memory, int64_t size_bytes, const lnt_budget *budget);
/// Moves aligned memory of `old_bytes` (NULL: none) to `size_bytes`, keeping the first `keep_bytes`; what follows is not
/// cleared. NULL: `old` stays as it was.
void *lnt_realloc_aligned(void *old, int64_t old_bytes, int64_t size_bytes, int64_t keep_bytes, lnt_error *err);

/// Has the system's own pages at [from, to) of `memory`, which are about to be written for the first time, come at once:
/// one by one they cost twice as much. Where the system can't, they come as ever.
void lnt_touch_aligned(void *memory, int64_t from, int64_t to);
/// Whether aligned memory of so many bytes is the system's own pages.
bool lnt_is_paged(int64_t size_bytes);

/// The status of a call that got NULL from an allocating function which set `err`: LNT_NOMEM or LNT_LIMIT.
static inline lnt_status lnt_no_memory(const lnt_error *err) {
    return err && err->code != LNT_OK ? err->code : LNT_NOMEM;
}

/// Has freed memory go back to the system soon, so that what the process takes stays near what the budget counts. Costs
/// page faults, and holds for the whole process: for programs whose limit is small, not for the library to decide.
void lnt_memory_return_soon(void);

/// Gives back to the system what is free now and in whole pages: after an operator put a good part of its rows into a file.
void lnt_memory_return_now(void);

/// Tests close the door: after `n` more allocations every further one fails (n < 0: never). Process-wide, tests only.
void lnt_alloc_fail_after(int64_t n);
/// How many allocations there have been since the last lnt_alloc_fail_after; tests only.
int64_t lnt_alloc_count(void);

/// Takes `bytes` from the budget, or fails with LNT_LIMIT saying that `who` (such as "group_by") asked for them.
LNT_MUST_USE lnt_status lnt_budget_take(lnt_budget *budget, int64_t bytes, const char *who, lnt_error *err);
void lnt_budget_give(lnt_budget *budget, int64_t bytes);
/// What the calling thread has taken from budgets of this process so far, less what it gave back, in bytes.
int64_t lnt_budget_own(void);

/// LNT_OK, or LNT_CANCELLED with `err` set once the run shall stop. Cheap enough to ask every thousand rows (reads a flag;
/// the clock where there is a deadline). A NULL budget always goes on.
LNT_MUST_USE lnt_status lnt_budget_check(lnt_budget *budget, lnt_error *err);

/// Copies `size` bytes, which may be very many, in pieces between which it asks whether to go on. The pieces before a stop
/// are copied.
LNT_MUST_USE lnt_status lnt_budget_copy(lnt_budget *budget, void *to, const void *from, int64_t size, lnt_error *err);
/// Clears `size` bytes the same way.
LNT_MUST_USE lnt_status lnt_budget_zero(lnt_budget *budget, void *to, int64_t size, lnt_error *err);

/// Tests watch: `fn(context)` is called at every lnt_budget_check of the process, on its thread; NULL: no more.
void lnt_check_watch(void (*fn)(void *context), void *context);

#endif
