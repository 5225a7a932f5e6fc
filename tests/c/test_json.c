// The JSON reader: shapes of documents, types, rejects, errors; random documents against a naive model; every cut and
// many flipped bytes; windows of every small size; no memory at every point.
#include "base/engine.h"
#include "base/memory.h"
#include "column/scan.h"
#include "column/value_text.h"
#include "io/json/json_reader.h"

#include "check.h"

static lnt_engine *engine;
static uint64_t seed = 88172645463325252u;

static uint64_t next_random(void) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}
static int below(int n) {
    return (int)(next_random() % (uint64_t)n);
}

// ---- a file read, as text ----

typedef struct result {
    lnt_status status;
    lnt_error err;
    lnt_scan *scan;
    lnt_table *rejects;
    int64_t n_rows, n_columns;
    char **cells; // row by row; "null" for null
} result;

static char *cell_text(lnt_value value) {
    char *text = malloc((size_t)(value.type == LNT_STRING && !value.is_null ? value.as.s.size : LNT_FORMAT_BYTES) + 8);
    int64_t size = 4;
    if (value.is_null) {
        memcpy(text, "null", 4);
    } else if (value.type == LNT_STRING) {
        size = value.as.s.size;
        if (size) memcpy(text, value.as.s.data, (size_t)size);
    } else {
        size = lnt_format_value(value, text);
    }
    text[size] = 0;
    return text;
}

static lnt_status take_batch(void *context, const lnt_batch *batch, lnt_error *err) {
    (void)err;
    result *r = context;
    int64_t n_cells = (r->n_rows + batch->n_sel) * r->n_columns;
    r->cells = realloc(r->cells, (size_t)(n_cells ? n_cells : 1) * sizeof *r->cells);
    for (int64_t i = 0; i < batch->n_sel; i++) {
        int64_t row = batch->sel ? batch->sel[i] : i;
        for (int64_t c = 0; c < r->n_columns; c++) {
            r->cells[(r->n_rows + i) * r->n_columns + c] = cell_text(lnt_vec_get(&batch->columns[c], row));
        }
    }
    r->n_rows += batch->n_sel;
    return LNT_OK;
}

static void take_rows(result *r) {
    lnt_scan *scan = r->scan;
    int64_t columns[512], morsel;
    r->n_columns = lnt_schema_n_columns(scan->schema);
    for (int64_t i = 0; i < r->n_columns; i++) columns[i] = i;
    lnt_scan_request request = {.columns = columns, .n_columns = r->n_columns};
    lnt_scan_run *run;
    CHECK_OK(scan->class_->open(scan, engine, &request, &run, &r->err), &r->err);
    while (scan->class_->claim(run, 0, &morsel, &r->err) == LNT_OK && morsel >= 0) {
        CHECK_OK(scan->class_->read(run, 0, morsel, take_batch, r, &r->err), &r->err);
    }
    scan->class_->close(run, true);
    CHECK_OK(scan->class_->rejects(scan, engine, &r->rejects, &r->err), &r->err);
}

// Reads text that lies in memory of exactly its size.
static result read_sized(const char *text, int64_t size, const lnt_json_options *options) {
    result r = {0};
    char *copy = malloc((size_t)size + !size);
    memcpy(copy, text, (size_t)size);
    lnt_input *input;
    CHECK_OK(lnt_input_from_memory("t.json", copy, size, &input, &r.err), &r.err);
    r.status = lnt_json_open_input(engine, input, options, &r.scan, &r.err);
    if (r.status == LNT_OK) take_rows(&r);
    free(copy);
    return r;
}
static result read_text(const char *text) {
    return read_sized(text, (int64_t)strlen(text), NULL);
}
static result read_with(const char *text, lnt_json_options options) {
    return read_sized(text, (int64_t)strlen(text), &options);
}

static void result_clear(result *r) {
    for (int64_t i = 0; i < r->n_rows * r->n_columns; i++) free(r->cells[i]);
    free(r->cells);
    lnt_table_unref(r->rejects);
    if (r->status == LNT_OK) lnt_scan_unref(r->scan);
}

static const char *cell(const result *r, int64_t row, const char *name) {
    if (r->status != LNT_OK) return r->err.message;
    int64_t column = lnt_schema_find(r->scan->schema, name, -1);
    if (column < 0) return "(no such column)";
    return row < r->n_rows ? r->cells[row * r->n_columns + column] : "(no such row)";
}
static const char *type_of(const result *r, const char *name) {
    int64_t column = r->status == LNT_OK ? lnt_schema_find(r->scan->schema, name, -1) : -1;
    return column < 0 ? "(no such column)" : lnt_type_name(lnt_schema_type(r->scan->schema, column));
}
static const char *names_of(const result *r) {
    static char names[2000];
    names[0] = 0;
    for (int64_t i = 0; i < r->n_columns; i++) {
        strcat(names, i ? "," : "");
        strcat(names, lnt_schema_name(r->scan->schema, i));
    }
    return names;
}
static int64_t n_rejects(const result *r) {
    return r->rejects ? lnt_table_n_rows(r->rejects) : -1;
}
// A reject as "line: column: reason".
static const char *reject_text(const result *r, int64_t i) {
    static char text[500];
    if (i >= n_rejects(r)) return "(no such reject)";
    lnt_value column = lnt_column_get(lnt_table_column(r->rejects, 2), i);
    lnt_str reason = lnt_column_get(lnt_table_column(r->rejects, 3), i).as.s;
    int n = snprintf(text, sizeof text, "%" PRId64 ": ", lnt_column_get(lnt_table_column(r->rejects, 1), i).as.i);
    if (!column.is_null)
        n += snprintf(text + n, sizeof text - (size_t)n, "%.*s: ", (int)column.as.s.size, column.as.s.data);
    snprintf(text + n, sizeof text - (size_t)n, "%.*s", (int)reason.size, reason.data);
    return text;
}
static const char *describe(const result *r) {
    static char text[1000];
    lnt_text described = {0};
    r->scan->class_->describe(r->scan, &described);
    snprintf(text, sizeof text, "%s", described.data ? described.data : "");
    lnt_text_clear(&described);
    return text;
}

