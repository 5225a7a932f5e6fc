/// @file interrupt.c
/// Ctrl-C: stops the query that runs and the Lua code that runs, in whatever coroutine it runs.
///
/// A hook belongs to one coroutine, so the signal handler has to know all that are on the C stack. While Ctrl-C is
/// taken, coroutine.resume, wrap and close are functions of this file, which do what Lua's own do and keep the chain
/// of the coroutines that wait for one another. Nothing else is paid for it: no hook is set until somebody presses
/// Ctrl-C. Then every coroutine of the chain gets one that raises an error at each instruction, so that code that
/// catches the error meets it again at its next step, until whoever ends the run arms Ctrl-C anew. xpcall is one of
/// this file, too: a message handler of the user's isn't called for such an error.
///
/// The signal belongs to the process, so one state at a time has it; `owner` is the thread that it runs on.
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "lua/binding.h"
#include "lua/interrupt.h"

/// A coroutine that runs, and the one that resumed it. Lives on the C stack of the resume.
typedef struct running {
    lua_State *state;
    struct running *outer;
} running;

static running base;                     ///< the state that took Ctrl-C
static running *volatile innermost;      ///< what runs now; NULL while nobody has Ctrl-C
static pthread_t owner;                  ///< the thread that it runs on
static struct sigaction before;          ///< how SIGINT was handled by the process
static volatile sig_atomic_t requests;   ///< how often Ctrl-C was pressed since it was armed
static volatile sig_atomic_t allowed;    ///< how often that asks; once more ends the process
static volatile sig_atomic_t is_at_prompt; ///< a line is being read: nothing runs that could be stopped

/// Raises at every step after a Ctrl-C. A hook that was left on some coroutine takes itself away.
static void stop_lua(lua_State *L, lua_Debug *frame) {
    (void)frame;
    if (requests == 0) {
        lua_sethook(L, NULL, 0, 0);
        return;
    }
    luaL_error(L, "interrupted");
}

static void stop_chain(void) {
    const int always = LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT;
    for (running *each = innermost; each; each = each->outer) lua_sethook(each->state, stop_lua, always, 1);
}

static void on_interrupt(int number) {
    static const char warning[] = "\nstill stopping; Ctrl-C once more ends the process\n";
    int saved = errno;
    if (!pthread_equal(owner, pthread_self())) { // the chain is the owner's
        pthread_kill(owner, number);
        errno = saved;
        return;
    }
    requests = requests + 1;
    if (!is_at_prompt) {
        lnt_lua_interrupt();
        stop_chain();
        if (requests >= allowed) signal(number, SIG_DFL);
        if (requests > 1 && write(STDERR_FILENO, warning, sizeof warning - 1) < 0) errno = saved;
    }
    errno = saved;
}

static bool is_owner(void) {
    return innermost && pthread_equal(owner, pthread_self());
}

const volatile sig_atomic_t *lnt_lua_enter_prompt(void) {
    if (is_owner()) is_at_prompt = 1;
    return &requests;
}

bool lnt_lua_leave_prompt(void) {
    if (!is_owner()) return false;
    bool was_interrupted = requests > 0;
    requests = 0;
    is_at_prompt = 0;
    return was_interrupted;
}

// ---- coroutines ----

/// Moves `n` values to `co` and resumes it: how many values came back on `L`, or -1 and the error on it. Raises nothing
/// while `co` is in the chain.
static int resume_tracked(lua_State *L, lua_State *co, int n) {
    int n_results = 0;
    if (!lua_checkstack(co, n)) {
        lua_pushliteral(L, "too many arguments to resume");
        return -1;
    }
    lua_xmove(L, co, n);
    bool is_tracked = is_owner();
    running self = {co, innermost};
    if (is_tracked) innermost = &self;
    int status = lua_resume(co, L, n, &n_results);
    if (is_tracked) innermost = self.outer;
    if (status != LUA_OK && status != LUA_YIELD) {
        lua_xmove(co, L, 1);
        return -1;
    }
    if (!lua_checkstack(L, n_results + 1)) {
        lua_pop(co, n_results);
        lua_pushliteral(L, "too many results to resume");
        return -1;
    }
    lua_xmove(co, L, n_results);
    return n_results;
}

/// Closes `co`, whose pending variables may run code: its error is left on it.
static int close_tracked(lua_State *co) {
    bool is_tracked = is_owner();
    running self = {co, innermost};
    if (is_tracked) innermost = &self;
    int status = lua_resetthread(co);
    if (is_tracked) innermost = self.outer;
    return status;
}

static lua_State *check_coroutine(lua_State *L) {
    lua_State *co = lua_tothread(L, 1);
    luaL_argexpected(L, co, 1, "coroutine");
    return co;
}

/// coroutine.resume(co, …)
static int tracked_resume(lua_State *L) {
    lua_State *co = check_coroutine(L);
    int n = resume_tracked(L, co, lua_gettop(L) - 1);
    lua_pushboolean(L, n >= 0);
    lua_insert(L, n >= 0 ? -(n + 1) : -2);
    return n >= 0 ? n + 1 : 2;
}

