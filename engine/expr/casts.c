/// @file casts.c
/// Conversions between types: strict ones, which fail naming row and value, and try_ ones, which give null instead.
///
/// Texts are read and written as everywhere (column/value_text.h). A time as a number is in seconds since 1970.
#include <math.h>
#include <string.h>

#include "column/value_text.h"
#include "expr/function.h"

static bool int_from(const lnt_value *in, int64_t *out) {
    switch (in->type) {
    case LNT_BOOL:
        *out = in->as.b;
        return true;
    case LNT_FLOAT:
        if (!(in->as.f > -9223372036854777856.0 && in->as.f < 9223372036854775808.0)) return false;
        *out = (int64_t)in->as.f;
        return true;
    case LNT_STRING:
        return lnt_parse_int(in->as.s.data, in->as.s.size, out);
    case LNT_TIME:
        *out = in->as.i / 1000000 - (in->as.i % 1000000 < 0);
        return true;
    case LNT_NULL:
    case LNT_INT:
    case LNT_IP:
        break;
    }
    *out = in->as.i;
    return in->type == LNT_INT;
}

static bool float_from(const lnt_value *in, double *out) {
    switch (in->type) {
    case LNT_BOOL:
        *out = in->as.b;
        return true;
    case LNT_INT:
        *out = (double)in->as.i;
        return true;
    case LNT_STRING:
        return lnt_parse_float(in->as.s.data, in->as.s.size, out);
    case LNT_TIME:
        *out = (double)in->as.i / 1e6;
        return true;
    case LNT_NULL:
    case LNT_FLOAT:
    case LNT_IP:
        break;
    }
    *out = in->as.f;
    return in->type == LNT_FLOAT;
}

static bool time_from(const lnt_value *in, int64_t *out) {
    if (in->type == LNT_INT) return !__builtin_mul_overflow(in->as.i, (int64_t)1000000, out);
    if (in->type == LNT_STRING) return lnt_parse_time(in->as.s.data, in->as.s.size, out);
    double us = in->type == LNT_FLOAT ? nearbyint(in->as.f * 1e6) : NAN;
    if (!(us > -9.2e18 && us < 9.2e18)) return false;
    *out = (int64_t)us;
    return true;
}

static bool bool_from(const lnt_value *in, bool *out) {
    if (in->type == LNT_STRING) return lnt_parse_bool(in->as.s.data, in->as.s.size, out);
    *out = in->type == LNT_INT ? in->as.i != 0 : in->as.b;
    return true;
}

/// Converts one value that isn't null; false when it has no counterpart.
static bool convert(const lnt_value *in, lnt_type type, lnt_value *out) {
    *out = (lnt_value){.type = type};
    switch (type) {
    case LNT_BOOL:
        return bool_from(in, &out->as.b);
    case LNT_INT:
        return int_from(in, &out->as.i);
    case LNT_FLOAT:
        return float_from(in, &out->as.f);
    case LNT_TIME:
        return time_from(in, &out->as.i);
    case LNT_IP:
        return lnt_parse_ip(in->as.s.data, in->as.s.size, &out->as.ip);
    case LNT_STRING:
    case LNT_NULL:
        break;
    }
    return false;
}

static lnt_status cannot_convert(const lnt_run *run, int64_t row, const lnt_value *value, lnt_error *err) {
    char text[LNT_FORMAT_BYTES];
    const char *type = lnt_type_name(run->call->type);
    bool is_text = value->type == LNT_STRING;
    int size = is_text ? (value->as.s.size > 60 ? 60 : (int)value->as.s.size) : lnt_format_value(*value, text);
    return lnt_run_fail(run, row, LNT_VALUE, err, "can't read %s%.*s%s as %s; try_%s(x) gives null instead",
                        is_text ? "'" : "", size, is_text ? value->as.s.data : text, is_text ? "'" : "", type, type);
}

static lnt_status cast(const lnt_run *run, bool strict, lnt_error *err) {
    int64_t bytes = lnt_vec_value_bytes(run->call->type);
    uint8_t *out = run->out;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        lnt_value in = lnt_vec_get(&run->args[0], row), made;
        bool ok = convert(&in, run->call->type, &made);
        if (!ok && strict) return cannot_convert(run, row, &in, err);
        if (!ok) lnt_bitmap_unset(run->valid, row);
        memcpy(out + row * bytes, &made.as, (size_t)bytes);
    }
    return LNT_OK;
}

static lnt_status cast_strict(const lnt_run *run, lnt_error *err) {
    return cast(run, true, err);
}
static lnt_status cast_try(const lnt_run *run, lnt_error *err) {
    return cast(run, false, err);
}

static lnt_status int_to_float(const lnt_run *run, lnt_error *err) {
    const int64_t *in = run->args[0].data;
    int64_t step = run->args[0].form == LNT_FORM_FLAT;
    double *out = run->out;
    (void)err;
    if (!run->sel && step)
        for (int64_t row = 0; row < run->n; row++) out[row] = (double)in[row];
    else
        for (int64_t k = 0; k < run->n; k++) out[lnt_run_row(run, k)] = (double)in[lnt_run_row(run, k) * step];
    return LNT_OK;
}

