/// @file value_set.h
/// A set of constants of one type, made once when an `in` list is bound.
#ifndef LNT_EXPR_VALUE_SET_H
#define LNT_EXPR_VALUE_SET_H

#include "base/buffer.h"

typedef struct lnt_value_set {
    lnt_type type;
    int64_t n;
    lnt_value *values; ///< distinct, in the order in which they were added
    uint32_t *slots;   ///< index + 1 into `values`, 0: free
    uint64_t mask;
} lnt_value_set;

/// An empty set with room for `n` values, in `arena`.
LNT_MUST_USE lnt_status lnt_value_set_new(lnt_arena *arena, lnt_type type, int64_t n, lnt_value_set **out,
                                          lnt_error *err);
/// Adds a value (not null; its bytes are borrowed) unless it is there.
void lnt_value_set_add(lnt_value_set *set, const lnt_value *value);
/// Whether the value is there. All NaN are one; values are not null and of the set's type.
bool lnt_value_set_has(const lnt_value_set *set, const lnt_value *value);

#endif
