/// @file test_limit.c
/// The memory limit holds: whatever a query does with files several times larger, the process takes at most a tenth more
/// than the limit beside a fixed part; and where the limit is too small, the error names the verb that was called.
///
/// Every query runs in a process of its own, in which a thread watches how much memory is the process' own. The fixed part is
/// what threads, the allocator and buffers of the sort that no limit governs take.
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/sanitized.h"
#include "lunette/io.h"
#include "plans.h"

enum {
    MEBI = 1 << 20,
    LIMIT = 20 * MEBI,
    FIXED = 4 * MEBI,
    N_ROWS = LNT_SANITIZED ? 40000 : 400000, ///< 36 MB
};

static char folder[] = "/tmp/lunette-test-XXXXXX";

static lnt_engine *engine_of(int n_threads, int64_t limit) {
    lnt_engine *engine = NULL;
    lnt_error err = {0};
    lnt_engine_options options = {.n_threads = n_threads, .memory_limit_bytes = limit};
    CHECK_OK(lnt_engine_new(&options, &engine, &err), &err);
    return engine;
}

// ---- the files ----

static const char *path_of(const char *name) {
    static char path[64];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void make_csv(void) {
    FILE *file = fopen(path_of("rows.csv"), "w");
    uint64_t seed = 7;
    CHECK(file != NULL);
    fprintf(file, "id,t,k,s,u,ip,x\n");
    for (int i = 0; i < N_ROWS; i++) {
        unsigned a = (unsigned)model_random(&seed), b = (unsigned)model_random(&seed);
        fprintf(file, "%u,2024-01-%02u %02u:%02u:%02u,%u,fam%u,https://h%u.example/p/%d,10.%u.%u.%u,%u.%03u\n", a % 10000000,
                a % 28 + 1, b % 24, a % 60, b % 60, b % 1000, a % 5000, b % 1000000000, i, a % 250, b % 250, a % 99, b % 1000,
                a % 1000);
    }
    fclose(file);
}

static lnt_plan *plan_of(lnt_engine *engine, const char *name) {
    lnt_scan *scan = NULL;
    lnt_plan *plan = NULL;
    lnt_error err = {0};
    const char *path = path_of(name);
    lnt_status status = strstr(name, ".csv")    ? lnt_csv_open(engine, path, NULL, &scan, &err)
                        : strstr(name, ".arrow") ? lnt_arrow_open(engine, path, NULL, &scan, &err)
                                                 : lnt_json_open(engine, path, NULL, &scan, &err);
    CHECK_OK(status, &err);
    CHECK_OK(lnt_plan_scan(scan, &plan, &err), &err);
    lnt_scan_unref(scan);
    return plan;
}

static void convert(const char *to, lnt_format format) {
    lnt_engine *engine = engine_of(2, 256 * MEBI);
    lnt_plan *plan = plan_of(engine, "rows.csv");
    lnt_error err = {0};
    char path[64];
    snprintf(path, sizeof path, "%s/%s", folder, to);
    CHECK_OK(lnt_write_file(engine, plan, path, &(lnt_write_options){.format = format}, &err), &err);
    lnt_plan_unref(plan);
    lnt_engine_free(engine);
}

// ---- queries ----

typedef lnt_plan *(*build_fn)(lnt_engine *engine, lnt_plan *plan);

static lnt_plan *as_it_is(lnt_engine *engine, lnt_plan *plan) {
    (void)engine;
    return plan;
}

static lnt_plan *sorted(lnt_engine *engine, lnt_plan *plan) {
    (void)engine;
    const char *keys[] = {"u"};
    PLANS_STEP(plan, lnt_plan_sort(plan, keys, 1, NULL, out, err));
    return plan;
}

static lnt_plan *grouped(lnt_engine *engine, lnt_plan *plan) {
    (void)engine;
    const char *keys[] = {"u"}, *calls[] = {"n = count()", "x = max(x)"};
    PLANS_STEP(plan, lnt_plan_aggregate(plan, keys, 1, calls, 2, NULL, out, err));
    return plan;
}

static lnt_plan *grouped_values(lnt_engine *engine, lnt_plan *plan) {
    (void)engine;
    const char *keys[] = {"s"}, *calls[] = {"m = median(x)", "d = count_distinct(ip)"};
    PLANS_STEP(plan, lnt_plan_aggregate(plan, keys, 1, calls, 2, NULL, out, err));
    return plan;
}

static lnt_plan *joined(lnt_engine *engine, lnt_plan *plan, lnt_join_kind kind) {
    const char *keys[] = {"u"};
    lnt_plan *right = plan_of(engine, "rows.csv");
    PLANS_STEP(plan, lnt_plan_join(plan, right, kind, keys, keys, 1, "_r", out, err));
    lnt_plan_unref(right);
    return plan;
}

static lnt_plan *inner(lnt_engine *engine, lnt_plan *plan) {
    return joined(engine, plan, LNT_JOIN_INNER);
}

static lnt_plan *outer(lnt_engine *engine, lnt_plan *plan) {
    return joined(engine, plan, LNT_JOIN_OUTER);
}

static lnt_plan *asof(lnt_engine *engine, lnt_plan *plan) {
    const char *keys[] = {"k"};
    lnt_plan *right = plan_of(engine, "rows.csv");
    PLANS_STEP(plan, lnt_plan_asof_join(plan, right, LNT_JOIN_LEFT, "t", "t", keys, keys, 1, NULL, "_r", out, err));
    lnt_plan_unref(right);
    return plan;
}

static lnt_plan *ranged(lnt_engine *engine, lnt_plan *plan) {
    lnt_plan *right = plan_of(engine, "rows.csv");
    PLANS_STEP(plan, lnt_plan_range_join(plan, right, LNT_JOIN_SEMI, "id", "id", "k", NULL, "_r", out, err));
    lnt_plan_unref(right);
    return plan;
}

static lnt_plan *distinct_keys(lnt_engine *engine, lnt_plan *plan) {
    (void)engine;
    const char *columns[] = {"u"};
    PLANS_STEP(plan, lnt_plan_select(plan, columns, 1, NULL, out, err));
    PLANS_STEP(plan, lnt_plan_distinct(plan, NULL, 0, out, err));
    return plan;
}

static lnt_plan *distinct_rows(lnt_engine *engine, lnt_plan *plan) {
    (void)engine;
    const char *columns[] = {"u"};
    PLANS_STEP(plan, lnt_plan_distinct(plan, columns, 1, out, err));
    return plan;
}

static lnt_plan *windowed(lnt_engine *engine, lnt_plan *plan) {
    (void)engine;
    const char *by[] = {"s"}, *order[] = {"x"}, *calls[] = {"r = row_number()", "c = cumsum(x)"};
    PLANS_STEP(plan, lnt_plan_window(plan, by, 1, order, 1, calls, 2, NULL, out, err));
    return plan;
}

/// All rows are one partition, which has to fit.
static lnt_plan *in_order(lnt_engine *engine, lnt_plan *plan) {
    (void)engine;
    const char *order[] = {"t"}, *calls[] = {"r = rank()"};
    PLANS_STEP(plan, lnt_plan_window(plan, NULL, 0, order, 1, calls, 1, NULL, out, err));
    return plan;
}

/// A query over a file: what becomes of its rows, and the verb that its error names where the limit doesn't suffice.
typedef struct query {
    const char *what, *file;
    build_fn build;
    bool collects; ///< the result becomes a table, else it is given away in pieces
    const char *refused_by; ///< NULL: it goes through
} query;

static const query queries[] = {
    {"passing CSV on", "rows.csv", as_it_is, false, NULL},
    {"collecting CSV", "rows.csv", as_it_is, true, "collect"},
    {"collecting JSON", "rows.ndjson", as_it_is, true, "collect"},
    {"collecting Arrow", "rows.arrow", as_it_is, true, "collect"},
    {"sort of CSV", "rows.csv", sorted, false, NULL},
    {"sort of JSON", "rows.ndjson", sorted, false, NULL},
    {"sort of Arrow", "rows.arrow", sorted, false, NULL},
    {"group_by", "rows.csv", grouped, false, NULL},
    {"group_by of values", "rows.csv", grouped_values, false, NULL},
    {"inner join", "rows.csv", inner, false, NULL},
    {"outer join", "rows.csv", outer, false, NULL},
    {"asof_join", "rows.csv", asof, false, NULL},
    {"range_join", "rows.csv", ranged, false, NULL},
    {"distinct keys", "rows.csv", distinct_keys, false, NULL},
    {"distinct rows", "rows.csv", distinct_rows, false, NULL},
    {"distinct rows of Arrow", "rows.arrow", distinct_rows, false, NULL},
    {"window", "rows.csv", windowed, false, NULL},
    {"window of Arrow", "rows.arrow", windowed, false, NULL},
    {"window without partitions", "rows.csv", in_order, false, "window"},
};

// ---- watching ----

/// Bytes of memory that are the process' own, not a file's.
static int64_t own_bytes(void) {
    char text[4096];
    int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0) close(fd);
    if (n <= 0) return 0;
    text[n] = 0;
    const char *line = strstr(text, "RssAnon:");
    return line ? strtoll(line + 8, NULL, 10) << 10 : 0;
}

