/// @file edit.h
/// What the line-editing module gives to the executable.
#ifndef LNT_CLI_EDIT_H
#define LNT_CLI_EDIT_H

#include "lunette/status.h"

typedef struct lnt_edit_functions {
    char *(*read_line)(
        const char *prompt); ///< a line to be freed with free(), without its end; NULL at the input's end
} lnt_edit_functions;

LNT_API extern const lnt_edit_functions lnt_edit;

#endif
