/// @file keys.h
/// Keys of the past as numbers: rows with equal values in a key's columns get the same.
#ifndef LNT_LEARN_KEYS_H
#define LNT_LEARN_KEYS_H

#include "lunette/learn.h"

/// Numbers a table's rows by a key. `ids` has room for all of them; UINT32_MAX where a part is null. `*n_places` gets how
/// many numbers there are.
LNT_MUST_USE lnt_status lnt__number_rows(lnt_engine *engine, const lnt_table *table, const lnt_history_key *key,
                                         uint32_t *ids, int64_t *n_places, lnt_error *err);

#endif
