/// @file outcomes.h
/// What a scan gives, whole, and whether two ways of reading a document give the same.
#ifndef LUNETTE_TESTS_OUTCOMES_H
#define LUNETTE_TESTS_OUTCOMES_H

#include "base/text.h"
#include "column/scan.h"
#include "lunette/plan.h"
#include "model.h"

static inline bool same_value(lnt_value a, lnt_value b) {
    if (a.type != b.type || a.is_null != b.is_null) return false;
    if (a.is_null) return true;
    if (a.type == LNT_STRING) return lnt_str_equal(a.as.s, b.as.s);
    if (a.type == LNT_IP) return lnt_ip_compare(a.as.ip, b.as.ip) == 0;
    return a.type == LNT_BOOL ? a.as.b == b.as.b : a.as.i == b.as.i; // a float by its bits
}

/// Whether `a` is `b`, or `b` cut: maybe within a character, which U+FFFD stands for then.
static inline bool is_cut_of(lnt_str a, lnt_str b) {
    int64_t same = 0;
    while (same < a.size && same < b.size && a.data[same] == b.data[same]) same++;
    while (same > 0 && same < a.size && ((uint8_t)a.data[same] & 0xc0) == 0x80) same--; // to the character's first byte
    return same == a.size || (a.size - same == 3 && memcmp(a.data + same, "\xef\xbf\xbd", 3) == 0);
}

/// `cut`: texts of the first may have been cut.
static inline bool same_tables(const lnt_table *a, const lnt_table *b, bool cut) {
    if (lnt_table_n_rows(a) != lnt_table_n_rows(b) || lnt_table_n_columns(a) != lnt_table_n_columns(b)) return false;
    for (int64_t c = 0; c < lnt_table_n_columns(a); c++) {
        if (strcmp(lnt_schema_name(lnt_table_schema(a), c), lnt_schema_name(lnt_table_schema(b), c)) != 0) return false;
        for (int64_t i = 0; i < lnt_table_n_rows(a); i++) {
            lnt_value x = lnt_column_get(lnt_table_column(a, c), i), y = lnt_column_get(lnt_table_column(b, c), i);
            bool texts = cut && !x.is_null && !y.is_null && x.type == LNT_STRING && y.type == LNT_STRING;
            if (texts ? !is_cut_of(x.as.s, y.as.s) : !same_value(x, y)) return false;
        }
    }
    return true;
}

/// What a scan gives: its rows, its rejects, what it says of itself; or its error.
typedef struct outcome {
    lnt_status status;
    lnt_error err;
    lnt_table *rows, *rejects;
    lnt_text text;
} outcome;

static inline outcome outcome_of(lnt_engine *engine, lnt_scan *scan, lnt_status status, const lnt_error *err) {
    outcome o = {.status = status, .err = *err};
    lnt_plan *plan = NULL;
    if (status != LNT_OK) return o;
    CHECK_OK(lnt_plan_scan(scan, &plan, &o.err), &o.err);
    CHECK_OK(lnt_plan_run(engine, plan, &o.rows, &o.err), &o.err);
    if (scan->class_->rejects) CHECK_OK(scan->class_->rejects(scan, engine, &o.rejects, &o.err), &o.err);
    scan->class_->describe(scan, &o.text);
    lnt_plan_unref(plan);
    return o;
}

static inline void clear_outcome(outcome *o) {
    lnt_table_unref(o->rows);
    lnt_table_unref(o->rejects);
    lnt_text_clear(&o->text);
}

static inline bool same_outcomes(const outcome *a, const outcome *b) {
    if (a->status != b->status) return false;
    if (a->status != LNT_OK) return strcmp(a->err.message, b->err.message) == 0;
    return same_tables(a->rows, b->rows, false) && same_tables(a->rejects, b->rejects, true) &&
           a->text.size == b->text.size && memcmp(a->text.data, b->text.data, (size_t)a->text.size) == 0;
}

#endif
