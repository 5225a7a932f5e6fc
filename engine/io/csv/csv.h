/// @file csv.h
/// The CSV reader's parts and what they share. The public door is lunette/io.h (lnt_csv_open); tests also use
/// lnt_csv_open_input, which takes any input and lets blocks be tiny.
///
///   csv_open     options, inference, the scan            csv_source    bytes at any place, plain or from a stream
///   csv_sniff    dialect, comments, encoding             csv_masks     which bytes are quotes, delimiters, newlines
///   csv_header   names                                   csv_walk      masks to fields, 64 bytes at a time
///   csv_infer    types over the whole file               csv_record    one record, byte by byte: the definition
///   csv_pass     blocks in order                         csv_tokenise  a block's records
///   csv_convert  fields to vectors                       csv_check     NUL, UTF-8, declared types, footers
///   csv_pattern  the form that every record must have, if one is given
///   csv_scan     batches out, rejects, describe()        csv_field     one field's text
///
/// Workload: feeds of 1 KiB to some GiB, mostly quoted, mostly well-formed, hostile at times. A block is a fixed piece
/// of the file (1 MiB) and owns the records that start in it; workers tokenise blocks on a guess of where their first
/// record starts, and each is held against the end of the block before, in order, before any of it is used.
#ifndef LNT_IO_CSV_H
#define LNT_IO_CSV_H

#include <pthread.h>

#include "base/buffer.h"
#include "base/engine.h"
#include "base/pattern.h"
#include "base/text.h"
#include "column/scan.h"
#include "io/input.h"
#include "io/rejects.h"
#include "lunette/io.h"

enum {
    LNT_CSV_BLOCK = 1 << 20,   ///< bytes of a block
    LNT_CSV_GUESS = 4,         ///< blocks from which types are guessed
    LNT_CSV_COMMENT = 16,      ///< the longest comment prefix, with its 0
    LNT_CSV_REASON = 192,      ///< bytes of a reject's reason
    LNT_CSV_MASKED_CHUNKS = 64 ///< how many times 64 bytes are classified at once
};

typedef struct lnt_csv_scan lnt_csv_scan;

// ---- the dialect ----

typedef struct lnt_csv_dialect {
    char delimiter;
    char quote;         ///< 0: none
    char newline;       ///< '\n', or '\r' in files that have no other
    bool trim_space;    ///< spaces after a delimiter aren't part of a field
    bool nested_quotes; ///< a field's content is quoted once more, and split at its delimiters
    bool allow_short;   ///< missing trailing fields are null
    int comment_size;   ///< 0: no comments
    char comment[LNT_CSV_COMMENT];
    const char *header;       ///< the comment that names the columns (the scan's); NULL: none in particular
    int64_t header_size, header_word; ///< all of it; its first word with the delimiter behind it
    int64_t max_record_bytes;
    int64_t n_columns; ///< fields of a record; 0: any number (while sniffing)
} lnt_csv_dialect;

static inline bool lnt_csv_is_space(const lnt_csv_dialect *dialect, char c) {
    return (c == ' ' || c == '\t') && c != dialect->delimiter;
}

// ---- vector kernels ----

/// Bit i says that byte i of 64 is such a byte.
typedef struct lnt_csv_masks {
    uint64_t quote, delimiter, newline, space, cr;
} lnt_csv_masks;

typedef struct lnt_csv_survey {
    int64_t n_newlines;
    bool any_high, any_zero; ///< bytes from 0x80 up; NUL bytes
} lnt_csv_survey;

typedef enum lnt_csv_walked {
    LNT_CSV_WALK_MORE, ///< the bytes ended inside a record, which starts at `record`
    LNT_CSV_WALK_SLOW, ///< the record at `record` needs csv_record.c: a comment, a wrong field count, odd quoting
    LNT_CSV_WALK_DONE  ///< `record` is at or after `stop`
} lnt_csv_walked;

