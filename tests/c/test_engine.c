/// @file test_engine.c
/// Engines: work on all threads, stopping, deadlines, progress.
#include "base/engine.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static lnt_error err;

static lnt_engine *engine_new(int n_threads) {
    lnt_engine *engine = NULL;
    lnt_engine_options options = {.n_threads = n_threads};
    CHECK_OK(lnt_engine_new(&options, &engine, &err), &err);
    return engine;
}

typedef struct tally {
    lnt_engine *engine;
    _Atomic int runs[LNT_MAX_THREADS], nested;
    int sleep_us;
} tally;

static void count_run(void *context, int worker) {
    tally *t = context;
    t->runs[worker]++;
    if (t->sleep_us) usleep((useconds_t)t->sleep_us);
}

TEST(work_runs_once_for_every_worker) {
    static const int threads[] = {1, 2, 7};
    for (int i = 0; i < 3; i++) {
        lnt_engine *engine = engine_new(threads[i]);
        CHECK_INT(lnt_engine_n_threads(engine), threads[i]);
        tally t = {0};
        for (int run = 0; run < 500; run++) {
            t.sleep_us = run % 100 == 99 ? 200 : 0;
            lnt_engine_run(engine, count_run, &t);
            for (int w = 0; w < LNT_MAX_THREADS; w++) CHECK_INT(t.runs[w], w < threads[i] ? run + 1 : 0);
        }
        lnt_engine_free(engine);
    }
}

static void count_nested(void *context, int worker) {
    (void)worker;
    tally *t = context;
    t->nested++;
}

static void run_nested(void *context, int worker) {
    (void)worker;
    tally *t = context;
    lnt_engine_run(t->engine, count_nested, t);
}

TEST(work_that_starts_work_does_it_on_its_own_thread) {
    tally t = {.engine = engine_new(4)};
    lnt_engine_run(t.engine, run_nested, &t);
    CHECK_INT(t.nested, 4);
    lnt_engine_free(t.engine);
}

static void *call_often(void *context) {
    tally *t = context;
    for (int i = 0; i < 100; i++) lnt_engine_run(t->engine, count_run, t);
    return NULL;
}

TEST(calls_from_several_threads_take_turns) {
    tally t = {.engine = engine_new(3)};
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, call_often, &t);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    for (int w = 0; w < 3; w++) CHECK_INT(t.runs[w], 400);
    lnt_engine_free(t.engine);
}

typedef struct sums {
    _Atomic int64_t sum, pieces;
} sums;

static void add_piece(void *context, int64_t start, int64_t end) {
    sums *s = context;
    for (int64_t i = start; i < end; i++) s->sum += i;
    s->pieces++;
    CHECK_INT(start % 10, 0);
}

TEST(pieces_cover_every_row_once) {
    lnt_engine *engine = engine_new(3);
    for (int64_t n = 0; n < 200; n++) {
        sums s = {0}, alone = {0};
        CHECK_INT(lnt_engine_pieces(engine, n, 10, add_piece, &s, NULL), LNT_OK);
        CHECK_INT(lnt_engine_pieces(NULL, n, 10, add_piece, &alone, NULL), LNT_OK);
        CHECK_INT(s.sum, n * (n - 1) / 2);
        CHECK_INT(s.pieces, (n + 9) / 10);
        CHECK_INT(alone.sum, s.sum);
    }
    lnt_engine_free(engine);
}

TEST(an_engine_is_stopped_and_resumed) {
    lnt_engine *engine = engine_new(1);
    lnt_error e = {0};
    CHECK_OK(lnt_engine_check(engine, &err), &err);
    lnt_engine_cancel(engine);
    CHECK_INT(lnt_engine_check(engine, &e), LNT_CANCELLED);
    CHECK_STR(e.message, "stopped on request");
    lnt_engine_resume(engine);
    CHECK_OK(lnt_engine_check(engine, &err), &err);
    lnt_engine_free(engine);
}

static lnt_engine *interrupted;
static void on_signal(int number) {
    (void)number;
    lnt_engine_cancel(interrupted);
}

TEST(a_signal_handler_may_stop_an_engine) {
    interrupted = engine_new(2);
    tally t = {0};
    lnt_engine_run(interrupted, count_run, &t);
    signal(SIGUSR1, on_signal);
    raise(SIGUSR1);
    CHECK_INT(lnt_engine_check(interrupted, NULL), LNT_CANCELLED);
    lnt_engine_free(interrupted);
}

TEST(a_deadline_that_has_passed_stops_the_engine) {
    lnt_engine *engine = engine_new(1);
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    lnt_engine_set_deadline(engine, now_ms + 100000);
    CHECK_OK(lnt_engine_check(engine, &err), &err);
    lnt_engine_set_deadline(engine, now_ms - 20);
    CHECK_INT(lnt_engine_check(engine, NULL), LNT_CANCELLED);
    lnt_engine_set_deadline(engine, 0);
    CHECK_OK(lnt_engine_check(engine, &err), &err);
    lnt_engine_free(engine);
}

static void on_progress(void *context, const char *what, int64_t done, int64_t total) {
    CHECK_STR(what, "reading");
    *(int64_t *)context = done * 1000 + total;
}

TEST(progress_is_told_to_whoever_asked) {
    lnt_engine *engine = engine_new(1);
    int64_t told = 0;
    lnt_engine_progress(engine, "reading", 1, 2);
    lnt_engine_set_progress(engine, on_progress, &told);
    lnt_engine_progress(engine, "reading", 3, 4);
    CHECK_INT(told, 3004);
    lnt_engine_free(engine);
}

TEST(defaults_fit_the_machine_and_nonsense_is_refused) {
    lnt_engine *engine = NULL;
    CHECK_OK(lnt_engine_new(NULL, &engine, &err), &err);
    CHECK(lnt_engine_n_threads(engine) >= 1);
    CHECK(lnt_engine_memory_limit(engine) > 1 << 20);
    CHECK(lnt_engine_memory_limit(engine) <= (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE));
    lnt_engine_free(engine);
    lnt_error e = {0};
    lnt_engine_options options = {.n_threads = -1};
    CHECK_INT(lnt_engine_new(&options, &engine, &e), LNT_ARGUMENT);
    lnt_engine_free(NULL);
    lnt_alloc_fail_after(0);
    CHECK_INT(lnt_engine_new(NULL, &engine, NULL), LNT_NOMEM);
    lnt_alloc_fail_after(-1);
}

int main(int argc, char **argv) {
    return check_main(argc, argv);
}
