/// @file test_aggregate.c
/// group_by and its aggregates against a row loop, over all types of keys and values.
#include <math.h>

#include "base/hash.h"
#include "plans.h"

static lnt_engine *engines[3];

/// Rows of a table's morsel: float sums are added within one, then morsel by morsel.
enum { MORSEL = 131072 };

/// Bytes that are the same for values of one group.
static size_t key_bytes(lnt_value value, char *out) {
    size_t size = 0;
    out[size++] = value.is_null ? 'n' : 'v';
    if (value.is_null) return size;
    if (value.type == LNT_FLOAT) {
        double f = isnan(value.as.f) ? NAN : value.as.f == 0 ? 0.0 : value.as.f;
        memcpy(out + size, &f, 8);
        return size + 8;
    }
    if (value.type == LNT_STRING) {
        memcpy(out + size, &value.as.s.size, 8);
        memcpy(out + size + 8, value.as.s.data, (size_t)value.as.s.size);
        return size + 8 + (size_t)value.as.s.size;
    }
    size_t width = value.type == LNT_BOOL ? 1 : value.type == LNT_IP ? 16 : 8;
    memcpy(out + size, &value.as, width);
    return size + width;
}

/// The naive grouping: the number of each row's group, and the first row of each group.
typedef struct grouping {
    int64_t *group, *first, n;
} grouping;

static grouping group_naively(const sample *s, const int64_t *keys, int64_t n_keys) {
    grouping g = {calloc((size_t)s->n_rows + 1, 8), calloc((size_t)s->n_rows + 1, 8), 0};
    int64_t n_slots = 4;
    while (n_slots < 4 * s->n_rows) n_slots *= 2;
    int64_t *slots = calloc((size_t)n_slots, 8);
    char(*texts)[PLANS_MAX_COLUMNS * 40] = calloc((size_t)s->n_rows + 1, sizeof *texts);
    for (int64_t i = 0; i < s->n_rows; i++) {
        char text[PLANS_MAX_COLUMNS * 40] = {0};
        size_t size = 0;
        for (int64_t k = 0; k < n_keys; k++) size += key_bytes(s->columns[keys[k]].values[i], text + size);
        uint64_t hash = 1469598103934665603u;
        for (size_t b = 0; b < sizeof text; b++) hash = (hash ^ (unsigned char)text[b]) * 1099511628211u;
        int64_t at = (int64_t)(hash & (uint64_t)(n_slots - 1));
        while (slots[at] && memcmp(texts[slots[at] - 1], text, sizeof text) != 0) at = (at + 1) & (n_slots - 1);
        if (!slots[at]) {
            memcpy(texts[g.n], text, sizeof text);
            g.first[g.n] = i;
            slots[at] = ++g.n;
        }
        g.group[i] = slots[at] - 1;
    }
    free(slots);
    free(texts);
    return g;
}

static void grouping_free(grouping *g) {
    free(g->group);
    free(g->first);
}

static int order_of(lnt_value a, lnt_value b) {
    switch (a.type) {
    case LNT_BOOL:
        return a.as.b - b.as.b;
    case LNT_FLOAT:
        if (isnan(a.as.f) || isnan(b.as.f)) return isnan(a.as.f) - isnan(b.as.f);
        return (a.as.f > b.as.f) - (a.as.f < b.as.f);
    case LNT_STRING:
        return lnt_str_compare(a.as.s, b.as.s);
    case LNT_IP:
        return lnt_ip_compare(a.as.ip, b.as.ip);
    default:
        return (a.as.i > b.as.i) - (a.as.i < b.as.i);
    }
}

static int compare_values(const void *a, const void *b) {
    return order_of(*(const lnt_value *)a, *(const lnt_value *)b);
}

static lnt_value float_value(double f) {
    return (lnt_value){.type = LNT_FLOAT, .as.f = f};
}
static lnt_value int_value(int64_t i) {
    return (lnt_value){.type = LNT_INT, .as.i = i};
}

