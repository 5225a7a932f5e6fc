/// @file spill_block.c
/// Batches as bytes: each column is a word that says how it is held, validity if there are nulls, then its values, as
/// narrow as the block's values allow; every part begins at a multiple of eight bytes.
///
/// Workload: blocks of up to 4,096 rows, written and read by the machine that made them within one query, so bytes are
/// in its own order and nothing is checked again.
#include "exec/spill/spill_block.h"

#include <string.h>

/// How a column is held: bit 0 nulls, from bit 8 on the width of a value.
enum { HAS_NULLS = 1, WIDTH_SHIFT = 8 };

static int64_t padded(int64_t size) {
    return (size + 7) & ~(int64_t)7;
}

// ---- runs ----

void lnt__run_clear(lnt_run *run) {
    lnt_free(run->blocks);
    *run = (lnt_run){0};
}

lnt_status lnt__run_join(lnt_run *run, lnt_run *from, lnt_error *err) {
    LNT_TRY(lnt_grow((void **)&run->blocks, &run->capacity, run->n_blocks + from->n_blocks, sizeof *run->blocks, err));
    for (int64_t i = 0; i < from->n_blocks; i++) run->blocks[run->n_blocks++] = from->blocks[i];
    run->n_rows += from->n_rows;
    lnt__run_clear(from);
    return LNT_OK;
}

void lnt__runs_clear(lnt_runs *runs) {
    for (int64_t i = 0; i < runs->n; i++) lnt__run_clear(&runs->items[i]);
    lnt_free(runs->items);
    *runs = (lnt_runs){0};
}

lnt_status lnt__runs_add(lnt_runs *runs, lnt_run **out, lnt_error *err) {
    LNT_TRY(lnt_grow((void **)&runs->items, &runs->capacity, runs->n + 1, sizeof *runs->items, err));
    *out = &runs->items[runs->n++];
    **out = (lnt_run){0};
    return LNT_OK;
}

lnt_status lnt__runs_join(lnt_runs *runs, lnt_runs *from, lnt_error *err) {
    LNT_TRY(lnt_grow((void **)&runs->items, &runs->capacity, runs->n + from->n, sizeof *runs->items, err));
    for (int64_t i = 0; i < from->n; i++) runs->items[runs->n++] = from->items[i];
    from->n = 0;
    lnt__runs_clear(from);
    return LNT_OK;
}

// ---- writing ----

/// One column on its way into a block.
typedef struct source {
    const lnt_vec *vec;
    const uint32_t *sel;
    int64_t n, mask;
    bool all_null;
} source;

static bool is_valid(const source *from, int64_t row) {
    return !from->all_null && (!from->vec->valid || lnt_bitmap_get(from->vec->valid, row & from->mask));
}

static int64_t row_of(const source *from, int64_t k) {
    return from->sel ? from->sel[k] : k;
}

/// Room for `size` more bytes at `*at`, which moves on.
static lnt_status extend(lnt_room *buffer, const lnt_spill *spill, int64_t *at, int64_t size, uint8_t **out,
                         lnt_error *err) {
    lnt_budget *budget = lnt_engine_budget(lnt_spill_engine(spill));
    LNT_TRY(lnt__room_grow(buffer, budget, *at + padded(size), 1, lnt_spill_who(spill), err));
    *out = (uint8_t *)lnt__room_data(buffer) + *at;
    if (size != padded(size)) memset(*out + padded(size) - 8, 0, 8);
    *at += padded(size);
    return LNT_OK;
}

static int width_of_ints(const source *from) {
    const int64_t *values = from->vec->data;
    uint64_t bits = 0; // of all values, folded so that a negative one takes as many as its complement
    for (int64_t k = 0; k < from->n; k++) {
        int64_t row = row_of(from, k);
        if (is_valid(from, row)) bits |= (uint64_t)(values[row & from->mask] ^ values[row & from->mask] >> 63);
    }
    return bits >> 31 ? 8 : bits >> 15 ? 4 : bits >> 7 ? 2 : 1;
}

