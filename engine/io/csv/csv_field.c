// A field's text where it isn't just a piece of the file: doubled quotes made single, nested quotes taken off. Rare in
// feeds, so it is plain code; which fields are null is decided here too.
#include <string.h>

#include "io/csv/csv.h"

int64_t lnt_csv_copy_single(char *out, const char *data, int64_t size, char quote) {
    int64_t n = 0;
    for (int64_t i = 0; i < size; i++) {
        out[n++] = data[i];
        if (data[i] == quote && i + 1 < size && data[i + 1] == quote) i++;
    }
    return n;
}

/// A nested field: the raw fields that it was split into are put together again, and the inner quotes taken off.
static int64_t join_nested(char *out, const lnt_csv_dialect *dialect, const char *raw, int64_t size) {
    const char quote = dialect->quote;
    int64_t n = 0, at = 0;
    for (;;) {
        int64_t start = at, from = at;
        while (from < size && lnt_csv_is_space(dialect, raw[from])) from++;
        if (from < size && raw[from] == quote) {
            for (at = from + 1; at < size; at++) {
                if (raw[at] == quote && at + 1 < size && raw[at + 1] == quote)
                    at++;
                else if (raw[at] == quote)
                    break;
            }
        }
        while (at < size && raw[at] != dialect->delimiter) at++;
        lnt_csv_cell cell = lnt_csv_trim(dialect, raw, start, at, start == 0);
        if (cell.quoted)
            n += lnt_csv_copy_single(out + n, cell.data, cell.size, quote);
        else if (cell.size > 0)
            memcpy(out + n, cell.data, (size_t)cell.size), n += cell.size;
        if (at >= size) break;
        out[n++] = dialect->delimiter;
        at++;
    }
    if (n < 1 || out[0] != quote) return n;
    bool closed = n > 1 && out[n - 1] == quote; // else the record was cut off inside
    n -= closed ? 2 : 1;
    memmove(out, out + 1, (size_t)n);
    return lnt_csv_copy_single(out, out, n, quote);
}

/// The raw bytes of a field, from its first to its delimiter.
static lnt_str raw_span(const lnt_csv_tokens *tokens, int64_t record, int64_t column) {
    const int64_t n_columns = tokens->dialect->n_columns;
    const uint32_t *ends = (const uint32_t *)tokens->ends->data + record * n_columns;
    const char *bytes = (const char *)tokens->bytes->data;
    int64_t start = column ? (int64_t)ends[column - 1] + 1 : ((const uint32_t *)tokens->starts->data)[record];
    int64_t end = ends[column];
    if (column == n_columns - 1 && end > start && bytes[end - 1] == '\r') end--;
    return (lnt_str){bytes + start, end - start};
}

lnt_csv_cell lnt_csv_settle(const lnt_csv_tokens *tokens, int64_t record, int64_t column, lnt_csv_cell cell,
                            lnt_arena *arena, lnt_error *err) {
    const lnt_csv_dialect *dialect = tokens->dialect;
    if (cell.size <= 0 && !dialect->nested_quotes) return cell;
    if (!dialect->nested_quotes && !memchr(cell.data, dialect->quote, (size_t)cell.size)) return cell;
    lnt_str raw = raw_span(tokens, record, column);
    char *text = lnt_arena_alloc(arena, raw.size > 0 ? raw.size : 1, err);
    if (!text) return (lnt_csv_cell){NULL, 0, false};
    int64_t size = dialect->nested_quotes ? join_nested(text, dialect, raw.data, raw.size)
                                          : lnt_csv_copy_single(text, cell.data, cell.size, dialect->quote);
    return (lnt_csv_cell){text, size, true};
}

bool lnt_csv_is_null_text(const lnt_csv_nulls *nulls, const char *data, int64_t size) {
    for (int64_t i = 0; i < nulls->n; i++)
        if (nulls->texts[i].size == size && memcmp(nulls->texts[i].data, data, (size_t)size) == 0) return true;
    return false;
}
