/// @file test_expression.c
/// Evaluation against a naive model that walks the tree for one row at a time; and every function, in every form of
/// vectors, against itself on single rows.
#include "expression_batch.h"

#include <math.h>

enum { ROUNDS_OF_ANYTHING = 20000 };

// ---- the naive model ----

/// A row's value, or that evaluating it fails.
typedef struct outcome {
    lnt_value value;
    bool fails;
} outcome;

static outcome model_eval(const lnt_expr *expr, const model_batch *model, int64_t row);

static bool named(const lnt_expr *expr, const char *name) {
    return lnt_str_equal(expr->name, lnt_str_from(name));
}

static double as_float(lnt_value value) {
    return value.type == LNT_INT ? (double)value.as.i : value.as.f;
}

static outcome number(double f) {
    return (outcome){value_float(f), false};
}
static const outcome failed = {.fails = true};

static outcome model_int(char op, int64_t x, int64_t y) {
    int64_t r = 0;
    switch (op) {
    case '+':
        return __builtin_add_overflow(x, y, &r) ? failed : (outcome){value_int(r), false};
    case '-':
        return __builtin_sub_overflow(x, y, &r) ? failed : (outcome){value_int(r), false};
    case '*':
        return __builtin_mul_overflow(x, y, &r) ? failed : (outcome){value_int(r), false};
    case 'd':
        if (y == 0 || (x == INT64_MIN && y == -1)) return failed;
        return (outcome){value_int(x / y - (x % y != 0 && (x < 0) != (y < 0))), false};
    case '%':
        if (y == 0) return failed;
        if (y == -1) return (outcome){value_int(0), false};
        r = x % y;
        return (outcome){value_int(r != 0 && (r < 0) != (y < 0) ? r + y : r), false};
    case '&':
        return (outcome){value_int(x & y), false};
    default:
        return (outcome){value_int(x | y), false};
    }
}

static outcome model_float(char op, double x, double y) {
    double rest;
    switch (op) {
    case '+':
        return number(x + y);
    case '-':
        return number(x - y);
    case '*':
        return number(x * y);
    case '/':
        return number(x / y);
    case 'd':
        return number(floor(x / y));
    case '^':
        return number(pow(x, y));
    default:
        rest = fmod(x, y);
        return number(rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest);
    }
}

static outcome model_arithmetic(const lnt_expr *expr, lnt_value x, lnt_value y) {
    char op = named(expr, "//") ? 'd' : expr->name.data[0];
    if (x.type == LNT_TIME && y.type == LNT_TIME) return number((double)(x.as.i - y.as.i) / 1e6);
    if (x.type == LNT_TIME)
        return (outcome){{.type = LNT_TIME, .as.i = x.as.i + (op == '-' ? -1 : 1) * y.as.i * 1000000}, false};
    if (x.type == LNT_INT && y.type == LNT_INT && op != '/' && op != '^') return model_int(op, x.as.i, y.as.i);
    return model_float(op, as_float(x), as_float(y));
}

/// An int against a float that isn't NaN: the whole part first, then whether there is a rest.
static int model_order_mixed(int64_t i, double f) {
    if (fabs(f) > 1e19) return f > 0 ? -1 : 1;
    __extension__ __int128 whole = (__int128)floor(f);
    return i != whole ? (i > whole ? 1 : -1) : f > floor(f) ? -1 : 0;
}

static int model_order(lnt_value x, lnt_value y, bool *unordered) {
    *unordered = false;
    if (x.type == LNT_INT && y.type == LNT_FLOAT && y.as.f == y.as.f) return model_order_mixed(x.as.i, y.as.f);
    if (y.type == LNT_INT && x.type == LNT_FLOAT && x.as.f == x.as.f) return -model_order_mixed(y.as.i, x.as.f);
    if (x.type == LNT_FLOAT || y.type == LNT_FLOAT) {
        double a = as_float(x), b = as_float(y);
        *unordered = a != a || b != b;
        return (a > b) - (a < b);
    }
    if (x.type == LNT_STRING) return lnt_str_compare(x.as.s, y.as.s);
    if (x.type == LNT_IP) return lnt_ip_compare(x.as.ip, y.as.ip);
    if (x.type == LNT_BOOL) return x.as.b - y.as.b;
    return (x.as.i > y.as.i) - (x.as.i < y.as.i);
}

