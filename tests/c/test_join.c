/// @file test_join.c
/// Joins and concat against nested loops.
#include <math.h>

#include "plans.h"

static lnt_engine *engines[3];

static const char *const left_names[] = {"b", "i", "f", "s", "t", "ip", "k", "v"};
static const char *const right_names[] = {"b", "i", "f", "s", "t", "ip", "rk", "v"};

static sample one_side(const char *const *names, int64_t n_rows, int64_t distinct, int null_percent, uint64_t seed) {
    model_kind kinds[] = {{LNT_BOOL, null_percent, 2},         {LNT_INT, null_percent, distinct},
                          {LNT_FLOAT, null_percent, distinct}, {LNT_STRING, null_percent, distinct},
                          {LNT_TIME, null_percent, distinct},  {LNT_IP, null_percent, distinct},
                          {LNT_INT, null_percent, 5},          {LNT_INT, null_percent, 100000}};
    return sample_new(engines[0], names, kinds, 8, n_rows, seed);
}

/// Whether two keys match: null matches nothing, NaN matches NaN, int and float by their number.
static bool keys_match(lnt_value a, lnt_value b) {
    if (a.is_null || b.is_null) return false;
    if (a.type == LNT_INT && b.type == LNT_FLOAT) return b.as.f == (double)a.as.i;
    if (a.type == LNT_FLOAT && b.type == LNT_INT) return keys_match(b, a);
    if (a.type == LNT_FLOAT && isnan(a.as.f) && isnan(b.as.f)) return true;
    return model_same(a, b);
}

/// Pairs of rows that the join gives; -1: none on that side.
typedef struct pairs {
    int64_t *left, *right, n;
} pairs;

static pairs join_naively(const sample *l, const sample *r, const int64_t *lk, const int64_t *rk, int64_t n_keys,
                          lnt_join_kind kind) {
    pairs p = {malloc((size_t)((l->n_rows + 1) * (r->n_rows + 1) + r->n_rows) * 8),
               malloc((size_t)((l->n_rows + 1) * (r->n_rows + 1) + r->n_rows) * 8), 0};
    bool *matched = calloc((size_t)r->n_rows + 1, 1);
    for (int64_t i = 0; i < l->n_rows; i++) {
        int64_t before = p.n;
        for (int64_t j = 0; j < r->n_rows; j++) {
            bool match = true;
            for (int64_t k = 0; k < n_keys && match; k++)
                match = keys_match(l->columns[lk[k]].values[i], r->columns[rk[k]].values[j]);
            if (!match) continue;
            matched[j] = true;
            if (kind == LNT_JOIN_ANTI || (kind == LNT_JOIN_SEMI && p.n > before)) {
                before = kind == LNT_JOIN_ANTI ? -1 : before;
                continue;
            }
            p.left[p.n] = i;
            p.right[p.n++] = j;
        }
        bool alone = kind == LNT_JOIN_ANTI ? before >= 0 : p.n == before;
        if (!alone || kind == LNT_JOIN_INNER || kind == LNT_JOIN_SEMI) continue;
        p.left[p.n] = i;
        p.right[p.n++] = -1;
    }
    for (int64_t j = 0; kind == LNT_JOIN_OUTER && j < r->n_rows; j++)
        if (!matched[j]) {
            p.left[p.n] = -1;
            p.right[p.n++] = j;
        }
    free(matched);
    return p;
}

static lnt_value as_type(lnt_value value, lnt_type type) {
    if (value.type == LNT_INT && type == LNT_FLOAT)
        return (lnt_value){.type = LNT_FLOAT, .is_null = value.is_null, .as.f = value.is_null ? 0 : (double)value.as.i};
    return value;
}

/// What the join gives in column c of row i.
static lnt_value joined_value(const sample *l, const sample *r, const pairs *p, int64_t i, int64_t c, const int64_t *lk,
                              const int64_t *rk, int64_t n_keys, lnt_type type) {
    lnt_value null = {.type = type, .is_null = true};
    if (c < l->n_columns) {
        if (p->left[i] >= 0) return as_type(l->columns[c].values[p->left[i]], type);
        for (int64_t k = 0; k < n_keys; k++)
            if (lk[k] == c) return as_type(r->columns[rk[k]].values[p->right[i]], type);
        return null;
    }
    int64_t column = c - l->n_columns;
    for (int64_t at = 0; at <= column; at++)
        for (int64_t k = 0; k < n_keys; k++)
            if (rk[k] == at) {
                column++;
                break;
            }
    return p->right[i] < 0 ? null : r->columns[column].values[p->right[i]];
}

