// CSV and TSV (RFC 4180): a header, quotes only where they are needed, line feeds.
//
// Null is an empty field, an empty string is "". What a spreadsheet would run as a formula gets a ' before it, unless
// raw output was asked for. A NUL, which readers of text files take for the end of it or for binary, becomes U+FFFD. All
// other text must read back as it was: see tests/c/test_write.c.
#include "io/write/write.h"

#include <string.h>

// Whether a spreadsheet takes text that begins like this for a formula. A sign alone is none, and logs are full of "-".
static bool starts_formula(lnt_str text) {
    if (text.size == 0) return false;
    char c = text.data[0];
    if (text.size == 1 && c != '\t' && c != '\r') return false;
    return c == '=' || c == '+' || c == '-' || c == '@' || c == '\t' || c == '\r';
}

static void write_text(lnt__writer *writer, lnt_str text, bool first);

// Whether the text's ends need quotes: nothing, space that readers may trim, a quote that they may take for one, and at
// the beginning of a line (`first`) what may be a comment.
static bool has_odd_ends(lnt_str text, bool first) {
    if (text.size == 0) return true;
    char c = text.data[0];
    return c == ' ' || c == '\'' || (first && c == '#') || text.data[text.size - 1] == ' ';
}

static void write_quoted(lnt__writer *writer, lnt_str text, bool formula) {
    lnt__write_char(writer, '"');
    if (formula) lnt__write_char(writer, '\'');
    while (text.size > 0) {
        const char *quote = memchr(text.data, '"', (size_t)text.size);
        int64_t size = quote ? quote - text.data + 1 : text.size;
        lnt__write_bytes(writer, text.data, size);
        if (quote) lnt__write_char(writer, '"');
        text = (lnt_str){text.data + size, text.size - size};
    }
    lnt__write_char(writer, '"');
}

// The text with U+FFFD for each NUL.
static void write_without_nuls(lnt__writer *writer, lnt_str text, bool first) {
    lnt_text clean = {0};
    for (int64_t i = 0; i < text.size; i++) {
        if (text.data[i])
            lnt_text_add_char(&clean, text.data[i]);
        else
            lnt_text_add(&clean, "\xef\xbf\xbd", 3);
    }
    if (clean.failed) writer->out.failed = clean.failed;
    write_text(writer, (lnt_str){clean.data, clean.size}, first);
    lnt_text_clear(&clean);
}

// Writes the text as if it needed no quotes; if it does, that is taken back.
static void write_text(lnt__writer *writer, lnt_str text, bool first) {
    if (text.size && memchr(text.data, 0, (size_t)text.size)) return write_without_nuls(writer, text, first);
    bool formula = !writer->raw && starts_formula(text);
    if (formula) first = false; // a ' comes before it
    char *to = lnt__write_room(writer, text.size + 1), delimiter = writer->delimiter;
    if (!to) return;
    if (formula) *to++ = '\'';
    int64_t i = 0;
    for (; i < text.size; i++) {
        char c = text.data[i];
        if (c == '"' || c == delimiter || c == '\n' || c == '\r') break;
        to[i] = c;
    }
    if (i < text.size || has_odd_ends(text, first))
        write_quoted(writer, text, formula);
    else
        writer->out.size += text.size + formula;
}

static void begin(lnt__writer *writer, const lnt_schema *schema) {
    for (int64_t i = 0; i < writer->n_columns; i++) {
        if (i > 0) lnt__write_char(writer, writer->delimiter);
        write_text(writer, lnt_str_from(lnt_schema_name(schema, i)), i == 0);
    }
    if (writer->n_columns) lnt__write_char(writer, '\n');
}

static void write_row(lnt__writer *writer, const lnt_vec *vecs, int64_t row) {
    for (int64_t i = 0; i < writer->n_columns; i++) {
        if (i > 0) lnt__write_char(writer, writer->delimiter);
        if (!lnt_vec_is_valid(&vecs[i], row)) {
            // a line of nothing would be no row
            if (writer->n_columns == 1) lnt__write_bytes(writer, "\"\"", 2);
        } else if (vecs[i].type == LNT_STRING) {
            write_text(writer, lnt_vec_str(&vecs[i], row), i == 0);
        } else {
            lnt__write_value(writer, lnt_vec_get(&vecs[i], row));
        }
    }
    if (writer->n_columns) lnt__write_char(writer, '\n');
}

static void end(lnt__writer *writer) {
    (void)writer;
}

const lnt__write_class lnt__write_csv = {begin, write_row, end};
