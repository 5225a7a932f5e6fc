/// @file test_sort.c
/// sort, top, head, tail, slice, distinct and count against a row loop.
#include <math.h>

#include "plans.h"

static lnt_engine *engines[3];

static const char *const names[] = {"b", "i", "f", "s", "t", "ip", "k", "u"};

static sample all_types(int64_t n_rows, int64_t distinct, int null_percent, uint64_t seed) {
    model_kind kinds[] = {{LNT_BOOL, null_percent, 2},         {LNT_INT, null_percent, distinct},
                          {LNT_FLOAT, null_percent, distinct}, {LNT_STRING, null_percent, distinct},
                          {LNT_TIME, null_percent, distinct},  {LNT_IP, null_percent, distinct},
                          {LNT_INT, null_percent, 5},          {LNT_STRING, null_percent, 1000000}};
    return sample_new(engines[0], names, kinds, 8, n_rows, seed);
}

/// The naive order: nulls last both ways, NaN after the numbers both ways.
static int key_order(lnt_value a, lnt_value b, bool descending) {
    if (a.is_null || b.is_null) return a.is_null - b.is_null;
    int order;
    switch (a.type) {
    case LNT_BOOL:
        order = a.as.b - b.as.b;
        break;
    case LNT_FLOAT:
        if (isnan(a.as.f) || isnan(b.as.f)) return isnan(a.as.f) - isnan(b.as.f);
        order = (a.as.f > b.as.f) - (a.as.f < b.as.f);
        break;
    case LNT_STRING:
        order = lnt_str_compare(a.as.s, b.as.s);
        break;
    case LNT_IP:
        order = lnt_ip_compare(a.as.ip, b.as.ip);
        break;
    default:
        order = (a.as.i > b.as.i) - (a.as.i < b.as.i);
        break;
    }
    return descending ? -order : order;
}

static const sample *sorting;
static const int64_t *sort_keys;
static const bool *sort_down;
static int64_t n_sort_keys;

static int compare_rows(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    for (int64_t k = 0; k < n_sort_keys; k++) {
        const lnt_value *values = sorting->columns[sort_keys[k]].values;
        int order = key_order(values[x], values[y], sort_down[k]);
        if (order) return order;
    }
    return (x > y) - (x < y);
}

static int64_t *sorted_rows(const sample *s, const int64_t *keys, const bool *down, int64_t n_keys) {
    int64_t *rows = calloc((size_t)s->n_rows + 1, sizeof *rows);
    for (int64_t i = 0; i < s->n_rows; i++) rows[i] = i;
    sorting = s;
    sort_keys = keys;
    sort_down = down;
    n_sort_keys = n_keys;
    qsort(rows, (size_t)s->n_rows, sizeof *rows, compare_rows);
    return rows;
}

/// The result's columns must be the sample's at rows[0 … n-1].
static void check_rows(const sample *s, const lnt_table *result, const int64_t *rows, int64_t n, const char *what) {
    CHECK_MSG(lnt_table_n_rows(result) == n, "%s: %" PRId64 " rows, not %" PRId64, what, lnt_table_n_rows(result), n);
    for (int64_t c = 0; c < s->n_columns; c++)
        for (int64_t i = 0; i < n && i < lnt_table_n_rows(result); i++) {
            bool same = plans_same_bits(lnt_column_get(lnt_table_column(result, c), i), s->columns[c].values[rows[i]]);
            CHECK_MSG(same, "%s: column %s, row %" PRId64, what, names[c], i);
            if (!same) return;
        }
}

/// Sorts by the keys; with head ≥ 0 keeps the first rows only.
static void check_sort(const sample *s, const int64_t *keys, const bool *down, int64_t n_keys, int64_t head) {
    char texts[PLANS_MAX_COLUMNS][32];
    const char *key_texts[PLANS_MAX_COLUMNS];
    for (int64_t k = 0; k < n_keys; k++) {
        snprintf(texts[k], sizeof texts[k], "%s%s", down[k] ? "-" : "", names[keys[k]]);
        key_texts[k] = texts[k];
    }
    lnt_plan *plan = sample_plan(s);
    PLANS_STEP(plan, lnt_plan_sort(plan, key_texts, n_keys, NULL, out, err));
    if (head >= 0) PLANS_STEP(plan, lnt_plan_slice(plan, 0, head, out, err));
    lnt_table *result = plans_run(engines, plan, texts[0]);
    lnt_plan_unref(plan);
    int64_t *rows = sorted_rows(s, keys, down, n_keys);
    if (result) check_rows(s, result, rows, head >= 0 && head < s->n_rows ? head : s->n_rows, texts[0]);
    free(rows);
    lnt_table_unref(result);
}

