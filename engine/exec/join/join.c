/// @file join.c
/// Joins as operators: a stream over the left side, and for outer joins the right's rows that were left over.
#include <string.h>

#include "exec/gather.h"
#include "exec/join/join_asof.h"
#include "exec/join/join_range.h"
#include "exec/join/join_spill.h"
#include "exec/matcher.h"

/// Numbers of the right's rows that nothing matched.
static lnt_status list_unmatched(const lnt_join_build *build, lnt_room *rows, int64_t *n, lnt_error *err) {
    int64_t n_rows = lnt_table_n_rows(build->table);
    LNT_TRY(lnt__room_grow(rows, lnt_engine_budget(build->engine), n_rows, sizeof(int64_t), "join", err));
    int64_t *list = lnt__room_data(rows);
    *n = 0;
    for (int64_t i = 0; i < n_rows; i++)
        if (!atomic_load_explicit(&build->matched[i], memory_order_relaxed)) list[(*n)++] = i;
    return LNT_OK;
}

lnt_status lnt__join_floats(lnt_engine *engine, const lnt_column *ints, lnt_column **out, lnt_error *err) {
    lnt_collector *collector = NULL;
    lnt_arena scratch;
    LNT_TRY(lnt_collector_new(engine, LNT_FLOAT, "join", &collector, err));
    lnt_arena_init(&scratch, lnt_engine_budget(engine), "join");
    lnt_status status = LNT_OK;
    for (int64_t at = 0; status == LNT_OK && at < ints->length; at += LNT_BATCH_ROWS) {
        int64_t n = ints->length - at < LNT_BATCH_ROWS ? ints->length - at : LNT_BATCH_ROWS;
        lnt_vec vec;
        lnt_arena_reset(&scratch);
        status = lnt_vec_from_column(ints, at, n, &scratch, &vec, err);
        if (status == LNT_OK) status = lnt__vec_to_float(&vec, n, &scratch, err);
        if (status == LNT_OK) status = lnt_collector_append(collector, &vec, NULL, n, err);
    }
    if (status == LNT_OK) status = lnt_collector_finish(collector, out, err);
    lnt_arena_clear(&scratch);
    lnt_collector_free(collector);
    return status;
}

/// Output column c for the unmatched rows: the right's key where it is a key of the left, null for the left's others.
static lnt_status unmatched_column(const lnt_join_build *build, int64_t c, const int64_t *rows, int64_t n,
                                   lnt_column **out, lnt_error *err) {
    const lnt_plan *plan = build->plan;
    int64_t n_left = lnt_schema_n_columns(plan->inputs[0]->schema), from = c < n_left ? -1 : plan->columns[c - n_left];
    lnt_type type = lnt_schema_type(plan->schema, c);
    for (int64_t k = 0; k < plan->n_keys; k++)
        if (plan->keys[k] == c) from = plan->right_keys[k];
    if (from < 0)
        return lnt_column_constant(build->engine, type, (lnt_value){.type = type, .is_null = true}, n, out, err);
    lnt_column *taken = NULL;
    LNT_TRY(lnt_column_take(build->engine, lnt_table_column(build->table, from), rows, n, &taken, err));
    if (taken->type == type) {
        *out = taken;
        return LNT_OK;
    }
    lnt_status status = lnt__join_floats(build->engine, taken, out, err);
    lnt_column_unref(taken);
    return status;
}

lnt_status lnt__join_unmatched(const lnt_join_build *build, lnt_table **out, lnt_error *err) {
    int64_t n_columns = lnt_schema_n_columns(build->plan->schema), n = 0;
    lnt_room rows = {0};
    lnt_column **columns = lnt_alloc_array(n_columns, sizeof *columns, err);
    lnt_status status = columns ? list_unmatched(build, &rows, &n, err) : LNT_NOMEM;
    for (int64_t c = 0; status == LNT_OK && c < n_columns; c++)
        status = unmatched_column(build, c, lnt__room_data(&rows), n, &columns[c], err);
    if (status == LNT_OK) {
        status = lnt__table_of(build->plan->schema, columns, n, out, err);
    } else {
        for (int64_t c = 0; columns && c < n_columns; c++) lnt_column_unref(columns[c]);
    }
    lnt__room_clear(&rows);
    lnt_free(columns);
    return status;
}

/// Outer, of a table: its rows with their matches as a table, and then what is left over of the right.
static lnt_status open_outer(lnt_join_build *build, lnt_stream *left, lnt_stream **out, lnt_error *err) {
    const lnt_plan *plan = build->plan;
    lnt_engine *engine = build->engine;
    lnt_stream *probe = NULL, *parts[2] = {NULL, NULL};
    lnt_table *matched = NULL, *rest = NULL;
    lnt_status status = lnt__join_probe(build, false, left, &probe, err);
    if (status == LNT_OK) status = lnt__collect(probe, "join", &matched, err);
    if (status == LNT_OK) status = lnt__join_unmatched(build, &rest, err);
    if (status == LNT_OK) status = lnt__open_table(engine, plan->schema, matched, &parts[0], err);
    if (status == LNT_OK) status = lnt__open_table(engine, plan->schema, rest, &parts[1], err);
    lnt_table_unref(matched);
    lnt_table_unref(rest);
    if (status == LNT_OK) return lnt__open_concat(plan, parts, out, err);
    lnt__stream_close(parts[0], false);
    return status;
}

