/// @file gather.h
/// Rows picked from columns and vectors into new vectors: how joins put sides together.
#ifndef LNT_EXEC_GATHER_H
#define LNT_EXEC_GATHER_H

#include "column/vector.h"

/// Values of `column` at rows[0 … n-1], -1 giving null, as a vector in `scratch` (dictionaries stay dictionaries).
LNT_MUST_USE lnt_status lnt__gather_column(const lnt_column *column, const int64_t *rows, int64_t n, lnt_arena *scratch,
                                           lnt_vec *out, lnt_error *err);
/// Values of `vec` at rows[0 … n-1] as a vector in `scratch`.
LNT_MUST_USE lnt_status lnt__gather_vec(const lnt_vec *vec, const uint32_t *rows, int64_t n, lnt_arena *scratch,
                                        lnt_vec *out, lnt_error *err);
/// The int vector `vec` of n rows as floats.
LNT_MUST_USE lnt_status lnt__vec_to_float(lnt_vec *vec, int64_t n, lnt_arena *scratch, lnt_error *err);
/// The float vector `vec` of n rows as ints; what isn't the value of an int becomes null.
LNT_MUST_USE lnt_status lnt__vec_to_exact_int(lnt_vec *vec, int64_t n, lnt_arena *scratch, lnt_error *err);

#endif
