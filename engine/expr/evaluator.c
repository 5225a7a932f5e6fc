/// @file evaluator.c
/// Evaluates bound expressions a batch at a time.
///
/// Workload: batches of a few thousand rows, the same expression thousands of times, mostly columns without nulls.
/// For each call the evaluator computes the arguments' vectors, then takes the cheapest way that fits: all constant →
/// one row; one dictionary and constants → once per distinct value (dictionary_cache.c); else the kernel over the rows
/// that are selected and not null. Numeric kernels that can't fail run over all rows when most are selected, which
/// lets them use vector instructions.
/// Invariant: everything that a vector points to lives in the evaluator's arena, the batch, the tree or a cache.
#include "expr/evaluator.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/engine.h"
#include "expr/binder.h"

// ---- vectors ----

lnt_vec lnt_vec_constant(const lnt_value *value, lnt_type type) {
    return value->is_null ? lnt_vec_null(type) : (lnt_vec){.type = type, .form = LNT_FORM_CONSTANT, .data = &value->as};
}

lnt_vec lnt_vec_null(lnt_type type) {
    static const uint64_t zeros[2] = {0, 0};
    return (lnt_vec){.type = type, .form = LNT_FORM_CONSTANT, .data = zeros, .valid = zeros};
}

void *lnt_eval_room(lnt_arena *arena, lnt_type type, int64_t n_rows, lnt_error *err) {
    return lnt_arena_alloc(arena, n_rows * lnt_vec_value_bytes(type), err);
}

uint64_t *lnt_eval_bits(lnt_arena *arena, int64_t n_rows, bool value, lnt_error *err) {
    int64_t size = lnt_bitmap_words(n_rows) * (int64_t)sizeof(uint64_t);
    uint64_t *bits = lnt_arena_alloc(arena, size, err);
    if (bits) memset(bits, value ? 0xff : 0, (size_t)size);
    return bits;
}

uint32_t *lnt_eval_sel(lnt_arena *arena, int64_t n, lnt_error *err) {
    return lnt_arena_alloc(arena, n * (int64_t)sizeof(uint32_t), err);
}

lnt_status lnt_run_fail(const lnt_run *run, int64_t row, lnt_status code, lnt_error *err, const char *format, ...) {
    char message[sizeof err->message];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    if (run->first_row < 0) return lnt_error_set(err, code, "%s", message);
    return lnt_error_set(err, code, "row %lld: %s", (long long)(run->first_row + row + 1), message);
}

// ---- nulls ----

/// The rows that are valid in every argument: `*valid` NULL when that is all of them.
static lnt_status combine_validity(lnt_arena *arena, const lnt_vec *args, int64_t n_args, int64_t n_rows,
                                   const uint64_t **valid, lnt_error *err) {
    uint64_t *own = NULL;
    *valid = NULL;
    for (int64_t a = 0; a < n_args; a++) {
        if (!args[a].valid || args[a].form == LNT_FORM_CONSTANT) continue;
        if (!*valid) {
            *valid = args[a].valid;
            continue;
        }
        int64_t words = lnt_bitmap_words(n_rows);
        if (!own) {
            own = lnt_eval_bits(arena, n_rows, true, err);
            if (!own) return LNT_NOMEM;
            memcpy(own, *valid, (size_t)words * sizeof *own);
            *valid = own;
        }
        for (int64_t w = 0; w < words; w++) own[w] &= args[a].valid[w];
    }
    return LNT_OK;
}

/// The rows of `rows` that are valid.
static lnt_status select_valid(lnt_arena *arena, const lnt_rows *rows, const uint64_t *valid, lnt_rows *out,
                               lnt_error *err) {
    *out = *rows;
    if (!valid) return LNT_OK;
    uint32_t *sel = lnt_eval_sel(arena, rows->n, err);
    if (!sel) return LNT_NOMEM;
    int64_t n = 0;
    for (int64_t k = 0; k < rows->n; k++) {
        uint32_t row = rows->sel ? rows->sel[k] : (uint32_t)k;
        sel[n] = row;
        n += lnt_bitmap_get(valid, row);
    }
    out->n = n;
    if (n < rows->n) out->sel = sel;
    return LNT_OK;
}

// ---- calls ----

