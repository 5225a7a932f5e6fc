/// Files loaded with types guessed from their beginning, against the same files opened in the ordinary way: random ones
/// in which columns change their minds anywhere, or don't; read whole, or asked something. And without memory.
#include "column/value_text.h"
#include "csv_model.h"
#include "exec/load.h"
#include "io/json/json_lines.h"
#include "lunette/plan.h"

enum { N_COLUMNS = 5, BLOCK = 256 };

/// What fields of a column are made of from some row on.
typedef enum field_kind {
    INTS,
    FLOATS,
    TIMES,
    ADDRESSES,
    TRUTHS,
    NOTHING,
    ODD_ZEROES, ///< numbers but for their text
    HUGE_DIGITS,
    NOT_NUMBERS, ///< floats that have no digits
    WORDS,
    QUOTED_NOTHING,
    N_KINDS
} field_kind;

static void put_field(csv_text *text, field_kind kind, uint64_t *seed) {
    unsigned n = (unsigned)(model_random(seed) % 1000);
    switch (kind) {
    case INTS:
        csv_putf(text, n % 7 ? "%u" : n % 2 ? "\"%u\"" : "-%u", n);
        return;
    case FLOATS:
        csv_putf(text, n % 5 ? "%u.%u" : "%u", n, n % 91);
        return;
    case TIMES:
        csv_putf(text, "2024-03-%02u 11:00:%02u", n % 28 + 1, n % 60);
        return;
    case ADDRESSES:
        csv_putf(text, n % 9 ? "10.0.%u.%u" : "fd00::%u:%u", n % 250, n % 99);
        return;
    case TRUTHS:
        csv_putf(text, n % 2 ? "true" : "False");
        return;
    case NOTHING:
        return;
    case ODD_ZEROES:
        csv_putf(text, n % 3 == 0 ? "0%u" : n % 3 == 1 ? "+%u" : "00.%u", n);
        return;
    case HUGE_DIGITS:
        csv_putf(text, "9988776655443322110%u", n);
        return;
    case NOT_NUMBERS:
        csv_putf(text, n % 2 ? "nan" : "-inf");
        return;
    case WORDS:
        csv_putf(text, n % 3 ? "w%u" : "\"a \"\"%u\"\"\"", n % 40);
        return;
    default:
        csv_putf(text, "\"\"");
    }
}

/// A column begins with one kind, with nulls among it, and mostly stays with it; a value in a hundred may be of another.
static csv_text random_document(uint64_t *seed) {
    csv_text document = {0};
    field_kind first[N_COLUMNS], strange[N_COLUMNS];
    unsigned nulls[N_COLUMNS];
    uint64_t turn[N_COLUMNS], n_rows = model_random(seed) % 400;
    for (int c = 0; c < N_COLUMNS; c++) {
        first[c] = (field_kind)(model_random(seed) % N_KINDS);
        strange[c] = (field_kind)(model_random(seed) % N_KINDS);
        nulls[c] = model_random(seed) % 4 ? 0 : 3;
        turn[c] = model_random(seed) % 6 ? UINT64_MAX : model_random(seed) % (n_rows + 1);
    }
    csv_put(&document, "a,b,c,d,e\n", 10);
    for (uint64_t row = 0; row < n_rows; row++) {
        for (int c = 0; c < N_COLUMNS; c++) {
            bool odd = row >= turn[c] && model_random(seed) % 40 == 0;
            if (c) csv_put(&document, ",", 1);
            if (!nulls[c] || model_random(seed) % nulls[c]) put_field(&document, odd ? strange[c] : first[c], seed);
        }
        csv_putf(&document, model_random(seed) % 150 ? "\n" : ",one too many\n");
    }
    return document;
}

