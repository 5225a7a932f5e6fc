/// @file plan.c
/// Plans: each verb is a method that gives a new plan; running one gives a table.
#include "lua/plan_box.h"

#define TEXT_CLASS "lunette.text"

lnt_plan **lnt_lua_new_plan(lua_State *L) {
    return &lnt_lua_new_plan_box(L)->plan;
}

static int plan_close(lua_State *L) {
    lnt_plan_box *box = luaL_checkudata(L, 1, LNT_PLAN_CLASS), closed = *box;
    *box = (lnt_plan_box){0};
    lnt_plan_unref(closed.plan);
    lnt_scan_unref(closed.scan);
    return 0;
}

static int text_close(lua_State *L) {
    char **box = luaL_checkudata(L, 1, TEXT_CLASS), *text = *box;
    *box = NULL;
    lnt_text_free(text);
    return 0;
}

static int plan_schema(lua_State *L) {
    lnt_lua_push_schema(L, lnt_plan_schema(lnt_lua_check_plan(L, 1)));
    return 1;
}

/// plan:find(name): the column's type; or nil and the nearest name there is.
static int plan_find(lua_State *L) {
    const lnt_schema *schema = lnt_plan_schema(lnt_lua_check_plan(L, 1));
    const char *name = luaL_checkstring(L, 2);
    int64_t at = lnt_schema_find(schema, name, -1);
    if (at < 0) {
        lua_pushnil(L);
        lua_pushstring(L, lnt_schema_nearest(schema, name, -1));
        return 2;
    }
    lua_pushstring(L, lnt_type_name(lnt_schema_type(schema, at)));
    return 1;
}

/// plan:filter(expression, params).
static int plan_filter(lua_State *L) {
    const lnt_plan *in = lnt_lua_check_plan(L, 1);
    const char *text = luaL_checkstring(L, 2);
    lnt_params params;
    lnt_lua_read_params(L, 3, &params);
    lnt_plan **out = lnt_lua_new_plan(L);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(L, lnt_plan_filter(in, text, &params, out, &err), &err);
    return 1;
}

typedef lnt_status (*items_fn)(const lnt_plan *, const char *const *, int64_t, const lnt_params *, lnt_plan **,
                               lnt_error *);

/// plan:verb(items, params) for the verbs of this shape.
static int with_items(lua_State *L, items_fn fn) {
    const lnt_plan *in = lnt_lua_check_plan(L, 1);
    int64_t n;
    lnt_params params;
    lua_settop(L, 3);
    const char **items = lnt_lua_read_strings(L, 2, &n);
    lnt_lua_read_params(L, 3, &params);
    lnt_plan **out = lnt_lua_new_plan(L);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(L, fn(in, items, n, &params, out, &err), &err);
    return 1;
}

static int plan_derive(lua_State *L) {
    return with_items(L, lnt_plan_derive);
}
static int plan_select(lua_State *L) {
    return with_items(L, lnt_plan_select);
}
static int plan_sort(lua_State *L) {
    return with_items(L, lnt_plan_sort);
}
static int plan_fill_null(lua_State *L) {
    return with_items(L, lnt_plan_fill_null);
}

typedef lnt_status (*names_fn)(const lnt_plan *, const char *const *, int64_t, lnt_plan **, lnt_error *);

/// plan:verb(names) for the verbs of this shape.
static int with_names(lua_State *L, names_fn fn) {
    const lnt_plan *in = lnt_lua_check_plan(L, 1);
    int64_t n;
    lua_settop(L, 2);
    const char **names = lnt_lua_read_strings(L, 2, &n);
    lnt_plan **out = lnt_lua_new_plan(L);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(L, fn(in, names, n, out, &err), &err);
    return 1;
}

static int plan_drop(lua_State *L) {
    return with_names(L, lnt_plan_drop);
}
static int plan_distinct(lua_State *L) {
    return with_names(L, lnt_plan_distinct);
}

/// plan:rename(from names, to names).
static int plan_rename(lua_State *L) {
    const lnt_plan *in = lnt_lua_check_plan(L, 1);
    int64_t n, m;
    lua_settop(L, 3);
    const char **from = lnt_lua_read_strings(L, 2, &n), **to = lnt_lua_read_strings(L, 3, &m);
    luaL_argcheck(L, n == m, 3, "as many new names as old ones are needed");
    lnt_plan **out = lnt_lua_new_plan(L);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(L, lnt_plan_rename(in, from, to, n, out, &err), &err);
    return 1;
}

