/// @file json_rows.h
/// The inside of a worker's rows, shared by json_rows.c, which takes any record, and json_quick.c, which takes those
/// that hold nothing unusual.
///
/// Invariants: rows come in pages; a page of a column is there once a row of it has a value, and its null rows hold
/// zeros. Between records no row from `n_rows` on is valid.
#ifndef LNT_IO_JSON_ROWS_H
#define LNT_IO_JSON_ROWS_H

#include "base/bitmap.h"
#include "io/json/json_lines.h"

enum { LNT__JSON_PAGE_WORDS = LNT__JSON_PAGE_ROWS / 64 };

typedef struct lnt__json_page {
    uint64_t valid[LNT__JSON_PAGE_WORDS];
    uint8_t data[] __attribute__((aligned(64)));
} lnt__json_page;

/// A requested column.
typedef struct lnt__json_slot {
    lnt_type type;
    lnt__json_page **pages; ///< NULL where all rows are null
    int64_t n_pages, capacity;
    lnt__json_page *last; ///< pages[n_pages - 1]; NULL without
} lnt__json_slot;

/// What may stand at a key for its record to be taken without a closer look.
typedef enum lnt__json_way {
    LNT__JSON_WAY_UNKNOWN,
    LNT__JSON_WAY_NONE, ///< nothing
    LNT__JSON_WAY_SKIP, ///< any scalar: nobody asks for it
    LNT__JSON_WAY_NULL, ///< as everywhere below: null
    LNT__JSON_WAY_TEXT,
    LNT__JSON_WAY_INT,
    LNT__JSON_WAY_FLOAT,
    LNT__JSON_WAY_WHOLE_FLOAT, ///< only whole numbers in a column of floats, and
    LNT__JSON_WAY_PART_FLOAT,  ///< only others
    LNT__JSON_WAY_TIME,
    LNT__JSON_WAY_IP,
    LNT__JSON_WAY_BOOL
} lnt__json_way;

typedef struct lnt__json_road {
    lnt__json_way way;
    int64_t slot; ///< -1: not requested
} lnt__json_road;

struct lnt__json_rows {
    const lnt__json_settings *settings;
    const lnt__json_found *found;
    bool guessed;     ///< a value must be of a kind that was found
    int64_t *slot_of; ///< by column found; -1: not requested
    lnt__json_slot *slots;
    lnt_vec *vectors;
    int64_t n_slots;
    lnt_arena memory; ///< of the pages
    int64_t n_rows;
    const char *strange; ///< a column of this record that isn't as the first pass found it; fine if it is rejected
    lnt__json_road *roads; ///< by key; those from n_roads on are unknown
    int64_t n_roads, roads_capacity;
    int64_t n_taken, n_left; ///< records of the block that json_quick.c took, and left
};

/// Makes the page of row `row`, which isn't the last one; NULL without memory.
lnt__json_page *lnt__json_rows_add_page(lnt__json_rows *rows, lnt__json_slot *slot, int64_t row, lnt_error *err);

/// The page of row `row`, made if it isn't there; NULL without memory.
static inline lnt__json_page *lnt__json_rows_page_of(lnt__json_rows *rows, lnt__json_slot *slot, int64_t row,
                                                     lnt_error *err) {
    if (slot->last && row / LNT__JSON_PAGE_ROWS == slot->n_pages - 1) return slot->last;
    return lnt__json_rows_add_page(rows, slot, row, err);
}

/// Makes row `row` of the last page null again.
static inline void lnt__json_rows_clear(lnt__json_slot *slot, int64_t row) {
    lnt__json_page *at = row / LNT__JSON_PAGE_ROWS == slot->n_pages - 1 ? slot->last : NULL;
    if (!at || !lnt_bitmap_get(at->valid, row % LNT__JSON_PAGE_ROWS)) return;
    int64_t size = lnt_vec_value_bytes(slot->type);
    __builtin_memset(at->data + (row % LNT__JSON_PAGE_ROWS) * size, 0, (size_t)size);
    lnt_bitmap_unset(at->valid, row % LNT__JSON_PAGE_ROWS);
}

/// Takes the record at `text->at` as a row if all that is in it is as it was in records before, and beyond doubt. BAD:
/// it isn't, which says nothing of the record, and nothing has moved.
lnt__json_result lnt__json_rows_take_quickly(void *context, lnt__json_block *block, lnt__json_text *text, lnt_error *err);

#endif
