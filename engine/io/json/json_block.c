// A block of JSON lines: its text, and the records in it one after the other. See json_lines.h.
//
// Expected: a MiB of records of some hundred bytes; one record in a block reaches beyond its end.
#include <string.h>

#include "base/text.h"
#include "io/json/json_lines.h"

enum { TAIL = 1 << 14 }; ///< bytes behind a block that are loaded with it, for the record that its end cuts

// ---- settings ----

static lnt_status copy_types(lnt_json_options *to, const lnt_json_options *from, lnt_error *err) {
    lnt_named_type *types = lnt_alloc_array(from->n_types, sizeof *types, err);
    if (!types) return LNT_NOMEM;
    to->types = types;
    for (; to->n_types < from->n_types; to->n_types++) {
        types[to->n_types] = from->types[to->n_types];
        types[to->n_types].name = lnt_strdup(from->types[to->n_types].name, -1, err);
        if (!types[to->n_types].name) return LNT_NOMEM;
    }
    return LNT_OK;
}

static lnt_status copy_nulls(lnt_json_options *to, const lnt_json_options *from, lnt_error *err) {
    const char **nulls = lnt_alloc_array(from->n_nulls, sizeof *nulls, err);
    if (!nulls) return LNT_NOMEM;
    to->nulls = nulls;
    for (; to->n_nulls < from->n_nulls; to->n_nulls++) {
        nulls[to->n_nulls] = lnt_strdup(from->nulls[to->n_nulls], -1, err);
        if (!nulls[to->n_nulls]) return LNT_NOMEM;
    }
    return LNT_OK;
}

lnt_status lnt__json_settings_init(lnt__json_settings *settings, const lnt_json_options *options, lnt_error *err) {
    const char *separator = options->list_separator ? options->list_separator : ",";
    int64_t block_bytes = settings->block_bytes > 0 ? settings->block_bytes : LNT__JSON_BLOCK;
    *settings = (lnt__json_settings){.options = {.all_strings = options->all_strings, .list_items = options->list_items}, .block_bytes = block_bytes};
    settings->most = options->max_record_bytes > 0 ? options->max_record_bytes : LNT__JSON_RECORD_BYTES;
    settings->options.list_separator = lnt_strdup(separator, -1, err);
    if (!settings->options.list_separator) return LNT_NOMEM;
    settings->separator = lnt_str_from(settings->options.list_separator);
    LNT_TRY(copy_types(&settings->options, options, err));
    return copy_nulls(&settings->options, options, err);
}

void lnt__json_settings_clear(lnt__json_settings *settings) {
    lnt_json_options *o = &settings->options;
    for (int64_t i = 0; i < o->n_types; i++) lnt_free((char *)(uintptr_t)o->types[i].name);
    for (int64_t i = 0; i < o->n_nulls; i++) lnt_free((char *)(uintptr_t)o->nulls[i]);
    lnt_free((void *)(uintptr_t)o->types);
    lnt_free((void *)(uintptr_t)o->nulls);
    lnt_free((char *)(uintptr_t)o->list_separator);
    *settings = (lnt__json_settings){0};
}

// ---- text ----

void lnt__json_block_init(lnt__json_block *block, lnt_engine *engine, const lnt_input *input,
                          const lnt__json_settings *settings) {
    *block = (lnt__json_block){.settings = settings, .input = input, .budget = lnt_engine_budget(engine)};
    lnt__json_keys_init(&block->keys, block->budget);
    lnt_arena_init(&block->scratch, block->budget, "the JSON reader");
    block->record = (lnt__json_record){.keys = &block->keys, .separator = settings->separator,
                                       .list_items = settings->options.list_items, .scratch = &block->scratch};
}

void lnt__json_block_clear(lnt__json_block *block) {
    lnt_buffer_unref(block->bytes);
    lnt__json_keys_clear(&block->keys);
    lnt__json_record_clear(&block->record);
    lnt_arena_clear(&block->scratch);
    lnt_free(block->rejects);
    block->bytes = NULL;
    block->rejects = NULL;
}