/// The state of a walk over bytes [record, size). Offsets are into `bytes`.
typedef struct lnt_csv_walk {
    const lnt_csv_dialect *dialect;
    const uint8_t *bytes; ///< 64 readable bytes follow `size`
    int64_t size, stop;
    int64_t record;   ///< in: where a record starts; out: where the record that isn't done starts
    uint32_t *ends;   ///< where fields end; room for `ends_capacity`
    uint32_t *starts; ///< where records start; room for `ends_capacity`
    int64_t n_ends, n_starts, ends_capacity;
    bool escapes; ///< out: set when a doubled quote was seen
    bool quotes;  ///< out: set when any quote was seen
    bool full;    ///< out: stopped for want of room in `ends`
    int window;   ///< chunks to classify at once; grows while all goes well
} lnt_csv_walk;

/// One set of instructions' versions of the inner loops; all give the same results.
typedef struct lnt_csv_kernels {
    const char *name;
    lnt_csv_walked (*walk)(lnt_csv_walk *walk);
    lnt_csv_survey (*survey)(const uint8_t *bytes, int64_t size, char newline);
} lnt_csv_kernels;

typedef enum lnt_csv_isa {
    LNT_CSV_ISA_BEST,
    LNT_CSV_ISA_PORTABLE,
    LNT_CSV_ISA_AVX2,
    LNT_CSV_ISA_AVX512,
    LNT_CSV_ISA_VBMI2 ///< of AVX-512
} lnt_csv_isa;
/// The kernels for `isa`, or NULL if this machine can't run them.
const lnt_csv_kernels *lnt_csv_kernels_for(lnt_csv_isa isa);

// ---- bytes ----

/// One pass over an input's content by several workers. Any place of a plain file; of a stream, what hasn't been
/// released yet.
typedef struct lnt_csv_source lnt_csv_source;
LNT_MUST_USE lnt_status lnt_csv_source_open(lnt_engine *engine, const lnt_input *input, lnt_csv_source **out,
                                            lnt_error *err);
void lnt_csv_source_close(lnt_csv_source *source);
/// Fills `out` from content offset `at` unless the end comes first. Any thread. `*size` -1: they were released.
LNT_MUST_USE lnt_status lnt_csv_source_read(lnt_csv_source *source, int64_t at, void *out, int64_t capacity,
                                            int64_t *size, lnt_error *err);
/// Whether the content has a byte at `at` (or had: released ones count).
LNT_MUST_USE lnt_status lnt_csv_source_reaches(lnt_csv_source *source, int64_t at, bool *out, lnt_error *err);
/// Promises that no byte before `at` is needed any more.
void lnt_csv_source_release(lnt_csv_source *source, int64_t at);
/// Bytes on disk: taken, and in all. Any thread.
void lnt_csv_source_progress(const lnt_csv_source *source, int64_t *done, int64_t *total);

// ---- rejects ----

/// What is wrong with a record.
typedef enum lnt_csv_fault {
    LNT_CSV_FAULT_COUNT, ///< another number of fields
    LNT_CSV_FAULT_JUNK,  ///< text after a closing quote
    LNT_CSV_FAULT_OPEN,  ///< a quote that doesn't close
    LNT_CSV_FAULT_LONG,
    LNT_CSV_FAULT_INNER, ///< an inner quote that doesn't close
    LNT_CSV_FAULT_NUL,
    LNT_CSV_FAULT_UTF8,
    LNT_CSV_FAULT_FORM,  ///< not of the form that record_pattern says
    LNT_CSV_FAULT_VALUE, ///< `value` isn't of its column's type
    LNT_CSV_FAULT_FOOTER
} lnt_csv_fault;

/// A record that could not be read. Small, as a block can be full of them; it is put into words only when it is kept.
typedef struct lnt_csv_reject {
    int64_t start, size; ///< of its text, in the tokens' bytes
    int64_t line;        ///< newlines between the block's first record and this one
    int64_t column;      ///< VALUE: which; else -1
    int64_t n_fields;    ///< COUNT: how many there are
    lnt_str value;       ///< VALUE: in the tokens' bytes or their `values`
    lnt_csv_fault fault;
} lnt_csv_reject;

// ---- tokens: one block cut into records and fields ----

