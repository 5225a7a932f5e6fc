/// @file sort_parts.c
/// Keys to numbers: each value becomes its distance from the least one (or the greatest, descending), so that narrow
/// ranges take few bits; null is one more than the greatest distance.
#include <string.h>

#include "exec/sort/sort.h"

static int bits_of(uint64_t value) {
    return value ? 64 - __builtin_clzll(value) : 0;
}

static bool is_null(const lnt_column *column, int64_t row) {
    int64_t at = column->layout == LNT_LAYOUT_CONSTANT ? 0 : row;
    return column->validity && !lnt_bitmap_get((const uint64_t *)(const void *)column->validity->data, at);
}

/// Turns order codes into distances; nulls come after them, in the same part where the bits allow it, else in a part of
/// their own before it. `parts[0]` holds the codes.
static lnt_status compress(lnt_engine *engine, const lnt_column *column, bool descending, lnt_sort_part *parts, int *n,
                           lnt_error *err) {
    uint64_t *codes = lnt__room_data(&parts[0].codes), least = UINT64_MAX, greatest = 0;
    bool nulls = column->null_count > 0, any = false;
    for (int64_t i = 0; i < column->length; i++) {
        if (nulls && is_null(column, i)) continue;
        any = true;
        least = codes[i] < least ? codes[i] : least;
        greatest = codes[i] > greatest ? codes[i] : greatest;
    }
    if (!any) least = greatest = 0;
    uint64_t span = greatest - least;
    bool own_part = nulls && span == UINT64_MAX;
    for (int64_t i = 0; i < column->length; i++) {
        bool null = nulls && is_null(column, i);
        codes[i] = null ? (own_part ? 0 : span + 1) : descending ? greatest - codes[i] : codes[i] - least;
    }
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

/// Fixed values of a column as order codes, batch by batch.
static lnt_status fill_codes(const lnt_column *column, lnt_arena *scratch, uint64_t *codes, bool low_half,
                             lnt_error *err) {
    for (int64_t at = 0; at < column->length; at += LNT_BATCH_ROWS) {
        int64_t n = column->length - at < LNT_BATCH_ROWS ? column->length - at : LNT_BATCH_ROWS;
        lnt_vec vec;
        lnt_arena_reset(scratch);
        LNT_TRY(lnt_vec_from_column(column, at, n, scratch, &vec, err));
        int64_t mask = vec.form == LNT_FORM_CONSTANT ? 0 : -1;
        for (int64_t k = 0; k < n; k++) {
            int64_t i = k & mask;
            switch (column->type) {
            case LNT_BOOL:
                codes[at + k] = ((const uint8_t *)vec.data)[i] != 0;
                break;
            case LNT_FLOAT:
                codes[at + k] = order_of_float(((const double *)vec.data)[i]);
                break;
            case LNT_IP: {
                lnt_ip ip = ((const lnt_ip *)vec.data)[i];
                codes[at + k] = low_half ? ip.lo : ip.hi;
                break;
            }
            default:
                codes[at + k] = order_of_int(((const int64_t *)vec.data)[i]);
                break;
            }
        }
    }
    return LNT_OK;
}

static lnt_status fixed_codes(lnt_engine *engine, const lnt_column *column, bool low_half, lnt_room *codes,
                              lnt_error *err) {
    lnt_arena scratch;
    lnt_budget *budget = lnt_engine_budget(engine);
    LNT_TRY(lnt__room_grow(codes, budget, column->length, sizeof(uint64_t), "sort", err));
    LNT_TRY(lnt_engine_check(engine, err)); // each of these steps takes some 30 ms with 10^7 rows
    lnt_arena_init(&scratch, budget, "sort");
    lnt_status status = fill_codes(column, &scratch, lnt__room_data(codes), low_half, err);
    lnt_arena_clear(&scratch);
    return status == LNT_OK ? lnt_engine_check(engine, err) : status;
}

/// Floats: NaN after all numbers both ways, so it gets the end of the range that is last in this direction.
static void place_nans(lnt_room *room, int64_t n, bool descending) {
    uint64_t *codes = lnt__room_data(room);
    const uint64_t positive = order_of_float(__builtin_inf()), negative = order_of_float(-__builtin_inf());
    for (int64_t i = 0; i < n; i++)
        if (codes[i] > positive || codes[i] < negative) codes[i] = descending ? negative - 1 : positive + 1;
}

/// Addresses: the upper half, then the lower one. Only one half needs to know the nulls.
static lnt_status ip_parts(lnt_engine *engine, const lnt_column *column, bool descending, lnt_sort_part *parts, int *n,
                           lnt_error *err) {
    LNT_TRY(fixed_codes(engine, column, false, &parts[0].codes, err));
    LNT_TRY(compress(engine, column, descending, parts, n, err));
    LNT_TRY(fixed_codes(engine, column, true, &parts[*n].codes, err));
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

/// Ranks of a dictionary's entries, then by row.
static lnt_status dictionary_codes(lnt_engine *engine, const lnt_column *column, lnt_room *codes, lnt_error *err) {
    lnt_room ranks = {0};
    uint64_t n_ranks = 0;
    lnt_status status = lnt__rank_strings(engine, column->dictionary, &ranks, &n_ranks, err);
    if (status == LNT_OK)
        status = lnt__room_grow(codes, lnt_engine_budget(engine), column->length, sizeof(uint64_t), "sort", err);
    if (status == LNT_OK) status = lnt_engine_check(engine, err);
    const uint64_t *rank = lnt__room_data(&ranks);
    uint64_t *to = lnt__room_data(codes);
    const uint8_t *data = column->data->data;
    for (int64_t i = 0; status == LNT_OK && n_ranks > 0 && i < column->length; i++)
        to[i] = rank[column->width == 1   ? data[i]
                     : column->width == 2 ? ((const uint16_t *)(const void *)data)[i]
                                          : ((const uint32_t *)(const void *)data)[i]];
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
        LNT_TRY(fixed_codes(engine, column, false, &parts[0].codes, err));
        if (column->type == LNT_FLOAT) place_nans(&parts[0].codes, column->length, descending);
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
