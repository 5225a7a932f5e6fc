/// @file key_words.c
/// Where key values go in words, and putting them there, column by column.
#include "exec/key_words.h"

#include <string.h>

/// Finds room for a piece of `bits` bits among the shared words.
static void place_small(lnt_key_layout *layout, int bits, int *shared, int *used, int *word, int *shift) {
    if (*shared < 0 || *used + bits > 64) {
        *shared = layout->n_words++;
        *used = 0;
    }
    *word = *shared;
    *shift = *used;
    *used += bits;
}

/// How many bits hold the numbers 0 … last.
static int bits_of(uint64_t last) {
    int bits = 0;
    for (; last > 0; last >>= 1) bits++;
    return bits;
}

/// How many bits a field of its own type takes in a shared word; 64: a word of its own, or two. `column` is all that will
/// ever come, or NULL.
static int bits_of_field(lnt_type type, const lnt_column *column) {
    if (type == LNT_BOOL) return 2;
    if (type == LNT_STRING) {
        bool coded = column && column->layout == LNT_LAYOUT_DICTIONARY;
        return coded ? bits_of((uint64_t)column->dictionary->length | 1) : 32;
    }
    bool narrow = column && type == LNT_INT && column->layout == LNT_LAYOUT_PLAIN && column->width < 8;
    return narrow ? 8 * column->width : 64;
}

/// Finds the places of the values, then those of the null bits.
static void place_fields(lnt_key_layout *layout, const int *bits) {
    int shared = -1, used = 0;
    for (int64_t i = 0; i < layout->n_fields; i++) {
        lnt_key_field *field = &layout->fields[i];
        bool wide = bits[i] == 64;
        field->mask = wide ? ~UINT64_C(0) : (UINT64_C(1) << bits[i]) - 1;
        field->narrow = !wide && field->type == LNT_INT;
        field->base = field->narrow ? -(INT64_C(1) << (bits[i] - 1)) : 0;
        if (wide) {
            field->word = layout->n_words;
            layout->n_words += field->type == LNT_IP ? 2 : 1;
        } else {
            place_small(layout, bits[i], &shared, &used, &field->word, &field->shift);
        }
        if (field->type == LNT_STRING || field->type == LNT_BOOL || layout->lone_wide) continue;
        place_small(layout, 1, &shared, &used, &field->null_word, &field->null_shift);
    }
    if (layout->n_words == 0) layout->n_words = 1;
}

static lnt_status layout_init(lnt_key_layout *layout, const lnt_type *types, const lnt_column *const *columns, int64_t n,
                              lnt_error *err) {
    *layout = (lnt_key_layout){.n_fields = n};
    layout->fields = lnt_alloc_array(n, sizeof *layout->fields, err);
    int *bits = layout->fields ? lnt_alloc_array(n, sizeof *bits, err) : NULL;
    if (!bits) {
        lnt__key_layout_clear(layout);
        return LNT_NOMEM;
    }
    for (int64_t i = 0; i < n; i++) {
        lnt_type type = columns ? columns[i]->type : types[i];
        layout->fields[i] = (lnt_key_field){.type = type, .null_word = -1, .string = -1};
        if (type == LNT_STRING) layout->fields[i].string = layout->n_strings++;
        bits[i] = bits_of_field(type, columns && n > 1 ? columns[i] : NULL);
    }
    layout->lone_wide = n == 1 && bits[0] == 64;
    place_fields(layout, bits);
    lnt_free(bits);
    return LNT_OK;
}

lnt_status lnt__key_layout_init(lnt_key_layout *layout, const lnt_type *types, int64_t n, lnt_error *err) {
    return layout_init(layout, types, NULL, n, err);
}

lnt_status lnt__key_layout_of_schema(lnt_key_layout *layout, const lnt_schema *schema, const int64_t *keys, int64_t n,
                                     lnt_error *err) {
    lnt_type *types = lnt_alloc_array(n, sizeof *types, err);
    if (!types) return LNT_NOMEM;
    for (int64_t k = 0; k < n; k++) types[k] = lnt_schema_type(schema, keys ? keys[k] : k);
    lnt_status status = lnt__key_layout_init(layout, types, n, err);
    lnt_free(types);
    return status;
}

lnt_status lnt__key_layout_of_columns(lnt_key_layout *layout, const lnt_column *const *columns, int64_t n,
                                      lnt_error *err) {
    return layout_init(layout, NULL, columns, n, err);
}

void lnt__key_layout_clear(lnt_key_layout *layout) {
    lnt_free(layout->fields);
    *layout = (lnt_key_layout){0};
}

lnt_status lnt__key_scratch_init(lnt_key_scratch *scratch, const lnt_key_layout *layout, lnt_error *err) {
    *scratch = (lnt_key_scratch){.n_codes = layout->n_strings};
    scratch->words = lnt_alloc_array(layout->n_words, LNT_BATCH_ROWS * sizeof(uint64_t), err);
    scratch->numbers = lnt_alloc_array(LNT_BATCH_ROWS, sizeof(uint32_t), err);
    scratch->found = lnt_alloc_array(LNT_BATCH_ROWS, sizeof(uint32_t), err);
    scratch->null = lnt_alloc_array(LNT_BATCH_ROWS, sizeof(bool), err);
    scratch->codes = lnt_alloc_array(layout->n_strings, sizeof(lnt_codes), err);
    bool ok = scratch->words && scratch->numbers && scratch->found && scratch->null && scratch->codes;
    if (!ok) lnt__key_scratch_clear(scratch);
    return ok ? LNT_OK : LNT_NOMEM;
}

