/// @file aggregate.c
/// group_by: every morsel is grouped into a table of its own, on any worker; the tables are merged in morsel order, so
/// that groups stand in order of first appearance and float sums have the same bits at any number of threads.
#include <pthread.h>

#include "exec/aggregate/agg_dense.h"
#include "exec/aggregate/agg_spill.h"

/// One worker's memory.
typedef struct lnt_agg_own {
    lnt_key_scratch keys;
    lnt_vec *vectors; ///< the key columns of a batch
    uint32_t *groups; ///< by physical row
    uint32_t *sel;    ///< rows that pass an aggregate's condition
} lnt_agg_own;

typedef struct lnt_agg_sink {
    lnt_sink head;
    lnt_engine *engine;
    const lnt_plan *plan;   ///< borrowed
    lnt_key_layout *layout; ///< owned until the result has it
    lnt_bound **exprs;      ///< by call: condition, two arguments; borrowed; plain columns are left out
    lnt_evaluators evaluators;
    lnt_agg_own *own; ///< by worker
    int n_workers;
    pthread_mutex_t lock; ///< of `spare`
    lnt_agg_table *spare;
    lnt_agg_table *total;
    lnt_key_scratch merging;
    lnt_room to;           ///< uint32_t: where groups go in a merge
    lnt_agg_table **queue; ///< with many groups: the total so far, then tables that are merged at the end; owned
    int64_t n_queue, queue_capacity;
    int64_t n_queued;  ///< groups of all tables in the queue
    int64_t n_compact; ///< groups of the queue when it was last made one table
    _Atomic int64_t expected; ///< groups of the last table that was kept
    struct lnt_dense dense;
    _Atomic bool is_dense;      ///< morsels' tables have places for groups, and so has `places`
    bool apart;                 ///< hardly a group has two rows: morsels don't look for them, which is left to the end
    lnt_agg_table *places;      ///< owned: the total of such tables, or NULL
    lnt_spiller spiller;
    lnt_agg_spill *spill; ///< owned; NULL as long as memory suffices
    bool direct; ///< the total is closed: tables are queued. They will be merged with it one by one, never among themselves
                 ///< first, so that floats are added in one order whether and whenever groups are written
} lnt_agg_sink;

/// With more groups than this, merging table after table is slower than merging partitions at the end.
enum { LNT_MANY_GROUPS = 50000 };
/// Groups in the queue from which on it is worth looking whether they are the same ones again and again.
enum { LNT_QUEUED_GROUPS = 4000000 };

static lnt_status take_table(lnt_agg_sink *self, lnt_agg_table **out, lnt_error *err) {
    bool dense = atomic_load(&self->is_dense);
    pthread_mutex_lock(&self->lock);
    lnt_agg_table *table = self->spare;
    if (table) self->spare = table->next;
    pthread_mutex_unlock(&self->lock);
    if (table && (table->dense != NULL) != dense) {
        lnt__agg_table_free(table);
        table = NULL;
    }
    if (table) {
        lnt__agg_table_reset(table);
    } else {
        LNT_TRY(lnt__agg_table_new(self->plan, self->layout, lnt_engine_budget(self->engine), &table, err));
        if (dense) table->dense = &self->dense;
        if (table->keyed) lnt__groups_expect(&table->groups, atomic_load(&self->expected));
    }
    table->groups.apart = self->apart;
    *out = table;
    return LNT_OK;
}

static lnt_status aggregate_begin(lnt_sink *sink, int worker, void **partial, lnt_error *err) {
    (void)worker;
    lnt_agg_table *table = NULL;
    LNT_TRY(take_table((lnt_agg_sink *)sink, &table, err));
    *partial = table;
    return LNT_OK;
}

/// Whether half of the memory that there was is taken, so that groups should leave it. The one group that there is without
/// keys can't.
static bool is_scarce(const lnt_agg_sink *self) {
    if (self->spiller.available == INT64_MAX || self->plan->n_keys == 0) return false;
    return lnt_engine_memory_left(self->engine) < self->spiller.available / 2;
}

