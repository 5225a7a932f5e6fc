/// @file agg_spill.c
/// Groups beyond the memory limit.
///
/// A table that has to leave memory is divided by a hash of its keys into partitions, and what belongs to one is
/// written as a piece: keys, and the aggregates' states as merging would have made them. In the end the pieces of a
/// partition are merged in the order in which they were written, as their tables would have been; a partition that is
/// still too large is divided again. Results are written as runs, and merged by the number of each group in order of
/// first appearance. Invariant: a group lies in one partition whole, and its pieces stand in morsel order: values meet
/// as they do in memory.
#include "exec/aggregate/agg_spill.h"

#include <pthread.h>

#include "base/parallel.h"

static const char who[] = "group_by";

static void pieces_clear(lnt_agg_pieces *pieces) {
    for (int64_t i = 0; i < pieces->n; i++) lnt__run_clear(&pieces->items[i].keys);
    lnt_free(pieces->items);
    *pieces = (lnt_agg_pieces){0};
}

void lnt__agg_spill_free(lnt_agg_spill *spill) {
    if (!spill) return;
    for (int p = 0; p < LNT_SPILL_PARTS; p++) pieces_clear(&spill->parts[p]);
    lnt_free(spill->types);
    lnt_free(spill);
}

lnt_status lnt__agg_spill_new(lnt_engine *engine, const lnt_plan *plan, const lnt_key_layout *layout, lnt_spill *file,
                              lnt_agg_spill **out, lnt_error *err) {
    int64_t n_columns = lnt_schema_n_columns(plan->schema);
    lnt_agg_spill *spill = lnt_alloc_array(1, sizeof *spill, err);
    lnt_type *types = spill ? lnt_alloc_array(plan->n_keys + n_columns + 2, sizeof *types, err) : NULL;
    if (!types) {
        lnt_free(spill);
        return LNT_NOMEM;
    }
    *spill = (lnt_agg_spill){.engine = engine, .plan = plan, .layout = layout, .file = file, .types = types};
    for (int64_t k = 0; k < plan->n_keys; k++) *types++ = lnt_schema_type(plan->schema, k);
    *types++ = LNT_INT;
    for (int64_t c = 0; c < n_columns; c++) *types++ = lnt_schema_type(plan->schema, c);
    *types = LNT_INT;
    *out = spill;
    return LNT_OK;
}

// ---- writing ----

/// A table on its way into pieces.
typedef struct dividing {
    lnt_agg_spill *spill;
    lnt_agg_table *table;
    const int64_t *numbers; ///< by group: in order of first appearance; NULL: from spill->n_seen on
    int level;
    lnt_agg_pieces *parts;
    lnt_room part, list, to; ///< by group: partition; groups by partition; number within it
    int64_t starts[LNT_SPILL_PARTS + 1];
    lnt_arena scratch;
    lnt_room buffer;
    lnt_vec *vectors;
} dividing;

static void dividing_clear(dividing *d) {
    lnt__room_clear(&d->part);
    lnt__room_clear(&d->list);
    lnt__room_clear(&d->to);
    lnt__room_clear(&d->buffer);
    lnt_arena_clear(&d->scratch);
    lnt_free(d->vectors);
}

/// Finds the partition of each group.
static lnt_status find_parts(dividing *d, lnt_error *err) {
    const lnt_agg_spill *spill = d->spill;
    uint8_t *part = lnt__room_data(&d->part);
    uint64_t hashes[LNT_BATCH_ROWS];
    for (int64_t start = 0; start < d->table->n_groups; start += LNT_BATCH_ROWS) {
        int64_t left = d->table->n_groups - start, n = left < LNT_BATCH_ROWS ? left : LNT_BATCH_ROWS;
        lnt_arena_reset(&d->scratch);
        for (int64_t k = 0; k < spill->plan->n_keys; k++)
            LNT_TRY(lnt__groups_key(&d->table->groups, k, NULL, start, n, &d->scratch, &d->vectors[k], err));
        lnt__hash_keys(d->vectors, spill->plan->n_keys, n, hashes);
        for (int64_t i = 0; i < n; i++) part[start + i] = (uint8_t)lnt__spill_part(hashes[i], d->level);
    }
    return LNT_OK;
}

