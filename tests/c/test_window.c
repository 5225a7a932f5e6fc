/// @file test_window.c
/// Window functions against a model that looks at all rows of the partition for every row.
#include <math.h>

#include "plans.h"

static lnt_engine *engines[3];
static const char *const names[] = {"k", "o", "i", "f", "s", "t", "ip", "b"};
enum { KEY, ORDER, INT, FLOAT, STRING, TIME, IP, BOOL };

static sample all_types(int64_t n_rows, int64_t groups, int null_percent, uint64_t seed) {
    model_kind kinds[] = {{LNT_STRING, null_percent, groups}, {LNT_INT, null_percent, 50},
                          {LNT_INT, null_percent, 100},       {LNT_FLOAT, null_percent, 100},
                          {LNT_STRING, null_percent, 60},     {LNT_TIME, null_percent, 1000},
                          {LNT_IP, null_percent, 500},        {LNT_BOOL, null_percent, 2}};
    return sample_new(engines[0], names, kinds, 8, n_rows, seed);
}

/// The rows of one partition in order, and where in it a row is.
typedef struct frame {
    int64_t *rows, n;
} frame;

static const sample *sorted_sample;
static bool sorted_down;

/// By the order column, nulls last, then by row.
static int compare_rows(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    lnt_value u = sorted_sample->columns[ORDER].values[x], v = sorted_sample->columns[ORDER].values[y];
    int order = u.is_null || v.is_null ? u.is_null - v.is_null : (u.as.i > v.as.i) - (u.as.i < v.as.i);
    if (!u.is_null && !v.is_null && sorted_down) order = -order;
    return order ? order : (x > y) - (x < y);
}

static frame partition_of(const sample *s, int64_t row, bool keyed, bool ordered, bool down) {
    frame f = {calloc((size_t)s->n_rows + 1, sizeof(int64_t)), 0};
    for (int64_t i = 0; i < s->n_rows; i++)
        if (!keyed || model_same(s->columns[KEY].values[i], s->columns[KEY].values[row])) f.rows[f.n++] = i;
    sorted_sample = s;
    sorted_down = down;
    if (ordered) qsort(f.rows, (size_t)f.n, sizeof *f.rows, compare_rows);
    return f;
}

static bool is_nan(lnt_value value) {
    return value.type == LNT_FLOAT && isnan(value.as.f);
}

static int order_of(lnt_value a, lnt_value b) {
    switch (a.type) {
    case LNT_BOOL:
        return a.as.b - b.as.b;
    case LNT_FLOAT:
        return (a.as.f > b.as.f) - (a.as.f < b.as.f);
    case LNT_STRING:
        return lnt_str_compare(a.as.s, b.as.s);
    case LNT_IP:
        return lnt_ip_compare(a.as.ip, b.as.ip);
    default:
        return (a.as.i > b.as.i) - (a.as.i < b.as.i);
    }
}

static double number(lnt_value value) {
    return value.type == LNT_INT ? (double)value.as.i : value.as.f;
}

/// The extreme of positions [from, to]; null where all are.
static lnt_value extreme(const sample *s, int64_t column, const frame *f, int64_t from, int64_t to, bool min) {
    lnt_value best = {.type = s->columns[column].kind.type, .is_null = true};
    for (int64_t p = from < 0 ? 0 : from; p <= to; p++) {
        lnt_value value = s->columns[column].values[f->rows[p]];
        if (value.is_null) continue;
        int order = best.is_null ? 0 : order_of(value, best);
        if (best.is_null || (is_nan(best) && !is_nan(value)) || (!is_nan(value) && (min ? order < 0 : order > 0)))
            best = value;
    }
    return best;
}

/// The sum of positions [from, to]; *n gets how many values there are.
static double sum_of(const sample *s, int64_t column, const frame *f, int64_t from, int64_t to, int64_t *n) {
    double sum = 0;
    *n = 0;
    for (int64_t p = from < 0 ? 0 : from; p <= to; p++) {
        lnt_value value = s->columns[column].values[f->rows[p]];
        if (value.is_null) continue;
        sum += number(value);
        ++*n;
    }
    return sum;
}

