/// @file cohosting.c
/// The permutation test of groups that share hosts.
#include "lua/binding.h"

/// Reads the array of integers in field `name` of the table at `index`; leaves what holds them on the stack.
static int32_t *read_numbers(lua_State *L, int index, const char *name, int32_t offset, int64_t *n) {
    lua_getfield(L, index, name);
    if (!lua_istable(L, -1)) lnt_lua_fail(L, LNT_ARGUMENT, "cohosting: %s must be an array of integers", name);
    int list = lua_gettop(L);
    *n = (int64_t)lua_rawlen(L, list);
    int32_t *out = lua_newuserdatauv(L, sizeof *out * (size_t)(*n + 1), 0);
    for (int64_t i = 0; i < *n; i++) {
        lua_rawgeti(L, list, i + 1);
        lua_Integer value = lua_tointeger(L, -1);
        if (!lua_isinteger(L, -1) || value < offset || value - offset > INT32_MAX)
            lnt_lua_fail(L, LNT_ARGUMENT, "cohosting: %s must be an array of integers, from %d on", name, (int)offset);
        out[i] = (int32_t)(value - offset);
        lua_pop(L, 1);
    }
    return out;
}

static void push_floats(lua_State *L, const double *values, int64_t n) {
    lua_createtable(L, (int)n, 0);
    for (int64_t i = 0; i < n; i++) {
        lua_pushnumber(L, values[i]);
        lua_rawseti(L, -2, i + 1);
    }
}

static void push_integers(lua_State *L, const int64_t *values, int64_t n) {
    lua_createtable(L, (int)n, 0);
    for (int64_t i = 0; i < n; i++) {
        lua_pushinteger(L, values[i]);
        lua_rawseti(L, -2, i + 1);
    }
}

/// core.cohosting({ links_of, sizes, a, b, hosts: arrays; groups from 1 }, shuffles, seed): two arrays per pair: the
/// mean number of hosts over the shuffles, and how often it was at least the real one.
static int cohosting(lua_State *L) {
    lnt_cohosting data;
    int64_t n_a, n_b;
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_Integer shuffles = luaL_checkinteger(L, 2), seed = luaL_checkinteger(L, 3);
    data.links_of = read_numbers(L, 1, "links_of", 0, &data.n_groups);
    data.sizes = read_numbers(L, 1, "sizes", 0, &data.n_hosts);
    data.pair_a = read_numbers(L, 1, "a", 1, &n_a);
    data.pair_b = read_numbers(L, 1, "b", 1, &n_b);
    data.pair_hosts = read_numbers(L, 1, "hosts", 0, &data.n_pairs);
    luaL_argcheck(L, n_a == data.n_pairs && n_b == data.n_pairs, 1, "a, b and hosts must be of one length");
    double *mean = lua_newuserdatauv(L, sizeof *mean * (size_t)(data.n_pairs + 1), 0);
    int64_t *reached = lua_newuserdatauv(L, sizeof *reached * (size_t)(data.n_pairs + 1), 0);
    lnt_engine *engine = lnt_lua_engine(L);
    lnt_error err;
    lnt_error_init(&err);
    lnt_status status = lnt_cohosting_test(engine, &data, shuffles, (uint64_t)seed, mean, reached, &err);
    lnt_lua_finish(L, status, &err);
    push_floats(L, mean, data.n_pairs);
    push_integers(L, reached, data.n_pairs);
    return 2;
}

void lnt_lua_open_cohosting(lua_State *L) {
    static const luaL_Reg functions[] = {{"cohosting", cohosting}, {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}
