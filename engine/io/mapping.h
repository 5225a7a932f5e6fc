/// @file mapping.h
/// An input's content as memory: a file mapped, not read; and a guard for files that libraries map.
///
/// A file that is cut while it is mapped doesn't end the process: what is missing reads as zeros from then on, and
/// lnt__mapping_check says so. Whoever uses mapped bytes therefore reads a number once, checks it, then uses it, and
/// asks after each piece of work whether the bytes were there.
#ifndef LNT_IO_MAPPING_H
#define LNT_IO_MAPPING_H

#include "base/buffer.h"
#include "base/engine.h"
#include "io/input.h"

typedef struct lnt__mapping lnt__mapping;

/// Maps all of the input's content; a compressed one is unpacked into an unnamed temporary file first. `*out` belongs
/// to the caller (lnt__mapping_unref); the input may be closed before, the engine (whose threads help to unmap it) must
/// outlive it.
LNT_MUST_USE lnt_status lnt__mapping_open(lnt_engine *engine, const lnt_input *input, lnt__mapping **out, lnt_error *err);
/// Guards a file's memory that somebody else mapped and will unmap after `*out` has been given back; `name` is the file's.
LNT_MUST_USE lnt_status lnt__mapping_guard(const void *data, int64_t size, const char *name, lnt__mapping **out, lnt_error *err);
lnt__mapping *lnt__mapping_ref(lnt__mapping *mapping);
void lnt__mapping_unref(lnt__mapping *mapping);                ///< NULL is fine
/// Lets go of the pages that were looked at: looking at one again brings it back.
void lnt__mapping_rest(const lnt__mapping *mapping);
const uint8_t *lnt__mapping_data(const lnt__mapping *mapping); ///< never NULL
int64_t lnt__mapping_size(const lnt__mapping *mapping);
/// LNT_IO if the file has been cut since, in a place that was looked at.
LNT_MUST_USE lnt_status lnt__mapping_check(const lnt__mapping *mapping, lnt_error *err);

#endif