static int width_of_ips(const source *from) {
    const lnt_ip *values = from->vec->data;
    for (int64_t k = 0; k < from->n; k++) {
        int64_t row = row_of(from, k);
        if (is_valid(from, row) && !lnt_ip_is_v4(values[row & from->mask])) return 16;
    }
    return 4;
}

static int width_of(const source *from, lnt_type type) {
    if (type == LNT_STRING) return 4; // of a length
    if (type == LNT_BOOL) return 1;
    if (from->all_null) return type == LNT_IP ? 4 : 8;
    if (type == LNT_FLOAT) return 8;
    return type == LNT_IP ? width_of_ips(from) : width_of_ints(from);
}

/// A loop that writes TO for each row, zero where it is null.
#define PUT(TO, FROM, CONVERTED)                                                                                       \
    do {                                                                                                               \
        const FROM *values = from->vec->data;                                                                          \
        for (int64_t k = 0; k < from->n; k++) {                                                                        \
            int64_t row = row_of(from, k);                                                                             \
            memset(&((TO *)(void *)to)[k], 0, sizeof(TO));                                                             \
            if (!is_valid(from, row)) continue;                                                                        \
            FROM value = values[row & from->mask];                                                                     \
            ((TO *)(void *)to)[k] = (CONVERTED);                                                                       \
        }                                                                                                              \
    } while (0)

static void put_fixed(const source *from, lnt_type type, int width, uint8_t *to) {
    if (from->all_null) {
        memset(to, 0, (size_t)(from->n * width));
        return;
    }
    switch (type) {
    case LNT_BOOL:
        PUT(uint8_t, uint8_t, value != 0);
        return;
    case LNT_FLOAT:
        PUT(double, double, value);
        return;
    case LNT_IP:
        if (width == 4) {
            PUT(uint32_t, lnt_ip, (uint32_t)value.lo);
        } else {
            PUT(lnt_ip, lnt_ip, value);
        }
        return;
    default:
        break;
    }
    switch (width) {
    case 1:
        PUT(int8_t, int64_t, (int8_t)value);
        break;
    case 2:
        PUT(int16_t, int64_t, (int16_t)value);
        break;
    case 4:
        PUT(int32_t, int64_t, (int32_t)value);
        break;
    default:
        PUT(int64_t, int64_t, value);
        break;
    }
}
#undef PUT

static lnt_status put_strings(const source *from, lnt_room *buffer, const lnt_spill *spill, int64_t *at, lnt_error *err) {
    uint8_t *lengths, *text;
    int64_t size = 0, first = *at;
    LNT_TRY(extend(buffer, spill, at, from->n * (int64_t)sizeof(uint32_t), &lengths, err));
    for (int64_t k = 0; k < from->n; k++) {
        int64_t row = row_of(from, k), own = is_valid(from, row) ? lnt_vec_str(from->vec, row).size : 0;
        if (own > UINT32_MAX) return lnt_error_set(err, LNT_LIMIT, "a text of more than 4 GiB can't be put aside");
        ((uint32_t *)(void *)lengths)[k] = (uint32_t)own;
        size += own;
    }
    LNT_TRY(extend(buffer, spill, at, size, &text, err));
    const uint32_t *sizes = (const uint32_t *)(const void *)((uint8_t *)lnt__room_data(buffer) + first);
    for (int64_t k = 0; k < from->n; k++) {
        if (sizes[k] == 0) continue;
        memcpy(text, lnt_vec_str(from->vec, row_of(from, k)).data, sizes[k]);
        text += sizes[k];
    }
    return LNT_OK;
}

