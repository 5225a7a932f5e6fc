// The CSV reader's blocks, threads and instruction sets against a naive reader, over documents made to be nasty.
#include "csv_model.h"

enum { N_COLUMNS = 3 };
static const char *const names[N_COLUMNS] = {"a", "b", "c"};

static const lnt_csv_options plain = {.delimiter = ',',
                                      .quote = '"',
                                      .comment = "",
                                      .header = LNT_NO,
                                      .names = names,
                                      .n_names = N_COLUMNS,
                                      .all_strings = true};

/// A random piece from a few that matter to a CSV reader.
static void put_piece(csv_text *text, uint64_t *seed) {
    static const char *const pieces[] = {"\"",     "\"\"",      ",",  "\n",       "\r\n", "\r",    " ",
                                         "a",      "bc",        "#",  "\xc3\xa9", "1",    "\",\"", "\", \"",
                                         "\"\n\"", "a\",\"b\n", ",,", "\n\n",     "\t",   "x y"};
    const char *piece = pieces[model_random(seed) % (sizeof pieces / sizeof *pieces)];
    csv_put(text, piece, strlen(piece));
}

/// A random field, quoted as its text needs it or at random.
static void put_random_field(csv_text *text, uint64_t *seed) {
    static const char *const words[] = {"",
                                        "x",
                                        "family",
                                        "1.2.3.4",
                                        "a,b",
                                        "two\nlines",
                                        "say \"hi\"",
                                        "\xe2\x82\xac",
                                        "a longer text with spaces, a comma and no quotes at all, really"};
    const char *word = words[model_random(seed) % (sizeof words / sizeof *words)];
    bool quoted = model_random(seed) % 2 || strpbrk(word, ",\n\"");
    if (!quoted) {
        csv_put(text, word, strlen(word));
        return;
    }
    csv_put(text, "\"", 1);
    for (const char *p = word; *p; p++) csv_put(text, *p == '"' ? "\"\"" : p, *p == '"' ? 2 : 1);
    csv_put(text, "\"", 1);
}

static void put_random_record(csv_text *text, uint64_t *seed) {
    uint64_t r = model_random(seed) % 40;
    int n = r == 0 ? 2 : r == 1 ? 4 : N_COLUMNS;
    if (r == 2) csv_put(text, "# a comment, with \"quotes\n", 25);
    for (int i = 0; i < n; i++) {
        if (i) csv_put(text, model_random(seed) % 4 ? "," : ", ", model_random(seed) % 4 == 9 ? 2 : 1);
        put_random_field(text, seed);
    }
    csv_put(text, model_random(seed) % 4 ? "\n" : "\r\n", 1 + 0 * r);
}

/// Flips, drops and doubles some bytes.
static void damage(csv_text *text, uint64_t *seed) {
    for (uint64_t n = model_random(seed) % 4; n > 0 && text->size > 1; n--) {
        size_t at = model_random(seed) % text->size;
        switch (model_random(seed) % 4) {
        case 0:
            text->data[at] = (char)(model_random(seed) % 256);
            break;
        case 1:
            text->data[at] = "\"\",\n\0\xff"[model_random(seed) % 6];
            break;
        case 2:
            memmove(text->data + at, text->data + at + 1, --text->size - at);
            break;
        default:
            text->size = at;
            break;
        }
    }
}

static csv_text random_document(uint64_t *seed) {
    csv_text text = {0};
    csv_put(&text, "x\n", 2); // keeps sniffing of quotes and newlines out of this
    int n = (int)(model_random(seed) % 30);
    if (model_random(seed) % 3 == 0) {
        for (int i = 0; i < 4 * n; i++) put_piece(&text, seed);
    } else {
        for (int i = 0; i < n; i++) put_random_record(&text, seed);
        if (model_random(seed) % 2) damage(&text, seed);
    }
    return text;
}

/// The dialect that the reader settled on (spaces are sniffed).
static bool dialect_of(const csv_text *document, const lnt_csv_options *options, lnt_csv_dialect *out) {
    lnt_engine *engine;
    lnt_error err = {0};
    lnt_engine_options one = {.n_threads = 1};
    lnt_input *input;
    lnt_scan *scan = NULL;
    CHECK_OK(lnt_engine_new(&one, &engine, &err), &err);
    CHECK_OK(lnt_input_from_memory("document", document->data, (int64_t)document->size, &input, &err), &err);
    bool ok = lnt_csv_open_input(engine, input, options, NULL, &scan, &err) == LNT_OK;
    if (ok) *out = ((lnt_csv_scan *)scan)->dialect;
    lnt_scan_unref(scan);
    lnt_engine_free(engine);
    return ok;
}

