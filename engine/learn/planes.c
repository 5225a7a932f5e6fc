/// @file planes.c
/// Looking rows up in planes, 256 at a time.
#include "learn/planes.h"

#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

#define ISA __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi,avx512bitalg")))
#define ISA_INLINE ISA static inline __attribute__((always_inline))

enum { ROWS = 256, LANES = 64, VECTORS = ROWS / LANES, MASK_BYTES = 8 };

bool lnt_planes_are_fast(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512bitalg");
}

/// 64 masks, eight a vector, to planes of which the first `n_planes` are written, `step` bytes apart. In three rounds, each
/// of which brings together what two vectors have of half as many planes.
ISA_INLINE void cut(const __m512i masks[8], int64_t n_planes, int64_t step, uint8_t *out) {
    uint8_t lower[LANES], upper[LANES];
    for (int i = 0; i < LANES; i++) { // byte `plane` of row i % 16, rows of the second vector following
        lower[i] = (uint8_t)(i % 16 * MASK_BYTES + i / 16);
        upper[i] = (uint8_t)(lower[i] + 4);
    }
    __m512i low = _mm512_loadu_si512(lower), high = _mm512_loadu_si512(upper), four[8], two[8], one[8];
    const __m512i first = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11), second = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
    for (int i = 0; i < 4; i++) { // planes 0-3, then 4-7 of 16 rows
        four[i] = _mm512_permutex2var_epi8(masks[2 * i], low, masks[2 * i + 1]);
        four[i + 4] = _mm512_permutex2var_epi8(masks[2 * i], high, masks[2 * i + 1]);
    }
    for (int i = 0; i < 4; i++) { // two planes of 32 rows
        two[i / 2 * 4 + i % 2] = _mm512_permutex2var_epi64(four[2 * i], first, four[2 * i + 1]);
        two[i / 2 * 4 + i % 2 + 2] = _mm512_permutex2var_epi64(four[2 * i], second, four[2 * i + 1]);
    }
    for (int i = 0; i < 4; i++) {
        one[2 * i] = _mm512_inserti64x4(two[2 * i], _mm512_castsi512_si256(two[2 * i + 1]), 1);
        one[2 * i + 1] = _mm512_shuffle_i64x2(two[2 * i], two[2 * i + 1], 0xee);
    }
    for (int p = 0; p < MASK_BYTES; p++) {
        if (p < n_planes) _mm512_storeu_si512(out + p * step, one[p]);
    }
}

ISA void lnt_planes_make(const lnt_masks *masks, const lnt_feature *features, lnt_planes *out) {
    const lnt_lookup *lookup = &masks->lookup;
    uint32_t at = 0;
    out->masks = masks;
    out->n_planes = (masks->n_leaves + 7) / 8;
    out->n_narrow = out->n_wide = 0;
    memset(out->values, 0, sizeof out->values);
    memcpy(out->values, masks->values, (size_t)masks->n_leaves * sizeof *out->values);
    for (int64_t i = 0; i < lookup->n_features; i++) {
        lnt_plane_feature f = {.feature = lookup->features[i], .at = lookup->starts[i]};
        int64_t n_codes = features[f.feature].n_bins + 1;
        if (n_codes > 256) {
            out->wide[out->n_wide++] = f;
            continue;
        }
        f.n_tables = n_codes <= LANES ? 1 : n_codes <= 2 * LANES ? 2 : 4;
        f.at = at;
        uint64_t room[256]; // codes that there aren't have some mask, too
        memcpy(room, masks->codes + lookup->starts[i], (size_t)n_codes * 8);
        memset(room + n_codes, 0, (size_t)(f.n_tables * LANES - n_codes) * 8);
        for (int64_t c = 0; c < f.n_tables; c++) {
            __m512i some[8];
            for (int j = 0; j < 8; j++) some[j] = _mm512_loadu_si512(room + c * LANES + j * 8);
            cut(some, out->n_planes, f.n_tables * LANES, out->bytes + at + c * LANES);
        }
        at += (uint32_t)(f.n_tables * LANES * out->n_planes);
        out->narrow[out->n_narrow++] = f;
    }
}

