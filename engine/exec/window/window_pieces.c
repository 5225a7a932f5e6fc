/// @file window_pieces.c
/// Windows by partitions over rows that don't fit: the partitions are brought together (spill/regroup.c), and those of a piece
/// are a table with a window over it.
///
/// Workload: many partitions, of which each fits. Rows of a partition stand in their order there, so that rows that are equal
/// in the window's order, and floats that are added, meet as they do in memory.
#include "exec/spill/regroup.h"
#include "exec/spill/spill_number.h"
#include "exec/window/window.h"

typedef struct window_pieces {
    lnt_engine *engine;
    lnt_plan plan; ///< the window over the input's columns and the number; its schema is owned
    int64_t n_input;
    lnt_regroup regroup;
} window_pieces;

int64_t lnt__window_row(lnt_window_numbers numbers, int64_t row) {
    if (!numbers.column) return row;
    return lnt__regroup_row(lnt_column_get(numbers.column, row).as.i, numbers.morsel_rows);
}

/// Puts the number behind the calls' columns.
static lnt_status arrange(const window_pieces *self, const lnt_table *made, lnt_table **out, lnt_error *err) {
    int64_t n = lnt_table_n_columns(made);
    lnt_column **columns = lnt_alloc_array(n, sizeof *columns, err);
    if (!columns) return LNT_NOMEM;
    for (int64_t c = 0; c < n; c++) {
        int64_t from = c < self->n_input ? c : c + 1 < n ? c + 1 : self->n_input;
        columns[c] = lnt_column_ref(lnt_table_column(made, from));
    }
    lnt_status status =
        lnt__table_of(self->regroup.numbered_output, columns, lnt_table_n_rows(made), out, err);
    lnt_free(columns);
    return status;
}

static lnt_status do_piece(void *context, const lnt_table *rows, lnt_table **out, lnt_error *err) {
    window_pieces *self = context;
    lnt_window_numbers numbers = {lnt_table_column(rows, self->n_input), self->regroup.morsel_rows};
    lnt_table *made = NULL;
    LNT_TRY(lnt__window_over(self->engine, &self->plan, rows, numbers, &made, err));
    lnt_status status = arrange(self, made, out, err);
    lnt_table_unref(made);
    return status;
}

/// The window's columns with the number between the input's and the calls'.
static lnt_status make_schema(window_pieces *self, const lnt_schema *schema, lnt_error *err) {
    int64_t n = lnt_schema_n_columns(schema) + 1;
    lnt_type *types = lnt_alloc_array(n, sizeof *types, err);
    if (!types) return LNT_NOMEM;
    for (int64_t c = 0; c < n; c++)
        types[c] = c == self->n_input ? LNT_INT : lnt_schema_type(schema, c < self->n_input ? c : c - 1);
    lnt_status status = lnt__schema_numbered(types, n, &self->plan.schema, err);
    lnt_free(types);
    return status;
}

lnt_status lnt__window_pieces(const lnt_plan *plan, lnt_spiller *spiller, lnt_runs *runs, lnt_stream **out, lnt_error *err) {
    window_pieces self = {.engine = spiller->engine, .plan = *plan};
    self.n_input = lnt_schema_n_columns(plan->schema) - plan->n_windows;
    self.plan.schema = NULL;
    self.regroup = (lnt_regroup){.input = plan->inputs[0]->schema,
                                 .output = plan->schema,
                                 .keys = plan->keys,
                                 .n_keys = plan->n_keys,
                                 .row_bytes = lnt__window_row_bytes(plan),
                                 .whole = "a partition of a window",
                                 .work = do_piece,
                                 .context = &self};
    lnt_status status = make_schema(&self, plan->schema, err);
    if (status == LNT_OK)
        status = lnt__regroup_open(&self.regroup, spiller, runs, out, err);
    else
        lnt__runs_clear(runs);
    lnt_schema_unref(self.plan.schema);
    return status;
}
