// Arrow files: what is written reads back as it was, over all types, nulls and lengths; and files that are damaged in
// any byte are an error or a table, never more.
#include "base/engine.h"
#include "base/text.h"
#include "column/column.h"
#include "io/arrow/arrow.h"
#include "lunette/io.h"
#include "model.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"

static lnt_engine *engine;
static uint64_t seed = 20261123;

// ---- tables ----

typedef enum nulls { NO_NULLS, SOME_NULLS, ALL_NULLS } nulls;

/// A value of the type; `few` for one of a few strings, so that they become a dictionary.
static lnt_value random_value(lnt_type type, bool few, char text[64]) {
    uint64_t r = model_random(&seed);
    lnt_value value = {.type = type};
    switch (type) {
    case LNT_BOOL:
        value.as.b = r & 1;
        break;
    case LNT_INT:
        value.as.i = (int64_t)model_random(&seed) >> (r % 64);
        break;
    case LNT_FLOAT:
        value.as.f = r % 9 == 0 ? NAN : r % 9 == 1 ? -0.0 : (double)(int64_t)r / 1000;
        break;
    case LNT_TIME:
        value.as.i = (int64_t)(r % 4000000000000000) - 1000000000000000;
        break;
    case LNT_IP:
        value.as.ip = r % 3 ? lnt_ip_from_v4((uint32_t)model_random(&seed)) : (lnt_ip){r, model_random(&seed)};
        break;
    default:
        if (few)
            snprintf(text, 64, "f%d", (int)(r % 7));
        else if (r % 5)
            snprintf(text, 64, "t\xc3\xa9xt %llx", (long long)r);
        else
            text[0] = 0;
        value.as.s = (lnt_str){text, (int64_t)strlen(text)};
    }
    return value;
}

static lnt_column *random_column(lnt_type type, bool few, nulls with, int64_t n) {
    lnt_error err = {0};
    lnt_column_builder *builder = NULL;
    lnt_column *column = NULL;
    char text[64];
    CHECK_OK(lnt_column_builder_new(engine, type, &builder, &err), &err);
    for (int64_t i = 0; i < n; i++) {
        lnt_value value = random_value(type, few, text);
        value.is_null = with == ALL_NULLS || (with == SOME_NULLS && model_random(&seed) % 3 == 0);
        CHECK_OK(lnt_column_builder_append(builder, value, &err), &err);
    }
    CHECK_OK(lnt_column_builder_finish(builder, &column, &err), &err);
    lnt_column_builder_free(builder);
    return column;
}

enum { N_KINDS = 8 };
static const lnt_type kinds[N_KINDS] = {LNT_BOOL,   LNT_INT,  LNT_FLOAT, LNT_STRING,
                                        LNT_STRING, LNT_TIME, LNT_IP,    LNT_INT};
static const char *const kind_names[N_KINDS] = {"b", "i", "f", "s", "few", "t", "ip", "constant"};

static lnt_table *random_table(nulls with, int64_t n) {
    lnt_error err = {0};
    lnt_column *columns[N_KINDS];
    lnt_table *table = NULL;
    for (int k = 0; k < N_KINDS - 1; k++) columns[k] = random_column(kinds[k], k == 4, with, n);
    lnt_value seven = {.type = LNT_INT, .is_null = with == ALL_NULLS, .as.i = 700};
    CHECK_OK(lnt_column_constant(engine, LNT_INT, seven, n, &columns[N_KINDS - 1], &err), &err);
    CHECK_OK(lnt_table_new(kind_names, columns, N_KINDS, n, &table, &err), &err);
    for (int k = 0; k < N_KINDS; k++) lnt_column_unref(columns[k]);
    return table;
}

static bool same_value(lnt_value a, lnt_value b) {
    if (a.type != b.type || a.is_null != b.is_null) return false;
    if (a.is_null) return true;
    switch (a.type) {
    case LNT_BOOL:
        return a.as.b == b.as.b;
    case LNT_FLOAT:
        return memcmp(&a.as.f, &b.as.f, 8) == 0;
    case LNT_STRING:
        return lnt_str_equal(a.as.s, b.as.s);
    case LNT_IP:
        return lnt_ip_compare(a.as.ip, b.as.ip) == 0;
    default:
        return a.as.i == b.as.i;
    }
}

