/// @file functions_null.c
/// Nulls and choices: is_null, not_null, coalesce, if_else, null_if.
///
/// coalesce and if_else evaluate each argument only for the rows that take it.
#include <string.h>

#include "expr/evaluator.h"

static lnt_status validity_into(const lnt_run *run, bool wanted) {
    uint8_t *out = run->out;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        out[row] = lnt_vec_is_valid(&run->args[0], row) == wanted;
    }
    return LNT_OK;
}

static lnt_status is_null(const lnt_run *run, lnt_error *err) {
    (void)err;
    return validity_into(run, false);
}

static lnt_status not_null(const lnt_run *run, lnt_error *err) {
    (void)err;
    return validity_into(run, true);
}

/// A result that is put together from the arguments' rows.
typedef struct choice {
    lnt_type type;
    uint8_t *data;
    uint64_t *valid;
} choice;

static lnt_status choice_begin(lnt_evaluator *evaluator, lnt_type type, int64_t n_rows, choice *out, lnt_error *err) {
    out->type = type;
    out->data = lnt_eval_room(&evaluator->arena, type, n_rows, err);
    out->valid = out->data ? lnt_eval_bits(&evaluator->arena, n_rows, true, err) : NULL;
    return out->valid ? LNT_OK : LNT_NOMEM;
}

/// Copies the rows of `rows` from `vec`.
static void choice_take(choice *to, const lnt_vec *vec, const lnt_rows *rows) {
    int64_t bytes = lnt_vec_value_bytes(to->type);
    const uint8_t *from = vec->data;
    for (int64_t k = 0; k < rows->n; k++) {
        int64_t row = rows->sel ? rows->sel[k] : k;
        if (!lnt_vec_is_valid(vec, row)) {
            lnt_bitmap_unset(to->valid, row);
        } else if (to->type == LNT_STRING) {
            ((lnt_str *)(void *)to->data)[row] = lnt_vec_str(vec, row);
        } else {
            int64_t index = vec->form == LNT_FORM_CONSTANT ? 0 : row;
            if (bytes == 8)
                memcpy(to->data + row * 8, from + index * 8, 8);
            else
                memcpy(to->data + row * bytes, from + index * bytes, (size_t)bytes);
        }
    }
}

static lnt_vec choice_end(const choice *made) {
    return (lnt_vec){.type = made->type, .form = LNT_FORM_FLAT, .data = made->data, .valid = made->valid};
}

/// Narrows `rows` to those for which `vec` is null.
static lnt_status keep_null(lnt_evaluator *evaluator, const lnt_vec *vec, lnt_rows *rows, lnt_error *err) {
    uint32_t *sel = lnt_eval_sel(&evaluator->arena, rows->n, err);
    int64_t n = 0;
    if (!sel) return LNT_NOMEM;
    for (int64_t k = 0; k < rows->n; k++) {
        uint32_t row = rows->sel ? rows->sel[k] : (uint32_t)k;
        sel[n] = row;
        n += !lnt_vec_is_valid(vec, row);
    }
    rows->sel = sel;
    rows->n = n;
    return LNT_OK;
}

static lnt_status eval_coalesce(lnt_evaluator *evaluator, const lnt_typed *call, const lnt_rows *rows, lnt_vec *out,
                                lnt_error *err) {
    choice made;
    lnt_rows left = *rows;
    lnt_vec vec;
    LNT_TRY(lnt_eval_node(evaluator, call->args[0], rows, out, err));
    if (!out->valid) return LNT_OK;
    LNT_TRY(choice_begin(evaluator, call->type, rows->n_rows, &made, err));
    choice_take(&made, out, rows);
    vec = *out;
    for (int64_t a = 1; a < call->n_used; a++) {
        LNT_TRY(keep_null(evaluator, &vec, &left, err));
        if (left.n == 0) break;
        LNT_TRY(lnt_eval_node(evaluator, call->args[a], &left, &vec, err));
        for (int64_t k = 0; k < left.n; k++) lnt_bitmap_set(made.valid, left.sel[k]);
        choice_take(&made, &vec, &left);
    }
    *out = choice_end(&made);
    return LNT_OK;
}

/// Splits `rows` by the truth of `vec`; null counts as false.
static lnt_status split(lnt_evaluator *evaluator, const lnt_vec *vec, const lnt_rows *rows, lnt_rows *yes, lnt_rows *no,
                        lnt_error *err) {
    uint32_t *sel = lnt_eval_sel(&evaluator->arena, rows->n, err);
    uint32_t *others = sel ? lnt_eval_sel(&evaluator->arena, rows->n, err) : NULL;
    if (!others) return LNT_NOMEM;
    *yes = (lnt_rows){rows->n_rows, sel, 0, rows->first_row};
    *no = (lnt_rows){rows->n_rows, others, 0, rows->first_row};
    for (int64_t k = 0; k < rows->n; k++) {
        uint32_t row = rows->sel ? rows->sel[k] : (uint32_t)k;
        bool truth =
            lnt_vec_is_valid(vec, row) && ((const uint8_t *)vec->data)[vec->form == LNT_FORM_CONSTANT ? 0 : row];
        if (truth)
            sel[yes->n++] = row;
        else
            others[no->n++] = row;
    }
    return LNT_OK;
}

