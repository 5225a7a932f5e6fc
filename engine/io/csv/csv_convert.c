// Fields to vectors. Strings stay where they are: a vector of them points into the block's bytes (only doubled quotes
// need a copy); numbers, times and addresses are parsed. Only the rows that a selection names are touched.
#include "column/value_text.h"
#include "io/csv/csv.h"
#include "io/csv/csv_plain.h"

/// One requested column's vector: 4,096 values of up to 16 bytes.
typedef struct slot {
    int64_t column;
    void *data;
    uint64_t *valid;
} slot;

struct lnt_csv_converter {
    const lnt_csv_scan *scan;
    slot *slots;
    int64_t n_slots;
    lnt_arena values, texts;
};

enum { VALUE_BYTES = 16 };

lnt_status lnt_csv_converter_new(const lnt_csv_scan *scan, lnt_engine *engine, const int64_t *columns,
                                 int64_t n_columns, lnt_csv_converter **out, lnt_error *err) {
    lnt_csv_converter *converter = lnt_alloc_array(1, sizeof *converter, err);
    if (!converter) return LNT_NOMEM;
    converter->scan = scan;
    converter->n_slots = n_columns;
    lnt_arena_init(&converter->values, lnt_engine_budget(engine), "csv");
    lnt_arena_init(&converter->texts, lnt_engine_budget(engine), "csv");
    converter->slots = lnt_alloc_array(n_columns, sizeof *converter->slots, err);
    if (!converter->slots) {
        lnt_csv_converter_free(converter);
        return LNT_NOMEM;
    }
    for (int64_t i = 0; i < n_columns; i++) converter->slots[i].column = columns[i];
    *out = converter;
    return LNT_OK;
}

void lnt_csv_converter_free(lnt_csv_converter *converter) {
    if (!converter) return;
    lnt_arena_clear(&converter->values);
    lnt_arena_clear(&converter->texts);
    lnt_free(converter->slots);
    lnt_free(converter);
}

void lnt_csv_converter_begin(lnt_csv_converter *converter) {
    lnt_arena_reset(&converter->texts);
}

static bool ready_slot(lnt_csv_converter *converter, slot *s, lnt_error *err) {
    if (s->data) return true;
    s->data = lnt_arena_alloc(&converter->values, LNT_BATCH_ROWS * VALUE_BYTES + LNT_BATCH_ROWS / 8, err);
    if (!s->data) return false;
    s->valid = (uint64_t *)((char *)s->data + LNT_BATCH_ROWS * VALUE_BYTES);
    return true;
}

/// What converting one column of one batch needs.
typedef struct job {
    lnt_csv_converter *converter;
    const lnt_csv_tokens *tokens;
    const slot *slot;
    int64_t record, n;
    const uint32_t *sel;
    bool any_null;
} job;

static inline void set_null(job *j, int64_t i) {
    j->any_null = true;
    lnt_bitmap_unset(j->slot->valid, i);
}

// ---- bare fields: rows [row, n) up to the first that isn't so simple, whose number comes back ----

static int64_t take_strings(const job *j, const lnt_csv_plain *plain, int64_t row, lnt_str *out) {
    const int64_t longest_null = j->converter->scan->nulls.longest;
    for (; row < j->n; row++) {
        const uint8_t *text;
        int64_t size;
        if (!lnt_csv_plain_bare(plain, j->record + row, &text, &size) || size <= longest_null) break;
        out[row] = (lnt_str){(const char *)text, size};
    }
    return row;
}

static int64_t take_ints(const job *j, const lnt_csv_plain *plain, int64_t row, int64_t *out) {
    for (; row < j->n; row++) {
        const uint8_t *text;
        int64_t size;
        uint32_t value;
        if (!lnt_csv_plain_bare(plain, j->record + row, &text, &size) || (*text == '0' && size > 1)) break;
        if (!lnt_csv_plain_digits(text, size, &value)) break;
        out[row] = value;
    }
    return row;
}

