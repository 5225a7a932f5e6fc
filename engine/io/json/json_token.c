// The words of JSON: see json_token.h.
//
// Workload: records of some dozen short strings, most of them ASCII without escapes, so that finding a string's end is
// what takes the time: 16 bytes at a time where the machine can.
#include "io/json/json_token.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

lnt__json_result lnt__json_bad(lnt__json_text *text, const char *at, const char *format, ...) {
    text->problem_at = at;
    va_list args;
    va_start(args, format);
    vsnprintf(text->problem, sizeof text->problem, format, args);
    va_end(args);
    return LNT__JSON_BAD;
}

lnt__json_result lnt__json_ended(lnt__json_text *text, const char *what) {
    if (!text->final) return LNT__JSON_MORE;
    return lnt__json_bad(text, text->end, "the text ends inside %s", what);
}

lnt__json_result lnt__json_unexpected(lnt__json_text *text, const char *expected) {
    if (text->at >= text->end) return lnt__json_ended(text, "a record");
    unsigned char c = (unsigned char)*text->at;
    if (c > ' ' && c < 0x7f) return lnt__json_bad(text, text->at, "expected %s, found '%c'", expected, c);
    return lnt__json_bad(text, text->at, "expected %s, found byte 0x%02x", expected, c);
}

// ---- strings ----

// The first byte from `at` on that ends a plain run: a quote, a backslash, a control character (the padding's 0 at the
// latest). `*high` becomes true if a byte before it isn't ASCII.
#ifdef __SSE2__
static const char *plain_end(const char *at, bool *high) {
    const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'), control = _mm_set1_epi8(0x1f);
    for (;; at += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
        __m128i stops = _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, slash));
        stops = _mm_or_si128(stops, _mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes));
        unsigned stop = (unsigned)_mm_movemask_epi8(stops), top = (unsigned)_mm_movemask_epi8(bytes);
        if (stop) {
            *high |= (top & (stop - 1) & ~stop) != 0;
            return at + __builtin_ctz(stop);
        }
        *high |= top != 0;
    }
}
#else
static const char *plain_end(const char *at, bool *high) {
    unsigned char seen = 0;
    for (; *at != '"' && *at != '\\' && (unsigned char)*at >= 0x20; at++) seen |= (unsigned char)*at;
    *high |= seen >= 0x80;
    return at;
}
#endif

