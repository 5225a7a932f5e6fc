/// @file groups_direct.c
/// Groups by index. Works on the words of keys, a block at a time: a pass per key widens its window, another adds the
/// key's part to the rows' indexes, and a last one looks the indexes up.
#include "exec/aggregate/groups_direct.h"

#include <string.h>

enum { LNT_DIRECT_BLOCK = 1024 };

/// One key's values in a block of tuples.
typedef struct lnt_column_of {
    const lnt_key_field *field;
    const uint64_t *words; ///< of the block's first tuple
    const bool *null;      ///< of a lone wide key with nulls, else NULL
    int width;
} lnt_column_of;

static lnt_column_of column_of(const lnt_groups *groups, int64_t field, const uint64_t *words, const bool *null) {
    return (lnt_column_of){&groups->layout->fields[field], words, groups->layout->lone_wide ? null : NULL,
                           groups->layout->n_words};
}

/// The value of tuple k, and whether it is null.
static inline uint64_t value_of(const lnt_column_of *column, int64_t k, bool *null) {
    const uint64_t *words = column->words + k * column->width;
    const lnt_key_field *field = column->field;
    uint64_t word = lnt__key_part(field, words);
    if (field->type == LNT_STRING) {
        *null = word == 0;
    } else if (field->type == LNT_BOOL) {
        *null = word == 2;
    } else if (field->null_word >= 0) {
        *null = words[field->null_word] >> field->null_shift & 1;
    } else {
        *null = column->null && column->null[k];
    }
    return word;
}

// ---- windows ----

/// How many bits hold the numbers 0 … last.
static int bits_of(uint64_t last) {
    int bits = 0;
    for (; last > 0; last >>= 1) bits++;
    return bits;
}

/// The least and greatest value of a block, as signed numbers; false where all are null.
static bool find_range(const lnt_column_of *column, int64_t n, int64_t *least, int64_t *greatest) {
    bool any = false;
    *least = INT64_MAX;
    *greatest = INT64_MIN;
    for (int64_t k = 0; k < n; k++) {
        bool null;
        int64_t value = (int64_t)value_of(column, k, &null);
        if (null) continue;
        any = true;
        if (value < *least) *least = value;
        if (value > *greatest) *greatest = value;
    }
    return any;
}

static inline bool holds(const lnt_window *window, int64_t value) {
    return (uint64_t)value - (uint64_t)window->first < ((uint64_t)1 << window->bits) - 1;
}

/// Makes the window hold both. What it has beyond them lies half on each side, as the next values may, but never beyond
/// the numbers there are: a window that wrapped around would forget its values when it is widened. False where there are
/// too many values.
static bool widen(lnt_window *window, int most_bits, int64_t least, int64_t greatest) {
    bool fresh = window->bits == 0;
    if (!fresh) {
        int64_t last = (int64_t)((uint64_t)window->first + ((uint64_t)1 << window->bits) - 2);
        least = window->first < least ? window->first : least;
        greatest = last > greatest ? last : greatest;
    }
    uint64_t n = (uint64_t)greatest - (uint64_t)least;
    if (n >= (uint64_t)1 << most_bits) return false;
    window->bits = bits_of(n + 1);
    uint64_t spare = ((uint64_t)1 << window->bits) - 2 - n, before = fresh ? 0 : spare / 2;
    uint64_t below = (uint64_t)least - (uint64_t)INT64_MIN, above = (uint64_t)INT64_MAX - (uint64_t)greatest;
    if (spare - before > above) before = spare - above;
    if (before > below) before = below;
    window->first = (int64_t)((uint64_t)least - before);
    return true;
}

/// Widens the windows for a block. `*changed` tells whether the array has to be made anew. False: too many values.
static bool widen_all(lnt_groups *groups, const uint64_t *words, const bool *null, int64_t n, bool *changed) {
    int bits = 0;
    for (int64_t f = 0; f < groups->layout->n_fields; f++) {
        lnt_column_of column = column_of(groups, f, words, null);
        lnt_window *window = &groups->direct.windows[f];
        int64_t least, greatest;
        if (find_range(&column, n, &least, &greatest) && !(window->bits && holds(window, least) && holds(window, greatest))) {
            if (!widen(window, groups->direct.most_bits, least, greatest)) return false;
            *changed = true;
        }
        bits += window->bits;
    }
    return bits <= groups->direct.most_bits;
}

// ---- indexes ----

/// Adds each row's place in the key's window to its index, at `shift`. What the window doesn't hold sets `outside`.
static void add_places(const lnt_column_of *column, const lnt_window *window, int shift, int64_t n, uint32_t *index,
                       uint32_t *outside) {
    uint64_t first = (uint64_t)window->first - 1, size = (uint64_t)1 << window->bits;
    for (int64_t k = 0; k < n; k++) {
        bool null;
        uint64_t place = value_of(column, k, &null) - first;
        place = null ? 0 : place;
        if (outside) outside[k] |= place >= size || (place == 0 && !null);
        index[k] |= (uint32_t)(place & (size - 1)) << shift;
    }
}

