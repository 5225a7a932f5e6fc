// A file's dictionaries: which one a record batch uses, made of its message and those that add to it, once.
//
// Expected: files with a footer have one per column; a stream may replace a dictionary or add to it between batches, so
// that each batch knows how many dictionaries came before it.
#include <pthread.h>

#include "io/arrow/arrow.h"

struct lnt__arrow_dictionaries {
    lnt_engine *engine;
    const lnt__arrow_file *file;
    const char *list_separator;
    pthread_mutex_t lock;
    lnt__arrow_dictionary **made; ///< by message, and whether its text is addresses; NULL: not yet
};

lnt_status lnt__arrow_dictionaries_new(lnt_engine *engine, const lnt__arrow_file *file, const char *list_separator,
                                       lnt__arrow_dictionaries **out, lnt_error *err) {
    lnt__arrow_dictionaries *d = lnt_alloc_array(1, sizeof *d, err);
    if (!d) return LNT_NOMEM;
    d->engine = engine;
    d->file = file;
    d->list_separator = list_separator;
    d->made = lnt_alloc_array(2 * file->n_dictionaries, sizeof(lnt__arrow_dictionary *), err);
    if (!d->made) {
        lnt_free(d);
        return LNT_NOMEM;
    }
    pthread_mutex_init(&d->lock, NULL);
    *out = d;
    return LNT_OK;
}

void lnt__arrow_dictionaries_free(lnt__arrow_dictionaries *d) {
    if (!d) return;
    for (int64_t i = 0; i < 2 * d->file->n_dictionaries; i++) lnt__arrow_dictionary_free(d->made[i]);
    lnt_free(d->made);
    pthread_mutex_destroy(&d->lock);
    lnt_free(d);
}

/// The last message for `id` among the first `n`, or -1.
static int64_t last_of(const lnt__arrow_file *file, int64_t id, int64_t n) {
    while (n > 0 && file->dictionaries[n - 1].id != id) n--;
    return n - 1;
}

/// Reads the messages that make up dictionary `last`, the oldest first, into `parts`.
static lnt_status read_parts(const lnt__arrow_dictionaries *d, int64_t last, const lnt__arrow_field *field,
                             lnt_arena *arena, const lnt__arrow_array **parts, int64_t n_parts, lnt_error *err) {
    for (int64_t at = last, k = n_parts - 1; k >= 0; k--, at = d->file->dictionaries[at].previous) {
        lnt__arrow_array *array;
        int codec;
        LNT_TRY(lnt__arrow_values_read(d->file, &d->file->dictionaries[at], field, arena, &array, &codec, err));
        LNT_TRY(lnt__arrow_unpack(d->file, array, codec, arena, err));
        parts[k] = array;
    }
    return LNT_OK;
}

static lnt_status make(const lnt__arrow_dictionaries *d, int64_t last, const lnt__arrow_field *field,
                       lnt__arrow_dictionary **out, lnt_error *err) {
    int64_t n_parts = 1;
    for (int64_t at = last; d->file->dictionaries[at].is_delta; at = d->file->dictionaries[at].previous) n_parts++;
    const lnt__arrow_array **parts = lnt_alloc_array(n_parts, sizeof *parts, err);
    if (!parts) return LNT_NOMEM;
    lnt_arena arena;
    lnt_arena_init(&arena, lnt_engine_budget(d->engine), "a dictionary");
    lnt__arrow_reading reading = {.list_separator = d->list_separator, .file = d->file->name, .column = field->name};
    lnt_status status = read_parts(d, last, field, &arena, parts, n_parts, err);
    if (status == LNT_OK) status = lnt__arrow_dictionary_new(d->engine, &reading, parts, n_parts, out, err);
    lnt_arena_clear(&arena);
    lnt_free(parts);
    return status;
}

static lnt_status find(lnt__arrow_dictionaries *d, const lnt__arrow_block *block, const lnt__arrow_field *field,
                       const lnt__arrow_dictionary **out, lnt_error *err) {
    int64_t last = last_of(d->file, field->dictionary_id, block->n_dictionaries);
    if (last < 0)
        return lnt_error_set(err, LNT_FORMAT, "%s is a damaged Arrow file: the dictionary of column '%s' is missing",
                             d->file->name, field->name);
    lnt__arrow_dictionary **place = &d->made[2 * last + field->is_ip];
    pthread_mutex_lock(&d->lock);
    lnt_status status = *place ? LNT_OK : make(d, last, field, place, err);
    *out = *place;
    pthread_mutex_unlock(&d->lock);
    if (status == LNT_OK && (*out)->values.type != lnt__arrow_column_type(field))
        return lnt_error_set(err, LNT_FORMAT,
                             "%s is a damaged Arrow file: columns of different types share the "
                             "dictionary of column '%s'",
                             d->file->name, field->name);
    return status;
}

lnt_status lnt__arrow_dictionaries_resolve(lnt__arrow_dictionaries *d, const lnt__arrow_block *block,
                                           lnt__arrow_array *array, lnt_error *err) {
    if (array->field->has_dictionary) return find(d, block, array->field, &array->dictionary, err);
    bool is_struct = array->field->type.kind == LNT__ARROW_STRUCT;
    for (int64_t i = 0; array->children && !is_struct && i < array->field->n_children; i++)
        LNT_TRY(lnt__arrow_dictionaries_resolve(d, block, &array->children[i], err));
    return LNT_OK;
}
