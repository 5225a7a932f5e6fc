/// @file functions_time_text.c
/// Times to text and back by a pattern of %-letters, a part of strftime's, without locale: format, parse, try_parse.
#include <string.h>

#include "expr/binder.h"
#include "expr/calendar.h"

static const char *const month_names[12] = {"January", "February", "March",     "April",   "May",      "June",
                                            "July",    "August",   "September", "October", "November", "December"};
static const char *const day_names[7] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
static const char format_letters[] = "YmdHMSfIpjyebBaAuFTRsVGzZ%", parse_letters[] = "YmdHMSfIpjyebBaAFTRszZ%";

/// A pattern, checked when the expression was bound.
typedef struct time_pattern {
    lnt_str text;
} time_pattern;

static lnt_status prepare_pattern(lnt_binder *binder, lnt_typed *call, const char *letters, lnt_error *err) {
    time_pattern *pattern = lnt_arena_alloc(binder->arena, sizeof *pattern, err);
    if (!pattern) return LNT_NOMEM;
    LNT_TRY(lnt_bind_constant_text(call, 1, "the format", &pattern->text, err));
    lnt_str text = pattern->text;
    for (int64_t i = 0; i < text.size; i++) {
        if (text.data[i] != '%') continue;
        char letter = ++i < text.size ? text.data[i] : '\0';
        if (letter && strchr(letters, letter)) continue;
        bool shown = letter > 0x20 && letter < 0x7f;
        lnt_error_set(err, LNT_VALUE, "no '%%%.*s' in the format of %s: it takes %% before one of %s", shown, &letter,
                      call->function->info.name, letters);
        lnt_typed_span(call->args[1], err);
        return LNT_VALUE;
    }
    call->data = pattern;
    call->n_used = 1;
    return LNT_OK;
}

static lnt_status prepare_format(lnt_binder *binder, lnt_typed *call, lnt_error *err) {
    return prepare_pattern(binder, call, format_letters, err);
}

static lnt_status prepare_parse(lnt_binder *binder, lnt_typed *call, lnt_error *err) {
    return prepare_pattern(binder, call, parse_letters, err);
}

// ---- format ----

/// ISO 8601's week and the year that it belongs to: the week of the nearest Thursday.
static int iso_week(const lnt_calendar *time, int64_t *year) {
    int64_t thursday = time->days - time->weekday + 4;
    int month, day;
    lnt_civil_from_days(thursday, year, &month, &day);
    return (int)((thursday - lnt_days_from_civil(*year, 1, 1)) / 7) + 1;
}

/// Writes `digits` decimal digits; more of them for larger numbers, a minus for negative ones. At most 24 bytes.
static int put_number(int64_t value, int digits, char *out) {
    char reversed[24];
    int n = 0, size = 0;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    for (; rest > 0 || n < digits; rest /= 10) reversed[n++] = (char)('0' + rest % 10);
    if (value < 0) out[size++] = '-';
    while (n > 0) out[size++] = reversed[--n];
    return size;
}

static int put_name(const char *name, int64_t limit, char *out) {
    int size = (int)strnlen(name, (size_t)limit);
    memcpy(out, name, (size_t)size);
    return size;
}

/// "12:34:56", without the seconds where `parts` is 2.
static int put_clock(const lnt_calendar *time, int parts, char *out) {
    const int values[3] = {time->hour, time->minute, time->second};
    int size = 0;
    for (int i = 0; i < parts; i++) {
        if (i > 0) out[size++] = ':';
        size += put_number(values[i], 2, out + size);
    }
    return size;
}

static int put_date(const lnt_calendar *time, char *out) {
    int size = put_number(time->year, 4, out);
    out[size++] = '-';
    size += put_number(time->month, 2, out + size);
    out[size++] = '-';
    return size + put_number(time->day, 2, out + size);
}

/// %V and %G.
static int put_week(const lnt_calendar *time, char letter, char *out) {
    int64_t year;
    int week = iso_week(time, &year);
    return letter == 'V' ? put_number(week, 2, out) : put_number(year, 4, out);
}

