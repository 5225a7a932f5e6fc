/// @file window.c
/// window: functions that see the rows around a row. What partitions, orders and arguments compute becomes columns
/// first; what definitions do with the functions' results (`time - lag(time)`) becomes a projection on top.
#include <stdio.h>
#include <string.h>

#include "column/value_text.h"
#include "expr/aggregate.h"
#include "expr/binder.h"
#include "expr/function.h"
#include "plan/plan.h"

/// A window function as the language knows it.
typedef struct lnt_window_function {
    lnt_window_kind kind;
    const char *name;
    int64_t min_args, max_args; ///< the second one is a constant number of rows, or of rolling ones a length of time
    bool number;                ///< the argument must be int or float
} lnt_window_function;

static const lnt_window_function functions[] = {
    {LNT_WINDOW_ROW_NUMBER, "row_number", 0, 0, false},
    {LNT_WINDOW_RANK, "rank", 0, 0, false},
    {LNT_WINDOW_DENSE_RANK, "dense_rank", 0, 0, false},
    {LNT_WINDOW_LAG, "lag", 1, 2, false},
    {LNT_WINDOW_LEAD, "lead", 1, 2, false},
    {LNT_WINDOW_CUMSUM, "cumsum", 1, 1, true},
    {LNT_WINDOW_CUMCOUNT, "cumcount", 0, 1, false},
    {LNT_WINDOW_ROLLING_MEAN, "rolling_mean", 2, 2, true},
    {LNT_WINDOW_ROLLING_SUM, "rolling_sum", 2, 2, true},
    {LNT_WINDOW_ROLLING_MIN, "rolling_min", 2, 2, false},
    {LNT_WINDOW_ROLLING_MAX, "rolling_max", 2, 2, false},
    {LNT_WINDOW_FIRST, "first", 1, 1, false},
    {LNT_WINDOW_LAST, "last", 1, 1, false},
    {LNT_WINDOW_FILL_FORWARD, "fill_forward", 1, 1, false},
    {LNT_WINDOW_FILL_BACKWARD, "fill_backward", 1, 1, false},
};
enum { N_FUNCTIONS = sizeof functions / sizeof *functions };

/// A window in the making. Columns are numbered: the input's, then `hidden`.
typedef struct lnt_window_draft {
    const lnt_plan *in;
    const lnt_params *params;
    int64_t n_input;
    lnt_bound **hidden; ///< owned: over the input
    int64_t n_hidden, hidden_capacity;
    lnt_window_call *calls; ///< owned
    int64_t n_calls, calls_capacity;
    int64_t *keys; ///< owned
    int64_t n_keys;
    int64_t *order; ///< owned: columns
    bool *descending;
    int64_t n_order;
    char **names;        ///< of the definitions, owned
    lnt_bound **results; ///< over the input's columns, then the calls
    int64_t n;
} lnt_window_draft;

static void draft_clear(lnt_window_draft *draft) {
    for (int64_t i = 0; i < draft->n_hidden; i++) lnt_bound_unref(draft->hidden[i]);
    for (int64_t i = 0; draft->names && i < draft->n; i++) lnt_free(draft->names[i]);
    for (int64_t i = 0; draft->results && i < draft->n; i++) lnt_bound_unref(draft->results[i]);
    lnt_free(draft->hidden);
    lnt_free(draft->calls);
    lnt_free(draft->keys);
    lnt_free(draft->order);
    lnt_free(draft->descending);
    lnt_free(draft->names);
    lnt_free(draft->results);
}

/// The column that holds `bound` (taken over): an input's, or a hidden one.
static lnt_status place(lnt_window_draft *draft, lnt_bound *bound, int64_t *out, lnt_error *err) {
    *out = lnt__bound_as_column(bound);
    lnt_status status = LNT_OK;
    if (*out < 0)
        status = lnt_grow((void **)&draft->hidden, &draft->hidden_capacity, draft->n_hidden + 1, sizeof bound, err);
    if (*out >= 0 || status != LNT_OK) {
        lnt_bound_unref(bound);
        return status;
    }
    *out = draft->n_input + draft->n_hidden;
    draft->hidden[draft->n_hidden++] = bound;
    return LNT_OK;
}

// ---- calls ----

