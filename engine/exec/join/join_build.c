/// @file join_build.c
/// The right side of a join: collected, its keys numbered, its rows listed by key.
#include <string.h>

#include "exec/gather.h"
#include "exec/join/join.h"

lnt_type lnt__join_key_type(const lnt_plan *plan, int64_t k) {
    lnt_type left = lnt_schema_type(plan->inputs[0]->schema, plan->keys[k]);
    lnt_type right = lnt_schema_type(plan->inputs[1]->schema, plan->right_keys[k]);
    return left == right ? left : LNT_INT;
}

lnt_status lnt__join_key(const lnt_plan *plan, int64_t k, lnt_vec *vec, int64_t n, lnt_arena *scratch, lnt_error *err) {
    if (vec->type == lnt__join_key_type(plan, k)) return LNT_OK;
    return lnt__vec_to_exact_int(vec, n, scratch, err);
}

void lnt__join_build_clear(lnt_join_build *build) {
    lnt__groups_clear(&build->keys);
    lnt__join_direct_clear(&build->direct);
    lnt__key_layout_clear(&build->layout);
    lnt__room_clear(&build->starts);
    lnt__room_clear(&build->rows);
    lnt_table_unref(build->table);
    lnt_free((void *)build->matched);
    *build = (lnt_join_build){0};
}

static lnt_status init_layout(lnt_join_build *build, lnt_error *err) {
    const lnt_plan *plan = build->plan;
    int64_t first = lnt__join_first_equal(plan), n = plan->n_keys - first;
    lnt_type *types = lnt_alloc_array(n, sizeof *types, err);
    if (!types) return LNT_NOMEM;
    for (int64_t k = 0; k < n; k++) types[k] = lnt__join_key_type(plan, first + k);
    lnt_status status = lnt__key_layout_init(&build->layout, types, n, err);
    lnt_free(types);
    return status;
}

/// Memory for numbering the right side's rows.
typedef struct lnt_numbering {
    lnt_key_scratch keys;
    lnt_arena scratch;
    lnt_vec *vectors;
    uint32_t *numbers; ///< by row: key number, LNT_NONE where a key is null
    lnt_room numbers_room;
} lnt_numbering;

static lnt_status number_batch(lnt_join_build *build, lnt_numbering *numbering, int64_t start, int64_t n,
                               lnt_error *err) {
    const lnt_plan *plan = build->plan;
    lnt_vec *vec = numbering->vectors;
    lnt_arena_reset(&numbering->scratch);
    for (int64_t k = lnt__join_first_equal(plan); k < plan->n_keys; k++, vec++) {
        const lnt_column *column = lnt_table_column(build->table, plan->right_keys[k]);
        LNT_TRY(lnt_vec_from_column(column, start, n, &numbering->scratch, vec, err));
        LNT_TRY(lnt__join_key(plan, k, vec, n, &numbering->scratch, err));
    }
    uint32_t *numbers = numbering->numbers + start;
    LNT_TRY(lnt__groups_add(&build->keys, &numbering->keys, numbering->vectors, NULL, n, numbers, err));
    for (int64_t i = 0; i < n; i++)
        if (numbering->keys.null[i]) numbers[i] = LNT_NONE;
    return lnt_engine_check(build->engine, err);
}

enum { CHECK_ROWS = 65536 }; ///< between two questions whether the engine was stopped: rows lie scattered here

/// Lists the rows order[n] (NULL: 0 … n-1) by key number: a counting sort, which keeps their order.
static lnt_status list_rows(lnt_join_build *build, const uint32_t *numbers, const int64_t *order, int64_t n,
                            lnt_error *err) {
    lnt_budget *budget = lnt_engine_budget(build->engine);
    int64_t n_keys = lnt__groups_n(&build->keys);
    bool any_null = false;
    for (int64_t i = 0; i < n && !order; i++) any_null |= numbers[i] == LNT_NONE;
    build->same = build->unique = !order && !any_null && n_keys == n; // numbers are given in the order of the rows
    if (build->same) return LNT_OK;
    LNT_TRY(lnt__room_grow(&build->starts, budget, n_keys + 2, sizeof(int64_t), "join", err));
    LNT_TRY(lnt__room_grow(&build->rows, budget, n, sizeof(int64_t), "join", err));
    int64_t *at = (int64_t *)lnt__room_data(&build->starts) + 1, *rows = lnt__room_data(&build->rows);
    build->unique = true;
    for (int64_t i = 0; i < n; i++) {
        if ((i & (CHECK_ROWS - 1)) == 0) LNT_TRY(lnt_engine_check(build->engine, err));
        uint32_t number = numbers[order ? order[i] : i];
        if (number != LNT_NONE && at[(int64_t)number + 1]++ > 0) build->unique = false;
    }
    for (int64_t g = 1; g < n_keys; g++) at[g] += at[g - 1];
    for (int64_t i = 0; i < n; i++) {
        if ((i & (CHECK_ROWS - 1)) == 0) LNT_TRY(lnt_engine_check(build->engine, err));
        int64_t row = order ? order[i] : i;
        if (numbers[row] != LNT_NONE) rows[at[numbers[row]]++] = row;
    }
    return LNT_OK;
}

