/// @file spans.c
/// Spans: the index over ranges, and looking values up in it.
#include "exec/spans.h"

enum { LNT_SLOT_BITS_MAX = 20, LNT_FIND_AT_ONCE = 32, LNT_CHECK_ROWS = 4096 };

static const lnt_span *items_of(const lnt_spans *spans) {
    return lnt__room_data(&spans->items);
}

void lnt__spans_clear(lnt_spans *spans) {
    lnt__room_clear(&spans->items);
    lnt__room_clear(&spans->reach);
    for (int s = 0; s < LNT_SPAN_SECTIONS; s++) lnt__room_clear(&spans->sections[s].slots);
    *spans = (lnt_spans){0};
}

// ---- spans that are apart ----

static inline int section_of(lnt_ip key) {
    if (key.hi != 0) return 2;
    uint64_t above = key.lo >> 32;
    return above < 0xffff ? 0 : above == 0xffff ? 1 : 2;
}

static inline uint64_t half_of(const lnt_span_section *section, lnt_ip key) {
    return section->low ? key.lo : key.hi;
}

/// Fills the table of a section whose borders are known.
static lnt_status index_section(lnt_spans *spans, lnt_span_section *section, lnt_error *err) {
    const lnt_span *items = items_of(spans);
    int64_t n = section->end - section->start;
    if (n == 0) return LNT_OK;
    section->base = half_of(section, items[section->start].first);
    uint64_t extent = half_of(section, items[section->end - 1].first) - section->base;
    int bits = 0;
    while (bits < LNT_SLOT_BITS_MAX && (int64_t)1 << bits < n) bits++;
    while (section->shift < 64 && extent >> section->shift >> bits) section->shift++;
    section->n_slots = (int64_t)1 << bits;
    LNT_TRY(lnt__room_grow(&section->slots, lnt_engine_budget(spans->engine), section->n_slots + 1, sizeof(uint32_t),
                           spans->who, err));
    uint32_t *slots = lnt__room_data(&section->slots);
    int64_t slot = 0;
    for (int64_t i = 0; i < n; i++) {
        uint64_t offset = half_of(section, items[section->start + i].first) - section->base;
        while (slot < (int64_t)(offset >> section->shift)) slots[++slot] = (uint32_t)i;
    }
    while (slot < section->n_slots) slots[++slot] = (uint32_t)n;
    return LNT_OK;
}

static lnt_status index_apart(lnt_spans *spans, lnt_error *err) {
    const lnt_span *items = items_of(spans);
    if (spans->n >= UINT32_MAX)
        return lnt_error_set(err, LNT_LIMIT, "%s can't index more than 4,294,967,294 ranges", spans->who);
    int64_t at = 0;
    for (int s = 0; s < LNT_SPAN_SECTIONS; s++) {
        lnt_span_section *section = &spans->sections[s];
        *section = (lnt_span_section){.start = at, .low = s < 2};
        while (at < spans->n && section_of(items[at].first) == s) at++;
        section->end = at;
        LNT_TRY(index_section(spans, section, err));
        LNT_TRY(lnt_engine_check(spans->engine, err));
    }
    return LNT_OK;
}

/// Spans [*low, *high) among which is the last one that begins at or before the key, if it isn't the one before *low.
static inline void narrow_down(const lnt_spans *spans, lnt_ip key, int64_t *low, int64_t *high) {
    const lnt_span_section *section = &spans->sections[section_of(key)];
    *low = *high = section->start;
    uint64_t half = half_of(section, key);
    if (section->n_slots == 0 || half < section->base) return;
    uint64_t slot = (half - section->base) >> section->shift;
    if (slot >= (uint64_t)section->n_slots) slot = (uint64_t)section->n_slots - 1;
    const uint32_t *slots = lnt__room_data(&section->slots);
    *low = section->start + slots[slot];
    *high = section->start + slots[slot + 1];
}

static inline int64_t search(const lnt_span *items, lnt_ip key, int64_t low, int64_t high) {
    while (low < high) { // the first that begins after the key
        int64_t middle = low + (high - low) / 2;
        if (lnt_ip_compare(items[middle].first, key) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && lnt_ip_compare(key, items[low - 1].last) <= 0 ? items[low - 1].row : -1;
}

void lnt__spans_find(const lnt_spans *spans, const lnt_ip *keys, int64_t n, int64_t *out) {
    const lnt_span *items = items_of(spans);
    int64_t low[LNT_FIND_AT_ONCE], high[LNT_FIND_AT_ONCE];
    for (int64_t at = 0; at < n; at += LNT_FIND_AT_ONCE) {
        int64_t m = n - at < LNT_FIND_AT_ONCE ? n - at : LNT_FIND_AT_ONCE;
        for (int64_t i = 0; i < m; i++) { // memory is fetched for all of them before the first is looked at
            narrow_down(spans, keys[at + i], &low[i], &high[i]);
            int64_t likely = high[i] > 0 ? high[i] - 1 : 0;
            if (items) __builtin_prefetch(&items[likely]);
        }
        for (int64_t i = 0; i < m; i++) out[at + i] = search(items, keys[at + i], low[i], high[i]);
    }
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
    LNT_TRY(search_tree(&search, 0, spans->n, err));
    *n = search.n;
    sort_rows(lnt__room_data(rows), search.n);
    return LNT_OK;
}
