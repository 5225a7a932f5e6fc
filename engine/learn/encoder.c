/// @file encoder.c
/// Encoding columns.
#include "learn/encoder.h"

#include <math.h>
#include <string.h>

enum {
    CELLS = 1024, MOST_STEPS = 6, ///< more edges in a cell are searched
    WORTH = 256,                  ///< rows that a table for numbers pays off for
    SPARSE = 8,                   ///< numbers may lie so many times farther apart than there are of them
    LANES = 8
};

static uint16_t code_of_key(const lnt_feature *feature, lnt_str key) {
    uint32_t code = lnt_intern_find(&feature->levels, key);
    return code == UINT32_MAX ? (uint16_t)feature->n_bins : (uint16_t)code;
}

// ---- tables ----

static lnt_status map_dictionary(lnt_encoder *e, lnt_error *err) {
    const lnt_column *dictionary = e->column->dictionary;
    if (!(e->map = lnt_alloc_array(dictionary->length, sizeof *e->map, err))) return LNT_NOMEM;
    e->n_map = dictionary->length;
    for (int64_t i = 0; i < e->n_map; i++) e->map[i] = code_of_key(e->feature, lnt_column_str(dictionary, i));
    return LNT_OK;
}

static int64_t level_of(const lnt_feature *feature, int64_t i) {
    return lnt__key_value(LNT_INT, lnt_intern_get(&feature->levels, i)).as.i;
}

/// A table of codes by number, if levels lie close together.
static lnt_status map_numbers(lnt_encoder *e, int64_t n_rows, lnt_error *err) {
    const lnt_feature *feature = e->feature;
    int64_t low = INT64_MAX, high = INT64_MIN;
    if (feature->n_bins == 0 || feature->n_bins > n_rows) return LNT_OK;
    for (int64_t i = 0; i < feature->n_bins; i++) {
        int64_t level = level_of(feature, i);
        low = level < low ? level : low;
        high = level > high ? level : high;
    }
    if ((uint64_t)high - (uint64_t)low >= (uint64_t)(SPARSE * feature->n_bins + CELLS)) return LNT_OK;
    int64_t n = high - low + 1;
    if (!(e->map = lnt_alloc_array(n, sizeof *e->map, err))) return LNT_NOMEM;
    e->n_map = n;
    e->low = low;
    for (int64_t i = 0; i < n; i++) e->map[i] = (uint16_t)feature->n_bins;
    for (int64_t i = 0; i < feature->n_bins; i++) e->map[level_of(feature, i) - low] = (uint16_t)i;
    return LNT_OK;
}

/// The cell of a number: never less than that of a smaller one. NaN is in the first.
static inline int64_t cell_of(double first, double scale, double number) {
    double cell = (number - first) * scale;
    return (int64_t)(cell > 0 ? cell < CELLS - 1 ? cell : CELLS - 1 : 0);
}

/// How many edges lie in cells below each, if no cell has many.
static lnt_status map_cells(lnt_encoder *e, lnt_error *err) {
    int64_t n = e->feature->n_bins - 1;
    const double *edges = e->feature->edges;
    if (n < 2) return LNT_OK;
    int64_t counts[CELLS] = {0}, below = 0;
    e->first = edges[0];
    e->scale = (CELLS - 1) / (edges[n - 1] - edges[0]);
    if (!isfinite(e->scale)) return LNT_OK;
    for (int64_t i = 0; i < n; i++) {
        int64_t count = ++counts[cell_of(e->first, e->scale, edges[i])];
        e->steps = count > e->steps ? count : e->steps;
    }
    if (e->steps > MOST_STEPS) return LNT_OK;
    if (!(e->map = lnt_alloc_array(CELLS, sizeof *e->map, err))) return LNT_NOMEM;
    if (!(e->edges = lnt_alloc_array(n + e->steps, sizeof *e->edges, err))) return LNT_NOMEM;
    for (int64_t c = 0; c < CELLS; below += counts[c++]) e->map[c] = (uint16_t)below;
    for (int64_t i = 0; i < n + e->steps; i++) e->edges[i] = i < n ? edges[i] : INFINITY;
    e->n_map = CELLS;
    return LNT_OK;
}

