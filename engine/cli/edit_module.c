/// @file edit_module.c
/// Line editing at the prompt, by libedit: a module of its own (lunette-edit.so), loaded when somebody sits at a
/// terminal, so that no other start pays for it. Arrow keys, history of the session, Ctrl-R.
#include "cli/edit.h"

#include <editline/readline.h>

static char *read_line(const char *prompt) {
    char *line = readline(prompt);
    if (line && line[0]) add_history(line);
    return line;
}

LNT_API const lnt_edit_functions lnt_edit = {read_line};
