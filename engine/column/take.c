/// @file take.c
/// Picks rows of a column in any order: the end of sorts and joins.
///
/// Workload: row numbers of sorts (64 bits) and joins (32 bits), some thousand to 10^8 of them, often in random order,
/// over columns larger than the caches. Pieces of PIECE_ROWS rows are taken in parallel, a block at a time; codes and
/// narrow values stay what they are.
/// Invariants: a piece is a multiple of 64 rows, so that no two threads write into one word of validity; row -1 is
/// null. Once the engine is stopped, pieces are left out and there is no column.
#include "base/engine.h"

#include <string.h>

#include "column/column.h"
#include "column/width.h"

enum { PIECE_ROWS = 16384, BLOCK_ROWS = 256, AHEAD = 12, SHORT_TEXT = 16 };

typedef struct take {
    lnt_engine *engine;
    const lnt_column *in;
    const int64_t *rows;    ///< or NULL:
    const uint32_t *narrow; ///< the same in 32 bits, LNT_NO_ROW for -1
    int64_t n;
    _Atomic bool missing; ///< some row is -1
    int64_t mask;  ///< row & mask is where a row's value is: 0 for constants
    uint8_t *data; ///< of the column being made
    uint64_t *valid;
    int width;      ///< of an offset being made
    uint8_t *bytes; ///< text being made
    int64_t *ends;  ///< by piece: first the bytes of its text, then where its text starts
} take;

static void look_for_missing(void *context, int64_t start, int64_t end) {
    take *t = context;
    int64_t sign = 0;
    bool none = false;
    for (int64_t i = start; t->rows && i < end; i++) sign |= t->rows[i];
    for (int64_t i = start; t->narrow && i < end; i++) none |= t->narrow[i] == LNT_NO_ROW;
    if (none || sign < 0) atomic_store_explicit(&t->missing, true, memory_order_relaxed);
}

/// Row numbers [at, at + n) in 64 bits, n ≤ BLOCK_ROWS: the caller's, or widened into `block`.
static inline const int64_t *rows_at(const take *t, int64_t at, int64_t n, int64_t *block) {
    if (t->rows) return t->rows + at;
    const uint32_t *narrow = t->narrow + at;
    for (int64_t i = 0; i < n; i++) block[i] = narrow[i] == LNT_NO_ROW ? -1 : (int64_t)narrow[i];
    return block;
}

static lnt_status new_buffer(lnt_engine *engine, int64_t n, int64_t width, lnt_buffer **out, lnt_error *err) {
    int64_t size;
    if (__builtin_mul_overflow(n, width, &size)) return lnt_error_set(err, LNT_NOMEM, "out of memory: too many rows");
    LNT_TRY(lnt_buffer_new(engine ? lnt_engine_budget(engine) : NULL, size, "taking rows", out, err));
    (*out)->size = size;
    return LNT_OK;
}

// ---- values of fixed size ----

#define TAKE_FIXED(name, type)                                                                                         \
    static void name(void *context, int64_t start, int64_t end) {                                                      \
        const take *t = context;                                                                                       \
        const type *from = (const type *)t->in->data->data;                                                            \
        const int64_t mask = t->mask;                                                                                  \
        static const type zero;                                                                                        \
        for (int64_t at = start; at < end; at += BLOCK_ROWS) {                                                         \
            int64_t n = end - at < BLOCK_ROWS ? end - at : BLOCK_ROWS, block[BLOCK_ROWS];                              \
            const int64_t *rows = rows_at(t, at, n, block);                                                            \
            type *to = (type *)t->data + at;                                                                           \
            if (t->missing) {                                                                                          \
                for (int64_t i = 0; i < n; i++) to[i] = rows[i] < 0 ? zero : from[rows[i] & mask];                     \
            } else {                                                                                                   \
                for (int64_t i = 0; i < n; i++) to[i] = from[rows[i] & mask];                                          \
            }                                                                                                          \
        }                                                                                                              \
    }
TAKE_FIXED(take_1, uint8_t)
TAKE_FIXED(take_2, uint16_t)
TAKE_FIXED(take_4, uint32_t)
TAKE_FIXED(take_8, uint64_t)
TAKE_FIXED(take_16, lnt_ip)
#undef TAKE_FIXED

static lnt_status take_fixed(lnt_engine *engine, take *t, lnt_column *parts, lnt_error *err) {
    int width = t->in->width;
    LNT_TRY(new_buffer(engine, t->n, width, &parts->data, err));
    t->data = parts->data->data;
    lnt_piece_fn fn = width == 1 ? take_1 : width == 2 ? take_2 : width == 4 ? take_4 : width == 8 ? take_8 : take_16;
    parts->width = width;
    return lnt_engine_pieces(engine, t->n, PIECE_ROWS, fn, t, err);
}

// ---- text ----

/// Where the strings of up to BLOCK_ROWS rows start and what they measure, side by side: loops that only read, so that
/// many reads from random places are under way at once.
typedef struct spans {
    int64_t starts[BLOCK_ROWS], sizes[BLOCK_ROWS];
} spans;