static void check_same(const lnt_table *a, const lnt_table *b) {
    CHECK_INT(lnt_table_n_rows(a), lnt_table_n_rows(b));
    CHECK_INT(lnt_table_n_columns(a), lnt_table_n_columns(b));
    if (lnt_table_n_rows(a) != lnt_table_n_rows(b)) return;
    for (int64_t c = 0; c < lnt_table_n_columns(a); c++) {
        const lnt_column *x = lnt_table_column(a, c), *y = lnt_table_column(b, c);
        CHECK_STR(lnt_schema_name(lnt_table_schema(a), c), lnt_schema_name(lnt_table_schema(b), c));
        for (int64_t i = 0; i < lnt_table_n_rows(a); i++) {
            bool same = same_value(lnt_column_get(x, i), lnt_column_get(y, i));
            CHECK_MSG(same, "row %" PRId64 " of column %s", i, kind_names[c]);
            if (!same) break;
        }
    }
}

// ---- files in memory ----

typedef struct bytes {
    uint8_t *data;
    int64_t size, capacity;
} bytes;

static lnt_status add_bytes(void *context, const char *data, int64_t size, lnt_error *err) {
    bytes *to = context;
    while (to->size + size > to->capacity) {
        to->capacity = to->capacity ? 2 * to->capacity : 4096;
        to->data = realloc(to->data, (size_t)to->capacity);
    }
    memcpy(to->data + to->size, data, (size_t)size);
    to->size += size;
    return to->data ? LNT_OK : lnt_error_set(err, LNT_NOMEM, "no memory");
}

static bytes written(const lnt_plan *plan) {
    lnt_error err = {0};
    bytes out = {0};
    CHECK_OK(lnt_write(engine, plan, &(lnt_write_options){.format = LNT_FORMAT_ARROW}, add_bytes, &out, &err), &err);
    return out;
}

static bytes written_table(const lnt_table *table) {
    lnt_error err = {0};
    lnt_plan *plan = NULL;
    CHECK_OK(lnt_plan_table(table, &plan, &err), &err);
    bytes out = written(plan);
    lnt_plan_unref(plan);
    return out;
}

/// A plan that reads the bytes; NULL with `err` set when they can't be.
static lnt_plan *opened(const void *data, int64_t size, lnt_error *err) {
    lnt_input *input = NULL;
    lnt_scan *scan = NULL;
    lnt_plan *plan = NULL;
    if (lnt_input_from_memory("test.arrow", data, size, &input, err) != LNT_OK) return NULL;
    if (lnt__arrow_open_input(engine, input, NULL, &scan, err) == LNT_OK && lnt_plan_scan(scan, &plan, err) != LNT_OK)
        plan = NULL;
    lnt_scan_unref(scan);
    lnt_input_close(input);
    return plan;
}

static lnt_table *read_back(const void *data, int64_t size, lnt_error *err) {
    lnt_plan *plan = opened(data, size, err);
    lnt_table *table = NULL;
    if (plan && lnt_plan_run(engine, plan, &table, err) != LNT_OK) table = NULL;
    lnt_plan_unref(plan);
    return table;
}

// ---- tests ----

TEST(what_is_written_reads_back_for_all_types_nulls_and_lengths) {
    static const int64_t lengths[] = {0, 1, 7, 63, 64, 65, 4095, 4096, 4097, 140000};
    for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
        for (nulls with = NO_NULLS; with <= ALL_NULLS; with++) {
            lnt_error err = {0};
            lnt_table *table = random_table(with, lengths[k]);
            bytes file = written_table(table);
            lnt_table *back = read_back(file.data, file.size, &err);
            CHECK_MSG(back != NULL, "%s", err.message);
            if (back) check_same(table, back);
            lnt_table_unref(back);
            lnt_table_unref(table);
            free(file.data);
        }
    }
}

