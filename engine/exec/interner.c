/// @file interner.c
/// Strings made numbers: by content, or by way of a dictionary's codes, each of which is looked up once.
#include <string.h>

#include "exec/tuples.h"

enum { LNT_INTERNER_MIN_SLOTS = 256 };
/// A dictionary with more entries than this many times the rows at hand isn't worth a cache.
enum { LNT_CACHE_FACTOR = 64 };

void lnt__interner_init(lnt_interner *interner, lnt_budget *budget, const char *who) {
    *interner = (lnt_interner){.budget = budget, .who = who};
    lnt__texts_init(&interner->texts, budget, who);
}

static void forget_dictionary(lnt_interner *interner) {
    lnt_column_unref(interner->dictionary);
    interner->dictionary = NULL;
    interner->by_code = false;
}

void lnt__interner_reset(lnt_interner *interner) {
    if (interner->n_slots > 0)
        memset(lnt__room_data(&interner->slots), 0, (size_t)interner->n_slots * sizeof(uint64_t));
    interner->n = 0;
    lnt__texts_reset(&interner->texts);
    forget_dictionary(interner);
}

void lnt__interner_clear(lnt_interner *interner) {
    lnt__room_clear(&interner->strings);
    lnt__room_clear(&interner->hashes);
    lnt__room_clear(&interner->slots);
    lnt__texts_clear(&interner->texts);
    interner->n = interner->n_slots = 0;
    forget_dictionary(interner);
}

enum { LNT_CHECK_STRINGS = 1 << 15 }; ///< moved between looks at whether to stop

/// Puts the strings from `start` to `end` into `slots`.
static void fill_slots(const lnt_interner *interner, uint64_t *slots, uint64_t mask, int64_t start, int64_t end) {
    for (int64_t i = start; i < end; i++) {
        uint64_t hash = lnt__interner_hash(interner, (uint32_t)i + 1), at = hash & mask;
        while (slots[at]) at = (at + 1) & mask;
        slots[at] = (hash >> 32 << 32) | (uint64_t)(i + 1);
    }
}

static lnt_status reserve_one(lnt_interner *interner, lnt_error *err) {
    int64_t n = interner->n + 1;
    if (n >= (int64_t)UINT32_MAX)
        return lnt_error_set(err, LNT_LIMIT, "%s: more than four thousand million different strings", interner->who);
    LNT_TRY(lnt__room_grow(&interner->strings, interner->budget, n, sizeof(lnt_str), interner->who, err));
    LNT_TRY(lnt__room_grow(&interner->hashes, interner->budget, n, sizeof(uint64_t), interner->who, err));
    int64_t n_slots = interner->n_slots ? interner->n_slots : LNT_INTERNER_MIN_SLOTS;
    if (interner->n_slots == 0 && n < interner->expected) n = interner->expected;
    while (n_slots < 2 * n) n_slots *= 2;
    if (n_slots == interner->n_slots) return LNT_OK;
    lnt_room fresh = {0};
    lnt_status status = lnt__room_grow(&fresh, interner->budget, n_slots, sizeof(uint64_t), interner->who, err);
    for (int64_t i = 0; status == LNT_OK && i < interner->n; i += LNT_CHECK_STRINGS) {
        int64_t end = i + LNT_CHECK_STRINGS < interner->n ? i + LNT_CHECK_STRINGS : interner->n;
        fill_slots(interner, lnt__room_data(&fresh), (uint64_t)n_slots - 1, i, end);
        status = lnt_budget_check(interner->budget, err);
    }
    if (status != LNT_OK) {
        lnt__room_clear(&fresh);
        return status;
    }
    lnt__room_clear(&interner->slots);
    interner->slots = fresh;
    interner->n_slots = n_slots;
    return LNT_OK;
}

/// The slot where the string is, or where it would go.
static inline uint64_t *find_slot(const lnt_interner *interner, lnt_str string, uint64_t hash) {
    uint64_t *slots = lnt__room_data(&interner->slots), mask = (uint64_t)interner->n_slots - 1, at = hash & mask;
    for (; slots[at]; at = (at + 1) & mask)
        if (slots[at] >> 32 == hash >> 32 && lnt_str_equal(lnt__interner_string(interner, (uint32_t)slots[at]), string))
            break;
    return &slots[at];
}

