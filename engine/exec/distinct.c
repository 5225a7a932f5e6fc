/// @file distinct.c
/// distinct: the first row of every combination of keys, with all of its columns.
///
/// Where the keys are all there is, they are grouped (aggregate.c), which is quicker and may leave memory. Else each morsel
/// keeps the rows that are new within it; the merge, in order, keeps those of them that are new in all. Rows that were kept
/// leave memory when it fills; rows that come later may then be new once more, which is seen to in the end, when rows of the
/// same keys are brought together (spill/regroup.c).
#include "exec/aggregate/groups.h"
#include "exec/owner.h"
#include "exec/spill/regroup.h"
#include "exec/stream.h"

/// Row k is the first of group k.
typedef struct lnt_distinct_part {
    lnt_groups groups;
    lnt_rows rows;
    lnt_table *table; ///< the rows, after the morsel has ended
    lnt_runs runs;    ///< rows that left memory, which come before them
} lnt_distinct_part;

typedef struct lnt_distinct_own {
    lnt_key_scratch keys;
    lnt_vec *vectors;
    uint32_t *groups; ///< by selected row
    uint32_t *sel;    ///< rows that are new
} lnt_distinct_own;

typedef struct lnt_distinct_sink {
    lnt_sink head;
    lnt_engine *engine;
    const lnt_plan *plan;
    lnt_key_layout layout;
    lnt_distinct_own *own; ///< by worker, one more for merging
    int n_own;
    lnt_distinct_part total;
    lnt_spiller spiller;
    lnt_regroup regroup;
} lnt_distinct_sink;

static lnt_status part_init_as(lnt_distinct_sink *self, const lnt_schema *schema, lnt_distinct_part *part,
                               lnt_error *err) {
    LNT_TRY(lnt__groups_init(&part->groups, &self->layout, lnt_engine_budget(self->engine), "distinct", err));
    lnt__groups_may_adopt(&part->groups);
    return lnt__rows_init(&part->rows, self->engine, schema, "distinct", err);
}

static lnt_status part_init(lnt_distinct_sink *self, lnt_distinct_part *part, lnt_error *err) {
    return part_init_as(self, self->plan->schema, part, err);
}

static void part_clear(lnt_distinct_part *part) {
    lnt__groups_clear(&part->groups);
    lnt__rows_clear(&part->rows);
    lnt_table_unref(part->table);
    lnt__runs_clear(&part->runs);
}

/// About what the part takes, with its groups, which grow by half or more at once.
static int64_t part_bytes(const lnt_distinct_part *part) {
    enum { GROUP = 200 };
    return lnt__rows_bytes(&part->rows) + lnt__groups_n(&part->groups) * GROUP;
}

/// Puts the part's rows into the file, and forgets them. Leaves them where they are if no file can be made.
static lnt_status spill_part(lnt_distinct_sink *self, lnt_distinct_part *part, lnt_error *err) {
    lnt_table *table = part->table;
    if (!lnt__spiller_file(&self->spiller)) return LNT_OK;
    part->table = NULL;
    if (!table) LNT_TRY(lnt__rows_finish(&part->rows, self->plan->schema, &table, err));
    lnt_status status = LNT_OK;
    if (lnt_table_n_rows(table) > 0) status = lnt__regroup_put(&self->spiller, table, &part->runs, err);
    lnt_table_unref(table);
    LNT_TRY(status);
    lnt_runs runs = part->runs;
    part->runs = (lnt_runs){0};
    part_clear(part);
    *part = (lnt_distinct_part){.runs = runs};
    return part_init(self, part, err);
}

static void distinct_discard(lnt_sink *sink, void *partial) {
    (void)sink;
    part_clear(partial);
    lnt_free(partial);
}

static lnt_status distinct_begin(lnt_sink *sink, int worker, void **partial, lnt_error *err) {
    (void)worker;
    lnt_distinct_part *part = lnt_alloc_array(1, sizeof *part, err);
    if (!part) return LNT_NOMEM;
    lnt_status status = part_init((lnt_distinct_sink *)sink, part, err);
    if (status != LNT_OK) {
        distinct_discard(sink, part);
        return status;
    }
    *partial = part;
    return LNT_OK;
}

