/// @file io.c
/// Files: opening delimited and JSON files as plans, peeking, digests, writing plans.
///
/// Options come as Lua tables whose strings are borrowed while the engine's call lasts: every string that is read stays
/// on the stack, or in the caller's table, until then.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "io/archive.h"
#include "io/deferred.h"
#include "io/module.h"
#include "lua/binding.h"

#define SCAN_CLASS "lunette.scan"
#define BYTES_CLASS "lunette.bytes"

static lnt_scan **new_scan(lua_State *L) {
    lnt_scan **box = lua_newuserdatauv(L, sizeof *box, 0);
    *box = NULL;
    luaL_setmetatable(L, SCAN_CLASS);
    return box;
}

static int scan_close(lua_State *L) {
    lnt_scan **box = luaL_checkudata(L, 1, SCAN_CLASS), *scan = *box;
    *box = NULL;
    lnt_scan_unref(scan);
    return 0;
}

// ---- options: each reader leaves what it read on the stack ----

static const char *string_option(lua_State *L, int options, const char *name) {
    if (lua_getfield(L, options, name) == LUA_TNIL) return NULL;
    if (lua_type(L, -1) != LUA_TSTRING)
        lnt_lua_fail(L, LNT_ARGUMENT, "the option '%s' is a %s, not a string", name, luaL_typename(L, -1));
    return lua_tostring(L, -1);
}

/// A string of one character; `false` gives `off`.
static char char_option(lua_State *L, int options, const char *name, char off) {
    if (lua_getfield(L, options, name) == LUA_TBOOLEAN && !lua_toboolean(L, -1)) return off;
    const char *text = string_option(L, options, name);
    if (text && strlen(text) != 1)
        lnt_lua_fail(L, LNT_ARGUMENT, "the option '%s' must be one character, not '%s'", name, text);
    return text ? text[0] : 0;
}

static bool bool_option(lua_State *L, int options, const char *name) {
    int type = lua_getfield(L, options, name);
    if (type != LUA_TNIL && type != LUA_TBOOLEAN)
        lnt_lua_fail(L, LNT_ARGUMENT, "the option '%s' is a %s, not true or false", name, luaL_typename(L, -1));
    return lua_toboolean(L, -1);
}

/// A number of bytes; 0 when there is none.
static int64_t size_option(lua_State *L, int options, const char *name) {
    int is_whole = 1;
    bool is_there = lua_getfield(L, options, name) != LUA_TNIL;
    int64_t size = is_there ? lua_tointegerx(L, -1, &is_whole) : 0;
    if (!is_whole || size < 0) lnt_lua_fail(L, LNT_ARGUMENT, "the option '%s' must be a whole number, 0 or more", name);
    return size;
}

static lnt_tristate tristate_option(lua_State *L, int options, const char *name) {
    bool yes = bool_option(L, options, name);
    return lua_isnil(L, -1) ? LNT_SNIFF : yes ? LNT_YES : LNT_NO;
}

static const char *const *list_option(lua_State *L, int options, const char *name, int64_t *n) {
    int type = lua_getfield(L, options, name);
    if (type != LUA_TNIL && type != LUA_TTABLE)
        lnt_lua_fail(L, LNT_ARGUMENT, "the option '%s' is a %s, not a list of strings", name, luaL_typename(L, -1));
    return lnt_lua_read_strings(L, -1, n);
}

/// types = { column = "time", … }.
static const lnt_named_type *types_option(lua_State *L, int options, int64_t *n) {
    *n = 0;
    int type = lua_getfield(L, options, "types");
    if (type == LUA_TNIL) return NULL;
    if (type != LUA_TTABLE)
        lnt_lua_fail(L, LNT_ARGUMENT, "the option 'types' is a %s, not a table { column = type }",
                     luaL_typename(L, -1));
    int64_t count = 0;
    int table = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) count++;
    lnt_named_type *items = lua_newuserdatauv(L, sizeof *items * (size_t)(count + 1), 1);
    lua_createtable(L, (int)count, 0); // keeps the names, whatever becomes of the table
    int kept = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING)
            lnt_lua_fail(L, LNT_ARGUMENT, "the option 'types' is written { column = \"time\", … }");
        lnt_type value = lnt_type_from_name(lua_tostring(L, -1));
        if (value == LNT_NULL)
            lnt_lua_fail(L, LNT_NAME, "no type '%s' for column '%s' (there are bool, int, float, string, time, ip)",
                         lua_tostring(L, -1), lua_tostring(L, -2));
        items[(*n)++] = (lnt_named_type){lua_tostring(L, -2), value};
        lua_pushvalue(L, -2);
        lua_rawseti(L, kept, *n);
    }
    lua_setiuservalue(L, -2, 1);
    return items;
}

