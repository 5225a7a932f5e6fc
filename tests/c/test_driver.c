/// @file test_driver.c
/// The driver of pipelines: order, errors, early ends, bounded memory, cancelling. Over a scan made for the test, whose
/// morsels are small and take uneven times.
#include <stdatomic.h>
#include <time.h>

#include "base/engine.h"
#include "column/scan.h"
#include "exec/stream.h"
#include "plans.h"

static lnt_engine *engines[3];

/// Column `x` counts from 0; morsel m has m % 5 batches of 3 rows.
typedef struct uneven_scan {
    lnt_scan head;
    int64_t n_morsels;
    int64_t fail_at, fail_claim_at; ///< morsels whose reading or claiming fails, -1: none
    int64_t cancel_at;              ///< a morsel that cancels the engine, -1: none
    int64_t slow_at;                ///< a morsel that takes long to begin, -1: none
    _Atomic int64_t claimed, read, most_ahead, merged;
    _Atomic int opened, finished, unfinished;
} uneven_scan;

struct lnt_scan_run {
    uneven_scan *scan;
    lnt_engine *engine;
    _Atomic int64_t next;
    const lnt_row_filter *filter;
    int64_t n_columns;
};

static int64_t rows_before(int64_t morsel) {
    int64_t n = 0;
    for (int64_t m = 0; m < morsel; m++) n += m % 5 * 3;
    return n;
}

static lnt_status uneven_open(lnt_scan *scan, lnt_engine *engine, const lnt_scan_request *request, lnt_scan_run **out,
                              lnt_error *err) {
    lnt_scan_run *run = lnt_alloc_array(1, sizeof *run, err);
    if (!run) return LNT_NOMEM;
    *run = (lnt_scan_run){
        .scan = (uneven_scan *)scan, .engine = engine, .filter = request->filter, .n_columns = request->n_columns};
    run->scan->opened++;
    *out = run;
    return LNT_OK;
}

static lnt_status uneven_claim(lnt_scan_run *run, int worker, int64_t *morsel, lnt_error *err) {
    (void)worker;
    int64_t m = atomic_fetch_add(&run->next, 1);
    *morsel = m < run->scan->n_morsels ? m : -1;
    if (m == run->scan->fail_claim_at) return lnt_error_set(err, LNT_IO, "claim %" PRId64, m);
    if (*morsel >= 0) run->scan->claimed++;
    return LNT_OK;
}

static lnt_status uneven_read(lnt_scan_run *run, int worker, int64_t morsel, lnt_emit_fn emit, void *context,
                              lnt_error *err) {
    uneven_scan *scan = run->scan;
    int64_t x[3], first = rows_before(morsel);
    nanosleep(&(struct timespec){.tv_nsec = (morsel * 7919 % 13) * 20000}, NULL);
    if (morsel == scan->slow_at) nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    if (morsel == scan->cancel_at) lnt_engine_cancel(run->engine);
    for (int64_t b = 0; b < morsel % 5; b++) {
        uint32_t sel[LNT_BATCH_ROWS];
        for (int k = 0; k < 3; k++) x[k] = first + b * 3 + k;
        lnt_vec vec = {.type = LNT_INT, .form = LNT_FORM_FLAT, .data = x};
        lnt_batch batch = {.n_rows = 3, .first_row = x[0], .n_sel = 3, .n_columns = run->n_columns, .columns = &vec};
        if (run->filter) {
            LNT_TRY(run->filter->keep(run->filter->context, worker, &batch, sel, &batch.n_sel, err));
            batch.sel = sel;
        }
        LNT_TRY(emit(context, &batch, err));
    }
    if (scan->fail_at >= 0 && morsel >= scan->fail_at && morsel % 3 == scan->fail_at % 3)
        return lnt_error_set(err, LNT_IO, "morsel %" PRId64, morsel);
    scan->read++;
    return LNT_OK;
}

