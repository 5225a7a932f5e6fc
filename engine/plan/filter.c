/// @file filter.c
/// filter: the rows for which a condition is true.
#include <string.h>

#include "plan/plan.h"

/// Binds the condition and checks that it is one.
static lnt_status bind_condition(const lnt_plan *in, const char *text, const lnt_params *params, lnt_bound **out,
                                 lnt_error *err) {
    lnt_expr *parsed = NULL;
    LNT_TRY(lnt_expr_parse(text, -1, &parsed, err));
    lnt_bound *bound = NULL;
    lnt_status status = lnt_expr_bind(parsed, lnt_str_from(text), in->schema, params, &bound, err);
    lnt_expr_free(parsed);
    if (status != LNT_OK) return status;
    lnt_type type = lnt_bound_type(bound);
    if (type != LNT_BOOL && type != LNT_NULL) {
        lnt_bound_unref(bound);
        lnt_error_set(err, LNT_TYPE, "filter needs a condition (bool), but this is %s", lnt_type_name(type));
        lnt_error_span(err, text, -1, 0, (int64_t)strlen(text));
        return LNT_TYPE;
    }
    *out = bound;
    return LNT_OK;
}

lnt_status lnt_plan_filter(const lnt_plan *in, const char *expr, const lnt_params *params, lnt_plan **out,
                           lnt_error *err) {
    lnt_bound *bound = NULL;
    LNT_TRY(bind_condition(in, expr, params, &bound, err));
    lnt_plan *input = (lnt_plan *)(uintptr_t)in, *plan = NULL;
    lnt_status status = lnt__plan_new(LNT_PLAN_FILTER, &input, 1, &plan, err);
    if (status == LNT_OK) {
        plan->schema = lnt_schema_ref(in->schema);
        status = lnt__plan_add_expr(plan, bound, err);
    }
    lnt_bound_unref(bound);
    if (status != LNT_OK) {
        lnt_plan_unref(plan);
        return status;
    }
    *out = plan;
    return LNT_OK;
}
