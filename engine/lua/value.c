/// @file value.c
/// Single values between the engine and Lua. Numbers, strings and booleans are Lua's own; a time is a userdata of
/// microseconds, an address one of 128 bits, both with operators and methods; null is one userdata for all.
#include <math.h>
#include <string.h>
#include <time.h>

#include "column/value_text.h"
#include "lua/binding.h"

#define TIME_CLASS "lunette.time"
#define IP_CLASS "lunette.ip"
#define NULL_CLASS "lunette.null"

static const char null_key = 0;

void lnt_lua_push_null(lua_State *L) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &null_key);
}

static void push_time(lua_State *L, int64_t us) {
    int64_t *box = lua_newuserdatauv(L, sizeof *box, 0);
    *box = us;
    luaL_setmetatable(L, TIME_CLASS);
}

static void push_ip(lua_State *L, lnt_ip ip) {
    lnt_ip *box = lua_newuserdatauv(L, sizeof *box, 0);
    *box = ip;
    luaL_setmetatable(L, IP_CLASS);
}

void lnt_lua_push_value(lua_State *L, lnt_value value) {
    if (value.is_null) {
        lnt_lua_push_null(L);
        return;
    }
    switch (value.type) {
    case LNT_BOOL:
        lua_pushboolean(L, value.as.b);
        break;
    case LNT_INT:
        lua_pushinteger(L, value.as.i);
        break;
    case LNT_FLOAT:
        lua_pushnumber(L, value.as.f == value.as.f ? value.as.f : NAN); // one NaN, whatever its sign bit
        break;
    case LNT_STRING:
        lua_pushlstring(L, value.as.s.size ? value.as.s.data : "", (size_t)value.as.s.size);
        break;
    case LNT_TIME:
        push_time(L, value.as.i);
        break;
    case LNT_IP:
        push_ip(L, value.as.ip);
        break;
    case LNT_NULL:
        lnt_lua_push_null(L);
        break;
    }
}

/// The value of a userdata, if it is one of ours.
static bool userdata_value(lua_State *L, int index, lnt_value *out) {
    const void *box;
    if ((box = luaL_testudata(L, index, TIME_CLASS))) {
        *out = (lnt_value){.type = LNT_TIME, .as.i = *(const int64_t *)box};
    } else if ((box = luaL_testudata(L, index, IP_CLASS))) {
        *out = (lnt_value){.type = LNT_IP, .as.ip = *(const lnt_ip *)box};
    } else {
        *out = (lnt_value){.type = LNT_NULL, .is_null = true};
        return luaL_testudata(L, index, NULL_CLASS) != NULL;
    }
    return true;
}

bool lnt_lua_to_value(lua_State *L, int index, lnt_value *out) {
    size_t size;
    switch (lua_type(L, index)) {
    case LUA_TNONE:
    case LUA_TNIL:
        *out = (lnt_value){.type = LNT_NULL, .is_null = true};
        return true;
    case LUA_TBOOLEAN:
        *out = (lnt_value){.type = LNT_BOOL, .as.b = lua_toboolean(L, index)};
        return true;
    case LUA_TNUMBER:
        if (lua_isinteger(L, index))
            *out = (lnt_value){.type = LNT_INT, .as.i = lua_tointeger(L, index)};
        else
            *out = (lnt_value){.type = LNT_FLOAT, .as.f = lua_tonumber(L, index)};
        return true;
    case LUA_TSTRING:
        *out = (lnt_value){.type = LNT_STRING, .as.s.data = lua_tolstring(L, index, &size)};
        out->as.s.size = (int64_t)size;
        return true;
    case LUA_TUSERDATA:
        return userdata_value(L, index, out);
    default:
        return false;
    }
}

static int null_tostring(lua_State *L) {
    lua_pushliteral(L, "null");
    return 1;
}

// ---- time ----

static int64_t check_time(lua_State *L, int index) {
    return *(const int64_t *)luaL_checkudata(L, index, TIME_CLASS);
}

/// core.time(text or microseconds).
static int time_new(lua_State *L) {
    if (lua_isinteger(L, 1)) {
        push_time(L, lua_tointeger(L, 1));
        return 1;
    }
    size_t size;
    int64_t us;
    const char *text = luaL_checklstring(L, 1, &size);
    if (!lnt_parse_time(text, (int64_t)size, &us))
        return lnt_lua_fail(L, LNT_VALUE, "'%s' is no time (write it as 2021-11-15 or 2021-11-15 12:30:00)", text);
    push_time(L, us);
    return 1;
}

static int time_now(lua_State *L) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    push_time(L, (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000);
    return 1;
}

static int time_tostring(lua_State *L) {
    char text[LNT_FORMAT_BYTES];
    lua_pushlstring(L, text, (size_t)lnt_format_time(check_time(L, 1), text));
    return 1;
}

