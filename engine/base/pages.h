/// @file pages.h
/// The system's own pages: asked for, and given back by all threads that have nothing to do.
#ifndef LNT_BASE_PAGES_H
#define LNT_BASE_PAGES_H

#include <stdbool.h>
#include <stddef.h>

struct lnt_pool;

/// `size` bytes (whole pages), cleared; NULL: there are none.
void *lnt__pages_take(size_t size);
/// Unmaps `size` bytes that mmap gave, of memory or of a file. Large ones are taken apart together with those of the
/// pool's threads (NULL: there are none) that nobody uses; returns when they are gone.
void lnt__pages_give_back(void *memory, size_t size, struct lnt_pool *pool);
/// The same for pages that stay mapped: whoever looks next finds zeros there, or what the file holds. False: they are as
/// they were, as nobody could help, or they are few.
bool lnt__pages_empty(void *memory, size_t size, struct lnt_pool *pool);

#endif
