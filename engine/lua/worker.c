/// @file worker.c
/// Confined processes, from both ends: a parent starts one, sends and receives, looks at it, and kills it; the worker
/// finds its end of the socket, and gives up its rights.
///
/// A worker is this program again (exec, so nothing of the parent's memory goes along), with the socket as descriptor 3,
/// no other descriptor, and an environment without secrets. It dies with its parent, and with the last reference here.
/// Workload: one per plugin from outside and run; starting one takes about as long as starting `lunette`.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/confine.h"
#include "base/sanitized.h"
#include "lua/channel.h"

#define WORKER_CLASS "lunette.worker"

typedef struct worker {
    pid_t pid; ///< 0: the other end, which has none
    int socket;
    int status; ///< of the ended process
    bool ended;
    lnt__held held;
} worker;

static worker *check_worker(lua_State *L) {
    worker *w = luaL_checkudata(L, 1, WORKER_CLASS);
    if (w->socket < 0) luaL_argerror(L, 1, "the worker was closed");
    return w;
}

static worker *new_worker(lua_State *L) {
    worker *w = lua_newuserdatauv(L, sizeof *w, 0);
    *w = (worker){.socket = -1};
    luaL_setmetatable(L, WORKER_CLASS);
    return w;
}

static void reap(worker *w) {
    while (!w->ended && waitpid(w->pid, &w->status, 0) < 0)
        if (errno != EINTR) break;
    w->ended = true;
}

/// Ends the process at once. Can run twice.
static int worker_close(lua_State *L) {
    worker *w = luaL_checkudata(L, 1, WORKER_CLASS);
    if (w->socket >= 0) close(w->socket);
    w->socket = -1;
    if (w->pid > 0 && !w->ended) {
        kill(w->pid, SIGKILL);
        reap(w);
    }
    lnt__held_clear(&w->held);
    return 0;
}

// ---- starting ----

/// The environment of a worker: nothing of the user's. (A sanitizer's look for leaks would need what is given up.)
static char **environment_of_worker(void) {
    static char locale[] = "LC_ALL=C.UTF-8", leaks[] = "ASAN_OPTIONS=detect_leaks=0";
    static char *all[] = {locale, leaks, NULL};
    return all;
}

static int spawn(pid_t *pid, int socket, char *const words[], bool keep_stderr) {
    posix_spawn_file_actions_t files;
    int failure = posix_spawn_file_actions_init(&files);
    if (failure) return failure;
    failure = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    if (!failure) failure = posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    if (!failure && !keep_stderr) failure = posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
    if (!failure) failure = posix_spawn_file_actions_adddup2(&files, socket, LNT__CHANNEL_FD);
    if (!failure) failure = posix_spawn_file_actions_addclosefrom_np(&files, LNT__CHANNEL_FD + 1);
    if (!failure) failure = posix_spawn(pid, words[0], &files, NULL, words, environment_of_worker());
    posix_spawn_file_actions_destroy(&files);
    return failure;
}

/// core.start_worker(program, home, memory_bytes): a confined process to be; or nil, message.
static int start_worker(lua_State *L) {
    const char *program = luaL_checkstring(L, 1), *home = luaL_checkstring(L, 2);
    char memory[32];
    snprintf(memory, sizeof memory, "%lld", (long long)luaL_checkinteger(L, 3));
    char *words[] = {(char *)(uintptr_t)program, (char *)(uintptr_t) "--worker", (char *)(uintptr_t)home, memory, NULL};
    worker *w = new_worker(L);
    int ends[2];
    int failure = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0 ? 0 : errno;
    if (!failure) {
        w->socket = ends[0];
        failure = spawn(&w->pid, ends[1], words, LNT_SANITIZED); // what a sanitizer finds is to be seen
        close(ends[1]);
    }
    if (!failure) return 1;
    w->pid = 0;
    lua_pushnil(L);
    lua_pushfstring(L, "the process for a confined plugin, %s, can't be started: %s", program, strerror(failure));
    return 2;
}

// ---- both ends ----

static int64_t deadline_of(lua_State *L, int index) {
    lua_Number seconds = luaL_optnumber(L, index, -1);
    if (seconds < 0) return 0;
    return lnt__now_ms() + (int64_t)((seconds > 1e9 ? 1e9 : seconds) * 1000) + 1;
}

