/// @file collector_strings.c
/// Collected strings: a dictionary while that pays, offsets and text when it doesn't.
///
/// Workload: feeds, in which most columns repeat a few hundred strings (families, tags, reporters) and some never do
/// (URLs, hashes). Vectors that bring a dictionary are taken with it, by reference; a second dictionary makes one of
/// our own, to which each of its codes is mapped once.
/// Invariant: `width` holds every code given out so far; data of null rows is code 0, or an empty piece of text.
#include "column/collector.h"

#include <string.h>

#include "column/width.h"

enum { MAX_DISTINCT = 65536, FIRST_ROWS = 1024, FEW_ROWS = 4096, SOME_ROWS = 16384, MANY_ROWS = 1 << 18, MAX_DICTIONARY_BYTES = 256 << 20 };

bool lnt__collector_too_distinct(const lnt_collector *c) {
    if (c->mode != LNT_STRINGS_OWN) return false;
    const lnt_intern *set = c->lexicon ? &c->lexicon->set : &c->intern;
    int64_t n = set->n - c->first_told;
    if ((n > MAX_DISTINCT && !c->coded) || lnt_intern_size_bytes(set) > MAX_DICTIONARY_BYTES) return true;
    int64_t rows = c->length - c->null_count;
    if (c->coded) return n > LNT_STRINGS_MOST || (rows > MANY_ROWS && 2 * n > rows);
    // The first rows show columns that never repeat; ten thousand values among a million rows take more to tell.
    if (rows > SOME_ROWS) return 2 * n > rows;
    if (rows > FEW_ROWS) return 10 * n > 9 * rows;
    return rows >= FIRST_ROWS && 100 * n > 97 * rows;
}

// ---- offsets and text ----

/// Appends strings to a PLAIN collector that has `rows` rows already, some perhaps not counted in `length` yet.
static lnt_status append_text(lnt_collector *c, int64_t rows, const lnt_str *block, int64_t n, lnt_error *err) {
    int64_t end = c->bytes->size, total = end;
    for (int64_t i = 0; i < n; i++) total += block[i].size;
    if (c->width == 4 && total > (int64_t)UINT32_MAX) LNT_TRY(lnt__collector_widen(c, 8, err));
    LNT_TRY(lnt_buffer_reserve(c->bytes, total, c->who, err));
    LNT_TRY(lnt_buffer_reserve(c->data, (rows + n + 1) * c->width, c->who, err));
    uint8_t *text = c->bytes->data;
    for (int64_t i = 0; i < n; i++) {
        LNT_TRY(lnt_budget_copy(c->budget, text + end, block[i].data, block[i].size, err));
        end += block[i].size;
        if (c->width == 4)
            ((uint32_t *)c->data->data)[rows + i + 1] = (uint32_t)end;
        else
            ((int64_t *)c->data->data)[rows + i + 1] = end;
    }
    c->bytes->size = total;
    c->data->size = (rows + n + 1) * c->width;
    return LNT_OK;
}

lnt_str lnt__collector_str(const lnt_collector *c, int64_t row) {
    if (c->mode == LNT_STRINGS_OWN) return lnt_intern_get(&c->intern, lnt_code_at(c->data->data, c->width, row));
    int64_t first = lnt_offset_at(c->data->data, c->width, row), end = lnt_offset_at(c->data->data, c->width, row + 1);
    return (lnt_str){(const char *)c->bytes->data + first, end - first};
}

/// The string that a code of the collector stands for.
static lnt_str string_of(lnt_collector *c, const lnt_column *dictionary, uint32_t code) {
    const lnt_intern *set = lnt__collector_set(c);
    if (dictionary) return dictionary->length ? lnt_column_str(dictionary, code) : (lnt_str){"", 0};
    return set->n ? lnt_intern_get(set, code) : (lnt_str){"", 0};
}

