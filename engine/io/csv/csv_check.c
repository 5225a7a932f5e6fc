// What is checked of a block beyond its structure: NUL bytes, UTF-8, values of declared types, and the footer. Expected
// to find nothing: one pass over the bytes says whether any byte is high or zero, and only then is it looked closer.
//
// Invariant: whether a record is kept depends on the record alone, never on which columns a query wants.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "column/value_text.h"
#include "io/csv/csv.h"

int64_t lnt_csv_count_lines(const lnt_csv_tokens *tokens, int64_t from, int64_t to) {
    if (to > tokens->bytes->size) to = tokens->bytes->size;
    if (from >= to) return 0;
    return tokens->kernels->survey(tokens->bytes->data + from, to - from, tokens->dialect->newline).n_newlines;
}

// ---- dropping records ----

/// Which records go; made when the first one does.
typedef struct drops {
    lnt_csv_tokens *tokens;
    bool *gone; ///< NULL: none yet
} drops;

/// The record's text: from its start to the end of its last field.
static void record_span(const lnt_csv_tokens *tokens, int64_t record, int64_t *start, int64_t *end) {
    const int64_t n_columns = tokens->dialect->n_columns;
    *start = ((const uint32_t *)tokens->starts->data)[record];
    *end = ((const uint32_t *)tokens->ends->data)[(record + 1) * n_columns - 1];
    if (*end > *start && tokens->bytes->data[*end - 1] == '\r') --*end;
}

static lnt_status drop(drops *d, int64_t record, lnt_csv_fault fault, lnt_error *err) {
    if (!d->gone) d->gone = lnt_alloc_array(d->tokens->n_records, sizeof *d->gone, err);
    if (!d->gone) return LNT_NOMEM;
    if (d->gone[record]) return LNT_OK;
    d->gone[record] = true;
    int64_t start, end;
    record_span(d->tokens, record, &start, &end);
    lnt_csv_reject reject = {.start = start, .size = end - start, .column = -1, .fault = fault};
    return lnt_csv_tokens_reject(d->tokens, reject, err);
}

/// Closes the holes that dropped records leave.
static void close_up(drops *d) {
    const int64_t n_columns = d->tokens->dialect->n_columns;
    uint32_t *ends = (uint32_t *)d->tokens->ends->data, *starts = (uint32_t *)d->tokens->starts->data;
    int64_t kept = 0;
    for (int64_t i = 0; i < d->tokens->n_records; i++) {
        if (d->gone[i]) continue;
        if (kept < i) {
            starts[kept] = starts[i];
            memcpy(ends + kept * n_columns, ends + i * n_columns, (size_t)n_columns * sizeof *ends);
        }
        kept++;
    }
    d->tokens->n_records = kept;
}

// ---- the checks ----

static lnt_status check_bytes(drops *d, lnt_error *err) {
    const lnt_csv_tokens *tokens = d->tokens;
    const char *bytes = (const char *)tokens->bytes->data;
    int64_t from = tokens->first - tokens->base, to = tokens->next - tokens->base;
    if (to > tokens->bytes->size) to = tokens->bytes->size;
    bool high = tokens->survey.any_high && lnt_utf8_check(bytes + from, to - from) >= 0;
    if (!high && !tokens->survey.any_zero) return LNT_OK;
    for (int64_t i = 0; i < tokens->n_records; i++) {
        int64_t start, end;
        record_span(tokens, i, &start, &end);
        if (tokens->survey.any_zero && memchr(bytes + start, 0, (size_t)(end - start)))
            LNT_TRY(drop(d, i, LNT_CSV_FAULT_NUL, err));
        else if (high && lnt_utf8_check(bytes + start, end - start) >= 0)
            LNT_TRY(drop(d, i, LNT_CSV_FAULT_UTF8, err));
    }
    return LNT_OK;
}

/// Drops a record for a value that isn't of its column's type.
static lnt_status drop_value(drops *d, int64_t record, int64_t column, lnt_csv_cell cell, lnt_error *err) {
    enum { SHOWN = 80 };
    LNT_TRY(drop(d, record, LNT_CSV_FAULT_VALUE, err));
    lnt_csv_reject *reject = &d->tokens->rejects[d->tokens->n_rejects - 1];
    lnt_str value = {cell.data, cell.size};
    if (value.size > SHOWN) { // cut where a character starts
        value.size = SHOWN;
        while (value.size > 0 && (cell.data[value.size] & 0xc0) == 0x80) value.size--;
    }
    reject->column = column;
    reject->value = lnt_arena_copy(&d->tokens->values, value, err);
    return reject->value.data || !value.size ? LNT_OK : err ? err->code : LNT_NOMEM;
}

