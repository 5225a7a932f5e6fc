/// @file test_collector.c
/// Collectors against arrays of values: every type, form, selection and way of splitting gives the same values.
#include "model.h"

#include "base/engine.h"
#include "column/column.h"

static lnt_engine *engine;
static lnt_error err;

static const int64_t lengths[] = {0, 1, 63, 64, 65, 1023, 1024, 1025, 4096, 10000};
enum { N_LENGTHS = sizeof lengths / sizeof lengths[0] };

static lnt_collector *collector_new(lnt_type type) {
    lnt_collector *c = NULL;
    CHECK_OK(lnt_collector_new(engine, type, "test", &c, &err), &err);
    return c;
}

/// Appends the model's rows [start, end) in vectors of `step` rows.
static void append_rows(lnt_collector *c, const model *m, int64_t start, int64_t end, int64_t step) {
    for (int64_t at = start; at < end; at += step) {
        int64_t n = end - at < step ? end - at : step;
        lnt_vec vec = model_vec(m, at, n);
        CHECK_OK(lnt_collector_append(c, &vec, NULL, n, &err), &err);
        model_vec_free(&vec);
    }
}

static void finish_and_check(lnt_collector *c, const model *m, const int64_t *rows, int64_t n) {
    lnt_column *column = NULL;
    CHECK_OK(lnt_collector_finish(c, &column, &err), &err);
    model_check(m, column, rows, n);
    lnt_column_unref(column);
    CHECK_INT(lnt_collector_length(c), 0);
    lnt_collector_free(c);
}

/// Runs `fn` over models of all types, lengths, shares of nulls and numbers of distinct values.
static void each_model(void (*fn)(const model *m)) {
    static const int percents[] = {0, 30, 100};
    static const int64_t distincts[] = {2, 300, 100000};
    for (int type = LNT_BOOL; type < LNT_TYPE_COUNT; type++) {
        for (int l = 0; l < N_LENGTHS; l++) {
            for (int p = 0; p < 3; p++) {
                for (int d = 0; d < 3; d++) {
                    model m = model_new((model_kind){(lnt_type)type, percents[p], distincts[d]}, lengths[l], 7);
                    fn(&m);
                    model_free(&m);
                }
            }
        }
    }
}

static void collect_whole(const model *m) {
    lnt_collector *c = collector_new(m->kind.type);
    append_rows(c, m, 0, m->n, 4096);
    CHECK_INT(lnt_collector_length(c), m->n);
    finish_and_check(c, m, NULL, m->n);
}

TEST(vectors_of_every_type_come_back_as_they_went_in) {
    each_model(collect_whole);
}

static void collect_selected(const model *m) {
    lnt_collector *c = collector_new(m->kind.type);
    int64_t *rows = malloc(sizeof *rows * (size_t)(m->n + 1)), n = 0;
    for (int64_t at = 0; at < m->n; at += 4096) {
        int64_t size = m->n - at < 4096 ? m->n - at : 4096, n_sel = 0;
        uint32_t sel[4096];
        for (int64_t i = 0; i < size; i++) {
            if ((at + i) % 3 == 1) continue;
            sel[n_sel++] = (uint32_t)i;
            rows[n++] = at + i;
        }
        lnt_vec vec = model_vec(m, at, size);
        CHECK_OK(lnt_collector_append(c, &vec, sel, n_sel, &err), &err);
        model_vec_free(&vec);
    }
    finish_and_check(c, m, rows, n);
    free(rows);
}

TEST(only_selected_rows_are_collected) {
    each_model(collect_selected);
}

static void collect_merged(const model *m) {
    static const int64_t cuts[] = {1, 64, 100, 3000, 5000};
    lnt_collector *c = collector_new(m->kind.type);
    int64_t at = 0;
    for (int i = 0; at < m->n; i++) {
        int64_t n = cuts[i % 5] < m->n - at ? cuts[i % 5] : m->n - at;
        lnt_collector *part = collector_new(m->kind.type);
        append_rows(part, m, at, at + n, 1000);
        CHECK_OK(lnt_collector_merge(c, part, &err), &err);
        CHECK_INT(lnt_collector_length(part), 0);
        lnt_collector_free(part);
        at += n;
        if (i % 4 == 3 && at < m->n) append_rows(c, m, at, at + 1, 1), at++;
    }
    finish_and_check(c, m, NULL, m->n);
}

