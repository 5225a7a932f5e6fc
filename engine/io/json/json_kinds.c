// Which columns JSON lines have, and of which types: one pass over all blocks, which also finds the rejects.
//
// Invariant: what is found is what json_columns.c finds going from front to back: a string is tried as a time or an
// address only while its column had no other text, so what a block found is brought to what was known before it.
#include <stdio.h>
#include <string.h>

#include "base/engine.h"
#include "io/json/json_lines.h"

/// One worker's block: its columns, of which those in `touched` have kinds.
typedef struct worker_state {
    lnt__json_columns columns; ///< of all blocks of the worker; `staged` says that this block has touched it
    int64_t *touched;          ///< in the order in which the block first had them
    int64_t n_touched, touched_capacity;
    int8_t *kinds; ///< of a record's cells; -1: null
    int64_t kinds_capacity;
    int64_t n_rows, n_values;
} worker_state;

typedef struct finding {
    lnt_engine *engine;
    const lnt__json_settings *settings;
    const char *name; ///< of the input
    lnt__json_found *found;
    worker_state *workers;
    lnt__json_sink *sinks;
    int n_workers;
    int64_t n_values;
} finding;

// ---- a record ----

static void begin_block(void *context) {
    worker_state *state = context;
    for (int64_t i = 0; i < state->n_touched; i++) {
        lnt__json_column *column = &state->columns.items[state->touched[i]];
        column->kinds = 0;
        column->type = column->declared;
        column->staged = false;
    }
    state->n_touched = state->n_rows = state->n_values = 0;
}

/// What a cell is, without its value where that can be told: -1 is null. False with a problem set.
static bool kind_of(const lnt_json_options *options, const lnt__json_cell *cell, lnt_type declared, unsigned kinds,
                    int8_t *out, lnt__json_text *text) {
    *out = -1;
    if (cell->kind == LNT__JSON_NULL) return true;
    if (declared == LNT_NULL) {
        bool text_settled = (kinds >> LNT__KIND_STRING & 1) && options->n_nulls == 0;
        *out = cell->kind == LNT__JSON_STRING && text_settled           ? LNT__KIND_STRING
               : cell->kind == LNT__JSON_WHOLE && cell->text.size <= 18 ? LNT__KIND_INT
                                                                        : -1;
        if (*out >= 0) return true;
    }
    lnt__json_read_value read;
    if (!lnt__json_read_cell(options, cell, declared, kinds, &read, text)) return false;
    if (!read.is_null) *out = (int8_t)read.kind;
    return true;
}

static void note_kind(lnt__json_column *column, unsigned kind, int64_t record) {
    if (column->kinds >> kind & 1) return;
    column->kinds |= 1u << kind;
    column->first_record[kind] = record;
    if (column->declared == LNT_NULL) column->type = lnt__json_type_of_kinds(column->kinds);
}

static lnt__json_result find_column(worker_state *state, int32_t key, lnt__json_column **out, lnt_error *err) {
    int64_t index = state->columns.keys->items[key].column;
    if (index < 0 && lnt__json_columns_of_key(&state->columns, key, &index, err) != LNT_OK) return LNT__JSON_FAILED;
    *out = &state->columns.items[index];
    if ((*out)->staged) return LNT__JSON_OK;
    if (lnt_grow((void **)&state->touched, &state->touched_capacity, state->n_touched + 1, sizeof *state->touched,
                 err) != LNT_OK)
        return LNT__JSON_FAILED;
    state->touched[state->n_touched++] = index;
    (*out)->staged = true;
    return LNT__JSON_OK;
}

static lnt__json_result take_record(void *context, lnt__json_block *block, lnt__json_text *text, const char **column,
                                    lnt_error *err) {
    worker_state *state = context;
    const lnt__json_record *record = &block->record;
    state->columns.keys = &block->keys;
    if (record->n > state->kinds_capacity &&
        lnt_grow((void **)&state->kinds, &state->kinds_capacity, record->n, sizeof *state->kinds, err) != LNT_OK)
        return LNT__JSON_FAILED;
    for (int64_t i = 0; i < record->n; i++) {
        const lnt__json_key *key = &block->keys.items[record->cells[i].key];
        const lnt__json_column *known = key->column >= 0 ? &state->columns.items[key->column] : NULL;
        lnt_type declared = known ? known->declared : lnt__json_declared_type(state->columns.options, key->path);
        if (kind_of(state->columns.options, &record->cells[i], declared, known ? known->kinds : 0, &state->kinds[i],
                    text))
            continue;
        *column = key->path;
        return LNT__JSON_BAD;
    }
    for (int64_t i = 0; i < record->n; i++) {
        lnt__json_column *item;
        if (find_column(state, record->cells[i].key, &item, err) != LNT__JSON_OK) return LNT__JSON_FAILED;
        if (state->kinds[i] < 0) continue;
        state->n_values++;
        note_kind(item, (unsigned)state->kinds[i], block->n_records);
    }
    state->n_rows++;
    return LNT__JSON_OK;
}

