/// @file agg_approx.c
/// count_distinct_approx: HyperLogLog with 4,096 registers a group, a standard error of 1.6 percent.
///
/// Registers are sparse: a set of (group, register) tuples with the rank of each, so that many small groups cost what
/// they hold and a large one no more than 4,096 entries. Merging takes the greater rank, so the result depends on the
/// values only. Read out with Ertl's estimator, which needs no tables of corrections.
#include <math.h>

#include "exec/aggregate/agg_state.h"
#include "exec/key_words.h"

enum { LNT_HLL_BITS = 12, LNT_HLL_REGISTERS = 1 << LNT_HLL_BITS, LNT_HLL_RANKS = 64 - LNT_HLL_BITS };
/// Registers looked up at a time.
enum { LNT_HLL_LOOKUPS = 512 };

static const char who[] = "count_distinct_approx";

/// Registers on their way into the set.
typedef struct lnt_marks {
    uint64_t words[LNT_HLL_LOOKUPS];
    uint8_t ranks[LNT_HLL_LOOKUPS];
    uint32_t found[LNT_HLL_LOOKUPS];
    int64_t n;
} lnt_marks;

/// Raises the registers to the ranks, where they are lower.
static lnt_status raise(lnt_agg_state *state, lnt_marks *marks, lnt_error *err) {
    int64_t known = state->distinct.n;
    LNT_TRY(lnt__tuples_add(&state->distinct, marks->words, marks->n, marks->found, err));
    LNT_TRY(lnt__room_grow(&state->values, state->budget, state->distinct.n, sizeof(uint8_t), who, err));
    uint8_t *ranks = lnt__room_data(&state->values);
    for (int64_t i = known; i < state->distinct.n; i++) ranks[i] = 0;
    for (int64_t i = 0; i < marks->n; i++)
        if (ranks[marks->found[i]] < marks->ranks[i]) ranks[marks->found[i]] = marks->ranks[i];
    marks->n = 0;
    return LNT_OK;
}

static inline uint64_t hash_at(const lnt_vec *vec, int64_t row) {
    if (vec->type == LNT_STRING) {
        lnt_str text = lnt_vec_str(vec, row);
        return lnt_hash_u64(lnt_hash_bytes(text.data, text.size));
    }
    int64_t at = vec->form == LNT_FORM_CONSTANT ? 0 : row;
    switch (vec->type) {
    case LNT_BOOL:
        return lnt_hash_u64(((const uint8_t *)vec->data)[at] != 0);
    case LNT_FLOAT:
        return lnt_hash_u64(lnt_hash_u64(lnt__float_bits(((const double *)vec->data)[at])));
    case LNT_IP: {
        lnt_ip ip = ((const lnt_ip *)vec->data)[at];
        return lnt_hash_u64(lnt_hash_combine(lnt_hash_u64(ip.hi), ip.lo));
    }
    default:
        return lnt_hash_u64(lnt_hash_u64(((const uint64_t *)vec->data)[at]));
    }
}

static lnt_status approx_update(lnt_agg_state *state, const lnt_agg_input *input, lnt_error *err) {
    lnt_marks marks;
    marks.n = 0;
    for (int64_t k = 0; k < input->n; k++) {
        int64_t row = lnt__agg_row(input, k);
        if (!lnt_vec_is_valid(input->arg, row)) continue;
        uint64_t hash = hash_at(input->arg, row), rest = hash << LNT_HLL_BITS;
        int64_t at = marks.n++;
        marks.words[at] = (uint64_t)lnt__agg_group(input, row) << 32 | hash >> LNT_HLL_RANKS;
        marks.ranks[at] = (uint8_t)(rest ? __builtin_clzll(rest) + 1 : LNT_HLL_RANKS + 1);
        if (marks.n == LNT_HLL_LOOKUPS) LNT_TRY(raise(state, &marks, err));
    }
    return raise(state, &marks, err);
}

