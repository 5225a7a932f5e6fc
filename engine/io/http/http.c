// Sending a request: attempts, redirects, limits. Each exchange is the module's (io/http/http.h); what follows from its
// outcome is decided here.
//
// Invariants: `send->url` and `send->origin` are those of the exchange to come; secret headers go out only while that
// origin is the one that was asked first; nothing leaves this file, message or answer, that redaction hasn't seen.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buffer.h"
#include "base/engine.h"
#include "base/text.h"
#include "io/http/http.h"
#include "io/module.h"

enum { STALL_BYTES = 512, MAX_HEADERS = 1000 };

typedef enum stop_reason { NOT_STOPPED, FAILED, STALLED, OUT_OF_TIME } stop_reason;

typedef struct sending {
    lnt_engine *engine;
    const lnt_http_api *api;
    lnt_http_request request; ///< with the defaults filled in
    char url[LNT_HTTP_URL];
    const char *method;
    lnt_http_origin first, origin;
    bool keeps_body; ///< false after a redirect that turned a POST into a GET
    lnt_http_body body;
    lnt_http_response *response;
    int64_t headers_capacity;
    int64_t deadline_ms, window_start_ms, window_done;
    stop_reason stopped;
    lnt_error *err;
} sending;

static int64_t now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/// The URL for people: without what may be secret in it, user names and queries.
static void shown_url(const char *url, char out[LNT_HTTP_URL]) {
    const char *start = strstr(url, "://");
    start = start ? start + 3 : url;
    size_t authority = strcspn(start, "/?#");
    const char *at = memrchr(start, '@', authority);
    const char *host = at ? at + 1 : start;
    snprintf(out, LNT_HTTP_URL, "%.*s%.*s", (int)(start - url), url, (int)strcspn(host, "?#"), host);
}

// ---- the module's callbacks ----

static lnt_status add_header(sending *send, const char *name, const char *value) {
    lnt_http_response *r = send->response;
    if (r->n_headers >= MAX_HEADERS) return lnt_error_set(send->err, LNT_LIMIT, "the answer has too many headers");
    LNT_TRY(lnt_grow((void **)&r->headers, &send->headers_capacity, r->n_headers + 1, sizeof *r->headers, send->err));
    char *name_copy = lnt_strdup(name, -1, send->err), *value_copy = lnt_strdup(value, -1, send->err);
    if (!name_copy || !value_copy) {
        lnt_free(name_copy);
        lnt_free(value_copy);
        return LNT_NOMEM;
    }
    lnt_http_redact(value_copy, (int64_t)strlen(value_copy), send->request.secrets, send->request.n_secrets);
    r->headers[r->n_headers++] = (lnt_http_header){name_copy, value_copy, false};
    return LNT_OK;
}

static void forget_headers(lnt_http_response *r) {
    for (int64_t i = 0; i < r->n_headers; i++) {
        lnt_free((char *)r->headers[i].name);
        lnt_free((char *)r->headers[i].value);
    }
    r->n_headers = 0;
}

static bool failed(sending *send, lnt_status status) {
    if (status != LNT_OK) send->stopped = FAILED;
    return status == LNT_OK;
}

/// An empty name is a status line: an answer begins.
static bool on_header(void *context, int status, const char *name, const char *value) {
    sending *send = context;
    if (name[0]) return failed(send, add_header(send, name, value));
    forget_headers(send->response);
    return failed(send, lnt_http_body_restart(&send->body, status / 100 != 2, send->err));
}

static bool on_body(void *context, int status, const char *bytes, int64_t size) {
    (void)status;
    sending *send = context;
    return failed(send, lnt_http_body_add(&send->body, bytes, size, send->err));
}

static bool on_tick(void *context, int64_t done, int64_t total) {
    sending *send = context;
    int64_t now = now_ms();
    if (!failed(send, lnt_engine_check(send->engine, send->err))) return false;
    if (now >= send->deadline_ms) send->stopped = OUT_OF_TIME;
    if (done - send->window_done >= STALL_BYTES) {
        send->window_done = done;
        send->window_start_ms = now;
    } else if (now - send->window_start_ms >= send->request.stall_timeout_ms) {
        send->stopped = STALLED;
    }
    lnt_engine_progress(send->engine, send->origin.host, send->body.size, total);
    return send->stopped == NOT_STOPPED;
}

