/// @file join_direct.c
/// Rows of the right side by the value of their key: no hashing, no numbering.
///
/// Workload: up to 10^8 rows whose only key is an integer or a time, each value in one row at most, in a range not much
/// larger than there are rows, in any order: numbers of records, mostly. The range is divided among the workers, each of
/// which passes over all keys and notes the rows of its own part, so that no two write to one place.
/// A value that comes twice ends it; rows are then listed by key (join_build.c).
#include <string.h>

#include "base/parallel.h"
#include "column/width.h"
#include "exec/join/join.h"

enum {
    DIRECT_PIECE = 131072,
    DIRECT_BLOCK = 1024,
    DIRECT_SPARSE = 4,     ///< the most places for a row
    DIRECT_SMALL = 4096,   ///< places that are never too many
    DIRECT_MEMORY = 4,     ///< at most this part of what memory is left
    DIRECT_PARTS_MAX = 16, ///< each costs a pass over all keys
};

typedef struct lnt_extent {
    int64_t least, greatest;
} lnt_extent;

typedef struct lnt_direct_build {
    lnt_engine *engine;
    const lnt_column *column;
    lnt_extent *extents; ///< by piece
    lnt_join_direct *direct;
    uint64_t part; ///< places of a part
    _Atomic bool twice;
} lnt_direct_build;

/// Keys [start, start + n) that aren't null: their values and rows; returns how many.
static int64_t load_keys(const lnt_column *column, int64_t start, int64_t n, int64_t *values, uint32_t *rows) {
    const uint64_t *valid = column->validity ? (const uint64_t *)(const void *)column->validity->data : NULL;
    lnt_ints_load(column->data->data + start * column->width, column->width, n, values);
    int64_t kept = 0;
    for (int64_t i = 0; i < n; i++) {
        values[kept] = values[i];
        rows[kept] = (uint32_t)(start + i);
        kept += lnt_bitmap_valid(valid, start + i);
    }
    return kept;
}

static int64_t block_at(int64_t at, int64_t end) {
    return end - at < DIRECT_BLOCK ? end - at : DIRECT_BLOCK;
}

static lnt_status find_extent(void *context, int64_t item, int worker, lnt_error *err) {
    (void)worker;
    const lnt_direct_build *make = context;
    lnt_extent extent = {INT64_MAX, INT64_MIN};
    int64_t start = item * DIRECT_PIECE, end = start + DIRECT_PIECE, values[DIRECT_BLOCK];
    uint32_t rows[DIRECT_BLOCK];
    if (end > make->column->length) end = make->column->length;
    for (int64_t at = start; at < end; at += DIRECT_BLOCK) {
        int64_t n = load_keys(make->column, at, block_at(at, end), values, rows);
        for (int64_t i = 0; i < n; i++) {
            extent.least = values[i] < extent.least ? values[i] : extent.least;
            extent.greatest = values[i] > extent.greatest ? values[i] : extent.greatest;
        }
    }
    make->extents[item] = extent;
    return lnt_engine_check(make->engine, err);
}

/// The range of all keys; false where there is none, or it is too wide.
static lnt_status find_range(lnt_direct_build *make, bool *fits, lnt_error *err) {
    int64_t n_rows = make->column->length, n_pieces = (n_rows + DIRECT_PIECE - 1) / DIRECT_PIECE;
    make->extents = lnt_alloc_array(n_pieces, sizeof *make->extents, err);
    if (!make->extents) return LNT_NOMEM;
    LNT_TRY(lnt__parallel(make->engine, n_pieces, find_extent, make, err));
    lnt_extent all = {INT64_MAX, INT64_MIN};
    for (int64_t p = 0; p < n_pieces; p++) {
        all.least = make->extents[p].least < all.least ? make->extents[p].least : all.least;
        all.greatest = make->extents[p].greatest > all.greatest ? make->extents[p].greatest : all.greatest;
    }
    uint64_t span = (uint64_t)all.greatest - (uint64_t)all.least, most = (uint64_t)n_rows * DIRECT_SPARSE + DIRECT_SMALL;
    *fits = all.least <= all.greatest && span < most &&
            (int64_t)span < lnt_engine_memory_left(make->engine) / (DIRECT_MEMORY * (int64_t)sizeof(uint32_t));
    make->direct->first = all.least;
    make->direct->n = span + 1;
    return LNT_OK;
}

