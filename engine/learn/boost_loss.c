/// @file boost_loss.c
/// Scores, losses and gradients: softmax over classes, the logistic function for two, squares for numbers.
///
/// A round's gradients are made for all outputs at once, a tile of rows after the other: what softmax needs of a row is
/// near then, and each exponential is taken once. Loops are over rows, one output after the other, so that compilers make
/// vectors of them; `exp` is our own for that, and the same on every machine.
#include <math.h>
#include <string.h>

#include "learn/boost.h"
#include "learn/exp.h"
#include "learn/masks.h"
#include "learn/planes.h"
#include "learn/wide.h"

// ---- rounding ----

/// How many units the largest gradient has. Few are enough where many rows and classes share the work: rounding adds to
/// the variance of a sum by one part in so many, and what rounds to nothing costs nothing.
static double units_of(const lnt_boost_data *data) {
    double most = 2147483647.0 / (double)data->n_rows;
    double wanted = lnt__boost_is_coarse(data) ? LNT_BOOST_COARSE : 32000;
    return floor(most < wanted ? most : wanted);
}

/// A round's rounding of gradients to whole units, at random by a hash of row and output.
typedef struct rounding {
    lnt_boost_state *state;
    uint64_t seed;
    float to_g, to_h;
} rounding;

typedef uint32_t words __attribute__((vector_size(4 * LNT_EXP_LANES)));

/// Eight rows' gradients, times their weights, as words; `row` is the first one's number.
LNT_BODY void round_eight(const rounding *r, uint32_t row, uint32_t salt, const float *g, const float *h, const float *weights,
                          int shift, uint32_t *out) {
    const words lanes = {0, 1, 2, 3, 4, 5, 6, 7};
    words random = (lanes + row) * 0x9e3779b9u + salt;
    random = (random ^ random >> 16) * 0x7feb352du;
    random = (random ^ random >> 15) * 0x846ca68bu;
    random ^= random >> 16;
    lnt_floats low = __builtin_convertvector((lnt_ints)(random & 0xffff), lnt_floats) * 0x1p-16f;
    lnt_floats high = __builtin_convertvector((lnt_ints)(random >> 16), lnt_floats) * 0x1p-16f;
    lnt_floats of_g, of_h, weight;
    memcpy(&of_g, g, sizeof of_g);
    memcpy(&of_h, h, sizeof of_h);
    memcpy(&weight, weights, sizeof weight);
    of_g = of_g * weight * r->to_g + low + 65536; // above 0, so that the cast rounds down
    words units_g = (words)(__builtin_convertvector(of_g, lnt_ints) - 65536);
    words units_h = (words)__builtin_convertvector(of_h * weight * r->to_h + high, lnt_ints);
    units_g = (units_g & ((1u << shift) - 1)) | units_h << shift;
    memcpy(out, &units_g, sizeof units_g);
}

// ---- gradients of a tile ----

enum { TILE = 256, ROOM = 8192 };

/// Exponentials of a tile's scores: of all outputs where there is room for them, else of one at a time.
typedef struct tile {
    int64_t start, n;
    float most[TILE], sum[TILE], inverse[TILE], g[TILE], h[TILE], weights[TILE];
    uint32_t labels[TILE], words[TILE];
    float kept[ROOM + LNT_EXP_LANES];
} tile;

/// The greatest score and the sum of exp(score - greatest), with the scores of the first of two classes being 0.
LNT_BODY void sum_tile(const lnt_boost_state *state, tile *t, bool keeps) {
    const float zeros[TILE] = {0};
    int64_t k = state->data->n_outputs;
    bool two = k == 1;
    for (int64_t i = 0; i < t->n; i++) t->most[i] = two ? 0 : -INFINITY;
    for (int64_t c = 0; c < k; c++) {
        const float *score = state->scores[c] + t->start;
        for (int64_t i = 0; i < t->n; i++) t->most[i] = score[i] > t->most[i] ? score[i] : t->most[i];
    }
    memset(t->sum, 0, sizeof t->sum);
    if (two) lnt_exp_from(zeros, t->most, t->n, t->sum);
    for (int64_t c = 0; c < k; c++) {
        float *e = t->kept + (keeps ? c * t->n : 0);
        lnt_exp_from(state->scores[c] + t->start, t->most, t->n, e);
        for (int64_t i = 0; i < t->n; i++) t->sum[i] += e[i];
    }
}

