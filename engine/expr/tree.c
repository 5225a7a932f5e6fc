/// @file tree.c
/// The nodes of parsed expressions. All of a tree is freed at once; its depth is limited where nodes are made, so that
/// every walk over it may recurse.
#include "expr/tree.h"

#include <string.h>

static int depth_of(const lnt_expr *expr) {
    return ((const lnt_expr_node *)expr)->depth;
}

lnt_expr *lnt_expr_leaf(lnt_arena *arena, lnt_expr_kind kind, int64_t at, int64_t length, lnt_error *err) {
    lnt_expr_node *made = lnt_arena_alloc(arena, sizeof *made, err);
    if (!made) return NULL;
    *made = (lnt_expr_node){.node = {.kind = kind, .at = at, .length = length}, .depth = 1};
    return &made->node;
}

static lnt_status check_depth(int depth, lnt_error *err) {
    if (depth <= LNT_EXPR_MAX_DEPTH) return LNT_OK;
    return lnt_error_set(
        err, LNT_SYNTAX,
        "an expression deeper than %d steps: split it, or write a long chain of 'or' as x in (a, b, …)",
        LNT_EXPR_MAX_DEPTH);
}

lnt_expr *lnt_expr_call(lnt_arena *arena, lnt_str name, lnt_expr *const *args, int64_t n_args, int64_t at,
                        int64_t length, lnt_error *err) {
    lnt_expr *call = lnt_expr_leaf(arena, LNT_EXPR_CALL, at, length, err);
    if (!call) return NULL;
    call->name = name;
    call->n_args = n_args;
    if (n_args == 0) return call;
    call->args = lnt_arena_alloc(arena, n_args * (int64_t)sizeof *args, err);
    if (!call->args) return NULL;
    memcpy(call->args, args, (size_t)n_args * sizeof *args);
    int deepest = 0;
    for (int64_t i = 0; i < n_args; i++)
        if (depth_of(args[i]) > deepest) deepest = depth_of(args[i]);
    ((lnt_expr_node *)call)->depth = deepest + 1;
    return check_depth(deepest + 1, err) == LNT_OK ? call : NULL;
}

lnt_status lnt_expr_set_where(lnt_expr *call, lnt_expr *where, lnt_error *err) {
    lnt_expr_node *node = (lnt_expr_node *)call;
    call->where = where;
    if (node->depth <= depth_of(where)) node->depth = depth_of(where) + 1;
    return check_depth(node->depth, err);
}

lnt_status lnt_expr_finish(lnt_arena *arena, const lnt_expr *root, lnt_expr **out, lnt_error *err) {
    lnt_expr_tree *tree = lnt_alloc(sizeof *tree, err);
    if (!tree) {
        lnt_arena_clear(arena);
        return LNT_NOMEM;
    }
    tree->root = *root;
    tree->arena = *arena;
    lnt_arena_init(arena, NULL, "expression");
    *out = &tree->root;
    return LNT_OK;
}

void lnt_expr_free(lnt_expr *expr) {
    if (!expr) return;
    lnt_expr_tree *tree = (lnt_expr_tree *)expr;
    lnt_arena_clear(&tree->arena);
    lnt_free(tree);
}