static outcome model_compare(const lnt_expr *expr, lnt_value x, lnt_value y) {
    bool unordered;
    int order = model_order(x, y, &unordered);
    bool truth = named(expr, "==")   ? order == 0
                 : named(expr, "~=") ? order != 0
                 : named(expr, "<")  ? order < 0
                 : named(expr, "<=") ? order <= 0
                 : named(expr, ">")  ? order > 0
                                     : order >= 0;
    return (outcome){value_bool(unordered ? named(expr, "~=") : truth), false};
}

static outcome model_logic(const lnt_expr *expr, const model_batch *model, int64_t row) {
    bool deciding = named(expr, "or");
    outcome left = model_eval(expr->args[0], model, row);
    if (left.fails || (!left.value.is_null && left.value.as.b == deciding)) return left;
    outcome right = model_eval(expr->args[1], model, row);
    if (right.fails || (!right.value.is_null && right.value.as.b == deciding)) return right;
    return left.value.is_null ? left : right;
}

static outcome model_choice(const lnt_expr *expr, const model_batch *model, int64_t row) {
    if (named(expr, "if_else")) {
        outcome condition = model_eval(expr->args[0], model, row);
        if (condition.fails) return failed;
        return model_eval(expr->args[!condition.value.is_null && condition.value.as.b ? 1 : 2], model, row);
    }
    outcome out = {.value = value_null(LNT_NULL)};
    for (int64_t i = 0; i < expr->n_args; i++) {
        out = model_eval(expr->args[i], model, row);
        if (out.fails || !out.value.is_null) return out;
    }
    return out;
}

static outcome model_in(const lnt_expr *expr, const model_batch *model, int64_t row) {
    outcome x = model_eval(expr->args[0], model, row);
    bool found = false;
    for (int64_t i = 1; i < expr->n_args; i++) {
        outcome y = model_eval(expr->args[i], model, row);
        bool unordered;
        if (y.fails) x.fails = true;
        if (x.fails || x.value.is_null || y.value.is_null) continue;
        found |= model_order(x.value, y.value, &unordered) == 0 && !unordered;
    }
    return x.fails || x.value.is_null ? x : (outcome){value_bool(found), false};
}

static outcome model_unary(const lnt_expr *expr, lnt_value x) {
    if (named(expr, "is_null")) return (outcome){value_bool(x.is_null), false};
    if (x.is_null) return (outcome){x, false};
    if (named(expr, "not")) return (outcome){value_bool(!x.as.b), false};
    return x.type == LNT_INT ? model_int('-', 0, x.as.i) : number(-x.as.f);
}

static outcome model_call(const lnt_expr *expr, const model_batch *model, int64_t row) {
    if (named(expr, "and") || named(expr, "or")) return model_logic(expr, model, row);
    if (named(expr, "if_else") || named(expr, "coalesce")) return model_choice(expr, model, row);
    if (named(expr, "in")) return model_in(expr, model, row);
    outcome x = model_eval(expr->args[0], model, row);
    if (x.fails) return failed;
    if (expr->n_args == 1) return model_unary(expr, x.value);
    outcome y = model_eval(expr->args[1], model, row);
    if (y.fails) return failed;
    if (named(expr, "null_if")) {
        bool same = !x.value.is_null && !y.value.is_null && model_same(x.value, y.value);
        return same ? (outcome){value_null(x.value.type), false} : x;
    }
    if (x.value.is_null || y.value.is_null) return (outcome){value_null(LNT_NULL), false};
    if (strchr("=~<>", expr->name.data[0])) return model_compare(expr, x.value, y.value);
    return model_arithmetic(expr, x.value, y.value);
}

static outcome model_eval(const lnt_expr *expr, const model_batch *model, int64_t row) {
    if (expr->kind == LNT_EXPR_LITERAL) return (outcome){expr->value, false};
    if (expr->kind == LNT_EXPR_CALL) return model_call(expr, model, row);
    int column = 0;
    while (!named(expr, model_names[column])) column++;
    return (outcome){model->values[column][row], false};
}

// ---- random expressions of a type ----

static void grow(lnt_text *out, lnt_type type, int depth);

