/// @file confine.h
/// Giving up rights for good: what a process does before it runs code that it doesn't trust.
///
/// Every step only takes away, and can't be undone. What the system doesn't offer is reported, not passed over: the
/// caller says so to people. Linux; elsewhere only the limits hold.
#ifndef LNT_BASE_CONFINE_H
#define LNT_BASE_CONFINE_H

#include "lunette/status.h"

/// What shall hold.
typedef struct lnt_limits {
    int64_t memory_bytes; ///< private memory of the process
    int64_t cpu_seconds;  ///< processor time over all threads; the process is killed a few seconds later
    int64_t file_bytes;   ///< the largest file (memory files too) that it may write
} lnt_limits;

/// What holds now.
typedef struct lnt_confinement {
    bool limits;  ///< memory, processor time, files, core dumps
    bool files;   ///< no file can be opened (Landlock)
    bool calls;   ///< only the system calls that computing needs (seccomp): no program, socket, open, signal to others
    bool memory;  ///< the memory limit is the system's; not so under a sanitizer, which maps terabytes
} lnt_confinement;

/// Confines the calling process, which must have a single thread. Threads made later inherit all of it.
/// Fails with LNT_IO only where even the limits can't be set.
LNT_MUST_USE lnt_status lnt_confine(const lnt_limits *limits, lnt_confinement *out, lnt_error *err);

#endif
