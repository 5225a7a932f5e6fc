/// @file history.c
/// What was known before: for each row, which classes earlier rows of the same address, network, AS or port had.
///
/// Rows are gone through in the order of their time. A row sees only rows from before its bound: its own time, or the
/// start of its step (its day, its block), or the cut for all rows after it. As bounds only grow, each row is taken in
/// once, and nothing of the row itself or of what came after it can leak into what it is told.
///
/// Workload: some ten thousand rows, a handful of keys, tens of classes. A key's value holds a short list of classes
/// with weights, which are halved every half-life when they are touched.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "column/value_text.h"
#include "learn/keys.h"
#include "learn/model.h"

enum { COLUMNS_PER_KEY = 4, NONE = -1 };

/// A class that a key's value has been seen with.
typedef struct seen {
    uint32_t label;
    int32_t next; ///< in the pool; NONE ends the list
    double weight;
} seen;

/// A value of a key.
typedef struct place {
    int32_t first;
    double total;
    int64_t last_us; ///< when it was seen last: the time that its weights are of
} place;

typedef struct key_state {
    uint32_t *ids; ///< by row; UINT32_MAX: part of the key is null
    place *places; ///< by id
    int64_t n_places;
    seen *pool;
    int64_t n_pool, capacity;
} key_state;

typedef struct history {
    lnt_engine *engine;
    const lnt_history_options *options;
    int64_t n, k;
    lnt_column *classes;
    uint32_t *labels;
    const lnt_column *times;
    uint32_t *order; ///< rows with a time, ascending
    int64_t *us;     ///< their times
    int64_t n_order;
    key_state *keys;
    double *prior; ///< by class: weight of everything seen
    double prior_total;
    int64_t prior_us;
    double *blend; ///< by class: scratch
    lnt_column_builder **builders;
    int64_t n_builders;
} history;

// ---- keys ----

static lnt_status open_key(history *h, const lnt_table *table, const lnt_history_key *from, key_state *key,
                           lnt_error *err) {
    if (!(key->ids = lnt_alloc_array(h->n, sizeof *key->ids, err))) return LNT_NOMEM;
    LNT_TRY(lnt__number_rows(h->engine, table, from, key->ids, &key->n_places, err));
    if (!(key->places = lnt_alloc_array(key->n_places, sizeof *key->places, err))) return LNT_NOMEM;
    for (int64_t i = 0; i < key->n_places; i++) key->places[i].first = NONE;
    return LNT_OK;
}

// ---- taking rows in ----

/// How much a weight is worth after some time.
static double fade(const history *h, int64_t from_us, int64_t to_us) {
    if (!(h->options->half_life_days > 0) || to_us <= from_us) return 1;
    return exp2(-(double)(to_us - from_us) / (h->options->half_life_days * 86400e6));
}

static lnt_status take_in_key(history *h, key_state *key, int64_t row, int64_t us, lnt_error *err) {
    if (key->ids[row] == UINT32_MAX) return LNT_OK;
    place *at = &key->places[key->ids[row]];
    double factor = at->first == NONE ? 1 : fade(h, at->last_us, us);
    seen *mine = NULL;
    at->total = at->total * factor + 1;
    at->last_us = us;
    for (int32_t i = at->first; i != NONE; i = key->pool[i].next) {
        key->pool[i].weight *= factor;
        if (key->pool[i].label == h->labels[row]) mine = &key->pool[i];
    }
    if (mine) {
        mine->weight += 1;
        return LNT_OK;
    }
    LNT_TRY(lnt_grow((void **)&key->pool, &key->capacity, key->n_pool + 1, sizeof *key->pool, err));
    key->pool[key->n_pool] = (seen){h->labels[row], at->first, 1};
    at->first = (int32_t)key->n_pool++;
    return LNT_OK;
}

