// The HTTP module: one exchange through libcurl. Built as a shared module (io/http/http.h); uses nothing of the core, so
// allocation is the C library's.
//
// Expected: a handful of requests in a run, each of some kilobytes to some hundred megabytes. Every exchange has handles
// of its own, and waits in steps of 100 ms, so that whoever asked can stop it at any time.
#include "io/http/http.h"

#include <ctype.h>
#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { STEP_MS = 100, HEADER_BYTES = 1 << 18 };

LNT_API extern const lnt_http_api lnt_http_module;

typedef struct running {
    const lnt_http_exchange *exchange;
    CURL *easy;
    int64_t header_bytes;
    bool stopped, malformed;
    int status;
} running;

static size_t take_body(char *bytes, size_t one, size_t n, void *context) {
    running *r = context;
    long status = 0;
    curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
    if (n && !r->exchange->on_body(r->exchange->context, (int)status, bytes, (int64_t)(one * n))) {
        r->stopped = true;
        return 0;
    }
    return one * n;
}

/// One line of the answer's head: a status line starts it anew, "Name: value" is handed on.
static bool take_line(running *r, char *line, size_t size) {
    while (size > 0 && (line[size - 1] == '\r' || line[size - 1] == '\n' || line[size - 1] == ' ')) size--;
    line[size] = 0;
    if (strncmp(line, "HTTP/", 5) == 0) {
        const char *code = strchr(line, ' ');
        r->status = code ? atoi(code) : 0;
        return r->exchange->on_header(r->exchange->context, r->status, "", "");
    }
    char *colon = strchr(line, ':');
    if (!colon) return true;
    *colon = 0;
    for (char *c = line; *c; c++) *c = (char)tolower((unsigned char)*c);
    const char *value = colon + 1;
    while (*value == ' ' || *value == '\t') value++;
    return r->exchange->on_header(r->exchange->context, r->status, line, value);
}

static size_t take_header(char *bytes, size_t one, size_t n, void *context) {
    running *r = context;
    size_t size = one * n;
    r->header_bytes += (int64_t)size;
    if (r->header_bytes > HEADER_BYTES) {
        r->malformed = true;
        return 0;
    }
    char *line = malloc(size + 1);
    if (!line) return 0;
    memcpy(line, bytes, size);
    line[size] = 0;
    bool go_on = take_line(r, line, size);
    free(line);
    if (!go_on) r->stopped = true;
    return go_on ? size : 0;
}

static struct curl_slist *lines_of(const lnt_http_exchange *exchange, bool *ok) {
    struct curl_slist *list = curl_slist_append(NULL, "Expect:"); // nobody waits for "100 Continue"
    *ok = list != NULL;
    for (int64_t i = 0; i < exchange->n_lines && *ok; i++) {
        struct curl_slist *longer = curl_slist_append(list, exchange->lines[i]);
        *ok = longer != NULL;
        if (longer) list = longer;
    }
    return list;
}

static bool set_up(running *r, struct curl_slist *lines, char message[CURL_ERROR_SIZE]) {
    const lnt_http_exchange *e = r->exchange;
    CURL *easy = r->easy;
    bool ok = curl_easy_setopt(easy, CURLOPT_URL, e->url) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, message) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_USERAGENT, e->user_agent) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_HTTPHEADER, lines) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "") == CURLE_OK; // all that this libcurl can unpack
    ok = ok && curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)e->connect_timeout_ms) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_WRITEDATA, r) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_HEADERDATA, r) == CURLE_OK;
    if (ok && e->ca_file) ok = curl_easy_setopt(easy, CURLOPT_CAINFO, e->ca_file) == CURLE_OK;
    if (ok && e->body) {
        ok = curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)e->body_bytes) == CURLE_OK &&
             curl_easy_setopt(easy, CURLOPT_POSTFIELDS, e->body) == CURLE_OK;
    }
    if (ok && strcmp(e->method, "HEAD") == 0) {
        ok = curl_easy_setopt(easy, CURLOPT_NOBODY, 1L) == CURLE_OK;
    } else if (ok) {
        ok = curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, e->method) == CURLE_OK;
    }
#if LIBCURL_VERSION_NUM >= 0x075700
    if (ok) (void)curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); // a name server that hangs doesn't hold us
#endif
    return ok;
}

