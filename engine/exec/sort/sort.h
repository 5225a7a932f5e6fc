/// @file sort.h
/// Order: from key columns to the numbers of the rows, sorted.
///
/// Every key becomes numbers whose order is the key's order (strings their rank), packed into as few 64-bit words as
/// hold them; words are sorted by stable radix passes over the bits that differ. So the sort is stable whatever the
/// number of keys, nulls come last both ways, and NaN after the numbers both ways.
#ifndef LNT_EXEC_SORT_H
#define LNT_EXEC_SORT_H

#include "exec/room.h"
#include "exec/spill/spill.h"
#include "exec/stream.h"

/// The rows of `columns[n_keys]` (equally long) in order: `*rows` gets int64_t numbers. Owned by the caller.
LNT_MUST_USE lnt_status lnt__sort_rows(lnt_engine *engine, const lnt_column *const *columns, const bool *descending,
                                       int64_t n_keys, int64_t n_rows, lnt_room *rows, lnt_error *err);

/// A part of a key: numbers of at most `bits` bits by row, in ascending order of what they stand for.
typedef struct lnt_sort_part {
    lnt_room codes; ///< uint64_t; empty when bits is 0
    int bits;
} lnt_sort_part;

enum { LNT_SORT_PARTS_MAX = 3 };
/// The parts of one key, most significant first; `*n` gets how many (≤ LNT_SORT_PARTS_MAX).
LNT_MUST_USE lnt_status lnt__sort_parts(lnt_engine *engine, const lnt_column *column, bool descending,
                                        lnt_sort_part *parts, int *n, lnt_error *err);
/// Rank of each string by its row, equal strings equal: uint64_t into `ranks`; `*n_ranks` gets how many there are.
LNT_MUST_USE lnt_status lnt__rank_strings(lnt_engine *engine, const lnt_column *strings, lnt_room *ranks,
                                          uint64_t *n_ranks, lnt_error *err);

/// What a sort works on: the input's columns with computed keys after them.
typedef struct lnt_sort_spec {
    const lnt_plan *sort;        ///< borrowed
    const lnt_schema *schema;    ///< of the input with its keys; borrowed
    const int64_t *key_columns;  ///< by key; borrowed
    int64_t more_row_bytes;      ///< what is made of a row in memory beside sorting it
} lnt_sort_spec;

/// Sorts the rows of `input`, which stays open: `*sorted` gets a stream if they had to go through temporary files, else
/// `*table` the rows with their keys, not sorted yet.
LNT_MUST_USE lnt_status lnt__sort_collect(const lnt_sort_spec *spec, lnt_stream *input, bool *finished,
                                          lnt_table **table, lnt_stream **sorted, lnt_error *err);
/// The same for operators that put rows in order before they do something else with them: `runs`, in the spiller's file,
/// or, where `table` isn't NULL and all fits, `*table`. Of the spec's sort only the keys' number and directions are
/// looked at. The rows must be some if there are to be runs: no rows are no runs, and maybe no file.
LNT_MUST_USE lnt_status lnt__sort_drain(const lnt_sort_spec *spec, lnt_stream *input, lnt_spiller *spiller,
                                        bool *finished, lnt_table **table, lnt_runs *runs, lnt_error *err);
/// Sorts the rows of a table into runs at the end of `runs`, in the spiller's file: one, or as many as memory asks for. Of the
/// spec's sort only the keys' number and directions are looked at.
LNT_MUST_USE lnt_status lnt__sort_write(const lnt_sort_spec *spec, lnt_spiller *spiller, const lnt_table *table,
                                        lnt_runs *runs, lnt_error *err);
/// Bytes of memory that sorting takes for each row, beside the rows.
int64_t lnt__sort_row_bytes(const lnt_sort_spec *spec);

/// A plan that gives the columns of a sort's input and then those of its keys that are computed; key_columns[i] is
/// where key i is. The input itself when no key is computed. `*out` belongs to the caller.
LNT_MUST_USE lnt_status lnt__sort_input(const lnt_plan *sort, lnt_plan **out, int64_t *key_columns, lnt_error *err);

/// -1, 0, 1 as value `a` of a key stands before, with or after `b`.
int lnt__sort_compare(lnt_value a, lnt_value b, bool descending);

#endif
