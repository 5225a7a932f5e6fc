/// @file join_lookup.c
/// Keys of the left side looked up in the right side's: one worker's memory and the steps that every join takes.
#include "exec/join/join.h"

lnt_status lnt__join_lookup_init(lnt_join_lookup *lookup, const lnt_join_build *build, lnt_error *err) {
    lnt_arena_init(&lookup->scratch, lnt_engine_budget(build->engine), "join");
    LNT_TRY(lnt__key_scratch_init(&lookup->keys, &build->layout, err));
    lookup->vectors = lnt_alloc_array(build->plan->n_keys, sizeof *lookup->vectors, err);
    lookup->found = lnt_alloc_array(LNT_BATCH_ROWS, sizeof *lookup->found, err);
    return lookup->vectors && lookup->found ? LNT_OK : LNT_NOMEM;
}

void lnt__join_lookup_clear(lnt_join_lookup *lookup) {
    lnt__key_scratch_clear(&lookup->keys);
    lnt_arena_clear(&lookup->scratch);
    lnt_free(lookup->vectors);
    lnt_free(lookup->found);
}

lnt_status lnt__join_look_up(lnt_join_lookup *lookup, const lnt_join_build *build, const uint32_t *sel, int64_t n_sel,
                             int64_t n_rows, lnt_error *err) {
    for (int64_t k = 0; k < build->plan->n_keys; k++)
        LNT_TRY(lnt__join_key(build->plan, k, &lookup->vectors[k], n_rows, &lookup->scratch, err));
    if (build->direct.rows) {
        lnt__join_find_direct(&build->direct, lookup->vectors, sel, n_sel, lookup->found);
        return LNT_OK;
    }
    return lnt__groups_find(&build->keys, &lookup->keys, lookup->vectors, sel, n_sel, lookup->found, err);
}
