/// @file format.c
/// Writes expressions in their canonical form: one space around operators, methods as calls, strings in single quotes,
/// and only the parentheses that reading it back needs.
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "column/value_text.h"
#include "expr/operators.h"
#include "lunette/expression.h"

/// Where the text goes; counts on when it is full.
typedef struct sink {
    char *out;
    size_t capacity, size;
} sink;

static void put(sink *to, const char *text, int64_t size) {
    for (int64_t i = 0; i < size; i++, to->size++)
        if (to->size + 1 < to->capacity) to->out[to->size] = text[i];
}

static void put_text(sink *to, const char *text) {
    put(to, text, (int64_t)strlen(text));
}

static void put_string(sink *to, lnt_str s) {
    static const char bytes[] = "\a\b\f\n\r\t\v\\'", letters[] = "abfnrtv\\'";
    put_text(to, "'");
    for (int64_t i = 0; i < s.size; i++) {
        unsigned char c = (unsigned char)s.data[i];
        const char *special = c ? strchr(bytes, c) : NULL;
        char escape[8] = {'\\'};
        if (special) {
            escape[1] = letters[special - bytes];
            put(to, escape, 2);
        } else if (c < 0x20 || c == 0x7f) {
            put(to, escape, snprintf(escape, sizeof escape, "\\x%02x", c));
        } else {
            put(to, s.data + i, 1);
        }
    }
    put_text(to, "'");
}

static void put_name(sink *to, lnt_str name) {
    if (lnt_name_is_plain(name)) {
        put(to, name.data, name.size);
        return;
    }
    put_text(to, "`");
    for (int64_t i = 0; i < name.size; i++)
        put(to, name.data[i] == '`' ? "``" : name.data + i, name.data[i] == '`' ? 2 : 1);
    put_text(to, "`");
}

/// A float that isn't a number of digits, as a literal that reads back as it; NULL for the others.
static const char *odd_float(double value) {
    if (value != value) return "(0 / 0)";
    if (value == __builtin_inf()) return "1e999";
    return value == -__builtin_inf() ? "-1e999" : NULL;
}

static void put_value(sink *to, const lnt_value *value) {
    char text[LNT_FORMAT_BYTES];
    if (value->is_null) {
        put_text(to, "null");
    } else if (value->type == LNT_STRING) {
        put_string(to, value->as.s);
    } else if (value->type == LNT_TIME || value->type == LNT_IP) {
        put_text(to, "'");
        put(to, text, lnt_format_value(*value, text));
        put_text(to, "'");
    } else if (value->type == LNT_FLOAT && odd_float(value->as.f)) {
        put_text(to, odd_float(value->as.f));
    } else {
        put(to, text, lnt_format_value(*value, text));
    }
}

static bool is_call(const lnt_expr *expr, const char *name, int64_t n_args) {
    return expr->kind == LNT_EXPR_CALL && expr->n_args == n_args && lnt_str_equal(expr->name, lnt_str_from(name));
}

static bool is_in(const lnt_expr *expr) {
    return expr->kind == LNT_EXPR_CALL && expr->n_args > 1 && lnt_str_equal(expr->name, lnt_str_from("in"));
}

static bool is_negative(const lnt_value *value) {
    if (value->is_null) return false;
    return (value->type == LNT_INT && value->as.i < 0) || (value->type == LNT_FLOAT && __builtin_signbit(value->as.f));
}

/// How tightly the written form of `expr` holds together.
static int binding_of(const lnt_expr *expr) {
    if (expr->kind == LNT_EXPR_LITERAL) return is_negative(&expr->value) ? LNT_BIND_UNARY : LNT_BIND_CALL;
    if (expr->kind != LNT_EXPR_CALL) return LNT_BIND_CALL;
    if (expr->where) return 0;
    if (is_in(expr) || (is_call(expr, "not", 1) && is_in(expr->args[0]))) return LNT_BIND_COMPARE;
    if (is_call(expr, "not", 1) || is_call(expr, "neg", 1)) return LNT_BIND_UNARY;
    const lnt_operator *op = expr->n_args == 2 ? lnt_operator_of_name(expr->name) : NULL;
    return op ? op->left : LNT_BIND_CALL;
}