// Rows that pass a filter come through the collectors instead of straight from a table.
TEST(results_of_queries_are_gathered_and_long_ones_go_on_in_pieces) {
    static const int64_t lengths[] = {1000, (1 << 20) + 200001};
    for (int k = 0; k < 2; k++) {
        lnt_error err = {0};
        lnt_column *columns[2] = {random_column(LNT_INT, false, SOME_NULLS, lengths[k]),
                                  random_column(LNT_STRING, true, SOME_NULLS, lengths[k])};
        lnt_table *table = NULL, *kept = NULL;
        lnt_plan *plan = NULL, *filtered = NULL;
        CHECK_OK(lnt_table_new((const char *[]){"i", "few"}, columns, 2, lengths[k], &table, &err), &err);
        CHECK_OK(lnt_plan_table(table, &plan, &err), &err);
        CHECK_OK(lnt_plan_filter(plan, "is_null(i) or i ~= 0", NULL, &filtered, &err), &err);
        CHECK_OK(lnt_plan_run(engine, filtered, &kept, &err), &err);
        bytes file = written(filtered);
        lnt_table *back = read_back(file.data, file.size, &err);
        CHECK_MSG(back != NULL, "%s", err.message);
        if (back) check_same(kept, back);
        lnt_table_unref(back);
        lnt_table_unref(kept);
        lnt_plan_unref(filtered);
        lnt_plan_unref(plan);
        lnt_table_unref(table);
        for (int c = 0; c < 2; c++) lnt_column_unref(columns[c]);
        free(file.data);
    }
}

TEST(the_same_rows_come_out_with_any_number_of_threads) {
    lnt_error err = {0};
    lnt_table *table = random_table(SOME_NULLS, 300000);
    bytes file = written_table(table);
    lnt_engine *before = engine, *one = NULL;
    CHECK_OK(lnt_engine_new(&(lnt_engine_options){.n_threads = 1}, &one, &err), &err);
    engine = one;
    lnt_table *back = read_back(file.data, file.size, &err);
    CHECK_MSG(back != NULL, "%s", err.message);
    if (back) check_same(table, back);
    lnt_table_unref(back);
    engine = before;
    lnt_engine_free(one);
    lnt_table_unref(table);
    free(file.data);
}

TEST(a_filter_reads_what_it_keeps) {
    lnt_error err = {0};
    lnt_table *table = random_table(SOME_NULLS, 20000), *a = NULL, *b = NULL;
    bytes file = written_table(table);
    lnt_plan *direct = NULL, *wanted = NULL, *filtered = NULL, *plan = opened(file.data, file.size, &err);
    CHECK_OK(lnt_plan_table(table, &direct, &err), &err);
    CHECK_OK(lnt_plan_filter(direct, "few == 'f3' and i > 0", NULL, &wanted, &err), &err);
    CHECK_OK(lnt_plan_filter(plan, "few == 'f3' and i > 0", NULL, &filtered, &err), &err);
    CHECK_OK(lnt_plan_run(engine, wanted, &a, &err), &err);
    CHECK_OK(lnt_plan_run(engine, filtered, &b, &err), &err);
    CHECK(lnt_table_n_rows(a) > 100);
    check_same(a, b);
    lnt_table_unref(a);
    lnt_table_unref(b);
    lnt_plan_unref(wanted);
    lnt_plan_unref(filtered);
    lnt_plan_unref(direct);
    lnt_plan_unref(plan);
    lnt_table_unref(table);
    free(file.data);
}

/// The rows for which `condition` is true, of a table in memory and of its file: the same.
static void check_filter(const lnt_plan *table, const lnt_plan *file, const char *condition) {
    lnt_error err = {0};
    lnt_plan *wanted = NULL, *filtered = NULL;
    lnt_table *a = NULL, *b = NULL;
    CHECK_OK(lnt_plan_filter(table, condition, NULL, &wanted, &err), &err);
    CHECK_OK(lnt_plan_filter(file, condition, NULL, &filtered, &err), &err);
    CHECK_OK(lnt_plan_run(engine, wanted, &a, &err), &err);
    CHECK_OK(lnt_plan_run(engine, filtered, &b, &err), &err);
    CHECK_MSG(a && b && lnt_table_n_rows(a) == lnt_table_n_rows(b), "%s", condition);
    if (a && b) check_same(a, b);
    lnt_table_unref(a);
    lnt_table_unref(b);
    lnt_plan_unref(wanted);
    lnt_plan_unref(filtered);
}

