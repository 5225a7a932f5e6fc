/// @file test_reshape.c
/// explode, sample and fill_null against row loops.
#include "plans.h"

static lnt_engine *engines[3];
static const char *const names[] = {"s", "i", "f", "t"};

static sample four_columns(int64_t n_rows, int null_percent, uint64_t seed) {
    model_kind kinds[] = {{LNT_STRING, null_percent, 40},
                          {LNT_INT, null_percent, 100},
                          {LNT_FLOAT, null_percent, 50},
                          {LNT_TIME, null_percent, 1000}};
    return sample_new(engines[0], names, kinds, 4, n_rows, seed);
}

/// Row `row` of the result must be the sample's row `from` with `piece` (NULL: null) in column 0.
static bool check_row(const sample *s, const lnt_table *result, int64_t row, int64_t from, const lnt_str *piece) {
    bool same = row < lnt_table_n_rows(result);
    for (int64_t c = 1; same && c < s->n_columns; c++)
        same = plans_same_bits(lnt_column_get(lnt_table_column(result, c), row), s->columns[c].values[from]);
    if (same) {
        lnt_value got = lnt_column_get(lnt_table_column(result, 0), row);
        same = piece ? !got.is_null && lnt_str_equal(got.as.s, *piece) : got.is_null;
    }
    CHECK_MSG(same, "row %" PRId64 ", of row %" PRId64, row, from);
    return same;
}

/// Explodes column s at `separator` and compares with a search for it at every byte.
static void check_explode(const sample *s, const char *separator) {
    lnt_plan *plan = sample_plan(s);
    PLANS_STEP(plan, lnt_plan_explode(plan, "s", separator, out, err));
    lnt_table *result = plans_run(engines, plan, separator);
    lnt_plan_unref(plan);
    int64_t row = 0, size = (int64_t)strlen(separator);
    bool same = result != NULL;
    for (int64_t i = 0; same && i < s->n_rows; i++) {
        lnt_value value = s->columns[0].values[i];
        if (value.is_null || value.as.s.size == 0) {
            same = check_row(s, result, row++, i, NULL);
            continue;
        }
        int64_t start = 0;
        for (int64_t at = 0; same && at <= value.as.s.size; at++) {
            bool end = at == value.as.s.size;
            bool found = at + size <= value.as.s.size && memcmp(value.as.s.data + at, separator, (size_t)size) == 0;
            if (!end && !found) continue;
            lnt_str piece = {value.as.s.data + start, at - start};
            same = check_row(s, result, row++, i, &piece);
            if (end) break;
            start = at + size;
            at = start - 1;
        }
    }
    if (same) CHECK_INT(lnt_table_n_rows(result), row);
    lnt_table_unref(result);
}

TEST(explode_gives_a_row_for_every_piece) {
    static const int64_t lengths[] = {0, 1, 63, 64, 65, 5000, 200000};
    static const char *const separators[] = {"-", "er-", "1", "not there"};
    for (int l = 0; l < 7; l++)
        for (int n = 0; n < 4; n++) {
            sample s = four_columns(lengths[l], l == 3 ? 100 : 15, (uint64_t)l);
            check_explode(&s, separators[n]);
            sample_free(&s);
        }
}

TEST(conditions_on_repeated_columns_pass_through_an_explode) {
    sample s = four_columns(3000, 10, 3);
    lnt_plan *plan = sample_plan(&s);
    char *text = NULL;
    lnt_error failure = {0};
    PLANS_STEP(plan, lnt_plan_explode(plan, "s", "-", out, err));
    PLANS_STEP(plan, lnt_plan_filter(plan, "i > 20 and s ~= 'a'", NULL, out, err));
    lnt_table_unref(plans_run(engines, plan, "filtered"));
    CHECK_OK(lnt_plan_explain(engines[0], plan, &text, &failure), &failure);
    const char *explode = strstr(text, "explode"), *condition = strstr(text, "i > 20");
    CHECK(explode && condition && explode < condition && strstr(text, "s ~= 'a'") < explode);
    lnt_text_free(text);
    lnt_plan_unref(plan);
    sample_free(&s);
}

