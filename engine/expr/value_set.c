/// @file value_set.c
/// Sets of constants: open addressing at half load at most.
///
/// Workload: a handful of values up to tens of thousands (a block list), asked once per row.
#include "expr/value_set.h"

#include <string.h>

#include "base/hash.h"
#include "base/text.h"

/// The bits that make two values of a type the same.
static uint64_t hash_of(const lnt_value *value) {
    uint64_t bits;
    switch (value->type) {
    case LNT_BOOL:
        return lnt_hash_u64(value->as.b);
    case LNT_STRING:
        return lnt_hash_bytes(value->as.s.data, value->as.s.size);
    case LNT_IP:
        return lnt_hash_combine(lnt_hash_u64(value->as.ip.hi), value->as.ip.lo);
    case LNT_FLOAT:
        if (value->as.f == 0 || value->as.f != value->as.f) return value->as.f == 0; // -0 is 0, NaN is NaN
        memcpy(&bits, &value->as.f, sizeof bits);
        return lnt_hash_u64(bits);
    case LNT_NULL:
    case LNT_INT:
    case LNT_TIME:
        break;
    }
    return lnt_hash_u64((uint64_t)value->as.i);
}

static bool equal(const lnt_value *a, const lnt_value *b) {
    switch (a->type) {
    case LNT_BOOL:
        return a->as.b == b->as.b;
    case LNT_STRING:
        return lnt_str_equal(a->as.s, b->as.s);
    case LNT_IP:
        return lnt_ip_compare(a->as.ip, b->as.ip) == 0;
    case LNT_FLOAT:
        return a->as.f == b->as.f || (a->as.f != a->as.f && b->as.f != b->as.f);
    case LNT_NULL:
    case LNT_INT:
    case LNT_TIME:
        break;
    }
    return a->as.i == b->as.i;
}

lnt_status lnt_value_set_new(lnt_arena *arena, lnt_type type, int64_t n, lnt_value_set **out, lnt_error *err) {
    int64_t n_slots = 8;
    while (n_slots < n * 2) n_slots *= 2;
    lnt_value_set *set = lnt_arena_alloc(arena, sizeof *set, err);
    if (!set) return LNT_NOMEM;
    *set = (lnt_value_set){.type = type, .mask = (uint64_t)n_slots - 1};
    set->values = lnt_arena_alloc(arena, n * (int64_t)sizeof *set->values, err);
    set->slots = lnt_arena_alloc(arena, n_slots * (int64_t)sizeof *set->slots, err);
    if (!set->values || !set->slots) return LNT_NOMEM;
    memset(set->slots, 0, (size_t)n_slots * sizeof *set->slots);
    *out = set;
    return LNT_OK;
}

/// The slot of the value, or the free one where it would go.
static uint64_t slot_of(const lnt_value_set *set, const lnt_value *value) {
    uint64_t slot = hash_of(value) & set->mask;
    while (set->slots[slot] && !equal(&set->values[set->slots[slot] - 1], value)) slot = (slot + 1) & set->mask;
    return slot;
}

void lnt_value_set_add(lnt_value_set *set, const lnt_value *value) {
    uint64_t slot = slot_of(set, value);
    if (set->slots[slot]) return;
    set->values[set->n++] = *value;
    set->slots[slot] = (uint32_t)set->n;
}

bool lnt_value_set_has(const lnt_value_set *set, const lnt_value *value) {
    return set->slots[slot_of(set, value)] != 0;
}
