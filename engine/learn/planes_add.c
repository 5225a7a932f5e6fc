/// @file planes_add.c
/// Taking rows through a tree's planes, 256 at a time.
#include <string.h>

#include "learn/planes.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

#define ISA __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi,avx512bitalg")))
#define ISA_INLINE ISA static inline __attribute__((always_inline))

enum { ROWS = 256, LANES = 64, VECTORS = ROWS / LANES };

bool lnt_planes_are_fast(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512bitalg");
}

/// 256 rows: where each column's codes of them start.
typedef struct chunk {
    const uint8_t *codes[LNT_PLANE_NODES];
} chunk;

// ---- sets ----

/// The place of 64 rows' codes in sets' bits.
typedef struct places {
    __m512i page, byte, bit;
} places;

ISA_INLINE places place_narrow(const uint8_t *codes) {
    const __m512i powers = _mm512_set1_epi64((long long)0x8040201008040201);
    __m512i code = _mm512_loadu_si512(codes);
    __m512i byte = _mm512_and_si512(_mm512_srli_epi16(code, 3), _mm512_set1_epi8(0x1f));
    return (places){_mm512_setzero_si512(), byte, _mm512_shuffle_epi8(powers, _mm512_and_si512(code, _mm512_set1_epi8(7)))};
}

/// Two vectors' lower bytes, in order.
ISA_INLINE __m512i lower_bytes(__m512i first, __m512i second) {
    return _mm512_inserti64x4(_mm512_castsi256_si512(_mm512_cvtepi16_epi8(first)), _mm512_cvtepi16_epi8(second), 1);
}

ISA_INLINE places place_wide(const uint8_t *codes) {
    const __m512i powers = _mm512_set1_epi64((long long)0x8040201008040201);
    __m512i first = _mm512_loadu_si512(codes), second = _mm512_loadu_si512(codes + LANES);
    __m512i low = lower_bytes(first, second);
    return (places){lower_bytes(_mm512_srli_epi16(first, 11), _mm512_srli_epi16(second, 11)),
                    lower_bytes(_mm512_srli_epi16(first, 3), _mm512_srli_epi16(second, 3)),
                    _mm512_shuffle_epi8(powers, _mm512_and_si512(low, _mm512_set1_epi8(7)))};
}

/// Which of 64 rows are in a set.
ISA_INLINE __mmask64 members(const lnt_plane_set *set, const uint8_t *bits, places at) {
    if (set->n_pages == 0) return _mm512_test_epi8_mask(_mm512_permutexvar_epi8(at.byte, _mm512_loadu_si512(bits)), at.bit);
    __mmask64 upper = _mm512_movepi8_mask(at.byte), found = 0;
    for (int64_t page = 0; page < set->n_pages; page++, bits += LNT_PLANE_PAGE) {
        __m512i low = _mm512_permutex2var_epi8(_mm512_loadu_si512(bits), at.byte, _mm512_loadu_si512(bits + LANES));
        __m512i high = _mm512_permutex2var_epi8(_mm512_loadu_si512(bits + 2 * LANES), at.byte, _mm512_loadu_si512(bits + 3 * LANES));
        __mmask64 some = _mm512_test_epi8_mask(_mm512_mask_mov_epi8(low, upper, high), at.bit);
        found |= some & _mm512_cmpeq_epi8_mask(at.page, _mm512_set1_epi8((char)page));
    }
    return found;
}

ISA_INLINE void look_up_sets(const lnt_planes *p, const chunk *rows, uint64_t found[][VECTORS]) {
    for (int64_t s = 0, column = -1; s < p->n_sets;) {
        column = p->sets[s].column;
        int64_t end = s + 1;
        while (end < p->n_sets && p->sets[end].column == column) end++;
        for (int v = 0; v < VECTORS; v++) {
            places at = p->is_wide[column] ? place_wide(rows->codes[column] + v * LANES * 2)
                                           : place_narrow(rows->codes[column] + v * LANES);
            for (int64_t i = s; i < end; i++) found[i][v] = members(&p->sets[i], p->content + p->sets[i].at, at);
        }
        s = end;
    }
}

// ---- numbers ----

/// Strikes a column's steps out of a plane.
ISA_INLINE void strike_run(const uint8_t *codes, const uint8_t *steps, int64_t n_steps, __m512i left[VECTORS]) {
    __m512i code[VECTORS], some[VECTORS];
    for (int v = 0; v < VECTORS; v++) {
        code[v] = _mm512_loadu_si512(codes + v * LANES);
        some[v] = left[v];
    }
    for (int64_t i = 0; i < n_steps; i++) {
        __m512i low = _mm512_set1_epi8((char)steps[2 * i]), byte = _mm512_set1_epi8((char)steps[2 * i + 1]);
        for (int v = 0; v < VECTORS; v++) some[v] = _mm512_mask_mov_epi8(some[v], _mm512_cmpge_epu8_mask(code[v], low), byte);
    }
    for (int v = 0; v < VECTORS; v++) left[v] = _mm512_and_si512(left[v], some[v]);
}

