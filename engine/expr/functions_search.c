/// @file functions_search.c
/// Literal search in texts: contains, starts_with, ends_with, find, like. Patterns are functions_pattern.c's.
#include <string.h>

#include "base/search.h"
#include "base/text.h"
#include "expr/function.h"

static bool starts_one(lnt_str text, lnt_str what) {
    return what.size == 0 || (what.size <= text.size && memcmp(text.data, what.data, (size_t)what.size) == 0);
}

static bool ends_one(lnt_str text, lnt_str what) {
    if (what.size == 0) return true;
    return what.size <= text.size && memcmp(text.data + text.size - what.size, what.data, (size_t)what.size) == 0;
}

/// Whether `test` holds for one of the arguments after the first.
static inline __attribute__((always_inline)) lnt_status test_any(const lnt_run *run, bool (*test)(lnt_str, lnt_str)) {
    uint8_t *out = run->out;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        lnt_str text = lnt_run_str(run, 0, row);
        bool found = false;
        for (int a = 1; a < run->call->n_used && !found; a++) found = test(text, lnt_run_str(run, a, row));
        out[row] = found;
    }
    return LNT_OK;
}

// ---- contains ----

/// Selected rows [k, end) whose texts lie side by side, as those of a column do, so that they are searched as one text.
typedef struct stretch {
    int64_t k, end;
    const char *text, *text_end;
} stretch;

static stretch stretch_from(const lnt_run *run, int64_t k) {
    lnt_str text = lnt_run_str(run, 0, lnt_run_row(run, k));
    stretch all = {k, k + 1, text.data, text.data + text.size};
    for (; all.end < run->n; all.end++) {
        lnt_str next = lnt_run_str(run, 0, lnt_run_row(run, all.end));
        if (next.data != all.text_end) break;
        all.text_end += next.size;
    }
    return all;
}

/// Marks the stretch's rows that have `what`. A place that reaches from one text into the next is nobody's.
static void mark_stretch(const lnt_run *run, stretch all, lnt_str what) {
    uint8_t *out = run->out;
    const char *at = all.text;
    lnt_str text = lnt_run_str(run, 0, lnt_run_row(run, all.k));
    while ((at = lnt_find_bytes(at, all.text_end - at, what)) != NULL) {
        while (at >= text.data + text.size) text = lnt_run_str(run, 0, lnt_run_row(run, ++all.k));
        bool inside = at + what.size <= text.data + text.size;
        if (inside) out[lnt_run_row(run, all.k)] = true;
        at = inside ? text.data + text.size : at + 1;
    }
}

static void mark_all(const lnt_run *run, lnt_str what) {
    uint8_t *out = run->out;
    if (what.size == 0) {
        for (int64_t k = 0; k < run->n; k++) out[lnt_run_row(run, k)] = true;
        return;
    }
    for (int64_t k = 0; k < run->n;) {
        stretch all = stretch_from(run, k);
        mark_stretch(run, all, what);
        k = all.end;
    }
}

static bool contains_one(lnt_str text, lnt_str what) {
    return lnt_find_bytes(text.data, text.size, what) != NULL;
}

static lnt_status contains(const lnt_run *run, lnt_error *err) {
    (void)err;
    bool constant = run->args[0].form != LNT_FORM_CONSTANT;
    for (int a = 1; a < run->call->n_used; a++) constant &= run->args[a].form == LNT_FORM_CONSTANT;
    if (!constant) return test_any(run, contains_one);
    for (int64_t k = 0; k < run->n; k++) ((uint8_t *)run->out)[lnt_run_row(run, k)] = false;
    for (int a = 1; a < run->call->n_used; a++) mark_all(run, lnt_run_str(run, a, 0));
    return LNT_OK;
}

// ---- beginnings, ends, places ----

static lnt_status starts_with(const lnt_run *run, lnt_error *err) {
    (void)err;
    return test_any(run, starts_one);
}
static lnt_status ends_with(const lnt_run *run, lnt_error *err) {
    (void)err;
    return test_any(run, ends_one);
}

