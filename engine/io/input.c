// Inputs and streams over them. Expected: a handful open at a time, files from a few hundred bytes to many gigabytes,
// read in pieces of about 1 MiB. Reading at a place is a pread (or memcpy): no shared position, any thread.
//
// Invariant: an input of a pipe is a regular file (io/spool.h), so everything below reads at places.
#include "io/input.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "io/archive.h"
#include "io/module.h"
#include "io/spool.h"

struct lnt_input {
    int fd;               ///< -1: memory
    const uint8_t *bytes; ///< memory
    int64_t start;        ///< offset of the first byte: a descriptor may be handed over half read
    int64_t size;
    bool plain;
    char *name, *member; ///< member NULL: none named
};

struct lnt_stream {
    const lnt_input *input;
    const lnt_archive_api *api; ///< NULL: plain
    lnt_archive *archive;
    lnt_archive_source source;
    _Atomic int64_t position;
};

// ---- opening ----

/// The descriptor that the path stands for ("-", /dev/stdin, /dev/fd/N), or -1.
static int descriptor_of(const char *path) {
    if (strcmp(path, "-") == 0 || strcmp(path, "/dev/stdin") == 0) return 0;
    const char *number = NULL;
    if (strncmp(path, "/dev/fd/", 8) == 0) number = path + 8;
    if (strncmp(path, "/proc/self/fd/", 14) == 0) number = path + 14;
    if (!number || *number < '0' || *number > '9') return -1;
    char *end;
    long fd = strtol(number, &end, 10);
    return *end || fd > INT_MAX ? -1 : (int)fd;
}

/// Bytes of a name before its last ending.
static int stem_of(const char *name, int length) {
    int stem = length;
    while (stem > 0 && name[stem - 1] != '.') stem--;
    return stem > 1 ? stem - 1 : length;
}

/// Whether `name` is `whole` but for further endings: feed.csv of feed.csv.gz, notes of notes.txt.
static bool lacks_ending(const char *name, int length, const char *whole, int whole_length) {
    return length > 0 && whole_length > length && whole[length] == '.' && memcmp(name, whole, (size_t)length) == 0;
}

/// How unlike two names of files are, or INT_MAX: a third of the name in edits at most, at least one. The ending doesn't
/// count, or every short name would be like every other one.
static int file_distance(const char *a, const char *b) {
    enum { EDIT = 2 }; // lnt_edit_distance counts an edit twice
    int a_length = (int)strnlen(a, NAME_MAX), b_length = (int)strnlen(b, NAME_MAX);
    if (lacks_ending(a, a_length, b, b_length) || lacks_ending(b, b_length, a, a_length)) return EDIT;
    int stem = stem_of(a, a_length), limit = stem < 6 ? EDIT : stem / 3 * EDIT;
    int distance = lnt_edit_distance(a, a_length, b, b_length, limit);
    return distance > limit || distance >= stem * EDIT ? INT_MAX : distance;
}

/// Sets LNT_IO for a path that isn't there, with the entry of its directory that is most like it.
static lnt_status missing_file(const char *path, lnt_error *err) {
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    char *parent = slash ? lnt_strdup(path, slash == path ? 1 : slash - path, err) : lnt_strdup(".", -1, err);
    if (!parent) return LNT_NOMEM;
    DIR *directory = opendir(parent);
    int best = INT_MAX;
    char nearest[NAME_MAX + 1] = "";
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        if (entry->d_name[0] == '.' && base[0] != '.') continue;
        int distance = file_distance(base, entry->d_name);
        bool sooner = distance < best || (distance == best && best < INT_MAX && strcmp(entry->d_name, nearest) < 0);
        if (!sooner) continue;
        best = distance;
        memcpy(nearest, entry->d_name, strlen(entry->d_name) + 1);
    }
    if (!directory)
        lnt_error_set(err, LNT_IO, "no file '%s': there is no directory '%s'", path, parent);
    else if (nearest[0])
        lnt_error_set(err, LNT_IO, "no file '%s' (did you mean '%.*s%s'?)", path, slash ? (int)(base - path) : 0, path,
                      nearest);
    else
        lnt_error_set(err, LNT_IO, "no file '%s'", path);
    if (directory) closedir(directory);
    lnt_free(parent);
    return LNT_IO;
}

static lnt_status open_path(const char *path, int *fd, lnt_error *err) {
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (*fd >= 0) return LNT_OK;
    if (errno == ENOENT) return missing_file(path, err);
    if (errno == EACCES)
        return lnt_error_set(err, LNT_IO, "can't read '%s': permission denied; see its rights with ls -l", path);
    return lnt_error_set(err, LNT_IO, "can't open '%s': %s", path, strerror(errno));
}

