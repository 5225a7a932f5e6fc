/// @file agg_median.c
/// median and quantile: exact, so all values are kept: in order of arrival with their groups, at the end side by side
/// by group, where the middle ones are found by selection. NaN counts as larger than every number.
#include <string.h>

#include "exec/aggregate/agg_state.h"

static const char who[] = "median";

/// A value as bits whose unsigned order is the values' order, so that one selection serves ints and floats.
static inline uint64_t order_of_int(int64_t value) {
    return (uint64_t)value ^ (uint64_t)1 << 63;
}
static inline uint64_t order_of_float(double value) {
    uint64_t bits;
    if (value != value) return UINT64_MAX;
    if (value == 0) value = 0; // -0 is 0
    memcpy(&bits, &value, sizeof bits);
    return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}
static inline double float_of_order(uint64_t order) {
    double value;
    if (order == UINT64_MAX) return __builtin_nan("");
    uint64_t bits = order >> 63 ? order & ~((uint64_t)1 << 63) : ~order;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static lnt_status reserve_values(lnt_agg_state *state, int64_t n, lnt_error *err) {
    LNT_TRY(lnt__room_grow(&state->values, state->budget, state->n_values + n, sizeof(uint64_t), who, err));
    return lnt__room_grow(&state->owners, state->budget, state->n_values + n, sizeof(uint32_t), who, err);
}

static lnt_status median_update(lnt_agg_state *state, const lnt_agg_input *input, lnt_error *err) {
    LNT_TRY(reserve_values(state, input->n, err));
    uint64_t *values = lnt__room_data(&state->values);
    uint32_t *owners = lnt__room_data(&state->owners);
    int64_t mask = lnt__agg_mask(input), at = state->n_values;
    for (int64_t k = 0; k < input->n; k++) {
        int64_t row = lnt__agg_row(input, k);
        if (!lnt_bitmap_valid(input->arg->valid, row & mask)) continue;
        values[at] = state->type == LNT_FLOAT ? order_of_float(((const double *)input->arg->data)[row & mask])
                                              : order_of_int(((const int64_t *)input->arg->data)[row & mask]);
        owners[at++] = lnt__agg_group(input, row);
    }
    state->n_values = at;
    return LNT_OK;
}

static int64_t count_moved(const lnt_agg_state *from, const lnt_agg_moves *moves) {
    const uint32_t *owners = lnt__room_data(&from->owners);
    int64_t n = 0;
    for (int64_t i = 0; i < from->n_values; i++) n += lnt__group_moves(moves, owners[i]);
    return n;
}

static lnt_status median_merge(lnt_agg_state *state, lnt_agg_state *from, const lnt_agg_moves *moves, lnt_error *err) {
    int64_t n_moved = from->n_values;
    if (moves->part) n_moved = count_moved(from, moves);
    LNT_TRY(lnt_budget_check(state->budget, err));
    LNT_TRY(reserve_values(state, n_moved, err));
    uint64_t *values = lnt__room_data(&state->values);
    uint32_t *owners = lnt__room_data(&state->owners);
    const uint64_t *other_values = lnt__room_data(&from->values);
    const uint32_t *other_owners = lnt__room_data(&from->owners);
    int64_t at = state->n_values;
    for (int64_t i = 0; i < from->n_values; i++) {
        LNT_TRY(lnt__agg_check(state, i, err));
        if (!lnt__group_moves(moves, other_owners[i])) continue;
        values[at] = other_values[i];
        owners[at++] = lnt__moved_to(moves, other_owners[i]);
    }
    state->n_values = at;
    return LNT_OK;
}

/// Puts the values of each group side by side; `owners` becomes where each group's begin (n + 1 int64_t).
static lnt_status median_prepare(lnt_agg_state *state, lnt_error *err) {
    lnt_room starts = {0}, sorted = {0};
    const uint32_t *owners = lnt__room_data(&state->owners);
    lnt_status status = lnt__agg_starts(state, owners, state->n_values, &starts, who, err);
    if (status == LNT_OK) status = lnt__room_grow(&sorted, state->budget, state->n_values, sizeof(uint64_t), who, err);
    int64_t *at = (int64_t *)lnt__room_data(&starts) + 1; // at[g]: where the next value of group g goes
    const uint64_t *values = lnt__room_data(&state->values);
    uint64_t *to = lnt__room_data(&sorted);
    for (int64_t i = 0; status == LNT_OK && i < state->n_values; i++) {
        to[at[owners[i]]++] = values[i];
        status = lnt__agg_check(state, i, err);
    }
    if (status != LNT_OK) {
        lnt__room_clear(&starts);
        lnt__room_clear(&sorted);
        return status;
    }
    lnt__room_clear(&state->values);
    lnt__room_clear(&state->owners);
    state->values = sorted;
    state->owners = starts; // now at[g] is the end of g, so starts[g] is its beginning
    return LNT_OK;
}

static inline void swap_values(uint64_t *a, uint64_t *b) {
    uint64_t held = *a;
    *a = *b;
    *b = held;
}

/// The middle one of three.
static inline uint64_t middle_of(uint64_t a, uint64_t b, uint64_t c) {
    if (a > b) swap_values(&a, &b);
    return c < a ? a : c > b ? b : c;
}

/// Values being parted: those before `below` are less than the pivot, those after `above` greater, and those from `at` to
/// `above` are still to be looked at.
typedef struct lnt_parting {
    int64_t below, at, above;
} lnt_parting;

/// Looks at up to `n` more values.
static inline void part_some(uint64_t *values, uint64_t pivot, int64_t n, lnt_parting *parting) {
    int64_t below = parting->below, at = parting->at, above = parting->above;
    int64_t left = above - at + 1, stop = left > n ? left - n : 0;
    for (; left > stop; left--) {
        if (values[at] < pivot) {
            swap_values(&values[below++], &values[at++]);
        } else if (values[at] > pivot) {
            swap_values(&values[at], &values[above--]);
        } else {
            at++;
        }
    }
    *parting = (lnt_parting){below, at, above};
}

/// Moves the value of rank `k` to place k, smaller ones before it, larger ones after it (three-way quickselect; the
/// pivot is a middle of three middles, so that sorted and equal runs stay quick).
static lnt_status select_rank(const lnt_agg_state *state, uint64_t *values, int64_t n, int64_t k, lnt_error *err) {
    int64_t low = 0, high = n - 1;
    while (low < high) {
        int64_t step = (high - low) / 8;
        uint64_t pivot = middle_of(middle_of(values[low], values[low + step], values[low + 2 * step]),
                                   middle_of(values[low + 3 * step], values[low + 4 * step], values[low + 5 * step]),
                                   middle_of(values[low + 6 * step], values[low + 7 * step], values[high]));
        lnt_parting parting = {low, low, high};
        for (;;) {
            part_some(values, pivot, LNT_AGG_CHECK_VALUES, &parting);
            if (parting.at > parting.above) break;
            LNT_TRY(lnt_budget_check(state->budget, err));
        }
        if (k < parting.below) {
            high = parting.below - 1;
        } else if (k > parting.above) {
            low = parting.above + 1;
        } else {
            return LNT_OK;
        }
    }
    return LNT_OK;
}

/// The median of n ≥ 1 values, of which the one of rank n / 2 is in its place.
static double median_of(lnt_type type, const uint64_t *values, int64_t n) {
    __extension__ typedef __int128 int128;
    int64_t upper_rank = n / 2;
    uint64_t upper = values[upper_rank], lower = upper;
    if (n % 2 == 0) {
        lower = values[0];
        for (int64_t i = 1; i < upper_rank; i++) lower = values[i] > lower ? values[i] : lower;
    }
    if (type == LNT_FLOAT)
        return lower == upper ? float_of_order(upper) : float_of_order(lower) / 2 + float_of_order(upper) / 2;
    int64_t a = (int64_t)(lower ^ (uint64_t)1 << 63), b = (int64_t)(upper ^ (uint64_t)1 << 63);
    return (double)((int128)a + b) / 2;
}

/// The rank of the value at or below the quantile `share` of n ≥ 1 values.
static int64_t rank_of(double share, int64_t n) {
    int64_t rank = (int64_t)(share * (double)(n - 1));
    return rank > n - 1 ? n - 1 : rank;
}

/// The quantile `share` of n ≥ 1 values, of which the one of its rank is in its place: between the two values beside it
/// in proportion.
static double quantile_of(lnt_type type, const uint64_t *values, int64_t n, double share) {
    double place = share * (double)(n - 1);
    int64_t rank = rank_of(share, n);
    uint64_t lower = values[rank], upper = lower;
    double part = place - (double)rank;
    if (part > 0 && rank + 1 < n) {
        upper = values[rank + 1];
        for (int64_t i = rank + 2; i < n; i++) upper = values[i] < upper ? values[i] : upper;
    }
    if (type == LNT_FLOAT) {
        double a = float_of_order(lower), b = float_of_order(upper);
        return lower == upper ? a : a * (1 - part) + b * part;
    }
    double a = (double)(int64_t)(lower ^ (uint64_t)1 << 63), b = (double)(int64_t)(upper ^ (uint64_t)1 << 63);
    return lower == upper ? a : a * (1 - part) + b * part;
}

/// The share that a call of quantile asks for; -1 for median.
static double share_of(const lnt_agg_call *call) {
    if (call->function->kind != LNT_AGG_QUANTILE) return -1;
    lnt_value share = lnt_bound_root(call->args[1])->value;
    return share.type == LNT_INT ? (double)share.as.i : share.as.f;
}

static lnt_status median_result(const lnt_agg_state *state, const uint32_t *list, int64_t start, int64_t n,
                                lnt_arena *scratch, lnt_vec *out, int64_t *bad, lnt_error *err) {
    (void)bad;
    void *data;
    uint64_t *valid, *values = lnt__room_data(&state->values);
    const int64_t *starts = lnt__room_data(&state->owners);
    double share = share_of(state->call);
    LNT_TRY(lnt__agg_result(LNT_FLOAT, n, sizeof(double), scratch, &data, &valid, out, err));
    for (int64_t k = 0; k < n; k++) {
        int64_t group = lnt__agg_listed(list, start, k);
        int64_t first = starts[group], count = starts[group + 1] - first;
        double *result = (double *)data + k;
        *result = 0;
        if (!count) {
            lnt_bitmap_unset(valid, k);
            continue;
        }
        LNT_TRY(select_rank(state, values + first, count, share < 0 ? count / 2 : rank_of(share, count), err));
        *result = share < 0 ? median_of(state->type, values + first, count)
                            : quantile_of(state->type, values + first, count, share);
    }
    return LNT_OK;
}

const lnt_agg_class *lnt__agg_class_median(lnt_type type) {
    // No cell is needed, but a byte per group keeps the number of groups.
    static const lnt_agg_class class_ = {1, median_update, median_merge, median_prepare, median_result};
    return type == LNT_INT || type == LNT_FLOAT ? &class_ : NULL;
}
