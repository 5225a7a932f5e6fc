/// @file driver.c
/// The driver: pulls a stream into a sink on all workers, and puts what they made back in order.
///
/// Workers claim morsels in ascending order; at most `window` are claimed and not yet merged, so memory is bounded. The
/// worker with the lowest unmerged morsel never waits, hence no deadlock. Where memory becomes scarce fewer are claimed:
/// what lies finished behind a slow morsel must leave room for what that one still takes. Whoever finds the next partial
/// in order merges it (and those after it that have arrived), outside of the lock. Invariants: a morsel after one that
/// failed, or after one that made the sink full, matters to nobody: it is cut short and its partial is discarded. So
/// outcome and error are those of reading morsel after morsel.
#include <pthread.h>

#include "exec/stream.h"

/// Claimed morsels per worker that may wait to be merged.
enum { LNT_WINDOW_PER_WORKER = 4 };
/// Worker 0 tells of progress after this many batches.
enum { LNT_PROGRESS_BATCHES = 64 };

/// What became of a claimed morsel.
typedef struct lnt_arrival {
    void *partial;
    lnt_status status;
    bool arrived;
} lnt_arrival;

typedef struct lnt_driver {
    lnt_stream *stream;
    lnt_sink *sink;
    pthread_mutex_t lock;
    pthread_cond_t moved; ///< the window has moved, or it is over
    lnt_arrival *ring;    ///< by morsel % window
    int64_t window;
    int64_t available;    ///< bytes that could be taken from the budget when this began
    int64_t next;         ///< the morsel to be merged next
    int64_t in_flight;    ///< claimed (or about to be), not merged
    int64_t n_running;    ///< those of them that aren't read yet
    int64_t growth;       ///< bytes that a morsel took while it was read, or memory grew by meanwhile, lately
    bool merging;         ///< somebody merges
    bool over;            ///< no more claims
    bool exhausted;       ///< the stream had no more morsels
    _Atomic int64_t last; ///< no morsel above this one matters
    int64_t failed_at;    ///< the lowest morsel that failed, or INT64_MAX
    lnt_error error;      ///< its error
} lnt_driver;

/// One morsel on its way.
typedef struct lnt_passage {
    lnt_driver *driver;
    int64_t morsel;
    void *partial;
    int worker, n_batches;
    bool full;
    int64_t left, own; ///< as it began: bytes that could be taken from the budget, and what this thread had taken
} lnt_passage;

static void tell_progress(const lnt_driver *driver, int worker) {
    if (worker != 0) return;
    int64_t done = 0, total = 0;
    driver->stream->class_->progress(driver->stream, &done, &total);
    lnt_engine_progress(driver->stream->engine, driver->sink->class_->what, done, total);
}

/// Lowers the last morsel that matters.
static void end_at(lnt_driver *driver, int64_t morsel) {
    int64_t last = atomic_load(&driver->last);
    while (morsel < last && !atomic_compare_exchange_weak(&driver->last, &last, morsel)) {
    }
}

/// Remembers the error if no lower morsel failed. Call with the lock held.
static void record_error(lnt_driver *driver, int64_t morsel, lnt_status status, const lnt_error *err) {
    driver->over = true;
    end_at(driver, morsel);
    if (morsel >= driver->failed_at) return;
    driver->failed_at = morsel;
    driver->error = *err;
    if (driver->error.code == LNT_OK) lnt_error_set(&driver->error, status, "%s", lnt_status_name(status));
}

static lnt_status take_batch(void *context, const lnt_batch *batch, lnt_error *err) {
    lnt_passage *passage = context;
    lnt_driver *driver = passage->driver;
    if (passage->morsel > atomic_load_explicit(&driver->last, memory_order_relaxed)) return LNT_CANCELLED;
    LNT_TRY(lnt_engine_check(driver->stream->engine, err));
    if (++passage->n_batches % LNT_PROGRESS_BATCHES == 0) tell_progress(driver, passage->worker);
    if (batch->n_sel == 0) return LNT_OK;
    const lnt_sink_class *class_ = driver->sink->class_;
    LNT_TRY(class_->consume(driver->sink, passage->worker, passage->partial, batch, &passage->full, err));
    return passage->full ? LNT_CANCELLED : LNT_OK;
}

