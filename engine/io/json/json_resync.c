// Going on behind a damaged record.
//
// Where a line is a record, the next line is next. In a document, first the record's end is looked for by its brackets,
// as if only a value in it were damaged. If they don't lead to a place where a record may end (a quote or bracket is
// missing), what is searched is the next place that looks as the text between records looked before: the same space,
// or a new key with an array. Damage costs the record it is in, and may cost the next one; nothing is made up.
#include "io/json/json_reader.h"

#include <string.h>

enum { LOOKAHEAD = 1 << 16, NESTING = 128, CONTEXT = LNT__JSON_NAME + 4 * LNT__JSON_GAP };

static bool is_space(char c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

// ---- lines ----

// Moves behind the next newline, or to the end of the text (`*found` false).
static lnt_status skip_line(lnt__json_reader *reader, bool *found, lnt_error *err) {
    lnt__json_text *text = &reader->window.text;
    bool grown = true;
    for (;;) {
        const char *newline = memchr(text->at, '\n', (size_t)(text->end - text->at));
        *found = newline != NULL;
        text->at = newline ? newline + 1 : text->end;
        if (newline || !grown) return LNT_OK;
        const char *keep = text->at;
        LNT_TRY(lnt__json_more(reader, &keep, &grown, err));
    }
}

// Makes sure that `size` bytes follow the position, unless the text ends.
static lnt_status look_ahead(lnt__json_reader *reader, int64_t size, lnt_error *err) {
    lnt__json_text *text = &reader->window.text;
    bool grown = true;
    while (text->end - text->at < size && grown) {
        const char *keep = text->at;
        LNT_TRY(lnt__json_more(reader, &keep, &grown, err));
    }
    return LNT_OK;
}

// In SEQUENCE a record's first line can be known by its indentation.
static lnt_status resync_line(lnt__json_reader *reader, const char *start, lnt_error *err) {
    lnt__json_text *text = &reader->window.text;
    char indent[LNT__JSON_GAP];
    int64_t line, size;
    lnt__json_window_place(&reader->window, start, &line, &size);
    size--;
    bool found = true, match = false;
    if (reader->shape == LNT__JSON_LINES || size > LNT__JSON_GAP)
        size = -1;
    else
        memcpy(indent, start - size, (size_t)size);
    text->at = start;
    while (found && !match) {
        LNT_TRY(skip_line(reader, &found, err));
        if (size < 0) break;
        LNT_TRY(look_ahead(reader, size + 1, err));
        match = text->end - text->at > size && text->at[size] == '{' && memcmp(text->at, indent, (size_t)size) == 0;
    }
    return LNT_OK;
}

// ---- brackets ----

const char *lnt__json_closing_bracket(const char *at, const char *end) {
    char open[NESTING];
    int depth = 0;
    for (bool inside = false; at < end; at++) {
        char c = *at;
        if (inside) {
            if (c == '\\')
                at++;
            else if (c == '"' || c == '\n')
                inside = false;
        } else if (c == '"') {
            inside = true;
        } else if (c == '{' || c == '[') {
            if (depth == NESTING) return NULL;
            open[depth++] = c;
        } else if (c == '}' || c == ']') {
            if (open[depth - 1] != (c == '}' ? '{' : '[')) return NULL;
            if (--depth == 0) return at + 1;
        }
    }
    return NULL;
}

// Moves behind the record at the position by its brackets, if they close and what follows fits; else stays.
static lnt_status resync_brackets(lnt__json_reader *reader, bool *done, lnt_error *err) {
    lnt__json_text *text = &reader->window.text;
    *done = false;
    if (*text->at != '{' ||
        reader->lookahead_spent > 4 * lnt__json_window_offset(&reader->window, text->at) + (1 << 20)) {
        return LNT_OK;
    }
    int64_t most = LOOKAHEAD + 4 * reader->longest;
    LNT_TRY(look_ahead(reader, most, err));
    const char *end = text->end - text->at < most ? text->end : text->at + most;
    const char *behind = lnt__json_closing_bracket(text->at, end), *next = behind;
    while (next && next < end && is_space(*next)) next++;
    *done = next && next < end && (*next == ',' || *next == ']');
    if (*done)
        text->at = behind;
    else
        reader->lookahead_spent += (behind ? behind : end) - text->at;
    return LNT_OK;
}

// ---- what stands between records ----

static const char *space_before(const char *at, const char *from) {
    while (at > from && is_space(at[-1])) at--;
    return at;
}

// Whether the bytes before `at` are, after space, `c`; moves *at before it.
static bool step_back(const char **at, const char *from, char c) {
    const char *p = space_before(*at, from);
    if (p == from || p[-1] != c) return false;
    *at = p - 1;
    return true;
}

// What a place must look like to begin a record.
typedef struct pattern {
    char gap[LNT__JSON_GAP];
    int64_t gap_size; // space before the record, -1: any
    bool tells;       // the space has a line's end in it, which tells records from objects in them
    bool any_before;  // no bracket need come before the comma
    int64_t problem;  // offset of the problem: an object where a key belongs is a record whose neighbour isn't closed
} pattern;

// Whether `brace` begins a record behind another one: `}` `,` and the usual space.
static bool begins_record(const lnt__json_reader *reader, const pattern *like, const char *from, const char *brace) {
    const char *at = space_before(brace, from);
    if (like->gap_size >= 0 && (brace - at != like->gap_size || memcmp(at, like->gap, (size_t)like->gap_size) != 0)) {
        return false;
    }
    if (!step_back(&at, from, ',')) return false;
    return like->tells || like->any_before || lnt__json_window_offset(&reader->window, brace) == like->problem ||
           step_back(&at, from, '}');
}

// Whether `brace` begins the first record below a key: `]` `,` `"key"` `:` `[`. The key's quote, or NULL.
static const char *begins_array(const char *from, const char *brace) {
    const char *at = brace;
    if (!step_back(&at, from, '[') || !step_back(&at, from, ':') || !step_back(&at, from, '"')) return NULL;
    while (at > from && at[-1] != '"' && at[-1] != '\n') at--;
    if (at == from || at[-1] != '"') return NULL;
    const char *quote = --at;
    return step_back(&at, from, ',') && step_back(&at, from, ']') ? quote : NULL;
}

// If the brace begins a record, or an array's first, sets position and state.
static bool take_up(lnt__json_reader *reader, const pattern *like, const char *from, const char *brace) {
    lnt__json_text *text = &reader->window.text;
    const char *quote = reader->shape == LNT__JSON_KEYED ? begins_array(from, brace) : NULL;
    if (!quote && !begins_record(reader, like, from, brace)) return false;
    text->at = quote ? quote : space_before(brace, from); // with the space, which is looked at again
    reader->state = quote ? LNT__JSON_AT_KEY : LNT__JSON_AT_RECORD;
    return true;
}

// Searches on from behind the position.
static lnt_status resync_gap(lnt__json_reader *reader, const pattern *like, lnt_error *err) {
    lnt__json_text *text = &reader->window.text;
    const char *from = text->at, *at = text->at + (text->at < text->end);
    int64_t context = CONTEXT < reader->window.most / 2 ? CONTEXT : reader->window.most / 2;
    for (bool grown = true;;) {
        const char *brace = memchr(at, '{', (size_t)(text->end - at));
        if (brace && take_up(reader, like, from, brace)) return LNT_OK;
        at = brace ? brace + 1 : text->end;
        if (brace) continue;
        if (!grown) break;
        const char *keep = text->end - from > context ? text->end - context : from;
        int64_t done = at - keep;
        text->at = keep;
        LNT_TRY(lnt__json_more(reader, &keep, &grown, err));
        at = keep + done;
        from = keep;
    }
    reader->state = LNT__JSON_AT_END;
    return LNT_OK;
}

lnt_status lnt__json_resync(lnt__json_reader *reader, const char *start, lnt_error *err) {
    lnt__json_text *text = &reader->window.text;
    if (reader->shape == LNT__JSON_LINES || reader->shape == LNT__JSON_SEQUENCE) return resync_line(reader, start, err);
    pattern like = {.gap_size = reader->gap_size,
                    .problem = lnt__json_window_offset(&reader->window, text->problem_at)};
    if (like.gap_size > 0) {
        memcpy(like.gap, reader->gap, (size_t)like.gap_size);
        like.tells = memchr(like.gap, '\n', (size_t)like.gap_size) != NULL;
    }
    like.any_before = start < text->end && *start != '{';
    bool cut = text->final && text->problem_at >= text->end, done = false;
    text->at = start;
    if (cut || reader->shape == LNT__JSON_SINGLE) return reader->state = LNT__JSON_AT_END, LNT_OK;
    if (reader->state == LNT__JSON_AFTER_RECORD) LNT_TRY(resync_brackets(reader, &done, err));
    return done ? LNT_OK : resync_gap(reader, &like, err);
}