/// The left's rows in batches instead of a table in memory give the same.
static void check_batches(const sample *l, const lnt_plan *right, const char *const *left_keys,
                          const char *const *right_keys, int64_t n_keys, lnt_join_kind kind, const lnt_table *expected,
                          const char *what) {
    lnt_plan *plan = sample_plan(l);
    PLANS_STEP(plan, lnt_plan_filter(plan, "is_null(i) or i >= i", NULL, out, err));
    PLANS_STEP(plan, lnt_plan_join(plan, right, kind, left_keys, right_keys, n_keys, "_r", out, err));
    lnt_table *result = plans_run(engines, plan, what);
    lnt_plan_unref(plan);
    if (!result) return;
    CHECK(lnt_table_n_rows(result) == lnt_table_n_rows(expected));
    for (int64_t c = 0; c < lnt_table_n_columns(result); c++)
        for (int64_t i = 0; i < lnt_table_n_rows(result) && i < lnt_table_n_rows(expected); i++) {
            bool same = plans_same_bits(lnt_column_get(lnt_table_column(result, c), i),
                                        lnt_column_get(lnt_table_column(expected, c), i));
            CHECK_MSG(same, "%s in batches: column %" PRId64 ", row %" PRId64, what, c, i);
            if (!same) break;
        }
    lnt_table_unref(result);
}

static void check_join(const sample *l, const sample *r, const int64_t *lk, const int64_t *rk, int64_t n_keys,
                       lnt_join_kind kind) {
    const char *left_keys[PLANS_MAX_COLUMNS], *right_keys[PLANS_MAX_COLUMNS];
    for (int64_t k = 0; k < n_keys; k++) {
        left_keys[k] = left_names[lk[k]];
        right_keys[k] = right_names[rk[k]];
    }
    char what[64];
    snprintf(what, sizeof what, "join %d on %s, %" PRId64 " keys", (int)kind, left_keys[0], n_keys);
    lnt_plan *plan = sample_plan(l), *right = sample_plan(r);
    PLANS_STEP(plan, lnt_plan_join(plan, right, kind, left_keys, right_keys, n_keys, "_r", out, err));
    lnt_table *result = plans_run(engines, plan, what);
    if (result && (l->n_rows < 1000 || kind == LNT_JOIN_OUTER))
        check_batches(l, right, left_keys, right_keys, n_keys, kind, result, what);
    lnt_plan_unref(plan);
    lnt_plan_unref(right);
    if (!result) return;
    pairs p = join_naively(l, r, lk, rk, n_keys, kind);
    CHECK_MSG(lnt_table_n_rows(result) == p.n, "%s: %" PRId64 " rows, not %" PRId64, what, lnt_table_n_rows(result),
              p.n);
    for (int64_t c = 0; c < lnt_table_n_columns(result); c++)
        for (int64_t i = 0; i < p.n && i < lnt_table_n_rows(result); i++) {
            lnt_type type = lnt_schema_type(lnt_table_schema(result), c);
            lnt_value want = joined_value(l, r, &p, i, c, lk, rk, n_keys, type);
            bool same = plans_same_bits(lnt_column_get(lnt_table_column(result, c), i), want);
            CHECK_MSG(same, "%s: column %" PRId64 ", row %" PRId64, what, c, i);
            if (!same) break;
        }
    free(p.left);
    free(p.right);
    lnt_table_unref(result);
}

TEST(joins_of_every_kind_and_key_type_agree_with_nested_loops) {
    static const int64_t lengths[][2] = {{0, 0}, {0, 5}, {5, 0}, {1, 1}, {64, 65}, {300, 63}};
    for (int l = 0; l < 6; l++) {
        sample left = one_side(left_names, lengths[l][0], 30, 10, 1),
               right = one_side(right_names, lengths[l][1], 30, 10, 2);
        for (int64_t key = 0; key < 7; key++)
            for (int kind = 0; kind <= LNT_JOIN_OUTER; kind++)
                check_join(&left, &right, &key, &key, 1, (lnt_join_kind)kind);
        sample_free(&left);
        sample_free(&right);
    }
}

