/// @file json_lines.h
/// JSON lines in blocks: read by all threads, in bounded memory, as often as a query needs them.
///
///   json_block     one block of text as records      json_kinds        which columns there are, over all blocks
///   json_lines     the chain of blocks               json_lines_scan   the scan
///   json_rows      records as rows of the columns that were asked for
///   json_quick     the same for records that hold nothing unusual
///
/// Workload: logs of many gigabytes with a record a line. A file is passed over once when it is opened (columns, types,
/// rejects), and once by each query.
///
/// A block's first record starts where the block before ended. A worker guesses that it is behind the first line end of
/// its block, reads on that guess, waits for its turn, and reads again if the guess was wrong: so the result is that of
/// json_reader.c going from front to back, at any number of threads (tests/c/test_json_lines.c holds them against each
/// other).
#ifndef LNT_IO_JSON_LINES_H
#define LNT_IO_JSON_LINES_H

#include "column/scan.h"
#include "io/json/json_columns.h"
#include "io/json/json_reader.h"
#include "io/json/json_value.h"

enum {
    LNT__JSON_BLOCK = 1 << 18, ///< bytes of a block: they stay in a core's own cache
    LNT__JSON_GUESS = 16,      ///< blocks from which columns are guessed
    LNT__JSON_PAGE_ROWS = 1024 ///< rows that are emitted together
};

/// What is kept of the options when the caller's are gone.
typedef struct lnt__json_settings {
    lnt_json_options options; ///< its texts are ours
    int64_t most;             ///< bytes of the longest record
    int64_t block_bytes;
    lnt_str separator;
} lnt__json_settings;

/// Copies the options; `block_bytes` is the caller's to set before (0: the default).
LNT_MUST_USE lnt_status lnt__json_settings_init(lnt__json_settings *settings, const lnt_json_options *options,
                                                lnt_error *err);
void lnt__json_settings_clear(lnt__json_settings *settings);

// ---- json_block.c ----

/// A record that can't be read; places are in the block's text.
typedef struct lnt__json_block_reject {
    int64_t start, problem_at; ///< bytes of the content
    const char *column;        ///< borrowed from the keys; NULL: the record as a whole
    char problem[200];
} lnt__json_block_reject;

typedef struct lnt__json_block lnt__json_block;

/// What records are for: takes a sound one's cells. JSON_BAD with `text->problem` (and `*column`) set rejects it.
typedef struct lnt__json_sink {
    /// Forgets what the block gave so far: it is read again.
    void (*begin)(void *context);
    lnt__json_result (*record)(void *context, lnt__json_block *block, lnt__json_text *text, const char **column,
                               lnt_error *err);
    /// Takes the record at the text's position whole, or leaves it alone (JSON_BAD). NULL: leaves all.
    lnt__json_result (*quick)(void *context, lnt__json_block *block, lnt__json_text *text, lnt_error *err);
    void *context;
} lnt__json_sink;

/// One worker's block: its text, its keys (which stay from block to block), and what was found.
struct lnt__json_block {
    const lnt__json_settings *settings;
    const lnt_input *input;
    lnt_budget *budget;
    lnt_buffer *bytes; ///< the text from `base` on, with padding
    int64_t base;      ///< bytes of the content before it
    int64_t size;
    bool final; ///< the content ends with the text
    lnt__json_keys keys;
    lnt__json_record record;
    lnt_arena scratch; ///< text of records that isn't in `bytes`; lives until the next block
    int64_t first;     ///< where reading began
    int64_t next;      ///< where the next block begins
    int64_t n_records; ///< records, sound or not, so far
    lnt__json_block_reject *rejects;
    int64_t n_rejects, rejects_capacity;
    int64_t n_newlines; ///< in [first, next)
    int64_t last_line;  ///< where the line of `next` begins, -1: where that of `first` does
};

void lnt__json_block_init(lnt__json_block *block, lnt_engine *engine, const lnt_input *input,
                          const lnt__json_settings *settings);
void lnt__json_block_clear(lnt__json_block *block);
/// Loads the text [at, stop) and a bit more.
LNT_MUST_USE lnt_status lnt__json_block_load(lnt__json_block *block, int64_t at, int64_t stop, lnt_error *err);
/// Where the first record behind a line end at or after `start` - 1 begins, or -1: not seen before `stop`.
int64_t lnt__json_block_guess(const lnt__json_block *block, int64_t start, int64_t stop);
/// Reads the records that start in [from, stop). Loads more text where a record reaches beyond it.
LNT_MUST_USE lnt_status lnt__json_block_read(lnt__json_block *block, int64_t from, int64_t stop,
                                             const lnt__json_sink *sink, lnt_error *err);

// ---- json_lines.c: the chain ----

/// What the blocks before had, when it is a block's turn.
typedef struct lnt__json_head {
    int64_t offset;           ///< where the next record starts
    int64_t row, record;      ///< its number among sound records, and among all
    int64_t line, line_start; ///< its line (1-based), and where that begins
} lnt__json_head;