// ---- a block, in its turn ----

/// What a kind counts as, where the column's values before were of `kinds`.
static unsigned kind_after(unsigned kinds, unsigned kind) {
    bool tried = kind == LNT__KIND_TIME || kind == LNT__KIND_IP;
    return tried && (kinds >> LNT__KIND_STRING & 1) ? LNT__KIND_STRING : kind;
}

static lnt_status merge_column(finding *f, const lnt__json_column *from, int64_t record, lnt_error *err) {
    lnt__json_columns *columns = &f->found->columns;
    int64_t n = columns->n, index;
    LNT_TRY(lnt__json_columns_named(columns, from->name, &index, err));
    lnt__json_column *to = &columns->items[index];
    if (index == n) {
        lnt_str name = lnt_arena_copy(&f->found->names, (lnt_str){from->name, (int64_t)strlen(from->name) + 1}, err);
        if (!name.data) return lnt_no_memory(err);
        to->name = name.data;
    }
    unsigned before = to->kinds;
    for (unsigned kind = 0; kind < LNT__KIND_COUNT; kind++) {
        if (!(from->kinds >> kind & 1)) continue;
        unsigned as = to->declared == LNT_NULL ? kind_after(before, kind) : kind;
        int64_t first = record + from->first_record[kind];
        bool known = to->kinds >> as & 1;
        if (!known || first < to->first_record[as]) to->first_record[as] = first;
        to->kinds |= 1u << as;
    }
    if (to->declared == LNT_NULL) to->type = lnt__json_type_of_kinds(to->kinds);
    return LNT_OK;
}

static const char *text_at(const lnt__json_block *block, int64_t offset) {
    return (const char *)block->bytes->data + (offset - block->base);
}

/// Moves `*at` on to `to`, with its line and where that begins.
static void walk_lines(const lnt__json_block *block, int64_t *at, int64_t to, int64_t *line, int64_t *line_start) {
    const char *from = text_at(block, *at), *end = text_at(block, to);
    for (const char *c; (c = memchr(from, '\n', (size_t)(end - from))); from = c + 1) {
        ++*line;
        *line_start = to - (end - c) + 1;
    }
    *at = to;
}

static lnt_status keep_reject(lnt__rejects *rejects, const lnt__json_block *block, const lnt__json_block_reject *reject,
                              int64_t line, int64_t line_start, lnt_error *err) {
    char reason[320];
    const char *start = text_at(block, reject->start), *end = text_at(block, block->base + block->size);
    lnt__reject kept = {.line = line};
    if (end - start > LNT__REJECT_TEXT) end = start + LNT__REJECT_TEXT + 1;
    const char *newline = memchr(start, '\n', (size_t)(end - start)), *problem = text_at(block, reject->problem_at);
    if (!newline) newline = end - problem > 40 ? problem + 40 : end;
    kept.text = (lnt_str){start, newline - start};
    if (reject->column) {
        snprintf(reason, sizeof reason, "%s", reject->problem);
        kept.column = lnt_str_from(reject->column);
    } else {
        char line_text[40] = "";
        int64_t at = reject->start, problem_line = line;
        walk_lines(block, &at, reject->problem_at, &problem_line, &line_start);
        if (problem_line != line) snprintf(line_text, sizeof line_text, "line %lld, ", (long long)problem_line);
        snprintf(reason, sizeof reason, "%s (%scolumn %lld)", reject->problem, line_text,
                 (long long)(reject->problem_at - line_start + 1));
    }
    kept.reason = lnt_str_from(reason);
    return lnt__rejects_add(rejects, kept, err);
}