static lnt_value at_place(const sample *s, int64_t column, const frame *f, int64_t place) {
    if (place < 0 || place >= f->n) return (lnt_value){.type = s->columns[column].kind.type, .is_null = true};
    return s->columns[column].values[f->rows[place]];
}

static lnt_value end_value(const sample *s, int64_t column, const frame *f, bool first) {
    for (int64_t p = 0; p < f->n; p++) {
        lnt_value value = s->columns[column].values[f->rows[first ? p : f->n - 1 - p]];
        if (!value.is_null) return value;
    }
    return at_place(s, column, f, -1);
}

static bool same_value(lnt_value a, lnt_value b) {
    if (a.is_null || b.is_null || a.type != LNT_FLOAT) return model_same(a, b);
    return b.type == LNT_FLOAT && ((is_nan(a) && is_nan(b)) || a.as.f == b.as.f);
}

static lnt_value cell(const lnt_table *result, const char *name, int64_t row) {
    return lnt_column_get(lnt_table_column(result, lnt_schema_find(lnt_table_schema(result), name, -1)), row);
}

static void check_number(lnt_value got, int64_t n, double want, const char *what) {
    CHECK_MSG(got.is_null == (n == 0), "%s", what);
    if (n == 0 || got.is_null) return;
    double have = number(got);
    CHECK_MSG((isnan(have) && isnan(want)) || have == want ||
                  fabs(have - want) <= 1e-9 * (fabs(have) + fabs(want)) + 1e-9,
              "%s: %.17g, not %.17g", what, have, want);
}

/// Place of `row`, of the first row with the same order key, and how many keys come before.
static void check_ranks(const sample *s, const frame *f, int64_t place, const lnt_table *result) {
    int64_t first = place, dense = 1, row = f->rows[place];
    while (first > 0 && model_same(at_place(s, ORDER, f, first - 1), at_place(s, ORDER, f, place))) first--;
    for (int64_t p = 1; p <= place; p++) dense += !model_same(at_place(s, ORDER, f, p - 1), at_place(s, ORDER, f, p));
    CHECK_INT(cell(result, "rank", row).as.i, first + 1);
    CHECK_INT(cell(result, "dense", row).as.i, dense);
}

static void check_column(const sample *s, int64_t column, const frame *f, int64_t place, const lnt_table *result) {
    int64_t row = f->rows[place], n;
    CHECK(same_value(cell(result, "lag", row), at_place(s, column, f, place - 1)));
    CHECK(same_value(cell(result, "lead", row), at_place(s, column, f, place + 3)));
    CHECK(same_value(cell(result, "first", row), end_value(s, column, f, true)));
    CHECK(same_value(cell(result, "last", row), end_value(s, column, f, false)));
    CHECK_MSG(same_value(cell(result, "least", row), extreme(s, column, f, place - 4, place, true)), "rolling_min");
    CHECK_MSG(same_value(cell(result, "most", row), extreme(s, column, f, place - 2, place, false)), "rolling_max");
    sum_of(s, column == INT || column == FLOAT ? column : INT, f, 0, place, &n);
    if (column != INT && column != FLOAT) return;
    CHECK_INT(cell(result, "count", row).as.i, n);
    double sum = sum_of(s, column, f, place - 3, place, &n);
    check_number(cell(result, "sum", row), n, sum, "rolling_sum");
    sum = sum_of(s, column, f, place - 6, place, &n);
    check_number(cell(result, "mean", row), n, sum / (double)n, "rolling_mean");
    sum = sum_of(s, column, f, 0, place, &n);
    check_number(cell(result, "running", row), !s->columns[column].values[row].is_null, sum, "cumsum");
}

