/// @file filter.c
/// Bool expressions as filters: `and` narrows the selection from part to part, `or` joins two, and only what is left
/// is compared and selected.
#include <string.h>

#include "expr/binder.h"
#include "expr/evaluator.h"

static lnt_status filter_node(lnt_evaluator *evaluator, const lnt_typed *node, const lnt_rows *rows, uint32_t *sel,
                              int64_t *n, lnt_error *err);

/// The true ones among rows 0 … n-1 without nulls: eight at a time, because filters mostly leave few.
static int64_t select_dense(const uint8_t *truth, int64_t n_rows, uint32_t *sel) {
    int64_t n = 0, row = 0;
    for (; row + 8 <= n_rows; row += 8) {
        uint64_t eight;
        memcpy(&eight, truth + row, sizeof eight);
        if (eight == 0) continue;
        for (int64_t i = row; i < row + 8; i++) {
            sel[n] = (uint32_t)i;
            n += truth[i];
        }
    }
    for (; row < n_rows; row++) {
        sel[n] = (uint32_t)row;
        n += truth[row];
    }
    return n;
}

/// Writes the rows whose value is true; `sel` may be rows->sel, which is read ahead of what is written.
static int64_t select_true(const lnt_vec *vec, const lnt_rows *rows, uint32_t *sel) {
    const uint8_t *truth = vec->data;
    int64_t n = 0;
    if (vec->form == LNT_FORM_CONSTANT) {
        if (!lnt_vec_is_valid(vec, 0) || !truth[0]) return 0;
        for (int64_t k = 0; k < rows->n; k++) sel[k] = rows->sel ? rows->sel[k] : (uint32_t)k;
        return rows->n;
    }
    if (!rows->sel && !vec->valid) return select_dense(truth, rows->n, sel);
    for (int64_t k = 0; k < rows->n; k++) {
        uint32_t row = rows->sel ? rows->sel[k] : (uint32_t)k;
        sel[n] = row;
        n += truth[row] & lnt_bitmap_valid(vec->valid, row);
    }
    return n;
}

/// The rows of `rows` that aren't among the `n_taken` of `taken`, both ascending.
static int64_t select_others(const lnt_rows *rows, const uint32_t *taken, int64_t n_taken, uint32_t *out) {
    int64_t n = 0, t = 0;
    for (int64_t k = 0; k < rows->n; k++) {
        uint32_t row = rows->sel ? rows->sel[k] : (uint32_t)k;
        if (t < n_taken && taken[t] == row)
            t++;
        else
            out[n++] = row;
    }
    return n;
}

static int64_t merge(const uint32_t *a, int64_t n_a, const uint32_t *b, int64_t n_b, uint32_t *out) {
    int64_t i = 0, k = 0, n = 0;
    while (i < n_a || k < n_b) out[n++] = k == n_b || (i < n_a && a[i] < b[k]) ? a[i++] : b[k++];
    return n;
}

static lnt_status filter_or(lnt_evaluator *evaluator, const lnt_typed *node, const lnt_rows *rows, uint32_t *sel,
                            int64_t *n, lnt_error *err) {
    uint32_t *left = lnt_eval_sel(&evaluator->arena, rows->n, err);
    uint32_t *right = left ? lnt_eval_sel(&evaluator->arena, rows->n, err) : NULL;
    int64_t n_left, n_right;
    if (!right) return LNT_NOMEM;
    LNT_TRY(filter_node(evaluator, node->args[0], rows, left, &n_left, err));
    int64_t n_others = select_others(rows, left, n_left, right);
    lnt_rows others = {rows->n_rows, right, n_others, rows->first_row};
    LNT_TRY(filter_node(evaluator, node->args[1], &others, right, &n_right, err));
    *n = merge(left, n_left, right, n_right, sel);
    return LNT_OK;
}

static bool is_call(const lnt_typed *node, const char *name) {
    return node->kind == LNT_TYPED_CALL && !strcmp(node->function->info.name, name);
}

static lnt_status filter_node(lnt_evaluator *evaluator, const lnt_typed *node, const lnt_rows *rows, uint32_t *sel,
                              int64_t *n, lnt_error *err) {
    *n = 0;
    if (rows->n == 0) return LNT_OK;
    if (is_call(node, "and")) {
        LNT_TRY(filter_node(evaluator, node->args[0], rows, sel, n, err));
        lnt_rows left = {rows->n_rows, sel, *n, rows->first_row};
        return filter_node(evaluator, node->args[1], &left, sel, n, err);
    }
    if (is_call(node, "or")) return filter_or(evaluator, node, rows, sel, n, err);
    lnt_vec truth;
    LNT_TRY(lnt_eval_node(evaluator, node, rows, &truth, err));
    *n = select_true(&truth, rows, sel);
    return LNT_OK;
}

lnt_status lnt_evaluate_filter(lnt_evaluator *evaluator, const lnt_batch *batch, uint32_t *sel, int64_t *n,
                               lnt_error *err) {
    lnt_rows rows = {batch->n_rows, batch->sel, batch->sel ? batch->n_sel : batch->n_rows, batch->first_row};
    lnt_arena_reset(&evaluator->arena);
    evaluator->columns = batch->columns;
    if (evaluator->bound->root->type != LNT_BOOL && evaluator->bound->root->type != LNT_NULL)
        return lnt_error_set(err, LNT_TYPE, "a filter must be bool, not %s",
                             lnt_type_name(evaluator->bound->root->type));
    return filter_node(evaluator, evaluator->bound->root, &rows, sel, n, err);
}
