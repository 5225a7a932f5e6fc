/// @file planes.h
/// A small tree as what each of its nodes strikes out of a row's leaves, in planes of eight leaves, for processors that
/// compare 64 bytes at once.
///
/// Workload: boosting's trees, thousands of rows whose codes lie column by column. Leaves are numbered from the side where
/// rows go by default; a row that a node sends to the other side loses the leaves of the first one, and what is left over
/// in the end has the row's leaf as its lowest bit. Plane p has the leaves from 8p on: a byte a row, that only nodes with
/// such leaves on their first side are asked for. A number's nodes are steps: from a code on, this byte is left of the
/// plane. A set's members are looked up once a row, in bits.
#ifndef LNT_LEARN_PLANES_H
#define LNT_LEARN_PLANES_H

#include <stddef.h>

#include "learn/feature.h"
#include "learn/tree.h"

enum {
    LNT_PLANE_LEAVES = 64,
    LNT_PLANE_NODES = LNT_PLANE_LEAVES - 1, ///< that aren't leaves
    LNT_PLANES = LNT_PLANE_LEAVES / 8,
    LNT_PLANE_PAGE = 256,    ///< bytes of a set's bits for 2,048 codes
    LNT_PLANE_NARROW = 64,   ///< bytes of a set's bits for up to 256 codes
    LNT_PLANE_BITS = 1 << 15, ///< the most bytes of all sets
    LNT_PLANE_STEPS = 8 * LNT_PLANE_NODES * LNT_PLANES ///< the most bytes of what is struck out of all planes
};

/// Columns of codes: of a feature of up to 256 codes a byte a row, of others two, as lnt_feature_width says.
typedef struct lnt_code_columns {
    lnt_buffer *const *buffers; ///< by feature; or NULL:
    const uint8_t *codes;       ///< of all of them
    const int64_t *starts;      ///< by feature: where its codes start there, in bytes
} lnt_code_columns;

static inline const void *lnt_code_column(const lnt_code_columns *columns, int64_t feature) {
    return columns->buffers ? columns->buffers[feature]->data : columns->codes + columns->starts[feature];
}

typedef struct lnt_plane_set {
    uint8_t column;  ///< among the tree's
    uint8_t n_pages; ///< of bits; 0: of a feature of up to 256 codes
    uint16_t at;     ///< where its bits start
} lnt_plane_set;

/// Bytes for each plane, the last plane first: how many columns have steps in it, of each which one, how many steps, and
/// of each step, ascending, from which code on what is left of the plane; how many sets strike something out of it, of
/// each which one and what is left of the plane of its members.
typedef struct lnt_planes {
    int64_t n_leaves, n_planes, n_columns, n_sets;
    int64_t n_bits, n_bytes;                ///< of `content`: sets' bits; and the planes' bytes with them
    uint32_t output;                        ///< that the values are of
    uint16_t features[LNT_PLANE_NODES];     ///< by column
    bool is_wide[LNT_PLANE_NODES];          ///< by column: whether its codes are of two bytes
    lnt_plane_set sets[LNT_PLANE_NODES];    ///< a column's side by side
    float values[LNT_PLANE_LEAVES];         ///< by leaf
    uint8_t content[LNT_PLANE_BITS + LNT_PLANE_STEPS];
} lnt_planes;

/// How many bytes of it are in use: a copy needs no more, and none of their places in memory.
static inline int64_t lnt_planes_size(const lnt_planes *planes) {
    return (int64_t)offsetof(lnt_planes, content) + planes->n_bytes;
}

/// Whether this processor has what lnt_planes_add needs; else nobody may call it.
bool lnt_planes_are_fast(void);
/// False: the tree isn't one of boosting's, or too large; it is to be asked in another way.
bool lnt_planes_make(const lnt_tree *tree, const lnt_feature *features, lnt_planes *out);
/// Adds to out[i] the value of the leaf that row start + i comes to, for i < n.
void lnt_planes_add(const lnt_planes *planes, const lnt_code_columns *columns, int64_t start, int64_t n, float *out);

#endif
