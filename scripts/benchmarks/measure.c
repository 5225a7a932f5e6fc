/// @file measure.c
/// Runs a program and tells how long it took and how much memory it had at most.
///
/// Small on purpose: a child's peak memory starts at what its parent held when it was forked, so a large harness would
/// hide a small program's peak.
/// Usage: measure RESULT_FILE PROGRAM [ARGUMENT…]      writes "wall_ms user_ms system_ms peak_kib status"
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double ms(struct timeval t) {
    return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    FILE *result = fopen(argv[1], "we");
    if (!result) return 2;
    double start = now_ms();
    pid_t child = fork();
    if (child < 0) return 2;
    if (child == 0) {
        execvp(argv[2], argv + 2);
        perror(argv[2]);
        _exit(127);
    }
    int status = 0;
    struct rusage usage;
    if (wait4(child, &status, 0, &usage) != child) return 2;
    double wall = now_ms() - start;
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    fprintf(result, "%.3f %.3f %.3f %ld %d\n", wall, ms(usage.ru_utime), ms(usage.ru_stime), usage.ru_maxrss, code);
    return fclose(result) ? 2 : 0;
}
