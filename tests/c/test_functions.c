/// @file test_functions.c
/// What each function promises, on values chosen to be awkward.
#include "expression_model.h"

TEST(arithmetic_is_luas) {
    CHECK_VALUE("1 + 2 * 3", "7");
    CHECK_VALUE("7 / 2", "3.5");
    CHECK_VALUE("7 // 2", "3");
    CHECK_VALUE("-7 // 2", "-4");
    CHECK_VALUE("7 // -2", "-4");
    CHECK_VALUE("-7 % 3", "2");
    CHECK_VALUE("7 % -3", "-2");
    CHECK_VALUE("-7.5 % 2", "0.5");
    CHECK_VALUE("7.5 // 2", "3.0");
    CHECK_VALUE("2 ^ 10", "1024.0");
    CHECK_VALUE("-2 ^ 2", "-4.0");
    CHECK_VALUE("1 / 0", "inf");
    CHECK_VALUE("0 / 0 == 0 / 0", "false");
    CHECK_VALUE("6 & 3 | 8", "10");
    CHECK_VALUE("1 .. 2 .. 'x' .. true .. null", "null");
    CHECK_VALUE("1 .. 2.5 .. 'x' .. true", "12.5xtrue");
    CHECK_VALUE("-9223372036854775808 % -1", "0");
}

TEST(integers_that_leave_64_bits_or_meet_zero_are_errors_that_name_the_row) {
    CHECK_VALUE("9223372036854775807 + 1",
                "overflow: row 12: 9223372036854775807 + 1 doesn't fit 64 bits; float(x) gives room");
    CHECK_VALUE("-9223372036854775808 - 1",
                "overflow: row 12: -9223372036854775808 - 1 doesn't fit 64 bits; float(x) gives room");
    CHECK_VALUE("4611686018427387904 * 2",
                "overflow: row 12: 4611686018427387904 * 2 doesn't fit 64 bits; float(x) gives room");
    CHECK_VALUE("1 // 0", "overflow: row 12: 1 // 0: an int can't be divided by zero; '/' gives a float");
    CHECK_VALUE("1 % 0", "overflow: row 12: 1 % 0: an int can't be divided by zero");
    CHECK_VALUE("-9223372036854775808 // -1", "overflow: row 12: -9223372036854775808 // -1 doesn't fit 64 bits");
    CHECK_VALUE("-(-9223372036854775808)", "overflow: row 12: -(-9223372036854775808) doesn't fit 64 bits");
    CHECK_VALUE("abs(-9223372036854775808)", "overflow: row 12: abs(-9223372036854775808) doesn't fit 64 bits");
    CHECK_VALUE("time('2021-01-01') + 9223372036854",
                "overflow: row 12: the time leaves the range of 64-bit microseconds");
    CHECK_VALUE("if_else(false, 1 // 0, 2)", "2");
    CHECK_VALUE("false and 1 // 0 == 1", "false");
}

TEST(ints_and_floats_are_compared_by_what_they_are_worth) {
    CHECK_VALUE("9007199254740993 == 9007199254740992.0", "false");
    CHECK_VALUE("9007199254740993 > 9007199254740992.0", "true");
    CHECK_VALUE("9007199254740992.0 >= 9007199254740993", "false");
    CHECK_VALUE("9223372036854775807 < 9223372036854775808.0", "true");
    CHECK_VALUE("-0.0 == 0", "true");
    CHECK_VALUE("3 ~= 3.5 and 3 < 3.5 and -3 > -3.5", "true");
    CHECK_VALUE("1 < 0.0 / 0.0 or 1 == 0.0 / 0.0", "false");
    CHECK_VALUE("1 in (1.0, 2.5)", "true");
    CHECK_VALUE("9007199254740993 in (9007199254740992.0, 3)", "false");
    CHECK_VALUE("9007199254740992.0 in (9007199254740993)", "false");
    CHECK_VALUE("2.0 in (9007199254740993, 2)", "true");
}