/// Fills the buffer with [base, base + wanted).
static lnt_status fill(lnt__json_block *block, int64_t wanted, lnt_error *err) {
    if (!block->bytes)
        LNT_TRY(lnt_buffer_new(block->budget, wanted + LNT__JSON_PADDING, "the JSON reader", &block->bytes, err));
    block->bytes->size = block->size; // what is kept when it grows
    LNT_TRY(lnt_buffer_reserve(block->bytes, wanted + LNT__JSON_PADDING, "a long JSON record", err));
    int64_t size;
    LNT_TRY(lnt_input_read_at(block->input, block->base + block->size, block->bytes->data + block->size,
                              wanted - block->size, &size, err));
    block->size += size;
    block->final = block->base + block->size >= lnt_input_size(block->input);
    memset(block->bytes->data + block->size, 0, LNT__JSON_PADDING);
    return LNT_OK;
}

lnt_status lnt__json_block_load(lnt__json_block *block, int64_t at, int64_t stop, lnt_error *err) {
    block->base = at;
    block->size = 0;
    return fill(block, stop - at + TAIL, err);
}

static const char *text_at(const lnt__json_block *block, int64_t offset) {
    return (const char *)block->bytes->data + (offset - block->base);
}

static int64_t offset_of(const lnt__json_block *block, const char *at) {
    return block->base + (at - (const char *)block->bytes->data);
}

int64_t lnt__json_block_guess(const lnt__json_block *block, int64_t start, int64_t stop) {
    lnt__json_text text = {.at = text_at(block, start - 1), .end = text_at(block, block->base + block->size)};
    const char *newline = memchr(text.at, '\n', (size_t)(text.end - text.at));
    if (!newline) return -1;
    text.at = newline + 1;
    lnt__json_space(&text);
    int64_t offset = offset_of(block, text.at);
    return offset < stop && text.at < text.end ? offset : -1;
}

// ---- records ----

/// Where reading a block stands.
typedef struct progress {
    lnt__json_block *block;
    lnt__json_text text;
    int64_t stop;
    const lnt__json_sink *sink;
    bool done, more; ///< more: the text ends first
} progress;

static lnt_status add_reject(progress *p, const char *start, const char *column, lnt_error *err) {
    lnt__json_block *block = p->block;
    LNT_TRY(lnt_grow((void **)&block->rejects, &block->rejects_capacity, block->n_rejects + 1, sizeof *block->rejects,
                     err));
    lnt__json_block_reject *reject = &block->rejects[block->n_rejects++];
    const char *problem_at = p->text.problem_at < start ? start : p->text.problem_at;
    *reject = (lnt__json_block_reject){offset_of(block, start), offset_of(block, problem_at), column, ""};
    memcpy(reject->problem, p->text.problem, sizeof reject->problem);
    return LNT_OK;
}

/// Goes on behind the line of `start`.
static void skip_line(progress *p, const char *start) {
    const char *newline = memchr(start, '\n', (size_t)(p->text.end - start));
    p->text.at = newline ? newline + 1 : p->text.end;
    p->more = !newline && !p->block->final;
}

/// Nothing but the next record may follow on its line.
static lnt__json_result check_line_end(lnt__json_text *text) {
    const char *at = text->at;
    while (*at == ' ' || *at == '\t' || *at == '\r') at++;
    if (at >= text->end) return text->final ? LNT__JSON_OK : LNT__JSON_MORE;
    if (*at == '\n' || *at == '{') return LNT__JSON_OK;
    return lnt__json_bad(text, at, "text after the record");
}

