// Floats from text, correctly rounded.
//
// Workload: decimals of a few digits ("51.5074", "0.25"), now and then 17 digits. Three ways, each exact (and a short cut
// of the first):
//  1. up to 2^53 with a power of ten up to 10^22: one multiplication or division of doubles (Clinger);
//  2. 19 digits times a 128-bit power of ten: the true value lies in a narrow interval; if both ends round to the same
//     double, that is it (the idea of Eisel and Lemire, here with the interval spelled out);
//  3. else (about one in 10^6 of random inputs, and ties) the digits are compared with the halfway point as whole
//     numbers of a few thousand bits.
#include "column/big_number.h"
#include "column/number_text.h"
#include "column/power_table.h"

#include <math.h>
#include <string.h>

__extension__ typedef unsigned __int128 u128;

// A decimal: ±digits × 10^exponent. The digits are the text's with the dot left out.
typedef struct decimal {
    bool negative;
    bool cut;                // digits beyond the 19th were left out of `digits`
    uint64_t digits;         // the first 19 significant ones
    int64_t exponent;        // of the last digit in `digits`
    const char *first, *end; // the digits in the text, dot included, leading zeros left out
    int64_t last_exponent;   // of the last digit in the text
} decimal;

static bool is_digit(char c) {
    return (unsigned char)(c - '0') <= 9;
}

// `e[+-]digits` at `at`, which must reach to `end`; nothing is 0. Large ones are clamped: the result is 0 or infinite.
static bool scan_exponent(const char *at, const char *end, int64_t *out) {
    *out = 0;
    if (at == end) return true;
    if ((*at | 32) != 'e' || ++at == end) return false;
    bool negative = *at == '-';
    if ((*at == '-' || *at == '+') && ++at == end) return false;
    int64_t value = 0;
    for (; at < end && is_digit(*at); at++) {
        if (value < INT64_C(1) << 40) value = value * 10 + (*at - '0');
    }
    *out = negative ? -value : value;
    return at == end;
}

// The significant digits of [d->first, d->end), up to 19 of them, and how many there are in all.
static int64_t collect_digits(decimal *d) {
    int64_t n = 0;
    uint64_t digits = 0;
    for (const char *at = d->first; at < d->end; at++) {
        if (*at == '.') continue;
        if (n++ < 19) digits = digits * 10 + (uint64_t)(*at - '0');
    }
    d->digits = digits;
    return n;
}

static bool scan_decimal(const char *data, int64_t size, decimal *d) {
    const char *at = data, *end = data + size, *dot = NULL;
    *d = (decimal){.negative = size > 0 && *at == '-'};
    if (size > 0 && (*at == '-' || *at == '+')) at++;
    const char *start = at;
    for (; at < end && (is_digit(*at) || (*at == '.' && !dot)); at++) {
        if (*at == '.') dot = at;
    }
    if (at - start - (dot != NULL) < 1) return false;
    int64_t exponent;
    if (!scan_exponent(at, end, &exponent)) return false;
    d->first = start;
    d->end = at;
    while (d->first < d->end && (*d->first == '0' || *d->first == '.')) d->first++;
    d->last_exponent = exponent - (dot ? at - dot - 1 : 0);
    int64_t n = collect_digits(d);
    d->cut = n > 19;
    d->exponent = d->last_exponent + (d->cut ? n - 19 : 0);
    return true;
}

// ---- 1: exact in doubles ----

static bool convert_small(const decimal *d, double *out) {
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (d->cut || d->digits > (uint64_t)1 << 53 || d->exponent < -22 || d->exponent > 22) return false;
    double value = (double)d->digits;
    *out = d->exponent < 0 ? value / powers[-d->exponent] : value * powers[d->exponent];
    return true;
}

// ---- 2: an interval of 192-bit numbers ----

// hi:mid:lo × 2^(exponent - 191), with bit 63 of `hi` or, one lower, bit 62 set.
typedef struct wide {
    uint64_t hi, mid, lo;
} wide;

// Rounds wide × 2^(exponent - 191) to the bits of a double. `above`: the true value is a little more than `x`.
static uint64_t round_wide(wide x, int exponent, bool above) {
    if (!(x.hi >> 63)) {
        x = (wide){x.hi << 1 | x.mid >> 63, x.mid << 1 | x.lo >> 63, x.lo << 1};
        exponent--;
    }
    if (exponent > 1023) return (uint64_t)0x7ff << 52;
    int kept = exponent >= -1022 ? 53 : 53 - (-1022 - exponent);
    if (kept < 0) return 0;
    uint64_t mantissa = kept == 0 ? 0 : x.hi >> (64 - kept);
    uint64_t rest = x.hi << kept;
    uint64_t half = (uint64_t)1 << 63;
    bool more = above || x.mid || x.lo || (rest & ~half);
    uint64_t up = (rest & half) && (more || (mantissa & 1));
    return mantissa + up + (exponent >= -1022 ? (uint64_t)(exponent + 1022) << 52 : 0);
}

