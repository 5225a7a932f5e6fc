/// @file binder.c
/// Resolves the names of an expression: columns, parameters, functions. Types are overload.c's affair.
#include "expr/binder.h"

#include <string.h>

#include "expr/aggregate.h"

static lnt_status fail_at(const lnt_binder *binder, const lnt_expr *expr, lnt_status status, lnt_error *err) {
    lnt_error_span(err, binder->source.data, binder->source.size, expr->at, expr->length);
    return status;
}

/// Whether the name is a column, a dot and a function, as other languages write `t:year()`; says how it is written here.
static bool is_dotted_call(const lnt_binder *binder, lnt_str name, lnt_error *err) {
    const char *dot = memchr(name.data, '.', (size_t)name.size);
    if (!dot) return false;
    lnt_str function = {dot + 1, name.size - (dot + 1 - name.data)};
    if (lnt_schema_find(binder->schema, name.data, dot - name.data) < 0 || !lnt_function_find(function)) return false;
    lnt_error_set(err, LNT_NAME, "no column '%.*s'; the function is written %.*s:%.*s()", (int)name.size, name.data,
                  (int)(dot - name.data), name.data, (int)function.size, function.data);
    return true;
}

static lnt_status no_column(lnt_binder *binder, const lnt_expr *expr, lnt_error *err) {
    int size = (int)expr->name.size;
    if (is_dotted_call(binder, expr->name, err)) return fail_at(binder, expr, LNT_NAME, err);
    const char *nearest = lnt_schema_nearest(binder->schema, expr->name.data, expr->name.size);
    if (nearest)
        lnt_error_set(err, LNT_NAME, "no column '%.*s' (did you mean '%s'?)", size, expr->name.data, nearest);
    else
        lnt_error_set(err, LNT_NAME, "no column '%.*s'; text is written in quotes, as in '%.*s'", size, expr->name.data,
                      size, expr->name.data);
    return fail_at(binder, expr, LNT_NAME, err);
}

static lnt_status bind_column(lnt_binder *binder, const lnt_expr *expr, lnt_typed **out, lnt_error *err) {
    int64_t column = lnt_schema_find(binder->schema, expr->name.data, expr->name.size);
    if (column < 0) return no_column(binder, expr, err);
    if (binder->hook) return binder->hook->column(binder->hook->context, binder, expr, column, out, err);
    *out = lnt_typed_column(binder->arena, binder->schema, column, binder->source, expr->at, expr->length, err);
    return *out ? LNT_OK : LNT_NOMEM;
}

static lnt_status no_parameter(lnt_binder *binder, const lnt_expr *expr, lnt_error *err) {
    int64_t n = binder->params ? binder->params->n : 0, nearest = -1;
    const char **names = lnt_alloc_array(n, sizeof *names, err);
    if (!names) return LNT_NOMEM;
    for (int64_t i = 0; i < n; i++) names[i] = binder->params->items[i].name;
    nearest = lnt_nearest(expr->name.data, expr->name.size, names, n);
    int size = (int)expr->name.size;
    if (nearest >= 0)
        lnt_error_set(err, LNT_NAME, "no parameter '$%.*s' (did you mean '$%s'?)", size, expr->name.data,
                      names[nearest]);
    else
        lnt_error_set(err, LNT_NAME,
                      "no parameter '$%.*s': give its value in a last table argument, as in { %.*s = 1 }", size,
                      expr->name.data, size, expr->name.data);
    lnt_free(names);
    return fail_at(binder, expr, LNT_NAME, err);
}

/// A constant of the tree; a string's bytes are copied into it.
static lnt_status bind_value(lnt_binder *binder, const lnt_expr *expr, lnt_value value, lnt_typed **out,
                             lnt_error *err) {
    lnt_typed *node = lnt_typed_new(binder->arena, LNT_TYPED_CONSTANT, binder->source, expr->at, expr->length, err);
    if (!node) return LNT_NOMEM;
    node->type = value.is_null ? LNT_NULL : value.type;
    if (!value.is_null) {
        node->value = value;
        if (value.type == LNT_STRING) node->value.as.s = lnt_arena_copy(binder->arena, value.as.s, err);
        if (value.type == LNT_STRING && !node->value.as.s.data) return LNT_NOMEM;
    }
    node->value.type = node->type;
    node->value.is_null = value.is_null;
    *out = node;
    return LNT_OK;
}