static lnt_status put_validity(const source *from, lnt_room *buffer, const lnt_spill *spill, int64_t *at, bool *nulls,
                               lnt_error *err) {
    *nulls = from->all_null;
    for (int64_t k = 0; !*nulls && from->vec->valid && k < from->n; k++) *nulls = !is_valid(from, row_of(from, k));
    if (!*nulls) return LNT_OK;
    uint8_t *bytes;
    int64_t size = lnt_bitmap_words(from->n) * (int64_t)sizeof(uint64_t);
    LNT_TRY(extend(buffer, spill, at, size, &bytes, err));
    memset(bytes, 0, (size_t)size);
    for (int64_t k = 0; k < from->n; k++)
        if (is_valid(from, row_of(from, k))) lnt_bitmap_set((uint64_t *)(void *)bytes, k);
    return LNT_OK;
}

static lnt_status put_column(const source *from, lnt_type type, lnt_room *buffer, const lnt_spill *spill, int64_t *at,
                             lnt_error *err) {
    int64_t head_at = *at;
    uint8_t *head, *values;
    bool nulls;
    int width = width_of(from, type);
    LNT_TRY(extend(buffer, spill, at, sizeof(uint64_t), &head, err));
    LNT_TRY(put_validity(from, buffer, spill, at, &nulls, err));
    *(uint64_t *)(void *)((uint8_t *)lnt__room_data(buffer) + head_at) =
        (uint64_t)width << WIDTH_SHIFT | (nulls ? HAS_NULLS : 0);
    if (type == LNT_STRING) return put_strings(from, buffer, spill, at, err);
    LNT_TRY(extend(buffer, spill, at, from->n * width, &values, err));
    put_fixed(from, type, width, values);
    return LNT_OK;
}

lnt_status lnt__block_write(lnt_spill *spill, const lnt_type *types, int64_t n_columns, const lnt_vec *vectors,
                            const uint32_t *sel, int64_t n, lnt_room *buffer, lnt_run *run, lnt_error *err) {
    int64_t size = 0;
    LNT_TRY(lnt_engine_check(lnt_spill_engine(spill), err));
    LNT_TRY(lnt_grow((void **)&run->blocks, &run->capacity, run->n_blocks + 1, sizeof *run->blocks, err));
    for (int64_t c = 0; c < n_columns; c++) {
        source from = {&vectors[c], sel, n, vectors[c].form == LNT_FORM_CONSTANT ? 0 : -1, vectors[c].type == LNT_NULL};
        if (vectors[c].type != types[c] && !from.all_null)
            return lnt_error_set(err, LNT_INTERNAL, "a vector of type %s was put aside as %s",
                                 lnt_type_name(vectors[c].type), lnt_type_name(types[c]));
        LNT_TRY(put_column(&from, types[c], buffer, spill, &size, err));
    }
    lnt_block_ref ref = {.size = size, .n_rows = n};
    LNT_TRY(lnt_spill_write(spill, lnt__room_data(buffer), size, &ref.offset, err));
    run->blocks[run->n_blocks++] = ref;
    run->n_rows += n;
    return LNT_OK;
}

// ---- reading ----

/// What is left of a block's bytes, and of the room for wide values.
typedef struct cursor {
    uint8_t *raw, *wide;
} cursor;

static void *take(uint8_t **from, int64_t size) {
    void *taken = *from;
    *from += padded(size);
    return taken;
}

#define WIDEN(FROM, TO, CONVERTED)                                                                                     \
    do {                                                                                                               \
        const FROM *values = narrow;                                                                                   \
        for (int64_t k = 0; k < n; k++) ((TO *)wide)[k] = CONVERTED(values[k]);                                        \
    } while (0)

static void widen(lnt_type type, int width, const void *narrow, int64_t n, void *wide) {
    if (type == LNT_IP) {
        WIDEN(uint32_t, lnt_ip, lnt_ip_from_v4);
    } else if (width == 1) {
        WIDEN(int8_t, int64_t, (int64_t));
    } else if (width == 2) {
        WIDEN(int16_t, int64_t, (int64_t));
    } else {
        WIDEN(int32_t, int64_t, (int64_t));
    }
}
#undef WIDEN

