/// @file join_asof_spill.c
/// asof_join beyond the memory limit: both sides are sorted by their keys through temporary files and read side by side;
/// the joined rows are put back into the left's order by its rows' numbers.
///
/// Workload: a right side that doesn't fit, whatever its keys: none, or one that most rows share, is no worse than others.
/// A reader of the right goes forward with the left's rows: one stands behind the last row that may be the match before,
/// one at the first that may be the match after. Invariant: a left row is matched with one row at most, so that the order in which
/// joined rows are written doesn't matter: they are sorted by the left row's number.
#include "exec/gather.h"
#include "exec/join/join_asof.h"
#include "exec/join/join_inner.h"
#include "exec/join/join_output.h"
#include "exec/sort/order_key.h"
#include "exec/spill/spill_number.h"
#include "expr/int_float.h"

static const char who[] = "asof_join";

enum { INDEX_ROW = 160 }; ///< bytes: numbers of rows, order keys, what sorting takes, the index of the other keys

/// A reader of the sorted right side.
typedef struct reader {
    lnt_merge *merge;
    lnt_table *rows, *before; ///< the present rows; those that came before them
    int64_t at;               ///< of `rows`
    bool over;
    lnt_join_output outputs[2]; ///< pairs with `rows`, with `before`
} reader;

typedef struct asof_stream {
    lnt_stream head;
    const lnt_plan *plan;
    lnt_spill *file;
    lnt_asof_rule rule;
    int64_t n_left; ///< columns, without the number
    lnt_inner_join inner;
    lnt_schema *left_schema, *right_schema; ///< owned
    lnt_type *left_types, *right_types;     ///< owned
    lnt_runs left, right;
    lnt_run_shape left_shape, right_shape;
    int64_t *left_keys, *right_keys; ///< owned; keys that are equal, then the one that is compared
    bool *ascending;                 ///< owned
    lnt_merge *merge;                ///< of the left
    reader readers[2];               ///< for the match before and the match after
    lnt_join_output none;            ///< left rows without a match, or of which only they themselves come out
    lnt_table *empty;                ///< what those are paired with
    lnt_vec *vectors;                ///< of the joined columns, then the number
    lnt_emit_fn emit;
    void *context;
    bool claimed;
} asof_stream;

// ---- comparing ----

/// An int against a float by what they are worth; NaN comes last.
static int compare_numbers(int64_t i, double f) {
    if (f != f || (double)i < f) return -1;
    return (double)i > f ? 1 : lnt__order_of_close(i, f);
}

static int compare_values(lnt_value a, lnt_value b) {
    if (a.is_null || b.is_null || a.type == b.type) return lnt__sort_compare(a, b, false);
    return a.type == LNT_INT ? compare_numbers(a.as.i, b.as.f) : -compare_numbers(b.as.i, a.as.f);
}

/// The row of the left that is looked at.
typedef struct left_row {
    const lnt_batch *batch;
    int64_t row;
    uint64_t value; ///< order key
} left_row;

/// Compares those of a right row's keys that are to be equal with the left's.
static int compare_keys(const asof_stream *self, const lnt_table *rows, int64_t row, const left_row *left) {
    for (int64_t k = 1; k < self->plan->n_keys; k++) {
        int order = compare_values(lnt_column_get(lnt_table_column(rows, self->plan->right_keys[k]), row),
                                   lnt_vec_get(&left->batch->columns[self->plan->keys[k]], left->row));
        if (order) return order;
    }
    return 0;
}

/// The order key of a right row's value; false for null and NaN.
static bool order_of(const asof_stream *self, const lnt_table *rows, int64_t row, uint64_t *out) {
    lnt_value value = lnt_column_get(lnt_table_column(rows, self->plan->right_keys[0]), row);
    if (value.is_null || (value.type == LNT_FLOAT && value.as.f != value.as.f)) return false;
    *out = value.type == LNT_FLOAT ? lnt__order_of_float(value.as.f) : lnt__order_of_int(value.as.i);
    return true;
}

/// Whether a right row comes before the left's value, or with it if `equal` counts too.
static bool is_before(const asof_stream *self, const lnt_table *rows, int64_t row, const left_row *left, bool equal) {
    uint64_t value;
    int order = compare_keys(self, rows, row, left);
    if (order) return order < 0;
    return order_of(self, rows, row, &value) && (value < left->value || (equal && value == left->value));
}

