// Where the records of a JSON text are.
//
// Without a path: a top-level array; objects one after the other (each on a line, or not); or one object, which is
// taken apart by its members: an array of objects called `data` (or anything with a query_status, as abuse.ch's API
// answers) is the records; if all members are arrays of objects (or nine of ten, after damage), all of them are; else
// the object is one record. Only the first window is looked at; of an object that goes on beyond it, the first array of
// objects is the records.
#include "io/json/json_reader.h"

#include <stdio.h>
#include <string.h>

// ---- guessing ----

// What the members of the first object look like.
typedef struct members {
    int64_t n, n_arrays;              // members; arrays of objects (or empty) among them
    bool has_status, has_data;        // query_status; an array called data
    bool whole;                       // the object's end was seen
    char first_array[LNT__JSON_NAME]; // the key of the first array of objects
} members;

// Whether an array of objects, or an empty one, is at `text->at`; what the window's end hides counts as empty.
static bool is_array_of_objects(const lnt__json_text *text, bool *empty) {
    lnt__json_text look = *text;
    if (*look.at != '[') return false;
    look.at++;
    lnt__json_space(&look);
    *empty = *look.at == ']' || look.at >= look.end;
    return *look.at == '{' || *empty;
}

static void note_member(members *m, lnt_str key, const lnt__json_text *value) {
    bool empty;
    m->n++;
    if (key.size == 12 && memcmp(key.data, "query_status", 12) == 0 && *value->at == '"') m->has_status = true;
    if (!is_array_of_objects(value, &empty)) return;
    m->n_arrays++;
    if (key.size == 4 && memcmp(key.data, "data", 4) == 0) m->has_data = true;
    if (!empty && !m->first_array[0] && key.size < LNT__JSON_NAME) memcpy(m->first_array, key.data, (size_t)key.size);
}

// Looks at the members of the object at `text.at`, as far as the window has them and they are sound.
static void look_at_members(lnt__json_text text, members *m) {
    text.at++;
    lnt__json_space(&text);
    while (*text.at == '"') {
        lnt__json_string key;
        if (lnt__json_scan_string(&text, &key) != LNT__JSON_OK) return;
        lnt__json_space(&text);
        if (*text.at != ':') return;
        text.at++;
        lnt__json_space(&text);
        if (text.at >= text.end) return;
        note_member(m, key.raw, &text);
        if (lnt__json_skip_value(&text, 0) != LNT__JSON_OK) return;
        lnt__json_space(&text);
        if (*text.at == ',') text.at++;
        lnt__json_space(&text);
    }
    m->whole = *text.at == '}';
}

// Whether the members are lists of records, all of them but for what damage has done to some.
static bool are_lists(const members *m, bool damaged) {
    if (m->n_arrays == 0) return false;
    return m->n_arrays == m->n || (m->n_arrays >= 2 && m->n_arrays >= m->n - m->n / 10) ||
           (damaged && m->n_arrays == m->n - 1);
}

static bool has_newline(const char *at, const char *end) {
    return memchr(at, '\n', (size_t)(end - at)) != NULL;
}

// Whether the line behind the first one begins with a brace, and what is wrong at `problem` is no later than that: then
// the damaged first line is one of many.
static bool second_line_is_object(const lnt__json_text *text, const char *problem) {
    const char *newline = memchr(text->at, '\n', (size_t)(text->end - text->at));
    return newline && newline + 2 < text->end && newline[1] == '{' && newline[2] == '"' && problem <= newline + 1;
}

// The text begins with an object: one of many, or what its members say.
static void guess_object(lnt__json_reader *reader) {
    lnt__json_text text = reader->window.text;
    const char *start = text.at;
    members m = {0};
    lnt__json_result result = lnt__json_skip_value(&text, 0);
    if (result == LNT__JSON_OK) {
        const char *behind = text.at;
        lnt__json_space(&text);
        bool more = text.at < text.end, long_one = has_newline(start, behind);
        if (more && (*text.at == '{' || (!long_one && (has_newline(behind, text.at) ||
                                                       second_line_is_object(&reader->window.text, start))))) {
            reader->shape = long_one ? LNT__JSON_SEQUENCE : LNT__JSON_LINES;
            return;
        }
    } else if (result == LNT__JSON_BAD && second_line_is_object(&reader->window.text, text.problem_at)) {
        reader->shape = LNT__JSON_LINES;
        return;
    }
    look_at_members(reader->window.text, &m);
    reader->shape = LNT__JSON_SINGLE;
    if (m.has_status || m.has_data)
        strcpy(reader->path, "data");
    else if (are_lists(&m, result == LNT__JSON_BAD))
        reader->keyed = true;
    else if (!m.whole && m.first_array[0])
        strcpy(reader->path, m.first_array);
}