/// The naive result of one aggregate over the values (not null, in row order) of one group.
static lnt_value naive_median(const lnt_value *values, int64_t n) {
    lnt_value *sorted = malloc((size_t)n * sizeof *sorted);
    memcpy(sorted, values, (size_t)n * sizeof *sorted);
    qsort(sorted, (size_t)n, sizeof *sorted, compare_values);
    double low = values->type == LNT_INT ? (double)sorted[(n - 1) / 2].as.i : sorted[(n - 1) / 2].as.f;
    double high = values->type == LNT_INT ? (double)sorted[n / 2].as.i : sorted[n / 2].as.f;
    free(sorted);
    return float_value(low == high ? high + 0.0 : low / 2 + high / 2);
}

static int64_t naive_distinct(const lnt_value *values, int64_t n) {
    if (n == 0) return 0;
    lnt_value *sorted = malloc((size_t)n * sizeof *sorted);
    memcpy(sorted, values, (size_t)n * sizeof *sorted);
    qsort(sorted, (size_t)n, sizeof *sorted, compare_values);
    int64_t distinct = 1;
    for (int64_t i = 1; i < n; i++) distinct += order_of(sorted[i - 1], sorted[i]) != 0;
    free(sorted);
    return distinct;
}

/// The float sum as the engine defines it: morsel by morsel.
static double naive_sum(const lnt_value *values, const int64_t *rows, int64_t n) {
    double sum = 0, part = 0;
    int64_t morsel = 0;
    for (int64_t i = 0; i < n; i++) {
        if (rows[i] / MORSEL != morsel) {
            sum += part;
            part = 0;
            morsel = rows[i] / MORSEL;
        }
        part += values[i].as.f;
    }
    return sum + part;
}

static lnt_value naive_extreme(const lnt_value *values, int64_t n, bool min) {
    lnt_value best = values[0];
    for (int64_t i = 1; i < n; i++) {
        bool best_nan = best.type == LNT_FLOAT && isnan(best.as.f);
        bool nan = values[i].type == LNT_FLOAT && isnan(values[i].as.f);
        int order = order_of(values[i], best);
        if ((best_nan && !nan) || (!nan && (min ? order < 0 : order > 0))) best = values[i];
    }
    return best;
}

static lnt_value naive_result(const char *name, const lnt_value *values, const int64_t *rows, int64_t n,
                              lnt_type type) {
    lnt_type result = strcmp(name, "mean") == 0 || strcmp(name, "median") == 0 ? LNT_FLOAT : type;
    lnt_value null = {.type = result, .is_null = true};
    if (strcmp(name, "count") == 0) return int_value(n);
    if (strcmp(name, "count_distinct") == 0) return int_value(naive_distinct(values, n));
    bool sum = strcmp(name, "sum") == 0, mean = strcmp(name, "mean") == 0;
    if (n == 0 && sum) return type == LNT_FLOAT ? float_value(0) : int_value(0);
    if (n == 0) return null;
    if ((sum || mean) && type == LNT_FLOAT) {
        double s = naive_sum(values, rows, n);
        return float_value(mean ? s / (double)n : s);
    }
    if (sum || mean) {
        int64_t s = 0;
        for (int64_t i = 0; i < n; i++) s += type == LNT_BOOL ? values[i].as.b : values[i].as.i;
        return mean ? float_value((double)s / (double)n) : int_value(s);
    }
    if (strcmp(name, "median") == 0) return naive_median(values, n);
    if (strcmp(name, "first") == 0) return values[0];
    if (strcmp(name, "last") == 0) return values[n - 1];
    return naive_extreme(values, n, strcmp(name, "min") == 0);
}

static bool same_result(lnt_value a, lnt_value b) {
    if (a.type == LNT_FLOAT && b.type == LNT_FLOAT && !a.is_null && !b.is_null && isnan(a.as.f) && isnan(b.as.f))
        return true;
    return plans_same_bits(a, b);
}

