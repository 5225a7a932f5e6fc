// JSON lines in blocks against the reader that goes from front to back: rows, types, rejects and what is said of the
// columns are the same, for any block size, any number of threads, and documents made to be nasty.
#include "base/engine.h"
#include "base/text.h"
#include "column/column.h"
#include "io/json/json_lines.h"
#include "outcomes.h"

static lnt_engine *engines[2]; ///< of one thread and of three

// ---- documents ----

typedef struct document {
    char *data;
    size_t size, capacity;
} document;

static void put(document *d, const char *text, size_t size) {
    if (d->size + size + 1 > d->capacity) {
        d->capacity = 2 * (d->size + size + 64);
        d->data = realloc(d->data, d->capacity);
    }
    memcpy(d->data + d->size, text, size);
    d->size += size;
}

static void puts_in(document *d, const char *text) {
    put(d, text, strlen(text));
}

/// A value of whatever kind `mix` makes likely.
static void put_value(document *d, uint64_t *seed, unsigned mix) {
    static const char *const values[] = {"1",
                                         "-7",
                                         "1234567890123456789012",
                                         "0.5",
                                         "1e3",
                                         "1e999",
                                         "true",
                                         "false",
                                         "null",
                                         "\"x\"",
                                         "\"\"",
                                         "\"2021-11-15 12:00:00\"",
                                         "\"198.18.0.1\"",
                                         "\"2001:db8::1\"",
                                         "\"a \\\"quoted\\\" \\u00e9\"",
                                         "[1,2,3]",
                                         "[\"a\",\"b\"]",
                                         "[]",
                                         "[{\"k\":1}]",
                                         "{\"in\":1,\"deep\":{\"er\":\"x\"}}",
                                         "{}",
                                         "\"\xc3\xa9\"",
                                         "\"\xff\"",
                                         "01",
                                         "\"half \\ud800\"",
                                         "\"line\\nend\"",
                                         "-",
                                         "nul"};
    static const int groups[][2] = {{0, 5}, {8, 13}, {0, 21}, {0, 28}};
    const int *group = groups[mix % 4];
    puts_in(d, values[group[0] + (int)(model_random(seed) % (uint64_t)(group[1] - group[0]))]);
}

static void put_record(document *d, uint64_t *seed, unsigned mix) {
    static const char *const keys[] = {"a", "b", "c", "nested.key", "in", "d\\u0065f", "in", "longer key with spaces"};
    int n = (int)(model_random(seed) % 6);
    puts_in(d, "{");
    for (int i = 0; i < n; i++) {
        if (i) puts_in(d, model_random(seed) % 5 ? "," : " , ");
        if (model_random(seed) % 60 == 0) puts_in(d, "\n"); // a record over two lines
        puts_in(d, "\"");
        puts_in(d, keys[model_random(seed) % (sizeof keys / sizeof *keys)]);
        puts_in(d, model_random(seed) % 5 ? "\":" : "\" : ");
        put_value(d, seed, model_random(seed) % 30 ? mix % 3 : 3);
    }
    puts_in(d, "}");
}

static document random_document(uint64_t *seed) {
    document d = {0};
    unsigned mix = (unsigned)(model_random(seed) % 4);
    puts_in(&d, "{\"first\":1}\n{\"first\":2}\n"); // so that both readers see lines of objects
    int n = (int)(model_random(seed) % 60);
    for (int i = 0; i < n; i++) {
        uint64_t r = model_random(seed) % 40;
        if (r == 0) puts_in(&d, "no json here\n");
        if (r == 1) puts_in(&d, "\n  \n");
        if (r == 2) puts_in(&d, "[1,2]\n");
        put_record(&d, seed, mix);
        if (r == 3) puts_in(&d, " trailing");
        puts_in(&d, r == 4 ? " " : r == 5 ? "\r\n" : r == 6 ? "\n\n" : "\n");
    }
    for (uint64_t damage = model_random(seed) % 4; damage > 1 && d.size > 40; damage--) {
        size_t at = 24 + model_random(seed) % (d.size - 24);
        static const char bytes[] = "\"{}[],:\n\\x\0";
        d.data[at] = bytes[model_random(seed) % (sizeof bytes - 1)];
    }
    if (model_random(seed) % 4 == 0 && d.size > 60) d.size -= model_random(seed) % 30;
    return d;
}

// ---- comparing ----