/// A join that matches by order with a right side in memory, which it takes over.
static lnt_status open_ordered(const lnt_plan *plan, lnt_stream *left, lnt_table *right, lnt_stream **out,
                               lnt_error *err) {
    lnt_engine *engine = left->engine;
    lnt_matcher *matcher = NULL;
    bool asof = plan->match.kind == LNT_MATCH_NEAREST;
    lnt_status status = asof ? lnt__asof_matcher(engine, plan, right, &matcher, err)
                             : lnt__range_matcher(engine, plan, right, &matcher, err);
    if (status == LNT_OK) return lnt__open_matcher(matcher, left, out, err);
    lnt__stream_close(left, false);
    return status;
}

/// A join by order: the right in memory if it fits, else both sides through files.
static lnt_status open_by_order(const lnt_plan *plan, lnt_stream *left, lnt_stream *right, const char *who,
                                lnt_stream **out, lnt_error *err) {
    lnt_spiller spiller;
    lnt_runs runs = {0};
    lnt_table *table = NULL;
    bool finished = false, asof = plan->match.kind == LNT_MATCH_NEAREST;
    lnt_schema *schema = lnt_schema_ref(right->schema);
    lnt__spiller_init(&spiller, right->engine, who);
    lnt_status status = asof ? lnt__asof_collect(plan, right, &spiller, &finished, &table, &runs, err)
                             : lnt__range_collect(plan, right, &spiller, &finished, &table, &runs, err);
    lnt__stream_close(right, finished);
    if (status != LNT_OK)
        lnt__stream_close(left, false);
    else if (table)
        status = open_ordered(plan, left, table, out, err);
    else
        status = asof ? lnt__asof_merge(plan, left, schema, &runs, &spiller, out, err)
                      : lnt__range_pieces(plan, left, schema, &runs, &spiller, out, err);
    status = lnt__spiller_outcome(&spiller, status, err);
    lnt__runs_clear(&runs);
    lnt_schema_unref(schema);
    lnt__spiller_clear(&spiller);
    return status;
}

/// The right side is in memory.
static lnt_status open_indexed(lnt_engine *engine, const lnt_plan *plan, lnt_table *right, lnt_stream *left,
                               lnt_stream **out, lnt_error *err) {
    lnt_join_build build;
    lnt_status status = lnt__join_build(&build, engine, plan, right, err);
    if (status != LNT_OK) {
        lnt__stream_close(left, false);
    } else if (plan->join == LNT_JOIN_OUTER) {
        status = left->table ? open_outer(&build, left, out, err) : lnt__join_outer(&build, left, out, err);
    } else {
        status = lnt__join_probe(&build, true, left, out, err);
    }
    lnt__join_build_clear(&build);
    return status;
}

/// The right side was divided into a file: so is the left.
static lnt_status open_divided(const lnt_plan *plan, lnt_spiller *spiller, const lnt_join_side *right, lnt_stream *left,
                               lnt_stream **out, lnt_error *err) {
    lnt_engine *engine = left->engine;
    lnt_join_side side = {0};
    bool finished = false;
    lnt_status status = lnt__join_divide_left(plan, left, spiller, &finished, &side, err);
    lnt__stream_close(left, finished);
    if (status == LNT_OK) status = lnt__join_parts(engine, plan, spiller->file, &side, right, out, err);
    lnt__join_side_clear(&side);
    return status;
}

lnt_status lnt__open_join(const lnt_plan *plan, lnt_stream *left, lnt_stream *right, lnt_stream **out, lnt_error *err) {
    static const char *const verbs[] = {"join", "asof_join", "range_join", "cidr_join"};
    const char *who = verbs[plan->match.kind];
    if (plan->match.kind != LNT_MATCH_EQUAL) return open_by_order(plan, left, right, who, out, err);
    lnt_engine *engine = right->engine;
    lnt_spiller spiller;
    lnt_join_side side = {0};
    lnt_table *table = NULL;
    bool finished = false;
    lnt__spiller_init(&spiller, engine, who);
    lnt_status status = lnt__join_collect_right(plan, right, left, &spiller, &finished, &table, &side, err);
    lnt__stream_close(right, finished);
    if (status != LNT_OK)
        lnt__stream_close(left, false);
    else if (table)
        status = open_indexed(engine, plan, table, left, out, err);
    else
        status = open_divided(plan, &spiller, &side, left, out, err);
    status = lnt__spiller_outcome(&spiller, status, err);
    lnt__join_side_clear(&side);
    lnt__spiller_clear(&spiller);
    return status;
}
