/// @file collector_merge.c
/// One collector's rows after another's: how the parts that workers collected become one column, in order.
///
/// Workload: dozens of parts of some ten thousand rows each. Parts held alike are copied whole; dictionaries are mapped
/// code by code; whatever differs goes through the blocks that vectors go through.
#include "column/collector.h"

#include <string.h>

#include "column/width.h"

/// Takes over everything of `from`: `to` holds no rows.
static void take_over(lnt_collector *to, lnt_collector *from) {
    lnt_collector before = *to;
    *to = *from;
    to->who = to->intern.who = before.who;
    to->lexicon = NULL;
    to->first_told = 0;
    *from = before;
}

/// Appends `size` bytes of `from` to `to`, which may not be there yet.
static lnt_status append_buffer(lnt_collector *c, lnt_buffer **to, const lnt_buffer *from, lnt_error *err) {
    if (!*to) LNT_TRY(lnt_buffer_new(c->budget, from->size, c->who, to, err));
    return lnt_buffer_append(*to, from->data, from->size, c->who, err);
}

static lnt_status add_validity_of(lnt_collector *c, const lnt_collector *from, lnt_error *err) {
    const uint64_t *valid = from->validity ? (const uint64_t *)from->validity->data : NULL;
    LNT_TRY(lnt__collector_add_validity(c, valid, 0, from->length, err));
    c->null_count += from->null_count;
    return LNT_OK;
}

/// Views rows [start, start + n) of a part as a block: values side by side in `to`.
static void load_block(const lnt_collector *from, int64_t start, int64_t n, const uint64_t *valid, void *to) {
    const uint8_t *data = from->data->data;
    int width = from->width;
    if (from->type == LNT_STRING && from->mode == LNT_STRINGS_PLAIN) {
        for (int64_t i = 0; i < n; i++) {
            int64_t first = lnt_offset_at(data, width, start + i), end = lnt_offset_at(data, width, start + i + 1);
            ((lnt_str *)to)[i] = (lnt_str){(const char *)from->bytes->data + first, end - first};
        }
    } else if (from->type == LNT_STRING) {
        lnt_codes_load(data + start * width, width, n, to);
    } else if (from->type == LNT_INT) {
        lnt_ints_load(data + start * width, width, n, to);
    } else {
        for (int64_t i = 0; i < n; i++) {
            ((lnt_ip *)to)[i] = lnt_bitmap_valid(valid, i) ? lnt_ip_at(data, width, start + i) : (lnt_ip){0, 0};
        }
    }
}

/// Appends a part block by block, through what vectors go through.
static lnt_status add_blocks(lnt_collector *c, const lnt_collector *from, lnt_error *err) {
    const uint64_t *bits = from->validity ? (const uint64_t *)from->validity->data : NULL;
    _Alignas(64) uint8_t values[LNT_BLOCK * sizeof(lnt_ip)];
    for (int64_t start = 0; start < from->length; start += LNT_BLOCK) {
        int64_t n = from->length - start < LNT_BLOCK ? from->length - start : LNT_BLOCK;
        const uint64_t *valid = bits ? bits + start / 64 : NULL;
        LNT_TRY(lnt_budget_check(c->budget, err));
        load_block(from, start, n, valid, values);
        void *block = values;
        if (c->type != LNT_STRING)
            LNT_TRY(lnt__collector_add_fixed(c, block, n, valid, err));
        else if (from->mode == LNT_STRINGS_PLAIN)
            LNT_TRY(lnt__collector_add_strings(c, block, n, valid, err));
        else
            LNT_TRY(lnt__collector_add_codes(c, block, n, valid, from->dictionary, err));
        if (valid) c->null_count += n - lnt_bitmap_count(valid, n);
        LNT_TRY(lnt__collector_add_validity(c, valid, 0, n, err));
        if (lnt__collector_too_distinct(c)) LNT_TRY(lnt__collector_make_plain(c, err));
    }
    return LNT_OK;
}