static lnt_status distinct_consume(lnt_sink *sink, int worker, void *partial, const lnt_batch *batch, bool *full,
                                   lnt_error *err) {
    (void)full;
    lnt_distinct_sink *self = (lnt_distinct_sink *)sink;
    lnt_distinct_part *part = partial;
    lnt_distinct_own *own = &self->own[worker];
    int64_t known = lnt__groups_n(&part->groups), n_new = 0;
    for (int64_t k = 0; k < self->plan->n_keys; k++) own->vectors[k] = batch->columns[self->plan->keys[k]];
    LNT_TRY(lnt__groups_add(&part->groups, &own->keys, own->vectors, batch->sel, batch->n_sel, own->groups, err));
    for (int64_t k = 0; k < batch->n_sel; k++) {
        if (own->groups[k] < known + n_new) continue;
        own->sel[n_new++] = (uint32_t)lnt__row(batch->sel, k);
    }
    LNT_TRY(lnt__rows_append(&part->rows, batch, own->sel, n_new, err));
    return lnt__spill_early(&self->spiller, part_bytes(part)) ? spill_part(self, part, err) : LNT_OK;
}

static lnt_status distinct_end(lnt_sink *sink, int worker, void *partial, lnt_error *err) {
    (void)worker;
    lnt_distinct_part *part = partial;
    return lnt__rows_finish(&part->rows, ((lnt_distinct_sink *)sink)->plan->schema, &part->table, err);
}

/// Appends those rows of the part's table whose group is new: to[k] ≥ the number of groups known before.
static lnt_status append_new(lnt_distinct_sink *self, const lnt_distinct_part *part, const uint32_t *to, int64_t known,
                             lnt_error *err) {
    lnt_distinct_own *own = &self->own[self->n_own - 1];
    lnt_arena scratch;
    lnt_arena_init(&scratch, lnt_engine_budget(self->engine), "distinct");
    lnt_status status = LNT_OK;
    int64_t n_rows = lnt_table_n_rows(part->table), n_columns = lnt_table_n_columns(part->table);
    for (int64_t at = 0; status == LNT_OK && at < n_rows; at += LNT_BATCH_ROWS) {
        status = lnt_engine_check(self->engine, err);
        if (status != LNT_OK) break;
        int64_t n = n_rows - at < LNT_BATCH_ROWS ? n_rows - at : LNT_BATCH_ROWS, n_new = 0;
        for (int64_t k = 0; k < n; k++)
            if (to[at + k] >= known) own->sel[n_new++] = (uint32_t)k;
        if (n_new == 0) continue;
        lnt_arena_reset(&scratch);
        for (int64_t c = 0; status == LNT_OK && c < n_columns; c++)
            status = lnt_vec_from_column(lnt_table_column(part->table, c), at, n, &scratch, &own->vectors[c], err);
        lnt_batch batch = {.n_rows = n,
                           .first_row = -1,
                           .sel = own->sel,
                           .n_sel = n_new,
                           .n_columns = n_columns,
                           .columns = own->vectors};
        if (status == LNT_OK) status = lnt__rows_append(&self->total.rows, &batch, own->sel, n_new, err);
    }
    lnt_arena_clear(&scratch);
    return status;
}

/// Adds what is new of the part's table to the total.
static lnt_status merge_part(lnt_distinct_sink *self, lnt_distinct_part *part, lnt_error *err) {
    int64_t known = lnt__groups_n(&self->total.groups), n = lnt__groups_n(&part->groups);
    lnt_room to = {0};
    lnt_status status = lnt__room_grow(&to, lnt_engine_budget(self->engine), n, sizeof(uint32_t), "distinct", err);
    if (status == LNT_OK)
        status = lnt__groups_merge(&self->total.groups, &self->own[self->n_own - 1].keys, &part->groups, NULL, n,
                                   lnt__room_data(&to), err);
    if (status == LNT_OK) status = append_new(self, part, lnt__room_data(&to), known, err);
    lnt__room_clear(&to);
    return status;
}