static void get_strings(cursor *at, int64_t n, lnt_vec *vec) {
    const uint32_t *sizes = take(&at->raw, n * (int64_t)sizeof *sizes);
    lnt_str *strings = take(&at->wide, n * (int64_t)sizeof *strings);
    const char *text = (const char *)at->raw;
    int64_t size = 0;
    for (int64_t k = 0; k < n; k++) {
        strings[k] = (lnt_str){text + size, sizes[k]};
        size += sizes[k];
    }
    take(&at->raw, size);
    vec->data = strings;
}

static void get_column(cursor *at, lnt_type type, int64_t n, lnt_vec *vec) {
    uint64_t head = *(const uint64_t *)take(&at->raw, sizeof head);
    int width = (int)(head >> WIDTH_SHIFT), full = type == LNT_BOOL ? 1 : type == LNT_IP ? 16 : 8;
    *vec = (lnt_vec){.type = type, .form = LNT_FORM_FLAT};
    if (head & HAS_NULLS) vec->valid = take(&at->raw, lnt_bitmap_words(n) * (int64_t)sizeof(uint64_t));
    if (type == LNT_STRING) {
        get_strings(at, n, vec);
        return;
    }
    vec->data = take(&at->raw, n * width);
    if (width == full) return;
    void *wide = take(&at->wide, n * full);
    widen(type, width, vec->data, n, wide);
    vec->data = wide;
}

lnt_status lnt__block_read(const lnt_spill *spill, const lnt_block_ref *ref, const lnt_type *types, int64_t n_columns,
                           lnt_block *block, lnt_error *err) {
    lnt_budget *budget = lnt_engine_budget(lnt_spill_engine(spill));
    int64_t wide_bytes = 0;
    for (int64_t c = 0; c < n_columns; c++)
        wide_bytes += ref->n_rows * (types[c] == LNT_BOOL ? 0 : types[c] == LNT_IP || types[c] == LNT_STRING ? 16 : 8);
    LNT_TRY(lnt__room_grow(&block->raw, budget, ref->size, 1, lnt_spill_who(spill), err));
    LNT_TRY(lnt__room_grow(&block->wide, budget, wide_bytes, 1, lnt_spill_who(spill), err));
    LNT_TRY(lnt__room_grow(&block->vecs, budget, n_columns, sizeof(lnt_vec), lnt_spill_who(spill), err));
    LNT_TRY(lnt_spill_read(spill, ref->offset, lnt__room_data(&block->raw), ref->size, err));
    cursor at = {lnt__room_data(&block->raw), lnt__room_data(&block->wide)};
    block->vectors = lnt__room_data(&block->vecs);
    block->n_rows = ref->n_rows;
    for (int64_t c = 0; c < n_columns; c++) get_column(&at, types[c], ref->n_rows, &block->vectors[c]);
    return LNT_OK;
}

void lnt__block_clear(lnt_block *block) {
    lnt__room_clear(&block->raw);
    lnt__room_clear(&block->wide);
    lnt__room_clear(&block->vecs);
    *block = (lnt_block){0};
}

// ---- sizes ----

int64_t lnt__block_bytes(const lnt_engine *engine) {
    enum { SHARE = 512, LEAST = 16 << 10, MOST = 512 << 10 };
    int64_t bytes = lnt_engine_memory_limit(engine) / SHARE;
    return bytes < LEAST ? LEAST : bytes > MOST ? MOST : bytes;
}

int64_t lnt__block_rows(const lnt_engine *engine, int64_t bytes, int64_t n_rows, int64_t n_columns) {
    enum { LEAST = 32, PER_VALUE = 8 }; // beside the values themselves: what a text or a narrow number becomes
    int64_t row_bytes = (n_rows > 0 ? bytes / n_rows : 0) + n_columns * PER_VALUE;
    int64_t rows = lnt__block_bytes(engine) / (row_bytes > 0 ? row_bytes : 1);
    return rows < LEAST ? LEAST : rows > LNT_BATCH_ROWS ? LNT_BATCH_ROWS : rows;
}
