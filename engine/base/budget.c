/// @file budget.c
/// Budgets: how many bytes a run may hold, shared by its threads.
///
/// Workload: one call per buffer or chunk, from any thread. Invariant: `used` never stays above `limit`; a taking that
/// doesn't fit leaves `used` as it was.
#include "base/memory.h"

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
    int64_t peak = atomic_load_explicit(&budget->peak, memory_order_relaxed);
    while (peak < after && !atomic_compare_exchange_weak_explicit(&budget->peak, &peak, after, memory_order_relaxed,
                                                                  memory_order_relaxed)) {
    }
    return LNT_OK;
}

void lnt_budget_give(lnt_budget *budget, int64_t bytes) {
    if (budget && bytes > 0) atomic_fetch_sub_explicit(&budget->used, bytes, memory_order_relaxed);
}