TEST(joins_on_several_keys_need_all_of_them) {
    sample left = one_side(left_names, 200, 8, 10, 3), right = one_side(right_names, 150, 8, 10, 4);
    static const int64_t keys[][3] = {{3, 6, 0}, {5, 0, 3}, {1, 4, 6}};
    for (int i = 0; i < 3; i++)
        for (int n = 2; n <= 3; n++)
            for (int kind = 0; kind <= LNT_JOIN_OUTER; kind++)
                check_join(&left, &right, keys[i], keys[i], n, (lnt_join_kind)kind);
    sample_free(&left);
    sample_free(&right);
}

TEST(int_and_float_keys_match_as_numbers) {
    sample left = one_side(left_names, 200, 50, 10, 5), right = one_side(right_names, 200, 350, 10, 6);
    const int64_t whole = 6, fraction = 2;
    for (int kind = 0; kind <= LNT_JOIN_OUTER; kind++) {
        check_join(&left, &right, &whole, &fraction, 1, (lnt_join_kind)kind);
        check_join(&left, &right, &fraction, &whole, 1, (lnt_join_kind)kind);
    }
    sample_free(&left);
    sample_free(&right);
}

TEST(a_unique_right_side_joins_large_tables_beside_each_other) {
    sample left = one_side(left_names, 150000, 40, 5, 7), right = one_side(right_names, 3, 1000000, 0, 8);
    const int64_t key = 6;
    for (int kind = 0; kind <= LNT_JOIN_OUTER; kind++) check_join(&left, &right, &key, &key, 1, (lnt_join_kind)kind);
    sample_free(&left);
    sample_free(&right);
}

/// Gives a side's times and last ints (nulls stay) numbers around `base`: each its own within `range`, in an order that
/// is none, or where `several`, some of them twice.
static void number_side(sample *s, const char *const *names, int64_t base, int64_t range, int64_t several) {
    lnt_column *columns[PLANS_MAX_COLUMNS];
    lnt_error err = {0};
    for (int64_t c = 0; c < s->n_columns; c++) {
        for (int64_t i = 0; (c == 4 || c == 6) && i < s->n_rows; i++) {
            lnt_value *value = &s->columns[c].values[i];
            int64_t number = several && i % several == several - 1 ? i - 1 : i; // 1021 and the range have no divisor
            if (!value->is_null) value->as.i = base + number * 1021 % range;
        }
        columns[c] = model_column(engines[0], &s->columns[c]);
    }
    lnt_table_unref(s->table);
    s->table = NULL;
    CHECK_OK(lnt_table_new(names, columns, s->n_columns, s->n_rows, &s->table, &err), &err);
    for (int64_t c = 0; c < s->n_columns; c++) lnt_column_unref(columns[c]);
}

TEST(numbers_of_records_find_their_rows_wherever_they_lie) {
    static const int64_t sizes[][3] = {{300, 200, 451}, {1, 300, 700}, {5, 140000, 280000}}; // left, right, range
    static const int64_t keys[] = {4, 6};
    for (int size = 0; size < 3; size++)
        for (int at = size < 2 ? 0 : 3; at < 4; at++) // the large one once: that workers share it is what counts
            for (int several = 0; several < 2; several++) {
                int64_t range = sizes[size][2];
                const int64_t bases[] = {0, -100, INT64_MIN, INT64_MAX - range};
                sample left = one_side(left_names, sizes[size][0], 50, 10, 21),
                       right = one_side(right_names, sizes[size][1], 50, 10, 22);
                number_side(&left, left_names, bases[at] + range / 10, range - range / 10, 0);
                number_side(&right, right_names, bases[at], range - range / 10, several ? sizes[size][1] - 1 : 0);
                for (int kind = 0; kind <= LNT_JOIN_OUTER; kind++)
                    check_join(&left, &right, &keys[at % 2], &keys[at % 2], 1, (lnt_join_kind)kind);
                sample_free(&left);
                sample_free(&right);
            }
}

