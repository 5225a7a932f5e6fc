/// @file stream.h
/// How rows move while a plan runs: streams give batches in numbered morsels, sinks take them.
///
/// A pipeline is a source, streaming operators wrapped around it, and a sink at its end. Workers claim morsels in
/// ascending order, push each through all operators, and hand the sink one partial result per morsel. Partials are
/// merged strictly in morsel order, one at a time, so that a result depends neither on the number of threads nor on
/// their speed. Operators that must see all rows first (sort, aggregate, a join's build side) run their own pipeline
/// when they are opened.
#ifndef LNT_EXEC_STREAM_H
#define LNT_EXEC_STREAM_H

#include "base/engine.h"
#include "plan/plan.h"

// ---- streams ----

typedef struct lnt_stream lnt_stream;

/// What a claim gives where the next morsel depends on all that were claimed: it is to be asked again once they have been
/// read and merged.
enum { LNT_MORSEL_LATER = -2 };

typedef struct lnt_stream_class {
    /// As in lnt_scan_class: the number of the next morsel, or -1, or LNT_MORSEL_LATER. Numbers ascend by one from 0.
    lnt_status (*claim)(lnt_stream *stream, int worker, int64_t *morsel, lnt_error *err);
    /// Emits the batches of a claimed morsel in order, with one vector for every column of the schema.
    lnt_status (*read)(lnt_stream *stream, int worker, int64_t morsel, lnt_emit_fn emit, void *context, lnt_error *err);
    /// Units done and in total (0: unknown). Thread-safe.
    void (*progress)(const lnt_stream *stream, int64_t *done, int64_t *total);
    /// Ends and frees the stream; `finished`: all morsels were read to their ends.
    void (*close)(lnt_stream *stream, bool finished);
} lnt_stream_class;

/// The head of every stream; operators put it first in their own struct.
struct lnt_stream {
    const lnt_stream_class *class_;
    lnt_engine *engine;
    int n_workers;
    lnt_schema *schema; ///< owned
    lnt_stream *input;  ///< owned, or NULL for sources
    lnt_table *table;   ///< owned: all the rows, where they are in memory already, else NULL
    int64_t n_morsels;  ///< how many there are at most, where that is known, else -1
    /// Where all rows can be made a table quicker than in batches, else NULL. Asked before any morsel is claimed; `*out`
    /// stays NULL if it can't be done now.
    lnt_status (*gather)(lnt_stream *stream, lnt_table **out, lnt_error *err);
};

/// Opens the stream that gives the plan's rows; pipelines below a breaker run now.
LNT_MUST_USE lnt_status lnt__stream_open(lnt_engine *engine, const lnt_plan *plan, lnt_stream **out, lnt_error *err);
/// Ends a stream and all below it. NULL is fine.
void lnt__stream_close(lnt_stream *stream, bool finished);

/// Fills the head of a new stream of `size_bytes`; takes over `input` (may be NULL), also when it fails.
LNT_MUST_USE lnt_status lnt__stream_new(const lnt_stream_class *class_, int64_t size_bytes, lnt_engine *engine,
                                        const lnt_schema *schema, lnt_stream *input, lnt_stream **out, lnt_error *err);
/// Gives the head and the stream's memory back, and closes its input.
void lnt__stream_free(lnt_stream *stream, bool finished);
/// Class functions of operators that take morsels as their input has them.
lnt_status lnt__stream_claim_input(lnt_stream *stream, int worker, int64_t *morsel, lnt_error *err);
void lnt__stream_progress_input(const lnt_stream *stream, int64_t *done, int64_t *total);

// ---- sinks ----

typedef struct lnt_sink lnt_sink;

typedef struct lnt_sink_class {
    const char *what; ///< for progress: "reading", "grouping", …
    /// Makes room for what one morsel comes to.
    lnt_status (*begin)(lnt_sink *sink, int worker, void **partial, lnt_error *err);
    /// Takes a batch. Sets *full when the rest of the morsel, and all later morsels, can't matter.
    lnt_status (*consume)(lnt_sink *sink, int worker, void *partial, const lnt_batch *batch, bool *full,
                          lnt_error *err);
    /// The morsel has ended: work that needn't be in order. NULL: none.
    lnt_status (*end)(lnt_sink *sink, int worker, void *partial, lnt_error *err);
    /// Takes over the partial of the next morsel in order. One at a time. Sets *enough when no later morsel matters.
    lnt_status (*merge)(lnt_sink *sink, void *partial, bool *enough, lnt_error *err);
    /// Gives a partial back unmerged.
    void (*discard)(lnt_sink *sink, void *partial);
} lnt_sink_class;