/// What is done with a block that is right. `settle` is called in the order of the blocks, one at a time, and gives the
/// number of its rows; `use` (NULL: nothing more) afterwards, in parallel.
typedef struct lnt__json_user {
    lnt__json_sink *sinks; ///< one for each worker
    lnt_status (*settle)(void *context, int worker, const lnt__json_block *block, const lnt__json_head *head,
                         int64_t *n_rows, lnt_error *err);
    lnt_status (*use)(void *context, int worker, const lnt__json_block *block, int64_t row, lnt_error *err);
    void *context;
} lnt__json_user;

typedef struct lnt__json_pass lnt__json_pass;

/// A pass over the records from `origin` on, whose line is `line`. Borrows all but `*user`'s struct.
LNT_MUST_USE lnt_status lnt__json_pass_open(lnt_engine *engine, const lnt_input *input,
                                            const lnt__json_settings *settings, int64_t origin, int64_t line,
                                            int64_t line_start, const lnt__json_user *user, lnt__json_pass **out,
                                            lnt_error *err);
void lnt__json_pass_close(lnt__json_pass *pass); ///< NULL is fine
/// Leaves out all blocks but the first `n_blocks`.
void lnt__json_pass_limit(lnt__json_pass *pass, int64_t n_blocks);
/// The next block, or -1.
void lnt__json_pass_claim(lnt__json_pass *pass, int64_t *block);
/// Reads a claimed block; `context` is given to the user's `use` instead of its own, unless it is NULL.
LNT_MUST_USE lnt_status lnt__json_pass_read(lnt__json_pass *pass, int worker, int64_t block, void *context,
                                            lnt_error *err);
/// All blocks, on all workers.
LNT_MUST_USE lnt_status lnt__json_pass_all(lnt__json_pass *pass, lnt_error *err);
void lnt__json_pass_progress(const lnt__json_pass *pass, int64_t *done, int64_t *total);
lnt__json_head lnt__json_pass_head(const lnt__json_pass *pass); ///< after all blocks

// ---- json_kinds.c ----

/// What was found over all blocks; owns the names.
typedef struct lnt__json_found {
    lnt__json_columns columns; ///< only its items: names, declared types, kinds
    int64_t n_rows;
    lnt__rejects rejects;
    lnt_arena names;
} lnt__json_found;

/// Of the first `n_blocks` blocks (INT64_MAX: of all).
LNT_MUST_USE lnt_status lnt__json_find_columns(lnt_engine *engine, const lnt_input *input,
                                               const lnt__json_settings *settings, int64_t origin, int64_t line,
                                               int64_t line_start, int64_t n_blocks, lnt__json_found *out,
                                               lnt_error *err);
/// Adds a block's rejects to `rejects`, when it is its turn: `head` is what the blocks before had.
LNT_MUST_USE lnt_status lnt__json_keep_rejects(lnt__rejects *rejects, const lnt__json_block *block,
                                               const lnt__json_head *head, lnt_error *err);
void lnt__json_found_clear(lnt__json_found *found);

// ---- json_rows.c ----

/// One worker's rows of a block: pages of LNT__JSON_PAGE_ROWS rows of each requested column.
typedef struct lnt__json_rows lnt__json_rows;

/// `columns[n_columns]` are the requested ones among those found. `guessed`: those were found at the file's beginning, so
/// every value is held against the kinds that its column had there.
LNT_MUST_USE lnt_status lnt__json_rows_new(lnt_engine *engine, const lnt__json_settings *settings,
                                           const lnt__json_found *found, bool guessed, const int64_t *columns,
                                           int64_t n_columns, lnt__json_rows **out, lnt_error *err);
void lnt__json_rows_free(lnt__json_rows *rows); ///< NULL is fine
lnt__json_sink lnt__json_rows_sink(lnt__json_rows *rows);
int64_t lnt__json_rows_count(const lnt__json_rows *rows);
/// The vectors of page `page`, in the order of the request; borrowed until the next block.
const lnt_vec *lnt__json_rows_page(lnt__json_rows *rows, int64_t page);

// ---- json_lines_scan.c ----

/// What users leave alone.
typedef struct lnt__json_tuning {
    int64_t block_bytes; ///< 0: LNT__JSON_BLOCK
    int64_t defer_bytes; ///< of files from this size on columns are guessed from the beginning; 0: of none
} lnt__json_tuning;

/// A scan over JSON lines that start at `origin`, on line `line`; takes over the input, also on failure.
LNT_MUST_USE lnt_status lnt__json_lines_open(lnt_engine *engine, lnt_input *input, const lnt_json_options *options,
                                             int64_t origin, int64_t line, int64_t line_start, lnt__json_tuning tuning,
                                             lnt_scan **out, lnt_error *err);

#endif
