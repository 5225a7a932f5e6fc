// The mmdb module: MaxMind databases through libmaxminddb.
//
// Expected: databases of some megabytes to some hundred, mapped into memory by the library, asked millions of times.
// Built as a shared module (io/mmdb.h); uses nothing of the core, so allocation is the C library's.
//
// A record's number is its offset in the data section plus one, so that 0 can mean "none".
#include "io/mmdb.h"

#include <errno.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

struct lnt_mmdb {
    MMDB_s handle;
    char path[256];
    char type[128], description[256];
};

LNT_API extern const lnt_mmdb_api lnt_mmdb_module;

static lnt_status complain(const lnt_mmdb *db, int error, char message[LNT_MMDB_MESSAGE]) {
    bool is_of_system = (error == MMDB_FILE_OPEN_ERROR || error == MMDB_IO_ERROR) && errno != 0;
    snprintf(message, LNT_MMDB_MESSAGE, "%s: %s", db->path, is_of_system ? strerror(errno) : MMDB_strerror(error));
    if (error == MMDB_OUT_OF_MEMORY_ERROR) return LNT_NOMEM;
    return error == MMDB_FILE_OPEN_ERROR || error == MMDB_IO_ERROR ? LNT_IO : LNT_FORMAT;
}

/// The description in English, else the first there is, else "".
static const char *description_of(const MMDB_metadata_s *metadata) {
    const char *first = "";
    for (size_t i = 0; i < metadata->description.count; i++) {
        const MMDB_description_s *entry = metadata->description.descriptions[i];
        if (!entry || !entry->description) continue;
        if (entry->language && strcmp(entry->language, "en") == 0) return entry->description;
        if (!first[0]) first = entry->description;
    }
    return first;
}

/// Why a path that exists can't be a database; NULL where it can. The library would say little of it.
static const char *obstacle_of(const char *path) {
    struct stat about;
    if (stat(path, &about) != 0) return NULL;
    if (S_ISDIR(about.st_mode)) return "it is a folder";
    if (!S_ISREG(about.st_mode)) return "it is no regular file";
    return about.st_size == 0 ? "it is empty" : NULL;
}

static lnt_status mmdb_open(const char *path, lnt_mmdb **out, lnt_mmdb_metadata *metadata,
                            char message[LNT_MMDB_MESSAGE]) {
    lnt_mmdb *db = calloc(1, sizeof *db);
    if (!db) {
        snprintf(message, LNT_MMDB_MESSAGE, "no memory for opening %s", path);
        return LNT_NOMEM;
    }
    snprintf(db->path, sizeof db->path, "%s", path);
    const char *obstacle = obstacle_of(path);
    if (obstacle) {
        snprintf(message, LNT_MMDB_MESSAGE, "%s: %s", db->path, obstacle);
        free(db);
        return LNT_FORMAT;
    }
    errno = 0;
    int error = MMDB_open(path, MMDB_MODE_MMAP, &db->handle);
    if (error != MMDB_SUCCESS) {
        // What the library says of a path is of its own paths into the metadata.
        bool is_metadata = error == MMDB_LOOKUP_PATH_DOES_NOT_MATCH_DATA_ERROR || error == MMDB_INVALID_LOOKUP_PATH_ERROR;
        lnt_status status = complain(db, is_metadata ? MMDB_INVALID_METADATA_ERROR : error, message);
        free(db);
        return status;
    }
    const MMDB_metadata_s *found = &db->handle.metadata;
    snprintf(db->type, sizeof db->type, "%s", found->database_type ? found->database_type : "");
    snprintf(db->description, sizeof db->description, "%s", description_of(found));
    *metadata = (lnt_mmdb_metadata){db->type, db->description, found->build_epoch, found->ip_version};
    *out = db;
    return LNT_OK;
}

static void mmdb_close(lnt_mmdb *db) {
    if (!db) return;
    MMDB_close(&db->handle);
    free(db);
}

static const void *mmdb_content(const lnt_mmdb *db, int64_t *size) {
    *size = (int64_t)db->handle.file_size;
    return db->handle.file_content;
}

static lnt_status mmdb_find(const lnt_mmdb *db, lnt_ip ip, uint32_t *record, char message[LNT_MMDB_MESSAGE]) {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address;
    memset(&address, 0, sizeof address);
    if (lnt_ip_is_v4(ip)) {
        address.v4.sin_family = AF_INET;
        address.v4.sin_addr.s_addr = htonl((uint32_t)ip.lo);
    } else {
        address.v6.sin6_family = AF_INET6;
        for (int i = 0; i < 8; i++) {
            address.v6.sin6_addr.s6_addr[i] = (uint8_t)(ip.hi >> (56 - 8 * i));
            address.v6.sin6_addr.s6_addr[8 + i] = (uint8_t)(ip.lo >> (56 - 8 * i));
        }
    }
    int error = MMDB_SUCCESS;
    MMDB_lookup_result_s result = MMDB_lookup_sockaddr(&db->handle, &address.any, &error);
    if (error != MMDB_SUCCESS) return complain(db, error, message);
    *record = result.found_entry ? result.entry.offset + 1 : 0;
    return LNT_OK;
}

/// A scalar of the database as a value; null for maps, arrays, bytes and integers past 64 bits.
static lnt_value value_of(const MMDB_entry_data_s *data) {
    lnt_value value = {.type = LNT_INT};
    switch (data->type) {
    case MMDB_DATA_TYPE_UINT16: value.as.i = data->uint16; break;
    case MMDB_DATA_TYPE_UINT32: value.as.i = data->uint32; break;
    case MMDB_DATA_TYPE_INT32: value.as.i = data->int32; break;
    case MMDB_DATA_TYPE_UINT64:
        value.as.i = (int64_t)data->uint64;
        value.is_null = data->uint64 > INT64_MAX;
        break;
    case MMDB_DATA_TYPE_DOUBLE: value.type = LNT_FLOAT, value.as.f = data->double_value; break;
    case MMDB_DATA_TYPE_FLOAT: value.type = LNT_FLOAT, value.as.f = (double)data->float_value; break;
    case MMDB_DATA_TYPE_BOOLEAN: value.type = LNT_BOOL, value.as.b = data->boolean; break;
    case MMDB_DATA_TYPE_UTF8_STRING:
        value.type = LNT_STRING;
        value.as.s = (lnt_str){data->utf8_string, data->data_size};
        break;
    default: value.is_null = true;
    }
    return value;
}

static lnt_status mmdb_get(const lnt_mmdb *db, uint32_t record, const char *const *path, lnt_value *out,
                           char message[LNT_MMDB_MESSAGE]) {
    MMDB_entry_s entry = {&db->handle, record - 1};
    MMDB_entry_data_s data = {0};
    *out = (lnt_value){.type = LNT_NULL, .is_null = true};
    int error = MMDB_aget_value(&entry, &data, path);
    if (error == MMDB_LOOKUP_PATH_DOES_NOT_MATCH_DATA_ERROR || error == MMDB_INVALID_LOOKUP_PATH_ERROR) return LNT_OK;
    if (error != MMDB_SUCCESS) return complain(db, error, message);
    if (data.has_data) *out = value_of(&data);
    return LNT_OK;
}

const lnt_mmdb_api lnt_mmdb_module = {LNT_MMDB_VERSION, mmdb_open, mmdb_close, mmdb_content, mmdb_find, mmdb_get};
