/// @file files.h
/// Files that must be private, durable, or one process's alone: secrets, archives and their locks.
#ifndef LUNETTE_FILES_H
#define LUNETTE_FILES_H

#include "lunette/status.h"

/// Reads a small file (up to 1 MiB) that only its owner may touch: `*out` is terminated and belongs to the caller
/// (lnt_file_free). Fails with LNT_IO where it can't be read, LNT_ARGUMENT where others may read or write it or it isn't
/// the user's own; the message names the command that mends it.
LNT_API LNT_MUST_USE lnt_status lnt_file_read_private(const char *path, char **out, int64_t *size_bytes, lnt_error *err);
/// NULL is fine.
LNT_API void lnt_file_free(char *content);

/// Writes a file so that after a crash at any moment either the old or the new content is there: the bytes go to the disk
/// under another name, and so does everything that was renamed in that folder before; then the file takes its name.
LNT_API LNT_MUST_USE lnt_status lnt_file_write_durable(const char *path, const char *bytes, int64_t size_bytes,
                                                       lnt_error *err);

/// Takes the lock that the file `path` stands for (made if it isn't there), without waiting: `*fd` holds it until
/// lnt_file_unlock or the process's end, -1 where another process has it.
LNT_API LNT_MUST_USE lnt_status lnt_file_lock(const char *path, int *fd, lnt_error *err);
LNT_API void lnt_file_unlock(int fd); ///< -1 is fine

#endif
