// Writing into files: a file appears under its name only when it is whole.
//
// The rows go to a file without a name in the same directory, which then takes the name; after a failure, and after a
// death, nothing is left and what was there before stays. What isn't a regular file (a device, a pipe, stdout) is written as it is.
#include "base/text.h"
#include "lunette/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct sink {
    int fd;
    const char *name; // for messages
} sink;

static lnt_status io_failure(lnt_error *err, int code, const char *what, const char *name) {
    if (code == ENOSPC || code == EDQUOT) {
        return lnt_error_set(err, LNT_IO, "no space left for writing %s", name);
    }
    if (code == EFBIG)
        return lnt_error_set(err, LNT_IO, "%s gets larger than a file may be here (`ulimit -f` shows this process' limit)",
                             name);
    if (code == EPIPE) return lnt_error_set(err, LNT_IO, "whoever reads %s has closed it", name);
    if (code == ENOENT) return lnt_error_set(err, LNT_IO, "can't %s %s: its directory doesn't exist", what, name);
    return lnt_error_set(err, LNT_IO, "can't %s %s: %s", what, name, strerrordesc_np(code));
}

static lnt_status write_all(void *context, const char *bytes, int64_t size, lnt_error *err) {
    const sink *to = context;
    while (size > 0) {
        ssize_t n = write(to->fd, bytes, (size_t)size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return io_failure(err, errno, "write", to->name);
        bytes += n;
        size -= n;
    }
    return LNT_OK;
}

// What a file gets: a plan's rows, or bytes where there is no plan.
typedef struct content {
    lnt_engine *engine;
    const lnt_plan *plan;
    const lnt_write_options *options;
    const char *bytes;
    int64_t size;
} content;

static lnt_status write_content(const content *what, sink to, lnt_error *err) {
    if (!what->plan) return write_all(&to, what->bytes, what->size, err);
    return lnt_write(what->engine, what->plan, what->options, write_all, &to, err);
}

// What exists and isn't a regular file: written in place.
static lnt_status write_in_place(const content *what, const char *path, lnt_error *err) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return io_failure(err, errno, "open", path);
    lnt_status status = write_content(what, (sink){fd, path}, err);
    if (close(fd) != 0 && status == LNT_OK) status = io_failure(err, errno, "write", path);
    return status;
}

// A file on its way to a name.
typedef struct draft {
    int fd;
    bool named;     ///< `name` is its name already
    lnt_text name;  ///< `.file.<pid>-<n>.part` beside the file that it becomes
} draft;

// The next name beside `path` that a draft could have.
static lnt_status next_name(draft *d, const char *path, int n, lnt_error *err) {
    const char *slash = strrchr(path, '/');
    int64_t folder = slash ? slash - path + 1 : 0;
    d->name.size = 0;
    lnt_text_add(&d->name, path, folder);
    lnt_text_addf(&d->name, ".%s.%ld-%d.part", path + folder, (long)getpid(), n);
    return lnt_text_check(&d->name, err);
}

// Opens a draft in the folder of `path`: without a name, so that nothing of it stays however the process ends; with one
// where the file system has no such files.
static lnt_status open_draft(draft *d, const char *path, mode_t mode, lnt_error *err) {
    const char *slash = strrchr(path, '/');
    lnt_text_add(&d->name, slash ? path : "./", slash ? slash - path + 1 : 2);
    LNT_TRY(lnt_text_check(&d->name, err));
    bool can_be_named = access("/proc/self/fd", X_OK) == 0;
    d->fd = can_be_named ? open(d->name.data, O_TMPFILE | O_WRONLY | O_CLOEXEC, mode) : -1;
    if (d->fd >= 0) return LNT_OK;
    for (int n = 0; n < 1000; n++) {
        LNT_TRY(next_name(d, path, n, err));
        d->fd = open(d->name.data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        d->named = d->fd >= 0;
        if (d->named) return LNT_OK;
        if (errno != EEXIST) break;
    }
    return io_failure(err, errno, "create", path);
}

// Gives the draft a name of its own, unless it has one.
static lnt_status name_draft(draft *d, const char *path, lnt_error *err) {
    char handle[32];
    snprintf(handle, sizeof handle, "/proc/self/fd/%d", d->fd);
    for (int n = 0; n < 1000 && !d->named; n++) {
        LNT_TRY(next_name(d, path, n, err));
        d->named = linkat(AT_FDCWD, handle, AT_FDCWD, d->name.data, AT_SYMLINK_FOLLOW) == 0;
        if (!d->named && errno != EEXIST) break;
    }
    return d->named ? LNT_OK : io_failure(err, errno, "create", path);
}

static lnt_status write_whole(const content *what, const char *path, mode_t mode, lnt_error *err) {
    draft d = {.fd = -1};
    lnt_status status = open_draft(&d, path, mode, err);
    if (status == LNT_OK) status = write_content(what, (sink){d.fd, path}, err);
    // On the disk before it has the name: after a power cut there is the old file or the new one.
    if (status == LNT_OK && fsync(d.fd) != 0 && errno != EINVAL) status = io_failure(err, errno, "write", path);
    if (status == LNT_OK) status = name_draft(&d, path, err);
    if (d.fd >= 0 && close(d.fd) != 0 && status == LNT_OK) status = io_failure(err, errno, "write", path);
    if (status == LNT_OK && rename(d.name.data, path) != 0) status = io_failure(err, errno, "replace", path);
    if (status != LNT_OK && d.named) unlink(d.name.data);
    lnt_text_clear(&d.name);
    return status;
}

static lnt_status write_path(const content *what, const char *path, lnt_error *err) {
    if (strcmp(path, "-") == 0) return write_content(what, (sink){STDOUT_FILENO, "stdout"}, err);
    if (path[0] == 0) return lnt_error_set(err, LNT_ARGUMENT, "an empty path can't be written");
    struct stat info;
    bool exists = stat(path, &info) == 0;
    if (exists && S_ISDIR(info.st_mode)) return lnt_error_set(err, LNT_IO, "%s is a directory", path);
    if (exists && !S_ISREG(info.st_mode)) return write_in_place(what, path, err);
    char *target = exists ? realpath(path, NULL) : NULL; // a link stays a link
    mode_t mode = exists ? info.st_mode & 0777 : 0666;
    lnt_status status = write_whole(what, target ? target : path, mode, err);
    free(target);
    return status;
}

lnt_status lnt_write_file(lnt_engine *engine, const lnt_plan *plan, const char *path, const lnt_write_options *options,
                          lnt_error *err) {
    return write_path(&(content){.engine = engine, .plan = plan, .options = options}, path, err);
}

lnt_status lnt_write_bytes(const char *path, const char *bytes, int64_t size, lnt_error *err) {
    return write_path(&(content){.bytes = bytes, .size = size}, path, err);
}
