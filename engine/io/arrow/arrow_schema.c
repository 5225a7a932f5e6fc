// Arrow's fields and types out of a schema's metadata, and the columns that they give.
//
// Expected: some ten to some thousand fields. A hostile schema can name one field many times: fields are counted
// against the metadata's size, and depth is bounded.
#include "io/arrow/arrow.h"

#include <string.h>

#include "io/unique_names.h"

// ---- types ----

/// Arrow's own numbers of types.
enum {
    TYPE_NULL = 1,
    TYPE_INT,
    TYPE_FLOAT,
    TYPE_BINARY,
    TYPE_UTF8,
    TYPE_BOOL,
    TYPE_DECIMAL,
    TYPE_DATE,
    TYPE_TIME,
    TYPE_TIMESTAMP,
    TYPE_INTERVAL,
    TYPE_LIST,
    TYPE_STRUCT,
    TYPE_UNION,
    TYPE_FIXED_BINARY,
    TYPE_FIXED_LIST,
    TYPE_MAP,
    TYPE_DURATION,
    TYPE_LARGE_BINARY,
    TYPE_LARGE_UTF8,
    TYPE_LARGE_LIST,
    TYPE_RUN_END,
    TYPE_BINARY_VIEW,
    TYPE_UTF8_VIEW,
    TYPE_LIST_VIEW,
    TYPE_LARGE_LIST_VIEW
};

static const char *const type_names[] = {"no type",
                                         "null",
                                         "int",
                                         "float",
                                         "binary",
                                         "utf8",
                                         "bool",
                                         "decimal",
                                         "date",
                                         "time",
                                         "timestamp",
                                         "interval",
                                         "list",
                                         "struct",
                                         "union",
                                         "fixed_size_binary",
                                         "fixed_size_list",
                                         "map",
                                         "duration",
                                         "large_binary",
                                         "large_utf8",
                                         "large_list",
                                         "run_end_encoded",
                                         "binary_view",
                                         "utf8_view",
                                         "list_view",
                                         "large_list_view"};

static lnt__arrow_type int_type(const lnt__fb_table *t) {
    int64_t bits = lnt__fb_int(t, 0, 4, 0);
    bool known = bits == 8 || bits == 16 || bits == 32 || bits == 64;
    return (lnt__arrow_type){.kind = known ? LNT__ARROW_INT : LNT__ARROW_UNKNOWN,
                             .width = (int)(bits / 8),
                             .is_unsigned = lnt__fb_int(t, 1, 1, 0) == 0};
}

static lnt__arrow_type float_type(const lnt__fb_table *t) {
    int64_t precision = lnt__fb_int(t, 0, 2, 0);
    bool known = precision >= 0 && precision <= 2;
    return (lnt__arrow_type){.kind = known ? LNT__ARROW_FLOAT : LNT__ARROW_UNKNOWN,
                             .width = known ? 2 << precision : 0};
}

static lnt__arrow_type decimal_type(const lnt__fb_table *t) {
    int64_t scale = lnt__fb_int(t, 1, 4, 0), bits = lnt__fb_int(t, 2, 4, 128);
    bool known = (bits == 32 || bits == 64 || bits == 128) && scale >= -400 && scale <= 400;
    return (lnt__arrow_type){.kind = known ? LNT__ARROW_DECIMAL : LNT__ARROW_UNKNOWN,
                             .width = (int)(bits / 8),
                             .scale = known ? (int)scale : 0};
}

/// Dates, timestamps, times of day, durations.
static lnt__arrow_type time_type(int64_t number, const lnt__fb_table *t) {
    bool is_date = number == TYPE_DATE;
    int64_t unit = lnt__fb_int(t, 0, 2, number == TYPE_TIMESTAMP ? LNT__ARROW_UNIT_S : LNT__ARROW_UNIT_MS);
    lnt__arrow_type type = {.kind = LNT__ARROW_TIME, .width = 8};
    if (is_date && lnt__fb_int(t, 0, 2, 1) == 0) {
        unit = LNT__ARROW_UNIT_DAY;
        type.width = 4;
    }
    if (number == TYPE_TIME || number == TYPE_DURATION) type.kind = LNT__ARROW_SPAN;
    if (number == TYPE_TIME) type.width = (int)(lnt__fb_int(t, 1, 4, 32) / 8);
    if (unit < 0 || unit > LNT__ARROW_UNIT_DAY || (type.width != 4 && type.width != 8)) type.kind = LNT__ARROW_UNKNOWN;
    type.unit = (int)unit;
    return type;
}

