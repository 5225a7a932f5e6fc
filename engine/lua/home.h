/// @file home.h
/// Where the Lua side is: the folder that holds lua/lunette.
#ifndef LNT_LUA_HOME_H
#define LNT_LUA_HOME_H

#include <limits.h>
#include <lua.h>
#include <stdbool.h>

/// Finds the folder: `chosen`, else LUNETTE_HOME, else share/lunette beside the executable or the library that holds
/// this code, beside the folder of either, or where it was configured to be installed.
bool lnt_lua_find_home(char home[PATH_MAX], const char *chosen);

/// Puts the folder's Lua files before the other places that require looks in.
void lnt_lua_set_path(lua_State *L, const char *home);

#endif