static lnt_status take_in(history *h, int64_t row, int64_t us, lnt_error *err) {
    if (h->labels[row] == UINT32_MAX) return LNT_OK;
    double factor = fade(h, h->prior_us, us);
    if (factor != 1) {
        for (int64_t c = 0; c < h->k; c++) h->prior[c] *= factor;
    }
    h->prior_total = h->prior_total * factor + 1;
    h->prior[h->labels[row]] += 1;
    h->prior_us = us;
    for (int64_t i = 0; i < h->options->n_keys; i++) LNT_TRY(take_in_key(h, &h->keys[i], row, us, err));
    return LNT_OK;
}

// ---- telling rows ----

static lnt_status put(lnt_column_builder *builder, double value, bool is_null, lnt_error *err) {
    return lnt_column_builder_append(builder, (lnt_value){.type = LNT_FLOAT, .is_null = is_null, .as.f = value}, err);
}

/// What one key tells a row, into its four columns; and its part in the blend.
static lnt_status tell_key(history *h, int64_t number, int64_t row, int64_t us, lnt_error *err) {
    key_state *key = &h->keys[number];
    lnt_column_builder **to = h->builders + number * COLUMNS_PER_KEY;
    const place *at = key->ids[row] == UINT32_MAX ? NULL : &key->places[key->ids[row]];
    bool unknown = !at || at->first == NONE;
    lnt_value top = {.type = h->classes->type, .is_null = unknown};
    double best = 0, factor = unknown ? 0 : fade(h, at->last_us, us), strength = h->options->strength;
    double total = unknown ? 0 : at->total * factor;
    uint32_t label = 0;
    bool blends = !h->options->no_blend;
    for (int64_t c = 0; c < h->k && !unknown && blends; c++) h->blend[c] *= strength / (total + strength);
    for (int32_t i = unknown ? NONE : at->first; i != NONE; i = key->pool[i].next) {
        const seen *s = &key->pool[i];
        if (blends) h->blend[s->label] += s->weight * factor / (total + strength);
        if (s->weight > best || (s->weight == best && s->label < label)) best = s->weight, label = s->label;
    }
    if (!unknown) top = lnt_column_get(h->classes, label);
    LNT_TRY(lnt_column_builder_append(to[0], top, err));
    LNT_TRY(put(to[1], unknown ? 0 : best / at->total, unknown, err));
    LNT_TRY(put(to[2], total, false, err));
    return put(to[3], unknown ? 0 : (double)(us - at->last_us) / 86400e6, unknown, err);
}

static lnt_status tell(history *h, int64_t row, int64_t us, lnt_error *err) {
    lnt_column_builder **blends = h->builders + h->options->n_keys * COLUMNS_PER_KEY;
    for (int64_t c = 0; c < h->k; c++) {
        h->blend[c] = h->prior_total > 0 ? h->prior[c] / h->prior_total : 1 / (double)h->k;
    }
    for (int64_t i = 0; i < h->options->n_keys; i++) LNT_TRY(tell_key(h, i, row, us, err));
    for (int64_t c = 0; c < h->k && !h->options->no_blend; c++) LNT_TRY(put(blends[c], h->blend[c], false, err));
    return LNT_OK;
}

/// Rows before this time are known to a row of time `us`.
static int64_t bound_of(const lnt_history_options *o, int64_t us) {
    int64_t bound = us;
    if (o->step_us > 0) {
        int64_t into = us % o->step_us;
        bound = us - (into < 0 ? into + o->step_us : into);
    }
    return o->has_cut && us >= o->cut_us && bound > o->cut_us ? o->cut_us : bound;
}

static lnt_status go_through(history *h, lnt_error *err) {
    for (int64_t i = 0, known = 0; i < h->n_order; i++) {
        int64_t us = h->us[i], bound = bound_of(h->options, us);
        for (; known < h->n_order && h->us[known] < bound; known++) {
            LNT_TRY(take_in(h, h->order[known], h->us[known], err));
        }
        LNT_TRY(tell(h, h->order[i], us, err));
        if (i % 4096 == 0) LNT_TRY(lnt_engine_check(h->engine, err));
    }
    return LNT_OK;
}

