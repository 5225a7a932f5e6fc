/// @file json_token.h
/// The words of JSON (RFC 8259) in a piece of text: strings, numbers, literals, and the space between them.
///
/// The text may end in the middle of anything: then JSON_MORE asks for a longer piece, unless the piece is the last.
/// Invariant: at least LNT__JSON_PADDING readable bytes of 0 follow `end`, so that scanning needs no check per byte.
#ifndef LNT_IO_JSON_TOKEN_H
#define LNT_IO_JSON_TOKEN_H

#include "lunette/type.h"

enum { LNT__JSON_PADDING = 64 };

/// What reading came to.
typedef enum lnt__json_result {
    LNT__JSON_OK,
    LNT__JSON_MORE,  ///< the piece ends first
    LNT__JSON_BAD,   ///< not JSON, or not acceptable: `problem` says why
    LNT__JSON_FAILED ///< no memory: the caller's error says it
} lnt__json_result;

typedef struct lnt__json_text {
    const char *at, *end;
    bool final;             ///< nothing follows `end`
    const char *problem_at; ///< set with JSON_BAD
    char problem[200];      ///< lower case, no full stop
} lnt__json_text;

/// A string's inside, still escaped.
typedef struct lnt__json_string {
    lnt_str raw;
    bool escaped; ///< holds at least one backslash
} lnt__json_string;

/// Says what is wrong at `at`; returns JSON_BAD.
lnt__json_result lnt__json_bad(lnt__json_text *text, const char *at, const char *format, ...) LNT_PRINTF(3, 4);
/// The piece ended inside of `what` ("a string"): JSON_MORE, or JSON_BAD if it is the last.
lnt__json_result lnt__json_ended(lnt__json_text *text, const char *what);
/// Says that something else was expected than what is at `text->at` (which may be the end).
lnt__json_result lnt__json_unexpected(lnt__json_text *text, const char *expected);

/// Moves over space, tabs and line ends.
static inline void lnt__json_space(lnt__json_text *text) {
    const char *at = text->at;
    while (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t') at++;
    text->at = at < text->end ? at : text->end;
}

/// From the opening quote to behind the closing one. Escapes are checked, also that surrogates come in pairs; so is
/// UTF-8; control characters aren't allowed.
lnt__json_result lnt__json_scan_string(lnt__json_text *text, lnt__json_string *out);
/// A number as it is written; `*whole`: without fraction and exponent.
lnt__json_result lnt__json_scan_number(lnt__json_text *text, lnt_str *out, bool *whole);
/// The literal `word` (true, false, null).
lnt__json_result lnt__json_scan_word(lnt__json_text *text, const char *word);

/// Writes a scanned string without its escapes to `out` (never longer than `raw`), returns the bytes.
int64_t lnt__json_unescape(lnt_str raw, char *out);
/// Writes JSON text without the space between its words to `out` (never longer), returns the bytes.
int64_t lnt__json_compact(lnt_str json, char *out);

#endif