// ---- reading the right ----

/// The next rows of the right; pairs with those that make way are emitted first.
static lnt_status load(asof_stream *self, reader *right, const lnt_batch *left, lnt_error *err) {
    lnt_batch batch;
    lnt_rows rows;
    lnt_table *next = NULL;
    LNT_TRY(lnt__merge_next(right->merge, &batch, err));
    right->over = batch.n_rows == 0;
    if (right->over) return LNT_OK;
    for (int i = 0; i < 2; i++) LNT_TRY(lnt__join_flush(&right->outputs[i], left, err));
    LNT_TRY(lnt__rows_init(&rows, self->head.engine, self->right_schema, who, err));
    lnt_status status = lnt__rows_append(&rows, &batch, NULL, batch.n_rows, err);
    if (status == LNT_OK) status = lnt__rows_finish(&rows, self->right_schema, &next, err);
    lnt__rows_clear(&rows);
    LNT_TRY(status);
    lnt_table_unref(right->before);
    right->before = right->rows;
    right->rows = next;
    right->at = 0;
    right->outputs[0].right = right->rows;
    right->outputs[1].right = right->before;
    return LNT_OK;
}

/// Goes on to the first row that doesn't come before the left's.
static lnt_status advance(asof_stream *self, reader *right, const left_row *left, bool equal, lnt_error *err) {
    while (!right->over) {
        if (!right->rows || right->at == lnt_table_n_rows(right->rows))
            LNT_TRY(load(self, right, left->batch, err));
        else if (is_before(self, right->rows, right->at, left, equal))
            right->at++;
        else
            break;
    }
    return LNT_OK;
}

/// A row of the right that may be the match.
typedef struct candidate {
    lnt_join_output *output; ///< NULL: there is none
    int64_t row;
    uint64_t value;
} candidate;

/// Row `row` of the reader's present rows (-1: the last one of those before them), if it is of the same key.
static candidate candidate_at(const asof_stream *self, reader *right, int64_t row, const left_row *left) {
    const lnt_table *rows = row < 0 ? right->before : right->rows;
    candidate found = {NULL, row < 0 && rows ? lnt_table_n_rows(rows) - 1 : row, 0};
    if (!rows || found.row >= lnt_table_n_rows(rows) || compare_keys(self, rows, found.row, left) != 0) return found;
    if (!order_of(self, rows, found.row, &found.value)) return found;
    uint64_t less = row == right->at ? left->value : found.value, more = row == right->at ? found.value : left->value;
    if (lnt__asof_within(&self->rule, less, more)) found.output = &right->outputs[row < 0];
    return found;
}

static lnt_status find_match(asof_stream *self, const left_row *left, candidate *out, lnt_error *err) {
    const lnt_asof_options *options = self->rule.options;
    candidate before = {0}, after = {0};
    reader *behind = &self->readers[0], *ahead = &self->readers[1];
    if (options->direction != LNT_ASOF_FORWARD) {
        LNT_TRY(advance(self, behind, left, !options->strict, err));
        before = candidate_at(self, behind, behind->at - 1, left);
    }
    if (options->direction != LNT_ASOF_BACKWARD) {
        LNT_TRY(advance(self, ahead, left, options->strict, err));
        after = candidate_at(self, ahead, ahead->at, left);
    }
    bool first = before.output && (!after.output || lnt__asof_before_is_nearer(&self->rule, before.value, left->value,
                                                                               after.value));
    *out = first ? before : after;
    return LNT_OK;
}

/// Whether a left row can have a match; sets its value.
static bool can_match(const asof_stream *self, left_row *left) {
    for (int64_t k = 1; k < self->plan->n_keys; k++)
        if (!lnt_vec_is_valid(&left->batch->columns[self->plan->keys[k]], left->row)) return false;
    return lnt__order_key(&left->batch->columns[self->plan->keys[0]], left->row, &left->value);
}