/// The same for one key by itself, when nothing is blended.
static lnt_status go_through_key(history *h, int64_t number, lnt_error *err) {
    for (int64_t i = 0, known = 0; i < h->n_order; i++) {
        int64_t us = h->us[i], bound = bound_of(h->options, us);
        for (; known < h->n_order && h->us[known] < bound; known++) {
            if (h->labels[h->order[known]] == UINT32_MAX) continue;
            LNT_TRY(take_in_key(h, &h->keys[number], h->order[known], h->us[known], err));
        }
        LNT_TRY(tell_key(h, number, h->order[i], us, err));
        if (i % 4096 == 0) LNT_TRY(lnt_engine_check(h->engine, err));
    }
    return LNT_OK;
}

typedef struct key_work {
    history *h;
    const lnt_table *table;
} key_work;

/// Numbers a key's values; without a blend tells the rows, too.
static lnt_status work_through_key(void *context, int64_t i, int worker, lnt_error *err) {
    key_work *work = context;
    history *h = work->h;
    (void)worker;
    LNT_TRY(open_key(h, work->table, &h->options->keys[i], &h->keys[i], err));
    return h->options->no_blend ? go_through_key(h, i, err) : LNT_OK;
}

// ---- opening and finishing ----

typedef struct timed {
    int64_t us;
    uint32_t row;
} timed;

