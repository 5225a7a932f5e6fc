/// @file mmdb.h
/// The door to the mmdb module: libmaxminddb behind a table of functions, in a shared module of its own that is loaded
/// on first use. Nothing of the core is needed by the module and none of the library's types gets out of it.
#ifndef LNT_IO_MMDB_H
#define LNT_IO_MMDB_H

#include "lunette/type.h"

enum { LNT_MMDB_VERSION = 2, LNT_MMDB_MESSAGE = 512 };

typedef struct lnt_mmdb lnt_mmdb;

typedef struct lnt_mmdb_metadata {
    const char *type, *description; ///< borrowed from the database
    uint64_t build_epoch;           ///< seconds
    int ip_version;
} lnt_mmdb_metadata;

/// What the module exports under LNT_MMDB_SYMBOL. All functions but open and close are safe from several threads.
typedef struct lnt_mmdb_api {
    int version; ///< LNT_MMDB_VERSION
    /// On failure `message` says why.
    lnt_status (*open)(const char *path, lnt_mmdb **out, lnt_mmdb_metadata *metadata, char message[LNT_MMDB_MESSAGE]);
    void (*close)(lnt_mmdb *db); ///< NULL is fine
    /// The file, which is mapped until `close`; its size to `*size`.
    const void *(*content)(const lnt_mmdb *db, int64_t *size);
    /// The record that covers `ip`: its number (never 0) to `*record`, 0 when there is none.
    lnt_status (*find)(const lnt_mmdb *db, lnt_ip ip, uint32_t *record, char message[LNT_MMDB_MESSAGE]);
    /// The value at `path` (terminated by NULL) in a record as an int, float, bool or string value borrowed from the
    /// database; null where the record has none there or it is of another kind.
    lnt_status (*get)(const lnt_mmdb *db, uint32_t record, const char *const *path, lnt_value *out,
                      char message[LNT_MMDB_MESSAGE]);
} lnt_mmdb_api;

#define LNT_MMDB_SYMBOL "lnt_mmdb_module"

#endif