/// Lists the groups by partition.
static lnt_status divide(dividing *d, lnt_error *err) {
    lnt_budget *budget = lnt_engine_budget(d->spill->engine);
    int64_t n = d->table->n_groups, at[LNT_SPILL_PARTS];
    LNT_TRY(lnt__room_grow(&d->part, budget, n, sizeof(uint8_t), who, err));
    LNT_TRY(lnt__room_grow(&d->list, budget, n, sizeof(uint32_t), who, err));
    LNT_TRY(lnt__room_grow(&d->to, budget, n, sizeof(uint32_t), who, err));
    LNT_TRY(find_parts(d, err));
    const uint8_t *part = lnt__room_data(&d->part);
    uint32_t *list = lnt__room_data(&d->list), *to = lnt__room_data(&d->to);
    for (int64_t g = 0; g < n; g++) d->starts[part[g] + 1]++;
    for (int p = 0; p < LNT_SPILL_PARTS; p++) {
        d->starts[p + 1] += d->starts[p];
        at[p] = d->starts[p];
    }
    for (int64_t g = 0; g < n; g++) {
        to[g] = (uint32_t)(at[part[g]] - d->starts[part[g]]);
        list[at[part[g]]++] = (uint32_t)g;
    }
    return LNT_OK;
}

static lnt_status write_keys(dividing *d, const uint32_t *list, int64_t n, lnt_run *run, lnt_error *err) {
    const lnt_agg_spill *spill = d->spill;
    int64_t n_keys = spill->plan->n_keys, step = lnt__block_rows(spill->engine, 0, 0, 4 * (n_keys + 1));
    for (int64_t at = 0; at < n; at += step) {
        int64_t count = n - at < step ? n - at : step;
        lnt_arena_reset(&d->scratch);
        int64_t *numbers = lnt_arena_alloc(&d->scratch, count * (int64_t)sizeof *numbers, err);
        if (!numbers) return lnt_no_memory(err);
        for (int64_t i = 0; i < count; i++)
            numbers[i] = d->numbers ? d->numbers[list[at + i]] : spill->n_seen + list[at + i];
        for (int64_t k = 0; k < n_keys; k++)
            LNT_TRY(lnt__groups_key(&d->table->groups, k, list + at, 0, count, &d->scratch, &d->vectors[k], err));
        d->vectors[n_keys] = (lnt_vec){.type = LNT_INT, .form = LNT_FORM_FLAT, .data = numbers};
        LNT_TRY(lnt__block_write(spill->file, spill->types, n_keys + 1, d->vectors, NULL, count, &d->buffer, run, err));
    }
    return LNT_OK;
}

/// One aggregate's states of the groups of a partition, into the buffer.
static lnt_status dump_state(dividing *d, int64_t call, const lnt_agg_moves *moves, int64_t *size, lnt_error *err) {
    lnt_agg_state own;
    lnt_status status =
        lnt__agg_state_init(&own, &d->spill->plan->calls[call], lnt_engine_budget(d->spill->engine), err);
    own.borrows = own.strings.borrows = true; // of the table
    own.strings.may_adopt = false;            // only those strings that these groups have
    if (status == LNT_OK) status = lnt__agg_state_reserve(&own, moves->n, err);
    if (status == LNT_OK) status = own.class_->merge(&own, &d->table->states[call], moves, err);
    if (status == LNT_OK) status = lnt__agg_state_dump(&own, &d->buffer, size, err);
    lnt__agg_state_clear(&own);
    return status;
}

