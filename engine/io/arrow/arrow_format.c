// Fields and types out of the C data interface's schemas.
#include <stdlib.h>
#include <string.h>

#include "io/arrow/arrow_c.h"

static int unit_of(char c) {
    static const char units[] = "smun";
    const char *at = c ? strchr(units, c) : NULL;
    return at ? (int)(at - units) : -1;
}

/// Formats that start with t: dates, times, timestamps, durations.
static lnt__arrow_type time_type(const char *format) {
    lnt__arrow_type type = {.kind = LNT__ARROW_TIME, .width = 8, .unit = unit_of(format[2])};
    if (strcmp(format, "tdD") == 0)
        type = (lnt__arrow_type){.kind = LNT__ARROW_TIME, .width = 4, .unit = LNT__ARROW_UNIT_DAY};
    else if (format[1] == 't')
        type.kind = LNT__ARROW_SPAN, type.width = type.unit <= LNT__ARROW_UNIT_MS ? 4 : 8;
    else if (format[1] == 'D')
        type.kind = LNT__ARROW_SPAN;
    else if (format[1] != 's' && strcmp(format, "tdm") != 0)
        type.unit = -1;
    if (type.unit < 0) type.kind = LNT__ARROW_UNKNOWN;
    return type;
}

static lnt__arrow_type decimal_type(const char *format) {
    char *end;
    lnt__arrow_type type = {.kind = LNT__ARROW_DECIMAL, .width = 16};
    strtol(format + 2, &end, 10); // the precision
    if (*end == ',') type.scale = (int)strtol(end + 1, &end, 10);
    if (*end == ',') type.width = (int)strtol(end + 1, &end, 10) / 8;
    bool known = *end == 0 && abs(type.scale) <= 400 && (type.width == 4 || type.width == 8 || type.width == 16);
    if (!known) type.kind = LNT__ARROW_UNKNOWN;
    return type;
}

static lnt__arrow_type sized_type(lnt__arrow_kind kind, const char *digits) {
    long size = strtol(digits, NULL, 10);
    if (size < 0 || size > LNT__ARROW_FIXED_BYTES) kind = LNT__ARROW_UNKNOWN;
    return (lnt__arrow_type){.kind = kind, .width = (int)size};
}

lnt__arrow_type lnt__arrow_type_of_format(const char *format) {
    static const struct {
        const char *format;
        lnt__arrow_type type;
    } known[] = {{"n", {.kind = LNT__ARROW_NULL}},
                 {"b", {.kind = LNT__ARROW_BOOL, .width = 1}},
                 {"c", {.kind = LNT__ARROW_INT, .width = 1}},
                 {"C", {.kind = LNT__ARROW_INT, .width = 1, .is_unsigned = true}},
                 {"s", {.kind = LNT__ARROW_INT, .width = 2}},
                 {"S", {.kind = LNT__ARROW_INT, .width = 2, .is_unsigned = true}},
                 {"i", {.kind = LNT__ARROW_INT, .width = 4}},
                 {"I", {.kind = LNT__ARROW_INT, .width = 4, .is_unsigned = true}},
                 {"l", {.kind = LNT__ARROW_INT, .width = 8}},
                 {"L", {.kind = LNT__ARROW_INT, .width = 8, .is_unsigned = true}},
                 {"e", {.kind = LNT__ARROW_FLOAT, .width = 2}},
                 {"f", {.kind = LNT__ARROW_FLOAT, .width = 4}},
                 {"g", {.kind = LNT__ARROW_FLOAT, .width = 8}},
                 {"u", {.kind = LNT__ARROW_TEXT, .width = 4}},
                 {"z", {.kind = LNT__ARROW_TEXT, .width = 4}},
                 {"U", {.kind = LNT__ARROW_TEXT, .width = 8}},
                 {"Z", {.kind = LNT__ARROW_TEXT, .width = 8}},
                 {"vu", {.kind = LNT__ARROW_VIEW, .width = 16}},
                 {"vz", {.kind = LNT__ARROW_VIEW, .width = 16}},
                 {"+l", {.kind = LNT__ARROW_LIST, .width = 4}},
                 {"+L", {.kind = LNT__ARROW_LIST, .width = 8}},
                 {"+s", {.kind = LNT__ARROW_STRUCT}}};
    lnt__arrow_type type = {.kind = LNT__ARROW_UNKNOWN};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(format, known[i].format) == 0) type = known[i].type;
    if (format[0] == 't' && format[1] && format[2]) type = time_type(format);
    if (strncmp(format, "d:", 2) == 0) type = decimal_type(format);
    if (strncmp(format, "w:", 2) == 0) type = sized_type(LNT__ARROW_FIXED, format + 2);
    if (strncmp(format, "+w:", 3) == 0) type = sized_type(LNT__ARROW_FIXED_LIST, format + 3);
    type.what = format;
    return type;
}

