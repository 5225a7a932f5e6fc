// One pass over a JSON text, record after record: see json_reader.h.
//
// A state says what may come next; each step takes one record or one piece of the structure around the records.
#include "io/json/json_reader.h"

#include "base/engine.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

// ---- text ----

lnt_status lnt__json_more(lnt__json_reader *reader, const char **keep, bool *grown, lnt_error *err) {
    LNT_TRY(lnt_engine_check(reader->engine, err));
    LNT_TRY(lnt__json_columns_flush(&reader->columns, err));
    lnt_arena_reset(&reader->scratch);
    lnt_engine_progress(reader->engine, "reading", lnt_stream_position(reader->window.stream), reader->disk_bytes);
    return lnt__json_window_fill(&reader->window, keep, grown, err);
}

lnt_status lnt__json_peek(lnt__json_reader *reader, int *byte, lnt_error *err) {
    lnt__json_text *text = &reader->window.text;
    const char *start = text->at;
    bool grown = true;
    lnt__json_space(text);
    reader->space_size = text->at - start <= LNT__JSON_GAP ? text->at - start : -1;
    if (reader->space_size > 0) memcpy(reader->space, start, (size_t)reader->space_size);
    while (text->at >= text->end && grown) {
        start = text->at;
        LNT_TRY(lnt__json_more(reader, &start, &grown, err));
        lnt__json_space(text);
        reader->space_size = -1; // space that the window's end cuts isn't remembered
    }
    *byte = text->at < text->end ? (unsigned char)*text->at : -1;
    return LNT_OK;
}

// After JSON_MORE: reads on, keeping from `*start`; sets a problem if the window can't grow any more.
static lnt_status read_on(lnt__json_reader *reader, const char **start, lnt__json_result *result, lnt_error *err) {
    lnt__json_text *text = &reader->window.text;
    bool grown;
    LNT_TRY(lnt__json_more(reader, start, &grown, err));
    text->at = *start;
    if (!grown && !text->final) {
        *result = lnt__json_bad(text, *start, "longer than %lld bytes", (long long)reader->window.longest);
    }
    return LNT_OK;
}

lnt_status lnt__json_take_key(lnt__json_reader *reader, lnt_text *out, bool *bad, lnt_error *err) {
    lnt__json_text *text = &reader->window.text;
    const char *start = text->at;
    lnt__json_string string;
    lnt__json_result result;
    do {
        result = *text->at == '"' && text->at < text->end ? lnt__json_scan_string(text, &string)
                                                          : lnt__json_unexpected(text, "a key in quotes");
        if (result == LNT__JSON_MORE) LNT_TRY(read_on(reader, &start, &result, err));
    } while (result == LNT__JSON_MORE);
    *bad = result != LNT__JSON_OK;
    if (*bad) return LNT_OK;
    out->size = 0;
    char *to = lnt_text_reserve(out, string.raw.size + 1);
    LNT_TRY(lnt_text_check(out, err));
    out->size = lnt__json_unescape(string.raw, to);
    to[out->size] = 0;
    int byte;
    LNT_TRY(lnt__json_peek(reader, &byte, err));
    *bad = byte != ':';
    if (*bad) return lnt__json_unexpected(text, "':'"), LNT_OK;
    text->at++;
    return lnt__json_peek(reader, &byte, err);
}

lnt_status lnt__json_take_value(lnt__json_reader *reader, bool *bad, lnt_error *err) {
    lnt__json_text *text = &reader->window.text;
    const char *start = text->at;
    lnt__json_result result;
    do {
        text->at = start;
        result = lnt__json_skip_value(text, 0);
        if (result == LNT__JSON_MORE) LNT_TRY(read_on(reader, &start, &result, err));
    } while (result == LNT__JSON_MORE);
    *bad = result != LNT__JSON_OK;
    return LNT_OK;
}

// ---- rejects ----

// What is shown of what starts at `start`: up to the line's end, the closing bracket, the comma; else a little beyond
// the problem.
static lnt_str reject_text(const lnt__json_reader *reader, const char *start, const char *problem_at) {
    const char *end = reader->window.text.end, *found;
    if (end - start > LNT__REJECT_TEXT) end = start + LNT__REJECT_TEXT + 1;
    size_t left = (size_t)(end - start);
    if (reader->shape == LNT__JSON_LINES)
        found = memchr(start, '\n', left);
    else if (left > 0 && *start == '{')
        found = lnt__json_closing_bracket(start, end);
    else
        found = memchr(start, ',', left);
    if (!found) found = end - problem_at > 40 ? problem_at + 40 : end;
    return (lnt_str){start, found - start};
}