void lnt__key_scratch_clear(lnt_key_scratch *scratch) {
    for (int i = 0; scratch->codes && i < scratch->n_codes; i++) lnt__codes_clear(&scratch->codes[i]);
    lnt_free(scratch->words);
    lnt_free(scratch->numbers);
    lnt_free(scratch->found);
    lnt_free(scratch->null);
    lnt_free(scratch->codes);
    *scratch = (lnt_key_scratch){0};
}

/// Values of one 64-bit type into their word; nulls give 0 (and are marked by mark_nulls).
static void put_wide(const lnt_vec *vec, const uint32_t *sel, int64_t n, uint64_t *words, int width) {
    int64_t mask = vec->form == LNT_FORM_CONSTANT ? 0 : -1;
    if (vec->type == LNT_FLOAT) {
        const double *data = vec->data;
        for (int64_t k = 0; k < n; k++) words[k * width] = lnt__float_bits(data[(sel ? sel[k] : k) & mask]);
    } else if (vec->type == LNT_IP) {
        const lnt_ip *data = vec->data;
        for (int64_t k = 0; k < n; k++) {
            lnt_ip ip = data[(sel ? sel[k] : k) & mask];
            words[k * width] = ip.hi;
            words[k * width + 1] = ip.lo;
        }
    } else {
        const int64_t *data = vec->data;
        for (int64_t k = 0; k < n; k++) words[k * width] = (uint64_t)data[(sel ? sel[k] : k) & mask];
    }
}

/// Clears the value and sets the null bit where a wide value is null.
static bool put_wide_nulls(const lnt_key_field *field, const lnt_vec *vec, const uint32_t *sel, int64_t n,
                           uint64_t *words, int width, bool *null) {
    bool any = false;
    if (!vec->valid) return false;
    for (int64_t k = 0; k < n; k++) {
        if (lnt_vec_is_valid(vec, sel ? sel[k] : k)) continue;
        uint64_t *own = words + k * width;
        own[field->word] = 0;
        if (field->type == LNT_IP) own[field->word + 1] = 0;
        if (field->null_word >= 0) own[field->null_word] |= (uint64_t)1 << field->null_shift;
        any = null[k] = true;
    }
    return any;
}

/// Integers that share a word; a null is 0 with its null bit.
static bool put_narrow(const lnt_key_field *field, const lnt_vec *vec, const uint32_t *sel, int64_t n, uint64_t *words,
                       int width, bool *null) {
    const int64_t *data = vec->data;
    int64_t mask = vec->form == LNT_FORM_CONSTANT ? 0 : -1;
    bool any = false;
    for (int64_t k = 0; k < n; k++) {
        int64_t row = sel ? sel[k] : k;
        bool valid = lnt_vec_is_valid(vec, row);
        uint64_t value = valid ? (uint64_t)data[row & mask] : 0;
        words[k * width + field->word] |= (value - (uint64_t)field->base) << field->shift;
        if (valid) continue;
        words[k * width + field->null_word] |= (uint64_t)1 << field->null_shift;
        any = null[k] = true;
    }
    return any;
}

static bool put_bools(const lnt_key_field *field, const lnt_vec *vec, const uint32_t *sel, int64_t n, uint64_t *words,
                      int width, bool *null) {
    const uint8_t *data = vec->data;
    int64_t mask = vec->form == LNT_FORM_CONSTANT ? 0 : -1;
    bool any = false;
    for (int64_t k = 0; k < n; k++) {
        int64_t row = sel ? sel[k] : k;
        bool valid = lnt_vec_is_valid(vec, row);
        uint64_t value = valid ? (uint64_t)(data[row & mask] != 0) : 2;
        words[k * width + field->word] |= value << field->shift;
        if (!valid) any = null[k] = true;
    }
    return any;
}

static bool put_numbers(const lnt_key_field *field, const uint32_t *numbers, int64_t n, uint64_t *words, int width,
                        bool *null) {
    bool any = false;
    for (int64_t k = 0; k < n; k++) {
        words[k * width + field->word] |= (uint64_t)numbers[k] << field->shift;
        if (numbers[k] == 0) any = null[k] = true;
    }
    return any;
}

lnt_status lnt__key_words(const lnt_key_layout *layout, lnt_interner *interners, lnt_codes *codes, bool add,
                          lnt_key_scratch *scratch, const lnt_vec *keys, const uint32_t *sel, int64_t n, bool *any_null,
                          lnt_error *err) {
    int width = layout->n_words;
    uint64_t *words = scratch->words;
    bool any = false;
    memset(scratch->null, 0, (size_t)n);
    if (!layout->lone_wide) memset(words, 0, (size_t)(n * width) * sizeof *words);
    for (int64_t i = 0; i < layout->n_fields; i++) {
        const lnt_key_field *field = &layout->fields[i];
        if (field->type == LNT_STRING) {
            lnt_interner *interner = &interners[field->string];
            lnt_codes *own = &codes[field->string];
            LNT_TRY(add ? lnt__interner_add(interner, own, &keys[i], sel, n, scratch->numbers, err)
                        : lnt__interner_find(interner, own, &keys[i], sel, n, scratch->numbers, err));
            any |= put_numbers(field, scratch->numbers, n, words, width, scratch->null);
        } else if (field->type == LNT_BOOL) {
            any |= put_bools(field, &keys[i], sel, n, words, width, scratch->null);
        } else if (field->narrow) {
            any |= put_narrow(field, &keys[i], sel, n, words, width, scratch->null);
        } else {
            put_wide(&keys[i], sel, n, words + field->word, width);
            any |= put_wide_nulls(field, &keys[i], sel, n, words, width, scratch->null);
        }
    }
    *any_null = any;
    return LNT_OK;
}
