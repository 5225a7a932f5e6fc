/// @file agg_table.c
/// Groups with their aggregates' states: one table per morsel, merged in order into the whole.
#include <string.h>

#include "exec/aggregate/agg_dense.h"

lnt_status lnt__agg_table_new(const lnt_plan *plan, const lnt_key_layout *layout, lnt_budget *budget,
                              lnt_agg_table **out, lnt_error *err) {
    lnt_agg_table *table = lnt_alloc_array(1, sizeof *table, err);
    if (!table) return LNT_NOMEM;
    table->keyed = plan->n_keys > 0;
    table->budget = budget;
    table->states = lnt_alloc_array(plan->n_calls, sizeof *table->states, err);
    lnt_status status = table->states ? LNT_OK : LNT_NOMEM;
    if (status == LNT_OK && table->keyed) status = lnt__groups_init(&table->groups, layout, budget, "group_by", err);
    if (status == LNT_OK && table->keyed) lnt__groups_may_adopt(&table->groups);
    for (int64_t i = 0; status == LNT_OK && i < plan->n_calls; i++) {
        table->n_states = i + 1;
        status = lnt__agg_state_init(&table->states[i], &plan->calls[i], budget, err);
    }
    if (status != LNT_OK) {
        lnt__agg_table_free(table);
        return status;
    }
    *out = table;
    return LNT_OK;
}

void lnt__agg_table_free(lnt_agg_table *table) {
    if (!table) return;
    for (int64_t i = 0; i < table->n_states; i++) lnt__agg_state_clear(&table->states[i]);
    lnt__groups_clear(&table->groups);
    lnt__room_clear(&table->seen);
    lnt__room_clear(&table->order);
    lnt_free(table->states);
    lnt_free(table);
}

void lnt__agg_table_reset(lnt_agg_table *table) {
    for (int64_t i = 0; i < table->n_states; i++) lnt__agg_state_reset(&table->states[i]);
    if (table->keyed) lnt__groups_reset(&table->groups);
    table->n_groups = 0;
    if (table->n_seen > 0) memset(lnt__room_data(&table->seen), 0, (size_t)table->dense->n_places);
    table->n_seen = 0;
}

lnt_status lnt__agg_table_grow(lnt_agg_table *table, lnt_error *err) {
    int64_t n = table->dense ? table->dense->n_places : table->keyed ? lnt__groups_n(&table->groups) : 1;
    if (n == table->n_groups) return LNT_OK;
    for (int64_t i = 0; i < table->n_states; i++) LNT_TRY(lnt__agg_state_reserve(&table->states[i], n, err));
    table->n_groups = n;
    return LNT_OK;
}

lnt_status lnt__agg_table_reserve(lnt_agg_table *table, int64_t n, lnt_error *err) {
    if (!table->keyed) return LNT_OK;
    LNT_TRY(lnt__groups_reserve(&table->groups, n, err));
    for (int64_t i = 0; i < table->n_states; i++) {
        lnt_agg_state *state = &table->states[i];
        LNT_TRY(lnt__room_grow(&state->cells, state->budget, n, state->class_->cell_bytes, "group_by", err));
    }
    return LNT_OK;
}

lnt_status lnt__agg_table_merge(lnt_agg_table *table, lnt_key_scratch *scratch, lnt_agg_table *from,
                                const lnt_agg_moves *moves, uint32_t *to, lnt_error *err) {
    if (table->keyed)
        LNT_TRY(lnt__groups_merge(&table->groups, scratch, &from->groups, moves->list, moves->n, to, err));
    LNT_TRY(lnt__agg_table_grow(table, err));
    for (int64_t i = 0; i < table->n_states; i++)
        LNT_TRY(table->states[i].class_->merge(&table->states[i], &from->states[i], moves, err));
    return LNT_OK;
}

void lnt__agg_table_borrow(lnt_agg_table *table) {
    for (int64_t i = 0; i < table->n_states; i++) table->states[i].borrows = true;
    for (int i = 0; table->keyed && i < table->groups.layout->n_strings; i++) table->groups.interners[i].borrows = true;
}

lnt_status lnt__agg_table_prepare(lnt_agg_table *table, lnt_error *err) {
    for (int64_t i = 0; i < table->n_states; i++)
        if (table->states[i].class_->prepare) LNT_TRY(table->states[i].class_->prepare(&table->states[i], err));
    return LNT_OK;
}
