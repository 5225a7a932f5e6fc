/// @file key_words.h
/// Key vectors to words; shared by the files of groups.
#ifndef LNT_EXEC_KEY_WORDS_H
#define LNT_EXEC_KEY_WORDS_H

#include "exec/aggregate/groups.h"

/// Makes the words of the selected rows in scratch->words and marks in scratch->null the rows of which a key is null.
/// Strings get their numbers from `interners`, which are added to if `add`.
/// `*any_null` tells whether there is such a row.
LNT_MUST_USE lnt_status lnt__key_words(const lnt_key_layout *layout, lnt_interner *interners, lnt_codes *codes,
                                       bool add, lnt_key_scratch *scratch, const lnt_vec *keys, const uint32_t *sel,
                                       int64_t n, bool *any_null, lnt_error *err);

/// The one pattern of bits that stands for a float: all NaNs are one value, and so are 0 and -0.
static inline uint64_t lnt__float_bits(double value) {
    uint64_t bits;
    if (value != value) return 0x7ff8000000000000u;
    if (value == 0) return 0;
    __builtin_memcpy(&bits, &value, sizeof bits);
    return bits;
}

#endif
