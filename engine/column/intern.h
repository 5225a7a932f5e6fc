/// @file intern.h
/// A growing set of distinct strings with codes in order of appearance: what a dictionary is made with.
#ifndef LNT_COLUMN_INTERN_H
#define LNT_COLUMN_INTERN_H

#include "column/column.h"

/// Zero (with budget and who) is an empty set that holds no memory.
typedef struct lnt_intern {
    lnt_budget *budget;
    const char *who;
    int64_t n;           ///< distinct strings
    lnt_buffer *slots;   ///< see intern.c
    int64_t n_slots;     ///< a power of two, at least twice n
    lnt_buffer *offsets; ///< int64_t, n + 1
    lnt_buffer *bytes;
} lnt_intern;

/// The code of `text`, which is copied if it is new.
LNT_MUST_USE lnt_status lnt_intern_add(lnt_intern *set, lnt_str text, uint32_t *code, lnt_error *err);
/// The codes of `n` texts, of which those of size -1 are passed over (their code is 0). Memory is fetched ahead, so that
/// a set that is larger than the caches is as quick as its memory allows.
LNT_MUST_USE lnt_status lnt_intern_add_block(lnt_intern *set, const lnt_str *texts, int64_t n, uint32_t *codes,
                                             lnt_error *err);
/// The code of `text`, or UINT32_MAX if it isn't in the set.
uint32_t lnt_intern_find(const lnt_intern *set, lnt_str text);
/// The string of a code, borrowed until the next addition.
lnt_str lnt_intern_get(const lnt_intern *set, int64_t code);
/// Bytes of all the strings.
int64_t lnt_intern_size_bytes(const lnt_intern *set);
/// The strings as a PLAIN column, by code; the set is empty afterwards, also on failure.
LNT_MUST_USE lnt_status lnt_intern_finish(lnt_intern *set, lnt_column **out, lnt_error *err);
void lnt_intern_clear(lnt_intern *set); ///< gives all memory back

#endif