static outcome read_whole(const document *d, const lnt_json_options *options) {
    lnt_error err = {0};
    lnt_input *input = NULL;
    lnt_scan *scan = NULL;
    CHECK_OK(lnt_input_from_memory("test", d->data, (int64_t)d->size, &input, &err), &err);
    lnt_status status = lnt__json_open_whole(engines[0], input, options, &scan, &err);
    outcome o = outcome_of(engines[0], scan, status, &err);
    lnt_scan_unref(scan);
    return o;
}

static outcome read_in_blocks(lnt_engine *engine, const document *d, const lnt_json_options *options, int64_t bytes) {
    lnt_error err = {0};
    lnt_input *input = NULL;
    lnt_scan *scan = NULL;
    CHECK_OK(lnt_input_from_memory("test", d->data, (int64_t)d->size, &input, &err), &err);
    lnt_status status = lnt__json_lines_open(engine, input, options, 0, 1, 0, (lnt__json_tuning){.block_bytes = bytes}, &scan, &err);
    outcome o = outcome_of(engine, scan, status, &err);
    lnt_scan_unref(scan);
    return o;
}

/// Both readers over the document; says what it was when they differ.
static bool agree(const document *d, const lnt_json_options *options, uint64_t *seed) {
    outcome whole = read_whole(d, options);
    bool same = true;
    for (int k = 0; k < 4 && same; k++) {
        int64_t bytes = k == 0 ? 1 << 20 : 1 + (int64_t)(model_random(seed) % 200);
        outcome blocks = read_in_blocks(engines[k % 2], d, options, bytes);
        same = same_outcomes(&whole, &blocks);
        CHECK_MSG(same, "blocks of %" PRId64 " bytes, %d threads:\n%.*s\n%s\n%s", bytes, k % 2 ? 3 : 1, (int)d->size,
                  d->data, whole.text.data ? whole.text.data : whole.err.message,
                  blocks.text.data ? blocks.text.data : blocks.err.message);
        clear_outcome(&blocks);
    }
    clear_outcome(&whole);
    return same;
}

// ---- tests ----

TEST(blocks_give_what_reading_from_front_to_back_gives) {
    for (uint64_t k = 1; k <= 1500; k++) {
        uint64_t seed = k;
        document d = random_document(&seed);
        bool same = agree(&d, &(lnt_json_options){0}, &seed);
        free(d.data);
        if (!same) return;
    }
}

TEST(declared_types_and_nulls_hold_in_blocks) {
    static const lnt_named_type types[] = {{"a", LNT_INT}, {"in", LNT_TIME}, {"c", LNT_STRING}, {"b", LNT_IP}};
    static const char *const nulls[] = {"", "x"};
    for (uint64_t k = 1; k <= 600; k++) {
        uint64_t seed = 1000000 + k;
        document d = random_document(&seed);
        lnt_json_options options = {.types = types, .n_types = (int64_t)(k % 5), .list_separator = k % 2 ? "|" : NULL};
        if (k % 3 == 0) options.nulls = nulls, options.n_nulls = 2;
        options.all_strings = k % 11 == 0;
        options.list_items = (int64_t)(k % 4);
        bool same = agree(&d, &options, &seed);
        free(d.data);
        if (!same) return;
    }
}

TEST(records_longer_than_a_block_and_its_tail_are_read) {
    document d = {0};
    puts_in(&d, "{\"a\":1}\n{\"a\":\"");
    for (int i = 0; i < 300000; i++) puts_in(&d, "x");
    puts_in(&d, "\"}\n{\"a\":3}\n");
    uint64_t seed = 5;
    CHECK(agree(&d, &(lnt_json_options){0}, &seed));
    CHECK(agree(&d, &(lnt_json_options){.max_record_bytes = 100000}, &seed));
    free(d.data);
}

TEST(a_limit_anywhere_in_a_record_says_the_same_in_blocks) {
    static const char *const records[] = {
        "{\"k\":[{\"i\":\"198.51.100.7\"}],\"l\":\"x\\ud800\"}oc\":\"y\"}]}", "{\"a\":tru,\"b\":[1,2,3]}",
        "{\"a\":12345,\"b\":{\"c\":-}}", "{\"a\":\"\\u00e9\\ud83d\\ude00\"}  ", "{\"a\":1} {\"b\":22} x",
        "{\"a\":\"\xc3\xa9\xc3\"}"};
    for (size_t k = 0; k < sizeof records / sizeof *records; k++) {
        for (int64_t most = 16; most < 70; most++) { // two lines fit, which tell what it is
            for (int last = 0; last < 2; last++) {
                document d = {0};
                puts_in(&d, "{\"a\":1}\n{\"a\":2}\n");
                puts_in(&d, records[k]);
                puts_in(&d, last ? "" : "\n{\"a\":3}\n");
                uint64_t seed = (uint64_t)most;
                bool same = agree(&d, &(lnt_json_options){.max_record_bytes = most}, &seed);
                free(d.data);
                CHECK_MSG(same, "record %d, at most %d bytes, last %d", (int)k, (int)most, last);
                if (!same) return;
            }
        }
    }
}