TEST(parts_merged_in_order_give_what_one_collector_gives) {
    each_model(collect_merged);
}

/// Collects parts whose collectors use `n_lexicons` lexicons in turn; some are sealed long before they are merged.
static lnt_column *collect_with_lexicons(const model *m, int n_lexicons) {
    enum { WAITING = 4 };
    static const int64_t cuts[] = {700, 64, 1, 3000, 1500};
    lnt_lexicon *lexicons[3];
    lnt_collector *c = collector_new(m->kind.type), *waiting[WAITING] = {NULL};
    for (int k = 0; k < n_lexicons; k++) CHECK_OK(lnt_lexicon_new(engine, "test", &lexicons[k], &err), &err);
    int64_t at = 0;
    for (int i = 0; at < m->n || i % WAITING; i++) {
        int64_t n = cuts[i % 5] < m->n - at ? cuts[i % 5] : m->n - at;
        lnt_collector *part = waiting[i % WAITING] = collector_new(m->kind.type);
        CHECK_OK(lnt_collector_use(part, lexicons[i % n_lexicons], &err), &err);
        append_rows(part, m, at, at + n, 500);
        CHECK_OK(lnt_collector_seal(part, &err), &err);
        at += n;
        for (int w = 0; i % WAITING == WAITING - 1 && w < WAITING; w++) {
            CHECK_OK(lnt_collector_merge(c, waiting[w], &err), &err);
            lnt_collector_free(waiting[w]);
        }
    }
    lnt_column *column = NULL;
    CHECK_OK(lnt_collector_finish(c, &column, &err), &err);
    lnt_collector_free(c);
    for (int k = 0; k < n_lexicons; k++) lnt_lexicon_free(lexicons[k]);
    return column;
}

TEST(parts_that_share_lexicons_give_the_same_column_however_many_there_are) {
    static const int64_t distincts[] = {1, 2, 300, 6000, 100000};
    for (int d = 0; d < 5; d++) {
        for (int percent = 0; percent <= 100; percent += 50) {
            model m = model_new((model_kind){LNT_STRING, percent, distincts[d]}, 30000, 11);
            lnt_column *one = collect_with_lexicons(&m, 1);
            model_check(&m, one, NULL, m.n);
            for (int n_lexicons = 2; n_lexicons <= 3; n_lexicons++) {
                lnt_column *more = collect_with_lexicons(&m, n_lexicons);
                model_check(&m, more, NULL, m.n);
                CHECK_INT(more->layout, one->layout);
                CHECK_INT(more->data->size, one->data->size);
                CHECK(memcmp(more->data->data, one->data->data, (size_t)one->data->size) == 0);
                lnt_column_unref(more);
            }
            lnt_column_unref(one);
            model_free(&m);
        }
    }
}

/// String `k` of many long ones.
static lnt_str long_text(char *text, int64_t k) {
    enum { SIZE = 2000 };
    memset(text, 'a' + (int)(k % 26), SIZE);
    int n = snprintf(text, SIZE, "%" PRId64, k);
    text[n] = '.';
    return (lnt_str){text, SIZE};
}

TEST(a_lexicon_that_has_grown_large_begins_anew) {
    enum { PARTS = 30, ROWS = 600, DISTINCT = 5000, SIZE = 2000 }; // 4 MiB are reached after some 2,100 strings
    lnt_lexicon *lexicon = NULL;
    CHECK_OK(lnt_lexicon_new(engine, "test", &lexicon, &err), &err);
    lnt_collector *c = collector_new(LNT_STRING);
    char *texts = malloc((size_t)ROWS * SIZE), text[SIZE];
    lnt_str *rows = malloc(ROWS * sizeof *rows);
    for (int64_t p = 0; p < PARTS; p++) {
        lnt_collector *part = collector_new(LNT_STRING);
        CHECK_OK(lnt_collector_use(part, lexicon, &err), &err);
        for (int64_t i = 0; i < ROWS; i++) rows[i] = long_text(texts + i * SIZE, (p * 211 + i / 2) % DISTINCT);
        lnt_vec vec = {.type = LNT_STRING, .form = LNT_FORM_FLAT, .data = rows};
        CHECK_OK(lnt_collector_append(part, &vec, NULL, ROWS, &err), &err);
        CHECK_OK(lnt_collector_seal(part, &err), &err);
        CHECK_OK(lnt_collector_merge(c, part, &err), &err);
        lnt_collector_free(part);
    }
    lnt_column *column = NULL;
    CHECK_OK(lnt_collector_finish(c, &column, &err), &err);
    CHECK_INT(column->layout, LNT_LAYOUT_DICTIONARY);
    for (int64_t row = 0; row < (int64_t)PARTS * ROWS; row++) {
        lnt_str expected = long_text(text, (row / ROWS * 211 + row % ROWS / 2) % DISTINCT);
        if (!lnt_str_equal(lnt_column_get(column, row).as.s, expected)) CHECK_INT(row, -1);
    }
    lnt_column_unref(column);
    lnt_collector_free(c);
    lnt_lexicon_free(lexicon);
    free(texts);
    free(rows);
}

