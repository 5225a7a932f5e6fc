/// @file model.h
/// What a fitted model is made of.
#ifndef LNT_LEARN_MODEL_H
#define LNT_LEARN_MODEL_H

#include "learn/feature.h"
#include "learn/tree.h"
#include "lunette/learn.h"

enum { LNT_MAX_CLASSES = 65535, LNT_MAX_FEATURES = 65535, LNT_MAX_TREES = 1000000, LNT_MAX_SMOOTHING = 1000000 };

struct lnt_model {
    lnt_learner learner;
    lnt_criterion criterion;
    uint64_t seed;
    double smoothing; ///< weight of `prior` in each leaf; 0 of boosting
    bool regression;
    int64_t n_rows; ///< that it was fitted to
    char *target;
    lnt_column *classes; ///< of the target's type, ascending, without nulls; regression: empty
    int64_t n_classes;   ///< regression: 1
    double *prior; ///< by class: its share of the training weight; of boosting: where scores start
    lnt_feature *features;
    int64_t n_features;
    double *gain; ///< by feature, summing to 1 unless there was no split
    lnt_tree *trees; ///< boosting: a round's side by side
    int64_t n_trees;
};

/// An empty model with room for so many of each; classes and target are the caller's to fill.
LNT_MUST_USE lnt_status lnt_model_new(int64_t n_classes, int64_t n_features, int64_t n_trees, lnt_model **out,
                                      lnt_error *err);

/// Finds the distinct values of a column that aren't null, ascending (`*classes`, caller's), and each row's number
/// among them (`*labels`, caller's; UINT32_MAX for null). Fails with LNT_TYPE for floats, LNT_LIMIT past 65,535 classes.
LNT_MUST_USE lnt_status lnt__classes_of(lnt_engine *engine, const lnt_column *column, lnt_column **classes,
                                        uint32_t **labels, lnt_error *err);
/// Each row's number among given classes, UINT32_MAX for null and for what is none of them; caller's.
LNT_MUST_USE lnt_status lnt__labels_among(lnt_engine *engine, const lnt_column *column, const lnt_column *classes,
                                          uint32_t **labels, lnt_error *err);
/// A column of classes[labels[i]], UINT32_MAX as null.
LNT_MUST_USE lnt_status lnt__labels_to_column(lnt_engine *engine, const lnt_column *classes, const uint32_t *labels,
                                              int64_t n, lnt_column **out, lnt_error *err);
/// The column of `table` called `name`, or LNT_NAME with the nearest; `what` says what it is for, as "target".
LNT_MUST_USE lnt_status lnt__learn_column(const lnt_table *table, const char *name, const char *what,
                                          const lnt_column **out, lnt_error *err);

/// Probabilities of one row of codes: out[class]; of a regression the value.
void lnt__model_shares(const lnt_model *model, const uint16_t *codes, float *out);

/// The class with the greatest share; the first of equals.
static inline uint32_t lnt__best_class(const float *shares, int64_t n) {
    uint32_t best = 0;
    for (int64_t c = 1; c < n; c++) best = shares[c] > shares[best] ? (uint32_t)c : best;
    return best;
}

#endif
