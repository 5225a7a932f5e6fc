/// @file rule_merge_project.c
/// Two projections on top of each other become one; a projection that changes nothing goes.
#include <string.h>

#include "plan/plan.h"

static bool has_own_types(const lnt_plan *project) {
    for (int64_t i = 0; i < project->n_exprs; i++)
        if (lnt_bound_type(project->exprs[i]) != lnt_schema_type(project->schema, i)) return false;
    return true;
}

/// Whether the node gives its input's columns as they are, under the same names.
static bool is_identity(const lnt_plan *project) {
    const lnt_schema *below = project->inputs[0]->schema;
    if (lnt_schema_n_columns(below) != project->n_exprs || !has_own_types(project)) return false;
    for (int64_t i = 0; i < project->n_exprs; i++)
        if (lnt__bound_as_column(project->exprs[i]) != i ||
            strcmp(lnt_schema_name(below, i), lnt_schema_name(project->schema, i)) != 0)
            return false;
    return true;
}

/// Counts how many expressions of `above` read each column below.
static lnt_status count_uses(const lnt_plan *above, int64_t *uses, int64_t n, lnt_error *err) {
    bool *used = lnt_alloc_array(n, sizeof *used, err);
    if (!used) return LNT_NOMEM;
    for (int64_t i = 0; i < above->n_exprs; i++) {
        memset(used, 0, (size_t)n * sizeof *used);
        lnt_bound_columns(above->exprs[i], used);
        bool plain = lnt__bound_as_column(above->exprs[i]) >= 0;
        for (int64_t c = 0; c < n; c++) uses[c] += used[c] ? (plain ? 1 : 2) : 0;
    }
    lnt_free(used);
    return LNT_OK;
}

/// Merging must not compute anything twice: an expression below may be read once, as a plain column; inside another
/// expression it could occur several times, so it is left alone.
static lnt_status can_merge(const lnt_plan *above, const lnt_plan *below, bool *can, lnt_error *err) {
    *can = has_own_types(below);
    int64_t *uses = lnt_alloc_array(below->n_exprs, sizeof *uses, err);
    lnt_status status = uses ? count_uses(above, uses, below->n_exprs, err) : LNT_NOMEM;
    for (int64_t c = 0; status == LNT_OK && c < below->n_exprs; c++)
        *can = *can && (uses[c] <= 1 || lnt__bound_as_column(below->exprs[c]) >= 0);
    lnt_free(uses);
    return status;
}

static lnt_status merge(lnt_plan *above, lnt_error *err) {
    lnt_plan *below = above->inputs[0];
    int64_t *map = lnt_alloc_array(below->n_exprs, sizeof *map, err);
    const lnt_bound **replace = map ? lnt_alloc_array(below->n_exprs, sizeof *replace, err) : NULL;
    lnt_status status = replace ? LNT_OK : LNT_NOMEM;
    for (int64_t c = 0; status == LNT_OK && c < below->n_exprs; c++) {
        map[c] = lnt__bound_as_column(below->exprs[c]);
        if (map[c] < 0) replace[c] = below->exprs[c];
    }
    for (int64_t i = 0; status == LNT_OK && i < above->n_exprs; i++) {
        lnt_bound *merged = NULL;
        status = lnt__bound_move(above->exprs[i], map, replace, below->n_exprs, below->inputs[0]->schema, &merged, err);
        if (status != LNT_OK) break;
        lnt_bound_unref(above->exprs[i]);
        above->exprs[i] = merged;
    }
    lnt_free(replace);
    lnt_free(map);
    if (status == LNT_OK) lnt__plan_replace_by_input(&above->inputs[0]);
    return status;
}

lnt_status lnt__rule_merge_project(lnt_plan **slot, lnt_error *err) {
    lnt_plan *plan = *slot;
    if (plan->kind != LNT_PLAN_PROJECT) return LNT_OK;
    while (plan->inputs[0]->kind == LNT_PLAN_PROJECT) {
        bool can = false;
        LNT_TRY(can_merge(plan, plan->inputs[0], &can, err));
        if (!can) break;
        LNT_TRY(merge(plan, err));
    }
    if (is_identity(plan)) lnt__plan_replace_by_input(slot);
    return LNT_OK;
}
