/// @file agg_state_spill.c
/// States of aggregates as bytes and back: cells as they are, the pairs of count_distinct and its like, their strings,
/// and the values of median, list and mode. Texts that cells or values point to follow them.
///
/// Written and read by one process within one query; a state that was loaded is only merged from.
#include <string.h>

#include "exec/aggregate/agg_spill.h"

/// What of a state matters beside its cells and pairs.
typedef struct state_shape {
    int value_bytes; ///< 0: it has no values
    bool by_pair;    ///< one for each pair; else n_values of them, each with an owner
    bool text_cells; ///< cells begin with a lnt_str, zero where there is none
    bool text_values;
} state_shape;

/// Numbers at the beginning of a state's bytes.
typedef struct state_head {
    int64_t n, n_pairs, n_strings, n_values;
} state_head;

static const char who[] = "group_by";

static state_shape shape_of(const lnt_agg_state *state) {
    switch (state->call->function->kind) {
    case LNT_AGG_MIN:
    case LNT_AGG_MAX:
    case LNT_AGG_FIRST:
    case LNT_AGG_LAST:
        return (state_shape){.text_cells = state->type == LNT_STRING};
    case LNT_AGG_MEDIAN:
    case LNT_AGG_QUANTILE:
        return (state_shape){.value_bytes = sizeof(uint64_t)};
    case LNT_AGG_LIST:
        return (state_shape){.value_bytes = sizeof(lnt_str), .text_values = true};
    case LNT_AGG_MODE:
    case LNT_AGG_ENTROPY:
        return (state_shape){.value_bytes = sizeof(int64_t), .by_pair = true};
    case LNT_AGG_COUNT_DISTINCT_APPROX:
        return (state_shape){.value_bytes = sizeof(uint8_t), .by_pair = true};
    default:
        return (state_shape){0};
    }
}

static int64_t padded(int64_t size) {
    return (size + 15) & ~(int64_t)15;
}

/// Room for `bytes` more, which are returned; cleared at their end.
static uint8_t *extend(lnt_room *buffer, lnt_budget *budget, int64_t *size, int64_t bytes, lnt_error *err) {
    if (lnt__room_grow(buffer, budget, *size + padded(bytes), 1, who, err) != LNT_OK) return NULL;
    uint8_t *to = (uint8_t *)lnt__room_data(buffer) + *size;
    if (padded(bytes) != bytes) memset(to + padded(bytes) - 16, 0, 16);
    *size += padded(bytes);
    return to;
}

static lnt_status put_bytes(const lnt_agg_state *state, lnt_room *buffer, int64_t *size, const void *from,
                            int64_t bytes, lnt_error *err) {
    uint8_t *to = extend(buffer, state->budget, size, bytes, err);
    if (!to) return lnt_no_memory(err);
    if (bytes > 0) memcpy(to, from, (size_t)bytes);
    return LNT_OK;
}

/// The texts of n items, each of which begins with a lnt_str, side by side.
static lnt_status put_texts(const lnt_agg_state *state, lnt_room *buffer, int64_t *size, const void *items, int64_t n,
                            int64_t item_bytes, lnt_error *err) {
    int64_t bytes = 0;
    const char *from = items;
    for (int64_t i = 0; i < n; i++) bytes += ((const lnt_str *)(const void *)(from + i * item_bytes))->size;
    uint8_t *to = extend(buffer, state->budget, size, bytes, err);
    if (!to) return lnt_no_memory(err);
    for (int64_t i = 0; i < n; i++) {
        lnt_str text = *(const lnt_str *)(const void *)(from + i * item_bytes);
        if (text.size > 0) to = (uint8_t *)memcpy(to, text.data, (size_t)text.size) + text.size;
    }
    return LNT_OK;
}

static lnt_status dump_values(const lnt_agg_state *state, state_shape shape, int64_t n, lnt_room *buffer, int64_t *size,
                              lnt_error *err) {
    const void *values = lnt__room_data(&state->values);
    LNT_TRY(put_bytes(state, buffer, size, values, n * shape.value_bytes, err));
    if (shape.text_values) LNT_TRY(put_texts(state, buffer, size, values, n, sizeof(lnt_str), err));
    if (shape.by_pair) return LNT_OK;
    return put_bytes(state, buffer, size, lnt__room_data(&state->owners), n * (int64_t)sizeof(uint32_t), err);
}

