/// @file table.c
/// Tables: userdata that own one reference. Rows cross in batches: as Lua tables, as text for showing, as JSON.
#include "column/value_text.h"
#include "lua/binding.h"

#define TABLE_CLASS "lunette.table"

lnt_table **lnt_lua_new_table(lua_State *L) {
    lnt_table **box = lua_newuserdatauv(L, sizeof *box, 0);
    *box = NULL;
    luaL_setmetatable(L, TABLE_CLASS);
    return box;
}

lnt_table *lnt_lua_check_table(lua_State *L, int index) {
    lnt_table *table = *(lnt_table **)luaL_checkudata(L, index, TABLE_CLASS);
    if (!table) luaL_argerror(L, index, "the table was closed");
    return table;
}

static int table_close(lua_State *L) {
    lnt_table **box = luaL_checkudata(L, 1, TABLE_CLASS), *table = *box;
    *box = NULL;
    lnt_table_unref(table);
    return 0;
}

static int table_length(lua_State *L) {
    lua_pushinteger(L, lnt_table_n_rows(lnt_lua_check_table(L, 1)));
    return 1;
}

void lnt_lua_push_schema(lua_State *L, const lnt_schema *schema) {
    int64_t n = lnt_schema_n_columns(schema);
    lua_createtable(L, (int)n, 0);
    for (int64_t i = 0; i < n; i++) {
        lua_createtable(L, 0, 2);
        lua_pushstring(L, lnt_schema_name(schema, i));
        lua_setfield(L, -2, "name");
        lua_pushstring(L, lnt_type_name(lnt_schema_type(schema, i)));
        lua_setfield(L, -2, "type");
        lua_rawseti(L, -2, i + 1);
    }
}

static int table_schema(lua_State *L) {
    lnt_lua_push_schema(L, lnt_table_schema(lnt_lua_check_table(L, 1)));
    return 1;
}

/// table:column(name or 1-based number).
static int table_column(lua_State *L) {
    const lnt_table *table = lnt_lua_check_table(L, 1);
    const lnt_schema *schema = lnt_table_schema(table);
    int64_t at;
    if (lua_isinteger(L, 2)) {
        at = lua_tointeger(L, 2) - 1;
        luaL_argcheck(L, at >= 0 && at < lnt_table_n_columns(table), 2, "there is no column of that number");
    } else {
        const char *name = luaL_checkstring(L, 2);
        at = lnt_schema_find(schema, name, -1);
        const char *nearest = at < 0 ? lnt_schema_nearest(schema, name, -1) : NULL;
        if (nearest) return lnt_lua_fail(L, LNT_NAME, "no column '%s' (did you mean '%s'?)", name, nearest);
        if (at < 0) return lnt_lua_fail(L, LNT_NAME, "no column '%s'", name);
    }
    lnt_column **box = lnt_lua_new_column(L);
    *box = lnt_column_ref(lnt_table_column(table, at));
    return 1;
}

/// Reads (first, n) at arguments 2 and 3 as the 0-based rows [*first, *end), cut to the table's.
static void read_range(lua_State *L, const lnt_table *table, int64_t *first, int64_t *end) {
    int64_t rows = lnt_table_n_rows(table), n;
    *first = luaL_optinteger(L, 2, 1) - 1;
    n = luaL_optinteger(L, 3, rows);
    if (*first < 0) *first = 0;
    if (*first > rows) *first = rows;
    if (n < 0) n = 0;
    *end = n > rows - *first ? rows : *first + n;
}

/// Pushes row `row` as { name = value }; the columns' names are at `names`, `names` + 1, …; nulls are left out.
static void push_row(lua_State *L, const lnt_table *table, int64_t row, int names) {
    int64_t n = lnt_table_n_columns(table);
    lua_createtable(L, 0, (int)n);
    for (int64_t i = 0; i < n; i++) {
        lnt_value value = lnt_column_get(lnt_table_column(table, i), row);
        if (value.is_null) continue;
        lua_pushvalue(L, names + (int)i);
        lnt_lua_push_value(L, value);
        lua_rawset(L, -3);
    }
}