lnt_status lnt_encoder_init(const lnt_feature *feature, const lnt_column *column, int64_t n_rows, lnt_encoder *out,
                            lnt_error *err) {
    *out = (lnt_encoder){.feature = feature, .column = column};
    if (feature->categorical && column->dictionary && column->dictionary->length <= n_rows) return map_dictionary(out, err);
    if (n_rows < WORTH) return LNT_OK;
    if (!feature->categorical) return map_cells(out, err);
    if (column->type == LNT_INT || column->type == LNT_TIME) return map_numbers(out, n_rows, err);
    return LNT_OK;
}

void lnt_encoder_clear(lnt_encoder *encoder) {
    lnt_free(encoder->map);
    lnt_free(encoder->edges);
    *encoder = (lnt_encoder){0};
}

// ---- encoding ----

/// The bins of LANES numbers: how many edges are below each. The searches take the same steps, so their waits overlap.
static inline void bins_of(const double *edges, int64_t n, const double *numbers, uint16_t *bins) {
    int64_t at[LANES] = {0};
    while (n > 0) {
        int64_t half = (n + 1) / 2;
        for (int i = 0; i < LANES; i++) at[i] += edges[at[i] + half - 1] < numbers[i] ? half : 0;
        n -= half;
    }
    for (int i = 0; i < LANES; i++) bins[i] = (uint16_t)at[i];
}

static void encode_by_cells(const lnt_encoder *e, const double *numbers, int64_t n, uint16_t *out, int64_t stride) {
    const double first = e->first, scale = e->scale, *edges = e->edges;
    const uint16_t *map = e->map, missing = (uint16_t)e->feature->n_bins;
    for (int64_t i = 0; i < n; i++) {
        double number = numbers[i];
        int64_t bin = map[cell_of(first, scale, number)], more = 0;
        for (int64_t s = 0; s < e->steps; s++) more += edges[bin + s] < number;
        out[i * stride] = isnan(number) ? missing : (uint16_t)(bin + more);
    }
}

/// Up to LANES numbers.
static inline void encode_lanes(const lnt_feature *feature, const double *numbers, int64_t n, uint16_t *out, int64_t stride) {
    uint16_t bins[LANES] = {0};
    double lanes[LANES] = {0};
    if (n < LANES) memcpy(lanes, numbers, (size_t)n * sizeof *lanes);
    if (feature->n_bins > 0) bins_of(feature->edges, feature->n_bins - 1, n < LANES ? lanes : numbers, bins);
    for (int64_t i = 0; i < n; i++) {
        bool missing = isnan(numbers[i]) || feature->n_bins == 0;
        out[i * stride] = missing ? (uint16_t)feature->n_bins : bins[i];
    }
}

static void encode_numbers(const lnt_encoder *e, const lnt_vec *vec, int64_t n, uint16_t *out, int64_t stride) {
    double room[LNT_BATCH_ROWS];
    bool as_they_are = vec->type == LNT_FLOAT && vec->form == LNT_FORM_FLAT && !vec->valid;
    const double *numbers = as_they_are ? vec->data : room;
    if (!as_they_are) lnt__vector_numbers(vec, n, room);
    if (e->map) {
        encode_by_cells(e, numbers, n, out, stride);
        return;
    }
    for (int64_t start = 0; start < n; start += LANES) {
        int64_t some = n - start < LANES ? n - start : LANES;
        encode_lanes(e->feature, numbers + start, some, out + start * stride, stride);
    }
}

static void encode_dictionary(const lnt_encoder *e, const lnt_vec *vec, int64_t n, uint16_t *out, int64_t stride) {
    const uint32_t *codes = vec->data;
    for (int64_t i = 0; i < n; i++) {
        out[i * stride] = lnt_vec_is_valid(vec, i) ? e->map[codes[i]] : (uint16_t)e->feature->n_bins;
    }
}

