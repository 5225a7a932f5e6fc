/// @file join.c
/// join, semi_join, anti_join: two inputs whose keys are equal. And what all joins share.
#include <string.h>

#include "plan/plan.h"

static bool is_number(lnt_type type) {
    return type == LNT_INT || type == LNT_FLOAT;
}

int64_t lnt__join_first_equal(const lnt_plan *join) {
    switch (join->match.kind) {
    case LNT_MATCH_EQUAL:
        return 0;
    case LNT_MATCH_NEAREST:
        return 1;
    default:
        return join->n_keys;
    }
}

bool lnt__join_matches_alone(const lnt_plan *join) {
    lnt_match_kind kind = join->match.kind;
    return kind == LNT_MATCH_EQUAL || (kind != LNT_MATCH_NEAREST && !join->match.range.narrowest);
}

/// Equal keys must be of one type; int and float compare as numbers.
static lnt_status check_key_types(const lnt_plan *plan, lnt_error *err) {
    for (int64_t i = lnt__join_first_equal(plan); i < plan->n_keys; i++) {
        const lnt_schema *sides[2] = {plan->inputs[0]->schema, plan->inputs[1]->schema};
        lnt_type left = lnt_schema_type(sides[0], plan->keys[i]);
        lnt_type right = lnt_schema_type(sides[1], plan->right_keys[i]);
        if (left == right || (is_number(left) && is_number(right))) continue;
        const char *names[2] = {lnt_schema_name(sides[0], plan->keys[i]), lnt_schema_name(sides[1], plan->right_keys[i])};
        const char *as_text = names[left == LNT_STRING];
        return lnt_error_set(err, LNT_TYPE,
                             "can't join '%s' (%s) with '%s' (%s): keys must be of one type (%s: derive \"%s = string(%s)\")",
                             names[0], lnt_type_name(left), names[1], lnt_type_name(right),
                             left == LNT_STRING ? "on the right" : "on the left", as_text, as_text);
    }
    return LNT_OK;
}

/// Which of the right's columns the join gives: all but the keys that are equal anyway.
static lnt_status choose_columns(lnt_plan *plan, lnt_error *err) {
    int64_t n = lnt_schema_n_columns(plan->inputs[1]->schema);
    plan->columns = lnt_alloc_array(n, sizeof *plan->columns, err);
    if (!plan->columns) return LNT_NOMEM;
    if (plan->join == LNT_JOIN_SEMI || plan->join == LNT_JOIN_ANTI) return LNT_OK;
    for (int64_t c = 0; c < n; c++) {
        bool key = false;
        for (int64_t k = lnt__join_first_equal(plan); k < plan->n_keys; k++) key = key || plan->right_keys[k] == c;
        if (!key) plan->columns[plan->n_columns++] = c;
    }
    return LNT_OK;
}

/// A copy of `name`, with `suffix` if the left has such a column too.
static char *right_name(const lnt_schema *left, const char *name, const char *suffix, lnt_error *err) {
    bool clash = lnt_schema_find(left, name, -1) >= 0;
    int64_t size = (int64_t)(strlen(name) + (clash ? strlen(suffix) : 0));
    char *out = lnt_alloc(size + 1, err);
    if (!out) return NULL;
    strcpy(out, name);
    if (clash) strcat(out, suffix);
    return out;
}

/// A float key of the right can fill an int key of the left in an outer join: the column is float then.
static lnt_type left_type(const lnt_plan *plan, int64_t column) {
    lnt_type type = lnt_schema_type(plan->inputs[0]->schema, column);
    for (int64_t k = 0; plan->join == LNT_JOIN_OUTER && k < plan->n_keys; k++)
        if (plan->keys[k] == column && lnt_schema_type(plan->inputs[1]->schema, plan->right_keys[k]) == LNT_FLOAT)
            return LNT_FLOAT;
    return type;
}

static lnt_status join_schema(lnt_plan *plan, const char *suffix, lnt_error *err) {
    const lnt_schema *left = plan->inputs[0]->schema, *right = plan->inputs[1]->schema;
    int64_t n_left = lnt_schema_n_columns(left), n = n_left + plan->n_columns;
    const char **names = lnt_alloc_array(n, sizeof *names, err);
    char **made = names ? lnt_alloc_array(n, sizeof *made, err) : NULL;
    lnt_type *types = made ? lnt_alloc_array(n, sizeof *types, err) : NULL;
    lnt_status status = types ? LNT_OK : LNT_NOMEM;
    for (int64_t i = 0; status == LNT_OK && i < n; i++) {
        if (i < n_left) {
            names[i] = lnt_schema_name(left, i);
            types[i] = left_type(plan, i);
            continue;
        }
        int64_t column = plan->columns[i - n_left];
        made[i] = right_name(left, lnt_schema_name(right, column), suffix, err);
        names[i] = made[i];
        types[i] = lnt_schema_type(right, column);
        if (!made[i]) status = LNT_NOMEM;
    }
    if (status == LNT_OK) status = lnt_schema_new(names, types, n, &plan->schema, err);
    for (int64_t i = 0; made && i < n; i++) lnt_free(made[i]);
    lnt_free(types);
    lnt_free(made);
    lnt_free(names);
    return status;
}

lnt_status lnt__join_complete(lnt_plan *join, const char *suffix, lnt_error *err) {
    LNT_TRY(check_key_types(join, err));
    LNT_TRY(choose_columns(join, err));
    return join_schema(join, suffix ? suffix : "_right", err);
}

static lnt_status fill_join(lnt_plan *plan, const char *const *left_keys, const char *const *right_keys,
                            const char *suffix, lnt_error *err) {
    if (plan->n_keys < 1) return lnt_error_set(err, LNT_ARGUMENT, "a join needs at least one key");
    LNT_TRY(lnt__schema_columns(plan->inputs[0]->schema, left_keys, plan->n_keys, &plan->keys, err));
    lnt_status status = lnt__schema_columns(plan->inputs[1]->schema, right_keys, plan->n_keys, &plan->right_keys, err);
    if (status != LNT_OK) {
        lnt_error_where(err, "right side of the join");
        return status;
    }
    return lnt__join_complete(plan, suffix, err);
}

lnt_status lnt_plan_join(const lnt_plan *left, const lnt_plan *right, lnt_join_kind kind, const char *const *left_keys,
                         const char *const *right_keys, int64_t n, const char *suffix, lnt_plan **out, lnt_error *err) {
    lnt_plan *inputs[2] = {(lnt_plan *)(uintptr_t)left, (lnt_plan *)(uintptr_t)right};
    lnt_plan *plan = NULL;
    LNT_TRY(lnt__plan_new(LNT_PLAN_JOIN, inputs, 2, &plan, err));
    plan->join = kind;
    plan->n_keys = n;
    lnt_status status = fill_join(plan, left_keys, right_keys, suffix, err);
    if (status != LNT_OK) {
        lnt_plan_unref(plan);
        return status;
    }
    *out = plan;
    return LNT_OK;
}