// ---- shapes ----

TEST(records_are_found_in_every_shape_of_document) {
    const char *texts[] = {
        "[{\"a\":1},{\"a\":2}]",
        "\xef\xbb\xbf [\n  {\"a\": 1},\n  {\"a\": 2}\n]\n",
        "{\"a\":1}\n{\"a\":2}\n",
        "{\"a\":1}\r\n\r\n{\"a\":2}",
        "{\n \"a\": 1\n}\n{\n \"a\": 2\n}\n",
        "{\"query_status\":\"ok\",\"data\":[{\"a\":1},{\"a\":2}]}",
        "{\"data\":[{\"a\":1},{\"a\":2}],\"query_status\":\"ok\",\"n\":{\"x\":[1]}}",
        "{\"17\":[{\"a\":1}],\"18\":[{\"a\":2}]}",
        "{\"17\":[{\"a\":1},{\"a\":2}],\"18\":[]}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        result r = read_text(texts[i]);
        CHECK_STR(cell(&r, 0, "a"), "1");
        CHECK_STR(cell(&r, 1, "a"), "2");
        CHECK_INT(r.n_rows, 2);
        CHECK_INT(n_rejects(&r), 0);
        CHECK_STR(names_of(&r), "a");
        result_clear(&r);
    }
}

TEST(a_path_says_where_the_records_are) {
    result r =
        read_with("{\"m\":{\"n\":1,\"hits\":[{\"a\":1},{\"a\":2}]},\"x\":3}", (lnt_json_options){.records = "m.hits"});
    CHECK_INT(r.n_rows, 2);
    CHECK_INT(n_rejects(&r), 0);
    result_clear(&r);
    r = read_with("{\"m\":{\"x\":[{\"a\":1}],\"y\":{\"a\":2}}}",
                  (lnt_json_options){.records = "m.*", .key_column = "k"});
    CHECK_STR(names_of(&r), "k,a");
    CHECK_STR(cell(&r, 0, "k"), "x");
    CHECK_STR(cell(&r, 1, "k"), "y");
    CHECK_STR(cell(&r, 1, "a"), "2");
    result_clear(&r);
}

TEST(one_object_is_one_record) {
    result r = read_text("{\"a\":1,\"b\":{\"c\":\"x\"},\"list\":[{\"d\":1}]}");
    CHECK_INT(r.n_rows, 1);
    CHECK_STR(names_of(&r), "a,b.c,list");
    CHECK_STR(cell(&r, 0, "list"), "[{\"d\":1}]");
    result_clear(&r);
}

TEST(keys_of_an_object_of_arrays_become_a_column) {
    result r = read_with("{ \"15\" : [ {\"a\":1} , {\"a\":2} ], \"1\\u0036\": [{\"a\":3,\"id\":\"own\"}] }",
                         (lnt_json_options){.records = "*", .key_column = "id"});
    CHECK_STR(names_of(&r), "id,a");
    CHECK_STR(cell(&r, 1, "id"), "15");
    CHECK_STR(cell(&r, 2, "id"), "own");
    result_clear(&r);
}

TEST(no_records_are_a_table_without_rows) {
    const char *texts[] = {"[]", "[ ]\n", "{\"query_status\":\"ok\",\"data\":[]}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        result r = read_text(texts[i]);
        CHECK_MSG(r.status == LNT_OK, "%s", r.err.message);
        CHECK_INT(r.n_rows, 0);
        result_clear(&r);
    }
}

// ---- values ----

TEST(nested_objects_become_dotted_columns_in_order_of_appearance) {
    result r =
        read_text("{\"b\":{\"y\":{\"z\":1}},\"a\":null}\n{\"c\":true,\"b\":{\"x\":2.5,\"y\":{\"z\":3}},\"e\":{}}\n");
    CHECK_STR(names_of(&r), "b.y.z,a,c,b.x");
    CHECK_STR(cell(&r, 1, "b.y.z"), "3");
    CHECK_STR(cell(&r, 0, "b.x"), "null");
    CHECK_STR(cell(&r, 1, "c"), "true");
    result_clear(&r);
}

TEST(lists_of_scalars_are_joined_and_other_lists_stay_json) {
    const char *text = "[{\"t\":[\"a\",1,true,null,\"b\\n\"],\"e\":[],\"n\":[null],\"o\":[ {\"x\" : \"a b\\\"\"}, 1 "
                       "],\"d\":[[1, 2]]}]";
    result r = read_text(text);
    CHECK_STR(cell(&r, 0, "t"), "a,1,true,b\n");
    CHECK_STR(cell(&r, 0, "e"), "null");
    CHECK_STR(cell(&r, 0, "n"), "null");
    CHECK_STR(cell(&r, 0, "o"), "[{\"x\":\"a b\\\"\"},1]");
    CHECK_STR(cell(&r, 0, "d"), "[[1,2]]");
    result_clear(&r);
    r = read_with(text, (lnt_json_options){.list_separator = " | "});
    CHECK_STR(cell(&r, 0, "t"), "a | 1 | true | b\n");
    result_clear(&r);
}

