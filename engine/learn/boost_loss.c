/// @file boost_loss.c
/// Scores, losses and gradients: softmax over classes, the logistic function for two, squares for numbers.
///
/// Loops are over rows in pieces, one output after the other, so that compilers make vectors of them; `exp` is our own
/// for that, and the same on every machine.
#include <math.h>
#include <string.h>

#include "learn/boost.h"
#include "learn/exp.h"
#include "learn/masks.h"
#include "learn/wide.h"

// ---- normalisers ----

/// The log of the sum of exp(score), with the scores of the first of two classes being 0.
LNT_BODY void normalise_body(const lnt_boost_state *state, int64_t start, int64_t n, float *most, float *sum) {
    const lnt_boost_data *data = state->data;
    bool two = data->n_outputs == 1;
    for (int64_t i = 0; i < n; i++) most[i] = two ? 0 : -INFINITY;
    for (int64_t c = 0; c < data->n_outputs; c++) {
        const float *score = state->scores[c] + start;
        for (int64_t i = 0; i < n; i++) most[i] = score[i] > most[i] ? score[i] : most[i];
    }
    for (int64_t i = 0; i < n; i++) sum[i] = two ? lnt_exp(-most[i]) : 0;
    for (int64_t c = 0; c < data->n_outputs; c++) {
        const float *score = state->scores[c] + start;
        for (int64_t i = 0; i < n; i++) sum[i] += lnt_exp(score[i] - most[i]);
    }
}

LNT_WIDE static void normalise_wide(const lnt_boost_state *state, int64_t start, int64_t n, float *most, float *sum) {
    normalise_body(state, start, n, most, sum);
}

static void normalise_plain(const lnt_boost_state *state, int64_t start, int64_t n, float *most, float *sum) {
    normalise_body(state, start, n, most, sum);
}

static void normalise_rows(lnt_boost_state *state, int64_t start, int64_t n) {
    float most[LNT_BOOST_PIECE], sum[LNT_BOOST_PIECE];
    (lnt_has_wide() ? normalise_wide : normalise_plain)(state, start, n, most, sum);
    for (int64_t i = 0; i < n; i++) state->normaliser[start + i] = most[i] + logf(sum[i]);
}

/// The loss of the held-out rows of a piece.
static double loss_of(const lnt_boost_state *state, int64_t start, int64_t n) {
    const lnt_boost_data *data = state->data;
    double loss = 0;
    for (int64_t i = start; i < start + n; i++) {
        if (!data->held[i]) continue;
        double row;
        if (data->targets) {
            row = (double)state->scores[0][i] - (double)data->targets[i];
            row = row * row;
        } else {
            uint32_t label = data->labels[i];
            double score = data->n_outputs > 1 ? (double)state->scores[label][i] : label ? (double)state->scores[0][i] : 0;
            row = (double)state->normaliser[i] - score;
        }
        loss += row * (double)data->weights[i];
    }
    return loss;
}

static void normalise_piece(void *context, int64_t start, int64_t end) {
    lnt_boost_state *state = context;
    if (state->data->labels) normalise_rows(state, start, end - start);
    if (state->data->held) state->losses[start / LNT_BOOST_PIECE] = loss_of(state, start, end - start);
}

double lnt__boost_normalise(lnt_engine *engine, lnt_boost_state *state) {
    const lnt_boost_data *data = state->data;
    double loss = 0;
    lnt_engine_pieces(engine, data->n_rows, LNT_BOOST_PIECE, normalise_piece, state);
    for (int64_t p = 0; data->held && p * LNT_BOOST_PIECE < data->n_rows; p++) loss += state->losses[p];
    state->max_gradient = 1;
    for (int64_t i = 0; data->targets && i < data->n_rows; i++) {
        double residual = fabs((double)state->scores[0][i] - (double)data->targets[i]);
        if (residual > state->max_gradient || i == 0) state->max_gradient = residual;
    }
    return state->held_weight > 0 ? loss / state->held_weight : 0;
}

// ---- gradients ----

/// First and second derivatives of a piece's rows.
LNT_BODY void derive_body(const lnt_boost_state *state, int64_t output, int64_t start, int64_t n, float *g, float *h) {
    const lnt_boost_data *data = state->data;
    const float *score = state->scores[output] + start, *normaliser = state->normaliser + start;
    if (data->targets) {
        for (int64_t i = 0; i < n; i++) g[i] = score[i] - data->targets[start + i], h[i] = 1;
        return;
    }
    uint32_t label = data->n_outputs == 1 ? 1 : (uint32_t)output;
    for (int64_t i = 0; i < n; i++) {
        float p = lnt_exp(score[i] - normaliser[i]);
        g[i] = p - (data->labels[start + i] == label ? 1.0f : 0.0f);
        h[i] = p * (1 - p) > 0 ? p * (1 - p) : 0;
    }
}

LNT_WIDE static void derive_wide(const lnt_boost_state *state, int64_t output, int64_t start, int64_t n, float *g,
                                 float *h) {
    derive_body(state, output, start, n, g, h);
}

static void derive_plain(const lnt_boost_state *state, int64_t output, int64_t start, int64_t n, float *g, float *h) {
    derive_body(state, output, start, n, g, h);
}

/// How many units the largest gradient has. Few are enough where many rows and classes share the work: rounding adds to
/// the variance of a sum by one part in so many, and what rounds to nothing costs nothing.
static double units_of(const lnt_boost_data *data) {
    double most = 2147483647.0 / (double)data->n_rows;
    bool many = data->labels && data->n_rows * data->n_outputs > 1 << 16;
    double wanted = many ? 64 : 32000;
    return floor(most < wanted ? most : wanted);
}

