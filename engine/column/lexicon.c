/// @file lexicon.c
/// One worker's strings of one column, used by the collectors of its parts one after the other.
///
/// Workload: a column read in hundreds of parts of some thousand rows, in all of which the same strings come again.
/// With a dictionary for each part every string would be hashed, copied and found again a hundred times.
///
/// A part's codes are those of the lexicon. Parts are merged in order, by whichever thread, while the worker is at the
/// next part already and adds to its set; so a part takes along the strings that it met first, and merging keeps a list
/// of its own of all that it was told. A string gets its code in the merged column when its first row is merged, so
/// that codes are in the order of the rows at any number of workers.
/// Invariants: parts of one lexicon are sealed and merged in the same order; `set` is touched by the worker alone, the
/// list by merging alone.
#include <string.h>

#include "column/collector.h"
#include "column/width.h"

enum { MOST_STRINGS = 65536, MOST_BYTES = 4 << 20 }; ///< a set that has grown beyond is begun anew

lnt_status lnt_lexicon_new(lnt_engine *engine, const char *who, lnt_lexicon **out, lnt_error *err) {
    lnt_lexicon *lexicon = lnt_alloc_array(1, sizeof *lexicon, err);
    if (!lexicon) return LNT_NOMEM;
    lexicon->budget = lexicon->set.budget = engine ? lnt_engine_budget(engine) : NULL;
    lexicon->who = lexicon->set.who = who;
    lnt_arena_init(&lexicon->texts, lexicon->budget, who);
    *out = lexicon;
    return LNT_OK;
}

void lnt_lexicon_free(lnt_lexicon *lexicon) {
    if (!lexicon) return;
    lnt_intern_clear(&lexicon->set);
    lnt_arena_clear(&lexicon->texts);
    lnt_buffer_unref(lexicon->strings);
    lnt_buffer_unref(lexicon->codes);
    lnt_free(lexicon);
}

// ---- the worker's side ----

lnt_status lnt_collector_use(lnt_collector *c, lnt_lexicon *lexicon, lnt_error *err) {
    lnt_intern *set = &lexicon->set;
    if (atomic_load(&lexicon->plain)) {
        lnt_intern_clear(set);
        return lnt__collector_make_plain(c, err);
    }
    if (set->n > MOST_STRINGS || lnt_intern_size_bytes(set) > MOST_BYTES) lnt_intern_clear(set);
    c->lexicon = lexicon;
    c->first_told = set->n;
    return LNT_OK;
}

lnt_status lnt_collector_seal(lnt_collector *c, lnt_error *err) {
    if (!c->lexicon) return LNT_OK;
    const lnt_intern *set = &c->lexicon->set;
    int64_t n = set->n - c->first_told;
    if (n == 0) return LNT_OK;
    const int64_t *offsets = (const int64_t *)(const void *)set->offsets->data + c->first_told;
    LNT_TRY(lnt_buffer_new(c->budget, (n + 1) * 8, c->who, &c->told_offsets, err));
    LNT_TRY(lnt_buffer_append(c->told_offsets, offsets, (n + 1) * 8, c->who, err));
    LNT_TRY(lnt_buffer_new(c->budget, offsets[n] - offsets[0], c->who, &c->told_bytes, err));
    return lnt_buffer_append(c->told_bytes, set->bytes->data + offsets[0], offsets[n] - offsets[0], c->who, err);
}

// ---- merging's side ----

static lnt_status room_for(lnt_lexicon *lexicon, lnt_buffer **buffer, int64_t size, lnt_error *err) {
    if (!*buffer) return lnt_buffer_new(lexicon->budget, size, lexicon->who, buffer, err);
    return lnt_buffer_reserve(*buffer, size, lexicon->who, err);
}