/// All that can be seen of a loaded file: its columns and how they are held, its rows, and what is said of the scan.
static void put_table(csv_text *out, const lnt_table *table) {
    for (int64_t c = 0; c < lnt_table_n_columns(table); c++) {
        const lnt_column *column = lnt_table_column(table, c);
        csv_putf(out, "%s %s layout %d width %d nulls %lld\n", lnt_schema_name(lnt_table_schema(table), c), lnt_type_name(column->type),
                 (int)column->layout, column->width, (long long)column->null_count);
        const lnt_column *words = column->dictionary;
        for (int64_t i = 0; words && i < words->length; i++) {
            lnt_str word = lnt_column_str(words, i);
            csv_putf(out, " %lld %.*s", (long long)i, (int)word.size, word.data);
        }
        for (int64_t i = 0; i < column->length; i++) {
            char text[LNT_FORMAT_BYTES];
            lnt_value v = lnt_column_get(column, i);
            if (!v.is_null && v.type == LNT_STRING)
                csv_put_field(out, v.as.s.data, v.as.s.size, false);
            else
                csv_put_field(out, text, v.is_null ? 0 : lnt_format_value(v, text), v.is_null);
        }
        csv_put(out, "\n", 1);
    }
}

static void put_scan(csv_text *out, lnt_scan *scan, lnt_engine *engine) {
    lnt_error err = {0};
    lnt_text text = {0};
    int64_t n_rows, n_rejects;
    scan->class_->describe(scan, &text);
    csv_put(out, text.data, (size_t)text.size);
    lnt_text_clear(&text);
    scan->class_->counts(scan, &n_rows, &n_rejects);
    csv_putf(out, "\n%lld rows, %lld rejected\n", (long long)n_rows, (long long)n_rejects);
    CHECK_OK(csv_put_rejects(scan, engine, out, &err), &err);
}

typedef lnt_status (*open_fn)(lnt_engine *engine, const csv_text *document, bool guess, lnt_scan **out, lnt_error *err);

static lnt_status open_csv(lnt_engine *engine, const csv_text *document, bool guess, lnt_scan **out, lnt_error *err) {
    lnt_csv_tuning tuning = {.block_bytes = BLOCK, .defer_bytes = guess};
    static const char *const nulls[] = {"w7", "3"};
    static const lnt_named_type types[] = {{"e", LNT_INT}};
    lnt_csv_options options = {.delimiter = ',', .quote = '"', .header = LNT_YES};
    if (document->size % 3 == 0) options.nulls = nulls, options.n_nulls = 2;
    if (document->size % 5 == 0) options.types = types, options.n_types = 1;
    lnt_input *input;
    LNT_TRY(lnt_input_from_memory("document", document->data, (int64_t)document->size, &input, err));
    return lnt_csv_open_input(engine, input, &options, &tuning, out, err);
}

/// What came of a document, told; the table and the scan (either may be NULL) are given up.
static csv_text told(lnt_engine *engine, lnt_status status, lnt_table *table, lnt_scan *scan, const lnt_error *err) {
    csv_text out = {0};
    csv_put(&out, "", 0);
    if (status == LNT_OK) {
        put_table(&out, table);
        put_scan(&out, scan, engine);
    } else {
        csv_putf(&out, "%s: %s\n", lnt_status_name(status), err->message);
    }
    lnt_table_unref(table);
    lnt_scan_unref(scan);
    return out;
}

/// Loads a document in either way; `*guessed` counts those that came with a guess that was right.
static csv_text load(lnt_engine *engine, open_fn open, const csv_text *document, bool guess, int *right, int *wrong) {
    lnt_scan *scan = NULL;
    lnt_table *table = NULL;
    lnt_error err = {0};
    lnt_status status = open(engine, document, guess, &scan, &err);
    if (status == LNT_OK && scan->guessed) {
        lnt_plan *plan = NULL;
        CHECK_OK(lnt_plan_scan(scan, &plan, &err), &err);
        lnt_error ignored = {0};
        if (lnt_plan_run(engine, plan, &table, &ignored) == LNT_OK) ++*right;
        else ++*wrong;
        lnt_plan_unref(plan);
        lnt_table_unref(table);
        lnt_scan_unref(scan);
        scan = NULL, table = NULL;
        status = open(engine, document, guess, &scan, &err);
    }
    if (status == LNT_OK) status = lnt__scan_load(engine, scan, &table, &err);
    if (status == LNT_OK) CHECK(!scan->guessed);
    return told(engine, status, table, scan, &err);
}

