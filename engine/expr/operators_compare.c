/// @file operators_compare.c
/// == ~= < <= > >= on all types.
///
/// Floats compare as IEEE 754 and Lua have it: NaN is unequal to everything. Texts compare by bytes, false is below
/// true.
#include <string.h>

#include "base/text.h"
#include "expr/function.h"

/// Stamps a comparison of values of `type`; the compiler makes loops for constants on either side.
#define COMPARE_KERNEL(name, type, test)                                                                               \
    static inline __attribute__((always_inline)) void name##_loop(                                                     \
        const type *a, int64_t a_step, const type *b, int64_t b_step, const uint32_t *sel, int64_t n, uint8_t *out) {  \
        for (int64_t k = 0; k < n; k++) {                                                                              \
            int64_t row = sel ? sel[k] : k;                                                                            \
            type x = a[row * a_step], y = b[row * b_step];                                                             \
            out[row] = test;                                                                                           \
        }                                                                                                              \
    }                                                                                                                  \
    static lnt_status name(const lnt_run *run, lnt_error *err) {                                                       \
        const type *a = run->args[0].data, *b = run->args[1].data;                                                     \
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

COMPARE_KERNEL(eq_bool, uint8_t, x == y)
COMPARE_KERNEL(ne_bool, uint8_t, x != y)
COMPARE_KERNEL(lt_bool, uint8_t, x < y)
COMPARE_KERNEL(le_bool, uint8_t, x <= y)
COMPARE_KERNEL(gt_bool, uint8_t, x > y)
COMPARE_KERNEL(ge_bool, uint8_t, x >= y)
COMPARE_KERNEL(eq_int, int64_t, x == y)
COMPARE_KERNEL(ne_int, int64_t, x != y)
COMPARE_KERNEL(lt_int, int64_t, x < y)
COMPARE_KERNEL(le_int, int64_t, x <= y)
COMPARE_KERNEL(gt_int, int64_t, x > y)
COMPARE_KERNEL(ge_int, int64_t, x >= y)
COMPARE_KERNEL(eq_float, double, x == y)
COMPARE_KERNEL(ne_float, double, x != y)
COMPARE_KERNEL(lt_float, double, x < y)
COMPARE_KERNEL(le_float, double, x <= y)
COMPARE_KERNEL(gt_float, double, x > y)
COMPARE_KERNEL(ge_float, double, x >= y)
COMPARE_KERNEL(eq_string, lnt_str, lnt_str_equal(x, y))
COMPARE_KERNEL(ne_string, lnt_str, !lnt_str_equal(x, y))
COMPARE_KERNEL(lt_string, lnt_str, lnt_str_compare(x, y) < 0)
COMPARE_KERNEL(le_string, lnt_str, lnt_str_compare(x, y) <= 0)
COMPARE_KERNEL(gt_string, lnt_str, lnt_str_compare(x, y) > 0)
COMPARE_KERNEL(ge_string, lnt_str, lnt_str_compare(x, y) >= 0)
COMPARE_KERNEL(eq_ip, lnt_ip, x.hi == y.hi && x.lo == y.lo)
COMPARE_KERNEL(ne_ip, lnt_ip, x.hi != y.hi || x.lo != y.lo)
COMPARE_KERNEL(lt_ip, lnt_ip, lnt_ip_compare(x, y) < 0)
COMPARE_KERNEL(le_ip, lnt_ip, lnt_ip_compare(x, y) <= 0)
COMPARE_KERNEL(gt_ip, lnt_ip, lnt_ip_compare(x, y) > 0)
COMPARE_KERNEL(ge_ip, lnt_ip, lnt_ip_compare(x, y) >= 0)

/// The overloads of one operator; times are held as ints are.
#define COMPARE_OVERLOADS(op)                                                                                          \
    static const lnt_overload op[] = {{"ii:b", LNT_TOTAL, op##_int, NULL}, {"ff:b", LNT_TOTAL, op##_float, NULL},      \
                                      {"ss:b", 0, op##_string, NULL},      {"tt:b", LNT_TOTAL, op##_int, NULL},        \
                                      {"pp:b", LNT_TOTAL, op##_ip, NULL},  {"bb:b", LNT_TOTAL, op##_bool, NULL}}
COMPARE_OVERLOADS(eq);
COMPARE_OVERLOADS(ne);
COMPARE_OVERLOADS(lt);
COMPARE_OVERLOADS(le);
COMPARE_OVERLOADS(gt);
COMPARE_OVERLOADS(ge);

enum { N_TYPES = 6 };
static const lnt_function compares[] = {
    {{.name = "=="}, eq, N_TYPES, NULL, NULL}, {{.name = "~="}, ne, N_TYPES, NULL, NULL},
    {{.name = "<"}, lt, N_TYPES, NULL, NULL},  {{.name = "<="}, le, N_TYPES, NULL, NULL},
    {{.name = ">"}, gt, N_TYPES, NULL, NULL},  {{.name = ">="}, ge, N_TYPES, NULL, NULL},
};
const lnt_function_table lnt_compare_functions = {compares, sizeof compares / sizeof *compares};
