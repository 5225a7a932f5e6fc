/// @file main.c
/// The `lunette` executable: a Lua state with the binding inside, its Lua side found next to it, and Ctrl-C wired to
/// the engine. Everything else of the command line is lua/lunette/cli.lua.
///
/// Starting must cost next to nothing: no library beyond Lua is loaded, no thread started, and only the files that the
/// command needs are read.
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

#include "cli/edit.h"
#include "cli/worker_main.h"
#include "io/module.h"
#include "lua/binding.h"

enum { EXIT_INTERRUPTED = 130 };

/// The state that Ctrl-C stops. Written once, before the handler is set.
static lua_State *volatile main_state;

/// Runs at every Lua instruction after a Ctrl-C: code that catches the error meets it again at its next step. Whoever
/// ends the run arms Ctrl-C anew, which takes the hook away.
static void stop_lua(lua_State *L, lua_Debug *frame) {
    (void)frame;
    luaL_error(L, "interrupted");
}

/// The first Ctrl-C asks engine and Lua to stop; a second one ends the process.
static void on_interrupt(int number) {
    signal(number, SIG_DFL);
    lnt_lua_interrupt();
    lua_sethook(main_state, stop_lua, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
}

/// Arms Ctrl-C (again). To Lua: arm_interrupt().
static int arm_interrupt(lua_State *L) {
    lua_sethook(L, NULL, 0, 0);
    signal(SIGINT, on_interrupt);
    return 0;
}

/// To Lua: edit_line(prompt), a line with editing and history; nil at the input's end; nothing but `false` where line
/// editing isn't installed.
static int edit_line(lua_State *L) {
    const char *prompt = luaL_checkstring(L, 1);
    const void *found = NULL;
    if (lnt_module_symbol("edit", "lnt_edit", &found, NULL) != LNT_OK) {
        lua_pushboolean(L, false);
        return 1;
    }
    char *line = ((const lnt_edit_functions *)found)->read_line(prompt);
    if (!line) return 0;
    lua_pushstring(L, line);
    free(line);
    return 1;
}

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

/// Runs protected: opens the libraries and calls require("lunette.cli").main(args, host) with what only the
/// executable can do; it returns the exit status.
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
    lua_createtable(L, 0, 2);
    lua_pushcfunction(L, arm_interrupt);
    lua_setfield(L, -2, "arm_interrupt");
    lua_pushcfunction(L, edit_line);
    lua_setfield(L, -2, "edit_line");
    arm_interrupt(L);
    lua_gc(L, LUA_GCGEN, 0, 0);
    lua_call(L, 2, 1);
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
    lua_State *L = luaL_newstate();
    if (!L) {
        fprintf(stderr, "lunette: no memory to start\n");
        return EXIT_FAILURE;
    }
    main_state = L;
    signal(SIGPIPE, SIG_DFL); // a reader that goes away ends us quietly, whatever the parent had set
    lua_pushcfunction(L, run);
    lua_pushinteger(L, argc);
    lua_pushlightuserdata(L, argv);
    int status = status_of(L, lua_pcall(L, 2, 1, 0));
    signal(SIGINT, SIG_DFL);
    lua_close(L);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "lunette: the standard output could not be written\n");
        if (status == EXIT_SUCCESS) status = EXIT_FAILURE;
    }
    return status;
}
