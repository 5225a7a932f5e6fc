/// @file confine.c
/// Resource limits, Landlock and seccomp: see confine.h.
///
/// Workload: once, in a process that will run a stranger's plugin; later calls are computing, reading descriptors that it
/// was given, and talking over one socket. The list of system calls names what the C library needs for that; everything
/// else fails with EPERM, so that a call nobody thought of is refused and not fatal.
#include "base/confine.h"
#include "base/sanitized.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__linux__)
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#endif

// ---- limits ----

static bool limit(int resource, int64_t soft, int64_t hard) {
    struct rlimit before, now = {(rlim_t)soft, (rlim_t)hard};
    if (getrlimit((unsigned)resource, &before) != 0) return false;
    if (before.rlim_max != RLIM_INFINITY && now.rlim_max > before.rlim_max) now.rlim_max = before.rlim_max;
    if (now.rlim_cur > now.rlim_max) now.rlim_cur = now.rlim_max;
    return setrlimit((unsigned)resource, &now) == 0;
}

static lnt_status set_limits(const lnt_limits *wanted, lnt_confinement *out, lnt_error *err) {
    enum { GRACE_S = 5, MOST_FILES = 256 };
    bool done = limit(RLIMIT_CPU, wanted->cpu_seconds, wanted->cpu_seconds + GRACE_S) && limit(RLIMIT_CORE, 0, 0) &&
                limit(RLIMIT_FSIZE, wanted->file_bytes, wanted->file_bytes) &&
                limit(RLIMIT_NOFILE, MOST_FILES, MOST_FILES);
    // RLIMIT_DATA counts private memory that can be written; address space as such costs nothing.
    out->memory = !LNT_SANITIZED && limit(RLIMIT_DATA, wanted->memory_bytes, wanted->memory_bytes);
    out->limits = done && (out->memory || LNT_SANITIZED);
    if (!out->limits) return lnt_error_set(err, LNT_IO, "resource limits can't be set: %s", strerror(errno));
    return LNT_OK;
}

#if defined(__linux__) && !LNT_SANITIZED

// ---- Landlock: no path can be opened, whatever the system calls allow ----

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_restrict_self 446
#endif

/// The rights of a ruleset, as the first version of the interface has them; the kernel's header may be older.
typedef struct landlock_rights {
    uint64_t handled_access_fs;
} landlock_rights;

static bool refuse_files(void) {
    enum { FIRST_VERSION = (1 << 13) - 1, VERSION_QUERY = 1 };
    if (syscall(SYS_landlock_create_ruleset, NULL, 0, VERSION_QUERY) < 1) return false;
    landlock_rights rights = {FIRST_VERSION}; // execute, write, read, list, remove, make: all handled, none granted
    long ruleset = syscall(SYS_landlock_create_ruleset, &rights, sizeof rights, 0);
    if (ruleset < 0) return false;
    bool done = syscall(SYS_landlock_restrict_self, (int)ruleset, 0) == 0;
    close((int)ruleset);
    return done;
}

// ---- seccomp: the system calls that are left ----

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#ifdef ARCHITECTURE

static const int allowed[] = {
    SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_pread64, SYS_pwrite64, SYS_lseek, SYS_close, SYS_fstat,
    SYS_sendmsg, SYS_recvmsg, SYS_sendto, SYS_recvfrom, SYS_ppoll, SYS_fcntl, SYS_dup, SYS_dup3, SYS_ftruncate,
    SYS_memfd_create, SYS_mmap, SYS_mprotect, SYS_munmap, SYS_mremap, SYS_madvise, SYS_brk, SYS_futex,
    SYS_set_robust_list, SYS_rseq, SYS_sched_yield, SYS_sched_getaffinity, SYS_getpid, SYS_gettid, SYS_getrandom,
    SYS_clock_gettime, SYS_clock_getres, SYS_clock_nanosleep, SYS_nanosleep, SYS_gettimeofday, SYS_rt_sigaction,
    SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_sigaltstack, SYS_restart_syscall, SYS_exit, SYS_exit_group, SYS_sysinfo,
    SYS_getcpu, SYS_membarrier,
#ifdef SYS_poll
    SYS_poll,
#endif
#ifdef SYS_dup2
    SYS_dup2,
#endif
#ifdef SYS_arch_prctl
    SYS_arch_prctl,
#endif
#ifdef SYS_time
    SYS_time,
#endif
};
enum { N_ALLOWED = sizeof allowed / sizeof *allowed };

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, (what))
#define SKIP_UNLESS(value, n) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), 0, (n))

static bool refuse_calls(void) {
    const uint32_t no = SECCOMP_RET_ERRNO | EPERM, unknown = SECCOMP_RET_ERRNO | ENOSYS, yes = SECCOMP_RET_ALLOW;
    const struct sock_filter head[] = {
        LOAD(arch),
        SKIP_UNLESS(ARCHITECTURE, 1),
        BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0),
        RETURN(SECCOMP_RET_KILL_PROCESS),
        LOAD(nr),
        SKIP_UNLESS(SYS_clone3, 1), // its flags are behind a pointer: the C library then takes clone
        RETURN(unknown),
        SKIP_UNLESS(SYS_clone, 4), // threads yes, processes no
        LOAD(args[0]),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 0, 1),
        RETURN(yes),
        RETURN(no),
#ifdef SYS_newfstatat
        SKIP_UNLESS(SYS_newfstatat, 4), // what the C library's fstat is: of a descriptor, not of a path
        LOAD(args[3]),
        SKIP_UNLESS(AT_EMPTY_PATH, 1),
        RETURN(yes),
        RETURN(no),
#endif
        SKIP_UNLESS(SYS_tgkill, 4), // abort: signals to oneself only
        LOAD(args[0]),
        SKIP_UNLESS(getpid(), 1),
        RETURN(yes),
        RETURN(no),
    };
    enum { N_HEAD = sizeof head / sizeof *head };
    struct sock_filter code[N_HEAD + 2 * N_ALLOWED + 1];
    memcpy(code, head, sizeof head);
    size_t n = N_HEAD;
    for (size_t i = 0; i < N_ALLOWED; i++) {
        code[n++] = (struct sock_filter)SKIP_UNLESS(allowed[i], 1);
        code[n++] = (struct sock_filter)RETURN(yes);
    }
    code[n++] = (struct sock_filter)RETURN(no);
    struct sock_fprog program = {(unsigned short)n, code};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}
#else
static bool refuse_calls(void) {
    return false;
}
#endif
#else
static bool refuse_files(void) {
    return false;
}
static bool refuse_calls(void) {
    return false;
}
#endif

lnt_status lnt_confine(const lnt_limits *limits, lnt_confinement *out, lnt_error *err) {
    *out = (lnt_confinement){0};
    LNT_TRY(set_limits(limits, out, err));
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return LNT_OK;
    prctl(PR_SET_DUMPABLE, 0); // no other process of the user's may look into it, nor it be traced
    out->files = refuse_files();
    out->calls = refuse_calls();
    return LNT_OK;
}
