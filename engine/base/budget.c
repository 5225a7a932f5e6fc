/// @file budget.c
/// Budgets: how many bytes a run may hold, and whether it shall go on, shared by its threads.
///
/// Workload: one call per buffer or chunk, and a look at the switch every few thousand rows, from any thread. Invariants:
/// `used` never stays above `limit`; a taking that doesn't fit leaves `used` as it was. The switch and the deadline are
/// lock-free atomics, because signal handlers set them.
#include "base/memory.h"

#include <string.h>
#include <time.h>

_Static_assert(ATOMIC_BOOL_LOCK_FREE == 2 && ATOMIC_LLONG_LOCK_FREE == 2, "signal handlers need lock-free atomics");

/// The tests' hook; `armed` stays false in production.
static struct {
    _Atomic bool armed;
    void (*fn)(void *context);
    void *context;
} watch;

/// What this thread took from budgets, less what it gave back.
static _Thread_local int64_t own;

/// Bytes as people say them: value and unit.
static double in_units(int64_t bytes, const char **unit) {
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes;
    int i = 0;
    while (value >= 1024 && i < 4) value /= 1024, i++;
    *unit = units[i];
    return value;
}

static lnt_status refuse(const lnt_budget *budget, int64_t used, int64_t bytes, const char *who, lnt_error *err) {
    const char *unit, *used_unit, *limit_unit;
    double value = in_units(bytes, &unit), held = in_units(used, &used_unit),
           limit = in_units(budget->limit, &limit_unit);
    return lnt_error_set(err, LNT_LIMIT,
                         "%s asks for %.4g %s more, but %.4g %s of the memory limit of %.4g %s are in use; "
                         "raise the limit, or keep fewer rows or columns",
                         who ? who : "the query", value, unit, held, used_unit, limit, limit_unit);
}

lnt_status lnt_budget_take(lnt_budget *budget, int64_t bytes, const char *who, lnt_error *err) {
    if (!budget || bytes <= 0) return LNT_OK;
    int64_t before = atomic_load_explicit(&budget->used, memory_order_relaxed), after;
    do {
        if (__builtin_add_overflow(before, bytes, &after) || (budget->limit > 0 && after > budget->limit)) {
            return refuse(budget, before, bytes, who, err);
        }
    } while (!atomic_compare_exchange_weak_explicit(&budget->used, &before, after, memory_order_relaxed,
                                                    memory_order_relaxed));
    own += bytes;
    int64_t peak = atomic_load_explicit(&budget->peak, memory_order_relaxed);
    while (peak < after && !atomic_compare_exchange_weak_explicit(&budget->peak, &peak, after, memory_order_relaxed,
                                                                  memory_order_relaxed)) {
    }
    return LNT_OK;
}

void lnt_budget_give(lnt_budget *budget, int64_t bytes) {
    if (!budget || bytes <= 0) return;
    own -= bytes;
    atomic_fetch_sub_explicit(&budget->used, bytes, memory_order_relaxed);
}

int64_t lnt_budget_own(void) {
    return own;
}

// ---- going on ----

void lnt_check_watch(void (*fn)(void *context), void *context) {
    atomic_store(&watch.armed, false);
    watch.fn = fn;
    watch.context = context;
    atomic_store(&watch.armed, fn != NULL);
}

lnt_status lnt_budget_check(lnt_budget *budget, lnt_error *err) {
    if (!budget) return LNT_OK;
    if (atomic_load_explicit(&watch.armed, memory_order_relaxed)) watch.fn(watch.context);
    if (atomic_load_explicit(&budget->stopped, memory_order_relaxed))
        return lnt_error_set(err, LNT_CANCELLED, "stopped on request");
    int64_t deadline = atomic_load_explicit(&budget->deadline_ms, memory_order_relaxed);
    if (deadline == 0) return LNT_OK;
    struct timespec now; // the coarse clock, right to a few milliseconds, is a read of shared memory
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    if ((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 < deadline) return LNT_OK;
    return lnt_error_set(err, LNT_CANCELLED, "stopped: the time that was set for it is over");
}

enum { AT_ONCE = 2 << 20 }; ///< bytes that are copied or cleared in a few milliseconds, also where pages are new

lnt_status lnt_budget_copy(lnt_budget *budget, void *to, const void *from, int64_t size, lnt_error *err) {
    for (int64_t at = 0; at < size; at += AT_ONCE) {
        if (at > 0) LNT_TRY(lnt_budget_check(budget, err));
        memcpy((char *)to + at, (const char *)from + at, (size_t)(size - at < AT_ONCE ? size - at : AT_ONCE));
    }
    return LNT_OK;
}

lnt_status lnt_budget_zero(lnt_budget *budget, void *to, int64_t size, lnt_error *err) {
    for (int64_t at = 0; at < size; at += AT_ONCE) {
        if (at > 0) LNT_TRY(lnt_budget_check(budget, err));
        memset((char *)to + at, 0, (size_t)(size - at < AT_ONCE ? size - at : AT_ONCE));
    }
    return LNT_OK;
}
