/// @file join_spill.c
/// The sides of a join on their way into partitions.
///
/// The right side is collected as always, as long as it fits; what is there then is divided and written, and what comes
/// after it too. The left side is divided once it is known that the right one was. Invariant: the blocks of a partition
/// stand in the order of their side, so that within a partition rows keep their order.
#include "exec/join/join_spill.h"

#include "base/hash.h"
#include "exec/gather.h"
#include "exec/spill/spill_number.h"

/// One morsel: rows, and what of it was written.
typedef struct side_part {
    lnt_rows rows;
    int64_t n_written; ///< rows
    lnt_run parts[LNT_SPILL_PARTS];
} side_part;

typedef struct side_sink {
    lnt_sink head;
    lnt_engine *engine;
    const lnt_plan *plan;
    const lnt_schema *schema;
    lnt_spiller *spiller;
    lnt_join_side *side;
    bool left;
    _Atomic bool spilling; ///< rows don't stay in memory
    lnt_rows rows;         ///< the right's, while they do
    int64_t n_merged;      ///< rows of the right, morsels of the left
} side_sink;

/// Bytes that a row of the right takes in the index.
enum { LNT_INDEX_ROW_BYTES = 80 };

static void runs_clear(lnt_run *parts) {
    for (int p = 0; p < LNT_SPILL_PARTS; p++) lnt__run_clear(&parts[p]);
}

void lnt__join_side_clear(lnt_join_side *side) {
    runs_clear(side->parts);
    lnt_free(side->types);
    *side = (lnt_join_side){0};
}

// ---- dividing a table ----

typedef struct dividing {
    lnt_engine *engine;
    const lnt_plan *plan;
    lnt_spill *file;
    const lnt_join_side *side;
    const lnt_table *table;
    int64_t first; ///< number of the first row; -1: the table's last column has the numbers
    int level;
    lnt_run *parts;
    lnt_room part, list; ///< by row; rows by partition, int64_t
    int64_t starts[LNT_SPILL_PARTS + 1];
    lnt_arena scratch;
    lnt_room buffer;
    lnt_vec *vectors;
} dividing;

static lnt_status find_parts(dividing *d, lnt_error *err) {
    uint64_t hashes[LNT_BATCH_ROWS];
    int64_t n_rows = lnt_table_n_rows(d->table);
    uint8_t *part = lnt__room_data(&d->part);
    for (int64_t at = 0; at < n_rows; at += LNT_BATCH_ROWS) {
        int64_t n = n_rows - at < LNT_BATCH_ROWS ? n_rows - at : LNT_BATCH_ROWS;
        lnt_arena_reset(&d->scratch);
        for (int64_t k = 0; k < d->plan->n_keys; k++) {
            const lnt_column *column = lnt_table_column(d->table, d->side->keys[k]);
            LNT_TRY(lnt_vec_from_column(column, at, n, &d->scratch, &d->vectors[k], err));
            LNT_TRY(lnt__join_key(d->plan, k, &d->vectors[k], n, &d->scratch, err));
        }
        lnt__hash_keys(d->vectors, d->plan->n_keys, n, hashes);
        for (int64_t k = 0; k < d->plan->n_keys; k++)
            for (int64_t i = 0; i < n; i++) // null matches nothing: such rows may be anywhere, and not all in one place
                if (!lnt_vec_is_valid(&d->vectors[k], i)) hashes[i] = lnt_hash_u64((uint64_t)(at + i));
        for (int64_t i = 0; i < n; i++) {
            part[at + i] = (uint8_t)lnt__spill_part(hashes[i], d->level);
            d->starts[part[at + i] + 1]++;
        }
    }
    return LNT_OK;
}

static lnt_status list_rows(dividing *d, lnt_error *err) {
    lnt_budget *budget = lnt_engine_budget(d->engine);
    int64_t n_rows = lnt_table_n_rows(d->table), at[LNT_SPILL_PARTS];
    LNT_TRY(lnt__room_grow(&d->part, budget, n_rows, sizeof(uint8_t), "join", err));
    LNT_TRY(lnt__room_grow(&d->list, budget, n_rows, sizeof(int64_t), "join", err));
    LNT_TRY(find_parts(d, err));
    const uint8_t *part = lnt__room_data(&d->part);
    int64_t *list = lnt__room_data(&d->list);
    for (int p = 0; p < LNT_SPILL_PARTS; p++) {
        d->starts[p + 1] += d->starts[p];
        at[p] = d->starts[p];
    }
    for (int64_t i = 0; i < n_rows; i++) list[at[part[i]]++] = i;
    return LNT_OK;
}