/// 256 rows' codes by narrow and by wide feature.
typedef struct chunk {
    const uint8_t *narrow[LNT_STRIKE_FEATURES];
    const uint16_t *wide[LNT_STRIKE_FEATURES];
} chunk;

/// What the wide features leave over of the rows' masks, in planes.
ISA_INLINE void look_up_wide(const lnt_planes *p, const chunk *rows, uint8_t planes[MASK_BYTES][ROWS]) {
    for (int v = 0; v < VECTORS; v++) {
        __m512i left[8];
        for (int j = 0; j < 8; j++) left[j] = _mm512_set1_epi8(-1);
        for (int64_t f = 0; f < p->n_wide; f++) {
            const uint64_t *masks = p->masks->codes + p->wide[f].at;
            const uint16_t *codes = rows->wide[f] + v * LANES;
            for (int j = 0; j < 8; j++) {
                __m256i at = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(const void *)(codes + j * 8)));
                left[j] = _mm512_and_si512(left[j], _mm512_i32gather_epi64(at, masks, 8));
            }
        }
        cut(left, p->n_planes, ROWS, planes[0] + v * LANES);
    }
}

/// Strikes out of four vectors of mask bytes what one plane of a feature does.
ISA_INLINE void strike_vectors(const uint8_t *tables, int n_tables, const uint8_t *codes, __m512i *left) {
    __m512i t[4], code, found;
    for (int i = 0; i < n_tables; i++) t[i] = _mm512_loadu_si512(tables + i * LANES);
    for (int v = 0; v < VECTORS; v++) {
        code = _mm512_loadu_si512(codes + v * LANES);
        if (n_tables == 1) found = _mm512_permutexvar_epi8(code, t[0]);
        else found = _mm512_permutex2var_epi8(t[0], code, t[1]);
        if (n_tables == 4) { // the code's highest bit says which two
            __m512i upper = _mm512_permutex2var_epi8(t[2], code, t[3]);
            found = _mm512_mask_mov_epi8(found, _mm512_movepi8_mask(code), upper);
        }
        left[v] = _mm512_and_si512(left[v], found);
    }
}

/// The values of sixteen leaves.
ISA_INLINE __m512 values_of(const __m512 values[4], int64_t n_planes, __m512i leaf) {
    if (n_planes <= 2) return _mm512_permutexvar_ps(leaf, values[0]);
    __m512 low = _mm512_permutex2var_ps(values[0], leaf, values[1]);
    if (n_planes <= 4) return low;
    __m512 high = _mm512_permutex2var_ps(values[2], leaf, values[3]);
    return _mm512_mask_mov_ps(low, _mm512_test_epi32_mask(leaf, _mm512_set1_epi32(32)), high);
}

/// Adds the values of 64 rows' leaves, whose masks' first byte that isn't 0 is in `byte`, `base` bits from the start.
ISA_INLINE void add_values(const __m512 values[4], int64_t n_planes, __m512i byte, __m512i base, float *out) {
    __m512i below = _mm512_andnot_si512(byte, _mm512_sub_epi8(byte, _mm512_set1_epi8(1)));
    uint8_t leaves[LANES];
    _mm512_storeu_si512(leaves, _mm512_add_epi8(base, _mm512_popcnt_epi8(below)));
    for (int i = 0; i < LANES; i += 16) {
        __m512i leaf = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)(leaves + i)));
        _mm512_storeu_ps(out + i, _mm512_add_ps(_mm512_loadu_ps(out + i), values_of(values, n_planes, leaf)));
    }
}

