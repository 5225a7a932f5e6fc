// Where an answer's body goes: memory that is charged to the engine, or a file that is hidden until it is whole.
//
// Expected: answers of kilobytes in memory, downloads of some hundred megabytes in files. A limit is on the unpacked
// bytes, so that a small answer that unpacks into a huge one stops there.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/engine.h"
#include "base/text.h"
#include "io/http/http.h"

enum { ASIDE_BYTES = 1 << 16 };

static lnt_status io_failure(lnt_error *err, const char *what, const lnt_http_body *body) {
    if (!body->part && body->fd >= 0)
        return lnt_error_set(err, LNT_IO, "can't %s a temporary file: %s; TMPDIR can name another folder for it", what,
                             strerror(errno));
    return lnt_error_set(err, LNT_IO, "can't %s %s: %s", what, body->path, strerror(errno));
}

/// Opens the file that has the path already, if it is one without a name (/proc/self/fd/N of it): nobody else sees it, and
/// nothing could be put into its place.
static bool open_nameless(lnt_http_body *body) {
    struct stat s;
    if (stat(body->path, &s) != 0 || !S_ISREG(s.st_mode) || s.st_nlink != 0) return false;
    body->fd = open(body->path, O_RDWR | O_CLOEXEC);
    return body->fd >= 0;
}

/// Creates `.name.<process>.part` beside the path, anew if an ended process of that number has left one.
static lnt_status open_part(lnt_http_body *body, lnt_error *err) {
    const char *slash = strrchr(body->path, '/');
    int64_t folder = slash ? slash - body->path + 1 : 0;
    lnt_text name = {0};
    lnt_text_add(&name, body->path, folder);
    lnt_text_addf(&name, ".%s.%ld.part", body->path + folder, (long)getpid());
    lnt_status status = lnt_text_check(&name, err);
    if (status != LNT_OK) {
        lnt_text_clear(&name);
        return status;
    }
    body->fd = open(name.data, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (body->fd < 0) {
        status = io_failure(err, "create", body);
        lnt_text_clear(&name);
        return status;
    }
    body->part = name.data;
    return LNT_OK;
}

lnt_status lnt_http_body_open(lnt_http_body *body, lnt_engine *engine, const char *path, int64_t limit,
                              lnt_error *err) {
    *body = (lnt_http_body){.limit = limit, .path = path, .fd = -1};
    if (path && !open_nameless(body)) LNT_TRY(open_part(body, err));
    // An error page is kept in memory also when the answer goes to a file.
    return lnt_buffer_new(lnt_engine_budget(engine), 4096, "an HTTP answer", &body->memory, err);
}

static lnt_status write_all(lnt_http_body *body, const char *bytes, int64_t size, lnt_error *err) {
    while (size > 0) {
        ssize_t n = write(body->fd, bytes, (size_t)size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return io_failure(err, "write", body);
        bytes += n;
        size -= n;
    }
    return LNT_OK;
}

lnt_status lnt_http_body_add(lnt_http_body *body, const char *bytes, int64_t size, lnt_error *err) {
    if (size > body->limit - body->size)
        return lnt_error_set(err, LNT_LIMIT, "the answer is larger than %lld bytes, which is the limit for it",
                             (long long)body->limit);
    body->size += size;
    if (body->fd >= 0 && !body->is_aside) return write_all(body, bytes, size, err);
    int64_t room = body->is_aside ? ASIDE_BYTES - body->memory->size : size;
    return lnt_buffer_append(body->memory, bytes, size < room ? size : room, "an HTTP answer", err);
}

lnt_status lnt_http_body_restart(lnt_http_body *body, bool is_aside, lnt_error *err) {
    body->size = body->memory->size = 0;
    body->is_aside = is_aside;
    if (body->fd >= 0 && (ftruncate(body->fd, 0) != 0 || lseek(body->fd, 0, SEEK_SET) != 0))
        return io_failure(err, "write", body);
    return LNT_OK;
}

void lnt_http_redact(char *text, int64_t size, const char *const *secrets, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        size_t length = strlen(secrets[i]);
        if (length < 4) continue;
        char *from = text, *end = text + size;
        for (char *found; (found = memmem(from, (size_t)(end - from), secrets[i], length)); from = found + length)
            memset(found, '*', length);
    }
}

lnt_status lnt_http_body_redact(lnt_http_body *body, const char *const *secrets, int64_t n, lnt_error *err) {
    if (n == 0 || body->size == 0) return LNT_OK;
    if (body->fd < 0 || body->is_aside) {
        lnt_http_redact((char *)body->memory->data, body->memory->size, secrets, n);
        return LNT_OK;
    }
    char *map = mmap(NULL, (size_t)body->size, PROT_READ | PROT_WRITE, MAP_SHARED, body->fd, 0);
    if (map == MAP_FAILED) return io_failure(err, "read", body);
    lnt_http_redact(map, body->size, secrets, n);
    munmap(map, (size_t)body->size);
    return LNT_OK;
}

lnt_status lnt_http_body_commit(lnt_http_body *body, lnt_error *err) {
    if (!body->part || body->is_aside) return LNT_OK; // what has no name is in its place
    if (fsync(body->fd) != 0) return io_failure(err, "write", body);
    if (rename(body->part, body->path) != 0) return io_failure(err, "replace", body);
    lnt_free(body->part);
    body->part = NULL;
    return LNT_OK;
}

void lnt_http_body_close(lnt_http_body *body) {
    if (body->part) {
        unlink(body->part);
        lnt_free(body->part);
    }
    if (body->fd >= 0) close(body->fd);
    lnt_buffer_unref(body->memory);
    *body = (lnt_http_body){.fd = -1};
}