TEST(null_is_unknown) {
    CHECK_VALUE("null == null", "null");
    CHECK_VALUE("null and false", "false");
    CHECK_VALUE("null and true", "null");
    CHECK_VALUE("null or true", "true");
    CHECK_VALUE("not null", "null");
    CHECK_VALUE("1 + null", "null");
    CHECK_VALUE("lower(null)", "null");
    CHECK_VALUE("null in (1, 2)", "null");
    CHECK_VALUE("3 in (1, null)", "false");
    CHECK_VALUE("is_null(null)", "true");
    CHECK_VALUE("not_null(1)", "true");
    CHECK_VALUE("coalesce(null, null, 3)", "3");
    CHECK_VALUE("coalesce(null, 1, 2.5)", "1.0");
    CHECK_VALUE("coalesce(null, null)", "null");
    CHECK_VALUE("if_else(null, 1, 2)", "2");
    CHECK_VALUE("null_if('a', 'a')", "null");
    CHECK_VALUE("null_if('a', 'b')", "a");
    CHECK_VALUE("if_else(true, null, null) + 1", "null");
}

TEST(times_are_compared_with_texts_and_moved_by_seconds) {
    CHECK_VALUE("time('2021-09-01') > '2021-08-31T23:59:59Z'", "true");
    CHECK_VALUE("time('2021-09-01') in ('2021-09-01', '2022-01-01')", "true");
    CHECK_VALUE("time('2021-09-02') - time('2021-09-01')", "86400.0");
    CHECK_VALUE("time('2021-09-01') + 90", "2021-09-01T00:01:30Z");
    CHECK_VALUE("time('2021-09-01') - 0.5", "2021-08-31T23:59:59.5Z");
    CHECK_VALUE("90 + time('2021-09-01')", "2021-09-01T00:01:30Z");
    CHECK_VALUE("time(1.5)", "1970-01-01T00:00:01.5Z");
    CHECK_VALUE("int(time('1969-12-31T23:59:59.5Z'))", "-1");
    CHECK_VALUE("time('2021-09-01') == '1.9.2021'",
                "value: can't read '1.9.2021' as time: write it as '2021-09-01' or '2021-09-01T12:30:00Z'");
}

TEST(parts_of_times) {
    CHECK_VALUE("year('2021-11-15T13:14:15Z')", "2021");
    CHECK_VALUE("month('2021-11-15')", "11");
    CHECK_VALUE("day('2021-11-15')", "15");
    CHECK_VALUE("hour('2021-11-15T13:14:15Z')", "13");
    CHECK_VALUE("minute('2021-11-15T13:14:15Z')", "14");
    CHECK_VALUE("second('2021-11-15T13:14:15Z')", "15");
    CHECK_VALUE("weekday('2021-11-15')", "1");
    CHECK_VALUE("weekday('1969-12-28')", "7");
    CHECK_VALUE("trunc('2021-11-17T13:14:15Z', 'week')", "2021-11-15T00:00:00Z");
    CHECK_VALUE("trunc('2021-11-17T13:14:15Z', 'minute')", "2021-11-17T13:14:00Z");
    CHECK_VALUE("trunc('2021-11-17', 'month')", "2021-11-01T00:00:00Z");
    CHECK_VALUE("trunc('2021-11-17', 'quarter')", "2021-10-01T00:00:00Z");
    CHECK_VALUE("trunc('2021-11-17', 'year')", "2021-01-01T00:00:00Z");
    CHECK_VALUE("trunc('1969-12-31T23:59:59Z', 'day')", "1969-12-31T00:00:00Z");
    CHECK_VALUE("diff('2021-03-31', '2021-02-28', 'month')", "1");
    CHECK_VALUE("diff('2021-03-27', '2021-02-28', 'month')", "0");
    CHECK_VALUE("diff('2020-02-29', '2021-02-28', 'year')", "0");
    CHECK_VALUE("diff('2021-01-01', '2021-01-03', 'day')", "-2");
    CHECK_VALUE("diff('2021-01-02T23:59:59Z', '2021-01-01', 'day')", "1");
    CHECK_VALUE(
        "trunc('2021-11-17', 'fortnight')",
        "value: no unit 'fortnight': it is 'second', 'minute', 'hour', 'day', 'week', 'month', 'quarter' or 'year'");
}