/// A stretch in which every newline is known to be inside a quote that ends in a fault: a record that has an open
/// quote at such a newline shares that fate. Keeps files full of stray quotes linear. Content offsets; empty: high 0.
typedef struct lnt_csv_dead {
    int64_t low, high;
    bool junk; ///< the fault: text after a closing quote; else no closing quote
} lnt_csv_dead;

typedef struct lnt_csv_tokens {
    const lnt_csv_dialect *dialect;
    const lnt_csv_kernels *kernels;
    lnt_csv_source *source; ///< NULL: the bytes are all there are
    lnt_buffer *bytes;      ///< content from offset `base` on
    lnt_buffer *ends;       ///< uint32_t[n_records][n_columns]: where fields end in `bytes`
    lnt_buffer *starts;     ///< uint32_t[n_records]: where records start
    int64_t base;
    bool eof; ///< the content ends where `bytes` end
    int64_t n_records;
    int64_t first, next; ///< content offsets: where tokenising began; the first record that isn't in here
    bool passed;         ///< the bytes were given up before they were loaded: no record starts in the block
    bool undecided;      ///< a guess was given up: too much would have had to be read for it
    bool escapes;        ///< some quoted field holds a doubled quote
    bool quotes;         ///< there may be quotes in the records
    lnt_csv_dead dead;
    lnt_csv_survey survey; ///< of the bytes from first to next
    lnt_csv_reject *rejects;
    int64_t n_rejects, rejects_capacity;
    int64_t footer, announced; ///< offset in `bytes` of a last line that announces a number of entries; -1: none
    int64_t footer_line;
    bool footer_rejected; ///< the footer is among the rejects
    int64_t other_header; ///< offset in `bytes` of a comment that names other columns; -1: none
    lnt_arena scratch;    ///< texts of fields that had to be put together, while they are looked at
    lnt_arena values;     ///< texts of rejected values
} lnt_csv_tokens;

void lnt_csv_tokens_init(lnt_csv_tokens *tokens, lnt_engine *engine, const lnt_csv_dialect *dialect,
                         const lnt_csv_kernels *kernels, lnt_csv_source *source);
void lnt_csv_tokens_clear(lnt_csv_tokens *tokens);
/// Loads content [base, base + size) and the room to read on.
LNT_MUST_USE lnt_status lnt_csv_tokens_load(lnt_csv_tokens *tokens, lnt_engine *engine, int64_t base, int64_t size,
                                            lnt_error *err);
/// Tokenises the records that start in content [from, stop), of which `from` is one's start. `dead` is what the block
/// before left. With `guess`, gives up (undecided) rather than read far past `stop`.
LNT_MUST_USE lnt_status lnt_csv_tokenise(lnt_csv_tokens *tokens, int64_t from, int64_t stop, lnt_csv_dead dead,
                                         bool guess, lnt_error *err);
/// A likely record start at or after content offset `at` (> base) in the loaded bytes; -1: none found before `stop`.
int64_t lnt_csv_guess_start(lnt_csv_tokens *tokens, int64_t at, int64_t stop);
/// Adds a reject.
LNT_MUST_USE lnt_status lnt_csv_tokens_reject(lnt_csv_tokens *tokens, lnt_csv_reject reject, lnt_error *err);
/// Puts a reject's fault into words.
void lnt_csv_explain(const lnt_csv_scan *scan, const lnt_csv_reject *reject, char out[LNT_CSV_REASON]);

// ---- one record ----

typedef enum lnt_csv_outcome {
    LNT_CSV_RECORD,  ///< fields are in `ends`
    LNT_CSV_SKIPPED, ///< a blank line or a comment
    LNT_CSV_COUNT,   ///< sound, but with another number of fields (`n_fields`)
    LNT_CSV_JUNK,    ///< text follows a closing quote; only the first line is given up
    LNT_CSV_OPEN,    ///< a quote doesn't close; only the first line is given up
    LNT_CSV_LONG,    ///< longer than max_record_bytes; only the first line is given up
    LNT_CSV_INNER,   ///< nested quotes that don't close; the record is given up
    LNT_CSV_CUT      ///< the bytes end before the record does, and more can be read
} lnt_csv_outcome;

