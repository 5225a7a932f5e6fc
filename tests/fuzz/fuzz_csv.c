// The CSV reader: a document gives the same rows, types and rejects whatever the blocks, the threads and the
// processor's instructions, and the naive reader (tests/c/csv_model.h) agrees where it knows the dialect.
#include "csv_model.h"
#include "fuzz.h"

static const char *const names[] = {"a", "b", "c"};
static const lnt_named_type types[] = {{"a", LNT_TIME}, {"b", LNT_INT}, {"c", LNT_IP}};
static const char *const nulls[] = {"", "-", "None"};

/// Eight bits choose among what options there are.
static lnt_csv_options options_of(uint8_t bits) {
    lnt_csv_options options = {0};
    if (bits & 1) {
        options = (lnt_csv_options){.delimiter = ',', .quote = '"', .header = LNT_NO, .names = names, .n_names = 3};
        if (bits & 2) options.types = types, options.n_types = 3;
        options.all_strings = !(bits & 2);
        options.comment = bits & 4 ? "#" : "";
    }
    if (bits & 8) options.nulls = nulls, options.n_nulls = 3;
    options.nested_quotes = bits & 16;
    options.allow_short = bits & 32;
    if (bits & 64) options.max_record_bytes = 40;
    if (bits & 128) options.record_pattern = "^[^,]*,[^,]*,[^,]*$";
    return options;
}

static bool same_text(const csv_text *a, const csv_text *b) {
    return a->size == b->size && memcmp(a->data, b->data, a->size) == 0;
}

/// The dialect that a reader settles on; false when it can't read the document.
static bool dialect_of(lnt_engine *engine, const char *data, size_t size, const lnt_csv_options *options,
                       lnt_csv_dialect *out) {
    lnt_error err = {0};
    lnt_input *input = NULL;
    lnt_scan *scan = NULL;
    CHECK_OK(lnt_input_from_memory("document", data, (int64_t)size, &input, &err), &err);
    bool ok = lnt_csv_open_input(engine, input, options, NULL, &scan, &err) == LNT_OK;
    if (ok) *out = ((lnt_csv_scan *)scan)->dialect;
    lnt_scan_unref(scan);
    return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static lnt_engine *engine, *threads;
    if (!engine) engine = fuzz_engine(1), threads = fuzz_engine(3);
    lnt_csv_options options = options_of(fuzz_take(&data, &size));
    int64_t block_bytes = 1 + fuzz_take(&data, &size);
    const char *text = (const char *)data;
    csv_text whole = csv_read_with(engine, text, size, &options, (csv_how){1, {.isa = LNT_CSV_ISA_PORTABLE}, true});
    csv_text blocks = csv_read_with(threads, text, size, &options, (csv_how){3, {.block_bytes = block_bytes}, true});
    CHECK_MSG(same_text(&whole, &blocks), "blocks of %d bytes\n--- whole\n%s--- in blocks\n%s", (int)block_bytes,
              whole.data, blocks.data);
    lnt_csv_dialect dialect;
    bool known = options.all_strings && !options.n_nulls && !options.nested_quotes && !options.allow_short &&
                 !options.max_record_bytes && !options.record_pattern;
    bool marked = size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0; // which the naive reader doesn't know
    if (known && size > 0 && !marked && dialect_of(engine, text, size, &options, &dialect)) {
        csv_text naive = naive_read(text, size, &dialect);
        CHECK_MSG(same_text(&whole, &naive), "--- reader\n%s--- naive reader\n%s", whole.data, naive.data);
        free(naive.data);
    }
    free(whole.data);
    free(blocks.data);
    CHECK_INT(lnt_engine_memory_used(threads), 0);
    return fuzz_done(engine);
}
