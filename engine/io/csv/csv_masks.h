/// @file csv_masks.h
/// Which of 64 bytes are quotes, delimiters, newlines: one function per set of instructions, all with equal results.
/// Included by csv_walk.c alone, so that they are inlined into the loops there.
#ifndef LNT_IO_CSV_MASKS_H
#define LNT_IO_CSV_MASKS_H

#include <string.h>

#include "io/csv/csv.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define LNT_CSV_X86 1
#include <immintrin.h>
#define LNT_AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt,pclmul")))
#define LNT_AVX512 __attribute__((target("avx512bw,avx512f,avx2,bmi,bmi2,popcnt,pclmul")))
#define LNT_VBMI2 __attribute__((target("avx512vbmi2,avx512bw,avx512f,avx2,bmi,bmi2,popcnt,pclmul")))
#endif

typedef void (*lnt_csv_classify_fn)(const uint8_t *bytes, int64_t n_chunks, const lnt_csv_dialect *dialect,
                                    lnt_csv_masks *out);

typedef uint64_t (*lnt_csv_parity_fn)(uint64_t bits);

/// Writes the positions of the set bits, `at` added, to `out`, and returns how many there are. May write up to 64 in all.
typedef int (*lnt_csv_put_fn)(uint32_t *out, uint32_t at, uint64_t bits);

/// Bit i: byte i of the 8 in `word` equals `byte`. Exact for every byte, as no carry crosses a byte.
static inline uint64_t lnt_csv_equal_8(uint64_t word, uint64_t pattern) {
    uint64_t low7 = 0x7f7f7f7f7f7f7f7fu, x = word ^ pattern;
    uint64_t nonzero = ((x & low7) + low7) | x; // top bit of a byte: the byte isn't 0
    return (((~nonzero & ~low7) >> 7) * 0x0102040810204080u) >> 56;
}

static inline void lnt_csv_classify_portable(const uint8_t *bytes, int64_t n_chunks, const lnt_csv_dialect *dialect,
                                             lnt_csv_masks *out) {
    const uint64_t ones = 0x0101010101010101u;
    uint64_t quote = ones * (uint8_t)dialect->quote, delimiter = ones * (uint8_t)dialect->delimiter;
    uint64_t newline = ones * (uint8_t)dialect->newline, space = ones * ' ', cr = ones * '\r';
    for (int64_t i = 0; i < n_chunks; i++) {
        lnt_csv_masks masks = {0, 0, 0, 0, 0};
        for (int k = 0; k < 64; k += 8) {
            uint64_t word;
            memcpy(&word, bytes + i * 64 + k, 8);
            masks.quote |= lnt_csv_equal_8(word, quote) << k;
            masks.delimiter |= lnt_csv_equal_8(word, delimiter) << k;
            masks.newline |= lnt_csv_equal_8(word, newline) << k;
            masks.space |= lnt_csv_equal_8(word, space) << k;
            masks.cr |= lnt_csv_equal_8(word, cr) << k;
        }
        out[i] = masks;
    }
}

#ifdef LNT_CSV_X86
LNT_AVX2 static inline uint64_t lnt_csv_equal_avx2(__m256i low, __m256i high, char byte) {
    __m256i pattern = _mm256_set1_epi8(byte);
    uint32_t a = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, pattern));
    uint32_t b = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, pattern));
    return (uint64_t)b << 32 | a;
}

LNT_AVX2 static void lnt_csv_classify_avx2(const uint8_t *bytes, int64_t n_chunks, const lnt_csv_dialect *dialect,
                                           lnt_csv_masks *out) {
    for (int64_t i = 0; i < n_chunks; i++) {
        __m256i low = _mm256_loadu_si256((const __m256i *)(bytes + i * 64));
        __m256i high = _mm256_loadu_si256((const __m256i *)(bytes + i * 64 + 32));
        out[i].quote = lnt_csv_equal_avx2(low, high, dialect->quote);
        out[i].delimiter = lnt_csv_equal_avx2(low, high, dialect->delimiter);
        out[i].newline = lnt_csv_equal_avx2(low, high, dialect->newline);
        out[i].space = lnt_csv_equal_avx2(low, high, ' ');
        out[i].cr = lnt_csv_equal_avx2(low, high, '\r');
    }
}

LNT_AVX512 static void lnt_csv_classify_avx512(const uint8_t *bytes, int64_t n_chunks, const lnt_csv_dialect *dialect,
                                               lnt_csv_masks *out) {
    __m512i quote = _mm512_set1_epi8(dialect->quote), delimiter = _mm512_set1_epi8(dialect->delimiter);
    __m512i newline = _mm512_set1_epi8(dialect->newline), space = _mm512_set1_epi8(' '), cr = _mm512_set1_epi8('\r');
    for (int64_t i = 0; i < n_chunks; i++) {
        __m512i chunk = _mm512_loadu_si512((const void *)(bytes + i * 64));
        out[i].quote = _mm512_cmpeq_epi8_mask(chunk, quote);
        out[i].delimiter = _mm512_cmpeq_epi8_mask(chunk, delimiter);
        out[i].newline = _mm512_cmpeq_epi8_mask(chunk, newline);
        out[i].space = _mm512_cmpeq_epi8_mask(chunk, space);
        out[i].cr = _mm512_cmpeq_epi8_mask(chunk, cr);
    }
}
#endif

/// Bit i of the result: whether an odd number of the bits 0 … i are set.
static inline uint64_t lnt_csv_parity_portable(uint64_t bits) {
    for (int shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
    return bits;
}

#ifdef LNT_CSV_X86
/// The same by a carry-less product with all ones.
LNT_AVX2 static inline uint64_t lnt_csv_parity_clmul(uint64_t bits) {
    __m128i product = _mm_clmulepi64_si128(_mm_set_epi64x(0, (long long)bits), _mm_set1_epi8(-1), 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
}
#endif

/// Four at a time: how many there are is hard to predict. The stores are volatile to keep compilers from gathering them
/// into vectors, which is slower.
static inline int lnt_csv_put_portable(uint32_t *out, uint32_t at, uint64_t bits) {
    int n = __builtin_popcountll(bits);
    for (int done = 0; done < n; done += 4) {
        for (int k = 0; k < 4; k++) {
            *(volatile uint32_t *)(out + done + k) = at + (uint32_t)__builtin_ctzll(bits | (uint64_t)1 << 63);
            bits &= bits - 1;
        }
    }
    return n;
}

#ifdef LNT_CSV_X86
/// Sixteen at a time; more than that are rare.
LNT_VBMI2 static inline int lnt_csv_put_vbmi2(uint32_t *out, uint32_t at, uint64_t bits) {
    static const uint8_t places[64] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                       16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
                                       32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
                                       48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
    __m512i base = _mm512_set1_epi32((int)at);
    __m512i packed = _mm512_maskz_compress_epi8(bits, _mm512_loadu_si512((const void *)places));
    int n = __builtin_popcountll(bits);
    _mm512_storeu_si512(out, _mm512_add_epi32(base, _mm512_cvtepu8_epi32(_mm512_castsi512_si128(packed))));
    if (__builtin_expect(n <= 16, 1)) return n;
    _mm512_storeu_si512(out + 16, _mm512_add_epi32(base, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(packed, 1))));
    _mm512_storeu_si512(out + 32, _mm512_add_epi32(base, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(packed, 2))));
    _mm512_storeu_si512(out + 48, _mm512_add_epi32(base, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(packed, 3))));
    return n;
}
#endif

#endif