/// Rows in ascending order, so that record batches differ in what they hold: several batches of `n` rows in all.
static lnt_table *ordered_table(int64_t n) {
    static const char *const names[] = {"i", "f", "t", "ip", "s"};
    static const lnt_type types[] = {LNT_INT, LNT_FLOAT, LNT_TIME, LNT_IP, LNT_STRING};
    lnt_error err = {0};
    lnt_column *columns[5];
    lnt_table *table = NULL;
    for (int k = 0; k < 5; k++) {
        lnt_column_builder *builder = NULL;
        char text[32];
        CHECK_OK(lnt_column_builder_new(engine, types[k], &builder, &err), &err);
        for (int64_t i = 0; i < n; i++) {
            lnt_value value = {.type = types[k], .is_null = i % 5 == 0 && k < 4};
            snprintf(text, sizeof text, "text %d", (int)i);
            if (k == 0) value.as.i = i;
            if (k == 1) value.as.f = (double)i / 2;
            if (k == 2) value.as.i = i * 1000000;
            if (k == 3) value.as.ip = lnt_ip_from_v4((uint32_t)i);
            if (k == 4) value.as.s = lnt_str_from(text);
            CHECK_OK(lnt_column_builder_append(builder, value, &err), &err);
        }
        CHECK_OK(lnt_column_builder_finish(builder, &columns[k], &err), &err);
        lnt_column_builder_free(builder);
    }
    CHECK_OK(lnt_table_new(names, columns, 5, n, &table, &err), &err);
    for (int k = 0; k < 5; k++) lnt_column_unref(columns[k]);
    return table;
}

TEST(record_batches_without_a_row_that_is_wanted_are_left_out) {
    static const char *const conditions[] = {"i == 200001",
                                             "i < 7",
                                             "i >= 299998",
                                             "140000 <= i and i < 140003",
                                             "i > 1000000",
                                             "f > 149990.0",
                                             "f <= 2.5",
                                             "t < '1970-01-01 00:00:09'",
                                             "ip == '0.4.0.3'",
                                             "ip >= '0.4.147.200'",
                                             "s == 'text 200001'",
                                             "i < 9 or i == 7",
                                             "not (i > 3)",
                                             "i ~= 5 and i < 10",
                                             "i < 10 and f > 149990.0"};
    lnt_error err = {0};
    lnt_table *table = ordered_table(300000);
    bytes file = written_table(table);
    lnt_plan *plan = opened(file.data, file.size, &err), *direct = NULL, *late = NULL, *early = NULL;
    CHECK_OK(lnt_plan_table(table, &direct, &err), &err);
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++) check_filter(direct, plan, conditions[i]);
    lnt_plan_unref(plan);
    lnt_plan_unref(direct);
    // A text of the first batch that isn't UTF-8 any more shows who reads it.
    uint8_t *at = memmem(file.data, (size_t)file.size, "text 7text 8", 12);
    CHECK(at != NULL);
    if (at) at[0] = 0xff;
    lnt_table *result = NULL;
    plan = opened(file.data, file.size, &err);
    CHECK_OK(lnt_plan_filter(plan, "i >= 200000", NULL, &late, &err), &err);
    CHECK_OK(lnt_plan_run(engine, late, &result, &err), &err);
    CHECK_INT(lnt_table_n_rows(result), 80000);
    lnt_table_unref(result);
    CHECK_OK(lnt_plan_filter(plan, "i < 20", NULL, &early, &err), &err);
    CHECK_INT(lnt_plan_run(engine, early, &result, &err), LNT_FORMAT);
    lnt_plan_unref(late);
    lnt_plan_unref(early);
    lnt_plan_unref(plan);
    lnt_table_unref(table);
    free(file.data);
}

// ---- damage ----

static bytes small_file(void) {
    lnt_table *table = random_table(SOME_NULLS, 9);
    bytes file = written_table(table);
    lnt_table_unref(table);
    return file;
}

