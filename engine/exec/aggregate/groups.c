/// @file groups.c
/// Group tables: rows to groups, groups of one table to those of another, groups back to values.
#include "exec/aggregate/groups.h"

#include <string.h>

#include "exec/aggregate/groups_direct.h"
#include "exec/key_words.h"

/// Strings that a table keeps when it is reset, so that the next morsel finds them already numbered.
enum { LNT_STRINGS_KEPT = 65536 };

/// Whether an index can be made of the keys: there are few, and of types that count. (A lone string has its own way.)
static bool can_be_direct(const lnt_key_layout *layout) {
    if (layout->n_fields < 1 || layout->n_fields > LNT_DIRECT_KEYS) return false;
    if (layout->n_fields == 1 && layout->n_strings == 1) return false;
    for (int64_t i = 0; i < layout->n_fields; i++)
        if (layout->fields[i].type == LNT_FLOAT || layout->fields[i].type == LNT_IP) return false;
    return true;
}

lnt_status lnt__groups_init(lnt_groups *groups, const lnt_key_layout *layout, lnt_budget *budget, const char *who,
                            lnt_error *err) {
    *groups = (lnt_groups){.layout = layout, .null_group = -1};
    lnt__tuples_init(&groups->tuples, layout->n_words, budget, who);
    groups->interners = lnt_alloc_array(layout->n_strings, sizeof *groups->interners, err);
    groups->codes = lnt_alloc_array(layout->n_strings, sizeof *groups->codes, err);
    if (!groups->interners || !groups->codes) {
        lnt_free(groups->interners);
        lnt_free(groups->codes);
        *groups = (lnt_groups){0};
        return LNT_NOMEM;
    }
    for (int i = 0; i < layout->n_strings; i++) lnt__interner_init(&groups->interners[i], budget, who);
    groups->direct.wanted = can_be_direct(layout);
    groups->direct.most_bits = LNT_DIRECT_BITS;
    return LNT_OK;
}

void lnt__groups_may_adopt(lnt_groups *groups) {
    for (int i = 0; i < groups->layout->n_strings; i++) groups->interners[i].may_adopt = true;
}

/// Whether groups are found by the number of their only key, a string.
static inline bool is_direct(const lnt_groups *groups) {
    return groups->layout->n_fields == 1 && groups->layout->n_strings == 1;
}

void lnt__groups_reset(lnt_groups *groups) {
    if (is_direct(groups)) {
        if (groups->by_string.capacity > 0)
            memset(lnt__room_data(&groups->by_string), 0, (size_t)groups->by_string.capacity * sizeof(uint32_t));
    }
    if (groups->direct.n > 0)
        memset(lnt__room_data(&groups->direct.groups), 0, (size_t)groups->direct.n * sizeof(uint32_t));
    lnt__tuples_reset(&groups->tuples);
    groups->null_group = -1;
    for (int i = 0; i < groups->layout->n_strings; i++) {
        if (groups->interners[i].n <= LNT_STRINGS_KEPT) continue;
        lnt__interner_reset(&groups->interners[i]);
        lnt__codes_reset(&groups->codes[i]);
    }
}

void lnt__groups_clear(lnt_groups *groups) {
    if (!groups->layout) return;
    for (int i = 0; i < groups->layout->n_strings; i++) {
        lnt__interner_clear(&groups->interners[i]);
        lnt__codes_clear(&groups->codes[i]);
    }
    lnt_free(groups->interners);
    lnt_free(groups->codes);
    lnt__tuples_clear(&groups->tuples);
    lnt__room_clear(&groups->by_string);
    lnt__room_clear(&groups->direct.groups);
    lnt__room_clear(&groups->moved);
    *groups = (lnt_groups){0};
}

/// Adds a tuple without looking for it, and without a slot.
static lnt_status append_tuple(lnt_groups *groups, const uint64_t *words, uint32_t *out, lnt_error *err) {
    lnt_tuples *tuples = &groups->tuples;
    LNT_TRY(lnt__room_grow(&tuples->words, tuples->budget, (tuples->n + 1) * tuples->width, sizeof(uint64_t),
                           tuples->who, err));
    uint64_t *to = (uint64_t *)lnt__room_data(&tuples->words) + tuples->n * tuples->width;
    for (int w = 0; w < tuples->width; w++) to[w] = words[w];
    *out = (uint32_t)tuples->n++;
    return LNT_OK;
}