static lnt_status join_row(asof_stream *self, left_row *left, lnt_error *err) {
    lnt_join_kind kind = self->plan->join;
    candidate match = {0};
    if (can_match(self, left)) LNT_TRY(find_match(self, left, &match, err));
    if (match.output && (kind == LNT_JOIN_INNER || kind == LNT_JOIN_LEFT))
        return lnt__join_pair(match.output, left->batch, left->row, match.row, err);
    bool stays = match.output ? kind == LNT_JOIN_SEMI : kind == LNT_JOIN_LEFT || kind == LNT_JOIN_ANTI;
    return stays ? lnt__join_pair(&self->none, left->batch, left->row, -1, err) : LNT_OK;
}

static lnt_status join_batch(asof_stream *self, const lnt_batch *batch, lnt_error *err) {
    for (int64_t i = 0; i < batch->n_rows; i++) {
        left_row left = {batch, i, 0};
        LNT_TRY(join_row(self, &left, err));
    }
    for (int r = 0; r < 2; r++)
        for (int i = 0; i < 2; i++) LNT_TRY(lnt__join_flush(&self->readers[r].outputs[i], batch, err));
    return lnt__join_flush(&self->none, batch, err);
}

// ---- the stream of joined rows with their numbers: one morsel, read by one worker ----

/// Puts the number behind the joined columns.
static lnt_status emit_joined(void *context, const lnt_batch *batch, lnt_error *err) {
    asof_stream *self = context;
    lnt_batch joined = *batch;
    lnt__inner_join_arrange(&self->inner, batch->columns, self->vectors);
    joined.columns = self->vectors;
    return self->emit(self->context, &joined, err);
}

static lnt_status asof_claim(lnt_stream *stream, int worker, int64_t *morsel, lnt_error *err) {
    (void)worker, (void)err;
    asof_stream *self = (asof_stream *)stream;
    *morsel = self->claimed ? -1 : 0;
    self->claimed = true;
    return LNT_OK;
}

static lnt_status asof_read(lnt_stream *stream, int worker, int64_t morsel, lnt_emit_fn emit, void *context,
                            lnt_error *err) {
    (void)worker, (void)morsel;
    asof_stream *self = (asof_stream *)stream;
    self->emit = emit;
    self->context = context;
    for (;;) {
        lnt_batch batch;
        LNT_TRY(lnt__merge_next(self->merge, &batch, err));
        if (batch.n_rows == 0) return LNT_OK;
        LNT_TRY(join_batch(self, &batch, err));
    }
}

static void asof_progress(const lnt_stream *stream, int64_t *done, int64_t *total) {
    (void)stream;
    *done = *total = 0;
}

static void asof_close(lnt_stream *stream, bool finished) {
    asof_stream *self = (asof_stream *)stream;
    lnt__merge_free(self->merge);
    for (int r = 0; r < 2; r++) {
        reader *right = &self->readers[r];
        lnt__merge_free(right->merge);
        for (int i = 0; i < 2; i++) lnt__join_output_clear(&right->outputs[i]);
        lnt_table_unref(right->rows);
        lnt_table_unref(right->before);
    }
    lnt__join_output_clear(&self->none);
    lnt_table_unref(self->empty);
    lnt__runs_clear(&self->left);
    lnt__runs_clear(&self->right);
    lnt_schema_unref(self->left_schema);
    lnt_schema_unref(self->right_schema);
    lnt_free(self->left_types);
    lnt_free(self->right_types);
    lnt_free(self->left_keys);
    lnt_free(self->right_keys);
    lnt_free(self->ascending);
    lnt__inner_join_clear(&self->inner);
    lnt_free(self->vectors);
    lnt__stream_free(stream, finished);
}

static const lnt_stream_class asof_stream_class = {asof_claim, asof_read, asof_progress, asof_close};

// ---- making it ----

static lnt_status types_of(const lnt_schema *schema, lnt_type **out, lnt_error *err) {
    int64_t n = lnt_schema_n_columns(schema);
    *out = lnt_alloc_array(n, sizeof **out, err);
    for (int64_t c = 0; *out && c < n; c++) (*out)[c] = lnt_schema_type(schema, c);
    return *out ? LNT_OK : LNT_NOMEM;
}