/// The time as a broken-down date in UTC; the microseconds of its second come back.
static int64_t break_down(int64_t us, struct tm *out) {
    const int64_t day_us = 86400000000;
    int64_t days = us / day_us - (us % day_us < 0), rest = us % day_us, year, first_days;
    if (rest < 0) rest += day_us;
    memset(out, 0, sizeof *out);
    lnt_civil_from_days(days, &year, &out->tm_mon, &out->tm_mday);
    first_days = lnt_days_from_civil(year, 1, 1);
    out->tm_year = (int)(year - 1900);
    out->tm_mon -= 1;
    out->tm_yday = (int)(days - first_days);
    out->tm_wday = (int)(((days + 4) % 7 + 7) % 7);
    out->tm_hour = (int)(rest / 3600000000);
    out->tm_min = (int)(rest / 60000000 % 60);
    out->tm_sec = (int)(rest / 1000000 % 60);
    return rest % 1000000;
}

/// t:format(strftime format = ISO 8601).
static int time_format(lua_State *L) {
    if (lua_isnoneornil(L, 2)) return time_tostring(L);
    struct tm parts;
    char text[512];
    break_down(check_time(L, 1), &parts);
    const char *format = luaL_checkstring(L, 2);
    size_t size = strftime(text, sizeof text, format, &parts);
    if (size == 0 && format[0]) return lnt_lua_fail(L, LNT_ARGUMENT, "the time format '%s' gives no text", format);
    lua_pushlstring(L, text, size);
    return 1;
}

/// Fields: us, year, month, day, hour, minute, second (with its fraction), weekday (1 Monday … 7 Sunday); else methods.
static int time_index(lua_State *L) {
    int64_t us = check_time(L, 1);
    const char *key = luaL_checkstring(L, 2);
    struct tm t;
    int64_t fraction = break_down(us, &t);
    if (strcmp(key, "us") == 0)
        lua_pushinteger(L, us);
    else if (strcmp(key, "year") == 0)
        lua_pushinteger(L, t.tm_year + 1900);
    else if (strcmp(key, "month") == 0)
        lua_pushinteger(L, t.tm_mon + 1);
    else if (strcmp(key, "day") == 0)
        lua_pushinteger(L, t.tm_mday);
    else if (strcmp(key, "hour") == 0)
        lua_pushinteger(L, t.tm_hour);
    else if (strcmp(key, "minute") == 0)
        lua_pushinteger(L, t.tm_min);
    else if (strcmp(key, "second") == 0)
        lua_pushnumber(L, t.tm_sec + (double)fraction / 1e6);
    else if (strcmp(key, "weekday") == 0)
        lua_pushinteger(L, t.tm_wday ? t.tm_wday : 7);
    else
        return luaL_getmetafield(L, 1, key) != LUA_TNIL;
    return 1;
}

/// Lua asks this for any two userdata: a time is equal to a time, not to null, an address or anything else.
static int time_eq(lua_State *L) {
    const int64_t *a = luaL_testudata(L, 1, TIME_CLASS), *b = luaL_testudata(L, 2, TIME_CLASS);
    lua_pushboolean(L, a && b && *a == *b);
    return 1;
}
static int time_lt(lua_State *L) {
    lua_pushboolean(L, check_time(L, 1) < check_time(L, 2));
    return 1;
}
static int time_le(lua_State *L) {
    lua_pushboolean(L, check_time(L, 1) <= check_time(L, 2));
    return 1;
}

/// The number at `index` is seconds: as microseconds. Raises where that leaves 64 bits, or isn't a number of anything.
static int64_t check_seconds(lua_State *L, int index) {
    double us = luaL_checknumber(L, index) * 1e6;
    if (!(us > -9.2e18 && us < 9.2e18)) return lnt_lua_fail(L, LNT_OVERFLOW, "the time is out of range");
    return (int64_t)us;
}

/// time - time: seconds between them (float). time - seconds: a time.
static int time_sub(lua_State *L) {
    int64_t us = check_time(L, 1), other, out;
    if (lua_type(L, 2) == LUA_TNUMBER) {
        other = check_seconds(L, 2);
        if (__builtin_sub_overflow(us, other, &out)) return lnt_lua_fail(L, LNT_OVERFLOW, "the time is out of range");
        push_time(L, out);
        return 1;
    }
    lua_pushnumber(L, ((double)us - (double)check_time(L, 2)) / 1e6);
    return 1;
}

/// time + seconds, seconds + time.
static int time_add(lua_State *L) {
    if (lua_type(L, 1) == LUA_TNUMBER) lua_insert(L, 1);
    int64_t out;
    if (__builtin_add_overflow(check_time(L, 1), check_seconds(L, 2), &out))
        return lnt_lua_fail(L, LNT_OVERFLOW, "the time is out of range");
    push_time(L, out);
    return 1;
}

// ---- ip ----

static lnt_ip check_ip(lua_State *L, int index) {
    return *(const lnt_ip *)luaL_checkudata(L, index, IP_CLASS);
}

