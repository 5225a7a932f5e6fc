/// @file operators_arithmetic.c
/// + - * / // % ^ & | .. and the minus before a value, on numbers and times.
///
/// Int results that leave 64 bits are found branch-free over the whole vector, and only then is the row looked for.
#include <math.h>
#include <string.h>

#include "expr/binder.h"
#include "expr/pair_kernel.h"

PAIR_KERNEL(add_float, double, double, x + y)
PAIR_KERNEL(subtract_float, double, double, x - y)
PAIR_KERNEL(multiply_float, double, double, x *y)
PAIR_KERNEL(divide_float, double, double, x / y)
PAIR_KERNEL(floor_divide_float, double, double, floor(x / y))
PAIR_KERNEL(power_float, double, double, pow(x, y))
PAIR_KERNEL(and_int, int64_t, int64_t, x &y)
PAIR_KERNEL(or_int, int64_t, int64_t, x | y)

/// The remainder with the divisor's sign, as in Lua.
static inline double modulo(double x, double y) {
    double rest = fmod(x, y);
    return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
}
PAIR_KERNEL(modulo_float, double, double, modulo(x, y))

// ---- int, checked ----

static inline int64_t wrapped_add(int64_t a, int64_t b) {
    return (int64_t)((uint64_t)a + (uint64_t)b);
}
static inline int64_t wrapped_subtract(int64_t a, int64_t b) {
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

/// The first row on which `fails` says so, and the error about it.
static lnt_status overflow_at(const lnt_run *run, bool (*fails)(int64_t, int64_t), const char *symbol, lnt_error *err) {
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k), x = lnt_run_int(run, 0, row), y = lnt_run_int(run, 1, row);
        if (fails(x, y))
            return lnt_run_fail(run, row, LNT_OVERFLOW, err, "%lld %s %lld doesn't fit 64 bits; float(x) gives room",
                                (long long)x, symbol, (long long)y);
    }
    return LNT_OK;
}

static bool add_fails(int64_t x, int64_t y) {
    int64_t sum;
    return __builtin_add_overflow(x, y, &sum);
}
static bool subtract_fails(int64_t x, int64_t y) {
    int64_t difference;
    return __builtin_sub_overflow(x, y, &difference);
}
static bool multiply_fails(int64_t x, int64_t y) {
    int64_t product;
    return __builtin_mul_overflow(x, y, &product);
}

/// Stamps a checked kernel: `value` gives the wrapped result `r`, `carry` a number that is negative where it wrapped.
#define CHECKED_KERNEL(name, value, carry, fails, symbol)                                                              \
    static inline __attribute__((always_inline))                                                                       \
    int64_t name##_loop(const int64_t *a, int64_t a_step, const int64_t *b, int64_t b_step, const uint32_t *sel,       \
                        int64_t n, int64_t *out) {                                                                     \
        int64_t wrapped = 0;                                                                                           \
        for (int64_t k = 0; k < n; k++) {                                                                              \
            int64_t row = sel ? sel[k] : k, x = a[row * a_step], y = b[row * b_step], r = value;                       \
            wrapped |= carry;                                                                                          \
            out[row] = r;                                                                                              \
        }                                                                                                              \
        return wrapped;                                                                                                \
    }                                                                                                                  \
    static lnt_status name(const lnt_run *run, lnt_error *err) {                                                       \
        const int64_t *a = run->args[0].data, *b = run->args[1].data;                                                  \
        int64_t a_step = run->args[0].form == LNT_FORM_FLAT, b_step = run->args[1].form == LNT_FORM_FLAT, wrapped;     \
        if (run->sel)                                                                                                  \
            wrapped = name##_loop(a, a_step, b, b_step, run->sel, run->n, run->out);                                   \
        else if (!b_step)                                                                                              \
            wrapped = name##_loop(a, 1, b, 0, NULL, run->n, run->out);                                                 \
        else if (!a_step)                                                                                              \
            wrapped = name##_loop(a, 0, b, 1, NULL, run->n, run->out);                                                 \
        else                                                                                                           \
            wrapped = name##_loop(a, 1, b, 1, NULL, run->n, run->out);                                                 \
        return wrapped < 0 ? overflow_at(run, fails, symbol, err) : LNT_OK;                                            \
    }

CHECKED_KERNEL(add_int, wrapped_add(x, y), (x ^ r) & (y ^ r), add_fails, "+")
CHECKED_KERNEL(subtract_int, wrapped_subtract(x, y), (x ^ y) & (x ^ r), subtract_fails, "-")
CHECKED_KERNEL(multiply_int, (int64_t)((uint64_t)x *(uint64_t)y), -(int64_t)multiply_fails(x, y), multiply_fails, "*")

