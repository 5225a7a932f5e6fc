/// @file status.c
/// Errors in the caller's storage: set once, told apart by code, shown with a caret under the mistake.
///
/// Invariants: the first error wins; text is cut at a character's boundary, never inside one; nothing here allocates,
/// so that running out of memory can be reported.
#include "lunette/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void lnt_error_init(lnt_error *err) {
    err->code = LNT_OK;
    err->at = 0;
    err->length = 0;
    err->message[0] = err->where[0] = err->source[0] = 0;
}

/// Moves `size` back so that data[0, size) doesn't end inside a UTF-8 character of data[0, available).
static size_t cut_at_character(const char *data, size_t size) {
    while (size > 0 && ((unsigned char)data[size] & 0xc0) == 0x80) size--;
    return size;
}

/// printf into `out`, cut at a character's boundary; newlines become spaces, because a message is one line.
static void print_line(char *out, size_t capacity, const char *format, va_list args) {
    int wanted = vsnprintf(out, capacity, format, args);
    if (wanted < 0) out[0] = 0;
    if (wanted >= (int)capacity) {
        // The byte that the terminator replaced is unknown, so a last character that may be incomplete is dropped.
        size_t size = capacity - 1;
        while (size > 0 && ((unsigned char)out[size - 1] & 0xc0) == 0x80) size--;
        if (size > 0 && (unsigned char)out[size - 1] >= 0xc0)
            size--;
        else
            size = capacity - 1;
        out[size] = 0;
    }
    for (char *c = out; *c; c++) {
        if (*c == '\n' || *c == '\r') *c = ' ';
    }
}

lnt_status lnt_error_set(lnt_error *err, lnt_status code, const char *format, ...) {
    if (!err || err->code != LNT_OK) return code;
    va_list args;
    va_start(args, format);
    print_line(err->message, sizeof err->message, format, args);
    va_end(args);
    err->code = code;
    return code;
}

void lnt_error_where(lnt_error *err, const char *format, ...) {
    if (!err || err->where[0]) return;
    va_list args;
    va_start(args, format);
    print_line(err->where, sizeof err->where, format, args);
    va_end(args);
}

void lnt_error_span(lnt_error *err, const char *text, int64_t size, int64_t at, int64_t length) {
    if (!err || err->source[0] || size <= 0) return;
    static const char dots[] = "\xe2\x80\xa6";
    const int64_t n_dots = (int64_t)sizeof dots - 1, room = (int64_t)sizeof err->source - 1;
    if (at < 0) at = 0;
    if (at > size) at = size;
    if (length > size - at) length = size - at;
    int64_t start = 0, end = size;
    if (size > room) {
        // Two thirds of what is left over beside the span go before it.
        int64_t shown = room - 2 * n_dots, span = length < shown ? length : shown;
        start = at - (shown - span) * 2 / 3;
        if (start < 0) start = 0;
        if (start > size - shown) start = size - shown;
        end = (int64_t)cut_at_character(text, (size_t)(start + shown < size ? start + shown : size - 1));
        if (start + shown >= size) end = size;
        while (start < at && ((unsigned char)text[start] & 0xc0) == 0x80) start++;
    }
    int64_t n = 0;
    if (start > 0) memcpy(err->source, dots, (size_t)n_dots), n = n_dots;
    int64_t before = n;
    for (int64_t i = start; i < end; i++) {
        char c = text[i];
        err->source[n++] = (unsigned char)c < 0x20 || c == 0x7f ? ' ' : c;
    }
    if (end < size) memcpy(err->source + n, dots, (size_t)n_dots), n += n_dots;
    err->source[n] = 0;
    err->at = at - start + before;
    err->length = length < 1 ? 1 : length;
    if (err->at + err->length > n && err->at < n) err->length = n - err->at;
}

/// Where formatted text goes: counts everything, keeps what fits.
typedef struct sink {
    char *out;
    size_t capacity, size;
} sink;

static void put(sink *to, const char *data, size_t size) {
    for (size_t i = 0; i < size; i++, to->size++) {
        if (to->size + 1 < to->capacity) to->out[to->size] = data[i];
    }
}

static void put_caret(sink *to, const lnt_error *err) {
    put(to, "\n  ", 3);
    put(to, err->source, strlen(err->source));
    put(to, "\n  ", 3);
    int64_t size = (int64_t)strlen(err->source);
    for (int64_t i = 0; i < err->at; i++) {
        if (i >= size || ((unsigned char)err->source[i] & 0xc0) != 0x80) put(to, " ", 1);
    }
    for (int64_t i = err->at; i < err->at + err->length; i++) {
        if (i >= size || i == err->at || ((unsigned char)err->source[i] & 0xc0) != 0x80) put(to, "^", 1);
    }
}

size_t lnt_error_format(const lnt_error *err, char *out, size_t capacity) {
    sink to = {out, capacity, 0};
    if (err->where[0]) {
        put(&to, err->where, strlen(err->where));
        put(&to, ": ", 2);
    }
    put(&to, err->message, strlen(err->message));
    if (err->source[0]) put_caret(&to, err);
    if (capacity > 0) out[to.size < capacity ? to.size : capacity - 1] = 0;
    return to.size;
}

const char *lnt_status_name(lnt_status code) {
    static const char *const names[] = {"ok",   "nomem",  "limit",     "argument",    "syntax",
                                        "name", "type",   "value",     "overflow",    "shape",
                                        "io",   "format", "cancelled", "unsupported", "internal"};
    return (unsigned)code < sizeof names / sizeof names[0] ? names[code] : "unknown";
}
