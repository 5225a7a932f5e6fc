/// @file aggregate.c
/// group_by(…):agg(…): keys that are computed become columns first; what the definitions do with the aggregates'
/// results (`sum(a) / count()`) becomes a projection on top.
#include <stdio.h>
#include <string.h>

#include "plan/plan.h"

/// An aggregation in the making.
typedef struct lnt_aggregate_draft {
    lnt_plan *input; ///< owned: with computed keys
    int64_t *keys;   ///< columns of `input`
    int64_t n_keys;
    lnt_agg_call *calls;
    int64_t n_calls, calls_capacity;
    int64_t n;           ///< definitions
    char **names;        ///< of the definitions, owned
    lnt_bound **results; ///< over keys and calls
} lnt_aggregate_draft;

static void draft_clear(lnt_aggregate_draft *draft) {
    for (int64_t i = 0; i < draft->n_calls; i++) lnt__agg_call_clear(&draft->calls[i]);
    for (int64_t i = 0; draft->names && i < draft->n; i++) lnt_free(draft->names[i]);
    for (int64_t i = 0; draft->results && i < draft->n; i++) lnt_bound_unref(draft->results[i]);
    lnt_free(draft->keys);
    lnt_free(draft->calls);
    lnt_free(draft->names);
    lnt_free(draft->results);
    lnt_plan_unref(draft->input);
}

/// Puts a derive under the aggregation for the key `text`, which is a definition.
static lnt_status derive_key(lnt_aggregate_draft *draft, const char *text, const lnt_params *params, lnt_error *err) {
    lnt_plan *derived = NULL;
    LNT_TRY(lnt_plan_derive(draft->input, &text, 1, params, &derived, err));
    lnt_plan_unref(draft->input);
    draft->input = derived;
    return LNT_OK;
}

static lnt_status add_key(lnt_aggregate_draft *draft, int64_t i, const char *text, const lnt_params *params,
                          lnt_error *err) {
    lnt_definition definition;
    LNT_TRY(lnt__definition_read(text, draft->input->schema, "a key of group_by", &definition, err));
    lnt_status status = definition.named ? derive_key(draft, text, params, err) : LNT_OK;
    if (status == LNT_OK) status = lnt__schema_column(draft->input->schema, definition.name, &draft->keys[i], err);
    for (int64_t k = 0; status == LNT_OK && k < i; k++)
        if (draft->keys[k] == draft->keys[i])
            status = lnt_error_set(err, LNT_NAME, "column '%s' is a key twice", definition.name);
    lnt__definition_clear(&definition);
    return status;
}

static lnt_status add_definition(lnt_aggregate_draft *draft, int64_t i, const char *text, const lnt_params *params,
                                 lnt_error *err) {
    lnt_expr *parsed = NULL;
    lnt_str name;
    LNT_TRY(lnt_expr_parse_definition(text, -1, &name, &parsed, err));
    lnt_status status = LNT_OK;
    if (name.size == 0) {
        status = lnt_error_set(err, LNT_SYNTAX, "an aggregate needs a name: write \"name = %s\"", text);
        lnt_error_span(err, text, -1, 0, (int64_t)strlen(text));
    }
    if (status == LNT_OK) {
        draft->names[i] = lnt_strdup(name.data, name.size, err);
        status = draft->names[i] ? LNT_OK : LNT_NOMEM;
    }
    if (status == LNT_OK)
        status = lnt_expr_bind_aggregate(parsed, lnt_str_from(text), draft->input->schema, draft->keys, draft->n_keys,
                                         params, &draft->calls, &draft->n_calls, &draft->calls_capacity,
                                         &draft->results[i], err);
    if (status == LNT_OK) status = lnt__check_column_type(draft->results[i], text, draft->names[i], err);
    lnt_expr_free(parsed);
    return status;
}

/// The aggregate's schema. A call that a definition is nothing but has that definition's name, so that most plans need
/// no projection on top; other calls have names that no user's column has.
static lnt_status aggregate_schema(const lnt_aggregate_draft *draft, lnt_schema **out, lnt_error *err) {
    int64_t n = draft->n_keys + draft->n_calls;
    char(*made)[24] = lnt_alloc_array(n, sizeof *made, err);
    const char **names = made ? lnt_alloc_array(n, sizeof *names, err) : NULL;
    lnt_type *types = names ? lnt_alloc_array(n, sizeof *types, err) : NULL;
    lnt_status status = types ? LNT_OK : LNT_NOMEM;
    for (int64_t i = 0; status == LNT_OK && i < n; i++) {
        int64_t call = i - draft->n_keys;
        names[i] = call < 0 ? lnt_schema_name(draft->input->schema, draft->keys[i]) : made[i];
        types[i] = call < 0 ? lnt_schema_type(draft->input->schema, draft->keys[i]) : draft->calls[call].type;
        snprintf(made[i], sizeof made[i], "\x01%lld", (long long)call);
        for (int64_t d = 0; call >= 0 && d < draft->n; d++)
            if (names[i] == made[i] && lnt__bound_as_column(draft->results[d]) == i) names[i] = draft->names[d];
    }
    if (status == LNT_OK) status = lnt_schema_new(names, types, n, out, err);
    lnt_free(types);
    lnt_free(names);
    lnt_free(made);
    return status;
}

