/// @file parallel.h
/// Tasks on all workers: independent pieces of work that can fail.
#ifndef LNT_BASE_PARALLEL_H
#define LNT_BASE_PARALLEL_H

#include "base/engine.h"

/// Does task `item`, on worker `worker`.
typedef lnt_status (*lnt_task_fn)(void *context, int64_t item, int worker, lnt_error *err);

/// Calls `fn` for items 0 … n-1, each once, on any worker. After a failure no more are begun; the error of the lowest
/// item that failed is reported.
LNT_MUST_USE lnt_status lnt__parallel(lnt_engine *engine, int64_t n, lnt_task_fn fn, void *context, lnt_error *err);

#endif
