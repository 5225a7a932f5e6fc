/// @file letter_case.c
/// Ranges of letters in which upper and lower case lie a fixed step apart, or alternate.
#include "expr/letter_case.h"

#include <stddef.h>

/// Upper case letters first … last; lower case is `step` further. Step 1 means pairs: upper, lower, upper, lower, …
static const struct {
    uint16_t first, last, step;
} ranges[] = {
    {'A', 'Z', 32},     {0xc0, 0xd6, 32},   {0xd8, 0xde, 32},   {0x100, 0x12e, 1},  {0x132, 0x136, 1},
    {0x139, 0x147, 1},  {0x14a, 0x176, 1},  {0x179, 0x17d, 1},  {0x386, 0x386, 38}, {0x388, 0x38a, 37},
    {0x38c, 0x38c, 64}, {0x38e, 0x38f, 63}, {0x391, 0x3a1, 32}, {0x3a3, 0x3ab, 32}, {0x400, 0x40f, 80},
    {0x410, 0x42f, 32}, {0x460, 0x480, 1},  {0x48a, 0x4be, 1},  {0x4d0, 0x52e, 1},
};

uint32_t lnt_letter_lower(uint32_t code_point) {
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        if (code_point < ranges[i].first || code_point > ranges[i].last) continue;
        if (ranges[i].step == 1 && (code_point - ranges[i].first) % 2 == 1) return code_point;
        return code_point + ranges[i].step;
    }
    return code_point == 0x178 ? 0xff : code_point;
}

uint32_t lnt_letter_upper(uint32_t code_point) {
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        uint32_t upper = code_point - ranges[i].step;
        if (upper < ranges[i].first || upper > ranges[i].last) continue;
        if (ranges[i].step == 1 && (upper - ranges[i].first) % 2 == 1) continue;
        return upper;
    }
    if (code_point == 0x3c2) return 0x3a3; // the final sigma
    return code_point == 0xff ? 0x178 : code_point;
}
