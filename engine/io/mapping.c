// Files as memory, and the guard for files that shrink meanwhile.
//
// Expected: a handful of mappings at a time, of files up to many gigabytes. Touching a page behind a file's new end is
// SIGBUS: the handler puts a page of zeros there and notes it, so that no code has to be left in the middle.
//
// Invariants: the handler walks a list whose nodes are never freed and only change while nobody maps or unmaps (lock);
// it calls nothing but mmap. A SIGBUS elsewhere goes to whoever had the signal before.
#include "io/mapping.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/pages.h"

/// What the handler knows of a mapping.
typedef struct guard {
    struct guard *next;
    _Atomic uintptr_t start; ///< 0: not in use
    _Atomic int64_t size;
    _Atomic bool cut;
} guard;

struct lnt__mapping {
    _Atomic int64_t refs;
    uint8_t *data; ///< first byte of the content
    int64_t size;
    void *base; ///< what was mapped; NULL: nothing
    size_t base_bytes;
    bool is_foreign; ///< somebody else will unmap it
    lnt_engine *engine; ///< whose threads help to unmap it
    guard *guard;
    char *name;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static guard *_Atomic guards;
static struct sigaction before;
static bool installed;

// ---- the guard ----

/// Puts zeros where the file's pages are missing. False for an address that isn't ours.
static bool mend(uintptr_t address) {
    uintptr_t page = address & ~((uintptr_t)sysconf(_SC_PAGESIZE) - 1);
    for (guard *g = atomic_load(&guards); g; g = g->next) {
        uintptr_t start = atomic_load(&g->start);
        if (start == 0 || address < start || address - start >= (uintptr_t)atomic_load(&g->size)) continue;
        atomic_store(&g->cut, true);
        int size = (int)sysconf(_SC_PAGESIZE), flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
        return mmap((void *)page, (size_t)size, PROT_READ, flags, -1, 0) != MAP_FAILED;
    }
    return false;
}

static void on_bus_error(int signal, siginfo_t *info, void *context) {
    int kept = errno;
    bool mended = info->si_code == BUS_ADRERR && mend((uintptr_t)info->si_addr);
    errno = kept;
    if (mended) return;
    if (before.sa_flags & SA_SIGINFO)
        before.sa_sigaction(signal, info, context);
    else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN)
        before.sa_handler(signal);
    else
        sigaction(SIGBUS, &before, NULL); // returning meets the fault again, which now ends the process
}

/// Sets the handler unless it is there. With the lock held.
static void install(void) {
    if (installed) return;
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO | SA_NODEFER};
    sigemptyset(&action.sa_mask);
    installed = sigaction(SIGBUS, &action, &before) == 0;
}

static lnt_status watch(lnt__mapping *mapping, lnt_error *err) {
    pthread_mutex_lock(&lock);
    install();
    guard *g = atomic_load(&guards);
    while (g && atomic_load(&g->start) != 0) g = g->next;
    if (!g) {
        g = lnt_alloc_array(1, sizeof *g, err);
        if (g) {
            g->next = atomic_load(&guards);
            atomic_store(&guards, g);
        }
    }
    if (g) {
        atomic_store(&g->cut, false);
        atomic_store(&g->size, (int64_t)mapping->base_bytes);
        atomic_store(&g->start, (uintptr_t)mapping->base);
        mapping->guard = g;
    }
    pthread_mutex_unlock(&lock);
    return g ? LNT_OK : LNT_NOMEM;
}

// ---- mapping ----

