// The smallest and largest value of a record batch's columns: noted in the message's metadata by our writer, looked at
// by the scan, so that batches without a row that a filter keeps aren't read.
//
// The note is text, `lunette.ranges`: a line for each column, its number and, where it has values, the two. Numbers,
// times and addresses have one; a column of floats with NaN among them has none.
#include <math.h>
#include <string.h>

#include "column/value_text.h"
#include "io/arrow/arrow.h"
#include "io/arrow/arrow_writer.h"

static const char key[] = "lunette.ranges";

/// -1, 0 or 1; both are of the same type.
static int compare(const lnt_value *a, const lnt_value *b) {
    switch (a->type) {
    case LNT_FLOAT:
        return a->as.f < b->as.f ? -1 : a->as.f > b->as.f;
    case LNT_IP:
        return lnt_ip_compare(a->as.ip, b->as.ip);
    default:
        return a->as.i < b->as.i ? -1 : a->as.i > b->as.i;
    }
}

static bool has_range(lnt_type type) {
    return type == LNT_INT || type == LNT_FLOAT || type == LNT_TIME || type == LNT_IP;
}

// ---- writing ----

/// What the rows seen so far hold.
typedef struct extremes {
    bool any, unordered;
    lnt_value low, high;
} extremes;

static void note(extremes *e, const lnt_value *value) {
    if (value->is_null) return;
    e->unordered |= value->type == LNT_FLOAT && isnan(value->as.f);
    if (!e->any || compare(value, &e->low) < 0) e->low = *value;
    if (!e->any || compare(value, &e->high) > 0) e->high = *value;
    e->any = true;
}

lnt_status lnt__arrow_note_ranges(lnt__arrow_writer *w, const lnt_column *const *columns, int64_t start, int64_t n,
                                  lnt_text *out, lnt_error *err) {
    for (int64_t c = 0; c < lnt_schema_n_columns(w->schema); c++) {
        if (!has_range(lnt_schema_type(w->schema, c))) continue;
        extremes e = {0};
        for (int64_t at = 0; at < n; at += LNT_BATCH_ROWS) {
            int64_t size = n - at < LNT_BATCH_ROWS ? n - at : LNT_BATCH_ROWS;
            lnt_vec vec;
            lnt_arena_reset(&w->scratch);
            LNT_TRY(lnt_vec_from_column(columns[c], start + at, size, &w->scratch, &vec, err));
            for (int64_t i = 0; i < (vec.form == LNT_FORM_CONSTANT ? 1 : size); i++) {
                lnt_value value = lnt_vec_get(&vec, i);
                note(&e, &value);
            }
        }
        if (e.unordered) continue;
        char text[LNT_FORMAT_BYTES];
        lnt_text_addf(out, "%lld", (long long)c);
        for (int k = 0; e.any && k < 2; k++)
            lnt_text_addf(out, " %.*s", lnt_format_value(k ? e.high : e.low, text), text);
        lnt_text_add_char(out, '\n');
    }
    return lnt_text_check(out, err);
}

int64_t lnt__arrow_put_ranges(lnt_text *out, const lnt_text *ranges) {
    static const lnt__fb_slot slots[] = {{0, 4, 0}, {1, 4, 0}};
    int64_t places[2], vector = lnt__fb_put_vector(out, NULL, 1, 4);
    lnt__fb_point(out, lnt__fb_item_place(vector, 0), lnt__fb_put_table(out, slots, 2, places));
    lnt__fb_point(out, places[0], lnt__fb_put_string(out, key, sizeof key - 1));
    lnt__fb_point(out, places[1], lnt__fb_put_string(out, ranges->data, ranges->size));
    return vector;
}

// ---- reading ----

/// The next word of a line, which ends at a space or the line's end.
static lnt_str next_word(lnt_str *line) {
    const char *space = memchr(line->data, ' ', (size_t)line->size);
    lnt_str word = {line->data, space ? space - line->data : line->size};
    int64_t taken = word.size + (space != NULL);
    *line = (lnt_str){line->data + taken, line->size - taken};
    return word;
}

/// Whether rows of which `line` is said may be in the range. What can't be understood may be anything.
static bool may_hold(lnt_str line, int64_t column, const lnt_range *range) {
    lnt_str number = next_word(&line);
    lnt_type type = range->low.type;
    lnt_value low, high;
    int64_t index;
    if (!lnt_parse_int(number.data, number.size, &index) || index != column) return true;
    if (line.size == 0) return false; // nulls only
    lnt_str first = next_word(&line), last = next_word(&line);
    if (!lnt_parse_value(type, first.data, first.size, &low) || !lnt_parse_value(type, last.data, last.size, &high))
        return true;
    return !(range->has_low && compare(&high, &range->low) < 0) &&
           !(range->has_high && compare(&low, &range->high) > 0);
}

bool lnt__arrow_may_hold(const lnt__fb_table *message, int64_t column, const lnt_range *range) {
    lnt__fb_vector items = lnt__fb_items(message, 4, 4);
    for (int64_t i = 0; i < items.n; i++) {
        lnt__fb_table item = lnt__fb_item_table(&items, i);
        lnt_str text = lnt__fb_string(&item, 1);
        if (!lnt_str_equal(lnt__fb_string(&item, 0), lnt_str_from(key)) || !text.data) continue;
        while (text.size > 0) {
            const char *newline = memchr(text.data, '\n', (size_t)text.size);
            lnt_str line = {text.data, newline ? newline - text.data : text.size};
            if (!may_hold(line, column, range)) return false;
            int64_t taken = line.size + (newline != NULL);
            text = (lnt_str){text.data + taken, text.size - taken};
        }
    }
    return true;
}