typedef struct watch {
    atomic_bool over;
    _Atomic int64_t peak;
} watch;

static void *keep_watch(void *context) {
    watch *self = context;
    while (!atomic_load(&self->over)) {
        int64_t now = own_bytes();
        if (now > atomic_load(&self->peak)) atomic_store(&self->peak, now);
        usleep(1000);
    }
    return NULL;
}

static lnt_status pass_by(void *context, const lnt_table *rows, lnt_error *err) {
    (void)err;
    *(int64_t *)context += lnt_table_n_rows(rows);
    return LNT_OK;
}

static lnt_status run(const query *q, lnt_engine *engine, lnt_error *err) {
    lnt_plan *plan = q->build(engine, plan_of(engine, q->file));
    lnt_table *table = NULL;
    int64_t n_rows = 0;
    lnt_status status =
        q->collects ? lnt_plan_run(engine, plan, &table, err) : lnt_plan_stream(engine, plan, pass_by, &n_rows, err);
    lnt_table_unref(table);
    lnt_plan_unref(plan);
    return status;
}

/// Runs the query under the limit; the exit status is the number of failed checks.
static int run_watched(const query *q, int n_threads, int64_t limit) {
    int before_failures = check_failures;
    lnt_error err = {0};
    watch own = {0};
    pthread_t watcher;
    int64_t before = own_bytes();
    lnt_memory_return_soon(); // as the program does under small limits
    CHECK(pthread_create(&watcher, NULL, keep_watch, &own) == 0);
    lnt_engine *engine = engine_of(n_threads, limit);
    lnt_status status = run(q, engine, &err);
    atomic_store(&own.over, true);
    pthread_join(watcher, NULL);
    int64_t grown = atomic_load(&own.peak) - before;
    if (LNT_SANITIZED || !q->refused_by)
        CHECK_MSG(status == LNT_OK || (LNT_SANITIZED && status == LNT_LIMIT), "%s: %s", q->what, err.message);
    if (!LNT_SANITIZED && q->refused_by) CHECK_MSG(status == LNT_LIMIT, "%s: status %d", q->what, (int)status);
    if (status == LNT_LIMIT && q->refused_by)
        CHECK_MSG(strncmp(err.message, q->refused_by, strlen(q->refused_by)) == 0, "%s: %s", q->what, err.message);
    if (!LNT_SANITIZED)
        CHECK_MSG(grown <= limit + limit / 10 + FIXED, "%s: %" PRId64 " KiB", q->what, grown >> 10);
    if (getenv("LUNETTE_TEST_SHOW"))
        fprintf(stderr, "%-20s %6" PRId64 " KiB, accounted %6" PRId64 ", spilled %7" PRId64 "  %s\n", q->what, grown >> 10,
                lnt_engine_memory_peak(engine) >> 10, lnt_engine_spilled_bytes(engine) >> 10, err.message);
    CHECK_INT(lnt_engine_memory_used(engine), 0);
    lnt_engine_free(engine);
    return check_failures - before_failures;
}