lnt_status lnt__json_keep_rejects(lnt__rejects *rejects, const lnt__json_block *block, const lnt__json_head *head,
                                  lnt_error *err) {
    int64_t at = block->first, line = head->line, line_start = head->line_start;
    for (int64_t i = 0; i < block->n_rejects; i++) {
        walk_lines(block, &at, block->rejects[i].start, &line, &line_start);
        LNT_TRY(keep_reject(rejects, block, &block->rejects[i], line, line_start, err));
    }
    return LNT_OK;
}

/// Thousands of columns that hold a value in one row of a thousand are keys that are values.
static lnt_status check_density(const finding *f, lnt_error *err) {
    const lnt__json_columns *columns = &f->found->columns;
    if (columns->n > LNT__JSON_KEYS)
        return lnt_error_set(err, LNT_LIMIT,
                             "more than %d different keys: where keys are values (an object of records by id), "
                             "read it with records = \"*\"",
                             (int)LNT__JSON_KEYS);
    if (columns->n < LNT__JSON_LONELY || f->n_values / columns->n >= f->found->n_rows / 1000) return LNT_OK;
    return lnt__json_lonely_keys(columns->n, f->found->n_rows, err);
}

static lnt_status settle_block(void *context, int worker, const lnt__json_block *block, const lnt__json_head *head,
                               int64_t *n_rows, lnt_error *err) {
    finding *f = context;
    worker_state *state = &f->workers[worker];
    for (int64_t i = 0; i < state->n_touched; i++)
        LNT_TRY(merge_column(f, &state->columns.items[state->touched[i]], head->record, err));
    LNT_TRY(lnt__json_keep_rejects(&f->found->rejects, block, head, err));
    f->n_values += state->n_values;
    f->found->n_rows += state->n_rows;
    *n_rows = state->n_rows;
    return check_density(f, err);
}

// ---- the whole ----

static lnt_status add_workers(finding *f, lnt_error *err) {
    int n = lnt_engine_n_threads(f->engine);
    f->workers = lnt_alloc_array(n, sizeof *f->workers, err);
    f->sinks = lnt_alloc_array(n, sizeof *f->sinks, err);
    if (!f->workers || !f->sinks) return LNT_NOMEM;
    for (; f->n_workers < n; f->n_workers++) {
        worker_state *state = &f->workers[f->n_workers];
        lnt__json_columns_init(&state->columns, f->engine, &f->settings->options, NULL);
        f->sinks[f->n_workers] = (lnt__json_sink){begin_block, take_record, NULL, state};
    }
    return LNT_OK;
}

static void clear_workers(finding *f) {
    for (int i = 0; i < f->n_workers; i++) {
        lnt__json_columns_clear(&f->workers[i].columns);
        lnt_free(f->workers[i].touched);
        lnt_free(f->workers[i].kinds);
    }
    lnt_free(f->workers);
    lnt_free(f->sinks);
}

lnt_status lnt__json_find_columns(lnt_engine *engine, const lnt_input *input, const lnt__json_settings *settings,
                                  int64_t origin, int64_t line, int64_t line_start, int64_t n_blocks,
                                  lnt__json_found *out, lnt_error *err) {
    *out = (lnt__json_found){0};
    lnt__json_columns_init(&out->columns, engine, &settings->options, NULL);
    lnt__rejects_init(&out->rejects, lnt_engine_budget(engine));
    lnt_arena_init(&out->names, lnt_engine_budget(engine), "the JSON reader");
    finding f = {.engine = engine, .settings = settings, .name = lnt_input_name(input), .found = out};
    lnt__json_pass *pass = NULL;
    lnt_status status = add_workers(&f, err);
    lnt__json_user user = {.sinks = f.sinks, .settle = settle_block, .context = &f};
    if (status == LNT_OK)
        status = lnt__json_pass_open(engine, input, settings, origin, line, line_start, &user, &pass, err);
    if (status == LNT_OK) lnt__json_pass_limit(pass, n_blocks);
    if (status == LNT_OK) status = lnt__json_pass_all(pass, err);
    lnt__json_pass_close(pass);
    clear_workers(&f);
    if (status != LNT_OK) lnt__json_found_clear(out);
    return status;
}

void lnt__json_found_clear(lnt__json_found *found) {
    lnt__json_columns_clear(&found->columns);
    lnt__rejects_clear(&found->rejects);
    lnt_arena_clear(&found->names);
}
