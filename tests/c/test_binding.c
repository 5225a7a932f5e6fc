// The Lua binding when memory runs out, on either side: the engine's allocations fail one by one, then Lua's own. Each
// failure must come out as a Lua error, leave nothing behind, and leave the state usable. Run under ASan and LSan this
// finds what a raise left unowned.
#include "check.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "base/memory.h"
#include "lua/binding.h"

/// Every kind of userdata is made, used and thrown away; also errors of the engine and of the binding.
static const char script[] =
    "local core = ...\n"
    "local port = core.column('int', { 995, 449, core.null, 80 }, 4, 'port')\n"
    "local name = core.column('string', { 'QakBot', 'TrickBot', 'QakBot', core.null }, 4, 'name')\n"
    "local seen = core.column('time', { '2021-11-15', '2021-11-16' }, 4, 'seen')\n"
    "local t <close> = core.table({ 'port', 'name', 'seen' }, { port, name, seen })\n"
    "local p = t:plan():filter('port >= $min', { min = 80 }):derive({ 'x = port + 1' }, nil)\n"
    "local g = p:aggregate({ 'name' }, { 'n = count()' }, nil):sort({ '-n' }, nil)\n"
    "local out = g:run()\n"
    "assert(#out == 3 and #p:join(g, 'inner', { 'name' }, { 'name' }):run() == 2)\n"
    "out:rows(1, 3) out:texts(1, 3) out:json_rows(1, 3) out:column('n'):values()\n"
    "core.concat({ p, p }):count():run() g:explain() g:rejects() g:schema() g:counts()\n"
    "core.render(g, 'csv', false) core.canonical('a + b * c')\n"
    "assert(not pcall(p.filter, p, 'prot == 1') and not pcall(core.time, 'soon'))\n"
    "return tostring(core.ip('10.0.0.1')) .. tostring(core.now() - core.time(0) > 0)\n";

/// Runs the script; the state must stay usable whatever happened.
static bool run_script(lua_State *L) {
    lua_settop(L, 0);
    if (luaL_loadbuffer(L, script, sizeof script - 1, "=script") != LUA_OK) return false;
    lua_getfield(L, LUA_REGISTRYINDEX, "core");
    bool ok = lua_pcall(L, 1, 1, 0) == LUA_OK;
    return ok;
}

static int open_core(lua_State *L) {
    luaL_openlibs(L);
    luaL_requiref(L, "lunette.core", luaopen_lunette_core, 0);
    lua_setfield(L, LUA_REGISTRYINDEX, "core");
    return 0;
}

static bool open_state(lua_State *L) {
    lua_pushcfunction(L, open_core);
    return lua_pcall(L, 0, 0, 0) == LUA_OK;
}

TEST(the_script_runs_when_there_is_memory) {
    lua_State *L = luaL_newstate();
    CHECK(open_state(L));
    bool ok = run_script(L);
    CHECK_MSG(ok, "%s", luaL_tolstring(L, -1, NULL));
    CHECK_STR(lua_tostring(L, -1), "10.0.0.1true");
    lua_close(L);
}

TEST(every_failing_allocation_of_the_engine_is_a_lua_error) {
    lua_State *L = luaL_newstate();
    CHECK(open_state(L));
    CHECK(run_script(L));
    bool ok = false;
    for (int64_t n = 0; n < 20000 && !ok; n += n < 400 ? 1 : 7) {
        lnt_alloc_fail_after(n);
        ok = run_script(L);
        lnt_alloc_fail_after(-1);
        if (!ok)
            CHECK_MSG(lua_istable(L, -1), "failure %d isn't an error object: %s", (int)n, luaL_tolstring(L, -1, NULL));
        if (n % 50 == 0) lua_gc(L, LUA_GCCOLLECT);
    }
    CHECK(ok);
    lua_close(L);
}

/// Lua's memory, with a door of its own.
typedef struct lua_door {
    int64_t left; ///< allocations that still succeed; negative: all
} lua_door;

static void *lua_allocate(void *context, void *old, size_t old_size, size_t size) {
    lua_door *door = context;
    (void)old_size;
    if (size == 0) {
        free(old);
        return NULL;
    }
    bool grows = !old || size > old_size; // Lua relies on shrinking never failing
    if (grows && door->left == 0) return NULL;
    if (grows && door->left > 0) door->left--;
    return realloc(old, size);
}

TEST(every_failing_allocation_of_lua_leaves_nothing_behind) {
    lua_door door = {-1};
    lua_State *L = lua_newstate(lua_allocate, &door);
    CHECK(open_state(L));
    CHECK(run_script(L));
    bool ok = false;
    for (int64_t n = 0; n < 4000 && !ok; n++) {
        door.left = n;
        ok = run_script(L);
        door.left = -1;
    }
    CHECK(ok);
    CHECK(run_script(L));
    lua_close(L);
}

TEST(a_state_that_fails_to_open_the_module_can_be_closed) {
    bool ok = false;
    for (int64_t n = 0; n < 4000 && !ok; n += 3) {
        lua_door door = {-1};
        lua_State *L = lua_newstate(lua_allocate, &door);
        door.left = n;
        ok = open_state(L);
        door.left = -1;
        lua_close(L);
    }
    CHECK(ok);
}

int main(int argc, char **argv) {
    return check_main(argc, argv);
}