/// Whether a quarter is: tables aren't merged any more, which would make them grow in leaps.
static bool is_filling(const lnt_agg_sink *self) {
    if (self->spiller.available == INT64_MAX || self->plan->n_keys == 0) return false;
    return lnt_engine_memory_left(self->engine) < self->spiller.available / 4 * 3;
}

static void free_spare(lnt_agg_sink *self) {
    pthread_mutex_lock(&self->lock);
    lnt_agg_table *next = self->spare;
    self->spare = NULL;
    pthread_mutex_unlock(&self->lock);
    while (next) {
        lnt_agg_table *table = next;
        next = table->next;
        lnt__agg_table_free(table);
    }
}

static void aggregate_discard(lnt_sink *sink, void *partial) {
    lnt_agg_sink *self = (lnt_agg_sink *)sink;
    lnt_agg_table *table = partial;
    if (is_scarce(self)) {
        lnt__agg_table_free(table);
        return;
    }
    pthread_mutex_lock(&self->lock);
    table->next = self->spare;
    self->spare = table;
    pthread_mutex_unlock(&self->lock);
}

/// The group of each selected row, by physical row; NULL without keys.
static lnt_status group_rows(lnt_agg_sink *self, lnt_agg_own *own, lnt_agg_table *table, const lnt_batch *batch,
                             const uint32_t **groups, lnt_error *err) {
    *groups = NULL;
    if (!table->keyed) return LNT_OK;
    for (int64_t k = 0; k < self->plan->n_keys; k++) own->vectors[k] = batch->columns[self->plan->keys[k]];
    if (table->dense) {
        *groups = lnt__dense_find(table->dense, own->vectors, batch->sel, batch->n_sel, own->groups);
        return lnt__dense_see(table, *groups, batch->sel, batch->n_sel, err);
    }
    *groups = own->groups;
    if (!batch->sel)
        return lnt__groups_add(&table->groups, &own->keys, own->vectors, NULL, batch->n_sel, own->groups, err);
    LNT_TRY(lnt__groups_add(&table->groups, &own->keys, own->vectors, batch->sel, batch->n_sel, own->keys.found, err));
    for (int64_t k = 0; k < batch->n_sel; k++) own->groups[batch->sel[k]] = own->keys.found[k];
    return LNT_OK;
}

/// A call's argument for the rows of `batch`: a column as it is, or computed.
static lnt_status evaluate_argument(const lnt_bound *arg, lnt_evaluator *evaluator, const lnt_batch *batch,
                                    lnt_vec *out, lnt_error *err) {
    int64_t column = lnt__bound_as_column(arg);
    if (column < 0) return lnt_evaluate(evaluator, batch, out, err);
    *out = batch->columns[column];
    return LNT_OK;
}

static lnt_status update_state(lnt_agg_sink *self, lnt_agg_own *own, lnt_agg_table *table, int64_t i,
                               lnt_evaluator **evaluators, const lnt_batch *batch, const uint32_t *groups,
                               lnt_error *err) {
    const lnt_agg_call *call = &self->plan->calls[i];
    lnt_batch narrowed = *batch;
    if (call->where) {
        LNT_TRY(lnt_evaluate_filter(evaluators[3 * i], batch, own->sel, &narrowed.n_sel, err));
        narrowed.sel = own->sel;
        if (narrowed.n_sel == 0) return LNT_OK;
    }
    lnt_vec args[2];
    bool pair = call->function->kind == LNT_AGG_CORR;
    if (call->args[0]) LNT_TRY(evaluate_argument(call->args[0], evaluators[3 * i + 1], &narrowed, &args[0], err));
    if (pair) LNT_TRY(evaluate_argument(call->args[1], evaluators[3 * i + 2], &narrowed, &args[1], err));
    lnt_agg_input input = {groups, narrowed.sel, narrowed.n_sel, call->args[0] ? &args[0] : NULL,
                           pair ? &args[1] : NULL};
    return table->states[i].class_->update(&table->states[i], &input, err);
}

