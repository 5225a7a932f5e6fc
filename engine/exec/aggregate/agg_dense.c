/// @file agg_dense.c
/// Places of combinations of keys: whether there are few enough, finding them, and tables of them merged and numbered.
#include "exec/aggregate/agg_dense.h"

#include <string.h>

#include "base/parallel.h"
#include "column/scan.h"

static const char who[] = "group_by";

/// A morsel's places may take so many bytes for each of its rows: clearing and merging them costs less than the rows.
enum { LNT_DENSE_ROW_BYTES = 32 };
/// Tables of places that may be there at a time, by worker: those on their way in the driver's window, and spare ones.
enum { LNT_DENSE_TABLES = 5 };

// ---- the least and greatest integer of a column ----

enum { LNT_RANGE_ROWS = 262144, LNT_RANGE_SAMPLE = 4096 };

typedef struct lnt_span {
    int64_t least, greatest;
} lnt_span;

#define SPAN_OF(name, type)                                                                                            \
    static lnt_span name(const type *values, int64_t n) {                                                              \
        type least = values[0], greatest = values[0];                                                                  \
        for (int64_t i = 1; i < n; i++) {                                                                              \
            least = values[i] < least ? values[i] : least;                                                             \
            greatest = values[i] > greatest ? values[i] : greatest;                                                    \
        }                                                                                                              \
        return (lnt_span){least, greatest};                                                                            \
    }
SPAN_OF(span_1, int8_t)
SPAN_OF(span_2, int16_t)
SPAN_OF(span_4, int32_t)
SPAN_OF(span_8, int64_t)
#undef SPAN_OF

/// Of n ≥ 1 rows. Nulls count as 0.
static lnt_span span_of_rows(const lnt_column *column, int64_t start, int64_t n) {
    const void *values = column->data->data + start * column->width;
    switch (column->width) {
    case 1:
        return span_1(values, n);
    case 2:
        return span_2(values, n);
    case 4:
        return span_4(values, n);
    default:
        return span_8(values, n);
    }
}

typedef struct lnt_span_task {
    const lnt_column *column;
    lnt_span *spans;
} lnt_span_task;

static lnt_status find_span(void *context, int64_t item, int worker, lnt_error *err) {
    (void)worker, (void)err;
    lnt_span_task *task = context;
    int64_t start = item * LNT_RANGE_ROWS, n = task->column->length - start;
    task->spans[item] = span_of_rows(task->column, start, n < LNT_RANGE_ROWS ? n : LNT_RANGE_ROWS);
    return LNT_OK;
}

static bool is_wide(lnt_span span, int64_t most) {
    return (uint64_t)span.greatest - (uint64_t)span.least >= (uint64_t)most;
}

/// The column's span, or that of a sample where that is too wide already.
static lnt_status span_of(lnt_engine *engine, const lnt_column *column, int64_t most, lnt_span *out, lnt_error *err) {
    *out = span_of_rows(column, 0, column->length < LNT_RANGE_SAMPLE ? column->length : LNT_RANGE_SAMPLE);
    if (is_wide(*out, most)) return LNT_OK;
    int64_t n = (column->length + LNT_RANGE_ROWS - 1) / LNT_RANGE_ROWS;
    lnt_span_task task = {column, lnt_alloc_array(n, sizeof(lnt_span), err)};
    if (!task.spans) return LNT_NOMEM;
    lnt_status status = lnt__parallel(engine, n, find_span, &task, err);
    for (int64_t i = 0; status == LNT_OK && i < n; i++) {
        out->least = task.spans[i].least < out->least ? task.spans[i].least : out->least;
        out->greatest = task.spans[i].greatest > out->greatest ? task.spans[i].greatest : out->greatest;
    }
    lnt_free(task.spans);
    return status;
}

// ---- whether ----

/// How many numbers the key's values have, at most `most`; 0: too many, or they can't be numbered.
static lnt_status count_numbers(lnt_engine *engine, const lnt_column *column, lnt_dense_key *key, int64_t most,
                                lnt_error *err) {
    int64_t n = 0;
    key->n = 0;
    if (column->layout == LNT_LAYOUT_DICTIONARY) {
        n = lnt_column_length(column->dictionary);
    } else if (column->layout == LNT_LAYOUT_PLAIN && column->type == LNT_BOOL) {
        n = 2;
    } else if (column->layout == LNT_LAYOUT_PLAIN && column->type == LNT_INT) {
        lnt_span span;
        LNT_TRY(span_of(engine, column, most, &span, err));
        if (is_wide(span, most)) return LNT_OK;
        key->first = span.least;
        n = span.greatest - span.least + 1;
    } else {
        return LNT_OK;
    }
    key->has_null = column->validity != NULL;
    n += key->has_null;
    if (n > most) return LNT_OK;
    key->n = (uint32_t)n;
    if (column->layout == LNT_LAYOUT_DICTIONARY) key->dictionary = lnt_column_ref(column->dictionary);
    return LNT_OK;
}