static void grow_call(lnt_text *out, const char *open, lnt_type a, const char *between, lnt_type b, int depth) {
    lnt_text_add(out, open, -1);
    grow(out, a, depth - 1);
    lnt_text_add(out, between, -1);
    grow(out, b, depth - 1);
    lnt_text_add(out, ")", -1);
}

static void grow_leaf(lnt_text *out, lnt_type type) {
    static const char *const literals[LNT_TYPE_COUNT][4] = {{0},
                                                            {"true", "false", "b", "c"},
                                                            {"9007199254740993", "3", "-1", "9223372036854775807"},
                                                            {"0.5", "9007199254740992.0", "1e300", "443.0"},
                                                            {"'a'", "''", "'evil.example.com'", "'zz'"},
                                                            {"t", "t", "t", "t"},
                                                            {"p", "p", "p", "p"}};
    static const char *const columns[LNT_TYPE_COUNT][2] = {{0},        {"b", "c"}, {"i", "j"}, {"f", "g"},
                                                           {"s", "u"}, {"t", "t"}, {"p", "p"}};
    if (model_below(25) == 0)
        lnt_text_add(out, "null", -1);
    else if (model_below(3))
        lnt_text_add(out, columns[type][model_below(2)], -1);
    else
        lnt_text_add(out, literals[type][model_below(4)], -1);
}

static void grow_bool(lnt_text *out, int depth) {
    static const char *const compares[] = {" == ", " ~= ", " < ", " <= ", " > ", " >= "};
    lnt_type type = (lnt_type)(1 + model_below(6)), other = type;
    switch (model_below(8)) {
    case 0:
        grow_call(out, "(", LNT_BOOL, " and ", LNT_BOOL, depth);
        break;
    case 1:
        grow_call(out, "(", LNT_BOOL, " or ", LNT_BOOL, depth);
        break;
    case 2:
        lnt_text_add(out, "(not (", -1);
        grow(out, LNT_BOOL, depth - 1);
        lnt_text_add(out, "))", -1);
        break;
    case 3:
        lnt_text_add(out, "is_null(", -1);
        grow(out, type, depth - 1);
        lnt_text_add(out, ")", -1);
        break;
    case 4:
        if (type == LNT_INT && model_below(2)) other = LNT_FLOAT;
        if (type == LNT_FLOAT && model_below(2)) other = LNT_INT;
        grow_call(out, "(", type, " in (", other, depth);
        for (int n = (int)model_below(2) * 12; n > 0; n--) {
            out->size--;
            lnt_text_add(out, ", ", -1);
            grow_leaf(out, model_below(2) ? type : other);
            lnt_text_add(out, ")", -1);
        }
        lnt_text_add(out, ")", -1);
        break;
    default:
        if (type == LNT_INT && model_below(3) == 0) other = LNT_FLOAT;
        if (type == LNT_FLOAT && model_below(3) == 0) other = LNT_INT;
        grow_call(out, "(", type, compares[model_below(6)], other, depth);
    }
}

static void grow(lnt_text *out, lnt_type type, int depth) {
    static const char *const int_ops[] = {" + ", " - ", " * ", " // ", " % ", " & ", " | "};
    static const char *const float_ops[] = {" + ", " - ", " * ", " / ", " // ", " % ", " ^ "};
    unsigned what = model_below(6);
    if (depth == 0) {
        grow_leaf(out, type);
    } else if (what == 0) {
        grow_call(out, "coalesce(", type, ", ", type, depth);
    } else if (what == 1) {
        lnt_text_add(out, "if_else(", -1);
        grow(out, LNT_BOOL, depth - 1);
        grow_call(out, ", ", type, ", ", type, depth);
    } else if (what == 2) {
        grow_call(out, "null_if(", type, ", ", type, depth);
    } else if (type == LNT_BOOL) {
        grow_bool(out, depth);
    } else if (type == LNT_INT) {
        grow_call(out, model_below(5) ? "(" : "(-", type, int_ops[model_below(7)], type, depth);
    } else if (type == LNT_FLOAT) {
        if (model_below(5) == 0)
            grow_call(out, "(", LNT_TIME, " - ", LNT_TIME, depth);
        else
            grow_call(out, "(", model_below(3) ? type : LNT_INT, float_ops[model_below(7)], type, depth);
    } else {
        grow_leaf(out, type);
    }
}

