// Writers: the exact text of every format, what reads back from it, files that appear whole or not at all, digests.
#include "base/engine.h"
#include "base/text.h"
#include "column/column.h"
#include "io/json/json_reader.h"
#include "lunette/io.h"

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static lnt_engine *engine;
static uint64_t seed = 88172645463325252u;

static uint64_t next_random(void) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

// ---- tables ----

static lnt_value null_of(lnt_type type) {
    return (lnt_value){.type = type, .is_null = true};
}
static lnt_value int_of(int64_t i) {
    return (lnt_value){.type = LNT_INT, .as.i = i};
}
static lnt_value time_of(int64_t us) {
    return (lnt_value){.type = LNT_TIME, .as.i = us};
}
static lnt_value float_of(double f) {
    return (lnt_value){.type = LNT_FLOAT, .as.f = f};
}
static lnt_value bool_of(bool b) {
    return (lnt_value){.type = LNT_BOOL, .as.b = b};
}
static lnt_value ip_of(lnt_ip ip) {
    return (lnt_value){.type = LNT_IP, .as.ip = ip};
}
static lnt_value string_of(const char *text) {
    return (lnt_value){.type = LNT_STRING, .as.s = {text, (int64_t)strlen(text)}};
}

static lnt_column *column_of(const lnt_value *values, int64_t n, lnt_type type) {
    lnt_error err = {0};
    lnt_column_builder *builder = NULL;
    lnt_column *column = NULL;
    CHECK_OK(lnt_column_builder_new(engine, type, &builder, &err), &err);
    for (int64_t i = 0; i < n; i++) CHECK_OK(lnt_column_builder_append(builder, values[i], &err), &err);
    CHECK_OK(lnt_column_builder_finish(builder, &column, &err), &err);
    lnt_column_builder_free(builder);
    return column;
}

// A plan over a table of these columns (taken over).
static lnt_plan *plan_of(const char *const *names, lnt_column **columns, int64_t n, int64_t n_rows) {
    lnt_error err = {0};
    lnt_table *table = NULL;
    lnt_plan *plan = NULL;
    CHECK_OK(lnt_table_new(names, columns, n, n_rows, &table, &err), &err);
    CHECK_OK(lnt_plan_table(table, &plan, &err), &err);
    lnt_table_unref(table);
    for (int64_t i = 0; i < n; i++) lnt_column_unref(columns[i]);
    return plan;
}

// A column `s` of strings, NULL for null, and a column `n` that counts.
static lnt_plan *plan_of_strings(const char *const *texts, int64_t n) {
    lnt_value strings[64], numbers[64];
    for (int64_t i = 0; i < n; i++) {
        strings[i] = texts[i] ? string_of(texts[i]) : null_of(LNT_STRING);
        numbers[i] = int_of(i);
    }
    lnt_column *columns[] = {column_of(strings, n, LNT_STRING), column_of(numbers, n, LNT_INT)};
    return plan_of((const char *[]){"s", "n"}, columns, 2, n);
}

// All types, a row of values and a row of nulls.
static lnt_plan *plan_of_all_types(void) {
    const lnt_value values[] = {bool_of(true),
                                int_of(-7),
                                float_of(0.25),
                                string_of("x"),
                                time_of(1636970400500000),
                                ip_of(lnt_ip_from_v4(0x01020304))};
    lnt_column *columns[6];
    for (int i = 0; i < 6; i++) {
        lnt_value rows[] = {values[i], null_of(values[i].type)};
        columns[i] = column_of(rows, 2, values[i].type);
    }
    return plan_of((const char *[]){"b", "i", "f", "s", "t", "p"}, columns, 6, 2);
}

// ---- text ----

static lnt_status collect(void *context, const char *bytes, int64_t size, lnt_error *err) {
    (void)err;
    lnt_text_add(context, bytes, size);
    CHECK(size > 0);
    return LNT_OK;
}

// What the plan (taken over) is written as.
static const char *written(lnt_plan *plan, lnt_format format, bool raw) {
    static char out[20000];
    lnt_text text = {0};
    lnt_error err = {0};
    lnt_write_options options = {.format = format, .raw = raw};
    CHECK_OK(lnt_write(engine, plan, &options, collect, &text, &err), &err);
    snprintf(out, sizeof out, "%s", text.data ? text.data : "");
    lnt_text_clear(&text);
    lnt_plan_unref(plan);
    return out;
}

