/// @file project.c
/// select, drop, rename: which columns, in which order, under which names. And the node that they and derive share.
#include <string.h>

#include "plan/plan.h"

lnt_status lnt__plan_project(lnt_plan *in, const char *const *names, const lnt_type *types, lnt_bound *const *exprs,
                             int64_t n, lnt_plan **out, lnt_error *err) {
    lnt_plan *plan = NULL;
    LNT_TRY(lnt__plan_new(LNT_PLAN_PROJECT, &in, 1, &plan, err));
    lnt_status status = lnt_schema_new(names, types, n, &plan->schema, err);
    if (status == LNT_OK) status = lnt__plan_reserve_exprs(plan, n, err);
    if (status != LNT_OK) {
        lnt_plan_unref(plan);
        return status;
    }
    for (int64_t i = 0; i < n; i++) plan->exprs[i] = lnt_bound_ref(exprs[i]);
    *out = plan;
    return LNT_OK;
}

/// PROJECT of plain columns, where column i gets the name names[i].
static lnt_status pick_as(lnt_plan *in, const int64_t *columns, const char *const *names, int64_t n, lnt_plan **out,
                          lnt_error *err) {
    lnt_type *types = lnt_alloc_array(n, sizeof *types, err);
    lnt_bound **exprs = types ? lnt_alloc_array(n, sizeof *exprs, err) : NULL;
    lnt_status status = exprs ? LNT_OK : LNT_NOMEM;
    for (int64_t i = 0; status == LNT_OK && i < n; i++) {
        types[i] = lnt_schema_type(in->schema, columns[i]);
        status = lnt_bound_column(in->schema, columns[i], &exprs[i], err);
    }
    if (status == LNT_OK) status = lnt__plan_project(in, names, types, exprs, n, out, err);
    for (int64_t i = 0; exprs && i < n; i++) lnt_bound_unref(exprs[i]);
    lnt_free(exprs);
    lnt_free(types);
    return status;
}

lnt_status lnt__plan_pick(lnt_plan *in, const int64_t *columns, int64_t n, lnt_plan **out, lnt_error *err) {
    const char **names = lnt_alloc_array(n, sizeof *names, err);
    if (!names) return LNT_NOMEM;
    for (int64_t i = 0; i < n; i++) names[i] = lnt_schema_name(in->schema, columns[i]);
    lnt_status status = pick_as(in, columns, names, n, out, err);
    lnt_free(names);
    return status;
}

/// The columns of a select in the making.
typedef struct lnt_selection_draft {
    lnt_definition *items;
    const char **names;
    lnt_type *types;
    lnt_bound **exprs;
    int64_t n;
} lnt_selection_draft;

static void draft_clear(lnt_selection_draft *draft) {
    for (int64_t i = 0; draft->items && i < draft->n; i++) lnt__definition_clear(&draft->items[i]);
    for (int64_t i = 0; draft->exprs && i < draft->n; i++) lnt_bound_unref(draft->exprs[i]);
    lnt_free(draft->items);
    lnt_free(draft->names);
    lnt_free(draft->types);
    lnt_free(draft->exprs);
}

static lnt_status draft_init(lnt_selection_draft *draft, int64_t n, lnt_error *err) {
    *draft = (lnt_selection_draft){.n = n};
    draft->items = lnt_alloc_array(n, sizeof *draft->items, err);
    draft->names = lnt_alloc_array(n, sizeof *draft->names, err);
    draft->types = lnt_alloc_array(n, sizeof *draft->types, err);
    draft->exprs = lnt_alloc_array(n, sizeof *draft->exprs, err);
    return draft->items && draft->names && draft->types && draft->exprs ? LNT_OK : LNT_NOMEM;
}

static lnt_status draft_item(lnt_selection_draft *draft, int64_t i, const char *text, const lnt_schema *schema,
                             const lnt_params *params, lnt_error *err) {
    LNT_TRY(lnt__definition_read(text, schema, "a column of select", &draft->items[i], err));
    LNT_TRY(lnt__definition_bind(&draft->items[i], text, schema, params, &draft->exprs[i], err));
    LNT_TRY(lnt__check_column_type(draft->exprs[i], text, draft->items[i].name, err));
    draft->names[i] = draft->items[i].name;
    draft->types[i] = lnt_bound_type(draft->exprs[i]);
    return LNT_OK;
}

lnt_status lnt_plan_select(const lnt_plan *in, const char *const *items, int64_t n, const lnt_params *params,
                           lnt_plan **out, lnt_error *err) {
    lnt_plan *input = (lnt_plan *)(uintptr_t)in;
    lnt_selection_draft draft;
    lnt_status status = draft_init(&draft, n, err);
    for (int64_t i = 0; status == LNT_OK && i < n; i++)
        status = draft_item(&draft, i, items[i], in->schema, params, err);
    if (status == LNT_OK) status = lnt__plan_project(input, draft.names, draft.types, draft.exprs, n, out, err);
    draft_clear(&draft);
    return status;
}

lnt_status lnt_plan_drop(const lnt_plan *in, const char *const *names, int64_t n, lnt_plan **out, lnt_error *err) {
    int64_t n_columns = lnt_schema_n_columns(in->schema), n_kept = 0;
    int64_t *dropped = NULL, *kept = lnt_alloc_array(n_columns, sizeof *kept, err);
    lnt_status status = kept ? lnt__schema_columns(in->schema, names, n, &dropped, err) : LNT_NOMEM;
    for (int64_t c = 0; status == LNT_OK && c < n_columns; c++) {
        bool keep = true;
        for (int64_t i = 0; i < n; i++) keep = keep && dropped[i] != c;
        if (keep) kept[n_kept++] = c;
    }
    if (status == LNT_OK) status = lnt__plan_pick((lnt_plan *)(uintptr_t)in, kept, n_kept, out, err);
    lnt_free(dropped);
    lnt_free(kept);
    return status;
}

lnt_status lnt_plan_rename(const lnt_plan *in, const char *const *from, const char *const *to, int64_t n,
                           lnt_plan **out, lnt_error *err) {
    int64_t n_columns = lnt_schema_n_columns(in->schema);
    int64_t *renamed = NULL, *all = lnt_alloc_array(n_columns, sizeof *all, err);
    const char **names = all ? lnt_alloc_array(n_columns, sizeof *names, err) : NULL;
    lnt_status status = names ? lnt__schema_columns(in->schema, from, n, &renamed, err) : LNT_NOMEM;
    if (status == LNT_OK) {
        for (int64_t c = 0; c < n_columns; c++) {
            all[c] = c;
            names[c] = lnt_schema_name(in->schema, c);
        }
        for (int64_t i = 0; i < n; i++) names[renamed[i]] = to[i];
        status = pick_as((lnt_plan *)(uintptr_t)in, all, names, n_columns, out, err);
    }
    lnt_free(renamed);
    lnt_free(names);
    lnt_free(all);
    return status;
}
