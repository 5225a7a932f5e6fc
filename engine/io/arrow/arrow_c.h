/// @file arrow_c.h
/// What the two directions of the Arrow C data interface share: types as format strings.
#ifndef LNT_IO_ARROW_C_H
#define LNT_IO_ARROW_C_H

#include "io/arrow/arrow.h"
#include "lunette/arrow.h"

/// The type that a format string stands for; kind UNKNOWN for one that isn't read.
lnt__arrow_type lnt__arrow_type_of_format(const char *format);
/// Fields out of a C schema: its children if it is a struct, else itself. Fails with LNT_FORMAT.
LNT_MUST_USE lnt_status lnt__arrow_schema_of_c(const struct ArrowSchema *schema, lnt__arrow_schema *out,
                                               lnt_error *err);

#endif
