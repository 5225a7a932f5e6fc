/// @file vector.h
/// Batches: a few thousand rows of some columns on their way through a pipeline, and views of columns as vectors.
///
/// A vector's values sit at their row's position whether or not the selection names the row, so that columns, computed
/// vectors and selections of one batch fit together without copying. All memory is borrowed: it lives until whoever
/// made the batch (a scan, an operator, an evaluator) makes the next one.
#ifndef LNT_COLUMN_VECTOR_H
#define LNT_COLUMN_VECTOR_H

#include "column/column.h"

/// The most rows of a batch: vectors of 16-byte values stay within the second-level cache.
enum { LNT_BATCH_ROWS = 4096 };

typedef enum lnt_form {
    LNT_FORM_FLAT,      ///< one value per row
    LNT_FORM_CONSTANT,  ///< one value (index 0, and validity bit 0) for all rows
    LNT_FORM_DICTIONARY ///< strings: a uint32_t code per row into `dictionary`
} lnt_form;

/// Element types of `data` by type, in FLAT and CONSTANT form: bool uint8_t (0 or 1), int and time int64_t, float
/// double, string lnt_str, ip lnt_ip (lnt_vec_value_bytes is their size). In DICTIONARY form uint32_t. A LNT_NULL vector
/// is CONSTANT and has no data.
typedef struct lnt_vec {
    lnt_type type;
    lnt_form form;
    const void *data;
    const uint64_t *valid;          ///< NULL: all valid; may also be set when all are valid
    const lnt_column *dictionary;   ///< DICTIONARY: PLAIN, distinct, without nulls; never changes, and whoever collects
                                    ///< rows may keep a reference (lnt_column_ref)
} lnt_vec;

typedef struct lnt_batch {
    int64_t n_rows;        ///< physical rows, 0 … LNT_BATCH_ROWS
    int64_t first_row;     ///< number of physical row 0 in the input, 0-based, for messages; -1: unknown
    const uint32_t *sel;   ///< the selected rows, ascending; NULL: all
    int64_t n_sel;         ///< how many are selected (n_rows when sel is NULL)
    int64_t n_columns;
    const lnt_vec *columns;
} lnt_batch;

/// Views rows [start, start + n) of `column` (n ≤ LNT_BATCH_ROWS) as a vector: without copying where the layout is the
/// vector's own, else widened into `scratch`.
LNT_MUST_USE lnt_status lnt_vec_from_column(const lnt_column *column, int64_t start, int64_t n, lnt_arena *scratch,
                                            lnt_vec *out, lnt_error *err);

/// The same where only the `n_sel` rows that `sel` names (relative to `start`; NULL: all) will be looked at: the others
/// may be left undefined.
LNT_MUST_USE lnt_status lnt_vec_from_column_selected(const lnt_column *column, int64_t start, int64_t n,
                                                     const uint32_t *sel, int64_t n_sel, lnt_arena *scratch,
                                                     lnt_vec *out, lnt_error *err);

/// Value of row `i` (a string's bytes borrowed).
lnt_value lnt_vec_get(const lnt_vec *vec, int64_t i);

/// Bytes of a value in FLAT form.
static inline int64_t lnt_vec_value_bytes(lnt_type type) {
    switch (type) {
    case LNT_BOOL:
        return 1;
    case LNT_STRING:
        return sizeof(lnt_str);
    case LNT_IP:
        return sizeof(lnt_ip);
    default:
        return 8;
    }
}

static inline bool lnt_vec_is_valid(const lnt_vec *vec, int64_t i) {
    return !vec->valid || lnt_bitmap_get(vec->valid, vec->form == LNT_FORM_CONSTANT ? 0 : i);
}
static inline lnt_str lnt_vec_str(const lnt_vec *vec, int64_t i) {
    if (vec->form == LNT_FORM_DICTIONARY) return lnt_column_str(vec->dictionary, ((const uint32_t *)vec->data)[i]);
    return ((const lnt_str *)vec->data)[vec->form == LNT_FORM_CONSTANT ? 0 : i];
}

/// Collects batches into a column, in order: the growing end of every operator that keeps rows. Strings of few distinct
/// values become a dictionary, integers as narrow as they fit (unlike the public builder it takes whole vectors).
typedef struct lnt_collector lnt_collector;
LNT_MUST_USE lnt_status lnt_collector_new(lnt_engine *engine, lnt_type type, const char *who, lnt_collector **out,
                                          lnt_error *err);
void lnt_collector_free(lnt_collector *collector);
/// Appends the rows of `vec` that `sel` names (NULL: rows 0 … n-1).
LNT_MUST_USE lnt_status lnt_collector_append(lnt_collector *collector, const lnt_vec *vec, const uint32_t *sel,
                                             int64_t n, lnt_error *err);
/// Appends all of another collector's rows and empties it (how per-morsel parts become one column, in morsel order).
LNT_MUST_USE lnt_status lnt_collector_merge(lnt_collector *collector, lnt_collector *from, lnt_error *err);
int64_t lnt_collector_length(const lnt_collector *collector);
/// Bytes that its rows take, without dictionaries that are shared.
int64_t lnt_collector_bytes(const lnt_collector *collector);
LNT_MUST_USE lnt_status lnt_collector_finish(lnt_collector *collector, lnt_column **out, lnt_error *err);

/// Says of an empty collector how much will probably come: room is made at once instead of by and by.
void lnt_collector_expect(lnt_collector *collector, int64_t n_rows, int64_t text_bytes);
/// Bytes of text that it holds as such, not in a dictionary.
int64_t lnt_collector_text_bytes(const lnt_collector *collector);

/// The strings that one worker has met in one column: collectors of its parts use it one after the other, so that a
/// string that repeats is copied once and not in each part. All the parts are merged into the same collector, in order.
typedef struct lnt_lexicon lnt_lexicon;
LNT_MUST_USE lnt_status lnt_lexicon_new(lnt_engine *engine, const char *who, lnt_lexicon **out, lnt_error *err);
void lnt_lexicon_free(lnt_lexicon *lexicon); ///< NULL is fine; no collector may use it any more
/// Lets an empty collector of strings use the lexicon, until it is sealed.
LNT_MUST_USE lnt_status lnt_collector_use(lnt_collector *collector, lnt_lexicon *lexicon, lnt_error *err);
/// After the last row, in the worker: notes what merging has to know, so that the lexicon can be used on meanwhile.
LNT_MUST_USE lnt_status lnt_collector_seal(lnt_collector *collector, lnt_error *err);

#endif
