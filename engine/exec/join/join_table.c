/// @file join_table.c
/// A join of tables in memory as a table: first which rows belong together, then column by column.
///
/// Workload: 10^7 rows on the left. Pieces of the left find their matches on all workers, each into a list of row numbers
/// of its own (where a left row meets one right row at most: into its part of one list); the lists are put together in
/// the order of the left; then every column is taken once, as narrow as it is, straight into its place. Where each left
/// row comes out once, the left's columns are passed on as they are.
#include "base/parallel.h"
#include "exec/join/join.h"

#include <string.h>

enum { LNT_JOIN_PIECE = 131072 };

/// What a piece of the left comes to.
typedef struct lnt_join_piece {
    lnt_room left, right; ///< uint32_t; empty where there is one list for all
    int64_t n;
    int64_t start; ///< of its rows in the whole
} lnt_join_piece;

enum { LNT_LEFT_SIDE, LNT_RIGHT_SIDE, LNT_SIDES };

typedef struct lnt_join_matching {
    const lnt_join_build *build;
    const lnt_table *left;
    lnt_join_lookup *lookups; ///< by worker
    lnt_join_piece *pieces;
    int64_t n_pieces, n_left;
    bool one;  ///< a left row meets one right row at most, or needn't know of others
    bool once; ///< each left row comes out once, whatever it meets: no list of the left
    /// By side, uint32_t: the whole lists. Where `one`, those that are wanted are there from the start, and a piece's part
    /// begins where the piece does until they are closed up.
    lnt_buffer *lists[LNT_SIDES];
    int side; ///< whose list is being put together
} lnt_join_matching;

/// Whether the numbers of a side's rows are wanted.
static bool is_wanted(const lnt_join_matching *all, int side) {
    return side == LNT_LEFT_SIDE ? !all->once : all->build->plan->n_columns > 0;
}

static uint32_t *list_data(const lnt_join_matching *all, int side) {
    return all->lists[side] ? (uint32_t *)(void *)all->lists[side]->data : NULL;
}

// ---- which rows ----

/// At most one match a row.
static void pair_first(const lnt_join_matching *all, int64_t item, const uint32_t *found, int64_t first, int64_t n) {
    const lnt_join_build *build = all->build;
    lnt_join_piece *piece = &all->pieces[item];
    uint32_t *left = list_data(all, LNT_LEFT_SIDE), *right = list_data(all, LNT_RIGHT_SIDE);
    lnt_join_kind kind = build->plan->join;
    bool keeps = kind == LNT_JOIN_LEFT || kind == LNT_JOIN_OUTER, lacks = kind == LNT_JOIN_ANTI;
    int64_t at = item * LNT_JOIN_PIECE + piece->n;
    for (int64_t k = 0; k < n; k++) {
        int64_t match = -1, end;
        if (found[k] != LNT_NONE) {
            lnt__join_rows_of(build, found[k], &match, &end);
            match = lnt__join_row(build, match);
            lnt__join_mark(build, match);
        }
        if (left) left[at] = (uint32_t)(first + k);
        if (right) right[at] = (uint32_t)match; // -1 becomes LNT_NO_ROW
        at += keeps || (match >= 0) != lacks;
    }
    piece->n = at - item * LNT_JOIN_PIECE;
}

/// Room for n more pairs.
static lnt_status reserve(const lnt_join_matching *all, lnt_join_piece *piece, int64_t n, lnt_error *err) {
    lnt_budget *budget = lnt_engine_budget(all->build->engine);
    LNT_TRY(lnt__room_grow(&piece->right, budget, piece->n + n, sizeof(uint32_t), "join", err));
    return lnt__room_grow(&piece->left, budget, piece->n + n, sizeof(uint32_t), "join", err);
}

/// Any number of matches a row.
static lnt_status pair_many(const lnt_join_matching *all, lnt_join_piece *piece, const uint32_t *found, int64_t first,
                            int64_t n, lnt_error *err) {
    const lnt_join_build *build = all->build;
    bool inner = build->plan->join == LNT_JOIN_INNER;
    int64_t checked_at = piece->n;
    for (int64_t k = 0; k < n; k++) {
        int64_t start = 0, end = 0;
        if (found[k] != LNT_NONE) lnt__join_rows_of(build, found[k], &start, &end);
        if (piece->n + (end - start) - checked_at > LNT_JOIN_PIECE) { // of 4,096 rows each may meet thousands
            LNT_TRY(lnt_engine_check(build->engine, err));
            checked_at = piece->n;
        }
        LNT_TRY(reserve(all, piece, end - start + 1, err));
        uint32_t *left = lnt__room_data(&piece->left), *right = lnt__room_data(&piece->right);
        if (found[k] == LNT_NONE && !inner) {
            left[piece->n] = (uint32_t)(first + k);
            right[piece->n++] = LNT_NO_ROW;
        }
        for (int64_t i = start; i < end; i++) {
            int64_t match = lnt__join_row(build, i);
            lnt__join_mark(build, match);
            left[piece->n] = (uint32_t)(first + k);
            right[piece->n++] = (uint32_t)match;
        }
    }
    return LNT_OK;
}