/// Evaluates `bound` over the batch and compares each selected row with the model; also the filter, for bool.
static void check_against_model(const char *text, const lnt_expr *expr, const lnt_bound *bound,
                                const model_batch *model) {
    lnt_evaluator *evaluator;
    lnt_error err = {0};
    lnt_vec out;
    CHECK_OK(lnt_evaluator_new(NULL, bound, &evaluator, &err), &err);
    bool fails = false;
    for (int64_t k = 0; k < model->batch.n_sel; k++) fails |= model_eval(expr, model, model_row(model, k)).fails;
    lnt_status status = lnt_evaluate(evaluator, &model->batch, &out, &err);
    if (fails) CHECK_MSG(status == LNT_OVERFLOW && strstr(err.message, "row "), "%s: %s", text, err.message);
    // Folding may take away what would have failed (x + null), so success where the model fails is the only leeway.
    else
        CHECK_MSG(status == LNT_OK, "%s: %s", text, err.message);
    for (int64_t k = 0; k < model->batch.n_sel && status == LNT_OK && !fails; k++) {
        int64_t row = model_row(model, k);
        lnt_value expected = model_eval(expr, model, row).value, actual = model_get(&out, row);
        bool same = model_same(expected, actual);
        CHECK_MSG(same, "%s: row %d is %s, not %s", text, (int)row, value_show(actual), value_show(expected));
        if (!same) break;
    }
    if (lnt_bound_type(bound) == LNT_BOOL && !fails) {
        uint32_t sel[MODEL_ROWS];
        int64_t n = 0, expected = 0;
        CHECK_OK(lnt_evaluate_filter(evaluator, &model->batch, sel, &n, &err), &err);
        for (int64_t k = 0; k < model->batch.n_sel; k++) {
            lnt_value truth = model_eval(expr, model, model_row(model, k)).value;
            if (truth.is_null || !truth.as.b) continue;
            CHECK_MSG(expected < n && sel[expected] == model_row(model, k), "%s: filter", text);
            expected++;
        }
        CHECK_MSG(n == expected, "%s: filter gives %d rows, not %d", text, (int)n, (int)expected);
    }
    lnt_evaluator_free(evaluator);
}

TEST(kernels_agree_with_a_row_by_row_model_in_every_form) {
    static const int64_t lengths[] = {0, 1, 2, 63, 64, 65, 128, MODEL_ROWS};
    static model_batch model;
    lnt_schema *schema = model_schema();
    for (int round = 0; round < 4000 && check_failures == 0; round++) {
        lnt_text text = {0};
        lnt_error err = {0};
        lnt_expr *expr = NULL;
        lnt_bound *bound = NULL;
        grow(&text, (lnt_type)(1 + model_below(6)), 1 + (int)model_below(4));
        CHECK_OK(lnt_expr_parse(text.data, text.size, &expr, &err), &err);
        lnt_status status = lnt_expr_bind(expr, (lnt_str){text.data, text.size}, schema, NULL, &bound, &err);
        CHECK_MSG(status == LNT_OK, "%s: %s", text.data, err.message);
        for (int i = 0; i < 3 && status == LNT_OK; i++) {
            model_fill(&model, lengths[model_below(8)]);
            check_against_model(text.data, expr, bound, &model);
            model_clear(&model);
        }
        lnt_bound_unref(bound);
        lnt_expr_free(expr);
        lnt_text_clear(&text);
    }
    lnt_schema_unref(schema);
}

// ---- every function: a batch against its rows one by one ----

