/// @file join_asof.c
/// asof_join: the right's rows by key and, within a key, in the order of the column that is compared; a left row finds
/// its neighbour there by binary search.
#include <math.h>

#include "exec/join/join.h"
#include "exec/join/join_asof.h"
#include "exec/matcher.h"
#include "exec/owner.h"
#include "exec/sort/order_key.h"
#include "exec/sort/sort.h"

typedef struct lnt_asof_matcher {
    lnt_matcher head;
    lnt_join_build build; ///< rows by key, sorted; without keys all are of key 0, and only `starts` and `rows` are used
    lnt_room values;      ///< uint64_t: order keys, by place in build.rows
    lnt_asof_rule rule;
} lnt_asof_matcher;

/// One worker's memory.
typedef struct lnt_asof_own {
    lnt_key_scratch keys;
    lnt_arena scratch;
    lnt_vec *vectors;
    uint32_t *found; ///< by selected row
} lnt_asof_own;

// ---- the right side ----

/// Order keys of rows [start, start + n); `*n_valid` is raised by how many there are.
static lnt_status read_values(const lnt_column *column, int64_t start, int64_t n, lnt_arena *scratch, uint64_t *values,
                              int64_t *n_valid, lnt_error *err) {
    lnt_vec vec;
    lnt_arena_reset(scratch);
    LNT_TRY(lnt_vec_from_column(column, start, n, scratch, &vec, err));
    for (int64_t i = 0; i < n; i++) *n_valid += lnt__order_key(&vec, i, &values[start + i]);
    return LNT_OK;
}

/// Order keys of all rows.
static lnt_status read_all_values(lnt_engine *engine, const lnt_column *column, lnt_room *values, int64_t *n_valid,
                                  lnt_error *err) {
    int64_t n_rows = lnt_column_length(column);
    lnt_arena scratch;
    lnt_arena_init(&scratch, lnt_engine_budget(engine), "asof_join");
    *n_valid = 0;
    lnt_status status = lnt__room_grow(values, lnt_engine_budget(engine), n_rows, sizeof(uint64_t), "asof_join", err);
    for (int64_t at = 0; status == LNT_OK && at < n_rows; at += LNT_BATCH_ROWS) {
        int64_t n = n_rows - at < LNT_BATCH_ROWS ? n_rows - at : LNT_BATCH_ROWS;
        status = lnt_engine_check(engine, err);
        if (status == LNT_OK) status = read_values(column, at, n, &scratch, lnt__room_data(values), n_valid, err);
    }
    lnt_arena_clear(&scratch);
    return status;
}

/// Without keys: all rows are of one.
static lnt_status index_alone(lnt_join_build *build, lnt_room *order, int64_t n, lnt_error *err) {
    LNT_TRY(lnt__room_grow(&build->starts, lnt_engine_budget(build->engine), 2, sizeof(int64_t), "asof_join", err));
    ((int64_t *)lnt__room_data(&build->starts))[1] = n;
    build->rows = *order;
    *order = (lnt_room){0};
    return LNT_OK;
}

/// The order keys at the places where the rows are now.
static lnt_status place_values(lnt_asof_matcher *self, const lnt_room *by_row, int64_t n, lnt_error *err) {
    LNT_TRY(lnt__room_grow(&self->values, lnt_engine_budget(self->head.engine), n, sizeof(uint64_t), "asof_join", err));
    uint64_t *values = lnt__room_data(&self->values);
    const uint64_t *from = lnt__room_data(by_row);
    const int64_t *rows = lnt__room_data(&self->build.rows);
    enum { CHECK_ROWS = 65536 };
    for (int64_t i = 0; i < n; i++) {
        if ((i & (CHECK_ROWS - 1)) == 0) LNT_TRY(lnt_engine_check(self->head.engine, err));
        values[i] = from[rows[i]];
    }
    return LNT_OK;
}

