/// @file json_quick.c
/// Records that hold nothing unusual, straight into rows.
///
/// Workload: logs whose records have the same keys in the same order, and scalars as values, of the types that their
/// columns have. The keys that are expected are compared where they stand, and each value is read as what its column
/// takes, without a list of cells in between. Nested objects are gone into; strings may not have escapes.
/// Invariant: a record is taken only if json_record.c and json_rows.c would take it, with the same outcome. Anything that
/// is in doubt is left to them, from the record's start: tests hold the two against each other.
#include "column/value_text.h"
#include "io/json/json_plain.h"
#include "io/json/json_rows.h"

enum { NESTED = 8 }; ///< objects in objects that are gone into

// ---- what may stand at a key ----

/// The ways of numbers in a column of floats, by which of them were found.
static lnt__json_way float_way(unsigned kinds) {
    bool whole = kinds >> LNT__KIND_INT & 1, part = kinds >> LNT__KIND_FLOAT & 1;
    return whole && part ? LNT__JSON_WAY_FLOAT : whole ? LNT__JSON_WAY_WHOLE_FLOAT : part ? LNT__JSON_WAY_PART_FLOAT : LNT__JSON_WAY_NULL;
}

/// What the column of a type takes. `kinds`: of which values may be.
static lnt__json_way way_of_type(lnt_type type, unsigned kinds) {
    static const lnt__json_way ways[LNT_TYPE_COUNT] = {
        [LNT_BOOL] = LNT__JSON_WAY_BOOL, [LNT_INT] = LNT__JSON_WAY_INT, [LNT_STRING] = LNT__JSON_WAY_TEXT,
        [LNT_TIME] = LNT__JSON_WAY_TIME, [LNT_IP] = LNT__JSON_WAY_IP};
    if (type == LNT_FLOAT) return float_way(kinds);
    if (type == LNT_STRING && !(kinds >> LNT__KIND_STRING & 1)) return LNT__JSON_WAY_NULL;
    return ways[type];
}

static lnt__json_road find_road(const lnt__json_rows *rows, lnt__json_key *key) {
    const lnt__json_found *found = rows->found;
    if (key->column < 0) key->column = lnt__json_columns_find(&found->columns, key->path);
    if (key->column < 0) return (lnt__json_road){LNT__JSON_WAY_NONE, -1};
    const lnt__json_column *column = &found->columns.items[key->column];
    const int64_t slot = rows->slot_of[key->column];
    const bool given = column->declared != LNT_NULL;
    if (slot < 0 && given && column->declared != LNT_STRING) return (lnt__json_road){LNT__JSON_WAY_NONE, -1};
    if (slot < 0 && (given || !rows->guessed)) return (lnt__json_road){LNT__JSON_WAY_SKIP, -1};
    lnt_type type = column->type == LNT_NULL ? LNT_STRING : column->type;
    return (lnt__json_road){way_of_type(type, rows->guessed && !given ? column->kinds : ~0u), slot};
}

/// The road of a key that is met for the first time; NULL: without memory there is none.
static const lnt__json_road *new_road(lnt__json_rows *rows, lnt__json_keys *keys, int32_t key) {
    lnt_error ignored = {0};
    if (key >= rows->n_roads) {
        if (lnt_grow((void **)&rows->roads, &rows->roads_capacity, keys->n, sizeof *rows->roads, &ignored) != LNT_OK)
            return NULL;
        memset(rows->roads + rows->n_roads, 0, (size_t)(keys->n - rows->n_roads) * sizeof *rows->roads);
        rows->n_roads = keys->n;
    }
    rows->roads[key] = find_road(rows, &keys->items[key]);
    return &rows->roads[key];
}

static inline const lnt__json_road *road_of(lnt__json_rows *rows, lnt__json_keys *keys, int32_t key) {
    if (key < rows->n_roads && rows->roads[key].way != LNT__JSON_WAY_UNKNOWN) return &rows->roads[key];
    return new_road(rows, keys, key);
}

// ---- values: behind them, or NULL ----

