// Tables for other programs, by the Arrow C data interface.
//
// Invariant: each exported array holds references of the buffers that it shows, so that a child that was moved out
// lives on its own; nothing of an array is shared with its siblings.
#include <errno.h>
#include <string.h>

#include "column/value_text.h"
#include "column/width.h"
#include "io/arrow/arrow_writer.h"
#include "lunette/arrow.h"

// ---- schemas ----

/// What an exported schema holds; one allocation that `release` frees.
typedef struct schema_parts {
    char *name;
    char *metadata;
    struct ArrowSchema *children; ///< the structs; `pointers` point at them
    struct ArrowSchema **pointers;
    struct ArrowSchema dictionary;
} schema_parts;

static void release_schema(struct ArrowSchema *schema) {
    schema_parts *parts = schema->private_data;
    for (int64_t i = 0; i < schema->n_children; i++)
        if (schema->children[i]->release) schema->children[i]->release(schema->children[i]);
    if (schema->dictionary && schema->dictionary->release) schema->dictionary->release(schema->dictionary);
    lnt_free(parts->name);
    lnt_free(parts->metadata);
    lnt_free(parts->children);
    lnt_free(parts->pointers);
    lnt_free(parts);
    schema->release = NULL;
}

/// A schema without children; released already when it fails.
static lnt_status new_schema(struct ArrowSchema *out, const char *format, const char *name, lnt_error *err) {
    *out = (struct ArrowSchema){.format = format, .flags = ARROW_FLAG_NULLABLE};
    schema_parts *parts = lnt_alloc_array(1, sizeof *parts, err);
    char *copy = parts ? lnt_strdup(name, -1, err) : NULL;
    if (!copy) {
        lnt_free(parts);
        return LNT_NOMEM;
    }
    parts->name = copy;
    out->name = copy;
    out->private_data = parts;
    out->release = release_schema;
    return LNT_OK;
}

/// The metadata that says that text is addresses: counts and lengths of 32 bits, texts without an end.
static lnt_status mark_ip(struct ArrowSchema *schema, lnt_error *err) {
    static const char key[] = "lunette.type", value[] = "ip";
    const int32_t n = 1, sizes[2] = {sizeof key - 1, sizeof value - 1};
    char *at = lnt_alloc(12 + sizes[0] + sizes[1], err);
    if (!at) return LNT_NOMEM;
    ((schema_parts *)schema->private_data)->metadata = at;
    schema->metadata = at;
    memcpy(at, &n, 4);
    memcpy(at + 4, &sizes[0], 4);
    memcpy(at + 8, key, sizeof key - 1);
    memcpy(at + 8 + sizes[0], &sizes[1], 4);
    memcpy(at + 12 + sizes[0], value, sizeof value - 1);
    return LNT_OK;
}

static bool has_long_offsets(const lnt_column *column) {
    return column->width == 8 || lnt_offset_at(column->data->data, 4, column->length) > INT32_MAX;
}

static const char *format_of(const lnt_column *column) {
    static const char *const signed_formats[] = {NULL, "c", "s", NULL, "i", NULL, NULL, NULL, "l"};
    static const char *const code_formats[] = {NULL, "C", "S", NULL, "I"};
    if (column->layout == LNT_LAYOUT_DICTIONARY) return code_formats[column->width];
    switch (column->type) {
    case LNT_BOOL:
        return "b";
    case LNT_INT:
        return signed_formats[column->width];
    case LNT_FLOAT:
        return "g";
    case LNT_TIME:
        return "tsu:UTC";
    case LNT_IP:
        return "u";
    default:
        return has_long_offsets(column) ? "U" : "u";
    }
}

