/// @file search.c
/// Searching bytes in bytes.
///
/// Workload: short needles in texts that are either short too or a whole batch of a column's, side by side. Sixteen places
/// are looked at together: where both the needle's first and its last byte are, the rest is compared. What is left over
/// at the end is memmem's, and so is everything on machines without SSE2; a place is found by either alike.
#include "base/search.h"

#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#if defined(__SSE2__)
enum { WIDE = 16 };

/// Places at[0 … 15] where the needle can be, by its ends, as bits.
static inline unsigned candidates(const char *at, int64_t last, __m128i first_byte, __m128i last_byte) {
    __m128i begins = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)at), first_byte);
    __m128i ends = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)(at + last)), last_byte);
    return (unsigned)_mm_movemask_epi8(_mm_and_si128(begins, ends));
}

/// Looks at whole groups of places from *at on, moving it; NULL: not among them.
static const char *find_in_groups(const char **at, const char *end, lnt_str what) {
    int64_t last = what.size - 1;
    __m128i first_byte = _mm_set1_epi8(what.data[0]), last_byte = _mm_set1_epi8(what.data[last]);
    for (; end - *at >= last + WIDE; *at += WIDE) {
        for (unsigned bits = candidates(*at, last, first_byte, last_byte); bits; bits &= bits - 1) {
            const char *place = *at + __builtin_ctz(bits);
            if (memcmp(place, what.data, (size_t)what.size) == 0) return place;
        }
    }
    return NULL;
}
#endif

const char *lnt_find_bytes(const char *text, int64_t size, lnt_str what) {
    if (what.size == 0) return text;
    if (what.size > size) return NULL;
    const char *at = text, *end = text + size;
#if defined(__SSE2__)
    const char *found = find_in_groups(&at, end, what);
    if (found) return found;
#endif
    return memmem(at, (size_t)(end - at), what.data, (size_t)what.size);
}
