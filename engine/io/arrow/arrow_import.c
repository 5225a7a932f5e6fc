// A program's own columns as a table: windows of its memory where the layout is the engine's, else converted through
// the same code as files are.
//
// Invariant: every buffer that is a window holds a reference of the array; the last one releases it.
#include <string.h>

#include "io/arrow/arrow_c.h"

enum { PIECE_ROWS = 65536 };

/// The array that was moved here, until nobody uses it.
typedef struct shared_array {
    _Atomic int64_t refs;
    struct ArrowArray array;
} shared_array;

static void unref_array(shared_array *shared) {
    if (atomic_fetch_sub_explicit(&shared->refs, 1, memory_order_acq_rel) != 1) return;
    if (shared->array.release) shared->array.release(&shared->array);
    lnt_free(shared);
}

static void release_window(lnt_buffer *buffer) {
    unref_array(buffer->owner);
}

typedef struct importing {
    lnt_engine *engine;
    shared_array *shared;
    lnt__arrow_schema schema;
    lnt_arena arena; ///< of the arrays' descriptions
    lnt_arena scratch;
    lnt__arrow_array top; ///< the struct around the columns
} importing;

static lnt_status window_of(importing *in, const void *data, int64_t size, lnt_buffer **out, lnt_error *err) {
    LNT_TRY(lnt_buffer_wrap((void *)(uintptr_t)data, size, release_window, in->shared, out, err));
    atomic_fetch_add_explicit(&in->shared->refs, 1, memory_order_relaxed);
    return LNT_OK;
}

// ---- arrays as the reader knows them ----

static lnt__arrow_bytes bytes_of(const struct ArrowArray *array, int i, int64_t size) {
    const void *data = i < array->n_buffers ? array->buffers[i] : NULL;
    return (lnt__arrow_bytes){data, data ? size : 0};
}

static int64_t last_offset(const lnt__arrow_bytes *offsets, int width, int64_t n) {
    int64_t value = 0;
    if (!offsets->data) return 0;
    if (width == 4) {
        int32_t narrow;
        memcpy(&narrow, offsets->data + 4 * n, 4);
        return narrow;
    }
    memcpy(&value, offsets->data + 8 * n, 8);
    return value;
}

static lnt_status describe_views(importing *in, const struct ArrowArray *array, lnt__arrow_array *out, lnt_error *err) {
    int64_t n = array->n_buffers - 3;
    if (n < 0) return lnt_error_set(err, LNT_FORMAT, "column '%s' lacks the lengths of its buffers", out->field->name);
    out->variadic = lnt_arena_alloc(&in->arena, n * (int64_t)sizeof *out->variadic, err);
    if (!out->variadic) return lnt_no_memory(err);
    const int64_t *sizes = array->buffers[array->n_buffers - 1];
    out->n_variadic = n;
    for (int64_t i = 0; i < n; i++) out->variadic[i] = (lnt__arrow_bytes){array->buffers[2 + i], sizes[i]};
    return LNT_OK;
}

static lnt_status describe(importing *in, const lnt__arrow_field *field, const struct ArrowArray *array, bool as_values,
                           lnt__arrow_array *out, lnt_error *err);

static lnt_status describe_children(importing *in, const struct ArrowArray *array, lnt__arrow_array *out,
                                    lnt_error *err) {
    const lnt__arrow_field *field = out->field;
    if (array->n_children != field->n_children)
        return lnt_error_set(err, LNT_FORMAT, "column '%s' has %lld children where its schema says %lld", field->name,
                             (long long)array->n_children, (long long)field->n_children);
    out->children = lnt_arena_alloc(&in->arena, field->n_children * (int64_t)sizeof *out->children, err);
    if (!out->children) return lnt_no_memory(err);
    memset(out->children, 0, (size_t)field->n_children * sizeof *out->children);
    for (int64_t i = 0; i < field->n_children; i++) {
        out->children[i].field = &field->children[i];
        LNT_TRY(describe(in, &field->children[i], array->children[i], false, &out->children[i], err));
        if (field->type.kind != LNT__ARROW_STRUCT) continue;
        out->children[i].parent = out; // a struct's offset holds for its children, too
        out->children[i].offset += out->offset;
    }
    return LNT_OK;
}