/// Random documents come out the same in both ways; of the guesses some are right and some are wrong.
static void check_documents(open_fn open, csv_text (*make)(uint64_t *seed), int n_documents) {
    lnt_engine *engines[2];
    lnt_error err = {0};
    int right = 0, wrong = 0;
    for (int i = 0; i < 2; i++) {
        lnt_engine_options threads = {.n_threads = 1 + 2 * i};
        CHECK_OK(lnt_engine_new(&threads, &engines[i], &err), &err);
    }
    for (uint64_t seed = 1, n = 0; n < (uint64_t)n_documents; n++) {
        uint64_t state = seed++ * 0x9e3779b97f4a7c15u;
        csv_text document = make(&state);
        csv_text expected = load(engines[0], open, &document, false, &right, &wrong);
        for (int i = 0; i < 2; i++) {
            csv_text got = load(engines[i], open, &document, true, &right, &wrong);
            CHECK_MSG(strcmp(got.data, expected.data) == 0, "document %d\n%s\nis\n%s\nnot\n%s", (int)n, document.data,
                      got.data, expected.data);
            free(got.data);
        }
        free(expected.data);
        free(document.data);
    }
    CHECK_MSG(right > n_documents / 10 && wrong > n_documents / 10, "%d guesses right, %d wrong", right, wrong);
    for (int i = 0; i < 2; i++) lnt_engine_free(engines[i]);
}

// ---- JSON lines ----

static void put_json_value(csv_text *text, field_kind kind, uint64_t *seed) {
    unsigned n = (unsigned)(model_random(seed) % 1000);
    switch (kind) {
    case INTS:
        csv_putf(text, n % 2 ? "%u" : "-%u", n);
        return;
    case FLOATS:
        csv_putf(text, n % 5 ? "%u.%u" : "%u", n, n % 91);
        return;
    case TIMES:
        csv_putf(text, "\"2024-03-%02uT11:00:%02uZ\"", n % 28 + 1, n % 60);
        return;
    case ADDRESSES:
        csv_putf(text, n % 9 ? "\"10.0.%u.%u\"" : "\"fd00::%u:%u\"", n % 250, n % 99);
        return;
    case TRUTHS:
        csv_putf(text, n % 2 ? "true" : "false");
        return;
    case NOTHING:
        csv_putf(text, "null");
        return;
    case ODD_ZEROES:
        csv_putf(text, "{\"in\":%u}", n);
        return;
    case HUGE_DIGITS:
        csv_putf(text, n % 20 ? "9988776655443322110%u" : "1e%u", n);
        return;
    case NOT_NUMBERS:
        csv_putf(text, "[%u,\"x\",null]", n % 9);
        return;
    case WORDS:
        csv_putf(text, n % 3 ? "\"w%u\"" : "\"a \\\"%u\\\"\"", n % 40);
        return;
    default:
        csv_putf(text, n % 2 ? "\"\"" : "{\"in\":{\"deep\":\"%u\"},\"b\":[]}", n);
    }
}

/// Like those above; a key may come late, be left out, or come twice.
static csv_text random_lines(uint64_t *seed) {
    csv_text document = {0};
    field_kind first[N_COLUMNS], strange[N_COLUMNS];
    uint64_t turn[N_COLUMNS], n_rows = model_random(seed) % 300 + 1;
    for (int c = 0; c < N_COLUMNS; c++) {
        first[c] = (field_kind)(model_random(seed) % N_KINDS);
        strange[c] = (field_kind)(model_random(seed) % N_KINDS);
        turn[c] = model_random(seed) % 7 ? UINT64_MAX : model_random(seed) % (n_rows + 1);
    }
    bool late_key = model_random(seed) % 5 == 0;
    for (uint64_t row = 0; row < n_rows; row++) {
        csv_putf(&document, "{\"id\":%d", (int)row);
        for (int c = 0; c < N_COLUMNS; c++) {
            bool odd = row >= turn[c] && model_random(seed) % 40 == 0;
            if (model_random(seed) % 20 == 0) continue;
            csv_putf(&document, ",\"%c\":", 'a' + c);
            put_json_value(&document, odd ? strange[c] : first[c], seed);
        }
        if (model_random(seed) % 90 == 0) csv_putf(&document, ",\"a\":%d", (int)row);
        if (late_key && row > 20 && model_random(seed) % 90 == 0) csv_putf(&document, ",\"late\":null");
        csv_putf(&document, model_random(seed) % 70 ? "}\n" : "\n");
    }
    return document;
}

