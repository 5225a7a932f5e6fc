// The messages of an Arrow file, in order. Expected: record batches of 131,072 rows; one body is held at a time.
#include "io/arrow/arrow_writer.h"

#include <string.h>

enum { ALIGNMENT = 64, PREFIX_BYTES = 8 };

static const char magic[] = "ARROW1\0";

lnt_status lnt__arrow_writer_init(lnt__arrow_writer *w, lnt_engine *engine, const lnt_schema *schema, lnt_write_fn fn,
                                  void *context, lnt_error *err) {
    int64_t n = lnt_schema_n_columns(schema);
    *w = (lnt__arrow_writer){.engine = engine, .schema = schema, .fn = fn, .context = context};
    lnt_arena_init(&w->scratch, lnt_engine_budget(engine), "writing an Arrow file");
    w->columns = lnt_alloc_array(n, sizeof *w->columns, err);
    w->nodes = lnt_alloc_array(n + 1, sizeof *w->nodes, err);
    w->places = lnt_alloc_array(3 * (n + 1), sizeof *w->places, err);
    lnt_status status = w->columns && w->nodes && w->places ? LNT_OK : LNT_NOMEM;
    if (status == LNT_OK)
        status = lnt_buffer_new(lnt_engine_budget(engine), 1 << 16, "writing an Arrow file", &w->body, err);
    if (status != LNT_OK) lnt__arrow_writer_clear(w);
    return status;
}

void lnt__arrow_writer_clear(lnt__arrow_writer *w) {
    lnt_buffer_unref(w->body);
    lnt_free(w->columns);
    lnt_free(w->nodes);
    lnt_free(w->places);
    lnt_free(w->dictionaries);
    lnt_free(w->batches);
    lnt_arena_clear(&w->scratch);
    *w = (lnt__arrow_writer){0};
}

static lnt_status put(lnt__arrow_writer *w, const void *bytes, int64_t size, lnt_error *err) {
    if (size == 0) return LNT_OK;
    LNT_TRY(w->fn(w->context, bytes, size, err));
    w->at += size;
    return LNT_OK;
}

/// A message's prefix, metadata and, so that the body starts aligned, padding. Frees `metadata`.
static lnt_status put_metadata(lnt__arrow_writer *w, lnt_text *metadata, int64_t *size, lnt_error *err) {
    static const char zeros[ALIGNMENT];
    int64_t end = w->at + PREFIX_BYTES + metadata->size;
    lnt_text_add(metadata, zeros, -end & (ALIGNMENT - 1));
    int32_t prefix[2] = {-1, (int32_t)metadata->size};
    *size = PREFIX_BYTES + metadata->size;
    lnt_status status = lnt_text_check(metadata, err);
    if (status == LNT_OK && metadata->size > INT32_MAX)
        status = lnt_error_set(err, LNT_UNSUPPORTED, "so many columns don't fit an Arrow file");
    if (status == LNT_OK) status = put(w, prefix, sizeof prefix, err);
    if (status == LNT_OK) status = put(w, metadata->data, metadata->size, err);
    lnt_text_clear(metadata);
    return status;
}

lnt_status lnt__arrow_put_schema(lnt__arrow_writer *w, lnt_error *err) {
    lnt_text metadata = {0};
    int64_t size;
    LNT_TRY(put(w, magic, sizeof magic, err));
    lnt__arrow_schema_message(w, &metadata);
    return put_metadata(w, &metadata, &size, err);
}

/// Writes what was encoded as a message, and notes where it is.
static lnt_status put_body(lnt__arrow_writer *w, int64_t n_rows, int64_t dictionary, const lnt_text *ranges,
                           lnt_error *err) {
    lnt_text metadata = {0};
    lnt__arrow_entry entry = {.offset = w->at, .body_bytes = w->body->size};
    int64_t size;
    lnt__arrow_batch_message(w, n_rows, dictionary, ranges, &metadata);
    LNT_TRY(put_metadata(w, &metadata, &size, err));
    entry.metadata_bytes = (int32_t)size;
    LNT_TRY(put(w, w->body->data, w->body->size, err));
    lnt__arrow_entry **list = dictionary < 0 ? &w->batches : &w->dictionaries;
    int64_t *n = dictionary < 0 ? &w->n_batches : &w->n_dictionaries;
    int64_t *capacity = dictionary < 0 ? &w->batches_capacity : &w->dictionaries_capacity;
    LNT_TRY(lnt_grow((void **)list, capacity, *n + 1, sizeof entry, err));
    (*list)[(*n)++] = entry;
    return LNT_OK;
}

static void begin_body(lnt__arrow_writer *w) {
    w->body->size = 0;
    w->n_nodes = w->n_places = 0;
}

lnt_status lnt__arrow_put_dictionary(lnt__arrow_writer *w, int64_t i, const lnt_column *dictionary, lnt_error *err) {
    bool too_long;
    lnt__arrow_out plain = {.type = LNT_STRING};
    begin_body(w);
    LNT_TRY(lnt__arrow_encode(w, &plain, dictionary, 0, dictionary->length, &too_long, err));
    if (too_long)
        return lnt_error_set(err, LNT_UNSUPPORTED, "the distinct strings of column '%s' don't fit an Arrow file",
                             lnt_schema_name(w->schema, i));
    return put_body(w, dictionary->length, i, NULL, err);
}

/// One record batch; `*too_long` if its text needs several, and nothing was written.
static lnt_status put_batch(lnt__arrow_writer *w, const lnt_column *const *columns, int64_t start, int64_t n,
                            bool *too_long, lnt_error *err) {
    *too_long = false;
    begin_body(w);
    for (int64_t i = 0; i < lnt_schema_n_columns(w->schema); i++) {
        LNT_TRY(lnt_engine_check(w->engine, err));
        LNT_TRY(lnt__arrow_encode(w, &w->columns[i], columns[i], start, n, too_long, err));
        if (!*too_long) continue;
        if (n > 1) return LNT_OK;
        return lnt_error_set(err, LNT_UNSUPPORTED,
                             "a string of column '%s' is longer than 2 GiB, which an Arrow file "
                             "can't hold",
                             lnt_schema_name(w->schema, i));
    }
    lnt_text ranges = {0};
    lnt_status status = lnt__arrow_note_ranges(w, columns, start, n, &ranges, err);
    if (status == LNT_OK) status = put_body(w, n, -1, &ranges, err);
    lnt_text_clear(&ranges);
    return status;
}

lnt_status lnt__arrow_put_rows(lnt__arrow_writer *w, const lnt_column *const *columns, int64_t start, int64_t n,
                               lnt_error *err) {
    int64_t at = start, end = start + n, step = LNT__ARROW_BATCH_ROWS;
    while (at < end) {
        bool too_long;
        int64_t rows = end - at < step ? end - at : step;
        LNT_TRY(put_batch(w, columns, at, rows, &too_long, err));
        if (too_long)
            step = rows / 2;
        else
            at += rows, w->n_rows += rows;
    }
    return LNT_OK;
}

lnt_status lnt__arrow_put_footer(lnt__arrow_writer *w, lnt_error *err) {
    static const int32_t end[2] = {-1, 0};
    lnt_text footer = {0};
    LNT_TRY(put(w, end, sizeof end, err));
    lnt__arrow_footer(w, &footer);
    lnt_status status = lnt_text_check(&footer, err);
    if (status == LNT_OK) status = put(w, footer.data, footer.size, err);
    int32_t size = (int32_t)footer.size;
    lnt_text_clear(&footer);
    LNT_TRY(status);
    LNT_TRY(put(w, &size, sizeof size, err));
    return put(w, magic, 6, err);
}
