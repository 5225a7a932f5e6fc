/// @file open.c
/// Logical operators to physical ones: opens a plan's streams from the leaves up.
#include "base/spare.h"
#include "exec/stream.h"

/// Opens the inputs in order. On failure none is left open.
static lnt_status open_inputs(lnt_engine *engine, const lnt_plan *plan, lnt_stream **inputs, lnt_error *err) {
    for (int64_t i = 0; i < plan->n_inputs; i++) {
        lnt_status status = lnt__stream_open(engine, plan->inputs[i], &inputs[i], err);
        if (status == LNT_OK) continue;
        while (i-- > 0) lnt__stream_close(inputs[i], false);
        return status;
    }
    return LNT_OK;
}

static lnt_status open_unary(const lnt_plan *plan, lnt_stream *input, lnt_stream **out, lnt_error *err) {
    switch (plan->kind) {
    case LNT_PLAN_FILTER:
        return lnt__open_filter(plan, input, out, err);
    case LNT_PLAN_PROJECT:
        return lnt__open_project(plan, input, out, err);
    case LNT_PLAN_AGGREGATE:
        return lnt__open_aggregate(plan, input, out, err);
    case LNT_PLAN_DISTINCT:
        return lnt__open_distinct(plan, input, out, err);
    case LNT_PLAN_SORT:
        return plan->count >= 0 ? lnt__open_top(plan, input, out, err) : lnt__open_sort(plan, input, out, err);
    case LNT_PLAN_SLICE:
        return lnt__open_slice(plan, input, out, err);
    case LNT_PLAN_COUNT:
        return lnt__open_count(plan, input, out, err);
    case LNT_PLAN_SAMPLE:
        return lnt__open_sample(plan, input, out, err);
    case LNT_PLAN_WINDOW:
        return lnt__open_window(plan, input, out, err);
    case LNT_PLAN_MAP:
        return lnt__open_map(plan, input, out, err);
    case LNT_PLAN_EXPLODE:
        return lnt__open_explode(plan, input, out, err);
    default:
        break;
    }
    lnt__stream_close(input, false);
    return lnt_error_set(err, LNT_INTERNAL, "an operator that can't be run");
}

static lnt_status open_concat(lnt_engine *engine, const lnt_plan *plan, lnt_stream **out, lnt_error *err) {
    lnt_stream **inputs = lnt_alloc_array(plan->n_inputs, sizeof *inputs, err);
    if (!inputs) return LNT_NOMEM;
    lnt_status status = open_inputs(engine, plan, inputs, err);
    if (status == LNT_OK) status = lnt__open_concat(plan, inputs, out, err);
    lnt_free(inputs);
    return status;
}

lnt_status lnt__stream_open(lnt_engine *engine, const lnt_plan *plan, lnt_stream **out, lnt_error *err) {
    lnt_stream *inputs[2] = {NULL, NULL};
    *out = NULL;
    LNT_TRY(lnt_engine_check(engine, err));
    if (lnt_engine_n_threads(engine) == 1) lnt__spare_release_old(); // else the idle threads do
    if (plan->kind == LNT_PLAN_SCAN) return lnt__open_scan(engine, plan, out, err);
    if (plan->kind == LNT_PLAN_CONCAT) return open_concat(engine, plan, out, err);
    LNT_TRY(open_inputs(engine, plan, inputs, err));
    if (plan->kind == LNT_PLAN_JOIN) return lnt__open_join(plan, inputs[0], inputs[1], out, err);
    return open_unary(plan, inputs[0], out, err);
}