/// Notes a block's rows whose places are [first, end); true where a place is taken already.
static bool note_rows(const lnt_direct_build *make, int64_t at, int64_t n, uint64_t first, uint64_t end) {
    uint32_t *by_place = (uint32_t *)(void *)make->direct->rows->data, rows[DIRECT_BLOCK], taken = 0;
    int64_t values[DIRECT_BLOCK];
    n = load_keys(make->column, at, n, values, rows);
    int64_t own = 0;
    uint64_t base = (uint64_t)make->direct->first + first;
    for (int64_t i = 0; i < n; i++) { // those of this part, without a branch that can't be foretold
        uint64_t place = (uint64_t)values[i] - base;
        values[own] = (int64_t)place;
        rows[own] = rows[i];
        own += place < end - first;
    }
    for (int64_t i = 0; i < own; i++) {
        uint32_t *place = &by_place[first + (uint64_t)values[i]];
        taken |= *place;
        *place = rows[i] + 1;
    }
    return taken != 0;
}

static lnt_status fill_part(void *context, int64_t item, int worker, lnt_error *err) {
    (void)worker;
    lnt_direct_build *make = context;
    uint64_t first = (uint64_t)item * make->part, end = first + make->part;
    if (end > make->direct->n) end = make->direct->n;
    if (first >= end) return LNT_OK;
    uint32_t *by_place = (uint32_t *)(void *)make->direct->rows->data;
    for (uint64_t at = first; at < end; at += DIRECT_PIECE) {
        uint64_t n = end - at < DIRECT_PIECE ? end - at : DIRECT_PIECE;
        memset(by_place + at, 0, n * sizeof *by_place);
        LNT_TRY(lnt_engine_check(make->engine, err));
    }
    for (int64_t at = 0; at < make->column->length; at += DIRECT_BLOCK) {
        if (note_rows(make, at, block_at(at, make->column->length), first, end)) atomic_store(&make->twice, true);
        if (at % DIRECT_PIECE != 0) continue;
        if (atomic_load(&make->twice)) return LNT_OK;
        LNT_TRY(lnt_engine_check(make->engine, err));
    }
    return LNT_OK;
}

static lnt_status fill(lnt_direct_build *make, lnt_error *err) {
    lnt_join_direct *direct = make->direct;
    int64_t n_parts = lnt_engine_n_threads(make->engine), n = (int64_t)direct->n;
    if (n_parts > DIRECT_PARTS_MAX) n_parts = DIRECT_PARTS_MAX;
    if (make->column->length < DIRECT_PIECE) n_parts = 1;
    make->part = (direct->n + (uint64_t)n_parts - 1) / (uint64_t)n_parts;
    LNT_TRY(lnt_buffer_new(lnt_engine_budget(make->engine), (n + 1) * (int64_t)sizeof(uint32_t), "join", &direct->rows,
                           err));
    ((uint32_t *)(void *)direct->rows->data)[n] = 0; // where all values go that aren't in the range
    return lnt__parallel(make->engine, n_parts, fill_part, make, err);
}

/// The only key's column, if it may do; else NULL.
static const lnt_column *lone_key(const lnt_join_build *build) {
    const lnt_plan *plan = build->plan;
    if (plan->n_keys != 1 || lnt__join_first_equal(plan) != 0) return NULL;
    const lnt_column *column = lnt_table_column(build->table, plan->right_keys[0]);
    bool counts = (column->type == LNT_INT || column->type == LNT_TIME) && column->layout == LNT_LAYOUT_PLAIN;
    return counts && column->length > 0 && column->length < (int64_t)UINT32_MAX ? column : NULL;
}

lnt_status lnt__join_direct(lnt_join_build *build, lnt_error *err) {
    lnt_direct_build make = {.engine = build->engine, .column = lone_key(build), .direct = &build->direct};
    if (!make.column) return LNT_OK;
    bool fits = false;
    lnt_status status = find_range(&make, &fits, err);
    if (status == LNT_OK && fits) status = fill(&make, err);
    lnt_free(make.extents);
    if (status == LNT_OK && fits && !make.twice) {
        build->same = build->unique = true;
        return LNT_OK;
    }
    lnt__join_direct_clear(&build->direct);
    return status;
}

void lnt__join_direct_clear(lnt_join_direct *direct) {
    lnt_buffer_unref(direct->rows);
    *direct = (lnt_join_direct){0};
}

void lnt__join_find_direct(const lnt_join_direct *direct, const lnt_vec *keys, const uint32_t *sel, int64_t n,
                           uint32_t *found) {
    const int64_t *values = keys->data;
    const uint32_t *rows = (const uint32_t *)(const void *)direct->rows->data;
    int64_t mask = keys->form == LNT_FORM_CONSTANT ? 0 : -1;
    for (int64_t k = 0; k < n; k++) {
        uint64_t place = (uint64_t)values[(sel ? sel[k] : k) & mask] - (uint64_t)direct->first;
        found[k] = rows[place < direct->n ? place : direct->n] - 1; // 0: LNT_NONE
    }
    for (int64_t k = 0; keys->valid && k < n; k++)
        if (!lnt_vec_is_valid(keys, sel ? sel[k] : k)) found[k] = LNT_NONE;
}
