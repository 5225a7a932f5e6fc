// Arrow files: whatever the bytes, a file is read or refused; and what was read is the same after it was written and
// read once more.
#include "column/width.h"
#include "fuzz.h"
#include "io/arrow/arrow.h"
#include "outcomes.h"

static lnt_engine *engine;

static lnt_scan *open_bytes(const void *bytes, size_t size) {
    lnt_error err = {0};
    lnt_input *input = NULL;
    lnt_scan *scan = NULL;
    CHECK_OK(lnt_input_from_memory("document", bytes, (int64_t)size, &input, &err), &err);
    if (lnt__arrow_open_input(engine, input, NULL, &scan, &err) != LNT_OK) CHECK(err.message[0]);
    lnt_input_close(input);
    return scan;
}

static lnt_table *read_scan(lnt_scan *scan) {
    lnt_error err = {0};
    lnt_plan *plan = NULL;
    lnt_table *table = NULL;
    if (!scan || lnt_plan_scan(scan, &plan, &err) != LNT_OK) return NULL;
    if (lnt_plan_run(engine, plan, &table, &err) != LNT_OK) CHECK(err.message[0]);
    lnt_plan_unref(plan);
    return table;
}

static lnt_status add_bytes(void *context, const char *bytes, int64_t size, lnt_error *err) {
    (void)err;
    lnt_text_add(context, bytes, size);
    return LNT_OK;
}

static void check_round_trip(const lnt_table *table) {
    lnt_error err = {0};
    lnt_plan *plan = NULL;
    lnt_text file = {0};
    lnt_write_options options = {.format = LNT_FORMAT_ARROW};
    CHECK_OK(lnt_plan_table(table, &plan, &err), &err);
    lnt_status status = lnt_write(engine, plan, &options, add_bytes, &file, &err);
    if (status == LNT_OK) {
        lnt_scan *scan = open_bytes(file.data, (size_t)file.size);
        lnt_table *again = read_scan(scan);
        CHECK(again && same_tables(table, again, false));
        lnt_table_unref(again);
        lnt_scan_unref(scan);
    }
    lnt_text_clear(&file);
    lnt_plan_unref(plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!engine) engine = fuzz_engine(1);
    lnt_scan *scan = open_bytes(data, size);
    lnt_table *table = read_scan(scan);
    if (table && lnt_table_n_rows(table) < 10000) check_round_trip(table);
    lnt_table_unref(table);
    lnt_scan_unref(scan);
    return fuzz_done(engine);
}
