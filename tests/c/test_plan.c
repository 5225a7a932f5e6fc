/// @file test_plan.c
/// Building plans, optimising them without changing what they give, and explaining them.
#include "base/engine.h"
#include "plan/plan.h"
#include "plans.h"

static lnt_engine *engines[3];

static const char *const names[] = {"b", "i", "f", "s", "t", "ip", "k", "u"};

static sample all_types(int64_t n_rows, uint64_t seed) {
    model_kind kinds[] = {{LNT_BOOL, 10, 2}, {LNT_INT, 10, 40}, {LNT_FLOAT, 10, 30}, {LNT_STRING, 10, 20},
                          {LNT_TIME, 10, 9}, {LNT_IP, 10, 30},  {LNT_INT, 10, 5},    {LNT_STRING, 10, 100000}};
    return sample_new(engines[0], names, kinds, 8, n_rows, seed);
}

/// The message of a failed call.
#define CHECK_REFUSED(call, status, message_)                                                                          \
    do {                                                                                                               \
        lnt_error err = {0};                                                                                           \
        lnt_plan *out = NULL;                                                                                          \
        CHECK_INT(call(&out, &err), status);                                                                           \
        CHECK_STR(err.message, message_);                                                                              \
        CHECK(out == NULL);                                                                                            \
    } while (0)

static lnt_plan *given;

#define REFUSED(name, builder, ...)                                                                                    \
    static lnt_status name(lnt_plan **out, lnt_error *err) {                                                           \
        return builder(given, __VA_ARGS__, out, err);                                                                  \
    }
static const char *const unknown[] = {"ipp"}, *const twice[] = {"k", "k"}, *const nameless[] = {"i + 1"},
                         *const clash[] = {"b"}, *const one[] = {"k"}, *const nothing[] = {"x = null"};
REFUSED(select_unknown, lnt_plan_drop, unknown, 1)
REFUSED(drop_twice, lnt_plan_drop, twice, 2)
REFUSED(select_nameless, lnt_plan_select, nameless, 1, NULL)
REFUSED(derive_nameless, lnt_plan_derive, nameless, 1, NULL)
REFUSED(derive_name, lnt_plan_derive, one, 1, NULL)
REFUSED(derive_null, lnt_plan_derive, nothing, 1, NULL)
REFUSED(rename_clash, lnt_plan_rename, one, clash, 1)
REFUSED(filter_int, lnt_plan_filter, "i + 1", NULL)
REFUSED(distinct_unknown, lnt_plan_distinct, unknown, 1)

TEST(mistakes_are_refused_at_once_with_what_to_try) {
    sample s = all_types(10, 1);
    given = sample_plan(&s);
    CHECK_REFUSED(select_unknown, LNT_NAME, "no column 'ipp' (did you mean 'ip'?)");
    CHECK_REFUSED(drop_twice, LNT_NAME, "column 'k' is named twice");
    CHECK_REFUSED(select_nameless, LNT_SYNTAX, "a column of select needs a name: write \"name = i + 1\"");
    CHECK_REFUSED(derive_nameless, LNT_SYNTAX, "a column of derive needs a name: write \"name = i + 1\"");
    CHECK_REFUSED(derive_name, LNT_SYNTAX, "derive makes columns: write \"name = expression\", not \"k\"");
    CHECK_REFUSED(derive_null, LNT_TYPE, "column 'x' would be null without a type (give it one, as in string(null))");
    CHECK_REFUSED(filter_int, LNT_TYPE, "filter needs a condition (bool), but this is int");
    CHECK_REFUSED(distinct_unknown, LNT_NAME, "no column 'ipp' (did you mean 'ip'?)");
    lnt_error err = {0};
    lnt_plan *out = NULL;
    CHECK_INT(rename_clash(&out, &err), LNT_NAME);
    lnt_plan_unref(given);
    sample_free(&s);
}