lnt_status lnt__lexicon_hear(const lnt_collector *part, lnt_error *err) {
    lnt_lexicon *lexicon = part->lexicon;
    if (part->first_told == 0) {
        lexicon->n = 0;
        lnt_arena_reset(&lexicon->texts);
    }
    if (!part->told_offsets) return LNT_OK;
    int64_t n = part->told_offsets->size / 8 - 1, total = lexicon->n + n;
    const int64_t *offsets = (const int64_t *)(const void *)part->told_offsets->data;
    lnt_str told = {(const char *)part->told_bytes->data, part->told_bytes->size};
    lnt_str copy = lnt_arena_copy(&lexicon->texts, told, err);
    if (!copy.data) return lnt_no_memory(err);
    LNT_TRY(room_for(lexicon, &lexicon->strings, total * (int64_t)sizeof(lnt_str), err));
    LNT_TRY(room_for(lexicon, &lexicon->codes, total * 4, err));
    lnt_str *strings = (lnt_str *)(void *)lexicon->strings->data + lexicon->n;
    for (int64_t i = 0; i < n; i++)
        strings[i] = (lnt_str){copy.data + (offsets[i] - offsets[0]), offsets[i + 1] - offsets[i]};
    memset(lexicon->codes->data + lexicon->n * 4, 0xff, (size_t)n * 4);
    lexicon->n = total;
    lexicon->strings->size = total * (int64_t)sizeof(lnt_str); // what growing keeps
    lexicon->codes->size = total * 4;
    return LNT_OK;
}

static lnt_status add_codes(lnt_collector *c, const lnt_lexicon *lexicon, const uint32_t *block, int64_t n,
                            const uint64_t *valid, lnt_error *err) {
    const lnt_str *strings = (const lnt_str *)(const void *)lexicon->strings->data;
    uint32_t *codes = (uint32_t *)(void *)lexicon->codes->data, to[LNT_BLOCK];
    for (int64_t i = 0; i < n; i++) {
        to[i] = 0;
        if (!lnt_bitmap_valid(valid, i)) continue;
        uint32_t *code = &codes[block[i]];
        if (*code == UINT32_MAX) LNT_TRY(lnt_intern_add(&c->intern, strings[block[i]], code, err));
        to[i] = *code;
    }
    return lnt__collector_store_codes(c, to, n, c->intern.n, err);
}

static lnt_status add_text(lnt_collector *c, const lnt_lexicon *lexicon, const uint32_t *block, int64_t n,
                           const uint64_t *valid, lnt_error *err) {
    const lnt_str *strings = (const lnt_str *)(const void *)lexicon->strings->data;
    lnt_str text[LNT_BLOCK];
    for (int64_t i = 0; i < n; i++) text[i] = lnt_bitmap_valid(valid, i) ? strings[block[i]] : (lnt_str){"", 0};
    return lnt__collector_add_text(c, text, n, err);
}

lnt_status lnt__collector_add_lexicon(lnt_collector *c, const lnt_collector *part, lnt_error *err) {
    const uint64_t *bits = part->validity ? (const uint64_t *)(const void *)part->validity->data : NULL;
    if (c->mode == LNT_STRINGS_SHARED) LNT_TRY(lnt__collector_own(c, err));
    if (c->mode == LNT_STRINGS_NONE) c->mode = LNT_STRINGS_OWN;
    for (int64_t start = 0; start < part->length; start += LNT_BLOCK) {
        int64_t n = part->length - start < LNT_BLOCK ? part->length - start : LNT_BLOCK;
        const uint64_t *valid = bits ? bits + start / 64 : NULL;
        uint32_t block[LNT_BLOCK];
        lnt_codes_load(part->data->data + start * part->width, part->width, n, block);
        if (c->mode == LNT_STRINGS_OWN)
            LNT_TRY(add_codes(c, part->lexicon, block, n, valid, err));
        else
            LNT_TRY(add_text(c, part->lexicon, block, n, valid, err));
        if (valid) c->null_count += n - lnt_bitmap_count(valid, n);
        LNT_TRY(lnt__collector_add_validity(c, valid, 0, n, err));
        if (lnt__collector_too_distinct(c)) LNT_TRY(lnt__collector_make_plain(c, err));
    }
    return LNT_OK;
}
