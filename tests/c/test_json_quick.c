/// The quick way that JSON lines go into rows, held against the way that takes any record: the same rows, rejects and
/// errors for records that are as they ever are, and for those that differ from them a little or altogether.
#include "base/engine.h"
#include "base/text.h"
#include "column/value_text.h"
#include "io/json/json_rows.h"
#include "model.h"

static lnt_engine *engine;

// ---- documents ----

/// What a key of a document holds.
typedef enum member {
    WORDS,
    WHOLE,
    PARTS,
    MIXED, ///< whole and other numbers
    TIMES,
    ADDRESSES,
    TRUTHS,
    NOTHING,
    N_MEMBERS
} member;

enum { N_KEYS = 7 };

/// How a document is written.
typedef struct style {
    member members[N_KEYS];
    bool nested, spaced, crlf;
    int odd; ///< one value in so many is something else; 0: none
} style;

static void put_word(lnt_text *text, uint64_t *seed) {
    static const int sizes[] = {0, 1, 7, 8, 13, 15, 16, 17, 31, 32, 33, 63, 64, 65, 200};
    int size = sizes[model_random(seed) % (sizeof sizes / sizeof *sizes)];
    lnt_text_add(text, "\"", 1);
    for (int i = 0; i < size; i++) lnt_text_addf(text, "%c", (int)('a' + model_random(seed) % 26));
    lnt_text_add(text, "\"", 1);
}

static void put_digits(lnt_text *text, int n, uint64_t *seed) {
    for (int i = 0; i < n; i++) lnt_text_addf(text, "%d", (int)(i == 0 && n > 1 ? 1 + model_random(seed) % 9 : model_random(seed) % 10));
}

static void put_member(lnt_text *text, member what, uint64_t *seed) {
    unsigned n = (unsigned)(model_random(seed) % 1000);
    if (n % 9 == 0) what = NOTHING;
    switch (what) {
    case WORDS:
        put_word(text, seed);
        return;
    case MIXED:
    case WHOLE:
        if (n % 4 == 0) lnt_text_add(text, "-", 1);
        put_digits(text, 1 + (int)(n % 18), seed);
        if (what == MIXED && n % 3 == 0) lnt_text_addf(text, ".%u", n);
        return;
    case PARTS:
        lnt_text_addf(text, "%s%u.%u", n % 5 ? "" : "-", n, n % 91);
        return;
    case TIMES:
        lnt_text_addf(text, n % 2 ? "\"2024-03-%02uT11:00:%02uZ\"" : "\"2024-03-%02u 23:59:%02u.5\"", n % 28 + 1, n % 60);
        return;
    case ADDRESSES:
        lnt_text_addf(text, n % 9 ? "\"10.0.%u.%u\"" : "\"fd00::%u:%u\"", n % 250, n % 99);
        return;
    case TRUTHS:
        lnt_text_add(text, n % 2 ? "true" : "false", -1);
        return;
    default:
        lnt_text_add(text, "null", 4);
    }
}

/// Something that the quick way doesn't take, or takes for something else than its column holds.
static void put_odd(lnt_text *text, uint64_t *seed) {
    static const char *const values[] = {
        "\"an \\\"escape\\\"\"", "\"\\u00e9\"", "\"\xc3\xa9t\xc3\xa9\"", "\"\xff\"", "\"half", "\"tab\there\"", "01", "-", "1e3", "1e999",
        "12345678901234567890", "1234567890123456", "0.5", "-0", "tru", "nul", "nulL", "[1,\"x\"]", "{}", "{\"a\":1}", "\"2024-02-30T00:00:00Z\"",
        "\"2024-02-29\"", "\"198.18.0.256\"", "\"198.18.0.1\"", "true", " 7", "7 ", "\"x\" ", "\"x\"}", "1,\"k0\":null", "1,\"k1\":\"twice\""};
    lnt_text_add(text, values[model_random(seed) % (sizeof values / sizeof *values)], -1);
}

static style random_style(uint64_t *seed) {
    static const int odd[] = {0, 200, 60, 7};
    style s = {.nested = model_random(seed) % 2, .spaced = model_random(seed) % 3 == 0, .crlf = model_random(seed) % 4 == 0};
    for (int k = 0; k < N_KEYS; k++) s.members[k] = (member)(model_random(seed) % N_MEMBERS);
    s.odd = odd[model_random(seed) % 4];
    return s;
}