/// 256 rows.
ISA static void add_chunk(const lnt_planes *p, const chunk *rows, float *out) {
    uint8_t wide[MASK_BYTES][ROWS];
    __m512i byte[VECTORS], base[VECTORS], left[VECTORS];
    if (p->n_wide > 0) look_up_wide(p, rows, wide);
    for (int v = 0; v < VECTORS; v++) byte[v] = base[v] = _mm512_setzero_si512();
    for (int64_t plane = p->n_planes - 1; plane >= 0; plane--) {
        for (int v = 0; v < VECTORS; v++) {
            left[v] = p->n_wide > 0 ? _mm512_loadu_si512(wide[plane] + v * LANES) : _mm512_set1_epi8(-1);
        }
        for (int64_t f = 0; f < p->n_narrow; f++) {
            const uint8_t *tables = p->bytes + p->narrow[f].at + plane * p->narrow[f].n_tables * LANES;
            if (p->narrow[f].n_tables == 1) strike_vectors(tables, 1, rows->narrow[f], left);
            else if (p->narrow[f].n_tables == 2) strike_vectors(tables, 2, rows->narrow[f], left);
            else strike_vectors(tables, 4, rows->narrow[f], left);
        }
        for (int v = 0; v < VECTORS; v++) { // the first plane that has a leaf comes last
            __mmask64 some = _mm512_test_epi8_mask(left[v], left[v]);
            byte[v] = _mm512_mask_mov_epi8(byte[v], some, left[v]);
            base[v] = _mm512_mask_mov_epi8(base[v], some, _mm512_set1_epi8((char)(plane * 8)));
        }
    }
    __m512 values[4];
    for (int i = 0; i < 4; i++) values[i] = _mm512_loadu_ps(p->values + i * 16);
    for (int v = 0; v < VECTORS; v++) add_values(values, p->n_planes, byte[v], base[v], out + v * LANES);
}

static inline const uint8_t *narrow_of(const lnt_planes *p, const lnt_code_columns *columns, int64_t i) {
    return lnt_code_column(columns, p->narrow[i].feature);
}

static inline const uint16_t *wide_of(const lnt_planes *p, const lnt_code_columns *columns, int64_t i) {
    return lnt_code_column(columns, p->wide[i].feature);
}

void lnt_planes_add(const lnt_planes *p, const lnt_code_columns *columns, int64_t start, int64_t n, float *out) {
    chunk rows;
    for (; n >= ROWS; start += ROWS, out += ROWS, n -= ROWS) {
        for (int64_t f = 0; f < p->n_narrow; f++) rows.narrow[f] = narrow_of(p, columns, f) + start;
        for (int64_t f = 0; f < p->n_wide; f++) rows.wide[f] = wide_of(p, columns, f) + start;
        add_chunk(p, &rows, out);
    }
    if (n == 0) return;
    uint8_t narrow[LNT_STRIKE_FEATURES][ROWS];
    uint16_t wide[LNT_STRIKE_FEATURES][ROWS];
    float rest[ROWS] = {0};
    for (int64_t f = 0; f < p->n_narrow; f++) {
        memset(narrow[f], 0, sizeof narrow[f]);
        memcpy(narrow[f], narrow_of(p, columns, f) + start, (size_t)n);
        rows.narrow[f] = narrow[f];
    }
    for (int64_t f = 0; f < p->n_wide; f++) {
        memset(wide[f], 0, sizeof wide[f]);
        memcpy(wide[f], wide_of(p, columns, f) + start, (size_t)n * 2);
        rows.wide[f] = wide[f];
    }
    memcpy(rest, out, (size_t)n * sizeof *out);
    add_chunk(p, &rows, rest);
    memcpy(out, rest, (size_t)n * sizeof *out);
}

#else

bool lnt_planes_are_fast(void) {
    return false;
}

void lnt_planes_make(const lnt_masks *masks, const lnt_feature *features, lnt_planes *out) {
    (void)features;
    out->masks = masks;
}

void lnt_planes_add(const lnt_planes *planes, const lnt_code_columns *columns, int64_t start, int64_t n, float *out) {
    (void)planes, (void)columns, (void)start, (void)n, (void)out;
}

#endif
