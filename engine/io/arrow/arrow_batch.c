// A record batch's metadata as arrays: which buffers belong to which field, each checked to lie in the batch's body.
//
// Invariant: metadata is copied before it is looked at, so that what was checked is what is used.
#include <string.h>

#include "io/arrow/arrow.h"
#include "io/codec.h"

enum { NODE_BYTES = 16, BUFFER_BYTES = 16 };

static lnt_status damaged(const lnt__arrow_file *file, lnt_error *err, const char *what, const char *column) {
    LNT_TRY(lnt__mapping_check(file->mapping, err)); // zeros where the file was cut look like damage
    return lnt_error_set(err, LNT_FORMAT, "%s is a damaged Arrow file: %s%s%s%s", file->name, what,
                         column ? " of column '" : "", column ? column : "", column ? "'" : "");
}

lnt_status lnt__arrow_message(const lnt__arrow_file *file, int64_t at, int64_t bytes, lnt_arena *arena,
                              lnt__fb_table *out, lnt_error *err) {
    lnt__fb *fb = lnt_arena_alloc(arena, sizeof *fb, err);
    uint8_t *copy = fb ? lnt_arena_alloc(arena, bytes, err) : NULL;
    if (!copy) return lnt_no_memory(err);
    memcpy(copy, lnt__mapping_data(file->mapping) + at, (size_t)bytes);
    *fb = (lnt__fb){copy, bytes, false};
    *out = lnt__fb_root(fb);
    if (out->at < 0 || fb->bad) return damaged(file, err, "its metadata makes no sense", NULL);
    return LNT_OK;
}

/// The way through a batch's lists of nodes and buffers.
typedef struct walk {
    const lnt__arrow_file *file;
    const lnt__arrow_block *block;
    lnt_arena *arena;
    lnt__fb_vector nodes, buffers, variadic;
    int64_t next_node, next_buffer, next_variadic;
    bool is_packed;
    const char *column;
} walk;

static lnt_status take_buffer(walk *w, lnt__arrow_bytes *out, lnt_error *err) {
    if (w->next_buffer >= w->buffers.n) return damaged(w->file, err, "buffers are missing", w->column);
    int64_t i = w->next_buffer++;
    int64_t offset = lnt__fb_item_int(&w->buffers, i, BUFFER_BYTES, 0, 8);
    int64_t size = lnt__fb_item_int(&w->buffers, i, BUFFER_BYTES, 8, 8);
    if (offset < 0 || size < 0 || offset > w->block->body_bytes || size > w->block->body_bytes - offset)
        return damaged(w->file, err, "a buffer lies outside of its record batch", w->column);
    *out = (lnt__arrow_bytes){lnt__mapping_data(w->file->mapping) + w->block->body + offset, size};
    return LNT_OK;
}

static lnt_status take_views(walk *w, lnt__arrow_array *array, lnt_error *err) {
    if (w->next_variadic >= w->variadic.n) return damaged(w->file, err, "counts of buffers are missing", w->column);
    int64_t n = lnt__fb_item_int(&w->variadic, w->next_variadic++, 8, 0, 8);
    if (n < 0 || n > w->buffers.n - w->next_buffer) return damaged(w->file, err, "buffers are missing", w->column);
    array->variadic = lnt_arena_alloc(w->arena, n * (int64_t)sizeof *array->variadic, err);
    if (!array->variadic) return lnt_no_memory(err);
    array->n_variadic = n;
    for (int64_t i = 0; i < n; i++) LNT_TRY(take_buffer(w, &array->variadic[i], err));
    return LNT_OK;
}

static lnt_status take_array(walk *w, const lnt__arrow_field *field, bool as_values, lnt__arrow_array *out,
                             lnt_error *err) {
    *out = (lnt__arrow_array){.field = field};
    if (w->next_node >= w->nodes.n) return damaged(w->file, err, "nodes are missing", field->name);
    w->column = field->name;
    out->length = lnt__fb_item_int(&w->nodes, w->next_node++, NODE_BYTES, 0, 8);
    if (out->length < 0) return damaged(w->file, err, "a length is negative", field->name);
    bool codes = field->has_dictionary && !as_values;
    int n_buffers = codes ? 2 : field->type.n_buffers;
    if (n_buffers < 0)
        return lnt_error_set(err, LNT_UNSUPPORTED, "%s has a column '%s' of a type that isn't known here",
                             w->file->name, field->name);
    for (int i = 0; i < n_buffers; i++) LNT_TRY(take_buffer(w, &out->buffers[i], err));
    if (w->is_packed) out->packed = (uint8_t)((1 << n_buffers) - 1);
    if (codes) return LNT_OK;
    if (field->type.width == 16 && (field->type.kind == LNT__ARROW_VIEW)) LNT_TRY(take_views(w, out, err));
    if (field->n_children == 0) return LNT_OK;
    out->children = lnt_arena_alloc(w->arena, field->n_children * (int64_t)sizeof *out->children, err);
    if (!out->children) return lnt_no_memory(err);
    for (int64_t i = 0; i < field->n_children; i++) {
        LNT_TRY(take_array(w, &field->children[i], false, &out->children[i], err));
        if (field->type.kind != LNT__ARROW_STRUCT) continue;
        out->children[i].parent = out;
        if (out->children[i].length < out->length)
            return damaged(w->file, err, "too few rows", field->children[i].name);
    }
    return LNT_OK;
}