static void put_record(lnt_text *text, const style *s, uint64_t *seed) {
    for (int k = 0; k < N_KEYS; k++) {
        lnt_text_add(text, k == 0 ? "{" : s->spaced ? ", " : ",", -1);
        if (s->nested && k == 2) lnt_text_add(text, s->spaced ? "\"in\": {" : "\"in\":{", -1);
        if (s->odd && model_random(seed) % (uint64_t)(4 * s->odd) == 0) lnt_text_add(text, "\"new\":1,", -1);
        lnt_text_addf(text, s->spaced ? "\"k%d%s\": " : "\"k%d%s\":", k, k == 5 ? "_of_a_longer_name" : "");
        if (s->odd && model_random(seed) % (uint64_t)s->odd == 0)
            put_odd(text, seed);
        else
            put_member(text, s->members[k], seed);
        if (s->nested && k == 4) lnt_text_add(text, "}", 1);
    }
    lnt_text_add(text, s->odd && model_random(seed) % 90 == 0 ? "} x" : "}", -1);
    lnt_text_add(text, s->crlf ? "\r\n" : "\n", -1);
}

static lnt_text random_document(uint64_t *seed) {
    lnt_text text = {0};
    style s = random_style(seed);
    int n = (int)(model_random(seed) % 300);
    for (int i = 0; i < n; i++) put_record(&text, &s, seed);
    if (n > 0 && model_random(seed) % 3 == 0) text.size -= 1 + (int64_t)(model_random(seed) % 20); // cut
    if (text.data) text.data[text.size] = 0;
    return text;
}

// ---- both ways ----

/// What a way gave, and how many records the quick one took.
typedef struct given {
    lnt_text text;
    int64_t n_taken;
} given;

static void put_rows(lnt_text *out, lnt__json_rows *rows, int64_t n_columns) {
    for (int64_t i = 0; i < lnt__json_rows_count(rows); i++) {
        const lnt_vec *vectors = lnt__json_rows_page(rows, i / LNT__JSON_PAGE_ROWS);
        for (int64_t c = 0; c < n_columns; c++) {
            char buffer[LNT_FORMAT_BYTES];
            bool constant = vectors[c].form == LNT_FORM_CONSTANT;
            lnt_value v = lnt_vec_get(&vectors[c], constant ? 0 : i % LNT__JSON_PAGE_ROWS);
            if (v.is_null)
                lnt_text_add(out, " -", -1);
            else if (v.type == LNT_STRING)
                lnt_text_addf(out, " '%.*s'", (int)v.as.s.size, v.as.s.data);
            else
                lnt_text_addf(out, " %.*s", lnt_format_value(v, buffer), buffer);
        }
        lnt_text_add(out, "\n", 1);
    }
}

static void put_block(lnt_text *out, const lnt__json_block *block, lnt__json_rows *rows, int64_t n_columns) {
    lnt_text_addf(out, "%lld records, next %lld, %lld lines\n", (long long)block->n_records, (long long)block->next,
                  (long long)block->n_newlines);
    put_rows(out, rows, n_columns);
    for (int64_t i = 0; i < block->n_rejects; i++)
        lnt_text_addf(out, "rejected at %lld, %lld, %s: %s\n", (long long)block->rejects[i].start,
                      (long long)block->rejects[i].problem_at, block->rejects[i].column ? block->rejects[i].column : "",
                      block->rejects[i].problem);
}

/// All blocks of the input, one after the other, up to the first error.
static given read_all(const lnt_input *input, const lnt__json_settings *settings, const lnt__json_found *found, bool guessed,
                      const int64_t *columns, int64_t n_columns, bool quick) {
    given out = {0};
    lnt_error err = {0};
    lnt__json_rows *rows = NULL;
    lnt__json_block block;
    CHECK_OK(lnt__json_rows_new(engine, settings, found, guessed, columns, n_columns, &rows, &err), &err);
    lnt__json_block_init(&block, engine, input, settings);
    lnt__json_sink sink = lnt__json_rows_sink(rows);
    if (!quick) sink.quick = NULL;
    lnt_status status = LNT_OK;
    for (int64_t at = 0; status == LNT_OK && at < lnt_input_size(input); at = block.next) {
        int64_t stop = (at / settings->block_bytes + 1) * settings->block_bytes;
        status = lnt__json_block_load(&block, at, stop, &err);
        if (status == LNT_OK) status = lnt__json_block_read(&block, at, stop, &sink, &err);
        if (status == LNT_OK) put_block(&out.text, &block, rows, n_columns);
        out.n_taken += rows->n_taken;
    }
    if (status != LNT_OK) lnt_text_addf(&out.text, "%s: %s", lnt_status_name(status), err.message);
    lnt__json_block_clear(&block);
    lnt__json_rows_free(rows);
    return out;
}