/// With a filled scan on top: pushes a plan that reads it.
static int push_scan_plan(lua_State *L, lnt_scan **scan) {
    lnt_lua_push_scan_plan(L, *scan);
    return 1;
}

/// core.csv(path, options).
static int open_csv(lua_State *L) {
    const char *path = luaL_checkstring(L, 1);
    lnt_csv_options o = {0};
    lua_settop(L, 2);
    luaL_checkstack(L, 40, NULL);
    if (!lua_isnil(L, 2)) {
        luaL_checktype(L, 2, LUA_TTABLE);
        o.delimiter = char_option(L, 2, "delimiter", 0);
        o.quote = char_option(L, 2, "quote", 1);
        o.comment = lua_getfield(L, 2, "comment") == LUA_TBOOLEAN ? "" : string_option(L, 2, "comment");
        o.record_pattern = string_option(L, 2, "record_pattern");
        o.header_comment = string_option(L, 2, "header_comment");
        o.header = tristate_option(L, 2, "header");
        o.names = list_option(L, 2, "names", &o.n_names);
        o.types = types_option(L, 2, &o.n_types);
        o.nulls = list_option(L, 2, "nulls", &o.n_nulls);
        o.max_record_bytes = size_option(L, 2, "max_record_bytes");
        o.member = string_option(L, 2, "member");
        o.all_strings = bool_option(L, 2, "all_strings");
        o.nested_quotes = bool_option(L, 2, "nested_quotes");
        o.allow_short = bool_option(L, 2, "allow_short");
    }
    lnt_engine *engine = lnt_lua_engine(L);
    lnt_scan **scan = new_scan(L);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_finish(L, lnt__csv_open_deferred(engine, path, &o, scan, &err), &err);
    return push_scan_plan(L, scan);
}

/// core.json(path, options).
static int open_json(lua_State *L) {
    const char *path = luaL_checkstring(L, 1);
    lnt_json_options o = {0};
    lua_settop(L, 2);
    luaL_checkstack(L, 40, NULL);
    if (!lua_isnil(L, 2)) {
        luaL_checktype(L, 2, LUA_TTABLE);
        o.records = string_option(L, 2, "records");
        o.key_column = string_option(L, 2, "key_column");
        o.types = types_option(L, 2, &o.n_types);
        o.nulls = list_option(L, 2, "nulls", &o.n_nulls);
        o.list_separator = string_option(L, 2, "list_separator");
        o.list_items = size_option(L, 2, "list_items");
        o.max_record_bytes = size_option(L, 2, "max_record_bytes");
        o.member = string_option(L, 2, "member");
        o.all_strings = bool_option(L, 2, "all_strings");
    }
    lnt_engine *engine = lnt_lua_engine(L);
    lnt_scan **scan = new_scan(L);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_finish(L, lnt__json_open_deferred(engine, path, &o, scan, &err), &err);
    return push_scan_plan(L, scan);
}

/// core.arrow(path, options).
static int open_arrow(lua_State *L) {
    const char *path = luaL_checkstring(L, 1);
    lnt_arrow_options o = {0};
    lua_settop(L, 2);
    luaL_checkstack(L, 40, NULL);
    if (!lua_isnil(L, 2)) {
        luaL_checktype(L, 2, LUA_TTABLE);
        o.columns = list_option(L, 2, "columns", &o.n_columns);
        if (lua_getfield(L, 2, "columns") == LUA_TNIL) o.columns = NULL;
        o.list_separator = string_option(L, 2, "list_separator");
        o.member = string_option(L, 2, "member");
    }
    lnt_engine *engine = lnt_lua_engine(L);
    lnt_scan **scan = new_scan(L);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_finish(L, lnt_arrow_open(engine, path, &o, scan, &err), &err);
    return push_scan_plan(L, scan);
}

/// core.peek(path, member, n = 4096): the file's first bytes, decompressed.
static int peek(lua_State *L) {
    const char *path = luaL_checkstring(L, 1), *member = luaL_optstring(L, 2, NULL);
    int64_t capacity = luaL_optinteger(L, 3, 4096), size = 0;
    luaL_argcheck(L, capacity > 0 && capacity <= 1 << 20, 3, "between 1 and 1048576 bytes");
    char *bytes = lua_newuserdatauv(L, (size_t)capacity, 0);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(L, lnt_peek(path, member, bytes, capacity, &size, &err), &err);
    lua_pushlstring(L, bytes, (size_t)size);
    return 1;
}

/// core.load_archives(): loads what reads compressed files now, for a process that can't open files later.
static int load_archives(lua_State *L) {
    const void *api;
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(L, lnt_module_symbol("archive", LNT_ARCHIVE_SYMBOL, &api, &err), &err);
    return 0;
}

/// core.digest(path): size in bytes, SHA-256 in hex.
static int digest(lua_State *L) {
    int64_t size;
    char hex[65];
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(L, lnt_file_digest(luaL_checkstring(L, 1), &size, hex, &err), &err);
    lua_pushinteger(L, size);
    lua_pushstring(L, hex);
    return 2;
}

