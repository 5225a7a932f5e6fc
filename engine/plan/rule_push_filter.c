/// @file rule_push_filter.c
/// Conditions go down: through whatever keeps rows as they are, to the side of a join that they talk about, into the
/// scan.
///
/// A condition that can fail (overflow, a strict cast) goes only where it sees the same rows as before: past
/// projections and concats, together with all conditions that stand before it.
#include "plan/plan.h"

/// How a filter's columns look one node further down.
typedef struct lnt_descent {
    int64_t *map;              ///< by column of the filter: column of the input, or -1
    const lnt_bound **replace; ///< by column: an expression of the input, or NULL (borrowed)
    bool *used;                ///< room for lnt_bound_columns
    int64_t n;
    bool same_rows; ///< whether the input has just the rows that the node has
} lnt_descent;

static void descent_clear(lnt_descent *descent) {
    lnt_free(descent->map);
    lnt_free(descent->replace);
    lnt_free(descent->used);
}

static lnt_status descent_init(lnt_descent *descent, const lnt_plan *below, lnt_error *err) {
    int64_t n = lnt_schema_n_columns(below->schema);
    *descent = (lnt_descent){.n = n};
    descent->map = lnt_alloc_array(n, sizeof *descent->map, err);
    descent->replace = lnt_alloc_array(n, sizeof *descent->replace, err);
    descent->used = lnt_alloc_array(n, sizeof *descent->used, err);
    if (!descent->map || !descent->replace || !descent->used) return LNT_NOMEM;
    for (int64_t i = 0; i < n; i++) descent->map[i] = -1;
    return LNT_OK;
}

static void map_project(lnt_descent *descent, const lnt_plan *below) {
    descent->same_rows = true;
    for (int64_t i = 0; i < descent->n; i++) {
        if (lnt_bound_type(below->exprs[i]) != lnt_schema_type(below->schema, i)) continue;
        descent->map[i] = lnt__bound_as_column(below->exprs[i]);
        if (descent->map[i] < 0) descent->replace[i] = below->exprs[i];
    }
}

static void map_join(lnt_descent *descent, const lnt_plan *below, int side) {
    int64_t n_left = lnt_schema_n_columns(below->inputs[0]->schema);
    for (int64_t i = 0; i < descent->n; i++) {
        if (side == 0 && i < n_left) descent->map[i] = i;
        if (side == 1 && i >= n_left) descent->map[i] = below->columns[i - n_left];
    }
}

/// How conditions over `below` look over its input number `side`; false if none can go there.
static bool map_columns(lnt_descent *descent, const lnt_plan *below, int side) {
    switch (below->kind) {
    case LNT_PLAN_PROJECT:
        map_project(descent, below);
        return true;
    case LNT_PLAN_SORT:
    case LNT_PLAN_CONCAT:
        descent->same_rows = below->kind == LNT_PLAN_CONCAT; // below a sort no limit above ends the reading early
        for (int64_t i = 0; i < descent->n; i++) descent->map[i] = i;
        return below->kind == LNT_PLAN_CONCAT || below->count < 0;
    case LNT_PLAN_DISTINCT:
        for (int64_t k = 0; k < below->n_keys; k++) descent->map[below->keys[k]] = below->keys[k];
        return true;
    case LNT_PLAN_EXPLODE: // other columns are repeated
        for (int64_t i = 0; i < descent->n; i++)
            if (i != below->keys[0]) descent->map[i] = i;
        return true;
    case LNT_PLAN_AGGREGATE:
        for (int64_t k = 0; k < below->n_keys; k++) descent->map[k] = below->keys[k];
        return below->n_keys > 0;
    case LNT_PLAN_JOIN:
        map_join(descent, below, side);
        if (side == 1 && !lnt__join_matches_alone(below)) return false; // another row would be the nearest
        return below->join != LNT_JOIN_OUTER && (side == 0 || below->join == LNT_JOIN_INNER);
    default:
        return false;
    }
}

static bool can_descend(lnt_descent *descent, const lnt_bound *condition, bool all_before_did) {
    if (lnt_bound_can_fail(condition) && !(descent->same_rows && all_before_did)) return false;
    for (int64_t i = 0; i < descent->n; i++) descent->used[i] = false;
    lnt_bound_columns(condition, descent->used);
    for (int64_t i = 0; i < descent->n; i++)
        if (descent->used[i] && descent->map[i] < 0 && !descent->replace[i]) return false;
    return true;
}

