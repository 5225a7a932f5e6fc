/// @file plan_match.c
/// Joins that match by order, as methods of plans: asof_join, range_join, cidr_join.
#include "lua/binding.h"

/// The kind of join at `index`; these have no outer form.
static lnt_join_kind check_kind(lua_State *L, int index) {
    static const char *const kinds[] = {"inner", "left", "semi", "anti", NULL};
    static const lnt_join_kind values[] = {LNT_JOIN_INNER, LNT_JOIN_LEFT, LNT_JOIN_SEMI, LNT_JOIN_ANTI};
    return values[luaL_checkoption(L, index, NULL, kinds)];
}

static bool bool_field(lua_State *L, int index, const char *name) {
    lua_getfield(L, index, name);
    bool value = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return value;
}

static lnt_asof_options read_asof(lua_State *L, int index) {
    static const char *const directions[] = {"backward", "forward", "nearest", NULL};
    lnt_asof_options options = {.strict = bool_field(L, index, "strict")};
    lua_getfield(L, index, "direction");
    options.direction = (lnt_asof_direction)luaL_checkoption(L, -1, "backward", directions);
    lua_getfield(L, index, "tolerance");
    options.has_tolerance = !lua_isnil(L, -1);
    if (options.has_tolerance) options.tolerance = luaL_checknumber(L, -1);
    lua_pop(L, 2);
    return options;
}

/// plan:asof_join(other, kind, left on, right on, left by, right by, options, suffix).
static int plan_asof_join(lua_State *L) {
    const lnt_plan *left = lnt_lua_check_plan(L, 1), *right = lnt_lua_check_plan(L, 2);
    lnt_join_kind kind = check_kind(L, 3);
    const char *left_on = luaL_checkstring(L, 4), *right_on = luaL_checkstring(L, 5);
    luaL_checktype(L, 8, LUA_TTABLE);
    lnt_asof_options options = read_asof(L, 8);
    const char *suffix = luaL_optstring(L, 9, NULL);
    int64_t n, m;
    lua_settop(L, 9);
    const char **left_by = lnt_lua_read_strings(L, 6, &n), **right_by = lnt_lua_read_strings(L, 7, &m);
    luaL_argcheck(L, n == m, 7, "both sides need as many keys");
    lnt_plan **out = lnt_lua_new_plan(L);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(
        L, lnt_plan_asof_join(left, right, kind, left_on, right_on, left_by, right_by, n, &options, suffix, out, &err),
        &err);
    return 1;
}

static lnt_range_options read_range(lua_State *L, int index) {
    luaL_checktype(L, index, LUA_TTABLE);
    return (lnt_range_options){.narrowest = bool_field(L, index, "narrowest"),
                               .half_open = bool_field(L, index, "half_open")};
}

/// plan:range_join(other, kind, value, first, last, options, suffix).
static int plan_range_join(lua_State *L) {
    const lnt_plan *left = lnt_lua_check_plan(L, 1), *right = lnt_lua_check_plan(L, 2);
    lnt_join_kind kind = check_kind(L, 3);
    const char *value = luaL_checkstring(L, 4), *first = luaL_checkstring(L, 5), *last = luaL_checkstring(L, 6);
    lnt_range_options options = read_range(L, 7);
    const char *suffix = luaL_optstring(L, 8, NULL);
    lnt_plan **out = lnt_lua_new_plan(L);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(L, lnt_plan_range_join(left, right, kind, value, first, last, &options, suffix, out, &err), &err);
    return 1;
}

/// plan:cidr_join(other, kind, ip, network, options, suffix).
static int plan_cidr_join(lua_State *L) {
    const lnt_plan *left = lnt_lua_check_plan(L, 1), *right = lnt_lua_check_plan(L, 2);
    lnt_join_kind kind = check_kind(L, 3);
    const char *ip = luaL_checkstring(L, 4), *network = luaL_checkstring(L, 5);
    lnt_range_options options = read_range(L, 6);
    const char *suffix = luaL_optstring(L, 7, NULL);
    lnt_plan **out = lnt_lua_new_plan(L);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(L, lnt_plan_cidr_join(left, right, kind, ip, network, &options, suffix, out, &err), &err);
    return 1;
}

void lnt_lua_add_match_joins(lua_State *L) {
    static const luaL_Reg methods[] = {
        {"asof_join", plan_asof_join}, {"range_join", plan_range_join}, {"cidr_join", plan_cidr_join}, {NULL, NULL}};
    luaL_setfuncs(L, methods, 0);
}