static lnt_status open_json(lnt_engine *engine, const csv_text *document, bool guess, lnt_scan **out, lnt_error *err) {
    static const char *const nulls[] = {"w7"};
    static const lnt_named_type types[] = {{"e", LNT_INT}, {"d", LNT_STRING}};
    lnt_json_options options = {0};
    if (document->size % 3 == 0) options.nulls = nulls, options.n_nulls = 1;
    if (document->size % 5 == 0) options.types = types, options.n_types = 2;
    if (document->size % 23 == 0) options.all_strings = true;
    if (document->size % 4 == 0) options.list_items = 2;
    lnt_input *input;
    LNT_TRY(lnt_input_from_memory("document", document->data, (int64_t)document->size, &input, err));
    lnt__json_tuning tuning = {.block_bytes = BLOCK, .defer_bytes = guess};
    return lnt__json_lines_open(engine, input, &options, 0, 1, 0, tuning, out, err);
}

TEST(json_lines_load_alike_whether_their_columns_were_guessed_or_found) {
    check_documents(open_json, random_lines, 600);
}

// ---- delimited files ----

TEST(a_delimited_file_loads_alike_whether_its_types_were_guessed_or_found) {
    check_documents(open_csv, random_document, 600);
}

// ---- questions ----

/// Plans that need some columns, or some rows; of any types.
static lnt_status ask(const lnt_plan *in, int question, lnt_plan **out, lnt_error *err) {
    lnt_plan *kept = NULL;
    lnt_status status = LNT_OK;
    switch (question) {
    case 0:
        return lnt_plan_filter(in, "not is_null(a)", NULL, out, err);
    case 1:
        return lnt_plan_select(in, (const char *[]){"b"}, 1, NULL, out, err);
    case 2:
        return lnt_plan_count(in, out, err);
    case 3:
        return lnt_plan_slice(in, 0, 3, out, err); // stops early: nothing is known of the rest
    case 4:
        status = lnt_plan_filter(in, "is_null(a) or string(a) > '5'", NULL, &kept, err);
        if (status == LNT_OK) status = lnt_plan_aggregate(kept, (const char *[]){"b"}, 1, (const char *[]){"n = count()", "c = count(c)"}, 2, NULL, out, err);
        break;
    case 5:
        return lnt_plan_filter(in, "b > 500", NULL, out, err); // only of some types
    default:
        return lnt_plan_sort(in, (const char *[]){"a", "b"}, 2, NULL, out, err);
    }
    lnt_plan_unref(kept);
    return status;
}

enum { N_QUESTIONS = 7 };

static lnt_status ask_scan(lnt_scan *scan, int question, lnt_plan **out, lnt_error *err) {
    lnt_plan *all = NULL;
    LNT_TRY(lnt_plan_scan(scan, &all, err));
    lnt_status status = ask(all, question, out, err);
    lnt_plan_unref(all);
    return status;
}

/// The answer on guessed types, if they turn out right, else as ever.
static lnt_status answer(lnt_engine *engine, lnt_scan *scan, int question, lnt_table **out, int *right, int *wrong, lnt_error *err) {
    lnt_plan *plan = NULL;
    lnt_error ignored = {0};
    if (scan->guessed && ask_scan(scan, question, &plan, &ignored) == LNT_OK) {
        CHECK_OK(lnt__run_on_guess(engine, plan, scan, out, err), err);
        ++*(*out ? right : wrong);
        lnt_plan_unref(plan);
        if (*out) return LNT_OK;
    }
    LNT_TRY(lnt__scan_settle(scan, err));
    LNT_TRY(ask_scan(scan, question, &plan, err));
    lnt_status status = lnt_plan_run(engine, plan, out, err);
    lnt_plan_unref(plan);
    return status;
}

static csv_text answered(lnt_engine *engine, open_fn open, const csv_text *document, bool guess, int question, int *right, int *wrong) {
    lnt_scan *scan = NULL;
    lnt_table *table = NULL;
    lnt_error err = {0};
    lnt_status status = open(engine, document, guess, &scan, &err);
    if (status == LNT_OK) status = answer(engine, scan, question, &table, right, wrong, &err);
    return told(engine, status, table, scan, &err);
}