/// Bytes of a place: its cells, its mark and its part of the list.
static int64_t place_bytes(const lnt_plan *plan) {
    int64_t bytes = (int64_t)(sizeof(uint8_t) + sizeof(uint32_t));
    for (int64_t i = 0; i < plan->n_calls; i++) {
        const lnt_bound *arg = plan->calls[i].args[0];
        const lnt_agg_class *class_ =
            lnt__agg_class(plan->calls[i].function->kind, arg ? lnt_bound_type(arg) : LNT_NULL);
        if (class_) bytes += class_->cell_bytes;
    }
    return bytes;
}

lnt_status lnt__dense_init(struct lnt_dense *dense, lnt_engine *engine, const lnt_table *table, const lnt_plan *plan,
                           bool *usable, lnt_error *err) {
    *usable = false;
    *dense = (struct lnt_dense){.n_places = 1};
    int64_t n_rows = lnt_table_n_rows(table), morsel = lnt_table_morsel_rows(n_rows);
    if (plan->n_keys < 1 || plan->n_keys > LNT_DENSE_KEYS || n_rows == 0) return LNT_OK;
    dense->n_keys = plan->n_keys;
    int64_t most = (morsel < n_rows ? morsel : n_rows) * LNT_DENSE_ROW_BYTES / place_bytes(plan);
    int64_t left = lnt_engine_memory_left(engine) / 8 / (LNT_DENSE_TABLES * lnt_engine_n_threads(engine));
    if (left / place_bytes(plan) < most) most = left / place_bytes(plan);
    for (int64_t k = 0; k < plan->n_keys; k++) {
        lnt_dense_key *key = &dense->keys[k];
        const lnt_column *column = lnt_table_column(table, plan->keys[k]);
        LNT_TRY(count_numbers(engine, column, key, most / dense->n_places, err));
        if (key->n == 0) return LNT_OK;
        key->step = (uint32_t)dense->n_places;
        dense->n_places *= key->n;
    }
    *usable = true;
    return LNT_OK;
}

void lnt__dense_clear(struct lnt_dense *dense) {
    for (int64_t k = 0; k < dense->n_keys; k++) lnt_column_unref(dense->keys[k].dictionary);
    *dense = (struct lnt_dense){0};
}

// ---- finding ----

/// Adds the numbers of a key's values, times its step, to the rows' places. NUMBER is that of row `row`, where it isn't
/// null.
#define ADD_NUMBERS(NUMBER)                                                                                            \
    do {                                                                                                               \
        if (!sel && !vec->valid) {                                                                                     \
            for (int64_t row = 0; row < n; row++) places[row] = (added ? places[row] : 0) + (NUMBER)*step;             \
        } else {                                                                                                       \
            for (int64_t k = 0; k < n; k++) {                                                                          \
                int64_t row = sel ? sel[k] : k;                                                                        \
                uint32_t number = lnt_bitmap_valid(vec->valid, row) ? (NUMBER) : key->n - 1;                           \
                places[row] = (added ? places[row] : 0) + number * step;                                               \
            }                                                                                                          \
        }                                                                                                              \
    } while (0)

/// `added`: to those of the keys before.
static void add_numbers(const lnt_dense_key *key, const lnt_vec *vec, const uint32_t *sel, int64_t n, bool added,
                        uint32_t *places) {
    uint32_t step = key->step;
    if (vec->type == LNT_STRING) {
        const uint32_t *codes = vec->data;
        ADD_NUMBERS(codes[row]);
    } else if (vec->type == LNT_BOOL) {
        const uint8_t *bools = vec->data;
        ADD_NUMBERS((uint32_t)(bools[row] != 0));
    } else {
        const int64_t *ints = vec->data;
        uint64_t first = (uint64_t)key->first;
        ADD_NUMBERS((uint32_t)((uint64_t)ints[row] - first));
    }
}

const uint32_t *lnt__dense_find(const struct lnt_dense *dense, const lnt_vec *keys, const uint32_t *sel, int64_t n_sel,
                                uint32_t *own) {
    if (dense->n_keys == 1 && keys[0].type == LNT_STRING && !keys[0].valid) return keys[0].data;
    for (int64_t k = 0; k < dense->n_keys; k++) add_numbers(&dense->keys[k], &keys[k], sel, n_sel, k > 0, own);
    return own;
}

lnt_status lnt__dense_see(lnt_agg_table *table, const uint32_t *places, const uint32_t *sel, int64_t n,
                          lnt_error *err) {
    lnt_budget *budget = table->budget;
    int64_t n_places = table->dense->n_places;
    if (table->n_seen == n_places) return LNT_OK;
    // One more: the list is written to before it is known whether the place is new.
    LNT_TRY(lnt__room_grow(&table->seen, budget, n_places, sizeof(uint8_t), who, err));
    LNT_TRY(lnt__room_grow(&table->order, budget, n_places + 1, sizeof(uint32_t), who, err));
    uint8_t *seen = lnt__room_data(&table->seen);
    uint32_t *order = lnt__room_data(&table->order);
    int64_t n_seen = table->n_seen;
    for (int64_t k = 0; k < n; k++) {
        uint32_t place = places[sel ? sel[k] : k];
        order[n_seen] = place;
        n_seen += !seen[place];
        seen[place] = 1;
    }
    table->n_seen = n_seen;
    return LNT_OK;
}

