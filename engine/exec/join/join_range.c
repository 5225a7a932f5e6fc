/// @file join_range.c
/// range_join and cidr_join: the right's ranges become spans, in which the left's values are looked up.
///
/// Where only the narrowest range counts (or only whether there is one), ranges are cut so that they don't overlap.
/// Networks of IPv4 and of IPv6 are kept apart: an IPv4 address, though stored as mapped into IPv6, is in no '::/0'.
#include <string.h>

#include "column/value_text.h"
#include "exec/matcher.h"
#include "exec/owner.h"
#include "exec/sort/order_key.h"
#include "exec/sort/sort.h"
#include "exec/join/join_range.h"
#include "exec/join/spans.h"

typedef struct lnt_range_matcher {
    lnt_matcher head;
    lnt_spans spans;
    lnt_spans ipv4; ///< of networks: those of IPv4, which aren't in `spans` then
} lnt_range_matcher;

/// Whose spans are made.
typedef enum { ALL, IPV4, IPV6 } lnt_family;

/// The beginnings and ends of the right's ranges: columns of one type, owned.
typedef struct lnt_range_ends {
    lnt_column *first, *last;
} lnt_range_ends;

static void ends_clear(lnt_range_ends *ends) {
    lnt_column_unref(ends->first);
    lnt_column_unref(ends->last);
}

/// Row i of a vector as a key of spans; false for null and NaN.
static inline bool span_key(const lnt_vec *vec, int64_t i, lnt_ip *out) {
    if (vec->type == LNT_IP) {
        int64_t at = vec->form == LNT_FORM_CONSTANT ? 0 : i;
        if (vec->valid && !lnt_bitmap_get(vec->valid, at)) return false;
        *out = ((const lnt_ip *)vec->data)[at];
        return true;
    }
    out->lo = 0;
    return lnt__order_key(vec, i, &out->hi);
}

// ---- networks as ranges ----

/// Networks on their way from a batch of text to two columns of addresses.
typedef struct lnt_network_reader {
    lnt_collector *first, *last;
    lnt_arena scratch;
    lnt_ip firsts[LNT_BATCH_ROWS], lasts[LNT_BATCH_ROWS];
    uint64_t valid[LNT_BATCH_ROWS / 64];
} lnt_network_reader;

static lnt_status refuse_network(lnt_str text, int64_t row, const char *name, lnt_error *err) {
    return lnt_error_set(err, LNT_VALUE,
                         "cidr_join: '%.*s' in row %lld of '%s' is no network: write it as '10.0.0.0/8' or "
                         "'2001:db8::/32'",
                         (int)(text.size > 60 ? 60 : text.size), text.data, (long long)row + 1, name);
}

static lnt_status read_networks(lnt_network_reader *reader, const lnt_column *column, const char *name, int64_t start,
                                int64_t n, lnt_error *err) {
    lnt_vec vec;
    lnt_arena_reset(&reader->scratch);
    LNT_TRY(lnt_vec_from_column(column, start, n, &reader->scratch, &vec, err));
    memset(reader->valid, 0, sizeof reader->valid);
    for (int64_t i = 0; i < n; i++) {
        reader->firsts[i] = reader->lasts[i] = (lnt_ip){0, 0};
        if (!lnt_vec_is_valid(&vec, i)) continue;
        lnt_str text = lnt_vec_str(&vec, i);
        int bits;
        if (!lnt_parse_cidr(text.data, text.size, &reader->firsts[i], &reader->lasts[i], &bits))
            return refuse_network(text, start + i, name, err);
        lnt_bitmap_set(reader->valid, i);
    }
    lnt_vec ends = {.type = LNT_IP, .form = LNT_FORM_FLAT, .data = reader->firsts, .valid = reader->valid};
    LNT_TRY(lnt_collector_append(reader->first, &ends, NULL, n, err));
    ends.data = reader->lasts;
    return lnt_collector_append(reader->last, &ends, NULL, n, err);
}

