/// @file collector_fixed.c
/// Collected values of fixed size: bool, int, float, time, ip.
///
/// Workload: blocks of a thousand values in cache. Integers are held as narrow as those seen so far, addresses in four
/// bytes until the first that isn't IPv4; a wider one rewrites what is there, which happens at most three times.
/// Invariant: `data` holds zero for null rows.
#include "column/collector.h"

#include <string.h>

#include "column/width.h"

/// Rows [start, start + n) of `old`, which are addresses in 4 bytes, as whole addresses; nulls stay zero.
static void widen_addresses(const lnt_collector *c, const uint32_t *old, int64_t start, int64_t n, lnt_ip *to) {
    const uint64_t *valid = c->validity ? (const uint64_t *)c->validity->data : NULL;
    for (int64_t i = start; i < start + n; i++) {
        to[i] = lnt_bitmap_valid(valid, i) ? lnt_ip_from_v4(old[i]) : (lnt_ip){0, 0};
    }
}

/// Codes and offsets are unsigned, but widen here like other integers, since what they gain is cut off by a mask.
static void widen_ints(const lnt_collector *c, const uint8_t *old, int64_t start, int64_t n, int width, uint8_t *to) {
    int64_t block[LNT_BLOCK];
    int64_t mask = c->type == LNT_STRING ? ((int64_t)1 << 8 * c->width) - 1 : -1;
    lnt_ints_load(old + start * c->width, c->width, n, block);
    for (int64_t i = 0; i < n; i++) block[i] &= mask;
    lnt_ints_store(block, n, width, to + start * width);
}

lnt_status lnt__collector_widen(lnt_collector *c, int width, lnt_error *err) {
    lnt_buffer *old = c->data;
    if (!old) {
        c->width = width;
        return LNT_OK;
    }
    int64_t n = old->size / c->width, capacity = old->capacity / c->width;
    lnt_buffer *wider;
    LNT_TRY(lnt_buffer_new(c->budget, capacity * width, c->who, &wider, err));
    lnt_status status = LNT_OK;
    for (int64_t start = 0; status == LNT_OK && start < n; start += LNT_BLOCK) {
        int64_t rows = n - start < LNT_BLOCK ? n - start : LNT_BLOCK;
        if (c->type == LNT_IP)
            widen_addresses(c, (const uint32_t *)old->data, start, rows, (lnt_ip *)wider->data);
        else
            widen_ints(c, old->data, start, rows, width, wider->data);
        status = lnt_budget_check(c->budget, err);
    }
    if (status != LNT_OK) {
        lnt_buffer_unref(wider);
        return status;
    }
    wider->size = n * width;
    lnt_buffer_unref(old);
    c->data = wider;
    c->width = width;
    return LNT_OK;
}

static lnt_status add_ints(lnt_collector *c, const int64_t *block, int64_t n, lnt_error *err) {
    int width = lnt_width_of_ints(block, n);
    if (width > c->width) LNT_TRY(lnt__collector_widen(c, width, err));
    void *to;
    LNT_TRY(lnt__collector_room(c, n, &to, err));
    lnt_ints_store(block, n, c->width, to);
    return LNT_OK;
}

/// Whether every address of the block that isn't null is IPv4.
static bool all_v4(const lnt_ip *block, int64_t n, const uint64_t *valid) {
    uint64_t other = 0;
    for (int64_t i = 0; i < n; i++) {
        uint64_t mask = valid ? -(uint64_t)lnt_bitmap_get(valid, i) : ~(uint64_t)0;
        other |= (block[i].hi | (block[i].lo >> 32 ^ 0xffff)) & mask;
    }
    return other == 0;
}

static lnt_status add_addresses(lnt_collector *c, const lnt_ip *block, int64_t n, const uint64_t *valid,
                                lnt_error *err) {
    if (c->width == 4 && !all_v4(block, n, valid)) LNT_TRY(lnt__collector_widen(c, sizeof(lnt_ip), err));
    void *to;
    LNT_TRY(lnt__collector_room(c, n, &to, err));
    if (c->width == 4) {
        for (int64_t i = 0; i < n; i++) ((uint32_t *)to)[i] = (uint32_t)block[i].lo;
    } else {
        memcpy(to, block, (size_t)n * sizeof *block);
    }
    return LNT_OK;
}

lnt_status lnt__collector_add_fixed(lnt_collector *c, const void *block, int64_t n, const uint64_t *valid,
                                    lnt_error *err) {
    if (c->type == LNT_INT) return add_ints(c, block, n, err);
    if (c->type == LNT_IP) return add_addresses(c, block, n, valid, err);
    void *to;
    LNT_TRY(lnt__collector_room(c, n, &to, err));
    memcpy(to, block, (size_t)(n * c->width));
    return LNT_OK;
}