#define FIND_SPANS(name, offset_type)                                                                                  \
    static void name(const offset_type *restrict offsets, const int64_t *restrict rows, int64_t n,                     \
                     spans *restrict out) {                                                                            \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            const offset_type *at = offsets + (rows[i] < 0 ? 0 : rows[i]);                                             \
            int64_t start = (int64_t)at[0], size = (int64_t)(at[rows[i] >= 0] - at[0]);                                \
            out->starts[i] = start;                                                                                    \
            out->sizes[i] = size;                                                                                      \
        }                                                                                                              \
    }
FIND_SPANS(find_spans_4, uint32_t)
FIND_SPANS(find_spans_8, int64_t)
#undef FIND_SPANS

static void find_spans(const take *t, const int64_t *rows, int64_t n, spans *out) {
    const void *offsets = t->in->data->data;
    if (t->in->width == 4)
        find_spans_4(offsets, rows, n, out);
    else
        find_spans_8(offsets, rows, n, out);
}

/// First pass: how many bytes of text a piece has.
static void measure_text(void *context, int64_t start, int64_t end) {
    const take *t = context;
    int64_t total = 0;
    spans found;
    for (int64_t at = start; at < end; at += BLOCK_ROWS) {
        int64_t n = end - at < BLOCK_ROWS ? end - at : BLOCK_ROWS, block[BLOCK_ROWS];
        find_spans(t, rows_at(t, at, n, block), n, &found);
        for (int64_t i = 0; i < n; i++) total += found.sizes[i];
    }
    t->ends[start / PIECE_ROWS] = total;
}

/// Copies a string; short ones by a fixed number of bytes where the source and the piece's own room allow it.
static inline void copy_text(uint8_t *to, const uint8_t *to_end, const uint8_t *from, const uint8_t *from_end,
                             int64_t size) {
    if (size <= SHORT_TEXT && to_end - to >= SHORT_TEXT && from_end - from >= SHORT_TEXT)
        memcpy(to, from, SHORT_TEXT);
    else if (size > 0)
        memcpy(to, from, (size_t)size);
}

/// Copies the text of a block to `at`; returns where the next one goes.
static int64_t copy_block(const take *t, const spans *found, int64_t n, int64_t at, const uint8_t *to_end) {
    const uint8_t *text = t->in->bytes->data, *text_end = text + t->in->bytes->size;
    for (int64_t i = 0; i < n; i++) {
        if (i + AHEAD < n) __builtin_prefetch(text + found->starts[i + AHEAD]);
        copy_text(t->bytes + at, to_end, text + found->starts[i], text_end, found->sizes[i]);
        at += found->sizes[i];
    }
    return at;
}

/// Second pass: offsets and text of a piece.
static void copy_piece(void *context, int64_t start, int64_t end) {
    const take *t = context;
    int64_t at = t->ends[start / PIECE_ROWS];
    const uint8_t *to_end = t->bytes + t->ends[start / PIECE_ROWS + 1];
    spans found;
    for (int64_t block = start; block < end; block += BLOCK_ROWS) {
        int64_t n = end - block < BLOCK_ROWS ? end - block : BLOCK_ROWS, offset = at, wide[BLOCK_ROWS];
        find_spans(t, rows_at(t, block, n, wide), n, &found);
        for (int64_t i = 0; i < n; i++) {
            offset += found.sizes[i];
            if (t->width == 4)
                ((uint32_t *)t->data)[block + i + 1] = (uint32_t)offset;
            else
                ((int64_t *)t->data)[block + i + 1] = offset;
        }
        at = copy_block(t, &found, n, at, to_end);
    }
}

/// Sizes of the pieces to their starts; returns the whole.
static int64_t starts_of_pieces(int64_t *ends, int64_t n_pieces) {
    int64_t total = 0;
    for (int64_t i = 0; i < n_pieces; i++) {
        int64_t size = ends[i];
        ends[i] = total;
        total += size;
    }
    ends[n_pieces] = total;
    return total;
}

static lnt_status take_text(lnt_engine *engine, take *t, lnt_column *parts, lnt_error *err) {
    int64_t n_pieces = (t->n + PIECE_ROWS - 1) / PIECE_ROWS;
    t->ends = lnt_alloc_array(n_pieces + 1, sizeof *t->ends, err);
    if (!t->ends) return LNT_NOMEM;
    lnt_status status = lnt_engine_pieces(engine, t->n, PIECE_ROWS, measure_text, t, err);
    int64_t total = starts_of_pieces(t->ends, n_pieces);
    parts->width = t->width = total <= (int64_t)UINT32_MAX ? 4 : 8;
    if (status == LNT_OK) status = new_buffer(engine, t->n + 1, t->width, &parts->data, err);
    if (status == LNT_OK) status = new_buffer(engine, total, 1, &parts->bytes, err);
    if (status == LNT_OK) {
        t->data = parts->data->data;
        t->bytes = parts->bytes->data;
        memset(t->data, 0, (size_t)t->width);
        status = lnt_engine_pieces(engine, t->n, PIECE_ROWS, copy_piece, t, err);
    }
    lnt_free(t->ends);
    return status;
}

