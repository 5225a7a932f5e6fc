/// @file spill_number.h
/// Rows that will leave their order, and how they find back: each gets a number.
#ifndef LNT_EXEC_SPILL_NUMBER_H
#define LNT_EXEC_SPILL_NUMBER_H

#include "exec/stream.h"

/// The rows of `input`, which it takes over (also when it fails), with more columns: int, the row's number, whose upper
/// half is that of its morsel; and, where `n_keys` isn't 0, int, a hash of the columns `keys` (borrowed). Columns are
/// called by their numbers.
LNT_MUST_USE lnt_status lnt__open_numbered(lnt_stream *input, const int64_t *keys, int64_t n_keys, lnt_stream **out,
                                           lnt_error *err);
/// A schema of columns of these types whose names are their numbers.
LNT_MUST_USE lnt_status lnt__schema_numbered(const lnt_type *types, int64_t n, lnt_schema **out, lnt_error *err);
/// Where `number` stands among `n` ascending numbers, of which it is one.
int64_t lnt__number_find(const int64_t *numbers, int64_t n, int64_t number);

#endif
