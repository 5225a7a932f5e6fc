/// @file lexer_string.h
/// Quoted things: strings with Lua's escapes, names in backticks. Used by the lexer alone.
#ifndef LNT_EXPR_LEXER_STRING_H
#define LNT_EXPR_LEXER_STRING_H

#include "expr/lexer.h"

/// Reads '…' or "…" at the lexer's position into a LITERAL.
LNT_MUST_USE lnt_status lnt_lexer_string(lnt_lexer *lexer, lnt_token *out, lnt_error *err);
/// Reads `…` into a NAME; a doubled backtick stands for one.
LNT_MUST_USE lnt_status lnt_lexer_quoted_name(lnt_lexer *lexer, lnt_token *out, lnt_error *err);

#endif