TEST(every_type_has_its_text_in_every_format) {
    CHECK_STR(written(plan_of_all_types(), LNT_FORMAT_CSV, false),
              "b,i,f,s,t,p\ntrue,-7,0.25,x,2021-11-15T10:00:00.5Z,1.2.3.4\n,,,,,\n");
    CHECK_STR(written(plan_of_all_types(), LNT_FORMAT_TSV, false),
              "b\ti\tf\ts\tt\tp\ntrue\t-7\t0.25\tx\t2021-11-15T10:00:00.5Z\t1.2.3.4\n\t\t\t\t\t\n");
    CHECK_STR(written(plan_of_all_types(), LNT_FORMAT_JSON, false),
              "[\n{\"b\":true,\"i\":-7,\"f\":0.25,\"s\":\"x\",\"t\":\"2021-11-15T10:00:00.5Z\",\"p\":\"1.2.3.4\"},\n"
              "{\"b\":null,\"i\":null,\"f\":null,\"s\":null,\"t\":null,\"p\":null}\n]\n");
    CHECK_STR(written(plan_of_all_types(), LNT_FORMAT_NDJSON, false),
              "{\"b\":true,\"i\":-7,\"f\":0.25,\"s\":\"x\",\"t\":\"2021-11-15T10:00:00.5Z\",\"p\":\"1.2.3.4\"}\n"
              "{\"b\":null,\"i\":null,\"f\":null,\"s\":null,\"t\":null,\"p\":null}\n");
    CHECK_STR(written(plan_of_all_types(), LNT_FORMAT_MARKDOWN, false),
              "| b | i | f | s | t | p |\n| --- | ---: | ---: | --- | --- | --- |\n"
              "| true | -7 | 0.25 | x | 2021-11-15T10:00:00.5Z | 1.2.3.4 |\n| | | | | | |\n");
}

TEST(csv_quotes_only_what_needs_it) {
    const char *texts[] = {"plain", "a b", "a,b", "say \"hi\"", "two\nlines", "cr\r",
                           "",      NULL,  "#1",  " lead",      "semi;colon", "tab\there"};
    CHECK_STR(
        written(plan_of_strings(texts, 12), LNT_FORMAT_CSV, false),
        "s,n\nplain,0\na b,1\n\"a,b\",2\n\"say \"\"hi\"\"\",3\n\"two\nlines\",4\n\"cr\r\",5\n\"\",6\n,7\n\"#1\",8\n"
        "\" lead\",9\nsemi;colon,10\ntab\there,11\n");
    CHECK_STR(written(plan_of_strings(texts + 10, 2), LNT_FORMAT_TSV, false),
              "s\tn\nsemi;colon\t0\n\"tab\there\"\t1\n");
}

TEST(csv_takes_the_teeth_out_of_formulas_unless_raw) {
    const char *texts[] = {"=1+1", "+1", "-1", "@x", "\tx", "\rx", "=a,\"b\"", "a=1"};
    CHECK_STR(written(plan_of_strings(texts, 8), LNT_FORMAT_CSV, false),
              "s,n\n'=1+1,0\n'+1,1\n'-1,2\n'@x,3\n'\tx,4\n\"'\rx\",5\n\"'=a,\"\"b\"\"\",6\na=1,7\n");
    CHECK_STR(written(plan_of_strings(texts, 3), LNT_FORMAT_CSV, true), "s,n\n=1+1,0\n+1,1\n-1,2\n");
    lnt_column *columns[] = {column_of(NULL, 0, LNT_INT)};
    CHECK_STR(written(plan_of((const char *[]){"=cmd()"}, columns, 1, 0), LNT_FORMAT_CSV, false), "'=cmd()\n");
}

TEST(a_row_of_one_null_is_still_a_line) {
    lnt_value values[] = {null_of(LNT_STRING), string_of("x")};
    lnt_column *columns[] = {column_of(values, 2, LNT_STRING)};
    CHECK_STR(written(plan_of((const char *[]){"s"}, columns, 1, 2), LNT_FORMAT_CSV, false), "s\n\"\"\nx\n");
}

