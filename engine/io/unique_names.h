/// @file unique_names.h
/// Columns' names as files have them, made different from each other.
#ifndef LNT_IO_UNIQUE_NAMES_H
#define LNT_IO_UNIQUE_NAMES_H

#include "base/memory.h"

/// Gives every name that was there before a number: name_2, name_3, …: the first that isn't taken. The names are
/// lnt_alloc'ed; one that changes is replaced.
LNT_MUST_USE lnt_status lnt__unique_names(char **names, int64_t n, lnt_error *err);

#endif
