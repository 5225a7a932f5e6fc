// Plans into Arrow files. A table in memory is written as it is held: narrow integers, dictionaries. Other results are
// gathered first, up to GATHERED_ROWS or an eighth of the memory limit, and then written the same way; a longer one goes on
// in pieces, with types that hold whatever may come (64-bit integers, text without dictionaries), so that no more than a piece
// is held.
#include "column/width.h"
#include "io/arrow/arrow_writer.h"
#include "plan/plan.h"

enum { GATHERED_ROWS = 1 << 20 };

typedef struct writing {
    lnt__arrow_writer writer;
    lnt_engine *engine;
    const lnt_schema *schema;
    lnt_collector **collectors; ///< of rows that aren't written yet
    lnt_column **columns;       ///< of the same, finished
    lnt_column **dictionaries;  ///< owned: of columns that are constant
    int64_t n_gathered;
    bool streams; ///< the first rows are written, more come
    lnt_arena scratch;
} writing;

// ---- how columns are written ----

static int code_width(int64_t n_codes) {
    return n_codes <= 1 << 7 ? 1 : n_codes <= 1 << 15 ? 2 : 4; // Arrow's codes are signed
}

/// A constant string is a dictionary of one.
static lnt_status dictionary_of_constant(const lnt_column *column, lnt_column **out, lnt_error *err) {
    lnt_intern set = {.who = "writing an Arrow file"};
    uint32_t code;
    lnt_status status = lnt_intern_add(&set, lnt_column_get(column, 0).as.s, &code, err);
    if (status == LNT_OK) return lnt_intern_finish(&set, out, err);
    lnt_intern_clear(&set);
    return status;
}

/// As the column is held.
static lnt_status choose(writing *w, int64_t i, const lnt_column *column, lnt_error *err) {
    lnt__arrow_out *out = &w->writer.columns[i];
    *out = (lnt__arrow_out){.type = lnt_schema_type(w->schema, i), .width = 8};
    bool constant = column->layout == LNT_LAYOUT_CONSTANT, has_value = column->null_count < column->length;
    if (out->type == LNT_INT) out->width = constant ? 8 : column->width;
    if (out->type == LNT_INT && constant && has_value)
        out->width = lnt_width_of_ints((const int64_t *)column->data->data, 1);
    if (out->type != LNT_STRING || !has_value) return LNT_OK;
    if (column->layout == LNT_LAYOUT_DICTIONARY) out->dictionary = column->dictionary;
    if (constant) {
        LNT_TRY(dictionary_of_constant(column, &w->dictionaries[i], err));
        out->dictionary = w->dictionaries[i];
    }
    out->has_dictionary = out->dictionary != NULL;
    if (out->has_dictionary) out->width = code_width(out->dictionary->length);
    return LNT_OK;
}

/// Gives the columns dictionaries without what no row has.
static lnt_status compact(writing *w, lnt_error *err) {
    for (int64_t i = 0; i < lnt_schema_n_columns(w->schema); i++) {
        lnt_column *compacted = NULL;
        LNT_TRY(lnt_column_compact(w->engine, w->columns[i], &compacted, err));
        lnt_column_unref(w->columns[i]);
        w->columns[i] = compacted;
    }
    return LNT_OK;
}

static lnt_status write_whole(writing *w, int64_t n_rows, lnt_error *err) {
    int64_t n = lnt_schema_n_columns(w->schema);
    LNT_TRY(compact(w, err));
    const lnt_column *const *columns = (const lnt_column *const *)w->columns;
    for (int64_t i = 0; i < n; i++) LNT_TRY(choose(w, i, columns[i], err));
    LNT_TRY(lnt__arrow_put_schema(&w->writer, err));
    for (int64_t i = 0; i < n; i++)
        if (w->writer.columns[i].has_dictionary)
            LNT_TRY(lnt__arrow_put_dictionary(&w->writer, i, w->writer.columns[i].dictionary, err));
    return lnt__arrow_put_rows(&w->writer, columns, 0, n_rows, err);
}

// ---- gathering ----

static lnt_status begin_gathering(writing *w, lnt_error *err) {
    for (int64_t i = 0; i < lnt_schema_n_columns(w->schema); i++)
        if (!w->collectors[i])
            LNT_TRY(lnt_collector_new(w->engine, lnt_schema_type(w->schema, i), "writing an Arrow file",
                                      &w->collectors[i], err));
    return LNT_OK;
}

static lnt_status finish_gathering(writing *w, lnt_error *err) {
    for (int64_t i = 0; i < lnt_schema_n_columns(w->schema); i++)
        LNT_TRY(lnt_collector_finish(w->collectors[i], &w->columns[i], err));
    return LNT_OK;
}

static void drop_columns(writing *w) {
    for (int64_t i = 0; w->columns && i < lnt_schema_n_columns(w->schema); i++) {
        lnt_column_unref(w->columns[i]);
        w->columns[i] = NULL;
    }
    w->n_gathered = 0;
}

/// Writes what was gathered; the first time with the schema, of types for whatever may come.
static lnt_status write_gathered(writing *w, lnt_error *err) {
    for (int64_t i = 0; !w->streams && i < lnt_schema_n_columns(w->schema); i++)
        w->writer.columns[i] = (lnt__arrow_out){.type = lnt_schema_type(w->schema, i), .width = 8};
    if (!w->streams) LNT_TRY(lnt__arrow_put_schema(&w->writer, err));
    w->streams = true;
    LNT_TRY(finish_gathering(w, err));
    LNT_TRY(lnt__arrow_put_rows(&w->writer, (const lnt_column *const *)w->columns, 0, w->n_gathered, err));
    drop_columns(w);
    return LNT_OK;
}

