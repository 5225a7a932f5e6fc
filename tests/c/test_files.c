/// @file test_files.c
/// Private files, durable files, locks.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "lunette/files.h"

static char path[256];

static void make(const char *content, mode_t mode) {
    snprintf(path, sizeof path, "/tmp/lunette-test-files-%ld", (long)getpid());
    FILE *file = fopen(path, "wb");
    if (!file) abort();
    fputs(content, file);
    fclose(file);
    chmod(path, mode);
}

TEST(a_private_file_is_read_and_an_open_one_refused) {
    char *content = NULL;
    int64_t size = 0;
    lnt_error err;
    lnt_error_init(&err);
    make("a = b\n", 0600);
    CHECK(lnt_file_read_private(path, &content, &size, &err) == LNT_OK);
    CHECK_STR(content, "a = b\n");
    CHECK_INT(size, 6);
    lnt_file_free(content);
    static const mode_t open_to_others[] = {0640, 0604, 0620, 0601, 0666};
    for (size_t i = 0; i < sizeof open_to_others / sizeof *open_to_others; i++) {
        chmod(path, open_to_others[i]);
        lnt_error_init(&err);
        CHECK(lnt_file_read_private(path, &content, &size, &err) == LNT_ARGUMENT);
        CHECK(strstr(err.message, "chmod 600") != NULL);
    }
    unlink(path);
    lnt_error_init(&err);
    CHECK(lnt_file_read_private(path, &content, &size, &err) == LNT_IO);
    CHECK(lnt_file_read_private("/tmp", &content, &size, NULL) == LNT_ARGUMENT);
}

TEST(a_durable_file_replaces_what_was_there) {
    lnt_error err;
    lnt_error_init(&err);
    make("old", 0600);
    CHECK(lnt_file_write_durable(path, "newer", 5, &err) == LNT_OK);
    char *content = NULL;
    int64_t size = 0;
    chmod(path, 0600);
    CHECK(lnt_file_read_private(path, &content, &size, &err) == LNT_OK);
    CHECK_STR(content, "newer");
    lnt_file_free(content);
    unlink(path);
    CHECK(lnt_file_write_durable("/nonexistent/file", "x", 1, &err) == LNT_IO);
}

TEST(a_lock_is_one_processes_and_ends_with_it) {
    int fd, second;
    make("", 0600);
    pid_t child = fork();
    if (child == 0) {
        int held;
        _exit(lnt_file_lock(path, &held, NULL) == LNT_OK && held >= 0 ? 0 : 1); // ends without unlocking
    }
    int status;
    waitpid(child, &status, 0);
    CHECK_INT(status, 0);
    CHECK(lnt_file_lock(path, &fd, NULL) == LNT_OK);
    CHECK(fd >= 0);
    CHECK(lnt_file_lock(path, &second, NULL) == LNT_OK);
    CHECK_INT(second, -1);
    lnt_file_unlock(fd);
    CHECK(lnt_file_lock(path, &second, NULL) == LNT_OK);
    CHECK(second >= 0);
    lnt_file_unlock(second);
    lnt_file_unlock(-1);
    unlink(path);
}

int main(int argc, char **argv) {
    return check_main(argc, argv);
}
