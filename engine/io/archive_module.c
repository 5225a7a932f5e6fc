// The archive module: zip, gz, zst, xz, bz2, lz4, tar and 7z through libarchive, as one stream of one member's bytes.
//
// Expected: a feed's daily dump, one member, up to some gigabytes unpacked. Built as a shared module (io/archive.h);
// uses nothing of the core, so allocation is the C library's.
//
// Invariant: `at` is where the next sequential read of the compressed bytes starts; libarchive moves it by its seeks.
#include "io/archive.h"
#include "io/gzip_check.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 1 << 17, MAX_LISTED = 12 };

struct lnt_archive {
    const lnt_archive_source *source;
    struct archive *reader;
    int64_t at;
    bool gzip; ///< the content is a gzip file's: its checksum is looked at
    lnt__gzip_check check;
    char chunk[CHUNK];
};

LNT_API extern const lnt_archive_api lnt_archive_module;

static la_ssize_t on_read(struct archive *reader, void *context, const void **out) {
    lnt_archive *archive = context;
    int64_t n = archive->source->read_at(archive->source->context, archive->at, archive->chunk, CHUNK);
    if (n < 0) {
        archive_set_error(reader, -1, "the file can't be read any more, or it shrank");
        return -1;
    }
    archive->at += n;
    *out = archive->chunk;
    return (la_ssize_t)n;
}

static la_int64_t on_skip(struct archive *reader, void *context, la_int64_t request) {
    (void)reader;
    lnt_archive *archive = context;
    int64_t left = archive->source->size - archive->at;
    if (request > left) request = left;
    if (request < 0) request = 0;
    archive->at += request;
    return request;
}

static la_int64_t on_seek(struct archive *reader, void *context, la_int64_t offset, int whence) {
    (void)reader;
    lnt_archive *archive = context;
    int64_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? archive->at : archive->source->size;
    if (base + offset < 0) return ARCHIVE_FATAL;
    archive->at = base + offset;
    return archive->at;
}

/// Says in `message` what libarchive found wrong; returns LNT_FORMAT.
static lnt_status damaged(const lnt_archive *archive, char message[LNT_ARCHIVE_MESSAGE]) {
    const char *why = archive->reader ? archive_error_string(archive->reader) : NULL;
    snprintf(message, LNT_ARCHIVE_MESSAGE, "%s is damaged or cut off: %s", archive->source->name,
             why ? why : "its data ends too early");
    return LNT_FORMAT;
}

static lnt_status no_memory(char message[LNT_ARCHIVE_MESSAGE]) {
    snprintf(message, LNT_ARCHIVE_MESSAGE, "no memory for reading an archive");
    return LNT_NOMEM;
}

/// Starts (again) at the archive's beginning.
static lnt_status start(lnt_archive *archive, char message[LNT_ARCHIVE_MESSAGE]) {
    archive_read_free(archive->reader);
    archive->at = 0;
    struct archive *reader = archive->reader = archive_read_new();
    if (!reader) return no_memory(message);
    archive_read_support_filter_gzip(reader);
    archive_read_support_filter_bzip2(reader);
    archive_read_support_filter_xz(reader);
    archive_read_support_filter_zstd(reader);
    archive_read_support_filter_lz4(reader);
    archive_read_support_format_zip(reader);
    archive_read_support_format_tar(reader);
    archive_read_support_format_7zip(reader);
    archive_read_support_format_raw(reader);
    archive_read_support_format_empty(reader);
    archive_read_set_read_callback(reader, on_read);
    archive_read_set_skip_callback(reader, on_skip);
    archive_read_set_seek_callback(reader, on_seek);
    archive_read_set_callback_data(reader, archive);
    return archive_read_open1(reader) == ARCHIVE_OK ? LNT_OK : damaged(archive, message);
}

static const char *entry_name(struct archive_entry *entry) {
    const char *name = archive_entry_pathname_utf8(entry);
    if (!name) name = archive_entry_pathname(entry);
    return name ? name : "(a name that can't be shown)";
}

/// Whether an entry is content: not a directory, not what macOS adds to its zip files.
static bool is_content(struct archive_entry *entry) {
    const char *name = entry_name(entry);
    size_t size = strlen(name);
    return archive_entry_filetype(entry) != AE_IFDIR && !(size > 0 && name[size - 1] == '/') &&
           strncmp(name, "__MACOSX/", 9) != 0;
}

/// What was met on the way through an archive's entries.
typedef struct listing {
    int n_files;
    size_t used;
    char text[LNT_ARCHIVE_MESSAGE - 200]; ///< names, comma-separated
} listing;

static void list_name(listing *list, const char *name) {
    list->n_files++;
    if (list->n_files > MAX_LISTED || list->used >= sizeof list->text) return;
    int n = snprintf(list->text + list->used, sizeof list->text - list->used, "%s%s", list->n_files > 1 ? ", " : "",
                     list->n_files < MAX_LISTED ? name : "…");
    if (n > 0) list->used += (size_t)n;
}

/// Goes on to the next content entry; `*entry` NULL at the end.
static lnt_status next_content(lnt_archive *archive, struct archive_entry **entry, char message[LNT_ARCHIVE_MESSAGE]) {
    for (;;) {
        int status = archive_read_next_header(archive->reader, entry);
        if (status == ARCHIVE_EOF) {
            *entry = NULL;
            return LNT_OK;
        }
        if (status != ARCHIVE_OK && status != ARCHIVE_WARN) return damaged(archive, message);
        if (is_content(*entry)) return LNT_OK;
    }
}

