// Opening: a sample is sniffed, options are checked against it, and unless every column's type is given, the file is
// read once for its types.
#include <stdio.h>
#include <string.h>

#include "io/csv/csv.h"
#include "io/deferred.h"

enum { SAMPLE = 1 << 20, MAX_REJECTS = 10000 };

// ---- options ----

static lnt_status take_nulls(lnt_csv_nulls *nulls, const char *const *texts, int64_t n, lnt_error *err) {
    nulls->longest = -1;
    if (n <= 0) return LNT_OK;
    nulls->texts = lnt_alloc_array(n, sizeof *nulls->texts, err);
    if (!nulls->texts) return LNT_NOMEM;
    for (int64_t i = 0; i < n; i++) {
        int64_t size = (int64_t)strlen(texts[i]);
        char *copy = lnt_strdup(texts[i], size, err);
        if (!copy) return LNT_NOMEM;
        nulls->texts[nulls->n++] = (lnt_str){copy, size};
        if (size > nulls->longest) nulls->longest = size;
        if (size == 0) nulls->quoted_empty = true;
    }
    return LNT_OK;
}

/// Copies the comment that names the columns, for telling it from others; after sniffing, which finds the delimiter.
static lnt_status take_header(lnt_csv_scan *scan, const char *line, lnt_error *err) {
    lnt_csv_dialect *dialect = &scan->dialect;
    if (!line) return LNT_OK;
    dialect->header_size = (int64_t)strlen(line);
    scan->header = lnt_strdup(line, dialect->header_size, err);
    if (!scan->header) return LNT_NOMEM;
    const char *end = memchr(line, dialect->delimiter, (size_t)dialect->header_size);
    dialect->header_word = end ? end + 1 - line : dialect->header_size;
    dialect->header = scan->header;
    return LNT_OK;
}

/// Marks the columns whose types are given.
static lnt_status take_types(lnt_csv_scan *scan, const lnt_csv_options *options, lnt_error *err) {
    for (int64_t i = 0; i < options->n_types; i++) {
        const lnt_named_type *given = &options->types[i];
        int64_t column = lnt_schema_find(scan->head.schema, given->name, -1);
        if (column < 0) {
            const char *nearest = lnt_schema_nearest(scan->head.schema, given->name, -1);
            return lnt_error_set(err, LNT_NAME, "types: no column '%s' in %s%s%s%s", given->name,
                                 lnt_input_name(scan->input), nearest ? " (did you mean '" : "", nearest ? nearest : "",
                                 nearest ? "'?)" : "");
        }
        if (given->type <= LNT_NULL || (int)given->type >= LNT_TYPE_COUNT)
            return lnt_error_set(err, LNT_TYPE, "types: column '%s' is given no type", given->name);
        scan->columns[column].type = given->type;
        scan->columns[column].declared = true;
    }
    scan->checked = lnt_alloc_array(scan->dialect.n_columns, sizeof *scan->checked, err);
    if (!scan->checked) return LNT_NOMEM;
    for (int64_t c = 0; c < scan->dialect.n_columns; c++) {
        if (scan->columns[c].type != LNT_STRING) scan->checked[scan->n_checked++] = c;
        scan->columns[c].declared |= options->all_strings;
    }
    return LNT_OK;
}

static lnt_status take_tuning(lnt_csv_scan *scan, const lnt_csv_tuning *tuning, lnt_error *err) {
    scan->block_bytes = tuning && tuning->block_bytes ? tuning->block_bytes : LNT_CSV_BLOCK;
    scan->max_rejects = tuning && tuning->max_rejects ? tuning->max_rejects : MAX_REJECTS;
    scan->defer_bytes = tuning && tuning->defer_bytes ? tuning->defer_bytes : INT64_MAX;
    scan->kernels = lnt_csv_kernels_for(tuning ? tuning->isa : LNT_CSV_ISA_BEST);
    return scan->kernels ? LNT_OK : lnt_error_set(err, LNT_UNSUPPORTED, "csv: this machine lacks those instructions");
}

// ---- steps ----

/// Reads the file's beginning into a buffer of its own; `*eof`: it is the whole file.
static lnt_status read_sample(lnt_csv_scan *scan, lnt_buffer **sample, bool *eof, lnt_error *err) {
    int64_t size = SAMPLE;
    bool plain = lnt_input_is_plain(scan->input);
    if (plain && lnt_input_size(scan->input) < size) size = lnt_input_size(scan->input);
    LNT_TRY(lnt_buffer_new(lnt_engine_budget(scan->engine), size + 1, "csv", sample, err));
    lnt_status status;
    if (plain) {
        status = lnt_input_read_at(scan->input, 0, (*sample)->data, size, &(*sample)->size, err);
    } else {
        lnt_stream *stream = NULL;
        status = lnt_stream_open(scan->input, &stream, err);
        if (status == LNT_OK) status = lnt_stream_read(stream, (*sample)->data, size, &(*sample)->size, err);
        lnt_stream_close(stream);
    }
    *eof = plain ? size == lnt_input_size(scan->input) : (*sample)->size < size;
    return status;
}

