/// @file sort_spill.c
/// Sorting more than fits: rows are collected as long as memory lasts, then sorted and written as a run; in the end the
/// runs are merged.
///
/// Workload: nearly always none of this: rows fit, and are handed on as they were collected. Invariant: runs and rows
/// stand in the order of the input, so that merging, which prefers earlier runs, keeps equal rows in their order.
#include "exec/gather.h"
#include "exec/owner.h"
#include "exec/sort/sort.h"
#include "exec/spill/spill.h"

/// One morsel, or all of them so far: runs, and rows that come after them.
typedef struct sort_part {
    lnt_runs runs;
    lnt_rows rows;
} sort_part;

typedef struct sort_sink {
    lnt_sink head;
    lnt_engine *engine;
    const lnt_sort_spec *spec;
    lnt_type *types; ///< of all columns
    int64_t n_columns;
    int64_t row_bytes;
    lnt_spiller *spiller; ///< borrowed
    sort_part total;
} sort_sink;

int64_t lnt__sort_row_bytes(const lnt_sort_spec *spec) {
    enum { PAIRS_AND_NUMBERS = 40, CODE = 8, RANKING = 40 };
    int64_t bytes = PAIRS_AND_NUMBERS, ranking = 0;
    for (int64_t k = 0; k < spec->sort->n_exprs; k++) {
        lnt_type type = lnt_schema_type(spec->schema, spec->key_columns[k]);
        bytes += type == LNT_IP ? 3 * CODE : 2 * CODE;
        if (type == LNT_STRING) ranking = RANKING;
    }
    return bytes + ranking;
}

static void part_clear(sort_part *part) {
    lnt__runs_clear(&part->runs);
    lnt__rows_clear(&part->rows);
}

static void sort_discard(lnt_sink *sink, void *partial) {
    (void)sink;
    part_clear(partial);
    lnt_free(partial);
}

static lnt_status sort_begin(lnt_sink *sink, int worker, void **partial, lnt_error *err) {
    (void)worker;
    sort_sink *self = (sort_sink *)sink;
    sort_part *part = lnt_alloc_array(1, sizeof *part, err);
    if (!part) return LNT_NOMEM;
    lnt_status status = lnt__rows_init(&part->rows, self->engine, self->spec->schema, self->spiller->who, err);
    if (status != LNT_OK) {
        lnt_free(part);
        return status;
    }
    *partial = part;
    return LNT_OK;
}

// ---- a run ----

/// Rows of a table on their way into a run.
typedef struct run_writer {
    sort_sink *self;
    lnt_spill *file;
    lnt_vec *vectors;
    lnt_room buffer;
    lnt_arena scratch;
    int64_t block_rows;
} run_writer;

/// Writes `table`, whose rows stand in the order rows[n_rows], as a run.
static lnt_status write_ordered(run_writer *writer, const lnt_table *table, const int64_t *rows, lnt_run *run,
                                lnt_error *err) {
    const sort_sink *self = writer->self;
    int64_t n_rows = lnt_table_n_rows(table);
    for (int64_t at = 0; at < n_rows; at += writer->block_rows) {
        int64_t n = n_rows - at < writer->block_rows ? n_rows - at : writer->block_rows;
        lnt_arena_reset(&writer->scratch);
        for (int64_t c = 0; c < self->n_columns; c++)
            LNT_TRY(lnt__gather_column(lnt_table_column(table, c), rows + at, n, &writer->scratch, &writer->vectors[c],
                                       err));
        LNT_TRY(lnt__block_write(writer->file, self->types, self->n_columns, writer->vectors, NULL, n, &writer->buffer,
                                 run, err));
    }
    return LNT_OK;
}

/// Sorts rows [start, start + n) of the table and writes them as a run.
static lnt_status write_piece(run_writer *writer, const lnt_table *table, int64_t start, int64_t n, lnt_runs *runs,
                              lnt_error *err) {
    const sort_sink *self = writer->self;
    const lnt_plan *sort = self->spec->sort;
    lnt_table *piece = NULL;
    lnt_room rows = {0};
    lnt_run *run = NULL;
    const lnt_column **keys = lnt_alloc_array(sort->n_exprs, sizeof *keys, err);
    lnt_status status = keys ? lnt__table_slice(self->engine, table, start, n, &piece, err) : LNT_NOMEM;
    for (int64_t k = 0; status == LNT_OK && k < sort->n_exprs; k++)
        keys[k] = lnt_table_column(piece, self->spec->key_columns[k]);
    if (status == LNT_OK)
        status = lnt__error_owner(lnt__sort_rows(self->engine, keys, sort->descending, sort->n_exprs, n, &rows, err),
                                  "sort", self->spiller->who, err);
    if (status == LNT_OK) status = lnt__runs_add(runs, &run, err);
    if (status == LNT_OK) status = write_ordered(writer, piece, lnt__room_data(&rows), run, err);
    lnt__room_clear(&rows);
    lnt_table_unref(piece);
    lnt_free(keys);
    return status;
}

