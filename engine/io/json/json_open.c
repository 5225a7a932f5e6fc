// A JSON file as a scan: read once when it is opened, then a table in memory.
//
// Workload: exports and logs that fit memory as columns; the text itself is never held as a whole.
#include "io/json/json_reader.h"

#include "base/engine.h"
#include "column/scan.h"
#include "io/deferred.h"
#include "io/json/json_lines.h"

#include <string.h>

typedef struct json_scan {
    lnt_scan scan;
    lnt_input *input;
    lnt_scan *rows; // over the table that was read
    lnt_table *rejects;
    int64_t n_rejected; // also those that the table leaves out
    lnt_text description;
} json_scan;

// ---- the scan: what the table's scan does ----

static json_scan *json_of(lnt_scan *scan) {
    return (json_scan *)scan;
}

// A run of the table's scan, which knows its own class.
typedef struct json_run {
    const lnt_scan_class *class_;
    lnt_scan_run *rows;
} json_run;

static lnt_status open_run(lnt_scan *scan, lnt_engine *engine, const lnt_scan_request *request, lnt_scan_run **out,
                           lnt_error *err) {
    lnt_scan *rows = json_of(scan)->rows;
    json_run *run = lnt_alloc(sizeof *run, err);
    if (!run) return LNT_NOMEM;
    run->class_ = rows->class_;
    lnt_status status = rows->class_->open(rows, engine, request, &run->rows, err);
    if (status == LNT_OK)
        *out = (lnt_scan_run *)run;
    else
        lnt_free(run);
    return status;
}

static lnt_status claim(lnt_scan_run *run, int worker, int64_t *morsel, lnt_error *err) {
    json_run *json = (json_run *)run;
    return json->class_->claim(json->rows, worker, morsel, err);
}

static lnt_status read_morsel(lnt_scan_run *run, int worker, int64_t morsel, lnt_emit_fn emit, void *context,
                              lnt_error *err) {
    json_run *json = (json_run *)run;
    return json->class_->read(json->rows, worker, morsel, emit, context, err);
}

static void progress(const lnt_scan_run *run, int64_t *done, int64_t *total) {
    const json_run *json = (const json_run *)run;
    json->class_->progress(json->rows, done, total);
}

static void close_run(lnt_scan_run *run, bool finished) {
    json_run *json = (json_run *)run;
    json->class_->close(json->rows, finished);
    lnt_free(json);
}

static lnt_status get_rejects(lnt_scan *scan, lnt_engine *engine, lnt_table **out, lnt_error *err) {
    (void)engine;
    (void)err;
    *out = lnt_table_ref(json_of(scan)->rejects);
    return LNT_OK;
}

static void describe(const lnt_scan *scan, lnt_text *text) {
    const json_scan *json = (const json_scan *)scan;
    lnt_text_add(text, json->description.data, json->description.size);
}

static int64_t n_rows(const lnt_scan *scan) {
    const lnt_scan *rows = ((const json_scan *)scan)->rows;
    return rows->class_->n_rows(rows);
}

static void counts(const lnt_scan *scan, int64_t *rows, int64_t *n_rejects) {
    *rows = n_rows(scan);
    *n_rejects = ((const json_scan *)scan)->n_rejected;
}

static void free_scan(lnt_scan *scan) {
    json_scan *json = json_of(scan);
    lnt_scan_unref(json->rows);
    lnt_table_unref(json->rejects);
    lnt_text_clear(&json->description);
    lnt_input_close(json->input);
    lnt_schema_unref(scan->schema);
    lnt_free(json);
}

static const lnt_scan_class json_class = {
    .name = "json",
    .open = open_run,
    .claim = claim,
    .read = read_morsel,
    .progress = progress,
    .close = close_run,
    .rejects = get_rejects,
    .describe = describe,
    .n_rows = n_rows,
    .free = free_scan,
    .counts = counts,
};

// ---- reading ----

static void reader_clear(lnt__json_reader *reader) {
    lnt__json_window_clear(&reader->window);
    lnt__json_columns_clear(&reader->columns);
    lnt__json_record_clear(&reader->record);
    lnt__json_keys_clear(&reader->keys);
    lnt__rejects_clear(&reader->rejects);
    lnt_arena_clear(&reader->scratch);
    lnt_text_clear(&reader->key);
}

