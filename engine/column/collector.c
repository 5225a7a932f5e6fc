/// @file collector.c
/// Collects vectors into a column: takes them apart into blocks and keeps their validity.
///
/// Workload: the growing end of every operator that keeps rows: 10^7 rows in vectors of up to 4096, with or without a
/// selection. Each block of rows is gathered side by side into the first-level cache, where values are narrowed and
/// stored by loops without branches.
/// Invariants: rows are counted (`length`) only when data and validity of their block are in; after a failure the
/// collector can only be freed.
#include "column/collector.h"

#include <string.h>

#include "column/width.h"

lnt_status lnt_collector_new(lnt_engine *engine, lnt_type type, const char *who, lnt_collector **out, lnt_error *err) {
    if (type <= LNT_NULL || (int)type >= LNT_TYPE_COUNT) {
        return lnt_error_set(err, LNT_ARGUMENT, "no column can be of type %s", lnt_type_name(type));
    }
    lnt_collector *c = lnt_alloc_array(1, sizeof *c, err);
    if (!c) return LNT_NOMEM;
    c->type = type;
    c->who = c->intern.who = who;
    c->budget = c->intern.budget = engine ? lnt_engine_budget(engine) : NULL;
    lnt__collector_empty(c);
    *out = c;
    return LNT_OK;
}

void lnt__collector_empty(lnt_collector *c) {
    lnt_buffer_unref(c->data);
    lnt_buffer_unref(c->validity);
    lnt_buffer_unref(c->bytes);
    lnt_column_unref(c->dictionary);
    lnt_intern_clear(&c->intern);
    lnt_column_unref(c->map.from);
    lnt_buffer_unref(c->map.codes);
    lnt_buffer_unref(c->told_offsets);
    lnt_buffer_unref(c->told_bytes);
    c->data = c->validity = c->bytes = c->told_offsets = c->told_bytes = NULL;
    c->lexicon = NULL;
    c->coded = false;
    c->first_told = c->expected_rows = c->expected_bytes = 0;
    c->dictionary = NULL;
    c->map = (lnt_code_map){0};
    c->mode = LNT_STRINGS_NONE;
    c->length = c->null_count = 0;
    c->width = c->type == LNT_IP ? 4 : c->type == LNT_FLOAT || c->type == LNT_TIME ? 8 : 1;
}

void lnt_collector_free(lnt_collector *collector) {
    if (!collector) return;
    lnt__collector_empty(collector);
    lnt_free(collector);
}

int64_t lnt_collector_length(const lnt_collector *collector) {
    return collector->length;
}

void lnt_collector_expect(lnt_collector *collector, int64_t n_rows, int64_t text_bytes) {
    collector->expected_rows = n_rows;
    collector->expected_bytes = text_bytes;
}

int64_t lnt_collector_text_bytes(const lnt_collector *collector) {
    return collector->bytes ? collector->bytes->size : 0;
}

static int64_t held(const lnt_buffer *buffer) {
    return buffer ? buffer->capacity : 0;
}

int64_t lnt_collector_bytes(const lnt_collector *c) {
    return held(c->data) + held(c->validity) + held(c->bytes) + held(c->map.codes) + held(c->intern.slots) +
           held(c->intern.offsets) + held(c->intern.bytes) + held(c->told_offsets) + held(c->told_bytes);
}

static lnt_status room_for(lnt_buffer **buffer, int64_t size, lnt_collector *c, lnt_error *err) {
    if (!*buffer) return lnt_buffer_new(c->budget, size, c->who, buffer, err);
    return lnt_buffer_reserve(*buffer, size, c->who, err);
}

lnt_status lnt__collector_room(lnt_collector *c, int64_t n, void **out, lnt_error *err) {
    int64_t used = c->length * c->width, size = used + n * c->width;
    int64_t expected = c->data ? 0 : c->expected_rows * c->width;
    LNT_TRY(room_for(&c->data, size > expected ? size : expected, c, err));
    c->data->size = size;
    *out = c->data->data + used;
    return LNT_OK;
}

lnt_status lnt__collector_add_validity(lnt_collector *c, const uint64_t *valid, int64_t start, int64_t n,
                                       lnt_error *err) {
    if (valid || c->validity) {
        bool first = !c->validity;
        LNT_TRY(room_for(&c->validity, lnt_bitmap_words(c->length + n) * 8, c, err));
        uint64_t *bits = (uint64_t *)c->validity->data;
        if (first) lnt_bitmap_fill(bits, 0, c->length, true);
        if (valid)
            lnt_bitmap_copy(bits, c->length, valid, start, n);
        else
            lnt_bitmap_fill(bits, c->length, n, true);
        c->validity->size = lnt_bitmap_words(c->length + n) * 8;
    }
    c->length += n;
    return LNT_OK;
}

