/// @file bound.c
/// The life of bound expressions, and the making of their nodes.
#include "expr/binder.h"

#include <string.h>

/// The deepest tree that rewriting may make; parsed ones are never deeper than LNT_EXPR_MAX_DEPTH.
enum { MAX_BOUND_DEPTH = 2000 };

lnt_status lnt_bound_begin(lnt_bound **out, lnt_error *err) {
    lnt_bound *bound = lnt_alloc(sizeof *bound, err);
    *out = bound;
    if (!bound) return LNT_NOMEM;
    memset(bound, 0, sizeof *bound);
    bound->refs = 1;
    lnt_arena_init(&bound->arena, NULL, "expression");
    return LNT_OK;
}

lnt_bound *lnt_bound_ref(const lnt_bound *bound) {
    lnt_bound *shared = (lnt_bound *)bound;
    atomic_fetch_add_explicit(&shared->refs, 1, memory_order_relaxed);
    return shared;
}

void lnt_bound_unref(lnt_bound *bound) {
    if (!bound || atomic_fetch_sub_explicit(&bound->refs, 1, memory_order_acq_rel) != 1) return;
    for (lnt_resource *kept = bound->resources; kept; kept = kept->next) kept->release(kept->what);
    lnt_arena_clear(&bound->arena);
    lnt_free(bound);
}

lnt_status lnt_bound_keep(lnt_bound *bound, void (*release)(void *), void *what, lnt_error *err) {
    lnt_resource *kept = lnt_arena_alloc(&bound->arena, sizeof *kept, err);
    if (!kept) {
        release(what);
        return LNT_NOMEM;
    }
    *kept = (lnt_resource){bound->resources, release, what};
    bound->resources = kept;
    return LNT_OK;
}

static void release_bound(void *what) {
    lnt_bound_unref(what);
}

lnt_status lnt_bound_keep_bound(lnt_bound *bound, const lnt_bound *other, lnt_error *err) {
    for (const lnt_resource *kept = bound->resources; kept; kept = kept->next)
        if (kept->what == other) return LNT_OK;
    return lnt_bound_keep(bound, release_bound, lnt_bound_ref(other), err);
}

/// Gives the nodes their numbers; returns the tree's depth, or a large number once it is too deep.
static int number_nodes(lnt_typed *node, int64_t *n, int depth) {
    node->id = (*n)++;
    int deepest = depth;
    for (int64_t i = 0; i < node->n_args && deepest <= MAX_BOUND_DEPTH; i++) {
        int below = number_nodes(node->args[i], n, depth + 1);
        if (below > deepest) deepest = below;
    }
    return deepest;
}

lnt_status lnt_bound_finish(lnt_bound *bound, lnt_typed *root, lnt_bound **out, lnt_error *err) {
    bound->root = root;
    lnt_status status = LNT_OK;
    if (number_nodes(root, &bound->n_nodes, 1) > MAX_BOUND_DEPTH)
        status = lnt_error_set(err, LNT_LIMIT, "an expression deeper than %d steps", MAX_BOUND_DEPTH);
    if (status == LNT_OK) status = lnt_bound_write_text(bound, err);
    if (status != LNT_OK) {
        lnt_bound_unref(bound);
        return status;
    }
    bound->can_fail = lnt_typed_can_fail(root);
    *out = bound;
    return LNT_OK;
}

const lnt_typed *lnt_bound_root(const lnt_bound *bound) {
    return bound->root;
}
lnt_type lnt_bound_type(const lnt_bound *bound) {
    return bound->root->type;
}
lnt_str lnt_bound_text(const lnt_bound *bound) {
    return bound->text;
}
int64_t lnt_bound_n_nodes(const lnt_bound *bound) {
    return bound->n_nodes;
}
bool lnt_bound_can_fail(const lnt_bound *bound) {
    return bound->can_fail;
}

// ---- nodes ----

lnt_typed *lnt_typed_new(lnt_arena *arena, lnt_typed_kind kind, lnt_str source, int64_t at, int64_t length,
                         lnt_error *err) {
    lnt_typed *node = lnt_arena_alloc(arena, sizeof *node, err);
    if (!node) return NULL;
    memset(node, 0, sizeof *node);
    node->kind = kind;
    node->source = source;
    node->at = at;
    node->length = length;
    return node;
}

lnt_typed *lnt_typed_constant(lnt_arena *arena, lnt_value value, const lnt_typed *like, lnt_error *err) {
    lnt_typed *node = lnt_typed_new(arena, LNT_TYPED_CONSTANT, like->source, like->at, like->length, err);
    if (!node) return NULL;
    node->type = value.type;
    node->value = value;
    if (value.is_null) memset(&node->value.as, 0, sizeof node->value.as);
    return node;
}

lnt_typed *lnt_typed_column(lnt_arena *arena, const lnt_schema *schema, int64_t column, lnt_str source, int64_t at,
                            int64_t length, lnt_error *err) {
    lnt_typed *node = lnt_typed_new(arena, LNT_TYPED_COLUMN, source, at, length, err);
    if (!node) return NULL;
    node->type = lnt_schema_type(schema, column);
    node->column = column;
    node->name = lnt_arena_copy(arena, lnt_str_from(lnt_schema_name(schema, column)), err);
    return node->name.data ? node : NULL;
}

void lnt_typed_span(const lnt_typed *node, lnt_error *err) {
    lnt_error_span(err, node->source.data, node->source.size, node->at, node->length);
}

bool lnt_typed_can_fail(const lnt_typed *node) {
    if (node->kind == LNT_TYPED_CALL && node->overload->flags & LNT_CAN_FAIL) return true;
    for (int64_t i = 0; i < node->n_args; i++)
        if (lnt_typed_can_fail(node->args[i])) return true;
    return false;
}