/// `//` and `%` of one row; false when there is no result.
static bool divide_ints(int64_t x, int64_t y, int64_t *quotient, int64_t *rest) {
    if (y == 0) return false;
    if (y == -1) { // the one case in which the quotient may not fit; the remainder is 0
        *rest = 0;
        return !__builtin_sub_overflow((int64_t)0, x, quotient);
    }
    *quotient = x / y;
    *rest = x % y;
    if (*rest != 0 && (*rest ^ y) < 0) {
        --*quotient;
        *rest += y;
    }
    return true;
}

static lnt_status floor_divide_int(const lnt_run *run, lnt_error *err) {
    int64_t *out = run->out, rest;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k), x = lnt_run_int(run, 0, row), y = lnt_run_int(run, 1, row);
        if (divide_ints(x, y, &out[row], &rest)) continue;
        if (y != 0) return lnt_run_fail(run, row, LNT_OVERFLOW, err, "%lld // -1 doesn't fit 64 bits", (long long)x);
        return lnt_run_fail(run, row, LNT_OVERFLOW, err,
                            "%lld // 0: an int can't be divided by zero; '/' gives a float", (long long)x);
    }
    return LNT_OK;
}

static lnt_status modulo_int(const lnt_run *run, lnt_error *err) {
    int64_t *out = run->out, quotient;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k), x = lnt_run_int(run, 0, row), y = lnt_run_int(run, 1, row);
        if (y == 0)
            return lnt_run_fail(run, row, LNT_OVERFLOW, err, "%lld %% 0: an int can't be divided by zero",
                                (long long)x);
        (void)divide_ints(x, y, &quotient, &out[row]);
    }
    return LNT_OK;
}

static lnt_status negate_int(const lnt_run *run, lnt_error *err) {
    int64_t *out = run->out;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k), x = lnt_run_int(run, 0, row);
        if (__builtin_sub_overflow((int64_t)0, x, &out[row]))
            return lnt_run_fail(run, row, LNT_OVERFLOW, err, "-(%lld) doesn't fit 64 bits", (long long)x);
    }
    return LNT_OK;
}

static lnt_status negate_float(const lnt_run *run, lnt_error *err) {
    double *out = run->out;
    (void)err;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        out[row] = -lnt_run_float(run, 0, row);
    }
    return LNT_OK;
}

// ---- times: a difference is in seconds, and seconds can be added ----

static lnt_status subtract_times(const lnt_run *run, lnt_error *err) {
    double *out = run->out;
    (void)err;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k), x = lnt_run_int(run, 0, row), y = lnt_run_int(run, 1, row), us;
        out[row] = __builtin_sub_overflow(x, y, &us) ? ((double)x - (double)y) / 1e6 : (double)us / 1e6;
    }
    return LNT_OK;
}

static lnt_status time_out_of_range(const lnt_run *run, int64_t row, lnt_error *err) {
    return lnt_run_fail(run, row, LNT_OVERFLOW, err, "the time leaves the range of 64-bit microseconds");
}

/// `us` moved by `seconds`; false when that isn't a time.
static bool move_by_int(int64_t us, int64_t seconds, int64_t *out) {
    int64_t step;
    return !__builtin_mul_overflow(seconds, (int64_t)1000000, &step) && !__builtin_add_overflow(us, step, out);
}
static bool move_by_float(int64_t us, double seconds, int64_t *out) {
    double step = nearbyint(seconds * 1e6);
    if (!(step > -9.2e18 && step < 9.2e18)) return false;
    return !__builtin_add_overflow(us, (int64_t)step, out);
}

/// Argument `time_arg` is the time, the other the seconds; `sign` -1 subtracts.
static lnt_status move_time(const lnt_run *run, int time_arg, int sign, lnt_error *err) {
    int64_t *out = run->out;
    int other = 1 - time_arg;
    bool whole = run->args[other].type == LNT_INT;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k), us = lnt_run_int(run, time_arg, row), seconds;
        bool ok = whole ? !__builtin_mul_overflow(lnt_run_int(run, other, row), (int64_t)sign, &seconds) &&
                              move_by_int(us, seconds, &out[row])
                        : move_by_float(us, lnt_run_float(run, other, row) * sign, &out[row]);
        if (!ok) return time_out_of_range(run, row, err);
    }
    return LNT_OK;
}