/// The keys in the order in which a side is sorted by them.
static lnt_status list_keys(const lnt_plan *plan, const int64_t *keys, int64_t **out, lnt_error *err) {
    *out = lnt_alloc_array(plan->n_keys, sizeof **out, err);
    for (int64_t k = 0; *out && k < plan->n_keys; k++) (*out)[k] = keys[(k + 1) % plan->n_keys];
    return *out ? LNT_OK : LNT_NOMEM;
}

/// Sorts a side by its keys into runs; `table` as in lnt__sort_drain.
static lnt_status sort_side(const lnt_plan *plan, const int64_t *keys, lnt_stream *side, lnt_spiller *spiller,
                            bool *finished, lnt_table **table, lnt_runs *runs, lnt_error *err) {
    lnt_plan sort = {.n_exprs = plan->n_keys};
    int64_t *columns = NULL;
    sort.descending = lnt_alloc_array(plan->n_keys, sizeof *sort.descending, err);
    lnt_status status = sort.descending ? list_keys(plan, keys, &columns, err) : LNT_NOMEM;
    lnt_sort_spec spec = {&sort, side->schema, columns, table ? INDEX_ROW : 0};
    if (status == LNT_OK) status = lnt__sort_drain(&spec, side, spiller, finished, table, runs, err);
    lnt_free(columns);
    lnt_free(sort.descending);
    return status;
}

lnt_status lnt__asof_collect(const lnt_plan *plan, lnt_stream *right, lnt_spiller *spiller, bool *finished,
                             lnt_table **table, lnt_runs *runs, lnt_error *err) {
    if (right->table && lnt_table_n_rows(right->table) * INDEX_ROW < lnt_engine_memory_left(right->engine)) {
        *table = lnt_table_ref(right->table);
        return LNT_OK;
    }
    return sort_side(plan, plan->right_keys, right, spiller, finished, table, runs, err);
}

static lnt_status init_shapes(asof_stream *self, lnt_error *err) {
    const lnt_plan *plan = self->plan;
    LNT_TRY(types_of(self->left_schema, &self->left_types, err));
    LNT_TRY(types_of(self->right_schema, &self->right_types, err));
    LNT_TRY(list_keys(plan, plan->keys, &self->left_keys, err));
    LNT_TRY(list_keys(plan, plan->right_keys, &self->right_keys, err));
    self->ascending = lnt_alloc_array(plan->n_keys, sizeof *self->ascending, err); // false: not descending
    if (!self->ascending) return LNT_NOMEM;
    self->left_shape =
        (lnt_run_shape){self->left_types, self->n_left + 1, self->left_keys, self->ascending, plan->n_keys};
    self->right_shape = (lnt_run_shape){self->right_types, lnt_schema_n_columns(self->right_schema), self->right_keys,
                                        self->ascending, plan->n_keys};
    return LNT_OK;
}

static lnt_status init_output(asof_stream *self, lnt_join_output *output, lnt_error *err) {
    LNT_TRY(lnt__join_output_init(output, self->head.engine, &self->inner.plan, self->empty, who, err));
    output->emit = emit_joined;
    output->context = self;
    return LNT_OK;
}

static lnt_status init_reader(asof_stream *self, reader *right, lnt_error *err) {
    for (int i = 0; i < 2; i++) LNT_TRY(init_output(self, &right->outputs[i], err));
    return lnt__merge_new(self->file, &self->right_shape, self->right.items, self->right.n, &right->merge, err);
}

/// Few enough runs for three merges side by side, and everything that reads them.
static lnt_status init_merges(asof_stream *self, lnt_error *err) {
    lnt_rows rows;
    int64_t most = lnt__merge_fan_in(self->head.engine) / 3;
    if (most < 2) most = 2;
    LNT_TRY(lnt__runs_reduce(self->file, &self->right_shape, &self->right, most, err));
    LNT_TRY(lnt__runs_reduce(self->file, &self->left_shape, &self->left, most, err));
    LNT_TRY(lnt__rows_init(&rows, self->head.engine, self->right_schema, who, err));
    lnt_status status = lnt__rows_finish(&rows, self->right_schema, &self->empty, err);
    lnt__rows_clear(&rows);
    LNT_TRY(status);
    LNT_TRY(init_output(self, &self->none, err));
    if (self->rule.options->direction != LNT_ASOF_FORWARD) LNT_TRY(init_reader(self, &self->readers[0], err));
    if (self->rule.options->direction != LNT_ASOF_BACKWARD) LNT_TRY(init_reader(self, &self->readers[1], err));
    return lnt__merge_new(self->file, &self->left_shape, self->left.items, self->left.n, &self->merge, err);
}

