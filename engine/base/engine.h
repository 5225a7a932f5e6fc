/// @file engine.h
/// What an engine is made of: budget, thread pool, stop switch, progress.
#ifndef LNT_BASE_ENGINE_H
#define LNT_BASE_ENGINE_H

#include "base/memory.h"
#include "lunette/engine.h"

/// The most threads that an engine may have.
enum { LNT_MAX_THREADS = 256 };

/// A piece of work for every worker: `worker` is 0 (the calling thread) … n_threads-1. Workers take their share from
/// shared state of their own making (an atomic counter). Returns only when its share is done.
typedef void (*lnt_work_fn)(void *context, int worker);

/// Runs `fn(context, w)` once on each worker and waits until all have returned. Calls from several threads take turns.
/// Runs on the calling thread alone when `engine` has one thread, or when called from inside a worker.
void lnt_engine_run(lnt_engine *engine, lnt_work_fn fn, void *context);

/// Work on rows [start, end).
typedef void (*lnt_piece_fn)(void *context, int64_t start, int64_t end);

/// Calls `fn` for [0, n) in pieces of `piece` rows (the last may be shorter) on all workers; a single piece, or any
/// number without an engine, on the calling thread. Pieces start at multiples of `piece`.
/// Fails with LNT_CANCELLED when the engine was stopped before all of them were begun: some are left out then.
LNT_MUST_USE lnt_status lnt_engine_pieces(lnt_engine *engine, int64_t n, int64_t piece, lnt_piece_fn fn, void *context,
                                          lnt_error *err);

lnt_budget *lnt_engine_budget(lnt_engine *engine); ///< borrowed

/// Bytes that may still be taken from the budget; INT64_MAX where there is no limit.
int64_t lnt_engine_memory_left(const lnt_engine *engine);
/// Counts what operators put into temporary files: `n_files` more of them, `bytes` more in them. Any thread.
void lnt_engine_count_spill(lnt_engine *engine, int64_t n_files, int64_t bytes);

/// LNT_OK, or LNT_CANCELLED with `err` set: lnt_budget_check of the engine's budget.
LNT_MUST_USE lnt_status lnt_engine_check(lnt_engine *engine, lnt_error *err);

/// Tells the progress function; only the thread that called into the engine may call this (worker 0).
void lnt_engine_progress(lnt_engine *engine, const char *what, int64_t done, int64_t total);

#endif
