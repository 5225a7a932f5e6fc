/// @file join_parts.c
/// Joining the partitions of two sides, each as a join in memory, and putting what they give back into order.
///
/// A partition's right rows are indexed and its left rows probe them; joined rows are written as a run with the left row's
/// number, by which runs are merged in the end. An outer join's right rows without a match form runs of their own, merged by
/// the right row's number. A partition that is too large is divided again; one that can't be, because most of its right rows
/// have the same key, is joined piece by piece of the right, each with all left rows, of which it is noted which met one.
#include <pthread.h>

#include "base/parallel.h"
#include "exec/join/join_spill.h"
#include "exec/spill/spill_number.h"

typedef struct join_parts {
    lnt_engine *engine;
    const lnt_plan *plan;
    lnt_spill *file;
    const lnt_join_side *left, *right;
    lnt_plan inner, inner_left; ///< the join of sides with row numbers; only what joining looks at is set
    lnt_plan *inner_inputs[2];
    lnt_schema *left_schema, *right_schema, *joined_schema; ///< owned
    lnt_type *types;                                        ///< of the joined columns, then the number
    int64_t n_columns, available;
    pthread_mutex_t lock; ///< of what follows
    lnt_runs matched, unmatched;
} join_parts;

// ---- the left rows of a partition as a stream ----

typedef struct run_stream {
    lnt_stream head;
    const join_parts *all;
    const lnt_run *run;
    lnt_block block;
    int64_t start;        ///< of the block's rows in the run
    const uint64_t *skip; ///< by row of the run: those that don't come; NULL: all come
    uint32_t sel[LNT_BATCH_ROWS];
} run_stream;

static lnt_status run_claim(lnt_stream *stream, int worker, int64_t *morsel, lnt_error *err) {
    (void)stream, (void)worker, (void)err;
    *morsel = 0; // read once, by hand
    return LNT_OK;
}

/// The block's rows, without those that are to be skipped.
static lnt_status emit_block(run_stream *self, lnt_emit_fn emit, void *context, lnt_error *err) {
    int64_t n_rows = self->block.n_rows;
    lnt_batch batch = {.n_rows = n_rows, .first_row = -1, .n_sel = n_rows, .columns = self->block.vectors};
    batch.n_columns = self->all->left->n_columns + 1;
    if (self->skip) {
        batch.sel = self->sel;
        batch.n_sel = 0;
        for (int64_t i = 0; i < n_rows; i++)
            if (!lnt_bitmap_get(self->skip, self->start + i)) self->sel[batch.n_sel++] = (uint32_t)i;
    }
    return emit(context, &batch, err);
}

static lnt_status run_read(lnt_stream *stream, int worker, int64_t morsel, lnt_emit_fn emit, void *context,
                           lnt_error *err) {
    (void)worker, (void)morsel;
    run_stream *self = (run_stream *)stream;
    self->start = 0;
    for (int64_t b = 0; b < self->run->n_blocks; b++) {
        LNT_TRY(lnt_engine_check(stream->engine, err));
        LNT_TRY(lnt__join_read_block(self->all->file, self->all->left, &self->run->blocks[b], &self->block, err));
        LNT_TRY(emit_block(self, emit, context, err));
        self->start += self->block.n_rows;
    }
    return LNT_OK;
}

/// Which row of the run has the number, one of the present block, whose numbers ascend.
static int64_t run_find(const run_stream *self, int64_t number) {
    const int64_t *numbers = self->block.vectors[self->all->left->n_columns].data;
    return self->start + lnt__number_find(numbers, self->block.n_rows, number);
}

static void run_progress(const lnt_stream *stream, int64_t *done, int64_t *total) {
    (void)stream;
    *done = *total = 0;
}

static void run_close(lnt_stream *stream, bool finished) {
    lnt__block_clear(&((run_stream *)stream)->block);
    lnt__stream_free(stream, finished);
}

static const lnt_stream_class run_stream_class = {run_claim, run_read, run_progress, run_close};

// ---- joined rows into a run ----

typedef struct joined_writer {
    const join_parts *all;
    lnt_run *run;
    lnt_room buffer;
    lnt_vec *vectors;
    int64_t block_rows;
    const run_stream *left; ///< while it is probed
    uint64_t *seen;         ///< where left rows that come out are noted; NULL: nowhere
    bool silent;            ///< they are only noted
} joined_writer;

