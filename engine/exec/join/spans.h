/// @file spans.h
/// Ranges of one table's rows, and which of them hold a value: the index behind range and network joins.
///
/// Workload: built once from up to some millions of ranges (an AS table has 412,000), asked millions of times. A value
/// is a 128-bit number: an address as it is, anything else its order key in the upper half, so that neighbouring values
/// differ in the last bit that counts. Spans that don't overlap are found through a table over the leading bits that
/// differ and a short binary search. Numbers and IPv4 addresses, which 64 bits tell apart, have a copy of their spans
/// in 64 bits: what isn't read needn't be in the cache.
///
/// Invariants: spans are sorted by beginning, the wider first of equal ones, then by row.
#ifndef LNT_EXEC_SPANS_H
#define LNT_EXEC_SPANS_H

#include "base/engine.h"
#include "exec/room.h"
#include "lunette/type.h"

typedef struct lnt_span {
    lnt_ip first, last; ///< both included; first <= last
    int64_t row;
} lnt_span;

/// A span of numbers or IPv4 addresses.
typedef struct lnt_narrow_span {
    uint64_t first, last;
    int64_t row;
} lnt_narrow_span;

/// A table over sorted spans by the leading bits of their beginnings, or of the upper halves of those.
typedef struct lnt_span_table {
    uint64_t base; ///< that of the first span
    int shift;
    int64_t n_slots; ///< a power of two, or 0 without spans
    lnt_room slots;  ///< uint32_t, n_slots + 1: how many spans begin before the slot
} lnt_span_table;

typedef struct lnt_spans {
    lnt_engine *engine;
    const char *who;
    bool floats;    ///< keys are those of floats: what is narrow is decided by the numbers
    lnt_room items; ///< lnt_span
    int64_t n;
    bool numbers; ///< keys are numbers in the upper half
    bool apart;   ///< no two spans overlap: a value is in one at most
    lnt_span_table wide;
    lnt_room narrow_items; ///< lnt_narrow_span
    int64_t n_narrow;
    lnt_span_table narrow;
    lnt_room reach; ///< unless `apart`: lnt_ip, the greatest end below each node of the implicit search tree
} lnt_spans;

/// Makes overlapping spans ones that don't, each value with the narrowest span that holds it, of equally narrow ones
/// that of the lowest row. Spans that don't overlap stay as they are.
LNT_MUST_USE lnt_status lnt__spans_flatten(lnt_spans *spans, lnt_error *err);
/// Prepares the sorted spans for finding.
LNT_MUST_USE lnt_status lnt__spans_index(lnt_spans *spans, lnt_error *err);
void lnt__spans_clear(lnt_spans *spans);

/// With spans that are apart, of numbers or IPv4 addresses: the row of the span that holds numbers[i] (the upper half
/// of a number's key, the lower of an address) into out[i], -1 where none does.
void lnt__spans_find_narrow(const lnt_spans *spans, const uint64_t *numbers, int64_t n, int64_t *out);
/// The same for any address.
int64_t lnt__spans_find_wide(const lnt_spans *spans, lnt_ip key);
/// Rows of all spans that hold `key`, ascending, into `rows` (int64_t); `*n` gets how many.
LNT_MUST_USE lnt_status lnt__spans_find_all(const lnt_spans *spans, lnt_ip key, lnt_room *rows, int64_t *n,
                                            lnt_error *err);

#endif