static lnt_status match_piece(void *context, int64_t item, int worker, lnt_error *err) {
    lnt_join_matching *all = context;
    const lnt_join_build *build = all->build;
    lnt_join_lookup *lookup = &all->lookups[worker];
    int64_t start = item * LNT_JOIN_PIECE, end = start + LNT_JOIN_PIECE < all->n_left ? start + LNT_JOIN_PIECE : all->n_left;
    if (worker == 0) lnt_engine_progress(build->engine, "joining", start, all->n_left);
    for (int64_t at = start; at < end; at += LNT_BATCH_ROWS) {
        int64_t n = end - at < LNT_BATCH_ROWS ? end - at : LNT_BATCH_ROWS;
        lnt_arena_reset(&lookup->scratch);
        for (int64_t k = 0; k < build->plan->n_keys; k++)
            LNT_TRY(lnt_vec_from_column(lnt_table_column(all->left, build->plan->keys[k]), at, n, &lookup->scratch,
                                        &lookup->vectors[k], err));
        LNT_TRY(lnt__join_look_up(lookup, build, NULL, n, n, err));
        if (all->one)
            pair_first(all, item, lookup->found, at, n);
        else
            LNT_TRY(pair_many(all, &all->pieces[item], lookup->found, at, n, err));
        LNT_TRY(lnt_engine_check(build->engine, err));
    }
    return LNT_OK;
}

// ---- the lists as a whole ----

static lnt_status new_list(lnt_join_matching *all, int side, int64_t n, lnt_error *err) {
    lnt_budget *budget = lnt_engine_budget(all->build->engine);
    return lnt_buffer_new(budget, n * (int64_t)sizeof(uint32_t), "join", &all->lists[side], err);
}

static lnt_status copy_piece(void *context, int64_t item, int worker, lnt_error *err) {
    (void)worker, (void)err;
    lnt_join_matching *all = context;
    lnt_join_piece *piece = &all->pieces[item];
    lnt_room *from = all->side == LNT_RIGHT_SIDE ? &piece->right : &piece->left;
    uint32_t *to = list_data(all, all->side) + piece->start;
    if (piece->n > 0) memcpy(to, lnt__room_data(from), (size_t)piece->n * sizeof *to);
    lnt__room_clear(from);
    return LNT_OK;
}

/// Moves the pieces' parts of a side's list together.
static lnt_status close_up(void *context, int64_t side, int worker, lnt_error *err) {
    (void)worker;
    lnt_join_matching *all = context;
    uint32_t *list = list_data(all, (int)side);
    for (int64_t p = 0; list && p < all->n_pieces; p++) {
        const lnt_join_piece *piece = &all->pieces[p];
        if (piece->start == p * LNT_JOIN_PIECE || piece->n == 0) continue;
        memmove(list + piece->start, list + p * LNT_JOIN_PIECE, (size_t)piece->n * sizeof *list);
        LNT_TRY(lnt_engine_check(all->build->engine, err));
    }
    return LNT_OK;
}

/// Makes the row numbers of one side a list, if they are wanted and aren't one yet.
static lnt_status whole_list(lnt_join_matching *all, int side, int64_t n, lnt_error *err) {
    if (all->one || !is_wanted(all, side)) return LNT_OK;
    LNT_TRY(new_list(all, side, n, err));
    all->side = side;
    return lnt__parallel(all->build->engine, all->n_pieces, copy_piece, all, err);
}

// ---- columns ----

/// Output columns of one side, whose rows `rows` names (NULL: all, in order).
static lnt_status take_left(const lnt_join_matching *all, const uint32_t *rows, int64_t n, lnt_column **columns,
                            lnt_error *err) {
    const lnt_plan *plan = all->build->plan;
    lnt_engine *engine = all->build->engine;
    for (int64_t c = 0; c < lnt_table_n_columns(all->left); c++) {
        lnt_column *column = lnt_column_ref(lnt_table_column(all->left, c)), *floats = NULL;
        if (rows) {
            lnt_column_unref(column);
            LNT_TRY(lnt_column_take_narrow(engine, lnt_table_column(all->left, c), rows, n, &column, err));
        }
        columns[c] = column;
        if (column->type == lnt_schema_type(plan->schema, c)) continue;
        LNT_TRY(lnt__join_floats(engine, column, &floats, err)); // a key that meets floats
        lnt_column_unref(column);
        columns[c] = floats;
    }
    return LNT_OK;
}

