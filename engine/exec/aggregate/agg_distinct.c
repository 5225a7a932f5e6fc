/// @file agg_distinct.c
/// count_distinct: a set of (group, value) pairs; a group's cell counts the pairs that were new.
///
/// mode and entropy share the set, and count how often each pair occurs. Values are words as in group keys. A string's
/// pair is one word (number, group), a bool's too; others' are the value's words and the group.
#include "exec/aggregate/agg_state.h"
#include "exec/key_words.h"

/// Pairs looked up at a time.
enum { LNT_PAIRS = 512 };

/// Pairs on their way into the set.
typedef struct lnt_pairs {
    uint64_t words[LNT_PAIRS * 3];
    uint32_t found[LNT_PAIRS];
    int64_t weights[LNT_PAIRS]; ///< how often each occurs, where that matters
    int64_t n;
} lnt_pairs;

static uint32_t group_of_pair(const uint64_t *pair, int width) {
    return (uint32_t)pair[width - 1];
}

uint32_t lnt__distinct_group(const lnt_agg_state *state, int64_t pair) {
    return group_of_pair(lnt__tuples_get(&state->distinct, pair), state->distinct.width);
}

static bool counts_pairs(const lnt_agg_state *state) {
    return state->call->function->kind != LNT_AGG_COUNT_DISTINCT;
}

/// Adds to the counts of the pairs, of which those from `known` on are new.
static lnt_status add_weights(lnt_agg_state *state, const lnt_pairs *pairs, int64_t known, lnt_error *err) {
    const char *who = state->call->function->name;
    LNT_TRY(lnt__room_grow(&state->values, state->budget, state->distinct.n, sizeof(int64_t), who, err));
    int64_t *counts = lnt__room_data(&state->values);
    for (int64_t i = known; i < state->distinct.n; i++) counts[i] = 0;
    for (int64_t i = 0; i < pairs->n; i++) counts[pairs->found[i]] += pairs->weights[i];
    return LNT_OK;
}

/// Adds the pairs, and counts the new ones.
static lnt_status add_pairs(lnt_agg_state *state, lnt_pairs *pairs, lnt_error *err) {
    int64_t *cells = lnt__agg_cells(state), known = state->distinct.n;
    int width = state->distinct.width;
    LNT_TRY(lnt__tuples_add(&state->distinct, pairs->words, pairs->n, pairs->found, err));
    if (counts_pairs(state)) {
        LNT_TRY(add_weights(state, pairs, known, err));
        pairs->n = 0;
        return LNT_OK;
    }
    for (int64_t i = known; i < state->distinct.n; i++)
        cells[group_of_pair(lnt__tuples_get(&state->distinct, i), width)]++;
    pairs->n = 0;
    return LNT_OK;
}

/// The pair of one row's value.
static inline void put_pair(const lnt_agg_state *state, const lnt_vec *arg, int64_t at, uint32_t group,
                            uint64_t *pair) {
    switch (state->type) {
    case LNT_BOOL:
        pair[0] = (uint64_t)(((const uint8_t *)arg->data)[at] != 0) << 32 | group;
        break;
    case LNT_FLOAT:
        pair[0] = lnt__float_bits(((const double *)arg->data)[at]);
        pair[1] = group;
        break;
    case LNT_IP:
        pair[0] = ((const lnt_ip *)arg->data)[at].hi;
        pair[1] = ((const lnt_ip *)arg->data)[at].lo;
        pair[2] = group;
        break;
    default:
        pair[0] = ((const uint64_t *)arg->data)[at];
        pair[1] = group;
        break;
    }
}

static lnt_status distinct_fixed(lnt_agg_state *state, const lnt_agg_input *input, lnt_error *err) {
    lnt_pairs pairs;
    pairs.n = 0;
    int width = state->distinct.width;
    int64_t mask = lnt__agg_mask(input);
    for (int64_t k = 0; k < input->n; k++) {
        int64_t row = lnt__agg_row(input, k);
        if (!lnt_bitmap_valid(input->arg->valid, row & mask)) continue;
        pairs.weights[pairs.n] = 1;
        put_pair(state, input->arg, row & mask, lnt__agg_group(input, row), &pairs.words[pairs.n++ * width]);
        if (pairs.n == LNT_PAIRS) LNT_TRY(add_pairs(state, &pairs, err));
    }
    return add_pairs(state, &pairs, err);
}

