/// @file calendar.h
/// Times taken apart and units of time, for the time functions. UTC, proleptic Gregorian.
#ifndef LNT_EXPR_CALENDAR_H
#define LNT_EXPR_CALENDAR_H

#include "base/text.h"
#include "column/value_text.h"

#define LNT_US_PER_SECOND ((int64_t)1000000)
#define LNT_US_PER_DAY ((int64_t)86400 * LNT_US_PER_SECOND)

/// A time in parts.
typedef struct lnt_calendar {
    int64_t year;
    int month, day; ///< from 1
    int hour, minute, second;
    int microsecond;
    int weekday;  ///< 1 Monday … 7 Sunday
    int64_t days;      ///< since 1970-01-01
    int64_t of_day_us; ///< since the day began
} lnt_calendar;

typedef enum lnt_time_unit {
    LNT_UNIT_SECOND,
    LNT_UNIT_MINUTE,
    LNT_UNIT_HOUR,
    LNT_UNIT_DAY,
    LNT_UNIT_WEEK,
    LNT_UNIT_MONTH,
    LNT_UNIT_QUARTER,
    LNT_UNIT_YEAR,
    LNT_UNIT_COUNT
} lnt_time_unit;

lnt_calendar lnt_calendar_of(int64_t us);
/// "second" … "year"; LNT_UNIT_COUNT for a name that is none.
lnt_time_unit lnt_time_unit_from(lnt_str name);
/// Microseconds of a unit of fixed length (up to weeks).
int64_t lnt_time_unit_us(lnt_time_unit unit);

static inline int64_t lnt_floor_divide(int64_t a, int64_t b) {
    return a / b - (a % b != 0 && (a % b < 0) != (b < 0));
}

#endif