/// Hands the draft's keys and calls over to a node.
static lnt_status make_node(lnt_aggregate_draft *draft, lnt_plan **out, lnt_error *err) {
    lnt_plan *plan = NULL;
    LNT_TRY(lnt__plan_new(LNT_PLAN_AGGREGATE, &draft->input, 1, &plan, err));
    lnt_status status = aggregate_schema(draft, &plan->schema, err);
    if (status != LNT_OK) {
        lnt_plan_unref(plan);
        return status;
    }
    plan->keys = draft->keys;
    plan->n_keys = draft->n_keys;
    plan->calls = draft->calls;
    plan->n_calls = draft->n_calls;
    draft->keys = NULL;
    draft->calls = NULL;
    draft->n_calls = 0;
    *out = plan;
    return LNT_OK;
}

/// Whether the aggregate's columns are the keys and the definitions already.
static bool is_plain(const lnt_aggregate_draft *draft, const lnt_plan *node) {
    if (draft->n != node->n_calls) return false;
    for (int64_t i = 0; i < draft->n; i++)
        if (lnt__bound_as_column(draft->results[i]) != draft->n_keys + i) return false;
    return true;
}

/// Keys and definitions over the aggregate's columns.
static lnt_status project_results(const lnt_aggregate_draft *draft, lnt_plan *node, lnt_plan **out, lnt_error *err) {
    int64_t n = draft->n_keys + draft->n;
    const char **names = lnt_alloc_array(n, sizeof *names, err);
    lnt_type *types = names ? lnt_alloc_array(n, sizeof *types, err) : NULL;
    lnt_bound **exprs = types ? lnt_alloc_array(n, sizeof *exprs, err) : NULL;
    lnt_status status = exprs ? LNT_OK : LNT_NOMEM;
    for (int64_t i = 0; status == LNT_OK && i < n; i++) {
        bool key = i < draft->n_keys;
        names[i] = key ? lnt_schema_name(node->schema, i) : draft->names[i - draft->n_keys];
        if (key) status = lnt_bound_column(node->schema, i, &exprs[i], err);
        if (!key) exprs[i] = lnt_bound_ref(draft->results[i - draft->n_keys]);
        if (status == LNT_OK) types[i] = lnt_bound_type(exprs[i]);
    }
    if (status == LNT_OK) status = lnt__plan_project(node, names, types, exprs, n, out, err);
    for (int64_t i = 0; exprs && i < n; i++) lnt_bound_unref(exprs[i]);
    lnt_free(exprs);
    lnt_free(types);
    lnt_free(names);
    return status;
}

static lnt_status draft_fill(lnt_aggregate_draft *draft, const char *const *keys, const char *const *definitions,
                             const lnt_params *params, lnt_error *err) {
    draft->keys = lnt_alloc_array(draft->n_keys, sizeof *draft->keys, err);
    draft->names = lnt_alloc_array(draft->n, sizeof *draft->names, err);
    draft->results = lnt_alloc_array(draft->n, sizeof *draft->results, err);
    if (!draft->keys || !draft->names || !draft->results) return LNT_NOMEM;
    for (int64_t i = 0; i < draft->n_keys; i++) LNT_TRY(add_key(draft, i, keys[i], params, err));
    for (int64_t i = 0; i < draft->n; i++) LNT_TRY(add_definition(draft, i, definitions[i], params, err));
    return LNT_OK;
}

lnt_status lnt_plan_aggregate(const lnt_plan *in, const char *const *keys, int64_t n_keys,
                              const char *const *definitions, int64_t n, const lnt_params *params, lnt_plan **out,
                              lnt_error *err) {
    lnt_aggregate_draft draft = {.input = lnt_plan_ref(in), .n_keys = n_keys, .n = n};
    lnt_plan *node = NULL;
    lnt_status status = draft_fill(&draft, keys, definitions, params, err);
    if (status == LNT_OK) status = make_node(&draft, &node, err);
    if (status == LNT_OK && is_plain(&draft, node)) {
        *out = lnt_plan_ref(node);
    } else if (status == LNT_OK) {
        status = project_results(&draft, node, out, err);
    }
    lnt_plan_unref(node);
    draft_clear(&draft);
    return status;
}
