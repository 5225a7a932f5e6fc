/// @file sort_strings.c
/// Ranks of strings in byte order: multikey quicksort, eight bytes at a time.
///
/// Memory is 40 bytes a string; work is what must be looked at to tell strings apart. The stack stays small: equal
/// parts are looped over, and of the others only the smaller ones are recursed into.
#include <string.h>

#include "base/engine.h"
#include "exec/sort/sort.h"

enum { CHECK_ITEMS = 1 << 15 }; // how much is done between looks at whether to stop

typedef struct lnt_sort_item {
    lnt_str string;
    uint64_t chunk; ///< the eight bytes at the current depth, first byte most significant
    uint32_t left;  ///< bytes from there on, at most 9
    uint32_t row;
} lnt_sort_item;

static void load_chunk(lnt_sort_item *item, int64_t depth) {
    int64_t left = item->string.size - depth;
    uint64_t bytes = 0;
    if (left >= 8) {
        memcpy(&bytes, item->string.data + depth, 8);
    } else if (left > 0) {
        memcpy(&bytes, item->string.data + depth, (size_t)left);
    }
    item->chunk = __builtin_bswap64(bytes);
    item->left = (uint32_t)(left > 9 ? 9 : left < 0 ? 0 : left);
}

static inline int compare_items(const lnt_sort_item *a, const lnt_sort_item *b) {
    if (a->chunk != b->chunk) return a->chunk < b->chunk ? -1 : 1;
    return a->left < b->left ? -1 : a->left > b->left;
}

static inline void swap_items(lnt_sort_item *a, lnt_sort_item *b) {
    lnt_sort_item held = *a;
    *a = *b;
    *b = held;
}

/// The order of two items whose bytes before `depth` are the same.
static inline int compare_rest(const lnt_sort_item *a, const lnt_sort_item *b, int64_t depth) {
    int order = compare_items(a, b);
    if (order || a->left <= 8) return order;
    return lnt_str_compare((lnt_str){a->string.data + depth, a->string.size - depth},
                           (lnt_str){b->string.data + depth, b->string.size - depth});
}

static void insertion_sort(lnt_sort_item *items, int64_t n, int64_t depth) {
    for (int64_t i = 1; i < n; i++) {
        lnt_sort_item held = items[i];
        int64_t k = i;
        for (; k > 0 && compare_rest(&held, &items[k - 1], depth) < 0; k--) items[k] = items[k - 1];
        items[k] = held;
    }
}

static lnt_sort_item middle_item(const lnt_sort_item *a, const lnt_sort_item *b, const lnt_sort_item *c) {
    if (compare_items(a, b) > 0) {
        const lnt_sort_item *held = a;
        a = b;
        b = held;
    }
    return compare_items(c, a) < 0 ? *a : compare_items(c, b) > 0 ? *b : *c;
}

/// A sort under way. Once it is stopped it leaves the items as they are.
typedef struct lnt_string_sort {
    lnt_engine *engine;
    bool stopped;
    lnt_error *err;
} lnt_string_sort;

/// Whether it is to go on, asked before work on many items.
static bool goes_on(lnt_string_sort *sort, int64_t n) {
    if (n >= CHECK_ITEMS && !sort->stopped) sort->stopped = lnt_engine_check(sort->engine, sort->err) != LNT_OK;
    return !sort->stopped;
}

/// Parts the items into those below, equal to and above a pivot. False: it was stopped on the way.
static bool part_items(lnt_string_sort *sort, lnt_sort_item *items, int64_t n, int64_t *below, int64_t *above) {
    lnt_sort_item pivot = middle_item(&items[n / 8], &items[n / 2], &items[n - 1 - n / 8]);
    int64_t low = 0, at = 0, high = n;
    for (int64_t left = n; left > 0; left--) { // high - at
        if (left % CHECK_ITEMS == 0 && !goes_on(sort, left)) return false;
        int order = compare_items(&items[at], &pivot);
        if (order < 0) {
            swap_items(&items[low++], &items[at++]);
        } else if (order > 0) {
            swap_items(&items[at], &items[--high]);
        } else {
            at++;
        }
    }
    *below = low;
    *above = high;
    return true;
}

static void sort_items(lnt_string_sort *sort, lnt_sort_item *items, int64_t n, int64_t depth);