// ---- one exchange ----

/// "name" or "name:port" of the list is the origin's.
static bool is_listed(const sending *send) {
    if (!send->request.hosts) return true;
    size_t length = strlen(send->origin.host);
    for (int64_t i = 0; i < send->request.n_hosts; i++) {
        const char *host = send->request.hosts[i];
        if (strncasecmp(host, send->origin.host, length) != 0) continue;
        if (host[length] == 0 || (host[length] == ':' && strcmp(host + length + 1, send->origin.port) == 0)) return true;
    }
    return false;
}

static bool is_own_machine(const char *host) {
    bool is_loopback = strncmp(host, "127.", 4) == 0 && host[strspn(host, "0123456789.")] == 0; // no name like 127.a.org
    return strcmp(host, "localhost") == 0 || is_loopback || strcmp(host, "[::1]") == 0;
}

static bool body_has_secret(const lnt_http_request *request) {
    for (int64_t i = 0; request->body && i < request->n_secrets; i++) {
        size_t length = strlen(request->secrets[i]);
        if (length && memmem(request->body, (size_t)request->body_bytes, request->secrets[i], length)) return true;
    }
    return false;
}

static bool has_secret(const lnt_http_request *request) {
    for (int64_t i = 0; i < request->n_headers; i++) {
        if (request->headers[i].is_secret) return true;
    }
    for (int64_t i = 0; i < request->n_secrets; i++) {
        if (strstr(request->url, request->secrets[i])) return true;
    }
    return body_has_secret(request);
}

/// Finds out whom `send->url` goes to, and whether it may.
static lnt_status check_url(sending *send) {
    char shown[LNT_HTTP_URL];
    shown_url(send->url, shown);
    if (!send->api->origin(send->url, &send->origin))
        return lnt_error_set(send->err, LNT_ARGUMENT, "'%s' is no URL", shown);
    if (strcmp(send->origin.scheme, "https") != 0 && strcmp(send->origin.scheme, "http") != 0)
        return lnt_error_set(send->err, LNT_ARGUMENT, "'%s' isn't asked: only http and https are spoken, not %s", shown,
                             send->origin.scheme);
    if (!is_listed(send))
        return lnt_error_set(send->err, LNT_ARGUMENT, "the host %s isn't asked: it is none of those that are allowed",
                             send->origin.host);
    return LNT_OK;
}

static bool is_first_origin(const sending *send) {
    return strcmp(send->origin.scheme, send->first.scheme) == 0 && strcmp(send->origin.host, send->first.host) == 0 &&
           strcmp(send->origin.port, send->first.port) == 0;
}

/// A header line; NULL with the error set.
static char *line_of(const lnt_http_header *header, lnt_error *err) {
    lnt_text line = {0};
    if (strpbrk(header->name, "\r\n: ") || strpbrk(header->value, "\r\n")) {
        (void)lnt_error_set(err, LNT_ARGUMENT, "the header '%s' holds a line break, or a blank in its name", header->name);
        return NULL;
    }
    lnt_text_addf(&line, header->value[0] ? "%s: %s" : "%s;", header->name, header->value);
    if (lnt_text_check(&line, err) == LNT_OK) return line.data;
    lnt_text_clear(&line);
    return NULL;
}

static void free_lines(char **lines, int64_t n) {
    for (int64_t i = 0; i < n; i++) lnt_free(lines[i]);
    lnt_free(lines);
}

