/// @file http.c
/// HTTP requests from Lua. Options are read into borrowed pointers first, with every string still held by the caller's
/// tables; then the request is sent.
#include <string.h>

#include "lua/binding.h"

#define RESPONSE_CLASS "lunette.http.response"

static int response_close(lua_State *L) {
    lnt_http_response **box = luaL_checkudata(L, 1, RESPONSE_CLASS), *response = *box;
    *box = NULL;
    lnt_http_response_free(response);
    return 0;
}

static int64_t number(lua_State *L, const char *name) {
    int is_whole = 1;
    int64_t value = lua_getfield(L, 1, name) == LUA_TNIL ? 0 : lua_tointegerx(L, -1, &is_whole);
    if (!is_whole) lnt_lua_fail(L, LNT_ARGUMENT, "the option '%s' of a request must be a whole number", name);
    lua_pop(L, 1);
    return value;
}

static const char *text(lua_State *L, const char *name) {
    int type = lua_getfield(L, 1, name);
    if (type != LUA_TNIL && type != LUA_TSTRING)
        lnt_lua_fail(L, LNT_ARGUMENT, "the option '%s' of a request is a %s, not a string", name, luaL_typename(L, -1));
    size_t size = 0;
    const char *value = lua_tolstring(L, -1, &size);
    if (value && strlen(value) != size)
        lnt_lua_fail(L, LNT_ARGUMENT, "the option '%s' of a request has a zero byte in it", name);
    lua_pop(L, 1); // the table keeps it
    return value;
}

/// Adds the pairs of the table `name` (header to value) behind the `n` headers there are.
static int64_t read_headers(lua_State *L, const char *name, bool is_secret, lnt_http_header *out, int64_t n) {
    if (lua_getfield(L, 1, name) != LUA_TTABLE) {
        lua_pop(L, 1);
        return n;
    }
    int table = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1), n++) {
        if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING)
            lnt_lua_fail(L, LNT_ARGUMENT, "headers are written { [\"Name\"] = \"value\" }");
        if (out) out[n] = (lnt_http_header){lua_tostring(L, -2), lua_tostring(L, -1), is_secret};
    }
    lua_pop(L, 1);
    return n;
}

static void read_body(lua_State *L, lnt_http_request *request) {
    size_t size = 0;
    lua_getfield(L, 1, "body");
    request->body = lua_tolstring(L, -1, &size);
    request->body_bytes = (int64_t)size;
    lua_pop(L, 1);
}

/// Reads the request at index 1; what holds its arrays stays on the stack.
static lnt_http_request read_request(lua_State *L) {
    lnt_http_request r = {.url = text(L, "url"), .method = text(L, "method"), .to = text(L, "to"),
                          .ca_file = text(L, "ca_file"), .wait_header = text(L, "wait_header"),
                          .connect_timeout_ms = number(L, "connect_timeout_ms"),
                          .stall_timeout_ms = number(L, "stall_timeout_ms"), .timeout_ms = number(L, "timeout_ms"),
                          .max_bytes = number(L, "max_bytes"), .max_wait_ms = number(L, "max_wait_ms"),
                          .backoff_ms = number(L, "backoff_ms"), .max_retries = (int)number(L, "retries"),
                          .max_redirects = (int)number(L, "redirects")};
    if (!r.url) lnt_lua_fail(L, LNT_ARGUMENT, "a request needs a url");
    read_body(L, &r);
    lua_getfield(L, 1, "repeatable");
    r.is_repeatable = lua_toboolean(L, -1);
    int64_t n = read_headers(L, "secret_headers", true, NULL, read_headers(L, "headers", false, NULL, 0));
    lnt_http_header *headers = lua_newuserdatauv(L, sizeof *headers * (size_t)(n + 1), 0);
    r.n_headers = read_headers(L, "secret_headers", true, headers, read_headers(L, "headers", false, headers, 0));
    r.headers = headers;
    lua_getfield(L, 1, "secrets");
    r.secrets = lnt_lua_read_strings(L, -1, &r.n_secrets);
    lua_getfield(L, 1, "hosts");
    r.hosts = lnt_lua_read_strings(L, -1, &r.n_hosts);
    return r;
}

static int push_response(lua_State *L, const lnt_http_response *response, bool in_file) {
    lua_createtable(L, 0, 6);
    lua_pushinteger(L, response->status);
    lua_setfield(L, -2, "status");
    lua_createtable(L, 0, (int)response->n_headers);
    for (int64_t i = response->n_headers - 1; i >= 0; i--) { // of several the first counts
        lua_pushstring(L, response->headers[i].value);
        lua_setfield(L, -2, response->headers[i].name);
    }
    lua_setfield(L, -2, "headers");
    if (!in_file || response->status / 100 != 2) {
        lua_pushlstring(L, response->body, (size_t)response->body_bytes);
        lua_setfield(L, -2, "body");
    }
    lua_pushinteger(L, response->body_bytes);
    lua_setfield(L, -2, "size");
    lua_pushstring(L, response->url);
    lua_setfield(L, -2, "url");
    lua_pushinteger(L, response->n_requests);
    lua_setfield(L, -2, "requests");
    return 1;
}

/// core.http(request): { status, headers, body, size, url, requests }; or nil, message, code where no answer came. Mistakes
/// in the request, and Ctrl-C, are raised.
static int send_request(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checkstack(L, 16, NULL);
    lnt_http_request request = read_request(L);
    lnt_http_response **box = lua_newuserdatauv(L, sizeof *box, 0);
    *box = NULL;
    luaL_setmetatable(L, RESPONSE_CLASS);
    lnt_engine *engine = lnt_lua_engine(L);
    lnt_error err;
    lnt_error_init(&err);
    lnt_status status = lnt_http_send(engine, &request, box, &err);
    if (status == LNT_IO || status == LNT_LIMIT || status == LNT_UNSUPPORTED) {
        lnt_lua_finish(L, LNT_OK, &err);
        lua_pushnil(L);
        lua_pushstring(L, err.message);
        lua_pushstring(L, lnt_status_name(status));
        return 3;
    }
    lnt_lua_finish(L, status, &err);
    return push_response(L, *box, request.to != NULL);
}

void lnt_lua_open_http(lua_State *L) {
    static const luaL_Reg nothing[] = {{NULL, NULL}};
    static const luaL_Reg functions[] = {{"http", send_request}, {NULL, NULL}};
    lnt_lua_new_class(L, RESPONSE_CLASS, nothing, response_close);
    lua_pop(L, 1);
    luaL_setfuncs(L, functions, 0);
}
