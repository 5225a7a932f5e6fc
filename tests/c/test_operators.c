// What holds for every operator: an allocation that fails and a memory limit are errors that lose nothing, and the next run
// is as good as any.
#include "operators.h"

static lnt_engine *engine;

/// Builds the operator's plan and runs it.
static lnt_status run(lnt_engine *with, int index, const sample *rows, const sample *few, lnt_table **out, lnt_error *err) {
    lnt_plan *all = NULL, *other = NULL, *plan = NULL;
    lnt_status status = lnt_plan_table(rows->table, &all, err);
    if (status == LNT_OK) status = lnt_plan_table(few->table, &other, err);
    if (status == LNT_OK) status = operators_plan(with, index, all, other, &plan, err);
    if (status == LNT_OK) status = lnt_plan_run(with, plan, out, err);
    lnt_plan_unref(plan);
    lnt_plan_unref(other);
    lnt_plan_unref(all);
    return status;
}

/// Lets allocation n = from, from + step … fail until none does; every failure is "no memory" and leaves nothing behind.
static void check_failing(int index, const sample *rows, const sample *few, const lnt_table *whole, int64_t from,
                          int64_t step) {
    int64_t used = lnt_engine_memory_used(engine);
    for (int64_t n = from;; n += step) {
        lnt_table *table = NULL;
        lnt_error err = {0};
        lnt_alloc_fail_after(n);
        lnt_status status = run(engine, index, rows, few, &table, &err);
        lnt_alloc_fail_after(-1);
        if (status == LNT_OK) {
            plans_check_same(table, whole, operator_names[index]);
            lnt_table_unref(table);
            return;
        }
        CHECK_MSG(status == LNT_NOMEM && err.code == LNT_NOMEM && !table, "%s, allocation %" PRId64 ": status %d, %s",
                  operator_names[index], n, (int)status, err.message);
        CHECK_INT(lnt_engine_memory_used(engine), used);
        if (check_failures) return;
    }
}

static void check_every_allocation(int64_t n_rows, int64_t step) {
    sample rows = operators_rows(engine, n_rows), few = operators_few(engine, n_rows);
    for (int index = 0; index < N_OPERATORS && !check_failures; index++) {
        lnt_table *whole = NULL;
        lnt_error err = {0};
        CHECK_OK(run(engine, index, &rows, &few, &whole, &err), &err);
        check_failing(index, &rows, &few, whole, index % step, step);
        lnt_table_unref(whole);
    }
    sample_free(&rows);
    sample_free(&few);
}

TEST(every_allocation_of_every_operator_may_fail) {
    check_every_allocation(130, 1);
}

TEST(allocations_between_threads_may_fail) {
    check_every_allocation(20000, 17);
}

/// With less and less memory the result is the same or there is an error that says who asked for too much; what was taken
/// stays within a tenth of the limit.
static void check_limited(int index, const sample *rows, const sample *few, const lnt_table *whole, int64_t limit) {
    lnt_engine_options options = {.n_threads = 2, .memory_limit_bytes = limit};
    lnt_engine *limited = NULL;
    lnt_table *table = NULL;
    lnt_error err = {0};
    CHECK_OK(lnt_engine_new(&options, &limited, &err), &err);
    lnt_status status = run(limited, index, rows, few, &table, &err);
    if (status == LNT_OK)
        plans_check_same(table, whole, operator_names[index]);
    else
        CHECK_MSG(status == LNT_LIMIT && strstr(err.message, "memory"), "%s at %" PRId64 ": %s", operator_names[index], limit,
                  err.message);
    CHECK_MSG(lnt_engine_memory_peak(limited) <= limit + limit / 10, "%s: %" PRId64 " of %" PRId64 " bytes",
              operator_names[index], lnt_engine_memory_peak(limited), limit);
    lnt_table_unref(table);
    CHECK_INT(lnt_engine_memory_used(limited), 0);
    lnt_engine_free(limited);
}

TEST(a_memory_limit_holds_for_every_operator) {
    sample rows = operators_rows(engine, 40000), few = operators_few(engine, 40000);
    for (int index = 0; index < N_OPERATORS && !check_failures; index++) {
        lnt_table *whole = NULL;
        lnt_error err = {0};
        CHECK_OK(run(engine, index, &rows, &few, &whole, &err), &err);
        for (int64_t limit = 64 << 20; limit >= 1 << 16 && !check_failures; limit /= 2)
            check_limited(index, &rows, &few, whole, limit);
        lnt_table_unref(whole);
    }
    sample_free(&rows);
    sample_free(&few);
}

int main(int argc, char **argv) {
    engine = plans_engine(2);
    int status = check_main(argc, argv);
    CHECK_INT(lnt_engine_memory_used(engine), 0);
    lnt_engine_free(engine);
    return status || check_failures ? 1 : 0;
}
