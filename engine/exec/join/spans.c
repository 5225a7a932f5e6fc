/// @file spans.c
/// Spans: the index over ranges, and looking values up in it.
#include "exec/join/spans.h"

enum { LNT_SLOT_BITS_MAX = 20, LNT_FIND_AT_ONCE = 64, LNT_CHECK_ROWS = 4096 };

static const lnt_span *items_of(const lnt_spans *spans) {
    return lnt__room_data(&spans->items);
}

void lnt__spans_clear(lnt_spans *spans) {
    lnt__room_clear(&spans->items);
    lnt__room_clear(&spans->reach);
    lnt__room_clear(&spans->wide.slots);
    lnt__room_clear(&spans->narrow_items);
    lnt__room_clear(&spans->narrow.slots);
    *spans = (lnt_spans){0};
}

// ---- spans that are apart: building ----

/// Fills a table over `n` spans of `stride` bytes, which begin with the number that counts.
static lnt_status fill_table(lnt_spans *spans, lnt_span_table *table, const void *items, int64_t stride, int64_t n,
                             lnt_error *err) {
    if (n == 0) return LNT_OK;
    const char *first = items;
    table->base = *(const uint64_t *)(const void *)first;
    uint64_t extent = *(const uint64_t *)(const void *)(first + (n - 1) * stride) - table->base;
    int bits = 0;
    while (bits < LNT_SLOT_BITS_MAX && (int64_t)1 << bits < n) bits++;
    while (extent >> table->shift >> bits) table->shift++;
    table->n_slots = (int64_t)1 << bits;
    LNT_TRY(lnt__room_grow(&table->slots, lnt_engine_budget(spans->engine), table->n_slots + 1, sizeof(uint32_t),
                           spans->who, err));
    uint32_t *slots = lnt__room_data(&table->slots);
    int64_t slot = 0;
    for (int64_t i = 0; i < n; i++) {
        uint64_t offset = *(const uint64_t *)(const void *)(first + i * stride) - table->base;
        while (slot < (int64_t)(offset >> table->shift)) slots[++slot] = (uint32_t)i;
    }
    while (slot < table->n_slots) slots[++slot] = (uint32_t)n;
    return lnt_engine_check(spans->engine, err);
}

static const lnt_ip ipv4_first = {0, 0xffff00000000u}, ipv4_last = {0, 0xffffffffffffu};

/// The part of a span that numbers (or IPv4 addresses) can be in; false if there is none.
static bool narrow_part(const lnt_spans *spans, const lnt_span *span, lnt_narrow_span *out) {
    lnt_ip first = span->first, last = span->last;
    out->row = span->row;
    if (spans->numbers) { // in the upper half, the lower being 0
        if (first.lo > 0 && first.hi == UINT64_MAX) return false;
        out->first = first.hi + (first.lo > 0);
        out->last = last.hi;
        return out->first <= out->last;
    }
    if (lnt_ip_compare(last, ipv4_first) < 0 || lnt_ip_compare(first, ipv4_last) > 0) return false;
    out->first = lnt_ip_compare(first, ipv4_first) < 0 ? ipv4_first.lo : first.lo;
    out->last = lnt_ip_compare(last, ipv4_last) > 0 ? ipv4_last.lo : last.lo;
    return true;
}

static lnt_status index_narrow(lnt_spans *spans, lnt_error *err) {
    const lnt_span *items = items_of(spans);
    int64_t n = 0;
    lnt_narrow_span part;
    for (int64_t i = 0; i < spans->n; i++) n += narrow_part(spans, &items[i], &part);
    LNT_TRY(lnt__room_grow(&spans->narrow_items, lnt_engine_budget(spans->engine), n, sizeof part, spans->who, err));
    lnt_narrow_span *narrow = lnt__room_data(&spans->narrow_items);
    for (int64_t i = 0; i < spans->n; i++)
        if (narrow_part(spans, &items[i], &part)) narrow[spans->n_narrow++] = part;
    return fill_table(spans, &spans->narrow, narrow, sizeof *narrow, n, err);
}

static lnt_status index_apart(lnt_spans *spans, lnt_error *err) {
    if (spans->n >= UINT32_MAX)
        return lnt_error_set(err, LNT_LIMIT, "%s can't index more than 4,294,967,294 ranges", spans->who);
    LNT_TRY(index_narrow(spans, err));
    return fill_table(spans, &spans->wide, items_of(spans), sizeof(lnt_span), spans->n, err);
}

// ---- spans that are apart: finding ----

/// The slot of a number that isn't before the first span.
static inline int64_t slot_of(const lnt_span_table *table, uint64_t number) {
    uint64_t slot = (number - table->base) >> table->shift;
    return slot < (uint64_t)table->n_slots ? (int64_t)slot : table->n_slots - 1;
}