TEST(a_file_that_is_cut_anywhere_is_an_error) {
    bytes file = small_file();
    for (int64_t size = 0; size < file.size; size++) {
        lnt_error err = {0};
        lnt_table *table = read_back(file.data, size, &err);
        CHECK_MSG(!table && err.message[0], "cut to %" PRId64 " bytes", size);
        lnt_table_unref(table);
    }
    free(file.data);
}

TEST(a_file_with_any_byte_changed_is_an_error_or_a_table) {
    bytes file = small_file();
    int64_t n_errors = 0;
    for (int64_t at = 0; at < file.size; at++) {
        static const uint8_t changes[] = {0xff, 0x80, 0x01, 0x7f};
        for (int k = 0; k < 4; k++) {
            lnt_error err = {0};
            uint8_t kept = file.data[at];
            file.data[at] ^= changes[k];
            lnt_table *table = read_back(file.data, file.size, &err);
            CHECK(table || err.message[0]);
            n_errors += !table;
            lnt_table_unref(table);
            file.data[at] = kept;
        }
    }
    CHECK(n_errors > file.size / 10);
    free(file.data);
}

// A stream is the file without its frame: magic before, footer behind.
TEST(a_stream_reads_like_the_file_and_damaged_ones_are_errors_or_tables) {
    lnt_error err = {0};
    lnt_table *table = random_table(SOME_NULLS, 9);
    bytes file = written_table(table);
    int32_t footer;
    memcpy(&footer, file.data + file.size - 10, 4);
    int64_t size = file.size - 10 - footer - 8;
    lnt_table *back = read_back(file.data + 8, size, &err);
    CHECK_MSG(back != NULL, "%s", err.message);
    if (back) check_same(table, back);
    lnt_table_unref(back);
    lnt_table_unref(table);
    for (int64_t at = 0; at < size; at += 3) {
        uint8_t kept = file.data[8 + at];
        file.data[8 + at] ^= (uint8_t)(1 + model_random(&seed) % 255);
        lnt_error_init(&err);
        back = read_back(file.data + 8, size, &err);
        CHECK(back || err.message[0]);
        lnt_table_unref(back);
        file.data[8 + at] = kept;
        lnt_error_init(&err);
        back = read_back(file.data + 8, at, &err);
        CHECK(back || err.message[0]);
        lnt_table_unref(back);
    }
    free(file.data);
}

// Pages behind a mapped file's new end can't be read: that is an error of the query, not the end of the process.
TEST(a_file_that_shrinks_while_it_is_mapped_is_an_error) {
    lnt_error err = {0};
    lnt_table *table = ordered_table(200000), *result = NULL;
    bytes file = written_table(table);
    char path[] = "/tmp/lunette-arrow-XXXXXX";
    int fd = mkstemp(path);
    CHECK(fd >= 0 && write(fd, file.data, (size_t)file.size) == file.size);
    lnt_scan *scan = NULL;
    lnt_plan *plan = NULL;
    CHECK_OK(lnt_arrow_open(engine, path, NULL, &scan, &err), &err);
    CHECK_OK(lnt_plan_scan(scan, &plan, &err), &err);
    CHECK_OK(lnt_plan_run(engine, plan, &result, &err), &err);
    check_same(table, result);
    lnt_table_unref(result);
    CHECK(ftruncate(fd, 40960) == 0);
    result = NULL;
    lnt_status status = lnt_plan_run(engine, plan, &result, &err);
    CHECK_MSG(status == LNT_IO || status == LNT_FORMAT, "%s", err.message);
    CHECK(err.message[0] && !result);
    lnt_plan_unref(plan);
    lnt_scan_unref(scan);
    close(fd);
    unlink(path);
    lnt_table_unref(table);
    free(file.data);
}

// ---- numbers that no writer writes ----

/// A stream that is made by hand: metadata in `text`, which is cleared after each message.
typedef struct forged {
    uint8_t data[32768];
    int64_t size;
} forged;

static void add_message(forged *out, lnt_text *text, const void *body, int64_t body_bytes) {
    while (text->size % 8) lnt_text_add(text, "", 1);
    int32_t prefix[2] = {-1, (int32_t)text->size};
    memcpy(out->data + out->size, prefix, 8);
    memcpy(out->data + out->size + 8, text->data, (size_t)text->size);
    if (body_bytes) memcpy(out->data + out->size + 8 + text->size, body, (size_t)body_bytes);
    out->size += 8 + text->size + body_bytes;
    lnt_text_clear(text);
}

