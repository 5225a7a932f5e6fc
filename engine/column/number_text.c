// Integers and booleans from text and to text.
//
// Workload: every cell of a numeric column, most of them 1–10 digits. Digits are taken eight at a time as one 64-bit
// word (little-endian load); no byte outside [data, data + size) is read.
#include "column/number_text.h"

#include <string.h>

static const char digit_pairs[201] =
    "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243"
    "4445464748495051525354555657585960616263646566676869707172737475767778798081828384858687"
    "888990919293949596979899";

bool lnt__parse_digits(const char *data, int64_t size, uint64_t *out) {
    uint64_t value = 0;
    for (; size >= 8; data += 8, size -= 8) {
        uint64_t word = lnt__load_word(data);
        if (!lnt__eight_digits(word)) return false;
        value = value * 100000000 + lnt__eight_digits_value(word);
    }
    for (; size > 0; data++, size--) {
        unsigned digit = (unsigned)(unsigned char)*data - '0';
        if (digit > 9) return false;
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

// 19 digits can't overflow 64 bits unsigned; longer runs of zeros are trimmed first.
bool lnt_parse_int(const char *data, int64_t size, int64_t *out) {
    bool negative = false;
    if (size > 0 && (*data == '-' || *data == '+')) {
        negative = *data == '-';
        data++, size--;
    }
    if (size <= 0) return false;
    while (size > 19 && *data == '0') data++, size--;
    uint64_t value;
    if (size > 19 || !lnt__parse_digits(data, size, &value)) return false;
    if (value > (uint64_t)INT64_MAX + negative) return false;
    *out = (int64_t)(negative ? 0 - value : value);
    return true;
}

bool lnt__equals_fold(const char *data, int64_t size, const char *lower) {
    for (int64_t i = 0; i < size; i++) {
        char c = data[i];
        if (c >= 'A' && c <= 'Z') c = (char)(c | 32);
        if (c != lower[i]) return false;
    }
    return lower[size] == 0;
}

bool lnt_parse_bool(const char *data, int64_t size, bool *out) {
    if (size == 4 && lnt__equals_fold(data, size, "true")) return *out = true, true;
    if (size == 5 && lnt__equals_fold(data, size, "false")) return *out = false, true;
    return false;
}

int lnt__format_digits(uint64_t value, char *out) {
    char digits[20];
    int at = 20;
    for (; value >= 100; value /= 100) memcpy(digits + (at -= 2), digit_pairs + 2 * (value % 100), 2);
    if (value >= 10) {
        memcpy(digits + (at -= 2), digit_pairs + 2 * value, 2);
    } else {
        digits[--at] = (char)('0' + value);
    }
    memcpy(out, digits + at, (size_t)(20 - at));
    return 20 - at;
}

void lnt__format_two(unsigned value, char *out) {
    memcpy(out, digit_pairs + 2 * value, 2);
}

int lnt_format_int(int64_t value, char *out) {
    if (value >= 0) return lnt__format_digits((uint64_t)value, out);
    *out = '-';
    return 1 + lnt__format_digits(0 - (uint64_t)value, out + 1);
}