/// The record at `start`. Of a long one no more is looked at than the longest may have and the byte behind it: what is
/// said of it then doesn't depend on how much text happens to be loaded.
static lnt__json_result parse(progress *p, const char *start, lnt_error *err) {
    lnt__json_text *text = &p->text;
    const int64_t most = p->block->settings->most;
    const char *end = text->end;
    const bool final = text->final, cut = end - start > most;
    if (cut) text->end = start + most + 1, text->final = false;
    lnt__json_result result = lnt__json_read_record(&p->block->record, text, err);
    if (result == LNT__JSON_OK) result = check_line_end(text);
    bool beyond = cut && (result == LNT__JSON_OK    ? text->at - start > most
                          : result == LNT__JSON_BAD ? text->problem_at >= text->end
                                                    : result == LNT__JSON_MORE);
    text->end = end;
    text->final = final;
    return beyond ? lnt__json_bad(text, start, "longer than %lld bytes", (long long)most) : result;
}

/// The record at the position as the sink's quick way takes it; JSON_BAD where that leaves it.
static lnt__json_result take_quickly(progress *p, lnt_error *err) {
    if (!p->sink->quick) return LNT__JSON_BAD;
    lnt__json_result result = p->sink->quick(p->sink->context, p->block, &p->text, err);
    p->block->n_records += result == LNT__JSON_OK;
    return result;
}

static lnt_status take_record(progress *p, lnt_error *err) {
    const char *start = p->text.at, *column = NULL;
    if (*start != '{') {
        (void)lnt__json_unexpected(&p->text, "'{'");
        LNT_TRY(add_reject(p, start, NULL, err));
        skip_line(p, start);
        return LNT_OK;
    }
    lnt__json_result result = take_quickly(p, err);
    if (result == LNT__JSON_OK) return LNT_OK;
    if (result == LNT__JSON_FAILED) return lnt_no_memory(err);
    result = parse(p, start, err);
    p->more = result == LNT__JSON_MORE;
    if (p->more) return LNT_OK;
    p->block->n_records++;
    bool sound = result == LNT__JSON_OK;
    if (sound) result = p->sink->record(p->sink->context, p->block, &p->text, &column, err);
    if (result == LNT__JSON_FAILED) return lnt_no_memory(err);
    if (result == LNT__JSON_OK) return LNT_OK;
    LNT_TRY(add_reject(p, start, column, err));
    if (!sound) skip_line(p, start);
    return LNT_OK;
}

/// Reads what there is of the block; `more` is left when the text doesn't suffice.
static lnt_status read_loaded(progress *p, lnt_error *err) {
    while (!p->done && !p->more) {
        lnt__json_space(&p->text);
        bool at_end = p->text.at >= p->text.end;
        p->done = (at_end && p->block->final) || offset_of(p->block, p->text.at) >= p->stop;
        p->more = at_end && !p->done;
        if (!p->done && !p->more) LNT_TRY(take_record(p, err));
    }
    return LNT_OK;
}

static void count_lines(lnt__json_block *block) {
    const char *at = text_at(block, block->first), *end = text_at(block, block->next);
    block->n_newlines = 0;
    block->last_line = -1;
    while ((at = memchr(at, '\n', (size_t)(end - at)))) {
        block->n_newlines++;
        block->last_line = offset_of(block, ++at);
    }
}

lnt_status lnt__json_block_read(lnt__json_block *block, int64_t from, int64_t stop, const lnt__json_sink *sink,
                                lnt_error *err) {
    progress p = {.block = block, .stop = stop, .sink = sink};
    block->first = from;
    do {
        if (p.more) LNT_TRY(fill(block, 2 * block->size, err));
        block->n_records = block->n_rejects = 0;
        lnt_arena_reset(&block->scratch);
        sink->begin(sink->context);
        p.done = p.more = false;
        p.text = (lnt__json_text){
            .at = text_at(block, from), .end = text_at(block, block->base + block->size), .final = block->final};
        LNT_TRY(read_loaded(&p, err));
    } while (p.more);
    block->next = offset_of(block, p.text.at);
    count_lines(block);
    return LNT_OK;
}