static int64_t take_floats(const job *j, const lnt_csv_plain *plain, int64_t row, double *out) {
    for (; row < j->n; row++) {
        const uint8_t *text;
        int64_t size;
        if (!lnt_csv_plain_bare(plain, j->record + row, &text, &size)) break;
        if (!lnt_csv_plain_float(text, size, &out[row])) break;
    }
    return row;
}

// ---- any fields ----

static lnt_status convert_strings(job *j, lnt_error *err) {
    lnt_str *out = j->slot->data;
    const lnt_csv_nulls *nulls = &j->converter->scan->nulls;
    lnt_csv_plain plain = lnt_csv_plain_init(j->tokens, j->slot->column);
    const bool escapes = j->tokens->escapes;
    const bool bare = plain.bare && !j->sel;
    for (int64_t k = 0; k < j->n; k++) {
        if (bare && (k = take_strings(j, &plain, k, out)) == j->n) break;
        int64_t i = j->sel ? j->sel[k] : k;
        if (plain.usable && lnt_csv_plain_string(&plain, j->record + i, escapes, &out[i])) {
            if (out[i].size <= nulls->longest && lnt_csv_is_null_text(nulls, out[i].data, out[i].size)) set_null(j, i);
            continue;
        }
        lnt_csv_cell cell = lnt_csv_cell_at(j->tokens, j->record + i, j->slot->column, &j->converter->texts, err);
        if (!cell.data) return err ? err->code : LNT_NOMEM;
        out[i] = (lnt_str){cell.data, cell.size > 0 ? cell.size : 0};
        if (lnt_csv_is_null(nulls, cell, true)) set_null(j, i);
    }
    return LNT_OK;
}

/// A value that was of its type when types were inferred and isn't any more, or isn't of the type that was guessed.
static lnt_status changed(const job *j, lnt_csv_cell cell, lnt_error *err) {
    const lnt_csv_scan *scan = j->converter->scan;
    int64_t column = j->slot->column, size = cell.size < 60 ? cell.size : 60;
    return lnt_error_set(err, LNT_IO,
                         "%s changed while it was read: column '%s' has '%.*s', which is no %s; open it again",
                         lnt_input_name(scan->input), lnt_schema_name(scan->head.schema, column), (int)size, cell.data,
                         lnt_type_name(scan->columns[column].type));
}

/// Whether inference would leave the value its column's type. It has been read as one already.
static bool is_in_keeping(lnt_type type, lnt_csv_cell cell) {
    if (type == LNT_INT) return lnt_csv_is_plain_number(cell.data, cell.size);
    return type != LNT_FLOAT || lnt_csv_is_inferred_float(cell.data, cell.size);
}

/// The column had no values where its type was guessed: it may have none.
static lnt_status check_empty(job *j, lnt_error *err) {
    for (int64_t i = 0; i < j->n; i++) {
        int64_t record = j->record + (j->sel ? j->sel[i] : i);
        lnt_csv_cell cell = lnt_csv_cell_at(j->tokens, record, j->slot->column, &j->converter->texts, err);
        if (!cell.data) return err ? err->code : LNT_NOMEM;
        if (!lnt_csv_is_null(&j->converter->scan->nulls, cell, false)) return changed(j, cell, err);
    }
    return LNT_OK;
}

static inline bool parse_into(lnt_type type, lnt_csv_cell cell, void *data, int64_t i) {
    switch (type) {
    case LNT_BOOL: {
        bool value = false;
        bool ok = lnt_parse_bool(cell.data, cell.size, &value);
        ((uint8_t *)data)[i] = value;
        return ok;
    }
    case LNT_INT:
        return lnt_parse_int(cell.data, cell.size, (int64_t *)data + i);
    case LNT_FLOAT:
        return lnt_parse_float(cell.data, cell.size, (double *)data + i);
    case LNT_TIME:
        return lnt_parse_time(cell.data, cell.size, (int64_t *)data + i);
    case LNT_IP:
        return lnt_parse_ip(cell.data, cell.size, (lnt_ip *)data + i);
    default:
        return false;
    }
}