/// Writes the groups of partition `p`.
static lnt_status write_piece(dividing *d, int p, lnt_error *err) {
    lnt_agg_pieces *pieces = &d->parts[p];
    const uint32_t *list = (const uint32_t *)lnt__room_data(&d->list) + d->starts[p];
    int64_t n = d->starts[p + 1] - d->starts[p], size = 0;
    if (n == 0) return LNT_OK;
    LNT_TRY(lnt_grow((void **)&pieces->items, &pieces->capacity, pieces->n + 1, sizeof *pieces->items, err));
    lnt_agg_piece *piece = &pieces->items[pieces->n++];
    *piece = (lnt_agg_piece){0};
    LNT_TRY(write_keys(d, list, n, &piece->keys, err));
    lnt_agg_moves moves = {list, n, lnt__room_data(&d->to), lnt__room_data(&d->part), (uint8_t)p};
    for (int64_t i = 0; i < d->table->n_states; i++) LNT_TRY(dump_state(d, i, &moves, &size, err));
    piece->size = size;
    return lnt_spill_write(d->spill->file, lnt__room_data(&d->buffer), size, &piece->offset, err);
}

/// Writes a table's groups as pieces of `parts`, by the hash bits of `level`.
static lnt_status write_divided(lnt_agg_spill *spill, lnt_agg_table *table, const int64_t *numbers, int level,
                                lnt_agg_pieces *parts, lnt_error *err) {
    dividing d = {.spill = spill, .table = table, .numbers = numbers, .level = level, .parts = parts};
    lnt_arena_init(&d.scratch, lnt_engine_budget(spill->engine), who);
    d.vectors = lnt_alloc_array(spill->plan->n_keys + 1, sizeof *d.vectors, err);
    lnt_status status = d.vectors ? divide(&d, err) : LNT_NOMEM;
    for (int p = 0; status == LNT_OK && p < LNT_SPILL_PARTS; p++) status = write_piece(&d, p, err);
    dividing_clear(&d);
    return status;
}

lnt_status lnt__agg_spill_table(lnt_agg_spill *spill, lnt_agg_table *table, lnt_error *err) {
    LNT_TRY(lnt_engine_check(spill->engine, err));
    LNT_TRY(write_divided(spill, table, NULL, 0, spill->parts, err));
    spill->n_seen += table->n_groups;
    return LNT_OK;
}

// ---- merging a partition ----

/// Partitions on their way into runs of results, on several workers.
typedef struct finishing {
    lnt_agg_spill *spill;
    int64_t available; ///< bytes, as merging begins
    pthread_mutex_t lock;
    lnt_runs runs; ///< of results and numbers
} finishing;

/// The groups of a partition so far.
typedef struct partition {
    lnt_agg_table *table;
    lnt_key_scratch keys;
    lnt_room numbers; ///< int64_t by group: in order of first appearance
    lnt_room to;      ///< uint32_t by group of a piece
    lnt_room bytes;   ///< of a piece's states
    lnt_block block;
} partition;

static void partition_clear(partition *part) {
    lnt__agg_table_free(part->table);
    lnt__key_scratch_clear(&part->keys);
    lnt__room_clear(&part->numbers);
    lnt__room_clear(&part->to);
    lnt__room_clear(&part->bytes);
    lnt__block_clear(&part->block);
    *part = (partition){0};
}

static lnt_status partition_init(const lnt_agg_spill *spill, partition *part, lnt_error *err) {
    *part = (partition){0};
    LNT_TRY(lnt__key_scratch_init(&part->keys, spill->layout, err));
    return lnt__agg_table_new(spill->plan, spill->layout, lnt_engine_budget(spill->engine), &part->table, err);
}

