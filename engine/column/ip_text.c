// Addresses and ranges from text and to text (RFC 4291, RFC 5952).
//
// Workload: a column of IPv4 addresses with some IPv6 among them. IPv4 with leading zeros ("010.1.1.1") is refused,
// because it means different hosts to different programs.
#include "column/number_text.h"

#include <string.h>

// Four numbers 0–255 between dots, the whole of [at, end).
static bool parse_v4(const char *at, const char *end, uint32_t *out) {
    uint32_t address = 0;
    for (int part = 0; part < 4; part++) {
        if (part > 0 && (at == end || *at++ != '.')) return false;
        if (at == end) return false;
        unsigned value = (unsigned)(unsigned char)*at++ - '0';
        if (value > 9) return false;
        bool zero = value == 0;
        for (int more = 0; more < 2 && at < end; more++, at++) {
            unsigned digit = (unsigned)(unsigned char)*at - '0';
            if (digit > 9) break;
            if (zero) return false;
            value = value * 10 + digit;
        }
        if (value > 255) return false;
        address = address << 8 | value;
    }
    *out = address;
    return at == end;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c = (char)(c | 32);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// One to four hexadecimal digits at *at.
static bool parse_group(const char **at, const char *end, unsigned *out) {
    unsigned value = 0;
    int n = 0;
    for (; n < 5 && *at < end; n++, ++*at) {
        int digit = hex_digit(**at);
        if (digit < 0) break;
        value = value << 4 | (unsigned)digit;
    }
    *out = value;
    return n > 0 && n < 5;
}

static lnt_ip ip_from_groups(const uint16_t groups[8]) {
    lnt_ip ip = {0, 0};
    for (int i = 0; i < 4; i++) {
        ip.hi = ip.hi << 16 | groups[i];
        ip.lo = ip.lo << 16 | groups[i + 4];
    }
    return ip;
}

// Moves the groups behind `::` (at index `gap`, -1: there was none) to the end and fills with zeros.
static bool spread_groups(uint16_t groups[8], int n, int gap) {
    if (gap < 0) return n == 8;
    if (n == 8) return false;
    memmove(groups + 8 - (n - gap), groups + gap, (size_t)(n - gap) * sizeof *groups);
    memset(groups + gap, 0, (size_t)(8 - n) * sizeof *groups);
    return true;
}

// Whether the group at `at` is the first number of an IPv4 address.
static bool dot_follows(const char *at, const char *end) {
    while (at < end && (unsigned)(*at - '0') <= 9) at++;
    return at < end && *at == '.';
}

static bool parse_v6(const char *at, const char *end, lnt_ip *out) {
    uint16_t groups[8];
    int n = 0, gap = -1;
    if (end - at >= 2 && at[0] == ':' && at[1] == ':') gap = 0, at += 2;
    while (at < end) {
        uint32_t v4;
        if (n <= 6 && dot_follows(at, end)) {
            if (!parse_v4(at, end, &v4)) return false;
            groups[n++] = (uint16_t)(v4 >> 16);
            groups[n++] = (uint16_t)v4;
            break;
        }
        unsigned group;
        if (n == 8 || !parse_group(&at, end, &group)) return false;
        groups[n++] = (uint16_t)group;
        if (at == end) break;
        if (*at++ != ':' || at == end) return false;
        if (*at == ':') {
            if (gap >= 0) return false;
            gap = n, at++;
        }
    }
    if (!spread_groups(groups, n, gap)) return false;
    *out = ip_from_groups(groups);
    return true;
}

bool lnt_parse_ip(const char *data, int64_t size, lnt_ip *out) {
    if (size < 2 || size > 45) return false;
    const char *end = data + size;
    if (memchr(data, ':', (size_t)(size < 5 ? size : 5))) return parse_v6(data, end, out);
    uint32_t v4;
    if (!parse_v4(data, end, &v4)) return false;
    *out = lnt_ip_from_v4(v4);
    return true;
}

// `bits` of 128 from the left set.
static lnt_ip prefix_mask(int bits) {
    lnt_ip mask = {0, 0};
    if (bits > 0) mask.hi = bits >= 64 ? UINT64_MAX : UINT64_MAX << (64 - bits);
    if (bits > 64) mask.lo = bits >= 128 ? UINT64_MAX : UINT64_MAX << (128 - bits);
    return mask;
}

// `/bits` without leading zeros, at most `most`.
static bool parse_bits(const char *at, const char *end, int most, int *out) {
    int64_t size = end - at;
    uint64_t bits;
    if (size < 1 || size > 3 || (size > 1 && *at == '0') || !lnt__parse_digits(at, size, &bits)) return false;
    *out = (int)bits;
    return bits <= (uint64_t)most;
}

bool lnt_parse_cidr(const char *data, int64_t size, lnt_ip *first, lnt_ip *last, int *prefix) {
    if (size < 2) return false;
    const char *slash = memchr(data, '/', (size_t)size), *end = data + size;
    lnt_ip ip;
    if (!lnt_parse_ip(data, (slash ? slash : end) - data, &ip)) return false;
    bool written_v4 = !memchr(data, ':', (size_t)size);
    int bits = written_v4 ? 32 : 128;
    if (slash && !parse_bits(slash + 1, end, bits, &bits)) return false;
    if (written_v4) bits += 96;
    lnt_ip mask = prefix_mask(bits);
    *first = (lnt_ip){ip.hi & mask.hi, ip.lo & mask.lo};
    *last = (lnt_ip){ip.hi | ~mask.hi, ip.lo | ~mask.lo};
    *prefix = lnt_ip_is_v4(*first) && bits >= 96 ? bits - 96 : bits;
    return true;
}

static int format_v4(uint32_t address, char *out) {
    int n = 0;
    for (int shift = 24; shift >= 0; shift -= 8) {
        if (shift < 24) out[n++] = '.';
        n += lnt__format_digits(address >> shift & 255, out + n);
    }
    return n;
}

static int format_group(unsigned group, char *out) {
    int n = 0;
    for (int shift = 12; shift >= 0; shift -= 4) {
        if (n > 0 || shift == 0 || group >> shift) out[n++] = "0123456789abcdef"[group >> shift & 15];
    }
    return n;
}

// The longest run of at least two zero groups, the first of equals; its length, 0 when there is none.
static int longest_zeros(const unsigned groups[8], int *start) {
    int best = 0;
    for (int i = 0; i < 8; i++) {
        int n = 0;
        while (i + n < 8 && groups[i + n] == 0) n++;
        if (n > best) best = n, *start = i;
    }
    return best >= 2 ? best : 0;
}

int lnt_format_ip(lnt_ip ip, char *out) {
    if (lnt_ip_is_v4(ip)) return format_v4((uint32_t)ip.lo, out);
    unsigned groups[8];
    for (int i = 0; i < 8; i++) groups[i] = (unsigned)((i < 4 ? ip.hi : ip.lo) >> (48 - 16 * (i & 3)) & 0xffff);
    int start = 8, zeros = longest_zeros(groups, &start), n = 0;
    if (!zeros) start = 8;
    for (int i = 0; i < 8;) {
        if (i == start) {
            out[n++] = ':';
            out[n++] = ':';
            i += zeros;
            continue;
        }
        if (i > 0 && i != start + zeros) out[n++] = ':';
        n += format_group(groups[i++], out + n);
    }
    return n;
}
