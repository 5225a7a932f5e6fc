/// @file spans_flatten.c
/// Overlapping ranges made ones that don't overlap: a sweep from the least value to the greatest, with the ranges that
/// are open on a heap, the narrowest on top. n ranges give at most 2n - 1 pieces.
#include "exec/sort/order_key.h"
#include "exec/join/spans.h"

/// The sweep on its way.
typedef struct lnt_sweep {
    lnt_spans *spans;
    const lnt_span *items;
    int64_t next;  ///< the first span that hasn't begun
    lnt_room heap; ///< int64_t: spans that have begun; the top may have ended
    int64_t n_open;
    lnt_room out; ///< lnt_span
    int64_t n_out;
} lnt_sweep;

static inline lnt_ip minus(lnt_ip a, lnt_ip b) {
    return (lnt_ip){a.hi - b.hi - (a.lo < b.lo), a.lo - b.lo};
}

static inline lnt_ip before(lnt_ip key) {
    return minus(key, (lnt_ip){0, 1});
}

/// How wide a range of floats is. An end that was made exclusive stands one below the number it was given as.
static double float_width(const lnt_span *span) {
    return lnt__float_of_order(span->last.hi + (span->last.lo != 0)) - lnt__float_of_order(span->first.hi);
}

/// Whether span a wins over b where both hold a value.
static bool wins(const lnt_sweep *sweep, int64_t a, int64_t b) {
    const lnt_span *x = &sweep->items[a], *y = &sweep->items[b];
    if (sweep->spans->floats) {
        double wx = float_width(x), wy = float_width(y);
        if (wx < wy || wx > wy) return wx < wy;
        return x->row < y->row;
    }
    int order = lnt_ip_compare(minus(x->last, x->first), minus(y->last, y->first));
    return order ? order < 0 : x->row < y->row;
}

static void push(lnt_sweep *sweep, int64_t span) {
    int64_t *heap = lnt__room_data(&sweep->heap), at = sweep->n_open++;
    while (at > 0 && wins(sweep, span, heap[(at - 1) / 2])) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = span;
}

static void pop(lnt_sweep *sweep) {
    int64_t *heap = lnt__room_data(&sweep->heap), n = --sweep->n_open, span = heap[n], at = 0;
    for (int64_t child = 1; child < n; child = 2 * at + 1) {
        if (child + 1 < n && wins(sweep, heap[child + 1], heap[child])) child++;
        if (!wins(sweep, heap[child], span)) break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = span;
}

/// Appends a piece, or lengthens the last one where it goes on.
static lnt_status add_piece(lnt_sweep *sweep, lnt_ip first, lnt_ip last, int64_t row, lnt_error *err) {
    lnt_span *out = lnt__room_data(&sweep->out);
    if (sweep->n_out > 0 && out[sweep->n_out - 1].row == row &&
        lnt_ip_compare(out[sweep->n_out - 1].last, before(first)) == 0) {
        out[sweep->n_out - 1].last = last;
        return LNT_OK;
    }
    lnt_spans *spans = sweep->spans;
    LNT_TRY(
        lnt__room_grow(&sweep->out, lnt_engine_budget(spans->engine), sweep->n_out + 1, sizeof *out, spans->who, err));
    out = lnt__room_data(&sweep->out);
    out[sweep->n_out++] = (lnt_span){first, last, row};
    return LNT_OK;
}

static lnt_status run_sweep(lnt_sweep *sweep, lnt_error *err) {
    const lnt_span *items = sweep->items;
    int64_t n = sweep->spans->n;
    lnt_ip at = {0, 0};
    const int64_t *heap = lnt__room_data(&sweep->heap);
    for (int64_t step = 0; sweep->n_open > 0 || sweep->next < n; step++) {
        if (step % LNT_BATCH_ROWS == 0) LNT_TRY(lnt_engine_check(sweep->spans->engine, err));
        if (sweep->n_open == 0) at = items[sweep->next].first;
        while (sweep->next < n && lnt_ip_compare(items[sweep->next].first, at) <= 0) push(sweep, sweep->next++);
        const lnt_span *top = &items[heap[0]];
        if (lnt_ip_compare(top->last, at) < 0) {
            pop(sweep);
            continue;
        }
        lnt_ip end = top->last;
        bool cut = sweep->next < n && lnt_ip_compare(items[sweep->next].first, end) <= 0;
        if (cut) end = before(items[sweep->next].first);
        LNT_TRY(add_piece(sweep, at, end, top->row, err));
        if (!cut) pop(sweep);
        at = (lnt_ip){end.hi + (end.lo == UINT64_MAX), end.lo + 1};
        if (at.hi == 0 && at.lo == 0) break; // the greatest value of all was the last
    }
    return LNT_OK;
}

lnt_status lnt__spans_flatten(lnt_spans *spans, lnt_error *err) {
    lnt_sweep sweep = {.spans = spans, .items = lnt__room_data(&spans->items)};
    bool overlap = false;
    for (int64_t i = 1; i < spans->n && !overlap; i++)
        overlap = lnt_ip_compare(sweep.items[i - 1].last, sweep.items[i].first) >= 0;
    if (!overlap) return LNT_OK;
    lnt_status status =
        lnt__room_grow(&sweep.heap, lnt_engine_budget(spans->engine), spans->n, sizeof(int64_t), spans->who, err);
    if (status == LNT_OK) status = run_sweep(&sweep, err);
    lnt__room_clear(&sweep.heap);
    if (status != LNT_OK) {
        lnt__room_clear(&sweep.out);
        return status;
    }
    lnt__room_clear(&spans->items);
    spans->items = sweep.out;
    spans->n = sweep.n_out;
    return LNT_OK;
}
