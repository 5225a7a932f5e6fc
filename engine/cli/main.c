/// @file main.c
/// The `lunette` executable: a Lua state with the binding inside, and its Lua side found next to it. Everything else of
/// the command line is lua/lunette/cli.lua.
///
/// Starting must cost next to nothing: no library beyond Lua is loaded, no thread started, and only the files that the
/// command needs are read.
#include <langinfo.h>
#include <lauxlib.h>
#include <locale.h>
#include <lua.h>
#include <lualib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/worker_main.h"
#include "lua/binding.h"
#include "lua/home.h"
#include "lua/interrupt.h"

enum { EXIT_INTERRUPTED = 130 };

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
    if (!lnt_lua_find_home(home, NULL))
        return luaL_error(L,
                          "can't find the Lua side (share/lunette next to the executable, or where LUNETTE_HOME says)");
    lnt_lua_set_path(L, home);
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
    signal(SIGXFSZ, SIG_IGN); // a file that gets too large is an error like others
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