/// What is left of a plane, whose bytes start at `from`; returns where they end.
ISA_INLINE const uint8_t *strike_plane(const chunk *rows, uint64_t found[][VECTORS], const uint8_t *from,
                                       __m512i left[VECTORS]) {
    const __m512i all = _mm512_set1_epi8(-1);
    for (int v = 0; v < VECTORS; v++) left[v] = all;
    for (int n_runs = *from++; n_runs > 0; n_runs--) {
        strike_run(rows->codes[from[0]], from + 2, from[1], left);
        from += 2 + 2 * from[1];
    }
    for (int n_sets = *from++; n_sets > 0; n_sets--, from += 2) {
        const uint64_t *struck = found[from[0]];
        __m512i kept = _mm512_set1_epi8((char)from[1]);
        for (int v = 0; v < VECTORS; v++) left[v] = _mm512_and_si512(left[v], _mm512_mask_mov_epi8(all, struck[v], kept));
    }
    return from;
}

// ---- values ----

/// The values of sixteen leaves.
ISA_INLINE __m512 values_of(const __m512 values[4], int64_t n_planes, __m512i leaf) {
    if (n_planes <= 2) return _mm512_permutexvar_ps(leaf, values[0]);
    __m512 low = _mm512_permutex2var_ps(values[0], leaf, values[1]);
    if (n_planes <= 4) return low;
    __m512 high = _mm512_permutex2var_ps(values[2], leaf, values[3]);
    return _mm512_mask_mov_ps(low, _mm512_test_epi32_mask(leaf, _mm512_set1_epi32(32)), high);
}

/// Adds the values of 64 rows' leaves, whose first plane that isn't 0 is `byte`, `base` leaves from the start.
ISA_INLINE void add_values(const __m512 values[4], int64_t n_planes, __m512i byte, __m512i base, float *out) {
    __m512i below = _mm512_andnot_si512(byte, _mm512_sub_epi8(byte, _mm512_set1_epi8(1)));
    __m512i leaves = _mm512_add_epi8(base, _mm512_popcnt_epi8(below));
    __m128i some[4] = {_mm512_castsi512_si128(leaves), _mm512_extracti32x4_epi32(leaves, 1),
                       _mm512_extracti32x4_epi32(leaves, 2), _mm512_extracti32x4_epi32(leaves, 3)};
    for (int i = 0; i < 4; i++) {
        __m512 more = values_of(values, n_planes, _mm512_cvtepu8_epi32(some[i]));
        _mm512_storeu_ps(out + i * 16, _mm512_add_ps(_mm512_loadu_ps(out + i * 16), more));
    }
}

/// 256 rows.
ISA static void add_chunk(const lnt_planes *p, const chunk *rows, float *out) {
    uint64_t found[LNT_PLANE_NODES][VECTORS];
    __m512i byte[VECTORS], base[VECTORS], left[VECTORS];
    const uint8_t *bytes = p->content + p->n_bits;
    look_up_sets(p, rows, found);
    for (int v = 0; v < VECTORS; v++) byte[v] = base[v] = _mm512_setzero_si512();
    for (int64_t plane = p->n_planes - 1; plane >= 0; plane--) { // the first plane that has a leaf comes last
        bytes = strike_plane(rows, found, bytes, left);
        for (int v = 0; v < VECTORS; v++) {
            __mmask64 some = _mm512_test_epi8_mask(left[v], left[v]);
            byte[v] = _mm512_mask_mov_epi8(byte[v], some, left[v]);
            base[v] = _mm512_mask_mov_epi8(base[v], some, _mm512_set1_epi8((char)(plane * 8)));
        }
    }
    __m512 values[4];
    for (int i = 0; i < 4; i++) values[i] = _mm512_loadu_ps(p->values + i * 16);
    for (int v = 0; v < VECTORS; v++) add_values(values, p->n_planes, byte[v], base[v], out + v * LANES);
}

void lnt_planes_add(const lnt_planes *p, const lnt_code_columns *columns, int64_t start, int64_t n, float *out) {
    const uint8_t *codes[LNT_PLANE_NODES];
    chunk rows;
    for (int64_t c = 0; c < p->n_columns; c++) codes[c] = lnt_code_column(columns, p->features[c]);
    for (; n >= ROWS; start += ROWS, out += ROWS, n -= ROWS) {
        for (int64_t c = 0; c < p->n_columns; c++) rows.codes[c] = codes[c] + start * (1 + p->is_wide[c]);
        add_chunk(p, &rows, out);
    }
    if (n == 0) return;
    uint8_t rest[LNT_PLANE_NODES][ROWS * 2];
    float some[ROWS] = {0};
    for (int64_t c = 0; c < p->n_columns; c++) {
        int64_t width = 1 + p->is_wide[c];
        memcpy(rest[c], codes[c] + start * width, (size_t)(n * width));
        memset(rest[c] + n * width, 0, (size_t)((ROWS - n) * width));
        rows.codes[c] = rest[c];
    }
    memcpy(some, out, (size_t)n * sizeof *out);
    add_chunk(p, &rows, some);
    memcpy(out, some, (size_t)n * sizeof *out);
}

#else

bool lnt_planes_are_fast(void) {
    return false;
}

void lnt_planes_add(const lnt_planes *planes, const lnt_code_columns *columns, int64_t start, int64_t n, float *out) {
    (void)planes, (void)columns, (void)start, (void)n, (void)out;
}

#endif
