// Columns from records' cells: see json_columns.h.
//
// Workload: some dozen columns that nearly every record has, and hundreds that few have (logs of several event types);
// a row costs only the cells it has, missing rows are caught up with in runs.
#include "io/json/json_columns.h"

#include "base/engine.h"
#include "base/hash.h"

#include <string.h>

#include "io/json/json_value.h"

lnt_type lnt__json_type_of_kinds(unsigned kinds) {
    enum { INT = 1 << LNT__KIND_INT, BIG = 1 << LNT__KIND_BIG, FLOAT = 1 << LNT__KIND_FLOAT };
    if (kinds == 0) return LNT_NULL;
    if (kinds == 1 << LNT__KIND_BOOL) return LNT_BOOL;
    if (kinds == INT) return LNT_INT;
    if ((kinds & FLOAT) && !(kinds & ~(unsigned)(INT | BIG | FLOAT))) return LNT_FLOAT;
    if (kinds == 1 << LNT__KIND_TIME) return LNT_TIME;
    if (kinds == 1 << LNT__KIND_IP) return LNT_IP;
    return LNT_STRING;
}

void lnt__json_columns_init(lnt__json_columns *columns, lnt_engine *engine, const lnt_json_options *options,
                            lnt__json_keys *keys) {
    *columns = (lnt__json_columns){.engine = engine, .options = options, .keys = keys, .n_room = LNT__JSON_STAGED};
    lnt_arena_init(&columns->memory, lnt_engine_budget(engine), "the JSON reader");
}

// ---- finding columns ----

lnt_type lnt__json_declared_type(const lnt_json_options *options, const char *name) {
    for (int64_t i = 0; i < options->n_types; i++) {
        if (strcmp(options->types[i].name, name) == 0) return options->types[i].type;
    }
    return options->all_strings ? LNT_STRING : LNT_NULL;
}

static int64_t find_slot(const lnt__json_columns *columns, const char *name) {
    int64_t mask = columns->n_slots - 1;
    int64_t slot = (int64_t)(lnt_hash_bytes(name, (int64_t)strlen(name)) & (uint64_t)mask);
    while (columns->slots[slot] >= 0 && strcmp(columns->items[columns->slots[slot]].name, name) != 0) {
        slot = (slot + 1) & mask;
    }
    return slot;
}

static lnt_status grow_slots(lnt__json_columns *columns, lnt_error *err) {
    int64_t n_slots = columns->n_slots ? columns->n_slots * 2 : 256;
    int64_t *slots = lnt_alloc_array(n_slots, sizeof *slots, err);
    if (!slots) return LNT_NOMEM;
    memset(slots, 0xff, (size_t)n_slots * sizeof *slots);
    lnt_free(columns->slots);
    columns->slots = slots;
    columns->n_slots = n_slots;
    for (int64_t i = 0; i < columns->n; i++) slots[find_slot(columns, columns->items[i].name)] = i;
    return LNT_OK;
}

lnt_status lnt__json_columns_named(lnt__json_columns *columns, const char *name, int64_t *index, lnt_error *err) {
    if (columns->n * 2 >= columns->n_slots) LNT_TRY(grow_slots(columns, err));
    int64_t slot = find_slot(columns, name);
    if (columns->slots[slot] < 0) {
        LNT_TRY(lnt_grow((void **)&columns->items, &columns->capacity, columns->n + 1, sizeof *columns->items, err));
        lnt_type declared = lnt__json_declared_type(columns->options, name);
        columns->items[columns->n] = (lnt__json_column){.name = name, .declared = declared, .type = declared};
        columns->slots[slot] = columns->n++;
    }
    *index = columns->slots[slot];
    return LNT_OK;
}

int64_t lnt__json_columns_find(const lnt__json_columns *columns, const char *name) {
    return columns->n_slots ? columns->slots[find_slot(columns, name)] : -1;
}

lnt_status lnt__json_columns_of_key(lnt__json_columns *columns, int32_t key_index, int64_t *index, lnt_error *err) {
    lnt__json_key *key = &columns->keys->items[key_index];
    if (key->column < 0) LNT_TRY(lnt__json_columns_named(columns, key->path, &key->column, err));
    *index = key->column;
    return LNT_OK;
}

static lnt_status get_column(lnt__json_columns *columns, int32_t key, lnt__json_column **out, lnt_error *err) {
    int64_t index;
    LNT_TRY(lnt__json_columns_of_key(columns, key, &index, err));
    *out = &columns->items[index];
    return LNT_OK;
}

// ---- staging ----

static lnt_status start_column(lnt__json_columns *columns, lnt__json_column *column, lnt_error *err) {
    LNT_TRY(lnt_collector_new(columns->engine, column->type, "the JSON reader", &column->collector, err));
    column->n_collected = 0;
    column->values = lnt_arena_alloc(&columns->memory, columns->n_room * lnt_vec_value_bytes(column->type), err);
    if (!column->values) return LNT_NOMEM;
    memset(column->values, 0, (size_t)(columns->n_room * lnt_vec_value_bytes(column->type)));
    return LNT_OK;
}

