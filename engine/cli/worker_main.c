/// @file worker_main.c
/// The worker's Lua state: one of its own, whose memory ends at a limit, running lua/lunette/worker.lua.
///
/// The limit is Lua's own: where the system can't limit memory, and where a plugin's strings and tables alone would take
/// all of it, Lua sees "not enough memory" first. An invariant of Lua's allocators: shrinking never fails.
#include "cli/worker_main.h"

#include <lauxlib.h>
#include <locale.h>
#include <lua.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lua/binding.h"

typedef struct allowance {
    size_t used, limit;
} allowance;

static void *allocate(void *context, void *old, size_t old_size, size_t size) {
    allowance *a = context;
    if (!old) old_size = 0; // then it is the kind of object
    if (size == 0) {
        free(old);
        a->used -= old_size;
        return NULL;
    }
    if (size > old_size && size - old_size > a->limit - a->used) return NULL;
    void *new = realloc(old, size);
    if (!new) return NULL;
    a->used = a->used - old_size + size;
    return new;
}

/// Runs protected: require("lunette.worker").run().
static int run(lua_State *L) {
    const char *home = lua_touserdata(L, 1);
    luaL_openlibs(L);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    lua_pushcfunction(L, luaopen_lunette_core);
    lua_setfield(L, -2, "lunette.core");
    lua_getglobal(L, "package");
    lua_pushfstring(L, "%s/lua/?.lua;%s/lua/?/init.lua", home, home);
    lua_setfield(L, -2, "path");
    lua_pushliteral(L, "");
    lua_setfield(L, -2, "cpath");
    lua_getglobal(L, "require");
    lua_pushliteral(L, "lunette.worker");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "run");
    lua_call(L, 0, 0);
    return 0;
}

int lnt_worker_main(const char *home, const char *memory_bytes) {
    allowance allowed = {0, (size_t)strtoll(memory_bytes, NULL, 10)};
    setlocale(LC_CTYPE, "C.UTF-8");
    lua_State *L = lua_newstate(allocate, &allowed);
    if (!L) return EXIT_FAILURE;
    lua_pushcfunction(L, run);
    lua_pushlightuserdata(L, (void *)(uintptr_t)home);
    int outcome = lua_pcall(L, 1, 0, 0);
    if (outcome != LUA_OK) fprintf(stderr, "lunette --worker: %s\n", lua_tostring(L, -1));
    // The state isn't closed: a plugin's finalizers would run once more, and the process ends anyway.
    _Exit(outcome == LUA_OK ? EXIT_SUCCESS : EXIT_FAILURE);
}
