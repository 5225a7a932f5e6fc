/// @file fit_boost.h
/// Fitting a boosted model to encoded rows.
#ifndef LNT_LEARN_FIT_BOOST_H
#define LNT_LEARN_FIT_BOOST_H

#include "learn/dataset.h"
#include "learn/model.h"

/// Fails with LNT_ARGUMENT for settings out of range.
LNT_MUST_USE lnt_status lnt__check_boost_options(const lnt_learn_options *o, lnt_error *err);
/// The column that says which rows are last, or NULL if none is named. Fails if there is none of that name, or it can't
/// say that.
LNT_MUST_USE lnt_status lnt__boost_time_column(const lnt_learn_options *o, const lnt_table *table,
                                               const lnt_column **out, lnt_error *err);
/// How many trees a round has.
int64_t lnt__boost_outputs(int64_t n_classes, bool regression);
/// How many rounds there are at most.
int64_t lnt__boost_rounds(const lnt_learn_options *o);
/// Grows the trees of `model`, which has its classes and features, on `data` with its weights. `targets` (by row of
/// `table`) are what is to be predicted in a regression, else NULL.
LNT_MUST_USE lnt_status lnt__fit_boosted(lnt_engine *engine, const lnt_learn_options *options, const lnt_table *table,
                                         const lnt_dataset *data, const float *targets, lnt_model *model, lnt_error *err);

#endif
