// Inputs: plain, compressed, archived and piped bytes, and what is said when they can't be read. Archives are made with
// the shell's tools; a tool that is missing skips its test visibly.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "csv_model.h"

static char folder[] = "/tmp/lunette-input-XXXXXX";

static char *in_folder(const char *name) {
    static char paths[8][512];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static void write_file(const char *name, const char *data, size_t size) {
    FILE *file = fopen(in_folder(name), "wb");
    CHECK(file && fwrite(data, 1, size, file) == size);
    if (file) fclose(file);
}

/// Runs a shell command in the folder; false (said on stderr) if its tool is missing or it fails.
static bool shell(const char *tool, const char *command) {
    char line[1024];
    snprintf(line, sizeof line, "command -v %s >/dev/null 2>&1 && cd %s && %s", tool, folder, command);
    bool ok = system(line) == 0;
    if (!ok) fprintf(stderr, "skipped: no %s here (%s)\n", tool, command);
    return ok;
}

static bool has_module(void) {
    bool here = getenv("LUNETTE_MODULES") != NULL;
    if (!here) fprintf(stderr, "skipped: LUNETTE_MODULES doesn't say where lunette-archive.so is\n");
    return here;
}

/// A table of `n` rows, some with quoted newlines.
static csv_text table_text(int n) {
    csv_text text = {0};
    uint64_t seed = 5;
    csv_put(&text, "id,host,note\n", 13);
    for (int i = 0; i < n; i++)
        csv_putf(&text, "%d,host-%llx.example,\"note %d%s with, comma\"\n", i, (unsigned long long)model_random(&seed),
                 i, i % 50 ? "" : "\nand a line");
    return text;
}

static csv_text read_path(const char *path, const char *member, csv_how how, lnt_status *status) {
    csv_text out = {0};
    lnt_error err = {0};
    lnt_engine *engine;
    lnt_engine_options threads = {.n_threads = how.n_threads};
    lnt_input *input;
    lnt_scan *scan = NULL;
    int64_t columns[] = {0, 1, 2};
    csv_put(&out, "", 0);
    CHECK_OK(lnt_engine_new(&threads, &engine, &err), &err);
    *status = lnt_input_open(path, member, &input, &err);
    if (*status == LNT_OK) *status = lnt_csv_open_input(engine, input, NULL, &how.tuning, &scan, &err);
    if (*status == LNT_OK) *status = csv_run_scan(scan, engine, columns, 3, NULL, &out, &err);
    if (*status != LNT_OK) csv_putf(&out, "%s", err.message);
    lnt_scan_unref(scan);
    lnt_engine_free(engine);
    return out;
}

static void check_open_fails(const char *path, lnt_status code, const char *message) {
    lnt_input *input;
    lnt_error err = {0};
    CHECK_INT(lnt_input_open(path, NULL, &input, &err), code);
    CHECK_MSG(strstr(err.message, message), "\"%s\" doesn't say \"%s\"", err.message, message);
}

// ---- what can't be opened ----

TEST(a_missing_file_is_said_with_the_nearest_name_of_its_directory) {
    write_file("threatfox.csv", "a,b\n", 4);
    check_open_fails(in_folder("threatfx.csv"), LNT_IO, "threatfox.csv'?)");
    check_open_fails(in_folder("something-else.json"), LNT_IO, "no file");
    check_open_fails(in_folder("threatfox"), LNT_IO, "threatfox.csv'?)");
    check_open_fails(in_folder("threatfox.csv.gz"), LNT_IO, "threatfox.csv'?)");
    check_open_fails(in_folder("nowhere/x.csv"), LNT_IO, "there is no directory");
    check_open_fails("", LNT_ARGUMENT, "empty");
}

TEST(a_short_name_is_not_like_every_other_with_its_ending) {
    write_file("a.csv", "a\n", 2);
    const char *unlike[] = {"x.csv", "c", "zz.csv", "fox.csv"};
    for (size_t i = 0; i < sizeof unlike / sizeof *unlike; i++) {
        lnt_input *input;
        lnt_error err = {0};
        CHECK_INT(lnt_input_open(in_folder(unlike[i]), NULL, &input, &err), LNT_IO);
        CHECK_MSG(!strstr(err.message, "did you mean"), "%s", err.message);
    }
}

TEST(a_directory_and_a_file_without_rights_are_said_to_be_so) {
    check_open_fails(folder, LNT_IO, "is a directory");
    write_file("secret.csv", "a\n", 2);
    chmod(in_folder("secret.csv"), 0);
    if (geteuid() == 0)
        fprintf(stderr, "skipped: root may read everything\n");
    else
        check_open_fails(in_folder("secret.csv"), LNT_IO, "permission denied");
}

// ---- compressed ----

static void check_compressed(const char *tool, const char *command, const char *result) {
    if (!has_module() || !shell(tool, command)) return;
    lnt_status status;
    csv_text plain = read_path(in_folder("table.csv"), NULL, (csv_how){1, {0}, false}, &status);
    CHECK_INT(status, LNT_OK);
    for (int threads = 1; threads <= 4; threads += 3) {
        csv_how how = {threads, {.block_bytes = 200000}, false};
        csv_text got = read_path(in_folder(result), NULL, how, &status);
        CHECK_MSG(status == LNT_OK, "%s: %s", result, got.data);
        CHECK_MSG(strcmp(got.data, plain.data) == 0, "%s: %zu bytes of rows, not %zu", result, got.size, plain.size);
        free(got.data);
    }
    free(plain.data);
}

TEST(compressed_files_and_archives_of_one_file_read_like_the_plain_file) {
    csv_text table = table_text(60000);
    write_file("table.csv", table.data, table.size);
    free(table.data);
    check_compressed("gzip", "gzip -kf table.csv", "table.csv.gz");
    check_compressed("xz", "xz -kf0 table.csv", "table.csv.xz");
    check_compressed("zstd", "zstd -qf table.csv", "table.csv.zst");
    check_compressed("bzip2", "bzip2 -kf table.csv", "table.csv.bz2");
    check_compressed("lz4", "lz4 -qf table.csv table.csv.lz4", "table.csv.lz4");
    check_compressed("zip", "zip -q one.zip table.csv", "one.zip");
    check_compressed("tar", "tar czf one.tar.gz table.csv", "one.tar.gz");
    check_compressed("gzip", "(gzip -c < table.csv | head -c 100000 > /dev/null; gzip -c < table.csv > other.gz)",
                     "other.gz");
}

TEST(an_archive_of_several_files_lists_them_and_member_picks_one) {
    if (!has_module()) return;
    write_file("b.csv", "id,host,note\n7,x,y\n", 19);
    if (!shell("zip", "zip -q two.zip table.csv b.csv")) return;
    lnt_status status;
    csv_how how = {1, {0}, false};
    csv_text got = read_path(in_folder("two.zip"), NULL, how, &status);
    CHECK_INT(status, LNT_FORMAT);
    CHECK_MSG(strstr(got.data, "holds 2 files; say which (--member NAME, or the option member): table.csv, b.csv"), "%s", got.data);
    free(got.data);
    got = read_path(in_folder("two.zip"), "b.csv", how, &status);
    CHECK_STR(got.data, "row 0: 7 1[x] 1[y]\n");
    free(got.data);
    got = read_path(in_folder("two.zip"), "c.csv", how, &status);
    CHECK_MSG(strstr(got.data, "no member 'c.csv'; it holds: table.csv, b.csv"), "%s", got.data);
    free(got.data);
    got = read_path(in_folder("b.csv"), "c.csv", how, &status);
    CHECK_MSG(strstr(got.data, "is no archive"), "%s", got.data);
    free(got.data);
}

TEST(compressed_files_that_are_cut_off_fail_and_say_so) {
    static const char *const files[][2] = {
        {"gzip", "table.csv.gz"}, {"xz", "table.csv.xz"}, {"zstd", "table.csv.zst"}, {"zip", "one.zip"}};
    if (!has_module()) return;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char command[256];
        snprintf(command, sizeof command, "head -c 100000 %s > cut.bin", files[i][1]);
        if (!shell(files[i][0], command)) continue;
        for (int threads = 1; threads <= 3; threads += 2) {
            lnt_status status;
            csv_how how = {threads, {.block_bytes = 50000}, false};
            csv_text got = read_path(in_folder("cut.bin"), NULL, how, &status);
            CHECK_MSG(status == LNT_FORMAT, "%s: %.200s", files[i][1], got.data);
            CHECK_MSG(strstr(got.data, "damaged or cut off") || strstr(got.data, "holds no file"), "%s: %.200s",
                      files[i][1], got.data);
            free(got.data);
        }
    }
}

