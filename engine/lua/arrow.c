/// @file arrow.c
/// The Arrow C data interface for programs that embed Lua: their structs come as light userdata.
#include "lua/binding.h"
#include "lunette/arrow.h"

static void *check_pointer(lua_State *L, int index, const char *what) {
    luaL_argcheck(L, lua_islightuserdata(L, index) && lua_touserdata(L, index), index, what);
    return lua_touserdata(L, index);
}

/// core.from_arrow(schema, array): a table over the program's own columns; takes both structs over.
static int from_arrow(lua_State *L) {
    struct ArrowSchema *schema = check_pointer(L, 1, "a light userdata of an ArrowSchema is wanted");
    struct ArrowArray *array = check_pointer(L, 2, "a light userdata of an ArrowArray is wanted");
    lnt_engine *engine = lnt_lua_engine(L);
    lnt_table **box = lnt_lua_new_table(L);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(L, lnt_table_import(engine, schema, array, box, &err), &err);
    return 1;
}

/// core.to_arrow(table, schema, array): fills the program's two structs, which it has to release before the Lua state ends.
static int to_arrow(lua_State *L) {
    const lnt_table *table = lnt_lua_check_table(L, 1);
    struct ArrowSchema *schema = check_pointer(L, 2, "a light userdata of an ArrowSchema is wanted");
    struct ArrowArray *array = check_pointer(L, 3, "a light userdata of an ArrowArray is wanted");
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(L, lnt_table_export(lnt_lua_engine(L), table, schema, array, &err), &err);
    return 0;
}

void lnt_lua_open_arrow(lua_State *L) {
    static const luaL_Reg functions[] = {{"from_arrow", from_arrow}, {"to_arrow", to_arrow}, {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}
