/// @file strings.c
/// Arrays of strings from Lua, and classes: the two chores that every binding file has.
#include <string.h>

#include "lua/binding.h"

const char **lnt_lua_read_strings(lua_State *L, int index, int64_t *n) {
    index = lua_absindex(L, index);
    *n = 0;
    if (lua_isnoneornil(L, index)) {
        lua_pushnil(L);
        return NULL;
    }
    luaL_checktype(L, index, LUA_TTABLE);
    lua_Integer length = (lua_Integer)lua_rawlen(L, index); // not what a metamethod says: the loop below looks at it again
    const char **items = lua_newuserdatauv(L, sizeof *items * (size_t)(length + 1), 1);
    lua_createtable(L, (int)length, 0);
    for (lua_Integer i = 0; i < length; i++) {
        int type = lua_rawgeti(L, index, i + 1);
        if (type != LUA_TSTRING)
            lnt_lua_fail(L, LNT_ARGUMENT, "item %d is a %s, not a string", (int)i + 1, lua_typename(L, type));
        size_t size;
        items[i] = lua_tolstring(L, -1, &size);
        if (strlen(items[i]) != size) lnt_lua_fail(L, LNT_ARGUMENT, "item %d has a zero byte in it", (int)i + 1);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setiuservalue(L, -2, 1); // keeps the strings, whatever becomes of the list
    *n = length;
    return items;
}

void lnt_lua_new_class(lua_State *L, const char *name, const luaL_Reg *methods, lua_CFunction close) {
    luaL_newmetatable(L, name);
    luaL_setfuncs(L, methods, 0);
    if (lua_getfield(L, -1, "__index") == LUA_TNIL) {
        lua_pushvalue(L, -2);
        lua_setfield(L, -3, "__index");
    }
    lua_pop(L, 1);
    if (close) {
        lua_pushcfunction(L, close);
        lua_setfield(L, -2, "__gc");
        lua_pushcfunction(L, close);
        lua_setfield(L, -2, "__close");
    }
    lua_pushstring(L, name);
    lua_setfield(L, -2, "__metatable");
}