static void stage(lnt__json_column *column, int64_t row, lnt_value value) {
    switch (column->type) {
    case LNT_BOOL:
        ((uint8_t *)column->values)[row] = value.as.b;
        break;
    case LNT_STRING:
        ((lnt_str *)column->values)[row] = value.as.s;
        break;
    case LNT_IP:
        ((lnt_ip *)column->values)[row] = value.as.ip;
        break;
    case LNT_FLOAT:
        ((double *)column->values)[row] = value.as.f;
        break;
    default:
        ((int64_t *)column->values)[row] = value.as.i;
    }
    lnt_bitmap_set(column->valid, row);
    column->staged = true;
}

// Takes note of a value's kind. True if the column can hold it as it is collected now.
static void note_kind(lnt__json_columns *columns, lnt__json_column *column, unsigned kind) {
    if (column->kinds >> kind & 1) return;
    column->kinds |= 1u << kind;
    column->first_record[kind] = columns->n_records;
    if (column->declared != LNT_NULL) return;
    lnt_type type = lnt__json_type_of_kinds(column->kinds);
    if (type == column->type) return;
    if (column->collector) columns->restart = true;
    if (!columns->restart) column->type = type;
}

static lnt_status add_cell(lnt__json_columns *columns, const lnt__json_cell *cell, const lnt__json_read_value *read,
                           lnt_error *err) {
    lnt__json_column *column;
    LNT_TRY(get_column(columns, cell->key, &column, err));
    if (read->is_null) {
        if (column->staged) lnt_bitmap_unset(column->valid, columns->n_staged); // a repeated key
        return LNT_OK;
    }
    columns->n_values++;
    note_kind(columns, column, read->kind);
    if (columns->restart) return LNT_OK;
    if (!column->collector) LNT_TRY(start_column(columns, column, err));
    stage(column, columns->n_staged, lnt__json_value_as(column->type, cell, read));
    return LNT_OK;
}

lnt__json_result lnt__json_columns_add(lnt__json_columns *columns, const lnt__json_record *record, lnt__json_text *text,
                                       const char **column, lnt_error *err) {
    if (record->n > columns->values_capacity && lnt_grow((void **)&columns->values, &columns->values_capacity,
                                                         record->n, sizeof *columns->values, err) != LNT_OK) {
        return LNT__JSON_FAILED;
    }
    for (int64_t i = 0; i < record->n; i++) {
        const lnt__json_key *key = &columns->keys->items[record->cells[i].key];
        lnt_type declared = key->column >= 0 ? columns->items[key->column].declared
                                             : lnt__json_declared_type(columns->options, key->path);
        unsigned kinds = key->column >= 0 ? columns->items[key->column].kinds : 0;
        if (!lnt__json_read_cell(columns->options, &record->cells[i], declared, kinds, &columns->values[i], text)) {
            *column = key->path;
            return LNT__JSON_BAD;
        }
    }
    for (int64_t i = 0; i < record->n; i++) {
        if (add_cell(columns, &record->cells[i], &columns->values[i], err) != LNT_OK) return LNT__JSON_FAILED;
    }
    columns->n_staged++;
    return LNT__JSON_OK;
}

// ---- handing on ----

// Nulls for the rows up to `n_rows` that the column has no values for.
static lnt_status catch_up(lnt__json_column *column, int64_t n_rows, lnt_error *err) {
    static const uint64_t none[LNT_BATCH_ROWS / 64];
    static const uint8_t zero[LNT_BATCH_ROWS * sizeof(lnt_ip)];
    lnt_vec nulls = {.type = column->type, .form = LNT_FORM_FLAT, .data = zero, .valid = none};
    while (column->n_collected < n_rows) {
        int64_t n = n_rows - column->n_collected < LNT_BATCH_ROWS ? n_rows - column->n_collected : LNT_BATCH_ROWS;
        LNT_TRY(lnt_collector_append(column->collector, &nulls, NULL, n, err));
        column->n_collected += n;
    }
    return LNT_OK;
}

lnt_status lnt__json_lonely_keys(int64_t n_columns, int64_t n_rows, lnt_error *err) {
    return lnt_error_set(err, LNT_FORMAT,
                         "%lld different keys in %lld records, nearly every one in few of them: where keys are values "
                         "(records by id), say where the records are, such as records = \"*\"",
                         (long long)n_columns, (long long)n_rows);
}

// Thousands of columns that hold a value in one row of a thousand would be gigabytes of nulls.
static lnt_status check_density(const lnt__json_columns *columns, lnt_error *err) {
    int64_t n_rows = columns->n_flushed + columns->n_staged;
    if (columns->n < LNT__JSON_LONELY || columns->n_values / columns->n >= n_rows / 1000) return LNT_OK;
    return lnt__json_lonely_keys(columns->n, n_rows, err);
}