/// Writes rows of the inner join: its columns without numbers, then the number in column `number`.
static lnt_status write_joined(joined_writer *writer, const lnt_batch *batch, int64_t number, lnt_error *err) {
    const join_parts *all = writer->all;
    int64_t n_left = all->left->n_columns;
    uint32_t rows[LNT_BATCH_ROWS];
    for (int64_t c = 0; c < all->n_columns; c++) writer->vectors[c] = batch->columns[c < n_left ? c : c + 1];
    writer->vectors[all->n_columns] = batch->columns[number];
    for (int64_t at = 0; at < batch->n_sel; at += writer->block_rows) {
        int64_t left = batch->n_sel - at, n = left < writer->block_rows ? left : writer->block_rows;
        for (int64_t k = 0; k < n; k++) rows[k] = (uint32_t)lnt__row(batch->sel, at + k);
        LNT_TRY(lnt__block_write(all->file, all->types, all->n_columns + 1, writer->vectors, rows, n, &writer->buffer,
                                 writer->run, err));
    }
    return LNT_OK;
}

static lnt_status take_joined(void *context, const lnt_batch *batch, lnt_error *err) {
    joined_writer *writer = context;
    int64_t number = writer->all->left->n_columns;
    const int64_t *numbers = batch->columns[number].data;
    for (int64_t k = 0; writer->seen && k < batch->n_sel; k++)
        lnt_bitmap_set(writer->seen, run_find(writer->left, numbers[lnt__row(batch->sel, k)]));
    return writer->silent ? LNT_OK : write_joined(writer, batch, number, err);
}

/// Joins the left rows but those of `skip` (NULL: all) with what was built.
static lnt_status probe(joined_writer *writer, lnt_join_build *build, const lnt_run *left, const uint64_t *skip,
                        lnt_error *err) {
    const join_parts *all = writer->all;
    lnt_stream *stream = NULL, *joined = NULL;
    LNT_TRY(lnt__stream_new(&run_stream_class, sizeof(run_stream), all->engine, all->left_schema, NULL, &stream, err));
    run_stream *rows = (run_stream *)stream;
    rows->all = all;
    rows->run = left;
    rows->skip = skip;
    writer->left = rows;
    LNT_TRY(lnt__join_probe(build, false, stream, &joined, err));
    lnt_status status = joined->class_->read(joined, 0, 0, take_joined, writer, err);
    lnt__stream_close(joined, status == LNT_OK);
    return status;
}

/// The right's rows without a match, by their own numbers, which are the inner join's last column.
static lnt_status write_unmatched(joined_writer *writer, const lnt_join_build *build, lnt_error *err) {
    const join_parts *all = writer->all;
    lnt_table *table = NULL;
    lnt_arena scratch;
    LNT_TRY(lnt__join_unmatched(build, &table, err));
    int64_t n_columns = lnt_table_n_columns(table), n_rows = lnt_table_n_rows(table);
    lnt_arena_init(&scratch, lnt_engine_budget(all->engine), "join");
    lnt_vec *vectors = lnt_alloc_array(n_columns, sizeof *vectors, err);
    lnt_status status = vectors ? LNT_OK : LNT_NOMEM;
    for (int64_t at = 0; status == LNT_OK && at < n_rows; at += LNT_BATCH_ROWS) {
        int64_t n = n_rows - at < LNT_BATCH_ROWS ? n_rows - at : LNT_BATCH_ROWS;
        lnt_arena_reset(&scratch);
        for (int64_t c = 0; status == LNT_OK && c < n_columns; c++)
            status = lnt_vec_from_column(lnt_table_column(table, c), at, n, &scratch, &vectors[c], err);
        lnt_batch batch = {.n_rows = n, .n_sel = n, .n_columns = n_columns, .columns = vectors};
        if (status == LNT_OK) status = write_joined(writer, &batch, n_columns - 1, err);
    }
    lnt_free(vectors);
    lnt_arena_clear(&scratch);
    lnt_table_unref(table);
    return status;
}

// ---- a partition ----