static lnt_status approx_merge(lnt_agg_state *state, lnt_agg_state *from, const lnt_agg_moves *moves, lnt_error *err) {
    lnt_marks marks;
    marks.n = 0;
    const uint8_t *ranks = lnt__room_data(&from->values);
    for (int64_t i = 0; i < from->distinct.n; i++) {
        LNT_TRY(lnt__agg_check(state, i, err));
        uint64_t word = *lnt__tuples_get(&from->distinct, i);
        uint32_t group = (uint32_t)(word >> 32);
        if (!lnt__group_moves(moves, group)) continue;
        marks.words[marks.n] = (uint64_t)lnt__moved_to(moves, group) << 32 | (uint32_t)word;
        marks.ranks[marks.n++] = ranks[i];
        if (marks.n == LNT_HLL_LOOKUPS) LNT_TRY(raise(state, &marks, err));
    }
    return raise(state, &marks, err);
}

/// Puts the ranks of each group side by side in `values`; `owners` becomes where each group's begin.
static lnt_status approx_prepare(lnt_agg_state *state, lnt_error *err) {
    int64_t n = state->distinct.n;
    lnt_room starts = {0}, sorted = {0};
    LNT_TRY(lnt__room_grow(&state->owners, state->budget, n, sizeof(uint32_t), who, err));
    uint32_t *owners = lnt__room_data(&state->owners);
    for (int64_t i = 0; i < n; i++) {
        LNT_TRY(lnt__agg_check(state, i, err));
        owners[i] = (uint32_t)(*lnt__tuples_get(&state->distinct, i) >> 32);
    }
    lnt_status status = lnt__agg_starts(state, owners, n, &starts, who, err);
    if (status == LNT_OK) status = lnt__room_grow(&sorted, state->budget, n, sizeof(uint8_t), who, err);
    int64_t *next = (int64_t *)lnt__room_data(&starts) + 1;
    const uint8_t *ranks = lnt__room_data(&state->values);
    uint8_t *to = lnt__room_data(&sorted);
    for (int64_t i = 0; status == LNT_OK && i < n; i++) {
        to[next[owners[i]]++] = ranks[i];
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
    state->owners = starts;
    return LNT_OK;
}

/// The share of registers that saw nothing, as values that they may have missed.
static double sigma(double x) {
    if (x == 1) return (double)INFINITY;
    double y = 1, z = x, before;
    do {
        x *= x;
        before = z;
        z += x * y;
        y += y;
    } while (z != before);
    return z;
}

/// The share of registers that are below their highest rank, for values beyond what ranks can tell.
static double tau(double x) {
    if (x == 0 || x == 1) return 0;
    double y = 1, z = 1 - x, before;
    do {
        x = sqrt(x);
        before = z;
        y *= 0.5;
        z -= (1 - x) * (1 - x) * y;
    } while (z != before);
    return z / 3;
}

/// How many different values left `n` registers with these ranks (the others saw nothing).
static int64_t estimate(const uint8_t *ranks, int64_t n) {
    const double m = LNT_HLL_REGISTERS;
    int64_t counts[LNT_HLL_RANKS + 2] = {LNT_HLL_REGISTERS - n};
    if (n == 0) return 0;
    for (int64_t i = 0; i < n; i++) counts[ranks[i]]++;
    double z = m * tau(1 - (double)counts[LNT_HLL_RANKS + 1] / m);
    for (int rank = LNT_HLL_RANKS; rank >= 1; rank--) z = 0.5 * (z + (double)counts[rank]);
    z += m * sigma((double)counts[0] / m);
    return (int64_t)llround(m * m / (2 * log(2.0)) / z);
}

static lnt_status result_approx(const lnt_agg_state *state, const uint32_t *list, int64_t start, int64_t n,
                                lnt_arena *scratch, lnt_vec *out, int64_t *bad, lnt_error *err) {
    (void)bad;
    void *data;
    const uint8_t *ranks = lnt__room_data(&state->values);
    const int64_t *starts = lnt__room_data(&state->owners);
    LNT_TRY(lnt__agg_result(LNT_INT, n, sizeof(int64_t), scratch, &data, NULL, out, err));
    for (int64_t k = 0; k < n; k++) {
        int64_t group = lnt__agg_listed(list, start, k), first = starts[group];
        int64_t count = starts[group + 1] - first;
        ((int64_t *)data)[k] = count ? estimate(ranks + first, count) : 0;
    }
    return LNT_OK;
}

const lnt_agg_class *lnt__agg_class_approx(void) {
    static const lnt_agg_class class_ = {1, approx_update, approx_merge, approx_prepare, result_approx};
    return &class_;
}