TEST(derive_replaces_in_place_appends_at_the_end_and_sees_earlier_definitions) {
    sample s = all_types(100, 2);
    lnt_plan *plan = sample_plan(&s);
    const char *definitions[] = {"k = k + 1", "d = k * 2", "e = d + i", "k = k + 1", "j = i"};
    PLANS_STEP(plan, lnt_plan_derive(plan, definitions, 5, NULL, out, err));
    const lnt_schema *schema = lnt_plan_schema(plan);
    CHECK_INT(lnt_schema_n_columns(schema), 11);
    CHECK_STR(lnt_schema_name(schema, 6), "k");
    CHECK_STR(lnt_schema_name(schema, 8), "d");
    lnt_table *result = plans_run(engines, plan, "derive");
    for (int64_t i = 0; i < 100; i++) {
        lnt_value k = s.columns[6].values[i], d = lnt_column_get(lnt_table_column(result, 8), i);
        CHECK(d.is_null == k.is_null && (k.is_null || d.as.i == (k.as.i + 1) * 2));
        lnt_value again = lnt_column_get(lnt_table_column(result, 6), i);
        CHECK(k.is_null || again.as.i == k.as.i + 2);
    }
    lnt_table_unref(result);
    lnt_plan_unref(plan);
    sample_free(&s);
}

// ---- random plans ----

static uint64_t dice;

static int64_t roll(int64_t n) {
    return (int64_t)(model_random(&dice) % (uint64_t)n);
}

/// A condition over whatever columns of these names are left; the last ones can fail.
static const char *const conditions[] = {"i > 3",
                                         "k ~= 2 and i < 30",
                                         "s ~= 'v3'",
                                         "b",
                                         "f < 3.5 or k == 1",
                                         "not b",
                                         "ip is_null",
                                         "k in (1, 2, 3)",
                                         "true",
                                         "i > k",
                                         "s > 'a' and k >= 0",
                                         "i // k > 0",
                                         "100 % k == 0",
                                         "b and k == null",
                                         "k == 1 and i // k > 0",
                                         "k_right == 1",
                                         "i_right > 3 and k > 1",
                                         "s_right ~= 'v3'"};
static const char *const definitions[] = {"i = i + k",  "k = k * 2", "d = i * 2", "s = s .. 'x'", "f = f / 2",
                                          "x = i // k", "b = not b", "d = k",     "y = f + i",    "i = k"};

static bool step(lnt_plan **plan, const sample *other);

/// Joins by order, with names on the right that are those of the left.
static lnt_status match_step(const lnt_plan *in, const lnt_plan *right, lnt_plan **made, lnt_error *failure) {
    static const char *const by[] = {"k", "s"}, *const ordered[] = {"i", "f", "t", "k"};
    const char *on = ordered[roll(4)];
    lnt_join_kind kind = (lnt_join_kind)roll(4);
    lnt_asof_options asof = {(lnt_asof_direction)roll(3), roll(2), roll(2), (double)roll(20)};
    lnt_range_options range = {roll(2), roll(2)};
    switch (roll(3)) {
    case 0:
        return lnt_plan_asof_join(in, right, kind, on, on, by, by, roll(3), &asof, NULL, made, failure);
    case 1:
        return lnt_plan_range_join(in, right, kind, on, on, roll(3) ? on : "k", &range, NULL, made, failure);
    default:
        break;
    }
    lnt_plan *networks = NULL;
    const char *network[] = {"ip = ip", "network = string(ip) .. '/9'"};
    lnt_status status = lnt_plan_select(right, network, 2, NULL, &networks, failure);
    if (status == LNT_OK) status = lnt_plan_cidr_join(in, networks, kind, "ip", "network", &range, NULL, made, failure);
    lnt_plan_unref(networks);
    return status;
}

