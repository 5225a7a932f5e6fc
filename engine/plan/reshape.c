/// @file reshape.c
/// fill_null, sample and explode: the same columns with other values or rows.
#include <string.h>

#include "plan/plan.h"

// ---- fill_null ----

/// Binds coalesce(column, what the definition says) and puts it in the column's place.
static lnt_status fill_one(const lnt_plan *in, const char *text, const lnt_params *params, lnt_bound **exprs,
                           lnt_error *err) {
    lnt_expr *parsed = NULL;
    lnt_str name;
    LNT_TRY(lnt_expr_parse_definition(text, -1, &name, &parsed, err));
    lnt_status status = LNT_OK;
    char *column_name = NULL;
    int64_t column = -1;
    if (name.size == 0) {
        status = lnt_error_set(err, LNT_SYNTAX, "fill_null replaces nulls: write \"column = value\", not \"%s\"", text);
        lnt_error_span(err, text, -1, 0, (int64_t)strlen(text));
    }
    if (status == LNT_OK && !(column_name = lnt_strdup(name.data, name.size, err))) status = LNT_NOMEM;
    if (status == LNT_OK) status = lnt__schema_column(in->schema, column_name, &column, err);
    if (status == LNT_OK) {
        lnt_expr old = {.kind = LNT_EXPR_COLUMN, .at = parsed->at, .length = parsed->length, .name = name};
        lnt_expr *args[2] = {&old, parsed};
        lnt_expr call = {.kind = LNT_EXPR_CALL,
                         .at = parsed->at,
                         .length = parsed->length,
                         .name = {"coalesce", 8},
                         .args = args,
                         .n_args = 2};
        lnt_bound_unref(exprs[column]);
        exprs[column] = NULL;
        status = lnt_expr_bind(&call, lnt_str_from(text), in->schema, params, &exprs[column], err);
    }
    lnt_free(column_name);
    lnt_expr_free(parsed);
    return status;
}

lnt_status lnt_plan_fill_null(const lnt_plan *in, const char *const *definitions, int64_t n, const lnt_params *params,
                              lnt_plan **out, lnt_error *err) {
    int64_t n_columns = lnt_schema_n_columns(in->schema);
    const char **names = lnt_alloc_array(n_columns, sizeof *names, err);
    lnt_type *types = names ? lnt_alloc_array(n_columns, sizeof *types, err) : NULL;
    lnt_bound **exprs = types ? lnt_alloc_array(n_columns, sizeof *exprs, err) : NULL;
    lnt_status status = exprs ? LNT_OK : LNT_NOMEM;
    for (int64_t i = 0; status == LNT_OK && i < n_columns; i++) {
        names[i] = lnt_schema_name(in->schema, i);
        status = lnt_bound_column(in->schema, i, &exprs[i], err);
    }
    for (int64_t i = 0; status == LNT_OK && i < n; i++) status = fill_one(in, definitions[i], params, exprs, err);
    for (int64_t i = 0; status == LNT_OK && i < n_columns; i++) types[i] = lnt_bound_type(exprs[i]);
    if (status == LNT_OK)
        status = lnt__plan_project((lnt_plan *)(uintptr_t)in, names, types, exprs, n_columns, out, err);
    for (int64_t i = 0; exprs && i < n_columns; i++) lnt_bound_unref(exprs[i]);
    lnt_free(exprs);
    lnt_free(types);
    lnt_free(names);
    return status;
}

// ---- sample, explode ----

lnt_status lnt_plan_sample(const lnt_plan *in, int64_t n, int64_t seed, lnt_plan **out, lnt_error *err) {
    lnt_plan *input = (lnt_plan *)(uintptr_t)in;
    if (n < 0) return lnt_error_set(err, LNT_ARGUMENT, "sample takes a number of rows, 0 or more");
    LNT_TRY(lnt__plan_new(LNT_PLAN_SAMPLE, &input, 1, out, err));
    (*out)->schema = lnt_schema_ref(in->schema);
    (*out)->count = n;
    (*out)->offset = seed;
    return LNT_OK;
}

static lnt_status fill_explode(lnt_plan *plan, const lnt_plan *in, const char *column, const char *separator,
                               lnt_error *err) {
    plan->schema = lnt_schema_ref(in->schema);
    LNT_TRY(lnt__schema_columns(in->schema, &column, 1, &plan->keys, err));
    plan->n_keys = 1;
    lnt_type type = lnt_schema_type(in->schema, plan->keys[0]);
    if (type != LNT_STRING)
        return lnt_error_set(err, LNT_TYPE, "explode splits a string, and '%s' is %s", column, lnt_type_name(type));
    if (separator[0] == 0) return lnt_error_set(err, LNT_ARGUMENT, "explode needs a separator that isn't empty");
    plan->text = lnt_strdup(separator, -1, err);
    return plan->text ? LNT_OK : LNT_NOMEM;
}

lnt_status lnt_plan_explode(const lnt_plan *in, const char *column, const char *separator, lnt_plan **out,
                            lnt_error *err) {
    lnt_plan *input = (lnt_plan *)(uintptr_t)in, *plan = NULL;
    LNT_TRY(lnt__plan_new(LNT_PLAN_EXPLODE, &input, 1, &plan, err));
    lnt_status status = fill_explode(plan, in, column, separator, err);
    if (status != LNT_OK) {
        lnt_plan_unref(plan);
        return status;
    }
    *out = plan;
    return LNT_OK;
}
