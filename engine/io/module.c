// Finds and loads Lunette's own shared modules. Expected use: once per compressed file. A module that was found stays
// loaded as long as the process lives, and so does its handle here.
#include "io/module.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef LUNETTE_LIBDIR
#define LUNETTE_LIBDIR "/usr/local/lib/lunette"
#endif
#ifndef LUNETTE_LIBDIR_NAME
#define LUNETTE_LIBDIR_NAME "lib"
#endif

/// Writes the directory of the executable or library that holds this code into `out`; "." when it can't be known.
static void own_directory(char out[PATH_MAX]) {
    Dl_info info;
    char resolved[PATH_MAX];
    snprintf(out, PATH_MAX, ".");
    // For the main program dladdr gives argv[0], which may be relative to a directory long left.
    if (dladdr((void *)(uintptr_t)lnt_module_symbol, &info) && info.dli_fname && strchr(info.dli_fname, '/') &&
        strstr(info.dli_fname, ".so") && realpath(info.dli_fname, resolved)) {
        snprintf(out, PATH_MAX, "%s", resolved);
    } else {
        ssize_t n = readlink("/proc/self/exe", out, PATH_MAX - 1);
        if (n <= 0) return;
        out[n] = 0;
    }
    char *slash = strrchr(out, '/');
    if (slash) *slash = 0;
}

/// The modules that were found so far: a process that gave up opening files finds them again.
static struct {
    const char *name;
    _Atomic(void *) handle;
} found[] = {{"archive", NULL}, {"mmdb", NULL}, {"digest", NULL}};

static _Atomic(void *) *found_handle(const char *name) {
    for (size_t i = 0; i < sizeof found / sizeof *found; i++)
        if (strcmp(found[i].name, name) == 0) return &found[i].handle;
    return NULL;
}

/// Loads the module from `directory`, or returns NULL. A file that is there but can't be loaded leaves why in `reason`.
static void *load_from(const char *directory, const char *below, const char *name, char reason[256]) {
    char path[PATH_MAX + 128];
    int n = snprintf(path, sizeof path, "%s%s/lunette-%s.so", directory, below, name);
    if (n < 0 || (size_t)n >= sizeof path || access(path, R_OK) != 0) return NULL;
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    const char *why = handle ? NULL : dlerror();
    if (why && !reason[0]) snprintf(reason, 256, "%s", why);
    return handle;
}

lnt_status lnt_module_symbol(const char *name, const char *symbol, const void **out, lnt_error *err) {
    // Beside the code in the build tree; from bin/ of an installation wherever it was moved to.
    static const char *const below[] = {"", "/lunette", "/../" LUNETTE_LIBDIR_NAME "/lunette"};
    char directory[PATH_MAX], reason[256] = "";
    const char *chosen = getenv("LUNETTE_MODULES");
    _Atomic(void *) *known = found_handle(name);
    void *handle = known ? atomic_load(known) : NULL;
    if (handle) {
        *out = dlsym(handle, symbol);
        if (*out) return LNT_OK;
    }
    handle = chosen && chosen[0] ? load_from(chosen, "", name, reason) : NULL;
    own_directory(directory);
    for (size_t i = 0; i < sizeof below / sizeof *below && !handle; i++)
        handle = load_from(directory, below[i], name, reason);
    if (!handle) handle = load_from(LUNETTE_LIBDIR, "", name, reason);
    if (!handle && reason[0])
        return lnt_error_set(err, LNT_UNSUPPORTED, "the module lunette-%s.so can't be loaded: %s", name, reason);
    if (!handle)
        return lnt_error_set(err, LNT_UNSUPPORTED, "the module lunette-%s.so isn't installed (looked in %s and %s)",
                             name, directory, LUNETTE_LIBDIR);
    *out = dlsym(handle, symbol);
    dlclose(handle); // RTLD_NODELETE keeps it
    if (known) atomic_store(known, handle);
    if (*out) return LNT_OK;
    return lnt_error_set(err, LNT_UNSUPPORTED, "the module lunette-%s.so is of another version", name);
}
