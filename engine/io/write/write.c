// Writers: runs a plan and gives its rows away as text, in pieces, in order.
//
// Workload: results of a few rows, or millions of them on the way into a file; one buffer of some hundred KiB is all
// that is held. Rows are taken 4,096 at a time as vectors, so that a cell costs a branch on its type and its text.
#include "io/write/write.h"

#include "base/engine.h"
#include "io/arrow/arrow_writer.h"

#include <string.h>

enum { PIECE = 1 << 18 };

typedef struct writing {
    lnt__writer writer;
    lnt_engine *engine;
    lnt_write_fn fn;
    void *context;
    lnt_arena scratch;
    lnt_vec *vecs;
} writing;

static lnt_status give_away(writing *w, lnt_error *err) {
    LNT_TRY(lnt_text_check(&w->writer.out, err));
    if (w->writer.out.size == 0) return LNT_OK;
    LNT_TRY(w->fn(w->context, w->writer.out.data, w->writer.out.size, err));
    w->writer.out.size = 0;
    return LNT_OK;
}

static lnt_status write_slice(writing *w, const lnt_table *rows, int64_t start, int64_t n, lnt_error *err) {
    lnt_arena_reset(&w->scratch);
    for (int64_t i = 0; i < w->writer.n_columns; i++) {
        LNT_TRY(lnt_vec_from_column(lnt_table_column(rows, i), start, n, &w->scratch, &w->vecs[i], err));
    }
    for (int64_t row = 0; row < n; row++) {
        w->writer.class_->row(&w->writer, w->vecs, row);
        w->writer.n_rows++;
        if (w->writer.out.size >= PIECE) LNT_TRY(give_away(w, err));
    }
    return lnt_text_check(&w->writer.out, err);
}

static lnt_status write_rows(void *context, const lnt_table *rows, lnt_error *err) {
    writing *w = context;
    int64_t n_rows = lnt_table_n_rows(rows);
    for (int64_t start = 0; start < n_rows; start += LNT_BATCH_ROWS) {
        int64_t n = n_rows - start < LNT_BATCH_ROWS ? n_rows - start : LNT_BATCH_ROWS;
        LNT_TRY(lnt_engine_check(w->engine, err));
        LNT_TRY(write_slice(w, rows, start, n, err));
    }
    return LNT_OK;
}

static lnt_status choose_format(lnt__writer *writer, const lnt_write_options *options, lnt_error *err) {
    static const lnt__write_class *const classes[] = {&lnt__write_csv, &lnt__write_csv, &lnt__write_json,
                                                      &lnt__write_ndjson, &lnt__write_markdown};
    lnt_format format = options ? options->format : LNT_FORMAT_CSV;
    if ((unsigned)format >= sizeof classes / sizeof *classes) {
        return lnt_error_set(err, LNT_ARGUMENT, "there is no output format %d", (int)format);
    }
    writer->class_ = classes[format];
    writer->delimiter = format == LNT_FORMAT_TSV ? '\t' : ',';
    writer->raw = options && options->raw;
    return LNT_OK;
}

static lnt_status run(writing *w, const lnt_plan *plan, lnt_error *err) {
    const lnt_schema *schema = lnt_plan_schema(plan);
    w->writer.n_columns = lnt_schema_n_columns(schema);
    int64_t room = w->writer.n_columns ? w->writer.n_columns : 1;
    w->writer.leads = lnt_alloc_array(room, sizeof *w->writer.leads, err);
    if (!w->writer.leads) return LNT_NOMEM;
    w->vecs = lnt_alloc_array(room, sizeof *w->vecs, err);
    if (!w->vecs) return LNT_NOMEM;
    w->writer.class_->begin(&w->writer, schema);
    for (int64_t i = 0; i < w->writer.n_columns; i++) LNT_TRY(lnt_text_check(&w->writer.leads[i], err));
    LNT_TRY(lnt_plan_stream(w->engine, plan, write_rows, w, err));
    w->writer.class_->end(&w->writer);
    return give_away(w, err);
}

lnt_status lnt_write(lnt_engine *engine, const lnt_plan *plan, const lnt_write_options *options, lnt_write_fn fn,
                     void *context, lnt_error *err) {
    if (options && options->format == LNT_FORMAT_ARROW) return lnt__write_arrow(engine, plan, options, fn, context, err);
    writing w = {.engine = engine, .fn = fn, .context = context};
    LNT_TRY(choose_format(&w.writer, options, err));
    lnt_arena_init(&w.scratch, lnt_engine_budget(engine), "writing");
    lnt_status status = run(&w, plan, err);
    if (options && options->n_rows) *options->n_rows = w.writer.n_rows;
    for (int64_t i = 0; i < w.writer.n_columns && w.writer.leads; i++) lnt_text_clear(&w.writer.leads[i]);
    lnt_free(w.writer.leads);
    lnt_free(w.vecs);
    lnt_text_clear(&w.writer.out);
    lnt_arena_clear(&w.scratch);
    return status;
}
