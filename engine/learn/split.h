/// @file split.h
/// The best split of one node by one feature.
///
/// A feature's codes in a node become groups (a bin's or level's rows), in an order: a number's bins as they are, a
/// category's levels by their place along the first principal component of the classes' shares, which is the best
/// order for two classes and a good one for more (Coppersmith, Hong & Hosking 1999). Then one sweep moves group after
/// group from right to left and looks at the impurity in between.
///
/// Workload: a few nodes of millions of rows, where rows are added up by (code, class); and millions of nodes of a few
/// rows, where they are sorted. Classes that a node doesn't have cost nothing there: a node numbers its own.
#ifndef LNT_LEARN_SPLIT_H
#define LNT_LEARN_SPLIT_H

#include "learn/dataset.h"
#include "learn/prng.h"
#include "lunette/learn.h"

/// A node that is to be split. Arrays are borrowed.
typedef struct lnt_node_view {
    const lnt_sample *samples;
    const uint16_t *local; ///< by sample: its class, as numbered in the node
    int64_t n;             ///< samples
    int64_t k;             ///< classes there are, at least 2
    const double *totals;  ///< by local class: weight
    double weight;         ///< of all
    double purity;         ///< of the node as it is, to be compared with that of a split
} lnt_node_view;

/// The best split so far. For a set, its levels are in the splitter's `members`.
typedef struct lnt_split {
    double gain;     ///< how much purity is won; meaningless while feature is -1
    int64_t feature; ///< -1: none was found
    uint16_t bin;
    bool missing_left;
    bool members_left;
    int64_t n_members; ///< sets: how many levels are on the lighter side
} lnt_split;

typedef struct lnt_entry {
    uint32_t label; ///< local class
    double weight;
} lnt_entry;

typedef struct lnt_group {
    uint32_t code;
    uint32_t n_rows;
    int64_t first; ///< of its entries; the next group's entries follow
    int64_t n_entries;
    double weight;
    double place; ///< categories: along the principal component
} lnt_group;

/// Scratch memory of one thread for nodes of up to `max_rows` rows, and the best split of the node at hand.
typedef struct lnt_splitter {
    const lnt_dataset *data;
    lnt_criterion criterion;
    int64_t min_leaf;
    lnt_arena arena;
    uint64_t *keys, *spare;  ///< max_rows each
    lnt_entry *entries;      ///< max_rows
    lnt_group *groups;       ///< by code
    int64_t n_groups;
    double *cells;           ///< by code and class, LNT_CELLS
    uint32_t *cell_rows;     ///< by code
    double *left, *right;    ///< by class
    double *axis, *next_axis; ///< by class
    uint16_t *members;       ///< the best set so far
    lnt_split best;
    int64_t n_moved; ///< entries that were moved since the last look at the switch
    bool stopped;    ///< a look said so: loops end at once, and what they were to find is of no use
} lnt_splitter;

/// The most cells (codes × classes) that are added up; beyond them rows are sorted.
enum { LNT_CELLS = 1 << 21 };

LNT_MUST_USE lnt_status lnt_splitter_init(lnt_budget *budget, const lnt_dataset *data, lnt_criterion criterion,
                                          int64_t min_leaf, int64_t max_rows, lnt_splitter *out, lnt_error *err);
void lnt_splitter_clear(lnt_splitter *s);

/// Looks at the switch; true: the work is to end.
bool lnt__splitter_look(lnt_splitter *s);

/// Up to where a loop over a node's `n` rows that has come to row `at` goes on before it asks again; `at`: it ends.
static inline int64_t lnt__splitter_piece(lnt_splitter *s, int64_t at, int64_t n) {
    enum { PIECE = 1 << 15 }; // a few hundred microseconds
    if (s->stopped || (at > 0 && at < n && lnt__splitter_look(s))) return at;
    return n - at < PIECE ? n : at + PIECE;
}

/// Whether a sweep that comes to a group shall end: it looks when it has moved many entries.
static inline bool lnt__splitter_ends(lnt_splitter *s, const lnt_group *group) {
    enum { MANY = 1 << 14 };
    s->n_moved += group->n_entries;
    if (s->n_moved < MANY) return s->stopped;
    s->n_moved = 0;
    return lnt__splitter_look(s);
}

/// Looks at all splits of the node by a feature and keeps the best in `s->best` if it is better than what is there.
/// False: all rows have the same code. Afterwards the engine may have been stopped (`s->stopped`).
bool lnt_split_best(lnt_splitter *s, const lnt_node_view *node, int64_t feature);
/// The same with one split drawn at random (extra trees): a bin between the least and the greatest that occur, or a
/// random half of a category's levels.
bool lnt_split_random(lnt_splitter *s, const lnt_node_view *node, int64_t feature, lnt_prng *prng);

/// Puts the groups of a category in order; in split_category.c, as is the sweep over them.
void lnt__split_category(lnt_splitter *s, const lnt_node_view *node, int64_t feature);

/// The state of a sweep: weights and purity of both sides.
typedef struct lnt_sweep {
    double left_weight, right_weight;
    double left_sum, right_sum; ///< Gini: sums of squares; entropy: sums of x log x
    int64_t left_rows, right_rows;
} lnt_sweep;

double lnt__x_log_x(double x);
/// All rows on the right.
void lnt__sweep_start(lnt_splitter *s, const lnt_node_view *node, lnt_sweep *sweep);
/// Moves a group to the left.
void lnt__sweep_move(lnt_splitter *s, const lnt_group *group, lnt_sweep *sweep);
/// What the split as it is wins.
double lnt__sweep_gain(const lnt_splitter *s, const lnt_node_view *node, const lnt_sweep *sweep);
/// The purity of class weights: larger is purer; sums to those of a sweep's sides.
double lnt__purity(lnt_criterion criterion, const double *weights, int64_t k, double weight);

/// Whether a split with this gain on this feature is to replace the best one: at equal gain the first stays.
static inline bool lnt__split_is_better(const lnt_splitter *s, double gain) {
    return s->best.feature < 0 || gain > s->best.gain;
}

#endif
