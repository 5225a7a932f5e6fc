// The form that every record of a file must have, as a regular expression. For logs of free text, read as one column of
// whole lines: a line of another form is a reject, not a row of nulls.
//
// Records are matched as bytes (they are known to be UTF-8 by then). A record that takes too many steps isn't of the
// form either, so that no line can hang a scan.
#include <string.h>

#include "base/pattern.h"
#include "io/csv/csv.h"

lnt_status lnt_csv_pattern_new(const char *text, lnt_pattern **out, lnt_error *err) {
    static const lnt_pattern_options options = {.steps = 1000000, .memory_kib = 16384};
    lnt_status status = lnt__pattern_new((lnt_str){text, (int64_t)strlen(text)}, "record_pattern", &options, out, err);
    if (status != LNT_VALUE) return status;
    if (err) err->code = LNT_ARGUMENT; // it is an option's value
    return LNT_ARGUMENT;
}

lnt_status lnt_csv_pattern_check(const lnt_pattern *pattern, const lnt_csv_tokens *tokens, lnt_csv_misfit_fn fn,
                                 void *context, lnt_error *err) {
    const int64_t n_columns = tokens->dialect->n_columns;
    const uint32_t *starts = (const uint32_t *)tokens->starts->data, *ends = (const uint32_t *)tokens->ends->data;
    const char *bytes = (const char *)tokens->bytes->data;
    lnt_pattern_match *match = lnt__pattern_begin(pattern, err);
    if (!match) return LNT_NOMEM;
    lnt_status status = LNT_OK;
    for (int64_t i = 0; i < tokens->n_records && status == LNT_OK; i++) {
        int64_t start = starts[i], end = ends[(i + 1) * n_columns - 1];
        if (end > start && bytes[end - 1] == '\r') end--;
        lnt_pattern_answer answer = lnt__pattern_match(match, (lnt_str){bytes + start, end - start});
        if (answer == LNT_PATTERN_NOMEM)
            status = lnt_error_set(err, LNT_NOMEM, "out of memory");
        else if (answer != LNT_PATTERN_YES)
            status = fn(context, i, err);
    }
    lnt__pattern_end(match);
    return status;
}