static lnt_status exchange(sending *send, lnt_http_outcome *outcome) {
    const lnt_http_request *request = &send->request;
    char **lines = lnt_alloc_array(request->n_headers + 1, sizeof *lines, send->err);
    if (!lines) return LNT_NOMEM;
    int64_t n = 0;
    for (int64_t i = 0; i < request->n_headers; i++) {
        if (request->headers[i].is_secret && !is_first_origin(send)) continue;
        lines[n] = line_of(&request->headers[i], send->err);
        if (!lines[n]) {
            free_lines(lines, n);
            return send->err && send->err->code != LNT_OK ? send->err->code : LNT_NOMEM;
        }
        n++;
    }
    lnt_http_exchange one = {.url = send->url, .method = send->method, .user_agent = "Lunette/" LUNETTE_VERSION,
                             .ca_file = request->ca_file, .lines = (const char *const *)lines, .n_lines = n,
                             .body = send->keeps_body ? request->body : NULL, .body_bytes = request->body_bytes,
                             .connect_timeout_ms = request->connect_timeout_ms, .context = send,
                             .on_header = on_header, .on_body = on_body, .on_tick = on_tick};
    send->stopped = NOT_STOPPED;
    send->window_done = 0;
    send->window_start_ms = now_ms();
    send->response->n_requests++;
    lnt_status status = lnt_http_body_restart(&send->body, false, send->err);
    if (status == LNT_OK) send->api->exchange(&one, outcome);
    free_lines(lines, n);
    return status;
}

// ---- redirects ----

static void become_get(sending *send) {
    send->method = "GET";
    send->keeps_body = false;
}

/// Turns to where the answer sends to.
static lnt_status follow(sending *send, const lnt_http_outcome *outcome, int n_followed) {
    char shown[LNT_HTTP_URL];
    shown_url(outcome->redirect, shown);
    if (n_followed > send->request.max_redirects)
        return lnt_error_set(send->err, LNT_IO, "it redirects more than %d times, the last time to %s",
                             send->request.max_redirects, shown);
    bool was_encrypted = strcmp(send->origin.scheme, "https") == 0;
    snprintf(send->url, sizeof send->url, "%s", outcome->redirect);
    lnt_status status = check_url(send);
    if (status != LNT_OK) return status;
    if (was_encrypted && strcmp(send->origin.scheme, "https") != 0)
        return lnt_error_set(send->err, LNT_IO, "it redirects from https to %s, which anybody could read or change",
                             shown);
    bool is_post = strcmp(send->method, "POST") == 0;
    if (outcome->status == 303 || (is_post && outcome->status <= 302)) become_get(send);
    if (send->keeps_body && !is_first_origin(send) && body_has_secret(&send->request))
        return lnt_error_set(send->err, LNT_IO, "it redirects to %s, which isn't sent the secret in the request's body", shown);
    return LNT_OK;
}

static bool is_redirect(const lnt_http_outcome *outcome) {
    int status = outcome->status;
    return outcome->end == LNT_HTTP_ANSWERED && outcome->redirect[0] &&
           (status == 301 || status == 302 || status == 303 || status == 307 || status == 308);
}

/// An exchange and those that its answers redirect to.
static lnt_status attempt(sending *send, lnt_http_outcome *outcome) {
    snprintf(send->url, sizeof send->url, "%s", send->request.url);
    send->method = send->request.method;
    send->keeps_body = true;
    LNT_TRY(check_url(send));
    send->first = send->origin;
    for (int n_followed = 0;;) {
        LNT_TRY(exchange(send, outcome));
        if (send->stopped == FAILED) return send->err && send->err->code ? send->err->code : LNT_IO;
        if (outcome->end == LNT_HTTP_NOMEM) return lnt_error_set(send->err, LNT_NOMEM, "no memory for an HTTP request");
        if (!is_redirect(outcome)) return LNT_OK;
        LNT_TRY(follow(send, outcome, ++n_followed));
    }
}

// ---- attempts ----

/// Waits, unless the engine is cancelled or the time for all is over.
static lnt_status pause_for(sending *send, int64_t wait_ms) {
    for (int64_t until = now_ms() + wait_ms, now; (now = now_ms()) < until;) {
        LNT_TRY(lnt_engine_check(send->engine, send->err));
        lnt_engine_progress(send->engine, "seconds until it is asked again", (until - now + 999) / 1000, 0);
        int64_t step = until - now < 50 ? until - now : 50;
        struct timespec t = {.tv_nsec = step * 1000000};
        nanosleep(&t, NULL);
    }
    return lnt_engine_check(send->engine, send->err);
}