// ---- going there ----

static const char *found(int byte) {
    switch (byte) {
    case '{':
        return "an object";
    case '[':
        return "an array";
    case '"':
        return "a string";
    case 't':
    case 'f':
        return "a bool";
    case 'n':
        return "null";
    default:
        return byte < 0 ? "nothing" : "a number";
    }
}

// Takes the value of query_status along, unless it says that all is well.
static void note_status(lnt__json_reader *reader) {
    lnt__json_text look = reader->window.text;
    lnt__json_string string;
    if (*look.at != '"' || lnt__json_scan_string(&look, &string) != LNT__JSON_OK) return;
    if (string.raw.size == 2 && memcmp(string.raw.data, "ok", 2) == 0) return;
    snprintf(reader->status, sizeof reader->status, "%.*s", (int)(string.raw.size < 79 ? string.raw.size : 79),
             string.raw.data);
}

static const char the_top[] = "the top";

// Why there are no records at `key`, where `byte` begins a value (0: the key isn't there).
static lnt_status no_records(lnt__json_reader *reader, const char *key, int byte, const char *have, lnt_error *err) {
    lnt__json_text look = reader->window.text;
    lnt__json_string text = {0};
    bool says = byte == '"' && lnt__json_scan_string(&look, &text) == LNT__JSON_OK && text.raw.size > 0;
    int size = text.raw.size < 200 ? (int)text.raw.size : 200;
    const char *quote = key == the_top ? "" : "'";
    if (reader->status[0]) {
        return lnt_error_set(err, LNT_FORMAT, "%s holds no records but the answer '%s'%s%.*s%s", reader->name,
                             reader->status, says ? ": \"" : "", size, says ? text.raw.data : "", says ? "\"" : "");
    }
    if (byte == 0) {
        return lnt_error_set(err, LNT_FORMAT, "%s has no key '%s' with records; it has %s", reader->name, key,
                             have[0] ? have : "no keys");
    }
    return lnt_error_set(err, LNT_FORMAT, "%s: records were expected at %s%s%s, which holds %s%s%.*s%s", reader->name,
                         quote, key, quote, found(byte), says ? ": \"" : "", size, says ? text.raw.data : "",
                         says ? "\"" : "");
}

// Steps into the object at the position and on to the value of `key` (`size` bytes).
static lnt_status enter_member(lnt__json_reader *reader, const char *key, int64_t size, lnt_error *err) {
    lnt__json_text *text = &reader->window.text;
    lnt_text name = {0}, have = {0};
    int byte = 0;
    bool bad = false, reached = false;
    text->at++;
    lnt_status status = lnt__json_peek(reader, &byte, err);
    while (status == LNT_OK && byte != '}' && !bad && !reached) {
        status = lnt__json_take_key(reader, &name, &bad, err);
        if (status != LNT_OK || bad) break;
        reached = name.size == size && memcmp(name.data, key, (size_t)size) == 0;
        if (reached) break;
        if (name.size == 12 && memcmp(name.data, "query_status", 12) == 0) note_status(reader);
        if (have.size < 300) lnt_text_addf(&have, "%s%s", have.size ? ", " : "", name.data);
        status = lnt__json_take_value(reader, &bad, err);
        if (status == LNT_OK && !bad) status = lnt__json_peek(reader, &byte, err);
        if (status == LNT_OK && !bad && byte == ',') {
            text->at++;
            status = lnt__json_peek(reader, &byte, err);
        }
    }
    if (status == LNT_OK && bad) status = lnt__json_format_error(reader, err);
    if (status == LNT_OK && !reached) status = no_records(reader, key, 0, have.data ? have.data : "", err);
    lnt_text_clear(&name);
    lnt_text_clear(&have);
    reader->n_open++;
    return status;
}