static inline uint32_t scramble(uint32_t x) {
    x = (x ^ x >> 16) * 0x7feb352du;
    x = (x ^ x >> 15) * 0x846ca68bu;
    return x ^ x >> 16;
}

/// Whether a row is drawn in a round.
static inline bool is_drawn(uint64_t seed, int64_t row, double share) {
    return share >= 1 || (double)(lnt_hash_combine(seed, (uint64_t)row) >> 11) * 0x1p-53 < share;
}

/// Gradients in whole units, rounded at random by a hash of the row.
typedef struct rounding {
    int64_t start, n;
    const float *g, *h, *weights; ///< of the piece
    float to_g, to_h;
    uint32_t salt;
    int32_t *units_g, *units_h;
} rounding;

LNT_BODY void round_body(const rounding *r) {
    for (int64_t i = 0; i < r->n; i++) {
        uint32_t random = scramble((uint32_t)(r->start + i) * 0x9e3779b9u + r->salt);
        float low = (float)(int32_t)(random & 0xffff) * 0x1p-16f, high = (float)(int32_t)(random >> 16) * 0x1p-16f;
        float x = r->g[i] * r->weights[i] * r->to_g + low + 65536;
        r->units_g[i] = (int32_t)x - 65536; // the sum is above 0, so that the cast rounds down
        r->units_h[i] = (int32_t)(r->h[i] * r->weights[i] * r->to_h + high);
    }
}

LNT_WIDE static void round_wide(const rounding *r) {
    round_body(r);
}

static void round_plain(const rounding *r) {
    round_body(r);
}

/// Rounds a piece's gradients and keeps those that aren't nothing.
static void keep_rows(const lnt_boost_state *state, lnt_boost_grower *grower, int64_t start, int64_t n, uint64_t seed,
                      uint64_t round_seed, const float *g, const float *h) {
    const lnt_boost_data *data = state->data;
    int32_t units_g[LNT_BOOST_PIECE], units_h[LNT_BOOST_PIECE];
    rounding r = {.start = start, .n = n, .g = g, .h = h, .weights = data->weights + start, .salt = (uint32_t)seed,
                  .to_g = (float)(1 / grower->g_unit), .to_h = (float)(1 / grower->h_unit),
                  .units_g = units_g, .units_h = units_h};
    (lnt_has_wide() ? round_wide : round_plain)(&r);
    lnt_grad *out = grower->rows;
    double share = grower->options->row_share;
    bool all = share >= 1 && !data->held;
    int64_t kept = grower->n_rows;
    for (int64_t i = 0; i < n; i++) {
        out[kept] = (lnt_grad){(uint32_t)(start + i), (int16_t)units_g[i], (uint16_t)units_h[i]};
        bool stays = (units_g[i] | units_h[i]) != 0;
        if (!all && stays) stays = !(data->held && data->held[start + i]) && is_drawn(round_seed, start + i, share);
        kept += stays;
    }
    grower->n_rows = kept;
}

void lnt__boost_gradients(lnt_boost_state *state, lnt_boost_grower *grower, int64_t output, int64_t round) {
    float g[LNT_BOOST_PIECE], h[LNT_BOOST_PIECE];
    const lnt_boost_data *data = state->data;
    uint64_t round_seed = lnt_hash_combine(lnt_hash_u64(grower->options->seed), (uint64_t)round);
    uint64_t seed = lnt_hash_combine(round_seed, (uint64_t)output + 1);
    double units = units_of(data), weight = (double)state->max_weight;
    double most = data->targets ? state->max_gradient : 1;
    grower->n_rows = 0;
    grower->g_unit = (most > 0 ? most : 1) * weight / units;
    grower->h_unit = (data->targets ? 1 : 0.25) * weight / units;
    for (int64_t start = 0; start < data->n_rows; start += LNT_BOOST_PIECE) {
        int64_t n = data->n_rows - start < LNT_BOOST_PIECE ? data->n_rows - start : LNT_BOOST_PIECE;
        (lnt_has_wide() ? derive_wide : derive_plain)(state, output, start, n, g, h);
        keep_rows(state, grower, start, n, seed, round_seed, g, h);
    }
}

// ---- scores ----

enum { ADVANCE_ROWS = 1 << 13, MASK_ROWS = 64 }; // a tree is laid out anew for each such piece

typedef struct advance {
    const lnt_boost_data *data;
    const lnt_tree *tree;
    float *scores;
} advance;

static void advance_piece(void *context, int64_t start, int64_t end) {
    advance *a = context;
    const lnt_boost_data *data = a->data;
    const uint16_t *codes = data->codes + start * data->n_features;
    lnt_masks masks;
    if (end - start >= MASK_ROWS && lnt_masks_make(a->tree, data->features, &masks)) {
        lnt_masks_add(&masks, codes, 1, data->n_features, end - start, a->scores + start);
        return;
    }
    const lnt_tree_node *nodes = lnt_tree_nodes(a->tree);
    const lnt_leaf_entry *leaves = lnt_tree_leaves(a->tree);
    uint32_t at[ADVANCE_ROWS];
    lnt_tree_find_leaves(a->tree, codes, data->n_features, end - start, at);
    for (int64_t i = start; i < end; i++) a->scores[i] += leaves[nodes[at[i - start]].at + 1].share;
}

void lnt__boost_advance(lnt_engine *engine, lnt_boost_state *state, const lnt_tree *tree, int64_t output) {
    advance a = {state->data, tree, state->scores[output]};
    lnt_engine_pieces(engine, state->data->n_rows, ADVANCE_ROWS, advance_piece, &a);
}