/// Takes both sides' runs over.
static lnt_status open_joined(const lnt_plan *plan, lnt_spill *file, const lnt_schema *left_schema, lnt_runs *left,
                              const lnt_schema *right_schema, lnt_runs *right, const lnt_schema *schema,
                              lnt_stream **out, lnt_error *err) {
    lnt_stream *stream = NULL;
    LNT_TRY(lnt__stream_new(&asof_stream_class, sizeof(asof_stream), lnt_spill_engine(file), schema, NULL, &stream, err));
    asof_stream *self = (asof_stream *)stream;
    stream->n_morsels = 1;
    self->plan = plan;
    self->file = file;
    self->rule = lnt__asof_rule_of(plan);
    self->n_left = lnt_schema_n_columns(left_schema) - 1;
    self->left_schema = lnt_schema_ref(left_schema);
    self->right_schema = lnt_schema_ref(right_schema);
    self->left = *left;
    self->right = *right;
    *left = *right = (lnt_runs){0};
    self->vectors = lnt_alloc_array(lnt_schema_n_columns(plan->schema) + 1, sizeof *self->vectors, err);
    lnt_status status = self->vectors ? lnt__inner_join_init(&self->inner, plan, self->left_schema, 0, err) : LNT_NOMEM;
    if (status == LNT_OK) status = init_shapes(self, err);
    if (status == LNT_OK) status = init_merges(self, err);
    if (status != LNT_OK) {
        lnt__stream_close(stream, false);
        return status;
    }
    *out = stream;
    return LNT_OK;
}

/// The joined rows, which `joined` gives in any order, in that of the left.
static lnt_status put_back(const lnt_plan *plan, lnt_stream *joined, const lnt_type *types, lnt_spiller *spiller,
                           bool *finished, lnt_stream **out, lnt_error *err) {
    int64_t n = lnt_schema_n_columns(plan->schema);
    bool ascending = false;
    lnt_runs runs = {0};
    lnt_plan sort = {.n_exprs = 1, .descending = &ascending};
    lnt_sort_spec spec = {&sort, joined->schema, &n, 0};
    lnt_run_shape shape = {types, n + 1, &n, &ascending, 1};
    lnt_status status = lnt__sort_drain(&spec, joined, spiller, finished, NULL, &runs, err);
    if (status == LNT_OK)
        return lnt__open_merge(spiller->file, plan->schema, &shape, &runs, (lnt_cut){0}, out, err);
    lnt__runs_clear(&runs);
    return status;
}

lnt_status lnt__asof_merge(const lnt_plan *plan, lnt_stream *left, const lnt_schema *right_schema, lnt_runs *right,
                           lnt_spiller *spiller, lnt_stream **out, lnt_error *err) {
    lnt_stream *numbered = NULL, *joined = NULL;
    lnt_schema *schema = NULL, *left_schema = NULL;
    lnt_type *types = NULL;
    lnt_runs runs = {0};
    bool finished = false;
    LNT_TRY(lnt__open_numbered(left, NULL, 0, &numbered, err));
    left_schema = lnt_schema_ref(numbered->schema);
    lnt_status status = sort_side(plan, plan->keys, numbered, spiller, &finished, NULL, &runs, err);
    lnt__stream_close(numbered, finished);
    if (status == LNT_OK) status = lnt__inner_join_types(plan, NULL, 0, &types, &schema, err);
    if (status == LNT_OK)
        status =
            open_joined(plan, spiller->file, left_schema, &runs, right_schema, right, schema, &joined, err);
    if (status == LNT_OK) status = put_back(plan, joined, types, spiller, &finished, out, err);
    lnt__stream_close(joined, finished);
    lnt__runs_clear(&runs);
    lnt_schema_unref(left_schema);
    lnt_schema_unref(schema);
    lnt_free(types);
    return status;
}
