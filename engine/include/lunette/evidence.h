/// @file evidence.h
/// What the past says for each class that a row might be of: a table with a line for each pair of a row and a class, on
/// which one model for all classes is fitted; and from its answers back to probabilities of classes.
///
/// Such a model learns what evidence is worth ("its /24 had this class a week ago"), not which class has which port:
/// what is new under a key is told by the key's counts, without fitting anew.
#ifndef LUNETTE_EVIDENCE_H
#define LUNETTE_EVIDENCE_H

#include "lunette/learn.h"

typedef struct lnt_evidence_options {
    const char *target; ///< whose classes earlier rows are known to have had
    const char *time;   ///< time column: when a row became known
    const lnt_history_key *keys;
    int64_t n_keys;
    double recent_days; ///< half-life of the short memory, above 0
    double long_days;   ///< half-life of the long memory, above 0
    int64_t from_us, to_us; ///< rows of this time get pairs; all are evidence for later ones
    int64_t step_us;    ///< a row sees what was known before its step began; 0: what is strictly earlier
    bool has_cut;
    int64_t cut_us;     ///< rows from here on see only what was known before it
    double max_lag_days; ///< rows see what was known some time before: drawn between a hundredth of a day and so many
                         ///< days, evenly in the logarithm; 0: no lag
    double others;      ///< share of the pairs with another class than the row's that are kept, drawn; 1: all
    double drawn;       ///< share of the rows that get pairs, drawn; 1: all
    uint64_t seed;
} lnt_evidence_options;

/// The pairs of each row with every class that was known by then: columns "(row)" (int, from 1), "(class)", "(hit)"
/// (bool, whether the row is of it), "(weight)" (1, or 1 / others), and for each key, and "all" for all rows together,
/// floats KEY_recent and KEY_share (the class's part of what the key's value had, by both memories, a little drawn to its
/// part of all), KEY_lift (the key value's part of what the class had), KEY_count and KEY_rows (logarithms of how often
/// it had the class and any), KEY_age (days since it had the class, null for never). A row whose target is null gets
/// pairs, none a hit, and is no evidence. Fails with LNT_NAME, LNT_TYPE, LNT_ARGUMENT.
LNT_API LNT_MUST_USE lnt_status lnt_evidence_pairs(lnt_engine *engine, const lnt_table *table,
                                                   const lnt_evidence_options *options, lnt_table **out, lnt_error *err);

/// From pairs back to rows: a table with a float column for each class of "(class)", ascending, and a row for each of
/// `n_rows` (those that "(row)" counts); a row's values are its pairs' `p` (float, by pair), divided by their sum.
LNT_API LNT_MUST_USE lnt_status lnt_evidence_shares(lnt_engine *engine, const lnt_table *pairs, const lnt_column *p,
                                                    int64_t n_rows, lnt_table **out, lnt_error *err);

/// Mixes tables of probabilities: for each class that one of them has the weighted geometric mean, each value at least
/// 0.001, taken to the power of `sharpness` and scaled to sum to 1. The tables have as many rows.
LNT_API LNT_MUST_USE lnt_status lnt_shares_mix(lnt_engine *engine, const lnt_table *const *tables, const double *weights,
                                               int64_t n_tables, double sharpness, lnt_table **out, lnt_error *err);
/// The class (its column's name) with the greatest probability, the first of equals, and that probability.
LNT_API LNT_MUST_USE lnt_status lnt_shares_decide(lnt_engine *engine, const lnt_table *shares, lnt_column **classes,
                                                  lnt_column **probabilities, lnt_error *err);

typedef struct lnt_rolling_options {
    const double *wanted; ///< accuracies of what is accepted
    int64_t n_wanted;
    int64_t recent;  ///< thresholds are chosen on so many predictions before a day
    int64_t fewest;  ///< rows that weigh less say nothing
    double caution;  ///< standard errors that accuracy must be above what is wanted
    double strength; ///< rows as expected that are put to a class's own
    double bulk;     ///< a day's n rows weigh n to the power of this where thresholds are chosen; 1: each the same
} lnt_rolling_options;

typedef struct lnt_rolling_sums {
    double promised, sure;   ///< how many rows were to be accepted, and to be right
    int64_t accepted, hits;  ///< how many were
    int64_t families;        ///< predicted classes among them
} lnt_rolling_sums;

/// Abstains with thresholds that are chosen anew for each day (UTC): a prediction is accepted by its probability times a
/// factor of its predicted class, by how much that was right more often than it said. `predictions` has columns
/// first_seen, family, predicted, probability in the order of time; its first `n_before` rows are only known. `out` gets
/// sums over the other rows for each of `wanted`. Fails with LNT_NAME, LNT_TYPE, LNT_ARGUMENT.
LNT_API LNT_MUST_USE lnt_status lnt_rolling_thresholds(lnt_engine *engine, const lnt_table *predictions, int64_t n_before,
                                                       const lnt_rolling_options *options, lnt_rolling_sums *out,
                                                       lnt_error *err);

#endif
