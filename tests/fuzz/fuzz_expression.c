// The expression language: a text is refused with a reason, or it is a tree whose text is a tree of the same text; and
// what can be bound gives the same rows with and without the optimiser.
#include "fuzz.h"
#include "outcomes.h"
#include "plans.h"

static lnt_engine *engine;
static lnt_table *rows;

static lnt_table *make_rows(void) {
    static const char *const names[] = {"b", "i", "f", "s", "t", "p"};
    static const model_kind kinds[] = {{LNT_BOOL, 20, 2},   {LNT_INT, 20, 9},   {LNT_FLOAT, 20, 20},
                                       {LNT_STRING, 20, 9}, {LNT_TIME, 20, 30}, {LNT_IP, 20, 30}};
    sample s = sample_new(engine, names, kinds, 6, 65, 1);
    for (int64_t c = 0; c < s.n_columns; c++) model_free(&s.columns[c]);
    return s.table;
}

/// What is written for a tree; the caller frees it.
static char *text_of(const lnt_expr *expr, size_t *size) {
    *size = lnt_expr_format(expr, NULL, 0);
    char *text = malloc(*size + 1);
    CHECK_INT(lnt_expr_format(expr, text, *size + 1), *size);
    return text;
}

static bool check_format(const char *text, size_t size) {
    lnt_error err = {0};
    lnt_expr *expr = NULL, *again = NULL;
    if (lnt_expr_parse(text, (int64_t)size, &expr, &err) != LNT_OK) {
        CHECK(err.message[0]);
        return false;
    }
    size_t first_size, second_size;
    char *first = text_of(expr, &first_size);
    CHECK_OK(lnt_expr_parse(first, (int64_t)first_size, &again, &err), &err);
    if (again) {
        char *second = text_of(again, &second_size);
        CHECK_MSG(first_size == second_size && memcmp(first, second, first_size) == 0, "%s\n%s", first, second);
        free(second);
    }
    free(first);
    lnt_expr_free(again);
    lnt_expr_free(expr);
    return true;
}

/// Runs the plan in both ways. What fails in one may succeed in the other, which computes less.
static void check_run(const lnt_plan *plan) {
    lnt_error err = {0};
    lnt_table *plain = NULL, *optimised = NULL;
    lnt_status a = lnt_plan_run_unoptimised(engine, plan, &plain, &err);
    lnt_status b = lnt_plan_run(engine, plan, &optimised, &err);
    if (a == LNT_OK && b == LNT_OK) CHECK(same_tables(plain, optimised, false));
    if (a == LNT_OK) CHECK_OK(b, &err);
    lnt_table_unref(plain);
    lnt_table_unref(optimised);
}

static void check_plans(const char *text) {
    lnt_error err = {0};
    lnt_plan *table = NULL, *kept = NULL, *derived = NULL, *grouped = NULL;
    static const char *const keys[] = {"i"};
    char *definition = malloc(strlen(text) + 8);
    sprintf(definition, "x = %s", text);
    const char *definitions[] = {definition};
    CHECK_OK(lnt_plan_table(rows, &table, &err), &err);
    if (lnt_plan_filter(table, text, NULL, &kept, &err) == LNT_OK) check_run(kept);
    if (lnt_plan_derive(table, definitions, 1, NULL, &derived, &err) == LNT_OK) check_run(derived);
    if (lnt_plan_aggregate(table, keys, 1, definitions, 1, NULL, &grouped, &err) == LNT_OK) check_run(grouped);
    lnt_plan_unref(grouped);
    lnt_plan_unref(derived);
    lnt_plan_unref(kept);
    lnt_plan_unref(table);
    free(definition);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!engine) engine = fuzz_engine(1), rows = make_rows();
    int64_t before = lnt_engine_memory_used(engine);
    char *text = malloc(size + 1);
    if (size) memcpy(text, data, size);
    text[size] = 0;
    if (check_format(text, size) && strlen(text) == size) check_plans(text);
    free(text);
    CHECK_INT(lnt_engine_memory_used(engine), before);
    if (check_failures) abort();
    return 0;
}
