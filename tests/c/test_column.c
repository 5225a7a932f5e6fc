/// @file test_column.c
/// Columns, schemas, tables and scans over them: made, sliced, taken apart and read as batches.
#include "model.h"

#include "base/engine.h"
#include "column/scan.h"

static lnt_engine *engine;
static lnt_error err;

static const int64_t lengths[] = {0, 1, 63, 64, 65, 4096, 10000};
static const model_kind kinds[] = {{LNT_BOOL, 0, 2},         {LNT_BOOL, 30, 2},   {LNT_INT, 0, 50},
                                   {LNT_INT, 30, 100000},    {LNT_FLOAT, 10, 99}, {LNT_TIME, 10, 9999},
                                   {LNT_IP, 10, 20},         {LNT_IP, 0, 9999},   {LNT_STRING, 10, 20},
                                   {LNT_STRING, 10, 999999}, {LNT_STRING, 100, 9}};
enum { N_LENGTHS = sizeof lengths / sizeof *lengths, N_KINDS = sizeof kinds / sizeof *kinds };

/// Runs `fn` with a model and its column, for all kinds and lengths.
static void each_column(void (*fn)(const model *m, const lnt_column *column)) {
    for (int k = 0; k < N_KINDS; k++) {
        for (int l = 0; l < N_LENGTHS; l++) {
            model m = model_new(kinds[k], lengths[l], (uint64_t)l);
            lnt_column *column = model_column(engine, &m);
            fn(&m, column);
            lnt_column_unref(column);
            model_free(&m);
        }
    }
}

static void slice_and_check(const model *m, const lnt_column *column) {
    static const int64_t starts[] = {0, 1, 64, 100};
    for (int s = 0; s < 4; s++) {
        for (int64_t n = 0; starts[s] + n <= m->n; n = n * 3 + 1) {
            lnt_column *slice = NULL;
            CHECK_OK(lnt_column_slice(engine, column, starts[s], n, &slice, &err), &err);
            int64_t rows[10000];
            for (int64_t i = 0; i < n; i++) rows[i] = starts[s] + i;
            model_check(m, slice, rows, n);
            lnt_column *again = NULL;
            CHECK_OK(lnt_column_slice(engine, slice, n / 2, n - n / 2, &again, &err), &err);
            lnt_column_unref(slice);
            model_check(m, again, rows + n / 2, n - n / 2);
            lnt_column_unref(again);
        }
    }
}

TEST(a_slice_has_the_rows_it_names_and_outlives_its_column) {
    each_column(slice_and_check);
}

TEST(a_slice_past_the_end_is_refused) {
    model m = model_new(kinds[2], 10, 1);
    lnt_column *column = model_column(engine, &m), *slice = NULL;
    lnt_error e = {0};
    CHECK_INT(lnt_column_slice(engine, column, 5, 6, &slice, &e), LNT_SHAPE);
    CHECK_INT(lnt_column_slice(engine, column, -1, 6, &slice, NULL), LNT_SHAPE);
    lnt_column_unref(column);
    model_free(&m);
}

static void take_and_check(const model *m, const lnt_column *column) {
    int64_t n = m->n * 2 + 1, *rows = malloc(sizeof *rows * (size_t)n);
    for (int with_missing = m->n == 0; with_missing < 2; with_missing++) {
        uint64_t seed = 3;
        for (int64_t i = 0; i < n; i++) {
            bool missing = with_missing && (m->n == 0 || model_random(&seed) % 5 == 0);
            rows[i] = missing ? -1 : (int64_t)(model_random(&seed) % (uint64_t)m->n);
        }
        lnt_column *taken = NULL;
        CHECK_OK(lnt_column_take(engine, column, rows, n, &taken, &err), &err);
        model_check(m, taken, rows, n);
        lnt_column_unref(taken);
    }
    free(rows);
}

TEST(rows_are_taken_in_any_order_and_missing_ones_are_null) {
    each_column(take_and_check);
}