/// Runs the query in a process of its own.
static void check_watched(const query *q, int n_threads, int64_t limit) {
    int outcome = 0;
    pid_t child = fork();
    if (child == 0) _exit(run_watched(q, n_threads, limit));
    CHECK(waitpid(child, &outcome, 0) == child);
    CHECK_MSG(WIFEXITED(outcome) && WEXITSTATUS(outcome) == 0, "%s on %d threads: outcome %d", q->what, n_threads, outcome);
}

TEST(no_query_takes_more_than_the_limit_and_a_fixed_part) {
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) check_watched(&queries[i], 2, LIMIT);
}

/// More threads have more rows on their way, each of which waits for those before it.
TEST(many_threads_take_no_more_than_the_limit_either) {
    static const char *const chosen[] = {"sort of JSON", "asof_join", "distinct rows of Arrow", "window"};
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++)
        for (size_t k = 0; k < sizeof chosen / sizeof *chosen; k++)
            if (strcmp(queries[i].what, chosen[k]) == 0) check_watched(&queries[i], 6, 32 * MEBI);
}

/// Makes the files in a process of its own, so that no memory of that is left over for the queries.
static void make_files(void) {
    int outcome = 0;
    pid_t child = fork();
    if (child == 0) {
        make_csv();
        convert("rows.ndjson", LNT_FORMAT_NDJSON);
        convert("rows.arrow", LNT_FORMAT_ARROW);
        _exit(check_failures > 0);
    }
    CHECK(waitpid(child, &outcome, 0) == child);
    CHECK_INT(outcome, 0);
}

int main(int argc, char **argv) {
    CHECK(mkdtemp(folder) != NULL);
    setenv("LUNETTE_TMPDIR", folder, 1);
    make_files();
    int status = check_main(argc, argv);
    static const char *const files[] = {"rows.csv", "rows.ndjson", "rows.arrow"};
    for (int i = 0; i < 3; i++) unlink(path_of(files[i]));
    return rmdir(folder) == 0 ? status : 1;
}