static void check_same(const csv_text *document, const lnt_csv_options *options, csv_how how,
                       const csv_text *expected) {
    if (!lnt_csv_kernels_for(how.tuning.isa)) return;
    csv_text got = csv_read(document->data, document->size, options, how);
    bool same = strcmp(got.data, expected->data) == 0 && got.size == expected->size;
    CHECK_MSG(same, "%d threads, %lld byte blocks, instructions %d\n--- document\n%.*s\n--- got\n%s--- expected\n%s",
              how.n_threads, (long long)how.tuning.block_bytes, how.tuning.isa, (int)document->size, document->data,
              got.data, expected->data);
    free(got.data);
}

TEST(random_documents_read_as_the_naive_reader_does_whatever_the_blocks_threads_and_instructions) {
    uint64_t seed = 1;
    int n_checked = 0;
    for (int round = 0; round < 1500 && check_failures < 3; round++) {
        csv_text document = random_document(&seed);
        lnt_csv_options options = plain;
        if (round % 5 == 0) options.comment = "#";
        lnt_csv_dialect dialect;
        if (document.size && dialect_of(&document, &options, &dialect)) {
            csv_text expected = naive_read(document.data, document.size, &dialect);
            static const lnt_csv_isa isas[] = {LNT_CSV_ISA_PORTABLE, LNT_CSV_ISA_AVX2, LNT_CSV_ISA_AVX512,
                                               LNT_CSV_ISA_VBMI2};
            lnt_csv_isa isa = isas[round % 3];
            int64_t tiny = 1 + (int64_t)(model_random(&seed) % 200);
            check_same(&document, &options, (csv_how){1, {.isa = isa}, true}, &expected);
            check_same(&document, &options, (csv_how){1, {.isa = isa, .block_bytes = tiny}, true}, &expected);
            check_same(&document, &options, (csv_how){3, {.isa = isa, .block_bytes = tiny}, true}, &expected);
            if (round % 10 == 0)
                check_same(&document, &options, (csv_how){7, {.isa = isa, .block_bytes = tiny, .max_rejects = 1}, true},
                           &expected);
            free(expected.data);
            n_checked++;
        }
        free(document.data);
    }
    CHECK_MSG(n_checked > 1000, "only %d documents could be opened", n_checked);
}

TEST(odd_quoting_is_seen_at_every_place_of_a_vector) {
    static const char *const odd[] = {"\"x\"y", "\"x\" ",    "\"x\"\r\n",   "\"x\"\ry", " \"x\"",     "  \"x\"",
                                      "x\"y",   "\"\"x",     "\"x\"\"y\"",  "y \"x\"",  "y \"x",      "\"\"",
                                      "\"\"\"", "\"x,\ny\"", "\"x\",\"y\"", "\r\n",     "\"x\"\r\r\n"};
    for (int64_t i = 0; i < (int64_t)(sizeof odd / sizeof *odd) * 280 && check_failures < 3; i++) {
        csv_text document = {0};
        const char *piece = odd[i / 280], *quote = i & 1 ? "\"" : "";
        csv_putf(&document, "x\n%s", quote);
        for (int64_t k = 0; k < i % 280 / 2; k++) csv_put(&document, k % 3 ? "a" : ".", 1);
        csv_putf(&document, "%s,%s,c\n1,2,3\nz\",b\n%s,b,c\n4,5,6\n", quote, piece, piece);
        lnt_csv_dialect dialect;
        if (dialect_of(&document, &plain, &dialect)) {
            csv_text expected = naive_read(document.data, document.size, &dialect);
            for (lnt_csv_isa isa = LNT_CSV_ISA_PORTABLE; isa <= LNT_CSV_ISA_VBMI2; isa++)
                check_same(&document, &plain, (csv_how){1, {.isa = isa}, true}, &expected);
            free(expected.data);
        }
        free(document.data);
    }
}

TEST(short_record_limits_give_the_same_rows_and_rejects_at_any_block_size) {
    uint64_t seed = 77;
    for (int round = 0; round < 400 && check_failures < 3; round++) {
        csv_text document = random_document(&seed);
        lnt_csv_options options = plain;
        options.max_record_bytes = 1 + (int64_t)(model_random(&seed) % 60);
        if (document.size) {
            csv_text expected =
                csv_read(document.data, document.size, &options, (csv_how){1, {.isa = LNT_CSV_ISA_PORTABLE}, true});
            for (int k = 0; k < 3; k++) {
                csv_how how = {1 + 2 * k, {.block_bytes = 1 + (int64_t)(model_random(&seed) % 100)}, true};
                check_same(&document, &options, how, &expected);
            }
            free(expected.data);
        }
        free(document.data);
    }
}