TEST(taking_many_rows_goes_by_pieces_on_all_threads) {
    for (int k = 0; k < N_KINDS; k++) {
        model m = model_new(kinds[k], 5000, 9);
        lnt_column *column = model_column(engine, &m), *taken = NULL;
        int64_t n = 200001, *rows = malloc(sizeof *rows * (size_t)n);
        for (int64_t i = 0; i < n; i++) rows[i] = i % 7 == 6 ? -1 : i * 31 % m.n;
        CHECK_OK(lnt_column_take(engine, column, rows, n, &taken, &err), &err);
        model_check(&m, taken, rows, n);
        lnt_column_unref(taken);
        lnt_column_unref(column);
        free(rows);
        model_free(&m);
    }
}

TEST(a_constant_is_its_value_in_every_row) {
    for (int k = 0; k < N_KINDS; k++) {
        model m = model_new(kinds[k], 50, 4);
        for (int i = 0; i < 10; i++) {
            lnt_column *constant = NULL, *taken = NULL;
            CHECK_OK(lnt_column_constant(engine, kinds[k].type, m.values[i], 1000, &constant, &err), &err);
            CHECK_STR(lnt_column_layout_name(constant), "constant");
            CHECK_INT(lnt_column_null_count(constant), m.values[i].is_null ? 1000 : 0);
            CHECK(model_same(lnt_column_get(constant, 999), m.values[i]));
            int64_t rows[] = {5, -1, 999};
            CHECK_OK(lnt_column_take(engine, constant, rows, 3, &taken, &err), &err);
            CHECK(model_same(lnt_column_get(taken, 0), m.values[i]));
            CHECK(lnt_column_get(taken, 1).is_null);
            CHECK(model_same(lnt_column_get(taken, 2), m.values[i]));
            lnt_column_unref(taken);
            CHECK_OK(lnt_column_take(engine, constant, rows + 2, 1, &taken, &err), &err);
            CHECK_STR(lnt_column_layout_name(taken), "constant");
            lnt_column_unref(taken);
            lnt_column_unref(constant);
        }
        model_free(&m);
    }
}

TEST(a_schema_finds_its_columns_and_refuses_names_twice_or_empty) {
    enum { N = 1000 };
    char text[N][16];
    const char *names[N];
    lnt_type types[N];
    for (int i = 0; i < N; i++) {
        snprintf(text[i], sizeof text[i], "c%d", i);
        names[i] = text[i];
        types[i] = (lnt_type)(1 + i % 6);
    }
    lnt_schema *schema = NULL;
    CHECK_OK(lnt_schema_new(names, types, N, &schema, &err), &err);
    for (int i = 0; i < N; i++) CHECK_INT(lnt_schema_find(schema, text[i], -1), i);
    CHECK_INT(lnt_schema_find(schema, "c1000", -1), -1);
    CHECK_INT(lnt_schema_find(schema, "c12345", 4), 123);
    CHECK_INT(lnt_schema_type(schema, 7), 2);
    lnt_schema_unref(schema);
    lnt_error e = {0};
    names[500] = "c3";
    CHECK_INT(lnt_schema_new(names, types, N, &schema, &e), LNT_NAME);
    CHECK_STR(e.message, "two columns are called 'c3'");
    lnt_error_init(&e);
    names[500] = "";
    CHECK_INT(lnt_schema_new(names, types, N, &schema, &e), LNT_NAME);
    CHECK_STR(e.message, "column 501 has an empty name");
}

TEST(a_schema_knows_the_nearest_name) {
    const char *names[] = {"family", "first_seen", "port"};
    lnt_type types[] = {LNT_STRING, LNT_TIME, LNT_INT};
    lnt_schema *schema = NULL;
    CHECK_OK(lnt_schema_new(names, types, 3, &schema, &err), &err);
    CHECK_STR(lnt_schema_nearest(schema, "famly", -1), "family");
    CHECK_STR(lnt_schema_nearest(schema, "Port", -1), "port");
    CHECK_STR(lnt_schema_nearest(schema, "first", -1), "first_seen");
    CHECK(lnt_schema_nearest(schema, "country", -1) == NULL);
    lnt_schema_unref(schema);
}

