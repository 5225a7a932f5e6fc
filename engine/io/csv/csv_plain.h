/// @file csv_plain.h
/// Fields that are nothing but a few digits, the most frequent kind of number: seen and read without a loop.
///
/// Whatever isn't of that form goes the general way (csv_cell_at and the parsers of column/value_text.h), which gives
/// the same for these fields; so the form is only about time.
#ifndef LNT_IO_CSV_PLAIN_H
#define LNT_IO_CSV_PLAIN_H

#include "column/number_text.h"
#include "io/csv/csv.h"

/// The fields of one column, in a block's bytes.
typedef struct lnt_csv_plain {
    const uint8_t *bytes;   ///< 64 readable bytes follow the last one
    const uint32_t *starts; ///< of records
    const uint32_t *ends;   ///< of fields; with `n_columns` per record
    int64_t n_columns, column;
    uint8_t quote;            ///< 0: none
    uint8_t space;            ///< what may stand before a quote; 0: nothing
    bool last, trims, usable; ///< `trims`: spaces before a field that isn't quoted are left out, too
    bool bare;                ///< the fields are what lies between the delimiters, but for a CR
} lnt_csv_plain;

static inline lnt_csv_plain lnt_csv_plain_init(const lnt_csv_tokens *tokens, int64_t column) {
    const lnt_csv_dialect *dialect = tokens->dialect;
    return (lnt_csv_plain){.bytes = tokens->bytes->data,
                           .starts = (const uint32_t *)tokens->starts->data,
                           .ends = (const uint32_t *)tokens->ends->data,
                           .n_columns = dialect->n_columns,
                           .column = column,
                           .quote = (uint8_t)dialect->quote,
                           .space = dialect->delimiter == ' ' ? 0 : ' ',
                           .last = column == dialect->n_columns - 1,
                           .trims = dialect->trim_space && column > 0,
                           .usable = !dialect->nested_quotes,
                           .bare = !tokens->quotes && !dialect->nested_quotes && !(dialect->trim_space && column > 0)};
}

/// The text of a bare field. False: it is empty or missing.
static inline bool lnt_csv_plain_bare(const lnt_csv_plain *plain, int64_t record, const uint8_t **text, int64_t *size) {
    const uint32_t *ends = plain->ends + record * plain->n_columns;
    int64_t start = plain->column ? (int64_t)ends[plain->column - 1] + 1 : plain->starts[record];
    *text = plain->bytes + start;
    *size = (int64_t)ends[plain->column] - start;
    if (plain->last && *size > 0 && (*text)[*size - 1] == '\r') --*size;
    return *size > 0;
}

/// As below; also tells whether quotes were around it.
static inline bool lnt_csv_plain_inside(const lnt_csv_plain *plain, int64_t record, const uint8_t **text, int64_t *size,
                                        bool *quoted) {
    const uint32_t *ends = plain->ends + record * plain->n_columns;
    int64_t start = plain->column ? (int64_t)ends[plain->column - 1] + 1 : plain->starts[record];
    int64_t end = ends[plain->column];
    if (end <= start) return false;
    const uint8_t *bytes = plain->bytes;
    if (plain->last && bytes[end - 1] == '\r') end--;
    bool moved = plain->space && bytes[start] == plain->space;
    start += moved;
    *quoted = plain->quote && bytes[start] == plain->quote;
    if (*quoted) {
        if (end - start < 3 || bytes[end - 1] != plain->quote) return false;
        start++;
        end--;
    } else if (moved && !plain->trims) {
        return false;
    }
    *text = bytes + start;
    *size = end - start;
    return true;
}

/// The field's text without what is around it, as long as that is at most a space, quotes and a CR. False: something
/// else, or missing.
static inline bool lnt_csv_plain_text(const lnt_csv_plain *plain, int64_t record, const uint8_t **text, int64_t *size) {
    bool quoted;
    return lnt_csv_plain_inside(plain, record, text, size, &quoted);
}

/// The field's text as a string: neither empty nor with space around it. False: something else, or quotes inside are
/// doubled (`escapes`: they may be).
static inline bool lnt_csv_plain_string(const lnt_csv_plain *plain, int64_t record, bool escapes, lnt_str *out) {
    const uint8_t *text;
    int64_t size;
    bool quoted;
    if (!lnt_csv_plain_inside(plain, record, &text, &size, &quoted) || size < 1) return false;
    if (quoted ? escapes : *text == ' ' || *text == '\t') return false;
    *out = (lnt_str){(const char *)text, size};
    return true;
}

/// Whether the text is 1 to 8 digits; `*value` is their number. Reads 8 bytes from `text`.
static inline bool lnt_csv_plain_digits(const uint8_t *text, int64_t size, uint32_t *value) {
    const uint64_t zeroes = UINT64_C(0x3030303030303030);
    if ((uint64_t)size - 1 >= 8) return false;
    uint64_t word = (lnt__load_word(text) ^ zeroes) << (64 - 8 * size); // zeros come in where there is nothing
    if ((word | (word + UINT64_C(0x0606060606060606))) & UINT64_C(0xf0f0f0f0f0f0f0f0)) return false;
    *value = lnt__eight_digits_value(word + zeroes);
    return true;
}

/// Whether the text is 1 to 7 digits, a dot, and 1 to 8 digits, without a leading zero before another digit.
static inline bool lnt_csv_plain_decimal(const uint8_t *text, int64_t size) {
    int64_t dot = 0;
    uint32_t value;
    while (dot < 8 && dot < size && text[dot] != '.') dot++;
    if (dot > 7 || dot + 1 >= size || !lnt_csv_plain_digits(text, dot, &value)) return false;
    if (dot > 1 && text[0] == '0') return false;
    return lnt_csv_plain_digits(text + dot + 1, size - dot - 1, &value);
}

/// The number of such a text, correctly rounded: numerator and denominator are whole numbers that a double holds, and it
/// is their quotient. Reads 8 bytes from wherever the text's parts start. False: some other text.
static inline bool lnt_csv_plain_float(const uint8_t *text, int64_t size, double *value) {
    static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8};
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t word = lnt__load_word(text) ^ ones * '.', dots = (word - ones) & ~word & ones << 7;
    if (!dots) return false;
    int64_t dot = __builtin_ctzll(dots) >> 3, rest = size - dot - 1;
    uint32_t whole, fraction;
    if (!lnt_csv_plain_digits(text, dot, &whole) || !lnt_csv_plain_digits(text + dot + 1, rest, &fraction)) return false;
    if (dot > 1 && *text == '0') return false;
    *value = ((double)whole * powers[rest] + fraction) / powers[rest];
    return true;
}

#endif
