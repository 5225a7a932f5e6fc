/// @file io.h
/// Files in and out: readers give scans (see plan.h), writers take plans or tables.
#ifndef LUNETTE_IO_H
#define LUNETTE_IO_H

#include "lunette/plan.h"

/// One more owner of `scan`, one owner less (NULL is fine); safe from any thread.
LNT_API lnt_scan *lnt_scan_ref(lnt_scan *scan);
LNT_API void lnt_scan_unref(lnt_scan *scan);

/// A name with a type, or with another name.
typedef struct lnt_named_type {
    const char *name;
    lnt_type type;
} lnt_named_type;

/// Something that is found out unless it is said.
typedef enum lnt_tristate { LNT_SNIFF = 0, LNT_YES = 1, LNT_NO = 2 } lnt_tristate;

/// How a delimited file is read; zero everywhere sniffs everything.
typedef struct lnt_csv_options {
    char delimiter;             ///< 0: sniffed among , ; tab | space-free
    char quote;                 ///< 0: sniffed (" or '); 1: no quoting
    const char *comment;        ///< lines that start with this are skipped; NULL: sniffed ("#"), "": none
    lnt_tristate header;        ///< whether the first record (or the last comment line before the data) names the columns
    const char *const *names;   ///< column names that replace the header's; NULL: the header's, or c1, c2, …
    int64_t n_names;
    const lnt_named_type *types; ///< types of some columns; a value that isn't of its column's type rejects its row
    int64_t n_types;
    const char *const *nulls;   ///< texts that stand for null, quoted or not, besides an empty unquoted field; NULL: "" only
    int64_t n_nulls;
    int64_t max_record_bytes;   ///< a longer record is rejected; 0: 16 MiB
    const char *member;         ///< which file of an archive; NULL: its only one
    bool all_strings;           ///< no inference: columns without a type in `types` are strings
    bool nested_quotes;         ///< repairs exports that another tool quoted once more: each field's content is itself
                                ///< quoted, and was split at its inner delimiters
    const char *header_comment; ///< the comment line that names the columns, whole: another comment that starts with its
                                ///< first word (up to the delimiter) and differs is LNT_FORMAT when it is met; NULL: none
    const char *record_pattern; ///< a regular expression (PCRE2) that matches every record's text; a record that it
                                ///< doesn't match is rejected; NULL: none
    bool allow_short;           ///< missing trailing fields are null instead of a reject; `names` may be more than the
                                ///< header has
} lnt_csv_options;

/// Opens a CSV/TSV file (path, "-" for stdin; plain or in zip, gz, zst, xz). Reads enough to know the schema: with
/// inference that is the whole file. Fails with LNT_IO, LNT_FORMAT (empty, binary, UTF-16, no consistent columns), ….
/// `*out` belongs to the caller (lnt_scan_unref).
LNT_API LNT_MUST_USE lnt_status lnt_csv_open(lnt_engine *engine, const char *path, const lnt_csv_options *options,
                                             lnt_scan **out, lnt_error *err);

/// The most elements of arrays that become columns.
enum { LNT_JSON_MAX_LIST_ITEMS = 1000 };

/// How a JSON document is read.
typedef struct lnt_json_options {
    const char *records;        ///< where the records are: "" or NULL sniffs: a top-level array, an object of arrays,
                                ///< `data`, or one object per line; "data", "a.b" name a path; "*" every array below
    const char *key_column;     ///< name of a column that gets the key under which "*" found a record; NULL: none
    const lnt_named_type *types; ///< as for CSV
    int64_t n_types;
    const char *const *nulls;   ///< strings that stand for null
    int64_t n_nulls;
    const char *list_separator; ///< joins arrays of scalars into one string; NULL: ","
    int64_t list_items;         ///< how many elements of each array are columns besides (`names.0`, `answers.0.rdata`), at
                                ///< most LNT_JSON_MAX_LIST_ITEMS
    const char *member;
    bool all_strings;
    int64_t max_record_bytes;   ///< a longer record is rejected; 0: 16 MiB
} lnt_json_options;