/// Whether the text is a value of the type.
static bool is_value(lnt_type type, const char *data, int64_t size) {
    bool b;
    int64_t i;
    double f;
    lnt_ip ip;
    switch (type) {
    case LNT_BOOL:
        return lnt_parse_bool(data, size, &b);
    case LNT_INT:
        return lnt_parse_int(data, size, &i);
    case LNT_FLOAT:
        return lnt_parse_float(data, size, &f);
    case LNT_TIME:
        return lnt_parse_time(data, size, &i);
    case LNT_IP:
        return lnt_parse_ip(data, size, &ip);
    default:
        return true;
    }
}

static lnt_status drop_misfit(void *context, int64_t record, lnt_error *err) {
    return drop(context, record, LNT_CSV_FAULT_FORM, err);
}

/// Checks the values of the declared columns, record by record while its bytes are near.
static lnt_status check_values(const lnt_csv_scan *scan, drops *d, lnt_error *err) {
    lnt_csv_tokens *tokens = d->tokens;
    for (int64_t i = 0; i < tokens->n_records && scan->n_checked; i++) {
        if (d->gone && d->gone[i]) continue;
        for (int64_t k = 0; k < scan->n_checked; k++) {
            lnt_type type = scan->columns[scan->checked[k]].type;
            lnt_csv_cell cell = lnt_csv_cell_at(tokens, i, scan->checked[k], &tokens->scratch, err);
            if (!cell.data) return err ? err->code : LNT_NOMEM;
            if (lnt_csv_is_null(&scan->nulls, cell, false) || is_value(type, cell.data, cell.size)) continue;
            LNT_TRY(drop_value(d, i, scan->checked[k], cell, err));
            break;
        }
    }
    lnt_arena_reset(&tokens->scratch);
    return LNT_OK;
}

void lnt_csv_explain(const lnt_csv_scan *scan, const lnt_csv_reject *reject, char out[LNT_CSV_REASON]) {
    static const char *const words[] = {
        [LNT_CSV_FAULT_JUNK] = "text follows a closing quote",    [LNT_CSV_FAULT_OPEN] = "a quote is never closed",
        [LNT_CSV_FAULT_INNER] = "an inner quote is never closed", [LNT_CSV_FAULT_NUL] = "a NUL byte",
        [LNT_CSV_FAULT_UTF8] = "bytes that aren't UTF-8",         [LNT_CSV_FAULT_FOOTER] = "footer",
        [LNT_CSV_FAULT_FORM] = "not of the expected form"};
    if (reject->fault == LNT_CSV_FAULT_COUNT) {
        snprintf(out, LNT_CSV_REASON, "%lld field%s where %lld are expected", (long long)reject->n_fields,
                 reject->n_fields == 1 ? "" : "s", (long long)scan->dialect.n_columns);
    } else if (reject->fault == LNT_CSV_FAULT_LONG) {
        snprintf(out, LNT_CSV_REASON, "longer than %lld bytes", (long long)scan->dialect.max_record_bytes);
    } else if (reject->fault == LNT_CSV_FAULT_VALUE) {
        lnt_type type = scan->columns[reject->column].type;
        snprintf(out, LNT_CSV_REASON, "'%.*s' isn't %s %s", (int)reject->value.size, reject->value.data,
                 type == LNT_INT || type == LNT_IP ? "an" : "a", lnt_type_name(type));
    } else {
        snprintf(out, LNT_CSV_REASON, "%s", words[reject->fault]);
    }
}

// ---- footers ----

/// Digits at `*at`, moved behind them; -1 without any or when they are too many.
static int64_t take_number(const char *text, int64_t size, int64_t *at) {
    int64_t value = 0, from = *at;
    while (*at < size && text[*at] >= '0' && text[*at] <= '9' && *at - from < 15)
        value = value * 10 + (text[(*at)++] - '0');
    return *at > from ? value : -1;
}

int64_t lnt_csv_footer_count(const char *line, int64_t size) {
    static const char entries[] = "Number of entries:", end[] = "END ";
    int64_t at = 0;
    while (at < size && (line[at] == '#' || line[at] == ' ' || line[at] == '"')) at++;
    bool counted = size - at >= (int64_t)sizeof entries - 1 && memcmp(line + at, entries, sizeof entries - 1) == 0;
    bool ended = size - at >= (int64_t)sizeof end - 1 && memcmp(line + at, end, sizeof end - 1) == 0;
    if (!counted && !ended) return -1;
    at += counted ? (int64_t)sizeof entries - 1 : (int64_t)sizeof end - 1;
    while (at < size && line[at] == ' ') at++;
    int64_t n = take_number(line, size, &at);
    if (counted || n < 0) return n;
    return size - at >= 8 && memcmp(line + at, " entries", 8) == 0 ? n : -1;
}