lnt_status lnt__interner_add_one(lnt_interner *interner, lnt_str string, uint64_t hash, uint32_t *out, lnt_error *err) {
    if (2 * (interner->n + 1) > interner->n_slots || interner->n == interner->strings.capacity ||
        interner->n == interner->hashes.capacity)
        LNT_TRY(reserve_one(interner, err));
    uint64_t *slot = find_slot(interner, string, hash);
    if (!*slot) {
        lnt_str copy = string;
        if (!interner->borrows) LNT_TRY(lnt__texts_copy(&interner->texts, string, &copy, err));
        ((lnt_str *)lnt__room_data(&interner->strings))[interner->n] = copy;
        ((uint64_t *)lnt__room_data(&interner->hashes))[interner->n] = hash;
        *slot = (hash >> 32 << 32) | (uint64_t)(++interner->n);
    }
    *out = (uint32_t)*slot;
    return LNT_OK;
}

void lnt__codes_reset(lnt_codes *codes) {
    lnt_column_unref(codes->dictionary);
    codes->dictionary = NULL;
}

void lnt__codes_clear(lnt_codes *codes) {
    lnt__codes_reset(codes);
    lnt__room_clear(&codes->numbers);
}

/// A lookup on its way: whether it adds, and to what.
typedef struct lnt_lookup {
    const lnt_interner *interner;
    lnt_interner *add_to; ///< the same, or NULL: only find
    lnt_codes *codes;
} lnt_lookup;

static lnt_status look_up(const lnt_lookup *lookup, lnt_str string, uint64_t hash, uint32_t *out, lnt_error *err) {
    if (lookup->add_to) return lnt__interner_add_one(lookup->add_to, string, hash, out, err);
    uint64_t slot = lookup->interner->n_slots ? *find_slot(lookup->interner, string, hash) : 0;
    *out = slot ? (uint32_t)slot : LNT_NONE;
    return LNT_OK;
}

// ---- going by a dictionary's codes ----

void lnt__interner_adopt(lnt_interner *interner, const lnt_column *dictionary) {
    lnt_column_unref(interner->dictionary);
    interner->dictionary = lnt_column_ref(dictionary);
    interner->by_code = true;
    interner->n = lnt_column_length(dictionary);
}

lnt_status lnt__interner_settle(lnt_interner *interner, lnt_error *err) {
    if (!interner->by_code) return LNT_OK;
    int64_t n = interner->n;
    interner->by_code = false;
    interner->n = 0;
    interner->expected = n;
    for (int64_t code = 0; code < n; code++) {
        lnt_str string = lnt_column_str(interner->dictionary, code);
        uint32_t number = 0; // code + 1: a dictionary's strings are distinct
        LNT_TRY(lnt__interner_add_one(interner, string, lnt_hash_bytes(string.data, string.size), &number, err));
    }
    return LNT_OK;
}

lnt_status lnt__interner_meet(lnt_interner *interner, const lnt_interner *from, lnt_error *err) {
    if (from->by_code && interner->may_adopt && interner->n == 0 && !interner->by_code)
        lnt__interner_adopt(interner, from->dictionary);
    return lnt__interner_same_codes(interner, from) ? LNT_OK : lnt__interner_settle(interner, err);
}

lnt_status lnt__interner_move(lnt_interner *interner, const lnt_interner *from, uint32_t number, uint32_t *out,
                              lnt_error *err) {
    *out = number;
    if (number == 0 || lnt__interner_same_codes(interner, from)) return LNT_OK;
    lnt_str string = lnt__interner_string(from, number);
    uint64_t hash = from->by_code ? lnt_hash_bytes(string.data, string.size) : lnt__interner_hash(from, number);
    return lnt__interner_add_one(interner, string, hash, out, err);
}

/// Numbers straight from the codes.
static void number_codes(const lnt_vec *vec, const uint32_t *sel, int64_t n, uint32_t *out) {
    const uint32_t *codes = vec->data;
    if (!sel && !vec->valid) {
        for (int64_t k = 0; k < n; k++) out[k] = codes[k] + 1;
        return;
    }
    for (int64_t k = 0; k < n; k++) {
        int64_t row = sel ? sel[k] : k;
        out[k] = lnt_bitmap_valid(vec->valid, row) ? codes[row] + 1 : 0;
    }
}

/// Makes the cache one of this dictionary's codes.
static lnt_status adopt_dictionary(const lnt_lookup *lookup, const lnt_column *dictionary, lnt_error *err) {
    lnt_codes *codes = lookup->codes;
    if (codes->dictionary == dictionary) return LNT_OK;
    int64_t n = lnt_column_length(dictionary);
    lnt__codes_reset(codes);
    LNT_TRY(lnt__room_grow(&codes->numbers, lookup->interner->budget, n, sizeof(uint32_t), lookup->interner->who, err));
    if (n > 0) memset(lnt__room_data(&codes->numbers), 0, (size_t)n * sizeof(uint32_t));
    codes->dictionary = lnt_column_ref(dictionary);
    return LNT_OK;
}