TEST(json_escapes_what_could_do_harm) {
    const char *texts[] = {"q\"b\\s/",         "\b\f\n\r\t\x01\x1f\x7f",
                           "</script>",        "\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\x9c",
                           "\xc2\x9b\xc2\xa9", "\xf0\x9f\x98\x80"};
    CHECK_STR(written(plan_of_strings(texts, 6), LNT_FORMAT_NDJSON, false),
              "{\"s\":\"q\\\"b\\\\s/\",\"n\":0}\n{\"s\":\"\\b\\f\\n\\r\\t\\u0001\\u001f\\u007f\",\"n\":1}\n"
              "{\"s\":\"\\u003c/script>\",\"n\":2}\n{\"s\":\"\\u2028\\u2029\xe2\x80\x9c\",\"n\":3}\n"
              "{\"s\":\"\\u009b\xc2\xa9\",\"n\":4}\n{\"s\":\"\xf0\x9f\x98\x80\",\"n\":5}\n");
    const lnt_value floats[] = {float_of((double)NAN), float_of(-(double)INFINITY), float_of(1e300)};
    lnt_column *columns[] = {column_of(floats, 3, LNT_FLOAT)};
    CHECK_STR(written(plan_of((const char *[]){"a\"b"}, columns, 1, 3), LNT_FORMAT_JSON, false),
              "[\n{\"a\\\"b\":null},\n{\"a\\\"b\":null},\n{\"a\\\"b\":1e+300}\n]\n");
}

TEST(markdown_shows_text_as_text) {
    const char *texts[] = {
        "a|b",      "*x* _y_ `z`", "<b>&amp;", "l1\nl2\x1b[31m", "http://evil.example/x", "www.evil.example",
        "\xc2\x9b", "\xe2\x80\xae"};
    CHECK_STR(written(plan_of_strings(texts, 8), LNT_FORMAT_MARKDOWN, false),
              "| s | n |\n| --- | ---: |\n| a\\|b | 0 |\n| \\*x\\* \\_y\\_ \\`z\\` | 1 |\n| \\<b\\>\\&amp; | 2 |\n"
              "| l1\\\\nl2\\\\x1b\\[31m | 3 |\n| http\\://evil.example/x | 4 |\n| www\\.evil.example | 5 |\n| \\\\x9b "
              "| 6 |\n| \\\\u202e | 7 |\n");
}

TEST(no_rows_are_a_header_or_an_empty_array) {
    CHECK_STR(written(plan_of_strings(NULL, 0), LNT_FORMAT_CSV, false), "s,n\n");
    CHECK_STR(written(plan_of_strings(NULL, 0), LNT_FORMAT_JSON, false), "[]\n");
    CHECK_STR(written(plan_of_strings(NULL, 0), LNT_FORMAT_NDJSON, false), "");
    CHECK_STR(written(plan_of_strings(NULL, 0), LNT_FORMAT_MARKDOWN, false), "| s | n |\n| --- | ---: |\n");
}

// ---- there and back ----

static lnt_value random_value(lnt_type type, char *text) {
    static const char alphabet[] = "ab,;\"'\n\r\t #=+-@|<\\{}[]";
    if (next_random() % 5 == 0) return null_of(type);
    uint64_t bits = next_random();
    double number;
    memcpy(&number, &bits, sizeof number);
    switch (type) {
    case LNT_BOOL:
        return bool_of(bits & 1);
    case LNT_INT:
        return int_of((int64_t)(bits >> bits % 60));
    case LNT_FLOAT:
        return float_of(isfinite(number) ? number : 0.5);
    case LNT_TIME:
        return time_of((int64_t)(bits % 4000000000000000));
    case LNT_IP:
        return ip_of(bits & 1 ? lnt_ip_from_v4((uint32_t)bits) : (lnt_ip){bits, next_random()});
    default:
        for (int64_t i = 0, n = (int64_t)(bits % 12); i <= n; i++)
            text[i] = i < n ? alphabet[next_random() % (sizeof alphabet - 1)] : 0;
        return string_of(text);
    }
}

enum { N_RANDOM = 5000 };

// A plan over random columns of all types; the table, too.
static lnt_plan *random_plan(lnt_table **table) {
    static lnt_value values[N_RANDOM];
    static char texts[N_RANDOM][16];
    static const char *const names[] = {"b", "i", "f", "s", "t", "p"};
    static const lnt_type types[] = {LNT_BOOL, LNT_INT, LNT_FLOAT, LNT_STRING, LNT_TIME, LNT_IP};
    lnt_error err = {0};
    lnt_column *columns[6];
    lnt_plan *plan = NULL;
    for (int c = 0; c < 6; c++) {
        for (int i = 0; i < N_RANDOM; i++) values[i] = random_value(types[c], texts[i]);
        columns[c] = column_of(values, N_RANDOM, types[c]);
    }
    CHECK_OK(lnt_table_new(names, columns, 6, N_RANDOM, table, &err), &err);
    CHECK_OK(lnt_plan_table(*table, &plan, &err), &err);
    for (int c = 0; c < 6; c++) lnt_column_unref(columns[c]);
    return plan;
}