static lnt_status fail_at(const lnt_binder *binder, const lnt_expr *expr, lnt_status status, lnt_error *err) {
    lnt_error_span(err, binder->source.data, binder->source.size, expr->at, expr->length);
    return status;
}

static const lnt_window_function *find_function(lnt_str name) {
    for (int64_t i = 0; i < N_FUNCTIONS; i++)
        if (lnt_str_equal(name, lnt_str_from(functions[i].name))) return &functions[i];
    return NULL;
}

/// The window function's call in the expression, or NULL.
static const lnt_expr *window_call_in(const lnt_expr *expr) {
    if (expr->kind == LNT_EXPR_CALL && find_function(expr->name) && !lnt_function_find(expr->name)) return expr;
    const lnt_expr *found = NULL;
    for (int64_t i = 0; i < expr->n_args && !found; i++) found = window_call_in(expr->args[i]);
    return found;
}

static lnt_status check_arguments(const lnt_window_draft *draft, const lnt_binder *binder, const lnt_expr *expr,
                                  const lnt_window_function *function, lnt_error *err) {
    bool ranks = function->kind == LNT_WINDOW_RANK || function->kind == LNT_WINDOW_DENSE_RANK;
    if (expr->where) {
        lnt_error_set(err, LNT_SYNTAX, "a window function takes no 'where': use if_else in its argument");
        return fail_at(binder, expr->where, LNT_SYNTAX, err);
    }
    if (ranks && draft->n_order == 0) {
        lnt_error_set(err, LNT_ARGUMENT, "%s needs an order: window { order = \"-n\", … }", function->name);
        return fail_at(binder, expr, LNT_ARGUMENT, err);
    }
    if (expr->n_args >= function->min_args && expr->n_args <= function->max_args) return LNT_OK;
    static const char *const takes[3][3] = {
        {"no argument", "at most 1 argument", ""}, {"", "1 argument", "1 or 2 arguments"}, {"", "", "2 arguments"}};
    lnt_error_set(err, LNT_TYPE, "%s takes %s, not %lld", function->name, takes[function->min_args][function->max_args],
                  (long long)expr->n_args);
    return fail_at(binder, expr, LNT_TYPE, err);
}

/// Binds what a window function takes: an expression over the input's columns, without window functions in it.
static lnt_status bind_argument(const lnt_binder *binder, const lnt_expr *expr, lnt_bound **out, lnt_error *err) {
    const lnt_expr *inner = window_call_in(expr);
    if (!inner) return lnt_expr_bind(expr, binder->source, binder->schema, binder->params, out, err);
    lnt_error_set(err, LNT_NAME,
                  "a window function can't stand in another's argument: make '%.*s' a column by a window before",
                  (int)inner->name.size, inner->name.data);
    return fail_at(binder, inner, LNT_NAME, err);
}

/// A length of time such as "90s", "15m", "2h" or "7d" in microseconds; 0 for a text that is none.
static int64_t span_of(lnt_str text) {
    static const struct {
        const char *name;
        double us;
    } units[] = {{"us", 1},    {"ms", 1e3},   {"min", 60e6},   {"s", 1e6},
                 {"m", 60e6}, {"h", 3600e6}, {"d", 86400e6}, {"w", 604800e6}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        int64_t size = text.size - (int64_t)strlen(units[i].name);
        double number;
        if (size < 1 || memcmp(text.data + size, units[i].name, strlen(units[i].name)) != 0) continue;
        if (!lnt_parse_float(text.data, size, &number)) continue;
        double us = number * units[i].us;
        return us >= 1 && us < 9e18 ? (int64_t)us : 0;
    }
    return 0;
}

/// Whether rows can be told by time: whether a time is what they are ordered by first.
static bool is_ordered_by_time(const lnt_window_draft *draft) {
    if (draft->n_order == 0) return false;
    int64_t column = draft->order[0], hidden = column - draft->n_input;
    return LNT_TIME == (hidden < 0 ? lnt_schema_type(draft->in->schema, column) : lnt_bound_type(draft->hidden[hidden]));
}

