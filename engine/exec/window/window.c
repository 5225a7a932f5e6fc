/// @file window.c
/// window: all rows are collected, numbered by partition, put in order within it, and each function walks through them.
/// The results stand in the rows' own places, so the rows keep their order. Functions run side by side, one a worker.
/// Where rows by partitions don't fit, all that happens piece by piece (window_pieces.c).
#include "exec/window/window.h"

#include "base/parallel.h"
#include "exec/aggregate/groups.h"
#include "exec/owner.h"
#include "exec/sort/sort.h"
#include "exec/spill/regroup.h"

static const char who[] = "window";

enum { LNT_WINDOW_CHECK_ROWS = 65536 }; ///< between two questions whether the engine was stopped

/// Memory for numbering partitions.
typedef struct lnt_numbering {
    lnt_key_layout layout;
    lnt_groups groups;
    lnt_key_scratch keys;
    lnt_arena scratch;
    lnt_vec *vectors;
    lnt_room numbers; ///< uint32_t by row
} lnt_numbering;

static void numbering_clear(lnt_numbering *numbering) {
    lnt__groups_clear(&numbering->groups);
    lnt__key_scratch_clear(&numbering->keys);
    lnt__key_layout_clear(&numbering->layout);
    lnt_arena_clear(&numbering->scratch);
    lnt_free(numbering->vectors);
    lnt__room_clear(&numbering->numbers);
}

static lnt_status numbering_init(lnt_numbering *numbering, const lnt_partitions *p, lnt_error *err) {
    const lnt_plan *plan = p->plan;
    lnt_budget *budget = lnt_engine_budget(p->engine);
    *numbering = (lnt_numbering){0};
    lnt_arena_init(&numbering->scratch, budget, who);
    LNT_TRY(lnt__key_layout_of_schema(&numbering->layout, plan->schema, plan->keys, plan->n_keys, err));
    LNT_TRY(lnt__key_scratch_init(&numbering->keys, &numbering->layout, err));
    LNT_TRY(lnt__groups_init(&numbering->groups, &numbering->layout, budget, who, err));
    lnt__groups_may_adopt(&numbering->groups);
    LNT_TRY(lnt__room_grow(&numbering->numbers, budget, lnt_table_n_rows(p->table), sizeof(uint32_t), who, err));
    numbering->vectors = lnt_alloc_array(plan->n_keys, sizeof *numbering->vectors, err);
    return numbering->vectors ? LNT_OK : LNT_NOMEM;
}

static lnt_status number_rows(lnt_numbering *numbering, const lnt_partitions *p, lnt_error *err) {
    int64_t n_rows = lnt_table_n_rows(p->table);
    uint32_t *numbers = lnt__room_data(&numbering->numbers);
    for (int64_t at = 0; at < n_rows; at += LNT_BATCH_ROWS) {
        int64_t n = n_rows - at < LNT_BATCH_ROWS ? n_rows - at : LNT_BATCH_ROWS;
        LNT_TRY(lnt_engine_check(p->engine, err));
        lnt_arena_reset(&numbering->scratch);
        for (int64_t k = 0; k < p->plan->n_keys; k++)
            LNT_TRY(lnt_vec_from_column(lnt_table_column(p->table, p->plan->keys[k]), at, n, &numbering->scratch,
                                        &numbering->vectors[k], err));
        LNT_TRY(lnt__groups_add(&numbering->groups, &numbering->keys, numbering->vectors, NULL, n, numbers + at, err));
    }
    return LNT_OK;
}

