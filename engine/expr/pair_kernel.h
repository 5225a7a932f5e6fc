/// @file pair_kernel.h
/// The loop of every operator that takes two values and can't fail: arithmetic and comparison.
#ifndef LNT_EXPR_PAIR_KERNEL_H
#define LNT_EXPR_PAIR_KERNEL_H

#include "expr/function.h"

/// Stamps a kernel for pairs of one `type`.
#define PAIR_KERNEL(name, type, result, body) PAIR_KERNEL_OF(name, type, type, result, body)

/// Stamps a kernel for pairs of a `left` and a `right` whose `result` the expression `body` gives from `x` and `y`;
/// loops without a selection and with constants on either side are left to the compiler to specialise.
#define PAIR_KERNEL_OF(name, left, right, result, body)                                                                \
    static inline __attribute__((always_inline)) void name##_loop(                                                     \
        const left *a, int64_t a_step, const right *b, int64_t b_step, const uint32_t *sel, int64_t n, result *out) {  \
        for (int64_t k = 0; k < n; k++) {                                                                              \
            int64_t row = sel ? sel[k] : k;                                                                            \
            left x = a[row * a_step];                                                                                  \
            right y = b[row * b_step];                                                                                 \
            out[row] = body;                                                                                           \
        }                                                                                                              \
    }                                                                                                                  \
    static lnt_status name(const lnt_run *run, lnt_error *err) {                                                       \
        const left *a = run->args[0].data;                                                                             \
        const right *b = run->args[1].data;                                                                            \
        int64_t a_step = run->args[0].form == LNT_FORM_FLAT, b_step = run->args[1].form == LNT_FORM_FLAT;              \
        (void)err;                                                                                                     \
        if (run->sel)                                                                                                  \
            name##_loop(a, a_step, b, b_step, run->sel, run->n, run->out);                                             \
        else if (!b_step)                                                                                              \
            name##_loop(a, 1, b, 0, NULL, run->n, run->out);                                                           \
        else if (!a_step)                                                                                              \
            name##_loop(a, 0, b, 1, NULL, run->n, run->out);                                                           \
        else                                                                                                           \
            name##_loop(a, 1, b, 1, NULL, run->n, run->out);                                                           \
        return LNT_OK;                                                                                                 \
    }

#endif
