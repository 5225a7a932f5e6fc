/// @file utf8.c
/// UTF-8: checking, decoding, encoding, counting.
///
/// Workload: every byte of every file passes lnt_utf8_check, and nearly all are ASCII: 32 bytes at a time are looked at
/// together, and only pieces with a high bit are walked character by character.
#include "base/text.h"

#include <string.h>

static const uint64_t high_bits = 0x8080808080808080u;

static inline uint64_t read8(const char *p) {
    uint64_t value;
    memcpy(&value, p, 8);
    return value;
}

/// Bytes of the valid character at `p` (its first byte is not ASCII), of which `left` are there, or 0 if it isn't
/// valid.
static int character_size(const unsigned char *p, int64_t left) {
    // The second byte's range is what rules out overlong forms, surrogates and more than U+10FFFF.
    unsigned char lead = p[0], low = 0x80, high = 0xbf;
    int size;
    if (lead < 0xc2) return 0;
    if (lead < 0xe0) {
        size = 2;
    } else if (lead < 0xf0) {
        size = 3;
        if (lead == 0xe0) low = 0xa0;
        if (lead == 0xed) high = 0x9f;
    } else if (lead < 0xf5) {
        size = 4;
        if (lead == 0xf0) low = 0x90;
        if (lead == 0xf4) high = 0x8f;
    } else {
        return 0;
    }
    if (left < size || p[1] < low || p[1] > high) return 0;
    for (int i = 2; i < size; i++) {
        if ((p[i] & 0xc0) != 0x80) return 0;
    }
    return size;
}

/// How many bytes from `at` on are ASCII, in steps of 32 and 8; a rest of less than 8 isn't looked at.
static int64_t skip_ascii(const char *data, int64_t at, int64_t size) {
    while (size - at >= 32) {
        uint64_t any = read8(data + at) | read8(data + at + 8) | read8(data + at + 16) | read8(data + at + 24);
        if (any & high_bits) break;
        at += 32;
    }
    while (size - at >= 8 && !(read8(data + at) & high_bits)) at += 8;
    return at;
}

int64_t lnt_utf8_check(const char *data, int64_t size) {
    int64_t at = 0;
    for (;;) {
        at = skip_ascii(data, at, size);
        int64_t end = size - at < 8 ? size : at + 8; // the piece with the high bit, or the rest
        if (at >= end) return -1;
        while (at < end) {
            if (!((unsigned char)data[at] & 0x80)) {
                at++;
                continue;
            }
            int length = character_size((const unsigned char *)data + at, size - at);
            if (!length) return at;
            at += length;
        }
    }
}

uint32_t lnt_utf8_decode(const char *data, int64_t size, int *length) {
    const unsigned char *p = (const unsigned char *)data;
    int n = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    if (n > size) n = (int)size;
    *length = n;
    if (n == 1) return p[0];
    uint32_t code = p[0] & (0xffu >> (n + 1));
    for (int i = 1; i < n; i++) code = code << 6 | (p[i] & 0x3f);
    return code;
}

int lnt_utf8_encode(uint32_t c, char *out) {
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    int n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (int i = n - 1; i > 0; i--, c >>= 6) out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)((0xf00u >> n & 0xff) | c);
    return n;
}

int64_t lnt_utf8_length(const char *data, int64_t size) {
    int64_t continuations = 0, at = 0;
    for (; size - at >= 8; at += 8) {
        uint64_t word = read8(data + at);
        // A continuation byte has bit 7 set and bit 6 not.
        continuations += __builtin_popcountll(word & ~(word << 1) & high_bits);
    }
    for (; at < size; at++) continuations += ((unsigned char)data[at] & 0xc0) == 0x80;
    return size - continuations;
}