/// The head of every sink; implementations put it first.
struct lnt_sink {
    const lnt_sink_class *class_;
};

/// Pulls all of `stream` into `sink` on all workers. The error of the lowest morsel is the one reported.
/// `*finished` tells whether every morsel was read to its end (as lnt__stream_close wants to know).
LNT_MUST_USE lnt_status lnt__drain(lnt_stream *stream, lnt_sink *sink, bool *finished, lnt_error *err);

// ---- operators: each opens a stream, taking over its inputs also when it fails ----

LNT_MUST_USE lnt_status lnt__open_scan(lnt_engine *engine, const lnt_plan *plan, lnt_stream **out, lnt_error *err);
LNT_MUST_USE lnt_status lnt__open_filter(const lnt_plan *plan, lnt_stream *input, lnt_stream **out, lnt_error *err);
LNT_MUST_USE lnt_status lnt__open_project(const lnt_plan *plan, lnt_stream *input, lnt_stream **out, lnt_error *err);
LNT_MUST_USE lnt_status lnt__open_aggregate(const lnt_plan *plan, lnt_stream *input, lnt_stream **out, lnt_error *err);
LNT_MUST_USE lnt_status lnt__open_distinct(const lnt_plan *plan, lnt_stream *input, lnt_stream **out, lnt_error *err);
LNT_MUST_USE lnt_status lnt__open_sort(const lnt_plan *plan, lnt_stream *input, lnt_stream **out, lnt_error *err);
LNT_MUST_USE lnt_status lnt__open_top(const lnt_plan *plan, lnt_stream *input, lnt_stream **out, lnt_error *err);
LNT_MUST_USE lnt_status lnt__open_slice(const lnt_plan *plan, lnt_stream *input, lnt_stream **out, lnt_error *err);
LNT_MUST_USE lnt_status lnt__open_join(const lnt_plan *plan, lnt_stream *left, lnt_stream *right, lnt_stream **out,
                                       lnt_error *err);
LNT_MUST_USE lnt_status lnt__open_concat(const lnt_plan *plan, lnt_stream **inputs, lnt_stream **out, lnt_error *err);
LNT_MUST_USE lnt_status lnt__open_count(const lnt_plan *plan, lnt_stream *input, lnt_stream **out, lnt_error *err);
LNT_MUST_USE lnt_status lnt__open_sample(const lnt_plan *plan, lnt_stream *input, lnt_stream **out, lnt_error *err);
LNT_MUST_USE lnt_status lnt__open_window(const lnt_plan *plan, lnt_stream *input, lnt_stream **out, lnt_error *err);
LNT_MUST_USE lnt_status lnt__open_map(const lnt_plan *plan, lnt_stream *input, lnt_stream **out, lnt_error *err);
LNT_MUST_USE lnt_status lnt__open_explode(const lnt_plan *plan, lnt_stream *input, lnt_stream **out, lnt_error *err);
/// The rows of a table under the names of `schema`; takes its own reference.
LNT_MUST_USE lnt_status lnt__open_table(lnt_engine *engine, const lnt_schema *schema, const lnt_table *table,
                                        lnt_stream **out, lnt_error *err);

// ---- collecting (collect.c) ----

/// All rows of `stream` as a table with its schema; closes the stream.
LNT_MUST_USE lnt_status lnt__collect(lnt_stream *stream, const char *who, lnt_table **out, lnt_error *err);