lnt_status lnt__json_reject(lnt__json_reader *reader, const char *start, const char *column, lnt_error *err) {
    lnt__json_window *window = &reader->window;
    const char *problem_at = window->text.problem_at < start ? start : window->text.problem_at;
    char reason[320];
    int64_t line, problem_line, place;
    lnt__json_window_place(window, start, &line, &place);
    lnt__reject reject = {.line = line, .text = reject_text(reader, start, problem_at)};
    if (column) {
        snprintf(reason, sizeof reason, "%s", window->text.problem);
        reject.column = lnt_str_from(column);
    } else {
        lnt__json_window_place(window, problem_at, &problem_line, &place);
        char line_text[40] = "";
        if (problem_line != line) snprintf(line_text, sizeof line_text, "line %lld, ", (long long)problem_line);
        snprintf(reason, sizeof reason, "%s (%scolumn %lld)", window->text.problem, line_text, (long long)place);
    }
    reject.reason = lnt_str_from(reason);
    return lnt__rejects_add(&reader->rejects, reject, err);
}

lnt_status lnt__json_format_error(lnt__json_reader *reader, lnt_error *err) {
    lnt__json_window *window = &reader->window;
    const char *at = window->text.problem_at;
    int64_t line, column;
    lnt__json_window_place(window, at, &line, &column);
    return lnt_error_set(err, LNT_FORMAT, "%s isn't JSON: %s at line %lld, column %lld (byte %lld)", reader->name,
                         window->text.problem, (long long)line, (long long)column,
                         (long long)lnt__json_window_offset(window, at));
}

// Rejects what is left, which ends too early.
static lnt_status end_early(lnt__json_reader *reader, const char *what, lnt_error *err) {
    lnt__json_text *text = &reader->window.text;
    lnt__json_bad(text, text->at, "the text ends inside %s", what);
    reader->state = LNT__JSON_AT_END;
    return lnt__json_reject(reader, text->at, NULL, err);
}

// Something else than `expected` is next: rejects it and looks for the next record.
static lnt_status reject_here(lnt__json_reader *reader, const char *expected, lnt_error *err) {
    lnt__json_text *text = &reader->window.text;
    const char *start = text->at;
    (void)lnt__json_unexpected(text, expected);
    LNT_TRY(lnt__json_reject(reader, start, NULL, err));
    return lnt__json_resync(reader, start, err);
}

// ---- records ----

// In LINES, nothing may follow a record on its line.
static lnt__json_result check_line_end(lnt__json_reader *reader) {
    lnt__json_text *text = &reader->window.text;
    const char *at = text->at;
    while (*at == ' ' || *at == '\t' || *at == '\r') at++;
    if (at >= text->end) return text->final ? LNT__JSON_OK : LNT__JSON_MORE;
    if (*at == '\n' || *at == '{') return LNT__JSON_OK;
    return lnt__json_bad(text, at, "text after the record");
}

// The record at the position, as cells; reads on if it reaches past the window. `*start` is where it begins.
static lnt_status parse_record(lnt__json_reader *reader, const char **start, lnt__json_result *result, lnt_error *err) {
    lnt__json_text *text = &reader->window.text;
    do {
        text->at = *start;
        *result = lnt__json_read_record(&reader->record, text, err);
        if (*result == LNT__JSON_OK && reader->shape == LNT__JSON_LINES) *result = check_line_end(reader);
        if (*result == LNT__JSON_OK && text->at - *start > reader->window.longest) {
            *result = lnt__json_bad(text, *start, "longer than %lld bytes", (long long)reader->window.longest);
        }
        if (*result == LNT__JSON_MORE) LNT_TRY(read_on(reader, start, result, err));
    } while (*result == LNT__JSON_MORE);
    return *result == LNT__JSON_FAILED ? (err && err->code ? err->code : LNT_NOMEM) : LNT_OK;
}