/// Finds or adds the groups of a piece.
static lnt_status add_keys(const lnt_agg_spill *spill, partition *part, const lnt_agg_piece *piece, lnt_error *err) {
    lnt_budget *budget = lnt_engine_budget(spill->engine);
    lnt_groups *groups = &part->table->groups;
    int64_t n_keys = spill->plan->n_keys, at = 0;
    LNT_TRY(lnt__room_grow(&part->to, budget, piece->keys.n_rows, sizeof(uint32_t), who, err));
    uint32_t *to = lnt__room_data(&part->to);
    for (int64_t b = 0; b < piece->keys.n_blocks; b++) {
        LNT_TRY(lnt__block_read(spill->file, &piece->keys.blocks[b], spill->types, n_keys + 1, &part->block, err));
        int64_t known = lnt__groups_n(groups), n = part->block.n_rows;
        LNT_TRY(lnt__groups_add(groups, &part->keys, part->block.vectors, NULL, n, to + at, err));
        LNT_TRY(lnt__room_grow(&part->numbers, budget, lnt__groups_n(groups), sizeof(int64_t), who, err));
        const int64_t *own = part->block.vectors[n_keys].data;
        int64_t *numbers = lnt__room_data(&part->numbers);
        for (int64_t i = 0; i < n; i++)
            if (to[at + i] == known) numbers[known++] = own[i]; // a piece may have a group more than once
        at += n;
    }
    return LNT_OK;
}

static lnt_status merge_piece(const lnt_agg_spill *spill, partition *part, const lnt_agg_piece *piece, lnt_error *err) {
    lnt_budget *budget = lnt_engine_budget(spill->engine);
    LNT_TRY(lnt_engine_check(spill->engine, err));
    LNT_TRY(add_keys(spill, part, piece, err));
    LNT_TRY(lnt__agg_table_grow(part->table, err));
    LNT_TRY(lnt__room_grow(&part->bytes, budget, piece->size, 1, who, err));
    LNT_TRY(lnt_spill_read(spill->file, piece->offset, lnt__room_data(&part->bytes), piece->size, err));
    const uint8_t *at = lnt__room_data(&part->bytes);
    lnt_agg_moves moves = {.n = piece->keys.n_rows, .to = lnt__room_data(&part->to)};
    for (int64_t i = 0; i < part->table->n_states; i++) {
        lnt_agg_state own;
        lnt_status status = lnt__agg_state_init(&own, &spill->plan->calls[i], budget, err);
        if (status == LNT_OK) status = lnt__agg_state_load(&own, &at, err);
        if (status == LNT_OK) status = part->table->states[i].class_->merge(&part->table->states[i], &own, &moves, err);
        lnt__agg_state_clear(&own);
        LNT_TRY(status);
    }
    return LNT_OK;
}

/// Rows of a block of results; lists may be of any length.
static int64_t result_rows(const lnt_agg_spill *spill) {
    enum { ROWS_OF_LISTS = 64, VALUE = 8 };
    int64_t n_columns = lnt_schema_n_columns(spill->plan->schema) + 1;
    int64_t rows = lnt__block_rows(spill->engine, 0, 0, n_columns * VALUE / 2);
    for (int64_t i = 0; i < spill->plan->n_calls; i++)
        if (spill->plan->calls[i].function->kind == LNT_AGG_LIST && rows > ROWS_OF_LISTS) rows = ROWS_OF_LISTS;
    return rows;
}

/// Writes the results of a partition's groups as `run`.
static lnt_status write_results(const lnt_agg_spill *spill, const partition *part, lnt_run *run, lnt_error *err) {
    int64_t n_columns = lnt_schema_n_columns(spill->plan->schema), n = part->table->n_groups, step = result_rows(spill);
    const lnt_type *types = spill->types + spill->plan->n_keys + 1;
    lnt_room buffer = {0};
    lnt_arena scratch;
    lnt_arena_init(&scratch, lnt_engine_budget(spill->engine), who);
    lnt_vec *vectors = lnt_alloc_array(n_columns + 1, sizeof *vectors, err);
    lnt_status status = vectors ? LNT_OK : LNT_NOMEM;
    for (int64_t at = 0; status == LNT_OK && at < n; at += step) {
        int64_t count = n - at < step ? n - at : step;
        lnt_arena_reset(&scratch);
        status = lnt__groups_read(spill->plan, part->table, NULL, at, count, &scratch, vectors, err);
        const int64_t *numbers = (const int64_t *)lnt__room_data(&part->numbers) + at;
        vectors[n_columns] = (lnt_vec){.type = LNT_INT, .form = LNT_FORM_FLAT, .data = numbers};
        if (status == LNT_OK)
            status = lnt__block_write(spill->file, types, n_columns + 1, vectors, NULL, count, &buffer, run, err);
    }
    lnt_free(vectors);
    lnt_arena_clear(&scratch);
    lnt__room_clear(&buffer);
    return status;
}

