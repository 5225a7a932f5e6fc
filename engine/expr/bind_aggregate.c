/// @file bind_aggregate.c
/// Definitions of `agg`: aggregate calls are taken out of the expression and become columns of an input of their own,
/// so that "sum(a) / count()" is an ordinary expression over the keys and the aggregates' results.
#include <string.h>

#include "expr/aggregate.h"
#include "expr/binder.h"

/// What the hooks know. Invariant: the calls belong to the caller, also those added by a definition that then fails.
typedef struct aggregate_binder {
    const int64_t *keys;
    int64_t n_keys;
    lnt_agg_call **calls;
    int64_t *n_calls, *capacity;
} aggregate_binder;

static void clear_call(lnt_agg_call *call) {
    lnt_bound_unref(call->args[0]);
    lnt_bound_unref(call->args[1]);
    lnt_bound_unref(call->where);
}

void lnt_agg_calls_clear(lnt_agg_call *calls, int64_t n) {
    for (int64_t i = 0; i < n; i++) clear_call(&calls[i]);
}

static lnt_status fail_at(const lnt_binder *binder, const lnt_expr *expr, lnt_status status, lnt_error *err) {
    lnt_error_span(err, binder->source.data, binder->source.size, expr->at, expr->length);
    return status;
}

/// A node that reads column `column` of the aggregated input.
static lnt_status make_column(lnt_binder *binder, const lnt_expr *expr, int64_t column, lnt_type type, lnt_str name,
                              lnt_typed **out, lnt_error *err) {
    lnt_typed *node = lnt_typed_new(binder->arena, LNT_TYPED_COLUMN, binder->source, expr->at, expr->length, err);
    if (!node) return LNT_NOMEM;
    node->type = type;
    node->column = column;
    node->name = lnt_arena_copy(binder->arena, name, err);
    *out = node;
    return node->name.data ? LNT_OK : LNT_NOMEM;
}

static lnt_status bind_key(void *context, lnt_binder *binder, const lnt_expr *expr, int64_t column, lnt_typed **out,
                           lnt_error *err) {
    const aggregate_binder *aggregates = context;
    for (int64_t i = 0; i < aggregates->n_keys; i++)
        if (aggregates->keys[i] == column)
            return make_column(binder, expr, i, lnt_schema_type(binder->schema, column), expr->name, out, err);
    lnt_error_set(err, LNT_NAME,
                  "column '%.*s' is neither a key nor inside an aggregate: write first(%.*s), or group by it",
                  (int)expr->name.size, expr->name.data, (int)expr->name.size, expr->name.data);
    return fail_at(binder, expr, LNT_NAME, err);
}

/// The function, or LNT_TYPE for a wrong number of arguments.
static lnt_status find_aggregate(const lnt_binder *binder, const lnt_expr *expr, const lnt_aggregate **out,
                                 lnt_error *err) {
    const lnt_aggregate *found = lnt_aggregate_find(expr->name, expr->n_args);
    *out = found;
    if (!found || (expr->n_args >= found->min_args && expr->n_args <= found->max_args)) return LNT_OK;
    bool extreme = found->kind == LNT_AGG_MIN || found->kind == LNT_AGG_MAX;
    const char *takes = found->kind == LNT_AGG_COUNT ? "at most 1 argument"
                        : found->min_args == 2       ? "2 arguments"
                        : found->max_args == 2       ? "1 or 2 arguments"
                                                     : "1 argument";
    lnt_error_set(err, LNT_TYPE, "%s takes %s, not %d%s", found->name, takes, (int)expr->n_args,
                  extreme ? "; of several values in a row take least(…) or greatest(…)" : "");
    return fail_at(binder, expr, LNT_TYPE, err);
}

static lnt_status bind_where(const lnt_binder *binder, const lnt_expr *expr, lnt_agg_call *call, lnt_error *err) {
    if (!expr->where) return LNT_OK;
    LNT_TRY(lnt_expr_bind(expr->where, binder->source, binder->schema, binder->params, &call->where, err));
    lnt_type type = lnt_bound_type(call->where);
    if (type == LNT_BOOL || type == LNT_NULL) return LNT_OK;
    lnt_error_set(err, LNT_TYPE, "the condition after 'where' must be bool, not %s", lnt_type_name(type));
    return fail_at(binder, expr->where, LNT_TYPE, err);
}

/// The first argument; list takes the text of what isn't a string.
static lnt_status bind_argument(const lnt_binder *binder, const lnt_expr *expr, const lnt_aggregate *function,
                                lnt_bound **out, lnt_error *err) {
    lnt_expr *inner = expr->args[0];
    LNT_TRY(lnt_expr_bind(inner, binder->source, binder->schema, binder->params, out, err));
    lnt_type type = lnt_bound_type(*out);
    if (function->kind != LNT_AGG_LIST || type == LNT_STRING || type == LNT_NULL) return LNT_OK;
    lnt_expr text = {.kind = LNT_EXPR_CALL,
                     .at = inner->at,
                     .length = inner->length,
                     .name = {"string", 6},
                     .args = &inner,
                     .n_args = 1};
    lnt_bound_unref(*out);
    *out = NULL;
    return lnt_expr_bind(&text, binder->source, binder->schema, binder->params, out, err);
}

