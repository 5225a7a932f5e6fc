/// @file engine.c
/// An engine: its threads, its memory budget, the switch that stops it, whom it tells of progress.
///
/// The switch and the deadline are in the budget, which everything that works with much data has at hand.
#include "base/engine.h"

#include "base/machine.h"
#include "base/pool.h"
#include "base/spare.h"

struct lnt_engine {
    lnt_budget budget;
    _Atomic int64_t spilled_files, spilled_bytes;
    lnt_progress_fn progress;
    void *progress_context;
    lnt_pool pool;
};

lnt_status lnt_engine_new(const lnt_engine_options *options, lnt_engine **out, lnt_error *err) {
    lnt_engine_options wanted = options ? *options : (lnt_engine_options){0};
    if (wanted.n_threads < 0 || wanted.memory_limit_bytes < 0) {
        return lnt_error_set(err, LNT_ARGUMENT, "an engine can't have %d threads and a memory limit of %lld bytes",
                             wanted.n_threads, (long long)wanted.memory_limit_bytes);
    }
    if (wanted.n_threads == 0) wanted.n_threads = lnt_machine_n_processors();
    if (wanted.n_threads > LNT_MAX_THREADS) wanted.n_threads = LNT_MAX_THREADS;
    if (wanted.memory_limit_bytes == 0) wanted.memory_limit_bytes = lnt_machine_memory_bytes() / 5 * 4;
    lnt_engine *engine = lnt_alloc_array(1, sizeof *engine, err);
    if (!engine) return LNT_NOMEM;
    lnt_status status = lnt_pool_init(&engine->pool, wanted.n_threads, err);
    if (status != LNT_OK) {
        lnt_free(engine);
        return status;
    }
    engine->budget.limit = wanted.memory_limit_bytes;
    engine->budget.pool = &engine->pool;
    *out = engine;
    return LNT_OK;
}

void lnt_engine_free(lnt_engine *engine) {
    if (!engine) return;
    lnt__spare_release(&engine->pool);
    lnt_pool_clear(&engine->pool);
    lnt_free(engine);
}

int lnt_engine_n_threads(const lnt_engine *engine) {
    return engine->pool.n_threads;
}

void lnt_engine_run(lnt_engine *engine, lnt_work_fn fn, void *context) {
    lnt_pool_run(&engine->pool, fn, context);
}

typedef struct pieces {
    lnt_engine *engine;
    lnt_piece_fn fn;
    void *context;
    int64_t n, piece;
    _Atomic int64_t next;
    atomic_bool left_out; ///< a piece was not done, because the engine was stopped
} pieces;

static void run_pieces(void *context, int worker) {
    (void)worker;
    pieces *work = context;
    for (;;) {
        int64_t start = atomic_fetch_add_explicit(&work->next, work->piece, memory_order_relaxed);
        if (start >= work->n) return;
        if (work->engine && lnt_engine_check(work->engine, NULL) != LNT_OK) {
            atomic_store(&work->left_out, true);
            return;
        }
        work->fn(work->context, start, start + work->piece < work->n ? start + work->piece : work->n);
    }
}

lnt_status lnt_engine_pieces(lnt_engine *engine, int64_t n, int64_t piece, lnt_piece_fn fn, void *context,
                             lnt_error *err) {
    pieces work = {.engine = engine, .fn = fn, .context = context, .n = n, .piece = piece};
    if (engine && n > piece)
        lnt_engine_run(engine, run_pieces, &work);
    else
        run_pieces(&work, 0);
    if (!atomic_load(&work.left_out)) return LNT_OK;
    lnt_status status = lnt_engine_check(engine, err);
    return status != LNT_OK ? status : lnt_error_set(err, LNT_CANCELLED, "stopped on request"); // resumed since
}

// ---- the switch ----

void lnt_engine_cancel(lnt_engine *engine) {
    atomic_store(&engine->budget.stopped, true);
}

void lnt_engine_resume(lnt_engine *engine) {
    atomic_store(&engine->budget.stopped, false);
}

void lnt_engine_set_deadline(lnt_engine *engine, int64_t monotonic_ms) {
    atomic_store(&engine->budget.deadline_ms, monotonic_ms);
}

lnt_status lnt_engine_check(lnt_engine *engine, lnt_error *err) {
    return lnt_budget_check(&engine->budget, err);
}

// ---- memory and progress ----

lnt_budget *lnt_engine_budget(lnt_engine *engine) {
    return &engine->budget;
}

int64_t lnt_engine_memory_used(const lnt_engine *engine) {
    return atomic_load(&engine->budget.used);
}

int64_t lnt_engine_memory_peak(const lnt_engine *engine) {
    return atomic_load(&engine->budget.peak);
}

int64_t lnt_engine_memory_limit(const lnt_engine *engine) {
    return engine->budget.limit;
}

int64_t lnt_engine_memory_left(const lnt_engine *engine) {
    if (engine->budget.limit <= 0) return INT64_MAX;
    return engine->budget.limit - atomic_load_explicit(&engine->budget.used, memory_order_relaxed);
}

void lnt_engine_count_spill(lnt_engine *engine, int64_t n_files, int64_t bytes) {
    atomic_fetch_add_explicit(&engine->spilled_files, n_files, memory_order_relaxed);
    atomic_fetch_add_explicit(&engine->spilled_bytes, bytes, memory_order_relaxed);
}

int64_t lnt_engine_spilled_files(const lnt_engine *engine) {
    return atomic_load(&engine->spilled_files);
}

int64_t lnt_engine_spilled_bytes(const lnt_engine *engine) {
    return atomic_load(&engine->spilled_bytes);
}

void lnt_engine_set_progress(lnt_engine *engine, lnt_progress_fn fn, void *context) {
    engine->progress = fn;
    engine->progress_context = context;
}

void lnt_engine_progress(lnt_engine *engine, const char *what, int64_t done, int64_t total) {
    if (engine->progress) engine->progress(engine->progress_context, what, done, total);
}
