// What a cell is as a value.
//
// Workload: every cell of every record. Strings of a column that is known to hold other text aren't tried as times or
// addresses again.
#include "io/json/json_value.h"

#include "column/value_text.h"

#include <math.h>
#include <string.h>

static bool is_null_text(const lnt_json_options *options, lnt_str text) {
    for (int64_t i = 0; i < options->n_nulls; i++) {
        if (lnt_str_equal(text, lnt_str_from(options->nulls[i]))) return true;
    }
    return false;
}

// In a column that was declared, an empty text is no value, as an empty field of a CSV is none.
static bool is_no_value(const lnt__json_cell *cell, lnt_type declared) {
    return cell->kind == LNT__JSON_STRING && cell->text.size == 0 && declared != LNT_NULL && declared != LNT_STRING;
}

static bool mismatch(const lnt__json_cell *cell, lnt_type type, lnt__json_text *text) {
    int shown = cell->text.size > 60 ? 60 : (int)cell->text.size;
    while (shown < cell->text.size && shown > 0 && ((unsigned char)cell->text.data[shown] & 0xc0) == 0x80) shown--;
    lnt__json_bad(text, text->at, "'%.*s%s' isn't of type %s", shown, cell->text.data,
                  shown < cell->text.size ? "…" : "", lnt_type_name(type));
    return false;
}

static bool read_number(const lnt__json_cell *cell, lnt__json_read_value *out, lnt__json_text *text) {
    lnt_str number = cell->text;
    if (cell->kind == LNT__JSON_WHOLE && lnt_parse_int(number.data, number.size, &out->value.as.i)) {
        out->kind = LNT__KIND_INT;
        return true;
    }
    out->kind = cell->kind == LNT__JSON_WHOLE ? LNT__KIND_BIG : LNT__KIND_FLOAT;
    if (lnt_parse_float(number.data, number.size, &out->value.as.f) && isfinite(out->value.as.f)) return true;
    lnt__json_bad(text, text->at, "the number %.*s is out of range", number.size > 60 ? 60 : (int)number.size,
                  number.data);
    return false;
}

// A string in a column without a declared type: what it is like is tried first.
static void read_string(const lnt__json_cell *cell, unsigned kinds, lnt__json_read_value *out) {
    lnt_str string = cell->text;
    out->kind = LNT__KIND_STRING;
    if (cell->kind != LNT__JSON_STRING || (kinds >> LNT__KIND_STRING & 1)) return;
    bool ip_first = kinds >> LNT__KIND_IP & 1;
    if (ip_first && lnt_parse_ip(string.data, string.size, &out->value.as.ip))
        out->kind = LNT__KIND_IP;
    else if (lnt_parse_time(string.data, string.size, &out->value.as.i))
        out->kind = LNT__KIND_TIME;
    else if (!ip_first && lnt_parse_ip(string.data, string.size, &out->value.as.ip))
        out->kind = LNT__KIND_IP;
}

// Seconds since 1970 with a fraction, as logs have them, to microseconds.
static bool time_from_seconds(lnt_str number, int64_t *out_us) {
    double seconds;
    if (!lnt_parse_float(number.data, number.size, &seconds) || !(fabs(seconds) < 9e12)) return false;
    *out_us = llround(seconds * 1e6);
    return true;
}

// A value of a column that was declared: whatever is written, its text must be one of the type.
static bool read_declared(const lnt__json_cell *cell, lnt_type declared, lnt__json_read_value *out,
                          lnt__json_text *text) {
    static const unsigned kinds[LNT_TYPE_COUNT] = {
        0, LNT__KIND_BOOL, LNT__KIND_INT, LNT__KIND_FLOAT, LNT__KIND_STRING, LNT__KIND_TIME, LNT__KIND_IP};
    out->kind = kinds[declared];
    bool number = cell->kind == LNT__JSON_WHOLE || cell->kind == LNT__JSON_NUMBER;
    if (declared == LNT_TIME && number && time_from_seconds(cell->text, &out->value.as.i)) return true;
    if (!lnt_parse_value(declared, cell->text.data, cell->text.size, &out->value)) {
        return mismatch(cell, declared, text);
    }
    if (number && declared == LNT_FLOAT && !isfinite(out->value.as.f)) return read_number(cell, out, text);
    return true;
}

bool lnt__json_read_cell(const lnt_json_options *options, const lnt__json_cell *cell, lnt_type declared, unsigned kinds,
                         lnt__json_read_value *out, lnt__json_text *text) {
    bool is_text = cell->kind == LNT__JSON_STRING || cell->kind == LNT__JSON_LIST;
    out->is_null = cell->kind == LNT__JSON_NULL || (is_text && is_null_text(options, cell->text)) ||
                   is_no_value(cell, declared);
    out->kind = 0;
    if (out->is_null) return true;
    if (declared != LNT_NULL) return read_declared(cell, declared, out, text);
    if (is_text) {
        read_string(cell, kinds, out);
        return true;
    }
    if (cell->kind == LNT__JSON_WHOLE || cell->kind == LNT__JSON_NUMBER) return read_number(cell, out, text);
    out->kind = LNT__KIND_BOOL;
    out->value.as.b = cell->kind == LNT__JSON_TRUE;
    return true;
}

lnt_value lnt__json_value_as(lnt_type type, const lnt__json_cell *cell, const lnt__json_read_value *read) {
    lnt_value value = read->value;
    if (type == LNT_STRING)
        value.as.s = cell->text;
    else if (type == LNT_FLOAT && read->kind == LNT__KIND_INT)
        value.as.f = (double)read->value.as.i;
    return value;
}