static void put_expr(sink *to, const lnt_expr *expr);

/// Writes `expr`, in parentheses unless it holds together at least as tightly as `least`.
static void put_at_least(sink *to, const lnt_expr *expr, int least) {
    bool parentheses = binding_of(expr) < least;
    if (parentheses) put_text(to, "(");
    put_expr(to, expr);
    if (parentheses) put_text(to, ")");
}

static void put_list(sink *to, lnt_expr *const *items, int64_t n) {
    put_text(to, "(");
    for (int64_t i = 0; i < n; i++) {
        if (i > 0) put_text(to, ", ");
        put_expr(to, items[i]);
    }
    put_text(to, ")");
}

/// Whether the written form ends in a `not` and its operand, which would take a following `in` for itself.
static bool ends_in_not(const lnt_expr *expr) {
    while (binding_of(expr) < LNT_BIND_CALL && expr->kind == LNT_EXPR_CALL) {
        if (is_call(expr, "not", 1)) return true;
        expr = expr->args[expr->n_args - 1];
    }
    return false;
}

static void put_in(sink *to, const lnt_expr *in, const char *word) {
    put_at_least(to, in->args[0], ends_in_not(in->args[0]) ? LNT_BIND_CALL : LNT_BIND_COMPARE + 1);
    put_text(to, word);
    put_list(to, in->args + 1, in->n_args - 1);
}

/// An operator from the left takes its own level on the left, one from the right takes it on the right.
static void put_binary(sink *to, const lnt_expr *expr, const lnt_operator *op) {
    bool from_right = op->right < op->left;
    put_at_least(to, expr->args[0], from_right ? op->left + 1 : op->left);
    put_text(to, " ");
    put_text(to, op->name);
    put_text(to, " ");
    // A sign or `not` on the right begins a value of its own, however loosely it binds: 2 ^ -3.
    int least = from_right ? op->left : op->left + 1;
    put_at_least(to, expr->args[1], least > LNT_BIND_UNARY ? LNT_BIND_UNARY : least);
}

static void put_call(sink *to, const lnt_expr *expr) {
    put(to, expr->name.data, expr->name.size);
    put_list(to, expr->args, expr->n_args);
    if (!expr->where) return;
    put_text(to, " where ");
    put_expr(to, expr->where);
}

static void put_expr(sink *to, const lnt_expr *expr) {
    const lnt_operator *op;
    if (expr->kind == LNT_EXPR_LITERAL) {
        put_value(to, &expr->value);
    } else if (expr->kind == LNT_EXPR_COLUMN) {
        put_name(to, expr->name);
    } else if (expr->kind == LNT_EXPR_PARAMETER) {
        put_text(to, "$");
        put(to, expr->name.data, expr->name.size);
    } else if (is_in(expr)) {
        put_in(to, expr, " in ");
    } else if (is_call(expr, "not", 1) && is_in(expr->args[0])) {
        put_in(to, expr->args[0], " not in ");
    } else if (is_call(expr, "not", 1)) {
        put_text(to, "not ");
        put_at_least(to, expr->args[0], LNT_BIND_UNARY);
    } else if (is_call(expr, "neg", 1)) {
        // A minus before a number would become part of it.
        bool literal = expr->args[0]->kind == LNT_EXPR_LITERAL;
        put_text(to, "-");
        put_at_least(to, expr->args[0], literal ? LNT_BIND_CALL + 1 : LNT_BIND_UNARY);
    } else if (expr->n_args == 2 && !expr->where && (op = lnt_operator_of_name(expr->name))) {
        put_binary(to, expr, op);
    } else {
        put_call(to, expr);
    }
}

size_t lnt_expr_format(const lnt_expr *expr, char *out, size_t capacity) {
    sink to = {out, capacity, 0};
    put_expr(&to, expr);
    if (capacity > 0) out[to.size < capacity ? to.size : capacity - 1] = '\0';
    return to.size;
}