/// Rows [0, n) of `codes` as text; null rows as empty text.
static lnt_status append_codes_as_text(lnt_collector *c, const lnt_buffer *codes, int width, int64_t n,
                                       lnt_error *err) {
    const uint64_t *valid = c->validity ? (const uint64_t *)c->validity->data : NULL;
    lnt_str block[LNT_BLOCK];
    for (int64_t start = 0; start < n; start += LNT_BLOCK) {
        int64_t rows = n - start < LNT_BLOCK ? n - start : LNT_BLOCK;
        LNT_TRY(lnt_budget_check(c->budget, err));
        for (int64_t i = 0; i < rows; i++) {
            uint32_t code = lnt_code_at(codes->data, width, start + i);
            bool is_null = !lnt_bitmap_valid(valid, start + i);
            block[i] = is_null ? (lnt_str){"", 0} : string_of(c, c->dictionary, code);
        }
        LNT_TRY(append_text(c, start, block, rows, err));
    }
    return LNT_OK;
}

static lnt_status begin_plain(lnt_collector *c, lnt_error *err) {
    c->data = NULL;
    c->width = 4;
    int64_t n = c->expected_rows > c->length ? c->expected_rows : c->length;
    LNT_TRY(lnt_buffer_new(c->budget, (n + 1) * c->width, c->who, &c->data, err));
    LNT_TRY(lnt_buffer_new(c->budget, c->expected_bytes, c->who, &c->bytes, err));
    *(uint32_t *)c->data->data = 0;
    c->data->size = c->width;
    return LNT_OK;
}

lnt_status lnt__collector_make_plain(lnt_collector *c, lnt_error *err) {
    if (c->mode == LNT_STRINGS_PLAIN) return LNT_OK;
    lnt_buffer *codes = c->data;
    int width = c->width;
    lnt_status status = begin_plain(c, err);
    if (status == LNT_OK) status = append_codes_as_text(c, codes, width, codes ? c->length : 0, err);
    lnt_buffer_unref(codes);
    lnt_intern_clear(&c->intern);
    lnt_column_unref(c->dictionary);
    c->dictionary = NULL;
    c->mode = LNT_STRINGS_PLAIN;
    c->coded = false;
    return status;
}

// ---- dictionaries ----

lnt_status lnt__collector_store_codes(lnt_collector *c, const uint32_t *block, int64_t n, int64_t n_codes,
                                      lnt_error *err) {
    int width = lnt_width_of_codes(n_codes);
    if (width > c->width) LNT_TRY(lnt__collector_widen(c, width, err));
    void *to;
    LNT_TRY(lnt__collector_room(c, n, &to, err));
    lnt_codes_store(block, n, c->width, to);
    return LNT_OK;
}

lnt_status lnt__collector_share(lnt_collector *c, lnt_error *err) {
    lnt_column_unref(c->map.from);
    lnt_buffer_unref(c->map.codes);
    c->map = (lnt_code_map){0};
    LNT_TRY(lnt_intern_finish(&c->intern, &c->dictionary, err));
    c->mode = LNT_STRINGS_SHARED;
    return LNT_OK;
}

/// Makes `map` the one of `dictionary`, nothing seen yet, unless it is that already.
static lnt_status map_from(lnt_collector *c, const lnt_column *dictionary, lnt_error *err) {
    if (c->map.from == dictionary) return LNT_OK;
    lnt_column_unref(c->map.from);
    c->map.from = lnt_column_ref(dictionary);
    int64_t size = dictionary->length * 4;
    if (!c->map.codes)
        LNT_TRY(lnt_buffer_new(c->budget, size, c->who, &c->map.codes, err));
    else
        LNT_TRY(lnt_buffer_reserve(c->map.codes, size, c->who, err));
    memset(c->map.codes->data, 0xff, (size_t)size);
    return LNT_OK;
}

/// Codes of `dictionary` to codes of our own; those of null rows to 0.
static lnt_status map_codes(lnt_collector *c, const uint32_t *block, int64_t n, const uint64_t *valid,
                            const lnt_column *dictionary, uint32_t *to, lnt_error *err) {
    LNT_TRY(map_from(c, dictionary, err));
    uint32_t *map = (uint32_t *)c->map.codes->data;
    lnt_intern *set = lnt__collector_set(c);
    for (int64_t i = 0; i < n; i++) {
        if (!lnt_bitmap_valid(valid, i)) {
            to[i] = 0;
            continue;
        }
        uint32_t *code = &map[block[i]];
        if (*code == UINT32_MAX) LNT_TRY(lnt_intern_add(set, lnt_column_str(dictionary, block[i]), code, err));
        to[i] = *code;
    }
    return LNT_OK;
}

