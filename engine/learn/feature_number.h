/// @file feature_number.h
/// Bins of numbers.
#ifndef LNT_LEARN_FEATURE_NUMBER_H
#define LNT_LEARN_FEATURE_NUMBER_H

#include "learn/feature.h"

/// Finds a number's bins, at most `max_bins`: one for each distinct value while there are few, else of about equally many rows.
LNT_MUST_USE lnt_status lnt__feature_fit_number(lnt_engine *engine, const lnt_column *column, int64_t max_bins, lnt_feature *out,
                                                lnt_error *err);

#endif
