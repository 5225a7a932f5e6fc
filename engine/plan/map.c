/// @file map.c
/// map: a column made by a function of the caller's own, outside of the engine.
#include "plan/plan.h"

lnt_shared_map *lnt__map_ref(lnt_shared_map *map) {
    if (map) atomic_fetch_add_explicit(&map->refs, 1, memory_order_relaxed);
    return map;
}

static void release(const lnt_map *map) {
    if (map->release) map->release(map->context);
}

void lnt__map_unref(lnt_shared_map *map) {
    if (!map || atomic_fetch_sub_explicit(&map->refs, 1, memory_order_acq_rel) != 1) return;
    release(&map->map);
    lnt_free((void *)(uintptr_t)map->map.what);
    lnt_free(map);
}

/// Takes over the context on success only.
static lnt_status share(const lnt_map *map, lnt_shared_map **out, lnt_error *err) {
    lnt_shared_map *shared = lnt_alloc_array(1, sizeof *shared, err);
    char *what = shared ? lnt_strdup(map->what, -1, err) : NULL;
    if (!what) {
        lnt_free(shared);
        return LNT_NOMEM;
    }
    shared->refs = 1;
    shared->map = *map;
    shared->map.what = what;
    *out = shared;
    return LNT_OK;
}

/// The input's fields with `name` in its place or at the end; `*at` gets the place.
static lnt_status map_schema(const lnt_schema *in, const char *name, lnt_type type, int64_t *at, lnt_schema **out,
                             lnt_error *err) {
    int64_t n = lnt_schema_n_columns(in), found = lnt_schema_find(in, name, -1);
    *at = found < 0 ? n : found;
    const char **names = lnt_alloc_array(n + 1, sizeof *names, err);
    lnt_type *types = names ? lnt_alloc_array(n + 1, sizeof *types, err) : NULL;
    lnt_status status = types ? LNT_OK : LNT_NOMEM;
    for (int64_t i = 0; types && i < n; i++) {
        names[i] = lnt_schema_name(in, i);
        types[i] = lnt_schema_type(in, i);
    }
    if (types) {
        names[*at] = name;
        types[*at] = type;
        status = lnt_schema_new(names, types, n + (found < 0), out, err);
    }
    lnt_free(types);
    lnt_free(names);
    return status;
}

lnt_status lnt_plan_map(const lnt_plan *in, const char *name, lnt_type type, const lnt_map *map, lnt_plan **out,
                        lnt_error *err) {
    lnt_plan *input = (lnt_plan *)(uintptr_t)in, *plan = NULL;
    lnt_shared_map *shared = NULL;
    lnt_status status = share(map, &shared, err);
    if (status != LNT_OK) {
        release(map);
        return status;
    }
    status = lnt__plan_new(LNT_PLAN_MAP, &input, 1, &plan, err);
    if (status != LNT_OK) {
        lnt__map_unref(shared);
        return status;
    }
    plan->map = shared;
    status = map_schema(in->schema, name, type, &plan->offset, &plan->schema, err);
    if (status == LNT_OK) {
        *out = plan;
    } else {
        lnt_plan_unref(plan);
    }
    return status;
}