static lnt_status add_key_cell(lnt__json_reader *reader, lnt_error *err) {
    if (reader->key_cell < 0) return LNT_OK;
    lnt_str key = lnt_arena_copy(&reader->scratch, (lnt_str){reader->key.data, reader->key.size}, err);
    if (!key.data && reader->key.size) return LNT_NOMEM;
    lnt__json_record *record = &reader->record;
    LNT_TRY(lnt__json_add_cell(record, reader->key_cell, LNT__JSON_STRING, key, err));
    // first, so that the column comes first and a record's own value of that name wins
    lnt__json_cell cell = record->cells[record->n - 1];
    memmove(record->cells + 1, record->cells, (size_t)(record->n - 1) * sizeof cell);
    record->cells[0] = cell;
    return LNT_OK;
}

// The space before a sound record is what is looked for after damage. Before an array's first it may differ, unless it
// is a line's end.
static void learn_gap(lnt__json_reader *reader) {
    int64_t size = reader->space_size;
    if (size < 0 || (reader->n_elements == 1 && !memchr(reader->space, '\n', (size_t)size))) return;
    reader->gap_size = size;
    memcpy(reader->gap, reader->space, (size_t)size);
}

// Adds the record at the position, or rejects it and finds out where to go on; only then is `state` changed.
static lnt_status take_record(lnt__json_reader *reader, bool *sound, lnt_error *err) {
    lnt__json_text *text = &reader->window.text;
    const char *start = text->at, *column = NULL;
    lnt__json_result result;
    reader->columns.n_records++;
    LNT_TRY(parse_record(reader, &start, &result, err));
    *sound = result == LNT__JSON_OK;
    reader->n_elements++;
    if (!*sound) {
        LNT_TRY(lnt__json_reject(reader, start, NULL, err));
        return lnt__json_resync(reader, start, err);
    }
    if (text->at - start > reader->longest) reader->longest = text->at - start;
    learn_gap(reader);
    LNT_TRY(add_key_cell(reader, err));
    result = lnt__json_columns_add(&reader->columns, &reader->record, text, &column, err);
    if (result == LNT__JSON_FAILED) return err && err->code ? err->code : LNT_NOMEM;
    if (result == LNT__JSON_BAD) return lnt__json_reject(reader, start, column, err);
    if (reader->columns.n_staged < reader->columns.n_room) return LNT_OK;
    LNT_TRY(lnt__json_columns_flush(&reader->columns, err));
    lnt_arena_reset(&reader->scratch);
    return LNT_OK;
}

// ---- steps ----

static lnt_status step_line(lnt__json_reader *reader, lnt_error *err) {
    int byte;
    bool sound;
    LNT_TRY(lnt__json_peek(reader, &byte, err));
    if (byte == '{') return take_record(reader, &sound, err);
    if (byte >= 0) return reject_here(reader, "'{'", err);
    reader->state = LNT__JSON_AT_END;
    return LNT_OK;
}

static void close_array(lnt__json_reader *reader) {
    reader->window.text.at++;
    reader->state = reader->shape == LNT__JSON_KEYED ? LNT__JSON_AFTER_ARRAY : LNT__JSON_AT_TAIL;
}

// An element that isn't an object.
static lnt_status reject_element(lnt__json_reader *reader, lnt_error *err) {
    lnt__json_text *text = &reader->window.text;
    (void)lnt__json_unexpected(text, "an object");
    LNT_TRY(lnt__json_reject(reader, text->at, NULL, err));
    bool bad;
    int64_t at = lnt__json_window_offset(&reader->window, text->at);
    LNT_TRY(lnt__json_take_value(reader, &bad, err));
    reader->n_elements++;
    reader->columns.n_records++;
    return bad ? lnt__json_resync(reader, reader->window.data + (at - reader->window.base), err) : LNT_OK;
}

static lnt_status step_record(lnt__json_reader *reader, lnt_error *err) {
    int byte;
    bool sound;
    LNT_TRY(lnt__json_peek(reader, &byte, err));
    if (byte < 0) return end_early(reader, "an array of records", err);
    if (byte == ']') return close_array(reader), LNT_OK;
    reader->state = LNT__JSON_AFTER_RECORD;
    if (byte != '{') return reject_element(reader, err);
    return take_record(reader, &sound, err);
}