/// Whether no null is written in digits, so that digits are a number without looking.
static bool digits_are_values(const lnt_csv_nulls *nulls) {
    for (int64_t i = 0; i < nulls->n; i++)
        if (nulls->texts[i].size > 0 && (unsigned)(nulls->texts[i].data[0] - '0') <= 9) return false;
    return true;
}

/// An int or float of a few digits; false for whatever else there is, also for a zero in front.
static inline bool convert_plain(const job *j, const lnt_csv_plain *plain, lnt_type type, int64_t i) {
    const uint8_t *text;
    int64_t size;
    uint32_t value;
    if (!lnt_csv_plain_text(plain, j->record + i, &text, &size)) return false;
    if (*text == '0' && size > 1 && text[1] != '.') return false;
    if (type == LNT_INT) {
        if (!lnt_csv_plain_digits(text, size, &value)) return false;
        ((int64_t *)j->slot->data)[i] = value;
        return true;
    }
    return (unsigned)(*text - '0') <= 9 && size <= 18 && lnt_parse_float((const char *)text, size, (double *)j->slot->data + i);
}

static lnt_status convert_values(job *j, lnt_type type, lnt_error *err) {
    const lnt_csv_nulls *nulls = &j->converter->scan->nulls;
    static const lnt_ip zero = {0, 0};
    const size_t width = type == LNT_BOOL ? 1 : type == LNT_IP ? 16 : 8;
    lnt_csv_plain plain = lnt_csv_plain_init(j->tokens, j->slot->column);
    const lnt_csv_scan *scan = j->converter->scan;
    bool verifies = scan->head.guessed && !scan->columns[j->slot->column].declared;
    bool often_plain = plain.usable && (type == LNT_INT || type == LNT_FLOAT) && digits_are_values(nulls);
    const bool bare = often_plain && plain.bare && !j->sel;
    for (int64_t k = 0; k < j->n; k++) {
        if (bare) k = type == LNT_INT ? take_ints(j, &plain, k, j->slot->data) : take_floats(j, &plain, k, j->slot->data);
        if (k == j->n) break;
        int64_t i = j->sel ? j->sel[k] : k;
        if (often_plain && convert_plain(j, &plain, type, i)) continue;
        lnt_csv_cell cell = lnt_csv_cell_at(j->tokens, j->record + i, j->slot->column, &j->converter->texts, err);
        if (!cell.data) return err ? err->code : LNT_NOMEM;
        if (lnt_csv_is_null(nulls, cell, false)) {
            set_null(j, i);
            __builtin_memcpy((char *)j->slot->data + (size_t)i * width, &zero, width);
        } else if (!parse_into(type, cell, j->slot->data, i) || (verifies && !is_in_keeping(type, cell))) {
            return changed(j, cell, err);
        }
    }
    return LNT_OK;
}

lnt_status lnt_csv_convert(lnt_csv_converter *converter, const lnt_csv_tokens *tokens, int64_t i, int64_t record,
                           int64_t n, const uint32_t *sel, int64_t n_sel, lnt_vec *out, lnt_error *err) {
    slot *s = &converter->slots[i];
    if (!ready_slot(converter, s, err)) return err ? err->code : LNT_NOMEM;
    lnt_bitmap_fill(s->valid, 0, n, true);
    lnt_type type = converter->scan->columns[s->column].type;
    job j = {converter, tokens, s, record, sel ? n_sel : n, sel, false};
    const lnt_csv_column *column = &converter->scan->columns[s->column];
    if (converter->scan->head.guessed && column->empty && !column->declared) LNT_TRY(check_empty(&j, err));
    LNT_TRY(type == LNT_STRING ? convert_strings(&j, err) : convert_values(&j, type, err));
    *out = (lnt_vec){.type = type, .form = LNT_FORM_FLAT, .data = s->data, .valid = j.any_null ? s->valid : NULL};
    return LNT_OK;
}
