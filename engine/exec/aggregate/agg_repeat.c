/// @file agg_repeat.c
/// Whether groups come again and again, as far as a sample tells: merging early pays only where they do.
#include "exec/aggregate/aggregate.h"

static const char who[] = "group_by";

/// Of this many hashes of groups, one is looked at.
enum { LNT_REPEAT_SLICE = 64, LNT_REPEAT_BATCH = 1024 };

/// Adds the hashes of a table's groups that are in the slice; `*n` counts them.
static lnt_status add_slice(lnt_tuples *seen, const lnt_agg_table *table, int64_t *n, lnt_error *err) {
    uint64_t hashes[LNT_REPEAT_BATCH];
    uint32_t numbers[LNT_REPEAT_BATCH];
    int64_t filled = 0;
    for (int64_t g = 0; g < table->n_groups; g++) {
        uint64_t hash = lnt__groups_hash(&table->groups, g);
        if ((hash >> 32) % LNT_REPEAT_SLICE == 0) hashes[filled++] = hash;
        if (filled < LNT_REPEAT_BATCH && g + 1 < table->n_groups) continue;
        LNT_TRY(lnt__tuples_add(seen, hashes, filled, numbers, err));
        *n += filled;
        filled = 0;
    }
    return LNT_OK;
}

lnt_status lnt__agg_distinct_groups(lnt_agg_table *const *tables, int64_t n_tables, lnt_budget *budget, int64_t *out,
                                    lnt_error *err) {
    lnt_tuples seen;
    int64_t n = 0, n_groups = 0;
    lnt_status status = LNT_OK;
    lnt__tuples_init(&seen, 1, budget, who);
    for (int64_t i = 0; status == LNT_OK && i < n_tables; i++) {
        n_groups += tables[i]->n_groups;
        status = add_slice(&seen, tables[i], &n, err);
    }
    *out = n ? (int64_t)((double)seen.n / (double)n * (double)n_groups) : n_groups;
    lnt__tuples_clear(&seen);
    return status;
}
