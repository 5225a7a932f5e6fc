/// @file slice.c
/// slice, head and tail: rows by their number.
///
/// A row's number is known once all morsels before it are counted, so each morsel keeps the rows that could be wanted
/// and the merge, in order, cuts them. A head stops reading when it has enough; a tail drops from the front what can't
/// be among the last rows any more.
#include "exec/stream.h"

/// The rows of a morsel that could be wanted, as a table.
typedef struct lnt_piece {
    lnt_rows rows;
    lnt_table *table; ///< after the morsel has ended
    int64_t n_rows;   ///< rows of the morsel, kept or not
} lnt_piece;

typedef struct lnt_slice_sink {
    lnt_sink head;
    lnt_engine *engine;
    const lnt_schema *schema;
    int64_t offset, count; ///< as in the plan
    int64_t seen;          ///< rows before the next piece
    lnt_table **kept;      ///< tail: the pieces that may hold the last rows; owned
    int64_t n_kept, kept_capacity, first_kept;
    int64_t held;  ///< rows of the kept pieces
    lnt_rows rows; ///< head: what was cut out so far
} lnt_slice_sink;

/// Rows that are wanted at the beginning of a stream, INT64_MAX for all.
static int64_t rows_needed(const lnt_slice_sink *self) {
    if (self->offset < 0 || self->count < 0 || self->offset > INT64_MAX - self->count) return INT64_MAX;
    return self->offset + self->count;
}

static lnt_status slice_begin(lnt_sink *sink, int worker, void **partial, lnt_error *err) {
    (void)worker;
    lnt_slice_sink *self = (lnt_slice_sink *)sink;
    lnt_piece *piece = lnt_alloc_array(1, sizeof *piece, err);
    if (!piece) return LNT_NOMEM;
    lnt_status status = lnt__rows_init(&piece->rows, self->engine, self->schema, "slice", err);
    if (status != LNT_OK) {
        lnt_free(piece);
        return status;
    }
    *partial = piece;
    return LNT_OK;
}

static lnt_status slice_consume(lnt_sink *sink, int worker, void *partial, const lnt_batch *batch, bool *full,
                                lnt_error *err) {
    (void)worker;
    lnt_slice_sink *self = (lnt_slice_sink *)sink;
    lnt_piece *piece = partial;
    int64_t room = rows_needed(self) - piece->n_rows, n = batch->n_sel < room ? batch->n_sel : room;
    LNT_TRY(lnt__rows_append(&piece->rows, batch, batch->sel, n, err));
    piece->n_rows += n;
    *full = piece->n_rows >= rows_needed(self);
    return LNT_OK;
}

static lnt_status slice_end(lnt_sink *sink, int worker, void *partial, lnt_error *err) {
    (void)worker;
    lnt_piece *piece = partial;
    return lnt__rows_finish(&piece->rows, ((lnt_slice_sink *)sink)->schema, &piece->table, err);
}

static void slice_discard(lnt_sink *sink, void *partial) {
    (void)sink;
    lnt_piece *piece = partial;
    lnt__rows_clear(&piece->rows);
    lnt_table_unref(piece->table);
    lnt_free(piece);
}

/// Cuts rows [offset, offset + count) of the stream out of the next piece.
static lnt_status merge_front(lnt_slice_sink *self, const lnt_piece *piece, bool *enough, lnt_error *err) {
    int64_t start = self->offset > self->seen ? self->offset - self->seen : 0;
    int64_t end = piece->n_rows;
    int64_t needed = rows_needed(self);
    if (needed - self->seen < end) end = needed - self->seen;
    if (start < end) LNT_TRY(lnt__rows_append_range(&self->rows, self->engine, piece->table, start, end, err));
    self->seen += piece->n_rows;
    *enough = self->seen >= needed;
    return LNT_OK;
}

/// Keeps the next piece and drops those that can't hold one of the last rows.
static lnt_status merge_back(lnt_slice_sink *self, lnt_piece *piece, lnt_error *err) {
    LNT_TRY(lnt_grow((void **)&self->kept, &self->kept_capacity, self->n_kept + 1, sizeof *self->kept, err));
    self->kept[self->n_kept++] = piece->table;
    piece->table = NULL;
    self->seen += piece->n_rows;
    self->held += piece->n_rows;
    while (self->held - lnt_table_n_rows(self->kept[self->first_kept]) >= -self->offset) {
        self->held -= lnt_table_n_rows(self->kept[self->first_kept]);
        lnt_table_unref(self->kept[self->first_kept]);
        self->kept[self->first_kept++] = NULL;
    }
    return LNT_OK;
}

