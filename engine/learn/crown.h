/// @file crown.h
/// The upper part of a large tree as masks of where it ends (learn/strike.h): most rows' ways down are looked up at once,
/// whatever their lengths, and what is left of them is walked.
///
/// Workload: forests' trees of hundreds to a hundred thousand nodes, asked for thousands of rows. The crown has the nodes
/// that most training rows came by, up to 255 of them.
#ifndef LNT_LEARN_CROWN_H
#define LNT_LEARN_CROWN_H

#include "learn/strike.h"

typedef struct lnt_crown {
    lnt_lookup lookup;
    uint32_t ends[LNT_STRIKE_ENDS]; ///< nodes
    lnt_buffer *codes;              ///< masks of LNT_STRIKE_WORDS by class of codes, then `places`; NULL: there is no crown
    const uint16_t *places;         ///< by code: its class
} lnt_crown;

enum { LNT_CROWN_BYTES = LNT_STRIKE_CODES * (LNT_STRIKE_WORDS * 8 + 2) }; ///< the most that one takes

/// Nodes whose features have too many levels for masks end the crown. `chosen` (by node, zeros) gets which nodes it has;
/// `*out` doesn't borrow the tree; lnt_crown_clear it.
LNT_MUST_USE lnt_status lnt_crown_make(lnt_budget *budget, const lnt_tree *tree, const lnt_feature *features,
                                       int64_t n_features, uint8_t *chosen, lnt_crown *out, lnt_error *err);
void lnt_crown_clear(lnt_crown *crown);

/// The nodes where the crown ends for `n` rows, whose `n_features` codes are side by side.
void lnt_crown_find(const lnt_crown *crown, const uint16_t *codes, int64_t n_features, int64_t n, uint32_t *out);

#endif