/// Whether half of the memory that there was is taken, and the rows that were kept have a part in it.
static bool is_full(const lnt_distinct_sink *self) {
    enum { WORTH = 32 };
    int64_t available = self->spiller.available, taken = part_bytes(&self->total);
    return available != INT64_MAX && lnt_engine_memory_left(self->engine) < available / 2 && taken > available / WORTH;
}

/// Whether a morsel's rows can't be merged beside what they take.
static bool is_large(const lnt_distinct_sink *self, const lnt_distinct_part *part) {
    enum { GROUPS = 2 }; // times the rows' bytes: what they take once more, with their groups
    if (self->spiller.available == INT64_MAX) return false;
    return lnt_engine_memory_left(self->engine) < GROUPS * lnt__table_bytes(part->table) + self->spiller.available / 8;
}

static lnt_status distinct_merge(lnt_sink *sink, void *partial, bool *enough, lnt_error *err) {
    (void)enough;
    lnt_distinct_sink *self = (lnt_distinct_sink *)sink;
    lnt_distinct_part *part = partial, *total = &self->total;
    lnt_status status = LNT_OK;
    if (part->runs.n > 0 || is_large(self, part)) { // all that there is comes before them
        status = spill_part(self, total, err);
        if (status == LNT_OK && is_large(self, part)) status = spill_part(self, part, err);
        if (status == LNT_OK) status = lnt__runs_join(&total->runs, &part->runs, err);
    }
    if (status == LNT_OK && part->table) status = merge_part(self, part, err); // else it is in the file
    distinct_discard(sink, partial);
    return status == LNT_OK && is_full(self) ? spill_part(self, total, err) : status;
}

static const lnt_sink_class distinct_sink_class = {"grouping",   distinct_begin, distinct_consume,
                                                   distinct_end, distinct_merge, distinct_discard};

static lnt_status sink_init(lnt_distinct_sink *self, lnt_error *err) {
    const lnt_plan *plan = self->plan;
    LNT_TRY(lnt__key_layout_of_schema(&self->layout, plan->schema, plan->keys, plan->n_keys, err));
    int n_own = lnt_engine_n_threads(self->engine) + 1;
    self->own = lnt_alloc_array(n_own, sizeof *self->own, err);
    if (!self->own) return LNT_NOMEM;
    self->n_own = n_own;
    int64_t n_columns = lnt_schema_n_columns(self->plan->schema);
    for (int w = 0; w < n_own; w++) {
        lnt_distinct_own *own = &self->own[w];
        LNT_TRY(lnt__key_scratch_init(&own->keys, &self->layout, err));
        own->vectors = lnt_alloc_array(n_columns + 1 + self->plan->n_keys, sizeof *own->vectors, err);
        own->groups = lnt_alloc_array(LNT_BATCH_ROWS, sizeof *own->groups, err);
        own->sel = lnt_alloc_array(LNT_BATCH_ROWS, sizeof *own->sel, err);
        if (!own->vectors || !own->groups || !own->sel) return LNT_NOMEM;
    }
    return part_init(self, &self->total, err);
}

static void sink_clear(lnt_distinct_sink *self) {
    for (int w = 0; self->own && w < self->n_own; w++) {
        lnt__key_scratch_clear(&self->own[w].keys);
        lnt_free(self->own[w].vectors);
        lnt_free(self->own[w].groups);
        lnt_free(self->own[w].sel);
    }
    lnt_free(self->own);
    part_clear(&self->total);
    lnt__spiller_clear(&self->spiller);
    lnt__key_layout_clear(&self->layout);
}

// ---- rows that left memory ----

