/// @file strike.h
/// Masks of a tree's ends by code: which ends a row may still come to, as far as one of its features is asked for.
///
/// Ends are numbered from the side where a row goes by default, so that only the other side's codes have work to do: a
/// node that sends a row there strikes out the ends of the side that it doesn't take. What the masks of all of a row's
/// codes leave over has the row's end as its lowest bit.
#ifndef LNT_LEARN_STRIKE_H
#define LNT_LEARN_STRIKE_H

#include "learn/feature.h"
#include "learn/tree.h"

enum {
    LNT_STRIKE_WORDS = 4, ///< the most of a mask
    LNT_STRIKE_ENDS = 64 * LNT_STRIKE_WORDS,
    LNT_STRIKE_CODES = 1 << 13,
    LNT_STRIKE_FEATURES = 32,
    LNT_STRIKE_ALL = 8
};

/// Which features have masks: all, in order, while they are up to LNT_STRIKE_ALL; and where each one's codes start.
typedef struct lnt_lookup {
    int64_t n_features, n_codes;
    uint16_t features[LNT_STRIKE_FEATURES];
    uint32_t starts[LNT_STRIKE_FEATURES];
} lnt_lookup;

typedef struct lnt_strike {
    const lnt_tree *tree;
    const lnt_feature *features;
    const uint8_t *chosen;  ///< by node: whether it is told apart by masks, else it is an end; NULL: all but leaves are
    int64_t words;          ///< of a mask: 1 or LNT_STRIKE_WORDS
    lnt_lookup lookup;
    int64_t n_ends, n_inside;
    uint32_t ends[LNT_STRIKE_ENDS];   ///< nodes, by number
    uint32_t inside[LNT_STRIKE_ENDS]; ///< the others
    uint64_t kept[LNT_STRIKE_ENDS * LNT_STRIKE_WORDS]; ///< by place in `inside`: what is left of a row it sends to the second side
} lnt_strike;

/// Room for the codes of a feature; false: there are too many. What has room already needs no more.
bool lnt_strike_add_feature(lnt_strike *s, int64_t feature);
/// Numbers the ends. False: there are too many.
bool lnt_strike_number(lnt_strike *s);
/// Whether all nodes are as they are grown here, so that there can be masks.
bool lnt_strike_can_fill(const lnt_strike *s);
/// Fills in the masks of all codes, lookup.n_codes of one word. False: there can't be any, or they have more.
bool lnt_strike_fill(const lnt_strike *s, uint64_t *codes);

#endif