static void uneven_progress(const lnt_scan_run *run, int64_t *done, int64_t *total) {
    *done = run->scan->read;
    *total = run->scan->n_morsels;
}
static void uneven_close(lnt_scan_run *run, bool finished) {
    run->scan->finished += finished;
    run->scan->unfinished += !finished;
    lnt_free(run);
}
static void uneven_describe(const lnt_scan *scan, lnt_text *text) {
    (void)scan;
    lnt_text_add(text, "uneven", -1);
}
/// One reject, of the line that is the scan's number of morsels.
static lnt_status uneven_rejects(lnt_scan *scan, lnt_engine *engine, lnt_table **out, lnt_error *err) {
    static const char *const names[] = {"source", "line", "column", "reason", "text"};
    lnt_str text = {"uneven", 6};
    lnt_column *columns[5] = {NULL};
    lnt_status status = LNT_OK;
    for (int c = 0; status == LNT_OK && c < 5; c++) {
        lnt_value value = {.type = c == 1 ? LNT_INT : LNT_STRING, .is_null = c == 2};
        if (c == 1)
            value.as.i = ((uneven_scan *)scan)->n_morsels;
        else
            value.as.s = text;
        status = lnt_column_constant(engine, value.type, value, 1, &columns[c], err);
    }
    if (status == LNT_OK) status = lnt_table_new(names, columns, 5, 1, out, err);
    for (int c = 0; c < 5; c++) lnt_column_unref(columns[c]);
    return status;
}

static void uneven_free(lnt_scan *scan) {
    lnt_schema_unref(scan->schema);
    lnt_free(scan);
}

static const lnt_scan_class uneven_class = {.name = "uneven",
                                            .open = uneven_open,
                                            .claim = uneven_claim,
                                            .read = uneven_read,
                                            .progress = uneven_progress,
                                            .close = uneven_close,
                                            .rejects = uneven_rejects,
                                            .describe = uneven_describe,
                                            .free = uneven_free};

static uneven_scan *uneven_new(int64_t n_morsels, lnt_plan **plan) {
    lnt_error err = {0};
    uneven_scan *scan = lnt_alloc_array(1, sizeof *scan, &err);
    const char *name = "x";
    lnt_type type = LNT_INT;
    scan->head.class_ = &uneven_class;
    scan->head.refs = 1;
    scan->n_morsels = n_morsels;
    scan->fail_at = scan->fail_claim_at = scan->cancel_at = scan->slow_at = -1;
    CHECK_OK(lnt_schema_new(&name, &type, 1, &scan->head.schema, &err), &err);
    CHECK_OK(lnt_plan_scan(&scan->head, plan, &err), &err);
    return scan;
}

static void uneven_done(uneven_scan *scan, lnt_plan *plan) {
    lnt_plan_unref(plan);
    lnt_scan_unref(&scan->head);
}

TEST(rows_come_in_order_however_morsels_interleave) {
    for (int e = 0; e < 3; e++) {
        lnt_plan *plan = NULL;
        uneven_scan *scan = uneven_new(200, &plan);
        lnt_table *table = NULL;
        lnt_error err = {0};
        CHECK_OK(lnt_plan_run(engines[e], plan, &table, &err), &err);
        CHECK_INT(lnt_table_n_rows(table), rows_before(200));
        for (int64_t i = 0; i < lnt_table_n_rows(table); i++)
            CHECK_INT(lnt_column_get(lnt_table_column(table, 0), i).as.i, i);
        CHECK_INT(scan->read, 200);
        CHECK_INT(scan->finished, 1);
        lnt_table_unref(table);
        uneven_done(scan, plan);
    }
}

TEST(the_error_of_the_lowest_morsel_is_the_one_reported) {
    for (int e = 0; e < 3; e++)
        for (int64_t at = 1; at < 40; at += 6) {
            lnt_plan *plan = NULL;
            uneven_scan *scan = uneven_new(100, &plan);
            scan->fail_at = at;
            lnt_table *table = NULL;
            lnt_error err = {0};
            char expected[32];
            snprintf(expected, sizeof expected, "morsel %" PRId64, at);
            CHECK_INT(lnt_plan_run(engines[e], plan, &table, &err), LNT_IO);
            CHECK_STR(err.message, expected);
            CHECK(table == NULL && scan->unfinished == 1 && scan->claimed < 100);
            uneven_done(scan, plan);
        }
}

