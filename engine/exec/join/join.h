/// @file join.h
/// Joins: the right side as a table whose rows can be found by key, probed by the left side's batches.
#ifndef LNT_EXEC_JOIN_H
#define LNT_EXEC_JOIN_H

#include "exec/aggregate/groups.h"
#include "exec/stream.h"

/// Rows by the value of their only key, an integer or time that no other row has (join_direct.c).
typedef struct lnt_join_direct {
    lnt_buffer *rows; ///< uint32_t: the row of value first + i, plus 1, or 0; one item more, 0. NULL: not found this way
    int64_t first;
    uint64_t n;
} lnt_join_direct;

/// The right side. Rows of key number g are rows[starts[g] … starts[g + 1] - 1], in the right's order (or another one).
/// Keys are those that the plan matches by equality.
typedef struct lnt_join_build {
    lnt_engine *engine;
    const lnt_plan *plan; ///< borrowed
    lnt_table *table;     ///< owned
    lnt_key_layout layout;
    lnt_groups keys;
    lnt_join_direct direct;   ///< if it has rows, keys are found there, and key number g is that of row g
    bool same;                ///< key number g is that of row g: each row has a key of its own; no starts, no rows
    lnt_room starts;          ///< int64_t
    lnt_room rows;            ///< int64_t
    bool unique;              ///< no key has two rows
    _Atomic uint8_t *matched; ///< OUTER: by right row, whether a left row matched it; else NULL
} lnt_join_build;

/// Indexes the right side, which it takes over; `build` is cleared by the caller also on failure.
LNT_MUST_USE lnt_status lnt__join_build(lnt_join_build *build, lnt_engine *engine, const lnt_plan *plan,
                                        lnt_table *right, lnt_error *err);
/// Numbers the keys of build->table and lists its rows by key, in the order rows[n] (NULL: as they stand); rows that
/// aren't named match nothing. `build` has engine, plan and table.
LNT_MUST_USE lnt_status lnt__join_index(lnt_join_build *build, const int64_t *rows, int64_t n, lnt_error *err);
/// Makes build->direct if the keys allow it; else leaves it empty.
LNT_MUST_USE lnt_status lnt__join_direct(lnt_join_build *build, lnt_error *err);
void lnt__join_direct_clear(lnt_join_direct *direct);
/// The rows of n selected keys, which are integers or times, or LNT_NONE.
void lnt__join_find_direct(const lnt_join_direct *direct, const lnt_vec *keys, const uint32_t *sel, int64_t n,
                           uint32_t *found);
void lnt__join_build_clear(lnt_join_build *build);
/// The type that key `k` is compared in: int where one side is int and the other float (floats that aren't whole match
/// nothing), so that large integers stay apart.
lnt_type lnt__join_key_type(const lnt_plan *plan, int64_t k);
/// Makes a key vector of n rows the type it is compared in.
LNT_MUST_USE lnt_status lnt__join_key(const lnt_plan *plan, int64_t k, lnt_vec *vec, int64_t n, lnt_arena *scratch,
                                      lnt_error *err);
/// One worker's memory for looking keys up.
typedef struct lnt_join_lookup {
    lnt_key_scratch keys;
    lnt_arena scratch;
    lnt_vec *vectors; ///< of the left's keys
    uint32_t *found;  ///< by selected row: key number, or LNT_NONE
} lnt_join_lookup;

LNT_MUST_USE lnt_status lnt__join_lookup_init(lnt_join_lookup *lookup, const lnt_join_build *build, lnt_error *err);
void lnt__join_lookup_clear(lnt_join_lookup *lookup);
/// Finds the keys of n_sel selected rows of n_rows; lookup->vectors holds the left's key columns.
LNT_MUST_USE lnt_status lnt__join_look_up(lnt_join_lookup *lookup, const lnt_join_build *build, const uint32_t *sel,
                                          int64_t n_sel, int64_t n_rows, lnt_error *err);
/// The rows of the right that key `key` has, first and behind the last, as places for lnt__join_row.
static inline void lnt__join_rows_of(const lnt_join_build *build, uint32_t key, int64_t *start, int64_t *end) {
    const int64_t *starts = lnt__room_data(&build->starts);
    *start = build->same ? key : starts[key];
    *end = build->same ? (int64_t)key + 1 : starts[(int64_t)key + 1];
}
static inline int64_t lnt__join_row(const lnt_join_build *build, int64_t place) {
    return build->same ? place : ((const int64_t *)lnt__room_data(&build->rows))[place];
}
static inline void lnt__join_mark(const lnt_join_build *build, int64_t right_row) {
    if (build->matched) atomic_store_explicit(&build->matched[right_row], 1, memory_order_relaxed);
}
/// All joined rows of a left side that is in memory, as a table; `*out` stays NULL where that takes too much memory at
/// once.
LNT_MUST_USE lnt_status lnt__join_table(const lnt_join_build *build, const lnt_table *left, lnt_table **out,
                                        lnt_error *err);
/// An int column as floats.
LNT_MUST_USE lnt_status lnt__join_floats(lnt_engine *engine, const lnt_column *ints, lnt_column **out, lnt_error *err);

/// The stream of the left's rows with their matches; takes `left` over, also when it fails, and borrows the build
/// unless `own`, when it is taken over on success.
LNT_MUST_USE lnt_status lnt__join_probe(lnt_join_build *build, bool own, lnt_stream *left, lnt_stream **out,
                                        lnt_error *err);
/// The outer join of a left side that isn't a table as a stream; takes the left over, also when it fails, and the build,
/// which is empty afterwards.
LNT_MUST_USE lnt_status lnt__join_outer(lnt_join_build *build, lnt_stream *left, lnt_stream **out, lnt_error *err);
/// The right's rows that nothing matched, under the left's columns (null but for the keys).
LNT_MUST_USE lnt_status lnt__join_unmatched(const lnt_join_build *build, lnt_table **out, lnt_error *err);

#endif
