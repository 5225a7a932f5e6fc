// JSON lines as a scan: opening finds columns, types and rejects; a run reads the blocks again for what it was asked
// for. Where the columns are guessed (io/deferred.h), the run that reads everything finds the rejects, too.
#include <string.h>

#include "base/engine.h"
#include "io/deferred.h"
#include "io/json/json_lines.h"

typedef struct lines_scan {
    lnt_scan head;
    lnt_engine *engine; ///< the one it was opened with
    lnt_input *input;
    lnt__json_settings settings;
    lnt__json_found found;
    int64_t origin, line, line_start;
    lnt_table *rejects;
    int64_t n_rejected; ///< with those that aren't in the table
    lnt_text description;
} lines_scan;

struct lnt_scan_run {
    lines_scan *scan;
    const lnt_row_filter *filter;
    int64_t n_columns;
    lnt__json_rows **rows; ///< by worker, like the rest
    lnt__json_sink *sinks;
    uint32_t (*selections)[LNT__JSON_PAGE_ROWS];
    int n_workers;
    lnt__json_pass *pass;
    lnt__rejects rejects; ///< of a scan that is guessed
};

// ---- a run ----

/// Says what was found, once that is known.
static lnt_status describe_found(lines_scan *scan, lnt_error *err) {
    const char *name = lnt_input_name(scan->input);
    lnt_text_clear(&scan->description);
    lnt_text_addf(&scan->description, "%s: an object a line, %lld records", name, (long long)scan->found.n_rows);
    scan->n_rejected = scan->found.rejects.n_all;
    if (scan->n_rejected) lnt_text_addf(&scan->description, ", %lld rejected", (long long)scan->n_rejected);
    lnt__json_columns_describe(&scan->found.columns, &scan->description);
    LNT_TRY(lnt_text_check(&scan->description, err));
    LNT_TRY(lnt__rejects_table(scan->engine, name, &scan->found.rejects, &scan->rejects, err));
    lnt__rejects_clear(&scan->found.rejects);
    scan->head.guessed = false;
    return LNT_OK;
}

/// The guess was right: what the run has seen belongs to the scan.
static void confirm_guess(lnt_scan_run *run) {
    lines_scan *scan = run->scan;
    lnt_error ignored = {0};
    scan->found.rejects = run->rejects;
    lnt__rejects_init(&run->rejects, NULL);
    scan->found.n_rows = lnt__json_pass_head(run->pass).row;
    lnt_status status = describe_found(scan, &ignored); // without memory: it remains a guess, and isn't used
    (void)status;
}

static void run_close(lnt_scan_run *run, bool finished) {
    if (finished && run->scan->head.guessed) confirm_guess(run);
    lnt__rejects_clear(&run->rejects);
    lnt__json_pass_close(run->pass);
    for (int i = 0; run->rows && i < run->n_workers; i++) lnt__json_rows_free(run->rows[i]);
    lnt_free(run->rows);
    lnt_free(run->sinks);
    lnt_free(run->selections);
    lnt_free(run);
}

static lnt_status settle(void *context, int worker, const lnt__json_block *block, const lnt__json_head *head,
                         int64_t *n_rows, lnt_error *err) {
    lnt_scan_run *run = context;
    *n_rows = lnt__json_rows_count(run->rows[worker]);
    return run->scan->head.guessed ? lnt__json_keep_rejects(&run->rejects, block, head, err) : LNT_OK;
}

/// One morsel on its way out.
typedef struct emission {
    lnt_scan_run *run;
    lnt_emit_fn emit;
    void *context;
} emission;