static lnt_status check_readable(const lnt_archive *archive, struct archive_entry *entry,
                                 char message[LNT_ARCHIVE_MESSAGE]) {
    if (!archive_entry_is_encrypted(entry)) return LNT_OK;
    snprintf(message, LNT_ARCHIVE_MESSAGE, "'%s' in %s is encrypted; unpack it first", entry_name(entry),
             archive->source->name);
    return LNT_UNSUPPORTED;
}

/// Whether the entry's name is `member`, or ends as `member` does after its *.
static bool is_called(const char *name, const char *member) {
    if (member[0] != '*') return strcmp(name, member) == 0;
    size_t name_size = strlen(name), size = strlen(member + 1);
    return name_size >= size && strcmp(name + name_size - size, member + 1) == 0;
}

/// Stops at the entry called `member`, or fails listing those that there are.
static lnt_status find_member(lnt_archive *archive, const char *member, char message[LNT_ARCHIVE_MESSAGE]) {
    listing list = {0};
    struct archive_entry *entry;
    for (;;) {
        lnt_status status = next_content(archive, &entry, message);
        if (status != LNT_OK) return status;
        if (!entry) break;
        if (is_called(entry_name(entry), member)) return check_readable(archive, entry, message);
        list_name(&list, entry_name(entry));
    }
    snprintf(message, LNT_ARCHIVE_MESSAGE, "%s has no member '%s'; it holds: %s", archive->source->name, member,
             list.n_files ? list.text : "nothing");
    return LNT_FORMAT;
}

/// Has the checksum looked at where libarchive doesn't.
static lnt_status start_check(lnt_archive *archive) {
    archive->gzip =
        archive_filter_count(archive->reader) == 2 && archive_filter_code(archive->reader, 0) == ARCHIVE_FILTER_GZIP;
    if (archive->gzip) lnt__gzip_check_init(&archive->check);
    return LNT_OK;
}

/// Makes sure that the archive has one member only, and stops at it.
static lnt_status find_only(lnt_archive *archive, char message[LNT_ARCHIVE_MESSAGE]) {
    listing list = {0};
    struct archive_entry *entry;
    lnt_status status = next_content(archive, &entry, message);
    if (status == LNT_OK && entry && archive_format(archive->reader) == ARCHIVE_FORMAT_RAW)
        return start_check(archive); // a compressed file, not an archive
    while (status == LNT_OK && entry) {
        list_name(&list, entry_name(entry));
        status = next_content(archive, &entry, message);
    }
    if (status != LNT_OK) return status;
    if (list.n_files == 1) {
        status = start(archive, message);
        if (status == LNT_OK) status = next_content(archive, &entry, message);
        return status == LNT_OK && entry ? check_readable(archive, entry, message) : status;
    }
    if (list.n_files == 0)
        snprintf(message, LNT_ARCHIVE_MESSAGE, "%s holds no file", archive->source->name);
    else
        snprintf(message, LNT_ARCHIVE_MESSAGE, "%s holds %d files; say which (--member NAME, or the option member): %s",
                 archive->source->name, list.n_files, list.text);
    return LNT_FORMAT;
}

static void archive_close(lnt_archive *archive) {
    if (!archive) return;
    archive_read_free(archive->reader);
    free(archive);
}

static lnt_status archive_open(const lnt_archive_source *source, const char *member, lnt_archive **out,
                               char message[LNT_ARCHIVE_MESSAGE]) {
    lnt_archive *archive = calloc(1, sizeof *archive);
    if (!archive) return no_memory(message);
    archive->source = source;
    lnt_status status = start(archive, message);
    if (status == LNT_OK) status = member ? find_member(archive, member, message) : find_only(archive, message);
    if (status == LNT_OK)
        *out = archive;
    else
        archive_close(archive);
    return status;
}

static lnt_status archive_read(lnt_archive *archive, void *out, int64_t capacity, int64_t *size, int64_t *position,
                               char message[LNT_ARCHIVE_MESSAGE]) {
    int64_t done = 0;
    while (done < capacity) {
        la_ssize_t n = archive_read_data(archive->reader, (char *)out + done, (size_t)(capacity - done));
        if (n == ARCHIVE_RETRY) continue;
        if (n < 0) return damaged(archive, message);
        if (n == 0) break;
        if (archive->gzip) lnt__gzip_check_add(&archive->check, (const uint8_t *)out + done, n);
        done += n;
    }
    if (done < capacity && archive->gzip) {
        archive->gzip = false; // the end is judged once
        if (!lnt__gzip_check_fits(&archive->check, archive->source)) {
            snprintf(message, LNT_ARCHIVE_MESSAGE, "%s is damaged: its checksum isn't that of its content",
                     archive->source->name);
            return LNT_FORMAT;
        }
    }
    *size = done;
    *position = archive->at < archive->source->size ? archive->at : archive->source->size;
    return LNT_OK;
}

const lnt_archive_api lnt_archive_module = {LNT_ARCHIVE_VERSION, archive_open, archive_read, archive_close};
