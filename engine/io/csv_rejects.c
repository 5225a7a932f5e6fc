// What could not be read, over a whole file. Expected: none to a few; at worst as many as the file has lines, which is
// why a run keeps a limited number and only counts the rest.
#include <string.h>

#include "io/csv.h"

void lnt_csv_reject_list_init(lnt_csv_reject_list *list, lnt_budget *budget, int64_t max) {
    *list = (lnt_csv_reject_list){.max = max};
    lnt_arena_init(&list->arena, budget, "rejects");
}

void lnt_csv_reject_list_clear(lnt_csv_reject_list *list) {
    lnt_free(list->items);
    lnt_arena_clear(&list->arena);
    *list = (lnt_csv_reject_list){0};
}

/// Cuts a text to `limit` bytes where a character starts.
static lnt_str cut(lnt_str text, int64_t limit) {
    if (text.size <= limit) return text;
    int64_t size = limit;
    for (int back = 0; back < 3 && size > 0 && (text.data[size] & 0xc0) == 0x80; back++) size--;
    return (lnt_str){text.data, size};
}

/// A copy with every byte that isn't part of valid UTF-8 replaced by U+FFFD.
static lnt_str copy_valid(lnt_arena *arena, lnt_str text, lnt_error *err) {
    int64_t bad = lnt_utf8_check(text.data, text.size);
    if (bad < 0) return lnt_arena_copy(arena, text, err);
    char *out = lnt_arena_alloc(arena, text.size * 3 + 1, err);
    if (!out) return (lnt_str){NULL, 1};
    int64_t n = 0, at = 0;
    while (bad >= 0) {
        memcpy(out + n, text.data + at, (size_t)bad);
        n += bad;
        memcpy(out + n, "\xef\xbf\xbd", 3);
        n += 3;
        at += bad + 1;
        bad = lnt_utf8_check(text.data + at, text.size - at);
    }
    memcpy(out + n, text.data + at, (size_t)(text.size - at));
    return (lnt_str){out, n + text.size - at};
}

lnt_status lnt_csv_reject_list_add(lnt_csv_reject_list *list, int64_t line, int64_t column, const char *reason,
                                   lnt_str text, lnt_error *err) {
    list->n_all++;
    if (list->n >= list->max) return LNT_OK;
    LNT_TRY(lnt_grow((void **)&list->items, &list->capacity, list->n + 1, sizeof *list->items, err));
    lnt_csv_reject_entry entry = {.line = line, .column = column};
    entry.reason = copy_valid(&list->arena, lnt_str_from(reason), err);
    entry.text = copy_valid(&list->arena, cut(text, LNT_CSV_REJECT_TEXT), err);
    if ((!entry.reason.data && entry.reason.size) || (!entry.text.data && entry.text.size)) return LNT_NOMEM;
    list->items[list->n++] = entry;
    return LNT_OK;
}

/// Value of field `field` of a reject.
static lnt_value value_of(const lnt_csv_reject_entry *entry, const char *source, const lnt_schema *schema, int field) {
    lnt_value value = {.type = field == 1 ? LNT_INT : LNT_STRING};
    switch (field) {
    case 0: value.as.s = lnt_str_from(source); break;
    case 1: value.as.i = entry->line; break;
    case 2:
        value.is_null = entry->column < 0;
        if (!value.is_null) value.as.s = lnt_str_from(lnt_schema_name(schema, entry->column));
        break;
    case 3: value.as.s = entry->reason; break;
    default: value.as.s = entry->text; break;
    }
    return value;
}

static lnt_status build_column(lnt_engine *engine, const lnt_csv_reject_list *list, const char *source,
                               const lnt_schema *schema, int field, lnt_column **out, lnt_error *err) {
    lnt_column_builder *builder;
    LNT_TRY(lnt_column_builder_new(engine, field == 1 ? LNT_INT : LNT_STRING, &builder, err));
    lnt_status status = LNT_OK;
    for (int64_t i = 0; i < list->n && status == LNT_OK; i++)
        status = lnt_column_builder_append(builder, value_of(&list->items[i], source, schema, field), err);
    if (status == LNT_OK) status = lnt_column_builder_finish(builder, out, err);
    lnt_column_builder_free(builder);
    return status;
}

lnt_status lnt_csv_reject_table(lnt_engine *engine, const lnt_csv_reject_list *list, const char *source,
                                const lnt_schema *schema, lnt_table **out, lnt_error *err) {
    static const char *const names[] = {"source", "line", "column", "reason", "text"};
    lnt_column *columns[5] = {NULL};
    lnt_status status = LNT_OK;
    for (int i = 0; i < 5 && status == LNT_OK; i++)
        status = build_column(engine, list, source, schema, i, &columns[i], err);
    if (status == LNT_OK) status = lnt_table_new(names, columns, 5, list->n, out, err);
    for (int i = 0; i < 5; i++) lnt_column_unref(columns[i]);
    return status;
}