lnt_status lnt__agg_state_dump(const lnt_agg_state *state, lnt_room *buffer, int64_t *size, lnt_error *err) {
    state_shape shape = shape_of(state);
    int64_t cell_bytes = state->class_->cell_bytes;
    const void *cells = lnt__agg_cells(state), *strings = lnt__room_data(&state->strings.strings);
    state_head head = {state->n, state->distinct.n, state->strings.n,
                       shape.by_pair ? state->distinct.n : state->n_values};
    LNT_TRY(put_bytes(state, buffer, size, &head, sizeof head, err));
    LNT_TRY(put_bytes(state, buffer, size, cells, head.n * cell_bytes, err));
    if (shape.text_cells) LNT_TRY(put_texts(state, buffer, size, cells, head.n, cell_bytes, err));
    int64_t pair_bytes = state->distinct.width * (int64_t)sizeof(uint64_t);
    LNT_TRY(put_bytes(state, buffer, size, lnt__room_data(&state->distinct.words), head.n_pairs * pair_bytes, err));
    LNT_TRY(put_bytes(state, buffer, size, strings, head.n_strings * (int64_t)sizeof(lnt_str), err));
    LNT_TRY(put_texts(state, buffer, size, strings, head.n_strings, sizeof(lnt_str), err));
    return shape.value_bytes ? dump_values(state, shape, head.n_values, buffer, size, err) : LNT_OK;
}

// ---- and back ----

static const uint8_t *take(const uint8_t **at, int64_t bytes) {
    const uint8_t *taken = *at;
    *at += padded(bytes);
    return taken;
}

static lnt_status get_items(const lnt_agg_state *state, lnt_room *room, int64_t n, int64_t item_bytes,
                            const uint8_t **at, lnt_error *err) {
    LNT_TRY(lnt__room_grow(room, state->budget, n, item_bytes, who, err));
    const uint8_t *from = take(at, n * item_bytes);
    if (n > 0) memcpy(lnt__room_data(room), from, (size_t)(n * item_bytes));
    return LNT_OK;
}

/// Points the lnt_strs that n items begin with at the texts that follow.
static void get_texts(lnt_room *room, int64_t n, int64_t item_bytes, const uint8_t **at) {
    const char *text = (const char *)*at;
    int64_t bytes = 0;
    char *items = lnt__room_data(room);
    for (int64_t i = 0; i < n; i++) {
        lnt_str *own = (lnt_str *)(void *)(items + i * item_bytes);
        own->data = text + bytes;
        bytes += own->size;
    }
    take(at, bytes);
}

static lnt_status load_strings(lnt_agg_state *state, int64_t n, const uint8_t **at, lnt_error *err) {
    lnt_interner *interner = &state->strings;
    LNT_TRY(get_items(state, &interner->strings, n, sizeof(lnt_str), at, err));
    get_texts(&interner->strings, n, sizeof(lnt_str), at);
    LNT_TRY(lnt__room_grow(&interner->hashes, state->budget, n, sizeof(uint64_t), who, err));
    const lnt_str *strings = lnt__room_data(&interner->strings);
    uint64_t *hashes = lnt__room_data(&interner->hashes);
    for (int64_t i = 0; i < n; i++) hashes[i] = lnt_hash_bytes(strings[i].data, strings[i].size);
    interner->n = n;
    return LNT_OK;
}

lnt_status lnt__agg_state_load(lnt_agg_state *state, const uint8_t **at, lnt_error *err) {
    state_shape shape = shape_of(state);
    state_head head;
    int64_t cell_bytes = state->class_->cell_bytes;
    memcpy(&head, take(at, sizeof head), sizeof head);
    LNT_TRY(get_items(state, &state->cells, head.n, cell_bytes, at, err));
    if (shape.text_cells) get_texts(&state->cells, head.n, cell_bytes, at);
    state->n = head.n;
    int64_t pair_bytes = state->distinct.width * (int64_t)sizeof(uint64_t);
    LNT_TRY(get_items(state, &state->distinct.words, head.n_pairs, pair_bytes, at, err));
    state->distinct.n = head.n_pairs;
    LNT_TRY(load_strings(state, head.n_strings, at, err));
    if (!shape.value_bytes) return LNT_OK;
    LNT_TRY(get_items(state, &state->values, head.n_values, shape.value_bytes, at, err));
    if (shape.text_values) get_texts(&state->values, head.n_values, sizeof(lnt_str), at);
    if (shape.by_pair) return LNT_OK;
    state->n_values = head.n_values;
    return get_items(state, &state->owners, head.n_values, sizeof(uint32_t), at, err);
}
