/// @file join_output.c
/// Joined batches. Semi and anti joins only narrow the selection. Where a row has one match at most, left columns pass
/// as they are and right ones are gathered beside them; else rows are repeated, a batch of output at a time.
#include "exec/join/join_output.h"

#include "exec/gather.h"

lnt_status lnt__join_output_init(lnt_join_output *output, lnt_engine *engine, const lnt_plan *plan,
                                 const lnt_table *right, const char *who, lnt_error *err) {
    int64_t n_columns = lnt_schema_n_columns(plan->inputs[0]->schema) + plan->n_columns;
    *output = (lnt_join_output){.engine = engine, .plan = plan, .right = right};
    lnt_arena_init(&output->gathered, lnt_engine_budget(engine), who);
    output->vectors = lnt_alloc_array(n_columns, sizeof *output->vectors, err);
    output->sel = lnt_alloc_array(LNT_BATCH_ROWS, sizeof *output->sel, err);
    output->rows = lnt_alloc_array(LNT_BATCH_ROWS, sizeof *output->rows, err);
    return output->vectors && output->sel && output->rows ? LNT_OK : LNT_NOMEM;
}

void lnt__join_output_clear(lnt_join_output *output) {
    lnt_arena_clear(&output->gathered);
    lnt_free(output->vectors);
    lnt_free(output->sel);
    lnt_free(output->rows);
    *output = (lnt_join_output){0};
}

/// Semi and anti: rows that have (or have no) match.
static lnt_status narrow(lnt_join_output *output, const lnt_batch *batch, bool matching, lnt_error *err) {
    lnt_batch narrowed = *batch;
    int64_t n = 0;
    for (int64_t k = 0; k < batch->n_sel; k++) {
        int64_t row = lnt__row(batch->sel, k);
        output->sel[n] = (uint32_t)row;
        n += (output->rows[row] >= 0) == matching;
    }
    narrowed.sel = output->sel;
    narrowed.n_sel = n;
    return output->emit(output->context, &narrowed, err);
}

/// Puts the left's vectors and the right's columns at `rows` into a batch's columns; makes promoted keys floats.
static lnt_status put_columns(lnt_join_output *output, const lnt_vec *left, int64_t n_left, int64_t n_rows,
                              lnt_error *err) {
    const lnt_plan *plan = output->plan;
    for (int64_t c = 0; c < n_left; c++) {
        output->vectors[c] = left[c];
        if (left[c].type == LNT_INT && lnt_schema_type(plan->schema, c) == LNT_FLOAT)
            LNT_TRY(lnt__vec_to_float(&output->vectors[c], n_rows, &output->gathered, err));
    }
    for (int64_t c = 0; c < plan->n_columns; c++)
        LNT_TRY(lnt__gather_column(lnt_table_column(output->right, plan->columns[c]), output->rows, n_rows,
                                   &output->gathered, &output->vectors[n_left + c], err));
    return LNT_OK;
}

/// At most one match per row: the selection narrows (inner) or stays, the right's values stand beside the left's.
static lnt_status put_beside(lnt_join_output *output, const lnt_batch *batch, lnt_error *err) {
    bool inner = output->plan->join == LNT_JOIN_INNER;
    int64_t n = 0;
    for (int64_t k = 0; k < batch->n_sel; k++) {
        int64_t row = lnt__row(batch->sel, k);
        output->sel[n] = (uint32_t)row;
        n += output->rows[row] >= 0 || !inner;
    }
    if (n == 0) return LNT_OK;
    lnt_arena_reset(&output->gathered);
    LNT_TRY(put_columns(output, batch->columns, batch->n_columns, batch->n_rows, err));
    lnt_batch joined = *batch;
    joined.sel = output->sel;
    joined.n_sel = n;
    joined.n_columns = batch->n_columns + output->plan->n_columns;
    joined.columns = output->vectors;
    return output->emit(output->context, &joined, err);
}

lnt_status lnt__join_emit(lnt_join_output *output, const lnt_batch *batch, lnt_error *err) {
    lnt_join_kind kind = output->plan->join;
    if (kind == LNT_JOIN_SEMI || kind == LNT_JOIN_ANTI) return narrow(output, batch, kind == LNT_JOIN_SEMI, err);
    if (batch->sel) { // rows that aren't selected are gathered too, so that values stay at their row's position
        int64_t next = 0;
        for (int64_t row = 0; row < batch->n_rows; row++) {
            bool selected = next < batch->n_sel && batch->sel[next] == row;
            next += selected;
            if (!selected) output->rows[row] = -1;
        }
    }
    return put_beside(output, batch, err);
}

lnt_status lnt__join_flush(lnt_join_output *output, const lnt_batch *batch, lnt_error *err) {
    int64_t n = output->n;
    output->n = 0;
    if (n == 0) return LNT_OK;
    LNT_TRY(lnt_engine_check(output->engine, err)); // one batch of the left can give any number of batches
    lnt_arena_reset(&output->gathered);
    lnt_vec *left = lnt_arena_alloc(&output->gathered, batch->n_columns * (int64_t)sizeof *left, err);
    if (!left) return LNT_NOMEM;
    for (int64_t c = 0; c < batch->n_columns; c++)
        LNT_TRY(lnt__gather_vec(&batch->columns[c], output->sel, n, &output->gathered, &left[c], err));
    LNT_TRY(put_columns(output, left, batch->n_columns, n, err));
    lnt_batch joined = {.n_rows = n,
                        .first_row = -1,
                        .n_sel = n,
                        .columns = output->vectors,
                        .n_columns = batch->n_columns + output->plan->n_columns};
    return output->emit(output->context, &joined, err);
}

lnt_status lnt__join_pair(lnt_join_output *output, const lnt_batch *batch, int64_t left, int64_t right,
                          lnt_error *err) {
    output->sel[output->n] = (uint32_t)left;
    output->rows[output->n++] = right;
    return output->n == LNT_BATCH_ROWS ? lnt__join_flush(output, batch, err) : LNT_OK;
}
