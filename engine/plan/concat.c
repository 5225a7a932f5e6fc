/// @file concat.c
/// concat: rows of several plans under one another. Inputs are projected to one schema first, so that the node itself
/// only strings rows together.
#include <string.h>

#include "plan/plan.h"

/// The columns of all inputs, in order of first appearance.
typedef struct lnt_concat_draft {
    const char **names; ///< borrowed from the inputs' schemas
    lnt_type *types;
    int64_t n;
    lnt_plan **inputs; ///< owned: projected
    int64_t n_inputs;
} lnt_concat_draft;

static void draft_clear(lnt_concat_draft *draft) {
    for (int64_t i = 0; draft->inputs && i < draft->n_inputs; i++) lnt_plan_unref(draft->inputs[i]);
    lnt_free(draft->inputs);
    lnt_free(draft->types);
    lnt_free(draft->names);
}

static lnt_status add_column(lnt_concat_draft *draft, const char *name, lnt_type type, lnt_error *err) {
    int64_t at = 0;
    while (at < draft->n && strcmp(draft->names[at], name) != 0) at++;
    if (at == draft->n) {
        draft->names[at] = name;
        draft->types[at] = type;
        draft->n++;
        return LNT_OK;
    }
    lnt_type known = draft->types[at];
    if (known == type) return LNT_OK;
    if ((known != LNT_INT && known != LNT_FLOAT) || (type != LNT_INT && type != LNT_FLOAT))
        return lnt_error_set(err, LNT_TYPE, "can't concat: column '%s' is %s in one input and %s in another; make it text in each, "
                             "derive \"%s = string(%s)\"",
                             name, lnt_type_name(known), lnt_type_name(type), name, name);
    draft->types[at] = LNT_FLOAT;
    return LNT_OK;
}

/// Names and types over all inputs.
static lnt_status collect_columns(lnt_concat_draft *draft, const lnt_plan *const *plans, lnt_error *err) {
    int64_t room = 0;
    for (int64_t i = 0; i < draft->n_inputs; i++) room += lnt_schema_n_columns(plans[i]->schema);
    draft->names = lnt_alloc_array(room, sizeof *draft->names, err);
    draft->types = lnt_alloc_array(room, sizeof *draft->types, err);
    draft->inputs = lnt_alloc_array(draft->n_inputs, sizeof *draft->inputs, err);
    if (!draft->names || !draft->types || !draft->inputs) return LNT_NOMEM;
    for (int64_t i = 0; i < draft->n_inputs; i++)
        for (int64_t c = 0; c < lnt_schema_n_columns(plans[i]->schema); c++)
            LNT_TRY(add_column(draft, lnt_schema_name(plans[i]->schema, c), lnt_schema_type(plans[i]->schema, c), err));
    return LNT_OK;
}

/// `null`, for columns that an input doesn't have.
static lnt_status bind_null(const lnt_schema *schema, lnt_bound **out, lnt_error *err) {
    lnt_expr *parsed = NULL;
    LNT_TRY(lnt_expr_parse("null", -1, &parsed, err));
    lnt_status status = lnt_expr_bind(parsed, lnt_str_from("null"), schema, NULL, out, err);
    lnt_expr_free(parsed);
    return status;
}

static bool has_schema(const lnt_concat_draft *draft, const lnt_schema *schema) {
    if (lnt_schema_n_columns(schema) != draft->n) return false;
    for (int64_t i = 0; i < draft->n; i++)
        if (lnt_schema_type(schema, i) != draft->types[i] || strcmp(lnt_schema_name(schema, i), draft->names[i]) != 0)
            return false;
    return true;
}

/// The input with all columns, in the common order and types.
static lnt_status project_input(const lnt_concat_draft *draft, const lnt_plan *in, lnt_plan **out, lnt_error *err) {
    if (has_schema(draft, in->schema)) {
        *out = lnt_plan_ref(in);
        return LNT_OK;
    }
    lnt_bound **exprs = lnt_alloc_array(draft->n, sizeof *exprs, err);
    if (!exprs) return LNT_NOMEM;
    lnt_status status = LNT_OK;
    for (int64_t i = 0; status == LNT_OK && i < draft->n; i++) {
        int64_t column = lnt_schema_find(in->schema, draft->names[i], -1);
        status =
            column < 0 ? bind_null(in->schema, &exprs[i], err) : lnt_bound_column(in->schema, column, &exprs[i], err);
    }
    if (status == LNT_OK)
        status = lnt__plan_project((lnt_plan *)(uintptr_t)in, draft->names, draft->types, exprs, draft->n, out, err);
    for (int64_t i = 0; i < draft->n; i++) lnt_bound_unref(exprs[i]);
    lnt_free(exprs);
    return status;
}

lnt_status lnt_plan_concat(const lnt_plan *const *plans, int64_t n, lnt_plan **out, lnt_error *err) {
    if (n < 1) return lnt_error_set(err, LNT_ARGUMENT, "concat needs at least one input");
    lnt_concat_draft draft = {.n_inputs = n};
    lnt_plan *plan = NULL;
    lnt_status status = collect_columns(&draft, plans, err);
    for (int64_t i = 0; status == LNT_OK && i < n; i++) status = project_input(&draft, plans[i], &draft.inputs[i], err);
    if (status == LNT_OK) status = lnt__plan_new(LNT_PLAN_CONCAT, draft.inputs, n, &plan, err);
    if (status == LNT_OK) status = lnt_schema_new(draft.names, draft.types, draft.n, &plan->schema, err);
    draft_clear(&draft);
    if (status != LNT_OK) {
        lnt_plan_unref(plan);
        return status;
    }
    *out = plan;
    return LNT_OK;
}