TEST(a_gzip_file_whose_content_changed_is_told_by_its_checksum) {
    csv_text table = table_text(2000);
    write_file("small.csv", table.data, table.size);
    free(table.data);
    if (!has_module() || !shell("gzip", "gzip -1kf small.csv && cat small.csv.gz small.csv.gz > two.gz")) return;
    if (!shell("dd", "dd if=/dev/zero bs=100 count=1 2>/dev/null | cat small.csv.gz - > padded.gz")) return;
    csv_how how = {1, {0}, false};
    lnt_status status;
    free(read_path(in_folder("two.gz"), NULL, how, &status).data);
    CHECK_INT(status, LNT_OK); // of several members only the last has its checksum at the end
    free(read_path(in_folder("padded.gz"), NULL, how, &status).data);
    CHECK_INT(status, LNT_OK);
    FILE *file = fopen(in_folder("small.csv.gz"), "rb");
    char data[1 << 17];
    size_t size = fread(data, 1, sizeof data, file);
    fclose(file);
    data[size - 8] ^= 1; // the checksum's first byte: stands for any change that still inflates
    write_file("changed.gz", data, size);
    csv_text got = read_path(in_folder("changed.gz"), NULL, how, &status);
    CHECK_INT(status, LNT_FORMAT);
    CHECK_MSG(strstr(got.data, "checksum"), "%s", got.data);
    free(got.data);
}

