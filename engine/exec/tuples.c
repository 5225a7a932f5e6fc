/// @file tuples.c
/// Sets of tuples of words: the hash table under group_by, join and count_distinct.
#include "exec/tuples.h"

#include <string.h>

enum { LNT_TUPLES_MIN_SLOTS = 256 };

void lnt__tuples_init(lnt_tuples *tuples, int width, lnt_budget *budget, const char *who) {
    *tuples = (lnt_tuples){.budget = budget, .who = who, .width = width, .hidden = -1};
}

void lnt__tuples_reset(lnt_tuples *tuples) {
    if (tuples->n_slots > 0) memset(lnt__room_data(&tuples->slots), 0, (size_t)tuples->n_slots * sizeof(uint64_t));
    tuples->n = 0;
    tuples->hidden = -1;
}

void lnt__tuples_clear(lnt_tuples *tuples) {
    lnt__room_clear(&tuples->words);
    lnt__room_clear(&tuples->slots);
    tuples->n = tuples->n_slots = 0;
}

static inline bool same_words(const uint64_t *a, const uint64_t *b, int width) {
    for (int w = 0; w < width; w++)
        if (a[w] != b[w]) return false;
    return true;
}

enum { LNT_CHECK_TUPLES = 1 << 15 }; ///< moved between looks at whether to stop

/// Puts the tuples from `start` to `end` into `slots`.
static void fill_slots(const lnt_tuples *tuples, uint64_t *slots, uint64_t mask, int64_t start, int64_t end) {
    for (int64_t i = start; i < end; i++) {
        if (i == tuples->hidden) continue;
        uint64_t hash = lnt__tuple_hash(lnt__tuples_get(tuples, i), tuples->width), at = hash & mask;
        while (slots[at]) at = (at + 1) & mask;
        slots[at] = (hash >> 32 << 32) | (uint64_t)(i + 1);
    }
}

/// Doubles the slots until `n` tuples fill at most half of them.
static lnt_status reserve_slots(lnt_tuples *tuples, int64_t n, lnt_error *err) {
    int64_t n_slots = tuples->n_slots ? tuples->n_slots : LNT_TUPLES_MIN_SLOTS;
    if (tuples->n_slots == 0 && n < tuples->expected) n = tuples->expected;
    while (n_slots < 2 * n) n_slots *= 2;
    if (n_slots == tuples->n_slots) return LNT_OK;
    lnt_room fresh = {0};
    lnt_status status = lnt__room_grow(&fresh, tuples->budget, n_slots, sizeof(uint64_t), tuples->who, err);
    for (int64_t i = 0; status == LNT_OK && i < tuples->n; i += LNT_CHECK_TUPLES) {
        int64_t end = i + LNT_CHECK_TUPLES < tuples->n ? i + LNT_CHECK_TUPLES : tuples->n;
        fill_slots(tuples, lnt__room_data(&fresh), (uint64_t)n_slots - 1, i, end);
        status = lnt_budget_check(tuples->budget, err);
    }
    if (status != LNT_OK) {
        lnt__room_clear(&fresh);
        return status;
    }
    lnt__room_clear(&tuples->slots);
    tuples->slots = fresh;
    tuples->n_slots = n_slots;
    return LNT_OK;
}

lnt_status lnt__tuples_reserve(lnt_tuples *tuples, int64_t n, lnt_error *err) {
    LNT_TRY(reserve_slots(tuples, n, err));
    return lnt__room_grow(&tuples->words, tuples->budget, n * tuples->width, sizeof(uint64_t), tuples->who, err);
}

lnt_status lnt__tuples_reindex(lnt_tuples *tuples, lnt_error *err) {
    lnt__room_clear(&tuples->slots);
    tuples->n_slots = 0;
    return reserve_slots(tuples, tuples->n, err);
}

/// Tuples whose slots and words are fetched ahead together, so that a table larger than the caches costs the memory's
/// bandwidth and not its latency for each.
enum { LNT_TUPLES_AHEAD = 32 };

/// Hashes the tuples and asks for their slots, then for the words that those lead to.
static inline void fetch_ahead(const uint64_t *slots, const uint64_t *own, uint64_t mask, const uint64_t *words,
                               int64_t n, int width, uint64_t *hashes) {
    for (int64_t k = 0; k < n; k++) {
        hashes[k] = lnt__tuple_hash(words + k * width, width);
        __builtin_prefetch(&slots[hashes[k] & mask]);
    }
    for (int64_t k = 0; k < n; k++) {
        uint64_t slot = slots[hashes[k] & mask];
        if (slot) __builtin_prefetch(own + (int64_t)((uint32_t)slot - 1) * width);
    }
}