TEST(sorting_by_any_type_both_ways_is_stable_with_nulls_last) {
    static const int64_t lengths[] = {0, 1, 63, 64, 65, 66, 3000};
    for (int l = 0; l < 7; l++)
        for (int nulls = 0; nulls <= 100; nulls += 50) {
            sample s = all_types(lengths[l], 50, nulls == 50 ? 15 : nulls, (uint64_t)l);
            for (int64_t key = 0; key < 8; key++) {
                const bool up = false, down = true;
                check_sort(&s, &key, &up, 1, -1);
                check_sort(&s, &key, &down, 1, -1);
                check_sort(&s, &key, &down, 1, 7);
            }
            sample_free(&s);
        }
}

TEST(later_keys_decide_among_equal_ones) {
    sample s = all_types(5000, 9, 10, 3);
    static const int64_t keys[][4] = {{6, 0, 2, 5}, {3, 4, 6, 1}, {5, 2, 7, 0}, {0, 7, 6, 3}};
    static const bool down[][4] = {{false, true, false, true}, {true, false, true, false}};
    for (int i = 0; i < 4; i++)
        for (int n = 2; n <= 4; n++) {
            check_sort(&s, keys[i], down[i % 2], n, -1);
            check_sort(&s, keys[i], down[(i + 1) % 2], n, 100);
        }
    sample_free(&s);
}

TEST(tables_of_several_morsels_sort_alike) {
    sample s = all_types(200000, 100000, 3, 5);
    static const int64_t keys[] = {6, 5, 7};
    static const bool down[] = {true, false, true};
    check_sort(&s, keys, down, 3, -1);
    check_sort(&s, keys, down, 3, 10);
    check_sort(&s, keys, down, 1, 5000);
    check_sort(&s, keys + 2, down, 1, 100);
    sample_free(&s);
}

TEST(integers_of_the_whole_range_with_nulls_sort) {
    model_kind kinds[] = {{LNT_INT, 20, 1000}};
    sample s = sample_new(engines[0], names + 1, kinds, 1, 500, 1);
    lnt_table_unref(s.table);
    s.columns[0].values[3] = (lnt_value){.type = LNT_INT, .as.i = INT64_MIN};
    s.columns[0].values[4] = (lnt_value){.type = LNT_INT, .as.i = INT64_MAX};
    lnt_error failure = {0};
    lnt_column *column = model_column(engines[0], &s.columns[0]);
    CHECK_OK(lnt_table_new(names + 1, &column, 1, 500, &s.table, &failure), &failure);
    lnt_column_unref(column);
    const int64_t key = 0;
    for (int down = 0; down < 2; down++) {
        lnt_plan *plan = sample_plan(&s);
        const char *text = down ? "-i" : "i";
        PLANS_STEP(plan, lnt_plan_sort(plan, &text, 1, NULL, out, err));
        lnt_table *result = plans_run(engines, plan, text);
        lnt_plan_unref(plan);
        const bool flag = down;
        int64_t *rows = sorted_rows(&s, &key, &flag, 1);
        check_rows(&s, result, rows, 500, text);
        free(rows);
        lnt_table_unref(result);
    }
    sample_free(&s);
}

