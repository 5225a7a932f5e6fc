/// @file column.c
/// Columns: `column[i]`, `#column`, ipairs; and columns made of Lua arrays.
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "column/value_text.h"
#include "lua/binding.h"

#define COLUMN_CLASS "lunette.column"
#define BUILDER_CLASS "lunette.builder"

lnt_column **lnt_lua_new_column(lua_State *L) {
    lnt_column **box = lua_newuserdatauv(L, sizeof *box, 0);
    *box = NULL;
    luaL_setmetatable(L, COLUMN_CLASS);
    return box;
}

lnt_column *lnt_lua_check_column(lua_State *L, int index) {
    lnt_column *column = *(lnt_column **)luaL_checkudata(L, index, COLUMN_CLASS);
    if (!column) luaL_argerror(L, index, "the column was closed");
    return column;
}

static int column_close(lua_State *L) {
    lnt_column **box = luaL_checkudata(L, 1, COLUMN_CLASS), *column = *box;
    *box = NULL;
    lnt_column_unref(column);
    return 0;
}

static int column_length(lua_State *L) {
    lua_pushinteger(L, lnt_column_length(lnt_lua_check_column(L, 1)));
    return 1;
}

/// column[i]: value i from 1, `lunette.null` for null, nil past the end. Fields `type`, `layout`, `null_count`.
static int column_index(lua_State *L) {
    const lnt_column *column = lnt_lua_check_column(L, 1);
    if (lua_isinteger(L, 2)) {
        int64_t i = lua_tointeger(L, 2);
        if (i < 1 || i > lnt_column_length(column)) return 0;
        lnt_lua_push_value(L, lnt_column_get(column, i - 1));
        return 1;
    }
    const char *key = luaL_checkstring(L, 2);
    if (strcmp(key, "type") == 0)
        lua_pushstring(L, lnt_type_name(lnt_column_type(column)));
    else if (strcmp(key, "layout") == 0)
        lua_pushstring(L, lnt_column_layout_name(column));
    else if (strcmp(key, "null_count") == 0)
        lua_pushinteger(L, lnt_column_null_count(column));
    else
        return luaL_getmetafield(L, 1, key) != LUA_TNIL;
    return 1;
}

/// column:values(first = 1, n = all): an array; nulls as `lunette.null`.
static int column_values(lua_State *L) {
    const lnt_column *column = lnt_lua_check_column(L, 1);
    int64_t first = luaL_optinteger(L, 2, 1), length = lnt_column_length(column);
    int64_t n = luaL_optinteger(L, 3, length);
    luaL_argcheck(L, first >= 1, 2, "rows are counted from 1");
    lua_newtable(L);
    for (int64_t i = first; i <= length && i - first < n; i++) {
        lnt_lua_push_value(L, lnt_column_get(column, i - 1));
        lua_rawseti(L, -2, i - first + 1);
    }
    return 1;
}

// ---- making columns ----

static int builder_close(lua_State *L) {
    lnt_column_builder **box = luaL_checkudata(L, 1, BUILDER_CLASS), *builder = *box;
    *box = NULL;
    lnt_column_builder_free(builder);
    return 0;
}

/// Turns a Lua value into one of `type` where nothing is lost: text that is a time or an address, an integer as a
/// float, a float without fraction as an integer.
static bool convert(lnt_type type, lnt_value *value) {
    if (value->is_null || value->type == type) return true;
    if (type == LNT_FLOAT && value->type == LNT_INT) {
        *value = (lnt_value){.type = LNT_FLOAT, .as.f = (double)value->as.i};
        return true;
    }
    if (type == LNT_INT && value->type == LNT_FLOAT) {
        double f = value->as.f;
        if (f != floor(f) || f < -0x1p63 || f >= 0x1p63) return false;
        *value = (lnt_value){.type = LNT_INT, .as.i = (int64_t)f};
        return true;
    }
    if ((type == LNT_TIME || type == LNT_IP) && value->type == LNT_STRING)
        return lnt_parse_value(type, value->as.s.data, value->as.s.size, value);
    return false;
}

