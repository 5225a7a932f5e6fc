/// @file join_range_spill.c
/// range_join and cidr_join beyond the memory limit: the right in pieces that fit, each with all rows of the left.
///
/// Workload: a right side that doesn't fit, with ranges that may lie anywhere; the left is written once, in its order, and
/// read for each piece. Joined rows are sorted by the left row's number in the end, which keeps them in the right's order, as
/// the pieces are. Where only the narrowest range counts, each piece gives its narrowest one with its width, by which they are
/// sorted too, and the first one of each left row is the answer. Invariant: a bit for each left row says whether it met one.
#include "exec/join/join_inner.h"
#include "exec/join/join_range.h"
#include "exec/matcher.h"
#include "exec/spill/spill_number.h"

enum { INDEX_ROW = 250 }; ///< bytes that spans take for a row of the right while they are made

typedef struct range_stream {
    lnt_stream head; ///< of all joined rows, in one morsel: the join's columns, the number, maybe the width
    const lnt_plan *plan;
    lnt_spill *file;
    const char *who;
    lnt_inner_join inner;
    const lnt_schema *left_schema, *right_schema; ///< borrowed
    const lnt_run_shape *left_shape, *right_shape;
    lnt_runs *left, *right;
    bool narrowest;
    lnt_room seen; ///< a bit for each row of the left
    lnt_vec *vectors;
    lnt_arena scratch;
    uint32_t sel[LNT_BATCH_ROWS];
    lnt_emit_fn emit;
    void *context;
    bool marks, silent; ///< what is done with joined rows: they are noted; they don't come out
    bool once;          ///< left rows that were noted don't come again
    const lnt_batch *at; ///< the left's batch that is being joined, and the place of its first row
    int64_t at_row;
    bool claimed;
} range_stream;

// ---- the left's rows, once more ----

typedef struct replay_stream {
    lnt_stream head;
    range_stream *all;
} replay_stream;

static lnt_status claim_nothing(lnt_stream *stream, int worker, int64_t *morsel, lnt_error *err) {
    (void)stream, (void)worker, (void)err;
    *morsel = -1; // read by hand
    return LNT_OK;
}

static void tell_nothing(const lnt_stream *stream, int64_t *done, int64_t *total) {
    (void)stream;
    *done = *total = 0;
}

/// A batch of the left without the rows that met a range already, where those don't count again.
static lnt_status emit_left(range_stream *all, const lnt_batch *batch, lnt_emit_fn emit, void *context,
                            lnt_error *err) {
    uint32_t sel[LNT_BATCH_ROWS];
    lnt_batch rows = *batch;
    const uint64_t *seen = lnt__room_data(&all->seen);
    if (all->once) {
        rows.sel = sel;
        rows.n_sel = 0;
        for (int64_t i = 0; i < batch->n_rows; i++)
            if (!lnt_bitmap_get(seen, all->at_row + i)) sel[rows.n_sel++] = (uint32_t)i;
    }
    return emit(context, &rows, err);
}

static lnt_status replay_read(lnt_stream *stream, int worker, int64_t morsel, lnt_emit_fn emit, void *context,
                              lnt_error *err) {
    (void)worker, (void)morsel;
    range_stream *all = ((replay_stream *)stream)->all;
    lnt_merge *merge = NULL;
    lnt_batch batch;
    LNT_TRY(lnt__merge_new(all->file, all->left_shape, all->left->items, all->left->n, &merge, err));
    lnt_status status = lnt__merge_next(merge, &batch, err);
    all->at_row = 0;
    while (status == LNT_OK && batch.n_rows > 0) {
        all->at = &batch;
        status = emit_left(all, &batch, emit, context, err);
        all->at_row += batch.n_rows;
        if (status == LNT_OK) status = lnt__merge_next(merge, &batch, err);
    }
    lnt__merge_free(merge);
    return status;
}

static void replay_close(lnt_stream *stream, bool finished) {
    lnt__stream_free(stream, finished);
}

static const lnt_stream_class replay_class = {claim_nothing, replay_read, tell_nothing, replay_close};

// ---- joined rows ----

