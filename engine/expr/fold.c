/// @file fold.c
/// Constant folding: a call of constants becomes a constant, unless it fails, so that a mistake stays an error of the
/// rows that meet it; `and`, `or`, `if_else` and `coalesce` drop what their constants decide.
#include <string.h>

#include "expr/binder.h"
#include "expr/evaluator.h"

static bool all_constant(const lnt_typed *call) {
    for (int64_t i = 0; i < call->n_args; i++)
        if (call->args[i]->kind != LNT_TYPED_CONSTANT) return false;
    return true;
}

/// Evaluates a call of constants; `*out` stays NULL if that fails for its values.
static lnt_status evaluate_constant(lnt_arena *arena, const lnt_typed *call, lnt_typed **out, lnt_error *err) {
    lnt_evaluator evaluator = {0};
    lnt_arena_init(&evaluator.arena, NULL, "expression");
    lnt_rows row = {.n_rows = 1, .n = 1, .first_row = -1};
    lnt_vec result;
    lnt_status status = lnt_eval_node(&evaluator, call, &row, &result, NULL);
    if (status == LNT_OK) {
        lnt_value value = {.type = call->type, .is_null = !lnt_vec_is_valid(&result, 0)};
        if (!value.is_null) value = lnt_vec_get(&result, 0);
        if (!value.is_null && value.type == LNT_STRING) {
            value.as.s = lnt_arena_copy(arena, value.as.s, err);
            if (!value.as.s.data) status = LNT_NOMEM;
        }
        if (status == LNT_OK && !(*out = lnt_typed_constant(arena, value, call, err))) status = LNT_NOMEM;
    } else if (status != LNT_NOMEM) {
        status = LNT_OK; // fails at run time, if a row gets there
    } else {
        lnt_error_set(err, LNT_NOMEM, "out of memory");
    }
    lnt_arena_clear(&evaluator.arena);
    return status;
}

static bool is_true(const lnt_typed *node) {
    return node->kind == LNT_TYPED_CONSTANT && !node->value.is_null && node->value.as.b;
}

static bool is_false(const lnt_typed *node) {
    return node->kind == LNT_TYPED_CONSTANT && !node->value.is_null && !node->value.as.b;
}

/// `and` (neutral true, deciding false) and `or` (the reverse).
static lnt_typed *simplify_logic(lnt_typed *call, bool is_and) {
    lnt_typed *left = call->args[0], *right = call->args[1];
    bool left_neutral = is_and ? is_true(left) : is_false(left);
    bool right_neutral = is_and ? is_true(right) : is_false(right);
    if (left_neutral) return right;
    if (right_neutral) return left;
    if (is_and ? is_false(left) : is_true(left)) return left;
    if ((is_and ? is_false(right) : is_true(right)) && !lnt_typed_can_fail(left)) return right;
    return call;
}

/// Drops leading nulls; a constant that isn't null ends the list.
static lnt_typed *simplify_coalesce(lnt_typed *call) {
    while (call->n_args > 1 && call->args[0]->kind == LNT_TYPED_CONSTANT && call->args[0]->value.is_null) {
        call->args++;
        call->n_args--;
        call->n_used--;
    }
    bool decided = call->args[0]->kind == LNT_TYPED_CONSTANT || call->n_args == 1;
    return decided ? call->args[0] : call;
}

lnt_status lnt_fold(lnt_arena *arena, lnt_typed **node, lnt_error *err) {
    lnt_typed *call = *node, *constant = NULL;
    if (call->kind != LNT_TYPED_CALL) return LNT_OK;
    if (all_constant(call)) LNT_TRY(evaluate_constant(arena, call, &constant, err));
    const char *name = call->function->info.name;
    if (constant)
        *node = constant;
    else if (call->n_args == 1 && !strcmp(call->function->info.category ? call->function->info.category : "", "cast") &&
             call->args[0]->type == call->type)
        *node = call->args[0]; // is of that type already
    else if (!strcmp(name, "and") || !strcmp(name, "or"))
        *node = simplify_logic(call, !strcmp(name, "and"));
    else if (!strcmp(name, "coalesce"))
        *node = simplify_coalesce(call);
    else if (!strcmp(name, "if_else") && call->args[0]->kind == LNT_TYPED_CONSTANT)
        *node = call->args[is_true(call->args[0]) ? 1 : 2];
    return LNT_OK;
}