static bool same(lnt_value a, lnt_value b) {
    if (a.is_null || b.is_null) return a.is_null == b.is_null;
    switch (a.type) {
    case LNT_BOOL:
        return a.as.b == b.as.b;
    case LNT_FLOAT:
        return memcmp(&a.as.f, &b.as.f, sizeof a.as.f) == 0;
    case LNT_STRING:
        return lnt_str_equal(a.as.s, b.as.s);
    case LNT_IP:
        return lnt_ip_compare(a.as.ip, b.as.ip) == 0;
    default:
        return a.as.i == b.as.i;
    }
}

// Runs the scan (taken over) and holds what it gives against `table`.
static void check_same(lnt_scan *scan, const lnt_table *table, const char *what) {
    lnt_error err = {0};
    lnt_plan *plan = NULL;
    lnt_table *back = NULL;
    CHECK_OK(lnt_plan_scan(scan, &plan, &err), &err);
    CHECK_OK(lnt_plan_run(engine, plan, &back, &err), &err);
    CHECK_INT(lnt_table_n_rows(back), lnt_table_n_rows(table));
    for (int64_t c = 0; c < lnt_table_n_columns(table) && lnt_table_n_rows(back) == lnt_table_n_rows(table); c++) {
        const lnt_column *a = lnt_table_column(table, c), *b = lnt_table_column(back, c);
        CHECK_INT(lnt_column_type(a), lnt_column_type(b));
        for (int64_t i = 0; i < lnt_table_n_rows(table); i++) {
            CHECK_MSG(same(lnt_column_get(a, i), lnt_column_get(b, i)), "%s: column %" PRId64 " row %" PRId64, what, c,
                      i);
        }
    }
    lnt_table_unref(back);
    lnt_plan_unref(plan);
    lnt_scan_unref(scan);
}

// A path for this run's files; the directory is made by main.
static char folder[] = "/tmp/lunette-test-XXXXXX";
static const char *path_of(const char *name) {
    static char path[4][200];
    static int turn;
    char *out = path[turn++ & 3];
    snprintf(out, sizeof path[0], "%s/%s", folder, name);
    return out;
}
static int n_files(void) {
    char command[200], count[20] = "";
    snprintf(command, sizeof command, "ls -A %s | wc -l", folder);
    FILE *pipe = popen(command, "r");
    if (!pipe || !fgets(count, sizeof count, pipe)) return -1;
    pclose(pipe);
    return atoi(count);
}

TEST(what_json_writers_write_reads_back_the_same) {
    lnt_error err = {0};
    lnt_table *table = NULL;
    lnt_plan *plan = random_plan(&table);
    for (int format = LNT_FORMAT_JSON; format <= LNT_FORMAT_NDJSON; format++) {
        const char *path = path_of("back.json");
        lnt_scan *scan = NULL;
        CHECK_OK(lnt_write_file(engine, plan, path, &(lnt_write_options){.format = (lnt_format)format}, &err), &err);
        CHECK_OK(lnt_json_open(engine, path, NULL, &scan, &err), &err);
        check_same(scan, table, "json");
        unlink(path);
    }
    lnt_plan_unref(plan);
    lnt_table_unref(table);
}

TEST(what_csv_writers_write_reads_back_the_same) {
    lnt_error err = {0};
    lnt_table *table = NULL;
    lnt_plan *plan = random_plan(&table);
    const lnt_named_type types[] = {{"b", LNT_BOOL},   {"i", LNT_INT},  {"f", LNT_FLOAT},
                                    {"s", LNT_STRING}, {"t", LNT_TIME}, {"p", LNT_IP}};
    for (int format = LNT_FORMAT_CSV; format <= LNT_FORMAT_TSV; format++) {
        const char *path = path_of("back.csv");
        lnt_scan *scan = NULL;
        lnt_csv_options options = {
            .types = types, .n_types = 6, .quote = '"', .delimiter = format == LNT_FORMAT_CSV ? ',' : '\t'};
        CHECK_OK(lnt_write_file(engine, plan, path, &(lnt_write_options){.format = (lnt_format)format, .raw = true}, &err), &err);
        CHECK_OK(lnt_csv_open(engine, path, &options, &scan, &err), &err);
        check_same(scan, table, "csv");
        unlink(path);
    }
    lnt_plan_unref(plan);
    lnt_table_unref(table);
}

