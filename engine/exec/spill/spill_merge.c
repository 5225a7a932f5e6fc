/// @file spill_merge.c
/// Merging sorted runs: a heap of the runs' next rows.
///
/// Workload: up to some dozens of runs, of each of which one block is in memory. A row is compared by the first eight
/// bytes of its first key, made a number whose order is the key's; only where those are equal are values looked at.
/// Picked rows are gathered column by column, at the latest before a block that they are in makes way for the next.
#include "exec/spill/spill_merge.h"

#include <string.h>

#include "exec/sort/sort.h"

/// A run that is being read.
typedef struct cursor {
    const lnt_run *run;
    int64_t next_block;
    lnt_block block;
    int64_t row;   ///< of the block
    uint64_t code; ///< of the row's first key
} cursor;

/// A row that is to come out.
typedef struct pick {
    int32_t cursor;
    int32_t row;
} pick;

struct lnt_merge {
    const lnt_spill *spill;
    lnt_type *types;
    int64_t *keys;
    bool *descending;
    int64_t n_columns, n_keys;
    cursor *cursors;
    int64_t n_cursors;
    int32_t *heap; ///< of cursors that have rows
    int64_t n_heap;
    int64_t drained; ///< the cursor whose block is used up, or -1
    pick *picks;
    lnt_arena out;
    lnt_vec *vectors;
};

int64_t lnt__merge_fan_in(const lnt_engine *engine) {
    enum { LEAST = 4, MOST = 64, SHARE = 4, BLOCKS = 3 }; // a block takes its bytes, as raw and as wide values
    int64_t n = lnt_engine_memory_left(engine) / SHARE / (BLOCKS * lnt__block_bytes(engine));
    return n < LEAST ? LEAST : n > MOST ? MOST : n;
}

// ---- the order of rows ----