/// Joins, concats or aggregates.
static lnt_status wide_step(const lnt_plan *in, const sample *other, int64_t kind, lnt_plan **made,
                            lnt_error *failure) {
    lnt_plan *right = sample_plan(other);
    lnt_status status;
    const char *key = roll(2) ? "k" : "s", *keys[] = {roll(2) ? "k" : "s", "b"};
    static const char *const aggregates[] = {"n = count()",         "i = sum(i) where k > 1", "f = mean(f)",
                                             "m = max(s)",          "q = median(i)",          "c = count_distinct(s)",
                                             "a = first(t) where b"};
    if (roll(2)) step(&right, other);
    PLANS_STEP(right, lnt_plan_slice(right, 0, 40, out, err));
    const lnt_plan *both[] = {in, right};
    if (kind == 0)
        status = lnt_plan_join(in, right, (lnt_join_kind)roll(5), &key, &key, 1, NULL, made, failure);
    else if (kind == 1)
        status = lnt_plan_concat(both, 2, made, failure);
    else if (kind == 2)
        status = match_step(in, right, made, failure);
    else
        status = lnt_plan_aggregate(in, keys, roll(3), aggregates, 1 + roll(7), NULL, made, failure);
    lnt_plan_unref(right);
    return status;
}

/// How many rows there are, in every row.
static lnt_status made_column(void *context, const lnt_table *rows, lnt_column **out, lnt_error *err) {
    lnt_value n = {.type = LNT_INT, .as.i = lnt_table_n_rows(rows)};
    (void)context;
    return lnt_column_constant(engines[0], LNT_INT, n, lnt_table_n_rows(rows), out, err);
}

/// Verbs that change the shape: windows, pieces of texts, samples, values for nulls.
static lnt_status shape_step(const lnt_plan *in, lnt_plan **made, lnt_error *failure) {
    static const char *const by[] = {"k", "b"}, *const order[] = {"-i", "s"};
    static const char *const windows[] = {"w = i - lag(i)", "r = row_number()", "c = cumcount(f)", "d = lead(s, 2)",
                                          "m = rolling_max(t, 3)"};
    static const char *const nulls[] = {"k = 0", "s = 'none'", "f = float(i)"};
    static const lnt_map map = {made_column, NULL, NULL, "by the test"};
    switch (roll(5)) {
    case 4:
        return lnt_plan_map(in, roll(2) ? "made" : "k", LNT_INT, &map, made, failure);
    case 0:
        return lnt_plan_window(in, by, roll(3), order, roll(3), windows + roll(3), 1 + roll(3), NULL, made, failure);
    case 1:
        return lnt_plan_explode(in, "s", "-", made, failure);
    case 2:
        return lnt_plan_sample(in, roll(200), roll(5), made, failure);
    default:
        return lnt_plan_fill_null(in, nulls + roll(3), 1, NULL, made, failure);
    }
}

/// Puts a random operator on top; false if it doesn't fit the columns there.
static bool step(lnt_plan **plan, const sample *other) {
    lnt_error err = {0};
    lnt_plan *in = *plan, *out = NULL;
    lnt_status status = LNT_OK;
    const char *few[] = {"k", "s", "i"}, *sort_keys[] = {roll(2) ? "-k" : "k", roll(2) ? "-f" : "s"};
    const char *definition = definitions[roll(10)], *from = "u", *to = "renamed";
    switch (roll(14)) {
    case 0:
    case 1:
    case 2:
        status = lnt_plan_filter(in, conditions[roll(18)], NULL, &out, &err);
        break;
    case 3:
    case 4:
        status = lnt_plan_derive(in, &definition, 1, NULL, &out, &err);
        break;
    case 5:
        status = roll(2) ? lnt_plan_select(in, few, 1 + roll(3), NULL, &out, &err)
                         : lnt_plan_drop(in, few, 1 + roll(2), &out, &err);
        break;
    case 6:
        status = lnt_plan_rename(in, &from, &to, 1, &out, &err);
        break;
    case 7:
        status = lnt_plan_sort(in, sort_keys, 1 + roll(2), NULL, &out, &err);
        break;
    case 8:
        status = lnt_plan_slice(in, roll(3) ? roll(50) : -roll(80) - 1, roll(4) ? roll(60) : -1, &out, &err);
        break;
    case 9:
        status = lnt_plan_distinct(in, few, roll(3), &out, &err);
        break;
    case 10:
    case 11:
        status = wide_step(in, other, roll(4), &out, &err);
        break;
    case 12:
        status = shape_step(in, &out, &err);
        break;
    default:
        status = roll(4) ? LNT_NAME : lnt_plan_count(in, &out, &err);
        break;
    }
    if (status != LNT_OK) {
        CHECK_MSG(status == LNT_NAME || status == LNT_TYPE || status == LNT_SYNTAX, "%s", err.message);
        return false;
    }
    lnt_plan_unref(in);
    *plan = out;
    return true;
}

