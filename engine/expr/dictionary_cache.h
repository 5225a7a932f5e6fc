/// @file dictionary_cache.h
/// Functions of dictionary columns: computed once per distinct value, not once per row.
#ifndef LNT_EXPR_DICTIONARY_CACHE_H
#define LNT_EXPR_DICTIONARY_CACHE_H

#include "expr/function.h"

/// Results of one call for the values of one dictionary.
typedef struct lnt_dictionary_cache lnt_dictionary_cache;

/// Computes `call`, whose argument `arg` is in DICTIONARY form and whose others are constant, by way of the cache
/// `*cache` (made on demand). `*done` stays false where the ordinary way is to be taken: for dictionaries that are
/// large for the rows seen so far, and after a value on which the call fails.
LNT_MUST_USE lnt_status lnt_dictionary_eval(lnt_engine *engine, lnt_dictionary_cache **cache, const lnt_typed *call,
                                            const lnt_vec *args, int64_t arg, const lnt_rows *rows, lnt_arena *arena,
                                            lnt_vec *out, bool *done, lnt_error *err);
void lnt_dictionary_cache_free(lnt_dictionary_cache *cache); ///< NULL is fine

#endif