static bool any_constant_null(const lnt_vec *args, int64_t n) {
    for (int64_t a = 0; a < n; a++)
        if (args[a].form == LNT_FORM_CONSTANT && args[a].valid && !lnt_bitmap_get(args[a].valid, 0)) return true;
    return false;
}

/// Gives a dictionary vector a string per row.
static lnt_status flatten(lnt_arena *arena, lnt_vec *vec, const lnt_rows *rows, lnt_error *err) {
    lnt_str *flat = lnt_eval_room(arena, LNT_STRING, rows->n_rows, err);
    if (!flat) return LNT_NOMEM;
    for (int64_t k = 0; k < rows->n; k++) {
        int64_t row = rows->sel ? rows->sel[k] : k;
        flat[row] = lnt_vec_is_valid(vec, row) ? lnt_vec_str(vec, row) : (lnt_str){"", 0};
    }
    vec->form = LNT_FORM_FLAT;
    vec->data = flat;
    vec->dictionary = NULL;
    return LNT_OK;
}

static lnt_status flatten_all(lnt_arena *arena, const lnt_typed *call, const lnt_vec **args, const lnt_rows *rows,
                              lnt_error *err) {
    lnt_vec *copy = NULL;
    for (int64_t a = 0; a < call->n_used; a++) {
        if ((*args)[a].form != LNT_FORM_DICTIONARY) continue;
        if (!copy) {
            copy = lnt_arena_alloc(arena, call->n_used * (int64_t)sizeof *copy, err);
            if (!copy) return LNT_NOMEM;
            memcpy(copy, *args, (size_t)call->n_used * sizeof *copy);
            *args = copy;
        }
        LNT_TRY(flatten(arena, &copy[a], rows, err));
    }
    return LNT_OK;
}

/// The kernel's own bitmap begins as what the arguments allow.
static lnt_status prepare_nulls(lnt_arena *arena, const lnt_rows *rows, const uint64_t *valid, lnt_run *run,
                                lnt_error *err) {
    run->valid = lnt_eval_bits(arena, rows->n_rows, true, err);
    if (!run->valid) return LNT_NOMEM;
    if (valid) memcpy(run->valid, valid, (size_t)lnt_bitmap_words(rows->n_rows) * sizeof *valid);
    return LNT_OK;
}

lnt_status lnt_eval_strict(lnt_arena *arena, const lnt_typed *call, const lnt_vec *args, const lnt_rows *rows,
                           lnt_vec *out, lnt_error *err) {
    unsigned flags = call->overload->flags;
    const uint64_t *valid = NULL;
    lnt_rows there = *rows;
    if (!(flags & LNT_SEES_NULLS)) {
        if (any_constant_null(args, call->n_used)) {
            *out = lnt_vec_null(call->type);
            return LNT_OK;
        }
        LNT_TRY(combine_validity(arena, args, call->n_used, rows->n_rows, &valid, err));
    }
    bool everywhere = flags & LNT_TOTAL && rows->n * 4 >= rows->n_rows;
    if (everywhere)
        there = (lnt_rows){rows->n_rows, NULL, rows->n_rows, rows->first_row};
    else
        LNT_TRY(select_valid(arena, rows, valid, &there, err));
    if (!(flags & LNT_ANY_FORM)) LNT_TRY(flatten_all(arena, call, &args, &there, err));
    lnt_run run = {.call = call,
                   .args = args,
                   .n_rows = rows->n_rows,
                   .sel = there.sel,
                   .n = there.n,
                   .first_row = rows->first_row,
                   .arena = arena};
    run.out = lnt_eval_room(arena, call->type, rows->n_rows, err);
    if (!run.out) return LNT_NOMEM;
    if (flags & LNT_MAKES_NULLS) LNT_TRY(prepare_nulls(arena, rows, valid, &run, err));
    LNT_TRY(call->overload->kernel(&run, err));
    *out =
        (lnt_vec){.type = call->type, .form = LNT_FORM_FLAT, .data = run.out, .valid = run.valid ? run.valid : valid};
    return LNT_OK;
}

/// Finds the one argument that isn't constant, if it is a dictionary; else -1, or -2 when all are constant.
static int64_t dictionary_argument(const lnt_vec *args, int64_t n) {
    int64_t found = -2;
    for (int64_t a = 0; a < n; a++) {
        if (args[a].form == LNT_FORM_CONSTANT) continue;
        if (found != -2 || args[a].form != LNT_FORM_DICTIONARY) return -1;
        found = a;
    }
    return found;
}

