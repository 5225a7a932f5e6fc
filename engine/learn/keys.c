/// @file keys.c
/// A key's values, numbered in the order of their first appearance: each part's first, as two words or, text, by its
/// code, then pairs of such numbers.
#include "learn/keys.h"

#include <string.h>

#include "base/hash.h"
#include "column/intern.h"
#include "column/value_text.h"
#include "column/vector.h"
#include "learn/model.h"

enum { MAX_KEY_COLUMNS = 8 };

/// A part of a key: a column, and for addresses how many bits of it count ("ip/24").
typedef struct key_part {
    const lnt_column *column;
    int bits;
} key_part;

static lnt_status find_part(const lnt_table *table, const char *name, key_part *out, lnt_error *err) {
    const char *slash = strrchr(name, '/');
    int64_t bits = 0;
    *out = (key_part){.bits = -1};
    if (lnt_schema_find(lnt_table_schema(table), name, -1) >= 0 || !slash ||
        !lnt_parse_int(slash + 1, (int64_t)strlen(slash + 1), &bits)) {
        return lnt__learn_column(table, name, "history", &out->column, err);
    }
    char *column = lnt_strdup(name, slash - name, err);
    if (!column) return LNT_NOMEM;
    lnt_status status = lnt__learn_column(table, column, "history", &out->column, err);
    lnt_free(column);
    LNT_TRY(status);
    out->bits = (int)bits;
    if (out->column->type == LNT_IP && bits >= 1 && bits <= 128) return LNT_OK;
    return lnt_error_set(err, LNT_ARGUMENT, "'%s': a network needs an address column and 1 to 128 bits", name);
}

/// The network of an address: of IPv4 its first `bits` of 32, of IPv6 as many of the first half and more as there are.
static lnt_ip network(lnt_ip ip, int bits) {
    if (lnt_ip_is_v4(ip)) {
        uint32_t v4 = (uint32_t)ip.lo;
        return lnt_ip_from_v4(bits >= 32 ? v4 : v4 & ~(UINT32_MAX >> bits));
    }
    if (bits >= 128) return ip;
    if (bits > 64) return (lnt_ip){ip.hi, ip.lo & ~(UINT64_MAX >> (bits - 64))};
    return (lnt_ip){bits == 64 ? ip.hi : ip.hi & ~(UINT64_MAX >> bits), 0};
}

// ---- numbers of pairs ----

typedef struct pair {
    uint64_t a, b;
} pair;

/// Pairs of words in the order of their first appearance, and where each is found: slots hold a number + 1.
typedef struct pairs {
    lnt_arena arena;
    pair *list;
    uint32_t *slots;
    int64_t n, n_slots; ///< a power of two, at least twice the pairs
} pairs;

static uint32_t *slot_of(const pairs *set, pair p) {
    uint64_t mask = (uint64_t)set->n_slots - 1, at = lnt_hash_combine(lnt_hash_u64(p.a), p.b) & mask;
    while (set->slots[at]) {
        const pair *there = &set->list[set->slots[at] - 1];
        if (there->a == p.a && there->b == p.b) break;
        at = (at + 1) & mask;
    }
    return &set->slots[at];
}

static lnt_status grow_pairs(pairs *set, lnt_error *err) {
    int64_t n_slots = set->n_slots ? 4 * set->n_slots : 1024;
    pair *list = lnt_arena_alloc(&set->arena, n_slots / 2 * (int64_t)sizeof *list, err);
    uint32_t *slots = list ? lnt_arena_alloc(&set->arena, n_slots * 4, err) : NULL;
    if (!slots) return lnt_no_memory(err);
    if (set->n > 0) memcpy(list, set->list, (size_t)set->n * sizeof *list);
    memset(slots, 0, (size_t)n_slots * 4);
    set->list = list;
    set->slots = slots;
    set->n_slots = n_slots;
    for (int64_t i = 0; i < set->n; i++) {
        if (i % LNT_BATCH_ROWS == 0) LNT_TRY(lnt_budget_check(set->arena.budget, err));
        *slot_of(set, list[i]) = (uint32_t)i + 1;
    }
    return LNT_OK;
}

static inline lnt_status number_pair(pairs *set, uint64_t a, uint64_t b, uint32_t *out, lnt_error *err) {
    if (2 * set->n >= set->n_slots) LNT_TRY(grow_pairs(set, err));
    uint32_t *slot = slot_of(set, (pair){a, b});
    if (*slot == 0) {
        set->list[set->n++] = (pair){a, b};
        *slot = (uint32_t)set->n;
    }
    *out = *slot - 1;
    return LNT_OK;
}

// ---- numbers of rows ----