lnt_status lnt__json_columns_flush(lnt__json_columns *columns, lnt_error *err) {
    LNT_TRY(check_density(columns, err));
    for (int64_t i = 0; i < columns->n && !columns->restart; i++) {
        lnt__json_column *column = &columns->items[i];
        if (!column->staged) continue;
        LNT_TRY(catch_up(column, columns->n_flushed, err));
        lnt_vec vec = {.type = column->type, .form = LNT_FORM_FLAT, .data = column->values, .valid = column->valid};
        LNT_TRY(lnt_collector_append(column->collector, &vec, NULL, columns->n_staged, err));
        column->n_collected += columns->n_staged;
        memset(column->valid, 0, sizeof column->valid);
        column->staged = false;
    }
    columns->n_flushed += columns->n_staged;
    columns->n_staged = 0;
    if (columns->n > LNT__JSON_WIDE) columns->n_room = LNT__JSON_STAGED_WIDE;
    return LNT_OK;
}

void lnt__json_columns_rewind(lnt__json_columns *columns) {
    for (int64_t i = 0; i < columns->n; i++) {
        lnt__json_column *column = &columns->items[i];
        lnt_collector_free(column->collector);
        column->collector = NULL;
        column->staged = false;
        memset(column->valid, 0, sizeof column->valid);
        if (column->declared == LNT_NULL) column->type = lnt__json_type_of_kinds(column->kinds);
    }
    lnt_arena_clear(&columns->memory);
    lnt_arena_init(&columns->memory, lnt_engine_budget(columns->engine), "the JSON reader");
    columns->n_flushed = columns->n_staged = columns->n_records = columns->n_values = 0;
    columns->restart = false;
}

static lnt_status finish_column(lnt__json_columns *columns, lnt__json_column *column, lnt_column **out,
                                lnt_error *err) {
    if (column->collector) {
        LNT_TRY(catch_up(column, columns->n_flushed, err));
        return lnt_collector_finish(column->collector, out, err);
    }
    lnt_type type = column->type == LNT_NULL ? LNT_STRING : column->type;
    lnt_value null = {.type = type, .is_null = true};
    return lnt_column_constant(columns->engine, type, null, columns->n_flushed, out, err);
}

lnt_status lnt__json_columns_finish(lnt__json_columns *columns, lnt_table **out, lnt_error *err) {
    int64_t n = columns->n;
    lnt_column **made = lnt_alloc_array(n ? n : 1, sizeof *made, err);
    const char **names = lnt_alloc_array(n ? n : 1, sizeof *names, err);
    lnt_status status = made && names ? lnt__json_columns_flush(columns, err) : LNT_NOMEM;
    for (int64_t i = 0; i < n && status == LNT_OK; i++) {
        names[i] = columns->items[i].name;
        status = finish_column(columns, &columns->items[i], &made[i], err);
    }
    if (status == LNT_OK) status = lnt_table_new(names, made, n, columns->n_flushed, out, err);
    for (int64_t i = 0; i < n && made; i++) lnt_column_unref(made[i]);
    lnt_free(made);
    lnt_free(names);
    return status;
}

void lnt__json_columns_clear(lnt__json_columns *columns) {
    for (int64_t i = 0; i < columns->n; i++) lnt_collector_free(columns->items[i].collector);
    lnt_free(columns->items);
    lnt_free(columns->slots);
    lnt_free(columns->values);
    lnt_arena_clear(&columns->memory);
    columns->items = NULL;
    columns->slots = NULL;
    columns->values = NULL;
    columns->n = columns->capacity = columns->n_slots = columns->values_capacity = 0;
}

// ---- what is said of it ----

static const char *const kind_names[LNT__KIND_COUNT] = {
    "a bool", "an int", "an integer beyond 64 bits", "a float", "a time", "an address", "a string"};

// "record 1 has an int, record 17 a string"
static void describe_mixture(const lnt__json_column *column, lnt_text *text) {
    unsigned left = column->kinds;
    for (bool first = true; left; first = false) {
        int next = __builtin_ctz(left);
        for (int kind = next; kind < LNT__KIND_COUNT; kind++) {
            if ((left >> kind & 1) && column->first_record[kind] < column->first_record[next]) next = kind;
        }
        left &= ~(1u << next);
        lnt_text_addf(text, "%srecord %lld %s%s", first ? "" : ", ", (long long)column->first_record[next],
                      first ? "has " : "", kind_names[next]);
    }
}

void lnt__json_columns_describe(const lnt__json_columns *columns, lnt_text *text) {
    for (int64_t i = 0; i < columns->n; i++) {
        const lnt__json_column *column = &columns->items[i];
        bool mixed = (column->kinds & (column->kinds - 1)) != 0;
        if (column->declared != LNT_NULL) {
            if (!columns->options->all_strings) {
                lnt_text_addf(text, "\n%s: %s (declared)", column->name, lnt_type_name(column->declared));
            }
        } else if (column->kinds == 0) {
            lnt_text_addf(text, "\n%s: string (no values)", column->name);
        } else if (mixed || column->kinds == 1 << LNT__KIND_BIG) {
            lnt_text_addf(text, "\n%s: %s (", column->name, lnt_type_name(column->type));
            describe_mixture(column, text);
            lnt_text_add_char(text, ')');
        } else if (column->type == LNT_TIME || column->type == LNT_IP) {
            lnt_text_addf(text, "\n%s: %s (every string is one)", column->name, lnt_type_name(column->type));
        }
    }
}