/// The number of rows, or the length of time, that the second argument says.
static lnt_status bind_rows(const lnt_window_draft *draft, const lnt_binder *binder, const lnt_expr *expr,
                            lnt_window_call *call, lnt_error *err) {
    bool rolls = call->kind != LNT_WINDOW_LAG && call->kind != LNT_WINDOW_LEAD;
    lnt_bound *bound = NULL;
    LNT_TRY(lnt_expr_bind(expr, binder->source, binder->schema, binder->params, &bound, err));
    const lnt_typed *root = lnt_bound_root(bound);
    bool constant = root->kind == LNT_TYPED_CONSTANT && !root->value.is_null;
    bool good = constant && root->type == LNT_INT && root->value.as.i >= rolls;
    if (good) call->n = root->value.as.i;
    if (rolls && constant && root->type == LNT_STRING) call->span_us = span_of(root->value.as.s);
    lnt_bound_unref(bound);
    if (call->span_us > 0 && !is_ordered_by_time(draft)) {
        lnt_error_set(err, LNT_ARGUMENT, "%s by a length of time needs the order of a time: window { order = \"time\", … }",
                      call->name);
        return fail_at(binder, expr, LNT_ARGUMENT, err);
    }
    if (good || call->span_us > 0) return LNT_OK;
    lnt_error_set(err, LNT_TYPE, "%s counts rows by a constant int, %d or more%s", call->name, (int)rolls,
                  rolls ? ", or takes a length of time such as '90s', '15m', '2h', '7d'" : "");
    return fail_at(binder, expr, LNT_TYPE, err);
}

static lnt_type result_type(lnt_window_kind kind, lnt_type argument) {
    switch (kind) {
    case LNT_WINDOW_ROW_NUMBER:
    case LNT_WINDOW_RANK:
    case LNT_WINDOW_DENSE_RANK:
    case LNT_WINDOW_CUMCOUNT:
        return LNT_INT;
    case LNT_WINDOW_ROLLING_MEAN:
        return LNT_FLOAT;
    default:
        return argument;
    }
}

/// Fills the call from the expression.
static lnt_status resolve(lnt_window_draft *draft, const lnt_binder *binder, const lnt_expr *expr,
                          const lnt_window_function *function, lnt_window_call *call, lnt_error *err) {
    *call = (lnt_window_call){.kind = function->kind, .name = function->name, .arg = -1, .n = 1};
    LNT_TRY(check_arguments(draft, binder, expr, function, err));
    lnt_type type = LNT_NULL;
    if (expr->n_args > 0) {
        lnt_bound *bound = NULL;
        LNT_TRY(bind_argument(binder, expr->args[0], &bound, err));
        type = lnt_bound_type(bound);
        bool number = type == LNT_INT || type == LNT_FLOAT;
        if (type == LNT_NULL || (function->number && !number)) {
            lnt_bound_unref(bound);
            lnt_error_set(err, LNT_TYPE, "%s doesn't take %s", function->name, lnt_type_name(type));
            return fail_at(binder, expr, LNT_TYPE, err);
        }
        LNT_TRY(place(draft, bound, &call->arg, err));
    }
    if (expr->n_args > 1) LNT_TRY(bind_rows(draft, binder, expr->args[1], call, err));
    call->type = result_type(function->kind, type);
    return LNT_OK;
}

/// Fails where the name is nearly a window function's.
static lnt_status near_function(const lnt_binder *binder, const lnt_expr *expr, lnt_error *err) {
    const char *names[N_FUNCTIONS];
    for (int64_t i = 0; i < N_FUNCTIONS; i++) names[i] = functions[i].name;
    int64_t nearest = lnt_nearest(expr->name.data, expr->name.size, names, N_FUNCTIONS);
    if (nearest < 0) return LNT_OK;
    lnt_error_set(err, LNT_NAME, "no function '%.*s' (did you mean '%s'?)", (int)expr->name.size, expr->name.data,
                  names[nearest]);
    return fail_at(binder, expr, LNT_NAME, err);
}