/// Writes what one letter stands for; at most 32 bytes.
static int format_letter(char letter, const lnt_calendar *time, int64_t us, char *out) {
    switch (letter) {
    case 'Y':
        return put_number(time->year, 4, out);
    case 'y':
        return put_number((time->year % 100 + 100) % 100, 2, out);
    case 'm':
        return put_number(time->month, 2, out);
    case 'd':
        return put_number(time->day, 2, out);
    case 'e':
        out[0] = ' ';
        return time->day < 10 ? 1 + put_number(time->day, 1, out + 1) : put_number(time->day, 2, out);
    case 'H':
        return put_number(time->hour, 2, out);
    case 'I':
        return put_number((time->hour + 11) % 12 + 1, 2, out);
    case 'p':
        return put_name(time->hour < 12 ? "AM" : "PM", 2, out);
    case 'M':
        return put_number(time->minute, 2, out);
    case 'S':
        return put_number(time->second, 2, out);
    case 'f':
        return put_number(time->microsecond, 6, out);
    case 'j':
        return put_number(time->days - lnt_days_from_civil(time->year, 1, 1) + 1, 3, out);
    case 'b':
        return put_name(month_names[time->month - 1], 3, out);
    case 'B':
        return put_name(month_names[time->month - 1], 16, out);
    case 'a':
        return put_name(day_names[time->weekday - 1], 3, out);
    case 'A':
        return put_name(day_names[time->weekday - 1], 16, out);
    case 'u':
        return put_number(time->weekday, 1, out);
    case 'F':
        return put_date(time, out);
    case 'T':
        return put_clock(time, 3, out);
    case 'R':
        return put_clock(time, 2, out);
    case 's':
        return put_number(lnt_floor_divide(us, LNT_US_PER_SECOND), 1, out);
    case 'V':
    case 'G':
        return put_week(time, letter, out);
    case 'z':
        return put_name("+0000", 5, out);
    case 'Z':
        return put_name("UTC", 3, out);
    default:
        out[0] = letter;
        return 1;
    }
}

static lnt_status format(const lnt_run *run, lnt_error *err) {
    lnt_str pattern = ((const time_pattern *)run->call->data)->text, *out = run->out;
    lnt_text text = {0};
    lnt_status status = LNT_OK;
    for (int64_t k = 0; k < run->n && status == LNT_OK; k++) {
        int64_t row = lnt_run_row(run, k), us = lnt_run_int(run, 0, row);
        lnt_calendar time = lnt_calendar_of(us);
        text.size = 0;
        for (int64_t i = 0; i < pattern.size; i++) {
            char piece[32];
            if (pattern.data[i] != '%')
                lnt_text_add_char(&text, pattern.data[i]);
            else
                lnt_text_add(&text, piece, format_letter(pattern.data[++i], &time, us, piece));
        }
        status = lnt_text_check(&text, err);
        if (status == LNT_OK) out[row] = lnt_arena_copy(run->arena, (lnt_str){text.data, text.size}, err);
        if (status == LNT_OK && !out[row].data) status = LNT_NOMEM;
    }
    lnt_text_clear(&text);
    return status;
}

// ---- parse ----

/// What has been read so far.
typedef struct reader {
    lnt_str text;
    int64_t at;
    int64_t year, epoch_seconds, offset_seconds;
    int month, day, hour, minute, second, microsecond;
    int day_of_year;           ///< 0 where the text has none
    bool has_epoch;
    bool twelve, afternoon;    ///< whether the hour is of a half day, and of which
} reader;

/// Reads at least `least` and at most `most` digits.
static bool read_digits(reader *in, int least, int most, int64_t *out) {
    int n = 0;
    *out = 0;
    while (n < most && in->at < in->text.size && in->text.data[in->at] >= '0' && in->text.data[in->at] <= '9') {
        *out = *out * 10 + in->text.data[in->at++] - '0';
        n++;
    }
    return n >= least;
}

static bool read_number(reader *in, int least, int most, int low, int high, int *out) {
    int64_t value;
    if (!read_digits(in, least, most, &value) || value < low || value > high) return false;
    *out = (int)value;
    return true;
}

static bool read_fraction(reader *in) {
    int64_t start = in->at, value;
    if (!read_digits(in, 1, 6, &value)) return false;
    for (int64_t n = in->at - start; n < 6; n++) value *= 10;
    in->microsecond = (int)value;
    while (in->at < in->text.size && in->text.data[in->at] >= '0' && in->text.data[in->at] <= '9') in->at++;
    return true;
}

