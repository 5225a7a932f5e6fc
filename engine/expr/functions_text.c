/// @file functions_text.c
/// Texts made from texts: case, trimming, pieces, replacement. Positions count code points from 1, as Lua's count
/// bytes.
///
/// Texts without bytes from 128 up are the rule, and have loops of their own where it matters.
#include <string.h>

#include "base/search.h"
#include "base/text.h"
#include "expr/function.h"
#include "expr/letter_case.h"

static bool is_ascii(lnt_str text) {
    unsigned char all = 0;
    for (int64_t i = 0; i < text.size; i++) all |= (unsigned char)text.data[i];
    return all < 0x80;
}

/// Bytes of the text's first `n` characters; all of it when it has fewer.
static int64_t bytes_of(lnt_str text, int64_t n) {
    int64_t at = 0;
    for (; at < text.size; at++) {
        bool begins = ((unsigned char)text.data[at] & 0xc0) != 0x80;
        if (begins && n-- == 0) break;
    }
    return at;
}

// ---- case ----

static void change_ascii(lnt_str text, char first, char *out) {
    for (int64_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        bool letter = (unsigned char)(c - (unsigned char)first) < 26;
        out[i] = (char)(letter ? c ^ 0x20 : c);
    }
}

static void change_letters(lnt_str text, uint32_t (*change)(uint32_t), char *out) {
    for (int64_t i = 0; i < text.size;) {
        int length;
        uint32_t letter = lnt_utf8_decode(text.data + i, text.size - i, &length), changed = change(letter);
        if (changed == letter || lnt_utf8_encode(changed, out + i) != length)
            memcpy(out + i, text.data + i, (size_t)length);
        i += length;
    }
}

static lnt_status change_case(const lnt_run *run, bool to_lower, lnt_error *err) {
    lnt_str *out = run->out;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        lnt_str text = lnt_run_str(run, 0, row);
        char *changed = lnt_arena_alloc(run->arena, text.size + 4, err);
        if (!changed) return LNT_NOMEM;
        if (is_ascii(text))
            change_ascii(text, to_lower ? 'A' : 'a', changed);
        else
            change_letters(text, to_lower ? lnt_letter_lower : lnt_letter_upper, changed);
        out[row] = (lnt_str){changed, text.size};
    }
    return LNT_OK;
}

static lnt_status lower(const lnt_run *run, lnt_error *err) {
    return change_case(run, true, err);
}
static lnt_status upper(const lnt_run *run, lnt_error *err) {
    return change_case(run, false, err);
}

// ---- trim, len, sub ----

/// Whether the character at `at` of `text` (`length` bytes) is among `chars`.
static bool among(lnt_str text, int64_t at, int64_t length, lnt_str chars) {
    for (int64_t i = 0; i < chars.size;) {
        int its;
        lnt_utf8_decode(chars.data + i, chars.size - i, &its);
        if (its == length && memcmp(chars.data + i, text.data + at, (size_t)length) == 0) return true;
        i += its;
    }
    return false;
}

static lnt_str trim_one(lnt_str text, lnt_str chars) {
    int64_t start = 0, end = text.size;
    while (start < end) {
        int length;
        lnt_utf8_decode(text.data + start, end - start, &length);
        if (!among(text, start, length, chars)) break;
        start += length;
    }
    while (end > start) {
        int64_t last = end - 1;
        while (last > start && ((unsigned char)text.data[last] & 0xc0) == 0x80) last--;
        if (!among(text, last, end - last, chars)) break;
        end = last;
    }
    return (lnt_str){text.data + start, end - start};
}

static lnt_status trim(const lnt_run *run, lnt_error *err) {
    lnt_str *out = run->out, spaces = {" \t\n\v\f\r", 6};
    (void)err;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        out[row] = trim_one(lnt_run_str(run, 0, row), run->call->n_used > 1 ? lnt_run_str(run, 1, row) : spaces);
    }
    return LNT_OK;
}

static lnt_status len(const lnt_run *run, lnt_error *err) {
    int64_t *out = run->out;
    (void)err;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        lnt_str text = lnt_run_str(run, 0, row);
        out[row] = lnt_utf8_length(text.data, text.size);
    }
    return LNT_OK;
}

/// Characters i … j, both counted from the end where negative, as string.sub of Lua does.
static lnt_str sub_one(lnt_str text, int64_t i, int64_t j) {
    bool ascii = is_ascii(text);
    int64_t n = ascii ? text.size : lnt_utf8_length(text.data, text.size);
    if (i < 0) i = i < -n ? 1 : n + i + 1;
    if (j < 0) j = j < -n ? 0 : n + j + 1;
    if (i < 1) i = 1;
    if (j > n) j = n;
    if (i > j) return (lnt_str){"", 0};
    int64_t start = ascii ? i - 1 : bytes_of(text, i - 1);
    lnt_str rest = {text.data + start, text.size - start};
    return (lnt_str){rest.data, ascii ? j - i + 1 : bytes_of(rest, j - i + 1)};
}