TEST(a_claim_that_fails_is_reported_after_what_was_claimed) {
    for (int e = 0; e < 3; e++) {
        lnt_plan *plan = NULL;
        uneven_scan *scan = uneven_new(100, &plan);
        scan->fail_claim_at = 30;
        lnt_table *table = NULL;
        lnt_error err = {0};
        CHECK_INT(lnt_plan_run(engines[e], plan, &table, &err), LNT_IO);
        CHECK_STR(err.message, "claim 30");
        err = (lnt_error){0};
        scan->fail_at = 20;
        CHECK_INT(lnt_plan_run(engines[e], plan, &table, &err), LNT_IO);
        CHECK_STR(err.message, "morsel 20");
        uneven_done(scan, plan);
    }
}

TEST(a_head_stops_reading_and_later_errors_do_not_matter) {
    for (int e = 0; e < 3; e++)
        for (int64_t n = 1; n < 60; n += 7) {
            lnt_plan *plan = NULL;
            uneven_scan *scan = uneven_new(5000, &plan);
            scan->fail_at = 40;
            lnt_table *table = NULL;
            lnt_error failure = {0};
            PLANS_STEP(plan, lnt_plan_slice(plan, 0, n, out, err));
            CHECK_OK(lnt_plan_run(engines[e], plan, &table, &failure), &failure);
            CHECK_INT(lnt_table_n_rows(table), n);
            CHECK_INT(lnt_column_get(lnt_table_column(table, 0), n - 1).as.i, n - 1);
            CHECK_MSG(scan->claimed < 200, "%" PRId64 " morsels for %" PRId64 " rows", (int64_t)scan->claimed, n);
            CHECK_INT(scan->finished, 0);
            lnt_table_unref(table);
            uneven_done(scan, plan);
        }
}

TEST(a_cancelled_run_ends_and_the_engine_runs_again) {
    for (int e = 0; e < 3; e++) {
        lnt_plan *plan = NULL;
        uneven_scan *scan = uneven_new(300, &plan);
        scan->cancel_at = 50;
        lnt_table *table = NULL;
        lnt_error err = {0};
        CHECK_INT(lnt_plan_run(engines[e], plan, &table, &err), LNT_CANCELLED);
        CHECK(scan->claimed < 300);
        lnt_engine_resume(engines[e]);
        scan->cancel_at = -1;
        err = (lnt_error){0};
        CHECK_OK(lnt_plan_run(engines[e], plan, &table, &err), &err);
        lnt_table_unref(table);
        uneven_done(scan, plan);
    }
}

/// What lnt_plan_stream gives, in order; fails at row `fail_at`.
typedef struct receiver {
    int64_t next, fail_at, most_ahead;
    uneven_scan *scan;
} receiver;

static lnt_status receive(void *context, const lnt_table *rows, lnt_error *err) {
    receiver *to = context;
    for (int64_t i = 0; i < lnt_table_n_rows(rows); i++)
        CHECK_INT(lnt_column_get(lnt_table_column(rows, 0), i).as.i, to->next++);
    int64_t morsel = 0;
    while (rows_before(morsel) < to->next) morsel++;
    int64_t ahead = to->scan->claimed - morsel;
    if (ahead > to->most_ahead) to->most_ahead = ahead;
    nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
    if (to->fail_at >= 0 && to->next > to->fail_at) return lnt_error_set(err, LNT_VALUE, "enough of it");
    return LNT_OK;
}

