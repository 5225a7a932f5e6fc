/// @file sort_rows.c
/// Stable radix sort of row numbers by packed keys.
///
/// Parts of keys are packed into words from the most significant on; words are sorted from the least significant, each
/// by passes over its bits. A pass counts, then moves (word, row) pairs; it costs about 3 ns a row while the counts fit
/// the first-level cache, so digits have 11 bits.
#include <string.h>

#include "exec/sort.h"

enum { LNT_DIGIT_BITS = 11, LNT_DIGITS = 1 << LNT_DIGIT_BITS };

typedef struct lnt_sort_pair {
    uint64_t word;
    int64_t row;
} lnt_sort_pair;

/// All parts of all keys, most significant first.
typedef struct lnt_sort_keys {
    lnt_sort_part *parts;
    int64_t n;
} lnt_sort_keys;

static void keys_clear(lnt_sort_keys *keys) {
    for (int64_t i = 0; keys->parts && i < keys->n; i++) lnt__room_clear(&keys->parts[i].codes);
    lnt_free(keys->parts);
}

static lnt_status keys_init(lnt_sort_keys *keys, lnt_engine *engine, const lnt_column *const *columns,
                            const bool *descending, int64_t n_keys, lnt_error *err) {
    *keys = (lnt_sort_keys){0};
    keys->parts = lnt_alloc_array(n_keys, LNT_SORT_PARTS_MAX * sizeof *keys->parts, err);
    if (!keys->parts) return LNT_NOMEM;
    for (int64_t k = 0; k < n_keys; k++) {
        int n = 0;
        lnt_sort_part *own = &keys->parts[keys->n];
        lnt_status status = lnt__sort_parts(engine, columns[k], descending[k], own, &n, err);
        if (status != LNT_OK) {
            keys->n += LNT_SORT_PARTS_MAX; // whatever was made of this key is given back with the rest
            return status;
        }
        keys->n += n;
        LNT_TRY(lnt_engine_check(engine, err));
    }
    return LNT_OK;
}

/// One pass over `LNT_DIGIT_BITS` bits from `shift` on.
static void radix_pass(const lnt_sort_pair *from, lnt_sort_pair *to, int64_t n, int shift) {
    int64_t starts[LNT_DIGITS] = {0}, at = 0;
    for (int64_t i = 0; i < n; i++) starts[from[i].word >> shift & (LNT_DIGITS - 1)]++;
    for (int d = 0; d < LNT_DIGITS; d++) {
        int64_t count = starts[d];
        starts[d] = at;
        at += count;
    }
    for (int64_t i = 0; i < n; i++) to[starts[from[i].word >> shift & (LNT_DIGITS - 1)]++] = from[i];
}

/// Few pairs: insertion keeps them stable without counting.
static void insertion_sort(lnt_sort_pair *pairs, int64_t n) {
    for (int64_t i = 1; i < n; i++) {
        lnt_sort_pair held = pairs[i];
        int64_t k = i;
        for (; k > 0 && pairs[k - 1].word > held.word; k--) pairs[k] = pairs[k - 1];
        pairs[k] = held;
    }
}

/// Sorts by the low `bits` of the words; `*pairs` and `*other` may change places.
static void sort_word(lnt_sort_pair **pairs, lnt_sort_pair **other, int64_t n, int bits) {
    if (n <= 64) {
        insertion_sort(*pairs, n);
        return;
    }
    for (int shift = 0; shift < bits; shift += LNT_DIGIT_BITS) {
        radix_pass(*pairs, *other, n, shift);
        lnt_sort_pair *held = *pairs;
        *pairs = *other;
        *other = held;
    }
}

/// How many parts, ending before `end`, fit one word; `*bits` gets how many bits they take.
static int64_t parts_of_word(const lnt_sort_keys *keys, int64_t end, int *bits) {
    int64_t n = 0;
    *bits = 0;
    while (n < end && *bits + keys->parts[end - 1 - n].bits <= 64) *bits += keys->parts[end - 1 - n++].bits;
    return n;
}

/// Packs parts [first, end) of the pairs' rows into their words.
static void pack_words(const lnt_sort_keys *keys, int64_t first, int64_t end, lnt_sort_pair *pairs, int64_t n) {
    for (int64_t i = 0; i < n; i++) pairs[i].word = 0;
    for (int64_t p = first; p < end; p++) {
        const uint64_t *codes = lnt__room_data(&keys->parts[p].codes);
        int bits = keys->parts[p].bits;
        if (bits == 0) continue;
        for (int64_t i = 0; i < n; i++)
            pairs[i].word = (bits == 64 ? 0 : pairs[i].word << bits) | codes[pairs[i].row];
    }
}

static lnt_status sort_pairs(lnt_engine *engine, const lnt_sort_keys *keys, int64_t n_rows, lnt_room *rows,
                             lnt_error *err) {
    lnt_budget *budget = lnt_engine_budget(engine);
    lnt_room first = {0}, second = {0};
    lnt_status status = lnt__room_grow(&first, budget, n_rows, sizeof(lnt_sort_pair), "sort", err);
    if (status == LNT_OK) status = lnt__room_grow(&second, budget, n_rows, sizeof(lnt_sort_pair), "sort", err);
    lnt_sort_pair *pairs = lnt__room_data(&first), *other = lnt__room_data(&second);
    for (int64_t i = 0; status == LNT_OK && i < n_rows; i++) pairs[i].row = i;
    for (int64_t end = keys->n; status == LNT_OK && end > 0;) {
        int bits;
        int64_t n = parts_of_word(keys, end, &bits);
        pack_words(keys, end - n, end, pairs, n_rows);
        sort_word(&pairs, &other, n_rows, bits);
        end -= n;
        status = lnt_engine_check(engine, err);
    }
    for (int64_t i = 0; status == LNT_OK && i < n_rows; i++) ((int64_t *)lnt__room_data(rows))[i] = pairs[i].row;
    lnt__room_clear(&first);
    lnt__room_clear(&second);
    return status;
}

lnt_status lnt__sort_rows(lnt_engine *engine, const lnt_column *const *columns, const bool *descending,
                          int64_t n_keys, int64_t n_rows, lnt_room *rows, lnt_error *err) {
    LNT_TRY(lnt__room_grow(rows, lnt_engine_budget(engine), n_rows, sizeof(int64_t), "sort", err));
    lnt_sort_keys keys;
    lnt_status status = keys_init(&keys, engine, columns, descending, n_keys, err);
    if (status == LNT_OK) status = sort_pairs(engine, &keys, n_rows, rows, err);
    keys_clear(&keys);
    return status;
}
