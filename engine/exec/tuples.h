/// @file tuples.h
/// Sets of short tuples of 64-bit words, numbered in order of first appearance; and strings made numbers.
///
/// Group keys, join keys and the values of count_distinct all come down to these two. Open addressing; a slot holds 32
/// bits of the hash and the number, so that most misses are seen without touching the words.
#ifndef LNT_EXEC_TUPLES_H
#define LNT_EXEC_TUPLES_H

#include "base/hash.h"
#include "column/vector.h"
#include "exec/room.h"

/// What isn't there.
#define LNT_NONE UINT32_MAX

typedef struct lnt_tuples {
    lnt_budget *budget;
    const char *who;
    int width; ///< words per tuple, at least 1
    int64_t n;
    lnt_room words;   ///< width words per tuple
    lnt_room slots;   ///< uint64_t: high half of the hash, then number + 1; 0: free
    int64_t n_slots;  ///< a power of two, or 0
    int64_t hidden;   ///< a tuple that no slot leads to, or -1
    int64_t expected; ///< how many tuples to begin with room for
} lnt_tuples;

void lnt__tuples_init(lnt_tuples *tuples, int width, lnt_budget *budget, const char *who);
void lnt__tuples_reset(lnt_tuples *tuples); ///< forgets all tuples, keeps the memory
void lnt__tuples_clear(lnt_tuples *tuples);
/// The numbers of `n` tuples (`words`, width each) into `out`; new ones are added in order.
LNT_MUST_USE lnt_status lnt__tuples_add(lnt_tuples *tuples, const uint64_t *words, int64_t n, uint32_t *out,
                                        lnt_error *err);
/// Makes room for `n` tuples in all.
LNT_MUST_USE lnt_status lnt__tuples_reserve(lnt_tuples *tuples, int64_t n, lnt_error *err);
/// Makes the slots for tuples that were put into `words` without.
LNT_MUST_USE lnt_status lnt__tuples_reindex(lnt_tuples *tuples, lnt_error *err);
/// The numbers of `n` tuples, LNT_NONE for those that aren't in the set.
void lnt__tuples_find(const lnt_tuples *tuples, const uint64_t *words, int64_t n, uint32_t *out);

static inline uint64_t lnt__tuple_hash(const uint64_t *words, int width) {
    uint64_t hash = lnt_hash_u64(words[0]);
    for (int w = 1; w < width; w++) hash = lnt_hash_combine(hash, words[w]);
    return hash;
}

static inline const uint64_t *lnt__tuples_get(const lnt_tuples *tuples, int64_t i) {
    return (const uint64_t *)lnt__room_data(&tuples->words) + i * tuples->width;
}

/// Strings numbered from 1 (0 stands for null): equal bytes, equal number.
///
/// Where all strings come with one dictionary, as a table's do, an interner that may adopt it takes the codes for numbers
/// (code + 1) and looks at no string. It settles, keeping the numbers, as soon as other strings come.
typedef struct lnt_interner {
    lnt_budget *budget;
    const char *who;
    int64_t n;
    lnt_room strings; ///< lnt_str: string of number i + 1
    lnt_room hashes;  ///< uint64_t
    lnt_room slots;   ///< as in lnt_tuples
    int64_t n_slots;
    lnt_texts texts;
    int64_t expected; ///< how many strings to begin with room for
    bool borrows;     ///< strings stay where they are, because they outlive the interner
    bool may_adopt;
    bool by_code;            ///< the numbers are the dictionary's codes + 1, and n is its length
    lnt_column *dictionary;  ///< owned reference, or NULL; once settled it only keeps borrowed strings alive
} lnt_interner;

/// What is known of one dictionary's codes: their numbers in an interner. One thread's own. Zero is empty.
typedef struct lnt_codes {
    lnt_column *dictionary; ///< owned reference, or NULL
    lnt_room numbers;       ///< uint32_t: number by code; 0: not seen yet
} lnt_codes;

void lnt__codes_reset(lnt_codes *codes); ///< when the interner forgets
void lnt__codes_clear(lnt_codes *codes);

void lnt__interner_init(lnt_interner *interner, lnt_budget *budget, const char *who);
void lnt__interner_reset(lnt_interner *interner);
void lnt__interner_clear(lnt_interner *interner);
/// Numbers of the rows that `sel` names (NULL: 0 … n-1) into out[0 … n-1]; new strings are copied.
LNT_MUST_USE lnt_status lnt__interner_add(lnt_interner *interner, lnt_codes *codes, const lnt_vec *vec,
                                          const uint32_t *sel, int64_t n, uint32_t *out, lnt_error *err);
/// The same without adding: LNT_NONE for strings that aren't known. Several threads may ask at once.
LNT_MUST_USE lnt_status lnt__interner_find(const lnt_interner *interner, lnt_codes *codes, const lnt_vec *vec,
                                           const uint32_t *sel, int64_t n, uint32_t *out, lnt_error *err);
/// The number of one string with a known hash; it is copied if new (unless the interner borrows). Not while it goes by
/// codes.
LNT_MUST_USE lnt_status lnt__interner_add_one(lnt_interner *interner, lnt_str string, uint64_t hash, uint32_t *out,
                                              lnt_error *err);

/// Takes a dictionary's codes for numbers, where there are none yet.
void lnt__interner_adopt(lnt_interner *interner, const lnt_column *dictionary);
/// Before numbers of `from` are moved: adopts its dictionary if it can, or settles where the two differ.
LNT_MUST_USE lnt_status lnt__interner_meet(lnt_interner *interner, const lnt_interner *from, lnt_error *err);
/// The number of `from`'s string `number` here; it is added if new. The two have met.
LNT_MUST_USE lnt_status lnt__interner_move(lnt_interner *interner, const lnt_interner *from, uint32_t number,
                                           uint32_t *out, lnt_error *err);
/// Whether both go by the codes of one dictionary, so that numbers needn't be moved.
static inline bool lnt__interner_same_codes(const lnt_interner *a, const lnt_interner *b) {
    return a->by_code && b->by_code && a->dictionary == b->dictionary;
}
/// Makes numbers that are codes numbers of strings of its own.
LNT_MUST_USE lnt_status lnt__interner_settle(lnt_interner *interner, lnt_error *err);

static inline lnt_str lnt__interner_string(const lnt_interner *interner, uint32_t number) {
    if (interner->by_code) return lnt_column_str(interner->dictionary, number - 1);
    return ((const lnt_str *)lnt__room_data(&interner->strings))[number - 1];
}
/// A hash of the string; while the interner goes by codes, of the code.
static inline uint64_t lnt__interner_hash(const lnt_interner *interner, uint32_t number) {
    if (interner->by_code) return lnt_hash_u64(number);
    return ((const uint64_t *)lnt__room_data(&interner->hashes))[number - 1];
}

#endif
