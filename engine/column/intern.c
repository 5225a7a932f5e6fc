/// @file intern.c
/// A growing set of distinct strings.
///
/// Workload: millions of lookups, nearly all of them hits, among some hundred to a million strings, most of which are
/// short. Open addressing; a slot of 16 bytes holds a string of up to 12 itself, so that finding it takes one line of
/// memory. Growing doesn't touch the strings.
#include "column/intern.h"

#include <string.h>

#include "base/hash.h"

enum {
    FIRST_SLOTS = 128,
    SHORT = 12,          ///< most bytes of a string that a slot holds
    LONG = 15,           ///< what stands in the place of the size of a longer one
    MOST = (1 << 28) - 1 ///< strings of a set
};

/// A string as slots have it.
typedef struct key {
    uint64_t first;       ///< a short one's first bytes; else the hash
    uint32_t last;        ///< a short one's last four, if it has more than eight; else 0
    uint32_t size : 4;    ///< LONG: more than SHORT
    uint32_t number : 28; ///< of a slot: code + 1; 0: empty
} key;

static inline const int64_t *offsets_of(const lnt_intern *set) {
    return (const int64_t *)set->offsets->data;
}

/// The reads overlap instead of going byte by byte.
static inline key key_of(lnt_str text) {
    const char *bytes = text.data;
    if (text.size > SHORT) return (key){.first = lnt_hash_bytes(bytes, text.size), .size = LONG};
    key k = {.size = (uint32_t)text.size & LONG};
    if (text.size >= 8) {
        memcpy(&k.first, bytes, 8);
        memcpy(&k.last, bytes + text.size - 4, 4);
    } else if (text.size >= 4) {
        uint32_t low, high;
        memcpy(&low, bytes, 4);
        memcpy(&high, bytes + text.size - 4, 4);
        k.first = (uint64_t)high << 32 | low;
    } else if (text.size > 0) {
        k.first = (uint64_t)(uint8_t)bytes[0] << 16 | (uint64_t)(uint8_t)bytes[text.size >> 1] << 8 |
                  (uint8_t)bytes[text.size - 1];
    }
    return k;
}

/// Where looking for a key starts.
static inline uint64_t place_of(const key *k) {
    if (k->size == LONG) return k->first;
    return lnt_hash_mix(k->first ^ 0xe7037ed1a0b428dbu, ((uint64_t)k->last << 4 | k->size) ^ 0xa0761d6478bd642fu);
}

lnt_str lnt_intern_get(const lnt_intern *set, int64_t code) {
    const int64_t *offsets = offsets_of(set);
    return (lnt_str){(const char *)set->bytes->data + offsets[code], offsets[code + 1] - offsets[code]};
}

int64_t lnt_intern_size_bytes(const lnt_intern *set) {
    return set->bytes ? set->bytes->size : 0;
}

static inline bool same_short(const key *a, const key *b) {
    return a->first == b->first && a->last == b->last && a->size == b->size && a->size != LONG;
}

/// The slot that holds `text`, or the empty one where it belongs.
static inline key *slot_of(const lnt_intern *set, lnt_str text, const key *k, uint64_t place) {
    key *slots = (key *)(void *)set->slots->data;
    uint64_t mask = (uint64_t)set->n_slots - 1;
    for (uint64_t at = place & mask;; at = (at + 1) & mask) {
        key *slot = &slots[at];
        if (slot->number == 0) return slot;
        if (slot->first != k->first || slot->last != k->last || slot->size != k->size) continue;
        if (k->size != LONG || lnt_str_equal(lnt_intern_get(set, (int64_t)slot->number - 1), text)) return slot;
    }
}

static lnt_status new_slots(lnt_intern *set, int64_t n_slots, lnt_error *err) {
    int64_t size = n_slots * (int64_t)sizeof(key);
    LNT_TRY(lnt_buffer_new(set->budget, size, set->who, &set->slots, err));
    lnt_status status = lnt_budget_zero(set->budget, set->slots->data, size, err);
    if (status != LNT_OK) {
        lnt_buffer_unref(set->slots);
        set->slots = NULL;
        return status;
    }
    set->n_slots = n_slots;
    return LNT_OK;
}