/// Groups by string number, through an array. Marks the rows whose key is null in the scratch.
static lnt_status add_direct(lnt_groups *groups, lnt_key_scratch *scratch, const uint32_t *numbers, int64_t n,
                             uint32_t *out, lnt_error *err) {
    LNT_TRY(lnt__room_grow(&groups->by_string, groups->tuples.budget, groups->interners[0].n + 1, sizeof(uint32_t),
                           groups->tuples.who, err));
    uint32_t *by_string = lnt__room_data(&groups->by_string);
    for (int64_t k = 0; k < n; k++) {
        uint32_t number = numbers[k], group = by_string[number];
        scratch->null[k] = number == 0;
        out[k] = group - 1;
        if (group) continue;
        uint64_t word = number;
        LNT_TRY(append_tuple(groups, &word, &out[k], err));
        by_string[number] = out[k] + 1;
    }
    return LNT_OK;
}

/// The same for words, which are string numbers.
static lnt_status add_direct_words(lnt_groups *groups, lnt_key_scratch *scratch, int64_t n, uint32_t *out,
                                   lnt_error *err) {
    for (int64_t k = 0; k < n; k++) scratch->numbers[k] = (uint32_t)scratch->words[k];
    return add_direct(groups, scratch, scratch->numbers, n, out, err);
}

/// A lone wide key with nulls: stretches without null between the nulls.
static lnt_status add_around_nulls(lnt_groups *groups, const lnt_key_scratch *scratch, int64_t n, uint32_t *out,
                                   lnt_error *err) {
    int width = groups->layout->n_words;
    for (int64_t start = 0; start < n;) {
        int64_t end = start;
        while (end < n && !scratch->null[end]) end++;
        LNT_TRY(lnt__tuples_add(&groups->tuples, scratch->words + start * width, end - start, out + start, err));
        for (; end < n && scratch->null[end]; end++) {
            uint32_t group = (uint32_t)groups->null_group;
            if (groups->null_group < 0) LNT_TRY(append_tuple(groups, scratch->words + end * width, &group, err));
            groups->null_group = groups->tuples.hidden = group;
            out[end] = group;
        }
        start = end;
    }
    return LNT_OK;
}

static lnt_status add_words(lnt_groups *groups, lnt_key_scratch *scratch, int64_t n, bool any_null, uint32_t *out,
                            lnt_error *err) {
    if (is_direct(groups)) return add_direct_words(groups, scratch, n, out, err);
    if (groups->direct.wanted) {
        bool done;
        LNT_TRY(lnt__groups_add_direct(groups, scratch, n, any_null, out, &done, err));
        if (done) return LNT_OK;
    }
    if (groups->layout->lone_wide && any_null) return add_around_nulls(groups, scratch, n, out, err);
    return lnt__tuples_add(&groups->tuples, scratch->words, n, out, err);
}

/// Adds all words without looking for them.
static lnt_status add_apart(lnt_groups *groups, const uint64_t *words, int64_t n, uint32_t *out, lnt_error *err) {
    lnt_tuples *tuples = &groups->tuples;
    int64_t width = tuples->width;
    LNT_TRY(lnt__room_grow(&tuples->words, tuples->budget, (tuples->n + n) * width, sizeof(uint64_t), tuples->who, err));
    memcpy((uint64_t *)lnt__room_data(&tuples->words) + tuples->n * width, words,
           (size_t)(n * width) * sizeof(uint64_t));
    for (int64_t k = 0; k < n; k++) out[k] = (uint32_t)(tuples->n + k);
    tuples->n += n;
    return LNT_OK;
}

