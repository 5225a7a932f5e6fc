/// @file repl.c
/// lnt_repl_run: a Lua state with the library in it that runs lunette.repl over a program's streams.
#include "lunette/repl.h"

#include <lualib.h>
#include <string.h>

#include "lua/binding.h"
#include "lua/home.h"
#include "lua/interrupt.h"

/// What crosses into the protected call.
typedef struct repl_call {
    const lnt_repl_options *options;
    int64_t n_failed;
} repl_call;

/// The program's stream stays open: Lua only forgets it.
static int forget_stream(lua_State *L) {
    luaL_Stream *stream = luaL_checkudata(L, 1, LUA_FILEHANDLE);
    stream->closef = forget_stream;
    lua_pushboolean(L, true);
    return 1;
}

/// Sets field `name` of the table on top to the stream as a Lua file, unless it is NULL.
static void set_stream(lua_State *L, const char *name, FILE *file) {
    if (!file) return;
    luaL_Stream *stream = lua_newuserdatauv(L, sizeof *stream, 0);
    stream->closef = NULL;
    luaL_setmetatable(L, LUA_FILEHANDLE);
    stream->f = file;
    stream->closef = forget_stream;
    lua_setfield(L, -2, name);
}

/// Pushes the result of require(name).
static void push_module(lua_State *L, const char *name) {
    lua_getglobal(L, "require");
    lua_pushstring(L, name);
    lua_call(L, 1, 1);
}

/// Sets the program's tables as globals: queries over them.
static void set_tables(lua_State *L, const lnt_repl_options *options) {
    for (int64_t i = 0; i < options->n_tables; i++) {
        push_module(L, "lunette.query");
        lua_getfield(L, -1, "of_table");
        lnt_table **box = lnt_lua_new_table(L);
        *box = lnt_table_ref((lnt_table *)(uintptr_t)options->tables[i].table);
        lua_call(L, 1, 1);
        lua_setglobal(L, options->tables[i].name);
        lua_pop(L, 1);
    }
}

/// Pushes the table of options for lunette.repl.
static void push_options(lua_State *L, const lnt_repl_options *options) {
    lua_newtable(L);
    set_stream(L, "input", options->in);
    set_stream(L, "output", options->out);
    set_stream(L, "messages", options->messages);
    lua_createtable(L, (int)options->n_inputs, 0);
    for (int64_t i = 0; i < options->n_inputs; i++) {
        lua_pushstring(L, options->inputs[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "inputs");
    if (options->history && options->history[0]) {
        lua_pushstring(L, options->history);
        lua_setfield(L, -2, "history");
    } else if (options->history) {
        lua_pushboolean(L, false);
        lua_setfield(L, -2, "history");
    }
}

/// Runs protected: everything.
static int run(lua_State *L) {
    repl_call *call = lua_touserdata(L, 1);
    char home[PATH_MAX];
    luaL_checkversion(L);
    luaL_openlibs(L);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    lua_pushcfunction(L, luaopen_lunette_core);
    lua_setfield(L, -2, "lunette.core");
    if (!lnt_lua_find_home(home, call->options->home))
        return luaL_error(L, "can't find the Lua side: the folder that holds lua/lunette (LUNETTE_HOME says where)");
    lnt_lua_set_path(L, home);
    push_module(L, "lunette");
    lua_setglobal(L, "lunette");
    set_tables(L, call->options);
    if (call->options->prepare) call->options->prepare(L, call->options->context);
    lua_settop(L, 1);
    push_module(L, "lunette.repl");
    lua_getfield(L, -1, "repl");
    push_options(L, call->options);
    lua_call(L, 1, 1);
    call->n_failed = lua_tointeger(L, -1);
    return 0;
}

/// The code that an error object's name stands for; LNT_IO for Lua's own errors, which are about what can't be found.
static lnt_status code_of(lua_State *L) {
    if (!lua_istable(L, -1)) return LNT_IO;
    lua_getfield(L, -1, "code");
    const char *name = lua_tostring(L, -1);
    lnt_status found = LNT_INTERNAL;
    for (int code = LNT_NOMEM; name && code <= LNT_INTERNAL; code++)
        if (strcmp(lnt_status_name((lnt_status)code), name) == 0) found = (lnt_status)code;
    lua_pop(L, 1);
    return found;
}

lnt_status lnt_repl_run(const lnt_repl_options *options, int64_t *n_failed, lnt_error *err) {
    static const lnt_repl_options none = {0};
    repl_call call = {options ? options : &none, 0};
    lnt_status status = LNT_OK;
    lua_State *L = luaL_newstate();
    if (!L) return lnt_error_set(err, LNT_NOMEM, "no memory for a Lua state");
    lua_pushcfunction(L, run);
    lua_pushlightuserdata(L, &call);
    int outcome = lua_pcall(L, 1, 0, 0);
    if (outcome == LUA_ERRMEM) {
        status = lnt_error_set(err, LNT_NOMEM, "no memory for the session");
    } else if (outcome != LUA_OK) {
        lnt_status code = code_of(L);
        status = lnt_error_set(err, code, "%s", luaL_tolstring(L, -1, NULL));
    }
    lnt_lua_release_interrupt();
    lua_close(L);
    if (n_failed) *n_failed = call.n_failed;
    return status;
}