static lnt_status aggregate_consume(lnt_sink *sink, int worker, void *partial, const lnt_batch *batch, bool *full,
                                    lnt_error *err) {
    (void)full;
    lnt_agg_sink *self = (lnt_agg_sink *)sink;
    lnt_agg_table *table = partial;
    lnt_agg_own *own = &self->own[worker];
    const uint32_t *groups = NULL;
    lnt_evaluator **evaluators = NULL;
    LNT_TRY(group_rows(self, own, table, batch, &groups, err));
    LNT_TRY(lnt__agg_table_grow(table, err));
    LNT_TRY(lnt__evaluators_of(&self->evaluators, worker, &evaluators, err));
    for (int64_t i = 0; i < self->plan->n_calls; i++) {
        LNT_TRY(lnt_engine_check(self->engine, err));
        LNT_TRY(update_state(self, own, table, i, evaluators, batch, groups, err));
    }
    return LNT_OK;
}

/// Adds the table to the total.
static lnt_status merge_table(lnt_agg_sink *self, lnt_agg_table *table, lnt_error *err) {
    LNT_TRY(
        lnt__room_grow(&self->to, lnt_engine_budget(self->engine), table->n_groups, sizeof(uint32_t), "group_by", err));
    uint32_t *to = lnt__room_data(&self->to);
    lnt_agg_moves moves = {.n = table->n_groups, .to = to};
    return lnt__agg_table_merge(self->total, &self->merging, table, &moves, to, err);
}

/// Puts a fresh table in the place of the total, which goes to the end of the queue if it has groups.
static lnt_status renew_total(lnt_agg_sink *self, lnt_error *err) {
    lnt_agg_table *fresh = NULL;
    LNT_TRY(lnt_grow((void **)&self->queue, &self->queue_capacity, self->n_queue + 2, sizeof *self->queue, err));
    if (self->total->n_groups == 0) return LNT_OK;
    LNT_TRY(lnt__agg_table_new(self->plan, self->layout, lnt_engine_budget(self->engine), &fresh, err));
    lnt__groups_shrink(&self->total->groups);
    self->n_queued += self->total->n_groups;
    self->queue[self->n_queue++] = self->total;
    self->total = fresh;
    return LNT_OK;
}

/// Merges the whole queue into one table: groups that occur in many tables take their memory once.
static lnt_status compact(lnt_agg_sink *self, lnt_error *err) {
    LNT_TRY(renew_total(self, err));
    for (int64_t i = 0; i < self->n_queue; i++) {
        LNT_TRY(merge_table(self, self->queue[i], err));
        lnt__agg_table_free(self->queue[i]);
        self->queue[i] = NULL;
        LNT_TRY(lnt_engine_check(self->engine, err));
    }
    self->n_queue = self->n_queued = 0;
    self->n_compact = self->total->n_groups;
    return renew_total(self, err);
}

/// Whether the queue has grown by so much since it was compacted that it is worth doing again: at latest when half of
/// the memory is taken and groups can't be written to a file.
static bool is_too_long(const lnt_agg_sink *self) {
    bool scarce = is_scarce(self);
    if (scarce && !self->spiller.failed) return false;
    int64_t least = scarce ? 0 : LNT_QUEUED_GROUPS;
    return self->n_queued > least && self->n_queued > 3 * self->n_compact;
}

/// Writes the tables of the queue, and the total too if that doesn't free enough, or if `all` is wanted.
static lnt_status spill_groups(lnt_agg_sink *self, bool all, lnt_error *err) {
    free_spare(self);
    lnt_spill *file = all || is_scarce(self) ? lnt__spiller_file(&self->spiller) : NULL;
    if (!file) return LNT_OK;
    if (!self->spill) LNT_TRY(lnt__agg_spill_new(self->engine, self->plan, self->layout, file, &self->spill, err));
    for (int64_t i = 0; i < self->n_queue; i++) {
        LNT_TRY(lnt__agg_spill_table(self->spill, self->queue[i], err));
        lnt__agg_table_free(self->queue[i]);
        self->queue[i] = NULL;
    }
    self->n_queue = self->n_queued = self->n_compact = 0;
    if (self->total->n_groups == 0 || (!all && !is_scarce(self))) return LNT_OK;
    lnt_agg_table *fresh = NULL;
    LNT_TRY(lnt__agg_table_new(self->plan, self->layout, lnt_engine_budget(self->engine), &fresh, err));
    lnt_agg_table *total = self->total;
    self->total = fresh;
    self->direct = true;
    lnt_status status = lnt__agg_spill_table(self->spill, total, err);
    lnt__agg_table_free(total);
    return status;
}