static void check_window(const sample *s, int64_t column, bool keyed, bool ordered, bool down) {
    static const char *const forms[] = {
        "nth = row_number()",         "lag = lag(%s)",        "lead = lead(%s, 3)",
        "first = first(%s)",          "last = last(%s)",      "least = rolling_min(%s, 5)",
        "most = rolling_max(%s, 3)",  "count = cumcount(%s)", "sum = rolling_sum(%s, 4)",
        "mean = rolling_mean(%s, 7)", "running = cumsum(%s)"};
    char texts[11][64];
    const char *definitions[13], *by = "k", *order = down ? "-o" : "o";
    int n = column == INT || column == FLOAT ? 11 : 8;
    for (int i = 0; i < n; i++) {
        snprintf(texts[i], sizeof texts[i], forms[i], names[column]);
        definitions[i] = texts[i];
    }
    definitions[n] = "rank = rank()";
    definitions[n + 1] = "dense = dense_rank()";
    lnt_plan *plan = sample_plan(s);
    PLANS_STEP(plan,
               lnt_plan_window(plan, &by, keyed, &order, ordered, definitions, ordered ? n + 2 : n, NULL, out, err));
    lnt_table *result = plans_run(engines, plan, texts[1]);
    lnt_plan_unref(plan);
    int64_t step = s->n_rows > 300 ? s->n_rows / 20 : 1;
    for (int64_t row = 0; result && row < s->n_rows; row += step) {
        frame f = partition_of(s, row, keyed, ordered, down);
        int64_t place = 0;
        while (f.rows[place] != row) place++;
        CHECK_INT(cell(result, "nth", row).as.i, place + 1);
        check_column(s, column, &f, place, result);
        if (ordered) check_ranks(s, &f, place, result);
        free(f.rows);
    }
    for (int64_t c = 0; result && c < s->n_columns; c++)
        for (int64_t row = 0; row < s->n_rows; row += step)
            CHECK(same_value(lnt_column_get(lnt_table_column(result, c), row), s->columns[c].values[row]));
    lnt_table_unref(result);
}

TEST(windows_of_every_type_agree_with_a_look_at_all_rows) {
    static const int64_t lengths[] = {0, 1, 63, 64, 65, 250};
    for (int l = 0; l < 6; l++)
        for (int nulls = 0; nulls <= 100; nulls += 50) {
            sample s = all_types(lengths[l], 4, nulls == 50 ? 20 : nulls, (uint64_t)l + 3);
            for (int64_t c = INT; c <= BOOL; c++) {
                check_window(&s, c, true, true, c % 2 == 0);
                check_window(&s, c, c % 2 == 0, c % 3 == 0, false);
            }
            sample_free(&s);
        }
}

TEST(windows_over_several_morsels_and_many_partitions_agree) {
    sample few = all_types(150000, 3, 5, 31), many = all_types(150000, 60000, 5, 32);
    check_window(&few, FLOAT, true, true, true);
    check_window(&few, STRING, false, true, false);
    check_window(&many, INT, true, true, false);
    check_window(&many, IP, true, false, false);
    sample_free(&few);
    sample_free(&many);
}

/// Rows whose number in their partition is at most `limit`, which is what `condition` says.
static void check_first_rows(const sample *s, bool keyed, bool ordered, bool down, const char *condition,
                             int64_t limit) {
    const char *definitions[] = {"nth = row_number()"}, *by = "k", *order = down ? "-o" : "o";
    lnt_plan *plan = sample_plan(s);
    PLANS_STEP(plan, lnt_plan_window(plan, &by, keyed, &order, ordered, definitions, 1, NULL, out, err));
    PLANS_STEP(plan, lnt_plan_filter(plan, condition, NULL, out, err));
    lnt_table *result = plans_run(engines, plan, condition);
    lnt_plan_unref(plan);
    int64_t n = result ? lnt_table_n_rows(result) : 0, at = 0;
    for (int64_t row = 0; result && row < s->n_rows; row++) {
        frame f = partition_of(s, row, keyed, ordered, down);
        int64_t place = 0;
        while (f.rows[place] != row) place++;
        free(f.rows);
        if (place >= limit) continue;
        CHECK_MSG(at < n, "%s: %lld rows, but row %lld is missing", condition, (long long)n, (long long)row);
        if (at >= n) break;
        CHECK_INT(cell(result, "nth", at).as.i, place + 1);
        for (int64_t c = 0; c < s->n_columns; c++)
            CHECK(same_value(lnt_column_get(lnt_table_column(result, c), at), s->columns[c].values[row]));
        at++;
    }
    CHECK_INT(at, n);
    lnt_table_unref(result);
}

