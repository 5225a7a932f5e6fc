/// @file arrow.h
/// Tables to and from other programs' memory, by the Arrow C data interface: no copies where the layouts match.
///
/// The three structs are those of the specification (https://arrow.apache.org/docs/format/CDataInterface.html), so that any
/// library's of the same name can be passed. They say how columns lie in memory; `release` ends their use.
#ifndef LUNETTE_ARROW_H
#define LUNETTE_ARROW_H

#include "lunette/table.h"

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

/// What a column, or a table as a struct of columns, is.
struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *); ///< NULL: released, or moved elsewhere
    void *private_data;
};

/// Where its values are.
struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *); ///< NULL: released, or moved elsewhere
    void *private_data;
};

#endif

#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE

/// Arrays of one schema, one after the other.
struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};

#endif

/// A table over a program's own columns: `array` is a struct array (format "+s") whose children are the columns, or a single
/// column. Both are taken over, also when it fails: their `release` is set to NULL, and what they held is released when it is
/// no longer needed, which for the array is when the table and all that was made of it without copying are gone. Until
/// then the memory must not change; release may be called from any thread.
///
/// Not copied: signed integers, doubles, timestamps in microseconds, utf8 and large_utf8, codes of string dictionaries;
/// nulls' bits are copied, and values of columns that have nulls only where a null row doesn't hold zero. All else that
/// lnt_arrow_open reads is converted the same way. Text is checked to be UTF-8, offsets and codes to be in range; that
/// pointers and lengths are true is the caller's promise.
/// Fails with LNT_FORMAT (an unknown or malformed layout, text that isn't UTF-8), LNT_UNSUPPORTED (a type that isn't
/// read), LNT_NOMEM, LNT_LIMIT. `*out` belongs to the caller (lnt_table_unref).
LNT_API LNT_MUST_USE lnt_status lnt_table_import(lnt_engine *engine, struct ArrowSchema *schema,
                                                 struct ArrowArray *array, lnt_table **out, lnt_error *err);

/// The table for other programs, as a struct array. `*schema` and `*array` are the caller's storage and get contents that it
/// ends with their `release`, each on its own, in any order, from any thread; a child may be moved out as the specification
/// says. The array keeps the table's columns alive; the engine must outlive it.
///
/// Not copied: integers (as narrow as they are held), doubles, times, strings and dictionaries of strings (with unsigned
/// codes), nulls' bits. bool becomes bits; ip becomes text, marked `lunette.type = ip` in the field's metadata; columns of
/// one repeated value are written out.
/// On failure (LNT_NOMEM, LNT_LIMIT) both are left released.
LNT_API LNT_MUST_USE lnt_status lnt_table_export(lnt_engine *engine, const lnt_table *table, struct ArrowSchema *schema,
                                                 struct ArrowArray *array, lnt_error *err);

/// The table as a stream of one array, for consumers that take streams. `*out` is the caller's storage, ended with its
/// `release`, before the engine. Same failures.
LNT_API LNT_MUST_USE lnt_status lnt_table_export_stream(lnt_engine *engine, const lnt_table *table,
                                                        struct ArrowArrayStream *out, lnt_error *err);

#endif