/// Sorting puts null last and NaN before it, so the first `n_valid` rows are those that can match.
static lnt_status index_right(lnt_asof_matcher *self, lnt_error *err) {
    const lnt_plan *plan = self->head.plan;
    const lnt_column *on = lnt_table_column(self->head.right, plan->right_keys[0]);
    int64_t n_rows = lnt_table_n_rows(self->head.right), n_valid = 0;
    lnt_room by_row = {0}, order = {0};
    static const bool descending = false;
    lnt_status status = read_all_values(self->head.engine, on, &by_row, &n_valid, err);
    if (status == LNT_OK) status = lnt__sort_rows(self->head.engine, &on, &descending, 1, n_rows, &order, err);
    self->build = (lnt_join_build){.engine = self->head.engine, .plan = plan, .table = lnt_table_ref(self->head.right)};
    if (status == LNT_OK)
        status = plan->n_keys == 1 ? index_alone(&self->build, &order, n_valid, err)
                                   : lnt__join_index(&self->build, lnt__room_data(&order), n_valid, err);
    if (status == LNT_OK) status = place_values(self, &by_row, n_valid, err);
    lnt__room_clear(&by_row);
    lnt__room_clear(&order);
    return status;
}

// ---- the left side ----

static void asof_end(void *own_) {
    lnt_asof_own *own = own_;
    lnt__key_scratch_clear(&own->keys);
    lnt_arena_clear(&own->scratch);
    lnt_free(own->vectors);
    lnt_free(own->found);
    lnt_free(own);
}

static lnt_status asof_begin(const lnt_matcher *matcher, void **out, lnt_error *err) {
    const lnt_asof_matcher *self = (const lnt_asof_matcher *)matcher;
    if (matcher->plan->n_keys == 1) return LNT_OK;
    lnt_asof_own *own = lnt_alloc_array(1, sizeof *own, err);
    if (!own) return LNT_NOMEM;
    *out = own;
    lnt_arena_init(&own->scratch, lnt_engine_budget(matcher->engine), "asof_join");
    LNT_TRY(lnt__key_scratch_init(&own->keys, &self->build.layout, err));
    own->vectors = lnt_alloc_array(matcher->plan->n_keys, sizeof *own->vectors, err);
    own->found = lnt_alloc_array(LNT_BATCH_ROWS, sizeof *own->found, err);
    return own->vectors && own->found ? LNT_OK : LNT_NOMEM;
}

/// Key numbers of the selected rows.
static lnt_status find_keys(const lnt_asof_matcher *self, lnt_asof_own *own, const lnt_batch *batch, lnt_error *err) {
    const lnt_plan *plan = self->head.plan;
    lnt_arena_reset(&own->scratch);
    for (int64_t k = 1; k < plan->n_keys; k++) {
        own->vectors[k - 1] = batch->columns[plan->keys[k]];
        LNT_TRY(lnt__join_key(plan, k, &own->vectors[k - 1], batch->n_rows, &own->scratch, err));
    }
    return lnt__groups_find(&self->build.keys, &own->keys, own->vectors, batch->sel, batch->n_sel, own->found, err);
}