static const char *const samples[] = {
    "lower(s)",
    "upper(u)",
    "trim(s)",
    "trim(s, 'ae')",
    "len(s)",
    "sub(s, 2)",
    "sub(s, j, 3)",
    "s:contains 'a'",
    "contains(s, u)",
    "starts_with(s, 'e', u)",
    "ends_with(s, '.com', 'b')",
    "find(s, '.')",
    "replace(s, '.', u)",
    "split_part(s, '.', j)",
    "like(s, '%.%')",
    "like(s, u)",
    "matches(s, '^[a-z]+')",
    "extract(s, '([0-9]+)')",
    "year(t)",
    "month(t)",
    "day(t)",
    "hour(t)",
    "minute(t)",
    "second(t)",
    "weekday(t)",
    "trunc(t, 'week')",
    "trunc(t, 'month')",
    "diff(t, '2021-09-01', 'month')",
    "format(t, '%Y-%m-%d %H:%M:%S.%f %j %V %a')",
    "try_parse_time(s, '%Y-%m-%d')",
    "within(p, '10.0.0.0/30', '2001:db8::1')",
    "is_private(p)",
    "is_global(p)",
    "version(p)",
    "prefix(p, 31)",
    "host_of(s)",
    "port_of(s)",
    "url_host(s)",
    "url_path(s)",
    "registered_domain(s)",
    "defang(s)",
    "refang(u)",
    "unescape(s)",
    "unescape(u, 'a')",
    "entropy(s)",
    "is_domain(s)",
    "is_url(s)",
    "hash_kind(s)",
    "abs(j)",
    "abs(f)",
    "floor(f)",
    "ceil(f)",
    "round(f)",
    "round(f, 1)",
    "sqrt(f)",
    "log(f)",
    "log(f, 2.0)",
    "log2(f)",
    "log10(f)",
    "exp(f)",
    "is_nan(f)",
    "least(i, j)",
    "greatest(f, g)",
    "least(s, u, 'm')",
    "greatest(t, '2021-09-01')",
    "least(p, '10.0.0.1')",
    "is_null(s)",
    "not_null(f)",
    "coalesce(s, u, 'x')",
    "coalesce(i, f)",
    "if_else(b, s, u)",
    "null_if(s, 'a')",
    "string(i)",
    "string(f)",
    "string(t)",
    "string(p)",
    "string(b)",
    "try_int(s)",
    "try_float(s)",
    "try_time(s)",
    "try_ip(s)",
    "try_bool(s)",
    "int(b)",
    "int(t)",
    "float(i)",
    "float(t)",
    "bool(i)",
    "s .. ':' .. i",
    "lower(s) == lower(u)",
    "len(lower(s)) > 3 and not is_domain(s)",
    "upper(coalesce(host_of(s), u))",
    "t + j",
    "t - 0.5",
    "2 ^ j",
    "i & j",
    "s in ('a', 'ab', '42')",
    "lower(s) not in ('b')",
    "p in ('10.0.0.1', '::1')",
    "t in ('2021-09-01')",
    "i in (j, 7)",
};

/// One row of the batch as a batch of its own, all columns flat.
static lnt_value single_row(lnt_evaluator *evaluator, const model_batch *model, int64_t row, lnt_status *status) {
    static lnt_value values[MODEL_COLUMNS];
    static const uint64_t no = 0;
    lnt_vec vecs[MODEL_COLUMNS], out = {0};
    for (int c = 0; c < MODEL_COLUMNS; c++) {
        values[c] = model->values[c][row];
        vecs[c] = (lnt_vec){.type = model_types[c], .data = &values[c].as, .valid = values[c].is_null ? &no : NULL};
    }
    lnt_batch batch = {.n_rows = 1, .n_sel = 1, .first_row = row, .n_columns = MODEL_COLUMNS, .columns = vecs};
    *status = lnt_evaluate(evaluator, &batch, &out, NULL);
    return *status == LNT_OK ? model_get(&out, 0) : value_null(LNT_NULL);
}

static void check_against_rows(const char *text, const lnt_schema *schema) {
    static model_batch model;
    lnt_error err = {0};
    lnt_bound *bound;
    lnt_evaluator *whole, *single;
    lnt_status status = bind_text(text, schema, NULL, &bound, &err);
    CHECK_MSG(status == LNT_OK, "%s: %s", text, err.message);
    if (status != LNT_OK) return;
    CHECK_OK(lnt_evaluator_new(NULL, bound, &whole, &err), &err);
    CHECK_OK(lnt_evaluator_new(NULL, bound, &single, &err), &err);
    for (int round = 0; round < 12; round++) {
        lnt_vec out;
        model_fill(&model, (int64_t[]){0, 1, 63, 64, 65, MODEL_ROWS}[round % 6]);
        for (int again = 0; again < 2; again++) { // the second time from the dictionary's cache
            lnt_status batch_status = lnt_evaluate(whole, &model.batch, &out, &err);
            for (int64_t k = 0; k < model.batch.n_sel; k++) {
                int64_t row = model_row(&model, k);
                lnt_value expected = single_row(single, &model, row, &status);
                CHECK_MSG(batch_status != LNT_OK || status == LNT_OK, "%s: only row %d fails", text, (int)row);
                if (batch_status != LNT_OK || status != LNT_OK) continue;
                lnt_value actual = model_get(&out, row);
                CHECK_MSG(model_same(actual, expected), "%s: row %d is %s, not %s", text, (int)row, value_show(actual),
                          value_show(expected));
            }
            lnt_error_init(&err);
        }
        model_clear(&model);
    }
    lnt_evaluator_free(single);
    lnt_evaluator_free(whole);
    lnt_bound_unref(bound);
}