static void check_questions(open_fn open, csv_text (*make)(uint64_t *seed), int n_documents) {
    lnt_engine *engine;
    lnt_error err = {0};
    int right[N_QUESTIONS] = {0}, wrong[N_QUESTIONS] = {0};
    lnt_engine_options threads = {.n_threads = 3};
    CHECK_OK(lnt_engine_new(&threads, &engine, &err), &err);
    for (int n = 0; n < n_documents && check_failures == 0; n++) {
        uint64_t state = (uint64_t)(n + 1) * 0x94d049bb133111ebu;
        csv_text document = make(&state);
        for (int q = 0; q < N_QUESTIONS; q++) {
            csv_text expected = answered(engine, open, &document, false, q, &right[q], &wrong[q]);
            csv_text got = answered(engine, open, &document, true, q, &right[q], &wrong[q]);
            CHECK_MSG(strcmp(got.data, expected.data) == 0, "document %d, question %d\n%s\nis\n%s\nnot\n%s", n, q, document.data,
                      got.data, expected.data);
            free(got.data);
            free(expected.data);
        }
        free(document.data);
    }
    for (int q = 0; q < N_QUESTIONS; q++)
        CHECK_MSG((q == 3 || right[q] > n_documents / 20) && wrong[q] > n_documents / 20, "question %d: %d guesses right, %d wrong", q, right[q], wrong[q]);
    lnt_engine_free(engine);
}

TEST(questions_to_delimited_files_are_answered_alike_on_a_guess) {
    check_questions(open_csv, random_document, 300);
}

TEST(questions_to_json_lines_are_answered_alike_on_a_guess) {
    check_questions(open_json, random_lines, 300);
}

// ---- settling ----

static void check_settled(open_fn open, csv_text (*make)(uint64_t *seed)) {
    lnt_engine *engine;
    lnt_error err = {0};
    lnt_engine_options threads = {.n_threads = 2};
    CHECK_OK(lnt_engine_new(&threads, &engine, &err), &err);
    for (uint64_t seed = 1; seed < 60; seed++) {
        uint64_t state = seed * 0x9e3779b97f4a7c15u;
        csv_text document = make(&state), expected = {0}, got = {0};
        lnt_scan *plain, *guessed;
        CHECK_OK(open(engine, &document, false, &plain, &err), &err);
        CHECK_OK(open(engine, &document, true, &guessed, &err), &err);
        CHECK_OK(lnt__scan_settle(guessed, &err), &err);
        put_scan(&expected, plain, engine);
        put_scan(&got, guessed, engine);
        CHECK_STR(got.data, expected.data);
        CHECK_INT(lnt_schema_n_columns(guessed->schema), lnt_schema_n_columns(plain->schema));
        for (int64_t c = 0; c < lnt_schema_n_columns(plain->schema); c++)
            CHECK_INT(lnt_schema_type(guessed->schema, c), lnt_schema_type(plain->schema, c));
        lnt_scan_unref(plain);
        lnt_scan_unref(guessed);
        free(expected.data);
        free(got.data);
        free(document.data);
    }
    lnt_engine_free(engine);
}

TEST(a_guessed_scan_that_is_settled_is_as_if_nothing_had_been_guessed) {
    check_settled(open_csv, random_document);
    check_settled(open_json, random_lines);
}

// ---- memory ----

/// A document of many rows, whose texts repeat, and so are coded while they come.
static csv_text large_document(int n_rows, bool json) {
    csv_text document = {0};
    if (!json) csv_put(&document, "a,b,c\n", 6);
    for (int i = 0; i < n_rows; i++)
        csv_putf(&document, json ? "{\"a\":%d,\"b\":\"text number %d\",\"c\":\"2024-03-01T00:00:%02d\"}\n" : "%d,\"text number %d\",2024-03-01 00:00:%02d\n",
                 i, i % 5 ? i % 40000 : i, i % 60);
    return document;
}

static lnt_status open_large(lnt_engine *engine, const csv_text *document, bool json, lnt_scan **out, lnt_error *err) {
    lnt_input *input;
    LNT_TRY(lnt_input_from_memory("document", document->data, (int64_t)document->size, &input, err));
    if (json) return lnt__json_lines_open(engine, input, &(lnt_json_options){0}, 0, 1, 0, (lnt__json_tuning){.defer_bytes = 1}, out, err);
    return lnt_csv_open_input(engine, input, &(lnt_csv_options){0}, &(lnt_csv_tuning){.defer_bytes = 1}, out, err);
}

