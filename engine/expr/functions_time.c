/// @file functions_time.c
/// Times: their parts, truncation, differences. Text forms are functions_time_text.c's.
#include "expr/binder.h"
#include "expr/calendar.h"

typedef enum part { YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, WEEKDAY } part;

static int64_t part_of(const lnt_calendar *time, part which) {
    switch (which) {
    case YEAR:
        return time->year;
    case MONTH:
        return time->month;
    case DAY:
        return time->day;
    case HOUR:
        return time->hour;
    case MINUTE:
        return time->minute;
    case SECOND:
        return time->second;
    case WEEKDAY:
        break;
    }
    return time->weekday;
}

static lnt_status take_part(const lnt_run *run, part which) {
    int64_t *out = run->out;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        lnt_calendar time = lnt_calendar_of(lnt_run_int(run, 0, row));
        out[row] = part_of(&time, which);
    }
    return LNT_OK;
}

/// Stamps the kernel of one part.
#define PART_KERNEL(name, which)                                                                                       \
    static lnt_status name(const lnt_run *run, lnt_error *err) {                                                       \
        (void)err;                                                                                                     \
        return take_part(run, which);                                                                                  \
    }
PART_KERNEL(take_year, YEAR)
PART_KERNEL(take_month, MONTH)
PART_KERNEL(take_day, DAY)
PART_KERNEL(take_hour, HOUR)
PART_KERNEL(take_minute, MINUTE)
PART_KERNEL(take_second, SECOND)
PART_KERNEL(take_weekday, WEEKDAY)

// ---- units ----

/// The call's last argument as a unit, into call->data.
static lnt_status prepare_unit(lnt_binder *binder, lnt_typed *call, lnt_error *err) {
    lnt_str name;
    lnt_time_unit *unit = lnt_arena_alloc(binder->arena, sizeof *unit, err);
    if (!unit) return LNT_NOMEM;
    LNT_TRY(lnt_bind_constant_text(call, call->n_args - 1, "the unit", &name, err));
    *unit = lnt_time_unit_from(name);
    if (*unit == LNT_UNIT_COUNT) {
        lnt_error_set(err, LNT_VALUE,
                      "no unit '%.*s': it is 'second', 'minute', 'hour', 'day', 'week', 'month', 'quarter' or 'year'",
                      (int)(name.size > 40 ? 40 : name.size), name.data);
        lnt_typed_span(call->args[call->n_args - 1], err);
        return LNT_VALUE;
    }
    call->data = unit;
    call->n_used = call->n_args - 1;
    return LNT_OK;
}

/// The first day of the week, month, quarter or year.
static int64_t first_day(const lnt_calendar *time, lnt_time_unit unit) {
    if (unit == LNT_UNIT_WEEK) return time->days - (time->weekday - 1);
    int month = unit == LNT_UNIT_YEAR ? 1 : unit == LNT_UNIT_QUARTER ? (time->month - 1) / 3 * 3 + 1 : time->month;
    return lnt_days_from_civil(time->year, month, 1);
}

static int64_t trunc_one(int64_t us, lnt_time_unit unit) {
    if (unit <= LNT_UNIT_DAY) {
        int64_t step = lnt_time_unit_us(unit), start;
        return __builtin_mul_overflow(lnt_floor_divide(us, step), step, &start) ? us : start;
    }
    lnt_calendar time = lnt_calendar_of(us);
    int64_t start;
    return __builtin_mul_overflow(first_day(&time, unit), LNT_US_PER_DAY, &start) ? us : start;
}

static lnt_status trunc_time(const lnt_run *run, lnt_error *err) {
    lnt_time_unit unit = *(const lnt_time_unit *)run->call->data;
    int64_t *out = run->out;
    (void)err;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        out[row] = trunc_one(lnt_run_int(run, 0, row), unit);
    }
    return LNT_OK;
}

/// Whole months from `b` to `a`: a month is over on the same day and time of day.
static int64_t months_between(int64_t a, int64_t b) {
    if (a < b) return -months_between(b, a);
    lnt_calendar late = lnt_calendar_of(a), early = lnt_calendar_of(b);
    int64_t months = (late.year - early.year) * 12 + late.month - early.month;
    bool short_of = late.day < early.day || (late.day == early.day && late.of_day_us < early.of_day_us);
    return months - short_of;
}

static int64_t diff_one(int64_t a, int64_t b, lnt_time_unit unit) {
    int64_t us;
    if (unit == LNT_UNIT_MONTH) return months_between(a, b);
    if (unit == LNT_UNIT_QUARTER) return months_between(a, b) / 3;
    if (unit == LNT_UNIT_YEAR) return months_between(a, b) / 12;
    if (!__builtin_sub_overflow(a, b, &us)) return us / lnt_time_unit_us(unit);
    return a / lnt_time_unit_us(unit) - b / lnt_time_unit_us(unit);
}

static lnt_status diff(const lnt_run *run, lnt_error *err) {
    lnt_time_unit unit = *(const lnt_time_unit *)run->call->data;
    int64_t *out = run->out;
    (void)err;
    for (int64_t k = 0; k < run->n; k++) {
        int64_t row = lnt_run_row(run, k);
        out[row] = diff_one(lnt_run_int(run, 0, row), lnt_run_int(run, 1, row), unit);
    }
    return LNT_OK;
}

#define PART_OVERLOAD(name) static const lnt_overload of_##name[] = {{"t:i", 0, take_##name, NULL}}
PART_OVERLOAD(year);
PART_OVERLOAD(month);
PART_OVERLOAD(day);
PART_OVERLOAD(hour);
PART_OVERLOAD(minute);
PART_OVERLOAD(second);
PART_OVERLOAD(weekday);
static const lnt_overload of_trunc[] = {{"ts:t", 0, trunc_time, NULL}};
static const lnt_overload of_diff[] = {{"tts:i", 0, diff, NULL}};

#define PART(name, summary)                                                                                            \
    { {#name, #name "(x: time) -> int", summary, "time"}, of_##name, 1, NULL, NULL }
static const lnt_function functions[] = {
    PART(year, "The year."),
    PART(month, "The month, 1 to 12."),
    PART(day, "The day of the month, 1 to 31."),
    PART(hour, "The hour, 0 to 23, in UTC."),
    PART(minute, "The minute, 0 to 59."),
    PART(second, "The second, 0 to 59."),
    PART(weekday, "The day of the week, 1 (Monday) to 7 (Sunday)."),
    {{"trunc", "trunc(x: time, unit: string) -> time",
      "The beginning of the second, minute, hour, day, week (Monday), month, quarter or year that the time is in.",
      "time"},
     of_trunc,
     1,
     NULL,
     prepare_unit},
    {{"diff", "diff(a: time, b: time, unit: string) -> int",
      "How many whole units lie between b and a, negative where a is earlier; a - b gives seconds with fraction.",
      "time"},
     of_diff,
     1,
     NULL,
     prepare_unit},
};
const lnt_function_table lnt_time_functions = {functions, LNT_COUNT(functions)};