/// Kinds whose size is in the type's table.
static lnt__arrow_type fixed_type(int64_t number, const lnt__fb_table *t) {
    int64_t size = lnt__fb_int(t, 0, 4, 0);
    bool known = size >= 0 && size <= LNT__ARROW_FIXED_BYTES;
    lnt__arrow_kind kind = number == TYPE_FIXED_BINARY ? LNT__ARROW_FIXED : LNT__ARROW_FIXED_LIST;
    return (lnt__arrow_type){.kind = known ? kind : LNT__ARROW_UNKNOWN, .width = known ? (int)size : 0};
}

static lnt__arrow_type simple_type(int64_t number) {
    switch (number) {
    case TYPE_NULL:
        return (lnt__arrow_type){.kind = LNT__ARROW_NULL};
    case TYPE_BOOL:
        return (lnt__arrow_type){.kind = LNT__ARROW_BOOL, .width = 1};
    case TYPE_BINARY:
    case TYPE_UTF8:
        return (lnt__arrow_type){.kind = LNT__ARROW_TEXT, .width = 4};
    case TYPE_LARGE_BINARY:
    case TYPE_LARGE_UTF8:
        return (lnt__arrow_type){.kind = LNT__ARROW_TEXT, .width = 8};
    case TYPE_BINARY_VIEW:
    case TYPE_UTF8_VIEW:
        return (lnt__arrow_type){.kind = LNT__ARROW_VIEW, .width = 16};
    case TYPE_LIST:
        return (lnt__arrow_type){.kind = LNT__ARROW_LIST, .width = 4};
    case TYPE_LARGE_LIST:
        return (lnt__arrow_type){.kind = LNT__ARROW_LIST, .width = 8};
    case TYPE_STRUCT:
        return (lnt__arrow_type){.kind = LNT__ARROW_STRUCT};
    default:
        return (lnt__arrow_type){.kind = LNT__ARROW_UNKNOWN};
    }
}

/// How many buffers a record batch has for a field of this type.
static int buffers_of(int64_t number, const lnt__fb_table *t) {
    switch (number) {
    case TYPE_NULL:
    case TYPE_RUN_END:
        return 0;
    case TYPE_STRUCT:
    case TYPE_FIXED_LIST:
        return 1;
    case TYPE_BINARY:
    case TYPE_UTF8:
    case TYPE_LARGE_BINARY:
    case TYPE_LARGE_UTF8:
    case TYPE_LIST_VIEW:
    case TYPE_LARGE_LIST_VIEW:
        return 3;
    case TYPE_UNION: // types, and offsets when it is dense
        return lnt__fb_int(t, 0, 2, 0) == 0 ? 1 : 2;
    default:
        return number > 0 && number <= TYPE_LARGE_LIST_VIEW ? 2 : -1;
    }
}

static lnt__arrow_type type_of(int64_t number, const lnt__fb_table *t) {
    lnt__arrow_type type;
    if (number == TYPE_INT)
        type = int_type(t);
    else if (number == TYPE_FLOAT)
        type = float_type(t);
    else if (number == TYPE_DECIMAL)
        type = decimal_type(t);
    else if (number == TYPE_DATE || number == TYPE_TIME || number == TYPE_TIMESTAMP || number == TYPE_DURATION)
        type = time_type(number, t);
    else if (number == TYPE_FIXED_BINARY || number == TYPE_FIXED_LIST)
        type = fixed_type(number, t);
    else
        type = simple_type(number);
    bool named = number > 0 && number < (int64_t)(sizeof type_names / sizeof *type_names);
    type.what = named ? type_names[number] : "unknown type";
    type.n_buffers = buffers_of(number, t);
    return type;
}

lnt_type lnt__arrow_column_type(const lnt__arrow_field *field) {
    static const lnt_type types[] = {
        [LNT__ARROW_NULL] = LNT_STRING,  [LNT__ARROW_BOOL] = LNT_BOOL,     [LNT__ARROW_INT] = LNT_INT,
        [LNT__ARROW_FLOAT] = LNT_FLOAT,  [LNT__ARROW_DECIMAL] = LNT_FLOAT, [LNT__ARROW_TIME] = LNT_TIME,
        [LNT__ARROW_SPAN] = LNT_INT,     [LNT__ARROW_TEXT] = LNT_STRING,   [LNT__ARROW_VIEW] = LNT_STRING,
        [LNT__ARROW_FIXED] = LNT_STRING, [LNT__ARROW_LIST] = LNT_STRING,   [LNT__ARROW_FIXED_LIST] = LNT_STRING,
        [LNT__ARROW_STRUCT] = LNT_NULL,  [LNT__ARROW_UNKNOWN] = LNT_NULL};
    bool is_list = field->type.kind == LNT__ARROW_LIST || field->type.kind == LNT__ARROW_FIXED_LIST;
    if (field->has_dictionary && field->n_children > 0) return LNT_NULL;
    if (is_list && (field->n_children != 1 || lnt__arrow_column_type(&field->children[0]) == LNT_NULL)) return LNT_NULL;
    bool is_text = field->type.kind == LNT__ARROW_TEXT || field->type.kind == LNT__ARROW_VIEW;
    return field->is_ip && is_text ? LNT_IP : types[field->type.kind];
}