/// A call that is none of the window's: an ordinary function, or an aggregate that somebody looked for here.
static lnt_status other_function(const lnt_binder *binder, const lnt_expr *expr, lnt_error *err) {
    static const char *const running[][2] = {{"sum", "cumsum"},
                                             {"count", "cumcount"},
                                             {"min", "rolling_min"},
                                             {"max", "rolling_max"},
                                             {"mean", "rolling_mean"}};
    if (lnt_function_find(expr->name)) return LNT_OK;
    if (!lnt_aggregate_find(expr->name, expr->n_args)) return near_function(binder, expr, err);
    const char *instead = NULL;
    for (size_t i = 0; i < sizeof running / sizeof *running; i++)
        if (lnt_str_equal(expr->name, lnt_str_from(running[i][0]))) instead = running[i][1];
    lnt_error_set(err, LNT_NAME, "'%.*s' is an aggregate and only goes in agg(…)%s%s%s", (int)expr->name.size,
                  expr->name.data, instead ? "; a window has " : "", instead ? instead : "",
                  instead ? "(…), and group_by and join give each row its group's" : "");
    return fail_at(binder, expr, LNT_NAME, err);
}

static lnt_status bind_call(void *context, lnt_binder *binder, const lnt_expr *expr, lnt_typed **out, lnt_error *err) {
    lnt_window_draft *draft = context;
    const lnt_window_function *function = find_function(expr->name);
    if (!function) return other_function(binder, expr, err);
    LNT_TRY(lnt_grow((void **)&draft->calls, &draft->calls_capacity, draft->n_calls + 1, sizeof *draft->calls, err));
    lnt_window_call *call = &draft->calls[draft->n_calls];
    LNT_TRY(resolve(draft, binder, expr, function, call, err));
    lnt_typed *node = lnt_typed_new(binder->arena, LNT_TYPED_COLUMN, binder->source, expr->at, expr->length, err);
    if (!node) return LNT_NOMEM;
    node->type = call->type;
    node->column = draft->n_input + draft->n_calls;
    node->name = lnt_arena_copy(binder->arena, (lnt_str){binder->source.data + expr->at, expr->length}, err);
    if (!node->name.data) return LNT_NOMEM;
    draft->n_calls++;
    *out = node;
    return LNT_OK;
}

static lnt_status bind_column(void *context, lnt_binder *binder, const lnt_expr *expr, int64_t column, lnt_typed **out,
                              lnt_error *err) {
    (void)context;
    *out = lnt_typed_column(binder->arena, binder->schema, column, binder->source, expr->at, expr->length, err);
    return *out ? LNT_OK : LNT_NOMEM;
}

/// Binds a definition's expression over the input's columns and the calls in it.
static lnt_status bind_definition(lnt_window_draft *draft, const lnt_expr *parsed, const char *text, lnt_bound **out,
                                  lnt_error *err) {
    lnt_bind_hook hook = {bind_call, bind_column, draft};
    lnt_bound *bound = NULL;
    LNT_TRY(lnt_bound_begin(&bound, err));
    lnt_binder binder = {
        .bound = bound, .arena = &bound->arena, .schema = draft->in->schema, .params = draft->params, .hook = &hook};
    binder.source = lnt_arena_copy(binder.arena, lnt_str_from(text), err);
    lnt_typed *root = NULL;
    lnt_status status = binder.source.data ? lnt_bind_node(&binder, parsed, &root, err) : LNT_NOMEM;
    if (status == LNT_OK) return lnt_bound_finish(bound, root, out, err);
    lnt_bound_unref(bound);
    return status;
}

static lnt_status add_definition(lnt_window_draft *draft, int64_t i, const char *text, lnt_error *err) {
    lnt_expr *parsed = NULL;
    lnt_str name;
    LNT_TRY(lnt_expr_parse_definition(text, -1, &name, &parsed, err));
    lnt_status status = LNT_OK;
    if (name.size == 0) {
        status = lnt_error_set(err, LNT_SYNTAX, "a column of window needs a name: write \"name = %s\"", text);
        lnt_error_span(err, text, -1, 0, (int64_t)strlen(text));
    }
    if (status == LNT_OK && !(draft->names[i] = lnt_strdup(name.data, name.size, err))) status = LNT_NOMEM;
    if (status == LNT_OK) status = bind_definition(draft, parsed, text, &draft->results[i], err);
    if (status == LNT_OK) status = lnt__check_column_type(draft->results[i], text, draft->names[i], err);
    lnt_expr_free(parsed);
    return status;
}