/// Finds or adds up to LNT_TUPLES_AHEAD tuples with enough room for all; `width` is a constant in each caller, so that
/// the loops are unrolled.
static inline void add_block(lnt_tuples *tuples, const uint64_t *words, int64_t n, uint32_t *out, int width) {
    uint64_t *slots = lnt__room_data(&tuples->slots), *own = lnt__room_data(&tuples->words);
    uint64_t mask = (uint64_t)tuples->n_slots - 1, hashes[LNT_TUPLES_AHEAD];
    fetch_ahead(slots, own, mask, words, n, width, hashes);
    for (int64_t k = 0; k < n; k++) {
        const uint64_t *tuple = words + k * width;
        uint64_t hash = hashes[k], at = hash & mask, slot;
        while ((slot = slots[at]) != 0) {
            if (slot >> 32 == hash >> 32 && same_words(own + (int64_t)((uint32_t)slot - 1) * width, tuple, width))
                break;
            at = (at + 1) & mask;
        }
        if (!slot) {
            for (int w = 0; w < width; w++) own[tuples->n * width + w] = tuple[w];
            slot = slots[at] = (hash >> 32 << 32) | (uint64_t)(++tuples->n);
        }
        out[k] = (uint32_t)slot - 1;
    }
}

static inline void add_all(lnt_tuples *tuples, const uint64_t *words, int64_t n, uint32_t *out, int width) {
    for (int64_t k = 0; k < n; k += LNT_TUPLES_AHEAD)
        add_block(tuples, words + k * width, n - k < LNT_TUPLES_AHEAD ? n - k : LNT_TUPLES_AHEAD, out + k, width);
}

/// Tuples added at a time, so that room is asked for in steps.
enum { LNT_TUPLES_STEP = 1024 };

lnt_status lnt__tuples_add(lnt_tuples *tuples, const uint64_t *words, int64_t n, uint32_t *out, lnt_error *err) {
    for (int64_t start = 0; start < n; start += LNT_TUPLES_STEP) {
        int64_t count = n - start < LNT_TUPLES_STEP ? n - start : LNT_TUPLES_STEP;
        int width = tuples->width;
        if (tuples->n + count >= (int64_t)UINT32_MAX)
            return lnt_error_set(err, LNT_LIMIT, "%s: more than four thousand million different values", tuples->who);
        LNT_TRY(lnt_budget_check(tuples->budget, err));
        LNT_TRY(reserve_slots(tuples, tuples->n + count, err));
        LNT_TRY(lnt__room_grow(&tuples->words, tuples->budget, (tuples->n + count) * width, sizeof(uint64_t),
                               tuples->who, err));
        const uint64_t *from = words + start * width;
        switch (width) {
        case 1:
            add_all(tuples, from, count, out + start, 1);
            break;
        case 2:
            add_all(tuples, from, count, out + start, 2);
            break;
        case 3:
            add_all(tuples, from, count, out + start, 3);
            break;
        default:
            add_all(tuples, from, count, out + start, width);
            break;
        }
    }
    return LNT_OK;
}

static void find_block(const lnt_tuples *tuples, const uint64_t *words, int64_t n, uint32_t *out) {
    const uint64_t *slots = lnt__room_data(&tuples->slots), *own = lnt__room_data(&tuples->words);
    uint64_t mask = (uint64_t)tuples->n_slots - 1, hashes[LNT_TUPLES_AHEAD];
    int width = tuples->width;
    fetch_ahead(slots, own, mask, words, n, width, hashes);
    for (int64_t k = 0; k < n; k++) {
        const uint64_t *tuple = words + k * width;
        uint64_t hash = hashes[k], at = hash & mask, slot;
        while ((slot = slots[at]) != 0) {
            if (slot >> 32 == hash >> 32 && same_words(own + (int64_t)((uint32_t)slot - 1) * width, tuple, width))
                break;
            at = (at + 1) & mask;
        }
        out[k] = (uint32_t)slot - 1; // a free slot gives LNT_NONE
    }
}

void lnt__tuples_find(const lnt_tuples *tuples, const uint64_t *words, int64_t n, uint32_t *out) {
    if (tuples->n_slots == 0) {
        for (int64_t k = 0; k < n; k++) out[k] = LNT_NONE;
        return;
    }
    for (int64_t k = 0; k < n; k += LNT_TUPLES_AHEAD)
        find_block(tuples, words + k * tuples->width, n - k < LNT_TUPLES_AHEAD ? n - k : LNT_TUPLES_AHEAD, out + k);
}
