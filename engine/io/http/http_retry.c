// Whether a request is tried again, and when: exponential backoff with jitter, and what the server asks for.
#include <stdlib.h>
#include <string.h>

#include "io/http/http.h"

enum { MAX_BACKOFF_MS = 30000 };

/// A status that says "not now".
static bool is_passing(int status) {
    return status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}

/// 429 and 503 mean that nothing was done, so even what isn't repeatable may be asked again.
static bool may_repeat(const lnt_http_patience *patience, const lnt_http_outcome *outcome) {
    if (outcome->end == LNT_HTTP_LOST) return patience->repeatable;
    if (outcome->end != LNT_HTTP_ANSWERED || !is_passing(outcome->status)) return false;
    return patience->repeatable || outcome->status == 429 || outcome->status == 503;
}

/// Retry-After in milliseconds from now: seconds or a date; -1 where it says neither.
static int64_t asked_for(const lnt_http_api *api, const char *text, int64_t now_s) {
    if (!text || !text[0]) return -1;
    size_t digits = strspn(text, "0123456789");
    if (text[digits] == 0) return digits > 9 ? INT64_MAX : strtoll(text, NULL, 10) * 1000;
    int64_t at = api->date(text);
    if (at < 0) return -1;
    return at > now_s ? (at - now_s) * 1000 : 0;
}

int64_t lnt_http_wait(const lnt_http_api *api, const lnt_http_patience *patience, const lnt_http_outcome *outcome,
                      int attempt, const char *retry_after, int64_t now_s, uint32_t random, int64_t *asked_ms) {
    *asked_ms = 0;
    if (attempt > patience->max_retries || !may_repeat(patience, outcome)) return -1;
    int64_t longest = patience->backoff_ms;
    for (int i = 1; i < attempt && longest < MAX_BACKOFF_MS; i++) longest *= 2;
    if (longest > MAX_BACKOFF_MS) longest = MAX_BACKOFF_MS;
    // Half of it is certain, half is chance: clients that failed together don't come back together.
    int64_t wait = longest / 2 + (int64_t)(random % (uint32_t)(longest / 2 + 1));
    int64_t asked = outcome->end == LNT_HTTP_ANSWERED ? asked_for(api, retry_after, now_s) : -1;
    if (asked < 0) return wait;
    *asked_ms = asked;
    if (asked > patience->max_wait_ms) return -1;
    return asked > wait ? asked : wait;
}
