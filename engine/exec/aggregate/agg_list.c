/// @file agg_list.c
/// list: the texts of a group one after the other, in row order, with a separator between them.
///
/// Texts are kept in order of arrival with their groups, and put side by side by group at the end.
#include <string.h>

#include "exec/aggregate/agg_state.h"

static const char who[] = "list";

static lnt_status reserve_texts(lnt_agg_state *state, int64_t n, lnt_error *err) {
    LNT_TRY(lnt__room_grow(&state->values, state->budget, state->n_values + n, sizeof(lnt_str), who, err));
    return lnt__room_grow(&state->owners, state->budget, state->n_values + n, sizeof(uint32_t), who, err);
}

/// Keeps one text of a group.
static lnt_status keep(lnt_agg_state *state, lnt_str text, uint32_t group, bool copy, lnt_error *err) {
    lnt_str *slot = (lnt_str *)lnt__room_data(&state->values) + state->n_values;
    *slot = text;
    if (copy) LNT_TRY(lnt__texts_copy(&state->texts, text, slot, err));
    ((uint32_t *)lnt__room_data(&state->owners))[state->n_values++] = group;
    return LNT_OK;
}

static lnt_status list_update(lnt_agg_state *state, const lnt_agg_input *input, lnt_error *err) {
    LNT_TRY(reserve_texts(state, input->n, err));
    for (int64_t k = 0; k < input->n; k++) {
        int64_t row = lnt__agg_row(input, k);
        if (!lnt_vec_is_valid(input->arg, row)) continue;
        LNT_TRY(keep(state, lnt_vec_str(input->arg, row), lnt__agg_group(input, row), true, err));
    }
    return LNT_OK;
}

static lnt_status list_merge(lnt_agg_state *state, lnt_agg_state *from, const lnt_agg_moves *moves, lnt_error *err) {
    const lnt_str *texts = lnt__room_data(&from->values);
    const uint32_t *owners = lnt__room_data(&from->owners);
    int64_t n = 0;
    for (int64_t i = 0; i < from->n_values; i++) n += lnt__group_moves(moves, owners[i]);
    LNT_TRY(reserve_texts(state, n, err));
    for (int64_t i = 0; i < from->n_values; i++) {
        LNT_TRY(lnt__agg_check(state, i, err));
        if (lnt__group_moves(moves, owners[i]))
            LNT_TRY(keep(state, texts[i], lnt__moved_to(moves, owners[i]), !state->borrows, err));
    }
    return LNT_OK;
}

static lnt_status list_prepare(lnt_agg_state *state, lnt_error *err) {
    lnt_room starts = {0}, sorted = {0};
    lnt_status status = lnt__room_grow(&sorted, state->budget, state->n_values, sizeof(lnt_str), who, err);
    const uint32_t *owners = lnt__room_data(&state->owners);
    if (status == LNT_OK) status = lnt__agg_starts(state, owners, state->n_values, &starts, who, err);
    int64_t *next = (int64_t *)lnt__room_data(&starts) + 1;
    const lnt_str *texts = lnt__room_data(&state->values);
    lnt_str *to = lnt__room_data(&sorted);
    for (int64_t i = 0; status == LNT_OK && i < state->n_values; i++) {
        to[next[owners[i]]++] = texts[i];
        status = lnt__agg_check(state, i, err);
    }
    if (status != LNT_OK) {
        lnt__room_clear(&sorted);
        lnt__room_clear(&starts);
        return status;
    }
    lnt__room_clear(&state->values);
    lnt__room_clear(&state->owners);
    state->values = sorted;
    state->owners = starts; // next[g] is the end of g now, so starts[g] is its beginning
    return LNT_OK;
}

/// Texts with a separator between them, in `scratch`.
static lnt_status join_texts(const lnt_agg_state *state, const lnt_str *texts, int64_t n, lnt_str separator,
                             lnt_arena *scratch, lnt_str *out, lnt_error *err) {
    int64_t size = 0;
    for (int64_t i = 0; i < n; i++) {
        LNT_TRY(lnt__agg_check(state, i, err));
        size += texts[i].size + (i ? separator.size : 0);
    }
    char *to = lnt_arena_alloc(scratch, size, err);
    if (!to) return lnt_no_memory(err);
    *out = (lnt_str){to, size};
    for (int64_t i = 0; i < n; i++) {
        LNT_TRY(lnt__agg_check(state, i, err));
        if (i && separator.size) to = (char *)memcpy(to, separator.data, (size_t)separator.size) + separator.size;
        if (texts[i].size) to = (char *)memcpy(to, texts[i].data, (size_t)texts[i].size) + texts[i].size;
    }
    return LNT_OK;
}

static lnt_status result_lists(const lnt_agg_state *state, const uint32_t *list, int64_t start, int64_t n,
                               lnt_arena *scratch, lnt_vec *out, int64_t *bad, lnt_error *err) {
    (void)bad;
    void *data;
    uint64_t *valid;
    const lnt_str *texts = lnt__room_data(&state->values);
    const int64_t *starts = lnt__room_data(&state->owners);
    lnt_str separator = {", ", 2};
    if (state->call->args[1]) separator = lnt_bound_root(state->call->args[1])->value.as.s;
    LNT_TRY(lnt__agg_result(LNT_STRING, n, sizeof(lnt_str), scratch, &data, &valid, out, err));
    for (int64_t k = 0; k < n; k++) {
        int64_t group = lnt__agg_listed(list, start, k), first = starts[group], count = starts[group + 1] - first;
        ((lnt_str *)data)[k] = (lnt_str){"", 0};
        if (count) {
            LNT_TRY(join_texts(state, texts + first, count, separator, scratch, &((lnt_str *)data)[k], err));
        } else {
            lnt_bitmap_unset(valid, k);
        }
    }
    return LNT_OK;
}

const lnt_agg_class *lnt__agg_class_list(lnt_type type) {
    // No cell is needed, but a byte per group keeps the number of groups.
    static const lnt_agg_class class_ = {1, list_update, list_merge, list_prepare, result_lists};
    return type == LNT_STRING ? &class_ : NULL;
}
