/// @file owner.h
/// Whose an error is: operators that let others work for them answer to users under their own name.
#ifndef LNT_EXEC_OWNER_H
#define LNT_EXEC_OWNER_H

#include "lunette/status.h"

/// In an error that begins with the operator `part` (such as "sort asks for …"), puts `whole` in its place. Returns
/// `status`.
lnt_status lnt__error_owner(lnt_status status, const char *part, const char *whole, lnt_error *err);

#endif