TEST(the_first_elements_of_lists_are_columns_where_that_is_asked_for) {
    const char *text = "[{\"t\":[\"a\",1,true,null],\"o\":[{\"x\":\"y\",\"l\":[7,8]},5],\"n\":{\"e\":[]},\"z\":9},"
                       "{\"t\":[],\"o\":{\"0\":\"k\"},\"z\":[[3],4]}]";
    result r = read_with(text, (lnt_json_options){.list_items = 2});
    CHECK_STR(cell(&r, 0, "t"), "a,1,true");
    CHECK_STR(cell(&r, 0, "t.0"), "a");
    CHECK_STR(cell(&r, 0, "t.1"), "1");
    CHECK_STR(cell(&r, 0, "o"), "[{\"x\":\"y\",\"l\":[7,8]},5]");
    CHECK_STR(cell(&r, 0, "o.0.x"), "y");
    CHECK_STR(cell(&r, 0, "o.0.l"), "7,8");
    CHECK_STR(cell(&r, 0, "o.0.l.1"), "8");
    CHECK_STR(cell(&r, 0, "o.1"), "5");
    CHECK_STR(cell(&r, 0, "z"), "9");
    CHECK_STR(cell(&r, 1, "t.0"), "null");
    CHECK_STR(cell(&r, 1, "o.0"), "k");
    CHECK_STR(cell(&r, 1, "z.0.0"), "3");
    CHECK_STR(cell(&r, 1, "z.1"), "4");
    CHECK_STR(cell(&r, 0, "t.2"), "(no such column)");
    result_clear(&r);
    r = read_with("[{\"a\":1}]", (lnt_json_options){.list_items = LNT_JSON_MAX_LIST_ITEMS + 1});
    CHECK_MSG(strstr(r.err.message, "list_items is 0 to 1000, not 1001") != NULL, "%s", r.err.message);
    result_clear(&r);
}

TEST(escapes_become_characters) {
    result r =
        read_text("[{\"s\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\\u0041z\",\"\\u0061\":\"\xc3\xa9\"}]");
    CHECK_STR(cell(&r, 0, "s"), "\"\\/\b\f\n\r\t\xc3\xa9\xf0\x9f\x98\x80"
                                "Az");
    CHECK_STR(cell(&r, 0, "a"), "\xc3\xa9");
    result_clear(&r);
}

TEST(keys_are_the_same_in_whatever_way_they_are_written) {
    // names of all sizes around eight and sixteen bytes, some of which begin like others
    static const char *const lines[] = {
        "{\"a\":1,\"ab\":null,\"sevenby\":\"x\",\"eightbyt\":\"\",\"a_name_of_sixteen\":true,\"\":\"e\"}\n",
        "{ \"a\" : 1 , \"ab\" :null, \"sevenby\": \"x\" ,\"eightbyt\"\t:\"\", \"a_name_of_sixteen\" :true,\"\" : "
        "\"e\"}\n",
        "{\"\\u0061\":1,\"a\\u0062\":null,\"seven\\u0062y\":\"x\",\"eightbyt\":\"\",\"a_name\\u005fof_sixteen\":true,"
        "\"\":\"\\u0065\"}\n",
        "{\"\":\"e\",\"a_name_of_sixteen\":true,\"eightbyt\":\"\",\"sevenby\":\"x\",\"ab\":null,\"a\":1}\n"};
    for (int i = 0; i < 256; i++) {
        char text[1024] = "";
        for (int k = 0; k < 4; k++) strcat(text, lines[i >> 2 * k & 3]);
        result r = read_text(text);
        CHECK_INT(n_rejects(&r), 0);
        for (int64_t row = 0; row < 4; row++) {
            CHECK_STR(cell(&r, row, "a"), "1");
            CHECK_STR(cell(&r, row, "sevenby"), "x");
            CHECK_STR(cell(&r, row, "eightbyt"), "");
            CHECK_STR(cell(&r, row, "a_name_of_sixteen"), "true");
            CHECK_STR(cell(&r, row, "_"), "e");
        }
        result_clear(&r);
    }
}

TEST(of_a_repeated_key_the_last_value_counts) {
    result r = read_text("[{\"a\":1,\"a\":2},{\"a\":3,\"a\":null},{\"b\":{\"c\":1},\"b.c\":5}]");
    CHECK_STR(cell(&r, 0, "a"), "2");
    CHECK_STR(cell(&r, 1, "a"), "null");
    CHECK_STR(cell(&r, 2, "b.c"), "5");
    CHECK_STR(names_of(&r), "a,b.c");
    result_clear(&r);
}

TEST(types_come_from_all_values_of_the_file) {
    result r =
        read_text("[{\"i\":1,\"f\":1,\"b\":true,\"m\":7,\"t\":\"2021-11-15 10:00:00 "
                  "UTC\",\"p\":\"1.2.3.4\",\"s\":\"2021-01-01\",\"n\":null},"
                  "{\"i\":-2,\"f\":2.5,\"b\":false,\"m\":\"x\",\"t\":\"2021-11-16\",\"p\":\"::1\",\"s\":\"soon\"}]");
    CHECK_STR(type_of(&r, "i"), "int");
    CHECK_STR(type_of(&r, "f"), "float");
    CHECK_STR(type_of(&r, "b"), "bool");
    CHECK_STR(type_of(&r, "m"), "string");
    CHECK_STR(type_of(&r, "t"), "time");
    CHECK_STR(type_of(&r, "p"), "ip");
    CHECK_STR(type_of(&r, "s"), "string");
    CHECK_STR(type_of(&r, "n"), "string");
    CHECK_STR(cell(&r, 0, "m"), "7");
    CHECK_STR(cell(&r, 0, "f"), "1.0");
    CHECK_STR(cell(&r, 0, "t"), "2021-11-15T10:00:00Z");
    CHECK_STR(cell(&r, 0, "s"), "2021-01-01");
    const char *described = describe(&r);
    CHECK(strstr(described, "m: string (record 1 has an int, record 2 a string)") != NULL);
    CHECK(strstr(described, "t: time (every string is one)") != NULL);
    result_clear(&r);
}

TEST(numbers_keep_their_text_where_a_column_becomes_strings) {
    result r = read_text("{\"x\":1.50}\n{\"x\":\"a\"}\n{\"x\":12345678901234567890}\n{\"x\":1e2}\n{\"x\":false}\n");
    CHECK_STR(cell(&r, 0, "x"), "1.50");
    CHECK_STR(cell(&r, 2, "x"), "12345678901234567890");
    CHECK_STR(cell(&r, 3, "x"), "1e2");
    CHECK_STR(cell(&r, 4, "x"), "false");
    result_clear(&r);
}