// ---- validity and layouts ----

static void take_validity(void *context, int64_t start, int64_t end) {
    const take *t = context;
    const uint64_t *from = t->in->validity ? (const uint64_t *)t->in->validity->data : NULL;
    for (int64_t word = start; word < end; word += 64) {
        int64_t n = word + 64 < end ? 64 : end - word, block[BLOCK_ROWS];
        const int64_t *rows = rows_at(t, word, n, block);
        uint64_t bits = 0;
        for (int64_t i = 0; i < n; i++)
            bits |= (uint64_t)(rows[i] >= 0 && lnt_bitmap_valid(from, rows[i] & t->mask)) << i;
        t->valid[word / 64] = bits;
    }
}

/// A constant of which some rows become null: one string in a dictionary.
static lnt_status take_constant_text(lnt_engine *engine, const take *t, lnt_column *parts, lnt_error *err) {
    const lnt_column *in = t->in;
    LNT_TRY(new_buffer(engine, t->n, 1, &parts->data, err));
    memset(parts->data->data, 0, (size_t)t->n);
    parts->width = 1;
    parts->layout = LNT_LAYOUT_DICTIONARY;
    lnt_column dictionary = {.type = LNT_STRING,
                             .layout = LNT_LAYOUT_PLAIN,
                             .width = in->width,
                             .length = 1,
                             .data = lnt_buffer_ref(in->data),
                             .bytes = lnt_buffer_ref(in->bytes)};
    return lnt_column_make(dictionary, &parts->dictionary, err);
}

static lnt_status take_values(lnt_engine *engine, take *t, lnt_column *parts, lnt_error *err) {
    bool text = t->in->type == LNT_STRING;
    if (text && t->in->layout == LNT_LAYOUT_CONSTANT) return take_constant_text(engine, t, parts, err);
    if (text && t->in->layout == LNT_LAYOUT_PLAIN) return take_text(engine, t, parts, err);
    if (t->in->dictionary) {
        parts->dictionary = lnt_column_ref(t->in->dictionary);
        parts->layout = LNT_LAYOUT_DICTIONARY;
    }
    return take_fixed(engine, t, parts, err);
}

/// The same constant, `n` rows long.
static lnt_status constant_of_length(const lnt_column *in, int64_t n, lnt_column **out, lnt_error *err) {
    lnt_column parts = {.type = in->type,
                        .layout = LNT_LAYOUT_CONSTANT,
                        .width = in->width,
                        .length = n,
                        .null_count = -1,
                        .data = lnt_buffer_ref(in->data)};
    if (in->bytes) parts.bytes = lnt_buffer_ref(in->bytes);
    if (in->validity) parts.validity = lnt_buffer_ref(in->validity);
    return lnt_column_make(parts, out, err);
}

static lnt_status run(take *t, lnt_column **out, lnt_error *err) {
    const lnt_column *in = t->in;
    lnt_engine *engine = t->engine;
    LNT_TRY(lnt_engine_pieces(engine, t->n, PIECE_ROWS, look_for_missing, t, err));
    t->mask = -1;
    if (in->layout == LNT_LAYOUT_CONSTANT) {
        if (!t->missing || in->null_count > 0) return constant_of_length(in, t->n, out, err);
        t->mask = 0;
    }
    lnt_column parts = {.type = in->type, .layout = LNT_LAYOUT_PLAIN, .length = t->n, .null_count = -1};
    lnt_status status = take_values(engine, t, &parts, err);
    if (status == LNT_OK && (t->missing || in->validity)) {
        status = new_buffer(engine, lnt_bitmap_words(t->n), 8, &parts.validity, err);
        if (status == LNT_OK) {
            t->valid = (uint64_t *)parts.validity->data;
            status = lnt_engine_pieces(engine, t->n, PIECE_ROWS, take_validity, t, err);
        }
    }
    if (status == LNT_OK) return lnt_column_make(parts, out, err);
    lnt_buffer_unref(parts.data);
    lnt_buffer_unref(parts.bytes);
    lnt_buffer_unref(parts.validity);
    lnt_column_unref(parts.dictionary);
    return status;
}

lnt_status lnt_column_take(lnt_engine *engine, const lnt_column *in, const int64_t *rows, int64_t n, lnt_column **out,
                           lnt_error *err) {
    take t = {.engine = engine, .in = in, .rows = rows, .n = n};
    return run(&t, out, err);
}

lnt_status lnt_column_take_narrow(lnt_engine *engine, const lnt_column *in, const uint32_t *rows, int64_t n,
                                  lnt_column **out, lnt_error *err) {
    take t = {.engine = engine, .in = in, .narrow = rows, .n = n};
    return run(&t, out, err);
}
