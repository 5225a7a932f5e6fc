/// @file share.h
/// Tables through shared memory: what one process wrote, another maps and reads in place.
///
/// The carrier is an unnamed file in memory (memfd) that is sealed once it is written: nobody can change or shrink it
/// any more, so what was checked stays true. Who takes one trusts nothing in it: every number, offset and text is
/// checked before a column is made of it.
///
/// The layout, in the machine's byte order (both ends are the same program): a header, an entry per column and then one
/// per dictionary, and their buffers, each at a multiple of 64 bytes and followed by at least 64 more.
#ifndef LNT_IO_SHARE_H
#define LNT_IO_SHARE_H

#include "lunette/table.h"

/// Writes the table into a sealed memory file; `*fd` is the caller's (close).
/// Fails with LNT_IO when the system has no such files or no room.
LNT_MUST_USE lnt_status lnt_table_share(const lnt_table *table, int *fd, lnt_error *err);

/// The table that a sealed memory file holds; its columns are windows of the file, which stays mapped (and charged to
/// `engine`'s budget, `most_bytes` at most) as long as one of them lives. `fd` stays the caller's.
/// Fails with LNT_FORMAT for a file that isn't sealed or whose content breaks an invariant of columns, LNT_LIMIT.
LNT_MUST_USE lnt_status lnt_table_adopt(lnt_engine *engine, int fd, int64_t most_bytes, lnt_table **out, lnt_error *err);

// ---- for the two files that implement this, and their test ----

#define LNT__SHARE_MAGIC 0x3130454c42415453 // "STABLE01"

enum { LNT__SHARE_ALIGN = 64 };

typedef struct lnt__share_header {
    uint64_t magic;
    int64_t size_bytes; ///< the whole file
    int64_t n_rows, n_columns;
    int64_t n_entries; ///< columns, then dictionaries
} lnt__share_header;

/// A buffer's place; size 0 and offset 0: there is none.
typedef struct lnt__share_part {
    int64_t at, size;
} lnt__share_part;

typedef struct lnt__share_entry {
    int32_t type, layout, width;
    int32_t has_validity;
    int64_t length;
    int64_t dictionary; ///< index of an entry, or -1
    lnt__share_part name, data, bytes, validity;
} lnt__share_entry;

/// How many bytes a column's data take; -1: more than can be.
int64_t lnt__share_data_size(const lnt__share_entry *entry);
/// The same for its validity.
int64_t lnt__share_validity_size(const lnt__share_entry *entry);

#endif