/// Rounds a tile's g and h and packs them.
LNT_BODY void round_tile(const rounding *r, int64_t output, tile *t) {
    lnt_boost_state *state = r->state;
    uint32_t salt = (uint32_t)lnt_hash_combine(r->seed, (uint64_t)output + 1);
    int64_t at = output * state->data->n_rows + t->start;
    for (int64_t i = 0; i < t->n; i += LNT_EXP_LANES) {
        round_eight(r, (uint32_t)(t->start + i), salt, t->g + i, t->h + i, t->weights + i, state->coarse ? 8 : 16, t->words + i);
    }
    if (state->fine) memcpy(state->fine + at, t->words, (size_t)t->n * 4);
    for (int64_t i = 0; i < t->n && state->coarse; i++) state->coarse[at + i] = (uint16_t)t->words[i];
}

/// The derivatives of eight rows from their exponentials, for the class `label`.
LNT_BODY void derive_eight(const float *e, const float *inverse, const uint32_t *labels, uint32_t label, float *g, float *h) {
    lnt_floats p, scale, one = (lnt_floats){0} + 1;
    words of;
    memcpy(&p, e, sizeof p);
    memcpy(&scale, inverse, sizeof scale);
    memcpy(&of, labels, sizeof of);
    p *= scale;
    lnt_floats true_g = p - (lnt_floats)((lnt_ints)one & (lnt_ints)(of == label)), spread = p - p * p;
    spread = (lnt_floats)((lnt_ints)spread & INT32_MAX); // where p is a trifle above 1
    memcpy(g, &true_g, sizeof true_g);
    memcpy(h, &spread, sizeof spread);
}

LNT_BODY void classes_body(const rounding *r, tile *t) {
    const lnt_boost_state *state = r->state;
    int64_t k = state->data->n_outputs;
    bool keeps = k * t->n <= ROOM;
    sum_tile(state, t, keeps);
    memcpy(t->labels, state->data->labels + t->start, (size_t)t->n * 4);
    for (int64_t i = 0; i < t->n; i++) t->inverse[i] = 1 / t->sum[i];
    for (int64_t c = 0; c < k; c++) {
        const float *e = t->kept + (keeps ? c * t->n : 0);
        uint32_t label = k == 1 ? 1 : (uint32_t)c;
        if (!keeps) lnt_exp_from(state->scores[c] + t->start, t->most, t->n, t->kept);
        for (int64_t i = 0; i < t->n; i += LNT_EXP_LANES) derive_eight(e + i, t->inverse + i, t->labels + i, label, t->g + i, t->h + i);
        round_tile(r, c, t);
    }
}

LNT_BODY void numbers_body(const rounding *r, tile *t) {
    const float *score = r->state->scores[0] + t->start, *target = r->state->data->targets + t->start;
    for (int64_t i = 0; i < t->n; i++) t->g[i] = score[i] - target[i], t->h[i] = 1;
    round_tile(r, 0, t);
}

LNT_WIDE static void classes_wide(const rounding *r, tile *t) {
    classes_body(r, t);
}

static void classes_plain(const rounding *r, tile *t) {
    classes_body(r, t);
}

LNT_WIDE static void numbers_wide(const rounding *r, tile *t) {
    numbers_body(r, t);
}

static void numbers_plain(const rounding *r, tile *t) {
    numbers_body(r, t);
}

/// The loss of the held-out rows of a tile.
static double loss_of(const lnt_boost_state *state, const tile *t) {
    const lnt_boost_data *data = state->data;
    double loss = 0;
    for (int64_t i = 0; i < t->n; i++) {
        int64_t at = t->start + i;
        if (!data->held[at]) continue;
        double row;
        if (data->targets) {
            row = (double)state->scores[0][at] - (double)data->targets[at];
            row = row * row;
        } else {
            uint32_t label = data->labels[at];
            double score = data->n_outputs > 1 ? (double)state->scores[label][at] : label ? (double)state->scores[0][at] : 0;
            row = (double)(t->most[i] + logf(t->sum[i])) - score;
        }
        loss += row * (double)data->weights[at];
    }
    return loss;
}

