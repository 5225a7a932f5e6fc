/// @file collect.c
/// collect: the rows of a stream become a table. Each morsel grows columns of its own; they are joined in order.
#include "exec/stream.h"

lnt_status lnt__rows_init(lnt_rows *rows, lnt_engine *engine, const lnt_schema *schema, const char *who,
                          lnt_error *err) {
    *rows = (lnt_rows){.n_columns = lnt_schema_n_columns(schema)};
    rows->columns = lnt_alloc_array(rows->n_columns, sizeof *rows->columns, err);
    if (!rows->columns) return LNT_NOMEM;
    for (int64_t i = 0; i < rows->n_columns; i++) {
        lnt_status status = lnt_collector_new(engine, lnt_schema_type(schema, i), who, &rows->columns[i], err);
        if (status == LNT_OK) continue;
        lnt__rows_clear(rows);
        return status;
    }
    return LNT_OK;
}

void lnt__rows_clear(lnt_rows *rows) {
    for (int64_t i = 0; rows->columns && i < rows->n_columns; i++) lnt_collector_free(rows->columns[i]);
    lnt_free(rows->columns);
    *rows = (lnt_rows){0};
}

lnt_status lnt__rows_append(lnt_rows *rows, const lnt_batch *batch, const uint32_t *sel, int64_t n, lnt_error *err) {
    for (int64_t i = 0; i < rows->n_columns; i++)
        LNT_TRY(lnt_collector_append(rows->columns[i], &batch->columns[i], sel, n, err));
    rows->n_rows += n;
    return LNT_OK;
}

lnt_status lnt__rows_append_range(lnt_rows *rows, lnt_engine *engine, const lnt_table *table, int64_t start,
                                  int64_t end, lnt_error *err) {
    lnt_arena scratch;
    lnt_arena_init(&scratch, lnt_engine_budget(engine), "collect");
    lnt_vec *vectors = lnt_alloc_array(rows->n_columns, sizeof *vectors, err);
    lnt_status status = vectors ? LNT_OK : LNT_NOMEM;
    for (int64_t at = start; status == LNT_OK && at < end; at += LNT_BATCH_ROWS) {
        int64_t n = end - at < LNT_BATCH_ROWS ? end - at : LNT_BATCH_ROWS;
        lnt_arena_reset(&scratch);
        for (int64_t c = 0; status == LNT_OK && c < rows->n_columns; c++)
            status = lnt_vec_from_column(lnt_table_column(table, c), at, n, &scratch, &vectors[c], err);
        lnt_batch batch = {.n_rows = n, .first_row = -1, .n_sel = n, .n_columns = rows->n_columns, .columns = vectors};
        if (status == LNT_OK) status = lnt__rows_append(rows, &batch, NULL, n, err);
    }
    lnt_free(vectors);
    lnt_arena_clear(&scratch);
    return status;
}

int64_t lnt__rows_bytes(const lnt_rows *rows) {
    int64_t bytes = 0;
    for (int64_t i = 0; i < rows->n_columns; i++) bytes += lnt_collector_bytes(rows->columns[i]);
    return bytes;
}

static int64_t held(const lnt_buffer *buffer) {
    return buffer ? buffer->size : 0;
}

int64_t lnt__table_bytes(const lnt_table *table) {
    int64_t bytes = 0;
    for (int64_t i = 0; i < lnt_table_n_columns(table); i++) {
        const lnt_column *column = lnt_table_column(table, i);
        bytes += held(column->data) + held(column->bytes) + held(column->validity);
    }
    return bytes;
}

lnt_status lnt__rows_merge(lnt_rows *rows, lnt_rows *from, lnt_error *err) {
    for (int64_t i = 0; i < rows->n_columns; i++) LNT_TRY(lnt_collector_merge(rows->columns[i], from->columns[i], err));
    rows->n_rows += from->n_rows;
    from->n_rows = 0;
    return LNT_OK;
}

lnt_status lnt__table_of(const lnt_schema *schema, lnt_column **columns, int64_t n_rows, lnt_table **out,
                         lnt_error *err) {
    int64_t n = lnt_schema_n_columns(schema);
    const char **names = lnt_alloc_array(n, sizeof *names, err);
    lnt_status status = names ? LNT_OK : LNT_NOMEM;
    for (int64_t i = 0; names && i < n; i++) names[i] = lnt_schema_name(schema, i);
    if (status == LNT_OK) status = lnt_table_new(names, columns, n, n_rows, out, err);
    for (int64_t i = 0; i < n; i++) {
        lnt_column_unref(columns[i]);
        columns[i] = NULL;
    }
    lnt_free(names);
    return status;
}

