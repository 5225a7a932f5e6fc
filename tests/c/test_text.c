/// @file test_text.c
/// Growing strings, UTF-8, nearest names, and how errors are shown.
#include "base/search.h"
#include "base/text.h"
#include "check.h"
#include "model.h"

static lnt_error err;

TEST(text_grows_by_any_kind_of_piece) {
    lnt_text text = {0};
    lnt_text_add(&text, "port", -1);
    lnt_text_add_char(&text, ' ');
    lnt_text_addf(&text, "%d of %s", 995, "QakBot");
    lnt_text_add(&text, "", 0);
    CHECK_STR(text.data, "port 995 of QakBot");
    for (int i = 0; i < 1000; i++) lnt_text_addf(&text, "%d,", i);
    CHECK_INT(text.size, 18 + 10 * 2 + 90 * 3 + 900 * 4);
    CHECK_INT(text.data[text.size], 0);
    CHECK_OK(lnt_text_check(&text, &err), &err);
    lnt_text_clear(&text);
}

TEST(an_addition_that_failed_is_reported_at_the_end_of_the_chain) {
    lnt_text text = {0};
    lnt_error e = {0};
    lnt_alloc_fail_after(1);
    lnt_text_add(&text, "abc", 3);
    lnt_text_addf(&text, "%0200d", 5);
    lnt_alloc_fail_after(-1);
    lnt_text_add(&text, "d", 1);
    CHECK_STR(text.data, "abc");
    CHECK_INT(lnt_text_check(&text, &e), LNT_NOMEM);
    CHECK(!lnt_text_reserve(&text, 5));
    lnt_text_clear(&text);
}

/// Byte by byte.
static const char *naive_find(const char *text, int64_t size, lnt_str what) {
    for (int64_t at = 0; at + what.size <= size; at++) {
        int64_t i = 0;
        while (i < what.size && text[at + i] == what.data[i]) i++;
        if (i == what.size) return text + at;
    }
    return NULL;
}

TEST(bytes_are_found_where_they_first_are_at_any_size) {
    enum { MOST = 150, NEEDLE = 40 };
    uint64_t state = 1;
    for (int round = 0; round < 20000; round++) {
        int64_t size = (int64_t)(model_random(&state) % MOST), n = (int64_t)(model_random(&state) % NEEDLE);
        char *text = malloc((size_t)size + 1), what[NEEDLE]; // of its own size, so that reading past it shows
        for (int64_t i = 0; i < size; i++) text[i] = "aab"[model_random(&state) % 3];
        if (round % 2) n %= 6;
        for (int64_t i = 0; i < n; i++) what[i] = "aab"[model_random(&state) % 3];
        if (round % 5 == 0 && n <= size && n > 0) memcpy(what, text + size - n, (size_t)n);
        char *exact = realloc(text, size > 0 ? (size_t)size : 1);
        lnt_str needle = {what, n};
        CHECK(lnt_find_bytes(exact, size, needle) == naive_find(exact, size, needle));
        free(exact);
    }
}

