/// @file agg_partition.c
/// Merging many groups: the morsels' tables are divided by a hash of the keys into partitions, and every partition is
/// merged by itself, from the tables in morsel order, on any worker.
///
/// A group lies in one partition whole, so its values still meet in morsel order: the result has the same bits as
/// merging table after table. Afterwards the groups are put in order of first appearance: that of the first table that
/// has them, and in it by number.
#include <string.h>

#include "base/parallel.h"
#include "exec/aggregate/aggregate.h"

/// Partitions are made so many that the groups of one lie in the second-level cache.
enum { LNT_PARTS_MIN = 16, LNT_PART_GROUPS = 32768 };
/// Groups that are gone through between looks at whether to stop.
enum { LNT_CHECK_GROUPS = 1 << 16 };

/// One morsel's table, divided.
typedef struct lnt_divided {
    lnt_agg_table *table; ///< borrowed
    lnt_room part;        ///< uint8_t by group: its partition; then also whether the group was new there
    lnt_room list;        ///< uint32_t: groups by partition, in order
    lnt_room to;          ///< uint32_t by group: its number in the partition
    int64_t starts[LNT_AGG_PARTS + 1];
} lnt_divided;

typedef struct lnt_partitioning {
    lnt_engine *engine;
    const lnt_plan *plan;
    const lnt_key_layout *layout;
    lnt_divided *divided;
    int64_t n_divided;
    lnt_agg_table **merged; ///< by partition
    int n_parts;
    bool by_words; ///< words tell keys apart in all tables: no string has numbers of its own in one of them
} lnt_partitioning;

static int choose_parts(int64_t n_groups, int n_workers) {
    int n = LNT_PARTS_MIN;
    while ((n < 4 * n_workers || n_groups / n > LNT_PART_GROUPS) && n < LNT_AGG_PARTS) n *= 2;
    return n;
}

/// Finds the partition of every group of one table, and lists the groups by partition.
static lnt_status divide(void *context, int64_t item, int worker, lnt_error *err) {
    (void)worker;
    lnt_partitioning *all = context;
    lnt_divided *own = &all->divided[item];
    lnt_budget *budget = lnt_engine_budget(all->engine);
    int64_t n = own->table->n_groups, at[LNT_AGG_PARTS];
    LNT_TRY(lnt__room_grow(&own->part, budget, n, sizeof(uint8_t), "group_by", err));
    LNT_TRY(lnt__room_grow(&own->list, budget, n, sizeof(uint32_t), "group_by", err));
    LNT_TRY(lnt__room_grow(&own->to, budget, n, sizeof(uint32_t), "group_by", err));
    uint8_t *part = lnt__room_data(&own->part);
    uint32_t *list = lnt__room_data(&own->list);
    for (int64_t g = 0; g < n; g++) {
        if ((g & (LNT_CHECK_GROUPS - 1)) == 0) LNT_TRY(lnt_engine_check(all->engine, err));
        const lnt_groups *groups = &own->table->groups;
        uint64_t hash = all->by_words ? lnt__tuple_hash(lnt__tuples_get(&groups->tuples, g), groups->tuples.width)
                                      : lnt__groups_hash(groups, g);
        part[g] = (uint8_t)(hash >> 40 & (uint64_t)(all->n_parts - 1));
        own->starts[part[g] + 1]++;
    }
    for (int p = 0; p < all->n_parts; p++) {
        own->starts[p + 1] += own->starts[p];
        at[p] = own->starts[p];
    }
    for (int64_t g = 0; g < n; g++) {
        if ((g & (LNT_CHECK_GROUPS - 1)) == 0) LNT_TRY(lnt_engine_check(all->engine, err));
        list[at[part[g]]++] = (uint32_t)g;
    }
    return LNT_OK;
}