TEST(integers_beyond_64_bits_are_kept_as_text_or_float) {
    result r = read_text("[{\"x\":1,\"y\":0.5},{\"x\":18446744073709551615,\"y\":18446744073709551615}]");
    CHECK_STR(type_of(&r, "x"), "string");
    CHECK_STR(cell(&r, 1, "x"), "18446744073709551615");
    CHECK_STR(type_of(&r, "y"), "float");
    CHECK_STR(cell(&r, 1, "y"), "1.8446744073709552e+19");
    result_clear(&r);
}

TEST(strings_that_stand_for_null_are_null) {
    const char *nulls[] = {"", "None"};
    result r = read_with("[{\"t\":\"\",\"s\":\"None\"},{\"t\":\"2021-01-01\",\"s\":\"x\"}]",
                         (lnt_json_options){.nulls = nulls, .n_nulls = 2});
    CHECK_STR(type_of(&r, "t"), "time");
    CHECK_STR(cell(&r, 0, "s"), "null");
    result_clear(&r);
}

TEST(declared_types_hold_and_reject_what_does_not_fit) {
    lnt_named_type types[] = {{"n", LNT_INT}, {"s", LNT_STRING}, {"t", LNT_TIME}, {"p", LNT_IP}, {"f", LNT_FLOAT}};
    lnt_json_options options = {.types = types, .n_types = 5};
    result r =
        read_with("[{\"n\":\"50\",\"s\":7,\"t\":1566581801.5,\"p\":\"1.2.3.4\",\"f\":3},\n"
                  "{\"n\":\"x\"},\n{\"n\":1.5},{\"t\":\"soon\"},{\"p\":1},{\"f\":true},{\"n\":null,\"s\":[1,2]}]",
                  options);
    CHECK_INT(r.n_rows, 2);
    CHECK_INT(n_rejects(&r), 5);
    CHECK_STR(cell(&r, 0, "n"), "50");
    CHECK_STR(cell(&r, 0, "s"), "7");
    CHECK_STR(cell(&r, 0, "t"), "2019-08-23T17:36:41.5Z");
    CHECK_STR(cell(&r, 1, "s"), "1,2");
    CHECK_STR(reject_text(&r, 0), "2: n: 'x' isn't of type int");
    CHECK_STR(reject_text(&r, 2), "3: t: 'soon' isn't of type time");
    result_clear(&r);
    r = read_with("[{\"a\":1,\"b\":true}]", (lnt_json_options){.all_strings = true});
    CHECK_STR(type_of(&r, "a"), "string");
    CHECK_STR(cell(&r, 0, "b"), "true");
    result_clear(&r);
}

// ---- rejects ----

// Each is a record between two sound ones, in an array and as lines.
static void check_rejected(const char *record, const char *reason) {
    char text[4000];
    snprintf(text, sizeof text, "[{\"a\":1},\n%s,\n{\"a\":3}]", record);
    result array = read_text(text);
    snprintf(text, sizeof text, "{\"a\":1}\n%s\n{\"a\":3}\n", record);
    result lines = read_text(text);
    result *results[] = {&array, &lines};
    for (int i = 0; i < 2; i++) {
        CHECK_MSG(results[i]->n_rows == 2 && n_rejects(results[i]) == 1,
                  "%s: %s: %" PRId64 " rows, %" PRId64 " rejects", i ? "lines" : "array", record, results[i]->n_rows,
                  n_rejects(results[i]));
        CHECK_STR(cell(results[i], 1, "a"), "3");
        const char *said = reject_text(results[i], 0);
        CHECK_MSG(said[0] == '2' && strstr(said, reason), "%s, not %s", said, reason);
        result_clear(results[i]);
    }
}

TEST(damaged_records_are_rejected_with_line_and_reason_and_reading_goes_on) {
    check_rejected("{\"a\":\"\\ud800\"}", "half of a surrogate pair (\\ud800)");
    check_rejected("{\"a\":\"\\udc00x\"}", "half of a surrogate pair (\\udc00)");
    check_rejected("{\"a\":\"\\ud800\\u0041\"}", "half of a surrogate pair");
    check_rejected("{\"a\":\"\\x\"}", "an escape that JSON doesn't have");
    check_rejected("{\"a\":\"\\u12g4\"}", "four hexadecimal digits");
    check_rejected("{\"a\":\"\xff\"}", "invalid UTF-8 (byte 0xff) (column 7)");
    check_rejected("{\"a\":\"\xc0\xaf\"}", "invalid UTF-8");
    check_rejected("{\"a\":\"x\x01y\"}", "a control character (byte 0x01)");
    check_rejected("{\"a\":1e999}", "out of range");
    check_rejected("{\"a\":01}", "a number that JSON doesn't have");
    check_rejected("{\"a\":1.}", "a number that JSON doesn't have");
    check_rejected("{\"a\":-}", "a number that JSON doesn't have");
    check_rejected("{\"a\":+1}", "expected a value, found '+'");
    check_rejected("{\"a\":NaN}", "expected a value, found 'N'");
    check_rejected("{\"a\":nul}", "expected a value");
    check_rejected("{\"a\":}", "expected a value, found '}'");
    check_rejected("{\"a\" 2}", "expected ':', found '2'");
    check_rejected("{a:2}", "expected a key in quotes, found 'a'");
    check_rejected("{\"a\":2 \"b\":3}", "expected ',' or '}', found '\"'");
    check_rejected("{\"a\":2,}", "expected a key in quotes");
    check_rejected("{\"a\":[1,2}", "expected ',' or ']'");
    check_rejected("{\"a\":\"2}", "a control character (byte 0x0a)");
    check_rejected("{\"a\":2", "expected");
    check_rejected("17", "expected");
    check_rejected("\"text\"", "expected");
    check_rejected("[1,2]", "expected");
    check_rejected("garbage", "expected");
    check_rejected("{\"\\u0000\":1}", "a key with U+0000");
}

