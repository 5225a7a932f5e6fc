/// @file operators_compare.c
/// == ~= < <= > >= on all types.
///
/// Floats compare as IEEE 754 and Lua have it: NaN is unequal to everything. So do an int and a float, by what they
/// are worth: 2^53 + 1 is not 2^53. Texts compare by bytes, false is below true.
#include <string.h>

#include "base/text.h"
#include "expr/int_float.h"
#include "expr/pair_kernel.h"

/// Stamps a comparison of values of `type`.
#define COMPARE_KERNEL(name, type, test) PAIR_KERNEL(name, type, uint8_t, test)

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

/// An int on the left and a float on the right, and the other way round. Rounding keeps the order of what differs as
/// doubles; only what doesn't needs a second look.
#define MIXED_KERNELS(op, test)                                                                                        \
    PAIR_KERNEL_OF(op##_int_float, int64_t, double, uint8_t,                                                           \
                   (double)x == y ? lnt__order_of_close(x, y) test 0 : (double)x test y)                               \
    PAIR_KERNEL_OF(op##_float_int, double, int64_t, uint8_t,                                                           \
                   x == (double)y ? 0 test lnt__order_of_close(y, x) : x test (double)y)
MIXED_KERNELS(eq, ==)
MIXED_KERNELS(ne, !=)
MIXED_KERNELS(lt, <)
MIXED_KERNELS(le, <=)
MIXED_KERNELS(gt, >)
MIXED_KERNELS(ge, >=)

/// The overloads of one operator; times are held as ints are.
#define COMPARE_OVERLOADS(op)                                                                                          \
    static const lnt_overload op[] = {{"ii:b", LNT_TOTAL, op##_int, NULL}, {"ff:b", LNT_TOTAL, op##_float, NULL},      \
                                      {"ss:b", 0, op##_string, NULL},      {"tt:b", LNT_TOTAL, op##_int, NULL},        \
                                      {"pp:b", LNT_TOTAL, op##_ip, NULL},  {"bb:b", LNT_TOTAL, op##_bool, NULL},      \
                                      {"if:b", LNT_TOTAL, op##_int_float, NULL},                                       \
                                      {"fi:b", LNT_TOTAL, op##_float_int, NULL}}
COMPARE_OVERLOADS(eq);
COMPARE_OVERLOADS(ne);
COMPARE_OVERLOADS(lt);
COMPARE_OVERLOADS(le);
COMPARE_OVERLOADS(gt);
COMPARE_OVERLOADS(ge);

enum { N_PAIRS = 8 };
static const lnt_function compares[] = {
    {{.name = "=="}, eq, N_PAIRS, NULL, NULL}, {{.name = "~="}, ne, N_PAIRS, NULL, NULL},
    {{.name = "<"}, lt, N_PAIRS, NULL, NULL},  {{.name = "<="}, le, N_PAIRS, NULL, NULL},
    {{.name = ">"}, gt, N_PAIRS, NULL, NULL},  {{.name = ">="}, ge, N_PAIRS, NULL, NULL},
};
const lnt_function_table lnt_compare_functions = {compares, sizeof compares / sizeof *compares};