/// The first place in [low, high) whose value is above `value` (or, unless `above`, not below it).
static int64_t bound(const uint64_t *values, int64_t low, int64_t high, uint64_t value, bool above) {
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (values[middle] < value || (above && values[middle] == value))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/// How far two floats are apart, by their order keys; infinity isn't far from itself.
static double distance(uint64_t less, uint64_t more) {
    return less == more ? 0 : lnt__float_of_order(more) - lnt__float_of_order(less);
}

bool lnt__asof_within(const lnt_asof_rule *rule, uint64_t less, uint64_t more) {
    if (!rule->options->has_tolerance) return true;
    return rule->floats ? distance(less, more) <= rule->options->tolerance : more - less <= rule->reach;
}

bool lnt__asof_before_is_nearer(const lnt_asof_rule *rule, uint64_t before, uint64_t value, uint64_t after) {
    if (rule->floats) return distance(before, value) <= distance(value, after);
    return value - before <= after - value;
}

/// The place of the match of `value` among [low, high), or -1.
static int64_t match_one(const lnt_asof_matcher *self, int64_t low, int64_t high, uint64_t value) {
    const lnt_asof_options *asof = &self->head.plan->match.asof;
    const uint64_t *values = lnt__room_data(&self->values);
    int64_t before = -1, after = -1;
    if (asof->direction != LNT_ASOF_FORWARD) before = bound(values, low, high, value, !asof->strict) - 1;
    if (asof->direction != LNT_ASOF_BACKWARD) after = bound(values, low, high, value, asof->strict);
    if (before < low || !lnt__asof_within(&self->rule, values[before], value)) before = -1;
    if (after >= high || (after >= 0 && !lnt__asof_within(&self->rule, value, values[after]))) after = -1;
    if (before < 0 || after < 0) return before < 0 ? after : before;
    return lnt__asof_before_is_nearer(&self->rule, values[before], value, values[after]) ? before : after;
}

static lnt_status asof_find(const lnt_matcher *matcher, void *own_, const lnt_batch *batch, int64_t *out,
                            lnt_error *err) {
    const lnt_asof_matcher *self = (const lnt_asof_matcher *)matcher;
    lnt_asof_own *own = own_;
    if (own) LNT_TRY(find_keys(self, own, batch, err));
    const int64_t *starts = lnt__room_data(&self->build.starts), *rows = lnt__room_data(&self->build.rows);
    const lnt_vec *on = &batch->columns[matcher->plan->keys[0]];
    for (int64_t k = 0; k < batch->n_sel; k++) {
        int64_t row = lnt__row(batch->sel, k);
        uint32_t key = own ? own->found[k] : 0;
        uint64_t value;
        out[row] = -1;
        if (key == LNT_NONE || !lnt__order_key(on, row, &value)) continue;
        int64_t place = match_one(self, starts[key], starts[key + 1], value);
        if (place >= 0) out[row] = rows[place];
    }
    return LNT_OK;
}

static void asof_free(lnt_matcher *matcher) {
    lnt_asof_matcher *self = (lnt_asof_matcher *)matcher;
    lnt__join_build_clear(&self->build);
    lnt__room_clear(&self->values);
    lnt_free(self);
}

static const lnt_matcher_class asof_class = {"asof_join", asof_begin, asof_end, asof_find, NULL, asof_free};

/// The tolerance as a difference of ints, or of microseconds.
static uint64_t reach_of(const lnt_plan *plan) {
    bool times = lnt_schema_type(plan->inputs[0]->schema, plan->keys[0]) == LNT_TIME;
    double reach = floor(plan->match.asof.tolerance * (times ? 1e6 : 1) + (times ? 0.5 : 0));
    return reach < 0x1p64 ? (uint64_t)reach : UINT64_MAX;
}

lnt_asof_rule lnt__asof_rule_of(const lnt_plan *plan) {
    lnt_asof_rule rule = {.options = &plan->match.asof};
    rule.floats = lnt_schema_type(plan->inputs[0]->schema, plan->keys[0]) == LNT_FLOAT;
    if (plan->match.asof.has_tolerance) rule.reach = reach_of(plan);
    return rule;
}

lnt_status lnt__asof_matcher(lnt_engine *engine, const lnt_plan *plan, lnt_table *right, lnt_matcher **out,
                             lnt_error *err) {
    lnt_asof_matcher *self = lnt_alloc_array(1, sizeof *self, err);
    if (!self) {
        lnt_table_unref(right);
        return LNT_NOMEM;
    }
    self->head = (lnt_matcher){.class_ = &asof_class, .engine = engine, .plan = plan, .right = right};
    self->rule = lnt__asof_rule_of(plan);
    lnt_status status = index_right(self, err);
    lnt__error_owner(lnt__error_owner(status, "sort", "asof_join", err), "join", "asof_join", err);
    if (status == LNT_OK) {
        *out = &self->head;
        return LNT_OK;
    }
    lnt_table_unref(self->head.right);
    asof_free(&self->head);
    return status;
}
