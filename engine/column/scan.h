/// @file scan.h
/// What a plan reads from: something with a schema that yields batches in numbered morsels.
///
/// A scan is opened once per run. Workers claim morsels in ascending order and read each to its end; nothing depends
/// on which worker reads which. Tables, CSV and JSON files implement this; operators consume it.
#ifndef LNT_COLUMN_SCAN_H
#define LNT_COLUMN_SCAN_H

#include "column/vector.h"

typedef struct lnt_scan lnt_scan;
typedef struct lnt_scan_run lnt_scan_run;

/// Keeps rows: gets a batch with the requested columns that `needs` names filled in (others have type LNT_NULL and must not be touched),
/// writes the kept rows to `sel` (room for LNT_BATCH_ROWS; may alias batch->sel) and their number to `*n`.
typedef struct lnt_row_filter {
    void *context;
    const bool *needs;   ///< by position in the request's columns
    lnt_status (*keep)(void *context, int worker, const lnt_batch *batch, uint32_t *sel, int64_t *n, lnt_error *err);
    const char *text;    ///< for explain
} lnt_row_filter;

/// What the filter implies for one column: a row is kept only if its value there isn't null and lies in [low, high]. A scan
/// that knows the values of a stretch of rows may leave it out.
typedef struct lnt_range {
    int64_t column; ///< position in the request's columns
    bool has_low, has_high;
    lnt_value low, high; ///< of the column's type
} lnt_range;

typedef struct lnt_scan_request {
    const int64_t *columns; ///< which columns of the schema, in the order in which batches shall have them
    int64_t n_columns;
    const lnt_row_filter *filter; ///< NULL: every row. Applied by the scan, as early as it can.
    const lnt_range *ranges;      ///< `n_ranges` of them, all of which hold; only with a filter, and only read while
    int64_t n_ranges;             ///< the run is opened
} lnt_scan_request;

/// Takes a batch; a status other than LNT_OK ends the morsel with that status.
typedef lnt_status (*lnt_emit_fn)(void *context, const lnt_batch *batch, lnt_error *err);

typedef struct lnt_scan_class {
    const char *name; ///< for explain: "table", "csv", "json"
    /// Begins a run; `scan` outlives it.
    lnt_status (*open)(lnt_scan *scan, lnt_engine *engine, const lnt_scan_request *request, lnt_scan_run **out,
                       lnt_error *err);
    /// Claims the next morsel for `worker`: its number to `*morsel`, or -1 when there are no more. Thread-safe; numbers
    /// ascend by one from 0. A claimed morsel must be read.
    lnt_status (*claim)(lnt_scan_run *run, int worker, int64_t *morsel, lnt_error *err);
    /// Emits the batches of a claimed morsel in order. One call per morsel, on the claiming worker's thread.
    lnt_status (*read)(lnt_scan_run *run, int worker, int64_t morsel, lnt_emit_fn emit, void *context, lnt_error *err);
    /// How far: units done and in total (0: unknown). Thread-safe.
    void (*progress)(const lnt_scan_run *run, int64_t *done, int64_t *total);
    /// Ends the run, finished or not (an unfinished run's rejects aren't kept). All workers have left.
    void (*close)(lnt_scan_run *run, bool finished);
    /// The rows that could not be read, as a table (source string, line int, column string, reason string, text string),
    /// complete: makes a pass over the input if no run has finished yet. NULL: the scan can't reject.
    lnt_status (*rejects)(lnt_scan *scan, lnt_engine *engine, lnt_table **out, lnt_error *err);
    /// A line or more for explain and `info`: path, what was sniffed. Adds to `text`.
    void (*describe)(const lnt_scan *scan, lnt_text *text);
    /// Rows if known without reading, else -1.
    int64_t (*n_rows)(const lnt_scan *scan);
    void (*free)(lnt_scan *scan); ///< the last reference went
    /// Rows and rejects of the last pass that finished (looking for types counts); -1 while there was none. NULL: the
    /// scan is of no input (a table in memory).
    void (*counts)(const lnt_scan *scan, int64_t *n_rows, int64_t *n_rejects);
    /// Finds out what opening put off (`guessed`): afterwards the scan is as if it had been opened without that. NULL: it
    /// never puts off anything.
    lnt_status (*settle)(lnt_scan *scan, lnt_error *err);
    /// All rows were taken as a table, so that hardly anybody will ask for them again soon: gives back what it holds only
    /// to be quicker then. Thread-safe, also while others read. NULL: there is no such thing.
    void (*rest)(lnt_scan *scan);
} lnt_scan_class;

/// The head of every scan; implementations put it first in their own struct.
struct lnt_scan {
    const lnt_scan_class *class_;
    _Atomic int64_t refs;
    lnt_schema *schema; ///< owned
    /// The types are those of the input's beginning. A run then fails where the rest isn't in keeping with them, so one
    /// that ends well has read what a settled scan would have given, and the guess was right (exec/load.c). Nobody else
    /// may use such a scan.
    bool guessed;
    bool settled; ///< they were guessed, and then found in the long way: plans from before are of other types, perhaps
};

// Public, too: lunette/io.h declares them for those who only open files.
LNT_API lnt_scan *lnt_scan_ref(lnt_scan *scan);
LNT_API void lnt_scan_unref(lnt_scan *scan); ///< NULL is fine
/// Makes sure that nothing about the scan is guessed.
LNT_MUST_USE lnt_status lnt__scan_settle(lnt_scan *scan, lnt_error *err);

/// Rows of a table's morsel: as many as give a few dozen morsels, within limits, so that what each leaves is merged few
/// times. Depends on nothing but the table's length: results do not change with the threads.
int64_t lnt_table_morsel_rows(int64_t n_rows);
/// A scan over a table in memory; takes its own reference of the table.
LNT_MUST_USE lnt_status lnt_scan_table(const lnt_table *table, lnt_scan **out, lnt_error *err);

/// The same over a table that was read elsewhere, with what could not be read: the table of rejects (see
/// lnt_scan_class.rejects), and how many rows could be read and how many could not.
LNT_MUST_USE lnt_status lnt_scan_read_table(const lnt_table *table, const lnt_table *rejects, int64_t n_read,
                                            int64_t n_rejected, lnt_scan **out, lnt_error *err);

#endif