static lnt_status find(const lnt_run *run, lnt_error *err) {
    int64_t *out = run->out;
    (void)err;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        lnt_str text = lnt_run_str(run, 0, row), what = lnt_run_str(run, 1, row);
        const char *found = lnt_find_bytes(text.data, text.size, what);
        out[row] = 0;
        if (found)
            out[row] = lnt_utf8_length(text.data, found - text.data) + 1;
        else
            lnt_bitmap_unset(run->valid, row);
    }
    return LNT_OK;
}

// ---- like ----

/// Bytes of the character at `at`.
static int64_t character(lnt_str text, int64_t at) {
    int64_t next = at + 1;
    while (next < text.size && ((unsigned char)text.data[next] & 0xc0) == 0x80) next++;
    return next - at;
}

/// One step of the pattern other than `%`: true if the text's character at `t` fits; moves both on.
static bool like_step(lnt_str text, int64_t *t, lnt_str pattern, int64_t *p) {
    if (*t >= text.size || *p >= pattern.size) return false;
    if (pattern.data[*p] == '_') {
        *t += character(text, *t);
        ++*p;
        return true;
    }
    int64_t literal = *p + (pattern.data[*p] == '\\' && *p + 1 < pattern.size);
    if (pattern.data[literal] != text.data[*t]) return false;
    *p = literal + 1;
    ++*t;
    return true;
}

/// Greedy with one way back, to the last `%`: linear in practice, and never worse than the product of the sizes.
static bool like_one(lnt_str text, lnt_str pattern) {
    int64_t t = 0, p = 0, back_t = -1, back_p = -1;
    while (t < text.size || p < pattern.size) {
        if (p < pattern.size && pattern.data[p] == '%') {
            back_t = t;
            back_p = ++p;
        } else if (!like_step(text, &t, pattern, &p)) {
            if (back_p < 0 || back_t >= text.size) return false;
            back_t += character(text, back_t);
            t = back_t;
            p = back_p;
        }
    }
    return true;
}

static lnt_status like(const lnt_run *run, lnt_error *err) {
    (void)err;
    return test_any(run, like_one);
}

static const lnt_overload of_contains[] = {{"ss+:b", 0, contains, NULL}};
static const lnt_overload of_starts_with[] = {{"ss+:b", 0, starts_with, NULL}};
static const lnt_overload of_ends_with[] = {{"ss+:b", 0, ends_with, NULL}};
static const lnt_overload of_find[] = {{"ss:i", LNT_MAKES_NULLS, find, NULL}};
static const lnt_overload of_like[] = {{"ss+:b", 0, like, NULL}};

static const lnt_function functions[] = {
    {{"contains", "contains(x: string, what: string, …) -> bool",
      "Whether one of the texts occurs in x, taken literally.", "text"},
     of_contains,
     1,
     NULL,
     NULL},
    {{"starts_with", "starts_with(x: string, what: string, …) -> bool", "Whether x starts with one of the texts.",
      "text"},
     of_starts_with,
     1,
     NULL,
     NULL},
    {{"ends_with", "ends_with(x: string, what: string, …) -> bool", "Whether x ends with one of the texts.", "text"},
     of_ends_with,
     1,
     NULL,
     NULL},
    {{"find", "find(x: string, what: string) -> int",
      "The position, from 1, of the first occurrence of `what`, taken literally; null if there is none.", "text"},
     of_find,
     1,
     NULL,
     NULL},
    {{"like", "like(x: string, pattern: string, …) -> bool",
      "Whether all of x fits one of the patterns of SQL: % is any text, _ any character, a backslash takes the next "
      "one "
      "literally.",
      "text"},
     of_like,
     1,
     NULL,
     NULL},
};
const lnt_function_table lnt_search_functions = {functions, LNT_COUNT(functions)};
