// Dictionaries: distinct values once, codes for rows. Expected: some to some ten thousand strings, used by many
// batches.
//
// Invariant: a string dictionary's `column` is what the engine expects of one: distinct, without nulls. Others may
// write dictionaries that have a value twice, or null among them; codes then go through `remap`.
#include <string.h>

#include "column/intern.h"
#include "io/arrow/arrow.h"

enum { PIECE_ROWS = 65536 };

// ---- making ----

/// A dictionary that grows part by part.
typedef struct making {
    lnt__arrow_dictionary *dictionary;
    const lnt__arrow_reading *reading;
    lnt_arena scratch;
    lnt_intern intern;
    bool differs; ///< codes and places in `intern` have parted
} making;

static lnt_status add_strings(making *m, const lnt_vec *vec, int64_t n, lnt_error *err) {
    lnt__arrow_dictionary *d = m->dictionary;
    for (int64_t i = 0; i < n; i++) {
        uint32_t *place = &d->remap[d->n_codes + i];
        *place = UINT32_MAX;
        if (lnt_vec_is_valid(vec, i)) LNT_TRY(lnt_intern_add(&m->intern, lnt_vec_str(vec, i), place, err));
        m->differs |= *place != (uint32_t)(d->n_codes + i);
    }
    return LNT_OK;
}

/// Values of fixed size are kept side by side, with their validity.
static void add_fixed(making *m, const lnt_vec *vec, int64_t n) {
    lnt__arrow_dictionary *d = m->dictionary;
    int64_t size = lnt_vec_value_bytes(vec->type);
    memcpy((uint8_t *)d->values.data + d->n_codes * size, vec->data, (size_t)(n * size));
    for (int64_t i = 0; i < n; i++)
        if (lnt_vec_is_valid(vec, i)) lnt_bitmap_set((uint64_t *)d->values.valid, d->n_codes + i);
}

static lnt_status add_part(making *m, const lnt__arrow_array *part, lnt_error *err) {
    for (int64_t start = 0; start < part->length; start += PIECE_ROWS) {
        int64_t n = part->length - start < PIECE_ROWS ? part->length - start : PIECE_ROWS;
        lnt__arrow_reading reading = *m->reading;
        reading.arena = &m->scratch;
        lnt_vec vec;
        LNT_TRY(lnt__arrow_fill(&reading, part, start, n, NULL, n, &vec, err));
        if (vec.form == LNT_FORM_DICTIONARY)
            return lnt_error_set(err, LNT_UNSUPPORTED, "%s: a dictionary of dictionaries (column '%s') isn't read",
                                 reading.file, reading.column);
        if (vec.type == LNT_STRING)
            LNT_TRY(add_strings(m, &vec, n, err));
        else
            add_fixed(m, &vec, n);
        m->dictionary->n_codes += n;
        lnt_arena_reset(&m->scratch);
    }
    return LNT_OK;
}

static lnt_status check_number(int64_t n, lnt_error *err) {
    if (n < UINT32_MAX) return LNT_OK;
    return lnt_error_set(err, LNT_UNSUPPORTED, "a dictionary of more than 2^32 values isn't read");
}

/// Room for `n` values.
static lnt_status reserve(lnt__arrow_dictionary *d, int64_t n, lnt_error *err) {
    LNT_TRY(check_number(n, err));
    if (d->values.type == LNT_STRING) {
        d->remap = lnt_arena_alloc(&d->arena, n * 4, err);
        return d->remap ? LNT_OK : lnt_no_memory(err);
    }
    int64_t words = lnt_bitmap_words(n);
    d->values.data = lnt_arena_alloc(&d->arena, n * lnt_vec_value_bytes(d->values.type), err);
    uint64_t *valid = d->values.data ? lnt_arena_alloc(&d->arena, words * 8, err) : NULL;
    if (!valid) return lnt_no_memory(err);
    memset(valid, 0, (size_t)words * 8);
    d->values.valid = valid;
    return LNT_OK;
}

static lnt_status make(making *m, const lnt__arrow_array *const *parts, int64_t n_parts, lnt_error *err) {
    lnt__arrow_dictionary *d = m->dictionary;
    int64_t n = 0;
    for (int64_t i = 0; i < n_parts; i++) {
        const lnt__arrow_array *part = parts[i];
        LNT_TRY(check_number(part->length, err)); // of each part, so that the sum is one
        // Each value takes a byte at least, so that the metadata's word isn't taken for how many there are.
        if (part->field->type.kind != LNT__ARROW_NULL && part->field->type.kind != LNT__ARROW_BOOL &&
            part->length > part->buffers[1].size)
            return lnt__arrow_too_short(m->reading, err);
        n += part->length;
    }
    LNT_TRY(reserve(d, n, err));
    for (int64_t i = 0; i < n_parts; i++) LNT_TRY(add_part(m, parts[i], err));
    if (d->values.type != LNT_STRING) return LNT_OK;
    if (!m->differs) d->remap = NULL; // stays in the arena
    return lnt_intern_finish(&m->intern, &d->column, err);
}