TEST(a_stream_gives_rows_in_order_and_does_not_run_ahead_of_its_taker) {
    for (int e = 0; e < 3; e++) {
        lnt_plan *plan = NULL;
        receiver to = {.fail_at = -1, .scan = uneven_new(300, &plan)};
        lnt_error err = {0};
        CHECK_OK(lnt_plan_stream(engines[e], plan, receive, &to, &err), &err);
        CHECK_INT(to.next, rows_before(300));
        CHECK_MSG(to.most_ahead <= 4 * lnt_engine_n_threads(engines[e]) + 1, "%" PRId64 " morsels ahead",
                  to.most_ahead);
        to.next = 0;
        to.fail_at = 100;
        CHECK_INT(lnt_plan_stream(engines[e], plan, receive, &to, &err), LNT_VALUE);
        CHECK_STR(err.message, "enough of it");
        uneven_done(to.scan, plan);
    }
}

TEST(conditions_are_given_to_the_scan_and_concat_numbers_its_inputs_through) {
    for (int e = 0; e < 3; e++) {
        lnt_plan *a = NULL, *b = NULL, *c = NULL;
        uneven_scan *one = uneven_new(40, &a), *two = uneven_new(30, &b);
        lnt_error failure = {0};
        PLANS_STEP(a, lnt_plan_filter(a, "x % 2 == 0", NULL, out, err));
        const lnt_plan *both[] = {a, b, a};
        CHECK_OK(lnt_plan_concat(both, 3, &c, &failure), &failure);
        lnt_table *table = NULL;
        CHECK_OK(lnt_plan_run(engines[e], c, &table, &failure), &failure);
        int64_t evens = (rows_before(40) + 1) / 2, n = 2 * evens + rows_before(30);
        CHECK_INT(lnt_table_n_rows(table), n);
        for (int64_t i = 0; i < lnt_table_n_rows(table); i++) {
            int64_t want = i < evens                     ? 2 * i
                           : i < evens + rows_before(30) ? i - evens
                                                         : 2 * (i - evens - rows_before(30));
            CHECK_INT(lnt_column_get(lnt_table_column(table, 0), i).as.i, want);
        }
        lnt_table_unref(table);
        lnt_plan_unref(c);
        uneven_done(one, a);
        uneven_done(two, b);
    }
}

TEST(rejects_come_from_every_input_once_and_a_table_has_none) {
    lnt_plan *a = NULL, *b = NULL, *c = NULL;
    uneven_scan *one = uneven_new(40, &a), *two = uneven_new(30, &b);
    lnt_error failure = {0};
    const lnt_plan *both[] = {a, b, a};
    CHECK_OK(lnt_plan_concat(both, 3, &c, &failure), &failure);
    PLANS_STEP(c, lnt_plan_filter(c, "x > 1", NULL, out, err));
    lnt_table *rejects = NULL, *table = NULL, *none = NULL;
    CHECK_OK(lnt_plan_rejects(engines[1], c, &rejects, &failure), &failure);
    CHECK_INT(lnt_table_n_rows(rejects), 2);
    CHECK_INT(lnt_column_get(lnt_table_column(rejects, 1), 0).as.i, 40);
    CHECK_INT(lnt_column_get(lnt_table_column(rejects, 1), 1).as.i, 30);
    lnt_plan *in_memory = NULL;
    CHECK_OK(lnt_plan_run(engines[1], b, &table, &failure), &failure);
    CHECK_OK(lnt_plan_table(table, &in_memory, &failure), &failure);
    CHECK_OK(lnt_plan_rejects(engines[1], in_memory, &none, &failure), &failure);
    CHECK_INT(lnt_table_n_rows(none), 0);
    CHECK_INT(lnt_table_n_columns(none), 5);
    lnt_table_unref(rejects);
    lnt_table_unref(table);
    lnt_table_unref(none);
    lnt_plan_unref(in_memory);
    lnt_plan_unref(c);
    uneven_done(one, a);
    uneven_done(two, b);
}

/// Takes 4 MiB for each batch of a morsel until that is merged.
typedef struct greedy_sink {
    lnt_sink head;
    lnt_budget *budget;
    int64_t n_rows;
} greedy_sink;

typedef struct greedy_partial {
    int64_t bytes, n_rows;
} greedy_partial;