// ---- files ----

TEST(a_file_appears_whole_and_replaces_the_old_one) {
    lnt_error err = {0};
    const char *texts[] = {"x"}, *path = path_of("out.csv");
    lnt_plan *plan = plan_of_strings(texts, 1);
    for (int i = 0; i < 2; i++) {
        CHECK_OK(lnt_write_file(engine, plan, path, &(lnt_write_options){.format = LNT_FORMAT_CSV}, &err), &err);
        char content[20] = "";
        FILE *file = fopen(path, "rb");
        CHECK(file && fread(content, 1, sizeof content - 1, file) == 8);
        if (file) fclose(file);
        CHECK_STR(content, "s,n\nx,0\n");
        CHECK_INT(n_files(), 1);
        chmod(path, 0640);
    }
    struct stat info;
    CHECK(stat(path, &info) == 0 && (info.st_mode & 0777) == 0640);
    unlink(path);
    lnt_plan_unref(plan);
}

TEST(bytes_are_written_the_same_way) {
    lnt_error err = {0};
    const char *path = path_of("out.json"), *link = path_of("link.json");
    CHECK_OK(lnt_write_bytes(path, "old", 3, &err), &err);
    CHECK(symlink(path, link) == 0);
    CHECK_OK(lnt_write_bytes(link, "{}", 2, &err), &err);
    struct stat info;
    CHECK(lstat(link, &info) == 0 && S_ISLNK(info.st_mode));
    CHECK(stat(path, &info) == 0 && info.st_size == 2);
    CHECK_INT(n_files(), 2);
    unlink(link);
    unlink(path);
    CHECK_INT(lnt_write_bytes("/dev/full", "x", 1, &err), LNT_IO);
    CHECK_STR(err.message, "no space left for writing /dev/full");
}

TEST(a_link_stays_a_link) {
    lnt_error err = {0};
    lnt_plan *plan = plan_of_strings(NULL, 0);
    const char *target = path_of("target.csv"), *link = path_of("link.csv");
    CHECK(close(open(target, O_CREAT | O_WRONLY, 0600)) == 0 && symlink(target, link) == 0);
    CHECK_OK(lnt_write_file(engine, plan, link, NULL, &err), &err);
    struct stat info;
    CHECK(lstat(link, &info) == 0 && S_ISLNK(info.st_mode));
    CHECK(stat(target, &info) == 0 && info.st_size == 4);
    unlink(link);
    unlink(target);
    lnt_plan_unref(plan);
}

static lnt_status refuse(void *context, const char *bytes, int64_t size, lnt_error *err) {
    (void)context, (void)bytes, (void)size;
    return lnt_error_set(err, LNT_IO, "enough");
}

TEST(failures_say_why_and_leave_nothing) {
    lnt_error err = {0};
    lnt_plan *plan = plan_of_strings(NULL, 0);
    CHECK_INT(lnt_write(engine, plan, NULL, refuse, NULL, &err), LNT_IO);
    CHECK_STR(err.message, "enough");
    lnt_error_init(&err);
    CHECK_INT(lnt_write_file(engine, plan, path_of("no/such.csv"), NULL, &err), LNT_IO);
    CHECK(strstr(err.message, "its directory doesn't exist") != NULL);
    lnt_error_init(&err);
    CHECK_INT(lnt_write_file(engine, plan, folder, NULL, &err), LNT_IO);
    CHECK(strstr(err.message, "is a directory") != NULL);
    lnt_error_init(&err);
    CHECK_INT(lnt_write_file(engine, plan, "/dev/full", NULL, &err), LNT_IO);
    CHECK_STR(err.message, "no space left for writing /dev/full");
    lnt_error_init(&err);
    CHECK_INT(lnt_write(engine, plan, &(lnt_write_options){.format = (lnt_format)99}, refuse, NULL, &err), LNT_ARGUMENT);
    CHECK_INT(n_files(), 0);
    lnt_plan_unref(plan);
}

// ---- writers that come to an end ----

/// Runs `work` in a process of its own, with an engine of one thread; its wait status.
static int in_a_child(void (*work)(lnt_engine *own)) {
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        lnt_engine *own = NULL;
        if (lnt_engine_new(&(lnt_engine_options){.n_threads = 1}, &own, NULL) == LNT_OK) work(own);
        _exit(0);
    }
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child);
    return status;
}

