/// @file json.c
/// JSON text for the report writer: one string, and a table's rows in bulk. `<`, U+2028 and U+2029 are escaped, so that
/// the text is safe inside a page's script too, and so are all control characters; invalid UTF-8 becomes U+FFFD; NaN
/// and infinities become null.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "column/value_text.h"
#include "lua/binding.h"

/// Adds the escape of one character that needs it; `size` is its length in bytes.
static void add_escape(luaL_Buffer *out, const unsigned char *c, int size) {
    char escape[16];
    switch (*c) {
    case '"':
        luaL_addstring(out, "\\\"");
        return;
    case '\\':
        luaL_addstring(out, "\\\\");
        return;
    case '\n':
        luaL_addstring(out, "\\n");
        return;
    case '\r':
        luaL_addstring(out, "\\r");
        return;
    case '\t':
        luaL_addstring(out, "\\t");
        return;
    default:
        break;
    }
    unsigned code = size == 3 ? 0x2000u + c[2] - 0x80 : size == 2 ? c[1] : *c < 0x80 ? *c : 0xfffd;
    snprintf(escape, sizeof escape, "\\u%04x", code); // 0xe2 0x80 or 0xc2 stand before the last byte
    luaL_addstring(out, escape);
}

/// Bytes of text from `at` that can be copied as they are; at a byte that can't, 0 and its length in `*skip`.
static int64_t plain_run(const char *data, int64_t size, int64_t at, int64_t invalid, int *skip) {
    int64_t start = at;
    for (; at < size; at++) {
        unsigned char c = (unsigned char)data[at];
        bool line_separator = c == 0xe2 && size - at >= 3 && (unsigned char)data[at + 1] == 0x80 &&
                              ((unsigned char)data[at + 2] & 0xfe) == 0xa8;
        bool control = c == 0xc2 && size - at >= 2 && at != invalid && ((unsigned char)data[at + 1] & 0xe0) == 0x80;
        *skip = line_separator ? 3 : control ? 2 : 1;
        if (c < 0x20 || c == '"' || c == '\\' || c == '<' || c == 0x7f || line_separator || control || at == invalid)
            break;
    }
    return at - start;
}

static void add_string(luaL_Buffer *out, const char *data, int64_t size) {
    int64_t invalid = lnt_utf8_check(data, size);
    luaL_addchar(out, '"');
    for (int64_t at = 0; at < size;) {
        int skip = 1;
        int64_t run = plain_run(data, size, at, invalid, &skip);
        luaL_addlstring(out, data + at, (size_t)run);
        at += run;
        if (at >= size) break;
        add_escape(out, (const unsigned char *)data + at, skip);
        if (at == invalid) {
            int64_t next = lnt_utf8_check(data + at + 1, size - at - 1);
            invalid = next < 0 ? -1 : at + 1 + next;
        }
        at += skip;
    }
    luaL_addchar(out, '"');
}

static void add_value(luaL_Buffer *out, lnt_value value) {
    char text[LNT_FORMAT_BYTES];
    if (value.is_null || (value.type == LNT_FLOAT && !isfinite(value.as.f))) {
        luaL_addstring(out, "null");
    } else if (value.type == LNT_STRING) {
        add_string(out, value.as.s.size ? value.as.s.data : "", value.as.s.size);
    } else {
        size_t size = (size_t)lnt_format_value(value, text);
        bool quoted = value.type == LNT_TIME || value.type == LNT_IP;
        if (quoted) luaL_addchar(out, '"');
        luaL_addlstring(out, text, size);
        if (quoted) luaL_addchar(out, '"');
    }
}

int lnt_lua_table_json_rows(lua_State *L) {
    const lnt_table *table = lnt_lua_check_table(L, 1);
    int64_t first = luaL_checkinteger(L, 2) - 1, n = luaL_checkinteger(L, 3);
    int64_t rows = lnt_table_n_rows(table), columns = lnt_table_n_columns(table);
    luaL_argcheck(L, first >= 0, 2, "rows are counted from 1");
    luaL_Buffer out;
    luaL_buffinit(L, &out);
    for (int64_t row = first; row < rows && row - first < n; row++) {
        luaL_addstring(&out, row == first ? "[" : ",[");
        for (int64_t i = 0; i < columns; i++) {
            if (i) luaL_addchar(&out, ',');
            add_value(&out, lnt_column_get(lnt_table_column(table, i), row));
        }
        luaL_addchar(&out, ']');
    }
    luaL_pushresult(&out);
    return 1;
}

/// core.json(value): a single value as JSON text.
static int json_value(lua_State *L) {
    lnt_value value;
    if (!lnt_lua_to_value(L, 1, &value)) return lnt_lua_fail(L, LNT_TYPE, "a %s is no value", luaL_typename(L, 1));
    luaL_Buffer out;
    luaL_buffinit(L, &out);
    add_value(&out, value);
    luaL_pushresult(&out);
    return 1;
}

void lnt_lua_open_json(lua_State *L) {
    static const luaL_Reg functions[] = {{"json_value", json_value}, {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}