/// One record on its way.
typedef struct quick {
    lnt__json_rows *rows;
    lnt__json_text *text;
    lnt_error *err;
    bool failed;    ///< no memory
    lnt_ip nowhere; ///< where values go that nobody asks for
} quick;

/// The present row's place in the column where a road leads, for a value of `size` bytes; NULL without memory.
static inline void *cell_of(quick *q, const lnt__json_road *road, int64_t size) {
    if (road->slot < 0) return &q->nowhere;
    lnt__json_page *page = lnt__json_rows_page_of(q->rows, &q->rows->slots[road->slot], q->rows->n_rows, q->err);
    q->failed |= !page;
    if (!page) return NULL;
    int64_t row = q->rows->n_rows % LNT__JSON_PAGE_ROWS;
    lnt_bitmap_set(page->valid, row);
    return page->data + row * size;
}

/// The closing quote of the string at `at`; it may have bytes beyond ASCII, but no escapes.
static const char *closing_quote(quick *q, const char *at) {
    lnt__json_string string;
    q->text->at = at;
    if (lnt__json_scan_string(q->text, &string) != LNT__JSON_OK || string.escaped) return NULL;
    return string.raw.data + string.raw.size;
}

static inline const char *take_string(quick *q, const lnt__json_road *road, const char *at) {
    const char *first = at + 1, *end = lnt__json_plain_end(first);
    if (*end != '"' && !(end = closing_quote(q, at))) return NULL;
    void *cell;
    switch (road->way) {
    case LNT__JSON_WAY_TEXT:
        cell = cell_of(q, road, sizeof(lnt_str));
        if (cell) *(lnt_str *)cell = (lnt_str){first, end - first};
        return cell ? end + 1 : NULL;
    case LNT__JSON_WAY_SKIP:
        return end + 1;
    case LNT__JSON_WAY_TIME:
        cell = cell_of(q, road, sizeof(int64_t));
        return cell && lnt_parse_time(first, end - first, cell) ? end + 1 : NULL;
    case LNT__JSON_WAY_IP:
        cell = cell_of(q, road, sizeof(lnt_ip));
        return cell && lnt_parse_ip(first, end - first, cell) ? end + 1 : NULL;
    default:
        return NULL;
    }
}

static inline const char *take_int(quick *q, const lnt__json_road *road, const char *at) {
    int64_t value;
    bool negative = *at == '-';
    at = lnt__json_behind_digits(at + negative, &value);
    int64_t *cell = at ? cell_of(q, road, sizeof *cell) : NULL;
    if (cell) *cell = negative ? -value : value;
    return cell ? at : NULL;
}

/// A number without an exponent, which can't be out of range; whether it is whole to `*whole`.
static const char *scan_number(quick *q, const char *at, lnt_str *number, bool *whole) {
    enum { LONGEST = 18 };
    q->text->at = at;
    if ((*at != '-' && (unsigned)(*at - '0') > 9) || lnt__json_scan_number(q->text, number, whole) != LNT__JSON_OK) return NULL;
    bool may_overflow = number->size > LONGEST || memchr(at, 'e', (size_t)number->size) || memchr(at, 'E', (size_t)number->size);
    return may_overflow ? NULL : q->text->at;
}

static const char *take_float(quick *q, const lnt__json_road *road, const char *at) {
    lnt_str number;
    bool whole;
    at = scan_number(q, at, &number, &whole);
    if (at && whole && *number.data == '-' && number.data[1] == '0') return NULL; // as an int it has no sign
    if (!at || road->way == (whole ? LNT__JSON_WAY_PART_FLOAT : LNT__JSON_WAY_WHOLE_FLOAT)) return NULL;
    void *cell = cell_of(q, road, sizeof(double));
    return cell && lnt_parse_float(number.data, number.size, cell) ? at : NULL;
}

/// Behind true or false, which goes to `*value`.
static inline const char *behind_truth(const char *at, bool *value) {
    *value = memcmp(at, "true", 4) == 0;
    return *value ? at + 4 : memcmp(at, "false", 5) == 0 ? at + 5 : NULL;
}

