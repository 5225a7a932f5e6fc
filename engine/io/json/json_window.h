/// @file json_window.h
/// The piece of a JSON file that is in memory: a window that slides over the text and grows for one long record.
#ifndef LNT_IO_JSON_WINDOW_H
#define LNT_IO_JSON_WINDOW_H

#include "io/input.h"
#include "io/json/json_token.h"

enum { LNT__JSON_WINDOW = 1 << 20 }; ///< bytes of an ordinary window

typedef struct lnt__json_window {
    lnt_stream *stream; ///< owned
    lnt_budget *budget;
    char *data;
    int64_t capacity;    ///< bytes of text that fit (the padding comes on top)
    int64_t longest;     ///< bytes of the longest record
    int64_t most;        ///< bytes that it may grow to: one more, so that a record of that length is seen to end
    lnt__json_text text; ///< what is left to read; `text.end` is the end of what is in memory
    int64_t base;        ///< bytes of the content before `data`
    const char *line_at; ///< a place in the window,
    int64_t line;        ///< its line, 1-based, and
    int64_t line_start;  ///< where that line begins, in bytes of the content
} lnt__json_window;

/// Starts a pass over `input`; `longest` bounds a record and so the window. Clear it also after a failure.
LNT_MUST_USE lnt_status lnt__json_window_open(lnt__json_window *window, const lnt_input *input, lnt_budget *budget,
                                              int64_t longest, lnt_error *err);
void lnt__json_window_clear(lnt__json_window *window);
/// Forgets what is before `*keep` and reads more behind it; `*keep` and `text.at` move along. `*grown` false: there is
/// no more, or no room for more (then `text.final` is false). Every other pointer into the window is void.
LNT_MUST_USE lnt_status lnt__json_window_fill(lnt__json_window *window, const char **keep, bool *grown, lnt_error *err);
/// The line and column of a place in the window, 1-based, the column in bytes; cheap when places ascend.
void lnt__json_window_place(lnt__json_window *window, const char *at, int64_t *line, int64_t *column);
/// Bytes of content before a place in the window.
static inline int64_t lnt__json_window_offset(const lnt__json_window *window, const char *at) {
    return window->base + (at - window->data);
}
#endif
