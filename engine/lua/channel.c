/// @file channel.c
/// Messages with descriptors over a socket, and tables in shared memory as such descriptors.
///
/// Workload: a few hundred messages of some hundred bytes per run; tables go as descriptors, never as text. A message is
/// a head (two 32-bit numbers: the body's bytes, descriptors) and a body. Whoever reads may be reading from a
/// hostile process: sizes are bounded, a message may come byte by byte, or never.
#include "lua/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "column/scan.h"
#include "io/share.h"

#define DESCRIPTOR_CLASS "lunette.descriptor"

int64_t lnt__now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

// ---- descriptors ----

int *lnt_lua_new_descriptor(lua_State *L, int fd) {
    int *box = lua_newuserdatauv(L, sizeof *box, 0);
    *box = fd;
    luaL_setmetatable(L, DESCRIPTOR_CLASS);
    return box;
}

static int check_descriptor(lua_State *L, int index) {
    int fd = *(int *)luaL_checkudata(L, index, DESCRIPTOR_CLASS);
    if (fd < 0) luaL_argerror(L, index, "the descriptor was closed");
    return fd;
}

/// descriptor:close(); can run twice.
static int descriptor_close(lua_State *L) {
    int *box = luaL_checkudata(L, 1, DESCRIPTOR_CLASS), fd = *box;
    *box = -1;
    if (fd >= 0) close(fd);
    return 0;
}

/// descriptor:path(): a path under which readers find it, without opening anything.
static int descriptor_path(lua_State *L) {
    lua_pushfstring(L, "/dev/fd/%d", check_descriptor(L, 1));
    return 1;
}

/// descriptor:size(): the bytes of what it stands for.
static int descriptor_size(lua_State *L) {
    struct stat info;
    if (fstat(check_descriptor(L, 1), &info) != 0) return lnt_lua_fail(L, LNT_IO, "%s", strerror(errno));
    lua_pushinteger(L, info.st_size);
    return 1;
}

/// core.open_descriptor(path): a regular file for reading ("-": the standard input); or nil, message.
static int open_descriptor(lua_State *L) {
    const char *path = luaL_checkstring(L, 1);
    struct stat info;
    int *box = lnt_lua_new_descriptor(L, -1);
    *box = strcmp(path, "-") == 0 ? fcntl(0, F_DUPFD_CLOEXEC, 3) : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (*box >= 0 && fstat(*box, &info) == 0 && S_ISREG(info.st_mode)) return 1;
    lua_pushnil(L);
    lua_pushfstring(L, "can't open '%s': %s", path, *box < 0 ? strerror(errno) : "it is no regular file");
    return 2;
}

/// core.share(table): a descriptor of sealed shared memory with the table in it.
static int share(lua_State *L) {
    const lnt_table *table = lnt_lua_check_table(L, 1);
    int *box = lnt_lua_new_descriptor(L, -1);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(L, lnt_table_share(table, box, &err), &err);
    return 1;
}

/// core.adopt(descriptor, most_bytes): the table in it, checked.
static int adopt(lua_State *L) {
    int fd = check_descriptor(L, 1);
    int64_t most_bytes = luaL_optinteger(L, 2, INT64_MAX);
    lnt_table **box = lnt_lua_new_table(L);
    lnt_error err;
    lnt_error_init(&err);
    lnt_lua_check(L, lnt_table_adopt(lnt_lua_engine(L), fd, most_bytes, box, &err), &err);
    return 1;
}

/// core.read_elsewhere(rows, rejects, n_read, n_rejected): a plan over a table that was read in another process.
static int read_elsewhere(lua_State *L) {
    const lnt_table *rows = lnt_lua_check_table(L, 1), *rejects = lnt_lua_check_table(L, 2);
    lua_Integer n_read = luaL_checkinteger(L, 3), n_rejected = luaL_checkinteger(L, 4);
    luaL_argcheck(L, n_read >= 0 && n_rejected >= 0, 3, "a number of rows");
    lnt_plan **plan = lnt_lua_new_plan(L);
    lnt_scan *scan = NULL;
    lnt_error err;
    lnt_error_init(&err);
    lnt_status status = lnt_scan_read_table(rows, rejects, n_read, n_rejected, &scan, &err);
    if (status == LNT_OK) status = lnt_plan_scan(scan, plan, &err);
    lnt_scan_unref(scan);
    lnt_lua_check(L, status, &err);
    return 1;
}

// ---- sending ----

/// Waits until the socket is ready for `events`: 1, 0 when the time is over, -1 on a signal.
static int wait_for(int socket, short events, int64_t deadline_ms) {
    struct pollfd entry = {.fd = socket, .events = events};
    int64_t left = deadline_ms ? deadline_ms - lnt__now_ms() : -1;
    if (deadline_ms && left <= 0) return 0;
    int n = poll(&entry, 1, left > INT32_MAX ? INT32_MAX : (int)left);
    return n > 0 ? 1 : n == 0 ? 0 : -1;
}

