/// @file text.h
/// Text without locale: growing strings, UTF-8, nearest names.
#ifndef LNT_BASE_TEXT_H
#define LNT_BASE_TEXT_H

#include "base/memory.h"
#include "lunette/type.h"

/// A string that grows. Zero is empty. `data` is always terminated once something was added.
/// A failed addition leaves LNT_NOMEM in `failed`, and later additions do nothing, so that a chain is checked once.
typedef struct lnt_text {
    char *data;
    int64_t size, capacity;
    lnt_status failed;
} lnt_text;

void lnt_text_clear(lnt_text *text); ///< gives the memory back
void lnt_text_add(lnt_text *text, const char *data, int64_t size); ///< size -1: terminated
void lnt_text_add_char(lnt_text *text, char c);
void lnt_text_addf(lnt_text *text, const char *format, ...) LNT_PRINTF(2, 3);
/// Makes room for `size` more bytes and returns where they go (NULL on failure); the caller then adds to `size`.
char *lnt_text_reserve(lnt_text *text, int64_t size);
/// LNT_OK or LNT_NOMEM.
LNT_MUST_USE lnt_status lnt_text_check(const lnt_text *text, lnt_error *err);

/// Offset of the first byte that isn't valid UTF-8 (overlong forms, surrogates and > U+10FFFF aren't), or -1.
int64_t lnt_utf8_check(const char *data, int64_t size);
/// Decodes the character at `data` (valid UTF-8, size > 0); `*length` gets its bytes.
uint32_t lnt_utf8_decode(const char *data, int64_t size, int *length);
/// Bytes of a code point as UTF-8 into `out[4]`; returns how many.
int lnt_utf8_encode(uint32_t code_point, char *out);
/// Number of code points in valid UTF-8.
int64_t lnt_utf8_length(const char *data, int64_t size);

/// How many edits (insert, delete, replace, swap of neighbours; letter case counts as half) turn one name into the
/// other, times two; more than `limit` comes back as limit + 1.
int lnt_edit_distance(const char *a, int64_t a_size, const char *b, int64_t b_size, int limit);
/// The index of the name most like `name` among `names[n]`, or -1 if none is like it (a third of its length in edits,
/// or one the beginning of the other).
int64_t lnt_nearest(const char *name, int64_t size, const char *const *names, int64_t n);

/// Up to 16 bytes are compared by two overlapping reads, without a call.
static inline bool lnt_str_equal(lnt_str a, lnt_str b) {
    if (a.size != b.size) return false;
    if (a.size > 16) return __builtin_memcmp(a.data, b.data, (size_t)a.size) == 0;
    if (a.size >= 8) {
        uint64_t x[2], y[2];
        __builtin_memcpy(&x[0], a.data, 8);
        __builtin_memcpy(&y[0], b.data, 8);
        __builtin_memcpy(&x[1], a.data + a.size - 8, 8);
        __builtin_memcpy(&y[1], b.data + b.size - 8, 8);
        return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
    }
    if (a.size >= 4) {
        uint32_t x[2], y[2];
        __builtin_memcpy(&x[0], a.data, 4);
        __builtin_memcpy(&y[0], b.data, 4);
        __builtin_memcpy(&x[1], a.data + a.size - 4, 4);
        __builtin_memcpy(&y[1], b.data + b.size - 4, 4);
        return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
    }
    for (int64_t i = 0; i < a.size; i++) {
        if (a.data[i] != b.data[i]) return false;
    }
    return true;
}
/// -1, 0, 1 in byte order.
int lnt_str_compare(lnt_str a, lnt_str b);
static inline lnt_str lnt_str_from(const char *terminated) {
    return (lnt_str){terminated, (int64_t)__builtin_strlen(terminated)};
}

#endif