/// The codes collected so far are mapped like any others.
lnt_status lnt__collector_own(lnt_collector *c, lnt_error *err) {
    lnt_column *shared = c->dictionary;
    lnt_buffer *codes = c->data;
    const uint64_t *valid = c->validity ? (const uint64_t *)c->validity->data : NULL;
    int width = c->width;
    int64_t length = c->length;
    lnt_status status = LNT_OK;
    c->mode = LNT_STRINGS_OWN;
    c->dictionary = NULL;
    c->data = NULL;
    c->width = 1;
    c->length = 0; // grows again with what is mapped
    for (int64_t start = 0; start < length && status == LNT_OK; start += LNT_BLOCK) {
        int64_t n = length - start < LNT_BLOCK ? length - start : LNT_BLOCK;
        uint32_t from[LNT_BLOCK], to[LNT_BLOCK];
        lnt_codes_load(codes->data + start * width, width, n, from);
        status = lnt_budget_check(c->budget, err);
        if (status == LNT_OK) status = map_codes(c, from, n, valid ? valid + start / 64 : NULL, shared, to, err);
        if (status == LNT_OK) status = lnt__collector_store_codes(c, to, n, lnt__collector_set(c)->n, err);
        c->length += n;
    }
    c->length = length;
    lnt_buffer_unref(codes);
    lnt_column_unref(shared);
    return status;
}

// ---- blocks ----

/// Adds strings to a dictionary of our own.
static lnt_status intern_block(lnt_collector *c, const lnt_str *block, int64_t n, const uint64_t *valid, uint32_t *to,
                               lnt_error *err) {
    lnt_str texts[LNT_BLOCK];
    if (!valid) return lnt_intern_add_block(lnt__collector_set(c), block, n, to, err);
    for (int64_t i = 0; i < n; i++) texts[i] = lnt_bitmap_get(valid, i) ? block[i] : (lnt_str){NULL, -1};
    return lnt_intern_add_block(lnt__collector_set(c), texts, n, to, err);
}

static bool all_null(const uint64_t *valid, int64_t n) {
    return valid && lnt_bitmap_count(valid, n) == 0;
}

lnt_status lnt__collector_add_text(lnt_collector *c, const lnt_str *block, int64_t n, lnt_error *err) {
    return append_text(c, c->length, block, n, err);
}

lnt_status lnt__collector_add_strings(lnt_collector *c, const lnt_str *block, int64_t n, const uint64_t *valid,
                                      lnt_error *err) {
    if (c->mode == LNT_STRINGS_PLAIN) return append_text(c, c->length, block, n, err);
    uint32_t codes[LNT_BLOCK];
    if (all_null(valid, n)) {
        memset(codes, 0, (size_t)n * sizeof *codes);
        return lnt__collector_store_codes(c, codes, n, 0, err);
    }
    if (c->mode == LNT_STRINGS_SHARED) LNT_TRY(lnt__collector_own(c, err));
    c->mode = LNT_STRINGS_OWN;
    LNT_TRY(intern_block(c, block, n, valid, codes, err));
    return lnt__collector_store_codes(c, codes, n, lnt__collector_set(c)->n, err);
}

lnt_status lnt__collector_add_codes(lnt_collector *c, const uint32_t *block, int64_t n, const uint64_t *valid,
                                    const lnt_column *dictionary, lnt_error *err) {
    if (c->mode == LNT_STRINGS_NONE) {
        c->mode = LNT_STRINGS_SHARED;
        c->dictionary = lnt_column_ref(dictionary);
    }
    if (c->mode == LNT_STRINGS_SHARED && c->dictionary == dictionary) {
        return lnt__collector_store_codes(c, block, n, dictionary->length, err);
    }
    if (c->mode == LNT_STRINGS_SHARED) LNT_TRY(lnt__collector_own(c, err));
    if (c->mode == LNT_STRINGS_OWN) {
        uint32_t codes[LNT_BLOCK];
        LNT_TRY(map_codes(c, block, n, valid, dictionary, codes, err));
        return lnt__collector_store_codes(c, codes, n, lnt__collector_set(c)->n, err);
    }
    lnt_str text[LNT_BLOCK];
    for (int64_t i = 0; i < n; i++) {
        text[i] = lnt_bitmap_valid(valid, i) ? lnt_column_str(dictionary, block[i]) : (lnt_str){"", 0};
    }
    return append_text(c, c->length, text, n, err);
}
