/// @file test_evidence.c
/// Pairs of rows and classes: facts known by hand, nothing of the future, and no memory.
#include "learn_tables.h"
#include "lunette/evidence.h"

static const char *const t_port_y[] = {"t", "port", "y"};
static const char *const port[] = {"port"};
static const lnt_history_key keys[] = {{.name = "port", .columns = port, .n_columns = 1}};
static const int64_t DAY = 86400000000;

/// Rows of days, ports and classes.
static lnt_table *days(lnt_engine *engine, const int64_t *t, const int64_t *ports, const char *classes, int64_t n) {
    lnt_column_builder *builder = NULL;
    lnt_column *times = NULL;
    CHECK_OK(lnt_column_builder_new(engine, LNT_TIME, &builder, &err), &err);
    for (int64_t i = 0; i < n; i++) {
        CHECK_OK(lnt_column_builder_append(builder, (lnt_value){.type = LNT_TIME, .as.i = t[i] * DAY}, &err), &err);
    }
    CHECK_OK(lnt_column_builder_finish(builder, &times, &err), &err);
    lnt_column_builder_free(builder);
    lnt_column *columns[] = {times, ints(engine, ports, n), letters(engine, classes, n)};
    return table_of(t_port_y, columns, 3);
}

static lnt_evidence_options options_of(void) {
    return (lnt_evidence_options){.target = "y", .time = "t", .keys = keys, .n_keys = 1, .recent_days = 1, .long_days = 2,
                                  .from_us = INT64_MIN, .to_us = INT64_MAX, .others = 1, .drawn = 1};
}

static double fact(const lnt_table *pairs, const char *name, int64_t i) {
    int64_t at = lnt_schema_find(lnt_table_schema(pairs), name, -1);
    CHECK(at >= 0);
    lnt_value value = lnt_column_get(lnt_table_column(pairs, at), i);
    return value.type == LNT_FLOAT ? value.as.f : value.type == LNT_INT ? (double)value.as.i : value.as.b;
}

TEST(facts_are_those_known_by_hand) {
    lnt_engine *engine = engine_of(1);
    const int64_t t[] = {0, 0, 2, 4}, ports[] = {1, 1, 2, 1};
    lnt_table *table = days(engine, t, ports, "abaa", 4), *pairs = NULL;
    lnt_evidence_options options = options_of();
    CHECK_OK(lnt_evidence_pairs(engine, table, &options, &pairs, &err), &err);
    // the first two rows know nothing; the third and the fourth are paired with a and b
    CHECK_INT(lnt_table_n_rows(pairs), 4);
    CHECK(fact(pairs, "(row)", 2) == 4 && fact(pairs, "(row)", 3) == 4);
    CHECK(fact(pairs, "(hit)", 2) == 1 && fact(pairs, "(hit)", 3) == 0);
    // on day 4 port 1 had a and b four days ago, all had a two days ago, too; half-lives are one and two days
    double all_a = 0.25 + 0.5, all_b = 0.25, part = (all_a + 1) / (all_a + all_b + 2);
    CHECK(fabs(fact(pairs, "all_share", 2) - part) < 1e-9);
    CHECK(fabs(fact(pairs, "port_share", 2) - (0.25 + 2 * part) / (0.5 + 2)) < 1e-9);
    CHECK(fabs(fact(pairs, "port_lift", 2) - (0.25 + 0.1 * 0.5 / 1) / (all_a + 0.1)) < 1e-9);
    double recent = (1.0 / 16 + 0.25 + 1) / (1.0 / 8 + 0.25 + 2);
    CHECK(fabs(fact(pairs, "all_recent_share", 2) - recent) < 1e-9);
    CHECK(fabs(fact(pairs, "port_rows", 3) - log1p(0.5)) < 1e-9);
    CHECK(fact(pairs, "port_age", 3) == 4 && fact(pairs, "all_age", 2) == 2 && fact(pairs, "port_age", 2) == 4);
    CHECK(isnan(fact(pairs, "port_age", 0))); // port 2 had nothing
    lnt_table_unref(pairs);
    options.has_cut = true;
    options.cut_us = DAY;
    CHECK_OK(lnt_evidence_pairs(engine, table, &options, &pairs, &err), &err);
    CHECK(fact(pairs, "all_age", 2) == 1); // counted from the cut
    lnt_table_unref(pairs);
    options.has_cut = false;
    options.step_us = 5 * DAY; // all rows are of one step: nothing is known before it
    CHECK_OK(lnt_evidence_pairs(engine, table, &options, &pairs, &err), &err);
    CHECK_INT(lnt_table_n_rows(pairs), 0);
    lnt_table_unref(pairs);
    lnt_table_unref(table);
    lnt_engine_free(engine);
}