static lnt_status die(void *context, const lnt_table *rows, lnt_column **out, lnt_error *err) {
    (void)context, (void)rows, (void)out, (void)err;
    kill(getpid(), SIGKILL);
    return LNT_OK;
}

static void write_and_die(lnt_engine *own) {
    lnt_plan *plan = plan_of_strings(NULL, 0), *deadly = NULL;
    lnt_map map = {.fn = die, .what = "death"};
    if (lnt_plan_map(plan, "x", LNT_INT, &map, &deadly, NULL) == LNT_OK)
        (void)!lnt_write_file(own, deadly, path_of("killed.csv"), NULL, NULL);
}

TEST(a_writer_that_is_killed_leaves_nothing) {
    int status = in_a_child(write_and_die);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    CHECK_INT(n_files(), 0);
}

static void write_too_much(lnt_engine *own) {
    (void)own;
    char bytes[4096] = {0};
    lnt_error err = {0};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){1000, 1000});
    bool refused = lnt_write_bytes(path_of("large.bin"), bytes, sizeof bytes, &err) == LNT_IO;
    if (!refused || !strstr(err.message, "ulimit -f")) _exit(1);
}

TEST(a_file_that_gets_too_large_is_an_error_and_leaves_nothing) {
    CHECK_INT(in_a_child(write_too_much), 0);
    CHECK_INT(n_files(), 0);
}

TEST(a_query_that_fails_on_the_way_leaves_the_old_file) {
    lnt_error err = {0};
    const char *path = path_of("old.csv");
    FILE *file = fopen(path, "wb");
    CHECK(file && fputs("old", file) >= 0 && fclose(file) == 0);
    lnt_value values[] = {int_of(INT64_MAX)};
    lnt_column *columns[] = {column_of(values, 1, LNT_INT)};
    lnt_plan *plan = plan_of((const char *[]){"n"}, columns, 1, 1), *derived = NULL;
    CHECK_OK(lnt_plan_derive(plan, (const char *[]){"m = n + 1"}, 1, NULL, &derived, &err), &err);
    CHECK_INT(lnt_write_file(engine, derived, path, NULL, &err), LNT_OVERFLOW);
    struct stat info;
    CHECK(stat(path, &info) == 0 && info.st_size == 3);
    CHECK_INT(n_files(), 1);
    unlink(path);
    lnt_plan_unref(derived);
    lnt_plan_unref(plan);
}

TEST(without_memory_nothing_breaks_and_nothing_stays) {
    lnt_plan *plan = plan_of_all_types();
    const char *path = path_of("memory.json");
    bool done = false;
    for (int64_t n = 0; n < 500 && !done; n++) {
        lnt_error err = {0};
        lnt_alloc_fail_after(n);
        lnt_status status = lnt_write_file(engine, plan, path, &(lnt_write_options){.format = LNT_FORMAT_JSON}, &err);
        lnt_alloc_fail_after(-1);
        done = status == LNT_OK;
        CHECK_MSG(done || status == LNT_NOMEM, "%s", err.message);
        CHECK_INT(n_files(), done);
    }
    CHECK(done);
    unlink(path);
    lnt_plan_unref(plan);
}

TEST(the_digest_is_sha256_of_the_bytes_on_disk) {
    lnt_error err = {0};
    const char *path = path_of("digest");
    FILE *file = fopen(path, "wb");
    CHECK(file && fputs("abc", file) >= 0 && fclose(file) == 0);
    int64_t size = 0;
    char hex[65] = "";
    lnt_status status = lnt_file_digest(path, &size, hex, &err);
    if (status == LNT_UNSUPPORTED) {
        printf("skipped: %s\n", err.message);
    } else {
        CHECK_OK(status, &err);
        CHECK_INT(size, 3);
        CHECK_STR(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
    unlink(path);
    lnt_error_init(&err);
    CHECK_INT(lnt_file_digest(path, &size, hex, &err), LNT_IO);
}

int main(int argc, char **argv) {
    lnt_error err = {0};
    if (lnt_engine_new(&(lnt_engine_options){.n_threads = 2}, &engine, &err) != LNT_OK || !mkdtemp(folder)) return 1;
    int status = check_main(argc, argv);
    CHECK_INT(lnt_engine_memory_used(engine), 0);
    lnt_engine_free(engine);
    rmdir(folder);
    return status || check_failures;
}