static lnt_status gather(writing *w, const lnt_table *rows, int64_t start, int64_t n, lnt_error *err) {
    LNT_TRY(begin_gathering(w, err));
    for (int64_t at = start; at < start + n; at += LNT_BATCH_ROWS) {
        int64_t size = start + n - at < LNT_BATCH_ROWS ? start + n - at : LNT_BATCH_ROWS;
        lnt_arena_reset(&w->scratch);
        for (int64_t i = 0; i < lnt_schema_n_columns(w->schema); i++) {
            lnt_vec vec;
            LNT_TRY(lnt_vec_from_column(lnt_table_column(rows, i), at, size, &w->scratch, &vec, err));
            LNT_TRY(lnt_collector_append(w->collectors[i], &vec, NULL, size, err));
        }
    }
    w->n_gathered += n;
    return LNT_OK;
}

/// Bytes of rows that aren't written yet.
static int64_t gathered_bytes(const writing *w) {
    int64_t bytes = 0;
    for (int64_t i = 0; i < lnt_schema_n_columns(w->schema); i++) bytes += lnt_collector_bytes(w->collectors[i]);
    return bytes;
}

/// Whether what was gathered has to be written: it is enough, or has its share of the memory. What is on its way to it
/// doesn't count, so that it depends on the limit alone how a file comes out.
static bool is_full(const writing *w, int64_t limit_rows) {
    enum { SHARE = 8, STREAMING_SHARE = 32 };
    int64_t share = lnt_engine_memory_limit(w->engine) / (w->streams ? STREAMING_SHARE : SHARE);
    return w->n_gathered == limit_rows || gathered_bytes(w) > share;
}

static lnt_status take_rows(void *context, const lnt_table *rows, lnt_error *err) {
    writing *w = context;
    int64_t n_rows = lnt_table_n_rows(rows), at = 0;
    while (at < n_rows) {
        int64_t limit = w->streams ? LNT__ARROW_BATCH_ROWS : GATHERED_ROWS;
        int64_t n = n_rows - at < limit - w->n_gathered ? n_rows - at : limit - w->n_gathered;
        LNT_TRY(lnt_engine_check(w->engine, err));
        LNT_TRY(gather(w, rows, at, n, err));
        at += n;
        if (is_full(w, limit)) LNT_TRY(write_gathered(w, err));
    }
    return LNT_OK;
}

// ---- the whole ----

static lnt_status write_table(writing *w, const lnt_plan *plan, lnt_error *err) {
    for (int64_t i = 0; i < plan->n_columns; i++)
        w->columns[i] = lnt_column_ref(lnt_table_column(plan->table, plan->columns[i]));
    return write_whole(w, lnt_table_n_rows(plan->table), err);
}

static lnt_status write_plan(writing *w, const lnt_plan *plan, lnt_error *err) {
    if (plan->kind == LNT_PLAN_SCAN && plan->table && plan->n_exprs == 0) return write_table(w, plan, err);
    LNT_TRY(lnt_plan_stream(w->engine, plan, take_rows, w, err));
    if (w->streams && w->n_gathered > 0) return write_gathered(w, err);
    if (w->streams) return LNT_OK;
    LNT_TRY(begin_gathering(w, err));
    LNT_TRY(finish_gathering(w, err));
    return write_whole(w, w->n_gathered, err);
}

static lnt_status run(writing *w, const lnt_plan *plan, lnt_error *err) {
    int64_t n = lnt_schema_n_columns(w->schema);
    w->collectors = lnt_alloc_array(n, sizeof *w->collectors, err);
    w->columns = lnt_alloc_array(n, sizeof *w->columns, err);
    w->dictionaries = lnt_alloc_array(n, sizeof *w->dictionaries, err);
    if (!w->collectors || !w->columns || !w->dictionaries) return LNT_NOMEM;
    LNT_TRY(write_plan(w, plan, err));
    return lnt__arrow_put_footer(&w->writer, err);
}

lnt_status lnt__write_arrow(lnt_engine *engine, const lnt_plan *plan, const lnt_write_options *options,
                            lnt_write_fn fn, void *context, lnt_error *err) {
    writing w = {.engine = engine, .schema = lnt_plan_schema(plan)};
    LNT_TRY(lnt__arrow_writer_init(&w.writer, engine, w.schema, fn, context, err));
    lnt_arena_init(&w.scratch, lnt_engine_budget(engine), "writing an Arrow file");
    lnt_status status = run(&w, plan, err);
    if (options->n_rows) *options->n_rows = w.writer.n_rows;
    drop_columns(&w);
    for (int64_t i = 0; i < lnt_schema_n_columns(w.schema); i++) {
        if (w.collectors) lnt_collector_free(w.collectors[i]);
        if (w.dictionaries) lnt_column_unref(w.dictionaries[i]);
    }
    lnt_free(w.collectors);
    lnt_free(w.columns);
    lnt_free(w.dictionaries);
    lnt_arena_clear(&w.scratch);
    lnt__arrow_writer_clear(&w.writer);
    return status;
}
