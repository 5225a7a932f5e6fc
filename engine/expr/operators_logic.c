/// @file operators_logic.c
/// `and`, `or`, `not` in three-valued logic: null is "unknown", so `null and false` is false and `null or true` true.
/// The right side is evaluated only for the rows that the left one doesn't decide.
#include "expr/evaluator.h"

/// Copies truth and validity of a row.
static void set_truth(uint8_t *truth, uint64_t *valid, int64_t row, bool is_valid, bool value) {
    truth[row] = is_valid && value;
    if (is_valid)
        lnt_bitmap_set(valid, row);
    else
        lnt_bitmap_unset(valid, row);
}

static bool truth_at(const lnt_vec *vec, int64_t row) {
    return ((const uint8_t *)vec->data)[vec->form == LNT_FORM_CONSTANT ? 0 : row] != 0;
}

/// Joins the two sides on the rows that the left one leaves open. `deciding` is false for `and`, true for `or`.
static void join(const lnt_vec *left, const lnt_vec *right, const lnt_rows *open, bool deciding, uint8_t *truth,
                 uint64_t *valid) {
    for (int64_t k = 0; k < open->n; k++) {
        int64_t row = open->sel[k];
        bool right_valid = lnt_vec_is_valid(right, row), decided = right_valid && truth_at(right, row) == deciding;
        bool known = decided || (right_valid && lnt_vec_is_valid(left, row));
        set_truth(truth, valid, row, known, decided ? deciding : !deciding);
    }
}

static lnt_status eval_logic(lnt_evaluator *evaluator, const lnt_typed *call, const lnt_rows *rows, bool deciding,
                             lnt_vec *out, lnt_error *err) {
    lnt_vec left, right;
    LNT_TRY(lnt_eval_node(evaluator, call->args[0], rows, &left, err));
    uint8_t *truth = lnt_eval_room(&evaluator->arena, LNT_BOOL, rows->n_rows, err);
    uint64_t *valid = truth ? lnt_eval_bits(&evaluator->arena, rows->n_rows, true, err) : NULL;
    uint32_t *sel = valid ? lnt_eval_sel(&evaluator->arena, rows->n, err) : NULL;
    if (!sel) return LNT_NOMEM;
    int64_t n_open = 0;
    for (int64_t k = 0; k < rows->n; k++) {
        int64_t row = rows->sel ? rows->sel[k] : k;
        bool decided = lnt_vec_is_valid(&left, row) && truth_at(&left, row) == deciding;
        truth[row] = deciding;
        sel[n_open] = (uint32_t)row;
        n_open += !decided;
    }
    lnt_rows open = {rows->n_rows, sel, n_open, rows->first_row};
    LNT_TRY(lnt_eval_node(evaluator, call->args[1], &open, &right, err));
    join(&left, &right, &open, deciding, truth, valid);
    *out = (lnt_vec){.type = LNT_BOOL, .form = LNT_FORM_FLAT, .data = truth, .valid = valid};
    return LNT_OK;
}

static lnt_status eval_and(lnt_evaluator *evaluator, const lnt_typed *call, const lnt_rows *rows, lnt_vec *out,
                           lnt_error *err) {
    return eval_logic(evaluator, call, rows, false, out, err);
}

static lnt_status eval_or(lnt_evaluator *evaluator, const lnt_typed *call, const lnt_rows *rows, lnt_vec *out,
                          lnt_error *err) {
    return eval_logic(evaluator, call, rows, true, out, err);
}

static lnt_status not_bool(const lnt_run *run, lnt_error *err) {
    const uint8_t *in = run->args[0].data;
    uint8_t *out = run->out;
    (void)err;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        out[row] = !in[lnt_run_index(run, 0, row)];
    }
    return LNT_OK;
}

static const lnt_overload and_overloads[] = {{"bb:b", 0, NULL, eval_and}};
static const lnt_overload or_overloads[] = {{"bb:b", 0, NULL, eval_or}};
static const lnt_overload not_overloads[] = {{"b:b", LNT_TOTAL, not_bool, NULL}};
static const lnt_function logic[] = {
    {{.name = "and"}, and_overloads, 1, NULL, NULL},
    {{.name = "or"}, or_overloads, 1, NULL, NULL},
    {{.name = "not"}, not_overloads, 1, NULL, NULL},
};
const lnt_function_table lnt_logic_functions = {logic, sizeof logic / sizeof *logic};
