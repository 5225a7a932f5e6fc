// CRC-32 (the polynomial of gzip, bits reversed) eight bytes at a time by tables, and the comparison with the eight
// bytes that end a gzip file. Expected: once per file, over all its bytes; about a tenth of what inflating them takes.
#include "io/gzip_check.h"

#include <string.h>

enum { TRAILER = 8, PIECE = 1 << 14 };

void lnt__gzip_check_init(lnt__gzip_check *check) {
    memset(check, 0, sizeof *check);
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
        check->table[0][i] = crc;
    }
    for (int t = 1; t < 8; t++)
        for (int i = 0; i < 256; i++) {
            uint32_t crc = check->table[t - 1][i];
            check->table[t][i] = crc >> 8 ^ check->table[0][crc & 255];
        }
}

void lnt__gzip_check_add(lnt__gzip_check *check, const uint8_t *bytes, int64_t size) {
    const uint32_t(*t)[256] = check->table;
    uint32_t crc = ~check->crc;
    check->size += (uint32_t)size;
    for (; size >= 8; bytes += 8, size -= 8) {
        uint32_t low =
            crc ^ ((uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24);
        crc = t[7][low & 255] ^ t[6][low >> 8 & 255] ^ t[5][low >> 16 & 255] ^ t[4][low >> 24] ^ t[3][bytes[4]] ^
              t[2][bytes[5]] ^ t[1][bytes[6]] ^ t[0][bytes[7]];
    }
    for (; size > 0; bytes++, size--) crc = crc >> 8 ^ t[0][(crc ^ *bytes) & 255];
    check->crc = ~crc;
}

static bool is_trailer(const lnt__gzip_check *check, const uint8_t *bytes) {
    uint8_t wanted[TRAILER];
    for (int i = 0; i < 4; i++) {
        wanted[i] = (uint8_t)(check->crc >> (8 * i));
        wanted[4 + i] = (uint8_t)(check->size >> (8 * i));
    }
    return memcmp(wanted, bytes, TRAILER) == 0;
}

/// Looks for the trailer at the file's end, and before zeros that may follow it.
static bool ends_with_trailer(const lnt__gzip_check *check, const lnt_archive_source *source) {
    uint8_t bytes[PIECE];
    int64_t n = source->size < PIECE ? source->size : PIECE;
    if (source->read_at(source->context, source->size - n, bytes, n) != n) return false;
    for (; n >= TRAILER; n--) {
        if (is_trailer(check, bytes + n - TRAILER)) return true;
        if (bytes[n - 1] != 0) return false;
    }
    return false;
}

/// Whether the bytes that begin a member come again after the file's beginning.
static bool may_have_members(const lnt_archive_source *source) {
    static const uint8_t magic[3] = {0x1f, 0x8b, 8};
    uint8_t bytes[PIECE];
    for (int64_t at = 1; at < source->size; at += PIECE - 2) {
        int64_t n = source->read_at(source->context, at, bytes, PIECE);
        for (int64_t i = 0; i + 3 <= n; i++)
            if (memcmp(bytes + i, magic, 3) == 0) return true;
        if (n < PIECE) break;
    }
    return false;
}

bool lnt__gzip_check_fits(const lnt__gzip_check *check, const lnt_archive_source *source) {
    return ends_with_trailer(check, source) || may_have_members(source);
}