TEST(strings_with_long_common_beginnings_and_zero_bytes_sort_by_bytes) {
    static const char *const texts[] = {"https://example.org/aaaa",
                                        "https://example.org/aaa",
                                        "https://example.org/",
                                        "a\0b",
                                        "a",
                                        "",
                                        "https://example.org/aaaa/b",
                                        "a\0",
                                        "zz"};
    static const int64_t sizes[] = {24, 23, 20, 3, 1, 0, 26, 2, 2};
    lnt_error failure = {0};
    lnt_column_builder *builder = NULL;
    lnt_column *column = NULL;
    lnt_table *table = NULL;
    CHECK_OK(lnt_column_builder_new(engines[0], LNT_STRING, &builder, &failure), &failure);
    char own[64];
    for (int i = 0; i < 900; i++) {
        lnt_value value = {.type = LNT_STRING, .as.s = {texts[i % 9], sizes[i % 9]}};
        if (i % 3 == 0)
            value.as.s = (lnt_str){own, snprintf(own, sizeof own, "https://example.org/%d", i * 7919 % 900)};
        CHECK_OK(lnt_column_builder_append(builder, value, &failure), &failure);
    }
    CHECK_OK(lnt_column_builder_finish(builder, &column, &failure), &failure);
    lnt_column_builder_free(builder);
    CHECK_OK(lnt_table_new(names + 3, &column, 1, 900, &table, &failure), &failure);
    lnt_plan *plan = NULL;
    const char *key = "s";
    CHECK_OK(lnt_plan_table(table, &plan, &failure), &failure);
    PLANS_STEP(plan, lnt_plan_sort(plan, &key, 1, NULL, out, err));
    lnt_table *result = plans_run(engines, plan, "prefixes");
    lnt_plan_unref(plan);
    for (int64_t i = 1; i < 900; i++)
        CHECK(lnt_str_compare(lnt_column_get(lnt_table_column(result, 0), i - 1).as.s,
                              lnt_column_get(lnt_table_column(result, 0), i).as.s) <= 0);
    lnt_table_unref(result);
    lnt_table_unref(table);
    lnt_column_unref(column);
}

TEST(computed_keys_sort_and_leave_no_column) {
    sample s = all_types(1000, 50, 5, 9);
    lnt_plan *plan = sample_plan(&s);
    const char *keys[] = {"-(k * 2)", "lower(s)"};
    PLANS_STEP(plan, lnt_plan_sort(plan, keys, 1, NULL, out, err));
    lnt_table *result = plans_run(engines, plan, "computed");
    const int64_t key = 6;
    const bool down = true;
    int64_t *rows = sorted_rows(&s, &key, &down, 1);
    CHECK_INT(lnt_table_n_columns(result), 8);
    check_rows(&s, result, rows, 1000, "computed");
    free(rows);
    lnt_table_unref(result);
    lnt_plan_unref(plan);
    sample_free(&s);
}

/// The slice of a filter and of a table in memory, against plain arithmetic.
static void check_slice(const sample *s, int64_t offset, int64_t count, bool filtered) {
    int64_t *rows = calloc((size_t)s->n_rows + 1, sizeof *rows), n = 0;
    for (int64_t i = 0; i < s->n_rows; i++) {
        lnt_value k = s->columns[6].values[i];
        if (!filtered || (!k.is_null && k.as.i != 2)) rows[n++] = i;
    }
    int64_t start = offset < 0 ? (n + offset > 0 ? n + offset : 0) : (offset < n ? offset : n);
    int64_t length = count < 0 || count > n - start ? n - start : count;
    lnt_plan *plan = sample_plan(s);
    if (filtered) PLANS_STEP(plan, lnt_plan_filter(plan, "k ~= 2", NULL, out, err));
    PLANS_STEP(plan, lnt_plan_slice(plan, offset, count, out, err));
    lnt_table *result = plans_run(engines, plan, "slice");
    if (result) check_rows(s, result, rows + start, length, "slice");
    lnt_table_unref(result);
    lnt_plan_unref(plan);
    free(rows);
}

TEST(slices_from_either_end_are_what_arithmetic_says) {
    static const int64_t lengths[] = {0, 1, 64, 140000};
    static const int64_t offsets[] = {0, 1, 63, 5000, -1, -64, -6000, -1000000};
    static const int64_t counts[] = {-1, 0, 1, 64, 7000, INT64_MAX};
    for (int l = 0; l < 4; l++) {
        sample s = all_types(lengths[l], 10, 5, 21);
        for (int o = 0; o < 8; o++)
            for (int c = 0; c < 6; c++) {
                if (l == 3 && (o + c) % 4) continue;
                check_slice(&s, offsets[o], counts[c], false);
                check_slice(&s, offsets[o], counts[c], true);
            }
        sample_free(&s);
    }
}

