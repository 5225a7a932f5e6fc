/// @file regroup.c
/// Work that needs all rows of a key at once, on rows that don't fit.
///
/// The rows, in a file in their order, are numbered and sorted by a hash of their keys, so that those of a key stand side by
/// side, in their order. They are read in pieces of whole hashes that fit in memory; what the work makes of a piece is
/// sorted by the rows' numbers, and so comes out in the order in which it would have in memory.
///
/// Workload: windows by many partitions, rows whose first ones are wanted. A key whose rows don't fit is an error that says so.
#include "exec/spill/regroup.h"

#include <stdio.h>
#include <string.h>

#include "exec/spill/spill_number.h"

/// Pieces in the making.
typedef struct pieces {
    lnt_regroup *all;
    lnt_spiller *spiller; ///< of the results
    lnt_engine *engine;
    const lnt_schema *numbered; ///< the input's columns, the number, the hash
    const lnt_schema *schema;   ///< the same without the hash
    lnt_rows rows;              ///< that wait
    int64_t whole;              ///< the first ones of them, to which no more rows of their keys will come
    int64_t last_hash;
    int64_t most_bytes;
    int64_t crowd; ///< rows in hand, where they are more than there should be: nearly all have one key
    lnt_runs runs; ///< of results
} pieces;

static lnt_status types_of(const lnt_schema *schema, lnt_type **out, lnt_error *err) {
    int64_t n = lnt_schema_n_columns(schema);
    *out = lnt_alloc_array(n + 1, sizeof **out, err);
    if (!*out) return LNT_NOMEM;
    for (int64_t c = 0; c < n; c++) (*out)[c] = lnt_schema_type(schema, c);
    (*out)[n] = LNT_INT;
    return LNT_OK;
}

/// The columns of `schema`, then a number.
static lnt_status schema_with_number(const lnt_schema *schema, lnt_schema **out, lnt_error *err) {
    lnt_type *types = NULL;
    LNT_TRY(types_of(schema, &types, err));
    lnt_status status = lnt__schema_numbered(types, lnt_schema_n_columns(schema) + 1, out, err);
    lnt_free(types);
    return status;
}

static int64_t count_rows(const lnt_runs *runs) {
    int64_t n = 0;
    for (int64_t i = 0; i < runs->n; i++) n += runs->items[i].n_rows;
    return n;
}

// ---- rows in their order ----

lnt_status lnt__regroup_put(lnt_spiller *spiller, const lnt_table *table, lnt_runs *runs, lnt_error *err) {
    lnt_plan none = {.n_exprs = 0};
    lnt_sort_spec spec = {&none, lnt_table_schema(table), NULL, 0};
    return lnt__sort_write(&spec, spiller, table, runs, err);
}

// ---- sorting by the keys' hash ----

/// The rows, numbered, sorted by hash and number. The file that they were in is let go.
static lnt_status sort_by_hash(lnt_regroup *all, lnt_spiller *from, lnt_runs *runs, lnt_spiller *to, lnt_schema **numbered,
                               lnt_runs *sorted, lnt_error *err) {
    lnt_stream *stream = NULL;
    lnt_type *types = NULL;
    lnt_status status = types_of(all->input, &types, err);
    lnt_run_shape shape = {.types = types, .n_columns = lnt_schema_n_columns(all->input)};
    lnt_cut cut = {.rows = all->morsel_rows = lnt_table_morsel_rows(count_rows(runs)), .fixed = true};
    if (status == LNT_OK)
        status = lnt__open_merge(from->file, all->input, &shape, runs, cut, &stream, err);
    else
        lnt__runs_clear(runs);
    lnt_spill_unref(from->file);
    from->file = NULL;
    if (status == LNT_OK) status = lnt__open_numbered(stream, all->keys, all->n_keys, &stream, err);
    if (status == LNT_OK) {
        bool ascending[2] = {false, false}, finished = false; // not descending
        int64_t keys[2] = {shape.n_columns + 1, shape.n_columns};
        lnt_plan by = {.n_exprs = 2, .descending = ascending};
        lnt_sort_spec spec = {&by, stream->schema, keys, 0};
        *numbered = lnt_schema_ref(stream->schema);
        status = lnt__sort_drain(&spec, stream, to, &finished, NULL, sorted, err);
        lnt__stream_close(stream, finished);
    }
    lnt_free(types);
    return status;
}

// ---- pieces ----

static lnt_status write_results(pieces *self, const lnt_table *made, lnt_error *err) {
    bool ascending = false; // not descending
    int64_t key = lnt_schema_n_columns(self->all->output);
    lnt_plan by = {.n_exprs = 1, .descending = &ascending};
    lnt_sort_spec spec = {&by, self->all->numbered_output, &key, 0};
    return lnt__sort_write(&spec, self->spiller, made, &self->runs, err);
}

/// Whether the rows that wait take more memory than they should; notes it.
static bool are_enough(pieces *self) {
    bool enough = 2 * lnt__rows_bytes(&self->rows) + self->rows.n_rows * self->all->row_bytes > self->most_bytes;
    self->crowd = enough ? self->rows.n_rows : 0;
    return enough;
}

/// Does the work with the first rows that wait.
static lnt_status do_piece(pieces *self, int64_t n_rows, lnt_error *err) {
    lnt_table *rows = NULL, *piece = NULL, *made = NULL;
    int64_t n = self->rows.n_rows;
    self->whole = 0;
    LNT_TRY(lnt_engine_check(self->engine, err));
    LNT_TRY(lnt__rows_finish(&self->rows, self->schema, &rows, err));
    lnt_status status = LNT_OK;
    if (n_rows < n) status = lnt__rows_append_range(&self->rows, self->engine, rows, n_rows, n, err);
    if (status == LNT_OK) status = lnt__table_slice(self->engine, rows, 0, n_rows, &piece, err);
    lnt_table_unref(rows);
    if (status == LNT_OK) status = self->all->work(self->all->context, piece, &made, err);
    lnt_table_unref(piece);
    if (status == LNT_OK) status = write_results(self, made, err);
    lnt_table_unref(made);
    return status;
}