/// Checks column `column` of the result, the aggregate `name` of the sample's column `arg` where `where` (a bool
/// column, -1: everywhere) is true.
static void check_aggregate(const sample *s, const grouping *g, const lnt_table *result, int64_t column,
                            const char *name, int64_t arg, int64_t where) {
    int64_t *starts = calloc((size_t)g->n + 2, 8), *rows = calloc((size_t)s->n_rows + 1, 8);
    lnt_value *values = calloc((size_t)s->n_rows + 1, sizeof *values);
    for (int64_t i = 0; i < s->n_rows; i++) starts[g->group[i] + 1]++;
    for (int64_t k = 0; k < g->n; k++) starts[k + 1] += starts[k];
    int64_t *next = calloc((size_t)g->n + 1, 8);
    for (int64_t i = 0; i < s->n_rows; i++) {
        const lnt_value *condition = where >= 0 ? &s->columns[where].values[i] : NULL;
        if (condition && (condition->is_null || !condition->as.b)) continue;
        if (s->columns[arg].values[i].is_null) continue;
        int64_t at = starts[g->group[i]] + next[g->group[i]]++;
        rows[at] = i;
        values[at] = s->columns[arg].values[i];
    }
    for (int64_t k = 0; k < g->n; k++) {
        lnt_value want = naive_result(name, values + starts[k], rows + starts[k], next[k], s->columns[arg].kind.type);
        bool same = same_result(lnt_column_get(lnt_table_column(result, column), k), want);
        CHECK_MSG(same, "%s of %s, group %" PRId64 " of %" PRId64, name, lnt_type_name(s->columns[arg].kind.type), k,
                  g->n);
        if (!same) break;
    }
    free(starts);
    free(rows);
    free(values);
    free(next);
}

static const char *const names[] = {"b", "i", "f", "s", "t", "ip", "k", "c"};

static sample all_types(int64_t n_rows, int64_t distinct, int null_percent, uint64_t seed) {
    model_kind kinds[] = {{LNT_BOOL, null_percent, 2},         {LNT_INT, null_percent, distinct},
                          {LNT_FLOAT, null_percent, distinct}, {LNT_STRING, null_percent, distinct},
                          {LNT_TIME, null_percent, distinct},  {LNT_IP, null_percent, distinct},
                          {LNT_INT, null_percent, 5},          {LNT_BOOL, null_percent, 2}};
    return sample_new(engines[0], names, kinds, 8, n_rows, seed);
}

/// Groups by some columns with every aggregate of one column, and checks everything.
static void check_group_by(const sample *s, const int64_t *keys, int64_t n_keys, int64_t arg, bool where) {
    static const char *const functions[] = {"count", "count_distinct", "min",   "max", "first", "last",
                                            "sum",   "mean",           "median"};
    lnt_type type = s->columns[arg].kind.type;
    int n = type == LNT_INT || type == LNT_FLOAT ? 9 : type == LNT_BOOL ? 8 : 6;
    const char *key_names[PLANS_MAX_COLUMNS], *definitions[10];
    char texts[9][64];
    for (int64_t k = 0; k < n_keys; k++) key_names[k] = names[keys[k]];
    for (int i = 0; i < n; i++) {
        snprintf(texts[i], sizeof texts[i], "r%d = %s(%s)%s", i, functions[i], names[arg], where ? " where c" : "");
        definitions[i] = texts[i];
    }
    definitions[n] = "n = count()";
    lnt_plan *plan = sample_plan(s);
    PLANS_STEP(plan, lnt_plan_aggregate(plan, key_names, n_keys, definitions, n + 1, NULL, out, err));
    lnt_table *result = plans_run(engines, plan, definitions[0]);
    lnt_plan_unref(plan);
    if (!result) return;
    grouping g = group_naively(s, keys, n_keys);
    if (n_keys == 0) g.n = 1;
    CHECK_INT(lnt_table_n_rows(result), g.n);
    for (int64_t k = 0; k < n_keys; k++)
        for (int64_t i = 0; i < g.n && i < lnt_table_n_rows(result); i++) {
            lnt_value want = s->columns[keys[k]].values[g.first[i]];
            if (want.type == LNT_FLOAT && want.as.f == 0) want.as.f = 0;
            bool same = same_result(lnt_column_get(lnt_table_column(result, k), i), want);
            CHECK_MSG(same, "key %s of group %" PRId64, names[keys[k]], i);
            if (!same) break;
        }
    for (int i = 0; i < n && lnt_table_n_rows(result) == g.n; i++)
        check_aggregate(s, &g, result, n_keys + i, functions[i], arg, where ? 7 : -1);
    grouping_free(&g);
    lnt_table_unref(result);
}

