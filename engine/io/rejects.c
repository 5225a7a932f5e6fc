// Rejected records: see rejects.h.
//
// Workload: none, or some; a file that isn't what it seems can reject every line, so that the text kept of each is cut
// and counted against the memory limit.
#include "io/rejects.h"

#include "base/engine.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

void lnt__rejects_init(lnt__rejects *rejects, lnt_budget *budget) {
    *rejects = (lnt__rejects){0};
    lnt_arena_init(&rejects->text, budget, "rejected records");
}

void lnt__rejects_clear(lnt__rejects *rejects) {
    lnt_free(rejects->items);
    lnt_budget_give(rejects->text.budget, rejects->capacity * (int64_t)sizeof *rejects->items);
    lnt_arena_clear(&rejects->text);
    rejects->items = NULL;
    rejects->n = rejects->capacity = rejects->n_all = 0;
}

// At most `most` bytes of the text, without a cut through a character's bytes.
static lnt_str cut(lnt_str text, int64_t most) {
    if (text.size <= most) return text;
    int64_t size = most;
    while (size > most - 4 && ((unsigned char)text.data[size] & 0xc0) == 0x80) size--;
    return (lnt_str){text.data, size};
}

static bool copy(lnt__rejects *rejects, lnt_str *text, lnt_error *err) {
    if (text->size == 0) {
        *text = (lnt_str){"", 0};
        return true;
    }
    *text = lnt_arena_copy(&rejects->text, *text, err);
    return text->data != NULL;
}

// Room for one more, charged to the budget as the text is.
static lnt_status make_room(lnt__rejects *rejects, lnt_error *err) {
    if (rejects->n < rejects->capacity) return LNT_OK;
    int64_t before = rejects->capacity, item = sizeof *rejects->items;
    LNT_TRY(lnt_grow((void **)&rejects->items, &rejects->capacity, before + 1, item, err));
    int64_t added = rejects->capacity - before;
    lnt_status status = lnt_budget_take(rejects->text.budget, added * item, "rejected records", err);
    if (status != LNT_OK) rejects->capacity = before; // what is there more isn't counted, and freed all the same
    return status;
}

lnt_status lnt__rejects_add(lnt__rejects *rejects, lnt__reject reject, lnt_error *err) {
    lnt_error local = {0};
    if (!err) err = &local;
    rejects->n_all++;
    if (rejects->n >= LNT__MOST_REJECTS) return LNT_OK;
    LNT_TRY(make_room(rejects, err));
    reject.text = cut(reject.text, LNT__REJECT_TEXT);
    if (!copy(rejects, &reject.text, err) || !copy(rejects, &reject.column, err) ||
        !copy(rejects, &reject.reason, err)) {
        return err->code;
    }
    rejects->items[rejects->n++] = reject;
    return LNT_OK;
}

// ---- the table ----

enum { N_COLUMNS = 5 };
static const char *const names[N_COLUMNS] = {"source", "line", "column", "reason", "text"};
static const lnt_type types[N_COLUMNS] = {LNT_STRING, LNT_INT, LNT_STRING, LNT_STRING, LNT_STRING};

static lnt_value string_value(lnt_str text, bool is_null) {
    return (lnt_value){.type = LNT_STRING, .is_null = is_null, .as.s = text};
}

// Appends text that may be broken UTF-8: U+FFFD stands for each byte that isn't part of a character.
static lnt_status append_bytes(lnt_column_builder *builder, lnt_str text, lnt_text *clean, lnt_error *err) {
    clean->size = 0;
    while (text.size > 0) {
        int64_t bad = lnt_utf8_check(text.data, text.size);
        int64_t good = bad < 0 ? text.size : bad;
        lnt_text_add(clean, text.data, good);
        if (bad < 0) break;
        lnt_text_add(clean, "\xef\xbf\xbd", 3);
        text = (lnt_str){text.data + good + 1, text.size - good - 1};
    }
    LNT_TRY(lnt_text_check(clean, err));
    return lnt_column_builder_append(builder, string_value((lnt_str){clean->data, clean->size}, false), err);
}

static lnt_status append_reject(lnt_column_builder *const *builders, const char *source, const lnt__reject *reject,
                                lnt_text *clean, lnt_error *err) {
    LNT_TRY(lnt_column_builder_append(builders[0], string_value(lnt_str_from(source), false), err));
    lnt_value line = {.type = LNT_INT, .is_null = reject->line == 0, .as.i = reject->line};
    LNT_TRY(lnt_column_builder_append(builders[1], line, err));
    LNT_TRY(lnt_column_builder_append(builders[2], string_value(reject->column, reject->column.size == 0), err));
    LNT_TRY(lnt_column_builder_append(builders[3], string_value(reject->reason, false), err));
    return append_bytes(builders[4], reject->text, clean, err);
}

// The row that speaks for those that weren't kept.
static lnt_status append_rest(lnt_column_builder *const *builders, const char *source, const lnt__rejects *rejects,
                              lnt_text *clean, lnt_error *err) {
    char reason[128];
    snprintf(reason, sizeof reason, "%lld more were rejected; the first %lld are listed",
             (long long)(rejects->n_all - rejects->n), (long long)rejects->n);
    lnt__reject rest = {.reason = lnt_str_from(reason)};
    return append_reject(builders, source, &rest, clean, err);
}

lnt_status lnt__rejects_table(lnt_engine *engine, const char *source, const lnt__rejects *rejects, lnt_table **out,
                              lnt_error *err) {
    lnt_column_builder *builders[N_COLUMNS] = {0};
    lnt_column *columns[N_COLUMNS] = {0};
    lnt_text clean = {0};
    int64_t n = rejects ? rejects->n : 0;
    lnt_status status = LNT_OK;
    for (int i = 0; i < N_COLUMNS && status == LNT_OK; i++) {
        status = lnt_column_builder_new(engine, types[i], &builders[i], err);
    }
    for (int64_t i = 0; i < n && status == LNT_OK; i++) {
        status = append_reject(builders, source, &rejects->items[i], &clean, err);
    }
    if (status == LNT_OK && rejects && rejects->n_all > n) {
        status = append_rest(builders, source, rejects, &clean, err);
        n++;
    }
    for (int i = 0; i < N_COLUMNS && status == LNT_OK; i++) {
        status = lnt_column_builder_finish(builders[i], &columns[i], err);
    }
    if (status == LNT_OK) status = lnt_table_new(names, columns, N_COLUMNS, n, out, err);
    for (int i = 0; i < N_COLUMNS; i++) {
        lnt_column_builder_free(builders[i]);
        lnt_column_unref(columns[i]);
    }
    lnt_text_clear(&clean);
    return status;
}