TEST(every_function_gives_the_same_for_a_batch_as_for_its_rows) {
    lnt_schema *schema = model_schema();
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) check_against_rows(samples[i], schema);
    lnt_schema_unref(schema);
}

TEST(a_text_function_of_a_dictionary_gives_a_dictionary_of_distinct_texts) {
    lnt_error err = {0};
    lnt_schema *schema = model_schema();
    lnt_bound *bound;
    lnt_evaluator *evaluator;
    lnt_str texts[] = {{"A", 1}, {"a", 1}, {"B", 1}};
    lnt_column *dictionary = model_dictionary(texts, 3);
    uint32_t codes[] = {0, 1, 2, 2, 1, 0};
    uint64_t valid = 0x2f; // row 4 is null
    lnt_vec vecs[MODEL_COLUMNS] = {0}, out;
    vecs[6] = (lnt_vec){LNT_STRING, LNT_FORM_DICTIONARY, codes, &valid, dictionary};
    lnt_batch batch = {.n_rows = 6, .n_sel = 6, .n_columns = MODEL_COLUMNS, .columns = vecs};
    CHECK_OK(bind_text("lower(s)", schema, NULL, &bound, &err), &err);
    CHECK_OK(lnt_evaluator_new(NULL, bound, &evaluator, &err), &err);
    CHECK_OK(lnt_evaluate(evaluator, &batch, &out, &err), &err);
    CHECK(out.form == LNT_FORM_DICTIONARY && out.dictionary->length == 2);
    CHECK_STR(value_show(model_get(&out, 1)), "a");
    CHECK_STR(value_show(model_get(&out, 2)), "b");
    CHECK_STR(value_show(model_get(&out, 4)), "null");
    const lnt_column *first = out.dictionary;
    CHECK_OK(lnt_evaluate(evaluator, &batch, &out, &err), &err);
    CHECK(out.dictionary == first); // computed once
    lnt_evaluator_free(evaluator);
    lnt_bound_unref(bound);
    lnt_column_unref(dictionary);
    lnt_schema_unref(schema);
}

// ---- random texts ----

/// Random calls and operators over columns of any type; most don't bind, what does must evaluate or say why not.
static void grow_anything(lnt_text *out, int depth) {
    static const char *const leaves[] = {"s",  "u", "i",  "f",   "t",    "p",     "b",    "'a.b'",
                                         "''", "3", "-1", "0.5", "null", "'day'", "'%Y'", "'(a)'"};
    static const char *const operators[] = {" + ",  " - ",  " .. ", " == ", " < ", " and ",
                                            " or ", " // ", " % ",  " ^ ",  " & "};
    int64_t n_functions;
    const lnt_function_info *functions = lnt_functions(&n_functions);
    if (depth == 0 || model_below(4) == 0) {
        lnt_text_add(out, leaves[model_below(16)], -1);
        return;
    }
    bool call = model_below(3) != 0;
    lnt_text_addf(out, "%s(", call ? functions[model_below((unsigned)n_functions)].name : "");
    int n = call ? 1 + (int)model_below(3) : 2;
    for (int i = 0; i < n; i++) {
        if (i > 0) lnt_text_add(out, call ? ", " : operators[model_below(11)], -1);
        grow_anything(out, depth - 1);
    }
    lnt_text_add_char(out, ')');
}

