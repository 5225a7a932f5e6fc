/// @file prune_columns.c
/// Column pruning: every node is told which of its columns are wanted and tells where they are afterwards.
///
/// Invariants: a node keeps the order of the columns it keeps, and may keep more than what was wanted (a scan's columns
/// that only its filter reads), so with everything wanted nothing moves. Nodes that store rows (sort, distinct, joins)
/// get a projection below that takes the surplus away.
#include <string.h>

#include "plan/plan.h"

/// What a node must give, and what became of its columns.
typedef struct lnt_wanted {
    bool *used;   ///< by old column
    int64_t *map; ///< by old column: the new one, or -1
    int64_t n;    ///< old columns
} lnt_wanted;

static lnt_status prune(lnt_plan **slot, lnt_wanted *wanted, lnt_error *err);

static void wanted_clear(lnt_wanted *wanted) {
    lnt_free(wanted->used);
    lnt_free(wanted->map);
}

/// For a node with `schema`; nothing is wanted yet.
static lnt_status wanted_init(lnt_wanted *wanted, const lnt_schema *schema, lnt_error *err) {
    int64_t n = lnt_schema_n_columns(schema);
    *wanted = (lnt_wanted){.n = n};
    wanted->used = lnt_alloc_array(n, sizeof *wanted->used, err);
    wanted->map = lnt_alloc_array(n, sizeof *wanted->map, err);
    return wanted->used && wanted->map ? LNT_OK : LNT_NOMEM;
}

/// Numbers the used columns from 0.
static void number_used(lnt_wanted *wanted) {
    int64_t next = 0;
    for (int64_t i = 0; i < wanted->n; i++) wanted->map[i] = wanted->used[i] ? next++ : -1;
}

static lnt_status remap_one(lnt_bound **slot, const int64_t *map, lnt_error *err) {
    if (!*slot) return LNT_OK;
    lnt_bound *moved = NULL;
    LNT_TRY(lnt_bound_remap(*slot, map, NULL, &moved, err));
    lnt_bound_unref(*slot);
    *slot = moved;
    return LNT_OK;
}

static lnt_status remap_exprs(lnt_plan *plan, const int64_t *map, lnt_error *err) {
    for (int64_t i = 0; i < plan->n_exprs; i++) LNT_TRY(remap_one(&plan->exprs[i], map, err));
    return LNT_OK;
}

static void use_exprs(const lnt_plan *plan, bool *used) {
    for (int64_t i = 0; i < plan->n_exprs; i++) lnt_bound_columns(plan->exprs[i], used);
}

/// Keeps the used fields of the node's own schema.
static lnt_status pick_schema(lnt_plan *plan, const lnt_wanted *wanted, lnt_error *err) {
    int64_t *kept = lnt_alloc_array(wanted->n, sizeof *kept, err), n = 0;
    if (!kept) return LNT_NOMEM;
    for (int64_t i = 0; i < wanted->n; i++)
        if (wanted->map[i] >= 0) kept[n++] = i;
    lnt_schema *schema = NULL;
    lnt_status status = lnt__schema_pick(plan->schema, kept, n, &schema, err);
    lnt_free(kept);
    if (status != LNT_OK) return status;
    lnt_schema_unref(plan->schema);
    plan->schema = schema;
    return LNT_OK;
}

/// The node gives what its input gives.
static void adopt_schema(lnt_plan *plan) {
    lnt_schema_unref(plan->schema);
    plan->schema = lnt_schema_ref(plan->inputs[0]->schema);
}

/// Puts a projection on top of `*slot` that gives what was wanted and nothing else.
static lnt_status take_away(lnt_plan **slot, lnt_wanted *wanted, lnt_error *err) {
    int64_t *kept = lnt_alloc_array(wanted->n, sizeof *kept, err), n = 0;
    if (!kept) return LNT_NOMEM;
    for (int64_t i = 0; i < wanted->n; i++)
        if (wanted->used[i]) kept[n++] = wanted->map[i];
    lnt_plan *picked = NULL;
    lnt_status status =
        lnt_schema_n_columns((*slot)->schema) == n ? LNT_OK : lnt__plan_pick(*slot, kept, n, &picked, err);
    lnt_free(kept);
    if (!picked) return status;
    lnt_plan_unref(*slot);
    *slot = picked;
    number_used(wanted);
    return LNT_OK;
}

