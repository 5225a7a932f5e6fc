// One JSON object as cells: see json_record.h.
//
// Workload: records of 10–100 values with the same keys in the same order, each below a few KiB; the key that followed
// the last time is compared first, and strings without escapes are borrowed from the text, not copied.
#include "io/json/json_record.h"

#include "base/text.h"
#include "io/json/json_plain.h"

#include <stdio.h>
#include <string.h>

static lnt__json_result read_members(lnt__json_record *record, lnt__json_text *text, int32_t parent, int depth,
                                     lnt_error *err);
static lnt__json_result read_value(lnt__json_record *record, lnt__json_text *text, int32_t key, int depth,
                                   lnt_error *err);

lnt_status lnt__json_add_cell(lnt__json_record *record, int32_t key, lnt__json_kind kind, lnt_str text,
                              lnt_error *err) {
    if (record->n == record->capacity) {
        LNT_TRY(lnt_grow((void **)&record->cells, &record->capacity, record->n + 1, sizeof *record->cells, err));
    }
    record->cells[record->n++] = (lnt__json_cell){key, kind, text};
    return LNT_OK;
}

void lnt__json_record_clear(lnt__json_record *record) {
    lnt_free(record->cells);
    record->cells = NULL;
    record->n = record->capacity = 0;
}

static lnt__json_result too_deep(lnt__json_text *text) {
    return lnt__json_bad(text, text->at, "nested deeper than %d levels", (int)LNT__JSON_DEPTH);
}

// ---- values that only have to be sound ----

// Behind an element of an array or object: a comma (true to *more) or the closing bracket.
static lnt__json_result next_element(lnt__json_text *text, char close, bool *more) {
    lnt__json_space(text);
    if (*text->at == close && text->at < text->end) {
        text->at++;
        *more = false;
        return LNT__JSON_OK;
    }
    if (*text->at != ',') return lnt__json_unexpected(text, close == '}' ? "',' or '}'" : "',' or ']'");
    text->at++;
    lnt__json_space(text);
    *more = true;
    return LNT__JSON_OK;
}

// A key and the colon behind it, up to the value.
static lnt__json_result scan_key(lnt__json_text *text, lnt__json_string *out) {
    if (*text->at != '"') return lnt__json_unexpected(text, "a key in quotes");
    lnt__json_result result = lnt__json_scan_string(text, out);
    if (result != LNT__JSON_OK) return result;
    lnt__json_space(text);
    if (*text->at != ':') return lnt__json_unexpected(text, "':'");
    text->at++;
    lnt__json_space(text);
    return LNT__JSON_OK;
}

// Steps into an array or object; *more: it isn't empty.
static lnt__json_result enter(lnt__json_text *text, char close, bool *more) {
    text->at++;
    lnt__json_space(text);
    *more = !(*text->at == close && text->at < text->end);
    if (!*more) text->at++;
    return LNT__JSON_OK;
}

static lnt__json_result skip_container(lnt__json_text *text, int depth) {
    if (depth >= LNT__JSON_DEPTH) return too_deep(text);
    char close = *text->at == '{' ? '}' : ']';
    bool more;
    lnt__json_result result = enter(text, close, &more);
    while (result == LNT__JSON_OK && more) {
        lnt__json_string key;
        if (close == '}') result = scan_key(text, &key);
        if (result == LNT__JSON_OK) result = lnt__json_skip_value(text, depth + 1);
        if (result == LNT__JSON_OK) result = next_element(text, close, &more);
    }
    return result;
}

lnt__json_result lnt__json_skip_value(lnt__json_text *text, int depth) {
    lnt__json_string string;
    lnt_str number;
    bool whole;
    switch (*text->at) {
    case '"':
        return lnt__json_scan_string(text, &string);
    case '{':
    case '[':
        return skip_container(text, depth);
    case 't':
        return lnt__json_scan_word(text, "true");
    case 'f':
        return lnt__json_scan_word(text, "false");
    case 'n':
        return lnt__json_scan_word(text, "null");
    case '-':
    case '0' ... '9':
        return lnt__json_scan_number(text, &number, &whole);
    default:
        return lnt__json_unexpected(text, "a value");
    }
}

