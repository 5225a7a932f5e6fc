/// @file http.h
/// One HTTP request, done well: verified TLS, limits on time and size, redirects, retries, secrets that stay secret.
///
/// What is always so: certificates are verified (LUNETTE_CA_FILE, else SSL_CERT_FILE, names another list of authorities);
/// only http and https are spoken, also after a redirect; proxy variables are obeyed; the User-Agent names Lunette; a
/// secret is sent only over https or to this machine itself, only to the host that was asked first, and stands in no
/// message and no answer: a server that echoes it gets asterisks in its place.
#ifndef LUNETTE_HTTP_H
#define LUNETTE_HTTP_H

#include "lunette/engine.h"

typedef struct lnt_http_header {
    const char *name, *value;
    bool is_secret; ///< not sent on to another host
} lnt_http_header;

/// What to ask for. Zero everywhere but `url` is a GET with the defaults. All is borrowed.
typedef struct lnt_http_request {
    const char *url;
    const char *method;             ///< NULL: GET, or POST with a body
    const lnt_http_header *headers;
    int64_t n_headers;
    const char *body;               ///< NULL: none
    int64_t body_bytes;
    const char *to;                 ///< a file that gets the body of a 2xx answer, under its name only when it is whole (one
                                    ///< without a name, /proc/self/fd/N, is written as it is)
    const char *const *secrets;     ///< texts that no message and no answer may show
    int64_t n_secrets;
    const char *const *hosts;       ///< the only hosts that may be asked, "name" or "name:port"; NULL: any
    int64_t n_hosts;
    const char *ca_file;            ///< authorities to trust; NULL: the environment's, else the system's
    int64_t connect_timeout_ms;     ///< 0: 15 s
    int64_t stall_timeout_ms;       ///< no 512 bytes came for so long: given up; 0: 30 s
    int64_t timeout_ms;             ///< for all of it, retries included; 0: 10 minutes
    int64_t max_bytes;              ///< of the body, unpacked; 0: 512 MiB
    int64_t max_wait_ms;            ///< the longest pause that a Retry-After may ask for; 0: 2 minutes
    const char *wait_header;        ///< a header of answers, in lower case, with the seconds to wait, for where there is no
                                    ///< Retry-After; NULL: none
    int64_t backoff_ms;             ///< the first pause between attempts, doubled each time; 0: 500 ms
    int max_retries;                ///< 0: 4; negative: none
    int max_redirects;              ///< 0: 5; negative: none
    bool is_repeatable;             ///< a POST that only asks: repeated like a GET
} lnt_http_request;

/// An answer, whatever its status: an error page is an answer too.
typedef struct lnt_http_response {
    int status;
    lnt_http_header *headers; ///< names in lower case
    int64_t n_headers;
    const char *body;         ///< terminated; "" when it went to a file
    int64_t body_bytes;       ///< in memory or in the file
    const char *url;          ///< where it came from in the end, without what is secret in it
    int n_requests;           ///< how many it took
    void *owner;              ///< of the body
} lnt_http_response;

/// Sends a request and waits for its answer. Repeats what may be repeated (GET and HEAD, and what is said to be) after a
/// lost connection, a timeout, 429 and 5xx, pausing longer each time and as long as Retry-After says. Progress is told
/// as the engine's; cancelling the engine ends it at once.
/// `*out` belongs to the caller (lnt_http_response_free).
/// Fails with LNT_ARGUMENT for what can't be asked, LNT_IO where no answer came, LNT_LIMIT for one that is too large,
/// LNT_CANCELLED, LNT_UNSUPPORTED where the module for it is missing.
LNT_API LNT_MUST_USE lnt_status lnt_http_send(lnt_engine *engine, const lnt_http_request *request,
                                              lnt_http_response **out, lnt_error *err);
/// NULL is fine.
LNT_API void lnt_http_response_free(lnt_http_response *response);

/// The value of a header, by its name in lower case; NULL when there is none. Borrowed.
LNT_API const char *lnt_http_response_header(const lnt_http_response *response, const char *name);

#endif
