/// @file groups_direct.h
/// Groups found through an array: where all keys together can take few values, as ports, weekdays, flags and the codes
/// of small dictionaries do, a row's keys are an index and nothing has to be hashed.
///
/// Each key has a window of 2^bits - 1 values and null. Windows widen as values come; when the array would outgrow the
/// cache, the groups go over to their hash table for good. Both ways give the same numbers.
#ifndef LNT_EXEC_GROUPS_DIRECT_H
#define LNT_EXEC_GROUPS_DIRECT_H

#include "exec/aggregate/groups.h"

/// Finds or adds the groups of the n tuples in scratch->words; of a lone wide key, scratch->null tells the nulls if
/// `any_null`. `*done` is false where the hash table has to be asked instead, now and from now on.
LNT_MUST_USE lnt_status lnt__groups_add_direct(lnt_groups *groups, const lnt_key_scratch *scratch, int64_t n,
                                               bool any_null, uint32_t *out, bool *done, lnt_error *err);
/// The groups of n tuples; LNT_NONE for what isn't there.
void lnt__groups_find_direct(const lnt_groups *groups, const lnt_key_scratch *scratch, int64_t n, bool any_null,
                             uint32_t *out);

#endif