// ---- merging ----

lnt_status lnt__dense_merge(lnt_agg_table *into, lnt_agg_table *from, lnt_error *err) {
    const uint32_t *order = lnt__room_data(&from->order);
    bool few = from->n_seen < from->dense->n_places / 4;
    lnt_agg_moves moves = {.list = few ? order : NULL, .n = few ? from->n_seen : from->dense->n_places};
    LNT_TRY(lnt__agg_table_grow(into, err));
    for (int64_t i = 0; i < into->n_states; i++)
        LNT_TRY(into->states[i].class_->merge(&into->states[i], &from->states[i], &moves, err));
    return lnt__dense_see(into, order, NULL, from->n_seen, err);
}

/// The bits of a key's number in the words of its group.
static void put_number(const lnt_dense_key *key, const lnt_key_field *field, uint32_t number, uint64_t *words) {
    bool null = key->has_null && number == key->n - 1;
    uint64_t bits = number;
    if (field->type == LNT_STRING) {
        bits = null ? 0 : (uint64_t)number + 1;
    } else if (field->type == LNT_BOOL) {
        bits = null ? 2 : number;
    } else {
        bits = null ? 0 : (uint64_t)key->first + number;
        if (field->narrow) bits -= (uint64_t)field->base;
        if (null && field->null_word >= 0) words[field->null_word] |= (uint64_t)1 << field->null_shift;
    }
    words[field->word] |= (bits & field->mask) << field->shift;
}

/// Makes the tuples of the places that were seen, so that the table's groups can be read.
static lnt_status make_tuples(lnt_agg_table *table, lnt_error *err) {
    const struct lnt_dense *dense = table->dense;
    lnt_groups *groups = &table->groups;
    const lnt_key_layout *layout = groups->layout;
    const uint32_t *order = lnt__room_data(&table->order);
    int64_t width = layout->n_words;
    LNT_TRY(lnt__room_grow(&groups->tuples.words, table->budget, dense->n_places * width, sizeof(uint64_t), who, err));
    uint64_t *words = lnt__room_data(&groups->tuples.words);
    for (int64_t f = 0; f < layout->n_fields; f++) {
        const lnt_dense_key *key = &dense->keys[f];
        const lnt_key_field *field = &layout->fields[f];
        if (field->string >= 0) lnt__interner_adopt(&groups->interners[field->string], key->dictionary);
        for (int64_t i = 0; i < table->n_seen; i++)
            put_number(key, field, order[i] / key->step % key->n, words + order[i] * width);
    }
    groups->tuples.n = dense->n_places;
    uint32_t last = layout->lone_wide && dense->keys[0].has_null ? dense->keys[0].n - 1 : UINT32_MAX;
    for (int64_t i = 0; i < table->n_seen; i++)
        if (order[i] == last) groups->null_group = last;
    return LNT_OK;
}

lnt_status lnt__dense_result(lnt_agg_table *table, lnt_agg_result *result, lnt_error *err) {
    LNT_TRY(lnt__agg_table_grow(table, err));
    LNT_TRY(make_tuples(table, err));
    LNT_TRY(lnt__agg_table_prepare(table, err));
    LNT_TRY(lnt__room_grow(&result->order, table->budget, table->n_seen, sizeof(uint64_t), who, err));
    const uint32_t *order = lnt__room_data(&table->order);
    uint64_t *rows = lnt__room_data(&result->order);
    for (int64_t i = 0; i < table->n_seen; i++) rows[i] = order[i]; // of table 0
    result->tables = lnt_alloc_array(1, sizeof *result->tables, err);
    if (!result->tables) return LNT_NOMEM;
    result->tables[0] = table;
    result->n_tables = 1;
    result->n_rows = table->n_seen;
    table->dense = NULL; // numbers like any others from now on
    return LNT_OK;
}

lnt_status lnt__dense_number(lnt_agg_table *into, lnt_key_scratch *scratch, lnt_agg_table *from, lnt_room *to,
                             lnt_error *err) {
    if (from->n_seen == 0) return LNT_OK;
    LNT_TRY(make_tuples(from, err));
    LNT_TRY(lnt__room_grow(to, from->budget, from->dense->n_places, sizeof(uint32_t), who, err));
    lnt_agg_moves moves = {.list = lnt__room_data(&from->order), .n = from->n_seen, .to = lnt__room_data(to)};
    return lnt__agg_table_merge(into, scratch, from, &moves, lnt__room_data(to), err);
}
