/// @file spare.h
/// Pages that were freed and are kept for whoever asks next, process-wide. All sizes are whole pages.
#ifndef LNT_BASE_SPARE_H
#define LNT_BASE_SPARE_H

#include <stdbool.h>
#include <stddef.h>

struct lnt_pool;

/// Takes over `size` bytes from mmap, so that no more than `most` are kept; older ones go for it. False: they are
/// still the caller's.
bool lnt__spare_keep(void *memory, size_t size, size_t most);
/// `size` bytes, not cleared, as if from mmap; or NULL, if nothing is kept.
void *lnt__spare_take(size_t size);
/// Gives everything that is kept back to the system, with the help of the pool's threads (NULL: of nobody).
void lnt__spare_release(struct lnt_pool *pool);
/// The same if for more than a second nothing was kept or taken: for engines without threads that notice.
void lnt__spare_release_old(void);

#endif
