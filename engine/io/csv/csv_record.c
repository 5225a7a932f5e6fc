// One record, byte by byte: the definition of what a record is. Used while sniffing, for records that the fast path
// leaves, and by the tests as the fast path's measure.
//
// A field is quoted if its first byte after spaces is the quote; it then ends at a quote that isn't doubled, after
// which only spaces may stand before the delimiter or newline. Elsewhere quotes are text. A record whose quoting is
// broken gives up its first line only, so that one stray quote never swallows what follows.
//
// Invariant: whatever the bytes, the time over all records is linear in the file: a quote that runs into a fault marks
// its newlines as dead, and whoever is inside a quote at a dead newline shares the fault at once.
#include <string.h>

#include "io/csv/csv.h"

typedef struct reader {
    const lnt_csv_dialect *dialect;
    const char *bytes;
    int64_t size, start, at;
    bool eof;
    int64_t base;
    lnt_csv_dead *dead;
    uint32_t *ends;
    int64_t capacity;
    int64_t first_quoted_newline; ///< -1: none yet
    bool joining;                 ///< nested quotes: the field goes on past its delimiter
    lnt_csv_record *out;
} reader;

/// The first of two bytes at or after `at`, or `size`.
static int64_t find_either(const char *bytes, int64_t at, int64_t size, char a, char b) {
    while (at < size && bytes[at] != a && bytes[at] != b) at++;
    return at;
}

static int64_t find(const char *bytes, int64_t at, int64_t size, char wanted) {
    const char *hit = at < size ? memchr(bytes + at, wanted, (size_t)(size - at)) : NULL;
    return hit ? hit - bytes : size;
}

/// The end of the line that starts at `start`, without its newline, and where the next one starts (-1: not in here).
static void end_of_line(const reader *r, int64_t *end, int64_t *next) {
    int64_t newline = find(r->bytes, r->start, r->size, r->dialect->newline);
    *end = newline;
    if (newline > r->start && newline < r->size && r->bytes[newline - 1] == '\r') --*end;
    *next = newline < r->size ? newline + 1 : r->eof ? r->size : -1;
}

/// Whether the bytes that were looked at are more than a record may have.
static bool is_too_long(const reader *r, int64_t next) {
    return next - r->start > r->dialect->max_record_bytes;
}

/// Ends the record with a fault: its first line is given up, and the newlines inside the quote are dead.
static lnt_csv_outcome fault(reader *r, lnt_csv_outcome outcome, int64_t at) {
    end_of_line(r, &r->out->end, &r->out->next);
    if (r->first_quoted_newline >= 0 && r->base + at > r->dead->high)
        *r->dead = (lnt_csv_dead){r->base + r->first_quoted_newline, r->base + at, outcome == LNT_CSV_JUNK};
    return outcome;
}

/// What is decided must not depend on how many bytes happened to be loaded: the dead stretch ends at the limit.
static lnt_csv_outcome too_long(reader *r) {
    return fault(r, LNT_CSV_LONG, r->start + r->dialect->max_record_bytes);
}

/// The bytes ended inside a record: more are needed, unless there are none or there were enough.
static lnt_csv_outcome ran_out(reader *r, lnt_csv_outcome fault_at_end) {
    if (is_too_long(r, r->size)) return too_long(r);
    return r->eof ? fault(r, fault_at_end, r->size) : LNT_CSV_CUT;
}

/// From just after an opening quote to just after the closing one. LNT_CSV_RECORD: done.
static lnt_csv_outcome read_quoted(reader *r) {
    const char quote = r->dialect->quote, newline = r->dialect->newline;
    for (;;) {
        r->at = find_either(r->bytes, r->at, r->size, quote, newline);
        if (r->at >= r->size) return ran_out(r, LNT_CSV_OPEN);
        if (r->bytes[r->at] == newline) {
            if (r->first_quoted_newline < 0) r->first_quoted_newline = r->at;
            int64_t here = r->base + r->at;
            if (here >= r->dead->low && here < r->dead->high) {
                end_of_line(r, &r->out->end, &r->out->next);
                return r->dead->junk ? LNT_CSV_JUNK : LNT_CSV_OPEN;
            }
            r->at++;
            continue;
        }
        if (++r->at >= r->size) return r->eof ? LNT_CSV_RECORD : ran_out(r, LNT_CSV_OPEN);
        if (r->bytes[r->at] != quote) return LNT_CSV_RECORD;
        r->out->escapes = true;
        r->at++;
    }
}

/// After a closing quote: on to the delimiter, newline or end. LNT_CSV_RECORD: there.
static lnt_csv_outcome read_after_quote(reader *r) {
    const lnt_csv_dialect *dialect = r->dialect;
    while (r->at < r->size && lnt_csv_is_space(dialect, r->bytes[r->at])) r->at++;
    if (r->at >= r->size) return r->eof ? LNT_CSV_RECORD : ran_out(r, LNT_CSV_LONG);
    char c = r->bytes[r->at];
    if (c == dialect->delimiter || c == dialect->newline) return LNT_CSV_RECORD;
    bool junk = c != '\r' || (r->at + 1 < r->size && r->bytes[r->at + 1] != dialect->newline);
    if (junk) return is_too_long(r, r->at + 1) ? too_long(r) : fault(r, LNT_CSV_JUNK, r->at);
    if (r->at + 1 >= r->size && !r->eof) return ran_out(r, LNT_CSV_LONG);
    r->at++;
    return LNT_CSV_RECORD;
}

