/// @file collector.h
/// The inside of a collector, shared by its files: values of fixed size, strings, validity and merging.
///
/// A block is up to LNT_BLOCK rows that have been gathered side by side: nulls are zero, and `valid` says which they
/// are (NULL: none), starting at bit 0.
#ifndef LNT_COLUMN_COLLECTOR_H
#define LNT_COLUMN_COLLECTOR_H

#include "column/intern.h"
#include "column/vector.h"

enum { LNT_BLOCK = 1024, LNT_STRINGS_MOST = 1 << 20 };

/// How strings are held while they are collected.
typedef enum lnt_string_mode {
    LNT_STRINGS_NONE,   ///< no value has come yet, only nulls: codes 0 in `data`
    LNT_STRINGS_SHARED, ///< codes into `dictionary`, which came with the vectors and is shared with them
    LNT_STRINGS_OWN,    ///< codes into `intern`, or the lexicon's set
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
    int64_t expected_rows, expected_bytes; ///< of text; 0: nothing is known
    lnt_buffer *data;                      ///< NULL until the first row
    lnt_buffer *validity;                  ///< NULL until the first null
    lnt_string_mode mode;                  ///< strings only, as is all below
    lnt_buffer *bytes;
    lnt_column *dictionary;
    lnt_intern intern;
    lnt_code_map map;
    bool coded;               ///< OWN, and meant to stay so with very many strings (lnt__collector_code)
    lnt_lexicon *lexicon;     ///< that of its worker; NULL: none
    int64_t first_told;       ///< strings of the lexicon when this part began
    lnt_buffer *told_offsets; ///< int64_t: of the strings that it met first, once it is sealed; NULL: none
    lnt_buffer *told_bytes;
};

struct lnt_lexicon {
    lnt_budget *budget;
    const char *who;
    lnt_intern set;      ///< the worker's
    _Atomic bool plain;  ///< merging found that the column's strings don't repeat
    lnt_arena texts;     ///< merging's, as is what follows
    lnt_buffer *strings; ///< lnt_str: the set's, as far as they were told
    lnt_buffer *codes;   ///< uint32_t: those of the merged collector; UINT32_MAX: not seen yet
    int64_t n;
};

/// The set of an OWN collector's codes.
static inline lnt_intern *lnt__collector_set(lnt_collector *c) {
    return c->lexicon ? &c->lexicon->set : &c->intern;
}

/// Takes note of the strings that a sealed part met first.
LNT_MUST_USE lnt_status lnt__lexicon_hear(const lnt_collector *part, lnt_error *err);
/// Appends rows of a sealed part, whose codes are its lexicon's, to a collector without one.
LNT_MUST_USE lnt_status lnt__collector_add_lexicon(lnt_collector *c, const lnt_collector *part, lnt_error *err);

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

/// Appends a block as text to a PLAIN collector.
LNT_MUST_USE lnt_status lnt__collector_add_text(lnt_collector *c, const lnt_str *block, int64_t n, lnt_error *err);
/// Appends a block of codes to an OWN collector, of which there are `n_codes` different ones by now.
LNT_MUST_USE lnt_status lnt__collector_store_codes(lnt_collector *c, const uint32_t *block, int64_t n, int64_t n_codes,
                                                   lnt_error *err);
/// SHARED becomes OWN.
LNT_MUST_USE lnt_status lnt__collector_own(lnt_collector *c, lnt_error *err);
/// A dictionary that isn't worth it any more becomes offsets and text.
LNT_MUST_USE lnt_status lnt__collector_make_plain(lnt_collector *c, lnt_error *err);
/// PLAIN becomes OWN, and remains it as long as there are at most LNT_STRINGS_MOST different strings, each of them twice on
/// average. Gives the codes that coding all rows in the end would give.
LNT_MUST_USE lnt_status lnt__collector_code(lnt_collector *c, lnt_error *err);
/// The string of a row that isn't null; PLAIN, or OWN without a lexicon.
lnt_str lnt__collector_str(const lnt_collector *c, int64_t row);
/// OWN becomes SHARED, with nobody else yet.
LNT_MUST_USE lnt_status lnt__collector_share(lnt_collector *c, lnt_error *err);
/// Whether so many distinct values among the rows make a dictionary a loss.
bool lnt__collector_too_distinct(const lnt_collector *c);

/// Forgets everything collected; the collector can be used again.
void lnt__collector_empty(lnt_collector *c);

#endif