/// Adds rows, and does the work with those that came before when they are enough.
static lnt_status add_rows(pieces *self, const lnt_batch *batch, lnt_error *err) {
    int64_t n_columns = lnt_schema_n_columns(self->schema);
    const int64_t *hashes = batch->columns[n_columns].data;
    lnt_batch rows = *batch;
    rows.n_columns = n_columns;
    for (int64_t i = batch->n_rows - 1; i >= 0; i--)
        if (hashes[i] != (i ? hashes[i - 1] : self->last_hash)) {
            if (self->rows.n_rows + i > 0) self->whole = self->rows.n_rows + i;
            break;
        }
    self->last_hash = hashes[batch->n_rows - 1];
    LNT_TRY(lnt__rows_append(&self->rows, &rows, NULL, batch->n_rows, err));
    return are_enough(self) && self->whole > 0 ? do_piece(self, self->whole, err) : LNT_OK;
}

static lnt_status do_pieces(pieces *self, lnt_merge *merge, lnt_error *err) {
    for (;;) {
        lnt_batch batch;
        LNT_TRY(lnt__merge_next(merge, &batch, err));
        if (batch.n_rows == 0) return self->rows.n_rows > 0 ? do_piece(self, self->rows.n_rows, err) : LNT_OK;
        LNT_TRY(add_rows(self, &batch, err));
    }
}

/// An error of the limit says so if it was one key that didn't fit.
static lnt_status say_crowd(const pieces *self, lnt_status status, lnt_error *err) {
    if (status != LNT_LIMIT || !err || self->crowd == 0) return status;
    size_t size = strlen(err->message);
    snprintf(err->message + size, sizeof err->message - size, "; %s has to fit as a whole, and one has about %lld rows",
             self->all->whole, (long long)self->crowd);
    return status;
}

/// Reads the sorted rows and does the work with them; `self->runs` gets what comes of it.
static lnt_status work_through(pieces *self, lnt_spill *file, lnt_runs *sorted, lnt_error *err) {
    const bool ascending[2] = {false, false}; // not descending
    int64_t n = lnt_schema_n_columns(self->schema);
    const int64_t keys[2] = {n, n - 1};
    lnt_type *types = NULL;
    lnt_merge *merge = NULL;
    LNT_TRY(types_of(self->numbered, &types, err));
    lnt_run_shape shape = {types, n + 1, keys, ascending, 2};
    lnt_status status = lnt__runs_reduce(file, &shape, sorted, lnt__merge_fan_in(self->engine), err);
    if (status == LNT_OK) status = lnt__merge_new(file, &shape, sorted->items, sorted->n, &merge, err);
    if (status == LNT_OK) status = lnt__rows_init(&self->rows, self->engine, self->schema, self->spiller->who, err);
    self->most_bytes = lnt_engine_memory_left(self->engine) / 2;
    if (status == LNT_OK) status = say_crowd(self, do_pieces(self, merge, err), err);
    lnt__rows_clear(&self->rows);
    lnt__merge_free(merge);
    lnt_free(types);
    return status;
}

// ---- all of it ----

/// Merges what came of the work, in the order of the numbers.
static lnt_status open_results(pieces *self, lnt_stream **out, lnt_error *err) {
    const bool ascending = false; // not descending
    const lnt_schema *schema = self->all->output;
    int64_t n = lnt_schema_n_columns(schema);
    lnt_type *types = NULL;
    LNT_TRY(types_of(schema, &types, err));
    lnt_run_shape shape = {types, n + 1, &n, &ascending, 1};
    lnt_cut cut = {.rows = lnt_table_morsel_rows(count_rows(&self->runs))};
    lnt_status status = lnt__open_merge(self->spiller->file, schema, &shape, &self->runs, cut, out, err);
    lnt_free(types);
    return status;
}

lnt_status lnt__regroup_open(lnt_regroup *all, lnt_spiller *spiller, lnt_runs *runs, lnt_stream **out, lnt_error *err) {
    lnt_spiller sorting, results;
    lnt_schema *numbered = NULL, *schema = NULL;
    lnt_runs sorted = {0};
    lnt__spiller_init(&sorting, spiller->engine, spiller->who);
    lnt__spiller_init(&results, spiller->engine, spiller->who);
    pieces self = {.all = all, .spiller = &results, .engine = spiller->engine};
    lnt_status status = sort_by_hash(all, spiller, runs, &sorting, &numbered, &sorted, err);
    if (status == LNT_OK) status = schema_with_number(all->input, &schema, err);
    if (status == LNT_OK) status = schema_with_number(all->output, &all->numbered_output, err);
    self.numbered = numbered;
    self.schema = schema;
    if (status == LNT_OK) status = work_through(&self, sorting.file, &sorted, err);
    if (status == LNT_OK) status = open_results(&self, out, err);
    status = lnt__spiller_outcome(&sorting, status, err);
    status = lnt__spiller_outcome(&results, status, err);
    lnt__runs_clear(&sorted);
    lnt__runs_clear(&self.runs);
    lnt_schema_unref(numbered);
    lnt_schema_unref(schema);
    lnt_schema_unref(all->numbered_output);
    all->numbered_output = NULL;
    lnt__spiller_clear(&sorting);
    lnt__spiller_clear(&results);
    return status;
}
