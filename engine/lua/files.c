/// @file files.c
/// Files that must be private, durable, or one process's alone; and waiting.
#include <time.h>

#include "lua/binding.h"

#define LOCK_CLASS "lunette.lock"
#define CONTENT_CLASS "lunette.content"

static int content_close(lua_State *L) {
    char **box = luaL_checkudata(L, 1, CONTENT_CLASS), *content = *box;
    *box = NULL;
    lnt_file_free(content);
    return 0;
}

/// nil, message, code.
static int push_failure(lua_State *L, lnt_status status, const lnt_error *err) {
    lua_pushnil(L);
    lua_pushstring(L, err->message);
    lua_pushstring(L, lnt_status_name(status));
    return 3;
}

/// core.read_private(path): the content of a file that is the user's alone; or nil, message, code.
static int read_private(lua_State *L) {
    const char *path = luaL_checkstring(L, 1);
    char **box = lua_newuserdatauv(L, sizeof *box, 0);
    *box = NULL;
    luaL_setmetatable(L, CONTENT_CLASS);
    int64_t size = 0;
    lnt_error err;
    lnt_error_init(&err);
    lnt_status status = lnt_file_read_private(path, box, &size, &err);
    if (status != LNT_OK) return push_failure(L, status, &err);
    lua_pushlstring(L, *box, (size_t)size);
    return 1;
}

/// core.write_durable(path, text): raises where it can't.
static int write_durable(lua_State *L) {
    size_t size;
    const char *path = luaL_checkstring(L, 1), *bytes = luaL_checklstring(L, 2, &size);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(L, lnt_file_write_durable(path, bytes, (int64_t)size, &err), &err);
    return 0;
}

static int lock_close(lua_State *L) {
    int *box = luaL_checkudata(L, 1, LOCK_CLASS), fd = *box;
    *box = -1;
    lnt_file_unlock(fd);
    return 0;
}

/// core.lock(path): a lock, to be held by `local lock <close>`; nil where another process has it.
static int take_lock(lua_State *L) {
    const char *path = luaL_checkstring(L, 1);
    int *box = lua_newuserdatauv(L, sizeof *box, 0);
    *box = -1;
    luaL_setmetatable(L, LOCK_CLASS);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(L, lnt_file_lock(path, box, &err), &err);
    return *box >= 0 ? 1 : 0;
}

/// core.sleep(seconds): a signal ends it early.
static int sleep_for(lua_State *L) {
    lua_Number seconds = luaL_checknumber(L, 1);
    luaL_argcheck(L, seconds >= 0 && seconds < 1e6, 1, "0 to a million seconds");
    struct timespec t = {.tv_sec = (time_t)seconds, .tv_nsec = (long)((seconds - (lua_Number)(time_t)seconds) * 1e9)};
    nanosleep(&t, NULL);
    return 0;
}

void lnt_lua_open_files(lua_State *L) {
    static const luaL_Reg nothing[] = {{NULL, NULL}};
    static const luaL_Reg functions[] = {
        {"read_private", read_private}, {"write_durable", write_durable}, {"lock", take_lock}, {"sleep", sleep_for},
        {NULL, NULL}};
    lnt_lua_new_class(L, CONTENT_CLASS, nothing, content_close);
    lnt_lua_new_class(L, LOCK_CLASS, nothing, lock_close);
    lua_pop(L, 2);
    luaL_setfuncs(L, functions, 0);
}