// ---- blocks ----

/// One block of a vector, and where it is put together.
typedef struct block {
    const lnt_vec *vec;
    const uint32_t *sel;   ///< the block's first selected row, or NULL
    int64_t start, n;      ///< without a selection: rows [start, start + n)
    const uint64_t *valid; ///< NULL: no nulls among them
    int64_t n_null;
    uint64_t bits[LNT_BLOCK / 64];
    _Alignas(64) uint8_t values[LNT_BLOCK * 16];
} block;

/// Finds out which rows of the block are null.
static void block_validity(block *b) {
    b->valid = NULL;
    b->n_null = 0;
    const uint64_t *from = b->vec->valid;
    if (!from || b->vec->form == LNT_FORM_CONSTANT) return;
    if (!b->sel) {
        b->valid = from + b->start / 64; // a block starts at a multiple of its size
    } else {
        memset(b->bits, 0, sizeof b->bits);
        for (int64_t i = 0; i < b->n; i++) b->bits[i >> 6] |= (uint64_t)lnt_bitmap_get(from, b->sel[i]) << (i & 63);
        b->valid = b->bits;
    }
    b->n_null = b->n - lnt_bitmap_count(b->valid, b->n);
    if (b->n_null == 0) b->valid = NULL;
}

#define BLOCK_LOOPS(suffix, type)                                                                                      \
    static void gather_##suffix(const void *from, const uint32_t *restrict sel, int64_t n, void *to) {                 \
        const type *restrict in = from;                                                                                \
        type *restrict out = to;                                                                                       \
        for (int64_t i = 0; i < n; i++) out[i] = in[sel[i]];                                                           \
    }                                                                                                                  \
    static void repeat_##suffix(const void *from, int64_t n, void *to) {                                               \
        type value = *(const type *)from, *restrict out = to;                                                          \
        for (int64_t i = 0; i < n; i++) out[i] = value;                                                                \
    }
typedef struct wide {
    uint64_t first, second;
} wide;
BLOCK_LOOPS(1, uint8_t)
BLOCK_LOOPS(4, uint32_t)
BLOCK_LOOPS(8, uint64_t)
BLOCK_LOOPS(16, wide)
#undef BLOCK_LOOPS

typedef struct block_loops {
    void (*gather)(const void *from, const uint32_t *restrict sel, int64_t n, void *to);
    void (*repeat)(const void *from, int64_t n, void *to);
} block_loops;

static const block_loops *loops_of(int size) {
    static const block_loops one = {gather_1, repeat_1}, four = {gather_4, repeat_4}, eight = {gather_8, repeat_8},
                             sixteen = {gather_16, repeat_16};
    return size == 1 ? &one : size == 4 ? &four : size == 8 ? &eight : &sixteen;
}

static int element_size(const lnt_vec *vec) {
    if (vec->form == LNT_FORM_DICTIONARY) return 4;
    return vec->type == LNT_BOOL ? 1 : vec->type == LNT_STRING || vec->type == LNT_IP ? 16 : 8;
}

/// Zeroes the values of null rows.
static void clear_nulls(block *b, int size) {
    for (int64_t word = 0; word < lnt_bitmap_words(b->n); word++) {
        uint64_t nulls = ~b->valid[word];
        for (; nulls; nulls &= nulls - 1) {
            int64_t i = word * 64 + __builtin_ctzll(nulls);
            if (i < b->n) memset(b->values + i * size, 0, (size_t)size);
        }
    }
}

/// The block's values side by side, nulls zero: in the vector itself where they are so, else in `values`.
static const void *block_values(block *b) {
    int size = element_size(b->vec);
    const block_loops *loops = loops_of(size);
    const uint8_t *from = b->vec->data;
    if (b->vec->form == LNT_FORM_CONSTANT) {
        loops->repeat(from, b->n, b->values);
        return b->values;
    }
    if (b->sel) {
        loops->gather(from, b->sel, b->n, b->values);
    } else {
        if (!b->valid) return from + b->start * size;
        memcpy(b->values, from + b->start * size, (size_t)(b->n * size));
    }
    if (b->valid) clear_nulls(b, size);
    return b->values;
}

