/// @file test_share.c
/// Tables through shared memory: what comes out is what went in, and nothing that breaks a column's invariants comes out.
#include "model.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/engine.h"
#include "column/column.h"
#include "io/share.h"

static lnt_engine *engine;
static lnt_error err;

static const model_kind kinds[] = {{LNT_BOOL, 10, 2},       {LNT_INT, 0, 50},      {LNT_INT, 30, 100000},
                                   {LNT_FLOAT, 10, 99},     {LNT_TIME, 10, 9999},  {LNT_IP, 10, 20},
                                   {LNT_STRING, 10, 20},    {LNT_STRING, 0, 9999}, {LNT_STRING, 100, 9}};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

static const char *const names[N_KINDS + 1] = {"b", "i", "j", "f", "t", "ip", "s", "u", "null", "constant"};

/// A table with a column of every kind, and a constant one.
static lnt_table *make_table(model *models, int64_t n) {
    lnt_column *columns[N_KINDS + 1];
    for (int k = 0; k < N_KINDS; k++) {
        models[k] = model_new(kinds[k], n, (uint64_t)n + (uint64_t)k);
        columns[k] = model_column(engine, &models[k]);
    }
    lnt_value text = {.type = LNT_STRING, .as.s = {"always", 6}};
    CHECK_OK(lnt_column_constant(engine, LNT_STRING, text, n, &columns[N_KINDS], &err), &err);
    lnt_table *table = NULL;
    CHECK_OK(lnt_table_new(names, columns, N_KINDS + 1, n, &table, &err), &err);
    for (int k = 0; k <= N_KINDS; k++) lnt_column_unref(columns[k]);
    return table;
}

TEST(a_table_comes_out_as_it_went_in_and_outlives_its_descriptor) {
    static const int64_t lengths[] = {0, 1, 63, 64, 65, 5000};
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
        model models[N_KINDS];
        int64_t n = lengths[l], rows[5000];
        for (int64_t i = 0; i < n; i++) rows[i] = i;
        lnt_table *table = make_table(models, n), *out = NULL;
        int fd = -1;
        CHECK_OK(lnt_table_share(table, &fd, &err), &err);
        lnt_table_unref(table);
        CHECK_OK(lnt_table_adopt(engine, fd, INT64_MAX, &out, &err), &err);
        close(fd);
        CHECK_INT(lnt_table_n_rows(out), n);
        for (int k = 0; k < N_KINDS; k++) {
            CHECK_STR(lnt_schema_name(lnt_table_schema(out), k), names[k]);
            model_check(&models[k], lnt_table_column(out, k), rows, n);
            model_free(&models[k]);
        }
        for (int64_t i = 0; i < n; i++) {
            lnt_value v = lnt_column_get(lnt_table_column(out, N_KINDS), i);
            CHECK(v.as.s.size == 6 && memcmp(v.as.s.data, "always", 6) == 0);
        }
        lnt_table_unref(out);
    }
}

/// A sealed (or not) memory file with these bytes.
static int file_of(const void *bytes, int64_t size, int seals) {
    int fd = memfd_create("test", MFD_ALLOW_SEALING);
    CHECK_INT(write(fd, bytes, (size_t)size), size);
    if (seals) CHECK_INT(fcntl(fd, F_ADD_SEALS, seals), 0);
    return fd;
}

enum { SEALED = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW };

static uint8_t *bytes_of(int fd, int64_t *size) {
    struct stat info;
    CHECK_INT(fstat(fd, &info), 0);
    *size = info.st_size;
    uint8_t *bytes = malloc((size_t)*size);
    CHECK_INT(pread(fd, bytes, (size_t)*size, 0), *size);
    return bytes;
}

/// A small table's file, as bytes.
static uint8_t *sample_bytes(int64_t n, int64_t *size) {
    model models[N_KINDS];
    lnt_table *table = make_table(models, n);
    int fd = -1;
    CHECK_OK(lnt_table_share(table, &fd, &err), &err);
    uint8_t *bytes = bytes_of(fd, size);
    close(fd);
    lnt_table_unref(table);
    for (int k = 0; k < N_KINDS; k++) model_free(&models[k]);
    return bytes;
}

TEST(a_file_that_can_still_be_changed_is_refused) {
    int64_t size;
    uint8_t *bytes = sample_bytes(10, &size);
    static const int seals[] = {0, F_SEAL_WRITE, F_SEAL_SHRINK | F_SEAL_GROW, F_SEAL_WRITE | F_SEAL_GROW};
    for (size_t i = 0; i < sizeof seals / sizeof *seals; i++) {
        lnt_table *out = NULL;
        int fd = file_of(bytes, size, seals[i]);
        CHECK_INT(lnt_table_adopt(engine, fd, INT64_MAX, &out, NULL), LNT_FORMAT);
        close(fd);
    }
    free(bytes);
}