static lnt_status make_dictionary(importing *in, const struct ArrowArray *array, lnt__arrow_array *out,
                                  lnt_error *err) {
    lnt__arrow_array values;
    lnt__arrow_dictionary *made = NULL;
    if (!array->dictionary)
        return lnt_error_set(err, LNT_FORMAT, "the dictionary of column '%s' is missing", out->field->name);
    if (out->field->n_children > 0)
        return lnt_error_set(err, LNT_UNSUPPORTED, "a dictionary of lists or structs (column '%s') isn't read",
                             out->field->name);
    LNT_TRY(describe(in, out->field, array->dictionary, true, &values, err));
    lnt__arrow_reading reading = {.list_separator = ",", .file = "the array", .column = out->field->name};
    LNT_TRY(lnt__arrow_dictionary_new(in->engine, &reading, (const lnt__arrow_array *const[]){&values}, 1, &made, err));
    out->dictionary = made;
    return LNT_OK;
}

static lnt_status describe(importing *in, const lnt__arrow_field *field, const struct ArrowArray *array, bool as_values,
                           lnt__arrow_array *out, lnt_error *err) {
    bool codes = field->has_dictionary && !as_values;
    const lnt__arrow_type *type = codes ? &field->index : &field->type;
    if (!array || array->length < 0 || array->offset < 0)
        return lnt_error_set(err, LNT_FORMAT, "the array of column '%s' is missing or has a negative length",
                             field->name);
    int64_t end = array->offset + array->length, bits = (end + 7) / 8;
    *out = (lnt__arrow_array){.field = field, .length = array->length, .offset = array->offset};
    if (type->kind != LNT__ARROW_NULL) out->buffers[0] = bytes_of(array, 0, array->null_count == 0 ? 0 : bits);
    bool has_offsets = type->kind == LNT__ARROW_TEXT || type->kind == LNT__ARROW_LIST;
    out->buffers[1] = bytes_of(array, 1, type->kind == LNT__ARROW_BOOL ? bits : (end + has_offsets) * type->width);
    if (type->kind == LNT__ARROW_TEXT)
        out->buffers[2] = bytes_of(array, 2, last_offset(&out->buffers[1], type->width, end));
    if (codes) return make_dictionary(in, array, out, err);
    if (type->kind == LNT__ARROW_VIEW) LNT_TRY(describe_views(in, array, out, err));
    return describe_children(in, array, out, err);
}

static void free_dictionaries(lnt__arrow_array *array) {
    lnt__arrow_dictionary_free((lnt__arrow_dictionary *)array->dictionary);
    for (int64_t i = 0; array->children && i < array->field->n_children; i++) free_dictionaries(&array->children[i]);
}

// ---- columns ----

/// Whether an array's values are a column's as they lie.
static bool is_own_layout(const lnt__arrow_array *array) {
    const lnt__arrow_field *field = array->field;
    bool aligned = ((uintptr_t)array->buffers[1].data & 7) == 0;
    if (array->length == 0 || !array->buffers[1].data || !aligned) return false;
    if (field->has_dictionary)
        return field->index.width <= 4 && lnt__arrow_column_type(field) == LNT_STRING && array->dictionary->column &&
               !array->dictionary->remap;
    switch (field->type.kind) {
    case LNT__ARROW_INT:
        return !field->type.is_unsigned;
    case LNT__ARROW_FLOAT:
        return field->type.width == 8;
    case LNT__ARROW_TIME:
        return field->type.unit == LNT__ARROW_UNIT_US;
    case LNT__ARROW_TEXT:
        return !field->is_ip && array->buffers[2].data;
    default:
        return false;
    }
}

/// The array read in pieces: into a collector, or (NULL) only to see that all of it can be read and that rows that are
/// null hold zeros. `*clean` says so; `validity` gets its bits.
static lnt_status read_all(importing *in, const lnt__arrow_array *array, const char *name, lnt_collector *collector,
                           bool *clean, lnt_buffer *validity, lnt_error *err) {
    int64_t width = array->field->has_dictionary ? array->field->index.width : array->field->type.width;
    *clean = true;
    for (int64_t at = 0; at < array->length; at += PIECE_ROWS) {
        int64_t n = array->length - at < PIECE_ROWS ? array->length - at : PIECE_ROWS;
        lnt__arrow_reading reading = {
            .arena = &in->scratch, .list_separator = ",", .file = "the array", .column = name};
        lnt_vec vec;
        lnt_arena_reset(&in->scratch);
        LNT_TRY(lnt_engine_check(in->engine, err));
        LNT_TRY(lnt__arrow_fill(&reading, array, at, n, NULL, n, &vec, err));
        if (collector) {
            LNT_TRY(lnt_collector_append(collector, &vec, NULL, n, err));
            continue;
        }
        if (validity && vec.valid) memcpy(validity->data + at / 8, vec.valid, (size_t)lnt_bitmap_words(n) * 8);
        bool is_text = array->field->type.kind == LNT__ARROW_TEXT && !array->field->has_dictionary;
        const uint8_t *values = lnt__arrow_span(array, 1, at, n, width);
        for (int64_t i = 0; vec.valid && !is_text && values && *clean && i < n; i++)
            for (int64_t b = 0; !lnt_bitmap_get(vec.valid, i) && b < width; b++) *clean &= values[i * width + b] == 0;
    }
    return LNT_OK;
}

