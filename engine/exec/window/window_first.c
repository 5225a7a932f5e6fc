/// @file window_first.c
/// The first rows of every partition, for a window of row numbers of which a filter keeps small ones only: nothing is
/// sorted and nothing is numbered that the filter would drop.
///
/// Workload: 10^7 rows in up to some 10^5 partitions, of which a handful each are wanted. Every worker keeps, for the
/// rows that it reads, the first ones of each partition in order; most rows are behind the last one kept, which a look
/// tells. The workers' rows are then merged. A row's place is that of its key and then its number, which no two rows
/// share, so what is kept doesn't depend on who read what.
#include <string.h>

#include "base/parallel.h"
#include "exec/aggregate/groups.h"
#include "exec/sort/order_key.h"
#include "exec/window/window.h"

static const char who[] = "window";

enum {
    LNT_FIRST_MORSEL_ROWS = 131072,
    LNT_FIRST_SHARE = 4, ///< keeping more than a fourth of the rows is no gain over sorting them
    LNT_FIRST_KIND = 62, ///< the bits of a place above a row's number: 0 a number, 1 NaN, 2 null
};

/// Where a row stands: by the kind of its key, then by the key, then by its number.
typedef struct lnt_place {
    uint64_t key;
    uint64_t row; ///< with the kind above LNT_FIRST_KIND
} lnt_place;

/// The rows that one worker has kept.
typedef struct lnt_kept {
    lnt_groups groups;
    lnt_key_scratch keys;
    lnt_arena scratch;
    lnt_vec *vectors;
    uint32_t *numbers; ///< LNT_BATCH_ROWS: partitions of a batch
    lnt_place *places; ///< LNT_BATCH_ROWS
    lnt_room first;    ///< lnt_place: `limit` by partition, in order
    lnt_room counts;   ///< uint32_t: how many of them there are
    lnt_room bounds;   ///< uint64_t: ~ of the greatest key that can still be among them; small, so that it stays near
} lnt_kept;

typedef struct lnt_firsts {
    lnt_engine *engine;
    const lnt_plan *plan;
    const lnt_table *table;
    lnt_key_layout layout;
    lnt_kept *kept; ///< by worker
    int n_workers;
    int64_t limit;
    _Atomic bool too_many; ///< partitions for this to be worth it
} lnt_firsts;

static inline bool stands_before(lnt_place a, lnt_place b) {
    uint64_t kind = a.row >> LNT_FIRST_KIND, other = b.row >> LNT_FIRST_KIND;
    if (kind != other) return kind < other;
    return a.key != b.key ? a.key < b.key : a.row < b.row;
}

/// Puts a row where it belongs among its partition's, unless `limit` stand before it.
static inline void keep(lnt_place *first, uint32_t *count, int64_t limit, lnt_place place) {
    if (*count == limit && !stands_before(place, first[limit - 1])) return;
    int64_t at = *count < limit ? (int64_t)(*count)++ : limit - 1;
    for (; at > 0 && stands_before(place, first[at - 1]); at--) first[at] = first[at - 1];
    first[at] = place;
}

static lnt_status make_room(const lnt_firsts *all, lnt_kept *kept, lnt_error *err) {
    lnt_budget *budget = lnt_engine_budget(all->engine);
    int64_t n = all->plan->n_keys ? lnt__groups_n(&kept->groups) : 1;
    LNT_TRY(lnt__room_grow(&kept->first, budget, n * all->limit, sizeof(lnt_place), who, err));
    LNT_TRY(lnt__room_grow(&kept->bounds, budget, n, sizeof(uint64_t), who, err));
    return lnt__room_grow(&kept->counts, budget, n, sizeof(uint32_t), who, err);
}

/// Keeps those rows of a batch that are among the first of their partitions so far.
static void keep_batch(const lnt_firsts *all, const lnt_kept *kept, int64_t n) {
    lnt_place *first = lnt__room_data(&kept->first);
    uint32_t *counts = lnt__room_data(&kept->counts);
    uint64_t *bounds = lnt__room_data(&kept->bounds);
    for (int64_t k = 0; k < n; k++) {
        int64_t group = kept->numbers[k];
        lnt_place place = kept->places[k];
        if (place.key > ~bounds[group]) continue; // NaN and null have key 0
        lnt_place *own = first + group * all->limit, *last = own + all->limit - 1;
        keep(own, &counts[group], all->limit, place);
        if (counts[group] == all->limit && last->row >> LNT_FIRST_KIND == 0) bounds[group] = ~last->key;
    }
}

