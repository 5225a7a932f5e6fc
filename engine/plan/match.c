/// @file match.c
/// asof_join, range_join, cidr_join: joins whose rows match by order instead of by equality.
#include "plan/plan.h"

static lnt_status begin(const lnt_plan *left, const lnt_plan *right, lnt_join_kind kind, lnt_match match,
                        int64_t n_keys, lnt_plan **out, lnt_error *err) {
    static const char *const verbs[] = {"join", "asof_join", "range_join", "cidr_join"};
    lnt_plan *inputs[2] = {(lnt_plan *)(uintptr_t)left, (lnt_plan *)(uintptr_t)right};
    if (kind == LNT_JOIN_OUTER)
        return lnt_error_set(err, LNT_ARGUMENT, "%s is inner, left, semi or anti, not outer", verbs[match.kind]);
    LNT_TRY(lnt__plan_new(LNT_PLAN_JOIN, inputs, 2, out, err));
    (*out)->join = kind;
    (*out)->match = match;
    (*out)->keys = lnt_alloc_array(n_keys, sizeof *(*out)->keys, err);
    (*out)->right_keys = lnt_alloc_array(n_keys, sizeof *(*out)->right_keys, err);
    (*out)->n_keys = n_keys;
    return (*out)->keys && (*out)->right_keys ? LNT_OK : LNT_NOMEM;
}

/// Looks up the columns of key k.
static lnt_status set_key(lnt_plan *join, int64_t k, const char *left, const char *right, lnt_error *err) {
    LNT_TRY(lnt__schema_column(join->inputs[0]->schema, left, &join->keys[k], err));
    lnt_status status = lnt__schema_column(join->inputs[1]->schema, right, &join->right_keys[k], err);
    if (status != LNT_OK) lnt_error_where(err, "right side of the join");
    return status;
}

/// Hands the join out, or gives it back.
static lnt_status finish(lnt_plan *join, const char *suffix, lnt_status status, lnt_plan **out, lnt_error *err) {
    if (status == LNT_OK) status = lnt__join_complete(join, suffix, err);
    if (status == LNT_OK) {
        *out = join;
    } else {
        lnt_plan_unref(join);
    }
    return status;
}

static lnt_type left_type(const lnt_plan *join, int64_t k) {
    return lnt_schema_type(join->inputs[0]->schema, join->keys[k]);
}

static lnt_type right_type(const lnt_plan *join, int64_t k) {
    return lnt_schema_type(join->inputs[1]->schema, join->right_keys[k]);
}

/// Both columns of key k must be of one ordered type: int, float, time and, with `ips`, ip.
static lnt_status check_ordered(const lnt_plan *join, const char *verb, int64_t k, bool ips, lnt_error *err) {
    lnt_type left = left_type(join, k), right = right_type(join, k);
    const char *left_name = lnt_schema_name(join->inputs[0]->schema, join->keys[k]);
    const char *right_name = lnt_schema_name(join->inputs[1]->schema, join->right_keys[k]);
    if (left == LNT_BOOL || left == LNT_STRING || (left == LNT_IP && !ips))
        return lnt_error_set(err, LNT_TYPE, "%s orders %s, but '%s' is %s", verb,
                             ips ? "int, float, time or ip" : "int, float or time", left_name, lnt_type_name(left));
    if (left == right) return LNT_OK;
    bool castable = left != LNT_IP ? right != LNT_IP && right != LNT_BOOL : right == LNT_STRING;
    if (!castable)
        return lnt_error_set(err, LNT_TYPE, "%s compares '%s' (%s) with '%s' (%s): they must be of one type", verb,
                             left_name, lnt_type_name(left), right_name, lnt_type_name(right));
    return lnt_error_set(
        err, LNT_TYPE, "%s compares '%s' (%s) with '%s' (%s): they must be of one type (derive \"%s = %s(…)\")", verb,
        left_name, lnt_type_name(left), right_name, lnt_type_name(right), right_name, lnt_type_name(left));
}

lnt_status lnt_plan_asof_join(const lnt_plan *left, const lnt_plan *right, lnt_join_kind kind, const char *left_on,
                              const char *right_on, const char *const *left_by, const char *const *right_by, int64_t n,
                              const lnt_asof_options *options, const char *suffix, lnt_plan **out, lnt_error *err) {
    lnt_match match = {.kind = LNT_MATCH_NEAREST};
    if (options) match.asof = *options;
    if (match.asof.has_tolerance && !(match.asof.tolerance >= 0))
        return lnt_error_set(err, LNT_ARGUMENT, "the tolerance of asof_join is 0 or more, not %g",
                             match.asof.tolerance);
    lnt_plan *join = NULL;
    lnt_status status = begin(left, right, kind, match, n + 1, &join, err);
    if (status == LNT_OK) status = set_key(join, 0, left_on, right_on, err);
    for (int64_t k = 0; status == LNT_OK && k < n; k++) status = set_key(join, k + 1, left_by[k], right_by[k], err);
    if (status == LNT_OK) status = check_ordered(join, "asof_join", 0, false, err);
    return finish(join, suffix, status, out, err);
}

lnt_status lnt_plan_range_join(const lnt_plan *left, const lnt_plan *right, lnt_join_kind kind, const char *value,
                               const char *first, const char *last, const lnt_range_options *options,
                               const char *suffix, lnt_plan **out, lnt_error *err) {
    lnt_match match = {.kind = LNT_MATCH_RANGE};
    if (options) match.range = *options;
    lnt_plan *join = NULL;
    lnt_status status = begin(left, right, kind, match, 2, &join, err);
    if (status == LNT_OK) status = set_key(join, 0, value, first, err);
    if (status == LNT_OK) status = set_key(join, 1, value, last, err);
    for (int64_t k = 0; status == LNT_OK && k < 2; k++) status = check_ordered(join, "range_join", k, true, err);
    return finish(join, suffix, status, out, err);
}

static lnt_status check_network(const lnt_plan *join, lnt_error *err) {
    if (left_type(join, 0) != LNT_IP)
        return lnt_error_set(err, LNT_TYPE, "cidr_join looks up addresses, but '%s' is %s (derive \"%s = ip(…)\")",
                             lnt_schema_name(join->inputs[0]->schema, join->keys[0]), lnt_type_name(left_type(join, 0)),
                             lnt_schema_name(join->inputs[0]->schema, join->keys[0]));
    if (right_type(join, 0) == LNT_STRING || right_type(join, 0) == LNT_IP) return LNT_OK;
    return lnt_error_set(err, LNT_TYPE, "cidr_join needs networks as text such as '10.0.0.0/8', but '%s' is %s",
                         lnt_schema_name(join->inputs[1]->schema, join->right_keys[0]),
                         lnt_type_name(right_type(join, 0)));
}

lnt_status lnt_plan_cidr_join(const lnt_plan *left, const lnt_plan *right, lnt_join_kind kind, const char *ip,
                              const char *network, const lnt_range_options *options, const char *suffix, lnt_plan **out,
                              lnt_error *err) {
    lnt_match match = {.kind = LNT_MATCH_NETWORK};
    if (options) match.range = (lnt_range_options){.narrowest = options->narrowest};
    lnt_plan *join = NULL;
    lnt_status status = begin(left, right, kind, match, 1, &join, err);
    if (status == LNT_OK) status = set_key(join, 0, ip, network, err);
    if (status == LNT_OK) status = check_network(join, err);
    return finish(join, suffix, status, out, err);
}
