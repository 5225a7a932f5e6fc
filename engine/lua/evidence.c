/// @file evidence.c
/// Evidence of the past: pairs of rows and classes, and probabilities of classes from them.
#include "lua/binding.h"

/// The number in field `name` of the table at 2, `usual` without it.
static double number_of(lua_State *L, const char *name, double usual) {
    lua_getfield(L, 2, name);
    double value = luaL_optnumber(L, -1, usual);
    lua_pop(L, 1);
    return value;
}

static int64_t int_of(lua_State *L, const char *name, int64_t usual) {
    lua_getfield(L, 2, name);
    int64_t value = luaL_optinteger(L, -1, usual);
    lua_pop(L, 1);
    return value;
}

/// core.evidence_pairs(table, { target =, time =, keys =, recent =, long =, from =, to =, step =, cut =, lag =, others =,
/// seed = }): a table.
static int evidence_pairs(lua_State *L) {
    const lnt_table *table = lnt_lua_check_table(L, 1);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    lnt_evidence_options options = {.recent_days = number_of(L, "recent", 15),
                                    .long_days = number_of(L, "long", 120),
                                    .from_us = int_of(L, "from", INT64_MIN),
                                    .to_us = int_of(L, "to", INT64_MAX),
                                    .step_us = int_of(L, "step", 0),
                                    .cut_us = int_of(L, "cut", 0),
                                    .max_lag_days = number_of(L, "lag", 0),
                                    .others = number_of(L, "others", 1),
                                    .drawn = number_of(L, "drawn", 1),
                                    .seed = (uint64_t)int_of(L, "seed", 0)};
    options.has_cut = lua_getfield(L, 2, "cut") != LUA_TNIL;
    lua_getfield(L, 2, "target"); // values from here on stay on the stack: they keep the strings
    options.target = luaL_checkstring(L, -1);
    lua_getfield(L, 2, "time");
    options.time = luaL_checkstring(L, -1);
    lua_getfield(L, 2, "keys");
    options.keys = lnt_lua_read_keys(L, &options.n_keys);
    lnt_engine *engine = lnt_lua_engine(L);
    lnt_table **box = lnt_lua_new_table(L);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_finish(L, lnt_evidence_pairs(engine, table, &options, box, &err), &err);
    return 1;
}

/// core.evidence_shares(pairs, column of probabilities, rows): a table.
static int evidence_shares(lua_State *L) {
    const lnt_table *pairs = lnt_lua_check_table(L, 1);
    const lnt_column *p = lnt_lua_check_column(L, 2);
    int64_t n = luaL_checkinteger(L, 3);
    lnt_engine *engine = lnt_lua_engine(L);
    lnt_table **box = lnt_lua_new_table(L);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_finish(L, lnt_evidence_shares(engine, pairs, p, n, box, &err), &err);
    return 1;
}

/// core.shares_mix({ tables }, { weights }, sharpness): a table.
static int shares_mix(lua_State *L) {
    enum { MOST = 64 };
    const lnt_table *tables[MOST];
    double weights[MOST], sharpness = luaL_checknumber(L, 3);
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checktype(L, 2, LUA_TTABLE);
    int64_t n = (int64_t)lua_rawlen(L, 1);
    luaL_argcheck(L, n >= 1 && n <= MOST, 1, "1 to 64 tables can be mixed");
    luaL_checkstack(L, MOST + 8, "too many tables");
    for (int64_t i = 0; i < n; i++) {
        lua_rawgeti(L, 2, i + 1);
        weights[i] = luaL_checknumber(L, -1);
        lua_pop(L, 1);
        lua_rawgeti(L, 1, i + 1); // stays, as what keeps the table
        tables[i] = lnt_lua_check_table(L, lua_gettop(L));
    }
    lnt_engine *engine = lnt_lua_engine(L);
    lnt_table **box = lnt_lua_new_table(L);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_finish(L, lnt_shares_mix(engine, tables, weights, n, sharpness, box, &err), &err);
    return 1;
}

/// core.shares_decide(table): a column of names, one of probabilities.
static int shares_decide(lua_State *L) {
    const lnt_table *table = lnt_lua_check_table(L, 1);
    lnt_engine *engine = lnt_lua_engine(L);
    lnt_column **classes = lnt_lua_new_column(L), **probabilities = lnt_lua_new_column(L);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_finish(L, lnt_shares_decide(engine, table, classes, probabilities, &err), &err);
    return 2;
}

static void set_number(lua_State *L, const char *name, double value) {
    lua_pushnumber(L, value);
    lua_setfield(L, -2, name);
}

static void set_int(lua_State *L, const char *name, int64_t value) {
    lua_pushinteger(L, value);
    lua_setfield(L, -2, name);
}

/// core.rolling_thresholds(table, { before =, wanted = { … }, recent =, fewest =, caution =, strength =, bulk = }): a list of
/// { promised, sure, accepted, hits, families }.
static int rolling_thresholds(lua_State *L) {
    enum { MOST = 64 };
    double wanted[MOST];
    lnt_rolling_sums sums[MOST];
    const lnt_table *table = lnt_lua_check_table(L, 1);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    lnt_rolling_options options = {.wanted = wanted, .recent = int_of(L, "recent", 1000), .fewest = int_of(L, "fewest", 1),
                                   .caution = number_of(L, "caution", 0), .strength = number_of(L, "strength", 1),
                                   .bulk = number_of(L, "bulk", 1)};
    lua_getfield(L, 2, "wanted");
    luaL_checktype(L, 3, LUA_TTABLE);
    options.n_wanted = luaL_len(L, 3);
    luaL_argcheck(L, options.n_wanted >= 1 && options.n_wanted <= MOST, 2, "1 to 64 accuracies can be wanted");
    for (int64_t i = 0; i < options.n_wanted; i++) {
        lua_rawgeti(L, 3, i + 1);
        wanted[i] = luaL_checknumber(L, -1);
        lua_pop(L, 1);
    }
    int64_t before = int_of(L, "before", 0);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_finish(L, lnt_rolling_thresholds(lnt_lua_engine(L), table, before, &options, sums, &err), &err);
    lua_createtable(L, (int)options.n_wanted, 0);
    for (int64_t i = 0; i < options.n_wanted; i++) {
        lua_createtable(L, 0, 5);
        set_number(L, "promised", sums[i].promised);
        set_number(L, "sure", sums[i].sure);
        set_int(L, "accepted", sums[i].accepted);
        set_int(L, "hits", sums[i].hits);
        set_int(L, "families", sums[i].families);
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

void lnt_lua_open_evidence(lua_State *L) {
    static const luaL_Reg functions[] = {{"evidence_pairs", evidence_pairs},
                                         {"evidence_shares", evidence_shares},
                                         {"shares_mix", shares_mix},
                                         {"shares_decide", shares_decide},
                                         {"rolling_thresholds", rolling_thresholds},
                                         {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}
