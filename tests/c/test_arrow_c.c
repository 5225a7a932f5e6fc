// The Arrow C data interface: a program's own columns become a table without being copied and are released once; tables
// go out and come back as they were; what is malformed is an error that releases what it was given.
#include "base/engine.h"
#include "base/text.h"
#include "column/column.h"
#include "lunette/arrow.h"
#include "lunette/plan.h"
#include "model.h"

#include "check.h"

static lnt_engine *engine;
static int n_released; ///< arrays and schemas whose release was called

// ---- arrays of the test's own ----

/// One column as a program may hold it; every piece is malloc'ed in its exact size, so that a read too far is found.
typedef struct own {
    struct ArrowSchema schema;
    struct ArrowArray array;
    const void *buffers[4];
} own;

static void release_own_array(struct ArrowArray *array) {
    for (int64_t i = 0; i < array->n_buffers; i++) free((void *)(uintptr_t)array->buffers[i]);
    for (int64_t i = 0; i < array->n_children; i++)
        if (array->children[i]->release) array->children[i]->release(array->children[i]);
    if (array->dictionary && array->dictionary->release) array->dictionary->release(array->dictionary);
    n_released++;
    array->release = NULL;
}

static void release_own_schema(struct ArrowSchema *schema) {
    for (int64_t i = 0; i < schema->n_children; i++)
        if (schema->children[i]->release) schema->children[i]->release(schema->children[i]);
    n_released++;
    schema->release = NULL;
}

static const void *copy_of(const void *bytes, size_t size) {
    void *copy = malloc(size);
    memcpy(copy, bytes, size);
    return copy;
}

static void own_column(own *o, const char *name, const char *format, int64_t length, const void *values, size_t size) {
    memset(o, 0, sizeof *o);
    o->schema = (struct ArrowSchema){.format = format, .name = name, .release = release_own_schema};
    o->array =
        (struct ArrowArray){.length = length, .n_buffers = 2, .buffers = o->buffers, .release = release_own_array};
    o->buffers[1] = size ? copy_of(values, size) : NULL;
}

static void own_text(own *o, const char *name, int64_t length, const int32_t *offsets, const char *text) {
    own_column(o, name, "u", length, offsets, (size_t)(length + 1) * 4);
    o->array.n_buffers = 3;
    o->buffers[2] = copy_of(text, strlen(text));
}

/// A struct around columns.
typedef struct own_table {
    own top;
    struct ArrowSchema *schemas[8];
    struct ArrowArray *arrays[8];
} own_table;

static void own_struct(own_table *t, own *columns, int64_t n, int64_t length) {
    memset(t, 0, sizeof *t);
    for (int64_t i = 0; i < n; i++) {
        t->schemas[i] = &columns[i].schema;
        t->arrays[i] = &columns[i].array;
    }
    t->top.schema =
        (struct ArrowSchema){.format = "+s", .n_children = n, .children = t->schemas, .release = release_own_schema};
    t->top.array = (struct ArrowArray){.length = length,
                                       .n_buffers = 1,
                                       .buffers = t->top.buffers,
                                       .n_children = n,
                                       .children = t->arrays,
                                       .release = release_own_array};
}

static lnt_value at(const lnt_table *table, int64_t column, int64_t row) {
    return lnt_column_get(lnt_table_column(table, column), row);
}

static bool is_text(lnt_value value, const char *text) {
    return !value.is_null && lnt_str_equal(value.as.s, lnt_str_from(text));
}