TEST(times_to_text_and_back) {
    CHECK_VALUE("format('2021-01-03T04:05:06.789Z', '%Y-%m-%d %H:%M:%S.%f %j %a %A %b %B %u')",
                "2021-01-03 04:05:06.789000 003 Sun Sunday Jan January 7");
    CHECK_VALUE("format('2021-01-03', '%G-W%V %y %e %F %T %R %s %z %Z %%')",
                "2020-W53 21  3 2021-01-03 00:00:00 00:00 1609632000 +0000 UTC %");
    CHECK_VALUE("format('2021-01-03', '%q')", "value: no '%q' in the format of format: it takes % before one of "
                                              "YmdHMSfIpjyebBaAuFTRsVGzZ%");
    CHECK_VALUE("parse('03/Jan/2021:04:05:06 +0100', '%d/%b/%Y:%H:%M:%S %z')", "2021-01-03T03:05:06Z");
    CHECK_VALUE(
        "parse_time('2021-02-30', '%F')",
        "value: row 12: can't read '2021-02-30' by the format '%F'; try_parse_time(x, format) gives null instead");
    CHECK_VALUE("try_parse_time('nope', '%F')", "null");
    CHECK_VALUE("parse_time('1609632000.25', '%s.%f')", "2021-01-03T00:00:00.25Z");
    CHECK_VALUE("parse_time('5 September 99', '%d %B %y')", "1999-09-05T00:00:00Z");
}

TEST(text_counts_characters_not_bytes) {
    CHECK_VALUE("len('\xc3\x84pfel\xe2\x82\xac')", "6");
    CHECK_VALUE("lower('\xc3\x84PFEL \xd0\x96 \xce\xa9')", "\xc3\xa4pfel \xd0\xb6 \xcf\x89");
    CHECK_VALUE("upper('stra\xc3\x9f"
                "e \xc3\xa9 \xd0\xb6')",
                "STRA\xc3\x9f"
                "E \xc3\x89 \xd0\x96");
    CHECK_VALUE("sub('\xc3\x84pfel', 2, 3)", "pf");
    CHECK_VALUE("sub('\xc3\x84pfel', -2)", "el");
    CHECK_VALUE("sub('abc', 0)", "abc");
    CHECK_VALUE("sub('abc', 3, 2)", "");
    CHECK_VALUE("sub('abc', -100, 2)", "ab");
    CHECK_VALUE("find('\xc3\x84pfel', 'f')", "3");
    CHECK_VALUE("find('abc', 'x')", "null");
    CHECK_VALUE("trim('  a b\\n')", "a b");
    CHECK_VALUE("trim('\xc3\xa4x\xc3\xa4', '\xc3\xa4')", "x");
    CHECK_VALUE("replace('a.b.c', '.', '[.]')", "a[.]b[.]c");
    CHECK_VALUE("replace('aaa', 'aa', 'b')", "ba");
    CHECK_VALUE("replace('abc', '', 'x')", "abc");
    CHECK_VALUE("split_part('a/b//c', '/', 2)", "b");
    CHECK_VALUE("split_part('a/b//c', '/', 3)", "");
    CHECK_VALUE("split_part('a/b//c', '/', -1)", "c");
    CHECK_VALUE("split_part('a/b//c', '/', 5)", "null");
    CHECK_VALUE("split_part('a/b//c', '/', 0)", "null");
    CHECK_VALUE("split_part('abc', '', 1)", "abc");
}

TEST(bytes_written_as_numbers_become_characters_where_they_are_some) {
    CHECK_VALUE("unescape('caf\\\\xc3\\\\xa9 \\\\x09.')", "café \t.");
    CHECK_VALUE("unescape('\\\\x5cx41')", "\\x41"); // once
    CHECK_VALUE("unescape('a\\\\xffb\\\\xc3c\\\\x00')", "a\\xffb\\xc3c\\x00");
    CHECK_VALUE("unescape('\\\\x2c\\\\x2d', ',')", "\\x2c-");
    CHECK_VALUE("unescape('\\\\x')", "\\x");
    CHECK_VALUE("unescape('')", "");
}

TEST(search_is_literal_and_like_is_sqls) {
    CHECK_VALUE("'a.b':contains '.'", "true");
    CHECK_VALUE("contains('abc', 'x', 'bc')", "true");
    CHECK_VALUE("contains('', '')", "true");
    CHECK_VALUE("starts_with('abc', 'ab')", "true");
    CHECK_VALUE("ends_with('a', 'ba')", "false");
    CHECK_VALUE("ends_with('x.su', '.ru', '.su')", "true");
    CHECK_VALUE("like('win.qakbot', 'win.%')", "true");
    CHECK_VALUE("like('win.qakbot', 'win_qak%t')", "true");
    CHECK_VALUE("like('100%', '100\\\\%')", "true");
    CHECK_VALUE("like('100x', '100\\\\%')", "false");
    CHECK_VALUE("like('\xc3\xa4"
                "b', '_b')",
                "true");
    CHECK_VALUE("like('', '%')", "true");
    CHECK_VALUE("like('', '_')", "false");
    CHECK_VALUE("like('aaaaaaaaaaaaaaaaaaaaaaaaaab', '%a%a%a%a%a%a%a%c')", "false");
}

