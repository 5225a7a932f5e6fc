// The dialect of a file from its first megabyte: encoding, newlines, comments, delimiter, quote, spaces. Options come
// first; what they leave open is decided by which reading gives the most records the same number of fields.
#include <stdio.h>
#include <string.h>

#include "io/csv/csv_sniff.h"

// ---- encoding ----

static bool starts_with(const lnt_csv_sample *sample, const char *magic, int64_t size) {
    return sample->size >= size && memcmp(sample->bytes, magic, (size_t)size) == 0;
}

static lnt_status wrong_encoding(const lnt_csv_sample *sample, const char *encoding, lnt_error *err) {
    return lnt_error_set(err, LNT_FORMAT, "%s is %s text; convert it first: iconv -f %s -t UTF-8 IN > OUT",
                         sample->name, encoding, encoding);
}

/// UTF-16 without a mark: text whose every other byte is 0.
static const char *unmarked_utf16(const lnt_csv_sample *sample) {
    int64_t n = sample->size < 4096 ? sample->size : 4096, zero[2] = {0, 0};
    for (int64_t i = 0; i < n; i++) zero[i & 1] += sample->bytes[i] == 0;
    if (n < 8 || zero[0] + zero[1] < n / 4) return NULL;
    if (zero[1] > 8 * zero[0]) return "UTF-16LE";
    if (zero[0] > 8 * zero[1]) return "UTF-16BE";
    return NULL;
}

/// Whether the sample has more bytes that text doesn't have than damage would explain.
static bool is_binary(const lnt_csv_sample *sample) {
    int64_t n = sample->size < 16384 ? sample->size : 16384, strange = 0;
    for (int64_t i = 0; i < n; i++) {
        uint8_t c = (uint8_t)sample->bytes[i];
        strange += c < 32 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 27;
    }
    return strange * 20 > n;
}

static lnt_status check_encoding(lnt_csv_sample *sample, lnt_error *err) {
    if (starts_with(sample, "\xef\xbb\xbf", 3)) sample->start = 3;
    if (starts_with(sample, "\xff\xfe\0\0", 4)) return wrong_encoding(sample, "UTF-32LE", err);
    if (starts_with(sample, "\0\0\xfe\xff", 4)) return wrong_encoding(sample, "UTF-32BE", err);
    if (starts_with(sample, "\xff\xfe", 2)) return wrong_encoding(sample, "UTF-16LE", err);
    if (starts_with(sample, "\xfe\xff", 2)) return wrong_encoding(sample, "UTF-16BE", err);
    const char *unmarked = unmarked_utf16(sample);
    if (unmarked) return wrong_encoding(sample, unmarked, err);
    if (is_binary(sample)) return lnt_error_set(err, LNT_FORMAT, "%s is binary, not text", sample->name);
    if (sample->start == sample->size) return lnt_error_set(err, LNT_FORMAT, "%s is empty", sample->name);
    return LNT_OK;
}

/// The delimiter that a spreadsheet's first line `sep=;` names, which is no row: it is passed over. 0 without one.
static char separator_line(lnt_csv_sample *sample) {
    const char *line = sample->bytes + sample->start, *end = sample->bytes + sample->size;
    if (end - line < 6 || memcmp(line, "sep=", 4) != 0) return 0;
    const char *next = line + 5;
    if (*next == '\r') next++;
    bool named = line[4] > ' ' || line[4] == '\t';
    if (!named || next == end || (*next != '\n' && next[-1] != '\r')) return 0;
    sample->start += next - line + (*next == '\n');
    return line[4];
}

// ---- comments ----

static bool is_blank_line(const char *line, int64_t size) {
    return size == 0 || (size == 1 && line[0] == '\r');
}

/// Length of the line at `at`, without its newline.
static int64_t line_size(const lnt_csv_sample *sample, const lnt_csv_dialect *dialect, int64_t at) {
    const char *hit = memchr(sample->bytes + at, dialect->newline, (size_t)(sample->size - at));
    return (hit ? hit - sample->bytes : sample->size) - at;
}

