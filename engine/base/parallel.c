/// @file parallel.c
/// Independent pieces of work, claimed in ascending order.
#include "base/parallel.h"

#include <pthread.h>

typedef struct lnt_pieces {
    lnt_engine *engine;
    lnt_task_fn fn;
    void *context;
    int64_t n;
    _Atomic int64_t next;
    pthread_mutex_t lock; ///< of what follows
    int64_t failed_at;
    lnt_error error;
} lnt_pieces;

static void record(lnt_pieces *pieces, int64_t item, lnt_status status, const lnt_error *err) {
    pthread_mutex_lock(&pieces->lock);
    if (item < pieces->failed_at) {
        pieces->failed_at = item;
        pieces->error = *err;
        if (pieces->error.code == LNT_OK) lnt_error_set(&pieces->error, status, "%s", lnt_status_name(status));
    }
    pthread_mutex_unlock(&pieces->lock);
    atomic_store(&pieces->next, pieces->n);
}

static void work(void *context, int worker) {
    lnt_pieces *pieces = context;
    for (;;) {
        int64_t item = atomic_fetch_add(&pieces->next, 1);
        if (item >= pieces->n) return;
        lnt_error err = {0};
        lnt_status status = lnt_engine_check(pieces->engine, &err);
        if (status == LNT_OK) status = pieces->fn(pieces->context, item, worker, &err);
        if (status != LNT_OK) record(pieces, item, status, &err);
    }
}

lnt_status lnt__parallel(lnt_engine *engine, int64_t n, lnt_task_fn fn, void *context, lnt_error *err) {
    lnt_pieces pieces = {.engine = engine, .fn = fn, .context = context, .n = n, .failed_at = INT64_MAX};
    pthread_mutex_init(&pieces.lock, NULL);
    if (n <= 1) {
        work(&pieces, 0);
    } else {
        lnt_engine_run(engine, work, &pieces);
    }
    pthread_mutex_destroy(&pieces.lock);
    if (pieces.failed_at == INT64_MAX) return LNT_OK;
    if (err && err->code == LNT_OK) *err = pieces.error;
    return pieces.error.code;
}
