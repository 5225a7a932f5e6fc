/// @file flatbuffer.h
/// FlatBuffers, as far as Arrow's metadata needs them: reading tables, vectors and strings out of bytes that nobody
/// vouches for, and writing small ones.
///
/// Reading never leaves the bytes. What points outside of them is taken as absent and remembered in `bad`, so that a
/// reader asks once, at the end. A table may be reached by many ways: whoever walks a tree bounds its own steps.
#ifndef LNT_IO_FLATBUFFER_H
#define LNT_IO_FLATBUFFER_H

#include "base/text.h"

/// Bytes that are read. They must not change meanwhile.
typedef struct lnt__fb {
    const uint8_t *data;
    int64_t size;
    bool bad; ///< something pointed outside
} lnt__fb;

/// A table in them; zero is an absent one, whose fields are all absent.
typedef struct lnt__fb_table {
    lnt__fb *fb;
    int64_t at;     ///< of the table
    int64_t vtable; ///< of its list of fields
    int64_t vtable_bytes;
} lnt__fb_table;

/// `n` items of `item_bytes` bytes each, from `at` on.
typedef struct lnt__fb_vector {
    lnt__fb *fb;
    int64_t at, n;
} lnt__fb_vector;

/// The table that the bytes begin with.
lnt__fb_table lnt__fb_root(lnt__fb *fb);
/// A signed number of `width` (1, 2, 4, 8) bytes, or `absent`.
int64_t lnt__fb_int(const lnt__fb_table *table, int id, int width, int64_t absent);
lnt__fb_table lnt__fb_child(const lnt__fb_table *table, int id);
/// Borrowed; data NULL when it is absent.
lnt_str lnt__fb_string(const lnt__fb_table *table, int id);
lnt__fb_vector lnt__fb_items(const lnt__fb_table *table, int id, int item_bytes);
/// Item `i` of a vector of tables.
lnt__fb_table lnt__fb_item_table(const lnt__fb_vector *vector, int64_t i);
/// A signed number of `width` bytes at `offset` in item `i`, whose size is `item_bytes`.
int64_t lnt__fb_item_int(const lnt__fb_vector *vector, int64_t i, int item_bytes, int offset, int width);

// ---- writing: parents before children, whose places are filled in afterwards ----

/// One field of a table that is written: `width` bytes of `value`. 4 bytes that will point at a child start as 0.
typedef struct lnt__fb_slot {
    int id, width;
    int64_t value;
} lnt__fb_slot;

/// Begins a buffer in `out` (which must be empty): its first word is to point at the root (lnt__fb_point(out, 0, …)).
void lnt__fb_begin(lnt_text *out);
/// Adds a table; returns where it is. Slots come in the order of their ids. Sets `places[i]` (if not NULL) to where
/// slot i is. An `out` that failed (see lnt_text) gives 0 everywhere.
int64_t lnt__fb_put_table(lnt_text *out, const lnt__fb_slot *slots, int n, int64_t *places);
/// Adds a string, or a vector of `n` items of `item_bytes` bytes with data as given (NULL: zeros); returns where.
int64_t lnt__fb_put_string(lnt_text *out, const char *text, int64_t size);
int64_t lnt__fb_put_vector(lnt_text *out, const void *items, int64_t n, int item_bytes);
/// Lets the word at `place` point at `target`, which lies behind it.
void lnt__fb_point(lnt_text *out, int64_t place, int64_t target);
/// Where item `i` of a vector of 4-byte items is, for lnt__fb_point.
static inline int64_t lnt__fb_item_place(int64_t vector, int64_t i) {
    return vector + 4 + 4 * i;
}

#endif
