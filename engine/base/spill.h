/// @file spill.h
/// Spill files: where operators put what doesn't fit under the memory limit.
///
/// A spill file has no name from the moment it is made, so nothing is left behind however the process ends; only its
/// owner may read it. It grows at its end and is read at any place, by several threads at once.
#ifndef LNT_BASE_SPILL_H
#define LNT_BASE_SPILL_H

#include "base/engine.h"

typedef struct lnt_spill lnt_spill;

/// A file in LUNETTE_TMPDIR, else TMPDIR, else /tmp. `who` is the operator, for messages (borrowed). LNT_IO names the
/// folder when it can't be made.
LNT_MUST_USE lnt_status lnt_spill_new(lnt_engine *engine, const char *who, lnt_spill **out, lnt_error *err);
lnt_spill *lnt_spill_ref(lnt_spill *spill);
void lnt_spill_unref(lnt_spill *spill); ///< the last owner's closes the file; NULL is fine
/// Appends bytes; `*offset` is where they are. Any thread. A full disk is LNT_IO and says which folder is full.
LNT_MUST_USE lnt_status lnt_spill_write(lnt_spill *spill, const void *bytes, int64_t size, int64_t *offset,
                                        lnt_error *err);
/// Reads bytes that were written. Any thread.
LNT_MUST_USE lnt_status lnt_spill_read(const lnt_spill *spill, int64_t offset, void *bytes, int64_t size,
                                       lnt_error *err);
/// Forgets what was written, so that its place on the disk is used again.
void lnt_spill_rewind(lnt_spill *spill);
/// The operator that the file was made for, for messages.
const char *lnt_spill_who(const lnt_spill *spill);
/// The engine that the file was made for.
lnt_engine *lnt_spill_engine(const lnt_spill *spill);

#endif