/// The model's column, read as vectors (dictionary codes, narrow integers, constants) and collected again.
static void collect_column(const model *m) {
    lnt_column *column = model_column(engine, m);
    model_check(m, column, NULL, m->n);
    lnt_collector *c = collector_new(m->kind.type);
    lnt_arena arena;
    lnt_arena_init(&arena, NULL, "test");
    for (int64_t at = 0; at < m->n; at += 1000) { // starts that aren't multiples of 64
        int64_t n = m->n - at < 1000 ? m->n - at : 1000;
        lnt_vec vec;
        lnt_arena_reset(&arena);
        CHECK_OK(lnt_vec_from_column(column, at, n, &arena, &vec, &err), &err);
        for (int64_t i = 0; i < n; i++) CHECK(model_same(lnt_vec_get(&vec, i), m->values[at + i]));
        CHECK_OK(lnt_collector_append(c, &vec, NULL, n, &err), &err);
    }
    finish_and_check(c, m, NULL, m->n);
    lnt_arena_clear(&arena);
    lnt_column_unref(column);
}

TEST(columns_read_as_vectors_can_be_collected_again) {
    each_model(collect_column);
}

/// Collects the columns of several string models, whose layouts differ, one after the other or as parts.
static void mix_strings(const model *models, int n_models, bool as_parts) {
    model all = {.kind = models[0].kind};
    lnt_collector *c = collector_new(LNT_STRING);
    lnt_arena arena;
    lnt_arena_init(&arena, NULL, "test");
    for (int k = 0; k < n_models; k++) {
        const model *m = &models[k];
        lnt_column *column = model_column(engine, m);
        lnt_collector *part = as_parts ? collector_new(LNT_STRING) : c;
        for (int64_t at = 0; at < m->n; at += 4096) {
            int64_t n = m->n - at < 4096 ? m->n - at : 4096;
            lnt_vec vec;
            CHECK_OK(lnt_vec_from_column(column, at, n, &arena, &vec, &err), &err);
            CHECK_OK(lnt_collector_append(part, &vec, NULL, n, &err), &err);
        }
        lnt_column_unref(column); // what is kept is kept by reference
        if (as_parts) {
            CHECK_OK(lnt_collector_merge(c, part, &err), &err);
            lnt_collector_free(part);
        }
        all.values = realloc(all.values, sizeof *all.values * (size_t)(all.n + m->n + 1));
        memcpy(all.values + all.n, m->values, sizeof *all.values * (size_t)m->n);
        all.n += m->n;
    }
    finish_and_check(c, &all, NULL, all.n);
    lnt_arena_clear(&arena);
    free(all.values);
}

TEST(strings_of_all_layouts_mix_in_any_order) {
    static const model_kind kinds[] = {
        {LNT_STRING, 10, 50}, {LNT_STRING, 0, 1000000}, {LNT_STRING, 100, 5}, {LNT_STRING, 50, 300}};
    for (int order = 0; order < 256; order++) {
        model models[4];
        for (int k = 0; k < 4; k++) models[k] = model_new(kinds[order >> 2 * k & 3], k == 2 ? 6000 : 700, (uint64_t)k);
        mix_strings(models, 4, order & 1);
        for (int k = 0; k < 4; k++) model_free(&models[k]);
    }
}

