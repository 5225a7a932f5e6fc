// The columns' names: from a commented header (the last of the leading comment lines that has as many fields as the
// data, as abuse.ch writes it), from the first record if it looks like names, or made up: c1, c2, …
//
// Invariant: no row is taken for a header silently; describe() says on which line the header was found.
#include <stdio.h>
#include <string.h>

#include "column/value_text.h"
#include "io/csv/csv_sniff.h"
#include "io/unique_names.h"

/// A record of the sample with its field ends; `ends` is lnt_free'd.
typedef struct row {
    int64_t start, end, n_fields, next;
    uint32_t *ends;
} row;

/// Reads the record at `at`; n_fields 0 when there is none.
static lnt_status read_row(const lnt_csv_sample *sample, const lnt_csv_dialect *dialect, int64_t at, row *out,
                           lnt_error *err) {
    *out = (row){.start = at, .next = at};
    if (!lnt_csv_sample_record(sample, dialect, &out->next, &out->start, &out->end, &out->n_fields, NULL, 0) ||
        out->n_fields == 0) {
        out->n_fields = 0;
        return LNT_OK;
    }
    out->ends = lnt_alloc_array(out->n_fields, sizeof *out->ends, err);
    if (!out->ends) return LNT_NOMEM;
    int64_t again = out->start;
    lnt_csv_sample_record(sample, dialect, &again, &out->start, &out->end, &out->n_fields, out->ends, out->n_fields);
    return LNT_OK;
}

static lnt_csv_cell cell_of(const lnt_csv_sample *sample, const lnt_csv_dialect *dialect, const row *r, int64_t i) {
    int64_t from = i ? (int64_t)r->ends[i - 1] + 1 : r->start, to = r->ends[i] < r->end ? r->ends[i] : r->end;
    return lnt_csv_trim(dialect, sample->bytes, from, to > from ? to : from, i == 0);
}

// ---- does a record look like names? ----

/// What a field's text looks like.
typedef enum shape { EMPTY, NAME, VALUE, ADDRESS, OTHER } shape;

static shape shape_of(lnt_csv_cell cell) {
    int64_t letters = 0, digits = 0, dots = 0, odd = 0;
    lnt_value value;
    if (cell.size <= 0) return EMPTY;
    for (lnt_type type = LNT_BOOL; type <= LNT_IP; type++)
        if (type != LNT_STRING && lnt_parse_value(type, cell.data, cell.size, &value)) return VALUE;
    for (int64_t i = 0; i < cell.size; i++) {
        char c = cell.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80);
        letters += letter;
        digits += c >= '0' && c <= '9';
        dots += c == '.';
        odd += c == '/' || c == ':' || c == '@' || c == '\\';
    }
    if (!letters || (cell.size >= 32 && letters + digits == cell.size && digits > 4)) return OTHER; // a hash
    if (odd || (dots && letters + digits + dots == cell.size)) return ADDRESS;
    return cell.size <= 100 ? NAME : OTHER;
}

/// What the records after the first look like in one column.
typedef struct column_look {
    int64_t n, n_same_shape, n_values;
    bool repeats; ///< one of them has the very text of the first record
} column_look;

static void look_at_row(const lnt_csv_sample *sample, const lnt_csv_dialect *dialect, const row *first,
                        const row *other, column_look *looks, int64_t n) {
    for (int64_t i = 0; i < n && i < other->n_fields; i++) {
        lnt_csv_cell a = cell_of(sample, dialect, first, i), b = cell_of(sample, dialect, other, i);
        if (b.size <= 0) continue;
        shape other_shape = shape_of(b);
        looks[i].n++;
        looks[i].n_same_shape += shape_of(a) == other_shape;
        looks[i].n_values += other_shape == VALUE;
        looks[i].repeats |= a.size == b.size && a.size > 0 && memcmp(a.data, b.data, (size_t)a.size) == 0;
    }
}

static bool judge(const lnt_csv_sample *sample, const lnt_csv_dialect *dialect, const row *first,
                  const column_look *looks, int64_t n_looked) {
    bool above_values = false, repeats = false;
    for (int64_t i = 0; i < first->n_fields; i++) {
        shape s = shape_of(cell_of(sample, dialect, first, i));
        if (s == VALUE || s == OTHER) return false;
        if (i >= n_looked || !looks[i].n) continue;
        repeats |= looks[i].repeats;
        above_values |= s == NAME && looks[i].n_values == looks[i].n;
        if (s == ADDRESS && looks[i].n_same_shape * 2 > looks[i].n) return false; // a list of hosts or URLs
    }
    return above_values || !repeats;
}