/// Puts comments in force if the options say so or the first line is one, and finds where the data start.
static lnt_status find_comments(lnt_csv_sample *sample, lnt_csv_dialect *dialect, const char *option, lnt_error *err) {
    const char *prefix = option ? option : "#";
    int64_t prefix_size = (int64_t)strlen(prefix), at = sample->start;
    if (prefix_size >= LNT_CSV_COMMENT)
        return lnt_error_set(err, LNT_ARGUMENT, "the comment prefix '%s' is longer than %d bytes", prefix,
                             LNT_CSV_COMMENT - 1);
    bool any = false;
    while (at < sample->size) {
        int64_t size = line_size(sample, dialect, at);
        bool comment =
            prefix_size && size >= prefix_size && memcmp(sample->bytes + at, prefix, (size_t)prefix_size) == 0;
        if (!comment && !is_blank_line(sample->bytes + at, size)) break;
        any |= comment;
        at += size < sample->size - at ? size + 1 : size;
    }
    sample->data = at;
    if (prefix_size && (option || any)) {
        memcpy(dialect->comment, prefix, (size_t)prefix_size + 1);
        dialect->comment_size = (int)prefix_size;
    }
    return LNT_OK;
}

// ---- records of the sample ----

bool lnt_csv_sample_record(const lnt_csv_sample *sample, const lnt_csv_dialect *dialect, int64_t *at, int64_t *start,
                           int64_t *end, int64_t *n_fields, uint32_t *ends, int64_t capacity) {
    lnt_csv_dialect any = *dialect;
    any.n_columns = 0;
    lnt_csv_dead dead = {0, 0, false};
    while (*at < sample->size) {
        lnt_csv_record got;
        lnt_csv_outcome outcome = lnt_csv_read_record(&any, (const uint8_t *)sample->bytes, sample->size, sample->eof,
                                                      *at, 0, &dead, ends, capacity, &got);
        if (outcome == LNT_CSV_CUT || got.next < 0) return false;
        *start = *at;
        *end = got.end;
        *at = got.next;
        if (outcome == LNT_CSV_SKIPPED) continue;
        *n_fields = outcome == LNT_CSV_RECORD ? got.n_fields : 0;
        return true;
    }
    return false;
}

char *lnt_csv_sample_field(const lnt_csv_sample *sample, const lnt_csv_dialect *dialect, int64_t start, int64_t end,
                           const uint32_t *ends, int64_t i, lnt_error *err) {
    int64_t from = i ? (int64_t)ends[i - 1] + 1 : start, to = ends[i] < end ? ends[i] : end;
    lnt_csv_cell cell = lnt_csv_trim(dialect, sample->bytes, from, to > from ? to : from, i == 0);
    int64_t size = cell.size > 0 ? cell.size : 0;
    char *text = lnt_alloc(size * 3 + 1, err), *out = text;
    if (!text) return NULL;
    char *copy = lnt_strdup(cell.data, size, err);
    if (!copy) {
        lnt_free(text);
        return NULL;
    }
    if (cell.quoted) size = lnt_csv_copy_single(copy, copy, size, dialect->quote);
    for (int64_t k = 0; k < size; k++) { // a name holds no control bytes
        if ((uint8_t)copy[k] < 32 || copy[k] == 127) copy[k] = ' ';
    }
    for (int64_t k = 0; k < size;) {
        int64_t bad = lnt_utf8_check(copy + k, size - k), good = bad < 0 ? size - k : bad;
        memcpy(out, copy + k, (size_t)good);
        out += good;
        k += good;
        if (bad >= 0) memcpy(out, "\xef\xbf\xbd", 3), out += 3, k++;
    }
    *out = 0;
    lnt_free(copy);
    return text;
}

// ---- delimiter and quote ----

/// How well a dialect fits.
typedef struct fit {
    int64_t n_records, usual, n_usual; ///< records looked at; the most frequent field count; how many have it
} fit;

static fit measure(const lnt_csv_sample *sample, const lnt_csv_dialect *dialect, int64_t at) {
    int64_t counts[LNT_CSV_SNIFF_RECORDS], start, end;
    fit result = {0, 0, 0};
    while (result.n_records < LNT_CSV_SNIFF_RECORDS &&
           lnt_csv_sample_record(sample, dialect, &at, &start, &end, &counts[result.n_records], NULL, 0))
        result.n_records++;
    for (int64_t i = 0; i < result.n_records; i++) {
        int64_t n = 0;
        for (int64_t k = 0; k < result.n_records; k++) n += counts[k] == counts[i];
        bool better = n > result.n_usual || (n == result.n_usual && counts[i] > result.usual);
        if (counts[i] > 0 && better) result.usual = counts[i], result.n_usual = n;
    }
    return result;
}

/// Whether ' quotes fields here: no " at all, and records begin and end with '.
static bool quotes_with_apostrophe(const lnt_csv_sample *sample) {
    int64_t left = sample->size - sample->data;
    if (left < 2 || memchr(sample->bytes + sample->data, '"', (size_t)left)) return false;
    return sample->bytes[sample->data] == '\'';
}