/// A part's value in row `i` as two words; text that isn't by code is put into `texts`.
static lnt_status words_of(const lnt_vec *vec, int64_t i, int bits, lnt_intern *texts, pair *out, lnt_error *err) {
    int64_t at = vec->form == LNT_FORM_CONSTANT ? 0 : i;
    uint32_t code = 0;
    *out = (pair){0, 0};
    if (vec->type == LNT_STRING) {
        if (vec->form == LNT_FORM_DICTIONARY)
            code = ((const uint32_t *)vec->data)[at];
        else
            LNT_TRY(lnt_intern_add(texts, lnt_vec_str(vec, i), &code, err));
        out->a = code;
    } else if (vec->type == LNT_IP) {
        lnt_ip ip = ((const lnt_ip *)vec->data)[at];
        if (bits > 0) ip = network(ip, bits);
        *out = (pair){ip.hi, ip.lo};
    } else if (vec->type == LNT_BOOL) {
        out->a = ((const uint8_t *)vec->data)[at];
    } else {
        memcpy(&out->a, (const char *)vec->data + at * 8, 8);
    }
    return LNT_OK;
}

/// Numbers rows by one part.
static lnt_status number_part(lnt_engine *engine, const key_part *part, int64_t n, uint32_t *ids, int64_t *n_ids,
                              lnt_error *err) {
    lnt_intern texts = {.budget = lnt_engine_budget(engine), .who = "history"};
    pairs set = {0};
    lnt_arena arena;
    lnt_arena_init(&arena, lnt_engine_budget(engine), "history");
    lnt_arena_init(&set.arena, lnt_engine_budget(engine), "history");
    lnt_status status = LNT_OK;
    for (int64_t start = 0; start < n && status == LNT_OK; start += LNT_BATCH_ROWS) {
        int64_t some = n - start < LNT_BATCH_ROWS ? n - start : LNT_BATCH_ROWS;
        lnt_vec vec;
        status = lnt_engine_check(engine, err);
        if (status == LNT_OK) status = lnt_vec_from_column(part->column, start, some, &arena, &vec, err);
        for (int64_t i = 0; i < some && status == LNT_OK; i++) {
            pair words;
            ids[start + i] = UINT32_MAX;
            if (!lnt_vec_is_valid(&vec, i)) continue;
            status = words_of(&vec, i, part->bits, &texts, &words, err);
            if (status == LNT_OK) status = number_pair(&set, words.a, words.b, &ids[start + i], err);
        }
        lnt_arena_reset(&arena);
    }
    *n_ids = set.n;
    lnt_intern_clear(&texts);
    lnt_arena_clear(&set.arena);
    lnt_arena_clear(&arena);
    return status;
}

/// Numbers rows by the numbers they have and those that are `added`.
static lnt_status number_both(lnt_engine *engine, const uint32_t *added, int64_t n, uint32_t *ids, int64_t *n_ids,
                              lnt_error *err) {
    pairs set = {0};
    lnt_arena_init(&set.arena, lnt_engine_budget(engine), "history");
    lnt_status status = LNT_OK;
    for (int64_t i = 0; i < n && status == LNT_OK; i++) {
        if (i % LNT_BATCH_ROWS == 0 && (status = lnt_engine_check(engine, err)) != LNT_OK) break;
        if (ids[i] == UINT32_MAX || added[i] == UINT32_MAX)
            ids[i] = UINT32_MAX;
        else
            status = number_pair(&set, ids[i], added[i], &ids[i], err);
    }
    *n_ids = set.n;
    lnt_arena_clear(&set.arena);
    return status;
}

static lnt_status number(lnt_engine *engine, const key_part *parts, int64_t n_parts, int64_t n, uint32_t *ids,
                         int64_t *n_places, lnt_error *err) {
    LNT_TRY(number_part(engine, &parts[0], n, ids, n_places, err));
    if (n_parts == 1) return LNT_OK;
    uint32_t *added = lnt_alloc_array(n, sizeof *added, err);
    lnt_status status = added ? LNT_OK : LNT_NOMEM;
    for (int64_t p = 1; p < n_parts && status == LNT_OK; p++) {
        status = number_part(engine, &parts[p], n, added, n_places, err);
        if (status == LNT_OK) status = number_both(engine, added, n, ids, n_places, err);
    }
    lnt_free(added);
    return status;
}

lnt_status lnt__number_rows(lnt_engine *engine, const lnt_table *table, const lnt_history_key *key, uint32_t *ids,
                            int64_t *n_places, lnt_error *err) {
    key_part parts[MAX_KEY_COLUMNS];
    if (key->n_columns < 1 || key->n_columns > MAX_KEY_COLUMNS)
        return lnt_error_set(err, LNT_ARGUMENT, "the history key '%s' needs 1 to 8 columns", key->name);
    for (int64_t p = 0; p < key->n_columns; p++) LNT_TRY(find_part(table, key->columns[p], &parts[p], err));
    return number(engine, parts, key->n_columns, lnt_table_n_rows(table), ids, n_places, err);
}