/// Begins the way through the batch that `table` describes.
static lnt_status begin(walk *w, const lnt__fb_table *table, int *codec, lnt_error *err) {
    w->nodes = lnt__fb_items(table, 1, NODE_BYTES);
    w->buffers = lnt__fb_items(table, 2, BUFFER_BYTES);
    w->variadic = lnt__fb_items(table, 4, 8);
    lnt__fb_table compression = lnt__fb_child(table, 3);
    w->is_packed = compression.at >= 0;
    *codec = w->is_packed ? (int)lnt__fb_int(&compression, 0, 1, 0) : -1;
    if (table->fb->bad || table->at < 0) return damaged(w->file, err, "a record batch makes no sense", NULL);
    return LNT_OK;
}

/// Whether the buffers of an array of numbers suffice for its rows; the others are checked when they are read.
static bool suffices(const lnt__arrow_array *array) {
    const lnt__arrow_type *type = array->field->has_dictionary ? &array->field->index : &array->field->type;
    int64_t width = type->width, n = array->length;
    switch (type->kind) {
    case LNT__ARROW_BOOL:
        return array->packed || array->buffers[1].size >= n / 8 + (n % 8 != 0);
    case LNT__ARROW_INT:
    case LNT__ARROW_FLOAT:
    case LNT__ARROW_DECIMAL:
    case LNT__ARROW_TIME:
    case LNT__ARROW_SPAN:
    case LNT__ARROW_TEXT:
    case LNT__ARROW_VIEW:
    case LNT__ARROW_LIST:
        return array->packed || width == 0 || n <= array->buffers[1].size / width;
    default:
        return true;
    }
}

lnt_status lnt__arrow_batch_read(const lnt__arrow_file *file, const lnt__arrow_block *block, lnt_arena *arena,
                                 lnt__arrow_array **out, int *codec, lnt_error *err) {
    lnt__fb_table message;
    LNT_TRY(lnt__arrow_message(file, block->metadata, block->metadata_bytes, arena, &message, err));
    lnt__fb_table batch = lnt__fb_child(&message, 2);
    walk w = {.file = file, .block = block, .arena = arena};
    LNT_TRY(begin(&w, &batch, codec, err));
    int64_t n = file->schema.n_fields;
    lnt__arrow_array *arrays = lnt_arena_alloc(arena, n * (int64_t)sizeof *arrays, err);
    if (!arrays) return lnt_no_memory(err);
    for (int64_t i = 0; i < n; i++) {
        LNT_TRY(take_array(&w, &file->schema.fields[i], false, &arrays[i], err));
        if (arrays[i].length != block->n_rows)
            return damaged(file, err, "its record batch has another number of rows than values", arrays[i].field->name);
        if (!suffices(&arrays[i])) return damaged(file, err, "too few values", arrays[i].field->name);
    }
    *out = arrays;
    return LNT_OK;
}

lnt_status lnt__arrow_values_read(const lnt__arrow_file *file, const lnt__arrow_block *block,
                                  const lnt__arrow_field *field, lnt_arena *arena, lnt__arrow_array **out, int *codec,
                                  lnt_error *err) {
    lnt__fb_table message;
    LNT_TRY(lnt__arrow_message(file, block->metadata, block->metadata_bytes, arena, &message, err));
    lnt__fb_table dictionary = lnt__fb_child(&message, 2), batch = lnt__fb_child(&dictionary, 1);
    walk w = {.file = file, .block = block, .arena = arena};
    LNT_TRY(begin(&w, &batch, codec, err));
    lnt__arrow_array *array = lnt_arena_alloc(arena, sizeof *array, err);
    if (!array) return lnt_no_memory(err);
    LNT_TRY(take_array(&w, field, true, array, err));
    *out = array;
    return LNT_OK;
}

// ---- compressed buffers ----

/// A compressed buffer begins with its length as it was, or -1 where it was left as it is.
static lnt_status unpack(const lnt__arrow_file *file, const char *column, lnt__arrow_bytes *bytes, int codec,
                         lnt_arena *arena, lnt_error *err) {
    if (bytes->size == 0) return LNT_OK;
    int64_t size;
    if (bytes->size < 8) return damaged(file, err, "a compressed buffer is cut off", column);
    memcpy(&size, bytes->data, 8);
    lnt__arrow_bytes packed = {bytes->data + 8, bytes->size - 8};
    if (size == -1) {
        *bytes = packed;
        return LNT_OK;
    }
    if (size < 0) return damaged(file, err, "a compressed buffer has a negative length", column);
    uint8_t *to = lnt_arena_alloc(arena, size, err);
    if (!to) return lnt_no_memory(err);
    *bytes = (lnt__arrow_bytes){to, size};
    lnt_status status = lnt__codec_unpack(codec, packed.data, packed.size, to, size, err);
    if (status != LNT_OK) lnt_error_where(err, "%s, column '%s'", file->name, column);
    return status;
}

lnt_status lnt__arrow_unpack(const lnt__arrow_file *file, lnt__arrow_array *array, int codec, lnt_arena *arena,
                             lnt_error *err) {
    bool was_packed = array->packed != 0;
    const char *column = array->field->name;
    for (int i = 0; i < 3; i++)
        if (array->packed >> i & 1) LNT_TRY(unpack(file, column, &array->buffers[i], codec, arena, err));
    array->packed = 0;
    for (int64_t i = 0; was_packed && i < array->n_variadic; i++)
        LNT_TRY(unpack(file, column, &array->variadic[i], codec, arena, err));
    for (int64_t i = 0; array->children && i < array->field->n_children; i++) {
        if (array->field->type.kind == LNT__ARROW_STRUCT) continue; // its columns are asked for one by one
        LNT_TRY(lnt__arrow_unpack(file, &array->children[i], codec, arena, err));
    }
    return LNT_OK;
}
