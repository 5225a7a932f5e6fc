/// @file archive.h
/// The door to the archive module: libarchive behind a table of functions, in a shared module of its own that is
/// loaded on first use, so that programs which read plain files don't pay for it.
///
/// Nothing of the core is needed by the module and none of libarchive's types gets out of it.
#ifndef LNT_IO_ARCHIVE_H
#define LNT_IO_ARCHIVE_H

#include "lunette/status.h"

enum { LNT_ARCHIVE_VERSION = 1, LNT_ARCHIVE_MESSAGE = 640 };

/// The compressed bytes: `read_at` fills `out` unless the end comes first and returns how many bytes, -1 on failure.
typedef struct lnt_archive_source {
    const void *context;
    int64_t (*read_at)(const void *context, int64_t at, void *out, int64_t capacity);
    int64_t size;
    const char *name; ///< for messages
} lnt_archive_source;

typedef struct lnt_archive lnt_archive;

/// What the module exports under LNT_ARCHIVE_SYMBOL.
typedef struct lnt_archive_api {
    int version; ///< LNT_ARCHIVE_VERSION
    /// Opens the member (NULL: the only one). `*source` outlives the archive. On failure `message` says why.
    lnt_status (*open)(const lnt_archive_source *source, const char *member, lnt_archive **out,
                       char message[LNT_ARCHIVE_MESSAGE]);
    /// Fills `out` unless the end comes first; `*size` 0 is the end; `*position` gets the compressed bytes used so far.
    lnt_status (*read)(lnt_archive *archive, void *out, int64_t capacity, int64_t *size, int64_t *position,
                       char message[LNT_ARCHIVE_MESSAGE]);
    void (*close)(lnt_archive *archive); ///< NULL is fine
} lnt_archive_api;

#define LNT_ARCHIVE_SYMBOL "lnt_archive_module"

#endif