/// Which row of the left has the number, one of the present batch, whose numbers ascend.
static int64_t row_of(const range_stream *self, int64_t number) {
    const int64_t *numbers = self->at->columns[self->inner.n_left].data;
    return self->at_row + lnt__number_find(numbers, self->at->n_rows, number);
}

/// The widths of a joined batch's ranges.
static lnt_status put_widths(range_stream *self, const lnt_batch *batch, lnt_vec *out, lnt_error *err) {
    lnt_type type = lnt__range_width_type(self->plan);
    int64_t value_bytes = type == LNT_FLOAT ? 8 : 16, words = lnt_bitmap_words(batch->n_rows);
    uint8_t *data = lnt_arena_alloc(&self->scratch, batch->n_rows * value_bytes, err);
    uint64_t *valid = data ? lnt_arena_alloc(&self->scratch, words * (int64_t)sizeof *valid, err) : NULL;
    if (!valid) return lnt_no_memory(err);
    for (int64_t w = 0; w < words; w++) valid[w] = 0;
    const lnt_vec *keys = batch->columns + self->inner.n_columns + 1;
    for (int64_t k = 0; k < batch->n_sel; k++) {
        int64_t row = lnt__row(batch->sel, k);
        lnt_value width = lnt__range_width(self->plan, keys, row);
        if (width.is_null) continue;
        lnt_bitmap_set(valid, row);
        if (type == LNT_FLOAT)
            ((double *)(void *)data)[row] = width.as.f;
        else
            ((lnt_ip *)(void *)data)[row] = width.as.ip;
    }
    *out = (lnt_vec){.type = type, .form = LNT_FORM_FLAT, .data = data, .valid = valid};
    return LNT_OK;
}

static lnt_status take_joined(void *context, const lnt_batch *batch, lnt_error *err) {
    range_stream *self = context;
    const lnt_vec *number = &batch->columns[self->inner.n_left];
    uint64_t *seen = lnt__room_data(&self->seen);
    for (int64_t k = 0; self->marks && k < batch->n_sel; k++)
        lnt_bitmap_set(seen, row_of(self, lnt_vec_get(number, lnt__row(batch->sel, k)).as.i));
    if (self->silent) return LNT_OK;
    lnt_batch joined = *batch;
    lnt_arena_reset(&self->scratch);
    lnt__inner_join_arrange(&self->inner, batch->columns, self->vectors);
    joined.n_columns = self->inner.n_columns + 1;
    if (self->narrowest) LNT_TRY(put_widths(self, batch, &self->vectors[joined.n_columns++], err));
    joined.columns = self->vectors;
    return self->emit(self->context, &joined, err);
}

/// All rows of the left meet `right`, which it takes over, as in a join of `kind`.
static lnt_status join_piece(range_stream *self, lnt_table *right, lnt_join_kind kind, lnt_error *err) {
    lnt_matcher *matcher = NULL;
    lnt_stream *left = NULL, *joined = NULL;
    self->inner.plan.join = kind;
    LNT_TRY(lnt__range_matcher(self->head.engine, &self->inner.plan, right, &matcher, err));
    lnt_status status =
        lnt__stream_new(&replay_class, sizeof(replay_stream), self->head.engine, self->left_schema, NULL, &left, err);
    if (status != LNT_OK) {
        lnt__matcher_free(matcher);
        return status;
    }
    ((replay_stream *)left)->all = self;
    LNT_TRY(lnt__open_matcher(matcher, left, &joined, err));
    status = joined->class_->read(joined, 0, 0, take_joined, self, err);
    lnt__stream_close(joined, status == LNT_OK);
    return status;
}

// ---- the right's pieces ----

/// Whether the rows and their index have what they may take.
static bool is_piece(const range_stream *self, const lnt_rows *rows, int64_t available) {
    enum { SHARE = 3 };
    (void)self;
    return lnt__rows_bytes(rows) + rows->n_rows * INDEX_ROW > available / SHARE;
}

static lnt_status end_piece(range_stream *self, lnt_rows *rows, lnt_error *err) {
    lnt_table *table = NULL;
    lnt_join_kind kind = self->plan->join;
    bool once = kind == LNT_JOIN_SEMI || kind == LNT_JOIN_ANTI;
    LNT_TRY(lnt__rows_finish(rows, self->right_schema, &table, err));
    lnt__rows_clear(rows);
    LNT_TRY(join_piece(self, table, once ? LNT_JOIN_SEMI : LNT_JOIN_INNER, err));
    return lnt__rows_init(rows, self->head.engine, self->right_schema, self->who, err);
}

