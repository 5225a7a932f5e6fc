/// @file search.h
/// Where some bytes occur in others.
#ifndef LNT_BASE_SEARCH_H
#define LNT_BASE_SEARCH_H

#include <stdint.h>

#include "lunette/type.h"

/// The first place in `size` bytes of `text` at which `what` is, or NULL; `text` itself where `what` is empty.
const char *lnt_find_bytes(const char *text, int64_t size, lnt_str what);

#endif