static lnt_status networks_to_ends(lnt_engine *engine, const lnt_column *column, const char *name, lnt_range_ends *out,
                                   lnt_error *err) {
    lnt_network_reader *reader = lnt_alloc_array(1, sizeof *reader, err);
    if (!reader) return LNT_NOMEM;
    lnt_arena_init(&reader->scratch, lnt_engine_budget(engine), "cidr_join");
    lnt_status status = lnt_collector_new(engine, LNT_IP, "cidr_join", &reader->first, err);
    if (status == LNT_OK) status = lnt_collector_new(engine, LNT_IP, "cidr_join", &reader->last, err);
    int64_t n_rows = lnt_column_length(column);
    for (int64_t at = 0; status == LNT_OK && at < n_rows; at += LNT_BATCH_ROWS) {
        int64_t n = n_rows - at < LNT_BATCH_ROWS ? n_rows - at : LNT_BATCH_ROWS;
        status = lnt_engine_check(engine, err);
        if (status == LNT_OK) status = read_networks(reader, column, name, at, n, err);
    }
    if (status == LNT_OK) status = lnt_collector_finish(reader->first, &out->first, err);
    if (status == LNT_OK) status = lnt_collector_finish(reader->last, &out->last, err);
    lnt_collector_free(reader->first);
    lnt_collector_free(reader->last);
    lnt_arena_clear(&reader->scratch);
    lnt_free(reader);
    return status;
}

static lnt_status find_ends(const lnt_matcher *matcher, lnt_range_ends *out, lnt_error *err) {
    const lnt_plan *plan = matcher->plan;
    const lnt_column *first = lnt_table_column(matcher->right, plan->right_keys[0]);
    if (plan->match.kind == LNT_MATCH_NETWORK && lnt_column_type(first) == LNT_STRING)
        return networks_to_ends(matcher->engine, first, lnt_schema_name(plan->inputs[1]->schema, plan->right_keys[0]),
                                out, err);
    bool pair = plan->match.kind == LNT_MATCH_RANGE;
    out->first = lnt_column_ref(first);
    out->last = lnt_column_ref(pair ? lnt_table_column(matcher->right, plan->right_keys[1]) : first);
    return LNT_OK;
}

// ---- ranges as spans ----

static int compare_spans(const lnt_span *a, const lnt_span *b) {
    int order = lnt_ip_compare(a->first, b->first);
    return order ? order : lnt_ip_compare(b->last, a->last);
}

/// Spans of rows [start, start + n) in their order; `row` -1 where a row has none of the family.
static lnt_status make_spans(const lnt_range_matcher *self, lnt_spans *spans, lnt_family family,
                             const lnt_range_ends *ends, int64_t start, int64_t n, lnt_arena *scratch,
                             lnt_error *err) {
    lnt_vec first, last;
    bool half_open = self->head.plan->match.range.half_open;
    lnt_arena_reset(scratch);
    LNT_TRY(lnt_vec_from_column(ends->first, start, n, scratch, &first, err));
    LNT_TRY(lnt_vec_from_column(ends->last, start, n, scratch, &last, err));
    lnt_span *items = (lnt_span *)lnt__room_data(&spans->items) + start;
    for (int64_t i = 0; i < n; i++) {
        lnt_span *span = &items[i];
        span->row = span_key(&first, i, &span->first) && span_key(&last, i, &span->last) ? start + i : -1;
        if (span->row < 0) continue;
        if (family != ALL && lnt_ip_is_v4(span->first) != (family == IPV4)) span->row = -1;
        if (lnt_ip_compare(span->last, span->first) < (half_open ? 1 : 0)) {
            span->row = -1;
        } else if (half_open) {
            span->last = (lnt_ip){span->last.hi - (span->last.lo == 0), span->last.lo - 1};
        }
    }
    return LNT_OK;
}

/// Leaves out the rows without a span; tells whether the others stand in order.
static bool squeeze(lnt_spans *spans, int64_t n_rows) {
    lnt_span *items = lnt__room_data(&spans->items);
    bool sorted = true;
    spans->n = 0;
    for (int64_t i = 0; i < n_rows; i++) {
        if (items[i].row < 0) continue;
        sorted = sorted && (spans->n == 0 || compare_spans(&items[spans->n - 1], &items[i]) <= 0);
        items[spans->n++] = items[i];
    }
    return sorted;
}

enum { LNT_SPANS_CHECK_ROWS = 65536 }; ///< between two questions whether the engine was stopped

