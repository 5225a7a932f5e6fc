/// @file exp.h
/// The exponential of many floats, in vectors of eight; the same bits on every machine, and for a number wherever it
/// stands.
#ifndef LNT_LEARN_EXP_H
#define LNT_LEARN_EXP_H

#include <stdint.h>
#include <string.h>

#include "learn/wide.h"

enum { LNT_EXP_LANES = 8 };

typedef float lnt_floats __attribute__((vector_size(4 * LNT_EXP_LANES)));
typedef int32_t lnt_ints __attribute__((vector_size(4 * LNT_EXP_LANES)));

/// e^(x - from) of eight numbers, to about two units of the last place for differences up to 88; below -87 it is as
/// small as at -87.
LNT_BODY void lnt_exp_eight(const float *x, const float *from, float *out) {
    lnt_floats d, least;
    memcpy(&d, x, sizeof d);
    memcpy(&least, from, sizeof least);
    d -= least;
    lnt_ints over = d > 88.0f, above = d > -87.0f;
    lnt_floats most = (lnt_floats){0} + 88.0f;
    least = (lnt_floats){0} - 87.0f;
    d = (lnt_floats)((over & (lnt_ints)most) | (~over & (lnt_ints)d));
    d = (lnt_floats)((above & (lnt_ints)d) | (~above & (lnt_ints)least));
    lnt_ints half = ((lnt_ints)d & INT32_MIN) | 0x3f000000; // of the sign of d
    lnt_floats turns = d * 1.44269504f + (lnt_floats)half;
    lnt_ints n = __builtin_convertvector(turns, lnt_ints);
    lnt_floats whole = __builtin_convertvector(n, lnt_floats);
    lnt_floats r = d - whole * 0.693145751953125f;
    r -= whole * 1.42860677e-6f;
    lnt_floats p = r * (1.0f / 5040) + 1.0f / 720;
    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    p = p * r * r + r + 1;
    p *= (lnt_floats)((n + 127) << 23);
    memcpy(out, &p, sizeof p);
}

/// out[i] = e^(x[i] - from[i]).
LNT_BODY void lnt_exp_from(const float *x, const float *from, int64_t n, float *out) {
    int64_t i = 0;
    for (; i + LNT_EXP_LANES <= n; i += LNT_EXP_LANES) lnt_exp_eight(x + i, from + i, out + i);
    if (i == n) return;
    float rest[3][LNT_EXP_LANES] = {{0}};
    memcpy(rest[0], x + i, (size_t)(n - i) * 4);
    memcpy(rest[1], from + i, (size_t)(n - i) * 4);
    lnt_exp_eight(rest[0], rest[1], rest[2]);
    memcpy(out + i, rest[2], (size_t)(n - i) * 4);
}

#endif
