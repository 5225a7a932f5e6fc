/// @file test_spill_faults.c
/// Operators that spill, when something goes wrong: a disk that is full after any number of bytes, no folder, an allocation
/// that fails, a stop or a kill at any moment. Each ends with an error that says so, keeps nothing, and leaves no file.
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/sanitized.h"
#include "base/spill.h"
#include "spilled.h"

// ---- what spills ----

enum { SORT, GROUPS, VALUES, INNER, LEFT, OUTER, SEMI, ANTI, ASOF, RANGE, NARROWEST, NETWORK, WINDOW, FIRSTS, N_WORKS };
static const char *const work_names[N_WORKS] = {"sort",      "group by",  "group by values", "inner join",
                                                "left join", "outer join", "semi join",       "anti join",
                                                "asof join", "range join", "narrowest range", "cidr join",
                                                "window",    "distinct"};
/// Whose error it is.
static const char *const work_verbs[N_WORKS] = {"sort", "group_by", "group_by", "join",       "join",       "join",
                                                "join",      "join",      "asof_join", "range_join", "range_join", "cidr_join",
                                                "window", "distinct"};

/// What every work is done with: the left side of some thousand rows, the right side of more.
typedef struct sides {
    sample left, right;
} sides;

static sides sides_new(int64_t n_left, int64_t n_right) {
    return (sides){all_types(n_left, 20000, 5, 31), all_types(n_right, 20000, 5, 32)};
}

static void sides_free(sides *s) {
    sample_free(&s->left);
    sample_free(&s->right);
}

static lnt_plan *plan_of(const sides *s, int work) {
    static const char *const keys[] = {"i", "k"}, *const text[] = {"u"}, *const count[] = {"n = count()", "l = last(s)"};
    static const char *const values[] = {"m = median(f)", "d = count_distinct(s)", "l = list(s)"};
    static const lnt_join_kind kinds[] = {LNT_JOIN_INNER, LNT_JOIN_LEFT, LNT_JOIN_OUTER, LNT_JOIN_SEMI, LNT_JOIN_ANTI};
    switch (work) {
    case SORT:
        return sorted_by(&s->right, keys, 2);
    case GROUPS:
        return grouped(&s->right, text, 1, count, 2);
    case VALUES:
        return grouped(&s->right, keys, 2, values, 3);
    case ASOF:
        return joined_asof(&s->left, &s->right, LNT_JOIN_LEFT, 1, 2);
    case RANGE:
        return joined_range(&s->left, &s->right, LNT_JOIN_LEFT, 0);
    case NARROWEST:
        return joined_range(&s->left, &s->right, LNT_JOIN_INNER, 6);
    case NETWORK:
        return joined_range(&s->left, &s->right, LNT_JOIN_LEFT, 7);
    case WINDOW:
        return windowed(&s->right, text, 1, 2);
    case FIRSTS:
        return first_rows(&s->right, text, 1);
    default:
        return joined(&s->left, &s->right, kinds[work - INNER], keys, keys, 2);
    }
}

/// A limit under which the work spills with 2,000 rows left and 40,000 right.
static int64_t limit_of(int work) {
    static const int64_t limits[N_WORKS] = {[SORT] = 3, [GROUPS] = 8, [VALUES] = 9, [SEMI] = 3, [ANTI] = 3};
    return (limits[work] > 0 ? limits[work] : 4) * MEBI;
}

/// Runs the plan on the engine, rows given away in pieces.
static lnt_status run_plan(lnt_engine *engine, const lnt_plan *plan, lnt_error *err) {
    held nothing = {NULL, 0, false, ""};
    return lnt_plan_stream(engine, plan, compare_piece, &nothing, err);
}

// ---- what must not be left ----

/// A folder of its own for temporary files.
static const char *folder_new(void) {
    static char folder[32];
    memcpy(folder, "/tmp/lunette-test-XXXXXX", sizeof "/tmp/lunette-test-XXXXXX");
    CHECK(mkdtemp(folder) != NULL);
    setenv("LUNETTE_TMPDIR", folder, 1);
    return folder;
}

static void folder_free(const char *folder) {
    unsetenv("LUNETTE_TMPDIR");
    CHECK_MSG(rmdir(folder) == 0, "%s isn't empty", folder);
}

/// Number of entries of a folder, without . and ..
static int count_entries(const char *path) {
    int n = -2;
    DIR *folder = opendir(path);
    CHECK(folder != NULL);
    while (folder && readdir(folder)) n++;
    if (folder) closedir(folder);
    return n;
}