// ---- scalars ----

// The string's text without escapes, in the scratch if it has any.
static lnt__json_result plain_text(lnt__json_record *record, const lnt__json_string *string, lnt_str *out,
                                   lnt_error *err) {
    *out = string->raw;
    if (!string->escaped) return LNT__JSON_OK;
    char *copy = lnt_arena_alloc(record->scratch, string->raw.size, err);
    if (!copy) return LNT__JSON_FAILED;
    *out = (lnt_str){copy, lnt__json_unescape(string->raw, copy)};
    return LNT__JSON_OK;
}

// A scalar at `text->at`: its kind and text.
static lnt__json_result read_scalar(lnt__json_record *record, lnt__json_text *text, lnt__json_kind *kind, lnt_str *out,
                                    lnt_error *err) {
    lnt__json_string string;
    lnt__json_result result;
    bool whole = false;
    const char *first = text->at;
    switch (*first) {
    case '"':
        *kind = LNT__JSON_STRING;
        result = lnt__json_scan_string(text, &string);
        return result == LNT__JSON_OK ? plain_text(record, &string, out, err) : result;
    case 't':
        *kind = LNT__JSON_TRUE;
        result = lnt__json_scan_word(text, "true");
        break;
    case 'f':
        *kind = LNT__JSON_FALSE;
        result = lnt__json_scan_word(text, "false");
        break;
    case 'n':
        *kind = LNT__JSON_NULL;
        result = lnt__json_scan_word(text, "null");
        break;
    case '-':
    case '0' ... '9':
        result = lnt__json_scan_number(text, out, &whole);
        *kind = whole ? LNT__JSON_WHOLE : LNT__JSON_NUMBER;
        return result;
    default:
        return lnt__json_unexpected(text, "a value");
    }
    *out = (lnt_str){first, text->at - first};
    return result;
}

// ---- arrays ----

// What an array's elements are; *scalars counts those that aren't null, *size their bytes as written.
static lnt__json_result measure_list(lnt__json_text *text, int depth, bool *flat, int64_t *scalars) {
    bool more;
    *flat = true;
    *scalars = 0;
    lnt__json_result result = enter(text, ']', &more);
    while (result == LNT__JSON_OK && more) {
        if (*text->at == '{' || *text->at == '[') *flat = false;
        *scalars += *text->at != 'n';
        result = lnt__json_skip_value(text, depth + 1);
        if (result == LNT__JSON_OK) result = next_element(text, ']', &more);
    }
    return result;
}

// The scalars of the array at `text->at`, which is sound, joined into `out`; returns the bytes.
static int64_t join_list(lnt__json_record *record, lnt__json_text *text, char *out) {
    char *to = out;
    bool more, first = true;
    (void)enter(text, ']', &more);
    while (more) {
        if (*text->at == 'n') {
            (void)lnt__json_skip_value(text, 0);
            (void)next_element(text, ']', &more);
            continue;
        }
        if (!first) {
            memcpy(to, record->separator.data, (size_t)record->separator.size);
            to += record->separator.size;
        }
        first = false;
        const char *start = text->at;
        lnt__json_string string;
        if (*start == '"') {
            (void)lnt__json_scan_string(text, &string);
            to += lnt__json_unescape(string.raw, to);
        } else {
            (void)lnt__json_skip_value(text, 0);
            memcpy(to, start, (size_t)(text->at - start));
            to += text->at - start;
        }
        (void)next_element(text, ']', &more);
    }
    return to - out;
}

// The key of an array's element.
static lnt__json_result item_key(lnt__json_record *record, lnt__json_text *text, int32_t list, int64_t i, int32_t *out,
                                 lnt_error *err) {
    char name[24];
    int size = snprintf(name, sizeof name, "%lld", (long long)i);
    if (strlen(record->keys->items[list].path) + 1 + (size_t)size > LNT__JSON_NAME)
        return lnt__json_bad(text, text->at, "a key longer than %d bytes", (int)LNT__JSON_NAME);
    return lnt__json_keys_get(record->keys, list, (lnt_str){name, size}, out, err) == LNT_OK ? LNT__JSON_OK : LNT__JSON_FAILED;
}