/// Loops over a piece's tiles; of many classes they are narrow, so that their scores stay near the processor.
static void derive_piece(void *context, int64_t start, int64_t end) {
    const rounding *r = context;
    const lnt_boost_data *data = r->state->data;
    int64_t fit = ROOM / data->n_outputs / LNT_EXP_LANES * LNT_EXP_LANES;
    int64_t width = fit > TILE ? TILE : fit < 4 * LNT_EXP_LANES ? 4 * LNT_EXP_LANES : fit;
    tile t = {0}; // the last tile's vectors reach past its rows
    double loss = 0;
    for (t.start = start; t.start < end; t.start += width) {
        t.n = end - t.start < width ? end - t.start : width;
        memcpy(t.weights, data->weights + t.start, (size_t)t.n * 4);
        if (data->labels) (lnt_has_wide() ? classes_wide : classes_plain)(r, &t);
        else (lnt_has_wide() ? numbers_wide : numbers_plain)(r, &t);
        if (data->held) loss += loss_of(r->state, &t);
    }
    if (data->held) r->state->losses[start / LNT_BOOST_PIECE] = loss;
}

// ---- gradients of a round ----

static void find_residual(void *context, int64_t start, int64_t end) {
    lnt_boost_state *state = context;
    double most = 0;
    for (int64_t i = start; i < end; i++) {
        double residual = fabs((double)state->scores[0][i] - (double)state->data->targets[i]);
        most = residual > most ? residual : most;
    }
    state->losses[start / LNT_BOOST_PIECE] = most;
}

/// The largest residual of numbers, which is what 1 is for classes.
static lnt_status find_most(lnt_engine *engine, lnt_boost_state *state, double *out, lnt_error *err) {
    const lnt_boost_data *data = state->data;
    double most = 0;
    *out = 1;
    if (!data->targets) return LNT_OK;
    LNT_TRY(lnt_engine_pieces(engine, data->n_rows, LNT_BOOST_PIECE, find_residual, state, err));
    for (int64_t p = 0; p * LNT_BOOST_PIECE < data->n_rows; p++) most = state->losses[p] > most ? state->losses[p] : most;
    if (most > 0) *out = most;
    return LNT_OK;
}

lnt_status lnt__boost_derive(lnt_engine *engine, lnt_boost_state *state, uint64_t seed, int64_t round, double *out,
                             lnt_error *err) {
    const lnt_boost_data *data = state->data;
    double units = units_of(data), weight = (double)state->max_weight, loss = 0, most;
    LNT_TRY(find_most(engine, state, &most, err));
    state->g_unit = most * weight / units;
    state->h_unit = (data->targets ? 1 : 0.25) * weight / units;
    rounding r = {.state = state, .seed = lnt_hash_combine(lnt_hash_u64(seed), (uint64_t)round),
                  .to_g = (float)(1 / state->g_unit), .to_h = (float)(1 / state->h_unit)};
    LNT_TRY(lnt_engine_pieces(engine, data->n_rows, LNT_BOOST_PIECE, derive_piece, &r, err));
    for (int64_t p = 0; data->held && p * LNT_BOOST_PIECE < data->n_rows; p++) loss += state->losses[p];
    *out = state->held_weight > 0 ? loss / state->held_weight : 0;
    return LNT_OK;
}

// ---- the rows of a tree ----

/// Whether a row is drawn in a round.
static inline bool is_drawn(uint64_t seed, int64_t row, double share) {
    return share >= 1 || (double)(lnt_hash_combine(seed, (uint64_t)row) >> 11) * 0x1p-53 < share;
}

/// Rows that are learned from and have a gradient, out of [start, end). Writes one more than it returns.
static int64_t gather_rows(const lnt_boost_state *state, const lnt_boost_options *options, int64_t output, int64_t round,
                           int64_t start, int64_t end, lnt_grad *out) {
    const lnt_boost_data *data = state->data;
    uint64_t seed = lnt_hash_combine(lnt_hash_u64(options->seed), (uint64_t)round);
    const uint16_t *coarse = state->coarse ? state->coarse + output * data->n_rows : NULL;
    const uint32_t *fine = state->fine ? state->fine + output * data->n_rows : NULL;
    int64_t n = 0;
    if (coarse) {
        for (int64_t i = start; i < end; i++) {
            out[n] = (lnt_grad){(uint32_t)i, (int8_t)coarse[i], coarse[i] >> 8};
            n += coarse[i] != 0;
        }
    } else {
        for (int64_t i = start; i < end; i++) {
            out[n] = (lnt_grad){(uint32_t)i, (int16_t)fine[i], (uint16_t)(fine[i] >> 16)};
            n += fine[i] != 0;
        }
    }
    if (options->row_share >= 1 && !data->held) return n;
    int64_t kept = 0;
    for (int64_t i = 0; i < n; i++) {
        lnt_grad row = out[i];
        bool stays = !(data->held && data->held[row.row]) && is_drawn(seed, row.row, options->row_share);
        out[kept] = row;
        kept += stays;
    }
    return kept;
}