TEST(whatever_binds_evaluates_or_says_why_not) {
    static model_batch model;
    lnt_schema *schema = model_schema();
    int bound_ones = 0;
    for (int round = 0; round < ROUNDS_OF_ANYTHING; round++) {
        lnt_text text = {0};
        lnt_error err = {0};
        lnt_bound *bound;
        grow_anything(&text, 1 + (int)model_below(3));
        if (bind_text(text.data, schema, NULL, &bound, &err) == LNT_OK) {
            lnt_evaluator *evaluator;
            lnt_vec out;
            model_fill(&model, 65);
            CHECK_OK(lnt_evaluator_new(NULL, bound, &evaluator, &err), &err);
            lnt_status status = lnt_evaluate(evaluator, &model.batch, &out, &err);
            CHECK_MSG(status == LNT_OK || (lnt_bound_can_fail(bound) && err.message[0]), "%s: %s", text.data,
                      err.message);
            for (int64_t k = 0; k < model.batch.n_sel && status == LNT_OK; k++)
                (void)value_show(model_get(&out, model_row(&model, k)));
            lnt_evaluator_free(evaluator);
            model_clear(&model);
            bound_ones++;
        } else {
            CHECK_MSG(err.message[0] && err.code != LNT_INTERNAL, "%s", text.data);
        }
        lnt_bound_unref(bound);
        lnt_text_clear(&text);
    }
    CHECK(bound_ones > ROUNDS_OF_ANYTHING / 50);
    lnt_schema_unref(schema);
}

// ---- failures ----

TEST(running_out_of_memory_is_an_error_wherever_it_happens) {
    static model_batch model;
    const char *text = "coalesce(lower(s), extract(u, '(a+)')) in ('a', 'b', 'c') or len(replace(u, 'a', $x)) > 3 and "
                       "p:within('10.0.0.0/8') or if_else(is_null(t), format(t, '%Y'), upper(s)) .. f == 'x'";
    lnt_param param = {.name = "x", .value = value_string("yy")};
    lnt_params params = {&param, 1};
    lnt_schema *schema = model_schema();
    model_fill(&model, 65);
    for (int64_t n = 0; n < 5000; n++) {
        lnt_error err = {0};
        lnt_bound *bound = NULL;
        lnt_evaluator *evaluator = NULL;
        lnt_vec out;
        lnt_alloc_fail_after(n);
        lnt_status status = bind_text(text, schema, &params, &bound, &err);
        if (status == LNT_OK) status = lnt_evaluator_new(NULL, bound, &evaluator, &err);
        if (status == LNT_OK) status = lnt_evaluate(evaluator, &model.batch, &out, &err);
        lnt_alloc_fail_after(-1);
        lnt_evaluator_free(evaluator);
        lnt_bound_unref(bound);
        if (status == LNT_OK) break;
        CHECK_MSG(status == LNT_NOMEM, "after %d allocations: %s", (int)n, err.message);
        CHECK(n < 4999);
    }
    model_clear(&model);
    lnt_schema_unref(schema);
}

TEST(a_failure_names_the_first_row_and_points_into_the_expression) {
    const char *text = "1 + int(s)";
    lnt_error err = {0};
    lnt_schema *schema = model_schema();
    lnt_bound *bound;
    lnt_evaluator *evaluator;
    lnt_str texts[] = {{"1", 1}, {"x1", 2}, {"2", 1}};
    lnt_vec vecs[MODEL_COLUMNS] = {0}, out;
    vecs[6] = (lnt_vec){.type = LNT_STRING, .data = texts};
    lnt_batch batch = {.n_rows = 3, .n_sel = 3, .first_row = 1000, .n_columns = MODEL_COLUMNS, .columns = vecs};
    CHECK_OK(bind_text(text, schema, NULL, &bound, &err), &err);
    CHECK_OK(lnt_evaluator_new(NULL, bound, &evaluator, &err), &err);
    CHECK_INT(lnt_evaluate(evaluator, &batch, &out, &err), LNT_VALUE);
    CHECK_STR(err.message, "row 1002: can't read 'x1' as int; try_int(x) gives null instead");
    CHECK_INT(err.at, 4);
    CHECK_INT(err.length, 6);
    lnt_error_init(&err);
    batch.sel = (uint32_t[]){0, 2};
    batch.n_sel = 2;
    CHECK_OK(lnt_evaluate(evaluator, &batch, &out, &err), &err);
    CHECK_INT(((const int64_t *)out.data)[2], 3);
    lnt_evaluator_free(evaluator);
    lnt_bound_unref(bound);
    lnt_schema_unref(schema);
}

int main(int argc, char **argv) {
    return check_main(argc, argv);
}
