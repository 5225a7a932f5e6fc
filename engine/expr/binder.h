/// @file binder.h
/// The making of a bound expression: shared by the binder, the functions' `prepare` and the tree's rewriters.
#ifndef LNT_EXPR_BINDER_H
#define LNT_EXPR_BINDER_H

#include "expr/function.h"

typedef struct lnt_resource {
    struct lnt_resource *next;
    void (*release)(void *what);
    void *what;
} lnt_resource;

/// Invariant: everything that the tree points to is in `arena`, static, or kept by one of `resources`.
struct lnt_bound {
    _Atomic int64_t refs;
    lnt_arena arena;
    lnt_typed *root;
    lnt_str text;
    int64_t n_nodes;
    bool can_fail;
    lnt_resource *resources;
};

/// Decides what a call that the binder doesn't know becomes; how aggregates are found.
typedef struct lnt_bind_hook {
    /// `*out` stays NULL for calls that are none of its business.
    lnt_status (*call)(void *context, lnt_binder *binder, const lnt_expr *expr, lnt_typed **out, lnt_error *err);
    /// Column `column` of the schema was named; `*out` becomes its node.
    lnt_status (*column)(void *context, lnt_binder *binder, const lnt_expr *expr, int64_t column, lnt_typed **out,
                         lnt_error *err);
    void *context;
} lnt_bind_hook;

struct lnt_binder {
    lnt_bound *bound; ///< being made
    lnt_arena *arena; ///< its arena
    lnt_str source;   ///< in the arena
    const lnt_schema *schema;
    const lnt_params *params;  ///< may be NULL
    const lnt_bind_hook *hook; ///< may be NULL
};

/// A bound expression without a root, and a binder that fills it.
LNT_MUST_USE lnt_status lnt_bound_begin(lnt_bound **out, lnt_error *err);
/// Sets the root, numbers the nodes and writes the canonical text. Takes over `bound`, also when it fails.
LNT_MUST_USE lnt_status lnt_bound_finish(lnt_bound *bound, lnt_typed *root, lnt_bound **out, lnt_error *err);
/// Calls `release(what)` when the bound expression goes; at once if that can't be noted down.
LNT_MUST_USE lnt_status lnt_bound_keep(lnt_bound *bound, void (*release)(void *), void *what, lnt_error *err);
/// Keeps another bound expression alive, whose memory this one's tree borrows.
LNT_MUST_USE lnt_status lnt_bound_keep_bound(lnt_bound *bound, const lnt_bound *other, lnt_error *err);

/// A node of the tree over a span of the binder's source.
lnt_typed *lnt_typed_new(lnt_arena *arena, lnt_typed_kind kind, lnt_str source, int64_t at, int64_t length,
                         lnt_error *err);
lnt_typed *lnt_typed_constant(lnt_arena *arena, lnt_value value, const lnt_typed *like, lnt_error *err);
lnt_typed *lnt_typed_column(lnt_arena *arena, const lnt_schema *schema, int64_t column, lnt_str source, int64_t at,
                            int64_t length, lnt_error *err);

/// Binds a subtree.
LNT_MUST_USE lnt_status lnt_bind_node(lnt_binder *binder, const lnt_expr *expr, lnt_typed **out, lnt_error *err);

/// A call of `function` over bound arguments: picks the overload, converts, prepares and folds.
LNT_MUST_USE lnt_status lnt_bind_call(lnt_binder *binder, const lnt_function *function, lnt_typed **args,
                                      int64_t n_args, int64_t at, int64_t length, lnt_typed **out, lnt_error *err);

/// Picks the overload for the arguments and converts them in place; sets call->overload and call->type (overload.c).
LNT_MUST_USE lnt_status lnt_bind_overload(lnt_binder *binder, lnt_typed *call, lnt_error *err);
/// Makes the argument a value of `type`: literals are read, int becomes float. Fails with LNT_VALUE.
LNT_MUST_USE lnt_status lnt_bind_convert(lnt_binder *binder, lnt_typed **arg, lnt_type type, lnt_error *err);

/// Replaces a call by something simpler where its constants allow it: `*node` may change (fold.c).
LNT_MUST_USE lnt_status lnt_fold(lnt_arena *arena, lnt_typed **node, lnt_error *err);

/// Writes bound->text (bound_text.c).
LNT_MUST_USE lnt_status lnt_bound_write_text(lnt_bound *bound, lnt_error *err);

/// Adds the node's span to an error.
void lnt_typed_span(const lnt_typed *node, lnt_error *err);
/// Whether any node of the subtree can fail on some row.
bool lnt_typed_can_fail(const lnt_typed *node);

/// A constant string argument of a function, or LNT_TYPE naming the signature ("… must be a constant").
LNT_MUST_USE lnt_status lnt_bind_constant_text(const lnt_typed *call, int64_t arg, const char *what, lnt_str *out,
                                               lnt_error *err);

#endif