static lnt_status by_code(const lnt_lookup *lookup, const lnt_vec *vec, const uint32_t *sel, int64_t n, uint32_t *out,
                          lnt_error *err) {
    LNT_TRY(adopt_dictionary(lookup, vec->dictionary, err));
    uint32_t *numbers = lnt__room_data(&lookup->codes->numbers);
    const uint32_t *codes = vec->data;
    for (int64_t k = 0; k < n; k++) {
        int64_t row = sel ? sel[k] : k;
        if (!lnt_bitmap_valid(vec->valid, row)) {
            out[k] = 0;
            continue;
        }
        uint32_t number = numbers[codes[row]];
        if (!number) {
            lnt_str string = lnt_column_str(vec->dictionary, codes[row]);
            LNT_TRY(look_up(lookup, string, lnt_hash_bytes(string.data, string.size), &number, err));
            numbers[codes[row]] = number;
        }
        out[k] = number;
    }
    return LNT_OK;
}

/// Strings that are hashed, and whose slots are fetched, ahead of looking them up.
enum { LNT_STRINGS_AHEAD = 32 };

static lnt_status by_content_block(const lnt_lookup *lookup, const lnt_vec *vec, const uint32_t *sel, int64_t start,
                                   int64_t n, uint32_t *out, lnt_error *err) {
    lnt_str strings[LNT_STRINGS_AHEAD];
    uint64_t hashes[LNT_STRINGS_AHEAD], mask = (uint64_t)lookup->interner->n_slots - 1;
    const uint64_t *slots = lnt__room_data(&lookup->interner->slots);
    for (int64_t k = 0; k < n; k++) {
        int64_t row = sel ? sel[start + k] : start + k;
        bool valid = lnt_vec_is_valid(vec, row);
        strings[k] = valid ? lnt_vec_str(vec, row) : (lnt_str){NULL, -1};
        if (!valid) continue;
        hashes[k] = lnt_hash_bytes(strings[k].data, strings[k].size);
        if (slots) __builtin_prefetch(&slots[hashes[k] & mask]);
    }
    for (int64_t k = 0; k < n; k++) {
        out[k] = 0;
        if (strings[k].size >= 0) LNT_TRY(look_up(lookup, strings[k], hashes[k], &out[k], err));
    }
    return LNT_OK;
}

static lnt_status by_content(const lnt_lookup *lookup, const lnt_vec *vec, const uint32_t *sel, int64_t n,
                             uint32_t *out, lnt_error *err) {
    if (vec->form == LNT_FORM_CONSTANT && n > 1) {
        LNT_TRY(by_content_block(lookup, vec, sel, 0, 1, out, err));
        for (int64_t k = 1; k < n; k++) out[k] = out[0];
        return LNT_OK;
    }
    for (int64_t k = 0; k < n; k += LNT_STRINGS_AHEAD)
        LNT_TRY(
            by_content_block(lookup, vec, sel, k, n - k < LNT_STRINGS_AHEAD ? n - k : LNT_STRINGS_AHEAD, out + k, err));
    return LNT_OK;
}

static lnt_status number_rows(const lnt_lookup *lookup, const lnt_vec *vec, const uint32_t *sel, int64_t n,
                              uint32_t *out, lnt_error *err) {
    bool cached = vec->form == LNT_FORM_DICTIONARY && (vec->dictionary == lookup->codes->dictionary ||
                                                       lnt_column_length(vec->dictionary) / LNT_CACHE_FACTOR <= n);
    return cached ? by_code(lookup, vec, sel, n, out, err) : by_content(lookup, vec, sel, n, out, err);
}

lnt_status lnt__interner_add(lnt_interner *interner, lnt_codes *codes, const lnt_vec *vec, const uint32_t *sel,
                             int64_t n, uint32_t *out, lnt_error *err) {
    bool has_codes = vec->form == LNT_FORM_DICTIONARY;
    if (has_codes && interner->may_adopt && interner->n == 0 && !interner->by_code &&
        lnt_column_length(vec->dictionary) / LNT_CACHE_FACTOR <= n)
        lnt__interner_adopt(interner, vec->dictionary);
    if (interner->by_code && has_codes && interner->dictionary == vec->dictionary) {
        number_codes(vec, sel, n, out);
        return LNT_OK;
    }
    LNT_TRY(lnt__interner_settle(interner, err));
    lnt_lookup lookup = {interner, interner, codes};
    return number_rows(&lookup, vec, sel, n, out, err);
}

lnt_status lnt__interner_find(const lnt_interner *interner, lnt_codes *codes, const lnt_vec *vec, const uint32_t *sel,
                              int64_t n, uint32_t *out, lnt_error *err) {
    lnt_lookup lookup = {interner, NULL, codes};
    return number_rows(&lookup, vec, sel, n, out, err);
}