/// All rows in the order of the window, whatever their partition.
static lnt_status order_rows(const lnt_partitions *p, lnt_room *rows, lnt_error *err) {
    int64_t n_rows = lnt_table_n_rows(p->table), n = p->plan->n_exprs;
    if (n == 0) {
        LNT_TRY(lnt__room_grow(rows, lnt_engine_budget(p->engine), n_rows, sizeof(int64_t), who, err));
        for (int64_t i = 0; i < n_rows; i++) ((int64_t *)lnt__room_data(rows))[i] = i;
        return LNT_OK;
    }
    const lnt_column **columns = lnt_alloc_array(n, sizeof *columns, err);
    if (!columns) return LNT_NOMEM;
    for (int64_t i = 0; i < n; i++) columns[i] = lnt_table_column(p->table, lnt__bound_as_column(p->plan->exprs[i]));
    lnt_status status = lnt__sort_rows(p->engine, columns, p->plan->descending, n, n_rows, rows, err);
    lnt_free(columns);
    return lnt__error_owner(status, "sort", who, err);
}

/// Divides the ordered rows by partition, which keeps their order.
static lnt_status divide(lnt_partitions *p, const uint32_t *numbers, const lnt_room *ordered, lnt_error *err) {
    int64_t n_rows = lnt_table_n_rows(p->table);
    lnt_budget *budget = lnt_engine_budget(p->engine);
    LNT_TRY(lnt__room_grow(&p->rows, budget, n_rows, sizeof(int64_t), who, err));
    LNT_TRY(lnt__room_grow(&p->starts, budget, p->n + 2, sizeof(int64_t), who, err));
    int64_t *next = (int64_t *)lnt__room_data(&p->starts) + 1, *rows = lnt__room_data(&p->rows);
    const int64_t *from = lnt__room_data(ordered);
    for (int64_t i = 0; i < n_rows; i++) next[(int64_t)numbers[i] + 1]++;
    for (int64_t g = 1; g <= p->n; g++) next[g] += next[g - 1];
    for (int64_t i = 0; i < n_rows; i++) { // from here to there and back again: 10^7 rows take a second
        if ((i & (LNT_WINDOW_CHECK_ROWS - 1)) == 0) LNT_TRY(lnt_engine_check(p->engine, err));
        rows[next[numbers[from[i]]]++] = from[i];
    }
    return LNT_OK; // next[g] is the end of g now, so starts[g] is its beginning
}

static lnt_status partition(lnt_partitions *p, lnt_error *err) {
    lnt_room ordered = {0};
    lnt_numbering numbering = {0};
    lnt_status status = order_rows(p, &ordered, err);
    if (status == LNT_OK && p->plan->n_keys == 0) {
        p->n = 1;
        p->rows = ordered;
        LNT_TRY(lnt__room_grow(&p->starts, lnt_engine_budget(p->engine), 2, sizeof(int64_t), who, err));
        ((int64_t *)lnt__room_data(&p->starts))[1] = lnt_table_n_rows(p->table);
        return LNT_OK;
    }
    if (status == LNT_OK) status = numbering_init(&numbering, p, err);
    if (status == LNT_OK) status = number_rows(&numbering, p, err);
    if (status == LNT_OK) {
        p->n = lnt__groups_n(&numbering.groups);
        status = divide(p, lnt__room_data(&numbering.numbers), &ordered, err);
    }
    numbering_clear(&numbering);
    lnt__room_clear(&ordered);
    return status;
}

/// The columns in the making.
typedef struct lnt_window_work {
    lnt_partitions partitions;
    lnt_column **columns; ///< of the result
    int64_t n_input;
} lnt_window_work;

static lnt_status compute(void *context, int64_t item, int worker, lnt_error *err) {
    (void)worker;
    lnt_window_work *work = context;
    return lnt__window_column(&work->partitions, &work->partitions.plan->windows[item],
                              &work->columns[work->n_input + item], err);
}

