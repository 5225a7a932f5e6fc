// Stopping: whatever an engine does when it is told to stop, by another thread at any moment or at any of its own looks at
// the switch, it ends with LNT_CANCELLED (or was done before), keeps nothing, and runs again.
//
// How soon it stops is printed, not checked: `LUNETTE_TEST_ROWS=10000000 test_cancel stopped` measures it on large tables.
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "lunette/io.h"
#include "lunette/learn.h"
#include "operators.h"

enum { LOOKS = 9, FEW_LOOKS = 3 }; ///< of a work's looks at the switch, at which it is stopped
enum { MOST_LOOKS_AFTER = 64 };    ///< a stopped work looks again: each thread on its way out

static lnt_engine *engine;
static sample rows, few; ///< the table of every operator, and what it is joined with

static int64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

// ---- a thread that says stop ----

typedef struct stopper {
    pthread_t thread;
    int64_t after_us;
    int64_t stopped_at; ///< when it said so
} stopper;

static void *stop_later(void *context) {
    stopper *s = context;
    usleep((useconds_t)s->after_us);
    s->stopped_at = now_us();
    lnt_engine_cancel(engine);
    return NULL;
}

/// Something that takes a while; `index` says what.
typedef lnt_status (*work_fn)(int index, lnt_error *err);

/// Does the work, stopped after `after_us` (-1: never). How long it went on after it was told to stop goes to `*late_us`;
/// all of the time to `*took_us`.
static lnt_status run_stopped(work_fn work, int index, int64_t after_us, int64_t *took_us, int64_t *late_us) {
    lnt_error err = {0};
    stopper s = {.after_us = after_us};
    int64_t used = lnt_engine_memory_used(engine), started = now_us();
    if (after_us >= 0) CHECK(pthread_create(&s.thread, NULL, stop_later, &s) == 0);
    lnt_status status = work(index, &err);
    int64_t ended = now_us();
    if (after_us >= 0) pthread_join(s.thread, NULL);
    lnt_engine_resume(engine);
    CHECK_MSG(status == LNT_OK || (after_us >= 0 && status == LNT_CANCELLED), "work %d: %s", index, err.message);
    CHECK_INT(lnt_engine_memory_used(engine), used);
    *took_us = ended - started;
    *late_us = status == LNT_CANCELLED ? ended - s.stopped_at : 0;
    return status;
}

// ---- stops at a look ----

/// Looks at the switch, counted over all threads; the one of number `stop_at` finds that a stop was just asked for.
static struct {
    _Atomic int64_t n;
    int64_t stop_at; ///< -1: never
} looks;

static void on_look(void *context) {
    (void)context;
    if (atomic_fetch_add(&looks.n, 1) == looks.stop_at) lnt_engine_cancel(engine);
}

/// Does the work, stopped at look `stop_at`. Returns how many looks there were.
static int64_t run_to_look(work_fn work, int index, const char *name, int64_t stop_at) {
    lnt_error err = {0};
    int64_t used = lnt_engine_memory_used(engine);
    atomic_store(&looks.n, 0);
    looks.stop_at = stop_at;
    lnt_check_watch(on_look, NULL);
    lnt_status status = work(index, &err);
    lnt_check_watch(NULL, NULL);
    lnt_engine_resume(engine);
    int64_t n = atomic_load(&looks.n);
    if (stop_at >= 0 && n > stop_at) {
        CHECK_MSG(status == LNT_CANCELLED, "%s, stopped at look %lld of %lld: status %d, %s", name, (long long)stop_at,
                  (long long)n, status, err.message);
        CHECK_MSG(n <= stop_at + MOST_LOOKS_AFTER, "%s, stopped at look %lld, looked %lld times more", name,
                  (long long)stop_at, (long long)(n - stop_at));
    } else {
        CHECK_MSG(status == LNT_OK, "%s: %s", name, err.message);
    }
    CHECK_MSG(lnt_engine_memory_used(engine) == used, "%s, stopped at look %lld, keeps %lld bytes", name,
              (long long)stop_at, (long long)(lnt_engine_memory_used(engine) - used));
    return n;
}