/// Keeps the table for the end, after the total so far.
static lnt_status enqueue(lnt_agg_sink *self, lnt_agg_table *table, lnt_error *err) {
    lnt_status status = renew_total(self, err);
    if (status != LNT_OK) {
        aggregate_discard(&self->head, table);
        return status;
    }
    atomic_store(&self->expected, table->n_groups);
    lnt__groups_shrink(&table->groups);
    self->queue[self->n_queue++] = table;
    self->n_queued += table->n_groups;
    if (!is_too_long(self)) return LNT_OK;
    if (is_scarce(self)) return compact(self, err);
    int64_t n_distinct;
    LNT_TRY(lnt__agg_distinct_groups(self->queue, self->n_queue, lnt_engine_budget(self->engine), &n_distinct, err));
    if (n_distinct < self->n_queued / 2) return compact(self, err);
    self->n_compact = n_distinct; // hardly any is there twice: asked again when there are many more
    return LNT_OK;
}

/// Puts a morsel's table into the total or the queue; takes it over.
static lnt_status add_table(lnt_agg_sink *self, lnt_agg_table *table, lnt_error *err) {
    self->direct |= self->total->n_groups + table->n_groups > LNT_MANY_GROUPS || is_filling(self);
    if (self->direct && table->n_groups > 0) return enqueue(self, table, err);
    lnt_status status = table->n_groups > 0 ? merge_table(self, table, err) : LNT_OK;
    aggregate_discard(&self->head, table);
    return status;
}

/// From here on groups are numbered: they can leave memory then.
static lnt_status leave_places(lnt_agg_sink *self, lnt_error *err) {
    lnt_agg_table *places = self->places;
    self->places = NULL;
    atomic_store(&self->is_dense, false);
    free_spare(self);
    lnt_status status = lnt__dense_number(self->total, &self->merging, places, &self->to, err);
    lnt__agg_table_free(places);
    return status;
}

/// Puts a morsel's table of places into the total; takes it over.
static lnt_status add_places(lnt_agg_sink *self, lnt_agg_table *table, lnt_error *err) {
    if (self->places) {
        lnt_status status = lnt__dense_merge(self->places, table, err);
        aggregate_discard(&self->head, table);
        if (status == LNT_OK && is_filling(self)) status = leave_places(self, err);
        return status;
    }
    lnt_agg_table *numbered = NULL;
    lnt_status status = take_table(self, &numbered, err);
    if (status == LNT_OK) status = lnt__dense_number(numbered, &self->merging, table, &self->to, err);
    lnt__agg_table_free(table);
    if (status == LNT_OK) return add_table(self, numbered, err);
    lnt__agg_table_free(numbered);
    return status;
}

static lnt_status aggregate_merge(lnt_sink *sink, void *partial, bool *enough, lnt_error *err) {
    (void)enough;
    lnt_agg_sink *self = (lnt_agg_sink *)sink;
    lnt_agg_table *table = partial;
    LNT_TRY(table->dense ? add_places(self, table, err) : add_table(self, table, err));
    return is_scarce(self) ? spill_groups(self, false, err) : LNT_OK;
}

static const lnt_sink_class aggregate_sink_class = {"grouping", aggregate_begin, aggregate_consume,
                                                    NULL,       aggregate_merge, aggregate_discard};