/// Whether the text is valid by the table of the Unicode standard, character by character; the offset or -1.
static int64_t naive_check(const unsigned char *p, int64_t n) {
    for (int64_t i = 0; i < n;) {
        uint32_t code = p[i], least = 0;
        int more = code < 0x80 ? 0 : code < 0xc0 ? -1 : code < 0xe0 ? 1 : code < 0xf0 ? 2 : code < 0xf8 ? 3 : -1;
        if (more < 0 || i + more >= n) return i;
        if (more) code &= 0x3fu >> more, least = more == 1 ? 0x80 : more == 2 ? 0x800 : 0x10000;
        for (int k = 1; k <= more; k++) {
            if ((p[i + k] & 0xc0) != 0x80) return i;
            code = code << 6 | (p[i + k] & 0x3f);
        }
        if (code < least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return i;
        i += more + 1;
    }
    return -1;
}

TEST(utf8_is_checked_as_the_standard_says_at_any_place) {
    static const char *const pieces[] = {"\xc3\xa9",
                                         "\xe2\x82\xac",
                                         "\xf0\x9f\x98\x80",
                                         "\xc0\x80",
                                         "\xed\xa0\x80",
                                         "\xf4\x90\x80\x80",
                                         "\xe0\x80\x80",
                                         "\xf0\x80\x80\x80",
                                         "\xff",
                                         "\x80",
                                         "\xc3",
                                         "\xe2\x82",
                                         "\xf0\x9f\x98",
                                         "\xee\x80\x80",
                                         "\xf4\x8f\xbf\xbf"};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        for (int64_t before = 0; before < 70; before++) {
            for (int64_t after = 0; after < 40; after += 13) {
                int64_t size = (int64_t)strlen(pieces[i]), n = before + size + after;
                char *text = malloc((size_t)n + 1); // exact, so that a sanitizer sees reads past the end
                memset(text, 'a', (size_t)n);
                memcpy(text + before, pieces[i], (size_t)size);
                char *exact = malloc((size_t)n);
                memcpy(exact, text, (size_t)n);
                CHECK_INT(lnt_utf8_check(exact, n), naive_check((unsigned char *)text, n));
                free(exact);
                free(text);
            }
        }
    }
    uint64_t seed = 1;
    for (int round = 0; round < 20000; round++) {
        char text[24];
        for (int i = 0; i < 24; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            static const char bytes[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xed\xa0\xf4\x90";
            text[i] = bytes[(seed >> 40) % (sizeof bytes - 1)];
        }
        CHECK_INT(lnt_utf8_check(text, 24), naive_check((unsigned char *)text, 24));
    }
}

TEST(every_code_point_survives_encoding_and_decoding) {
    for (uint32_t c = 1; c <= 0x10ffff; c += c < 0x3000 ? 1 : 251) {
        if (c >= 0xd800 && c < 0xe000) continue;
        char text[4];
        int n = lnt_utf8_encode(c, text), length = 0;
        CHECK_INT(lnt_utf8_check(text, n), -1);
        CHECK_INT(lnt_utf8_decode(text, n, &length), c);
        CHECK_INT(length, n);
        CHECK_INT(lnt_utf8_length(text, n), 1);
    }
    CHECK_INT(lnt_utf8_length("h\xc3\xa9h\xc3\xa9h\xc3\xa9h\xc3\xa9", 12), 8);
}

static int distance(const char *a, const char *b, int limit) {
    return lnt_edit_distance(a, (int64_t)strlen(a), b, (int64_t)strlen(b), limit);
}

TEST(edits_count_twice_and_letter_case_once) {
    CHECK_INT(distance("family", "family", 10), 0);
    CHECK_INT(distance("famly", "family", 10), 2);
    CHECK_INT(distance("Family", "family", 10), 1);
    CHECK_INT(distance("fmaily", "family", 10), 2);
    CHECK_INT(distance("port", "ports", 10), 2);
    CHECK_INT(distance("abc", "xyz", 10), 6);
    CHECK_INT(distance("abc", "xyz", 3), 4);
    CHECK_INT(distance("", "xyz", 10), 6);
}

TEST(the_nearest_name_is_like_the_mistyped_one_or_there_is_none) {
    static const char *const names[] = {"first_seen", "last_seen", "family", "port", "ip", "confidence", "ioc_type"};
    static const struct {
        const char *name;
        int64_t nearest;
    } cases[] = {{"famly", 2},      {"FAMILY", 2},   {"prot", 3},    {"firstseen", 0}, {"lastseen", 1}, {"conf", 5},
                 {"confidance", 5}, {"country", -1}, {"zzzzzz", -1}, {"ioc", 6},       {"ips", 4},      {"x", -1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t nearest = lnt_nearest(cases[i].name, -1, names, 7);
        CHECK_MSG(nearest == cases[i].nearest, "'%s' gives %" PRId64, cases[i].name, nearest);
    }
}

TEST(strings_are_ordered_by_bytes) {
    CHECK_INT(lnt_str_compare(lnt_str_from("a"), lnt_str_from("b")), -1);
    CHECK_INT(lnt_str_compare(lnt_str_from("ab"), lnt_str_from("a")), 1);
    CHECK_INT(lnt_str_compare(lnt_str_from("\xc3\xa9"), lnt_str_from("z")), 1);
    CHECK_INT(lnt_str_compare((lnt_str){NULL, 0}, lnt_str_from("")), 0);
}

// ---- errors ----

TEST(the_first_error_wins) {
    lnt_error e = {0};
    CHECK_INT(lnt_error_set(&e, LNT_NAME, "no column '%s'", "famly"), LNT_NAME);
    CHECK_INT(lnt_error_set(&e, LNT_IO, "later"), LNT_IO);
    CHECK_INT(e.code, LNT_NAME);
    CHECK_STR(e.message, "no column 'famly'");
    CHECK_INT(lnt_error_set(NULL, LNT_IO, "nobody listens"), LNT_IO);
}

TEST(an_error_is_shown_with_its_place_and_a_caret) {
    lnt_error e = {0};
    char text[1000];
    const char *source = "caf\xc3\xa9 == 1 and famly == 'x'";
    (void)lnt_error_set(&e, LNT_NAME, "no column 'famly'\nhere");
    lnt_error_where(&e, "hunt.lua:%d", 3);
    lnt_error_span(&e, source, (int64_t)strlen(source), 15, 5);
    size_t size = lnt_error_format(&e, text, sizeof text);
    CHECK_STR(text, "hunt.lua:3: no column 'famly' here\n  caf\xc3\xa9 == 1 and famly == 'x'\n                ^^^^^");
    CHECK_INT(size, strlen(text));
    CHECK_INT(lnt_error_format(&e, text, 5), size);
    CHECK_STR(text, "hunt");
    CHECK_INT(lnt_error_format(&e, NULL, 0), size);
}

TEST(a_long_expression_is_cut_around_the_mistake) {
    enum { N = 3000 };
    static char source[N];
    for (int64_t at = 0; at < N; at += 77) {
        for (int i = 0; i < N; i += 2) memcpy(source + i, "\xc3\xa9", 2);
        int64_t even = at / 2 * 2;
        memcpy(source + even, "####", (size_t)(N - even < 4 ? N - even : 4));
        lnt_error e = {0};
        (void)lnt_error_set(&e, LNT_SYNTAX, "bad");
        lnt_error_span(&e, source, N, even, 4);
        CHECK(strncmp(e.source + e.at, "####", (size_t)e.length) == 0);
        CHECK_INT(e.length, N - even < 4 ? N - even : 4);
        CHECK_INT(lnt_utf8_check(e.source, (int64_t)strlen(e.source)), -1);
    }
    lnt_error e = {0};
    lnt_error_span(&e, "a +", 3, 3, 0); // the end of the text
    CHECK_INT(e.at, 3);
    CHECK_INT(e.length, 1);
}

TEST(a_message_that_is_too_long_is_cut_at_a_character) {
    lnt_error e = {0};
    char text[2001];
    for (int shift = 0; shift < 3; shift++) {
        for (int i = 0; i < 2000; i++) text[i] = "\xe2\x82\xac"[i % 3];
        text[1998] = 0;
        lnt_error_init(&e);
        (void)lnt_error_set(&e, LNT_VALUE, "%.*s%s", shift, "ab", text);
        CHECK_INT(lnt_utf8_check(e.message, (int64_t)strlen(e.message)), -1);
        CHECK(strlen(e.message) > 760);
    }
}

TEST(every_status_has_a_name) {
    for (int code = LNT_OK; code <= LNT_INTERNAL; code++)
        CHECK(strcmp(lnt_status_name((lnt_status)code), "unknown") != 0);
    CHECK_STR(lnt_status_name(LNT_OVERFLOW), "overflow");
    CHECK_STR(lnt_status_name(LNT_CANCELLED), "cancelled");
    CHECK_STR(lnt_status_name((lnt_status)99), "unknown");
}

TEST(types_and_their_names_belong_together) {
    for (int type = LNT_BOOL; type < LNT_TYPE_COUNT; type++) {
        CHECK_INT(lnt_type_from_name(lnt_type_name((lnt_type)type)), type);
    }
    CHECK_INT(lnt_type_from_name("integer"), LNT_NULL);
}

int main(int argc, char **argv) {
    return check_main(argc, argv);
}
