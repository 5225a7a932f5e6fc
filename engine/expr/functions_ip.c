/// @file functions_ip.c
/// Addresses: membership in networks, kinds of addresses, prefixes.
///
/// Networks become sorted ranges without overlap at bind time, so a test is a binary search.
#include <stdlib.h>

#include "column/value_text.h"
#include "expr/binder.h"

typedef struct ip_range {
    lnt_ip first, last;
} ip_range;

/// Sorted, disjoint ranges.
typedef struct ip_ranges {
    int64_t n;
    ip_range *items;
} ip_ranges;

static int compare_ranges(const void *a, const void *b) {
    return lnt_ip_compare(((const ip_range *)a)->first, ((const ip_range *)b)->first);
}

static void merge_ranges(ip_ranges *ranges) {
    int64_t n = 0;
    qsort(ranges->items, (size_t)ranges->n, sizeof *ranges->items, compare_ranges);
    for (int64_t i = 0; i < ranges->n; i++) {
        ip_range next = ranges->items[i];
        if (n > 0 && lnt_ip_compare(next.first, ranges->items[n - 1].last) <= 0) {
            if (lnt_ip_compare(next.last, ranges->items[n - 1].last) > 0) ranges->items[n - 1].last = next.last;
        } else {
            ranges->items[n++] = next;
        }
    }
    ranges->n = n;
}

static bool in_ranges(const ip_ranges *ranges, lnt_ip ip) {
    int64_t low = 0, high = ranges->n; // the first range that begins after `ip`
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (lnt_ip_compare(ranges->items[middle].first, ip) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && lnt_ip_compare(ip, ranges->items[low - 1].last) <= 0;
}

static lnt_status read_network(const lnt_typed *call, int64_t arg, ip_range *out, lnt_error *err) {
    lnt_str text;
    int bits;
    LNT_TRY(lnt_bind_constant_text(call, arg, "the network", &text, err));
    if (lnt_parse_cidr(text.data, text.size, &out->first, &out->last, &bits)) return LNT_OK;
    lnt_error_set(err, LNT_VALUE, "can't read '%.*s' as a network: write it as '10.0.0.0/8' or '2001:db8::/32'",
                  (int)(text.size > 60 ? 60 : text.size), text.data);
    lnt_typed_span(call->args[arg], err);
    return LNT_VALUE;
}

static lnt_status prepare_within(lnt_binder *binder, lnt_typed *call, lnt_error *err) {
    int64_t n = call->n_args - 1;
    // of IPv6 and of IPv4: an IPv4 address, though stored as mapped into IPv6, is in no '::/0'
    ip_ranges *families = lnt_arena_alloc(binder->arena, 2 * (int64_t)sizeof *families, err);
    ip_range *items = lnt_arena_alloc(binder->arena, 2 * n * (int64_t)sizeof *items, err);
    if (!families || !items) return LNT_NOMEM;
    families[0] = (ip_ranges){0, items};
    families[1] = (ip_ranges){0, items + n};
    for (int64_t i = 0; i < n; i++) {
        ip_range range;
        LNT_TRY(read_network(call, i + 1, &range, err));
        ip_ranges *of = &families[lnt_ip_is_v4(range.first)];
        of->items[of->n++] = range;
    }
    merge_ranges(&families[0]);
    merge_ranges(&families[1]);
    call->data = families;
    call->n_used = 1;
    return LNT_OK;
}

static lnt_status within(const lnt_run *run, lnt_error *err) {
    const ip_ranges *families = run->call->data;
    uint8_t *out = run->out;
    (void)err;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        lnt_ip ip = lnt_run_ip(run, 0, row);
        out[row] = in_ranges(&families[lnt_ip_is_v4(ip)], ip);
    }
    return LNT_OK;
}

// ---- kinds of addresses ----

/// The last address of the network of `bits` bits that `first` begins.
static lnt_ip last_of(lnt_ip first, int bits) {
    uint64_t hi = bits >= 64 ? 0 : UINT64_MAX >> bits;
    uint64_t lo = bits <= 64 ? UINT64_MAX : bits >= 128 ? 0 : UINT64_MAX >> (bits - 64);
    return (lnt_ip){first.hi | hi, first.lo | lo};
}

/// A network of the registries of special-purpose addresses (RFC 6890 and its updates), by its first 64 bits or IPv4.
typedef struct special {
    uint64_t first; ///< IPv4: the address; IPv6: the upper half
    int bits;       ///< of IPv4, or of IPv6
} special;

static const special private_v4[] = {{0x0a000000, 8}, {0xac100000, 12}, {0xc0a80000, 16}};
static const special private_v6[] = {{0xfc00000000000000, 7}};
static const special special_v4[] = {
    {0x00000000, 8},  {0x0a000000, 8},  {0x64400000, 10}, {0x7f000000, 8},  {0xa9fe0000, 16},
    {0xac100000, 12}, {0xc0000000, 24}, {0xc0000200, 24}, {0xc0a80000, 16}, {0xc6120000, 15},
    {0xc6336400, 24}, {0xcb007100, 24}, {0xe0000000, 4},  {0xf0000000, 4},
};
static const special special_v6[] = {
    {0x0000000000000000, 8},  // unspecified, loopback, embedded IPv4
    {0x0064ff9b00010000, 48}, // local translation
    {0x0100000000000000, 64}, // discard
    {0x2001000000000000, 23}, // protocol assignments
    {0x20010db800000000, 32}, // documentation
    {0x2002000000000000, 16}, // 6to4
    {0x3fff000000000000, 20}, // documentation
    {0x5f00000000000000, 16}, // segment routing
    {0xfc00000000000000, 7},  // unique local
    {0xfe80000000000000, 10}, // link-local
    {0xff00000000000000, 8},  // multicast
};

