/// @file test_confine.c
/// A process that gave up its rights: each attack runs in a child of its own, confined, and must fail.
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/confine.h"

enum { HELD = 0, ESCAPED = 1, UNCONFINED = 2 };

static lnt_confinement holds;

/// Runs `attack` in a confined child: HELD, ESCAPED, UNCONFINED, or 128 + the signal that ended it.
static int confined(int (*attack)(void), int64_t memory_bytes) {
    pid_t pid = fork();
    if (pid == 0) {
        lnt_limits limits = {.memory_bytes = memory_bytes, .cpu_seconds = 1, .file_bytes = 1 << 20};
        if (lnt_confine(&limits, &holds, NULL) != LNT_OK) _exit(UNCONFINED);
        _exit(attack());
    }
    int status = 0;
    CHECK_INT(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int skip_unless(bool there) {
    return there ? HELD : UNCONFINED;
}

/// Whether this system confines calls and files at all; a sanitizer's process isn't.
static int look(void) {
    return skip_unless(holds.calls && holds.files && holds.memory);
}

static bool can_confine(void) {
    if (confined(look, 1 << 30) == HELD) return true;
    printf("skipped: this system or build can't confine calls, files and memory\n");
    return false;
}

static int open_file(void) {
    return open("/etc/passwd", O_RDONLY) < 0 && open("/tmp/lunette-escaped", O_WRONLY | O_CREAT, 0600) < 0 &&
                   open("/proc/self/mem", O_RDWR) < 0 && open(".", O_RDONLY | O_DIRECTORY) < 0 &&
                   unlink("/tmp/x") < 0 && errno == EPERM && mkdir("/tmp/x", 0700) < 0 && errno == EPERM
               ? HELD
               : ESCAPED;
}

static int run_program(void) {
    char *words[] = {"/bin/true", NULL}, *none[] = {NULL};
    execve(words[0], words, none);
    if (errno != EPERM) return ESCAPED;
    return fork() < 0 && vfork() < 0 ? HELD : ESCAPED;
}

static int connect_somewhere(void) {
    return socket(AF_INET, SOCK_STREAM, 0) < 0 && socket(AF_UNIX, SOCK_STREAM, 0) < 0 &&
                   socket(AF_NETLINK, SOCK_RAW, 0) < 0
               ? HELD
               : ESCAPED;
}

static int touch_others(void) {
    pid_t parent = getppid();
    bool escaped = kill(getpid(), 0) == 0 || syscall(SYS_tgkill, parent, parent, 0) == 0 ||
                   ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 ||
                   syscall(SYS_process_vm_readv, parent, NULL, 0, NULL, 0, 0) == 0 || setuid(0) == 0 || chdir("/") == 0;
    return escaped ? ESCAPED : HELD;
}

static void *add_one(void *number) {
    ++*(int *)number;
    return NULL;
}

static int start_thread(void) {
    pthread_t thread;
    int number = 0;
    if (pthread_create(&thread, NULL, add_one, &number) != 0) return ESCAPED;
    pthread_join(thread, NULL);
    return number == 1 ? HELD : ESCAPED;
}

static int take_memory(void) {
    for (int i = 0; i < 1024; i++) {
        char *piece = malloc(1 << 20);
        if (!piece) return HELD;
        for (int at = 0; at < 1 << 20; at += 4096) ((volatile char *)piece)[at] = 1;
    }
    return ESCAPED;
}

static int grow_file(void) {
    signal(SIGXFSZ, SIG_IGN);
    int fd = memfd_create("x", 0);
    return fd >= 0 && ftruncate(fd, 2 << 20) != 0 ? HELD : ESCAPED;
}

static int loop(void) {
    volatile int go_on = 1;
    while (go_on) {}
    return ESCAPED;
}

TEST(a_confined_process_opens_no_file) {
    if (can_confine()) CHECK_INT(confined(open_file, 1 << 30), HELD);
}

TEST(a_confined_process_runs_no_program) {
    if (can_confine()) CHECK_INT(confined(run_program, 1 << 30), HELD);
}

TEST(a_confined_process_has_no_network) {
    if (can_confine()) CHECK_INT(confined(connect_somewhere, 1 << 30), HELD);
}

TEST(a_confined_process_reaches_no_other_process) {
    if (can_confine()) CHECK_INT(confined(touch_others, 1 << 30), HELD);
}

TEST(a_confined_process_starts_threads) {
    if (can_confine()) CHECK_INT(confined(start_thread, 1 << 30), HELD);
}

TEST(a_confined_process_gets_no_more_memory_than_its_limit) {
    if (can_confine()) CHECK_INT(confined(take_memory, 256 << 20), HELD);
}

TEST(a_confined_process_writes_no_large_file) {
    CHECK_INT(confined(grow_file, 1 << 30), HELD);
}

TEST(a_confined_process_ends_with_its_processor_time) {
    CHECK_INT(confined(loop, 1 << 30), 128 + SIGXCPU);
}

int main(int argc, char **argv) {
    return check_main(argc, argv);
}
