// Records of a block as rows of the columns that a query asked for. Values of other columns are only looked at where
// they decide whether the record is one (declared types, numbers out of range), so that the rows are the same for every
// query. This is the definition of what a record gives; json_quick.c takes those that are beyond doubt.
#include "io/json/json_rows.h"

#include <string.h>

enum { PAGE = LNT__JSON_PAGE_ROWS };

typedef lnt__json_page page;
typedef lnt__json_slot slot;

lnt_status lnt__json_rows_new(lnt_engine *engine, const lnt__json_settings *settings, const lnt__json_found *found,
                              bool guessed, const int64_t *columns, int64_t n_columns, lnt__json_rows **out,
                              lnt_error *err) {
    lnt__json_rows *rows = lnt_alloc_array(1, sizeof *rows, err);
    if (!rows) return LNT_NOMEM;
    rows->settings = settings;
    rows->found = found;
    rows->guessed = guessed;
    rows->n_slots = n_columns;
    lnt_arena_init(&rows->memory, lnt_engine_budget(engine), "the JSON reader");
    rows->slot_of = lnt_alloc_array(found->columns.n, sizeof *rows->slot_of, err);
    rows->slots = lnt_alloc_array(n_columns, sizeof *rows->slots, err);
    rows->vectors = lnt_alloc_array(n_columns, sizeof *rows->vectors, err);
    if (!rows->slot_of || !rows->slots || !rows->vectors) {
        lnt__json_rows_free(rows);
        return LNT_NOMEM;
    }
    for (int64_t i = 0; i < found->columns.n; i++) rows->slot_of[i] = -1;
    for (int64_t i = 0; i < n_columns; i++) {
        lnt_type type = found->columns.items[columns[i]].type;
        rows->slots[i].type = type == LNT_NULL ? LNT_STRING : type;
        rows->slot_of[columns[i]] = i;
    }
    *out = rows;
    return LNT_OK;
}

void lnt__json_rows_free(lnt__json_rows *rows) {
    if (!rows) return;
    for (int64_t i = 0; rows->slots && i < rows->n_slots; i++) lnt_free(rows->slots[i].pages);
    lnt_free(rows->slot_of);
    lnt_free(rows->slots);
    lnt_free(rows->vectors);
    lnt_free(rows->roads);
    lnt_arena_clear(&rows->memory);
    lnt_free(rows);
}

// ---- storing ----

static void begin_block(void *context) {
    lnt__json_rows *rows = context;
    for (int64_t i = 0; i < rows->n_slots; i++) {
        rows->slots[i].n_pages = 0;
        rows->slots[i].last = NULL;
    }
    lnt_arena_reset(&rows->memory);
    rows->n_rows = rows->n_taken = rows->n_left = 0;
}

page *lnt__json_rows_add_page(lnt__json_rows *rows, slot *s, int64_t row, lnt_error *err) {
    int64_t number = row / PAGE;
    if (number >= s->capacity && lnt_grow((void **)&s->pages, &s->capacity, number + 1, sizeof(page *), err) != LNT_OK)
        return NULL;
    while (s->n_pages <= number) s->pages[s->n_pages++] = NULL;
    int64_t size = (int64_t)sizeof(page) + PAGE * lnt_vec_value_bytes(s->type);
    page *made = lnt_arena_alloc(&rows->memory, size, err);
    if (made) memset(made, 0, (size_t)size);
    return s->last = s->pages[number] = made;
}

/// Stores a cell that was read, if it had to be: strings are taken as they are written.
static void store(page *to, lnt_type type, int64_t i, const lnt__json_cell *cell, const lnt__json_read_value *read) {
    switch (type) {
    case LNT_BOOL:
        to->data[i] = read->value.as.b;
        break;
    case LNT_STRING:
        ((lnt_str *)(void *)to->data)[i] = cell->text;
        break;
    case LNT_IP:
        ((lnt_ip *)(void *)to->data)[i] = read->value.as.ip;
        break;
    case LNT_FLOAT:
        ((double *)(void *)to->data)[i] = lnt__json_value_as(type, cell, read).as.f;
        break;
    default:
        ((int64_t *)(void *)to->data)[i] = read->value.as.i;
    }
    lnt_bitmap_set(to->valid, i);
}

// ---- records ----

/// Whether a number may be out of range, as few are.
static bool may_overflow(const lnt__json_cell *cell) {
    return cell->text.size > 300 || memchr(cell->text.data, 'e', (size_t)cell->text.size) ||
           memchr(cell->text.data, 'E', (size_t)cell->text.size);
}

/// Whether a cell of a column that isn't wanted as a value must be read all the same.
static bool must_be_read(const lnt__json_cell *cell, lnt_type declared) {
    if (declared != LNT_NULL && declared != LNT_STRING) return true;
    return (cell->kind == LNT__JSON_WHOLE || cell->kind == LNT__JSON_NUMBER) && may_overflow(cell);
}

static bool fits(lnt_type type, unsigned kind) {
    switch (type) {
    case LNT_STRING:
        return true;
    case LNT_FLOAT:
        return kind == LNT__KIND_INT || kind == LNT__KIND_BIG || kind == LNT__KIND_FLOAT;
    default:
        return lnt__json_type_of_kinds(1u << kind) == type;
    }
}