TEST(several_matches_a_row_join_large_tables_in_the_order_of_the_left) {
    sample left = one_side(left_names, 140000, 2000, 5, 17), right = one_side(right_names, 60, 40, 5, 18);
    const int64_t key = 6;
    check_join(&left, &right, &key, &key, 1, LNT_JOIN_OUTER);
    sample_free(&left);
    sample_free(&right);
}

TEST(the_same_name_on_both_sides_gets_a_suffix_and_clashes_are_refused) {
    sample left = one_side(left_names, 5, 5, 0, 9), right = one_side(right_names, 5, 5, 0, 10);
    lnt_plan *l = sample_plan(&left), *r = sample_plan(&right), *made = NULL;
    const char *key = "s", *ip = "ip", *wrong = "ipp";
    lnt_error failure = {0};
    CHECK_OK(lnt_plan_join(l, r, LNT_JOIN_INNER, &key, &key, 1, NULL, &made, &failure), &failure);
    CHECK(lnt_schema_find(lnt_plan_schema(made), "v_right", -1) >= 0);
    CHECK(lnt_schema_find(lnt_plan_schema(made), "s_right", -1) < 0);
    lnt_plan_unref(made);
    CHECK_INT(lnt_plan_join(l, r, LNT_JOIN_INNER, &key, &ip, 1, NULL, &made, &failure), LNT_TYPE);
    CHECK_STR(failure.message, "can't join 's' (string) with 'ip' (ip): keys must be of one type "
                               "(on the right: derive \"ip = string(ip)\")");
    failure = (lnt_error){0};
    CHECK_INT(lnt_plan_join(l, r, LNT_JOIN_INNER, &key, &wrong, 1, NULL, &made, &failure), LNT_NAME);
    CHECK_STR(failure.message, "no column 'ipp' (did you mean 'ip'?)");
    lnt_plan_unref(l);
    lnt_plan_unref(r);
    sample_free(&left);
    sample_free(&right);
}

TEST(concat_puts_rows_under_each_other_by_name) {
    static const int64_t lengths[] = {0, 1, 140000};
    for (int n = 0; n < 3; n++) {
        sample top = one_side(left_names, lengths[n], 10, 10, 11), bottom = one_side(right_names, 100, 10, 10, 12);
        lnt_plan *a = sample_plan(&top), *b = sample_plan(&bottom), *c = NULL;
        lnt_error failure = {0};
        const lnt_plan *both[] = {a, b, a};
        CHECK_OK(lnt_plan_concat(both, 3, &c, &failure), &failure);
        lnt_table *result = plans_run(engines, c, "concat");
        CHECK_INT(lnt_table_n_rows(result), 2 * lengths[n] + 100);
        CHECK_INT(lnt_table_n_columns(result), 9);
        for (int64_t i = 0; i < lnt_table_n_rows(result); i++) {
            bool from_top = i < lengths[n] || i >= lengths[n] + 100;
            int64_t row = i < lengths[n] ? i : i < lengths[n] + 100 ? i - lengths[n] : i - lengths[n] - 100;
            lnt_value k = lnt_column_get(lnt_table_column(result, 6), i),
                      rk = lnt_column_get(lnt_table_column(result, 8), i);
            lnt_value s = lnt_column_get(lnt_table_column(result, 3), i);
            CHECK(model_same(s, (from_top ? &top : &bottom)->columns[3].values[row]));
            CHECK(from_top ? rk.is_null : k.is_null);
            CHECK(model_same(from_top ? k : rk, (from_top ? &top : &bottom)->columns[6].values[row]));
        }
        lnt_table_unref(result);
        lnt_plan_unref(a);
        lnt_plan_unref(b);
        lnt_plan_unref(c);
        sample_free(&top);
        sample_free(&bottom);
    }
}