// w × the table's power, which is rounded down; `upper`: rounded up instead. w is normalised to 64 bits.
static wide multiply_power(uint64_t w, lnt_power power, bool upper) {
    u128 low = (u128)w * power.lo + (upper ? w : 0), high = (u128)w * power.hi + (uint64_t)(low >> 64);
    return (wide){(uint64_t)(high >> 64), (uint64_t)high, (uint64_t)low};
}

// The bits of the double next to one end of the interval in which digits × 10^exponent lies.
static uint64_t convert_end(uint64_t digits, int exponent, bool upper, bool above) {
    int shift = __builtin_clzll(digits);
    wide product = multiply_power(digits << shift, lnt_power_of_ten(exponent), upper);
    return round_wide(product, lnt_power_log2(exponent) + 64 - shift, above);
}

// ---- 3: whole numbers of any size ----

// At most 769 digits decide on which side of a halfway point a decimal lies; of more, only whether any isn't 0 counts.
enum { MOST_DIGITS = 800 };

static int64_t load_digits(const decimal *d, lnt__big *big) {
    int64_t n = 0, left = 0;
    bool more = false;
    for (const char *at = d->first; at < d->end; at++) {
        if (*at == '.') continue;
        if (n < MOST_DIGITS) {
            lnt__big_multiply_add(big, 10, (uint64_t)(*at - '0'));
            n++;
        } else {
            left++;
            more |= *at != '0';
        }
    }
    if (!more) return d->last_exponent + left;
    lnt__big_multiply_add(big, 10, 1);
    return d->last_exponent + left - 1;
}

// Whether the decimal is below, at or above the point halfway between the double of `bits` and the next one.
static int compare_halfway(const decimal *d, uint64_t bits) {
    uint64_t mantissa = bits & (((uint64_t)1 << 52) - 1);
    int field = (int)(bits >> 52), exponent = (field ? field : 1) - 1075 - 1;
    if (field) mantissa |= (uint64_t)1 << 52;
    lnt__big left = {0}, right = {0};
    int64_t power = load_digits(d, &left);
    lnt__big_multiply_add(&right, 0, 2 * mantissa + 1);
    for (; power > 0; power--) lnt__big_multiply_add(&left, 10, 0);
    for (; power < 0; power++) lnt__big_multiply_add(&right, 10, 0);
    lnt__big_shift(exponent < 0 ? &left : &right, exponent < 0 ? -exponent : exponent);
    return lnt__big_compare(&left, &right);
}

static uint64_t convert_exactly(const decimal *d, uint64_t below) {
    int side = compare_halfway(d, below);
    return below + (side > 0 || (side == 0 && (below & 1)));
}

static double convert(const decimal *d) {
    uint64_t bits;
    if (d->digits == 0 || d->exponent < LNT_POWER_MIN) {
        bits = 0;
    } else if (d->exponent > 308) {
        bits = (uint64_t)0x7ff << 52;
    } else {
        int exponent = (int)d->exponent;
        bool exact = lnt_power_is_exact(exponent);
        bits = convert_end(d->digits, exponent, false, !exact);
        if ((!exact || d->cut) && convert_end(d->digits + d->cut, exponent, !exact, false) != bits) {
            bits = convert_exactly(d, bits);
        }
    }
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static bool parse_name(const char *data, int64_t size, double *out) {
    bool negative = size > 0 && *data == '-';
    if (size > 0 && (*data == '-' || *data == '+')) data++, size--;
    if (size == 3 && lnt__equals_fold(data, size, "nan")) return *out = (double)NAN, true;
    if ((size == 3 && lnt__equals_fold(data, size, "inf")) || (size == 8 && lnt__equals_fold(data, size, "infinity"))) {
        *out = negative ? -(double)INFINITY : (double)INFINITY;
        return true;
    }
    return false;
}

// ---- the usual: few digits around a dot ----

// Up to 7 digits, a dot and 1 to 8 digits, in 8 bytes or more: a number below 2^53 and a power of ten, as in way 1. The
// digits after the dot are the upper ones of the text's last 8 bytes.
static bool parse_usual(const char *data, int64_t size, double *out) {
    static const uint32_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
    int64_t dot = 0;
    uint64_t whole = 0, word;
    if (size < 8 || size > 16) return false;
    for (; dot < 8 && is_digit(data[dot]); dot++) whole = whole * 10 + (uint64_t)(data[dot] - '0');
    int64_t after = size - dot - 1;
    if (dot < 1 || dot > 7 || data[dot] != '.' || after < 1 || after > 8) return false;
    word = lnt__load_word(data + size - 8);
    if (after < 8) {
        uint64_t before = ~UINT64_C(0) >> 8 * after;
        word = (word & ~before) | (UINT64_C(0x3030303030303030) & before);
    }
    if (!lnt__eight_digits(word)) return false;
    *out = (double)(whole * powers[after] + lnt__eight_digits_value(word)) / (double)powers[after];
    return true;
}

bool lnt_parse_float(const char *data, int64_t size, double *out) {
    if (parse_usual(data, size, out)) return true;
    decimal d;
    if (!scan_decimal(data, size, &d)) return parse_name(data, size, out);
    double value;
    if (!convert_small(&d, &value)) value = convert(&d);
    *out = d.negative ? -value : value;
    return true;
}
