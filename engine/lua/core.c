/// @file core.c
/// The module `lunette.core`: everything of the engine that Lua can reach. The Lua side (lua/lunette) makes a language
/// of it; nobody else requires it.
#include "lua/binding.h"
#include "lua/channel.h"

int luaopen_lunette_core(lua_State *L) {
    luaL_checkversion(L);
    lua_createtable(L, 0, 64);
    lnt_lua_open_error(L);
    lnt_lua_open_engine(L);
    lnt_lua_open_value(L);
    lnt_lua_open_column(L);
    lnt_lua_open_table(L);
    lnt_lua_open_plan(L);
    lnt_lua_open_expression(L);
    lnt_lua_open_io(L);
    lnt_lua_open_files(L);
    lnt_lua_open_http(L);
    lnt_lua_open_ipdb(L);
    lnt_lua_open_arrow(L);
    lnt_lua_open_json(L);
    lnt_lua_open_cohosting(L);
    lnt_lua_open_host(L);
    lnt_lua_open_channel(L);
    lnt_lua_open_worker(L);
    lnt_lua_open_evidence(L);
    lnt_lua_open_edit(L);
    lnt_lua_open_interrupt(L);
    lnt_lua_open_learn(L);
    lua_pushstring(L, lnt_version());
    lua_setfield(L, -2, "version");
    return 1;
}
