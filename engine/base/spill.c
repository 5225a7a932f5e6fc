/// @file spill.c
/// Spill files: unnamed temporary files.
///
/// Workload: blocks of some dozens to hundreds of KiB, written once, read once. Writers claim their place by an atomic
/// addition, so that they don't wait for each other.
#include "base/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/temporary.h"

enum { PATH_BYTES = 512 };

struct lnt_spill {
    _Atomic int64_t refs;
    lnt_engine *engine;
    const char *who;
    int fd;
    _Atomic int64_t end;
    char directory[PATH_BYTES];
};

lnt_status lnt_spill_new(lnt_engine *engine, const char *who, lnt_spill **out, lnt_error *err) {
    const char *directory = lnt__temporary_chosen();
    if (!directory) directory = "/tmp";
    if (strlen(directory) >= PATH_BYTES)
        return lnt_error_set(err, LNT_IO, "%s can't write a temporary file: the folder's name is too long", who);
    int fd = lnt__temporary_open(directory);
    if (fd < 0)
        return lnt_error_set(err, LNT_IO,
                             "%s has to write a temporary file, but none can be made in %s: %s; LUNETTE_TMPDIR can "
                             "name another folder",
                             who, directory, strerrordesc_np(errno));
    lnt_spill *spill = lnt_alloc_array(1, sizeof *spill, err);
    if (!spill) {
        close(fd);
        return LNT_NOMEM;
    }
    *spill = (lnt_spill){.engine = engine, .who = who, .fd = fd, .refs = 1};
    memcpy(spill->directory, directory, strlen(directory) + 1);
    lnt_engine_count_spill(engine, 1, 0);
    *out = spill;
    return LNT_OK;
}

lnt_spill *lnt_spill_ref(lnt_spill *spill) {
    atomic_fetch_add_explicit(&spill->refs, 1, memory_order_relaxed);
    return spill;
}

void lnt_spill_rewind(lnt_spill *spill) {
    atomic_store(&spill->end, 0);
}

void lnt_spill_unref(lnt_spill *spill) {
    if (!spill || atomic_fetch_sub_explicit(&spill->refs, 1, memory_order_acq_rel) != 1) return;
    close(spill->fd);
    lnt_free(spill);
}

const char *lnt_spill_who(const lnt_spill *spill) {
    return spill->who;
}

lnt_engine *lnt_spill_engine(const lnt_spill *spill) {
    return spill->engine;
}

/// pwrite that says EFBIG beyond the limit on file sizes, and doesn't let that end the process: the signal that comes
/// with it is held back and taken.
static ssize_t write_quietly(int fd, const void *bytes, size_t size, off_t offset) {
    sigset_t only, before, pending;
    sigemptyset(&only);
    sigaddset(&only, SIGXFSZ);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &only, &before);
    ssize_t n = pwrite(fd, bytes, size, offset);
    int code = errno;
    if (n < 0 && code == EFBIG && !sigismember(&pending, SIGXFSZ)) sigtimedwait(&only, NULL, &(struct timespec){0, 0});
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = code;
    return n;
}

static lnt_status write_failure(const lnt_spill *spill, int code, lnt_error *err) {
    if (code == ENOSPC || code == EDQUOT)
        return lnt_error_set(err, LNT_IO,
                             "%s has to write a temporary file, but there is no space left in %s; LUNETTE_TMPDIR can "
                             "name another folder, or a higher memory limit avoids it",
                             spill->who, spill->directory);
    return lnt_error_set(err, LNT_IO,
                         "%s can't write its temporary file in %s: %s; LUNETTE_TMPDIR can name another folder",
                         spill->who, spill->directory, strerrordesc_np(code));
}

lnt_status lnt_spill_write(lnt_spill *spill, const void *bytes, int64_t size, int64_t *offset, lnt_error *err) {
    int64_t at = atomic_fetch_add(&spill->end, size);
    *offset = at;
    for (const char *from = bytes; size > 0;) {
        ssize_t n = write_quietly(spill->fd, from, (size_t)size, (off_t)at);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return write_failure(spill, errno, err);
        from += n;
        at += n;
        size -= n;
        lnt_engine_count_spill(spill->engine, 0, n);
    }
    return LNT_OK;
}

lnt_status lnt_spill_read(const lnt_spill *spill, int64_t offset, void *bytes, int64_t size, lnt_error *err) {
    for (char *to = bytes; size > 0;) {
        ssize_t n = pread(spill->fd, to, (size_t)size, (off_t)offset);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0)
            return lnt_error_set(err, LNT_IO, "%s can't read its temporary file in %s: %s", spill->who,
                                 spill->directory, n < 0 ? strerrordesc_np(errno) : "it ends too early");
        to += n;
        offset += n;
        size -= n;
    }
    return LNT_OK;
}