static lnt_status join_pieces(range_stream *self, lnt_merge *right, lnt_rows *rows, lnt_error *err) {
    int64_t available = lnt_engine_memory_left(self->head.engine);
    lnt_batch batch;
    for (;;) {
        LNT_TRY(lnt__merge_next(right, &batch, err));
        if (batch.n_rows > 0) LNT_TRY(lnt__rows_append(rows, &batch, NULL, batch.n_rows, err));
        if (rows->n_rows > 0 && (batch.n_rows == 0 || is_piece(self, rows, available)))
            LNT_TRY(end_piece(self, rows, err));
        if (batch.n_rows == 0) return LNT_OK;
    }
}

/// The left rows that met no range, where those come out: as if with a right side without rows.
static lnt_status join_rest(range_stream *self, lnt_rows *none, lnt_error *err) {
    lnt_table *empty = NULL;
    if (self->plan->join != LNT_JOIN_LEFT && self->plan->join != LNT_JOIN_ANTI) return LNT_OK;
    self->marks = self->silent = false;
    self->once = true;
    LNT_TRY(lnt__rows_finish(none, self->right_schema, &empty, err));
    return join_piece(self, empty, self->plan->join, err);
}

static lnt_status range_read(lnt_stream *stream, int worker, int64_t morsel, lnt_emit_fn emit, void *context,
                             lnt_error *err) {
    (void)worker, (void)morsel;
    range_stream *self = (range_stream *)stream;
    lnt_merge *right = NULL;
    lnt_rows rows;
    self->emit = emit;
    self->context = context;
    LNT_TRY(lnt__rows_init(&rows, stream->engine, self->right_schema, self->who, err));
    lnt_status status =
        lnt__merge_new(self->file, self->right_shape, self->right->items, self->right->n, &right, err);
    if (status == LNT_OK) status = join_pieces(self, right, &rows, err);
    lnt__merge_free(right);
    if (status == LNT_OK) status = join_rest(self, &rows, err);
    lnt__rows_clear(&rows);
    return status;
}

static lnt_status range_claim(lnt_stream *stream, int worker, int64_t *morsel, lnt_error *err) {
    (void)worker, (void)err;
    range_stream *self = (range_stream *)stream;
    *morsel = self->claimed ? -1 : 0;
    self->claimed = true;
    return LNT_OK;
}

static void range_close(lnt_stream *stream, bool finished) {
    range_stream *self = (range_stream *)stream;
    lnt__inner_join_clear(&self->inner);
    lnt__room_clear(&self->seen);
    lnt_arena_clear(&self->scratch);
    lnt_free(self->vectors);
    lnt__stream_free(stream, finished);
}

static const lnt_stream_class range_stream_class = {range_claim, range_read, tell_nothing, range_close};

// ---- the first row of each number ----

typedef struct first_stream {
    lnt_stream head;
    uint32_t *selections; ///< LNT_BATCH_ROWS for every worker
} first_stream;

typedef struct first_pass {
    uint32_t *sel;
    int64_t last; ///< number
    lnt_emit_fn emit;
    void *context;
} first_pass;

static lnt_status first_batch(void *context, const lnt_batch *batch, lnt_error *err) {
    first_pass *pass = context;
    lnt_batch firsts = *batch;
    const int64_t *numbers = batch->columns[--firsts.n_columns].data;
    firsts.sel = pass->sel;
    firsts.n_sel = 0;
    for (int64_t k = 0; k < batch->n_sel; k++) {
        int64_t row = lnt__row(batch->sel, k);
        if (numbers[row] != pass->last) pass->sel[firsts.n_sel++] = (uint32_t)row;
        pass->last = numbers[row];
    }
    return pass->emit(pass->context, &firsts, err);
}

/// A morsel holds all rows of the numbers that it has.
static lnt_status first_read(lnt_stream *stream, int worker, int64_t morsel, lnt_emit_fn emit, void *context,
                             lnt_error *err) {
    first_stream *self = (first_stream *)stream;
    first_pass pass = {self->selections + (int64_t)worker * LNT_BATCH_ROWS, -1, emit, context};
    return stream->input->class_->read(stream->input, worker, morsel, first_batch, &pass, err);
}

