/// @file exp.h
/// The exponential of a float, in a form that loops over arrays can be made vectors of; the same on every machine.
#ifndef LNT_LEARN_EXP_H
#define LNT_LEARN_EXP_H

#include <stdint.h>
#include <string.h>

/// e^x to about two units of the last place, for x up to 88; below -87 it is as small as at -87.
static inline float lnt_exp(float x) {
    x = x > 88 ? 88 : x;
    x = x > -87 ? x : -87;
    float turns = x * 1.44269504f + (x < 0 ? -0.5f : 0.5f);
    int32_t n = (int32_t)turns;
    float r = x - (float)n * 0.693145751953125f;
    r -= (float)n * 1.42860677e-6f;
    float p = 1.0f / 5040;
    p = p * r + 1.0f / 720;
    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    p = p * r * r + r + 1;
    uint32_t bits = (uint32_t)(n + 127) << 23;
    float power;
    memcpy(&power, &bits, 4);
    return p * power;
}

#endif