/// core.extract(path, member or nil, to, max_bytes): unpacks a file.
static int extract(lua_State *L) {
    const char *path = luaL_checkstring(L, 1), *member = luaL_optstring(L, 2, NULL), *to = luaL_checkstring(L, 3);
    int64_t max_bytes = luaL_checkinteger(L, 4);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_finish(L, lnt_extract(lnt_lua_engine(L), path, member, to, max_bytes, &err), &err);
    return 0;
}

// ---- writing ----

static lnt_write_options read_write_options(lua_State *L, int format_index) {
    static const char *const names[] = {"csv", "tsv", "json", "ndjson", "md", "arrow", NULL};
    static const lnt_format formats[] = {LNT_FORMAT_CSV,    LNT_FORMAT_TSV,      LNT_FORMAT_JSON,
                                         LNT_FORMAT_NDJSON, LNT_FORMAT_MARKDOWN, LNT_FORMAT_ARROW};
    return (lnt_write_options){.format = formats[luaL_checkoption(L, format_index, NULL, names)],
                               .raw = lua_toboolean(L, format_index + 1)};
}

/// core.write_file(plan, format, raw, path): into a file that appears when it is whole; how many rows were written.
static int write_file(lua_State *L) {
    const lnt_plan *plan = lnt_lua_check_plan(L, 1);
    int64_t n_rows = 0;
    lnt_write_options options = read_write_options(L, 2);
    options.n_rows = &n_rows;
    const char *path = luaL_checkstring(L, 4);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_finish(L, lnt_write_file(lnt_lua_engine(L), plan, path, &options, &err), &err);
    lua_pushinteger(L, n_rows);
    return 1;
}

/// core.write_bytes(path, text): the same with bytes.
static int write_bytes(lua_State *L) {
    size_t size;
    const char *path = luaL_checkstring(L, 1), *bytes = luaL_checklstring(L, 2, &size);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(L, lnt_write_bytes(path, bytes, (int64_t)size, &err), &err);
    return 0;
}

static lnt_status to_stdout(void *context, const char *bytes, int64_t size, lnt_error *err) {
    (void)context;
    if (fwrite(bytes, 1, (size_t)size, stdout) == (size_t)size) return LNT_OK;
    return lnt_error_set(err, LNT_IO, "can't write to the standard output: %s", strerror(errno));
}

/// core.write_stdout(plan, format, raw): through C's own buffer, so that it keeps its place among what Lua prints.
/// Gives how many rows were written.
static int write_stdout(lua_State *L) {
    int64_t n_rows = 0;
    const lnt_plan *plan = lnt_lua_check_plan(L, 1);
    lnt_write_options options = read_write_options(L, 2);
    options.n_rows = &n_rows;
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_finish(L, lnt_write(lnt_lua_engine(L), plan, &options, to_stdout, NULL, &err), &err);
    lua_pushinteger(L, n_rows);
    return 1;
}

static int bytes_close(lua_State *L) {
    lnt_text_clear(luaL_checkudata(L, 1, BYTES_CLASS));
    return 0;
}

static lnt_status to_text(void *context, const char *bytes, int64_t size, lnt_error *err) {
    lnt_text_add(context, bytes, size);
    return lnt_text_check(context, err);
}

/// core.render(plan, format, raw): the same as a string.
static int render(lua_State *L) {
    const lnt_plan *plan = lnt_lua_check_plan(L, 1);
    lnt_write_options options = read_write_options(L, 2);
    lnt_text *text = lua_newuserdatauv(L, sizeof *text, 0);
    *text = (lnt_text){0};
    luaL_setmetatable(L, BYTES_CLASS);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_finish(L, lnt_write(lnt_lua_engine(L), plan, &options, to_text, text, &err), &err);
    lua_pushlstring(L, text->size ? text->data : "", (size_t)text->size);
    lnt_text_clear(text);
    return 1;
}

void lnt_lua_open_io(lua_State *L) {
    static const luaL_Reg nothing[] = {{NULL, NULL}};
    static const luaL_Reg functions[] = {{"csv", open_csv},
                                         {"json", open_json},
                                         {"arrow", open_arrow},
                                         {"peek", peek},
                                         {"digest", digest},
                                         {"load_archives", load_archives},
                                         {"extract", extract},
                                         {"write_file", write_file},
                                         {"write_bytes", write_bytes},
                                         {"write_stdout", write_stdout},
                                         {"render", render},
                                         {NULL, NULL}};
    lnt_lua_new_class(L, SCAN_CLASS, nothing, scan_close);
    lnt_lua_new_class(L, BYTES_CLASS, nothing, bytes_close);
    lua_pop(L, 2);
    luaL_setfuncs(L, functions, 0);
}
