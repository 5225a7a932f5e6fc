/// @file engine.c
/// The state's one engine: made on first use (threads cost start-up time), ended with the state; progress; limits.
#include <stdatomic.h>
#include <time.h>

#include "base/engine.h"
#include "base/memory.h"
#include "lua/binding.h"

#define ENGINE_CLASS "lunette.engine"

typedef struct engine_box {
    lnt_engine *engine;
    lnt_engine_options options;
    lua_State *caller;   ///< who called into the engine last; progress is told to it
    int progress;        ///< registry reference of the progress function, or LUA_NOREF
    bool failed;         ///< it raised an error, which is kept under failure_key
    bool showing;        ///< it was told something since the last end of a run
    int64_t told_ms;     ///< when it was told last
    int64_t interval_ms; ///< not more often than that
} engine_box;

static const char box_key = 0, failure_key = 0;

/// One telling of progress, on its way through lua_pcall.
typedef struct progress_call {
    const engine_box *box;
    const char *what;
    int64_t done, total;
} progress_call;

/// For the signal handler, which can't ask a lua_State for anything: the engine in use, if any.
static _Atomic(lnt_engine *) interruptible;

void lnt_lua_interrupt(void) {
    lnt_engine *engine = atomic_load(&interruptible);
    if (engine) lnt_engine_cancel(engine);
}

static int64_t now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static engine_box *get_box(lua_State *L) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &box_key);
    engine_box *box = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return box;
}

/// Frees the engine; can run twice. Tables made with it are gone by then: a closing state finalises newest first.
static int engine_close(lua_State *L) {
    engine_box *box = luaL_checkudata(L, 1, ENGINE_CLASS);
    lnt_engine *engine = box->engine;
    atomic_compare_exchange_strong(&interruptible, &(lnt_engine *){engine}, NULL);
    box->engine = NULL;
    lnt_engine_free(engine);
    return 0;
}

/// What progress runs protected: the function at `progress` with (what, done, total); what is nil at a run's end.
static int call_progress(lua_State *L) {
    const progress_call *call = lua_touserdata(L, 1);
    lua_rawgeti(L, LUA_REGISTRYINDEX, call->box->progress);
    lua_pushstring(L, call->what);
    lua_pushinteger(L, call->done);
    lua_pushinteger(L, call->total);
    lua_call(L, 3, 0);
    return 0;
}

static int tell_progress(lua_State *L, const engine_box *box, const char *what, int64_t done, int64_t total) {
    progress_call call = {box, what, done, total};
    lua_pushcfunction(L, call_progress); // neither this nor a light userdata allocates
    lua_pushlightuserdata(L, &call);
    return lua_pcall(L, 1, 0, 0);
}

/// Told by the engine, on the thread that called it. A Lua error must not cross the engine's frames: it is kept, the
/// query cancelled, and lnt_lua_finish raises it.
static void on_progress(void *context, const char *what, int64_t done, int64_t total) {
    engine_box *box = context;
    lua_State *L = box->caller;
    int64_t now = now_ms();
    if (box->failed || now - box->told_ms < box->interval_ms || !lua_checkstack(L, 4)) return;
    box->told_ms = now;
    box->showing = true;
    if (tell_progress(L, box, what, done, total) == LUA_OK) return;
    lua_rawsetp(L, LUA_REGISTRYINDEX, &failure_key); // an existing key (see open): doesn't allocate
    box->failed = true;
    lnt_engine_cancel(box->engine);
}

lnt_engine *lnt_lua_engine(lua_State *L) {
    engine_box *box = get_box(L);
    box->caller = L;
    if (box->engine) return box->engine;
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(L, lnt_engine_new(&box->options, &box->engine, &err), &err);
    lnt_engine_set_progress(box->engine, box->progress == LUA_NOREF ? NULL : on_progress, box);
    atomic_store(&interruptible, box->engine);
    return box->engine;
}

void *lnt_lua_host(lua_State *L) {
    return get_box(L);
}

lnt_status lnt_lua_call_back(void *host, lua_CFunction fn, void *argument, lnt_error *err) {
    engine_box *box = host;
    lua_State *L = box->caller;
    if (box->failed || !lua_checkstack(L, 4)) return lnt_error_set(err, LNT_NOMEM, "no room to call Lua");
    lua_pushcfunction(L, fn); // neither this nor a light userdata allocates
    lua_pushlightuserdata(L, argument);
    int status = lua_pcall(L, 1, 0, 0);
    box->caller = L; // a query that the function ran may have come from a coroutine that is gone
    if (status == LUA_OK) return LNT_OK;
    lua_rawsetp(L, LUA_REGISTRYINDEX, &failure_key); // an existing key (see open): doesn't allocate
    box->failed = true;
    return lnt_error_set(err, LNT_CANCELLED, "a Lua function failed");
}

