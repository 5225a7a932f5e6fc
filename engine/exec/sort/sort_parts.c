/// @file sort_parts.c
/// Keys to numbers: each value becomes its distance from the least one (or the greatest, descending), so that narrow
/// ranges take few bits; null is one more than the greatest distance. Pieces of a column are passed over on all workers.
#include <string.h>

#include "base/parallel.h"
#include "column/width.h"
#include "exec/sort/sort.h"

enum { CODES_PIECE = 131072 };

/// A column's codes being made or changed.
typedef struct lnt_coding {
    lnt_engine *engine;
    const lnt_column *column;
    uint64_t *codes;
    uint64_t least, greatest;      ///< of the codes that count
    bool descending, low_half;     ///< low_half: of addresses
    bool nulls;                    ///< there are some
    uint64_t null_code;            ///< what they become
    uint64_t (*extents)[2];        ///< by piece: least and greatest code
    const uint64_t *ranks;         ///< by dictionary code
} lnt_coding;

static int bits_of(uint64_t value) {
    return value ? 64 - __builtin_clzll(value) : 0;
}

static bool is_null(const lnt_column *column, int64_t row) {
    int64_t at = column->layout == LNT_LAYOUT_CONSTANT ? 0 : row;
    return column->validity && !lnt_bitmap_get((const uint64_t *)(const void *)column->validity->data, at);
}

static void find_extent(void *context, int64_t start, int64_t end) {
    const lnt_coding *coding = context;
    const uint64_t *codes = coding->codes;
    uint64_t least = UINT64_MAX, greatest = 0;
    for (int64_t i = start; i < end; i++) {
        if (coding->nulls && is_null(coding->column, i)) continue;
        least = codes[i] < least ? codes[i] : least;
        greatest = codes[i] > greatest ? codes[i] : greatest;
    }
    coding->extents[start / CODES_PIECE][0] = least;
    coding->extents[start / CODES_PIECE][1] = greatest;
}

/// The least and the greatest code of rows that aren't null; 0 and 0 where there is none.
static lnt_status find_extents(lnt_coding *coding, lnt_error *err) {
    int64_t n = coding->column->length, n_pieces = (n + CODES_PIECE - 1) / CODES_PIECE;
    coding->extents = lnt_alloc_array(n_pieces, sizeof *coding->extents, err);
    if (!coding->extents) return LNT_NOMEM;
    lnt_status status = lnt_engine_pieces(coding->engine, n, CODES_PIECE, find_extent, coding, err);
    coding->least = UINT64_MAX;
    coding->greatest = 0;
    for (int64_t p = 0; status == LNT_OK && p < n_pieces; p++) {
        if (coding->extents[p][0] < coding->least) coding->least = coding->extents[p][0];
        if (coding->extents[p][1] > coding->greatest) coding->greatest = coding->extents[p][1];
    }
    if (coding->least > coding->greatest) coding->least = coding->greatest = 0;
    lnt_free(coding->extents);
    return status;
}

static void make_distances(void *context, int64_t start, int64_t end) {
    const lnt_coding *coding = context;
    uint64_t *codes = coding->codes, least = coding->least, greatest = coding->greatest;
    if (coding->descending) {
        for (int64_t i = start; i < end; i++) codes[i] = greatest - codes[i];
    } else {
        for (int64_t i = start; i < end; i++) codes[i] -= least;
    }
    for (int64_t i = start; coding->nulls && i < end; i++)
        if (is_null(coding->column, i)) codes[i] = coding->null_code;
}

/// Turns order codes into distances; nulls come after them, in the same part where the bits allow it, else in a part of
/// their own before it. `parts[0]` holds the codes.
static lnt_status compress(lnt_engine *engine, const lnt_column *column, bool descending, lnt_sort_part *parts, int *n,
                           lnt_error *err) {
    bool nulls = column->null_count > 0;
    lnt_coding coding = {.engine = engine,
                         .column = column,
                         .codes = lnt__room_data(&parts[0].codes),
                         .descending = descending,
                         .nulls = nulls};
    LNT_TRY(find_extents(&coding, err));
    uint64_t span = coding.greatest - coding.least;
    bool own_part = nulls && span == UINT64_MAX;
    coding.null_code = own_part ? 0 : span + 1;
    LNT_TRY(lnt_engine_pieces(engine, column->length, CODES_PIECE, make_distances, &coding, err));
    parts[0].bits = bits_of(nulls && !own_part ? span + 1 : span);
    *n = 1;
    if (!own_part) return LNT_OK;
    parts[1] = parts[0];
    parts[0] = (lnt_sort_part){.bits = 1};
    *n = 2;
    LNT_TRY(lnt__room_grow(&parts[0].codes, lnt_engine_budget(engine), column->length, sizeof(uint64_t), "sort", err));
    for (int64_t i = 0; i < column->length; i++) ((uint64_t *)lnt__room_data(&parts[0].codes))[i] = is_null(column, i);
    return LNT_OK;
}