TEST(patterns_are_pcre2_and_cannot_hang) {
    CHECK_VALUE("matches('EVIL.ru', '(?i)evil\\\\.(ru|su)$')", "true");
    CHECK_VALUE("matches('abc', '^b')", "false");
    CHECK_VALUE("extract('port=443;', 'port=(\\\\d+)')", "443");
    CHECK_VALUE("extract('port=443;', '\\\\d+')", "443");
    CHECK_VALUE("extract('port=443;', '(\\\\w+)=(\\\\d+)', 2)", "443");
    CHECK_VALUE("extract('port=443;', '(\\\\w+)=(\\\\d+)', 0)", "port=443");
    CHECK_VALUE("extract('a', '(b)|a')", "null");
    CHECK_VALUE("extract('x', '(a)')", "null");
    CHECK_VALUE("extract('x', '(a)', 2)",
                "value: the group of extract must be a constant from 0 (all) to 1, the groups of this pattern");
    CHECK_VALUE("matches('x', '(')",
                "value: a pattern that can't be read: missing closing parenthesis (at its character 2)");
    const char *hostile = constant_text("matches('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!', '^(a+)+$')");
    CHECK_MSG(strstr(hostile, "row 12: matching 'aaaa") && strstr(hostile, "takes too many steps"), "%s", hostile);
}

TEST(addresses_know_their_networks) {
    CHECK_VALUE("within('10.1.2.3', '10.0.0.0/8')", "true");
    CHECK_VALUE("within('11.1.2.3', '10.0.0.0/8', '11.1.2.0/24')", "true");
    CHECK_VALUE("within('9.255.255.255', '10.0.0.0/8')", "false");
    CHECK_VALUE("within('2001:db8::1', '2001:db8::/32')", "true");
    CHECK_VALUE("within('::ffff:10.0.0.1', '10.0.0.0/8')", "true");
    CHECK_VALUE("within('10.0.0.1', '10.0.0.0/33')",
                "value: can't read '10.0.0.0/33' as a network: write it as '10.0.0.0/8' or '2001:db8::/32'");
    CHECK_VALUE("ip('10.0.0.1') == '10.0.0.0/8'",
                "value: can't read '10.0.0.0/8' as ip: to test for a network write within(ip, '10.0.0.0/8')");
    CHECK_VALUE("is_private('192.168.1.1')", "true");
    CHECK_VALUE("is_private('172.32.0.1')", "false");
    CHECK_VALUE("is_private('fd00::1')", "true");
    CHECK_VALUE("is_global('8.8.8.8')", "true");
    CHECK_VALUE("is_global('127.0.0.1')", "false");
    CHECK_VALUE("is_global('100.64.0.1')", "false");
    CHECK_VALUE("is_global('198.18.0.1')", "false");
    CHECK_VALUE("is_global('2606:4700::1')", "true");
    CHECK_VALUE("is_global('2001:db8::1')", "false");
    CHECK_VALUE("is_global('::1')", "false");
    CHECK_VALUE("is_global('64:ff9b::8.8.8.8')", "true");
    CHECK_VALUE("is_global('64:ff9b::10.0.0.1')", "false");
    CHECK_VALUE("version('1.2.3.4') + version('::1')", "10");
    CHECK_VALUE("prefix('1.2.3.4', 24)", "1.2.3.0");
    CHECK_VALUE("prefix('1.2.3.4', 0)", "0.0.0.0");
    CHECK_VALUE("prefix('1.2.3.4', 64)", "1.2.3.4");
    CHECK_VALUE("prefix('2001:db8:1:2:3::', 48)", "2001:db8:1::");
    CHECK_VALUE("prefix('::1', 129)", "value: row 12: a prefix of 129 bits: it has 0 to 32, or 128 for IPv6");
    CHECK_VALUE("ip('1.2.3.4') < '2001:db8::1'", "true");
}