/// Which conditions of `filter` go down, marked in `goes`; returns how many.
static int64_t choose(lnt_descent *descent, const lnt_plan *filter, bool *goes) {
    int64_t n = 0;
    bool all = true;
    for (int64_t i = 0; i < filter->n_exprs; i++) {
        goes[i] = can_descend(descent, filter->exprs[i], all);
        all = all && goes[i];
        n += goes[i];
    }
    return n;
}

/// A filter over `*slot` with those conditions that go down, rewritten.
static lnt_status insert_below(const lnt_descent *descent, const lnt_plan *filter, const bool *goes, lnt_plan **slot,
                               lnt_error *err) {
    lnt_plan *moved = NULL;
    LNT_TRY(lnt__plan_new(LNT_PLAN_FILTER, slot, 1, &moved, err));
    moved->schema = lnt_schema_ref((*slot)->schema);
    lnt_status status = LNT_OK;
    for (int64_t i = 0; status == LNT_OK && i < filter->n_exprs; i++) {
        if (!goes[i]) continue;
        lnt_bound *bound = NULL;
        status =
            lnt__bound_move(filter->exprs[i], descent->map, descent->replace, descent->n, (*slot)->schema, &bound, err);
        if (status == LNT_OK) status = lnt__plan_add_expr(moved, bound, err);
        lnt_bound_unref(bound);
    }
    if (status != LNT_OK) {
        lnt_plan_unref(moved);
        return status;
    }
    lnt_plan_unref(*slot);
    *slot = moved;
    return LNT_OK;
}

static void remove_moved(lnt_plan *filter, const bool *goes) {
    int64_t kept = 0;
    for (int64_t i = 0; i < filter->n_exprs; i++) {
        if (goes[i]) {
            lnt_bound_unref(filter->exprs[i]);
        } else {
            filter->exprs[kept++] = filter->exprs[i];
        }
    }
    filter->n_exprs = kept;
}

/// Moves what can go from `filter` below the node under it, on side `side` (concat: into all inputs).
static lnt_status descend(lnt_plan *filter, int side, lnt_error *err) {
    lnt_plan *below = filter->inputs[0];
    lnt_descent descent;
    bool *goes = NULL;
    lnt_status status = descent_init(&descent, below, err);
    if (status == LNT_OK && map_columns(&descent, below, side)) {
        goes = lnt_alloc_array(filter->n_exprs, sizeof *goes, err);
        if (!goes) status = LNT_NOMEM;
        if (goes && choose(&descent, filter, goes) > 0) {
            bool all = below->kind == LNT_PLAN_CONCAT;
            for (int64_t i = all ? 0 : side; status == LNT_OK && i < (all ? below->n_inputs : side + 1); i++)
                status = insert_below(&descent, filter, goes, &below->inputs[i], err);
            if (status == LNT_OK) remove_moved(filter, goes);
        }
    }
    lnt_free(goes);
    descent_clear(&descent);
    return status;
}

/// Puts the conditions after those of the filter or scan below, and the filter away.
static lnt_status absorb(lnt_plan **slot, lnt_error *err) {
    lnt_plan *filter = *slot, *below = filter->inputs[0];
    for (int64_t i = 0; i < filter->n_exprs; i++) LNT_TRY(lnt__plan_add_expr(below, filter->exprs[i], err));
    lnt__plan_replace_by_input(slot);
    return LNT_OK;
}

lnt_status lnt__rule_push_filter(lnt_plan **slot, lnt_error *err) {
    while ((*slot)->kind == LNT_PLAN_FILTER) {
        lnt_plan_kind below = (*slot)->inputs[0]->kind;
        if (below == LNT_PLAN_FILTER || below == LNT_PLAN_SCAN) {
            LNT_TRY(absorb(slot, err));
            continue;
        }
        LNT_TRY(descend(*slot, 0, err));
        if (below == LNT_PLAN_JOIN && (*slot)->n_exprs > 0) LNT_TRY(descend(*slot, 1, err));
        if ((*slot)->n_exprs > 0) return LNT_OK;
        lnt__plan_replace_by_input(slot);
    }
    return LNT_OK;
}
