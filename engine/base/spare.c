/// @file spare.c
/// Pages that were freed and are kept for whoever asks next.
///
/// Workload: operators take and free tens to hundreds of megabytes within milliseconds: lists of rows, keys, columns of
/// results. Touching a page of the system's for the first time costs far more than writing to it once more, so some pages
/// that are freed stay here, until someone takes them or the threads have had nothing to do for a second. Where there are no
/// threads that could notice, the engine's next query does.
/// Invariants: blocks are whole pages of anonymous memory of this process, in the order in which they came; a block is
/// either here or somebody's. Their sum is at most what the last one to give something allowed.
#include "base/spare.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "base/pages.h"

enum { MOST_BLOCKS = 64 };

typedef struct block {
    uint8_t *at;
    size_t size;
} block;

static struct {
    pthread_mutex_t lock;
    block blocks[MOST_BLOCKS];
    int n;
    size_t total;
    time_t last; ///< when one was last kept or taken, in seconds of the coarse clock
} spare = {.lock = PTHREAD_MUTEX_INITIALIZER};

static time_t now_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return now.tv_sec;
}

static block take_out(int i) {
    block taken = spare.blocks[i];
    spare.n--;
    memmove(&spare.blocks[i], &spare.blocks[i + 1], (size_t)(spare.n - i) * sizeof taken);
    spare.total -= taken.size;
    return taken;
}

static void put_in(block kept) {
    spare.blocks[spare.n++] = kept;
    spare.total += kept.size;
}

bool lnt__spare_keep(void *memory, size_t size, size_t most) {
    if (size > most) return false;
    pthread_mutex_lock(&spare.lock);
    while (spare.n > 0 && (spare.total + size > most || spare.n == MOST_BLOCKS)) {
        block oldest = take_out(0);
        munmap(oldest.at, oldest.size);
    }
    put_in((block){memory, size});
    spare.last = now_seconds();
    pthread_mutex_unlock(&spare.lock);
    return true;
}

/// The smallest block that holds `size` bytes, or the largest one; -1: there is none.
static int choose(size_t size) {
    int best = -1;
    for (int i = 0; i < spare.n; i++) {
        size_t own = spare.blocks[i].size, found = best < 0 ? 0 : spare.blocks[best].size;
        if (best < 0 || (found < size ? own > found : own >= size && own < found)) best = i;
    }
    return best;
}

void *lnt__spare_take(size_t size) {
    pthread_mutex_lock(&spare.lock);
    int i = choose(size);
    block taken = i < 0 ? (block){0} : take_out(i);
    if (taken.size > size) put_in((block){taken.at + size, taken.size - size}); // there is room: one was taken out
    pthread_mutex_unlock(&spare.lock);
    if (!taken.at || taken.size >= size) return taken.at;
    void *grown = mremap(taken.at, taken.size, size, MREMAP_MAYMOVE);
    if (grown != MAP_FAILED) return grown;
    munmap(taken.at, taken.size);
    return NULL;
}

/// Takes out the newest one; one without a place: there is none.
static block take_newest(void) {
    pthread_mutex_lock(&spare.lock);
    block newest = spare.n > 0 ? take_out(spare.n - 1) : (block){0};
    pthread_mutex_unlock(&spare.lock);
    return newest;
}

void lnt__spare_release(struct lnt_pool *pool) {
    for (block each = take_newest(); each.at; each = take_newest()) lnt__pages_give_back(each.at, each.size, pool);
}

void lnt__spare_release_old(void) {
    enum { IDLE_SECONDS = 1 };
    pthread_mutex_lock(&spare.lock);
    bool idle = spare.n > 0 && now_seconds() - spare.last > IDLE_SECONDS;
    pthread_mutex_unlock(&spare.lock);
    if (idle) lnt__spare_release(NULL);
}
