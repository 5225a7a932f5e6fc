// Arrow files as scans: morsels are pieces of record batches, of which the columns that are asked for become vectors.
//
// Workload: an aggregate over a file of any size; what is held is a batch's metadata and some thousand rows a worker,
// besides dictionaries, and what compressed record batches unpack to.
#include <string.h>

#include "io/arrow/arrow.h"

enum { MORSEL_ROWS = 32768 }; ///< small pieces are read together until they are so many rows

/// Rows [start, start + n) of a record batch.
typedef struct piece {
    int64_t batch, start, n;
} piece;

typedef struct arrow_scan {
    lnt_scan head;
    lnt__arrow_file file;
    lnt__arrow_dictionaries *dictionaries;
    char *list_separator;
    int64_t *leaves; ///< by column of the scan
    bool all_wanted; ///< columns that aren't there are of types that aren't read
    piece *pieces;
    int64_t n_pieces, pieces_capacity;
    int64_t *morsels; ///< the first piece of each, and one more
    int64_t n_morsels, morsels_capacity;
} arrow_scan;

/// What one worker holds.
typedef struct worker_state {
    lnt_arena vectors;         ///< of the rows that are emitted
    lnt_arena arrays;          ///< of the record batch that is read
    lnt__arrow_array **leaves; ///< by requested column
    lnt_vec *columns;
    uint32_t *sel;
} worker_state;

struct lnt_scan_run {
    arrow_scan *scan;
    lnt_engine *engine;
    int64_t *columns;
    int64_t n_columns;
    const lnt_row_filter *filter;
    worker_state *workers;
    int n_workers;
    bool *left_out; ///< by record batch: none of its rows can pass the filter; NULL: none is known to
    _Atomic int64_t next_morsel, rows_done;
};

// ---- a run ----

static void run_close(lnt_scan_run *run, bool finished) {
    (void)finished;
    for (int i = 0; run->workers && i < run->n_workers; i++) {
        lnt_arena_clear(&run->workers[i].vectors);
        lnt_arena_clear(&run->workers[i].arrays);
        lnt_free(run->workers[i].leaves);
        lnt_free(run->workers[i].columns);
        lnt_free(run->workers[i].sel);
    }
    lnt_free(run->workers);
    lnt_free(run->columns);
    lnt_free(run->left_out);
    lnt_free(run);
}

static lnt_status add_workers(lnt_scan_run *run, lnt_error *err) {
    run->n_workers = lnt_engine_n_threads(run->engine);
    run->workers = lnt_alloc_array(run->n_workers, sizeof *run->workers, err);
    if (!run->workers) return LNT_NOMEM;
    for (int i = 0; i < run->n_workers; i++) {
        worker_state *worker = &run->workers[i];
        lnt_arena_init(&worker->vectors, lnt_engine_budget(run->engine), "reading an Arrow file");
        lnt_arena_init(&worker->arrays, lnt_engine_budget(run->engine), "reading an Arrow file");
        worker->leaves = lnt_alloc_array(run->n_columns, sizeof *worker->leaves, err);
        worker->columns = lnt_alloc_array(run->n_columns, sizeof *worker->columns, err);
        worker->sel = lnt_alloc_array(run->filter ? LNT_BATCH_ROWS : 1, sizeof *worker->sel, err);
        if (!worker->leaves || !worker->columns || !worker->sel) return LNT_NOMEM;
    }
    return LNT_OK;
}

/// Finds the record batches that can't have a row that the filter keeps. Only columns that are fields have notes.
static lnt_status leave_out(lnt_scan_run *run, const lnt_scan_request *request, lnt_error *err) {
    const arrow_scan *scan = run->scan;
    run->left_out = lnt_alloc_array(scan->file.n_batches, sizeof *run->left_out, err);
    if (!run->left_out) return LNT_NOMEM;
    lnt_arena arena = {0};
    lnt_status status = LNT_OK;
    for (int64_t b = 0; status == LNT_OK && b < scan->file.n_batches; b++) {
        const lnt__arrow_block *block = &scan->file.batches[b];
        lnt__fb_table message;
        lnt_arena_reset(&arena);
        status = lnt__arrow_message(&scan->file, block->metadata, block->metadata_bytes, &arena, &message, err);
        for (int64_t r = 0; status == LNT_OK && r < request->n_ranges; r++) {
            const lnt_range *range = &request->ranges[r];
            const struct lnt__arrow_leaf *leaf = &scan->file.schema.leaves[scan->leaves[run->columns[range->column]]];
            if (leaf->depth == 1) run->left_out[b] |= !lnt__arrow_may_hold(&message, leaf->path[0], range);
        }
    }
    lnt_arena_clear(&arena);
    return status;
}

