/// @file boost.c
/// Boosting: rounds of trees, side by side for the classes, until there are enough of them or the held-out rows' loss
/// has not become less for long.
#include "learn/boost.h"

#include <math.h>
#include <string.h>

typedef struct boosting {
    lnt_engine *engine;
    const lnt_boost_data *data;
    const lnt_boost_options *options;
    lnt_boost_state state;
    lnt_boost_grower *growers; ///< by worker, made by the one that needs it
    bool *made;
    lnt_tree *trees;
    double *gains;        ///< by output and feature: of a round, summed in order, for the same bits each time
    lnt_status *statuses; ///< by output
    lnt_error *errors;
    int64_t round;
    _Atomic int64_t next;
    _Atomic bool split;   ///< whether any tree of the round has a split
} boosting;

static lnt_status grow_output(boosting *b, int worker, int64_t output, lnt_error *err) {
    if (!b->made[worker]) {
        bool alone = b->data->n_outputs == 1;
        LNT_TRY(lnt_boost_grower_init(b->engine, b->data, b->options, alone, &b->growers[worker], err));
        b->made[worker] = true;
    }
    lnt_boost_grower *g = &b->growers[worker];
    int64_t n_outputs = b->data->n_outputs, n_features = b->data->n_features;
    lnt_tree *tree = &b->trees[b->round * n_outputs + output];
    LNT_TRY(lnt__boost_gather(&b->state, g, output, b->round, err));
    uint64_t seed = lnt_hash_combine(lnt_hash_u64(b->options->seed + 1), (uint64_t)(b->round * n_outputs + output));
    LNT_TRY(lnt_boost_grow(g, b->data->n_classes == 2 ? 1 : (uint32_t)output, seed, tree, err));
    memcpy(b->gains + output * n_features, g->gain, (size_t)n_features * 8);
    if (g->split) atomic_store(&b->split, true);
    return LNT_OK;
}

static void grow_some(void *context, int worker) {
    boosting *b = context;
    for (;;) {
        int64_t output = atomic_fetch_add(&b->next, 1);
        if (output >= b->data->n_outputs) return;
        b->statuses[output] = grow_output(b, worker, output, &b->errors[output]);
        if (b->statuses[output] != LNT_OK) continue;
        const lnt_tree *tree = &b->trees[b->round * b->data->n_outputs + output];
        b->statuses[output] = lnt__boost_advance(b->engine, &b->state, tree, output, &b->errors[output]);
    }
}

static lnt_status run_round(boosting *b, double *gain, lnt_error *err) {
    int64_t n_outputs = b->data->n_outputs, n_features = b->data->n_features;
    LNT_TRY(lnt_engine_check(b->engine, err));
    atomic_store(&b->next, 0);
    atomic_store(&b->split, false);
    if (n_outputs == 1) grow_some(b, 0); // its rows are shared among the threads instead
    else lnt_engine_run(b->engine, grow_some, b);
    for (int64_t i = 0; i < n_outputs; i++) {
        if (b->statuses[i] == LNT_OK) continue;
        if (err && err->code == LNT_OK) *err = b->errors[i];
        return b->statuses[i];
    }
    for (int64_t i = 0; i < n_outputs * n_features; i++) gain[i % n_features] += b->gains[i];
    return LNT_OK;
}

/// The rounds, and how many of them are kept.
static lnt_status run(boosting *b, int64_t *n_rounds, double *gain, lnt_error *err) {
    double least, loss;
    LNT_TRY(lnt__boost_derive(b->engine, &b->state, b->options->seed, 0, &least, err));
    int64_t best = 0, made = 0;
    bool stops = b->options->patience > 0 && b->data->held;
    for (b->round = 0; b->round < b->options->rounds; b->round++) {
        LNT_TRY(run_round(b, gain, err));
        made = b->round + 1;
        if (made == b->options->rounds && !stops) break; // nobody asks for further gradients
        LNT_TRY(lnt__boost_derive(b->engine, &b->state, b->options->seed, made, &loss, err));
        if (stops && loss < least) least = loss, best = made;
        if (stops && made - best >= b->options->patience) break;
        if (!atomic_load(&b->split) && b->options->row_share >= 1 && b->options->column_share >= 1) break;
    }
    *n_rounds = stops && best > 0 ? best : stops ? 1 : made;
    for (int64_t t = *n_rounds * b->data->n_outputs; t < made * b->data->n_outputs; t++) lnt_tree_clear(&b->trees[t]);
    return LNT_OK;
}