/// The right rows of a partition as a table, with their numbers.
static lnt_status read_right(const join_parts *all, const lnt_run *run, lnt_table **out, lnt_error *err) {
    lnt_rows rows;
    lnt_block block = {0};
    LNT_TRY(lnt__rows_init(&rows, all->engine, all->right_schema, "join", err));
    lnt_status status = LNT_OK;
    for (int64_t b = 0; status == LNT_OK && b < run->n_blocks; b++) {
        status = lnt__join_read_block(all->file, all->right, &run->blocks[b], &block, err);
        lnt_batch batch = {.n_columns = all->right->n_columns + 1, .columns = block.vectors};
        if (status == LNT_OK) status = lnt__rows_append(&rows, &batch, NULL, block.n_rows, err);
        if (status == LNT_OK) status = lnt_engine_check(all->engine, err);
    }
    if (status == LNT_OK) status = lnt__rows_finish(&rows, all->right_schema, out, err);
    lnt__rows_clear(&rows);
    lnt__block_clear(&block);
    return status;
}

static lnt_status keep_run(join_parts *all, lnt_runs *runs, lnt_run *run, lnt_error *err) {
    lnt_run *slot = NULL;
    pthread_mutex_lock(&all->lock);
    lnt_status status = lnt__runs_add(runs, &slot, err);
    if (status == LNT_OK) {
        *slot = *run;
        *run = (lnt_run){0};
    }
    pthread_mutex_unlock(&all->lock);
    return status;
}

/// Rows of a joined block, which has the columns of both sides and so should have fewer rows than theirs.
static int64_t joined_block_rows(const lnt_run *left, const lnt_run *right) {
    enum { LEAST = 32 };
    int64_t rows = LNT_BATCH_ROWS, l = lnt__runs_block_rows(left, 1), r = lnt__runs_block_rows(right, 1);
    if (left->n_blocks > 0 && l < rows) rows = l;
    if (right->n_blocks > 0 && r < rows) rows = r;
    return rows / 2 < LEAST ? LEAST : rows / 2;
}

/// What the right rows of some blocks take in memory with their index.
static int64_t right_bytes(const lnt_run *right, int64_t from, int64_t to) {
    enum { IN_MEMORY = 3, INDEX = 100 }; // what a block's bytes become, and the index of a row
    int64_t bytes = 0;
    for (int64_t b = from; b < to; b++)
        bytes += IN_MEMORY * right->blocks[b].size + INDEX * right->blocks[b].n_rows;
    return bytes;
}

/// A worker's share of the memory for a right side.
static int64_t share(const join_parts *all) {
    return all->available / (2 * lnt_engine_n_threads(all->engine));
}

/// A partition that is being joined.
typedef struct part_join {
    join_parts *all;
    const lnt_run *left, *right;
    joined_writer writer;
    lnt_room seen; ///< by left row, where the right comes in pieces: whether it met a row
} part_join;

/// One step: the right rows of blocks [from, to) meet the left rows, but those of `skip`, as in a join of `kind`.
static lnt_status join_piece(part_join *part, int64_t from, int64_t to, lnt_join_kind kind, const uint64_t *skip,
                             lnt_error *err) {
    join_parts *all = part->all;
    lnt_plan plan = all->inner;
    plan.join = kind;
    lnt_join_build build = {.engine = all->engine, .plan = &plan};
    lnt_run piece = {.blocks = part->right->blocks + from, .n_blocks = to - from};
    lnt_run matched = {0}, unmatched = {0};
    bool outer = all->plan->join == LNT_JOIN_OUTER && to > from;
    part->writer.run = &matched;
    lnt_status status = read_right(all, &piece, &build.table, err);
    if (status == LNT_OK && outer) {
        build.matched = lnt_alloc_array(lnt_table_n_rows(build.table), sizeof *build.matched, err);
        if (!build.matched) status = LNT_NOMEM;
    }
    if (status == LNT_OK) status = lnt__join_index(&build, NULL, 0, err);
    if (status == LNT_OK) status = probe(&part->writer, &build, part->left, skip, err);
    if (status == LNT_OK) status = keep_run(all, &all->matched, &matched, err);
    part->writer.run = &unmatched;
    if (status == LNT_OK && outer) status = write_unmatched(&part->writer, &build, err);
    if (status == LNT_OK && outer) status = keep_run(all, &all->unmatched, &unmatched, err);
    lnt__run_clear(&matched);
    lnt__run_clear(&unmatched);
    lnt__join_build_clear(&build);
    return status;
}

