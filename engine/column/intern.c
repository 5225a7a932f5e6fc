/// @file intern.c
/// A growing set of distinct strings.
///
/// Workload: millions of lookups among at most some ten thousand strings, nearly all of them hits. Open addressing; a
/// slot holds half of the hash, so that a miss is seldom compared and growing doesn't touch the strings.
#include "column/intern.h"

#include <string.h>

#include "base/hash.h"

enum { FIRST_SLOTS = 128 };

static inline const int64_t *offsets_of(const lnt_intern *set) {
    return (const int64_t *)set->offsets->data;
}

lnt_str lnt_intern_get(const lnt_intern *set, int64_t code) {
    const int64_t *offsets = offsets_of(set);
    return (lnt_str){(const char *)set->bytes->data + offsets[code], offsets[code + 1] - offsets[code]};
}

int64_t lnt_intern_size_bytes(const lnt_intern *set) {
    return set->bytes ? set->bytes->size : 0;
}

/// The slot that holds `text`, or the empty one where it belongs.
static inline uint64_t *slot_of(const lnt_intern *set, lnt_str text, uint64_t hash) {
    uint64_t *slots = (uint64_t *)set->slots->data, mask = (uint64_t)set->n_slots - 1;
    for (uint64_t at = hash & mask;; at = (at + 1) & mask) {
        uint64_t slot = slots[at];
        if (slot == 0) return &slots[at];
        if ((slot ^ hash) >> 32 == 0 && lnt_str_equal(lnt_intern_get(set, (int64_t)(uint32_t)slot - 1), text)) {
            return &slots[at];
        }
    }
}

static lnt_status new_slots(lnt_intern *set, int64_t n_slots, lnt_error *err) {
    LNT_TRY(lnt_buffer_new(set->budget, n_slots * 8, set->who, &set->slots, err));
    memset(set->slots->data, 0, (size_t)n_slots * 8);
    set->n_slots = n_slots;
    return LNT_OK;
}

/// Four times the slots. The lower half of the hash is made again from the strings, in order, which is a read through
/// memory that is side by side.
static lnt_status more_slots(lnt_intern *set, lnt_error *err) {
    lnt_buffer *old = set->slots;
    lnt_status status = new_slots(set, set->n_slots * 4, err);
    if (status != LNT_OK) {
        set->slots = old;
        return status;
    }
    lnt_buffer_unref(old);
    uint64_t *slots = (uint64_t *)set->slots->data, mask = (uint64_t)set->n_slots - 1;
    for (int64_t code = 0; code < set->n; code++) {
        lnt_str text = lnt_intern_get(set, code);
        uint64_t hash = lnt_hash_bytes(text.data, text.size), at = hash & mask;
        while (slots[at]) at = (at + 1) & mask;
        slots[at] = (hash & ~(uint64_t)UINT32_MAX) | (uint64_t)(code + 1);
    }
    return LNT_OK;
}

static lnt_status begin(lnt_intern *set, lnt_error *err) {
    if (!set->bytes) LNT_TRY(lnt_buffer_new(set->budget, 0, set->who, &set->bytes, err));
    if (!set->offsets) LNT_TRY(lnt_buffer_new(set->budget, 16 * 8, set->who, &set->offsets, err));
    if (set->offsets->size == 0) {
        int64_t zero = 0;
        LNT_TRY(lnt_buffer_append(set->offsets, &zero, sizeof zero, set->who, err));
    }
    return new_slots(set, FIRST_SLOTS, err);
}

/// Copies `text`, which is new, and gives it the next code.
static lnt_status append(lnt_intern *set, lnt_str text, lnt_error *err) {
    if (set->n >= (int64_t)UINT32_MAX - 1) {
        return lnt_error_set(err, LNT_LIMIT, "a dictionary of more than %lld strings", (long long)set->n);
    }
    LNT_TRY(lnt_buffer_reserve(set->offsets, set->offsets->size + 8, set->who, err));
    LNT_TRY(lnt_buffer_append(set->bytes, text.data, text.size, set->who, err));
    LNT_TRY(lnt_buffer_append(set->offsets, &set->bytes->size, 8, set->who, err));
    set->n++;
    return LNT_OK;
}

