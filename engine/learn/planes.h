/// @file planes.h
/// A tree's masks of leaves (learn/masks.h) cut into bytes, for processors that look up 64 bytes at once.
///
/// Workload: boosting's trees over features of up to 256 codes, thousands of rows whose codes lie column by column. Plane p
/// of a feature has byte p of each code's mask, so that one instruction takes 64 rows' codes to 64 bytes of masks. Features
/// of more codes are looked up row by row, as masks are without planes.
#ifndef LNT_LEARN_PLANES_H
#define LNT_LEARN_PLANES_H

#include "learn/masks.h"

/// Columns of codes: of a feature of up to 256 codes a byte a row, of others two, as lnt_feature_width says.
typedef struct lnt_code_columns {
    lnt_buffer *const *buffers; ///< by feature; or NULL:
    const uint8_t *codes;       ///< of all of them
    const int64_t *starts;      ///< by feature: where its codes start there, in bytes
} lnt_code_columns;

static inline const void *lnt_code_column(const lnt_code_columns *columns, int64_t feature) {
    return columns->buffers ? columns->buffers[feature]->data : columns->codes + columns->starts[feature];
}

typedef struct lnt_plane_feature {
    uint16_t feature;
    uint16_t n_tables; ///< of 64 bytes: 1, 2 or 4; 0: it is looked up row by row
    uint32_t at;       ///< where its planes start in `bytes`, n_tables × 64 bytes each; or its masks in `masks->codes`
} lnt_plane_feature;

enum { LNT_PLANE_BYTES = LNT_STRIKE_FEATURES * 256 * 8 };

typedef struct lnt_planes {
    const lnt_masks *masks; ///< borrowed
    int64_t n_planes;       ///< bytes of a mask: few leaves need few
    int64_t n_narrow, n_wide;
    lnt_plane_feature narrow[LNT_STRIKE_FEATURES], wide[LNT_STRIKE_FEATURES];
    float values[LNT_MASK_LEAVES];
    uint8_t bytes[LNT_PLANE_BYTES];
} lnt_planes;

/// Whether this processor has what the two below need; else nobody may call them.
bool lnt_planes_are_fast(void);
void lnt_planes_make(const lnt_masks *masks, const lnt_feature *features, lnt_planes *out);
/// Adds to out[i] the value of the leaf that row start + i comes to, for i < n.
void lnt_planes_add(const lnt_planes *planes, const lnt_code_columns *columns, int64_t start, int64_t n, float *out);

#endif
