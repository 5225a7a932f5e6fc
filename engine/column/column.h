/// @file column.h
/// How columns are held. Users see types, kernels see these layouts.
///
/// Invariants: a column is contiguous and immutable once shared. `validity` NULL means no nulls; a null row's data is
/// defined (zero) but means nothing. Dictionary codes of null rows are 0 and the dictionary may then be empty; it may
/// also hold values that no row has. A CONSTANT column's `validity` has one bit. The first of a string column's offsets
/// needn't be 0 (slices).
#ifndef LNT_COLUMN_COLUMN_H
#define LNT_COLUMN_COLUMN_H

#include "base/bitmap.h"
#include "base/buffer.h"
#include "base/engine.h"
#include "base/text.h"
#include "lunette/table.h"

typedef enum lnt_layout {
    LNT_LAYOUT_PLAIN,      ///< values side by side, `width` bytes each; strings: n + 1 offsets into `bytes`
    LNT_LAYOUT_DICTIONARY, ///< strings only: `width`-byte codes (1, 2, 4; unsigned) into `dictionary`
    LNT_LAYOUT_CONSTANT    ///< `data` holds a single value in the plain layout that stands for every row
} lnt_layout;

/// Widths of PLAIN `data`: bool 1; int 1, 2, 4 or 8 (signed); time 8; float 8; ip 4 (all IPv4) or 16 (lnt_ip);
/// string: the width of an offset, 4 (unsigned) or 8.
struct lnt_column {
    _Atomic int64_t refs;
    lnt_type type;
    lnt_layout layout;
    int width;
    int64_t length;
    int64_t null_count;
    lnt_buffer *data;
    lnt_buffer *bytes;    ///< PLAIN strings: the text, else NULL
    lnt_buffer *validity; ///< NULL: no nulls
    lnt_column *dictionary; ///< DICTIONARY: a PLAIN string column of distinct values without nulls, else NULL
};

struct lnt_schema {
    _Atomic int64_t refs;
    int64_t n;
    lnt_type *types;
    char **names;
    int64_t *slots; ///< open-addressing index of names: column or -1; n_slots is a power of two
    int64_t n_slots;
};

struct lnt_table {
    _Atomic int64_t refs;
    lnt_schema *schema;
    int64_t n_rows;
    lnt_column **columns;
};

/// Makes a column of parts; takes over the references it is given, also when it fails. `null_count` -1: counted here.
LNT_MUST_USE lnt_status lnt_column_make(struct lnt_column parts, lnt_column **out, lnt_error *err);

/// A column in which every one of `length` rows is `value` (null of `type` when value.is_null).
LNT_MUST_USE lnt_status lnt_column_constant(lnt_engine *engine, lnt_type type, lnt_value value, int64_t length,
                                            lnt_column **out, lnt_error *err);

/// The rows [start, start + n) of `in` as a column of their own: windows of its buffers; only bits of validity that
/// don't start on a word are copied. Fails with LNT_SHAPE when they aren't all there.
LNT_MUST_USE lnt_status lnt_column_slice(lnt_engine *engine, const lnt_column *in, int64_t start, int64_t n,
                                         lnt_column **out, lnt_error *err);

/// The same values with a dictionary of those that occur, in order of first appearance: `in` itself where it has none, or
/// has that one.
LNT_MUST_USE lnt_status lnt_column_compact(lnt_engine *engine, const lnt_column *in, lnt_column **out, lnt_error *err);

/// Keeps the rows of `in` that `rows` names, in that order; -1 gives null. Parallel for large n.
LNT_MUST_USE lnt_status lnt_column_take(lnt_engine *engine, const lnt_column *in, const int64_t *rows, int64_t n,
                                        lnt_column **out, lnt_error *err);
/// The same with row numbers of 32 bits; LNT_NO_ROW gives null.
#define LNT_NO_ROW UINT32_MAX
LNT_MUST_USE lnt_status lnt_column_take_narrow(lnt_engine *engine, const lnt_column *in, const uint32_t *rows,
                                               int64_t n, lnt_column **out, lnt_error *err);

/// The same over all columns of a table.
LNT_MUST_USE lnt_status lnt_table_take(lnt_engine *engine, const lnt_table *in, const int64_t *rows, int64_t n,
                                       lnt_table **out, lnt_error *err);

/// A table of `schema` and its columns; takes references of its own. LNT_SHAPE or LNT_TYPE if they don't fit.
LNT_MUST_USE lnt_status lnt_table_make(const lnt_schema *schema, lnt_column *const *columns, int64_t n_rows,
                                       lnt_table **out, lnt_error *err);

/// A table of `schema` without rows.
LNT_MUST_USE lnt_status lnt_table_empty(lnt_engine *engine, const lnt_schema *schema, lnt_table **out, lnt_error *err);

/// Row `i` of a PLAIN or DICTIONARY string column, borrowed.
lnt_str lnt_column_str(const lnt_column *column, int64_t i);

#endif