TEST(records_nested_too_deeply_are_rejected) {
    char record[1000] = "{\"a\":";
    for (int i = 0; i < 70; i++) strcat(record, "[");
    for (int i = 0; i < 70; i++) strcat(record, "]");
    strcat(record, "}");
    check_rejected(record, "nested deeper than 64 levels");
    strcpy(record, "{\"a\":1");
    for (int i = 0; i < 70; i++) strcat(record, ",\"a\":{\"b\":1");
    for (int i = 0; i < 71; i++) strcat(record, "}");
    check_rejected(record, "nested deeper than 64 levels");
}

TEST(records_longer_than_the_limit_are_rejected) {
    static char text[300000];
    for (int lines = 0; lines < 2; lines++) {
        char *at = text + sprintf(text, "%s{\"a\":1}%s{\"a\":\"", lines ? "" : "[", lines ? "\n" : ",\n");
        memset(at, 'x', 200000);
        sprintf(at + 200000, "\"}%s{\"a\":3}%s", lines ? "\n" : ",\n", lines ? "" : "]");
        result r = read_with(text, (lnt_json_options){.max_record_bytes = 1000});
        CHECK_INT(r.n_rows, 2);
        CHECK_INT(n_rejects(&r), 1);
        CHECK_STR(reject_text(&r, 0), "2: longer than 1000 bytes (column 1)");
        CHECK_STR(cell(&r, 1, "a"), "3");
        result_clear(&r);
    }
}

TEST(a_record_of_exactly_the_limit_is_read) {
    static const char *const texts[] = {
        "{\"a\":1}\n{\"a\":2}\n{\"a\":\"0123456789abcdef\"}", "{\"a\":1}\n{\"a\":2}\n{\"a\":\"0123456789abcdef\"}\n",
        "[{\"a\":1},{\"a\":2},{\"a\":\"0123456789abcdef\"}]", "[{\"a\":1},{\"a\":\"0123456789abcdef\"},{\"a\":2}]"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        result r = read_with(texts[i], (lnt_json_options){.max_record_bytes = 24});
        CHECK_INT(r.n_rows, 3);
        result_clear(&r);
        r = read_with(texts[i], (lnt_json_options){.max_record_bytes = 23});
        CHECK_INT(r.n_rows, 2);
        CHECK_MSG(strstr(reject_text(&r, 0), "longer than 23 bytes"), "%s", reject_text(&r, 0));
        result_clear(&r);
    }
}

TEST(a_missing_quote_or_bracket_costs_the_record_and_at_most_the_next) {
    const char *damaged[] = {
        "{\"id\":2,\"s\":\"x,\"t\":[{\"u\":1},{\"u\":2}]}", "{\"id\":2,\"s\":\"x\",\"t\":[{\"u\":1},{\"u\":2}]",
        "\"id\":2,\"s\":\"x\",\"t\":[{\"u\":1},{\"u\":2}]}", "{\"id\":2,\"s\":\"x\",\"t\":[{\"u\":1},{\"u\":2}}"};
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        char text[500];
        snprintf(text, sizeof text, "[\n  {\"id\":0},\n  {\"id\":1},\n  %s,\n  {\"id\":3},\n  {\"id\":4}\n]\n",
                 damaged[i]);
        result r = read_text(text);
        CHECK_MSG(r.n_rows >= 3 && n_rejects(&r) >= 1, "%s: %" PRId64 " rows, %s", damaged[i], r.n_rows, r.err.message);
        CHECK_STR(cell(&r, r.n_rows - 1, "id"), "4");
        CHECK_STR(cell(&r, 0, "u"), "(no such column)");
        result_clear(&r);
    }
}

TEST(a_document_that_ends_early_keeps_its_sound_records) {
    result r = read_text("[{\"a\":1},\n {\"a\":2},\n {\"a\":3,\"b\":\"xy");
    CHECK_INT(r.n_rows, 2);
    CHECK_INT(n_rejects(&r), 1);
    CHECK_STR(reject_text(&r, 0), "3: the text ends inside a string (column 16)");
    result_clear(&r);
    r = read_text("{\"1\":[{\"a\":1}],\"2\":[{\"a\":2}]");
    CHECK_INT(r.n_rows, 2);
    CHECK_STR(reject_text(&r, 0), "1: the text ends inside an object of arrays (column 29)");
    result_clear(&r);
}

// ---- errors ----

static void check_error(const char *text, const lnt_json_options *options, const char *expected) {
    result r = read_sized(text, (int64_t)strlen(text), options);
    CHECK_INT(r.status, LNT_FORMAT);
    CHECK_MSG(strstr(r.err.message, expected), "\"%s\" doesn't say \"%s\"", r.err.message, expected);
    result_clear(&r);
}

TEST(what_is_no_json_is_an_error_with_its_place) {
    check_error("", NULL, "t.json is empty");
    check_error(" \n\n", NULL, "t.json is empty");
    check_error("\nid,name\n1,x\n", NULL,
                "t.json isn't JSON: expected '{' or '[', found 'i' at line 2, column 1 (byte 1)");
    check_error("<html>", NULL, "found '<' at line 1, column 1 (byte 0)");
    check_error("\x02\x8b", NULL, "found byte 0x02");
    check_error("{nope}", NULL, "expected a key in quotes, found 'n' at line 1, column 2 (byte 1)");
    check_error("{\"a\":", NULL, "the text ends inside a record");
    check_error("\xff\xfe[\n", NULL, "UTF-16");
}

TEST(an_answer_without_records_is_quoted) {
    check_error("{\"query_status\":\"unknown_auth_key\",\"data\":\"Unknown Auth-Key\"}", NULL,
                "t.json holds no records but the answer 'unknown_auth_key': \"Unknown Auth-Key\"");
    check_error("{\"query_status\": \"no_result\", \"data\": \"Your search did not yield any results\"}", NULL,
                "'no_result'");
    check_error("{\"query_status\":\"illegal_search_term\"}", NULL, "the answer 'illegal_search_term'");
    check_error("{\"query_status\":\"ok\",\"data\":7}", NULL, "records were expected at 'data', which holds a number");
    lnt_json_options options = {.records = "rows"};
    check_error("{\"a\":1,\"b\":[]}", &options, "t.json has no key 'rows' with records; it has a, b");
    check_error("[1]", &options, "records were expected at the top, which holds an array");
}

