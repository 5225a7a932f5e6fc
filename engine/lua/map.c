/// @file map.c
/// map: a column made by a Lua function, called by the engine when the plan runs.
#include "base/memory.h"
#include "lua/binding.h"

/// A function on its way through plans. It is kept in the registry of the state that made it.
typedef struct lua_map {
    void *host;
    lua_State *main;
    int driver; ///< registry reference
} lua_map;

/// One call, on its way through lua_pcall.
typedef struct map_call {
    const lua_map *map;
    const lnt_table *rows;
    lnt_column *made;
} map_call;

static int call_driver(lua_State *L) {
    map_call *call = lua_touserdata(L, 1);
    luaL_checkstack(L, 8, NULL);
    lua_rawgeti(L, LUA_REGISTRYINDEX, call->map->driver);
    lnt_table **rows = lnt_lua_new_table(L);
    *rows = lnt_table_ref(call->rows);
    lua_call(L, 1, 1);
    call->made = lnt_column_ref(lnt_lua_check_column(L, -1));
    return 0;
}

static lnt_status make_column(void *context, const lnt_table *rows, lnt_column **out, lnt_error *err) {
    map_call call = {.map = context, .rows = rows};
    LNT_TRY(lnt_lua_call_back(call.map->host, call_driver, &call, err));
    *out = call.made;
    return LNT_OK;
}

static void release_map(void *context) {
    lua_map *map = context;
    luaL_unref(map->main, LUA_REGISTRYINDEX, map->driver);
    lnt_free(map);
}

int lnt_lua_plan_map(lua_State *L) {
    const lnt_plan *in = lnt_lua_check_plan(L, 1);
    const char *name = luaL_checkstring(L, 2), *type_name = luaL_checkstring(L, 3);
    lnt_type type = lnt_type_from_name(type_name);
    luaL_checktype(L, 4, LUA_TFUNCTION);
    if (type == LNT_NULL)
        return lnt_lua_fail(L, LNT_TYPE, "map: no type '%s': there are bool, int, float, string, time and ip",
                            type_name);
    lnt_plan **out = lnt_lua_new_plan(L);
    lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
    lua_State *main = lua_tothread(L, -1);
    lua_pushvalue(L, 4);
    int driver = luaL_ref(L, LUA_REGISTRYINDEX);
    lnt_error err;
    lnt_error_init(&err);
    lua_map *map = lnt_alloc_array(1, sizeof *map, &err);
    if (!map) {
        luaL_unref(L, LUA_REGISTRYINDEX, driver);
        lnt_lua_check(L, LNT_NOMEM, &err);
    }
    *map = (lua_map){lnt_lua_host(L), main, driver};
    lnt_map shared = {make_column, release_map, map, "by a Lua function, row by row: slow"};
    lnt_lua_check(L, lnt_plan_map(in, name, type, &shared, out, &err), &err);
    lua_settop(L, 5);
    return 1;
}