static lnt_status take_right(const lnt_join_matching *all, const uint32_t *rows, int64_t n, lnt_column **columns,
                             lnt_error *err) {
    const lnt_join_build *build = all->build;
    for (int64_t c = 0; c < build->plan->n_columns; c++)
        LNT_TRY(lnt_column_take_narrow(build->engine, lnt_table_column(build->table, build->plan->columns[c]), rows, n,
                                       &columns[c], err));
    return LNT_OK;
}

static void drop_list(lnt_join_matching *all, int side) {
    lnt_buffer_unref(all->lists[side]);
    all->lists[side] = NULL;
}

static lnt_status make_columns(lnt_join_matching *all, int64_t n, lnt_column **columns, lnt_error *err) {
    int64_t n_left = lnt_table_n_columns(all->left);
    bool whole = all->once || (all->one && n == all->n_left);
    if (all->one && !whole) LNT_TRY(lnt__parallel(all->build->engine, LNT_SIDES, close_up, all, err));
    if (!whole) LNT_TRY(whole_list(all, LNT_LEFT_SIDE, n, err));
    LNT_TRY(take_left(all, whole ? NULL : list_data(all, LNT_LEFT_SIDE), n, columns, err));
    drop_list(all, LNT_LEFT_SIDE);
    LNT_TRY(whole_list(all, LNT_RIGHT_SIDE, n, err));
    if (!is_wanted(all, LNT_RIGHT_SIDE)) return LNT_OK;
    return take_right(all, list_data(all, LNT_RIGHT_SIDE), n, columns + n_left, err);
}

static lnt_status make_table(lnt_join_matching *all, lnt_table **out, lnt_error *err) {
    const lnt_plan *plan = all->build->plan;
    int64_t n_columns = lnt_schema_n_columns(plan->schema), n = 0;
    for (int64_t p = 0; p < all->n_pieces; p++) {
        all->pieces[p].start = n;
        n += all->pieces[p].n;
    }
    lnt_column **columns = lnt_alloc_array(n_columns, sizeof *columns, err);
    lnt_status status = columns ? make_columns(all, n, columns, err) : LNT_NOMEM;
    if (status == LNT_OK) {
        status = lnt__table_of(plan->schema, columns, n, out, err);
    } else {
        for (int64_t c = 0; columns && c < n_columns; c++) lnt_column_unref(columns[c]);
    }
    lnt_free(columns);
    return status;
}

/// Whether row numbers fit into 32 bits, and the lists into memory.
static bool is_possible(const lnt_join_build *build, const lnt_table *left) {
    enum { BYTES_PER_ROW = 24, SHARE = 2 };
    int64_t n = lnt_table_n_rows(left);
    return n < UINT32_MAX && lnt_table_n_rows(build->table) < UINT32_MAX &&
           n * BYTES_PER_ROW < lnt_engine_memory_left(build->engine) / SHARE;
}

static lnt_status prepare(lnt_join_matching *all, lnt_error *err) {
    int n_workers = lnt_engine_n_threads(all->build->engine);
    lnt_join_kind kind = all->build->plan->join;
    all->n_left = lnt_table_n_rows(all->left);
    all->n_pieces = (all->n_left + LNT_JOIN_PIECE - 1) / LNT_JOIN_PIECE;
    all->one = all->build->unique || kind == LNT_JOIN_SEMI || kind == LNT_JOIN_ANTI;
    all->once = all->build->unique && (kind == LNT_JOIN_LEFT || kind == LNT_JOIN_OUTER);
    all->pieces = lnt_alloc_array(all->n_pieces, sizeof *all->pieces, err);
    all->lookups = lnt_alloc_array(n_workers, sizeof *all->lookups, err);
    if (!all->pieces || !all->lookups) return LNT_NOMEM;
    for (int w = 0; w < n_workers; w++) LNT_TRY(lnt__join_lookup_init(&all->lookups[w], all->build, err));
    for (int side = 0; all->one && side < LNT_SIDES; side++)
        if (is_wanted(all, side)) LNT_TRY(new_list(all, side, all->n_left, err));
    return LNT_OK;
}

lnt_status lnt__join_table(const lnt_join_build *build, const lnt_table *left, lnt_table **out, lnt_error *err) {
    lnt_join_matching all = {.build = build, .left = left};
    if (!is_possible(build, left)) return LNT_OK;
    lnt_status status = prepare(&all, err);
    if (status == LNT_OK) status = lnt__parallel(build->engine, all.n_pieces, match_piece, &all, err);
    if (status == LNT_OK) status = make_table(&all, out, err);
    for (int w = 0; all.lookups && w < lnt_engine_n_threads(build->engine); w++) lnt__join_lookup_clear(&all.lookups[w]);
    for (int64_t p = 0; all.pieces && p < all.n_pieces; p++) {
        lnt__room_clear(&all.pieces[p].left);
        lnt__room_clear(&all.pieces[p].right);
    }
    for (int side = 0; side < LNT_SIDES; side++) drop_list(&all, side);
    lnt_free(all.lookups);
    lnt_free(all.pieces);
    return status;
}