static lnt_status run_open(lnt_scan *scan, lnt_engine *engine, const lnt_scan_request *request, lnt_scan_run **out,
                           lnt_error *err) {
    lnt_scan_run *run = lnt_alloc_array(1, sizeof *run, err);
    if (!run) return LNT_NOMEM;
    run->scan = (arrow_scan *)scan;
    run->engine = engine;
    run->n_columns = request->n_columns;
    run->filter = request->filter;
    run->columns = lnt_alloc_array(request->n_columns, sizeof *run->columns, err);
    lnt_status status = run->columns ? LNT_OK : LNT_NOMEM;
    for (int64_t i = 0; status == LNT_OK && i < run->n_columns; i++) run->columns[i] = request->columns[i];
    if (status == LNT_OK) status = add_workers(run, err);
    if (status == LNT_OK && request->filter && request->n_ranges > 0) status = leave_out(run, request, err);
    if (status == LNT_OK)
        *out = run;
    else
        run_close(run, false);
    return status;
}

static lnt_status run_claim(lnt_scan_run *run, int worker, int64_t *morsel, lnt_error *err) {
    (void)worker;
    (void)err;
    int64_t next = atomic_fetch_add_explicit(&run->next_morsel, 1, memory_order_relaxed);
    *morsel = next < run->scan->n_morsels ? next : -1;
    return LNT_OK;
}

// ---- reading a piece ----

/// Goes down to the leaf's array; what is compressed on the way, and in it, is unpacked.
static lnt_status find_leaf(const arrow_scan *scan, const struct lnt__arrow_leaf *leaf, const lnt__arrow_block *block,
                            lnt__arrow_array *arrays, lnt_arena *arena, lnt__arrow_array **out, lnt_error *err) {
    lnt__arrow_array *array = &arrays[leaf->path[0]];
    LNT_TRY(lnt__arrow_unpack(&scan->file, array, block->codec, arena, err));
    for (int i = 1; i < leaf->depth; i++) {
        array = &array->children[leaf->path[i]];
        LNT_TRY(lnt__arrow_unpack(&scan->file, array, block->codec, arena, err));
    }
    *out = array;
    return lnt__arrow_dictionaries_resolve(scan->dictionaries, block, array, err);
}

static lnt_status load_batch(lnt_scan_run *run, worker_state *state, const lnt__arrow_block *block, lnt_error *err) {
    const arrow_scan *scan = run->scan;
    lnt__arrow_array *arrays;
    int codec;
    lnt_arena_reset(&state->arrays);
    LNT_TRY(lnt__arrow_batch_read(&scan->file, block, &state->arrays, &arrays, &codec, err));
    for (int64_t i = 0; i < run->n_columns; i++) {
        const struct lnt__arrow_leaf *leaf = &scan->file.schema.leaves[scan->leaves[run->columns[i]]];
        LNT_TRY(find_leaf(scan, leaf, block, arrays, &state->arrays, &state->leaves[i], err));
    }
    return LNT_OK;
}

/// Fills in the vectors of those columns that the filter needs, or of the others; all of them without a filter.
static lnt_status fill(lnt_scan_run *run, worker_state *state, const lnt__arrow_block *block, const lnt_batch *batch,
                       bool needed, lnt_error *err) {
    const arrow_scan *scan = run->scan;
    for (int64_t i = 0; i < batch->n_columns; i++) {
        if (run->filter && run->filter->needs[i] != needed) {
            if (needed) state->columns[i] = (lnt_vec){.type = LNT_NULL, .form = LNT_FORM_CONSTANT};
            continue;
        }
        lnt__arrow_reading reading = {.arena = &state->vectors,
                                      .list_separator = scan->list_separator,
                                      .file = scan->file.name,
                                      .column = scan->file.schema.leaves[scan->leaves[run->columns[i]]].name,
                                      .first_row = block->first_row};
        LNT_TRY(lnt__arrow_fill(&reading, state->leaves[i], batch->first_row - block->first_row, batch->n_rows,
                                batch->sel, batch->n_sel, &state->columns[i], err));
    }
    return LNT_OK;
}