// ---- reading ----

/// Where the rows start … start + n - 1 stand.
static lnt_status find_places(const lnt_firsts *all, lnt_kept *kept, int64_t start, int64_t n, lnt_error *err) {
    const lnt_plan *plan = all->plan;
    uint64_t flip = plan->n_exprs && plan->descending[0] ? ~UINT64_C(0) : 0;
    for (int64_t k = 0; k < n; k++) kept->places[k] = (lnt_place){0, (uint64_t)(start + k)};
    if (plan->n_exprs == 0) return LNT_OK;
    const lnt_column *column = lnt_table_column(all->table, lnt__bound_as_column(plan->exprs[0]));
    lnt_vec vec;
    LNT_TRY(lnt_vec_from_column(column, start, n, &kept->scratch, &vec, err));
    for (int64_t k = 0; k < n; k++) {
        lnt_place *place = &kept->places[k];
        if (lnt__order_key(&vec, k, &place->key))
            place->key ^= flip;
        else
            *place = (lnt_place){0, place->row | (lnt_vec_is_valid(&vec, k) ? 1ull : 2ull) << LNT_FIRST_KIND};
    }
    return LNT_OK;
}

static lnt_status read_batch(const lnt_firsts *all, lnt_kept *kept, int64_t start, int64_t n, lnt_error *err) {
    const lnt_plan *plan = all->plan;
    lnt_arena_reset(&kept->scratch);
    for (int64_t k = 0; k < plan->n_keys; k++)
        LNT_TRY(lnt_vec_from_column(lnt_table_column(all->table, plan->keys[k]), start, n, &kept->scratch,
                                    &kept->vectors[k], err));
    if (plan->n_keys)
        LNT_TRY(lnt__groups_add(&kept->groups, &kept->keys, kept->vectors, NULL, n, kept->numbers, err));
    LNT_TRY(find_places(all, kept, start, n, err));
    LNT_TRY(make_room(all, kept, err));
    keep_batch(all, kept, n);
    return LNT_OK;
}

static lnt_status read_morsel(void *context, int64_t item, int worker, lnt_error *err) {
    lnt_firsts *all = context;
    lnt_kept *kept = &all->kept[worker];
    int64_t n_rows = lnt_table_n_rows(all->table), start = item * LNT_FIRST_MORSEL_ROWS;
    int64_t end = start + LNT_FIRST_MORSEL_ROWS < n_rows ? start + LNT_FIRST_MORSEL_ROWS : n_rows;
    for (int64_t n; start < end && !atomic_load(&all->too_many); start += n) {
        n = end - start < LNT_BATCH_ROWS ? end - start : LNT_BATCH_ROWS;
        LNT_TRY(read_batch(all, kept, start, n, err));
        if (all->plan->n_keys && lnt__groups_n(&kept->groups) * all->limit > n_rows / LNT_FIRST_SHARE)
            atomic_store(&all->too_many, true);
    }
    return LNT_OK;
}

/// Adds what a worker kept to what the first one did.
static lnt_status merge(const lnt_firsts *all, lnt_kept *into, lnt_kept *from, lnt_error *err) {
    lnt_room to = {0};
    int64_t n = all->plan->n_keys ? lnt__groups_n(&from->groups) : from->counts.capacity > 0;
    lnt_status status = lnt__room_grow(&to, lnt_engine_budget(all->engine), n, sizeof(uint32_t), who, err);
    if (status == LNT_OK && all->plan->n_keys)
        status = lnt__groups_merge(&into->groups, &into->keys, &from->groups, NULL, n, lnt__room_data(&to), err);
    if (status == LNT_OK) status = make_room(all, into, err);
    for (int64_t g = 0; status == LNT_OK && g < n; g++) {
        int64_t group = ((const uint32_t *)lnt__room_data(&to))[g];
        const lnt_place *others = (const lnt_place *)lnt__room_data(&from->first) + g * all->limit;
        lnt_place *first = (lnt_place *)lnt__room_data(&into->first) + group * all->limit;
        uint32_t *count = (uint32_t *)lnt__room_data(&into->counts) + group;
        for (uint32_t i = 0; i < ((const uint32_t *)lnt__room_data(&from->counts))[g]; i++)
            keep(first, count, all->limit, others[i]);
    }
    lnt__room_clear(&to);
    return status;
}

