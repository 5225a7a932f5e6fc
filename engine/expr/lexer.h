/// @file lexer.h
/// Cuts an expression's text into tokens, one at a time.
///
/// Workload: short texts, parsed once per query. A lexer is a plain value: copying it is how a parser looks ahead.
#ifndef LNT_EXPR_LEXER_H
#define LNT_EXPR_LEXER_H

#include "base/buffer.h"
#include "lunette/type.h"

typedef enum lnt_token_kind {
    LNT_TOKEN_END,
    LNT_TOKEN_NAME,      ///< `text` is the name, without backticks
    LNT_TOKEN_PARAMETER, ///< `text` is the name without `$`
    LNT_TOKEN_LITERAL,   ///< `value`: a number or a string
    LNT_TOKEN_NULL,
    LNT_TOKEN_TRUE,
    LNT_TOKEN_FALSE,
    LNT_TOKEN_OR,
    LNT_TOKEN_AND,
    LNT_TOKEN_NOT,
    LNT_TOKEN_IN,
    LNT_TOKEN_EQ,
    LNT_TOKEN_NE,
    LNT_TOKEN_LT,
    LNT_TOKEN_LE,
    LNT_TOKEN_GT,
    LNT_TOKEN_GE,
    LNT_TOKEN_BAR,
    LNT_TOKEN_AMP,
    LNT_TOKEN_CONCAT,
    LNT_TOKEN_PLUS,
    LNT_TOKEN_MINUS,
    LNT_TOKEN_STAR,
    LNT_TOKEN_SLASH,
    LNT_TOKEN_SLASH2,
    LNT_TOKEN_PERCENT,
    LNT_TOKEN_CARET,
    LNT_TOKEN_OPEN,
    LNT_TOKEN_CLOSE,
    LNT_TOKEN_COMMA,
    LNT_TOKEN_COLON,
    LNT_TOKEN_ASSIGN
} lnt_token_kind;

typedef struct lnt_token {
    lnt_token_kind kind;
    int64_t at, length; ///< span in the text
    lnt_str text;       ///< NAME, PARAMETER: in the arena or the text
    lnt_value value;    ///< LITERAL
    bool quoted;        ///< NAME in backticks: never a keyword or `where`
    bool huge;          ///< the integer 9223372036854775808, which only a minus sign makes fit
} lnt_token;

typedef struct lnt_lexer {
    const char *text;
    int64_t size, position;
    lnt_arena *arena; ///< for the bytes of strings with escapes
} lnt_lexer;

/// Reads the next token. Fails with LNT_SYNTAX and the span (LNT_NOMEM without one).
LNT_MUST_USE lnt_status lnt_lexer_next(lnt_lexer *lexer, lnt_token *out, lnt_error *err);

/// Whether `name` can be written without backticks: letters, digits, underscores and inner dots, and no keyword.
bool lnt_name_is_plain(lnt_str name);

#endif