void lnt_lua_finish(lua_State *L, lnt_status status, const lnt_error *err) {
    engine_box *box = get_box(L);
    if (box->showing && !box->failed && box->progress != LUA_NOREF && lua_checkstack(L, 4)) {
        box->showing = false;
        if (tell_progress(L, box, NULL, 0, 0) != LUA_OK) lua_pop(L, 1); // what the run itself says matters more
    }
    if (box->failed) {
        box->failed = false;
        lnt_engine_resume(box->engine);
        lua_rawgetp(L, LUA_REGISTRYINDEX, &failure_key);
        lua_error(L);
    }
    lnt_lua_check(L, status, err);
}

/// core.configure{ threads =, memory = }: before the engine is first used. For the command line, which owns its process.
static int configure(lua_State *L) {
    enum { SMALL = 1 << 30 };
    engine_box *box = get_box(L);
    luaL_checktype(L, 1, LUA_TTABLE);
    if (box->engine) lnt_lua_fail(L, LNT_ARGUMENT, "threads and memory must be set before the first query");
    if (lua_getfield(L, 1, "threads") != LUA_TNIL) box->options.n_threads = (int)luaL_checkinteger(L, -1);
    if (lua_getfield(L, 1, "memory") != LUA_TNIL) box->options.memory_limit_bytes = luaL_checkinteger(L, -1);
    if (box->options.memory_limit_bytes > 0 && box->options.memory_limit_bytes < SMALL) lnt_memory_return_soon();
    return 0;
}

/// core.engine(): { threads, memory_used, memory_peak, memory_limit, spilled_files, spilled_bytes }.
static int describe(lua_State *L) {
    const lnt_engine *engine = lnt_lua_engine(L);
    lua_createtable(L, 0, 6);
    lua_pushinteger(L, lnt_engine_n_threads(engine));
    lua_setfield(L, -2, "threads");
    lua_pushinteger(L, lnt_engine_memory_used(engine));
    lua_setfield(L, -2, "memory_used");
    lua_pushinteger(L, lnt_engine_memory_peak(engine));
    lua_setfield(L, -2, "memory_peak");
    lua_pushinteger(L, lnt_engine_memory_limit(engine));
    lua_setfield(L, -2, "memory_limit");
    lua_pushinteger(L, lnt_engine_spilled_files(engine));
    lua_setfield(L, -2, "spilled_files");
    lua_pushinteger(L, lnt_engine_spilled_bytes(engine));
    lua_setfield(L, -2, "spilled_bytes");
    return 1;
}

/// core.on_progress(fn or nil, interval_ms): fn(what, done, total) at most every interval_ms; fn(nil) when a run that
/// was told of has ended.
static int set_progress(lua_State *L) {
    engine_box *box = get_box(L);
    if (!lua_isnoneornil(L, 1)) luaL_checktype(L, 1, LUA_TFUNCTION);
    box->interval_ms = luaL_optinteger(L, 2, 100);
    box->told_ms = 0;
    luaL_unref(L, LUA_REGISTRYINDEX, box->progress);
    box->progress = LUA_NOREF;
    if (!lua_isnoneornil(L, 1)) {
        lua_pushvalue(L, 1);
        box->progress = luaL_ref(L, LUA_REGISTRYINDEX);
    }
    if (box->engine) lnt_engine_set_progress(box->engine, box->progress == LUA_NOREF ? NULL : on_progress, box);
    return 0;
}

/// core.set_deadline(seconds from now; nil or 0: none).
static int set_deadline(lua_State *L) {
    lua_Number seconds = luaL_optnumber(L, 1, 0);
    lnt_engine_set_deadline(lnt_lua_engine(L), seconds > 0 ? now_ms() + (int64_t)(seconds * 1000) : 0);
    return 0;
}

/// core.check_stop(): raises if the engine was asked to stop.
static int check_stop(lua_State *L) {
    const engine_box *box = get_box(L);
    lnt_error err;
    lnt_error_init(&err);
    if (box->engine) lnt_lua_check(L, lnt_engine_check(box->engine, &err), &err);
    return 0;
}

/// core.resume(): takes back a request to stop.
static int resume(lua_State *L) {
    engine_box *box = get_box(L);
    if (box->engine) lnt_engine_resume(box->engine);
    return 0;
}

void lnt_lua_open_engine(lua_State *L) {
    static const luaL_Reg methods[] = {{NULL, NULL}};
    static const luaL_Reg functions[] = {
        {"configure", configure},       {"engine", describe}, {"on_progress", set_progress},
        {"set_deadline", set_deadline}, {"resume", resume},   {"check_stop", check_stop}, {NULL, NULL}};
    lnt_lua_new_class(L, ENGINE_CLASS, methods, engine_close);
    lua_pop(L, 1);
    luaL_setfuncs(L, functions, 0);
    engine_box *box = lua_newuserdatauv(L, sizeof *box, 0);
    *box = (engine_box){.progress = LUA_NOREF, .interval_ms = 100};
    lua_pushboolean(L, false);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &failure_key);
    luaL_setmetatable(L, ENGINE_CLASS);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &box_key);
}