static lnt_status keep_results(finishing *all, partition *part, lnt_error *err) {
    lnt_run run = {0}, *slot = NULL;
    LNT_TRY(lnt__agg_table_prepare(part->table, err));
    lnt_status status = write_results(all->spill, part, &run, err);
    if (status == LNT_OK) {
        pthread_mutex_lock(&all->lock);
        status = lnt__runs_add(&all->runs, &slot, err);
        if (status == LNT_OK) *slot = run;
        pthread_mutex_unlock(&all->lock);
    }
    if (!slot) lnt__run_clear(&run);
    return status;
}

static lnt_status finish_part(finishing *all, const lnt_agg_pieces *pieces, int level, lnt_error *err);

/// The partition is too large: its groups so far, and the pieces from `next` on, are divided further.
static lnt_status divide_further(finishing *all, partition *part, const lnt_agg_pieces *pieces, int64_t next, int level,
                                 lnt_error *err) {
    lnt_agg_pieces parts[LNT_SPILL_PARTS] = {0};
    lnt_status status = write_divided(all->spill, part->table, lnt__room_data(&part->numbers), level, parts, err);
    partition_clear(part);
    for (; status == LNT_OK && next < pieces->n; next++) {
        partition own;
        status = partition_init(all->spill, &own, err);
        if (status == LNT_OK) status = merge_piece(all->spill, &own, &pieces->items[next], err);
        if (status == LNT_OK)
            status = write_divided(all->spill, own.table, lnt__room_data(&own.numbers), level, parts, err);
        partition_clear(&own);
    }
    for (int p = 0; p < LNT_SPILL_PARTS; p++) {
        if (status == LNT_OK) status = finish_part(all, &parts[p], level + 1, err);
        pieces_clear(&parts[p]);
    }
    return status;
}

/// Merges the pieces of a partition that came to be by `level` divisions.
static lnt_status finish_part(finishing *all, const lnt_agg_pieces *pieces, int level, lnt_error *err) {
    if (pieces->n == 0) return LNT_OK;
    partition part;
    lnt_status status = partition_init(all->spill, &part, err);
    for (int64_t i = 0; status == LNT_OK && i < pieces->n; i++) {
        status = merge_piece(all->spill, &part, &pieces->items[i], err);
        bool crowded = lnt_engine_memory_left(all->spill->engine) < all->available / 2;
        if (status == LNT_OK && crowded && level < LNT_SPILL_LEVELS && part.table->n_groups > 1)
            return divide_further(all, &part, pieces, i + 1, level, err);
    }
    if (status == LNT_OK) status = keep_results(all, &part, err);
    partition_clear(&part);
    return status;
}

static lnt_status finish_item(void *context, int64_t item, int worker, lnt_error *err) {
    (void)worker;
    finishing *all = context;
    return finish_part(all, &all->spill->parts[item], 1, err);
}

lnt_status lnt__agg_spill_finish(lnt_agg_spill *spill, lnt_stream **out, lnt_error *err) {
    finishing all = {.spill = spill, .available = lnt_engine_memory_left(spill->engine)};
    pthread_mutex_init(&all.lock, NULL);
    lnt_status status = lnt__parallel(spill->engine, LNT_SPILL_PARTS, finish_item, &all, err);
    int64_t n_columns = lnt_schema_n_columns(spill->plan->schema);
    const bool descending = false;
    lnt_run_shape shape = {spill->types + spill->plan->n_keys + 1, n_columns + 1, &n_columns, &descending, 1};
    if (status == LNT_OK)
        status = lnt__open_merge(spill->file, spill->plan->schema, &shape, &all.runs, (lnt_cut){.rows = LNT_GROUPS_MORSEL_ROWS},
                                 out, err);
    lnt__runs_clear(&all.runs);
    pthread_mutex_destroy(&all.lock);
    return status;
}