/// Whether the first record names the columns: no field is a number, time or address, none looks like an address in a
/// column of addresses, and none comes again in its column, unless another stands above nothing but values.
static lnt_status looks_like_names(const lnt_csv_sample *sample, const lnt_csv_dialect *dialect, const row *first,
                                   bool *out, lnt_error *err) {
    enum { MOST = 256, ROWS = 100 };
    column_look looks[MOST];
    int64_t n = first->n_fields < MOST ? first->n_fields : MOST, at = first->next;
    memset(looks, 0, sizeof looks);
    for (int i = 0; i < ROWS; i++) {
        row other;
        LNT_TRY(read_row(sample, dialect, at, &other, err));
        bool more = other.next > at;
        if (other.n_fields) look_at_row(sample, dialect, first, &other, looks, n);
        at = other.next;
        lnt_free(other.ends);
        if (!more) break;
    }
    *out = judge(sample, dialect, first, looks, n);
    return LNT_OK;
}

// ---- the commented header ----

/// The content of the comment line at `at`: without its prefix and the spaces after it.
static int64_t comment_content(const lnt_csv_sample *sample, const lnt_csv_dialect *dialect, int64_t at) {
    at += dialect->comment_size;
    while (at < sample->size && (sample->bytes[at] == ' ' || sample->bytes[at] == '\t')) at++;
    return at;
}

static bool is_identifier(lnt_csv_cell cell) {
    for (int64_t i = 0; i < cell.size; i++) {
        char c = cell.data[i];
        bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (i && c >= '0' && c <= '9');
        if (!fine) return false;
    }
    return cell.size > 0;
}

/// Whether the line at content offset `at` can be the header of `wanted` columns (0: of any number above one).
static lnt_status fits_header(const lnt_csv_sample *sample, const lnt_csv_dialect *dialect, int64_t at, int64_t wanted,
                              bool *out, lnt_error *err) {
    lnt_csv_dialect plain = *dialect;
    plain.comment_size = 0;
    *out = false;
    if (at >= sample->data || sample->bytes[at] == dialect->newline) return LNT_OK;
    row r;
    LNT_TRY(read_row(sample, &plain, at, &r, err));
    bool fits = r.n_fields > 0 && r.start == at && (wanted ? r.n_fields == wanted : r.n_fields > 1);
    bool all = fits;
    for (int64_t i = 0; i < r.n_fields && all; i++) {
        lnt_csv_cell cell = cell_of(sample, &plain, &r, i);
        all = r.n_fields == 1 ? is_identifier(cell) : shape_of(cell) == NAME || shape_of(cell) == ADDRESS;
    }
    *out = all;
    lnt_free(r.ends);
    return LNT_OK;
}

/// Finds the last leading comment line that fits; leaves its content's offset in the sample.
static lnt_status find_comment_header(lnt_csv_sample *sample, const lnt_csv_dialect *dialect, int64_t wanted,
                                      lnt_error *err) {
    for (int64_t at = sample->start; dialect->comment_size && at < sample->data;) {
        const char *hit = memchr(sample->bytes + at, dialect->newline, (size_t)(sample->data - at));
        int64_t end = hit ? hit - sample->bytes : sample->data;
        bool fits = false;
        if (memcmp(sample->bytes + at, dialect->comment, (size_t)dialect->comment_size) == 0 &&
            lnt_csv_footer_count(sample->bytes + at, end - at) < 0)
            LNT_TRY(fits_header(sample, dialect, comment_content(sample, dialect, at), wanted, &fits, err));
        if (fits) sample->comment_header = comment_content(sample, dialect, at);
        at = end + 1;
    }
    return LNT_OK;
}

// ---- names ----

/// Trims the name in place, and gives an empty one its number.
static char *tidy(char *name, int64_t i, lnt_error *err) {
    if (!name) return NULL;
    size_t from = strspn(name, " "), size = strlen(name);
    while (size > from && name[size - 1] == ' ') name[--size] = 0;
    memmove(name, name + from, size - from + 1);
    if (name[0]) return name;
    lnt_free(name);
    char made[32];
    snprintf(made, sizeof made, "c%lld", (long long)i + 1);
    return lnt_strdup(made, -1, err);
}