TEST(indicators_come_apart) {
    CHECK_VALUE("host_of('1.2.3.4:80')", "1.2.3.4");
    CHECK_VALUE("port_of('1.2.3.4:80')", "80");
    CHECK_VALUE("host_of('[2001:db8::1]:443')", "2001:db8::1");
    CHECK_VALUE("port_of('[2001:db8::1]:443')", "443");
    CHECK_VALUE("host_of('2001:db8::1')", "2001:db8::1");
    CHECK_VALUE("port_of('2001:db8::1')", "null");
    CHECK_VALUE("host_of('evil.example:8080')", "evil.example");
    CHECK_VALUE("host_of('http://user:pw@evil.example:8080/a?b@c')", "evil.example");
    CHECK_VALUE("port_of('http://user:pw@evil.example:8080/a?b@c')", "8080");
    CHECK_VALUE("port_of('https://evil.example/')", "443");
    CHECK_VALUE("port_of('evil.example:70000')", "null");
    CHECK_VALUE("port_of('a:0')", "0");
    CHECK_VALUE("host_of('')", "null");
    CHECK_VALUE("url_host('http://[::1]:80/x')", "::1");
    CHECK_VALUE("url_host('evil.example')", "null");
    CHECK_VALUE("url_path('http://e.x/a/b?c#d')", "/a/b");
    CHECK_VALUE("url_path('http://e.x?c')", "/");
    CHECK_VALUE("url_path('e.x/a')", "null");
    CHECK_VALUE("registered_domain('http://www.Evil.co.uk:80/')", "evil.co.uk");
    CHECK_VALUE("registered_domain('a.b.example.com.')", "example.com");
    CHECK_VALUE("registered_domain('co.uk')", "null");
    CHECK_VALUE("registered_domain('1.2.3.4')", "null");
    CHECK_VALUE("registered_domain('localhost')", "null");
}

TEST(indicators_have_kinds_and_forms) {
    CHECK_VALUE("defang('http://evil.example.com/a.php')", "hxxp://evil[.]example[.]com/a.php");
    CHECK_VALUE("defang('1.2.3.4:80')", "1[.]2[.]3[.]4:80");
    CHECK_VALUE("refang('hxxps[://]evil[.]example(dot)com')", "https://evil.example.com");
    CHECK_VALUE("refang('hXXp[:]//a{.}b[at]c')", "http://a.b@c");
    CHECK_VALUE("refang(defang('ftp://a.b/c.d'))", "ftp://a.b/c.d");
    CHECK_VALUE("entropy('')", "0.0");
    CHECK_VALUE("entropy('aaaa')", "0.0");
    CHECK_VALUE("entropy('abcd')", "2.0");
    CHECK_VALUE("is_domain('evil.example')", "true");
    CHECK_VALUE("is_domain('_dmarc.evil.example')", "true");
    CHECK_VALUE("is_domain('1.2.3.4')", "false");
    CHECK_VALUE("is_domain('evil')", "false");
    CHECK_VALUE("is_domain('-a.com')", "false");
    CHECK_VALUE("is_domain('a..com')", "false");
    CHECK_VALUE("is_domain('a.com:80')", "false");
    CHECK_VALUE("is_url('http://a/b')", "true");
    CHECK_VALUE("is_url('http://a /b')", "false");
    CHECK_VALUE("is_url('a.com')", "false");
    CHECK_VALUE("hash_kind('d41d8cd98f00b204e9800998ecf8427e')", "md5");
    CHECK_VALUE("hash_kind('da39a3ee5e6b4b0d3255bfef95601890afd80709')", "sha1");
    CHECK_VALUE("hash_kind('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')", "sha256");
    CHECK_VALUE("hash_kind('g41d8cd98f00b204e9800998ecf8427e')", "null");
}

