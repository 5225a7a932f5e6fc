/// @file boost.h
/// Gradient boosting on histograms: what its parts share.
///
/// In each round a tree is grown for each output (a class; for two classes and for numbers there is one output) on the
/// gradients of the loss. Gradients are kept as small whole numbers, rounded at random by a hash of row, output and
/// round: sums of them are exact, so a histogram is the same in whatever order and by however many threads it is added
/// up, and a row whose gradient rounds to nothing takes no part in a tree. With many classes that is most rows of most
/// trees: a row is work for the few classes that it might be of.
///
/// Workload: ten thousand to some million rows, tens of features, up to a thousand classes; trees of tens of leaves.
#ifndef LNT_LEARN_BOOST_H
#define LNT_LEARN_BOOST_H

#include <string.h>

#include "base/parallel.h"
#include "learn/dataset.h"
#include "learn/prng.h"
#include "learn/tree.h"

typedef struct lnt_boost_options {
    int64_t rounds;
    int64_t max_depth;    ///< 0: no limit
    int64_t max_leaves;   ///< 0: no limit; else the leaf that wins most is split next
    int64_t min_leaf;     ///< least rows with a gradient on each side of a split
    double min_gain;      ///< least decrease of the loss
    double min_weight;    ///< least sum of second derivatives on each side of a split
    double shrinkage;     ///< share of a tree's values that is added
    double l2;            ///< added to the second derivatives of a leaf
    double category_l2;   ///< the same for splits by sets, and in the order of levels
    double row_share, column_share; ///< drawn anew for each round and each tree
    int64_t patience;     ///< rounds without a better loss on the held-out rows before it stops; 0: never
    uint64_t seed;
} lnt_boost_options;

/// The rows that are learned from, by features and by outputs.
typedef struct lnt_boost_data {
    int64_t n_rows, n_features, n_classes; ///< classes: 0 for numbers
    int64_t n_outputs;
    const lnt_feature *features;
    uint16_t *codes;    ///< a row's codes side by side, for adding up
    const lnt_dataset *columns; ///< a feature's codes side by side, for parting
    bool in_order;      ///< whether row i is row i there too; else only `codes` can be used
    int64_t *offsets;   ///< by feature: where its bins start in a histogram; one more for their end
    uint32_t *labels;   ///< by row; NULL for numbers
    float *targets;     ///< by row; NULL for classes
    float *weights;     ///< by row
    uint8_t *held;      ///< by row: whether it is held out, to stop by; NULL: none is
} lnt_boost_data;

/// A row's gradient for the output at hand: first and second derivative in units of their own.
typedef struct lnt_grad {
    uint32_t row;
    int16_t g;
    uint16_t h;
} lnt_grad;

/// A bin of a histogram: the sum of first derivatives; those of second ones in the upper half of the other number, the
/// count of rows in the lower one. Sums of bins are sums of both numbers.
typedef struct lnt_bin {
    int64_t g;
    int64_t h_and_n;
} lnt_bin;

/// Both numbers of a bin, to be added at once.
typedef int64_t lnt_bin_pair __attribute__((vector_size(16)));

static inline lnt_bin_pair lnt_bin_pair_of(int64_t g, int64_t h) {
    return (lnt_bin_pair){g, h << 32 | 1};
}
static inline void lnt_bin_add(lnt_bin *bin, lnt_bin_pair row) {
    lnt_bin_pair sum;
    memcpy(&sum, bin, sizeof sum);
    sum += row;
    memcpy(bin, &sum, sizeof sum);
}

static inline int64_t lnt_bin_rows(lnt_bin bin) {
    return bin.h_and_n & 0xffffffff;
}

enum { LNT_BOOST_ROWS = 1 << 28 }; ///< the most rows: the sum of their least units of h still fits a bin

/// Rows' codes into a histogram over all features that `columns` names.
void lnt__bins_add(const lnt_boost_data *data, const int64_t *columns, int64_t n_columns, const lnt_grad *rows,
                   int64_t n, lnt_bin *bins);
/// What the features that `columns` names have there is set to nothing.
void lnt__bins_clear(const lnt_boost_data *data, const int64_t *columns, int64_t n_columns, lnt_bin *bins);
/// bins -= part, for these features.
void lnt__bins_subtract(const lnt_boost_data *data, const int64_t *columns, int64_t n_columns, lnt_bin *bins,
                        const lnt_bin *part);