typedef struct lnt_csv_record {
    int64_t next; ///< where the next record starts; -1: past the end of the bytes (first line is that long)
    int64_t end;  ///< end of the record's text, without its newline
    int64_t n_fields;
    bool escapes, comment;
} lnt_csv_record;

/// Reads the record at `start` of `bytes` (`size` of them; `eof`: there are no more). Field ends go to `ends` as far as
/// `capacity` reaches; short records that are allowed are filled up. `base` and `dead` are content offsets (see above).
lnt_csv_outcome lnt_csv_read_record(const lnt_csv_dialect *dialect, const uint8_t *bytes, int64_t size, bool eof,
                                    int64_t start, int64_t base, lnt_csv_dead *dead, uint32_t *ends, int64_t capacity,
                                    lnt_csv_record *out);

// ---- fields ----

/// A field as it stands in the bytes, quotes taken off.
typedef struct lnt_csv_cell {
    const char *data;
    int64_t size; ///< -1: missing
    bool quoted;
} lnt_csv_cell;

/// Takes quotes (and spaces, as the dialect has it) off the raw text [start, end) of a field.
static inline lnt_csv_cell lnt_csv_trim(const lnt_csv_dialect *dialect, const char *bytes, int64_t start, int64_t end,
                                        bool first) {
    int64_t from = start;
    while (from < end && lnt_csv_is_space(dialect, bytes[from])) from++;
    if (dialect->quote && from < end && bytes[from] == dialect->quote) {
        while (end > from + 2 && lnt_csv_is_space(dialect, bytes[end - 1])) end--;
        return (lnt_csv_cell){bytes + from + 1, end - from - 2, true};
    }
    if (dialect->trim_space && !first) start = from;
    return (lnt_csv_cell){bytes + start, end - start, false};
}

/// The field's text between its quotes; doubled quotes are still doubled, nested ones still there.
static inline lnt_csv_cell lnt_csv_raw_cell(const lnt_csv_tokens *tokens, int64_t record, int64_t column) {
    const lnt_csv_dialect *dialect = tokens->dialect;
    const uint32_t *ends = (const uint32_t *)tokens->ends->data + record * dialect->n_columns;
    const char *bytes = (const char *)tokens->bytes->data;
    int64_t start = column ? (int64_t)ends[column - 1] + 1 : ((const uint32_t *)tokens->starts->data)[record];
    int64_t end = ends[column];
    if (end < start) return (lnt_csv_cell){bytes, -1, false};
    if (column == dialect->n_columns - 1 && end > start && bytes[end - 1] == '\r') end--;
    return lnt_csv_trim(dialect, bytes, start, end, column == 0);
}

/// Copies `size` bytes to `out` with doubled quotes made single; returns how many are left. `out` may be `data`.
int64_t lnt_csv_copy_single(char *out, const char *data, int64_t size, char quote);
/// The field's text, put together in `arena` where it isn't as it stands. `data` NULL: no memory, `err` is set.
lnt_csv_cell lnt_csv_settle(const lnt_csv_tokens *tokens, int64_t record, int64_t column, lnt_csv_cell cell,
                            lnt_arena *arena, lnt_error *err);
/// The field's text; values go by value, so that they stay in registers.
static inline lnt_csv_cell lnt_csv_cell_at(const lnt_csv_tokens *tokens, int64_t record, int64_t column,
                                           lnt_arena *arena, lnt_error *err) {
    lnt_csv_cell cell = lnt_csv_raw_cell(tokens, record, column);
    if (!tokens->escapes || !cell.quoted) return cell;
    return lnt_csv_settle(tokens, record, column, cell, arena, err);
}

// ---- nulls ----

typedef struct lnt_csv_nulls {
    lnt_str *texts;     ///< owned, each with its bytes
    int64_t n, longest; ///< longest -1: none
    bool quoted_empty;  ///< a quoted empty field is null in string columns too
} lnt_csv_nulls;

bool lnt_csv_is_null_text(const lnt_csv_nulls *nulls, const char *data, int64_t size);
static inline bool lnt_csv_is_null(const lnt_csv_nulls *nulls, lnt_csv_cell cell, bool string) {
    if (cell.size <= 0) return cell.size < 0 || !string || !cell.quoted || nulls->quoted_empty;
    return cell.size <= nulls->longest && lnt_csv_is_null_text(nulls, cell.data, cell.size);
}