/// The right in pieces that fit. What a left row meets is only known when all have been there.
static lnt_status join_pieces(part_join *part, lnt_error *err) {
    const lnt_run *right = part->right;
    lnt_join_kind kind = part->all->plan->join;
    bool once = kind == LNT_JOIN_SEMI || kind == LNT_JOIN_ANTI;
    LNT_TRY(lnt__room_grow(&part->seen, lnt_engine_budget(part->all->engine), lnt_bitmap_words(part->left->n_rows),
                           sizeof(uint64_t), "join", err));
    uint64_t *seen = lnt__room_data(&part->seen);
    part->writer.seen = seen;
    part->writer.silent = kind == LNT_JOIN_ANTI;
    for (int64_t from = 0, to; from < right->n_blocks; from = to) {
        to = from + 1;
        while (to < right->n_blocks && right_bytes(right, from, to + 1) <= share(part->all)) to++;
        LNT_TRY(join_piece(part, from, to, once ? LNT_JOIN_SEMI : LNT_JOIN_INNER, once ? seen : NULL, err));
    }
    part->writer.seen = NULL;
    part->writer.silent = false;
    if (kind == LNT_JOIN_INNER || kind == LNT_JOIN_SEMI) return LNT_OK;
    return join_piece(part, 0, 0, kind == LNT_JOIN_ANTI ? LNT_JOIN_ANTI : LNT_JOIN_LEFT, seen, err);
}

/// Joins a partition that isn't divided further.
static lnt_status join_part(join_parts *all, const lnt_run *left, const lnt_run *right, lnt_error *err) {
    part_join part = {.all = all, .left = left, .right = right, .writer = {.all = all}};
    part.writer.block_rows = joined_block_rows(left, right);
    part.writer.vectors = lnt_alloc_array(all->n_columns + 1, sizeof *part.writer.vectors, err);
    lnt_status status = part.writer.vectors ? LNT_OK : LNT_NOMEM;
    if (status == LNT_OK)
        status = right_bytes(right, 0, right->n_blocks) <= share(all)
                     ? join_piece(&part, 0, right->n_blocks, all->plan->join, NULL, err)
                     : join_pieces(&part, err);
    lnt__room_clear(&part.writer.buffer);
    lnt__room_clear(&part.seen);
    lnt_free(part.writer.vectors);
    return status;
}

/// Joins two runs, dividing them as long as that makes the right side smaller; `n_before` are the right rows that were
/// divided last.
static lnt_status join_runs(join_parts *all, const lnt_run *left, const lnt_run *right, int level, int64_t n_before,
                            lnt_error *err) {
    if (left->n_rows == 0 && all->plan->join != LNT_JOIN_OUTER) return LNT_OK;
    bool fits = right_bytes(right, 0, right->n_blocks) <= share(all), helps = right->n_rows < n_before - n_before / 8;
    if (level >= LNT_SPILL_LEVELS || fits || !helps) return join_part(all, left, right, err);
    lnt_run lefts[LNT_SPILL_PARTS] = {0}, rights[LNT_SPILL_PARTS] = {0};
    lnt_status status = lnt__join_divide_run(all->plan, all->file, all->left, left, level, lefts, err);
    if (status == LNT_OK) status = lnt__join_divide_run(all->plan, all->file, all->right, right, level, rights, err);
    for (int p = 0; p < LNT_SPILL_PARTS; p++) {
        if (status == LNT_OK) status = join_runs(all, &lefts[p], &rights[p], level + 1, right->n_rows, err);
        lnt__run_clear(&lefts[p]);
        lnt__run_clear(&rights[p]);
    }
    return status;
}

static lnt_status join_item(void *context, int64_t item, int worker, lnt_error *err) {
    (void)worker;
    join_parts *all = context;
    int64_t n_right = 0;
    for (int p = 0; p < LNT_SPILL_PARTS; p++) n_right += all->right->parts[p].n_rows;
    return join_runs(all, &all->left->parts[item], &all->right->parts[item], 1, n_right + n_right / 4, err);
}

// ---- all of them ----