TEST(the_first_rows_of_partitions_are_those_that_a_sort_would_give) {
    static const int64_t lengths[] = {0, 1, 63, 64, 65, 700};
    for (int l = 0; l < 6; l++)
        for (int nulls = 0; nulls <= 100; nulls += 50) {
            sample s = all_types(lengths[l], 4, nulls == 50 ? 20 : nulls, (uint64_t)l + 41);
            check_first_rows(&s, true, true, false, "nth <= 2", 2);
            check_first_rows(&s, true, true, true, "3 > nth", 2);
            check_first_rows(&s, true, true, true, "nth == 1", 1);
            check_first_rows(&s, false, true, true, "nth < 20 and nth >= 0", 19);
            check_first_rows(&s, true, false, false, "nth <= 5", 5);
            check_first_rows(&s, true, true, false, "nth <= 500", 500);
            check_first_rows(&s, true, true, false, "nth <= 0", 0);
            check_first_rows(&s, true, true, false, "nth + 0 <= 2", 2);
            sample_free(&s);
        }
}

/// Running values in the rows' own order, against a look at all rows of the partition.
static void check_running(const sample *s, bool keyed) {
    const char *definitions[] = {"nth = row_number()", "count = cumcount(f)", "sum = cumsum(i)", "running = cumsum(f)"};
    const char *by = "k";
    lnt_plan *plan = sample_plan(s);
    PLANS_STEP(plan, lnt_plan_window(plan, &by, keyed, NULL, 0, definitions, 4, NULL, out, err));
    lnt_table *result = plans_run(engines, plan, "running values");
    lnt_plan_unref(plan);
    int64_t step = s->n_rows > 300 ? s->n_rows / 20 : 1;
    for (int64_t row = 0; result && row < s->n_rows; row += step) {
        frame f = partition_of(s, row, keyed, false, false);
        int64_t place = 0, n;
        while (f.rows[place] != row) place++;
        CHECK_INT(cell(result, "nth", row).as.i, place + 1);
        double sum = sum_of(s, FLOAT, &f, 0, place, &n);
        CHECK_INT(cell(result, "count", row).as.i, n);
        check_number(cell(result, "running", row), !s->columns[FLOAT].values[row].is_null, sum, "cumsum of floats");
        sum = sum_of(s, INT, &f, 0, place, &n);
        check_number(cell(result, "sum", row), !s->columns[INT].values[row].is_null, sum, "cumsum of ints");
        free(f.rows);
    }
    lnt_table_unref(result);
}

TEST(running_values_in_the_rows_own_order_agree_with_a_look_at_all_rows) {
    static const int64_t lengths[] = {0, 1, 63, 64, 65, 250, 150000};
    for (int l = 0; l < 7; l++)
        for (int nulls = 0; nulls <= 100; nulls += 50) {
            sample s = all_types(lengths[l], l % 2 ? 4 : 70000, nulls == 50 ? 20 : nulls, (uint64_t)l + 61);
            check_running(&s, true);
            check_running(&s, false);
            sample_free(&s);
        }
}

static lnt_table *first_rows_by(const sample *s, const char *order, bool keyed, const char *condition) {
    const char *definitions[] = {"nth = row_number()"}, *by = "k";
    lnt_plan *plan = sample_plan(s);
    PLANS_STEP(plan, lnt_plan_window(plan, &by, keyed, &order, 1, definitions, 1, NULL, out, err));
    PLANS_STEP(plan, lnt_plan_filter(plan, condition, NULL, out, err));
    lnt_table *result = plans_run(engines, plan, order);
    lnt_plan_unref(plan);
    return result;
}