static uint64_t code_of_float(double value) {
    uint64_t bits;
    if (value != value) return UINT64_MAX;
    if (value == 0) value = 0; // -0 too
    memcpy(&bits, &value, sizeof bits);
    return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

static uint64_t code_of_string(lnt_str text) {
    uint64_t bytes = 0;
    if (text.size > 0) memcpy(&bytes, text.data, text.size < 8 ? (size_t)text.size : 8);
    return __builtin_bswap64(bytes);
}

/// A number that is less only where the value comes first; nulls and NaN have the greatest both ways.
static uint64_t code_of(const lnt_vec *vec, int64_t row, bool descending) {
    uint64_t code;
    if (vec->valid && !lnt_bitmap_get(vec->valid, row)) return UINT64_MAX;
    switch (vec->type) {
    case LNT_BOOL:
        code = ((const uint8_t *)vec->data)[row];
        break;
    case LNT_FLOAT:
        code = code_of_float(((const double *)vec->data)[row]);
        if (code == UINT64_MAX) return code;
        break;
    case LNT_STRING:
        code = code_of_string(((const lnt_str *)vec->data)[row]);
        break;
    case LNT_IP: {
        lnt_ip ip = ((const lnt_ip *)vec->data)[row];
        code = ip.hi ? ip.hi >> 1 | (uint64_t)1 << 63 : ip.lo >> 1;
        break;
    }
    default:
        code = ((const uint64_t *)vec->data)[row] ^ (uint64_t)1 << 63;
        break;
    }
    return descending ? ~code : code;
}

/// Whether the row of cursor `a` comes before that of `b`.
static bool goes_before(const lnt_merge *merge, int32_t a, int32_t b) {
    const cursor *x = &merge->cursors[a], *y = &merge->cursors[b];
    if (x->code != y->code) return x->code < y->code;
    for (int64_t k = 0; k < merge->n_keys; k++) {
        int64_t column = merge->keys[k];
        int order = lnt__sort_compare(lnt_vec_get(&x->block.vectors[column], x->row),
                                      lnt_vec_get(&y->block.vectors[column], y->row), merge->descending[k]);
        if (order) return order < 0;
    }
    return a < b;
}

static void sift_down(lnt_merge *merge, int64_t at) {
    int32_t *heap = merge->heap, moved = heap[at];
    for (;;) {
        int64_t child = 2 * at + 1;
        if (child >= merge->n_heap) break;
        if (child + 1 < merge->n_heap && goes_before(merge, heap[child + 1], heap[child])) child++;
        if (!goes_before(merge, heap[child], moved)) break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = moved;
}

// ---- reading ----

static void set_code(const lnt_merge *merge, cursor *at) {
    at->code = merge->n_keys ? code_of(&at->block.vectors[merge->keys[0]], at->row, merge->descending[0]) : 0;
}

/// Reads the cursor's next block that has rows; `*more` tells whether there was one.
static lnt_status load(const lnt_merge *merge, cursor *at, bool *more, lnt_error *err) {
    *more = false;
    while (!*more && at->next_block < at->run->n_blocks) {
        const lnt_block_ref *ref = &at->run->blocks[at->next_block++];
        if (ref->n_rows == 0) continue;
        LNT_TRY(lnt__block_read(merge->spill, ref, merge->types, merge->n_columns, &at->block, err));
        at->row = 0;
        set_code(merge, at);
        *more = true;
    }
    if (!*more) lnt__block_clear(&at->block);
    return LNT_OK;
}

void lnt__merge_free(lnt_merge *merge) {
    if (!merge) return;
    for (int64_t i = 0; merge->cursors && i < merge->n_cursors; i++) lnt__block_clear(&merge->cursors[i].block);
    lnt_arena_clear(&merge->out);
    lnt_free(merge->cursors);
    lnt_free(merge->heap);
    lnt_free(merge->picks);
    lnt_free(merge->vectors);
    lnt_free(merge->types);
    lnt_free(merge->keys);
    lnt_free(merge->descending);
    lnt_free(merge);
}

static lnt_status copy_shape(lnt_merge *merge, const lnt_run_shape *shape, lnt_error *err) {
    merge->n_columns = shape->n_columns;
    merge->n_keys = shape->n_keys;
    merge->types = lnt_alloc_array(shape->n_columns, sizeof *merge->types, err);
    merge->keys = lnt_alloc_array(shape->n_keys, sizeof *merge->keys, err);
    merge->descending = lnt_alloc_array(shape->n_keys, sizeof *merge->descending, err);
    merge->vectors = lnt_alloc_array(shape->n_columns, sizeof *merge->vectors, err);
    merge->picks = lnt_alloc_array(LNT_BATCH_ROWS, sizeof *merge->picks, err);
    if (!merge->types || !merge->keys || !merge->descending || !merge->vectors || !merge->picks) return LNT_NOMEM;
    for (int64_t c = 0; c < shape->n_columns; c++) merge->types[c] = shape->types[c];
    for (int64_t k = 0; k < shape->n_keys; k++) {
        merge->keys[k] = shape->keys[k];
        merge->descending[k] = shape->descending[k];
    }
    return LNT_OK;
}

static lnt_status init(lnt_merge *merge, const lnt_run_shape *shape, const lnt_run *runs, int64_t n, lnt_error *err) {
    LNT_TRY(copy_shape(merge, shape, err));
    merge->cursors = lnt_alloc_array(n, sizeof *merge->cursors, err);
    merge->heap = lnt_alloc_array(n, sizeof *merge->heap, err);
    if (!merge->cursors || !merge->heap) return LNT_NOMEM;
    merge->n_cursors = n;
    for (int64_t i = 0; i < n; i++) {
        bool more;
        merge->cursors[i].run = &runs[i];
        LNT_TRY(load(merge, &merge->cursors[i], &more, err));
        if (more) merge->heap[merge->n_heap++] = (int32_t)i;
    }
    for (int64_t i = merge->n_heap / 2; i-- > 0;) sift_down(merge, i);
    return LNT_OK;
}

lnt_status lnt__merge_new(const lnt_spill *spill, const lnt_run_shape *shape, const lnt_run *runs, int64_t n,
                          lnt_merge **out, lnt_error *err) {
    lnt_merge *merge = lnt_alloc_array(1, sizeof *merge, err);
    if (!merge) return LNT_NOMEM;
    merge->spill = spill;
    merge->drained = -1;
    lnt_arena_init(&merge->out, lnt_engine_budget(lnt_spill_engine(spill)), lnt_spill_who(spill));
    lnt_status status = init(merge, shape, runs, n, err);
    if (status != LNT_OK) {
        lnt__merge_free(merge);
        return status;
    }
    *out = merge;
    return LNT_OK;
}

/// The block that was used up makes way for the next one.
static lnt_status refill(lnt_merge *merge, lnt_error *err) {
    if (merge->drained < 0) return LNT_OK;
    bool more;
    LNT_TRY(load(merge, &merge->cursors[merge->drained], &more, err)); // it is at the top of the heap
    merge->drained = -1;
    if (!more) merge->heap[0] = merge->heap[--merge->n_heap];
    if (merge->n_heap > 0) sift_down(merge, 0);
    return LNT_OK;
}

/// Picks the next rows until there are enough or a block is used up.
static int64_t pick_rows(lnt_merge *merge) {
    int64_t n = 0;
    while (n < LNT_BATCH_ROWS && merge->n_heap > 0) {
        cursor *top = &merge->cursors[merge->heap[0]];
        merge->picks[n++] = (pick){merge->heap[0], (int32_t)top->row};
        if (++top->row == top->block.n_rows) {
            merge->drained = merge->heap[0];
            break;
        }
        set_code(merge, top);
        sift_down(merge, 0);
    }
    return n;
}

#define GATHER(TYPE)                                                                                                   \
    do {                                                                                                               \
        for (int64_t k = 0; k < n; k++)                                                                                \
            ((TYPE *)data)[k] =                                                                                        \
                ((const TYPE *)merge->cursors[picks[k].cursor].block.vectors[column].data)[picks[k].row];              \
    } while (0)

static lnt_status gather(lnt_merge *merge, int64_t column, int64_t n, lnt_error *err) {
    const pick *picks = merge->picks;
    lnt_type type = merge->types[column];
    int64_t bytes = type == LNT_BOOL ? 1 : type == LNT_STRING || type == LNT_IP ? 16 : 8;
    void *data = lnt_arena_alloc(&merge->out, n * bytes, err);
    uint64_t *valid = data ? lnt_arena_alloc(&merge->out, lnt_bitmap_words(n) * (int64_t)sizeof *valid, err) : NULL;
    if (!valid) return lnt_no_memory(err);
    if (bytes == 1) {
        GATHER(uint8_t);
    } else if (bytes == 8) {
        GATHER(uint64_t);
    } else {
        GATHER(lnt_ip);
    }
    memset(valid, 0xff, (size_t)lnt_bitmap_words(n) * sizeof *valid);
    for (int64_t k = 0; k < n; k++) {
        const uint64_t *own = merge->cursors[picks[k].cursor].block.vectors[column].valid;
        if (own && !lnt_bitmap_get(own, picks[k].row)) lnt_bitmap_unset(valid, k);
    }
    merge->vectors[column] = (lnt_vec){.type = type, .form = LNT_FORM_FLAT, .data = data, .valid = valid};
    return LNT_OK;
}
#undef GATHER

lnt_status lnt__merge_next(lnt_merge *merge, lnt_batch *batch, lnt_error *err) {
    *batch = (lnt_batch){.first_row = -1, .n_columns = merge->n_columns};
    LNT_TRY(lnt_engine_check(lnt_spill_engine(merge->spill), err));
    LNT_TRY(refill(merge, err));
    if (merge->n_heap == 0) return LNT_OK;
    if (merge->n_heap == 1 && merge->cursors[merge->heap[0]].row == 0) { // what is left of a single run: whole blocks
        cursor *only = &merge->cursors[merge->heap[0]];
        batch->n_rows = batch->n_sel = only->block.n_rows;
        batch->columns = only->block.vectors;
        merge->drained = merge->heap[0];
        return LNT_OK;
    }
    lnt_arena_reset(&merge->out);
    batch->n_rows = batch->n_sel = pick_rows(merge);
    batch->columns = merge->vectors;
    for (int64_t c = 0; c < merge->n_columns; c++) LNT_TRY(gather(merge, c, batch->n_rows, err));
    return LNT_OK;
}

// ---- fewer runs ----

int64_t lnt__runs_block_rows(const lnt_run *runs, int64_t n) {
    int64_t most = 1;
    for (int64_t i = 0; i < n; i++)
        for (int64_t b = 0; b < runs[i].n_blocks; b++)
            most = runs[i].blocks[b].n_rows > most ? runs[i].blocks[b].n_rows : most;
    return most;
}

/// Merges runs[n] into `into`.
static lnt_status merge_group(lnt_spill *spill, const lnt_run_shape *shape, const lnt_run *runs, int64_t n,
                              lnt_run *into, lnt_error *err) {
    lnt_merge *merge = NULL;
    lnt_room buffer = {0};
    lnt_batch batch;
    int64_t most = lnt__runs_block_rows(runs, n); // blocks don't grow
    lnt_status status = lnt__merge_new(spill, shape, runs, n, &merge, err);
    while (status == LNT_OK) {
        status = lnt__merge_next(merge, &batch, err);
        if (status != LNT_OK || batch.n_rows == 0) break;
        uint32_t rows[LNT_BATCH_ROWS];
        for (int64_t at = 0; status == LNT_OK && at < batch.n_rows; at += most) {
            int64_t count = batch.n_rows - at < most ? batch.n_rows - at : most;
            for (int64_t k = 0; k < count; k++) rows[k] = (uint32_t)(at + k);
            status =
                lnt__block_write(spill, shape->types, shape->n_columns, batch.columns, rows, count, &buffer, into, err);
        }
    }
    lnt__merge_free(merge);
    lnt__room_clear(&buffer);
    return status;
}

lnt_status lnt__runs_reduce(lnt_spill *spill, const lnt_run_shape *shape, lnt_runs *runs, int64_t most,
                            lnt_error *err) {
    int64_t fan_in = lnt__merge_fan_in(lnt_spill_engine(spill));
    while (runs->n > most) {
        lnt_runs fewer = {0};
        lnt_status status = LNT_OK;
        for (int64_t at = 0; status == LNT_OK && at < runs->n; at += fan_in) {
            int64_t n = runs->n - at < fan_in ? runs->n - at : fan_in;
            lnt_run *into = NULL;
            status = lnt__runs_add(&fewer, &into, err);
            if (status == LNT_OK) status = merge_group(spill, shape, runs->items + at, n, into, err);
        }
        lnt__runs_clear(runs);
        *runs = fewer;
        LNT_TRY(status);
    }
    return LNT_OK;
}