/// Reads one of the names, whole or its first three letters, in any case; its place, or -1.
static int read_name(reader *in, const char *const *names, int n) {
    lnt_str rest = {in->text.data + in->at, in->text.size - in->at};
    for (int i = 0; i < n; i++) {
        int64_t size = (int64_t)strlen(names[i]);
        if (rest.size < 3 || strncasecmp(rest.data, names[i], 3) != 0) continue;
        in->at += rest.size >= size && !strncasecmp(rest.data, names[i], (size_t)size) ? size : 3;
        return i;
    }
    return -1;
}

/// Reads `word`, in any case.
static bool read_word(reader *in, const char *word) {
    int64_t size = (int64_t)strlen(word);
    if (in->text.size - in->at < size || strncasecmp(in->text.data + in->at, word, (size_t)size) != 0) return false;
    in->at += size;
    return true;
}

/// "Z", "+HH:MM" or "-HHMM".
static bool read_offset(reader *in) {
    if (in->at >= in->text.size) return false;
    char sign = in->text.data[in->at++];
    int hours, minutes;
    if (sign == 'Z' || sign == 'z') return true;
    if ((sign != '+' && sign != '-') || !read_number(in, 2, 2, 0, 23, &hours)) return false;
    if (in->at < in->text.size && in->text.data[in->at] == ':') in->at++;
    if (!read_number(in, 2, 2, 0, 59, &minutes)) return false;
    in->offset_seconds = (hours * 3600 + minutes * 60) * (sign == '-' ? -1 : 1);
    return true;
}

static bool read_pattern(reader *in, lnt_str pattern);

static bool read_epoch(reader *in) {
    bool negative = in->at < in->text.size && in->text.data[in->at] == '-';
    in->at += negative;
    in->has_epoch = read_digits(in, 1, 12, &in->epoch_seconds);
    if (negative) in->epoch_seconds = -in->epoch_seconds;
    return in->has_epoch;
}

static bool read_date_letter(reader *in, char letter) {
    int value = 0;
    switch (letter) {
    case 'Y':
        return read_digits(in, 4, 4, &in->year) && in->year > 0;
    case 'y':
        if (!read_number(in, 2, 2, 0, 99, &value)) return false;
        in->year = value + (value < 69 ? 2000 : 1900);
        return true;
    case 'm':
        return read_number(in, 1, 2, 1, 12, &in->month);
    case 'e':
        while (in->at < in->text.size && in->text.data[in->at] == ' ') in->at++;
        return read_number(in, 1, 2, 1, 31, &in->day);
    case 'd':
        return read_number(in, 1, 2, 1, 31, &in->day);
    case 'j':
        return read_number(in, 1, 3, 1, 366, &in->day_of_year);
    case 'b':
    case 'B':
        in->month = 1 + read_name(in, month_names, 12);
        return in->month > 0;
    case 'a':
    case 'A':
        return read_name(in, day_names, 7) >= 0;
    default: // F
        return read_pattern(in, lnt_str_from("%Y-%m-%d"));
    }
}

static bool read_clock_letter(reader *in, char letter) {
    switch (letter) {
    case 'H':
        return read_number(in, 1, 2, 0, 23, &in->hour);
    case 'I':
        in->twelve = read_number(in, 1, 2, 1, 12, &in->hour);
        in->hour %= 12;
        return in->twelve;
    case 'p':
        in->afternoon = read_word(in, "PM");
        return in->afternoon || read_word(in, "AM");
    case 'M':
        return read_number(in, 1, 2, 0, 59, &in->minute);
    case 'S':
        return read_number(in, 1, 2, 0, 60, &in->second);
    case 'f':
        return read_fraction(in);
    case 'T':
        return read_pattern(in, lnt_str_from("%H:%M:%S"));
    case 'R':
        return read_pattern(in, lnt_str_from("%H:%M"));
    case 's':
        return read_epoch(in);
    case 'z':
        return read_offset(in);
    default: // Z
        return read_word(in, "UTC") || read_word(in, "GMT") || read_word(in, "Z");
    }
}

static bool read_letter(reader *in, char letter) {
    if (strchr("YymedjbBaAF", letter)) return read_date_letter(in, letter);
    if (strchr("HIpMSfTRszZ", letter)) return read_clock_letter(in, letter);
    return in->at < in->text.size && in->text.data[in->at++] == letter;
}