static lnt_status time_plus(const lnt_run *run, lnt_error *err) {
    return move_time(run, 0, 1, err);
}
static lnt_status plus_time(const lnt_run *run, lnt_error *err) {
    return move_time(run, 1, 1, err);
}
static lnt_status time_minus(const lnt_run *run, lnt_error *err) {
    return move_time(run, 0, -1, err);
}

// ---- texts ----

static lnt_status concatenate(const lnt_run *run, lnt_error *err) {
    lnt_str *out = run->out;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        lnt_str a = lnt_run_str(run, 0, row), b = lnt_run_str(run, 1, row);
        char *both = lnt_arena_alloc(run->arena, a.size + b.size, err);
        if (!both) return LNT_NOMEM;
        if (a.size) memcpy(both, a.data, (size_t)a.size);
        if (b.size) memcpy(both + a.size, b.data, (size_t)b.size);
        out[row] = (lnt_str){both, a.size + b.size};
    }
    return LNT_OK;
}

static const lnt_overload add[] = {{"ii:i", LNT_CAN_FAIL, add_int, NULL},   {"ff:f", LNT_TOTAL, add_float, NULL},
                                   {"ti:t", LNT_CAN_FAIL, time_plus, NULL}, {"tf:t", LNT_CAN_FAIL, time_plus, NULL},
                                   {"it:t", LNT_CAN_FAIL, plus_time, NULL}, {"ft:t", LNT_CAN_FAIL, plus_time, NULL}};
static const lnt_overload subtract[] = {{"ii:i", LNT_CAN_FAIL, subtract_int, NULL},
                                        {"ff:f", LNT_TOTAL, subtract_float, NULL},
                                        {"tt:f", LNT_TOTAL, subtract_times, NULL},
                                        {"ti:t", LNT_CAN_FAIL, time_minus, NULL},
                                        {"tf:t", LNT_CAN_FAIL, time_minus, NULL}};
static const lnt_overload multiply[] = {{"ii:i", LNT_CAN_FAIL, multiply_int, NULL},
                                        {"ff:f", LNT_TOTAL, multiply_float, NULL}};
static const lnt_overload divide[] = {{"ff:f", LNT_TOTAL, divide_float, NULL}};
static const lnt_overload floor_divide[] = {{"ii:i", LNT_CAN_FAIL, floor_divide_int, NULL},
                                            {"ff:f", LNT_TOTAL, floor_divide_float, NULL}};
static const lnt_overload modulo_of[] = {{"ii:i", LNT_CAN_FAIL, modulo_int, NULL},
                                         {"ff:f", LNT_TOTAL, modulo_float, NULL}};
static const lnt_overload power[] = {{"ff:f", LNT_TOTAL, power_float, NULL}};
static const lnt_overload negate[] = {{"i:i", LNT_CAN_FAIL, negate_int, NULL}, {"f:f", LNT_TOTAL, negate_float, NULL}};
static const lnt_overload bit_and[] = {{"ii:i", LNT_TOTAL, and_int, NULL}};
static const lnt_overload bit_or[] = {{"ii:i", LNT_TOTAL, or_int, NULL}};
static const lnt_overload concat[] = {{"ss:s", 0, concatenate, NULL}};

/// `..` takes anything: what isn't text is formatted first.
static lnt_status adapt_concat(lnt_binder *binder, lnt_typed *call, lnt_error *err) {
    const lnt_function *cast = lnt_function_find(lnt_str_from("string"));
    for (int64_t i = 0; i < call->n_args; i++) {
        lnt_typed *arg = call->args[i];
        if (arg->type == LNT_STRING || arg->type == LNT_NULL) continue;
        LNT_TRY(lnt_bind_call(binder, cast, &arg, 1, arg->at, arg->length, &call->args[i], err));
        call->args[i]->implicit = call->args[i]->kind == LNT_TYPED_CALL;
    }
    return LNT_OK;
}

#define OPERATOR(symbol, overloads)                                                                                    \
    { {.name = symbol}, overloads, sizeof overloads / sizeof *overloads, NULL, NULL }
static const lnt_function operators[] = {
    OPERATOR("+", add),
    OPERATOR("-", subtract),
    OPERATOR("*", multiply),
    OPERATOR("/", divide),
    OPERATOR("^", power),
    OPERATOR("//", floor_divide),
    OPERATOR("%", modulo_of),
    OPERATOR("neg", negate),
    OPERATOR("&", bit_and),
    OPERATOR("|", bit_or),
    {{.name = ".."}, concat, 1, adapt_concat, NULL},
};
const lnt_function_table lnt_operator_functions = {operators, sizeof operators / sizeof *operators};