static lnt_status draft_fill(lnt_window_draft *draft, const char *const *by, const char *const *order,
                             const char *const *definitions, lnt_error *err) {
    draft->order = lnt_alloc_array(draft->n_order, sizeof *draft->order, err);
    draft->descending = lnt_alloc_array(draft->n_order, sizeof *draft->descending, err);
    draft->names = lnt_alloc_array(draft->n, sizeof *draft->names, err);
    draft->results = lnt_alloc_array(draft->n, sizeof *draft->results, err);
    if (!draft->order || !draft->descending || !draft->names || !draft->results) return LNT_NOMEM;
    LNT_TRY(lnt__schema_columns(draft->in->schema, by, draft->n_keys, &draft->keys, err));
    for (int64_t i = 0; i < draft->n_order; i++) {
        lnt_bound *bound = NULL;
        LNT_TRY(lnt__bind_sort_key(draft->in, order[i], draft->params, &draft->descending[i], &bound, err));
        LNT_TRY(place(draft, bound, &draft->order[i], err));
    }
    for (int64_t i = 0; i < draft->n; i++) LNT_TRY(add_definition(draft, i, definitions[i], err));
    return LNT_OK;
}

// ---- nodes ----

/// Names and types that a node in the making has, with made-up names for columns that users don't see.
typedef struct lnt_fields {
    const char **names;
    lnt_type *types;
    char (*made)[24];
    int64_t n;
} lnt_fields;

static void fields_clear(lnt_fields *fields) {
    lnt_free(fields->names);
    lnt_free(fields->types);
    lnt_free(fields->made);
}

/// The fields of `schema`, and room for `n` more.
static lnt_status fields_init(lnt_fields *fields, const lnt_schema *schema, int64_t n, lnt_error *err) {
    int64_t n_schema = lnt_schema_n_columns(schema);
    *fields = (lnt_fields){.n = n_schema};
    fields->names = lnt_alloc_array(n_schema + n, sizeof *fields->names, err);
    fields->types = lnt_alloc_array(n_schema + n, sizeof *fields->types, err);
    fields->made = lnt_alloc_array(n, sizeof *fields->made, err);
    if (!fields->names || !fields->types || !fields->made) return LNT_NOMEM;
    for (int64_t i = 0; i < n_schema; i++) {
        fields->names[i] = lnt_schema_name(schema, i);
        fields->types[i] = lnt_schema_type(schema, i);
    }
    return LNT_OK;
}

static void fields_add(lnt_fields *fields, int64_t number, char mark, lnt_type type) {
    snprintf(fields->made[number], sizeof fields->made[number], "%c%lld", mark, (long long)number);
    fields->names[fields->n] = fields->made[number];
    fields->types[fields->n++] = type;
}

/// The input with the hidden columns; the input itself where there are none.
static lnt_status project_hidden(const lnt_window_draft *draft, lnt_plan **out, lnt_error *err) {
    lnt_plan *in = (lnt_plan *)(uintptr_t)draft->in;
    if (draft->n_hidden == 0) {
        *out = lnt_plan_ref(in);
        return LNT_OK;
    }
    lnt_fields fields;
    int64_t n = draft->n_input + draft->n_hidden;
    lnt_bound **exprs = NULL;
    lnt_status status = fields_init(&fields, in->schema, draft->n_hidden, err);
    if (status == LNT_OK && !(exprs = lnt_alloc_array(n, sizeof *exprs, err))) status = LNT_NOMEM;
    for (int64_t i = 0; status == LNT_OK && i < draft->n_input; i++)
        status = lnt_bound_column(in->schema, i, &exprs[i], err);
    for (int64_t i = 0; status == LNT_OK && i < draft->n_hidden; i++) {
        lnt_type type = lnt_bound_type(draft->hidden[i]);
        fields_add(&fields, i, '\x02', type == LNT_NULL ? LNT_BOOL : type); // ordering by null changes nothing
        exprs[draft->n_input + i] = lnt_bound_ref(draft->hidden[i]);
    }
    if (status == LNT_OK) status = lnt__plan_project(in, fields.names, fields.types, exprs, n, out, err);
    for (int64_t i = 0; exprs && i < n; i++) lnt_bound_unref(exprs[i]);
    lnt_free(exprs);
    fields_clear(&fields);
    return status;
}