/// table:rows(first, n): an array of rows { name = value }.
static int table_rows(lua_State *L) {
    const lnt_table *table = lnt_lua_check_table(L, 1);
    const lnt_schema *schema = lnt_table_schema(table);
    int64_t first, end, n = lnt_table_n_columns(table);
    read_range(L, table, &first, &end);
    luaL_checkstack(L, (int)n + 8, "too many columns");
    int names = lua_gettop(L) + 1;
    for (int64_t i = 0; i < n; i++) lua_pushstring(L, lnt_schema_name(schema, i));
    lua_createtable(L, (int)(end - first), 0);
    for (int64_t row = first; row < end; row++) {
        push_row(L, table, row, names);
        lua_rawseti(L, -2, row - first + 1);
    }
    return 1;
}

/// Pushes a value as text; false for null.
static void push_text(lua_State *L, lnt_value value) {
    char text[LNT_FORMAT_BYTES];
    if (value.is_null)
        lua_pushboolean(L, false);
    else if (value.type == LNT_STRING)
        lnt_lua_push_value(L, value);
    else
        lua_pushlstring(L, text, (size_t)lnt_format_value(value, text));
}

/// table:texts(first, n): an array with, for each column, an array of its values as text (raw, not yet fit for a
/// terminal); false for null.
static int table_texts(lua_State *L) {
    const lnt_table *table = lnt_lua_check_table(L, 1);
    int64_t first, end, n = lnt_table_n_columns(table);
    read_range(L, table, &first, &end);
    lua_createtable(L, (int)n, 0);
    for (int64_t i = 0; i < n; i++) {
        const lnt_column *column = lnt_table_column(table, i);
        lua_createtable(L, (int)(end - first), 0);
        for (int64_t row = first; row < end; row++) {
            push_text(L, lnt_column_get(column, row));
            lua_rawseti(L, -2, row - first + 1);
        }
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

static int table_plan(lua_State *L) {
    const lnt_table *table = lnt_lua_check_table(L, 1);
    lnt_plan **box = lnt_lua_new_plan(L);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(L, lnt_plan_table(table, box, &err), &err);
    return 1;
}

/// core.table(names, columns): a table of columns of the same length.
static int table_new(lua_State *L) {
    int64_t n;
    luaL_checktype(L, 2, LUA_TTABLE);
    const char **names = lnt_lua_read_strings(L, 1, &n);
    lnt_column **columns = lua_newuserdatauv(L, sizeof *columns * (size_t)(n + 1), 0);
    for (int64_t i = 0; i < n; i++) {
        lua_rawgeti(L, 2, i + 1);
        columns[i] = lnt_lua_check_column(L, -1);
        lua_pop(L, 1); // the array keeps it
    }
    lnt_table **box = lnt_lua_new_table(L);
    lnt_error err;
    lnt_error_init(&err);
    int64_t n_rows = n ? lnt_column_length(columns[0]) : 0;
    lnt_lua_check(L, lnt_table_new(names, columns, n, n_rows, box, &err), &err);
    return 1;
}

void lnt_lua_open_table(lua_State *L) {
    static const luaL_Reg methods[] = {{"__len", table_length},  {"schema", table_schema},
                                       {"column", table_column}, {"rows", table_rows},
                                       {"texts", table_texts},   {"json_rows", lnt_lua_table_json_rows},
                                       {"plan", table_plan},     {NULL, NULL}};
    static const luaL_Reg functions[] = {{"table", table_new}, {NULL, NULL}};
    lnt_lua_new_class(L, TABLE_CLASS, methods, table_close);
    lua_pop(L, 1);
    luaL_setfuncs(L, functions, 0);
}