static lnt_status add_block(lnt_collector *c, block *b, lnt_error *err) {
    block_validity(b);
    const void *values = block_values(b);
    if (c->type != LNT_STRING)
        LNT_TRY(lnt__collector_add_fixed(c, values, b->n, b->valid, err));
    else if (b->vec->form != LNT_FORM_DICTIONARY)
        LNT_TRY(lnt__collector_add_strings(c, values, b->n, b->valid, err));
    else
        LNT_TRY(lnt__collector_add_codes(c, values, b->n, b->valid, b->vec->dictionary, err));
    c->null_count += b->n_null;
    LNT_TRY(lnt__collector_add_validity(c, b->valid, 0, b->n, err));
    return lnt__collector_too_distinct(c) ? lnt__collector_make_plain(c, err) : LNT_OK;
}

lnt_status lnt__collector_add_nulls(lnt_collector *c, int64_t n, lnt_error *err) {
    static const uint64_t none[LNT_BLOCK / 64], zeroes[LNT_BLOCK * 2];
    for (int64_t start = 0; start < n; start += LNT_BLOCK) {
        int64_t rows = n - start < LNT_BLOCK ? n - start : LNT_BLOCK;
        if (c->type == LNT_STRING)
            LNT_TRY(lnt__collector_add_strings(c, (const lnt_str *)zeroes, rows, none, err));
        else
            LNT_TRY(lnt__collector_add_fixed(c, zeroes, rows, none, err));
        c->null_count += rows;
        LNT_TRY(lnt__collector_add_validity(c, none, 0, rows, err));
    }
    return LNT_OK;
}

lnt_status lnt_collector_append(lnt_collector *collector, const lnt_vec *vec, const uint32_t *sel, int64_t n,
                                lnt_error *err) {
    bool constant_null = vec->form == LNT_FORM_CONSTANT && vec->valid && !lnt_bitmap_get(vec->valid, 0);
    if (vec->type == LNT_NULL || constant_null) return lnt__collector_add_nulls(collector, n, err);
    if (vec->type != collector->type) {
        return lnt_error_set(err, LNT_INTERNAL, "a vector of type %s was given to a column of type %s",
                             lnt_type_name(vec->type), lnt_type_name(collector->type));
    }
    block b; // not cleared: it is large, and every block fills in what it uses
    b.vec = vec;
    for (int64_t start = 0; start < n; start += LNT_BLOCK) {
        b.start = start;
        b.n = n - start < LNT_BLOCK ? n - start : LNT_BLOCK;
        b.sel = sel ? sel + start : NULL;
        LNT_TRY(add_block(collector, &b, err));
    }
    return LNT_OK;
}

// ---- the end ----

/// The collector's rows as a column's parts, which take over its buffers.
static lnt_status take_parts(lnt_collector *c, lnt_column *parts, lnt_error *err) {
    if (c->type == LNT_STRING) {
        // A few rows are kept as a dictionary while they come, and judged here.
        bool few = c->mode == LNT_STRINGS_OWN && 2 * c->intern.n <= c->length - c->null_count;
        if (c->mode == LNT_STRINGS_OWN && few) LNT_TRY(lnt__collector_share(c, err));
        if (c->mode == LNT_STRINGS_OWN || c->mode == LNT_STRINGS_NONE) LNT_TRY(lnt__collector_make_plain(c, err));
    }
    void *nothing;
    if (!c->data) LNT_TRY(lnt__collector_room(c, 0, &nothing, err));
    lnt_buffer_trim(c->data);
    if (c->bytes) lnt_buffer_trim(c->bytes);
    if (c->validity) lnt_buffer_trim(c->validity);
    *parts = (lnt_column){.type = c->type,
                          .layout = c->mode == LNT_STRINGS_SHARED ? LNT_LAYOUT_DICTIONARY : LNT_LAYOUT_PLAIN,
                          .width = c->width,
                          .length = c->length,
                          .null_count = c->null_count,
                          .data = c->data,
                          .bytes = c->bytes,
                          .validity = c->validity,
                          .dictionary = c->dictionary};
    c->data = c->bytes = c->validity = NULL;
    c->dictionary = NULL;
    return LNT_OK;
}

lnt_status lnt_collector_finish(lnt_collector *collector, lnt_column **out, lnt_error *err) {
    lnt_column parts;
    lnt_status status = take_parts(collector, &parts, err);
    if (status == LNT_OK) status = lnt_column_make(parts, out, err);
    lnt__collector_empty(collector);
    return status;
}