static void reader_init(lnt__json_reader *reader, lnt_engine *engine, const lnt_input *input,
                        const lnt_json_options *options) {
    lnt_budget *budget = lnt_engine_budget(engine);
    *reader = (lnt__json_reader){
        .engine = engine, .options = options, .name = lnt_input_name(input), .key_cell = -1, .gap_size = -1};
    reader->disk_bytes = lnt_input_size(input);
    lnt__json_keys_init(&reader->keys, budget);
    lnt_arena_init(&reader->scratch, budget, "the JSON reader");
    lnt__rejects_init(&reader->rejects, budget);
    lnt__json_columns_init(&reader->columns, engine, options, &reader->keys);
    reader->record.keys = &reader->keys;
    reader->record.scratch = &reader->scratch;
    reader->record.separator = lnt_str_from(options->list_separator ? options->list_separator : ",");
    reader->record.list_items = options->list_items;
}

// Forgets what a pass has found, but for the types.
static void rewind_reader(lnt__json_reader *reader) {
    lnt__json_columns_rewind(&reader->columns);
    lnt__rejects_clear(&reader->rejects);
    lnt_arena_reset(&reader->scratch);
    reader->n_open = 0;
    reader->gap_size = -1;
    reader->n_elements = reader->longest = reader->lookahead_spent = 0;
}

static lnt_status read_pass(lnt__json_reader *reader, const lnt_input *input, lnt_error *err) {
    const lnt_json_options *options = reader->options;
    int64_t most = options->max_record_bytes > 0 ? options->max_record_bytes : LNT__JSON_RECORD_BYTES;
    if (options->key_column && reader->key_cell < 0) {
        LNT_TRY(lnt__json_keys_get(&reader->keys, -1, lnt_str_from(options->key_column), &reader->key_cell, err));
    }
    lnt_status status = lnt__json_window_open(&reader->window, input, lnt_engine_budget(reader->engine), most, err);
    if (status == LNT_OK) status = lnt__json_read_all(reader, err);
    lnt__json_window_clear(&reader->window);
    return status;
}

// Once, and if a column turned out to need its values' text, once more.
static lnt_status read_input(lnt__json_reader *reader, const lnt_input *input, lnt_table **out, lnt_error *err) {
    LNT_TRY(read_pass(reader, input, err));
    if (reader->columns.restart) {
        rewind_reader(reader);
        LNT_TRY(read_pass(reader, input, err));
    }
    return lnt__json_columns_finish(&reader->columns, out, err);
}

static void describe_reader(const lnt__json_reader *reader, const lnt_table *table, lnt_text *text) {
    static const char *const shapes[] = {"an object a line", "objects in sequence", "an array", "an object of arrays",
                                         "one object"};
    lnt_text_addf(text, "%s: %s%s%s%s, %lld records", reader->name, shapes[reader->shape],
                  reader->path[0] ? " at '" : "", reader->path, reader->path[0] ? "'" : "",
                  (long long)lnt_table_n_rows(table));
    if (reader->rejects.n_all) lnt_text_addf(text, ", %lld rejected", (long long)reader->rejects.n_all);
    lnt__json_columns_describe(&reader->columns, text);
}

static lnt_status fill_scan(json_scan *scan, lnt__json_reader *reader, lnt_error *err) {
    lnt_table *table = NULL;
    LNT_TRY(read_input(reader, scan->input, &table, err));
    lnt_status status = lnt_scan_table(table, &scan->rows, err);
    scan->n_rejected = reader->rejects.n_all;
    if (status == LNT_OK) {
        status = lnt__rejects_table(reader->engine, reader->name, &reader->rejects, &scan->rejects, err);
    }
    describe_reader(reader, table, &scan->description);
    scan->scan.schema = lnt_schema_ref(lnt_table_schema(table));
    lnt_table_unref(table);
    return status == LNT_OK ? lnt_text_check(&scan->description, err) : status;
}

// Where JSON lines begin, if that is what the input is.
typedef struct lines_start {
    bool found;
    int64_t offset, line, line_start;
} lines_start;

