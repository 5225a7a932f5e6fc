/// @file csv_model.h
/// The CSV reader against a naive one: what a document holds, told as text in one canonical form by both, so that a
/// difference is a difference of strings. Also how tests run a scan and gather its rows and rejects.
#ifndef LUNETTE_TESTS_CSV_MODEL_H
#define LUNETTE_TESTS_CSV_MODEL_H

#include <pthread.h>
#include <stdarg.h>

#include "check.h"
#include "io/csv/csv.h"
#include "model.h"

// ---- text that grows ----

typedef struct csv_text {
    char *data;
    size_t size, capacity;
} csv_text;

static inline void csv_put(csv_text *text, const char *data, size_t size) {
    if (text->size + size + 1 > text->capacity) {
        text->capacity = (text->size + size + 1) * 2;
        text->data = realloc(text->data, text->capacity);
    }
    if (size) memcpy(text->data + text->size, data, size);
    text->size += size;
    text->data[text->size] = 0;
}

__attribute__((format(printf, 2, 3))) static inline void csv_putf(csv_text *text, const char *format, ...) {
    char piece[512];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(piece, sizeof piece, format, args);
    va_end(args);
    csv_put(text, piece, (size_t)n < sizeof piece ? (size_t)n : sizeof piece - 1);
}

/// A field as text: null, or its bytes in brackets with their length.
static inline void csv_put_field(csv_text *text, const char *data, int64_t size, bool null) {
    if (null)
        csv_put(text, "-", 1);
    else
        csv_putf(text, "%lld[", (long long)size), csv_put(text, data, (size_t)size), csv_put(text, "]", 1);
}

// ---- running a scan ----

typedef struct csv_run {
    lnt_scan_run *run;
    const lnt_scan_class *class_;
    pthread_mutex_t lock;
    csv_text *morsels; ///< one text each
    int64_t n_morsels;
    lnt_status status;
    int64_t failed;
    lnt_error error;
} csv_run;

typedef struct csv_morsel {
    csv_text *text;
} csv_morsel;

static inline void csv_put_value(csv_text *text, const lnt_vec *vec, int64_t i) {
    bool null = vec->valid && !lnt_bitmap_get(vec->valid, i);
    switch (vec->type) {
    case LNT_STRING: {
        lnt_str s = ((const lnt_str *)vec->data)[i];
        csv_put_field(text, s.data, s.size, null);
        return;
    }
    case LNT_BOOL:
        csv_putf(text, null ? "-" : "%d", ((const uint8_t *)vec->data)[i]);
        return;
    case LNT_FLOAT:
        csv_putf(text, null ? "-" : "%.17g", ((const double *)vec->data)[i]);
        return;
    case LNT_IP:
        csv_putf(text, null ? "-" : "%llx", (unsigned long long)((const lnt_ip *)vec->data)[i].lo);
        return;
    default:
        csv_putf(text, null ? "-" : "%lld", (long long)((const int64_t *)vec->data)[i]);
        return;
    }
}

static inline lnt_status csv_emit(void *context, const lnt_batch *batch, lnt_error *err) {
    (void)err;
    csv_text *text = ((csv_morsel *)context)->text;
    for (int64_t k = 0; k < batch->n_sel; k++) {
        int64_t i = batch->sel ? batch->sel[k] : k;
        csv_putf(text, "row %lld:", (long long)(batch->first_row + i));
        for (int64_t c = 0; c < batch->n_columns; c++)
            csv_put(text, " ", 1), csv_put_value(text, &batch->columns[c], i);
        csv_put(text, "\n", 1);
    }
    return LNT_OK;
}

static inline void csv_work(void *context, int worker) {
    csv_run *run = context;
    for (;;) {
        int64_t morsel = 0;
        lnt_error err = {0};
        csv_text text = {0};
        csv_morsel m = {&text};
        lnt_status status = run->class_->claim(run->run, worker, &morsel, &err);
        if (status == LNT_OK && morsel < 0) return;
        if (status == LNT_OK) status = run->class_->read(run->run, worker, morsel, csv_emit, &m, &err);
        pthread_mutex_lock(&run->lock);
        if (morsel >= run->n_morsels) {
            run->morsels = realloc(run->morsels, (size_t)(morsel + 1) * sizeof *run->morsels);
            for (; run->n_morsels <= morsel; run->n_morsels++) run->morsels[run->n_morsels] = (csv_text){0};
        }
        run->morsels[morsel] = text;
        if (status != LNT_OK && (run->status == LNT_OK || morsel < run->failed)) {
            run->status = status;
            run->failed = morsel;
            run->error = err;
        }
        pthread_mutex_unlock(&run->lock);
        if (status != LNT_OK) return;
    }
}

