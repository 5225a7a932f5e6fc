/// @file parser.c
/// Reads an expression by precedence climbing, as Lua's own parser does.
///
/// Lua's operators and levels, and besides: `x in (a, b)` and `x not in (a, b)` at the level of comparisons (`not x in
/// (…)` means the same); methods `x:name(…)`, which are calls with `x` first; a single string may follow a call's name
/// without parentheses; `f(…) where condition`, where the condition takes the rest of the expression up to a comma, a
/// closing parenthesis or the end.
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "expr/operators.h"
#include "expr/tree.h"

/// How deep parentheses, lists, unary operators and operators from the right may nest.
enum { MAX_NESTING = 200 };

typedef struct parser {
    lnt_lexer lexer;
    lnt_arena arena;
    lnt_token token; ///< the next one
    int64_t end;     ///< where the token before it ended
    int nesting;
    lnt_error *err;
} parser;

/// A growing list of arguments in the arena's memory.
typedef struct arg_list {
    lnt_expr **items;
    int64_t n, capacity;
} arg_list;

static lnt_expr *parse_binary(parser *p, int limit);

static lnt_status advance(parser *p) {
    p->end = p->token.at + p->token.length;
    return lnt_lexer_next(&p->lexer, &p->token, p->err);
}

/// Sets a syntax error about [at, at + length); always NULL.
static lnt_expr *fail_at(parser *p, int64_t at, int64_t length, const char *message) {
    lnt_error_set(p->err, LNT_SYNTAX, "%s", message);
    lnt_error_span(p->err, p->lexer.text, p->lexer.size, at, length > 0 ? length : 1);
    return NULL;
}

static lnt_expr *fail_here(parser *p, const char *message) {
    return fail_at(p, p->token.at, p->token.length, message);
}

/// SQL's operators that are words, and what to write here.
static const struct {
    const char *word, *instead;
} foreign_words[] = {
    {"and", "operators are written in small letters: 'and'"},
    {"or", "operators are written in small letters: 'or'"},
    {"not", "operators are written in small letters: 'not'"},
    {"in", "operators are written in small letters: 'in'"},
    {"is", "'is' isn't an operator: write is_null(x) or not_null(x)"},
    {"like", "'like' is a function: write like(text, 'a%')"},
    {"ilike", "'ilike' isn't an operator: write like(lower(text), 'a%')"},
    {"between", "'between' isn't an operator: write x >= a and x <= b"},
    {"contains", "'contains' is a function: write contains(text, 'what')"},
    {"matches", "'matches' is a function: write matches(text, 'pattern')"},
    {"regexp", "'regexp' isn't an operator: write matches(text, 'pattern')"},
    {"rlike", "'rlike' isn't an operator: write matches(text, 'pattern')"},
};

/// Something stands where only an operator can.
static lnt_expr *fail_no_operator(parser *p, const char *message) {
    lnt_str text = p->token.text;
    bool is_name = p->token.kind == LNT_TOKEN_NAME;
    for (size_t i = 0; is_name && i < sizeof foreign_words / sizeof foreign_words[0]; i++) {
        const char *word = foreign_words[i].word;
        if (text.size == (int64_t)strlen(word) && !strncasecmp(text.data, word, (size_t)text.size))
            return fail_here(p, foreign_words[i].instead);
    }
    return fail_here(p, message);
}

/// A call's node over everything from `at` to the last token read.
static lnt_expr *make_call(parser *p, lnt_str name, lnt_expr *const *args, int64_t n_args, int64_t at) {
    lnt_expr *call = lnt_expr_call(&p->arena, name, args, n_args, at, p->end - at, p->err);
    if (!call && p->err && p->err->code == LNT_SYNTAX)
        lnt_error_span(p->err, p->lexer.text, p->lexer.size, at, p->end - at);
    return call;
}

static lnt_status list_add(parser *p, arg_list *list, lnt_expr *item) {
    if (list->n == list->capacity) {
        int64_t capacity = list->capacity ? list->capacity * 2 : 4;
        lnt_expr **items = lnt_arena_alloc(&p->arena, capacity * (int64_t)sizeof *items, p->err);
        if (!items) return LNT_NOMEM;
        if (list->n) __builtin_memcpy(items, list->items, (size_t)list->n * sizeof *items);
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->n++] = item;
    return LNT_OK;
}