/// Begins a message whose header is of kind `kind`; returns the place that is to point at the header.
static int64_t begin_message(lnt_text *text, int kind, int64_t body_bytes) {
    int64_t places[3];
    lnt__fb_begin(text);
    lnt__fb_point(text, 0, lnt__fb_put_table(text, (lnt__fb_slot[]){{1, 1, kind}, {2, 4, 0}, {3, 8, body_bytes}}, 3, places));
    return places[1];
}

/// A field of type number `type`, whose table has `width` as its first number; with a dictionary or with children.
static int64_t put_field(lnt_text *text, int type, int width, bool has_dictionary, int n_children, int64_t *children) {
    int64_t places[5];
    int64_t at = lnt__fb_put_table(
        text, (lnt__fb_slot[]){{0, 4, 0}, {2, 1, type}, {3, 4, 0}, {has_dictionary ? 4 : 5, 4, 0}}, 4, places);
    lnt__fb_point(text, places[0], lnt__fb_put_string(text, "c", 1));
    lnt__fb_point(text, places[2], lnt__fb_put_table(text, (lnt__fb_slot[]){{0, 4, width}}, 1, NULL));
    if (has_dictionary)
        lnt__fb_point(text, places[3], lnt__fb_put_table(text, (lnt__fb_slot[]){{0, 8, 7}}, 1, NULL));
    else
        lnt__fb_point(text, places[3], *children = lnt__fb_put_vector(text, NULL, n_children, 4));
    return at;
}

/// The schema of one column: of `type`, or a list of 64-bit offsets around it.
static void add_schema(forged *out, int type, bool in_list, bool has_dictionary) {
    enum { LARGE_LIST = 21 };
    lnt_text text = {0};
    int64_t header = begin_message(&text, 1, 0), place, children = 0;
    lnt__fb_point(&text, header, lnt__fb_put_table(&text, (lnt__fb_slot[]){{1, 4, 0}}, 1, &place));
    int64_t fields = lnt__fb_put_vector(&text, NULL, 1, 4);
    lnt__fb_point(&text, place, fields);
    int64_t field = in_list ? put_field(&text, LARGE_LIST, 0, false, 1, &children)
                            : put_field(&text, type, 0, has_dictionary, 0, &children);
    lnt__fb_point(&text, lnt__fb_item_place(fields, 0), field);
    if (in_list) lnt__fb_point(&text, lnt__fb_item_place(children, 0), put_field(&text, type, 0, false, 0, &(int64_t){0}));
    add_message(out, &text, NULL, 0);
}

/// A record batch, or (is_part) what it adds to dictionary 7. Nodes and buffers are pairs of numbers.
static void add_batch(forged *out, bool is_part, int64_t n_rows, const int64_t *nodes, int n_nodes, const int64_t *buffers,
                      int n_buffers, const void *body, int64_t body_bytes) {
    lnt_text text = {0};
    int64_t places[3], place = begin_message(&text, is_part ? 2 : 3, body_bytes);
    if (is_part) {
        bool is_delta = out->data[sizeof out->data - 1]++ > 0; // the last byte counts them
        lnt__fb_point(&text, place,
                      lnt__fb_put_table(&text, (lnt__fb_slot[]){{0, 8, 7}, {1, 4, 0}, {2, 1, is_delta}}, 3, places));
        place = places[1];
    }
    lnt__fb_point(&text, place,
                  lnt__fb_put_table(&text, (lnt__fb_slot[]){{0, 8, n_rows}, {1, 4, 0}, {2, 4, 0}}, 3, places));
    lnt__fb_point(&text, places[1], lnt__fb_put_vector(&text, nodes, n_nodes, 16));
    lnt__fb_point(&text, places[2], lnt__fb_put_vector(&text, buffers, n_buffers, 16));
    add_message(out, &text, body, body_bytes);
}

