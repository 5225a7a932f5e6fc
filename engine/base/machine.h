/// @file machine.h
/// What the machine grants this process: processors and memory, with its control groups' limits.
#ifndef LNT_BASE_MACHINE_H
#define LNT_BASE_MACHINE_H

#include <stdint.h>

/// Processors that the process may run on, at least 1.
int lnt_machine_n_processors(void);
/// Bytes of memory that the process may use: the machine's, or the least limit of its control groups.
int64_t lnt_machine_memory_bytes(void);

#endif
