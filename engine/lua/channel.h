/// @file channel.h
/// Messages between this process and a confined one: bytes and descriptors over a socket.
#ifndef LNT_LUA_CHANNEL_H
#define LNT_LUA_CHANNEL_H

#include "lua/binding.h"

enum {
    LNT__CHANNEL_FD = 3,                ///< where a worker finds its end
    LNT__MESSAGE_BYTES = 16 << 20,      ///< the most that a message may hold
    LNT__MESSAGE_DESCRIPTORS = 128      ///< and the most descriptors with it
};

/// Pushes a descriptor object that owns `fd` (-1: to be filled through the pointer that comes back).
int *lnt_lua_new_descriptor(lua_State *L, int fd);

/// Sends the string at `message` and the descriptors in the array at `list` (nil: none) over the socket. Waits no longer
/// than until `deadline_ms` of the monotonic clock (0: for ever). NULL, or why it failed: "closed", "time".
const char *lnt_lua_send(lua_State *L, int socket, int message, int list, int64_t deadline_ms);

/// Receives one message: pushes a string and an array of descriptors and returns NULL; or returns why there is none, and
/// pushes nothing: "closed", "time", "signal" (a signal came: look around and call again), "broken". `held` keeps what
/// came of a message so far.
typedef struct lnt__held {
    uint8_t head[8];
    int64_t have;            ///< bytes of head and body
    uint8_t *body;
    int64_t size;            ///< of the body, once the head is there
    int n_descriptors, wanted;
    int descriptors[LNT__MESSAGE_DESCRIPTORS];
} lnt__held;
const char *lnt_lua_receive(lua_State *L, int socket, lnt__held *held, int64_t deadline_ms);
void lnt__held_clear(lnt__held *held);

/// Milliseconds of the monotonic clock.
int64_t lnt__now_ms(void);

void lnt_lua_open_channel(lua_State *L);
void lnt_lua_open_worker(lua_State *L);

#endif