/// Puts the spans in order, which is that of the columns they were made of; `at` says where a row's span is.
static lnt_status sort_spans(lnt_spans *spans, const lnt_range_ends *ends, int64_t n_rows, lnt_error *err) {
    lnt_budget *budget = lnt_engine_budget(spans->engine);
    const lnt_column *columns[2] = {ends->first, ends->last};
    static const bool descending[2] = {false, true};
    lnt_room order = {0}, sorted = {0}, at = {0};
    lnt_status status = lnt__error_owner(lnt__sort_rows(spans->engine, columns, descending, 2, n_rows, &order, err),
                                         "sort", spans->who, err);
    if (status == LNT_OK) status = lnt__room_grow(&sorted, budget, spans->n, sizeof(lnt_span), spans->who, err);
    if (status == LNT_OK) status = lnt__room_grow(&at, budget, n_rows, sizeof(int64_t), spans->who, err);
    if (status == LNT_OK) {
        const lnt_span *items = lnt__room_data(&spans->items);
        lnt_span *to = lnt__room_data(&sorted);
        int64_t *places = lnt__room_data(&at), n = 0; // by row: place + 1
        const int64_t *rows = lnt__room_data(&order);
        for (int64_t i = 0; i < spans->n; i++) places[items[i].row] = i + 1;
        for (int64_t i = 0; status == LNT_OK && i < n_rows; i++) {
            if ((i & (LNT_SPANS_CHECK_ROWS - 1)) == 0) status = lnt_engine_check(spans->engine, err);
            if (places[rows[i]]) to[n++] = items[places[rows[i]] - 1];
        }
        lnt__room_clear(&spans->items);
        spans->items = sorted;
        sorted = (lnt_room){0};
    }
    lnt__room_clear(&order);
    lnt__room_clear(&sorted);
    lnt__room_clear(&at);
    return status;
}

static lnt_status build_spans(lnt_range_matcher *self, lnt_spans *spans, lnt_family family, const lnt_range_ends *ends,
                              lnt_error *err) {
    const lnt_plan *plan = self->head.plan;
    int64_t n_rows = lnt_table_n_rows(self->head.right);
    lnt_arena scratch;
    lnt_arena_init(&scratch, lnt_engine_budget(spans->engine), spans->who);
    lnt_status status =
        lnt__room_grow(&spans->items, lnt_engine_budget(spans->engine), n_rows, sizeof(lnt_span), spans->who, err);
    for (int64_t at = 0; status == LNT_OK && at < n_rows; at += LNT_BATCH_ROWS) {
        status = lnt_engine_check(spans->engine, err);
        int64_t n = n_rows - at < LNT_BATCH_ROWS ? n_rows - at : LNT_BATCH_ROWS;
        if (status == LNT_OK) status = make_spans(self, spans, family, ends, at, n, &scratch, err);
    }
    lnt_arena_clear(&scratch);
    LNT_TRY(status);
    if (!squeeze(spans, n_rows)) LNT_TRY(sort_spans(spans, ends, n_rows, err));
    bool one = plan->match.range.narrowest || plan->join == LNT_JOIN_SEMI || plan->join == LNT_JOIN_ANTI;
    if (one) LNT_TRY(lnt__spans_flatten(spans, err));
    LNT_TRY(lnt__spans_index(spans, err));
    self->head.many |= !spans->apart;
    return LNT_OK;
}

// ---- the matcher ----

/// Numbers (or IPv4 addresses) that are on their way to lnt__spans_find_narrow, and where their rows go.
typedef struct lnt_asked {
    uint64_t numbers[256];
    int64_t places[256], found[256];
    int64_t n;
} lnt_asked;

static void answer(const lnt_spans *spans, lnt_asked *asked, int64_t *rows) {
    lnt__spans_find_narrow(spans, asked->numbers, asked->n, asked->found);
    for (int64_t i = 0; i < asked->n; i++) rows[asked->places[i]] = asked->found[i];
    asked->n = 0;
}

/// The spans that numbers or IPv4 addresses are looked up in.
static const lnt_spans *narrow_spans(const lnt_range_matcher *self) {
    return self->head.plan->match.kind == LNT_MATCH_NETWORK ? &self->ipv4 : &self->spans;
}

static lnt_status range_find(const lnt_matcher *matcher, void *own, const lnt_batch *batch, int64_t *rows,
                             lnt_error *err) {
    const lnt_range_matcher *self = (const lnt_range_matcher *)matcher;
    const lnt_spans *spans = &self->spans, *narrow = narrow_spans(self);
    const lnt_vec *values = &batch->columns[matcher->plan->keys[0]];
    lnt_asked asked;
    asked.n = 0;
    (void)own, (void)err;
    for (int64_t k = 0; k < batch->n_sel; k++) {
        int64_t row = lnt__row(batch->sel, k);
        lnt_ip key;
        rows[row] = -1;
        if (!span_key(values, row, &key)) continue;
        if (!spans->numbers && !lnt_ip_is_v4(key)) {
            rows[row] = lnt__spans_find_wide(spans, key);
            continue;
        }
        asked.places[asked.n] = row;
        asked.numbers[asked.n++] = spans->numbers ? key.hi : key.lo;
        if (asked.n == (int64_t)(sizeof asked.numbers / sizeof *asked.numbers)) answer(narrow, &asked, rows);
    }
    answer(narrow, &asked, rows);
    return LNT_OK;
}