/// "(a, b, …)" into `list`, the parenthesis being the next token.
static lnt_status parse_list(parser *p, arg_list *list) {
    int64_t open = p->token.at;
    LNT_TRY(advance(p));
    if (p->token.kind == LNT_TOKEN_CLOSE) return advance(p);
    for (;;) {
        lnt_expr *item = parse_binary(p, 0);
        if (!item) return LNT_SYNTAX;
        LNT_TRY(list_add(p, list, item));
        if (p->token.kind == LNT_TOKEN_CLOSE) return advance(p);
        if (p->token.kind == LNT_TOKEN_END) fail_at(p, open, 1, "this '(' is never closed");
        if (p->token.kind == LNT_TOKEN_ASSIGN) fail_here(p, "'=' doesn't compare: write '=='");
        if (p->token.kind != LNT_TOKEN_COMMA) fail_here(p, "expected ',' or ')' here");
        if (p->token.kind != LNT_TOKEN_COMMA) return LNT_SYNTAX;
        LNT_TRY(advance(p));
    }
}

/// What follows a call's name: a list, or one bare string. Then perhaps `where`.
static lnt_expr *parse_call(parser *p, lnt_str name, lnt_expr *self, int64_t at) {
    arg_list args = {0};
    if (self && list_add(p, &args, self) != LNT_OK) return NULL;
    if (p->token.kind == LNT_TOKEN_OPEN) {
        if (parse_list(p, &args) != LNT_OK) return NULL;
    } else {
        lnt_expr *text = lnt_expr_leaf(&p->arena, LNT_EXPR_LITERAL, p->token.at, p->token.length, p->err);
        if (!text) return NULL;
        text->value = p->token.value;
        if (list_add(p, &args, text) != LNT_OK || advance(p) != LNT_OK) return NULL;
    }
    lnt_expr *call = make_call(p, name, args.items, args.n, at);
    bool has_where =
        p->token.kind == LNT_TOKEN_NAME && !p->token.quoted && lnt_str_equal(p->token.text, lnt_str_from("where"));
    if (!call || !has_where) return call;
    if (advance(p) != LNT_OK) return NULL;
    lnt_expr *where = parse_binary(p, 0);
    if (!where || lnt_expr_set_where(call, where, p->err) != LNT_OK) return NULL;
    call->length = p->end - at;
    return call;
}

static bool starts_arguments(const parser *p) {
    return p->token.kind == LNT_TOKEN_OPEN || (p->token.kind == LNT_TOKEN_LITERAL && p->token.value.type == LNT_STRING);
}

static lnt_expr *parse_name(parser *p) {
    lnt_token name = p->token;
    if (advance(p) != LNT_OK) return NULL;
    if (!name.quoted && starts_arguments(p)) return parse_call(p, name.text, NULL, name.at);
    lnt_expr *column = lnt_expr_leaf(&p->arena, LNT_EXPR_COLUMN, name.at, name.length, p->err);
    if (column) column->name = name.text;
    return column;
}

static lnt_expr *parse_parenthesis(parser *p) {
    int64_t open = p->token.at;
    if (advance(p) != LNT_OK) return NULL;
    if (p->token.kind == LNT_TOKEN_CLOSE)
        return fail_at(p, open, p->token.at + 1 - open, "nothing between the parentheses");
    lnt_expr *inner = parse_binary(p, 0);
    if (!inner) return NULL;
    if (p->token.kind == LNT_TOKEN_END) return fail_at(p, open, 1, "this '(' is never closed");
    if (p->token.kind == LNT_TOKEN_COMMA) return fail_here(p, "a list only goes after 'in' or a function's name");
    if (p->token.kind == LNT_TOKEN_ASSIGN) return fail_here(p, "'=' doesn't compare: write '=='");
    if (p->token.kind != LNT_TOKEN_CLOSE) return fail_no_operator(p, "expected an operator or ')' here");
    if (advance(p) != LNT_OK) return NULL;
    inner->at = open;
    inner->length = p->end - open;
    return inner;
}

static lnt_expr *parse_literal(parser *p) {
    if (p->token.huge) return fail_here(p, "an integer that doesn't fit 64 bits: add '.0' for a float");
    lnt_expr *literal = lnt_expr_leaf(&p->arena, LNT_EXPR_LITERAL, p->token.at, p->token.length, p->err);
    if (!literal) return NULL;
    literal->value = p->token.value;
    if (p->token.kind == LNT_TOKEN_NULL) literal->value = (lnt_value){.type = LNT_NULL, .is_null = true};
    if (p->token.kind == LNT_TOKEN_TRUE) literal->value = (lnt_value){.type = LNT_BOOL, .as.b = true};
    if (p->token.kind == LNT_TOKEN_FALSE) literal->value = (lnt_value){.type = LNT_BOOL, .as.b = false};
    return advance(p) == LNT_OK ? literal : NULL;
}

