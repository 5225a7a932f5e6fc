/// @file sort_rows.c
/// Stable radix sort of row numbers by packed keys.
///
/// Parts of keys are packed into words from the most significant on; words are sorted from the least significant, each
/// by passes over its bits. A pass counts, then moves (word, row) pairs; it costs about 3 ns a row while the counts fit
/// the first-level cache, so digits have 11 bits.
#include <string.h>

#include "exec/sort/sort.h"

enum { LNT_DIGIT_BITS = 11, LNT_DIGITS = 1 << LNT_DIGIT_BITS };

typedef struct lnt_sort_pair {
    uint64_t word;
    int64_t row;
} lnt_sort_pair;

/// All parts of all keys, most significant first.
typedef struct lnt_sort_keys {
    lnt_sort_part *parts;
    int64_t n;
} lnt_sort_keys;

static void keys_clear(lnt_sort_keys *keys) {
    for (int64_t i = 0; keys->parts && i < keys->n; i++) lnt__room_clear(&keys->parts[i].codes);
    lnt_free(keys->parts);
}

static lnt_status keys_init(lnt_sort_keys *keys, lnt_engine *engine, const lnt_column *const *columns,
                            const bool *descending, int64_t n_keys, lnt_error *err) {
    *keys = (lnt_sort_keys){0};
    keys->parts = lnt_alloc_array(n_keys, LNT_SORT_PARTS_MAX * sizeof *keys->parts, err);
    if (!keys->parts) return LNT_NOMEM;
    for (int64_t k = 0; k < n_keys; k++) {
        int n = 0;
        lnt_sort_part *own = &keys->parts[keys->n];
        lnt_status status = lnt__sort_parts(engine, columns[k], descending[k], own, &n, err);
        if (status != LNT_OK) {
            keys->n += LNT_SORT_PARTS_MAX; // whatever was made of this key is given back with the rest
            return status;
        }
        keys->n += n;
        LNT_TRY(lnt_engine_check(engine, err));
    }
    return LNT_OK;
}

/// A pass on its way: rows are divided into pieces, each of which counts its digits and later moves its own pairs to
/// places that no other piece writes. Where a pair goes doesn't depend on how many pieces there are. A pass that is
/// stopped leaves pairs out.
typedef struct lnt_radix_pass {
    lnt_budget *budget;
    const lnt_sort_pair *from;
    lnt_sort_pair *to;
    int64_t (*starts)[LNT_DIGITS]; ///< by piece
    int64_t n, piece;
    int shift;
} lnt_radix_pass;

enum { CHECK_ROWS = 1 << 16 }; // moved between looks at whether to stop

static bool goes_on(const lnt_radix_pass *pass) {
    return lnt_budget_check(pass->budget, NULL) == LNT_OK;
}

static void count_piece(void *context, int64_t start, int64_t end) {
    lnt_radix_pass *pass = context;
    int64_t *counts = pass->starts[start / pass->piece];
    memset(counts, 0, sizeof *pass->starts);
    for (int64_t i = start, stop; i < end && goes_on(pass); i = stop) {
        stop = i + CHECK_ROWS < end ? i + CHECK_ROWS : end;
        for (; i < stop; i++) counts[pass->from[i].word >> pass->shift & (LNT_DIGITS - 1)]++;
    }
}

static void move_piece(void *context, int64_t start, int64_t end) {
    lnt_radix_pass *pass = context;
    int64_t *starts = pass->starts[start / pass->piece];
    for (int64_t i = start, stop; i < end && goes_on(pass); i = stop) {
        stop = i + CHECK_ROWS < end ? i + CHECK_ROWS : end;
        for (; i < stop; i++) pass->to[starts[pass->from[i].word >> pass->shift & (LNT_DIGITS - 1)]++] = pass->from[i];
    }
}

/// One pass over `LNT_DIGIT_BITS` bits.
static lnt_status radix_pass(lnt_engine *engine, lnt_radix_pass *pass, lnt_error *err) {
    LNT_TRY(lnt_engine_pieces(engine, pass->n, pass->piece, count_piece, pass, err));
    LNT_TRY(lnt_engine_check(engine, err)); // else the counts aren't all there
    int64_t n_pieces = (pass->n + pass->piece - 1) / pass->piece, at = 0;
    for (int d = 0; d < LNT_DIGITS; d++)
        for (int64_t p = 0; p < n_pieces; p++) {
            int64_t count = pass->starts[p][d];
            pass->starts[p][d] = at;
            at += count;
        }
    LNT_TRY(lnt_engine_pieces(engine, pass->n, pass->piece, move_piece, pass, err));
    return lnt_engine_check(engine, err);
}

/// Few pairs: insertion keeps them stable without counting.
static void insertion_sort(lnt_sort_pair *pairs, int64_t n) {
    for (int64_t i = 1; i < n; i++) {
        lnt_sort_pair held = pairs[i];
        int64_t k = i;
        for (; k > 0 && pairs[k - 1].word > held.word; k--) pairs[k] = pairs[k - 1];
        pairs[k] = held;
    }
}

/// Rows from which on a pass is divided among the workers.
enum { LNT_PIECE_ROWS_MIN = 65536, LNT_PIECES_MAX = 32 };