static lnt_status window_table(lnt_engine *engine, const lnt_plan *plan, const lnt_table *table, lnt_window_numbers numbers,
                               lnt_table **out, lnt_error *err) {
    int64_t n = lnt_schema_n_columns(plan->schema);
    lnt_window_work work = {.partitions = {.engine = engine, .plan = plan, .table = table, .numbers = numbers}};
    work.n_input = n - plan->n_windows;
    work.columns = lnt_alloc_array(n, sizeof *work.columns, err);
    lnt_status status = work.columns ? partition(&work.partitions, err) : LNT_NOMEM;
    if (status == LNT_OK) status = lnt__parallel(engine, plan->n_windows, compute, &work, err);
    lnt__room_clear(&work.partitions.rows);
    lnt__room_clear(&work.partitions.starts);
    if (status == LNT_OK) {
        for (int64_t c = 0; c < work.n_input; c++) work.columns[c] = lnt_column_ref(lnt_table_column(table, c));
        status = lnt__table_of(plan->schema, work.columns, lnt_table_n_rows(table), out, err);
    } else {
        for (int64_t c = 0; work.columns && c < n; c++) lnt_column_unref(work.columns[c]);
    }
    lnt_free(work.columns);
    return status;
}

lnt_status lnt__window_over(lnt_engine *engine, const lnt_plan *plan, const lnt_table *table, lnt_window_numbers numbers,
                            lnt_table **out, lnt_error *err) {
    *out = NULL;
    LNT_TRY(lnt__window_first(engine, plan, table, out, err));
    if (!*out) LNT_TRY(lnt__window_running(engine, plan, table, numbers, out, err));
    return *out ? LNT_OK : window_table(engine, plan, table, numbers, out, err);
}

int64_t lnt__window_row_bytes(const lnt_plan *plan) {
    enum { ORDER = 70, KEY = 24, CALL = 42 }; // numbers and pairs; codes; a result, frames, and the column made of it
    return ORDER + KEY * plan->n_exprs + CALL * plan->n_windows;
}

// ---- collecting ----

/// Whether a table's rows can stay where they are: also without partitions, which is one that has to fit.
static bool stays(const lnt_plan *plan, const lnt_stream *input, const lnt_table *table) {
    return plan->n_keys == 0 ||
           lnt_table_n_rows(table) * lnt__window_row_bytes(plan) < lnt_engine_memory_left(input->engine);
}

/// The rows of `input`, which it closes: `*table` if they fit, else `runs` in the spiller's file.
static lnt_status collect(const lnt_plan *plan, lnt_stream *input, lnt_spiller *spiller, lnt_table **table, lnt_runs *runs,
                          lnt_error *err) {
    bool limited = spiller->available != INT64_MAX, finished = false;
    if (!limited || plan->n_keys == 0 || (input->table && stays(plan, input, input->table)))
        return lnt__collect(input, who, table, err);
    lnt_status status = input->gather ? input->gather(input, table, err) : LNT_OK;
    if (status == LNT_OK && !*table) {
        lnt_plan as_they_stand = {.n_exprs = 0};
        lnt_sort_spec spec = {&as_they_stand, input->schema, NULL, lnt__window_row_bytes(plan)};
        status = lnt__sort_drain(&spec, input, spiller, &finished, table, runs, err);
    } else if (status == LNT_OK && !stays(plan, input, *table)) {
        status = lnt__regroup_put(spiller, *table, runs, err);
        lnt_table_unref(*table);
        *table = NULL;
    }
    lnt__stream_close(input, finished);
    return status;
}

lnt_status lnt__open_window(const lnt_plan *plan, lnt_stream *input, lnt_stream **out, lnt_error *err) {
    lnt_engine *engine = input->engine;
    lnt_table *table = NULL, *made = NULL;
    lnt_runs runs = {0};
    lnt_spiller spiller;
    lnt__spiller_init(&spiller, engine, who);
    lnt_status status = collect(plan, input, &spiller, &table, &runs, err);
    if (status == LNT_OK && !table) status = lnt__window_pieces(plan, &spiller, &runs, out, err);
    if (status == LNT_OK && table) status = lnt__window_over(engine, plan, table, (lnt_window_numbers){0}, &made, err);
    lnt_table_unref(table);
    if (status == LNT_OK && made) status = lnt__open_table(engine, plan->schema, made, out, err);
    lnt_table_unref(made);
    status = lnt__spiller_outcome(&spiller, status, err);
    lnt__runs_clear(&runs);
    lnt__spiller_clear(&spiller);
    return status;
}