// ---- random documents against a naive model ----

enum { N_NAMES = 12, MOST_RECORDS = 60 };
static const char *const names[N_NAMES] = {"a", "b", "c.x", "c.y", "c.z.q", "d", "e\"f", "g", "h", "k", "l.m", "n"};

typedef enum kind { ABSENT, NUL, BOOL, INT, FLOAT, STRING, TIME, IP, N_KINDS } kind;
typedef struct value {
    kind kind;
    char text[40]; // numbers and bools as written, strings without escapes
} value;
typedef struct document {
    int n;
    value values[MOST_RECORDS][N_NAMES];
} document;

// A column has one or two kinds of values, so that all types come about.
static void make_document(document *doc, int n) {
    static const char *const strings[] = {
        "", "x", "a,b", "quo\"te", "back\\slash", "\n\t\x01", "\xc3\xa9t\xc3\xa9", "\xf0\x9f\x98\x80", "</script>"};
    doc->n = n;
    for (int c = 0; c < N_NAMES; c++) {
        kind kinds[2] = {(kind)(BOOL + below(6)), (kind)(BOOL + below(6))};
        int odds = below(3);
        for (int i = 0; i < n; i++) {
            value *v = &doc->values[i][c];
            v->kind = below(4) == 0 ? (kind)below(2) : kinds[below(10) < odds];
            v->text[0] = 0;
            if (v->kind == BOOL) strcpy(v->text, below(2) ? "true" : "false");
            if (v->kind == INT) sprintf(v->text, "%d", below(2000000) - 1000000);
            if (v->kind == FLOAT) sprintf(v->text, "%d.%02de%d", below(100) - 50, below(100), below(9));
            if (v->kind == STRING) strcpy(v->text, strings[below(9)]);
            if (v->kind == TIME) sprintf(v->text, "20%02d-%02d-%02d", below(100), 1 + below(12), 1 + below(28));
            if (v->kind == IP) sprintf(v->text, "%d.%d.%d.%d", below(256), below(256), below(256), below(256));
        }
    }
}

static void write_string(lnt_text *out, const char *text) {
    lnt_text_add_char(out, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            lnt_text_addf(out, "\\%c", *text);
        else if ((unsigned char)*text < 0x20)
            lnt_text_addf(out, "\\u%04x", *text);
        else
            lnt_text_add_char(out, *text);
    }
    lnt_text_add_char(out, '"');
}

// The members from name `from` on that begin with `prefix`; nested names as objects in objects.
static void write_members(lnt_text *out, const value *values, const char *prefix, const char *space) {
    size_t size = strlen(prefix);
    char done[64] = "";
    bool first = true;
    lnt_text_addf(out, "{%s", space);
    for (int c = 0; c < N_NAMES; c++) {
        if (strncmp(names[c], prefix, size) != 0 || values[c].kind == ABSENT) continue;
        const char *rest = names[c] + size, *dot = strchr(rest, '.');
        char name[64];
        snprintf(name, sizeof name, "%.*s", dot ? (int)(dot - rest) : (int)strlen(rest), rest);
        if (dot && strcmp(done, name) == 0) continue;
        lnt_text_add(out, first ? "" : ",", -1);
        first = false;
        write_string(out, name);
        lnt_text_addf(out, "%s:%s", space, space);
        if (dot) {
            char inner[128];
            snprintf(inner, sizeof inner, "%s%s.", prefix, name);
            strcpy(done, name);
            write_members(out, values, inner, space);
        } else if (values[c].kind == NUL) {
            lnt_text_add(out, "null", -1);
        } else if (values[c].kind >= STRING) {
            write_string(out, values[c].text);
        } else {
            lnt_text_add(out, values[c].text, -1);
        }
        lnt_text_add(out, space, -1);
    }
    lnt_text_add_char(out, '}');
}

// shape: 0 an array, 1 lines, 2 an object of arrays.
static void write_document(lnt_text *out, const document *doc, int shape, const char *space) {
    out->size = 0;
    if (shape != 1) lnt_text_add_char(out, shape == 0 ? '[' : '{');
    for (int i = 0; i < doc->n; i++) {
        if (i > 0 && shape != 1) lnt_text_add_char(out, ',');
        if (shape == 2) lnt_text_addf(out, "%s\"%d\":%s[", space, i, space);
        lnt_text_add(out, shape == 1 ? "" : space, -1);
        write_members(out, doc->values[i], "", shape == 1 ? "" : space);
        if (shape == 2) lnt_text_add_char(out, ']');
        if (shape == 1) lnt_text_add_char(out, '\n');
    }
    if (shape != 1) lnt_text_add_char(out, shape == 0 ? ']' : '}');
}

// The type by the rule, from all kinds of the column at once.
static lnt_type model_type(const document *doc, int c) {
    unsigned kinds = 0;
    for (int i = 0; i < doc->n; i++) kinds |= doc->values[i][c].kind > NUL ? 1u << doc->values[i][c].kind : 0;
    switch (kinds) {
    case 1 << BOOL:
        return LNT_BOOL;
    case 1 << INT:
        return LNT_INT;
    case 1 << FLOAT:
    case 1 << FLOAT | 1 << INT:
        return LNT_FLOAT;
    case 1 << TIME:
        return LNT_TIME;
    case 1 << IP:
        return LNT_IP;
    default:
        return LNT_STRING;
    }
}