TEST(strings_with_few_values_become_a_dictionary_and_others_plain) {
    model few = model_new((model_kind){LNT_STRING, 0, 10}, 10000, 1);
    model many = model_new((model_kind){LNT_STRING, 0, 1000000000}, 10000, 1);
    lnt_column *a = model_column(engine, &few), *b = model_column(engine, &many);
    CHECK_STR(lnt_column_layout_name(a), "dictionary");
    CHECK_INT(a->width, 1);
    CHECK_STR(lnt_column_layout_name(b), "plain");
    CHECK_INT(b->width, 4);
    lnt_column_unref(a);
    lnt_column_unref(b);
    model_free(&few);
    model_free(&many);
}

TEST(a_dictionary_of_more_than_65536_strings_becomes_plain) {
    model m = model_new((model_kind){LNT_STRING, 0, 70000}, 1000000, 3);
    lnt_collector *c = collector_new(LNT_STRING);
    append_rows(c, &m, 0, m.n, 4096);
    lnt_column *column = NULL;
    CHECK_OK(lnt_collector_finish(c, &column, &err), &err);
    CHECK_STR(lnt_column_layout_name(column), "plain");
    model_check(&m, column, NULL, m.n);
    lnt_column_unref(column);
    lnt_collector_free(c);
    model_free(&m);
}

TEST(integers_are_as_narrow_as_they_fit) {
    static const struct {
        int64_t low, high;
        int width;
    } cases[] = {{-128, 127, 1},
                 {0, 128, 2},
                 {-129, 0, 2},
                 {-32768, 32767, 2},
                 {0, 32768, 4},
                 {INT32_MIN, 0, 4},
                 {0, INT32_MAX, 4},
                 {0, (int64_t)INT32_MAX + 1, 8},
                 {INT64_MIN, INT64_MAX, 8}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        lnt_collector *c = collector_new(LNT_INT);
        int64_t values[] = {0, cases[i].low, cases[i].high};
        lnt_vec vec = {.type = LNT_INT, .form = LNT_FORM_FLAT, .data = values};
        CHECK_OK(lnt_collector_append(c, &vec, NULL, 3, &err), &err);
        lnt_column *column = NULL;
        CHECK_OK(lnt_collector_finish(c, &column, &err), &err);
        CHECK_INT(column->width, cases[i].width);
        for (int k = 0; k < 3; k++) CHECK_INT(lnt_column_get(column, k).as.i, values[k]);
        lnt_column_unref(column);
        lnt_collector_free(c);
    }
}

TEST(addresses_take_four_bytes_until_one_is_ipv6) {
    lnt_ip values[] = {lnt_ip_from_v4(0x01020304), {0, 0}, lnt_ip_from_v4(0xffffffff), {0x20010db8u, 5}};
    uint64_t valid = 0xd; // the second is null
    lnt_collector *c = collector_new(LNT_IP);
    lnt_vec vec = {.type = LNT_IP, .form = LNT_FORM_FLAT, .data = values, .valid = &valid};
    for (int n = 3; n <= 4; n++) {
        CHECK_OK(lnt_collector_append(c, &vec, NULL, 3, &err), &err);
        if (n == 4) CHECK_OK(lnt_collector_append(c, &vec, NULL, 4, &err), &err);
        lnt_column *column = NULL;
        CHECK_OK(lnt_collector_finish(c, &column, &err), &err);
        CHECK_INT(column->width, n == 3 ? 4 : 16);
        CHECK_INT(lnt_column_null_count(column), n == 3 ? 1 : 2);
        CHECK(lnt_ip_compare(lnt_column_get(column, 2).as.ip, values[2]) == 0);
        if (n == 4) CHECK(lnt_ip_compare(lnt_column_get(column, 6).as.ip, values[3]) == 0);
        if (n == 4) CHECK(((lnt_ip *)column->data->data)[1].lo == 0); // null rows are zero
        lnt_column_unref(column);
    }
    lnt_collector_free(c);
}

