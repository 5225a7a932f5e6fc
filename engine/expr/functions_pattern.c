/// @file functions_pattern.c
/// Regular expressions by PCRE2: matches, extract. PCRE2's types don't leave this file.
///
/// Patterns are constants, compiled (and translated to machine code where PCRE2 can) when the expression is bound, and
/// shared by all threads. Steps are limited, so that no pattern hangs a query; running into the limit is an error, not
/// "no match". Subjects need not be valid UTF-8: PCRE2 is told to expect that.
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>

#include "expr/binder.h"

enum { MATCH_LIMIT = 2000000, DEPTH_LIMIT = 20000, HEAP_LIMIT_KIB = 65536 };

/// A compiled pattern. Immutable once made.
typedef struct pattern {
    pcre2_general_context *memory;
    pcre2_match_context *limits;
    pcre2_code *code;
    uint32_t group; ///< what extract takes
} pattern;

static void *pattern_alloc(size_t size, void *context) {
    (void)context;
    return size > INT64_MAX / 2 ? NULL : lnt_alloc((int64_t)size, NULL);
}

static void pattern_dealloc(void *memory, void *context) {
    (void)context;
    lnt_free(memory);
}

static void pattern_free(void *what) {
    pattern *made = what;
    pcre2_code_free(made->code);
    pcre2_match_context_free(made->limits);
    pcre2_general_context_free(made->memory);
}

static lnt_status bad_pattern(const lnt_typed *node, int code, size_t offset, lnt_error *err) {
    char reason[200] = "";
    pcre2_get_error_message(code, (PCRE2_UCHAR *)reason, sizeof reason);
    lnt_error_set(err, LNT_VALUE, "a pattern that can't be read: %s (at its character %d)", reason, (int)offset + 1);
    lnt_typed_span(node, err);
    return LNT_VALUE;
}

static lnt_status compile(pattern *made, const lnt_typed *node, lnt_str text, lnt_error *err) {
    int code = 0;
    size_t offset = 0;
    made->memory = pcre2_general_context_create(pattern_alloc, pattern_dealloc, NULL);
    pcre2_compile_context *how = made->memory ? pcre2_compile_context_create(made->memory) : NULL;
    made->limits = how ? pcre2_match_context_create(made->memory) : NULL;
    if (made->limits)
        made->code = pcre2_compile((PCRE2_SPTR)text.data, (size_t)text.size, PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, &code,
                                   &offset, how);
    pcre2_compile_context_free(how);
    if (!made->limits || (!made->code && (code == PCRE2_ERROR_HEAP_FAILED || code == PCRE2_ERROR_NOMEMORY)))
        return lnt_error_set(err, LNT_NOMEM, "out of memory");
    if (!made->code) return bad_pattern(node, code, offset, err);
    pcre2_set_match_limit(made->limits, MATCH_LIMIT);
    pcre2_set_depth_limit(made->limits, DEPTH_LIMIT);
    pcre2_set_heap_limit(made->limits, HEAP_LIMIT_KIB);
    (void)pcre2_jit_compile(made->code, PCRE2_JIT_COMPLETE); // without it, matching is slower and the same
    return LNT_OK;
}

static lnt_status make_pattern(lnt_binder *binder, lnt_typed *call, pattern **out, lnt_error *err) {
    lnt_str text;
    LNT_TRY(lnt_bind_constant_text(call, 1, "the pattern", &text, err));
    pattern *made = lnt_arena_alloc(binder->arena, sizeof *made, err);
    if (!made) return LNT_NOMEM;
    memset(made, 0, sizeof *made);
    LNT_TRY(lnt_bound_keep(binder->bound, pattern_free, made, err));
    LNT_TRY(compile(made, call->args[1], text, err));
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
    uint32_t n_groups = 0;
    LNT_TRY(make_pattern(binder, call, &made, err));
    pcre2_pattern_info(made->code, PCRE2_INFO_CAPTURECOUNT, &n_groups);
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
static lnt_status match_one(const lnt_run *run, int64_t row, pcre2_match_data *match, bool *found, lnt_error *err) {
    const pattern *made = run->call->data;
    lnt_str text = lnt_run_str(run, 0, row);
    PCRE2_SPTR subject = (PCRE2_SPTR)(text.size ? text.data : "");
    int code = pcre2_match(made->code, subject, (size_t)text.size, 0, 0, match, made->limits);
    if (code == PCRE2_ERROR_JIT_STACKLIMIT)
        code = pcre2_match(made->code, subject, (size_t)text.size, 0, PCRE2_NO_JIT, match, made->limits);
    *found = code >= 0;
    if (code >= 0 || code == PCRE2_ERROR_NOMATCH) return LNT_OK;
    if (code == PCRE2_ERROR_NOMEMORY) return lnt_error_set(err, LNT_NOMEM, "out of memory");
    int shown = text.size > 40 ? 40 : (int)text.size;
    return lnt_run_fail(run, row, LNT_LIMIT, err,
                        "matching '%.*s' takes too many steps: a pattern with fewer nested repetitions would not",
                        shown, text.data);
}

static pcre2_match_data *match_begin(const lnt_run *run, lnt_error *err) {
    const pattern *made = run->call->data;
    pcre2_match_data *match = pcre2_match_data_create_from_pattern(made->code, made->memory);
    if (!match) (void)lnt_error_set(err, LNT_NOMEM, "out of memory");
    return match;
}

static lnt_status matches(const lnt_run *run, lnt_error *err) {
    pcre2_match_data *match = match_begin(run, err);
    if (!match) return LNT_NOMEM;
    lnt_status status = LNT_OK;
    uint8_t *out = run->out;
    for (int64_t k = 0; k < run->n && status == LNT_OK; k++) {
        int64_t row = lnt_run_row(run, k);
        bool found = false;
        status = match_one(run, row, match, &found, err);
        out[row] = found;
    }
    pcre2_match_data_free(match);
    return status;
}

/// The group's piece of the text; false where the group took no part in the match.
static bool group_of(const lnt_run *run, int64_t row, pcre2_match_data *match, lnt_str *out) {
    const size_t *ends = pcre2_get_ovector_pointer(match) + 2 * ((const pattern *)run->call->data)->group;
    if (ends[0] == PCRE2_UNSET || ends[1] < ends[0]) return false;
    *out = (lnt_str){lnt_run_str(run, 0, row).data + ends[0], (int64_t)(ends[1] - ends[0])};
    return true;
}

static lnt_status extract(const lnt_run *run, lnt_error *err) {
    pcre2_match_data *match = match_begin(run, err);
    if (!match) return LNT_NOMEM;
    lnt_status status = LNT_OK;
    lnt_str *out = run->out;
    for (int64_t k = 0; k < run->n && status == LNT_OK; k++) {
        int64_t row = lnt_run_row(run, k);
        bool found = false;
        status = match_one(run, row, match, &found, err);
        out[row] = (lnt_str){"", 0};
        if (!found || !group_of(run, row, match, &out[row])) lnt_bitmap_unset(run->valid, row);
    }
    pcre2_match_data_free(match);
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
