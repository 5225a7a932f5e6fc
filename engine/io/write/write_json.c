// JSON: an array of objects, a row a line; and NDJSON, an object a line.
//
// Strings are escaped so that the text can be put into a page or on a terminal as it is: control characters (also DEL
// and U+0080–U+009F), U+2028, U+2029 and < are written as \u escapes. NaN and the infinities, which JSON doesn't have,
// are null.
#include "io/write/write.h"

#include <math.h>

// Bytes that begin something that has to be looked at: controls, quote, backslash, <, DEL, and the lead bytes of
// U+0080–U+00BF (0xc2) and U+2000–U+2FFF (0xe2).
static const bool special[256] = {
    [0 ... 0x1f] = true, ['"'] = true, ['\\'] = true, ['<'] = true, [0x7f] = true, [0xc2] = true, [0xe2] = true};

static void write_unicode(lnt_text *out, unsigned code) {
    static const char hex[] = "0123456789abcdef";
    const char escape[6] = {'\\', 'u', hex[code >> 12 & 15], hex[code >> 8 & 15], hex[code >> 4 & 15], hex[code & 15]};
    lnt_text_add(out, escape, 6);
}

// The letter of a two-character escape, or 0.
static char short_escape(unsigned char c) {
    switch (c) {
    case '"':
    case '\\':
        return (char)c;
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return 0;
    }
}

// The special byte at `at` and what belongs to it; returns the bytes taken.
static int write_special(lnt_text *out, const char *at, int64_t left) {
    unsigned char c = (unsigned char)*at;
    if (c == 0xc2 || c == 0xe2) {
        int size;
        uint32_t code = lnt_utf8_decode(at, left, &size);
        if (code <= 0x9f || code == 0x2028 || code == 0x2029)
            write_unicode(out, code);
        else
            lnt_text_add(out, at, size);
        return size;
    }
    char letter = short_escape(c);
    if (letter)
        lnt_text_add(out, (const char[]){'\\', letter}, 2);
    else
        write_unicode(out, c);
    return 1;
}

static void write_string(lnt_text *out, lnt_str text) {
    const unsigned char *at = (const unsigned char *)text.data, *end = at + text.size;
    lnt_text_add_char(out, '"');
    while (at < end) {
        char *to = lnt_text_reserve(out, end - at + 1);
        if (!to) return;
        char *start = to;
        while (at < end && !special[*at]) *to++ = (char)*at++;
        out->size += to - start;
        if (at < end) at += write_special(out, (const char *)at, end - at);
    }
    lnt_text_add_char(out, '"');
}

static void prepare_leads(lnt__writer *writer, const lnt_schema *schema) {
    for (int64_t i = 0; i < writer->n_columns; i++) {
        lnt_text_add_char(&writer->leads[i], i == 0 ? '{' : ',');
        write_string(&writer->leads[i], lnt_str_from(lnt_schema_name(schema, i)));
        lnt_text_add_char(&writer->leads[i], ':');
    }
}

static void write_cell(lnt__writer *writer, const lnt_vec *vec, int64_t row) {
    if (!lnt_vec_is_valid(vec, row)) {
        lnt__write_bytes(writer, "null", 4);
        return;
    }
    if (vec->type == LNT_STRING) {
        write_string(&writer->out, lnt_vec_str(vec, row));
        return;
    }
    lnt_value value = lnt_vec_get(vec, row);
    bool quoted = value.type == LNT_TIME || value.type == LNT_IP;
    if (value.type == LNT_FLOAT && !isfinite(value.as.f)) {
        lnt__write_bytes(writer, "null", 4);
        return;
    }
    if (quoted) lnt__write_char(writer, '"');
    lnt__write_value(writer, value);
    if (quoted) lnt__write_char(writer, '"');
}

static void write_object(lnt__writer *writer, const lnt_vec *vecs, int64_t row) {
    if (writer->n_columns == 0) lnt__write_char(writer, '{');
    for (int64_t i = 0; i < writer->n_columns; i++) {
        lnt__write_bytes(writer, writer->leads[i].data, writer->leads[i].size);
        write_cell(writer, &vecs[i], row);
    }
    lnt__write_char(writer, '}');
}

static void array_begin(lnt__writer *writer, const lnt_schema *schema) {
    prepare_leads(writer, schema);
    lnt__write_char(writer, '[');
}

static void array_row(lnt__writer *writer, const lnt_vec *vecs, int64_t row) {
    lnt__write_bytes(writer, writer->n_rows ? ",\n" : "\n", writer->n_rows ? 2 : 1);
    write_object(writer, vecs, row);
}

static void array_end(lnt__writer *writer) {
    lnt__write_bytes(writer, writer->n_rows ? "\n]\n" : "]\n", writer->n_rows ? 3 : 2);
}

static void line_row(lnt__writer *writer, const lnt_vec *vecs, int64_t row) {
    write_object(writer, vecs, row);
    lnt__write_char(writer, '\n');
}

static void line_end(lnt__writer *writer) {
    (void)writer;
}

const lnt__write_class lnt__write_json = {array_begin, array_row, array_end};
const lnt__write_class lnt__write_ndjson = {prepare_leads, line_row, line_end};
