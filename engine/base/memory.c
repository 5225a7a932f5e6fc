/// @file memory.c
/// The one door through which all memory comes.
///
/// Workload: few, mostly large requests (buffers of columns, chunks of arenas) and small bookkeeping outside of loops
/// over rows. Large aligned memory comes straight from the system, so that growing it moves pages, not bytes; what is
/// freed of it is partly kept for the next one (spare.c), as pages that were touched before are quicker by far.
///
/// Huge pages are left to the system's own setting. Asking for them was measured: four times faster to fill where the
/// memory is at hand, but five times slower in virtual machines whose host takes free memory back (2.7 against 0.5 ns a
/// byte), which is where short runs mostly happen.
#include "base/memory.h"
#include "base/pages.h"
#include "base/sanitized.h"
#include "base/spare.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

enum { ALIGNMENT = 64, PAGE = 4096, FROM_SYSTEM = 4 << 20 };

/// The tests' hook. `armed` stays false in production, so that the door costs one read of a line that nobody writes.
static struct {
    _Atomic bool armed;
    _Atomic int64_t count, fail_after;
} hook = {false, 0, -1};

void lnt_alloc_fail_after(int64_t n) {
    atomic_store(&hook.count, 0);
    atomic_store(&hook.fail_after, n);
    atomic_store(&hook.armed, true);
}

int64_t lnt_alloc_count(void) {
    return atomic_load(&hook.count);
}

/// Whether the next allocation may go on to the system.
static bool door_open(void) {
    if (!atomic_load_explicit(&hook.armed, memory_order_relaxed)) return true;
    int64_t before = atomic_fetch_add(&hook.count, 1), limit = atomic_load(&hook.fail_after);
    return limit < 0 || before < limit;
}

static void *no_memory(int64_t size_bytes, lnt_error *err) {
    (void)lnt_error_set(err, LNT_NOMEM, "out of memory: the system gave no %lld bytes", (long long)size_bytes);
    return NULL;
}

void *lnt_alloc(int64_t size_bytes, lnt_error *err) {
    if (size_bytes < 0 || !door_open()) return no_memory(size_bytes, err);
    void *memory = malloc(size_bytes ? (size_t)size_bytes : 1);
    return memory ? memory : no_memory(size_bytes, err);
}

void *lnt_alloc_array(int64_t n, int64_t size_bytes, lnt_error *err) {
    int64_t bytes;
    if (n < 0 || size_bytes < 0 || __builtin_mul_overflow(n, size_bytes, &bytes)) return no_memory(INT64_MAX, err);
    if (!door_open()) return no_memory(bytes, err);
    void *memory = calloc(1, bytes ? (size_t)bytes : 1);
    return memory ? memory : no_memory(bytes, err);
}

void *lnt_realloc(void *old, int64_t size_bytes, lnt_error *err) {
    if (size_bytes < 0 || !door_open()) return no_memory(size_bytes, err);
    void *memory = realloc(old, size_bytes ? (size_t)size_bytes : 1);
    return memory ? memory : no_memory(size_bytes, err);
}

lnt_status lnt_grow(void **items, int64_t *capacity, int64_t need, int64_t item_bytes, lnt_error *err) {
    if (need <= *capacity) return LNT_OK;
    int64_t wanted, bytes;
    if (__builtin_add_overflow(*capacity, *capacity / 2 + 8, &wanted) || wanted < need) wanted = need;
    if (__builtin_mul_overflow(wanted, item_bytes, &bytes)) {
        return lnt_error_set(err, LNT_NOMEM, "out of memory: %lld elements are more than memory can be addressed for",
                             (long long)wanted);
    }
    void *memory = lnt_realloc(*items, bytes, err);
    if (!memory) return LNT_NOMEM;
    *items = memory;
    *capacity = wanted;
    return LNT_OK;
}

void lnt_free(void *memory) {
    free(memory);
}