static lnt_status eval_vectors(lnt_evaluator *evaluator, const lnt_typed *call, const lnt_vec *args,
                               const lnt_rows *rows, lnt_vec *out, lnt_error *err) {
    int64_t argument = dictionary_argument(args, call->n_used);
    if (argument == -2) {
        lnt_rows one = {.n_rows = 1, .n = 1, .first_row = rows->first_row};
        if (rows->sel && rows->first_row >= 0) one.first_row += rows->sel[0];
        LNT_TRY(lnt_eval_strict(&evaluator->arena, call, args, &one, out, err));
        out->form = LNT_FORM_CONSTANT;
        return LNT_OK;
    }
    bool done = false;
    if (argument >= 0 && evaluator->caches && !(call->overload->flags & LNT_ANY_FORM))
        LNT_TRY(lnt_dictionary_eval(evaluator->engine, &evaluator->caches[call->id], call, args, argument, rows,
                                    &evaluator->arena, out, &done, err));
    return done ? LNT_OK : lnt_eval_strict(&evaluator->arena, call, args, rows, out, err);
}

static lnt_status eval_call(lnt_evaluator *evaluator, const lnt_typed *call, const lnt_rows *rows, lnt_vec *out,
                            lnt_error *err) {
    if (call->overload->lazy) return call->overload->lazy(evaluator, call, rows, out, err);
    lnt_vec *args = lnt_arena_alloc(&evaluator->arena, call->n_used * (int64_t)sizeof *args, err);
    if (!args) return LNT_NOMEM;
    for (int64_t a = 0; a < call->n_used; a++) LNT_TRY(lnt_eval_node(evaluator, call->args[a], rows, &args[a], err));
    lnt_status status = eval_vectors(evaluator, call, args, rows, out, err);
    if (status != LNT_OK && status != LNT_NOMEM) lnt_typed_span(call, err);
    return status;
}

lnt_status lnt_eval_node(lnt_evaluator *evaluator, const lnt_typed *node, const lnt_rows *rows, lnt_vec *out,
                         lnt_error *err) {
    if (rows->n == 0) {
        *out = lnt_vec_null(node->type);
        return LNT_OK;
    }
    switch (node->kind) {
    case LNT_TYPED_CONSTANT:
        *out = lnt_vec_constant(&node->value, node->type);
        return LNT_OK;
    case LNT_TYPED_COLUMN:
        *out = evaluator->columns[node->column];
        return LNT_OK;
    case LNT_TYPED_CALL:
        break;
    }
    return eval_call(evaluator, node, rows, out, err);
}

// ---- public ----

lnt_status lnt_evaluator_new(lnt_engine *engine, const lnt_bound *bound, lnt_evaluator **out, lnt_error *err) {
    lnt_evaluator *evaluator = lnt_alloc(sizeof *evaluator, err);
    *out = NULL;
    if (!evaluator) return LNT_NOMEM;
    *evaluator = (lnt_evaluator){.engine = engine};
    lnt_arena_init(&evaluator->arena, engine ? lnt_engine_budget(engine) : NULL, "expression");
    evaluator->caches = lnt_alloc_array(bound->n_nodes, sizeof *evaluator->caches, err);
    if (!evaluator->caches) {
        lnt_free(evaluator);
        return LNT_NOMEM;
    }
    evaluator->bound = lnt_bound_ref(bound);
    *out = evaluator;
    return LNT_OK;
}

void lnt_evaluator_free(lnt_evaluator *evaluator) {
    if (!evaluator) return;
    for (int64_t i = 0; i < evaluator->bound->n_nodes; i++) lnt_dictionary_cache_free(evaluator->caches[i]);
    lnt_free(evaluator->caches);
    lnt_arena_clear(&evaluator->arena);
    lnt_bound_unref(evaluator->bound);
    lnt_free(evaluator);
}

lnt_status lnt_evaluate(lnt_evaluator *evaluator, const lnt_batch *batch, lnt_vec *out, lnt_error *err) {
    lnt_rows rows = {batch->n_rows, batch->sel, batch->sel ? batch->n_sel : batch->n_rows, batch->first_row};
    lnt_arena_reset(&evaluator->arena);
    evaluator->columns = batch->columns;
    return lnt_eval_node(evaluator, evaluator->bound->root, &rows, out, err);
}
