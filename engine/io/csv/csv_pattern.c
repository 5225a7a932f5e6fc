// The form that every record of a file must have, as a regular expression by PCRE2, whose types don't leave this file.
// For logs of free text, read as one column of whole lines: a line of another form is a reject, not a row of nulls.
//
// Records are matched as bytes (they are known to be UTF-8 by then). Steps are limited: a record that takes too many
// isn't of the form either, so that no line can hang a scan.
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "io/csv/csv.h"

enum { MATCH_LIMIT = 1000000, HEAP_LIMIT_KIB = 16384 };

struct lnt_csv_pattern {
    pcre2_general_context *memory;
    pcre2_match_context *limits;
    pcre2_code *code;
};

static void *pattern_alloc(size_t size, void *context) {
    (void)context;
    return size > INT64_MAX / 2 ? NULL : lnt_alloc((int64_t)size, NULL);
}

static void pattern_dealloc(void *memory, void *context) {
    (void)context;
    lnt_free(memory);
}

static lnt_status compile(lnt_csv_pattern *pattern, const char *text, lnt_error *err) {
    int code = 0;
    size_t offset = 0;
    pattern->memory = pcre2_general_context_create(pattern_alloc, pattern_dealloc, NULL);
    pcre2_compile_context *how = pattern->memory ? pcre2_compile_context_create(pattern->memory) : NULL;
    pattern->limits = how ? pcre2_match_context_create(pattern->memory) : NULL;
    if (pattern->limits)
        pattern->code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, 0, &code, &offset, how);
    pcre2_compile_context_free(how);
    if (!pattern->limits || (!pattern->code && (code == PCRE2_ERROR_HEAP_FAILED || code == PCRE2_ERROR_NOMEMORY)))
        return lnt_error_set(err, LNT_NOMEM, "out of memory");
    if (!pattern->code) {
        char reason[200] = "";
        pcre2_get_error_message(code, (PCRE2_UCHAR *)reason, sizeof reason);
        return lnt_error_set(err, LNT_ARGUMENT, "record_pattern can't be read: %s (at its character %d)", reason,
                             (int)offset + 1);
    }
    pcre2_set_match_limit(pattern->limits, MATCH_LIMIT);
    pcre2_set_heap_limit(pattern->limits, HEAP_LIMIT_KIB);
    // Where there is no compiler for this machine, matching is slower and the same.
    if (pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE) == PCRE2_ERROR_NOMEMORY)
        return lnt_error_set(err, LNT_NOMEM, "out of memory");
    return LNT_OK;
}

lnt_status lnt_csv_pattern_new(const char *text, lnt_csv_pattern **out, lnt_error *err) {
    lnt_csv_pattern *pattern = lnt_alloc_array(1, sizeof *pattern, err);
    if (!pattern) return LNT_NOMEM;
    lnt_status status = compile(pattern, text, err);
    if (status == LNT_OK) *out = pattern;
    else lnt_csv_pattern_free(pattern);
    return status;
}

void lnt_csv_pattern_free(lnt_csv_pattern *pattern) {
    if (!pattern) return;
    pcre2_code_free(pattern->code);
    pcre2_match_context_free(pattern->limits);
    pcre2_general_context_free(pattern->memory);
    lnt_free(pattern);
}

/// Matches one record; `*fits` says whether it is of the form.
static lnt_status match_one(const lnt_csv_pattern *pattern, pcre2_match_data *match, const char *data, int64_t size,
                            bool *fits, lnt_error *err) {
    PCRE2_SPTR subject = (PCRE2_SPTR)data;
    int code = pcre2_match(pattern->code, subject, (size_t)size, 0, 0, match, pattern->limits);
    if (code == PCRE2_ERROR_JIT_STACKLIMIT)
        code = pcre2_match(pattern->code, subject, (size_t)size, 0, PCRE2_NO_JIT, match, pattern->limits);
    *fits = code >= 0;
    return code == PCRE2_ERROR_NOMEMORY ? lnt_error_set(err, LNT_NOMEM, "out of memory") : LNT_OK;
}

lnt_status lnt_csv_pattern_check(const lnt_csv_pattern *pattern, const lnt_csv_tokens *tokens, lnt_csv_misfit_fn fn,
                                 void *context, lnt_error *err) {
    const int64_t n_columns = tokens->dialect->n_columns;
    const uint32_t *starts = (const uint32_t *)tokens->starts->data, *ends = (const uint32_t *)tokens->ends->data;
    const char *bytes = (const char *)tokens->bytes->data;
    pcre2_match_data *match = pcre2_match_data_create(1, pattern->memory);
    if (!match) return lnt_error_set(err, LNT_NOMEM, "out of memory");
    lnt_status status = LNT_OK;
    for (int64_t i = 0; i < tokens->n_records && status == LNT_OK; i++) {
        int64_t start = starts[i], end = ends[(i + 1) * n_columns - 1];
        if (end > start && bytes[end - 1] == '\r') end--;
        bool fits = true;
        status = match_one(pattern, match, bytes + start, end - start, &fits, err);
        if (status == LNT_OK && !fits) status = fn(context, i, err);
    }
    pcre2_match_data_free(match);
    return status;
}