static void check_against_model(const document *doc, const result *r, const char *what) {
    CHECK_MSG(r->status == LNT_OK && r->n_rows == doc->n && n_rejects(r) == 0, "%s: %" PRId64 " rows of %d: %s", what,
              r->n_rows, doc->n, n_rejects(r) > 0 ? reject_text(r, 0) : r->err.message);
    if (r->status != LNT_OK || r->n_rows != doc->n) return;
    for (int c = 0; c < N_NAMES; c++) {
        int64_t column = lnt_schema_find(r->scan->schema, names[c], -1);
        bool seen = false;
        for (int i = 0; i < doc->n; i++) seen |= doc->values[i][c].kind != ABSENT;
        CHECK_MSG((column >= 0) == seen, "%s", names[c]);
        if (column < 0) continue;
        lnt_type type = model_type(doc, c);
        CHECK_STR(lnt_type_name(lnt_schema_type(r->scan->schema, column)), lnt_type_name(type));
        for (int i = 0; i < doc->n; i++) {
            const value *v = &doc->values[i][c];
            char expected[80];
            snprintf(expected, sizeof expected, "%s", v->kind > NUL ? v->text : "null");
            if (type == LNT_FLOAT && v->kind > NUL) expected[lnt_format_float(strtod(v->text, NULL), expected)] = 0;
            if (type == LNT_TIME && v->kind > NUL) strcat(expected, "T00:00:00Z");
            CHECK_STR(r->cells[i * r->n_columns + column], expected);
        }
    }
}

TEST(random_documents_read_as_a_naive_model_says) {
    static document doc;
    static const char *const spaces[] = {"", " ", "\n  ", " \r\n\t"};
    lnt_text text = {0};
    for (int round = 0; round < 300; round++) {
        make_document(&doc, 1 + below(MOST_RECORDS));
        int shape = below(3);
        write_document(&text, &doc, shape, spaces[below(4)]);
        if (doc.n == 1 && shape == 1) continue; // one object, whose members decide
        lnt_json_options options = {.records = shape == 2 ? "*" : NULL};
        result r = read_sized(text.data, text.size, &options);
        check_against_model(&doc, &r, text.data);
        result_clear(&r);
    }
    lnt_text_clear(&text);
}

TEST(the_size_of_the_window_changes_nothing) {
    static document doc;
    lnt_text text = {0};
    for (int shape = 0; shape < 3; shape++) {
        make_document(&doc, 8);
        write_document(&text, &doc, shape, shape ? " " : "\n ");
        for (int64_t most = 1500; most < 1700; most++) {
            result r = read_sized(text.data, text.size,
                                  &(lnt_json_options){.max_record_bytes = most, .records = shape == 2 ? "*" : ""});
            check_against_model(&doc, &r, "window");
            result_clear(&r);
        }
    }
    lnt_text_clear(&text);
}

// ---- damage ----

// Whether every row of `r` is a row of `whole`, in order; the first `n_prefix` in the same places.
static bool is_subsequence(const result *r, const result *whole) {
    int64_t at = 0, id = lnt_schema_find(r->scan->schema, "id", -1),
            whole_id = lnt_schema_find(whole->scan->schema, "id", -1);
    for (int64_t i = 0; i < r->n_rows; i++) {
        if (id < 0) return false;
        while (at < whole->n_rows &&
               strcmp(r->cells[i * r->n_columns + id], whole->cells[at * whole->n_columns + whole_id]) != 0)
            at++;
        if (at++ >= whole->n_rows) return false;
    }
    return true;
}

static const char *const samples[] = {
    "[{\"id\":10,\"s\":\"a,b\",\"t\":[{\"u\":1},{\"u\":2}]},{\"id\":11,\"o\":{\"p\":1.5}},{\"id\":12,\"s\":\"\\u00e9\"}"
    ",{\"id\":13},{\"id\":14,\"s\":null}]",
    "[\n  {\n    \"id\": 10,\n    \"s\": \"x\"\n  },\n  {\n    \"id\": 11,\n    \"l\": [\n      {\n        \"q\": 1\n  "
    "    }\n    ]\n  },\n  {\n    \"id\": 12\n  },\n  {\n    \"id\": 13\n  }\n]\n",
    "{\"id\":10,\"s\":\"a\"}\n{\"id\":11,\"l\":[1,2]}\n{\"id\":12,\"o\":{\"p\":true}}\n{\"id\":13,\"s\":\"\xc3\xa9\"}"
    "\n",
    "{\n \"1\": [\n  {\"id\": 10, \"s\": \"a\"}\n ],\n \"2\": [\n  {\"id\": 11, \"l\": [\"x\"]}\n ],\n \"3\": [\n  "
    "{\"id\": 12}\n ],\n \"4\": [\n  {\"id\": 13}\n ]\n}\n",
    "{\"query_status\":\"ok\",\"data\":[{\"id\":10},{\"id\":11,\"s\":\"x\"},{\"id\":12},{\"id\":13}]}",
};
enum { N_SAMPLES = sizeof samples / sizeof *samples };

TEST(a_document_cut_anywhere_gives_its_first_records_or_an_error) {
    for (int s = 0; s < N_SAMPLES; s++) {
        result whole = read_text(samples[s]);
        int64_t size = (int64_t)strlen(samples[s]);
        for (int64_t cut = 0; cut < size; cut++) {
            result r = read_sized(samples[s], cut, NULL);
            int64_t complete = 0; // records that end before the cut
            for (const char *at = samples[s]; (at = strstr(at, "\"id\"")) && at < samples[s] + cut; at++) complete++;
            if (r.status != LNT_OK) {
                CHECK_MSG(r.status == LNT_FORMAT && complete <= 1, "%d cut at %" PRId64 ": %s", s, cut, r.err.message);
            } else {
                CHECK_MSG(is_subsequence(&r, &whole) && r.n_rows >= complete - 1,
                          "%d cut at %" PRId64 ": %" PRId64 " rows", s, cut, r.n_rows);
                bool loss = r.n_rows < whole.n_rows && samples[s][cut - 1] != '\n' && samples[s][cut] != '\n';
                CHECK_MSG(!loss || n_rejects(&r) == 1, "%d cut at %" PRId64 ": %" PRId64 " rejects", s, cut,
                          n_rejects(&r));
            }
            result_clear(&r);
        }
        result_clear(&whole);
    }
}

