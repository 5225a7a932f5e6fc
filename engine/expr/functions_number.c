/// @file functions_number.c
/// Functions of numbers, and least and greatest of any ordered type.
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "expr/function.h"

/// Stamps a kernel of one float.
#define FLOAT_KERNEL(name, body)                                                                                       \
    static lnt_status name(const lnt_run *run, lnt_error *err) {                                                       \
        double *out = run->out;                                                                                        \
        (void)err;                                                                                                     \
        for (int64_t k = 0; k < run->n; k++) {                                                                         \
            int64_t row = lnt_run_row(run, k);                                                                         \
            double x = lnt_run_float(run, 0, row);                                                                     \
            out[row] = body;                                                                                           \
        }                                                                                                              \
        return LNT_OK;                                                                                                 \
    }

FLOAT_KERNEL(abs_float, fabs(x))
FLOAT_KERNEL(floor_float, floor(x))
FLOAT_KERNEL(ceil_float, ceil(x))
FLOAT_KERNEL(round_float, round(x))
FLOAT_KERNEL(square_root, sqrt(x))
FLOAT_KERNEL(logarithm, log(x))
FLOAT_KERNEL(logarithm_2, log2(x))
FLOAT_KERNEL(logarithm_10, log10(x))
FLOAT_KERNEL(exponential, exp(x))

/// As Lua's math.log: exact powers of 2 and 10 have whole logarithms to these bases.
static double log_to(double x, double base) {
    if (base == 2) return log2(x);
    if (base == 10) return log10(x);
    return log(x) / log(base);
}

static lnt_status logarithm_base(const lnt_run *run, lnt_error *err) {
    double *out = run->out;
    (void)err;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        out[row] = log_to(lnt_run_float(run, 0, row), lnt_run_float(run, 1, row));
    }
    return LNT_OK;
}

static double round_to(double x, int64_t digits) {
    if (digits > 300 || !isfinite(x)) return x;
    if (digits < -300) return 0;
    double scale = pow(10, (double)(digits < 0 ? -digits : digits));
    double moved = digits < 0 ? x / scale : x * scale;
    if (!isfinite(moved)) return x;
    return digits < 0 ? round(moved) * scale : round(moved) / scale;
}

/// An int to a power of ten, halves away from zero; false if that doesn't fit 64 bits. Digits after the point change
/// nothing.
static bool round_int_to(int64_t x, int64_t digits, int64_t *out) {
    *out = x;
    if (digits >= 0) return true;
    *out = 0;
    if (digits < -19) return true;
    // 10^19 doesn't fit: half of it does, and what is nearer to it than to 0 has no place to go
    int64_t half = 5;
    for (int64_t i = digits; i < -1; i++) half *= 10;
    if (digits == -19) return x < half && x > -half;
    int64_t rest = x % (2 * half);
    *out = x - rest;
    if (rest >= half) return !__builtin_add_overflow(*out, 2 * half, out);
    if (rest <= -half) return !__builtin_sub_overflow(*out, 2 * half, out);
    return true;
}

static lnt_status round_int_digits(const lnt_run *run, lnt_error *err) {
    int64_t *out = run->out;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k), x = lnt_run_int(run, 0, row), digits = lnt_run_int(run, 1, row);
        if (!round_int_to(x, digits, &out[row]))
            return lnt_run_fail(run, row, LNT_OVERFLOW, err, "round(%lld, %lld) doesn't fit 64 bits", (long long)x,
                                (long long)digits);
    }
    return LNT_OK;
}

static lnt_status round_digits(const lnt_run *run, lnt_error *err) {
    double *out = run->out;
    (void)err;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        out[row] = round_to(lnt_run_float(run, 0, row), lnt_run_int(run, 1, row));
    }
    return LNT_OK;
}

static lnt_status is_nan(const lnt_run *run, lnt_error *err) {
    uint8_t *out = run->out;
    (void)err;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        double x = lnt_run_float(run, 0, row);
        out[row] = x != x; // NaN alone is unequal to itself
    }
    return LNT_OK;
}

static lnt_status abs_int(const lnt_run *run, lnt_error *err) {
    int64_t *out = run->out;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k), x = lnt_run_int(run, 0, row);
        if (x == INT64_MIN)
            return lnt_run_fail(run, row, LNT_OVERFLOW, err, "abs(%lld) doesn't fit 64 bits", (long long)x);
        out[row] = x < 0 ? -x : x;
    }
    return LNT_OK;
}

static lnt_status same_int(const lnt_run *run, lnt_error *err) {
    int64_t *out = run->out;
    (void)err;
    for (int64_t k = 0; k < run->n; k++) out[lnt_run_row(run, k)] = lnt_run_int(run, 0, lnt_run_row(run, k));
    return LNT_OK;
}

// ---- least, greatest ----

/// -1, 0, 1; NaN after all numbers.
static int compare(const lnt_value *a, const lnt_value *b) {
    switch (a->type) {
    case LNT_FLOAT: {
        bool a_nan = isnan(a->as.f), b_nan = isnan(b->as.f);
        if (a_nan || b_nan) return a_nan - b_nan;
        return (a->as.f > b->as.f) - (a->as.f < b->as.f);
    }
    case LNT_STRING:
        return lnt_str_compare(a->as.s, b->as.s);
    case LNT_IP:
        return lnt_ip_compare(a->as.ip, b->as.ip);
    case LNT_NULL:
    case LNT_BOOL:
    case LNT_INT:
    case LNT_TIME:
        break;
    }
    return (a->as.i > b->as.i) - (a->as.i < b->as.i);
}