TEST(types_found_over_the_whole_file_are_the_same_at_any_number_of_threads) {
    csv_text document = {0};
    csv_put(&document, "when,n,f,host,mixed\n", 20);
    for (int i = 0; i < 3000; i++)
        csv_putf(&document, "2021-09-%02d 10:00:00,%d,%s,10.0.%d.%d,%s\n", i % 30 + 1, i, i == 2500 ? "1.5" : "2",
                 i / 256, i % 256,
                 i == 2900   ? "abc"
                 : i == 1200 ? "007"
                             : "7");
    csv_text expected = csv_read(document.data, document.size, NULL, (csv_how){1, {0}, true});
    CHECK(strstr(expected.data, "row 2999: 1"));
    for (int threads = 1; threads <= 7; threads += 3) {
        for (int64_t block = 50; block < 100000; block *= 11)
            check_same(&document, NULL, (csv_how){threads, {.block_bytes = block}, true}, &expected);
    }
    free(expected.data);
    free(document.data);
}

TEST(what_decided_a_type_is_the_first_such_value_of_the_file) {
    csv_text document = {0};
    csv_put(&document, "n,mixed\n", 8);
    for (int i = 0; i < 3000; i++)
        csv_putf(&document, "%d,%s\n", i, i == 2900 || i == 2950 ? "abc" : i == 1200 ? "007" : "7");
    lnt_engine_options threads = {.n_threads = 5};
    lnt_engine *engine;
    lnt_error err = {0};
    lnt_csv_tuning tuning = {.block_bytes = 64};
    CHECK_OK(lnt_engine_new(&threads, &engine, &err), &err);
    for (int round = 0; round < 20; round++) {
        lnt_input *input;
        lnt_scan *scan;
        CHECK_OK(lnt_input_from_memory("document", document.data, (int64_t)document.size, &input, &err), &err);
        CHECK_OK(lnt_csv_open_input(engine, input, NULL, &tuning, &scan, &err), &err);
        const lnt_csv_scan *csv = (const lnt_csv_scan *)scan;
        CHECK_INT(csv->columns[0].type, LNT_INT);
        CHECK_INT(csv->columns[1].type, LNT_STRING);
        CHECK_INT(csv->columns[1].line, 1202);
        CHECK_STR(csv->columns[1].value, "007");
        lnt_scan_unref(scan);
    }
    lnt_engine_free(engine);
    free(document.data);
}

TEST(a_file_full_of_stray_quotes_takes_linear_time) {
    csv_text document = {0};
    for (int i = 0; i < 400000; i++) csv_put(&document, "a\",\"b\n", 6); // each line looks like the inside of a quote
    lnt_csv_options options = plain;
    csv_how how = {2, {.max_rejects = 10}, false};
    csv_text got = csv_read(document.data, document.size, &options, how); // quadratic would be 10^11 steps
    CHECK_STR(got.data, "");
    free(got.data);
    options.max_record_bytes = 1 << 16;
    got = csv_read(document.data, document.size, &options, how);
    CHECK_STR(got.data, "");
    free(got.data);
    free(document.data);
}

TEST(one_line_of_many_megabytes_is_a_reject_in_bounded_memory) {
    size_t size = 96 << 20;
    char *data = malloc(size);
    memset(data, 'x', size);
    memcpy(data, "a,b,c\n1,2,3\n", 12);
    memcpy(data + size - 7, "\n4,5,6\n", 7);
    lnt_engine_options threads = {.n_threads = 2};
    lnt_engine *engine;
    lnt_error err = {0};
    lnt_input *input;
    lnt_scan *scan;
    csv_text got = {0};
    int64_t columns[] = {0, 1, 2};
    CHECK_OK(lnt_engine_new(&threads, &engine, &err), &err);
    CHECK_OK(lnt_input_from_memory("document", data, (int64_t)size, &input, &err), &err);
    lnt_csv_options options = {.max_record_bytes = 1 << 20};
    CHECK_OK(lnt_csv_open_input(engine, input, &options, NULL, &scan, &err), &err);
    CHECK_OK(csv_run_scan(scan, engine, columns, 3, NULL, &got, &err), &err);
    CHECK_STR(got.data, "row 0: 1 2 3\nrow 1: 4 5 6\n");
    CHECK_INT(lnt_csv_scan_counts(scan).n_rejects, 1);
    CHECK_MSG(lnt_engine_memory_peak(engine) < 24 << 20, "took %lld bytes", (long long)lnt_engine_memory_peak(engine));
    lnt_scan_unref(scan);
    lnt_engine_free(engine);
    free(got.data);
    free(data);
}

int main(int argc, char **argv) {
    return check_main(argc, argv);
}