static lnt_status read_batch(lnt_scan_run *run, int worker, const lnt__arrow_block *block, int64_t start, int64_t n,
                             lnt_emit_fn emit, void *context, lnt_error *err) {
    worker_state *state = &run->workers[worker];
    lnt_arena_reset(&state->vectors);
    lnt_batch batch = {.n_rows = n,
                       .first_row = block->first_row + start,
                       .n_sel = n,
                       .n_columns = run->n_columns,
                       .columns = state->columns};
    LNT_TRY(fill(run, state, block, &batch, true, err));
    if (!run->filter) return emit(context, &batch, err);
    LNT_TRY(run->filter->keep(run->filter->context, worker, &batch, state->sel, &batch.n_sel, err));
    if (batch.n_sel == 0) return LNT_OK;
    if (batch.n_sel < n) batch.sel = state->sel;
    LNT_TRY(fill(run, state, block, &batch, false, err));
    return emit(context, &batch, err);
}

static lnt_status read_piece(lnt_scan_run *run, int worker, const piece *p, lnt_emit_fn emit, void *context,
                             lnt_error *err) {
    const lnt__arrow_block *block = &run->scan->file.batches[p->batch];
    if (run->left_out && run->left_out[p->batch]) {
        atomic_fetch_add_explicit(&run->rows_done, p->n, memory_order_relaxed);
        return LNT_OK;
    }
    LNT_TRY(load_batch(run, &run->workers[worker], block, err));
    for (int64_t at = p->start, end = p->start + p->n; at < end; at += LNT_BATCH_ROWS) {
        int64_t n = end - at < LNT_BATCH_ROWS ? end - at : LNT_BATCH_ROWS;
        LNT_TRY(lnt_engine_check(run->engine, err));
        LNT_TRY(read_batch(run, worker, block, at, n, emit, context, err));
        atomic_fetch_add_explicit(&run->rows_done, n, memory_order_relaxed);
    }
    return lnt__mapping_check(run->scan->file.mapping, err);
}

static lnt_status run_read(lnt_scan_run *run, int worker, int64_t morsel, lnt_emit_fn emit, void *context,
                           lnt_error *err) {
    for (int64_t i = run->scan->morsels[morsel]; i < run->scan->morsels[morsel + 1]; i++)
        LNT_TRY(read_piece(run, worker, &run->scan->pieces[i], emit, context, err));
    return LNT_OK;
}

static void run_progress(const lnt_scan_run *run, int64_t *done, int64_t *total) {
    *done = atomic_load_explicit(&run->rows_done, memory_order_relaxed);
    *total = run->scan->file.n_rows;
}

// ---- the scan ----

/// What the values of a column that isn't read are, for messages: "map", "list of struct".
static void add_what(lnt_text *text, const lnt__arrow_field *field) {
    lnt_text_add(text, field->type.what, -1);
    bool is_list = field->type.kind == LNT__ARROW_LIST || field->type.kind == LNT__ARROW_FIXED_LIST;
    if (!is_list || field->has_dictionary) return;
    lnt_text_add(text, " of ", -1);
    add_what(text, &field->children[0]);
}

static void scan_describe(const lnt_scan *head, lnt_text *text) {
    const arrow_scan *scan = (const arrow_scan *)head;
    const lnt__arrow_file *file = &scan->file;
    lnt_text_addf(text, "%s: Arrow %s, %lld rows in %lld record batch%s, %lld columns", file->name,
                  file->has_footer ? "file" : "stream", (long long)file->n_rows, (long long)file->n_batches,
                  file->n_batches == 1 ? "" : "es", (long long)lnt_schema_n_columns(head->schema));
    int codec = file->n_batches ? file->batches[0].codec : -1;
    if (codec >= 0) lnt_text_addf(text, ", compressed with %s", codec == 0 ? "lz4" : "zstd");
    for (int64_t i = 0; scan->all_wanted && i < file->schema.n_leaves; i++) {
        const struct lnt__arrow_leaf *leaf = &file->schema.leaves[i];
        if (leaf->type != LNT_NULL) continue;
        lnt_text_addf(text, "\n%s: left out (", leaf->name);
        add_what(text, leaf->field);
        lnt_text_add_char(text, ')');
    }
}

static int64_t scan_n_rows(const lnt_scan *scan) {
    return ((const arrow_scan *)scan)->file.n_rows;
}

