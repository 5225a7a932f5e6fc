/// @file expression_model.h
/// What the tests of expressions share: a small input with every type, and evaluation to text.
#ifndef LUNETTE_TESTS_EXPRESSION_MODEL_H
#define LUNETTE_TESTS_EXPRESSION_MODEL_H

#include "base/memory.h"
#include "check.h"
#include "column/value_text.h"
#include "expr/aggregate.h"
#include "expr/binder.h"

static inline lnt_value value_null(lnt_type type) {
    return (lnt_value){.type = type, .is_null = true};
}
static inline lnt_value value_int(int64_t i) {
    return (lnt_value){.type = LNT_INT, .as.i = i};
}
static inline lnt_value value_float(double f) {
    return (lnt_value){.type = LNT_FLOAT, .as.f = f};
}
static inline lnt_value value_bool(bool b) {
    return (lnt_value){.type = LNT_BOOL, .as.b = b};
}
static inline lnt_value value_string(const char *s) {
    return (lnt_value){.type = LNT_STRING, .as.s = lnt_str_from(s)};
}

/// A value of `type` from its text; "null" is null.
static inline lnt_value value_from(lnt_type type, const char *text) {
    lnt_value value = value_null(type);
    if (strcmp(text, "null") != 0) CHECK_MSG(lnt_parse_value(type, text, (int64_t)strlen(text), &value), "%s", text);
    return value;
}

/// The value as text, in static memory of four turns.
static inline const char *value_show(lnt_value value) {
    static char shown[4][512];
    static int turn;
    char *out = shown[turn = (turn + 1) % 4];
    if (value.is_null) return "null";
    if (value.type == LNT_STRING) {
        snprintf(out, sizeof shown[0], "%.*s", (int)value.as.s.size, value.as.s.data);
        return out;
    }
    char text[LNT_FORMAT_BYTES];
    int size = lnt_format_value(value, text);
    snprintf(out, sizeof shown[0], "%.*s", size, text);
    return out;
}

/// Parses and binds; the message goes to `err`.
static inline lnt_status bind_text(const char *text, const lnt_schema *schema, const lnt_params *params,
                                   lnt_bound **out, lnt_error *err) {
    lnt_expr *expr;
    *out = NULL;
    LNT_TRY(lnt_expr_parse(text, -1, &expr, err));
    lnt_status status = lnt_expr_bind(expr, lnt_str_from(text), schema, params, out, err);
    lnt_expr_free(expr);
    return status;
}

/// Binds `text` without columns, evaluates it, and shows type and value, or the error's message; static memory.
static inline const char *constant_text(const char *text) {
    static char out[2048];
    lnt_schema *schema;
    lnt_bound *bound;
    lnt_evaluator *evaluator;
    lnt_error err = {0};
    if (lnt_schema_new(NULL, NULL, 0, &schema, &err) != LNT_OK) return "no schema";
    lnt_status status = bind_text(text, schema, NULL, &bound, &err);
    if (status == LNT_OK) {
        lnt_batch batch = {.n_rows = 1, .n_sel = 1, .first_row = 11};
        lnt_vec vec;
        status = lnt_evaluator_new(NULL, bound, &evaluator, &err);
        if (status == LNT_OK) status = lnt_evaluate(evaluator, &batch, &vec, &err);
        if (status == LNT_OK) {
            lnt_value value = lnt_vec_is_valid(&vec, 0) ? lnt_vec_get(&vec, 0) : value_null(vec.type);
            snprintf(out, sizeof out, "%s", value_show(value));
        }
        lnt_evaluator_free(evaluator);
    }
    if (status != LNT_OK) snprintf(out, sizeof out, "%s: %s", lnt_status_name(err.code), err.message);
    lnt_bound_unref(bound);
    lnt_schema_unref(schema);
    return out;
}

/// The expression, which has no columns, must come to this.
#define CHECK_VALUE(text, expected) CHECK_STR(constant_text(text), expected)

#endif