/// By a table of numbers.
static void encode_near(const lnt_encoder *e, const lnt_vec *vec, int64_t n, uint16_t *out, int64_t stride) {
    const int64_t *numbers = vec->data;
    uint16_t missing = (uint16_t)e->feature->n_bins;
    uint64_t n_map = (uint64_t)e->n_map;
    for (int64_t i = 0; i < n; i++) {
        uint64_t at = (uint64_t)numbers[i] - (uint64_t)e->low;
        out[i * stride] = at < n_map ? e->map[at] : missing;
    }
    for (int64_t i = 0; i < n && vec->valid; i++) {
        if (!lnt_vec_is_valid(vec, i)) out[i * stride] = missing;
    }
}

static void encode_keys(const lnt_feature *feature, const lnt_vec *vec, int64_t n, uint16_t *out, int64_t stride) {
    char scratch[LNT_KEY_BYTES];
    for (int64_t i = 0; i < n; i++) {
        out[i * stride] = lnt_vec_is_valid(vec, i) ? code_of_key(feature, lnt__value_key(vec, i, scratch))
                                                   : (uint16_t)feature->n_bins;
    }
}

lnt_status lnt_encoder_run(lnt_engine *engine, const lnt_encoder *e, int64_t start, int64_t n, uint16_t *out,
                           int64_t stride, lnt_error *err) {
    lnt_arena arena;
    lnt_arena_init(&arena, lnt_engine_budget(engine), "learn");
    lnt_status status = LNT_OK;
    for (int64_t done = 0; done < n && status == LNT_OK; done += LNT_BATCH_ROWS) {
        int64_t some = n - done < LNT_BATCH_ROWS ? n - done : LNT_BATCH_ROWS;
        lnt_vec vec;
        status = lnt_vec_from_column(e->column, start + done, some, &arena, &vec, err);
        if (status != LNT_OK) break;
        uint16_t *to = out + done * stride;
        if (!e->feature->categorical) encode_numbers(e, &vec, some, to, stride);
        else if (e->map && vec.form == LNT_FORM_DICTIONARY) encode_dictionary(e, &vec, some, to, stride);
        else if (e->map && vec.form == LNT_FORM_FLAT) encode_near(e, &vec, some, to, stride);
        else encode_keys(e->feature, &vec, some, to, stride);
        lnt_arena_reset(&arena);
    }
    lnt_arena_clear(&arena);
    return status;
}

lnt_status lnt_encoder_run_packed(lnt_engine *engine, const lnt_encoder *e, int64_t start, int64_t n, uint8_t *out,
                                  lnt_error *err) {
    uint16_t codes[LNT_BATCH_ROWS];
    int width = lnt_feature_width(e->feature);
    for (int64_t done = 0; done < n; done += LNT_BATCH_ROWS) {
        int64_t some = n - done < LNT_BATCH_ROWS ? n - done : LNT_BATCH_ROWS;
        LNT_TRY(lnt_encoder_run(engine, e, start + done, some, codes, 1, err));
        if (width == 2) memcpy(out + done * 2, codes, (size_t)some * 2);
        for (int64_t i = 0; i < some && width == 1; i++) out[done + i] = (uint8_t)codes[i];
    }
    return LNT_OK;
}

lnt_status lnt_feature_encode(lnt_engine *engine, const lnt_feature *feature, const lnt_column *column, int64_t start,
                              int64_t n, uint16_t *out, int64_t stride, lnt_error *err) {
    lnt_encoder encoder;
    lnt_status status = lnt_encoder_init(feature, column, n, &encoder, err);
    if (status == LNT_OK) status = lnt_encoder_run(engine, &encoder, start, n, out, stride, err);
    lnt_encoder_clear(&encoder);
    return status;
}
