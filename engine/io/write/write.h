/// @file write.h
/// What the writers of all formats share: an output buffer, and cells seen as vectors.
#ifndef LNT_IO_WRITE_H
#define LNT_IO_WRITE_H

#include "base/text.h"
#include "column/value_text.h"
#include "column/vector.h"
#include "lunette/io.h"

typedef struct lnt__writer lnt__writer;

/// One format.
typedef struct lnt__write_class {
    /// What comes before the rows; may prepare `lead` texts.
    void (*begin)(lnt__writer *writer, const lnt_schema *schema);
    /// Row `row` of `vecs`.
    void (*row)(lnt__writer *writer, const lnt_vec *vecs, int64_t row);
    /// What comes after them.
    void (*end)(lnt__writer *writer);
} lnt__write_class;

struct lnt__writer {
    const lnt__write_class *class_;
    lnt_text out;    ///< bytes that wait to be given away
    lnt_text *leads; ///< per column, what a format puts before a cell (JSON: `"name":`)
    int64_t n_columns;
    int64_t n_rows; ///< rows written so far
    char delimiter; ///< CSV and TSV
    bool raw;
};

extern const lnt__write_class lnt__write_csv, lnt__write_json, lnt__write_ndjson, lnt__write_markdown;

/// Where the next bytes go, with room for `size` of them; the caller then adds to `out.size`. NULL: no memory.
static inline char *lnt__write_room(lnt__writer *writer, int64_t size) {
    lnt_text *out = &writer->out;
    if (out->capacity - out->size > size && out->failed == LNT_OK) return out->data + out->size;
    return lnt_text_reserve(out, size);
}
/// Adds text as it is.
static inline void lnt__write_bytes(lnt__writer *writer, const char *data, int64_t size) {
    char *to = lnt__write_room(writer, size);
    if (!to) return;
    __builtin_memcpy(to, data, (size_t)size);
    writer->out.size += size;
}
static inline void lnt__write_char(lnt__writer *writer, char c) {
    char *to = lnt__write_room(writer, 1);
    if (!to) return;
    *to = c;
    writer->out.size++;
}
/// Adds a value that isn't a string, as value_text.h writes it.
static inline void lnt__write_value(lnt__writer *writer, lnt_value value) {
    char *to = lnt__write_room(writer, LNT_FORMAT_BYTES);
    if (to) writer->out.size += lnt_format_value(value, to);
}

#endif
