// Addresses in the order of their leading bits: three stable radix passes, from the lowest bits.
//
// Expected: some hundred thousand to some ten million rows in no order. Digits are of 11 bits, so that the places that a
// pass writes to stay in the cache.
#include "io/ip_order.h"

#include <string.h>

#include "base/engine.h"
#include "column/width.h"

enum { WORTH_IT = 16384, DIGIT_BITS = 11, N_DIGITS = 1 << DIGIT_BITS, N_PASSES = 3 };

static uint32_t lead_of(lnt_ip ip) {
    return lnt_ip_is_v4(ip) ? (uint32_t)ip.lo : (uint32_t)(ip.hi >> 32);
}

static uint32_t digit_of(lnt_ip_place place, int pass) {
    return place.lead >> (pass * DIGIT_BITS) & (N_DIGITS - 1);
}

/// Fills `places` in the order of the rows, and counts each pass's digits.
static void read_places(const lnt_column *ips, lnt_ip_place *places, uint32_t counts[N_PASSES][N_DIGITS]) {
    for (int64_t row = 0; row < ips->length; row++) {
        lnt_ip_place place = {(uint32_t)row, lead_of(lnt_ip_at(ips->data->data, ips->width, row))};
        for (int pass = 0; pass < N_PASSES; pass++) counts[pass][digit_of(place, pass)]++;
        places[row] = place;
    }
}

static void sort_by_digit(const lnt_ip_place *from, lnt_ip_place *to, int64_t n, int pass, uint32_t counts[N_DIGITS]) {
    uint32_t next = 0;
    for (int i = 0; i < N_DIGITS; i++) {
        uint32_t count = counts[i];
        counts[i] = next;
        next += count;
    }
    for (int64_t i = 0; i < n; i++) to[counts[digit_of(from[i], pass)]++] = from[i];
}

lnt_status lnt_ip_order(lnt_engine *engine, const lnt_column *ips, lnt_buffer **out, lnt_error *err) {
    *out = NULL;
    if (ips->length < WORTH_IT || ips->length > UINT32_MAX || ips->layout == LNT_LAYOUT_CONSTANT) return LNT_OK;
    lnt_buffer *places[2] = {NULL, NULL};
    int64_t bytes = ips->length * (int64_t)sizeof(lnt_ip_place);
    uint32_t(*counts)[N_DIGITS] = lnt_alloc_array(N_PASSES, sizeof *counts, err);
    lnt_status status = counts ? LNT_OK : LNT_NOMEM;
    for (int i = 0; i < 2 && status == LNT_OK; i++)
        status = lnt_buffer_new(lnt_engine_budget(engine), bytes, "address lookup", &places[i], err);
    if (status == LNT_OK) {
        read_places(ips, (lnt_ip_place *)(void *)places[0]->data, counts);
        for (int pass = 0; pass < N_PASSES; pass++) {
            sort_by_digit((const lnt_ip_place *)(const void *)places[pass % 2]->data,
                          (lnt_ip_place *)(void *)places[1 - pass % 2]->data, ips->length, pass, counts[pass]);
        }
        *out = places[N_PASSES % 2];
        places[N_PASSES % 2] = NULL;
    }
    lnt_buffer_unref(places[0]);
    lnt_buffer_unref(places[1]);
    lnt_free(counts);
    return status;
}