static bool among(const special *list, int64_t n, lnt_ip ip, bool v4) {
    for (int64_t i = 0; i < n; i++) {
        lnt_ip first = v4 ? lnt_ip_from_v4((uint32_t)list[i].first) : (lnt_ip){list[i].first, 0};
        lnt_ip last = last_of(first, v4 ? list[i].bits + 96 : list[i].bits);
        if (lnt_ip_compare(ip, first) >= 0 && lnt_ip_compare(ip, last) <= 0) return true;
    }
    return false;
}

static bool is_private_ip(lnt_ip ip) {
    if (lnt_ip_is_v4(ip)) return among(private_v4, LNT_COUNT(private_v4), ip, true);
    return among(private_v6, LNT_COUNT(private_v6), ip, false);
}

static bool is_global_ip(lnt_ip ip) {
    if (lnt_ip_is_v4(ip)) return !among(special_v4, LNT_COUNT(special_v4), ip, true);
    if (ip.hi == 0x0064ff9b00000000 && ip.lo >> 32 == 0) // a translated IPv4 address is what that address is
        return is_global_ip(lnt_ip_from_v4((uint32_t)ip.lo));
    return !among(special_v6, LNT_COUNT(special_v6), ip, false);
}

static lnt_status is_private(const lnt_run *run, lnt_error *err) {
    uint8_t *out = run->out;
    (void)err;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        out[row] = is_private_ip(lnt_run_ip(run, 0, row));
    }
    return LNT_OK;
}

static lnt_status is_global(const lnt_run *run, lnt_error *err) {
    uint8_t *out = run->out;
    (void)err;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        out[row] = is_global_ip(lnt_run_ip(run, 0, row));
    }
    return LNT_OK;
}

static lnt_status version(const lnt_run *run, lnt_error *err) {
    int64_t *out = run->out;
    (void)err;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        out[row] = lnt_ip_is_v4(lnt_run_ip(run, 0, row)) ? 4 : 6;
    }
    return LNT_OK;
}

static lnt_status prefix(const lnt_run *run, lnt_error *err) {
    lnt_ip *out = run->out;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k), bits = lnt_run_int(run, 1, row);
        lnt_ip ip = lnt_run_ip(run, 0, row);
        if (bits < 0 || bits > 128)
            return lnt_run_fail(run, row, LNT_VALUE, err, "a prefix of %lld bits: it has 0 to 32, or 128 for IPv6",
                                (long long)bits);
        int kept = (int)bits;
        if (lnt_ip_is_v4(ip)) kept = (bits > 32 ? 32 : (int)bits) + 96;
        lnt_ip host = last_of((lnt_ip){0, 0}, kept);
        out[row] = (lnt_ip){ip.hi & ~host.hi, ip.lo & ~host.lo};
    }
    return LNT_OK;
}

static const lnt_overload of_within[] = {{"ps+:b", 0, within, NULL}};
static const lnt_overload of_is_private[] = {{"p:b", 0, is_private, NULL}};
static const lnt_overload of_is_global[] = {{"p:b", 0, is_global, NULL}};
static const lnt_overload of_version[] = {{"p:i", 0, version, NULL}};
static const lnt_overload of_prefix[] = {{"pi:p", LNT_CAN_FAIL, prefix, NULL}};

static const lnt_function functions[] = {
    {{"within", "within(x: ip, network: string, …) -> bool",
      "Whether the address is in one of the networks, constants such as '10.0.0.0/8' or '2001:db8::/32'; an IPv4 address is in none of IPv6.",
      "ip"},
     of_within,
     1,
     NULL,
     prepare_within},
    {{"is_private", "is_private(x: ip) -> bool",
      "Whether the address is of a private network: 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or fc00::/7.", "ip"},
     of_is_private,
     1,
     NULL,
     NULL},
    {{"is_global", "is_global(x: ip) -> bool",
      "Whether the address can be a host of the Internet: not private, local, reserved, for documentation or "
      "multicast.",
      "ip"},
     of_is_global,
     1,
     NULL,
     NULL},
    {{"version", "version(x: ip) -> int", "4 or 6; an IPv4 address mapped into IPv6 is IPv4.", "ip"},
     of_version,
     1,
     NULL,
     NULL},
    {{"prefix", "prefix(x: ip, bits: int) -> ip",
      "The first address of the network of that many bits that the address is in; all of an IPv4 address from 32 on.",
      "ip"},
     of_prefix,
     1,
     NULL,
     NULL},
};
const lnt_function_table lnt_ip_functions = {functions, LNT_COUNT(functions)};