/// Drives the transfer to its end, or until on_tick stops it.
static CURLcode drive(running *r, CURLM *multi) {
    int n_running = 1;
    for (;;) {
        if (curl_multi_perform(multi, &n_running) != CURLM_OK) return CURLE_OUT_OF_MEMORY;
        curl_off_t done = 0, total = 0;
        curl_easy_getinfo(r->easy, CURLINFO_SIZE_DOWNLOAD_T, &done);
        curl_easy_getinfo(r->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &total);
        if (r->stopped || !r->exchange->on_tick(r->exchange->context, done + r->header_bytes, total > 0 ? total : 0)) {
            r->stopped = true;
            return CURLE_ABORTED_BY_CALLBACK;
        }
        if (n_running == 0) break;
        curl_multi_poll(multi, NULL, 0, STEP_MS, NULL);
    }
    int left;
    const CURLMsg *message = curl_multi_info_read(multi, &left);
    return message ? message->data.result : CURLE_RECV_ERROR;
}

static lnt_http_end end_of(const running *r, CURLcode code) {
    if (code == CURLE_OK) return LNT_HTTP_ANSWERED;
    if (r->stopped) return LNT_HTTP_STOPPED;
    switch (code) {
    case CURLE_OUT_OF_MEMORY: return LNT_HTTP_NOMEM;
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM: return LNT_HTTP_LOST;
    default: return LNT_HTTP_REFUSED;
    }
}

// ---- URLs and proxies ----

/// Copies a part of the URL into `out`; false where it is missing or too long.
static bool part_of(CURLU *url, CURLUPart part, unsigned flags, char *out, size_t capacity) {
    char *text = NULL;
    bool ok = curl_url_get(url, part, &text, flags) == CURLUE_OK && strlen(text) < capacity;
    if (ok) snprintf(out, capacity, "%s", text);
    curl_free(text);
    for (char *c = out; ok && *c; c++) *c = (char)tolower((unsigned char)*c);
    return ok;
}

static bool http_origin(const char *text, lnt_http_origin *out) {
    CURLU *url = curl_url();
    bool ok = url && curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
              part_of(url, CURLUPART_SCHEME, 0, out->scheme, sizeof out->scheme);
    if (ok) {
        if (!part_of(url, CURLUPART_HOST, 0, out->host, sizeof out->host)) out->host[0] = 0;
        if (!part_of(url, CURLUPART_PORT, CURLU_DEFAULT_PORT, out->port, sizeof out->port)) out->port[0] = 0;
    }
    curl_url_cleanup(url);
    return ok;
}

/// The variable from which libcurl has the proxy for a URL; NULL where none is set.
static const char *proxy_variable(const char *url) {
    bool is_http = strncasecmp(url, "http:", 5) == 0;
    const char *const names[] = {is_http ? "http_proxy" : "https_proxy", is_http ? "http_proxy" : "HTTPS_PROXY", "all_proxy",
                                 "ALL_PROXY"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value && value[0]) return names[i];
    }
    return NULL;
}

/// Whether libcurl tried to connect to "host port n" that aren't the URL's: `*where` is that, `*size` its length.
static bool tried_another(const char *url, const char *detail, const char **where, int *size) {
    static const char start[] = "Failed to connect to ";
    lnt_http_origin own;
    char own_text[sizeof own.host + sizeof own.port + 8];
    if (strncmp(detail, start, sizeof start - 1) != 0 || !http_origin(url, &own)) return false;
    *where = detail + sizeof start - 1;
    const char *end = strstr(*where, " after ");
    *size = end ? (int)(end - *where) : (int)strlen(*where);
    snprintf(own_text, sizeof own_text, "%s port %s", own.host, own.port);
    return strlen(own_text) != (size_t)*size || strncasecmp(own_text, *where, (size_t)*size) != 0;
}

/// Says what the proxy did; false where it isn't to blame. Its URL may hold a password, so that is never shown.
static bool describe_proxy(const running *r, CURLcode code, const char *detail, lnt_http_outcome *outcome) {
    const char *variable = proxy_variable(r->exchange->url), *where;
    long answer = 0;
    int size;
    curl_easy_getinfo(r->easy, CURLINFO_HTTP_CONNECTCODE, &answer);
    if (!variable || code == CURLE_OK) return false;
    if (answer >= 400) {
        outcome->end = LNT_HTTP_REFUSED;
        snprintf(outcome->message, LNT_HTTP_MESSAGE, "the proxy that %s names doesn't connect to it: it answered %ld%s", variable,
                 answer, answer == 407 ? "; it wants a user and a password (http://USER:PASSWORD@HOST:PORT)" : "");
    } else if (strncmp(detail, "Unsupported proxy", 17) == 0) {
        outcome->end = LNT_HTTP_REFUSED;
        snprintf(outcome->message, LNT_HTTP_MESSAGE, "what %s holds is no proxy's URL: write it http://HOST:PORT", variable);
    } else if (code == CURLE_COULDNT_RESOLVE_PROXY) {
        snprintf(outcome->message, LNT_HTTP_MESSAGE, "the proxy that %s names isn't found: %s", variable, detail);
    } else if (tried_another(r->exchange->url, detail, &where, &size)) {
        snprintf(outcome->message, LNT_HTTP_MESSAGE,
                 "the proxy that %s names can't be reached (%.*s); without it: unset %s, or no_proxy=HOST", variable, size, where,
                 variable);
    } else {
        return false;
    }
    return true;
}