TEST(every_aggregate_of_every_type_agrees_with_a_row_loop) {
    static const int64_t lengths[] = {0, 1, 63, 64, 65, 5000};
    for (int l = 0; l < 6; l++)
        for (int nulls = 0; nulls <= 100; nulls += 50) {
            sample s = all_types(lengths[l], 40, nulls == 50 ? 20 : nulls, (uint64_t)l);
            for (int64_t arg = 0; arg < 6; arg++) {
                const int64_t key[] = {6};
                check_group_by(&s, key, 1, arg, false);
                check_group_by(&s, key, 1, arg, true);
                check_group_by(&s, key, 0, arg, arg % 2 == 0);
            }
            sample_free(&s);
        }
}

TEST(keys_of_every_type_and_their_pairs_group_alike) {
    sample s = all_types(3000, 30, 10, 7);
    for (int64_t a = 0; a < 7; a++) {
        check_group_by(&s, &a, 1, 1, false);
        for (int64_t b = 0; b < 7; b++) {
            const int64_t keys[] = {a, b};
            if (a != b) check_group_by(&s, keys, 2, 2, false);
        }
    }
    const int64_t many[] = {5, 3, 0, 1, 4, 2};
    check_group_by(&s, many, 6, 3, true);
    sample_free(&s);
}

TEST(tables_of_several_morsels_group_in_order_of_first_appearance) {
    sample s = all_types(200000, 1000, 5, 11);
    static const int64_t keys[][2] = {{3, 6}, {1, 0}, {5, 3}};
    for (int i = 0; i < 3; i++) check_group_by(&s, keys[i], 2, 2, false);
    const int64_t alone[] = {3};
    check_group_by(&s, alone, 1, 3, true);
    check_group_by(&s, alone, 0, 2, false);
    sample_free(&s);
}

TEST(almost_as_many_groups_as_rows_group_alike) {
    sample s = all_types(270000, 1000000, 3, 13);
    const int64_t whole[] = {1}, text[] = {3}, pair[] = {2, 5};
    check_group_by(&s, whole, 1, 2, false);
    check_group_by(&s, text, 1, 1, true);
    check_group_by(&s, pair, 2, 3, false);
    sample_free(&s);
}

TEST(keys_and_results_can_be_expressions) {
    sample s = all_types(1000, 50, 0, 17);
    const char *keys[] = {"m = k % 2"}, *definitions[] = {"n = count()", "r = sum(i) / count()", "d = max(i) - min(i)"};
    lnt_plan *plan = sample_plan(&s);
    PLANS_STEP(plan, lnt_plan_aggregate(plan, keys, 1, definitions, 3, NULL, out, err));
    lnt_table *result = plans_run(engines, plan, "expressions");
    lnt_plan_unref(plan);
    CHECK_INT(lnt_table_n_columns(result), 4);
    for (int64_t g = 0; g < lnt_table_n_rows(result); g++) {
        int64_t m = lnt_column_get(lnt_table_column(result, 0), g).as.i, n = 0, sum = 0;
        for (int64_t i = 0; i < s.n_rows; i++) {
            int64_t k = s.columns[6].values[i].as.i;
            if (((k % 2) + 2) % 2 != m) continue;
            n++;
            sum += s.columns[1].values[i].as.i;
        }
        CHECK_INT(lnt_column_get(lnt_table_column(result, 1), g).as.i, n);
        CHECK(lnt_column_get(lnt_table_column(result, 2), g).as.f == (double)sum / (double)n);
    }
    lnt_table_unref(result);
    sample_free(&s);
}

