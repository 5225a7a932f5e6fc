/// @file fuzz.h
/// What the fuzz targets share. A target is a program with libFuzzer in it: it gets documents that a fuzzer grows
/// from the seeds, by what they reach in the code, and must neither crash, nor hang, nor leak, nor give two answers
/// where there is one. scripts/fuzz builds and runs them all; `build-fuzz/tests/fuzz/fuzz_csv FILE` replays a document.
///
/// A failed CHECK (tests/c/check.h) ends the program, so that the fuzzer keeps the document.
#ifndef LUNETTE_TESTS_FUZZ_H
#define LUNETTE_TESTS_FUZZ_H

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"
#include "lunette/lunette.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/// An engine for the whole run of the program. Little memory, so that what wants all of it fails at once.
static inline lnt_engine *fuzz_engine(int n_threads) {
    lnt_engine *engine = NULL;
    lnt_error err = {0};
    lnt_engine_options options = {.n_threads = n_threads, .memory_limit_bytes = 256 << 20};
    CHECK_OK(lnt_engine_new(&options, &engine, &err), &err);
    return engine;
}

/// The first bytes of a document choose how the rest is read; 0 where it is too short.
static inline uint8_t fuzz_take(const uint8_t **data, size_t *size) {
    if (*size == 0) return 0;
    *size -= 1;
    return *(*data)++;
}

/// A file in memory with these bytes, by its path; close `*fd`.
static inline void fuzz_file(const void *bytes, size_t size, int *fd, char path[32]) {
    *fd = memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    CHECK(*fd >= 0 && write(*fd, bytes, size) == (ssize_t)size && lseek(*fd, 0, SEEK_SET) == 0);
    snprintf(path, 32, "/dev/fd/%d", *fd);
}

/// To end a target with: all checks held, and nothing is left behind.
static inline int fuzz_done(const lnt_engine *engine) {
    CHECK_INT(lnt_engine_memory_used(engine), 0);
    if (check_failures) abort();
    return 0;
}

#endif
