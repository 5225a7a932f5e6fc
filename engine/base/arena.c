/// @file arena.c
/// Arenas: memory in chunks that all goes at once.
///
/// Workload: many small pieces that live as long as a batch (scratch of evaluators, reset per batch) or as an operator
/// (keys of a hash table). Chunks double up to a limit, so that an arena that is reset soon keeps all it needs in one.
/// Invariant: `next` is 16-byte aligned between calls and next ≤ end.
#include "base/buffer.h"

#include <string.h>

enum { FIRST_CHUNK = 8 << 10, LARGEST_CHUNK = 8 << 20 };

typedef struct lnt_arena_chunk {
    struct lnt_arena_chunk *older;
    int64_t size_bytes; ///< with this head
    uint8_t padding[48];
} chunk;

_Static_assert(sizeof(chunk) == 64, "what follows a chunk's head must be 64-byte aligned");

void lnt_arena_init(lnt_arena *arena, lnt_budget *budget, const char *who) {
    *arena = (lnt_arena){.budget = budget, .who = who};
}

static void free_chunks(lnt_arena *arena, chunk *from) {
    while (from) {
        chunk *older = from->older;
        int64_t size = from->size_bytes;
        lnt_free_aligned(from, size, arena->budget);
        lnt_budget_give(arena->budget, size);
        from = older;
    }
}

/// Puts a chunk in front that has room for `need` bytes.
static lnt_status add_chunk(lnt_arena *arena, int64_t need, lnt_error *err) {
    int64_t size = arena->chunks ? arena->chunks->size_bytes * 2 : FIRST_CHUNK;
    if (size > LARGEST_CHUNK) size = LARGEST_CHUNK;
    if (size < need + (int64_t)sizeof(chunk)) size = need + (int64_t)sizeof(chunk);
    LNT_TRY(lnt_budget_take(arena->budget, size, arena->who, err));
    chunk *added = lnt_alloc_aligned(size, err);
    if (!added) {
        lnt_budget_give(arena->budget, size);
        return LNT_NOMEM;
    }
    added->older = arena->chunks;
    added->size_bytes = size;
    arena->chunks = added;
    arena->next = (uint8_t *)(added + 1);
    arena->end = (uint8_t *)added + size;
    return LNT_OK;
}

void *lnt_arena_alloc(lnt_arena *arena, int64_t size_bytes, lnt_error *err) {
    if (size_bytes < 0 || size_bytes > INT64_MAX / 2) {
        (void)lnt_error_set(err, LNT_NOMEM, "out of memory: %lld bytes can't be addressed", (long long)size_bytes);
        return NULL;
    }
    int64_t size = (size_bytes + 15) & ~(int64_t)15;
    int64_t gap = size >= 64 ? (int64_t)(-(uintptr_t)arena->next & 63) : 0;
    if (!arena->next || size + gap > arena->end - arena->next) {
        if (add_chunk(arena, size, err) != LNT_OK) return NULL;
        gap = 0;
    }
    void *memory = arena->next + gap;
    arena->next += gap + size;
    return memory;
}

lnt_str lnt_arena_copy(lnt_arena *arena, lnt_str text, lnt_error *err) {
    if (text.size == 0) return (lnt_str){"", 0};
    char *copy = lnt_arena_alloc(arena, text.size, err);
    if (!copy) return (lnt_str){NULL, 0};
    memcpy(copy, text.data, (size_t)text.size);
    return (lnt_str){copy, text.size};
}

void lnt_arena_reset(lnt_arena *arena) {
    if (!arena->chunks) return;
    free_chunks(arena, arena->chunks->older);
    arena->chunks->older = NULL;
    arena->next = (uint8_t *)(arena->chunks + 1);
    arena->end = (uint8_t *)arena->chunks + arena->chunks->size_bytes;
}

void lnt_arena_clear(lnt_arena *arena) {
    free_chunks(arena, arena->chunks);
    arena->chunks = NULL;
    arena->next = arena->end = NULL;
}
