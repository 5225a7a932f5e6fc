/// @file pages.c
/// Pages that go back to the system.
///
/// Workload: the end of a query, of a table or of the process: up to gigabytes at a time. The kernel takes them apart page
/// by page (some 0.1 s a GB) on the thread that asks, so that what a stopped query holds would take longer to go than
/// the query to stop. Of memory that is used no more pieces can be emptied on several threads at once: that needs the
/// address space for reading only. What is left then to unmap is empty.
/// Invariant: pieces are aligned, so that no two threads are at the same page of the page table.
#include "base/pages.h"

#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>

#include "base/pool.h"

/// The larger pieces are, the less often processors have to tell each other; of little memory each thread shall have some.
enum { PIECE = 4 << 20, LARGE_PIECE = 16 << 20, LARGE_PIECES = 4 };

typedef struct release {
    uintptr_t start, end, piece;
    _Atomic uintptr_t next; ///< the first byte that nobody has taken
} release;

static void empty_pieces(void *context, int worker) {
    (void)worker;
    release *work = context;
    for (;;) {
        uintptr_t from = atomic_fetch_add(&work->next, work->piece), to = from + work->piece;
        if (from >= work->end) return;
        if (from < work->start) from = work->start;
        if (to > work->end) to = work->end;
        (void)madvise((void *)from, to - from, MADV_DONTNEED);
    }
}

void *lnt__pages_take(size_t size) {
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

bool lnt__pages_empty(void *memory, size_t size, struct lnt_pool *pool) {
    uintptr_t start = (uintptr_t)memory;
    uintptr_t piece = size < LARGE_PIECES * LARGE_PIECE ? PIECE : LARGE_PIECE;
    release work = {start, start + size, piece, start / PIECE * PIECE};
    return pool && size > PIECE && lnt_pool_try_run(pool, empty_pieces, &work);
}

void lnt__pages_give_back(void *memory, size_t size, struct lnt_pool *pool) {
    (void)lnt__pages_empty(memory, size, pool); // where nobody helps, unmapping does it all
    munmap(memory, size);
}
