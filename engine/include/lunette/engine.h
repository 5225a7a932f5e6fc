/// @file engine.h
/// An engine: the threads that run queries, the memory they may take, and the switch that stops them.
///
/// There are no globals: a process can hold several engines. One engine runs one query at a time per calling thread;
/// calls from several threads are safe and take turns at the worker threads.
#ifndef LUNETTE_ENGINE_H
#define LUNETTE_ENGINE_H

#include "lunette/status.h"

typedef struct lnt_engine lnt_engine;

/// What to make an engine of; zero everywhere asks for the defaults.
typedef struct lnt_engine_options {
    int n_threads;              ///< worker threads with the calling one; 0: as many as the process may run on
    int64_t memory_limit_bytes; ///< 0: 80 % of the machine's (or its control group's) memory
} lnt_engine_options;

/// Makes an engine. `options` may be NULL. `*out` belongs to the caller (lnt_engine_free).
/// Fails with LNT_NOMEM, or LNT_ARGUMENT for negative options.
LNT_API LNT_MUST_USE lnt_status lnt_engine_new(const lnt_engine_options *options, lnt_engine **out, lnt_error *err);

/// Ends the engine's threads and gives it back. Tables made with it must be gone. NULL is fine.
LNT_API void lnt_engine_free(lnt_engine *engine);

/// How many threads a query uses, the caller's included.
LNT_API int lnt_engine_n_threads(const lnt_engine *engine);

/// Asks whatever runs on the engine to stop; it ends with LNT_CANCELLED soon. Safe in a signal handler and from any thread.
LNT_API void lnt_engine_cancel(lnt_engine *engine);

/// Takes the request to stop back, so that the next query runs.
LNT_API void lnt_engine_resume(lnt_engine *engine);

/// Sets a point in time (CLOCK_MONOTONIC, milliseconds) after which queries end with LNT_CANCELLED; 0 takes it away.
LNT_API void lnt_engine_set_deadline(lnt_engine *engine, int64_t monotonic_ms);

/// Bytes that columns and running queries hold now, the most they ever held, and the limit.
LNT_API int64_t lnt_engine_memory_used(const lnt_engine *engine);
LNT_API int64_t lnt_engine_memory_peak(const lnt_engine *engine);
LNT_API int64_t lnt_engine_memory_limit(const lnt_engine *engine);

/// Temporary files that queries on this engine had to write because they reached the memory limit, and the bytes that went
/// into them, since the engine was made.
LNT_API int64_t lnt_engine_spilled_files(const lnt_engine *engine);
LNT_API int64_t lnt_engine_spilled_bytes(const lnt_engine *engine);

/// Called on the thread that runs the query, between pieces of work: `done` of `total` units (bytes for files, rows
/// for tables; total 0 when unknown) of the step that `what` names.
typedef void (*lnt_progress_fn)(void *context, const char *what, int64_t done, int64_t total);

/// Sets who is told of progress; NULL: nobody.
LNT_API void lnt_engine_set_progress(lnt_engine *engine, lnt_progress_fn fn, void *context);

#endif
