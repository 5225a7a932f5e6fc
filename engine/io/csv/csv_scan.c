// The CSV reader as a scan: batches out of blocks, with the filter applied before the columns that it doesn't need are
// converted; rejects; and what describe() tells.
#include <string.h>

#include "io/csv/csv.h"

struct lnt_scan_run {
    lnt_csv_scan *scan;
    lnt_csv_pass *pass;
    int64_t n_columns;
    const lnt_row_filter *filter;   ///< NULL: none
    lnt_csv_converter **converters; ///< one per worker, made on first use
    uint32_t (*selections)[LNT_BATCH_ROWS];
    lnt_vec *vectors; ///< n_columns per worker
    int64_t *columns;
    int64_t *held; ///< of a scan that is guessed: the n_held columns whose values aren't all converted
    int64_t n_held;
    int n_workers;
    lnt_engine *engine;
};

// ---- a run ----

static void csv_close(lnt_scan_run *run, bool finished) {
    if (!run) return;
    if (finished && run->pass) {
        lnt_error ignored = {0};
        lnt_status status = lnt_csv_pass_finish(run->pass, &ignored); // without memory: the rejects are read again
        if (status == LNT_OK) run->scan->head.guessed = false;
    }
    lnt_csv_pass_close(run->pass);
    for (int i = 0; run->converters && i < run->n_workers; i++) lnt_csv_converter_free(run->converters[i]);
    lnt_free(run->converters);
    lnt_free(run->selections);
    lnt_free(run->vectors);
    lnt_free(run->columns);
    lnt_free(run->held);
    lnt_free(run);
}

/// Whether the run converts all values of a column, and so holds them against its type.
static bool converts_all(const lnt_scan_request *request, int64_t column) {
    for (int64_t i = 0; i < request->n_columns; i++)
        if (request->columns[i] == column && (!request->filter || request->filter->needs[i])) return true;
    return false;
}

/// The columns of which more must be seen than the request wants, as long as types are guessed. Any value is a string.
static lnt_status choose_held(lnt_scan_run *run, const lnt_scan_request *request, lnt_error *err) {
    const lnt_csv_scan *scan = run->scan;
    if (!scan->head.guessed) return LNT_OK;
    run->held = lnt_alloc_array(scan->dialect.n_columns, sizeof *run->held, err);
    if (!run->held) return LNT_NOMEM;
    for (int64_t c = 0; c < scan->dialect.n_columns; c++) {
        const lnt_csv_column *column = &scan->columns[c];
        bool settled = column->declared || (column->type == LNT_STRING && !column->empty);
        if (!settled && !converts_all(request, c)) run->held[run->n_held++] = c;
    }
    return LNT_OK;
}

static lnt_status csv_open(lnt_scan *scan, lnt_engine *engine, const lnt_scan_request *request, lnt_scan_run **out,
                           lnt_error *err) {
    lnt_scan_run *run = lnt_alloc_array(1, sizeof *run, err);
    if (!run) return LNT_NOMEM;
    *run = (lnt_scan_run){.scan = (lnt_csv_scan *)scan,
                          .engine = engine,
                          .n_columns = request->n_columns,
                          .filter = request->filter,
                          .n_workers = lnt_engine_n_threads(engine)};
    run->converters = lnt_alloc_array(run->n_workers, sizeof *run->converters, err);
    run->selections = lnt_alloc_array(request->filter ? run->n_workers : 1, sizeof *run->selections, err);
    run->vectors = lnt_alloc_array(run->n_workers * run->n_columns, sizeof *run->vectors, err);
    run->columns = lnt_alloc_array(run->n_columns, sizeof *run->columns, err);
    lnt_status status = LNT_OK;
    if (!run->converters || !run->selections || !run->vectors || !run->columns) status = LNT_NOMEM;
    for (int64_t i = 0; i < run->n_columns && status == LNT_OK; i++) run->columns[i] = request->columns[i];
    if (status == LNT_OK) status = choose_held(run, request, err);
    if (status == LNT_OK) status = lnt_csv_pass_open(run->scan, engine, run->scan->max_rejects, &run->pass, err);
    if (status == LNT_OK)
        *out = run;
    else
        csv_close(run, false);
    return status;
}

