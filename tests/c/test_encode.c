/// @file test_encode.c
/// Plain text that becomes codes: the same values, one code for each, the same codes at any number of threads; and text
/// that stays what it is.
#include "exec/stream.h"
#include "io/csv/csv.h"
#include "model.h"

#include "base/engine.h"
#include "base/hash.h"
#include "column/column.h"

static lnt_engine *engines[3];
static lnt_error err;

/// Some text of row `row`: one of `distinct`, short and long ones.
static lnt_str text_of(int64_t row, int64_t distinct, char out[64]) {
    uint64_t which = lnt_hash_u64((uint64_t)row) % (uint64_t)distinct;
    int size = snprintf(out, 64, which % 7 == 0 ? "a rather long text of number %llu" : "%llu", (unsigned long long)which);
    return (lnt_str){out, which == 3 ? 0 : size};
}

static bool is_null(int64_t row, int null_percent) {
    return (int64_t)((uint64_t)row * 2654435761u >> 7) % 100 < null_percent;
}

/// A column of plain text.
static lnt_column *plain_column(int64_t n, int64_t distinct, int null_percent) {
    lnt_column parts = {.type = LNT_STRING, .layout = LNT_LAYOUT_PLAIN, .width = 4, .length = n, .null_count = -1};
    char text[64];
    CHECK_OK(lnt_buffer_new(NULL, (n + 1) * 4, "test", &parts.data, &err), &err);
    CHECK_OK(lnt_buffer_new(NULL, 0, "test", &parts.bytes, &err), &err);
    CHECK_OK(lnt_buffer_new(NULL, lnt_bitmap_words(n) * 8, "test", &parts.validity, &err), &err);
    uint64_t *valid = (uint64_t *)(void *)parts.validity->data;
    lnt_bitmap_fill(valid, 0, n, true);
    for (int64_t row = 0; row < n; row++) {
        ((uint32_t *)(void *)parts.data->data)[row] = (uint32_t)parts.bytes->size;
        lnt_str value = text_of(row, distinct, text);
        if (is_null(row, null_percent))
            lnt_bitmap_unset(valid, row);
        else
            CHECK_OK(lnt_buffer_append(parts.bytes, value.data, value.size, "test", &err), &err);
    }
    ((uint32_t *)(void *)parts.data->data)[n] = (uint32_t)parts.bytes->size;
    parts.data->size = (n + 1) * 4;
    parts.validity->size = lnt_bitmap_words(n) * 8;
    lnt_column *column = NULL;
    CHECK_OK(lnt_column_make(parts, &column, &err), &err);
    return column;
}

static void check_values(const lnt_column *column, int64_t n, int64_t distinct, int null_percent) {
    int64_t wrong = 0;
    char text[64];
    CHECK_INT(lnt_column_length(column), n);
    for (int64_t row = 0; row < n; row++) {
        lnt_value value = lnt_column_get(column, row);
        wrong += value.is_null != is_null(row, null_percent) ||
                 (!value.is_null && !lnt_str_equal(value.as.s, text_of(row, distinct, text)));
    }
    CHECK_INT(wrong, 0);
}

/// No two codes stand for the same text.
static void check_dictionary(const lnt_column *column, int64_t at_most) {
    const lnt_column *dictionary = column->dictionary;
    CHECK(dictionary->length <= at_most);
    for (int64_t i = 0; i < dictionary->length; i += dictionary->length / 100 + 1)
        for (int64_t j = i + 1; j < dictionary->length; j++)
            CHECK(!lnt_str_equal(lnt_column_str(dictionary, i), lnt_column_str(dictionary, j)));
}

/// Encodes with 1, 2 and 4 threads.
static void check_encoding(int64_t n, int64_t distinct, int null_percent, lnt_layout expected) {
    lnt_column *first = NULL;
    for (int e = 0; e < 3; e++) {
        lnt_column *column = plain_column(n, distinct, null_percent);
        CHECK_OK(lnt__encode_strings(engines[e], &column, &err), &err);
        CHECK_INT(column->layout, expected);
        check_values(column, n, distinct, null_percent);
        if (column->layout == LNT_LAYOUT_DICTIONARY) {
            check_dictionary(column, distinct);
            if (first) {
                CHECK_INT(column->width, first->width);
                CHECK(memcmp(column->data->data, first->data->data, (size_t)(n * column->width)) == 0);
            }
        }
        if (!first) first = lnt_column_ref(column);
        lnt_column_unref(column);
    }
    lnt_column_unref(first);
}

TEST(text_that_repeats_becomes_codes_with_the_same_values) {
    check_encoding(262144, 1, 0, LNT_LAYOUT_DICTIONARY);
    check_encoding(262145, 200, 30, LNT_LAYOUT_DICTIONARY);
    check_encoding(300001, 20000, 10, LNT_LAYOUT_DICTIONARY);
}