/// A file whose rows can't be read is damaged: none is rejected.
static void scan_counts(const lnt_scan *scan, int64_t *n_rows, int64_t *n_rejects) {
    *n_rows = scan_n_rows(scan);
    *n_rejects = 0;
}

static void scan_free(lnt_scan *head) {
    arrow_scan *scan = (arrow_scan *)head;
    lnt__arrow_dictionaries_free(scan->dictionaries);
    lnt__arrow_file_clear(&scan->file);
    lnt_schema_unref(head->schema);
    lnt_free(scan->list_separator);
    lnt_free(scan->leaves);
    lnt_free(scan->pieces);
    lnt_free(scan->morsels);
    lnt_free(scan);
}

/// The file's pages: each costs time once more when the process ends.
static void scan_rest(lnt_scan *scan) {
    lnt__mapping_rest(((const arrow_scan *)scan)->file.mapping);
}

static const lnt_scan_class arrow_class = {
    .name = "arrow",
    .open = run_open,
    .claim = run_claim,
    .read = run_read,
    .progress = run_progress,
    .close = run_close,
    .describe = scan_describe,
    .n_rows = scan_n_rows,
    .free = scan_free,
    .counts = scan_counts,
    .rest = scan_rest,
};

// ---- opening ----

static lnt_status add_piece(arrow_scan *scan, int64_t batch, int64_t start, int64_t n, int64_t *gathered,
                            lnt_error *err) {
    LNT_TRY(lnt_grow((void **)&scan->pieces, &scan->pieces_capacity, scan->n_pieces + 1, sizeof *scan->pieces, err));
    LNT_TRY(
        lnt_grow((void **)&scan->morsels, &scan->morsels_capacity, scan->n_morsels + 2, sizeof *scan->morsels, err));
    if (*gathered >= MORSEL_ROWS || scan->n_morsels == 0) {
        scan->morsels[scan->n_morsels++] = scan->n_pieces;
        *gathered = 0;
    }
    scan->pieces[scan->n_pieces++] = (piece){batch, start, n};
    scan->morsels[scan->n_morsels] = scan->n_pieces;
    *gathered += n;
    return LNT_OK;
}

/// Whether there can be another piece. Rows take bytes nearly always; those that take none are bounded by what their
/// pieces take.
static bool may_have_more(const arrow_scan *scan) {
    return scan->n_pieces < (1 << 20) + lnt__mapping_size(scan->file.mapping) / 64;
}

/// Cuts the record batches into pieces, and these into morsels: fixed by the file, whoever reads it.
static lnt_status cut(arrow_scan *scan, lnt_error *err) {
    int64_t gathered = 0;
    for (int64_t i = 0; i < scan->file.n_batches; i++) {
        const lnt__arrow_block *block = &scan->file.batches[i];
        int64_t step = block->codec >= 0 ? block->n_rows : LNT__ARROW_PIECE; // unpacked once
        for (int64_t at = 0; at < block->n_rows; at += step) {
            int64_t n = block->n_rows - at < step ? block->n_rows - at : step;
            if (!may_have_more(scan))
                return lnt_error_set(err, LNT_FORMAT, "%s is a damaged Arrow file: it has %lld rows in %lld bytes",
                                     scan->file.name, (long long)scan->file.n_rows,
                                     (long long)lnt__mapping_size(scan->file.mapping));
            LNT_TRY(add_piece(scan, i, at, n, &gathered, err));
        }
    }
    return LNT_OK;
}

static int64_t leaf_called(const lnt__arrow_schema *schema, const char *name) {
    for (int64_t i = 0; i < schema->n_leaves; i++)
        if (strcmp(schema->leaves[i].name, name) == 0) return i;
    return -1;
}

static lnt_status no_column(const arrow_scan *scan, const char *name, lnt_error *err) {
    const lnt__arrow_schema *schema = &scan->file.schema;
    const char **names = lnt_alloc_array(schema->n_leaves, sizeof *names, err);
    if (!names) return LNT_NOMEM;
    for (int64_t i = 0; i < schema->n_leaves; i++) names[i] = schema->leaves[i].name;
    int64_t nearest = lnt_nearest(name, (int64_t)strlen(name), names, schema->n_leaves);
    lnt_status status = lnt_error_set(err, LNT_NAME, "%s has no column '%s'%s%s%s", scan->file.name, name,
                                      nearest < 0 ? "" : " (did you mean '", nearest < 0 ? "" : names[nearest],
                                      nearest < 0 ? "" : "'?)");
    lnt_free(names);
    return status;
}