/// The bins of one feature in a node that have rows: what a split is looked for among.
typedef struct lnt_boost_group {
    uint32_t code, n_rows;
    double g, h;
    double place; ///< categories: what they are sorted by
} lnt_boost_group;

/// Scratch for putting groups in order, each as large as the groups.
typedef struct lnt_boost_sorting {
    uint64_t *keys, *spare;
    lnt_boost_group *groups;
} lnt_boost_sorting;

typedef struct lnt_boost_split {
    double gain;     ///< of the loss; meaningless while feature is -1
    int64_t feature; ///< -1: none was found
    uint16_t bin;
    bool missing_left, members_left;
    int64_t n_members; ///< sets: levels on the side with fewer rows
} lnt_boost_split;

/// Looks at all splits of a node by a feature and keeps the best in `best`, its levels in `members`, if it wins more
/// than what is there. The groups are in the order of codes, and are put in another for a category.
void lnt__boost_split(const lnt_boost_options *options, const lnt_feature *feature, int64_t number,
                      lnt_boost_group *groups, int64_t n_groups, lnt_boost_sorting *sorting, lnt_boost_split *best,
                      uint16_t *members);

/// What a leaf with these sums adds, before shrinkage.
static inline double lnt_boost_value(double g, double h, double l2) {
    return h + l2 > 0 ? -g / (h + l2) : 0;
}

// ---- growing a tree ----

/// A node that waits to be split: rows [start, start + n), its best split and where its set is in `kept`.
typedef struct lnt_boost_node {
    int64_t start, n, depth, kept;
    uint32_t node;
    int64_t sum_g, sum_h; ///< of its rows, in units
    lnt_bin *bins; ///< NULL: it has few rows, or can't be split
    lnt_boost_split best;
} lnt_boost_node;

/// A node that is split, and its children. The root comes as a small child without parent and sibling.
typedef struct lnt_boost_family {
    lnt_boost_node parent, small, large;
    bool left_is_small;
} lnt_boost_family;

/// Rows [start, start + n) of a family's parent on their way to both sides, and what those of the left one sum up to.
typedef struct lnt_boost_piece {
    int64_t family, start, n;
    int64_t n_left, sum_g, sum_h;
} lnt_boost_piece;

/// The best split of a node by some of the columns, with its set.
typedef struct lnt_boost_found {
    lnt_boost_split best;
    uint16_t *members;
    int64_t capacity;
} lnt_boost_found;

/// Scratch memory of one thread.
typedef struct lnt_boost_scratch {
    lnt_arena arena;
    lnt_bin *few;            ///< a histogram for nodes of few rows, all zero between nodes
    uint64_t *touched;       ///< by bin of it: a bit
    lnt_boost_group *groups; ///< by code
    lnt_boost_sorting sorting;
    uint16_t *members;       ///< by code
    uint8_t *is_member;      ///< by code; all zero between nodes
} lnt_boost_scratch;

enum { LNT_BOOST_FAMILIES = 32 }; ///< the most nodes that are split at once

/// What it takes to grow one tree after the other.
typedef struct lnt_boost_grower {
    lnt_engine *engine;
    const lnt_boost_data *data;
    const lnt_boost_options *options;
    lnt_arena arena;
    lnt_grad *rows, *aside;   ///< n_rows each; of the first one more, as rows are written before it is known if they stay
    int64_t n_rows;           ///< in `rows`
    double g_unit, h_unit;    ///< what 1 stands for in them
    bool alone;               ///< whether all threads are to work on its trees
    int64_t *columns, n_columns;
    int64_t n_bins;           ///< of a histogram
    lnt_boost_scratch *scratch; ///< by worker, made by the one that needs it; one only unless it is alone
    int64_t n_scratch;
    lnt_boost_family families[LNT_BOOST_FAMILIES]; ///< that are at work
    int64_t n_families;
    lnt_boost_piece *pieces;  ///< of their rows
    int64_t n_pieces, pieces_capacity;
    lnt_boost_found *found;   ///< by family, child and part of the columns
    int64_t n_found, found_capacity;
    lnt_boost_node *nodes;    ///< that wait to be split
    int64_t n_nodes, nodes_capacity;
    lnt_bin **spare;          ///< histograms that nobody uses
    int64_t n_spare, spare_capacity;
    uint16_t *kept;           ///< the waiting nodes' sets
    int64_t n_kept, kept_capacity;
    double *gain;             ///< by feature: what the splits won
    bool split;               ///< whether there was any
} lnt_boost_grower;