/// Writes all rows of the table as runs: one, or as many as memory for sorting asks for.
static lnt_status write_table(run_writer *writer, const lnt_table *table, lnt_runs *runs, lnt_error *err) {
    enum { LEAST_ROWS = 1024 };
    sort_sink *self = writer->self;
    int64_t n_rows = lnt_table_n_rows(table);
    int64_t piece = lnt_engine_memory_left(self->engine) / (2 * lnt_engine_n_threads(self->engine)) / self->row_bytes;
    if (piece < LEAST_ROWS) piece = LEAST_ROWS;
    writer->block_rows = lnt__block_rows(self->engine, lnt__table_bytes(table), n_rows, self->n_columns);
    for (int64_t start = 0; start < n_rows; start += piece)
        LNT_TRY(write_piece(writer, table, start, n_rows - start < piece ? n_rows - start : piece, runs, err));
    return LNT_OK;
}

/// Writes the table's rows as runs into `file`.
static lnt_status write_runs(sort_sink *self, lnt_spill *file, const lnt_table *table, lnt_runs *runs, lnt_error *err) {
    run_writer writer = {.self = self, .file = file};
    lnt_arena_init(&writer.scratch, lnt_engine_budget(self->engine), self->spiller->who);
    writer.vectors = lnt_alloc_array(self->n_columns, sizeof *writer.vectors, err);
    lnt_status status = writer.vectors ? write_table(&writer, table, runs, err) : LNT_NOMEM;
    lnt_free(writer.vectors);
    lnt_arena_clear(&writer.scratch);
    lnt__room_clear(&writer.buffer);
    return status;
}

/// Sorts the part's rows into runs at the end of its runs. Leaves them where they are if no file can be made.
static lnt_status spill_rows(sort_sink *self, sort_part *part, lnt_error *err) {
    lnt_spill *file = lnt__spiller_file(self->spiller);
    if (!file || part->rows.n_rows == 0) return LNT_OK;
    lnt_table *table = NULL;
    LNT_TRY(lnt__rows_finish(&part->rows, self->spec->schema, &table, err));
    lnt_status status = write_runs(self, file, table, &part->runs, err);
    lnt_table_unref(table);
    lnt_memory_return_now();
    return status;
}

// ---- the sink ----

static lnt_status sort_consume(lnt_sink *sink, int worker, void *partial, const lnt_batch *batch, bool *full,
                               lnt_error *err) {
    (void)worker, (void)full;
    sort_sink *self = (sort_sink *)sink;
    sort_part *part = partial;
    LNT_TRY(lnt__rows_append(&part->rows, batch, batch->sel, batch->n_sel, err));
    return lnt__spill_early(self->spiller, lnt__rows_bytes(&part->rows)) ? spill_rows(self, part, err) : LNT_OK;
}

/// Puts `part`, which comes after all there is, into the total.
static lnt_status add_part(sort_sink *self, sort_part *part, lnt_error *err) {
    sort_part *total = &self->total;
    if (part->runs.n > 0) {
        LNT_TRY(spill_rows(self, total, err));
        LNT_TRY(lnt__runs_join(&total->runs, &part->runs, err));
    }
    if (total->rows.n_rows == 0) { // the first rows come as they are
        lnt_rows empty = total->rows;
        total->rows = part->rows;
        part->rows = empty;
    } else if (part->rows.n_rows > 0) {
        LNT_TRY(lnt__rows_merge(&total->rows, &part->rows, err));
    }
    return lnt__spill_now(self->spiller, lnt__rows_bytes(&total->rows)) ? spill_rows(self, total, err) : LNT_OK;
}

static lnt_status sort_merge(lnt_sink *sink, void *partial, bool *enough, lnt_error *err) {
    (void)enough;
    lnt_status status = add_part((sort_sink *)sink, partial, err);
    sort_discard(sink, partial);
    return status;
}

static const lnt_sink_class sort_sink_class = {"reading", sort_begin, sort_consume, NULL, sort_merge, sort_discard};

/// Whether the rows that were collected can be sorted in memory, with the result beside them.
static bool fits(const sort_sink *self) {
    const lnt_rows *rows = &self->total.rows;
    int64_t row_bytes = self->row_bytes + self->spec->more_row_bytes;
    return lnt_engine_memory_left(self->engine) > rows->n_rows * row_bytes + lnt__rows_bytes(rows);
}