/// Sorts by the low `bits` of the words; `*pairs` and `*other` may change places.
static lnt_status sort_word(lnt_engine *engine, lnt_sort_pair **pairs, lnt_sort_pair **other, int64_t n, int bits,
                            lnt_error *err) {
    if (n <= 64) {
        insertion_sort(*pairs, n);
        return LNT_OK;
    }
    int64_t n_pieces = lnt_engine_n_threads(engine);
    if (n_pieces > LNT_PIECES_MAX) n_pieces = LNT_PIECES_MAX;
    if (n < LNT_PIECE_ROWS_MIN) n_pieces = 1;
    lnt_radix_pass pass = {.budget = lnt_engine_budget(engine), .n = n, .piece = (n + n_pieces - 1) / n_pieces};
    pass.starts = lnt_alloc_array(n_pieces, sizeof *pass.starts, err);
    if (!pass.starts) return LNT_NOMEM;
    lnt_status status = lnt_engine_check(engine, err);
    for (; status == LNT_OK && pass.shift < bits; pass.shift += LNT_DIGIT_BITS) {
        pass.from = *pairs;
        pass.to = *other;
        status = radix_pass(engine, &pass, err);
        *other = *pairs;
        *pairs = pass.to;
    }
    lnt_free(pass.starts);
    return status;
}

/// How many parts, ending before `end`, fit one word; `*bits` gets how many bits they take.
static int64_t parts_of_word(const lnt_sort_keys *keys, int64_t end, int *bits) {
    int64_t n = 0;
    *bits = 0;
    while (n < end && *bits + keys->parts[end - 1 - n].bits <= 64) *bits += keys->parts[end - 1 - n++].bits;
    return n;
}

/// Parts [first, end) on their way into the words of pairs.
typedef struct lnt_packing {
    const lnt_sort_keys *keys;
    int64_t first, end;
    lnt_sort_pair *pairs;
    bool fresh; ///< the pairs have no rows yet: they get them in order
} lnt_packing;

static void pack_piece(void *context, int64_t start, int64_t end) {
    const lnt_packing *packing = context;
    lnt_sort_pair *pairs = packing->pairs;
    for (int64_t i = start; packing->fresh && i < end; i++) pairs[i].row = i;
    for (int64_t i = start; i < end; i++) pairs[i].word = 0;
    for (int64_t p = packing->first; p < packing->end; p++) {
        const uint64_t *codes = lnt__room_data(&packing->keys->parts[p].codes);
        int bits = packing->keys->parts[p].bits;
        if (bits == 0) continue;
        for (int64_t i = start; i < end; i++)
            pairs[i].word = (bits == 64 ? 0 : pairs[i].word << bits) | codes[pairs[i].row];
    }
}

/// Sorted pairs and where their rows go.
typedef struct lnt_unpacking {
    const lnt_sort_pair *pairs;
    int64_t *rows;
} lnt_unpacking;

static void unpack_piece(void *context, int64_t start, int64_t end) {
    const lnt_unpacking *unpacking = context;
    for (int64_t i = start; i < end; i++) unpacking->rows[i] = unpacking->pairs[i].row;
}

/// Sorts the pairs by all keys, the last word first; they may end in either of the two arrays, which is then `*pairs`.
static lnt_status sort_words(lnt_engine *engine, const lnt_sort_keys *keys, int64_t n_rows, lnt_sort_pair **pairs,
                             lnt_sort_pair **other, lnt_error *err) {
    int64_t end = keys->n;
    do { // without any key the rows are numbered all the same
        int bits;
        int64_t n = parts_of_word(keys, end, &bits);
        lnt_packing packing = {keys, end - n, end, *pairs, end == keys->n};
        LNT_TRY(lnt_engine_pieces(engine, n_rows, LNT_PIECE_ROWS_MIN, pack_piece, &packing, err));
        LNT_TRY(sort_word(engine, pairs, other, n_rows, bits, err));
        end -= n;
    } while (end > 0);
    return LNT_OK;
}

static lnt_status sort_pairs(lnt_engine *engine, const lnt_sort_keys *keys, int64_t n_rows, int64_t *rows,
                             lnt_error *err) {
    lnt_budget *budget = lnt_engine_budget(engine);
    lnt_buffer *first = NULL, *second = NULL;
    int64_t bytes = n_rows * (int64_t)sizeof(lnt_sort_pair);
    lnt_status status = lnt_buffer_new(budget, bytes, "sort", &first, err);
    if (status == LNT_OK) status = lnt_buffer_new(budget, bytes, "sort", &second, err);
    if (status == LNT_OK) {
        lnt_sort_pair *pairs = (lnt_sort_pair *)(void *)first->data, *other = (lnt_sort_pair *)(void *)second->data;
        status = sort_words(engine, keys, n_rows, &pairs, &other, err);
        lnt_unpacking unpacking = {pairs, rows};
        if (status == LNT_OK)
            status = lnt_engine_pieces(engine, n_rows, LNT_PIECE_ROWS_MIN, unpack_piece, &unpacking, err);
    }
    lnt_buffer_unref(first);
    lnt_buffer_unref(second);
    return status;
}

lnt_status lnt__sort_rows(lnt_engine *engine, const lnt_column *const *columns, const bool *descending, int64_t n_keys,
                          int64_t n_rows, lnt_room *rows, lnt_error *err) {
    LNT_TRY(lnt__room_grow(rows, lnt_engine_budget(engine), n_rows, sizeof(int64_t), "sort", err));
    for (int64_t i = 0; i < n_rows && n_keys == 0; i++) ((int64_t *)lnt__room_data(rows))[i] = i;
    if (n_keys == 0) return LNT_OK;
    lnt_sort_keys keys;
    lnt_status status = keys_init(&keys, engine, columns, descending, n_keys, err);
    if (status == LNT_OK) status = sort_pairs(engine, &keys, n_rows, lnt__room_data(rows), err);
    keys_clear(&keys);
    return status;
}
