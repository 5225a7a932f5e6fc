/// @file json_value.h
/// What one cell of a JSON record is as a value.
#ifndef LNT_IO_JSON_VALUE_H
#define LNT_IO_JSON_VALUE_H

#include "io/json/json_columns.h"

/// A cell read: its kind, and its value as that kind (a string's text is in the cell).
typedef struct lnt__json_read_value {
    bool is_null;
    unsigned kind; ///< LNT__KIND_…
    lnt_value value;
} lnt__json_read_value;

/// Reads a cell for a column that was `declared` a type (LNT_NULL: not) and has had values of `kinds` so far: once other
/// text was among them, no string is tried as a time or an address any more. False with `text->problem` set if it isn't of
/// the declared type, or a number out of range.
bool lnt__json_read_cell(const lnt_json_options *options, const lnt__json_cell *cell, lnt_type declared, unsigned kinds,
                         lnt__json_read_value *out, lnt__json_text *text);
/// The value as one of `type`, which its column has come to.
lnt_value lnt__json_value_as(lnt_type type, const lnt__json_cell *cell, const lnt__json_read_value *read);

#endif