lnt_status lnt__table_slice(lnt_engine *engine, const lnt_table *table, int64_t start, int64_t n, lnt_table **out,
                            lnt_error *err) {
    if (start == 0 && n == lnt_table_n_rows(table)) {
        *out = lnt_table_ref(table);
        return LNT_OK;
    }
    int64_t n_columns = lnt_table_n_columns(table);
    lnt_column **columns = lnt_alloc_array(n_columns, sizeof *columns, err);
    lnt_status status = columns ? LNT_OK : LNT_NOMEM;
    for (int64_t c = 0; status == LNT_OK && c < n_columns; c++)
        status = lnt_column_slice(engine, lnt_table_column(table, c), start, n, &columns[c], err);
    if (status == LNT_OK) status = lnt_table_make(lnt_table_schema(table), columns, n, out, err);
    for (int64_t c = 0; columns && c < n_columns; c++) lnt_column_unref(columns[c]);
    lnt_free(columns);
    return status;
}

/// As below; with an engine, text that repeats becomes codes.
static lnt_status finish_rows(lnt_rows *rows, lnt_engine *engine, const lnt_schema *schema, lnt_table **out,
                              lnt_error *err) {
    lnt_column **columns = lnt_alloc_array(rows->n_columns, sizeof *columns, err);
    if (!columns) return LNT_NOMEM;
    lnt_status status = LNT_OK;
    for (int64_t i = 0; status == LNT_OK && i < rows->n_columns; i++) {
        if (engine) status = lnt__encode_review(engine, rows->columns[i], err);
        if (status == LNT_OK) status = lnt_collector_finish(rows->columns[i], &columns[i], err);
        if (status == LNT_OK && engine) status = lnt__encode_strings(engine, &columns[i], err);
    }
    if (status == LNT_OK) {
        status = lnt__table_of(schema, columns, rows->n_rows, out, err);
    } else {
        for (int64_t i = 0; i < rows->n_columns; i++) lnt_column_unref(columns[i]);
    }
    rows->n_rows = 0;
    lnt_free(columns);
    return status;
}

lnt_status lnt__rows_finish(lnt_rows *rows, const lnt_schema *schema, lnt_table **out, lnt_error *err) {
    return finish_rows(rows, NULL, schema, out, err);
}

// ---- the sink ----

/// What one worker knows of one column from the morsels before.
typedef struct lnt_collect_column {
    lnt_lexicon *lexicon;       ///< NULL where the column isn't one of strings
    int64_t n_rows, text_bytes; ///< of the last morsel
} lnt_collect_column;

typedef struct lnt_collect_sink {
    lnt_sink head;
    lnt_engine *engine;
    const lnt_schema *schema;
    const char *who;
    lnt_rows rows;
    lnt_collect_column *known; ///< [worker][column]
    int n_workers;
    bool encodes, looked; ///< text that repeats becomes codes; it was looked whether some does
} lnt_collect_sink;

static lnt_status collect_begin(lnt_sink *sink, int worker, void **partial, lnt_error *err) {
    lnt_collect_sink *self = (lnt_collect_sink *)sink;
    lnt_rows *rows = lnt_alloc_array(1, sizeof *rows, err);
    if (!rows) return LNT_NOMEM;
    lnt_status status = lnt__rows_init(rows, self->engine, self->schema, self->who, err);
    const lnt_collect_column *known = self->known + worker * self->rows.n_columns;
    for (int64_t i = 0; status == LNT_OK && i < rows->n_columns; i++) {
        lnt_collector_expect(rows->columns[i], known[i].n_rows, known[i].text_bytes);
        if (known[i].lexicon) status = lnt_collector_use(rows->columns[i], known[i].lexicon, err);
    }
    if (status != LNT_OK) {
        lnt__rows_clear(rows);
        lnt_free(rows);
        return status;
    }
    *partial = rows;
    return LNT_OK;
}

static lnt_status collect_consume(lnt_sink *sink, int worker, void *partial, const lnt_batch *batch, bool *full,
                                  lnt_error *err) {
    (void)sink, (void)worker, (void)full;
    return lnt__rows_append(partial, batch, batch->sel, batch->n_sel, err);
}