/// Pushes a morsel through the pipeline.
static lnt_status read_morsel(lnt_passage *passage, lnt_error *err) {
    lnt_driver *driver = passage->driver;
    const lnt_sink_class *sink = driver->sink->class_;
    LNT_TRY(lnt_engine_check(driver->stream->engine, err));
    LNT_TRY(sink->begin(driver->sink, passage->worker, &passage->partial, err));
    lnt_status status =
        driver->stream->class_->read(driver->stream, passage->worker, passage->morsel, take_batch, passage, err);
    if (passage->full) {
        end_at(driver, passage->morsel);
        status = LNT_OK;
        if (err) lnt_error_init(err);
    }
    LNT_TRY(status);
    return sink->end ? sink->end(driver->sink, passage->worker, passage->partial, err) : LNT_OK;
}

/// Merges the arrival of morsel `next`, which has come. Called with the lock held, which it lets go while it merges.
static void merge_next(lnt_driver *driver) {
    lnt_arrival *arrival = &driver->ring[driver->next % driver->window];
    if (arrival->status != LNT_OK) return;
    void *partial = arrival->partial;
    *arrival = (lnt_arrival){0};
    pthread_mutex_unlock(&driver->lock);
    lnt_error err = {0};
    bool enough = false;
    lnt_status status = lnt_engine_check(driver->stream->engine, &err);
    if (status == LNT_OK) status = driver->sink->class_->merge(driver->sink, partial, &enough, &err);
    else driver->sink->class_->discard(driver->sink, partial);
    pthread_mutex_lock(&driver->lock);
    if (status != LNT_OK) record_error(driver, driver->next, status, &err);
    if (enough) {
        driver->over = true;
        end_at(driver, driver->next);
    }
    driver->next++;
    driver->in_flight--;
    pthread_cond_broadcast(&driver->moved);
}

/// Whether morsel `next` has come and is to be merged.
static bool can_merge(const lnt_driver *driver) {
    const lnt_arrival *arrival = &driver->ring[driver->next % driver->window];
    return arrival->arrived && arrival->status == LNT_OK && driver->next <= atomic_load(&driver->last);
}

/// Remembers what a morsel took while it was read, or by how much memory grew meanwhile if that is more, as the merges
/// beside it need room, too: the largest of late, as morsels are uneven. What merges gave back meanwhile doesn't make a
/// morsel smaller.
static void note_growth(lnt_driver *driver, const lnt_passage *passage) {
    enum { MEMORY = 16 };
    int64_t taken = lnt_budget_own() - passage->own;
    int64_t growth = passage->left - lnt_engine_memory_left(driver->stream->engine);
    if (growth < taken) growth = taken;
    int64_t faded = driver->growth + (growth - driver->growth) / MEMORY;
    driver->growth = growth > faded ? growth : faded;
}

/// Hands in what became of a morsel, and merges what is next in order unless somebody is at it.
static void arrive(lnt_driver *driver, const lnt_passage *passage, lnt_status status, const lnt_error *err) {
    pthread_mutex_lock(&driver->lock);
    driver->n_running--;
    if (driver->available != INT64_MAX) note_growth(driver, passage);
    driver->ring[passage->morsel % driver->window] = (lnt_arrival){passage->partial, status, true};
    if (passage->full) driver->over = true;
    if (status != LNT_OK) record_error(driver, passage->morsel, status, err);
    if (!driver->merging) {
        driver->merging = true;
        while (can_merge(driver)) merge_next(driver);
        driver->merging = false;
    }
    pthread_cond_broadcast(&driver->moved);
    pthread_mutex_unlock(&driver->lock);
}

/// Whether a further morsel has to wait: because enough are on their way, because those on their way have taken most of
/// the memory that there was, or because what is left is for those that are being read, of which each may be twice
/// as large as those of late. One is always let through.
static bool must_wait(const lnt_driver *driver) {
    enum { SCARCE = 4, UNEVEN = 2 };
    if (driver->in_flight == 0) return false;
    if (driver->in_flight >= driver->window) return true;
    if (driver->available == INT64_MAX) return false;
    int64_t left = lnt_engine_memory_left(driver->stream->engine);
    return left < driver->available / SCARCE || left / (driver->n_running + 1) < UNEVEN * driver->growth;
}

