/// @file pattern.h
/// Regular expressions by PCRE2, whose types stay in pattern.c: compiled once, matched by many threads.
///
/// Text comes from feeds and patterns from users: steps, depth and memory of a match are limited, so that no pair of
/// them hangs a query or eats the machine.
#ifndef LNT_BASE_PATTERN_H
#define LNT_BASE_PATTERN_H

#include "lunette/type.h"

typedef struct lnt_pattern lnt_pattern;             ///< immutable once made, for any thread
typedef struct lnt_pattern_match lnt_pattern_match; ///< what one thread matches with

typedef struct lnt_pattern_options {
    bool utf8;           ///< characters are those of UTF-8 (text that isn't valid matches piece by piece); else bytes
    uint32_t steps;      ///< the most that a match may take
    uint32_t depth;      ///< the most that it may nest where there is no machine code; 0: PCRE2's own limit
    uint32_t memory_kib; ///< the most memory of a match
} lnt_pattern_options;

typedef enum lnt_pattern_answer {
    LNT_PATTERN_NO,
    LNT_PATTERN_YES,
    LNT_PATTERN_GAVE_UP, ///< a limit was reached
    LNT_PATTERN_NOMEM
} lnt_pattern_answer;

/// Compiles `text`, to machine code where PCRE2 can. Fails with LNT_VALUE, "`name` can't be read: …" and the place,
/// where it is no regular expression. Free with lnt__pattern_free, once no match is left.
LNT_MUST_USE lnt_status lnt__pattern_new(lnt_str text, const char *name, const lnt_pattern_options *options,
                                         lnt_pattern **out, lnt_error *err);
void lnt__pattern_free(lnt_pattern *pattern); ///< NULL is fine
/// Groups in parentheses.
uint32_t lnt__pattern_groups(const lnt_pattern *pattern);

/// NULL when there is no memory. Free with lnt__pattern_end.
lnt_pattern_match *lnt__pattern_begin(const lnt_pattern *pattern, lnt_error *err);
void lnt__pattern_end(lnt_pattern_match *match);
/// Whether the pattern matches anywhere in `subject`.
lnt_pattern_answer lnt__pattern_match(lnt_pattern_match *match, lnt_str subject);
/// After LNT_PATTERN_YES: what `group` (0: the whole match) took of the subject; false where it took no part.
bool lnt__pattern_group(const lnt_pattern_match *match, uint32_t group, lnt_str *out);

#endif