// Four hexadecimal digits as a number, or -1.
static int32_t hex_unit(const char *at) {
    int32_t unit = 0;
    for (int i = 0; i < 4; i++) {
        char c = at[i], lower = (char)(c | 32);
        int digit = c >= '0' && c <= '9' ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
        if (digit < 0) return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

// `\uXXXX`, or two of them for a character outside the first 65,536; `at` is the backslash, *size gets the bytes.
static lnt__json_result check_unicode(lnt__json_text *text, const char *at, int *size) {
    *size = 6;
    if (text->end - at < 6) return lnt__json_ended(text, "a string");
    int32_t unit = hex_unit(at + 2);
    if (unit < 0) return lnt__json_bad(text, at, "\\u without four hexadecimal digits");
    if (unit >= 0xdc00 && unit <= 0xdfff) return lnt__json_bad(text, at, "half of a surrogate pair (\\u%04x)", unit);
    if (unit < 0xd800 || unit > 0xdbff) return LNT__JSON_OK;
    *size = 12;
    if (text->end - at < 12 && !text->final) return LNT__JSON_MORE;
    int32_t low = text->end - at >= 12 && at[6] == '\\' && at[7] == 'u' ? hex_unit(at + 8) : -1;
    if (low < 0xdc00 || low > 0xdfff) return lnt__json_bad(text, at, "half of a surrogate pair (\\u%04x)", unit);
    return LNT__JSON_OK;
}

// An escape at the backslash `at`; *size gets its bytes.
static lnt__json_result check_escape(lnt__json_text *text, const char *at, int *size) {
    *size = 2;
    if (text->end - at < 2) return lnt__json_ended(text, "a string");
    switch (at[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return LNT__JSON_OK;
    case 'u':
        return check_unicode(text, at, size);
    default:
        return lnt__json_bad(text, at, "an escape that JSON doesn't have (\\ and byte 0x%02x)", (unsigned char)at[1]);
    }
}

lnt__json_result lnt__json_scan_string(lnt__json_text *text, lnt__json_string *out) {
    const char *first = text->at + 1, *at = first;
    bool high = false;
    out->escaped = false;
    for (;;) {
        at = plain_end(at, &high);
        if (at >= text->end) return lnt__json_ended(text, "a string");
        if (*at == '"') break;
        if (*at != '\\') {
            return lnt__json_bad(text, at, "a control character (byte 0x%02x) in a string", (unsigned char)*at);
        }
        int size;
        lnt__json_result result = check_escape(text, at, &size);
        if (result != LNT__JSON_OK) return result;
        out->escaped = true;
        at += size;
    }
    out->raw = (lnt_str){first, at - first};
    int64_t bad = high ? lnt_utf8_check(first, at - first) : -1;
    if (bad >= 0) return lnt__json_bad(text, first + bad, "invalid UTF-8 (byte 0x%02x)", (unsigned char)first[bad]);
    text->at = at + 1;
    return LNT__JSON_OK;
}

static int unescape_unicode(const char **at, char *out) {
    uint32_t unit = (uint32_t)hex_unit(*at + 2);
    *at += 6;
    if (unit >= 0xd800 && unit <= 0xdbff) {
        unit = 0x10000 + ((unit - 0xd800) << 10) + ((uint32_t)hex_unit(*at + 2) - 0xdc00);
        *at += 6;
    }
    return lnt_utf8_encode(unit, out);
}

int64_t lnt__json_unescape(lnt_str raw, char *out) {
    char *to = out;
    for (const char *at = raw.data, *end = at + raw.size; at < end;) {
        const char *slash = memchr(at, '\\', (size_t)(end - at));
        int64_t plain = (slash ? slash : end) - at;
        memcpy(to, at, (size_t)plain);
        to += plain;
        at += plain;
        if (!slash) break;
        char c = at[1];
        if (c == 'u') {
            to += unescape_unicode(&at, to);
            continue;
        }
        *to++ = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c == 'b' ? '\b' : c == 'f' ? '\f' : c;
        at += 2;
    }
    return to - out;
}

int64_t lnt__json_compact(lnt_str json, char *out) {
    char *to = out;
    bool inside = false;
    for (const char *at = json.data, *end = at + json.size; at < end; at++) {
        char c = *at;
        if (!inside && (c == ' ' || c == '\n' || c == '\r' || c == '\t')) continue;
        *to++ = c;
        if (c == '"') inside = !inside;
        if (c == '\\' && inside) *to++ = *++at;
    }
    return to - out;
}

// ---- numbers, literals ----

static const char *digits_end(const char *at) {
    while ((unsigned char)(*at - '0') <= 9) at++;
    return at;
}

// Whether a number may end before `c`.
static bool ends_value(char c) {
    return c == ',' || c == '}' || c == ']' || c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == ':';
}

lnt__json_result lnt__json_scan_number(lnt__json_text *text, lnt_str *out, bool *whole) {
    const char *first = text->at, *at = first + (*first == '-');
    const char *digits = at;
    at = digits_end(at);
    bool good = at > digits && (*digits != '0' || at == digits + 1);
    *whole = true;
    if (*at == '.') {
        const char *fraction = ++at;
        at = digits_end(at);
        good = good && at > fraction;
        *whole = false;
    }
    if ((*at | 32) == 'e') {
        at++;
        if (*at == '+' || *at == '-') at++;
        const char *exponent = at;
        at = digits_end(at);
        good = good && at > exponent;
        *whole = false;
    }
    if (at >= text->end && !text->final) return LNT__JSON_MORE;
    if (!good || (at < text->end && !ends_value(*at)))
        return lnt__json_bad(text, first, "a number that JSON doesn't have");
    *out = (lnt_str){first, at - first};
    text->at = at;
    return LNT__JSON_OK;
}

lnt__json_result lnt__json_scan_word(lnt__json_text *text, const char *word) {
    size_t size = strlen(word), left = (size_t)(text->end - text->at);
    if (left < size && memcmp(text->at, word, left) == 0) return lnt__json_ended(text, word);
    if (left < size || memcmp(text->at, word, size) != 0) return lnt__json_unexpected(text, "a value");
    text->at += size;
    return LNT__JSON_OK;
}
