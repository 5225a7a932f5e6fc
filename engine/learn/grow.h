/// @file grow.h
/// Growing one tree.
#ifndef LNT_LEARN_GROW_H
#define LNT_LEARN_GROW_H

#include "learn/split.h"
#include "learn/tree.h"

typedef struct lnt_grow_options {
    lnt_criterion criterion;
    bool random;          ///< splits are drawn (extra trees)
    int64_t max_depth;    ///< 0: no limit
    int64_t min_leaf;     ///< at least 1
    int64_t max_features; ///< 1 … features
    double min_gain;
} lnt_grow_options;

/// Scratch memory of one thread for growing trees of up to `max_rows` rows.
typedef struct lnt_grower {
    lnt_engine *engine;
    const lnt_dataset *data;
    lnt_grow_options options;
    double root_weight;
    lnt_splitter splitter;
    lnt_arena arena;
    lnt_sample *aside;   ///< max_rows: rows on their way to the right
    uint16_t *local;     ///< max_rows: node-local classes
    uint16_t *local_of;  ///< by class: its local number + 1; 0: not in the node
    uint32_t *labels;    ///< by local number: the class
    double *totals;      ///< by local number
    uint8_t *is_member;  ///< by code; all zero between nodes
    int64_t *order;      ///< by feature: scratch for drawing some
    double *gain;        ///< by feature: what the trees' splits have won
} lnt_grower;

LNT_MUST_USE lnt_status lnt_grower_init(lnt_engine *engine, const lnt_dataset *data, const lnt_grow_options *options,
                                        int64_t max_rows, lnt_grower *out, lnt_error *err);
void lnt_grower_clear(lnt_grower *g);

/// Grows a tree on `samples`, which are put in another order. One thread's work, for forests.
LNT_MUST_USE lnt_status lnt_tree_grow(lnt_grower *g, lnt_sample *samples, int64_t n, uint64_t seed, lnt_tree *out,
                                      lnt_error *err);
/// The same tree-growing with all threads on one tree: its upper nodes one after the other, the threads sharing the
/// features, then its branches side by side. `gain` gets what the splits won, by feature.
LNT_MUST_USE lnt_status lnt_tree_grow_parallel(lnt_engine *engine, const lnt_dataset *data,
                                               const lnt_grow_options *options, lnt_sample *samples, int64_t n,
                                               uint64_t seed, lnt_tree *out, double *gain, lnt_error *err);

// ---- shared by grow.c and grow_parallel.c ----

/// A node that waits to be grown: rows [start, start + n) of the samples.
typedef struct lnt_grow_task {
    int64_t start, n, depth;
    uint64_t path; ///< from the seed down the tree: the node's own random numbers
    uint32_t node;
} lnt_grow_task;

/// Numbers the node's classes and adds them up; false when there is nothing to split.
bool lnt__grow_view(lnt_grower *g, const lnt_sample *samples, const lnt_grow_task *task, lnt_node_view *view);
/// Looks for the node's best split with the grower's splitter.
void lnt__grow_search(lnt_grower *g, const lnt_node_view *view, uint64_t path);
/// Makes the node a leaf, or splits it by the splitter's best: then `children` gets both.
LNT_MUST_USE lnt_status lnt__grow_commit(lnt_grower *g, lnt_sample *samples, const lnt_grow_task *task,
                                         const lnt_node_view *view, bool searched, lnt_tree *tree,
                                         lnt_grow_task children[2], int *n_children, lnt_error *err);
/// Grows everything below a task.
LNT_MUST_USE lnt_status lnt__grow_branch(lnt_grower *g, lnt_sample *samples, lnt_grow_task root, lnt_tree *tree,
                                         lnt_error *err);

#endif