/// Makes the schema of the scan's names and types; the first time the types are all strings.
static lnt_status make_schema(lnt_csv_scan *scan, const char *const *names, lnt_error *err) {
    const int64_t n = scan->dialect.n_columns;
    lnt_type *types = lnt_alloc_array(n, sizeof *types, err);
    if (!types) return LNT_NOMEM;
    for (int64_t c = 0; c < n; c++) types[c] = scan->columns[c].type;
    lnt_schema *schema;
    lnt_status status = lnt_schema_new(names, types, n, &schema, err);
    lnt_free(types);
    if (status != LNT_OK) return status;
    lnt_schema_unref(scan->head.schema);
    scan->head.schema = schema;
    return LNT_OK;
}

static lnt_status sniff(lnt_csv_scan *scan, const lnt_csv_options *options, char ***names, lnt_error *err) {
    lnt_buffer *sample = NULL;
    bool eof;
    lnt_status status = read_sample(scan, &sample, &eof, err);
    if (status == LNT_OK)
        status = lnt_csv_sniff(scan, options, (const char *)sample->data, sample->size, eof, names, err);
    lnt_buffer_unref(sample);
    return status;
}

lnt_status lnt_csv_retype(lnt_csv_scan *scan, lnt_error *err) {
    const int64_t n = scan->dialect.n_columns;
    const char **names = lnt_alloc_array(n, sizeof *names, err);
    if (!names) return LNT_NOMEM;
    for (int64_t c = 0; c < n; c++) names[c] = lnt_schema_name(scan->head.schema, c);
    lnt_status status = make_schema(scan, names, err);
    lnt_free(names);
    return status;
}

/// Whether types may be guessed. Where the names may have to be other ones further on, that must be known at once.
static bool may_guess(const lnt_csv_scan *scan) {
    return lnt_input_is_plain(scan->input) && lnt_input_size(scan->input) >= scan->defer_bytes && !scan->header;
}

static lnt_status find_types(lnt_csv_scan *scan, const lnt_csv_options *options, char **names, lnt_error *err) {
    const int64_t n = scan->dialect.n_columns;
    scan->columns = lnt_alloc_array(n, sizeof *scan->columns, err);
    if (!scan->columns) return LNT_NOMEM;
    for (int64_t c = 0; c < n; c++) scan->columns[c].type = LNT_STRING;
    LNT_TRY(make_schema(scan, (const char *const *)names, err));
    LNT_TRY(take_types(scan, options, err));
    bool open = false;
    for (int64_t c = 0; c < n; c++) open |= !scan->columns[c].declared;
    scan->head.guessed = open && may_guess(scan);
    if (open) LNT_TRY(lnt_csv_infer(scan, scan->head.guessed ? LNT_CSV_GUESS : INT64_MAX, err));
    return make_schema(scan, (const char *const *)names, err);
}

static lnt_status scan_new(lnt_engine *engine, lnt_input *input, lnt_csv_scan **out, lnt_error *err) {
    lnt_csv_scan *scan = lnt_alloc_array(1, sizeof *scan, err);
    if (!scan) {
        lnt_input_close(input);
        return LNT_NOMEM;
    }
    scan->head.class_ = &lnt_csv_scan_class;
    atomic_init(&scan->head.refs, 1);
    scan->input = input;
    scan->engine = engine;
    scan->counts = (lnt_csv_counts){-1, -1};
    lnt__rejects_init(&scan->rejects, lnt_engine_budget(engine));
    pthread_mutex_init(&scan->lock, NULL);
    *out = scan;
    return LNT_OK;
}

lnt_status lnt_csv_open_input(lnt_engine *engine, lnt_input *input, const lnt_csv_options *options,
                              const lnt_csv_tuning *tuning, lnt_scan **out, lnt_error *err) {
    static const lnt_csv_options none = {0};
    if (!options) options = &none;
    lnt_csv_scan *scan;
    LNT_TRY(scan_new(engine, input, &scan, err));
    char **names = NULL;
    lnt_status status = take_tuning(scan, tuning, err);
    if (status == LNT_OK) status = take_nulls(&scan->nulls, options->nulls, options->n_nulls, err);
    if (status == LNT_OK) status = sniff(scan, options, &names, err);
    if (status == LNT_OK) status = take_header(scan, options->header_comment, err);
    if (status == LNT_OK && options->record_pattern)
        status = lnt_csv_pattern_new(options->record_pattern, &scan->pattern, err);
    if (status == LNT_OK) status = find_types(scan, options, names, err);
    for (int64_t c = 0; names && c < scan->dialect.n_columns; c++) lnt_free(names[c]);
    lnt_free(names);
    if (status == LNT_OK)
        *out = &scan->head;
    else
        lnt_scan_unref(&scan->head);
    return status;
}

static lnt_status open_path(lnt_engine *engine, const char *path, const lnt_csv_options *options,
                            const lnt_csv_tuning *tuning, lnt_scan **out, lnt_error *err) {
    lnt_input *input;
    LNT_TRY(lnt_input_open(path, options ? options->member : NULL, &input, err));
    return lnt_csv_open_input(engine, input, options, tuning, out, err);
}

lnt_status lnt_csv_open(lnt_engine *engine, const char *path, const lnt_csv_options *options, lnt_scan **out,
                        lnt_error *err) {
    return open_path(engine, path, options, NULL, out, err);
}

lnt_status lnt__csv_open_deferred(lnt_engine *engine, const char *path, const lnt_csv_options *options, lnt_scan **out,
                                  lnt_error *err) {
    return open_path(engine, path, options, &(lnt_csv_tuning){.defer_bytes = LNT__DEFER_BYTES}, out, err);
}
