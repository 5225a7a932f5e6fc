/// @file value_text.h
/// Values from text and to text: the one place that knows how numbers, times and addresses are written.
/// Used by readers (hot), casts, writers and messages. No locale, no allocation.
#ifndef LNT_COLUMN_VALUE_TEXT_H
#define LNT_COLUMN_VALUE_TEXT_H

#include "lunette/type.h"

// Parsers take the whole of [data, data + size): true only if all of it is one value. No surrounding space is skipped.
bool lnt_parse_bool(const char *data, int64_t size, bool *out);     ///< true/false in any case, nothing else
bool lnt_parse_int(const char *data, int64_t size, int64_t *out);   ///< [+-]digits within 64 bits
bool lnt_parse_float(const char *data, int64_t size, double *out);  ///< correctly rounded; nan, inf, infinity in any case
/// `YYYY-MM-DD`, with `[T ]HH:MM[:SS[.f{1,9}]]` and `Z`, ` UTC` or `±HH[:]MM`; a wrong day, month or hour is none.
/// Digits past microseconds are dropped. Years 0001–9999. A leap second, 23:59:60 in UTC, is the second behind it.
bool lnt_parse_time(const char *data, int64_t size, int64_t *out_us);
/// Whether the minute that begins at `minute_us` may have a leap second at its end: a day's last one.
bool lnt_ends_in_leap_second(int64_t minute_us);
bool lnt_parse_ip(const char *data, int64_t size, lnt_ip *out);     ///< dotted quad without leading zeros, RFC 4291; no zone
/// `address/bits`; `*first` and `*last` become the range's ends. Host bits may be set. A bare address is a range of one.
bool lnt_parse_cidr(const char *data, int64_t size, lnt_ip *first, lnt_ip *last, int *prefix);

/// Any type, by the rules above; a string always parses (borrowed).
bool lnt_parse_value(lnt_type type, const char *data, int64_t size, lnt_value *out);

enum { LNT_FORMAT_BYTES = 64 }; ///< enough for every type but string

// Formatters write at most LNT_FORMAT_BYTES, without a 0, and return the number of bytes.
int lnt_format_int(int64_t value, char *out);
/// The shortest decimal that reads back as the same double; integral values keep ".0"; "nan", "inf", "-inf".
int lnt_format_float(double value, char *out);
/// `YYYY-MM-DDTHH:MM:SS[.ffffff]Z`, the fraction only if it isn't 0 (trailing zeros cut).
int lnt_format_time(int64_t us, char *out);
int lnt_format_ip(lnt_ip ip, char *out); ///< RFC 5952
/// Any type but string and null; for those returns -1.
int lnt_format_value(lnt_value value, char *out);

/// Days since 1970-01-01 of a proleptic Gregorian date, and back.
int64_t lnt_days_from_civil(int64_t year, int month, int day);
void lnt_civil_from_days(int64_t days, int64_t *year, int *month, int *day);

#endif
