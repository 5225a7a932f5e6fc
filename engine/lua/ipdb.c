/// @file ipdb.c
/// Address databases: opened, described, asked for whole columns.
#include <string.h>

#include "lua/binding.h"

#define IPDB_CLASS "lunette.ipdb"

static lnt_ipdb *check_ipdb(lua_State *L, int index) {
    lnt_ipdb *db = *(lnt_ipdb **)luaL_checkudata(L, index, IPDB_CLASS);
    if (!db) luaL_argerror(L, index, "the address database was closed");
    return db;
}

static int ipdb_close(lua_State *L) {
    lnt_ipdb **box = luaL_checkudata(L, 1, IPDB_CLASS), *db = *box;
    *box = NULL;
    lnt_ipdb_free(db);
    return 0;
}

/// core.ipdb(path): an open database.
static int ipdb_open(lua_State *L) {
    const char *path = luaL_checkstring(L, 1);
    lnt_ipdb **box = lua_newuserdatauv(L, sizeof *box, 0);
    *box = NULL;
    luaL_setmetatable(L, IPDB_CLASS);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(L, lnt_ipdb_open(path, box, &err), &err);
    return 1;
}

/// db:info(): { path, type, description, build_time, ip_version }.
static int ipdb_info(lua_State *L) {
    lnt_ipdb_info info = lnt_ipdb_get_info(check_ipdb(L, 1));
    lua_createtable(L, 0, 5);
    lua_pushstring(L, info.path);
    lua_setfield(L, -2, "path");
    lua_pushstring(L, info.type);
    lua_setfield(L, -2, "type");
    lua_pushstring(L, info.description);
    lua_setfield(L, -2, "description");
    lnt_lua_push_value(L, (lnt_value){.type = LNT_TIME, .as.i = info.build_time_us});
    lua_setfield(L, -2, "build_time");
    lua_pushinteger(L, info.ip_version);
    lua_setfield(L, -2, "ip_version");
    return 1;
}

/// Reads the array of { type =, paths = { … } } at `index`; leaves what keeps it alive on the stack.
static lnt_ipdb_field *read_fields(lua_State *L, int index, int64_t *n) {
    luaL_checktype(L, index, LUA_TTABLE);
    *n = (int64_t)lua_rawlen(L, index);
    luaL_checkstack(L, (int)*n * 2 + 8, "too many fields");
    lnt_ipdb_field *fields = lua_newuserdatauv(L, sizeof *fields * (size_t)(*n + 1), 0);
    for (int64_t i = 0; i < *n; i++) {
        lua_rawgeti(L, index, i + 1);
        luaL_checktype(L, -1, LUA_TTABLE);
        int at = lua_gettop(L);
        lua_getfield(L, at, "type");
        fields[i].type = lnt_type_from_name(luaL_checkstring(L, -1));
        lua_pop(L, 1);
        lua_getfield(L, at, "paths");
        int64_t n_paths;
        fields[i].paths = lnt_lua_read_strings(L, -1, &n_paths);
        fields[i].n_paths = n_paths;
    }
    return fields;
}

static void push_stats(lua_State *L, const lnt_ipdb_stats *stats) {
    lua_createtable(L, 0, 4);
    lua_pushinteger(L, stats->n_found);
    lua_setfield(L, -2, "found");
    lua_pushinteger(L, stats->n_missing);
    lua_setfield(L, -2, "missing");
    lua_pushinteger(L, stats->n_null);
    lua_setfield(L, -2, "null");
    lua_pushinteger(L, stats->n_unsupported);
    lua_setfield(L, -2, "unsupported");
}

/// db:lookup(column of ips, { { type =, paths = { "a.b", … } }, … }): an array of columns, and how it went:
/// { found, missing, null, unsupported } in addresses.
static int ipdb_lookup(lua_State *L) {
    const lnt_ipdb *db = check_ipdb(L, 1);
    const lnt_column *ips = lnt_lua_check_column(L, 2);
    int64_t n;
    const lnt_ipdb_field *fields = read_fields(L, 3, &n);
    lua_createtable(L, (int)n, 0);
    int result = lua_gettop(L);
    lnt_column **out = lua_newuserdatauv(L, sizeof *out * (size_t)(n + 1), 0);
    lnt_column ***boxes = lua_newuserdatauv(L, sizeof *boxes * (size_t)(n + 1), 0);
    for (int64_t i = 0; i < n; i++) { // userdata first, so that nothing is lost if Lua runs out of memory
        boxes[i] = lnt_lua_new_column(L);
        lua_rawseti(L, result, i + 1);
    }
    lnt_engine *engine = lnt_lua_engine(L);
    lnt_ipdb_stats stats;
    lnt_error err;
    lnt_error_init(&err);
    lnt_status status = lnt_ipdb_lookup(engine, db, ips, fields, n, out, &stats, &err);
    for (int64_t i = 0; i < n && status == LNT_OK; i++) *boxes[i] = out[i];
    lnt_lua_finish(L, status, &err);
    lua_pushvalue(L, result);
    push_stats(L, &stats);
    return 2;
}

void lnt_lua_open_ipdb(lua_State *L) {
    static const luaL_Reg methods[] = {{"info", ipdb_info}, {"lookup", ipdb_lookup}, {NULL, NULL}};
    static const luaL_Reg functions[] = {{"ipdb", ipdb_open}, {NULL, NULL}};
    lnt_lua_new_class(L, IPDB_CLASS, methods, ipdb_close);
    lua_pop(L, 1);
    luaL_setfuncs(L, functions, 0);
}
