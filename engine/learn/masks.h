/// @file masks.h
/// A small tree as masks of its leaves: for each code of each feature, the leaves that a row of that code may still come
/// to, as far as that feature is asked for. What all features leave over is the row's leaf.
///
/// Workload: boosting's trees, of up to 64 leaves over few features of few thousand codes, asked for thousands of rows.
/// Leaves are numbered from the side where a row goes by default, so that only the other side's codes have work to do:
/// a node that sends a row there strikes out the leaves of the side that it doesn't take, and the lowest leaf that is
/// left is the row's.
#ifndef LNT_LEARN_MASKS_H
#define LNT_LEARN_MASKS_H

#include "learn/feature.h"
#include "learn/tree.h"

enum { LNT_MASK_LEAVES = 64, LNT_MASK_CODES = 1 << 13, LNT_MASK_FEATURES = 32, LNT_MASK_ALL = 8 };

typedef struct lnt_masks {
    int64_t n_features;                    ///< that have masks: all, in order, while they are up to LNT_MASK_ALL
    uint16_t features[LNT_MASK_FEATURES];
    uint32_t starts[LNT_MASK_FEATURES];    ///< in `codes`
    uint64_t codes[LNT_MASK_CODES];
    float values[LNT_MASK_LEAVES];         ///< by leaf
    uint32_t output;                       ///< that they are of
} lnt_masks;

/// False: the tree isn't one of boosting's, or has too many leaves, features or codes; it is to be walked.
bool lnt_masks_make(const lnt_tree *tree, const lnt_feature *features, int64_t n_features, lnt_masks *out);
/// Adds to out[i] the value of the leaf that row i comes to; a row's `n_features` codes are side by side.
void lnt_masks_add(const lnt_masks *masks, const uint16_t *codes, int64_t n_features, int64_t n, float *out);

#endif