/// The parameter that the node names, or NULL.
static const lnt_param *find_parameter(const lnt_binder *binder, const lnt_expr *expr) {
    if (expr->kind != LNT_EXPR_PARAMETER || !binder->params) return NULL;
    for (int64_t i = 0; i < binder->params->n; i++)
        if (lnt_str_equal(expr->name, lnt_str_from(binder->params->items[i].name))) return &binder->params->items[i];
    return NULL;
}

static lnt_status bind_parameter(lnt_binder *binder, const lnt_expr *expr, lnt_typed **out, lnt_error *err) {
    const lnt_param *param = find_parameter(binder, expr);
    if (!param) return no_parameter(binder, expr, err);
    if (!param->list) return bind_value(binder, expr, param->value, out, err);
    lnt_error_set(err, LNT_TYPE,
                  "'$%s' is a list: it goes after 'in', or to a function that takes any number of arguments",
                  param->name);
    return fail_at(binder, expr, LNT_TYPE, err);
}

/// Why a call has no function: an aggregate in the wrong place, another language's name, or a slip of the keyboard.
static lnt_status no_function(lnt_binder *binder, const lnt_expr *expr, lnt_error *err) {
    int size = (int)expr->name.size;
    const char *instead = lnt_function_nearest(expr->name), *elsewhere = lnt_function_elsewhere(expr->name);
    if (lnt_aggregate_find(expr->name, expr->n_args) && !binder->hook) {
        bool extreme = expr->n_args > 1 && (!strncmp(expr->name.data, "min", 3) || !strncmp(expr->name.data, "max", 3));
        lnt_error_set(err, LNT_NAME, "'%.*s' is an aggregate and only goes in agg(…)%s", size, expr->name.data,
                      extreme ? "; of several values in a row take least(…) or greatest(…)" : "");
    } else if (elsewhere) {
        lnt_error_set(err, LNT_NAME, "no function '%.*s': write %s", size, expr->name.data, elsewhere);
    } else if (instead) {
        lnt_error_set(err, LNT_NAME, "no function '%.*s' (did you mean '%s'?)", size, expr->name.data, instead);
    } else {
        lnt_error_set(err, LNT_NAME, "no function '%.*s'", size, expr->name.data);
    }
    return fail_at(binder, expr, LNT_NAME, err);
}

/// The list that stands for several arguments of `function`, or NULL where the argument is one.
static const lnt_param *list_of(const lnt_binder *binder, const lnt_function *function, const lnt_expr *expr) {
    const lnt_param *param = find_parameter(binder, expr);
    if (!param || !param->list) return NULL;
    for (int64_t i = 0; i < function->n_overloads; i++)
        if (strchr(function->overloads[i].types, '+')) return param;
    return NULL;
}

/// The list's values as arguments from args[*n] on. What isn't in an empty list is found in none: `in` gets a null.
static lnt_status bind_list(lnt_binder *binder, const lnt_function *function, const lnt_expr *expr,
                            const lnt_param *list, lnt_typed **args, int64_t *n, lnt_error *err) {
    if (list->n_list == 0 && strcmp(function->info.name, "in") == 0)
        return bind_value(binder, expr, (lnt_value){.is_null = true}, &args[(*n)++], err);
    if (list->n_list == 0) {
        lnt_error_set(err, LNT_ARGUMENT, "the list '$%s' is empty: %s needs at least one value", list->name,
                      function->info.name);
        return fail_at(binder, expr, LNT_ARGUMENT, err);
    }
    for (int64_t i = 0; i < list->n_list; i++) LNT_TRY(bind_value(binder, expr, list->list[i], &args[(*n)++], err));
    return LNT_OK;
}

/// The call's arguments, bound; lists are spread.
static lnt_status bind_arguments(lnt_binder *binder, const lnt_function *function, const lnt_expr *expr,
                                 lnt_typed ***out, int64_t *n, lnt_error *err) {
    int64_t most = 0;
    for (int64_t i = 0; i < expr->n_args; i++) {
        const lnt_param *list = list_of(binder, function, expr->args[i]);
        most += list && list->n_list > 0 ? list->n_list : 1;
    }
    *n = 0;
    *out = lnt_arena_alloc(binder->arena, most * (int64_t)sizeof **out, err);
    if (!*out) return LNT_NOMEM;
    for (int64_t i = 0; i < expr->n_args; i++) {
        const lnt_param *list = list_of(binder, function, expr->args[i]);
        if (list)
            LNT_TRY(bind_list(binder, function, expr->args[i], list, *out, n, err));
        else
            LNT_TRY(lnt_bind_node(binder, expr->args[i], &(*out)[(*n)++], err));
    }
    return LNT_OK;
}

