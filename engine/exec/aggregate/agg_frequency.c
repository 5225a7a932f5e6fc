/// @file agg_frequency.c
/// mode and entropy: how often each value of a group occurs. The set of (group, value) pairs is that of count_distinct,
/// with a count beside each; pairs stand in order of first appearance, which decides between equally frequent values.
#include <math.h>

#include "exec/aggregate/agg_state.h"

/// What a group comes to, filled when all rows have been seen.
typedef struct lnt_frequency {
    int64_t n;     ///< values
    int64_t best;  ///< mode: how often the most frequent one occurs
    int64_t pair;  ///< mode: its pair
    double weight; ///< entropy: the sum of count × log2(count)
} lnt_frequency;

static lnt_status frequency_prepare(lnt_agg_state *state, lnt_error *err) {
    lnt_frequency *cells = lnt__agg_cells(state);
    const int64_t *counts = lnt__room_data(&state->values);
    for (int64_t i = 0; i < state->distinct.n; i++) {
        LNT_TRY(lnt__agg_check(state, i, err));
        lnt_frequency *cell = &cells[lnt__distinct_group(state, i)];
        cell->n += counts[i];
        cell->weight += (double)counts[i] * log2((double)counts[i]);
        if (counts[i] <= cell->best) continue;
        cell->best = counts[i];
        cell->pair = i;
    }
    return LNT_OK;
}

static lnt_status result_entropy(const lnt_agg_state *state, const uint32_t *list, int64_t start, int64_t n,
                                 lnt_arena *scratch, lnt_vec *out, int64_t *bad, lnt_error *err) {
    (void)bad;
    const lnt_frequency *cells = lnt__agg_cells(state);
    void *data;
    uint64_t *valid;
    LNT_TRY(lnt__agg_result(LNT_FLOAT, n, sizeof(double), scratch, &data, &valid, out, err));
    for (int64_t k = 0; k < n; k++) {
        const lnt_frequency *cell = &cells[lnt__agg_listed(list, start, k)];
        double bits = cell->n ? log2((double)cell->n) - cell->weight / (double)cell->n : 0;
        ((double *)data)[k] = bits > 0 ? bits : 0; // rounding may go below
        if (!cell->n) lnt_bitmap_unset(valid, k);
    }
    return LNT_OK;
}

/// The value of pair `pair` to place k.
static void put_value(const lnt_agg_state *state, int64_t pair, void *data, int64_t k) {
    const uint64_t *words = lnt__tuples_get(&state->distinct, pair);
    switch (state->type) {
    case LNT_BOOL:
        ((uint8_t *)data)[k] = (uint8_t)(words[0] >> 32);
        break;
    case LNT_STRING:
        ((lnt_str *)data)[k] = lnt__interner_string(&state->strings, (uint32_t)(words[0] >> 32));
        break;
    case LNT_IP:
        ((lnt_ip *)data)[k] = (lnt_ip){words[0], words[1]};
        break;
    default:
        ((uint64_t *)data)[k] = words[0];
        break;
    }
}

static lnt_status result_mode(const lnt_agg_state *state, const uint32_t *list, int64_t start, int64_t n,
                              lnt_arena *scratch, lnt_vec *out, int64_t *bad, lnt_error *err) {
    (void)bad;
    const lnt_frequency *cells = lnt__agg_cells(state);
    void *data;
    uint64_t *valid;
    LNT_TRY(lnt__agg_result(state->type, n, sizeof(lnt_ip), scratch, &data, &valid, out, err));
    memset(data, 0, (size_t)n * sizeof(lnt_ip));
    for (int64_t k = 0; k < n; k++) {
        const lnt_frequency *cell = &cells[lnt__agg_listed(list, start, k)];
        if (cell->n) {
            put_value(state, cell->pair, data, k);
        } else {
            lnt_bitmap_unset(valid, k);
        }
    }
    return LNT_OK;
}

const lnt_agg_class *lnt__agg_class_frequency(lnt_aggregate_kind kind) {
    static const lnt_agg_class mode = {sizeof(lnt_frequency), lnt__distinct_update, lnt__distinct_merge,
                                       frequency_prepare, result_mode};
    static const lnt_agg_class entropy = {sizeof(lnt_frequency), lnt__distinct_update, lnt__distinct_merge,
                                          frequency_prepare, result_entropy};
    return kind == LNT_AGG_MODE ? &mode : &entropy;
}