TEST(a_sum_that_leaves_64_bits_is_an_error_that_names_the_group) {
    static const char *const own_names[] = {"k", "x"};
    lnt_error failure = {0};
    lnt_column *columns[2];
    for (int c = 0; c < 2; c++) {
        lnt_column_builder *builder = NULL;
        CHECK_OK(lnt_column_builder_new(engines[0], LNT_INT, &builder, &failure), &failure);
        for (int i = 0; i < 4; i++)
            CHECK_OK(lnt_column_builder_append(builder, int_value(c ? INT64_MAX / (i < 2 ? 4 : 1) : i / 2), &failure),
                     &failure);
        CHECK_OK(lnt_column_builder_finish(builder, &columns[c], &failure), &failure);
        lnt_column_builder_free(builder);
    }
    lnt_table *table = NULL, *result = NULL;
    CHECK_OK(lnt_table_new(own_names, columns, 2, 4, &table, &failure), &failure);
    const char *key = "k", *definition = "s = sum(x)";
    lnt_plan *plan = NULL;
    CHECK_OK(lnt_plan_table(table, &plan, &failure), &failure);
    PLANS_STEP(plan, lnt_plan_aggregate(plan, &key, 1, &definition, 1, NULL, out, err));
    CHECK_INT(lnt_plan_run(engines[1], plan, &result, &failure), LNT_OVERFLOW);
    CHECK_STR(failure.message, "sum(x) doesn't fit in 64 bits in the group k = 1");
    lnt_plan_unref(plan);
    lnt_table_unref(table);
    for (int c = 0; c < 2; c++) lnt_column_unref(columns[c]);
}

TEST(mistakes_are_refused_when_the_plan_is_built) {
    sample s = all_types(10, 5, 0, 19);
    lnt_plan *plan = sample_plan(&s), *made = NULL;
    const char *key = "ss", *definition = "n = count()", *unnamed = "count()", *good = "s", *text_sum = "x = sum(s)";
    lnt_error err = {0};
    CHECK_INT(lnt_plan_aggregate(plan, &key, 1, &definition, 1, NULL, &made, &err), LNT_NAME);
    err = (lnt_error){0};
    CHECK_INT(lnt_plan_aggregate(plan, &good, 1, &unnamed, 1, NULL, &made, &err), LNT_SYNTAX);
    CHECK_STR(err.message, "an aggregate needs a name: write \"name = count()\"");
    err = (lnt_error){0};
    CHECK_INT(lnt_plan_aggregate(plan, &good, 1, &text_sum, 1, NULL, &made, &err), LNT_TYPE);
    lnt_plan_unref(plan);
    sample_free(&s);
}

TEST(no_allocation_that_fails_is_forgotten) {
    sample s = all_types(300, 20, 10, 23);
    static const char *const keys[] = {"s", "i", "ip"};
    static const char *const definitions[] = {"a = count()",     "b = count_distinct(s)", "c = median(f)",
                                              "d = min(s)",      "e = last(s)",           "f = sum(i) where c",
                                              "g = mean(i + k)", "h = count_distinct(ip)"};
    for (int64_t n_keys = 0; n_keys <= 3; n_keys++) {
        lnt_plan *plan = sample_plan(&s);
        PLANS_STEP(plan, lnt_plan_aggregate(plan, keys, n_keys, definitions, 8, NULL, out, err));
        plans_check_nomem(engines[0], plan, "group_by");
        lnt_plan_unref(plan);
    }
    sample_free(&s);
}

TEST(no_allocation_that_fails_among_many_groups_is_forgotten) {
    sample s = all_types(140000, 10000000, 0, 29);
    const char *keys[] = {"s", "i"}, *definitions[] = {"a = last(s)", "b = count_distinct(k)", "c = sum(f)"};
    lnt_plan *plan = sample_plan(&s);
    PLANS_STEP(plan, lnt_plan_aggregate(plan, keys, 2, definitions, 3, NULL, out, err));
    plans_check_nomem_every(engines[1], plan, 61, "group_by of many groups");
    lnt_plan_unref(plan);
    sample_free(&s);
}

TEST(many_groups_that_come_again_fit_in_little_memory) {
    lnt_engine *small = NULL;
    lnt_error failure = {0};
    // All 24 morsels at once need some 150 MB. At worst half of the limit is queued when eight more arrive at once.
    lnt_engine_options options = {.n_threads = 2, .memory_limit_bytes = 96 << 20};
    CHECK_OK(lnt_engine_new(&options, &small, &failure), &failure);
    model_kind kinds[] = {{LNT_INT, 1, 60000}, {LNT_FLOAT, 1, 1000}};
    sample s = sample_new(engines[0], names + 1, kinds, 2, 8000000, 37);
    const char *key = "i", *definitions[] = {"n = count()", "s = sum(f)", "m = max(f)"};
    lnt_plan *plan = sample_plan(&s);
    lnt_table *in_little = NULL, *in_plenty = NULL;
    PLANS_STEP(plan, lnt_plan_aggregate(plan, &key, 1, definitions, 3, NULL, out, err));
    CHECK_OK(lnt_plan_run(small, plan, &in_little, &failure), &failure);
    CHECK_OK(lnt_plan_run(engines[2], plan, &in_plenty, &failure), &failure);
    if (in_little && in_plenty) plans_check_same(in_little, in_plenty, "compacted");
    lnt_table_unref(in_little);
    lnt_table_unref(in_plenty);
    lnt_plan_unref(plan);
    sample_free(&s);
    lnt_engine_free(small);
}