/// Tries the delimiters and keeps the one under which most records have the same number of fields, two at least.
static fit choose_delimiter(const lnt_csv_sample *sample, lnt_csv_dialect *dialect, char option, int64_t at) {
    static const char tries[] = {',', '\t', ';', '|'};
    if (option) {
        dialect->delimiter = option;
        return measure(sample, dialect, at);
    }
    fit best = {0, 0, 0};
    char chosen = 0;
    for (size_t i = 0; i < sizeof tries; i++) {
        dialect->delimiter = tries[i];
        fit f = measure(sample, dialect, at);
        if (f.usual < 2 || f.n_usual * 10 < f.n_records * 3) continue;
        bool better = f.n_usual * best.n_records > best.n_usual * f.n_records;
        bool equal = f.n_usual * best.n_records == best.n_usual * f.n_records;
        if (chosen && !better && !(equal && f.usual > best.usual)) continue;
        best = f;
        chosen = tries[i];
    }
    dialect->delimiter = chosen ? chosen : ',';
    return chosen ? best : measure(sample, dialect, at);
}

/// Whether fields after a delimiter start with a space throughout the sample.
static bool has_spaced_fields(const lnt_csv_sample *sample, const lnt_csv_dialect *dialect, int64_t usual) {
    enum { MOST = 64 };
    uint32_t ends[MOST];
    int64_t at = sample->data, start, end, n_fields, n_spaced = 0, n_plain = 0, n_records = 0;
    while (n_records < LNT_CSV_SNIFF_RECORDS &&
           lnt_csv_sample_record(sample, dialect, &at, &start, &end, &n_fields, ends, MOST)) {
        if (n_records++ == 0 || n_fields != usual) continue; // the first may be a header
        for (int64_t i = 1; i < n_fields && i < MOST; i++) {
            int64_t from = (int64_t)ends[i - 1] + 1;
            if (from >= ends[i]) continue;
            bool spaced = lnt_csv_is_space(dialect, sample->bytes[from]);
            n_spaced += spaced;
            n_plain += !spaced;
        }
    }
    return n_spaced > 0 && n_spaced >= 19 * n_plain;
}

static lnt_status check_options(const lnt_csv_options *options, lnt_error *err) {
    char d = options->delimiter, q = options->quote;
    if (d == '\n' || d == '\r' || (d && d == q && q != 1))
        return lnt_error_set(err, LNT_ARGUMENT, "the delimiter can't be a newline or the quote");
    if (q == '\n' || q == '\r') return lnt_error_set(err, LNT_ARGUMENT, "the quote can't be a newline");
    if (options->max_record_bytes < 0 || options->max_record_bytes > 1 << 30)
        return lnt_error_set(err, LNT_ARGUMENT, "max_record_bytes is 1 to %d", 1 << 30);
    return LNT_OK;
}

lnt_status lnt_csv_sniff(lnt_csv_scan *scan, const lnt_csv_options *options, const char *bytes, int64_t size, bool eof,
                         char ***names, lnt_error *err) {
    lnt_csv_dialect *dialect = &scan->dialect;
    lnt_csv_sample sample = {
        .bytes = bytes, .size = size, .eof = eof, .comment_header = -1, .name = lnt_input_name(scan->input)};
    LNT_TRY(check_options(options, err));
    LNT_TRY(check_encoding(&sample, err));
    *dialect = (lnt_csv_dialect){.newline = '\n',
                                 .quote = '"',
                                 .delimiter = ',',
                                 .nested_quotes = options->nested_quotes,
                                 .allow_short = options->allow_short};
    dialect->max_record_bytes = options->max_record_bytes ? options->max_record_bytes : 16 << 20;
    bool has_newline = memchr(bytes, '\n', (size_t)size) != NULL;
    if (!has_newline && memchr(bytes, '\r', (size_t)size)) dialect->newline = '\r';
    if (!eof && !has_newline && dialect->newline == '\n')
        return lnt_error_set(err, LNT_FORMAT, "%s has no line end in its first %lld bytes, so it is no table",
                             sample.name, (long long)size);
    char separator = separator_line(&sample);
    LNT_TRY(find_comments(&sample, dialect, options->comment, err));
    if (options->quote == 1)
        dialect->quote = 0;
    else if (options->quote)
        dialect->quote = options->quote;
    else if (quotes_with_apostrophe(&sample))
        dialect->quote = '\'';
    fit f = choose_delimiter(&sample, dialect, options->delimiter ? options->delimiter : separator, sample.data);
    if (f.n_records) dialect->trim_space = has_spaced_fields(&sample, dialect, f.usual);
    return lnt_csv_find_header(scan, options, &sample, f.usual, names, err);
}
