/// @file bound_text.c
/// The canonical text of a bound expression: its tree as a plain expression, which format.c writes.
#include "expr/binder.h"

static lnt_expr *plain_of(lnt_arena *arena, const lnt_typed *node, lnt_error *err) {
    if (node->implicit) return plain_of(arena, node->args[0], err);
    lnt_expr *plain = lnt_arena_alloc(arena, sizeof *plain, err);
    if (!plain) return NULL;
    *plain = (lnt_expr){.kind = LNT_EXPR_LITERAL, .value = node->value};
    if (node->kind == LNT_TYPED_COLUMN) {
        plain->kind = LNT_EXPR_COLUMN;
        plain->name = node->name;
    }
    if (node->kind != LNT_TYPED_CALL) return plain;
    plain->kind = LNT_EXPR_CALL;
    plain->name = lnt_str_from(node->function->info.name);
    plain->n_args = node->n_args;
    plain->args = lnt_arena_alloc(arena, node->n_args * (int64_t)sizeof *plain->args, err);
    if (!plain->args) return NULL;
    for (int64_t i = 0; i < node->n_args; i++)
        if (!(plain->args[i] = plain_of(arena, node->args[i], err))) return NULL;
    return plain;
}

/// Writes bound->text, into its arena.
lnt_status lnt_bound_write_text(lnt_bound *bound, lnt_error *err) {
    lnt_arena scratch;
    lnt_arena_init(&scratch, NULL, "expression");
    lnt_expr *plain = plain_of(&scratch, bound->root, err);
    lnt_status status = plain ? LNT_OK : LNT_NOMEM;
    if (plain) {
        size_t size = lnt_expr_format(plain, NULL, 0);
        char *text = lnt_arena_alloc(&bound->arena, (int64_t)size + 1, err);
        if (text) lnt_expr_format(plain, text, size + 1);
        if (!text) status = LNT_NOMEM;
        bound->text = (lnt_str){text, (int64_t)size};
    }
    lnt_arena_clear(&scratch);
    return status;
}