static void describe(const running *r, CURLcode code, const char *detail, lnt_http_outcome *outcome) {
    long status = 0;
    curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
    outcome->status = (int)status;
    outcome->end = end_of(r, code);
    char *redirect = NULL;
    curl_easy_getinfo(r->easy, CURLINFO_REDIRECT_URL, &redirect);
    bool is_long = redirect && strlen(redirect) >= LNT_HTTP_URL;
    if (outcome->end == LNT_HTTP_ANSWERED && is_long) outcome->end = LNT_HTTP_REFUSED;
    if (outcome->end == LNT_HTTP_ANSWERED && redirect) snprintf(outcome->redirect, LNT_HTTP_URL, "%s", redirect);
    if (code == CURLE_OK && is_long)
        snprintf(outcome->message, LNT_HTTP_MESSAGE, "it redirects to a URL of more than %d bytes", LNT_HTTP_URL - 1);
    else if (r->malformed)
        snprintf(outcome->message, LNT_HTTP_MESSAGE, "the answer's head is longer than %d bytes", HEADER_BYTES);
    else if (!describe_proxy(r, code, detail, outcome) && code != CURLE_OK)
        snprintf(outcome->message, LNT_HTTP_MESSAGE, "%s", detail[0] ? detail : curl_easy_strerror(code));
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode initialised;

static void initialise(void) {
    initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
}

/// A server that hangs up while it is written to is an error, not the end of the process: TLS libraries write without
/// asking that no signal be sent. Keeps SIGPIPE from this thread; `*before` gets what was kept from it before.
static void keep_pipe_signal(sigset_t *before) {
    sigset_t pipe_signal;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, before);
}

/// Drops a SIGPIPE that came, and lets further ones through again.
static void drop_pipe_signal(const sigset_t *before) {
    sigset_t pipe_signal;
    struct timespec at_once = {0};
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    if (!sigismember(before, SIGPIPE)) {
        while (sigtimedwait(&pipe_signal, NULL, &at_once) > 0) continue;
    }
    pthread_sigmask(SIG_SETMASK, before, NULL);
}

static void perform(const lnt_http_exchange *exchange, lnt_http_outcome *outcome) {
    char detail[CURL_ERROR_SIZE] = "";
    bool lines_ok = false;
    running r = {.exchange = exchange, .easy = curl_easy_init()};
    CURLM *multi = curl_multi_init();
    struct curl_slist *lines = lines_of(exchange, &lines_ok);
    if (r.easy && multi && lines_ok) {
        CURLcode code = CURLE_URL_MALFORMAT;
        if (set_up(&r, lines, detail) && curl_multi_add_handle(multi, r.easy) == CURLM_OK) {
            code = drive(&r, multi);
            describe(&r, code, detail, outcome);
            curl_multi_remove_handle(multi, r.easy);
        } else {
            describe(&r, code, "libcurl can't be set up for it", outcome);
        }
    }
    curl_easy_cleanup(r.easy);
    curl_multi_cleanup(multi);
    curl_slist_free_all(lines);
}

static void http_exchange(const lnt_http_exchange *exchange, lnt_http_outcome *outcome) {
    sigset_t before;
    *outcome = (lnt_http_outcome){.end = LNT_HTTP_NOMEM};
    pthread_once(&once, initialise);
    if (initialised != CURLE_OK) return;
    keep_pipe_signal(&before);
    perform(exchange, outcome);
    drop_pipe_signal(&before);
}

static int64_t http_date(const char *text) {
    return (int64_t)curl_getdate(text, NULL);
}

const lnt_http_api lnt_http_module = {LNT_HTTP_VERSION, http_exchange, http_origin, http_date};