static int by_time(const void *a, const void *b) {
    const timed *x = a, *y = b;
    if (x->us != y->us) return x->us < y->us ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static lnt_status order_rows(history *h, lnt_error *err) {
    timed *rows = lnt_alloc_array(h->n, sizeof *rows, err);
    if (!rows) return LNT_NOMEM;
    for (int64_t i = 0; i < h->n; i++) {
        lnt_value time = lnt_column_get(h->times, i);
        if (!time.is_null) rows[h->n_order++] = (timed){time.as.i, (uint32_t)i};
    }
    bool sorted = true;
    for (int64_t i = 1; i < h->n_order && sorted; i++) sorted = rows[i - 1].us <= rows[i].us;
    if (!sorted) qsort(rows, (size_t)h->n_order, sizeof *rows, by_time);
    bool ok = (h->order = lnt_alloc_array(h->n_order, sizeof *h->order, err)) &&
              (h->us = lnt_alloc_array(h->n_order, sizeof *h->us, err));
    for (int64_t i = 0; ok && i < h->n_order; i++) {
        h->order[i] = rows[i].row;
        h->us[i] = rows[i].us;
    }
    lnt_free(rows);
    return ok ? LNT_OK : LNT_NOMEM;
}

static lnt_status open_history(history *h, const lnt_table *table, lnt_error *err) {
    const lnt_history_options *o = h->options;
    const lnt_column *target;
    if (o->n_keys < 1) return lnt_error_set(err, LNT_ARGUMENT, "a history needs keys");
    if (!(o->strength > 0) || o->step_us < 0 || !(o->half_life_days >= 0))
        return lnt_error_set(err, LNT_ARGUMENT, "strength must be above 0, step and half-life not below");
    LNT_TRY(lnt__learn_column(table, o->target, "history", &target, err));
    LNT_TRY(lnt__learn_column(table, o->time, "history", &h->times, err));
    if (h->times->type != LNT_TIME)
        return lnt_error_set(err, LNT_TYPE, "the column '%s' is %s, not time", o->time, lnt_type_name(h->times->type));
    LNT_TRY(lnt__classes_of(h->engine, target, &h->classes, &h->labels, err));
    h->k = h->classes->length;
    LNT_TRY(order_rows(h, err));
    if (!(h->prior = lnt_alloc_array(h->k, 2 * sizeof *h->prior, err))) return LNT_NOMEM;
    h->blend = h->prior + h->k;
    if (!(h->keys = lnt_alloc_array(o->n_keys, sizeof *h->keys, err))) return LNT_NOMEM;
    h->n_builders = o->n_keys * COLUMNS_PER_KEY + (o->no_blend ? 0 : h->k);
    if (!(h->builders = lnt_alloc_array(h->n_builders, sizeof *h->builders, err))) return LNT_NOMEM;
    for (int64_t i = 0; i < h->n_builders; i++) {
        bool top = i < o->n_keys * COLUMNS_PER_KEY && i % COLUMNS_PER_KEY == 0;
        LNT_TRY(lnt_column_builder_new(h->engine, top ? h->classes->type : LNT_FLOAT, &h->builders[i], err));
    }
    return LNT_OK;
}

/// The name of column `i`.
static char *name_of(const history *h, int64_t i, lnt_error *err) {
    static const char *const parts[] = {"top", "share", "weight", "age"};
    char buffer[LNT_FORMAT_BYTES];
    lnt_text text = {0};
    int64_t n = h->options->n_keys * COLUMNS_PER_KEY;
    if (i < n) {
        lnt_text_addf(&text, "%s_%s", h->options->keys[i / COLUMNS_PER_KEY].name, parts[i % COLUMNS_PER_KEY]);
    } else {
        lnt_value value = lnt_column_get(h->classes, i - n);
        lnt_str name = value.as.s;
        if (value.type != LNT_STRING) name = (lnt_str){buffer, lnt_format_value(value, buffer)};
        lnt_text_addf(&text, "blend %.*s", (int)name.size, name.data);
    }
    if (lnt_text_check(&text, err) == LNT_OK) return text.data;
    lnt_text_clear(&text);
    return NULL;
}

/// The columns in the order of the table's rows: they were told in the order of time.
static lnt_status finish(history *h, lnt_table **out, lnt_error *err) {
    int64_t *back = lnt_alloc_array(h->n, sizeof *back, err);
    char **names = lnt_alloc_array(h->n_builders, sizeof *names, err);
    lnt_column **columns = lnt_alloc_array(h->n_builders, sizeof *columns, err);
    lnt_status status = back && names && columns ? LNT_OK : LNT_NOMEM;
    for (int64_t i = 0; i < h->n && status == LNT_OK; i++) back[i] = -1;
    for (int64_t i = 0; i < h->n_order && status == LNT_OK; i++) back[h->order[i]] = i;
    for (int64_t i = 0; i < h->n_builders && status == LNT_OK; i++) {
        lnt_column *told = NULL;
        status = lnt_column_builder_finish(h->builders[i], &told, err);
        if (status == LNT_OK) status = lnt_column_take(h->engine, told, back, h->n, &columns[i], err);
        if (status == LNT_OK && !(names[i] = name_of(h, i, err))) status = LNT_NOMEM;
        lnt_column_unref(told);
    }
    if (status == LNT_OK) {
        status = lnt_table_new((const char *const *)names, columns, h->n_builders, h->n, out, err);
    }
    for (int64_t i = 0; i < h->n_builders && columns && names; i++) {
        lnt_column_unref(columns[i]);
        lnt_free(names[i]);
    }
    lnt_free(back);
    lnt_free(names);
    lnt_free(columns);
    return status;
}

lnt_status lnt_learn_history(lnt_engine *engine, const lnt_table *table, const lnt_history_options *options,
                             lnt_table **out, lnt_error *err) {
    history h = {.engine = engine, .options = options, .n = lnt_table_n_rows(table)};
    if (h.n >= INT32_MAX) return lnt_error_set(err, LNT_LIMIT, "a history of more than 2,147,483,647 rows");
    lnt_status status = open_history(&h, table, err);
    key_work work = {&h, table};
    if (status == LNT_OK) status = lnt__parallel(engine, options->n_keys, work_through_key, &work, err);
    if (status == LNT_OK && !options->no_blend) status = go_through(&h, err);
    if (status == LNT_OK) status = finish(&h, out, err);
    for (int64_t i = 0; i < options->n_keys && h.keys; i++) {
        lnt_free(h.keys[i].ids);
        lnt_free(h.keys[i].places);
        lnt_free(h.keys[i].pool);
    }
    for (int64_t i = 0; i < h.n_builders && h.builders; i++) lnt_column_builder_free(h.builders[i]);
    lnt_free(h.builders);
    lnt_free(h.keys);
    lnt_free(h.prior);
    lnt_free(h.order);
    lnt_free(h.us);
    lnt_free(h.labels);
    lnt_column_unref(h.classes);
    return status;
}