/// plan:aggregate(keys, definitions, params).
static int plan_aggregate(lua_State *L) {
    const lnt_plan *in = lnt_lua_check_plan(L, 1);
    int64_t n_keys, n;
    lnt_params params;
    lua_settop(L, 4);
    const char **keys = lnt_lua_read_strings(L, 2, &n_keys), **definitions = lnt_lua_read_strings(L, 3, &n);
    lnt_lua_read_params(L, 4, &params);
    lnt_plan **out = lnt_lua_new_plan(L);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(L, lnt_plan_aggregate(in, keys, n_keys, definitions, n, &params, out, &err), &err);
    return 1;
}

/// plan:slice(offset from 0, n).
static int plan_slice(lua_State *L) {
    const lnt_plan *in = lnt_lua_check_plan(L, 1);
    int64_t offset = luaL_checkinteger(L, 2), n = luaL_checkinteger(L, 3);
    lnt_plan **out = lnt_lua_new_plan(L);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(L, lnt_plan_slice(in, offset, n, out, &err), &err);
    return 1;
}

/// plan:window(by, order, definitions, params).
static int plan_window(lua_State *L) {
    const lnt_plan *in = lnt_lua_check_plan(L, 1);
    int64_t n_by, n_order, n;
    lnt_params params;
    lua_settop(L, 5);
    const char **by = lnt_lua_read_strings(L, 2, &n_by), **order = lnt_lua_read_strings(L, 3, &n_order);
    const char **definitions = lnt_lua_read_strings(L, 4, &n);
    lnt_lua_read_params(L, 5, &params);
    lnt_plan **out = lnt_lua_new_plan(L);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(L, lnt_plan_window(in, by, n_by, order, n_order, definitions, n, &params, out, &err), &err);
    return 1;
}

/// plan:sample(n, seed).
static int plan_sample(lua_State *L) {
    const lnt_plan *in = lnt_lua_check_plan(L, 1);
    int64_t n = luaL_checkinteger(L, 2), seed = luaL_checkinteger(L, 3);
    lnt_plan **out = lnt_lua_new_plan(L);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(L, lnt_plan_sample(in, n, seed, out, &err), &err);
    return 1;
}

/// plan:explode(column, separator).
static int plan_explode(lua_State *L) {
    const lnt_plan *in = lnt_lua_check_plan(L, 1);
    const char *column = luaL_checkstring(L, 2), *separator = luaL_checkstring(L, 3);
    lnt_plan **out = lnt_lua_new_plan(L);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(L, lnt_plan_explode(in, column, separator, out, &err), &err);
    return 1;
}

/// plan:join(other, kind, left keys, right keys, suffix).
static int plan_join(lua_State *L) {
    static const char *const kinds[] = {"inner", "left", "semi", "anti", "outer", NULL};
    static const lnt_join_kind values[] = {LNT_JOIN_INNER, LNT_JOIN_LEFT, LNT_JOIN_SEMI, LNT_JOIN_ANTI, LNT_JOIN_OUTER};
    const lnt_plan *left = lnt_lua_check_plan(L, 1), *right = lnt_lua_check_plan(L, 2);
    lnt_join_kind kind = values[luaL_checkoption(L, 3, NULL, kinds)];
    const char *suffix = luaL_optstring(L, 6, NULL);
    int64_t n, m;
    lua_settop(L, 6);
    const char **left_keys = lnt_lua_read_strings(L, 4, &n), **right_keys = lnt_lua_read_strings(L, 5, &m);
    luaL_argcheck(L, n == m, 5, "both sides need as many keys");
    lnt_plan **out = lnt_lua_new_plan(L);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(L, lnt_plan_join(left, right, kind, left_keys, right_keys, n, suffix, out, &err), &err);
    return 1;
}

static int plan_count(lua_State *L) {
    const lnt_plan *in = lnt_lua_check_plan(L, 1);
    lnt_plan **out = lnt_lua_new_plan(L);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(L, lnt_plan_count(in, out, &err), &err);
    return 1;
}

