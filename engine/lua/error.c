/// @file error.c
/// Errors as Lua objects: tables { code, message, where, source, at, length, position, text } that print as people
/// read them. `position` is the line of the user's own code that made the call, not one of the library's.
#include <string.h>

#include "lua/binding.h"

#define ERROR_CLASS "lunette.error"

/// Where in the registry the list of the folders of the library's own Lua files is kept: frames in them are not the
/// user's.
static const char library_key = 0;

/// Where in the registry the place is kept that errors are said to come from while something is repeated; nil: nothing is.
static const char place_key = 0;

/// Whether the frame's file is in one of the folders of the list at `folders`.
static bool is_library(lua_State *L, int folders, const lua_Debug *frame) {
    if (frame->source[0] != '@' || lua_type(L, folders) != LUA_TTABLE) return false;
    bool found = false;
    for (lua_Integer i = 1; !found && lua_rawgeti(L, folders, i) == LUA_TSTRING; i++) {
        size_t size;
        const char *folder = lua_tolstring(L, -1, &size);
        found = size > 0 && strncmp(frame->source + 1, folder, size) == 0;
        if (!found) lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return found;
}

void lnt_lua_set_position(lua_State *L) {
    lua_rawsetp(L, LUA_REGISTRYINDEX, &place_key);
}

void lnt_lua_push_position(lua_State *L) {
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &place_key) != LUA_TNIL) return;
    lua_pop(L, 1);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &library_key);
    int folders = lua_gettop(L);
    lua_Debug frame;
    for (int level = 0; lua_getstack(L, level, &frame); level++) {
        if (!lua_getinfo(L, "Sl", &frame) || frame.currentline <= 0) continue;
        if (is_library(L, folders, &frame)) continue;
        lua_pushfstring(L, "%s:%d", frame.short_src, frame.currentline);
        lua_remove(L, -2);
        return;
    }
    lua_pop(L, 1);
    lua_pushnil(L);
}

/// Sets a string field unless the text is empty.
static void set_text(lua_State *L, const char *name, const char *text) {
    if (!text[0]) return;
    lua_pushstring(L, text);
    lua_setfield(L, -2, name);
}

/// With an error object on top: adds position and text (`plain` is the text without the position).
static void finish_object(lua_State *L, const char *plain) {
    lnt_lua_push_position(L);
    if (lua_isnil(L, -1)) {
        lua_pushstring(L, plain);
    } else {
        lua_pushfstring(L, "%s: %s", lua_tostring(L, -1), plain);
        lua_insert(L, -2);
        lua_setfield(L, -3, "position");
        lua_pushnil(L);
        lua_insert(L, -2);
    }
    lua_setfield(L, -3, "text");
    lua_pop(L, 1);
    luaL_setmetatable(L, ERROR_CLASS);
}

int lnt_lua_raise(lua_State *L, const lnt_error *err) {
    char plain[2304];
    luaL_checkstack(L, 8, NULL);
    lnt_error_format(err, plain, sizeof plain);
    lua_createtable(L, 0, 8);
    set_text(L, "code", lnt_status_name(err->code));
    set_text(L, "message", err->message);
    set_text(L, "where", err->where);
    if (err->source[0]) {
        set_text(L, "source", err->source);
        lua_pushinteger(L, err->at + 1);
        lua_setfield(L, -2, "at");
        lua_pushinteger(L, err->length);
        lua_setfield(L, -2, "length");
    }
    finish_object(L, plain);
    return lua_error(L);
}

void lnt_lua_check(lua_State *L, lnt_status status, const lnt_error *err) {
    if (status == LNT_OK) return;
    if (err->code == LNT_OK) lnt_lua_fail(L, status, "%s", lnt_status_name(status));
    lnt_lua_raise(L, err);
}

int lnt_lua_fail(lua_State *L, lnt_status code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    const char *message = lua_pushvfstring(L, format, args);
    va_end(args);
    lnt_error err;
    lnt_error_init(&err);
    (void)lnt_error_set(&err, code, "%s", message);
    return lnt_lua_raise(L, &err);
}

/// core.error(code, message, where?): an error object for Lua code to raise with `error`.
static int make_error(lua_State *L) {
    const char *code = luaL_checkstring(L, 1), *message = luaL_checkstring(L, 2), *where = luaL_optstring(L, 3, "");
    lua_createtable(L, 0, 8);
    set_text(L, "code", code);
    set_text(L, "message", message);
    set_text(L, "where", where);
    if (where[0]) {
        lua_pushfstring(L, "%s: %s", where, message);
        lua_insert(L, -2);
        lua_pushvalue(L, -2);
        lua_setfield(L, -2, "text"); // files name their own place; the caller's line would only hide it
        luaL_setmetatable(L, ERROR_CLASS);
    } else {
        finish_object(L, message);
    }
    return 1;
}

static int error_tostring(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_getfield(L, 1, "text");
    return 1;
}

static int error_concat(lua_State *L) {
    luaL_tolstring(L, 1, NULL);
    luaL_tolstring(L, 2, NULL);
    lua_concat(L, 2);
    return 1;
}

/// core.is_error(x): whether x is one of these.
static int is_error(lua_State *L) {
    bool is = lua_type(L, 1) == LUA_TTABLE && lua_getmetatable(L, 1) &&
              luaL_getmetatable(L, ERROR_CLASS) == LUA_TTABLE && lua_rawequal(L, -1, -2);
    lua_pushboolean(L, is);
    return 1;
}

/// core.set_library(folders): where the library's own Lua files are, a list.
static int set_library(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &library_key);
    return 0;
}

void lnt_lua_open_error(lua_State *L) {
    static const luaL_Reg methods[] = {{"__tostring", error_tostring}, {"__concat", error_concat}, {NULL, NULL}};
    static const luaL_Reg functions[] = {
        {"error", make_error}, {"is_error", is_error}, {"set_library", set_library}, {NULL, NULL}};
    lnt_lua_new_class(L, ERROR_CLASS, methods, NULL);
    lua_pop(L, 1);
    luaL_setfuncs(L, functions, 0);
}