TEST(a_query_reads_the_columns_that_it_names_and_the_same_rows) {
    lnt_error err = {0};
    document d = {0};
    char line[100];
    for (int i = 0; i < 50000; i++) {
        snprintf(line, sizeof line, "{\"i\":%d,\"s\":\"t%d\",\"f\":%d.5,\"n\":%s}\n", i, i % 7, i,
                 i % 3 ? "null" : "1e999");
        puts_in(&d, line);
    }
    lnt_input *input = NULL;
    lnt_scan *scan = NULL;
    lnt_plan *plan = NULL, *kept = NULL, *sum = NULL;
    lnt_table *table = NULL;
    CHECK_OK(lnt_input_from_memory("test", d.data, (int64_t)d.size, &input, &err), &err);
    CHECK_OK(lnt_json_open_input(engines[1], input, NULL, &scan, &err), &err);
    CHECK_OK(lnt_plan_scan(scan, &plan, &err), &err);
    CHECK_OK(lnt_plan_filter(plan, "s == 't3'", NULL, &kept, &err), &err);
    CHECK_OK(lnt_plan_aggregate(kept, NULL, 0, (const char *[]){"n = count()", "i = sum(i)"}, 2, NULL, &sum, &err),
             &err);
    CHECK_OK(lnt_plan_run(engines[1], sum, &table, &err), &err);
    int64_t n = 0, total = 0;
    for (int i = 0; i < 50000; i++)
        if (i % 7 == 3 && i % 3) n++, total += i;
    CHECK_INT(lnt_column_get(lnt_table_column(table, 0), 0).as.i, n);
    CHECK_INT(lnt_column_get(lnt_table_column(table, 1), 0).as.i, total);
    lnt_table_unref(table);
    lnt_plan_unref(sum);
    lnt_plan_unref(kept);
    lnt_plan_unref(plan);
    lnt_scan_unref(scan);
    free(d.data);
}

TEST(every_allocation_may_fail) {
    uint64_t seed = 3;
    document d = random_document(&seed);
    bool done = false;
    for (int64_t n = 0; n < 3000 && !done; n++) {
        lnt_error err = {0};
        lnt_input *input = NULL;
        lnt_scan *scan = NULL;
        lnt_plan *plan = NULL;
        lnt_table *table = NULL;
        CHECK_OK(lnt_input_from_memory("test", d.data, (int64_t)d.size, &input, &err), &err);
        lnt_alloc_fail_after(n);
        lnt_status status = lnt__json_lines_open(engines[0], input, &(lnt_json_options){0}, 0, 1, 0, (lnt__json_tuning){.block_bytes = 100}, &scan, &err);
        if (status == LNT_OK) status = lnt_plan_scan(scan, &plan, &err);
        if (status == LNT_OK) status = lnt_plan_run(engines[0], plan, &table, &err);
        lnt_alloc_fail_after(-1);
        done = status == LNT_OK;
        CHECK_MSG(done || status == LNT_NOMEM || status == LNT_LIMIT, "%s", err.message);
        lnt_table_unref(table);
        lnt_plan_unref(plan);
        lnt_scan_unref(scan);
    }
    CHECK(done);
    free(d.data);
}

int main(int argc, char **argv) {
    lnt_error err = {0};
    CHECK_OK(lnt_engine_new(&(lnt_engine_options){.n_threads = 1}, &engines[0], &err), &err);
    CHECK_OK(lnt_engine_new(&(lnt_engine_options){.n_threads = 3}, &engines[1], &err), &err);
    int status = check_main(argc, argv);
    for (int i = 0; i < 2; i++) {
        CHECK_INT(lnt_engine_memory_used(engines[i]), 0);
        lnt_engine_free(engines[i]);
    }
    return status || check_failures ? 1 : 0;
}