static bool read_pattern(reader *in, lnt_str pattern) {
    for (int64_t i = 0; i < pattern.size; i++) {
        char c = pattern.data[i];
        if (c == '%') {
            if (!read_letter(in, pattern.data[++i])) return false;
        } else if (in->at >= in->text.size || in->text.data[in->at++] != c) {
            return false;
        }
    }
    return true;
}

/// The day that was read, since 1970; false if there is no such day.
static bool day_read(const reader *in, int64_t *out) {
    int64_t year;
    int month, day;
    *out = lnt_days_from_civil(in->year, in->month, in->day);
    if (in->day_of_year > 0) *out = lnt_days_from_civil(in->year, 1, 1) + in->day_of_year - 1;
    lnt_civil_from_days(*out, &year, &month, &day);
    return year == in->year && (in->day_of_year > 0 || (month == in->month && day == in->day));
}

/// Reads the whole of `text` by the pattern.
static bool parse_one(lnt_str text, lnt_str pattern, int64_t *out) {
    reader in = {.text = text, .year = 1970, .month = 1, .day = 1};
    int64_t days;
    if (!read_pattern(&in, pattern) || in.at != text.size || !day_read(&in, &days)) return false;
    int hour = in.hour + (in.twelve && in.afternoon ? 12 : 0);
    int64_t minute = days * 86400 + hour * 3600 + in.minute * 60 - in.offset_seconds;
    if (in.second == 60 && !lnt_ends_in_leap_second(minute * LNT_US_PER_SECOND)) return false;
    int64_t seconds = in.has_epoch ? in.epoch_seconds - in.offset_seconds : minute + in.second;
    *out = seconds * LNT_US_PER_SECOND + in.microsecond;
    return true;
}

static lnt_status parse(const lnt_run *run, bool strict, lnt_error *err) {
    lnt_str pattern = ((const time_pattern *)run->call->data)->text;
    int64_t *out = run->out;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        lnt_str text = lnt_run_str(run, 0, row);
        out[row] = 0;
        if (parse_one(text, pattern, &out[row])) continue;
        if (strict)
            return lnt_run_fail(run, row, LNT_VALUE, err,
                                "can't read '%.*s' by the format '%.*s'; try_parse_time(x, format) gives null instead",
                                (int)(text.size > 60 ? 60 : text.size), text.data, (int)pattern.size, pattern.data);
        lnt_bitmap_unset(run->valid, row);
    }
    return LNT_OK;
}

static lnt_status parse_strict(const lnt_run *run, lnt_error *err) {
    return parse(run, true, err);
}
static lnt_status parse_try(const lnt_run *run, lnt_error *err) {
    return parse(run, false, err);
}

static const lnt_overload of_format[] = {{"ts:s", 0, format, NULL}};
static const lnt_overload of_parse[] = {{"ss:t", LNT_CAN_FAIL, parse_strict, NULL}};
static const lnt_overload of_try_parse[] = {{"ss:t", LNT_MAKES_NULLS, parse_try, NULL}};

static const lnt_function functions[] = {
    {{"format", "format(x: time, format: string) -> string",
      "The time as text: % before one of Y m d H M S f I p j y e b B a A u F T R s V G z Z, as for strftime, in UTC "
      "and English.",
      "time"},
     of_format,
     1,
     NULL,
     prepare_format},
    {{"parse_time", "parse_time(x: string, format: string) -> time",
      "The time that the text gives by the format: % before one of Y m d H M S f I p j y e b B a A F T R s z Z; a text "
      "that doesn't fit is an error that names the row.",
      "time"},
     of_parse,
     1,
     NULL,
     prepare_parse},
    {{"parse", "parse(x: string, format: string) -> time", "The same as parse_time.", "time"},
     of_parse,
     1,
     NULL,
     prepare_parse},
    {{"try_parse_time", "try_parse_time(x: string, format: string) -> time",
      "Like parse_time, but null for a text that doesn't fit.", "time"},
     of_try_parse,
     1,
     NULL,
     prepare_parse},
};
const lnt_function_table lnt_time_text_functions = {functions, LNT_COUNT(functions)};