/// A table of all kinds, one column each.
typedef struct sample {
    model models[N_KINDS];
    lnt_table *table;
} sample;

static sample sample_new(int64_t n) {
    sample s;
    lnt_column *columns[N_KINDS];
    const char *names[N_KINDS];
    static char text[N_KINDS][8];
    for (int k = 0; k < N_KINDS; k++) {
        s.models[k] = model_new(kinds[k], n, (uint64_t)k);
        columns[k] = model_column(engine, &s.models[k]);
        snprintf(text[k], sizeof text[k], "k%d", k);
        names[k] = text[k];
    }
    CHECK_OK(lnt_table_new(names, columns, N_KINDS, n, &s.table, &err), &err);
    for (int k = 0; k < N_KINDS; k++) lnt_column_unref(columns[k]);
    return s;
}

static void sample_free(sample *s) {
    lnt_table_unref(s->table);
    for (int k = 0; k < N_KINDS; k++) model_free(&s->models[k]);
}

TEST(a_table_keeps_its_columns_and_refuses_other_lengths) {
    sample s = sample_new(100);
    CHECK_INT(lnt_table_n_rows(s.table), 100);
    CHECK_INT(lnt_table_n_columns(s.table), N_KINDS);
    for (int k = 0; k < N_KINDS; k++) model_check(&s.models[k], lnt_table_column(s.table, k), NULL, 100);
    lnt_error e = {0};
    lnt_table *other = NULL;
    CHECK_INT(lnt_table_make(lnt_table_schema(s.table), s.table->columns, 99, &other, &e), LNT_SHAPE);
    CHECK_STR(e.message, "column 'k0' has 100 rows, the table 99");
    int64_t rows[] = {99, -1, 0};
    CHECK_OK(lnt_table_take(engine, s.table, rows, 3, &other, &err), &err);
    for (int k = 0; k < N_KINDS; k++) model_check(&s.models[k], lnt_table_column(other, k), rows, 3);
    lnt_table_unref(other);
    CHECK_OK(lnt_table_empty(engine, lnt_table_schema(s.table), &other, &err), &err);
    CHECK_INT(lnt_table_n_rows(other), 0);
    for (int k = 0; k < N_KINDS; k++) CHECK_INT(lnt_table_column(other, k)->type, kinds[k].type);
    lnt_table_unref(other);
    sample_free(&s);
}

TEST(a_table_without_columns_has_the_rows_it_is_given) {
    lnt_table *table = NULL;
    CHECK_OK(lnt_table_new(NULL, NULL, 0, 42, &table, &err), &err);
    CHECK_INT(lnt_table_n_rows(table), 42);
    lnt_table_unref(table);
}

// ---- scans ----

typedef struct reading {
    const sample *s;
    const int64_t *columns;
    int64_t n_columns, rows, expect_row;
    int64_t modulus; ///< rows kept: number % modulus == 0
} reading;

static lnt_status check_batch(void *context, const lnt_batch *batch, lnt_error *e) {
    (void)e;
    reading *r = context;
    CHECK_INT(batch->n_columns, r->n_columns);
    CHECK(batch->n_rows <= LNT_BATCH_ROWS);
    for (int64_t i = 0; i < batch->n_sel; i++) {
        int64_t at = batch->sel ? batch->sel[i] : i, row = batch->first_row + at;
        CHECK_INT(row, r->expect_row);
        r->expect_row += r->modulus;
        r->rows++;
        for (int64_t k = 0; k < r->n_columns; k++) {
            CHECK(model_same(lnt_vec_get(&batch->columns[k], at), r->s->models[r->columns[k]].values[row]));
        }
    }
    return LNT_OK;
}

