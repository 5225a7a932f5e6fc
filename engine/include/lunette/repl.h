/// @file repl.h
/// The prompt of the `lunette` executable inside of another program. Belongs to the library `lunette-lua`, which holds Lua;
/// the core doesn't, so lunette.h doesn't include this.
#ifndef LUNETTE_REPL_H
#define LUNETTE_REPL_H

#include <stdio.h>

#include "lunette/table.h"

struct lua_State;

/// A table of the program's that lines can use by its name.
typedef struct lnt_repl_table {
    const char *name;       ///< a Lua name
    const lnt_table *table; ///< borrowed; it and its engine must outlive the call
} lnt_repl_table;

/// How a session runs; zero everywhere is the executable's prompt without an input.
typedef struct lnt_repl_options {
    FILE *in, *out, *messages;    ///< where lines come from, results and messages go; NULL: the standard streams
    const char *const *inputs;    ///< files that are opened as t, t2, …
    int64_t n_inputs;
    const lnt_repl_table *tables; ///< tables under names of their own
    int64_t n_tables;
    const char *history; ///< the file of earlier lines, on a terminal; NULL: the user's own, "": none
    const char *home;    ///< the folder that holds lua/lunette; NULL: LUNETTE_HOME, or where it is installed
    /// Called once before the first line, if not NULL: the program's chance to set globals. A Lua error in it ends the call.
    void (*prepare)(struct lua_State *L, void *context);
    void *context; ///< what `prepare` gets
} lnt_repl_options;

/// Reads and runs lines until they end or `.quit` is typed: on a terminal with a prompt, editing, history and completion,
/// else line by line. Everything is the session's own (a Lua state, an engine) and gone afterwards; the streams stay open.
/// While it runs on a terminal's owner, Ctrl-C stops what runs and not the program; afterwards it is handled as before.
/// `options` and `n_failed`, which gets the number of lines that failed, may be NULL. One session at a time has Ctrl-C;
/// otherwise calls from several threads don't disturb one another.
/// Fails with LNT_NOMEM, LNT_IO (the Lua side isn't found), or what opening an input or `prepare` failed with.
LNT_API LNT_MUST_USE lnt_status lnt_repl_run(const lnt_repl_options *options, int64_t *n_failed, lnt_error *err);

#endif