static lnt_status collect_end(lnt_sink *sink, int worker, void *partial, lnt_error *err) {
    enum { MOST_EXPECTED = 1 << 17 }; // rows: a morsel of a file is smaller
    lnt_collect_sink *self = (lnt_collect_sink *)sink;
    lnt_rows *rows = partial;
    lnt_collect_column *known = self->known + worker * self->rows.n_columns;
    for (int64_t i = 0; i < rows->n_columns; i++) {
        LNT_TRY(lnt_collector_seal(rows->columns[i], err));
        if (rows->n_rows > MOST_EXPECTED) continue;
        int64_t bytes = lnt_collector_text_bytes(rows->columns[i]);
        known[i].n_rows = rows->n_rows + rows->n_rows / 16; // a little more than the last had
        known[i].text_bytes = bytes + bytes / 16;
    }
    return LNT_OK;
}

static void collect_discard(lnt_sink *sink, void *partial) {
    (void)sink;
    lnt__rows_clear(partial);
    lnt_free(partial);
}

/// Once there are many rows: text of which it shows by now that it repeats becomes codes.
static lnt_status encode_early(lnt_collect_sink *self, lnt_error *err) {
    enum { MANY_ROWS = 1 << 19 };
    if (!self->encodes || self->looked || self->rows.n_rows < MANY_ROWS) return LNT_OK;
    self->looked = true;
    for (int64_t i = 0; i < self->rows.n_columns; i++)
        LNT_TRY(lnt__encode_early(self->engine, self->rows.columns[i], err));
    return LNT_OK;
}

static lnt_status collect_merge(lnt_sink *sink, void *partial, bool *enough, lnt_error *err) {
    (void)enough;
    lnt_collect_sink *self = (lnt_collect_sink *)sink;
    lnt_status status = lnt__rows_merge(&self->rows, partial, err);
    if (status == LNT_OK) status = encode_early(self, err);
    collect_discard(sink, partial);
    return status;
}

static const lnt_sink_class collect_sink_class = {"reading",   collect_begin, collect_consume,
                                                  collect_end, collect_merge, collect_discard};

static lnt_status add_known(lnt_collect_sink *sink, lnt_error *err) {
    int64_t n = sink->rows.n_columns;
    sink->known = lnt_alloc_array(sink->n_workers * n, sizeof *sink->known, err);
    if (!sink->known) return LNT_NOMEM;
    for (int64_t i = 0; i < sink->n_workers * n; i++)
        if (lnt_schema_type(sink->schema, i % n) == LNT_STRING)
            LNT_TRY(lnt_lexicon_new(sink->engine, sink->who, &sink->known[i].lexicon, err));
    return LNT_OK;
}

static void free_known(lnt_collect_sink *sink) {
    for (int64_t i = 0; sink->known && i < sink->n_workers * sink->rows.n_columns; i++)
        lnt_lexicon_free(sink->known[i].lexicon);
    lnt_free(sink->known);
}

static lnt_status collect_rows(lnt_stream *stream, const char *who, bool encodes, bool *finished, lnt_table **out,
                               lnt_error *err) {
    lnt_collect_sink sink = {
        .head = {&collect_sink_class}, .engine = stream->engine, .schema = stream->schema, .who = who};
    sink.n_workers = stream->n_workers;
    sink.encodes = encodes;
    LNT_TRY(lnt__rows_init(&sink.rows, stream->engine, stream->schema, who, err));
    lnt_status status = add_known(&sink, err);
    if (status == LNT_OK) status = lnt__drain(stream, &sink.head, finished, err);
    free_known(&sink);
    if (status == LNT_OK) status = finish_rows(&sink.rows, encodes ? stream->engine : NULL, stream->schema, out, err);
    lnt__rows_clear(&sink.rows);
    return status;
}

static lnt_status collect(lnt_stream *stream, const char *who, bool encodes, lnt_table **out, lnt_error *err) {
    lnt_status status = LNT_OK;
    bool finished = false;
    if (stream->table) {
        *out = lnt_table_ref(stream->table);
    } else {
        lnt_table *gathered = NULL;
        if (stream->gather) status = stream->gather(stream, &gathered, err);
        if (gathered)
            *out = gathered;
        else if (status == LNT_OK)
            status = collect_rows(stream, who, encodes, &finished, out, err);
    }
    lnt__stream_close(stream, finished);
    return status;
}

lnt_status lnt__collect(lnt_stream *stream, const char *who, lnt_table **out, lnt_error *err) {
    return collect(stream, who, false, out, err);
}

lnt_status lnt__collect_to_keep(lnt_stream *stream, lnt_table **out, lnt_error *err) {
    return collect(stream, "collect", true, out, err);
}