static lnt_status format_values(const lnt_run *run, lnt_error *err) {
    lnt_str *out = run->out;
    char text[LNT_FORMAT_BYTES];
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        int size = lnt_format_value(lnt_vec_get(&run->args[0], row), text);
        out[row] = lnt_arena_copy(run->arena, (lnt_str){text, size}, err);
        if (!out[row].data) return LNT_NOMEM;
    }
    return LNT_OK;
}

static lnt_status same_text(const lnt_run *run, lnt_error *err) {
    lnt_str *out = run->out;
    (void)err;
    for (int64_t k = 0; k < run->n; k++) out[lnt_run_row(run, k)] = lnt_run_str(run, 0, lnt_run_row(run, k));
    return LNT_OK;
}

#define STRICT(types)                                                                                                  \
    { types, LNT_CAN_FAIL, cast_strict, NULL }
#define SURE(types)                                                                                                    \
    { types, 0, cast_strict, NULL }
#define TRY(types)                                                                                                     \
    { types, LNT_MAKES_NULLS, cast_try, NULL }
static const lnt_overload to_int[] = {STRICT("s:i"), STRICT("f:i"), SURE("i:i"), SURE("b:i"), SURE("t:i")};
static const lnt_overload to_float[] = {
    STRICT("s:f"), {"i:f", LNT_TOTAL, int_to_float, NULL}, SURE("f:f"), SURE("b:f"), SURE("t:f")};
static const lnt_overload to_time[] = {STRICT("s:t"), STRICT("i:t"), STRICT("f:t"), STRICT("t:t")};
static const lnt_overload to_ip[] = {STRICT("s:p"), STRICT("p:p")};
static const lnt_overload to_bool[] = {STRICT("s:b"), SURE("i:b"), SURE("b:b")};
static const lnt_overload try_int[] = {TRY("s:i"), TRY("f:i"), TRY("i:i"), TRY("b:i"), TRY("t:i")};
static const lnt_overload try_float[] = {TRY("s:f"), TRY("i:f"), TRY("f:f"), TRY("b:f"), TRY("t:f")};
static const lnt_overload try_time[] = {TRY("s:t"), TRY("i:t"), TRY("f:t"), TRY("t:t")};
static const lnt_overload try_ip[] = {TRY("s:p"), TRY("p:p")};
static const lnt_overload try_bool[] = {TRY("s:b"), TRY("i:b"), TRY("b:b")};
static const lnt_overload to_string[] = {{"s:s", 0, same_text, NULL},     {"i:s", 0, format_values, NULL},
                                         {"f:s", 0, format_values, NULL}, {"b:s", 0, format_values, NULL},
                                         {"t:s", 0, format_values, NULL}, {"p:s", 0, format_values, NULL}};

#define CAST(name, signature, summary, overloads)                                                                      \
    { {name, signature, summary, "cast"}, overloads, sizeof overloads / sizeof *overloads, NULL, NULL }
static const lnt_function casts[] = {
    CAST("int", "int(x: string|float|bool|time) -> int",
         "The value as an int: digits are read, a float loses its fraction, a time becomes seconds since 1970; what "
         "can't "
         "be converted is an error that names the row.",
         to_int),
    CAST("float", "float(x: string|int|bool|time) -> float",
         "The value as a float; a time becomes seconds since 1970; a text that is no number is an error that names the "
         "row.",
         to_float),
    CAST("string", "string(x: any) -> string", "The value as text, written as in tables and files.", to_string),
    CAST("time", "time(x: string|int|float) -> time",
         "The time that a text such as '2021-09-01T12:30:00Z' names, or that many seconds after 1970; a text that is "
         "none is "
         "an error that names the row.",
         to_time),
    CAST("ip", "ip(x: string) -> ip",
         "The IPv4 or IPv6 address that the text names; a text that is none is an error that names the row.", to_ip),
    CAST("bool", "bool(x: string|int) -> bool",
         "True for 'true' or an int that isn't 0, false for 'false' or 0; another text is an error that names the row.",
         to_bool),
    CAST("try_int", "try_int(x: string|float|bool|time) -> int", "Like int, but null where int fails.", try_int),
    CAST("try_float", "try_float(x: string|int|bool|time) -> float", "Like float, but null where float fails.",
         try_float),
    CAST("try_time", "try_time(x: string|int|float) -> time", "Like time, but null where time fails.", try_time),
    CAST("try_ip", "try_ip(x: string) -> ip", "Like ip, but null where ip fails.", try_ip),
    CAST("try_bool", "try_bool(x: string|int) -> bool", "Like bool, but null where bool fails.", try_bool),
};
const lnt_function_table lnt_cast_functions = {casts, sizeof casts / sizeof *casts};