/// Nested quotes: whether the field whose raw text is [start, end) leaves an inner quote open.
static bool leaves_open(const reader *r, int64_t start, int64_t end) {
    lnt_csv_cell cell = lnt_csv_trim(r->dialect, r->bytes, start, end, true);
    const char quote = r->dialect->quote;
    bool starts = cell.quoted && cell.size >= 2 && cell.data[0] == quote && cell.data[1] == quote;
    bool ends = cell.size >= 1 && cell.data[cell.size - 1] == quote;
    if (r->joining) return !ends;
    return starts && (!ends || cell.size == 2);
}

/// Notes the end of a field; a nested one that goes on is overwritten by its next part.
static void put_end(reader *r, int64_t start, int64_t end) {
    lnt_csv_record *out = r->out;
    if (r->joining) out->n_fields--;
    if (out->n_fields < r->capacity) r->ends[out->n_fields] = (uint32_t)end;
    out->n_fields++;
    if (r->dialect->nested_quotes && r->dialect->quote) {
        int64_t trimmed = end > start && end <= r->size && r->bytes[end - 1] == '\r' ? end - 1 : end;
        r->joining = leaves_open(r, start, trimmed);
    }
}

/// One field, from its start to its delimiter, newline or the end of the bytes. LNT_CSV_RECORD: there.
static lnt_csv_outcome read_field(reader *r) {
    const lnt_csv_dialect *dialect = r->dialect;
    int64_t from = r->at;
    while (from < r->size && lnt_csv_is_space(dialect, r->bytes[from])) from++;
    if (from >= r->size && !r->eof) return ran_out(r, LNT_CSV_LONG);
    if (dialect->quote && from < r->size && r->bytes[from] == dialect->quote) {
        r->at = from + 1;
        lnt_csv_outcome outcome = read_quoted(r);
        return outcome == LNT_CSV_RECORD ? read_after_quote(r) : outcome;
    }
    r->at = find_either(r->bytes, r->at, r->size, dialect->delimiter, dialect->newline);
    return r->at >= r->size && !r->eof ? ran_out(r, LNT_CSV_LONG) : LNT_CSV_RECORD;
}

/// A record that is whole: its number of fields, and what may be missing of them.
static lnt_csv_outcome finish_record(reader *r, int64_t last_end) {
    lnt_csv_record *out = r->out;
    const int64_t wanted = r->dialect->n_columns;
    out->end = last_end > r->start && r->bytes[last_end - 1] == '\r' ? last_end - 1 : last_end;
    if (r->joining && !r->dialect->allow_short) return LNT_CSV_INNER; // short: what is left of it is taken
    if (!wanted || out->n_fields == wanted) return LNT_CSV_RECORD;
    if (out->n_fields > wanted || !r->dialect->allow_short) return LNT_CSV_COUNT;
    if (out->n_fields <= r->capacity) r->ends[out->n_fields - 1] = (uint32_t)out->end;
    for (int64_t i = out->n_fields; i < wanted && i < r->capacity; i++) r->ends[i] = (uint32_t)out->end;
    return LNT_CSV_RECORD;
}

static lnt_csv_outcome read_fields(reader *r) {
    const lnt_csv_dialect *dialect = r->dialect;
    for (;;) {
        int64_t start = r->at;
        lnt_csv_outcome outcome = read_field(r);
        if (outcome != LNT_CSV_RECORD) return outcome;
        put_end(r, start, r->at);
        if (r->at < r->size && r->bytes[r->at] == dialect->delimiter && dialect->delimiter != dialect->newline) {
            r->at++;
            continue;
        }
        r->out->next = r->at < r->size ? r->at + 1 : r->size;
        if (is_too_long(r, r->out->next)) return too_long(r);
        return finish_record(r, r->at);
    }
}

/// Whether the line at `start` is a comment or blank. LNT_CSV_RECORD: it is neither.
static lnt_csv_outcome skip_line(reader *r) {
    const lnt_csv_dialect *dialect = r->dialect;
    const char *line = r->bytes + r->start;
    int64_t left = r->size - r->start;
    if (line[0] == dialect->newline) {
        *r->out = (lnt_csv_record){.next = r->start + 1, .end = r->start};
        return LNT_CSV_SKIPPED;
    }
    if (line[0] == '\r' && left == 1 && !r->eof) return LNT_CSV_CUT;
    if (line[0] == '\r' && (left == 1 || line[1] == dialect->newline)) {
        *r->out = (lnt_csv_record){.next = r->start + (left > 1 ? 2 : 1), .end = r->start};
        return LNT_CSV_SKIPPED;
    }
    if (!dialect->comment_size || line[0] != dialect->comment[0]) return LNT_CSV_RECORD;
    if (left < dialect->comment_size && !r->eof) return LNT_CSV_CUT;
    if (left < dialect->comment_size || memcmp(line, dialect->comment, (size_t)dialect->comment_size) != 0)
        return LNT_CSV_RECORD;
    end_of_line(r, &r->out->end, &r->out->next);
    r->out->comment = true;
    if (r->out->next < 0 && !is_too_long(r, r->size)) return LNT_CSV_CUT;
    return LNT_CSV_SKIPPED;
}

lnt_csv_outcome lnt_csv_read_record(const lnt_csv_dialect *dialect, const uint8_t *bytes, int64_t size, bool eof,
                                    int64_t start, int64_t base, lnt_csv_dead *dead, uint32_t *ends, int64_t capacity,
                                    lnt_csv_record *out) {
    *out = (lnt_csv_record){.next = start, .end = start};
    reader r = {.dialect = dialect,
                .bytes = (const char *)bytes,
                .size = size,
                .start = start,
                .at = start,
                .eof = eof,
                .base = base,
                .dead = dead,
                .ends = ends,
                .capacity = capacity,
                .first_quoted_newline = -1,
                .out = out};
    if (start >= size) return LNT_CSV_CUT;
    lnt_csv_outcome outcome = skip_line(&r);
    return outcome == LNT_CSV_RECORD ? read_fields(&r) : outcome;
}