// ---- the result ----

/// Numbers of the kept rows in their partitions, by row of the table; 0: not kept.
static lnt_status number_kept(const lnt_firsts *all, lnt_room *numbers, int64_t *n_kept, lnt_error *err) {
    const lnt_kept *kept = &all->kept[0];
    int64_t n_rows = lnt_table_n_rows(all->table), n = all->plan->n_keys ? lnt__groups_n(&kept->groups) : n_rows > 0;
    const lnt_place *first = lnt__room_data(&kept->first);
    const uint32_t *counts = lnt__room_data(&kept->counts);
    LNT_TRY(lnt__room_grow(numbers, lnt_engine_budget(all->engine), n_rows, sizeof(uint8_t), who, err));
    uint8_t *by_row = lnt__room_data(numbers);
    *n_kept = 0;
    for (int64_t g = 0; g < n; g++) {
        for (int64_t i = 0; i < counts[g]; i++) {
            uint64_t row = first[g * all->limit + i].row & ((UINT64_C(1) << LNT_FIRST_KIND) - 1);
            by_row[row] = (uint8_t)(i + 1);
        }
        *n_kept += counts[g];
    }
    return LNT_OK;
}

/// The kept rows in the table's order, and their numbers as a column.
static lnt_status list_kept(const lnt_firsts *all, const uint8_t *by_row, int64_t n_kept, lnt_room *rows,
                            lnt_column **out, lnt_error *err) {
    lnt_room numbers = {0};
    lnt_budget *budget = lnt_engine_budget(all->engine);
    lnt_collector *collector = NULL;
    lnt_status status = lnt__room_grow(rows, budget, n_kept, sizeof(int64_t), who, err);
    if (status == LNT_OK) status = lnt__room_grow(&numbers, budget, n_kept, sizeof(int64_t), who, err);
    if (status == LNT_OK) status = lnt_collector_new(all->engine, LNT_INT, who, &collector, err);
    int64_t *row = lnt__room_data(rows), *number = lnt__room_data(&numbers);
    for (int64_t r = 0, k = 0; status == LNT_OK && k < n_kept; r++) {
        if (!by_row[r]) continue;
        row[k] = r;
        number[k++] = by_row[r];
    }
    for (int64_t at = 0; status == LNT_OK && at < n_kept; at += LNT_BATCH_ROWS) {
        int64_t n = n_kept - at < LNT_BATCH_ROWS ? n_kept - at : LNT_BATCH_ROWS;
        lnt_vec vec = {.type = LNT_INT, .form = LNT_FORM_FLAT, .data = number + at};
        status = lnt_collector_append(collector, &vec, NULL, n, err);
    }
    if (status == LNT_OK) status = lnt_collector_finish(collector, out, err);
    lnt_collector_free(collector);
    lnt__room_clear(&numbers);
    return status;
}

/// The table's columns of `rows`, and the numbers for every call of the window.
static lnt_status take_kept(const lnt_firsts *all, const lnt_room *rows, int64_t n_kept, lnt_column *numbers,
                            lnt_table **out, lnt_error *err) {
    lnt_table *taken = NULL;
    LNT_TRY(lnt_table_take(all->engine, all->table, lnt__room_data(rows), n_kept, &taken, err));
    int64_t n = lnt_schema_n_columns(all->plan->schema), n_input = n - all->plan->n_windows;
    lnt_column **columns = lnt_alloc_array(n, sizeof *columns, err);
    lnt_status status = columns ? LNT_OK : LNT_NOMEM;
    for (int64_t c = 0; columns && c < n; c++)
        columns[c] = lnt_column_ref(c < n_input ? lnt_table_column(taken, c) : numbers);
    if (columns) status = lnt__table_of(all->plan->schema, columns, n_kept, out, err);
    lnt_free(columns);
    lnt_table_unref(taken);
    return status;
}