/// How keys become words. Where the input is a table, its columns say how many bits their values need.
static lnt_status init_layout(lnt_agg_sink *self, const lnt_table *table, lnt_error *err) {
    const lnt_plan *plan = self->plan;
    self->layout = lnt_alloc_array(1, sizeof *self->layout, err);
    if (!self->layout) return LNT_NOMEM;
    if (!table) return lnt__key_layout_of_schema(self->layout, plan->schema, NULL, plan->n_keys, err);
    const lnt_column **columns = lnt_alloc_array(plan->n_keys, sizeof *columns, err);
    if (!columns) return LNT_NOMEM;
    for (int64_t k = 0; k < plan->n_keys; k++) columns[k] = lnt_table_column(table, plan->keys[k]);
    lnt_status status = lnt__key_layout_of_columns(self->layout, columns, plan->n_keys, err);
    lnt_free(columns);
    return status;
}

static lnt_status init_evaluators(lnt_agg_sink *self, lnt_error *err) {
    const lnt_plan *plan = self->plan;
    self->exprs = lnt_alloc_array(plan->n_calls, 3 * sizeof *self->exprs, err);
    if (!self->exprs) return LNT_NOMEM;
    for (int64_t i = 0; i < plan->n_calls; i++) {
        self->exprs[3 * i] = plan->calls[i].where;
        for (int a = 0; a < 2; a++) {
            lnt_bound *arg = plan->calls[i].args[a];
            self->exprs[3 * i + 1 + a] = arg && lnt__bound_as_column(arg) < 0 ? arg : NULL;
        }
    }
    return lnt__evaluators_init(&self->evaluators, self->engine, self->exprs, 3 * plan->n_calls, err);
}

static lnt_status init_workers(lnt_agg_sink *self, lnt_error *err) {
    int n_workers = lnt_engine_n_threads(self->engine);
    self->own = lnt_alloc_array(n_workers, sizeof *self->own, err);
    if (!self->own) return LNT_NOMEM;
    self->n_workers = n_workers;
    for (int w = 0; w < n_workers; w++) {
        lnt_agg_own *own = &self->own[w];
        LNT_TRY(lnt__key_scratch_init(&own->keys, self->layout, err));
        own->vectors = lnt_alloc_array(self->plan->n_keys, sizeof *own->vectors, err);
        own->groups = lnt_alloc_array(LNT_BATCH_ROWS, sizeof *own->groups, err);
        own->sel = lnt_alloc_array(LNT_BATCH_ROWS, sizeof *own->sel, err);
        if (!own->vectors || !own->groups || !own->sel) return LNT_NOMEM;
    }
    return lnt__key_scratch_init(&self->merging, self->layout, err);
}

/// How groups are found is known from the keys' columns.
static lnt_status init_finding(lnt_agg_sink *self, const lnt_table *table, lnt_error *err) {
    bool usable = false;
    LNT_TRY(lnt__dense_init(&self->dense, self->engine, table, self->plan, &usable, err));
    if (!usable)
        return lnt__agg_rows_differ(lnt_engine_budget(self->engine), self->plan, self->layout, table, &self->merging,
                                    &self->apart, err);
    LNT_TRY(lnt__agg_table_new(self->plan, self->layout, lnt_engine_budget(self->engine), &self->places, err));
    self->places->dense = &self->dense;
    atomic_store(&self->is_dense, true);
    return LNT_OK;
}

static lnt_status sink_init(lnt_agg_sink *self, const lnt_stream *input, const lnt_plan *plan, lnt_error *err) {
    lnt_engine *engine = input->engine;
    *self = (lnt_agg_sink){.head = {&aggregate_sink_class}, .engine = engine, .plan = plan};
    lnt__spiller_init(&self->spiller, engine, lnt__grouping_verb(plan));
    pthread_mutex_init(&self->lock, NULL);
    LNT_TRY(init_layout(self, input->table, err));
    LNT_TRY(init_evaluators(self, err));
    LNT_TRY(init_workers(self, err));
    LNT_TRY(lnt__agg_table_new(plan, self->layout, lnt_engine_budget(engine), &self->total, err));
    if (input->table) LNT_TRY(init_finding(self, input->table, err));
    return LNT_OK;
}