/// The last line of the file, if it is a footer in a file without comments: not a row, and told as what it is.
static lnt_status check_last_record(drops *d, lnt_error *err) {
    lnt_csv_tokens *tokens = d->tokens;
    if (!tokens->eof || tokens->next < tokens->base + tokens->bytes->size) return LNT_OK;
    int64_t start = -1, end = -1, last_reject = tokens->n_rejects - 1;
    if (tokens->n_records) record_span(tokens, tokens->n_records - 1, &start, &end);
    bool is_reject = last_reject >= 0 && tokens->rejects[last_reject].start > start;
    if (is_reject) {
        start = tokens->rejects[last_reject].start;
        end = start + tokens->rejects[last_reject].size;
    }
    if (start < 0 || tokens->bytes->data[start] != '#') return LNT_OK;
    tokens->announced = lnt_csv_footer_count((const char *)tokens->bytes->data + start, end - start);
    if (tokens->announced < 0) return LNT_OK;
    tokens->footer = start;
    tokens->footer_rejected = true;
    if (!is_reject) return drop(d, tokens->n_records - 1, LNT_CSV_FAULT_FOOTER, err);
    tokens->rejects[last_reject].fault = LNT_CSV_FAULT_FOOTER;
    return LNT_OK;
}

/// Whether the last comment of the block stands behind all its records, and what count it announces.
static void check_last_comment(lnt_csv_tokens *tokens) {
    const char *bytes = (const char *)tokens->bytes->data;
    const uint32_t *starts = (const uint32_t *)tokens->starts->data;
    if (tokens->n_records && starts[tokens->n_records - 1] > tokens->footer) return;
    if (tokens->n_rejects && tokens->rejects[tokens->n_rejects - 1].start > tokens->footer) return;
    int64_t size = tokens->bytes->size - tokens->footer;
    const char *end = memchr(bytes + tokens->footer, tokens->dialect->newline, (size_t)size);
    tokens->announced = lnt_csv_footer_count(bytes + tokens->footer, end ? end - (bytes + tokens->footer) : size);
}

// ---- all together ----

static int by_place(const void *a, const void *b) {
    const lnt_csv_reject *x = a, *y = b;
    return (x->start > y->start) - (x->start < y->start);
}

/// Puts the rejects in the file's order and counts the lines before each.
static void place_rejects(lnt_csv_tokens *tokens) {
    bool sorted = true;
    for (int64_t i = 1; i < tokens->n_rejects; i++) sorted &= tokens->rejects[i - 1].start <= tokens->rejects[i].start;
    if (!sorted) qsort(tokens->rejects, (size_t)tokens->n_rejects, sizeof *tokens->rejects, by_place);
    int64_t at = tokens->first - tokens->base, line = 0;
    for (int64_t i = 0; i < tokens->n_rejects; i++) {
        line += lnt_csv_count_lines(tokens, at, tokens->rejects[i].start);
        at = tokens->rejects[i].start;
        tokens->rejects[i].line = line;
    }
    if (tokens->announced >= 0)
        tokens->footer_line = lnt_csv_count_lines(tokens, tokens->first - tokens->base, tokens->footer);
}

lnt_status lnt_csv_check(const lnt_csv_scan *scan, lnt_csv_tokens *tokens, lnt_error *err) {
    int64_t from = tokens->first - tokens->base, to = tokens->next - tokens->base;
    if (to > tokens->bytes->size) to = tokens->bytes->size;
    tokens->survey = (lnt_csv_survey){0, false, false};
    if (to > from)
        tokens->survey = tokens->kernels->survey(tokens->bytes->data + from, to - from, tokens->dialect->newline);
    if (tokens->dialect->comment_size && tokens->footer >= 0) check_last_comment(tokens);
    drops d = {tokens, NULL};
    lnt_status status = LNT_OK;
    if (!tokens->dialect->comment_size) status = check_last_record(&d, err);
    if (status == LNT_OK) status = check_bytes(&d, err);
    if (status == LNT_OK && scan->pattern) status = lnt_csv_pattern_check(scan->pattern, tokens, drop_misfit, &d, err);
    if (status == LNT_OK) status = check_values(scan, &d, err);
    if (d.gone) close_up(&d);
    lnt_free(d.gone);
    if (status == LNT_OK) place_rejects(tokens);
    return status;
}
