/// @file calendar.c
/// Takes times apart.
#include "expr/calendar.h"

lnt_calendar lnt_calendar_of(int64_t us) {
    // Not us - days * LNT_US_PER_DAY: the first day that there is begins before the first time that there is.
    int64_t days = lnt_floor_divide(us, LNT_US_PER_DAY), rest = us % LNT_US_PER_DAY;
    if (rest < 0) rest += LNT_US_PER_DAY;
    lnt_calendar parts = {.days = days, .of_day_us = rest, .microsecond = (int)(rest % LNT_US_PER_SECOND)};
    int seconds = (int)(rest / LNT_US_PER_SECOND);
    parts.hour = seconds / 3600;
    parts.minute = seconds / 60 % 60;
    parts.second = seconds % 60;
    parts.weekday = (int)(((days + 3) % 7 + 7) % 7) + 1; // 1970-01-01 was a Thursday
    lnt_civil_from_days(days, &parts.year, &parts.month, &parts.day);
    return parts;
}

lnt_time_unit lnt_time_unit_from(lnt_str name) {
    static const char *const names[LNT_UNIT_COUNT] = {"second", "minute", "hour",    "day",
                                                      "week",   "month",  "quarter", "year"};
    int unit = 0;
    while (unit < LNT_UNIT_COUNT && !lnt_str_equal(name, lnt_str_from(names[unit]))) unit++;
    return (lnt_time_unit)unit;
}

int64_t lnt_time_unit_us(lnt_time_unit unit) {
    switch (unit) {
    case LNT_UNIT_SECOND:
        return LNT_US_PER_SECOND;
    case LNT_UNIT_MINUTE:
        return 60 * LNT_US_PER_SECOND;
    case LNT_UNIT_HOUR:
        return 3600 * LNT_US_PER_SECOND;
    case LNT_UNIT_WEEK:
        return 7 * LNT_US_PER_DAY;
    case LNT_UNIT_DAY:
    case LNT_UNIT_MONTH:
    case LNT_UNIT_QUARTER:
    case LNT_UNIT_YEAR:
    case LNT_UNIT_COUNT:
        break;
    }
    return LNT_US_PER_DAY;
}