/// Runs the scan and adds its rows, in order, to `out`. `filter` may be NULL.
static inline lnt_status csv_run_scan(lnt_scan *scan, lnt_engine *engine, const int64_t *columns, int64_t n,
                                      const lnt_row_filter *filter, csv_text *out, lnt_error *err) {
    csv_run run = {.class_ = scan->class_};
    lnt_scan_request request = {.columns = columns, .n_columns = n, .filter = filter};
    lnt_status status = scan->class_->open(scan, engine, &request, &run.run, err);
    if (status != LNT_OK) return status;
    pthread_mutex_init(&run.lock, NULL);
    lnt_engine_run(engine, csv_work, &run);
    scan->class_->close(run.run, run.status == LNT_OK);
    for (int64_t i = 0; i < run.n_morsels; i++) {
        if (run.morsels[i].size) csv_put(out, run.morsels[i].data, run.morsels[i].size);
        free(run.morsels[i].data);
    }
    free(run.morsels);
    pthread_mutex_destroy(&run.lock);
    if (run.status != LNT_OK && err) *err = run.error;
    return run.status;
}

/// Adds the rejects as `line 3 column x reason: text`.
static inline lnt_status csv_put_rejects(lnt_scan *scan, lnt_engine *engine, csv_text *out, lnt_error *err) {
    lnt_table *table;
    LNT_TRY(scan->class_->rejects(scan, engine, &table, err));
    for (int64_t i = 0; i < lnt_table_n_rows(table); i++) {
        lnt_value v[5];
        for (int c = 1; c < 5; c++) v[c] = lnt_column_get(lnt_table_column(table, c), i);
        csv_putf(out, "line %lld", (long long)v[1].as.i);
        if (!v[2].is_null) csv_putf(out, " column %.*s", (int)v[2].as.s.size, v[2].as.s.data);
        csv_put(out, " ", 1);
        csv_put(out, v[3].as.s.data, (size_t)v[3].as.s.size);
        csv_put(out, ": ", 2);
        csv_put(out, v[4].as.s.data, (size_t)v[4].as.s.size);
        csv_put(out, "\n", 1);
    }
    lnt_table_unref(table);
    return LNT_OK;
}

/// How a document is read.
typedef struct csv_how {
    int n_threads;
    lnt_csv_tuning tuning;
    bool rejects; ///< with the rejects after the rows
} csv_how;

/// Everything that a document holds, all columns; on failure the message. The engine's threads are used.
static inline csv_text csv_read_with(lnt_engine *engine, const char *data, size_t size, const lnt_csv_options *options,
                                     csv_how how) {
    csv_text out = {0};
    lnt_error err = {0};
    lnt_input *input;
    lnt_scan *scan = NULL;
    csv_put(&out, "", 0);
    lnt_status status = lnt_input_from_memory("document", data, (int64_t)size, &input, &err);
    if (status == LNT_OK) status = lnt_csv_open_input(engine, input, options, &how.tuning, &scan, &err);
    if (status == LNT_OK) {
        int64_t n = lnt_schema_n_columns(scan->schema), *columns = calloc((size_t)n, sizeof *columns);
        for (int64_t i = 0; i < n; i++) columns[i] = i;
        status = csv_run_scan(scan, engine, columns, n, NULL, &out, &err);
        free(columns);
    }
    if (status == LNT_OK && how.rejects) status = csv_put_rejects(scan, engine, &out, &err);
    if (status != LNT_OK) csv_putf(&out, "%s: %s\n", lnt_status_name(status), err.message);
    lnt_scan_unref(scan);
    return out;
}

/// The same with an engine of its own.
static inline csv_text csv_read(const char *data, size_t size, const lnt_csv_options *options, csv_how how) {
    lnt_error err = {0};
    lnt_engine *engine;
    lnt_engine_options threads = {.n_threads = how.n_threads};
    CHECK_OK(lnt_engine_new(&threads, &engine, &err), &err);
    csv_text out = csv_read_with(engine, data, size, options, how);
    lnt_engine_free(engine);
    return out;
}

// ---- the naive reader ----

typedef struct naive_field {
    char *data;
    int64_t size;
    bool quoted;
} naive_field;

typedef struct naive {
    const char *data;
    size_t size, at;
    const lnt_csv_dialect *dialect;
    naive_field fields[64];
    int n_fields;
    const char *fault; ///< NULL: none
} naive;

static inline bool naive_space(const naive *n, size_t at) {
    return at < n->size && (n->data[at] == ' ' || n->data[at] == '\t') && n->data[at] != n->dialect->delimiter;
}

/// Whether the field ends at `at`: delimiter, newline, CR before a newline, or the end.
static inline bool naive_ends(const naive *n, size_t at) {
    if (at >= n->size) return true;
    char c = n->data[at];
    if (c == n->dialect->delimiter || c == n->dialect->newline) return true;
    return c == '\r' && (at + 1 >= n->size || n->data[at + 1] == n->dialect->newline);
}

