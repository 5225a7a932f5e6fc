/// @file rejects.h
/// What a reader could not take: a list that grows, and the table that users see of it.
#ifndef LNT_IO_REJECTS_H
#define LNT_IO_REJECTS_H

#include "base/buffer.h"
#include "lunette/table.h"

enum {
    LNT__REJECT_TEXT = 1024,      ///< bytes that are kept of a rejected record
    LNT__MOST_REJECTS = 100000    ///< of more the first ones are kept, and the others counted
};

typedef struct lnt__reject {
    int64_t line;   ///< 1-based, of the record's beginning
    lnt_str column; ///< empty: the record as a whole
    lnt_str reason;
    lnt_str text; ///< as it is in the file, cut
} lnt__reject;

/// Rejects in the order of the file. Strings live in the arena.
typedef struct lnt__rejects {
    lnt__reject *items;
    int64_t n, capacity;
    int64_t n_all; ///< with those that aren't kept
    lnt_arena text;
} lnt__rejects;

void lnt__rejects_init(lnt__rejects *rejects, lnt_budget *budget);
void lnt__rejects_clear(lnt__rejects *rejects);
/// Adds one, or counts it where there are too many, copying its strings (the text cut to LNT__REJECT_TEXT bytes, at a character's boundary).
LNT_MUST_USE lnt_status lnt__rejects_add(lnt__rejects *rejects, lnt__reject reject, lnt_error *err);
/// The table (source, line, column, reason, text); bytes that aren't UTF-8 show as U+FFFD. A NULL list is
/// empty. Where not all were kept, a last row without a line says so.
LNT_MUST_USE lnt_status lnt__rejects_table(lnt_engine *engine, const char *source, const lnt__rejects *rejects,
                                           lnt_table **out, lnt_error *err);

#endif
