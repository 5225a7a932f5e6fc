// The JSON readers: lines of objects read in blocks give what reading from front to back gives; and any other document
// is read or refused.
#include "fuzz.h"
#include "io/json/json_lines.h"
#include "outcomes.h"

static const lnt_named_type types[] = {{"a", LNT_INT}, {"in", LNT_TIME}, {"c", LNT_STRING}, {"b", LNT_IP}};
static const char *const nulls[] = {"", "x"};
static lnt_engine *engines[2]; ///< of one thread and of three

static lnt_input *input_of(const char *text, size_t size) {
    lnt_error err = {0};
    lnt_input *input = NULL;
    CHECK_OK(lnt_input_from_memory("document", text, (int64_t)size, &input, &err), &err);
    return input;
}

static outcome read_whole(const char *text, size_t size, const lnt_json_options *options) {
    lnt_error err = {0};
    lnt_scan *scan = NULL;
    lnt_status status = lnt__json_open_whole(engines[0], input_of(text, size), options, &scan, &err);
    outcome o = outcome_of(engines[0], scan, status, &err);
    lnt_scan_unref(scan);
    return o;
}

static outcome read_lines(lnt_engine *engine, const char *text, size_t size, const lnt_json_options *options,
                          int64_t block_bytes) {
    lnt_error err = {0};
    lnt_scan *scan = NULL;
    lnt_status status =
        lnt__json_lines_open(engine, input_of(text, size), options, 0, 1, 0, (lnt__json_tuning){.block_bytes = block_bytes}, &scan, &err);
    outcome o = outcome_of(engine, scan, status, &err);
    lnt_scan_unref(scan);
    return o;
}

/// Behind two lines that both readers take for JSON lines.
static void check_lines(const uint8_t *data, size_t size, const lnt_json_options *options, int64_t block_bytes) {
    static const char first[] = "{\"a\":1}\n{\"a\":2}\n";
    char *text = malloc(sizeof first - 1 + size + 1);
    memcpy(text, first, sizeof first - 1);
    if (size) memcpy(text + sizeof first - 1, data, size);
    size += sizeof first - 1;
    outcome whole = read_whole(text, size, options), blocks = read_lines(engines[1], text, size, options, block_bytes);
    CHECK_MSG(same_outcomes(&whole, &blocks), "blocks of %d bytes\n%s\n%s", (int)block_bytes,
              whole.text.data ? whole.text.data : whole.err.message,
              blocks.text.data ? blocks.text.data : blocks.err.message);
    clear_outcome(&whole);
    clear_outcome(&blocks);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    for (int i = 0; i < 2; i++)
        if (!engines[i]) engines[i] = fuzz_engine(1 + 2 * i);
    uint8_t bits = fuzz_take(&data, &size);
    int64_t block_bytes = 1 + fuzz_take(&data, &size);
    lnt_json_options options = {.all_strings = bits & 1};
    if (bits & 2) options.types = types, options.n_types = 4;
    if (bits & 4) options.nulls = nulls, options.n_nulls = 2;
    if (bits & 8) options.max_record_bytes = 50;
    if (bits & 16) options.key_column = "key";
    if (bits & 32) options.records = bits & 16 ? "*" : "data";
    if (bits & 128 && !options.records && !options.key_column) {
        check_lines(data, size, &options, block_bytes);
    } else {
        outcome o = read_whole((const char *)data, size, &options);
        clear_outcome(&o);
    }
    CHECK_INT(lnt_engine_memory_used(engines[1]), 0);
    return fuzz_done(engines[0]);
}