/// All rows are in: a table to sort, if one is asked for and they fit, or runs to merge.
static lnt_status finish(sort_sink *self, lnt_table **table, lnt_runs *runs, lnt_error *err) {
    sort_part *total = &self->total;
    bool in_memory = table && fits(self);
    if (total->runs.n > 0 || !in_memory) LNT_TRY(spill_rows(self, total, err));
    if (self->spiller->failed && !in_memory)
        return lnt_error_set(err, LNT_LIMIT, "the memory limit doesn't suffice for %s of %lld rows", self->spiller->who,
                             (long long)total->rows.n_rows);
    if (total->runs.n == 0 && in_memory) return lnt__rows_finish(&total->rows, self->spec->schema, table, err);
    return lnt__runs_join(runs, &total->runs, err);
}

static lnt_status sink_init(sort_sink *sink, const lnt_sort_spec *spec, lnt_spiller *spiller, lnt_error *err) {
    *sink = (sort_sink){.head = {&sort_sink_class}, .engine = spiller->engine, .spec = spec, .spiller = spiller};
    sink->n_columns = lnt_schema_n_columns(spec->schema);
    sink->row_bytes = lnt__sort_row_bytes(spec);
    sink->types = lnt_alloc_array(sink->n_columns, sizeof *sink->types, err);
    if (!sink->types) return LNT_NOMEM;
    for (int64_t c = 0; c < sink->n_columns; c++) sink->types[c] = lnt_schema_type(spec->schema, c);
    return LNT_OK;
}

lnt_status lnt__sort_write(const lnt_sort_spec *spec, lnt_spiller *spiller, const lnt_table *table, lnt_runs *runs,
                           lnt_error *err) {
    sort_sink sink;
    lnt_spill *file = lnt__spiller_file(spiller);
    if (!file)
        return lnt_error_set(err, LNT_LIMIT, "the memory limit doesn't suffice for %s of %lld rows", spiller->who,
                             (long long)lnt_table_n_rows(table));
    lnt_status status = sink_init(&sink, spec, spiller, err);
    if (status == LNT_OK) status = write_runs(&sink, file, table, runs, err);
    lnt_free(sink.types);
    return status;
}

lnt_status lnt__sort_drain(const lnt_sort_spec *spec, lnt_stream *input, lnt_spiller *spiller, bool *finished,
                           lnt_table **table, lnt_runs *runs, lnt_error *err) {
    sort_sink sink;
    lnt_status status = sink_init(&sink, spec, spiller, err);
    if (status == LNT_OK)
        status = lnt__rows_init(&sink.total.rows, input->engine, spec->schema, spiller->who, err);
    if (status == LNT_OK) status = lnt__drain(input, &sink.head, finished, err);
    if (status == LNT_OK) status = finish(&sink, table, runs, err);
    part_clear(&sink.total);
    lnt_free(sink.types);
    return status;
}

/// Runs of a sort as a stream of its rows.
static lnt_status open_sorted(const lnt_sort_spec *spec, lnt_spill *file, lnt_runs *runs, lnt_stream **out,
                              lnt_error *err) {
    int64_t n_columns = lnt_schema_n_columns(spec->schema), n_rows = 0;
    lnt_type *types = lnt_alloc_array(n_columns, sizeof *types, err);
    if (!types) return LNT_NOMEM;
    for (int64_t c = 0; c < n_columns; c++) types[c] = lnt_schema_type(spec->schema, c);
    for (int64_t i = 0; i < runs->n; i++) n_rows += runs->items[i].n_rows;
    lnt_run_shape shape = {types, n_columns, spec->key_columns, spec->sort->descending, spec->sort->n_exprs};
    lnt_status status =
        lnt__open_merge(file, spec->sort->schema, &shape, runs, (lnt_cut){.rows = lnt_table_morsel_rows(n_rows)}, out, err);
    lnt_free(types);
    return status;
}

lnt_status lnt__sort_collect(const lnt_sort_spec *spec, lnt_stream *input, bool *finished, lnt_table **table,
                             lnt_stream **sorted, lnt_error *err) {
    lnt_spiller spiller;
    lnt_runs runs = {0};
    lnt__spiller_init(&spiller, input->engine, "sort");
    lnt_status status = lnt__sort_drain(spec, input, &spiller, finished, table, &runs, err);
    if (status == LNT_OK && !*table) status = open_sorted(spec, spiller.file, &runs, sorted, err);
    status = lnt__spiller_outcome(&spiller, status, err);
    lnt__runs_clear(&runs);
    lnt__spiller_clear(&spiller);
    return status;
}