static inline void naive_quoted(naive *n, naive_field *field) {
    field->quoted = true;
    for (n->at++;; n->at++) {
        if (n->at >= n->size) {
            n->fault = "a quote is never closed";
            return;
        }
        if (n->data[n->at] == n->dialect->quote) {
            if (n->at + 1 >= n->size || n->data[n->at + 1] != n->dialect->quote) break;
            n->at++;
        }
        field->data[field->size++] = n->data[n->at];
    }
    n->at++;
    while (naive_space(n, n->at)) n->at++;
    if (!naive_ends(n, n->at)) n->fault = "text follows a closing quote";
}

/// One record from `n->at`; its fields' texts are carved from `memory`.
static inline void naive_record(naive *n, char *memory) {
    size_t start = n->at;
    n->n_fields = 0;
    n->fault = NULL;
    for (;;) {
        naive_field field = {memory + (n->at - start), 0, false};
        size_t from = n->at;
        while (naive_space(n, from)) from++;
        if (from < n->size && n->dialect->quote && n->data[from] == n->dialect->quote) {
            n->at = from;
            naive_quoted(n, &field);
            if (n->fault) return;
        } else {
            if (n->dialect->trim_space && n->n_fields) n->at = from;
            while (n->at < n->size && n->data[n->at] != n->dialect->delimiter && n->data[n->at] != n->dialect->newline)
                field.data[field.size++] = n->data[n->at++];
            bool last = n->at >= n->size || n->data[n->at] == n->dialect->newline;
            if (last && field.size && field.data[field.size - 1] == '\r') field.size--;
        }
        bool before = n->at < n->size && n->data[n->at] == '\r' && n->dialect->newline != '\r'; // before the newline
        if (before && n->data[n->at] != n->dialect->delimiter) n->at++;
        if (n->n_fields < 64) n->fields[n->n_fields] = field;
        n->n_fields++;
        if (n->at >= n->size || n->data[n->at] == n->dialect->newline) return;
        n->at++;
    }
}

/// The end of the line from `start`, without CR and newline; `*next` after it.
static inline size_t naive_line(const naive *n, size_t start, size_t *next) {
    size_t end = start;
    while (end < n->size && n->data[end] != n->dialect->newline) end++;
    *next = end < n->size ? end + 1 : end;
    return end < n->size && end > start && n->data[end - 1] == '\r' ? end - 1 : end;
}

/// Everything that a document of `n_columns` strings without a header holds, told as csv_read tells it.
static inline csv_text naive_read(const char *data, size_t size, const lnt_csv_dialect *dialect) {
    naive n = {.data = data, .size = size, .dialect = dialect};
    csv_text rows = {0}, rejects = {0};
    char *memory = malloc(size + 1);
    long long line = 1, row = 0;
    csv_put(&rows, "", 0);
    while (n.at < size) {
        size_t start = n.at, next, line_end = naive_line(&n, start, &next), end;
        char reason[96] = "";
        bool blank = line_end == start || (line_end == start + 1 && next == size && data[start] == '\r');
        if (blank || (dialect->comment_size && data[start] == dialect->comment[0])) {
            n.at = next;
            line += next > start && data[next - 1] == dialect->newline;
            continue;
        }
        naive_record(&n, memory);
        end = n.at;
        if (end > start && data[end - 1] == '\r') end--;
        if (n.fault) {
            snprintf(reason, sizeof reason, "%s", n.fault);
            n.at = next;
            end = line_end;
        } else if (n.at < size) {
            n.at++;
        }
        if (!n.fault && n.n_fields != dialect->n_columns)
            snprintf(reason, sizeof reason, "%d field%s where %lld are expected", n.n_fields,
                     n.n_fields == 1 ? "" : "s", (long long)dialect->n_columns);
        if (!reason[0] && memchr(data + start, 0, end - start)) snprintf(reason, sizeof reason, "a NUL byte");
        if (!reason[0] && lnt_utf8_check(data + start, (int64_t)(end - start)) >= 0)
            snprintf(reason, sizeof reason, "bytes that aren't UTF-8");
        if (reason[0]) {
            csv_putf(&rejects, "line %lld %s: ", line, reason);
            for (size_t i = start; i < end;) { // as rejects show bytes that aren't UTF-8
                int64_t bad = lnt_utf8_check(data + i, (int64_t)(end - i));
                size_t good = bad < 0 ? end - i : (size_t)bad;
                csv_put(&rejects, data + i, good);
                i += good;
                if (bad >= 0) csv_put(&rejects, "\xef\xbf\xbd", 3), i++;
            }
            csv_put(&rejects, "\n", 1);
        } else {
            csv_putf(&rows, "row %lld:", row++);
            for (int i = 0; i < n.n_fields; i++) {
                const naive_field *f = &n.fields[i];
                csv_put(&rows, " ", 1);
                csv_put_field(&rows, f->data, f->size, f->size == 0 && !f->quoted);
            }
            csv_put(&rows, "\n", 1);
        }
        for (size_t i = start; i < n.at; i++) line += data[i] == dialect->newline;
    }
    if (rejects.size) csv_put(&rows, rejects.data, rejects.size);
    free(rejects.data);
    free(memory);
    return rows;
}

#endif
