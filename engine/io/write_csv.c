// CSV and TSV (RFC 4180): a header, quotes only where they are needed, line feeds.
//
// Null is an empty field, an empty string is "". What a spreadsheet would run as a formula gets a ' before it, unless
// raw output was asked for. The text must read back as it was: see tests/c/test_write.c.
#include "io/write.h"

#include <string.h>

// Whether a spreadsheet takes text that begins like this for a formula.
static bool starts_formula(lnt_str text) {
    return text.size > 0 && memchr("=+-@\t\r", text.data[0], 6) != NULL;
}

// Whether the text can't stand without quotes. `first`: it begins a line, where # would start a comment.
static bool needs_quotes(lnt_str text, char delimiter, bool first) {
    if (text.size == 0) return true;
    if (text.data[0] == ' ' || text.data[text.size - 1] == ' ' || text.data[0] == '\'') return true;
    if (first && text.data[0] == '#') return true;
    for (int64_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (c == '"' || c == delimiter || c == '\n' || c == '\r') return true;
    }
    return false;
}

static void write_quoted(lnt__writer *writer, lnt_str text) {
    while (text.size > 0) {
        const char *quote = memchr(text.data, '"', (size_t)text.size);
        int64_t size = quote ? quote - text.data + 1 : text.size;
        lnt__write_bytes(writer, text.data, size);
        if (quote) lnt__write_char(writer, '"');
        text = (lnt_str){text.data + size, text.size - size};
    }
}

static void write_text(lnt__writer *writer, lnt_str text, bool first) {
    bool formula = !writer->raw && starts_formula(text);
    if (!formula && !needs_quotes(text, writer->delimiter, first)) {
        lnt__write_bytes(writer, text.data, text.size);
        return;
    }
    bool quotes = !formula || needs_quotes(text, writer->delimiter, false);
    if (quotes) lnt__write_char(writer, '"');
    if (formula) lnt__write_char(writer, '\'');
    write_quoted(writer, text);
    if (quotes) lnt__write_char(writer, '"');
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
