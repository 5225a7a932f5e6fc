/// @file room.c
/// Growing arrays and packed texts of the operators.
#include "exec/room.h"

#include <string.h>

enum { LNT_TEXTS_CHUNK = 16384, LNT_ROOM_MIN_ITEMS = 16 };

lnt_status lnt__room_grow(lnt_room *room, lnt_budget *budget, int64_t n, int64_t item_bytes, const char *who,
                          lnt_error *err) {
    if (n <= room->capacity) return LNT_OK;
    int64_t items = room->capacity + room->capacity / 2;
    if (items < n) items = n;
    if (items < LNT_ROOM_MIN_ITEMS) items = LNT_ROOM_MIN_ITEMS;
    if (items > INT64_MAX / item_bytes) return lnt_error_set(err, LNT_LIMIT, "%s needs more memory than there is", who);
    int64_t old = room->capacity * item_bytes, bytes = items * item_bytes;
    if (!room->buffer) {
        LNT_TRY(lnt_buffer_new(budget, bytes, who, &room->buffer, err));
    } else {
        LNT_TRY(lnt_buffer_reserve(room->buffer, bytes, who, err));
    }
    // Stopped meanwhile, it has the capacity that it had.
    LNT_TRY(lnt_budget_zero(budget, room->buffer->data + old, bytes - old, err));
    room->buffer->size = bytes;
    room->capacity = items;
    return LNT_OK;
}

void lnt__room_clear(lnt_room *room) {
    lnt_buffer_unref(room->buffer);
    *room = (lnt_room){0};
}

void lnt__texts_init(lnt_texts *texts, lnt_budget *budget, const char *who) {
    *texts = (lnt_texts){0};
    lnt_arena_init(&texts->arena, budget, who);
}

lnt_status lnt__texts_copy(lnt_texts *texts, lnt_str text, lnt_str *out, lnt_error *err) {
    if (text.size == 0) {
        *out = (lnt_str){"", 0};
        return LNT_OK;
    }
    if (text.size > texts->left) {
        bool large = text.size > LNT_TEXTS_CHUNK / 4;
        char *fresh = lnt_arena_alloc(&texts->arena, large ? text.size : LNT_TEXTS_CHUNK, err);
        if (!fresh) return err && err->code ? err->code : LNT_NOMEM;
        if (large) {
            memcpy(fresh, text.data, (size_t)text.size);
            *out = (lnt_str){fresh, text.size};
            return LNT_OK;
        }
        texts->next = fresh;
        texts->left = LNT_TEXTS_CHUNK;
    }
    *out = (lnt_str){texts->next, text.size};
    memcpy(texts->next, text.data, (size_t)text.size);
    texts->next += text.size;
    texts->left -= text.size;
    return LNT_OK;
}

void lnt__texts_reset(lnt_texts *texts) {
    lnt_arena_reset(&texts->arena);
    texts->next = NULL;
    texts->left = 0;
}

void lnt__texts_clear(lnt_texts *texts) {
    lnt_arena_clear(&texts->arena);
    texts->next = NULL;
    texts->left = 0;
}