/// One pair of a schema's metadata: a length, a text, twice; moves `*at` on.
static lnt_str next_text(const char **at) {
    int32_t size;
    memcpy(&size, *at, 4);
    lnt_str text = {*at + 4, size < 0 ? 0 : size};
    *at += 4 + text.size;
    return text;
}

static bool says_ip(const char *metadata) {
    int32_t n = 0;
    if (metadata) memcpy(&n, metadata, 4);
    const char *at = metadata + 4;
    for (int32_t i = 0; i < n; i++) {
        lnt_str key = next_text(&at), value = next_text(&at);
        if (lnt_str_equal(key, lnt_str_from("lunette.type")) && lnt_str_equal(value, lnt_str_from("ip"))) return true;
    }
    return false;
}

static lnt_status field_of(const struct ArrowSchema *schema, int depth, lnt__arrow_field *out, lnt_error *err) {
    const char *name = schema->name ? schema->name : "";
    if (!schema->format) return lnt_error_set(err, LNT_FORMAT, "column '%s' has no format", name);
    if (depth >= LNT__ARROW_DEPTH)
        return lnt_error_set(err, LNT_UNSUPPORTED, "fields nested deeper than %d aren't read", LNT__ARROW_DEPTH);
    if (lnt_utf8_check(name, (int64_t)strlen(name)) >= 0)
        return lnt_error_set(err, LNT_FORMAT, "a column's name isn't UTF-8");
    out->name = lnt_strdup(name, -1, err);
    if (!out->name) return LNT_NOMEM;
    out->is_ip = says_ip(schema->metadata);
    out->has_dictionary = schema->dictionary != NULL;
    const struct ArrowSchema *values = out->has_dictionary ? schema->dictionary : schema;
    out->type = lnt__arrow_type_of_format(values->format ? values->format : "");
    if (out->has_dictionary) out->index = lnt__arrow_type_of_format(schema->format);
    if (out->has_dictionary && out->index.kind != LNT__ARROW_INT)
        return lnt_error_set(err, LNT_FORMAT, "the dictionary of column '%s' has codes of the format %s", name,
                             schema->format);
    bool is_list = out->type.kind == LNT__ARROW_LIST || out->type.kind == LNT__ARROW_FIXED_LIST;
    if (is_list && values->n_children != 1)
        return lnt_error_set(err, LNT_FORMAT, "the list '%s' has %lld kinds of elements", name,
                             (long long)values->n_children);
    out->children = lnt_alloc_array(values->n_children, sizeof *out->children, err);
    if (!out->children) return LNT_NOMEM;
    for (; out->n_children < values->n_children; out->n_children++) {
        lnt_status status =
            field_of(values->children[out->n_children], depth + 1, &out->children[out->n_children], err);
        if (status == LNT_OK) continue;
        out->n_children++; // what it holds by now is freed with the rest
        return status;
    }
    return LNT_OK;
}

lnt_status lnt__arrow_schema_of_c(const struct ArrowSchema *schema, lnt__arrow_schema *out, lnt_error *err) {
    bool is_struct = schema->format && strcmp(schema->format, "+s") == 0 && !schema->dictionary;
    int64_t n = is_struct ? schema->n_children : 1;
    out->fields = lnt_alloc_array(n, sizeof *out->fields, err);
    if (!out->fields) return LNT_NOMEM;
    for (int64_t i = 0; i < n; i++) {
        out->n_fields = i + 1;
        LNT_TRY(field_of(is_struct ? schema->children[i] : schema, 0, &out->fields[i], err));
    }
    return lnt__arrow_schema_leaves(out, err);
}