static lnt_status range_find_all(const lnt_matcher *matcher, const lnt_batch *batch, int64_t row, lnt_room *rows,
                                 int64_t *n, lnt_error *err) {
    const lnt_range_matcher *self = (const lnt_range_matcher *)matcher;
    lnt_ip key;
    *n = 0;
    if (!span_key(&batch->columns[matcher->plan->keys[0]], row, &key)) return LNT_OK;
    const lnt_spans *spans = !self->spans.numbers && lnt_ip_is_v4(key) ? narrow_spans(self) : &self->spans;
    return lnt__spans_find_all(spans, key, rows, n, err);
}

static void range_free(lnt_matcher *matcher) {
    lnt__spans_clear(&((lnt_range_matcher *)matcher)->spans);
    lnt__spans_clear(&((lnt_range_matcher *)matcher)->ipv4);
    lnt_free(matcher);
}

lnt_type lnt__range_width_type(const lnt_plan *plan) {
    return lnt_schema_type(plan->inputs[0]->schema, plan->keys[0]) == LNT_FLOAT ? LNT_FLOAT : LNT_IP;
}

/// The ends of a range as a row of the right has them; false where it has none.
static bool ends_of(const lnt_plan *plan, const lnt_vec *keys, int64_t row, lnt_ip *first, lnt_ip *last) {
    int bits;
    if (plan->match.kind == LNT_MATCH_NETWORK && keys[0].type == LNT_STRING) {
        if (!lnt_vec_is_valid(&keys[0], row)) return false;
        lnt_str text = lnt_vec_str(&keys[0], row);
        return lnt_parse_cidr(text.data, text.size, first, last, &bits);
    }
    return span_key(&keys[0], row, first) && span_key(&keys[plan->match.kind == LNT_MATCH_RANGE], row, last);
}

lnt_value lnt__range_width(const lnt_plan *plan, const lnt_vec *keys, int64_t row) {
    lnt_value width = {.type = lnt__range_width_type(plan)};
    lnt_ip first, last;
    width.is_null = !ends_of(plan, keys, row, &first, &last);
    if (width.is_null) return width;
    if (width.type == LNT_FLOAT)
        width.as.f = lnt__float_of_order(last.hi) - lnt__float_of_order(first.hi);
    else
        width.as.ip = (lnt_ip){last.hi - first.hi - (last.lo < first.lo), last.lo - first.lo};
    return width;
}

static const lnt_matcher_class range_class = {"range_join", NULL, NULL, range_find, range_find_all, range_free};
static const lnt_matcher_class network_class = {"cidr_join", NULL, NULL, range_find, range_find_all, range_free};

lnt_status lnt__range_matcher(lnt_engine *engine, const lnt_plan *plan, lnt_table *right, lnt_matcher **out,
                              lnt_error *err) {
    lnt_range_matcher *self = lnt_alloc_array(1, sizeof *self, err);
    if (!self) {
        lnt_table_unref(right);
        return LNT_NOMEM;
    }
    bool network = plan->match.kind == LNT_MATCH_NETWORK;
    self->head = (lnt_matcher){.class_ = network ? &network_class : &range_class, .engine = engine, .plan = plan};
    self->head.right = right;
    self->spans.engine = engine;
    self->spans.who = self->head.class_->who;
    lnt_type type = lnt_schema_type(plan->inputs[0]->schema, plan->keys[0]);
    self->spans.floats = type == LNT_FLOAT;
    self->spans.numbers = type != LNT_IP;
    self->ipv4.engine = engine;
    self->ipv4.who = self->spans.who;
    lnt_range_ends ends = {0};
    lnt_status status = find_ends(&self->head, &ends, err);
    if (status == LNT_OK) status = build_spans(self, &self->spans, network ? IPV6 : ALL, &ends, err);
    if (status == LNT_OK && network) status = build_spans(self, &self->ipv4, IPV4, &ends, err);
    ends_clear(&ends);
    if (status == LNT_OK) {
        *out = &self->head;
        return LNT_OK;
    }
    lnt_table_unref(self->head.right);
    range_free(&self->head);
    return status;
}
