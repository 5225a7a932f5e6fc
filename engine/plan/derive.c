/// @file derive.c
/// derive: all columns and new ones. Definitions that don't see each other share one projection; one that uses an
/// earlier definition begins another projection on top.
#include <string.h>

#include "plan/plan.h"

/// The projection in the making over `input`: column i is `exprs[i]`, for a column that was not defined again NULL.
/// Column i < n_input of the draft and of the input are in the same place, so that an expression over untouched columns
/// means the same in both.
typedef struct lnt_derive_draft {
    lnt_plan *input; ///< owned
    int64_t n_input, n, capacity;
    char **names; ///< owned texts
    lnt_type *types;
    lnt_bound **exprs;
} lnt_derive_draft;

static void draft_empty(lnt_derive_draft *draft) {
    for (int64_t i = 0; i < draft->n; i++) {
        lnt_free(draft->names[i]);
        lnt_bound_unref(draft->exprs[i]);
    }
    draft->n = 0;
}

static void draft_clear(lnt_derive_draft *draft) {
    draft_empty(draft);
    lnt_free(draft->names);
    lnt_free(draft->types);
    lnt_free(draft->exprs);
    lnt_plan_unref(draft->input);
}

/// Makes room for one more column than `n`.
static lnt_status draft_reserve(lnt_derive_draft *draft, int64_t n, lnt_error *err) {
    if (n < draft->capacity) return LNT_OK;
    int64_t capacity = n + 8;
    void *names = lnt_realloc(draft->names, capacity * (int64_t)sizeof(char *), err);
    if (!names) return LNT_NOMEM;
    draft->names = names;
    void *types = lnt_realloc(draft->types, capacity * (int64_t)sizeof(lnt_type), err);
    if (!types) return LNT_NOMEM;
    draft->types = types;
    void *exprs = lnt_realloc(draft->exprs, capacity * (int64_t)sizeof(lnt_bound *), err);
    if (!exprs) return LNT_NOMEM;
    draft->exprs = exprs;
    draft->capacity = capacity;
    return LNT_OK;
}

/// Starts over: all columns of `input` (whose reference is taken over), none defined.
static lnt_status draft_start(lnt_derive_draft *draft, lnt_plan *input, lnt_error *err) {
    draft_empty(draft);
    lnt_plan_unref(draft->input);
    draft->input = input;
    draft->n_input = lnt_schema_n_columns(input->schema);
    LNT_TRY(draft_reserve(draft, draft->n_input, err));
    for (int64_t i = 0; i < draft->n_input; i++) {
        draft->names[i] = lnt_strdup(lnt_schema_name(input->schema, i), -1, err);
        if (!draft->names[i]) return LNT_NOMEM;
        draft->types[i] = lnt_schema_type(input->schema, i);
        draft->exprs[i] = NULL;
        draft->n = i + 1;
    }
    return LNT_OK;
}

/// The projection that the draft stands for.
static lnt_status draft_project(lnt_derive_draft *draft, lnt_plan **out, lnt_error *err) {
    for (int64_t i = 0; i < draft->n; i++)
        if (!draft->exprs[i]) LNT_TRY(lnt_bound_column(draft->input->schema, i, &draft->exprs[i], err));
    return lnt__plan_project(draft->input, (const char *const *)draft->names, draft->types, draft->exprs, draft->n, out,
                             err);
}

/// Whether `bound`, over the draft's columns, reads one that the draft itself defines.
static lnt_status reads_fresh(const lnt_derive_draft *draft, const lnt_bound *bound, bool *fresh, lnt_error *err) {
    bool *used = lnt_alloc_array(draft->n, sizeof *used, err);
    if (!used) return LNT_NOMEM;
    lnt_bound_columns(bound, used);
    *fresh = false;
    for (int64_t i = 0; i < draft->n; i++) *fresh = *fresh || (used[i] && draft->exprs[i]);
    lnt_free(used);
    return LNT_OK;
}

/// Puts `bound` (taken over) under `name` in its place, or at the end.
static lnt_status draft_define(lnt_derive_draft *draft, const char *name, lnt_bound *bound, lnt_error *err) {
    int64_t at = 0;
    while (at < draft->n && strcmp(draft->names[at], name) != 0) at++;
    if (at == draft->n) {
        lnt_status status = draft_reserve(draft, at, err);
        char *copy = status == LNT_OK ? lnt_strdup(name, -1, err) : NULL;
        if (!copy) {
            lnt_bound_unref(bound);
            return LNT_NOMEM;
        }
        draft->names[at] = copy;
        draft->exprs[at] = NULL;
        draft->n = at + 1;
    }
    lnt_bound_unref(draft->exprs[at]);
    draft->exprs[at] = bound;
    draft->types[at] = lnt_bound_type(bound);
    return LNT_OK;
}

/// Binds a definition to the draft's columns; puts a projection under it first if it reads what the draft defines.
static lnt_status bind_to_draft(lnt_derive_draft *draft, const lnt_definition *definition, const char *text,
                                const lnt_params *params, lnt_bound **out, lnt_error *err) {
    lnt_schema *schema = NULL;
    LNT_TRY(lnt_schema_new((const char *const *)draft->names, draft->types, draft->n, &schema, err));
    lnt_bound *bound = NULL;
    lnt_status status = lnt__definition_bind(definition, text, schema, params, &bound, err);
    lnt_schema_unref(schema);
    if (status != LNT_OK) return status;
    bool fresh = false;
    status = lnt__check_column_type(bound, text, definition->name, err);
    if (status == LNT_OK) status = reads_fresh(draft, bound, &fresh, err);
    if (status == LNT_OK && fresh) {
        lnt_plan *below = NULL;
        status = draft_project(draft, &below, err);
        if (status == LNT_OK) status = draft_start(draft, below, err);
    }
    if (status != LNT_OK) {
        lnt_bound_unref(bound);
        return status;
    }
    *out = bound;
    return LNT_OK;
}

static lnt_status draft_add(lnt_derive_draft *draft, const char *text, const lnt_params *params, lnt_error *err) {
    lnt_definition definition;
    lnt_schema *none = NULL; // a column's bare name defines nothing, so no text is taken for one
    LNT_TRY(lnt_schema_new(NULL, NULL, 0, &none, err));
    lnt_status status = lnt__definition_read(text, none, "a column of derive", &definition, err);
    lnt_schema_unref(none);
    if (status != LNT_OK) return status;
    lnt_bound *bound = NULL;
    if (!definition.named) {
        status = lnt_error_set(err, LNT_SYNTAX, "derive makes columns: write \"name = expression\", not \"%s\"", text);
        lnt_error_span(err, text, -1, 0, (int64_t)strlen(text));
    }
    if (status == LNT_OK) status = bind_to_draft(draft, &definition, text, params, &bound, err);
    if (status == LNT_OK) status = draft_define(draft, definition.name, bound, err);
    lnt__definition_clear(&definition);
    return status;
}

lnt_status lnt_plan_derive(const lnt_plan *in, const char *const *definitions, int64_t n, const lnt_params *params,
                           lnt_plan **out, lnt_error *err) {
    lnt_derive_draft draft = {0};
    lnt_status status = draft_start(&draft, lnt_plan_ref(in), err);
    for (int64_t i = 0; status == LNT_OK && i < n; i++) status = draft_add(&draft, definitions[i], params, err);
    if (status == LNT_OK) status = draft_project(&draft, out, err);
    draft_clear(&draft);
    return status;
}