static lnt_status add_hashed(lnt_intern *set, lnt_str text, uint64_t hash, uint32_t *code, lnt_error *err) {
    uint64_t *slot = slot_of(set, text, hash);
    if (*slot) {
        *code = (uint32_t)*slot - 1;
        return LNT_OK;
    }
    LNT_TRY(append(set, text, err));
    *slot = (hash & ~(uint64_t)UINT32_MAX) | (uint64_t)set->n;
    *code = (uint32_t)(set->n - 1);
    return 2 * set->n > set->n_slots ? more_slots(set, err) : LNT_OK;
}

lnt_status lnt_intern_add(lnt_intern *set, lnt_str text, uint32_t *code, lnt_error *err) {
    if (!set->slots) LNT_TRY(begin(set, err));
    return add_hashed(set, text, lnt_hash_bytes(text.data, text.size), code, err);
}

/// Has the slots of some hashes fetched, then where the strings of those slots begin, then the strings.
static void fetch(const lnt_intern *set, const uint64_t *hashes, int64_t n) {
    const uint64_t *slots = (const uint64_t *)set->slots->data, mask = (uint64_t)set->n_slots - 1;
    const int64_t *offsets = offsets_of(set);
    for (int64_t i = 0; i < n; i++) __builtin_prefetch(&slots[hashes[i] & mask]);
    for (int64_t i = 0; i < n; i++) {
        uint32_t number = (uint32_t)slots[hashes[i] & mask];
        if (number) __builtin_prefetch(&offsets[number - 1]);
    }
    for (int64_t i = 0; i < n; i++) {
        uint32_t number = (uint32_t)slots[hashes[i] & mask];
        if (number) __builtin_prefetch(set->bytes->data + offsets[number - 1]);
    }
}

lnt_status lnt_intern_add_block(lnt_intern *set, const lnt_str *texts, int64_t n, uint32_t *codes, lnt_error *err) {
    enum { AHEAD = 32 };
    uint64_t hashes[AHEAD];
    if (!set->slots) LNT_TRY(begin(set, err));
    for (int64_t start = 0; start < n; start += AHEAD) {
        int64_t count = n - start < AHEAD ? n - start : AHEAD;
        for (int64_t i = 0; i < count; i++) {
            lnt_str text = texts[start + i];
            hashes[i] = lnt_hash_bytes(text.data, text.size < 0 ? 0 : text.size);
        }
        fetch(set, hashes, count);
        for (int64_t i = 0; i < count; i++) {
            codes[start + i] = 0;
            if (texts[start + i].size >= 0)
                LNT_TRY(add_hashed(set, texts[start + i], hashes[i], &codes[start + i], err));
        }
    }
    return LNT_OK;
}

uint32_t lnt_intern_find(const lnt_intern *set, lnt_str text) {
    if (!set->slots) return UINT32_MAX;
    uint64_t slot = *slot_of(set, text, lnt_hash_bytes(text.data, text.size));
    return slot ? (uint32_t)slot - 1 : UINT32_MAX;
}

/// Eight-byte offsets to four, in place: what is written lies before what is still to be read.
static void halve_offsets(lnt_buffer *offsets) {
    int64_t n = offsets->size / 8;
    for (int64_t i = 0; i < n; i++) {
        int64_t wide;
        memcpy(&wide, offsets->data + i * 8, 8);
        uint32_t narrow = (uint32_t)wide;
        memcpy(offsets->data + i * 4, &narrow, 4);
    }
    offsets->size = n * 4;
}

lnt_status lnt_intern_finish(lnt_intern *set, lnt_column **out, lnt_error *err) {
    lnt_status status = set->slots ? LNT_OK : begin(set, err);
    if (status != LNT_OK) {
        lnt_intern_clear(set);
        return status;
    }
    lnt_column parts = {.type = LNT_STRING,
                        .layout = LNT_LAYOUT_PLAIN,
                        .width = 8,
                        .length = set->n,
                        .data = set->offsets,
                        .bytes = set->bytes};
    set->offsets = set->bytes = NULL;
    lnt_intern_clear(set);
    if (parts.bytes->size <= (int64_t)UINT32_MAX) {
        halve_offsets(parts.data);
        parts.width = 4;
    }
    lnt_buffer_trim(parts.data);
    lnt_buffer_trim(parts.bytes);
    return lnt_column_make(parts, out, err);
}

void lnt_intern_clear(lnt_intern *set) {
    lnt_buffer_unref(set->slots);
    lnt_buffer_unref(set->offsets);
    lnt_buffer_unref(set->bytes);
    *set = (lnt_intern){.budget = set->budget, .who = set->who};
}