static lnt_status emit_block(void *context, int worker, const lnt__json_block *block, int64_t row, lnt_error *err) {
    (void)block;
    const emission *e = context;
    lnt_scan_run *run = e->run;
    int64_t n_rows = lnt__json_rows_count(run->rows[worker]);
    for (int64_t at = 0; at < n_rows; at += LNT__JSON_PAGE_ROWS) {
        int64_t n = n_rows - at < LNT__JSON_PAGE_ROWS ? n_rows - at : LNT__JSON_PAGE_ROWS;
        lnt_batch batch = {.n_rows = n, .first_row = row + at, .n_sel = n, .n_columns = run->n_columns};
        batch.columns = lnt__json_rows_page(run->rows[worker], at / LNT__JSON_PAGE_ROWS);
        if (run->filter) {
            uint32_t *sel = run->selections[worker];
            LNT_TRY(run->filter->keep(run->filter->context, worker, &batch, sel, &batch.n_sel, err));
            if (batch.n_sel == 0) continue;
            if (batch.n_sel < n) batch.sel = sel;
        }
        LNT_TRY(e->emit(e->context, &batch, err));
    }
    return LNT_OK;
}

static lnt_status add_workers(lnt_scan_run *run, lnt_engine *engine, const lnt_scan_request *request, lnt_error *err) {
    run->n_workers = lnt_engine_n_threads(engine);
    run->rows = lnt_alloc_array(run->n_workers, sizeof *run->rows, err);
    run->sinks = lnt_alloc_array(run->n_workers, sizeof *run->sinks, err);
    run->selections = lnt_alloc_array(run->filter ? run->n_workers : 1, sizeof *run->selections, err);
    if (!run->rows || !run->sinks || !run->selections) return LNT_NOMEM;
    for (int i = 0; i < run->n_workers; i++) {
        LNT_TRY(lnt__json_rows_new(engine, &run->scan->settings, &run->scan->found, run->scan->head.guessed,
                                   request->columns, request->n_columns, &run->rows[i], err));
        run->sinks[i] = lnt__json_rows_sink(run->rows[i]);
    }
    return LNT_OK;
}

static lnt_status run_open(lnt_scan *head, lnt_engine *engine, const lnt_scan_request *request, lnt_scan_run **out,
                           lnt_error *err) {
    lines_scan *scan = (lines_scan *)head;
    lnt_scan_run *run = lnt_alloc_array(1, sizeof *run, err);
    if (!run) return LNT_NOMEM;
    run->scan = scan;
    run->filter = request->filter;
    run->n_columns = request->n_columns;
    lnt__rejects_init(&run->rejects, lnt_engine_budget(engine));
    lnt_status status = add_workers(run, engine, request, err);
    lnt__json_user user = {.sinks = run->sinks, .settle = settle, .use = emit_block, .context = run};
    if (status == LNT_OK)
        status = lnt__json_pass_open(engine, scan->input, &scan->settings, scan->origin, scan->line, scan->line_start,
                                     &user, &run->pass, err);
    if (status == LNT_OK)
        *out = run;
    else
        run_close(run, false);
    return status;
}

static lnt_status run_claim(lnt_scan_run *run, int worker, int64_t *morsel, lnt_error *err) {
    (void)worker, (void)err;
    lnt__json_pass_claim(run->pass, morsel);
    return LNT_OK;
}

static lnt_status run_read(lnt_scan_run *run, int worker, int64_t morsel, lnt_emit_fn emit, void *context,
                           lnt_error *err) {
    emission e = {run, emit, context};
    return lnt__json_pass_read(run->pass, worker, morsel, &e, err);
}

static void run_progress(const lnt_scan_run *run, int64_t *done, int64_t *total) {
    lnt__json_pass_progress(run->pass, done, total);
}

// ---- the scan ----

static lnt_status get_rejects(lnt_scan *scan, lnt_engine *engine, lnt_table **out, lnt_error *err) {
    (void)engine, (void)err;
    *out = lnt_table_ref(((lines_scan *)scan)->rejects);
    return LNT_OK;
}

static void scan_describe(const lnt_scan *head, lnt_text *text) {
    const lines_scan *scan = (const lines_scan *)head;
    lnt_text_add(text, scan->description.data, scan->description.size);
}

static int64_t scan_n_rows(const lnt_scan *scan) {
    return scan->guessed ? -1 : ((const lines_scan *)scan)->found.n_rows;
}

static void scan_counts(const lnt_scan *scan, int64_t *n_rows, int64_t *n_rejects) {
    *n_rows = scan_n_rows(scan);
    *n_rejects = scan->guessed ? -1 : ((const lines_scan *)scan)->n_rejected;
}

