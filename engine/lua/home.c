/// @file home.c
/// Finds the Lua side, for the executable and for programs that have the prompt inside. Expected use: once per state.
#include "lua/home.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lua/binding.h"
#include "lua/home_config.h"

/// Whether `<folder>/<below>/lua/lunette/init.lua` exists; `home` then is the folder.
static bool is_home(char home[PATH_MAX], const char *folder, const char *below) {
    char probe[PATH_MAX + 32];
    int n = snprintf(home, PATH_MAX, "%s%s", folder, below);
    if (n < 0 || n >= PATH_MAX) return false;
    snprintf(probe, sizeof probe, "%s/lua/lunette/init.lua", home);
    return access(probe, R_OK) == 0;
}

/// Whether the Lua side is near the file `path`: beside it, beside its folder, or in the share of its prefix.
static bool is_near(char home[PATH_MAX], char path[PATH_MAX]) {
    static const char *const below[] = {"/share/lunette", "/../share/lunette", "/../../share/lunette"};
    char *slash = strrchr(path, '/');
    if (!slash) return false;
    *slash = 0;
    for (size_t i = 0; i < sizeof below / sizeof *below; i++)
        if (is_home(home, path, below[i])) return true;
    return false;
}

static bool is_near_executable(char home[PATH_MAX]) {
    char self[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    if (size <= 0) return false;
    self[size] = 0;
    return is_near(home, self);
}

static bool is_near_library(char home[PATH_MAX]) {
    Dl_info info;
    char resolved[PATH_MAX];
    return dladdr((void *)(uintptr_t)lnt_lua_find_home, &info) && info.dli_fname && realpath(info.dli_fname, resolved) &&
           is_near(home, resolved);
}

bool lnt_lua_find_home(char home[PATH_MAX], const char *chosen) {
    if (!chosen || !chosen[0]) chosen = getenv("LUNETTE_HOME");
    if (chosen && chosen[0]) return is_home(home, chosen, "");
    return is_near_executable(home) || is_near_library(home) || is_home(home, LUNETTE_DATADIR, "");
}

void lnt_lua_set_path(lua_State *L, const char *home) {
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "path");
    lua_pushfstring(L, "%s/lua/?.lua;%s/lua/?/init.lua;%s", home, home, lua_tostring(L, -1));
    lua_setfield(L, -3, "path");
    lua_pop(L, 2);
}
