/// @file module.h
/// Shared modules of Lunette's own that are loaded on first use.
#ifndef LNT_IO_MODULE_H
#define LNT_IO_MODULE_H

#include "lunette/status.h"

/// The address of `symbol` in the module `lunette-<name>.so`, which is looked for in the directory that LUNETTE_MODULES
/// names, beside the executable or library that this code is in, in `lunette/` and `../lib/lunette/` from there, and
/// where it was configured to be installed. A loaded module stays until the process ends.
/// Fails with LNT_UNSUPPORTED and the reason.
LNT_MUST_USE lnt_status lnt_module_symbol(const char *name, const char *symbol, const void **out, lnt_error *err);

#endif
