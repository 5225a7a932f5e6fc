/// @file pool.c
/// Threads that wait on a condition variable and run one piece of work together.
///
/// Workload: a few runs per query, each of milliseconds and more, now and then one of microseconds. Threads are started
/// at the first run, so that a process that never needs them doesn't pay for them.
/// Invariants: a run has n_threads slots, each is run exactly once. A slot belongs to no particular thread: whoever
/// wakes up takes the next one, and the caller runs those that nobody took, so that a short run never waits for a
/// sleeper, and a machine that gives us no threads computes the same on one.
#include "base/pool.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

#include "base/spare.h"

/// Whether this thread is inside a slot, of whatever pool: runs that it starts are its own to do.
static _Thread_local bool inside;

static void run_slot(lnt_work_fn fn, void *context, int slot) {
    bool before = inside;
    inside = true;
    fn(context, slot);
    inside = before;
}

/// Waits to be woken; what is kept for the next one to ask goes back to the system when nothing comes for a second.
/// Returns whether that was done, after which the wait needs no end.
static bool wait_for_work(lnt_pool *pool, bool idle) {
    enum { IDLE_SECONDS = 1 };
    if (idle) {
        pthread_cond_wait(&pool->wake, &pool->lock);
        return false;
    }
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += IDLE_SECONDS;
    if (pthread_cond_timedwait(&pool->wake, &pool->lock, &until) != ETIMEDOUT || pool->fn) return false;
    pthread_mutex_unlock(&pool->lock); // that takes a while, and somebody may come with work
    lnt__spare_release(NULL);
    pthread_mutex_lock(&pool->lock);
    return true;
}

static void *thread_main(void *argument) {
    lnt_pool *pool = argument;
    bool idle = false;
    pthread_mutex_lock(&pool->lock);
    while (!pool->stopping) {
        if (!pool->fn || pool->next_slot >= pool->n_threads) {
            idle = wait_for_work(pool, idle);
            continue;
        }
        int slot = pool->next_slot++;
        lnt_work_fn fn = pool->fn;
        void *context = pool->context;
        pool->n_running++;
        pthread_mutex_unlock(&pool->lock);
        run_slot(fn, context, slot);
        pthread_mutex_lock(&pool->lock);
        if (--pool->n_running == 0) pthread_cond_signal(&pool->done);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

lnt_status lnt_pool_init(lnt_pool *pool, int n_threads, lnt_error *err) {
    *pool = (lnt_pool){.n_threads = n_threads};
    if (pthread_mutex_init(&pool->turn, NULL) != 0) goto no_turn;
    if (pthread_mutex_init(&pool->lock, NULL) != 0) goto no_lock;
    if (pthread_cond_init(&pool->wake, NULL) != 0) goto no_wake;
    if (pthread_cond_init(&pool->done, NULL) == 0) return LNT_OK;
    pthread_cond_destroy(&pool->wake);
no_wake:
    pthread_mutex_destroy(&pool->lock);
no_lock:
    pthread_mutex_destroy(&pool->turn);
no_turn:
    return lnt_error_set(err, LNT_NOMEM, "out of memory: the system gave no locks for the threads");
}

/// Starts the threads that are missing (call with `turn` held), with signals blocked: those are for the process's own threads. What a thread's
/// own instruction raises isn't: blocked, it would end the process, whatever handler there is (io/mapping.h has one).
static void start(lnt_pool *pool) {
    sigset_t all, before;
    sigfillset(&all);
    static const int own[] = {SIGBUS, SIGSEGV, SIGFPE, SIGILL};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) sigdelset(&all, own[i]);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    while (pool->n_started < pool->n_threads - 1) {
        if (pthread_create(&pool->threads[pool->n_started], NULL, thread_main, pool) != 0) break;
        pool->n_started++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void lnt_pool_clear(lnt_pool *pool) {
    pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    for (int i = 0; i < pool->n_started; i++) pthread_join(pool->threads[i], NULL);
    pthread_cond_destroy(&pool->done);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->lock);
    pthread_mutex_destroy(&pool->turn);
}

/// Runs all slots. Call with `turn` held.
static void run_all(lnt_pool *pool, lnt_work_fn fn, void *context) {
    pthread_mutex_lock(&pool->lock);
    pool->fn = fn;
    pool->context = context;
    pool->next_slot = 1;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    run_slot(fn, context, 0);
    pthread_mutex_lock(&pool->lock);
    while (pool->next_slot < pool->n_threads) {
        int slot = pool->next_slot++;
        pthread_mutex_unlock(&pool->lock);
        run_slot(fn, context, slot);
        pthread_mutex_lock(&pool->lock);
    }
    while (pool->n_running > 0) pthread_cond_wait(&pool->done, &pool->lock);
    pool->fn = NULL;
    pthread_mutex_unlock(&pool->lock);
}

void lnt_pool_run(lnt_pool *pool, lnt_work_fn fn, void *context) {
    if (inside || pool->n_threads == 1) {
        run_slot(fn, context, 0);
        return;
    }
    pthread_mutex_lock(&pool->turn);
    start(pool);
    run_all(pool, fn, context);
    pthread_mutex_unlock(&pool->turn);
}

bool lnt_pool_try_run(lnt_pool *pool, lnt_work_fn fn, void *context) {
    if (inside || pthread_mutex_trylock(&pool->turn) != 0) return false;
    bool any = pool->n_started > 0;
    if (any) run_all(pool, fn, context);
    pthread_mutex_unlock(&pool->turn);
    return any;
}
