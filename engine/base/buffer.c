/// @file buffer.c
/// Shared, reference-counted bytes: what columns are made of.
///
/// Workload: made large, written once by one owner, then read by many threads. Invariants: our own memory is 64-byte
/// aligned, padded with 64 zeroed readable bytes past `capacity`, and charged to the budget with its padding.
#include "base/buffer.h"

#include <string.h>

enum {
    PADDING = 64,
    GROW_TWICE = 4 << 20,
    TOUCHED_AT_ONCE = 256 << 10, ///< bytes
    TOUCHED_BETWEEN_LOOKS = 4 << 20
};

static lnt_status too_large(const char *who, lnt_error *err) {
    return lnt_error_set(err, LNT_NOMEM, "out of memory: %s asks for more bytes than can be addressed",
                         who ? who : "a buffer");
}

lnt_status lnt_buffer_new(lnt_budget *budget, int64_t capacity, const char *who, lnt_buffer **out, lnt_error *err) {
    if (capacity < 0 || capacity > INT64_MAX / 2) return too_large(who, err);
    LNT_TRY(lnt_budget_take(budget, capacity + PADDING, who, err));
    lnt_buffer *buffer = lnt_alloc(sizeof *buffer, err);
    uint8_t *data = buffer ? lnt_alloc_aligned(capacity + PADDING, err) : NULL;
    if (!data) {
        lnt_free(buffer);
        lnt_budget_give(budget, capacity + PADDING);
        return LNT_NOMEM;
    }
    memset(data + capacity, 0, PADDING);
    *buffer = (lnt_buffer){.refs = 1, .capacity = capacity, .data = data, .budget = budget};
    buffer->touched = lnt_is_paged(capacity + PADDING) ? 0 : capacity;
    *out = buffer;
    return LNT_OK;
}

/// The buffer will be written up to `end`: asks for the pages, some at a time, and between many whether to go on.
static lnt_status touch(lnt_buffer *buffer, int64_t end, lnt_error *err) {
    int64_t stop = (end + TOUCHED_AT_ONCE - 1) / TOUCHED_AT_ONCE * TOUCHED_AT_ONCE;
    if (stop > buffer->capacity) stop = buffer->capacity;
    for (;;) {
        int64_t piece = stop - buffer->touched < TOUCHED_BETWEEN_LOOKS ? stop : buffer->touched + TOUCHED_BETWEEN_LOOKS;
        lnt_touch_aligned(buffer->data, buffer->touched, piece);
        buffer->touched = piece;
        if (piece == stop) return LNT_OK;
        LNT_TRY(lnt_budget_check(buffer->budget, err));
    }
}

lnt_status lnt_buffer_reserve(lnt_buffer *buffer, int64_t capacity, const char *who, lnt_error *err) {
    if (capacity <= buffer->touched) return LNT_OK;
    if (capacity <= buffer->capacity) {
        return buffer->release ? LNT_OK : touch(buffer, capacity, err);
    }
    if (capacity > INT64_MAX / 2) return too_large(who, err);
    // Small memory is copied when it grows, so it grows faster.
    int64_t old = buffer->capacity, wanted = old < GROW_TWICE ? 2 * old : old + old / 2;
    if (wanted < capacity) wanted = capacity;
    LNT_TRY(lnt_budget_take(buffer->budget, wanted - old, who, err));
    uint8_t *data = lnt_realloc_aligned(buffer->data, old + PADDING, wanted + PADDING, buffer->size, err);
    if (!data) {
        lnt_budget_give(buffer->budget, wanted - old);
        return LNT_NOMEM;
    }
    memset(data + wanted, 0, PADDING);
    buffer->data = data;
    buffer->capacity = wanted;
    if (lnt_is_paged(wanted + PADDING)) return touch(buffer, capacity, err);
    buffer->touched = wanted;
    return LNT_OK;
}

lnt_status lnt_buffer_append(lnt_buffer *buffer, const void *bytes, int64_t size, const char *who, lnt_error *err) {
    int64_t need;
    if (__builtin_add_overflow(buffer->size, size, &need)) return too_large(who, err);
    LNT_TRY(lnt_buffer_reserve(buffer, need, who, err));
    LNT_TRY(lnt_budget_copy(buffer->budget, buffer->data + buffer->size, bytes, size, err));
    buffer->size = need;
    return LNT_OK;
}

lnt_status lnt_buffer_wrap(void *data, int64_t size, void (*release)(lnt_buffer *), void *owner, lnt_buffer **out,
                           lnt_error *err) {
    lnt_buffer *buffer = lnt_alloc(sizeof *buffer, err);
    if (!buffer) return LNT_NOMEM;
    *buffer = (lnt_buffer){.refs = 1, .size = size, .capacity = size, .data = data, .release = release, .owner = owner};
    *out = buffer;
    return LNT_OK;
}

void lnt_buffer_trim(lnt_buffer *buffer) {
    // Giving back less than a quarter isn't worth moving bytes for.
    if (buffer->release || buffer->capacity - buffer->size <= buffer->capacity / 4) return;
    int64_t old = buffer->capacity, wanted = buffer->size;
    uint8_t *data = lnt_realloc_aligned(buffer->data, old + PADDING, wanted + PADDING, wanted, NULL);
    if (!data) return;
    memset(data + wanted, 0, PADDING);
    buffer->data = data;
    buffer->capacity = wanted;
    if (buffer->touched > wanted || !lnt_is_paged(wanted + PADDING)) buffer->touched = wanted;
    lnt_budget_give(buffer->budget, old - wanted);
}

lnt_buffer *lnt_buffer_ref(lnt_buffer *buffer) {
    atomic_fetch_add_explicit(&buffer->refs, 1, memory_order_relaxed);
    return buffer;
}

void lnt_buffer_unref(lnt_buffer *buffer) {
    if (!buffer || atomic_fetch_sub_explicit(&buffer->refs, 1, memory_order_acq_rel) != 1) return;
    if (buffer->release) {
        buffer->release(buffer);
    } else {
        lnt_free_aligned(buffer->data, buffer->capacity + PADDING, buffer->budget);
        lnt_budget_give(buffer->budget, buffer->capacity + PADDING);
    }
    lnt_free(buffer);
}
