/// @file learn.h
/// The learner: decision trees, forests and boosting over tables, their predictions, what they rest on, and how good they are.
///
/// A model is data: immutable once fitted, readable from any thread. Everything is deterministic by its seed, with any
/// number of threads.
#ifndef LUNETTE_LEARN_H
#define LUNETTE_LEARN_H

#include "lunette/table.h"

typedef struct lnt_model lnt_model;

typedef enum lnt_learner {
    LNT_TREE,       ///< one decision tree over all rows
    LNT_FOREST,     ///< random forest: each tree on a bootstrap sample of the rows
    LNT_EXTRA_TREES, ///< extremely randomised trees: all rows, splits drawn at random
    LNT_BOOSTING    ///< gradient boosting: each round's trees correct what the rounds before got wrong
} lnt_learner;

/// What makes a split of a tree good: how much purer its sides are by the Gini index, or by entropy.
typedef enum lnt_criterion { LNT_GINI, LNT_ENTROPY } lnt_criterion;

/// How a model is fitted; zero everywhere (but the names) is a learner's usual settings.
typedef struct lnt_learn_options {
    lnt_learner learner;
    lnt_criterion criterion;
    const char *target;           ///< the column to predict: string, int, bool, time or ip; rows with null are left out
    bool regression;              ///< boosting: the target is a number (float, int) to come near to, not a class
    const char *const *features;  ///< string and ip columns are categories, others numbers
    int64_t n_features;
    const char *const *categories; ///< int features that are categories (AS numbers, ports)
    int64_t n_categories;
    const char *weight;           ///< column of sample weights (int or float, not negative); NULL: all weigh the same
    bool balanced;                ///< classes weigh the same together, however many rows each has
    int64_t n_trees;              ///< 0: 100 (a tree has 1); boosting: rounds
    int64_t max_depth;            ///< 0: no limit; boosting: 6 unless max_leaves is given
    int64_t min_leaf;             ///< least rows of a leaf; 0: 1; boosting: of those with a gradient
    int64_t min_level;            ///< levels with fewer rows are as if never seen; 0: 1
    int64_t max_bins;             ///< most bins of a number; 0: 254
    double min_gain;              ///< least decrease of impurity, as a share of all weight; boosting: of the loss
    int64_t max_features;         ///< features looked at per split; 0: all (tree), the square root of all (forests);
                                  ///< -1: all
    double smoothing;             ///< trees and forests: a leaf's shares of classes are mixed with those of all rows, as if
                                  ///< rows of so much weight more had come to it; 0: not at all
    uint64_t seed;
    // boosting only; 0 is the usual value, below 0 is none
    double shrinkage;             ///< share of a tree's values that is added (0.1)
    double l2;                    ///< drawn to 0 as if by so many rows' second derivatives (1)
    double category_l2;           ///< the same for splits by sets of levels (10), for each 16 levels
    double min_weight;            ///< least sum of second derivatives in a leaf (0)
    int64_t max_leaves;           ///< 0: no limit, depth-wise; else leaf-wise, what wins most first
    double row_share, column_share; ///< drawn for each round and each tree (1)
    int64_t patience;             ///< rounds without a smaller loss on held-out rows before it stops; 0: never
    double held_share;            ///< of the rows, the last in time, held out for that (0.1)
    const char *time;             ///< column that says which rows are last; NULL: those at the end
} lnt_learn_options;

/// Fits a model to the rows of a table. `*out` belongs to the caller (lnt_model_free). Fails with LNT_NAME for a column
/// that isn't there, LNT_TYPE for one that can't be what it is to be, LNT_ARGUMENT for settings out of range and for a
/// table without a row to learn from, LNT_VALUE for a weight that is none.
LNT_API LNT_MUST_USE lnt_status lnt_model_fit(lnt_engine *engine, const lnt_table *table,
                                              const lnt_learn_options *options, lnt_model **out, lnt_error *err);
/// Gives a model back. NULL is fine.
LNT_API void lnt_model_free(lnt_model *model);