static lnt_status converted(importing *in, const lnt__arrow_array *array, const char *name, lnt_column **out,
                            lnt_error *err) {
    lnt_collector *collector = NULL;
    bool clean;
    LNT_TRY(lnt_collector_new(in->engine, lnt__arrow_column_type(array->field), "import", &collector, err));
    lnt_status status = read_all(in, array, name, collector, &clean, NULL, err);
    if (status == LNT_OK) status = lnt_collector_finish(collector, out, err);
    lnt_collector_free(collector);
    return status;
}

static bool may_have_nulls(const lnt__arrow_array *array) {
    for (; array; array = array->parent)
        if (array->buffers[0].size > 0) return true;
    return false;
}

/// Bits for all rows, set.
static lnt_status all_valid(importing *in, int64_t n, lnt_buffer **out, lnt_error *err) {
    int64_t size = lnt_bitmap_words(n) * 8;
    LNT_TRY(lnt_buffer_new(lnt_engine_budget(in->engine), size, "import", out, err));
    memset((*out)->data, 0xff, (size_t)size);
    (*out)->size = size;
    return LNT_OK;
}

/// The parts of a column over the array's own memory, which has been looked at.
static lnt_status wrap(importing *in, const lnt__arrow_array *array, struct lnt_column *parts, lnt_error *err) {
    const lnt__arrow_field *field = array->field;
    bool is_text = field->type.kind == LNT__ARROW_TEXT && !field->has_dictionary;
    parts->type = lnt__arrow_column_type(field);
    parts->layout = field->has_dictionary ? LNT_LAYOUT_DICTIONARY : LNT_LAYOUT_PLAIN;
    parts->width = field->has_dictionary ? field->index.width : field->type.width;
    parts->length = array->length;
    parts->null_count = -1;
    int64_t size = (array->length + is_text) * parts->width;
    LNT_TRY(window_of(in, array->buffers[1].data + array->offset * parts->width, size, &parts->data, err));
    if (is_text) LNT_TRY(window_of(in, array->buffers[2].data, array->buffers[2].size, &parts->bytes, err));
    if (field->has_dictionary) parts->dictionary = lnt_column_ref(array->dictionary->column);
    return LNT_OK;
}

static void drop_parts(struct lnt_column *parts) {
    lnt_buffer_unref(parts->data);
    lnt_buffer_unref(parts->bytes);
    lnt_buffer_unref(parts->validity);
    lnt_column_unref(parts->dictionary);
}

static lnt_status column_of(importing *in, const lnt__arrow_array *array, const char *name, lnt_column **out,
                            lnt_error *err) {
    if (!is_own_layout(array)) return converted(in, array, name, out, err);
    struct lnt_column parts = {0};
    bool clean = true;
    lnt_status status = LNT_OK;
    if (may_have_nulls(array)) status = all_valid(in, array->length, &parts.validity, err);
    if (status == LNT_OK) status = read_all(in, array, name, NULL, &clean, parts.validity, err);
    if (status == LNT_OK && clean) status = wrap(in, array, &parts, err);
    if (status == LNT_OK && clean) return lnt_column_make(parts, out, err);
    drop_parts(&parts);
    return status == LNT_OK ? converted(in, array, name, out, err) : status;
}

// ---- tables ----

