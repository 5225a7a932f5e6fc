/// @file temporary.h
/// Where temporary files are, and files there that have no name: nothing of them stays, however the process ends.
#ifndef LNT_BASE_TEMPORARY_H
#define LNT_BASE_TEMPORARY_H

/// The folder that the user chose for temporary files: LUNETTE_TMPDIR, else TMPDIR; NULL for neither. Borrowed.
const char *lnt__temporary_chosen(void);

/// A descriptor of an empty file without a name in `directory`, for reading and writing, which the caller closes; or -1
/// with errno.
int lnt__temporary_open(const char *directory);

#endif
