/// @file worker_main.h
/// The executable as a confined worker: `lunette --worker HOME MEMORY_BYTES`, started by engine/lua/worker.c only.
#ifndef LNT_CLI_WORKER_MAIN_H
#define LNT_CLI_WORKER_MAIN_H

/// Runs the worker until its parent has no more to ask; the exit status. `home` holds the Lua side; `memory_bytes` is
/// how much Lua may hold.
int lnt_worker_main(const char *home, const char *memory_bytes);

#endif
