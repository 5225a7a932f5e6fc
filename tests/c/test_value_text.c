// Values from text and to text: round trips on random bits, edges, malformed text, and naive models (libc's strtod and
// timegm, a table of powers computed with whole numbers).
#include "column/power_table.h"
#include "column/value_text.h"

#include <math.h>
#include <time.h>

#include "check.h"

static uint64_t seed = 88172645463325252u;
static uint64_t next_random(void) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static int64_t length(const char *text) {
    return (int64_t)strlen(text);
}
static uint64_t bits_of(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}
static double double_of(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

// The text that formatting gives, terminated, in one of four rotating buffers.
static const char *formatted(lnt_value value) {
    static char texts[4][LNT_FORMAT_BYTES + 1];
    static int turn;
    char *text = texts[turn++ & 3];
    int n = lnt_format_value(value, text);
    text[n < 0 ? 0 : n] = 0;
    return text;
}
static const char *float_text(double value) {
    return formatted((lnt_value){.type = LNT_FLOAT, .as.f = value});
}
static const char *time_text(int64_t us) {
    return formatted((lnt_value){.type = LNT_TIME, .as.i = us});
}

static void check_parse_float(const char *text) {
    double expected = strtod(text, NULL), actual = 0;
    CHECK_MSG(lnt_parse_float(text, length(text), &actual), "%s", text);
    CHECK_MSG(bits_of(actual) == bits_of(expected), "%s: %a, not %a", text, actual, expected);
}

// ---- integers, booleans ----

TEST(integers_of_64_bits_come_back_from_their_text) {
    for (int i = 0; i < 100000; i++) {
        int64_t value = (int64_t)(next_random() >> next_random() % 64) * (next_random() & 1 ? 1 : -1), back = 0;
        char text[LNT_FORMAT_BYTES], expected[32];
        int n = lnt_format_int(value, text);
        CHECK_INT(snprintf(expected, sizeof expected, "%" PRId64, value), n);
        CHECK(memcmp(text, expected, (size_t)n) == 0);
        CHECK(lnt_parse_int(text, n, &back) && back == value);
    }
}

TEST(integers_at_the_edges_parse_and_beyond_them_do_not) {
    int64_t value = 0;
    const char *good[] = {"9223372036854775807",          "-9223372036854775808", "+0", "-0", "007",
                          "00000000000000000000000000012"};
    const int64_t expected[] = {INT64_MAX, INT64_MIN, 0, 0, 7, 12};
    for (int i = 0; i < 6; i++)
        CHECK_MSG(lnt_parse_int(good[i], length(good[i]), &value) && value == expected[i], "%s", good[i]);
    const char *bad[] = {"9223372036854775808",
                         "-9223372036854775809",
                         "99999999999999999999",
                         "",
                         "-",
                         "+",
                         "1 ",
                         " 1",
                         "1.0",
                         "0x1",
                         "12345678a",
                         "1234567:",
                         "--1",
                         "1e3",
                         "1234/678"};
    for (int i = 0; i < 15; i++) CHECK_MSG(!lnt_parse_int(bad[i], length(bad[i]), &value), "%s", bad[i]);
}

TEST(eight_characters_are_an_integer_only_if_all_are_digits) {
    for (int at = 0; at < 8; at++) {
        for (int c = 0; c < 256; c++) {
            char text[9] = "12345678";
            text[at] = (char)c;
            bool digits = c >= '0' && c <= '9', sign = at == 0 && (c == '+' || c == '-');
            int64_t value;
            CHECK_MSG(lnt_parse_int(text, 8, &value) == (digits || sign), "byte %d at %d", c, at);
        }
    }
}

TEST(booleans_are_true_and_false_in_any_case_and_nothing_else) {
    bool value = false;
    CHECK(lnt_parse_bool("true", 4, &value) && value);
    CHECK(lnt_parse_bool("FALSE", 5, &value) && !value);
    CHECK(lnt_parse_bool("True", 4, &value) && value);
    const char *bad[] = {"", "t", "1", "yes", "truee", "tru", "fals", "falsey"};
    for (int i = 0; i < 8; i++) CHECK(!lnt_parse_bool(bad[i], length(bad[i]), &value));
}

// ---- floats ----

// The power of ten as 128 bits rounded down, by long division and multiplication on 2,400-bit numbers.
static void naive_power(int exponent, uint64_t *hi, uint64_t *lo) {
    enum { WORDS = 80 };
    uint32_t words[WORDS] = {0}; // a fixed-point number, most significant word first
    words[exponent < 0 ? 1 : WORDS - 1] = 1;
    for (int i = 0; i < abs(exponent); i++) {
        uint64_t carry = 0;
        for (int w = 0; w < WORDS && exponent < 0; w++) {
            carry = carry << 32 | words[w];
            words[w] = (uint32_t)(carry / 10);
            carry %= 10;
        }
        for (int w = WORDS; w-- > 0 && exponent > 0;) {
            carry += (uint64_t)words[w] * 10;
            words[w] = (uint32_t)carry;
            carry >>= 32;
        }
    }
    int first = 0;
    while (!(words[first / 32] >> (31 - first % 32) & 1)) first++;
    uint64_t halves[2] = {0, 0};
    for (int i = 0; i < 128; i++) {
        int bit = first + i;
        uint64_t value = bit < WORDS * 32 ? words[bit / 32] >> (31 - bit % 32) & 1 : 0;
        halves[i / 64] = halves[i / 64] << 1 | value;
    }
    *hi = halves[0];
    *lo = halves[1];
}

TEST(the_table_of_powers_is_what_long_division_gives) {
    for (int exponent = LNT_POWER_MIN; exponent <= LNT_POWER_MAX; exponent++) {
        uint64_t hi, lo;
        naive_power(exponent, &hi, &lo);
        lnt_power power = lnt_power_of_ten(exponent);
        CHECK_MSG(power.hi == hi && power.lo == lo, "10^%d", exponent);
        CHECK_INT(lnt_power_log2(exponent), (int64_t)floorl((long double)exponent * 3.32192809488736234787L));
    }
}

static void check_round_trip(double value) {
    const char *text = float_text(value);
    double back = 0;
    CHECK_MSG(bits_of(strtod(text, NULL)) == bits_of(value), "%a is written %s", value, text);
    CHECK_MSG(lnt_parse_float(text, length(text), &back) && bits_of(back) == bits_of(value), "%s", text);
}

TEST(floats_of_random_bits_come_back_from_their_text) {
    for (int i = 0; i < 200000; i++) {
        uint64_t bits = next_random();
        if (i % 4 == 1) bits &= ~(((uint64_t)1 << 52) - 1);                        // powers of two
        if (i % 4 == 2) bits = (bits & 0x800fffffffffffffu) >> next_random() % 52; // subnormal
        double value = i % 4 == 3 ? (double)(int64_t)(bits % 100000000) / 1000.0 : double_of(bits);
        if (isfinite(value)) check_round_trip(value);
    }
}

// Significant digits in a text, without leading and trailing zeros.
static int significant_digits(const char *text) {
    int n = 0, zeros = 0;
    for (; *text && *text != 'e'; text++) {
        if (*text < '0' || *text > '9' || (*text == '0' && n == 0)) continue;
        n++;
        zeros = *text == '0' ? zeros + 1 : 0;
    }
    return n - zeros;
}

TEST(floats_are_written_with_as_few_digits_as_possible) {
    for (int i = 0; i < 20000; i++) {
        double value = double_of(next_random());
        if (!isfinite(value)) continue;
        char text[40];
        int precision = 0;
        do snprintf(text, sizeof text, "%.*e", precision++, value);
        while (strtod(text, NULL) != value);
        CHECK_MSG(significant_digits(float_text(value)) <= precision, "%s, but %s", float_text(value), text);
    }
}

TEST(floats_are_read_as_libc_reads_them) {
    for (int i = 0; i < 100000; i++) {
        char text[100];
        snprintf(text, sizeof text, "%s%" PRIu64 "%" PRIu64 ".%" PRIu64 "e%d", i & 1 ? "-" : "",
                 next_random() >> next_random() % 64, next_random() >> next_random() % 64,
                 next_random() >> next_random() % 64, (int)(next_random() % 720) - 370);
        check_parse_float(text);
    }
}

// The exact decimal of the point halfway between two doubles, and its neighbours in the last place.
TEST(floats_halfway_between_two_doubles_go_to_the_even_one) {
    for (int i = 0; i < 3000; i++) {
        uint64_t bits = next_random() >> 1;
        int field = (int)(bits >> 52);
        if (field == 0x7ff) continue;
        uint64_t mantissa = (bits & (((uint64_t)1 << 52) - 1)) | (field ? (uint64_t)1 << 52 : 0);
        char text[1300];
        snprintf(text, sizeof text, "%.1100Lg", ldexpl((long double)(2 * mantissa + 1), (field ? field : 1) - 1076));
        check_parse_float(text);
        char *exponent = strchr(text, 'e');
        size_t end = exponent ? (size_t)(exponent - text) : strlen(text);
        if (!memchr(text, '.', end)) continue;
        char more[1400];
        snprintf(more, sizeof more, "%.*s%s1%s", (int)end, text, "000000000000000000000000", text + end);
        check_parse_float(more);
    }
    const char *texts[] = {"9007199254740993",
                           "9007199254740993.0000000000000000000000000000001",
                           "9007199254740995e0",
                           "2.4703282292062327208e-324",
                           "2.4703282292062328e-324",
                           "4.9406564584124654e-324",
                           "2.2250738585072011e-308",
                           "2.2250738585072014e-308",
                           "1.7976931348623157e308",
                           "1.7976931348623158e308",
                           "1.7976931348623159e308",
                           "0.1250000000000000000000000",
                           "1.00000000000000011102230246251565404236316680908203125",
                           "1.00000000000000011102230246251565404236316680908203126",
                           "1.00000000000000011102230246251565404236316680908203124",
                           "18446744073709551615e0",
                           "1e23",
                           "8.5e22"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) check_parse_float(texts[i]);
}

TEST(floats_of_ten_thousand_digits_are_read_exactly) {
    static char text[12000];
    for (int digits = 700; digits < 10000; digits += 331) {
        snprintf(text, sizeof text, "1.");
        for (int i = 0; i < digits; i++) text[2 + i] = (char)('0' + next_random() % 10);
        snprintf(text + 2 + digits, 20, "e%d", (int)(next_random() % 600) - 300);
        check_parse_float(text);
        memset(text + 2, '0', (size_t)digits);
        check_parse_float(text);
    }
}

TEST(floats_have_a_fixed_way_of_writing) {
    CHECK_STR(float_text(0.0), "0.0");
    CHECK_STR(float_text(-0.0), "-0.0");
    CHECK_STR(float_text(1), "1.0");
    CHECK_STR(float_text(-1234567), "-1234567.0");
    CHECK_STR(float_text(0.1), "0.1");
    CHECK_STR(float_text(0.1 + 0.2), "0.30000000000000004");
    CHECK_STR(float_text(51.5074), "51.5074");
    CHECK_STR(float_text(1e15), "1000000000000000.0");
    CHECK_STR(float_text(1e16), "1e+16");
    CHECK_STR(float_text(1.5e300), "1.5e+300");
    CHECK_STR(float_text(0.0001), "0.0001");
    CHECK_STR(float_text(0.00001), "1e-05");
    CHECK_STR(float_text(5e-324), "5e-324");
    CHECK_STR(float_text(-1.7976931348623157e308), "-1.7976931348623157e+308");
    CHECK_STR(float_text((double)NAN), "nan");
    CHECK_STR(float_text(-(double)INFINITY), "-inf");
}

TEST(names_of_special_floats_parse_in_any_case_and_malformed_floats_do_not) {
    double value = 0;
    CHECK(lnt_parse_float("NaN", 3, &value) && isnan(value));
    CHECK(lnt_parse_float("-Infinity", 9, &value) && value == -(double)INFINITY);
    CHECK(lnt_parse_float("+inf", 4, &value) && value == (double)INFINITY);
    CHECK(lnt_parse_float(".5", 2, &value) && value == 0.5);
    CHECK(lnt_parse_float("5.", 2, &value) && value == 5);
    CHECK(lnt_parse_float("1e99999999999999999999", 22, &value) && isinf(value));
    CHECK(lnt_parse_float("1e-99999999999999999999", 23, &value) && value == 0);
    CHECK(lnt_parse_float("-0e5", 4, &value) && value == 0 && signbit(value));
    const char *bad[] = {"",   ".",    "-",     "e5",   "1e",   "1e+", "1.2.3", "1,5", " 1",
                         "1 ", "0x10", "1_000", "infi", "nano", "--1", "1e5.0", "-.",  "1ee5"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_MSG(!lnt_parse_float(bad[i], length(bad[i]), &value), "%s", bad[i]);
}

// ---- times ----

TEST(days_and_dates_agree_with_counting_day_by_day) {
    int64_t days = lnt_days_from_civil(-401, 1, 1);
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (int64_t year = -401; year < 2500; year++) {
        bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        for (int month = 1; month <= 12; month++) {
            for (int day = 1; day <= lengths[month - 1] + (month == 2 && leap); day++, days++) {
                if (lnt_days_from_civil(year, month, day) != days)
                    CHECK_INT(lnt_days_from_civil(year, month, day), days);
                int64_t y;
                int m, d;
                lnt_civil_from_days(days, &y, &m, &d);
                if (y != year || m != month || d != day) CHECK_MSG(false, "%" PRId64 "-%d-%d", year, month, day);
            }
        }
    }
    CHECK_INT(lnt_days_from_civil(1970, 1, 1), 0);
}

TEST(times_come_back_from_their_text_and_agree_with_libc) {
    for (int i = 0; i < 50000; i++) {
        int64_t seconds = (int64_t)(next_random() % 315537897600u) - 62135596800, back = 0; // years 1 – 9999
        int64_t us = seconds * 1000000 + (i & 1 ? (int64_t)(next_random() % 1000000) : 0);
        const char *text = time_text(us);
        CHECK_MSG(lnt_parse_time(text, length(text), &back) && back == us, "%s", text);
        struct tm parts;
        time_t clock = (time_t)seconds;
        char expected[40];
        gmtime_r(&clock, &parts);
        size_t n = strftime(expected, sizeof expected, "-%m-%dT%H:%M:%S", &parts);
        CHECK_MSG(strncmp(text + 4, expected, n) == 0, "%s, not %s", text, expected);
    }
}

TEST(times_in_the_forms_of_feeds_and_logs_parse) {
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"2021-11-15", "2021-11-15T00:00:00Z"},
        {"2021-11-15 10:11:12", "2021-11-15T10:11:12Z"},
        {"2021-11-15 10:11:12 UTC", "2021-11-15T10:11:12Z"},
        {"2021-11-15T10:11:12Z", "2021-11-15T10:11:12Z"},
        {"2021-11-15T10:11", "2021-11-15T10:11:00Z"},
        {"2021-11-15T10:11Z", "2021-11-15T10:11:00Z"},
        {"2021-11-15T10:11:12.5+01:30", "2021-11-15T08:41:12.5Z"},
        {"2019-08-23T17:36:41.123456-0700", "2019-08-24T00:36:41.123456Z"},
        {"1969-12-31T23:59:59.999999999Z", "1969-12-31T23:59:59.999999Z"},
        {"2020-02-29", "2020-02-29T00:00:00Z"},
        {"2000-02-29 23:59:59", "2000-02-29T23:59:59Z"},
        {"0001-01-01", "0001-01-01T00:00:00Z"},
        {"9999-12-31 23:59:59.999999", "9999-12-31T23:59:59.999999Z"},
        {"2021-01-01T00:00:00.000010Z", "2021-01-01T00:00:00.00001Z"},
        {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"},
        {"1972-06-30 23:59:60.25", "1972-07-01T00:00:00.25Z"},
        {"2017-01-01T08:59:60+09:00", "2017-01-01T00:00:00Z"},
        {"1968-12-31T18:59:60-0500", "1969-01-01T00:00:00Z"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t us = 0;
        CHECK_MSG(lnt_parse_time(cases[i].text, length(cases[i].text), &us), "%s", cases[i].text);
        CHECK_STR(time_text(us), cases[i].expected);
    }
}

TEST(wrong_days_hours_and_forms_are_no_times) {
    const char *bad[] = {"",
                         "2021",
                         "2021-11",
                         "2021-13-01",
                         "2021-00-01",
                         "2021-01-00",
                         "2021-01-32",
                         "2021-04-31",
                         "2021-02-29",
                         "1900-02-29",
                         "0000-01-01",
                         "2021-1-1",
                         "2021/01/01",
                         "2021-01-01T",
                         "2021-01-01T24:00:00",
                         "2021-01-01T10",
                         "2021-01-01T10:60",
                         "2021-01-01T10:11:60",
                         "2021-01-01T23:59:61",
                         "2021-01-01T23:59:60+01:00",
                         "2021-01-01T10:11:12.",
                         "2021-01-01T10:11:12.1234567890",
                         "2021-01-01T10:11:12,5",
                         "2021-01-01T10:11:12 ",
                         "2021-01-01T10:11:12UTC",
                         "2021-01-01T10:11:12+1",
                         "2021-01-01T10:11:12+24:00",
                         "2021-01-01T10:11:12+10:60",
                         "2021-01-01T10:11:12+10-30",
                         "2021-01-01Z",
                         "2021-01-01x10:11:12",
                         "2021-01-01 1a:11:12",
                         "2021-01-01 10:11:1",
                         "20210-01-01",
                         "-2021-01-01"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t us;
        CHECK_MSG(!lnt_parse_time(bad[i], length(bad[i]), &us), "%s", bad[i]);
    }
}

TEST(times_of_any_64_bits_can_be_written) {
    CHECK_STR(time_text(INT64_MAX), "+294247-01-10T04:00:54.775807Z");
    CHECK_STR(time_text(INT64_MIN), "-290308-12-21T19:59:05.224192Z");
    CHECK_STR(time_text(lnt_days_from_civil(-5, 3, 1) * 86400000000), "-0005-03-01T00:00:00Z");
    CHECK_STR(time_text(lnt_days_from_civil(0, 1, 1) * 86400000000), "0000-01-01T00:00:00Z");
}

// ---- addresses ----

static const char *ip_text(lnt_ip ip) {
    return formatted((lnt_value){.type = LNT_IP, .as.ip = ip});
}

TEST(addresses_are_written_as_rfc_5952_asks) {
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"1.2.3.4", "1.2.3.4"},
        {"255.255.255.255", "255.255.255.255"},
        {"0.0.0.0", "0.0.0.0"},
        {"::", "::"},
        {"::1", "::1"},
        {"1::", "1::"},
        {"2001:DB8::AbCd", "2001:db8::abcd"},
        {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
        {"2001:0db8:0000:0001:0001:0001:0001:0001", "2001:db8:0:1:1:1:1:1"},
        {"1:0:0:2:0:0:0:3", "1:0:0:2::3"},
        {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
        {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
        {"::ffff:1.2.3.4", "1.2.3.4"},
        {"::ffff:102:304", "1.2.3.4"},
        {"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
        {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
        {"::1.2.3.4", "::102:304"},
        {"fe80::1:0:0:0:1", "fe80:0:0:1::1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lnt_ip ip = {0, 0};
        CHECK_MSG(lnt_parse_ip(cases[i].text, length(cases[i].text), &ip), "%s", cases[i].text);
        CHECK_STR(ip_text(ip), cases[i].expected);
    }
}

TEST(addresses_of_random_bits_come_back_from_their_text) {
    for (int i = 0; i < 100000; i++) {
        lnt_ip ip = {next_random(), next_random()}, back = {0, 0};
        uint64_t zeros = next_random(); // random groups become zero
        for (int g = 0; g < 4; g++) {
            if (zeros >> g & 1) ip.hi &= ~((uint64_t)0xffff << 16 * g);
            if (zeros >> (8 + g) & 1) ip.lo &= ~((uint64_t)0xffff << 16 * g);
        }
        if (i % 8 == 0) ip = lnt_ip_from_v4((uint32_t)ip.lo);
        const char *text = ip_text(ip);
        CHECK_MSG(lnt_parse_ip(text, length(text), &back) && lnt_ip_compare(ip, back) == 0, "%s", text);
    }
}

TEST(malformed_addresses_are_refused) {
    const char *bad[] = {"",
                         "1",
                         "1.2.3",
                         "1.2.3.4.",
                         "1.2.3.4.5",
                         ".1.2.3.4",
                         "1..2.3",
                         "256.1.1.1",
                         "1.2.3.256",
                         "01.2.3.4",
                         "1.2.3.00",
                         "1.2.3.4 ",
                         "1.2.3.-4",
                         "1.2.3.1234",
                         ":",
                         ":1",
                         "1:",
                         ":::",
                         "1:::2",
                         "1::2::3",
                         "1:2:3:4:5:6:7",
                         "1:2:3:4:5:6:7:8:9",
                         "1:2:3:4:5:6:7:8::",
                         "::1:2:3:4:5:6:7:8",
                         "12345::",
                         "g::",
                         "fe80::1%eth0",
                         "::1.2.3",
                         "::1.2.3.4.5",
                         "::1.2.3.4:5",
                         "1:2:3:4:5:6:7:1.2.3.4",
                         "::256.1.1.1",
                         "1.2.3.4::",
                         "[::1]",
                         "1.2.3.4:80"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        lnt_ip ip;
        CHECK_MSG(!lnt_parse_ip(bad[i], length(bad[i]), &ip), "%s", bad[i]);
    }
}

TEST(ranges_have_their_first_and_last_address) {
    static const struct {
        const char *text, *first, *last;
        int prefix;
    } cases[] = {
        {"10.1.2.3/8", "10.0.0.0", "10.255.255.255", 8},
        {"1.2.3.4", "1.2.3.4", "1.2.3.4", 32},
        {"0.0.0.0/0", "0.0.0.0", "255.255.255.255", 0},
        {"192.168.1.128/25", "192.168.1.128", "192.168.1.255", 25},
        {"1.2.3.4/32", "1.2.3.4", "1.2.3.4", 32},
        {"2001:db8::/32", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", 32},
        {"::1", "::1", "::1", 128},
        {"::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 0},
        {"fe80::1/64", "fe80::", "fe80::ffff:ffff:ffff:ffff", 64},
        {"2001:db8::1/65", "2001:db8::", "2001:db8::7fff:ffff:ffff:ffff", 65},
        {"::ffff:10.0.0.1/104", "10.0.0.0", "10.255.255.255", 8},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lnt_ip first = {0, 0}, last = {0, 0};
        int prefix = -1;
        CHECK_MSG(lnt_parse_cidr(cases[i].text, length(cases[i].text), &first, &last, &prefix), "%s", cases[i].text);
        CHECK_STR(ip_text(first), cases[i].first);
        CHECK_STR(ip_text(last), cases[i].last);
        CHECK_INT(prefix, cases[i].prefix);
    }
    const char *bad[] = {"",       "/8",      "10.0.0.0/",    "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/-1",
                         "::/129", "::/1000", "10.0.0.0/8/8", "10/8"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        lnt_ip first, last;
        int prefix;
        CHECK_MSG(!lnt_parse_cidr(bad[i], length(bad[i]), &first, &last, &prefix), "%s", bad[i]);
    }
}

// ---- all of them ----

// Copies into memory of exactly the text's size, so that the sanitizer sees a read past the end.
TEST(no_parser_reads_past_the_end_of_its_text) {
    static const char alphabet[] = "0123456789.:-+eETZ/ abfnit";
    for (int i = 0; i < 100000; i++) {
        int64_t size = (int64_t)(next_random() % 30);
        char *text = malloc((size_t)size + !size);
        for (int64_t c = 0; c < size; c++) text[c] = alphabet[next_random() % (sizeof alphabet - 1)];
        for (int type = LNT_BOOL; type <= LNT_IP; type++) {
            lnt_value value;
            bool parsed = lnt_parse_value((lnt_type)type, text, size, &value);
            if (parsed && type != LNT_STRING) CHECK(lnt_format_value(value, (char[LNT_FORMAT_BYTES]){0}) > 0);
        }
        lnt_ip first, last;
        int prefix;
        (void)lnt_parse_cidr(text, size, &first, &last, &prefix);
        free(text);
    }
}

TEST(null_and_strings_are_not_formatted) {
    char out[LNT_FORMAT_BYTES];
    CHECK_INT(lnt_format_value((lnt_value){.type = LNT_INT, .is_null = true}, out), -1);
    CHECK_INT(lnt_format_value((lnt_value){.type = LNT_STRING, .as.s = {"x", 1}}, out), -1);
}

int main(int argc, char **argv) {
    return check_main(argc, argv);
}