/// Twice the slots.
static lnt_status more_slots(lnt_intern *set, lnt_error *err) {
    lnt_buffer *old = set->slots;
    int64_t n_old = set->n_slots;
    lnt_status status = new_slots(set, n_old * 2, err);
    if (status != LNT_OK) {
        set->slots = old;
        return status;
    }
    const key *from = (const key *)(const void *)old->data;
    key *slots = (key *)(void *)set->slots->data;
    uint64_t mask = (uint64_t)set->n_slots - 1;
    for (int64_t i = 0; i < n_old; i++) {
        if (from[i].number == 0) continue;
        uint64_t at = place_of(&from[i]) & mask;
        while (slots[at].number) at = (at + 1) & mask;
        slots[at] = from[i];
    }
    lnt_buffer_unref(old);
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
    if (set->n >= MOST) {
        return lnt_error_set(err, LNT_LIMIT, "a dictionary of more than %lld strings", (long long)set->n);
    }
    LNT_TRY(lnt_buffer_reserve(set->offsets, set->offsets->size + 8, set->who, err));
    LNT_TRY(lnt_buffer_append(set->bytes, text.data, text.size, set->who, err));
    LNT_TRY(lnt_buffer_append(set->offsets, &set->bytes->size, 8, set->who, err));
    set->n++;
    return LNT_OK;
}

static inline lnt_status add_key(lnt_intern *set, lnt_str text, const key *k, uint64_t place, uint32_t *code,
                                 lnt_error *err) {
    key *slot = slot_of(set, text, k, place);
    if (slot->number) {
        *code = slot->number - 1;
        return LNT_OK;
    }
    LNT_TRY(append(set, text, err));
    *slot = *k;
    slot->number = (uint32_t)set->n & MOST;
    *code = (uint32_t)(set->n - 1);
    return 2 * set->n > set->n_slots ? more_slots(set, err) : LNT_OK;
}

lnt_status lnt_intern_add(lnt_intern *set, lnt_str text, uint32_t *code, lnt_error *err) {
    if (!set->slots) LNT_TRY(begin(set, err));
    key k = key_of(text);
    return add_key(set, text, &k, place_of(&k), code, err);
}

enum { NEAR_SLOTS = 4096 }; ///< so many are in the first or second cache: nothing has to be fetched ahead

/// Adds texts from `*at` on while the slots are near; nearly all are found where they are looked for first.
static lnt_status add_near(lnt_intern *set, const lnt_str *texts, int64_t n, uint32_t *codes, int64_t *at,
                           lnt_error *err) {
    int64_t i = *at;
    for (; i < n && set->n_slots <= NEAR_SLOTS; i++) {
        codes[i] = 0;
        if (texts[i].size < 0) continue;
        const key k = key_of(texts[i]);
        const uint64_t place = place_of(&k);
        const key *slot = (const key *)(const void *)set->slots->data + (place & (uint64_t)(set->n_slots - 1));
        if (slot->number && same_short(slot, &k))
            codes[i] = slot->number - 1;
        else
            LNT_TRY(add_key(set, texts[i], &k, place, &codes[i], err));
    }
    *at = i;
    return LNT_OK;
}

lnt_status lnt_intern_add_block(lnt_intern *set, const lnt_str *texts, int64_t n, uint32_t *codes, lnt_error *err) {
    enum { AHEAD = 32 };
    key keys[AHEAD];
    uint64_t places[AHEAD];
    int64_t first = 0;
    if (!set->slots) LNT_TRY(begin(set, err));
    LNT_TRY(add_near(set, texts, n, codes, &first, err));
    for (int64_t start = first; start < n; start += AHEAD) {
        int64_t count = n - start < AHEAD ? n - start : AHEAD;
        const key *slots = (const key *)(const void *)set->slots->data;
        const uint64_t mask = (uint64_t)set->n_slots - 1;
        for (int64_t i = 0; i < count; i++) {
            lnt_str text = texts[start + i];
            if (text.size < 0) text.size = 0;
            keys[i] = key_of(text);
            places[i] = place_of(&keys[i]);
            __builtin_prefetch(&slots[places[i] & mask]);
        }
        for (int64_t i = 0; i < count; i++) {
            codes[start + i] = 0;
            if (i > 0 && texts[start + i].size >= 0 && texts[start + i - 1].size >= 0 &&
                same_short(&keys[i], &keys[i - 1]))
                codes[start + i] = codes[start + i - 1]; // neighbours often are
            else if (texts[start + i].size >= 0)
                LNT_TRY(add_key(set, texts[start + i], &keys[i], places[i], &codes[start + i], err));
        }
    }
    return LNT_OK;
}

uint32_t lnt_intern_find(const lnt_intern *set, lnt_str text) {
    if (!set->slots) return UINT32_MAX;
    key k = key_of(text);
    return slot_of(set, text, &k, place_of(&k))->number - 1; // nothing: 0 - 1
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