/// Takes a descriptor of the process: what can be read only once is replaced, under its own number, by a file with
/// the same bytes, so that whoever opens it next finds them all again.
static lnt_status open_descriptor(int number, const char *name, int *fd, lnt_error *err) {
    struct stat info;
    if (fstat(number, &info) != 0) return lnt_error_set(err, LNT_IO, "can't read %s: it is closed", name);
    if (!S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode)) {
        int spool;
        LNT_TRY(lnt_spool(number, name, &spool, err));
        bool replaced = dup2(spool, number) >= 0;
        close(spool);
        if (!replaced) return lnt_error_set(err, LNT_IO, "can't keep %s: %s", name, strerror(errno));
    }
    *fd = fcntl(number, F_DUPFD_CLOEXEC, 3);
    return *fd >= 0 ? LNT_OK : lnt_error_set(err, LNT_IO, "can't open %s: %s", name, strerror(errno));
}

/// Finds out what the descriptor is: its size, and where its bytes start.
static lnt_status look_at(lnt_input *input, bool inherited, lnt_error *err) {
    struct stat info;
    if (fstat(input->fd, &info) != 0)
        return lnt_error_set(err, LNT_IO, "can't read %s: %s", input->name, strerror(errno));
    if (S_ISDIR(info.st_mode))
        return lnt_error_set(err, LNT_IO, "'%s' is a directory; name the files in it", input->name);
    if (!S_ISREG(info.st_mode)) { // a named pipe or device
        int spool;
        LNT_TRY(lnt_spool(input->fd, input->name, &spool, err));
        close(input->fd);
        input->fd = spool;
        if (fstat(spool, &info) != 0)
            return lnt_error_set(err, LNT_IO, "can't read %s: %s", input->name, strerror(errno));
    }
    if (inherited) input->start = lseek(input->fd, 0, SEEK_CUR);
    if (input->start < 0) input->start = 0;
    input->size = info.st_size > input->start ? info.st_size - input->start : 0;
    return LNT_OK;
}