/// What to say when there is no answer.
static lnt_status no_answer(sending *send, const lnt_http_outcome *outcome) {
    if (send->stopped == OUT_OF_TIME)
        return lnt_error_set(send->err, LNT_IO, "it took longer than %lld s in all",
                             (long long)(send->request.timeout_ms + 999) / 1000);
    if (send->stopped == STALLED)
        return lnt_error_set(send->err, LNT_IO, "the server sent next to nothing for %lld s",
                             (long long)(send->request.stall_timeout_ms + 999) / 1000);
    return lnt_error_set(send->err, LNT_IO, "%s", outcome->message);
}

/// How long the answer asks to wait: Retry-After, else what the request says is as good.
static const char *asked_to_wait(const sending *send) {
    const char *own = lnt_http_response_header(send->response, "retry-after");
    if (own || !send->request.wait_header) return own;
    return lnt_http_response_header(send->response, send->request.wait_header);
}

/// Attempts until there is an answer to give, or no hope.
static lnt_status attempt_all(sending *send, lnt_http_outcome *outcome) {
    const lnt_http_request *r = &send->request;
    lnt_http_patience patience = {.repeatable = r->is_repeatable || strcmp(r->method, "GET") == 0 ||
                                                strcmp(r->method, "HEAD") == 0,
                                  .max_retries = r->max_retries, .backoff_ms = r->backoff_ms,
                                  .max_wait_ms = r->max_wait_ms};
    for (int n = 1;; n++) {
        int64_t asked;
        LNT_TRY(attempt(send, outcome));
        if (send->stopped == STALLED) outcome->end = LNT_HTTP_LOST;
        uint32_t chance = (uint32_t)now_ms() * 2654435761u ^ (uint32_t)(uintptr_t)send;
        int64_t wait = lnt_http_wait(send->api, &patience, outcome, n, asked_to_wait(send), (int64_t)time(NULL), chance,
                                     &asked);
        if (wait >= 0 && now_ms() + wait < send->deadline_ms) {
            LNT_TRY(pause_for(send, wait));
            continue;
        }
        return outcome->end == LNT_HTTP_ANSWERED ? LNT_OK : no_answer(send, outcome);
    }
}

/// Fills the response with what the last exchange left.
static lnt_status finish(sending *send, const lnt_http_outcome *outcome) {
    const lnt_http_request *r = &send->request;
    lnt_http_response *out = send->response;
    LNT_TRY(lnt_http_body_redact(&send->body, r->secrets, r->n_secrets, send->err));
    if (outcome->status / 100 == 2) LNT_TRY(lnt_http_body_commit(&send->body, send->err));
    lnt_buffer *memory = send->body.memory;
    char shown[LNT_HTTP_URL];
    shown_url(send->url, shown);
    lnt_http_redact(shown, (int64_t)strlen(shown), r->secrets, r->n_secrets);
    out->status = outcome->status;
    out->url = lnt_strdup(shown, -1, send->err);
    out->body_bytes = send->body.is_aside || !r->to ? memory->size : send->body.size;
    LNT_TRY(lnt_buffer_append(memory, "", 1, "an HTTP answer", send->err));
    out->body = (const char *)memory->data;
    out->owner = lnt_buffer_ref(memory);
    return out->url ? LNT_OK : LNT_NOMEM;
}

static const char *authorities(const char *chosen) {
    static const char *const variables[] = {"LUNETTE_CA_FILE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"};
    for (size_t i = 0; i < sizeof variables / sizeof *variables && !(chosen && chosen[0]); i++)
        chosen = getenv(variables[i]);
    return chosen && chosen[0] ? chosen : NULL;
}

static int64_t or_default(int64_t value, int64_t fallback) {
    return value > 0 ? value : fallback;
}