/// Hands the draft's keys, order and calls over to a node.
static lnt_status fill_node(lnt_window_draft *draft, lnt_plan *plan, lnt_error *err) {
    lnt_fields fields;
    lnt_status status = fields_init(&fields, plan->inputs[0]->schema, draft->n_calls, err);
    for (int64_t i = 0; status == LNT_OK && i < draft->n_calls; i++)
        fields_add(&fields, i, '\x03', draft->calls[i].type);
    if (status == LNT_OK) status = lnt_schema_new(fields.names, fields.types, fields.n, &plan->schema, err);
    fields_clear(&fields);
    if (status == LNT_OK) status = lnt__plan_reserve_exprs(plan, draft->n_order, err);
    for (int64_t i = 0; status == LNT_OK && i < draft->n_order; i++)
        status = lnt_bound_column(plan->inputs[0]->schema, draft->order[i], &plan->exprs[i], err);
    plan->descending = draft->descending;
    plan->keys = draft->keys;
    plan->n_keys = draft->n_keys;
    plan->windows = draft->calls;
    plan->n_windows = draft->n_calls;
    draft->descending = NULL;
    draft->keys = NULL;
    draft->calls = NULL;
    return status;
}

/// Definition i over the node's columns.
static lnt_status move_result(const lnt_window_draft *draft, int64_t i, const lnt_plan *node, lnt_bound **out,
                              lnt_error *err) {
    int64_t n = draft->n_input + node->n_windows;
    int64_t *map = lnt_alloc_array(n, sizeof *map, err);
    if (!map) return LNT_NOMEM;
    for (int64_t c = 0; c < n; c++) map[c] = c < draft->n_input ? c : c + draft->n_hidden;
    lnt_status status = lnt__bound_move(draft->results[i], map, NULL, n, node->schema, out, err);
    lnt_free(map);
    return status;
}

/// The input's columns and the definitions, each in the place of the column whose name it has or at the end.
static lnt_status project_results(const lnt_window_draft *draft, lnt_plan *node, lnt_plan **out, lnt_error *err) {
    lnt_fields fields;
    lnt_bound **exprs = NULL;
    int64_t room = draft->n_input + draft->n;
    lnt_status status = fields_init(&fields, draft->in->schema, draft->n, err);
    if (status == LNT_OK && !(exprs = lnt_alloc_array(room, sizeof *exprs, err))) status = LNT_NOMEM;
    for (int64_t i = 0; status == LNT_OK && i < draft->n_input; i++)
        status = lnt_bound_column(node->schema, i, &exprs[i], err);
    for (int64_t i = 0; status == LNT_OK && i < draft->n; i++) {
        int64_t at = 0;
        while (at < fields.n && strcmp(fields.names[at], draft->names[i]) != 0) at++;
        if (at == fields.n) fields.n++;
        fields.names[at] = draft->names[i];
        lnt_bound_unref(exprs[at]);
        exprs[at] = NULL;
        status = move_result(draft, i, node, &exprs[at], err);
        if (status == LNT_OK) fields.types[at] = lnt_bound_type(exprs[at]);
    }
    if (status == LNT_OK) status = lnt__plan_project(node, fields.names, fields.types, exprs, fields.n, out, err);
    for (int64_t i = 0; exprs && i < room; i++) lnt_bound_unref(exprs[i]);
    lnt_free(exprs);
    fields_clear(&fields);
    return status;
}

lnt_status lnt_plan_window(const lnt_plan *in, const char *const *by, int64_t n_by, const char *const *order,
                           int64_t n_order, const char *const *definitions, int64_t n, const lnt_params *params,
                           lnt_plan **out, lnt_error *err) {
    lnt_window_draft draft = {.in = in,
                              .params = params,
                              .n_input = lnt_schema_n_columns(in->schema),
                              .n_keys = n_by,
                              .n_order = n_order,
                              .n = n};
    lnt_plan *below = NULL, *node = NULL;
    lnt_status status = draft_fill(&draft, by, order, definitions, err);
    if (status == LNT_OK) status = project_hidden(&draft, &below, err);
    if (status == LNT_OK) status = lnt__plan_new(LNT_PLAN_WINDOW, &below, 1, &node, err);
    if (status == LNT_OK) status = fill_node(&draft, node, err);
    if (status == LNT_OK) status = project_results(&draft, node, out, err);
    lnt_plan_unref(node);
    lnt_plan_unref(below);
    draft_clear(&draft);
    return status;
}