static lnt_status open_state(boosting *b, const double *base, lnt_buffer **bytes, lnt_error *err) {
    const lnt_boost_data *data = b->data;
    lnt_boost_state *state = &b->state;
    int64_t n = data->n_rows, n_outputs = data->n_outputs;
    state->data = data;
    bool coarse = lnt__boost_is_coarse(data);
    int64_t n_pieces = n / LNT_BOOST_PIECE + 1;
    LNT_TRY(lnt_buffer_new(lnt_engine_budget(b->engine), n * n_outputs * (coarse ? 6 : 8), "learn", bytes, err));
    if (!(state->scores = lnt_alloc_array(n_outputs, sizeof *state->scores, err))) return LNT_NOMEM;
    if (!(state->losses = lnt_alloc_array(n_pieces, sizeof *state->losses, err))) return LNT_NOMEM;
    if (!(state->kept = lnt_alloc_array(n_pieces, sizeof *state->kept, err))) return LNT_NOMEM;
    float *floats = (float *)(void *)(*bytes)->data;
    if (coarse) state->coarse = (uint16_t *)(void *)(floats + n * n_outputs);
    else state->fine = (uint32_t *)(void *)(floats + n * n_outputs);
    for (int64_t o = 0; o < n_outputs; o++) {
        state->scores[o] = floats + o * n;
        for (int64_t i = 0; i < n; i++) {
            if (i % LNT_BOOST_PIECE == 0) LNT_TRY(lnt_engine_check(b->engine, err));
            state->scores[o][i] = (float)base[o];
        }
    }
    for (int64_t i = 0; i < n; i++) {
        if (data->weights[i] > state->max_weight) state->max_weight = data->weights[i];
        if (data->held && data->held[i]) state->held_weight += (double)data->weights[i];
    }
    return LNT_OK;
}

lnt_status lnt_boost(lnt_engine *engine, const lnt_boost_data *data, const lnt_boost_options *options,
                     const double *base, lnt_tree *trees, int64_t *n_rounds, double *gain, lnt_error *err) {
    boosting b = {.engine = engine, .data = data, .options = options, .trees = trees};
    int n_threads = lnt_engine_n_threads(engine);
    lnt_buffer *bytes = NULL;
    lnt_status status = open_state(&b, base, &bytes, err);
    if (status == LNT_OK) {
        bool ok = (b.growers = lnt_alloc_array(n_threads, sizeof *b.growers, err)) &&
                  (b.made = lnt_alloc_array(n_threads, sizeof *b.made, err)) &&
                  (b.gains = lnt_alloc_array(data->n_outputs, data->n_features * 8, err)) &&
                  (b.statuses = lnt_alloc_array(data->n_outputs, sizeof *b.statuses, err)) &&
                  (b.errors = lnt_alloc_array(data->n_outputs, sizeof *b.errors, err));
        status = ok ? run(&b, n_rounds, gain, err) : LNT_NOMEM;
    }
    for (int t = 0; t < n_threads && b.growers && b.made; t++) {
        if (b.made[t]) lnt_boost_grower_clear(&b.growers[t]);
    }
    lnt_free(b.growers);
    lnt_free(b.made);
    lnt_free(b.gains);
    lnt_free(b.statuses);
    lnt_free(b.errors);
    lnt_free(b.state.scores);
    lnt_free(b.state.losses);
    lnt_free(b.state.kept);
    lnt_buffer_unref(bytes);
    return status;
}
