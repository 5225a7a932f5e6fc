/// @file plan_guess.c
/// Plans over large files whose types haven't been looked for yet.
///
/// Workload: `lunette.csv(file):filter(…):group_by(…):agg(…):collect()`, once. Looking for types first would read the file
/// twice. So verbs plan with the types of the file's beginning, and the run holds every value against them. Where one
/// isn't in keeping, or a verb fails, the types are found in the long way, and the verbs are done again: what comes
/// out, errors and their places too, is what that way alone gives. Whoever asks for anything but the rows has the types
/// found first.
#include "exec/load.h"
#include "lua/plan_box.h"

/// A box's user value: { [FN], [INPUT], [POSITION], [N_ARGUMENTS], the arguments … }.
enum { FN = 1, INPUT, POSITION, N_ARGUMENTS, FIRST_ARGUMENT };

lnt_plan_box *lnt_lua_new_plan_box(lua_State *L) {
    lnt_plan_box *box = lua_newuserdatauv(L, sizeof *box, 1);
    *box = (lnt_plan_box){0};
    luaL_setmetatable(L, LNT_PLAN_CLASS);
    return box;
}

void lnt_lua_push_scan_plan(lua_State *L, lnt_scan *scan) {
    lnt_lua_new_plan_box(L)->scan = lnt_scan_ref(scan);
}

/// The box's plan over the scan itself, unless it has one.
static void plan_scan(lua_State *L, lnt_plan_box *box) {
    if (box->plan) return;
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(L, lnt_plan_scan(box->scan, &box->plan, &err), &err);
}

// ---- verbs ----

/// Pushes a copy of the value at `index`: the caller may change a table of his later.
static void push_copy(lua_State *L, int index, int depth) {
    enum { DEEPEST = 4 };
    index = lua_absindex(L, index);
    luaL_checkstack(L, 8, NULL);
    if (lua_type(L, index) != LUA_TTABLE || depth == DEEPEST) {
        lua_pushvalue(L, index);
        return;
    }
    lua_newtable(L);
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        lua_pushvalue(L, -2);
        push_copy(L, -2, depth + 1);
        lua_rawset(L, -5);
    }
}

/// Writes down, for the box on top of the stack, which verb made it of its arguments, the stack's first `n` values.
static void write_down(lua_State *L, lua_CFunction fn, int n) {
    int box = lua_gettop(L);
    lua_createtable(L, FIRST_ARGUMENT + n, 0);
    lua_pushcfunction(L, fn);
    lua_rawseti(L, -2, FN);
    lua_pushvalue(L, 1);
    lua_rawseti(L, -2, INPUT);
    lnt_lua_push_position(L);
    lua_rawseti(L, -2, POSITION);
    lua_pushinteger(L, n - 1);
    lua_rawseti(L, -2, N_ARGUMENTS);
    for (int i = 2; i <= n; i++) {
        push_copy(L, i, 0);
        lua_rawseti(L, -2, FIRST_ARGUMENT + i - 2);
    }
    lua_setiuservalue(L, box, 1);
}

/// A verb: tried on guessed types, where the input's are; if it fails there, it fails or not with those that are.
static int do_verb(lua_State *L) {
    lnt_plan_box *box = luaL_testudata(L, 1, LNT_PLAN_CLASS);
    lua_CFunction fn = lua_tocfunction(L, lua_upvalueindex(1));
    int n = lua_gettop(L);
    if (!box || !box->scan || !box->scan->guessed) return fn(L);
    luaL_checkstack(L, n + 8, NULL);
    plan_scan(L, box);
    lua_pushcfunction(L, fn);
    for (int i = 1; i <= n; i++) lua_pushvalue(L, i);
    box->lent = true;
    int status = lua_pcall(L, n, 1, 0);
    box->lent = false;
    if (status != LUA_OK) {
        lua_settop(L, n);
        return fn(L);
    }
    write_down(L, fn, n);
    ((lnt_plan_box *)lua_touserdata(L, -1))->scan = lnt_scan_ref(box->scan);
    return 1;
}