/// core.concat(array of plans).
static int plan_concat(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_Integer n = (lua_Integer)lua_rawlen(L, 1);
    const lnt_plan **plans = lua_newuserdatauv(L, sizeof *plans * (size_t)(n + 1), 0);
    for (lua_Integer i = 0; i < n; i++) {
        lua_rawgeti(L, 1, i + 1);
        plans[i] = lnt_lua_check_plan(L, -1);
        lua_pop(L, 1); // the array keeps it
    }
    lnt_plan **out = lnt_lua_new_plan(L);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(L, lnt_plan_concat(plans, n, out, &err), &err);
    return 1;
}

/// plan:run(unoptimised = false): a table.
static int plan_run(lua_State *L) {
    bool as_written = lua_toboolean(L, 2);
    lnt_engine *engine = lnt_lua_engine(L);
    if (!as_written && lnt_lua_run_on_guess(L, 1)) return 1;
    const lnt_plan *plan = lnt_lua_check_plan(L, 1);
    lnt_table **out = lnt_lua_new_table(L);
    lnt_error err;
    lnt_error_init(&err);
    lnt_status status = as_written ? lnt_plan_run_unoptimised(engine, plan, out, &err)
                                   : lnt_plan_run(engine, plan, out, &err);
    lnt_lua_finish(L, status, &err);
    return 1;
}

/// plan:explain(): the optimised plan as text.
static int plan_explain(lua_State *L) {
    const lnt_plan *plan = lnt_lua_check_plan(L, 1);
    lnt_engine *engine = lnt_lua_engine(L);
    char **text = lua_newuserdatauv(L, sizeof *text, 0);
    *text = NULL;
    luaL_setmetatable(L, TEXT_CLASS);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_finish(L, lnt_plan_explain(engine, plan, text, &err), &err);
    lua_pushstring(L, *text);
    return 1;
}

/// plan:rejects(): the rows that its inputs could not read, as a table.
static int plan_rejects(lua_State *L) {
    const lnt_plan *plan = lnt_lua_check_plan(L, 1);
    lnt_engine *engine = lnt_lua_engine(L);
    lnt_table **out = lnt_lua_new_table(L);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_finish(L, lnt_plan_rejects(engine, plan, out, &err), &err);
    return 1;
}

/// plan:counts(): how many rows its inputs gave and rejected; nothing while that isn't known.
static int plan_counts(lua_State *L) {
    int64_t rows, rejects;
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(L, lnt_plan_counts(lnt_lua_check_plan(L, 1), &rows, &rejects, &err), &err);
    if (rows < 0) return 0;
    lua_pushinteger(L, rows);
    lua_pushinteger(L, rejects);
    return 2;
}

void lnt_lua_open_plan(lua_State *L) {
    static const luaL_Reg methods[] = {{"schema", plan_schema}, {"find", plan_find},       {"join", plan_join},
                                       {"run", plan_run},       {"explain", plan_explain}, {"rejects", plan_rejects},
                                       {"counts", plan_counts}, {"map", lnt_lua_plan_map}, {NULL, NULL}};
    static const luaL_Reg verbs[] = {{"filter", plan_filter}, {"derive", plan_derive},       {"select", plan_select},
                                     {"sort", plan_sort},     {"drop", plan_drop},           {"distinct", plan_distinct},
                                     {"rename", plan_rename}, {"aggregate", plan_aggregate}, {"slice", plan_slice},
                                     {"count", plan_count},   {"fill_null", plan_fill_null}, {"sample", plan_sample},
                                     {"window", plan_window}, {"explode", plan_explode},     {NULL, NULL}};
    static const luaL_Reg nothing[] = {{NULL, NULL}};
    static const luaL_Reg functions[] = {{"concat", plan_concat}, {NULL, NULL}};
    lnt_lua_new_class(L, LNT_PLAN_CLASS, methods, plan_close);
    lnt_lua_add_verbs(L, verbs);
    lnt_lua_add_match_joins(L);
    lnt_lua_new_class(L, TEXT_CLASS, nothing, text_close);
    lua_pop(L, 2);
    luaL_setfuncs(L, functions, 0);
}
