// Files that must be private, durable, or one process's alone. Expected use: a few times in a run, on small files.
#include "lunette/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

enum { MOST_PRIVATE_BYTES = 1 << 20 };

static lnt_status failure(lnt_error *err, const char *what, const char *path) {
    return lnt_error_set(err, LNT_IO, "can't %s %s: %s", what, path, strerror(errno));
}

// ---- private files ----

/// Whether the open file is the user's own and closed to others: what is checked is what is read.
static lnt_status check_private(int fd, const char *path, int64_t *size, lnt_error *err) {
    struct stat s;
    if (fstat(fd, &s) != 0) return failure(err, "read", path);
    if (!S_ISREG(s.st_mode)) return lnt_error_set(err, LNT_ARGUMENT, "%s is no file", path);
    if (s.st_uid != geteuid())
        return lnt_error_set(err, LNT_ARGUMENT, "%s belongs to another user, so it isn't used: sudo chown \"$USER\" '%s'",
                             path, path);
    if (s.st_mode & 077)
        return lnt_error_set(err, LNT_ARGUMENT, "%s may be read or written by others (its mode is %04o), so it isn't used: "
                             "chmod 600 '%s'", path, (unsigned)(s.st_mode & 07777), path);
    if (s.st_size > MOST_PRIVATE_BYTES) return lnt_error_set(err, LNT_ARGUMENT, "%s is larger than 1 MiB", path);
    *size = s.st_size;
    return LNT_OK;
}

static lnt_status read_all(int fd, const char *path, char *out, int64_t *size, lnt_error *err) {
    int64_t at = 0;
    while (at < *size) {
        ssize_t n = read(fd, out + at, (size_t)(*size - at));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failure(err, "read", path);
        if (n == 0) break;
        at += n;
    }
    out[at] = 0;
    *size = at;
    return LNT_OK;
}

lnt_status lnt_file_read_private(const char *path, char **out, int64_t *size_bytes, lnt_error *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return failure(err, "read", path);
    char *content = NULL;
    lnt_status status = check_private(fd, path, size_bytes, err);
    if (status == LNT_OK) {
        content = lnt_alloc(*size_bytes + 1, err);
        status = content ? read_all(fd, path, content, size_bytes, err) : LNT_NOMEM;
    }
    close(fd);
    if (status == LNT_OK)
        *out = content;
    else
        lnt_free(content);
    return status;
}

void lnt_file_free(char *content) {
    lnt_free(content);
}

// ---- durable files ----

static lnt_status sync_folder_of(const char *path, lnt_error *err) {
    lnt_text folder = {0};
    const char *slash = strrchr(path, '/');
    lnt_text_add(&folder, slash ? path : ".", slash ? slash - path + 1 : 1);
    lnt_status status = lnt_text_check(&folder, err);
    int fd = status == LNT_OK ? open(folder.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (status == LNT_OK && (fd < 0 || fsync(fd) != 0)) status = failure(err, "sync the folder of", path);
    if (fd >= 0) close(fd);
    lnt_text_clear(&folder);
    return status;
}

static lnt_status write_synced(const char *path, const char *bytes, int64_t size, lnt_error *err) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) return failure(err, "write", path);
    lnt_status status = LNT_OK;
    while (size > 0 && status == LNT_OK) {
        ssize_t n = write(fd, bytes, (size_t)size);
        if (n < 0 && errno != EINTR) status = failure(err, "write", path);
        if (n > 0) bytes += n, size -= n;
    }
    if (status == LNT_OK && fsync(fd) != 0) status = failure(err, "write", path);
    if (close(fd) != 0 && status == LNT_OK) status = failure(err, "write", path);
    return status;
}

lnt_status lnt_file_write_durable(const char *path, const char *bytes, int64_t size_bytes, lnt_error *err) {
    lnt_text part = {0};
    lnt_text_addf(&part, "%s.%ld.part", path, (long)getpid());
    lnt_status status = lnt_text_check(&part, err);
    if (status == LNT_OK) status = write_synced(part.data, bytes, size_bytes, err);
    if (status == LNT_OK) status = sync_folder_of(path, err);
    if (status == LNT_OK && rename(part.data, path) != 0) status = failure(err, "replace", path);
    if (status == LNT_OK) status = sync_folder_of(path, err);
    if (status != LNT_OK && part.data) unlink(part.data);
    lnt_text_clear(&part);
    return status;
}

// ---- locks ----

lnt_status lnt_file_lock(const char *path, int *fd, lnt_error *err) {
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (*fd < 0) return failure(err, "make the lock", path);
    while (flock(*fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EINTR) continue;
        lnt_status status = errno == EWOULDBLOCK ? LNT_OK : failure(err, "lock", path);
        close(*fd);
        *fd = -1;
        return status;
    }
    return LNT_OK;
}

void lnt_file_unlock(int fd) {
    if (fd >= 0) close(fd);
}
