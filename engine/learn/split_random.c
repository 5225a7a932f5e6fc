/// @file split_random.c
/// Splits drawn at random, for extra trees: one pass over the rows weighs both sides.
#include <string.h>

#include "learn/split.h"

/// Which levels of a category are drawn to the left: half of all, by a hash, so that no list is needed to look.
static inline bool drawn(uint64_t draw, uint16_t code) {
    return lnt_hash_u64(draw ^ code) >> 63;
}

/// The least and greatest code of the rows that aren't missing, and whether some are.
static bool code_range(lnt_splitter *s, const lnt_node_view *node, int64_t feature, uint16_t *least,
                       uint16_t *greatest) {
    int64_t missing = s->data->features[feature].n_bins;
    bool any = false;
    *least = UINT16_MAX;
    *greatest = 0;
    for (int64_t i = 0, end; i < (end = lnt__splitter_piece(s, i, node->n));) {
        for (; i < end; i++) {
            uint16_t code = lnt_code_at(s->data, feature, node->samples[i].row);
            if (code == missing) {
                any = true;
                continue;
            }
            if (code < *least) *least = code;
            if (code > *greatest) *greatest = code;
        }
    }
    return any;
}

/// What a drawn split is: a bin, or a draw of levels.
typedef struct random_split {
    bool categorical, missing_left;
    uint16_t bin, missing;
    uint64_t draw;
} random_split;

static inline bool goes_left(const random_split *split, uint16_t code) {
    if (split->categorical) return drawn(split->draw, code);
    return code == split->missing ? split->missing_left : code <= split->bin;
}

static void weigh(lnt_splitter *s, const lnt_node_view *node, int64_t feature, const random_split *split,
                  lnt_sweep *sweep) {
    *sweep = (lnt_sweep){0};
    memset(s->left, 0, (size_t)node->k * 8);
    for (int64_t i = 0, end; i < (end = lnt__splitter_piece(s, i, node->n));) {
        for (; i < end; i++) {
            if (!goes_left(split, lnt_code_at(s->data, feature, node->samples[i].row))) continue;
            s->left[node->local[i]] += (double)node->samples[i].weight;
            sweep->left_weight += (double)node->samples[i].weight;
            sweep->left_rows++;
        }
    }
    sweep->right_rows = node->n - sweep->left_rows;
    sweep->right_weight = node->weight - sweep->left_weight;
    for (int64_t c = 0; c < node->k; c++) s->right[c] = node->totals[c] - s->left[c];
}

/// The levels of the node's rows that are on the lighter side, sorted, each once.
static void keep_members(lnt_splitter *s, const lnt_node_view *node, int64_t feature, uint64_t draw, bool left) {
    int64_t n_codes = s->data->features[feature].n_bins + 1;
    memset(s->cell_rows, 0, (size_t)n_codes * 4);
    for (int64_t i = 0, end; i < (end = lnt__splitter_piece(s, i, node->n));)
        for (; i < end; i++) s->cell_rows[lnt_code_at(s->data, feature, node->samples[i].row)] = 1;
    int64_t n = 0;
    for (int64_t code = 0; code < n_codes; code++) {
        if (s->cell_rows[code] && drawn(draw, (uint16_t)code) == left) s->members[n++] = (uint16_t)code;
    }
    s->best.members_left = left;
    s->best.n_members = n;
}

bool lnt_split_random(lnt_splitter *s, const lnt_node_view *node, int64_t feature, lnt_prng *prng) {
    uint16_t least, greatest;
    const lnt_feature *of = &s->data->features[feature];
    bool any_missing = code_range(s, node, feature, &least, &greatest);
    bool any_value = least <= greatest;
    if (s->stopped || !any_value || (least == greatest && !any_missing)) return false;
    random_split split = {.categorical = of->categorical, .missing = (uint16_t)of->n_bins};
    split.draw = lnt_prng_next(prng);
    split.missing_left = any_missing && (split.draw & 1);
    int64_t cuts = greatest - least + (any_missing && !split.missing_left);
    if (cuts == 0) return true; // the values would all go where missing goes
    split.bin = (uint16_t)(least + lnt_prng_below(prng, (uint64_t)cuts));
    lnt_sweep sweep;
    weigh(s, node, feature, &split, &sweep);
    if (sweep.left_rows < s->min_leaf || sweep.right_rows < s->min_leaf) return true;
    if (!(sweep.left_weight > 0) || !(sweep.right_weight > 0)) return true;
    double gain = lnt__purity(s->criterion, s->left, node->k, sweep.left_weight) +
                  lnt__purity(s->criterion, s->right, node->k, sweep.right_weight) - node->purity;
    if (!lnt__split_is_better(s, gain)) return true;
    s->best = (lnt_split){.gain = gain, .feature = feature, .bin = split.bin};
    s->best.missing_left = any_missing ? split.missing_left : sweep.left_weight > sweep.right_weight;
    if (of->categorical) keep_members(s, node, feature, split.draw, sweep.left_weight <= sweep.right_weight);
    return true;
}