TEST(distinct_keeps_the_first_row_of_each_combination_whole) {
    static const int64_t lengths[] = {0, 1, 65, 3000, 150000};
    for (int l = 0; l < 5; l++) {
        sample s = all_types(lengths[l], 12, 10, 31);
        const char *keys[] = {"k", "b"};
        lnt_plan *plan = sample_plan(&s);
        PLANS_STEP(plan, lnt_plan_distinct(plan, keys, 2, out, err));
        lnt_table *result = plans_run(engines, plan, "distinct");
        int64_t rows[64], n = 0;
        for (int64_t i = 0; i < s.n_rows; i++) {
            bool seen = false;
            for (int64_t k = 0; k < n && !seen; k++)
                seen = model_same(s.columns[6].values[rows[k]], s.columns[6].values[i]) &&
                       model_same(s.columns[0].values[rows[k]], s.columns[0].values[i]);
            if (!seen) rows[n++] = i;
        }
        check_rows(&s, result, rows, n, "distinct");
        lnt_table_unref(result);
        lnt_plan_unref(plan);
        sample_free(&s);
    }
}

TEST(distinct_of_all_columns_loses_only_repeated_rows) {
    model_kind kinds[] = {{LNT_STRING, 10, 4}, {LNT_FLOAT, 10, 6}};
    sample s = sample_new(engines[0], names + 2, kinds, 2, 2000, 33);
    lnt_plan *plan = sample_plan(&s);
    PLANS_STEP(plan, lnt_plan_distinct(plan, NULL, 0, out, err));
    lnt_table *once = plans_run(engines, plan, "distinct");
    PLANS_STEP(plan, lnt_plan_distinct(plan, NULL, 0, out, err));
    lnt_table *twice = plans_run(engines, plan, "distinct again");
    plans_check_same(once, twice, "distinct twice");
    CHECK(lnt_table_n_rows(once) > 10 && lnt_table_n_rows(once) <= 5 * 7);
    lnt_table_unref(once);
    lnt_table_unref(twice);
    lnt_plan_unref(plan);
    sample_free(&s);
}

TEST(count_counts_tables_filters_groups_and_nothing) {
    static const int64_t lengths[] = {0, 1, 150000};
    for (int l = 0; l < 3; l++) {
        sample s = all_types(lengths[l], 12, 10, 41);
        int64_t kept = 0;
        for (int64_t i = 0; i < s.n_rows; i++)
            kept += !s.columns[6].values[i].is_null && s.columns[6].values[i].as.i > 0;
        for (int filtered = 0; filtered < 2; filtered++) {
            lnt_plan *plan = sample_plan(&s);
            const char *key = "i";
            if (filtered) PLANS_STEP(plan, lnt_plan_filter(plan, "k > 0", NULL, out, err));
            PLANS_STEP(plan, lnt_plan_sort(plan, &key, 1, NULL, out, err));
            PLANS_STEP(plan, lnt_plan_count(plan, out, err));
            lnt_table *result = plans_run(engines, plan, "count");
            CHECK_INT(lnt_column_get(lnt_table_column(result, 0), 0).as.i, filtered ? kept : s.n_rows);
            lnt_table_unref(result);
            lnt_plan_unref(plan);
        }
        sample_free(&s);
    }
}

TEST(no_allocation_that_fails_is_forgotten) {
    sample s = all_types(200, 20, 10, 51);
    const char *keys[] = {"s", "-f", "-(i + 1)", "ip"}, *distinct[] = {"s", "k"};
    lnt_plan *plan = sample_plan(&s);
    PLANS_STEP(plan, lnt_plan_sort(plan, keys, 4, NULL, out, err));
    plans_check_nomem(engines[0], plan, "sort");
    PLANS_STEP(plan, lnt_plan_slice(plan, 3, 10, out, err));
    plans_check_nomem(engines[0], plan, "top");
    lnt_plan_unref(plan);
    plan = sample_plan(&s);
    PLANS_STEP(plan, lnt_plan_filter(plan, "k ~= 2", NULL, out, err));
    PLANS_STEP(plan, lnt_plan_slice(plan, -50, 10, out, err));
    plans_check_nomem(engines[0], plan, "tail");
    PLANS_STEP(plan, lnt_plan_distinct(plan, distinct, 2, out, err));
    plans_check_nomem(engines[0], plan, "distinct");
    PLANS_STEP(plan, lnt_plan_count(plan, out, err));
    plans_check_nomem(engines[0], plan, "count");
    lnt_plan_unref(plan);
    sample_free(&s);
}

int main(int argc, char **argv) {
    for (int i = 0; i < 3; i++) engines[i] = plans_engine(i == 0 ? 1 : i == 1 ? 2 : 7);
    int status = check_main(argc, argv);
    for (int i = 0; i < 3; i++) lnt_engine_free(engines[i]);
    return status;
}