TEST(the_first_rows_by_any_type_are_those_of_a_filter_that_says_it_in_another_way) {
    static const char *const orders[] = {"i", "-i", "f", "-f", "t", "-t", "s", "-ip", "f + 1", "b"};
    sample samples[] = {all_types(700, 5, 10, 51), all_types(140000, 2000, 10, 52), all_types(9000, 6000, 10, 53)};
    for (int n = 0; n < 3; n++) {
        for (int o = 0; o < 10; o++)
            for (int keyed = 0; keyed < 2; keyed++) {
                lnt_table *quick = first_rows_by(&samples[n], orders[o], keyed, "nth <= 3");
                lnt_table *plain = first_rows_by(&samples[n], orders[o], keyed, "nth + 0 <= 3");
                CHECK(quick && plain && lnt_table_n_rows(quick) == lnt_table_n_rows(plain));
                int64_t n_rows = quick && plain ? lnt_table_n_rows(plain) : 0;
                for (int64_t c = 0; c <= samples[n].n_columns; c++)
                    for (int64_t row = 0; row < n_rows; row++)
                        CHECK(same_value(lnt_column_get(lnt_table_column(quick, c), row),
                                         lnt_column_get(lnt_table_column(plain, c), row)));
                lnt_table_unref(quick);
                lnt_table_unref(plain);
            }
        sample_free(&samples[n]);
    }
}

TEST(a_window_says_that_only_first_rows_are_wanted) {
    sample s = all_types(300, 4, 5, 77);
    const char *definitions[] = {"nth = row_number()"}, *others[] = {"nth = row_number()", "l = lead(i)"};
    const char *by = "k", *order = "-o";
    for (int with_lead = 0; with_lead < 2; with_lead++) {
        char *text = NULL;
        lnt_error failure = {0};
        lnt_plan *plan = sample_plan(&s);
        PLANS_STEP(plan, lnt_plan_window(plan, &by, 1, &order, 1, with_lead ? others : definitions, 1 + with_lead, NULL,
                                         out, err));
        PLANS_STEP(plan, lnt_plan_filter(plan, "nth <= 2", NULL, out, err));
        CHECK(lnt_plan_explain(NULL, plan, &text, &failure) == LNT_OK);
        CHECK(text && (strstr(text, "the first 2") != NULL) == !with_lead);
        lnt_free(text);
        lnt_plan_unref(plan);
    }
    sample_free(&s);
}

TEST(definitions_may_compute_with_what_they_see) {
    static const char *const definitions[] = {"d = i - lag(i) + lag(i + o, 2) * 0", "i = cumcount()",
                                              "u = upper(lag(s))"};
    sample s = all_types(2000, 5, 10, 41);
    const char *order = "o % 7";
    lnt_plan *plan = sample_plan(&s);
    PLANS_STEP(plan, lnt_plan_window(plan, NULL, 0, &order, 1, definitions, 3, NULL, out, err));
    lnt_table *result = plans_run(engines, plan, "expressions");
    CHECK_INT(lnt_table_n_columns(result), 10);
    CHECK_INT(lnt_schema_find(lnt_table_schema(result), "i", -1), INT);
    CHECK_INT(lnt_schema_find(lnt_table_schema(result), "d", -1), 8);
    lnt_table_unref(result);
    const char *kept[] = {"u", "k"};
    PLANS_STEP(plan, lnt_plan_filter(plan, "d > 0", NULL, out, err));
    PLANS_STEP(plan, lnt_plan_select(plan, kept, 2, NULL, out, err));
    lnt_table_unref(plans_run(engines, plan, "pruned"));
    char *text = NULL;
    lnt_error failure = {0};
    CHECK_OK(lnt_plan_explain(engines[0], plan, &text, &failure), &failure);
    CHECK(strstr(text, "window lag(i, 1)") && !strstr(text, "cumcount"));
    lnt_text_free(text);
    lnt_plan_unref(plan);
    sample_free(&s);
}