static lnt_status index_rows(lnt_join_build *build, lnt_numbering *numbering, const int64_t *order, int64_t n_order,
                             lnt_error *err) {
    int64_t n_rows = lnt_table_n_rows(build->table);
    lnt_budget *budget = lnt_engine_budget(build->engine);
    lnt_arena_init(&numbering->scratch, budget, "join");
    LNT_TRY(lnt__key_scratch_init(&numbering->keys, &build->layout, err));
    LNT_TRY(lnt__room_grow(&numbering->numbers_room, budget, n_rows, sizeof(uint32_t), "join", err));
    numbering->numbers = lnt__room_data(&numbering->numbers_room);
    lnt__groups_expect_dense(&build->keys, n_rows);
    numbering->vectors = lnt_alloc_array(build->plan->n_keys, sizeof *numbering->vectors, err);
    if (!numbering->vectors) return LNT_NOMEM;
    for (int64_t at = 0; at < n_rows; at += LNT_BATCH_ROWS)
        LNT_TRY(number_batch(build, numbering, at, n_rows - at < LNT_BATCH_ROWS ? n_rows - at : LNT_BATCH_ROWS, err));
    return list_rows(build, numbering->numbers, order, order ? n_order : n_rows, err);
}

lnt_status lnt__join_index(lnt_join_build *build, const int64_t *rows, int64_t n, lnt_error *err) {
    LNT_TRY(init_layout(build, err));
    if (!rows) LNT_TRY(lnt__join_direct(build, err));
    if (build->direct.rows) return LNT_OK;
    LNT_TRY(lnt__groups_init(&build->keys, &build->layout, lnt_engine_budget(build->engine), "join", err));
    lnt_numbering numbering = {0};
    lnt_status status = index_rows(build, &numbering, rows, n, err);
    lnt__key_scratch_clear(&numbering.keys);
    lnt_arena_clear(&numbering.scratch);
    lnt_free(numbering.vectors);
    lnt__room_clear(&numbering.numbers_room);
    return status;
}

/// Gives the text of a small right side codes: it is repeated beside the rows of the left.
static lnt_status encode_right(lnt_join_build *build, lnt_error *err) {
    enum { FEW_ROWS = 65536 };
    const lnt_plan *plan = build->plan;
    int64_t n = lnt_table_n_columns(build->table), n_rows = lnt_table_n_rows(build->table);
    if (n_rows > FEW_ROWS || plan->n_columns == 0) return LNT_OK;
    lnt_column **columns = lnt_alloc_array(n, sizeof *columns, err);
    if (!columns) return LNT_NOMEM;
    lnt_status status = LNT_OK;
    for (int64_t c = 0; c < n; c++) columns[c] = lnt_column_ref(lnt_table_column(build->table, c));
    for (int64_t c = 0; status == LNT_OK && c < plan->n_columns; c++)
        status = lnt__encode_few(build->engine, &columns[plan->columns[c]], err);
    lnt_table *encoded = NULL;
    if (status == LNT_OK) status = lnt_table_make(lnt_table_schema(build->table), columns, n_rows, &encoded, err);
    for (int64_t c = 0; c < n; c++) lnt_column_unref(columns[c]);
    lnt_free(columns);
    LNT_TRY(status);
    lnt_table_unref(build->table);
    build->table = encoded;
    return LNT_OK;
}

lnt_status lnt__join_build(lnt_join_build *build, lnt_engine *engine, const lnt_plan *plan, lnt_table *right,
                           lnt_error *err) {
    *build = (lnt_join_build){.engine = engine, .plan = plan, .table = right};
    LNT_TRY(encode_right(build, err));
    if (plan->join == LNT_JOIN_OUTER) {
        build->matched = lnt_alloc_array(lnt_table_n_rows(build->table), sizeof *build->matched, err);
        if (!build->matched) return LNT_NOMEM;
    }
    return lnt__join_index(build, NULL, 0, err);
}