TEST(shares_come_back_by_row_and_class) {
    lnt_engine *engine = engine_of(1);
    const int64_t t[] = {0, 0, 2, 4}, ports[] = {1, 1, 2, 1};
    const double p[] = {0.2, 0.6, 0.1, 0.3};
    lnt_table *table = days(engine, t, ports, "abaa", 4), *pairs = NULL, *shares = NULL, *mixed = NULL;
    lnt_evidence_options options = options_of();
    CHECK_OK(lnt_evidence_pairs(engine, table, &options, &pairs, &err), &err);
    lnt_column *column = floats(engine, p, 4), *classes = NULL, *probabilities = NULL;
    CHECK_OK(lnt_evidence_shares(engine, pairs, column, 4, &shares, &err), &err);
    CHECK(fact(shares, "a", 0) == 0 && fact(shares, "b", 0) == 0);
    CHECK(fabs(fact(shares, "a", 2) - 0.25) < 1e-12 && fabs(fact(shares, "b", 3) - 0.75) < 1e-12);
    CHECK_OK(lnt_shares_decide(engine, shares, &classes, &probabilities, &err), &err);
    CHECK(lnt_column_get(classes, 0).is_null && lnt_column_get(classes, 3).as.s.data[0] == 'b');
    const lnt_table *both[] = {shares, shares};
    const double weights[] = {1, 3}, wrong[] = {1, 0};
    CHECK_OK(lnt_shares_mix(engine, both, weights, 2, 1, &mixed, &err), &err);
    CHECK(fabs(fact(mixed, "b", 3) - 0.75) < 1e-12);
    lnt_table *none = NULL;
    lnt_error e = {0};
    CHECK_INT(lnt_shares_mix(engine, both, wrong, 2, 1, &none, &e), LNT_ARGUMENT);
    e = (lnt_error){0};
    CHECK_INT(lnt_evidence_shares(engine, pairs, column, 2, &none, &e), LNT_VALUE); // pairs of rows past the last
    lnt_column_unref(column);
    lnt_column_unref(classes);
    lnt_column_unref(probabilities);
    lnt_table_unref(mixed);
    lnt_table_unref(shares);
    lnt_table_unref(pairs);
    lnt_table_unref(table);
    lnt_engine_free(engine);
}

TEST(without_memory_evidence_fails_cleanly) {
    lnt_engine *engine = engine_of(1);
    const int64_t t[] = {0, 0, 2, 4}, ports[] = {1, 1, 2, 1};
    const double p[] = {0.2, 0.6, 0.1, 0.3};
    lnt_table *table = days(engine, t, ports, "abaa", 4);
    lnt_column *column = floats(engine, p, 4);
    lnt_evidence_options options = options_of();
    for (int64_t n = 0; n < 10000; n++) {
        lnt_table *pairs = NULL, *shares = NULL, *mixed = NULL;
        const double one = 1;
        lnt_alloc_fail_after(n);
        lnt_status status = lnt_evidence_pairs(engine, table, &options, &pairs, NULL);
        if (status == LNT_OK) status = lnt_evidence_shares(engine, pairs, column, 4, &shares, NULL);
        if (status == LNT_OK) status = lnt_shares_mix(engine, (const lnt_table *const *)&shares, &one, 1, 1, &mixed, NULL);
        lnt_alloc_fail_after(-1);
        lnt_table_unref(pairs);
        lnt_table_unref(shares);
        lnt_table_unref(mixed);
        if (status == LNT_OK) break;
        CHECK_INT(status, LNT_NOMEM);
    }
    lnt_column_unref(column);
    lnt_table_unref(table);
    lnt_engine_free(engine);
}

int main(int argc, char **argv) {
    return check_main(argc, argv);
}
