/// @file sample.c
/// sample: the n rows whose numbers have the lowest hashes, in the input's order. Which rows they are depends on the
/// seed and on how many rows there are, not on what is in them.
#include <stdlib.h>

#include "base/hash.h"
#include "exec/room.h"
#include "exec/stream.h"

static inline uint64_t hash_of(int64_t row, uint64_t seed) {
    return lnt_hash_u64(lnt_hash_combine(lnt_hash_u64(seed), (uint64_t)row));
}

enum { LNT_BUCKETS = 4096 };
static inline int64_t bucket_of(uint64_t hash) {
    return (int64_t)(hash >> 52);
}

/// A row of the bucket in which the sample ends.
typedef struct lnt_candidate {
    uint64_t hash;
    int64_t row;
} lnt_candidate;

static int compare_candidates(const void *a, const void *b) {
    const lnt_candidate *x = a, *y = b;
    if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static int compare_rows(const void *a, const void *b) {
    int64_t x = ((const lnt_candidate *)a)->row, y = ((const lnt_candidate *)b)->row;
    return (x > y) - (x < y);
}

/// The bucket in which the n-th lowest hash is; `*before` gets how many rows lie in the lower ones.
static int64_t last_bucket(int64_t n_rows, uint64_t seed, int64_t n, int64_t *before, int64_t *in_bucket) {
    int64_t counts[LNT_BUCKETS] = {0}, at = 0;
    for (int64_t i = 0; i < n_rows; i++) counts[bucket_of(hash_of(i, seed))]++;
    *before = 0;
    while (*before + counts[at] < n) *before += counts[at++];
    *in_bucket = counts[at];
    return at;
}

/// The numbers of the sample's rows, ascending; 0 < n < n_rows.
static lnt_status choose_rows(lnt_engine *engine, int64_t n_rows, uint64_t seed, int64_t n, lnt_room *rows,
                              lnt_error *err) {
    int64_t before, in_bucket, n_candidates = 0, n_chosen = 0;
    int64_t bucket = last_bucket(n_rows, seed, n, &before, &in_bucket);
    lnt_room room = {0};
    LNT_TRY(lnt__room_grow(rows, lnt_engine_budget(engine), n, sizeof(int64_t), "sample", err));
    LNT_TRY(lnt__room_grow(&room, lnt_engine_budget(engine), in_bucket, sizeof(lnt_candidate), "sample", err));
    lnt_candidate *candidates = lnt__room_data(&room);
    int64_t *chosen = lnt__room_data(rows);
    for (int64_t i = 0; i < n_rows; i++) {
        uint64_t hash = hash_of(i, seed);
        if (bucket_of(hash) == bucket) candidates[n_candidates++] = (lnt_candidate){hash, i};
    }
    qsort(candidates, (size_t)n_candidates, sizeof *candidates, compare_candidates);
    n_candidates = n - before;
    qsort(candidates, (size_t)n_candidates, sizeof *candidates, compare_rows);
    for (int64_t i = 0, c = 0; i < n_rows; i++) {
        bool candidate = c < n_candidates && candidates[c].row == i;
        c += candidate;
        if (candidate || bucket_of(hash_of(i, seed)) < bucket) chosen[n_chosen++] = i;
    }
    lnt__room_clear(&room);
    return LNT_OK;
}

static lnt_status sample_table(lnt_engine *engine, const lnt_plan *plan, const lnt_table *table, lnt_table **out,
                               lnt_error *err) {
    int64_t n_rows = lnt_table_n_rows(table), n = plan->count < n_rows ? plan->count : n_rows;
    lnt_room rows = {0};
    if (n == n_rows) {
        *out = lnt_table_ref(table);
        return LNT_OK;
    }
    lnt_status status = n > 0 ? choose_rows(engine, n_rows, (uint64_t)plan->offset, n, &rows, err) : LNT_OK;
    if (status == LNT_OK) status = lnt_table_take(engine, table, lnt__room_data(&rows), n, out, err);
    lnt__room_clear(&rows);
    return status;
}

lnt_status lnt__open_sample(const lnt_plan *plan, lnt_stream *input, lnt_stream **out, lnt_error *err) {
    lnt_engine *engine = input->engine;
    lnt_table *table = NULL, *sample = NULL;
    lnt_status status = lnt__collect(input, "sample", &table, err);
    if (status == LNT_OK) status = sample_table(engine, plan, table, &sample, err);
    lnt_table_unref(table);
    if (status == LNT_OK) status = lnt__open_table(engine, plan->schema, sample, out, err);
    lnt_table_unref(sample);
    return status;
}