/// Descriptors that are open.
static int count_open(void) {
    int n = 0;
    for (int fd = 0; fd < 256; fd++) n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

// ---- a disk that is full ----

static void limit_files(rlim_t bytes) {
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    limit.rlim_cur = bytes;
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

/// The work on an engine that ran it before, with a disk on which temporary files may have `bytes`. Returns whether they
/// were enough.
static bool run_full(lnt_engine *engine, const lnt_plan *plan, int64_t bytes, int work, const char *folder) {
    lnt_error err = {0};
    limit_files((rlim_t)bytes);
    lnt_status status = run_plan(engine, plan, &err);
    limit_files(RLIM_INFINITY);
    CHECK_MSG(status == LNT_OK || status == LNT_IO, "%s, %" PRId64 " bytes: status %d, %s", work_names[work], bytes,
              (int)status, err.message);
    if (status == LNT_IO)
        CHECK_MSG(strncmp(err.message, work_verbs[work], strlen(work_verbs[work])) == 0 && strstr(err.message, folder) &&
                      strstr(err.message, "LUNETTE_TMPDIR"),
                  "%s: %s", work_names[work], err.message);
    CHECK_INT(lnt_engine_memory_used(engine), 0);
    CHECK_INT(count_entries(folder), 0);
    return status == LNT_OK;
}

TEST(a_disk_that_is_full_after_any_number_of_bytes_is_an_error_that_names_it) {
    enum { STEPS = LNT_SANITIZED ? 6 : 16 };
    const char *folder = folder_new();
    sides s = sides_new(2000, 40000);
    for (int work = 0; work < N_WORKS; work++) {
        lnt_plan *plan = plan_of(&s, work);
        lnt_engine *engine = limited(2, limit_of(work));
        lnt_error err = {0};
        CHECK_OK(run_plan(engine, plan, &err), &err);
        int64_t all = lnt_engine_spilled_bytes(engine), enough = 0;
        CHECK_MSG(all > 0, "%s spills nothing", work_names[work]);
        int open_before = count_open();
        for (int k = 0; k < STEPS; k++) enough += run_full(engine, plan, all * k / STEPS + k % 7, work, folder);
        CHECK_MSG(enough < STEPS, "%s: no disk was ever full", work_names[work]);
        CHECK_INT(count_open(), open_before);
        CHECK_OK(run_plan(engine, plan, &err), &err); // as if nothing had happened
        lnt_engine_free(engine);
        lnt_plan_unref(plan);
    }
    sides_free(&s);
    folder_free(folder);
}

TEST(a_missing_folder_is_named_where_the_limit_is_not_enough) {
    sides s = sides_new(2000, 40000);
    setenv("LUNETTE_TMPDIR", "/no/such/folder", 1);
    for (int work = 0; work < N_WORKS; work++) {
        lnt_plan *plan = plan_of(&s, work);
        lnt_engine *engine = limited(2, limit_of(work));
        lnt_error err = {0};
        CHECK_INT(run_plan(engine, plan, &err), LNT_LIMIT);
        CHECK_MSG(strstr(err.message, "memory limit") && strstr(err.message, "/no/such/folder"), "%s: %s",
                  work_names[work], err.message);
        CHECK_INT(lnt_engine_memory_used(engine), 0);
        lnt_engine_free(engine);
        lnt_plan_unref(plan);
    }
    unsetenv("LUNETTE_TMPDIR");
    sides_free(&s);
}

// ---- allocations that fail ----

/// Runs the plan under a limit that makes it spill, with every `step`th allocation failing in turn.
static void check_nomem(const lnt_plan *plan, int64_t limit, int64_t step, const char *what) {
    lnt_engine *engine = limited(2, limit);
    lnt_status status = LNT_NOMEM;
    for (int64_t n = 0; status == LNT_NOMEM; n += LNT_SANITIZED ? 8 * step : step) {
        lnt_error err = {0};
        lnt_alloc_fail_after(n);
        status = run_plan(engine, plan, &err);
        lnt_alloc_fail_after(-1);
        CHECK_MSG(status == LNT_NOMEM || status == LNT_OK, "%s: allocation %" PRId64 ": %s", what, n, err.message);
        CHECK_INT(lnt_engine_memory_used(engine), 0);
    }
    CHECK(lnt_engine_spilled_files(engine) > 0);
    lnt_engine_free(engine);
}

TEST(every_allocation_of_a_spilled_range_join_may_fail) {
    sample left = all_types(500, 40000, 5, 47), right = all_types(30000, 40000, 5, 48);
    lnt_plan *plan = joined_range(&left, &right, LNT_JOIN_LEFT, 4);
    check_nomem(plan, 4 * MEBI, 1201, "range join");
    lnt_plan_unref(plan);
    sample_free(&left);
    sample_free(&right);
}

TEST(every_allocation_of_a_spilled_asof_join_may_fail) {
    sample left = all_types(8000, 40000, 5, 43), right = all_types(50000, 40000, 5, 44);
    lnt_plan *plan = joined_asof(&left, &right, LNT_JOIN_LEFT, 1, 2);
    check_nomem(plan, 4 * MEBI, 1201, "asof join");
    lnt_plan_unref(plan);
    sample_free(&left);
    sample_free(&right);
}

TEST(every_allocation_of_a_spilled_join_may_fail) {
    sample left = all_types(8000, 40000, 5, 25), right = all_types(90000, 40000, 5, 26);
    static const char *const keys[] = {"i"};
    lnt_plan *plan = joined(&left, &right, LNT_JOIN_OUTER, keys, keys, 1);
    check_nomem(plan, 16 * MEBI, 1501, "join");
    lnt_plan_unref(plan);
    sample_free(&left);
    sample_free(&right);
}

TEST(every_allocation_of_a_spilled_sort_may_fail) {
    sample s = all_types(12000, 3000, 10, 6);
    const char *keys[] = {"-s", "i"};
    lnt_plan *plan = sorted_by(&s, keys, 2);
    check_nomem(plan, 2 * MEBI, 5, "sort");
    lnt_plan_unref(plan);
    sample_free(&s);
}

TEST(every_allocation_of_spilled_windows_and_first_rows_may_fail) {
    sample s = all_types(20000, 3000, 10, 16);
    static const char *const by[] = {"s"}, *const text[] = {"u"};
    lnt_plan *window = windowed(&s, by, 1, 2), *distinct = first_rows(&s, text, 1);
    check_nomem(window, 2 * MEBI, 97, "window");
    check_nomem(distinct, 3 * MEBI / 2, 97, "distinct");
    lnt_plan_unref(window);
    lnt_plan_unref(distinct);
    sample_free(&s);
}

TEST(every_allocation_of_spilled_groups_may_fail) {
    sample s = all_types(100000, 70000, 10, 15);
    static const char *const by[] = {"u"}, *const calls[] = {"m = median(f)", "d = count_distinct(s)", "l = list(s)"};
    lnt_plan *plan = grouped(&s, by, 1, calls, 3);
    check_nomem(plan, 40 * MEBI, 997, "groups");
    lnt_plan_unref(plan);
    sample_free(&s);
}

// ---- stops ----

/// How long the plan takes under a limit that makes it spill, in microseconds.
static int64_t time_of(const lnt_plan *plan, int64_t limit, const char *what) {
    struct timespec before, after;
    lnt_error err = {0};
    lnt_engine *engine = limited(2, limit);
    clock_gettime(CLOCK_MONOTONIC, &before);
    CHECK_OK(run_plan(engine, plan, &err), &err);
    clock_gettime(CLOCK_MONOTONIC, &after);
    CHECK_MSG(lnt_engine_spilled_bytes(engine) > 0, "%s spills nothing", what);
    lnt_engine_free(engine);
    return (after.tv_sec - before.tv_sec) * 1000000 + (after.tv_nsec - before.tv_nsec) / 1000;
}

static void *cancel_later(void *context) {
    usleep(*(useconds_t *)((void **)context)[1]);
    lnt_engine_cancel(((void **)context)[0]);
    return NULL;
}

/// The work on an engine that is told to stop (or whose deadline is) after `us`. Returns whether it was stopped.
static bool run_stopped(const lnt_plan *plan, int work, useconds_t us, bool by_deadline) {
    lnt_engine *engine = limited(2, limit_of(work));
    void *context[] = {engine, &us};
    pthread_t thread;
    lnt_error err = {0};
    if (by_deadline)
        lnt_engine_set_deadline(engine, us / 1000 + 1);
    else
        CHECK(pthread_create(&thread, NULL, cancel_later, context) == 0);
    lnt_status status = run_plan(engine, plan, &err);
    if (!by_deadline) pthread_join(thread, NULL);
    CHECK_MSG(status == LNT_CANCELLED || status == LNT_OK, "%s: %s", work_names[work], err.message);
    CHECK_INT(lnt_engine_memory_used(engine), 0);
    lnt_engine_free(engine);
    return status == LNT_CANCELLED;
}

TEST(what_is_stopped_while_it_spills_keeps_nothing) {
    enum { MOMENTS = LNT_SANITIZED ? 3 : 6 };
    const char *folder = folder_new();
    sides s = sides_new(2000, 40000);
    int stopped = 0;
    for (int work = 0; work < N_WORKS; work++) {
        lnt_plan *plan = plan_of(&s, work);
        int64_t all_us = time_of(plan, limit_of(work), work_names[work]);
        int open_before = count_open();
        for (int m = 0; m < MOMENTS; m++) {
            stopped += run_stopped(plan, work, (useconds_t)(all_us * m / MOMENTS), m % 3 == 2);
            CHECK_INT(count_open(), open_before);
            CHECK_INT(count_entries(folder), 0);
        }
        lnt_plan_unref(plan);
    }
    CHECK_MSG(stopped > N_WORKS, "%d were stopped", stopped);
    sides_free(&s);
    folder_free(folder);
}

// ---- kills ----

/// The work in a process of its own that is killed after `us`. Returns whether it was. SIGKILL isn't told apart from any
/// other signal by those who are killed by it, so a timer's does.
static bool run_killed(const lnt_plan *plan, int work, int64_t us) {
    int outcome = 0;
    pid_t child = fork();
    if (child == 0) {
        lnt_error err = {0};
        struct itimerval when = {.it_value = {.tv_sec = us / 1000000, .tv_usec = us % 1000000}};
        setitimer(ITIMER_REAL, &when, NULL);
        _exit((int)run_plan(limited(2, limit_of(work)), plan, &err));
    }
    CHECK(waitpid(child, &outcome, 0) == child);
    bool ended = WIFEXITED(outcome) && WEXITSTATUS(outcome) == LNT_OK;
    CHECK_MSG(ended || (WIFSIGNALED(outcome) && WTERMSIG(outcome) == SIGALRM), "%s: outcome %d", work_names[work], outcome);
    return WIFSIGNALED(outcome);
}

TEST(what_is_killed_while_it_spills_leaves_nothing) {
    enum { MOMENTS = 4 };
    const char *folder = folder_new();
    sides s = sides_new(2000, 40000);
    int killed = 0;
    for (int work = 0; work < N_WORKS; work++) {
        lnt_plan *plan = plan_of(&s, work);
        int64_t all_us = time_of(plan, limit_of(work), work_names[work]);
        for (int m = 1; m <= MOMENTS; m++) {
            killed += run_killed(plan, work, all_us * m / (MOMENTS + 1) + 1);
            CHECK_INT(count_entries(folder), 0);
        }
        lnt_plan_unref(plan);
    }
    CHECK_MSG(killed > N_WORKS, "%d were killed", killed);
    sides_free(&s);
    folder_free(folder);
}

TEST(a_file_that_is_being_written_when_its_process_is_killed_has_no_name) {
    enum { AFTER_US = 100000 };
    const char *folder = folder_new();
    int outcome = 0;
    pid_t child = fork();
    if (child == 0) {
        static const char bytes[768];
        struct itimerval when = {.it_value = {.tv_usec = AFTER_US}};
        lnt_error err = {0};
        lnt_spill *spill = NULL;
        int64_t at;
        setitimer(ITIMER_REAL, &when, NULL);
        if (lnt_spill_new(limited(1, MEBI), "sort", &spill, &err) != LNT_OK) _exit(1);
        while (lnt_spill_write(spill, bytes, sizeof bytes, &at, &err) == LNT_OK) lnt_spill_rewind(spill);
        _exit(2);
    }
    CHECK(waitpid(child, &outcome, 0) == child);
    CHECK_MSG(WIFSIGNALED(outcome) && WTERMSIG(outcome) == SIGALRM, "outcome %d", outcome);
    CHECK_INT(count_entries(folder), 0);
    folder_free(folder);
}

int main(int argc, char **argv) {
    ample = plans_engine(2);
    int status = check_main(argc, argv);
    lnt_engine_free(ample);
    return status;
}
