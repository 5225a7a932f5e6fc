// A window that slides over a JSON text: see json_window.h.
//
// Workload: fills of about 1 MiB, each keeping the few KiB of a record that was cut off.
#include "io/json/json_window.h"

#include <string.h>

lnt_status lnt__json_window_open(lnt__json_window *window, const lnt_input *input, lnt_budget *budget, int64_t longest,
                                 lnt_error *err) {
    *window = (lnt__json_window){.budget = budget, .longest = longest, .most = longest + 1, .line = 1};
    window->capacity = window->most < LNT__JSON_WINDOW ? window->most : LNT__JSON_WINDOW;
    lnt_status status = lnt_budget_take(budget, window->capacity, "the JSON reader", err);
    if (status != LNT_OK) {
        window->capacity = 0;
        return status;
    }
    window->data = lnt_alloc(window->capacity + LNT__JSON_PADDING, err);
    if (!window->data) return LNT_NOMEM;
    memset(window->data, 0, LNT__JSON_PADDING);
    window->text.at = window->text.end = window->line_at = window->data;
    return lnt_stream_open(input, &window->stream, err);
}

void lnt__json_window_clear(lnt__json_window *window) {
    lnt_stream_close(window->stream);
    lnt_free(window->data);
    lnt_budget_give(window->budget, window->capacity);
    *window = (lnt__json_window){0};
}

static int64_t count_newlines(const char *at, const char *end) {
    int64_t n = 0;
    for (; at < end; at++) n += *at == '\n';
    return n;
}

void lnt__json_window_place(lnt__json_window *window, const char *at, int64_t *line, int64_t *column) {
    const char *first = at < window->line_at ? at : window->line_at,
               *last = at < window->line_at ? window->line_at : at;
    int64_t n = count_newlines(first, last);
    window->line += at < window->line_at ? -n : n;
    if (n > 0) {
        // going back is rare; the line may have begun before the window then, whose beginning stands for it
        const char *from = at < window->line_at ? window->data : window->line_at;
        const char *newline = memrchr(from, '\n', (size_t)(at - from));
        window->line_start = lnt__json_window_offset(window, newline ? newline + 1 : window->data);
    }
    window->line_at = at;
    *line = window->line;
    *column = lnt__json_window_offset(window, at) - window->line_start + 1;
}

// Twice the room, at most `most`.
static lnt_status grow(lnt__json_window *window, lnt_error *err) {
    int64_t capacity = window->capacity * 2 < window->most ? window->capacity * 2 : window->most;
    LNT_TRY(lnt_budget_take(window->budget, capacity - window->capacity, "a long JSON record", err));
    char *data = lnt_realloc(window->data, capacity + LNT__JSON_PADDING, err);
    if (!data) {
        lnt_budget_give(window->budget, capacity - window->capacity);
        return LNT_NOMEM;
    }
    window->text.at = data + (window->text.at - window->data);
    window->text.end = data + (window->text.end - window->data);
    window->line_at = data + (window->line_at - window->data);
    window->data = data;
    window->capacity = capacity;
    return LNT_OK;
}

static void slide(lnt__json_window *window, const char *keep) {
    int64_t line, column;
    lnt__json_window_place(window, keep, &line, &column);
    int64_t gone = keep - window->data, left = window->text.end - keep;
    memmove(window->data, keep, (size_t)left);
    window->base += gone;
    window->text.at -= gone;
    window->text.end -= gone;
    window->line_at = window->data;
}

lnt_status lnt__json_window_fill(lnt__json_window *window, const char **keep, bool *grown, lnt_error *err) {
    *grown = false;
    if (window->text.final) return LNT_OK;
    if (*keep > window->data) slide(window, *keep);
    *keep = window->data;
    int64_t used = window->text.end - window->data;
    if (used > window->capacity / 2 && window->capacity < window->most) {
        LNT_TRY(grow(window, err));
        *keep = window->data;
    }
    if (used == window->capacity) return LNT_OK;
    int64_t size;
    LNT_TRY(lnt_stream_read(window->stream, window->data + used, window->capacity - used, &size, err));
    window->text.end = window->data + used + size;
    memset(window->data + used + size, 0, LNT__JSON_PADDING);
    window->text.final = size < window->capacity - used;
    *grown = size > 0;
    return LNT_OK;
}
