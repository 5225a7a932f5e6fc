/// @file gzip_check.h
/// The checksum of gzip files, which libarchive doesn't look at.
#ifndef LNT_IO_GZIP_CHECK_H
#define LNT_IO_GZIP_CHECK_H

#include "io/archive.h"

/// CRC-32 and length of the bytes that came out so far.
typedef struct lnt__gzip_check {
    uint32_t table[8][256];
    uint32_t crc, size; ///< size modulo 2^32, as gzip keeps it
} lnt__gzip_check;

void lnt__gzip_check_init(lnt__gzip_check *check);
void lnt__gzip_check_add(lnt__gzip_check *check, const uint8_t *bytes, int64_t size);
/// Whether what came out can be what went in: false if the file's one member ends with another checksum or length.
/// Zeros after the member are padding. A file that may have several members isn't judged: where they end isn't known.
bool lnt__gzip_check_fits(const lnt__gzip_check *check, const lnt_archive_source *source);

#endif