/// Each of `n` works, stopped at `n_looks` of its looks, from the first on.
static void check_looks(work_fn work, const char *const *names, int n, int64_t n_looks) {
    for (int index = 0; index < n; index++) {
        int64_t all = run_to_look(work, index, names[index], -1);
        CHECK_MSG(all > 0, "%s never looks whether to stop", names[index]);
        for (int64_t k = 0; k < n_looks && k < all; k++)
            run_to_look(work, index, names[index], all <= n_looks ? k : (int64_t)((double)all * (double)k / (double)n_looks));
    }
}

// ---- work between two looks ----

/// The longest that a thread computed without a look, in its own processor time: a machine that is busy with others
/// doesn't lengthen it.
static struct {
    int round; ///< counts the works
    _Atomic int64_t longest_us;
} gaps;

static int64_t spent_us(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void note_gap(void *context) {
    static _Thread_local int64_t since;
    static _Thread_local int round;
    (void)context;
    int64_t now = spent_us(CLOCK_THREAD_CPUTIME_ID), gap = round == gaps.round ? now - since : 0;
    int64_t longest = atomic_load(&gaps.longest_us);
    while (gap > longest && !atomic_compare_exchange_weak(&gaps.longest_us, &longest, gap)) {}
    round = gaps.round;
    since = now;
}

/// Each of `n` works must look often: what it computes between two looks is a small part of all, or short. Not what comes
/// after the last one, as it gives its result back, too.
static void check_gaps(work_fn work, const char *const *names, int n) {
    enum { SHORT_US = 30000, PART = 4 };
    for (int index = 0; index < n; index++) {
        lnt_error err = {0};
        gaps.round++;
        atomic_store(&gaps.longest_us, 0);
        lnt_check_watch(note_gap, NULL);
        int64_t before = spent_us(CLOCK_PROCESS_CPUTIME_ID);
        note_gap(NULL);
        lnt_status status = work(index, &err);
        int64_t all = spent_us(CLOCK_PROCESS_CPUTIME_ID) - before, longest = atomic_load(&gaps.longest_us);
        lnt_check_watch(NULL, NULL);
        CHECK_MSG(status == LNT_OK, "%s: %s", names[index], err.message);
        CHECK_MSG(longest < SHORT_US || longest < all / PART, "%s computes for %lld of %lld microseconds without a look",
                  names[index], (long long)longest, (long long)all);
        if (getenv("LUNETTE_TEST_ROWS"))
            fprintf(stderr, "%8.1f ms without a look, of %8.1f ms: %s\n", (double)longest / 1e3, (double)all / 1e3, names[index]);
    }
}

// ---- stops by time ----

enum { MOMENTS = 5 };

/// Each of `n` works, run through once and then stopped at several moments.
static void check_stops(work_fn work, const char *const *names, int n) {
    int64_t worst = 0;
    int worst_work = 0, stopped = 0;
    for (int index = 0; index < n; index++) {
        int64_t all_us, took_us, late_us, slowest = 0;
        run_stopped(work, index, -1, &all_us, &late_us);
        for (int k = 0; k < MOMENTS; k++) {
            stopped += run_stopped(work, index, all_us * k / MOMENTS, &took_us, &late_us) == LNT_CANCELLED;
            if (late_us > slowest) slowest = late_us;
        }
        if (slowest > worst) worst = slowest, worst_work = index;
        if (getenv("LUNETTE_TEST_ROWS"))
            fprintf(stderr, "%8.1f ms late, of %8.1f ms: %s\n", (double)slowest / 1e3, (double)all_us / 1e3, names[index]);
    }
    fprintf(stderr, "slowest to stop: %s, %.1f ms\n", names[worst_work], (double)worst / 1e3);
    CHECK_MSG(stopped > 0, "nothing was stopped among %d works", n);
}

// ---- operators ----

static lnt_status run_plan(int index, lnt_error *err) {
    lnt_plan *all = NULL, *other = NULL, *plan = NULL;
    lnt_table *out = NULL;
    CHECK_OK(lnt_plan_table(rows.table, &all, err), err);
    CHECK_OK(lnt_plan_table(few.table, &other, err), err);
    CHECK_OK(operators_plan(engine, index, all, other, &plan, err), err);
    lnt_status status = plan ? lnt_plan_run(engine, plan, &out, err) : LNT_INTERNAL;
    lnt_table_unref(out);
    lnt_plan_unref(plan);
    lnt_plan_unref(other);
    lnt_plan_unref(all);
    return status;
}

TEST(every_operator_is_stopped) {
    check_stops(run_plan, operator_names, N_OPERATORS);
}

TEST(every_operator_ends_at_the_look_that_finds_it_stopped) {
    check_looks(run_plan, operator_names, N_OPERATORS, LOOKS);
}

TEST(no_operator_computes_for_long_without_a_look) {
    check_gaps(run_plan, operator_names, N_OPERATORS);
}

// ---- readers and writers ----

enum { WRITE_CSV, WRITE_JSON, WRITE_ARROW, WRITE_MARKDOWN, N_WRITES };
static const char *const write_names[] = {"write CSV", "write JSON lines", "write Arrow", "write Markdown"};
static const lnt_format write_formats[] = {LNT_FORMAT_CSV, LNT_FORMAT_NDJSON, LNT_FORMAT_ARROW, LNT_FORMAT_MARKDOWN};

static lnt_status run_write(int index, lnt_error *err) {
    lnt_plan *all = NULL;
    lnt_write_options options = {.format = write_formats[index]};
    CHECK_OK(lnt_plan_table(rows.table, &all, err), err);
    lnt_status status = lnt_write_file(engine, all, "/dev/null", &options, err);
    lnt_plan_unref(all);
    return status;
}

TEST(every_writer_is_stopped) {
    check_stops(run_write, write_names, N_WRITES);
    check_looks(run_write, write_names, N_WRITES, LOOKS);
    check_gaps(run_write, write_names, N_WRITES);
}

static char folder[] = "/tmp/lunette-cancel-XXXXXX";
static char files[3][64];

static lnt_status run_read(int index, lnt_error *err) {
    lnt_scan *scan = NULL;
    lnt_plan *plan = NULL;
    lnt_table *out = NULL;
    lnt_status status = index == 0   ? lnt_csv_open(engine, files[0], NULL, &scan, err)
                        : index == 1 ? lnt_json_open(engine, files[1], NULL, &scan, err)
                                     : lnt_arrow_open(engine, files[2], NULL, &scan, err);
    if (status == LNT_OK) status = lnt_plan_scan(scan, &plan, err);
    if (status == LNT_OK) status = lnt_plan_run(engine, plan, &out, err);
    lnt_table_unref(out);
    lnt_plan_unref(plan);
    lnt_scan_unref(scan);
    return status;
}

TEST(every_reader_is_stopped) {
    static const char *const names[] = {"read CSV", "read JSON lines", "read Arrow"};
    lnt_error err = {0};
    lnt_plan *all = NULL;
    CHECK(mkdtemp(folder) != NULL);
    CHECK_OK(lnt_plan_table(rows.table, &all, &err), &err);
    for (int f = 0; f < 3; f++) {
        lnt_write_options options = {.format = write_formats[f]};
        snprintf(files[f], sizeof files[f], "%s/%d", folder, f);
        CHECK_OK(lnt_write_file(engine, all, files[f], &options, &err), &err);
    }
    check_stops(run_read, names, 3);
    check_looks(run_read, names, 3, LOOKS);
    check_gaps(run_read, names, 3);
    for (int f = 0; f < 3; f++) unlink(files[f]);
    rmdir(folder);
    lnt_plan_unref(all);
}

// ---- learners ----

static const lnt_learner learners[] = {LNT_TREE, LNT_FOREST, LNT_EXTRA_TREES, LNT_BOOSTING};
static const char *const learner_names[] = {"tree", "forest", "extra trees", "boosting", "predict"};
static lnt_model *fitted; ///< for predicting

static lnt_status fit(lnt_learner learner, lnt_model **out, lnt_error *err) {
    lnt_learn_options options = {.learner = learner,
                                 .target = "k",
                                 .features = NAMES("i", "f", "s", "t", "p"),
                                 .n_features = 5,
                                 .n_trees = 20,
                                 .min_leaf = 5};
    return lnt_model_fit(engine, rows.table, &options, out, err);
}

static lnt_status run_learner(int index, lnt_error *err) {
    lnt_model *fresh = NULL;
    lnt_column *classes = NULL, *probabilities = NULL;
    lnt_status status = index < 4 ? fit(learners[index], &fresh, err)
                                  : lnt_model_predict(engine, fitted, rows.table, &classes, &probabilities, err);
    lnt_model_free(fresh);
    lnt_column_unref(classes);
    lnt_column_unref(probabilities);
    return status;
}

TEST(every_learner_is_stopped) {
    lnt_error err = {0};
    CHECK_OK(fit(LNT_FOREST, &fitted, &err), &err);
    check_stops(run_learner, learner_names, 5);
    check_looks(run_learner, learner_names, 5, FEW_LOOKS);
    lnt_model_free(fitted);
}

TEST(no_learner_computes_for_long_without_a_look) {
    lnt_error err = {0};
    CHECK_OK(fit(LNT_FOREST, &fitted, &err), &err);
    check_gaps(run_learner, learner_names, 5);
    lnt_model_free(fitted);
}

/// How often the switch is looked at while one tree is fitted to the only feature of a table: one split, or none that
/// leaves as many rows on each side as it must.
static int64_t looks_of_fit(lnt_learner learner, const lnt_table *table, int64_t min_leaf) {
    lnt_error err = {0};
    lnt_model *stump = NULL;
    lnt_learn_options options = {.learner = learner,
                                 .target = "k",
                                 .features = NAMES("f"),
                                 .n_features = 1,
                                 .n_trees = 1,
                                 .max_depth = 1,
                                 .min_leaf = min_leaf};
    atomic_store(&looks.n, 0);
    looks.stop_at = -1;
    lnt_check_watch(on_look, NULL);
    CHECK_OK(lnt_model_fit(engine, table, &options, &stump, &err), &err);
    lnt_check_watch(NULL, NULL);
    lnt_model_free(stump);
    return atomic_load(&looks.n);
}

TEST(a_search_for_a_split_looks_while_it_passes_over_the_rows) {
    enum { ROWS = 600000, PASSES = 2, PIECE = 1 << 16 }; // to add them up, and to part them; a forest draws some of the rows
    static const char *const names[] = {"k", "f"};
    const model_kind kinds[] = {{LNT_INT, 0, 20}, {LNT_FLOAT, 5, 200}};
    sample s = sample_new(engine, names, kinds, 2, ROWS, 1);
    for (int i = 0; i < 3; i++) {
        int64_t without = looks_of_fit(learners[i], s.table, ROWS), with = looks_of_fit(learners[i], s.table, 1);
        CHECK_MSG(with - without >= PASSES * (ROWS / PIECE), "%s: %lld looks without a search, %lld with one",
                  learner_names[i], (long long)without, (long long)with);
    }
    sample_free(&s);
}

int main(int argc, char **argv) {
    const char *wanted = getenv("LUNETTE_TEST_ROWS");
    int64_t n = wanted ? strtoll(wanted, NULL, 10) : 10000;
    engine = plans_engine(3);
    rows = operators_rows(engine, n);
    few = operators_few(engine, n);
    int status = check_main(argc, argv);
    sample_free(&rows);
    sample_free(&few);
    CHECK_INT(lnt_engine_memory_used(engine), 0);
    lnt_engine_free(engine);
    return status || check_failures ? 1 : 0;
}