TEST(pieces_of_many_rows_come_to_the_same_codes_at_any_number_of_threads) {
    check_encoding(5 << 20, 100000, 5, LNT_LAYOUT_DICTIONARY);
}

TEST(text_that_hardly_repeats_and_text_of_few_rows_stay) {
    check_encoding(262143, 10, 0, LNT_LAYOUT_PLAIN);
    check_encoding(300000, 300000, 0, LNT_LAYOUT_PLAIN);
    check_encoding(300000, 60000, 10, LNT_LAYOUT_PLAIN);
    check_encoding(300000, 100, 100, LNT_LAYOUT_PLAIN);
    check_encoding(0, 1, 0, LNT_LAYOUT_PLAIN);
}

TEST(every_allocation_that_fails_is_reported_and_the_column_stays) {
    bool done = false;
    for (int64_t i = 0; !done && i < 200; i++) {
        lnt_column *column = plain_column(262144, 500, 10);
        lnt_error failure = {0};
        lnt_alloc_fail_after(i);
        lnt_status status = lnt__encode_strings(engines[0], &column, &failure);
        lnt_alloc_fail_after(-1);
        done = status == LNT_OK;
        CHECK(done || status == LNT_NOMEM);
        CHECK(done == (column->layout == LNT_LAYOUT_DICTIONARY));
        if (i % 8 == 0) check_values(column, 262144, 500, 10);
        lnt_column_unref(column);
    }
    CHECK(done);
}

// ---- while rows come ----

/// The model's column as the rows of a file, loaded.
static lnt_column *loaded_column(lnt_engine *engine, int64_t n, int64_t distinct, int null_percent) {
    lnt_text file = {0};
    char text[64];
    lnt_text_add(&file, "t,n\n", 4);
    for (int64_t row = 0; row < n; row++) {
        lnt_str value = text_of(row, distinct, text);
        if (!is_null(row, null_percent)) lnt_text_add(&file, value.size ? value.data : "\"\"", value.size ? value.size : 2);
        lnt_text_add(&file, ",7\n", 3);
    }
    lnt_input *input;
    lnt_scan *scan;
    lnt_plan *plan;
    lnt_table *table;
    lnt_csv_options options = {.delimiter = ',', .quote = '"', .header = LNT_YES, .all_strings = true};
    CHECK_OK(lnt_input_from_memory("file", file.data, file.size, &input, &err), &err);
    CHECK_OK(lnt_csv_open_input(engine, input, &options, NULL, &scan, &err), &err);
    CHECK_OK(lnt_plan_scan(scan, &plan, &err), &err);
    CHECK_OK(lnt_plan_run(engine, plan, &table, &err), &err);
    lnt_column *column = lnt_column_ref(lnt_table_column(table, 0));
    lnt_table_unref(table);
    lnt_plan_unref(plan);
    lnt_scan_unref(scan);
    lnt_text_clear(&file);
    return column;
}

static void check_loading(int64_t n, int64_t distinct, int null_percent, lnt_layout expected) {
    lnt_column *column = plain_column(n, distinct, null_percent);
    CHECK_OK(lnt__encode_strings(engines[0], &column, &err), &err);
    CHECK_INT(column->layout, expected);
    for (int e = 0; e < 3; e++) {
        lnt_column *loaded = loaded_column(engines[e], n, distinct, null_percent);
        CHECK_INT(loaded->layout, expected);
        CHECK_INT(loaded->null_count, column->null_count);
        check_values(loaded, n, distinct, null_percent);
        if (loaded->layout == expected) {
            CHECK_INT(loaded->width, column->width);
            CHECK(memcmp(loaded->data->data, column->data->data, (size_t)(n * column->width)) == 0);
        }
        lnt_column_unref(loaded);
    }
    lnt_column_unref(column);
}

TEST(text_that_is_coded_while_it_comes_has_the_codes_that_it_would_have_in_the_end) {
    check_loading(700000, 60000, 0, LNT_LAYOUT_DICTIONARY);
    check_loading(700000, 60000, 20, LNT_LAYOUT_DICTIONARY);
}

TEST(text_that_was_coded_too_early_is_text_in_the_end) {
    check_loading(800000, 110000, 0, LNT_LAYOUT_PLAIN);  // more than four of each at first, less than eight in the end
    check_loading(600000, 500000, 10, LNT_LAYOUT_PLAIN); // never coded
}

int main(int argc, char **argv) {
    static const int n_threads[] = {1, 2, 4};
    for (int e = 0; e < 3; e++) {
        lnt_engine_options options = {.n_threads = n_threads[e]};
        CHECK_OK(lnt_engine_new(&options, &engines[e], &err), &err);
    }
    int status = check_main(argc, argv);
    for (int e = 0; e < 3; e++) lnt_engine_free(engines[e]);
    return status;
}