static lnt_status csv_claim(lnt_scan_run *run, int worker, int64_t *morsel, lnt_error *err) {
    (void)worker;
    return lnt_csv_pass_claim(run->pass, morsel, err);
}

/// One morsel on its way out.
typedef struct emission {
    lnt_scan_run *run;
    lnt_emit_fn emit;
    void *context;
    int worker;
} emission;

/// Converts the columns that the filter needs (`for_filter`), or the others.
static lnt_status convert_columns(const emission *e, const lnt_csv_tokens *tokens, int64_t record, lnt_batch *batch,
                                  lnt_vec *vectors, bool for_filter, lnt_error *err) {
    const lnt_row_filter *filter = e->run->filter;
    for (int64_t i = 0; i < e->run->n_columns; i++) {
        if (filter && filter->needs[i] != for_filter) continue;
        LNT_TRY(lnt_csv_convert(e->run->converters[e->worker], tokens, i, record, batch->n_rows, batch->sel,
                                batch->n_sel, &vectors[i], err));
    }
    return LNT_OK;
}

static lnt_status emit_batch(const emission *e, const lnt_csv_tokens *tokens, int64_t record, int64_t n, int64_t row,
                             lnt_error *err) {
    lnt_scan_run *run = e->run;
    lnt_vec *vectors = run->vectors + e->worker * run->n_columns;
    lnt_batch batch = {.n_rows = n, .first_row = row, .n_sel = n, .n_columns = run->n_columns, .columns = vectors};
    lnt_csv_converter_begin(run->converters[e->worker]);
    for (int64_t i = 0; i < run->n_columns; i++) vectors[i] = (lnt_vec){.type = LNT_NULL, .form = LNT_FORM_CONSTANT};
    if (run->filter) {
        uint32_t *sel = run->selections[e->worker];
        LNT_TRY(convert_columns(e, tokens, record, &batch, vectors, true, err));
        LNT_TRY(run->filter->keep(run->filter->context, e->worker, &batch, sel, &batch.n_sel, err));
        if (batch.n_sel == 0) return LNT_OK;
        if (batch.n_sel < n) batch.sel = sel;
    }
    LNT_TRY(convert_columns(e, tokens, record, &batch, vectors, false, err));
    return e->emit(e->context, &batch, err);
}

/// Rows of a batch: so few that their text stays near while column after column is converted and taken.
static int64_t rows_of_batch(const lnt_csv_tokens *tokens) {
    enum { NEAR_BYTES = 256 << 10, FEWEST = 512 };
    int64_t n = LNT_BATCH_ROWS;
    while (n > FEWEST && (tokens->next - tokens->first) / NEAR_BYTES * n > tokens->n_records) n /= 2;
    return n;
}

static lnt_status emit_block(void *context, int worker, const lnt_csv_tokens *tokens, int64_t block, int64_t row,
                             int64_t line, lnt_error *err) {
    (void)block;
    (void)line;
    const emission *e = context;
    lnt_scan_run *run = e->run;
    if (!run->converters[worker])
        LNT_TRY(
            lnt_csv_converter_new(run->scan, run->engine, run->columns, run->n_columns, &run->converters[worker], err));
    const int64_t most = rows_of_batch(tokens);
    if (run->n_held > 0) LNT_TRY(lnt_csv_hold(run->scan, tokens, run->held, run->n_held, err));
    for (int64_t at = 0; at < tokens->n_records; at += most) {
        int64_t n = tokens->n_records - at < most ? tokens->n_records - at : most;
        LNT_TRY(emit_batch(e, tokens, at, n, row + at, err));
    }
    return LNT_OK;
}

