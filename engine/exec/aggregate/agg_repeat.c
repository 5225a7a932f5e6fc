/// @file agg_repeat.c
/// Whether groups come again and again, as far as a sample tells: merging early pays only where they do.
#include "exec/aggregate/aggregate.h"

static const char who[] = "group_by";

/// Rows of a table whose keys are held against each other, in stretches all over it; tables worth the trouble; and the
/// share of rows that may have had a group before, one in so many.
enum { LNT_SAMPLE_STRETCHES = 8, LNT_SAMPLE_TABLE_ROWS = 1000000, LNT_SAMPLE_REPEATED = 200 };

static lnt_status add_stretch(lnt_groups *groups, lnt_key_scratch *scratch, const lnt_plan *plan,
                              const lnt_table *table, int64_t start, lnt_vec *vectors, lnt_arena *arena,
                              lnt_error *err) {
    for (int64_t k = 0; k < plan->n_keys; k++)
        LNT_TRY(lnt_vec_from_column(lnt_table_column(table, plan->keys[k]), start, LNT_BATCH_ROWS, arena, &vectors[k],
                                    err));
    return lnt__groups_add(groups, scratch, vectors, NULL, LNT_BATCH_ROWS, scratch->found, err);
}

lnt_status lnt__agg_rows_differ(lnt_budget *budget, const lnt_plan *plan, const lnt_key_layout *layout,
                                const lnt_table *table, lnt_key_scratch *scratch, bool *out, lnt_error *err) {
    int64_t n_rows = lnt_table_n_rows(table), n = 0;
    *out = false;
    if (plan->n_keys == 0 || n_rows < LNT_SAMPLE_TABLE_ROWS) return LNT_OK;
    if (layout->n_fields == 1 && (layout->n_strings == 1 || lnt_table_column(table, plan->keys[0])->validity))
        return LNT_OK;
    lnt_groups groups;
    LNT_TRY(lnt__groups_init(&groups, layout, budget, who, err));
    lnt__groups_may_adopt(&groups);
    lnt_arena arena;
    lnt_arena_init(&arena, budget, who);
    lnt_vec *vectors = lnt_alloc_array(plan->n_keys, sizeof *vectors, err);
    lnt_status status = vectors ? LNT_OK : LNT_NOMEM;
    for (int64_t s = 0; status == LNT_OK && s < LNT_SAMPLE_STRETCHES; s++, n += LNT_BATCH_ROWS) {
        lnt_arena_reset(&arena);
        status = add_stretch(&groups, scratch, plan, table, n_rows / LNT_SAMPLE_STRETCHES * s, vectors, &arena, err);
    }
    *out = lnt__groups_n(&groups) >= n - n / LNT_SAMPLE_REPEATED;
    lnt_free(vectors);
    lnt_arena_clear(&arena);
    lnt__groups_clear(&groups);
    return status;
}

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