/// Writes rows list[n] as a block of partition `p`.
static lnt_status write_rows(dividing *d, const int64_t *list, int64_t n, int p, lnt_error *err) {
    int64_t n_columns = d->side->n_columns + (d->first < 0);
    lnt_arena_reset(&d->scratch);
    for (int64_t c = 0; c < n_columns; c++)
        LNT_TRY(
            lnt__gather_column(lnt_table_column(d->table, c), list, n, &d->scratch, &d->vectors[c], err));
    if (d->first >= 0) {
        int64_t *numbers = lnt_arena_alloc(&d->scratch, n * (int64_t)sizeof *numbers, err);
        if (!numbers) return lnt_no_memory(err);
        for (int64_t i = 0; i < n; i++) numbers[i] = d->first + list[i];
        d->vectors[n_columns] = (lnt_vec){.type = LNT_INT, .form = LNT_FORM_FLAT, .data = numbers};
    }
    return lnt__block_write(d->file, d->side->types, d->side->n_columns + 1, d->vectors, NULL, n, &d->buffer,
                            &d->parts[p], err);
}

static lnt_status write_parts(dividing *d, lnt_error *err) {
    int64_t n_rows = lnt_table_n_rows(d->table);
    int64_t step = lnt__block_rows(d->engine, lnt__table_bytes(d->table), n_rows, d->side->n_columns + 1);
    const int64_t *list = lnt__room_data(&d->list);
    for (int p = 0; p < LNT_SPILL_PARTS; p++)
        for (int64_t at = d->starts[p]; at < d->starts[p + 1]; at += step) {
            int64_t left = d->starts[p + 1] - at;
            LNT_TRY(write_rows(d, list + at, left < step ? left : step, p, err));
        }
    return LNT_OK;
}

/// Writes the table's rows into `parts`.
static lnt_status divide_table(dividing *d, lnt_error *err) {
    lnt_arena_init(&d->scratch, lnt_engine_budget(d->engine), "join");
    d->vectors = lnt_alloc_array(d->side->n_columns + 1 + d->plan->n_keys, sizeof *d->vectors, err);
    lnt_status status = d->vectors ? list_rows(d, err) : LNT_NOMEM;
    if (status == LNT_OK) status = write_parts(d, err);
    lnt__room_clear(&d->part);
    lnt__room_clear(&d->list);
    lnt__room_clear(&d->buffer);
    lnt_arena_clear(&d->scratch);
    lnt_free(d->vectors);
    return status;
}

// ---- the sink ----

/// Writes a table's rows, numbered from `first` on, into `parts`.
static lnt_status write_table(side_sink *self, const lnt_table *table, int64_t first, lnt_run *parts, lnt_error *err) {
    dividing d = {.engine = self->engine, .plan = self->plan, .file = lnt__spiller_file(self->spiller)};
    d.side = self->side;
    d.table = table;
    d.first = first;
    d.parts = parts;
    return divide_table(&d, err);
}

/// The same of collected rows; does nothing where no file can be made.
static lnt_status write_out(side_sink *self, lnt_rows *rows, int64_t first, lnt_run *parts, lnt_error *err) {
    if (rows->n_rows == 0 || !lnt__spiller_file(self->spiller)) return LNT_OK;
    lnt_table *table = NULL;
    LNT_TRY(lnt__rows_finish(rows, self->schema, &table, err));
    lnt_status status = write_table(self, table, first, parts, err);
    lnt_table_unref(table);
    return status;
}

static lnt_status write_part(side_sink *self, side_part *part, lnt_error *err) {
    int64_t n = part->rows.n_rows;
    LNT_TRY(write_out(self, &part->rows, part->n_written, part->parts, err));
    if (part->rows.n_rows == 0) part->n_written += n;
    return LNT_OK;
}

static void side_discard(lnt_sink *sink, void *partial) {
    (void)sink;
    side_part *part = partial;
    lnt__rows_clear(&part->rows);
    runs_clear(part->parts);
    lnt_free(part);
}

static lnt_status side_begin(lnt_sink *sink, int worker, void **partial, lnt_error *err) {
    (void)worker;
    side_sink *self = (side_sink *)sink;
    side_part *part = lnt_alloc_array(1, sizeof *part, err);
    if (!part) return LNT_NOMEM;
    lnt_status status = lnt__rows_init(&part->rows, self->engine, self->schema, "join", err);
    if (status != LNT_OK) {
        lnt_free(part);
        return status;
    }
    *partial = part;
    return LNT_OK;
}