void lnt_lua_add_verbs(lua_State *L, const luaL_Reg *verbs) {
    for (; verbs->name; verbs++) {
        lua_pushcfunction(L, verbs->func);
        lua_pushcclosure(L, do_verb, 1);
        lua_setfield(L, -2, verbs->name);
    }
}

// ---- settling ----

/// The box has a plan that holds: what it was made of isn't needed any more. `index` is where it is.
static void let_go(lua_State *L, int index, lnt_plan_box *box) {
    index = lua_absindex(L, index);
    lnt_scan_unref(box->scan);
    box->scan = NULL;
    lua_pushnil(L);
    lua_setiuservalue(L, index, 1);
}

/// Does the verb again that made the box on top of the stack, whose input is settled. An error comes from where the
/// verb was called.
static void repeat_verb(lua_State *L, lnt_plan_box *box) {
    int at = lua_gettop(L);
    lua_getiuservalue(L, at, 1);
    int recipe = lua_gettop(L);
    lua_rawgeti(L, recipe, N_ARGUMENTS);
    int n = (int)lua_tointeger(L, -1);
    luaL_checkstack(L, n + 8, NULL);
    lua_rawgeti(L, recipe, POSITION);
    lnt_lua_set_position(L);
    lua_rawgeti(L, recipe, FN);
    lua_rawgeti(L, recipe, INPUT);
    for (int i = 0; i < n; i++) lua_rawgeti(L, recipe, FIRST_ARGUMENT + i);
    int status = lua_pcall(L, n + 1, 1, 0);
    lua_pushnil(L);
    lnt_lua_set_position(L);
    if (status != LUA_OK) lua_error(L);
    lnt_plan_box *made = lua_touserdata(L, -1);
    lnt_plan_unref(box->plan);
    box->plan = made->plan;
    made->plan = NULL;
    lua_settop(L, at);
    let_go(L, at, box);
}

/// Makes the plan of the box on top of the stack one that holds. Verbs are repeated one after the other, however many
/// there are: the boxes down to the first are pushed before.
static void plan_anew(lua_State *L) {
    int last = lua_gettop(L);
    lnt_plan_box *box = lua_touserdata(L, -1);
    while (box->scan && lua_getiuservalue(L, -1, 1) == LUA_TTABLE) {
        luaL_checkstack(L, 8, "too many verbs");
        lua_rawgeti(L, -1, INPUT);
        lua_remove(L, -2);
        box = lua_touserdata(L, -1);
    }
    if (box->scan) { // the first: no verb made it
        lua_pop(L, 1);
        lnt_plan_unref(box->plan);
        box->plan = NULL;
        plan_scan(L, box);
        let_go(L, -1, box);
    }
    while (lua_gettop(L) > last) {
        lua_pop(L, 1);
        repeat_verb(L, lua_touserdata(L, -1));
    }
}

lnt_plan *lnt_lua_check_plan(lua_State *L, int index) {
    lnt_plan_box *box = luaL_checkudata(L, index, LNT_PLAN_CLASS);
    if (!box->plan && !box->scan) luaL_argerror(L, index, "the query was closed");
    if (!box->scan || box->lent) return box->plan;
    if (box->scan->guessed) {
        (void)lnt_lua_engine(L); // whose progress is told
        lnt_error err;
        lnt_error_init(&err);
        lnt_lua_finish(L, lnt__scan_settle(box->scan, &err), &err);
    }
    lua_pushvalue(L, index);
    if (box->plan && !box->scan->settled)
        let_go(L, -1, box); // a run has shown that the guess is right
    else
        plan_anew(L);
    lua_pop(L, 1);
    return box->plan;
}

bool lnt_lua_run_on_guess(lua_State *L, int index) {
    lnt_plan_box *box = luaL_checkudata(L, index, LNT_PLAN_CLASS);
    if (!box->scan || !box->scan->guessed) return false;
    lnt_engine *engine = lnt_lua_engine(L);
    plan_scan(L, box);
    lnt_table **out = lnt_lua_new_table(L);
    lnt_error err;
    lnt_error_init(&err);
    lnt_status status = lnt__run_on_guess(engine, box->plan, box->scan, out, &err);
    if (status != LNT_OK || *out) lnt_lua_finish(L, status, &err);
    if (*out) return true;
    lua_pop(L, 1);
    return false;
}