static lnt_status eval_if_else(lnt_evaluator *evaluator, const lnt_typed *call, const lnt_rows *rows, lnt_vec *out,
                               lnt_error *err) {
    choice made;
    lnt_rows yes, no;
    lnt_vec vec;
    LNT_TRY(lnt_eval_node(evaluator, call->args[0], rows, &vec, err));
    LNT_TRY(split(evaluator, &vec, rows, &yes, &no, err));
    if (no.n == 0) return lnt_eval_node(evaluator, call->args[1], rows, out, err);
    if (yes.n == 0) return lnt_eval_node(evaluator, call->args[2], rows, out, err);
    LNT_TRY(choice_begin(evaluator, call->type, rows->n_rows, &made, err));
    LNT_TRY(lnt_eval_node(evaluator, call->args[1], &yes, &vec, err));
    choice_take(&made, &vec, &yes);
    LNT_TRY(lnt_eval_node(evaluator, call->args[2], &no, &vec, err));
    choice_take(&made, &vec, &no);
    *out = choice_end(&made);
    return LNT_OK;
}

/// Whether two values of one type are the same; null is the same as nothing.
static bool same_value(const lnt_vec *a, const lnt_vec *b, int64_t row) {
    if (!lnt_vec_is_valid(a, row) || !lnt_vec_is_valid(b, row)) return false;
    lnt_value x = lnt_vec_get(a, row), y = lnt_vec_get(b, row);
    switch (x.type) {
    case LNT_BOOL:
        return x.as.b == y.as.b;
    case LNT_FLOAT:
        return x.as.f == y.as.f || (x.as.f != x.as.f && y.as.f != y.as.f);
    case LNT_STRING:
        return lnt_str_equal(x.as.s, y.as.s);
    case LNT_IP:
        return lnt_ip_compare(x.as.ip, y.as.ip) == 0;
    case LNT_NULL:
    case LNT_INT:
    case LNT_TIME:
        break;
    }
    return x.as.i == y.as.i;
}

static lnt_status null_if(const lnt_run *run, lnt_error *err) {
    choice made = {run->call->type, run->out, run->valid};
    lnt_rows rows = {run->n_rows, run->sel, run->n, run->first_row};
    (void)err;
    choice_take(&made, &run->args[0], &rows);
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        if (same_value(&run->args[0], &run->args[1], row)) lnt_bitmap_unset(run->valid, row);
    }
    return LNT_OK;
}

static const lnt_overload of_is_null[] = {{"a:b", LNT_SEES_NULLS | LNT_ANY_FORM, is_null, NULL}};
static const lnt_overload of_not_null[] = {{"a:b", LNT_SEES_NULLS | LNT_ANY_FORM, not_null, NULL}};
static const lnt_overload of_coalesce[] = {{"AA+:A", 0, NULL, eval_coalesce}};
static const lnt_overload of_if_else[] = {{"bAA:A", 0, NULL, eval_if_else}};
static const lnt_overload of_null_if[] = {{"AA:A", LNT_SEES_NULLS | LNT_MAKES_NULLS | LNT_ANY_FORM, null_if, NULL}};

static const lnt_function functions[] = {
    {{"is_null", "is_null(x: any) -> bool", "Whether the value is null; never null itself.", "null"},
     of_is_null,
     1,
     NULL,
     NULL},
    {{"not_null", "not_null(x: any) -> bool", "Whether the value isn't null; never null itself.", "null"},
     of_not_null,
     1,
     NULL,
     NULL},
    {{"coalesce", "coalesce(x: any, y: same, …) -> same",
      "The first argument that isn't null; later ones are evaluated only where needed.", "null"},
     of_coalesce,
     1,
     NULL,
     NULL},
    {{"if_else", "if_else(condition: bool, a: any, b: same) -> same",
      "`a` where the condition is true, `b` where it is false or null; each is evaluated only for its rows.", "null"},
     of_if_else,
     1,
     NULL,
     NULL},
    {{"null_if", "null_if(x: any, y: same) -> same", "Null where x equals y, else x.", "null"},
     of_null_if,
     1,
     NULL,
     NULL},
};
const lnt_function_table lnt_null_functions = {functions, sizeof functions / sizeof *functions};