/// Keys that are narrow in a table and wide behind a filter, which hides the table: the same groups in the same order.
TEST(narrow_keys_group_as_wide_ones_do_up_to_the_ends_of_their_range) {
    static const int64_t ends[][3] = {
        {INT8_MIN, INT8_MAX, 0}, {INT16_MIN, INT16_MAX, -1}, {INT32_MIN, INT32_MAX, 1}, {INT64_MIN, INT64_MAX, 0}};
    static const char *const columns_of[] = {"a", "b", "c", "d", "s", "t"};
    enum { ROWS = 140000 };
    for (int nulls = 0; nulls <= 10; nulls += 10) {
        lnt_column *columns[6];
        lnt_table *table = NULL;
        lnt_error failure = {0};
        for (int c = 0; c < 6; c++) {
            model m = model_new((model_kind){c < 4 ? LNT_INT : LNT_STRING, nulls, c == 4 ? 5 : 300}, ROWS, 90 + (uint64_t)c);
            for (int64_t i = 0; c < 4 && i < ROWS; i++) m.values[i].as.i = ends[c][lnt_hash_u64((uint64_t)(4 * i + c)) % 3];
            columns[c] = model_column(engines[0], &m);
            model_free(&m);
        }
        CHECK_OK(lnt_table_new(columns_of, columns, 6, ROWS, &table, &failure), &failure);
        for (int c = 0; c < 6; c++) lnt_column_unref(columns[c]);
        for (int64_t n_keys = 2; n_keys <= 6; n_keys++) {
            const char *definitions[] = {"rows = count()", "most = max(c)"};
            lnt_plan *narrow = NULL, *wide = NULL;
            CHECK_OK(lnt_plan_table(table, &narrow, &failure), &failure);
            CHECK_OK(lnt_plan_table(table, &wide, &failure), &failure);
            PLANS_STEP(wide, lnt_plan_filter(wide, "is_null(d) or d ~= 12345", NULL, out, err));
            PLANS_STEP(narrow, lnt_plan_aggregate(narrow, columns_of, n_keys, definitions, 2, NULL, out, err));
            PLANS_STEP(wide, lnt_plan_aggregate(wide, columns_of, n_keys, definitions, 2, NULL, out, err));
            lnt_table *a = plans_run(engines, narrow, "narrow keys"), *b = plans_run(engines, wide, "wide keys");
            CHECK(a && b && lnt_table_n_rows(a) >= 9);
            if (a && b) plans_check_same(a, b, "narrow and wide");
            lnt_table_unref(a);
            lnt_table_unref(b);
            lnt_plan_unref(narrow);
            lnt_plan_unref(wide);
        }
        lnt_table_unref(table);
    }
}

