/// @file edit.c
/// Lines from a terminal: an editor where the module for it is installed, a plain line otherwise. And Lua's files as C
/// streams.
#include <lualib.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/module.h"
#include "lua/binding.h"
#include "lua/edit.h"
#include "lua/interrupt.h"

#define EDITOR_CLASS "lunette.editor"

typedef struct editor_box {
    const lnt_edit_functions *functions;
    lnt_editor *editor;
    bool is_reading;
} editor_box;

/// One asking for completions, on its way through lua_pcall.
typedef struct completion {
    lua_State *L;
    int complete; ///< stack index of the Lua function
    int top;      ///< what lies above on the stack is the last answer
} completion;

static FILE *check_file(lua_State *L, int index) {
    luaL_Stream *stream = luaL_checkudata(L, index, LUA_FILEHANDLE);
    if (!stream->closef) luaL_argerror(L, index, "the file is closed");
    return stream->f;
}

/// Asks the Lua function: complete(line, cursor) -> characters to remove, text to insert, list to show. What it raises
/// is nobody's loss: the line stays as it is.
static bool ask_lua(void *context, const char *line, size_t size, size_t cursor, lnt_edit_change *change) {
    completion *self = context;
    lua_State *L = self->L;
    lua_settop(L, self->top);
    if (!lua_checkstack(L, 8)) return false;
    lua_pushvalue(L, self->complete);
    lua_pushlstring(L, line, size);
    lua_pushinteger(L, (lua_Integer)cursor);
    if (lua_pcall(L, 2, 3, 0) != LUA_OK || lua_isnil(L, -3)) {
        lua_settop(L, self->top);
        return false;
    }
    change->n_removed = (int)lua_tointeger(L, -3);
    change->insert = lua_tostring(L, -2);
    change->list = lua_tostring(L, -1);
    return true;
}

static editor_box *check_editor(lua_State *L) {
    editor_box *box = luaL_checkudata(L, 1, EDITOR_CLASS);
    if (!box->editor) luaL_error(L, "the editor is closed");
    return box;
}

/// editor:read(prompt, complete?): "line", text; "end"; or "interrupted" after Ctrl-C.
static int editor_read(lua_State *L) {
    static const char *const outcomes[] = {"line", "end", "interrupted"};
    editor_box *box = check_editor(L);
    const char *prompt = luaL_checkstring(L, 2), *line = NULL;
    size_t size = 0;
    if (box->is_reading) return luaL_error(L, "a line is being read already");
    lua_settop(L, 3);
    if (lua_isnil(L, 3)) lua_pop(L, 1);
    completion asking = {L, 3, lua_gettop(L)};
    box->is_reading = true;
    lnt_edit_outcome outcome =
        box->functions->read_line(box->editor, prompt, lnt_lua_enter_prompt(), &asking, &line, &size);
    box->is_reading = false;
    lnt_lua_leave_prompt();
    lua_settop(L, 2);
    lua_pushstring(L, outcomes[outcome]);
    if (outcome != LNT_EDIT_LINE) return 1;
    lua_pushlstring(L, line, size);
    return 2;
}

/// editor:remember(line): the arrow keys bring it back.
static int editor_remember(lua_State *L) {
    editor_box *box = check_editor(L);
    box->functions->remember(box->editor, luaL_checkstring(L, 2));
    return 0;
}

static int editor_close(lua_State *L) {
    editor_box *box = luaL_checkudata(L, 1, EDITOR_CLASS);
    lnt_editor *editor = box->editor;
    if (box->is_reading) return 0;
    box->editor = NULL;
    if (editor) box->functions->close(editor);
    return 0;
}

/// core.open_editor(input, output): an editor over a terminal's two streams; nil and why where there is none.
static int open_editor(lua_State *L) {
    FILE *in = check_file(L, 1), *out = check_file(L, 2);
    const void *found = NULL;
    lnt_error err;
    lnt_error_init(&err);
    if (lnt_module_symbol("edit", "lnt_edit", &found, &err) != LNT_OK) {
        lua_pushnil(L);
        lua_pushstring(L, err.message);
        return 2;
    }
    editor_box *box = lua_newuserdatauv(L, sizeof *box, 2);
    *box = (editor_box){found, NULL, false};
    luaL_setmetatable(L, EDITOR_CLASS);
    lua_pushvalue(L, 1); // the streams live as long as the editor
    lua_setiuservalue(L, -2, 1);
    lua_pushvalue(L, 2);
    lua_setiuservalue(L, -2, 2);
    box->editor = box->functions->open(in, out, ask_lua);
    if (!box->editor) return luaL_error(L, "no memory for line editing");
    return 1;
}

/// core.read_line(input): a line of a terminal without editing; nil at its end, nil and "interrupted" after Ctrl-C.
static int read_plain_line(lua_State *L) {
    FILE *in = check_file(L, 1);
    const volatile sig_atomic_t *stop = lnt_lua_enter_prompt();
    struct pollfd ready = {.fd = fileno(in), .events = POLLIN};
    while (!*stop && poll(&ready, 1, 200) <= 0) continue;
    bool was_interrupted = lnt_lua_leave_prompt();
    if (was_interrupted) {
        lua_pushnil(L);
        lua_pushliteral(L, "interrupted");
        return 2;
    }
    luaL_Buffer buffer;
    luaL_buffinit(L, &buffer);
    int c, n = 0;
    while ((c = getc(in)) != EOF && c != '\n') {
        luaL_addchar(&buffer, (char)c);
        n++;
    }
    luaL_pushresult(&buffer);
    if (c == EOF && n == 0) return 0;
    return 1;
}

/// core.descriptor(file): the number that the system knows it by, or nil.
static int descriptor(lua_State *L) {
    int fd = fileno(check_file(L, 1));
    if (fd < 0) return 0;
    lua_pushinteger(L, fd);
    return 1;
}

void lnt_lua_open_edit(lua_State *L) {
    static const luaL_Reg methods[] = {
        {"read", editor_read}, {"remember", editor_remember}, {"close", editor_close}, {NULL, NULL}};
    static const luaL_Reg functions[] = {
        {"open_editor", open_editor}, {"read_line", read_plain_line}, {"descriptor", descriptor}, {NULL, NULL}};
    lnt_lua_new_class(L, EDITOR_CLASS, methods, editor_close);
    lua_pop(L, 1);
    luaL_setfuncs(L, functions, 0);
}