void lnt_memory_return_soon(void) {
#if defined(__GLIBC__)
    enum { LARGE = 256 << 10 }; // glibc would raise it to 32 MiB by and by
    (void)mallopt(M_MMAP_THRESHOLD, LARGE);
    (void)mallopt(M_TRIM_THRESHOLD, LARGE);
#endif
}

void lnt_memory_return_now(void) {
#if defined(__GLIBC__)
    if (!LNT_SANITIZED) (void)malloc_trim(0);
#endif
}

char *lnt_strdup(const char *text, int64_t size, lnt_error *err) {
    if (size < 0) size = (int64_t)strlen(text);
    if (size == INT64_MAX) return no_memory(size, err);
    char *copy = lnt_alloc(size + 1, err);
    if (!copy) return NULL;
    if (size > 0) memcpy(copy, text, (size_t)size);
    copy[size] = 0;
    return copy;
}

// ---- aligned memory ----

bool lnt_is_paged(int64_t size_bytes) {
    return !LNT_SANITIZED && size_bytes >= FROM_SYSTEM;
}

static size_t whole(int64_t size_bytes, size_t unit) {
    return ((size_t)size_bytes + unit - 1) / unit * unit;
}

static void *from_pages(size_t size) {
    void *memory = lnt__spare_take(size);
    return memory ? memory : lnt__pages_take(size);
}

void *lnt_alloc_aligned(int64_t size_bytes, lnt_error *err) {
    if (size_bytes < 0 || size_bytes > INT64_MAX - PAGE || !door_open()) return no_memory(size_bytes, err);
    void *memory = lnt_is_paged(size_bytes) ? from_pages(whole(size_bytes, PAGE))
                                           : aligned_alloc(ALIGNMENT, whole(size_bytes ? size_bytes : 1, ALIGNMENT));
    return memory ? memory : no_memory(size_bytes, err);
}

void lnt_touch_aligned(void *memory, int64_t from, int64_t to) {
#ifdef MADV_POPULATE_WRITE
    uint8_t *start = (uint8_t *)memory + from / PAGE * PAGE;
    int kept = errno; // there are systems that don't know it, and memory may be short: writing will tell
    (void)madvise(start, whole((uint8_t *)memory + to - start, PAGE), MADV_POPULATE_WRITE);
    errno = kept;
#else
    (void)memory, (void)from, (void)to;
#endif
}

/// How much of a budget's memory may be kept when it is free: as little as doesn't count beside its limit; after a stop
/// nothing, as who asked for it may wait for the memory.
static size_t most_spare(const lnt_budget *budget) {
    enum { SHARE = 32, MOST = 512 << 20 };
    if (!budget || atomic_load_explicit(&budget->stopped, memory_order_relaxed)) return 0;
    int64_t share = budget->limit > 0 ? budget->limit / SHARE : MOST;
    return (size_t)(share < MOST ? share : MOST);
}

void lnt_free_aligned(void *memory, int64_t size_bytes, const lnt_budget *budget) {
    if (!memory) return;
    if (!lnt_is_paged(size_bytes)) {
        free(memory);
        return;
    }
    size_t size = whole(size_bytes, PAGE);
    if (lnt__spare_keep(memory, size, most_spare(budget))) return;
    lnt__pages_give_back(memory, size, budget ? budget->pool : NULL);
}

void *lnt_realloc_aligned(void *old, int64_t old_bytes, int64_t size_bytes, int64_t keep_bytes, lnt_error *err) {
    if (old && size_bytes <= INT64_MAX - PAGE && lnt_is_paged(old_bytes) && lnt_is_paged(size_bytes)) {
        if (!door_open()) return no_memory(size_bytes, err);
        void *moved = mremap(old, whole(old_bytes, PAGE), whole(size_bytes, PAGE), MREMAP_MAYMOVE);
        return moved == MAP_FAILED ? no_memory(size_bytes, err) : moved;
    }
    void *memory = lnt_alloc_aligned(size_bytes, err);
    if (!memory || !old) return memory;
    if (keep_bytes > 0) memcpy(memory, old, (size_t)keep_bytes);
    lnt_free_aligned(old, old_bytes, NULL);
    return memory;
}