static lnt_status step_after_record(lnt__json_reader *reader, lnt_error *err) {
    int byte;
    LNT_TRY(lnt__json_peek(reader, &byte, err));
    if (byte < 0) return end_early(reader, "an array of records", err);
    if (byte == ']') return close_array(reader), LNT_OK;
    if (byte != ',' && byte != '{') return reject_here(reader, "',' or ']'", err);
    reader->state = LNT__JSON_AT_RECORD;
    if (byte == ',') return reader->window.text.at++, LNT_OK;
    (void)lnt__json_unexpected(&reader->window.text, "',' before the record");
    return lnt__json_reject(reader, reader->window.text.at, NULL, err);
}

// A key of an object of arrays, and the bracket behind it.
static lnt_status step_key(lnt__json_reader *reader, lnt_error *err) {
    lnt__json_text *text = &reader->window.text;
    int byte;
    bool bad, sound;
    LNT_TRY(lnt__json_peek(reader, &byte, err));
    if (byte < 0) return end_early(reader, "an object of arrays", err);
    if (byte == '}') return reader->state = LNT__JSON_AT_TAIL, LNT_OK;
    LNT_TRY(lnt__json_take_key(reader, &reader->key, &bad, err));
    if (bad) {
        LNT_TRY(lnt__json_reject(reader, text->at, NULL, err));
        return lnt__json_resync(reader, text->at, err);
    }
    reader->state = LNT__JSON_AFTER_ARRAY;
    reader->n_elements = 0;
    if (*text->at == '{') return take_record(reader, &sound, err);
    if (*text->at != '[') return reject_element(reader, err);
    text->at++;
    reader->state = LNT__JSON_AT_RECORD;
    return LNT_OK;
}

static lnt_status step_after_array(lnt__json_reader *reader, lnt_error *err) {
    int byte;
    LNT_TRY(lnt__json_peek(reader, &byte, err));
    if (byte < 0) return end_early(reader, "an object of arrays", err);
    reader->state = byte == '}' ? LNT__JSON_AT_TAIL : LNT__JSON_AT_KEY;
    if (byte == '}') return LNT_OK;
    if (byte != ',') return reject_here(reader, "',' or '}'", err);
    reader->window.text.at++;
    return lnt__json_peek(reader, &byte, err);
}

// The document is one record: damage in it leaves nothing.
static lnt_status step_single(lnt__json_reader *reader, lnt_error *err) {
    bool sound;
    reader->state = LNT__JSON_AT_TAIL;
    LNT_TRY(take_record(reader, &sound, err));
    return sound ? LNT_OK : lnt__json_format_error(reader, err);
}

// A member of the objects around the records, or their end, or the text's.
static lnt_status step_tail(lnt__json_reader *reader, lnt_error *err) {
    lnt__json_text *text = &reader->window.text;
    int byte;
    bool bad = false;
    lnt_text key = {0};
    LNT_TRY(lnt__json_peek(reader, &byte, err));
    if (byte < 0 && reader->n_open == 0) return reader->state = LNT__JSON_AT_END, LNT_OK;
    if (byte < 0) return end_early(reader, "the document", err);
    if (reader->n_open == 0) return reject_here(reader, "the end of the text", err);
    if (byte != ',' && byte != '}') return reject_here(reader, "',' or '}'", err);
    text->at++;
    if (byte == '}') return reader->n_open--, LNT_OK;
    LNT_TRY(lnt__json_peek(reader, &byte, err));
    lnt_status status = lnt__json_take_key(reader, &key, &bad, err);
    if (status == LNT_OK && !bad) status = lnt__json_take_value(reader, &bad, err);
    lnt_text_clear(&key);
    if (status != LNT_OK || !bad) return status;
    LNT_TRY(lnt__json_reject(reader, text->at, NULL, err));
    return lnt__json_resync(reader, text->at, err);
}

lnt_status lnt__json_read_all(lnt__json_reader *reader, lnt_error *err) {
    static lnt_status (*const steps[])(lnt__json_reader *, lnt_error *) = {
        step_line, step_record, step_after_record, step_key, step_after_array, step_single, step_tail};
    LNT_TRY(lnt__json_start(reader, err));
    while (reader->state != LNT__JSON_AT_END) LNT_TRY(steps[reader->state](reader, err));
    return lnt__json_columns_flush(&reader->columns, err);
}
