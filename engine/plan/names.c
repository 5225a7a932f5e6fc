/// @file names.c
/// Column names and definitions in the arguments of verbs: found or refused with the nearest name.
#include <string.h>

#include "plan/plan.h"

lnt_status lnt__schema_pick(const lnt_schema *from, const int64_t *columns, int64_t n, lnt_schema **out,
                            lnt_error *err) {
    const char **names = lnt_alloc_array(n, sizeof *names, err);
    lnt_type *types = names ? lnt_alloc_array(n, sizeof *types, err) : NULL;
    lnt_status status = types ? LNT_OK : LNT_NOMEM;
    for (int64_t i = 0; status == LNT_OK && i < n; i++) {
        names[i] = lnt_schema_name(from, columns[i]);
        types[i] = lnt_schema_type(from, columns[i]);
    }
    if (status == LNT_OK) status = lnt_schema_new(names, types, n, out, err);
    lnt_free(types);
    lnt_free(names);
    return status;
}

lnt_status lnt__schema_column(const lnt_schema *schema, const char *name, int64_t *out, lnt_error *err) {
    *out = lnt_schema_find(schema, name, -1);
    if (*out >= 0) return LNT_OK;
    const char *nearest = lnt_schema_nearest(schema, name, -1);
    if (nearest) return lnt_error_set(err, LNT_NAME, "no column '%s' (did you mean '%s'?)", name, nearest);
    return lnt_error_set(err, LNT_NAME, "no column '%s'", name);
}

lnt_status lnt__schema_columns(const lnt_schema *schema, const char *const *names, int64_t n, int64_t **out,
                               lnt_error *err) {
    *out = NULL;
    int64_t *columns = lnt_alloc_array(n, sizeof *columns, err);
    if (!columns) return LNT_NOMEM;
    lnt_status status = LNT_OK;
    for (int64_t i = 0; status == LNT_OK && i < n; i++) {
        status = lnt__schema_column(schema, names[i], &columns[i], err);
        for (int64_t k = 0; status == LNT_OK && k < i; k++)
            if (columns[k] == columns[i]) status = lnt_error_set(err, LNT_NAME, "column '%s' is named twice", names[i]);
    }
    if (status != LNT_OK) {
        lnt_free(columns);
        return status;
    }
    *out = columns;
    return LNT_OK;
}

void lnt__definition_clear(lnt_definition *definition) {
    lnt_free(definition->name);
    lnt_expr_free(definition->parsed);
    *definition = (lnt_definition){.column = -1};
}

/// Gives a definition without "name =" the name of the column that it is, or refuses it.
static lnt_status name_unnamed(const char *text, const char *unnamed_what, lnt_definition *out, lnt_str *name,
                               lnt_error *err) {
    if (out->parsed->kind == LNT_EXPR_COLUMN) {
        *name = out->parsed->name;
    } else if (unnamed_what) {
        lnt_error_set(err, LNT_SYNTAX, "%s needs a name: write \"name = %s\"", unnamed_what, text);
        lnt_error_span(err, text, -1, 0, 1);
        return LNT_SYNTAX;
    } else {
        *name = (lnt_str){"", 0};
    }
    return LNT_OK;
}

lnt_status lnt__definition_read(const char *text, const lnt_schema *schema, const char *unnamed_what,
                                lnt_definition *out, lnt_error *err) {
    *out = (lnt_definition){.column = lnt_schema_find(schema, text, -1)};
    lnt_str name = lnt_str_from(text);
    lnt_status status = LNT_OK;
    if (out->column < 0) {
        status = lnt_expr_parse_definition(text, -1, &name, &out->parsed, err);
        out->named = status == LNT_OK && name.size > 0;
        if (status == LNT_OK && !out->named) status = name_unnamed(text, unnamed_what, out, &name, err);
    }
    if (status == LNT_OK) {
        out->name = lnt_strdup(name.data, name.size, err);
        if (!out->name) status = LNT_NOMEM;
    }
    if (status != LNT_OK) lnt__definition_clear(out);
    return status;
}

lnt_status lnt__definition_bind(const lnt_definition *definition, const char *text, const lnt_schema *schema,
                                const lnt_params *params, lnt_bound **out, lnt_error *err) {
    if (definition->column >= 0) return lnt_bound_column(schema, definition->column, out, err);
    return lnt_expr_bind(definition->parsed, lnt_str_from(text), schema, params, out, err);
}

lnt_status lnt__check_column_type(const lnt_bound *bound, const char *text, const char *name, lnt_error *err) {
    if (lnt_bound_type(bound) != LNT_NULL) return LNT_OK;
    lnt_error_set(err, LNT_TYPE, "column '%s' would be null without a type (give it one, as in string(null))", name);
    lnt_error_span(err, text, -1, 0, (int64_t)strlen(text));
    return LNT_TYPE;
}