// ---- the scan ----

/// How a column came by its type, for describe().
typedef struct lnt_csv_column {
    lnt_type type;
    bool declared;
    bool empty;   ///< inferred: there was no value
    int64_t line; ///< the line of the value that decided it; 0: none
    char *value;  ///< that value, cut; NULL: none
} lnt_csv_column;

/// What tests set; zero everywhere is what users get.
typedef struct lnt_csv_tuning {
    int64_t block_bytes;
    lnt_csv_isa isa;
    int64_t max_rejects; ///< kept by a run; more are read again when asked for
    int64_t defer_bytes; ///< of files from this size on types are guessed from the beginning; 0: of none
} lnt_csv_tuning;

typedef struct lnt_csv_counts {
    int64_t n_rows, n_rejects; ///< -1: no run has finished
} lnt_csv_counts;

struct lnt_csv_scan {
    lnt_scan head;
    lnt_input *input;
    lnt_engine *engine; ///< the one it was opened with
    lnt_csv_dialect dialect;
    const lnt_csv_kernels *kernels;
    lnt_csv_nulls nulls;
    lnt_csv_column *columns;
    int64_t *checked; ///< the n_checked columns whose declared type isn't string
    int64_t n_checked;
    int64_t origin, origin_line; ///< where the first record starts, and its line (1-based)
    int64_t header_line;         ///< 0: the file has no header
    bool header_commented;
    lnt_pattern *pattern;        ///< the form of every record; NULL: any
    char *header;                ///< owned: what the dialect's header points to; NULL: none
    int64_t block_bytes, max_rejects, defer_bytes;
    pthread_mutex_t lock;  ///< guards what follows
    lnt_csv_counts counts; ///< of the last run that finished
    lnt__rejects rejects;  ///< its rejects; whole if they are counts.n_rejects
};

/// Opens a scan over an input, which becomes the scan's, also when it fails. `tuning` may be NULL.
LNT_MUST_USE lnt_status lnt_csv_open_input(lnt_engine *engine, lnt_input *input, const lnt_csv_options *options,
                                           const lnt_csv_tuning *tuning, lnt_scan **out, lnt_error *err);
/// What csv_scan.c implements.
extern const lnt_scan_class lnt_csv_scan_class;
/// Rows and rejects of the last run that finished (reading for types counts).
lnt_csv_counts lnt_csv_scan_counts(const lnt_scan *scan);

// ---- sniffing ----

/// Finds what `options` leave open: dialect, comments, header, number of columns, where the rows start.
/// `names` gets n_columns names of its own (lnt_free each).
LNT_MUST_USE lnt_status lnt_csv_sniff(lnt_csv_scan *scan, const lnt_csv_options *options, const char *sample,
                                      int64_t size, bool eof, char ***names, lnt_error *err);
/// The count that a line like `# Number of entries: 12` or `# END 12 entries` announces, or -1.
int64_t lnt_csv_footer_count(const char *line, int64_t size);

// ---- the form of records ----

/// Compiles a regular expression. Fails with LNT_ARGUMENT when it is none. Free with lnt__pattern_free.
LNT_MUST_USE lnt_status lnt_csv_pattern_new(const char *text, lnt_pattern **out, lnt_error *err);
/// Told of each record that isn't of the form.
typedef lnt_status (*lnt_csv_misfit_fn)(void *context, int64_t record, lnt_error *err);
LNT_MUST_USE lnt_status lnt_csv_pattern_check(const lnt_pattern *pattern, const lnt_csv_tokens *tokens,
                                              lnt_csv_misfit_fn fn, void *context, lnt_error *err);

// ---- checking a block ----

/// Drops the tokens' records that hold NUL bytes, bytes that aren't UTF-8, or values that aren't of their declared
/// type, and finds the footer. After it, rejects are in order and have their lines.
LNT_MUST_USE lnt_status lnt_csv_check(const lnt_csv_scan *scan, lnt_csv_tokens *tokens, lnt_error *err);
/// Newlines in [from, to) of the tokens' bytes.
int64_t lnt_csv_count_lines(const lnt_csv_tokens *tokens, int64_t from, int64_t to);