static lnt_status extreme(const lnt_run *run, int wanted) {
    uint8_t *out = run->out;
    int64_t bytes = lnt_vec_value_bytes(run->call->type);
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        lnt_value best = lnt_vec_get(&run->args[0], row);
        for (int64_t a = 1; a < run->call->n_used; a++) {
            lnt_value next = lnt_vec_get(&run->args[a], row);
            if (compare(&next, &best) == wanted) best = next;
        }
        memcpy(out + row * bytes, &best.as, (size_t)bytes);
    }
    return LNT_OK;
}

static lnt_status least(const lnt_run *run, lnt_error *err) {
    (void)err;
    return extreme(run, -1);
}
static lnt_status greatest(const lnt_run *run, lnt_error *err) {
    (void)err;
    return extreme(run, 1);
}

static const lnt_overload of_abs[] = {{"i:i", LNT_CAN_FAIL, abs_int, NULL}, {"f:f", LNT_TOTAL, abs_float, NULL}};
static const lnt_overload of_floor[] = {{"i:i", LNT_TOTAL, same_int, NULL}, {"f:f", LNT_TOTAL, floor_float, NULL}};
static const lnt_overload of_ceil[] = {{"i:i", LNT_TOTAL, same_int, NULL}, {"f:f", LNT_TOTAL, ceil_float, NULL}};
static const lnt_overload of_round[] = {{"i:i", LNT_TOTAL, same_int, NULL},
                                        {"f:f", LNT_TOTAL, round_float, NULL},
                                        {"ii:i", LNT_CAN_FAIL, round_int_digits, NULL},
                                        {"fi:f", LNT_TOTAL, round_digits, NULL}};
static const lnt_overload of_sqrt[] = {{"f:f", LNT_TOTAL, square_root, NULL}};
static const lnt_overload of_log[] = {{"f:f", LNT_TOTAL, logarithm, NULL}, {"ff:f", LNT_TOTAL, logarithm_base, NULL}};
static const lnt_overload of_log2[] = {{"f:f", LNT_TOTAL, logarithm_2, NULL}};
static const lnt_overload of_log10[] = {{"f:f", LNT_TOTAL, logarithm_10, NULL}};
static const lnt_overload of_exp[] = {{"f:f", LNT_TOTAL, exponential, NULL}};
static const lnt_overload of_is_nan[] = {{"f:b", LNT_TOTAL, is_nan, NULL}};
static const lnt_overload of_least[] = {{"ii+:i", 0, least, NULL},
                                        {"ff+:f", 0, least, NULL},
                                        {"ss+:s", 0, least, NULL},
                                        {"tt+:t", 0, least, NULL},
                                        {"pp+:p", 0, least, NULL}};
static const lnt_overload of_greatest[] = {{"ii+:i", 0, greatest, NULL},
                                           {"ff+:f", 0, greatest, NULL},
                                           {"ss+:s", 0, greatest, NULL},
                                           {"tt+:t", 0, greatest, NULL},
                                           {"pp+:p", 0, greatest, NULL}};

#define NUMBER(name, signature, summary, overloads)                                                                    \
    { {name, signature, summary, "number"}, overloads, LNT_COUNT(overloads), NULL, NULL }
static const lnt_function functions[] = {
    NUMBER("abs", "abs(x: int|float) -> same", "The value without its sign.", of_abs),
    NUMBER("floor", "floor(x: int|float) -> same", "The greatest whole number that isn't above x.", of_floor),
    NUMBER("ceil", "ceil(x: int|float) -> same", "The least whole number that isn't below x.", of_ceil),
    NUMBER("round", "round(x: int|float[, digits: int]) -> same",
           "The nearest whole number, or number with that many decimals (of -2 hundreds); halves go away from zero.",
           of_round),
    NUMBER("sqrt", "sqrt(x: float) -> float", "The square root; NaN of negative numbers.", of_sqrt),
    NUMBER("log", "log(x: float[, base: float]) -> float", "The natural logarithm, or that to a base.", of_log),
    NUMBER("log2", "log2(x: float) -> float", "The logarithm to base 2.", of_log2),
    NUMBER("log10", "log10(x: float) -> float", "The logarithm to base 10.", of_log10),
    NUMBER("exp", "exp(x: float) -> float", "e to the power of x.", of_exp),
    NUMBER("is_nan", "is_nan(x: float) -> bool", "Whether the value is NaN, the result of 0 / 0.", of_is_nan),
    NUMBER("least", "least(x: int|float|string|time|ip, y: same, …) -> same",
           "The least of the arguments; null if one is null.", of_least),
    NUMBER("greatest", "greatest(x: int|float|string|time|ip, y: same, …) -> same",
           "The greatest of the arguments (NaN is above all numbers); null if one is null.", of_greatest),
};
const lnt_function_table lnt_number_functions = {functions, LNT_COUNT(functions)};