TEST(flipped_bytes_in_compressed_files_never_crash) {
    static const char *const files[] = {"table.csv.gz", "table.csv.xz", "table.csv.zst", "one.zip"};
    uint64_t seed = 3;
    if (!has_module()) return;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        FILE *file = fopen(in_folder(files[i]), "rb");
        if (!file) continue;
        char *data = malloc(1 << 22);
        size_t size = fread(data, 1, 1 << 22, file);
        fclose(file);
        for (int round = 0; round < 8; round++) {
            data[model_random(&seed) % (round < 4 ? 64 : size)] ^= (char)(1 + model_random(&seed) % 255);
            write_file("flipped.bin", data, size);
            lnt_status status;
            csv_text got = read_path(in_folder("flipped.bin"), NULL, (csv_how){2, {0}, false}, &status);
            free(got.data);
        }
        free(data);
    }
}

// ---- pipes ----

/// Runs `fn` in a child whose standard input is a pipe that gets `text`; true if it returned true.
static bool with_stdin(const char *text, bool (*fn)(void)) {
    int ends[2];
    if (pipe(ends) != 0) return false;
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[0], 0);
        close(ends[0]);
        if (write(ends[1], text, strlen(text)) < 0) _exit(2);
        close(ends[1]);
        _exit(fn() ? 0 : 1);
    }
    close(ends[0]);
    close(ends[1]);
    int status = 1;
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool peek_then_read_twice(void) {
    char head[8];
    int64_t size;
    lnt_error err = {0};
    if (lnt_peek("-", NULL, head, sizeof head, &size, &err) != LNT_OK || size != 8 || memcmp(head, "id,host,", 8) != 0)
        return false;
    for (int i = 0; i < 2; i++) {
        lnt_status status;
        csv_text got = read_path(i ? "/dev/stdin" : "-", NULL, (csv_how){2, {0}, false}, &status);
        bool same = strcmp(got.data, "row 0: 7 1[x] 1[y]\n") == 0;
        if (!same) fprintf(stderr, "%s\n", got.data);
        free(got.data);
        if (!same) return false;
    }
    return true;
}

TEST(stdin_can_be_peeked_at_and_read_again) {
    CHECK(with_stdin("id,host,note\n7,x,y\n", peek_then_read_twice));
}

TEST(a_named_pipe_is_read_once_and_scanned_as_often_as_needed) {
    char *path = in_folder("pipe");
    CHECK_INT(mkfifo(path, 0600), 0);
    pid_t child = fork();
    if (child == 0) {
        int fd = open(path, O_WRONLY);
        const char text[] = "id,host,note\n7,x,y\n";
        _exit(write(fd, text, sizeof text - 1) < 0);
    }
    lnt_status status;
    csv_text got = read_path(path, NULL, (csv_how){2, {0}, false}, &status);
    CHECK_STR(got.data, "row 0: 7 1[x] 1[y]\n");
    free(got.data);
    int result;
    waitpid(child, &result, 0);
}

TEST(a_peek_sees_the_decompressed_beginning) {
    char head[3];
    int64_t size;
    lnt_error err = {0};
    if (!has_module() || access(in_folder("table.csv.gz"), R_OK) != 0) return;
    CHECK_OK(lnt_peek(in_folder("table.csv.gz"), NULL, head, sizeof head, &size, &err), &err);
    CHECK(size == 3 && memcmp(head, "id,", 3) == 0);
}

int main(int argc, char **argv) {
    if (!mkdtemp(folder)) return 1;
    int status = check_main(argc, argv);
    char command[600];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command) != 0) fprintf(stderr, "%s is left behind\n", folder);
    return status;
}
