/// @file collector.h
/// The inside of a collector, shared by its files: values of fixed size, strings, validity and merging.
///
/// A block is up to LNT_BLOCK rows that have been gathered side by side: nulls are zero, and `valid` says which they
/// are (NULL: none), starting at bit 0.
#ifndef LNT_COLUMN_COLLECTOR_H
#define LNT_COLUMN_COLLECTOR_H

#include "column/intern.h"
#include "column/vector.h"

enum { LNT_BLOCK = 1024 };

/// How strings are held while they are collected.
typedef enum lnt_string_mode {
    LNT_STRINGS_NONE,   ///< no value has come yet, only nulls: codes 0 in `data`
    LNT_STRINGS_SHARED, ///< codes into `dictionary`, which came with the vectors and is shared with them
    LNT_STRINGS_OWN,    ///< codes into `intern`
    LNT_STRINGS_PLAIN   ///< offsets in `data`, text in `bytes`
} lnt_string_mode;

/// Codes of another dictionary in terms of ours, found as they appear.
typedef struct lnt_code_map {
    lnt_column *from;  ///< a reference, so that its address can't come to mean another one
    lnt_buffer *codes; ///< uint32_t, one per string of `from`; UINT32_MAX: not seen yet
} lnt_code_map;

struct lnt_collector {
    lnt_type type;
    int width; ///< bytes of an element of `data`; for SHARED and OWN of a code, for PLAIN of an offset
    int64_t length;
    int64_t null_count;
    lnt_budget *budget;
    const char *who;
    lnt_buffer *data;     ///< NULL until the first row
    lnt_buffer *validity; ///< NULL until the first null
    lnt_string_mode mode; ///< strings only, as is all below
    lnt_buffer *bytes;
    lnt_column *dictionary;
    lnt_intern intern;
    lnt_code_map map;
};

/// Room for `n` more elements of the present width after the collector's rows: `*out` is for the caller to fill.
LNT_MUST_USE lnt_status lnt__collector_room(lnt_collector *c, int64_t n, void **out, lnt_error *err);
/// Rewrites `data` with elements of `width` bytes, wider than before.
LNT_MUST_USE lnt_status lnt__collector_widen(lnt_collector *c, int width, lnt_error *err);

/// Appends a block of values of the collector's type, which isn't string: uint8_t, int64_t, double or lnt_ip each.
LNT_MUST_USE lnt_status lnt__collector_add_fixed(lnt_collector *c, const void *block, int64_t n, const uint64_t *valid,
                                                 lnt_error *err);
/// Appends a block of strings.
LNT_MUST_USE lnt_status lnt__collector_add_strings(lnt_collector *c, const lnt_str *block, int64_t n,
                                                   const uint64_t *valid, lnt_error *err);
/// Appends a block of codes into `dictionary`.
LNT_MUST_USE lnt_status lnt__collector_add_codes(lnt_collector *c, const uint32_t *block, int64_t n,
                                                 const uint64_t *valid, const lnt_column *dictionary, lnt_error *err);
/// Appends `n` rows of validity (NULL: all valid; first bit at `start`) and counts them in `length`.
LNT_MUST_USE lnt_status lnt__collector_add_validity(lnt_collector *c, const uint64_t *valid, int64_t start, int64_t n,
                                                    lnt_error *err);

/// Appends `n` nulls.
LNT_MUST_USE lnt_status lnt__collector_add_nulls(lnt_collector *c, int64_t n, lnt_error *err);

/// A dictionary that isn't worth it any more becomes offsets and text.
LNT_MUST_USE lnt_status lnt__collector_make_plain(lnt_collector *c, lnt_error *err);
/// OWN becomes SHARED, with nobody else yet.
LNT_MUST_USE lnt_status lnt__collector_share(lnt_collector *c, lnt_error *err);
/// Whether so many distinct values among the rows make a dictionary a loss.
bool lnt__collector_too_distinct(const lnt_collector *c);

/// Forgets everything collected; the collector can be used again.
void lnt__collector_empty(lnt_collector *c);

#endif
