/// @file test_http.c
/// Whether and when requests are tried again, and how secrets are blotted out. What goes over the wire is tested by
/// tests/spec/http_spec.lua.
#include "base/buffer.h"
#include "base/engine.h"
#include "check.h"
#include "io/http/http.h"

/// The date of the tests: its text is a number of seconds behind '@'.
static int64_t fake_date(const char *text) {
    return text[0] == '@' ? atoll(text + 1) : -1;
}

static const lnt_http_api api = {.version = LNT_HTTP_VERSION, .date = fake_date};
static const lnt_http_patience get = {.repeatable = true, .max_retries = 3, .backoff_ms = 100, .max_wait_ms = 5000};

static int64_t wait_after(const lnt_http_patience *patience, lnt_http_end end, int status, int attempt, const char *header,
                          uint32_t random) {
    lnt_http_outcome outcome = {.end = end, .status = status};
    int64_t asked;
    return lnt_http_wait(&api, patience, &outcome, attempt, header, 1000, random, &asked);
}

TEST(pauses_double_and_hold_chance) {
    for (uint32_t random = 0; random < 1000; random += 7) {
        int64_t longest = 100;
        for (int attempt = 1; attempt <= 3; attempt++, longest *= 2) {
            int64_t wait = wait_after(&get, LNT_HTTP_LOST, 0, attempt, NULL, random);
            CHECK(wait >= longest / 2 && wait <= longest);
        }
    }
    CHECK(wait_after(&get, LNT_HTTP_LOST, 0, 1, NULL, 0) != wait_after(&get, LNT_HTTP_LOST, 0, 1, NULL, 25));
    CHECK_INT(wait_after(&get, LNT_HTTP_LOST, 0, 4, NULL, 0), -1);
}

TEST(pauses_end_at_half_a_minute) {
    lnt_http_patience patient = get;
    patient.max_retries = 100;
    CHECK_INT(wait_after(&patient, LNT_HTTP_LOST, 0, 90, NULL, 15000), 30000);
}

TEST(only_what_may_pass_is_tried_again) {
    static const int passing[] = {429, 500, 502, 503, 504}, lasting[] = {200, 301, 304, 400, 401, 403, 404, 501};
    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
        CHECK(wait_after(&get, LNT_HTTP_ANSWERED, passing[i], 1, NULL, 0) >= 0);
    for (size_t i = 0; i < sizeof lasting / sizeof *lasting; i++)
        CHECK_INT(wait_after(&get, LNT_HTTP_ANSWERED, lasting[i], 1, NULL, 0), -1);
    CHECK_INT(wait_after(&get, LNT_HTTP_REFUSED, 0, 1, NULL, 0), -1);
    CHECK_INT(wait_after(&get, LNT_HTTP_STOPPED, 0, 1, NULL, 0), -1);
}

TEST(what_may_have_been_done_is_not_repeated) {
    lnt_http_patience post = get;
    post.repeatable = false;
    CHECK_INT(wait_after(&post, LNT_HTTP_LOST, 0, 1, NULL, 0), -1);
    CHECK_INT(wait_after(&post, LNT_HTTP_ANSWERED, 500, 1, NULL, 0), -1);
    CHECK(wait_after(&post, LNT_HTTP_ANSWERED, 429, 1, NULL, 0) >= 0);
    CHECK(wait_after(&post, LNT_HTTP_ANSWERED, 503, 1, NULL, 0) >= 0);
}

TEST(retry_after_is_obeyed_up_to_a_bound) {
    CHECK_INT(wait_after(&get, LNT_HTTP_ANSWERED, 429, 1, "2", 0), 2000);
    CHECK_INT(wait_after(&get, LNT_HTTP_ANSWERED, 429, 1, "0", 0), 50);
    CHECK_INT(wait_after(&get, LNT_HTTP_ANSWERED, 503, 1, "@1003", 0), 3000);
    CHECK_INT(wait_after(&get, LNT_HTTP_ANSWERED, 503, 1, "@900", 0), 50);
    CHECK_INT(wait_after(&get, LNT_HTTP_ANSWERED, 503, 1, "soon", 0), 50);
    CHECK_INT(wait_after(&get, LNT_HTTP_ANSWERED, 429, 1, "6", 0), -1);
    CHECK_INT(wait_after(&get, LNT_HTTP_ANSWERED, 429, 1, "99999999999999999999", 0), -1);
    lnt_http_outcome outcome = {.end = LNT_HTTP_ANSWERED, .status = 429};
    int64_t asked;
    CHECK_INT(lnt_http_wait(&api, &get, &outcome, 1, "60", 1000, 0, &asked), -1);
    CHECK_INT(asked, 60000);
}

TEST(secrets_are_blotted_out) {
    const char *const secrets[] = {"s3cret-key", "abc"};
    char text[] = "s3cret-key, twice: s3cret-keys3cret-key abc s3cret-ke";
    lnt_http_redact(text, (int64_t)strlen(text), secrets, 2);
    CHECK_STR(text, "**********, twice: ******************** abc s3cret-ke");
}

TEST(a_body_stops_at_its_limit_and_forgets_what_came) {
    lnt_engine *engine;
    lnt_http_body body;
    lnt_error err;
    lnt_error_init(&err);
    CHECK(lnt_engine_new(&(lnt_engine_options){.n_threads = 1}, &engine, &err) == LNT_OK);
    CHECK(lnt_http_body_open(&body, engine, NULL, 10, &err) == LNT_OK);
    CHECK(lnt_http_body_add(&body, "12345", 5, &err) == LNT_OK);
    CHECK(lnt_http_body_restart(&body, false, &err) == LNT_OK);
    CHECK(lnt_http_body_add(&body, "1234567890", 10, &err) == LNT_OK);
    CHECK_INT(body.memory->size, 10);
    CHECK(lnt_http_body_add(&body, "1", 1, &err) == LNT_LIMIT);
    lnt_http_body_close(&body);
    CHECK_INT(lnt_engine_memory_used(engine), 0);
    lnt_engine_free(engine);
}

TEST(a_request_survives_a_lack_of_memory_anywhere) {
    lnt_engine *engine;
    lnt_error err;
    const char *const secrets[] = {"s3cret"};
    const lnt_http_header headers[] = {{"X-Key", "s3cret", true}, {"Accept", "x", false}};
    lnt_http_request request = {.url = "http://127.0.0.1:1/s3cret", .headers = headers, .n_headers = 2, .secrets = secrets,
                                .n_secrets = 1, .max_retries = 1, .backoff_ms = 1};
    CHECK(lnt_engine_new(&(lnt_engine_options){.n_threads = 1}, &engine, NULL) == LNT_OK);
    lnt_status status = LNT_NOMEM;
    for (int n = 0; n < 100 && status == LNT_NOMEM; n++) {
        lnt_http_response *response = NULL;
        lnt_error_init(&err);
        lnt_alloc_fail_after(n);
        status = lnt_http_send(engine, &request, &response, &err);
        lnt_alloc_fail_after(-1);
        CHECK(response == NULL);
        CHECK_INT(lnt_engine_memory_used(engine), 0);
    }
    CHECK_INT(status, LNT_IO); // nobody listens there
    CHECK(strstr(err.message, "s3cret") == NULL);
    CHECK(strstr(err.message, "127.0.0.1") != NULL);
    lnt_engine_free(engine);
}

int main(int argc, char **argv) {
    return check_main(argc, argv);
}