/// The inner join: the left's columns, the left row's number, the right's columns and, for outer, the right row's number.
static lnt_status init_inner(join_parts *all, lnt_error *err) {
    const lnt_plan *plan = all->plan;
    int64_t n_left = all->left->n_columns, n_right = plan->n_columns, n = 0;
    bool outer = plan->join == LNT_JOIN_OUTER;
    all->n_columns = lnt_schema_n_columns(plan->schema);
    all->types = lnt_alloc_array(all->n_columns + 1, sizeof *all->types, err);
    lnt_type *types = lnt_alloc_array(all->n_columns + 2, sizeof *types, err);
    all->inner = *plan;
    all->inner.columns = lnt_alloc_array(n_right + 1, sizeof *all->inner.columns, err);
    lnt_status status = all->types && types && all->inner.columns ? LNT_OK : LNT_NOMEM;
    for (int64_t c = 0; status == LNT_OK && c < all->n_columns; c++) {
        all->types[c] = lnt_schema_type(plan->schema, c);
        if (c == n_left) types[n++] = LNT_INT;
        types[n++] = all->types[c];
    }
    if (status == LNT_OK) {
        if (all->n_columns == n_left) types[n++] = LNT_INT;
        if (outer) types[n++] = LNT_INT;
        all->types[all->n_columns] = LNT_INT;
        for (int64_t c = 0; c < n_right; c++) all->inner.columns[c] = plan->columns[c];
        all->inner.columns[n_right] = all->right->n_columns;
        all->inner.n_columns = n_right + outer;
        status = lnt__schema_numbered(types, n, &all->joined_schema, err);
    }
    lnt_free(types);
    return status;
}

static lnt_status parts_init(join_parts *all, lnt_error *err) {
    LNT_TRY(init_inner(all, err));
    LNT_TRY(lnt__schema_numbered(all->left->types, all->left->n_columns + 1, &all->left_schema, err));
    LNT_TRY(lnt__schema_numbered(all->right->types, all->right->n_columns + 1, &all->right_schema, err));
    all->inner_left.schema = all->left_schema;
    all->inner_inputs[0] = &all->inner_left;
    all->inner_inputs[1] = all->plan->inputs[1];
    all->inner.inputs = all->inner_inputs;
    all->inner.schema = all->joined_schema;
    return LNT_OK;
}

/// Merges runs of joined rows.
static lnt_status open_runs(join_parts *all, lnt_runs *runs, bool as_table, lnt_stream **out, lnt_error *err) {
    const bool descending = false;
    int64_t n_rows = 0;
    for (int64_t i = 0; i < runs->n; i++) n_rows += runs->items[i].n_rows;
    lnt_run_shape shape = {all->types, all->n_columns + 1, &all->n_columns, &descending, 1};
    lnt_cut cut = {.rows = as_table ? lnt_table_morsel_rows(n_rows) : 0};
    return lnt__open_merge(all->file, all->plan->schema, &shape, runs, cut, out, err);
}

static lnt_status open_joined(join_parts *all, lnt_stream **out, lnt_error *err) {
    bool outer = all->plan->join == LNT_JOIN_OUTER;
    lnt_stream *parts[2] = {NULL, NULL};
    LNT_TRY(open_runs(all, &all->matched, outer && all->left->is_table, &parts[0], err));
    if (!outer) {
        *out = parts[0];
        return LNT_OK;
    }
    lnt_status status = open_runs(all, &all->unmatched, true, &parts[1], err);
    if (status == LNT_OK) return lnt__open_concat(all->plan, parts, out, err);
    lnt__stream_close(parts[0], false);
    return status;
}

lnt_status lnt__join_parts(lnt_engine *engine, const lnt_plan *plan, lnt_spill *file, const lnt_join_side *left,
                           const lnt_join_side *right, lnt_stream **out, lnt_error *err) {
    join_parts all = {.engine = engine, .plan = plan, .file = file, .left = left, .right = right};
    all.available = lnt_engine_memory_left(engine);
    pthread_mutex_init(&all.lock, NULL);
    lnt_status status = parts_init(&all, err);
    if (status == LNT_OK) status = lnt__parallel(engine, LNT_SPILL_PARTS, join_item, &all, err);
    if (status == LNT_OK) status = open_joined(&all, out, err);
    lnt__runs_clear(&all.matched);
    lnt__runs_clear(&all.unmatched);
    lnt_schema_unref(all.left_schema);
    lnt_schema_unref(all.right_schema);
    lnt_schema_unref(all.joined_schema);
    lnt_free(all.inner.columns);
    lnt_free(all.types);
    pthread_mutex_destroy(&all.lock);
    return status;
}