/// The same for a table that will be asked more than once: text that repeats becomes codes.
LNT_MUST_USE lnt_status lnt__collect_to_keep(lnt_stream *stream, lnt_table **out, lnt_error *err);
/// Codes what was collected as text so far, if it seems that this will pay in the end.
LNT_MUST_USE lnt_status lnt__encode_early(lnt_engine *engine, lnt_collector *collector, lnt_error *err);
/// All rows are there: what was coded early and wouldn't be coded now becomes text again.
LNT_MUST_USE lnt_status lnt__encode_review(lnt_engine *engine, lnt_collector *collector, lnt_error *err);
/// Puts a column of codes in the place of a column of plain text, where that pays (encode.c). Others stay.
LNT_MUST_USE lnt_status lnt__encode_strings(lnt_engine *engine, lnt_column **column, lnt_error *err);

/// The same for a column of fewer rows than will be taken of it: each string becomes a code, repeated or not.
LNT_MUST_USE lnt_status lnt__encode_few(lnt_engine *engine, lnt_column **column, lnt_error *err);

/// One collector for every column of a schema: rows that grow into a table.
typedef struct lnt_rows {
    lnt_collector **columns;
    int64_t n_columns, n_rows;
} lnt_rows;

LNT_MUST_USE lnt_status lnt__rows_init(lnt_rows *rows, lnt_engine *engine, const lnt_schema *schema, const char *who,
                                       lnt_error *err);
void lnt__rows_clear(lnt_rows *rows);
/// Appends the rows of `batch` that `sel` (NULL: 0 … n-1) names.
LNT_MUST_USE lnt_status lnt__rows_append(lnt_rows *rows, const lnt_batch *batch, const uint32_t *sel, int64_t n,
                                         lnt_error *err);
/// Appends rows [start, end) of a table with the same columns (it may have more, which are left out).
LNT_MUST_USE lnt_status lnt__rows_append_range(lnt_rows *rows, lnt_engine *engine, const lnt_table *table,
                                               int64_t start, int64_t end, lnt_error *err);
/// Bytes that the rows take, without dictionaries that are shared.
int64_t lnt__rows_bytes(const lnt_rows *rows);
/// The same of a table.
int64_t lnt__table_bytes(const lnt_table *table);
/// Appends all of `from`, which is empty afterwards.
LNT_MUST_USE lnt_status lnt__rows_merge(lnt_rows *rows, lnt_rows *from, lnt_error *err);
/// Ends collecting; the rows are empty afterwards.
LNT_MUST_USE lnt_status lnt__rows_finish(lnt_rows *rows, const lnt_schema *schema, lnt_table **out, lnt_error *err);
/// Rows [start, start + n) of a table, without copying values.
LNT_MUST_USE lnt_status lnt__table_slice(lnt_engine *engine, const lnt_table *table, int64_t start, int64_t n,
                                         lnt_table **out, lnt_error *err);
/// A table of `columns[n]`, whose references it takes over (also when it fails), under the names of `schema`.
LNT_MUST_USE lnt_status lnt__table_of(const lnt_schema *schema, lnt_column **columns, int64_t n_rows, lnt_table **out,
                                      lnt_error *err);

// ---- evaluation per worker (evaluators.c) ----

/// Evaluators of several expressions for every worker, made when a worker first needs them.
typedef struct lnt_evaluators {
    lnt_engine *engine;
    lnt_bound *const *exprs; ///< borrowed; NULL ones are skipped
    int64_t n;
    lnt_evaluator ***by_worker;
    int n_workers;
} lnt_evaluators;

LNT_MUST_USE lnt_status lnt__evaluators_init(lnt_evaluators *evaluators, lnt_engine *engine, lnt_bound *const *exprs,
                                             int64_t n, lnt_error *err);
void lnt__evaluators_clear(lnt_evaluators *evaluators);
/// The worker's own evaluators, one for every expression; borrowed.
LNT_MUST_USE lnt_status lnt__evaluators_of(lnt_evaluators *evaluators, int worker, lnt_evaluator ***out,
                                           lnt_error *err);
/// Narrows the batch's selection to the rows for which all expressions are true, into `sel`; an expression sees only
/// rows that passed those before it.
LNT_MUST_USE lnt_status lnt__evaluators_filter(lnt_evaluators *evaluators, int worker, const lnt_batch *batch,
                                               uint32_t *sel, int64_t *n, lnt_error *err);

/// Row k of a selection.
static inline int64_t lnt__row(const uint32_t *sel, int64_t k) {
    return sel ? sel[k] : k;
}

#endif
