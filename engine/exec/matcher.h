/// @file matcher.h
/// The left side of joins that match by order: a stream that asks a matcher for the rows of the right.
#ifndef LNT_EXEC_MATCHER_H
#define LNT_EXEC_MATCHER_H

#include "exec/room.h"
#include "exec/stream.h"

typedef struct lnt_matcher lnt_matcher;

typedef struct lnt_matcher_class {
    const char *who; ///< the verb, for messages about memory
    /// Makes one worker's memory. NULL: none is needed.
    lnt_status (*begin)(const lnt_matcher *matcher, void **own, lnt_error *err);
    void (*end)(void *own);
    /// The one match of each selected row into rows[row], -1: none.
    lnt_status (*find)(const lnt_matcher *matcher, void *own, const lnt_batch *batch, int64_t *rows, lnt_error *err);
    /// Used instead where `many`: all matches of one row, in the right's order, into `rows` (int64_t).
    lnt_status (*find_all)(const lnt_matcher *matcher, const lnt_batch *batch, int64_t row, lnt_room *rows, int64_t *n,
                           lnt_error *err);
    void (*free)(lnt_matcher *matcher);
} lnt_matcher_class;

/// The head of every matcher; implementations put it first. What `find` reads never changes once it is made.
struct lnt_matcher {
    const lnt_matcher_class *class_;
    lnt_engine *engine;
    const lnt_plan *plan; ///< borrowed
    lnt_table *right;     ///< owned
    bool many;
};

/// The stream of the left's rows with their matches; takes both over, also when it fails.
LNT_MUST_USE lnt_status lnt__open_matcher(lnt_matcher *matcher, lnt_stream *left, lnt_stream **out, lnt_error *err);

void lnt__matcher_free(lnt_matcher *matcher);

/// The matchers; each takes over the right side, also when it fails.
LNT_MUST_USE lnt_status lnt__asof_matcher(lnt_engine *engine, const lnt_plan *plan, lnt_table *right, lnt_matcher **out,
                                          lnt_error *err);
LNT_MUST_USE lnt_status lnt__range_matcher(lnt_engine *engine, const lnt_plan *plan, lnt_table *right,
                                           lnt_matcher **out, lnt_error *err);

#endif