static lnt_status distinct_strings(lnt_agg_state *state, const lnt_agg_input *input, lnt_error *err) {
    lnt_pairs pairs;
    uint32_t numbers[LNT_PAIRS];
    for (int64_t start = 0; start < input->n; start += LNT_PAIRS) {
        int64_t n = input->n - start < LNT_PAIRS ? input->n - start : LNT_PAIRS;
        uint32_t rows[LNT_PAIRS];
        for (int64_t k = 0; k < n; k++) rows[k] = (uint32_t)lnt__agg_row(input, start + k);
        LNT_TRY(lnt__interner_add(&state->strings, &state->codes, input->arg, rows, n, numbers, err));
        pairs.n = 0;
        for (int64_t k = 0; k < n; k++) {
            if (!numbers[k]) continue;
            pairs.weights[pairs.n] = 1;
            pairs.words[pairs.n++] = (uint64_t)numbers[k] << 32 | lnt__agg_group(input, rows[k]);
        }
        LNT_TRY(add_pairs(state, &pairs, err));
    }
    return LNT_OK;
}

lnt_status lnt__distinct_update(lnt_agg_state *state, const lnt_agg_input *input, lnt_error *err) {
    return state->type == LNT_STRING ? distinct_strings(state, input, err) : distinct_fixed(state, input, err);
}

/// String numbers of `from` in `state`, looked up when first wanted.
static lnt_status move_number(lnt_agg_state *state, const lnt_agg_state *from, uint32_t number, uint32_t *known,
                              uint32_t *out, lnt_error *err) {
    if (!known[number])
        LNT_TRY(lnt__interner_move(&state->strings, &from->strings, number, &known[number], err));
    *out = known[number];
    return LNT_OK;
}

static lnt_status merge_pairs(lnt_agg_state *state, lnt_agg_state *from, const lnt_agg_moves *moves, uint32_t *known,
                              lnt_error *err) {
    lnt_pairs pairs;
    pairs.n = 0;
    int width = state->distinct.width;
    const int64_t *counts = counts_pairs(state) ? lnt__room_data(&from->values) : NULL;
    for (int64_t i = 0; i < from->distinct.n; i++) {
        const uint64_t *pair = lnt__tuples_get(&from->distinct, i);
        uint32_t group = group_of_pair(pair, width), number = (uint32_t)(pair[0] >> 32);
        LNT_TRY(lnt__agg_check(state, i, err));
        if (!lnt__group_moves(moves, group)) continue;
        uint32_t to = lnt__moved_to(moves, group);
        pairs.weights[pairs.n] = counts ? counts[i] : 1;
        uint64_t *moved = &pairs.words[pairs.n++ * width];
        for (int w = 0; w < width; w++) moved[w] = pair[w];
        if (known) LNT_TRY(move_number(state, from, number, known, &number, err));
        moved[width - 1] = width == 1 ? (uint64_t)number << 32 | to : to;
        if (pairs.n == LNT_PAIRS) LNT_TRY(add_pairs(state, &pairs, err));
    }
    return add_pairs(state, &pairs, err);
}

lnt_status lnt__distinct_merge(lnt_agg_state *state, lnt_agg_state *from, const lnt_agg_moves *moves, lnt_error *err) {
    if (state->type != LNT_STRING) return merge_pairs(state, from, moves, NULL, err);
    lnt_room known = {0};
    LNT_TRY(lnt__interner_meet(&state->strings, &from->strings, err));
    if (lnt__interner_same_codes(&state->strings, &from->strings)) return merge_pairs(state, from, moves, NULL, err);
    LNT_TRY(lnt__room_grow(&known, state->budget, from->strings.n + 1, sizeof(uint32_t), "count_distinct", err));
    lnt_status status = merge_pairs(state, from, moves, lnt__room_data(&known), err);
    lnt__room_clear(&known);
    return status;
}

static lnt_status distinct_result(const lnt_agg_state *state, const uint32_t *list, int64_t start, int64_t n,
                                  lnt_arena *scratch, lnt_vec *out, int64_t *bad, lnt_error *err) {
    return lnt__agg_class_count(LNT_AGG_COUNT_ROWS)->result(state, list, start, n, scratch, out, bad, err);
}

const lnt_agg_class *lnt__agg_class_distinct(void) {
    static const lnt_agg_class class_ = {sizeof(int64_t), lnt__distinct_update, lnt__distinct_merge, NULL,
                                         distinct_result};
    return &class_;
}
