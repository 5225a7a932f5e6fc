/// @file masks.h
/// A small tree as masks of its leaves (learn/strike.h), in one word.
///
/// Workload: boosting's trees, of up to 64 leaves over features of few thousand codes, asked for thousands of rows.
#ifndef LNT_LEARN_MASKS_H
#define LNT_LEARN_MASKS_H

#include "learn/strike.h"

enum { LNT_MASK_LEAVES = 64 };

typedef struct lnt_masks {
    lnt_lookup lookup;
    bool all;                      ///< whether it has all features, in order
    int64_t n_leaves;
    uint64_t codes[LNT_STRIKE_CODES];
    float values[LNT_MASK_LEAVES]; ///< by leaf
    uint32_t output;               ///< that they are of
} lnt_masks;

/// Masks of the features that the tree asks for, or (`all`, while they are few) of all, which is faster to look rows up
/// in. False: the tree isn't one of boosting's, or has too many leaves, features or codes; it is to be walked.
bool lnt_masks_make(const lnt_tree *tree, const lnt_feature *features, int64_t n_features, bool all, lnt_masks *out);
/// Whether the tree can have masks, without `all`.
bool lnt_masks_can_be(const lnt_tree *tree, const lnt_feature *features, int64_t n_features);
/// Adds to out[i] the value of the leaf that row i comes to; a row's `n_features` codes are side by side.
void lnt_masks_add(const lnt_masks *masks, const uint16_t *codes, int64_t n_features, int64_t n, float *out);

#endif
