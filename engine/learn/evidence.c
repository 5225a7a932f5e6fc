/// @file evidence.c
/// Pairs of rows and classes with what the past says of them.
///
/// Rows are gone through in the order of their bounds: a row sees rows from before its bound only, so nothing of itself
/// or of what came after it can leak into its pairs. Once to find the pairs, by what is known of all rows; then once for
/// each key, the keys side by side on the threads.
#include "learn/evidence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "learn/model.h"
#include "learn/prng.h"

static const double STRENGTH = 2;   ///< how many rows the part of all weighs as, in the part of a key
static const double LIFT_FLOOR = 0.1; ///< the same in the lift

typedef struct bounded {
    int64_t us, bound;
    uint32_t row;
} bounded;

/// A row that is told something: its pairs follow each other.
typedef struct told_row {
    uint32_t row;
    int64_t us, first, n;
    double recent, lasting; ///< what all rows from before weigh
} told_row;

/// What all rows have had of a pair's class.
typedef struct of_all {
    double recent, lasting;
} of_all;

typedef struct evidence {
    lnt_engine *engine;
    const lnt_table *table;
    const lnt_evidence_options *options;
    int64_t n, k;
    lnt_column *classes;
    uint32_t *labels;
    bounded *by_time, *by_bound; ///< rows with a time
    int64_t n_timed;
    lnt_key_memory *memories; ///< the first is that of all rows
    int64_t n_memories;
    double half_lives_us[2];
    told_row *told; ///< in the order of their bounds
    int64_t n_told, told_capacity;
    lnt_buffer **facts; ///< by memory and fact: doubles, one a pair
    lnt_buffer *rows, *pair_labels, *hits, *weights, *all; ///< by pair
    int64_t n_pairs;
    lnt_status *statuses; ///< by memory
    lnt_error *errors;
} evidence;

// ---- opening ----