static void free_names(char **names, int64_t n) {
    for (int64_t i = 0; names && i < n; i++) lnt_free(names[i]);
    lnt_free(names);
}

/// The names: the options' where they are given, else the header record's, else made up.
static lnt_status make_names(const lnt_csv_sample *sample, const lnt_csv_dialect *dialect, const row *header,
                             const lnt_csv_options *options, int64_t n, char ***out, lnt_error *err) {
    char **names = lnt_alloc_array(n, sizeof *names, err);
    if (!names) return LNT_NOMEM;
    lnt_status status = LNT_OK;
    for (int64_t i = 0; i < n && status == LNT_OK; i++) {
        if (options->names)
            names[i] = lnt_strdup(options->names[i], -1, err);
        else if (header->n_fields)
            names[i] =
                tidy(lnt_csv_sample_field(sample, dialect, header->start, header->end, header->ends, i, err), i, err);
        else
            names[i] = tidy(lnt_strdup("", 0, err), i, err);
        if (!names[i]) status = LNT_NOMEM;
    }
    if (status == LNT_OK && !options->names) status = lnt__unique_names(names, n, err);
    if (status == LNT_OK)
        *out = names;
    else
        free_names(names, n);
    return status;
}

// ---- all together ----

static int64_t count_newlines(const lnt_csv_sample *sample, const lnt_csv_dialect *dialect, int64_t to) {
    int64_t n = 0;
    for (int64_t i = 0; i < to; i++) n += sample->bytes[i] == dialect->newline;
    return n;
}

/// Reads the header record, wherever it is, into `*header` (n_fields 0: there is none), and says where the rows start.
static lnt_status find_header_row(lnt_csv_scan *scan, const lnt_csv_options *options, lnt_csv_sample *sample,
                                  int64_t usual_fields, row *header, lnt_error *err) {
    lnt_csv_dialect plain = scan->dialect;
    scan->origin = sample->data;
    if (options->header == LNT_NO) return LNT_OK;
    LNT_TRY(find_comment_header(sample, &scan->dialect, usual_fields, err));
    if (sample->comment_header >= 0) {
        plain.comment_size = 0;
        scan->header_commented = true;
        LNT_TRY(read_row(sample, &plain, sample->comment_header, header, err));
        scan->header_line = 1 + count_newlines(sample, &scan->dialect, sample->comment_header);
        return LNT_OK;
    }
    LNT_TRY(read_row(sample, &plain, sample->data, header, err));
    bool names = header->n_fields > 0;
    if (names && options->header == LNT_SNIFF) LNT_TRY(looks_like_names(sample, &plain, header, &names, err));
    if (names) {
        scan->origin = header->next;
        scan->header_line = 1 + count_newlines(sample, &scan->dialect, header->start);
    } else {
        header->n_fields = 0;
    }
    return LNT_OK;
}

/// How many columns there are, checked against the options' names. Where rows may be short, the header may be, too:
/// given names can go on after its last one.
static lnt_status count_columns(lnt_csv_scan *scan, const lnt_csv_options *options, const lnt_csv_sample *sample,
                                const row *header, int64_t usual_fields, lnt_error *err) {
    int64_t n = header->n_fields ? header->n_fields : options->names ? options->n_names : usual_fields;
    if (n < 1) return lnt_error_set(err, LNT_FORMAT, "%s has no header and no row that can be read", sample->name);
    if (options->names && options->allow_short && options->n_names > n) n = options->n_names;
    if (options->names && options->n_names != n)
        return lnt_error_set(err, LNT_ARGUMENT, "%lld names are given, but %s has %lld columns",
                             (long long)options->n_names, sample->name, (long long)n);
    scan->dialect.n_columns = n;
    return LNT_OK;
}

lnt_status lnt_csv_find_header(lnt_csv_scan *scan, const lnt_csv_options *options, lnt_csv_sample *sample,
                               int64_t usual_fields, char ***names, lnt_error *err) {
    row header = {0};
    lnt_status status = find_header_row(scan, options, sample, usual_fields, &header, err);
    if (status == LNT_OK) status = count_columns(scan, options, sample, &header, usual_fields, err);
    if (status == LNT_OK)
        status = make_names(sample, &scan->dialect, &header, options, scan->dialect.n_columns, names, err);
    scan->origin_line = 1 + count_newlines(sample, &scan->dialect, scan->origin);
    lnt_free(header.ends);
    return status;
}