static lnt_status keep_some(void *context, int worker, const lnt_batch *batch, uint32_t *sel, int64_t *n,
                            lnt_error *e) {
    (void)worker;
    (void)e;
    reading *r = context;
    CHECK_INT(batch->columns[0].type, LNT_NULL); // not among those needed
    CHECK_INT(batch->columns[1].type, r->s->models[r->columns[1]].kind.type);
    *n = 0;
    for (int64_t i = 0; i < batch->n_rows; i++) {
        if ((batch->first_row + i) % r->modulus == 0) sel[(*n)++] = (uint32_t)i;
    }
    return LNT_OK;
}

static void read_all(const sample *s, reading *r, const lnt_row_filter *filter) {
    lnt_scan *scan = NULL;
    CHECK_OK(lnt_scan_table(s->table, &scan, &err), &err);
    lnt_scan_request request = {.columns = r->columns, .n_columns = r->n_columns, .filter = filter};
    lnt_scan_run *run = NULL;
    CHECK_OK(scan->class_->open(scan, engine, &request, &run, &err), &err);
    for (int64_t want = 0, morsel;; want++) {
        CHECK_OK(scan->class_->claim(run, 0, &morsel, &err), &err);
        if (morsel < 0) break;
        CHECK_INT(morsel, want);
        CHECK_OK(scan->class_->read(run, 0, morsel, check_batch, r, &err), &err);
    }
    int64_t done, total;
    scan->class_->progress(run, &done, &total);
    CHECK_INT(done, total);
    CHECK_INT(total, lnt_table_n_rows(s->table));
    scan->class_->close(run, true);
    lnt_scan_unref(scan);
}

TEST(a_scan_gives_every_row_in_order_with_the_columns_asked_for) {
    static const int64_t sizes[] = {0, 1, 4096, 4097, 140000};
    int64_t columns[] = {9, 2, 3, 9, 0};
    for (int i = 0; i < 5; i++) {
        sample s = sample_new(sizes[i]);
        reading r = {&s, columns, 5, 0, 0, 1};
        read_all(&s, &r, NULL);
        CHECK_INT(r.rows, sizes[i]);
        bool needs[] = {false, true, false, false, false};
        reading some = {&s, columns, 5, 0, 0, 1500};
        lnt_row_filter filter = {.context = &some, .needs = needs, .keep = keep_some, .text = "some"};
        read_all(&s, &some, &filter);
        CHECK_INT(some.rows, (sizes[i] + 1499) / 1500);
        sample_free(&s);
    }
}

TEST(running_out_of_memory_while_making_columns_leaks_nothing) {
    sample s = sample_new(300);
    int64_t held = lnt_engine_memory_used(engine), rows[] = {1, -1, 299};
    bool done = false;
    for (int64_t i = 0; !done && i < 10000; i++) {
        lnt_table *taken = NULL, *empty = NULL;
        lnt_column *slice = NULL, *constant = NULL;
        lnt_alloc_fail_after(i);
        lnt_error e = {0};
        lnt_value text = {.type = LNT_STRING, .as.s = {"abc", 3}};
        lnt_status status = lnt_table_take(engine, s.table, rows, 3, &taken, &e);
        if (status == LNT_OK) status = lnt_table_empty(engine, s.table->schema, &empty, &e);
        if (status == LNT_OK) status = lnt_column_slice(engine, s.table->columns[8], 3, 70, &slice, &e);
        if (status == LNT_OK) status = lnt_column_constant(engine, LNT_STRING, text, 9, &constant, &e);
        CHECK(status == LNT_OK || status == LNT_NOMEM);
        lnt_table_unref(taken);
        lnt_table_unref(empty);
        lnt_column_unref(slice);
        lnt_column_unref(constant);
        CHECK_INT(lnt_engine_memory_used(engine), held);
        done = status == LNT_OK;
    }
    lnt_alloc_fail_after(-1);
    CHECK(done);
    sample_free(&s);
}

int main(int argc, char **argv) {
    lnt_engine_options options = {.n_threads = 3};
    if (lnt_engine_new(&options, &engine, &err) != LNT_OK) return 1;
    int status = check_main(argc, argv);
    if (lnt_engine_memory_used(engine) != 0) fprintf(stderr, "columns are still held\n"), status = 1;
    lnt_engine_free(engine);
    return status;
}
