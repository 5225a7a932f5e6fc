/// @file plan_box.h
/// A plan as Lua holds it, and plans over files whose types are guessed (plan_guess.c).
///
/// Invariant: a box with `scan` may hold a plan of guessed types: only lnt_lua_run_on_guess and verbs that are tried on
/// the guess may use it as it is. Everybody else goes through lnt_lua_check_plan, after which there is no `scan`.
#ifndef LNT_LUA_PLAN_BOX_H
#define LNT_LUA_PLAN_BOX_H

#include "column/scan.h"
#include "lua/binding.h"

#define LNT_PLAN_CLASS "lunette.plan"

typedef struct lnt_plan_box {
    lnt_plan *plan; ///< NULL: closed, or not asked for yet
    lnt_scan *scan; ///< all that the plan reads, while its types may be guessed; else NULL
    bool lent;      ///< a verb is tried on the plan as it is
} lnt_plan_box;

/// Pushes a new empty one. Its user value is the verb that made it, where that may have to be repeated.
lnt_plan_box *lnt_lua_new_plan_box(lua_State *L);
/// Adds verbs, each a function of a plan and arguments that gives a plan, to the class on top of the stack: over a guess
/// they are tried, and repeated where it was wrong.
void lnt_lua_add_verbs(lua_State *L, const luaL_Reg *verbs);
/// Runs the plan at `index` if its types are guessed, and pushes the table if they turned out right. False: nothing is
/// pushed, and it is to be run as ever.
bool lnt_lua_run_on_guess(lua_State *L, int index);

#endif
