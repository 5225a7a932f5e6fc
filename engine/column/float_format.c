// Floats to text: the shortest decimal that reads back as the same double, and of the shortest ones the closest.
//
// Workload: prices, coordinates, shares. Whole numbers up to 2^53 are written as integers. Everything else follows
// Schubfach (R. Giulietti, 2020): the rounding interval of the double is scaled by one 128-bit power of ten so that at
// most two decimals of 16–17 digits compete, which integer arithmetic decides exactly.
#include "column/number_text.h"
#include "column/power_table.h"

#include <math.h>
#include <string.h>

__extension__ typedef unsigned __int128 u128;

// digits × 10^exponent
typedef struct decimal {
    uint64_t digits;
    int exponent;
} decimal;

// floor(power × x / 2^128), its lowest bit set if anything was cut off ("rounded to odd": comparisons stay exact).
static uint64_t scale(lnt_power power, uint64_t x) {
    u128 low = (u128)power.lo * x, high = (u128)power.hi * x + (uint64_t)(low >> 64);
    return (uint64_t)(high >> 64) | ((uint64_t)high > 1);
}

// The power of ten rounded up, as the method wants it.
static lnt_power power_above(int exponent) {
    lnt_power power = lnt_power_of_ten(exponent);
    if (lnt_power_is_exact(exponent)) return power;
    power.hi += ++power.lo == 0;
    return power;
}

// mantissa × 2^exponent; `narrow`: the neighbour below is only half as far away (a power of two).
static decimal shortest(uint64_t mantissa, int exponent, bool narrow) {
    // floor(log10(2^exponent)), or of 3/4 of that
    int k = (exponent * 1262611 - (narrow ? 524031 : 0)) >> 22;
    int shift = exponent + lnt_power_log2(-k) + 1;
    lnt_power power = power_above(-k);
    uint64_t odd = mantissa & 1, middle = 4 * mantissa;
    uint64_t lower = scale(power, (middle - 2 + narrow) << shift) + odd;
    uint64_t value = scale(power, middle << shift);
    uint64_t upper = scale(power, (middle + 2) << shift) - odd;
    uint64_t whole = value / 4;
    if (whole >= 10) { // one digit fewer
        uint64_t tens = whole / 10;
        bool down = lower <= 40 * tens, up = 40 * tens + 40 <= upper;
        if (down != up) return (decimal){tens + up, k + 1};
    }
    bool down = lower <= 4 * whole, up = 4 * whole + 4 <= upper;
    if (down != up) return (decimal){whole + up, k};
    uint64_t half = 4 * whole + 2;
    return (decimal){whole + (value > half || (value == half && (whole & 1))), k};
}

// d.ddde±xx, as printf's %g has it.
static int write_scientific(const char *digits, int n, int exponent, char *out) {
    int at = 0;
    out[at++] = digits[0];
    if (n > 1) {
        out[at++] = '.';
        memcpy(out + at, digits + 1, (size_t)(n - 1));
        at += n - 1;
    }
    out[at++] = 'e';
    out[at++] = exponent < 0 ? '-' : '+';
    unsigned size = (unsigned)(exponent < 0 ? -exponent : exponent);
    if (size >= 100) out[at++] = (char)('0' + size / 100);
    lnt__format_two(size % 100, out + at);
    return at + 2;
}

// Digits with a dot after the first `before` of them (which may be 0 or less, or more than there are).
static int write_plain(const char *digits, int n, int before, char *out) {
    int at = 0;
    if (before <= 0) {
        out[at++] = '0';
        out[at++] = '.';
        for (; before < 0; before++) out[at++] = '0';
        memcpy(out + at, digits, (size_t)n);
        return at + n;
    }
    for (int i = 0; i < before; i++) out[at++] = i < n ? digits[i] : '0';
    out[at++] = '.';
    if (n <= before) {
        out[at++] = '0';
        return at;
    }
    memcpy(out + at, digits + before, (size_t)(n - before));
    return at + n - before;
}

static int write_decimal(decimal d, char *out) {
    char digits[20];
    while (d.digits % 10 == 0) d.digits /= 10, d.exponent++;
    int n = lnt__format_digits(d.digits, digits), exponent = d.exponent + n - 1;
    if (exponent < -4 || exponent >= 16) return write_scientific(digits, n, exponent, out);
    return write_plain(digits, n, exponent + 1, out);
}

static int format_special(double value, char *out) {
    const char *name = isnan(value) ? "nan" : value < 0 ? "-inf" : "inf";
    int n = (int)strlen(name);
    memcpy(out, name, (size_t)n);
    return n;
}

int lnt_format_float(double value, char *out) {
    if (!isfinite(value)) return format_special(value, out);
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    int at = 0;
    if (bits >> 63) out[at++] = '-';
    double size = fabs(value);
    if (size < 1e15 && size == floor(size)) {
        at += lnt__format_digits((uint64_t)size, out + at);
        out[at++] = '.';
        out[at++] = '0';
        return at;
    }
    int field = (int)(bits >> 52 & 0x7ff);
    uint64_t mantissa = bits & (((uint64_t)1 << 52) - 1);
    bool narrow = mantissa == 0 && field > 1;
    if (field) mantissa |= (uint64_t)1 << 52;
    return at + write_decimal(shortest(mantissa, (field ? field : 1) - 1075, narrow), out + at);
}