static lnt_status bind_function(lnt_binder *binder, const lnt_expr *expr, lnt_typed **out, lnt_error *err) {
    const lnt_function *function = lnt_function_find(expr->name);
    if (!function) return no_function(binder, expr, err);
    if (expr->where) {
        lnt_error_set(err, LNT_SYNTAX, "'where' goes after an aggregate, and '%s' is none", function->info.name);
        return fail_at(binder, expr, LNT_SYNTAX, err);
    }
    lnt_typed **args = NULL;
    int64_t n_args = 0;
    LNT_TRY(bind_arguments(binder, function, expr, &args, &n_args, err));
    return lnt_bind_call(binder, function, args, n_args, expr->at, expr->length, out, err);
}

lnt_status lnt_bind_node(lnt_binder *binder, const lnt_expr *expr, lnt_typed **out, lnt_error *err) {
    *out = NULL;
    switch (expr->kind) {
    case LNT_EXPR_LITERAL:
        return bind_value(binder, expr, expr->value, out, err);
    case LNT_EXPR_COLUMN:
        return bind_column(binder, expr, out, err);
    case LNT_EXPR_PARAMETER:
        return bind_parameter(binder, expr, out, err);
    case LNT_EXPR_CALL:
        break;
    }
    if (binder->hook) {
        LNT_TRY(binder->hook->call(binder->hook->context, binder, expr, out, err));
        if (*out) return LNT_OK;
    }
    return bind_function(binder, expr, out, err);
}

lnt_status lnt_bind_call(lnt_binder *binder, const lnt_function *function, lnt_typed **args, int64_t n_args, int64_t at,
                         int64_t length, lnt_typed **out, lnt_error *err) {
    lnt_typed *call = lnt_typed_new(binder->arena, LNT_TYPED_CALL, binder->source, at, length, err);
    if (!call) return LNT_NOMEM;
    call->function = function;
    call->args = lnt_arena_alloc(binder->arena, n_args * (int64_t)sizeof *args, err);
    if (!call->args) return LNT_NOMEM;
    for (int64_t i = 0; i < n_args; i++) call->args[i] = args[i];
    call->n_args = call->n_used = n_args;
    if (function->adapt) LNT_TRY(function->adapt(binder, call, err));
    LNT_TRY(lnt_bind_overload(binder, call, err));
    if (call->type == LNT_NULL) { // nothing but null can come of it
        *out = lnt_typed_constant(binder->arena, (lnt_value){.is_null = true}, call, err);
        return *out ? LNT_OK : LNT_NOMEM;
    }
    if (function->prepare) LNT_TRY(function->prepare(binder, call, err));
    *out = call;
    return lnt_fold(binder->arena, out, err);
}

lnt_status lnt_bind_constant_text(const lnt_typed *call, int64_t arg, const char *what, lnt_str *out, lnt_error *err) {
    const lnt_typed *node = call->args[arg];
    if (node->kind == LNT_TYPED_CONSTANT && !node->value.is_null && node->type == LNT_STRING) {
        *out = node->value.as.s;
        return LNT_OK;
    }
    lnt_error_set(err, LNT_TYPE, "%s of %s must be a constant text: it is %s", what, call->function->info.name,
                  call->function->info.signature);
    lnt_typed_span(node, err);
    return LNT_TYPE;
}

lnt_status lnt_expr_bind(const lnt_expr *expr, lnt_str text, const lnt_schema *schema, const lnt_params *params,
                         lnt_bound **out, lnt_error *err) {
    lnt_bound *bound;
    *out = NULL;
    LNT_TRY(lnt_bound_begin(&bound, err));
    lnt_binder binder = {.bound = bound, .arena = &bound->arena, .schema = schema, .params = params};
    binder.source = lnt_arena_copy(binder.arena, text, err);
    lnt_typed *root = NULL;
    lnt_status status = binder.source.data ? lnt_bind_node(&binder, expr, &root, err) : LNT_NOMEM;
    if (status == LNT_OK) return lnt_bound_finish(bound, root, out, err);
    lnt_bound_unref(bound);
    return status;
}
