/// @file room.h
/// Arrays that grow with the data: bytes charged to the engine's budget, new ones cleared. And text copied side by
/// side.
#ifndef LNT_EXEC_ROOM_H
#define LNT_EXEC_ROOM_H

#include "base/buffer.h"

/// A growing array; zero is empty. All `capacity` items may be used; items are zero until they are written.
typedef struct lnt_room {
    lnt_buffer *buffer;
    int64_t capacity; ///< items
} lnt_room;

/// Makes room for at least `n` items of `item_bytes`. `who` names the operator in a LNT_LIMIT.
LNT_MUST_USE lnt_status lnt__room_grow(lnt_room *room, lnt_budget *budget, int64_t n, int64_t item_bytes,
                                       const char *who, lnt_error *err);
void lnt__room_clear(lnt_room *room);

static inline void *lnt__room_data(const lnt_room *room) {
    return room->buffer ? room->buffer->data : NULL;
}

/// Copies of texts, packed; zero is empty after lnt__texts_init.
typedef struct lnt_texts {
    lnt_arena arena;
    char *next;
    int64_t left; ///< bytes at `next`
} lnt_texts;

void lnt__texts_init(lnt_texts *texts, lnt_budget *budget, const char *who);
/// A copy that lives until reset or clear.
LNT_MUST_USE lnt_status lnt__texts_copy(lnt_texts *texts, lnt_str text, lnt_str *out, lnt_error *err);
void lnt__texts_reset(lnt_texts *texts);
void lnt__texts_clear(lnt_texts *texts);

#endif