TEST(a_file_that_is_larger_than_allowed_is_refused) {
    int64_t size;
    uint8_t *bytes = sample_bytes(10, &size);
    lnt_table *out = NULL;
    int fd = file_of(bytes, size, SEALED);
    CHECK_INT(lnt_table_adopt(engine, fd, size - 1, &out, NULL), LNT_LIMIT);
    close(fd);
    free(bytes);
}

/// Reads every value of a table, as a kernel would; the sanitizers watch.
static int64_t touch(const lnt_table *table) {
    int64_t sum = 0;
    for (int64_t c = 0; c < lnt_table_n_columns(table); c++) {
        const lnt_column *column = lnt_table_column(table, c);
        for (int64_t i = 0; i < lnt_column_length(column) && i < 100000; i++) {
            lnt_value v = lnt_column_get(column, i);
            if (v.is_null) continue;
            if (v.type == LNT_STRING)
                for (int64_t b = 0; b < v.as.s.size; b++) sum += v.as.s.data[b];
            else
                sum += v.type == LNT_BOOL ? v.as.b : 1;
        }
    }
    return sum;
}

/// Adopts bytes; what is taken must be sound.
static bool try_bytes(const uint8_t *bytes, int64_t size) {
    lnt_table *out = NULL;
    int fd = file_of(bytes, size, SEALED);
    lnt_error e = {0};
    lnt_status status = lnt_table_adopt(engine, fd, INT64_MAX, &out, &e);
    close(fd);
    if (status == LNT_OK) CHECK(touch(out) >= INT64_MIN);
    if (status != LNT_OK) CHECK_MSG(e.message[0] != 0, "a refusal without a reason");
    if (status == LNT_OK) lnt_table_unref(out);
    return status == LNT_OK;
}

TEST(whatever_bytes_are_changed_the_table_is_refused_or_sound) {
    static const uint8_t values[] = {0, 1, 7, 0x7f, 0x80, 0xff};
    int64_t size, refused = 0;
    uint8_t *bytes = sample_bytes(70, &size);
    CHECK(try_bytes(bytes, size));
    int64_t head = (int64_t)(sizeof(lnt__share_header) + 14 * sizeof(lnt__share_entry));
    for (int64_t at = 0; at < size; at += at < head ? 1 : 13) {
        uint8_t before = bytes[at];
        for (size_t v = 0; v < sizeof values; v++) {
            bytes[at] = values[v];
            refused += !try_bytes(bytes, size);
        }
        bytes[at] = before;
    }
    CHECK_MSG(refused > 1000, "only %" PRId64 " changes were refused", refused);
    for (int64_t cut = 0; cut < size; cut += 97) CHECK(!try_bytes(bytes, cut));
    free(bytes);
}

TEST(lies_about_text_codes_and_places_are_found) {
    int64_t size;
    uint8_t *bytes = sample_bytes(70, &size);
    lnt__share_entry *entries = (lnt__share_entry *)(bytes + sizeof(lnt__share_header));
    lnt__share_entry *dictionary_column = &entries[6], *plain = &entries[entries[6].dictionary];
    uint8_t *codes = bytes + dictionary_column->data.at, *text = bytes + plain->bytes.at;
    uint8_t kept = codes[0];
    codes[0] = 0xfe; // a code that no string has
    CHECK(!try_bytes(bytes, size));
    codes[0] = kept;
    kept = text[0];
    text[0] = 0xc3; // no character
    CHECK(!try_bytes(bytes, size));
    text[0] = kept;
    int64_t place = plain->data.at;
    plain->data.at = INT64_MAX - 63;
    CHECK(!try_bytes(bytes, size));
    plain->data.at = place;
    dictionary_column->dictionary = 6; // its own
    CHECK(!try_bytes(bytes, size));
    free(bytes);
}

int main(int argc, char **argv) {
    lnt_engine_options options = {.n_threads = 2};
    if (lnt_engine_new(&options, &engine, &err) != LNT_OK) return 1;
    int status = check_main(argc, argv);
    if (lnt_engine_memory_used(engine) != 0) fprintf(stderr, "tables are still held\n"), status = 1;
    lnt_engine_free(engine);
    return status;
}
