/// @file edit.h
/// What the line-editing module (lunette-edit.so) gives to the binding: editors that read lines from a terminal.
#ifndef LNT_LUA_EDIT_H
#define LNT_LUA_EDIT_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "lunette/status.h"

typedef struct lnt_editor lnt_editor;

/// What Tab does to the line: characters before the cursor go, text comes in their place, a list is shown below.
typedef struct lnt_edit_change {
    int n_removed;      ///< characters, not bytes
    const char *insert; ///< NULL: nothing
    const char *list;   ///< lines to be shown; NULL: none
} lnt_edit_change;

/// Asked at Tab: `line` is the whole line, `cursor` the byte that it stands before. False: there is nothing to do. The
/// texts stay the callee's until it is called again or the line is read.
typedef bool (*lnt_edit_complete)(void *context, const char *line, size_t size, size_t cursor, lnt_edit_change *change);

typedef enum lnt_edit_outcome { LNT_EDIT_LINE, LNT_EDIT_END, LNT_EDIT_STOPPED } lnt_edit_outcome;

typedef struct lnt_edit_functions {
    /// An editor over a terminal's streams, which it borrows; NULL without memory.
    lnt_editor *(*open)(FILE *in, FILE *out, lnt_edit_complete complete);
    /// Reads a line; `*line` (without its end) is the editor's until the next call. Ends with LNT_EDIT_STOPPED when
    /// `*stop` isn't 0 any more.
    lnt_edit_outcome (*read_line)(lnt_editor *editor, const char *prompt, const volatile sig_atomic_t *stop,
                                  void *context, const char **line, size_t *size);
    /// Adds a line that the arrow keys bring back.
    void (*remember)(lnt_editor *editor, const char *line);
    void (*close)(lnt_editor *editor);
} lnt_edit_functions;

LNT_API extern const lnt_edit_functions lnt_edit;

#endif