static lnt_status slice_merge(lnt_sink *sink, void *partial, bool *enough, lnt_error *err) {
    lnt_slice_sink *self = (lnt_slice_sink *)sink;
    lnt_status status = self->offset < 0 ? merge_back(self, partial, err) : merge_front(self, partial, enough, err);
    slice_discard(sink, partial);
    return status;
}

static const lnt_sink_class slice_sink_class = {"reading", slice_begin, slice_consume,
                                                slice_end, slice_merge, slice_discard};

/// Rows [start, end) of n for an offset and a count as users give them.
static void resolve_range(int64_t offset, int64_t count, int64_t n, int64_t *start, int64_t *end) {
    *start = offset < 0 ? (n + offset > 0 ? n + offset : 0) : (offset < n ? offset : n);
    *end = count < 0 || count > n - *start ? n : *start + count;
}

/// Cuts the wanted rows out of the pieces that a tail kept.
static lnt_status finish_back(lnt_slice_sink *self, lnt_error *err) {
    int64_t start, end, at = self->seen - self->held;
    resolve_range(self->offset, self->count, self->seen, &start, &end);
    for (int64_t i = self->first_kept; i < self->n_kept; i++) {
        int64_t n = lnt_table_n_rows(self->kept[i]);
        int64_t from = start > at ? start - at : 0, to = end - at < n ? end - at : n;
        if (from < to) LNT_TRY(lnt__rows_append_range(&self->rows, self->engine, self->kept[i], from, to, err));
        at += n;
    }
    return LNT_OK;
}

static lnt_status slice_stream(const lnt_plan *plan, lnt_stream *input, bool *finished, lnt_table **out,
                               lnt_error *err) {
    lnt_slice_sink self = {.head = {&slice_sink_class},
                           .engine = input->engine,
                           .schema = plan->schema,
                           .offset = plan->offset,
                           .count = plan->count};
    LNT_TRY(lnt__rows_init(&self.rows, input->engine, plan->schema, "slice", err));
    lnt_status status = plan->count == 0 ? LNT_OK : lnt__drain(input, &self.head, finished, err);
    if (status == LNT_OK && self.offset < 0) status = finish_back(&self, err);
    if (status == LNT_OK) status = lnt__rows_finish(&self.rows, plan->schema, out, err);
    for (int64_t i = 0; i < self.n_kept; i++) lnt_table_unref(self.kept[i]);
    lnt_free(self.kept);
    lnt__rows_clear(&self.rows);
    return status;
}

/// Rows of a table in memory, whose columns are cut without reading them.
static lnt_status slice_table(const lnt_plan *plan, const lnt_stream *input, lnt_table **out, lnt_error *err) {
    int64_t start, end, n = lnt_schema_n_columns(plan->schema);
    resolve_range(plan->offset, plan->count, lnt_table_n_rows(input->table), &start, &end);
    lnt_column **columns = lnt_alloc_array(n, sizeof *columns, err);
    if (!columns) return LNT_NOMEM;
    lnt_status status = LNT_OK;
    for (int64_t c = 0; status == LNT_OK && c < n; c++)
        status =
            lnt_column_slice(input->engine, lnt_table_column(input->table, c), start, end - start, &columns[c], err);
    if (status == LNT_OK) {
        status = lnt__table_of(plan->schema, columns, end - start, out, err);
    } else {
        for (int64_t c = 0; c < n; c++) lnt_column_unref(columns[c]);
    }
    lnt_free(columns);
    return status;
}

lnt_status lnt__open_slice(const lnt_plan *plan, lnt_stream *input, lnt_stream **out, lnt_error *err) {
    lnt_engine *engine = input->engine;
    lnt_table *table = NULL;
    bool finished = false;
    lnt_status status =
        input->table ? slice_table(plan, input, &table, err) : slice_stream(plan, input, &finished, &table, err);
    lnt__stream_close(input, finished);
    if (status == LNT_OK) status = lnt__open_table(engine, plan->schema, table, out, err);
    lnt_table_unref(table);
    return status;
}