static lnt_status side_consume(lnt_sink *sink, int worker, void *partial, const lnt_batch *batch, bool *full,
                               lnt_error *err) {
    (void)worker, (void)full;
    side_sink *self = (side_sink *)sink;
    side_part *part = partial;
    LNT_TRY(lnt__rows_append(&part->rows, batch, batch->sel, batch->n_sel, err));
    return lnt__spill_early(self->spiller, lnt__rows_bytes(&part->rows)) ? write_part(self, part, err) : LNT_OK;
}

static lnt_status side_end(lnt_sink *sink, int worker, void *partial, lnt_error *err) {
    (void)worker;
    side_sink *self = (side_sink *)sink;
    return atomic_load(&self->spilling) ? write_part(self, partial, err) : LNT_OK;
}

/// Puts what a morsel wrote at the end of the side's partitions.
static lnt_status join_runs(side_sink *self, side_part *part, lnt_error *err) {
    int64_t base = self->left ? self->n_merged << 32 : self->n_merged;
    for (int p = 0; p < LNT_SPILL_PARTS; p++) {
        for (int64_t b = 0; b < part->parts[p].n_blocks; b++) part->parts[p].blocks[b].base = base;
        LNT_TRY(lnt__run_join(&self->side->parts[p], &part->parts[p], err));
    }
    self->n_merged += self->left ? 1 : part->n_written;
    return LNT_OK;
}

static lnt_status add_part(side_sink *self, side_part *part, lnt_error *err) {
    bool spilling = atomic_load(&self->spilling) || part->n_written > 0;
    if (spilling && lnt__spiller_file(self->spiller)) {
        if (!atomic_exchange(&self->spilling, true) || self->rows.n_rows > 0) {
            int64_t n = self->rows.n_rows;
            LNT_TRY(write_out(self, &self->rows, 0, self->side->parts, err));
            self->n_merged += n;
        }
        LNT_TRY(write_part(self, part, err)); // it ended before the others began to write
        return join_runs(self, part, err);
    }
    LNT_TRY(lnt__rows_merge(&self->rows, &part->rows, err));
    if (lnt__spill_now(self->spiller, lnt__rows_bytes(&self->rows)) && lnt__spiller_file(self->spiller))
        atomic_store(&self->spilling, true);
    return LNT_OK;
}

static lnt_status side_merge(lnt_sink *sink, void *partial, bool *enough, lnt_error *err) {
    (void)enough;
    lnt_status status = add_part((side_sink *)sink, partial, err);
    side_discard(sink, partial);
    return status;
}

static const lnt_sink_class side_sink_class = {"reading", side_begin, side_consume, side_end, side_merge, side_discard};

static lnt_status sink_init(side_sink *self, const lnt_plan *plan, lnt_stream *input, lnt_spiller *spiller,
                            lnt_join_side *side, bool left, lnt_error *err) {
    *self = (side_sink){.head = {&side_sink_class}, .engine = input->engine, .plan = plan, .schema = input->schema};
    self->spiller = spiller;
    self->side = side;
    self->left = left;
    *side = (lnt_join_side){.n_columns = lnt_schema_n_columns(input->schema)};
    side->is_table = input->table != NULL;
    side->keys = left ? plan->keys : plan->right_keys;
    side->types = lnt_alloc_array(side->n_columns + 1, sizeof *side->types, err);
    if (!side->types) return LNT_NOMEM;
    for (int64_t c = 0; c < side->n_columns; c++) side->types[c] = lnt_schema_type(input->schema, c);
    side->types[side->n_columns] = LNT_INT;
    return lnt__rows_init(&self->rows, self->engine, self->schema, "join", err);
}

/// Whether a right side of `n_rows` can be indexed in memory: half of what there was is left for the left's rows and what
/// comes of them. `available` is what there was.
static bool fits(const lnt_engine *engine, int64_t n_rows, int64_t available) {
    enum { SHARE = 2 };
    return available == INT64_MAX || lnt_engine_memory_left(engine) > n_rows * LNT_INDEX_ROW_BYTES + available / SHARE;
}

/// Whether an outer join's rows, which are all collected before those without a match are known, have room in memory as
/// far as that can be told: `right_bytes` is what the right side takes.
static bool outer_fits(const lnt_plan *plan, const lnt_stream *left, const lnt_table *right) {
    int64_t n = lnt_table_n_rows(right), row_bytes = n > 0 ? lnt__table_bytes(right) / n : 0;
    if (plan->join != LNT_JOIN_OUTER || !left->table) return true;
    int64_t n_left = lnt_table_n_rows(left->table);
    return lnt_engine_memory_left(left->engine) / 2 > 2 * (lnt__table_bytes(left->table) + (n_left + n) * row_bytes);
}