static uint64_t order_of_int(int64_t value) {
    return (uint64_t)value ^ (uint64_t)1 << 63;
}

/// NaN stays out of the way: see float_parts.
static uint64_t order_of_float(double value) {
    uint64_t bits;
    if (value == 0) value = 0; // -0 too
    memcpy(&bits, &value, sizeof bits);
    return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

static void code_vec(const lnt_coding *coding, const lnt_vec *vec, int64_t n, uint64_t *codes) {
    int64_t mask = vec->form == LNT_FORM_CONSTANT ? 0 : -1;
    for (int64_t k = 0; k < n; k++) {
        int64_t i = k & mask;
        switch (coding->column->type) {
        case LNT_BOOL:
            codes[k] = ((const uint8_t *)vec->data)[i] != 0;
            break;
        case LNT_FLOAT:
            codes[k] = order_of_float(((const double *)vec->data)[i]);
            break;
        case LNT_IP: {
            lnt_ip ip = ((const lnt_ip *)vec->data)[i];
            codes[k] = coding->low_half ? ip.lo : ip.hi;
            break;
        }
        default:
            codes[k] = order_of_int(((const int64_t *)vec->data)[i]);
            break;
        }
    }
}

/// Floats: NaN after all numbers both ways, so it gets the end of the range that is last in this direction.
static void place_nans(const lnt_coding *coding, int64_t n, uint64_t *codes) {
    const uint64_t positive = order_of_float(__builtin_inf()), negative = order_of_float(-__builtin_inf());
    for (int64_t i = 0; i < n; i++)
        if (codes[i] > positive || codes[i] < negative) codes[i] = coding->descending ? negative - 1 : positive + 1;
}

/// Fixed values of a piece as order codes, batch by batch.
static lnt_status code_piece(void *context, int64_t item, int worker, lnt_error *err) {
    (void)worker;
    const lnt_coding *coding = context;
    const lnt_column *column = coding->column;
    int64_t start = item * CODES_PIECE, end = start + CODES_PIECE < column->length ? start + CODES_PIECE : column->length;
    lnt_arena scratch;
    lnt_arena_init(&scratch, lnt_engine_budget(coding->engine), "sort");
    lnt_status status = lnt_engine_check(coding->engine, err);
    for (int64_t at = start; status == LNT_OK && at < end; at += LNT_BATCH_ROWS) {
        int64_t n = end - at < LNT_BATCH_ROWS ? end - at : LNT_BATCH_ROWS;
        lnt_vec vec;
        lnt_arena_reset(&scratch);
        status = lnt_vec_from_column(column, at, n, &scratch, &vec, err);
        if (status != LNT_OK) break;
        code_vec(coding, &vec, n, coding->codes + at);
        if (column->type == LNT_FLOAT) place_nans(coding, n, coding->codes + at);
    }
    lnt_arena_clear(&scratch);
    return status;
}

static lnt_status fixed_codes(lnt_engine *engine, const lnt_column *column, bool descending, bool low_half,
                              lnt_room *codes, lnt_error *err) {
    LNT_TRY(lnt__room_grow(codes, lnt_engine_budget(engine), column->length, sizeof(uint64_t), "sort", err));
    lnt_coding coding = {.engine = engine,
                         .column = column,
                         .codes = lnt__room_data(codes),
                         .descending = descending,
                         .low_half = low_half};
    return lnt__parallel(engine, (column->length + CODES_PIECE - 1) / CODES_PIECE, code_piece, &coding, err);
}

/// Addresses: the upper half, then the lower one. Only one half needs to know the nulls.
static lnt_status ip_parts(lnt_engine *engine, const lnt_column *column, bool descending, lnt_sort_part *parts, int *n,
                           lnt_error *err) {
    LNT_TRY(fixed_codes(engine, column, descending, false, &parts[0].codes, err));
    LNT_TRY(compress(engine, column, descending, parts, n, err));
    LNT_TRY(fixed_codes(engine, column, descending, true, &parts[*n].codes, err));
    int last = 1;
    uint64_t *codes = lnt__room_data(&parts[*n].codes);
    for (int64_t i = 0; descending && i < column->length; i++) codes[i] = ~codes[i];
    for (int64_t i = 0; column->null_count > 0 && i < column->length; i++)
        if (is_null(column, i)) codes[i] = UINT64_MAX; // equal among themselves
    uint64_t least = UINT64_MAX, greatest = 0;
    for (int64_t i = 0; i < column->length; i++) {
        least = codes[i] < least ? codes[i] : least;
        greatest = codes[i] > greatest ? codes[i] : greatest;
    }
    for (int64_t i = 0; i < column->length; i++) codes[i] -= least;
    parts[*n].bits = column->length > 0 ? bits_of(greatest - least) : 0;
    *n += last;
    return LNT_OK;
}

static void rank_rows(void *context, int64_t start, int64_t end) {
    const lnt_coding *coding = context;
    const uint8_t *data = coding->column->data->data;
    int width = coding->column->width;
    for (int64_t i = start; i < end; i++) coding->codes[i] = coding->ranks[lnt_code_at(data, width, i)];
}

/// Ranks of a dictionary's entries, then by row.
static lnt_status dictionary_codes(lnt_engine *engine, const lnt_column *column, lnt_room *codes, lnt_error *err) {
    lnt_room ranks = {0};
    uint64_t n_ranks = 0;
    lnt_status status = lnt__rank_strings(engine, column->dictionary, &ranks, &n_ranks, err);
    if (status == LNT_OK)
        status = lnt__room_grow(codes, lnt_engine_budget(engine), column->length, sizeof(uint64_t), "sort", err);
    if (status == LNT_OK) status = lnt_engine_check(engine, err);
    lnt_coding coding = {
        .engine = engine, .column = column, .codes = lnt__room_data(codes), .ranks = lnt__room_data(&ranks)};
    if (status == LNT_OK && n_ranks > 0)
        status = lnt_engine_pieces(engine, column->length, CODES_PIECE, rank_rows, &coding, err);
    lnt__room_clear(&ranks);
    return status;
}

static lnt_status string_codes(lnt_engine *engine, const lnt_column *column, lnt_room *codes, lnt_error *err) {
    uint64_t n_ranks = 0;
    if (column->layout == LNT_LAYOUT_DICTIONARY) return dictionary_codes(engine, column, codes, err);
    return lnt__rank_strings(engine, column, codes, &n_ranks, err);
}

lnt_status lnt__sort_parts(lnt_engine *engine, const lnt_column *column, bool descending, lnt_sort_part *parts, int *n,
                           lnt_error *err) {
    *n = 1;
    for (int i = 0; i < LNT_SORT_PARTS_MAX; i++) parts[i] = (lnt_sort_part){0};
    if (column->layout == LNT_LAYOUT_CONSTANT) return LNT_OK;
    if (column->type == LNT_IP) return ip_parts(engine, column, descending, parts, n, err);
    if (column->type == LNT_STRING) {
        LNT_TRY(string_codes(engine, column, &parts[0].codes, err));
    } else {
        LNT_TRY(fixed_codes(engine, column, descending, false, &parts[0].codes, err));
    }
    return compress(engine, column, descending, parts, n, err);
}

int lnt__sort_compare(lnt_value a, lnt_value b, bool descending) {
    if (a.is_null || b.is_null) return a.is_null - b.is_null;
    int order = 0;
    switch (a.type) {
    case LNT_BOOL:
        order = a.as.b - b.as.b;
        break;
    case LNT_FLOAT: {
        bool a_nan = a.as.f != a.as.f, b_nan = b.as.f != b.as.f;
        if (a_nan || b_nan) return a_nan - b_nan;
        order = (a.as.f > b.as.f) - (a.as.f < b.as.f);
        break;
    }
    case LNT_STRING:
        order = lnt_str_compare(a.as.s, b.as.s);
        break;
    case LNT_IP:
        order = lnt_ip_compare(a.as.ip, b.as.ip);
        break;
    default:
        order = (a.as.i > b.as.i) - (a.as.i < b.as.i);
        break;
    }
    return descending ? -order : order;
}