/// Both ways of running must agree, but for a failure that the optimiser may have saved the plan from.
static void check_random_plan(const sample *a, const sample *b, uint64_t seed) {
    dice = seed;
    lnt_plan *plan = sample_plan(a);
    for (int64_t n = roll(8); n > 0; n--) step(&plan, b);
    lnt_error err_as_is = {0}, err_optimised = {0};
    lnt_table *as_is = NULL, *optimised = NULL;
    lnt_status s1 = lnt_plan_run_unoptimised(engines[0], plan, &as_is, &err_as_is);
    lnt_status s2 = lnt_plan_run(engines[1 + seed % 2], plan, &optimised, &err_optimised);
    char what[64];
    snprintf(what, sizeof what, "random plan %" PRIu64, seed);
    CHECK_MSG(s2 == LNT_OK || s1 != LNT_OK, "%s: only the optimised plan failed: %s", what, err_optimised.message);
    bool same = true;
    if (s1 == LNT_OK && s2 == LNT_OK) same = plans_check_same(as_is, optimised, what);
    char *text = NULL;
    lnt_error err = {0};
    CHECK_OK(lnt_plan_explain(engines[0], plan, &text, &err), &err);
    if (!same || (s1 == LNT_OK && s2 != LNT_OK)) fprintf(stderr, "%s", text);
    lnt_text_free(text);
    lnt_table_unref(as_is);
    lnt_table_unref(optimised);
    lnt_plan_unref(plan);
}

TEST(optimised_plans_give_what_the_plans_as_written_give) {
    sample a = all_types(300, 3), b = all_types(100, 4);
    const char *more = getenv("LUNETTE_TEST_PLANS"); // for a longer search: how many
    uint64_t n = more ? strtoull(more, NULL, 10) : 8000;
    for (uint64_t seed = 1; seed <= n && check_failures < 10; seed++) check_random_plan(&a, &b, seed);
    sample_free(&a);
    sample_free(&b);
}

// ---- what the optimiser does ----

static void check_explained(lnt_plan *plan, const char *expected) {
    lnt_error err = {0};
    char *text = NULL;
    CHECK_OK(lnt_plan_explain(engines[0], plan, &text, &err), &err);
    CHECK_STR(text, expected);
    lnt_text_free(text);
}

TEST(conditions_and_columns_go_into_the_scan) {
    sample s = all_types(10, 5);
    lnt_plan *plan = sample_plan(&s);
    const char *derived = "d = i * 2", *key = "s", *n = "n = count()", *sort = "-n";
    PLANS_STEP(plan, lnt_plan_filter(plan, "k > 1 and true", NULL, out, err));
    PLANS_STEP(plan, lnt_plan_derive(plan, &derived, 1, NULL, out, err));
    PLANS_STEP(plan, lnt_plan_filter(plan, "i < 4", NULL, out, err));
    PLANS_STEP(plan, lnt_plan_aggregate(plan, &key, 1, &n, 1, NULL, out, err));
    PLANS_STEP(plan, lnt_plan_sort(plan, &sort, 1, NULL, out, err));
    PLANS_STEP(plan, lnt_plan_slice(plan, 0, 3, out, err));
    check_explained(plan, "top 3 by n descending\n"
                          "  aggregate n = count() by s (may spill)\n"
                          "    select s\n"
                          "      scan table: table of 10 rows, 8 columns\n"
                          "          columns 3 of 8: i, s, k\n"
                          "          filter k > 1 and i < 4\n");
    lnt_plan_unref(plan);
    sample_free(&s);
}