static lnt_status export_field(const lnt_column *column, const char *name, struct ArrowSchema *out, lnt_error *err) {
    LNT_TRY(new_schema(out, format_of(column), name, err));
    lnt_status status = column->type == LNT_IP ? mark_ip(out, err) : LNT_OK;
    if (status == LNT_OK && column->layout == LNT_LAYOUT_DICTIONARY) {
        schema_parts *parts = out->private_data;
        status = new_schema(&parts->dictionary, format_of(column->dictionary), "", err);
        out->dictionary = &parts->dictionary;
    }
    if (status != LNT_OK) out->release(out);
    return status;
}

// ---- arrays ----

typedef struct array_parts {
    lnt_buffer *held[3]; ///< references; `shown` points into them
    const void *shown[3];
    struct ArrowArray *children;
    struct ArrowArray **pointers;
    struct ArrowArray dictionary;
} array_parts;

static void release_array(struct ArrowArray *array) {
    array_parts *parts = array->private_data;
    for (int64_t i = 0; i < array->n_children; i++)
        if (array->children[i]->release) array->children[i]->release(array->children[i]);
    if (array->dictionary && array->dictionary->release) array->dictionary->release(array->dictionary);
    for (int i = 0; i < 3; i++) lnt_buffer_unref(parts->held[i]);
    lnt_free(parts->children);
    lnt_free(parts->pointers);
    lnt_free(parts);
    array->release = NULL;
}

static lnt_status new_array(struct ArrowArray *out, int64_t length, int64_t n_buffers, lnt_error *err) {
    *out = (struct ArrowArray){.length = length, .n_buffers = n_buffers};
    array_parts *parts = lnt_alloc_array(1, sizeof *parts, err);
    if (!parts) return LNT_NOMEM;
    out->private_data = parts;
    out->buffers = parts->shown;
    out->release = release_array;
    return LNT_OK;
}

/// Shows `buffer`, whose reference is taken over.
static void show(struct ArrowArray *array, int i, lnt_buffer *buffer) {
    array_parts *parts = array->private_data;
    parts->held[i] = buffer;
    parts->shown[i] = buffer ? buffer->data : NULL;
}

static lnt_status pack_bools(lnt_engine *engine, const lnt_column *column, lnt_buffer **out, lnt_error *err) {
    int64_t size = lnt_bitmap_words(column->length) * 8;
    LNT_TRY(lnt_buffer_new(lnt_engine_budget(engine), size, "export", out, err));
    (*out)->size = size;
    memset((*out)->data, 0, (size_t)size);
    for (int64_t i = 0; i < column->length; i++)
        if (column->data->data[i]) lnt_bitmap_set((uint64_t *)(*out)->data, i);
    return LNT_OK;
}

/// Addresses as text: offsets, text.
static lnt_status write_addresses(lnt_engine *engine, const lnt_column *column, lnt_buffer **offsets, lnt_buffer **text,
                                  lnt_error *err) {
    lnt_budget *budget = lnt_engine_budget(engine);
    LNT_TRY(lnt_buffer_new(budget, 4 * (column->length + 1), "export", offsets, err));
    LNT_TRY(lnt_buffer_new(budget, 16 * column->length, "export", text, err));
    for (int64_t i = 0; i <= column->length; i++) {
        int32_t at = (int32_t)(*text)->size;
        LNT_TRY(lnt_buffer_append(*offsets, &at, 4, "export", err));
        lnt_value value = {.is_null = true};
        if (i < column->length) value = lnt_column_get(column, i);
        if (value.is_null) continue;
        char buffer[LNT_FORMAT_BYTES];
        LNT_TRY(lnt_buffer_append(*text, buffer, lnt_format_ip(value.as.ip, buffer), "export", err));
        if ((*text)->size > INT32_MAX)
            return lnt_error_set(err, LNT_UNSUPPORTED, "so many addresses don't fit one array");
    }
    return LNT_OK;
}

