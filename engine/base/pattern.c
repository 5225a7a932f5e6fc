/// @file pattern.c
/// PCRE2 behind pattern.h. Its memory is the engine's allocator's, so that tests can make any of its allocations fail.
#define PCRE2_CODE_UNIT_WIDTH 8
#include "base/pattern.h"

#include <pcre2.h>

#include "base/memory.h"

struct lnt_pattern {
    pcre2_general_context *memory;
    pcre2_match_context *limits;
    pcre2_code *code;
};

struct lnt_pattern_match {
    const lnt_pattern *pattern;
    pcre2_match_data *found;
    lnt_str subject; ///< of the last match
};

static void *allocate(size_t size, void *context) {
    (void)context;
    return size > INT64_MAX / 2 ? NULL : lnt_alloc((int64_t)size, NULL);
}

static void deallocate(void *memory, void *context) {
    (void)context;
    lnt_free(memory);
}

static lnt_status compile(lnt_pattern *pattern, lnt_str text, const char *name, const lnt_pattern_options *options,
                          lnt_error *err) {
    int code = 0;
    size_t offset = 0;
    pattern->memory = pcre2_general_context_create(allocate, deallocate, NULL);
    pcre2_compile_context *how = pattern->memory ? pcre2_compile_context_create(pattern->memory) : NULL;
    pattern->limits = how ? pcre2_match_context_create(pattern->memory) : NULL;
    if (pattern->limits)
        pattern->code = pcre2_compile((PCRE2_SPTR)text.data, (size_t)text.size,
                                      options->utf8 ? PCRE2_UTF | PCRE2_MATCH_INVALID_UTF : 0, &code, &offset, how);
    pcre2_compile_context_free(how);
    if (!pattern->limits || (!pattern->code && (code == PCRE2_ERROR_HEAP_FAILED || code == PCRE2_ERROR_NOMEMORY)))
        return lnt_error_set(err, LNT_NOMEM, "out of memory");
    if (pattern->code) return LNT_OK;
    char reason[200] = "";
    pcre2_get_error_message(code, (PCRE2_UCHAR *)reason, sizeof reason);
    return lnt_error_set(err, LNT_VALUE, "%s can't be read: %s (at its character %d)", name, reason, (int)offset + 1);
}

lnt_status lnt__pattern_new(lnt_str text, const char *name, const lnt_pattern_options *options, lnt_pattern **out,
                            lnt_error *err) {
    lnt_pattern *pattern = lnt_alloc_array(1, sizeof *pattern, err);
    if (!pattern) return LNT_NOMEM;
    lnt_status status = compile(pattern, text, name, options, err);
    if (status != LNT_OK) {
        lnt__pattern_free(pattern);
        return status;
    }
    pcre2_set_match_limit(pattern->limits, options->steps);
    if (options->depth) pcre2_set_depth_limit(pattern->limits, options->depth);
    pcre2_set_heap_limit(pattern->limits, options->memory_kib);
    (void)pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE); // without it, matching is slower and the same
    *out = pattern;
    return LNT_OK;
}

void lnt__pattern_free(lnt_pattern *pattern) {
    if (!pattern) return;
    pcre2_code_free(pattern->code);
    pcre2_match_context_free(pattern->limits);
    pcre2_general_context_free(pattern->memory);
    lnt_free(pattern);
}

uint32_t lnt__pattern_groups(const lnt_pattern *pattern) {
    uint32_t n = 0;
    pcre2_pattern_info(pattern->code, PCRE2_INFO_CAPTURECOUNT, &n);
    return n;
}

lnt_pattern_match *lnt__pattern_begin(const lnt_pattern *pattern, lnt_error *err) {
    lnt_pattern_match *match = lnt_alloc_array(1, sizeof *match, err);
    if (!match) return NULL;
    match->pattern = pattern;
    match->found = pcre2_match_data_create_from_pattern(pattern->code, pattern->memory);
    if (match->found) return match;
    (void)lnt_error_set(err, LNT_NOMEM, "out of memory");
    lnt_free(match);
    return NULL;
}

void lnt__pattern_end(lnt_pattern_match *match) {
    if (!match) return;
    pcre2_match_data_free(match->found);
    lnt_free(match);
}

lnt_pattern_answer lnt__pattern_match(lnt_pattern_match *match, lnt_str subject) {
    const lnt_pattern *pattern = match->pattern;
    PCRE2_SPTR bytes = (PCRE2_SPTR)(subject.size ? subject.data : "");
    match->subject = subject;
    int code = pcre2_match(pattern->code, bytes, (size_t)subject.size, 0, 0, match->found, pattern->limits);
    if (code == PCRE2_ERROR_JIT_STACKLIMIT)
        code = pcre2_match(pattern->code, bytes, (size_t)subject.size, 0, PCRE2_NO_JIT, match->found, pattern->limits);
    if (code >= 0) return LNT_PATTERN_YES;
    if (code == PCRE2_ERROR_NOMATCH) return LNT_PATTERN_NO;
    return code == PCRE2_ERROR_NOMEMORY ? LNT_PATTERN_NOMEM : LNT_PATTERN_GAVE_UP;
}

bool lnt__pattern_group(const lnt_pattern_match *match, uint32_t group, lnt_str *out) {
    const size_t *ends = pcre2_get_ovector_pointer(match->found) + 2 * group;
    if (ends[0] == PCRE2_UNSET || ends[1] < ends[0]) return false;
    *out = (lnt_str){match->subject.data + ends[0], (int64_t)(ends[1] - ends[0])};
    return true;
}