static void first_close(lnt_stream *stream, bool finished) {
    lnt_free(((first_stream *)stream)->selections);
    lnt__stream_free(stream, finished);
}

static const lnt_stream_class first_class = {lnt__stream_claim_input, first_read, lnt__stream_progress_input,
                                             first_close};

static lnt_status open_firsts(const lnt_plan *plan, lnt_stream *sorted, lnt_stream **out, lnt_error *err) {
    lnt_stream *stream = NULL;
    LNT_TRY(lnt__stream_new(&first_class, sizeof(first_stream), sorted->engine, plan->schema, sorted, &stream, err));
    first_stream *self = (first_stream *)stream;
    self->selections = lnt_alloc_array(stream->n_workers, LNT_BATCH_ROWS * sizeof(uint32_t), err);
    if (!self->selections) {
        lnt__stream_close(stream, false);
        return LNT_NOMEM;
    }
    *out = stream;
    return LNT_OK;
}

// ---- all together ----

static bool picks_narrowest(const lnt_plan *plan) {
    return plan->match.range.narrowest && (plan->join == LNT_JOIN_INNER || plan->join == LNT_JOIN_LEFT);
}

lnt_status lnt__range_collect(const lnt_plan *plan, lnt_stream *right, lnt_spiller *spiller, bool *finished,
                              lnt_table **table, lnt_runs *runs, lnt_error *err) {
    (void)plan;
    if (right->table && lnt_table_n_rows(right->table) * INDEX_ROW < lnt_engine_memory_left(right->engine)) {
        *table = lnt_table_ref(right->table);
        return LNT_OK;
    }
    lnt_plan sort = {0}; // no keys: rows stay in their order
    lnt_sort_spec spec = {&sort, right->schema, NULL, INDEX_ROW};
    return lnt__sort_drain(&spec, right, spiller, finished, table, runs, err);
}

/// The joined rows out of order: all of them, into runs.
static lnt_status join_all(range_stream *self, const lnt_sort_spec *spec, lnt_spiller *spiller, lnt_runs *joined,
                           lnt_error *err) {
    bool finished = false;
    int64_t n_left = 0, most = lnt__merge_fan_in(self->head.engine) / 3, n = self->inner.n_columns + 2;
    if (most < 2) most = 2;
    LNT_TRY(lnt__runs_reduce(self->file, self->right_shape, self->right, most, err));
    LNT_TRY(lnt__runs_reduce(self->file, self->left_shape, self->left, most, err));
    for (int64_t i = 0; i < self->left->n; i++) n_left += self->left->items[i].n_rows;
    LNT_TRY(lnt__room_grow(&self->seen, lnt_engine_budget(self->head.engine), lnt_bitmap_words(n_left),
                           sizeof(uint64_t), self->who, err));
    self->vectors = lnt_alloc_array(n, sizeof *self->vectors, err);
    if (!self->vectors) return LNT_NOMEM;
    lnt_join_kind kind = self->plan->join;
    self->marks = kind != LNT_JOIN_INNER;
    self->silent = kind == LNT_JOIN_ANTI;
    self->once = kind == LNT_JOIN_SEMI || kind == LNT_JOIN_ANTI;
    return lnt__sort_drain(spec, &self->head, spiller, &finished, NULL, joined, err);
}

/// The runs of joined rows as a stream in the left's order.
static lnt_status open_joined(const lnt_plan *plan, lnt_spill *file, const lnt_run_shape *shape, lnt_runs *runs,
                              lnt_stream **out, lnt_error *err) {
    if (!picks_narrowest(plan)) return lnt__open_merge(file, plan->schema, shape, runs, (lnt_cut){0}, out, err);
    lnt_schema *schema = NULL;
    lnt_stream *sorted = NULL;
    LNT_TRY(lnt__schema_numbered(shape->types, shape->n_columns - 1, &schema, err));
    lnt_status status = lnt__open_merge(file, schema, shape, runs, (lnt_cut){.fixed = true}, &sorted, err);
    lnt_schema_unref(schema);
    return status == LNT_OK ? open_firsts(plan, sorted, out, err) : status;
}