/// What a model is. Texts and arrays are borrowed from it.
typedef struct lnt_model_info {
    lnt_learner learner;
    lnt_criterion criterion;
    const char *target;
    lnt_type target_type;
    bool regression;
    int64_t n_classes, n_features, n_trees, n_nodes, n_rows;
    int64_t n_rounds; ///< boosting: that were kept
    uint64_t seed;
} lnt_model_info;
LNT_API lnt_model_info lnt_model_get_info(const lnt_model *model);
/// The classes as a column of the target's type, ascending; of a regression an empty one. Borrowed.
LNT_API const lnt_column *lnt_model_classes(const lnt_model *model);
/// Name of feature `i`, borrowed.
LNT_API const char *lnt_model_feature(const lnt_model *model, int64_t i);
/// Share of the training data's purity that splits on feature `i` won, over all trees; the shares sum to 1.
LNT_API double lnt_model_gain(const lnt_model *model, int64_t i);

/// Predicts each row of `table`: the class with the greatest probability (the first of equals) and that probability.
/// A regression gives floats, and nulls for probabilities. The table needs the features' columns. The caller owns both
/// columns.
LNT_API LNT_MUST_USE lnt_status lnt_model_predict(lnt_engine *engine, const lnt_model *model, const lnt_table *table,
                                                  lnt_column **classes, lnt_column **probabilities, lnt_error *err);
/// The probabilities of all classes: a table with a float column for each, named as the class is written. Fails with
/// LNT_ARGUMENT for a regression.
LNT_API LNT_MUST_USE lnt_status lnt_model_predict_proba(lnt_engine *engine, const lnt_model *model,
                                                        const lnt_table *table, lnt_table **out, lnt_error *err);

/// Explains the prediction of row `row`: a table (feature string, value string, contribution float) of how much each
/// feature moved the probability of `class_` (0-based number of a class; -1: the predicted one) along the trees' paths,
/// starting with the row "(all rows)" for the class's share in the training data. The contributions sum to the
/// probability; of boosting to the class's score, whose softmax is the probability, and of a regression to the value.
LNT_API LNT_MUST_USE lnt_status lnt_model_explain(lnt_engine *engine, const lnt_model *model, const lnt_table *table,
                                                  int64_t row, int64_t class_, lnt_table **out, lnt_error *err);
/// Tree `tree` (0-based) as indented rules to read. `*out` is freed with lnt_text_free (plan.h).
LNT_API LNT_MUST_USE lnt_status lnt_model_rules(const lnt_model *model, int64_t tree, char **out, lnt_error *err);

/// The path of row `row` through tree `tree` as text: a line a condition, then the leaf with its classes and how many
/// training rows it has. Freed with lnt_text_free.
LNT_API LNT_MUST_USE lnt_status lnt_model_path(lnt_engine *engine, const lnt_model *model, const lnt_table *table,
                                               int64_t row, int64_t tree, char **out, lnt_error *err);
/// A model as JSON, complete: what it is, its features (categories with their levels), its trees as lists of nodes, children
/// by their place in the list, a leaf's values by the number of the class. A row goes left where a number is `at_most` so
/// much or a level is in `left_has` (right where it is in `right_has`); null in a set stands for what is missing and for
/// levels that aren't listed. Trees and forests: the mean of the leaves' values, of which each is mixed with `shares` as with
/// `smoothing` more weight; boosting: `start` and the sum of the values, of which softmax makes probabilities.
/// Freed with lnt_text_free.
LNT_API LNT_MUST_USE lnt_status lnt_model_json(const lnt_model *model, char **out, lnt_error *err);
/// The rows of `train` that are most like row `row` of `table` to the model: that end in the same leaf in most of the
/// trees. A table of at most `n` lines (row int, counted from 1, nearness float: the share of trees), the nearest first,
/// of equals the first.
LNT_API LNT_MUST_USE lnt_status lnt_model_nearest(lnt_engine *engine, const lnt_model *model, const lnt_table *table,
                                                  int64_t row, const lnt_table *train, int64_t n, lnt_table **out,
                                                  lnt_error *err);