static lnt_status sub(const lnt_run *run, lnt_error *err) {
    lnt_str *out = run->out;
    (void)err;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        int64_t last = run->call->n_used > 2 ? lnt_run_int(run, 2, row) : -1;
        out[row] = sub_one(lnt_run_str(run, 0, row), lnt_run_int(run, 1, row), last);
    }
    return LNT_OK;
}

// ---- replace, split_part ----

/// The place of `what` in `text` from byte `from` on, or -1.
static int64_t find_bytes(lnt_str text, lnt_str what, int64_t from) {
    if (what.size == 0 || text.size - from < what.size) return -1;
    const char *found = lnt_find_bytes(text.data + from, text.size - from, what);
    return found ? found - text.data : -1;
}

static int64_t count_bytes(lnt_str text, lnt_str what) {
    int64_t n = 0;
    for (int64_t at = find_bytes(text, what, 0); at >= 0; at = find_bytes(text, what, at + what.size)) n++;
    return n;
}

static lnt_status replace_one(lnt_arena *arena, lnt_str text, lnt_str what, lnt_str with, lnt_str *out,
                              lnt_error *err) {
    int64_t n = count_bytes(text, what), grown;
    *out = text;
    if (n == 0) return LNT_OK;
    if (__builtin_mul_overflow(n, with.size - what.size, &grown))
        return lnt_error_set(err, LNT_NOMEM, "out of memory: the replaced text can't be addressed");
    char *made = lnt_arena_alloc(arena, text.size + grown, err);
    if (!made) return LNT_NOMEM;
    int64_t from = 0, to = 0;
    for (int64_t at = find_bytes(text, what, 0); at >= 0; at = find_bytes(text, what, from)) {
        memcpy(made + to, text.data + from, (size_t)(at - from));
        to += at - from;
        if (with.size) memcpy(made + to, with.data, (size_t)with.size);
        to += with.size;
        from = at + what.size;
    }
    memcpy(made + to, text.data + from, (size_t)(text.size - from));
    *out = (lnt_str){made, text.size + grown};
    return LNT_OK;
}

static lnt_status replace(const lnt_run *run, lnt_error *err) {
    lnt_str *out = run->out;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        LNT_TRY(replace_one(run->arena, lnt_run_str(run, 0, row), lnt_run_str(run, 1, row), lnt_run_str(run, 2, row),
                            &out[row], err));
    }
    return LNT_OK;
}

/// Part `n` (from 1; from the end where negative) of `text` cut at each `separator`; false when there is none.
static bool part_of(lnt_str text, lnt_str separator, int64_t n, lnt_str *out) {
    if (n < 0) n = count_bytes(text, separator) + 2 + n;
    if (n < 1) return false;
    int64_t from = 0, end = find_bytes(text, separator, 0);
    for (int64_t i = 1; i < n; i++) {
        if (end < 0) return false;
        from = end + separator.size;
        end = find_bytes(text, separator, from);
    }
    *out = (lnt_str){text.data + from, (end < 0 ? text.size : end) - from};
    return true;
}

static lnt_status split_part(const lnt_run *run, lnt_error *err) {
    lnt_str *out = run->out;
    (void)err;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        if (part_of(lnt_run_str(run, 0, row), lnt_run_str(run, 1, row), lnt_run_int(run, 2, row), &out[row])) continue;
        out[row] = (lnt_str){"", 0};
        lnt_bitmap_unset(run->valid, row);
    }
    return LNT_OK;
}

// ---- unescape ----

