/// @file tree.h
/// Making trees of lnt_expr: nodes live in one arena that goes with the root.
#ifndef LNT_EXPR_TREE_H
#define LNT_EXPR_TREE_H

#include "base/buffer.h"
#include "lunette/expression.h"

/// The deepest tree that is accepted, so that walking one can't run out of stack.
enum { LNT_EXPR_MAX_DEPTH = 500 };

/// A node with its height, which only its makers know of.
typedef struct lnt_expr_node {
    lnt_expr node;
    int depth;
} lnt_expr_node;

/// A finished tree: the root, and the arena that everything below it lives in.
typedef struct lnt_expr_tree {
    lnt_expr root; ///< first, so that the public pointer is the tree's
    lnt_arena arena;
} lnt_expr_tree;

/// A node without arguments over `[at, at + length)`; NULL with LNT_NOMEM.
lnt_expr *lnt_expr_leaf(lnt_arena *arena, lnt_expr_kind kind, int64_t at, int64_t length, lnt_error *err);
/// A call; copies the array `args`, borrows the name. NULL with LNT_NOMEM, or LNT_SYNTAX when it gets too deep.
lnt_expr *lnt_expr_call(lnt_arena *arena, lnt_str name, lnt_expr *const *args, int64_t n_args, int64_t at,
                        int64_t length, lnt_error *err);
/// Gives an aggregate's call its condition.
LNT_MUST_USE lnt_status lnt_expr_set_where(lnt_expr *call, lnt_expr *where, lnt_error *err);
/// Moves root and arena into a tree of their own; `arena` is empty afterwards, also on failure.
LNT_MUST_USE lnt_status lnt_expr_finish(lnt_arena *arena, const lnt_expr *root, lnt_expr **out, lnt_error *err);

#endif