lnt_status lnt__groups_add(lnt_groups *groups, lnt_key_scratch *scratch, const lnt_vec *keys, const uint32_t *sel,
                           int64_t n, uint32_t *out, lnt_error *err) {
    bool any_null = false;
    if (is_direct(groups)) {
        LNT_TRY(lnt__interner_add(&groups->interners[0], &groups->codes[0], &keys[0], sel, n, scratch->numbers, err));
        return add_direct(groups, scratch, scratch->numbers, n, out, err);
    }
    LNT_TRY(
        lnt__key_words(groups->layout, groups->interners, groups->codes, true, scratch, keys, sel, n, &any_null, err));
    if (groups->apart) return add_apart(groups, scratch->words, n, out, err);
    return add_words(groups, scratch, n, any_null, out, err);
}

lnt_status lnt__groups_find(const lnt_groups *groups, lnt_key_scratch *scratch, const lnt_vec *keys,
                            const uint32_t *sel, int64_t n, uint32_t *out, lnt_error *err) {
    bool any_null = false;
    LNT_TRY(lnt__key_words(groups->layout, groups->interners, scratch->codes, false, scratch, keys, sel, n, &any_null,
                           err));
    if (is_direct(groups)) {
        const uint32_t *by_string = lnt__room_data(&groups->by_string);
        for (int64_t k = 0; k < n; k++) {
            uint64_t number = scratch->words[k];
            out[k] = number == LNT_NONE || groups->tuples.n == 0 ? LNT_NONE : by_string[number] - 1;
        }
    } else if (groups->direct.wanted) {
        lnt__groups_find_direct(groups, scratch, n, any_null, out);
    } else {
        lnt__tuples_find(&groups->tuples, scratch->words, n, out);
    }
    for (int64_t k = 0; any_null && k < n; k++)
        if (scratch->null[k]) out[k] = LNT_NONE;
    return LNT_OK;
}

// ---- merging ----

/// The number here of a string that has `number` in `from`; looked up once if there is a memory of what is known.
static lnt_status move_string(lnt_groups *groups, const lnt_interner *from, int string, uint32_t number,
                              uint32_t *known, uint32_t *out, lnt_error *err) {
    *out = known ? known[number] : 0;
    if (number == 0 || *out != 0) return LNT_OK;
    LNT_TRY(lnt__interner_move(&groups->interners[string], from, number, out, err));
    if (known) known[number] = *out;
    return LNT_OK;
}

/// Whether numbers of string key `i` stay as they are.
static inline bool same_codes(const lnt_groups *groups, const lnt_groups *from, int i) {
    return lnt__interner_same_codes(&groups->interners[i], &from->interners[i]);
}

static bool all_same_codes(const lnt_groups *groups, const lnt_groups *from) {
    for (int i = 0; i < groups->layout->n_strings; i++)
        if (!same_codes(groups, from, i)) return false;
    return true;
}

/// Room for the string numbers of from's interners that have to be moved, one after the other, cleared. A lone string
/// key needs none: each of its groups has a string of its own.
static lnt_status reserve_moved(lnt_groups *groups, const lnt_groups *from, lnt_error *err) {
    int64_t n = 0;
    if (is_direct(groups)) return LNT_OK;
    for (int i = 0; i < groups->layout->n_strings; i++)
        if (!same_codes(groups, from, i)) n += from->interners[i].n + 1;
    if (n == 0) return LNT_OK;
    LNT_TRY(lnt__room_grow(&groups->moved, groups->tuples.budget, n, sizeof(uint32_t), groups->tuples.who, err));
    memset(lnt__room_data(&groups->moved), 0, (size_t)n * sizeof(uint32_t));
    return LNT_OK;
}

/// Rewrites the string numbers in one tuple of `from`.
static lnt_status move_tuple(lnt_groups *groups, const lnt_groups *from, uint64_t *words, lnt_error *err) {
    uint32_t *known = is_direct(groups) ? NULL : lnt__room_data(&groups->moved);
    for (int64_t i = 0; i < groups->layout->n_fields; i++) {
        const lnt_key_field *field = &groups->layout->fields[i];
        if (field->string < 0 || same_codes(groups, from, field->string)) continue;
        uint32_t number = (uint32_t)lnt__key_part(field, words), here = 0;
        LNT_TRY(move_string(groups, &from->interners[field->string], field->string, number, known, &here, err));
        words[field->word] &= ~(field->mask << field->shift);
        words[field->word] |= (uint64_t)here << field->shift;
        if (known) known += from->interners[field->string].n + 1;
    }
    return LNT_OK;
}