static int by_time(const void *a, const void *b) {
    const bounded *x = a, *y = b;
    if (x->us != y->us) return x->us < y->us ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static int by_bound(const void *a, const void *b) {
    const bounded *x = a, *y = b;
    if (x->bound != y->bound) return x->bound < y->bound ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/// Rows from before this time are known to a row of time `us`.
static int64_t bound_of(const lnt_evidence_options *o, int64_t row, int64_t us) {
    int64_t bound = us;
    if (o->step_us > 0) {
        int64_t into = us % o->step_us;
        bound -= into < 0 ? into + o->step_us : into;
    }
    if (o->max_lag_days > 0) {
        uint64_t random = lnt_hash_combine(lnt_hash_u64(o->seed), (uint64_t)row) >> 11;
        bound -= (int64_t)(86400e6 * 0.01 * pow(o->max_lag_days / 0.01, (double)random * 0x1p-53));
    }
    return o->has_cut && us >= o->cut_us && bound > o->cut_us ? o->cut_us : bound;
}

/// Puts rows in order, as they mostly are.
static void sort_rows(bounded *rows, int64_t n, int (*compare)(const void *, const void *)) {
    for (int64_t i = 1; i < n; i++) {
        if (compare(&rows[i - 1], &rows[i]) <= 0) continue;
        qsort(rows, (size_t)n, sizeof *rows, compare);
        return;
    }
}

static lnt_status order_rows(evidence *e, const lnt_column *times, lnt_error *err) {
    if (!(e->by_time = lnt_alloc_array(e->n, 2 * sizeof *e->by_time, err))) return LNT_NOMEM;
    e->by_bound = e->by_time + e->n;
    for (int64_t i = 0; i < e->n; i++) {
        lnt_value time = lnt_column_get(times, i);
        if (time.is_null) continue;
        e->by_time[e->n_timed++] = (bounded){time.as.i, bound_of(e->options, i, time.as.i), (uint32_t)i};
    }
    memcpy(e->by_bound, e->by_time, (size_t)e->n_timed * sizeof *e->by_time);
    sort_rows(e->by_time, e->n_timed, by_time);
    sort_rows(e->by_bound, e->n_timed, by_bound);
    return LNT_OK;
}

static lnt_status open_memory(const evidence *e, const lnt_table *table, const lnt_history_key *key, lnt_key_memory *memory,
                              lnt_error *err) {
    if (!(memory->ids = lnt_alloc_array(e->n, sizeof *memory->ids, err))) return LNT_NOMEM;
    memory->n_values = 1; // of all rows: number 0 for each
    if (key) LNT_TRY(lnt__number_rows(e->engine, table, key, memory->ids, &memory->n_values, err));
    if (!(memory->values = lnt_alloc_array(memory->n_values, sizeof *memory->values, err))) return LNT_NOMEM;
    for (int64_t i = 0; i < memory->n_values; i++) memory->values[i].first = -1;
    return LNT_OK;
}

static lnt_status check(const lnt_evidence_options *o, const lnt_column *times, lnt_error *err) {
    if (o->n_keys < 1 || o->n_keys > 1000) return lnt_error_set(err, LNT_ARGUMENT, "evidence needs 1 to 1,000 keys");
    if (!(o->recent_days > 0) || !(o->long_days > 0) || o->step_us < 0 || !(o->max_lag_days >= 0) || !(o->others > 0) ||
        !(o->others <= 1) || !(o->drawn > 0)) {
        return lnt_error_set(err, LNT_ARGUMENT, "half-lives, others and drawn must be above 0, others at most 1, step and "
                                                "lag not below 0");
    }
    if (times->type == LNT_TIME) return LNT_OK;
    return lnt_error_set(err, LNT_TYPE, "the column '%s' is %s, not time", o->time, lnt_type_name(times->type));
}

static lnt_status make_buffers(evidence *e, lnt_error *err) {
    if (!(e->facts = lnt_alloc_array(e->n_memories, LNT_FACTS * sizeof *e->facts, err))) return LNT_NOMEM;
    if (!(e->statuses = lnt_alloc_array(e->n_memories, sizeof *e->statuses, err))) return LNT_NOMEM;
    if (!(e->errors = lnt_alloc_array(e->n_memories, sizeof *e->errors, err))) return LNT_NOMEM;
    lnt_budget *budget = lnt_engine_budget(e->engine);
    LNT_TRY(lnt_buffer_new(budget, 4096, "evidence", &e->rows, err));
    LNT_TRY(lnt_buffer_new(budget, 4096, "evidence", &e->pair_labels, err));
    LNT_TRY(lnt_buffer_new(budget, 4096, "evidence", &e->hits, err));
    LNT_TRY(lnt_buffer_new(budget, 4096, "evidence", &e->all, err));
    return lnt_buffer_new(budget, 4096, "evidence", &e->weights, err);
}

static lnt_status open_evidence(evidence *e, const lnt_table *table, lnt_error *err) {
    const lnt_evidence_options *o = e->options;
    const lnt_column *target, *times;
    LNT_TRY(lnt__learn_column(table, o->target, "evidence", &target, err));
    LNT_TRY(lnt__learn_column(table, o->time, "evidence", &times, err));
    LNT_TRY(check(o, times, err));
    LNT_TRY(lnt__classes_of(e->engine, target, &e->classes, &e->labels, err));
    e->k = e->classes->length;
    e->half_lives_us[0] = o->recent_days * 86400e6;
    e->half_lives_us[1] = o->long_days * 86400e6;
    LNT_TRY(order_rows(e, times, err));
    e->n_memories = o->n_keys + 1;
    if (!(e->memories = lnt_alloc_array(e->n_memories, sizeof *e->memories, err))) return LNT_NOMEM;
    return make_buffers(e, err);
}

// ---- which rows are paired with which classes ----

static lnt_said said_at(double *at, int64_t k) {
    return (lnt_said){at, at + k, at + 2 * k};
}

/// Room for what a memory says of each class: nothing yet.
static double *new_said(int64_t k, lnt_error *err) {
    double *said = lnt_alloc_array(3 * k, sizeof *said, err);
    for (int64_t c = 0; c < k && said; c++) said[2 * k + c] = NAN;
    return said;
}

static lnt_status make_room(evidence *e, lnt_error *err) {
    int64_t n = e->n_pairs + e->k;
    LNT_TRY(lnt_buffer_reserve(e->rows, n * 8, "evidence", err));
    LNT_TRY(lnt_buffer_reserve(e->pair_labels, n * 4, "evidence", err));
    LNT_TRY(lnt_buffer_reserve(e->hits, n, "evidence", err));
    LNT_TRY(lnt_buffer_reserve(e->all, n * (int64_t)sizeof(of_all), "evidence", err));
    LNT_TRY(lnt_buffer_reserve(e->weights, n * 8, "evidence", err));
    e->rows->size = e->weights->size = n * 8; // so that what is there is kept when it grows
    e->all->size = n * (int64_t)sizeof(of_all);
    e->pair_labels->size = n * 4;
    e->hits->size = n;
    return LNT_OK;
}

/// Pairs a row with classes that are known by then: its own, and of the others as many as are drawn.
static lnt_status pair_row(evidence *e, int64_t row, int64_t us, const lnt_said *said, lnt_error *err) {
    double others = e->options->others;
    lnt_prng prng = {lnt_hash_combine(e->options->seed + 1, (uint64_t)row)};
    if ((double)(lnt_prng_next(&prng) >> 11) * 0x1p-53 >= e->options->drawn) return LNT_OK;
    LNT_TRY(make_room(e, err));
    LNT_TRY(lnt_grow((void **)&e->told, &e->told_capacity, e->n_told + 1, sizeof *e->told, err));
    told_row told = {.row = (uint32_t)row, .us = us, .first = e->n_pairs};
    int32_t list = lnt__memory_recall(&e->memories[0], row, us, e->half_lives_us, said, &told.recent, &told.lasting);
    for (int64_t c = 0; c < e->k; c++) {
        bool hit = e->labels[row] == (uint32_t)c;
        double drawn = (double)(lnt_prng_next(&prng) >> 11) * 0x1p-53;
        if (isnan(said->age[c]) || (!hit && drawn >= others)) continue;
        ((of_all *)(void *)e->all->data)[e->n_pairs] = (of_all){said->recent[c], said->lasting[c]};
        ((int64_t *)(void *)e->rows->data)[e->n_pairs] = row + 1;
        ((uint32_t *)(void *)e->pair_labels->data)[e->n_pairs] = (uint32_t)c;
        e->hits->data[e->n_pairs] = hit;
        ((double *)(void *)e->weights->data)[e->n_pairs++] = hit ? 1 : 1 / others;
    }
    lnt__memory_forget(&e->memories[0], list, said);
    told.n = e->n_pairs - told.first;
    e->told[e->n_told++] = told;
    return LNT_OK;
}

/// Takes in all rows from before a bound, from the `*known`-th in time on.
static lnt_status take_in(const evidence *e, lnt_key_memory *memory, int64_t bound, int64_t *known, lnt_error *err) {
    for (; *known < e->n_timed && e->by_time[*known].us < bound; ++*known) {
        const bounded *at = &e->by_time[*known];
        if (e->labels[at->row] == UINT32_MAX) continue;
        LNT_TRY(lnt__memory_take_in(memory, at->row, e->labels[at->row], at->us, e->half_lives_us, err));
    }
    return LNT_OK;
}

static lnt_status pair_rows(evidence *e, const lnt_said *said, lnt_error *err) {
    const lnt_evidence_options *o = e->options;
    LNT_TRY(open_memory(e, e->table, NULL, &e->memories[0], err));
    for (int64_t i = 0, known = 0; i < e->n_timed; i++) {
        const bounded *at = &e->by_bound[i];
        LNT_TRY(take_in(e, &e->memories[0], at->bound, &known, err));
        if (at->us >= o->from_us && at->us < o->to_us) LNT_TRY(pair_row(e, at->row, at->bound, said, err));
        if (i % 4096 == 0) LNT_TRY(lnt_engine_check(e->engine, err));
    }
    return LNT_OK;
}

// ---- what the keys say ----

/// A memory's facts of a row's pairs into their places.
static void put_facts(const evidence *e, int64_t m, const told_row *told, const lnt_said *said, double recent,
                      double lasting, int64_t n_known) {
    double part = STRENGTH / (double)n_known, *to[LNT_FACTS];
    for (int64_t f = 0; f < LNT_FACTS; f++) to[f] = (double *)(void *)e->facts[m * LNT_FACTS + f]->data;
    double all_lasting = told->lasting > 0 ? told->lasting : 1, all_recent = told->recent > 0 ? told->recent : 1;
    for (int64_t p = told->first; p < told->first + told->n; p++) {
        of_all all = ((const of_all *)(const void *)e->all->data)[p];
        uint32_t c = ((const uint32_t *)(const void *)e->pair_labels->data)[p];
        double had_recent = m ? said->recent[c] : all.recent, had_lasting = m ? said->lasting[c] : all.lasting;
        double prior_recent = (all.recent + part) / (told->recent + STRENGTH);
        double prior_lasting = (all.lasting + part) / (told->lasting + STRENGTH);
        to[0][p] = m == 0 ? prior_lasting : (had_lasting + STRENGTH * prior_lasting) / (lasting + STRENGTH);
        to[1][p] = (had_lasting + LIFT_FLOOR * lasting / all_lasting) / (all.lasting + LIFT_FLOOR);
        to[2][p] = m == 0 ? prior_recent : (had_recent + STRENGTH * prior_recent) / (recent + STRENGTH);
        to[3][p] = (had_recent + LIFT_FLOOR * recent / all_recent) / (all.recent + LIFT_FLOOR);
        to[4][p] = log1p(lasting);
        to[5][p] = said->age[c];
    }
}

/// How many classes are known by a row's bound; how many there will be must not show.
static int64_t count_classes(const evidence *e, int64_t bound, int64_t *known, bool *seen, int64_t *n) {
    for (; *known < e->n_timed && e->by_time[*known].us < bound; ++*known) {
        uint32_t label = e->labels[e->by_time[*known].row];
        if (label == UINT32_MAX || seen[label]) continue;
        seen[label] = true;
        ++*n;
    }
    return *n ? *n : 1;
}

static lnt_status tell_rows(const evidence *e, int64_t m, double *scratch, bool *seen, lnt_error *err) {
    lnt_key_memory *memory = &e->memories[m];
    lnt_said said = said_at(scratch, e->k);
    lnt_free(memory->ids); // the first one's are of its walk before
    lnt_free(memory->values);
    lnt_free(memory->pool);
    *memory = (lnt_key_memory){0};
    LNT_TRY(open_memory(e, e->table, m ? &e->options->keys[m - 1] : NULL, memory, err));
    for (int64_t i = 0, known = 0, counted = 0, n_classes = 0; i < e->n_told; i++) {
        const told_row *told = &e->told[i];
        double recent, lasting;
        LNT_TRY(take_in(e, memory, told->us, &known, err));
        int64_t n_known = count_classes(e, told->us, &counted, seen, &n_classes);
        int32_t list = lnt__memory_recall(memory, told->row, told->us, e->half_lives_us, &said, &recent, &lasting);
        put_facts(e, m, told, &said, recent, lasting, n_known);
        lnt__memory_forget(memory, list, &said);
        if (i % 1024 == 0) LNT_TRY(lnt_engine_check(e->engine, err));
    }
    return LNT_OK;
}

static void tell_piece(void *context, int64_t start, int64_t end) {
    evidence *e = context;
    for (int64_t m = start; m < end; m++) {
        lnt_error *err = &e->errors[m];
        double *said = new_said(e->k, err);
        bool *seen = said ? lnt_alloc_array(e->k, sizeof *seen, err) : NULL;
        e->statuses[m] = seen ? tell_rows(e, m, said, seen, err) : LNT_NOMEM;
        lnt_free(said);
        lnt_free(seen);
    }
}

/// First which pairs there are, then the keys side by side.
static lnt_status go_through(evidence *e, lnt_error *err) {
    double *said = new_said(e->k, err);
    if (!said) return LNT_NOMEM;
    lnt_said all = said_at(said, e->k);
    lnt_status status = pair_rows(e, &all, err);
    lnt_free(said);
    LNT_TRY(status);
    for (int64_t i = 0; i < e->n_memories * LNT_FACTS; i++) {
        LNT_TRY(lnt_buffer_new(lnt_engine_budget(e->engine), e->n_pairs * 8, "evidence", &e->facts[i], err));
    }
    LNT_TRY(lnt_engine_pieces(e->engine, e->n_memories, 1, tell_piece, e, err));
    for (int64_t m = 0; m < e->n_memories; m++) {
        if (e->statuses[m] == LNT_OK) continue;
        if (err && err->code == LNT_OK) *err = e->errors[m];
        return e->statuses[m];
    }
    return LNT_OK;
}

// ---- the table ----

/// A plain column over a buffer, which it takes over and which becomes NULL.
static lnt_status plain(lnt_buffer **data, lnt_type type, int64_t n, lnt_column **out, lnt_error *err) {
    (*data)->size = n * 8;
    lnt_column parts = {.type = type, .layout = LNT_LAYOUT_PLAIN, .width = 8, .length = n, .data = *data};
    *data = NULL;
    return lnt_column_make(parts, out, err);
}

static lnt_status hit_column(evidence *e, lnt_column **out, lnt_error *err) {
    lnt_column_builder *builder = NULL;
    lnt_status status = lnt_column_builder_new(e->engine, LNT_BOOL, &builder, err);
    for (int64_t i = 0; i < e->n_pairs && status == LNT_OK; i++) {
        status = lnt_column_builder_append(builder, (lnt_value){.type = LNT_BOOL, .as.b = e->hits->data[i]}, err);
    }
    if (status == LNT_OK) status = lnt_column_builder_finish(builder, out, err);
    lnt_column_builder_free(builder);
    return status;
}

static lnt_status make_names(const evidence *e, char **names, lnt_error *err) {
    static const char *const heads[] = {"(row)", "(class)", "(hit)", "(weight)"};
    static const char *const facts[LNT_FACTS] = {"share", "lift", "recent_share", "recent_lift", "rows", "age"};
    for (int64_t i = 0; i < 4 + e->n_memories * LNT_FACTS; i++) {
        lnt_text text = {0};
        int64_t memory = (i - 4) / LNT_FACTS;
        if (i < 4) lnt_text_add(&text, heads[i], -1);
        else lnt_text_addf(&text, "%s_%s", memory ? e->options->keys[memory - 1].name : "all", facts[(i - 4) % LNT_FACTS]);
        if (lnt_text_check(&text, err) != LNT_OK) return LNT_NOMEM;
        names[i] = text.data;
    }
    return LNT_OK;
}

static lnt_status make_columns(evidence *e, lnt_column **columns, lnt_error *err) {
    int64_t n = e->n_pairs;
    LNT_TRY(plain(&e->rows, LNT_INT, n, &columns[0], err));
    LNT_TRY(lnt__labels_to_column(e->engine, e->classes, (const uint32_t *)(void *)e->pair_labels->data, n, &columns[1], err));
    LNT_TRY(hit_column(e, &columns[2], err));
    LNT_TRY(plain(&e->weights, LNT_FLOAT, n, &columns[3], err));
    for (int64_t i = 0; i < e->n_memories * LNT_FACTS; i++) {
        LNT_TRY(plain(&e->facts[i], LNT_FLOAT, n, &columns[4 + i], err));
    }
    return LNT_OK;
}

static lnt_status finish(evidence *e, lnt_table **out, lnt_error *err) {
    int64_t n_columns = 4 + e->n_memories * LNT_FACTS;
    char **names = lnt_alloc_array(n_columns, sizeof *names, err);
    lnt_column **columns = names ? lnt_alloc_array(n_columns, sizeof *columns, err) : NULL;
    lnt_status status = columns ? make_names(e, names, err) : LNT_NOMEM;
    if (status == LNT_OK) status = make_columns(e, columns, err);
    if (status == LNT_OK) {
        status = lnt_table_new((const char *const *)names, columns, n_columns, e->n_pairs, out, err);
    }
    for (int64_t i = 0; i < n_columns && columns; i++) {
        lnt_free(names[i]);
        lnt_column_unref(columns[i]);
    }
    lnt_free(names);
    lnt_free(columns);
    return status;
}

static void clear(evidence *e) {
    for (int64_t i = 0; i < e->n_memories && e->memories; i++) {
        lnt_free(e->memories[i].ids);
        lnt_free(e->memories[i].values);
        lnt_free(e->memories[i].pool);
    }
    for (int64_t i = 0; i < e->n_memories * LNT_FACTS && e->facts; i++) lnt_buffer_unref(e->facts[i]);
    lnt_buffer_unref(e->rows);
    lnt_buffer_unref(e->pair_labels);
    lnt_buffer_unref(e->hits);
    lnt_buffer_unref(e->weights);
    lnt_buffer_unref(e->all);
    lnt_free(e->memories);
    lnt_free(e->facts);
    lnt_free(e->told);
    lnt_free(e->statuses);
    lnt_free(e->errors);
    lnt_free(e->by_time);
    lnt_free(e->labels);
    lnt_column_unref(e->classes);
}

lnt_status lnt_evidence_pairs(lnt_engine *engine, const lnt_table *table, const lnt_evidence_options *options,
                              lnt_table **out, lnt_error *err) {
    evidence e = {.engine = engine, .table = table, .options = options, .n = lnt_table_n_rows(table)};
    if (e.n >= INT32_MAX) return lnt_error_set(err, LNT_LIMIT, "evidence of more than 2,147,483,647 rows");
    lnt_status status = open_evidence(&e, table, err);
    if (status == LNT_OK) status = go_through(&e, err);
    if (status == LNT_OK) status = finish(&e, out, err);
    clear(&e);
    return status;
}