static inline const char *take_truth(quick *q, const lnt__json_road *road, const char *at) {
    bool value;
    const char *behind = behind_truth(at, &value);
    uint8_t *cell = behind ? cell_of(q, road, 1) : NULL;
    if (cell) *cell = value;
    return cell ? behind : NULL;
}

static const char *skip_value(quick *q, const char *at) {
    bool ignored;
    lnt_str number;
    const char *behind = behind_truth(at, &ignored);
    return behind ? behind : scan_number(q, at, &number, &ignored);
}

static inline const char *take_value(quick *q, const lnt__json_road *road, const char *at) {
    if (road->way == LNT__JSON_WAY_NONE) return NULL;
    if (*at == '"') return take_string(q, road, at);
    if (memcmp(at, "null", 4) == 0) { // of a key that comes twice the last value counts
        if (road->slot >= 0) lnt__json_rows_clear(&q->rows->slots[road->slot], q->rows->n_rows);
        return at + 4;
    }
    switch (road->way) {
    case LNT__JSON_WAY_INT:
        return take_int(q, road, at);
    case LNT__JSON_WAY_FLOAT:
    case LNT__JSON_WAY_WHOLE_FLOAT:
    case LNT__JSON_WAY_PART_FLOAT:
        return take_float(q, road, at);
    case LNT__JSON_WAY_BOOL:
        return take_truth(q, road, at);
    case LNT__JSON_WAY_SKIP:
        return skip_value(q, at);
    default:
        return NULL;
    }
}

// ---- records ----

/// All members of the object at `at`, and of objects in it; behind it, or NULL.
static const char *take_members(quick *q, lnt__json_keys *keys, const char *at) {
    int32_t key = keys->first, above[NESTED];
    int depth = 0;
    const char *end = q->text->end;
    at++;
    while (key >= 0) {
        at = lnt__json_behind_key(&keys->items[key], at, end);
        if (!at) return NULL;
        at += *at == ' ';
        if (*at == '{') {
            if (depth == NESTED) return NULL;
            above[depth++] = key;
            key = keys->items[key].first;
            at++;
            continue;
        }
        const lnt__json_road *road = road_of(q->rows, keys, key);
        at = road ? take_value(q, road, at) : NULL;
        if (!at) return NULL;
        for (; *at == '}'; key = above[--depth], at++)
            if (depth == 0) return at + 1;
        if (*at != ',') return NULL;
        at += 1 + (at[1] == ' ');
        key = keys->items[key].follower;
    }
    return NULL;
}

/// Whether trying is worth it: records that are left alone have been looked at in vain.
static bool is_worth_it(const lnt__json_rows *rows) {
    enum { FEW = 32 };
    return rows->settings->options.n_nulls == 0 && (rows->n_left < FEW || rows->n_left < rows->n_taken);
}

/// Whether `at` is behind a record that the line ends with, and that is clearly not too long.
static bool ends_well(const lnt__json_rows *rows, const char *start, const char *at) {
    const char *newline = at + (*at == '\r');
    return *newline == '\n' && newline - start < rows->settings->most;
}

lnt__json_result lnt__json_rows_take_quickly(void *context, lnt__json_block *block, lnt__json_text *text, lnt_error *err) {
    lnt__json_rows *rows = context;
    if (!is_worth_it(rows)) return LNT__JSON_BAD;
    quick q = {.rows = rows, .text = text, .err = err};
    const char *start = text->at, *at = take_members(&q, &block->keys, start);
    if (at && ends_well(rows, start, at)) {
        text->at = at;
        rows->n_rows++;
        rows->n_taken++;
        return LNT__JSON_OK;
    }
    text->at = start;
    rows->n_left++;
    for (int64_t i = 0; i < rows->n_slots; i++) lnt__json_rows_clear(&rows->slots[i], rows->n_rows);
    return q.failed ? LNT__JSON_FAILED : LNT__JSON_BAD;
}