/// Whether `bound` is what the aggregate takes as its second argument, else says what that is.
static bool takes_second(lnt_aggregate_kind kind, const lnt_bound *bound, const char **wanted) {
    const lnt_typed *root = lnt_bound_root(bound);
    bool constant = root->kind == LNT_TYPED_CONSTANT && !root->value.is_null;
    bool number = root->type == LNT_INT || root->type == LNT_FLOAT;
    if (kind == LNT_AGG_CORR) {
        *wanted = "int or float";
        return number;
    }
    if (kind == LNT_AGG_LIST) {
        *wanted = "a constant string";
        return constant && root->type == LNT_STRING;
    }
    *wanted = "a constant number from 0 to 1";
    double share = root->type == LNT_INT ? (double)root->value.as.i : root->value.as.f;
    return constant && number && share >= 0 && share <= 1;
}

static lnt_status bind_second(const lnt_binder *binder, const lnt_expr *expr, lnt_agg_call *call, lnt_error *err) {
    const char *wanted;
    if (expr->n_args < 2) return LNT_OK;
    LNT_TRY(lnt_expr_bind(expr->args[1], binder->source, binder->schema, binder->params, &call->args[1], err));
    if (takes_second(call->function->kind, call->args[1], &wanted)) return LNT_OK;
    lnt_error_set(err, LNT_TYPE, "the second argument of %s must be %s", call->function->name, wanted);
    return fail_at(binder, expr->args[1], LNT_TYPE, err);
}

/// Fills `call` from the expression; the caller clears it when this fails.
static lnt_status resolve(const lnt_binder *binder, const lnt_expr *expr, const lnt_aggregate *function,
                          lnt_agg_call *call, lnt_error *err) {
    lnt_type type = LNT_NULL;
    call->function = function;
    if (expr->n_args > 0) {
        LNT_TRY(bind_argument(binder, expr, function, &call->args[0], err));
        type = lnt_bound_type(call->args[0]);
    }
    call->type = lnt_aggregate_type(function->kind, type);
    if (expr->n_args > 0 && (call->type == LNT_NULL || type == LNT_NULL)) {
        lnt_error_set(err, LNT_TYPE, "%s doesn't take %s", function->name, lnt_type_name(type));
        return fail_at(binder, expr, LNT_TYPE, err);
    }
    LNT_TRY(bind_second(binder, expr, call, err));
    return bind_where(binder, expr, call, err);
}

static bool same_bound(const lnt_bound *a, const lnt_bound *b) {
    if (!a || !b) return a == b;
    return lnt_bound_type(a) == lnt_bound_type(b) && lnt_str_equal(lnt_bound_text(a), lnt_bound_text(b));
}

/// The index of a call that computes the same, or -1.
static int64_t find_same(const aggregate_binder *aggregates, const lnt_agg_call *call) {
    for (int64_t i = 0; i < *aggregates->n_calls; i++) {
        const lnt_agg_call *other = &(*aggregates->calls)[i];
        if (other->function == call->function && same_bound(other->args[0], call->args[0]) &&
            same_bound(other->args[1], call->args[1]) && same_bound(other->where, call->where))
            return i;
    }
    return -1;
}

/// Adds the call, or finds its equal; `call` is taken over.
static lnt_status add_call(aggregate_binder *aggregates, lnt_agg_call *call, int64_t *index, lnt_error *err) {
    *index = find_same(aggregates, call);
    if (*index >= 0) {
        clear_call(call);
        return LNT_OK;
    }
    lnt_status status =
        lnt_grow((void **)aggregates->calls, aggregates->capacity, *aggregates->n_calls + 1, sizeof *call, err);
    if (status != LNT_OK) {
        clear_call(call);
        return status;
    }
    *index = (*aggregates->n_calls)++;
    (*aggregates->calls)[*index] = *call;
    return LNT_OK;
}

static lnt_status bind_aggregate(void *context, lnt_binder *binder, const lnt_expr *expr, lnt_typed **out,
                                 lnt_error *err) {
    aggregate_binder *aggregates = context;
    const lnt_aggregate *function;
    LNT_TRY(find_aggregate(binder, expr, &function, err));
    if (!function) return LNT_OK;
    lnt_agg_call call = {0};
    lnt_status status = resolve(binder, expr, function, &call, err);
    if (status != LNT_OK) {
        clear_call(&call);
        return status;
    }
    int64_t index;
    lnt_type type = call.type;
    LNT_TRY(add_call(aggregates, &call, &index, err));
    lnt_str text = {binder->source.data + expr->at, expr->length};
    return make_column(binder, expr, aggregates->n_keys + index, type, text, out, err);
}

lnt_status lnt_expr_bind_aggregate(const lnt_expr *expr, lnt_str text, const lnt_schema *schema, const int64_t *keys,
                                   int64_t n_keys, const lnt_params *params, lnt_agg_call **calls, int64_t *n_calls,
                                   int64_t *calls_capacity, lnt_bound **out, lnt_error *err) {
    aggregate_binder aggregates = {keys, n_keys, calls, n_calls, calls_capacity};
    lnt_bind_hook hook = {bind_aggregate, bind_key, &aggregates};
    lnt_bound *bound;
    *out = NULL;
    LNT_TRY(lnt_bound_begin(&bound, err));
    lnt_binder binder = {.bound = bound, .arena = &bound->arena, .schema = schema, .params = params, .hook = &hook};
    binder.source = lnt_arena_copy(binder.arena, text, err);
    lnt_typed *root = NULL;
    lnt_status status = binder.source.data ? lnt_bind_node(&binder, expr, &root, err) : LNT_NOMEM;
    if (status == LNT_OK) return lnt_bound_finish(bound, root, out, err);
    lnt_bound_unref(bound);
    return status;
}