// ---- fields ----

typedef struct parsing {
    int64_t n_left; ///< fields that the metadata's size allows for
    lnt_error *err;
} parsing;

static bool says_ip(const lnt__fb_table *field) {
    lnt__fb_vector items = lnt__fb_items(field, 6, 4);
    for (int64_t i = 0; i < items.n; i++) {
        lnt__fb_table item = lnt__fb_item_table(&items, i);
        if (lnt_str_equal(lnt__fb_string(&item, 0), lnt_str_from("lunette.type")) &&
            lnt_str_equal(lnt__fb_string(&item, 1), lnt_str_from("ip")))
            return true;
    }
    return false;
}

static lnt_status read_fields(parsing *p, const lnt__fb_vector *items, int depth, lnt__arrow_field **out, int64_t *n);

static lnt_status read_dictionary(const lnt__fb_table *table, lnt__arrow_field *out, lnt_error *err) {
    lnt__fb_table dictionary = lnt__fb_child(table, 4);
    if (dictionary.at < 0) return LNT_OK;
    lnt__fb_table index = lnt__fb_child(&dictionary, 1);
    out->has_dictionary = true;
    out->dictionary_id = lnt__fb_int(&dictionary, 0, 8, 0);
    out->index = index.at < 0 ? (lnt__arrow_type){.kind = LNT__ARROW_INT, .width = 4} : int_type(&index);
    if (out->index.kind == LNT__ARROW_INT) return LNT_OK;
    return lnt_error_set(err, LNT_FORMAT, "the dictionary of column '%s' has codes of %d bits", out->name,
                         8 * out->index.width);
}

static lnt_status read_field(parsing *p, const lnt__fb_table *table, int depth, lnt__arrow_field *out) {
    if (--p->n_left < 0)
        return lnt_error_set(p->err, LNT_FORMAT, "the schema is damaged: it has more fields than bytes");
    if (depth >= LNT__ARROW_DEPTH)
        return lnt_error_set(p->err, LNT_UNSUPPORTED, "fields nested deeper than %d aren't read", LNT__ARROW_DEPTH);
    lnt_str name = lnt__fb_string(table, 0);
    if (name.data && lnt_utf8_check(name.data, name.size) >= 0)
        return lnt_error_set(p->err, LNT_FORMAT, "a column's name isn't UTF-8");
    out->name = lnt_strdup(name.data ? name.data : "", name.data ? name.size : 0, p->err);
    if (!out->name) return LNT_NOMEM;
    lnt__fb_table type = lnt__fb_child(table, 3);
    out->type = type_of(lnt__fb_int(table, 2, 1, 0), &type);
    out->is_ip = says_ip(table);
    LNT_TRY(read_dictionary(table, out, p->err));
    lnt__fb_vector children = lnt__fb_items(table, 5, 4);
    LNT_TRY(read_fields(p, &children, depth + 1, &out->children, &out->n_children));
    bool is_list = out->type.kind == LNT__ARROW_LIST || out->type.kind == LNT__ARROW_FIXED_LIST;
    if (is_list && out->n_children != 1)
        return lnt_error_set(p->err, LNT_FORMAT, "the list '%s' has %lld kinds of elements", out->name,
                             (long long)out->n_children);
    return LNT_OK;
}

static lnt_status read_fields(parsing *p, const lnt__fb_vector *items, int depth, lnt__arrow_field **out, int64_t *n) {
    if (items->n > p->n_left)
        return lnt_error_set(p->err, LNT_FORMAT, "the schema is damaged: it has more fields than bytes");
    *out = lnt_alloc_array(items->n, sizeof **out, p->err);
    if (!*out) return LNT_NOMEM;
    for (int64_t i = 0; i < items->n; i++) {
        *n = i + 1;
        lnt__fb_table table = lnt__fb_item_table(items, i);
        LNT_TRY(read_field(p, &table, depth, &(*out)[i]));
    }
    return LNT_OK;
}

