/// @file functions_pattern.c
/// Regular expressions: matches, extract.
///
/// Patterns are constants, compiled when the expression is bound and shared by all threads. Running into the limit of
/// steps is an error, not "no match". Subjects need not be valid UTF-8.
#include <string.h>

#include "base/pattern.h"
#include "expr/binder.h"

/// What a call has in `data`. Immutable once bound.
typedef struct pattern {
    lnt_pattern *compiled;
    uint32_t group; ///< what extract takes
} pattern;

static void release(void *compiled) {
    lnt__pattern_free(compiled);
}

static lnt_status make_pattern(lnt_binder *binder, lnt_typed *call, pattern **out, lnt_error *err) {
    static const lnt_pattern_options options = {.utf8 = true, .steps = 2000000, .depth = 20000, .memory_kib = 65536};
    lnt_str text;
    LNT_TRY(lnt_bind_constant_text(call, 1, "the pattern", &text, err));
    pattern *made = lnt_arena_alloc(binder->arena, sizeof *made, err);
    if (!made) return LNT_NOMEM;
    memset(made, 0, sizeof *made);
    lnt_status status = lnt__pattern_new(text, "a pattern that", &options, &made->compiled, err);
    if (status == LNT_VALUE) lnt_typed_span(call->args[1], err);
    LNT_TRY(status);
    LNT_TRY(lnt_bound_keep(binder->bound, release, made->compiled, err));
    call->data = made;
    call->n_used = 1;
    *out = made;
    return LNT_OK;
}

static lnt_status prepare_matches(lnt_binder *binder, lnt_typed *call, lnt_error *err) {
    pattern *made;
    return make_pattern(binder, call, &made, err);
}

static lnt_status prepare_extract(lnt_binder *binder, lnt_typed *call, lnt_error *err) {
    pattern *made;
    LNT_TRY(make_pattern(binder, call, &made, err));
    uint32_t n_groups = lnt__pattern_groups(made->compiled);
    made->group = n_groups > 0;
    if (call->n_args < 3) return LNT_OK;
    const lnt_typed *group = call->args[2];
    bool constant = group->kind == LNT_TYPED_CONSTANT && !group->value.is_null;
    if (constant && group->value.as.i >= 0 && group->value.as.i <= n_groups) {
        made->group = (uint32_t)group->value.as.i;
        return LNT_OK;
    }
    lnt_error_set(err, LNT_VALUE,
                  "the group of extract must be a constant from 0 (all) to %d, the groups of this pattern",
                  (int)n_groups);
    lnt_typed_span(group, err);
    return LNT_VALUE;
}

/// Runs the pattern; `*found` says whether it matched.
static lnt_status match_one(const lnt_run *run, int64_t row, lnt_pattern_match *match, bool *found, lnt_error *err) {
    lnt_str text = lnt_run_str(run, 0, row);
    lnt_pattern_answer answer = lnt__pattern_match(match, text);
    *found = answer == LNT_PATTERN_YES;
    if (answer == LNT_PATTERN_YES || answer == LNT_PATTERN_NO) return LNT_OK;
    if (answer == LNT_PATTERN_NOMEM) return lnt_error_set(err, LNT_NOMEM, "out of memory");
    int shown = text.size > 40 ? 40 : (int)text.size;
    return lnt_run_fail(run, row, LNT_LIMIT, err,
                        "matching '%.*s' takes too many steps: a pattern with fewer nested repetitions would not",
                        shown, text.data);
}

static lnt_status matches(const lnt_run *run, lnt_error *err) {
    lnt_pattern_match *match = lnt__pattern_begin(((const pattern *)run->call->data)->compiled, err);
    if (!match) return LNT_NOMEM;
    lnt_status status = LNT_OK;
    uint8_t *out = run->out;
    for (int64_t k = 0; k < run->n && status == LNT_OK; k++) {
        int64_t row = lnt_run_row(run, k);
        bool found = false;
        status = match_one(run, row, match, &found, err);
        out[row] = found;
    }
    lnt__pattern_end(match);
    return status;
}

static lnt_status extract(const lnt_run *run, lnt_error *err) {
    const pattern *made = run->call->data;
    lnt_pattern_match *match = lnt__pattern_begin(made->compiled, err);
    if (!match) return LNT_NOMEM;
    lnt_status status = LNT_OK;
    lnt_str *out = run->out;
    for (int64_t k = 0; k < run->n && status == LNT_OK; k++) {
        int64_t row = lnt_run_row(run, k);
        bool found = false;
        status = match_one(run, row, match, &found, err);
        out[row] = (lnt_str){"", 0};
        if (!found || !lnt__pattern_group(match, made->group, &out[row])) lnt_bitmap_unset(run->valid, row);
    }
    lnt__pattern_end(match);
    return status;
}

static const lnt_overload of_matches[] = {{"ss:b", LNT_CAN_FAIL, matches, NULL}};
static const lnt_overload of_extract[] = {{"ss:s", LNT_CAN_FAIL | LNT_MAKES_NULLS, extract, NULL},
                                          {"ssi:s", LNT_CAN_FAIL | LNT_MAKES_NULLS, extract, NULL}};

static const lnt_function functions[] = {
    {{"matches", "matches(x: string, pattern: string) -> bool",
      "Whether the regular expression (PCRE2, a constant) matches anywhere in x; '(?i)' at its start ignores case.",
      "text"},
     of_matches,
     LNT_COUNT(of_matches),
     NULL,
     prepare_matches},
    {{"extract", "extract(x: string, pattern: string[, group: int]) -> string",
      "What the regular expression's group (its first; all of the match if it has none) takes of x; null without a "
      "match.",
      "text"},
     of_extract,
     LNT_COUNT(of_extract),
     NULL,
     prepare_extract},
};
const lnt_function_table lnt_pattern_functions = {functions, LNT_COUNT(functions)};
