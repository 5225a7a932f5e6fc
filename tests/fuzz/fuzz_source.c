// The sources, through Lua: a file of any kind (feeds, Zeek, Suricata, web logs, archives) is recognised and read, or
// is an error that says why; a mistake in the Lua code is none.
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "fuzz.h"
#include "lua/binding.h"

static const char script[] =
    "local lunette, path = require 'lunette', ...\n"
    "local ok, problem = pcall(function()\n"
    "  local query = lunette.read(path)\n"
    "  local n = #query:collect()\n"
    "  query:rejects()\n"
    "  local first = query:schema()[1]\n"
    "  if first then query:group_by(first.name):agg('n = count()'):collect() end\n"
    "end)\n"
    "for _, mistake in ipairs { 'attempt to', 'bad argument', 'overflow' } do\n"
    "  if not ok and tostring(problem):find(mistake, 1, true) then error(problem, 0) end\n"
    "end\n";

static lua_State *open_state(void) {
    const char *home = getenv("LUNETTE_HOME");
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    lua_pushcfunction(L, luaopen_lunette_core);
    lua_setfield(L, -2, "lunette.core");
    lua_getglobal(L, "package");
    lua_pushfstring(L, "%s/lua/?.lua;%s/lua/?/init.lua", home, home);
    lua_setfield(L, -2, "path");
    lua_settop(L, 0);
    return L;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static lua_State *L;
    if (!L) L = open_state();
    int fd;
    char path[32];
    fuzz_file(data, size, &fd, path);
    CHECK_INT(luaL_loadbuffer(L, script, sizeof script - 1, "=script"), LUA_OK);
    lua_pushstring(L, path);
    bool ok = lua_pcall(L, 1, 0, 0) == LUA_OK;
    CHECK_MSG(ok, "%s", luaL_tolstring(L, -1, NULL));
    lua_settop(L, 0);
    lua_gc(L, LUA_GCCOLLECT);
    close(fd);
    if (check_failures) abort();
    return 0;
}