lnt_status lnt__arrow_schema_read(const lnt__fb_table *table, lnt__arrow_schema *out, lnt_error *err) {
    if (lnt__fb_int(table, 0, 2, 0) != 0)
        return lnt_error_set(err, LNT_UNSUPPORTED, "its numbers are big-endian, which isn't read");
    parsing p = {.n_left = table->fb->size / 8, .err = err};
    lnt__fb_vector fields = lnt__fb_items(table, 1, 4);
    LNT_TRY(read_fields(&p, &fields, 0, &out->fields, &out->n_fields));
    if (table->fb->bad || table->at < 0) return lnt_error_set(err, LNT_FORMAT, "the schema is damaged");
    return LNT_OK;
}

static void clear_fields(lnt__arrow_field *fields, int64_t n) {
    for (int64_t i = 0; fields && i < n; i++) {
        lnt_free(fields[i].name);
        clear_fields(fields[i].children, fields[i].n_children);
    }
    lnt_free(fields);
}

void lnt__arrow_schema_clear(lnt__arrow_schema *schema) {
    clear_fields(schema->fields, schema->n_fields);
    for (int64_t i = 0; schema->leaves && i < schema->n_leaves; i++) lnt_free(schema->leaves[i].name);
    lnt_free(schema->leaves);
    *schema = (lnt__arrow_schema){0};
}

// ---- leaves ----

static int64_t count_leaves(const lnt__arrow_field *fields, int64_t n) {
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++) {
        bool is_struct = fields[i].type.kind == LNT__ARROW_STRUCT && !fields[i].has_dictionary;
        count += is_struct ? count_leaves(fields[i].children, fields[i].n_children) : 1;
    }
    return count;
}

static lnt_status add_leaf(lnt__arrow_schema *schema, const lnt__arrow_field *field, const int64_t *path, int depth,
                           const lnt_text *prefix, lnt_error *err) {
    struct lnt__arrow_leaf *leaf = &schema->leaves[schema->n_leaves];
    *leaf = (struct lnt__arrow_leaf){.field = field, .depth = depth, .type = lnt__arrow_column_type(field)};
    memcpy(leaf->path, path, (size_t)depth * sizeof *path);
    lnt_text name = {0};
    lnt_text_addf(&name, "%s%s", prefix->size ? prefix->data : "", field->name);
    if (name.size == 0) lnt_text_addf(&name, "c%lld", (long long)schema->n_leaves + 1);
    lnt_status status = lnt_text_check(&name, err);
    if (status == LNT_OK) leaf->name = lnt_strdup(name.data, name.size, err);
    lnt_text_clear(&name);
    if (!leaf->name) return status == LNT_OK ? LNT_NOMEM : status;
    schema->n_leaves++;
    return LNT_OK;
}

static lnt_status add_leaves(lnt__arrow_schema *schema, const lnt__arrow_field *fields, int64_t n, int64_t *path,
                             int depth, lnt_text *prefix, lnt_error *err) {
    for (int64_t i = 0; i < n; i++) {
        path[depth] = i;
        if (fields[i].type.kind != LNT__ARROW_STRUCT || fields[i].has_dictionary) {
            LNT_TRY(add_leaf(schema, &fields[i], path, depth + 1, prefix, err));
            continue;
        }
        int64_t before = prefix->size;
        lnt_text_addf(prefix, "%s.", fields[i].name);
        LNT_TRY(lnt_text_check(prefix, err));
        LNT_TRY(add_leaves(schema, fields[i].children, fields[i].n_children, path, depth + 1, prefix, err));
        prefix->size = before;
        prefix->data[before] = 0;
    }
    return LNT_OK;
}

lnt_status lnt__arrow_schema_leaves(lnt__arrow_schema *schema, lnt_error *err) {
    int64_t n = count_leaves(schema->fields, schema->n_fields), path[LNT__ARROW_DEPTH];
    schema->leaves = lnt_alloc_array(n, sizeof *schema->leaves, err);
    if (!schema->leaves) return LNT_NOMEM;
    lnt_text prefix = {0};
    lnt_status status = add_leaves(schema, schema->fields, schema->n_fields, path, 0, &prefix, err);
    lnt_text_clear(&prefix);
    LNT_TRY(status);
    char **names = lnt_alloc_array(n, sizeof *names, err);
    if (!names) return LNT_NOMEM;
    for (int64_t i = 0; i < n; i++) names[i] = schema->leaves[i].name;
    status = lnt__unique_names(names, n, err);
    for (int64_t i = 0; i < n; i++) schema->leaves[i].name = names[i];
    lnt_free(names);
    return status;
}