/// Merges the groups of one partition from one table.
static lnt_status merge_divided(lnt_agg_table *into, lnt_key_scratch *scratch, lnt_divided *from, int part,
                                lnt_error *err) {
    int64_t start = from->starts[part], n = from->starts[part + 1] - start, known = into->n_groups;
    const uint32_t *list = (const uint32_t *)lnt__room_data(&from->list) + start;
    uint8_t *parts = lnt__room_data(&from->part);
    uint32_t *to = lnt__room_data(&from->to);
    if (n == 0) return LNT_OK;
    lnt_agg_moves moves = {list, n, to, parts, (uint8_t)part};
    LNT_TRY(lnt__agg_table_merge(into, scratch, from->table, &moves, to, err));
    for (int64_t i = 0; i < n; i++)
        if (to[list[i]] >= known) {
            __atomic_store_n(&parts[list[i]], (uint8_t)(part | LNT_PART_NEW), __ATOMIC_RELAXED);
            known++;
        }
    return LNT_OK;
}

/// The groups of a partition in the table that has most: it will hold at least so many.
static int64_t most_groups(const lnt_partitioning *all, int part) {
    int64_t most = 0;
    for (int64_t i = 0; i < all->n_divided; i++) {
        int64_t n = all->divided[i].starts[part + 1] - all->divided[i].starts[part];
        most = n > most ? n : most;
    }
    return most;
}

/// After the first two tables: where hardly any group was in both, all the others will be new as well, and there is
/// room for them at once. Not where memory is scarce.
static lnt_status reserve_part(const lnt_partitioning *all, int part, lnt_error *err) {
    const lnt_budget *budget = lnt_engine_budget(all->engine);
    int64_t n = 0, n_merged = 0;
    for (int64_t i = 0; i < all->n_divided; i++) {
        n += all->divided[i].starts[part + 1] - all->divided[i].starts[part];
        if (i == 1) n_merged = n;
    }
    bool scarce = budget->limit > 0 && budget->used > budget->limit / 2;
    if (scarce || all->merged[part]->n_groups < n_merged - n_merged / 16) return LNT_OK;
    return lnt__agg_table_reserve(all->merged[part], n, err);
}

static lnt_status merge_part(void *context, int64_t item, int worker, lnt_error *err) {
    (void)worker;
    lnt_partitioning *all = context;
    lnt_key_scratch scratch;
    LNT_TRY(lnt__key_scratch_init(&scratch, all->layout, err));
    lnt_status status =
        lnt__agg_table_new(all->plan, all->layout, lnt_engine_budget(all->engine), &all->merged[item], err);
    if (status == LNT_OK) {
        lnt__agg_table_borrow(all->merged[item]);
        lnt__groups_expect(&all->merged[item]->groups, most_groups(all, (int)item));
    }
    for (int64_t i = 0; status == LNT_OK && i < all->n_divided; i++) {
        status = merge_divided(all->merged[item], &scratch, &all->divided[i], (int)item, err);
        if (status == LNT_OK && i == 1) status = reserve_part(all, (int)item, err);
        if (status == LNT_OK) status = lnt_engine_check(all->engine, err);
    }
    if (status == LNT_OK) status = lnt__agg_table_prepare(all->merged[item], err);
    if (status == LNT_OK) lnt__groups_shrink(&all->merged[item]->groups);
    lnt__key_scratch_clear(&scratch);
    return status;
}

/// The groups in order of first appearance.
static lnt_status order_groups(const lnt_partitioning *all, lnt_agg_result *result, lnt_error *err) {
    for (int p = 0; p < all->n_parts; p++) result->n_rows += all->merged[p]->n_groups;
    LNT_TRY(lnt__room_grow(&result->order, lnt_engine_budget(all->engine), result->n_rows, sizeof(uint64_t), "group_by",
                           err));
    uint64_t *order = lnt__room_data(&result->order);
    for (int64_t i = 0; i < all->n_divided; i++) {
        const uint8_t *part = lnt__room_data(&all->divided[i].part);
        const uint32_t *to = lnt__room_data(&all->divided[i].to);
        for (int64_t g = 0; g < all->divided[i].table->n_groups; g++) {
            if ((g & (LNT_CHECK_GROUPS - 1)) == 0) LNT_TRY(lnt_engine_check(all->engine, err));
            if (part[g] & LNT_PART_NEW) *order++ = (uint64_t)(part[g] & LNT_PART_MASK) << 32 | to[g];
        }
    }
    return LNT_OK;
}

