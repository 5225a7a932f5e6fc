/// @file buffer.h
/// Shared, reference-counted bytes: what columns are made of. And arenas: memory that is given back all at once.
#ifndef LNT_BASE_BUFFER_H
#define LNT_BASE_BUFFER_H

#include "base/memory.h"
#include "lunette/type.h"

/// Bytes with a count of owners. Written by one owner while it is alone, read-only once shared. `data` is 64-byte
/// aligned (foreign memory: as given) and padded with 64 readable bytes past `capacity`.
typedef struct lnt_buffer {
    _Atomic int64_t refs;
    int64_t size;     ///< bytes in use
    int64_t capacity; ///< bytes that may be used
    int64_t touched;  ///< bytes of it that needn't be asked for before they are written
    uint8_t *data;
    lnt_budget *budget;
    void (*release)(struct lnt_buffer *buffer); ///< gives foreign memory back; NULL: ours
    void *owner;                                ///< for `release`
} lnt_buffer;

/// A buffer of `capacity` bytes, size 0, charged to `budget` (NULL: nobody). `who` names the operator in a LNT_LIMIT.
LNT_MUST_USE lnt_status lnt_buffer_new(lnt_budget *budget, int64_t capacity, const char *who, lnt_buffer **out,
                                       lnt_error *err);
/// Grows an unshared buffer to hold at least `capacity` bytes, at least by half again. Bytes in use are kept.
LNT_MUST_USE lnt_status lnt_buffer_reserve(lnt_buffer *buffer, int64_t capacity, const char *who, lnt_error *err);
/// Appends `size` bytes.
LNT_MUST_USE lnt_status lnt_buffer_append(lnt_buffer *buffer, const void *bytes, int64_t size, const char *who,
                                          lnt_error *err);
/// Wraps memory of somebody else's; `release(buffer)` is called when the last owner leaves.
LNT_MUST_USE lnt_status lnt_buffer_wrap(void *data, int64_t size, void (*release)(lnt_buffer *), void *owner,
                                        lnt_buffer **out, lnt_error *err);
/// Gives back what an unshared buffer has to spare, if that is a good part of it.
void lnt_buffer_trim(lnt_buffer *buffer);
lnt_buffer *lnt_buffer_ref(lnt_buffer *buffer);
void lnt_buffer_unref(lnt_buffer *buffer); ///< NULL is fine

/// Memory in chunks that all goes at once. Not shared between threads. Zero is an empty arena without a budget.
typedef struct lnt_arena {
    struct lnt_arena_chunk *chunks; ///< newest first
    lnt_budget *budget;
    const char *who;
    uint8_t *next, *end;
} lnt_arena;

void lnt_arena_init(lnt_arena *arena, lnt_budget *budget, const char *who);
/// `size_bytes` bytes, 16-byte aligned (64 from 64 bytes up), not cleared; NULL with `err` set when there are none.
void *lnt_arena_alloc(lnt_arena *arena, int64_t size_bytes, lnt_error *err);
/// A copy of `text` in the arena; `.data` NULL on failure (and `err` set) unless the size is 0.
lnt_str lnt_arena_copy(lnt_arena *arena, lnt_str text, lnt_error *err);
void lnt_arena_reset(lnt_arena *arena); ///< forgets all that was allocated, keeps the newest chunk
void lnt_arena_clear(lnt_arena *arena); ///< gives everything back

#endif