/// core.ip(text).
static int ip_new(lua_State *L) {
    size_t size;
    lnt_ip ip;
    const char *text = luaL_checklstring(L, 1, &size);
    if (!lnt_parse_ip(text, (int64_t)size, &ip))
        return lnt_lua_fail(L, LNT_VALUE, "'%s' is no IPv4 or IPv6 address", text);
    push_ip(L, ip);
    return 1;
}

static int ip_tostring(lua_State *L) {
    char text[LNT_FORMAT_BYTES];
    lua_pushlstring(L, text, (size_t)lnt_format_ip(check_ip(L, 1), text));
    return 1;
}

/// ip:within(cidr): whether the address lies in the range; an IPv4 address is in no range of IPv6, '::/0' neither.
static int ip_within(lua_State *L) {
    size_t size;
    int prefix;
    lnt_ip ip = check_ip(L, 1), first, last;
    const char *text = luaL_checklstring(L, 2, &size);
    if (!lnt_parse_cidr(text, (int64_t)size, &first, &last, &prefix))
        return lnt_lua_fail(L, LNT_VALUE, "'%s' is no address range (write it as 10.0.0.0/8)", text);
    lua_pushboolean(L, lnt_ip_is_v4(ip) == lnt_ip_is_v4(first) && lnt_ip_compare(first, ip) <= 0 &&
                           lnt_ip_compare(ip, last) <= 0);
    return 1;
}

/// Field `version` (4 or 6); else methods.
static int ip_index(lua_State *L) {
    lnt_ip ip = check_ip(L, 1);
    const char *key = luaL_checkstring(L, 2);
    if (strcmp(key, "version") == 0)
        lua_pushinteger(L, lnt_ip_is_v4(ip) ? 4 : 6);
    else
        return luaL_getmetafield(L, 1, key) != LUA_TNIL;
    return 1;
}

static int ip_eq(lua_State *L) {
    const lnt_ip *a = luaL_testudata(L, 1, IP_CLASS), *b = luaL_testudata(L, 2, IP_CLASS);
    lua_pushboolean(L, a && b && lnt_ip_compare(*a, *b) == 0);
    return 1;
}
static int ip_lt(lua_State *L) {
    lua_pushboolean(L, lnt_ip_compare(check_ip(L, 1), check_ip(L, 2)) < 0);
    return 1;
}
static int ip_le(lua_State *L) {
    lua_pushboolean(L, lnt_ip_compare(check_ip(L, 1), check_ip(L, 2)) <= 0);
    return 1;
}

/// core.type(x): "int", "float", "string", "bool", "time", "ip" or "null" for a value, else nil.
static int value_type(lua_State *L) {
    lnt_value value;
    if (!lnt_lua_to_value(L, 1, &value)) return 0;
    lua_pushstring(L, lnt_type_name(value.type));
    return 1;
}

/// core.text(x): a value as the writers write it; null as nil.
static int value_text(lua_State *L) {
    lnt_value value;
    char text[LNT_FORMAT_BYTES];
    if (!lnt_lua_to_value(L, 1, &value)) return lnt_lua_fail(L, LNT_TYPE, "a %s is no value", luaL_typename(L, 1));
    if (value.is_null) return 0;
    if (value.type == LNT_STRING)
        lua_pushvalue(L, 1);
    else
        lua_pushlstring(L, text, (size_t)lnt_format_value(value, text));
    return 1;
}

void lnt_lua_open_value(lua_State *L) {
    static const luaL_Reg time_methods[] = {{"__index", time_index},
                                            {"__tostring", time_tostring},
                                            {"__eq", time_eq},
                                            {"__lt", time_lt},
                                            {"__le", time_le},
                                            {"__sub", time_sub},
                                            {"__add", time_add},
                                            {"format", time_format},
                                            {NULL, NULL}};
    static const luaL_Reg ip_methods[] = {
        {"__index", ip_index}, {"__tostring", ip_tostring}, {"__eq", ip_eq}, {"__lt", ip_lt},
        {"__le", ip_le},       {"within", ip_within},       {NULL, NULL}};
    static const luaL_Reg null_methods[] = {{"__tostring", null_tostring}, {NULL, NULL}};
    static const luaL_Reg functions[] = {{"time", time_new},   {"now", time_now},    {"ip", ip_new},
                                         {"type", value_type}, {"text", value_text}, {NULL, NULL}};
    lnt_lua_new_class(L, TIME_CLASS, time_methods, NULL);
    lnt_lua_new_class(L, IP_CLASS, ip_methods, NULL);
    lnt_lua_new_class(L, NULL_CLASS, null_methods, NULL);
    lua_pop(L, 3);
    luaL_setfuncs(L, functions, 0);
    lua_newuserdatauv(L, 0, 0);
    luaL_setmetatable(L, NULL_CLASS);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &null_key);
    lua_setfield(L, -2, "null");
}
