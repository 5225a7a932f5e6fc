/// @file groups.h
/// Combinations of key values, numbered in order of first appearance: what group_by, distinct and joins look rows up
/// in.
///
/// A key's values become words: strings their number in an interner (0: null), bools two bits, everything else its 64
/// bits (addresses 128) with a null bit beside it; small pieces share a word. Where the keys are a table's columns, codes
/// and narrow integers take only the bits that they need there. A lone wide key has no null bit; null is then a group
/// outside of the table.
#ifndef LNT_EXEC_GROUPS_H
#define LNT_EXEC_GROUPS_H

#include "exec/tuples.h"

/// Where one key's value sits in the words.
typedef struct lnt_key_field {
    lnt_type type;
    int word, shift;           ///< of the value; wide values have the whole word (addresses two)
    uint64_t mask;             ///< of the value's bits, before they are shifted; wide: all
    int64_t base;              ///< what a narrow integer's bits are added to
    bool narrow;               ///< an integer that shares its word
    int null_word, null_shift; ///< of the null bit of wide values; null_word -1: none
    int string;                ///< index among the string keys, or -1
} lnt_key_field;

typedef struct lnt_key_layout {
    lnt_key_field *fields; ///< owned
    int64_t n_fields;
    int n_words, n_strings;
    bool lone_wide; ///< a single key that isn't a string or bool
} lnt_key_layout;

LNT_MUST_USE lnt_status lnt__key_layout_init(lnt_key_layout *layout, const lnt_type *types, int64_t n, lnt_error *err);
/// The same for keys that are the schema's columns `keys[n]`, or its first `n` where that is NULL.
LNT_MUST_USE lnt_status lnt__key_layout_of_schema(lnt_key_layout *layout, const lnt_schema *schema, const int64_t *keys,
                                                  int64_t n, lnt_error *err);
/// The same where all keys that will ever come are those of the table's `columns[n]`, as group_by has it.
LNT_MUST_USE lnt_status lnt__key_layout_of_columns(lnt_key_layout *layout, const lnt_column *const *columns, int64_t n,
                                                   lnt_error *err);
/// The bits of a field in the words of its key: a string's number, a bool's two bits, an integer.
static inline uint64_t lnt__key_part(const lnt_key_field *field, const uint64_t *words) {
    return (words[field->word] >> field->shift & field->mask) + (uint64_t)field->base;
}
void lnt__key_layout_clear(lnt_key_layout *layout);

/// One thread's memory for making words of a batch.
typedef struct lnt_key_scratch {
    uint64_t *words;   ///< n_words × LNT_BATCH_ROWS
    uint32_t *numbers; ///< LNT_BATCH_ROWS
    uint32_t *found;   ///< LNT_BATCH_ROWS: results by selected row
    bool *null;        ///< LNT_BATCH_ROWS: some key is null
    lnt_codes *codes;  ///< by string key: for a set that isn't this thread's own
    int n_codes;
} lnt_key_scratch;

LNT_MUST_USE lnt_status lnt__key_scratch_init(lnt_key_scratch *scratch, const lnt_key_layout *layout, lnt_error *err);
void lnt__key_scratch_clear(lnt_key_scratch *scratch);

enum {
    LNT_DIRECT_KEYS = 4,      ///< the most keys of groups that are found through an array
    LNT_DIRECT_BITS = 18,     ///< of its index, unless more are expected: 1 MiB of groups
    LNT_DIRECT_BITS_MAX = 28, ///< however many are expected
};

/// The values first … first + 2^bits - 2 of a key; bits 0: none yet.
typedef struct lnt_window {
    int64_t first;
    int bits;
} lnt_window;

/// Groups by index (groups_direct.h).
typedef struct lnt_direct {
    bool wanted; ///< as long as it is, the tuples have no slots
    int most_bits;
    lnt_window windows[LNT_DIRECT_KEYS];
    lnt_room groups; ///< uint32_t: group + 1
    int64_t n;       ///< of them in use; 0: none yet
} lnt_direct;

typedef struct lnt_groups {
    const lnt_key_layout *layout; ///< borrowed
    lnt_tuples tuples;            ///< a lone wide key's null has a tuple too, of zeros, outside of the slots
    lnt_interner *interners;      ///< by string key
    lnt_codes *codes;             ///< by string key
    lnt_room by_string;           ///< with a single string key: uint32_t group + 1 by string number
    lnt_direct direct;            ///< with few values of all keys together
    int64_t null_group;           ///< of a lone wide key, or -1
    lnt_room moved;               ///< uint32_t: string numbers of another set, while merging
    bool apart;                   ///< every row is a group of its own until groups are merged; not for a lone string, or
                                  ///< a lone wide key with nulls
} lnt_groups;

LNT_MUST_USE lnt_status lnt__groups_init(lnt_groups *groups, const lnt_key_layout *layout, lnt_budget *budget,
                                         const char *who, lnt_error *err);
/// Strings may go by the codes of the dictionary that they come with. Not for groups that are asked with
/// lnt__groups_find.
void lnt__groups_may_adopt(lnt_groups *groups);
void lnt__groups_reset(lnt_groups *groups);
void lnt__groups_clear(lnt_groups *groups);
static inline int64_t lnt__groups_n(const lnt_groups *groups) {
    return groups->tuples.n;
}

/// The group of each selected row of the key vectors into out[0 … n-1]; new combinations are added.
LNT_MUST_USE lnt_status lnt__groups_add(lnt_groups *groups, lnt_key_scratch *scratch, const lnt_vec *keys,
                                        const uint32_t *sel, int64_t n, uint32_t *out, lnt_error *err);
/// The same without adding; LNT_NONE for unknown combinations and (unlike a group) wherever a key is null. Several
/// threads may ask at once, each with a scratch of its own.
LNT_MUST_USE lnt_status lnt__groups_find(const lnt_groups *groups, lnt_key_scratch *scratch, const lnt_vec *keys,
                                         const uint32_t *sel, int64_t n, uint32_t *out, lnt_error *err);
/// Adds the groups list[0 … n-1] of `from` (list NULL: 0 … n-1), in order; to[group] becomes the group's number here.
LNT_MUST_USE lnt_status lnt__groups_merge(lnt_groups *groups, lnt_key_scratch *scratch, const lnt_groups *from,
                                          const uint32_t *list, int64_t n, uint32_t *to, lnt_error *err);
/// There will be about n groups, and they will be asked for many times: an array of a few items for each is worth it.
void lnt__groups_expect_dense(lnt_groups *groups, int64_t n);
/// The first group added makes room for n.
void lnt__groups_expect(lnt_groups *groups, int64_t n);
/// Makes room for n groups in all, unless they are found without looking.
LNT_MUST_USE lnt_status lnt__groups_reserve(lnt_groups *groups, int64_t n, lnt_error *err);
/// Gives back what only finding needs: slots and caches. The groups can be merged and read, not added to.
void lnt__groups_shrink(lnt_groups *groups);
/// A hash of the group's values that is the same in every set, provided that those of each string key all go by the
/// codes of one dictionary, or none of them does.
uint64_t lnt__groups_hash(const lnt_groups *groups, int64_t group);
/// The values of key `key` for n groups (numbers `list`, NULL: 0 … n-1 from `start`) as a FLAT vector in `scratch`,
/// or with codes as a DICTIONARY one.
LNT_MUST_USE lnt_status lnt__groups_key(const lnt_groups *groups, int64_t key, const uint32_t *list, int64_t start,
                                        int64_t n, lnt_arena *scratch, lnt_vec *out, lnt_error *err);

#endif