static lnt_status not_read(const arrow_scan *scan, const struct lnt__arrow_leaf *leaf, lnt_error *err) {
    lnt_text what = {0};
    add_what(&what, leaf->field);
    lnt_status status = lnt_text_check(&what, err);
    if (status == LNT_OK)
        status = lnt_error_set(err, LNT_UNSUPPORTED,
                               "%s: values of the type %s (column '%s') aren't read; the option columns names those to read",
                               scan->file.name, what.data, leaf->name);
    lnt_text_clear(&what);
    return status;
}

/// Which leaves are columns of the scan: those that were named, or all that can be read.
static lnt_status choose_leaves(arrow_scan *scan, const lnt_arrow_options *options, int64_t *n, lnt_error *err) {
    const lnt__arrow_schema *schema = &scan->file.schema;
    bool named = options && options->columns;
    int64_t n_wanted = named ? options->n_columns : schema->n_leaves;
    scan->leaves = lnt_alloc_array(n_wanted, sizeof *scan->leaves, err);
    if (!scan->leaves) return LNT_NOMEM;
    for (int64_t i = 0; i < n_wanted; i++) {
        int64_t leaf = named ? leaf_called(schema, options->columns[i]) : i;
        if (leaf < 0) return no_column(scan, options->columns[i], err);
        if (schema->leaves[leaf].type != LNT_NULL)
            scan->leaves[(*n)++] = leaf;
        else if (named)
            return not_read(scan, &schema->leaves[leaf], err);
    }
    scan->all_wanted = !named;
    return *n == 0 && n_wanted > 0 ? not_read(scan, &schema->leaves[0], err) : LNT_OK;
}

static lnt_status make_schema(arrow_scan *scan, int64_t n, lnt_error *err) {
    const char **names = lnt_alloc_array(n, sizeof *names, err);
    lnt_type *types = lnt_alloc_array(n, sizeof *types, err);
    lnt_status status = names && types ? LNT_OK : LNT_NOMEM;
    for (int64_t i = 0; status == LNT_OK && i < n; i++) {
        names[i] = scan->file.schema.leaves[scan->leaves[i]].name;
        types[i] = scan->file.schema.leaves[scan->leaves[i]].type;
    }
    if (status == LNT_OK) status = lnt_schema_new(names, types, n, &scan->head.schema, err);
    lnt_free(names);
    lnt_free(types);
    return status;
}

static lnt_status fill_scan(arrow_scan *scan, lnt_engine *engine, const lnt_input *input,
                            const lnt_arrow_options *options, lnt_error *err) {
    lnt__mapping *mapping = NULL;
    int64_t n = 0;
    LNT_TRY(lnt__mapping_open(engine, input, &mapping, err));
    LNT_TRY(lnt__arrow_file_open(mapping, lnt_input_name(input), &scan->file, err));
    const char *separator = options && options->list_separator ? options->list_separator : ",";
    scan->list_separator = lnt_strdup(separator, -1, err);
    if (!scan->list_separator) return LNT_NOMEM;
    LNT_TRY(choose_leaves(scan, options, &n, err));
    LNT_TRY(make_schema(scan, n, err));
    LNT_TRY(cut(scan, err));
    return lnt__arrow_dictionaries_new(engine, &scan->file, scan->list_separator, &scan->dictionaries, err);
}

lnt_status lnt__arrow_open_input(lnt_engine *engine, const lnt_input *input, const lnt_arrow_options *options,
                                 lnt_scan **out, lnt_error *err) {
    arrow_scan *scan = lnt_alloc_array(1, sizeof *scan, err);
    if (!scan) return LNT_NOMEM;
    scan->head = (lnt_scan){.class_ = &arrow_class, .refs = 1};
    lnt_status status = fill_scan(scan, engine, input, options, err);
    if (status == LNT_OK)
        *out = &scan->head;
    else
        scan_free(&scan->head);
    return status;
}

lnt_status lnt_arrow_open(lnt_engine *engine, const char *path, const lnt_arrow_options *options, lnt_scan **out,
                          lnt_error *err) {
    lnt_input *input;
    LNT_TRY(lnt_input_open(path, options ? options->member : NULL, &input, err));
    lnt_status status = lnt__arrow_open_input(engine, input, options, out, err);
    lnt_input_close(input);
    return status;
}
