/// @file pool.h
/// A pool of threads that run one piece of work together.
#ifndef LNT_BASE_POOL_H
#define LNT_BASE_POOL_H

#include <pthread.h>
#include <stdbool.h>

#include "base/engine.h"

typedef struct lnt_pool {
    pthread_mutex_t turn; ///< held by the caller whose work runs
    pthread_mutex_t lock; ///< guards everything below
    pthread_cond_t wake, done;
    pthread_t threads[LNT_MAX_THREADS];
    int n_threads; ///< slots of a run, the caller's included
    int n_started; ///< threads that exist: 0 until the first run, then up to n_threads - 1
    bool stopping;
    lnt_work_fn fn; ///< the work, NULL between runs
    void *context;
    int next_slot; ///< the first slot that nobody has taken yet; n_threads: none is left
    int n_running; ///< threads (not the caller) inside `fn`
} lnt_pool;

/// Sets up a pool of `n_threads` slots (1 … LNT_MAX_THREADS); starts no thread yet.
LNT_MUST_USE lnt_status lnt_pool_init(lnt_pool *pool, int n_threads, lnt_error *err);
/// Ends the threads and waits for them. No run may be going on.
void lnt_pool_clear(lnt_pool *pool);
/// See lnt_engine_run.
void lnt_pool_run(lnt_pool *pool, lnt_work_fn fn, void *context);
/// The same, if threads were started before and have nothing to do; else false, and nothing was done. `fn` must not ask for
/// memory: this is what giving it back calls.
bool lnt_pool_try_run(lnt_pool *pool, lnt_work_fn fn, void *context);

#endif