/// Hands the merged tables, and those whose strings they borrow, over to the result.
static lnt_status hand_over(lnt_partitioning *all, lnt_agg_result *result, lnt_error *err) {
    result->tables = lnt_alloc_array(all->n_parts + all->n_divided, sizeof *result->tables, err);
    if (!result->tables) return LNT_NOMEM;
    for (int p = 0; p < all->n_parts; p++) {
        result->tables[p] = all->merged[p];
        all->merged[p] = NULL;
    }
    for (int64_t i = 0; i < all->n_divided; i++) {
        result->tables[all->n_parts + i] = all->divided[i].table;
        all->divided[i].table = NULL;
    }
    result->n_tables = all->n_parts + all->n_divided;
    return LNT_OK;
}

/// The tables' hashes have to be of one kind: where not all strings of a key go by the codes of one dictionary, none
/// does.
static lnt_status agree_on_codes(lnt_partitioning *all, lnt_error *err) {
    all->by_words = true;
    for (int s = 0; s < all->layout->n_strings; s++) {
        bool same = true;
        for (int64_t i = 0; i < all->n_divided; i++)
            same &= lnt__interner_same_codes(&all->divided[0].table->groups.interners[s],
                                             &all->divided[i].table->groups.interners[s]);
        all->by_words &= same;
        for (int64_t i = 0; !same && i < all->n_divided; i++)
            LNT_TRY(lnt__interner_settle(&all->divided[i].table->groups.interners[s], err));
    }
    return LNT_OK;
}

static lnt_status run(lnt_partitioning *all, lnt_agg_result *result, lnt_error *err) {
    LNT_TRY(agree_on_codes(all, err));
    LNT_TRY(lnt__parallel(all->engine, all->n_divided, divide, all, err));
    LNT_TRY(lnt__parallel(all->engine, all->n_parts, merge_part, all, err));
    LNT_TRY(order_groups(all, result, err));
    return hand_over(all, result, err);
}

lnt_status lnt__agg_partition(lnt_engine *engine, const lnt_plan *plan, const lnt_key_layout *layout,
                              lnt_agg_table **tables, int64_t n, lnt_agg_result *result, lnt_error *err) {
    lnt_partitioning all = {.engine = engine, .plan = plan, .layout = layout};
    int64_t n_groups = 0;
    for (int64_t i = 0; i < n; i++) n_groups += tables[i]->n_groups;
    all.n_parts = choose_parts(n_groups, lnt_engine_n_threads(engine));
    all.merged = lnt_alloc_array(all.n_parts, sizeof *all.merged, err);
    all.divided = lnt_alloc_array(n, sizeof *all.divided, err);
    lnt_status status = all.merged && all.divided ? LNT_OK : LNT_NOMEM;
    if (status == LNT_OK) {
        for (int64_t i = 0; i < n; i++) all.divided[i].table = tables[i];
        all.n_divided = n;
        status = run(&all, result, err);
    }
    for (int64_t i = 0; i < all.n_divided; i++) {
        tables[i] = all.divided[i].table;
        lnt__room_clear(&all.divided[i].part);
        lnt__room_clear(&all.divided[i].list);
        lnt__room_clear(&all.divided[i].to);
    }
    for (int p = 0; all.merged && p < all.n_parts; p++) lnt__agg_table_free(all.merged[p]);
    lnt_free(all.merged);
    lnt_free(all.divided);
    return status;
}