TEST(a_programs_columns_are_used_where_they_lie_and_released_once) {
    lnt_error err = {0};
    own columns[5];
    own_column(&columns[0], "i", "i", 3, (int32_t[]){7, -8, 9}, 12);
    own_column(&columns[1], "f", "g", 3, (double[]){0.5, 1.5, 2.5}, 24);
    own_text(&columns[2], "s", 3, (int32_t[]){0, 1, 1, 4}, "abcd");
    own_column(&columns[3], "t", "tsu:UTC", 3, (int64_t[]){0, 1, 2}, 24);
    own_column(&columns[4], "u", "L", 3, (uint64_t[]){1, 2, 3}, 24);
    const void *where[] = {columns[0].buffers[1], columns[1].buffers[1], columns[2].buffers[1], columns[3].buffers[1]};
    const void *text = columns[2].buffers[2];
    own_table o;
    own_struct(&o, columns, 5, 3);
    lnt_table *table = NULL;
    n_released = 0;
    CHECK_OK(lnt_table_import(engine, &o.top.schema, &o.top.array, &table, &err), &err);
    CHECK(!o.top.schema.release && !o.top.array.release);
    CHECK_INT(n_released, 6); // the schemas
    for (int i = 0; i < 4; i++) CHECK(lnt_table_column(table, i)->data->data == where[i]);
    CHECK(lnt_table_column(table, 2)->bytes->data == text);
    CHECK_INT(lnt_table_n_rows(table), 3);
    CHECK_INT(at(table, 0, 1).as.i, -8);
    CHECK(at(table, 1, 2).as.f == 2.5);
    CHECK(is_text(at(table, 2, 0), "a") && is_text(at(table, 2, 1), "") && is_text(at(table, 2, 2), "bcd"));
    CHECK(at(table, 3, 1).type == LNT_TIME && at(table, 3, 1).as.i == 1);
    CHECK_INT(at(table, 4, 2).as.i, 3);
    lnt_plan *plan = NULL, *filtered = NULL;
    lnt_table *result = NULL;
    CHECK_OK(lnt_plan_table(table, &plan, &err), &err);
    CHECK_OK(lnt_plan_filter(plan, "i > 0 and f > 1", NULL, &filtered, &err), &err);
    lnt_table_unref(table);
    CHECK_OK(lnt_plan_run(engine, filtered, &result, &err), &err);
    CHECK_INT(lnt_table_n_rows(result), 1);
    CHECK(is_text(at(result, 2, 0), "bcd"));
    lnt_table_unref(result);
    CHECK_INT(n_released, 6);
    lnt_plan_unref(plan);
    lnt_plan_unref(filtered);
    CHECK_INT(n_released, 12); // the arrays, with the last who used them
}

TEST(nulls_offsets_and_dictionaries_of_others_are_understood) {
    lnt_error err = {0};
    own columns[3], values;
    // Rows 1 … 3 of four are the array: 2, null (with what somebody left there), 4.
    own_column(&columns[0], "n", "i", 3, (int32_t[]){1, 2, 77, 4}, 16);
    columns[0].array.offset = 1;
    columns[0].array.null_count = 1;
    columns[0].buffers[0] = copy_of((uint8_t[]){0x0b}, 1);
    own_column(&columns[1], "b", "b", 3, (uint8_t[]){0x05}, 1);
    // A dictionary that has a value twice, and codes for both.
    own_column(&columns[2], "d", "c", 3, (int8_t[]){2, 0, 1}, 3);
    own_text(&values, "", 3, (int32_t[]){0, 1, 2, 3}, "xyx");
    columns[2].schema.dictionary = &values.schema;
    columns[2].array.dictionary = &values.array;
    values.schema.release = NULL; // a dictionary's schema is released with its column's: nothing to do here
    own_table o;
    own_struct(&o, columns, 3, 3);
    lnt_table *table = NULL;
    CHECK_OK(lnt_table_import(engine, &o.top.schema, &o.top.array, &table, &err), &err);
    CHECK_INT(at(table, 0, 0).as.i, 2);
    CHECK(at(table, 0, 1).is_null);
    CHECK_INT(at(table, 0, 2).as.i, 4);
    CHECK_INT(lnt_column_null_count(lnt_table_column(table, 0)), 1);
    CHECK(at(table, 1, 0).as.b && !at(table, 1, 1).as.b && at(table, 1, 2).as.b);
    CHECK(is_text(at(table, 2, 0), "x") && is_text(at(table, 2, 1), "x") && is_text(at(table, 2, 2), "y"));
    lnt_table_unref(table);
}

