/// @file expression.h
/// The expression language: parsed once to a tree that anyone can walk, bound to a schema, evaluated in vectors.
#ifndef LUNETTE_EXPRESSION_H
#define LUNETTE_EXPRESSION_H

#include "lunette/table.h"

/// What a node of an expression is.
typedef enum lnt_expr_kind {
    LNT_EXPR_LITERAL,   ///< `value`
    LNT_EXPR_COLUMN,    ///< `name`
    LNT_EXPR_PARAMETER, ///< `$name`
    LNT_EXPR_CALL       ///< function, method or operator `name` over `args`; operators are calls of their symbol
} lnt_expr_kind;

/// A node. Operators are calls named by their symbol ("+", "==", "and", "not", "neg", "in"); `host:lower()` is the call
/// "lower" with `host` as its first argument. An aggregate's `where` condition is in `where`. Read-only for users.
typedef struct lnt_expr {
    lnt_expr_kind kind;
    int64_t at, length; ///< span in the text it was parsed from
    lnt_value value;    ///< LITERAL
    lnt_str name;       ///< COLUMN, PARAMETER, CALL
    struct lnt_expr **args;
    int64_t n_args;
    struct lnt_expr *where; ///< CALL of an aggregate: its condition, or NULL
} lnt_expr;

/// Values for `$name`. Names, lists and string bytes are borrowed during the call that takes them. A list goes where any
/// number of arguments may stand: `x in $list`, within(ip, $networks).
typedef struct lnt_param {
    const char *name;
    lnt_value value;       ///< of a parameter that isn't a list
    const lnt_value *list; ///< not NULL: a list of `n_list` values, perhaps none
    int64_t n_list;
} lnt_param;
typedef struct lnt_params {
    const lnt_param *items;
    int64_t n;
} lnt_params;

// The language: Lua's operators, precedence and literals over column names; and besides
//   x in (a, b, …)  x not in (a, b, …)   membership, as tight as a comparison; also x in $list
//   x:name(a)  name 'text'               methods are calls with x first; one bare string needs no parentheses
//   $name  `odd name`  id.orig_h         parameters; any column name; dots within a plain name belong to it
//   sum(x) where condition               the condition takes the rest up to a comma, a closing parenthesis or the end
// Texts adapt to times and addresses that they are compared with; a difference of times is a float of seconds, and
// seconds can be added to a time. Nesting is limited to 200 levels, a tree's depth to 500.

/// Parses `text` (`size` bytes, -1: terminated). `*out` belongs to the caller (lnt_expr_free).
/// Fails with LNT_SYNTAX and the span of what can't be read.
LNT_API LNT_MUST_USE lnt_status lnt_expr_parse(const char *text, int64_t size, lnt_expr **out, lnt_error *err);
/// Parses "name = expression" (the name an identifier or in backticks); `*name` is borrowed from `*out`.
/// Where there is no "name =", `*name` is empty.
LNT_API LNT_MUST_USE lnt_status lnt_expr_parse_definition(const char *text, int64_t size, lnt_str *name, lnt_expr **out,
                                                          lnt_error *err);
/// Gives a tree back. NULL is fine.
LNT_API void lnt_expr_free(lnt_expr *expr);
/// Writes the expression in its canonical form, with as few parentheses as its precedence needs, into `out`
/// (`capacity` bytes, terminated). Returns the bytes that the whole text needs, without the 0.
LNT_API size_t lnt_expr_format(const lnt_expr *expr, char *out, size_t capacity);

/// One function of the language, for documentation, completion and nearest names.
typedef struct lnt_function_info {
    const char *name;
    const char *signature; ///< such as "trunc(x: time, unit: string) -> time"
    const char *summary;   ///< one sentence
    const char *category;  ///< "text", "time", "ip", "ioc", "number", "null", "cast", "aggregate"
} lnt_function_info;

/// The functions of the language; `*n` gets their number. Static data.
LNT_API const lnt_function_info *lnt_functions(int64_t *n);

#endif