// ---- runs ----

/// What a run does with a block once it is known to be right: `row` and `line` are its first row's number (0-based) and
/// its first record's line (1-based).
typedef lnt_status (*lnt_csv_block_fn)(void *context, int worker, const lnt_csv_tokens *tokens, int64_t block,
                                       int64_t row, int64_t line, lnt_error *err);

/// A pass over the file's blocks.
typedef struct lnt_csv_pass lnt_csv_pass;
LNT_MUST_USE lnt_status lnt_csv_pass_open(lnt_csv_scan *scan, lnt_engine *engine, int64_t max_rejects,
                                          lnt_csv_pass **out, lnt_error *err);
/// Leaves out all blocks but the first `n_blocks`. Such a pass leaves no counts with the scan.
void lnt_csv_pass_limit(lnt_csv_pass *pass, int64_t n_blocks);
LNT_MUST_USE lnt_status lnt_csv_pass_claim(lnt_csv_pass *pass, int64_t *block, lnt_error *err);
LNT_MUST_USE lnt_status lnt_csv_pass_read(lnt_csv_pass *pass, int worker, int64_t block, lnt_csv_block_fn fn,
                                          void *context, lnt_error *err);
void lnt_csv_pass_progress(const lnt_csv_pass *pass, int64_t *done, int64_t *total);
/// Ends the pass; a finished one leaves its counts and rejects with the scan.
LNT_MUST_USE lnt_status lnt_csv_pass_finish(lnt_csv_pass *pass, lnt_error *err);
void lnt_csv_pass_close(lnt_csv_pass *pass);
/// Reads all blocks on all of the engine's threads and finishes; `what` is told as progress.
LNT_MUST_USE lnt_status lnt_csv_pass_all(lnt_csv_pass *pass, lnt_csv_block_fn fn, void *context, const char *what,
                                         lnt_error *err);

/// Infers the types of all columns that aren't declared, in one pass over the first `n_blocks` blocks (INT64_MAX: all).
LNT_MUST_USE lnt_status lnt_csv_infer(lnt_csv_scan *scan, int64_t n_blocks, lnt_error *err);
/// Holds the block's values of `columns[n_columns]` against the types that were guessed; LNT_IO: one isn't in keeping.
LNT_MUST_USE lnt_status lnt_csv_hold(const lnt_csv_scan *scan, const lnt_csv_tokens *tokens, const int64_t *columns,
                                     int64_t n_columns, lnt_error *err);
/// Whether a number's text is one that inference takes for one: there is no plus or zero in front of it.
bool lnt_csv_is_plain_number(const char *data, int64_t size);
/// Whether a text that can be read as a float is one to inference, too.
bool lnt_csv_is_inferred_float(const char *data, int64_t size);
/// The scan's schema with its columns' present types, in place of the one it has.
LNT_MUST_USE lnt_status lnt_csv_retype(lnt_csv_scan *scan, lnt_error *err);

// ---- conversion ----

/// One worker's memory for the vectors of a batch.
typedef struct lnt_csv_converter lnt_csv_converter;
LNT_MUST_USE lnt_status lnt_csv_converter_new(const lnt_csv_scan *scan, lnt_engine *engine, const int64_t *columns,
                                              int64_t n_columns, lnt_csv_converter **out, lnt_error *err);
void lnt_csv_converter_free(lnt_csv_converter *converter);
/// Forgets the texts of the last batch.
void lnt_csv_converter_begin(lnt_csv_converter *converter);
/// Converts request column `i` of records [record, record + n) (those that `sel` names; NULL: all) into `*out`.
LNT_MUST_USE lnt_status lnt_csv_convert(lnt_csv_converter *converter, const lnt_csv_tokens *tokens, int64_t i,
                                        int64_t record, int64_t n, const uint32_t *sel, int64_t n_sel, lnt_vec *out,
                                        lnt_error *err);

#endif