/// The function that coroutine.wrap gives.
static int call_wrapped(lua_State *L) {
    lua_State *co = lua_tothread(L, lua_upvalueindex(1));
    int n = resume_tracked(L, co, lua_gettop(L));
    if (n >= 0) return n;
    int status = lua_status(co);
    if (status != LUA_OK && status != LUA_YIELD) {
        lua_xmove(L, co, 1); // closing may replace the error
        status = close_tracked(co);
        lua_xmove(co, L, 1);
    }
    if (status != LUA_ERRMEM && lua_type(L, -1) == LUA_TSTRING) { // as Lua's own: says where it came through
        luaL_where(L, 1);
        lua_insert(L, -2);
        lua_concat(L, 2);
    }
    return lua_error(L);
}

/// coroutine.wrap(fn)
static int tracked_wrap(lua_State *L) {
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_State *co = lua_newthread(L);
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 1);
    lua_pushcclosure(L, call_wrapped, 1);
    return 1;
}

/// coroutine.close(co). Upvalue 1: Lua's own, which says what is wrong with one that can't be closed.
static int tracked_close(lua_State *L) {
    lua_State *co = check_coroutine(L);
    lua_Debug frame;
    if (co == L || (lua_status(co) == LUA_OK && lua_getstack(co, 0, &frame))) {
        lua_pushvalue(L, lua_upvalueindex(1));
        lua_pushvalue(L, 1);
        lua_call(L, 1, LUA_MULTRET);
        return lua_gettop(L) - 1;
    }
    int status = close_tracked(co);
    lua_pushboolean(L, status == LUA_OK);
    if (status == LUA_OK) return 1;
    lua_xmove(co, L, 1);
    return 2;
}

// ---- message handlers ----

/// What xpcall gives Lua as message handler; upvalue 1 is the user's. After Ctrl-C that one isn't called: it would run
/// inside of the hook that raised, where no hook can stop it.
static int guarded_handler(lua_State *L) {
    lua_settop(L, 1);
    if (requests > 0 && is_owner()) return 1;
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 1, 1);
    return 1;
}

static int finish_xpcall(lua_State *L, int status, lua_KContext first) {
    if (status == LUA_OK || status == LUA_YIELD) return lua_gettop(L) - (int)first;
    lua_pushboolean(L, false);
    lua_pushvalue(L, -2);
    return 2;
}

/// xpcall(fn, handler, …)
static int guarded_xpcall(lua_State *L) {
    int n = lua_gettop(L);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_pushvalue(L, 2);
    lua_pushcclosure(L, guarded_handler, 1);
    lua_replace(L, 2);
    lua_pushboolean(L, true);
    lua_pushvalue(L, 1);
    lua_rotate(L, 3, 2); // fn, handler, true, fn, …
    return finish_xpcall(L, lua_pcallk(L, n - 2, LUA_MULTRET, 2, 2, finish_xpcall), 2);
}

/// Puts the functions above in the place of Lua's own, once per state.
static void track_calls(lua_State *L) {
    lua_getglobal(L, "coroutine");
    if (!lua_istable(L, -1) || lua_getfield(L, -1, "close") != LUA_TFUNCTION) {
        lua_settop(L, -2);
        return;
    }
    if (lua_getupvalue(L, -1, 1)) { // ours already: Lua's own has no upvalue
        lua_pop(L, 3);
        return;
    }
    lua_pushcclosure(L, tracked_close, 1);
    lua_setfield(L, -2, "close");
    lua_pushcfunction(L, tracked_resume);
    lua_setfield(L, -2, "resume");
    lua_pushcfunction(L, tracked_wrap);
    lua_setfield(L, -2, "wrap");
    lua_pop(L, 1);
    lua_pushcfunction(L, guarded_xpcall);
    lua_setglobal(L, "xpcall");
}

// ---- to Lua ----

static void set_handler(void) {
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
}

/// core.arm_interrupt(times?): takes Ctrl-C, or arms it anew after it has done its work. It asks `times` times (1), once
/// more ends the process; nil: as before. Gives the times that held before (0: it wasn't taken), or nil where another
/// thread has it.
static int arm_interrupt(lua_State *L) {
    lua_Integer times = luaL_optinteger(L, 1, innermost ? allowed : 1);
    lua_Integer times_before = innermost ? allowed : 0;
    if (innermost && !pthread_equal(owner, pthread_self())) return 0;
    if (!innermost) {
        track_calls(L);
        base = (running){L, NULL};
        owner = pthread_self();
        innermost = &base;
        sigaction(SIGINT, NULL, &before);
    }
    for (running *each = innermost; each; each = each->outer)
        if (lua_gethook(each->state) == stop_lua) lua_sethook(each->state, NULL, 0, 0);
    requests = 0;
    allowed = (sig_atomic_t)(times < 1 ? 1 : times > 9 ? 9 : times);
    set_handler();
    lua_pushinteger(L, times_before);
    return 1;
}

void lnt_lua_release_interrupt(void) {
    if (!is_owner()) return;
    sigaction(SIGINT, &before, NULL);
    innermost = NULL;
}

/// core.release_interrupt(): leaves Ctrl-C to what had it before.
static int release_interrupt(lua_State *L) {
    (void)L;
    lnt_lua_release_interrupt();
    return 0;
}

void lnt_lua_open_interrupt(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"arm_interrupt", arm_interrupt}, {"release_interrupt", release_interrupt}, {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}
