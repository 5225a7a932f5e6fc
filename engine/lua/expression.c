/// @file expression.c
/// Expressions: parameters for `$name`, the canonical form, the list of functions.
#include "lua/binding.h"

#define EXPR_CLASS "lunette.expression"

/// How many values the lists among the parameters at `index` have, together.
static int64_t count_listed(lua_State *L, int index) {
    int64_t n = 0;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1))
        if (lua_type(L, -1) == LUA_TTABLE) n += (int64_t)lua_rawlen(L, -1);
    return n;
}

/// The array on top of the stack into `values`; its strings stay the array's.
static void read_list(lua_State *L, lnt_param *item, lnt_value *values) {
    item->list = values;
    item->n_list = (int64_t)lua_rawlen(L, -1);
    if (item->n_list == 0 && (lua_pushnil(L), lua_next(L, -2)))
        lnt_lua_fail(L, LNT_TYPE, "the parameter '%s' is a table, but no list: write { 1, 2, 3 }", item->name);
    for (int64_t i = 0; i < item->n_list; i++) {
        lua_rawgeti(L, -1, i + 1);
        if (!lnt_lua_to_value(L, -1, &values[i]))
            lnt_lua_fail(L, LNT_TYPE,
                         "value %d of the list '%s' is a %s; it must be a number, string, boolean, time or ip",
                         (int)i + 1, item->name, luaL_typename(L, -1));
        lua_pop(L, 1);
    }
}

void lnt_lua_read_params(lua_State *L, int index, lnt_params *out) {
    index = lua_absindex(L, index);
    *out = (lnt_params){NULL, 0};
    if (lua_isnoneornil(L, index)) {
        lua_pushnil(L);
        return;
    }
    luaL_checktype(L, index, LUA_TTABLE);
    int64_t n = 0;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) n++;
    size_t heads = sizeof(lnt_param) * (size_t)(n + 1), listed = (size_t)count_listed(L, index);
    lnt_param *items = lua_newuserdatauv(L, heads + sizeof(lnt_value) * (listed + 1), 0);
    lnt_value *values = (lnt_value *)(void *)((char *)items + heads);
    out->items = items;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            lnt_lua_fail(L, LNT_ARGUMENT, "parameters are given by name: { min = 5 }, used as $min");
        lnt_param *item = &items[out->n++];
        *item = (lnt_param){.name = lua_tostring(L, -2)}; // names and strings stay the table's
        if (lua_type(L, -1) == LUA_TTABLE) {
            read_list(L, item, values);
            values += item->n_list;
        } else if (!lnt_lua_to_value(L, -1, &item->value))
            lnt_lua_fail(L, LNT_TYPE,
                         "the parameter '%s' is a %s; it must be a number, string, boolean, time, ip or a list of them",
                         item->name, luaL_typename(L, -1));
    }
}

static int expr_close(lua_State *L) {
    lnt_expr **box = luaL_checkudata(L, 1, EXPR_CLASS), *expr = *box;
    *box = NULL;
    lnt_expr_free(expr);
    return 0;
}

/// core.canonical(text): the expression in its canonical form; raises where it can't be parsed.
static int canonical(lua_State *L) {
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    lnt_expr **expr = lua_newuserdatauv(L, sizeof *expr, 0);
    *expr = NULL;
    luaL_setmetatable(L, EXPR_CLASS);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(L, lnt_expr_parse(text, (int64_t)size, expr, &err), &err);
    size_t need = lnt_expr_format(*expr, NULL, 0);
    luaL_Buffer buffer;
    char *out = luaL_buffinitsize(L, &buffer, need + 1);
    lnt_expr_format(*expr, out, need + 1);
    luaL_pushresultsize(&buffer, need);
    return 1;
}

/// core.functions(): an array of { name, signature, summary, category }.
static int functions_list(lua_State *L) {
    int64_t n;
    const lnt_function_info *info = lnt_functions(&n);
    lua_createtable(L, (int)n, 0);
    for (int64_t i = 0; i < n; i++) {
        lua_createtable(L, 0, 4);
        lua_pushstring(L, info[i].name);
        lua_setfield(L, -2, "name");
        lua_pushstring(L, info[i].signature);
        lua_setfield(L, -2, "signature");
        lua_pushstring(L, info[i].summary);
        lua_setfield(L, -2, "summary");
        lua_pushstring(L, info[i].category);
        lua_setfield(L, -2, "category");
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

void lnt_lua_open_expression(lua_State *L) {
    static const luaL_Reg nothing[] = {{NULL, NULL}};
    static const luaL_Reg functions[] = {{"canonical", canonical}, {"functions", functions_list}, {NULL, NULL}};
    lnt_lua_new_class(L, EXPR_CLASS, nothing, expr_close);
    lua_pop(L, 1);
    luaL_setfuncs(L, functions, 0);
}
