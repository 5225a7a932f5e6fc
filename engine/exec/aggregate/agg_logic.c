/// @file agg_logic.c
/// any and all of bools: whether some value is true, whether none is false. Of nothing, any is false and all is true.
#include "exec/aggregate/agg_state.h"

/// What a group has seen, as bits.
enum { LNT_SEEN_TRUE = 1, LNT_SEEN_FALSE = 2 };

static lnt_status logic_update(lnt_agg_state *state, const lnt_agg_input *input, lnt_error *err) {
    (void)err;
    uint8_t *cells = lnt__agg_cells(state);
    const uint8_t *data = input->arg->data;
    int64_t mask = lnt__agg_mask(input);
    for (int64_t k = 0; k < input->n; k++) {
        int64_t row = lnt__agg_row(input, k);
        if (!lnt_bitmap_valid(input->arg->valid, row & mask)) continue;
        cells[lnt__agg_group(input, row)] |= data[row & mask] ? LNT_SEEN_TRUE : LNT_SEEN_FALSE;
    }
    return LNT_OK;
}

static lnt_status merge_logic(lnt_agg_state *state, lnt_agg_state *from, const lnt_agg_moves *moves, lnt_error *err) {
    (void)err;
    uint8_t *cells = lnt__agg_cells(state);
    const uint8_t *others = lnt__agg_cells(from);
    for (int64_t i = 0; i < moves->n; i++) {
        int64_t group = lnt__moved_group(moves, i);
        cells[lnt__moved_to(moves, group)] |= others[group];
    }
    return LNT_OK;
}

static lnt_status result_logic(const lnt_agg_state *state, const uint32_t *list, int64_t start, int64_t n,
                               lnt_arena *scratch, lnt_vec *out, int64_t *bad, lnt_error *err) {
    (void)bad;
    const uint8_t *cells = lnt__agg_cells(state);
    bool any = state->call->function->kind == LNT_AGG_ANY;
    void *data;
    LNT_TRY(lnt__agg_result(LNT_BOOL, n, sizeof(uint8_t), scratch, &data, NULL, out, err));
    for (int64_t k = 0; k < n; k++) {
        uint8_t seen = cells[lnt__agg_listed(list, start, k)];
        ((uint8_t *)data)[k] = any ? (seen & LNT_SEEN_TRUE) != 0 : (seen & LNT_SEEN_FALSE) == 0;
    }
    return LNT_OK;
}

const lnt_agg_class *lnt__agg_class_logic(lnt_type type) {
    static const lnt_agg_class class_ = {sizeof(uint8_t), logic_update, merge_logic, NULL, result_logic};
    return type == LNT_BOOL ? &class_ : NULL;
}
