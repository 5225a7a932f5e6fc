// Times from text and to text, and the calendar under them.
//
// Workload: one or two timestamps per record, nearly always `YYYY-MM-DD HH:MM:SS`; the fixed part is checked by
// position.
#include "column/number_text.h"

#include <string.h>

enum { SECOND_US = 1000000 };
static const int64_t MINUTE_US = 60 * (int64_t)SECOND_US, HOUR_US = 3600 * (int64_t)SECOND_US,
                     DAY_US = 86400 * (int64_t)SECOND_US;

// Years are counted from March, so that the leap day is a year's last; 400 years (an era) have 146,097 days.
int64_t lnt_days_from_civil(int64_t year, int month, int day) {
    if (month <= 2) year--;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

void lnt_civil_from_days(int64_t days, int64_t *year, int *month, int *day) {
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t from_march = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * from_march + 2) / 5 + 1);
    *month = (int)(from_march < 10 ? from_march + 3 : from_march - 9);
    *year = era * 400 + year_of_era + (*month <= 2);
}

static int days_in_month(int year, int month) {
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (month == 2) return leap ? 29 : 28;
    return 30 + ((month + (month > 7)) & 1);
}

bool lnt_ends_in_leap_second(int64_t minute_us) {
    int64_t into_day = minute_us % DAY_US;
    return (into_day < 0 ? into_day + DAY_US : into_day) == DAY_US - MINUTE_US;
}

// Two digits as a number, or -1.
static int two_digits(const char *data) {
    unsigned tens = (unsigned)(unsigned char)data[0] - '0', ones = (unsigned)(unsigned char)data[1] - '0';
    return tens > 9 || ones > 9 ? -1 : (int)(tens * 10 + ones);
}

static bool parse_date(const char *data, int64_t *out_us) {
    int century = two_digits(data), rest = two_digits(data + 2), month = two_digits(data + 5),
        day = two_digits(data + 8);
    if ((century | rest | month | day) < 0 || data[4] != '-' || data[7] != '-') return false;
    int year = century * 100 + rest;
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) return false;
    *out_us = lnt_days_from_civil(year, month, day) * DAY_US;
    return true;
}

// `.f{1,9}` at *at; moves *at behind it. Absent is fine.
static bool parse_fraction(const char **at, const char *end, int64_t *out_us) {
    *out_us = 0;
    if (*at == end || **at != '.') return true;
    const char *first = ++*at;
    int64_t unit = SECOND_US / 10;
    for (; *at < end && (unsigned)(**at - '0') <= 9; ++*at, unit /= 10) *out_us += (**at - '0') * unit;
    return *at > first && *at - first <= 9;
}

// Nothing, `Z`, ` UTC` or `±HH[:]MM` up to `end`; `*out_us` is how far the clock is ahead of UTC.
static bool parse_zone(const char *at, const char *end, int64_t *out_us) {
    *out_us = 0;
    int64_t size = end - at;
    if (size == 0 || (size == 1 && *at == 'Z')) return true;
    if (size == 4 && memcmp(at, " UTC", 4) == 0) return true;
    if ((*at != '+' && *at != '-') || (size != 5 && size != 6) || (size == 6 && at[3] != ':')) return false;
    int hours = two_digits(at + 1), minutes = two_digits(end - 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return false;
    *out_us = (hours * 60 + minutes) * MINUTE_US * (*at == '-' ? -1 : 1);
    return true;
}

bool lnt_parse_time(const char *data, int64_t size, int64_t *out_us) {
    int64_t date_us, fraction_us = 0, ahead_us;
    if (size < 10 || !parse_date(data, &date_us)) return false;
    if (size == 10) return *out_us = date_us, true;
    if (size < 16 || (data[10] != 'T' && data[10] != ' ') || data[13] != ':') return false;
    const char *at = data + 16, *end = data + size;
    int hour = two_digits(data + 11), minute = two_digits(data + 14), second = 0;
    if (end - at >= 3 && *at == ':') {
        second = two_digits(at + 1);
        at += 3;
        if (!parse_fraction(&at, end, &fraction_us)) return false;
    }
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return false;
    if (!parse_zone(at, end, &ahead_us)) return false;
    int64_t minute_us = date_us + hour * HOUR_US + minute * MINUTE_US - ahead_us;
    if (second == 60 && !lnt_ends_in_leap_second(minute_us)) return false;
    *out_us = minute_us + (int64_t)second * SECOND_US + fraction_us;
    return true;
}

// Four digits, as ISO 8601 has them; years outside of 0000–9999 get a sign and as many digits as they need.
static int format_year(int64_t year, char *out) {
    if (year >= 0 && year <= 9999) {
        lnt__format_two((unsigned)(year / 100), out);
        lnt__format_two((unsigned)(year % 100), out + 2);
        return 4;
    }
    out[0] = year < 0 ? '-' : '+';
    uint64_t size = (uint64_t)(year < 0 ? -year : year);
    int n = 1;
    for (uint64_t limit = 1000; limit > size && limit > 1; limit /= 10) out[n++] = '0';
    return n + lnt__format_digits(size, out + n);
}

static int format_fraction(int64_t us, char *out) {
    if (us == 0) return 0;
    out[0] = '.';
    lnt__format_two((unsigned)(us / 10000), out + 1);
    lnt__format_two((unsigned)(us / 100 % 100), out + 3);
    lnt__format_two((unsigned)(us % 100), out + 5);
    int n = 7;
    while (out[n - 1] == '0') n--;
    return n;
}

int lnt_format_time(int64_t us, char *out) {
    int64_t days = us / DAY_US, rest = us % DAY_US, year;
    if (rest < 0) days--, rest += DAY_US;
    int month, day;
    lnt_civil_from_days(days, &year, &month, &day);
    int n = format_year(year, out);
    unsigned seconds = (unsigned)(rest / SECOND_US);
    const unsigned parts[5] = {(unsigned)month, (unsigned)day, seconds / 3600, seconds / 60 % 60, seconds % 60};
    for (int i = 0; i < 5; i++) {
        out[n] = "--T::"[i];
        lnt__format_two(parts[i], out + n + 1);
        n += 3;
    }
    n += format_fraction(rest % SECOND_US, out + n);
    out[n] = 'Z';
    return n + 1;
}