static lnt_expr *parse_primary(parser *p) {
    switch (p->token.kind) {
    case LNT_TOKEN_NAME:
        return parse_name(p);
    case LNT_TOKEN_OPEN:
        return parse_parenthesis(p);
    case LNT_TOKEN_LITERAL:
    case LNT_TOKEN_NULL:
    case LNT_TOKEN_TRUE:
    case LNT_TOKEN_FALSE:
        return parse_literal(p);
    case LNT_TOKEN_PARAMETER: {
        lnt_expr *parameter = lnt_expr_leaf(&p->arena, LNT_EXPR_PARAMETER, p->token.at, p->token.length, p->err);
        if (parameter) parameter->name = p->token.text;
        return parameter && advance(p) == LNT_OK ? parameter : NULL;
    }
    case LNT_TOKEN_END:
        if (p->end > 0) return fail_here(p, "the expression ends where a value should follow");
        return fail_here(p, "the expression is empty");
    case LNT_TOKEN_ASSIGN:
        return fail_here(p, "'=' doesn't compare: write '=='");
    default:
        return fail_here(p, "expected a value here: a column, a literal or a call");
    }
}

/// A value and the methods after it.
static lnt_expr *parse_postfix(parser *p) {
    int64_t at = p->token.at;
    lnt_expr *value = parse_primary(p);
    while (value && p->token.kind == LNT_TOKEN_COLON) {
        if (advance(p) != LNT_OK) return NULL;
        if (p->token.kind != LNT_TOKEN_NAME || p->token.quoted) return fail_here(p, "a method's name must follow ':'");
        lnt_token name = p->token;
        if (advance(p) != LNT_OK) return NULL;
        if (!starts_arguments(p))
            return fail_here(p, "a method is called: write its arguments in parentheses, or one string");
        value = parse_call(p, name.text, value, at);
    }
    return value;
}

/// "x in (…)" or "x in $list", the `in` being the next token.
static lnt_expr *parse_in(parser *p, lnt_expr *left, int64_t at) {
    arg_list args = {0};
    if (list_add(p, &args, left) != LNT_OK || advance(p) != LNT_OK) return NULL;
    if (p->token.kind == LNT_TOKEN_PARAMETER) {
        lnt_expr *list = parse_primary(p);
        if (!list || list_add(p, &args, list) != LNT_OK) return NULL;
        return make_call(p, lnt_str_from("in"), args.items, args.n, at);
    }
    if (p->token.kind != LNT_TOKEN_OPEN)
        return fail_here(p, "a list in parentheses must follow 'in', as in x in (1, 2) or x in $list");
    int64_t open = p->token.at;
    if (parse_list(p, &args) != LNT_OK) return NULL;
    if (args.n == 1) return fail_at(p, open, p->end - open, "the list after 'in' is empty");
    return make_call(p, lnt_str_from("in"), args.items, args.n, at);
}

static lnt_expr *negate(parser *p, lnt_expr *operand, int64_t at) {
    return operand ? make_call(p, lnt_str_from("not"), &operand, 1, at) : NULL;
}

/// A minus before a bare number is part of the number.
static lnt_expr *parse_minus(parser *p, int64_t at) {
    lnt_token number = p->token;
    if (number.huge) {
        p->token.huge = false; // the literal becomes 0 and is replaced below
        p->token.value.as.i = 0;
    }
    lnt_expr *operand = parse_binary(p, LNT_BIND_UNARY);
    if (!operand) return NULL;
    bool bare = operand->kind == LNT_EXPR_LITERAL && number.kind == LNT_TOKEN_LITERAL && operand->at == number.at;
    if (number.huge && !bare)
        return fail_at(p, number.at, number.length, "an integer that doesn't fit 64 bits: add '.0' for a float");
    if (bare && operand->value.type == LNT_INT)
        operand->value.as.i = number.huge ? INT64_MIN : -operand->value.as.i;
    else if (bare && operand->value.type == LNT_FLOAT)
        operand->value.as.f = -operand->value.as.f;
    else
        return make_call(p, lnt_str_from("neg"), &operand, 1, at);
    operand->at = at;
    operand->length = p->end - at;
    return operand;
}

static lnt_expr *parse_unary(parser *p) {
    lnt_token op = p->token;
    if (op.kind != LNT_TOKEN_NOT && op.kind != LNT_TOKEN_MINUS) return parse_postfix(p);
    if (advance(p) != LNT_OK) return NULL;
    if (op.kind == LNT_TOKEN_MINUS) return parse_minus(p, op.at);
    int64_t at = p->token.at;
    lnt_expr *operand = parse_binary(p, LNT_BIND_UNARY);
    if (operand && p->token.kind == LNT_TOKEN_IN) operand = parse_in(p, operand, at);
    return negate(p, operand, op.at);
}

