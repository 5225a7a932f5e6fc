/// @file owner.c
/// The name at the beginning of a message.
#include "exec/owner.h"

#include <string.h>

lnt_status lnt__error_owner(lnt_status status, const char *part, const char *whole, lnt_error *err) {
    size_t from = strlen(part), to = strlen(whole);
    if (status == LNT_OK || !err || strncmp(err->message, part, from) != 0 || err->message[from] != ' ') return status;
    size_t rest = strlen(err->message + from), room = sizeof err->message - to - 1;
    if (rest > room) rest = room;
    memmove(err->message + to, err->message + from, rest);
    memcpy(err->message, whole, to);
    err->message[to + rest] = 0;
    return status;
}