static lnt_status csv_read(lnt_scan_run *run, int worker, int64_t morsel, lnt_emit_fn emit, void *context,
                           lnt_error *err) {
    emission e = {run, emit, context, worker};
    return lnt_csv_pass_read(run->pass, worker, morsel, emit_block, &e, err);
}

static void csv_progress(const lnt_scan_run *run, int64_t *done, int64_t *total) {
    lnt_csv_pass_progress(run->pass, done, total);
}

// ---- rejects ----

static lnt_status ignore_block(void *context, int worker, const lnt_csv_tokens *tokens, int64_t block, int64_t row,
                               int64_t line, lnt_error *err) {
    (void)context, (void)worker, (void)tokens, (void)block, (void)row, (void)line, (void)err;
    return LNT_OK;
}

/// The rejects of the last run as a table; `*whole` false when the run didn't look at all (and nothing was made).
static lnt_status kept_rejects(lnt_csv_scan *scan, lnt_engine *engine, bool *whole, lnt_table **out, lnt_error *err) {
    lnt_status status = LNT_OK;
    pthread_mutex_lock(&scan->lock);
    *whole = scan->counts.n_rows >= 0 && scan->rejects.n_all == scan->counts.n_rejects;
    if (*whole) status = lnt__rejects_table(engine, lnt_input_name(scan->input), &scan->rejects, out, err);
    pthread_mutex_unlock(&scan->lock);
    return status;
}

static lnt_status csv_rejects(lnt_scan *head, lnt_engine *engine, lnt_table **out, lnt_error *err) {
    lnt_csv_scan *scan = (lnt_csv_scan *)head;
    bool whole;
    LNT_TRY(kept_rejects(scan, engine, &whole, out, err));
    if (whole) return LNT_OK;
    lnt_csv_pass *pass;
    LNT_TRY(lnt_csv_pass_open(scan, engine, INT64_MAX, &pass, err));
    lnt_status status = lnt_csv_pass_all(pass, ignore_block, NULL, "rejects", err);
    lnt_csv_pass_close(pass);
    if (status == LNT_OK) status = kept_rejects(scan, engine, &whole, out, err);
    return status;
}

lnt_csv_counts lnt_csv_scan_counts(const lnt_scan *head) {
    lnt_csv_scan *scan = (lnt_csv_scan *)head;
    pthread_mutex_lock(&scan->lock);
    lnt_csv_counts counts = scan->counts;
    pthread_mutex_unlock(&scan->lock);
    return counts;
}

static lnt_status csv_settle(lnt_scan *head, lnt_error *err) {
    lnt_csv_scan *scan = (lnt_csv_scan *)head;
    LNT_TRY(lnt_csv_infer(scan, INT64_MAX, err));
    LNT_TRY(lnt_csv_retype(scan, err));
    head->guessed = false;
    return LNT_OK;
}

static int64_t csv_n_rows(const lnt_scan *scan) {
    return lnt_csv_scan_counts(scan).n_rows;
}

static void csv_counts(const lnt_scan *scan, int64_t *n_rows, int64_t *n_rejects) {
    lnt_csv_counts counts = lnt_csv_scan_counts(scan);
    *n_rows = counts.n_rows;
    *n_rejects = counts.n_rejects;
}

// ---- describe ----

enum { MOST_DESCRIBED = 100 };

static const char *delimiter_name(char c, char buffer[4]) {
    if (c == '\t') return "tab";
    buffer[0] = buffer[2] = '\'';
    buffer[1] = c;
    buffer[3] = 0;
    return buffer;
}

