/// @file check.h
/// A small frame for C unit tests: a test is a function named by what it promises.
///
///   TEST(a_column_keeps_its_nulls) { CHECK(lnt_column_null_count(c) == 1); }
///   int main(int argc, char **argv) { return check_main(argc, argv); }
///
/// A failed CHECK is reported with file and line, the test goes on, and the program ends with status 1. The last line
/// is `N passed, N failed`. An argument runs only the tests whose name contains it.
#ifndef LUNETTE_TESTS_CHECK_H
#define LUNETTE_TESTS_CHECK_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct check_test {
    const char *name;
    void (*run)(void);
    struct check_test *next;
} check_test;

static check_test *check_first, **check_last = &check_first;
static int check_failures;

static inline void check_add(check_test *test) {
    *check_last = test;
    check_last = &test->next;
}

#define TEST(name)                                                                                                     \
    static void name(void);                                                                                            \
    static check_test check_test_##name = {#name, name, NULL};                                                         \
    __attribute__((constructor)) static void check_add_##name(void) { check_add(&check_test_##name); }                 \
    static void name(void)

#define CHECK(condition) CHECK_MSG(condition, "%s", "")

/// Like CHECK, with printf's format and arguments said when it fails.
#define CHECK_MSG(condition, ...)                                                                                      \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            check_failures++;                                                                                          \
            fprintf(stderr, "%s:%d: failed: %s ", __FILE__, __LINE__, #condition);                                     \
            fprintf(stderr, __VA_ARGS__);                                                                              \
            fputc('\n', stderr);                                                                                       \
        }                                                                                                              \
    } while (0)

#define CHECK_INT(actual, expected)                                                                                    \
    do {                                                                                                               \
        int64_t check_a_ = (int64_t)(actual), check_e_ = (int64_t)(expected);                                          \
        CHECK_MSG(check_a_ == check_e_, "%s is %" PRId64 ", not %" PRId64, #actual, check_a_, check_e_);               \
    } while (0)

#define CHECK_STR(actual, expected)                                                                                    \
    do {                                                                                                               \
        const char *check_a_ = (actual), *check_e_ = (expected);                                                       \
        CHECK_MSG(check_a_ && strcmp(check_a_, check_e_) == 0, "%s is \"%s\", not \"%s\"", #actual,                    \
                  check_a_ ? check_a_ : "(null)", check_e_);                                                           \
    } while (0)

/// The call must succeed; `err` is an lnt_error * whose message is shown when it doesn't.
#define CHECK_OK(call, err)                                                                                            \
    do {                                                                                                               \
        lnt_status check_s_ = (call);                                                                                  \
        CHECK_MSG(check_s_ == LNT_OK, "%s", (err)->message);                                                           \
    } while (0)

static inline int check_main(int argc, char **argv) {
    int passed = 0, failed = 0;
    for (check_test *test = check_first; test; test = test->next) {
        if (argc > 1 && !strstr(test->name, argv[1])) continue;
        int before = check_failures;
        test->run();
        bool ok = check_failures == before;
        if (!ok) fprintf(stderr, "FAILED %s\n", test->name);
        *(ok ? &passed : &failed) += 1;
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed || !passed ? 1 : 0;
}

#endif
