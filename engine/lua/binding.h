/// @file binding.h
/// What the files of the Lua binding share: userdata types, errors, values.
///
/// Rules that hold in every file here:
/// - A userdata is made empty, then filled, so that a memory error of Lua's in between leaks nothing. `__gc` and
///   `__close` are one function that can run twice.
/// - Lua errors are raised only when no frame of the engine is on the stack. Callbacks that the engine makes call Lua
///   protected, remember what failed, and the binding raises it after the engine has returned.
/// - Only the thread that called into the engine ever touches a lua_State.
/// - Scratch memory that must survive a raise is a userdata on the stack, never malloc'ed.
#ifndef LNT_LUA_BINDING_H
#define LNT_LUA_BINDING_H

#include <lauxlib.h>
#include <lua.h>

#include "lunette/lunette.h"

/// Opens the module `lunette.core` (for require, package.preload and luaL_requiref).
LNT_API int luaopen_lunette_core(lua_State *L);

/// Asks the engine in use, if there is one, to stop. Safe in a signal handler.
LNT_API void lnt_lua_interrupt(void);

// ---- error.c ----

/// Raises `err` as an error object. Does not return; the result is for `return lnt_lua_raise(…)`.
int lnt_lua_raise(lua_State *L, const lnt_error *err);
/// Raises unless `status` is LNT_OK.
void lnt_lua_check(lua_State *L, lnt_status status, const lnt_error *err);
/// Raises an error of the binding's own; `format` is lua_pushfstring's.
int lnt_lua_fail(lua_State *L, lnt_status code, const char *format, ...);
/// Pushes "file:line" of the innermost Lua frame that isn't the library's, or nil.
void lnt_lua_push_position(lua_State *L);
/// Pops a place as above, from which errors are said to come from now on; nil: from where they do.
void lnt_lua_set_position(lua_State *L);
void lnt_lua_open_error(lua_State *L);

// ---- engine.c ----

/// The state's engine, made when it is first asked for. Marks `L` as the state that progress is told to.
lnt_engine *lnt_lua_engine(lua_State *L);
/// To be called after each call into the engine that can take long: raises what a progress function raised, then
/// what the engine reported.
void lnt_lua_finish(lua_State *L, lnt_status status, const lnt_error *err);
/// What stands for the state in callbacks of the engine, which get no lua_State.
void *lnt_lua_host(lua_State *L);
/// Inside a callback that the engine makes on the thread that called it: calls `fn` protected, with `argument` as a
/// light userdata, in the state that called into the engine. Its error is kept, and lnt_lua_finish raises it.
LNT_MUST_USE lnt_status lnt_lua_call_back(void *host, lua_CFunction fn, void *argument, lnt_error *err);
void lnt_lua_open_engine(lua_State *L);

// ---- value.c ----

/// Pushes `value`: numbers, strings and booleans natively, times and addresses as userdata, null as `lunette.null`.
void lnt_lua_push_value(lua_State *L, lnt_value value);
void lnt_lua_push_null(lua_State *L);
/// Reads the value at `index`; string bytes are borrowed from the Lua string. False for what is no value (a table, …).
bool lnt_lua_to_value(lua_State *L, int index, lnt_value *out);
void lnt_lua_open_value(lua_State *L);

// ---- table.c, column.c, plan.c, plan_guess.c ----

/// Pushes a new empty userdata; the caller fills the pointer that comes back.
lnt_table **lnt_lua_new_table(lua_State *L);
lnt_column **lnt_lua_new_column(lua_State *L);
lnt_plan **lnt_lua_new_plan(lua_State *L);
/// Pushes the plan of a scan whose types may be guessed (plan_guess.c). Takes a reference of its own.
void lnt_lua_push_scan_plan(lua_State *L, struct lnt_scan *scan);
/// The object at `index`; raises for anything else and for one that was closed.
lnt_table *lnt_lua_check_table(lua_State *L, int index);
lnt_column *lnt_lua_check_column(lua_State *L, int index);
lnt_plan *lnt_lua_check_plan(lua_State *L, int index);
/// Pushes a schema as an array of { name =, type = }.
void lnt_lua_push_schema(lua_State *L, const lnt_schema *schema);
void lnt_lua_open_table(lua_State *L);
void lnt_lua_open_column(lua_State *L);
void lnt_lua_open_plan(lua_State *L);
/// plan:map(name, type, driver), a method of plans (map.c).
int lnt_lua_plan_map(lua_State *L);
/// Adds the joins that match by order to the methods of plans, whose class is on top of the stack (plan_match.c).
void lnt_lua_add_match_joins(lua_State *L);

// ---- arrow.c ----

void lnt_lua_open_arrow(lua_State *L);

// ---- json.c ----

/// table:json_rows(first, n): rows as JSON arrays, comma between, without the brackets around them.
int lnt_lua_table_json_rows(lua_State *L);
void lnt_lua_open_json(lua_State *L);

// ---- expression.c, io.c, host.c ----

/// Reads the table of parameters at `index` (nil: none) into `*out`; leaves one value on the stack that keeps it alive.
void lnt_lua_read_params(lua_State *L, int index, lnt_params *out);
void lnt_lua_open_expression(lua_State *L);
void lnt_lua_open_io(lua_State *L);
void lnt_lua_open_host(lua_State *L);

// ---- files.c, http.c ----

void lnt_lua_open_files(lua_State *L);
void lnt_lua_open_http(lua_State *L);

// ---- ipdb.c, cohosting.c ----

void lnt_lua_open_ipdb(lua_State *L);
void lnt_lua_open_cohosting(lua_State *L);

// ---- edit.c, interrupt.c ----

void lnt_lua_open_edit(lua_State *L);
void lnt_lua_open_interrupt(lua_State *L);

// ---- learn.c ----

void lnt_lua_open_evidence(lua_State *L);
void lnt_lua_open_learn(lua_State *L);

// ---- strings.c ----

/// An array of strings (nil: empty) as C strings; leaves one value on the stack that holds the pointers and keeps
/// the strings, whatever becomes of the array. Metamethods are not asked.
const char **lnt_lua_read_strings(lua_State *L, int index, int64_t *n);
/// The keys { { name =, columns = { … } }, … } at the top of the stack; leaves values there that keep the strings.
lnt_history_key *lnt_lua_read_keys(lua_State *L, int64_t *n);

/// Makes a metatable `name` with `methods` as its __index (unless `methods` has one itself) and `close` as its __gc and
/// __close (NULL: neither), protected from getmetatable. Leaves it on the stack.
void lnt_lua_new_class(lua_State *L, const char *name, const luaL_Reg *methods, lua_CFunction close);

#endif