/// Reads a document both ways; returns how many records the quick one took.
static int64_t check_document(const lnt_text *document, const lnt_json_options *options, uint64_t *seed) {
    lnt_error err = {0};
    lnt_input *input = NULL;
    lnt__json_found found;
    lnt__json_settings settings = {.block_bytes = 1 + (int64_t)(model_random(seed) % 3000)};
    int64_t columns[64], n_columns = 0, n_blocks = model_random(seed) % 3 ? INT64_MAX : 1 + (int64_t)(model_random(seed) % 3);
    CHECK_OK(lnt_input_from_memory("test", document->data ? document->data : "", document->size, &input, &err), &err);
    CHECK_OK(lnt__json_settings_init(&settings, options, &err), &err);
    CHECK_OK(lnt__json_find_columns(engine, input, &settings, 0, 1, 0, n_blocks, &found, &err), &err);
    uint64_t all = model_random(seed) % 2;
    for (int64_t c = 0; c < found.columns.n && c < 64; c++)
        if (all || model_random(seed) % 2) columns[n_columns++] = c;
    bool guessed = n_blocks < INT64_MAX || model_random(seed) % 2;
    given quick = read_all(input, &settings, &found, guessed, columns, n_columns, true);
    given any = read_all(input, &settings, &found, guessed, columns, n_columns, false);
    CHECK_INT(quick.text.size, any.text.size);
    CHECK_MSG(quick.text.size == any.text.size && (any.text.size == 0 || memcmp(quick.text.data, any.text.data, (size_t)any.text.size) == 0),
              "%s\nquickly\n%s\nnot\n%s", document->data, quick.text.data, any.text.data);
    CHECK_INT(any.n_taken, 0);
    lnt_text_clear(&quick.text);
    lnt_text_clear(&any.text);
    lnt__json_found_clear(&found);
    lnt__json_settings_clear(&settings);
    lnt_input_close(input);
    return quick.n_taken;
}

// ---- tests ----

TEST(records_come_out_alike_quickly_and_not) {
    int64_t n_taken = 0;
    for (uint64_t k = 1; k <= 1500 && check_failures == 0; k++) {
        uint64_t seed = k * 0x9e3779b97f4a7c15u;
        lnt_text document = random_document(&seed);
        n_taken += check_document(&document, &(lnt_json_options){0}, &seed);
        lnt_text_clear(&document);
    }
    CHECK_MSG(n_taken > 60000, "%lld records were taken quickly", (long long)n_taken);
}

TEST(declared_types_nulls_and_limits_hold_for_both) {
    static const lnt_named_type types[] = {{"k0", LNT_INT}, {"k1", LNT_TIME}, {"in.k2", LNT_STRING}, {"k3", LNT_IP}, {"k6", LNT_FLOAT}};
    static const char *const nulls[] = {"", "x"};
    int64_t n_taken = 0;
    for (uint64_t k = 1; k <= 800 && check_failures == 0; k++) {
        uint64_t seed = k * 0xbf58476d1ce4e5b9u;
        lnt_text document = random_document(&seed);
        lnt_json_options options = {.types = types, .n_types = (int64_t)(k % 6)};
        if (k % 5 == 0) options.nulls = nulls, options.n_nulls = 2;
        options.all_strings = k % 11 == 0;
        options.list_items = (int64_t)(k % 3);
        if (k % 4 == 0) options.max_record_bytes = 60 + (int64_t)(model_random(&seed) % 200);
        n_taken += check_document(&document, &options, &seed);
        lnt_text_clear(&document);
    }
    CHECK_MSG(n_taken > 4000, "%lld records were taken quickly", (long long)n_taken);
}

TEST(strings_end_anywhere_in_the_words_that_are_looked_at) {
    for (int size = 0; size < 140; size++) {
        lnt_text document = {0};
        uint64_t seed = (uint64_t)size + 1;
        for (int i = 0; i < 40; i++) lnt_text_addf(&document, "{\"a\":%d,\"b\":\"%0*d\",\"c\":\"%.*s\"}\n", i, size ? size : 1, i % 2, size % 7, "ab\xc3\xa9xy");
        int64_t n = check_document(&document, &(lnt_json_options){0}, &seed);
        CHECK_MSG(n > 0 || size % 7 == 3, "size %d: %lld records were taken quickly", size, (long long)n);
        lnt_text_clear(&document);
    }
}

int main(int argc, char **argv) {
    lnt_error err = {0};
    CHECK_OK(lnt_engine_new(&(lnt_engine_options){.n_threads = 1}, &engine, &err), &err);
    int status = check_main(argc, argv);
    CHECK_INT(lnt_engine_memory_used(engine), 0);
    lnt_engine_free(engine);
    return status || check_failures ? 1 : 0;
}