TEST(numbers) {
    CHECK_VALUE("abs(-3)", "3");
    CHECK_VALUE("abs(-3.5)", "3.5");
    CHECK_VALUE("floor(-2.5)", "-3.0");
    CHECK_VALUE("ceil(2.1)", "3.0");
    CHECK_VALUE("round(2.5)", "3.0");
    CHECK_VALUE("round(-2.5)", "-3.0");
    CHECK_VALUE("round(2.345, 2)", "2.35");
    CHECK_VALUE("round(1234.5, -2)", "1200.0");
    CHECK_VALUE("round(7)", "7");
    CHECK_VALUE("round(7, 2)", "7");
    CHECK_VALUE("round(1249, -2)", "1200");
    CHECK_VALUE("round(-1250, -2)", "-1300");
    CHECK_VALUE("round(9223372036854775807, -2)", "9223372036854775800"); // as a float it would be 8 more
    CHECK_VALUE("round(9223372036854775807, -1)",
                "overflow: row 12: round(9223372036854775807, -1) doesn't fit 64 bits");
    CHECK_VALUE("round(-9223372036854775808, -3)",
                "overflow: row 12: round(-9223372036854775808, -3) doesn't fit 64 bits");
    CHECK_VALUE("round(4999999999999999999, -19)", "0");
    CHECK_VALUE("round(-5000000000000000000, -19)",
                "overflow: row 12: round(-5000000000000000000, -19) doesn't fit 64 bits");
    CHECK_VALUE("round(5, -9223372036854775807)", "0");
    CHECK_VALUE("sqrt(16)", "4.0");
    CHECK_VALUE("log(exp(1))", "1.0");
    CHECK_VALUE("log2(8)", "3.0");
    CHECK_VALUE("log(8, 2)", "3.0");
    CHECK_VALUE("log(1000, 10)", "3.0");
    CHECK_VALUE("log(81, 3) > 3.99 and log(81, 3) < 4.01", "true");
    CHECK_VALUE("log10(1000)", "3.0");
    CHECK_VALUE("is_nan(0 / 0)", "true");
    CHECK_VALUE("least(3, 1, 2)", "1");
    CHECK_VALUE("greatest(3, 1.5)", "3.0");
    CHECK_VALUE("greatest(0 / 0, 1.0)", "nan");
    CHECK_VALUE("least('b', 'a')", "a");
    CHECK_VALUE("greatest(1, null)", "null");
}

TEST(casts_say_what_failed_and_try_gives_null) {
    CHECK_VALUE("int('42') + 1", "43");
    CHECK_VALUE("int(3.9)", "3");
    CHECK_VALUE("int(-3.9)", "-3");
    CHECK_VALUE("int(true)", "1");
    CHECK_VALUE("int('abc')", "value: row 12: can't read 'abc' as int; try_int(x) gives null instead");
    CHECK_VALUE("int(1e300)", "value: row 12: can't read 1e+300 as int; try_int(x) gives null instead");
    CHECK_VALUE("int('9223372036854775808')",
                "value: row 12: can't read '9223372036854775808' as int; try_int(x) gives null instead");
    CHECK_VALUE("try_int('abc')", "null");
    CHECK_VALUE("try_int(0 / 0)", "null");
    CHECK_VALUE("float('1e3')", "1000.0");
    CHECK_VALUE("string(1.0)", "1.0");
    CHECK_VALUE("string(true) .. string(ip('::1'))", "true::1");
    CHECK_VALUE("time('yesterday')", "value: row 12: can't read 'yesterday' as time; try_time(x) gives null instead");
    CHECK_VALUE("try_time('2021-13-01')", "null");
    CHECK_VALUE("ip('1.2.3')", "value: row 12: can't read '1.2.3' as ip; try_ip(x) gives null instead");
    CHECK_VALUE("try_ip('1.2.3')", "null");
    CHECK_VALUE("bool('TRUE')", "true");
    CHECK_VALUE("bool(0)", "false");
    CHECK_VALUE("try_bool('yes')", "null");
}

TEST(every_function_is_documented) {
    int64_t n;
    const lnt_function_info *infos = lnt_functions(&n);
    CHECK(n > 70);
    for (int64_t i = 0; i < n; i++) {
        const char *name = infos[i].name;
        CHECK_MSG(!strncmp(infos[i].signature, name, strlen(name)) && infos[i].signature[strlen(name)] == '(', "%s",
                  name);
        CHECK_MSG(strstr(infos[i].signature, "->") != NULL, "%s", name);
        size_t size = strlen(infos[i].summary);
        CHECK_MSG(size > 5 && infos[i].summary[size - 1] == '.', "%s", name);
        CHECK_MSG(strstr(" text time ip ioc number null cast aggregate ", infos[i].category) != NULL, "%s", name);
        for (int64_t k = 0; k < i; k++) // an aggregate may share its name with a function, as entropy does
            CHECK_MSG(strcmp(name, infos[k].name) != 0 || strcmp(infos[i].category, infos[k].category) != 0, "%s twice",
                      name);
    }
}

int main(int argc, char **argv) {
    return check_main(argc, argv);
}
