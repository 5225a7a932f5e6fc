/// @file files.c
/// Files that must be private, durable, temporary, or one process's alone; and waiting.
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/temporary.h"
#include "lua/binding.h"

#define LOCK_CLASS "lunette.lock"
#define CONTENT_CLASS "lunette.content"
#define TEMPORARY_CLASS "lunette.temporary"

static int content_close(lua_State *L) {
    char **box = luaL_checkudata(L, 1, CONTENT_CLASS), *content = *box;
    *box = NULL;
    lnt_file_free(content);
    return 0;
}

/// nil, message, code.
static int push_failure(lua_State *L, lnt_status status, const lnt_error *err) {
    lua_pushnil(L);
    lua_pushstring(L, err->message);
    lua_pushstring(L, lnt_status_name(status));
    return 3;
}

/// core.read_private(path): the content of a file that is the user's alone; or nil, message, code.
static int read_private(lua_State *L) {
    const char *path = luaL_checkstring(L, 1);
    char **box = lua_newuserdatauv(L, sizeof *box, 0);
    *box = NULL;
    luaL_setmetatable(L, CONTENT_CLASS);
    int64_t size = 0;
    lnt_error err;
    lnt_error_init(&err);
    lnt_status status = lnt_file_read_private(path, box, &size, &err);
    if (status != LNT_OK) return push_failure(L, status, &err);
    lua_pushlstring(L, *box, (size_t)size);
    return 1;
}

/// core.write_durable(path, text): raises where it can't.
static int write_durable(lua_State *L) {
    size_t size;
    const char *path = luaL_checkstring(L, 1), *bytes = luaL_checklstring(L, 2, &size);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(L, lnt_file_write_durable(path, bytes, (int64_t)size, &err), &err);
    return 0;
}

static int lock_close(lua_State *L) {
    int *box = luaL_checkudata(L, 1, LOCK_CLASS), fd = *box;
    *box = -1;
    lnt_file_unlock(fd);
    return 0;
}

/// core.lock(path): a lock, to be held by `local lock <close>`; nil where another process has it.
static int take_lock(lua_State *L) {
    const char *path = luaL_checkstring(L, 1);
    int *box = lua_newuserdatauv(L, sizeof *box, 0);
    *box = -1;
    luaL_setmetatable(L, LOCK_CLASS);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(L, lnt_file_lock(path, box, &err), &err);
    return *box >= 0 ? 1 : 0;
}

// ---- temporary files ----

/// A file that goes with its handle. Where it could be made without a name, `path` names the descriptor.
typedef struct temporary {
    int fd; ///< -1: closed
    bool is_named;
    char path[PATH_MAX];
} temporary;

static int temporary_close(lua_State *L) {
    temporary *file = luaL_checkudata(L, 1, TEMPORARY_CLASS);
    if (file->fd >= 0) {
        if (file->is_named) unlink(file->path);
        close(file->fd);
    }
    file->fd = -1;
    return 0;
}

static const char *temporary_folder_path(void) {
    const char *chosen = lnt__temporary_chosen();
    return chosen ? chosen : "/tmp";
}

static int fail_temporary(lua_State *L, const char *what, int number) {
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(L, lnt_error_set(&err, LNT_IO, "can't make a temporary %s in %s: %s; TMPDIR can name another place", what,
                                   temporary_folder_path(), strerrordesc_np(number)), &err);
    return 0;
}

/// The file with a name in the folder for temporary files: where /proc isn't there to reach one that has none.
static int open_named(temporary *file) {
    int n = snprintf(file->path, sizeof file->path, "%s/lunette-XXXXXX", temporary_folder_path());
    if (n < 0 || (size_t)n >= sizeof file->path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    file->is_named = true;
    return mkstemp(file->path);
}

/// core.temporary_file(): a handle, with which the file goes (`local handle <close>`), and the path under which this process
/// opens it. Raises where none can be made.
static int temporary_file(lua_State *L) {
    temporary *file = lua_newuserdatauv(L, sizeof *file, 0);
    file->fd = -1;
    file->is_named = false;
    luaL_setmetatable(L, TEMPORARY_CLASS);
    bool is_reachable = access("/proc/self/fd", X_OK) == 0;
    file->fd = is_reachable ? lnt__temporary_open(temporary_folder_path()) : open_named(file);
    if (file->fd < 0) return fail_temporary(L, "file", errno);
    if (!file->is_named) snprintf(file->path, sizeof file->path, "/proc/self/fd/%d", file->fd);
    lua_pushstring(L, file->path);
    return 2;
}

/// core.temporary_folder(): the path of a new folder that is the user's alone. Raises where none can be made.
static int temporary_folder(lua_State *L) {
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/lunette-XXXXXX", temporary_folder_path());
    if (n < 0 || (size_t)n >= sizeof path) return fail_temporary(L, "folder", ENAMETOOLONG);
    if (!mkdtemp(path)) return fail_temporary(L, "folder", errno);
    lua_pushstring(L, path);
    return 1;
}

/// core.sleep(seconds): a signal ends it early.
static int sleep_for(lua_State *L) {
    lua_Number seconds = luaL_checknumber(L, 1);
    luaL_argcheck(L, seconds >= 0 && seconds < 1e6, 1, "0 to a million seconds");
    struct timespec t = {.tv_sec = (time_t)seconds, .tv_nsec = (long)((seconds - (lua_Number)(time_t)seconds) * 1e9)};
    nanosleep(&t, NULL);
    return 0;
}

void lnt_lua_open_files(lua_State *L) {
    static const luaL_Reg nothing[] = {{NULL, NULL}};
    static const luaL_Reg temporary_methods[] = {{"close", temporary_close}, {NULL, NULL}};
    static const luaL_Reg functions[] = {
        {"read_private", read_private},     {"write_durable", write_durable},
        {"lock", take_lock},                {"sleep", sleep_for},
        {"temporary_file", temporary_file}, {"temporary_folder", temporary_folder},
        {NULL, NULL}};
    lnt_lua_new_class(L, CONTENT_CLASS, nothing, content_close);
    lnt_lua_new_class(L, LOCK_CLASS, nothing, lock_close);
    lnt_lua_new_class(L, TEMPORARY_CLASS, temporary_methods, temporary_close);
    lua_pop(L, 3);
    luaL_setfuncs(L, functions, 0);
}