static lnt_status load_large(lnt_engine *engine, const csv_text *document, bool json, lnt_table **out, lnt_error *err) {
    lnt_scan *scan = NULL;
    LNT_TRY(open_large(engine, document, json, &scan, err));
    lnt_status status = lnt__scan_load(engine, scan, out, err);
    lnt_scan_unref(scan);
    return status;
}

TEST(every_allocation_of_a_guessed_load_may_fail) {
    lnt_engine *engine;
    lnt_error err = {0};
    CHECK_OK(lnt_engine_new(&(lnt_engine_options){.n_threads = 1}, &engine, &err), &err);
    for (int json = 0; json < 2; json++) {
        uint64_t seed = 11;
        csv_text document = json ? random_lines(&seed) : random_document(&seed);
        bool done = false;
        for (int64_t n = 0; n < 6000 && !done; n++) {
            lnt_scan *scan = NULL;
            lnt_table *table = NULL;
            err = (lnt_error){0};
            lnt_alloc_fail_after(n);
            lnt_status status = (json ? open_json : open_csv)(engine, &document, true, &scan, &err);
            if (status == LNT_OK) status = lnt__scan_load(engine, scan, &table, &err);
            lnt_alloc_fail_after(-1);
            done = status == LNT_OK;
            CHECK_MSG(done || status == LNT_NOMEM, "%s", err.message);
            lnt_table_unref(table);
            lnt_scan_unref(scan);
            CHECK_INT(lnt_engine_memory_used(engine), 0);
        }
        CHECK(done);
        free(document.data);
    }
    lnt_engine_free(engine);
}

TEST(allocations_fail_while_a_load_codes_texts_early) {
    enum { N_ROWS = 600000 }; // more than it begins with
    lnt_engine *engine;
    lnt_error err = {0};
    CHECK_OK(lnt_engine_new(&(lnt_engine_options){.n_threads = 1}, &engine, &err), &err);
    csv_text document = large_document(N_ROWS, false);
    lnt_table *table = NULL;
    lnt_alloc_fail_after(-1);
    CHECK_OK(load_large(engine, &document, false, &table, &err), &err);
    CHECK_INT(lnt_table_n_rows(table), N_ROWS);
    int64_t all = lnt_alloc_count();
    lnt_table_unref(table);
    for (int64_t k = 1; k <= 12; k++) { // the later ones are those of coding and of finishing
        table = NULL;
        err = (lnt_error){0};
        lnt_alloc_fail_after(all * (k + 12) / 25);
        lnt_status status = load_large(engine, &document, false, &table, &err);
        lnt_alloc_fail_after(-1);
        CHECK_MSG(status == LNT_NOMEM && !table, "%s", lnt_status_name(status));
        CHECK_INT(lnt_engine_memory_used(engine), 0);
    }
    free(document.data);
    lnt_engine_free(engine);
}

TEST(a_load_keeps_within_the_memory_limit_or_says_who_asked) {
    enum { N_ROWS = 600000 };
    for (int json = 0; json < 2; json++) {
        csv_text document = large_document(N_ROWS, json);
        for (int64_t mib = 2; mib <= 64; mib *= 2) {
            lnt_engine *engine;
            lnt_error err = {0};
            lnt_table *table = NULL;
            CHECK_OK(lnt_engine_new(&(lnt_engine_options){.n_threads = 2, .memory_limit_bytes = mib << 20}, &engine, &err), &err);
            lnt_status status = load_large(engine, &document, json, &table, &err);
            CHECK_MSG(status == LNT_OK || status == LNT_LIMIT, "%s", err.message);
            CHECK_MSG(mib > 4 || status == LNT_LIMIT, "%d MiB were enough", (int)mib);
            CHECK_MSG(mib < 64 || status == LNT_OK, "%s", err.message);
            if (status == LNT_OK)
                CHECK_INT(lnt_table_n_rows(table), N_ROWS);
            else
                CHECK_MSG(strstr(err.message, "memory") != NULL, "%s", err.message);
            lnt_table_unref(table);
            CHECK_INT(lnt_engine_memory_used(engine), 0);
            lnt_engine_free(engine);
        }
        free(document.data);
    }
}

int main(int argc, char **argv) {
    return check_main(argc, argv);
}