/// worker:send(bytes, descriptors or nil, seconds or nil): true; or nil and "closed" or "time".
static int worker_send(lua_State *L) {
    worker *w = check_worker(L);
    const char *failure = lnt_lua_send(L, w->socket, 2, 3, deadline_of(L, 4));
    if (!failure) {
        lua_pushboolean(L, true);
        return 1;
    }
    lua_pushnil(L);
    lua_pushstring(L, failure);
    return 2;
}

/// worker:receive(seconds or nil): a string, an array of descriptors; or nil and "closed", "time", "signal", "broken".
static int worker_receive(lua_State *L) {
    worker *w = check_worker(L);
    const char *failure = lnt_lua_receive(L, w->socket, &w->held, deadline_of(L, 2));
    if (!failure) return 2;
    lua_pushnil(L);
    lua_pushstring(L, failure);
    return 2;
}

/// worker:ended(): after "closed": "exit", code or "signal", number. Ends the process if it hasn't ended.
static int worker_ended(lua_State *L) {
    worker *w = luaL_checkudata(L, 1, WORKER_CLASS);
    luaL_argcheck(L, w->pid > 0, 1, "no process");
    for (int i = 0; i < 50 && !w->ended; i++) { // it closed its socket: it is about to end, by itself or killed
        pid_t got = waitpid(w->pid, &w->status, WNOHANG);
        w->ended = got == w->pid || (got < 0 && errno != EINTR);
        if (!w->ended) usleep(10000);
    }
    if (!w->ended) kill(w->pid, SIGKILL);
    reap(w);
    bool killed = WIFSIGNALED(w->status);
    lua_pushstring(L, killed ? "signal" : "exit");
    lua_pushinteger(L, killed ? WTERMSIG(w->status) : WEXITSTATUS(w->status));
    return 2;
}

/// worker:memory(): bytes of private memory that it holds now; nil when that can't be known.
static int worker_memory(lua_State *L) {
    const worker *w = check_worker(L);
    char path[64];
    long long total, resident, shared;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)w->pid);
    FILE *file = fopen(path, "re");
    bool known = file && fscanf(file, "%lld %lld %lld", &total, &resident, &shared) == 3;
    if (file) fclose(file);
    if (!known) return 0;
    lua_pushinteger(L, (resident - shared) * sysconf(_SC_PAGESIZE));
    return 1;
}

// ---- the worker's end ----

/// core.channel(): the socket that the worker was started with. The worker dies with its parent from here on.
static int channel(lua_State *L) {
    worker *w = new_worker(L);
    int type;
    socklen_t size = sizeof type;
    if (getsockopt(LNT__CHANNEL_FD, SOL_SOCKET, SO_TYPE, &type, &size) != 0)
        return luaL_error(L, "--worker is for lunette itself: there is no socket to work for");
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGINT, SIG_IGN); // the parent decides
    signal(SIGPIPE, SIG_IGN);
    fcntl(LNT__CHANNEL_FD, F_SETFD, FD_CLOEXEC);
    w->socket = LNT__CHANNEL_FD;
    return 1;
}

/// core.confine{ memory =, seconds =, file = }: what holds from now on, for good: { files =, calls =, memory = }.
static int confine(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_getfield(L, 1, "memory");
    lua_getfield(L, 1, "seconds");
    lua_getfield(L, 1, "file");
    lnt_limits limits = {luaL_checkinteger(L, -3), luaL_checkinteger(L, -2), luaL_checkinteger(L, -1)};
    lnt_confinement holds;
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(L, lnt_confine(&limits, &holds, &err), &err);
    lua_createtable(L, 0, 3);
    lua_pushboolean(L, holds.files);
    lua_setfield(L, -2, "files");
    lua_pushboolean(L, holds.calls);
    lua_setfield(L, -2, "calls");
    lua_pushboolean(L, holds.memory);
    lua_setfield(L, -2, "memory");
    return 1;
}

void lnt_lua_open_worker(lua_State *L) {
    static const luaL_Reg methods[] = {{"send", worker_send},     {"receive", worker_receive}, {"ended", worker_ended},
                                       {"memory", worker_memory}, {"close", worker_close},     {NULL, NULL}};
    static const luaL_Reg functions[] = {
        {"start_worker", start_worker}, {"channel", channel}, {"confine", confine}, {NULL, NULL}};
    lnt_lua_new_class(L, WORKER_CLASS, methods, worker_close);
    lua_pop(L, 1);
    luaL_setfuncs(L, functions, 0);
}