lnt_status lnt__collector_code(lnt_collector *c, lnt_error *err) {
    lnt_collector text = *c;
    c->data = c->validity = c->bytes = NULL;
    c->length = c->null_count = 0;
    c->width = 1;
    c->mode = LNT_STRINGS_OWN;
    c->coded = true;
    lnt_status status = add_blocks(c, &text, err);
    lnt_buffer_unref(text.data);
    lnt_buffer_unref(text.validity);
    lnt_buffer_unref(text.bytes);
    return status;
}

enum { CHECK_ROWS = 1 << 16 }; ///< offsets that are moved between looks at whether to stop

/// Both hold offsets and text: the text is copied whole, the offsets move by what was there.
static lnt_status add_plain(lnt_collector *c, const lnt_collector *from, lnt_error *err) {
    int64_t shift = c->bytes->size, total = shift + from->bytes->size, n = from->length;
    if (c->width == 4 && total > (int64_t)UINT32_MAX) LNT_TRY(lnt__collector_widen(c, 8, err));
    LNT_TRY(append_buffer(c, &c->bytes, from->bytes, err));
    LNT_TRY(lnt_buffer_reserve(c->data, (c->length + n + 1) * c->width, c->who, err));
    const void *offsets = from->data->data;
    for (int64_t start = 0, end; start < n; start = end) {
        end = start + CHECK_ROWS < n ? start + CHECK_ROWS : n;
        LNT_TRY(lnt_budget_check(c->budget, err));
        if (c->width == 4) {
            uint32_t *to = (uint32_t *)c->data->data + c->length + 1;
            for (int64_t i = start; i < end; i++) to[i] = ((const uint32_t *)offsets)[i + 1] + (uint32_t)shift;
        } else {
            int64_t *to = (int64_t *)c->data->data + c->length + 1;
            for (int64_t i = start; i < end; i++) to[i] = lnt_offset_at(offsets, from->width, i + 1) + shift;
        }
    }
    c->data->size = (c->length + n + 1) * c->width;
    return add_validity_of(c, from, err);
}

static lnt_status merge_strings(lnt_collector *c, lnt_collector *from, lnt_error *err) {
    if (from->lexicon && from->mode == LNT_STRINGS_OWN) return lnt__collector_add_lexicon(c, from, err);
    if (from->mode == LNT_STRINGS_NONE) return lnt__collector_add_nulls(c, from->length, err);
    if (c->mode == LNT_STRINGS_PLAIN && from->mode == LNT_STRINGS_PLAIN) return add_plain(c, from, err);
    if (from->mode == LNT_STRINGS_OWN) LNT_TRY(lnt__collector_share(from, err));
    bool same = from->mode == LNT_STRINGS_SHARED && c->dictionary == from->dictionary && c->width == from->width;
    if (!same) return add_blocks(c, from, err);
    LNT_TRY(append_buffer(c, &c->data, from->data, err));
    return add_validity_of(c, from, err);
}

static lnt_status merge_fixed(lnt_collector *c, const lnt_collector *from, lnt_error *err) {
    if (from->width > c->width) LNT_TRY(lnt__collector_widen(c, from->width, err));
    if (from->width < c->width) return add_blocks(c, from, err);
    LNT_TRY(append_buffer(c, &c->data, from->data, err));
    return add_validity_of(c, from, err);
}

lnt_status lnt_collector_merge(lnt_collector *collector, lnt_collector *from, lnt_error *err) {
    if (collector->type != from->type) {
        return lnt_error_set(err, LNT_INTERNAL, "a part of type %s was given to a column of type %s",
                             lnt_type_name(from->type), lnt_type_name(collector->type));
    }
    lnt_status status = LNT_OK;
    lnt_lexicon *lexicon = from->lexicon;
    if (lexicon) LNT_TRY(lnt__lexicon_hear(from, err));
    if (from->length == 0) return LNT_OK;
    if (collector->length == 0 && !(lexicon && from->mode == LNT_STRINGS_OWN))
        take_over(collector, from);
    else if (collector->type == LNT_STRING)
        status = merge_strings(collector, from, err);
    else
        status = merge_fixed(collector, from, err);
    lnt__collector_empty(from);
    if (lexicon && collector->mode == LNT_STRINGS_PLAIN) atomic_store(&lexicon->plain, true);
    return status;
}
