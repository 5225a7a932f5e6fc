/// @file nearest.c
/// Which training rows a prediction rests on: those that come to the same leaves.
#include <stdlib.h>

#include "learn/dataset.h"
#include "learn/model.h"

typedef struct counted {
    int64_t row;
    uint32_t leaves; ///< shared with the row asked about
} counted;

static int nearest_first(const void *a, const void *b) {
    const counted *x = a, *y = b;
    if (x->leaves != y->leaves) return x->leaves < y->leaves ? 1 : -1;
    return (x->row > y->row) - (x->row < y->row);
}

enum { BLOCK = 512 };

/// Counts the leaves that each training row shares with the row that came to `leaves` (by tree).
static lnt_status count_shared(lnt_engine *engine, const lnt_model *model, const lnt_table *train, const uint32_t *leaves,
                               uint16_t *codes, counted *out, lnt_error *err) {
    uint32_t at[BLOCK];
    int64_t n = lnt_table_n_rows(train);
    for (int64_t start = 0; start < n; start += BLOCK) {
        int64_t some = n - start < BLOCK ? n - start : BLOCK;
        LNT_TRY(lnt_engine_check(engine, err));
        LNT_TRY(lnt_encode_rows(engine, train, model->features, model->n_features, start, some, codes, err));
        for (int64_t i = 0; i < some; i++) out[start + i] = (counted){start + i, 0};
        for (int64_t t = 0; t < model->n_trees; t++) {
            lnt_tree_find_leaves(&model->trees[t], codes, model->n_features, some, at);
            for (int64_t i = 0; i < some; i++) out[start + i].leaves += at[i] == leaves[t];
        }
    }
    return LNT_OK;
}

static lnt_status make_table(lnt_engine *engine, const lnt_model *model, const counted *rows, int64_t n, lnt_table **out,
                             lnt_error *err) {
    static const char *const names[] = {"row", "nearness"};
    lnt_column_builder *builders[2] = {0};
    lnt_column *columns[2] = {0};
    lnt_status status = lnt_column_builder_new(engine, LNT_INT, &builders[0], err);
    if (status == LNT_OK) status = lnt_column_builder_new(engine, LNT_FLOAT, &builders[1], err);
    for (int64_t i = 0; i < n && status == LNT_OK; i++) {
        double share = (double)rows[i].leaves / (double)model->n_trees;
        status = lnt_column_builder_append(builders[0], (lnt_value){.type = LNT_INT, .as.i = rows[i].row + 1}, err);
        if (status == LNT_OK) {
            status = lnt_column_builder_append(builders[1], (lnt_value){.type = LNT_FLOAT, .as.f = share}, err);
        }
    }
    for (int i = 0; i < 2 && status == LNT_OK; i++) status = lnt_column_builder_finish(builders[i], &columns[i], err);
    if (status == LNT_OK) status = lnt_table_new(names, columns, 2, n, out, err);
    for (int i = 0; i < 2; i++) {
        lnt_column_unref(columns[i]);
        lnt_column_builder_free(builders[i]);
    }
    return status;
}

lnt_status lnt_model_nearest(lnt_engine *engine, const lnt_model *model, const lnt_table *table, int64_t row,
                             const lnt_table *train, int64_t n, lnt_table **out, lnt_error *err) {
    int64_t n_train = lnt_table_n_rows(train);
    if (row < 0 || row >= lnt_table_n_rows(table) || n < 1)
        return lnt_error_set(err, LNT_ARGUMENT, "there is no row %lld, or fewer than one neighbour is wanted", (long long)row + 1);
    LNT_TRY(lnt_check_features(table, model->features, model->n_features, err));
    LNT_TRY(lnt_check_features(train, model->features, model->n_features, err));
    uint16_t *codes = lnt_alloc_array(BLOCK, model->n_features * 2, err);
    uint32_t *leaves = codes ? lnt_alloc_array(model->n_trees, sizeof *leaves, err) : NULL;
    counted *rows = leaves ? lnt_alloc_array(n_train, sizeof *rows, err) : NULL;
    lnt_status status = rows ? LNT_OK : LNT_NOMEM;
    if (status == LNT_OK) status = lnt_encode_rows(engine, table, model->features, model->n_features, row, 1, codes, err);
    for (int64_t t = 0; t < model->n_trees && status == LNT_OK; t++) {
        lnt_tree_find_leaves(&model->trees[t], codes, model->n_features, 1, &leaves[t]);
    }
    if (status == LNT_OK) status = count_shared(engine, model, train, leaves, codes, rows, err);
    if (status == LNT_OK) {
        qsort(rows, (size_t)n_train, sizeof *rows, nearest_first);
        status = make_table(engine, model, rows, n < n_train ? n : n_train, out, err);
    }
    lnt_free(codes);
    lnt_free(leaves);
    lnt_free(rows);
    return status;
}
