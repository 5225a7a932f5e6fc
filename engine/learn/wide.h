/// @file wide.h
/// Loops over floats that are compiled twice: for any machine, and for vectors of eight where the processor has them.
/// Both give the same bits: no multiplication is fused with an addition.
#ifndef LNT_LEARN_WIDE_H
#define LNT_LEARN_WIDE_H

#include <stdbool.h>

/// The body of such a loop: inlined into both forms.
#define LNT_BODY static inline __attribute__((always_inline))

#if defined(__x86_64__)
#define LNT_WIDE __attribute__((target("avx2")))
static inline bool lnt_has_wide(void) {
    return __builtin_cpu_supports("avx2");
}
#else
#define LNT_WIDE
static inline bool lnt_has_wide(void) {
    return false;
}
#endif

#endif
