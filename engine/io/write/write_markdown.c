// A table in Markdown (GitHub's flavour): numbers to the right, null empty.
//
// Text is data: whatever would be markup is escaped, addresses don't become links (indicators must not be clicked by
// mistake), and control characters show as escapes.
#include "io/write/write.h"

#include <string.h>

// Characters that may mean something inside a table's cell.
static bool is_markup(char c) {
    return memchr("\\|`*_{}[]<>()#~&!@$^", c, 20) != NULL;
}

// Whether a link that nobody asked for would start here: the : of "http://", the . of "www.".
static bool starts_link(lnt_str text, int64_t i) {
    if (text.data[i] == ':') return i + 2 < text.size && text.data[i + 1] == '/' && text.data[i + 2] == '/';
    return text.data[i] == '.' && i >= 3 && (text.data[i - 1] | 32) == 'w' && (text.data[i - 2] | 32) == 'w' &&
           (text.data[i - 3] | 32) == 'w';
}

static void write_control(lnt_text *out, uint32_t code) {
    if (code == '\n')
        lnt_text_add(out, "\\\\n", 3);
    else if (code == '\r')
        lnt_text_add(out, "\\\\r", 3);
    else if (code == '\t')
        lnt_text_add(out, "\\\\t", 3);
    else
        lnt_text_addf(out, code < 0x100 ? "\\\\x%02x" : "\\\\u%04x", (unsigned)code);
}

static bool is_control(uint32_t code) {
    return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x2028 || code == 0x2029 ||
           (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

// Letters, digits and what else never means anything, but for the `.` of "www.".
static bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ' ' || c == '-' ||
           c == ',';
}

static void write_text(lnt_text *out, lnt_str text) {
    for (int64_t i = 0; i < text.size;) {
        int64_t plain = i;
        while (i < text.size && is_plain(text.data[i])) i++;
        if (i > plain) lnt_text_add(out, text.data + plain, i - plain);
        if (i == text.size) break;
        int size;
        uint32_t code = lnt_utf8_decode(text.data + i, text.size - i, &size);
        if (is_control(code)) {
            write_control(out, code);
        } else {
            if (size == 1 && (is_markup(text.data[i]) || starts_link(text, i))) lnt_text_add_char(out, '\\');
            lnt_text_add(out, text.data + i, size);
        }
        i += size;
    }
}

static void begin(lnt__writer *writer, const lnt_schema *schema) {
    lnt_text *out = &writer->out;
    if (writer->n_columns == 0) return;
    for (int64_t i = 0; i < writer->n_columns; i++) {
        lnt_text_add(out, "| ", 2);
        write_text(out, lnt_str_from(lnt_schema_name(schema, i)));
        lnt_text_add_char(out, ' ');
    }
    lnt_text_add(out, "|\n", 2);
    for (int64_t i = 0; i < writer->n_columns; i++) {
        lnt_type type = lnt_schema_type(schema, i);
        lnt_text_add(out, type == LNT_INT || type == LNT_FLOAT ? "| ---: " : "| --- ", -1);
    }
    lnt_text_add(out, "|\n", 2);
}

static void write_row(lnt__writer *writer, const lnt_vec *vecs, int64_t row) {
    for (int64_t i = 0; i < writer->n_columns; i++) {
        lnt_text_add(&writer->out, "| ", 2);
        if (lnt_vec_is_valid(&vecs[i], row)) {
            if (vecs[i].type == LNT_STRING)
                write_text(&writer->out, lnt_vec_str(&vecs[i], row));
            else
                lnt__write_value(writer, lnt_vec_get(&vecs[i], row));
            lnt_text_add_char(&writer->out, ' ');
        }
    }
    if (writer->n_columns) lnt_text_add(&writer->out, "|\n", 2);
}

static void end(lnt__writer *writer) {
    (void)writer;
}

const lnt__write_class lnt__write_markdown = {begin, write_row, end};