static lnt_status map_file(lnt__mapping *mapping, int fd, int64_t start, int64_t size, lnt_error *err) {
    mapping->size = size;
    mapping->data = (uint8_t *)(uintptr_t) "";
    if (size == 0) return LNT_OK;
    int64_t page = sysconf(_SC_PAGESIZE), skipped = start % page;
    mapping->base_bytes = (size_t)(size + skipped);
    void *base = mmap(NULL, mapping->base_bytes, PROT_READ, MAP_SHARED, fd, start - skipped);
    if (base == MAP_FAILED)
        return lnt_error_set(err, errno == ENOMEM ? LNT_NOMEM : LNT_IO, "can't map %s into memory: %s", mapping->name,
                             strerror(errno));
    mapping->base = base;
    mapping->data = (uint8_t *)base + skipped;
    return watch(mapping, err);
}

static lnt_status map_input(lnt__mapping *mapping, const lnt_input *input, lnt_error *err) {
    int fd = -1;
    int64_t start = 0, size = 0;
    LNT_TRY(lnt_input_content(input, &fd, &start, &size, err));
    lnt_status status = map_file(mapping, fd, start, size, err);
    close(fd);
    return status;
}

lnt_status lnt__mapping_open(lnt_engine *engine, const lnt_input *input, lnt__mapping **out, lnt_error *err) {
    lnt__mapping *mapping = lnt_alloc_array(1, sizeof *mapping, err);
    if (!mapping) return LNT_NOMEM;
    mapping->refs = 1;
    mapping->engine = engine;
    mapping->name = lnt_strdup(lnt_input_name(input), -1, err);
    lnt_status status = mapping->name ? map_input(mapping, input, err) : LNT_NOMEM;
    if (status == LNT_OK)
        *out = mapping;
    else
        lnt__mapping_unref(mapping);
    return status;
}

lnt_status lnt__mapping_guard(const void *data, int64_t size, const char *name, lnt__mapping **out, lnt_error *err) {
    lnt__mapping *mapping = lnt_alloc_array(1, sizeof *mapping, err);
    if (!mapping) return LNT_NOMEM;
    *mapping = (lnt__mapping){.refs = 1, .data = (uint8_t *)(uintptr_t)data, .size = size, .is_foreign = true};
    mapping->base = mapping->data;
    mapping->base_bytes = (size_t)size;
    mapping->name = lnt_strdup(name, -1, err);
    lnt_status status = mapping->name ? watch(mapping, err) : LNT_NOMEM;
    if (status == LNT_OK)
        *out = mapping;
    else
        lnt__mapping_unref(mapping);
    return status;
}

lnt__mapping *lnt__mapping_ref(lnt__mapping *mapping) {
    atomic_fetch_add_explicit(&mapping->refs, 1, memory_order_relaxed);
    return mapping;
}

void lnt__mapping_unref(lnt__mapping *mapping) {
    if (!mapping || atomic_fetch_sub_explicit(&mapping->refs, 1, memory_order_acq_rel) != 1) return;
    if (mapping->guard) {
        pthread_mutex_lock(&lock);
        atomic_store(&mapping->guard->start, 0);
        pthread_mutex_unlock(&lock);
    }
    if (mapping->base && !mapping->is_foreign)
        lnt__pages_give_back(mapping->base, mapping->base_bytes, lnt_engine_budget(mapping->engine)->pool);
    lnt_free(mapping->name);
    lnt_free(mapping);
}

void lnt__mapping_rest(const lnt__mapping *mapping) {
    if (mapping->base && !mapping->is_foreign)
        (void)lnt__pages_empty(mapping->base, mapping->base_bytes, lnt_engine_budget(mapping->engine)->pool);
}

const uint8_t *lnt__mapping_data(const lnt__mapping *mapping) {
    return mapping->data;
}

int64_t lnt__mapping_size(const lnt__mapping *mapping) {
    return mapping->size;
}

lnt_status lnt__mapping_check(const lnt__mapping *mapping, lnt_error *err) {
    if (!mapping->guard || !atomic_load_explicit(&mapping->guard->cut, memory_order_relaxed)) return LNT_OK;
    return lnt_error_set(err, LNT_IO, "%s shrank while it was read: part of its %lld bytes is gone", mapping->name,
                         (long long)mapping->size);
}
