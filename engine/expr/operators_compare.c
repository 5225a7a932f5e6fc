/// @file operators_compare.c
/// == ~= < <= > >= on all types.
///
/// Floats compare as IEEE 754 and Lua have it: NaN is unequal to everything. Texts compare by bytes, false is below
/// true.
#include <string.h>

#include "base/text.h"
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