/// Gathering by all threads: pieces apart first, then side by side.
typedef struct gathering {
    const lnt_boost_state *state;
    lnt_boost_grower *grower;
    int64_t output, round;
} gathering;

static void gather_piece(void *context, int64_t start, int64_t end) {
    gathering *g = context;
    lnt_grad rows[LNT_BOOST_PIECE + 1];
    int64_t n = gather_rows(g->state, g->grower->options, g->output, g->round, start, end, rows);
    memcpy(g->grower->rows + start, rows, (size_t)n * sizeof *rows);
    g->state->kept[start / LNT_BOOST_PIECE] = n;
}

lnt_status lnt__boost_gather(lnt_boost_state *state, lnt_boost_grower *grower, int64_t output, int64_t round,
                             lnt_error *err) {
    int64_t n = state->data->n_rows, kept = 0;
    grower->g_unit = state->g_unit;
    grower->h_unit = state->h_unit;
    if (!grower->alone) {
        for (int64_t start = 0, end; start < n; start = end) {
            end = start + LNT_BOOST_PIECE < n ? start + LNT_BOOST_PIECE : n;
            LNT_TRY(lnt_engine_check(grower->engine, err));
            kept += gather_rows(state, grower->options, output, round, start, end, grower->rows + kept);
        }
        grower->n_rows = kept;
        return LNT_OK;
    }
    gathering g = {state, grower, output, round};
    LNT_TRY(lnt_engine_pieces(grower->engine, n, LNT_BOOST_PIECE, gather_piece, &g, err));
    for (int64_t start = 0; start < n; start += LNT_BOOST_PIECE) {
        int64_t some = state->kept[start / LNT_BOOST_PIECE];
        if (kept < start) memmove(grower->rows + kept, grower->rows + start, (size_t)some * sizeof *grower->rows);
        kept += some;
    }
    grower->n_rows = kept;
    return LNT_OK;
}

// ---- scores ----

enum { ADVANCE_ROWS = 1 << 13, MASK_ROWS = 64 }; // a tree that is walked is laid out anew for each such piece

typedef struct advance {
    const lnt_boost_data *data;
    const lnt_tree *tree;
    const lnt_masks *masks; ///< or NULL: it is to be walked
    const lnt_planes *planes; ///< or NULL
    float *scores;
} advance;

static void advance_piece(void *context, int64_t start, int64_t end) {
    advance *a = context;
    const lnt_boost_data *data = a->data;
    const uint16_t *codes = data->codes + start * data->n_features;
    if (a->planes) {
        lnt_code_columns columns = {.buffers = data->columns->codes};
        lnt_planes_add(a->planes, &columns, start, end - start, a->scores + start);
        return;
    }
    if (a->masks) {
        lnt_masks_add(a->masks, codes, data->n_features, end - start, a->scores + start);
        return;
    }
    const lnt_tree_node *nodes = lnt_tree_nodes(a->tree);
    const lnt_leaf_entry *leaves = lnt_tree_leaves(a->tree);
    uint32_t at[ADVANCE_ROWS];
    lnt_tree_find_leaves(a->tree, codes, data->n_features, end - start, at);
    for (int64_t i = start; i < end; i++) a->scores[i] += leaves[nodes[at[i - start]].at + 1].share;
}

lnt_status lnt__boost_advance(lnt_engine *engine, lnt_boost_state *state, const lnt_tree *tree, int64_t output,
                              lnt_error *err) {
    lnt_masks masks;
    lnt_planes planes;
    const lnt_boost_data *data = state->data;
    bool many = data->n_rows >= MASK_ROWS;
    bool by_planes = many && data->in_order && lnt_planes_are_fast() && lnt_planes_make(tree, data->features, &planes);
    bool by_masks = many && !by_planes && lnt_masks_make(tree, data->features, data->n_features, true, &masks);
    advance a = {data, tree, by_masks ? &masks : NULL, by_planes ? &planes : NULL, state->scores[output]};
    return lnt_engine_pieces(engine, data->n_rows, ADVANCE_ROWS, advance_piece, &a, err);
}
