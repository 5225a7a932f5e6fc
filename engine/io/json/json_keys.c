// The tree of keys of a JSON file.
//
// Workload: some dozen to some hundred keys, looked up for every value; records have them in the same order, so that
// the reader tries the follower of the last key first (json_record.c) and asks here only for what is new or out of
// order.
#include "io/json/json_record.h"

#include "base/hash.h"
#include "base/text.h"

#include <string.h>

void lnt__json_keys_init(lnt__json_keys *keys, lnt_budget *budget) {
    *keys = (lnt__json_keys){.first = -1};
    lnt_arena_init(&keys->names, budget, "the JSON reader's keys");
}

void lnt__json_keys_clear(lnt__json_keys *keys) {
    lnt_free(keys->items);
    lnt_free(keys->slots);
    lnt_arena_clear(&keys->names);
    *keys = (lnt__json_keys){.first = -1};
}

static uint64_t key_hash(int32_t parent, lnt_str name) {
    return lnt_hash_combine((uint64_t)(parent + 1), lnt_hash_bytes(name.data, name.size));
}

// The slot that holds the key, or the empty one where it would go.
static int64_t find_slot(const lnt__json_keys *keys, int32_t parent, lnt_str name) {
    int64_t mask = keys->n_slots - 1, slot = (int64_t)(key_hash(parent, name) & (uint64_t)mask);
    for (;; slot = (slot + 1) & mask) {
        int32_t key = keys->slots[slot];
        if (key < 0) return slot;
        if (keys->items[key].parent == parent && lnt_str_equal(keys->items[key].name, name)) return slot;
    }
}

static lnt_status grow_slots(lnt__json_keys *keys, lnt_error *err) {
    int64_t n_slots = keys->n_slots ? keys->n_slots * 2 : 256;
    int32_t *slots = lnt_alloc_array(n_slots, sizeof *slots, err);
    if (!slots) return LNT_NOMEM;
    memset(slots, 0xff, (size_t)n_slots * sizeof *slots);
    lnt_free(keys->slots);
    keys->slots = slots;
    keys->n_slots = n_slots;
    for (int64_t i = 0; i < keys->n; i++) {
        slots[find_slot(keys, keys->items[i].parent, keys->items[i].name)] = (int32_t)i;
    }
    return LNT_OK;
}

// "parent.name"; an empty name shows as "_", because a column needs a name.
static char *make_path(lnt__json_keys *keys, int32_t parent, lnt_str name, lnt_error *err) {
    const char *above = parent < 0 ? "" : keys->items[parent].path;
    int64_t above_size = (int64_t)strlen(above), at = 0;
    char *path = lnt_arena_alloc(&keys->names, above_size + name.size + 3, err);
    if (!path) return NULL;
    if (parent >= 0) {
        memcpy(path, above, (size_t)above_size);
        at = above_size;
        path[at++] = '.';
    }
    if (name.size == 0) path[at++] = '_';
    memcpy(path + at, name.size ? name.data : "", (size_t)name.size);
    path[at + name.size] = 0;
    return path;
}

// `"name":`, as the key stands in records without space and without escapes; none for names that can't stand so.
static bool make_literal(lnt__json_keys *keys, lnt_str name, lnt_str *out, lnt_error *err) {
    *out = (lnt_str){NULL, 0};
    for (int64_t i = 0; i < name.size; i++)
        if ((unsigned char)name.data[i] < 0x20 || name.data[i] == '"' || name.data[i] == '\\') return true;
    char *literal = lnt_arena_alloc(&keys->names, name.size + 3, err);
    if (!literal) return false;
    literal[0] = '"';
    memcpy(literal + 1, name.size ? name.data : "", (size_t)name.size);
    memcpy(literal + 1 + name.size, "\":", 2);
    *out = (lnt_str){literal, name.size + 3};
    return true;
}

static lnt_status add_key(lnt__json_keys *keys, int32_t parent, lnt_str name, lnt_error *err) {
    if (keys->n >= LNT__JSON_KEYS) {
        return lnt_error_set(err, LNT_LIMIT,
                             "more than %d different keys: where keys are values (an object of records by id), "
                             "read it with records = \"*\"",
                             (int)LNT__JSON_KEYS);
    }
    LNT_TRY(lnt_grow((void **)&keys->items, &keys->capacity, keys->n + 1, sizeof *keys->items, err));
    lnt_str copy = lnt_arena_copy(&keys->names, name, err);
    char *path = copy.data || name.size == 0 ? make_path(keys, parent, name, err) : NULL;
    lnt_str literal;
    if (!path || !make_literal(keys, copy, &literal, err)) return lnt_no_memory(err);
    keys->items[keys->n++] = (lnt__json_key){
        .name = copy, .literal = literal, .parent = parent, .follower = -1, .first = -1, .column = -1, .path = path};
    return LNT_OK;
}

lnt_status lnt__json_keys_get(lnt__json_keys *keys, int32_t parent, lnt_str name, int32_t *out, lnt_error *err) {
    if (keys->n * 2 >= keys->n_slots) LNT_TRY(grow_slots(keys, err));
    int64_t slot = find_slot(keys, parent, name);
    if (keys->slots[slot] < 0) {
        LNT_TRY(add_key(keys, parent, name, err));
        keys->slots[slot] = (int32_t)(keys->n - 1);
    }
    *out = keys->slots[slot];
    return LNT_OK;
}