static void scan_free(lnt_scan *head) {
    lines_scan *scan = (lines_scan *)head;
    lnt__json_found_clear(&scan->found);
    lnt__json_settings_clear(&scan->settings);
    lnt_table_unref(scan->rejects);
    lnt_text_clear(&scan->description);
    lnt_schema_unref(head->schema);
    lnt_input_close(scan->input);
    lnt_free(scan);
}

// ---- opening ----

static lnt_status make_schema(lines_scan *scan, lnt_error *err) {
    int64_t n = scan->found.columns.n;
    const char **names = lnt_alloc_array(n, sizeof *names, err);
    lnt_type *types = lnt_alloc_array(n, sizeof *types, err);
    lnt_status status = names && types ? LNT_OK : LNT_NOMEM;
    for (int64_t i = 0; status == LNT_OK && i < n; i++) {
        const lnt__json_column *column = &scan->found.columns.items[i];
        names[i] = column->name;
        types[i] = column->type == LNT_NULL ? LNT_STRING : column->type;
    }
    lnt_schema *schema = NULL;
    if (status == LNT_OK) status = lnt_schema_new(names, types, n, &schema, err);
    if (status == LNT_OK) {
        lnt_schema_unref(scan->head.schema);
        scan->head.schema = schema;
    }
    lnt_free(names);
    lnt_free(types);
    return status;
}

static lnt_status find_columns(lines_scan *scan, int64_t n_blocks, lnt_error *err) {
    return lnt__json_find_columns(scan->engine, scan->input, &scan->settings, scan->origin, scan->line,
                                  scan->line_start, n_blocks, &scan->found, err);
}

static lnt_status scan_settle(lnt_scan *head, lnt_error *err) {
    lines_scan *scan = (lines_scan *)head;
    lnt__json_found_clear(&scan->found);
    LNT_TRY(find_columns(scan, INT64_MAX, err));
    LNT_TRY(make_schema(scan, err));
    return describe_found(scan, err);
}

/// Very many columns are looked at as a whole: there may be too many (see check_density).
static lnt_status fill_scan(lines_scan *scan, const lnt_json_options *options, int64_t defer_bytes, lnt_error *err) {
    LNT_TRY(lnt__json_settings_init(&scan->settings, options, err));
    scan->head.guessed = defer_bytes > 0 && lnt_input_size(scan->input) >= defer_bytes;
    if (!scan->head.guessed) return scan_settle(&scan->head, err);
    LNT_TRY(find_columns(scan, LNT__JSON_GUESS, err));
    lnt__rejects_clear(&scan->found.rejects);
    return scan->found.columns.n < LNT__JSON_LONELY ? make_schema(scan, err) : scan_settle(&scan->head, err);
}

static const lnt_scan_class lines_class = {
    .name = "json",
    .open = run_open,
    .claim = run_claim,
    .read = run_read,
    .progress = run_progress,
    .close = run_close,
    .rejects = get_rejects,
    .describe = scan_describe,
    .n_rows = scan_n_rows,
    .free = scan_free,
    .counts = scan_counts,
    .settle = scan_settle,
};

lnt_status lnt__json_lines_open(lnt_engine *engine, lnt_input *input, const lnt_json_options *options, int64_t origin,
                                int64_t line, int64_t line_start, lnt__json_tuning tuning, lnt_scan **out,
                                lnt_error *err) {
    lines_scan *scan = lnt_alloc_array(1, sizeof *scan, err);
    if (!scan) {
        lnt_input_close(input);
        return LNT_NOMEM;
    }
    scan->head = (lnt_scan){.class_ = &lines_class, .refs = 1};
    scan->engine = engine;
    scan->input = input;
    scan->origin = origin;
    scan->line = line;
    scan->line_start = line_start;
    scan->settings.block_bytes = tuning.block_bytes;
    lnt_status status = fill_scan(scan, options, tuning.defer_bytes, err);
    if (status == LNT_OK)
        *out = &scan->head;
    else
        scan_free(&scan->head);
    return status;
}