/// Offsets of 4 bytes that are read as unsigned here, but signed by others, as 8 bytes.
static lnt_status widen_offsets(lnt_engine *engine, const lnt_column *column, lnt_buffer **out, lnt_error *err) {
    int64_t size = 8 * (column->length + 1);
    LNT_TRY(lnt_buffer_new(lnt_engine_budget(engine), size, "export", out, err));
    (*out)->size = size;
    for (int64_t i = 0; i <= column->length; i++)
        ((int64_t *)(*out)->data)[i] = lnt_offset_at(column->data->data, 4, i);
    return LNT_OK;
}

static lnt_status export_column(lnt_engine *engine, const lnt_column *column, struct ArrowArray *out, lnt_error *err);

static lnt_status show_values(lnt_engine *engine, const lnt_column *column, struct ArrowArray *out, lnt_error *err) {
    lnt_buffer *data = NULL, *text = NULL;
    lnt_status status = LNT_OK;
    bool is_text = column->type == LNT_STRING && column->layout == LNT_LAYOUT_PLAIN;
    if (column->type == LNT_BOOL)
        status = pack_bools(engine, column, &data, err);
    else if (column->type == LNT_IP)
        status = write_addresses(engine, column, &data, &text, err);
    else if (is_text && column->width == 4 && has_long_offsets(column))
        status = widen_offsets(engine, column, &data, err);
    else
        data = lnt_buffer_ref(column->data);
    if (is_text) text = lnt_buffer_ref(column->bytes);
    show(out, 1, data);
    show(out, 2, text);
    if (column->validity) show(out, 0, lnt_buffer_ref(column->validity));
    out->null_count = column->null_count;
    if (status == LNT_OK && column->layout == LNT_LAYOUT_DICTIONARY) {
        array_parts *parts = out->private_data;
        status = export_column(engine, column->dictionary, &parts->dictionary, err);
        out->dictionary = &parts->dictionary;
    }
    return status;
}

static lnt_status export_column(lnt_engine *engine, const lnt_column *column, struct ArrowArray *out, lnt_error *err) {
    bool text = (column->type == LNT_STRING && column->layout == LNT_LAYOUT_PLAIN) || column->type == LNT_IP;
    LNT_TRY(new_array(out, column->length, text ? 3 : 2, err));
    lnt_status status = show_values(engine, column, out, err);
    if (status != LNT_OK) out->release(out);
    return status;
}

// ---- tables ----

/// A constant is written out; every other column is itself.
static lnt_status spread(lnt_engine *engine, const lnt_column *column, lnt_column **out, lnt_error *err) {
    if (column->layout != LNT_LAYOUT_CONSTANT) {
        *out = lnt_column_ref(column);
        return LNT_OK;
    }
    lnt_collector *collector = NULL;
    lnt_arena scratch;
    lnt_arena_init(&scratch, lnt_engine_budget(engine), "export");
    lnt_status status = lnt_collector_new(engine, column->type, "export", &collector, err);
    for (int64_t at = 0; status == LNT_OK && at < column->length; at += LNT_BATCH_ROWS) {
        int64_t n = column->length - at < LNT_BATCH_ROWS ? column->length - at : LNT_BATCH_ROWS;
        lnt_vec vec;
        status = lnt_vec_from_column(column, at, n, &scratch, &vec, err);
        if (status == LNT_OK) status = lnt_collector_append(collector, &vec, NULL, n, err);
    }
    if (status == LNT_OK) status = lnt_collector_finish(collector, out, err);
    lnt_collector_free(collector);
    lnt_arena_clear(&scratch);
    return status;
}

/// Room for the children of a table's schema and array.
static lnt_status add_children(struct ArrowSchema *schema, struct ArrowArray *array, int64_t n, lnt_error *err) {
    schema_parts *s = schema->private_data;
    array_parts *a = array->private_data;
    s->children = lnt_alloc_array(n, sizeof *s->children, err);
    s->pointers = lnt_alloc_array(n, sizeof *s->pointers, err);
    a->children = lnt_alloc_array(n, sizeof *a->children, err);
    a->pointers = lnt_alloc_array(n, sizeof *a->pointers, err);
    if (!s->children || !s->pointers || !a->children || !a->pointers) return LNT_NOMEM;
    schema->children = s->pointers;
    array->children = a->pointers;
    for (int64_t i = 0; i < n; i++) {
        s->pointers[i] = &s->children[i];
        a->pointers[i] = &a->children[i];
    }
    schema->n_children = array->n_children = n;
    return LNT_OK;
}

