/// @file compact.c
/// Dictionaries as files should have them: only the values that occur, in the order in which they first do.
///
/// A column that was filtered or grouped shares its table's dictionary. Written as it is, a file would hold values that
/// no row has, which its reader wasn't meant to see, and its bytes would depend on how the rows came about.
#include "column/column.h"
#include "column/intern.h"
#include "column/width.h"

#include <string.h>

enum { UNSEEN = UINT32_MAX };

static uint32_t code_at(const lnt_column *column, int64_t row) {
    const void *data = column->data->data;
    return column->width == 1   ? ((const uint8_t *)data)[row]
           : column->width == 2 ? ((const uint16_t *)data)[row]
                                : ((const uint32_t *)data)[row];
}

static void put_code(void *data, int width, int64_t row, uint32_t code) {
    if (width == 1)
        ((uint8_t *)data)[row] = (uint8_t)code;
    else if (width == 2)
        ((uint16_t *)data)[row] = (uint16_t)code;
    else
        ((uint32_t *)data)[row] = code;
}

static bool is_valid(const lnt_column *column, int64_t row) {
    return !column->validity || lnt_bitmap_get((const uint64_t *)(const void *)column->validity->data, row);
}

/// New codes by old ones, in order of first appearance; `*same` tells whether all are what they were.
static uint32_t number_codes(const lnt_column *in, uint32_t *new_code, bool *same) {
    uint32_t n = 0;
    *same = true;
    for (int64_t row = 0; row < in->length; row++) {
        if (!is_valid(in, row)) continue;
        uint32_t code = code_at(in, row);
        if (new_code[code] != UNSEEN) continue;
        *same &= code == n;
        new_code[code] = n++;
    }
    *same &= n == in->dictionary->length;
    return n;
}

/// The dictionary's strings that have a new code, in its order.
static lnt_status make_dictionary(lnt_engine *engine, const lnt_column *old, const uint32_t *new_code, uint32_t n,
                                  lnt_column **out, lnt_error *err) {
    lnt_intern set = {.budget = lnt_engine_budget(engine), .who = "a dictionary"};
    uint32_t *old_code = lnt_alloc_array(n, sizeof *old_code, err), made;
    lnt_status status = old_code ? LNT_OK : LNT_NOMEM;
    for (int64_t code = 0; status == LNT_OK && code < old->length; code++)
        if (new_code[code] != UNSEEN) old_code[new_code[code]] = (uint32_t)code;
    for (uint32_t i = 0; status == LNT_OK && i < n; i++)
        status = lnt_intern_add(&set, lnt_column_str(old, old_code[i]), &made, err);
    lnt_free(old_code);
    if (status == LNT_OK) return lnt_intern_finish(&set, out, err);
    lnt_intern_clear(&set);
    return status;
}

static lnt_status recode(lnt_engine *engine, const lnt_column *in, const uint32_t *new_code, uint32_t n,
                         lnt_column **out, lnt_error *err) {
    struct lnt_column parts = {.type = LNT_STRING,
                               .layout = LNT_LAYOUT_DICTIONARY,
                               .width = lnt_width_of_codes(n),
                               .length = in->length,
                               .null_count = in->null_count};
    LNT_TRY(make_dictionary(engine, in->dictionary, new_code, n, &parts.dictionary, err));
    lnt_status status =
        lnt_buffer_new(lnt_engine_budget(engine), in->length * parts.width, "a dictionary", &parts.data, err);
    if (status != LNT_OK) {
        lnt_column_unref(parts.dictionary);
        return status;
    }
    for (int64_t row = 0; row < in->length; row++)
        put_code(parts.data->data, parts.width, row, is_valid(in, row) ? new_code[code_at(in, row)] : 0);
    parts.data->size = in->length * parts.width;
    parts.validity = in->validity ? lnt_buffer_ref(in->validity) : NULL;
    return lnt_column_make(parts, out, err);
}

lnt_status lnt_column_compact(lnt_engine *engine, const lnt_column *in, lnt_column **out, lnt_error *err) {
    if (in->layout != LNT_LAYOUT_DICTIONARY) {
        *out = lnt_column_ref(in);
        return LNT_OK;
    }
    uint32_t *new_code = lnt_alloc_array(in->dictionary->length, sizeof *new_code, err);
    if (!new_code) return LNT_NOMEM;
    memset(new_code, 0xff, (size_t)in->dictionary->length * sizeof *new_code);
    bool same;
    uint32_t n = number_codes(in, new_code, &same);
    lnt_status status = LNT_OK;
    if (same)
        *out = lnt_column_ref(in);
    else
        status = recode(engine, in, new_code, n, out, err);
    lnt_free(new_code);
    return status;
}
