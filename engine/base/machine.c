/// @file machine.c
/// Processors and memory, asked of the system: affinity mask, physical pages, control groups of version 2 (from the
/// process's own group up to the root) and of version 1 (the mount's root, which is what a container sees).
#include "base/machine.h"

#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 1024 };

/// The beginning of a small file as terminated text; false if it can't be read.
static bool read_small(const char *path, char *out, size_t capacity) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    ssize_t size = read(fd, out, capacity - 1);
    close(fd);
    if (size <= 0) return false;
    out[size] = 0;
    return true;
}

/// The process's group of version 2, such as "/user.slice"; "" when there is none.
static void own_group(char out[PATH_BYTES]) {
    char text[PATH_BYTES];
    out[0] = 0;
    if (!read_small("/proc/self/cgroup", text, sizeof text)) return;
    for (char *rest = text, *line; (line = strtok_r(rest, "\n", &rest));) {
        if (strncmp(line, "0::", 3) == 0) memcpy(out, line + 3, strlen(line + 3) + 1);
    }
    if (strcmp(out, "/") == 0) out[0] = 0;
}

/// Calls `fn` with the text of `file` in the process's group and each group above it.
static void each_group(const char *file, void (*fn)(const char *text, void *context), void *context) {
    char group[PATH_BYTES], path[2 * PATH_BYTES], text[256];
    own_group(group);
    for (;;) {
        snprintf(path, sizeof path, "/sys/fs/cgroup%s/%s", group, file);
        if (read_small(path, text, sizeof text)) fn(text, context);
        char *slash = strrchr(group, '/');
        if (!slash) return;
        *slash = 0;
    }
}

static void least_bytes(const char *text, void *context) {
    int64_t *least = context;
    if (*text < '0' || *text > '9') return; // "max"
    long long limit = strtoll(text, NULL, 10);
    if (limit > 0 && limit < *least) *least = limit;
}

int64_t lnt_machine_memory_bytes(void) {
    int64_t pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    int64_t least = pages > 0 && page > 0 ? pages * page : INT64_MAX;
    each_group("memory.max", least_bytes, &least);
    char text[256];
    if (read_small("/sys/fs/cgroup/memory/memory.limit_in_bytes", text, sizeof text)) least_bytes(text, &least);
    return least;
}

/// "quota period" or "max period": quota / period processors, rounded up.
static void least_processors(const char *text, void *context) {
    int64_t *least = context, quota, period;
    char *end;
    if (*text < '0' || *text > '9') return;
    quota = strtoll(text, &end, 10);
    period = strtoll(end, NULL, 10);
    if (quota <= 0 || period <= 0) return;
    int64_t processors = (quota + period - 1) / period;
    if (processors < *least) *least = processors;
}

int lnt_machine_n_processors(void) {
    cpu_set_t set;
    int64_t n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : sysconf(_SC_NPROCESSORS_ONLN);
    if (n < 1) n = 1;
    each_group("cpu.max", least_processors, &n);
    return (int)(n < 1 ? 1 : n);
}
