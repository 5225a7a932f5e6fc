/// @file rewrite.c
/// What the optimiser does with bound expressions: split, join, and move them to other schemas.
///
/// Nodes are copied into the new tree; what they point to (constants' bytes, prepared data) stays where it is, and the
/// new tree keeps the old one alive.
#include <string.h>

#include "expr/binder.h"

static void mark_columns(const lnt_typed *node, bool *used) {
    if (node->kind == LNT_TYPED_COLUMN) used[node->column] = true;
    for (int64_t i = 0; i < node->n_args; i++) mark_columns(node->args[i], used);
}

void lnt_bound_columns(const lnt_bound *bound, bool *used) {
    mark_columns(bound->root, used);
}

/// How a copy differs from its original.
typedef struct remapping {
    lnt_bound *to;
    const int64_t *map;              ///< NULL: columns stay as they are
    const lnt_bound *const *replace; ///< may be NULL
} remapping;

static lnt_status copy_node(const remapping *how, const lnt_typed *node, lnt_typed **out, lnt_error *err) {
    if (node->kind == LNT_TYPED_COLUMN && how->replace && how->replace[node->column]) {
        const lnt_bound *other = how->replace[node->column];
        LNT_TRY(lnt_bound_keep_bound(how->to, other, err));
        return copy_node(&(remapping){how->to, NULL, NULL}, other->root, out, err);
    }
    lnt_typed *copy = lnt_arena_alloc(&how->to->arena, sizeof *copy, err);
    if (!copy) return LNT_NOMEM;
    *copy = *node;
    *out = copy;
    if (copy->kind == LNT_TYPED_COLUMN && how->map) copy->column = how->map[node->column];
    if (copy->kind != LNT_TYPED_CALL) return LNT_OK;
    copy->args = lnt_arena_alloc(&how->to->arena, node->n_args * (int64_t)sizeof *copy->args, err);
    if (!copy->args) return LNT_NOMEM;
    for (int64_t i = 0; i < node->n_args; i++) LNT_TRY(copy_node(how, node->args[i], &copy->args[i], err));
    return lnt_fold(&how->to->arena, out, err);
}

/// Ends a tree whose making ended with `status`.
static lnt_status finish(lnt_bound *made, lnt_status status, lnt_typed *root, lnt_bound **out, lnt_error *err) {
    if (status == LNT_OK) return lnt_bound_finish(made, root, out, err);
    lnt_bound_unref(made);
    return status;
}

/// The subtree `from` of `bound` as an expression of its own.
static lnt_status copy_subtree(const lnt_bound *bound, const lnt_typed *from, const int64_t *map,
                               const lnt_bound *const *replace, lnt_bound **out, lnt_error *err) {
    lnt_bound *made;
    LNT_TRY(lnt_bound_begin(&made, err));
    lnt_typed *root = NULL;
    lnt_status status = lnt_bound_keep_bound(made, bound, err);
    if (status == LNT_OK) status = copy_node(&(remapping){made, map, replace}, from, &root, err);
    return finish(made, status, root, out, err);
}

lnt_status lnt_bound_remap(const lnt_bound *bound, const int64_t *map, const lnt_bound *const *replace, lnt_bound **out,
                           lnt_error *err) {
    *out = NULL;
    return copy_subtree(bound, bound->root, map, replace, out, err);
}

lnt_status lnt_bound_column(const lnt_schema *schema, int64_t column, lnt_bound **out, lnt_error *err) {
    lnt_bound *made;
    *out = NULL;
    LNT_TRY(lnt_bound_begin(&made, err));
    lnt_str name = lnt_arena_copy(&made->arena, lnt_str_from(lnt_schema_name(schema, column)), err);
    lnt_typed *root = name.data ? lnt_typed_column(&made->arena, schema, column, name, 0, name.size, err) : NULL;
    return finish(made, root ? LNT_OK : LNT_NOMEM, root, out, err);
}

static bool is_and(const lnt_typed *node) {
    return node->kind == LNT_TYPED_CALL && !strcmp(node->function->info.name, "and");
}

static int64_t count_conjuncts(const lnt_typed *node) {
    return is_and(node) ? count_conjuncts(node->args[0]) + count_conjuncts(node->args[1]) : 1;
}

static lnt_status add_conjuncts(const lnt_bound *bound, const lnt_typed *node, lnt_bound **parts, int64_t *n,
                                lnt_error *err) {
    if (!is_and(node)) {
        LNT_TRY(copy_subtree(bound, node, NULL, NULL, &parts[*n], err));
        ++*n;
        return LNT_OK;
    }
    LNT_TRY(add_conjuncts(bound, node->args[0], parts, n, err));
    return add_conjuncts(bound, node->args[1], parts, n, err);
}

lnt_status lnt_bound_conjuncts(const lnt_bound *bound, lnt_bound ***out, int64_t *n, lnt_error *err) {
    *out = NULL;
    *n = 0;
    lnt_bound **parts = lnt_alloc_array(count_conjuncts(bound->root), sizeof *parts, err);
    if (!parts) return LNT_NOMEM;
    int64_t done = 0;
    lnt_status status = add_conjuncts(bound, bound->root, parts, &done, err);
    if (status != LNT_OK) {
        while (done > 0) lnt_bound_unref(parts[--done]);
        lnt_free(parts);
        return status;
    }
    *out = parts;
    *n = done;
    return LNT_OK;
}

/// `*all` and then `part`, as one call over the span of `part`.
static lnt_status append_and(lnt_bound *made, const lnt_bound *part, lnt_typed **all, lnt_error *err) {
    lnt_typed *copy, *args[2];
    LNT_TRY(lnt_bound_keep_bound(made, part, err));
    LNT_TRY(copy_node(&(remapping){made, NULL, NULL}, part->root, &copy, err));
    if (!*all) {
        *all = copy;
        return LNT_OK;
    }
    args[0] = *all;
    args[1] = copy;
    lnt_binder binder = {.bound = made, .arena = &made->arena, .source = copy->source};
    return lnt_bind_call(&binder, lnt_function_find(lnt_str_from("and")), args, 2, copy->at, copy->length, all, err);
}

lnt_status lnt_bound_and(lnt_bound *const *parts, int64_t n, lnt_bound **out, lnt_error *err) {
    *out = NULL;
    if (n == 1) {
        *out = lnt_bound_ref(parts[0]);
        return LNT_OK;
    }
    lnt_bound *made;
    LNT_TRY(lnt_bound_begin(&made, err));
    lnt_typed *all = NULL;
    lnt_status status = LNT_OK;
    for (int64_t i = 0; i < n && status == LNT_OK; i++) status = append_and(made, parts[i], &all, err);
    return finish(made, status, all, out, err);
}