/// The columns whose types were found, a line each with the value that decided.
static void describe_found(const lnt_csv_scan *scan, lnt_text *text) {
    int64_t n_found = 0, shown = 0;
    for (int64_t c = 0; c < scan->dialect.n_columns; c++) n_found += !scan->columns[c].declared;
    if (!n_found) return;
    lnt_text_add(text, "\ntypes found over all values, each with the first value that decided it:", -1);
    for (int64_t c = 0; c < scan->dialect.n_columns && shown < MOST_DESCRIBED; c++) {
        const lnt_csv_column *column = &scan->columns[c];
        if (column->declared) continue;
        lnt_text_addf(text, "\n  %s: %s", lnt_schema_name(scan->head.schema, c), lnt_type_name(column->type));
        if (column->value)
            lnt_text_addf(text, " (line %lld: '%s')", (long long)column->line, column->value);
        else
            lnt_text_add(text, " (no values)", -1);
        shown++;
    }
    if (shown < n_found) lnt_text_addf(text, "\n  and %lld more", (long long)(n_found - shown));
}

/// The columns whose types were given, in one line; strings are left out.
static void describe_given(const lnt_csv_scan *scan, lnt_text *text) {
    for (int64_t i = 0; i < scan->n_checked && i < MOST_DESCRIBED; i++) {
        int64_t c = scan->checked[i];
        lnt_text_addf(text, "%s%s %s", i ? ", " : "\ntypes given: ", lnt_schema_name(scan->head.schema, c),
                      lnt_type_name(scan->columns[c].type));
    }
    if (scan->n_checked > MOST_DESCRIBED)
        lnt_text_addf(text, " and %lld more", (long long)(scan->n_checked - MOST_DESCRIBED));
}

static void csv_describe(const lnt_scan *head, lnt_text *text) {
    const lnt_csv_scan *scan = (const lnt_csv_scan *)head;
    const lnt_csv_dialect *dialect = &scan->dialect;
    char buffer[4];
    lnt_text_addf(text, "%s: delimiter %s", lnt_input_name(scan->input), delimiter_name(dialect->delimiter, buffer));
    if (dialect->quote)
        lnt_text_addf(text, ", quote %c", dialect->quote);
    else
        lnt_text_add(text, ", no quoting", -1);
    if (dialect->trim_space) lnt_text_add(text, ", spaces after delimiters dropped", -1);
    if (dialect->nested_quotes) lnt_text_add(text, ", nested quotes", -1);
    if (dialect->comment_size) lnt_text_addf(text, ", comments start with %s", dialect->comment);
    if (scan->header_line)
        lnt_text_addf(text, ", header on line %lld%s", (long long)scan->header_line,
                      scan->header_commented ? " (a comment)" : "");
    else
        lnt_text_add(text, ", no header", -1);
    lnt_text_addf(text, ", %lld columns", (long long)dialect->n_columns);
    describe_given(scan, text);
    describe_found(scan, text);
}

static void csv_free(lnt_scan *head) {
    lnt_csv_scan *scan = (lnt_csv_scan *)head;
    for (int64_t c = 0; scan->columns && c < scan->dialect.n_columns; c++) lnt_free(scan->columns[c].value);
    for (int64_t i = 0; i < scan->nulls.n; i++) lnt_free((char *)scan->nulls.texts[i].data);
    lnt_free(scan->nulls.texts);
    lnt_free(scan->columns);
    lnt_free(scan->checked);
    lnt_free(scan->header);
    lnt__pattern_free(scan->pattern);
    lnt__rejects_clear(&scan->rejects);
    lnt_schema_unref(scan->head.schema);
    lnt_input_close(scan->input);
    pthread_mutex_destroy(&scan->lock);
    lnt_free(scan);
}

const lnt_scan_class lnt_csv_scan_class = {
    .name = "csv",
    .open = csv_open,
    .claim = csv_claim,
    .read = csv_read,
    .progress = csv_progress,
    .close = csv_close,
    .rejects = csv_rejects,
    .describe = csv_describe,
    .n_rows = csv_n_rows,
    .free = csv_free,
    .counts = csv_counts,
    .settle = csv_settle,
};