/// Prunes an input, and takes away what it gives beyond `wanted`.
static lnt_status prune_exact(lnt_plan **slot, lnt_wanted *wanted, lnt_error *err) {
    lnt_wanted below; // what the input adds to the wanted columns is its own affair
    lnt_status status = wanted_init(&below, (*slot)->schema, err);
    if (status == LNT_OK) {
        memcpy(below.used, wanted->used, (size_t)wanted->n * sizeof *below.used);
        status = prune(slot, &below, err);
    }
    if (status == LNT_OK) {
        memcpy(wanted->map, below.map, (size_t)wanted->n * sizeof *below.map);
        status = take_away(slot, wanted, err);
    }
    wanted_clear(&below);
    return status;
}

static lnt_status prune_scan(lnt_plan *plan, lnt_wanted *wanted, lnt_error *err) {
    use_exprs(plan, wanted->used);
    number_used(wanted);
    LNT_TRY(remap_exprs(plan, wanted->map, err));
    LNT_TRY(pick_schema(plan, wanted, err));
    int64_t n = 0;
    for (int64_t i = 0; i < wanted->n; i++)
        if (wanted->used[i]) plan->columns[n++] = plan->columns[i];
    plan->n_columns = n;
    return LNT_OK;
}

/// Filter, sort, distinct, slice, sample and explode: the input's columns go through.
static lnt_status prune_through(lnt_plan *plan, lnt_wanted *wanted, lnt_error *err) {
    use_exprs(plan, wanted->used);
    for (int64_t k = 0; k < plan->n_keys; k++) wanted->used[plan->keys[k]] = true;
    bool stores = plan->kind != LNT_PLAN_FILTER;
    LNT_TRY(stores ? prune_exact(&plan->inputs[0], wanted, err) : prune(&plan->inputs[0], wanted, err));
    for (int64_t k = 0; k < plan->n_keys; k++) plan->keys[k] = wanted->map[plan->keys[k]];
    LNT_TRY(remap_exprs(plan, wanted->map, err));
    adopt_schema(plan);
    return LNT_OK;
}

static lnt_status prune_project(lnt_plan *plan, lnt_wanted *wanted, lnt_error *err) {
    number_used(wanted);
    LNT_TRY(pick_schema(plan, wanted, err));
    int64_t n = 0;
    for (int64_t i = 0; i < wanted->n; i++) {
        if (wanted->used[i]) {
            plan->exprs[n++] = plan->exprs[i];
        } else {
            lnt_bound_unref(plan->exprs[i]);
        }
    }
    plan->n_exprs = n;
    lnt_wanted below;
    lnt_status status = wanted_init(&below, plan->inputs[0]->schema, err);
    if (status == LNT_OK) {
        use_exprs(plan, below.used);
        status = prune(&plan->inputs[0], &below, err);
    }
    if (status == LNT_OK) status = remap_exprs(plan, below.map, err);
    wanted_clear(&below);
    return status;
}

/// Forgets aggregates that nobody reads.
static void drop_unused_calls(lnt_plan *plan, const lnt_wanted *wanted) {
    int64_t n = 0;
    for (int64_t i = 0; i < plan->n_calls; i++) {
        if (wanted->used[plan->n_keys + i]) {
            plan->calls[n++] = plan->calls[i];
        } else {
            lnt__agg_call_clear(&plan->calls[i]);
        }
    }
    plan->n_calls = n;
}

static void use_calls(const lnt_plan *plan, bool *used) {
    for (int64_t k = 0; k < plan->n_keys; k++) used[plan->keys[k]] = true;
    for (int64_t i = 0; i < plan->n_calls; i++) {
        const lnt_agg_call *call = &plan->calls[i];
        for (int a = 0; a < 2; a++)
            if (call->args[a]) lnt_bound_columns(call->args[a], used);
        if (call->where) lnt_bound_columns(call->where, used);
    }
}