// The first elements of the array at `text->at`, which is sound, as values below its key; the end is elsewhere then.
static lnt__json_result read_items(lnt__json_record *record, lnt__json_text *text, int32_t list, int depth, lnt_error *err) {
    bool more;
    lnt__json_result result = enter(text, ']', &more);
    for (int64_t i = 0; result == LNT__JSON_OK && more && i < record->list_items; i++) {
        int32_t key;
        result = item_key(record, text, list, i, &key, err);
        if (result == LNT__JSON_OK) result = read_value(record, text, key, depth + 1, err);
        if (result == LNT__JSON_OK) result = next_element(text, ']', &more);
    }
    return result;
}

// An array as one cell: scalars joined, null if there are none; else JSON text.
static lnt__json_result read_list(lnt__json_record *record, lnt__json_text *text, int32_t key, int depth,
                                  lnt_error *err) {
    if (depth >= LNT__JSON_DEPTH) return too_deep(text);
    const char *first = text->at;
    bool flat;
    int64_t scalars;
    lnt__json_result result = measure_list(text, depth, &flat, &scalars);
    if (result != LNT__JSON_OK) return result;
    lnt_str out = {first, text->at - first};
    lnt__json_kind kind = scalars ? LNT__JSON_LIST : LNT__JSON_NULL;
    if (scalars) {
        int64_t separators = flat ? (scalars - 1) * record->separator.size : 0;
        char *copy = lnt_arena_alloc(record->scratch, out.size + separators, err);
        if (!copy) return LNT__JSON_FAILED;
        text->at = first;
        int64_t size = flat ? join_list(record, text, copy) : lnt__json_compact(out, copy);
        text->at = first + out.size;
        out = (lnt_str){copy, size};
    }
    if (lnt__json_add_cell(record, key, kind, out, err) != LNT_OK) return LNT__JSON_FAILED;
    if (record->list_items == 0) return LNT__JSON_OK;
    const char *end = text->at;
    text->at = first;
    result = read_items(record, text, key, depth, err);
    if (result == LNT__JSON_OK) text->at = end;
    return result;
}

// ---- keys ----

// The key's index: the expected one if its name is the same, else looked up. `*guess` is where the expectation lives.
static lnt__json_result find_key(lnt__json_record *record, lnt__json_text *text, int32_t parent, int32_t guess,
                                 const lnt__json_string *string, int32_t *out, lnt_error *err) {
    lnt__json_keys *keys = record->keys;
    if (guess >= 0 && !string->escaped && lnt_str_equal(keys->items[guess].name, string->raw)) {
        *out = guess;
        return LNT__JSON_OK;
    }
    lnt_str name;
    if (plain_text(record, string, &name, err) != LNT__JSON_OK) return LNT__JSON_FAILED;
    int64_t above = parent < 0 ? 0 : (int64_t)strlen(keys->items[parent].path) + 1;
    if (above + name.size > LNT__JSON_NAME) {
        return lnt__json_bad(text, string->raw.data, "a key longer than %d bytes", (int)LNT__JSON_NAME);
    }
    if (name.size && memchr(name.data, 0, (size_t)name.size)) {
        return lnt__json_bad(text, string->raw.data, "a key with U+0000 in it");
    }
    return lnt__json_keys_get(keys, parent, name, out, err) == LNT_OK ? LNT__JSON_OK : LNT__JSON_FAILED;
}

static lnt__json_result read_value(lnt__json_record *record, lnt__json_text *text, int32_t key, int depth,
                                   lnt_error *err) {
    if (*text->at == '{') return read_members(record, text, key, depth, err);
    if (*text->at == '[') return read_list(record, text, key, depth, err);
    lnt__json_kind kind = LNT__JSON_NULL;
    lnt_str value = {text->at, 0};
    lnt__json_result result = read_scalar(record, text, &kind, &value, err);
    if (result != LNT__JSON_OK) return result;
    return lnt__json_add_cell(record, key, kind, value, err) == LNT_OK ? LNT__JSON_OK : LNT__JSON_FAILED;
}