static void find_indexes(const lnt_groups *groups, const uint64_t *words, const bool *null, int64_t n,
                         uint32_t *index, uint32_t *outside) {
    int shift = 0;
    memset(index, 0, (size_t)n * sizeof *index);
    for (int64_t f = 0; f < groups->layout->n_fields; f++) {
        lnt_column_of column = column_of(groups, f, words, null);
        const lnt_window *window = &groups->direct.windows[f];
        add_places(&column, window, shift, n, index, outside);
        shift += window->bits;
    }
}

/// Makes the array for the windows as they are now, with the groups there are.
static lnt_status rebuild(lnt_groups *groups, lnt_error *err) {
    lnt_direct *direct = &groups->direct;
    lnt_tuples *tuples = &groups->tuples;
    int bits = 0;
    for (int64_t f = 0; f < groups->layout->n_fields; f++) bits += direct->windows[f].bits;
    direct->n = (int64_t)1 << bits;
    LNT_TRY(lnt__room_grow(&direct->groups, tuples->budget, direct->n, sizeof(uint32_t), tuples->who, err));
    uint32_t *by_index = lnt__room_data(&direct->groups), index[LNT_DIRECT_BLOCK];
    memset(by_index, 0, (size_t)direct->n * sizeof *by_index);
    for (int64_t start = 0; start < tuples->n; start += LNT_DIRECT_BLOCK) {
        int64_t n = tuples->n - start < LNT_DIRECT_BLOCK ? tuples->n - start : LNT_DIRECT_BLOCK;
        bool null[LNT_DIRECT_BLOCK] = {false};
        if (groups->null_group >= start && groups->null_group < start + n) null[groups->null_group - start] = true;
        find_indexes(groups, lnt__tuples_get(tuples, start), null, n, index, NULL);
        for (int64_t k = 0; k < n; k++) by_index[index[k]] = (uint32_t)(start + k) + 1;
    }
    return LNT_OK;
}

/// Looks a block's indexes up and adds what isn't there. There is room for all.
static void add_block(lnt_groups *groups, const uint64_t *words, const bool *null, const uint32_t *index, int64_t n,
                      uint32_t *out) {
    lnt_tuples *tuples = &groups->tuples;
    uint32_t *by_index = lnt__room_data(&groups->direct.groups);
    uint64_t *own = lnt__room_data(&tuples->words);
    for (int64_t k = 0; k < n; k++) {
        uint32_t group = by_index[index[k]];
        if (!group) {
            memcpy(own + tuples->n * tuples->width, words + k * tuples->width, (size_t)tuples->width * sizeof *own);
            if (groups->layout->lone_wide && null && null[k]) groups->null_group = tuples->hidden = tuples->n;
            group = by_index[index[k]] = (uint32_t)++tuples->n;
        }
        out[k] = group - 1;
    }
}

lnt_status lnt__groups_add_direct(lnt_groups *groups, const lnt_key_scratch *scratch, int64_t n, bool any_null,
                                  uint32_t *out, bool *done, lnt_error *err) {
    lnt_tuples *tuples = &groups->tuples;
    *done = false;
    for (int64_t start = 0; start < n; start += LNT_DIRECT_BLOCK) {
        int64_t count = n - start < LNT_DIRECT_BLOCK ? n - start : LNT_DIRECT_BLOCK;
        const uint64_t *words = scratch->words + start * tuples->width;
        const bool *null = any_null ? scratch->null + start : NULL;
        uint32_t index[LNT_DIRECT_BLOCK];
        bool changed = groups->direct.n == 0;
        if (!widen_all(groups, words, null, count, &changed)) {
            groups->direct.wanted = false;
            groups->direct.n = 0;
            lnt__room_clear(&groups->direct.groups);
            return lnt__tuples_reindex(tuples, err);
        }
        if (changed) LNT_TRY(rebuild(groups, err));
        LNT_TRY(lnt__room_grow(&tuples->words, tuples->budget, (tuples->n + count) * tuples->width, sizeof(uint64_t),
                               tuples->who, err));
        find_indexes(groups, words, null, count, index, NULL);
        add_block(groups, words, null, index, count, out + start);
    }
    *done = true;
    return LNT_OK;
}

void lnt__groups_find_direct(const lnt_groups *groups, const lnt_key_scratch *scratch, int64_t n, bool any_null,
                             uint32_t *out) {
    const uint32_t *by_index = lnt__room_data(&groups->direct.groups);
    int width = groups->layout->n_words;
    for (int64_t start = 0; start < n; start += LNT_DIRECT_BLOCK) {
        int64_t count = n - start < LNT_DIRECT_BLOCK ? n - start : LNT_DIRECT_BLOCK;
        uint32_t index[LNT_DIRECT_BLOCK], outside[LNT_DIRECT_BLOCK] = {0};
        if (by_index)
            find_indexes(groups, scratch->words + start * width, any_null ? scratch->null + start : NULL, count, index,
                         outside);
        for (int64_t k = 0; k < count; k++)
            out[start + k] = by_index && !outside[k] ? by_index[index[k]] - 1 : LNT_NONE;
    }
}