/// The row of the span that holds the number; -1 where none does. Spans [low, high) begin in its slot.
static inline int64_t search_narrow(const lnt_narrow_span *items, uint64_t number, int64_t low, int64_t high) {
    while (low < high) { // the first that begins after the number
        int64_t middle = low + (high - low) / 2;
        if (items[middle].first <= number)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && number <= items[low - 1].last ? items[low - 1].row : -1;
}

void lnt__spans_find_narrow(const lnt_spans *spans, const uint64_t *numbers, int64_t n, int64_t *out) {
    const lnt_span_table *table = &spans->narrow;
    const lnt_narrow_span *items = lnt__room_data(&spans->narrow_items);
    const uint32_t *slots = lnt__room_data(&table->slots);
    int64_t places[LNT_FIND_AT_ONCE], low[LNT_FIND_AT_ONCE];
    for (int64_t at = 0; at < n; at += LNT_FIND_AT_ONCE) {
        int64_t m = n - at < LNT_FIND_AT_ONCE ? n - at : LNT_FIND_AT_ONCE;
        for (int64_t i = 0; i < m; i++) { // memory is fetched for all of them before the first is looked at
            bool before = table->n_slots == 0 || numbers[at + i] < table->base;
            places[i] = before ? -1 : slot_of(table, numbers[at + i]);
            if (!before) __builtin_prefetch(&slots[places[i]]);
        }
        for (int64_t i = 0; i < m; i++) {
            if (places[i] < 0) continue;
            low[i] = slots[places[i]];
            places[i] = slots[places[i] + 1];
            __builtin_prefetch(&items[places[i] > 0 ? places[i] - 1 : 0]);
        }
        for (int64_t i = 0; i < m; i++)
            out[at + i] = places[i] < 0 ? -1 : search_narrow(items, numbers[at + i], low[i], places[i]);
    }
}

int64_t lnt__spans_find_wide(const lnt_spans *spans, lnt_ip key) {
    const lnt_span *items = items_of(spans);
    const lnt_span_table *table = &spans->wide;
    if (table->n_slots == 0 || key.hi < table->base) return -1;
    const uint32_t *slots = lnt__room_data(&table->slots);
    int64_t slot = slot_of(table, key.hi), low = slots[slot], high = slots[slot + 1];
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (lnt_ip_compare(items[middle].first, key) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && lnt_ip_compare(key, items[low - 1].last) <= 0 ? items[low - 1].row : -1;
}

// ---- spans that overlap ----

/// Nodes of the tree over [low, high): the middle one, and the trees of the halves beside it.
static lnt_ip fill_reach(const lnt_span *items, lnt_ip *reach, int64_t low, int64_t high) {
    int64_t middle = low + (high - low) / 2;
    lnt_ip most = items[middle].last;
    if (low < middle) {
        lnt_ip left = fill_reach(items, reach, low, middle);
        if (lnt_ip_compare(left, most) > 0) most = left;
    }
    if (middle + 1 < high) {
        lnt_ip right = fill_reach(items, reach, middle + 1, high);
        if (lnt_ip_compare(right, most) > 0) most = right;
    }
    reach[middle] = most;
    return most;
}

lnt_status lnt__spans_index(lnt_spans *spans, lnt_error *err) {
    const lnt_span *items = items_of(spans);
    spans->apart = true;
    for (int64_t i = 1; i < spans->n && spans->apart; i++)
        spans->apart = lnt_ip_compare(items[i - 1].last, items[i].first) < 0;
    if (spans->apart) return index_apart(spans, err);
    LNT_TRY(lnt__room_grow(&spans->reach, lnt_engine_budget(spans->engine), spans->n, sizeof(lnt_ip), spans->who, err));
    (void)fill_reach(items, lnt__room_data(&spans->reach), 0, spans->n);
    return LNT_OK;
}

/// One search on its way through the tree.
typedef struct lnt_span_search {
    const lnt_spans *spans;
    lnt_ip key;
    lnt_room *rows;
    int64_t n;
} lnt_span_search;

static lnt_status add_row(lnt_span_search *search, int64_t row, lnt_error *err) {
    const lnt_spans *spans = search->spans;
    if (search->n % LNT_CHECK_ROWS == LNT_CHECK_ROWS - 1) LNT_TRY(lnt_engine_check(spans->engine, err));
    LNT_TRY(lnt__room_grow(search->rows, lnt_engine_budget(spans->engine), search->n + 1, sizeof row, spans->who, err));
    ((int64_t *)lnt__room_data(search->rows))[search->n++] = row;
    return LNT_OK;
}

static lnt_status search_tree(lnt_span_search *search, int64_t low, int64_t high, lnt_error *err) {
    const lnt_span *items = items_of(search->spans);
    const lnt_ip *reach = lnt__room_data(&search->spans->reach);
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (lnt_ip_compare(reach[middle], search->key) < 0) return LNT_OK; // everything here ends before
        LNT_TRY(search_tree(search, low, middle, err));
        if (lnt_ip_compare(items[middle].first, search->key) > 0) return LNT_OK; // so does all that follows begin after
        if (lnt_ip_compare(search->key, items[middle].last) <= 0) LNT_TRY(add_row(search, items[middle].row, err));
        low = middle + 1;
    }
    return LNT_OK;
}

/// Heap sort: any number of rows, no memory.
static void sort_rows(int64_t *rows, int64_t n) {
    for (int64_t start = n / 2, end = n; end > 1;) {
        int64_t value;
        if (start > 0) {
            value = rows[--start];
        } else {
            value = rows[--end];
            rows[end] = rows[0];
        }
        int64_t at = start;
        for (int64_t child = 2 * at + 1; child < end; child = 2 * at + 1) {
            if (child + 1 < end && rows[child + 1] > rows[child]) child++;
            if (rows[child] <= value) break;
            rows[at] = rows[child];
            at = child;
        }
        rows[at] = value;
    }
}

lnt_status lnt__spans_find_all(const lnt_spans *spans, lnt_ip key, lnt_room *rows, int64_t *n, lnt_error *err) {
    lnt_span_search search = {spans, key, rows, 0};
    int64_t only = spans->apart ? lnt__spans_find_wide(spans, key) : -1;
    if (only >= 0) LNT_TRY(add_row(&search, only, err));
    if (!spans->apart) LNT_TRY(search_tree(&search, 0, spans->n, err));
    *n = search.n;
    sort_rows(lnt__room_data(rows), search.n);
    return LNT_OK;
}