TEST(what_is_malformed_is_an_error_and_released) {
    static const struct {
        const char *format, *message;
        int32_t offsets[3];
    } cases[] = {{"u", "points outside", {0, 3, 2}}, {"u", "points outside", {-1, 1, 4}},
                 {"u", "isn't UTF-8", {0, 1, 4}},    {"tiM", "aren't read", {0, 0, 0}},
                 {"??", "aren't read", {0, 0, 0}},   {"+m", "aren't read", {0, 0, 0}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lnt_error err = {0};
        own column;
        own_text(&column, "s", 2, cases[i].offsets, "\xc3\xa9zz");
        column.schema.format = cases[i].format;
        own_table o;
        own_struct(&o, &column, 1, 2);
        lnt_table *table = NULL;
        n_released = 0;
        CHECK(lnt_table_import(engine, &o.top.schema, &o.top.array, &table, &err) != LNT_OK);
        CHECK_MSG(strstr(err.message, cases[i].message), "%s", err.message);
        CHECK_INT(n_released, 4);
    }
    lnt_error err = {0};
    own column;
    own_column(&column, "c", "c", 2, (int8_t[]){0, 5}, 2);
    own values;
    own_text(&values, "", 1, (int32_t[]){0, 1}, "x");
    column.schema.dictionary = &values.schema;
    column.array.dictionary = &values.array;
    lnt_table *table = NULL;
    CHECK_INT(lnt_table_import(engine, &column.schema, &column.array, &table, &err), LNT_FORMAT);
    CHECK_MSG(strstr(err.message, "its dictionary doesn't have"), "%s", err.message);
}

// ---- out and back ----

static lnt_column *random_column(lnt_type type, uint64_t *seed, int null_percent, int64_t distinct, int64_t n) {
    lnt_error err = {0};
    lnt_column_builder *builder = NULL;
    lnt_column *column = NULL;
    char text[MODEL_TEXT];
    CHECK_OK(lnt_column_builder_new(engine, type, &builder, &err), &err);
    for (int64_t i = 0; i < n; i++) {
        model_kind kind = {type, null_percent, distinct};
        lnt_value value = model_value(kind, model_random(seed) % (uint64_t)distinct, text);
        value.is_null = (int)(model_random(seed) % 100) < null_percent;
        CHECK_OK(lnt_column_builder_append(builder, value, &err), &err);
    }
    CHECK_OK(lnt_column_builder_finish(builder, &column, &err), &err);
    lnt_column_builder_free(builder);
    return column;
}

enum { N_COLUMNS = 8 };

static lnt_table *random_table(uint64_t *seed, int null_percent, int64_t n) {
    static const char *const names[] = {"b", "i", "f", "s", "few", "t", "ip", "seven"};
    static const lnt_type types[] = {LNT_BOOL, LNT_INT, LNT_FLOAT, LNT_STRING, LNT_STRING, LNT_TIME, LNT_IP};
    lnt_error err = {0};
    lnt_column *columns[N_COLUMNS];
    lnt_table *table = NULL;
    for (int i = 0; i < N_COLUMNS - 1; i++)
        columns[i] = random_column(types[i], seed, null_percent, i == 4 ? 5 : 1 << 20, n);
    lnt_value seven = {.type = LNT_STRING, .as.s = {"seven", 5}};
    CHECK_OK(lnt_column_constant(engine, LNT_STRING, seven, n, &columns[N_COLUMNS - 1], &err), &err);
    CHECK_OK(lnt_table_new(names, columns, N_COLUMNS, n, &table, &err), &err);
    for (int i = 0; i < N_COLUMNS; i++) lnt_column_unref(columns[i]);
    return table;
}

static void check_same(const lnt_table *a, const lnt_table *b) {
    CHECK_INT(lnt_table_n_rows(a), lnt_table_n_rows(b));
    CHECK_INT(lnt_table_n_columns(a), lnt_table_n_columns(b));
    for (int64_t c = 0; c < lnt_table_n_columns(a); c++) {
        CHECK_STR(lnt_schema_name(lnt_table_schema(a), c), lnt_schema_name(lnt_table_schema(b), c));
        for (int64_t i = 0; i < lnt_table_n_rows(a); i++) {
            lnt_value x = at(a, c, i), y = at(b, c, i);
            bool same = x.type == y.type && x.is_null == y.is_null;
            if (same && !x.is_null && x.type == LNT_STRING) same = lnt_str_equal(x.as.s, y.as.s);
            if (same && !x.is_null && x.type == LNT_IP) same = lnt_ip_compare(x.as.ip, y.as.ip) == 0;
            if (same && !x.is_null && x.type != LNT_STRING && x.type != LNT_IP)
                same = x.type == LNT_BOOL ? x.as.b == y.as.b : x.as.i == y.as.i; // a float by its bits
            CHECK_MSG(same, "row %" PRId64 " of column %" PRId64, i, c);
        }
    }
}

TEST(tables_go_out_and_come_back_as_they_were) {
    static const int64_t lengths[] = {0, 1, 63, 64, 65, 5000};
    uint64_t seed = 7;
    for (int k = 0; k < 18; k++) {
        lnt_error err = {0};
        lnt_table *table = random_table(&seed, k / 6 * 50, lengths[k % 6]), *back = NULL;
        struct ArrowSchema schema;
        struct ArrowArray array;
        CHECK_OK(lnt_table_export(engine, table, &schema, &array, &err), &err);
        if (lengths[k % 6]) CHECK(array.children[2]->buffers[1] == lnt_table_column(table, 2)->data->data);
        CHECK_OK(lnt_table_import(engine, &schema, &array, &back, &err), &err);
        check_same(table, back);
        lnt_table_unref(table);
        check_same(back, back); // lives without the first
        lnt_table_unref(back);
    }
}

TEST(a_child_that_is_moved_out_lives_on_its_own) {
    lnt_error err = {0};
    uint64_t seed = 9;
    lnt_table *table = random_table(&seed, 30, 100), *one = NULL;
    struct ArrowSchema schema, child_schema;
    struct ArrowArray array, child;
    CHECK_OK(lnt_table_export(engine, table, &schema, &array, &err), &err);
    child = *array.children[4];
    array.children[4]->release = NULL;
    child_schema = *schema.children[4];
    schema.children[4]->release = NULL;
    array.release(&array);
    schema.release(&schema);
    CHECK_OK(lnt_table_import(engine, &child_schema, &child, &one, &err), &err);
    CHECK_INT(lnt_table_n_columns(one), 1);
    for (int64_t i = 0; i < 100; i++) {
        lnt_value x = at(table, 4, i), y = at(one, 0, i);
        CHECK(x.is_null == y.is_null && (x.is_null || lnt_str_equal(x.as.s, y.as.s)));
    }
    lnt_table_unref(one);
    lnt_table_unref(table);
}

TEST(a_stream_gives_the_table_once_and_then_ends) {
    lnt_error err = {0};
    uint64_t seed = 11;
    lnt_table *table = random_table(&seed, 10, 70), *back = NULL;
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    struct ArrowArray array;
    CHECK_OK(lnt_table_export_stream(engine, table, &stream, &err), &err);
    CHECK_INT(stream.get_schema(&stream, &schema), 0);
    CHECK_INT(stream.get_next(&stream, &array), 0);
    CHECK_OK(lnt_table_import(engine, &schema, &array, &back, &err), &err);
    check_same(table, back);
    CHECK_INT(stream.get_next(&stream, &array), 0);
    CHECK(!array.release);
    CHECK(!stream.get_last_error(&stream));
    stream.release(&stream);
    lnt_table_unref(back);
    lnt_table_unref(table);
}

TEST(every_allocation_may_fail) {
    uint64_t seed = 13;
    lnt_table *table = random_table(&seed, 30, 70);
    bool done = false;
    for (int64_t n = 0; !done && n < 5000; n++) {
        lnt_error err = {0};
        struct ArrowSchema schema;
        struct ArrowArray array;
        lnt_table *back = NULL;
        lnt_alloc_fail_after(n);
        lnt_status status = lnt_table_export(engine, table, &schema, &array, &err);
        if (status == LNT_OK) status = lnt_table_import(engine, &schema, &array, &back, &err);
        lnt_alloc_fail_after(-1);
        done = status == LNT_OK;
        CHECK(done || status == LNT_NOMEM || status == LNT_LIMIT);
        lnt_table_unref(back);
    }
    CHECK(done);
    lnt_table_unref(table);
}

int main(int argc, char **argv) {
    lnt_error err = {0};
    CHECK_OK(lnt_engine_new(&(lnt_engine_options){.n_threads = 2}, &engine, &err), &err);
    int status = check_main(argc, argv);
    CHECK_INT(lnt_engine_memory_used(engine), 0);
    lnt_engine_free(engine);
    return status || check_failures ? 1 : 0;
}
