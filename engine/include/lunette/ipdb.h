/// @file ipdb.h
/// Databases that know something about addresses: city, country, AS (MaxMind's .mmdb format, whoever made them).
#ifndef LUNETTE_IPDB_H
#define LUNETTE_IPDB_H

#include "lunette/table.h"

typedef struct lnt_ipdb lnt_ipdb;

/// What a database says of itself. Texts are borrowed from the database.
typedef struct lnt_ipdb_info {
    const char *path;
    const char *type;        ///< such as "GeoLite2-City"
    const char *description; ///< in English where there is one, else "" or the first there is
    int64_t build_time_us;   ///< when it was made, microseconds since 1970
    int ip_version;          ///< 4: it knows no IPv6; 6: it knows both
} lnt_ipdb_info;

/// A column to get out of a database: its type, and where in a record its value may stand.
typedef struct lnt_ipdb_field {
    lnt_type type;            ///< int, float, string or bool; a text that is a number ("AS64500", "52.5") fits int and float
    const char *const *paths; ///< such as "location.latitude", "latitude", "subdivisions.0.iso_code": the first that a
                              ///< record has, with a value that fits the type, gives the value
    int64_t n_paths;
} lnt_ipdb_field;

/// How a lookup went, in addresses.
typedef struct lnt_ipdb_stats {
    int64_t n_found;       ///< the database has a record for them
    int64_t n_missing;     ///< it has none
    int64_t n_null;        ///< they were null
    int64_t n_unsupported; ///< IPv6 addresses asked of a database of IPv4
} lnt_ipdb_stats;

/// Opens a database and reads its metadata. `*out` belongs to the caller (lnt_ipdb_free).
/// Fails with LNT_IO, LNT_FORMAT if it isn't one or is broken, LNT_UNSUPPORTED where the module for it is missing.
LNT_API LNT_MUST_USE lnt_status lnt_ipdb_open(const char *path, lnt_ipdb **out, lnt_error *err);
/// Closes a database. NULL is fine.
LNT_API void lnt_ipdb_free(lnt_ipdb *db);
LNT_API lnt_ipdb_info lnt_ipdb_get_info(const lnt_ipdb *db);

/// Looks up every row of the ip column `ips`: `out[i]` becomes the column of `fields[i]`, as long as `ips`, null where
/// nothing is known. Each record is decoded once however many rows it serves. The caller owns the columns;
/// `stats` may be NULL. Fails with LNT_TYPE for another column type, LNT_FORMAT where the database is damaged.
LNT_API LNT_MUST_USE lnt_status lnt_ipdb_lookup(lnt_engine *engine, const lnt_ipdb *db, const lnt_column *ips,
                                                const lnt_ipdb_field *fields, int64_t n_fields, lnt_column **out,
                                                lnt_ipdb_stats *stats, lnt_error *err);

#endif