// ---- what nearly every member is, without calls ----

// Moves over the key that is expected, if it stands here as expected.
static inline bool take_expected_key(const lnt__json_key *key, lnt__json_text *text) {
    const char *behind = lnt__json_behind_key(key, text->at, text->end);
    if (!behind) return false;
    text->at = behind;
    lnt__json_space(text);
    return true;
}

// Moves over a string of ASCII without escapes. False for any other: nothing has moved.
static inline bool take_plain_string(lnt__json_text *text, lnt_str *out) {
    const char *first = text->at + 1, *at = lnt__json_plain_end(first);
    if (*at != '"' || at >= text->end) return false;
    *out = (lnt_str){first, at - first};
    text->at = at + 1;
    return true;
}

// Whether a plain string or a null is here, which is moved over.
static inline bool take_plain_value(lnt__json_text *text, lnt__json_kind *kind, lnt_str *out) {
    if (*text->at == '"') {
        *kind = LNT__JSON_STRING;
        return take_plain_string(text, out);
    }
    if (text->end - text->at < 4 || memcmp(text->at, "null", 4) != 0) return false;
    *kind = LNT__JSON_NULL;
    *out = (lnt_str){text->at, 4};
    text->at += 4;
    return true;
}

static inline lnt__json_result take_member(lnt__json_record *record, lnt__json_text *text, int32_t key, int depth,
                                           lnt_error *err) {
    lnt__json_cell cell = {.key = key};
    if (record->n == record->capacity || !take_plain_value(text, &cell.kind, &cell.text))
        return read_value(record, text, key, depth, err);
    record->cells[record->n++] = cell;
    return LNT__JSON_OK;
}

static inline lnt__json_result next_member(lnt__json_text *text, bool *more) {
    if (text->end - text->at < 2 || text->at[0] != ',' || text->at[1] != '"') return next_element(text, '}', more);
    text->at++;
    return LNT__JSON_OK;
}

// ---- objects ----

// A key other than the expected one, and the colon. `last` is the key before it in the object, -1: it is the first.
static lnt__json_result read_key(lnt__json_record *record, lnt__json_text *text, int32_t parent, int32_t last,
                                 int32_t guess, int32_t *key, lnt_error *err) {
    lnt__json_keys *keys = record->keys;
    lnt__json_string name;
    lnt__json_result result = scan_key(text, &name);
    if (result == LNT__JSON_OK) result = find_key(record, text, parent, guess, &name, key, err);
    if (result != LNT__JSON_OK || *key == guess) return result;
    int32_t *expected = last >= 0    ? &keys->items[last].follower
                        : parent < 0 ? &keys->first
                                     : &keys->items[parent].first;
    *expected = *key;
    return LNT__JSON_OK;
}

static lnt__json_result read_members(lnt__json_record *record, lnt__json_text *text, int32_t parent, int depth,
                                     lnt_error *err) {
    if (depth >= LNT__JSON_DEPTH) return too_deep(text);
    lnt__json_keys *keys = record->keys;
    int32_t guess = parent < 0 ? keys->first : keys->items[parent].first, last = -1;
    bool more;
    lnt__json_result result = enter(text, '}', &more);
    while (result == LNT__JSON_OK && more) {
        int32_t key = guess;
        if (guess < 0 || !take_expected_key(&keys->items[guess], text))
            result = read_key(record, text, parent, last, guess, &key, err);
        if (result == LNT__JSON_OK) result = take_member(record, text, key, depth + 1, err);
        if (result == LNT__JSON_OK) result = next_member(text, &more);
        last = key;
        guess = key < 0 ? -1 : keys->items[key].follower;
    }
    return result;
}

lnt__json_result lnt__json_read_record(lnt__json_record *record, lnt__json_text *text, lnt_error *err) {
    record->n = 0;
    return read_members(record, text, -1, 0, err);
}