enum { GREEDY_MEBI = 1 << 20 };

static lnt_status greedy_begin(lnt_sink *sink, int worker, void **partial, lnt_error *err) {
    (void)sink, (void)worker;
    *partial = lnt_alloc_array(1, sizeof(greedy_partial), err);
    return *partial ? LNT_OK : LNT_NOMEM;
}

static lnt_status greedy_consume(lnt_sink *sink, int worker, void *partial, const lnt_batch *batch, bool *full,
                                 lnt_error *err) {
    (void)worker, (void)full;
    greedy_partial *own = partial;
    LNT_TRY(lnt_budget_take(((greedy_sink *)sink)->budget, 4 * GREEDY_MEBI, "greedy", err));
    own->bytes += 4 * GREEDY_MEBI;
    own->n_rows += batch->n_sel;
    return LNT_OK;
}

static void greedy_discard(lnt_sink *sink, void *partial) {
    lnt_budget_give(((greedy_sink *)sink)->budget, ((greedy_partial *)partial)->bytes);
    lnt_free(partial);
}

static lnt_status greedy_merge(lnt_sink *sink, void *partial, bool *enough, lnt_error *err) {
    (void)enough, (void)err;
    ((greedy_sink *)sink)->n_rows += ((greedy_partial *)partial)->n_rows;
    greedy_discard(sink, partial);
    return LNT_OK;
}

static const lnt_sink_class greedy_class = {.what = "greedy",
                                            .begin = greedy_begin,
                                            .consume = greedy_consume,
                                            .merge = greedy_merge,
                                            .discard = greedy_discard};

/// Morsel 4 takes its 16 MiB when all that may go before it lies finished behind it.
TEST(what_waits_behind_a_slow_morsel_leaves_it_its_memory) {
    for (int n_threads = 2; n_threads <= 3; n_threads++) {
        lnt_engine *engine = NULL;
        lnt_error err = {0};
        lnt_engine_options options = {.n_threads = n_threads, .memory_limit_bytes = 64 * GREEDY_MEBI};
        CHECK_OK(lnt_engine_new(&options, &engine, &err), &err);
        lnt_plan *plan = NULL;
        uneven_scan *scan = uneven_new(60, &plan);
        scan->slow_at = 4;
        lnt_stream *stream = NULL;
        greedy_sink sink = {.head = {&greedy_class}, .budget = lnt_engine_budget(engine)};
        bool finished = false;
        CHECK_OK(lnt__stream_open(engine, plan, &stream, &err), &err);
        CHECK_OK(lnt__drain(stream, &sink.head, &finished, &err), &err);
        lnt__stream_close(stream, finished);
        CHECK(finished);
        CHECK_INT(sink.n_rows, rows_before(60));
        CHECK_INT(lnt_engine_memory_used(engine), 0);
        uneven_done(scan, plan);
        lnt_engine_free(engine);
    }
}

static _Atomic int n_told;
static void told(void *context, const char *what, int64_t done, int64_t total) {
    (void)context;
    CHECK(what && done >= 0 && total == 200);
    n_told++;
}

TEST(progress_is_told) {
    for (int e = 0; e < 3; e++) {
        lnt_plan *plan = NULL;
        uneven_scan *scan = uneven_new(200, &plan);
        lnt_table *table = NULL;
        lnt_error err = {0};
        n_told = 0;
        lnt_engine_set_progress(engines[e], told, NULL);
        CHECK_OK(lnt_plan_run(engines[e], plan, &table, &err), &err);
        lnt_engine_set_progress(engines[e], NULL, NULL);
        CHECK(n_told > 0);
        lnt_table_unref(table);
        uneven_done(scan, plan);
    }
}

int main(int argc, char **argv) {
    for (int i = 0; i < 3; i++) engines[i] = plans_engine(i == 0 ? 1 : i == 1 ? 2 : 7);
    int status = check_main(argc, argv);
    for (int i = 0; i < 3; i++) lnt_engine_free(engines[i]);
    return status;
}