static lnt_status remap_calls(lnt_plan *plan, const int64_t *map, lnt_error *err) {
    for (int64_t k = 0; k < plan->n_keys; k++) plan->keys[k] = map[plan->keys[k]];
    for (int64_t i = 0; i < plan->n_calls; i++) {
        lnt_agg_call *call = &plan->calls[i];
        for (int a = 0; a < 2; a++) LNT_TRY(remap_one(&call->args[a], map, err));
        LNT_TRY(remap_one(&call->where, map, err));
    }
    return LNT_OK;
}

static lnt_status prune_aggregate(lnt_plan *plan, lnt_wanted *wanted, lnt_error *err) {
    for (int64_t k = 0; k < plan->n_keys; k++) wanted->used[k] = true;
    number_used(wanted);
    LNT_TRY(pick_schema(plan, wanted, err));
    drop_unused_calls(plan, wanted);
    lnt_wanted below;
    lnt_status status = wanted_init(&below, plan->inputs[0]->schema, err);
    if (status == LNT_OK) {
        use_calls(plan, below.used);
        status = prune(&plan->inputs[0], &below, err);
    }
    if (status == LNT_OK) status = remap_calls(plan, below.map, err);
    wanted_clear(&below);
    return status;
}

/// Prunes both sides of a join; what is left of `columns` follows the left's columns.
static lnt_status prune_sides(lnt_plan *plan, lnt_wanted *wanted, lnt_wanted *left, lnt_wanted *right, lnt_error *err) {
    for (int64_t i = 0; i < left->n; i++) left->used[i] = wanted->used[i];
    for (int64_t k = 0; k < plan->n_keys; k++) {
        left->used[plan->keys[k]] = wanted->used[plan->keys[k]] = true;
        right->used[plan->right_keys[k]] = true;
    }
    for (int64_t i = 0; i < plan->n_columns; i++) right->used[plan->columns[i]] |= wanted->used[left->n + i];
    LNT_TRY(prune_exact(&plan->inputs[0], left, err));
    LNT_TRY(prune_exact(&plan->inputs[1], right, err));
    number_used(wanted);
    LNT_TRY(pick_schema(plan, wanted, err));
    int64_t n = 0;
    for (int64_t i = 0; i < plan->n_columns; i++)
        if (wanted->used[left->n + i]) plan->columns[n++] = right->map[plan->columns[i]];
    plan->n_columns = n;
    for (int64_t k = 0; k < plan->n_keys; k++) {
        plan->keys[k] = left->map[plan->keys[k]];
        plan->right_keys[k] = right->map[plan->right_keys[k]];
    }
    return LNT_OK;
}

static lnt_status prune_join(lnt_plan *plan, lnt_wanted *wanted, lnt_error *err) {
    lnt_wanted left = {0}, right = {0};
    lnt_status status = wanted_init(&left, plan->inputs[0]->schema, err);
    if (status == LNT_OK) status = wanted_init(&right, plan->inputs[1]->schema, err);
    if (status == LNT_OK) status = prune_sides(plan, wanted, &left, &right, err);
    wanted_clear(&left);
    wanted_clear(&right);
    return status;
}

static lnt_status prune_concat(lnt_plan *plan, lnt_wanted *wanted, lnt_error *err) {
    for (int64_t i = 0; i < plan->n_inputs; i++) {
        lnt_wanted below;
        lnt_status status = wanted_init(&below, plan->inputs[i]->schema, err);
        if (status == LNT_OK) {
            memcpy(below.used, wanted->used, (size_t)wanted->n * sizeof *below.used);
            status = prune_exact(&plan->inputs[i], &below, err);
        }
        wanted_clear(&below);
        LNT_TRY(status);
    }
    number_used(wanted);
    return pick_schema(plan, wanted, err);
}

/// Keeps those of a window's functions that are wanted, and tells the input which columns are.
static void use_windows(lnt_plan *plan, const lnt_wanted *wanted, lnt_wanted *below) {
    int64_t n = 0;
    for (int64_t i = 0; i < plan->n_windows; i++) {
        if (!wanted->used[below->n + i]) continue;
        if (plan->windows[i].arg >= 0) below->used[plan->windows[i].arg] = true;
        plan->windows[n++] = plan->windows[i];
    }
    plan->n_windows = n;
    for (int64_t i = 0; i < below->n; i++) below->used[i] = below->used[i] || wanted->used[i];
    for (int64_t k = 0; k < plan->n_keys; k++) below->used[plan->keys[k]] = true;
    use_exprs(plan, below->used);
}