/// Loads the chunks at `depth`. False: it was stopped on the way.
static bool load_deeper(lnt_string_sort *sort, lnt_sort_item *items, int64_t n, int64_t depth) {
    for (int64_t i = 0; i < n; i++) {
        if (i % CHECK_ITEMS == 0 && !goes_on(sort, n)) return false;
        load_chunk(&items[i], depth);
    }
    return true;
}

/// Loads the chunks at `depth` and sorts.
static void sort_deeper(lnt_string_sort *sort, lnt_sort_item *items, int64_t n, int64_t depth) {
    if (load_deeper(sort, items, n, depth)) sort_items(sort, items, n, depth);
}

/// Sorts items whose chunks are those at `depth`; their bytes before that are the same.
static void sort_items(lnt_string_sort *sort, lnt_sort_item *items, int64_t n, int64_t depth) {
    while (n > 16) {
        int64_t below, above;
        if (!goes_on(sort, n) || !part_items(sort, items, n, &below, &above)) return;
        int64_t n_equal = above - below, n_above = n - above;
        bool deeper = items[below].left > 8; // equal so far, and longer
        if (below >= n_equal && below >= n_above) {
            if (deeper) sort_deeper(sort, items + below, n_equal, depth + 8);
            sort_items(sort, items + above, n_above, depth);
            n = below;
        } else if (n_above >= n_equal) {
            if (deeper) sort_deeper(sort, items + below, n_equal, depth + 8);
            sort_items(sort, items, below, depth);
            items += above;
            n = n_above;
        } else {
            sort_items(sort, items, below, depth);
            sort_items(sort, items + above, n_above, depth);
            if (!deeper) return;
            items += below;
            n = n_equal;
            depth += 8;
            if (!load_deeper(sort, items, n, depth)) return;
        }
    }
    insertion_sort(items, n, depth);
}

/// Fills the items with the strings' beginnings.
static lnt_status load_items(lnt_engine *engine, const lnt_column *strings, lnt_sort_item *items, lnt_error *err) {
    for (int64_t i = 0; i < strings->length; i++) {
        if (i % CHECK_ITEMS == 0) LNT_TRY(lnt_engine_check(engine, err));
        items[i] = (lnt_sort_item){.string = lnt_column_str(strings, i), .row = (uint32_t)i};
        load_chunk(&items[i], 0);
    }
    return LNT_OK;
}

/// Numbers the sorted items' strings from 0, by row.
static lnt_status number_items(lnt_engine *engine, const lnt_sort_item *items, int64_t n, uint64_t *rank,
                               uint64_t *n_ranks, lnt_error *err) {
    uint64_t next = 0;
    for (int64_t i = 0; i < n; i++) {
        if (i % CHECK_ITEMS == 0) LNT_TRY(lnt_engine_check(engine, err));
        if (i > 0 && !lnt_str_equal(items[i].string, items[i - 1].string)) next++;
        rank[items[i].row] = next;
    }
    *n_ranks = n > 0 ? next + 1 : 0;
    return LNT_OK;
}

lnt_status lnt__rank_strings(lnt_engine *engine, const lnt_column *strings, lnt_room *ranks, uint64_t *n_ranks,
                             lnt_error *err) {
    int64_t n = strings->length;
    lnt_budget *budget = lnt_engine_budget(engine);
    lnt_room room = {0};
    *n_ranks = 0;
    if (n >= (int64_t)UINT32_MAX) return lnt_error_set(err, LNT_LIMIT, "sort: more than four thousand million strings");
    LNT_TRY(lnt__room_grow(ranks, budget, n, sizeof(uint64_t), "sort", err));
    LNT_TRY(lnt__room_grow(&room, budget, n, sizeof(lnt_sort_item), "sort", err));
    lnt_sort_item *items = lnt__room_data(&room);
    lnt_error stop = {0};
    lnt_string_sort sort = {.engine = engine, .err = err ? err : &stop};
    lnt_status status = load_items(engine, strings, items, err);
    if (status == LNT_OK) sort_items(&sort, items, n, 0);
    if (sort.stopped) status = sort.err->code;
    if (status == LNT_OK) status = number_items(engine, items, n, lnt__room_data(ranks), n_ranks, err);
    lnt__room_clear(&room);
    return status;
}