TEST(flipped_bytes_are_never_silent_and_cost_few_records) {
    for (int s = 0; s < N_SAMPLES; s++) {
        result whole = read_text(samples[s]);
        int64_t size = (int64_t)strlen(samples[s]);
        char text[600];
        for (int64_t i = 0; i < size * 24; i++) {
            memcpy(text, samples[s], (size_t)size);
            char *byte = &text[i / 24];
            *byte = i % 24 < 8 ? (char)(*byte ^ 1 << i % 8) : "{}[]\",:\\0 \n\0x\xff\xc3"[below(16)];
            result r = read_sized(text, size, NULL);
            if (r.status == LNT_OK) {
                CHECK_MSG(r.n_rows == whole.n_rows || n_rejects(&r) > 0 || r.n_rows <= 1, "%.*s: %" PRId64 " rows",
                          (int)size, text, r.n_rows);
            } else {
                CHECK_INT(r.status, LNT_FORMAT);
            }
            result_clear(&r);
        }
        result_clear(&whole);
    }
}

TEST(random_bytes_are_read_or_refused) {
    static const char alphabet[] = "{}[]\",:\\ \n0123.eE-+truefalsn\"a\"b{{[[\"\"::,,\xc3\xa9";
    char text[200];
    for (int i = 0; i < 30000; i++) {
        int size = below(200);
        for (int c = 0; c < size; c++) text[c] = alphabet[below(sizeof alphabet - 1)];
        if (size && below(2)) text[0] = "[{"[below(2)];
        lnt_json_options options = {.records = below(4) ? NULL : "*", .max_record_bytes = below(2) ? 64 : 0};
        result r = read_sized(text, size, &options);
        CHECK(r.status == LNT_OK || r.status == LNT_FORMAT);
        result_clear(&r);
    }
}

// ---- limits ----

TEST(ten_thousand_columns_are_read) {
    lnt_text text = {0};
    for (int i = 0; i < 3; i++) {
        lnt_text_add_char(&text, '{');
        for (int c = 0; c < 10000; c++) lnt_text_addf(&text, "%s\"k%d\":%d", c ? "," : "", c, i);
        lnt_text_add(&text, "}\n", 2);
    }
    lnt_error err = {0};
    lnt_input *input;
    lnt_scan *scan = NULL;
    CHECK_OK(lnt_input_from_memory("t.json", text.data, text.size, &input, &err), &err);
    CHECK_OK(lnt_json_open_input(engine, input, NULL, &scan, &err), &err);
    CHECK_INT(lnt_schema_n_columns(scan->schema), 10000);
    lnt_scan_unref(scan);
    lnt_text_clear(&text);
}

TEST(keys_that_are_values_are_an_error_before_they_fill_the_memory) {
    lnt_text text = {0};
    for (int i = 0; i < 20000; i++) lnt_text_addf(&text, "{\"k%d\":1}\n", i);
    result r = read_sized(text.data, text.size, NULL);
    CHECK_INT(r.status, LNT_FORMAT);
    CHECK_MSG(strstr(r.err.message, "records = \"*\"") != NULL, "%s", r.err.message);
    result_clear(&r);
    lnt_text_clear(&text);
}

TEST(without_memory_nothing_breaks_and_nothing_stays) {
    const char *text = "[{\"a\":1,\"s\":\"x\\ny\",\"l\":[1,2]},{\"a\":\"mixed\",\"o\":{\"p\":1.5}},{\"bad\":}]";
    bool done = false;
    for (int64_t n = 0; n < 2000 && !done; n++) {
        lnt_error err = {0};
        lnt_input *input = NULL;
        lnt_scan *scan = NULL;
        lnt_alloc_fail_after(n);
        lnt_status status = lnt_input_from_memory("t.json", text, (int64_t)strlen(text), &input, &err);
        if (status == LNT_OK) status = lnt_json_open_input(engine, input, NULL, &scan, &err);
        lnt_alloc_fail_after(-1);
        done = status == LNT_OK;
        CHECK_MSG(done || status == LNT_NOMEM, "%s", err.message);
        if (done) lnt_scan_unref(scan);
    }
    CHECK(done);
    CHECK_INT(lnt_engine_memory_used(engine), 0);
}

// ---- real files ----

static result read_data(const char *file, lnt_json_options options) {
    const char *folder = getenv("LUNETTE_DATA");
    char path[1000];
    snprintf(path, sizeof path, "%s/%s", folder ? folder : "../shared/data", file);
    result r = {0};
    FILE *exists = fopen(path, "rb");
    if (!exists) {
        printf("skipped: %s isn't there\n", path);
        r.status = LNT_IO;
        return r;
    }
    fclose(exists);
    r.status = lnt_json_open(engine, path, &options, &r.scan, &r.err);
    CHECK_MSG(r.status == LNT_OK, "%s", r.err.message);
    if (r.status == LNT_OK) take_rows(&r);
    return r;
}

TEST(real_files_have_the_records_that_other_tools_count) {
    static const struct {
        const char *file;
        int64_t n_rows, n_columns;
    } files[] = {{"threatfox/recent_2025-07-08.json", 394, 13},   {"feodo/ipblocklist_2026-07.json", 5, 10},
                 {"suricata/nicoaller_2022_eve.json", 2325, 470}, {"suricata/zeus_2024-12_eve.json", 6814, 490},
                 {"zeek/wrccdc_2018_weird.json", 24202, 13},      {"api/threatfox_api_record.json", 2, 17},
                 {"api/ip-api_batch_docs_example.json", 4, 15}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        result r = read_data(files[i].file, (lnt_json_options){0});
        if (r.status == LNT_OK) {
            CHECK_INT(r.n_rows, files[i].n_rows);
            CHECK_INT(r.n_columns, files[i].n_columns);
            CHECK_INT(n_rejects(&r), 0);
        }
        result_clear(&r);
    }
}

int main(int argc, char **argv) {
    lnt_error err = {0};
    if (lnt_engine_new(&(lnt_engine_options){.n_threads = 1}, &engine, &err) != LNT_OK) return 1;
    int status = check_main(argc, argv);
    lnt_engine_free(engine);
    return status;
}
