/// @file main.c
/// The `lunette` executable: a Lua state with the binding inside, and its Lua side found next to it. Everything else of
/// the command line is lua/lunette/cli.lua.
///
/// Starting must cost next to nothing: no library beyond Lua is loaded, no thread started, and only the files that the
/// command needs are read.
#include <langinfo.h>
#include <lauxlib.h>
#include <limits.h>
#include <locale.h>
#include <lua.h>
#include <lualib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/worker_main.h"
#include "lua/binding.h"
#include "lua/interrupt.h"

enum { EXIT_INTERRUPTED = 130 };

/// Whether `<folder>/<below>/lua/lunette/init.lua` exists; `home` then is the folder.
static bool is_home(char home[PATH_MAX], const char *folder, const char *below) {
    char probe[PATH_MAX + 32];
    int n = snprintf(home, PATH_MAX, "%s%s", folder, below);
    if (n < 0 || n >= PATH_MAX) return false;
    snprintf(probe, sizeof probe, "%s/lua/lunette/init.lua", home);
    return access(probe, R_OK) == 0;
}

/// Finds the Lua side: LUNETTE_HOME, or share/lunette beside the executable, or beside its folder.
static bool find_home(char home[PATH_MAX]) {
    const char *chosen = getenv("LUNETTE_HOME");
    if (chosen && chosen[0]) return is_home(home, chosen, "");
    char self[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    if (size <= 0) return false;
    self[size] = 0;
    char *slash = strrchr(self, '/');
    if (slash) *slash = 0;
    return is_home(home, self, "/share/lunette") || is_home(home, self, "/../share/lunette");
}

/// Puts the home's Lua folder before the other places that require looks in.
static void set_path(lua_State *L, const char *home) {
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "path");
    lua_pushfstring(L, "%s/lua/?.lua;%s/lua/?/init.lua;%s", home, home, lua_tostring(L, -1));
    lua_setfield(L, -3, "path");
    lua_pop(L, 2);
}

/// Runs protected: opens the libraries and calls require("lunette.cli").main(args), which returns the exit
/// status.
static int run(lua_State *L) {
    int argc = (int)lua_tointeger(L, 1);
    char **argv = lua_touserdata(L, 2);
    char home[PATH_MAX];
    luaL_checkversion(L);
    luaL_openlibs(L);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    lua_pushcfunction(L, luaopen_lunette_core);
    lua_setfield(L, -2, "lunette.core");
    if (!find_home(home))
        return luaL_error(L,
                          "can't find the Lua side (share/lunette next to the executable, or where LUNETTE_HOME says)");
    set_path(L, home);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "lunette.cli");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "main");
    lua_createtable(L, argc, 1);
    for (int i = 0; i < argc; i++) {
        lua_pushstring(L, argv[i]);
        lua_rawseti(L, -2, i);
    }
    lua_gc(L, LUA_GCGEN, 0, 0);
    lua_call(L, 1, 1);
    return 1;
}

/// Says what ended the run, if anything did that cli.lua could not say itself.
static int status_of(lua_State *L, int outcome) {
    if (outcome == LUA_OK) return (int)lua_tointeger(L, -1);
    const char *message = lua_tostring(L, -1);
    bool interrupted = message && strstr(message, "interrupted");
    fprintf(stderr, "lunette: %s\n", interrupted ? "interrupted" : message ? message : "an error without a message");
    return interrupted ? EXIT_INTERRUPTED : EXIT_FAILURE;
}

int main(int argc, char **argv) {
    if (argc == 4 && strcmp(argv[1], "--worker") == 0) return lnt_worker_main(argv[2], argv[3]);
    setlocale(LC_CTYPE, ""); // and nothing else: numbers are written the same everywhere
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0) setlocale(LC_CTYPE, "C.UTF-8"); // text is UTF-8, at the prompt too
    lua_State *L = luaL_newstate();
    if (!L) {
        fprintf(stderr, "lunette: no memory to start\n");
        return EXIT_FAILURE;
    }
    signal(SIGPIPE, SIG_DFL); // a reader that goes away ends us quietly, whatever the parent had set
    lua_pushcfunction(L, run);
    lua_pushinteger(L, argc);
    lua_pushlightuserdata(L, argv);
    int status = status_of(L, lua_pcall(L, 2, 1, 0));
    lnt_lua_release_interrupt();
    lua_close(L);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "lunette: the standard output could not be written\n");
        if (status == EXIT_SUCCESS) status = EXIT_FAILURE;
    }
    return status;
}