/// `not in` after a value; the `not` is the next token.
static lnt_expr *parse_not_in(parser *p, lnt_expr *left, int64_t at) {
    lnt_token op = p->token;
    if (advance(p) != LNT_OK) return NULL;
    if (p->token.kind != LNT_TOKEN_IN)
        return fail_at(p, op.at, op.length, "'not' goes before a value, or as 'x not in (…)'");
    return negate(p, parse_in(p, left, at), at);
}

/// One operator with its right side, or NULL; `*done` when the next token is none that binds tighter than `limit`.
static lnt_expr *parse_operator(parser *p, lnt_expr *left, int limit, int64_t at, bool *done) {
    if (LNT_BIND_COMPARE > limit && p->token.kind == LNT_TOKEN_IN) return parse_in(p, left, at);
    if (LNT_BIND_COMPARE > limit && p->token.kind == LNT_TOKEN_NOT) return parse_not_in(p, left, at);
    const lnt_operator *op = lnt_operator_of_token(p->token.kind);
    *done = !op || op->left <= limit;
    if (*done) return left;
    if (advance(p) != LNT_OK) return NULL;
    lnt_expr *args[2] = {left, parse_binary(p, op->right)};
    return args[1] ? make_call(p, lnt_str_from(op->name), args, 2, at) : NULL;
}

/// A value and all operators after it that bind tighter than `limit`.
static lnt_expr *parse_binary(parser *p, int limit) {
    if (p->nesting >= MAX_NESTING) return fail_here(p, "nested too deeply: at most 200 levels");
    p->nesting++;
    int64_t at = p->token.at;
    bool done = false;
    lnt_expr *left = parse_unary(p);
    while (left && !done) left = parse_operator(p, left, limit, at, &done);
    p->nesting--;
    return left;
}

static lnt_expr *parse_whole(parser *p) {
    lnt_expr *root = parse_binary(p, 0);
    if (!root) return NULL;
    switch (p->token.kind) {
    case LNT_TOKEN_END:
        return root;
    case LNT_TOKEN_CLOSE:
        return fail_here(p, "this ')' closes nothing");
    case LNT_TOKEN_ASSIGN:
        return fail_here(p, "'=' doesn't compare: write '=='");
    case LNT_TOKEN_COMMA:
        return fail_here(p, "a list only goes in parentheses after 'in' or a function's name");
    default:
        return fail_no_operator(p, "expected an operator here");
    }
}

/// "name =" before an expression: takes it off and gives the name, or leaves everything as it is.
static lnt_status parse_name_of_definition(parser *p, lnt_str *name) {
    if (p->token.kind != LNT_TOKEN_NAME) return LNT_OK;
    lnt_lexer after = p->lexer;
    lnt_token next;
    lnt_status status = lnt_lexer_next(&after, &next, NULL);
    if (status == LNT_NOMEM) return lnt_error_set(p->err, LNT_NOMEM, "out of memory");
    if (status != LNT_OK || next.kind != LNT_TOKEN_ASSIGN) return LNT_OK;
    *name = p->token.text;
    p->lexer = after;
    p->token = next;
    return advance(p);
}

static lnt_status parse(const char *text, int64_t size, lnt_str *name, lnt_expr **out, lnt_error *err) {
    *out = NULL;
    lnt_error local = {0};
    if (size < 0) size = (int64_t)__builtin_strlen(text);
    parser p = {.err = err ? err : &local};
    lnt_arena_init(&p.arena, NULL, "expression");
    // The tree keeps a copy, so that names stay valid without the caller's text.
    lnt_str copy = lnt_arena_copy(&p.arena, (lnt_str){text, size}, p.err);
    if (size > 0 && !copy.data) return LNT_NOMEM;
    p.lexer = (lnt_lexer){.text = size > 0 ? copy.data : "", .size = size, .arena = &p.arena};
    lnt_status status = advance(&p);
    if (status == LNT_OK && name) status = parse_name_of_definition(&p, name);
    lnt_expr *root = status == LNT_OK ? parse_whole(&p) : NULL;
    if (!root) {
        status = p.err->code;
        lnt_arena_clear(&p.arena);
        return status;
    }
    return lnt_expr_finish(&p.arena, root, out, p.err);
}

lnt_status lnt_expr_parse(const char *text, int64_t size, lnt_expr **out, lnt_error *err) {
    return parse(text, size, NULL, out, err);
}

lnt_status lnt_expr_parse_definition(const char *text, int64_t size, lnt_str *name, lnt_expr **out, lnt_error *err) {
    *name = (lnt_str){"", 0};
    lnt_status status = parse(text, size, name, out, err);
    if (status != LNT_OK) *name = (lnt_str){"", 0};
    return status;
}