/// Saves a model in a file that appears under its name only when it is whole.
LNT_API LNT_MUST_USE lnt_status lnt_model_save(const lnt_model *model, const char *path, lnt_error *err);
/// Loads a saved model. Fails with LNT_IO, or LNT_FORMAT for a file that is none, damaged, or of another version.
LNT_API LNT_MUST_USE lnt_status lnt_model_load(lnt_engine *engine, const char *path, lnt_model **out, lnt_error *err);

/// Permutation importance on the rows of `table` (which should not be those of training), whose target column says
/// what is right: a table (feature string, permutation float, spread float, gain float), by how much the accuracy (of a
/// regression the share of the variance that it explains) falls
/// when a feature's values are shuffled, `repeats` times with its standard deviation.
LNT_API LNT_MUST_USE lnt_status lnt_model_importance(lnt_engine *engine, const lnt_model *model,
                                                     const lnt_table *table, int64_t repeats, uint64_t seed,
                                                     lnt_table **out, lnt_error *err);

/// What rows of the past are looked up by: columns that must all be equal; "name/24" is a network of an address column.
typedef struct lnt_history_key {
    const char *name; ///< the new columns' names start with it
    const char *const *columns;
    int64_t n_columns;
} lnt_history_key;

typedef struct lnt_history_options {
    const char *target; ///< whose classes earlier rows are known to have had
    const char *time;   ///< time column: when a row became known
    const lnt_history_key *keys; ///< from the coarsest to the finest, for the blend
    int64_t n_keys;
    double half_life_days; ///< after so many days a row counts half; 0: always the same
    double strength;       ///< how many rows outweigh what coarser keys say, above 0
    int64_t step_us;       ///< a row sees what was known before its step of so many microseconds began; 0: what is
                           ///< strictly earlier than itself
    bool has_cut;
    int64_t cut_us;        ///< rows from here on see only what was known before it
    bool no_blend;         ///< leaves the blend's columns out
} lnt_history_options;

/// Tells each row what was known before it: a table, row for row, of KEY_top (the class that weighs most), KEY_share
/// (its part), KEY_weight, KEY_age (days since the last) for each key, and a float column "blend CLASS" for each class:
/// its probability by all keys together, each key's counts smoothed by what the coarser ones say. A row without a time
/// gets nulls and is never seen by others. Fails with LNT_NAME, LNT_TYPE, LNT_ARGUMENT.
LNT_API LNT_MUST_USE lnt_status lnt_learn_history(lnt_engine *engine, const lnt_table *table,
                                                  const lnt_history_options *options, lnt_table **out, lnt_error *err);

/// How good predictions are, over all rows whose truth isn't null. NaN where it can't be said.
typedef struct lnt_scores {
    int64_t n_rows;
    int64_t n_classes;        ///< that the truth has
    double accuracy;
    double balanced_accuracy; ///< mean recall of the classes that the truth has
    double macro_f1;          ///< mean F1 over the classes that truth or predictions have
    double weighted_f1;       ///< mean F1 weighted by support
    double log_loss;          ///< with probabilities: mean of -log of the truth's, at least 1e-15; a class that they
                              ///< don't know counts as 1e-15
    double brier;             ///< with probabilities: mean over rows of the squared error summed over classes; of two
                              ///< classes half of that, the squared error of either, as scikit-learn has it
    double aurc;              ///< with confidences or probabilities: area under risk against coverage, 0 is best
} lnt_scores;

/// Compares predictions with the truth: columns of the same type and length; a null prediction is always wrong and no
/// class. `confidence` (float, may be NULL) orders the rows for aurc; `proba` (may be NULL) is a table as
/// lnt_model_predict_proba gives it. `*report` becomes (class, precision, recall, f1, support), a row per class, sorted;
/// `*confusion` (truth, predicted, count) without zeros; both may be NULL.
LNT_API LNT_MUST_USE lnt_status lnt_learn_score(lnt_engine *engine, const lnt_column *truth,
                                                const lnt_column *predicted, const lnt_column *confidence,
                                                const lnt_table *proba, lnt_scores *out, lnt_table **report,
                                                lnt_table **confusion, lnt_error *err);

#endif