static lnt_http_request with_defaults(const lnt_http_request *given) {
    lnt_http_request r = *given;
    r.method = r.method ? r.method : r.body ? "POST" : "GET";
    r.ca_file = authorities(r.ca_file);
    r.connect_timeout_ms = or_default(r.connect_timeout_ms, 15000);
    r.stall_timeout_ms = or_default(r.stall_timeout_ms, 30000);
    r.timeout_ms = or_default(r.timeout_ms, 600000);
    r.max_bytes = or_default(r.max_bytes, (int64_t)512 << 20);
    r.max_wait_ms = or_default(r.max_wait_ms, 120000);
    r.backoff_ms = or_default(r.backoff_ms, 500);
    r.max_retries = r.max_retries ? r.max_retries : 4;
    r.max_redirects = r.max_redirects ? r.max_redirects : 5;
    return r;
}

static lnt_status load(const lnt_http_api **out, lnt_error *err) {
    const void *symbol;
    LNT_TRY(lnt_module_symbol("http", LNT_HTTP_SYMBOL, &symbol, err));
    *out = symbol;
    if ((*out)->version == LNT_HTTP_VERSION) return LNT_OK;
    return lnt_error_set(err, LNT_UNSUPPORTED, "the module lunette-http.so is of another version");
}

static lnt_status prepare(sending *send) {
    const lnt_http_request *r = &send->request;
    LNT_TRY(load(&send->api, send->err));
    if (strlen(r->url) >= LNT_HTTP_URL)
        return lnt_error_set(send->err, LNT_ARGUMENT, "the URL is longer than %d bytes", LNT_HTTP_URL - 1);
    snprintf(send->url, sizeof send->url, "%s", r->url);
    LNT_TRY(check_url(send));
    if (strcmp(send->origin.scheme, "http") == 0 && has_secret(r) && !is_own_machine(send->origin.host))
        return lnt_error_set(send->err, LNT_ARGUMENT, "a secret isn't sent over plain http: use https");
    return lnt_http_body_open(&send->body, send->engine, r->to, r->max_bytes, send->err);
}

lnt_status lnt_http_send(lnt_engine *engine, const lnt_http_request *request, lnt_http_response **out, lnt_error *err) {
    lnt_error own;
    lnt_error_init(&own);
    sending send = {.engine = engine, .request = with_defaults(request), .body.fd = -1, .err = &own};
    send.deadline_ms = now_ms() + send.request.timeout_ms;
    send.response = lnt_alloc_array(1, sizeof *send.response, &own);
    lnt_http_outcome outcome = {0};
    lnt_status status = send.response ? prepare(&send) : LNT_NOMEM;
    if (status == LNT_OK) status = attempt_all(&send, &outcome);
    if (status == LNT_OK) status = finish(&send, &outcome);
    lnt_http_body_close(&send.body);
    if (status == LNT_OK) {
        *out = send.response;
        return LNT_OK;
    }
    lnt_http_response_free(send.response);
    char shown[LNT_HTTP_URL];
    shown_url(request->url, shown);
    lnt_http_redact(shown, (int64_t)strlen(shown), request->secrets, request->n_secrets);
    lnt_http_redact(own.message, (int64_t)strlen(own.message), request->secrets, request->n_secrets);
    if (status == LNT_CANCELLED || status == LNT_NOMEM || status == LNT_UNSUPPORTED)
        return lnt_error_set(err, status, "%s", own.message);
    return lnt_error_set(err, status, "%.200s: %s", shown, own.message);
}

void lnt_http_response_free(lnt_http_response *response) {
    if (!response) return;
    forget_headers(response);
    lnt_free(response->headers);
    lnt_buffer_unref(response->owner);
    lnt_free((char *)response->url);
    lnt_free(response);
}

const char *lnt_http_response_header(const lnt_http_response *response, const char *name) {
    for (int64_t i = 0; i < response->n_headers; i++) {
        if (strcmp(response->headers[i].name, name) == 0) return response->headers[i].value;
    }
    return NULL;
}