// Looks at the beginning. What isn't an object a line is left to the reader as a whole.
static lnt_status find_lines(lnt__json_reader *reader, const lnt_input *input, lines_start *out, lnt_error *err) {
    const lnt_json_options *options = reader->options;
    if (options->key_column || (options->records && options->records[0])) return LNT_OK;
    lnt__json_window *window = &reader->window;
    int64_t most = options->max_record_bytes > 0 ? options->max_record_bytes : LNT__JSON_RECORD_BYTES;
    lnt_status status = lnt__json_window_open(window, input, lnt_engine_budget(reader->engine), most, err);
    if (status == LNT_OK) status = lnt__json_start(reader, err);
    out->found = status == LNT_OK && reader->shape == LNT__JSON_LINES;
    if (out->found) {
        int64_t column;
        lnt__json_window_place(window, window->text.at, &out->line, &column);
        out->offset = lnt__json_window_offset(window, window->text.at);
        out->line_start = window->line_start;
    }
    lnt__json_window_clear(window);
    rewind_reader(reader);
    reader->path[0] = 0;
    reader->keyed = false;
    return status;
}

// Opens the input as JSON lines in blocks, if it may be and they are what it holds, else as a table.
static lnt_status open_as(lnt_engine *engine, lnt_input *input, const lnt_json_options *options, bool in_blocks,
                          lnt__json_tuning tuning, lnt_scan **out, lnt_error *err) {
    json_scan *scan = lnt_alloc_array(1, sizeof *scan, err);
    lnt__json_reader *reader = scan ? lnt_alloc(sizeof *reader, err) : NULL;
    if (!reader) {
        lnt_free(scan);
        lnt_input_close(input);
        return LNT_NOMEM;
    }
    scan->scan.class_ = &json_class;
    atomic_store(&scan->scan.refs, 1);
    scan->input = input;
    reader_init(reader, engine, input, options);
    lines_start start = {0};
    lnt_status status = in_blocks ? find_lines(reader, input, &start, err) : LNT_OK;
    if (status == LNT_OK && !start.found) status = fill_scan(scan, reader, err);
    reader_clear(reader);
    lnt_free(reader);
    if (status == LNT_OK && start.found) {
        scan->input = NULL;
        lnt_scan_unref(&scan->scan);
        status = lnt_input_unpack(&input, err); // blocks are read at any place
        if (status != LNT_OK) {
            lnt_input_close(input);
            return status;
        }
        return lnt__json_lines_open(engine, input, options, start.offset, start.line, start.line_start, tuning, out,
                                    err);
    }
    if (status == LNT_OK)
        *out = &scan->scan;
    else
        lnt_scan_unref(&scan->scan);
    return status;
}

static const lnt_json_options defaults;

static lnt_status open_input(lnt_engine *engine, lnt_input *input, const lnt_json_options *options,
                             lnt__json_tuning tuning, lnt_scan **out, lnt_error *err) {
    if (options && (options->list_items < 0 || options->list_items > LNT_JSON_MAX_LIST_ITEMS)) {
        lnt_input_close(input);
        return lnt_error_set(err, LNT_ARGUMENT, "list_items is 0 to %d, not %lld", (int)LNT_JSON_MAX_LIST_ITEMS,
                             (long long)options->list_items);
    }
    return open_as(engine, input, options ? options : &defaults, true, tuning, out, err);
}

lnt_status lnt_json_open_input(lnt_engine *engine, lnt_input *input, const lnt_json_options *options, lnt_scan **out,
                               lnt_error *err) {
    return open_input(engine, input, options, (lnt__json_tuning){0}, out, err);
}

lnt_status lnt__json_open_whole(lnt_engine *engine, lnt_input *input, const lnt_json_options *options, lnt_scan **out,
                                lnt_error *err) {
    return open_as(engine, input, options ? options : &defaults, false, (lnt__json_tuning){0}, out, err);
}

lnt_status lnt_json_open(lnt_engine *engine, const char *path, const lnt_json_options *options, lnt_scan **out,
                         lnt_error *err) {
    lnt_input *input;
    LNT_TRY(lnt_input_open(path, options ? options->member : NULL, &input, err));
    return lnt_json_open_input(engine, input, options, out, err);
}

lnt_status lnt__json_open_deferred(lnt_engine *engine, const char *path, const lnt_json_options *options, lnt_scan **out,
                                   lnt_error *err) {
    lnt_input *input;
    LNT_TRY(lnt_input_open(path, options ? options->member : NULL, &input, err));
    return open_input(engine, input, options, (lnt__json_tuning){.defer_bytes = LNT__DEFER_BYTES}, out, err);
}