/// Appends those rows of a piece from `at` on, at most LNT_BATCH_ROWS, that are the first of their keys.
static lnt_status append_first(lnt_distinct_sink *self, lnt_distinct_part *part, const lnt_table *rows, int64_t at,
                               lnt_arena *scratch, lnt_error *err) {
    lnt_distinct_own *own = &self->own[0];
    int64_t n_columns = lnt_table_n_columns(rows), left = lnt_table_n_rows(rows) - at;
    int64_t n = left < LNT_BATCH_ROWS ? left : LNT_BATCH_ROWS, known = lnt__groups_n(&part->groups), n_new = 0;
    lnt_vec *keys = own->vectors + n_columns;
    lnt_arena_reset(scratch);
    LNT_TRY(lnt_engine_check(self->engine, err));
    for (int64_t c = 0; c < n_columns; c++)
        LNT_TRY(lnt_vec_from_column(lnt_table_column(rows, c), at, n, scratch, &own->vectors[c], err));
    for (int64_t k = 0; k < self->plan->n_keys; k++) keys[k] = own->vectors[self->plan->keys[k]];
    LNT_TRY(lnt__groups_add(&part->groups, &own->keys, keys, NULL, n, own->groups, err));
    for (int64_t k = 0; k < n; k++)
        if (own->groups[k] == known + n_new) own->sel[n_new++] = (uint32_t)k;
    lnt_batch batch = {.n_rows = n, .first_row = -1, .sel = own->sel, .n_sel = n_new, .n_columns = n_columns};
    batch.columns = own->vectors;
    return lnt__rows_append(&part->rows, &batch, own->sel, n_new, err);
}

/// The first row of each key of a piece, with its number.
static lnt_status first_rows(void *context, const lnt_table *rows, lnt_table **out, lnt_error *err) {
    lnt_distinct_sink *self = context;
    lnt_distinct_part part = {0};
    lnt_arena scratch;
    lnt_arena_init(&scratch, lnt_engine_budget(self->engine), "distinct");
    lnt_status status = part_init_as(self, self->regroup.numbered_output, &part, err);
    for (int64_t at = 0; status == LNT_OK && at < lnt_table_n_rows(rows); at += LNT_BATCH_ROWS)
        status = append_first(self, &part, rows, at, &scratch, err);
    if (status == LNT_OK) status = lnt__rows_finish(&part.rows, self->regroup.numbered_output, out, err);
    part_clear(&part);
    lnt_arena_clear(&scratch);
    return status;
}

/// All rows are in: those that left memory and those that are there, as the stream of the first ones.
static lnt_status open_spilled(lnt_distinct_sink *self, lnt_stream **out, lnt_error *err) {
    enum { GROUP = 120 }; // bytes of a row's group, and of the row once more
    const lnt_plan *plan = self->plan;
    LNT_TRY(spill_part(self, &self->total, err));
    lnt_runs runs = self->total.runs;
    self->total.runs = (lnt_runs){0};
    part_clear(&self->total);
    self->total = (lnt_distinct_part){0};
    self->regroup = (lnt_regroup){.input = plan->schema,
                                  .output = plan->schema,
                                  .keys = plan->keys,
                                  .n_keys = plan->n_keys,
                                  .row_bytes = GROUP,
                                  .whole = "what has the same values",
                                  .work = first_rows,
                                  .context = self};
    return lnt__regroup_open(&self->regroup, &self->spiller, &runs, out, err);
}

lnt_status lnt__open_distinct(const lnt_plan *plan, lnt_stream *input, lnt_stream **out, lnt_error *err) {
    if (lnt__distinct_is_grouping(plan))
        return lnt__error_owner(lnt__open_aggregate(plan, input, out, err), "group_by", "distinct", err);
    lnt_engine *engine = input->engine;
    lnt_distinct_sink sink = {.head = {&distinct_sink_class}, .engine = engine, .plan = plan};
    lnt_table *table = NULL;
    bool finished = false;
    lnt__spiller_init(&sink.spiller, engine, "distinct");
    lnt_status status = sink_init(&sink, err);
    if (status == LNT_OK) status = lnt__drain(input, &sink.head, &finished, err);
    lnt__stream_close(input, finished);
    bool spilled = sink.total.runs.n > 0;
    if (status == LNT_OK)
        status = spilled ? open_spilled(&sink, out, err) : lnt__rows_finish(&sink.total.rows, plan->schema, &table, err);
    status = lnt__spiller_outcome(&sink.spiller, status, err);
    sink_clear(&sink);
    if (status == LNT_OK && !spilled) status = lnt__open_table(engine, plan->schema, table, out, err);
    lnt_table_unref(table);
    return status;
}