static lnt_status leaf_column(importing *in, const struct lnt__arrow_leaf *leaf, lnt__arrow_array *arrays,
                              lnt_column **out, lnt_error *err) {
    if (leaf->type == LNT_NULL)
        return lnt_error_set(err, LNT_UNSUPPORTED, "values of the format %s (column '%s') aren't read",
                             leaf->field->type.what, leaf->name);
    lnt__arrow_array *array = &arrays[leaf->path[0]];
    for (int i = 1; i < leaf->depth; i++) array = &array->children[leaf->path[i]];
    if (array->length < in->top.length)
        return lnt_error_set(err, LNT_FORMAT, "column '%s' has %lld rows where %lld are said to be", leaf->name,
                             (long long)array->length, (long long)in->top.length);
    array->length = in->top.length;
    return column_of(in, array, leaf->name, out, err);
}

static lnt_status make_table(importing *in, lnt__arrow_array *arrays, lnt_table **out, lnt_error *err) {
    int64_t n = in->schema.n_leaves;
    lnt_column **columns = lnt_alloc_array(n, sizeof *columns, err);
    const char **names = lnt_alloc_array(n, sizeof *names, err);
    lnt_status status = columns && names ? LNT_OK : LNT_NOMEM;
    for (int64_t i = 0; status == LNT_OK && i < n; i++) {
        names[i] = in->schema.leaves[i].name;
        status = leaf_column(in, &in->schema.leaves[i], arrays, &columns[i], err);
    }
    if (status == LNT_OK) status = lnt_table_new(names, columns, n, in->top.length, out, err);
    for (int64_t i = 0; columns && i < n; i++) lnt_column_unref(columns[i]);
    lnt_free(columns);
    lnt_free(names);
    return status;
}

static lnt_status import_all(importing *in, const struct ArrowSchema *schema, lnt_table **out, lnt_error *err) {
    const struct ArrowArray *array = &in->shared->array;
    LNT_TRY(lnt__arrow_schema_of_c(schema, &in->schema, err));
    bool is_struct = strcmp(schema->format, "+s") == 0 && !schema->dictionary;
    static const lnt__arrow_field around = {.name = "", .type = {.kind = LNT__ARROW_STRUCT}};
    in->top = (lnt__arrow_array){.field = &around, .length = array->length, .offset = is_struct ? array->offset : 0};
    if (is_struct && array->null_count != 0)
        in->top.buffers[0] = bytes_of(array, 0, (array->offset + array->length + 7) / 8);
    if (is_struct && array->n_children != in->schema.n_fields)
        return lnt_error_set(err, LNT_FORMAT, "the array has %lld columns, its schema %lld",
                             (long long)array->n_children, (long long)in->schema.n_fields);
    int64_t n = in->schema.n_fields;
    lnt__arrow_array *arrays = lnt_arena_alloc(&in->arena, n * (int64_t)sizeof *arrays, err);
    if (!arrays) return lnt_no_memory(err);
    lnt_status status = LNT_OK;
    int64_t n_described = 0;
    for (; status == LNT_OK && n_described < n; n_described++) {
        lnt__arrow_array *each = &arrays[n_described];
        *each = (lnt__arrow_array){.field = &in->schema.fields[n_described]};
        status = describe(in, each->field, is_struct ? array->children[n_described] : array, false, each, err);
        each->parent = &in->top;
        each->offset += in->top.offset;
    }
    if (status == LNT_OK) status = make_table(in, arrays, out, err);
    for (int64_t i = 0; i < n_described; i++) free_dictionaries(&arrays[i]);
    return status;
}

lnt_status lnt_table_import(lnt_engine *engine, struct ArrowSchema *schema, struct ArrowArray *array, lnt_table **out,
                            lnt_error *err) {
    importing in = {.engine = engine};
    lnt_status status = LNT_OK;
    if (!schema->release || !array->release)
        status = lnt_error_set(err, LNT_ARGUMENT, "the array to import was released, or moved, before");
    if (status == LNT_OK) {
        in.shared = lnt_alloc_array(1, sizeof *in.shared, err);
        if (!in.shared) status = LNT_NOMEM;
    }
    if (status == LNT_OK) {
        in.shared->refs = 1;
        in.shared->array = *array;
        array->release = NULL;
        lnt_arena_init(&in.arena, lnt_engine_budget(engine), "import");
        lnt_arena_init(&in.scratch, lnt_engine_budget(engine), "import");
        status = import_all(&in, schema, out, err);
        lnt_arena_clear(&in.arena);
        lnt_arena_clear(&in.scratch);
        lnt__arrow_schema_clear(&in.schema);
        unref_array(in.shared);
    }
    if (array->release) array->release(array);
    array->release = NULL;
    if (schema->release) schema->release(schema);
    schema->release = NULL;
    return status;
}