/// Joins both sides' runs; `all` has what it needs to know of them.
static lnt_status join_runs(range_stream all, lnt_spiller *spiller, lnt_stream **out, lnt_error *err) {
    const lnt_plan *plan = all.plan;
    lnt_type *types = NULL, width = lnt__range_width_type(plan);
    lnt_schema *schema = NULL;
    lnt_stream *stream = NULL;
    lnt_runs joined = {0};
    bool narrowest = picks_narrowest(plan), ascending[2] = {false, false};
    int64_t n = lnt_schema_n_columns(plan->schema), keys[2] = {n, n + 1}, n_ends = plan->match.kind == LNT_MATCH_RANGE ? 2 : 1;
    lnt_plan sort = {.n_exprs = 1 + narrowest, .descending = ascending};
    lnt_status status = lnt__inner_join_types(plan, &width, narrowest, &types, &schema, err);
    if (status == LNT_OK)
        status = lnt__stream_new(&range_stream_class, sizeof(range_stream), spiller->engine, schema, NULL, &stream, err);
    if (status == LNT_OK) {
        range_stream *self = (range_stream *)stream;
        all.head = self->head;
        *self = all;
        self->narrowest = narrowest;
        stream->n_morsels = 1;
        lnt_arena_init(&self->scratch, lnt_engine_budget(spiller->engine), all.who);
        status = lnt__inner_join_init(&self->inner, plan, all.left_schema, narrowest ? n_ends : 0, err);
        lnt_sort_spec spec = {&sort, schema, keys, 0};
        if (status == LNT_OK) status = join_all(self, &spec, spiller, &joined, err);
    }
    lnt__stream_close(stream, status == LNT_OK);
    lnt_run_shape shape = {types, n + 1 + narrowest, keys, ascending, 1 + narrowest};
    if (status == LNT_OK) status = open_joined(plan, spiller->file, &shape, &joined, out, err);
    lnt__runs_clear(&joined);
    lnt_schema_unref(schema);
    lnt_free(types);
    return status;
}

/// The types of a schema's columns, owned by the caller.
static lnt_type *types_of(const lnt_schema *schema, lnt_error *err) {
    int64_t n = lnt_schema_n_columns(schema);
    lnt_type *types = lnt_alloc_array(n, sizeof *types, err);
    for (int64_t c = 0; types && c < n; c++) types[c] = lnt_schema_type(schema, c);
    return types;
}

lnt_status lnt__range_pieces(const lnt_plan *plan, lnt_stream *left, const lnt_schema *right_schema, lnt_runs *right,
                             lnt_spiller *spiller, lnt_stream **out, lnt_error *err) {
    lnt_stream *numbered = NULL;
    lnt_runs runs = {0};
    bool finished = false;
    LNT_TRY(lnt__open_numbered(left, NULL, 0, &numbered, err));
    lnt_schema *left_schema = lnt_schema_ref(numbered->schema);
    lnt_plan sort = {0};
    lnt_sort_spec spec = {&sort, left_schema, NULL, 0};
    lnt_status status = lnt__sort_drain(&spec, numbered, spiller, &finished, NULL, &runs, err);
    lnt__stream_close(numbered, finished);
    lnt_type *left_types = types_of(left_schema, err), *right_types = types_of(right_schema, err);
    if (status == LNT_OK && (!left_types || !right_types)) status = LNT_NOMEM;
    lnt_run_shape left_shape = {left_types, lnt_schema_n_columns(left_schema), NULL, NULL, 0};
    lnt_run_shape right_shape = {right_types, lnt_schema_n_columns(right_schema), NULL, NULL, 0};
    range_stream all = {.plan = plan, .file = spiller->file, .who = spiller->who, .left_schema = left_schema,
                        .right_schema = right_schema, .left_shape = &left_shape, .right_shape = &right_shape,
                        .left = &runs, .right = right};
    if (status == LNT_OK) status = join_runs(all, spiller, out, err);
    lnt__runs_clear(&runs);
    lnt_schema_unref(left_schema);
    lnt_free(left_types);
    lnt_free(right_types);
    return status;
}
