/// @file host.c
/// What the Lua side needs of the machine and Lua's own library doesn't have: folders, terminals, a clock, names.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "lua/binding.h"

#define FOLDER_CLASS "lunette.folder"

/// nil, message.
static int fail_with_errno(lua_State *L, const char *path) {
    int number = errno;
    lua_pushnil(L);
    lua_pushfstring(L, "%s: %s", path, strerror(number));
    return 2;
}

static int folder_close(lua_State *L) {
    DIR **box = luaL_checkudata(L, 1, FOLDER_CLASS), *folder = *box;
    *box = NULL;
    if (folder) closedir(folder);
    return 0;
}

/// core.list_folder(path, hidden = false): the names in it, in no order; those that start with a dot, except for "." and
/// "..", only with `hidden`. Or nil, message.
static int list_folder(lua_State *L) {
    const char *path = luaL_checkstring(L, 1);
    bool hidden = lua_toboolean(L, 2);
    DIR **box = lua_newuserdatauv(L, sizeof *box, 0);
    *box = NULL;
    luaL_setmetatable(L, FOLDER_CLASS);
    *box = opendir(path);
    if (!*box) return fail_with_errno(L, path);
    lua_newtable(L);
    lua_Integer n = 0;
    for (const struct dirent *entry; (entry = readdir(*box));) {
        bool is_own = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
        if (is_own || (entry->d_name[0] == '.' && !hidden)) continue;
        lua_pushstring(L, entry->d_name);
        lua_rawseti(L, -2, ++n);
    }
    closedir(*box);
    *box = NULL;
    return 1;
}

/// core.stat(path): "file", "folder" or "other", and the size in bytes; nil when there is nothing.
static int stat_path(lua_State *L) {
    struct stat s;
    const char *path = luaL_checkstring(L, 1);
    if (stat(path, &s) != 0) return fail_with_errno(L, path);
    lua_pushstring(L, S_ISREG(s.st_mode) ? "file" : S_ISDIR(s.st_mode) ? "folder" : "other");
    lua_pushinteger(L, s.st_size);
    return 2;
}

/// core.is_system_file(path): whether it was installed: below /usr, root's, and nobody else may write it.
static int is_system_file(lua_State *L) {
    char resolved[PATH_MAX];
    struct stat s;
    bool is = realpath(luaL_checkstring(L, 1), resolved) && strncmp(resolved, "/usr/", 5) == 0 &&
              strncmp(resolved, "/usr/local/", 11) != 0 && stat(resolved, &s) == 0 && s.st_uid == 0 &&
              (s.st_mode & (S_IWGRP | S_IWOTH)) == 0;
    lua_pushboolean(L, is);
    return 1;
}

/// core.real_path(path): the path from the root on, without links; or nil, message where nothing is there.
static int real_path(lua_State *L) {
    char resolved[PATH_MAX];
    const char *path = luaL_checkstring(L, 1);
    if (!realpath(path, resolved)) return fail_with_errno(L, path);
    lua_pushstring(L, resolved);
    return 1;
}

/// core.same_file(path, path): whether both name one file that is there.
static int same_file(lua_State *L) {
    struct stat a, b;
    const char *first = luaL_checkstring(L, 1), *second = luaL_checkstring(L, 2);
    lua_pushboolean(L, stat(first, &a) == 0 && stat(second, &b) == 0 && S_ISREG(a.st_mode) && a.st_dev == b.st_dev &&
                           a.st_ino == b.st_ino);
    return 1;
}

/// core.user_home(): the user's home as the system's list of users has it; nil where it isn't there.
static int user_home(lua_State *L) {
    char room[4096];
    struct passwd entry, *found = NULL;
    if (getpwuid_r(geteuid(), &entry, room, sizeof room, &found) != 0 || !found || !entry.pw_dir || entry.pw_dir[0] != '/')
        return 0;
    lua_pushstring(L, entry.pw_dir);
    return 1;
}

/// core.make_folder(path, is_private?): true, also when it is there; or nil, message.
static int make_folder(lua_State *L) {
    const char *path = luaL_checkstring(L, 1);
    if (mkdir(path, lua_toboolean(L, 2) ? 0700 : 0777) != 0 && errno != EEXIST) return fail_with_errno(L, path);
    lua_pushboolean(L, true);
    return 1;
}

/// core.append_private(path, text): adds to a file that only its owner may read: true; or nil, message.
static int append_private(lua_State *L) {
    size_t size;
    const char *path = luaL_checkstring(L, 1), *text = luaL_checklstring(L, 2, &size);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) return fail_with_errno(L, path);
    ssize_t n = write(fd, text, size); // one write: what several sessions add doesn't mix
    if (close(fd) != 0 || n != (ssize_t)size) return fail_with_errno(L, path);
    lua_pushboolean(L, true);
    return 1;
}

/// core.is_terminal(fd).
static int is_terminal(lua_State *L) {
    lua_pushboolean(L, isatty((int)luaL_checkinteger(L, 1)));
    return 1;
}

/// core.terminal_width(fd): its columns, or nil.
static int terminal_width(lua_State *L) {
    struct winsize size;
    if (ioctl((int)luaL_checkinteger(L, 1), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 0;
    lua_pushinteger(L, size.ws_col);
    return 1;
}

/// core.seconds(): a clock that only goes forward.
static int seconds(lua_State *L) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    lua_pushnumber(L, (lua_Number)t.tv_sec + (lua_Number)t.tv_nsec / 1e9);
    return 1;
}

/// core.nearest(name, names): the one that is most like it, or nil.
static int nearest(lua_State *L) {
    size_t size;
    int64_t n;
    const char *name = luaL_checklstring(L, 1, &size);
    const char **names = lnt_lua_read_strings(L, 2, &n);
    int64_t at = lnt_nearest(name, (int64_t)size, names, n);
    if (at < 0) return 0;
    lua_pushstring(L, names[at]);
    return 1;
}

void lnt_lua_open_host(lua_State *L) {
    static const luaL_Reg nothing[] = {{NULL, NULL}};
    static const luaL_Reg functions[] = {
        {"list_folder", list_folder}, {"stat", stat_path},          {"same_file", same_file},
        {"is_system_file", is_system_file}, {"real_path", real_path}, {"user_home", user_home},
        {"make_folder", make_folder}, {"append_private", append_private}, {"is_terminal", is_terminal},
        {"terminal_width", terminal_width},
        {"seconds", seconds},         {"nearest", nearest},         {NULL, NULL}};
    lnt_lua_new_class(L, FOLDER_CLASS, nothing, folder_close);
    lua_pop(L, 1);
    luaL_setfuncs(L, functions, 0);
}