/// Whether the first bytes are those of a compressed file or archive.
static bool is_compressed(const uint8_t *head, int64_t size) {
    static const struct {
        int at, size;
        const char *magic;
    } known[] = {{0, 2, "\x1f\x8b"},
                 {0, 4, "\x28\xb5\x2f\xfd"},
                 {0, 6,
                  "\xfd"
                  "7zXZ\0"},
                 {0, 4, "PK\3\4"},
                 {0, 4, "PK\5\6"},
                 {0, 4, "PK\7\x08"},
                 {0, 4, "PK00"},
                 {0, 3, "BZh"},
                 {0, 4, "\x04\x22\x4d\x18"},
                 {0, 6, "7z\xbc\xaf\x27\x1c"},
                 {257, 5, "ustar"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (size >= known[i].at + known[i].size && memcmp(head + known[i].at, known[i].magic, known[i].size) == 0)
            return true;
    return false;
}

static lnt_status detect(lnt_input *input, lnt_error *err) {
    uint8_t head[512];
    int64_t size;
    LNT_TRY(lnt_input_read_at(input, 0, head, sizeof head, &size, err));
    input->plain = !is_compressed(head, size);
    if (input->plain && input->member)
        return lnt_error_set(err, LNT_FORMAT, "'%s' is no archive, so there is no member '%s' in it", input->name,
                             input->member);
    return LNT_OK;
}

static lnt_status input_new(const char *name, const char *member, lnt_input **out, lnt_error *err) {
    lnt_input *input = lnt_alloc_array(1, sizeof *input, err);
    if (!input) return LNT_NOMEM;
    input->fd = -1;
    input->name = lnt_strdup(name, -1, err);
    if (member && member[0]) input->member = lnt_strdup(member, -1, err);
    if (!input->name || (member && member[0] && !input->member)) {
        lnt_input_close(input);
        return LNT_NOMEM;
    }
    *out = input;
    return LNT_OK;
}

lnt_status lnt_input_open(const char *path, const char *member, lnt_input **out, lnt_error *err) {
    if (!path || !path[0]) return lnt_error_set(err, LNT_ARGUMENT, "the path of a file to read is empty");
    int number = descriptor_of(path);
    lnt_input *input;
    LNT_TRY(input_new(number == 0 ? "stdin" : path, member, &input, err));
    lnt_status status =
        number >= 0 ? open_descriptor(number, input->name, &input->fd, err) : open_path(path, &input->fd, err);
    if (status == LNT_OK) status = look_at(input, number >= 0, err);
    if (status == LNT_OK) status = detect(input, err);
    if (status == LNT_OK)
        *out = input;
    else
        lnt_input_close(input);
    return status;
}

lnt_status lnt_input_from_memory(const char *name, const void *data, int64_t size, lnt_input **out, lnt_error *err) {
    lnt_input *input;
    LNT_TRY(input_new(name, NULL, &input, err));
    input->bytes = data;
    input->size = size;
    lnt_status status = detect(input, err);
    if (status == LNT_OK)
        *out = input;
    else
        lnt_input_close(input);
    return status;
}

void lnt_input_close(lnt_input *input) {
    if (!input) return;
    if (input->fd >= 0) close(input->fd);
    lnt_free(input->name);
    lnt_free(input->member);
    lnt_free(input);
}

// ---- reading ----

const char *lnt_input_name(const lnt_input *input) {
    return input->name;
}

bool lnt_input_is_plain(const lnt_input *input) {
    return input->plain;
}

int64_t lnt_input_size(const lnt_input *input) {
    return input->size;
}

lnt_status lnt_input_read_at(const lnt_input *input, int64_t at, void *out, int64_t capacity, int64_t *size,
                             lnt_error *err) {
    int64_t left = at < input->size ? input->size - at : 0, want = capacity < left ? capacity : left, done = 0;
    *size = 0;
    if (input->fd < 0 && want > 0) memcpy(out, input->bytes + at, (size_t)want);
    while (input->fd >= 0 && done < want) {
        ssize_t n = pread(input->fd, (char *)out + done, (size_t)(want - done), input->start + at + done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return lnt_error_set(err, LNT_IO, "can't read %s: %s", input->name, strerror(errno));
        if (n == 0)
            return lnt_error_set(err, LNT_IO, "%s shrank while it was read: it had %lld bytes, and has none from byte %lld on",
                                 input->name, (long long)input->size, (long long)(at + done));
        done += n;
    }
    *size = want;
    return LNT_OK;
}

/// The source's read_at: what the archive module reads through.
static int64_t read_source(const void *context, int64_t at, void *out, int64_t capacity) {
    int64_t size;
    return lnt_input_read_at(context, at, out, capacity, &size, NULL) == LNT_OK ? size : -1;
}

lnt_status lnt_stream_open(const lnt_input *input, lnt_stream **out, lnt_error *err) {
    lnt_stream *stream = lnt_alloc_array(1, sizeof *stream, err);
    if (!stream) return LNT_NOMEM;
    stream->input = input;
    stream->source = (lnt_archive_source){input, read_source, input->size, input->name};
    lnt_status status = LNT_OK;
    if (!input->plain) {
        const void *api = NULL;
        char message[LNT_ARCHIVE_MESSAGE] = "";
        status = lnt_module_symbol("archive", LNT_ARCHIVE_SYMBOL, &api, err);
        if (status != LNT_OK) lnt_error_where(err, "%s, which is compressed", input->name);
        stream->api = api;
        if (status == LNT_OK && stream->api->version != LNT_ARCHIVE_VERSION)
            status = lnt_error_set(err, LNT_UNSUPPORTED, "the module lunette-archive.so is of another version");
        if (status == LNT_OK) {
            status = stream->api->open(&stream->source, input->member, &stream->archive, message);
            if (status != LNT_OK) lnt_error_set(err, status, "%s", message);
        }
    }
    if (status == LNT_OK)
        *out = stream;
    else
        lnt_free(stream);
    return status;
}

lnt_status lnt_stream_read(lnt_stream *stream, void *out, int64_t capacity, int64_t *size, lnt_error *err) {
    int64_t position = atomic_load_explicit(&stream->position, memory_order_relaxed);
    lnt_status status;
    if (stream->api) {
        char message[LNT_ARCHIVE_MESSAGE] = "";
        status = stream->api->read(stream->archive, out, capacity, size, &position, message);
        if (status != LNT_OK) lnt_error_set(err, status, "%s", message);
    } else {
        status = lnt_input_read_at(stream->input, position, out, capacity, size, err);
        if (status == LNT_OK) position += *size;
    }
    atomic_store_explicit(&stream->position, position, memory_order_relaxed);
    return status;
}

int64_t lnt_stream_position(const lnt_stream *stream) {
    return atomic_load_explicit(&stream->position, memory_order_relaxed);
}

/// The spool's source of bytes: a stream.
static lnt_status read_stream(void *context, void *out, int64_t capacity, int64_t *size, lnt_error *err) {
    return lnt_stream_read(context, out, capacity, size, err);
}

lnt_status lnt_input_content(const lnt_input *input, int *fd, int64_t *start, int64_t *size, lnt_error *err) {
    if (input->plain && input->fd >= 0) {
        *fd = fcntl(input->fd, F_DUPFD_CLOEXEC, 3);
        *start = input->start;
        *size = input->size;
        if (*fd >= 0) return LNT_OK;
        return lnt_error_set(err, LNT_IO, "can't open %s once more: %s", input->name, strerror(errno));
    }
    lnt_stream *stream = NULL;
    LNT_TRY(lnt_stream_open(input, &stream, err));
    lnt_status status = lnt_spool_from(read_stream, stream, fd, size, err);
    lnt_stream_close(stream);
    *start = 0;
    return status;
}

lnt_status lnt_input_unpack(lnt_input **input, lnt_error *err) {
    if ((*input)->plain) return LNT_OK;
    lnt_input *unpacked;
    LNT_TRY(input_new((*input)->name, NULL, &unpacked, err));
    lnt_status status = lnt_input_content(*input, &unpacked->fd, &unpacked->start, &unpacked->size, err);
    lnt_input *old = status == LNT_OK ? *input : unpacked;
    unpacked->plain = true;
    if (status == LNT_OK) *input = unpacked;
    lnt_input_close(old);
    return status;
}

void lnt_stream_close(lnt_stream *stream) {
    if (!stream) return;
    if (stream->api) stream->api->close(stream->archive);
    lnt_free(stream);
}
