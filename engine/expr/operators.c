/// @file operators.c
/// The table of binary operators.
#include "expr/operators.h"

#include "base/text.h"

static const lnt_operator operators[] = {
    {LNT_TOKEN_OR, "or", LNT_BIND_OR, LNT_BIND_OR},
    {LNT_TOKEN_AND, "and", LNT_BIND_AND, LNT_BIND_AND},
    {LNT_TOKEN_EQ, "==", LNT_BIND_COMPARE, LNT_BIND_COMPARE},
    {LNT_TOKEN_NE, "~=", LNT_BIND_COMPARE, LNT_BIND_COMPARE},
    {LNT_TOKEN_LT, "<", LNT_BIND_COMPARE, LNT_BIND_COMPARE},
    {LNT_TOKEN_LE, "<=", LNT_BIND_COMPARE, LNT_BIND_COMPARE},
    {LNT_TOKEN_GT, ">", LNT_BIND_COMPARE, LNT_BIND_COMPARE},
    {LNT_TOKEN_GE, ">=", LNT_BIND_COMPARE, LNT_BIND_COMPARE},
    {LNT_TOKEN_BAR, "|", 4, 4},
    {LNT_TOKEN_AMP, "&", 6, 6},
    {LNT_TOKEN_CONCAT, "..", 9, 8}, // from the right
    {LNT_TOKEN_PLUS, "+", 10, 10},
    {LNT_TOKEN_MINUS, "-", 10, 10},
    {LNT_TOKEN_STAR, "*", 11, 11},
    {LNT_TOKEN_SLASH, "/", 11, 11},
    {LNT_TOKEN_SLASH2, "//", 11, 11},
    {LNT_TOKEN_PERCENT, "%", 11, 11},
    {LNT_TOKEN_CARET, "^", 14, 13}, // from the right, and tighter than a minus before it
};

const lnt_operator *lnt_operator_of_token(lnt_token_kind token) {
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (operators[i].token == token) return &operators[i];
    return NULL;
}

const lnt_operator *lnt_operator_of_name(lnt_str name) {
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (lnt_str_equal(name, lnt_str_from(operators[i].name))) return &operators[i];
    return NULL;
}