static lnt_status follow_path(lnt__json_reader *reader, lnt_error *err) {
    const char *at = reader->path;
    while (*at) {
        const char *dot = strchr(at, '.');
        int64_t size = dot ? dot - at : (int64_t)strlen(at);
        int byte;
        LNT_TRY(lnt__json_peek(reader, &byte, err));
        if (byte != '{') return no_records(reader, at == reader->path ? the_top : reader->path, byte, "", err);
        LNT_TRY(enter_member(reader, at, size, err));
        at += size + (dot != NULL);
    }
    return LNT_OK;
}

// At the value that holds the records: sets shape and state, and steps into it.
static lnt_status begin_records(lnt__json_reader *reader, lnt_error *err) {
    int byte;
    LNT_TRY(lnt__json_peek(reader, &byte, err));
    const char *place = reader->path[0] ? reader->path : the_top;
    if (reader->keyed) {
        if (byte != '{') return no_records(reader, place, byte, "", err);
        reader->shape = LNT__JSON_KEYED;
        reader->state = LNT__JSON_AT_KEY;
        reader->n_open++;
        reader->window.text.at++;
        return LNT_OK;
    }
    if (byte != '[' && byte != '{') return no_records(reader, place, byte, "", err);
    reader->shape = byte == '[' ? LNT__JSON_ARRAY : LNT__JSON_SINGLE;
    reader->state = byte == '[' ? LNT__JSON_AT_RECORD : LNT__JSON_AT_SINGLE;
    if (byte == '[') reader->window.text.at++;
    return LNT_OK;
}

// "a.b", "*", "a.*" as the options say it.
static lnt_status take_path(lnt__json_reader *reader, const char *records, lnt_error *err) {
    size_t size = strlen(records);
    if (size >= sizeof reader->path) return lnt_error_set(err, LNT_ARGUMENT, "the path of the records is too long");
    memcpy(reader->path, records, size + 1);
    reader->keyed = size > 0 && records[size - 1] == '*' && (size == 1 || records[size - 2] == '.');
    if (reader->keyed) reader->path[size > 1 ? size - 2 : 0] = 0;
    return LNT_OK;
}

// Skips what may come before the text; says so if it is in another encoding, or there is none.
static lnt_status check_beginning(lnt__json_reader *reader, int *byte, lnt_error *err) {
    lnt__json_text *text = &reader->window.text;
    const char *keep = text->at;
    bool grown;
    LNT_TRY(lnt__json_more(reader, &keep, &grown, err));
    const unsigned char *head = (const unsigned char *)text->at;
    if (text->end - text->at >= 2 && ((head[0] == 0xff && head[1] == 0xfe) || (head[0] == 0xfe && head[1] == 0xff) ||
                                      (head[0] == 0) != (head[1] == 0))) {
        return lnt_error_set(err, LNT_FORMAT, "%s is UTF-16, which isn't read; convert it to UTF-8 (iconv -t UTF-8)",
                             reader->name);
    }
    if (text->end - text->at >= 3 && memcmp(head, "\xef\xbb\xbf", 3) == 0) text->at += 3;
    LNT_TRY(lnt__json_peek(reader, byte, err));
    if (*byte < 0) return lnt_error_set(err, LNT_FORMAT, "%s is empty", reader->name);
    return LNT_OK;
}

lnt_status lnt__json_start(lnt__json_reader *reader, lnt_error *err) {
    int byte;
    LNT_TRY(check_beginning(reader, &byte, err));
    lnt__json_text *text = &reader->window.text;
    const char *records = reader->options->records ? reader->options->records : "";
    LNT_TRY(take_path(reader, records, err));
    if (byte != '{' && byte != '[') {
        (void)lnt__json_unexpected(text, "'{' or '['");
        if (!second_line_is_object(text, text->at)) return lnt__json_format_error(reader, err);
        reader->shape = LNT__JSON_LINES;
    } else if (records[0] == 0) {
        reader->shape = LNT__JSON_ARRAY;
        if (byte == '{') guess_object(reader);
    }
    if (records[0] == 0 && (reader->shape == LNT__JSON_LINES || reader->shape == LNT__JSON_SEQUENCE)) {
        reader->state = LNT__JSON_AT_LINE;
        return LNT_OK;
    }
    LNT_TRY(follow_path(reader, err));
    return begin_records(reader, err);
}