TEST(a_condition_on_one_side_of_a_join_goes_there) {
    sample s = all_types(10, 6);
    lnt_plan *left = sample_plan(&s), *right = sample_plan(&s);
    const char *key = "s", *items[] = {"i", "k_right"};
    PLANS_STEP(left, lnt_plan_join(left, right, LNT_JOIN_INNER, &key, &key, 1, NULL, out, err));
    PLANS_STEP(left, lnt_plan_filter(left, "i > 1 and k_right == 2", NULL, out, err));
    PLANS_STEP(left, lnt_plan_select(left, items, 2, NULL, out, err));
    check_explained(left, "select i, k_right\n"
                          "  join on s = s (may spill)\n"
                          "    scan table: table of 10 rows, 8 columns\n"
                          "        columns 2 of 8: i, s\n"
                          "        filter i > 1\n"
                          "    scan table: table of 10 rows, 8 columns\n"
                          "        columns 2 of 8: s, k\n"
                          "        filter k == 2\n");
    lnt_plan_unref(left);
    lnt_plan_unref(right);
    sample_free(&s);
}

TEST(a_condition_that_can_fail_stays_where_it_sees_no_other_rows) {
    sample s = all_types(10, 7);
    const char *key = "k";
    lnt_plan *plan = sample_plan(&s);
    PLANS_STEP(plan, lnt_plan_distinct(plan, &key, 1, out, err));
    PLANS_STEP(plan, lnt_plan_filter(plan, "10 // k > 2", NULL, out, err));
    check_explained(plan, "filter 10 // k > 2\n"
                          "  distinct k (may spill)\n"
                          "    scan table: table of 10 rows, 8 columns\n"
                          "        columns 8 of 8: b, i, f, s, t, ip, k, u\n");
    lnt_plan_unref(plan);
    sample_free(&s);
}

TEST(a_count_reads_no_column_and_a_false_condition_reads_nothing) {
    sample s = all_types(10, 8);
    const char *derived = "d = i * 2", *key = "i";
    lnt_plan *plan = sample_plan(&s);
    PLANS_STEP(plan, lnt_plan_derive(plan, &derived, 1, NULL, out, err));
    PLANS_STEP(plan, lnt_plan_sort(plan, &key, 1, NULL, out, err));
    PLANS_STEP(plan, lnt_plan_count(plan, out, err));
    check_explained(plan, "count\n"
                          "  scan table: table of 10 rows, 8 columns\n"
                          "      columns 0 of 8\n");
    lnt_plan_unref(plan);
    plan = sample_plan(&s);
    PLANS_STEP(plan, lnt_plan_filter(plan, "i > 1 and 1 > 2", NULL, out, err));
    lnt_table *result = plans_run(engines, plan, "never");
    CHECK_INT(lnt_table_n_rows(result), 0);
    CHECK_INT(lnt_table_n_columns(result), 8);
    lnt_table_unref(result);
    lnt_plan_unref(plan);
    sample_free(&s);
}

TEST(projections_on_top_of_each_other_become_one) {
    sample s = all_types(10, 9);
    const char *derived = "d = i * 2", *from = "d", *to = "e", *items[] = {"e", "k"};
    lnt_plan *plan = sample_plan(&s);
    PLANS_STEP(plan, lnt_plan_derive(plan, &derived, 1, NULL, out, err));
    PLANS_STEP(plan, lnt_plan_rename(plan, &from, &to, 1, out, err));
    PLANS_STEP(plan, lnt_plan_select(plan, items, 2, NULL, out, err));
    check_explained(plan, "select e = i * 2, k\n"
                          "  scan table: table of 10 rows, 8 columns\n"
                          "      columns 2 of 8: i, k\n");
    lnt_plan_unref(plan);
    sample_free(&s);
}

TEST(a_table_passes_through_plain_columns_without_a_copy) {
    sample s = all_types(10, 10);
    const char *items[] = {"s", "k"};
    lnt_plan *plan = sample_plan(&s);
    lnt_table *result = NULL;
    lnt_error failure = {0};
    PLANS_STEP(plan, lnt_plan_select(plan, items, 2, NULL, out, err));
    CHECK_OK(lnt_plan_run(engines[0], plan, &result, &failure), &failure);
    CHECK(lnt_table_column(result, 0) == lnt_table_column(s.table, 3));
    lnt_table_unref(result);
    lnt_plan_unref(plan);
    sample_free(&s);
}