/// A worker's scratch memory; NULL (with `err` set) without memory for it.
lnt_boost_scratch *lnt__boost_scratch_of(lnt_boost_grower *g, int worker, lnt_error *err);
void lnt__boost_scratch_clear(lnt_boost_scratch *scratch);
/// Parts the rows of the families' parents, both halves keeping their order: the children get their rows and sums.
LNT_MUST_USE lnt_status lnt__boost_part(lnt_boost_grower *g, lnt_error *err);
/// Looks for the best splits of the families' children, whose sets come to `kept`; those without any have feature -1 and
/// no histogram any more.
LNT_MUST_USE lnt_status lnt__boost_search(lnt_boost_grower *g, lnt_error *err);
/// A histogram is used no more; `*bins`, which may be NULL, becomes NULL.
LNT_MUST_USE lnt_status lnt__boost_give_bins(lnt_boost_grower *g, lnt_bin **bins, lnt_error *err);
/// Does tasks 0 … n-1, which are about so much `work` (rows times columns): on all threads if that pays.
LNT_MUST_USE lnt_status lnt__boost_share(lnt_boost_grower *g, int64_t n, int64_t work, lnt_task_fn fn, lnt_error *err);

/// `alone`: all threads are to work on its trees, not one on each tree.
LNT_MUST_USE lnt_status lnt_boost_grower_init(lnt_engine *engine, const lnt_boost_data *data, const lnt_boost_options *options,
                                              bool alone, lnt_boost_grower *out, lnt_error *err);
void lnt_boost_grower_clear(lnt_boost_grower *g);
/// Grows a tree for `output` on the grower's rows, whose order changes. Its leaves hold the shrunk values.
LNT_MUST_USE lnt_status lnt_boost_grow(lnt_boost_grower *g, uint32_t output, uint64_t seed, lnt_tree *out,
                                       lnt_error *err);

enum {
    LNT_BOOST_PIECE = 4096, ///< rows that are worked on together
    LNT_BOOST_COARSE = 64   ///< units of the largest gradient where rows and classes are many
};

/// Whether gradients are rounded to so few units that both derivatives fit a byte each.
static inline bool lnt__boost_is_coarse(const lnt_boost_data *data) {
    return data->labels && data->n_rows * data->n_outputs > 1 << 16;
}

/// Where each row stands: scores[output][row]; and its gradients of the round, output after output: the first derivative
/// in the lower half of a word, the second in the upper.
typedef struct lnt_boost_state {
    const lnt_boost_data *data;
    float **scores;      ///< by output
    uint16_t *coarse;    ///< one of both is NULL
    uint32_t *fine;
    double g_unit, h_unit; ///< what 1 stands for in them
    double *losses;      ///< by piece: of the held-out rows
    int64_t *kept;       ///< by piece: rows that have a gradient
    double held_weight;
    float max_weight;    ///< of a row
} lnt_boost_state;

/// Makes the gradients of a round. `*out` is the mean loss over the held-out rows, 0 without any.
LNT_MUST_USE lnt_status lnt__boost_derive(lnt_engine *engine, lnt_boost_state *state, uint64_t seed, int64_t round,
                                          double *out, lnt_error *err);
/// The rows with a gradient for an output into the grower's.
LNT_MUST_USE lnt_status lnt__boost_gather(lnt_boost_state *state, lnt_boost_grower *g, int64_t output, int64_t round,
                                          lnt_error *err);
/// Adds a grown tree's values to an output's scores.
LNT_MUST_USE lnt_status lnt__boost_advance(lnt_engine *engine, lnt_boost_state *state, const lnt_tree *tree,
                                           int64_t output, lnt_error *err);

/// Boosts: `trees` has room for rounds × outputs, `*n_rounds` gets how many rounds are kept, `base` (by output) is where
/// scores start, `gain` (by feature) gets what splits won.
LNT_MUST_USE lnt_status lnt_boost(lnt_engine *engine, const lnt_boost_data *data, const lnt_boost_options *options,
                                  const double *base, lnt_tree *trees, int64_t *n_rounds, double *gain, lnt_error *err);

#endif