/// One step of sending: bytes, and at the first step the descriptors.
static ssize_t send_some(int socket, const void *bytes, size_t size, const int *fds, int n_fds) {
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int) * LNT__MESSAGE_DESCRIPTORS)];
    } control = {0};
    struct iovec piece = {(void *)(uintptr_t)bytes, size};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    if (n_fds > 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)n_fds);
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)n_fds);
        memcpy(CMSG_DATA(head), fds, sizeof(int) * (size_t)n_fds);
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static const char *send_all(int socket, const void *bytes, size_t size, const int *fds, int n_fds, int64_t deadline_ms) {
    for (size_t done = 0; done < size;) {
        ssize_t n = send_some(socket, (const char *)bytes + done, size - done, fds, done ? 0 : n_fds);
        if (n > 0) {
            done += (size_t)n;
        } else if (errno == EAGAIN || errno == EINTR) {
            if (wait_for(socket, POLLOUT, deadline_ms) == 0) return "time";
        } else {
            return "closed";
        }
    }
    return NULL;
}

const char *lnt_lua_send(lua_State *L, int socket, int message, int list, int64_t deadline_ms) {
    size_t size;
    int fds[LNT__MESSAGE_DESCRIPTORS], n = 0;
    const char *bytes = luaL_checklstring(L, message, &size);
    if (size > LNT__MESSAGE_BYTES) lnt_lua_fail(L, LNT_LIMIT, "a message of %d MiB is too large", (int)(size >> 20));
    for (; !lua_isnoneornil(L, list) && lua_rawgeti(L, list, n + 1) != LUA_TNIL; n++) {
        luaL_argcheck(L, n < LNT__MESSAGE_DESCRIPTORS, list, "too many descriptors");
        fds[n] = check_descriptor(L, -1);
        lua_pop(L, 1);
    }
    uint32_t head[2] = {(uint32_t)size, (uint32_t)n};
    const char *failure = send_all(socket, head, sizeof head, fds, n, deadline_ms);
    return failure ? failure : send_all(socket, bytes, size, NULL, 0, deadline_ms);
}

// ---- receiving ----

void lnt__held_clear(lnt__held *held) {
    for (int i = 0; i < held->n_descriptors; i++) close(held->descriptors[i]);
    lnt_free(held->body);
    *held = (lnt__held){0};
}

/// Takes descriptors that came with bytes; those that nobody announced are closed.
static void keep_descriptors(lnt__held *held, struct msghdr *message) {
    for (struct cmsghdr *head = CMSG_FIRSTHDR(message); head; head = CMSG_NXTHDR(message, head)) {
        if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
        size_t n = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < n; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(head) + i * sizeof fd, sizeof fd);
            if (held->n_descriptors < LNT__MESSAGE_DESCRIPTORS)
                held->descriptors[held->n_descriptors++] = fd;
            else
                close(fd);
        }
    }
}

/// One step: what there is, but no byte of the next message. NULL, or why there is nothing.
static const char *receive_some(int socket, lnt__held *held) {
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int) * LNT__MESSAGE_DESCRIPTORS)];
    } control;
    int64_t head = (int64_t)sizeof held->head;
    bool in_head = held->have < head;
    struct iovec piece = {in_head ? held->head + held->have : held->body + (held->have - head),
                          (size_t)(in_head ? head - held->have : held->size - (held->have - head))};
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    ssize_t n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (n == 0) return "closed";
    if (n < 0) return errno == EAGAIN || errno == EINTR ? NULL : "closed";
    keep_descriptors(held, &message);
    held->have += n;
    return NULL;
}

/// With the head complete: how much follows, and room for it.
static const char *begin_body(lnt__held *held) {
    uint32_t numbers[2];
    memcpy(numbers, held->head, sizeof numbers);
    if (numbers[0] > LNT__MESSAGE_BYTES || numbers[1] > LNT__MESSAGE_DESCRIPTORS) return "broken";
    held->size = numbers[0];
    held->wanted = (int)numbers[1];
    held->body = lnt_alloc(held->size + 1, NULL);
    return held->body ? NULL : "memory";
}

/// Pushes the message that is complete. What is pushed owns everything, or it stays held.
static void push_message(lua_State *L, lnt__held *held) {
    lua_pushlstring(L, (const char *)held->body, (size_t)held->size);
    lua_createtable(L, held->n_descriptors, 0);
    for (int i = held->n_descriptors; i > 0; i--) {
        int *box = lnt_lua_new_descriptor(L, -1);
        *box = held->descriptors[i - 1];
        held->n_descriptors = i - 1;
        lua_rawseti(L, -2, i);
    }
    lnt__held_clear(held);
}

const char *lnt_lua_receive(lua_State *L, int socket, lnt__held *held, int64_t deadline_ms) {
    int64_t head = (int64_t)sizeof held->head;
    for (;;) {
        if (held->have >= head && !held->body) {
            const char *failure = begin_body(held);
            if (failure) return failure;
        }
        if (held->body && held->have == head + held->size) break;
        int ready = wait_for(socket, POLLIN, deadline_ms);
        if (ready <= 0) return ready == 0 ? "time" : "signal";
        const char *failure = receive_some(socket, held);
        if (failure) return failure;
    }
    if (held->n_descriptors != held->wanted) return "broken";
    push_message(L, held);
    return NULL;
}

void lnt_lua_open_channel(lua_State *L) {
    static const luaL_Reg methods[] = {{"close", descriptor_close}, {"path", descriptor_path}, {"size", descriptor_size}, {NULL, NULL}};
    static const luaL_Reg functions[] = {
        {"open_descriptor", open_descriptor}, {"share", share}, {"adopt", adopt}, {"read_elsewhere", read_elsewhere}, {NULL, NULL}};
    lnt_lua_new_class(L, DESCRIPTOR_CLASS, methods, descriptor_close);
    lua_pop(L, 1);
    luaL_setfuncs(L, functions, 0);
}