/// The right's rows are all there: a table if they can be indexed in memory.
static lnt_status finish_right(side_sink *self, const lnt_stream *left, lnt_table **table, lnt_error *err) {
    lnt_table *collected = NULL;
    bool spills = atomic_load(&self->spilling) || !fits(self->engine, self->rows.n_rows, self->spiller->available);
    if (spills && lnt__spiller_file(self->spiller)) // the file is only made where it is needed
        return write_out(self, &self->rows, 0, self->side->parts, err);
    LNT_TRY(lnt__rows_finish(&self->rows, self->schema, &collected, err));
    if (outer_fits(self->plan, left, collected) || !lnt__spiller_file(self->spiller)) {
        *table = collected;
        return LNT_OK;
    }
    lnt_status status = write_table(self, collected, 0, self->side->parts, err);
    lnt_table_unref(collected);
    return status;
}

lnt_status lnt__join_collect_right(const lnt_plan *plan, lnt_stream *right, const lnt_stream *left, lnt_spiller *spiller,
                                   bool *finished, lnt_table **table, lnt_join_side *side, lnt_error *err) {
    if (right->table && fits(right->engine, lnt_table_n_rows(right->table), lnt_engine_memory_left(right->engine)) &&
        outer_fits(plan, left, right->table)) {
        *table = lnt_table_ref(right->table);
        return LNT_OK;
    }
    side_sink sink;
    lnt_status status = sink_init(&sink, plan, right, spiller, side, false, err);
    if (status == LNT_OK) status = lnt__drain(right, &sink.head, finished, err);
    if (status == LNT_OK) status = finish_right(&sink, left, table, err);
    lnt__rows_clear(&sink.rows);
    return status;
}

lnt_status lnt__join_divide_left(const lnt_plan *plan, lnt_stream *left, lnt_spiller *spiller, bool *finished,
                                 lnt_join_side *side, lnt_error *err) {
    side_sink sink;
    lnt_status status = sink_init(&sink, plan, left, spiller, side, true, err);
    atomic_store(&sink.spilling, true);
    if (status == LNT_OK) status = lnt__drain(left, &sink.head, finished, err);
    lnt__rows_clear(&sink.rows);
    return status;
}

// ---- further division ----

lnt_status lnt__join_read_block(const lnt_spill *file, const lnt_join_side *side, const lnt_block_ref *ref,
                                lnt_block *block, lnt_error *err) {
    LNT_TRY(lnt__block_read(file, ref, side->types, side->n_columns + 1, block, err));
    int64_t *numbers = (int64_t *)(uintptr_t)block->vectors[side->n_columns].data; // the block's own
    for (int64_t i = 0; i < block->n_rows; i++) numbers[i] += ref->base;
    return LNT_OK;
}

/// Divides rows whose numbers are their last column; they are empty afterwards.
static lnt_status divide_rows(dividing d, lnt_rows *rows, const lnt_schema *schema, lnt_error *err) {
    lnt_table *table = NULL;
    LNT_TRY(lnt__rows_finish(rows, schema, &table, err));
    d.table = table;
    lnt_status status = divide_table(&d, err);
    lnt_table_unref(table);
    return status;
}

lnt_status lnt__join_divide_run(const lnt_plan *plan, lnt_spill *file, const lnt_join_side *side, const lnt_run *run,
                                int level, lnt_run *parts, lnt_error *err) {
    enum { BLOCKS_AT_ONCE = 32 };
    lnt_engine *engine = lnt_spill_engine(file);
    dividing d = {.engine = engine, .plan = plan, .file = file, .side = side, .first = -1, .level = level, .parts = parts};
    lnt_schema *schema = NULL;
    lnt_rows rows = {0};
    lnt_block block = {0};
    LNT_TRY(lnt__schema_numbered(side->types, side->n_columns + 1, &schema, err));
    lnt_status status = lnt__rows_init(&rows, engine, schema, "join", err);
    for (int64_t b = 0; status == LNT_OK && b < run->n_blocks; b++) {
        status = lnt__join_read_block(file, side, &run->blocks[b], &block, err);
        lnt_batch batch = {.n_columns = side->n_columns + 1, .columns = block.vectors};
        if (status == LNT_OK) status = lnt__rows_append(&rows, &batch, NULL, block.n_rows, err);
        bool flush = lnt__rows_bytes(&rows) > BLOCKS_AT_ONCE * lnt__block_bytes(engine) || b + 1 == run->n_blocks;
        if (status == LNT_OK && flush) status = divide_rows(d, &rows, schema, err);
    }
    lnt__rows_clear(&rows);
    lnt__block_clear(&block);
    lnt_schema_unref(schema);
    return status;
}