lnt_status lnt__arrow_dictionary_new(lnt_engine *engine, const lnt__arrow_reading *reading,
                                     const lnt__arrow_array *const *parts, int64_t n_parts, lnt__arrow_dictionary **out,
                                     lnt_error *err) {
    lnt_budget *budget = engine ? lnt_engine_budget(engine) : NULL;
    lnt__arrow_dictionary *d = lnt_alloc_array(1, sizeof *d, err);
    if (!d) return LNT_NOMEM;
    lnt_arena_init(&d->arena, budget, "a dictionary");
    d->values = (lnt_vec){.type = lnt__arrow_column_type(parts[0]->field), .form = LNT_FORM_FLAT};
    making m = {.dictionary = d, .reading = reading, .intern = {.budget = budget, .who = "a dictionary"}};
    lnt_arena_init(&m.scratch, budget, "a dictionary");
    lnt_status status = make(&m, parts, n_parts, err);
    lnt_arena_clear(&m.scratch);
    lnt_intern_clear(&m.intern);
    if (status == LNT_OK)
        *out = d;
    else
        lnt__arrow_dictionary_free(d);
    return status;
}

void lnt__arrow_dictionary_free(lnt__arrow_dictionary *dictionary) {
    if (!dictionary) return;
    lnt_column_unref(dictionary->column);
    lnt_arena_clear(&dictionary->arena);
    lnt_free(dictionary);
}

// ---- codes ----

static int64_t code_at(const uint8_t *at, const lnt__arrow_type *type) {
    switch (type->width) {
    case 1:
        return type->is_unsigned ? (int64_t)*at : (int8_t)*at;
    case 2: {
        uint16_t value;
        memcpy(&value, at, 2);
        return type->is_unsigned ? (int64_t)value : (int16_t)value;
    }
    case 4: {
        uint32_t value;
        memcpy(&value, at, 4);
        return type->is_unsigned ? (int64_t)value : (int32_t)value;
    }
    default: {
        int64_t value;
        memcpy(&value, at, 8);
        return value;
    }
    }
}

/// The codes of rows that aren't null, 0 for the others, each within the dictionary.
static lnt_status load_codes(const lnt__arrow_reading *reading, const lnt__arrow_array *array, int64_t start, int64_t n,
                             const uint64_t *valid, uint32_t *to, lnt_error *err) {
    const lnt__arrow_type *type = &array->field->index;
    const uint8_t *from = lnt__arrow_span(array, 1, start, n, type->width);
    if (!from) return lnt__arrow_too_short(reading, err);
    int64_t n_codes = array->dictionary->n_codes;
    for (int64_t i = 0; i < n; i++) {
        int64_t code = code_at(from + i * type->width, type);
        if (!lnt_bitmap_valid(valid, i))
            code = 0;
        else if (code < 0 || code >= n_codes)
            return lnt__arrow_bad_value(reading, start + i, err, "has a code that its dictionary doesn't have");
        to[i] = (uint32_t)code;
    }
    return LNT_OK;
}

/// Validity that can be written to: a copy, or all set.
static uint64_t *writable(const lnt__arrow_reading *reading, const uint64_t *valid, int64_t n, lnt_error *err) {
    int64_t bytes = lnt_bitmap_words(n) * 8;
    uint64_t *copy = lnt_arena_alloc(reading->arena, bytes, err);
    if (copy && valid) memcpy(copy, valid, (size_t)bytes);
    if (copy && !valid) memset(copy, 0xff, (size_t)bytes);
    return copy;
}

/// Puts codes through the dictionary's `remap`.
static lnt_status remap_codes(const lnt__arrow_reading *reading, const lnt__arrow_dictionary *d, int64_t n,
                              uint32_t *codes, lnt_vec *out, lnt_error *err) {
    uint64_t *valid = writable(reading, out->valid, n, err);
    if (!valid) return lnt_no_memory(err);
    for (int64_t i = 0; i < n; i++) {
        if (!lnt_bitmap_get(valid, i)) continue;
        codes[i] = d->remap[codes[i]];
        if (codes[i] != UINT32_MAX) continue;
        codes[i] = 0;
        lnt_bitmap_unset(valid, i);
    }
    out->valid = valid;
    return LNT_OK;
}

/// The values that codes stand for, side by side.
static lnt_status gather(const lnt__arrow_reading *reading, const lnt__arrow_dictionary *d, int64_t n,
                         const uint32_t *codes, lnt_vec *out, lnt_error *err) {
    int64_t size = lnt_vec_value_bytes(out->type);
    uint8_t *to = lnt_arena_alloc(reading->arena, n * size, err);
    uint64_t *valid = to ? writable(reading, out->valid, n, err) : NULL;
    if (!valid) return lnt_no_memory(err);
    for (int64_t i = 0; i < n; i++) {
        bool is_there = lnt_bitmap_get(valid, i) && lnt_bitmap_get(d->values.valid, codes[i]);
        if (is_there) {
            memcpy(to + i * size, (const uint8_t *)d->values.data + codes[i] * size, (size_t)size);
            continue;
        }
        memset(to + i * size, 0, (size_t)size);
        lnt_bitmap_unset(valid, i);
    }
    out->valid = valid;
    out->data = to;
    return LNT_OK;
}

lnt_status lnt__arrow_fill_codes(const lnt__arrow_reading *reading, const lnt__arrow_array *array, int64_t start,
                                 int64_t n, lnt_vec *out, lnt_error *err) {
    const lnt__arrow_dictionary *d = array->dictionary;
    uint32_t *codes = lnt_arena_alloc(reading->arena, n * 4, err);
    if (!codes) return lnt_no_memory(err);
    LNT_TRY(load_codes(reading, array, start, n, out->valid, codes, err));
    if (out->type != LNT_STRING) return gather(reading, d, n, codes, out, err);
    if (d->remap) LNT_TRY(remap_codes(reading, d, n, codes, out, err));
    out->form = LNT_FORM_DICTIONARY;
    out->data = codes;
    out->dictionary = d->column;
    return LNT_OK;
}