/// Groups whose words are fetched ahead: a partition's lie scattered over the table.
enum { LNT_MERGE_AHEAD = 16 };

lnt_status lnt__groups_merge(lnt_groups *groups, lnt_key_scratch *scratch, const lnt_groups *from, const uint32_t *list,
                             int64_t n, uint32_t *to, lnt_error *err) {
    int width = groups->layout->n_words;
    for (int i = 0; i < groups->layout->n_strings; i++)
        LNT_TRY(lnt__interner_meet(&groups->interners[i], &from->interners[i], err));
    LNT_TRY(reserve_moved(groups, from, err));
    bool move = !all_same_codes(groups, from);
    for (int64_t start = 0; start < n; start += LNT_BATCH_ROWS) {
        int64_t count = n - start < LNT_BATCH_ROWS ? n - start : LNT_BATCH_ROWS;
        LNT_TRY(lnt_budget_check(groups->tuples.budget, err));
        for (int64_t k = 0; k < count; k++) {
            int64_t group = list ? list[start + k] : start + k;
            if (list && k + LNT_MERGE_AHEAD < count)
                __builtin_prefetch(lnt__tuples_get(&from->tuples, list[start + k + LNT_MERGE_AHEAD]));
            uint64_t *words = scratch->words + k * width;
            const uint64_t *own = lnt__tuples_get(&from->tuples, group);
            for (int w = 0; w < width; w++) words[w] = own[w];
            if (move) LNT_TRY(move_tuple(groups, from, words, err));
            scratch->null[k] = group == from->null_group;
        }
        LNT_TRY(add_words(groups, scratch, count, from->null_group >= 0, scratch->numbers, err));
        for (int64_t k = 0; k < count; k++) to[list ? list[start + k] : start + k] = scratch->numbers[k];
    }
    return LNT_OK;
}

void lnt__groups_expect_dense(lnt_groups *groups, int64_t n) {
    int bits = LNT_DIRECT_BITS;
    while (bits < LNT_DIRECT_BITS_MAX && (int64_t)1 << (bits - 2) < n) bits++;
    groups->direct.most_bits = bits;
}

void lnt__groups_expect(lnt_groups *groups, int64_t n) {
    groups->tuples.expected = n;
    if (is_direct(groups)) groups->interners[0].expected = n;
}

lnt_status lnt__groups_reserve(lnt_groups *groups, int64_t n, lnt_error *err) {
    if (is_direct(groups) || groups->direct.wanted) return LNT_OK;
    if (groups->apart)
        return lnt__room_grow(&groups->tuples.words, groups->tuples.budget, n * groups->tuples.width, sizeof(uint64_t),
                              groups->tuples.who, err);
    return lnt__tuples_reserve(&groups->tuples, n, err);
}

void lnt__groups_shrink(lnt_groups *groups) {
    lnt__room_clear(&groups->tuples.slots);
    groups->tuples.n_slots = 0;
    lnt__room_clear(&groups->by_string);
    lnt__room_clear(&groups->direct.groups);
    groups->direct.n = 0;
    lnt__room_clear(&groups->moved);
    for (int i = 0; i < groups->layout->n_strings; i++) {
        lnt__room_clear(&groups->interners[i].slots);
        groups->interners[i].n_slots = 0;
        lnt__codes_clear(&groups->codes[i]);
    }
}

// ---- values ----

uint64_t lnt__groups_hash(const lnt_groups *groups, int64_t group) {
    const uint64_t *words = lnt__tuples_get(&groups->tuples, group);
    uint64_t hash = group == groups->null_group;
    for (int64_t i = 0; i < groups->layout->n_fields; i++) {
        const lnt_key_field *field = &groups->layout->fields[i];
        uint64_t word = lnt__key_part(field, words);
        if (field->type == LNT_STRING) {
            word = word ? lnt__interner_hash(&groups->interners[field->string], (uint32_t)word) : 0;
        } else if (field->type == LNT_IP) {
            word = lnt_hash_combine(word, words[field->word + 1]);
        }
        hash = lnt_hash_combine(hash, word);
    }
    return hash;
}

