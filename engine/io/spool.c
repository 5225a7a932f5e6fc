// Pipes into unnamed temporary files. Expected: feeds of up to some gigabytes on stdin, read two or three times (types,
// rows, rejects). A file rather than memory: the system writes it back when memory is short, and it can be read at
// any place from several threads.
#include "io/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/temporary.h"

enum { CHUNK = 1 << 16 };

static lnt_status open_unnamed(int *out, lnt_error *err) {
    const char *places[] = {lnt__temporary_chosen(), "/var/tmp", "/tmp"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (!places[i]) continue;
        *out = lnt__temporary_open(places[i]);
        if (*out >= 0) return LNT_OK;
    }
    return lnt_error_set(err, LNT_IO, "can't make a temporary file: %s; set TMPDIR to a directory that can be written",
                         strerror(errno));
}

static lnt_status write_all(int fd, const char *data, ssize_t size, lnt_error *err) {
    while (size > 0) {
        ssize_t n = write(fd, data, (size_t)size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0)
            return lnt_error_set(err, LNT_IO, "can't write a temporary file: %s; TMPDIR can name a larger place",
                                 strerror(errno));
        data += n;
        size -= n;
    }
    return LNT_OK;
}

static lnt_status copy_all(lnt_spool_read_fn read_more, void *context, int to, int64_t *size, lnt_error *err) {
    char *chunk = lnt_alloc(CHUNK, err);
    if (!chunk) return LNT_NOMEM;
    lnt_status status;
    int64_t n = 0;
    do {
        status = read_more(context, chunk, CHUNK, &n, err);
        if (status == LNT_OK) status = write_all(to, chunk, (ssize_t)n, err);
        *size += n;
    } while (status == LNT_OK && n > 0);
    lnt_free(chunk);
    return status;
}

lnt_status lnt_spool_from(lnt_spool_read_fn read_more, void *context, int *out, int64_t *size, lnt_error *err) {
    int spool = -1;
    *size = 0;
    LNT_TRY(open_unnamed(&spool, err));
    lnt_status status = copy_all(read_more, context, spool, size, err);
    if (status == LNT_OK && lseek(spool, 0, SEEK_SET) != 0)
        status = lnt_error_set(err, LNT_IO, "can't rewind a temporary file: %s", strerror(errno));
    if (status == LNT_OK)
        *out = spool;
    else
        close(spool);
    return status;
}

/// A descriptor and its name for messages.
typedef struct source {
    int fd;
    const char *name;
} source;

static lnt_status read_descriptor(void *context, void *out, int64_t capacity, int64_t *size, lnt_error *err) {
    const source *from = context;
    ssize_t n;
    do n = read(from->fd, out, (size_t)capacity);
    while (n < 0 && errno == EINTR);
    *size = n < 0 ? 0 : n;
    return n < 0 ? lnt_error_set(err, LNT_IO, "can't read %s: %s", from->name, strerror(errno)) : LNT_OK;
}

lnt_status lnt_spool(int fd, const char *name, int *out, lnt_error *err) {
    int64_t size;
    return lnt_spool_from(read_descriptor, &(source){fd, name}, out, &size, err);
}