TEST(concat_makes_int_and_float_one_float_and_refuses_other_mixes) {
    sample s = one_side(left_names, 50, 10, 10, 13);
    lnt_plan *a = sample_plan(&s), *b = sample_plan(&s), *c = NULL;
    const char *ints[] = {"x = i"}, *floats[] = {"x = f"}, *texts[] = {"x = s"};
    lnt_error failure = {0};
    PLANS_STEP(a, lnt_plan_select(a, ints, 1, NULL, out, err));
    PLANS_STEP(b, lnt_plan_select(b, floats, 1, NULL, out, err));
    const lnt_plan *both[] = {a, b};
    CHECK_OK(lnt_plan_concat(both, 2, &c, &failure), &failure);
    PLANS_STEP(c, lnt_plan_filter(c, "x > 0", NULL, out, err));
    lnt_table *result = plans_run(engines, c, "concat of int and float");
    CHECK_INT(lnt_schema_type(lnt_table_schema(result), 0), LNT_FLOAT);
    lnt_table_unref(result);
    lnt_plan_unref(c);
    lnt_plan *t = sample_plan(&s);
    PLANS_STEP(t, lnt_plan_select(t, texts, 1, NULL, out, err));
    const lnt_plan *mixed[] = {a, t};
    CHECK_INT(lnt_plan_concat(mixed, 2, &c, &failure), LNT_TYPE);
    CHECK_STR(failure.message, "can't concat: column 'x' is int in one input and string in another; make it text in each, "
                               "derive \"x = string(x)\"");
    lnt_plan_unref(t);
    lnt_plan_unref(a);
    lnt_plan_unref(b);
    sample_free(&s);
}

TEST(no_allocation_that_fails_is_forgotten) {
    sample left = one_side(left_names, 100, 20, 10, 15), right = one_side(right_names, 60, 20, 10, 16);
    static const char *const keys[] = {"s", "i"}, *const left_key[] = {"k"}, *const right_key[] = {"rk"};
    number_side(&right, right_names, 1, 97, 0);
    for (int kind = 0; kind <= LNT_JOIN_OUTER; kind++) {
        lnt_plan *plan = sample_plan(&left), *other = sample_plan(&right);
        PLANS_STEP(plan, lnt_plan_join(plan, other, (lnt_join_kind)kind, keys, keys, 2, NULL, out, err));
        plans_check_nomem(engines[0], plan, "join");
        const lnt_plan *both[] = {plan, other};
        PLANS_STEP(plan, lnt_plan_concat(both, 2, out, err));
        plans_check_nomem(engines[0], plan, "concat");
        lnt_plan_unref(plan);
        plan = sample_plan(&left);
        PLANS_STEP(plan, lnt_plan_join(plan, other, (lnt_join_kind)kind, left_key, right_key, 1, NULL, out, err));
        plans_check_nomem(engines[0], plan, "join by numbers");
        lnt_plan_unref(plan);
        lnt_plan_unref(other);
    }
    sample_free(&left);
    sample_free(&right);
}

TEST(a_join_that_fits_makes_no_file) {
    sample left = one_side(left_names, 5000, 50, 5, 19), right = one_side(right_names, 500, 500, 5, 20);
    lnt_engine *engine = plans_engine(2);
    static const char *const keys[] = {"i"};
    for (int kind = 0; kind <= LNT_JOIN_OUTER; kind++) {
        lnt_plan *plan = sample_plan(&left), *other = sample_plan(&right);
        lnt_table *result = NULL;
        lnt_error failure = {0};
        PLANS_STEP(other, lnt_plan_filter(other, "is_null(i) or i >= i", NULL, out, err));
        PLANS_STEP(plan, lnt_plan_join(plan, other, (lnt_join_kind)kind, keys, keys, 1, "_r", out, err));
        CHECK_OK(lnt_plan_run(engine, plan, &result, &failure), &failure);
        CHECK_INT(lnt_engine_spilled_files(engine), 0);
        lnt_table_unref(result);
        lnt_plan_unref(plan);
        lnt_plan_unref(other);
    }
    lnt_engine_free(engine);
    sample_free(&left);
    sample_free(&right);
}

int main(int argc, char **argv) {
    for (int i = 0; i < 3; i++) engines[i] = plans_engine(i == 0 ? 1 : i == 1 ? 2 : 7);
    int status = check_main(argc, argv);
    for (int i = 0; i < 3; i++) lnt_engine_free(engines[i]);
    return status;
}
