/// @file type.h
/// The six types of Lunette's data, and single values of them.
#ifndef LUNETTE_TYPE_H
#define LUNETTE_TYPE_H

#include "lunette/status.h"

/// The type of a column or value. The numbers are part of the ABI.
typedef enum lnt_type {
    LNT_NULL = 0,   ///< the type of the bare literal `null`; no column has it
    LNT_BOOL = 1,
    LNT_INT = 2,    ///< 64-bit signed
    LNT_FLOAT = 3,  ///< IEEE 754 double; every NaN counts as the same value
    LNT_STRING = 4, ///< UTF-8 bytes, any length, may hold U+0000
    LNT_TIME = 5,   ///< microseconds since 1970-01-01 00:00:00 UTC, 64-bit signed, no leap seconds
    LNT_IP = 6      ///< an IPv4 or IPv6 address
} lnt_type;

/// How many types there are; a type is a number from 0 to one below.
enum { LNT_TYPE_COUNT = 7 };

/// The library's version as "major.minor.patch".
LNT_API const char *lnt_version(void);

/// An address as one 128-bit number, most significant half first, both halves in the machine's byte order.
/// IPv4 a.b.c.d is ::ffff:a.b.c.d, so IPv4 and IPv4-mapped IPv6 are the same host, and order is the number's order.
typedef struct lnt_ip {
    uint64_t hi, lo;
} lnt_ip;

/// A borrowed piece of text: `size` bytes, not terminated.
typedef struct lnt_str {
    const char *data;
    int64_t size;
} lnt_str;

/// One value of any type. A string's bytes are borrowed from wherever the value came from.
typedef struct lnt_value {
    lnt_type type;
    bool is_null; ///< true: the union holds nothing
    union {
        bool b;
        int64_t i; ///< LNT_INT, and LNT_TIME in microseconds
        double f;
        lnt_str s;
        lnt_ip ip;
    } as;
} lnt_value;

/// The type's name as users write it: "null", "bool", "int", "float", "string", "time", "ip".
LNT_API const char *lnt_type_name(lnt_type type);

/// The type that `name` stands for, or LNT_NULL for a name that is none.
LNT_API lnt_type lnt_type_from_name(const char *name);

/// Whether the address is IPv4 (or IPv4-mapped, which is the same here).
static inline bool lnt_ip_is_v4(lnt_ip ip) {
    return ip.hi == 0 && ip.lo >> 32 == 0xffff;
}

/// An address from IPv4's 32 bits, 0x01020304 for 1.2.3.4.
static inline lnt_ip lnt_ip_from_v4(uint32_t v4) {
    return (lnt_ip){0, 0xffff00000000u | v4};
}

/// -1, 0 or 1 as `a` is below, equal to or above `b`, as numbers.
static inline int lnt_ip_compare(lnt_ip a, lnt_ip b) {
    if (a.hi != b.hi) return a.hi < b.hi ? -1 : 1;
    return a.lo < b.lo ? -1 : a.lo > b.lo;
}

#endif