static void sink_clear(lnt_agg_sink *self) {
    for (int w = 0; self->own && w < self->n_workers; w++) {
        lnt__key_scratch_clear(&self->own[w].keys);
        lnt_free(self->own[w].vectors);
        lnt_free(self->own[w].groups);
        lnt_free(self->own[w].sel);
    }
    free_spare(self);
    lnt__agg_spill_free(self->spill);
    lnt__spiller_clear(&self->spiller);
    for (int64_t i = 0; i < self->n_queue; i++) lnt__agg_table_free(self->queue[i]);
    lnt_free(self->queue);
    lnt__room_clear(&self->to);
    lnt__agg_table_free(self->total);
    lnt__agg_table_free(self->places);
    lnt__dense_clear(&self->dense);
    lnt__key_scratch_clear(&self->merging);
    lnt__evaluators_clear(&self->evaluators);
    if (self->layout) lnt__key_layout_clear(self->layout);
    lnt_free(self->layout);
    lnt_free(self->exprs);
    lnt_free(self->own);
    pthread_mutex_destroy(&self->lock);
}

/// Merges the queue, and what was merged since, by partitions.
static lnt_status take_partitions(lnt_agg_sink *self, lnt_agg_result *result, lnt_error *err) {
    LNT_TRY(renew_total(self, err));
    LNT_TRY(lnt__agg_partition(self->engine, self->plan, self->layout, self->queue, self->n_queue, result, err));
    result->layout = self->layout;
    return LNT_OK;
}

/// All rows are in. Where groups were written, or can't be merged (or made results of) beside what they take, `*out` gets the
/// stream of what is merged from the file.
static lnt_status finish_spilled(lnt_agg_sink *self, lnt_stream **out, lnt_error *err) {
    free_spare(self); // not needed any more
    int64_t left = lnt_engine_memory_left(self->engine), available = self->spiller.available;
    bool movable = self->plan->n_keys > 0 && (self->n_queue > 0 || self->total->n_groups > 0);
    bool tight = available != INT64_MAX && movable && left < (available - left) / 2 * 3;
    if (!self->spill && !tight) return LNT_OK;
    LNT_TRY(spill_groups(self, true, err));
    return self->spill ? lnt__agg_spill_finish(self->spill, out, err) : LNT_OK;
}

/// Hands what was aggregated over to `result`.
static lnt_status take_result(lnt_agg_sink *self, lnt_agg_result *result, lnt_error *err) {
    *result = (lnt_agg_result){0};
    if (self->places) {
        LNT_TRY(lnt__dense_result(self->places, result, err));
        self->places = NULL;
        result->layout = self->layout;
        return LNT_OK;
    }
    if (self->n_queue > 0) return take_partitions(self, result, err);
    LNT_TRY(lnt__agg_table_grow(self->total, err));
    LNT_TRY(lnt__agg_table_prepare(self->total, err));
    result->tables = lnt_alloc_array(1, sizeof *result->tables, err);
    if (!result->tables) return LNT_NOMEM;
    result->tables[0] = self->total;
    result->n_tables = 1;
    result->n_rows = self->total->n_groups;
    result->layout = self->layout;
    self->total = NULL;
    return LNT_OK;
}

lnt_status lnt__open_aggregate(const lnt_plan *plan, lnt_stream *input, lnt_stream **out, lnt_error *err) {
    lnt_engine *engine = input->engine;
    lnt_agg_sink sink;
    lnt_agg_result result = {0};
    lnt_stream *spilled = NULL;
    bool finished = false;
    lnt_status status = sink_init(&sink, input, plan, err);
    if (status == LNT_OK) status = lnt__drain(input, &sink.head, &finished, err);
    lnt__stream_close(input, finished);
    if (status == LNT_OK) status = finish_spilled(&sink, &spilled, err);
    if (status == LNT_OK && !spilled) status = take_result(&sink, &result, err);
    if (status == LNT_OK && !spilled) sink.layout = NULL; // the result has it
    if (status != LNT_OK) lnt__agg_result_clear(&result);
    status = lnt__spiller_outcome(&sink.spiller, status, err);
    sink_clear(&sink);
    if (spilled) *out = spilled;
    if (status == LNT_OK && !spilled) status = lnt__open_groups(engine, plan, &result, out, err);
    return status;
}
