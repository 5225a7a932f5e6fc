/// @file http.h
/// The door to the HTTP module: libcurl behind a table of functions, in a shared module that is loaded on first use. The
/// module does one exchange (a request and its answer, no redirect followed, nothing repeated); what to do about its
/// outcome is decided in http.c.
#ifndef LNT_IO_HTTP_H
#define LNT_IO_HTTP_H

#include "lunette/http.h"

enum { LNT_HTTP_VERSION = 1, LNT_HTTP_MESSAGE = 512, LNT_HTTP_URL = 4096 };

/// How an exchange ended.
typedef enum lnt_http_end {
    LNT_HTTP_ANSWERED,
    LNT_HTTP_LOST,    ///< no connection, or it broke: may be tried again
    LNT_HTTP_REFUSED, ///< trying again is of no use: a bad certificate, a name that doesn't exist, a malformed answer
    LNT_HTTP_STOPPED, ///< a callback said so
    LNT_HTTP_NOMEM
} lnt_http_end;

/// One exchange. All is borrowed.
typedef struct lnt_http_exchange {
    const char *url, *method, *user_agent;
    const char *ca_file;      ///< NULL: the system's
    const char *const *lines; ///< header lines, "Name: value"
    int64_t n_lines;
    const char *body;
    int64_t body_bytes;
    int64_t connect_timeout_ms;
    void *context;
    /// A header of the answer (name and value, terminated), after the status line of the answer it belongs to.
    bool (*on_header)(void *context, int status, const char *name, const char *value);
    /// Bytes of the body, unpacked.
    bool (*on_body)(void *context, int status, const char *bytes, int64_t size);
    /// Called every 100 ms and with each piece; false stops. `total` 0: unknown.
    bool (*on_tick)(void *context, int64_t done, int64_t total);
} lnt_http_exchange;

typedef struct lnt_http_outcome {
    lnt_http_end end;
    int status;                     ///< of the answer; 0: none
    char redirect[LNT_HTTP_URL];    ///< where the answer sends to, as a whole URL; "" for nowhere
    char message[LNT_HTTP_MESSAGE]; ///< why there is no answer
} lnt_http_outcome;

/// The parts of a URL that decide whom a request goes to.
typedef struct lnt_http_origin {
    char scheme[16], host[256], port[8]; ///< the port also where it is the scheme's usual one
} lnt_http_origin;

/// What the module exports under LNT_HTTP_SYMBOL.
typedef struct lnt_http_api {
    int version; ///< LNT_HTTP_VERSION
    void (*exchange)(const lnt_http_exchange *exchange, lnt_http_outcome *outcome);
    bool (*origin)(const char *url, lnt_http_origin *out); ///< false: no URL
    int64_t (*date)(const char *text);                     ///< an HTTP date in seconds since 1970; -1: none
} lnt_http_api;

#define LNT_HTTP_SYMBOL "lnt_http_module"

// ---- http_body.c: where an answer's body goes ----

/// Memory charged to a budget, or a file that is hidden until it is whole. Without a file `fd` is -1.
typedef struct lnt_http_body {
    struct lnt_buffer *memory;
    int fd;              ///< of the file that gets it; -1: none
    char *part;          ///< the hidden file's name; NULL for a file that never has one
    const char *path;    ///< borrowed: the name it gets
    int64_t size, limit;
    bool is_aside;       ///< an error page, which doesn't go into the file: its first 64 KiB are kept in memory
} lnt_http_body;

/// Makes `body` ready: a file beside `path`, or memory where it is NULL.
LNT_MUST_USE lnt_status lnt_http_body_open(lnt_http_body *body, lnt_engine *engine, const char *path, int64_t limit,
                                           lnt_error *err);
LNT_MUST_USE lnt_status lnt_http_body_add(lnt_http_body *body, const char *bytes, int64_t size, lnt_error *err);
/// Forgets what came so far: another answer begins. `is_aside`: it is an error page.
LNT_MUST_USE lnt_status lnt_http_body_restart(lnt_http_body *body, bool is_aside, lnt_error *err);
/// Puts asterisks over every occurrence of the secrets.
LNT_MUST_USE lnt_status lnt_http_body_redact(lnt_http_body *body, const char *const *secrets, int64_t n,
                                             lnt_error *err);
/// Gives a file its name, after the disk has it.
LNT_MUST_USE lnt_status lnt_http_body_commit(lnt_http_body *body, lnt_error *err);
void lnt_http_body_close(lnt_http_body *body); ///< a file without its name yet disappears

/// Asterisks over every occurrence of the secrets in `size` bytes. Secrets of less than 4 bytes are left alone: they would
/// blot out ordinary text.
void lnt_http_redact(char *text, int64_t size, const char *const *secrets, int64_t n);

// ---- http_retry.c: whether and when to try again ----

/// What stays the same over the attempts of a request.
typedef struct lnt_http_patience {
    bool repeatable;
    int max_retries;
    int64_t backoff_ms, max_wait_ms;
} lnt_http_patience;

/// How long to wait before attempt `attempt` + 1 (from 1) after this outcome, in milliseconds; -1: don't. `retry_after` is
/// the header's value or NULL; `now_s` the wall clock; `random` any number. A wait past `max_wait_ms` is answered by -1,
/// and `*asked_ms` says how long the server asked for (0: it didn't).
int64_t lnt_http_wait(const lnt_http_api *api, const lnt_http_patience *patience, const lnt_http_outcome *outcome,
                      int attempt, const char *retry_after, int64_t now_s, uint32_t random, int64_t *asked_ms);

#endif