TEST(mistakes_are_refused_when_the_plan_is_built) {
    static const struct {
        const char *definition, *message;
    } cases[] = {
        {"x = rank()", "rank needs an order: window { order = \"-n\", … }"},
        {"x = row_number(i)", "row_number takes no argument, not 1"},
        {"x = lag()", "lag takes 1 or 2 arguments, not 0"},
        {"x = rolling_sum(i)", "rolling_sum takes 2 arguments, not 1"},
        {"x = rolling_sum(i, 0)", "rolling_sum counts rows by a constant int, 1 or more, or takes a length of time such as '90s', '15m', '2h', '7d'"},
        {"x = lag(i, o)", "lag counts rows by a constant int, 0 or more"},
        {"x = cumsum(s)", "cumsum doesn't take string"},
        {"row_number()", "a column of window needs a name: write \"name = row_number()\""},
    };
    sample s = all_types(10, 5, 0, 19);
    lnt_plan *plan = sample_plan(&s), *made = NULL;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lnt_error err = {0};
        CHECK(lnt_plan_window(plan, NULL, 0, NULL, 0, &cases[i].definition, 1, NULL, &made, &err) != LNT_OK);
        CHECK_STR(err.message, cases[i].message);
    }
    lnt_plan_unref(plan);
    sample_free(&s);
}

TEST(a_running_sum_that_leaves_64_bits_names_the_row) {
    sample s = all_types(10, 5, 0, 20);
    const char *definition = "x = cumsum(i * 0 + 9223372036854775807)";
    lnt_error failure = {0};
    lnt_table *result = NULL;
    lnt_plan *plan = sample_plan(&s);
    PLANS_STEP(plan, lnt_plan_window(plan, NULL, 0, NULL, 0, &definition, 1, NULL, out, err));
    CHECK_INT(lnt_plan_run(engines[1], plan, &result, &failure), LNT_OVERFLOW);
    CHECK_STR(failure.message, "row 2: cumsum doesn't fit in 64 bits");
    lnt_plan_unref(plan);
    sample_free(&s);
}

TEST(no_allocation_that_fails_is_forgotten) {
    static const char *const definitions[] = {"a = row_number()", "b = lag(s)",        "c = rolling_mean(f, 3)",
                                              "d = rank() * 2",   "e = cumsum(i + 1)", "g = rolling_max(ip, 2)"};
    static const char *const by[] = {"k", "b"}, *const order[] = {"-o", "i % 3"};
    sample s = all_types(300, 5, 10, 23);
    for (int64_t n_by = 0; n_by <= 2; n_by += 2) {
        lnt_plan *plan = sample_plan(&s);
        PLANS_STEP(plan, lnt_plan_window(plan, by, n_by, order, 2, definitions, 6, NULL, out, err));
        plans_check_nomem(engines[0], plan, "window");
        lnt_plan_unref(plan);
    }
    for (int64_t n = 0;; n++) { // building, too
        lnt_plan *plan = sample_plan(&s), *made = NULL;
        lnt_error failure = {0};
        lnt_alloc_fail_after(n);
        lnt_status status = lnt_plan_window(plan, by, 2, order, 2, definitions, 6, NULL, &made, &failure);
        lnt_alloc_fail_after(-1);
        lnt_plan_unref(made);
        lnt_plan_unref(plan);
        if (status == LNT_OK) break;
        CHECK_INT(status, LNT_NOMEM);
        if (status != LNT_NOMEM) break;
    }
    sample_free(&s);
}

int main(int argc, char **argv) {
    for (int i = 0; i < 3; i++) engines[i] = plans_engine(i == 0 ? 1 : i == 1 ? 2 : 7);
    int status = check_main(argc, argv);
    for (int i = 0; i < 3; i++) lnt_engine_free(engines[i]);
    return status;
}