/// A list of elements [first, end) of a child that says to have `end`.
static void forge_list(forged *out, int type, int64_t first, int64_t end) {
    const int64_t body[] = {first, end, -1, -2}, nodes[] = {1, 0, end, 1}, buffers[] = {0, 0, 0, 16, 16, 16, 16, 16};
    *out = (forged){0};
    add_schema(out, type, true, false);
    add_batch(out, false, 1, nodes, 2, buffers, 4, body, sizeof body);
}

static void check_refused(const forged *file, const char *what) {
    lnt_error err = {0};
    lnt_table *table = read_back(file->data, file->size, &err);
    CHECK_MSG(!table && err.message[0], "%s", what);
    lnt_table_unref(table);
}

TEST(lengths_that_overflow_are_errors) {
    enum { NONE = 1, BOOL = 6, FIXED = 15 };
    static const uint8_t ones[8192] = {1};
    forged *file = calloc(1, sizeof *file);
    for (int type = NONE; type <= FIXED; type += type == NONE ? BOOL - NONE : FIXED - BOOL) {
        forge_list(file, type, 0, (int64_t)1 << 60);
        check_refused(file, "a list that takes all memory there is");
        forge_list(file, type, INT64_MAX - 3, INT64_MAX);
        if (type != NONE && type != FIXED) check_refused(file, "elements at the end of all numbers");
    }
    const int64_t buffers[] = {0, 0, 0, sizeof ones}, code[] = {1, 0}, lengths[][2] = {{INT64_MAX, 0}, {INT64_MAX, 0}, {12, 0}};
    *file = (forged){0};
    add_schema(file, BOOL, false, true);
    for (int i = 0; i < 3; i++) add_batch(file, true, lengths[i][0], lengths[i], 1, buffers, 2, ones, sizeof ones);
    add_batch(file, false, 1, code, 1, (const int64_t[]){0, 0, 0, 8}, 2, ones, 8);
    check_refused(file, "a dictionary of more values than there are numbers");
    *file = (forged){0};
    add_schema(file, NONE, false, false);
    add_batch(file, false, (int64_t)1 << 60, (const int64_t[]){(int64_t)1 << 60, 0}, 1, NULL, 0, NULL, 0);
    check_refused(file, "rows that take no bytes");
    free(file);
}

TEST(other_files_are_told_apart) {
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"PAR1 and more", "Parquet"}, {"FEA1 and more", "Feather"}, {"a,b\n1,2\n", "no Arrow file"}, {"", "empty"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lnt_error err = {0};
        lnt_plan *plan = opened(cases[i].text, (int64_t)strlen(cases[i].text), &err);
        CHECK(!plan);
        CHECK_MSG(strstr(err.message, cases[i].message), "%s", err.message);
    }
}

TEST(every_allocation_may_fail) {
    lnt_error err = {0};
    lnt_table *table = random_table(SOME_NULLS, 9);
    bytes file = written_table(table);
    lnt_plan *plan = NULL;
    CHECK_OK(lnt_plan_table(table, &plan, &err), &err);
    for (int64_t n = 0, done = 0; !done && n < 5000; n++) {
        lnt_error failed = {0};
        bytes out = {0};
        lnt_alloc_fail_after(n);
        lnt_status status =
            lnt_write(engine, plan, &(lnt_write_options){.format = LNT_FORMAT_ARROW}, add_bytes, &out, &failed);
        lnt_table *back = status == LNT_OK ? read_back(file.data, file.size, &failed) : NULL;
        lnt_alloc_fail_after(-1);
        done = back != NULL;
        CHECK(done || failed.code == LNT_NOMEM || failed.code == LNT_LIMIT);
        lnt_table_unref(back);
        free(out.data);
    }
    lnt_plan_unref(plan);
    lnt_table_unref(table);
    free(file.data);
}

int main(int argc, char **argv) {
    lnt_error err = {0};
    CHECK_OK(lnt_engine_new(&(lnt_engine_options){.n_threads = 4, .memory_limit_bytes = 1 << 30}, &engine, &err), &err);
    int status = check_main(argc, argv);
    CHECK_INT(lnt_engine_memory_used(engine), 0);
    lnt_engine_free(engine);
    return status || check_failures ? 1 : 0;
}