TEST(constants_and_bare_nulls_are_repeated) {
    lnt_str text = lnt_str_from("mirai");
    lnt_vec constant = {.type = LNT_STRING, .form = LNT_FORM_CONSTANT, .data = &text};
    lnt_vec null = {.type = LNT_NULL, .form = LNT_FORM_CONSTANT};
    lnt_collector *c = collector_new(LNT_STRING);
    CHECK_OK(lnt_collector_append(c, &null, NULL, 1500, &err), &err);
    CHECK_OK(lnt_collector_append(c, &constant, NULL, 3000, &err), &err);
    lnt_column *column = NULL;
    CHECK_OK(lnt_collector_finish(c, &column, &err), &err);
    CHECK_INT(lnt_column_null_count(column), 1500);
    CHECK(lnt_column_get(column, 1499).is_null);
    CHECK(lnt_str_equal(lnt_column_get(column, 1500).as.s, text));
    CHECK(lnt_str_equal(lnt_column_get(column, 4499).as.s, text));
    lnt_column_unref(column);
    lnt_collector_free(c);
}

/// Collects in parts and finishes; says whether memory sufficed.
static bool try_to_collect(const model *m) {
    lnt_collector *c = NULL, *part = NULL;
    lnt_column *column = NULL;
    lnt_error e = {0};
    lnt_status status = lnt_collector_new(engine, m->kind.type, "test", &c, &e);
    for (int64_t at = 0; at < m->n && status == LNT_OK; at += 2500) {
        int64_t n = m->n - at < 2500 ? m->n - at : 2500;
        lnt_vec vec = model_vec(m, at, n);
        status = lnt_collector_new(engine, m->kind.type, "test", &part, &e);
        if (status == LNT_OK) status = lnt_collector_append(part, &vec, NULL, n, &e);
        if (status == LNT_OK) status = lnt_collector_merge(c, part, &e);
        lnt_collector_free(part);
        part = NULL;
        model_vec_free(&vec);
    }
    if (status == LNT_OK) status = lnt_collector_finish(c, &column, &e);
    if (status == LNT_OK)
        model_check(m, column, NULL, m->n);
    else
        CHECK_INT(e.code, LNT_NOMEM);
    CHECK_INT(e.code, status);
    lnt_column_unref(column);
    lnt_collector_free(c);
    return status == LNT_OK;
}

TEST(running_out_of_memory_anywhere_is_an_error_and_leaks_nothing) {
    static const model_kind kinds[] = {
        {LNT_STRING, 20, 300}, {LNT_STRING, 20, 1000000}, {LNT_INT, 20, 100000}, {LNT_IP, 20, 1000}};
    for (int k = 0; k < 4; k++) {
        model m = model_new(kinds[k], 10000, 5);
        bool done = false;
        for (int64_t i = 0; !done && i < 10000; i++) {
            lnt_alloc_fail_after(i);
            done = try_to_collect(&m);
            CHECK_INT(lnt_engine_memory_used(engine), 0);
        }
        lnt_alloc_fail_after(-1);
        CHECK(done);
        model_free(&m);
    }
}

TEST(a_memory_limit_is_reported_with_who_asked) {
    lnt_engine *small = NULL;
    lnt_engine_options options = {.n_threads = 1, .memory_limit_bytes = 100000};
    CHECK_OK(lnt_engine_new(&options, &small, &err), &err);
    lnt_collector *c = NULL;
    CHECK_OK(lnt_collector_new(small, LNT_FLOAT, "sort", &c, &err), &err);
    double values[4096] = {0};
    lnt_vec vec = {.type = LNT_FLOAT, .form = LNT_FORM_FLAT, .data = values};
    lnt_error e = {0};
    lnt_status status = LNT_OK;
    for (int i = 0; i < 10 && status == LNT_OK; i++) status = lnt_collector_append(c, &vec, NULL, 4096, &e);
    CHECK_INT(status, LNT_LIMIT);
    CHECK_MSG(strncmp(e.message, "sort asks for ", 14) == 0, "%s", e.message);
    lnt_collector_free(c);
    CHECK_INT(lnt_engine_memory_used(small), 0);
    lnt_engine_free(small);
}

int main(int argc, char **argv) {
    lnt_engine_options options = {.n_threads = 3};
    if (lnt_engine_new(&options, &engine, &err) != LNT_OK) return 1;
    int status = check_main(argc, argv);
    if (lnt_engine_memory_used(engine) != 0) fprintf(stderr, "columns are still held\n"), status = 1;
    lnt_engine_free(engine);
    return status;
}