/// Waits until one more morsel may be claimed; false when it is over.
static bool reserve(lnt_driver *driver) {
    pthread_mutex_lock(&driver->lock);
    while (!driver->over && must_wait(driver)) pthread_cond_wait(&driver->moved, &driver->lock);
    bool go = !driver->over;
    if (go) {
        driver->in_flight++;
        driver->n_running++;
    }
    pthread_mutex_unlock(&driver->lock);
    return go;
}

/// Waits until all that was claimed has been merged; the caller's own reservation is over.
static void wait_for_all(lnt_driver *driver) {
    pthread_mutex_lock(&driver->lock);
    driver->in_flight--;
    driver->n_running--;
    pthread_cond_broadcast(&driver->moved);
    while (!driver->over && driver->in_flight > 0) pthread_cond_wait(&driver->moved, &driver->lock);
    pthread_mutex_unlock(&driver->lock);
}

/// Claims the next morsel, or LNT_MORSEL_LATER; false when there is none.
static bool claim(lnt_driver *driver, int worker, int64_t *morsel) {
    lnt_error err = {0};
    *morsel = -1;
    lnt_status status = driver->stream->class_->claim(driver->stream, worker, morsel, &err);
    if (status == LNT_OK && *morsel != -1) return true;
    pthread_mutex_lock(&driver->lock);
    driver->in_flight--;
    driver->n_running--;
    driver->over = true;
    if (status == LNT_OK) driver->exhausted = true;
    if (status != LNT_OK) record_error(driver, INT64_MAX - 1, status, &err);
    pthread_cond_broadcast(&driver->moved);
    pthread_mutex_unlock(&driver->lock);
    return false;
}

static void work(void *context, int worker) {
    lnt_driver *driver = context;
    int64_t morsel = -1;
    while (reserve(driver) && claim(driver, worker, &morsel)) {
        if (morsel == LNT_MORSEL_LATER) {
            wait_for_all(driver);
            continue;
        }
        lnt_passage passage = {.driver = driver,
                               .morsel = morsel,
                               .worker = worker,
                               .left = lnt_engine_memory_left(driver->stream->engine),
                               .own = lnt_budget_own()};
        lnt_error err = {0};
        lnt_status status = read_morsel(&passage, &err);
        arrive(driver, &passage, status, &err);
        tell_progress(driver, worker);
    }
}

/// Gives back what was never merged.
static void discard_rest(lnt_driver *driver) {
    for (int64_t i = 0; i < driver->window; i++)
        if (driver->ring[i].partial) driver->sink->class_->discard(driver->sink, driver->ring[i].partial);
}

lnt_status lnt__drain(lnt_stream *stream, lnt_sink *sink, bool *finished, lnt_error *err) {
    lnt_driver driver = {.stream = stream, .sink = sink, .last = INT64_MAX, .failed_at = INT64_MAX};
    *finished = false;
    driver.window = (int64_t)stream->n_workers * LNT_WINDOW_PER_WORKER;
    driver.available = lnt_engine_memory_left(stream->engine);
    driver.ring = lnt_alloc_array(driver.window, sizeof *driver.ring, err);
    if (!driver.ring) return LNT_NOMEM;
    pthread_mutex_init(&driver.lock, NULL);
    pthread_cond_init(&driver.moved, NULL);
    if (stream->n_workers == 1 || (stream->n_morsels >= 0 && stream->n_morsels <= 1)) {
        work(&driver, 0);
    } else {
        lnt_engine_run(stream->engine, work, &driver);
    }
    discard_rest(&driver);
    pthread_cond_destroy(&driver.moved);
    pthread_mutex_destroy(&driver.lock);
    lnt_free(driver.ring);
    *finished = driver.exhausted && atomic_load(&driver.last) == INT64_MAX;
    if (driver.failed_at == INT64_MAX || driver.failed_at > atomic_load(&driver.last)) return LNT_OK;
    lnt_status status = driver.error.code;
    if (err && err->code == LNT_OK) *err = driver.error;
    return status;
}
