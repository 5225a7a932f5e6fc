/// @file groups_mix.c
/// A batch of groups that lie in several tables, as after merging by partitions: neighbours in order of first appearance
/// are of different partitions nearly always.
///
/// Each table gives its groups of the batch as vectors; their values are then put where they belong. A table's groups
/// ascend within a batch and from batch to batch, so memory is read along a few dozen streams.
#include <string.h>

#include "exec/aggregate/aggregate.h"

/// The rows of a batch that one table gives.
typedef struct lnt_share {
    const lnt_agg_table *table;
    uint32_t *groups; ///< in the table
    uint32_t *rows;   ///< in the batch
    int64_t n;
    lnt_vec *vectors;
} lnt_share;

typedef struct lnt_mix {
    lnt_share shares[LNT_AGG_PARTS];
    int n_shares;
    int64_t n; ///< rows of the batch
} lnt_mix;

/// Divides the batch's rows among the tables.
static lnt_status divide(lnt_mix *mix, const lnt_agg_result *result, const uint64_t *order, lnt_arena *scratch,
                         lnt_error *err) {
    int64_t counts[LNT_AGG_PARTS] = {0};
    int share_of[LNT_AGG_PARTS];
    for (int64_t k = 0; k < mix->n; k++) counts[order[k] >> 32]++;
    uint32_t *all = lnt_arena_alloc(scratch, 2 * mix->n * (int64_t)sizeof *all, err);
    if (!all) return LNT_NOMEM;
    for (int t = 0; t < LNT_AGG_PARTS; t++) {
        if (!counts[t]) continue;
        share_of[t] = mix->n_shares;
        mix->shares[mix->n_shares++] =
            (lnt_share){.table = result->tables[t], .groups = all, .rows = all + counts[t]};
        all += 2 * counts[t];
    }
    for (int64_t k = 0; k < mix->n; k++) {
        lnt_share *share = &mix->shares[share_of[order[k] >> 32]];
        share->groups[share->n] = (uint32_t)order[k];
        share->rows[share->n++] = (uint32_t)k;
    }
    return LNT_OK;
}

/// What a column of the batch is: codes only where all shares have codes into one dictionary. Tells whether one of them
/// may have nulls.
static lnt_vec shape_of(const lnt_mix *mix, int64_t column, bool *nulls) {
    lnt_vec out = mix->shares[0].vectors[column];
    *nulls = false;
    for (int s = 0; s < mix->n_shares; s++) {
        const lnt_vec *vec = &mix->shares[s].vectors[column];
        *nulls |= vec->valid != NULL;
        if (vec->form == LNT_FORM_DICTIONARY && vec->dictionary == out.dictionary) continue;
        out.form = LNT_FORM_FLAT;
        out.dictionary = NULL;
    }
    return out;
}

static void put_strings(const lnt_share *share, const lnt_vec *vec, lnt_str *to) {
    for (int64_t k = 0; k < share->n; k++)
        to[share->rows[k]] = lnt_vec_is_valid(vec, k) ? lnt_vec_str(vec, k) : (lnt_str){"", 0};
}

static void put_values(const lnt_share *share, const lnt_vec *vec, int64_t bytes, void *to) {
    if (bytes == 8) {
        const uint64_t *from = vec->data;
        for (int64_t k = 0; k < share->n; k++) ((uint64_t *)to)[share->rows[k]] = from[k];
    } else if (bytes == 4) {
        const uint32_t *from = vec->data;
        for (int64_t k = 0; k < share->n; k++) ((uint32_t *)to)[share->rows[k]] = from[k];
    } else {
        const char *from = vec->data;
        for (int64_t k = 0; k < share->n; k++)
            memcpy((char *)to + share->rows[k] * bytes, from + k * bytes, (size_t)bytes);
    }
}

static lnt_status put_column(const lnt_mix *mix, int64_t column, lnt_arena *scratch, lnt_vec *out, lnt_error *err) {
    bool nulls;
    *out = shape_of(mix, column, &nulls);
    bool codes = out->form == LNT_FORM_DICTIONARY, strings = out->type == LNT_STRING && !codes;
    int64_t bytes = codes ? (int64_t)sizeof(uint32_t) : lnt_vec_value_bytes(out->type), words = lnt_bitmap_words(mix->n);
    void *data = lnt_arena_alloc(scratch, mix->n * bytes, err);
    uint64_t *valid = data && nulls ? lnt_arena_alloc(scratch, words * (int64_t)sizeof *valid, err) : NULL;
    if (!data || (nulls && !valid)) return LNT_NOMEM;
    if (valid) memset(valid, 0xff, (size_t)words * sizeof *valid);
    for (int s = 0; s < mix->n_shares; s++) {
        const lnt_share *share = &mix->shares[s];
        const lnt_vec *vec = &share->vectors[column];
        if (strings)
            put_strings(share, vec, data);
        else
            put_values(share, vec, bytes, data);
        for (int64_t k = 0; vec->valid && k < share->n; k++)
            if (!lnt_bitmap_get(vec->valid, k)) lnt_bitmap_unset(valid, share->rows[k]);
    }
    out->data = data;
    out->valid = valid;
    return LNT_OK;
}

lnt_status lnt__groups_mix(const lnt_agg_result *result, int64_t start, int64_t n, lnt_groups_read_fn read,
                           void *context, int64_t n_columns, lnt_arena *scratch, lnt_vec *out, lnt_error *err) {
    lnt_mix mix = {.n = n};
    LNT_TRY(divide(&mix, result, (const uint64_t *)lnt__room_data(&result->order) + start, scratch, err));
    for (int s = 0; s < mix.n_shares; s++) {
        lnt_share *share = &mix.shares[s];
        share->vectors = lnt_arena_alloc(scratch, n_columns * (int64_t)sizeof *share->vectors, err);
        if (!share->vectors) return LNT_NOMEM;
        LNT_TRY(read(context, share->table, share->groups, 0, share->n, scratch, share->vectors, err));
    }
    for (int64_t c = 0; c < n_columns; c++) LNT_TRY(put_column(&mix, c, scratch, &out[c], err));
    return LNT_OK;
}