enum { ESCAPE_BYTES = 4 }; ///< \xNN

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/// The byte that is written at `at`, or -1.
static int escaped_byte(lnt_str text, int64_t at) {
    const char *c = text.data + at;
    if (text.size - at < ESCAPE_BYTES || c[0] != '\\' || c[1] != 'x') return -1;
    int high = hex_digit(c[2]), low = hex_digit(c[3]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/// The character that is written from `at` on into `out[4]`; returns its bytes, or 0 if that is none that may stand in a
/// text, or one of `keep`.
static int64_t escaped_character(lnt_str text, int64_t at, lnt_str keep, char *out) {
    int first = escaped_byte(text, at);
    if (first <= 0 || (first >= 0x80 && first < 0xc2) || first > 0xf4) return 0;
    int64_t n = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    for (int64_t i = 0; i < n; i++) {
        int byte = escaped_byte(text, at + i * ESCAPE_BYTES);
        if (byte < 0) return 0;
        out[i] = (char)byte;
    }
    bool kept = keep.size > 0 && among((lnt_str){out, n}, 0, n, keep);
    return kept || lnt_utf8_check(out, n) >= 0 ? 0 : n;
}

static lnt_status unescape_one(lnt_arena *arena, lnt_str text, lnt_str keep, lnt_str *out, lnt_error *err) {
    const lnt_str mark = {"\\x", 2};
    int64_t at = find_bytes(text, mark, 0), from = 0, to = 0;
    *out = text;
    if (at < 0) return LNT_OK;
    char *made = lnt_arena_alloc(arena, text.size, err);
    if (!made) return LNT_NOMEM;
    for (; at >= 0; at = find_bytes(text, mark, at)) {
        char character[4];
        int64_t n = escaped_character(text, at, keep, character);
        int64_t until = n ? at : at + mark.size;
        memcpy(made + to, text.data + from, (size_t)(until - from));
        to += until - from;
        if (n) memcpy(made + to, character, (size_t)n);
        to += n;
        from = at = n ? at + n * ESCAPE_BYTES : until;
    }
    memcpy(made + to, text.data + from, (size_t)(text.size - from));
    *out = (lnt_str){made, to + text.size - from};
    return LNT_OK;
}

static lnt_status unescape(const lnt_run *run, lnt_error *err) {
    lnt_str *out = run->out;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        lnt_str keep = run->call->n_used > 1 ? lnt_run_str(run, 1, row) : (lnt_str){"", 0};
        LNT_TRY(unescape_one(run->arena, lnt_run_str(run, 0, row), keep, &out[row], err));
    }
    return LNT_OK;
}

static const lnt_overload of_lower[] = {{"s:s", 0, lower, NULL}};
static const lnt_overload of_upper[] = {{"s:s", 0, upper, NULL}};
static const lnt_overload of_trim[] = {{"s:s", 0, trim, NULL}, {"ss:s", 0, trim, NULL}};
static const lnt_overload of_len[] = {{"s:i", 0, len, NULL}};
static const lnt_overload of_sub[] = {{"si:s", 0, sub, NULL}, {"sii:s", 0, sub, NULL}};
static const lnt_overload of_replace[] = {{"sss:s", 0, replace, NULL}};
static const lnt_overload of_split_part[] = {{"ssi:s", LNT_MAKES_NULLS, split_part, NULL}};
static const lnt_overload of_unescape[] = {{"s:s", 0, unescape, NULL}, {"ss:s", 0, unescape, NULL}};

static const lnt_function functions[] = {
    {{"lower", "lower(x: string) -> string", "The text in lower case (Latin, Greek and Cyrillic letters).", "text"},
     of_lower,
     LNT_COUNT(of_lower),
     NULL,
     NULL},
    {{"upper", "upper(x: string) -> string", "The text in upper case (Latin, Greek and Cyrillic letters).", "text"},
     of_upper,
     LNT_COUNT(of_upper),
     NULL,
     NULL},
    {{"trim", "trim(x: string[, chars: string]) -> string",
      "The text without white space, or without any of the characters of `chars`, at both ends.", "text"},
     of_trim,
     LNT_COUNT(of_trim),
     NULL,
     NULL},
    {{"len", "len(x: string) -> int", "How many characters (code points) the text has.", "text"},
     of_len,
     LNT_COUNT(of_len),
     NULL,
     NULL},
    {{"sub", "sub(x: string, i: int[, j: int]) -> string",
      "Characters i to j (to the last without j); from 1, negative ones count from the end, as in Lua.", "text"},
     of_sub,
     LNT_COUNT(of_sub),
     NULL,
     NULL},
    {{"replace", "replace(x: string, what: string, with: string) -> string",
      "The text with every occurrence of `what`, taken literally, replaced.", "text"},
     of_replace,
     LNT_COUNT(of_replace),
     NULL,
     NULL},
    {{"split_part", "split_part(x: string, separator: string, n: int) -> string",
      "The n-th of the pieces between separators, from 1, or from the end where negative; null if there are fewer.",
      "text"},
     of_split_part,
     LNT_COUNT(of_split_part),
     NULL,
     NULL},
    {{"unescape", "unescape(x: string[, keep: string]) -> string",
      "The text with bytes written as \\xNN (Zeek's way) made characters again; what gives none, NUL, and the characters of "
      "`keep` stay as they are.",
      "text"},
     of_unescape,
     LNT_COUNT(of_unescape),
     NULL,
     NULL},
};
const lnt_function_table lnt_text_functions = {functions, LNT_COUNT(functions)};
