/// @file plans.h
/// What tests of plans share: tables of every type, runs at several numbers of threads, comparison bit by bit.
#ifndef LUNETTE_TESTS_PLANS_H
#define LUNETTE_TESTS_PLANS_H

#include "lunette/plan.h"
#include "model.h"

enum { PLANS_MAX_COLUMNS = 8 };

/// A table and the values that it was made of.
typedef struct sample {
    lnt_table *table;
    model columns[PLANS_MAX_COLUMNS];
    int64_t n_columns, n_rows;
} sample;

static inline lnt_engine *plans_engine(int n_threads) {
    lnt_engine *engine = NULL;
    lnt_error err = {0};
    lnt_engine_options options = {.n_threads = n_threads};
    CHECK_OK(lnt_engine_new(&options, &engine, &err), &err);
    return engine;
}

/// Some floats become NaN, infinite or -0, and so equal in groups where their bits differ.
static inline void plans_odd_floats(model *m) {
    for (int64_t i = 0; m->kind.type == LNT_FLOAT && i < m->n; i++) {
        double f = m->values[i].as.f;
        if ((int64_t)(f * 7 + 0.5) % 13 == 5) m->values[i].as.f = __builtin_nan("");
        if ((int64_t)(f * 7 + 0.5) % 13 == 6) m->values[i].as.f = -0.0;
        if ((int64_t)(f * 7 + 0.5) % 13 == 7) m->values[i].as.f = -f;
    }
}

/// A table of `n_rows` with the given columns.
static inline sample sample_new(lnt_engine *engine, const char *const *names, const model_kind *kinds, int64_t n,
                                int64_t n_rows, uint64_t seed) {
    sample s = {.n_columns = n, .n_rows = n_rows};
    lnt_column *columns[PLANS_MAX_COLUMNS];
    lnt_error err = {0};
    for (int64_t c = 0; c < n; c++) {
        s.columns[c] = model_new(kinds[c], n_rows, seed + (uint64_t)c * 1000);
        plans_odd_floats(&s.columns[c]);
        columns[c] = model_column(engine, &s.columns[c]);
    }
    CHECK_OK(lnt_table_new(names, columns, n, n_rows, &s.table, &err), &err);
    for (int64_t c = 0; c < n; c++) lnt_column_unref(columns[c]);
    return s;
}

static inline void sample_free(sample *s) {
    lnt_table_unref(s->table);
    for (int64_t c = 0; c < s->n_columns; c++) model_free(&s->columns[c]);
}

static inline lnt_plan *sample_plan(const sample *s) {
    lnt_plan *plan = NULL;
    lnt_error err = {0};
    CHECK_OK(lnt_plan_table(s->table, &plan, &err), &err);
    return plan;
}

/// Whether two values are the same to the bit.
static inline bool plans_same_bits(lnt_value a, lnt_value b) {
    if (a.type == LNT_FLOAT && b.type == LNT_FLOAT && !a.is_null && !b.is_null)
        return memcmp(&a.as.f, &b.as.f, sizeof a.as.f) == 0;
    return model_same(a, b);
}

/// Both tables have the same columns and the same values, bit by bit.
static inline bool plans_check_same(const lnt_table *a, const lnt_table *b, const char *what) {
    const lnt_schema *sa = lnt_table_schema(a), *sb = lnt_table_schema(b);
    bool same = lnt_schema_n_columns(sa) == lnt_schema_n_columns(sb) && lnt_table_n_rows(a) == lnt_table_n_rows(b);
    CHECK_MSG(same, "%s: %" PRId64 "x%" PRId64 " and %" PRId64 "x%" PRId64, what, lnt_table_n_rows(a),
              lnt_schema_n_columns(sa), lnt_table_n_rows(b), lnt_schema_n_columns(sb));
    for (int64_t c = 0; same && c < lnt_schema_n_columns(sa); c++) {
        CHECK_STR(lnt_schema_name(sa, c), lnt_schema_name(sb, c));
        CHECK_INT(lnt_schema_type(sa, c), lnt_schema_type(sb, c));
        for (int64_t i = 0; same && i < lnt_table_n_rows(a); i++) {
            same =
                plans_same_bits(lnt_column_get(lnt_table_column(a, c), i), lnt_column_get(lnt_table_column(b, c), i));
            CHECK_MSG(same, "%s: column %s, row %" PRId64, what, lnt_schema_name(sa, c), i);
        }
    }
    return same;
}

/// Runs the plan optimised on 1, 2 and 7 threads and unoptimised on 2; all results must be the same. Returns one, to be
/// unreferenced, or NULL. `engines` are of 1, 2 and 7 threads.
static inline lnt_table *plans_run(lnt_engine *const *engines, const lnt_plan *plan, const char *what) {
    lnt_table *results[4] = {NULL};
    lnt_error err = {0};
    for (int i = 0; i < 4; i++) {
        lnt_status status = i < 3 ? lnt_plan_run(engines[i], plan, &results[i], &err)
                                  : lnt_plan_run_unoptimised(engines[1], plan, &results[i], &err);
        CHECK_MSG(status == LNT_OK, "%s, run %d: %s", what, i, err.message);
    }
    for (int i = 1; i < 4 && results[0] && results[i]; i++) plans_check_same(results[0], results[i], what);
    for (int i = 1; i < 4; i++) lnt_table_unref(results[i]);
    return results[0];
}

/// Replaces `*plan` by what a builder made of it.
#define PLANS_STEP(plan, call)                                                                                         \
    do {                                                                                                               \
        lnt_error step_err_ = {0};                                                                                     \
        lnt_plan *step_out_ = NULL, *step_in_ = (plan);                                                                \
        lnt_error *err = &step_err_;                                                                                   \
        lnt_plan **out = &step_out_;                                                                                   \
        CHECK_OK(call, err);                                                                                           \
        lnt_plan_unref(step_in_);                                                                                      \
        (plan) = step_out_;                                                                                            \
    } while (0)

/// Runs the plan with each allocation (or each `step`th) failing in turn, until it succeeds: every failure must be
/// LNT_NOMEM or LNT_LIMIT.
static inline void plans_check_nomem_every(lnt_engine *engine, const lnt_plan *plan, int64_t step, const char *what) {
    for (int64_t n = 0;; n += step) {
        lnt_table *table = NULL;
        lnt_error err = {0};
        lnt_alloc_fail_after(n);
        lnt_status status = lnt_plan_run(engine, plan, &table, &err);
        lnt_alloc_fail_after(-1);
        lnt_table_unref(table);
        if (status == LNT_OK) return;
        CHECK_MSG(status == LNT_NOMEM && err.code == LNT_NOMEM, "%s, allocation %" PRId64 ": status %d, %s", what, n,
                  (int)status, err.message);
        if (status != LNT_NOMEM) return;
    }
}

static inline void plans_check_nomem(lnt_engine *engine, const lnt_plan *plan, const char *what) {
    plans_check_nomem_every(engine, plan, 1, what);
}

#endif
