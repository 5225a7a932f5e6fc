/// @file spool.h
/// What can be read only once (a pipe, a terminal), put into an unnamed temporary file so that it can be read again.
#ifndef LNT_IO_SPOOL_H
#define LNT_IO_SPOOL_H

#include "lunette/status.h"

/// Copies all that `fd` still gives into an unnamed file in LUNETTE_TMPDIR or TMPDIR, else /var/tmp or /tmp; `*out`
/// is a descriptor of it,
/// the caller's to close. `name` is for messages. `fd` stays open.
LNT_MUST_USE lnt_status lnt_spool(int fd, const char *name, int *out, lnt_error *err);

/// Where bytes come from: fills `out` unless the end comes first; `*size` 0 is the end.
typedef lnt_status (*lnt_spool_read_fn)(void *context, void *out, int64_t capacity, int64_t *size, lnt_error *err);
/// The same with what `read` gives, which is `*size` bytes in all.
LNT_MUST_USE lnt_status lnt_spool_from(lnt_spool_read_fn read, void *context, int *out, int64_t *size, lnt_error *err);

#endif