static lnt_status export_children(lnt_engine *engine, const lnt_table *table, struct ArrowSchema *schema,
                                  struct ArrowArray *array, lnt_error *err) {
    int64_t n = lnt_table_n_columns(table);
    LNT_TRY(add_children(schema, array, n, err));
    for (int64_t i = 0; i < n; i++) {
        lnt_column *column;
        LNT_TRY(spread(engine, lnt_table_column(table, i), &column, err));
        const char *name = lnt_schema_name(lnt_table_schema(table), i);
        lnt_status status = export_field(column, name, schema->children[i], err);
        if (status == LNT_OK) status = export_column(engine, column, array->children[i], err);
        lnt_column_unref(column);
        LNT_TRY(status);
    }
    return LNT_OK;
}

lnt_status lnt_table_export(lnt_engine *engine, const lnt_table *table, struct ArrowSchema *schema,
                            struct ArrowArray *array, lnt_error *err) {
    *array = (struct ArrowArray){0};
    LNT_TRY(new_schema(schema, "+s", "", err));
    schema->flags = 0;
    lnt_status status = new_array(array, lnt_table_n_rows(table), 1, err);
    if (status == LNT_OK) status = export_children(engine, table, schema, array, err);
    if (status == LNT_OK) return LNT_OK;
    if (array->release) array->release(array);
    schema->release(schema);
    return status;
}

// ---- streams ----

typedef struct stream_parts {
    lnt_engine *engine;
    lnt_table *table;
    bool given;
    lnt_error err;
} stream_parts;

static int errno_of(lnt_status status) {
    return status == LNT_NOMEM || status == LNT_LIMIT ? ENOMEM : EINVAL;
}

static int stream_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out) {
    stream_parts *parts = stream->private_data;
    struct ArrowArray array;
    lnt_error_init(&parts->err);
    lnt_status status = lnt_table_export(parts->engine, parts->table, out, &array, &parts->err);
    if (status != LNT_OK) return errno_of(status);
    array.release(&array);
    return 0;
}

static int stream_next(struct ArrowArrayStream *stream, struct ArrowArray *out) {
    stream_parts *parts = stream->private_data;
    struct ArrowSchema schema;
    *out = (struct ArrowArray){0};
    if (parts->given) return 0; // a released array is the end
    lnt_error_init(&parts->err);
    lnt_status status = lnt_table_export(parts->engine, parts->table, &schema, out, &parts->err);
    if (status != LNT_OK) return errno_of(status);
    schema.release(&schema);
    parts->given = true;
    return 0;
}

static const char *stream_error(struct ArrowArrayStream *stream) {
    const stream_parts *parts = stream->private_data;
    return parts->err.message[0] ? parts->err.message : NULL;
}

static void release_stream(struct ArrowArrayStream *stream) {
    stream_parts *parts = stream->private_data;
    lnt_table_unref(parts->table);
    lnt_free(parts);
    stream->release = NULL;
}

lnt_status lnt_table_export_stream(lnt_engine *engine, const lnt_table *table, struct ArrowArrayStream *out,
                                   lnt_error *err) {
    *out = (struct ArrowArrayStream){0};
    stream_parts *parts = lnt_alloc_array(1, sizeof *parts, err);
    if (!parts) return LNT_NOMEM;
    parts->engine = engine;
    parts->table = lnt_table_ref(table);
    *out = (struct ArrowArrayStream){stream_schema, stream_next, stream_error, release_stream, parts};
    return LNT_OK;
}