/// Opens a JSON document or JSON lines; nested objects become dotted columns (`alert.signature`). Types are inferred
/// over all records. Same failures and ownership as lnt_csv_open.
LNT_API LNT_MUST_USE lnt_status lnt_json_open(lnt_engine *engine, const char *path, const lnt_json_options *options,
                                              lnt_scan **out, lnt_error *err);

/// How an Arrow file is read; zero everywhere reads all of it.
typedef struct lnt_arrow_options {
    const char *const *columns; ///< the columns to read, by their names; NULL: all
    int64_t n_columns;
    const char *list_separator; ///< joins the elements of lists into one string; NULL: ","
    const char *member;         ///< which file of an archive; NULL: its only one
} lnt_arrow_options;

/// Opens an Arrow IPC file or stream, which is mapped into memory: queries read the columns that they ask for, and point at
/// values where these lie as the engine holds them. Fields of structs become dotted columns. Fails with LNT_IO,
/// LNT_FORMAT (damaged, or no Arrow file), LNT_UNSUPPORTED (a column of a type that isn't read; naming others in
/// `columns` helps), LNT_NAME for a name in `columns` that isn't there. `*out` belongs to the caller
/// (lnt_scan_unref).
LNT_API LNT_MUST_USE lnt_status lnt_arrow_open(lnt_engine *engine, const char *path, const lnt_arrow_options *options,
                                               lnt_scan **out, lnt_error *err);

/// Reads up to `capacity` bytes of the file's beginning, decompressed, for detecting what it is; `*size` gets how many.
/// "-" peeks at stdin without taking the bytes away from a later reader.
LNT_API LNT_MUST_USE lnt_status lnt_peek(const char *path, const char *member, char *out, int64_t capacity,
                                         int64_t *size, lnt_error *err);

/// Unpacks one file of an archive (or a compressed file) into the file `to`, which appears when it is whole, and isn't
/// larger than `max_bytes`. A `member` that starts with * stands for the first one whose name ends like the rest of it.
LNT_API LNT_MUST_USE lnt_status lnt_extract(lnt_engine *engine, const char *path, const char *member, const char *to,
                                            int64_t max_bytes, lnt_error *err);

/// What is known of an input file: its bytes on disk and their SHA-256 in hex (65 bytes, terminated).
LNT_API LNT_MUST_USE lnt_status lnt_file_digest(const char *path, int64_t *size_bytes, char sha256_hex[65],
                                                lnt_error *err);

typedef enum lnt_format {
    LNT_FORMAT_CSV,
    LNT_FORMAT_TSV,
    LNT_FORMAT_JSON,   ///< an array of objects
    LNT_FORMAT_NDJSON, ///< one object per line
    LNT_FORMAT_MARKDOWN,
    LNT_FORMAT_ARROW   ///< an Arrow IPC file
} lnt_format;

typedef struct lnt_write_options {
    lnt_format format;
    bool raw; ///< CSV and TSV: don't put ' before text that a spreadsheet would run as a formula
    int64_t *n_rows; ///< gets the number of rows that were written; NULL: not asked for
} lnt_write_options;

/// Takes bytes; `size` is never 0.
typedef lnt_status (*lnt_write_fn)(void *context, const char *bytes, int64_t size, lnt_error *err);

/// Runs `plan` and writes its rows through `fn`, in pieces, in order. Markdown escapes what would be markup.
LNT_API LNT_MUST_USE lnt_status lnt_write(lnt_engine *engine, const lnt_plan *plan, const lnt_write_options *options,
                                          lnt_write_fn fn, void *context, lnt_error *err);
/// The same into a file, which appears under its name only when it is whole ("-": stdout).
LNT_API LNT_MUST_USE lnt_status lnt_write_file(lnt_engine *engine, const lnt_plan *plan, const char *path,
                                               const lnt_write_options *options, lnt_error *err);
/// Bytes that are at hand, the same way.
LNT_API LNT_MUST_USE lnt_status lnt_write_bytes(const char *path, const char *bytes, int64_t size, lnt_error *err);

#endif
