/// @file operators.h
/// The operators' symbols and how tightly they bind, for the parser and for the writer of canonical text.
#ifndef LNT_EXPR_OPERATORS_H
#define LNT_EXPR_OPERATORS_H

#include "expr/lexer.h"

/// How tightly: Lua's levels. A binary operator takes as its right side whatever binds tighter than `right`.
enum {
    LNT_BIND_OR = 1,
    LNT_BIND_AND = 2,
    LNT_BIND_COMPARE = 3,
    LNT_BIND_UNARY = 12,
    LNT_BIND_CALL = 20 ///< names, literals, calls, parentheses
};

typedef struct lnt_operator {
    lnt_token_kind token;
    const char *name; ///< how the call in the tree is called, and how it is written
    int left, right;
} lnt_operator;

/// The binary operator of a token, or NULL. `in` isn't among them: its right side is a list.
const lnt_operator *lnt_operator_of_token(lnt_token_kind token);
/// The binary operator of a call's name, or NULL.
const lnt_operator *lnt_operator_of_name(lnt_str name);

#endif