static lnt_status make_result(const lnt_firsts *all, lnt_table **out, lnt_error *err) {
    lnt_room by_row = {0}, rows = {0};
    lnt_column *numbers = NULL;
    int64_t n_kept = 0;
    lnt_status status = number_kept(all, &by_row, &n_kept, err);
    if (status == LNT_OK) status = list_kept(all, lnt__room_data(&by_row), n_kept, &rows, &numbers, err);
    lnt__room_clear(&by_row);
    if (status == LNT_OK) status = take_kept(all, &rows, n_kept, numbers, out, err);
    lnt_column_unref(numbers);
    lnt__room_clear(&rows);
    return status;
}

// ---- all together ----

static lnt_status init(lnt_firsts *all, lnt_error *err) {
    lnt_budget *budget = lnt_engine_budget(all->engine);
    LNT_TRY(lnt__key_layout_of_schema(&all->layout, all->plan->schema, all->plan->keys, all->plan->n_keys, err));
    all->kept = lnt_alloc_array(lnt_engine_n_threads(all->engine), sizeof *all->kept, err);
    if (!all->kept) return LNT_NOMEM;
    all->n_workers = lnt_engine_n_threads(all->engine);
    for (int w = 0; w < all->n_workers; w++) lnt_arena_init(&all->kept[w].scratch, budget, who);
    for (int w = 0; w < all->n_workers; w++) {
        lnt_kept *kept = &all->kept[w];
        LNT_TRY(lnt__key_scratch_init(&kept->keys, &all->layout, err));
        LNT_TRY(lnt__groups_init(&kept->groups, &all->layout, budget, who, err));
        lnt__groups_may_adopt(&kept->groups);
        kept->vectors = lnt_alloc_array(all->plan->n_keys, sizeof *kept->vectors, err);
        kept->numbers = lnt_alloc_array(LNT_BATCH_ROWS, sizeof *kept->numbers, err);
        kept->places = lnt_alloc_array(LNT_BATCH_ROWS, sizeof *kept->places, err);
        if (!kept->vectors || !kept->numbers || !kept->places) return LNT_NOMEM;
    }
    return LNT_OK;
}

static void clear(lnt_firsts *all) {
    for (int w = 0; w < all->n_workers; w++) {
        lnt_kept *kept = &all->kept[w];
        lnt__groups_clear(&kept->groups);
        lnt__key_scratch_clear(&kept->keys);
        lnt_arena_clear(&kept->scratch);
        lnt_free(kept->vectors);
        lnt_free(kept->numbers);
        lnt_free(kept->places);
        lnt__room_clear(&kept->first);
        lnt__room_clear(&kept->counts);
        lnt__room_clear(&kept->bounds);
    }
    lnt_free(all->kept);
    lnt__key_layout_clear(&all->layout);
}

/// Whether the order is by one key at most, of numbers, and the rows wanted are few.
static bool is_applicable(const lnt_plan *plan) {
    if (plan->count < 1 || plan->count > LNT_WINDOW_FIRST_ROWS || plan->n_exprs > 1) return false;
    if (plan->n_exprs == 0) return true;
    lnt_type type = lnt_bound_type(plan->exprs[0]);
    return type == LNT_INT || type == LNT_FLOAT || type == LNT_TIME;
}

lnt_status lnt__window_first(lnt_engine *engine, const lnt_plan *plan, const lnt_table *table, lnt_table **out,
                             lnt_error *err) {
    *out = NULL;
    if (!is_applicable(plan)) return LNT_OK;
    lnt_firsts all = {.engine = engine, .plan = plan, .table = table, .limit = plan->count};
    int64_t n_rows = lnt_table_n_rows(table);
    lnt_status status = init(&all, err);
    if (status == LNT_OK)
        status = lnt__parallel(engine, (n_rows + LNT_FIRST_MORSEL_ROWS - 1) / LNT_FIRST_MORSEL_ROWS, read_morsel, &all,
                               err);
    bool done = status == LNT_OK && !all.too_many;
    for (int w = 1; done && status == LNT_OK && w < all.n_workers; w++)
        status = merge(&all, &all.kept[0], &all.kept[w], err);
    if (done && status == LNT_OK) status = make_result(&all, out, err);
    clear(&all);
    return status;
}