static lnt_status wrong_column(void *context, const lnt_table *rows, lnt_column **out, lnt_error *err) {
    (void)context;
    return lnt_column_constant(engines[0], LNT_BOOL, (lnt_value){.type = LNT_BOOL}, lnt_table_n_rows(rows), out, err);
}

static void note_release(void *context) {
    ++*(int *)context;
}

TEST(a_mapped_column_is_held_against_what_was_announced_and_its_context_goes_with_the_last_plan) {
    sample s = all_types(10, 12);
    int released = 0;
    lnt_map wrong = {wrong_column, note_release, &released, "wrongly"},
            right = {made_column, note_release, &released, "by"};
    lnt_plan *plan = sample_plan(&s);
    PLANS_STEP(plan, lnt_plan_map(plan, "x", LNT_INT, &wrong, out, err));
    lnt_table *result = NULL;
    lnt_error failure = {0};
    CHECK_INT(lnt_plan_run(engines[0], plan, &result, &failure), LNT_SHAPE);
    CHECK_STR(failure.message, "map 'x': the function gave 10 values of type bool, not 10 of type int");
    lnt_plan_unref(plan);
    CHECK_INT(released, 1);
    plan = sample_plan(&s);
    PLANS_STEP(plan, lnt_plan_map(plan, "x", LNT_INT, &right, out, err));
    plans_check_nomem(engines[0], plan, "map");
    lnt_plan_unref(plan);
    CHECK_INT(released, 2);
    sample_free(&s);
}

TEST(no_allocation_that_fails_while_building_or_optimising_is_forgotten) {
    sample s = all_types(50, 11);
    lnt_plan *table = sample_plan(&s);
    const char *derived[] = {"d = i * 2", "e = d + 1"}, *key = "s", *definition = "n = sum(e) / count()";
    for (int64_t n = 0;; n++) {
        lnt_error err = {0};
        lnt_plan *a = NULL, *b = NULL, *c = NULL, *d = NULL;
        char *text = NULL;
        lnt_alloc_fail_after(n);
        lnt_status status = lnt_plan_derive(table, derived, 2, NULL, &a, &err);
        if (status == LNT_OK) status = lnt_plan_filter(a, "e > 2 and k > 0 and 1 < 2", NULL, &b, &err);
        if (status == LNT_OK) status = lnt_plan_aggregate(b, &key, 1, &definition, 1, NULL, &c, &err);
        if (status == LNT_OK) status = lnt_plan_join(c, a, LNT_JOIN_LEFT, &key, &key, 1, NULL, &d, &err);
        if (status == LNT_OK) status = lnt_plan_explain(engines[0], d, &text, &err);
        lnt_alloc_fail_after(-1);
        lnt_text_free(text);
        lnt_plan_unref(a);
        lnt_plan_unref(b);
        lnt_plan_unref(c);
        lnt_plan_unref(d);
        if (status == LNT_OK) break;
        CHECK_MSG(status == LNT_NOMEM && err.code == LNT_NOMEM, "allocation %" PRId64 ": %s", n, err.message);
        if (status != LNT_NOMEM) break;
    }
    const char *project = "x = i + 1";
    lnt_plan *plan = lnt_plan_ref(table);
    PLANS_STEP(plan, lnt_plan_filter(plan, "k > 0", NULL, out, err));
    PLANS_STEP(plan, lnt_plan_derive(plan, &project, 1, NULL, out, err));
    plans_check_nomem(engines[0], plan, "filter and derive");
    lnt_plan_unref(plan);
    lnt_plan_unref(table);
    sample_free(&s);
}

int main(int argc, char **argv) {
    for (int i = 0; i < 3; i++) engines[i] = plans_engine(i == 0 ? 1 : i == 1 ? 2 : 7);
    int status = check_main(argc, argv);
    for (int i = 0; i < 3; i++) lnt_engine_free(engines[i]);
    return status;
}
