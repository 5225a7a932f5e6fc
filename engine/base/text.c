/// @file text.c
/// Strings that grow. Invariant: once something was added, `data` is terminated; once an addition failed, nothing is
/// added any more, so that a chain of additions is checked once at its end.
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void lnt_text_clear(lnt_text *text) {
    lnt_free(text->data);
    *text = (lnt_text){0};
}

char *lnt_text_reserve(lnt_text *text, int64_t size) {
    if (text->failed != LNT_OK) return NULL;
    int64_t need;
    if (size < 0 || __builtin_add_overflow(text->size, size, &need) || need == INT64_MAX ||
        lnt_grow((void **)&text->data, &text->capacity, need + 1, 1, NULL) != LNT_OK) {
        text->failed = LNT_NOMEM;
        return NULL;
    }
    text->data[need] = 0;
    return text->data + text->size;
}

void lnt_text_add(lnt_text *text, const char *data, int64_t size) {
    if (size < 0) size = (int64_t)strlen(data);
    char *room = lnt_text_reserve(text, size);
    if (!room) return;
    if (size > 0) memcpy(room, data, (size_t)size);
    text->size += size;
}

void lnt_text_add_char(lnt_text *text, char c) {
    lnt_text_add(text, &c, 1);
}

void lnt_text_addf(lnt_text *text, const char *format, ...) {
    if (!format) return; // never; tells the compiler so in sanitized builds
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, args);
    char *room = lnt_text_reserve(text, size < 0 ? 0 : size);
    if (room && size > 0) {
        vsnprintf(room, (size_t)size + 1, format, again);
        text->size += size;
    }
    va_end(again);
    va_end(args);
}

lnt_status lnt_text_check(const lnt_text *text, lnt_error *err) {
    if (text->failed == LNT_OK) return LNT_OK;
    return lnt_error_set(err, text->failed, "out of memory while text of %lld bytes was growing",
                         (long long)text->size);
}

int lnt_str_compare(lnt_str a, lnt_str b) {
    int64_t shared = a.size < b.size ? a.size : b.size;
    int order = shared > 0 ? memcmp(a.data, b.data, (size_t)shared) : 0;
    if (order) return order < 0 ? -1 : 1;
    return a.size < b.size ? -1 : a.size > b.size;
}