/// A cell of a column that no sound record had in the first pass: something else in the record rejects it, or it does.
static bool is_sound(const lnt__json_rows *rows, const lnt__json_cell *cell, const lnt__json_key *key,
                     lnt__json_text *text) {
    lnt__json_read_value read;
    lnt_type declared = lnt__json_declared_type(&rows->settings->options, key->path);
    return !must_be_read(cell, declared) ||
           lnt__json_read_cell(&rows->settings->options, cell, declared, 0, &read, text);
}

/// Whether a text needs no look to be of a kind that was found.
static bool is_settled_text(const lnt__json_cell *cell, const lnt__json_column *column) {
    bool is_text = cell->kind == LNT__JSON_STRING || cell->kind == LNT__JSON_LIST;
    return column->declared != LNT_NULL || (is_text && (column->kinds >> LNT__KIND_STRING & 1));
}

static lnt__json_result take_cell(lnt__json_rows *rows, const lnt__json_cell *cell, const lnt__json_column *column,
                                  slot *s, lnt__json_text *text, lnt_error *err) {
    const lnt_json_options *options = &rows->settings->options;
    const bool verifies = rows->guessed && column->declared == LNT_NULL;
    lnt__json_read_value read;
    read.is_null = cell->kind == LNT__JSON_NULL;
    read.kind = LNT__KIND_STRING;
    lnt_type type = s ? s->type : LNT_STRING;
    bool plain = type == LNT_STRING && cell->kind != LNT__JSON_NULL && options->n_nulls == 0;
    if (plain && rows->guessed) plain = is_settled_text(cell, column);
    if (must_be_read(cell, column->declared) || (!plain && (s != NULL || verifies)))
        if (!lnt__json_read_cell(options, cell, column->declared, column->kinds, &read, text)) return LNT__JSON_BAD;
    if (!s && !verifies) return LNT__JSON_OK;
    if (read.is_null) {
        if (s) lnt__json_rows_clear(s, rows->n_rows); // of a key that comes twice the last value counts
        return LNT__JSON_OK;
    }
    bool strange = rows->guessed ? !(column->kinds >> read.kind & 1) : !fits(type, read.kind);
    if (column->declared == LNT_NULL && strange && !plain) {
        rows->strange = column->name;
        return LNT__JSON_OK;
    }
    if (!s) return LNT__JSON_OK;
    page *to = lnt__json_rows_page_of(rows, s, rows->n_rows, err);
    if (!to) return LNT__JSON_FAILED;
    store(to, type, rows->n_rows % PAGE, cell, &read);
    return LNT__JSON_OK;
}

static lnt__json_result take_record(void *context, lnt__json_block *block, lnt__json_text *text, const char **column,
                                    lnt_error *err) {
    lnt__json_rows *rows = context;
    const lnt__json_record *record = &block->record;
    lnt__json_result result = LNT__JSON_OK;
    rows->strange = NULL;
    for (int64_t i = 0; i < record->n && result == LNT__JSON_OK; i++) {
        const lnt__json_cell *cell = &record->cells[i];
        lnt__json_key *key = &block->keys.items[cell->key];
        *column = key->path;
        if (key->column < 0) key->column = lnt__json_columns_find(&rows->found->columns, key->path);
        if (key->column < 0) {
            rows->strange = key->path;
            result = is_sound(rows, cell, key, text) ? LNT__JSON_OK : LNT__JSON_BAD;
            continue;
        }
        int64_t place = rows->slot_of[key->column];
        result = take_cell(rows, cell, &rows->found->columns.items[key->column], place < 0 ? NULL : &rows->slots[place],
                           text, err);
    }
    if (result == LNT__JSON_OK && rows->strange) {
        (void)lnt_error_set(err, LNT_IO, "the file changed while it was read: '%s' isn't what it was before",
                            rows->strange);
        return LNT__JSON_FAILED;
    }
    if (result == LNT__JSON_BAD)
        for (int64_t i = 0; i < rows->n_slots; i++) lnt__json_rows_clear(&rows->slots[i], rows->n_rows);
    if (result == LNT__JSON_OK) rows->n_rows++;
    return result;
}

lnt__json_sink lnt__json_rows_sink(lnt__json_rows *rows) {
    return (lnt__json_sink){begin_block, take_record, lnt__json_rows_take_quickly, rows};
}

int64_t lnt__json_rows_count(const lnt__json_rows *rows) {
    return rows->n_rows;
}

const lnt_vec *lnt__json_rows_page(lnt__json_rows *rows, int64_t number) {
    static const uint64_t none[1];
    static const lnt_ip zero[1];
    for (int64_t i = 0; i < rows->n_slots; i++) {
        slot *s = &rows->slots[i];
        page *at = number < s->n_pages ? s->pages[number] : NULL;
        rows->vectors[i] = at ? (lnt_vec){.type = s->type, .form = LNT_FORM_FLAT, .data = at->data, .valid = at->valid}
                              : (lnt_vec){.type = s->type, .form = LNT_FORM_CONSTANT, .data = zero, .valid = none};
    }
    return rows->vectors;
}