/// The type that the array at `index` shows: its first value's, or float where integers and floats are mixed; string
/// for nothing but nulls.
static lnt_type infer(lua_State *L, int index, int64_t n) {
    lnt_type type = LNT_NULL;
    for (int64_t i = 1; i <= n; i++) {
        lnt_value value;
        lua_rawgeti(L, index, i);
        bool is_value = lnt_lua_to_value(L, -1, &value);
        lua_pop(L, 1);
        if (!is_value || value.is_null) continue;
        if (type == LNT_NULL) type = value.type;
        if (type == LNT_INT && value.type == LNT_FLOAT) type = LNT_FLOAT;
        if (type != LNT_INT && type != LNT_NULL) break;
    }
    return type == LNT_NULL ? LNT_STRING : type;
}

static lnt_type read_type(lua_State *L, int index) {
    const char *name = luaL_checkstring(L, index);
    lnt_type type = lnt_type_from_name(name);
    if (type == LNT_NULL)
        lnt_lua_fail(L, LNT_NAME, "no type '%s' (there are bool, int, float, string, time, ip)", name);
    return type;
}

/// Says that item `i` of the column `name` doesn't fit.
static void fail_item(lua_State *L, const char *name, int64_t i, lnt_type type) {
    lua_rawgeti(L, 2, i);
    lnt_value value;
    const char *actual = lnt_lua_to_value(L, -1, &value) ? lnt_type_name(value.type) : luaL_typename(L, -1);
    lnt_lua_fail(L, LNT_TYPE, "value %d of column '%s' is a %s that is no %s: %s", (int)i, name, actual,
                 lnt_type_name(type), luaL_tolstring(L, -1, NULL));
}

/// Text must be UTF-8, as readers make sure for files.
static void check_text(lua_State *L, const char *name, int64_t i, const lnt_value *value) {
    if (value->is_null || value->type != LNT_STRING) return;
    int64_t at = lnt_utf8_check(value->as.s.data, value->as.s.size);
    if (at >= 0)
        lnt_lua_fail(L, LNT_VALUE, "value %d of column '%s' is no UTF-8: byte %d", (int)i, name, (int)at + 1);
}

/// core.column(type or nil, values, n, name): a column of the array `values` with `n` items, nil and `lunette.null`
/// as null. `name` is for messages.
static int column_new(lua_State *L) {
    luaL_checktype(L, 2, LUA_TTABLE);
    int64_t n = luaL_checkinteger(L, 3);
    const char *name = luaL_checkstring(L, 4);
    lnt_type type = lua_isnoneornil(L, 1) ? infer(L, 2, n) : read_type(L, 1);
    lnt_engine *engine = lnt_lua_engine(L);
    lnt_column_builder **builder = lua_newuserdatauv(L, sizeof *builder, 0);
    *builder = NULL;
    luaL_setmetatable(L, BUILDER_CLASS);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(L, lnt_column_builder_new(engine, type, builder, &err), &err);
    for (int64_t i = 1; i <= n; i++) {
        lnt_value value;
        lua_rawgeti(L, 2, i);
        if (!lnt_lua_to_value(L, -1, &value) || !convert(type, &value)) fail_item(L, name, i, type);
        if (value.is_null) value.type = type;
        check_text(L, name, i, &value);
        lnt_lua_check(L, lnt_column_builder_append(*builder, value, &err), &err);
        lua_pop(L, 1);
    }
    lnt_column **box = lnt_lua_new_column(L);
    lnt_lua_check(L, lnt_column_builder_finish(*builder, box, &err), &err);
    return 1;
}

void lnt_lua_open_column(lua_State *L) {
    static const luaL_Reg methods[] = {
        {"__len", column_length}, {"__index", column_index}, {"values", column_values}, {NULL, NULL}};
    static const luaL_Reg nothing[] = {{NULL, NULL}};
    static const luaL_Reg functions[] = {{"column", column_new}, {NULL, NULL}};
    lnt_lua_new_class(L, COLUMN_CLASS, methods, column_close);
    lnt_lua_new_class(L, BUILDER_CLASS, nothing, builder_close);
    lua_pop(L, 2);
    luaL_setfuncs(L, functions, 0);
}