/// The sample's rows must be a part of the table's rows in their order: found by walking along.
static int64_t check_sample(const sample *s, int64_t n, int64_t seed) {
    lnt_plan *plan = sample_plan(s);
    PLANS_STEP(plan, lnt_plan_derive(plan, (const char *[]){"f = 1.0"}, 1, NULL, out, err));
    PLANS_STEP(plan, lnt_plan_sample(plan, n, seed, out, err));
    lnt_table *result = plans_run(engines, plan, "sample");
    lnt_plan_unref(plan);
    int64_t want = n < s->n_rows ? n : s->n_rows, at = 0, sum = 0;
    CHECK_INT(lnt_table_n_rows(result), want);
    for (int64_t i = 0; i < lnt_table_n_rows(result); i++) {
        lnt_value time = lnt_column_get(lnt_table_column(result, 3), i);
        while (at < s->n_rows && !model_same(time, s->columns[3].values[at])) at++;
        sum += at * (i + 1) % 1000003;
        at++;
    }
    CHECK(at <= s->n_rows);
    lnt_table_unref(result);
    return sum;
}

TEST(a_sample_has_as_many_rows_as_asked_for_in_their_order_and_is_the_same_every_time) {
    static const int64_t lengths[] = {0, 1, 63, 64, 65, 5000, 200000}, wanted[] = {0, 1, 10, 64, 4999, 1000000};
    for (int l = 0; l < 7; l++) {
        sample s = four_columns(lengths[l], 10, (uint64_t)l + 50);
        for (int w = 0; w < 6; w++) CHECK_INT(check_sample(&s, wanted[w], 7), check_sample(&s, wanted[w], 7));
        if (lengths[l] >= 5000) CHECK(check_sample(&s, 64, 7) != check_sample(&s, 64, 8));
        sample_free(&s);
    }
}

TEST(fill_null_changes_nulls_only) {
    static const int64_t lengths[] = {0, 1, 63, 64, 65, 5000};
    static const char *const definitions[] = {"i = -5", "s = 'none'", "f = f / 2 + i"};
    for (int l = 0; l < 6; l++) {
        sample s = four_columns(lengths[l], 30, (uint64_t)l + 9);
        lnt_plan *plan = sample_plan(&s);
        PLANS_STEP(plan, lnt_plan_fill_null(plan, definitions, 3, NULL, out, err));
        lnt_table *result = plans_run(engines, plan, "fill_null");
        for (int64_t i = 0; i < s.n_rows; i++) {
            lnt_value text = s.columns[0].values[i], number = s.columns[1].values[i];
            lnt_value got_text = lnt_column_get(lnt_table_column(result, 0), i);
            lnt_value got = lnt_column_get(lnt_table_column(result, 1), i);
            CHECK(lnt_str_equal(got_text.as.s, text.is_null ? lnt_str_from("none") : text.as.s));
            CHECK_INT(got.as.i, number.is_null ? -5 : number.as.i);
            CHECK(model_same(lnt_column_get(lnt_table_column(result, 3), i), s.columns[3].values[i]));
        }
        lnt_table_unref(result);
        lnt_plan_unref(plan);
        sample_free(&s);
    }
}

TEST(mistakes_are_refused_when_the_plan_is_built) {
    sample s = four_columns(10, 0, 19);
    lnt_plan *plan = sample_plan(&s), *made = NULL;
    lnt_error err = {0};
    CHECK_INT(lnt_plan_explode(plan, "i", ",", &made, &err), LNT_TYPE);
    CHECK_STR(err.message, "explode splits a string, and 'i' is int");
    err = (lnt_error){0};
    CHECK_INT(lnt_plan_explode(plan, "s", "", &made, &err), LNT_ARGUMENT);
    err = (lnt_error){0};
    const char *unknown = "x = 1", *unnamed = "i";
    CHECK_INT(lnt_plan_fill_null(plan, &unknown, 1, NULL, &made, &err), LNT_NAME);
    err = (lnt_error){0};
    CHECK_INT(lnt_plan_fill_null(plan, &unnamed, 1, NULL, &made, &err), LNT_SYNTAX);
    CHECK_STR(err.message, "fill_null replaces nulls: write \"column = value\", not \"i\"");
    lnt_plan_unref(plan);
    sample_free(&s);
}

TEST(no_allocation_that_fails_is_forgotten) {
    sample s = four_columns(300, 10, 23);
    const char *definition = "i = 7";
    lnt_plan *plan = sample_plan(&s);
    PLANS_STEP(plan, lnt_plan_fill_null(plan, &definition, 1, NULL, out, err));
    PLANS_STEP(plan, lnt_plan_explode(plan, "s", "-", out, err));
    PLANS_STEP(plan, lnt_plan_sample(plan, 100, 3, out, err));
    plans_check_nomem(engines[0], plan, "reshape");
    lnt_plan_unref(plan);
    sample_free(&s);
}

int main(int argc, char **argv) {
    for (int i = 0; i < 3; i++) engines[i] = plans_engine(i == 0 ? 1 : i == 1 ? 2 : 7);
    int status = check_main(argc, argv);
    for (int i = 0; i < 3; i++) lnt_engine_free(engines[i]);
    return status;
}