/// Few combinations of a table's keys have places; behind a filter, which hides the table, they are looked up.
TEST(groups_with_places_are_those_that_are_looked_up) {
    static const char *const keys[][4] = {{"s"}, {"k"}, {"b"}, {"k", "b"}, {"s", "k", "c", "b"}, {"k", "s"}};
    static const int64_t n_keys[] = {1, 1, 1, 2, 4, 2};
    static const char *const calls[] = {"n = count()",     "nf = count(f)",        "si = sum(i)",       "sf = sum(f)",
                                        "mi = mean(k)",    "mf = mean(f)",        "lo = min(i)",       "hi = max(t)",
                                        "hf = max(f)",     "v = stddev(f)",       "o = corr(f, i)",    "any = any(c)",
                                        "first = first(s)", "last = last(ip)",    "m = median(f)",     "l = list(s)",
                                        "d = count_distinct(ip)", "w = sum(f) where b", "u = mode(s)", "a = count_distinct_approx(t)"};
    for (int nulls = 0; nulls <= 10; nulls += 10) {
        sample s = all_types(400000, 90, nulls, 77);
        for (int i = 0; i < 6; i++) {
            lnt_plan *placed = sample_plan(&s), *looked_up = sample_plan(&s);
            PLANS_STEP(looked_up, lnt_plan_filter(looked_up, "is_null(f) or f ~= 1e300", NULL, out, err));
            PLANS_STEP(placed, lnt_plan_aggregate(placed, keys[i], n_keys[i], calls, 20, NULL, out, err));
            PLANS_STEP(looked_up, lnt_plan_aggregate(looked_up, keys[i], n_keys[i], calls, 20, NULL, out, err));
            lnt_table *a = plans_run(engines, placed, "placed"), *b = plans_run(engines, looked_up, "looked up");
            CHECK(a && b && lnt_table_n_rows(a) >= 2);
            if (a && b) plans_check_same(a, b, keys[i][0]);
            lnt_table_unref(a);
            lnt_table_unref(b);
            lnt_plan_unref(placed);
            lnt_plan_unref(looked_up);
        }
        sample_free(&s);
    }
}

/// Where hardly any two rows of a large table are of one group, its pieces don't look for them.
TEST(rows_that_hardly_repeat_are_grouped_all_the_same) {
    static const char *const columns[] = {"i", "k", "f"}, *const by[] = {"i", "k"};
    static const char *const calls[] = {"n = count()", "s = sum(k)", "a = first(f)", "z = last(f)", "hi = max(f)"};
    model_kind kinds[] = {{LNT_INT, 0, 30000000}, {LNT_INT, 5, 3}, {LNT_FLOAT, 5, 1000}};
    sample s = sample_new(engines[0], columns, kinds, 3, 1000000, 78);
    lnt_plan *apart = sample_plan(&s), *looked_up = sample_plan(&s);
    PLANS_STEP(looked_up, lnt_plan_filter(looked_up, "is_null(f) or f ~= 1e300", NULL, out, err));
    PLANS_STEP(apart, lnt_plan_aggregate(apart, by, 2, calls, 5, NULL, out, err));
    PLANS_STEP(looked_up, lnt_plan_aggregate(looked_up, by, 2, calls, 5, NULL, out, err));
    lnt_table *a = plans_run(engines, apart, "apart"), *b = plans_run(engines, looked_up, "looked up");
    CHECK(a && b && lnt_table_n_rows(a) > 900000 && lnt_table_n_rows(a) < 1000000);
    if (a && b) plans_check_same(a, b, "apart");
    lnt_table_unref(a);
    lnt_table_unref(b);
    lnt_plan_unref(apart);
    lnt_plan_unref(looked_up);
    sample_free(&s);
}

TEST(the_memory_limit_is_an_error_that_names_the_operator) {
    lnt_engine *small = NULL;
    lnt_error failure = {0};
    lnt_engine_options options = {.n_threads = 2, .memory_limit_bytes = 4 << 20};
    CHECK_OK(lnt_engine_new(&options, &small, &failure), &failure);
    sample s = all_types(140000, 10000000, 0, 31);
    const char *key = "s", *definition = "n = count()";
    lnt_plan *plan = sample_plan(&s);
    lnt_table *result = NULL;
    PLANS_STEP(plan, lnt_plan_aggregate(plan, &key, 1, &definition, 1, NULL, out, err));
    CHECK_INT(lnt_plan_run(small, plan, &result, &failure), LNT_LIMIT);
    CHECK_MSG(strstr(failure.message, "group_by") != NULL, "%s", failure.message);
    CHECK_INT(lnt_engine_memory_used(small), 0);
    lnt_plan_unref(plan);
    sample_free(&s);
    lnt_engine_free(small);
}

int main(int argc, char **argv) {
    for (int i = 0; i < 3; i++) engines[i] = plans_engine(i == 0 ? 1 : i == 1 ? 2 : 7);
    int status = check_main(argc, argv);
    for (int i = 0; i < 3; i++) lnt_engine_free(engines[i]);
    return status;
}