/// A window gives all that is left of its input, then its functions.
static lnt_status prune_window(lnt_plan *plan, lnt_wanted *wanted, lnt_error *err) {
    lnt_wanted below;
    lnt_status status = wanted_init(&below, plan->inputs[0]->schema, err);
    if (status == LNT_OK) {
        use_windows(plan, wanted, &below);
        for (int64_t i = 0; i < below.n; i++) wanted->used[i] = below.used[i];
        status = prune_exact(&plan->inputs[0], &below, err);
    }
    if (status == LNT_OK) {
        number_used(wanted);
        for (int64_t k = 0; k < plan->n_keys; k++) plan->keys[k] = below.map[plan->keys[k]];
        for (int64_t i = 0; i < plan->n_windows; i++)
            if (plan->windows[i].arg >= 0) plan->windows[i].arg = below.map[plan->windows[i].arg];
        status = remap_exprs(plan, below.map, err);
    }
    if (status == LNT_OK) status = pick_schema(plan, wanted, err);
    wanted_clear(&below);
    return status;
}

/// A node whose columns don't depend on which of its input's are read.
static lnt_status prune_count(lnt_plan *plan, lnt_wanted *wanted, lnt_error *err) {
    for (int64_t i = 0; i < wanted->n; i++) wanted->map[i] = i;
    lnt_wanted below;
    lnt_status status = wanted_init(&below, plan->inputs[0]->schema, err);
    if (status == LNT_OK) status = prune(&plan->inputs[0], &below, err);
    wanted_clear(&below);
    return status;
}

/// What the function looks at isn't known: it gets all columns, and all are given.
static lnt_status prune_map(lnt_plan *plan, lnt_wanted *wanted, lnt_error *err) {
    for (int64_t i = 0; i < wanted->n; i++) wanted->map[i] = i;
    lnt_wanted below;
    lnt_status status = wanted_init(&below, plan->inputs[0]->schema, err);
    for (int64_t i = 0; status == LNT_OK && i < below.n; i++) below.used[i] = true;
    if (status == LNT_OK) status = prune(&plan->inputs[0], &below, err);
    wanted_clear(&below);
    return status;
}

static lnt_status prune(lnt_plan **slot, lnt_wanted *wanted, lnt_error *err) {
    switch ((*slot)->kind) {
    case LNT_PLAN_SCAN:
        return prune_scan(*slot, wanted, err);
    case LNT_PLAN_FILTER:
    case LNT_PLAN_SORT:
    case LNT_PLAN_DISTINCT:
    case LNT_PLAN_SLICE:
    case LNT_PLAN_SAMPLE:
    case LNT_PLAN_EXPLODE:
        return prune_through(*slot, wanted, err);
    case LNT_PLAN_PROJECT:
        return prune_project(*slot, wanted, err);
    case LNT_PLAN_AGGREGATE:
        return prune_aggregate(*slot, wanted, err);
    case LNT_PLAN_JOIN:
        return prune_join(*slot, wanted, err);
    case LNT_PLAN_CONCAT:
        return prune_concat(*slot, wanted, err);
    case LNT_PLAN_WINDOW:
        return prune_window(*slot, wanted, err);
    case LNT_PLAN_MAP:
        return prune_map(*slot, wanted, err);
    case LNT_PLAN_COUNT:
        return prune_count(*slot, wanted, err);
    }
    return lnt_error_set(err, LNT_INTERNAL, "column pruning met an unknown operator");
}

lnt_status lnt__prune_columns(lnt_plan **root, lnt_error *err) {
    lnt_wanted wanted;
    lnt_status status = wanted_init(&wanted, (*root)->schema, err);
    if (status == LNT_OK) {
        for (int64_t i = 0; i < wanted.n; i++) wanted.used[i] = true;
        status = prune(root, &wanted, err);
    }
    wanted_clear(&wanted);
    return status;
}
