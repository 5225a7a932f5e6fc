/// @file lexer_string.c
/// Strings with the escapes of Lua 5.4, and names in backticks. The bytes go to the lexer's arena; they are never
/// longer than what was written, so each takes one allocation.
#include "expr/lexer_string.h"

#include "base/text.h"

/// Reads one string: `in` runs over the text, `out` over the result.
typedef struct string_reader {
    lnt_lexer *lexer;
    int64_t in;
    char *out;
    int64_t n;
} string_reader;

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static char peek(const string_reader *reader, int64_t ahead) {
    return reader->in + ahead < reader->lexer->size ? reader->lexer->text[reader->in + ahead] : '\0';
}

/// The error for an escape that begins at the reader's position and is `length` bytes long.
static lnt_status escape_error(string_reader *reader, int64_t length, const char *message, lnt_error *err) {
    int64_t room = reader->lexer->size - reader->in;
    lnt_error_set(err, LNT_SYNTAX, "%s", message);
    lnt_error_span(err, reader->lexer->text, reader->lexer->size, reader->in, length < room ? length : room);
    return LNT_SYNTAX;
}

/// \xXX
static lnt_status read_hex_escape(string_reader *reader, lnt_error *err) {
    int high = hex_digit(peek(reader, 2)), low = high < 0 ? -1 : hex_digit(peek(reader, 3));
    if (low < 0) return escape_error(reader, 4, "two hexadecimal digits must follow '\\x'", err);
    reader->out[reader->n++] = (char)(high * 16 + low);
    reader->in += 4;
    return LNT_OK;
}

/// A code point in braces: \u{20ac}.
static lnt_status read_unicode_escape(string_reader *reader, lnt_error *err) {
    const char *wanted = "write a code point as in '\\u{20ac}', at most 10ffff and no surrogate";
    uint32_t code = 0;
    int64_t i = 3;
    if (peek(reader, 2) != '{') return escape_error(reader, 3, wanted, err);
    for (int digit; (digit = hex_digit(peek(reader, i))) >= 0; i++) {
        code = code << 4 | (uint32_t)digit;
        if (code > 0x10ffff) return escape_error(reader, i + 1, wanted, err);
    }
    if (i == 3 || peek(reader, i) != '}' || (code >= 0xd800 && code < 0xe000))
        return escape_error(reader, i + 1, wanted, err);
    reader->n += lnt_utf8_encode(code, reader->out + reader->n);
    reader->in += i + 1;
    return LNT_OK;
}

/// \ddd, up to three decimal digits.
static lnt_status read_decimal_escape(string_reader *reader, lnt_error *err) {
    int value = 0;
    int64_t i = 1;
    for (; i <= 3 && peek(reader, i) >= '0' && peek(reader, i) <= '9'; i++) value = value * 10 + peek(reader, i) - '0';
    if (value > 255) return escape_error(reader, i, "a byte after '\\' is at most 255", err);
    reader->out[reader->n++] = (char)value;
    reader->in += i;
    return LNT_OK;
}

static lnt_status read_escape(string_reader *reader, lnt_error *err) {
    static const char letters[] = "abfnrtv\\\"'\n", bytes[] = "\a\b\f\n\r\t\v\\\"'\n";
    char c = peek(reader, 1);
    if (c == 'x') return read_hex_escape(reader, err);
    if (c == 'u') return read_unicode_escape(reader, err);
    if (c >= '0' && c <= '9') return read_decimal_escape(reader, err);
    if (c == 'z') {
        reader->in += 2;
        while (peek(reader, 0) == ' ' || (peek(reader, 0) >= '\t' && peek(reader, 0) <= '\r')) reader->in++;
        return LNT_OK;
    }
    const char *found = c ? __builtin_strchr(letters, c) : NULL;
    if (!found) return escape_error(reader, 2, "no such escape: a backslash itself is written '\\\\'", err);
    reader->out[reader->n++] = bytes[found - letters];
    reader->in += 2;
    return LNT_OK;
}

static lnt_status not_closed(lnt_lexer *lexer, const char *what, lnt_error *err) {
    int64_t at = lexer->position;
    lexer->position = lexer->size;
    lnt_error_set(err, LNT_SYNTAX, "%s is never closed", what);
    lnt_error_span(err, lexer->text, lexer->size, at, 1);
    return LNT_SYNTAX;
}

/// Bytes up to the quote that closes the one at the lexer's position, or to the end of the text.
static int64_t string_size(const lnt_lexer *lexer) {
    char quote = lexer->text[lexer->position];
    int64_t i = lexer->position + 1;
    while (i < lexer->size && lexer->text[i] != quote) i += lexer->text[i] == '\\' ? 2 : 1;
    return (i < lexer->size ? i : lexer->size) - lexer->position;
}

lnt_status lnt_lexer_string(lnt_lexer *lexer, lnt_token *out, lnt_error *err) {
    char quote = lexer->text[lexer->position];
    string_reader reader = {.lexer = lexer, .in = lexer->position + 1};
    reader.out = lnt_arena_alloc(lexer->arena, string_size(lexer) + 1, err);
    if (!reader.out) return LNT_NOMEM;
    for (;;) {
        if (reader.in >= lexer->size) return not_closed(lexer, "this string", err);
        char c = lexer->text[reader.in];
        if (c == quote) break;
        if (c == '\\') {
            LNT_TRY(read_escape(&reader, err));
        } else {
            reader.out[reader.n++] = c;
            reader.in++;
        }
    }
    lexer->position = reader.in + 1;
    if (lnt_utf8_check(reader.out, reader.n) >= 0)
        return lnt_error_set(err, LNT_SYNTAX, "this string isn't valid UTF-8");
    out->kind = LNT_TOKEN_LITERAL;
    out->value = (lnt_value){.type = LNT_STRING, .as.s = {reader.out, reader.n}};
    return LNT_OK;
}

lnt_status lnt_lexer_quoted_name(lnt_lexer *lexer, lnt_token *out, lnt_error *err) {
    const char *text = lexer->text;
    int64_t start = lexer->position + 1, in = start, n = 0;
    while (in < lexer->size && (text[in] != '`' || (in + 1 < lexer->size && text[in + 1] == '`')))
        in += text[in] == '`' ? 2 : 1;
    if (in >= lexer->size) return not_closed(lexer, "this backtick", err);
    char *name = lnt_arena_alloc(lexer->arena, in - start + 1, err);
    if (!name) return LNT_NOMEM;
    for (int64_t i = start; i < in; i += text[i] == '`' ? 2 : 1) name[n++] = text[i];
    lexer->position = in + 1;
    out->kind = LNT_TOKEN_NAME;
    out->quoted = true;
    out->text = (lnt_str){name, n};
    return n > 0 ? LNT_OK : lnt_error_set(err, LNT_SYNTAX, "a column's name must stand between the backticks");
}