static bool is_null_key(const lnt_groups *groups, const lnt_key_field *field, const uint64_t *words, int64_t group) {
    if (field->type == LNT_STRING) return lnt__key_part(field, words) == 0;
    if (field->type == LNT_BOOL) return lnt__key_part(field, words) == 2;
    if (field->null_word < 0) return group == groups->null_group;
    return words[field->null_word] >> field->null_shift & 1;
}

static void get_key(const lnt_groups *groups, const lnt_key_field *field, const uint64_t *words, void *data,
                    int64_t k) {
    uint64_t word = lnt__key_part(field, words);
    switch (field->type) {
    case LNT_BOOL:
        ((uint8_t *)data)[k] = word == 1;
        break;
    case LNT_IP:
        ((lnt_ip *)data)[k] = (lnt_ip){word, words[field->word + 1]};
        break;
    case LNT_STRING: {
        uint32_t number = (uint32_t)word;
        ((lnt_str *)data)[k] =
            number ? lnt__interner_string(&groups->interners[field->string], number) : (lnt_str){"", 0};
        break;
    }
    default:
        ((uint64_t *)data)[k] = word;
        break;
    }
}

/// The codes of a string key that goes by those of a dictionary; nulls have code 0.
static lnt_status get_codes(const lnt_groups *groups, const lnt_key_field *field, const uint32_t *list, int64_t start,
                            int64_t n, lnt_arena *scratch, lnt_vec *out, lnt_error *err) {
    uint32_t *codes = lnt_arena_alloc(scratch, n * (int64_t)sizeof *codes, err);
    uint64_t *valid = codes ? lnt_arena_alloc(scratch, lnt_bitmap_words(n) * (int64_t)sizeof *valid, err) : NULL;
    if (!valid) return LNT_NOMEM;
    memset(valid, 0xff, (size_t)lnt_bitmap_words(n) * sizeof *valid);
    *out = (lnt_vec){.type = LNT_STRING,
                     .form = LNT_FORM_DICTIONARY,
                     .data = codes,
                     .dictionary = groups->interners[field->string].dictionary};
    for (int64_t k = 0; k < n; k++) {
        const uint64_t *words = lnt__tuples_get(&groups->tuples, list ? list[k] : start + k);
        uint32_t number = (uint32_t)lnt__key_part(field, words);
        codes[k] = number - 1;
        if (number) continue;
        codes[k] = 0;
        lnt_bitmap_unset(valid, k);
        out->valid = valid;
    }
    return LNT_OK;
}

lnt_status lnt__groups_key(const lnt_groups *groups, int64_t key, const uint32_t *list, int64_t start, int64_t n,
                           lnt_arena *scratch, lnt_vec *out, lnt_error *err) {
    const lnt_key_field *field = &groups->layout->fields[key];
    if (field->string >= 0 && groups->interners[field->string].by_code)
        return get_codes(groups, field, list, start, n, scratch, out, err);
    void *data = lnt_arena_alloc(scratch, n * (int64_t)sizeof(lnt_ip), err);
    uint64_t *valid = data ? lnt_arena_alloc(scratch, lnt_bitmap_words(n) * (int64_t)sizeof *valid, err) : NULL;
    if (!valid) return LNT_NOMEM;
    memset(valid, 0xff, (size_t)lnt_bitmap_words(n) * sizeof *valid);
    bool any_null = false;
    for (int64_t k = 0; k < n; k++) {
        int64_t group = list ? list[k] : start + k;
        const uint64_t *words = lnt__tuples_get(&groups->tuples, group);
        get_key(groups, field, words, data, k);
        if (!is_null_key(groups, field, words, group)) continue;
        lnt_bitmap_unset(valid, k);
        any_null = true;
    }
    *out = (lnt_vec){.type = field->type, .form = LNT_FORM_FLAT, .data = data, .valid = any_null ? valid : NULL};
    return LNT_OK;
}
